//! What the program draws for the projectors, on the CPU: the stage's own warps and light maps, pixel by pixel, without
//! the wall's shader. Between the stage's mathematics and its picture there is then only the device.

use glam::{DVec2, Vec3};
use millions_stage::{MaskImages, MaskTexel, NoMaskImages, ResolvedOutput, Stage, Warp};

use super::picture::{GAMMA, Picture};
use super::{Facade, WallLight};

/// Points a pixel and side.
const POINTS: u32 = 2;

impl Facade {
    /// A picture for each projector as `stage` has it, rounded to 8 bits.
    ///
    /// # Panics
    /// When a surface cannot be drawn.
    pub fn drawn(&self, stage: &Stage, wall: &WallLight) -> Vec<Picture> {
        let pictures: &dyn MaskImages = &NoMaskImages;
        let resolved = self.projectors.iter().map(|projector| {
            let resolved = stage
                .resolve(stage.output_named(projector.name).expect("its output").id, projector.lens.size, pictures)
                .expect("an output that can be drawn");
            assert!(resolved.faults.is_empty(), "{:?}", resolved.faults);
            resolved
        });
        resolved.map(|resolved| drawn(stage, &resolved, wall).rounded()).collect()
    }
}

fn drawn(stage: &Stage, resolved: &ResolvedOutput, wall: &WallLight) -> Picture {
    let warps: Vec<Warp> =
        resolved.surfaces.iter().map(|surface| Warp::new(&stage[surface.id]).expect("a warp")).collect();
    Picture::drawn(resolved.size, |x, y| {
        let mut signal = Vec3::ZERO;
        for (surface, warp) in resolved.surfaces.iter().zip(&warps) {
            let texel = surface.mask.as_ref().map(|map| map.at(x, y));
            if texel.is_some_and(|texel| texel == MaskTexel::default()) {
                continue;
            }
            let [near, far] = surface.part_in_wall;
            let points = (0..POINTS * POINTS).filter_map(|point| {
                let within = DVec2::new(f64::from(point % POINTS) + 0.5, f64::from(point / POINTS) + 0.5);
                warp.inverse(DVec2::new(f64::from(x), f64::from(y)) + within / f64::from(POINTS))
            });
            let (sum, count) =
                points.fold((Vec3::ZERO, 0.0), |(sum, count), at| (sum + wall(near + (far - near) * at), count + 1.0));
            if count > 0.0 {
                let own = (sum / count).powf(1.0 / GAMMA);
                let seen = texel.map_or(own.to_array(), |texel| texel.apply(own.to_array()));
                let cover = texel.map_or(1.0, |texel| texel.coverage);
                signal = signal * (1.0 - cover) + Vec3::from(seen);
            }
        }
        signal.clamp(Vec3::ZERO, Vec3::ONE).powf(GAMMA)
    })
}
