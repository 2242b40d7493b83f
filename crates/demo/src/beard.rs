//! Beards and moustaches.

use glam::Vec2;

use super::canvas::{Canvas, Shading, Strokes, closed_spline, mix, scaled, v};
use super::head::Head;
use super::person::{Beard, Face, Figure};
use super::rng::Rng;

/// Draws the beard and moustache; before the mouth, which opens in them.
pub(super) fn beard(canvas: &mut Canvas, head: &Head) {
    let Figure { beard, hair_colour, skin, .. } = *head.figure;
    let Face { mouth_y, mouth_width, nose_y, lips, .. } = *head.face;
    let mut rng = head.figure.grain.clone();
    let mut moustache = head.all_mirrored(&[
        (mouth_width * 1.22, mouth_y + 0.045),
        (mouth_width * 0.8, mouth_y - lips - 0.035),
        (0.06, nose_y + 0.105),
        (0.0, nose_y + 0.125),
    ]);
    let lower = [(mouth_width * 0.72, mouth_y - 0.005), (0.0, mouth_y - 0.02), (-mouth_width * 0.72, mouth_y - 0.005)];
    moustache.extend(head.all(&lower));
    let drop = match beard {
        Beard::None => return,
        Beard::Long => rng.range(0.45, 0.8),
        Beard::Full => rng.range(0.08, 0.2),
        _ => 0.0,
    };
    let rim = rng.range(0.30, 0.42);
    let edge = |side: f32, y: f32, out: f32| head.edge(side, y) + v(side * out, 0.0);
    let middle = head.middle(1.0);
    let mut cheeks: Vec<Vec2> = [
        edge(-1.0, 0.02, 0.0),
        edge(-1.0, 0.3, 0.01 + drop * 0.04),
        edge(-1.0, 0.6, 0.02 + drop * 0.10),
        edge(-1.0, 0.84, 0.02 + drop * 0.22),
        v(middle - 0.30 - drop * 0.1, 1.01 + drop * 0.55),
        v(middle, 1.03 + drop),
        v(middle + 0.30 + drop * 0.1, 1.01 + drop * 0.55),
        edge(1.0, 0.84, 0.02 + drop * 0.22),
        edge(1.0, 0.6, 0.02 + drop * 0.10),
        edge(1.0, 0.3, 0.01 + drop * 0.04),
        edge(1.0, 0.02, 0.0),
    ]
    .into();
    let upper = [
        (0.60, 0.12),
        (0.56, rim),
        (mouth_width * 1.32, mouth_y - 0.09),
        (mouth_width * 0.95, mouth_y - 0.045),
        (0.0, mouth_y + lips * 0.4),
    ];
    cheeks.extend(head.all_mirrored(&upper).into_iter().rev());
    let shading = Shading::across(v(-head.light_side() * 0.7, 0.7), v(head.light_side() * 0.7, 0.4), [0.16, 0.86]);
    match beard {
        Beard::None => {}
        Beard::Stubble => {
            canvas.tint(closed_spline(&cheeks), mix(hair_colour, skin, 0.35), 0.45);
            canvas.tint(closed_spline(&moustache), mix(hair_colour, skin, 0.35), 0.45);
        }
        Beard::Moustache => {
            canvas.fill(closed_spline(&moustache), hair_colour, &shading);
            strokes(canvas, head, &mut rng, &moustache, 0.04, 16);
        }
        Beard::Goatee => {
            canvas.fill(closed_spline(&moustache), hair_colour, &shading);
            let outer = [(mouth_width * 1.15, mouth_y - 0.03), (mouth_width * 1.2, 0.82), (0.15, 1.04), (0.0, 1.1)];
            let inner = [(mouth_width * 0.9, mouth_y + 0.07), (0.12, mouth_y + lips * 1.8)];
            let mut chin = head.all_mirrored(&outer);
            chin.extend(head.all_mirrored(&inner).into_iter().rev());
            canvas.fill(closed_spline(&chin), hair_colour, &shading);
            strokes(canvas, head, &mut rng, &chin, 0.07, 26);
        }
        Beard::Full | Beard::Long => {
            canvas.fill(closed_spline(&cheeks), hair_colour, &shading);
            canvas.fill(closed_spline(&moustache), scaled(hair_colour, 1.06), &shading);
            strokes(canvas, head, &mut rng, &cheeks[2..9], 0.13 + drop * 0.25, 70);
            strokes(canvas, head, &mut rng, &moustache, 0.05, 14);
        }
    }
}

/// Draws hairs into a beard: from near its outline inwards, light and dark.
fn strokes(canvas: &mut Canvas, head: &Head, rng: &mut Rng, outline: &[Vec2], length: f32, count: usize) {
    let middle = outline.iter().copied().sum::<Vec2>() / outline.len() as f32;
    let mut cuts = Strokes::default();
    for stroke in 0..count {
        let corner = rng.pick(outline);
        let at = corner.lerp(middle, rng.range(0.05, 0.85));
        let down = v((at.x - middle.x) * 0.45 + rng.around(0.2), 1.0).normalize_or_zero() * length;
        let lit = stroke % 3 == 0 && (at.x - middle.x) * head.light_side() > -0.2;
        cuts.add(&[at, at + down * 0.5 + v(rng.around(0.02), 0.0), at + down], 0.026, lit);
    }
    cuts.draw(canvas, 0.45, 0.30);
}
