//! What the process takes of the machine, and how that goes on. See [`Gauges`].

use std::fs;
use std::path::Path;

use super::report::Trend;

/// What the process takes at one moment; none where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Gauges {
    /// Resident memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Bytes that the device has allocated for textures and buffers: on a software rasteriser they are in the resident memory.
    pub graphics_bytes: Option<u64>,
    /// Open files, sockets and devices.
    pub handles: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
}

impl Gauges {
    /// Reads them.
    pub fn read(graphics_bytes: Option<u64>) -> Self {
        Self {
            memory_bytes: memory_bytes(),
            graphics_bytes,
            handles: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
        }
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

/// Fits a line to values at days: how much comes to it each day, and the standard error of that. None for fewer than three values. The
/// median of the slopes between any two (Theil–Sen), so that up to a quarter of the days may be anything: on some a device was lost just
/// before, and what it held is not there yet. The error is that of least squares, of residuals as wide as their median says.
pub fn trend(values: &[(f64, f64)]) -> Option<Trend> {
    if values.len() < 3 {
        return None;
    }
    let pairs = values.iter().enumerate().flat_map(|(index, a)| values[..index].iter().map(move |b| (a, b)));
    let slopes = pairs.filter(|(a, b)| a.0 != b.0).map(|(a, b)| (a.1 - b.1) / (a.0 - b.0));
    let a_day = median(slopes.collect())?;
    let first = median(values.iter().map(|(day, value)| value - a_day * day).collect())?;
    let residual = median(values.iter().map(|(day, value)| (value - a_day * day - first).abs()).collect())?;
    let mean_day = values.iter().map(|(day, _)| day).sum::<f64>() / values.len() as f64;
    let spread: f64 = values.iter().map(|(day, _)| (day - mean_day).powi(2)).sum();
    // A normal distribution is 1.4826 times as wide as the median of its deviations.
    Some(Trend { a_day, error: residual * 1.4826 / spread.sqrt() })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { (values[middle - 1] + upper) / 2.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_line_is_found_again_among_days_that_are_off_it(
            a_day in -50.0..50.0f64, first in 0.0..1e4f64, days in 3..60u32, off in prop::collection::vec(-500.0..500.0f64, 15), at in 0..4u32,
        ) {
            let mut values: Vec<_> = (0..days).map(|day| (f64::from(day), first + a_day * f64::from(day))).collect();
            if days >= 20 {
                // Fewer than a quarter.
                values[at as usize..].iter_mut().step_by(5).zip(off).for_each(|((_, value), off)| *value += off);
            }
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
