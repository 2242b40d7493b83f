//! Which point of a surface a pixel shows. See [`PixelPositions`].

use glam::{DMat3, DVec2, DVec3};

use super::homography::Homography;
use super::raster::Area;
use super::resolved::ToTarget;
use super::warp::{Warp, triangles};

/// How far over a triangle's edges its pixels are taken to be its own, as a part of it; what is drawn later is right.
const OVER: f64 = 0.02;

/// For each pixel of an area, the point of the surface that it shows.
pub(super) enum PixelPositions {
    /// From target pixels to the surface.
    Pin(Area, Homography),
    /// By row; not a number where the surface is not.
    Pixels(Area, Vec<[f32; 2]>),
}

impl PixelPositions {
    /// By the quads as they are drawn, so that it is what the GPU interpolates.
    pub fn new(warp: &Warp, to_target: &ToTarget, area: Area) -> Self {
        if let Some(pin) = warp.pin() {
            let m = pin.0;
            let columns = [m.x_axis, m.y_axis, m.z_axis].map(|column| to_target.pixels(column));
            let to_pixels = Homography(DMat3::from_cols(columns[0], columns[1], columns[2]));
            if let Some(back) = to_pixels.inverse() {
                return Self::Pin(area, back);
            }
        }
        let (columns, rows) = warp.cells();
        let cells = DVec2::new(f64::from(columns), f64::from(rows));
        let mut pixels = vec![[f32::NAN; 2]; area.pixels()];
        for row in 0..rows {
            for column in 0..columns {
                let first = DVec2::new(f64::from(column), f64::from(row));
                for triangle in triangles(warp.corners(column, row).map(|corner| to_target.pixels(corner))) {
                    let places = triangle.map(|(_, in_cell)| (first + in_cell) / cells);
                    fill(triangle.map(|(at, _)| at), places, area, &mut pixels);
                }
            }
        }
        Self::Pixels(area, pixels)
    }

    /// The point that a pixel of the area shows; none where the surface is not.
    pub fn at(&self, column: usize, row: usize) -> Option<DVec2> {
        match self {
            Self::Pin(area, back) => {
                let p = back.apply(area.middle(column, row))?;
                // A pixel of the edge may have its middle a little outside.
                Some(p.clamp(DVec2::ZERO, DVec2::ONE))
            }
            Self::Pixels(area, pixels) => {
                let [u, v] = *pixels.get(row * area.size.x as usize + column)?;
                (!u.is_nan()).then(|| DVec2::new(f64::from(u), f64::from(v)).clamp(DVec2::ZERO, DVec2::ONE))
            }
        }
    }
}

fn fill([a, b, c]: [DVec3; 3], places: [DVec2; 3], area: Area, pixels: &mut [[f32; 2]]) {
    // What each corner weighs at a pixel, in perspective, is linear in the pixel.
    let planes = [b.cross(c), c.cross(a), a.cross(b)];
    let total = planes[0] + planes[1] + planes[2];
    let flat = [a, b, c].map(|p| p.truncate() / p.z - area.origin.as_dvec2());
    let size = area.size.as_dvec2();
    let least = (flat[0].min(flat[1]).min(flat[2]) - 1.0).floor().clamp(DVec2::ZERO, size).as_uvec2();
    let most = (flat[0].max(flat[1]).max(flat[2]) + 1.0).ceil().clamp(DVec2::ZERO, size).as_uvec2();
    for row in least.y as usize..most.y as usize {
        for column in least.x as usize..most.x as usize {
            let p = area.middle(column, row).extend(1.0);
            let weights = planes.map(|plane| plane.dot(p) / total.dot(p));
            if weights.iter().all(|weight| *weight >= -OVER) {
                let place = places[0] * weights[0] + places[1] * weights[1] + places[2] * weights[2];
                let inside = weights.iter().all(|weight| *weight >= 0.0);
                let pixel = &mut pixels[row * area.size.x as usize + column];
                if inside || pixel[0].is_nan() {
                    *pixel = [place.x as f32, place.y as f32];
                }
            }
        }
    }
}
