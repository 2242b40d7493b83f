//! The last lines of the log, for operators. See [`Notices`].

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The notices that are kept.
const KEPT: usize = 100;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// When, in seconds since 1970.
    pub secs: f64,
    /// How bad it is.
    pub level: NoticeLevel,
    /// The part of the program that it comes from.
    pub origin: String,
    /// What happened.
    pub text: String,
    /// How often the same was said before.
    #[serde(default)]
    pub repeats: u32,
}

/// How bad a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeLevel {
    /// Something happened.
    Info,
    /// Something is amiss, and the show goes on.
    Warning,
    /// Something has failed.
    Error,
}

/// The last lines of the log, shared between the log and the status.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<VecDeque<Notice>>>);

impl Notices {
    /// Returns those of the process, as it has one log.
    #[must_use]
    pub fn of_process() -> &'static Self {
        static NOTICES: LazyLock<Notices> = LazyLock::new(Notices::default);
        &NOTICES
    }

    /// Returns the layer of the log by which notices come here.
    #[must_use]
    pub fn layer(&self) -> NoticeLayer {
        NoticeLayer(self.clone())
    }

    /// Returns them, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Notice> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Adds one; the oldest goes. What was said before is counted, and said anew at its last time: what repeats pushes nothing else out.
    pub fn add(&self, mut notice: Notice) {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same =
            |known: &Notice| (known.level, &known.origin, &known.text) == (notice.level, &notice.origin, &notice.text);
        if let Some(before) = notices.iter().position(is_same).and_then(|at| notices.remove(at)) {
            notice.repeats = before.repeats.saturating_add(1);
        } else if notices.len() == KEPT {
            notices.pop_front();
        }
        notices.push_back(notice);
    }
}

/// A layer of the log that keeps the last lines.
pub struct NoticeLayer(Notices);

impl<S: Subscriber> Layer<S> for NoticeLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            Level::ERROR => NoticeLevel::Error,
            Level::WARN => NoticeLevel::Warning,
            Level::INFO => NoticeLevel::Info,
            _ => return,
        };
        let mut text = Message(String::new());
        event.record(&mut text);
        let secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let origin = event.metadata().target().split("::").next().unwrap_or_default().replace('_', "-");
        self.0.add(Notice { secs, level, origin, text: text.0, repeats: 0 });
    }
}

/// The message of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string cannot fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[test]
    fn the_last_lines_of_the_log_are_kept() {
        let notices = Notices::default();
        let log = tracing_subscriber::registry().with(notices.layer());
        tracing::subscriber::with_default(log, || {
            tracing::debug!("not this");
            for number in 0..KEPT + 5 {
                tracing::warn!("line {number}");
            }
        });
        let kept = notices.all();
        assert_eq!((kept.len(), kept[0].text.as_str(), kept[0].level), (KEPT, "line 5", NoticeLevel::Warning));
        assert_eq!(kept[0].origin, "millions-control");
    }

    #[test]
    fn what_repeats_is_counted_and_pushes_nothing_out() {
        let notices = Notices::default();
        let say = |secs: f64, text: &str| {
            let (level, origin) = (NoticeLevel::Warning, "a test".to_owned());
            notices.add(Notice { secs, level, origin, text: text.to_owned(), repeats: 0 });
        };
        say(0.0, "once");
        for second in 1..=1000 {
            say(f64::from(second), if second % 2 == 0 { "even" } else { "odd" });
        }
        let kept: Vec<_> = notices.all().into_iter().map(|kept| (kept.secs, kept.text, kept.repeats)).collect();
        assert_eq!(kept, [(0.0, "once".into(), 0), (999.0, "odd".into(), 499), (1000.0, "even".into(), 499)]);
    }
}
