//! The people who enter the wall one after another: who, and when. See [`ArrivalQueue`].

use glam::DVec2;

use super::super::arrival::{Arrival, ArrivalSettings, LEAD_SECS, places};
use super::super::instances::{ArrivalsSeen, Entering};
use super::{CrowdChange, Player, TimePoint};

/// Seconds for which somebody who has landed is kept: the last of a fade.
const KEPT_SECS: f64 = 2.0;

/// Those who enter and those who wait for it, in the order of their entries.
///
/// They begin at even distances: so far apart that each has the middle of the wall alone, or, where somebody would have to wait longer
/// than the settings say, as much nearer as that takes, beside each other. Whom even that leaves no time for does not enter at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ArrivalQueue {
    settings: Option<ArrivalSettings>,
    arrivals: Vec<Arrival>,
}

impl ArrivalQueue {
    /// Adds people who have come at a time, and returns those who will enter. `area` is the part of the wall for it.
    fn add(
        &mut self,
        people: &[u32],
        is_known: bool,
        now_secs: f64,
        area: [DVec2; 2],
        tile_aspect: f64,
    ) -> Vec<Arrival> {
        let Some(settings) = self.settings else { return Vec::new() };
        self.arrivals.retain(|arrival| arrival.lands_secs() + KEPT_SECS > now_secs);
        let mut waiting = self.arrivals.split_off(self.arrivals.partition_point(|known| known.begins_secs <= now_secs));
        let begun = &self.arrivals;
        let come =
            |person| Arrival { person, came_secs: now_secs, begins_secs: now_secs, place: 0, is_known, settings };
        let is_there = |person: u32| begun.iter().chain(&waiting).any(|arrival| arrival.person == person);
        let newcomers: Vec<Arrival> = people.iter().copied().filter(|person| !is_there(*person)).map(come).collect();
        let places = places(&settings, area, tile_aspect);
        let occupied = |arrival: &Arrival| arrival.is_away_secs() - arrival.begins_secs;
        let all = begun.iter().chain(&waiting).chain(&newcomers);
        let alone_secs = all.map(occupied).fold(0.0, f64::max);
        // A little more, so that rounding puts nobody into a place that is just left.
        let least_secs = alone_secs / f64::from(places) + 1e-6;
        let fits = |waiting: &[Arrival], apart_secs: f64| {
            let times = entries(begun, waiting, now_secs, apart_secs);
            times.zip(waiting).all(|(begins, arrival)| begins <= arrival.came_secs + arrival.settings.wait)
        };
        let before = waiting.len();
        let most = (settings.wait / least_secs) as usize + 2;
        waiting.extend(newcomers.into_iter().take(most));
        while waiting.len() > before && !fits(&waiting, least_secs) {
            waiting.pop();
        }
        let (mut low, mut high) = (least_secs, alone_secs.max(least_secs));
        if fits(&waiting, high) {
            low = high;
        }
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if fits(&waiting, middle) { low = middle } else { high = middle }
        }
        let times: Vec<f64> = entries(begun, &waiting, now_secs, low).collect();
        for (arrival, begins_secs) in waiting.iter_mut().zip(times) {
            arrival.begins_secs = begins_secs;
        }
        let added = before;
        for index in 0..waiting.len() {
            let begins_secs = waiting[index].begins_secs;
            let is_taken = |place: &u32| {
                let others = self.arrivals.iter().chain(&waiting[..index]);
                others.into_iter().any(|other| other.place == *place && other.is_away_secs() > begins_secs)
            };
            waiting[index].place = (0..places).find(|place| !is_taken(place)).unwrap_or(0);
        }
        let entering = waiting[added..].to_vec();
        self.arrivals.append(&mut waiting);
        entering
    }

    /// Removes people, who are seen no more.
    pub fn remove(&mut self, people: &[u32]) {
        self.arrivals.retain(|arrival| !people.contains(&arrival.person));
    }

    /// Gives the entry of a person to another: the same photograph, cropped otherwise.
    pub fn replace(&mut self, old: u32, new: u32) {
        for arrival in self.arrivals.iter_mut().filter(|arrival| arrival.person == old) {
            arrival.person = new;
        }
    }
}

/// Returns when those who wait enter, at a distance of `apart_secs`.
fn entries(begun: &[Arrival], waiting: &[Arrival], now_secs: f64, apart_secs: f64) -> impl Iterator<Item = f64> {
    let mut last = begun.last().map_or(f64::MIN, |arrival| arrival.begins_secs);
    waiting.iter().map(move |arrival| {
        last = (last + apart_secs).max(arrival.came_secs + LEAD_SECS).max(now_secs);
        last
    })
}

impl Player {
    /// Sets how newcomers enter; none, and they fade in at their places.
    pub fn set_arrivals(&mut self, settings: Option<ArrivalSettings>) {
        self.arrivals.settings = settings;
        if settings.is_none() {
            self.arrivals.arrivals.clear();
        }
    }

    /// Sets the part of the wall in which newcomers enter, by its upper left and lower right corner; none, and it is the whole.
    pub const fn set_arrival_area(&mut self, area: Option<[DVec2; 2]>) {
        self.arrival_area = area;
    }

    /// Adds newcomers as [`Player::add_people`] does; in scenes that show arrivals they enter one after another, as far as nobody has to
    /// wait too long. Those who are there at once (not `gently`) do not enter.
    pub fn welcome_people(&mut self, people: &[u32], time_secs: f64, gently: bool) {
        if self.arrivals.settings.is_none() || !gently {
            return self.add_people(people, time_secs, gently);
        }
        let crowd = self.crowd_mut();
        let new: Vec<_> = people.iter().copied().filter(|person| crowd.add(*person)).collect();
        crowd.fade_in(&new, time_secs, gently);
        let (area, tile_aspect) = (self.area(), self.shape.tile_aspect);
        let entering = self.arrivals.add(&new, false, time_secs, area, tile_aspect);
        let entering = self.entering(entering);
        self.change_instances(CrowdChange::Entered(new, entering, time_secs));
    }

    /// Has somebody who is in the crowd come forward, in colour, and go back to a place in the wall, as newcomers enter; after those who
    /// wait. Returns false, and does nothing, where they are not in the crowd, are entering already or would have to wait too long.
    pub fn introduce(&mut self, person: u32, at: impl Into<TimePoint>) -> bool {
        let now_secs = at.into().show_secs;
        if !self.crowd.people.contains(&person) {
            return false;
        }
        let (area, tile_aspect) = (self.area(), self.shape.tile_aspect);
        let settings = self.arrivals.settings;
        // A show without arrivals introduces people all the same.
        self.arrivals.settings.get_or_insert_default();
        let entering = self.arrivals.add(&[person], true, now_secs, area, tile_aspect);
        self.arrivals.settings = settings;
        if entering.is_empty() {
            return false;
        }
        // The change has a revision of its own.
        self.crowd_mut().touch();
        let entering = self.entering(entering);
        self.change_instances(CrowdChange::Seated(entering, now_secs));
        true
    }

    fn entering(&self, arrivals: Vec<Arrival>) -> Entering {
        let kept = self.arrivals.arrivals.iter().map(|arrival| arrival.person).collect();
        Entering { arrivals, kept, area: self.area(), active: (self.cue.scene.clone(), self.cue.show_secs) }
    }

    fn area(&self) -> [DVec2; 2] {
        self.arrival_area.unwrap_or([DVec2::ZERO, DVec2::new(self.shape.wall_aspect, 1.0)])
    }

    /// Returns what scenes show of the arrivals.
    pub(super) fn arrivals_seen(&self) -> ArrivalsSeen<'_> {
        ArrivalsSeen { arrivals: &self.arrivals.arrivals, area: self.area(), shape: self.shape }
    }
}

#[cfg(test)]
#[path = "arrivals_tests.rs"]
mod tests;
