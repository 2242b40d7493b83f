//! Distance fields against the outlines that they are of.

use glam::{UVec2, Vec2};

use super::super::{Fonts, GlyphKey, MAX_FIELD_SIDE, PathCommand, SPREAD, TEXELS_PER_EM, TextLayout, coverage};
use super::{SEVEN, line};

/// The outlines of all letters filled as one path: the reference of a layout.
fn filled(fonts: &mut Fonts, layout: &TextLayout, scale: f32, offset: Vec2, size: UVec2) -> Vec<u8> {
    let mut path = tiny_skia::PathBuilder::new();
    for glyph in &layout.glyphs {
        let at = |point: Vec2| offset + (glyph.at + point) * scale;
        for step in fonts.outline(glyph.key) {
            match step {
                PathCommand::Move(to) => path.move_to(at(to).x, at(to).y),
                PathCommand::Line(to) => path.line_to(at(to).x, at(to).y),
                PathCommand::Quad(a, to) => path.quad_to(at(a).x, at(a).y, at(to).x, at(to).y),
                PathCommand::Cubic(a, b, to) => path.cubic_to(at(a).x, at(a).y, at(b).x, at(b).y, at(to).x, at(to).y),
                PathCommand::Close => path.close(),
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

/// The most that the drawn picture lacks where the right one is full for `radius` pixels around, and has where that is empty.
fn off_edge(size: UVec2, drawn: &[u8], right: &[u8], radius: u32) -> (u8, u8) {
    let (mut lacks, mut has) = (0, 0);
    for y in radius..size.y - radius {
        for x in radius..size.x - radius {
            let at =
                |dx: u32, dy: u32| right[((y + dy * radius - radius) * size.x + x + dx * radius - radius) as usize];
            let round = (0..9).map(|near| at(near % 3, near / 3));
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

/// The mean difference of all pixels that are not black in both, of 255.
fn mean_difference(drawn: &[u8], right: &[u8]) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for (drawn, right) in drawn.iter().zip(right).filter(|(drawn, right)| **drawn > 0 || **right > 0) {
        sum += f64::from(drawn.abs_diff(*right));
        count += 1;
    }
    sum / f64::from(count.max(1))
}

/// Draws a layout both ways, in the middle of its box.
fn both(fonts: &mut Fonts, layout: &TextLayout, scale: f32) -> (UVec2, Vec<u8>, Vec<u8>) {
    let size = (layout.bounds.size() * scale).ceil().as_uvec2() + 40;
    let offset = Vec2::new(20.37, 20.21 - layout.bounds.top * scale);
    let drawn = coverage(fonts, layout, scale, offset, size);
    let right = filled(fonts, layout, scale, offset, size);
    (size, drawn, right)
}

/// LineBreaker: the mean difference is 9 of 255 at 24 pixels an em (where every third pixel is an edge), 5 at 48, 2.4 at 96,
/// 0.9 at 300 and 0.4 at 1500; further than a texel from edges there is none.
#[test]
fn fields_look_like_the_outlines_at_every_size() {
    let mut fonts = Fonts::bundled();
    for (scale, most) in [(24.0, 10.0), (48.0, 6.0), (96.0, 4.0), (300.0, 2.0), (1500.0, 1.0)] {
        for (name, text) in SEVEN {
            // Of the largest only as much as can be drawn in a moment.
            let text: String = if scale > 1000.0 { text.chars().take(3).collect() } else { text.to_owned() };
            let layout = line(&mut fonts, &text);
            let (size, drawn, right) = both(&mut fonts, &layout, scale);
            // Corners are round by up to a texel.
            let texel = (scale / TEXELS_PER_EM).ceil() as u32;
            let (lacks, has) = off_edge(size, &drawn, &right, texel);
            let mean = mean_difference(&drawn, &right);
            println!("{name} at {scale}: mean {mean:.2}, off the edge {lacks} too little, {has} too much");
            assert!(mean < most, "{name} at {scale}: {mean}");
            assert!(has <= 2 && lacks <= 2, "{name} at {scale}: {lacks} {has}");
        }
    }
}

/// One sample too few where two letters each have a part of a pixel is a dark line through a word.
#[test]
fn no_seam_shows_where_letters_join() {
    let mut fonts = Fonts::bundled();
    for (name, text) in [
        ("Arabic", "كل إنسان عالم كامل، وصوته مسموع"),
        ("Urdu", "ہر انسان ایک مکمل دنیا ہے، گھبراہٹ"),
        ("Devanagari", "हर इंसान एक पूरी दुनिया है, क्षमा और शक्ति"),
        ("Bengali", "প্রত্যেক মানুষ একটি সম্পূর্ণ পৃথিবী"),
        ("Gurmukhi", "ਹਰ ਇਨਸਾਨ ਇੱਕ ਪੂਰੀ ਦੁਨੀਆ ਹੈ"),
    ] {
        let layout = line(&mut fonts, text);
        for scale in [24.0, 27.0, 30.0, 36.0, 42.0, 64.0, 200.0] {
            let (size, drawn, right) = both(&mut fonts, &layout, scale);
            let (lacks, has) = off_edge(size, &drawn, &right, 1);
            println!("{name} at {scale}: {lacks} {has}");
            assert!(lacks <= 24 && has <= 2, "{name} at {scale}: {lacks} too little, {has} too much");
        }
    }
}

/// A ring that turns the other way is a hole; one that turns the same way and overlaps is not, nor has it an edge.
#[test]
fn what_overlaps_has_no_edge_inside() {
    let mut fonts = Fonts::bundled();
    // In the font’s Ø a bar crosses a ring.
    let layout = line(&mut fonts, "Ø");
    let key = layout.glyphs[0].key;
    let field = fonts.glyph_field(key).unwrap();
    let texels = layout.ink.unwrap().size() * TEXELS_PER_EM + 2.0 * SPREAD;
    assert!(Vec2::new(field.width as f32, field.height as f32).abs_diff_eq(texels, 6.0), "{texels} {}", field.width);
    let (size, drawn, right) = both(&mut fonts, &layout, 200.0);
    assert_eq!(off_edge(size, &drawn, &right, 1), (0, 0));
}

#[test]
fn a_field_ends_in_nothing_and_is_the_same_every_time() {
    let (mut fonts, mut again) = (Fonts::bundled(), Fonts::bundled());
    for (_, text) in SEVEN {
        let layout = line(&mut fonts, text);
        for key in layout.glyphs.iter().map(|glyph| glyph.key) {
            let field = fonts.glyph_field(key).unwrap();
            let (w, h) = (field.width as usize, field.height as usize);
            assert_eq!(field.texels.len(), w * h);
            let is_edge = |index: usize| [0, w - 1].contains(&(index % w)) || index < w || index >= w * (h - 1);
            assert!((0..w * h).filter(|index| is_edge(*index)).all(|index| field.texels[index] == 0));
            assert_eq!(Some(field), again.glyph_field(key));
        }
    }
    let space = GlyphKey {
        glyph: fonts.face(super::super::FaceId(0)).font.as_swash().charmap().map(' '),
        ..line(&mut fonts, "a").glyphs[0].key
    };
    assert_eq!(fonts.glyph_field(space), None);
}

/// The longest glyph there is, eleven ems of Arabic in one, has fewer texels an em and looks as it should.
#[test]
fn what_is_too_wide_has_a_coarser_field() {
    let mut fonts = Fonts::bundled();
    let layout = line(&mut fonts, "﷽");
    let field = fonts.glyph_field(layout.glyphs[0].key).unwrap();
    assert_eq!(layout.glyphs.len(), 1);
    assert!(field.width <= MAX_FIELD_SIDE && field.height <= MAX_FIELD_SIDE && field.texels_per_em < TEXELS_PER_EM);
    let (size, drawn, right) = both(&mut fonts, &layout, 100.0);
    assert!(mean_difference(&drawn, &right) < 6.0);
    assert!(off_edge(size, &drawn, &right, 1).1 <= 2);
}
