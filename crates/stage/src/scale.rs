//! The scale from the wall to the target. See [`Scale`].

use std::sync::Arc;

use glam::{DMat2, DVec2};

use super::homography::Homography;
use super::warp::Warp;

/// The cells each way of the grid of scales of a bent or meshed surface, between whose points they are interpolated. For a
/// surface four times as large at one end as at the other the error is below 1 %.
const STEPS: usize = 32;

/// Target pixels for a unit of the wall, along its x and its y, as a function of the position on the wall.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// The same everywhere: the surface is a parallelogram.
    Uniform(DVec2),
    /// Different at each position.
    Varying(ScaleField),
}

/// A scale that varies with the position. A value costs some ten nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleField(Field);

#[derive(Clone, Debug, PartialEq)]
enum Field {
    /// From the wall to target pixels.
    Pin(Homography),
    Grid {
        part_in_wall: [DVec2; 2],
        /// (STEPS + 1)², row by row.
        nodes: Arc<[DVec2]>,
    },
}

impl Scale {
    /// Computes the scale of a warp; `target_from_output` is the linear part of that map, in pixels.
    pub(super) fn of(warp: &Warp, part_in_wall: [DVec2; 2], target_from_output: DMat2) -> Self {
        let surface_per_wall = (part_in_wall[1] - part_in_wall[0]).recip();
        let lengths = |jacobian: DMat2| {
            let jacobian = target_from_output * jacobian;
            DVec2::new(jacobian.x_axis.length(), jacobian.y_axis.length()) * surface_per_wall
        };
        if let Some(pin) = warp.pin() {
            let m = pin.0;
            if m.x_axis.z == 0.0 && m.y_axis.z == 0.0 {
                return Self::Uniform(lengths(
                    DMat2::from_cols(m.x_axis.truncate(), m.y_axis.truncate()) * m.z_axis.z.recip(),
                ));
            }
            let to_target = |column: glam::DVec3| (target_from_output * column.truncate()).extend(column.z);
            let [x, y] = [to_target(m.x_axis) * surface_per_wall.x, to_target(m.y_axis) * surface_per_wall.y];
            let origin = to_target(m.z_axis) - x * part_in_wall[0].x - y * part_in_wall[0].y;
            return Self::Varying(ScaleField(Field::Pin(Homography(glam::DMat3::from_cols(x, y, origin)))));
        }
        let step = |i: usize| i as f64 / STEPS as f64;
        let nodes = (0..=STEPS)
            .flat_map(|row| (0..=STEPS).map(move |column| DVec2::new(step(column), step(row))))
            .map(|p| lengths(warp.jacobian(p)));
        Self::Varying(ScaleField(Field::Grid { part_in_wall, nodes: nodes.collect() }))
    }

    /// Returns target pixels for a unit of the wall along x and y at a position of the wall; beyond the surface, those at its
    /// edge.
    #[must_use]
    pub fn at(&self, p_in_wall: DVec2) -> DVec2 {
        match self {
            Self::Uniform(scale) => *scale,
            Self::Varying(field) => field.at(p_in_wall),
        }
    }
}

impl ScaleField {
    fn at(&self, p_in_wall: DVec2) -> DVec2 {
        match &self.0 {
            Field::Pin(map) => {
                let jacobian = map.jacobian(p_in_wall);
                DVec2::new(jacobian.x_axis.length(), jacobian.y_axis.length())
            }
            Field::Grid { part_in_wall: [near, far], nodes } => {
                let p = ((p_in_wall - *near) / (*far - *near)).clamp(DVec2::ZERO, DVec2::ONE) * STEPS as f64;
                let cell = p.floor().min(DVec2::splat(STEPS as f64 - 1.0));
                let t = p - cell;
                let first = cell.y as usize * (STEPS + 1) + cell.x as usize;
                let row = |first: usize| nodes[first].lerp(nodes[first + 1], t.x);
                row(first).lerp(row(first + STEPS + 1), t.y)
            }
        }
    }
}
