//! The hours of a show, by the clock and the sun of its place. See [`Schedule`].

use millions_base::smoothstep;
use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sun::{DAY, GeoPosition, Polar};
use super::time_spec::TimeSpec;

/// The hours of a show; outside them the wall is black. Everything is a function of the time that is passed in, in
/// seconds of Unix time.
///
/// Where the clock leaves out an hour in spring, a time within it is the moment at which it is left out; where it
/// repeats one in autumn, a time within it is the first of the two.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The time zone of the clock.
    pub zone: TimeZone,
    /// The place of the wall, for openings by the sun.
    pub place: Option<GeoPosition>,
    /// When the wall is lit; openings that touch or overlap count as one.
    pub openings: Vec<Opening>,
    /// Duration of the fade-in at the beginning of an opening, and of the fade-out before its end, in seconds.
    pub fade_secs: f64,
}

/// An opening on some days of the week.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The days on which it begins.
    pub days: Vec<Day>,
    /// When it begins.
    pub from: TimeSpec,
    /// When it ends; on the next day where [`TimeSpec::is_over_midnight`] says so.
    pub to: TimeSpec,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    /// The whole week.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    const fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

/// A period in which the wall is lit, or dark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Whether it is lit.
    pub is_open: bool,
    /// When it began; none where that is more than a year ago.
    pub since: Option<f64>,
    /// When it ends; none where that is more than a year ahead.
    pub until: Option<f64>,
}

/// The beginning and end of an opening, in seconds of Unix time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub start: f64,
    pub end: f64,
}

/// The openings of a date are within so many days of it: from the day before (sunrise−12h) to the middle of the second
/// day after (sunset+12h of the next day).
const MAX_DAYS_OFF: i64 = 3;

/// Limit of the search for a change, in days: more than a year, for places where the sun stays up all summer.
const SEARCH_DAYS: i64 = 400;

/// A cache of the openings by date.
struct OpeningCache<'s> {
    schedule: &'s Schedule,
    by_date: RefCell<BTreeMap<Date, Vec<Interval>>>,
}

impl OpeningCache<'_> {
    /// Returns the openings of the date that is `days` after another.
    fn openings(&self, date: Date, days: i64) -> Vec<Interval> {
        let Ok(date) = date.checked_add(Span::new().days(days)) else { return Vec::new() };
        self.by_date.borrow_mut().entry(date).or_insert_with(|| self.schedule.openings_of(date)).clone()
    }

    /// Returns the openings that may contain a time or touch it.
    fn near(&self, time: f64) -> Vec<Interval> {
        let date = self.schedule.date(time);
        (-MAX_DAYS_OFF..=MAX_DAYS_OFF).flat_map(|days| self.openings(date, days)).collect()
    }
}

impl Schedule {
    /// Returns the period that contains a time. This takes up to some milliseconds where changes are rare: the caller
    /// should keep the period until it ends.
    #[must_use]
    pub fn at(&self, unix_secs: f64) -> Period {
        let time = if unix_secs.is_finite() { unix_secs.clamp(0.0, 1e11) } else { 0.0 };
        let cache = OpeningCache { schedule: self, by_date: RefCell::default() };
        let holds = |opening: &Interval| opening.start <= time && time < opening.end;
        if let Some(Interval { start, end }) = cache.near(time).into_iter().find(holds) {
            let (mut since, mut until) = (Some(start), Some(end));
            let is_far = |edge: f64| (edge - time).abs() > SEARCH_DAYS as f64 * DAY;
            // Openings that touch count as one.
            while let Some(edge) = since {
                let touching = cache.near(edge).into_iter().filter(|opening| opening.end >= edge);
                let earlier = touching.fold(edge, |edge, opening| edge.min(opening.start));
                if earlier == edge {
                    break;
                }
                since = (!is_far(earlier)).then_some(earlier);
            }
            while let Some(edge) = until {
                let touching = cache.near(edge).into_iter().filter(|opening| opening.start <= edge);
                let later = touching.fold(edge, |edge, opening| edge.max(opening.end));
                if later == edge {
                    break;
                }
                until = (!is_far(later)).then_some(later);
            }
            return Period { is_open: true, since, until };
        }
        let date = self.date(time);
        // The nearest date with a change may not be that of the nearest change, but it is within `MAX_DAYS_OFF` of it.
        let first = |wanted: &dyn Fn(i64) -> Option<f64>, better: fn(f64, f64) -> f64| {
            let day = (-MAX_DAYS_OFF..SEARCH_DAYS).find(|days| wanted(*days).is_some())?;
            (day..=day + MAX_DAYS_OFF).filter_map(wanted).reduce(better)
        };
        let starts = |days| cache.openings(date, days).into_iter().map(|opening| opening.start);
        let ends = |days: i64| cache.openings(date, -days).into_iter().map(|opening| opening.end);
        let until = first(&|days| starts(days).filter(|start| *start > time).reduce(f64::min), f64::min);
        let since = first(&|days| ends(days).filter(|end| *end <= time).reduce(f64::max), f64::max);
        Period { is_open: false, since, until }
    }

    /// Returns the beginning of the opening that contains a time; none outside of openings, and if more than a year
    /// ago.
    #[must_use]
    pub fn opened_at(&self, unix_secs: f64) -> Option<f64> {
        let period = self.at(unix_secs);
        period.since.filter(|_| period.is_open)
    }

    /// Returns the intensity of the wall, 0 to 1, at a time of `period`, see [`Self::at`]; it fades within the opening.
    #[must_use]
    pub fn intensity(&self, period: &Period, unix_secs: f64) -> f32 {
        if !period.is_open {
            return 0.0;
        }
        let (since, until) = (period.since.unwrap_or(f64::NEG_INFINITY), period.until.unwrap_or(f64::INFINITY));
        let edge = (unix_secs - since).min(until - unix_secs);
        let fade = self.fade_secs.min((until - since) / 2.0);
        if edge >= fade {
            return 1.0;
        }
        smoothstep((edge / fade).clamp(0.0, 1.0) as f32)
    }

    /// Returns notes, in sentences, on the days of a year (that of a time) on which the sun does not set or not rise,
    /// where openings go by it.
    #[must_use]
    pub fn notes(&self, unix_secs: f64) -> Vec<String> {
        let mut times = self.openings.iter().flat_map(|opening| [opening.from, opening.to]);
        let Some(place) = self.place.filter(|_| times.any(TimeSpec::is_by_the_sun)) else { return Vec::new() };
        let first = self.date(unix_secs).first_of_year();
        let year = first.year();
        let kind = |date: Date| place.sun(self.noon(date)).polar;
        let dates: Vec<_> = first.series(Span::new().days(1)).take_while(|date| date.year() == year).collect();
        let mut notes = Vec::new();
        for run in dates.chunk_by(|a, b| kind(*a) == kind(*b)) {
            let (Some(from), Some(to)) = (run.first(), run.last()) else { continue };
            match kind(*from) {
                Some(Polar::Day) => notes.push(format!(
                    "from {from} to {to} the sun does not set: sunset and sunrise both count as midnight by the sun"
                )),
                Some(Polar::Night) => notes.push(format!(
                    "from {from} to {to} the sun does not rise: sunrise and sunset both count as noon by the sun"
                )),
                None => {}
            }
        }
        notes
    }

    /// Returns the local date of a time.
    fn date(&self, unix_secs: f64) -> Date {
        let time = Timestamp::from_second(unix_secs.floor() as i64).unwrap_or_default();
        self.zone.to_datetime(time).date()
    }

    /// Returns the openings of a date, without those of no length.
    pub(super) fn openings_of(&self, date: Date) -> Vec<Interval> {
        let today = Day::of(date.weekday());
        let of_today = self.openings.iter().filter(|opening| opening.days.contains(&today));
        let times = |opening: &Opening| {
            let last = if opening.from.is_over_midnight(opening.to) { date.tomorrow().ok()? } else { date };
            let (start, end) = (self.resolve(opening.from, date)?, self.resolve(opening.to, last)?);
            (start < end).then_some(Interval { start, end })
        };
        of_today.filter_map(times).collect()
    }

    /// Returns the time that a specification means on a date.
    fn resolve(&self, time: TimeSpec, date: Date) -> Option<f64> {
        let sun = |offset: i32, set: bool| {
            let sun = self.place?.sun(self.noon(date));
            Some(if set { sun.set } else { sun.rise } + 60.0 * f64::from(offset))
        };
        match time {
            TimeSpec::Clock(minutes) => {
                let date = if minutes == 24 * 60 { date.tomorrow().ok()? } else { date };
                let minutes = minutes % (24 * 60);
                self.instant(date.at((minutes / 60) as i8, (minutes % 60) as i8, 0, 0))
            }
            TimeSpec::Sunrise(offset) => sun(offset, false),
            TimeSpec::Sunset(offset) => sun(offset, true),
        }
    }

    /// Returns noon by the clock, which is near enough to find the sun's day.
    fn noon(&self, date: Date) -> f64 {
        self.instant(date.at(12, 0, 0, 0)).unwrap_or_default()
    }

    /// Returns the first time at which the clock shows `shown` or a later time.
    fn instant(&self, shown: DateTime) -> Option<f64> {
        let ambiguous = self.zone.to_ambiguous_timestamp(shown);
        let time = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok()?,
            AmbiguousOffset::Gap { .. } => {
                // As if the clock had been put forward already: a time before it is.
                let before = ambiguous.earlier().ok()?;
                self.zone.following(before).next()?.timestamp()
            }
        };
        Some(time.as_second() as f64)
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
