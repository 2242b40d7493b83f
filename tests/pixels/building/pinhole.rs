//! A projector or a camera without a lens: see [`Pinhole`].

use glam::{DVec2, DVec3, UVec2};

/// Straight lines through a point onto a raster. A projector and a camera differ only in the way that light takes.
#[derive(Clone, Copy, Debug)]
pub struct Pinhole {
    /// In metres: x to the right along the street, y upward, z towards whoever stands before the building.
    pub position: DVec3,
    /// In pixels.
    pub size: UVec2,
    right: DVec3,
    up: DVec3,
    forward: DVec3,
    /// Half of the raster's width at a distance of 1.
    half: f64,
}

impl Pinhole {
    /// At `position`, its middle on `look_at`. `throw` is the distance over the picture's width; no lens shift, upright.
    pub fn new(position: DVec3, look_at: DVec3, throw: f64, size: UVec2) -> Self {
        let forward = (look_at - position).normalize();
        let right = forward.cross(DVec3::Y).normalize();
        Self { position, size, right, up: right.cross(forward), forward, half: 0.5 / throw }
    }

    fn pixels_per_tangent(&self) -> f64 {
        f64::from(self.size.x) / 2.0 / self.half
    }

    /// Where a point lands on the raster's plane, in pixels from the upper left corner; none behind the pinhole.
    pub fn project(&self, point: DVec3) -> Option<DVec2> {
        let from = point - self.position;
        let depth = from.dot(self.forward);
        (depth > 1e-6).then(|| {
            let tangent = DVec2::new(from.dot(self.right), -from.dot(self.up)) / depth;
            self.size.as_dvec2() / 2.0 + tangent * self.pixels_per_tangent()
        })
    }

    /// The same, where it is on the raster.
    pub fn on_raster(&self, point: DVec3) -> Option<DVec2> {
        self.project(point).filter(|at| at.cmpge(DVec2::ZERO).all() && at.cmple(self.size.as_dvec2()).all())
    }

    /// The direction of a place on the raster, of length 1.
    pub fn ray(&self, at: DVec2) -> DVec3 {
        let tangent = (at - self.size.as_dvec2() / 2.0) / self.pixels_per_tangent();
        (self.forward + self.right * tangent.x - self.up * tangent.y).normalize()
    }

    /// The cosine between the middle of the picture and a direction.
    pub fn off_axis(&self, direction: DVec3) -> f64 {
        self.forward.dot(direction)
    }
}
