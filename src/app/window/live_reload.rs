//! Files saved while the wall plays, taken over between two frames. See [`LiveReload`].

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use super::super::reload::{Change, Reload};
use super::App;
use super::graphics::Graphics;
use millions_base::Diagnostic;
use millions_gpu::{BuiltShaders, ShaderSet};

/// The show's files, and the shaders among them that are being compiled.
pub(super) struct LiveReload {
    files: Option<Reload>,
    /// Shaders that a thread compiles.
    building: Option<Receiver<Result<BuiltShaders, Diagnostic>>>,
    /// Their source, which is compiled again after a lost device.
    pending: Option<ShaderSet>,
}

impl LiveReload {
    pub const fn new(files: Option<Reload>) -> Self {
        Self { files, building: None, pending: None }
    }

    /// Compiles shaders on a thread, for a driver takes its time; those of the last save count.
    fn build(&mut self, graphics: &Graphics, set: ShaderSet) {
        self.pending = Some(set.clone());
        let Some(device) = &graphics.device else { return };
        let candidate = device.renderer.candidate(&device.gpu, set);
        let (done, building) = bounded(1);
        device.gpu.background(move |_| drop(done.send(candidate.build())));
        self.building = Some(building);
    }

    /// Draws with the shaders that were compiled.
    fn adopt_built(&mut self, graphics: &mut Graphics) {
        let built = match self.building.as_ref().map(Receiver::try_recv) {
            Some(Ok(built)) => built,
            // The thread ended without a result: its device is gone.
            Some(Err(TryRecvError::Disconnected)) => {
                self.building = None;
                return;
            }
            Some(Err(TryRecvError::Empty)) | None => return,
        };
        (self.building, self.pending) = (None, None);
        match built {
            Ok(built) => {
                if let Some(device) = &mut graphics.device {
                    graphics.sources.shaders = built.set().clone();
                    device.renderer.adopt(&device.gpu, built);
                    device.renderer.warm(&device.gpu);
                    tracing::info!("the shaders have changed");
                }
            }
            Err(error) => tracing::error!("{error}\n  the wall keeps the shaders as they were before"),
        }
    }

    /// Forgets what was compiled for a device that is lost.
    pub fn device_lost(&mut self) {
        self.building = None;
    }

    /// Compiles for a new device what was not ready when the last one was lost.
    pub fn device_recovered(&mut self, graphics: &Graphics) {
        if let Some(set) = self.pending.take() {
            self.build(graphics, set);
        }
    }
}

impl App {
    /// Takes over what was saved, as far as it is valid.
    pub(super) fn follow_saves(&mut self) {
        let real_secs = self.pacing.real_secs();
        let changes: Vec<_> = self.live.files.iter().flat_map(Reload::changes).collect();
        for change in changes {
            match change {
                Change::Show(show) => match self.operator.set_show(*show, real_secs) {
                    Ok(()) => tracing::info!("the show has changed"),
                    Err(error) => tracing::error!("the show as it was saved cannot be shown: {error}"),
                },
                Change::Shaders(set) => self.live.build(&self.graphics, set),
                Change::File(path) => self.graphics.forget_file(&path),
            }
            self.pacing.draw_soon();
        }
        self.live.adopt_built(&mut self.graphics);
    }
}
