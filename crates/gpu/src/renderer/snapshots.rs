//! Snapshots: the pictures of frozen plans that a transition starts from when it interrupts another.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::{Gpu, resources};
use super::{DrawMode, Plans, Renderer};
use millions_frame::{DrawItem, FramePlan, Prefetch};
use millions_stage::{OutputId, ResolvedOutput};

/// A drawn plan.
pub(super) struct Snapshot {
    plan: Arc<FramePlan>,
    pub texture: wgpu::Texture,
}

/// The current snapshot of each output.
pub(super) type Snapshots = HashMap<OutputId, Snapshot>;

impl Renderer {
    /// Draws the snapshot that a plan starts from, in a submission of its own, and keeps it for as long as it is needed.
    pub(super) fn update_snapshot(&mut self, gpu: &Gpu, plan: &FramePlan, resolved: &ResolvedOutput, mode: DrawMode) {
        let wanted = plan.draw_list().into_iter().find_map(|item| match item {
            DrawItem::Snapshot(snapshot) => Some(snapshot.clone()),
            DrawItem::Black(_) | DrawItem::Layer { .. } => None,
        });
        let Some(wanted) = wanted else {
            self.snapshots.remove(&resolved.id);
            return;
        };
        let is_current = |Snapshot { plan, texture }: &Snapshot| {
            (Arc::ptr_eq(plan, &wanted) || plan.is_same_instant(&wanted))
                && resources::size_of_texture(texture) == resolved.size
        };
        if self.snapshots.get(&resolved.id).is_some_and(is_current) {
            return;
        }
        // First the snapshot that this one itself starts from; nearly always the one that is kept already.
        self.update_snapshot(gpu, &wanted, resolved, mode);
        let texture = resources::render_texture(&gpu.device, "snapshot", resolved.size, self.format);
        let plans = Plans::of_wall(&wanted);
        self.load_tiles(gpu, plans, &Prefetch::default(), resolved, mode);
        let steps = self.prepare_plans(gpu, plans, resolved, mode);
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.paint(&mut encoder, &steps, &resources::view(&texture));
        gpu.queue.submit([encoder.finish()]);
        self.begin_submission();
        self.snapshots.insert(resolved.id, Snapshot { plan: wanted, texture });
    }
}
