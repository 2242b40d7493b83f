//! Notices about messages that are not understood, at most one a minute. See [`ThrottledWarnings`].

use std::time::{Duration, Instant};

use millions_base::printable;

/// How long the next one is held back.
const QUIET: Duration = Duration::from_secs(60);
/// The length of what is said of a stranger's message, in characters.
const LONGEST: usize = 200;

/// Tells what is wrong with messages: the first at once, then one a minute with the number of those between. Whatever comes
/// in, the log does not fill.
pub struct ThrottledWarnings {
    /// Of what, as in `OSC`.
    about: &'static str,
    told_at: Option<Instant>,
    held_back: u64,
}

impl ThrottledWarnings {
    /// Begins without any.
    #[must_use]
    pub const fn about(about: &'static str) -> Self {
        Self { about, told_at: None, held_back: 0 }
    }

    /// Counts one, and says what is wrong if the last was a minute ago.
    pub fn add(&mut self, wrong: &str) {
        if let Some(text) = self.next(wrong, Instant::now()) {
            tracing::warn!("{text}");
        }
    }

    fn next(&mut self, wrong: &str, now: Instant) -> Option<String> {
        if self.told_at.is_some_and(|told| now.duration_since(told) < QUIET) {
            self.held_back += 1;
            return None;
        }
        self.told_at = Some(now);
        let wrong: String = printable(wrong).chars().take(LONGEST).collect();
        Some(match std::mem::take(&mut self.held_back) {
            0 => format!("{}: {wrong}", self.about),
            others => format!("{}: {wrong} (and {others} others since the last notice)", self.about),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_notice_a_minute_says_how_many_there_were() {
        let mut warnings = ThrottledWarnings::about("OSC");
        let start = Instant::now();
        assert_eq!(warnings.next("a\u{1b}[2J", start).unwrap(), "OSC: a\\u{1b}[2J");
        for second in 1..60 {
            assert!(warnings.next("b", start + Duration::from_secs(second)).is_none());
        }
        let next = warnings.next(&"c".repeat(5000), start + QUIET).unwrap();
        assert!(next.ends_with("(and 59 others since the last notice)") && next.len() < 300, "{next}");
    }
}
