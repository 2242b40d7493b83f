//! The show's opening hours, by the system clock. See [`OpeningHours`].

use super::Operator;
use millions_show::{Period, Schedule};

/// The system clock, and the period of the schedule that it is in.
pub(super) struct OpeningHours {
    /// Unix time at real time 0, in seconds.
    unix_secs: f64,
    /// A cache: finding the period takes up to some milliseconds.
    period: Option<Period>,
}

impl OpeningHours {
    pub(super) const fn new(unix_secs: f64) -> Self {
        Self { unix_secs, period: None }
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
        self.period.as_ref().map_or(1.0, |period| schedule.intensity(period, self.unix_secs + real_secs))
    }

    /// Advances to a real time; returns the real time of the opening, where one has just begun.
    fn advance(&mut self, schedule: &Schedule, real_secs: f64) -> Option<f64> {
        let now = self.unix_secs + real_secs;
        let contains_now = |period: &Period| {
            period.since.is_none_or(|since| since <= now) && period.until.is_none_or(|until| now < until)
        };
        if self.period.as_ref().is_some_and(contains_now) {
            return None;
        }
        let period = schedule.at(now);
        let is_turn = self.period.as_ref().is_some_and(|before| before.is_open != period.is_open);
        let opened = period.since.filter(|_| is_turn && period.is_open).map(|since| since - self.unix_secs);
        if is_turn {
            tracing::info!("the hours of the show {}", if period.is_open { "begin" } else { "end" });
        }
        self.period = Some(period);
        opened
    }
}

impl Operator {
    /// Sets the system clock to `unix_secs` at real time 0, as when that is set while the wall plays. The
    /// opening hours follow it; the show's time does not jump.
    pub fn set_world_clock(&mut self, unix_secs: f64) {
        let change = unix_secs - self.hours.unix_secs;
        if change.abs() < 1.0 {
            return;
        }
        if self.show.schedule.is_some() {
            tracing::info!("the clock was set by {change:+.0} s; the hours of the show follow it");
        }
        self.hours = OpeningHours::new(unix_secs);
    }

    /// Advances the playlist, cues that wait for their times, a fade to black and the opening hours to a real time; to be called before the frame of that time is
    /// planned.
    pub fn follow(&mut self, real_secs: f64) {
        self.follow_scheduled(real_secs);
        self.follow_fade(real_secs);
        if let Err(error) = self.player.follow_playlist(self.at(real_secs)) {
            tracing::warn!("the playlist waits, for its next scene cannot be shown: {error}");
        }
        let opened = self.show.schedule.as_ref().and_then(|schedule| self.hours.advance(schedule, real_secs));
        if let Some(opened) = opened {
            // Each opening begins as the show does.
            self.restart(self.clock.show_secs(opened), real_secs);
        }
    }

    /// Returns the intensity that the opening hours give the wall, 0 to 1.
    pub(super) fn hours_intensity(&self, real_secs: f64) -> f32 {
        self.show.schedule.as_ref().map_or(1.0, |schedule| self.hours.intensity(schedule, real_secs))
    }
}
