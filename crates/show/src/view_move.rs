//! The view's move over the wall. See [`ViewMove`].

use glam::DVec2;
use millions_base::Range;
use millions_frame::unit_hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use millions_config::{EnumValue, SectionParser, parameters};
use millions_wall::{CellTrack, Deal, View, ViewPath};

/// What a view does at the end of its move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ViewThen {
    /// It goes on: to what it came from again, but to somebody else.
    #[default]
    On,
    /// It stays.
    Stay,
}

/// Limits of a time of the view.
const SECS: Range = Range::new(0.0, 86_400.0, "seconds");
/// Limits of what is in view.
const ROWS: Range = Range::new(0.0, 4096.0, "rows; 0: the whole wall");

parameters! {
    /// The view's move over the wall: it rests, moves, rests, and so on.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct ViewMove {
        /// How many rows are in view at the beginning, around one person; 0: the whole wall.
        from: f64 = 1.15, ROWS;
        /// How many rows are in view at the end, around one person; 0: the whole wall.
        to: f64 = 0.0, ROWS;
        /// Seconds that a move takes.
        travel: f64 = 40.0, Range::new(0.5, 86_400.0, "seconds");
        /// Seconds of rest before each move.
        rest: f64 = 6.0, SECS;
        /// Seconds in which a move starts, and again in which it stops. Between, it goes at constant speed, as it is
        /// seen: what is in view doubles in equal times.
        ease: f64 = 5.0, SECS;
        /// What follows the move.
        then: ViewThen = ViewThen::On, EnumValue;
        /// How much nearer the view comes and goes back with each breath, as a part of its height.
        breathe: f64 = 0.0, Range::new(0.0, 0.5, "of the view's height");
        /// Seconds of a breath.
        breath: f64 = 12.0, Range::new(1.0, 86_400.0, "seconds");
    } check check_values
}

/// Where the view rests: at one cell, or on the whole wall.
enum Stop {
    Cell { track: CellTrack, height: f64 },
    Whole,
}

impl Stop {
    fn view(&self, aspect: f64, show_secs: f64) -> View {
        match self {
            Self::Cell { track, height } => View { centre: track.middle(show_secs), height: *height }.on_wall(aspect),
            Self::Whole => View::whole(aspect),
        }
    }
}

impl ViewMove {
    fn check_values(&self, file: &mut SectionParser<'_, '_, '_>) {
        if 2.0 * self.ease > self.travel {
            let message =
                format!("starting and stopping in {} s each do not fit into {} s of `travel`", self.ease, self.travel);
            file.error("ease", message);
        }
    }

    /// Returns the same move, so much faster or slower that a whole number of ways there and back takes `secs`; and the number of
    /// moves in that time.
    #[must_use]
    pub fn fitted(&self, secs: f64) -> (Self, u32) {
        let way_secs = 2.0 * (self.rest + self.travel);
        let ways = (secs / way_secs).round().clamp(1.0, 1e6);
        let part = secs / (ways * way_secs);
        let breath = secs / (secs / self.breath).round().max(1.0);
        let fitted =
            Self { travel: self.travel * part, rest: self.rest * part, ease: self.ease * part, breath, ..*self };
        (fitted, 2 * ways as u32)
    }

    /// Returns the view of a wall at a time, for a scene that was cued at `cued_secs`; both in seconds of the show. With
    /// `closing_moves` it comes back after so many moves to the very cell that it came from, wherever that is by then.
    #[must_use]
    pub fn at(&self, deal: &Deal, show_secs: f64, cued_secs: f64, closing_moves: Option<u32>) -> View {
        let aspect = deal.grid().aspect;
        let local = (show_secs - cued_secs).max(0.0);
        let leg_secs = self.rest + self.travel;
        let leg = (local / leg_secs).floor();
        let (leg, into_secs) = match self.then {
            ViewThen::Stay if leg >= 1.0 => (0.0, leg_secs),
            ViewThen::Stay | ViewThen::On => (leg, local - leg * leg_secs),
        };
        // The cell of a rest is found for its middle: from then it is followed back and forth.
        let stop = |number: f64| match closing_moves {
            Some(moves) if number == 0.0 || number == f64::from(moves) => {
                self.home(deal, cued_secs, f64::from(moves) * leg_secs + self.rest)
            }
            _ => self.stop(deal, number as u32, cued_secs + number * leg_secs + self.rest / 2.0),
        };
        let [from, to] = [leg, leg + 1.0].map(|number| stop(number).view(aspect, show_secs));
        let view =
            ViewPath::new(from, to).at(constant_speed((into_secs - self.rest) / self.travel, self.ease / self.travel));
        let breath = (1.0 - (local / self.breath * std::f64::consts::TAU).cos()) / 2.0;
        View { height: view.height * (1.0 - self.breathe * breath), ..view }.on_wall(aspect)
    }

    /// Returns the rest of that number, whose middle is at `show_secs`.
    fn stop(&self, deal: &Deal, number: u32, show_secs: f64) -> Stop {
        let grid = deal.grid();
        let rows = if number.is_multiple_of(2) { self.from } else { self.to };
        if rows <= 0.0 || rows >= f64::from(grid.rows) {
            return Stop::Whole;
        }
        let height = rows / f64::from(grid.rows);
        let margin = DVec2::new(grid.aspect, 1.0) * height / 2.0;
        let point = [7, 8].map(|salt| f64::from(unit_hash(number, salt)));
        Stop::Cell { track: deal.track(point.into(), margin, show_secs), height }
    }

    /// Returns the first rest of a move of `secs` that comes back to it: a cell that is on the wall at the beginning and at the end.
    fn home(&self, deal: &Deal, cued_secs: f64, secs: f64) -> Stop {
        let middle_secs = cued_secs + secs / 2.0;
        let first = self.stop(deal, 0, middle_secs);
        let Stop::Cell { track, height } = first else { return first };
        let walked = (track.middle(middle_secs + secs / 2.0) - track.middle(middle_secs)).abs();
        let margin = DVec2::new(deal.grid().aspect, 1.0) * height / 2.0 + walked;
        let point = [7, 8].map(|salt| f64::from(unit_hash(0, salt)));
        Stop::Cell { track: deal.track(point.into(), margin, middle_secs), height }
    }
}

/// Returns the part of a path at a part of the time: constant speed, and smooth to and from it, each over `ramp` of the time.
pub(super) fn constant_speed(part: f64, ramp: f64) -> f64 {
    let t = part.clamp(0.0, 1.0);
    let ramp = ramp.clamp(1e-6, 0.5);
    // The integral of a smooth step.
    let starting = |t: f64| {
        let x = (t / ramp).min(1.0);
        ramp * (x.powi(3) - x.powi(4) / 2.0) + (t - ramp).max(0.0)
    };
    let whole = 1.0 - ramp;
    if t < 0.5 { starting(t) / whole } else { 1.0 - starting(1.0 - t) / whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_wall::{Motion, WallGrid};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn moves() -> impl Strategy<Value = ViewMove> {
        let rows = || prop::sample::select(vec![0.0, 1.15, 3.0, 8.0]);
        (rows(), rows(), 2.0..60.0f64, 0.0..20.0f64, 0.0..1.0f64, any::<bool>(), 0.0..0.2f64).prop_map(
            |(from, to, travel, rest, ease, stays, breathe)| ViewMove {
                from,
                to,
                travel,
                rest,
                ease: travel * ease / 2.0,
                then: if stays { ViewThen::Stay } else { ViewThen::On },
                breathe,
                ..ViewMove::default()
            },
        )
    }

    fn deal(people: u32) -> Deal {
        let grid = WallGrid { rows: 40, aspect: 1.8, gap: 0.02, ..WallGrid::default() };
        let motion = Motion { speed: 0.2, variation: 0.5, ..Motion::default() };
        Deal::new(&(0..people).collect::<Vec<_>>(), grid, motion, 3).unwrap()
    }

    proptest! {
        #[test]
        fn a_view_never_jumps_and_never_leaves_the_wall(view in moves(), since in 0.0..500.0f64, cued in 0.0..1e5f64) {
            let deal = deal(4000);
            let (now, next) = (view.at(&deal, cued + since, cued, None), view.at(&deal, cued + since + 0.01, cued, None));
            for view in [now, next] {
                prop_assert_eq!(view, view.on_wall(1.8));
            }
            // From one row to forty, or over the whole wall at a height of one row, in a second at the most.
            let speed = 12.0 / (view.travel - view.ease).max(0.5);
            let zoom = (next.height / now.height).ln().abs();
            let pan = now.centre.distance(next.centre) / now.height.min(next.height);
            prop_assert!(zoom <= 0.01 * speed + 0.001 && pan <= 0.02 * speed + 0.01, "{zoom} {pan}: {now:?} {next:?}");
        }

        #[test]
        fn an_admission_out_of_view_moves_no_view(view in moves(), since in 0.0..200.0f64, later in 0.0..100.0f64) {
            let (mut deal, cued) = (deal(4000), 1000.0);
            let then = cued + since + later;
            let before = view.at(&deal, then, cued, None);
            deal.admit(&(4000..4400).collect::<Vec<_>>(), &BTreeSet::new(), cued + since);
            let after = view.at(&deal, then, cued, None);
            prop_assert!(before.centre.distance(after.centre) < 1e-9 && (before.height - after.height).abs() < 1e-9, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_journey_begins_at_one_person_and_comes_to_everybody_and_to_another() {
        let (deal, view) = (deal(4000), ViewMove::default());
        let at = |secs: f64| view.at(&deal, 50.0 + secs, 50.0, None);
        assert!((at(0.0).height - 1.15 / 40.0).abs() < 1e-9);
        assert_eq!(at(48.0), View::whole(1.8));
        let (first, second) = (at(3.0), at(95.0));
        assert!((second.height - first.height).abs() < 1e-9 && first.centre.distance(second.centre) > 0.02);
        for view in [first, second] {
            // Somebody's face is in the middle of it.
            let plan = deal.plan_in(&view, if view == first { 53.0 } else { 145.0 });
            let middle = DVec2::new(0.9, 0.5);
            let rows = plan.rows.iter();
            let nearest = rows.flat_map(|row| (0..row.columns).map(|column| plan.middle(row, column).distance(middle)));
            assert!(nearest.fold(f64::MAX, f64::min) < 1e-6);
        }
    }

    #[test]
    fn a_closed_journey_comes_back_to_whom_it_came_from() {
        for secs in [12.0, 60.0, 300.0] {
            let (deal, cued) = (deal(4000), 20.0);
            let (view, moves) = ViewMove::default().fitted(secs);
            assert!((f64::from(moves) * (view.rest + view.travel) - secs).abs() < 1e-9, "{secs} s: {view:?}");
            let at = |local: f64| view.at(&deal, cued + local, cued, Some(moves));
            // Through the whole of a rest at either end, the middle of the picture is the same person.
            let person = |local: f64| {
                let plan = deal.plan_in(&at(local), cued + local);
                let middle = DVec2::new(0.9, 0.5);
                let cells = plan.rows.iter().flat_map(|row| (0..row.columns).map(move |column| (row, column)));
                let nearest = cells.min_by(|a, b| {
                    let distance =
                        |(row, column): &(&millions_wall::RowPlan, usize)| plan.middle(row, *column).distance(middle);
                    distance(a).total_cmp(&distance(b))
                });
                let (row, column) = nearest.unwrap();
                assert!(plan.middle(row, column).distance(middle) < 1e-6, "{secs} s, at {local}");
                row.cell(column)
            };
            for part in [0.0, 0.5, 1.0] {
                assert_eq!(person(part * view.rest), person(secs + part * view.rest), "{secs} s");
            }
            assert_eq!(at(secs / f64::from(moves) + view.rest / 2.0), View::whole(1.8));
        }
    }
}
