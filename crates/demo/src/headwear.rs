//! Headwear: scarves, turbans, wraps and hoods; hats and caps are in `hats.rs`.

use glam::Vec2;

use super::canvas::{
    Canvas, Shading, closed_spline, diamond, ellipse, linspace, luma, mirrored, scaled, spline, tapered, v,
};
use super::hats;
use super::head::Head;
use super::person::{Garment, Headwear};
use super::rng::Rng;

/// The light over a piece of cloth on the head.
pub(super) fn cloth_shading(head: &Head) -> Shading {
    let side = head.light_side();
    Shading::across(v(-side * 1.0, 0.7), v(side * 0.8, -0.8), [0.22, 1.02])
}

/// Folds: each a dark cut with a light edge towards the lamp.
pub(super) fn fold(canvas: &mut Canvas, head: &Head, points: &[Vec2], width: f32) {
    canvas.darken(tapered(points, width), 0.42);
    let edge: Vec<Vec2> = points.iter().map(|at| *at - head.light.truncate() * width * 0.7).collect();
    canvas.lighten(tapered(&edge, width * 0.5), 0.28);
}

/// Draws the part behind the head.
pub(super) fn behind(canvas: &mut Canvas, head: &Head) {
    let figure = head.figure;
    let colour = scaled(figure.headwear_colour, 0.82);
    let back = Shading::across(v(-head.light_side(), 0.0), v(head.light_side(), 0.0), [0.2, 0.6]);
    match figure.headwear {
        Headwear::Shawl | Headwear::Keffiyeh => {
            let half = [(1.35, 2.0), (1.1, 1.2), (0.95, 0.2), (0.9, -0.6), (0.5, -1.1), (0.0, -1.2)];
            canvas.fill(closed_spline(&head.mirrored(&half)), colour, &back);
        }
        Headwear::Hood => {
            let colour = scaled(figure.cloth_colours[0], 0.75);
            let half = [(1.0, 1.3), (1.12, 0.6), (1.1, -0.4), (0.7, -1.14), (0.0, -1.34)];
            canvas.fill(closed_spline(&head.mirrored(&half)), colour, &back);
        }
        Headwear::Brimmed => {
            let brim = ellipse(v(head.middle(-1.0), -0.66), v(1.42, 0.40));
            canvas.fill(&brim, scaled(figure.headwear_colour, 0.55), &Shading::flat(0.35).hatched(0.5));
        }
        _ => {}
    }
}

/// Draws the part over skull, forehead, cheeks or neck.
pub(super) fn over(canvas: &mut Canvas, head: &Head) {
    let mut rng = head.figure.grain.clone();
    match head.figure.headwear {
        Headwear::None => {}
        Headwear::Hijab => hijab(canvas, head, &mut rng),
        Headwear::Shawl => shawl(canvas, head, &mut rng),
        Headwear::Turban => turban(canvas, head, &mut rng),
        Headwear::Headwrap => headwrap(canvas, head, &mut rng),
        Headwear::Keffiyeh => keffiyeh(canvas, head, &mut rng),
        Headwear::Beanie => hats::beanie(canvas, head, &mut rng),
        Headwear::Cap => hats::cap(canvas, head),
        Headwear::Brimmed => hats::brimmed(canvas, head, &mut rng),
        Headwear::Beret => hats::beret(canvas, head),
        Headwear::Skullcap => hats::skullcap(canvas, head),
        Headwear::Hood => hood(canvas, head),
    }
}

/// A closed band between two outlines that share their ends: a scarf around a face.
fn band(outer: &[Vec2], inner: &[Vec2]) -> Option<tiny_skia::Path> {
    let mut path = tiny_skia::PathBuilder::new();
    path.push_path(&closed_spline(outer)?);
    // Wound the other way round, the inner outline is a hole.
    let inner: Vec<Vec2> = inner.iter().rev().copied().collect();
    path.push_path(&closed_spline(&inner)?);
    path.finish()
}

fn opening(head: &Head, top: f32, side: f32, chin: f32) -> Vec<Vec2> {
    let cheek = |edge: f32, y: f32, inset: f32| head.edge(edge, y) - v(edge * inset, 0.0);
    vec![
        cheek(-1.0, 0.1, side),
        cheek(-1.0, -0.3, side + 0.03),
        head.at(-0.42, top + 0.07),
        head.at(0.0, top),
        head.at(0.42, top + 0.07),
        cheek(1.0, -0.3, side + 0.03),
        cheek(1.0, 0.1, side),
        cheek(1.0, 0.5, side * 0.5),
        cheek(1.0, 0.8, side * 0.3),
        v(head.middle(1.0), chin),
        cheek(-1.0, 0.8, side * 0.3),
        cheek(-1.0, 0.5, side * 0.5),
    ]
}

fn hijab(canvas: &mut Canvas, head: &Head, rng: &mut Rng) {
    let colour = head.figure.headwear_colour;
    let mut outer = head.mirrored(&[
        (1.1, 2.0),
        (1.32, 1.55),
        (1.0, 1.15),
        (0.90, 0.7),
        (0.93, 0.1),
        (0.90, -0.45),
        (0.62, -0.95),
        (0.0, -1.16),
    ]);
    outer.push(v(0.2 + head.middle(2.25), 2.25));
    let inner = opening(head, -0.62 + rng.around(0.06), 0.06, 1.0);
    canvas.fill(band(&outer, &inner), colour, &cloth_shading(head));
    // An under-scarf shows at the forehead.
    let under = [head.at(-0.48, -0.5), head.at(0.0, -0.60), head.at(0.48, -0.5)];
    canvas.line(spline(&under), 0.06, scaled(colour, if luma(colour) > 0.4 { 0.6 } else { 1.25 }), 1.0);
    let over = if rng.chance(0.5) { 1.0 } else { -1.0 };
    for t in linspace(0.0, 1.0, 6) {
        let chin = v(head.middle(1.0), 1.02 + t * 0.42);
        let line = [
            v(-over * (0.86 - t * 0.05), 0.35 + t * 0.25),
            chin + v(-over * 0.3, 0.05),
            chin + v(over * 0.5, -0.08),
            v(over * 0.9, 0.55 + t * 0.4),
        ];
        fold(canvas, head, &line, 0.055);
    }
    for t in linspace(0.0, 1.0, 5) {
        let y = -0.62 - t * 0.36;
        let line = [
            v(head.middle(-1.0) - over * (0.8 - t * 0.3), y + 0.45),
            v(head.middle(-1.0), y - 0.02),
            v(head.middle(-1.0) + over * (0.75 - t * 0.3), y + 0.3),
        ];
        fold(canvas, head, &line, 0.04);
    }
    fold(canvas, head, &[v(over * 0.75, 0.9), v(over * 0.6, 1.4), v(over * 0.2, 2.1)], 0.08);
    let rim: Vec<Vec2> = inner.iter().map(|at| *at + v(0.0, 0.01)).collect();
    canvas.darken_line(closed_spline(&rim), 0.035, 0.45);
}

fn shawl(canvas: &mut Canvas, head: &Head, rng: &mut Rng) {
    let colour = head.figure.headwear_colour;
    let lift = rng.range(-0.1, 0.04);
    for side in [-1.0_f32, 1.0] {
        let points = [
            v(head.middle(-1.0), -1.2),
            v(head.middle(-1.0) + side * 0.6, -1.06),
            v(side * 0.93, -0.5),
            v(side * 0.98, 0.3),
            v(side * 1.15, 1.1),
            v(side * 1.3, 2.1),
            v(side * 0.55, 2.1),
            v(side * 0.62, 1.2),
            head.edge(side, 0.6) + v(side * 0.03, 0.0),
            head.edge(side, 0.1) + v(side * 0.02, 0.0),
            head.edge(side, -0.35) - v(side * 0.08, 0.0),
            head.at(side * 0.34, -0.72 + lift),
            head.at(0.0, -0.80 + lift),
        ];
        canvas.fill(closed_spline(&points), colour, &cloth_shading(head));
        for t in linspace(0.0, 1.0, 4) {
            let line = [
                v(side * (0.3 + 0.4 * t), -1.02 + t * 0.2),
                v(side * (0.80 + 0.1 * t), -0.2),
                v(side * (0.78 + 0.2 * t), 0.7),
                v(side * (0.7 + 0.4 * t), 1.9),
            ];
            fold(canvas, head, &line, 0.05);
        }
        let hem = [
            head.at(0.0, -0.83 + lift),
            head.at(side * 0.36, -0.75 + lift),
            head.edge(side, -0.35) - v(side * 0.05, 0.0),
            head.edge(side, 0.15) + v(side * 0.05, 0.0),
            head.edge(side, 0.6) + v(side * 0.07, 0.0),
            v(side * 0.67, 1.2),
            v(side * 0.6, 2.1),
        ];
        canvas.line(spline(&hem), 0.07, head.figure.cloth_colours[1], 1.0);
    }
}

fn turban(canvas: &mut Canvas, head: &Head, rng: &mut Rng) {
    let colour = head.figure.headwear_colour;
    let (wide, high) = (rng.range(0.86, 1.0), rng.range(1.28, 1.55));
    let x = head.middle(-1.0);
    let half = [(0.74, -0.18), (wide, -0.55), (wide * 0.93, -0.95), (0.5, -high * 0.95), (0.0, -high)];
    let mut points = mirrored(x, &half);
    points.extend(head.all(&[(0.5, -0.42), (0.0, -0.72), (-0.5, -0.42)]));
    canvas.fill(closed_spline(&points), colour, &cloth_shading(head));
    for side in [-1.0_f32, 1.0] {
        for t in linspace(0.0, 1.0, 6) {
            let start = v(x + side * (0.72 + (wide - 0.72) * (t * 2.0).min(1.0)), -0.24 - t * 0.72);
            let end = head.at(0.0, -0.74) + v(-side * 0.05, -t * (high - 0.86));
            let bend = start.lerp(end, 0.5) + v(side * 0.02, -0.16 - 0.05 * t);
            fold(canvas, head, &[start, bend, end], 0.055);
        }
    }
    let under = head.all(&[(-0.16, -0.66), (0.0, -0.76), (0.16, -0.66), (0.0, -0.60)]);
    canvas.fill(closed_spline(&under), head.figure.cloth_colours[1], &Shading::flat(0.7));
}

fn headwrap(canvas: &mut Canvas, head: &Head, rng: &mut Rng) {
    let colour = head.figure.headwear_colour;
    let x = head.middle(-1.0);
    let lean = if rng.chance(0.5) { 1.0 } else { -1.0 };
    // The knot, tied high to one side.
    for (out, up) in [(0.55, -1.75), (0.95, -1.35)] {
        let wing = closed_spline(&[
            v(x + lean * 0.1, -1.1),
            v(x + lean * out * 0.5, up),
            v(x + lean * (out + 0.15), up + 0.12),
            v(x + lean * (out + 0.05), -1.02),
            v(x + lean * 0.5, -0.85),
        ]);
        canvas.fill(&wing, scaled(colour, 0.9), &cloth_shading(head));
        let line = [v(x + lean * 0.3, -1.05), v(x + lean * out * 0.75, up + 0.25), v(x + lean * out * 0.85, up + 0.08)];
        fold(canvas, head, &line, 0.05);
    }
    let points = [
        v(x - 0.70, -0.15),
        v(x - 0.84, -0.6),
        v(x - 0.68, -1.1),
        v(x - 0.2, -1.38),
        v(x + 0.3, -1.36),
        v(x + 0.72, -1.08),
        v(x + 0.84, -0.6),
        v(x + 0.70, -0.15),
        head.at(0.5, -0.48),
        head.at(0.0, -0.60),
        head.at(-0.5, -0.48),
    ];
    canvas.fill(closed_spline(&points), colour, &cloth_shading(head));
    let second = head.figure.cloth_colours[1];
    for (number, t) in linspace(-1.0, 1.0, 16).enumerate() {
        let at = v(x + t * 0.66, -0.78 - 0.40 * (1.0 - t * t) * if number % 2 == 0 { 1.0 } else { 0.35 });
        canvas.tint(diamond(at, 0.06, 0.08), second, 0.9);
    }
    for t in linspace(0.0, 1.0, 5) {
        let line = [v(x - lean * 0.76, -0.3 - t * 0.5), v(x, -0.70 - t * 0.42), v(x + lean * 0.6, -0.85 - t * 0.35)];
        fold(canvas, head, &line, 0.05);
    }
}

fn keffiyeh(canvas: &mut Canvas, head: &Head, rng: &mut Rng) {
    let colour = [228, 224, 214];
    let x = head.middle(-1.0);
    for side in [-1.0_f32, 1.0] {
        let points = [
            v(x, -1.18),
            v(x + side * 0.55, -1.08),
            v(x + side * 0.9, -0.6),
            v(side * 1.0, 0.2),
            v(side * 1.12, 1.0),
            v(side * 1.2, 1.9),
            v(side * 0.5, 2.0),
            v(side * 0.62, 1.1),
            head.edge(side, 0.5) + v(side * 0.05, 0.0),
            head.edge(side, -0.1),
            head.at(side * 0.5, -0.52),
            head.at(0.0, -0.6),
        ];
        canvas.fill(closed_spline(&points), colour, &cloth_shading(head));
        let ink = if rng.chance(0.5) { [140, 26, 30] } else { [26, 26, 30] };
        for row in 0..13 {
            for column in 0..4 {
                let y = -0.95 + row as f32 * 0.22;
                let out =
                    if y < -0.5 { 0.25 } else { 0.70 } + column as f32 * 0.13 + if row % 2 == 0 { 0.06 } else { 0.0 };
                let at = v(x * 0.5 + side * out, y);
                if out < 0.62 + (y + 1.3) * 0.3 {
                    canvas.line(spline(&[at + v(-0.04, -0.05), at + v(0.04, 0.05)]), 0.028, ink, 0.85);
                    canvas.line(spline(&[at + v(0.04, -0.05), at + v(-0.04, 0.05)]), 0.028, ink, 0.85);
                }
            }
        }
        fold(canvas, head, &[v(side * 0.72, -0.5), v(side * 0.82, 0.4), v(side * 0.8, 1.7)], 0.07);
    }
    for y in [-0.72, -0.80] {
        let cord = mirrored(x, &[(0.84, y + 0.20), (0.45, y - 0.05), (0.0, y - 0.10)]);
        canvas.line(spline(&cord), 0.075, [18, 17, 18], 1.0);
    }
}

fn hood(canvas: &mut Canvas, head: &Head) {
    let colour = head.figure.cloth_colours[0];
    let outer = [(0.5, 1.5), (0.95, 1.2), (1.05, 0.5), (1.05, -0.4), (0.68, -1.08), (0.0, -1.28)];
    let mut inner = head.mirrored(&[(0.84, 0.3), (0.82, -0.4), (0.54, -0.86), (0.0, -0.99)]);
    inner.extend(head.mirrored(&[(0.72, 0.85), (0.3, 1.2)]).into_iter().rev());
    canvas.fill(band(&head.mirrored(&outer), &inner), colour, &cloth_shading(head));
    canvas.darken_line(closed_spline(&inner), 0.06, 0.4);
    if head.figure.garment == Garment::Hoodie {
        for side in [-1.0, 1.0] {
            fold(canvas, head, &[v(side * 0.95, 0.6), v(side * 0.8, 1.1), v(side * 0.4, 1.42)], 0.06);
        }
    }
}
