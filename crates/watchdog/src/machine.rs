//! Whether the wall is alive. See [`Watchdog`].

use std::collections::VecDeque;

use super::{Cause, History};

/// What is to be expected of the drawing thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expectation {
    /// Nothing yet: it opens windows, makes a graphics device or compiles shaders, and may stand still meanwhile.
    #[default]
    Opening,
    /// Frames: a window can be seen. So it is while the wall is held, black, dimmed or outside its hours.
    Frames,
    /// No frame: windows are minimised or covered, monitors are gone, or the window system withholds images. It goes on all the same.
    Unseen,
    /// The graphics device was lost, and a new one is being made.
    Returning,
    /// The end of the show.
    Ending,
}

impl Expectation {
    /// All expectations.
    pub const ALL: [Self; 5] = [Self::Opening, Self::Frames, Self::Unseen, Self::Returning, Self::Ending];
}

/// What is seen of the drawing thread from outside, several times a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observation {
    /// When, in seconds since the boot, by a clock that does not run backwards.
    pub secs: f64,
    /// Passes of the event loop since the start.
    pub turns: u64,
    /// Frames presented since the start.
    pub frames: u64,
    /// Graphics devices lost since the start.
    pub losses: u64,
    /// What is expected of it.
    pub expectation: Expectation,
}

/// What follows from an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Frames come, or none is expected.
    Alive,
    /// Nothing has come for a moment.
    Doubtful,
    /// The process is to be ended and started again. Said once.
    Recover(Cause),
    /// There is cause to recover, and it is left as it is: it was recovered from as often as it may be, or nobody would start the
    /// program again.
    Left(Cause),
    /// The show has ended and the process has not: it is to be ended.
    End,
}

/// The bounds in seconds; all of them are of time in which the watchdog was awake.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// How long the drawing thread may stand still.
    pub still_secs: f64,
    /// The same where its last turns took long: at the most.
    pub most_still_secs: f64,
    /// How long it may go on without a frame that is expected.
    pub frozen_secs: f64,
    /// Until the first frame, and for opening.
    pub opening_secs: f64,
    /// How long a lost device may be away.
    pub returning_secs: f64,
    /// From the end of the show to that of the process.
    pub ending_secs: f64,
}

impl Default for Limits {
    /// The program's limits. A hang is noticed within 10 s, so that the picture is back within 15 s.
    fn default() -> Self {
        Self {
            still_secs: 7.0,
            most_still_secs: 60.0,
            frozen_secs: 15.0,
            opening_secs: 60.0,
            returning_secs: 20.0,
            ending_secs: 20.0,
        }
    }
}

/// Seconds without a sign of life after which there is doubt.
const DOUBT_SECS: f64 = 3.0;
/// The most seconds that count between two observations. Where more have passed, the watchdog itself was not awake: the machine slept, the process was
/// stopped, or the processor is overloaded; then nothing can be said of the drawing thread.
const MOST_STEP_SECS: f64 = 1.0;
/// How many turns, the longest of which says how long the next may take.
const REMEMBERED_TURNS: usize = 16;
/// How often as long as the longest of those turns it may stand still.
const TURN_SHARE: f64 = 5.0;
/// Losses of the device within so many seconds that are too many.
const LOSSES: (usize, f64) = (3, 60.0);

/// The state machine. It takes observations in the order of time, and says what follows.
#[derive(Clone, Debug)]
pub struct Watchdog {
    limits: Limits,
    history: History,
    is_supervised: bool,
    last: Option<Observation>,
    /// Seconds in which the watchdog was awake.
    awake_secs: f64,
    /// Of them those since the last turn, and those without a frame that was expected.
    still_secs: f64,
    frozen_secs: f64,
    /// Those of opening, of a lost device and of the end, since the last frame.
    opening_secs: f64,
    returning_secs: f64,
    ending_secs: f64,
    /// What the last turns took.
    turns: VecDeque<f64>,
    /// When devices were lost, in awake seconds.
    losses: VecDeque<f64>,
    has_pictured: bool,
    has_recovered: bool,
}

impl Watchdog {
    /// Creates the watchdog of a start. `history` are the recoveries of this boot; `is_supervised` says whether somebody starts the program
    /// again, without whom nothing is ended.
    #[must_use]
    pub fn new(history: History, is_supervised: bool) -> Self {
        Self {
            limits: Limits::default(),
            history,
            is_supervised,
            last: None,
            awake_secs: 0.0,
            still_secs: 0.0,
            frozen_secs: 0.0,
            opening_secs: 0.0,
            returning_secs: 0.0,
            ending_secs: 0.0,
            turns: VecDeque::new(),
            losses: VecDeque::new(),
            has_pictured: false,
            has_recovered: false,
        }
    }

    /// Returns whether a frame has been presented.
    #[must_use]
    pub const fn has_pictured(&self) -> bool {
        self.has_pictured
    }

    /// Takes an observation, and says what follows.
    pub fn observe(&mut self, now: Observation) -> Verdict {
        let last = self.last.replace(now).unwrap_or(Observation { turns: 0, frames: 0, losses: 0, ..now });
        let step = (now.secs - last.secs).clamp(0.0, MOST_STEP_SECS);
        self.awake_secs += step;
        self.follow_turns(step, now.turns != last.turns);
        self.follow_frames(step, now.frames != last.frames, now.expectation);
        for _ in last.losses..now.losses.min(last.losses + LOSSES.0 as u64) {
            self.losses.push_back(self.awake_secs);
        }
        let oldest = self.awake_secs - LOSSES.1;
        self.losses.retain(|secs| *secs >= oldest);
        self.judge(now)
    }

    fn follow_turns(&mut self, step: f64, has_turned: bool) {
        self.still_secs += step;
        if has_turned {
            if self.turns.len() == REMEMBERED_TURNS {
                self.turns.pop_front();
            }
            self.turns.push_back(self.still_secs);
            self.still_secs = 0.0;
        }
    }

    fn follow_frames(&mut self, step: f64, has_presented: bool, expectation: Expectation) {
        use Expectation::{Ending, Frames, Opening, Returning, Unseen};
        if has_presented {
            self.has_pictured = true;
            (self.frozen_secs, self.opening_secs, self.returning_secs) = (0.0, 0.0, 0.0);
        } else {
            match expectation {
                Opening => self.opening_secs += step,
                Frames => self.frozen_secs += step,
                Returning => self.returning_secs += step,
                // None is expected, nor was one before.
                Unseen => (self.frozen_secs, self.opening_secs, self.returning_secs) = (0.0, 0.0, 0.0),
                Ending => {}
            }
        }
        match expectation {
            Ending => self.ending_secs += step,
            _ => self.ending_secs = 0.0,
        }
        // A device that is made may take as long as it may; a turn after it begins anew.
        if matches!(expectation, Opening | Returning) {
            self.still_secs = 0.0;
        }
    }

    /// How long the drawing thread may stand still now.
    fn patience_secs(&self) -> f64 {
        let longest = self.turns.iter().copied().fold(0.0, f64::max);
        (longest * TURN_SHARE).clamp(self.limits.still_secs, self.limits.most_still_secs)
    }

    fn cause(&self, expectation: Expectation) -> Option<Cause> {
        let Limits { frozen_secs, opening_secs, returning_secs, .. } = self.limits;
        if expectation == Expectation::Ending {
            return None;
        }
        if !self.has_pictured {
            let without = self.opening_secs + self.frozen_secs + self.returning_secs;
            let hangs = expectation == Expectation::Unseen && self.still_secs > self.patience_secs();
            return match (without > opening_secs, hangs) {
                (true, _) => Some(Cause::NoPicture),
                (false, true) => Some(Cause::Hang),
                (false, false) => None,
            };
        }
        if self.losses.len() >= LOSSES.0 || self.returning_secs > returning_secs {
            return Some(Cause::Device);
        }
        if self.still_secs > self.patience_secs() || self.opening_secs > opening_secs {
            return Some(Cause::Hang);
        }
        // A frame may take as long as the turn that draws it.
        (self.frozen_secs > frozen_secs.max(self.patience_secs())).then_some(Cause::Frozen)
    }

    fn judge(&mut self, now: Observation) -> Verdict {
        if self.ending_secs > self.limits.ending_secs {
            return Verdict::End;
        }
        let Some(cause) = self.cause(now.expectation) else {
            let without = self.still_secs.max(self.frozen_secs).max(self.returning_secs);
            let is_quiet = self.has_pictured && without > DOUBT_SECS;
            return if is_quiet { Verdict::Doubtful } else { Verdict::Alive };
        };
        if self.is_supervised && !self.has_recovered && self.history.allows(cause, now.secs) {
            self.has_recovered = true;
            return Verdict::Recover(cause);
        }
        Verdict::Left(cause)
    }
}
