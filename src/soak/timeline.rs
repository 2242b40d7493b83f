//! The virtual time of a soak: what happens, and the frames around it. See [`run`].

mod compare;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::day::{DayKind, Planned, choose, plan};
use super::gauges::Gauges;
use super::ground::Ground;
use super::headless::{Frame, Headless, MONITOR_HZ, Picture};
use super::incident::Incident;
use super::log::{self, SoakLog, SoakStart, Step};
use super::report::{Counts, DayGauges, Failure, Report};
use super::{DAY_SECS, Progress, SoakOptions, checks};
use crate::app::frame_stats::FrameSample;
use compare::difference;
use millions_base::SplitMix;
use millions_control::Command;
use millions_stage::OutputId;

/// Seconds after each step at which frames are drawn: the next two, in and after transitions.
const FRAMES_AFTER: [f64; 6] = [0.0, 1.0 / MONITOR_HZ, 2.0 / MONITOR_HZ, 0.4, 1.1, 4.0];
/// How long a frame may take to become what it has to be, in the time of this machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long changes in the folder may take.
const FOLDER_PATIENCE: Duration = Duration::from_secs(120);
/// The pause between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(10);
/// How long what must not change is looked at.
const STAYS: Duration = Duration::from_millis(600);
/// A machine without a battery for its clock begins here: Unix time, …
const BOOTS_AT: f64 = 12.0;
/// … and is told the time after so many seconds.
const TOLD_AFTER_SECS: f64 = 600.0;
/// The beginning of a soak, a Monday some days before the clocks change: 2027-03-15 and 2027-10-18, 11:00 UTC.
const STARTS: [f64; 2] = [1_805_108_400.0, 1_823_857_200.0];
/// Seconds at the end of a day in which nothing new begins.
const DAY_MARGIN: f64 = 600.0;
/// Frames in which a wall that is held has to stand still.
const HELD_FRAMES: usize = 2;

/// What is to come.
#[derive(Clone, Debug)]
enum Agenda {
    Planned(Planned),
    Step(Step),
}

/// The pixels of outputs.
type HeldPictures = HashMap<OutputId, Vec<u8>>;

/// Why a soak ends before its time: a rule that was broken.
#[derive(Debug)]
struct Broken(String);

impl<E: Into<anyhow::Error>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(format!("{:#}", error.into()))
    }
}

struct Timeline<'a> {
    options: &'a SoakOptions,
    /// Before the ground that it plays on, which is removed.
    wall: Headless,
    ground: Ground,
    log: SoakLog,
    log_path: PathBuf,
    random: SplitMix,
    agenda: Vec<(f64, Agenda)>,
    real_secs: f64,
    /// The end of the day, in seconds since the beginning.
    day_end: f64,
    monitors: usize,
    counts: Counts,
    frames: u64,
    late: u64,
    worst_secs: f64,
    /// What each output of a wall that is held shows: a new device may draw them in another order.
    held: Option<HeldPictures>,
}

/// Runs a soak: simulated hours of the whole program, from a seed or from a log.
///
/// # Errors
/// When it cannot begin: no graphics adapter, no folder, a log that is none. What goes wrong after that is in the report.
pub fn run(options: &SoakOptions, told: &mut dyn FnMut(Progress)) -> anyhow::Result<Report> {
    let began = Instant::now();
    let (options, replayed) = match &options.replay {
        None => (options.clone(), None),
        Some(path) => {
            let (SoakStart { seed, hours, people, size, .. }, steps) = log::read(path)?;
            (SoakOptions { seed, hours, people, size, ..options.clone() }, Some(steps))
        }
    };
    let options = &options;
    let ground = Ground::make(options)?;
    let wall = Headless::start(&ground, options, BOOTS_AT)?;
    let adapter = wall.device.as_ref().map_or_else(String::new, |device| device.gpu.adapter_name());
    let path = options.log.clone().unwrap_or_else(temporary_log);
    let mut timeline = Timeline {
        options,
        log: SoakLog::create(&path, options)?,
        log_path: path.clone(),
        random: SplitMix::new(options.seed, 0),
        agenda: Vec::new(),
        real_secs: 0.0,
        day_end: 0.0,
        monitors: 2,
        counts: Counts::default(),
        frames: 0,
        late: 0,
        worst_secs: 0.0,
        held: None,
        ground,
        wall,
    };
    told(Progress::Began);
    let mut days = Vec::new();
    let failure = timeline.play(replayed, &mut days, told).err().map(|Broken(what)| Failure {
        what,
        real_secs: timeline.real_secs,
        last: timeline.log.last(),
        log: path.display().to_string(),
    });
    let report = Report {
        seed: options.seed,
        hours: options.hours,
        took_secs: began.elapsed().as_secs_f64(),
        adapter,
        fills_disk: timeline.ground.may_fill(),
        days,
        failure,
    };
    if options.log.is_none() && report.failure.is_none() {
        // Of no use; it lies in a folder for things of a moment.
        let _ = std::fs::remove_file(&path);
    }
    Ok(report)
}

fn temporary_log() -> PathBuf {
    std::env::temp_dir().join(format!("millions-soak-{}.jsonl", std::process::id()))
}

impl Timeline<'_> {
    fn play(
        &mut self,
        replayed: Option<VecDeque<(f64, Step)>>,
        days: &mut Vec<DayGauges>,
        told: &mut dyn FnMut(Progress),
    ) -> Result<(), Broken> {
        let end = self.options.hours * 3600.0;
        let is_replay = replayed.is_some();
        let steps = replayed.into_iter().flatten().map(|(at, step)| (at, Agenda::Step(step)));
        self.agenda.extend(steps);
        if !is_replay {
            let start = STARTS[(self.options.seed % 2) as usize];
            let by_secs = (start - BOOTS_AT - TOLD_AFTER_SECS).round();
            self.agenda.push((TOLD_AFTER_SECS, Agenda::Step(Step::Incident(Incident::ClockSet { by_secs }))));
        }
        self.look()?;
        let count = (end / DAY_SECS).ceil() as usize;
        for day in 0..count {
            let (from, to) = (day as f64 * DAY_SECS, ((day + 1) as f64 * DAY_SECS).min(end));
            self.day_end = to;
            if !is_replay {
                self.plan_day(day, count, from, to);
            }
            self.agenda.sort_by(|a, b| b.0.total_cmp(&a.0));
            while let Some((at, next)) = self.agenda.pop_if(|(at, _)| *at < to) {
                self.go_to(at);
                self.take(next)?;
            }
            self.go_to(to - 1.0);
            let gauges = self.end_day(to)?;
            told(Progress::Day(&gauges));
            days.push(gauges);
        }
        Ok(())
    }

    /// Puts a day on the agenda.
    fn plan_day(&mut self, day: usize, days: usize, from: f64, to: f64) {
        let losses = self.options.device_losses.map(|all| {
            // As many a day as the others, the rest on the first ones.
            all / days + usize::from(day < all % days)
        });
        // What is begun is ended on the same day: on the next it may be held, or black.
        let share = (to - from - DAY_MARGIN).max(0.0) / DAY_SECS;
        let planned = plan(self.options.seed, day, losses).into_iter();
        self.agenda.extend(planned.map(|(secs, planned)| (from + secs * share, Agenda::Planned(planned))));
        let during = |on: Command, off: Command| {
            [(from + 1.0, on), (to - DAY_MARGIN / 4.0, off)]
                .map(|(at, command)| (at, Agenda::Step(Step::Command(command))))
        };
        match DayKind::of(day) {
            DayKind::Busy => {}
            DayKind::Held => self.agenda.extend(during(Command::Hold { on: true }, Command::Hold { on: false })),
            DayKind::Black => {
                let blackout = |on| Command::Blackout { on, secs: 0.0 };
                self.agenda.extend(during(blackout(true), blackout(false)));
            }
        }
    }

    /// Lets time pass up to a moment; it does not go back.
    fn go_to(&mut self, real_secs: f64) {
        self.real_secs = self.real_secs.max(real_secs);
    }

    fn take(&mut self, next: Agenda) -> Result<(), Broken> {
        match next {
            Agenda::Step(step) => self.perform(&step),
            Agenda::Planned(Planned::Look) => self.look(),
            Agenda::Planned(planned) => {
                let unix_secs = self.wall.unix_at_start + self.real_secs;
                let mut steps = choose(planned, &mut self.random, &self.wall, &self.ground, unix_secs).into_iter();
                let first = steps.next();
                for (after, step) in steps {
                    let at = (self.real_secs + after).min(self.day_end - DAY_MARGIN / 3.0).max(self.real_secs);
                    self.agenda.push((at, Agenda::Step(step)));
                }
                self.agenda.sort_by(|a, b| b.0.total_cmp(&a.0));
                first.map_or(Ok(()), |(_, step)| self.perform(&step))
            }
        }
    }

    /// Has something happen, and looks at the frames after it.
    fn perform(&mut self, step: &Step) -> Result<(), Broken> {
        let show_secs = self.wall.operator.clock.show_secs(self.real_secs);
        self.log.write(step, self.real_secs, show_secs)?;
        match step {
            Step::Command(command) => self.command(command)?,
            Step::Incident(incident) => self.incident(incident)?,
        }
        let next = self.agenda.last().map_or(f64::INFINITY, |(at, _)| *at);
        let began = self.real_secs;
        for after in FRAMES_AFTER {
            if after > 0.0 && began + after >= next {
                break;
            }
            self.go_to(began + after);
            self.frame()?;
        }
        self.look()
    }

    fn command(&mut self, command: &Command) -> Result<(), Broken> {
        self.counts.commands += 1;
        if let Command::Hide { person } = command {
            self.ground.hide(&self.wall.library, *person);
            self.counts.hidden += 1;
        }
        self.counts.stills += u64::from(matches!(command, Command::Still { .. }));
        self.wall.command(command.clone(), self.real_secs)?;
        if !self.wall.is_logged() && !self.ground.is_full() {
            return Err(Broken("a command is not in the program's log".to_owned()));
        }
        match command {
            Command::Hide { .. } => self.wait_for_folder(),
            Command::Hold { .. } => {
                self.held = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn incident(&mut self, incident: &Incident) -> Result<(), Broken> {
        match incident {
            Incident::Arrive { photographs } => {
                self.ground.arrive(photographs)?;
                self.counts.came += photographs.len() as u64;
                self.wait_for_folder()
            }
            Incident::Leave { photographs } => {
                self.ground.leave(photographs)?;
                self.counts.left += photographs.len() as u64;
                // Nothing can be written down on a disk that is full; whoever left goes from the wall all the same.
                self.wait_for_folder()
            }
            Incident::Rename { photograph } => {
                self.ground.rename(*photograph)?;
                self.wait_for_folder()
            }
            Incident::SheetSaved { hides } => {
                self.ground.save_sheet(*hides)?;
                self.counts.files_saved += 1;
                self.counts.hidden += u64::from(hides.is_some());
                self.wait_for_folder()
            }
            Incident::FolderGone => {
                self.ground.take_away()?;
                self.counts.folder_gone += 1;
                // Long enough for a round of the ingest: nobody goes for it.
                self.stays(Duration::from_secs(2), "the folder is gone")
            }
            Incident::FolderBack => {
                self.ground.bring_back()?;
                self.wait_for_folder()
            }
            Incident::DiskFull => {
                self.ground.fill_disk()?;
                self.counts.disk_full += u64::from(self.ground.is_full());
                self.stays(STAYS, "the disk is full")
            }
            Incident::DiskFreed => {
                self.ground.free_disk()?;
                self.wait_for_folder()
            }
            Incident::ShowSaved { dwell } => {
                self.ground.save_show(*dwell)?;
                self.counts.files_saved += 1;
                let wanted = f64::from(*dwell);
                self.wait("the show that was saved", PATIENCE, |wall, _| {
                    let playlist = wall.operator.show().playlist.as_ref();
                    playlist.is_some_and(|playlist| playlist.entries[0].dwell_secs == wanted)
                })
            }
            Incident::ShowDamaged => {
                self.ground.damage_show()?;
                self.counts.files_saved += 1;
                let before = self.wall.operator.show().clone();
                self.stays(STAYS, "the show has a mistake")?;
                if *self.wall.operator.show() == before {
                    return Ok(());
                }
                Err(Broken("a show that was saved with a mistake has changed the wall".to_owned()))
            }
            Incident::StageSaved { brightness } => {
                // What was edited a moment before in this machine's time is saved first.
                self.stays(STAYS, "the stage is saved")?;
                self.ground.save_stage(*brightness)?;
                self.counts.files_saved += 1;
                let wanted = *brightness;
                self.wait("the stage that was saved", PATIENCE, |wall, _| {
                    let outputs = &wall.operator.venue.stage().outputs;
                    outputs.get(1).is_some_and(|output| (output.colour.brightness - wanted).abs() < 1e-3)
                })
            }
            Incident::Monitors { connected } => {
                self.monitors = connected.iter().filter(|is_there| **is_there).count();
                self.counts.monitors_pulled += u64::from(self.monitors < 2);
                self.wall.connect(*connected);
                Ok(())
            }
            Incident::Format { ten_bits } => {
                self.counts.formats_changed += 1;
                self.wall.set_format(*ten_bits);
                Ok(())
            }
            Incident::DeviceLost { before_present } => {
                self.counts.devices_lost += 1;
                self.wall.lose_device(*before_present);
                Ok(())
            }
            Incident::ClockSet { by_secs } | Incident::Suspended { secs: by_secs } => {
                self.counts.clock_set += 1;
                self.wall.unix_at_start += by_secs;
                Ok(())
            }
        }
    }

    /// Draws a frame, and holds it against what is always true.
    fn frame(&mut self) -> Result<Frame, Broken> {
        let frame = self.wall.frame(self.real_secs)?;
        self.frames += 1;
        if let Some(worked_secs) = frame.worked_secs {
            self.worst_secs = self.worst_secs.max(worked_secs);
            if worked_secs > 1.0 / MONITOR_HZ {
                self.late += 1;
                let scene = &self.wall.operator.player.cue().scene;
                let (ms, at) = (worked_secs * 1000.0, self.real_secs);
                let FrameSample { prepare, encode, uploads, .. } = frame.sample;
                tracing::warn!(
                    "a frame of scene {scene} at {at:.1} s took {ms:.1} ms of the processor's time; by the clock {:.1} ms to prepare it with \
                     {uploads} uploads, and {:.1} ms to encode it",
                    prepare.as_secs_f64() * 1000.0,
                    encode.as_secs_f64() * 1000.0
                );
            }
        }
        checks::always(&frame, &self.wall).map_err(Broken)?;
        Ok(frame)
    }

    /// Draws frames, one after another, until they are what they have to be.
    fn look(&mut self) -> Result<(), Broken> {
        let began = Instant::now();
        loop {
            let frame = self.frame()?;
            let found = checks::settled(&frame, &self.wall, self.monitors);
            let is_waited_for = self.wall.is_dealing() || self.wall.is_compiling();
            if found.is_ok() && !is_waited_for {
                return self.looks_held(&frame);
            }
            if began.elapsed() > PATIENCE {
                let what = found.err().unwrap_or_else(|| "a scene is still being dealt, or compiled".to_owned());
                return Err(Broken(format!("{what}, and stays so for {} s", PATIENCE.as_secs())));
            }
            std::thread::sleep(PAUSE);
            // An output that is late shows what was before, and who has gone since is dark there.
            self.go_to(self.real_secs + 1.0 / MONITOR_HZ);
        }
    }

    /// Waits until the pictures of a wall that is held are the same from frame to frame, and returns them.
    fn stands_still(&mut self) -> Result<HeldPictures, Broken> {
        let began = Instant::now();
        let mut before = HeldPictures::new();
        let mut same = 0;
        loop {
            // An output that is late shows what was before, until time has gone on by so many frames.
            self.go_to(self.real_secs + 1.0 / MONITOR_HZ);
            let frame = self.frame()?;
            let is_fine = frame.coarse + frame.missing == 0;
            let pictures = frame.pictures.into_iter().map(|picture| (picture.shown.output, picture.pixels)).collect();
            same = if is_fine && pictures == before { same + 1 } else { 0 };
            if same >= HELD_FRAMES {
                return Ok(pictures);
            }
            before = pictures;
            if began.elapsed() > PATIENCE {
                return Err(Broken("a wall that is held does not stand still".to_owned()));
            }
            // Longer than a fade from a coarser tile to a finer one.
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// Holds a frame of a wall that is held all day against the first of this opening, as each begins anew.
    fn looks_held(&mut self, frame: &Frame) -> Result<(), Broken> {
        let is_held_all_day = DayKind::of((self.real_secs / DAY_SECS) as usize) == DayKind::Held
            && self.wall.operator.clock.is_held()
            && !self.wall.operator.is_changing(self.real_secs);
        if !is_held_all_day || frame.wall.intensity < 1.0 || frame.wall.outgoing.is_some() {
            self.held = None;
            return Ok(());
        }
        let Some(held) = self.held.clone() else {
            self.held = Some(self.stands_still()?);
            return Ok(());
        };
        // The tiles of a new device become finer first.
        let began = Instant::now();
        let mut later = None;
        let what = loop {
            let now = later.as_ref().unwrap_or(frame);
            let Frame { pictures, coarse, missing, .. } = now;
            let differs = pictures.iter().find_map(|now| match held.get(&now.shown.output) {
                Some(held) => difference(now, held),
                None => Some(format!("output {:?} was not there", now.shown.output)),
            });
            let what = match differs {
                Some(what) => format!("{what}, with {coarse} coarse and {missing} missing tiles"),
                None if pictures.len() != held.len() => {
                    format!("there were {} outputs, and are {}", held.len(), pictures.len())
                }
                None => return Ok(()),
            };
            if began.elapsed() > PATIENCE {
                break what;
            }
            std::thread::sleep(PAUSE);
            self.go_to(self.real_secs + 1.0 / MONITOR_HZ);
            later = Some(self.wall.frame(self.real_secs)?);
        };
        Err(Broken(format!("a wall that is held all day has changed: {what}")))
    }

    /// Waits until something is true, at one moment of virtual time.
    fn wait(
        &mut self,
        what: &str,
        patience: Duration,
        is_so: impl Fn(&Headless, &Ground) -> bool,
    ) -> Result<(), Broken> {
        let began = Instant::now();
        while !is_so(&self.wall, &self.ground) {
            if began.elapsed() > patience {
                return Err(Broken(format!("{what} has not come in {} s", patience.as_secs())));
            }
            std::thread::sleep(PAUSE);
            self.wall.follow(self.real_secs)?;
        }
        Ok(())
    }

    /// Looks at the wall for a while, in which nobody comes or goes.
    fn stays(&mut self, time: Duration, while_what: &str) -> Result<(), Broken> {
        let (began, people) = (Instant::now(), self.wall.library.portraits());
        while began.elapsed() < time {
            std::thread::sleep(PAUSE);
            self.wall.follow(self.real_secs)?;
            if self.wall.library.portraits() != people {
                return Err(Broken(format!("the people of the wall have changed, while {while_what}")));
            }
        }
        Ok(())
    }

    /// Waits until the wall shows whom the folder has, and nobody else.
    fn wait_for_folder(&mut self) -> Result<(), Broken> {
        let is_full = self.ground.is_full();
        let waited = self.wait("who has to be on the wall", FOLDER_PATIENCE, |wall, ground| {
            let crowd = wall.crowd();
            if is_full {
                // The library may not be able to say so.
                return crowd.len() == ground.expected().len();
            }
            let (shown, unknown) = ground.shown(&wall.library);
            let is_library = wall.library.portraits().into_iter().collect::<std::collections::BTreeSet<_>>() == crowd;
            shown == ground.expected() && unknown.is_empty() && is_library
        });
        waited.map_err(|Broken(what)| {
            let (shown, unknown) = self.ground.shown(&self.wall.library);
            let expected = self.ground.expected();
            let lost: Vec<_> = expected.difference(&shown).collect();
            let more: Vec<_> = shown.difference(&expected).collect();
            let crowd = self.wall.crowd().len();
            Broken(format!(
                "{what}: photographs {lost:?} are not shown, {more:?} are and should not be, nor portraits {unknown:?}; {crowd} \
                 people are on the wall"
            ))
        })
    }

    /// Compares the wall with one that has just started, and reads the gauges.
    fn end_day(&mut self, to: f64) -> Result<DayGauges, Broken> {
        self.look()?;
        // Before the comparison, which takes another device of its own.
        let gauges = Gauges::read(self.wall.graphics_bytes());
        self.compare_afresh()?;
        if !self.ground.is_full() {
            self.wait_for_folder()?;
            self.compare_resumed()?;
        }
        self.ground.take_stills();
        let [library_bytes, kept_bytes] = self.ground.kept_bytes();
        Ok(DayGauges {
            day: to / DAY_SECS,
            gauges,
            library_bytes,
            kept_bytes,
            people: self.wall.crowd().len(),
            frames: self.frames,
            late: self.late,
            worst_ms: self.worst_secs * 1000.0,
            counts: self.counts,
        })
    }
}
