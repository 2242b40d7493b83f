#!/bin/sh
# Makes the embedded fonts anew from Debian's fonts-noto-core and fonts-noto-cjk.
# Needs: apt-get install fonts-noto-core fonts-noto-cjk; pip install fonttools
set -eu
cd "$(dirname "$0")"
noto=/usr/share/fonts/truetype/noto
cjk=/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc
phrases=../../crates/demo/src/phrases.rs
common="--no-hinting --desubroutinize --drop-tables+=FFTM,meta --name-IDs=0,1,2,6,13,14 --name-legacy --notdef-outline"

# The help on the screen wants all of Latin-1, arrows, boxes and a few marks besides the phrases.
for weight in Regular Bold; do
    pyftsubset "$noto/NotoSans-$weight.ttf" $common --text-file=$phrases \
        --unicodes=U+0020-007E,U+00A0-017F,U+2010-2027,U+2030-203A,U+20AC,U+2190-2199,U+21A9,U+21AA,U+2212,U+2215,U+25A0-25CF,U+2713 \
        --layout-features=kern,mark,mkmk,ccmp,locl --output-file="NotoSans-$weight.ttf"
done
pyftsubset "$noto/NotoSerif-Bold.ttf" $common --text-file=$phrases --layout-features=kern,mark,mkmk,ccmp,locl \
    --output-file=NotoSerif-Bold.ttf

for name in NotoSansArabic NotoSansHebrew NotoSansDevanagari NotoSansBengali NotoSansGurmukhi NotoSansGujarati \
    NotoSansTamil NotoSansTelugu NotoSansThai NotoSansKhmer NotoSansEthiopic NotoSansGeorgian NotoSansArmenian; do
    pyftsubset "$noto/$name-Bold.ttf" $common --text-file=$phrases --layout-features='*' --output-file="$name-Bold.ttf"
done
# Numbers in the collection: 0 Japanese, 1 Korean, 2 Simplified, 3 Traditional Chinese.
for pair in 0:JP 1:KR 2:SC 3:TC; do
    pyftsubset "$cjk" --font-number="${pair%:*}" $common --text-file=$phrases --layout-features=ccmp,locl \
        --output-file="NotoSansCJK${pair#*:}-Bold.otf"
done

# The type of the wall: whole scripts, not only the phrases. Latin, Greek and Cyrillic; the scripts that each have a font;
# the 3,755 characters of GB 2312's first level with kana and punctuation; the 2,350 syllables of KS X 1001.
mkdir -p display
outlines="--no-hinting --drop-tables+=FFTM,meta --name-IDs=0,1,2,6,13,14 --name-legacy --notdef-outline"
pyftsubset "$noto/NotoSans-Bold.ttf" $outlines \
    --unicodes=U+0020-007E,U+00A0-052F,U+1E00-1FFF,U+2000-206F,U+2070-209F,U+20A0-20BF,U+2100-214F,U+2190-2199,U+2212,U+2215,U+2C60-2C7F,U+2DE0-2DFF,U+A640-A69F,U+A720-A7FF,U+AB30-AB6F \
    --layout-features=kern,mark,mkmk,ccmp,locl,liga,clig,calt,tnum,lnum --output-file=display/NotoSans-Bold.ttf
for name in Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Tamil Telugu Thai Khmer Georgian Armenian; do
    pyftsubset "$noto/NotoSans$name-Bold.ttf" $outlines --unicodes='*' --layout-features='*' \
        --output-file="display/NotoSans$name-Bold.ttf"
done
pyftsubset "$noto/NotoSansEthiopic-Bold.ttf" $outlines --unicodes=U+0020,U+1200-137F,U+1380-139F --layout-features='*' \
    --output-file=display/NotoSansEthiopic-Bold.ttf
# set_of CHARSET FIRST_ROW LAST_ROW: the characters of those rows of a 94 × 94 character set.
set_of() {
    python3 -c "
import sys
rows = range(int(sys.argv[2], 16), int(sys.argv[3], 16) + 1)
pairs = (bytes([row, cell]) for row in rows for cell in range(0xA1, 0xFF))
print(''.join(pair.decode(sys.argv[1], 'ignore') for pair in pairs))" "$@"
}
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT
set_of gb2312 B0 D7 >"$made/sc"
set_of euc_kr B0 C8 >"$made/kr"
pyftsubset "$cjk" --font-number=2 $outlines --text-file="$made/sc" --layout-features=ccmp,locl,kern \
    --unicodes=U+0020,U+00B7,U+2010-2027,U+2030,U+203B,U+3000-3011,U+3014-301F,U+3041-3096,U+3099-30FF,U+FF01-FF5E \
    --output-file=display/NotoSansCJKSC-Bold.otf
pyftsubset "$cjk" --font-number=1 $outlines --text-file="$made/kr" --unicodes=U+0020 --layout-features=ccmp \
    --output-file=display/NotoSansCJKKR-Bold.otf
