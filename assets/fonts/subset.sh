#!/bin/sh
# Makes the embedded fonts anew from Debian's fonts-noto-core and fonts-noto-cjk.
# Needs: apt-get install fonts-noto-core fonts-noto-cjk; pip install fonttools
set -eu
cd "$(dirname "$0")"
noto=/usr/share/fonts/truetype/noto
cjk=/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc
phrases=../../src/demo/phrases.rs
common="--no-hinting --desubroutinize --drop-tables+=FFTM,meta --name-IDs=0,1,2,6,13,14 --name-legacy --notdef-outline"

# The help on the screen wants all of Latin-1, arrows, boxes and a few marks besides the phrases.
for weight in Regular Bold; do
    pyftsubset "$noto/NotoSans-$weight.ttf" $common --text-file=$phrases \
        --unicodes=U+0020-007E,U+00A0-017F,U+2010-2027,U+2030-203A,U+20AC,U+2190-2199,U+21A9,U+21AA,U+2212,U+2215,U+25A0-25CF,U+2713 \
        --layout-features=kern,mark,mkmk,ccmp,locl --output-file="NotoSans-$weight.ttf"
done
# Noto Sans has no arrows nor shapes: they come from the symbol fonts.
pyftsubset "$noto/NotoSansMath-Regular.ttf" $common --unicodes=U+2190-2195,U+21A9,U+21AA,U+25A0,U+25A1,U+25B2,U+25B6,U+25BC,U+25C0,U+25CB,U+25CF \
    --layout-features='' --output-file=NotoSansMath-Symbols.ttf
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
