//! The plans of the last frames, for outputs that are delayed. See [`RecentPlans`].

use std::collections::VecDeque;

use millions_frame::FramePlan;

/// By how much a frame may be later than asked for and still be that frame: less than half a frame at 240 Hz.
const TOLERANCE_SECS: f64 = 0.002;

/// The wall as it was planned for one frame.
#[derive(Clone, Debug)]
pub struct RecentPlan {
    /// The frame's real time.
    pub real_secs: f64,
    /// Its plan, without test picture and help.
    pub plan: FramePlan,
    /// Whether the operator had made the wall black.
    pub blackout: bool,
}

/// The plans of the last frames, as far back as the most delayed output shows them. An output that is delayed shows what
/// the others showed then, whatever has been cued, held or sped up since.
#[derive(Debug, Default)]
pub struct RecentPlans(VecDeque<RecentPlan>);

impl RecentPlans {
    /// Adds the plan of a frame, and drops those that are not shown any more: from `delay_secs` before it.
    pub fn record(&mut self, plan: RecentPlan, delay_secs: f64) {
        let shown_from = plan.real_secs - delay_secs + TOLERANCE_SECS;
        self.0.push_back(plan);
        while self.0.get(1).is_some_and(|next| next.real_secs <= shown_from) {
            self.0.pop_front();
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the plan of the last frame that is not after a real time; the oldest, if all are.
    pub fn at(&self, real_secs: f64) -> Option<&RecentPlan> {
        let by_then = |plan: &&RecentPlan| plan.real_secs <= real_secs + TOLERANCE_SECS;
        self.0.iter().rev().find(by_then).or(self.0.front())
    }
}
