//! Hair: the part behind the head, and the part over the skull.

use glam::Vec2;

use super::canvas::{Canvas, Shading, Strokes, closed_spline, ellipse, linspace, mirrored, scaled, spline, v};
use super::head::Head;
use super::person::{Age, Figure, HairStyle, Headwear, Texture};
use super::rng::Rng;

/// Returns the distance of the hair's outline from the skull.
fn volume(figure: &Figure) -> f32 {
    let texture = match figure.texture {
        Texture::Straight => 0.07,
        Texture::Wavy => 0.11,
        Texture::Curly => 0.17,
        Texture::Coiled => 0.10,
    };
    match figure.hair {
        HairStyle::Stubble | HairStyle::Cornrows => 0.025,
        HairStyle::Receding => 0.04,
        HairStyle::Bun | HairStyle::Ponytail => 0.05,
        HairStyle::Quiff => texture + 0.05,
        _ => texture,
    }
}

/// Whether headwear hides all hair.
pub(super) const fn hidden(headwear: Headwear) -> bool {
    matches!(headwear, Headwear::Hijab | Headwear::Turban | Headwear::Keffiyeh)
}

/// The light on hair: a band over the crown that faces the light.
fn sheen(head: &Head) -> Shading {
    let side = head.light_side();
    Shading::across(v(-side * 0.85, 0.4), v(side * 0.55, -0.8), [0.16, 0.72])
}

/// A batch of strands, light where they face the light and dark elsewhere.
#[derive(Default)]
struct Locks(Strokes);

impl Locks {
    fn cut(&mut self, head: &Head, rng: &mut Rng, points: &[Vec2], width: f32) {
        let middle = points[points.len() / 2];
        let lit = middle.x * head.light.x - (middle.y + 0.2) * 0.4 + rng.around(0.7) > 0.0;
        self.0.add(points, width, lit);
    }

    fn draw(self, canvas: &mut Canvas) {
        self.0.draw(canvas, 0.35, 0.40);
    }
}

/// Adds small lobes to an outline, as of curls.
fn cloud(points: &[Vec2], bulge: f32, rng: &mut Rng) -> Vec<Vec2> {
    let count = points.len();
    let middle = points.iter().copied().sum::<Vec2>() / count as f32;
    (0..count)
        .flat_map(|index| {
            let (from, to) = (points[index], points[(index + 1) % count]);
            let pieces = ((from.distance(to) / (bulge * 2.2)).round().clamp(1.0, 8.0)) as usize;
            let mut made = Vec::with_capacity(pieces * 3);
            for piece in 0..pieces {
                let t = piece as f32 / pieces as f32;
                let at = from.lerp(to, t);
                let out = (at - middle).normalize_or_zero();
                made.push(at - out * bulge * 0.15);
                // Two points to a lobe make it round.
                let high = bulge * rng.range(0.35, 0.85);
                made.push(from.lerp(to, t + 0.3 / pieces as f32) + out * high);
                made.push(from.lerp(to, t + 0.75 / pieces as f32) + out * high);
            }
            made
        })
        .collect()
}

/// The skull with hair on it: from one ear over the crown to the other, `off` away from the skin.
fn dome(head: &Head, off: f32, from_y: f32) -> Vec<Vec2> {
    let heights = [from_y, from_y * 0.5 - 0.12, -0.35, -0.62, -0.84];
    let at = |side: f32, y: f32| head.edge(side, y) + v(side * off, -off * (-y).max(0.0) * 0.8);
    let crown = v(head.middle(-1.0), -1.0 - off);
    heights
        .iter()
        .map(|y| at(-1.0, *y))
        .chain([crown + v(-0.24, 0.035), crown, crown + v(0.24, 0.035)])
        .chain(heights.iter().rev().map(|y| at(1.0, *y)))
        .collect()
}

/// Draws the hair that lies behind head, neck and shoulders.
pub(super) fn behind(canvas: &mut Canvas, head: &Head) {
    let figure = head.figure;
    if hidden(figure.headwear) || matches!(figure.headwear, Headwear::Headwrap | Headwear::Hood) {
        return;
    }
    let mut rng = figure.grain.clone();
    let colour = scaled(figure.hair_colour, 0.8);
    let off = volume(figure);
    let shade = Shading::across(v(-head.light_side(), 0.0), v(head.light_side(), 0.0), [0.12, 0.52]);
    let mut locks = Locks::default();
    match figure.hair {
        HairStyle::Long | HairStyle::Bob => {
            let bob = figure.hair == HairStyle::Bob;
            let end = if bob { rng.range(0.65, 1.05) } else { rng.range(1.5, 2.5) };
            let wide = head.face.cheek + off + if bob { 0.10 } else { rng.range(0.08, 0.24) };
            let mut points = dome(head, off, 0.1);
            let curl = matches!(figure.texture, Texture::Curly | Texture::Coiled);
            let half = [(wide, end * 0.5), (wide + 0.04, end * 0.85), (wide * 0.85, end), (0.0, end * 0.96)];
            points.extend(mirrored(0.0, &half).into_iter().rev());
            if curl {
                points = cloud(&points, 0.11, &mut rng);
            }
            canvas.fill(closed_spline(&points), colour, &shade);
            for _ in 0..34 {
                let x = rng.range(-1.0, 1.0);
                let wave = if figure.texture == Texture::Straight { 0.01 } else { 0.07 };
                let at = |t: f32| {
                    v(x * wide * (0.85 + 0.12 * t) + wave * ((t * 9.0) + x * 7.0).sin(), -0.2 + t * (end + 0.1))
                };
                let line: Vec<Vec2> = linspace(0.0, 1.0, 6).map(at).collect();
                locks.cut(head, &mut rng, &line, 0.035);
            }
        }
        HairStyle::Afro => {
            let size = if figure.age == Age::Child { rng.range(0.26, 0.4) } else { rng.range(0.28, 0.6) };
            let points = cloud(&afro(head, size), 0.075, &mut rng);
            canvas.fill(closed_spline(&points), figure.hair_colour, &sheen(head));
            coils(canvas, head, &mut rng, v(head.middle(-0.5), -0.38), v(0.72 + size, 0.66 + size), 150);
        }
        HairStyle::Puffs => {
            for side in [-1.0, 1.0] {
                let middle = v(side * 0.62 + head.middle(-1.0), -0.98);
                let ring: Vec<Vec2> =
                    (0..10).map(|corner| middle + Vec2::from_angle(corner as f32 * 0.628) * 0.33).collect();
                canvas.fill(closed_spline(&cloud(&ring, 0.07, &mut rng)), figure.hair_colour, &sheen(head));
                coils(canvas, head, &mut rng, middle, Vec2::splat(0.30), 26);
            }
        }
        HairStyle::Bun => {
            let middle = v(head.middle(-1.0) - head.face.yaw * 0.6, -1.16);
            canvas.fill(ellipse(middle, v(0.36, 0.31)), figure.hair_colour, &sheen(head));
            for turn in 0..8 {
                let start = turn as f32 * 0.8;
                let line: Vec<Vec2> = (0..5)
                    .map(|step| middle + Vec2::from_angle(start + step as f32 * 0.3) * (0.27 - 0.02 * turn as f32))
                    .collect();
                locks.cut(head, &mut rng, &line, 0.04);
            }
        }
        HairStyle::Ponytail => {
            let side = if head.face.yaw > 0.0 { -1.0 } else { 1.0 };
            let tail = [(0.3, -0.75), (0.95, -0.55), (1.08, 0.2), (0.92, 1.1), (0.78, 0.3), (0.6, -0.3)];
            canvas.fill(closed_spline(&tail.map(|(x, y)| v(side * x, y))), colour, &shade);
            for shift in [-0.08, 0.0, 0.08] {
                let line = [v(side * (0.75 + shift), -0.45), v(side * (0.95 + shift), 0.2), v(side * 0.92, 0.95)];
                locks.cut(head, &mut rng, &line, 0.05);
            }
        }
        HairStyle::Braids => {
            for side in [-1.0, 1.0] {
                let count = if figure.texture == Texture::Coiled { 4 } else { 1 };
                for strand in 0..count {
                    let x = side * (head.face.cheek + 0.02 + strand as f32 * 0.1);
                    let end = v(x + side * 0.12, 1.75 + rng.around(0.3));
                    plait(canvas, head, &mut rng, v(x, -0.1), end, if count == 1 { 0.15 } else { 0.075 });
                }
            }
        }
        HairStyle::Locs => {
            for t in linspace(-1.0, 1.0, 13) {
                let x = t * (head.face.cheek + 0.16);
                let end = 1.0 + (1.0 - t * t) * 0.3 + rng.around(0.25);
                rope(canvas, head, &[v(x * 0.8, -0.6), v(x * 1.08, 0.1), v(x * 1.12 + rng.around(0.08), end)], 0.15);
            }
        }
        _ => {}
    }
    locks.draw(canvas);
}

fn afro(head: &Head, size: f32) -> Vec<Vec2> {
    let middle = v(head.middle(-0.5), -0.36);
    (0..18)
        .map(|corner| {
            let angle = 2.52 + corner as f32 / 17.0 * 4.38;
            middle + Vec2::from_angle(angle) * v(0.72 + size, 0.68 + size)
        })
        .collect()
}

/// Small open rings, light and dark: tight curls.
fn coils(canvas: &mut Canvas, head: &Head, rng: &mut Rng, middle: Vec2, radii: Vec2, count: usize) {
    let mut locks = Locks::default();
    for _ in 0..count {
        let angle = rng.range(0.0, std::f32::consts::TAU);
        let at = middle + Vec2::from_angle(angle) * radii * rng.unit().sqrt() * 0.96;
        let (turn, size) = (rng.range(0.0, 6.3), rng.range(0.028, 0.05));
        let ring: Vec<Vec2> = (0..4).map(|step| at + Vec2::from_angle(turn + step as f32 * 1.2) * size).collect();
        locks.cut(head, rng, &ring, 0.026);
    }
    locks.draw(canvas);
}

/// A plaited strand: a chain of slanting links.
fn plait(canvas: &mut Canvas, head: &Head, rng: &mut Rng, from: Vec2, to: Vec2, width: f32) {
    let colour = head.figure.hair_colour;
    let links = ((to - from).length() / (width * 1.1)) as usize;
    for link in 0..links {
        let t = link as f32 / links as f32;
        let at = from.lerp(to, t) + v(rng.around(0.01), 0.0);
        let lean = if link % 2 == 0 { 0.5 } else { -0.5 };
        let size = width * (1.0 - 0.3 * t);
        let shape = closed_spline(&[
            at + v(-size, -size * lean - size * 0.3),
            at + v(0.0, -size * 0.7),
            at + v(size, size * lean - size * 0.3),
            at + v(size * 0.8, size * 0.5),
            at + v(0.0, size * 0.8),
            at + v(-size * 0.8, size * 0.5),
        ]);
        let lit = [0.20, 0.80];
        let shading =
            Shading::across(at - v(head.light_side() * size, 0.0), at + v(head.light_side() * size, -size), lit);
        canvas.fill(&shape, colour, &shading.hatched(0.3));
    }
}

/// A thick round strand.
fn rope(canvas: &mut Canvas, head: &Head, points: &[Vec2], width: f32) {
    let path = spline(points);
    canvas.line(&path, width, scaled(head.figure.hair_colour, 0.8), 1.0);
    canvas.darken_line(&path, width, 0.5);
    let lit: Vec<Vec2> = points.iter().map(|at| *at + v(head.light_side() * width * 0.22, 0.0)).collect();
    canvas.lighten_line(spline(&lit), width * 0.25, 0.32);
}

/// Draws the hair that lies over the skull and the forehead.
pub(super) fn over(canvas: &mut Canvas, head: &Head) {
    let figure = head.figure;
    if hidden(figure.headwear) || figure.hair == HairStyle::Bald {
        return;
    }
    let mut rng = figure.grain.clone();
    let off = volume(figure);
    let colour = figure.hair_colour;
    let part = if rng.chance(0.5) { -1.0 } else { 1.0 } * rng.range(0.05, 0.4);
    // How low hair grows on the forehead, and how far it recedes at the temples.
    let (line, temple) = match figure.hair {
        HairStyle::Fringe => (-0.28, -0.25),
        HairStyle::Receding => (-0.93, -0.62),
        HairStyle::Short | HairStyle::Stubble | HairStyle::Cornrows => (-0.60, -0.42),
        _ => (-0.58, -0.36),
    };
    let line = line + head.face.bow * 0.5 + rng.around(0.035);
    let burns = match figure.hair {
        HairStyle::Bob | HairStyle::Long => 0.55,
        _ => rng.range(-0.02, 0.14),
    };
    let mut locks = Locks::default();
    if figure.hair == HairStyle::Receding {
        for side in [-1.0_f32, 1.0] {
            // Outside and inside of the head's edge: height, distance from it outwards, and downwards.
            let outer = [(burns, 0.04, 0.0), (-0.3, off + 0.05, 0.0), (-0.7, off, -0.02)];
            let inner = [(-0.86, -0.06, 0.02), (-0.6, -0.16, 0.0), (-0.25, -0.10, 0.0), (burns - 0.1, -0.04, 0.0)];
            let points = outer.into_iter().chain(inner).map(|(y, out, down)| head.edge(side, y) + v(side * out, down));
            let patch = closed_spline(&points.collect::<Vec<Vec2>>());
            canvas.fill(&patch, colour, &sheen(head));
            for _ in 0..10 {
                let root = head.edge(side, rng.range(-0.8, -0.1));
                locks.cut(head, &mut rng, &[root + v(-side * 0.1, 0.0), root, root + v(side * 0.05, 0.14)], 0.026);
            }
        }
        locks.draw(canvas);
        return;
    }
    let mut points = dome(head, off, burns);
    // Back along the hairline, from the right ear to the left.
    let hang = |t: f32| {
        if matches!(figure.hair, HairStyle::SidePart | HairStyle::Quiff) {
            0.10 * (1.0 - (t - part).abs())
        } else {
            0.0
        }
    };
    points.extend([
        head.edge(1.0, burns) + v(-0.05, 0.0),
        head.edge(1.0, burns * 0.5 - 0.12) + v(-0.09, 0.0),
        head.at(0.56, temple),
        head.at(0.42, line - hang(0.6) + rng.around(0.02)),
        head.at(0.2, line - 0.04 - hang(0.3) + rng.around(0.02)),
        head.at(0.0, line - 0.05 - hang(0.0) + rng.around(0.02)),
        head.at(-0.2, line - 0.04 - hang(-0.3) + rng.around(0.02)),
        head.at(-0.42, line - hang(-0.6) + rng.around(0.02)),
        head.at(-0.56, temple),
        head.edge(-1.0, burns * 0.5 - 0.12) + v(0.09, 0.0),
        head.edge(-1.0, burns) + v(0.05, 0.0),
    ]);
    let curly = matches!(figure.texture, Texture::Curly | Texture::Coiled);
    let close = matches!(figure.hair, HairStyle::Stubble | HairStyle::Cornrows);
    if curly && !close {
        points = cloud(&points, if figure.texture == Texture::Coiled { 0.05 } else { 0.085 }, &mut rng);
    }
    if matches!(figure.hair, HairStyle::Bob | HairStyle::Long) {
        curtains(canvas, head, &mut rng, part, line, off);
        return;
    }
    canvas.fill(closed_spline(&points), colour, &sheen(head));
    match figure.hair {
        HairStyle::Stubble => {
            for _ in 0..70 {
                let at = v(head.middle(-1.0) + rng.around(0.75), rng.range(-1.0, -0.55));
                canvas.lighten(ellipse(at, Vec2::splat(0.012)), 0.3);
            }
        }
        HairStyle::Cornrows => {
            for t in linspace(-1.0, 1.0, 9) {
                let path = [
                    head.at(t * 0.5, line + 0.0),
                    v(head.middle(-1.0) + t * 0.52, -0.85),
                    v(head.middle(-1.0) + t * 0.3, -1.0),
                ];
                canvas.line(spline(&path), 0.022, head.figure.skin, 0.75);
            }
        }
        _ if curly => coils(canvas, head, &mut rng, v(head.middle(-1.0), -0.8), v(0.72, 0.28), 60),
        HairStyle::Bun | HairStyle::Ponytail | HairStyle::Braids => {
            for t in linspace(-1.0, 1.0, 20) {
                let root = head.at(t * 0.55, line - 0.04 + t * t * 0.2);
                let crown = v(head.middle(-1.0) + t * 0.2, -1.0 - off * 0.5);
                locks.cut(head, &mut rng, &[root, root.lerp(crown, 0.5) + v(t * 0.14, 0.0), crown], 0.030);
            }
        }
        HairStyle::Fringe => {
            for t in linspace(-1.0, 1.0, 26) {
                let tip = head.at(t * 0.56, line + rng.around(0.04));
                let root = v(head.middle(-1.0) + t * 0.5, -0.98 + t * t * 0.3);
                locks.cut(head, &mut rng, &[root, root.lerp(tip, 0.5) + v(t * 0.10, 0.0), tip + v(0.0, 0.03)], 0.036);
            }
        }
        _ => {
            // Combed from the parting, or up and back.
            let back = if figure.hair == HairStyle::Quiff { -0.28 } else { -0.06 };
            for t in linspace(-1.0, 1.0, 28) {
                let root = v(head.middle(-1.0) + part * 0.8, line - 0.1);
                let tip =
                    v(head.middle(-1.0) + t * 0.72, -0.92 + t * t * 0.5 + back * (1.0 - t.abs()) + rng.around(0.05));
                let wave = if figure.texture == Texture::Wavy { rng.around(0.08) } else { 0.0 };
                let line = [root.lerp(tip, 0.25), root.lerp(tip, 0.6) + v(0.0, -0.06 + wave), tip];
                locks.cut(head, &mut rng, &line, 0.034);
            }
        }
    }
    locks.draw(canvas);
}

/// Long hair before the ears: two curtains from a parting.
fn curtains(canvas: &mut Canvas, head: &Head, rng: &mut Rng, part: f32, line: f32, off: f32) {
    let figure = head.figure;
    let end = if figure.hair == HairStyle::Bob { 0.75 } else { 1.35 };
    let curly = matches!(figure.texture, Texture::Curly | Texture::Coiled);
    let fringe = rng.chance(0.28);
    let tucked = rng.chance(0.3);
    let root = v(head.middle(-1.0) + part, -1.0 - off * 0.9);
    let hairline = head.at(part, line - 0.12);
    let mut locks = Locks::default();
    for side in [-1.0_f32, 1.0] {
        let outer = |y: f32, more: f32| head.edge(side, y.min(0.55)) + v(side * (off + more), y - y.min(0.55));
        let swell = if tucked { 0.16 } else { 0.05 };
        let mut points = vec![
            root,
            v(head.middle(-1.0) + side * 0.42, -0.94 - off),
            outer(-0.68, 0.0) + v(0.0, -off * 0.5),
            outer(-0.3, 0.02),
            outer(0.15, 0.05),
            outer(0.5, 0.08),
            outer(end, 0.06),
            outer(end + 0.06, -0.18),
            outer(0.55, -swell - 0.10),
            outer(0.2, -swell - 0.10),
            outer(-0.12, -swell - 0.14),
            head.at(side * 0.52, -0.34),
            head.at((part + side * 0.42) * 0.75, line - 0.04),
            hairline,
        ];
        if curly {
            points = cloud(&points, 0.08, rng);
        }
        canvas.fill(closed_spline(&points), figure.hair_colour, &sheen(head));
        for t in linspace(0.0, 1.0, 15) {
            let wave = match figure.texture {
                Texture::Straight => 0.0,
                Texture::Wavy => 0.05,
                _ => 0.08,
            };
            let inner = swell + 0.10;
            let bend =
                |y: f32, phase: f32| outer(y, -inner * (1.0 - t) + 0.03 * t) + v(wave * (phase + t * 5.0).sin(), 0.0);
            let line = [
                root.lerp(hairline, 1.0 - t),
                v(root.x + (outer(-0.6, 0.0).x - root.x) * (0.55 + 0.35 * t), -0.55 - 0.38 * t),
                bend(-0.1, 0.0),
                bend(0.35, 2.0),
                bend(end * 0.95, 4.0),
            ];
            locks.cut(head, rng, &line, 0.040);
        }
    }
    locks.draw(canvas);
    if fringe {
        let mut locks = Locks::default();
        let mut shape = head.all_mirrored(&[(0.0, -0.24), (0.3, -0.25), (0.58, -0.3), (0.5, -0.62)]);
        shape.insert(4, v(head.middle(-1.0), -0.86));
        canvas.fill(closed_spline(&shape), figure.hair_colour, &sheen(head));
        for t in linspace(-1.0, 1.0, 16) {
            let tip = head.at(t * 0.55, -0.25 + rng.around(0.03));
            locks.cut(head, rng, &[v(head.middle(-1.0) + t * 0.3, -0.86), tip.lerp(root, 0.4), tip], 0.034);
        }
        locks.draw(canvas);
    }
}
