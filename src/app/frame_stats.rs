//! How the frames went: a line for the operator, and a report when something is amiss. See [`FrameStats`].

use std::time::Duration;

use millions_control::FrameStatus;
use millions_gpu::FrameReport;

/// The interval of reports, in seconds.
const REPORT_SECS: f64 = 60.0;
/// The interval at which the line changes, in seconds: it has to be read.
const LINE_SECS: f64 = 0.5;

/// What one frame of all outputs took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrameSample {
    /// The CPU's part: what the frame shows is looked up and uploaded.
    pub prepare: Duration,
    /// The CPU's part: commands are recorded and submitted.
    pub encode: Duration,
    /// The GPU's part, of some frames before; none where it is not measured.
    pub gpu: Option<Duration>,
    /// Cells that are coarser than wanted.
    pub below_wanted: usize,
    /// Cells that stay dark.
    pub missing: usize,
    /// Tiles uploaded.
    pub uploads: usize,
}

impl FrameSample {
    /// Adds what an output took.
    pub fn add(&mut self, report: &FrameReport) {
        let FrameReport { tiles, times } = report;
        self.prepare += times.prepare;
        self.encode += times.encode;
        self.gpu = times.gpu.map(|gpu| self.gpu.unwrap_or_default() + gpu).or(self.gpu);
        self.below_wanted += tiles.below_wanted;
        self.missing += tiles.missing;
        self.uploads += tiles.uploads;
    }
}

/// Counts of frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Drawn.
    pub frames: u64,
    /// Late: those that missed an interval of the monitor.
    pub late: u64,
    /// With cells that were coarser than wanted, or dark.
    pub incomplete: u64,
}

impl FrameCounts {
    const fn since(self, before: Self) -> Self {
        Self {
            frames: self.frames - before.frames,
            late: self.late - before.late,
            incomplete: self.incomplete - before.incomplete,
        }
    }
}

/// Counts frames and averages what they take. Times are arguments.
#[derive(Debug, Default)]
pub struct FrameStats {
    counts: FrameCounts,
    /// The counts at the last report, and its time in real seconds.
    reported: FrameCounts,
    reported_secs: f64,
    /// Since the line changed: the counts then, the times of all frames together, and the tiles uploaded.
    shown: FrameCounts,
    shown_secs: f64,
    sum: FrameSample,
    line: String,
    /// The means of the last half second.
    recent: FrameStatus,
}

impl FrameStats {
    /// Records a frame that is seen at `real_secs`, and whether it missed an interval.
    pub fn record(&mut self, sample: FrameSample, is_late: bool, real_secs: f64) {
        self.counts.frames += 1;
        self.counts.late += u64::from(is_late);
        self.counts.incomplete += u64::from(sample.below_wanted + sample.missing > 0);
        let sum = &mut self.sum;
        sum.prepare += sample.prepare;
        sum.encode += sample.encode;
        sum.uploads += sample.uploads;
        (sum.gpu, sum.below_wanted, sum.missing) = (sample.gpu, sample.below_wanted, sample.missing);
        let elapsed_secs = real_secs - self.shown_secs;
        if elapsed_secs < LINE_SECS {
            return;
        }
        let frames = self.counts.since(self.shown).frames.max(1);
        self.line = line(&self.sum, frames, elapsed_secs, self.counts);
        self.recent = FrameStatus {
            hz: frames as f64 / elapsed_secs,
            cpu_ms: (self.sum.prepare + self.sum.encode).as_secs_f64() * 1e3 / frames as f64,
            gpu_ms: self.sum.gpu.map(|gpu| gpu.as_secs_f64() * 1e3),
            uploads_a_sec: self.sum.uploads as f64 / elapsed_secs,
            below_wanted: self.sum.below_wanted,
            missing: self.sum.missing,
            ..FrameStatus::default()
        };
        (self.shown, self.shown_secs, self.sum) = (self.counts, real_secs, FrameSample::default());
    }

    /// The counts since the start.
    pub const fn counts(&self) -> FrameCounts {
        self.counts
    }

    /// The last half second in one line, and all late frames.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Describes how the frames went.
    pub fn describe(&self, status: &mut FrameStatus) {
        let FrameCounts { frames, late, incomplete } = self.counts;
        *status = FrameStatus { frames, late, incomplete, ..self.recent.clone() };
    }

    /// Returns what was amiss in the last minute, once a minute; none where nothing was.
    pub fn report(&mut self, real_secs: f64) -> Option<String> {
        if real_secs - self.reported_secs < REPORT_SECS {
            return None;
        }
        let FrameCounts { frames, late, incomplete } = self.counts.since(self.reported);
        (self.reported, self.reported_secs) = (self.counts, real_secs);
        let parts = [(late, "late"), (incomplete, "without all tiles as fine as they should be")];
        let amiss: Vec<_> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        (!amiss.is_empty()).then(|| format!("of {frames} frames in the last minute {}", amiss.join(", ")))
    }
}

fn line(sum: &FrameSample, frames: u64, elapsed_secs: f64, counts: FrameCounts) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let mean = |time: Duration| ms(time) / frames as f64;
    let gpu = sum.gpu.map_or_else(String::new, |gpu| format!(" · GPU {:.1}", ms(gpu)));
    format!(
        "a frame in {:.1} ms · CPU {:.1} + {:.1}{gpu} · {} late of {} · {} tiles too coarse, {} dark, {} uploaded",
        elapsed_secs * 1000.0 / frames as f64,
        mean(sum.prepare),
        mean(sum.encode),
        counts.late,
        counts.frames,
        sum.below_wanted,
        sum.missing,
        sum.uploads,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_amiss_is_reported_once_a_minute_and_the_line_has_means() {
        let mut stats = FrameStats::default();
        let mut reports = Vec::new();
        for frame in 1..=3 * 3600_u32 {
            let secs = f64::from(frame) / 60.0;
            let is_first_minute = frame < 3000;
            let sample = FrameSample {
                prepare: Duration::from_micros(if frame.is_multiple_of(2) { 1000 } else { 2000 }),
                encode: Duration::from_micros(500),
                gpu: Some(Duration::from_micros(4200)),
                below_wanted: if is_first_minute && frame.is_multiple_of(100) { 7 } else { 0 },
                missing: 0,
                uploads: 2,
            };
            stats.record(sample, is_first_minute && frame.is_multiple_of(1000), secs);
            reports.extend(stats.report(secs));
        }
        assert_eq!(
            reports,
            ["of 3600 frames in the last minute 2 late, 29 without all tiles as fine as they should be"],
            "nothing in the other two minutes"
        );
        assert_eq!(stats.counts(), FrameCounts { frames: 10_800, late: 2, incomplete: 29 });
        assert!(
            stats.line().starts_with("a frame in 16.7 ms · CPU 1.5 + 0.5 · GPU 4.2 · 2 late of "),
            "{}",
            stats.line()
        );
        assert!(stats.line().ends_with(" · 0 tiles too coarse, 0 dark, 60 uploaded"), "{}", stats.line());
    }
}
