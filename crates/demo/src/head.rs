//! The head in three dimensions: outline, projection of features when it is turned, and shading.
//!
//! The shading is computed from a height map of the face (brow, sockets, nose, cheeks, lips, chin) on a coarse grid, by
//! its normals and by cast shadows of the key light, so that no two faces are shaded alike.

use glam::{Vec2, Vec3};
use tiny_skia::Path;

use super::canvas::{ShadingGrid, both_sides, closed_spline, luma, v};
use super::person::{Age, Face, Figure};

/// Points of the grid, each way: about two pixels of a head in a 320×400 picture.
const GRID: [usize; 2] = [44, 56];
const MIN: Vec2 = Vec2::new(-1.05, -1.08);
const MAX: Vec2 = Vec2::new(1.05, 1.1);
/// How deep the head is from the ears to the front.
const DEPTH: f32 = 0.72;

/// A head, turned as it will be drawn.
pub(super) struct Head<'a> {
    pub(super) face: &'a Face,
    pub(super) figure: &'a Figure,
    /// Towards the key light.
    pub(super) light: Vec3,
    sin: f32,
    cos: f32,
}

impl<'a> Head<'a> {
    pub(super) fn new(figure: &'a Figure, light: Vec3) -> Self {
        let face = &figure.face;
        // The light in the tilted head's own directions.
        let turned = Vec2::from_angle(-face.tilt).rotate(light.truncate());
        let (sin, cos) = face.yaw.sin_cos();
        Self { face, figure, light: turned.extend(light.z), sin, cos }
    }

    /// Projects a point of the frontal face.
    pub(super) fn at(&self, x: f32, y: f32) -> Vec2 {
        self.raised(x, y, 0.0)
    }

    /// Projects a point that is raised from the face by `out`, such as the tip of the nose.
    pub(super) fn raised(&self, x: f32, y: f32, out: f32) -> Vec2 {
        let depth = DEPTH * (1.0 - (x / 0.95).powi(2)).max(0.0).sqrt() + out;
        v(x * self.cos + depth * self.sin, y)
    }

    /// Projects several points.
    pub(super) fn all(&self, points: &[(f32, f32)]) -> Vec<Vec2> {
        points.iter().map(|(x, y)| self.at(*x, *y)).collect()
    }

    /// Projects an outline symmetric about the frontal face's middle, as [`both_sides`].
    pub(super) fn all_mirrored(&self, half: &[(f32, f32)]) -> Vec<Vec2> {
        both_sides(half).map(|(x, y)| self.at(x, y)).collect()
    }

    /// An outline symmetric about the middle of the head, as [`mirrored`](super::canvas::mirrored).
    pub(super) fn mirrored(&self, half: &[(f32, f32)]) -> Vec<Vec2> {
        both_sides(half).map(|(x, y)| v(x + self.middle(y), y)).collect()
    }

    /// −1 when the light comes from the picture's left, 1 from its right.
    pub(super) const fn light_side(&self) -> f32 {
        if self.light.x < 0.0 { -1.0 } else { 1.0 }
    }

    /// Half the face's width at a height.
    pub(super) fn half_width(&self, y: f32) -> f32 {
        let Face { cheek, jaw, chin, temple, gaunt, .. } = *self.face;
        let knots = [
            (-1.0, 0.0),
            (-0.965, temple * 0.42),
            (-0.88, temple * 0.70),
            (-0.70, temple * 0.94),
            (-0.45, temple * 1.04),
            (-0.2, temple.midpoint(cheek) * 1.02),
            (0.1, cheek),
            (0.32, cheek * (0.985 - 0.045 * gaunt)),
            (0.52, jaw.midpoint(cheek) * (1.0 - 0.05 * gaunt)),
            (0.68, jaw),
            (0.84, jaw * 0.45 + chin * 0.66),
            (0.94, chin * 0.86),
            (0.985, chin * 0.5),
            (1.0, 0.0),
        ];
        let above = knots.partition_point(|(knot, _)| *knot <= y);
        if above == 0 || above == knots.len() {
            return 0.0;
        }
        let ((from_y, from), (to_y, to)) = (knots[above - 1], knots[above]);
        from + (to - from) * (y - from_y) / (to_y - from_y)
    }

    /// Returns the horizontal offset of the outline's middle by the turn: more at the chin than at the crown.
    pub(super) fn middle(&self, y: f32) -> f32 {
        let low = ((y + 0.2) / 1.2).clamp(0.0, 1.0);
        self.sin * (0.05 + 0.30 * low * low)
    }

    /// A point of the outline: side −1 or 1.
    pub(super) fn edge(&self, side: f32, y: f32) -> Vec2 {
        // The cheek that is turned away is foreshortened.
        let away = if side * self.sin > 0.0 { 1.0 - 0.10 * self.sin.abs() } else { 1.0 + 0.05 * self.sin.abs() };
        v(self.middle(y) + side * self.half_width(y) * away, y)
    }

    /// The face's outline from hair to chin.
    pub(super) fn outline(&self) -> Option<Path> {
        const HEIGHTS: [f32; 12] = [-0.94, -0.82, -0.6, -0.35, -0.1, 0.15, 0.38, 0.56, 0.7, 0.83, 0.925, 0.975];
        let left = HEIGHTS.iter().map(|y| self.edge(-1.0, *y));
        let right = HEIGHTS.iter().rev().map(|y| self.edge(1.0, *y));
        let points: Vec<Vec2> =
            left.chain([v(self.middle(1.0), 1.0)]).chain(right).chain([v(self.middle(-1.0), -1.0)]).collect();
        closed_spline(&points)
    }

    fn bumps(&self) -> Vec<Bump> {
        let Face { eye_x, eye_y, nose_y, nose_width, mouth_y, mouth_width, lips, gaunt, brow_weight, .. } = *self.face;
        let child = self.figure.age == Age::Child;
        let soft = if child { 0.55 } else { 1.0 };
        let bump = |x: f32, y: f32, wide: f32, high: f32, out: f32| Bump { at: self.at(x, y), wide, high, out };
        let mut bumps = vec![
            // Brow ridge, glabella, forehead.
            bump(0.0, eye_y - 0.17, 0.10, 0.07, 0.05 * soft),
            bump(0.0, -0.5, 0.4, 0.25, 0.05),
            // Nose: ball and wings; its ridge is made apart.
            Bump { at: self.raised(0.0, nose_y - 0.02, 0.14), wide: nose_width * 0.62, high: 0.075, out: 0.13 },
            bump(-nose_width * 0.72, nose_y + 0.005, nose_width * 0.32, 0.055, 0.07),
            bump(nose_width * 0.72, nose_y + 0.005, nose_width * 0.32, 0.055, 0.07),
            // Lips, the furrow above, the hollow below, the chin.
            bump(0.0, mouth_y - lips * 0.5, mouth_width * 0.6, lips * 0.6, 0.055),
            bump(0.0, mouth_y + lips * 0.8, mouth_width * 0.5, lips * 0.7, 0.07),
            bump(0.0, mouth_y, mouth_width, 0.02, -0.05),
            bump(0.0, mouth_y + lips * 1.6 + 0.07, 0.16, 0.045, -0.06),
            bump(0.0, 0.89, 0.17, 0.09, 0.10),
            bump(0.0, (nose_y + mouth_y) * 0.5, 0.035, 0.07, -0.025),
        ];
        for side in [-1.0, 1.0] {
            bumps.extend([
                bump(side * eye_x, eye_y - 0.17, 0.2, 0.06, (0.05 + brow_weight) * soft),
                bump(side * eye_x * 0.96, eye_y - 0.02, 0.17, 0.10, -0.12 * soft),
                bump(side * eye_x, eye_y + 0.01, 0.10, 0.07, 0.06),
                bump(side * 0.43, eye_y + 0.27, 0.16, 0.10, 0.06 + 0.05 * gaunt),
                bump(side * 0.46, 0.55, 0.13, 0.17, -0.10 * gaunt + if child { 0.05 } else { 0.0 }),
                bump(side * mouth_width * 1.12, mouth_y, 0.05, 0.06, -0.035),
                bump(side * 0.17, eye_y + 0.02, 0.05, 0.08, -0.04),
            ]);
        }
        bumps
    }

    /// Shades the face on the grid.
    pub(super) fn relief(&self) -> Option<ShadingGrid> {
        let [columns, rows] = GRID;
        let cell = (MAX - MIN) / v(columns as f32, rows as f32);
        let heights = self.heights(cell);
        let height = |column: usize, row: usize| heights[row.min(rows - 1) * columns + column.min(columns - 1)];
        let light = self.light;
        let across = light.truncate().length().max(0.05);
        let step = light.truncate() / across * cell.x;
        let rise = light.z / across * cell.x;
        let half = (light + Vec3::Z).normalize();
        // Deep skin shows its form by what it reflects more than by what it scatters.
        let shine = 0.24 + 0.34 * (0.6 - luma(self.figure.skin)).max(0.0);
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let (left, right) = (height(column.saturating_sub(1), row), height(column + 1, row));
                let (up, down) = (height(column, row.saturating_sub(1)), height(column, row + 1));
                let slope = v((left - right) / (2.0 * cell.x), (up - down) / (2.0 * cell.y));
                let normal = slope.extend(1.0).normalize();
                // Ray march towards the light: heights above the ray cast a soft shadow.
                let mut blocked = 0.0_f32;
                for pace in 1..11 {
                    let away = step * pace as f32 / cell;
                    let (x, y) = (column as f32 + away.x, row as f32 + away.y);
                    if x < 0.0 || y < 0.0 {
                        break;
                    }
                    let over = height(x as usize, y as usize) - height(column, row) - rise * pace as f32;
                    blocked = blocked.max(over / 0.05);
                }
                let open = 1.0 - blocked.clamp(0.0, 1.0);
                let key = normal.dot(light).max(0.0) * open;
                let gloss = normal.dot(half).max(0.0).powi(22) * open;
                // The sky or a wall fills the shadow side from the other hand and from above.
                let fill = 0.5 + 0.5 * normal.dot(Vec3::new(-light.x, -0.5, 0.3).normalize());
                let tone = 0.07 + 0.25 * fill + 0.98 * key + shine * gloss;
                values.push((tone, 0.5 + height(column, row) * 0.5));
            }
        }
        ShadingGrid::new(columns as u32, rows as u32, MIN, MAX, &values)
    }

    fn heights(&self, cell: Vec2) -> Vec<f32> {
        let [columns, rows] = GRID;
        let Face { eye_y, nose_y, nose_width, nose_bridge, .. } = *self.face;
        let bumps = self.bumps();
        let mut heights = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let y = MIN.y + (row as f32 + 0.5) * cell.y;
            let (half_width, middle) = (self.half_width(y).max(0.05), self.middle(y));
            let arch = (1.0 - (y * 0.93).powi(2) * 0.55).max(0.0).sqrt();
            // The ridge of the nose rises from between the eyes to the tip and ends there.
            let along = ((y - eye_y + 0.08) / (nose_y - eye_y + 0.08)).clamp(0.0, 1.2);
            let ridge_out = if y < eye_y - 0.1 || y > nose_y + 0.09 {
                0.0
            } else {
                (0.03 + 0.19 * along) * nose_bridge * (1.0 - ((y - nose_y) / 0.08).clamp(0.0, 1.0))
            };
            let ridge_x = self.raised(0.0, y, ridge_out * 0.8).x;
            let ridge_wide = nose_width * (0.36 + 0.22 * along);
            for column in 0..columns {
                let x = MIN.x + (column as f32 + 0.5) * cell.x;
                let across = ((x - middle) / half_width).clamp(-1.0, 1.0);
                // The side turned to us is seen further round.
                let across = across - self.sin * 0.30 * (1.0 - across * across);
                let mut height = DEPTH * (1.0 - across.abs().powf(2.3)).max(0.0).powf(0.62) * arch;
                for bump in &bumps {
                    height += bump.height(x, y);
                }
                height += ridge_out * falloff(((x - ridge_x) / ridge_wide).powi(2));
                heights.push(height);
            }
        }
        heights
    }
}

/// A rise or a hollow of the face.
struct Bump {
    at: Vec2,
    wide: f32,
    high: f32,
    out: f32,
}

impl Bump {
    fn height(&self, x: f32, y: f32) -> f32 {
        let (x, y) = ((x - self.at.x) / self.wide, (y - self.at.y) / self.high);
        self.out * falloff(x * x + y * y)
    }
}

/// Nearly a Gaussian of the squared distance, but cheap and zero from 5 on.
fn falloff(squared: f32) -> f32 {
    let left = (1.0 - squared * 0.2).max(0.0);
    let left = left * left;
    left * left
}
