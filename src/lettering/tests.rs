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

fn save(name: &str, size: UVec2, pixels: Vec<u8>) {
    let Some(folder) = std::env::var_os("MILLIONS_SHEETS") else { return };
    let path = std::path::PathBuf::from(folder).join(name);
    image::GrayImage::from_raw(size.x, size.y, pixels).unwrap().save(path).unwrap();
}

fn enlarged(size: UVec2, pixels: &[u8], times: u32) -> (UVec2, Vec<u8>) {
    let big = size * times;
    let at = |index: u32| pixels[((index / big.x / times) * size.x + index % big.x / times) as usize];
    (big, (0..big.x * big.y).map(at).collect())
}

#[test]
fn joins() {
    let mut fonts = Fonts::bundled();
    for (name, text) in [("arabic", "مسموع كامل"), ("devanagari", "दुनिया शक्ति"), ("bengali", "প্রত্যেক মানুষ")] {
        let setting = Setting::of(&mut fonts, text, None, Align::Start);
        let size = UVec2::new(230, 150);
        let mut all = vec![0; (size.x * size.y) as usize];
        for (scale, y) in [(24.0, 30.0), (30.0, 70.0), (42.0, 120.0)] {
            let drawn = coverage(&mut fonts, &setting, scale, Vec2::new(10.37, y + 0.5), size);
            all.iter_mut().zip(drawn).for_each(|(a, b)| *a = b.max(*a));
        }
        let (size, all) = enlarged(size, &all, 6);
        save(&format!("joins-{name}.png"), size, all);
    }
}

#[test]
fn corners() {
    let mut fonts = Fonts::bundled();
    let setting = Setting::of(&mut fonts, "Kर人", None, Align::Start);
    let size = UVec2::new(1500, 1000);
    let drawn = coverage(&mut fonts, &setting, 1500.0, Vec2::new(-600.0, 1100.0), size);
    save("corners.png", size, drawn);
}

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

/// The outlines of all letters filled as one path: what a setting has to look like.
fn filled(fonts: &mut Fonts, setting: &Setting, scale: f32, offset: Vec2, size: UVec2) -> Vec<u8> {
    let mut path = tiny_skia::PathBuilder::new();
    for glyph in &setting.glyphs {
        let at = |point: Vec2| offset + (glyph.at + point) * scale;
        for step in fonts.outline(glyph.key) {
            match step {
                Step::Move(to) => path.move_to(at(to).x, at(to).y),
                Step::Line(to) => path.line_to(at(to).x, at(to).y),
                Step::Quad(a, to) => path.quad_to(at(a).x, at(a).y, at(to).x, at(to).y),
                Step::Cubic(a, b, to) => path.cubic_to(at(a).x, at(a).y, at(b).x, at(b).y, at(to).x, at(to).y),
                Step::Close => path.close(),
            }
        }
    }
    let mut pixels = tiny_skia::Pixmap::new(size.x, size.y).unwrap();
    let mut paint = tiny_skia::Paint::default();
    paint.set_color_rgba8(255, 255, 255, 255);
    let rule = tiny_skia::FillRule::Winding;
    pixels.fill_path(&path.finish().unwrap(), &paint, rule, tiny_skia::Transform::identity(), None);
    pixels.pixels().iter().map(|pixel| pixel.alpha()).collect()
}

/// The most that the drawn picture lacks where the right one is full with all its neighbours, and has where that is empty.
fn off_edge(size: UVec2, drawn: &[u8], right: &[u8]) -> (u8, u8) {
    let (mut lacks, mut has) = (0, 0);
    for y in 1..size.y - 1 {
        for x in 1..size.x - 1 {
            let round = (0..9).map(|near| right[((y + near / 3 - 1) * size.x + x + near % 3 - 1) as usize]);
            let pixel = drawn[(y * size.x + x) as usize];
            if round.clone().all(|near| near == 255) {
                lacks = lacks.max(255 - pixel);
            } else if round.clone().all(|near| near == 0) {
                has = has.max(pixel);
            }
        }
    }
    (lacks, has)
}

#[test]
fn seams() {
    let mut fonts = Fonts::bundled();
    for (name, text) in [
        ("Latin", "Every face is a voice — WAVE"),
        ("Arabic", "كل إنسان عالم كامل، وصوته مسموع"),
        ("Devanagari", "हर इंसान एक पूरी दुनिया है, क्षमा और शक्ति"),
        ("Bengali", "প্রত্যেক মানুষ একটি সম্পূর্ণ পৃথিবী"),
        ("Gurmukhi", "ਹਰ ਇਨਸਾਨ ਇੱਕ ਪੂਰੀ ਦੁਨੀਆ ਹੈ"),
        ("Chinese", "每个人都是一个完整的世界"),
    ] {
        let setting = Setting::of(&mut fonts, text, None, Align::Start);
        for scale in [24.0, 30.0, 42.0, 64.0, 200.0] {
            let size = (setting.bounds.size() * scale).ceil().as_uvec2() + 40;
            let offset = Vec2::new(20.37, 20.0 - setting.bounds.top * scale);
            let drawn = coverage(&mut fonts, &setting, scale, offset, size);
            let right = filled(&mut fonts, &setting, scale, offset, size);
            let (dark, bright) = off_edge(size, &drawn, &right);
            if dark > 5 {
                for y in 1..size.y - 1 {
                    for x in 1..size.x - 1 {
                        let round = (0..9).map(|near| right[((y + near / 3 - 1) * size.x + x + near % 3 - 1) as usize]);
                        let pixel = drawn[(y * size.x + x) as usize];
                        if pixel < 250 && round.clone().all(|near| near == 255) {
                            let at = (Vec2::new(x as f32 + 0.5, y as f32 + 0.5) - offset) / scale;
                            println!("  {pixel} at {at}");
                        }
                    }
                }
            }
            let mean: f64 =
                drawn.iter().zip(&right).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / drawn.len() as f64;
println!("{name} {scale}: inside {dark}, outside {bright}, mean {mean:.3}");
        }
    }
}

#[test]
fn debug_ends() {
    let mut fonts = Fonts::bundled();
    let setting = Setting::of(&mut fonts, &std::env::var("T").unwrap_or_default(), None, Align::Start);
    for glyph in &setting.glyphs {
        let form = fonts.form(GlyphKey { runs_on: 0, ..glyph.key });
        println!("{} at {:.3} adv {:.3} {} {:?} {:?}", glyph.key.glyph, glyph.at.x, glyph.advance, glyph.key.runs_on, form.ends, form.ink);
    }
}

fn outline_box(pixels: &mut [u8], size: UVec2, low: Vec2, high: Vec2) {
    for x in low.x as u32..(high.x as u32).min(size.x - 1) {
        for y in [low.y, high.y - 1.0] { pixels[(y as u32 * size.x + x) as usize] |= 70; }
    }
    for y in low.y as u32..(high.y as u32).min(size.y - 1) {
        for x in [low.x, high.x - 1.0] { pixels[(y * size.x + x as u32) as usize] |= 70; }
    }
}

#[test]
fn fits_sheet() {
    let mut fonts = Fonts::bundled();
    let size = UVec2::new(1800, 1500);
    let mut all = vec![0; (size.x * size.y) as usize];
    let texts = ["WE ARE HERE", "#unity", "No one is free until everyone is free",
        "كل إنسان عالم كامل، وصوته مسموع في كل مكان", "每个人都是一个完整的世界，“我们都在这里”。没有人是孤岛，人人都是大陆的一部分。", "हर इंसान एक पूरी दुनिया है, क्षमा और शक्ति",
        "4,913 people\nfrom 37 places", "שלום, my name is Noa ואני כאן"];
    for (index, text) in texts.into_iter().enumerate() {
        let corner = Vec2::new(20.0 + (index % 3) as f32 * 590.0, 20.0 + (index / 3) as f32 * 440.0);
        for (area, at) in [
            (Vec2::new(560.0, 78.0), Vec2::ZERO),
            (Vec2::new(420.0, 330.0), Vec2::new(0.0, 90.0)),
            (Vec2::new(110.0, 330.0), Vec2::new(435.0, 90.0)),
        ] {
            let at = at + corner;
            let fitted = fill(&mut fonts, text, None, area, Align::Centre);
            let drawn = coverage(&mut fonts, &fitted.setting, fitted.scale, at + fitted.offset, size);
            all.iter_mut().zip(drawn).for_each(|(a, b)| *a = b.max(*a));
            outline_box(&mut all, size, at, at + area);
        }
    }
    save("fits.png", size, all);
}

#[test]
fn captions_sheet() {
    let mut fonts = Fonts::bundled();
    let size = UVec2::new(1700, 1100);
    let mut all = vec![0; (size.x * size.y) as usize];
    let people = [
        CaptionText { name: "Amina Okafor", place: "Lagos, Nigeria", quote: "“I plant trees so that my daughter can sit in the shade of something I did.”" },
        CaptionText { name: "أمينة الحسيني", place: "القاهرة، مصر", quote: "«أزرع الأشجار كي تجلس ابنتي في ظل شيء صنعته»" },
        CaptionText { name: "王小明", place: "上海，中国", quote: "“我种树，是为了让我的女儿能坐在我亲手种下的树荫里。每个人都可以做一点事情。”" },
        CaptionText { name: "Priya Sharma", place: "मुंबई, भारत", quote: "मैं पेड़ लगाती हूँ ताकि मेरी बेटी उस छाया में बैठ सके जो मैंने बनाई।" },
        CaptionText { name: "Donaudampfschifffahrtsgesellschaftskapitän", place: "Wien", quote: "" },
        CaptionText { name: "נועה לוי", place: "Tel Aviv", quote: "“All of us.”" },
    ];
    for (index, text) in people.into_iter().enumerate() {
        let at = Vec2::new(20.0 + (index % 3) as f32 * 560.0, 20.0 + (index / 3) as f32 * 540.0);
        let area = Vec2::new(500.0, 500.0);
        let block = caption(&mut fonts, text, None, area, 72.0);
        for part in &block.parts {
            let drawn = coverage(&mut fonts, &part.setting, part.scale, at + part.offset, size);
            all.iter_mut().zip(drawn).for_each(|(a, b)| *a = b.max(*a));
        }
        outline_box(&mut all, size, at, at + area);
    }
    save("captions.png", size, all);
}

#[test]
fn timing() {
    let start = std::time::Instant::now();
    let mut fonts = Fonts::bundled();
    println!("fonts {:?}", start.elapsed());
    for (name, text) in SEVEN {
        let start = std::time::Instant::now();
        let setting = Setting::of(&mut fonts, text, None, Align::Start);
        let set = start.elapsed();
        let start = std::time::Instant::now();
        let again = Setting::of(&mut fonts, text, None, Align::Start);
        let twice = start.elapsed();
        assert_eq!(setting, again);
        let start = std::time::Instant::now();
        let _ = fill(&mut fonts, text, None, Vec2::new(2.0, 1.0), Align::Centre);
        let filled = start.elapsed();
        let mut worst = std::time::Duration::ZERO;
        let start = std::time::Instant::now();
        for glyph in &setting.glyphs {
            let start = std::time::Instant::now();
            let _ = fonts.glyph_field(glyph.key);
            worst = worst.max(start.elapsed());
        }
        println!("{name}: set {set:?} again {twice:?} fill {filled:?}, field mean {:?} worst {worst:?}", start.elapsed() / setting.glyphs.len() as u32);
    }
}
