//! The frame of one output, drawn to whatever it is shown on. See [`draw_output`].

use super::device::Device;
use super::operator::{Operator, RecentPlan};
use millions_frame::Prefetch;
use millions_gpu::{DrawMode, FrameReport, OutputFrame, Plans, Target};
use millions_stage::ShownOutput;

/// What all outputs of a frame have in common.
pub struct FrameContext {
    /// When it is seen.
    pub real_secs: f64,
    /// The operator's text.
    pub caption: Option<Vec<[String; 2]>>,
    /// What will be seen soon.
    pub prefetch: Prefetch,
    /// Whether it waits for its tiles.
    pub mode: DrawMode,
    /// The wall's intensity at the end of the show, 1 before and 0 when it is black.
    pub fade: f32,
}

/// Draws an output at a real time; the first frame of its window is black.
pub fn draw_output(
    operator: &mut Operator,
    Device { gpu, renderer }: &mut Device,
    &ShownOutput { output, size, .. }: &ShownOutput,
    delayed_secs: f64,
    is_first: bool,
    context: &FrameContext,
    target: &Target,
) -> FrameReport {
    let RecentPlan { real_secs, mut plan, blackout } = operator.recorded(delayed_secs, output);
    plan.intensity *= context.fade;
    let blackout = blackout || is_first || context.fade <= 0.0;
    let resolved = operator.venue.resolve(output, size);
    let mut content = operator.venue.content(output, &plan, context.caption.clone(), blackout);
    if !blackout && !content.overlay.covers() {
        content.overlay.labels = operator.label_faces(&content.plan, output);
    }
    let own = operator.own_scenes(&resolved, &content.plan, real_secs);
    let frame = OutputFrame {
        plans: Plans { wall: &content.plan, own: &own },
        prefetch: &context.prefetch,
        resolved: &resolved,
        overlay: &content.overlay,
    };
    renderer.draw(gpu, &frame, target, context.mode)
}
