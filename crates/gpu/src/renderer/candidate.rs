//! Other shaders for a renderer: made ready on a thread, taken over between two frames, all of them or none.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::chart_pass::ChartPass;
use super::super::effect_pass::Effect;
use super::super::picture_pass::PicturePipelines;
use super::super::shader_set::ShaderSet;
use super::super::wall_pass::Pipelines;
use super::super::words_pass::WordsPipelines;
use super::super::{Gpu, shaders};
use super::Renderer;
use millions_base::Problem;

/// Shaders to be made ready. See [`Renderer::candidate`].
pub struct Candidate(Box<dyn FnOnce() -> Result<Built, Problem> + Send>);

impl Candidate {
    /// Compiles them, and every pipeline that is in use.
    ///
    /// # Errors
    /// The first that the device refuses; then nothing has changed.
    pub fn build(self) -> Result<Built, Problem> {
        (self.0)()
    }
}

/// Shaders that are ready. See [`Renderer::adopt`].
pub struct Built {
    set: ShaderSet,
    wall: Arc<Pipelines>,
    pictures: PicturePipelines,
    words: Option<WordsPipelines>,
    chart: ChartPass,
    effects: Vec<Effect>,
}

impl Built {
    /// Which they are.
    #[must_use]
    pub const fn set(&self) -> &ShaderSet {
        &self.set
    }
}

/// Makes something on the device; what the device has against it is a problem of that file.
fn guarded<T>(device: &wgpu::Device, path: PathBuf, make: impl FnOnce() -> T) -> Result<T, Problem> {
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let made = make();
    match pollster::block_on(scope.pop()) {
        None => Ok(made),
        Some(error) => Err(Problem::whole(&path, format!("cannot be drawn with: {error}"))),
    }
}

impl Renderer {
    /// What makes these shaders ready to be drawn with; for another thread, as it takes its time.
    #[must_use]
    pub fn candidate(&self, gpu: &Gpu, set: ShaderSet) -> Candidate {
        let format = self.format;
        let wall = self.wall.candidate();
        let pictures = self.pictures.candidate(gpu, format);
        let words = self.words.as_ref().map(|words| words.candidate(gpu, format));
        let device = gpu.device.clone();
        Candidate(Box::new(move || {
            let wall = guarded(&device, set.file_of(&shaders::WALL), || wall(&set.source(&shaders::WALL)))?;
            let pictures =
                guarded(&device, set.file_of(&shaders::PICTURE), || pictures(&set.source(&shaders::PICTURE)))?;
            let words = guarded(&device, set.file_of(&shaders::WORDS), || {
                words.map(|words| words(&set.source(&shaders::WORDS)))
            })?;
            let chart = guarded(&device, set.file_of(&shaders::CHART), || {
                ChartPass::new(&device, format, &set.source(&shaders::CHART))
            })?;
            let compiled = set
                .effects()
                .map(|(path, source)| guarded(&device, path.to_owned(), || Effect::new(&device, &source, format)));
            let effects = compiled.collect::<Result<Vec<_>, _>>()?;
            Ok(Built { wall, pictures, words, chart, effects, set })
        }))
    }

    /// Draws with shaders that were made ready, all of them from the next frame on.
    pub fn adopt(&mut self, gpu: &Gpu, built: Built) {
        let Built { set, wall, pictures, words, chart, effects } = built;
        self.wall.adopt(wall);
        self.pictures.adopt(pictures);
        if let Some(pass) = &mut self.words {
            // The first words may have come while the rest was compiled.
            let words = words.unwrap_or_else(|| pass.candidate(gpu, self.format)(&set.source(&shaders::WORDS)));
            pass.adopt(words);
        }
        self.chart = Some(chart);
        self.effects = effects;
        self.shaders = set;
    }

    /// The same renderer with a show's own shaders from the start.
    ///
    /// # Errors
    /// When one of them cannot be drawn with here.
    pub fn with_shaders(mut self, gpu: &Gpu, set: &ShaderSet) -> Result<Self, Problem> {
        if !set.is_plain() {
            let built = self.candidate(gpu, set.clone()).build()?;
            self.adopt(gpu, built);
        }
        Ok(self)
    }
}
