//! What black still emits, evened out where fewer projectors overlap than elsewhere. See [`Lift`].

use glam::DVec2;

use super::{Output, Stage, Surface};

/// What is added to a surface's black, so that it is everywhere as light as where the most projectors overlap.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lift {
    /// The light of one projector's black.
    light: f64,
    /// The most outputs that overlap anywhere.
    most: f64,
    /// Of each other output, the parts of the wall that its surfaces show.
    others: Vec<Vec<[DVec2; 2]>>,
    own: [DVec2; 2],
    /// How wide the passage from one count to another is, in the wall's own 0 to 1.
    feather: DVec2,
}

impl Lift {
    /// The lift of a surface, none where there is nothing to even out. `px` is how many output pixels the whole wall would
    /// take along x and y in its scale.
    pub fn new(stage: &Stage, output: &Output, surface: &Surface, px: DVec2) -> Option<Self> {
        let level = &output.black_level;
        if level.light.is_nan() || level.light <= 0.0 {
            return None;
        }
        let most = most_outputs(stage);
        let of = |name: &str| -> Vec<_> {
            let theirs = stage.surfaces_of(name).filter(|other| other.scene == surface.scene);
            theirs.map(|other| other.part).collect()
        };
        let others = stage.outputs.iter().filter(|other| other.name != output.name).map(|other| of(&other.name));
        let feather = (DVec2::splat(level.feather.max(0.0)) / px).max(DVec2::splat(1e-9));
        (most > 1).then(|| Self {
            light: level.light,
            most: most as f64,
            others: others.filter(|parts| !parts.is_empty()).collect(),
            own: surface.part,
            feather,
        })
    }

    /// The light that is added at a place of the wall, 0 to 1 each way.
    pub fn light(&self, q: DVec2) -> f64 {
        let there = |parts: &Vec<[DVec2; 2]>| parts.iter().map(|part| self.covers(*part, q)).fold(0.0, f64::max);
        let count = 1.0 + self.others.iter().map(there).sum::<f64>();
        // Each of those that overlap here adds its part of what is missing.
        (self.most - count).max(0.0) / count * self.light
    }

    /// Whether a part covers a place; between 0 and 1 along those of its edges that run through the surface.
    fn covers(&self, [near, far]: [DVec2; 2], q: DVec2) -> f64 {
        let mut covers = 1.0;
        for axis in 0..2 {
            let begins = (near[axis] > self.own[0][axis] + 1e-6).then(|| q[axis] - near[axis]);
            let ends = (far[axis] < self.own[1][axis] - 1e-6).then(|| far[axis] - q[axis]);
            for inside in [begins, ends].into_iter().flatten() {
                let t = (inside / self.feather[axis] + 0.5).clamp(0.0, 1.0);
                covers *= t * t * (3.0 - 2.0 * t);
            }
            // A part that ends where the surface begins does not cover it at all.
            if far[axis] <= self.own[0][axis] + 1e-6 || near[axis] >= self.own[1][axis] - 1e-6 {
                return 0.0;
            }
        }
        covers
    }
}

/// How many outputs' surfaces show one place of the wall at most.
fn most_outputs(stage: &Stage) -> usize {
    // Where the most overlap begins at the left edge of one of them and at the upper edge of one.
    let left = |surface: &Surface| surface.part[0].x;
    let mut most = 0;
    for corner in &stage.surfaces {
        for x in stage.surfaces.iter().map(left) {
            let q = DVec2::new(x, corner.part[0].y) + 1e-6;
            let there = stage.surfaces.iter().filter(|surface| {
                surface.scene == corner.scene && q.cmpgt(surface.part[0]).all() && q.cmplt(surface.part[1]).all()
            });
            let mut outputs: Vec<&str> = there.map(|surface| surface.output.as_str()).collect();
            outputs.sort_unstable();
            outputs.dedup();
            most = most.max(outputs.len());
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::UVec2;

    fn stage() -> Stage {
        let outputs = ["a", "b", "c"].map(|name| {
            let mut output = Output::new(name, UVec2::new(1000, 1000));
            output.black_level.light = 0.002;
            output
        });
        let parts = [(0.0, 0.5), (0.4, 0.8), (0.45, 1.0)];
        let surfaces = outputs.iter().zip(parts).map(|(output, (from, to))| {
            Surface::filling(output, output.name.clone(), [DVec2::new(from, 0.0), DVec2::new(to, 1.0)])
        });
        Stage { aspect: 3.0, surfaces: surfaces.collect(), outputs: outputs.to_vec(), presets: Vec::new() }
    }

    #[test]
    fn black_is_as_light_everywhere() {
        let stage = stage();
        assert_eq!(most_outputs(&stage), 3);
        for x in [0.1, 0.3, 0.42, 0.48, 0.6, 0.7, 0.9] {
            let q = DVec2::new(x, 0.5);
            let there = stage.surfaces.iter().filter(|surface| (surface.part[0].x..surface.part[1].x).contains(&x));
            let light = there.map(|surface| {
                let output = stage.output(&surface.output).unwrap();
                let lift = Lift::new(&stage, output, surface, DVec2::splat(2000.0)).unwrap();
                output.black_level.light + lift.light(q)
            });
            let light: f64 = light.sum();
            assert!((light - 0.006).abs() < 1e-9, "{light} at {x}");
        }
    }

    #[test]
    fn where_nothing_overlaps_nothing_is_lifted() {
        let mut stage = stage();
        stage.surfaces.truncate(1);
        assert_eq!(Lift::new(&stage, &stage.outputs[0], &stage.surfaces[0], DVec2::ONE), None);
    }
}
