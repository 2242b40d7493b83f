//! Pictures for the projectors, made ray by ray from the building itself: slow, and without the stage. What the program
//! draws from the stage is to look like these.

use glam::{DVec2, Vec3};

use super::picture::{GAMMA, Picture};
use super::staging::MARGIN;
use super::{Facade, WallLight};

/// Points a pixel and side.
const POINTS: u32 = 3;

impl Facade {
    /// A picture for each projector, rounded to 8 bits: the wall where its rays meet what it is to light, faded in light
    /// along the overlap, dark in the windows.
    pub fn reference(&self, wall: &WallLight) -> Vec<Picture> {
        (0..self.projectors.len()).map(|index| self.reference_of(index, wall).rounded()).collect()
    }

    fn reference_of(&self, index: usize, wall: &WallLight) -> Picture {
        let projector = &self.projectors[index];
        Picture::drawn(projector.lens.size, |x, y| {
            let mut sum = Vec3::ZERO;
            for point in 0..POINTS * POINTS {
                let within = DVec2::new(f64::from(point % POINTS) + 0.5, f64::from(point / POINTS) + 0.5);
                let at = DVec2::new(f64::from(x), f64::from(y)) + within / f64::from(POINTS);
                let hit = self.building.hit(projector.lens.position, projector.lens.ray(at), 0.0);
                if let Some(hit) = hit
                    && !self.building.is_window(hit.at, MARGIN)
                {
                    let light = wall(self.building.wall_from_place(hit.at));
                    sum += light * self.share(index, hit.part, hit.at.x) as f32;
                }
            }
            sum / (POINTS * POINTS) as f32
        })
    }

    /// How much of the light is this projector's at metres along the building: all, or in the overlap as much as its
    /// distance to where its own part ends is of both.
    fn share(&self, index: usize, part: usize, along: f64) -> f64 {
        let lights = |index: usize| {
            let lights = &self.projectors[index].lights;
            lights.iter().any(|(lit, [from, to])| *lit == part && (*from..=*to).contains(&along))
        };
        if !lights(index) {
            return 0.0;
        }
        if (0..self.projectors.len()).all(|other| other == index || !lights(other)) {
            return 1.0;
        }
        let [from, to] = self.overlap();
        let across = (along - from) / (to - from);
        if index == 0 { 1.0 - across } else { across }
    }
}

/// A chessboard on the wall: cells of `cell` (the wall is 1 high), white and a twentieth of the light.
pub fn chessboard(cell: f64) -> impl Fn(DVec2) -> Vec3 + Sync {
    move |at| {
        let index = (at / cell).floor();
        Vec3::splat(if (index.x + index.y).rem_euclid(2.0) < 0.5 { 1.0 } else { 0.05 })
    }
}

/// A picture of the whole wall, stretched over it.
pub fn painted(picture: &Picture, aspect: f64) -> impl Fn(DVec2) -> Vec3 + Sync + '_ {
    let size = picture.size.as_dvec2();
    move |at| {
        let pixel = at * DVec2::new(size.x / aspect, size.y);
        picture.sample(pixel.clamp(DVec2::splat(0.5), size - 0.5))
    }
}

/// The light of a signal of the wall, 0 to 1.
pub fn light_of(signal: f32) -> Vec3 {
    Vec3::splat(signal.powf(GAMMA))
}
