//! The `[schedule]` of a show file.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use millions_base::Range;
use schemars::{Schema, json_schema};

use super::schedule::{Day, Opening, Schedule};
use super::sun::GeoPosition;
use super::time_spec::{TimeOfDay, TimeSpec};
use millions_base::nearest;
use millions_config::{
    Array, EnumValue, Key, KeyVisitor, Optional, Parser, Section, SectionParser, SpannedValue, StringValue, Subsection,
    ValueType, escaped,
};

/// `[schedule]`.
#[derive(Clone, Debug)]
pub(super) struct ScheduleSection {
    zone: Option<TimeZone>,
    place: Option<GeoPosition>,
    open: Vec<OpeningSection>,
    fade: f64,
}

impl Default for ScheduleSection {
    fn default() -> Self {
        Self { zone: None, place: None, open: Vec::new(), fade: 5.0 }
    }
}

impl ScheduleSection {
    /// Returns the schedule; none without a time zone, which is a required key.
    pub fn schedule(self) -> Option<Schedule> {
        let Self { zone, place, open, fade } = self;
        let openings = open.into_iter().filter_map(OpeningSection::opening).collect();
        Some(Schedule { zone: zone?, place, openings, fade_secs: fade })
    }
}

impl Section for ScheduleSection {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let zone = "Whose clock counts, as \"Europe/Berlin\".";
        keys.key(Key::required("timezone", zone), &mut self.zone, &Optional(Zone));
        let place = "Where the wall is, for sunset and sunrise: latitude and longitude in degrees.";
        keys.key(Key::new("place", place), &mut self.place, &Optional(Subsection(GeoPosition::default())));
        let fade = "Seconds in which the light comes at the beginning of an opening, and goes before its end.";
        keys.key(Key::new("fade", fade), &mut self.fade, &Range::new(0.0, 600.0, "seconds"));
        let open = Array { least: 1, what: "openings, [[schedule.open]]", of: Subsection(OpeningSection::default()) };
        keys.key(Key::required("open", "When the wall is lit, [[schedule.open]]."), &mut self.open, &open);
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        let is_by_the_sun =
            |opening: &OpeningSection| [opening.from, opening.to].into_iter().flatten().any(TimeSpec::is_by_the_sun);
        if self.place.is_none() && self.open.iter().any(is_by_the_sun) {
            file.error("place", "sunset and sunrise need a place: place = { latitude = 52.5, longitude = 13.4 }");
            return;
        }
        for (index, opening) in self.open.iter().enumerate() {
            let alone = Self { open: vec![opening.clone()], ..self.clone() };
            // By the clock, every opening has a length; by the sun, it may have none all the year.
            if is_by_the_sun(opening) && alone.schedule().is_some_and(|schedule| !opens_in_a_year(&schedule)) {
                let message =
                    format!("the opening {} of `open` never opens: it would end before it begins, all year", index + 1);
                file.error("open", message);
            }
        }
    }
}

/// Returns whether a schedule opens on any day of 2024; all years are alike in this.
fn opens_in_a_year(schedule: &Schedule) -> bool {
    let days = Date::new(2024, 1, 1).into_iter().flat_map(|first| first.series(jiff::Span::new().days(1)).take(366));
    days.into_iter().any(|date| !schedule.openings_of(date).is_empty())
}

/// `[[schedule.open]]`.
#[derive(Clone, Debug)]
struct OpeningSection {
    days: Vec<Day>,
    from: Option<TimeSpec>,
    to: Option<TimeSpec>,
}

impl Default for OpeningSection {
    fn default() -> Self {
        Self { days: Day::ALL.to_vec(), from: None, to: None }
    }
}

impl OpeningSection {
    fn opening(self) -> Option<Opening> {
        Some(Opening { days: self.days, from: self.from?, to: self.to? })
    }
}

impl Section for OpeningSection {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let days = "The days on which it begins, as [\"fri\", \"sat\"]; left out, every day.";
        keys.key(Key::new("days", days), &mut self.days, &Array { least: 1, what: "days", of: EnumValue });
        let from = "When it begins: \"18:00\", or \"sunset\", \"sunset+30m\", \"sunrise-1h\".";
        keys.key(Key::required("from", from), &mut self.from, &Optional(TimeOfDay));
        let to = "When it ends, likewise; \"02:00\" after \"18:00\" is on the next day, \"24:00\" is midnight.";
        keys.key(Key::required("to", to), &mut self.to, &Optional(TimeOfDay));
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        if self.from == self.to {
            file.error("to", "it ends when it begins: for the whole day write from = \"00:00\" and to = \"24:00\"");
        } else if self.from == Some(TimeSpec::Clock(24 * 60)) {
            file.error("from", "\"24:00\" is the end of a day: write \"00:00\"");
        }
    }
}

/// The value type of a time zone: its name.
struct Zone;

impl ValueType<TimeZone> for Zone {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<TimeZone> {
        let name = StringValue.read(key, spanned, parser)?;
        TimeZone::get(&name).ok().or_else(|| {
            let names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
            let help = nearest(&name, names.iter().map(String::as_str))
                .or_else(|| Some("time zones are named after cities, as \"Europe/Berlin\"".to_owned()));
            parser.reject(spanned, format!("there is no time zone `{}`", escaped(&name)), help)
        })
    }

    fn describe(&self, _: Option<&TimeZone>) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["Europe/Berlin", "America/New_York"] })
    }
}
