//! A small picture of the wall, made only while somebody looks. See [`Previews`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after the last question nobody looks any more.
const LOOKING: Duration = Duration::from_secs(3);
/// The least time between two pictures.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long a picture that was begun may take until another is begun: that of a device that was lost never comes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where whoever looks asks for a preview, and the wall leaves one.
#[derive(Clone, Debug, Default)]
pub struct Previews(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    asked_at: Option<Instant>,
    begun_at: Option<Instant>,
    is_being_made: bool,
    jpeg: Option<Arc<Vec<u8>>>,
}

impl Previews {
    /// Returns the last picture, a JPEG, and has the next one made.
    #[must_use]
    pub fn ask(&self) -> Option<Arc<Vec<u8>>> {
        self.ask_at(Instant::now())
    }

    fn ask_at(&self, now: Instant) -> Option<Arc<Vec<u8>>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One from before nobody looked shows what was.
        if state.asked_at.is_none_or(|asked| now.duration_since(asked) > LOOKING) {
            state.jpeg = None;
        }
        state.asked_at = Some(now);
        state.jpeg.clone()
    }

    /// Returns whether a picture is to be made now: at most two a second, one after the other, while somebody looks.
    #[must_use]
    pub fn begin(&self) -> bool {
        self.begin_at(Instant::now())
    }

    fn begin_at(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_looked_at = state.asked_at.is_some_and(|asked| now.duration_since(asked) <= LOOKING);
        let wait = if state.is_being_made { PATIENCE } else { INTERVAL };
        let begins = is_looked_at && state.begun_at.is_none_or(|begun| now.duration_since(begun) >= wait);
        if begins {
            (state.begun_at, state.is_being_made) = (Some(now), true);
        }
        begins
    }

    /// Leaves the picture that was begun; none where it could not be made.
    pub fn leave(&self, jpeg: Option<Vec<u8>>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_being_made = false;
        if let Some(jpeg) = jpeg {
            state.jpeg = Some(Arc::new(jpeg));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_a_second_are_made_while_somebody_looks_and_none_otherwise() {
        let (previews, start) = (Previews::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert!(!previews.begin_at(at(0)));
        assert!(previews.ask_at(at(0)).is_none());
        assert!(previews.begin_at(at(10)) && !previews.begin_at(at(600)), "one after the other");
        previews.leave(Some(vec![1]));
        assert_eq!(*previews.ask_at(at(620)).unwrap(), [1]);
        assert!(previews.begin_at(at(640)));
        previews.leave(None);
        assert!(!previews.begin_at(at(700)) && !previews.begin_at(at(9000)), "nobody looks");
        assert!(previews.ask_at(at(9000)).is_none(), "an old one is not shown");
    }
}
