//! The sign: board, text and hands.

use glam::Vec2;
use tiny_skia::Transform;

use super::canvas::{
    Canvas, Rgb, Shading, both_sides, closed_spline, ellipse, mix, polygon, scaled, spline, tapered, v,
};
use super::lettering;
use super::person::{Age, Board, Figure, Hold, Letter, Placard};

/// A hand at the edge of a board.
struct Grip {
    /// On the edge.
    at: Vec2,
    /// From the edge into the board.
    inward: Vec2,
    /// The elbow; none when the arm is hidden behind the board.
    elbow: Option<Vec2>,
    /// −1 the hand at the picture's left, 1 at its right.
    side: f32,
}

/// The sign in its place.
pub(super) struct Sign<'a> {
    placard: &'a Placard,
    figure: &'a Figure,
    light: Vec2,
    grips: Vec<Grip>,
}

impl<'a> Sign<'a> {
    pub(super) fn new(placard: &'a Placard, figure: &'a Figure, light: Vec2) -> Self {
        let mut sign = Self { placard, figure, light, grips: Vec::new() };
        sign.grips = sign.make_grips();
        sign
    }

    /// The scene's units from the board's own, which has its centre at the origin.
    pub(super) fn scene_from_board(&self) -> Transform {
        let [x, y] = self.placard.centre;
        Transform::from_translate(x, y).pre_concat(Transform::from_rotate(self.placard.turn.to_degrees()))
    }

    /// The board's corners in the scene's units, from the upper left, clockwise.
    pub(super) fn corners(&self) -> [Vec2; 4] {
        let half = Vec2::from(self.placard.half);
        [v(-half.x, -half.y), v(half.x, -half.y), half, v(-half.x, half.y)].map(|corner| self.in_scene(corner))
    }

    fn in_scene(&self, at: Vec2) -> Vec2 {
        Vec2::from(self.placard.centre) + Vec2::from_angle(self.placard.turn).rotate(at)
    }

    fn make_grips(&self) -> Vec<Grip> {
        let half = Vec2::from(self.placard.half);
        let wide = self.figure.shoulders;
        let mut rng = self.placard.grain.clone();
        let turned = |direction: Vec2| Vec2::from_angle(self.placard.turn).rotate(direction);
        let mut grips = Vec::new();
        for side in [-1.0_f32, 1.0] {
            let (at, inward, elbow) = match self.placard.hold {
                Hold::Sides => (
                    v(side * half.x, half.y * rng.range(0.0, 0.6)),
                    v(-side, -0.15),
                    Some(v(side * (wide * 1.15), 3.9)),
                ),
                Hold::Below => {
                    let at = v(side * half.x * rng.range(0.5, 0.8), half.y);
                    (at, v(-side * 0.2, -1.0), Some(v(side * wide * 0.95, 5.0)))
                }
                Hold::Raised => {
                    (v(side * half.x * 0.86, half.y), v(-side * 0.12, -1.0), Some(v(side * wide * 0.84, 2.05)))
                }
                Hold::Beside(hand) if (f32::from(hand) - side).abs() < 0.5 => {
                    (v(0.0, half.y), v(0.0, -1.0), Some(v(side * wide * 0.95, 3.6)))
                }
                Hold::Beside(_) => continue,
                Hold::Low => (v(side * half.x * rng.range(0.55, 0.8), -half.y), v(0.0, 1.0), None),
            };
            grips.push(Grip { at: self.in_scene(at), inward: turned(inward), elbow, side });
        }
        grips
    }

    fn hand_size(&self) -> f32 {
        if self.figure.age == Age::Child { 0.86 } else { 1.08 + (self.figure.shoulders - 1.8) * 0.4 }
    }

    /// Draws arms and the backs of the hands, which the board then covers.
    pub(super) fn arms(&self, canvas: &mut Canvas) {
        let size = self.hand_size();
        let side = self.light.x.signum();
        for grip in &self.grips {
            let wrist = grip.at - grip.inward * 0.34 * size;
            if let Some(elbow) = grip.elbow {
                let along = (elbow - wrist).normalize_or_zero();
                let across = along.perp();
                let cuff = wrist + along * 0.30;
                let limb = |from: Vec2, to: Vec2, thin: f32, thick: f32| {
                    polygon(&[from + across * thin, from - across * thin, to - across * thick, to + across * thick])
                };
                let shading = |thick: f32| {
                    let lit = across * across.dot(v(side, -0.4)).signum();
                    Shading::across(cuff - lit * thick, cuff + lit * thick, [0.22, 1.02])
                };
                canvas.fill(
                    limb(wrist, cuff + along * 0.1, 0.14 * size, 0.17 * size),
                    self.figure.skin,
                    &shading(0.15),
                );
                let sleeve = self.figure.cloth_colours[0];
                let (thin, thick) = (0.22 * size, 0.36);
                let arm = closed_spline(&[
                    cuff + across * thin,
                    cuff - across * thin,
                    cuff.lerp(elbow, 0.5) - across * (thin + thick) * 0.52,
                    elbow - across * thick,
                    elbow + along * thick * 0.9,
                    elbow + across * thick,
                    cuff.lerp(elbow, 0.5) + across * (thin + thick) * 0.52,
                ]);
                canvas.fill(&arm, sleeve, &shading(0.3));
                canvas.darken_line(spline(&[cuff + across * 0.2 * size, cuff - across * 0.2 * size]), 0.05, 0.45);
                for number in 0..3 {
                    let at = cuff.lerp(elbow, 0.25 + 0.2 * number as f32);
                    let crease = [at + across * 0.24, at + along * 0.12, at - across * 0.05 + along * 0.3];
                    canvas.darken(tapered(&crease, 0.06), 0.5);
                }
            }
            let (inward, across) = (grip.inward.normalize_or_zero(), grip.inward.normalize_or_zero().perp());
            let at = grip.at;
            let back = closed_spline(&[
                at + across * 0.24 * size,
                at - inward * 0.16 * size + across * 0.25 * size,
                wrist + across * 0.15 * size,
                wrist - across * 0.15 * size,
                at - inward * 0.16 * size - across * 0.25 * size,
                at - across * 0.24 * size,
                at + inward * 0.1,
            ]);
            let shading = Shading::across(at - v(side * 0.3, 0.0), at + v(side * 0.3, -0.1), [0.42, 1.0]);
            canvas.fill(&back, self.figure.skin, &shading);
        }
    }

    /// Draws the board, without words.
    pub(super) fn board(&self, canvas: &mut Canvas) {
        let half = Vec2::from(self.placard.half);
        let mut rng = self.placard.grain.clone();
        // Its shadow on the figure.
        let shift = v(-self.light.x * 0.14, 0.12);
        let corners = self.corners();
        canvas.darken(polygon(&corners.map(|corner| corner + shift)), 0.45);
        canvas.within(self.scene_from_board(), |canvas| {
            let mut jitter = |at: Vec2, reach: f32| at + v(rng.around(reach), rng.around(reach));
            let corner = |x: f32, y: f32| half * v(x, y);
            let lit =
                Shading::across(v(-self.light.x * half.x, half.y), v(self.light.x * half.x, -half.y), [0.80, 1.02])
                    .hatched(0.3);
            match self.placard.board {
                Board::Cardboard => {
                    let corners =
                        [(-1.0, -1.0), (0.1, -1.0), (1.0, -1.0), (1.0, 0.2), (1.0, 1.0), (-0.2, 1.0), (-1.0, 1.0)];
                    // The corners are worn, the sides less so.
                    let worn = |(x, y): (f32, f32)| if x.abs() == 1.0 && y.abs() == 1.0 { 0.05 } else { 0.03 };
                    let shape = polygon(&corners.map(|at| jitter(corner(at.0, at.1), worn(at))));
                    let colour = mix([206, 166, 118], [186, 142, 96], rng.unit());
                    canvas.fill(&shape, colour, &lit);
                    canvas.line(&shape, 0.03, scaled(colour, 0.6), 0.8);
                    for row in 0..9 {
                        let y = half.y * (row as f32 / 4.5 - 0.9);
                        let flute = spline(&[v(-half.x * 0.97, y), v(half.x * 0.97, y)]);
                        canvas.line(flute, 0.012, scaled(colour, 0.8), 0.5);
                    }
                    let x = half.x * rng.range(-0.6, 0.6);
                    canvas.line(spline(&[v(x, -half.y), v(x + 0.03, half.y)]), 0.035, scaled(colour, 0.74), 0.5);
                }
                Board::Paper | Board::Black => {
                    let (colour, edge, width) = if self.placard.board == Board::Paper {
                        ([243, 241, 234], [120, 118, 112], 0.018)
                    } else {
                        ([28, 28, 32], [150, 120, 84], 0.06)
                    };
                    let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
                    let shape = polygon(&corners.map(|(x, y)| jitter(corner(x, y), 0.02)));
                    canvas.fill(&shape, colour, &lit);
                    canvas.line(&shape, width, edge, 0.8);
                    let bend = half.x * rng.range(-0.5, 0.5);
                    canvas.darken(tapered(&[v(bend, -half.y), v(bend + 0.04, 0.0), v(bend, half.y)], 0.10), 0.9);
                }
                Board::Cloth => {
                    let upper = [(1.0, -0.96), (0.99, -1.0), (0.5, -0.93), (0.0, -0.91)];
                    let mut outline: Vec<Vec2> = both_sides(&upper).map(|(x, y)| corner(x, y)).collect();
                    outline.extend([corner(0.98, 0.0), corner(1.0, 0.98)]);
                    let hem = [(0.6, 1.06), (0.2, 0.97), (-0.3, 1.07), (-0.7, 0.96)];
                    outline.extend(hem.map(|(x, y)| jitter(corner(x, y), 0.06)));
                    outline.extend([corner(-1.0, 1.0), corner(-0.98, 0.0)]);
                    let shape = closed_spline(&outline);
                    canvas.fill(&shape, [226, 218, 202], &lit);
                    for number in 0..5 {
                        let x = half.x * (number as f32 / 2.0 - 1.0) * 0.86;
                        let fold = [v(x * 1.1, -half.y * 0.95), v(x, 0.0), v(x * 1.05, half.y)];
                        canvas.darken(tapered(&fold, 0.11), 0.78);
                    }
                }
            }
        });
    }

    /// Returns the size and the centre of the area for text, which leaves out the hands.
    fn text_area(&self) -> (Vec2, Vec2) {
        let (half, size) = (Vec2::from(self.placard.half), self.hand_size());
        let (min, max) = match self.placard.hold {
            Hold::Sides => (v(0.32 * size - half.x, -half.y * 0.8), v(half.x - 0.32 * size, half.y * 0.8)),
            Hold::Below | Hold::Beside(_) | Hold::Raised => (-half * 0.84, v(half.x * 0.84, half.y - 0.26 * size)),
            Hold::Low => (v(-half.x * 0.86, 0.34 * size - half.y), half * 0.86),
        };
        (max - min, (min + max) * 0.5)
    }

    /// Draws the text.
    pub(super) fn words(&self, canvas: &mut Canvas) {
        let Placard { phrase, letter, ink, board, .. } = *self.placard;
        let (area, centre) = self.text_area();
        let Some(layout) = lettering::best(phrase, letter, area) else { return };
        let mut rng = self.placard.grain.clone();
        let scale = (area / layout.size).min_element().min(0.0105);
        // A hand's slow waver, in letters: a few hundredths of an em over about a letter's width.
        let (reach, phase) = match letter {
            Letter::Marker => (3.4, rng.range(0.0, 6.0)),
            Letter::Brush => (4.2, rng.range(0.0, 6.0)),
            Letter::Stencil | Letter::Print => (0.0, 0.0),
        };
        let slope = if reach > 0.0 { rng.around(0.035) } else { 0.0 };
        let middle = layout.size * 0.5;
        let path = lettering::bent(&layout.path, |at| {
            let waver = v(
                (at.y * 0.043 + at.x * 0.011 + phase).sin(),
                (at.x * 0.037 + phase * 2.0).sin() + 0.5 * (at.x * 0.091 - at.y * 0.02 + phase).sin(),
            );
            let moved = at - middle + waver * reach;
            (moved + v(0.0, moved.x * slope)) * scale + centre
        });
        canvas.within(self.scene_from_board(), |canvas| {
            // A marker's round tip fattens the strokes and rounds their ends.
            let fat = match letter {
                Letter::Marker => 7.0,
                Letter::Brush => 5.5,
                Letter::Stencil | Letter::Print => 0.0,
            };
            canvas.tint(&path, ink, 1.0);
            if fat > 0.0 {
                canvas.line(&path, fat * scale, ink, 1.0);
            }
            if letter == Letter::Brush && board != Board::Black && rng.chance(0.35) {
                let y = centre.y + layout.size.y * scale * 0.5 + 0.07;
                let x = layout.size.x * scale * 0.42;
                let stroke = [v(-x, y + 0.02), v(-x * 0.2, y - 0.015), v(x, y)];
                canvas.tint(tapered(&stroke, 0.06), ink, 1.0);
            }
        });
    }

    /// Draws the text alone, on a board of common proportions: the ink's coverage of `width` × `height` texels.
    pub(super) fn text_mask(&self, width: u32, height: u32) -> Vec<u8> {
        let half = v(1.3, 0.65);
        let placard = Placard { centre: [0.0; 2], half: half.to_array(), turn: 0.0, ..self.placard.clone() };
        let (across, down) = (width as f32 * 0.5, height as f32 * 0.5);
        let texel_from_board = Transform::from_row(across / half.x, 0.0, 0.0, down / half.y, across, down);
        let Some(mut canvas) = Canvas::new(width, height, texel_from_board) else { return Vec::new() };
        Sign::new(&placard, self.figure, self.light).words(&mut canvas);
        canvas.inked()
    }

    /// Draws the fingers, before the board.
    pub(super) fn fingers(&self, canvas: &mut Canvas) {
        let size = self.hand_size();
        let skin = self.figure.skin;
        let nail: Rgb = mix(scaled(skin, 1.25), [236, 200, 190], 0.4);
        for grip in &self.grips {
            let inward = grip.inward.normalize_or_zero();
            let across = inward.perp();
            let thumbs = matches!(self.placard.hold, Hold::Below | Hold::Raised | Hold::Beside(_));
            let upright = self.placard.hold == Hold::Sides;
            if thumbs {
                // The fingers are behind; the thumb presses on the front.
                let lean = (inward - across * 0.3 * grip.side * inward.y.signum()).normalize_or_zero();
                let root = grip.at - inward * 0.14 * size;
                finger(canvas, root, root + lean * 0.40 * size, 0.085 * size, skin, self.light, Some(nail));
                let web = closed_spline(&[
                    root - across * 0.2 * size,
                    grip.at - across * 0.17 * size,
                    root + inward * 0.1,
                    grip.at + across * 0.17 * size,
                    root + across * 0.2 * size,
                    root - inward * 0.1,
                ]);
                canvas.fill(&web, skin, &Shading::flat(0.8).hatched(0.6));
                canvas.darken(tapered(&[root - across * 0.18 * size, grip.at, root + across * 0.18 * size], 0.03), 0.6);
            } else {
                for number in 0..4 {
                    let t = number as f32 - 1.5;
                    let place = if upright == (grip.side > 0.0) { number } else { 3 - number };
                    let reach = inward * [0.27, 0.31, 0.29, 0.22][place] * size;
                    let root = grip.at + across * t * 0.122 * size - inward * 0.05;
                    let nail = Some(nail).filter(|_| self.figure.made_up);
                    finger(canvas, root, root + reach, 0.062 * size, skin, self.light, nail);
                }
            }
        }
    }
}

/// One finger from its root to its tip.
fn finger(canvas: &mut Canvas, root: Vec2, tip: Vec2, half: f32, skin: Rgb, light: Vec2, nail: Option<Rgb>) {
    let along = (tip - root).normalize_or_zero();
    let across = along.perp();
    let shape = |half: f32| {
        closed_spline(&[
            root + across * half,
            root.lerp(tip, 0.5) + across * half * 1.04,
            tip - along * half * 0.7 + across * half * 0.95,
            tip,
            tip - along * half * 0.7 - across * half * 0.95,
            root.lerp(tip, 0.5) - across * half * 1.04,
            root - across * half,
        ])
    };
    // A dark edge parts it from its neighbour and from the paper.
    canvas.tint(shape(half * 1.24), scaled(skin, 0.24), 0.9);
    let lit = across * across.dot(light).signum();
    canvas.fill(shape(half), skin, &Shading::across(root - lit * half, root + lit * half, [0.40, 1.12]).hatched(0.3));
    if let Some(nail) = nail {
        canvas.tint(ellipse(tip - along * half * 0.7, v(half * 0.5, half * 0.55)), nail, 0.75);
    }
    let knuckle = root.lerp(tip, 0.42);
    let crease = [knuckle - across * half * 0.7, knuckle + along * 0.012, knuckle + across * half * 0.7];
    canvas.darken(tapered(&crease, half * 0.3), 0.6);
}
