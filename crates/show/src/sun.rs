//! When the sun rises and sets at a place. See [`GeoPosition::sun`].

use millions_base::Range;
use solar_positioning::{Horizon, Location, SolarEvents};

use millions_config::{Key, KeyVisitor, Section};

/// Where on earth the wall is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GeoPosition {
    /// Degrees north; south is below 0.
    pub latitude: f64,
    /// Degrees east; west is below 0.
    pub longitude: f64,
}

impl Section for GeoPosition {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let latitude = Range::new(-90.0, 90.0, "degrees, north above 0");
        keys.key(Key::required("latitude", "Degrees north; south is below 0."), &mut self.latitude, &latitude);
        let longitude = Range::new(-180.0, 180.0, "degrees, east above 0");
        keys.key(Key::required("longitude", "Degrees east; west is below 0."), &mut self.longitude, &longitude);
    }
}

/// What the sun does at a place on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sun {
    /// When it rises, in seconds of Unix time, to the minute.
    pub rise: f64,
    /// When it sets.
    pub set: f64,
    /// Where it does not: whether it is up all day, or down.
    pub polar: Option<Polar>,
}

/// A day without a sunrise or a sunset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polar {
    /// The sun does not set.
    Day,
    /// The sun does not rise.
    Night,
}

/// The difference of earth's own time and the clocks', in seconds: that of this decade. A second more or less moves a
/// sunset by less than a hundredth of one.
const DELTA_T: f64 = 70.0;

const DAY: f64 = 86_400.0;

impl GeoPosition {
    /// What the sun does here on the solar day whose noon is nearest to `noon`, in seconds of Unix time.
    ///
    /// Where it does not set, sunset and the next sunrise meet at midnight by the sun: the night has no length. Where
    /// it does not rise, sunrise and sunset meet at noon by the sun: the night is never over. So both are what the days
    /// before were becoming.
    #[must_use]
    pub fn sun(&self, noon: f64) -> Sun {
        let Self { latitude, longitude } = *self;
        // Noon by a sun that goes evenly; the real one is at most a quarter of an hour off.
        let mean = DAY / 2.0 - longitude * DAY / 360.0;
        let mean = ((noon - mean) / DAY).round().mul_add(DAY, mean);
        let (julian, unix) = (|unix: f64| unix / DAY + 2_440_587.5, |julian: f64| (julian - 2_440_587.5) * DAY);
        // The one is thirty times as fast, but good for this century only.
        let (fast, exact) = (SolarEvents::grena3(), SolarEvents::new());
        let transit = |events: &SolarEvents| {
            let (from, to) = (julian(mean - 7200.0), julian(mean + 7200.0));
            events.next_transit_from_julian(from, to, longitude, DELTA_T).ok().flatten()
        };
        let transit = transit(&fast).or_else(|| transit(&exact)).unwrap_or_else(|| julian(mean));
        let to_minute = |secs: f64| (secs / 60.0).round() * 60.0;
        let quarters = |rise: f64, set: f64, polar| Sun { rise: to_minute(rise), set: to_minute(set), polar };
        let (half, noon) = (DAY / 2.0, unix(transit));
        let location = Location { latitude, longitude };
        let day = |events: &SolarEvents| {
            let (from, to) = (transit - 0.5, transit + 0.5);
            events.for_interval_from_julian(from, to, location, DELTA_T, Horizon::SunriseSunset)
        };
        let Ok(day) = day(&fast).or_else(|_| day(&exact)) else {
            // Out of the years that can be computed: as at an equinox.
            return quarters(noon - half / 2.0, noon + half / 2.0, None);
        };
        let rise = day.rises.iter().rev().find(|rise| **rise < transit).map(|rise| unix(*rise));
        let set = day.sets.iter().find(|set| **set >= transit).map(|set| unix(*set));
        match (rise, set) {
            (Some(rise), Some(set)) => quarters(rise, set, None),
            // The first and the last day of a polar day have one of the two.
            (Some(rise), None) => quarters(rise, noon + half, Some(Polar::Day)),
            (None, Some(set)) => quarters(noon - half, set, Some(Polar::Day)),
            (None, None) if day.always_below() => quarters(noon, noon, Some(Polar::Night)),
            (None, None) => quarters(noon - half, noon + half, Some(Polar::Day)),
        }
    }
}
