//! The show's opening hours, by the system clock. See [`OpeningHours`].

use super::Operator;
use millions_base::smoothstep;
use millions_show::{Clock, Period, Schedule};

/// The least change of the wall's intensity that would be seen as a jump.
const LEAST_JUMP: f32 = 0.05;

/// The system clock, and the period of the schedule that it is in.
pub(super) struct OpeningHours {
    /// Unix time at real time 0, in seconds.
    unix_secs: f64,
    /// A cache: finding the period takes up to some milliseconds.
    period: Option<Period>,
    /// Whether the show was open at the last frame, and the intensity then.
    seen: Option<(bool, f32)>,
    /// The fade that bridges a jump of the clock, or of the hours themselves.
    bridge: Option<Bridge>,
    /// Whether the clock was set since the last frame.
    is_set: bool,
    /// The real time at which the clock was last set.
    set_secs: f64,
}

/// A fade from what was seen to what the schedule says, as long as its own.
#[derive(Clone, Copy)]
struct Bridge {
    from: f32,
    since_secs: f64,
}

impl OpeningHours {
    pub(super) const fn new(unix_secs: f64) -> Self {
        Self { unix_secs, period: None, seen: None, bridge: None, is_set: false, set_secs: f64::NEG_INFINITY }
    }

    /// Sets the clock.
    const fn set(&mut self, unix_secs: f64) {
        (self.unix_secs, self.period, self.is_set) = (unix_secs, None, true);
    }

    /// Notes the real time of the first frame after the clock was set.
    const fn note_set(&mut self, real_secs: f64) {
        if self.is_set {
            (self.is_set, self.set_secs) = (false, real_secs);
        }
    }

    /// Returns the real time of a Unix time; of one that a set clock has leapt over, that at which it was set.
    pub(super) fn real_secs(&self, unix_secs: f64) -> f64 {
        (unix_secs - self.unix_secs).max(self.set_secs)
    }

    /// Returns the Unix time of a real time, in seconds.
    pub(super) const fn unix_secs(&self, real_secs: f64) -> f64 {
        self.unix_secs + real_secs
    }

    /// Returns whether the show is open, once that is known.
    pub(super) fn is_open(&self) -> Option<bool> {
        self.period.as_ref().map(|period| period.is_open)
    }

    /// Returns when that changes, in seconds since 1970.
    pub(super) fn next_turn(&self) -> Option<f64> {
        self.period.as_ref().and_then(|period| period.until)
    }

    /// Drops the cached period, for another schedule.
    pub(super) fn invalidate(&mut self) {
        self.period = None;
    }

    /// Returns the intensity that the schedule gives the wall, 0 to 1.
    fn intensity(&self, schedule: &Schedule, real_secs: f64) -> f32 {
        let target = self.period.as_ref().map_or(1.0, |period| schedule.intensity(period, self.unix_secs(real_secs)));
        let Some(Bridge { from, since_secs }) = self.bridge else { return target };
        let passed = real_secs - since_secs;
        if passed >= schedule.fade_secs {
            return target;
        }
        from + (target - from) * smoothstep((passed / schedule.fade_secs).clamp(0.0, 1.0) as f32)
    }

    /// Advances to a real time; returns the Unix time of the opening, where one has just begun.
    fn advance(&mut self, schedule: &Schedule, real_secs: f64) -> Option<f64> {
        let now = self.unix_secs(real_secs);
        let contains_now = |period: &Period| {
            period.since.is_none_or(|since| since <= now) && period.until.is_none_or(|until| now < until)
        };
        let mut opened = None;
        if !self.period.as_ref().is_some_and(contains_now) {
            let period = schedule.at(now);
            self.period = Some(period);
            if let Some((was_open, from)) = self.seen {
                // By itself an opening ends in the dark; by a clock that is set, hours that are saved, a machine that slept, it is cut off.
                let jumps = (self.intensity(schedule, real_secs) - from).abs() > LEAST_JUMP;
                self.bridge = jumps.then_some(Bridge { from, since_secs: real_secs }).or(self.bridge);
                if was_open != period.is_open {
                    tracing::info!("the hours of the show {}", if period.is_open { "begin" } else { "end" });
                    opened = period.since.filter(|_| period.is_open);
                }
            }
        }
        let is_open = self.is_open().unwrap_or(true);
        self.seen = Some((is_open, self.intensity(schedule, real_secs)));
        opened
    }
}

impl Operator {
    /// Sets the system clock to `unix_secs` at real time 0, as when that is set while the wall plays. The
    /// opening hours follow it, in a fade; the show's time does not jump, but goes by the clock again from the next opening on.
    pub fn set_world_clock(&mut self, unix_secs: f64) {
        let change = unix_secs - self.hours.unix_secs;
        if change.abs() < 1.0 {
            return;
        }
        if self.show.schedule.is_some() {
            tracing::info!("the clock was set by {change:+.0} s; the hours of the show follow it");
        }
        self.hours.set(unix_secs);
    }

    /// Advances the playlist, cues that wait for their times, a fade to black and the opening hours to a real time; to be called before the frame of that time is
    /// planned.
    pub fn follow(&mut self, real_secs: f64) {
        self.hours.note_set(real_secs);
        self.follow_scheduled(real_secs);
        self.follow_fade(real_secs);
        self.follow_catch_up(real_secs);
        if let Err(error) = self.player.follow_playlist(self.at(real_secs)) {
            tracing::warn!("the playlist waits, for its next scene cannot be shown: {error}");
        }
        let opened = self.show.schedule.as_ref().and_then(|schedule| self.hours.advance(schedule, real_secs));
        if let Some(opened) = opened {
            self.open(opened, real_secs);
        }
    }

    /// Begins an opening, which began at a Unix time, as the show does. Nobody sees it yet: so a show that is behind the clock, as on a
    /// machine that did not know the time when it started, goes by it from here on.
    fn open(&mut self, opened: f64, real_secs: f64) {
        let now = self.hours.unix_secs(real_secs);
        if !self.clock.is_held() && self.clock.rate() == 1.0 && self.clock.show_secs(real_secs) < now {
            self.clock = Clock::new(real_secs, now);
        }
        let show_secs = self.clock.show_secs(real_secs);
        let since = if self.clock.is_held() { 0.0 } else { (now - opened).max(0.0) * self.clock.rate() };
        self.restart(show_secs - since, real_secs);
    }

    /// Returns the intensity that the opening hours give the wall, 0 to 1.
    pub(super) fn hours_intensity(&self, real_secs: f64) -> f32 {
        self.show.schedule.as_ref().map_or(1.0, |schedule| self.hours.intensity(schedule, real_secs))
    }
}
