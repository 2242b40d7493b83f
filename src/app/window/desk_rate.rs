//! How often the desk is painted: what it takes of the wall's time. See [`DeskRate`].

use std::time::Duration;

/// The interval of frames while its operator does something, and while nobody touches it.
const ACTIVE: Duration = Duration::from_millis(50);
const CALM: Duration = Duration::from_millis(200);
/// The longest of each: what it shows must not be of long ago, and an operator has to see what a hand does.
const LONGEST_ACTIVE: Duration = Duration::from_millis(500);
const LONGEST_CALM: Duration = Duration::from_secs(3);
/// Painting takes one part in so many of the time, as far as the longest intervals allow: on a card, which takes far less than a
/// millisecond, this bounds nothing; where a processor draws, a frame takes tens of them.
const PARTS_ACTIVE: u32 = 6;
const PARTS_CALM: u32 = 100;

/// The rate of the desk's frames, by what the last ones cost on the drawing thread and on the GPU.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeskRate {
    cost: Duration,
}

impl DeskRate {
    /// Notes what painting a frame took.
    pub fn note(&mut self, cost: Duration) {
        // A single frame that was cheap, or not timed, says little.
        self.cost = cost.max(self.cost * 3 / 4);
    }

    /// The interval to the next frame.
    pub fn interval(self, is_active: bool) -> Duration {
        if is_active {
            (self.cost * PARTS_ACTIVE).clamp(ACTIVE, LONGEST_ACTIVE)
        } else {
            (self.cost * PARTS_CALM).clamp(CALM, LONGEST_CALM)
        }
    }

    /// How much longer the intervals of its pictures are than usually.
    pub fn stretch(self) -> f64 {
        self.interval(false).div_duration_f64(CALM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cheap_comes_often_and_what_is_dear_takes_a_hundredth() {
        let rate = |ms: u64| {
            let mut rate = DeskRate::default();
            rate.note(Duration::from_millis(ms));
            rate
        };
        assert_eq!((rate(0).interval(true), rate(0).interval(false), rate(0).stretch()), (ACTIVE, CALM, 1.0));
        assert_eq!((rate(1).interval(true), rate(1).interval(false)), (ACTIVE, CALM));
        let dear = rate(15);
        assert_eq!((dear.interval(true).as_millis(), dear.interval(false).as_millis()), (90, 1500));
        assert!((dear.stretch() - 7.5).abs() < 1e-9);
        assert_eq!((rate(5000).interval(true), rate(5000).interval(false)), (LONGEST_ACTIVE, LONGEST_CALM));
        // One cheap frame among dear ones changes little, many do.
        let mut rate = dear;
        rate.note(Duration::ZERO);
        assert!(rate.interval(false) > Duration::from_secs(1));
        (0..30).for_each(|_| rate.note(Duration::ZERO));
        assert_eq!(rate.interval(false), CALM);
    }
}
