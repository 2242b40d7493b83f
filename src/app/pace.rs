//! Synchronisation of windows on monitors of different refresh rates. See [`sync_master`] and [`FrameThrottle`].

/// The ratio below which two refresh rates count as equal: 59.94 and 60.
const EQUAL_RATES: f64 = 1.01;

/// The refresh rate of a window's monitor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The refresh rate in Hz.
    pub hz: f64,
    /// Whether the stage names it the sync master.
    pub is_named: bool,
    /// Whether it is the sync master now.
    pub is_sync_master: bool,
}

/// Chooses the sync master, on whose monitor all windows wait: the one that the stage names, or else the fastest, which stays
/// while no other is faster. Returns its index.
#[must_use]
pub fn sync_master(rates: &[Rate]) -> Option<usize> {
    if let Some(named) = rates.iter().position(|rate| rate.is_named) {
        return Some(named);
    }
    let fastest = rates.iter().map(|rate| rate.hz).fold(0.0, f64::max);
    let is_fast = |rate: &Rate| rate.hz * EQUAL_RATES >= fastest;
    let current = rates.iter().position(|rate| rate.is_sync_master && is_fast(rate));
    current.or_else(|| rates.iter().position(is_fast))
}

/// Skips frames of a window whose monitor is slower than the sync master's: otherwise all would wait for it.
#[derive(Clone, Copy, Debug)]
pub struct FrameThrottle {
    /// Refreshes of its monitor without a frame yet.
    due: f64,
}

impl Default for FrameThrottle {
    /// The first frame is due at once.
    fn default() -> Self {
        Self { due: 1.0 }
    }
}

impl FrameThrottle {
    /// Returns whether the window is drawn in this frame, at `master_hz` frames a second.
    pub fn is_due(&mut self, own_hz: f64, master_hz: f64) -> bool {
        if own_hz * EQUAL_RATES >= master_hz {
            return true;
        }
        self.due += own_hz / master_hz;
        let is_due = self.due >= 1.0;
        if is_due {
            self.due -= 1.0;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(hz: f64) -> Rate {
        Rate { hz, is_named: false, is_sync_master: false }
    }

    #[test]
    fn the_fastest_is_the_sync_master_unless_the_stage_names_another() {
        assert_eq!(sync_master(&[]), None);
        assert_eq!(sync_master(&[rate(50.0), rate(60.0), rate(59.94)]), Some(1));
        let current = |hz| Rate { is_sync_master: true, ..rate(hz) };
        assert_eq!(sync_master(&[rate(60.0), current(59.94)]), Some(1), "it stays");
        assert_eq!(sync_master(&[rate(60.0), current(50.0)]), Some(0), "but not with a slower one");
        assert_eq!(sync_master(&[rate(60.0), Rate { is_named: true, ..rate(24.0) }]), Some(1));
    }

    #[test]
    fn a_slower_monitor_gets_as_many_frames_as_it_refreshes() {
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
