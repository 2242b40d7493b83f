//! Shaping, direction, lines, fonts.

use std::path::Path;

use glam::Vec2;
use proptest::prelude::*;

use super::super::{
    CaptionText, FieldAtlas, Fonts, GlyphKey, Justify, TextLayout, caption, crawl, fill, is_whole, quads,
};
use super::{SEVEN, line};

fn keys(layout: &TextLayout) -> Vec<u16> {
    layout.glyphs.iter().map(|glyph| glyph.key.glyph).collect()
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/fonts"))
}

#[test]
fn seven_scripts_have_all_their_letters_without_the_system() {
    let mut fonts = Fonts::new();
    for (name, text) in SEVEN {
        let layout = line(&mut fonts, text);
        assert!(layout.glyphs.iter().all(|glyph| glyph.key.glyph != 0), "{name}");
        assert_eq!(layout.note, None, "{name}");
        assert_eq!(layout.rtl, matches!(name, "Arabic" | "Hebrew"), "{name}");
        assert!(
            layout.glyphs.iter().all(|glyph| glyph.is_rtl == layout.rtl || fonts.family(glyph.key.face) == "Noto Sans")
        );
        assert!(layout.lines[0].width > 10.0 && layout.lines[0].ascent > 0.7, "{name}: {:?}", layout.lines);
        assert_eq!(layout, line(&mut Fonts::bundled(), text), "{name}");
    }
    assert!(!fonts.has_scanned(), "the system's fonts take a second to look through");
    assert_eq!(fonts.take_notes(), Vec::<String>::new());
}

/// All letters that the fonts in the binary are to have in full.
#[test]
fn whole_alphabets_are_in_the_binary() {
    let mut fonts = Fonts::bundled();
    let all = |ranges: &[(u32, u32)]| -> String {
        ranges.iter().flat_map(|(first, last)| *first..=*last).filter_map(char::from_u32).collect()
    };
    for (name, letters) in [
        ("Latin", all(&[(0x20, 0x7e), (0xa1, 0x24f), (0x1e00, 0x1eff)])),
        ("Greek", "ΑαΒβΓγΔδΕεΖζΗηΘθΙιΚκΛλΜμΝνΞξΟοΠπΡρΣσςΤτΥυΦφΧχΨψΩωΆάΈέΉήΊίΌόΎύΏώϊΐϋΰ".to_owned()),
        ("Cyrillic", all(&[(0x400, 0x52f)])),
        ("Hebrew", all(&[(0x5d0, 0x5ea), (0x5b0, 0x5bc)])),
        ("Arabic", all(&[(0x621, 0x63a), (0x641, 0x655), (0x660, 0x669), (0x6f0, 0x6f9)])),
        ("Persian and Urdu", "پچژگکیےۓہھںڈڑٹۂۃئؤ،؛؟۔".to_owned()),
        ("Devanagari", all(&[(0x901, 0x939), (0x93c, 0x94d), (0x958, 0x96f)])),
        ("Chinese", "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经，。、；：？！“”‘’（）《》—…".to_owned()),
        ("Kana", all(&[(0x3041, 0x3096), (0x30a1, 0x30fa)])),
        ("Korean", "우리는 모두 여기에 있다 사람 평화".to_owned()),
    ] {
        assert_eq!(line(&mut fonts, &letters).note, None, "{name}");
    }
}

#[test]
fn arabic_letters_are_joined() {
    let mut fonts = Fonts::bundled();
    let joined = line(&mut fonts, "سمع");
    assert_eq!(joined.glyphs.len(), 3);
    let alone: Vec<u16> = ["ع", "م", "س"].iter().flat_map(|letter| keys(&line(&mut fonts, letter))).collect();
    assert_eq!(alone.len(), 3);
    for (joined, alone) in keys(&joined).iter().zip(&alone) {
        assert_ne!(joined, alone);
    }
    // The first letter is on the right.
    let (left, right) = (joined.glyphs[0].at.x, joined.glyphs[2].at.x);
    assert!(left < right && keys(&joined)[2] != keys(&joined)[0]);
}

#[test]
fn devanagari_makes_conjuncts_and_reorders() {
    let mut fonts = Fonts::bundled();
    // क + ् + ष is one glyph; the vowel of कि stands before it.
    assert_eq!(line(&mut fonts, "क्ष").glyphs.len(), 1);
    let (ka, ki) = (keys(&line(&mut fonts, "क")), keys(&line(&mut fonts, "कि")));
    assert_eq!(ki.len(), 2);
    assert_eq!(ki[1], ka[0]);
}

#[test]
fn mixed_text_is_in_the_order_of_its_first_word() {
    let mut fonts = Fonts::bundled();
    let layout = line(&mut fonts, "שלום, Noa");
    assert!(layout.rtl);
    let noa = keys(&line(&mut fonts, "Noa"));
    assert_eq!(keys(&layout)[..3], noa, "the English word is read last, so it is on the left, its letters in order");
    let comma = keys(&line(&mut fonts, "a,"))[1];
    assert_eq!(keys(&layout)[3], comma, "the comma follows the Hebrew word on its left");
    // A line that begins with the other direction stays part of its paragraph.
    let fitted = fill(&mut fonts, "שלום Noa Levi", None, Vec2::new(0.5, 3.0), Justify::Start);
    assert!(fitted.layout.lines.len() == 3 && fitted.layout.rtl);
    let rights: Vec<f32> = fitted.layout.lines.iter().map(|line| line.ink.unwrap().right).collect();
    assert!(rights.iter().all(|right| (right - rights[0]).abs() < 1e-3), "{rights:?}");
}

#[test]
fn digits_have_equal_advances() {
    let mut fonts = Fonts::bundled();
    let width = |fonts: &mut Fonts, text: &str| line(fonts, text).lines[0].width;
    // The last three have digits of different widths in their fonts.
    for ten in ["0123456789", "०१२३४५६७८९", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "๐๑๒๓๔๕๖๗๘๙"]
    {
        let digits: Vec<String> = ten.chars().map(String::from).collect();
        let ones = width(&mut fonts, &digits[1].repeat(4));
        for [a, b] in [[4, 9], [0, 7], [8, 3], [2, 6], [5, 5]] {
            let text = [&digits[a], &digits[b], &digits[1], &digits[a]].map(String::as_str).concat();
            assert!((width(&mut fonts, &text) - ones).abs() < 1e-4, "{text}");
        }
    }
    // Nor does the size that it fits in a box.
    let scale = |fonts: &mut Fonts, text: &str| fill(fonts, text, None, Vec2::new(3.0, 1.0), Justify::Centre).scale;
    assert_eq!(scale(&mut fonts, "4,913 people"), scale(&mut fonts, "4,271 people"));
}

#[test]
fn chinese_breaks_anywhere_but_before_punctuation() {
    let mut fonts = Fonts::bundled();
    let text = "没有人是孤岛，人人都是大陆的一部分。";
    let first_of = |layout: &TextLayout, line: usize| layout.glyphs[layout.lines[line].glyphs.start].key;
    let marks: Vec<GlyphKey> = ["，", "。"].iter().map(|mark| line(&mut fonts, mark).glyphs[0].key).collect();
    for aspect in [0.3, 0.5, 1.0, 2.0, 4.0] {
        let layout = fill(&mut fonts, text, None, Vec2::new(aspect, 1.0), Justify::Centre).layout;
        assert!((0..layout.lines.len()).all(|line| !marks.contains(&first_of(&layout, line))), "{aspect}");
    }
}

#[test]
fn an_unknown_letter_is_told_once_and_the_rest_is_shown() {
    let mut fonts = Fonts::bundled();
    let layout = line(&mut fonts, "Tibet བོད་ free");
    let note = layout.note.clone().unwrap();
    assert!(note.starts_with("no font has the letters of Tibetan “བོད") && note.contains("fonts-noto"), "{note}");
    assert_eq!(layout.glyphs.len(), "Tibetfree".len());
    assert_eq!(line(&mut fonts, "Tibet བོད་ free"), layout);
    assert_eq!(fonts.take_notes(), vec![note]);
    assert_eq!(fonts.take_notes(), Vec::<String>::new());
    assert!(line(&mut fonts, "བོད").glyphs.is_empty());
    // What cannot be seen is no missing letter.
    assert_eq!(line(&mut fonts, "a\u{200d}b\u{fe0f}\u{7}\u{202a}c").note, None);
}

#[test]
fn a_person_s_words_are_whole_or_not_there() {
    let mut fonts = Fonts::bundled();
    let mut parts = |name: &str, place: &str, quote: &str| {
        let block = caption(&mut fonts, CaptionText { name, place, quote }, None, Vec2::new(4.0, 2.0), 0.5);
        block.parts.len()
    };
    assert_eq!(parts("佐藤 千恵", "東京", "ここにいる"), 3);
    for lost in ["བོད", "꧁ Anna ꧂", "Anna\u{fffd}", "\u{e123}x"] {
        assert_eq!(parts(lost, "Oslo", "Hei"), 2, "{lost}");
        assert_eq!(parts("Anna", lost, lost), 1, "{lost}");
        assert_eq!(parts(lost, lost, lost), 0, "{lost}");
    }
    // What cannot be seen, spaces and emoji are no letters.
    assert_eq!(
        parts("A\u{200d}n\u{fe0f}na\u{2009}B", "\u{200f}נועה\u{200e}", "we \u{1f468}\u{200d}\u{1f469} are ❤\u{fe0f}"),
        3
    );
    assert!(!is_whole(&mut fonts, "བོད", None) && is_whole(&mut fonts, "Anna 😀", None));
    let notes = fonts.take_notes();
    assert!(notes.iter().any(|note| note.contains("Tibetan") && note.contains("is not shown")), "{notes:?}");
}

/// Letters of everyday Japanese, Chinese and Korean, as their character sets have them.
#[test]
fn everyday_east_asian_letters_are_in_the_binary() {
    let mut fonts = Fonts::bundled();
    for (name, letters) in [
        ("Japanese names", "髙橋 﨑 渡邊 斎藤 齋藤 濱 辻󠄀 櫻 廣 靜 凜 薔薇 醤油 躊躇 鬱 彅々〆ヶ"),
        ("Cantonese", "佢哋喺度食嘢，唔該晒！我哋係香港人，嗰陣時冇咁多嘢做，嚟啦"),
        ("traditional", "臺灣 龍 鬱 體 轉變 繁體中文「測試」 陳婉婷 劉德華 鄺美雲"),
        ("simplified", "中国 龙 体 转变 鑫 淼 婷 璐 雯 昊 瑾 琪"),
        ("Korean", "가힝 꿰뚫 있다 ㄱㅏ 쌍둥이"),
    ] {
        assert!(fonts.missing(letters, None).is_empty(), "{name}: {}", fonts.missing(letters, None).letters());
    }
}

#[test]
fn letters_are_composed_before_a_font_is_asked() {
    let mut fonts = Fonts::bundled();
    for (apart, whole) in [
        ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}", "한글"),
        ("Vie\u{323}\u{302}t", "Việt"),
        ("Lo\u{301}dz\u{301}", "Lódź"),
        ("か\u{3099}", "が"),
    ] {
        assert_eq!(line(&mut fonts, apart), line(&mut fonts, whole), "{whole}");
    }
    assert_eq!(fonts.take_notes(), Vec::<String>::new());
}

#[test]
fn han_characters_have_the_forms_of_their_language() {
    let mut fonts = Fonts::bundled();
    let families = |fonts: &mut Fonts, text: &str| {
        let layout = line(fonts, text);
        layout.glyphs.iter().map(|glyph| fonts.family(glyph.key.face).to_owned()).collect::<Vec<_>>()
    };
    for (text, language) in [("直す", "JP"), ("渡辺", "JP"), ("這裡直", "TC"), ("这里直", "SC"), ("直", "SC")]
    {
        let families = families(&mut fonts, text);
        assert!(families.iter().all(|family| family.ends_with(language)), "{text}: {families:?}");
    }
    // A name without kana beside a quote that has some.
    let text = CaptionText { name: "直子", place: "", quote: "ここにいる" };
    let block = caption(&mut fonts, text, None, Vec2::new(4.0, 2.0), 0.5);
    let first = block.parts[0].layout.glyphs[0].key;
    assert!(fonts.family(first.face).ends_with("JP"));
}

#[test]
fn a_named_font_comes_first_and_others_help_it_out() {
    let mut fonts = Fonts::with_folder(folder());
    let family =
        |fonts: &Fonts, layout: &TextLayout, index: usize| fonts.family(layout.glyphs[index].key.face).to_owned();
    let layout = TextLayout::of(&mut fonts, "Peace सत्य", Some("noto serif"), Justify::Start);
    assert_eq!(family(&fonts, &layout, 0), "Noto Serif");
    assert_eq!(family(&fonts, &layout, 5), "Noto Sans Devanagari");
    // By its file.
    let file = folder().join("NotoSerif-Bold.ttf");
    let by_file = TextLayout::of(&mut fonts, "Peace", file.to_str(), Justify::Start);
    assert_eq!(family(&fonts, &by_file, 0), "Noto Serif");
    // Read anew, but the same: the same font.
    fonts.forget_file(&file);
    assert_eq!(TextLayout::of(&mut fonts, "Peace", file.to_str(), Justify::Start), by_file);
    // A family of the binary needs no looking.
    let mut fresh = Fonts::new();
    assert!(fresh.check("Noto Sans Arabic").is_none() && !fresh.has_scanned());
    assert_eq!(fonts.take_notes(), Vec::<String>::new());
    // One that is not there.
    let layout = TextLayout::of(&mut fonts, "Peace", Some("Noto Seriff"), Justify::Start);
    assert_eq!(family(&fonts, &layout, 0), "Noto Sans");
    assert_eq!(layout, TextLayout::of(&mut fonts, "Peace", Some("Noto Seriff"), Justify::Start));
    let [note] = fonts.take_notes().try_into().unwrap();
    assert!(note.contains("“Noto Seriff”") && note.contains("did you mean “Noto Serif”?"), "{note}");
    assert!(fonts.check("/nowhere/at-all.ttf").unwrap().contains("cannot be read"));
    assert!(fonts.check(folder().join("OFL.txt").to_str().unwrap()).unwrap().contains("no font"));
}

#[test]
fn letters_that_the_binary_lacks_come_from_elsewhere() {
    let mut fonts = Fonts::with_folder(folder());
    line(&mut fonts, "働気");
    assert!(!fonts.has_scanned(), "everyday letters are in the binary");
    assert!(line(&mut Fonts::bundled(), "བོད").note.is_some());
    line(&mut fonts, "བོད");
    assert!(fonts.has_scanned());
}

#[test]
fn a_text_fills_its_box() {
    let mut fonts = Fonts::bundled();
    for (name, text) in SEVEN {
        let mut lines = Vec::new();
        for size in [Vec2::new(9.0, 1.0), Vec2::new(3.0, 1.0), Vec2::ONE, Vec2::new(0.25, 1.0)] {
            let fitted = fill(&mut fonts, text, None, size, Justify::Centre);
            let bounds = fitted.bounds();
            assert!(bounds.left > -1e-3 && bounds.top > -1e-3, "{name} {size}: {bounds:?}");
            assert!(bounds.right < size.x + 1e-3 && bounds.bottom < size.y + 1e-3, "{name} {size}: {bounds:?}");
            let share = bounds.size() / size;
            assert!(share.max_element() > 0.999, "{name} {size}: {share}");
            lines.push(fitted.layout.lines.len());
        }
        assert!(lines.is_sorted() && lines[3] > 3, "{name}: {lines:?}");
    }
}

#[test]
fn lines_are_balanced_and_line_breaks_stay() {
    let mut fonts = Fonts::bundled();
    let fitted = fill(&mut fonts, "one two three four five six seven", None, Vec2::new(2.2, 1.0), Justify::Centre);
    let widths: Vec<f32> = fitted.layout.lines.iter().map(|line| line.width).collect();
    let (least, most) = widths.iter().fold((f32::MAX, 0.0_f32), |(a, b), width| (a.min(*width), b.max(*width)));
    assert!(widths.len() > 1 && least > most * 0.6, "{widths:?}");
    let broken = fill(&mut fonts, "one\n\ntwo", None, Vec2::new(20.0, 1.0), Justify::Centre).layout;
    assert_eq!(broken.lines.len(), 3);
    assert_eq!(crawl(&mut fonts, "one\ntwo", None), TextLayout::of(&mut fonts, "one two", None, Justify::Centre));
    for empty in ["", " ", "\n"] {
        let nothing = fill(&mut fonts, empty, None, Vec2::ONE, Justify::Centre);
        assert!(nothing.layout.glyphs.is_empty() && nothing.scale.is_finite(), "{empty:?}");
    }
}

#[test]
fn captions_stay_in_their_box() {
    let mut fonts = Fonts::bundled();
    let quote = "I plant trees so that my daughter can sit in the shade of something that I did.";
    for (name, place) in [
        ("Amina Okafor", "Lagos"),
        ("Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", ""),
        ("王小明", "上海"),
    ] {
        for size in [Vec2::new(1.0, 0.4), Vec2::new(0.5, 1.0), Vec2::new(0.3, 0.3)] {
            let block = caption(&mut fonts, CaptionText { name, place, quote }, None, size, 0.12);
            let bounds = block.bounds.unwrap();
            assert!(bounds.left > -1e-3 && bounds.right < size.x + 1e-3, "{name} {size}: {bounds:?}");
            assert!(bounds.bottom < size.y + 1e-3, "{name} {size}: {bounds:?}");
            assert!(block.parts.windows(2).all(|pair| pair[0].offset.y < pair[1].offset.y));
        }
    }
    assert_eq!(caption(&mut fonts, CaptionText::default(), None, Vec2::ONE, 0.1).bounds, None);
}

#[test]
fn a_whole_text_goes_into_the_atlas() {
    let mut fonts = Fonts::bundled();
    let mut atlas = FieldAtlas::new(8);
    atlas.begin();
    for (_, text) in SEVEN {
        let layout = line(&mut fonts, text);
        let quads = quads(&mut fonts, &layout);
        assert_eq!(quads.len(), layout.glyphs.len());
        for quad in quads {
            let placed = atlas.place(quad.key, || fonts.glyph_field(quad.key)).unwrap().unwrap();
            if let Some(field) = placed.upload {
                assert_eq!((placed.region.w, placed.region.h), (field.width, field.height));
                let size = Vec2::new(field.width as f32, field.height as f32) / field.texels_per_em;
                let drawn = Vec2::new(quad.p[2] - quad.p[0], quad.p[3] - quad.p[1]);
                assert!(drawn.abs_diff_eq(size, 1e-4), "{drawn} {size}");
            }
        }
    }
    println!("{} layers", atlas.layers());
    assert!(atlas.layers() <= 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever a spreadsheet says.
    #[test]
    fn no_text_is_too_strange(text in "(\\PC|[\n\t\u{200f}\u{202e}\u{5d0}\u{633}\u{915}\u{94d}\u{4eba}1,“”()]){0,60}", aspect in 0.05_f32..20.0) {
        let mut fonts = Fonts::bundled();
        let size = Vec2::new(aspect, 1.0);
        let fitted = fill(&mut fonts, &text, None, size, Justify::Centre);
        prop_assert!(fitted.scale.is_finite() && fitted.offset.is_finite());
        let bounds = fitted.bounds();
        prop_assert!(bounds.right <= size.x + 1e-2 && bounds.bottom <= size.y + 1e-2, "{bounds:?}");
        let block = caption(&mut fonts, CaptionText { name: &text, place: &text, quote: &text }, None, size, 0.2);
        prop_assert!(block.parts.iter().all(|part| part.scale.is_finite()));
        for glyph in &fitted.layout.glyphs {
            prop_assert!(glyph.at.is_finite() && glyph.key.glyph != 0);
        }
    }
}

#[test]
fn what_is_never_seen_is_no_box_in_a_font_without_it() {
    // A selector of Mongolian variants that is younger than the fonts.
    for text in ["\u{180f}", "free\u{180f}dom"] {
        let line = line(&mut Fonts::bundled(), text);
        assert!(line.glyphs.iter().all(|glyph| glyph.key.glyph != 0), "{text:?}");
    }
}

/// Words are set off the thread that draws.
#[test]
fn fonts_go_to_another_thread() {
    let mut fonts = Fonts::bundled();
    let here = line(&mut fonts, "free");
    let there = std::thread::spawn(move || line(&mut fonts, "free")).join().unwrap();
    assert_eq!(here, there);
}
