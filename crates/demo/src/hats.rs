//! Hats and caps.

use super::canvas::{Canvas, Shading, closed_spline, diamond, ellipse, linspace, mirrored, scaled, spline, v};
use super::head::Head;
use super::headwear::{cloth_shading, fold};
use super::rng::Rng;

pub(super) fn beanie(canvas: &mut Canvas, head: &Head, rng: &mut Rng) {
    let colour = head.figure.headwear_colour;
    let x = head.middle(-1.0);
    let mut crown = mirrored(x, &[(0.78, -0.42), (0.76, -0.85), (0.45, -1.22), (0.0, -1.34)]);
    crown.push(head.at(0.0, -0.58));
    canvas.fill(closed_spline(&crown), colour, &cloth_shading(head));
    if rng.chance(0.4) {
        canvas.fill(ellipse(v(x, -1.42), v(0.2, 0.19)), head.figure.cloth_colours[1], &cloth_shading(head));
    }
    for t in linspace(-1.0, 1.0, 11) {
        fold(canvas, head, &[v(x + t * 0.70, -0.7), v(x + t * 0.6, -1.0), v(x + t * 0.25, -1.28)], 0.03);
    }
    let half = [(0.0, -0.54), (0.42, -0.50), (0.82, -0.36), (0.81, -0.62), (0.4, -0.76), (0.0, -0.80)];
    canvas.fill(closed_spline(&mirrored(x, &half)), scaled(colour, 1.08), &cloth_shading(head));
    for t in linspace(-1.0, 1.0, 22) {
        let y = -0.78 + t * t * 0.17;
        canvas.darken_line(spline(&[v(x + t * 0.78, y + 0.04), v(x + t * 0.79, y + 0.20)]), 0.02, 0.5);
    }
}

pub(super) fn cap(canvas: &mut Canvas, head: &Head) {
    let colour = head.figure.headwear_colour;
    let x = head.middle(-1.0);
    let mut crown = mirrored(x, &[(0.76, -0.46), (0.72, -0.85), (0.4, -1.18), (0.0, -1.26)]);
    crown.push(head.at(0.0, -0.62));
    canvas.fill(closed_spline(&crown), colour, &cloth_shading(head));
    for t in [-0.4, 0.0, 0.4] {
        canvas.darken_line(spline(&[v(x, -1.26), v(x + t * 1.3, -0.95), v(x + t * 1.5, -0.62)]), 0.022, 0.5);
    }
    let shadow = head.all(&[(-0.62, -0.34), (0.0, -0.44), (0.62, -0.34), (0.0, -0.18)]);
    canvas.darken(closed_spline(&shadow), 0.45);
    let peak = closed_spline(&[
        head.at(-0.66, -0.50),
        head.raised(-0.3, -0.62, 0.2),
        head.raised(0.3, -0.62, 0.2),
        head.at(0.66, -0.50),
        head.raised(0.62, -0.36, 0.25),
        head.raised(0.0, -0.30, 0.4),
        head.raised(-0.62, -0.36, 0.25),
    ]);
    canvas.fill(&peak, scaled(colour, 0.8), &Shading::across(v(0.0, -0.3), v(0.0, -0.62), [0.35, 0.9]));
}

pub(super) fn brimmed(canvas: &mut Canvas, head: &Head, rng: &mut Rng) {
    let x = head.middle(-1.0);
    let straw = rng.chance(0.4);
    let colour = if straw { [208, 180, 122] } else { head.figure.headwear_colour };
    // The brim's shadow lies on the brow.
    let shadow = head.all(&[(-0.7, -0.5), (0.0, -0.6), (0.7, -0.5), (0.62, -0.2), (0.0, -0.12), (-0.62, -0.2)]);
    canvas.darken(closed_spline(&shadow), 0.5);
    let high = rng.range(1.32, 1.55);
    let crown = mirrored(x, &[(0.74, -0.62), (0.68, -1.1), (0.42, -high), (0.0, -high + 0.09)]);
    canvas.fill(closed_spline(&crown), colour, &cloth_shading(head));
    let ribbon = mirrored(x, &[(0.0, -0.76), (0.755, -0.66), (0.73, -0.86), (0.0, -0.97)]);
    canvas.fill(closed_spline(&ribbon), scaled(colour, 0.35), &Shading::flat(0.7));
    let brim = mirrored(x, &[(0.4, -0.42), (1.0, -0.50), (1.42, -0.72), (0.9, -0.70), (0.4, -0.80)]);
    canvas.fill(closed_spline(&brim), colour, &cloth_shading(head));
    if straw {
        for ring in 0..4 {
            let t = ring as f32 * 0.07;
            let (edge, inner) = (-0.66 - t * 0.2, -0.50 - t);
            let line = [v(x - 1.3 + t, edge), v(x - 0.5, inner), v(x + 0.5, inner), v(x + 1.3 - t, edge)];
            canvas.darken_line(spline(&line), 0.016, 0.55);
        }
    }
}

pub(super) fn beret(canvas: &mut Canvas, head: &Head) {
    let lean = head.light_side();
    let x = head.middle(-1.0);
    let crown =
        [(-0.70, -0.55), (-0.82, -0.85), (-0.3, -1.22), (0.5, -1.26), (1.02, -0.98), (1.02, -0.66), (0.7, -0.48)];
    let mut shape = crown.map(|(out, y)| v(x + lean * out, y)).to_vec();
    shape.push(head.at(0.0, -0.62));
    canvas.fill(closed_spline(&shape), head.figure.headwear_colour, &cloth_shading(head));
    fold(canvas, head, &[v(x - lean * 0.6, -0.72), v(x, -0.86), v(x + lean * 0.9, -0.72)], 0.06);
    fold(canvas, head, &[v(x - lean * 0.2, -1.0), v(x + lean * 0.4, -1.05), v(x + lean * 0.9, -0.88)], 0.04);
}

pub(super) fn skullcap(canvas: &mut Canvas, head: &Head) {
    let x = head.middle(-1.0);
    let crown = mirrored(x, &[(0.0, -0.76), (0.68, -0.62), (0.66, -0.96), (0.5, -1.14), (0.0, -1.2)]);
    canvas.fill(closed_spline(&crown), head.figure.headwear_colour, &cloth_shading(head));
    for t in linspace(-1.0, 1.0, 9) {
        let at = v(x + t * 0.58, -0.88 + t * t * 0.10);
        canvas.tint(diamond(at, 0.06, 0.09), head.figure.cloth_colours[1], 0.9);
    }
}
