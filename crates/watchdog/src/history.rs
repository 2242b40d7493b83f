//! What was recovered from in this boot. See [`History`].

use serde::{Deserialize, Serialize};

/// The most recoveries of a cause, within [`FORGIVEN_SECS`] of one boot.
pub const MOST_RECOVERIES: usize = 3;
/// Seconds after which a recovery is forgiven: a wall plays for weeks without a boot.
pub const FORGIVEN_SECS: f64 = 24.0 * 3600.0;
/// Seconds after which a crash is forgiven: a driver that crashes does it again soon.
const CRASH_FORGIVEN_SECS: f64 = 600.0;
/// Seconds within which recoveries are in quick succession, and the pauses between them grow.
const SUCCESSION_SECS: f64 = 120.0;
/// The pauses before a restart, by the recoveries in quick succession. A compositor or driver needs seconds to let go of a display; the first
/// restart does not wait for it, for the wall is dark.
const PAUSES_SECS: [f64; 5] = [0.2, 1.0, 4.0, 15.0, 60.0];

/// Why the wall had to be recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The drawing thread stood still.
    Hang,
    /// The drawing thread went on, and presented nothing.
    Frozen,
    /// The graphics device was lost and did not come back, or was lost again and again.
    Device,
    /// No frame was presented after the start.
    NoPicture,
    /// The process ended by itself.
    Crash,
    /// The process was ended from outside, by somebody or for want of memory, or told that it cannot go on, as without a window system.
    Killed,
    /// The process gave no sign of life to whoever supervises it.
    Silent,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 7] =
        [Self::Hang, Self::Frozen, Self::Device, Self::NoPicture, Self::Crash, Self::Killed, Self::Silent];

    /// Returns what happened, as a sentence without its end.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Hang => "the drawing thread stood still",
            Self::Frozen => "no frame was presented, though the program went on",
            Self::Device => "the graphics device was lost and did not come back for good",
            Self::NoPicture => "no frame was presented after the start",
            Self::Crash => "the program ended by itself",
            Self::Killed => "the program was ended, or could not go on",
            Self::Silent => "the program gave no sign of life",
        }
    }

    const fn forgiven_secs(self) -> f64 {
        match self {
            Self::Crash | Self::Killed => CRASH_FORGIVEN_SECS,
            _ => FORGIVEN_SECS,
        }
    }
}

/// How the wall is drawn, the lower the surer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriverMode {
    /// As the command line says.
    #[default]
    Usual,
    /// By another backend of the graphics card, or another card; without effects.
    OtherDriver,
    /// By the processor, without effects.
    Software,
}

impl DriverMode {
    /// All modes, from the highest.
    pub const ALL: [Self; 3] = [Self::Usual, Self::OtherDriver, Self::Software];

    /// Returns the mode's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::OtherDriver => "other driver, no effects",
            Self::Software => "software, no effects",
        }
    }

    /// Returns whether the show's own effects are drawn.
    #[must_use]
    pub const fn has_effects(self) -> bool {
        matches!(self, Self::Usual)
    }

    const fn after(recoveries: usize) -> Self {
        match recoveries {
            0 | 1 => Self::Usual,
            2 => Self::OtherDriver,
            _ => Self::Software,
        }
    }
}

/// A recovery.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// When, in seconds since the boot.
    pub secs: f64,
    /// From what.
    pub cause: Cause,
}

/// The recoveries of this boot. Times are seconds since the boot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History(Vec<Recovery>);

impl History {
    /// Creates a history of recoveries of one boot, in any order.
    #[must_use]
    pub const fn new(recoveries: Vec<Recovery>) -> Self {
        Self(recoveries)
    }

    /// Adds a recovery.
    pub fn record(&mut self, recovery: Recovery) {
        self.0.push(recovery);
    }

    /// Returns all recoveries of this boot.
    #[must_use]
    pub fn recoveries(&self) -> &[Recovery] {
        &self.0
    }

    /// Returns how many recoveries from `cause` are not forgiven yet.
    #[must_use]
    pub fn count(&self, cause: Cause, secs: f64) -> usize {
        let counts = |recovery: &&Recovery| {
            // One that seems to come later is of a clock that was wrong, and counts.
            recovery.cause == cause && secs - recovery.secs < cause.forgiven_secs()
        };
        self.0.iter().filter(counts).count()
    }

    /// Returns whether a running wall may be ended because of `cause`.
    #[must_use]
    pub fn allows(&self, cause: Cause, secs: f64) -> bool {
        self.count(cause, secs) < MOST_RECOVERIES
    }

    /// Returns the mode of a start: usual after the first recovery from a cause, lower after each further one.
    #[must_use]
    pub fn mode(&self, secs: f64) -> DriverMode {
        // No driver is to blame for what came from outside.
        let causes = Cause::ALL.into_iter().filter(|cause| *cause != Cause::Killed);
        causes.map(|cause| DriverMode::after(self.count(cause, secs))).max().unwrap_or_default()
    }

    /// Returns the pause before a restart, in seconds; `secs` is the time of the recovery, which is recorded.
    #[must_use]
    pub fn pause_secs(&self, secs: f64) -> f64 {
        let recent = self.0.iter().filter(|recovery| secs - recovery.secs < SUCCESSION_SECS).count();
        PAUSES_SECS[recent.saturating_sub(1).min(PAUSES_SECS.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The bound of the contract, whatever comes in whatever order: no day of a boot has more than three recoveries of a cause.
        #[test]
        fn no_day_has_more_than_three_recoveries_of_a_cause(steps in prop::collection::vec((0.0..40_000.0, 0..7_usize), 0..200)) {
            let (mut history, mut secs) = (History::default(), 0.0);
            for (step, cause) in steps {
                secs += step;
                let cause = Cause::ALL[cause];
                // Those are never recovered from by ending a wall.
                if !matches!(cause, Cause::Crash | Cause::Killed) && history.allows(cause, secs) {
                    history.record(Recovery { secs, cause });
                }
            }
            for cause in Cause::ALL {
                let times: Vec<_> = history.recoveries().iter().filter(|one| one.cause == cause).map(|one| one.secs).collect();
                prop_assert!(times.windows(MOST_RECOVERIES + 1).all(|four| four[MOST_RECOVERIES] - four[0] >= FORGIVEN_SECS));
            }
        }

        /// More trouble never gives a higher mode or a shorter pause, and quiet never a lower one.
        #[test]
        fn modes_fall_with_trouble_and_rise_with_quiet(
            recoveries in prop::collection::vec((0.0..1000.0, 0..7_usize), 0..12), more in 0..7_usize, quiet in 0.0..200_000.0,
        ) {
            let recovery = |(secs, cause): (f64, usize)| Recovery { secs, cause: Cause::ALL[cause] };
            let history = History::new(recoveries.into_iter().map(recovery).collect());
            let mut worse = history.clone();
            worse.record(recovery((1000.0, more)));
            prop_assert!(worse.mode(1000.0) >= history.mode(1000.0));
            prop_assert!(worse.pause_secs(1000.0) >= history.pause_secs(1000.0));
            prop_assert!(worse.mode(1000.0 + quiet) <= worse.mode(1000.0));
        }
    }

    #[test]
    fn each_recovery_of_a_cause_is_a_mode_lower_than_the_one_before() {
        let mut history = History::default();
        let mut modes = vec![history.mode(0.0)];
        let mut pauses = Vec::new();
        for secs in [10.0, 40.0, 70.0] {
            assert!(history.allows(Cause::Hang, secs));
            history.record(Recovery { secs, cause: Cause::Hang });
            modes.push(history.mode(secs));
            pauses.push(history.pause_secs(secs));
        }
        assert_eq!(modes, [DriverMode::Usual, DriverMode::Usual, DriverMode::OtherDriver, DriverMode::Software]);
        assert_eq!(pauses, PAUSES_SECS[..3]);
        assert!(!history.allows(Cause::Hang, 70.0) && history.allows(Cause::Frozen, 70.0), "each cause by itself");
        assert_eq!(history.mode(70.0 + FORGIVEN_SECS), DriverMode::Usual, "forgiven");
    }
}
