//! The inverse of a warp for the pixels of an area. See [`PixelPositions`].

use glam::{DMat3, DVec2, DVec3};

use super::homography::Homography;
use super::raster::Area;
use super::resolved::ToTarget;
use super::warp::{Warp, triangles};

/// How far a triangle is extended over its edges, in barycentric coordinates, for pixels that no other triangle covers.
const MARGIN: f64 = 0.02;

/// The position in surface space that each pixel of an area shows.
pub(super) enum PixelPositions {
    /// The homography from target pixels to the surface.
    Homography(Area, Homography),
    /// Row by row; NaN off the surface.
    Pixels(Area, Vec<[f32; 2]>),
}

impl PixelPositions {
    /// By the triangles as they are drawn, to match what the GPU interpolates.
    pub fn new(warp: &Warp, to_target: &ToTarget, area: Area) -> Self {
        if let Some(pin) = warp.pin() {
            let m = pin.0;
            let columns = [m.x_axis, m.y_axis, m.z_axis].map(|column| to_target.pixels(column));
            let to_pixels = Homography(DMat3::from_cols(columns[0], columns[1], columns[2]));
            if let Some(back) = to_pixels.inverse() {
                return Self::Homography(area, back);
            }
        }
        let (columns, rows) = warp.cells();
        let cells = DVec2::new(f64::from(columns), f64::from(rows));
        let mut pixels = vec![[f32::NAN; 2]; area.pixels()];
        for row in 0..rows {
            for column in 0..columns {
                let first = DVec2::new(f64::from(column), f64::from(row));
                for triangle in triangles(warp.corners(column, row).map(|corner| to_target.pixels(corner))) {
                    let positions = triangle.map(|(_, in_cell)| (first + in_cell) / cells);
                    fill(triangle.map(|(at, _)| at), positions, area, &mut pixels);
                }
            }
        }
        Self::Pixels(area, pixels)
    }

    /// The position that a pixel of the area shows; none off the surface.
    pub fn at(&self, column: usize, row: usize) -> Option<DVec2> {
        match self {
            Self::Homography(area, back) => {
                let p = back.apply(area.centre(column, row))?;
                // The centre of a pixel at the edge may lie a little outside.
                Some(p.clamp(DVec2::ZERO, DVec2::ONE))
            }
            Self::Pixels(area, pixels) => {
                let [u, v] = *pixels.get(row * area.size.x as usize + column)?;
                (!u.is_nan()).then(|| DVec2::new(f64::from(u), f64::from(v)).clamp(DVec2::ZERO, DVec2::ONE))
            }
        }
    }
}

/// Fills the pixels of a triangle, given in homogeneous target pixels, with interpolated positions.
fn fill([a, b, c]: [DVec3; 3], positions: [DVec2; 3], area: Area, pixels: &mut [[f32; 2]]) {
    // Perspective-correct barycentric coordinates, up to their sum, are linear in the pixel.
    let planes = [b.cross(c), c.cross(a), a.cross(b)];
    let total = planes[0] + planes[1] + planes[2];
    let flat = [a, b, c].map(|p| p.truncate() / p.z - area.origin.as_dvec2());
    let size = area.size.as_dvec2();
    let least = (flat[0].min(flat[1]).min(flat[2]) - 1.0).floor().clamp(DVec2::ZERO, size).as_uvec2();
    let most = (flat[0].max(flat[1]).max(flat[2]) + 1.0).ceil().clamp(DVec2::ZERO, size).as_uvec2();
    for row in least.y as usize..most.y as usize {
        for column in least.x as usize..most.x as usize {
            let p = area.centre(column, row).extend(1.0);
            let weights = planes.map(|plane| plane.dot(p) / total.dot(p));
            if weights.iter().all(|weight| *weight >= -MARGIN) {
                let position = positions[0] * weights[0] + positions[1] * weights[1] + positions[2] * weights[2];
                let inside = weights.iter().all(|weight| *weight >= 0.0);
                let pixel = &mut pixels[row * area.size.x as usize + column];
                if inside || pixel[0].is_nan() {
                    *pixel = [position.x as f32, position.y as f32];
                }
            }
        }
    }
}
