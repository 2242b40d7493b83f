//! Schedules, against a minute-by-minute simulation of whole years.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const BERLIN: GeoPosition = GeoPosition { latitude: 52.52, longitude: 13.4 };
const TROMSO: GeoPosition = GeoPosition { latitude: 69.65, longitude: 18.96 };

fn opening(days: &[Day], from: &str, to: &str) -> Opening {
    Opening { days: days.to_vec(), from: TimeSpec::parse(from).unwrap(), to: TimeSpec::parse(to).unwrap() }
}

fn schedule(zone: &str, place: Option<GeoPosition>, openings: Vec<Opening>) -> Schedule {
    Schedule { zone: TimeZone::get(zone).unwrap(), place, openings, fade_secs: 10.0 }
}

/// Unix seconds of "2026-03-29T02:30[Europe/Berlin]".
fn at(text: &str) -> f64 {
    text.parse::<jiff::ZonedDateTime>().unwrap().timestamp().as_second() as f64
}

fn intensity(schedule: &Schedule, unix_secs: f64) -> f32 {
    schedule.intensity(&schedule.at(unix_secs), unix_secs)
}

/// Simulates so many days of a year minute by minute: returns the first minute of Unix time, and for each whether the
/// wall is lit.
///
/// An opening begins in the first minute in which the clock shows its beginning or later, and ends likewise.
fn simulate(schedule: &Schedule, year: i16, days: i64) -> (i64, Vec<bool>) {
    let zone = &schedule.zone;
    let first = date(year, 1, 1);
    let start = first.to_zoned_datetime(zone.clone()).unwrap().timestamp().as_second() / 60;
    let minutes = (days * 24 * 60) as usize;
    let mut shown: Vec<DateTime> = (0..minutes as i64 + 4 * 1440)
        .map(|minute| zone.to_datetime(Timestamp::from_second((start + minute) * 60).unwrap()))
        .collect();
    // The latest that it has shown: in autumn it goes back.
    for minute in 1..shown.len() {
        shown[minute] = shown[minute].max(shown[minute - 1]);
    }
    let first_showing = |wanted: DateTime| shown.partition_point(|shown| *shown < wanted);
    let minute_of = |time: TimeSpec, day: Date| {
        let sun = |offset: i32, set: bool| {
            let noon = day.at(12, 0, 0, 0).to_zoned_datetime(zone.clone()).unwrap().timestamp().as_second() as f64;
            let sun = schedule.place.unwrap().sun(noon);
            ((if set { sun.set } else { sun.rise }) as i64 / 60 + i64::from(offset) - start).max(0) as usize
        };
        match time {
            TimeSpec::Clock(minutes) => first_showing(day.at(0, 0, 0, 0) + i64::from(minutes).minutes()),
            TimeSpec::Sunrise(offset) => sun(offset, false),
            TimeSpec::Sunset(offset) => sun(offset, true),
        }
    };
    let mut lit = vec![false; minutes];
    for day in (first - 3.days()).series(1.day()).take(days as usize + 6) {
        for opening in &schedule.openings {
            if opening.days.iter().any(|one| *one == Day::of(day.weekday())) {
                let last = if opening.from.is_over_midnight(opening.to) { day + 1.day() } else { day };
                let (from, to) = (minute_of(opening.from, day), minute_of(opening.to, last));
                lit[from.min(minutes)..to.clamp(from, shown.len()).min(minutes).max(from.min(minutes))].fill(true);
            }
        }
    }
    (start, lit)
}

/// Asserts that a schedule agrees with the simulation of a year at each change.
fn assert_agrees(schedule: &Schedule, year: i16) {
    let (start, lit) = simulate(schedule, year, 366);
    let end = start + lit.len() as i64;
    // Openings from before the first day, which the simulation lacks.
    let mut minute = start + 3 * 1440;
    let mut changes = 0;
    while minute < end {
        let time = minute as f64 * 60.0;
        let period = schedule.at(time);
        let until = period.until.map_or(end, |until| (until / 60.0) as i64).min(end);
        assert!(until > minute && period.since.is_none_or(|since| since <= time), "{period:?}");
        for (minute, lit) in lit[(minute - start) as usize..(until - start) as usize].iter().enumerate() {
            assert_eq!(*lit, period.is_open, "{schedule:?}: {minute} minutes into {period:?}");
        }
        assert!(changes == 0 || schedule.at(time - 1.0).is_open != period.is_open);
        (minute, changes) = (until, changes + 1);
    }
    assert!(changes > 10, "{changes}");
}

const ZONES: [&str; 6] =
    ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"];

#[test]
fn a_year_of_nights_agrees_with_the_simulation() {
    for zone in ZONES {
        let nights = vec![opening(&Day::ALL, "18:00", "02:30"), opening(&[Day::Sat, Day::Sun], "10:00", "12:15")];
        assert_agrees(&schedule(zone, None, nights), 2026);
        // The hour that clocks leave out and repeat.
        assert_agrees(&schedule(zone, None, vec![opening(&Day::ALL, "01:50", "02:10")]), 2026);
        assert_agrees(&schedule(zone, None, vec![opening(&Day::ALL, "02:05", "03:00")]), 2026);
        let gaps = vec![opening(&Day::ALL, "02:10", "02:20"), opening(&Day::ALL, "00:00", "00:30")];
        assert_agrees(&schedule(zone, None, gaps), 2026);
    }
    // Apia left out a whole day, the last but one of 2011.
    let days = vec![opening(&[Day::Thu, Day::Fri, Day::Sat], "20:00", "04:00")];
    assert_agrees(&schedule("Pacific/Apia", None, days), 2011);
}

#[test]
fn a_year_of_sunsets_agrees_with_the_simulation() {
    let places = [
        ("Europe/Berlin", BERLIN),
        ("America/New_York", GeoPosition { latitude: 40.7, longitude: -74.0 }),
        ("Asia/Kathmandu", GeoPosition { latitude: 27.7, longitude: 85.3 }),
        ("Australia/Lord_Howe", GeoPosition { latitude: -31.6, longitude: 159.1 }),
        ("Pacific/Kiritimati", GeoPosition { latitude: 1.9, longitude: -157.4 }),
        ("Europe/Oslo", TROMSO),
        ("Antarctica/McMurdo", GeoPosition { latitude: -90.0, longitude: 0.0 }),
    ];
    for (zone, place) in places {
        let nights = vec![opening(&[Day::Mon, Day::Wed, Day::Fri, Day::Sat], "sunset+30m", "23:00")];
        if place.latitude > -80.0 {
            assert_agrees(&schedule(zone, Some(place), nights), 2026);
        }
        let whole = vec![opening(&Day::ALL, "16:00", "sunrise-1h"), opening(&[Day::Tue], "sunset-12h", "sunset-11h")];
        assert_agrees(&schedule(zone, Some(place), whole), 2026);
    }
}

#[test]
fn at_changes_of_summer_time_openings_begin_and_end_once() {
    let night = schedule("Europe/Berlin", None, vec![opening(&Day::ALL, "02:15", "02:45")]);
    // Put forward from 02:00 to 03:00: there is no such half-hour.
    let day = at("2026-03-28T12:00[Europe/Berlin]");
    assert_eq!(night.at(day).until, Some(at("2026-03-30T02:15[Europe/Berlin]")));
    let until_three = schedule("Europe/Berlin", None, vec![opening(&Day::ALL, "02:15", "03:20")]);
    assert_eq!(until_three.at(day).until, Some(at("2026-03-29T03:00[Europe/Berlin]")), "as the clock leaps over it");
    // Put back from 03:00 to 02:00: the first 02:15, and not again.
    let day = at("2026-10-24T12:00[Europe/Berlin]");
    let first = at("2026-10-25T02:15+02:00[Europe/Berlin]");
    assert_eq!(night.at(day).until, Some(first));
    assert_eq!(night.at(first).until, Some(first + 1800.0));
    assert_eq!(night.at(first + 1800.0).until, Some(at("2026-10-26T02:15[Europe/Berlin]")));
}

#[test]
fn an_evening_has_a_beginning_an_end_and_gentle_edges() {
    let evening = schedule("Europe/Berlin", None, vec![opening(&[Day::Fri], "20:00", "02:00")]);
    let (open, close) = (at("2026-06-12T20:00[Europe/Berlin]"), at("2026-06-13T02:00[Europe/Berlin]"));
    assert_eq!(evening.at(open + 3600.0), Period { is_open: true, since: Some(open), until: Some(close) });
    assert_eq!(evening.opened_at(open), Some(open));
    assert_eq!((evening.opened_at(close), evening.opened_at(open - 1.0)), (None, None));
    let closed = evening.at(close);
    assert_eq!((closed.is_open, closed.since, closed.until), (false, Some(close), Some(open + 7.0 * 86_400.0)));
    let light = |secs| intensity(&evening, secs);
    assert_eq!((light(open - 1.0), light(open), light(open + 5.0), light(open + 10.0)), (0.0, 0.0, 0.5, 1.0));
    assert_eq!((light(close - 10.0), light(close - 5.0), light(close)), (1.0, 0.5, 0.0));
    // Shorter than its fades: it comes, and goes at once.
    let blink = Schedule { fade_secs: 600.0, ..schedule("UTC", None, vec![opening(&[Day::Fri], "20:00", "20:01")]) };
    let open = at("2026-06-12T20:00[UTC]");
    assert_eq!(
        (intensity(&blink, open + 15.0), intensity(&blink, open + 30.0), intensity(&blink, open + 45.0)),
        (0.5, 1.0, 0.5)
    );
}

#[test]
fn openings_that_touch_are_one_and_one_may_be_for_ever() {
    let two = vec![opening(&[Day::Fri], "20:00", "24:00"), opening(&[Day::Sat], "00:00", "03:00")];
    let two = schedule("Europe/Berlin", None, two);
    let (open, close) = (at("2026-06-12T20:00[Europe/Berlin]"), at("2026-06-13T03:00[Europe/Berlin]"));
    assert_eq!(two.at(close - 1.0), Period { is_open: true, since: Some(open), until: Some(close) });
    assert_eq!(intensity(&two, at("2026-06-13T00:00[Europe/Berlin]")), 1.0);
    let always = schedule("Europe/Berlin", None, vec![opening(&Day::ALL, "00:00", "24:00")]);
    assert_eq!(always.at(open), Period { is_open: true, since: None, until: None });
    assert_eq!(intensity(&always, open), 1.0);
    // Times that make no sense are no reason to fall over.
    for time in [f64::NAN, f64::INFINITY, -1e300, 1e300, 0.0] {
        let _ = two.at(time);
    }
}

#[test]
fn polar_days_have_a_note_and_nights_of_no_length() {
    let tromso = schedule("Europe/Oslo", Some(TROMSO), vec![opening(&Day::ALL, "sunset+30m", "23:00")]);
    let june = tromso.at(at("2026-06-21T22:30[Europe/Oslo]"));
    assert!(!june.is_open && june.until.unwrap() > at("2026-07-25T00:00[Europe/Oslo]"), "closed for weeks: {june:?}");
    let december = tromso.at(at("2026-12-21T18:00[Europe/Oslo]"));
    assert!(december.is_open, "dark all day: open from noon");
    let by_the_sun = schedule("Europe/Oslo", Some(TROMSO), vec![opening(&Day::ALL, "sunset", "sunrise")]);
    let winter = by_the_sun.at(at("2026-12-21T18:00[Europe/Oslo]"));
    assert!(winter.until.unwrap() - winter.since.unwrap() > 40.0 * 86_400.0, "one long night: {winter:?}");
    let notes = by_the_sun.notes(at("2026-06-21T18:00[Europe/Oslo]"));
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[1].starts_with("from 2026-05-1") && notes[1].contains("does not set"), "{notes:?}");
    let berlin = schedule("Europe/Berlin", Some(BERLIN), vec![opening(&Day::ALL, "sunset", "sunrise")]);
    assert!(berlin.notes(at("2026-06-21T18:00[Europe/Berlin]")).is_empty());
}

#[test]
fn sunsets_agree_with_almanacs() {
    // The United States Naval Observatory's, to the minute.
    let sets = [
        (
            BERLIN,
            "2026-06-21T12:00[Europe/Berlin]",
            "2026-06-21T04:43[Europe/Berlin]",
            "2026-06-21T21:33[Europe/Berlin]",
        ),
        (
            BERLIN,
            "2026-12-21T12:00[Europe/Berlin]",
            "2026-12-21T08:15[Europe/Berlin]",
            "2026-12-21T15:54[Europe/Berlin]",
        ),
    ];
    for (place, noon, rise, set) in sets {
        let sun = place.sun(at(noon));
        assert!(
            (sun.rise - at(rise)).abs() <= 60.0 && (sun.set - at(set)).abs() <= 60.0,
            "{sun:?} {} {}",
            at(rise),
            at(set)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn sunrise_comes_before_sunset_and_neither_jumps(
        latitude in -90.0..90.0f64, longitude in -180.0..180.0f64, day in 0..40_000i64,
    ) {
        let place = GeoPosition { latitude, longitude };
        let noon = day as f64 * 86_400.0 + 43_200.0 - longitude * 240.0;
        let (sun, next) = (place.sun(noon), place.sun(noon + 86_400.0));
        prop_assert!(sun.rise <= sun.set && sun.set - noon < 46_000.0 && noon - sun.rise < 46_000.0, "{:?}", sun);
        if latitude.abs() < 60.0 {
            prop_assert!(sun.polar.is_none());
            let moved = |next: f64, now: f64| (next - now - 86_400.0).abs();
            prop_assert!(moved(next.set, sun.set) < 480.0 && moved(next.rise, sun.rise) < 480.0);
        }
        prop_assert!(next.rise >= sun.set - 60.0, "a night ends after it begins");
    }

    #[test]
    fn any_hours_agree_with_the_simulation(
        zone in prop::sample::select(ZONES.to_vec()),
        hours in prop::collection::vec((0..1440i32, 1..=1440i32, 1..128u32), 1..4),
        minutes in prop::collection::vec(5_000..500_000usize, 20),
    ) {
        let on = |days: u32| Day::ALL.into_iter().enumerate().filter(move |(bit, _)| days >> bit & 1 == 1);
        let openings = hours.iter().filter(|(from, to, _)| from != to).map(|(from, to, days)| Opening {
            days: on(*days).map(|(_, day)| day).collect(),
            from: TimeSpec::Clock(*from),
            to: TimeSpec::Clock(*to),
        });
        let schedule = schedule(zone, None, openings.collect());
        let (start, lit) = simulate(&schedule, 2026, 366);
        for minute in minutes {
            let time = (start + minute as i64) as f64 * 60.0;
            let period = schedule.at(time + 30.0);
            prop_assert_eq!(period.is_open, lit[minute], "{:?} {}", schedule, time);
            let edges = [period.since, period.until].map(|edge| edge.map(|edge| (edge / 60.0) as i64 - start));
            let [since, until] = edges.map(|edge| edge.unwrap_or(-1));
            if since > 4320 {
                prop_assert!(lit[since as usize] == lit[minute] && lit[since as usize - 1] != lit[minute]);
            }
            if until > 0 && (until as usize) < lit.len() {
                prop_assert!(lit[until as usize] != lit[minute] && lit[until as usize - 1] == lit[minute]);
            }
        }
    }
}
