//! Contact sheets to look at: `MILLIONS_SHEETS=folder cargo test sheets`. Without the variable they are only drawn.

use glam::{UVec2, Vec2};

use super::super::{CaptionText, Fonts, Justify, TextLayout, caption, coverage, fill};
use super::{SEVEN, line};

/// A picture to which settings are added.
struct Sheet {
    size: UVec2,
    pixels: Vec<u8>,
}

impl Sheet {
    fn new(width: u32, height: u32) -> Self {
        Self { size: UVec2::new(width, height), pixels: vec![0; (width * height) as usize] }
    }

    fn add(&mut self, fonts: &mut Fonts, layout: &TextLayout, scale: f32, offset: Vec2) {
        let drawn = coverage(fonts, layout, scale, offset, self.size);
        self.pixels.iter_mut().zip(drawn).for_each(|(pixel, drawn)| *pixel = drawn.max(*pixel));
    }

    /// A grey frame.
    fn frame(&mut self, low: Vec2, high: Vec2) {
        for y in low.y as u32..high.y as u32 {
            for x in low.x as u32..high.x as u32 {
                let is_edge =
                    x == low.x as u32 || x + 1 == high.x as u32 || y == low.y as u32 || y + 1 == high.y as u32;
                if is_edge && x < self.size.x && y < self.size.y {
                    self.pixels[(y * self.size.x + x) as usize] |= 70;
                }
            }
        }
    }

    fn enlarged(self, times: u32) -> Self {
        let size = self.size * times;
        let at = |index: u32| self.pixels[((index / size.x / times) * self.size.x + index % size.x / times) as usize];
        Self { size, pixels: (0..size.x * size.y).map(at).collect() }
    }

    fn save(self, name: &str) {
        let Some(folder) = std::env::var_os("MILLIONS_SHEETS") else { return };
        let path = std::path::PathBuf::from(folder).join(name);
        image::GrayImage::from_raw(self.size.x, self.size.y, self.pixels).unwrap().save(path).unwrap();
    }
}

#[test]
fn sheet_of_scripts() {
    let mut fonts = Fonts::bundled();
    let mut sheet = Sheet::new(1600, 1300);
    let mut y = 0.0;
    for (_, text) in SEVEN {
        let layout = line(&mut fonts, text);
        for scale in [64.0, 42.0, 24.0] {
            y += scale * 1.35;
            sheet.add(&mut fonts, &layout, scale, Vec2::new(20.0, y));
        }
        y += 10.0;
    }
    sheet.save("scripts.png");
}

#[test]
fn sheet_of_joins() {
    let mut fonts = Fonts::bundled();
    for (name, text) in [("arabic", "مسموع كامل"), ("devanagari", "दुनिया पूरी शक्ति"), ("bengali", "প্রত্যেক মানুষ")]
    {
        let layout = line(&mut fonts, text);
        let mut sheet = Sheet::new(260, 150);
        for (scale, y) in [(24.0, 30.5), (30.0, 70.5), (42.0, 120.5)] {
            sheet.add(&mut fonts, &layout, scale, Vec2::new(10.37, y));
        }
        sheet.enlarged(5).save(&format!("joins-{name}.png"));
    }
}

#[test]
fn sheet_of_corners() {
    let mut fonts = Fonts::bundled();
    let layout = line(&mut fonts, "Kर人");
    let mut sheet = Sheet::new(1500, 1000);
    sheet.add(&mut fonts, &layout, 1500.0, Vec2::new(-600.0, 1100.0));
    sheet.save("corners.png");
}

#[test]
fn sheet_of_boxes() {
    let mut fonts = Fonts::bundled();
    let mut sheet = Sheet::new(1800, 1340);
    for (index, text) in [
        "WE ARE HERE",
        "#exposure_matching",
        "No one is free until everyone is free",
        "كل إنسان عالم كامل، وصوته مسموع في كل مكان",
        "每个人都是一个完整的世界，“我们都在这里”。没有人是孤岛，人人都是大陆的一部分。",
        "हर इंसान एक पूरी दुनिया है, क्षमा और शक्ति",
        "4,913 people\nfrom 37 places",
        "שלום, my name is Noa ואני כאן",
        "ประชาชน 우리는 모두 여기에 있다 ყველა აქ ვართ",
    ]
    .into_iter()
    .enumerate()
    {
        let corner = Vec2::new(20.0 + (index % 3) as f32 * 590.0, 20.0 + (index / 3) as f32 * 440.0);
        for (area, at) in [
            (Vec2::new(560.0, 78.0), Vec2::ZERO),
            (Vec2::new(420.0, 330.0), Vec2::new(0.0, 90.0)),
            (Vec2::new(110.0, 330.0), Vec2::new(435.0, 90.0)),
        ] {
            let at = at + corner;
            let fitted = fill(&mut fonts, text, None, area, Justify::Centre);
            sheet.add(&mut fonts, &fitted.layout, fitted.scale, at + fitted.offset);
            sheet.frame(at, at + area);
        }
    }
    sheet.save("boxes.png");
}

#[test]
fn sheet_of_captions() {
    let mut fonts = Fonts::bundled();
    let mut sheet = Sheet::new(1700, 1100);
    let people = [
        (
            "Amina Okafor",
            "Lagos, Nigeria",
            "“I plant trees so that my daughter can sit in the shade of something I did.”",
        ),
        ("أمينة الحسيني", "القاهرة، مصر", "«أزرع الأشجار كي تجلس ابنتي في ظل شيء صنعته»"),
        ("王小明", "上海，中国", "“我种树，是为了让我的女儿能坐在我亲手种下的树荫里。每个人都可以做一点事情。”"),
        ("Priya Sharma", "मुंबई, भारत", "मैं पेड़ लगाती हूँ ताकि मेरी बेटी उस छाया में बैठ सके जो मैंने बनाई।"),
        ("Donaudampfschifffahrtsgesellschaftskapitän", "Wien", ""),
        ("נועה לוי", "Tel Aviv", "“All of us.”"),
    ];
    for (index, (name, place, quote)) in people.into_iter().enumerate() {
        let at = Vec2::new(20.0 + (index % 3) as f32 * 560.0, 20.0 + (index / 3) as f32 * 540.0);
        let area = Vec2::new(500.0, 500.0);
        let block = caption(&mut fonts, CaptionText { name, place, quote }, None, area, 72.0);
        for part in &block.parts {
            sheet.add(&mut fonts, &part.layout, part.scale, at + part.offset);
        }
        sheet.frame(at, at + area);
    }
    sheet.save("captions.png");
}
