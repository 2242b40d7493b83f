//! How newcomers enter the wall. See [`Arrival`].

use glam::DVec2;

use millions_base::{Range, smoothstep};
use millions_config::parameters;

parameters! {
    /// How newcomers enter: large, in colour as photographed; then black and white, and to a place in the wall.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct ArrivalSettings {
        /// How high a newcomer stands there, in wall heights; less where the wall is too narrow.
        size: f64 = 0.66, Range::new(0.2, 0.95, "of the wall's height");
        /// Seconds for which a newcomer stands there in colour.
        stay: f64 = 4.0, Range::new(0.0, 120.0, "seconds");
        /// Seconds after which each newcomer has come, and enters. Who would have to wait longer fades in at their place.
        wait: f64 = 20.0, Range::new(2.0, 600.0, "seconds");
        /// How many stand beside each other at the most, while others wait; as far as the wall has room.
        at_once: u32 = 3, Range::new(1.0, 15.0, "people");
    }
}

/// Seconds from a newcomer's coming to their entry at the least: their photograph is read and uploaded meanwhile.
pub(super) const LEAD_SECS: f64 = 1.5;
/// Seconds in which a newcomer rises out of the dark, …
const RISE_SECS: f64 = 1.4;
/// … and in which somebody who is in the wall already comes forward.
const FORWARD_SECS: f64 = 2.6;
/// Seconds in which the colours go.
const DEVELOP_SECS: f64 = 2.4;
/// The part of that after which the way to the cell begins.
const DEVELOPED_ENOUGH: f64 = 0.7;
/// Seconds of the way to the cell.
const FLIGHT_SECS: f64 = 3.0;
/// The part of the way after which the next one may rise in the same place.
const IS_AWAY: f64 = 0.3;
/// The distance between people who stand beside each other, in their widths.
const PITCH: f64 = 1.1;
/// The part of the wall that they may take.
const ROOM: f64 = 0.97;
/// How much a person grows while they stand there.
const PUSH_IN: f64 = 0.03;
/// How much smaller, and lower in parts of their height, they are when they begin to rise.
const RISES_FROM: [f64; 2] = [0.06, 0.05];

/// Somebody who enters, or is about to. All of it follows from the time:
///
/// ```text
/// came      begins     stands    develops        flies      lands
///  │ waits    │ rises    │ in colour │ to the look  │ to the cell │ stands in the row
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Who.
    pub person: u32,
    /// When they came, in seconds of the show.
    pub came_secs: f64,
    /// When they enter, in seconds of the show.
    pub begins_secs: f64,
    /// The place where they stand: 0 in the middle, then one to each side in turn.
    pub place: u32,
    /// Whether they were in the wall already, and come forward out of it.
    pub is_known: bool,
    /// As of their coming.
    pub settings: ArrivalSettings,
}

impl Arrival {
    fn rise_secs(&self) -> f64 {
        if self.is_known { FORWARD_SECS } else { RISE_SECS }
    }

    /// When the colours begin to go.
    fn develops_secs(&self) -> f64 {
        self.begins_secs + self.rise_secs() + self.settings.stay
    }

    /// Returns when they leave their place in front, in seconds of the show.
    pub fn flies_secs(&self) -> f64 {
        self.develops_secs() + DEVELOP_SECS * DEVELOPED_ENOUGH
    }

    /// Returns when they are in their cell, in seconds of the show.
    pub fn lands_secs(&self) -> f64 {
        self.flies_secs() + FLIGHT_SECS
    }

    /// Returns when the next may rise in the same place.
    pub fn is_away_secs(&self) -> f64 {
        self.flies_secs() + FLIGHT_SECS * IS_AWAY
    }

    /// Returns how far they have risen, or come forward, 0 to 1.
    pub fn risen(&self, secs: f64) -> f64 {
        smoothstep(((secs - self.begins_secs) / self.rise_secs()).clamp(0.0, 1.0))
    }

    /// Returns how far the colours have gone, 0 to 1: somebody who comes forward out of the wall is in its look first.
    pub fn developed(&self, secs: f64) -> f32 {
        let gone = smoothstep(((secs - self.develops_secs()) / DEVELOP_SECS).clamp(0.0, 1.0)) as f32;
        if self.is_known { gone.max(1.0 - self.risen(secs) as f32) } else { gone }
    }

    /// Returns how far they are on the way to their cell, 0 to 1.
    pub fn flown(&self, secs: f64) -> f64 {
        let t = ((secs - self.flies_secs()) / FLIGHT_SECS).clamp(0.0, 1.0);
        // Starts like a step, and slows down long before the end, as among people.
        let eased = 1.0 - (1.0 - t).powi(2);
        smoothstep(eased)
    }

    /// Returns the corners of a person who stands in front, in the part `area` of the wall.
    pub fn stand(&self, secs: f64, area: [DVec2; 2], tile_aspect: f64) -> [DVec2; 2] {
        let stand = Stand::new(&self.settings, area, tile_aspect);
        let stood = ((secs - self.begins_secs) / (self.flies_secs() - self.begins_secs)).clamp(0.0, 1.0);
        let rising = if self.is_known { 0.0 } else { 1.0 - self.risen(secs) };
        let size = stand.size * (1.0 + PUSH_IN * stood - RISES_FROM[0] * rising);
        let middle = stand.middle(self.place) + DVec2::new(0.0, stand.size.y * RISES_FROM[1] * rising);
        [middle - size / 2.0, middle + size / 2.0]
    }

    /// Returns the size at which they are largest.
    pub fn largest(&self, area: [DVec2; 2], tile_aspect: f64) -> DVec2 {
        Stand::new(&self.settings, area, tile_aspect).size * (1.0 + PUSH_IN)
    }
}

/// Where people stand in front: side by side, or on a tower above each other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stand {
    /// The middle of all.
    middle: DVec2,
    /// Of a person.
    size: DVec2,
    /// From one to the next.
    step: DVec2,
    places: u32,
}

impl Stand {
    fn new(settings: &ArrivalSettings, [low, high]: [DVec2; 2], tile_aspect: f64) -> Self {
        let extent = high - low;
        let height = settings.size.min(extent.y * ROOM).min(extent.x * ROOM / tile_aspect).max(1e-3);
        let size = DVec2::new(height * tile_aspect, height);
        let fit = (extent * ROOM - size) / (size * PITCH) + 1.0;
        let (along, fit) = if fit.x >= fit.y { (DVec2::X, fit.x) } else { (DVec2::Y, fit.y) };
        // As many to one side of the middle as to the other.
        let most = (fit + 1e-9).floor().clamp(1.0, f64::from(settings.at_once.max(1))) as u32;
        let places = most - u32::from(most.is_multiple_of(2));
        Self { middle: (low + high) / 2.0, size, step: along * size * PITCH, places }
    }

    fn middle(&self, place: u32) -> DVec2 {
        let place = place % self.places;
        let aside = f64::from(place.div_ceil(2)) * if place % 2 == 1 { -1.0 } else { 1.0 };
        self.middle + self.step * aside
    }
}

/// Returns how many may stand beside each other.
pub(super) fn places(settings: &ArrivalSettings, area: [DVec2; 2], tile_aspect: f64) -> u32 {
    Stand::new(settings, area, tile_aspect).places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn people_stand_beside_each_other_on_the_wall(
            aspect in 0.2..12.0f64, size in 0.2..0.95f64, at_once in 1..16u32, tile_aspect in 0.5..1.5f64,
        ) {
            let settings = ArrivalSettings { size, at_once, ..ArrivalSettings::default() };
            let area = [DVec2::ZERO, DVec2::new(aspect, 1.0)];
            let places = places(&settings, area, tile_aspect);
            prop_assert!(places <= at_once && places % 2 == 1);
            let at = |place: u32| {
                let arrival =
                    Arrival { person: 1, came_secs: 0.0, begins_secs: 2.0, place, is_known: false, settings };
                arrival.stand(arrival.flies_secs(), area, tile_aspect)
            };
            prop_assert!((at(0)[0] + at(0)[1]).abs_diff_eq(area[1], 1e-9), "alone in the middle");
            for place in 0..places {
                let [low, high] = at(place);
                prop_assert!(low.min_element() >= -1e-9 && high.cmple(area[1] + 1e-9).all(), "{low} {high}");
                for other in 0..place {
                    let [other_low, other_high] = at(other);
                    prop_assert!(!(low.cmplt(other_high).all() && other_low.cmplt(high).all()));
                }
            }
        }

        #[test]
        fn an_arrival_never_jumps(secs in 0.0..40.0f64, stay in 0.0..20.0f64, is_known: bool) {
            let settings = ArrivalSettings { stay, ..ArrivalSettings::default() };
            let arrival = Arrival { person: 1, came_secs: 0.0, begins_secs: 2.0, place: 0, is_known, settings };
            let area = [DVec2::ZERO, DVec2::new(1.8, 1.0)];
            let [now, next] = [secs, secs + 0.01].map(|secs| {
                [arrival.risen(secs), f64::from(arrival.developed(secs)), arrival.flown(secs), arrival.stand(secs, area, 0.8)[0].x]
            });
            prop_assert!(now.iter().zip(next).all(|(now, next)| (next - now).abs() < 0.02), "{now:?} {next:?}");
            prop_assert_eq!(arrival.flown(arrival.lands_secs()), 1.0);
            prop_assert_eq!(arrival.developed(arrival.lands_secs()), 1.0);
        }
    }
}
