//! Has pipelines compiled before a frame needs them: for what is to come, and for an output that is about to change.

use super::super::Gpu;
use super::super::tone_terms::ToneTermsMode;
use super::super::wall_pipelines::Shading;
use super::{Plans, Renderer, scenes_of};
use millions_frame::{Layer, Prefetch, ScenePlan};
use millions_stage::{ColourCorrection, ResolvedOutput};
use millions_wall::tone::{Look, LookParameter};

/// The values of a look for which the shader has specialisations.
const BY_HAND: [LookParameter; 5] =
    [LookParameter::Color, LookParameter::Clarity, LookParameter::Gamma, LookParameter::Grain, LookParameter::Halftone];

/// What decides how a layer of tiles is shaded, apart from an output's calibration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ShadedLayer {
    look: Look,
    is_revealing: bool,
    is_corrected: bool,
}

impl ShadedLayer {
    const fn plain(look: Look) -> Self {
        Self { look, is_revealing: false, is_corrected: false }
    }

    /// As it is, and as it is with somebody in it whose exposure was corrected, where there is anybody like that.
    fn as_may_be(self, has_corrections: bool) -> impl Iterator<Item = Self> {
        std::iter::once(self).chain(has_corrections.then_some(Self { is_corrected: true, ..self }))
    }

    fn shading(self, colour: &ColourCorrection) -> Shading {
        let Self { look, is_revealing, is_corrected } = self;
        let tones = ToneTermsMode::of(&look, is_revealing, || is_corrected);
        Shading::new(&colour.tone(&look), tones, is_revealing || look.color > 0.0)
    }
}

/// The layers of tiles of a scene.
fn shaded_layers(scene: &ScenePlan) -> impl Iterator<Item = ShadedLayer> {
    scene.layers.iter().filter_map(|layer| match layer {
        Layer::Rows(rows) => Some(ShadedLayer {
            look: rows.look,
            is_revealing: !rows.reveal.is_empty(),
            is_corrected: !rows.stops.is_empty(),
        }),
        Layer::Sprites(layer) => Some(ShadedLayer {
            is_corrected: layer.sprites.iter().any(|one| one.stops != 0.0),
            ..ShadedLayer::plain(layer.look)
        }),
        Layer::Words(_) | Layer::Still(_) => None,
    })
}

/// Whether an output has surfaces without output masks, and with them: those of the two that are so.
fn masked(resolved: &ResolvedOutput) -> impl Iterator<Item = bool> {
    let has = [false, true].map(|masked| resolved.surfaces.iter().any(|surface| surface.mask.is_some() == masked));
    [false, true].into_iter().filter(move |masked| has[usize::from(*masked)])
}

impl Renderer {
    /// Has those pipelines compiled in the background that will be needed when a key asks: for what comes, for what may be cued, for other
    /// looks, and on the way from one look to the next.
    pub(super) fn expect_pipelines(&mut self, gpu: &Gpu, plans: Plans, prefetch: &Prefetch, resolved: &ResolvedOutput) {
        let Self { tiles, wall: pass, shaded, .. } = self;
        let own = resolved.surfaces.iter().filter_map(|surface| plans.own_of(surface));
        let on = shaded.entry(resolved.id).or_default();
        on.clear();
        for layer in [plans.wall].into_iter().chain(own).flat_map(scenes_of).flat_map(shaded_layers) {
            if !on.contains(&layer) {
                on.push(layer);
            }
        }
        let colour = &resolved.output.colour;
        let expected = pass.expected();
        let mut expect = |layer: ShadedLayer| {
            let shading = layer.shading(colour);
            masked(resolved).for_each(|is_masked| expected.expect(shading, is_masked));
        };
        let mut shown = None;
        let scenes = [&plans.wall.scene].into_iter().chain(&prefetch.scenes).chain(&prefetch.cueable);
        for layer in scenes.flat_map(shaded_layers) {
            shown = shown.or(Some(layer));
            layer.as_may_be(tiles.has_corrections()).for_each(&mut expect);
        }
        for look in &prefetch.looks {
            expect(shown.map_or(ShadedLayer::plain(*look), |shown| ShadedLayer { look: *look, ..shown }));
            if let Some(shown) = shown {
                expect(ShadedLayer { look: shown.look.toward(look, 0.5), ..shown });
            }
        }
        // What a slider brings, at any moment and without a cue.
        for (mut shown, parameter) in shown.into_iter().flat_map(|shown| BY_HAND.map(|parameter| (shown, parameter))) {
            let range = parameter.range();
            parameter.set(&mut shown.look, f64::midpoint(range.low, range.high) as f32);
            masked(resolved).for_each(|is_masked| pass.expected().expect_first(shown.shading(colour), is_masked));
        }
        pass.compile_expected(gpu);
    }

    /// Whether what is on can go on with an output as it is resolved now, without a frame that compiles: with another calibration, or on
    /// surfaces that have output masks now. Where it cannot, that is compiled in the background.
    pub fn is_prepared(&mut self, gpu: &Gpu, resolved: &ResolvedOutput) -> bool {
        let Self { shaded, tiles, wall: pass, .. } = self;
        let mut is_prepared = true;
        for layer in shaded.get(&resolved.id).into_iter().flatten() {
            for layer in layer.as_may_be(tiles.has_corrections()) {
                let shading = layer.shading(&resolved.output.colour);
                for is_masked in masked(resolved) {
                    pass.expected().expect(shading, is_masked);
                    is_prepared &= pass.has_family(shading, is_masked);
                }
            }
        }
        pass.compile_expected(gpu);
        is_prepared
    }
}
