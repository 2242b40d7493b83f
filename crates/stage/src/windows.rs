//! Which windows outputs are shown in. See [`windows`].

use glam::{IVec2, UVec2};

use super::{MonitorId, Output, OutputId, match_outputs};

/// A rectangle of the desktop, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskRect {
    /// Its upper left corner.
    pub origin: IVec2,
    /// Its width and height.
    pub size: UVec2,
}

/// A monitor that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenMonitor {
    /// What it says of itself, and its port.
    pub id: MonitorId,
    /// Where it is.
    pub rect: DeskRect,
}

/// A window, and what is in it.
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
    /// The size of what the projector is sent. What of it is beyond the window is not seen.
    pub size: UVec2,
}

impl DeskRect {
    /// The least that has both in it.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        let origin = self.origin.min(other.origin);
        let end = (self.origin + self.size.as_ivec2()).max(other.origin + other.size.as_ivec2());
        Self { origin, size: (end - origin).as_uvec2() }
    }

    /// Whether they share a pixel.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        let (end, other_end) = (self.origin + self.size.as_ivec2(), other.origin + other.size.as_ivec2());
        self.origin.cmplt(other_end).all() && other.origin.cmplt(end).all()
    }

    /// Whether all of another is in it.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.around(other) == self
    }
}

impl WindowPlan {
    /// The same outputs in a window of another place.
    #[must_use]
    pub fn within(&self, rect: DeskRect) -> Self {
        let by = self.rect.origin - rect.origin;
        let moved = |shown: &ShownOutput| ShownOutput { origin: (shown.origin.as_ivec2() + by).as_uvec2(), ..*shown };
        Self { rect, shown: self.shown.iter().map(moved).collect() }
    }

    /// Whether some of its outputs are those of another.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        self.shown.iter().any(|own| other.shown.iter().any(|shown| shown.output == own.output))
    }

    /// Whether it is one output and nothing beside it.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        matches!(self.shown[..], [shown] if shown.origin == UVec2::ZERO && shown.size == self.rect.size)
    }
}

/// The windows of the outputs whose monitors are there; those that name no monitor, or whose monitor is not there, are in
/// none. One window for each monitor, which several outputs share where each says its place there; and one for all
/// outputs that name the same window. Which monitor is whose, [`match_outputs`] says.
#[must_use]
pub fn windows(outputs: &[Output], seen: &[SeenMonitor]) -> Vec<WindowPlan> {
    // Who shares a monitor goes with the first of those.
    let shares = |output: &Output| output.at.is_some() && output.monitor.is_some();
    let speaks = |index: usize| {
        let own = &outputs[index];
        let first = outputs.iter().position(|other| shares(other) && other.monitor == own.monitor);
        first.filter(|_| shares(own)).unwrap_or(index)
    };
    let speakers: Vec<usize> = (0..outputs.len()).filter(|index| speaks(*index) == *index).collect();
    let wanted: Vec<_> = speakers.iter().map(|index| outputs[*index].clone()).collect();
    let ids: Vec<_> = seen.iter().map(|monitor| monitor.id.clone()).collect();
    let found = match_outputs(&wanted, &ids);
    let monitor_of = |index: usize| {
        let place = speakers.iter().position(|speaker| *speaker == speaks(index))?;
        found[place]
    };
    let mut plans: Vec<(Option<&String>, usize, WindowPlan)> = Vec::new();
    for (index, output) in outputs.iter().enumerate() {
        let Some(monitor) = monitor_of(index) else { continue };
        let rect = seen[monitor].rect;
        let (origin, size) = match output.at {
            Some(at) => (at, output.target_size()),
            None => (UVec2::ZERO, rect.size),
        };
        let own = WindowPlan { rect, shown: vec![ShownOutput { output: output.id, origin, size }] };
        let name = output.window.as_ref();
        let together = plans.iter_mut().find(|(other, on, _)| match (name, other) {
            (Some(name), Some(other)) => name == *other,
            (None, None) => *on == monitor,
            _ => false,
        });
        let Some((_, _, plan)) = together else {
            plans.push((name, monitor, own));
            continue;
        };
        let rect = plan.rect.around(own.rect);
        let (before, own) = (plan.within(rect), own.within(rect));
        *plan = WindowPlan { rect, shown: before.shown.into_iter().chain(own.shown).collect() };
    }
    plans.into_iter().map(|(_, _, plan)| plan).collect()
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
    fn each_has_a_window_on_its_monitor_and_who_has_none_is_left_out() {
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
        // The other one's monitor has gone: in the window that there is, it stays where it was.
        let alone = windows(&outputs, &seen[1..]).remove(0);
        assert!(alone.is_filled() && rect.has(alone.rect) && !alone.rect.has(rect));
        assert_eq!(alone.within(rect).shown, [shown(0, 0, 100, HD)]);
    }

    #[test]
    fn outputs_share_a_monitor_where_each_says_its_place() {
        let placed = |name, at: [u32; 2]| Output { at: Some(at.into()), ..output(name, "A") };
        let outputs = numbered([placed("left", [0, 0]), placed("right", [1280, 0]), output("late", "A")]);
        let seen = [monitor("A", 0, 0)];
        let small = [1280, 720];
        let plans = windows(&outputs, &seen);
        // Whoever wants all of it comes too late.
        let both = vec![shown(0, 0, 0, small), shown(1, 1280, 0, small)];
        assert_eq!(plans, [WindowPlan { rect: seen[0].rect, shown: both }]);
        assert!(windows(&outputs, &[]).is_empty());
    }
}
