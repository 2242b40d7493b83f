//! Homographies: projective maps of the plane. See [`Homography`].

use glam::{DMat3, DVec2, DVec3};

/// The names of corners, in the order of [`Surface::corners`](super::Surface::corners).
const CORNERS: [&str; 4] = ["upper left", "upper right", "lower right", "lower left"];

/// The least area of a quadrilateral, in square pixels.
const LEAST_AREA_PX2: f64 = 1.0;

/// The greatest coordinate of a corner, in pixels: a hundred times the widest output.
const FARTHEST: f64 = 1e6;

/// The least area of the triangle at a corner, of the quadrilateral's. Below it the perspective is steeper than ten thousand
/// to one, and corners are no more exact than a millionth of a pixel.
const LEAST_CORNER_AREA: f64 = 1e-4;

/// Why four corners are no projective image of a square.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadQuad {
    /// A coordinate that is not a number, or too large.
    #[error("the {corner} corner is not within {FARTHEST} px")]
    Far {
        /// Its name.
        corner: &'static str,
    },
    /// An area of less than a pixel.
    #[error("the corners enclose {area:.3} px², which is less than a pixel: draw them apart")]
    Small {
        /// The area, in square pixels.
        area: f64,
    },
    /// Three corners on a line.
    #[error("the {corner} corner lies on the line between its neighbours: draw it out")]
    Flat {
        /// The middle one.
        corner: &'static str,
    },
    /// Two sides that cross: a bow tie.
    #[error("two sides cross each other: exchange two neighbouring corners")]
    Crossed,
    /// A reflex corner: a dart.
    #[error("the {corner} corner points inwards: draw it out beyond the line between its neighbours")]
    Concave {
        /// Its name.
        corner: &'static str,
    },
}

/// A projective map of the plane: a 3×3 matrix on (x, y, 1), up to a factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography(pub DMat3);

impl Homography {
    /// Returns the map of the unit square, (0, 0), (1, 0), (1, 1), (0, 1), to four corners of either orientation. w is 1 at the
    /// first corner and positive over the whole square.
    ///
    /// Closed form by Heckbert, "Fundamentals of Texture Mapping and Image Warping" (1989), §2.2.3.
    ///
    /// # Errors
    /// When the corners are no convex quadrilateral of at least a pixel.
    pub fn square_to_quad(corners: [DVec2; 4]) -> Result<Self, BadQuad> {
        check(corners)?;
        let [p0, p1, p2, p3] = corners;
        let (d1, d2, sum) = (p1 - p2, p3 - p2, p0 - p1 + p2 - p3);
        let determinant = d1.perp_dot(d2);
        let (g, h) = (sum.perp_dot(d2) / determinant, d1.perp_dot(sum) / determinant);
        let (x_axis, y_axis) = (p1 - p0 + p1 * g, p3 - p0 + p3 * h);
        Ok(Self(DMat3::from_cols(x_axis.extend(g), y_axis.extend(h), p0.extend(1.0))))
    }

    /// Maps a point to homogeneous coordinates.
    #[must_use]
    pub fn homogeneous(&self, p: DVec2) -> DVec3 {
        self.0 * p.extend(1.0)
    }

    /// Maps a point; none at the horizon (w = 0) or beyond.
    #[must_use]
    pub fn apply(&self, p: DVec2) -> Option<DVec2> {
        let p = self.homogeneous(p);
        let flat = p.truncate() / p.z;
        (p.z > 0.0 && flat.is_finite()).then_some(flat)
    }

    /// Inverts the map; points of positive w keep a positive w. None of a singular map.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let inverse = self.0.determinant().recip() * adjugate(self.0);
        inverse.is_finite().then_some(Self(inverse))
    }

    /// Returns the Jacobian at `p`.
    #[must_use]
    pub fn jacobian(&self, p: DVec2) -> glam::DMat2 {
        Jet { at: self.homogeneous(p), du: self.0.x_axis, dv: self.0.y_axis }.jacobian()
    }
}

/// A value and its partial derivatives along u and v, the axes of surface space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jet<V> {
    pub at: V,
    pub du: V,
    pub dv: V,
}

impl Jet<DVec3> {
    /// The Jacobian of the projected point (x / w, y / w).
    pub fn jacobian(&self) -> glam::DMat2 {
        let p = self.at.truncate() / self.at.z;
        let projected = |derivative: DVec3| (derivative.truncate() - p * derivative.z) / self.at.z;
        glam::DMat2::from_cols(projected(self.du), projected(self.dv))
    }
}

/// The adjugate matrix: the inverse times the determinant.
fn adjugate(m: DMat3) -> DMat3 {
    let [a, b, c] = [m.x_axis, m.y_axis, m.z_axis];
    DMat3::from_cols(b.cross(c), c.cross(a), a.cross(b)).transpose()
}

/// Twice the signed area of a quadrilateral: positive clockwise, as y points down.
pub(super) fn quad_double_area(corners: [DVec2; 4]) -> f64 {
    (corners[2] - corners[0]).perp_dot(corners[3] - corners[1])
}

/// Checks that corners are a convex quadrilateral, by the cross products of their sides.
fn check(corners: [DVec2; 4]) -> Result<(), BadQuad> {
    if let Some(far) = corners.iter().position(|p| !p.abs().cmple(DVec2::splat(FARTHEST)).all()) {
        return Err(BadQuad::Far { corner: CORNERS[far] });
    }
    let cross = |i: usize| (corners[i] - corners[(i + 3) % 4]).perp_dot(corners[(i + 1) % 4] - corners[i]);
    let crosses: [f64; 4] = std::array::from_fn(cross);
    let positive = crosses.iter().filter(|cross| **cross > 0.0).count();
    let area = quad_double_area(corners).abs() / 2.0;
    // The triangles at the corners cover a convex quadrilateral twice; a crossed one may enclose nothing at all.
    let whole = crosses.iter().map(|cross| cross.abs()).sum::<f64>() / 2.0;
    if whole / 2.0 < LEAST_AREA_PX2 {
        return Err(BadQuad::Small { area });
    }
    if let Some(flat) = crosses.iter().position(|cross| cross.abs() < whole * LEAST_CORNER_AREA) {
        return Err(BadQuad::Flat { corner: CORNERS[flat] });
    }
    let odd = |sign: bool| CORNERS[crosses.iter().position(|cross| (*cross > 0.0) == sign).unwrap_or(0)];
    match positive {
        0 | 4 => Ok(()),
        1 => Err(BadQuad::Concave { corner: odd(true) }),
        3 => Err(BadQuad::Concave { corner: odd(false) }),
        _ => Err(BadQuad::Crossed),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Convex quadrilaterals of an output's size, either way round.
    pub(crate) fn quads() -> impl Strategy<Value = [DVec2; 4]> {
        let corner = |x: f64, y: f64| {
            (0.0..0.42_f64, 0.0..0.42_f64).prop_map(move |(a, b)| {
                let inwards = DVec2::new(if x > 0.0 { -a } else { a }, if y > 0.0 { -b } else { b });
                (DVec2::new(x, y) + inwards) * 1920.0 - 100.0
            })
        };
        let corners = (corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0), corner(0.0, 1.0));
        (corners, any::<bool>(), 0..4_usize)
            .prop_map(|((a, b, c, d), back, turns)| {
                let mut corners = if back { [a, d, c, b] } else { [a, b, c, d] };
                corners.rotate_left(turns);
                corners
            })
            .prop_filter("convex", |corners| Homography::square_to_quad(*corners).is_ok())
    }

    fn unit() -> impl Strategy<Value = DVec2> {
        (0.0..=1.0, 0.0..=1.0).prop_map(|(x, y)| DVec2::new(x, y))
    }

    const SQUARE: [DVec2; 4] = [DVec2::ZERO, DVec2::X, DVec2::ONE, DVec2::Y];

    proptest! {
        #[test]
        fn corners_land_where_they_are_put(corners in quads()) {
            let map = Homography::square_to_quad(corners).unwrap();
            for (from, to) in SQUARE.into_iter().zip(corners) {
                prop_assert!((map.apply(from).unwrap() - to).length() < 1e-6);
            }
        }

        #[test]
        fn lines_stay_straight_and_keep_their_cross_ratio(corners in quads(), a in unit(), b in unit()) {
            prop_assume!((a - b).length() > 0.05);
            let map = Homography::square_to_quad(corners).unwrap();
            let at = |t: f64| map.apply(a.lerp(b, t)).unwrap();
            let [p, q, r, s] = [0.0, 0.3, 0.6, 1.0].map(at);
            let along = (s - p).normalize();
            for point in [q, r] {
                prop_assert!((point - p).perp_dot(along).abs() < 1e-6);
            }
            let ratio = |p: f64, q: f64, r: f64, s: f64| (r - p) * (s - q) / ((r - q) * (s - p));
            let [p, q, r, s] = [p, q, r, s].map(|point| point.dot(along));
            prop_assert!((ratio(p, q, r, s) - ratio(0.0, 0.3, 0.6, 1.0)).abs() < 1e-6);
        }

        #[test]
        fn the_inverse_leads_back(corners in quads(), p in unit()) {
            let map = Homography::square_to_quad(corners).unwrap();
            let back = map.inverse().unwrap().apply(map.apply(p).unwrap()).unwrap();
            prop_assert!((back - p).length() < 1e-8, "{back} for {p}");
        }

        #[test]
        fn derivatives_are_those_of_small_steps(corners in quads(), p in unit()) {
            let map = Homography::square_to_quad(corners).unwrap();
            let at = |p| map.apply(p).unwrap();
            let jacobian = map.jacobian(p);
            for (step, column) in [(DVec2::X, jacobian.x_axis), (DVec2::Y, jacobian.y_axis)] {
                let seen = (at(p + step * 1e-6) - at(p - step * 1e-6)) / 2e-6;
                prop_assert!((seen - column).length() < 1e-3 * (1.0 + column.length()));
            }
        }

        #[test]
        fn w_is_positive_over_the_square(corners in quads(), p in unit()) {
            let map = Homography::square_to_quad(corners).unwrap();
            prop_assert!(map.homogeneous(p).z > 0.0);
        }

        #[test]
        fn nothing_panics(values in proptest::array::uniform8(prop::num::f64::ANY)) {
            let corners = std::array::from_fn(|i| DVec2::new(values[2 * i], values[2 * i + 1]));
            if let Ok(map) = Homography::square_to_quad(corners) {
                let _ = (map.inverse(), map.apply(corners[0]), map.jacobian(corners[1]));
            }
        }
    }

    #[test]
    fn a_checkerboard_is_evenly_foreshortened() {
        // Of lines evenly spaced in depth, the reciprocal distances to the vanishing line are evenly spaced.
        let corners = [(400.0, 100.0), (600.0, 100.0), (1000.0, 900.0), (0.0, 900.0)].map(|(x, y)| DVec2::new(x, y));
        let map = Homography::square_to_quad(corners).unwrap();
        let rows: Vec<f64> = (0..=8).map(|row| map.apply(DVec2::new(0.5, f64::from(row) / 8.0)).unwrap().y).collect();
        let vanishing = 100.0 - 200.0 * 800.0 / 800.0;
        let reciprocals: Vec<f64> = rows.iter().map(|y| (y - vanishing).recip()).collect();
        for pair in reciprocals.windows(3) {
            assert!((pair[0] - 2.0 * pair[1] + pair[2]).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_no_picture_of_a_square_is_refused_with_its_reason() {
        let quad = |points: [(f64, f64); 4]| {
            Homography::square_to_quad(points.map(|(x, y)| DVec2::new(x, y))).unwrap_err().to_string()
        };
        assert!(quad([(0.0, 0.0), (9.0, 0.0), (0.0, 9.0), (9.0, 9.0)]).contains("cross"));
        assert!(quad([(0.0, 0.0), (9.0, 0.0), (2.0, 2.0), (0.0, 9.0)]).contains("lower right corner points inwards"));
        assert!(quad([(0.0, 0.0), (4.0, 4.0), (9.0, 9.0), (0.0, 9.0)]).contains("upper right corner lies"));
        assert!(quad([(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)]).contains("less than a pixel"));
        assert!(quad([(0.0, 0.0); 4]).contains("less than a pixel"));
        assert!(quad([(0.0, 0.0), (f64::NAN, 0.0), (0.5, 0.5), (0.0, 0.5)]).contains("upper right corner is not"));
        assert!(quad([(0.0, 0.0), (1e9, 0.0), (1e9, 1e9), (0.0, 1e9)]).contains("not within"));
    }
}
