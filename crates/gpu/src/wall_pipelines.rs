//! The pipelines of the wall's shader: one for each of its specialisations that is drawn, or that may be soon. See [`Pipelines`].

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use super::resources::{self, PipelineDescriptor, flag};
use super::tone_terms::ToneTermsMode;
use super::{Gpu, shaders};
use millions_wall::strips::StripVertex;
use millions_wall::tone::ToneUniform;

/// How tiles are shaded, as far as the shader is specialised for it: it follows from a look and an output's calibration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shading {
    chroma: bool,
    tones: ToneTermsMode,
    finish: Finish,
}

impl Shading {
    /// How a look, with an output's calibration, is shaded with these tones.
    pub fn new(tone: &ToneUniform, tones: ToneTermsMode, needs_chroma: bool) -> Self {
        // The default look has exactly 1 and 0 here.
        let finish = if tone.halftone > 0.0 || tone.stencil > 0.0 {
            Finish::Halftone
        } else if tone.power != 1.0 || tone.wall_power != 1.0 {
            Finish::Gamma
        } else if tone.grain > 0.0 || tone.tint != [1.0; 3] {
            Finish::Grain
        } else {
            Finish::Plain
        };
        Self { chroma: needs_chroma || !tone.is_neutral(), tones, finish }
    }
}

/// A specialisation of the shader: what a draw does not need is compiled away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variant {
    pub shading: Shading,
    /// Whether each cell has a word of details.
    pub details: bool,
    /// Whether it is blended over what is drawn already.
    pub over: bool,
    pub mask: Mask,
}

/// How the output mask is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mask {
    /// Not at all: the surface is neither warped nor masked.
    None,
    /// From its texture.
    Texture,
    /// With one value for all pixels.
    Uniform,
}

/// The last steps of the tones; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finish {
    Plain,
    /// Grain, or a tinted white.
    Grain,
    /// A gamma, of the look or of the calibration.
    Gamma,
    /// A halftone screen or a stencil.
    Halftone,
}

const TONES: [ToneTermsMode; 4] =
    [ToneTermsMode::AsShot, ToneTermsMode::Prematched, ToneTermsMode::PerCell, ToneTermsMode::PerCellWithClarity];
const FINISHES: [Finish; 4] = [Finish::Plain, Finish::Grain, Finish::Gamma, Finish::Halftone];
const MASKS: [Mask; 3] = [Mask::None, Mask::Texture, Mask::Uniform];
/// Indices of variants, including those that never occur.
const VARIANTS: usize = 2 * 2 * FINISHES.len() * TONES.len() * 2 * MASKS.len();

impl Variant {
    /// What may be drawn soon where something in this shading is drawn: whole, with people who come or go, and blended, on surfaces
    /// with or without output masks.
    fn family(shading: Shading, is_masked: bool) -> impl Iterator<Item = Self> {
        let masks: &[Mask] = if is_masked { &[Mask::Texture, Mask::Uniform] } else { &[Mask::None] };
        let blends = [(false, false), (true, false), (true, true)];
        masks.iter().flat_map(move |mask| blends.map(|(details, over)| Self { shading, details, over, mask: *mask }))
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..VARIANTS)
            .map(|index| Self {
                shading: Shading {
                    chroma: index & 1 != 0,
                    finish: FINISHES[index >> 2 & 3],
                    tones: TONES[index >> 4 & 3],
                },
                details: index & 2 != 0,
                over: index & 64 != 0,
                mask: MASKS[index >> 7],
            })
            .filter(|variant| variant.occurs())
    }

    fn index(self) -> usize {
        let Self { shading: Shading { chroma, tones, finish }, details, over, mask } = self;
        let flags = usize::from(chroma) | usize::from(details) << 1 | usize::from(over) << 6;
        flags | (finish as usize) << 2 | (tones as usize) << 4 | (mask as usize) << 7
    }

    /// Whether a draw can have it: tiles hold no matched colour, and blending always needs details.
    fn occurs(self) -> bool {
        !(self.shading.chroma && self.shading.tones == ToneTermsMode::Prematched) && (self.details || !self.over)
    }
}

/// The pipelines of the wall's shader, each compiled on first use, or ahead, on a thread, where it is expected. All that could ever be
/// needed are some hundreds, and a driver may take megabytes for each.
pub struct Pipelines {
    device: wgpu::Device,
    module: wgpu::ShaderModule,
    layout: wgpu::BindGroupLayout,
    target: wgpu::TextureFormat,
    supersamples: bool,
    /// By [`Variant::index`].
    compiled: Vec<OnceLock<wgpu::RenderPipeline>>,
}

impl Pipelines {
    pub fn new(
        device: &wgpu::Device,
        source: &str,
        layout: &wgpu::BindGroupLayout,
        target: wgpu::TextureFormat,
        supersamples: bool,
    ) -> Self {
        let module = resources::module(device, shaders::WALL.name, source);
        let (device, layout) = (device.clone(), layout.clone());
        let compiled = (0..VARIANTS).map(|_| OnceLock::new()).collect();
        Self { device, module, layout, target, supersamples, compiled }
    }

    /// Those of another source, of which those are compiled that are compiled here.
    pub fn with_source(&self, source: &str) -> Self {
        let after = Self::new(&self.device, source, &self.layout, self.target, self.supersamples);
        for variant in Variant::all().filter(|variant| self.is_compiled(*variant)) {
            after.get(variant);
        }
        after
    }

    pub fn is_compiled(&self, variant: Variant) -> bool {
        self.compiled[variant.index()].get().is_some()
    }

    /// Whether what may be drawn soon in a shading is compiled, on surfaces with or without output masks.
    pub fn has_family(&self, shading: Shading, is_masked: bool) -> bool {
        Variant::family(shading, is_masked).filter(|variant| variant.occurs()).all(|variant| self.is_compiled(variant))
    }

    /// The number of those that are compiled.
    #[cfg(test)]
    pub fn compiled(&self) -> usize {
        self.compiled.iter().filter(|pipeline| pipeline.get().is_some()).count()
    }

    pub fn get(&self, variant: Variant) -> &wgpu::RenderPipeline {
        self.compiled[variant.index()].get_or_init(|| self.compile(variant))
    }

    fn compile(&self, Variant { shading, details, over, mask }: Variant) -> wgpu::RenderPipeline {
        let Shading { chroma, tones, finish } = shading;
        let at_least = |least: Finish| flag(finish as usize >= least as usize);
        let constants = [
            ("WITH_CHROMA", flag(chroma)),
            ("WITH_DETAILS", flag(details)),
            ("WITH_TONE_TERMS", flag(tones.is_per_cell())),
            ("WITH_CLARITY", flag(tones == ToneTermsMode::PerCellWithClarity)),
            ("PREMATCHED", flag(tones == ToneTermsMode::Prematched)),
            ("WITH_GRAIN", at_least(Finish::Grain)),
            ("WITH_GAMMA", at_least(Finish::Gamma)),
            ("WITH_HALFTONE", at_least(Finish::Halftone)),
            ("SUPERSAMPLED", flag(self.supersamples)),
            ("OVER", flag(over)),
            ("STAGED", flag(mask != Mask::None)),
            ("UNIFORM_MASK", flag(mask == Mask::Uniform)),
            ("TARGET_ENCODES", flag(self.target.is_srgb())),
        ];
        let vertices = wgpu::VertexBufferLayout {
            array_stride: size_of::<StripVertex>() as u64,
            step_mode: wgpu::VertexStepMode::Vertex,
            attributes: &wgpu::vertex_attr_array![
                0 => Float32x4, 1 => Float32x2, 2 => Float32x2, 3 => Uint32x4, 4 => Float32, 5 => Float32x2, 6 => Float32x4
            ],
        };
        let pipeline = PipelineDescriptor {
            label: "wall",
            module: &self.module,
            entry_points: ["vertex", "fragment"],
            constants: &constants,
            layout: &self.layout,
            vertices: Some(vertices),
            topology: wgpu::PrimitiveTopology::TriangleList,
            target: self.target,
            blend: over.then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        };
        pipeline.create(&self.device)
    }
}

/// What is to be compiled ahead. See [`Expected::expect`].
#[derive(Default)]
pub struct Expected {
    shadings: BTreeSet<(Shading, bool)>,
    /// Those of which only what is drawn first is expected.
    firsts: BTreeSet<(Shading, bool)>,
    /// The thread that compiles, as long as it does.
    compiling: Option<Arc<()>>,
    waiting: Vec<Variant>,
}

impl Expected {
    /// Expects something to be drawn in a shading, on surfaces with or without output masks.
    pub fn expect(&mut self, shading: Shading, is_masked: bool) {
        if self.shadings.insert((shading, is_masked)) {
            self.waiting.extend(Variant::family(shading, is_masked).filter(|variant| variant.occurs()));
        }
    }

    /// Expects something to be drawn in a shading that may never come: only what a wall at rest would have of it. Once that is drawn, the rest is
    /// expected as well.
    pub fn expect_first(&mut self, shading: Shading, is_masked: bool) {
        if !self.shadings.contains(&(shading, is_masked)) && self.firsts.insert((shading, is_masked)) {
            let is_first = |variant: &Variant| variant.occurs() && !variant.details && !variant.over;
            self.waiting.extend(Variant::family(shading, is_masked).filter(is_first));
        }
    }

    /// Compiles in the background what is expected and not yet there, one thread at a time: until done, or until the last owner drops
    /// the pipelines.
    pub fn compile(&mut self, gpu: &Gpu, pipelines: &Arc<Pipelines>) {
        // The thread has the other one.
        if self.waiting.is_empty() || self.compiling.as_ref().is_some_and(|running| Arc::strong_count(running) > 1) {
            return;
        }
        let (pipelines, waiting) = (Arc::downgrade(pipelines), std::mem::take(&mut self.waiting));
        let running = Arc::new(());
        self.compiling = Some(running.clone());
        gpu.background(move |stopped| {
            for variant in waiting {
                let Some(pipelines) = pipelines.upgrade().filter(|_| !stopped.load(Ordering::Relaxed)) else { return };
                pipelines.get(variant);
            }
            drop(running);
        });
    }

    /// Whether something is still to be compiled.
    pub fn is_compiling(&self) -> bool {
        !self.waiting.is_empty() || self.compiling.as_ref().is_some_and(|running| Arc::strong_count(running) > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_have_distinct_indices() {
        let indices: Vec<_> = Variant::all().map(Variant::index).collect();
        assert!(indices.is_sorted_by(|a, b| a < b) && indices.last().is_some_and(|last| *last < VARIANTS));
        assert!(Variant::all().all(|variant| Variant::all().filter(|other| *other == variant).count() == 1));
    }
}
