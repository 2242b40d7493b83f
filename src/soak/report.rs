//! What a soak came to: a table, and a verdict. See [`Report`].

use serde::Serialize;

use super::gauges::{Gauges, trend};

/// The most by which memory may grow, in megabytes a day.
const MEMORY_MB_A_DAY: f64 = 1.0;
/// The most by which the counts of handles and threads may grow in a day.
const COUNT_A_DAY: f64 = 0.1;
/// The part of the days before the trends begin, and the least of them: caches fill. Until each scene and look was on, on each kind
/// of output, pipelines come to them.
const WARM_UP: f64 = 1.0 / 3.0;
const WARM_UP_DAYS: f64 = 1.0;
/// Days that a trend takes at the least.
const TREND_DAYS: usize = 5;

/// One simulated day.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DayGauges {
    /// Days since the beginning, at its end.
    pub day: f64,
    /// What the process takes.
    #[serde(flatten)]
    pub gauges: Gauges,
    /// Bytes of the library.
    pub library_bytes: u64,
    /// Bytes of all else that the program keeps: its command log, the state for a restart, the stage's history.
    pub kept_bytes: u64,
    /// People on the wall.
    pub people: usize,
    /// Frames of all outputs, since the beginning.
    pub frames: u64,
    /// Frames for which the program worked longer than a monitor's interval.
    pub late: u64,
    /// The longest of them, in milliseconds.
    pub worst_ms: f64,
    /// All that has happened so far.
    pub counts: Counts,
}

/// Counts since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Commands of the operator.
    pub commands: u64,
    /// People who came.
    pub came: u64,
    /// People who left.
    pub left: u64,
    /// People who were hidden.
    pub hidden: u64,
    /// Devices that were lost.
    pub devices_lost: u64,
    /// Times that monitors were pulled.
    pub monitors_pulled: u64,
    /// Times that the format of the windows changed.
    pub formats_changed: u64,
    /// Times that the folder was gone.
    pub folder_gone: u64,
    /// Times that the disk was full.
    pub disk_full: u64,
    /// Files that were saved, a third of them with mistakes.
    pub files_saved: u64,
    /// Times that the clock was set, or the machine suspended.
    pub clock_set: u64,
    /// Stills that were saved.
    pub stills: u64,
}

/// A line through values: how much comes to them each day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// Each day.
    pub a_day: f64,
    /// The standard error of that.
    pub error: f64,
}

/// What broke a rule, after which a soak ends.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// What.
    pub what: String,
    /// When, in seconds since the beginning.
    pub real_secs: f64,
    /// What happened before it, the last lines of the log.
    pub last: Vec<String>,
    /// The log, by which it happens again.
    pub log: String,
}

/// What a soak came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Simulated hours.
    pub hours: f64,
    /// Seconds that it took.
    pub took_secs: f64,
    /// The adapter.
    pub adapter: String,
    /// Whether the disk was small enough to be filled.
    pub fills_disk: bool,
    /// Each simulated day.
    pub days: Vec<DayGauges>,
    /// What went wrong, if anything did.
    pub failure: Option<Failure>,
}

impl Report {
    /// The trend of a value after the warm-up; none for too few days.
    fn trend_of(&self, value: impl Fn(&DayGauges) -> Option<f64>) -> Option<Trend> {
        let warm_up = (self.hours / 24.0 * WARM_UP).max(WARM_UP_DAYS);
        let after = self.days.iter().filter(|day| day.day > warm_up);
        let values: Vec<_> = after.filter_map(|day| Some((day.day, value(day)?))).collect();
        (values.len() >= TREND_DAYS).then(|| trend(&values))?
    }

    /// Megabytes of memory a day, beside what the device has allocated: that is in it or not, as the adapter is, and another amount after
    /// each lost device.
    #[must_use]
    pub fn memory(&self) -> Option<Trend> {
        self.trend_of(|day| {
            let Gauges { memory_bytes, graphics_bytes, .. } = day.gauges;
            Some((memory_bytes? as f64 - graphics_bytes.unwrap_or(0) as f64) / 1e6)
        })
    }

    /// Megabytes of graphics memory a day.
    #[must_use]
    pub fn graphics(&self) -> Option<Trend> {
        self.trend_of(|day| Some(day.gauges.graphics_bytes? as f64 / 1e6))
    }

    /// Handles a day.
    #[must_use]
    pub fn handles(&self) -> Option<Trend> {
        self.trend_of(|day| Some(day.gauges.handles? as f64))
    }

    /// Threads a day.
    #[must_use]
    pub fn threads(&self) -> Option<Trend> {
        self.trend_of(|day| Some(day.gauges.threads? as f64))
    }

    /// What is wrong, in sentences; nothing where all is well.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults: Vec<_> = self.failure.iter().map(|failure| failure.what.clone()).collect();
        let grows = |name: &str, unit: &str, trend: Option<Trend>, most: f64| {
            let Trend { a_day, error } = trend.filter(|trend| trend.a_day > most)?;
            Some(format!("{name} grows by {a_day:.2} ± {error:.2} {unit} a day"))
        };
        faults.extend(grows("memory", "MB", self.memory(), MEMORY_MB_A_DAY));
        faults.extend(grows("graphics memory", "MB", self.graphics(), MEMORY_MB_A_DAY));
        faults.extend(grows("the count of handles", "", self.handles(), COUNT_A_DAY));
        faults.extend(grows("the count of threads", "", self.threads(), COUNT_A_DAY));
        // A build that is not optimised says nothing of the time that frames take.
        let is_judged = |day: &&DayGauges| day.late > 0 && !cfg!(debug_assertions);
        if let Some(DayGauges { late, frames, worst_ms, .. }) = self.days.last().filter(is_judged) {
            faults.push(format!("{late} of {frames} frames were late, the worst took {worst_ms:.1} ms"));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(memory: impl Fn(u64) -> u64, threads: impl Fn(u64) -> u64) -> Report {
        report_with(memory, |_| 0, threads)
    }

    fn report_with(memory: impl Fn(u64) -> u64, graphics: impl Fn(u64) -> u64, threads: impl Fn(u64) -> u64) -> Report {
        let day = |day: u64| DayGauges {
            day: day as f64,
            gauges: Gauges {
                memory_bytes: Some(memory(day) * 1_000_000),
                graphics_bytes: Some(graphics(day) * 1_000_000),
                handles: Some(40),
                threads: Some(threads(day)),
            },
            ..DayGauges::default()
        };
        let days = (1..=20).map(day).collect();
        let (adapter, hours) = (String::new(), 480.0);
        Report { seed: 1, hours, took_secs: 1.0, adapter, fills_disk: false, days, failure: None }
    }

    #[test]
    fn what_grows_fails_and_what_fills_first_does_not() {
        assert_eq!(report(|day| if day < 2 { 100 } else { 180 + day % 3 }, |_| 30).faults(), Vec::<String>::new());
        let leaks = report(|day| 200 + day * 2, |_| 30).faults();
        assert!(matches!(&leaks[..], [fault] if fault.starts_with("memory grows by 2.00 ± 0.00 MB")), "{leaks:?}");
        let spawns = report(|_| 200, |day| 30 + day / 4).faults();
        assert!(matches!(&spawns[..], [fault] if fault.contains("threads")), "{spawns:?}");
        // On a software rasteriser a lost device takes its textures with it, and they come back.
        let lost = |day: u64| if day.is_multiple_of(4) { 50 } else { 250 };
        assert_eq!(report_with(|day| 300 + lost(day), lost, |_| 30).faults(), Vec::<String>::new());
        let hidden = report_with(|day| 300 + lost(day) + day * 3 / 2, lost, |_| 30).faults();
        assert!(matches!(&hidden[..], [fault] if fault.starts_with("memory grows by 1.5")), "{hidden:?}");
        let textures = report_with(|day| 600 + day * 2, |day| 100 + day * 2, |_| 30).faults();
        assert!(matches!(&textures[..], [fault] if fault.starts_with("graphics memory grows by 2.00")), "{textures:?}");
        let shrinks = report(|day| 300 - day * 3, |_| 30);
        assert!(shrinks.faults().is_empty() && shrinks.memory().unwrap().a_day < -2.9);
    }
}
