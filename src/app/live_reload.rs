//! Application of reloaded files between two frames. See [`LiveReload`].

use std::sync::atomic::Ordering;

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use super::device::{Device, RenderSources};
use super::operator::Operator;
use super::reload::{Change, Reload};
use super::shader_trial::try_in_a_process;
use millions_base::Diagnostic;
use millions_gpu::{BuiltShaders, ShaderSet};

/// The reloaded files of the show, and the compilation of its shaders.
pub struct LiveReload {
    files: Option<Reload>,
    /// The shaders that a thread compiles.
    building: Option<Receiver<Result<BuiltShaders, Diagnostic>>>,
    /// Their source, to be compiled again after a lost device.
    pending: Option<ShaderSet>,
}

impl LiveReload {
    pub const fn new(files: Option<Reload>) -> Self {
        Self { files, building: None, pending: None }
    }

    /// Tries shaders, and compiles them, on a thread, as a driver takes long; a later save supersedes an earlier one.
    fn build(&mut self, device: Option<&Device>, set: ShaderSet) {
        self.pending = Some(set.clone());
        let Some(device) = device else { return };
        let (adapter, px) = (device.gpu.adapter_name(), device.renderer.output_px());
        let candidate = device.renderer.candidate(&device.gpu, set.clone());
        let (done, building) = bounded(1);
        device.gpu.background(move |stopped| {
            let tried = try_in_a_process(&set, Some(&adapter), px, stopped);
            if !stopped.load(Ordering::Relaxed) {
                drop(done.send(tried.and_then(|()| candidate.build())));
            }
        });
        self.building = Some(building);
    }

    /// Switches to compiled shaders.
    fn adopt_built(&mut self, sources: &mut RenderSources, device: Option<&mut Device>) {
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
                if let Some(device) = device {
                    sources.shaders = built.set().clone();
                    device.renderer.adopt(&device.gpu, built);
                    tracing::info!("the shaders have changed");
                }
            }
            Err(error) => tracing::error!("{error}\n  the wall keeps the shaders as they were before"),
        }
    }

    /// Drops the compilation for a lost device.
    pub fn device_lost(&mut self) {
        self.building = None;
    }

    /// Restarts the compilation that was pending when the device was lost.
    pub fn device_recovered(&mut self, device: Option<&Device>) {
        if self.building.is_none()
            && let Some(set) = self.pending.take()
        {
            self.build(device, set);
        }
    }

    /// Applies the changes of saved files at a real time; returns whether there were any.
    pub fn follow(
        &mut self,
        operator: &mut Operator,
        sources: &mut RenderSources,
        mut device: Option<&mut Device>,
        real_secs: f64,
    ) -> bool {
        let changes: Vec<_> = self.files.iter().flat_map(Reload::changes).collect();
        let any = !changes.is_empty();
        for change in changes {
            match change {
                Change::Show(show) => match operator.set_show(*show, real_secs) {
                    Ok(()) => tracing::info!("the show has changed"),
                    Err(error) => tracing::error!("the show as it was saved cannot be shown: {error}"),
                },
                Change::Shaders(set) => self.build(device.as_deref(), set),
                Change::File(path) => {
                    sources.forget_file(device.as_deref_mut(), &path);
                    operator.player.forget_picture(&path);
                }
            }
        }
        self.adopt_built(sources, device);
        any
    }
}
