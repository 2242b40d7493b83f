//! How often each window is drawn where their monitors are not equally fast. See [`sync_master`] and [`FrameThrottle`].

/// The ratio below which two refresh rates count as the same: 59.94 and 60.
const SAME: f64 = 1.01;

/// The refresh rate of a window's monitor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Its frames a second.
    pub hz: f64,
    /// Whether the stage names it the sync master.
    pub sync_master: bool,
    /// Whether it is the sync master now.
    pub paces: bool,
}

/// The index of the window whose monitor all wait for: the one that the stage names, else the fastest. It stays the same while
/// no other is faster.
#[must_use]
pub fn sync_master(rates: &[Rate]) -> Option<usize> {
    if let Some(named) = rates.iter().position(|rate| rate.sync_master) {
        return Some(named);
    }
    let fastest = rates.iter().map(|rate| rate.hz).fold(0.0, f64::max);
    let is_fast = |rate: &Rate| rate.hz * SAME >= fastest;
    let before = rates.iter().position(|rate| rate.paces && is_fast(rate));
    before.or_else(|| rates.iter().position(is_fast))
}

/// Draws a window whose monitor is slower than the sync master's only as often as that refreshes, for else all would wait for
/// it.
#[derive(Clone, Copy, Debug)]
pub struct FrameThrottle {
    /// Refreshes of its monitor that have no frame yet.
    owed: f64,
}

impl Default for FrameThrottle {
    /// The first frame is due at once.
    fn default() -> Self {
        Self { owed: 1.0 }
    }
}

impl FrameThrottle {
    /// Returns whether the window is drawn in this frame, of which there are `master_hz` a second.
    pub fn is_due(&mut self, own_hz: f64, master_hz: f64) -> bool {
        if own_hz * SAME >= master_hz {
            return true;
        }
        self.owed += own_hz / master_hz;
        let is_due = self.owed >= 1.0;
        if is_due {
            self.owed -= 1.0;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(hz: f64) -> Rate {
        Rate { hz, sync_master: false, paces: false }
    }

    #[test]
    fn the_fastest_is_the_sync_master_unless_the_stage_names_another() {
        assert_eq!(sync_master(&[]), None);
        assert_eq!(sync_master(&[rate(50.0), rate(60.0), rate(59.94)]), Some(1));
        let paces = |hz| Rate { paces: true, ..rate(hz) };
        assert_eq!(sync_master(&[rate(60.0), paces(59.94)]), Some(1), "it stays");
        assert_eq!(sync_master(&[rate(60.0), paces(50.0)]), Some(0), "but not with a slower one");
        assert_eq!(sync_master(&[rate(60.0), Rate { sync_master: true, ..rate(24.0) }]), Some(1));
    }

    #[test]
    fn a_slower_monitor_gets_as_many_pictures_as_it_shows() {
        for (own, master, expected) in [
            (60.0, 60.0, 600),
            (59.94, 60.0, 600),
            (50.0, 60.0, 500),
            (24.0, 60.0, 240),
            (30.0, 144.0, 125),
            (60.0, 24.0, 600),
        ] {
            let mut throttle = FrameThrottle::default();
            let drawn = (0..600).filter(|_| throttle.is_due(own, master)).count();
            assert!(drawn.abs_diff(expected) <= 2, "{own} of {master}: {drawn}");
        }
    }
}
