//! Times of day in a show file, by the clock or the sun. See [`TimeSpec`].

use schemars::{Schema, json_schema};

use millions_config::{Parser, SpannedValue, ValueType, escaped};

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSpec {
    /// Minutes after midnight by the clock; 1440 is the end of the day.
    Clock(i32),
    /// Minutes after sunrise; below 0, before it.
    Sunrise(i32),
    /// Minutes after sunset; below 0, before it.
    Sunset(i32),
}

/// The maximum offset from sunrise or sunset, in minutes.
const MAX_OFFSET: i32 = 12 * 60;

impl TimeSpec {
    /// Parses "18:00", "24:00", "sunset", "sunset+30m", "sunrise-1h30m".
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let sun = [("sunrise", Self::Sunrise as fn(i32) -> Self), ("sunset", Self::Sunset)];
        for (name, make) in sun {
            if let Some(offset) = text.strip_prefix(name) {
                return Some(make(minutes(offset)?));
            }
        }
        let (hours, minutes) = text.split_once(':')?;
        let clock = 60 * two_digits(hours)? + two_digits(minutes).filter(|minutes| *minutes < 60)?;
        (clock <= 24 * 60).then_some(Self::Clock(clock))
    }

    /// Returns whether the time depends on the place.
    #[must_use]
    pub const fn is_by_the_sun(self) -> bool {
        !matches!(self, Self::Clock(_))
    }

    /// Returns whether an opening from `self` to `end` ends on the day after it begins.
    ///
    /// Two times of the same kind: when the end is not later. Of different kinds, where the sun's moves: when it is
    /// from the second half of the day to the first. An opening that the sun makes negative does not open: "20:00" to
    /// "sunset" is an evening in summer, and nothing in winter.
    #[must_use]
    pub fn is_over_midnight(self, end: Self) -> bool {
        const NOON: i32 = 12 * 60;
        let is_evening = |time| match time {
            Self::Clock(minutes) => minutes >= NOON,
            Self::Sunrise(_) => false,
            Self::Sunset(_) => true,
        };
        match (self, end) {
            (Self::Clock(from), Self::Clock(to))
            | (Self::Sunrise(from), Self::Sunrise(to))
            | (Self::Sunset(from), Self::Sunset(to)) => to <= from,
            (from, to) => is_evening(from) && !is_evening(to),
        }
    }
}

fn two_digits(text: &str) -> Option<i32> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Parses an offset, as "", "+30m", "-1h", "+1h30m", to minutes.
fn minutes(offset: &str) -> Option<i32> {
    if offset.is_empty() {
        return Some(0);
    }
    let (sign, rest) = match offset.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let number = |text: &str, digits: usize, most: i32| -> Option<i32> {
        let is_number = (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten().filter(|number| *number <= most)
    };
    let all = match rest.split_once('h') {
        None => number(rest.strip_suffix('m')?, 3, MAX_OFFSET)?,
        Some((hours, "")) => 60 * number(hours, 2, 12)?,
        Some((hours, minutes)) => 60 * number(hours, 2, 12)? + number(minutes.strip_suffix('m')?, 2, 59)?,
    };
    (all <= MAX_OFFSET).then_some(sign * all)
}

/// The value type of a time of day.
pub(super) struct TimeOfDay;

impl ValueType<TimeSpec> for TimeOfDay {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<TimeSpec> {
        let wanted = "\"18:00\", or \"sunset\", \"sunset+30m\", \"sunrise-1h\", up to 12 hours off";
        let text = parser.text(key, spanned, &format!("a text like {wanted}"))?;
        TimeSpec::parse(text)
            .or_else(|| parser.reject(spanned, format!("`{key}` is \"{}\": write {wanted}", escaped(text)), None))
    }

    fn describe(&self, _: Option<&TimeSpec>) -> Schema {
        let clock = "([01][0-9]|2[0-3]):[0-5][0-9]|24:00";
        // Up to 12 hours, as hours with or without minutes, or as minutes.
        let hours = "(0?[0-9]|1[01])h([0-5]?[0-9]m)?|12h(00?m)?";
        let minutes = "([0-9]{1,2}|[0-6][0-9]{2}|7[01][0-9]|720)m";
        let pattern = format!("^({clock}|(sunrise|sunset)([+-]({hours}|{minutes}))?)$");
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["18:00", "sunset+30m", "sunrise-1h"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let good = [
            ("00:00", TimeSpec::Clock(0)),
            ("18:05", TimeSpec::Clock(1085)),
            ("24:00", TimeSpec::Clock(1440)),
            ("sunset", TimeSpec::Sunset(0)),
            ("sunset+30m", TimeSpec::Sunset(30)),
            ("sunrise-1h", TimeSpec::Sunrise(-60)),
            ("sunset+1h30m", TimeSpec::Sunset(90)),
            ("sunset-720m", TimeSpec::Sunset(-720)),
        ];
        for (text, time) in good {
            assert_eq!(TimeSpec::parse(text), Some(time), "{text}");
        }
        let wrong = [
            "",
            "18",
            "8:00",
            "18:60",
            "24:01",
            "25:00",
            "sunset+",
            "sunset+30",
            "sunset30m",
            "sunset+13h",
            "noon",
            "sunset+h",
            "sunset+1h30",
            "sunset+1h60m",
            "sunset+12h1m",
            "sunset+721m",
            "+1:00",
            "sunrise +1h",
            "sunset+é",
            "１８:00",
        ];
        for text in wrong {
            assert_eq!(TimeSpec::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_opening_is_over_midnight_when_people_would_say_so() {
        let over = |from: &str, to: &str| TimeSpec::parse(from).unwrap().is_over_midnight(TimeSpec::parse(to).unwrap());
        for (from, to) in [("18:00", "02:00"), ("sunset", "02:00"), ("22:00", "sunrise"), ("sunset", "sunrise-1h")] {
            assert!(over(from, to), "{from} to {to}");
        }
        for (from, to) in [
            ("18:00", "23:00"),
            ("00:00", "24:00"),
            ("sunset", "23:00"),
            ("20:00", "sunset"),
            ("07:00", "sunrise"),
            ("sunrise", "sunset"),
            ("sunset", "sunset+5h"),
            ("sunset+30m", "24:00"),
        ] {
            assert!(!over(from, to), "{from} to {to}");
        }
    }
}
