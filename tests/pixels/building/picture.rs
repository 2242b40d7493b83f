//! Pictures as light: see [`Picture`].

use std::path::Path;

use glam::{DVec2, UVec2, Vec3};

/// The power that makes light of a signal, for every projector and camera here.
pub const GAMMA: f32 = 2.2;

/// A picture in linear light, 1 for white; row by row from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub size: UVec2,
    pub light: Vec<Vec3>,
}

impl Picture {
    pub fn black(size: UVec2) -> Self {
        Self { size, light: vec![Vec3::ZERO; (size.x * size.y) as usize] }
    }

    /// From a signal of 8 bits; three bytes a pixel, or four of which the fourth is not looked at.
    pub fn from_bytes(size: UVec2, bytes: &[u8]) -> Self {
        let channels = bytes.len() / (size.x * size.y) as usize;
        let light: [f32; 256] = std::array::from_fn(|level| (level as f32 / 255.0).powf(GAMMA));
        let pixels = bytes.chunks_exact(channels);
        Self {
            size,
            light: pixels
                .map(|p| Vec3::new(light[p[0] as usize], light[p[1] as usize], light[p[2] as usize]))
                .collect(),
        }
    }

    /// From a PNG, such as the program draws.
    pub fn read(path: &Path) -> Self {
        let picture = image::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into_rgb8();
        Self::from_bytes(UVec2::from(picture.dimensions()), &picture)
    }

    /// As a PNG of 8 bits.
    pub fn write(&self, path: &Path) {
        let UVec2 { x, y } = self.size;
        let written = image::save_buffer(path, &self.to_bytes(), x, y, image::ColorType::Rgb8);
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// A signal of 8 bits, three bytes a pixel.
    pub fn to_bytes(&self) -> Vec<u8> {
        let level = |light: f32| (light.clamp(0.0, 1.0).powf(1.0 / GAMMA) * 255.0).round() as u8;
        self.light.iter().flat_map(|light| light.to_array().map(level)).collect()
    }

    /// What is left after a signal of 8 bits.
    pub fn rounded(&self) -> Self {
        Self::from_bytes(self.size, &self.to_bytes())
    }

    pub fn at(&self, x: u32, y: u32) -> Vec3 {
        self.light[(y * self.size.x + x) as usize]
    }

    /// Between the four pixels round a place (pixels from the upper left corner); what is outside is black.
    pub fn sample(&self, at: DVec2) -> Vec3 {
        let from = at - 0.5;
        let (cell, part) = (from.floor(), (from - from.floor()).as_vec2());
        let pixel = |x: f64, y: f64| {
            let inside = x >= 0.0 && y >= 0.0 && x < f64::from(self.size.x) && y < f64::from(self.size.y);
            if inside { self.at(x as u32, y as u32) } else { Vec3::ZERO }
        };
        let row = |y: f64| pixel(cell.x, y).lerp(pixel(cell.x + 1.0, y), part.x);
        row(cell.y).lerp(row(cell.y + 1.0), part.y)
    }

    /// The signal of its luminance, 0 to 1, at a place.
    pub fn grey(&self, at: DVec2) -> f64 {
        f64::from(luminance(self.sample(at)).max(0.0).powf(1.0 / GAMMA))
    }

    /// Makes a picture row by row, on all cores.
    pub fn drawn(size: UVec2, pixel: impl Fn(u32, u32) -> Vec3 + Sync) -> Self {
        let mut made = Self::black(size);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // Interleaved, for the sky is done sooner than the street.
        let mut rows: Vec<Vec<(u32, &mut [Vec3])>> = (0..cores).map(|_| Vec::new()).collect();
        for (y, row) in made.light.chunks_mut(size.x as usize).enumerate() {
            rows[y % cores].push((y as u32, row));
        }
        std::thread::scope(|scope| {
            for share in rows {
                scope.spawn(|| {
                    for (y, row) in share {
                        for (x, light) in row.iter_mut().enumerate() {
                            *light = pixel(x as u32, y);
                        }
                    }
                });
            }
        });
        made
    }
}

/// Luminance of a light.
pub fn luminance(light: Vec3) -> f32 {
    light.dot(Vec3::new(0.2126, 0.7152, 0.0722))
}
