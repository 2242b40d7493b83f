//! Errors that repeat. See [`RepeatedErrors`].

/// The interval at which an error that repeats is reported again, in seconds.
const AGAIN_SECS: f64 = 60.0;
/// The most different errors that are remembered.
const MOST: usize = 64;

/// Keeps errors that repeat every frame from flooding the log: each is reported once, and then once a minute with its count. Of
/// more than 64 different ones the oldest is forgotten.
#[derive(Clone, Debug, Default)]
pub struct RepeatedErrors(Vec<RepeatedError>);

#[derive(Clone, Debug)]
struct RepeatedError {
    text: String,
    /// How often since it was reported.
    count: u64,
    reported_secs: f64,
}

impl RepeatedErrors {
    /// Records an error at a time in seconds, from any epoch; returns what to report of it, if anything.
    pub fn record(&mut self, text: String, secs: f64) -> Option<String> {
        let Some(known) = self.0.iter_mut().find(|known| known.text == text) else {
            if self.0.len() == MOST {
                self.0.remove(0);
            }
            self.0.push(RepeatedError { text: text.clone(), count: 0, reported_secs: secs });
            return Some(text);
        };
        known.count += 1;
        if secs - known.reported_secs < AGAIN_SECS {
            return None;
        }
        known.reported_secs = secs;
        Some(format!("{text} ({} times more)", std::mem::take(&mut known.count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_every_frame_is_reported_once_and_then_once_a_minute() {
        let mut errors = RepeatedErrors::default();
        let mut reported = Vec::new();
        for frame in 0..60 * 130_u32 {
            for text in ["one", "another"] {
                reported.extend(errors.record(text.to_owned(), f64::from(frame) / 60.0));
            }
        }
        let expected = ["one", "another", "one (3600 times more)", "another (3600 times more)"];
        assert_eq!(reported[..4], expected);
        assert_eq!(reported[4..], expected[2..]);
        for number in 0..1000 {
            errors.record(number.to_string(), 0.0);
        }
        assert_eq!(errors.0.len(), MOST);
    }
}
