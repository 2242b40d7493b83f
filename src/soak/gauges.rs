//! What the process takes of the machine, and how that goes on. See [`Gauges`].

use std::fs;
use std::path::Path;

use super::report::Trend;

/// What the process takes at one moment; none where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Gauges {
    /// Resident memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Open files, sockets and devices.
    pub handles: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
}

impl Gauges {
    /// Reads them.
    pub fn read() -> Self {
        Self { memory_bytes: memory_bytes(), handles: count("/proc/self/fd"), threads: count("/proc/self/task") }
    }
}

#[cfg(target_os = "linux")]
fn memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(not(target_os = "linux"))]
fn memory_bytes() -> Option<u64> {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};
    let (mut system, pid) = (System::new().ok()?, get_current_pid().ok()?);
    let kind = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, kind);
    system.process(pid).map(sysinfo::Process::memory)
}

/// Counts the entries of a folder; none where it is not there.
fn count(folder: &str) -> Option<u64> {
    fs::read_dir(folder).ok().map(|entries| entries.count() as u64)
}

/// Returns the bytes of all files below a folder.
pub fn disk_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => disk_bytes(&entry.path()),
        Ok(_) => entry.metadata().map_or(0, |found| found.len()),
        Err(_) => 0,
    };
    entries.map(bytes).sum()
}

/// The processor's time of this thread in seconds: what it did itself, however busy the machine is.
#[cfg(target_os = "linux")]
pub fn thread_secs() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The time in seconds, where the processor's of one thread is not known.
#[cfg(not(target_os = "linux"))]
pub fn thread_secs() -> f64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGAN.elapsed().as_secs_f64()
}

/// Fits a line to values at days by least squares: how much comes to it each day, and the standard error of that. None for fewer
/// than three values.
pub fn trend(values: &[(f64, f64)]) -> Option<Trend> {
    if values.len() < 3 {
        return None;
    }
    let count = values.len() as f64;
    let mean_day = values.iter().map(|(day, _)| day).sum::<f64>() / count;
    let mean = values.iter().map(|(_, value)| value).sum::<f64>() / count;
    let spread: f64 = values.iter().map(|(day, _)| (day - mean_day).powi(2)).sum();
    if spread <= 0.0 {
        return None;
    }
    let a_day = values.iter().map(|(day, value)| (day - mean_day) * (value - mean)).sum::<f64>() / spread;
    let off = |(day, value): &(f64, f64)| (value - mean - a_day * (day - mean_day)).powi(2);
    let error = (values.iter().map(off).sum::<f64>() / (count - 2.0) / spread).sqrt();
    Some(Trend { a_day, error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_line_is_found_again(a_day in -50.0..50.0f64, first in 0.0..1e4f64, days in 3..60u32) {
            let values: Vec<_> = (0..days).map(|day| (f64::from(day), first + a_day * f64::from(day))).collect();
            let found = trend(&values).unwrap();
            prop_assert!((found.a_day - a_day).abs() < 1e-6 && found.error < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn what_goes_up_and_down_has_no_trend_and_says_how_sure_that_is() {
        let values: Vec<_> = (0..40).map(|day| (f64::from(day), if day % 2 == 0 { 90.0 } else { 110.0 })).collect();
        let Trend { a_day, error } = trend(&values).unwrap();
        assert!(a_day.abs() < 2.0 * error && error > 0.05, "{a_day} ± {error}");
        assert_eq!(trend(&values[..2]), None);
    }

    #[test]
    fn the_thread_counts_its_own_time() {
        let began = thread_secs();
        let mut sum = 0_u64;
        while thread_secs() - began < 0.002 {
            sum = std::hint::black_box(sum + 1);
        }
        std::thread::sleep(std::time::Duration::from_millis(30));
        assert!(!cfg!(target_os = "linux") || thread_secs() - began < 0.02, "sleep is no work");
    }
}
