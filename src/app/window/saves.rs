//! What was saved while the wall plays, taken over between two frames.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use super::super::folder_files::FolderFiles;
use super::super::reload::{Change, Reload};
use super::App;
use millions_gpu::{Gpu, Renderer, ShaderSet, TargetFormat};
use millions_wall::tile::TileSource;

/// What renderers draw.
pub(super) struct RenderSources {
    pub tiles: Arc<dyn TileSource>,
    pub pictures: Arc<FolderFiles>,
    /// The last good ones.
    pub shaders: ShaderSet,
}

impl RenderSources {
    pub fn renderer(&self, gpu: &Gpu, format: TargetFormat, size: (u32, u32), scenes: usize) -> Renderer {
        let renderer = Renderer::for_scenes(gpu, self.tiles.clone(), format, size, scenes);
        let renderer = renderer.with_pictures(self.pictures.clone());
        let renderer = match renderer.with_shaders(gpu, &self.shaders) {
            Ok(renderer) => renderer,
            Err(problem) => {
                // A wall in the program's own shaders is better than none.
                tracing::error!("{problem}");
                Renderer::for_scenes(gpu, self.tiles.clone(), format, size, scenes).with_pictures(self.pictures.clone())
            }
        };
        renderer.warm(gpu);
        renderer
    }
}

impl App {
    /// Takes over what was saved, as far as it is good.
    pub(super) fn follow_saves(&mut self) {
        let real_secs = self.real_secs();
        let changes: Vec<_> = self.reload.iter().flat_map(Reload::changes).collect();
        for change in changes {
            match change {
                Change::Show(show) => match self.operator.set_show(*show, real_secs) {
                    Ok(()) => tracing::info!("the show has changed"),
                    Err(error) => tracing::error!("the show as it was saved cannot be shown: {error}"),
                },
                Change::Shaders(set) => self.try_shaders(set),
                Change::File(path) => {
                    self.made_of.pictures.forget(&path);
                    if let Some(drawing) = &mut self.drawing {
                        drawing.renderer.forget_file(&path);
                    }
                }
            }
            self.next_frame = Instant::now();
        }
        match self.built.as_ref().map(Receiver::try_recv) {
            Some(Ok(Ok(built))) => {
                (self.built, self.pending) = (None, None);
                if let Some(drawing) = &mut self.drawing {
                    self.made_of.shaders = built.set().clone();
                    drawing.renderer.adopt(&drawing.gpu, built);
                    drawing.renderer.warm(&drawing.gpu);
                    tracing::info!("the shaders have changed");
                }
            }
            Some(Ok(Err(problem))) => {
                (self.built, self.pending) = (None, None);
                tracing::error!("{problem}\n  the wall keeps the shaders as they were before");
            }
            // The thread ended without a word: its device is gone.
            Some(Err(TryRecvError::Disconnected)) => self.built = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
    }

    /// Makes shaders ready on a thread, for a driver takes its time; those of the last save count.
    pub(super) fn try_shaders(&mut self, set: ShaderSet) {
        let Some(drawing) = &self.drawing else {
            self.pending = Some(set);
            return;
        };
        self.pending = Some(set.clone());
        let candidate = drawing.renderer.candidate(&drawing.gpu, set);
        let (done, built) = bounded(1);
        drawing.gpu.background(move |_| drop(done.send(candidate.build())));
        self.built = Some(built);
    }
}
