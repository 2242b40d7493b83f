//! What whoever supervises the program does. See [`Runs`] and [`Liveness`].

use super::{Cause, History, Recovery};

/// The exit status of a program that ends itself to be started again.
pub const RECOVER_CODE: i32 = 75;
/// The same where it has not shown a picture: its window system may be at fault, and has to be started again as well.
pub const NO_PICTURE_CODE: i32 = 76;
/// The exit status of an error that was told.
const ERROR_CODE: i32 = 1;
/// The exit status of a wrong command line, which no restart mends.
const USAGE_CODE: i32 = 2;
/// The signals of a program's own faults: ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS.
const FAULTS: [i32; 7] = [4, 5, 6, 7, 8, 11, 31];
/// The most runs in a row without a picture.
const MOST_PICTURELESS: u32 = 3;

/// How a run of the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// By itself, with an exit status.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// Ended by the supervisor, for it gave no sign of life.
    Silent,
}

/// What comes after a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NextRun {
    /// None: the supervisor ends, with an exit status.
    None(i32),
    /// Another run, after so many seconds.
    After {
        /// The pause in seconds.
        secs: f64,
        /// A cause that the program itself did not record.
        cause: Option<Cause>,
    },
}

/// The runs of a supervised program.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// Whether somebody supervises the supervisor, and the window system with it.
    has_session: bool,
    /// Whether the program was asked to end.
    pub is_asked_to_end: bool,
    has_pictured: bool,
    pictureless: u32,
    /// All ends, whatever their cause, by which the pauses grow: also where nothing can be written.
    ends: History,
}

impl Runs {
    /// Creates them, before the first. `has_session` says whether somebody supervises the supervisor, and the window system with it.
    #[must_use]
    pub fn new(has_session: bool) -> Self {
        Self { has_session, ..Self::default() }
    }

    /// Returns what comes after a run that ended at `secs` since the boot.
    ///
    /// What was quit, or never worked, is not started again. Who crashes always is, with growing pauses: a program that is gone is no worse for
    /// it. After three runs in a row without a picture the supervisor ends, so that what is around it can be started again.
    pub fn next(&mut self, end: RunEnd, had_picture: bool, secs: f64) -> NextRun {
        let code = match end {
            RunEnd::Exit(code) => code,
            RunEnd::Signal(signal) => 128 + signal,
            RunEnd::Silent => RECOVER_CODE,
        };
        let is_final = matches!(end, RunEnd::Exit(0 | USAGE_CODE)) || self.is_asked_to_end;
        // What the program says itself that it cannot do may be the window system's fault.
        let is_of_session = matches!(end, RunEnd::Exit(ERROR_CODE | NO_PICTURE_CODE)) && self.has_session;
        if is_final || is_of_session {
            return NextRun::None(code);
        }
        self.has_pictured |= had_picture;
        self.pictureless = if had_picture { 0 } else { self.pictureless + 1 };
        let never_worked = end == RunEnd::Exit(ERROR_CODE) && !self.has_pictured;
        if never_worked || self.pictureless >= MOST_PICTURELESS {
            return NextRun::None(code);
        }
        let cause = match end {
            RunEnd::Exit(RECOVER_CODE | NO_PICTURE_CODE) => None,
            RunEnd::Silent => Some(Cause::Silent),
            RunEnd::Exit(ERROR_CODE) => Some(Cause::Killed),
            RunEnd::Signal(signal) if !FAULTS.contains(&signal) => Some(Cause::Killed),
            RunEnd::Exit(_) | RunEnd::Signal(_) => Some(Cause::Crash),
        };
        self.ends.record(Recovery { secs, cause: cause.unwrap_or(Cause::Hang) });
        NextRun::After { secs: self.ends.pause_secs(secs), cause }
    }
}

/// Seconds without a sign of life after which a run is ended, once it has said that it plays.
const SILENT_SECS: f64 = 30.0;
/// The same before: a large library is opened, and the disk may be slow.
const SILENT_START_SECS: f64 = 300.0;
/// The most seconds that count between two looks; see the same of the watchdog.
const MOST_STEP_SECS: f64 = 1.0;

/// Whether a supervised program gives signs of life. Where its own watchdog is dead, too, as in a process that is stopped, this notices.
#[derive(Clone, Debug, Default)]
pub struct Liveness {
    last_secs: Option<f64>,
    quiet_secs: f64,
    is_ready: bool,
}

impl Liveness {
    /// Takes a message of the program: lines such as `READY=1`.
    pub fn hear(&mut self, message: &str) {
        let says = |wanted: &str| message.lines().any(|line| line == wanted);
        self.is_ready |= says("READY=1");
        // Before it is ready any message is a sign of life, afterwards only that of a frame.
        if !self.is_ready || says("READY=1") || says("WATCHDOG=1") {
            self.quiet_secs = 0.0;
        }
    }

    /// Returns whether it has said that it plays.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// Takes the time in seconds, several times a second; returns whether it has been silent for too long.
    pub fn is_silent(&mut self, secs: f64) -> bool {
        let step = self.last_secs.replace(secs).map_or(0.0, |last| (secs - last).clamp(0.0, MOST_STEP_SECS));
        self.quiet_secs += step;
        self.quiet_secs > if self.is_ready { SILENT_SECS } else { SILENT_START_SECS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MOST_RECOVERIES;

    fn next(runs: &mut Runs, end: RunEnd, had_picture: bool) -> NextRun {
        runs.next(end, had_picture, 100.0)
    }

    /// Defends that what an operator quits stays quit, and that what cannot work is not tried for ever.
    #[test]
    fn what_was_quit_or_never_worked_is_not_started_again() {
        for end in [RunEnd::Exit(0), RunEnd::Exit(2)] {
            let RunEnd::Exit(code) = end else { unreachable!() };
            assert_eq!(next(&mut Runs::default(), end, true), NextRun::None(code));
        }
        assert_eq!(next(&mut Runs::default(), RunEnd::Exit(1), false), NextRun::None(1), "no library there");
        let mut asked = Runs { is_asked_to_end: true, ..Runs::default() };
        assert_eq!(next(&mut asked, RunEnd::Signal(15), true), NextRun::None(143));
        let mut runs = Runs::default();
        assert!(matches!(next(&mut runs, RunEnd::Signal(11), true), NextRun::After { .. }));
        for _ in 1..MOST_PICTURELESS {
            assert!(matches!(
                next(&mut runs, RunEnd::Exit(1), false),
                NextRun::After { cause: Some(Cause::Killed), .. }
            ));
        }
        assert_eq!(next(&mut runs, RunEnd::Exit(1), false), NextRun::None(1), "the display is gone");
    }

    /// Defends that a kill costs no pause, and that a crash is started again however often it comes, ever later.
    #[test]
    fn a_crash_is_started_again_with_growing_pauses() {
        let mut runs = Runs::default();
        let mut pauses = Vec::new();
        for index in 0..6 * MOST_RECOVERIES {
            let secs = index as f64;
            let (signal, wanted) = if index == 0 { (9, Cause::Killed) } else { (11, Cause::Crash) };
            let NextRun::After { secs: pause, cause } = runs.next(RunEnd::Signal(signal), true, secs) else {
                panic!("it is given up after {index}")
            };
            assert_eq!(cause, Some(wanted));
            pauses.push(pause);
        }
        assert!(pauses[0] < 0.5 && pauses.is_sorted() && pauses.ends_with(&[60.0, 60.0]), "{pauses:?}");
    }

    /// Defends that a session whose compositor has no display is started again as a whole.
    #[test]
    fn a_session_without_a_picture_is_left_to_its_own_supervisor() {
        let mut alone = Runs::default();
        assert!(matches!(next(&mut alone, RunEnd::Exit(NO_PICTURE_CODE), false), NextRun::After { cause: None, .. }));
        let mut session = Runs::new(true);
        assert_eq!(next(&mut session, RunEnd::Exit(NO_PICTURE_CODE), false), NextRun::None(NO_PICTURE_CODE));
        assert!(matches!(next(&mut session, RunEnd::Exit(RECOVER_CODE), true), NextRun::After { cause: None, .. }));
        assert_eq!(next(&mut session, RunEnd::Exit(1), true), NextRun::None(1), "its compositor is gone");
    }

    /// Defends the second watchdog: it needs frames once the wall plays, and counts no second in which it slept itself.
    #[test]
    fn silence_is_counted_from_the_last_frame_that_was_told() {
        let mut liveness = Liveness::default();
        let mut secs = 0.0;
        let mut silent_for = |liveness: &mut Liveness, most: f64| {
            let began = secs;
            while secs - began < most {
                secs += 0.25;
                if liveness.is_silent(secs) {
                    return true;
                }
            }
            false
        };
        assert!(!silent_for(&mut liveness, 299.0));
        liveness.hear("STATUS=opening");
        assert!(!silent_for(&mut liveness, 299.0));
        liveness.hear("READY=1\nSTATUS=playing");
        assert!(liveness.is_ready() && !silent_for(&mut liveness, 29.0));
        liveness.hear("STATUS=still there");
        assert!(silent_for(&mut liveness, 2.0), "a status is no frame");
        liveness.hear("WATCHDOG=1");
        assert!(!silent_for(&mut liveness, 29.0));
        let mut slept = liveness.clone();
        let later = slept.last_secs.unwrap() + 3600.0;
        slept.hear("WATCHDOG=1");
        assert!(!slept.is_silent(later), "the machine slept");
    }
}
