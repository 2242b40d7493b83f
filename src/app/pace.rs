//! How often each window is drawn where their monitors are not equally fast. See [`leader`] and [`Turns`].

/// A monitor that is as fast as another to within this is as fast: 59.94 and 60.
const SAME: f64 = 1.01;

/// A window's monitor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Its frames a second.
    pub hz: f64,
    /// Whether the stage says that all are drawn at this one's.
    pub sync_master: bool,
    /// Whether all wait for it now.
    pub paces: bool,
}

/// The place of the window whose monitor all wait for: the one that the stage says, else the fastest. It stays the one that
/// it is while no other is faster.
#[must_use]
pub fn leader(rates: &[Rate]) -> Option<usize> {
    if let Some(said) = rates.iter().position(|rate| rate.sync_master) {
        return Some(said);
    }
    let fastest = rates.iter().map(|rate| rate.hz).fold(0.0, f64::max);
    let is_fast = |rate: &Rate| rate.hz * SAME >= fastest;
    let before = rates.iter().position(|rate| rate.paces && is_fast(rate));
    before.or_else(|| rates.iter().position(is_fast))
}

/// Whose turn it is: a window that would have to wait for a slower monitor is drawn as often as that shows a picture, for
/// else all would be as slow.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    /// Pictures that it is behind.
    owed: f64,
}

impl Default for Turns {
    /// The first picture is due at once.
    fn default() -> Self {
        Self { owed: 1.0 }
    }
}

impl Turns {
    /// Whether it is drawn in this frame, of which there are `lead_hz` a second.
    pub fn is_due(&mut self, own_hz: f64, lead_hz: f64) -> bool {
        if own_hz * SAME >= lead_hz {
            return true;
        }
        self.owed += own_hz / lead_hz;
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
    fn the_fastest_leads_unless_the_stage_says_another() {
        assert_eq!(leader(&[]), None);
        assert_eq!(leader(&[rate(50.0), rate(60.0), rate(59.94)]), Some(1));
        let paces = |hz| Rate { paces: true, ..rate(hz) };
        assert_eq!(leader(&[rate(60.0), paces(59.94)]), Some(1), "it stays");
        assert_eq!(leader(&[rate(60.0), paces(50.0)]), Some(0), "but not with a slower one");
        assert_eq!(leader(&[rate(60.0), Rate { sync_master: true, ..rate(24.0) }]), Some(1));
    }

    #[test]
    fn a_slower_monitor_gets_as_many_pictures_as_it_shows() {
        for (own, lead, expected) in [
            (60.0, 60.0, 600),
            (59.94, 60.0, 600),
            (50.0, 60.0, 500),
            (24.0, 60.0, 240),
            (30.0, 144.0, 125),
            (60.0, 24.0, 600),
        ] {
            let mut turns = Turns::default();
            let drawn = (0..600).filter(|_| turns.is_due(own, lead)).count();
            assert!(drawn.abs_diff(expected) <= 2, "{own} of {lead}: {drawn}");
        }
    }
}
