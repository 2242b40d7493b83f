//! The state machine over every pair of states, and over days of planned stillness.

use proptest::prelude::*;

use super::*;
use Expectation::{Ending, Frames, Opening, Returning, Unseen};

/// The interval of observations.
const TICK: f64 = 0.25;

/// What the drawing thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// It goes on and presents.
    Presents,
    /// It goes on and presents nothing.
    Turns,
    /// It stands still.
    Stands,
}

const DOINGS: [Doing; 3] = [Doing::Presents, Doing::Turns, Doing::Stands];

/// A drawing thread and its watchdog.
struct Wall {
    watchdog: Watchdog,
    now: Observation,
}

impl Wall {
    fn new() -> Self {
        let now = Observation { secs: 1000.0, ..Observation::default() };
        Self { watchdog: Watchdog::new(History::default(), true), now }
    }

    /// A wall that has played for a while.
    fn playing() -> Self {
        let mut wall = Self::new();
        assert_eq!(wall.spend(Opening, Doing::Stands, 5.0), None);
        assert_eq!(wall.spend(Frames, Doing::Presents, 20.0), None);
        wall
    }

    fn tick(&mut self, expectation: Expectation, doing: Doing, secs: f64) -> Verdict {
        self.now.secs += secs;
        self.now.expectation = expectation;
        self.now.turns += u64::from(doing != Doing::Stands);
        self.now.frames += u64::from(doing == Doing::Presents);
        self.watchdog.observe(self.now)
    }

    /// Spends some time so; gives the first recovery or end, and after how many seconds it came.
    fn spend(&mut self, expectation: Expectation, doing: Doing, secs: f64) -> Option<(Verdict, f64)> {
        (1..=(secs / TICK) as u32).find_map(|tick| {
            let verdict = self.tick(expectation, doing, TICK);
            matches!(verdict, Verdict::Recover(_) | Verdict::End).then(|| (verdict, f64::from(tick) * TICK))
        })
    }
}

/// What has to follow from a state that lasts, however it was come by: a verdict, and within how many seconds; none where it is alive.
fn wanted(expectation: Expectation, doing: Doing) -> Option<(Verdict, f64)> {
    use Verdict::{End, Recover};
    match (expectation, doing) {
        (Ending, _) => Some((End, 20.5)),
        (_, Doing::Presents) | (Unseen, Doing::Turns) => None,
        // Whatever is hung in while opening is hung in for longer.
        (Opening, _) => Some((Recover(Cause::Hang), 60.5)),
        (Returning, _) => Some((Recover(Cause::Device), 20.5)),
        (Frames, Doing::Turns) => Some((Recover(Cause::Frozen), 15.5)),
        (Frames | Unseen, Doing::Stands) => Some((Recover(Cause::Hang), 7.5)),
    }
}

/// Defends that each state is judged by itself: for every pair of states a wall that has spent a while in the first, and was alive, is judged in the
/// second as the second wants it, and no sooner for the first but by what it has lacked already.
#[test]
fn every_pair_of_states_ends_as_the_second_wants_it() {
    let states = || Expectation::ALL.into_iter().flat_map(|expectation| DOINGS.map(|doing| (expectation, doing)));
    let mut pairs = 0;
    for (first, second) in states().flat_map(|first| states().map(move |second| (first, second))) {
        for first_secs in [0.0, 2.0, 6.0] {
            let mut wall = Wall::playing();
            assert_eq!(wall.spend(first.0, first.1, first_secs), None, "{first:?} is short");
            let came = wall.spend(second.0, second.1, 200.0);
            let what = format!("{first_secs} s of {first:?}, then {second:?}: {came:?}");
            match (came, wanted(second.0, second.1)) {
                (None, None) => {}
                (Some((verdict, after)), Some((wanted, within))) => {
                    // Nothing was presented since the first began: one that lacks frames may be told as any other.
                    let has_lacked = first.1 != Doing::Presents && first_secs > 0.0;
                    assert!(verdict == wanted || (has_lacked && matches!(verdict, Verdict::Recover(_))), "{what}");
                    assert!(after <= within && after >= within - 1.0 - first_secs, "{what}");
                }
                _ => panic!("{what}"),
            }
            pairs += 1;
        }
    }
    assert_eq!(pairs, 15 * 15 * 3);
}

/// Defends the planned stillness: a day of hold, blackout, closed hours (frames ten times a second), covered windows, monitors that sleep, and a machine
/// that sleeps has no restart, and no doubt.
#[test]
fn a_day_of_stillness_has_no_restart() {
    let mut wall = Wall::playing();
    let day: [(Expectation, Doing, f64); 4] = [
        (Frames, Doing::Presents, 8.0),
        (Unseen, Doing::Turns, 6.0),
        (Frames, Doing::Presents, 2.0),
        (Unseen, Doing::Presents, 8.0),
    ];
    for (expectation, doing, hours) in day {
        for _ in 0..(hours * 3600.0 / TICK) as u32 {
            assert_eq!(wall.tick(expectation, doing, TICK), Verdict::Alive);
        }
        // The lid is closed for an hour, or the process was stopped: it is late, and the wall is not.
        assert_ne!(wall.tick(expectation, Doing::Stands, 3600.0), Verdict::End);
        assert_eq!(wall.tick(expectation, doing, TICK), Verdict::Alive);
    }
}

#[test]
fn a_start_has_a_minute_for_its_first_picture() {
    for expectation in [Opening, Frames, Returning] {
        let came = Wall::new().spend(expectation, Doing::Turns, 100.0);
        assert_eq!(came, Some((Verdict::Recover(Cause::NoPicture), 60.5)), "{expectation:?}");
    }
    // No monitor: it waits for ever, and then has its minute.
    let mut wall = Wall::new();
    assert_eq!(wall.spend(Unseen, Doing::Turns, 100_000.0), None);
    assert_eq!(wall.spend(Frames, Doing::Turns, 59.0), None);
}

#[test]
fn a_device_that_is_lost_thrice_in_a_minute_is_recovered_from() {
    let mut wall = Wall::playing();
    for loss in 1..=3 {
        assert_eq!(wall.spend(Frames, Doing::Presents, 10.0), None, "{loss}");
        wall.now.losses += 1;
    }
    assert_eq!(wall.tick(Frames, Doing::Presents, TICK), Verdict::Recover(Cause::Device));
    let mut seldom = Wall::playing();
    for _ in 0..20 {
        assert_eq!(seldom.spend(Frames, Doing::Presents, 31.0), None);
        seldom.now.losses += 1;
    }
}

/// Defends slow machines: where a frame takes seconds, the next may.
#[test]
fn who_draws_slowly_is_given_time() {
    let mut wall = Wall::playing();
    for _ in 0..10 {
        assert_eq!(wall.spend(Frames, Doing::Stands, 5.0), None);
        wall.tick(Frames, Doing::Presents, TICK);
    }
    assert_eq!(wall.spend(Frames, Doing::Stands, 25.0), None);
    assert!(wall.spend(Frames, Doing::Stands, 5.0).is_some(), "but not for ever");
}

#[test]
fn after_three_recoveries_and_without_a_supervisor_it_is_left_as_it_is() {
    let hangs = |count: u32| {
        History::new((0..count).map(|index| Recovery { secs: f64::from(index), cause: Cause::Hang }).collect())
    };
    for (history, is_supervised, recovers) in
        [(hangs(2), true, true), (hangs(3), true, false), (hangs(0), false, false)]
    {
        let mut wall = Wall { watchdog: Watchdog::new(history, is_supervised), ..Wall::new() };
        wall.spend(Frames, Doing::Presents, 20.0);
        let came = wall.spend(Frames, Doing::Stands, 100.0);
        assert_eq!(came.is_some(), recovers, "{came:?}");
        assert_eq!(wall.tick(Frames, Doing::Stands, TICK), Verdict::Left(Cause::Hang));
        assert_eq!(wall.tick(Frames, Doing::Presents, TICK), Verdict::Alive, "it was none after all");
    }
}

proptest! {
    /// Whatever comes, in whatever steps of time: a recovery is said once, and never while frames come or none is expected.
    #[test]
    fn whoever_presents_or_is_unseen_is_never_ended(steps in prop::collection::vec((0..5_usize, 0..3_usize, 0.0..30.0_f64, 0..80_u32), 1..40)) {
        let mut wall = Wall::new();
        let mut recoveries = 0;
        for (expectation, doing, step, ticks) in steps {
            let (expectation, doing) = (Expectation::ALL[expectation], DOINGS[doing]);
            for _ in 0..ticks {
                let verdict = wall.tick(expectation, doing, step);
                let is_fine = doing == Doing::Presents || (expectation == Unseen && doing == Doing::Turns);
                if let (Verdict::Recover(cause), true) = (verdict, is_fine) {
                    prop_assert!(cause == Cause::Device, "{verdict:?} though {expectation:?} {doing:?}");
                }
                recoveries += u32::from(matches!(verdict, Verdict::Recover(_)));
            }
        }
        prop_assert!(recoveries <= 1);
    }
}
