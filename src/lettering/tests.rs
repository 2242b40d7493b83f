use glam::{UVec2, Vec2};

use super::*;

const SEVEN: [(&str, &str); 7] = [
    ("Latin", "Every face is a voice: Łódź, Việt Nam, Ångström"),
    ("Cyrillic", "Каждый человек — это целый мир, щедрый и живой"),
    ("Greek", "Κάθε άνθρωπος είναι ένας ολόκληρος κόσμος"),
    ("Arabic", "كل إنسان عالم كامل، وصوته مسموع"),
    ("Hebrew", "כל אדם הוא עולם ומלואו, שלום לכולם"),
    ("Devanagari", "हर इंसान एक पूरी दुनिया है, क्षमा और शक्ति"),
    ("Chinese", "每个人都是一个完整的世界，“我们都在这里”。"),
];

#[test]
fn sheet() {
    let Some(folder) = std::env::var_os("MILLIONS_SHEETS") else { return };
    let folder = std::path::PathBuf::from(folder);
    let mut fonts = Fonts::bundled();
    let size = UVec2::new(1600, 1400);
    let mut all = vec![0; (size.x * size.y) as usize];
    let mut y = 0.0;
    for (_, text) in SEVEN {
        let setting = Setting::of(&mut fonts, text, None, Align::Start);
        for scale in [64.0, 42.0, 24.0] {
            y += scale * 1.35;
            let drawn = coverage(&mut fonts, &setting, scale, Vec2::new(20.0, y), size);
            all.iter_mut().zip(drawn).for_each(|(a, b)| *a = b.max(*a));
        }
        y += 10.0;
    }
    image::GrayImage::from_raw(size.x, size.y, all).unwrap().save(folder.join("scripts.png")).unwrap();
}
