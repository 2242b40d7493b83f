//! What is seen from the street: light from the projectors on the building, into a camera.

use glam::{DVec2, DVec3, Vec3};

use super::night::Scenery;
use super::paint::albedo;
use super::picture::Picture;
use super::shape::Hit;
use super::staging::MARGIN;
use super::{Facade, Projector, WallLight};

/// Points a pixel of the camera and side.
const POINTS: u32 = 2;

/// What the night is like.
#[derive(Clone, Copy, Debug)]
pub struct Night {
    /// Light of a projector's black, of its white.
    pub leak: f32,
    /// Light becomes less with the distance and the angle, as it does. Without, white is equally bright everywhere.
    pub falls_off: bool,
    /// What else falls on the building, of a projector's white.
    pub ambient: Vec3,
    /// How much the camera makes of what it sees.
    pub exposure: f32,
    /// Sky, street, lamps, people and a roof, for whoever looks at the picture. Without, all but the building is black
    /// and nothing stands before it.
    pub scenery: bool,
}

impl Night {
    /// For a picture to look at.
    pub fn to_look_at() -> Self {
        Self { ambient: Vec3::new(0.008, 0.008, 0.012), exposure: 1.9, scenery: true, ..Self::default() }
    }
}

impl Default for Night {
    fn default() -> Self {
        Self { leak: 0.001, falls_off: false, ambient: Vec3::splat(0.004), exposure: 1.45, scenery: false }
    }
}

/// What of black is in an ideal picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Black {
    /// Each projector leaks wherever its lens reaches: brighter where two do.
    AsThrown,
    /// As much as where most overlap, wherever the wall is lit: what the stage's black level makes of it.
    Even,
}

impl Projector {
    /// How bright its white is at a place that it sees, of what it is in the middle of its picture on average.
    fn strength(&self, point: DVec3, normal: DVec3) -> f32 {
        let way = point - self.lens.position;
        let (distance, way) = (way.length(), way.normalize());
        // Each pixel has the same light, and those at the edge take less of the room.
        let off_axis = self.lens.off_axis(way).powi(3);
        (18.0 * 18.0 * -way.dot(normal) / (distance * distance * off_axis)) as f32
    }
}

impl Facade {
    /// Where on a projector's raster a place is, if it is lit from there: in pixels.
    fn lit_from(&self, projector: &Projector, point: DVec3, normal: DVec3) -> Option<DVec2> {
        let at = projector.lens.on_raster(point)?;
        self.building.sees(point, normal, projector.lens.position).then_some(at)
    }

    /// Light of all projectors at a point, of a projector's white.
    pub fn light_at(&self, point: DVec3, normal: DVec3, pictures: &[Picture], night: &Night) -> Vec3 {
        assert_eq!(pictures.len(), self.projectors.len(), "a picture for each projector");
        let mut sum = Vec3::ZERO;
        for (projector, picture) in self.projectors.iter().zip(pictures) {
            if let Some(at) = self.lit_from(projector, point, normal) {
                // A picture of another size is stretched over the raster.
                let at = at * picture.size.as_dvec2() / projector.lens.size.as_dvec2();
                let strength = if night.falls_off { projector.strength(point, normal) } else { 1.0 };
                sum += (night.leak + (1.0 - night.leak) * picture.sample(at)) * strength;
            }
        }
        sum
    }

    /// The same at a place on the building: metres along, height.
    pub fn light_on(&self, place: DVec2, pictures: &[Picture], night: &Night) -> Vec3 {
        let (point, normal) = self.building.point(place);
        self.light_at(point, normal, pictures, night)
    }

    /// How many projectors' black falls on a place: those whose lens reaches it, whether or not they are to light it.
    pub fn leaks_on(&self, place: DVec2) -> usize {
        let (point, normal) = self.building.point(place);
        self.leaks(point, normal)
    }

    fn leaks(&self, point: DVec3, normal: DVec3) -> usize {
        self.projectors.iter().filter(|each| self.lit_from(each, point, normal).is_some()).count()
    }

    /// What the camera sees when these pictures are thrown, one for each projector, in their order.
    pub fn thrown(&self, pictures: &[Picture], night: &Night) -> Picture {
        self.seen(night, &|hit| self.light_at(hit.point, hit.normal, pictures, night))
    }

    /// What it would see if the wall were painted on the building in light, with the windows dark.
    pub fn ideal(&self, wall: &WallLight, black: Black, night: &Night) -> Picture {
        let most = self.projectors.len() as f32;
        self.seen(night, &|hit| {
            let is_dark = self.building.is_window(hit.at, MARGIN);
            let own = self.leaks(hit.point, hit.normal) as f32;
            let leaks = if black == Black::Even && !is_dark { most } else { own };
            let wall = if is_dark { Vec3::ZERO } else { wall(self.building.wall_from_place(hit.at)) };
            night.leak * leaks + (1.0 - night.leak) * wall
        })
    }

    fn seen(&self, night: &Night, light: &(dyn Fn(&Hit) -> Vec3 + Sync)) -> Picture {
        let scenery = night.scenery.then(|| Scenery::new(self, light));
        let seen = |at: DVec2| {
            let (from, way) = (self.camera.position, self.camera.ray(at));
            if let Some(scenery) = &scenery {
                return scenery.seen(from, way, night);
            }
            let hit = self.building.hit(from, way, 0.0).filter(|hit| hit.normal.dot(way) < 0.0);
            hit.map_or(Vec3::ZERO, |hit| albedo(&self.building, hit.at) * (light(&hit) + night.ambient))
        };
        Picture::drawn(self.camera.size, |x, y| {
            let mut sum = Vec3::ZERO;
            for point in 0..POINTS * POINTS {
                let within = DVec2::new(f64::from(point % POINTS) + 0.5, f64::from(point / POINTS) + 0.5);
                sum += seen(DVec2::new(f64::from(x), f64::from(y)) + within / f64::from(POINTS));
            }
            sum * night.exposure / (POINTS * POINTS) as f32
        })
    }
}
