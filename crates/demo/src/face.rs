//! The face: skin, eyes, brows, nose, mouth, lines of age, glasses.

use glam::Vec2;

use super::beard;
use super::canvas::{Canvas, Rgb, Shading, closed_spline, ellipse, linspace, luma, mix, scaled, spline, tapered, v};
use super::head::Head;
use super::person::{Age, Face, Figure, Glasses};

/// The colour of lines: not quite black, and warm.
pub(super) const DARK: Rgb = [20, 15, 15];

/// Draws ears and face, bare.
pub(super) fn face(canvas: &mut Canvas, head: &Head) {
    let Figure { skin, .. } = *head.figure;
    let outline = head.outline();
    if let Some(relief) = head.relief() {
        canvas.fill_lit(&outline, skin, &relief);
    }
    let warm = mix(skin, [176, 72, 60], 0.5);
    for side in [-1.0, 1.0] {
        let cheek = ellipse(head.at(side * 0.42, head.face.eye_y + 0.32), v(0.16, 0.12));
        canvas.tint(&cheek, warm, 0.10);
    }
    canvas.tint(ellipse(head.raised(0.0, head.face.nose_y, 0.1), v(0.1, 0.07)), warm, 0.12);
    if head.face.freckles {
        let mut rng = head.figure.grain.clone();
        for _ in 0..26 {
            let spot = head.at(rng.around(0.5), head.face.eye_y + 0.2 + rng.around(0.2));
            canvas.tint(ellipse(spot, Vec2::splat(rng.range(0.010, 0.019))), scaled(skin, 0.62), 0.7);
        }
    }
}

/// Draws the ears; before the face, which covers their roots.
pub(super) fn ears(canvas: &mut Canvas, head: &Head) {
    let Figure { skin, earrings, .. } = *head.figure;
    for side in [-1.0_f32, 1.0] {
        // The ear that is turned away is hidden behind the cheek.
        let shown = 1.0 + side * -head.face.yaw * 1.6;
        if shown < 0.45 {
            continue;
        }
        let size = head.face.ear;
        let root = head.edge(side, 0.1) + v(side * 0.02 * shown - side * (shown - 1.0).max(0.0) * 0.16, 0.0);
        let wide = 0.10 * size * shown.min(1.3);
        let lit = if side * head.light.x > 0.0 { 0.95 } else { 0.38 };
        let shape = closed_spline(&[
            root + v(-side * 0.04, -0.22 * size),
            root + v(side * wide * 0.7, -0.27 * size),
            root + v(side * wide * 1.15, -0.12 * size),
            root + v(side * wide * 0.8, 0.08 * size),
            root + v(side * wide * 0.35, 0.22 * size),
            root + v(-side * 0.05, 0.17 * size),
        ]);
        canvas.fill(&shape, skin, &Shading::flat(lit));
        let hollow = [(0.2, -0.17), (0.75, -0.13), (0.5, 0.0), (0.2, 0.1)];
        let hollow = hollow.map(|(x, y)| root + v(side * wide * x, y * size));
        canvas.darken_line(spline(&hollow), 0.035, 0.4);
        let lobe = root + v(side * wide * 0.4, 0.2 * size);
        match earrings {
            1 => canvas.fill(ellipse(lobe, Vec2::splat(0.035)), [232, 220, 180], &Shading::flat(1.1)),
            2 => canvas.line(ellipse(lobe + v(0.0, 0.15), v(0.09, 0.13)), 0.03, [226, 208, 150], 1.0),
            3 => {
                canvas.line(spline(&[lobe, lobe + v(0.0, 0.2)]), 0.022, [210, 200, 170], 1.0);
                let drop = closed_spline(&[
                    lobe + v(0.0, 0.12),
                    lobe + v(0.06, 0.25),
                    lobe + v(0.0, 0.33),
                    lobe + v(-0.06, 0.25),
                ]);
                canvas.fill(&drop, [226, 214, 190], &Shading::flat(1.0));
            }
            _ => {}
        }
    }
}

/// Draws eyes, brows, nose, mouth and beard.
pub(super) fn features(canvas: &mut Canvas, head: &Head) {
    age_lines(canvas, head);
    nose(canvas, head);
    beard::beard(canvas, head);
    mouth(canvas, head);
    for side in [-1.0, 1.0] {
        eye(canvas, head, side);
        brow(canvas, head, side);
    }
    if head.face.bindi {
        let at = head.at(0.0, head.face.eye_y - 0.26);
        canvas.fill(ellipse(at, Vec2::splat(0.042)), [128, 18, 26], &Shading::flat(0.8));
    }
}

/// The outline between two lines that share their ends: along the first, and back along the second.
fn between(first: &[Vec2], second: &[Vec2]) -> Vec<Vec2> {
    first.iter().chain(second[1..second.len() - 1].iter().rev()).copied().collect()
}

fn eye(canvas: &mut Canvas, head: &Head, side: f32) {
    let Face { eye_x, eye_y, eye_width, eye_open, eye_slant, fold, gaze, iris, lines, smile, .. } = *head.face;
    let Figure { skin, made_up, age, .. } = *head.figure;
    // −1 at the nose, 1 at the temple.
    let x = |t: f32| side * (eye_x + t * eye_width);
    let tilt = |t: f32| eye_y - eye_slant * t + 0.02 * fold * (-t).max(0.0);
    let arch = |t: f32| (1.0 - (t + 0.12 * (1.0 - t * t)).abs().powf(2.2 + fold)).max(0.0);
    let upper = |t: f32| tilt(t) - eye_open * (1.0 - 0.14 * fold) * arch(t) + 0.018 * lines * t.max(0.0);
    let lower = |t: f32| tilt(t) + eye_open * (0.66 - 0.2 * smile.max(0.0)) * (1.0 - t * t);
    const TIMES: [f32; 9] = [-1.0, -0.78, -0.5, -0.25, 0.0, 0.25, 0.5, 0.78, 1.0];
    let top = TIMES.map(|t| head.at(x(t), upper(t)));
    let bottom = TIMES.map(|t| head.at(x(t), lower(t)));

    // The lid: a plane of its own between crease and lashes.
    let crease =
        TIMES.map(|t| head.at(x(t * 1.06), upper(t) - (0.055 - 0.02 * fold) * (1.0 - 0.35 * t * t) + 0.01 * t));
    if made_up {
        let lid = crease.into_iter().chain(top.into_iter().rev()).collect::<Vec<Vec2>>();
        canvas.tint(closed_spline(&lid), scaled(skin, 0.45), 0.55);
    }
    canvas.darken(tapered(&crease, 0.030 + 0.012 * lines), 0.42 + 0.3 * fold);

    let ball = mix([232, 228, 222], skin, 0.18);
    // The eye on the far side lies in the nose's and the brow's shade.
    let lit = if side * head.light.x < -0.25 { 0.56 } else { 0.80 };
    canvas.fill(closed_spline(&between(&top, &bottom)), ball, &Shading::flat(lit).hatched(0.1));
    // The ball is round: its corner away from the light is darker.
    let far = head.at(x(-head.light_side() * side * 0.8), eye_y);
    canvas.tint(ellipse(far, v(eye_width * 0.35, eye_open * 0.9)), scaled(skin, 0.4), 0.30);

    let radius = (eye_open * 1.12).clamp(0.062, 0.088);
    let middle_t = (gaze[0] * 0.42 * side).clamp(-0.45, 0.45);
    let middle = v(x(middle_t), eye_y - eye_open * 0.14 + gaze[1] * 0.05);
    let disc = |radius: f32| {
        let points: Vec<Vec2> = (0..14)
            .map(|corner| {
                let at = middle + Vec2::from_angle(corner as f32 / 14.0 * std::f32::consts::TAU) * radius;
                let t = ((at.x * side - eye_x) / eye_width).clamp(-1.0, 1.0);
                head.at(at.x, at.y.clamp(upper(t), lower(t)))
            })
            .collect();
        closed_spline(&points)
    };
    canvas.fill(disc(radius), scaled(iris, 0.42), &Shading::flat(0.8));
    canvas.tint(disc(radius * 0.8), scaled(iris, 1.12), 1.0);
    canvas.tint(disc(radius * 0.46), [8, 6, 8], 1.0);
    let glint = head.at(middle.x + head.light_side() * radius * 0.36, middle.y - radius * 0.36);
    canvas.fill(ellipse(glint, Vec2::splat(radius * 0.25)), [255; 3], &Shading::flat(1.2));

    // The upper lid's shadow and lashes: the darkest line of a face.
    let heavy = if made_up { 0.058 } else { 0.040 } * if age == Age::Old { 0.85 } else { 1.0 };
    let mut lash = top.map(|at| at + v(0.0, -heavy * 0.12)).to_vec();
    if made_up {
        lash.push(head.at(x(1.22), upper(1.0) - 0.035));
    }
    canvas.tint(tapered(&lash, heavy), mix(DARK, skin, 0.06), 1.0);
    canvas.darken(tapered(&bottom, 0.018), 0.45);
    if lines > 0.25 {
        let bag = TIMES.map(|t| head.at(x(t * 0.95 - 0.05), lower(t) + 0.045 + 0.045 * (1.0 - t * t)));
        canvas.darken(tapered(&bag, 0.026 * lines), 0.55);
    }
}

fn brow(canvas: &mut Canvas, head: &Head, side: f32) {
    let Face { eye_x, eye_y, eye_width, brow_lift, brow_tilt, brow_weight, yaw: _, .. } = *head.face;
    let Figure { hair_colour, skin, age, .. } = head.figure;
    let dark =
        if luma(*hair_colour) > 0.55 && *age != Age::Old { mix(*hair_colour, [90, 66, 46], 0.5) } else { *hair_colour };
    // A brow must stand against the skin.
    let colour = if (luma(dark) - luma(*skin)).abs() < 0.2 { scaled(*skin, 0.35) } else { dark };
    let at = |t: f32, lift: f32| {
        let x = side * (eye_x + t * (eye_width + 0.05));
        let y = eye_y - brow_lift - 0.045 * (1.0 - (t - 0.25).powi(2)) + brow_tilt * t * -0.6 - lift;
        head.at(x, y)
    };
    let half = brow_weight * 0.5;
    let upper = [(-1.0, 0.8), (-0.4, 1.15), (0.25, 1.0), (0.75, 0.5)];
    let lower = [(1.12, -0.4), (0.7, -0.5), (0.2, -0.8), (-0.45, -1.0), (-0.95, -1.0)];
    let outline: Vec<Vec2> = upper.into_iter().chain(lower).map(|(t, lift)| at(t, half * lift)).collect();
    canvas.fill(closed_spline(&outline), colour, &Shading::flat(0.62).hatched(0.4));
    let mut rng = head.figure.grain.clone();
    for _ in 0..7 {
        let t = rng.range(-0.95, 0.8);
        let lean = 0.16 + 0.2 * (t + 1.0);
        let hair = [at(t, -half * 0.9), at(t + lean * 0.7, half * 0.6), at(t + lean, half * 1.35)];
        canvas.tint(tapered(&hair, 0.016), scaled(colour, 0.75), 0.9);
    }
}

fn nose(canvas: &mut Canvas, head: &Head) {
    let Face { eye_y, nose_y, nose_width, nose_bridge, eye_x, .. } = *head.face;
    // The dark flank, away from the light, in one cut from brow to wing.
    let side = -head.light_side();
    let flank = [
        head.at(side * eye_x * 0.34, eye_y - 0.12),
        head.raised(side * 0.055, eye_y + 0.03, 0.02),
        head.raised(side * 0.062, (eye_y + nose_y) * 0.5, 0.06 * nose_bridge),
        head.raised(side * nose_width * 0.6, nose_y - 0.06, 0.08),
    ];
    canvas.darken(tapered(&flank, 0.06), 0.62);
    for side in [-1.0_f32, 1.0] {
        let at = |(x, y, out)| head.raised(side * nose_width * x, nose_y + y, out);
        let wing = [(0.86, -0.075, 0.0), (1.08, -0.005, 0.0), (0.9, 0.05, 0.01), (0.62, 0.058, 0.04)];
        canvas.darken(tapered(&wing.map(at), 0.034), 0.38);
        let nostril = [(0.72, 0.045, 0.03), (0.50, 0.025, 0.05), (0.22, 0.052, 0.06), (0.45, 0.062, 0.05)];
        canvas.tint(closed_spline(&nostril.map(at)), scaled(mix(head.figure.skin, [90, 30, 24], 0.3), 0.20), 0.95);
    }
    let base = [(-0.5, 0.066, 0.03), (0.0, 0.085, 0.07), (0.5, 0.066, 0.03)];
    let base = base.map(|(x, y, out)| head.raised(nose_width * x, nose_y + y, out));
    canvas.darken(tapered(&base, 0.035), 0.5);
}

fn mouth(canvas: &mut Canvas, head: &Head) {
    let Face { mouth_y, mouth_width, lips, smile, mouth_open, lines, .. } = *head.face;
    let Figure { skin, made_up, .. } = *head.figure;
    let lift = smile * 0.055;
    let gap = mouth_open * (0.035 + 0.02 * smile.max(0.0));
    // The line between the lips; `open` moves it up (−) or down (+).
    let seam = |t: f32, open: f32| {
        let x = t * mouth_width;
        let bow = 0.012 * (1.0 - (t.abs() * 4.0).min(1.0));
        head.at(x, mouth_y - lift * t * t + bow + open * (1.0 - t * t) + lift * 0.35)
    };
    const TIMES: [f32; 7] = [-1.0, -0.66, -0.3, 0.0, 0.3, 0.66, 1.0];
    let top = TIMES.map(|t| seam(t, -gap * 0.6));
    let bottom = TIMES.map(|t| seam(t, gap));
    let blood = if made_up { [138, 26, 40] } else { [156, 70, 66] };
    let colour = mix(skin, blood, if made_up { 0.72 } else { 0.36 });
    let upper_edge = |t: f32| {
        let peak = (1.0 - (t.abs() - 0.24).abs() * 1.25).max(0.0) - 0.26 * (1.0 - (t.abs() * 5.0).min(1.0));
        seam(t * 0.98, -gap * 0.6) + v(0.0, -lips * peak)
    };
    let upper = between(&[-1.0, -0.7, -0.42, -0.22, 0.0, 0.22, 0.42, 0.7, 1.0].map(upper_edge), &top);
    // The upper lip looks down and is dark, the lower looks up and is light.
    canvas.fill(
        closed_spline(&upper),
        scaled(colour, 0.82),
        &Shading::flat(if head.light.y < -0.3 { 0.50 } else { 0.60 }),
    );
    let lower_edge =
        [0.8, 0.4, 0.0, -0.4, -0.8].map(|t: f32| seam(t * 0.9, gap) + v(0.0, lips * 1.28 * (1.0 - t * t * 0.95)));
    let lower: Vec<Vec2> = bottom.into_iter().chain(lower_edge).collect();
    let across = Shading::across(seam(-head.light_side(), 0.0), seam(head.light_side(), 0.0), [0.48, 0.9]).hatched(0.5);
    canvas.fill(closed_spline(&lower), colour, &across);
    let shine = [-0.35, -0.1, 0.15].map(|t| seam(t + head.light_side() * 0.18, gap) + v(0.0, lips * 0.55));
    canvas.lighten_line(spline(&shine), lips * 0.2, 0.08 + 0.16 * luma(skin));
    if gap > 0.008 {
        canvas.fill(closed_spline(&between(&top, &bottom)), [46, 16, 18], &Shading::flat(0.5));
        if smile > 0.1 || mouth_open > 0.6 {
            let edge = TIMES[1..6].iter().rev().map(|t| seam(*t, gap * 0.35));
            let teeth: Vec<Vec2> = top[1..6].iter().copied().chain(edge).collect();
            canvas.fill(closed_spline(&teeth), mix([206, 198, 184], skin, 0.25), &Shading::flat(0.52));
        }
    } else {
        canvas.tint(tapered(&top, 0.030), scaled(mix(skin, blood, 0.4), 0.22), 0.95);
    }
    for side in [-1.0, 1.0] {
        let corner = [
            seam(side * 0.94, 0.0),
            seam(side * 1.04, 0.0) + v(side * 0.012, 0.005),
            seam(side * 1.09, 0.0) + v(0.0, 0.03),
        ];
        canvas.darken(tapered(&corner, 0.034), 0.45);
        // The fold from the nose to the mouth: a smile's or an age's.
        let depth = (lines * 0.9 + smile.max(0.0) * 0.75 - 0.12).clamp(0.0, 1.0);
        if depth > 0.08 {
            let Face { nose_y, nose_width, .. } = *head.face;
            let fold = [
                head.at(side * (nose_width * 1.15), nose_y - 0.02),
                head.at(side * (mouth_width * 1.12 + 0.03), mouth_y - 0.13),
                head.at(side * (mouth_width * 1.24 + 0.03), mouth_y - 0.02),
                head.at(side * (mouth_width * 1.2), mouth_y + 0.07 * lines),
            ];
            canvas.darken(tapered(&fold, 0.018 + 0.032 * depth), 0.5);
        }
    }
    let under = [(-0.4, 1.7), (0.0, 1.95), (0.4, 1.7)].map(|(t, drop)| seam(t, gap) + v(0.0, lips * drop));
    canvas.darken(tapered(&under, 0.035), 0.55);
}

fn age_lines(canvas: &mut Canvas, head: &Head) {
    let Face { lines, eye_x, eye_y, eye_width, brow_lift, mouth_y, mouth_width, gaunt, .. } = *head.face;
    if lines < 0.2 {
        return;
    }
    let mut rng = head.figure.grain.clone();
    let width = 0.012 + 0.026 * lines;
    let rows = (lines * 4.4) as usize;
    for row in 0..rows {
        let y = eye_y - brow_lift - 0.14 - row as f32 * 0.085 + rng.around(0.012);
        let (from, to) = (rng.range(-0.42, -0.24), rng.range(0.24, 0.42));
        let points: Vec<Vec2> = linspace(0.0, 1.0, 5)
            .map(|t| head.at(from + (to - from) * t, y - 0.03 * (t * 6.3).sin().abs() + rng.around(0.008)))
            .collect();
        canvas.darken(tapered(&points, width), 0.55);
    }
    for side in [-1.0, 1.0] {
        // Between the brows.
        let frown =
            head.all(&[(side * 0.055, eye_y - 0.26), (side * 0.045, eye_y - 0.18), (side * 0.06, eye_y - 0.11)]);
        canvas.darken(tapered(&frown, width * 0.9), 0.5);
        // Crow's feet.
        for ray in 0..3 {
            let lift = (ray as f32 - 1.0) * 0.055;
            let from = (side * (eye_x + eye_width * 1.15), eye_y + lift * 0.4);
            let to = (side * (eye_x + eye_width * 1.15 + 0.10 + 0.04 * lines), eye_y + lift * 1.7);
            let points = head.all(&[from, ((from.0 + to.0) * 0.5, (from.1 + to.1) * 0.5 - 0.008), to]);
            canvas.darken(tapered(&points, width * 0.85), 0.5);
        }
        if lines > 0.5 {
            let hollow = head.all(&[(side * 0.5, 0.3), (side * (0.46 - 0.04 * gaunt), 0.47), (side * 0.47, 0.66)]);
            canvas.darken(tapered(&hollow, 0.05 * lines), 0.68);
            let down = head.all(&[
                (side * (mouth_width * 1.1), mouth_y + 0.05),
                (side * (mouth_width * 1.18), mouth_y + 0.13),
                (side * (mouth_width * 1.1), mouth_y + 0.22),
            ]);
            canvas.darken(tapered(&down, width), 0.5);
        }
    }
}

/// Draws glasses, over everything on the face.
pub(super) fn glasses(canvas: &mut Canvas, head: &Head) {
    let Face { eye_x, eye_y, .. } = *head.face;
    let (half, round, weight, top) = match head.figure.glasses {
        Glasses::None => return,
        Glasses::Round => (v(0.225, 0.215), 1.0, 0.030, 1.0),
        Glasses::Square => (v(0.25, 0.17), 0.35, 0.030, 1.0),
        Glasses::Heavy => (v(0.255, 0.19), 0.5, 0.062, 1.0),
        Glasses::HalfMoon => (v(0.22, 0.16), 0.7, 0.026, 0.2),
    };
    let colour = if luma(head.figure.skin) < 0.35 && weight < 0.05 { [214, 200, 160] } else { [22, 20, 24] };
    let low = if top < 0.5 { 0.12 } else { 0.03 };
    let mut hinges = [Vec2::ZERO; 2];
    for (hinge, side) in hinges.iter_mut().zip([-1.0_f32, 1.0]) {
        let corner = |x: f32, y: f32| {
            // Between a rectangle's corner and a circle's.
            let squash = 1.0 - 0.29 * round * (x * y).abs();
            head.raised(
                side * eye_x + x * half.x * squash,
                eye_y + low + y * half.y * squash * if y < 0.0 { top } else { 1.0 },
                0.05,
            )
        };
        let rim = [
            (0.0, -1.0),
            (0.9, -0.95),
            (1.0, 0.0),
            (0.88, 0.92),
            (0.0, 1.0),
            (-0.88, 0.92),
            (-1.0, 0.0),
            (-0.9, -0.95),
        ];
        let rim = closed_spline(&rim.map(|(x, y)| corner(x, y)));
        canvas.tint(&rim, [232, 238, 240], 0.07);
        // The glass throws the light back in one slanting stroke.
        let glare = head.light_side() * 0.35;
        let streak = [corner(glare - 0.3, 0.7), corner(glare + 0.25, -0.7)];
        canvas.line(spline(&streak), 0.05, [255; 3], 0.16);
        canvas.line(&rim, weight, colour, 1.0);
        *hinge = corner(side, -0.35);
        let temple = head.edge(side, -0.02);
        if (temple.x - hinge.x) * side > 0.0 {
            canvas.line(spline(&[*hinge, temple]), weight, colour, 1.0);
        }
    }
    let inner = eye_x - half.x;
    let bridge = [
        head.raised(-inner, eye_y + low - 0.03, 0.06),
        head.raised(0.0, eye_y + low - 0.075, 0.12),
        head.raised(inner, eye_y + low - 0.03, 0.06),
    ];
    canvas.line(spline(&bridge), weight, colour, 1.0);
}
