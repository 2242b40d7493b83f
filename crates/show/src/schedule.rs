//! When the wall is lit: days and hours, by the clock of a place and by its sun. See [`Schedule`].

use millions_base::smoothstep;
use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sun::{GeoPosition, Polar};
use super::time_spec::TimeSpec;

/// The hours of a show; outside them the wall is black. Everything is a function of the time that is passed in, in
/// seconds of Unix time.
///
/// Where the clock leaves out an hour in spring, a time within it is the moment at which it is left out; where it
/// repeats one in autumn, a time within it is the first of the two.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Whose clock counts.
    pub zone: TimeZone,
    /// Where the wall is, for openings by the sun.
    pub place: Option<GeoPosition>,
    /// When it is lit; openings that touch or overlap are one.
    pub openings: Vec<Opening>,
    /// Seconds in which the light comes at the beginning of an opening, and goes before its end.
    pub fade_secs: f64,
}

/// Hours on some days of the week.
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

/// A stretch of time in which the wall is lit, or is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Whether it is lit.
    pub is_open: bool,
    /// When it began; none where that is more than a year ago.
    pub since: Option<f64>,
    /// When it ends; none where that is more than a year ahead.
    pub until: Option<f64>,
}

/// An opening of a date reaches from the day before it (sunrise−12h) to the middle of the second day after (sunset+12h
/// of the next day): dates that are so near can have a say at a time.
const REACH: i64 = 3;

/// How far a change is looked for, in days: a year, for where the sun stays up all summer.
const FARTHEST: i64 = 400;

const DAY: f64 = 86_400.0;

/// Openings by their dates, each worked out once.
struct Dates<'s> {
    schedule: &'s Schedule,
    known: RefCell<BTreeMap<Date, Vec<(f64, f64)>>>,
}

impl Dates<'_> {
    /// The openings of the date so many days after another.
    fn openings(&self, date: Date, days: i64) -> Vec<(f64, f64)> {
        let Ok(date) = date.checked_add(Span::new().days(days)) else { return Vec::new() };
        self.known.borrow_mut().entry(date).or_insert_with(|| self.schedule.openings_of(date)).clone()
    }

    /// The openings that may have a say at a time.
    fn near(&self, time: f64) -> Vec<(f64, f64)> {
        let date = self.schedule.date(time);
        (-REACH..=REACH).flat_map(|days| self.openings(date, days)).collect()
    }
}

impl Schedule {
    /// The stretch in which a time lies. Finding it costs a fraction of a millisecond, and some of them where changes
    /// are far between: it is worth keeping until it ends.
    #[must_use]
    pub fn at(&self, unix_secs: f64) -> Period {
        let time = if unix_secs.is_finite() { unix_secs.clamp(0.0, 1e11) } else { 0.0 };
        let dates = Dates { schedule: self, known: RefCell::default() };
        let holds = |(start, end): &(f64, f64)| *start <= time && time < *end;
        if let Some((start, end)) = dates.near(time).into_iter().find(holds) {
            let (mut since, mut until) = (Some(start), Some(end));
            let is_far = |edge: f64| (edge - time).abs() > FARTHEST as f64 * DAY;
            // Openings that touch are one.
            while let Some(edge) = since {
                let touching = dates.near(edge).into_iter().filter(|(_, end)| *end >= edge);
                let earlier = touching.fold(edge, |edge, (start, _)| edge.min(start));
                if earlier == edge {
                    break;
                }
                since = (!is_far(earlier)).then_some(earlier);
            }
            while let Some(edge) = until {
                let touching = dates.near(edge).into_iter().filter(|(start, _)| *start <= edge);
                let later = touching.fold(edge, |edge, (_, end)| edge.max(end));
                if later == edge {
                    break;
                }
                until = (!is_far(later)).then_some(later);
            }
            return Period { is_open: true, since, until };
        }
        let date = self.date(time);
        // The first date that has one may not be the date of the one that begins first, but it is near it.
        let first = |wanted: &dyn Fn(i64) -> Option<f64>, better: fn(f64, f64) -> f64| {
            let day = (-REACH..FARTHEST).find(|days| wanted(*days).is_some())?;
            (day..=day + REACH).filter_map(wanted).reduce(better)
        };
        let starts = |days| dates.openings(date, days).into_iter().map(|(start, _)| start);
        let ends = |days: i64| dates.openings(date, -days).into_iter().map(|(_, end)| end);
        let until = first(&|days| starts(days).filter(|start| *start > time).reduce(f64::min), f64::min);
        let since = first(&|days| ends(days).filter(|end| *end <= time).reduce(f64::max), f64::max);
        Period { is_open: false, since, until }
    }

    /// Whether the wall is lit.
    #[must_use]
    pub fn is_open(&self, unix_secs: f64) -> bool {
        self.at(unix_secs).is_open
    }

    /// When that changes next; none within a year.
    #[must_use]
    pub fn next_change(&self, unix_secs: f64) -> Option<f64> {
        self.at(unix_secs).until
    }

    /// When the opening began that a time lies in; none outside of openings, and where it is more than a year ago.
    #[must_use]
    pub fn opened_at(&self, unix_secs: f64) -> Option<f64> {
        let period = self.at(unix_secs);
        period.since.filter(|_| period.is_open)
    }

    /// How much of the wall's light is there, 0 to 1: it comes and goes gently, within the opening.
    #[must_use]
    pub fn light(&self, unix_secs: f64) -> f32 {
        self.light_in(&self.at(unix_secs), unix_secs)
    }

    /// The same for who has kept the period.
    #[must_use]
    pub fn light_in(&self, period: &Period, unix_secs: f64) -> f32 {
        if !period.is_open {
            return 0.0;
        }
        let (since, until) = (period.since.unwrap_or(f64::NEG_INFINITY), period.until.unwrap_or(f64::INFINITY));
        let edge = (unix_secs - since).min(until - unix_secs);
        let fade = self.fade_secs.min((until - since) / 2.0);
        if edge >= fade {
            return 1.0;
        }
        let part = (edge / fade).clamp(0.0, 1.0) as f32;
        smoothstep(part)
    }

    /// What is to be known of a year, that in which a time lies, where openings go by the sun and it does not set or
    /// does not rise for some of it; in sentences.
    #[must_use]
    pub fn notes(&self, unix_secs: f64) -> Vec<String> {
        let mut moments = self.openings.iter().flat_map(|opening| [opening.from, opening.to]);
        let Some(place) = self.place.filter(|_| moments.any(TimeSpec::is_by_the_sun)) else { return Vec::new() };
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

    /// The local date of a time.
    fn date(&self, unix_secs: f64) -> Date {
        let time = Timestamp::from_second(unix_secs.floor() as i64).unwrap_or_default();
        self.zone.to_datetime(time).date()
    }

    /// From when to when the wall is lit by the openings of a date; those only that have a length.
    pub(super) fn openings_of(&self, date: Date) -> Vec<(f64, f64)> {
        let today = Day::of(date.weekday());
        let of_today = self.openings.iter().filter(|opening| opening.days.contains(&today));
        let times = |opening: &Opening| {
            let last = if opening.from.is_over_midnight(opening.to) { date.tomorrow().ok()? } else { date };
            let (start, end) = (self.moment(opening.from, date)?, self.moment(opening.to, last)?);
            (start < end).then_some((start, end))
        };
        of_today.filter_map(times).collect()
    }

    fn moment(&self, moment: TimeSpec, date: Date) -> Option<f64> {
        let sun = |offset: i32, set: bool| {
            let sun = self.place?.sun(self.noon(date));
            Some(if set { sun.set } else { sun.rise } + 60.0 * f64::from(offset))
        };
        match moment {
            TimeSpec::Clock(minutes) => {
                let date = if minutes == 24 * 60 { date.tomorrow().ok()? } else { date };
                let minutes = minutes % (24 * 60);
                self.instant(date.at((minutes / 60) as i8, (minutes % 60) as i8, 0, 0))
            }
            TimeSpec::Sunrise(offset) => sun(offset, false),
            TimeSpec::Sunset(offset) => sun(offset, true),
        }
    }

    /// Noon by the clock, near enough for the sun.
    fn noon(&self, date: Date) -> f64 {
        self.instant(date.at(12, 0, 0, 0)).unwrap_or_default()
    }

    /// The first moment at which the clock shows a time, or has gone over it.
    fn instant(&self, shown: DateTime) -> Option<f64> {
        let ambiguous = self.zone.to_ambiguous_timestamp(shown);
        let time = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok()?,
            AmbiguousOffset::Gap { .. } => {
                // As if the clock had been put forward already: a time before it really was.
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
