//! Sunrise and sunset. See [`GeoPosition::sun`].

use millions_base::Range;
use solar_positioning::{Horizon, Location, SolarEvents};

use millions_config::{Key, KeyVisitor, Section};

/// A place on earth.
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

/// Sunrise and sunset of a place on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sun {
    /// Sunrise in seconds of Unix time, to the minute.
    pub rise: f64,
    /// Sunset, likewise.
    pub set: f64,
    /// Whether it is a polar day or night, on which they do not happen.
    pub polar: Option<Polar>,
}

/// A day without a sunrise or a sunset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Polar {
    /// The sun does not set.
    Day,
    /// The sun does not rise.
    Night,
}

/// ΔT, the difference of terrestrial and universal time, in seconds, of this decade. A second more or less moves a
/// sunset by less than a hundredth of one.
const DELTA_T: f64 = 70.0;

/// Seconds of a day.
pub(super) const DAY: f64 = 86_400.0;

impl GeoPosition {
    /// Returns sunrise and sunset of the solar day whose noon is nearest to `noon`, in seconds of Unix time.
    ///
    /// On a polar day, sunset and the next sunrise are both at solar midnight: the night has no length. On a polar
    /// night, sunrise and sunset are both at solar noon: the night has no end. So both continue the days before.
    pub(super) fn sun(&self, noon: f64) -> Sun {
        let Self { latitude, longitude } = *self;
        // Noon by mean solar time; apparent noon differs by up to 17 minutes (equation of time).
        let mean = DAY / 2.0 - longitude * DAY / 360.0;
        let mean = ((noon - mean) / DAY).round().mul_add(DAY, mean);
        let (julian, unix) = (|unix: f64| unix / DAY + 2_440_587.5, |julian: f64| (julian - 2_440_587.5) * DAY);
        // Grena 3 is thirty times as fast as SPA, but valid only from 2010 to 2110.
        let (fast, exact) = (SolarEvents::grena3(), SolarEvents::new());
        let transit = |events: &SolarEvents| {
            let (from, to) = (julian(mean - 7200.0), julian(mean + 7200.0));
            events.next_transit_from_julian(from, to, longitude, DELTA_T).ok().flatten()
        };
        let transit = transit(&fast).or_else(|| transit(&exact)).unwrap_or_else(|| julian(mean));
        let to_minute = |secs: f64| (secs / 60.0).round() * 60.0;
        let rounded = |rise: f64, set: f64, polar| Sun { rise: to_minute(rise), set: to_minute(set), polar };
        let (half, noon) = (DAY / 2.0, unix(transit));
        let location = Location { latitude, longitude };
        let day = |events: &SolarEvents| {
            let (from, to) = (transit - 0.5, transit + 0.5);
            events.for_interval_from_julian(from, to, location, DELTA_T, Horizon::SunriseSunset)
        };
        let Ok(day) = day(&fast).or_else(|_| day(&exact)) else {
            // Beyond the years that can be computed: as at an equinox.
            return rounded(noon - half / 2.0, noon + half / 2.0, None);
        };
        let rise = day.rises.iter().rev().find(|rise| **rise < transit).map(|rise| unix(*rise));
        let set = day.sets.iter().find(|set| **set >= transit).map(|set| unix(*set));
        match (rise, set) {
            (Some(rise), Some(set)) => rounded(rise, set, None),
            // The first and last of several polar days have one of the two.
            (Some(rise), None) => rounded(rise, noon + half, Some(Polar::Day)),
            (None, Some(set)) => rounded(noon - half, set, Some(Polar::Day)),
            (None, None) if day.always_below() => rounded(noon, noon, Some(Polar::Night)),
            (None, None) => rounded(noon - half, noon + half, Some(Polar::Day)),
        }
    }
}
