//! The windows in which outputs are shown. See [`windows`].

use glam::{IVec2, UVec2};

use super::{MonitorId, Output, OutputId, match_outputs};

/// A rectangle of the desktop, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskRect {
    /// The upper left corner.
    pub origin: IVec2,
    /// Width and height.
    pub size: UVec2,
}

/// A connected monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenMonitor {
    /// Its EDID and its port.
    pub id: MonitorId,
    /// Its rectangle.
    pub rect: DeskRect,
}

/// A window on the monitors of its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPlan {
    /// The monitors that it covers.
    pub rect: DeskRect,
    /// Its outputs, in the stage's order.
    pub shown: Vec<ShownOutput>,
}

/// An output in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownOutput {
    /// The output.
    pub output: OutputId,
    /// Its upper left corner, from that of the window.
    pub origin: UVec2,
    /// The size of its target in pixels; it is clipped at the window's edges.
    pub size: UVec2,
}

impl DeskRect {
    fn end(self) -> IVec2 {
        self.origin + self.size.as_ivec2()
    }

    /// The bounding box of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let origin = self.origin.min(other.origin);
        Self { origin, size: (self.end().max(other.end()) - origin).as_uvec2() }
    }

    /// Whether they have a pixel in common.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.origin.cmplt(other.end()).all() && other.origin.cmplt(self.end()).all()
    }

    /// Whether it contains all of another.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.union(other) == self
    }
}

impl WindowPlan {
    /// The same outputs at the same places of the desktop, in another window.
    #[must_use]
    pub fn in_window(&self, rect: DeskRect) -> Self {
        let by = self.rect.origin - rect.origin;
        let moved = |shown: &ShownOutput| ShownOutput { origin: (shown.origin.as_ivec2() + by).as_uvec2(), ..*shown };
        Self { rect, shown: self.shown.iter().map(moved).collect() }
    }

    /// Whether it has an output in common with another.
    #[must_use]
    pub fn shares_an_output_with(&self, other: &Self) -> bool {
        self.shown.iter().any(|own| other.shown.iter().any(|shown| shown.output == own.output))
    }

    /// Whether a single output fills it.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        matches!(self.shown[..], [shown] if shown.origin == UVec2::ZERO && shown.size == self.rect.size)
    }
}

/// A window while it is planned.
struct Draft<'a> {
    /// The name of a shared window.
    name: Option<&'a String>,
    /// The index of the monitor of its first output.
    monitor: usize,
    plan: WindowPlan,
}

/// Plans the windows of all outputs whose monitors are connected, as [`match_outputs`] assigns them: one for each monitor,
/// shared by several outputs that have an origin on it, and one for all outputs that name the same window. Outputs without
/// a monitor are in none.
#[must_use]
pub fn windows(outputs: &[Output], connected: &[SeenMonitor]) -> Vec<WindowPlan> {
    // Outputs that share a monitor are matched once, by the first of them.
    let shares = |output: &Output| output.at.is_some() && output.monitor.is_some();
    let first_on_monitor = |index: usize| {
        let own = &outputs[index];
        let first = outputs.iter().position(|other| shares(other) && other.monitor == own.monitor);
        first.filter(|_| shares(own)).unwrap_or(index)
    };
    let firsts: Vec<usize> = (0..outputs.len()).filter(|index| first_on_monitor(*index) == *index).collect();
    let matched_outputs: Vec<_> = firsts.iter().map(|index| outputs[*index].clone()).collect();
    let ids: Vec<_> = connected.iter().map(|monitor| monitor.id.clone()).collect();
    let matches = match_outputs(&matched_outputs, &ids);
    let monitor_of = |index: usize| matches[firsts.iter().position(|first| *first == first_on_monitor(index))?];
    let mut drafts: Vec<Draft> = Vec::new();
    for (index, output) in outputs.iter().enumerate() {
        let Some(monitor) = monitor_of(index) else { continue };
        let rect = connected[monitor].rect;
        let (origin, size) = match output.at {
            Some(at) => (at, output.target_size()),
            None => (UVec2::ZERO, rect.size),
        };
        let plan = WindowPlan { rect, shown: vec![ShownOutput { output: output.id, origin, size }] };
        let name = output.window.as_ref();
        let is_in = |draft: &&mut Draft| draft.name == name && (name.is_some() || draft.monitor == monitor);
        let Some(draft) = drafts.iter_mut().find(is_in) else {
            drafts.push(Draft { name, monitor, plan });
            continue;
        };
        let rect = draft.plan.rect.union(plan.rect);
        let shown = [draft.plan.in_window(rect).shown, plan.in_window(rect).shown].concat();
        draft.plan = WindowPlan { rect, shown };
    }
    drafts.into_iter().map(|draft| draft.plan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn monitor(port: &str, x: i32, y: i32) -> SeenMonitor {
        let id = MonitorId { port: Some(port.to_owned()), ..MonitorId::default() };
        SeenMonitor { id, rect: DeskRect { origin: IVec2::new(x, y), size: UVec2::new(1920, 1080) } }
    }

    fn output(name: &str, port: &str) -> Output {
        Output { monitor: Some(monitor(port, 0, 0).id), ..Output::new(name, UVec2::new(1280, 720)) }
    }

    fn shown(output: u32, x: u32, y: u32, size: [u32; 2]) -> ShownOutput {
        ShownOutput { output: OutputId(output), origin: UVec2::new(x, y), size: size.into() }
    }

    /// Outputs with the ids of their places.
    fn numbered<const N: usize>(outputs: [Output; N]) -> Vec<Output> {
        crate::Stage::new(1.0, outputs.into(), Vec::new()).outputs
    }

    const HD: [u32; 2] = [1920, 1080];

    #[test]
    fn each_output_has_a_window_on_its_monitor_and_those_without_one_have_none() {
        let seen = [monitor("LAPTOP", 0, 0), monitor("B", 3840, 0), monitor("A", 1920, 0)];
        let outputs =
            numbered([output("a", "A"), Output::new("free", UVec2::ONE), output("gone", "C"), output("b", "B")]);
        let plans = windows(&outputs, &seen);
        let expected = [(&seen[2], shown(0, 0, 0, HD)), (&seen[1], shown(3, 0, 0, HD))];
        let expected = expected.map(|(monitor, shown)| WindowPlan { rect: monitor.rect, shown: vec![shown] });
        assert_eq!(plans, expected);
        assert!(plans.iter().all(WindowPlan::is_filled));
    }

    #[test]
    fn outputs_of_one_window_span_their_monitors_whichever_are_there() {
        let seen = [monitor("B", 1920, -100), monitor("A", 0, 0), monitor("C", -1920, 0)];
        let named = |name, port| Output { window: Some("wall".to_owned()), ..output(name, port) };
        let outputs = numbered([named("a", "A"), named("b", "B"), output("c", "C")]);
        let plans = windows(&outputs, &seen);
        let rect = DeskRect { origin: IVec2::new(0, -100), size: UVec2::new(3840, 1180) };
        let both = WindowPlan { rect, shown: vec![shown(0, 0, 100, HD), shown(1, 1920, 0, HD)] };
        assert_eq!(plans[0], both);
        assert!(plans.len() == 2 && plans[1].is_filled() && !both.is_filled());
        // Without the other's monitor it stays at its place in the window.
        let alone = windows(&outputs, &seen[1..]).remove(0);
        assert!(alone.is_filled() && rect.contains(alone.rect) && !alone.rect.contains(rect));
        assert_eq!(alone.in_window(rect).shown, [shown(0, 0, 100, HD)]);
    }

    #[test]
    fn outputs_with_origins_share_a_monitor() {
        let placed = |name, at: [u32; 2]| Output { at: Some(at.into()), ..output(name, "A") };
        let outputs = numbered([placed("left", [0, 0]), placed("right", [1280, 0]), output("late", "A")]);
        let seen = [monitor("A", 0, 0)];
        let small = [1280, 720];
        let plans = windows(&outputs, &seen);
        // An output without an origin finds the monitor taken.
        let both = vec![shown(0, 0, 0, small), shown(1, 1280, 0, small)];
        assert_eq!(plans, [WindowPlan { rect: seen[0].rect, shown: both }]);
        assert!(windows(&outputs, &[]).is_empty());
    }
}
