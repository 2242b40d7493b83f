//! What words cost on the CPU: the first text, setting, fitting, distance fields.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use glam::Vec2;
use millions_lettering::{Fonts, Justify, TextLayout, fill};

const TEXTS: [(&str, &str); 4] = [
    ("Latin", "No one is free until everyone is free"),
    ("Arabic", "كل إنسان عالم كامل، وصوته مسموع"),
    ("Devanagari", "हर इंसान एक पूरी दुनिया है, क्षमा और शक्ति"),
    ("Chinese", "每个人都是一个完整的世界，“我们都在这里”。"),
];

fn words(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("words");
    group.bench_function("the fonts and a first text", |bencher| {
        bencher.iter(|| TextLayout::of(&mut Fonts::bundled(), black_box(TEXTS[0].1), None, Justify::Centre));
    });
    let mut fonts = Fonts::bundled();
    for (name, text) in TEXTS {
        group.bench_function(format!("fill a box, {name}"), |bencher| {
            bencher.iter(|| fill(&mut fonts, black_box(text), None, Vec2::new(3.0, 1.0), Justify::Centre));
        });
        let setting = TextLayout::of(&mut fonts, text, None, Justify::Centre);
        group.bench_function(format!("all distance fields, {name}, {} letters", setting.glyphs.len()), |bencher| {
            bencher.iter(|| {
                setting
                    .glyphs
                    .iter()
                    .filter_map(|glyph| fonts.glyph_field(glyph.key))
                    .map(|field| field.texels.len())
                    .sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, words);
criterion_main!(benches);
