//! A part of an upright cylinder as a projector sees it: a column, a curved wall. See [`Cylinder`].

use glam::{DVec2, DVec3};

use super::Bend;
use super::fault::SurfaceFault;
use super::homography::{Homography, twice_area};

/// The least w of its greatest: nearer to the projector the picture would be a thousand times as large as elsewhere.
const LEAST_W: f64 = 1e-3;

/// How many pixels the middle line may be longer or shorter than a bend of the other sign would make it: a bend seen from
/// afar looks the same either way, and points set by hand are a little off.
const SIGN_PX: f64 = 4.0;

/// The projective image of an upright part of a cylinder, of which the corners and the middles of the upper and lower
/// edge are known.
///
/// With the angle θ about the axis and v down it, a point in space is (sin θ, v, cos θ), and any camera is a 3×4 matrix on
/// (sin θ, v, cos θ, 1). The four corners lie in a plane, and their homography is three of the matrix's four columns,
/// exactly; the fourth, of cos θ, moves both middles by the same in homogeneous coordinates. It is found by the direct
/// linear transform (Abdel-Aziz and Karara 1971; Hartley and Zisserman, "Multiple View Geometry", §7.1): four linear
/// equations for three unknowns, least squares. What remains is that the middle line of a true column points to where
/// its sides meet, which points set by hand do not do exactly: it is left as a displacement, quadratic along u and linear
/// along v, so that all six points land where they are put.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cylinder {
    chord: Homography,
    /// What the middle is moved by, times w, and w.
    bulge: DVec3,
    /// Half the angle, in radians; positive.
    half: f64,
    /// What the upper and the lower middle are still to be moved by, in pixels.
    rest: [DVec2; 2],
}

impl Cylinder {
    /// The cylinder whose corners land at `corners`.
    pub fn new(corners: [DVec2; 4], bend: &Bend) -> Result<Self, SurfaceFault> {
        let chord = Homography::square_to_quad(corners)?;
        let Bend { degrees, top, bottom } = *bend;
        if !(5.0..=175.0).contains(&degrees.abs()) {
            return Err(SurfaceFault::BendDegrees(degrees));
        }
        let middle_line = top - bottom;
        // Not a number fails this, too.
        if !(middle_line.length() > 1.0 && [top, bottom].iter().all(|p| p.abs().max_element() <= 1e6)) {
            return Err(SurfaceFault::BendMiddles);
        }
        let flat = [0.0, 1.0].map(|v| chord.homogeneous(DVec2::new(0.5, v)));
        let [upper, lower] = [(top, flat[0]), (bottom, flat[1])].map(|(p, flat)| p * flat.z - flat.truncate());
        // Of bulge.xy = p · bulge.w + off for both middles p, the least squares.
        let bulge_w = -middle_line.dot(upper - lower) / middle_line.length_squared();
        let bulge = ((top + bottom) * bulge_w + upper + lower) / 2.0;
        let mut cylinder = Self {
            chord,
            bulge: bulge.extend(bulge_w),
            half: degrees.abs().to_radians() / 2.0,
            rest: [DVec2::ZERO; 2],
        };
        let (least, greatest) = cylinder.w_range();
        if least.is_nan() || least <= greatest * LEAST_W {
            return Err(SurfaceFault::BendBehind(degrees));
        }
        // Nearer than the chord is a column. The middle line is as much longer as w is less.
        let longer = -bulge_w / flat[0].z.min(flat[1].z) * middle_line.length();
        if longer * degrees.signum() < -SIGN_PX {
            return Err(SurfaceFault::BendSign(degrees));
        }
        cylinder.rest = [(0.0, top), (1.0, bottom)].map(|(v, p)| {
            let at = cylinder.jet(DVec2::new(0.5, v))[0];
            p - at.truncate() / at.z
        });
        // Seen from straight ahead, a cylinder shows both its sides; beyond, the inner side of the far one.
        let turned = |p: DVec2| {
            let [at, along, down] = cylinder.jet(p);
            super::homography::flat_jacobian(at, along, down).determinant() * twice_area(corners)
        };
        let edges = (0..=16).flat_map(|i| [0.0, 1.0].map(|v| DVec2::new(f64::from(i) / 16.0, v)));
        if !edges.map(turned).all(|area| area > 0.0) {
            return Err(SurfaceFault::BendTurnsAway(degrees));
        }
        Ok(cylinder)
    }

    /// Where a point lands, times w, and w; and their derivatives along u and v.
    pub fn jet(&self, p: DVec2) -> [DVec3; 3] {
        let Self { chord, bulge, half, rest } = *self;
        let (sin, cos) = ((2.0 * p.x - 1.0) * half).sin_cos();
        let (edge_sin, edge_cos) = half.sin_cos();
        let on_chord = DVec2::new((sin / edge_sin + 1.0) / 2.0, p.y);
        let depth = 1.0 - edge_cos;
        let at = chord.homogeneous(on_chord) + bulge * ((cos - edge_cos) / depth);
        let along = chord.0.x_axis * (cos / edge_sin * half) - bulge * (sin * 2.0 * half / depth);
        let down = chord.0.y_axis;
        let hump = 4.0 * p.x * (1.0 - p.x);
        let moved = rest[0].lerp(rest[1], p.y);
        let add = |step: DVec3, by: DVec2| (step.truncate() + by).extend(step.z);
        [
            add(at, moved * (hump * at.z)),
            add(along, moved * (4.0 - 8.0 * p.x) * at.z + moved * (hump * along.z)),
            add(down, (rest[1] - rest[0]) * (hump * at.z) + moved * (hump * down.z)),
        ]
    }

    /// The least and the greatest w.
    fn w_range(&self) -> (f64, f64) {
        let (edge_sin, edge_cos) = self.half.sin_cos();
        // Of a · sin θ + b · cos θ the extremes are at the ends, and where θ points along (b, a), or against it.
        let extreme = (self.chord.0.x_axis.z / (2.0 * edge_sin)).atan2(self.bulge.z / (1.0 - edge_cos));
        let opposite = extreme - std::f64::consts::PI.copysign(extreme);
        let angles = [-self.half, self.half, extreme, opposite];
        let w = angles.into_iter().filter(|angle| angle.abs() <= self.half).flat_map(|angle| {
            let u = (angle / self.half + 1.0) / 2.0;
            [0.0, 1.0].map(|v| self.jet(DVec2::new(u, v))[0].z)
        });
        w.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), w| (least.min(w), greatest.max(w)))
    }
}
