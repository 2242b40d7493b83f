//! Neck, shoulders and what they wear.

use glam::Vec2;
use tiny_skia::PathBuilder;

use super::canvas::{
    Canvas, Rgb, Shading, closed_spline, diamond, ellipse, linspace, luma, mirrored, mix, polygon, scaled, spline,
    tapered, v,
};
use super::head::Head;
use super::person::{Cloth, Figure, Garment};

/// The lower end of everything: below any picture's edge.
const GROUND: f32 = 16.0;

fn folds(canvas: &mut Canvas, head: &Head, lines: &[[Vec2; 3]], width: f32) {
    for line in lines {
        canvas.darken(tapered(line, width), 0.45);
        let lit = line.map(|at| at + v(head.light_side() * width * 0.8, -0.01));
        canvas.lighten(tapered(&lit, width * 0.5), 0.22);
    }
}

/// The outline of shoulders and chest; `off` stands away from the body.
fn torso(figure: &Figure, off: f32) -> Vec<Vec2> {
    let wide = figure.shoulders + off;
    let top = 1.42 - off * 0.5;
    let left = [
        v(-0.46 - off * 0.5, top - 0.14),
        v(-wide * 0.62, top + 0.10),
        v(-wide * 0.93, top + 0.40),
        v(-wide * 1.06, top + 1.1),
        v(-wide * 1.14, 4.0),
        v(-wide * 1.14, 6.0),
        v(-wide * 1.14, GROUND),
    ];
    left.into_iter().chain(left.into_iter().rev().map(|at| v(-at.x, at.y))).collect()
}

/// Draws the neck and the skin of the chest, with the chin's shadow on it. `chin` is where the head put it.
pub(super) fn neck(canvas: &mut Canvas, head: &Head, chin: Vec2) {
    let figure = head.figure;
    let half = 0.30 + 0.10 * (figure.shoulders - 1.2).max(0.0) + head.face.jaw * 0.12;
    let middle = chin.x * 0.5;
    let side = head.light_side();
    let points = [
        v(middle - half, 0.55),
        v(middle * 0.6 - half, 1.0),
        v(-half - 0.16, 1.38),
        v(-1.2, 1.66),
        v(-0.9, 2.5),
        v(0.9, 2.5),
        v(1.2, 1.66),
        v(half + 0.16, 1.38),
        v(middle * 0.6 + half, 1.0),
        v(middle + half, 0.55),
    ];
    let shading = Shading::across(v(-side * half * 1.3, 1.2), v(side * half * 1.3, 1.2), [0.16, 1.0]);
    canvas.fill(closed_spline(&points), scaled(figure.skin, 0.95), &shading);
    // What the chin throws: away from the light and down.
    let shift = -head.light.x * 0.28;
    let shadow = [
        v(middle - half, 0.6),
        v(middle + half, 0.6),
        v(middle + half * 0.98, 0.98 + shift * 0.5),
        v((chin.x + shift).clamp(middle - half, middle + half), 1.26 - head.light.y * 0.12),
        v(middle - half * 0.98, 0.98 - shift * 0.5),
    ];
    canvas.darken(closed_spline(&shadow), 0.36);
    for edge in [-1.0_f32, 1.0] {
        let sinew = [v(middle + edge * half * 0.72, 0.95), v(edge * half * 0.4, 1.3), v(edge * 0.09, 1.56)];
        canvas.darken(tapered(&sinew, 0.05 + 0.03 * head.face.lines), 0.6);
        let bone = [v(edge * 0.12, 1.60), v(edge * 0.5, 1.56), v(edge * 0.95, 1.50)];
        canvas.darken(tapered(&bone, 0.05), 0.55);
    }
}

/// Draws the garment: the cloth on the body, then the details of its kind.
pub(super) fn garment(canvas: &mut Canvas, head: &Head) {
    let (figure, side) = (head.figure, head.light_side());
    let [colour, second] = figure.cloth_colours;
    let wide = figure.shoulders;
    let shading = Shading::across(v(-side * wide, 2.6), v(side * wide, 1.5), [0.20, 1.0]);
    let dress = Dress { head, colour, second, wide, shading };
    dress.cloth(canvas);
    dress.details(canvas);
}

/// Necklines, from the right shoulder to the left.
const CREW: [Vec2; 5] = [v(0.40, 1.42), v(0.22, 1.60), v(0.0, 1.66), v(-0.22, 1.60), v(-0.40, 1.42)];
const VEE: [Vec2; 5] = [v(0.42, 1.40), v(0.24, 1.75), v(0.0, 2.12), v(-0.24, 1.75), v(-0.42, 1.40)];

/// A garment on a figure.
struct Dress<'a> {
    head: &'a Head<'a>,
    colour: Rgb,
    second: Rgb,
    /// Half the width of the shoulders.
    wide: f32,
    shading: Shading,
}

impl Dress<'_> {
    /// Draws the cloth with its pattern and folds.
    fn cloth(&self, canvas: &mut Canvas) {
        let (figure, wide) = (self.head.figure, self.wide);
        let off = match figure.garment {
            Garment::Hoodie | Garment::Suit | Garment::Scarf | Garment::Knit => 0.10,
            _ => 0.02,
        };
        let neckline = match figure.garment {
            Garment::VNeck | Garment::Shirt | Garment::Suit | Garment::Sari | Garment::Embroidered => VEE,
            _ => CREW,
        };
        let mut outline = torso(figure, off);
        outline.extend(neckline);
        canvas.fill(closed_spline(&outline), self.colour, &self.shading);
        pattern(canvas, figure, v(-wide * 1.1, 1.3), v(wide * 1.1, 5.0), self.second);
        let lines = [
            [v(-wide * 0.78, 1.75), v(-wide * 0.70, 2.3), v(-wide * 0.76, 3.1)],
            [v(wide * 0.78, 1.75), v(wide * 0.70, 2.3), v(wide * 0.76, 3.1)],
            [v(-wide * 0.60, 1.62), v(-wide * 0.42, 1.9), v(-wide * 0.20, 2.1)],
            [v(wide * 0.60, 1.62), v(wide * 0.42, 1.9), v(wide * 0.20, 2.1)],
            [v(wide * 0.66, 2.5), v(wide * 0.45, 2.7), v(wide * 0.1, 2.75)],
        ];
        folds(canvas, self.head, &lines, 0.09);
    }

    /// Draws collars, seams, buttons and layers.
    fn details(&self, canvas: &mut Canvas) {
        let &Self { head, colour, second, .. } = self;
        match head.figure.garment {
            Garment::Tee => canvas.line(spline(&CREW), 0.09, scaled(colour, 0.8), 1.0),
            Garment::Dungarees => self.dungarees(canvas),
            Garment::VNeck => canvas.line(spline(&VEE), 0.08, scaled(colour, 0.75), 1.0),
            Garment::Shirt => {
                collar(canvas, head, colour);
                canvas.darken_line(spline(&[v(0.02, 2.1), v(0.03, GROUND)]), 0.04, 0.5);
                buttons(canvas, v(0.08, 2.32), 5, 0.5, 0.045, mix(second, [240; 3], 0.4));
            }
            Garment::Suit => suit(canvas, head, colour, second),
            Garment::Hoodie => self.hood(canvas),
            Garment::RollNeck => self.roll_neck(canvas, 0.98),
            Garment::Knit => {
                self.roll_neck(canvas, 1.22);
                for (row, column) in (0..9).flat_map(|row| (0..13).map(move |column| (row, column))) {
                    let at = v((column as f32 / 6.0 - 1.0) * self.wide, 1.85 + row as f32 * 0.24);
                    canvas.darken_line(spline(&[at + v(-0.07, -0.06), at, at + v(0.07, -0.06)]), 0.03, 0.6);
                }
            }
            Garment::Sari => self.sari(canvas),
            Garment::BandCollar => {
                let band = mirrored(0.0, &[(0.10, 1.68), (0.52, 1.40), (0.46, 1.20), (0.1, 1.50)]);
                canvas.fill(closed_spline(&band), scaled(colour, 1.05), &self.shading);
                canvas.darken_line(spline(&[v(0.0, 1.6), v(0.0, 3.0)]), 0.05, 0.45);
                buttons(canvas, v(0.0, 1.8), 4, 0.32, 0.04, [230, 222, 196]);
            }
            Garment::Embroidered => {
                for (ring, width) in [(0.0, 0.16), (0.17, 0.05), (0.27, 0.05)] {
                    let neck = VEE.map(|at| v(at.x * (1.0 + ring), at.y + ring * 0.9));
                    canvas.line(spline(&neck), width, second, 1.0);
                }
                for t in linspace(-1.0, 1.0, 9) {
                    let at = v(t * 0.52, 2.52 - t.abs() * 0.75);
                    canvas.tint(diamond(at, 0.07, 0.09), mix(second, [240; 3], 0.3), 1.0);
                }
            }
            Garment::Scarf => self.scarf(canvas),
        }
    }

    fn dungarees(&self, canvas: &mut Canvas) {
        canvas.line(spline(&CREW), 0.09, scaled(self.colour, 0.8), 1.0);
        for edge in [-1.0, 1.0] {
            let strap = [v(edge * 0.62, 1.42), v(edge * 0.86, 1.50), v(edge * 0.80, 2.4), v(edge * 0.56, 2.4)];
            canvas.fill(polygon(&strap), self.second, &self.shading);
            canvas.fill(ellipse(v(edge * 0.68, 2.42), Vec2::splat(0.08)), [210, 190, 120], &Shading::flat(1.1));
        }
        let bib = [v(-0.85, 2.4), v(0.85, 2.4), v(1.0, GROUND), v(-1.0, GROUND)];
        canvas.fill(polygon(&bib), self.second, &self.shading);
    }

    fn hood(&self, canvas: &mut Canvas) {
        let half = [(0.0, 2.06), (0.45, 1.78), (0.85, 1.50), (0.62, 1.16), (0.34, 1.30), (0.0, 1.82)];
        canvas.fill(closed_spline(&mirrored(0.0, &half)), scaled(self.colour, 1.08), &self.shading);
        let lines = [-1.0, 1.0].map(|edge| [v(edge * 0.7, 1.35), v(edge * 0.35, 1.66), v(edge * 0.05, 1.95)]);
        folds(canvas, self.head, &lines, 0.07);
        for edge in [-1.0, 1.0] {
            let cord = spline(&[v(edge * 0.14, 1.85), v(edge * 0.18, 2.3), v(edge * 0.15, 2.75)]);
            canvas.line(cord, 0.045, mix(self.colour, [236; 3], 0.8), 1.0);
        }
    }

    fn roll_neck(&self, canvas: &mut Canvas, high: f32) {
        let roll = mirrored(0.0, &[(0.0, 1.70), (0.58, 1.46), (0.50, high + 0.06), (0.0, high + 0.22)]);
        canvas.fill(closed_spline(&roll), self.colour, &self.shading);
        for t in linspace(-1.0, 1.0, 11) {
            canvas.darken_line(spline(&[v(t * 0.46, high + 0.18), v(t * 0.54, 1.52)]), 0.025, 0.55);
        }
    }

    fn sari(&self, canvas: &mut Canvas) {
        let drape = [
            v(-0.62, 1.36),
            v(-0.28, 1.5),
            v(0.5, 2.4),
            v(1.7, 3.6),
            v(1.9, GROUND),
            v(-1.9, GROUND),
            v(-1.9, 3.0),
            v(-1.4, 1.75),
        ];
        canvas.fill(closed_spline(&drape), self.second, &self.shading);
        let (hem, seam) = ([v(-0.45, 1.42), v(0.42, 2.4), v(1.7, 3.65)], [v(-0.62, 1.48), v(0.26, 2.5), v(1.5, 3.75)]);
        canvas.line(spline(&hem), 0.16, mix(self.second, [226, 190, 110], 0.75), 1.0);
        canvas.line(spline(&seam), 0.03, [60, 20, 20], 0.8);
        let lines = [
            [v(-0.8, 1.55), v(-0.2, 2.5), v(0.7, 3.5)],
            [v(-1.0, 1.7), v(-0.6, 2.7), v(0.1, 3.8)],
            [v(-1.3, 1.9), v(-1.1, 2.9), v(-0.6, 4.0)],
        ];
        folds(canvas, self.head, &lines, 0.10);
    }

    fn scarf(&self, canvas: &mut Canvas) {
        let end = [v(0.1, 1.6), v(0.62, 1.6), v(0.72, 2.6), v(0.66, 3.4), v(0.16, 3.4), v(0.14, 2.6)];
        let ring = mirrored(0.0, &[(0.4, 1.92), (0.86, 1.55), (0.72, 1.22), (0.3, 1.14)]);
        canvas.fill(closed_spline(&end), self.second, &self.shading);
        canvas.fill(closed_spline(&ring), self.second, &self.shading);
        let lines = [
            [v(-0.72, 1.36), v(0.0, 1.56), v(0.7, 1.32)],
            [v(-0.66, 1.58), v(0.0, 1.74), v(0.74, 1.52)],
            [v(0.4, 1.85), v(0.42, 2.5), v(0.38, 3.2)],
        ];
        folds(canvas, self.head, &lines, 0.07);
    }
}

/// Draws a row of buttons downwards, `step` apart.
fn buttons(canvas: &mut Canvas, first: Vec2, count: usize, step: f32, radius: f32, colour: Rgb) {
    for button in 0..count {
        canvas.tint(ellipse(v(first.x, first.y + button as f32 * step), Vec2::splat(radius)), colour, 1.0);
    }
}

/// Draws a pair of folded edges, mirrored about the front: their outline at the right side, then its lower edge as a seam.
fn pair(canvas: &mut Canvas, head: &Head, outline: &[(f32, f32)], edge: &[(f32, f32)], colour: Rgb, light: [f32; 2]) {
    for side in [-1.0_f32, 1.0] {
        let at = |points: &[(f32, f32)]| points.iter().map(|(x, y)| v(side * x, *y)).collect::<Vec<Vec2>>();
        let lit = light[usize::from(side * head.light.x > 0.0)];
        canvas.fill(polygon(&at(outline)), colour, &Shading::flat(lit));
        canvas.darken_line(spline(&at(edge)), 0.035, 0.4);
    }
}

fn collar(canvas: &mut Canvas, head: &Head, colour: Rgb) {
    let edge = [(0.02, 1.98), (0.34, 2.12), (0.72, 1.56)];
    let outline = [(0.50, 1.20), (0.30, 1.36), edge[0], edge[1], edge[2]];
    pair(canvas, head, &outline, &edge, scaled(colour, 1.10), [0.55, 1.05]);
}

fn suit(canvas: &mut Canvas, head: &Head, colour: Rgb, second: Rgb) {
    let shirt = polygon(&[v(-0.44, 1.36), v(0.44, 1.36), v(0.5, 2.2), v(0.0, 3.6), v(-0.5, 2.2)]);
    canvas.fill(&shirt, [232, 230, 224], &Shading::flat(0.84));
    let tie = polygon(&[v(-0.10, 1.66), v(0.10, 1.66), v(0.07, 1.86), v(0.16, 3.2), v(-0.16, 3.2), v(-0.07, 1.86)]);
    canvas.fill(&tie, if luma(second) > 0.7 { [110, 24, 30] } else { second }, &Shading::flat(0.8));
    collar(canvas, head, [226, 224, 220]);
    let lapel = [(0.46, 1.28), (0.80, 1.55), (0.86, 2.1), (0.62, 2.15), (0.02, 3.6), (0.26, 2.4)];
    pair(canvas, head, &lapel, &lapel[1..3], scaled(colour, 1.12), [0.5, 1.0]);
}

/// Draws the cloth's pattern over a rectangle of it; the folds are drawn after it.
fn pattern(canvas: &mut Canvas, figure: &Figure, min: Vec2, max: Vec2, colour: Rgb) {
    if figure.cloth == Cloth::Plain {
        return;
    }
    let mut rng = figure.grain.clone();
    let step = rng.range(0.22, 0.42);
    let shoulder = |x: f32| 1.52 + 0.50 * (x.abs() / figure.shoulders).powi(2);
    let columns = ((max.x - min.x) / step) as usize;
    let rows = ((max.y - min.y) / step) as usize;
    match figure.cloth {
        Cloth::Plain => {}
        Cloth::Stripes => {
            for row in 0..rows {
                let y = min.y + 0.35 + row as f32 * step;
                let inset = if y < 1.9 { 0.45 } else { 0.96 };
                let line = [v(min.x * inset, y + 0.12), v(0.0, y + 0.2), v(max.x * inset, y + 0.12)];
                canvas.line(spline(&line), step * 0.42, colour, 0.9);
            }
        }
        Cloth::Pinstripes | Cloth::Checks => {
            for column in 0..=columns {
                let x = min.x * 0.96 + column as f32 * step;
                let width = if figure.cloth == Cloth::Checks { step * 0.3 } else { 0.04 };
                canvas.line(spline(&[v(x, shoulder(x)), v(x * 1.03, max.y)]), width, colour, 0.62);
            }
            if figure.cloth == Cloth::Checks {
                for row in 1..rows {
                    let y = min.y + 0.5 + row as f32 * step;
                    let inset = if y < 2.1 { 0.5 } else { 0.95 };
                    canvas.line(spline(&[v(min.x * inset, y), v(max.x * inset, y)]), step * 0.3, colour, 0.62);
                }
            }
        }
        Cloth::Zigzag => {
            for row in 0..rows {
                let y = min.y + 0.55 + row as f32 * step;
                let inset = if y < 2.0 { 0.55 } else { 0.96 };
                let line: Vec<Vec2> = (0..15)
                    .map(|corner| {
                        v((corner as f32 / 7.0 - 1.0) * max.x * inset, y + if corner % 2 == 0 { 0.1 } else { -0.06 })
                    })
                    .collect();
                for pair in line.windows(2) {
                    canvas.line(spline(pair), step * 0.26, colour, 0.95);
                }
            }
        }
        Cloth::Dots | Cloth::Leaves | Cloth::Diamonds => {
            // All in one path: a hundred small fills would cost as much as the rest of the body.
            let mut all = PathBuilder::new();
            for row in 0..rows {
                for column in 0..columns {
                    let x = min.x + (column as f32 + if row % 2 == 0 { 0.5 } else { 1.0 }) * step;
                    let at = v(x * 0.97, min.y + 0.45 + row as f32 * step);
                    if at.y < shoulder(at.x) + 0.1 {
                        continue;
                    }
                    let shape = match figure.cloth {
                        Cloth::Dots => ellipse(at, Vec2::splat(step * 0.22)),
                        Cloth::Diamonds => diamond(at, step * 0.26, step * 0.4),
                        _ => {
                            let along = Vec2::from_angle(rng.range(0.0, 6.3)) * step * 0.42;
                            tapered(&[at - along, at, at + along], step * 0.34)
                        }
                    };
                    if let Some(shape) = shape {
                        all.push_path(&shape);
                    }
                }
            }
            canvas.tint(all.finish(), colour, 0.92);
        }
    }
}
