#!/bin/sh
# Makes the embedded fonts anew from Debian's fonts-noto-core and fonts-noto-cjk.
# Needs: apt-get install fonts-noto-core fonts-noto-cjk; pip install fonttools. NOTO and NOTO_CJK name other places of the fonts.
set -eu
cd "$(dirname "$0")"
noto=${NOTO:-/usr/share/fonts/truetype/noto}
cjk=${NOTO_CJK:-/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc}
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
# GB 2312 for simplified Chinese; Big5's first level for traditional; JIS X 0208 for Japanese; the 2,350 syllables of KS X 1001.
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
# set_of CHARSET FIRST_LEAD LAST_LEAD: the characters of a double-byte character set with these lead bytes.
set_of() {
    python3 -c "
import sys
rows = range(int(sys.argv[2], 16), int(sys.argv[3], 16) + 1)
pairs = (bytes([row, cell]) for row in rows for cell in range(0x40, 0xFF))
print(''.join(pair.decode(sys.argv[1], 'ignore') for pair in pairs))" "$@"
}
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT
han="$outlines --drop-tables+=vhea,vmtx,VORG,BASE --layout-features=ccmp,locl,kern"
punctuation=U+0020,U+00B7,U+2010-2027,U+2030,U+203B,U+3000-3011,U+3014-301F,U+FF01-FF5E
set_of gb2312 B0 F7 >"$made/sc"
set_of euc_kr B0 C8 >"$made/kr"
# IBM's extensions of Shift_JIS have letters of names: 髙, 﨑.
{ set_of euc_jp A1 F4; set_of cp932 FA FC; } >"$made/jp"
# Written Cantonese, and letters of names, that Big5 has at its second level or not at all.
{
    set_of big5 A4 C6
    echo 㗎㗇佢冇冚冧咁咗哋啩啱啲喎喺嗮嗰嗱嗻嘅嘜嘢嘥噃噉噏嚟嚿埗掟掹揸揼揾揿搣搲搵攋攞攰曱氹甴畀睇瞓祎粧脷腍膶舦諗踎躝逋邨邡閂靚餸髀麪𠝹𠮶𠺢𡃁𢫏𨋢
    echo 乜冼吖咭喆喌嗌嘞孖尧峯彣堃姮姵姸妘嬿奀旻旸暐昇曧淼煊燊燁璟玟珮琁瑄甯畇皞祐禕翊翀芃菀葶蓁蘅衞裏賾贇鄺鈺鋆鋕鑫頴馡騏騫驊
} >"$made/tc"
pyftsubset "$cjk" --font-number=2 $han --text-file="$made/sc" --unicodes=$punctuation \
    --output-file=display/NotoSansCJKSC-Bold.otf
pyftsubset "$cjk" --font-number=3 $han --text-file="$made/tc" --unicodes=$punctuation,U+3105-312F \
    --output-file=display/NotoSansCJKTC-Bold.otf
pyftsubset "$cjk" --font-number=0 $han --text-file="$made/jp" --unicodes=$punctuation,U+3041-3096,U+3099-30FF,U+FF61-FF9F \
    --output-file=display/NotoSansCJKJP-Bold.otf
pyftsubset "$cjk" --font-number=1 $outlines --text-file="$made/kr" --unicodes=U+0020,$punctuation,U+3131-318E \
    --layout-features=ccmp --output-file=display/NotoSansCJKKR-Bold.otf
