//! When frames are seen, and whether they were in time. See [`PresentationClock`].

/// The gap after which the rhythm of frames begins anew, in seconds.
const GAP_SECS: f64 = 0.5;
/// How much of the difference between the predicted rhythm and the monitor's is corrected in each frame. Little: a thread that wakes
/// late must not move the picture.
const CORRECTION: f64 = 0.05;

/// By how much an image may seem to be early, in intervals: the rhythm is known only so well.
const EARLY: f64 = 0.25;

/// Predicts when each frame is seen, so that what moves is where it belongs at that moment and not where it was when the frame
/// happened to be computed. Takes no time itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PresentationClock {
    /// The predicted presentation of the last frame, in real seconds.
    last_secs: Option<f64>,
}

/// The prediction for a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Presentation {
    /// When it is seen, in real seconds.
    pub secs: f64,
    /// For how many intervals too many the frame before was seen.
    pub missed: u32,
}

impl PresentationClock {
    /// Predicts the presentation of a frame whose image was acquired at `acquired_secs`, on a monitor that shows one each
    /// `interval_secs`. With vertical sync an image is free as soon as the frame before is seen, so the next is seen one interval
    /// later.
    pub fn next(&mut self, acquired_secs: f64, interval_secs: f64) -> Presentation {
        let presentation = predict(self.last_secs, acquired_secs, interval_secs);
        self.last_secs = Some(presentation.secs);
        presentation
    }

    /// The time of what is seen, or about to be: a key that is pressed now acts on that.
    pub fn seen_secs(&self, now_secs: f64) -> f64 {
        self.last_secs.map_or(now_secs, |last_secs| now_secs.max(last_secs))
    }
}

fn predict(last_secs: Option<f64>, acquired_secs: f64, interval_secs: f64) -> Presentation {
    let Some(last_secs) = last_secs.filter(|last_secs| (acquired_secs - last_secs).abs() < GAP_SECS) else {
        return Presentation { secs: acquired_secs + interval_secs, missed: 0 };
    };
    // The next step of the rhythm after the image was there; each frame has at least one.
    let intervals = ((acquired_secs - last_secs) / interval_secs + EARLY).floor().max(0.0);
    let seen_secs = last_secs + intervals * interval_secs;
    let lag_secs = (acquired_secs - seen_secs).max(-interval_secs);
    let secs = seen_secs + interval_secs + CORRECTION * lag_secs;
    // A driver that does not wait gets images earlier: never far ahead of now, and never back.
    let secs = secs.min(acquired_secs + 2.0 * interval_secs).max(last_secs);
    Presentation { secs, missed: intervals as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: f64 = 1.0 / 60.0;

    /// Predictions for images that are there at given times.
    fn predicted(acquired: impl IntoIterator<Item = f64>) -> Vec<Presentation> {
        let mut clock = PresentationClock::default();
        acquired.into_iter().map(|at| clock.next(at, INTERVAL)).collect()
    }

    /// A number from 0 to 1, different from frame to frame.
    fn jitter(frame: u32) -> f64 {
        f64::from(frame * 7919 % 101) / 101.0
    }

    #[test]
    fn threads_that_wake_late_do_not_move_the_picture() {
        // Up to 3 ms after the vertical sync, of a monitor that is 0.1 % faster or slower than it says.
        for actual in [INTERVAL, INTERVAL * 0.999, INTERVAL * 1.001] {
            let frames = predicted((0..2000).map(|frame| f64::from(frame) * actual + 0.003 * jitter(frame)));
            for (frame, pair) in (0_u32..).zip(frames.windows(2)).skip(200) {
                assert_eq!(pair[1].missed, 0, "frame {frame}");
                let step = pair[1].secs - pair[0].secs;
                assert!((step - actual).abs() < 0.000_2, "frame {frame} moves by {step}");
                let seen = f64::from(frame + 1) * actual + actual;
                assert!((pair[1].secs - seen).abs() < 0.003, "frame {frame} is off by {}", pair[1].secs - seen);
            }
        }
    }

    #[test]
    fn a_frame_that_misses_its_interval_is_counted_and_is_planned_for_the_next() {
        // One frame takes three and a half intervals.
        let late = |frame: u32| f64::from(frame) * INTERVAL + if frame < 100 { 0.0 } else { 2.5 * INTERVAL };
        let frames = predicted((0..200).map(late));
        let missed: Vec<_> = (0..).zip(&frames).filter(|(_, frame)| frame.missed > 0).collect();
        assert_eq!(missed.len(), 1, "{missed:?}");
        assert_eq!((missed[0].0, missed[0].1.missed), (100, 2));
        assert!((frames[100].secs - frames[99].secs - 3.0 * INTERVAL).abs() < INTERVAL / 10.0);
        // Half as many frames as the monitor shows: each is seen twice.
        let slow = predicted((0..100).map(|frame| f64::from(frame) * 2.0 * INTERVAL + 0.001));
        assert!(slow.iter().skip(2).all(|frame| frame.missed == 1));
    }

    #[test]
    fn time_never_goes_back_and_is_never_far_ahead() {
        // Images that are there at once: a driver that does not wait, and a key that draws a frame in between.
        let times: Vec<_> = (0..500).map(|frame| f64::from(frame) * INTERVAL * 0.3 * jitter(frame / 50)).collect();
        let mut times: Vec<f64> = times
            .into_iter()
            .scan(0.0_f64, |last, at| {
                *last = last.max(at);
                Some(*last)
            })
            .collect();
        // A pause: nothing was drawn, and the clock begins anew.
        times.extend([9.0, 9.02]);
        let frames = predicted(times.iter().copied());
        for (pair, at) in frames.windows(2).zip(&times[1..]) {
            assert!(pair[1].secs >= pair[0].secs && pair[1].secs >= *at && pair[1].secs <= at + 2.0 * INTERVAL + 1e-9);
        }
        assert_eq!(frames[500], Presentation { secs: 9.0 + INTERVAL, missed: 0 });
        let mut clock = PresentationClock::default();
        assert_eq!(clock.seen_secs(3.0), 3.0);
        let seen = clock.next(3.0, INTERVAL).secs;
        assert_eq!((clock.seen_secs(3.001), clock.seen_secs(4.0)), (seen, 4.0));
    }
}
