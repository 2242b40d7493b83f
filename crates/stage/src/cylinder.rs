//! The projective image of a part of an upright cylinder: a column, or a curved wall. See [`Cylinder`].

use glam::{DVec2, DVec3};

use super::Bend;
use super::fault::SurfaceFault;
use super::homography::{Homography, Jet, quad_double_area};

/// The least w, of the greatest: below it the picture would be a thousand times as large as elsewhere.
const LEAST_W: f64 = 1e-3;

/// The tolerance of the sign of a bend, in pixels of the length of its middle line: seen from afar both signs look the same,
/// and points set by hand are inexact.
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
    /// The column of cos θ: the homogeneous offset of the middle line from the chord.
    bulge: DVec3,
    /// Half of the angle, in radians; positive.
    half_angle: f64,
    /// The residuals of the upper and the lower middle, in pixels.
    residuals: [DVec2; 2],
}

impl Cylinder {
    /// Fits a cylinder to the corners of its image and the middles of its upper and lower edge.
    ///
    /// # Errors
    /// When the corners are no convex quadrilateral, or no such cylinder can be seen from the projector.
    pub fn new(corners: [DVec2; 4], bend: &Bend) -> Result<Self, SurfaceFault> {
        let chord = Homography::square_to_quad(corners)?;
        let Bend { degrees, top, bottom } = *bend;
        if !(5.0..=175.0).contains(&degrees.abs()) {
            return Err(SurfaceFault::BendDegrees(degrees));
        }
        let middle_line = top - bottom;
        // NaN fails this, too.
        if !(middle_line.length() > 1.0 && [top, bottom].iter().all(|p| p.abs().max_element() <= 1e6)) {
            return Err(SurfaceFault::BendMiddles);
        }
        let flat = [0.0, 1.0].map(|v| chord.homogeneous(DVec2::new(0.5, v)));
        let [upper, lower] = [(top, flat[0]), (bottom, flat[1])].map(|(p, flat)| p * flat.z - flat.truncate());
        // Least squares of bulge.xy = p · bulge.w + off over both middles p.
        let bulge_w = -middle_line.dot(upper - lower) / middle_line.length_squared();
        let bulge = ((top + bottom) * bulge_w + upper + lower) / 2.0;
        let mut cylinder = Self {
            chord,
            bulge: bulge.extend(bulge_w),
            half_angle: degrees.abs().to_radians() / 2.0,
            residuals: [DVec2::ZERO; 2],
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
        cylinder.residuals = [(0.0, top), (1.0, bottom)].map(|(v, p)| {
            let at = cylinder.jet(DVec2::new(0.5, v)).at;
            p - at.truncate() / at.z
        });
        // A part that faces away from the projector is mirrored.
        let orientation = |p: DVec2| cylinder.jet(p).jacobian().determinant() * quad_double_area(corners);
        let edges = (0..=16).flat_map(|i| [0.0, 1.0].map(|v| DVec2::new(f64::from(i) / 16.0, v)));
        if !edges.map(orientation).all(|area| area > 0.0) {
            return Err(SurfaceFault::BendTurnsAway(degrees));
        }
        Ok(cylinder)
    }

    /// Maps a point of the surface to homogeneous output pixels, with the derivatives.
    pub fn jet(&self, p: DVec2) -> Jet<DVec3> {
        let Self { chord, bulge, half_angle: half, residuals } = *self;
        let (sin, cos) = ((2.0 * p.x - 1.0) * half).sin_cos();
        let (edge_sin, edge_cos) = half.sin_cos();
        let on_chord = DVec2::new((sin / edge_sin + 1.0) / 2.0, p.y);
        let depth = 1.0 - edge_cos;
        let at = chord.homogeneous(on_chord) + bulge * ((cos - edge_cos) / depth);
        let du = chord.0.x_axis * (cos / edge_sin * half) - bulge * (sin * 2.0 * half / depth);
        let dv = chord.0.y_axis;
        let parabola = 4.0 * p.x * (1.0 - p.x);
        let residual = residuals[0].lerp(residuals[1], p.y);
        let add = |value: DVec3, by: DVec2| (value.truncate() + by).extend(value.z);
        Jet {
            at: add(at, residual * (parabola * at.z)),
            du: add(du, residual * (4.0 - 8.0 * p.x) * at.z + residual * (parabola * du.z)),
            dv: add(dv, (residuals[1] - residuals[0]) * (parabola * at.z) + residual * (parabola * dv.z)),
        }
    }

    /// The range of w over the surface.
    fn w_range(&self) -> (f64, f64) {
        let (edge_sin, edge_cos) = self.half_angle.sin_cos();
        // Of a · sin θ + b · cos θ the extremes are at the ends, and where θ points along (b, a), or against it.
        let extreme = (self.chord.0.x_axis.z / (2.0 * edge_sin)).atan2(self.bulge.z / (1.0 - edge_cos));
        let opposite = extreme - std::f64::consts::PI.copysign(extreme);
        let angles = [-self.half_angle, self.half_angle, extreme, opposite];
        let w = angles.into_iter().filter(|angle| angle.abs() <= self.half_angle).flat_map(|angle| {
            let u = (angle / self.half_angle + 1.0) / 2.0;
            [0.0, 1.0].map(|v| self.jet(DVec2::new(u, v)).at.z)
        });
        w.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), w| (least.min(w), greatest.max(w)))
    }
}
