//! Tests of the whole crate.

mod damaged;
mod pixels;
mod scripts;
mod sheets;

use super::{Fonts, Justify, TextLayout};

/// A sentence in each of the scripts that the fonts in the binary have to have in full.
const SEVEN: [(&str, &str); 7] = [
    ("Latin", "Every face is a voice: Łódź, Việt Nam, Ångström"),
    ("Cyrillic", "Каждый человек — это целый мир, щедрый и живой"),
    ("Greek", "Κάθε άνθρωπος είναι ένας ολόκληρος κόσμος"),
    ("Arabic", "كل إنسان عالم كامل، وصوته مسموع"),
    ("Hebrew", "כל אדם הוא עולם ומלואו, שלום לכולם"),
    ("Devanagari", "हर इंसान एक पूरी दुनिया है, क्षमा और शक्ति"),
    ("Chinese", "每个人都是一个完整的世界，“我们都在这里”。"),
];

fn line(fonts: &mut Fonts, text: &str) -> TextLayout {
    TextLayout::of(fonts, text, None, Justify::Start)
}
