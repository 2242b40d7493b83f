//! `millions soak`: weeks in minutes.

use std::path::PathBuf;

use clap::Args;
use millions_base::printable_path;

use super::gpu_args::GpuArgs;
use super::terminal::{print_line, report_line};
use super::usage;
use super::values::Size;
use crate::soak::{self, Counts, DayGauges, Failure, Gauges, Progress, Report, SoakOptions, Trend};

/// The most people: each is a photograph that is invented first.
const MOST_PEOPLE: usize = 20_000;
/// The most simulated hours: ten years.
const MOST_HOURS: f64 = 87_660.0;

#[derive(Debug, Args)]
pub struct SoakArgs {
    /// How many simulated hours.
    #[arg(long, value_name = "N", default_value_t = 24.0)]
    hours: f64,
    /// Another number has other things happen.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// People on the wall, about.
    #[arg(long, value_name = "N", default_value_t = 100)]
    people: usize,
    /// The size of each of the two outputs.
    #[arg(long, value_name = "WxH", default_value = "320x180")]
    size: Size,
    /// How often the graphics device is lost, over all [default: one or two a day]
    #[arg(long, value_name = "N")]
    device_losses: Option<usize>,
    /// An empty folder for photographs, library, show and stage, which is kept; on a disk with less than a gigabyte of room the disk
    /// is filled, too [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Where all that happens is written [default: a temporary file, kept where something went wrong]
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Has happen what a log says, at its times, in place of what a seed says.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "hours", "people", "size", "device_losses"])]
    replay: Option<PathBuf>,
    /// Prints the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    gpu: GpuArgs,
}

pub fn run(args: SoakArgs) -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    super::memory::begin_with_settings();
    let SoakArgs { hours, seed, people, size: Size { width, height }, device_losses, folder, log, replay, json, gpu } =
        args;
    if !(hours > 0.0 && hours <= MOST_HOURS) {
        return Err(usage("--hours is a number above 0, of at most ten years"));
    }
    if !(20..=MOST_PEOPLE).contains(&people) {
        return Err(usage(format!("--people is 20 to {MOST_PEOPLE}")));
    }
    if width < 64 || height < 64 || width.max(height) > 4096 {
        return Err(usage("--size is 64x64 to 4096x4096"));
    }
    let options = SoakOptions {
        seed,
        hours,
        people,
        size: [width, height],
        device_losses,
        folder,
        replay,
        log,
        gpu: gpu.options(),
        adapter: gpu.adapter,
    };
    let report = soak::run(&options, &mut |progress| match progress {
        Progress::Began if !json => print_line!("{HEAD}"),
        Progress::Day(day) if !json => print_line!("{}", row(day)),
        Progress::Began | Progress::Day(_) => {}
    })?;
    if json {
        print_line!("{}", serde_json::to_string_pretty(&Judged::of(&report))?);
    } else {
        summarise(&report);
    }
    let faults = report.faults();
    if let Some(Failure { real_secs, last, log, .. }) = &report.failure {
        report_line!("what happened last, before {}:", moment(*real_secs));
        last.iter().for_each(|line| report_line!("{line}"));
        report_line!("again: millions soak --seed {} --hours {}", report.seed, report.hours);
        report_line!("or:    millions soak --replay {}", printable_path(std::path::Path::new(log)));
    }
    match &faults[..] {
        [] => Ok(()),
        faults => Err(anyhow::anyhow!("{}", faults.join("\n"))),
    }
}

/// A report with its trends and verdict.
#[derive(serde::Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    report: &'a Report,
    memory_mb: Option<Trend>,
    graphics_mb: Option<Trend>,
    handles: Option<Trend>,
    threads: Option<Trend>,
    faults: Vec<String>,
}

impl<'a> Judged<'a> {
    fn of(report: &'a Report) -> Self {
        let (memory_mb, graphics_mb) = (report.memory(), report.graphics());
        let (handles, threads) = (report.handles(), report.threads());
        Self { report, memory_mb, graphics_mb, handles, threads, faults: report.faults() }
    }
}

const HEAD: &str = "  day  memory graphics  handles  threads  library    kept  people  frames  late  worst  commands  came  left  lost devices";

fn row(day: &DayGauges) -> String {
    let DayGauges { gauges: Gauges { memory_bytes, graphics_bytes, handles, threads }, counts, .. } = day;
    let known = |value: Option<u64>| value.map_or_else(|| "?".to_owned(), |value| value.to_string());
    let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    let Counts { commands, came, left, devices_lost, .. } = counts;
    format!(
        "{:5.1} {:>7} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>5} {:>6.1} {commands:>9} {came:>5} {left:>5} {devices_lost:>13}",
        day.day,
        memory_bytes.map_or_else(|| "?".to_owned(), megabytes),
        graphics_bytes.map_or_else(|| "?".to_owned(), megabytes),
        known(*handles),
        known(*threads),
        megabytes(day.library_bytes),
        megabytes(day.kept_bytes),
        day.people,
        day.frames,
        day.late,
        day.worst_ms,
    )
}

fn summarise(report: &Report) {
    let Some(DayGauges { counts, .. }) = report.days.last() else { return };
    let Counts {
        hidden, monitors_pulled, formats_changed, folder_gone, disk_full, files_saved, clock_set, stills, ..
    } = counts;
    print_line!("(memory, graphics, library and kept in MB; the worst frame in ms of the processor's time)");
    print_line!(
        "besides: {hidden} hidden, {monitors_pulled} times monitors pulled, {formats_changed} formats changed, {folder_gone} times the \
         folder gone, {} times the disk full, {files_saved} files saved, {clock_set} times the clock set, {stills} stills",
        if report.fills_disk { disk_full.to_string() } else { "no".to_owned() },
    );
    if !report.fills_disk {
        print_line!("the disk was not filled: give --folder on a disk with less than a gigabyte of room");
    }
    let trend = |trend: Option<Trend>| match trend {
        Some(Trend { a_day, error }) => format!("{a_day:+.2} ± {error:.2} a day"),
        None => "too few days to tell".to_owned(),
    };
    print_line!("memory beside graphics in MB: {}", trend(report.memory()));
    print_line!("graphics memory in MB: {}", trend(report.graphics()));
    print_line!("handles: {}", trend(report.handles()));
    print_line!("threads: {}", trend(report.threads()));
    print_line!(
        "{} simulated hours in {:.0} s on {}, seed {}",
        report.hours,
        report.took_secs,
        report.adapter,
        report.seed
    );
    if cfg!(debug_assertions) {
        print_line!("this build is not optimised: late frames are counted and not judged");
    }
    if report.faults().is_empty() {
        print_line!("good: nothing went wrong");
    }
}

/// A moment of the simulated time.
fn moment(real_secs: f64) -> String {
    let secs = real_secs.max(0.0) as u64;
    let (day, hour, minute) = (secs / 86_400 + 1, secs / 3600 % 24, secs / 60 % 60);
    format!("day {day}, {hour:02}:{minute:02}:{:02}", secs % 60)
}
