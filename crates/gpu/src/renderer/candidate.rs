//! Replaces a renderer's shaders while it runs: compiled on another thread, adopted between two frames, all or none.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::effect_pass::Effect;
use super::super::picture_pass::PicturePipelines;
use super::super::shader_set::ShaderSet;
use super::super::step_wedge_pass::StepWedgePass;
use super::super::wall_pipelines::Pipelines;
use super::super::words_pass::{WordsParts, WordsPipelines};
use super::super::{Gpu, shaders};
use super::Renderer;
use millions_base::Diagnostic;

/// Shaders to compile. See [`Renderer::candidate`].
pub struct ShaderCandidate(Box<dyn FnOnce() -> Result<BuiltShaders, Diagnostic> + Send>);

impl ShaderCandidate {
    /// Compiles the shaders, and every pipeline that is in use.
    ///
    /// # Errors
    /// The first that the device refuses.
    pub fn build(self) -> Result<BuiltShaders, Diagnostic> {
        (self.0)()
    }
}

/// Compiled shaders. See [`Renderer::adopt`].
pub struct BuiltShaders {
    set: ShaderSet,
    wall: Arc<Pipelines>,
    pictures: PicturePipelines,
    words: Option<WordsPipelines>,
    step_wedge: StepWedgePass,
    effects: Vec<Effect>,
}

impl BuiltShaders {
    /// Their sources.
    #[must_use]
    pub const fn set(&self) -> &ShaderSet {
        &self.set
    }
}

/// Compiles something on the device; a validation error becomes a diagnostic of that file.
fn guarded<T>(device: &wgpu::Device, path: PathBuf, compile: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let compiled = compile();
    match pollster::block_on(scope.pop()) {
        None => Ok(compiled),
        Some(error) => Err(Diagnostic::whole(&path, format!("cannot be drawn with: {error}"))),
    }
}

impl Renderer {
    /// Returns what compiles these shaders, for another thread: it may take seconds.
    #[must_use]
    pub fn candidate(&self, gpu: &Gpu, set: ShaderSet) -> ShaderCandidate {
        let format = self.format;
        let wall = self.wall.candidate();
        let pictures = self.pictures.candidate(gpu, format);
        let words = self.words.as_ref().map(|words| words.candidate(gpu, format));
        let device = gpu.device.clone();
        ShaderCandidate(Box::new(move || {
            let wall = guarded(&device, set.file_of(&shaders::WALL), || wall(&set.source(&shaders::WALL)))?;
            let pictures =
                guarded(&device, set.file_of(&shaders::PICTURE), || pictures(&set.source(&shaders::PICTURE)))?;
            let words = guarded(&device, set.file_of(&shaders::WORDS), || {
                words.map(|words| words(&set.source(&shaders::WORDS)))
            })?;
            let step_wedge = guarded(&device, set.file_of(&shaders::STEP_WEDGE), || {
                StepWedgePass::new(&device, format, &set.source(&shaders::STEP_WEDGE))
            })?;
            let compiled = set
                .effects()
                .map(|(path, source)| guarded(&device, path.to_owned(), || Effect::new(&device, &source, format)));
            let effects = compiled.collect::<Result<Vec<_>, _>>()?;
            Ok(BuiltShaders { wall, pictures, words, step_wedge, effects, set })
        }))
    }

    /// Draws with compiled shaders from the next frame on.
    pub fn adopt(&mut self, gpu: &Gpu, built: BuiltShaders) {
        let BuiltShaders { set, wall, pictures, words, step_wedge, effects } = built;
        self.wall.adopt(wall);
        self.pictures.adopt(pictures);
        if let Some(pass) = &mut self.words {
            // The words pass may have been created while the rest was compiled.
            let words = words.unwrap_or_else(|| pass.candidate(gpu, self.format)(&set.source(&shaders::WORDS)));
            pass.adopt(words);
        }
        if let Some(ahead) = self.words_ahead.take() {
            // They are of the shaders before; the fonts are kept, where they are there.
            self.fonts = ahead.try_recv().ok().flatten().map(WordsParts::into_fonts);
        }
        self.step_wedge = Some(step_wedge);
        self.effects = effects;
        self.shaders = set;
    }

    /// Compiles a show's own shaders at once.
    ///
    /// # Errors
    /// The first that the device refuses.
    pub fn with_shaders(mut self, gpu: &Gpu, set: &ShaderSet) -> Result<Self, Diagnostic> {
        if !set.is_plain() {
            let built = self.candidate(gpu, set.clone()).build()?;
            self.adopt(gpu, built);
        }
        Ok(self)
    }
}
