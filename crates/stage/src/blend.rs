//! Edge blending: the shares of overlapping outputs in the light of each point of the wall. See [`BlendShare`].

use glam::DVec2;

use super::geometry::{overlap, rectangle_contains};
use super::{EdgeBlend, Sides, Stage};

/// The least overlap of two parts of the wall, of the whole wall; less is an edge in common.
const LEAST_OVERLAP: f64 = 1e-6;

/// The blend ramp in linear light, 0 to 1 over the unit interval: point symmetric, so that two from opposite sides add up to
/// 1. `curve` 1 is straight; more is flatter at both ends.
pub(super) fn ramp(x: f64, curve: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    let half = |x: f64| 0.5 * (2.0 * x).powf(curve);
    if curve == 1.0 {
        x
    } else if x < 0.5 {
        half(x)
    } else {
        1.0 - half(1.0 - x)
    }
}

/// The factor of the light at an output pixel of a manual edge blend.
pub(super) fn manual_blend(p_in_output: DVec2, size: DVec2, sides: &Sides, curve: f64) -> f64 {
    let far = size - p_in_output;
    let all = [(p_in_output.x, sides.left), (p_in_output.y, sides.top), (far.x, sides.right), (far.y, sides.bottom)];
    all.into_iter().filter(|(_, width)| *width > 0.0).map(|(from_side, width)| ramp(from_side / width, curve)).product()
}

/// The blend of a surface: a ramp at each of its sides that surfaces of other outputs cross.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SurfaceBlend {
    /// The index of the surface.
    pub surface: usize,
    pub part: [DVec2; 2],
    /// The widths of the ramps, left and top, right and bottom: as deep as the neighbour crosses; 0 where none does.
    widths: [DVec2; 2],
    curve: f64,
}

impl SurfaceBlend {
    fn new(stage: &Stage, surface: usize, curve: f64) -> Self {
        let own = &stage.surfaces[surface];
        let [near, far] = own.part;
        let mut widths = [DVec2::ZERO; 2];
        for other in stage.surfaces.iter().filter(|other| other.output != own.output && other.scene == own.scene) {
            let [from, to] = other.part;
            if overlap(other.part, own.part).min_element() <= LEAST_OVERLAP {
                continue;
            }
            // Crossed where the other begins before the side and ends beyond it.
            let crossed = |begins: f64, ends: f64| begins > LEAST_OVERLAP && ends > LEAST_OVERLAP;
            for axis in 0..2 {
                let most = far[axis] - near[axis];
                let deep = [to[axis] - near[axis], far[axis] - from[axis]];
                let before = [near[axis] - from[axis], to[axis] - far[axis]];
                for side in 0..2 {
                    if crossed(before[side], deep[side]) {
                        widths[side][axis] = widths[side][axis].max(deep[side].min(most));
                    }
                }
            }
        }
        Self { surface, part: own.part, widths, curve }
    }

    /// The product of the ramps: 0 at sides that others cross, 1 beyond the overlaps.
    fn at(&self, q: DVec2) -> f64 {
        let from_sides = [q - self.part[0], self.part[1] - q];
        let mut product = 1.0;
        for (from_side, width) in from_sides.into_iter().zip(self.widths) {
            for axis in 0..2 {
                if width[axis] > 0.0 {
                    product *= ramp(from_side[axis] / width[axis], self.curve);
                }
            }
        }
        product
    }
}

/// The share of a surface in the light of each point of the wall: its ramps over the sum of those of all outputs there, so
/// that the shares add up to one in linear light.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BlendShare {
    own: SurfaceBlend,
    /// For each other output, the surfaces that overlap this one, topmost first.
    others: Vec<Vec<SurfaceBlend>>,
}

impl BlendShare {
    /// None where no other output overlaps. Surfaces without a warp do not count.
    pub fn new(stage: &Stage, surface: usize, has_warp: impl Fn(usize) -> bool) -> Option<Self> {
        let curve =
            |output: &str| stage.output_named(output).map_or(EdgeBlend::default().curve, |output| output.blend.curve);
        let own = &stage.surfaces[surface];
        let overlaps = |index: usize| {
            let other = &stage.surfaces[index];
            other.scene == own.scene && overlap(other.part, own.part).min_element() > LEAST_OVERLAP && has_warp(index)
        };
        let of = |output: &str| {
            let indices = (0..stage.surfaces.len()).rev();
            let indices = indices.filter(|index| stage.surfaces[*index].output == output && overlaps(*index));
            indices.map(|index| SurfaceBlend::new(stage, index, curve(output))).collect::<Vec<_>>()
        };
        let others = stage.outputs.iter().filter(|output| output.name != own.output).map(|output| of(&output.name));
        let others: Vec<_> = others.filter(|surfaces| !surfaces.is_empty()).collect();
        (!others.is_empty()).then(|| Self { own: SurfaceBlend::new(stage, surface, curve(&own.output)), others })
    }

    /// The other surfaces, by their index.
    pub fn others(&self) -> impl Iterator<Item = usize> {
        self.others.iter().flatten().map(|blend| blend.surface)
    }

    /// The share at a point of the wall, 0 to 1 each way; a share is 0 to 1. `own` is what the surface's masks leave of its
    /// light there, `light` what those of another do, by index: what masks take from one, the others give.
    pub fn at(&self, q: DVec2, own: f64, light: impl Fn(usize) -> f64) -> f64 {
        let mut others = 0.0;
        let mut count = 1.0;
        for surfaces in &self.others {
            let there = surfaces.iter().filter(|blend| rectangle_contains(blend.part, q));
            let lit = there.map(|blend| (blend, light(blend.surface))).find(|(_, light)| *light > 0.0);
            if let Some((blend, light)) = lit {
                others += blend.at(q) * light;
                count += 1.0;
            }
        }
        // Most of the wall: no other output.
        if count == 1.0 {
            return 1.0;
        }
        let ramp = self.own.at(q);
        let total = ramp * own + others;
        if total > ramp {
            ramp / total
        } else if ramp > 0.0 {
            // Light that masks take and no other gives stays dark.
            1.0
        } else {
            // In a corner where all ramps are 0, equal shares.
            1.0 / count
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Output, Surface};
    use super::*;
    use glam::UVec2;
    use proptest::prelude::*;

    fn stage(parts: &[[DVec2; 2]], curve: f64) -> Stage {
        let outputs: Vec<Output> = (0..parts.len())
            .map(|index| {
                let mut output = Output::new(index.to_string(), UVec2::new(1920, 1080));
                output.blend.curve = curve;
                output
            })
            .collect();
        let surfaces =
            outputs.iter().zip(parts).map(|(output, part)| Surface::filling(output, output.name.clone(), *part));
        let surfaces = surfaces.collect();
        Stage::new(3.0, outputs, surfaces)
    }

    fn parts() -> impl Strategy<Value = Vec<[DVec2; 2]>> {
        let point = || (0.0..0.8_f64, 0.0..0.8_f64, 0.1..0.9_f64, 0.1..0.9_f64);
        let part = point().prop_map(|(x, y, w, h)| [DVec2::new(x, y), DVec2::new(x + w, y + h).min(DVec2::ONE)]);
        prop::collection::vec(part, 1..6)
    }

    proptest! {
        #[test]
        fn shares_make_one_everywhere(parts in parts(), curve in 0.5..4.0_f64, x in 0.0..1.0, y in 0.0..1.0) {
            let stage = stage(&parts, curve);
            let q = DVec2::new(x, y);
            let there = (0..parts.len()).filter(|i| q.cmpge(parts[*i][0]).all() && q.cmple(parts[*i][1]).all());
            let shares: Vec<f64> = there
                .map(|i| BlendShare::new(&stage, i, |_| true).map_or(1.0, |share| share.at(q, 1.0, |_| 1.0)))
                .collect();
            let total: f64 = shares.iter().sum();
            prop_assert!(shares.is_empty() || (total - 1.0).abs() < 1e-9, "{shares:?}");
        }

        #[test]
        fn a_ramp_and_its_mirror_make_one_and_it_only_rises(x in 0.0..1.0_f64, step in 0.0..0.1_f64, curve in 0.5..4.0_f64) {
            prop_assert!((ramp(x, curve) + ramp(1.0 - x, curve) - 1.0).abs() < 1e-12);
            prop_assert!(ramp(x + step, curve) >= ramp(x, curve) - 1e-12);
        }
    }

    #[test]
    fn a_masked_neighbour_leaves_the_light_to_others() {
        let stage = stage(&[[DVec2::ZERO, DVec2::new(0.6, 1.0)], [DVec2::new(0.4, 0.0), DVec2::ONE]], 1.0);
        let share = BlendShare::new(&stage, 0, |_| true).unwrap();
        let q = DVec2::new(0.55, 0.5);
        assert!((share.at(q, 1.0, |_| 1.0) - 0.25).abs() < 1e-9);
        assert!((share.at(q, 1.0, |_| 0.0) - 1.0).abs() < 1e-9);
        assert!(BlendShare::new(&stage, 0, |other| other != 1).is_none(), "a surface that is left out takes no light");
    }

    #[test]
    fn a_manual_blend_is_measured_from_the_sides() {
        let sides = Sides { left: 100.0, ..Sides::default() };
        let at = |x: f64| manual_blend(DVec2::new(x, 5.0), DVec2::new(1920.0, 1080.0), &sides, 1.0);
        assert_eq!([at(0.0), at(25.0), at(500.0), at(1920.0)], [0.0, 0.25, 1.0, 1.0]);
    }
}
