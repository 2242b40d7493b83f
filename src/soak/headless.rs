//! The program without windows. See [`Headless`].

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::{IVec2, UVec2};

use super::SoakOptions;
use super::gauges::thread_secs;
use super::ground::Ground;
use crate::app::arrivals::{Arrivals, follow_people};
use crate::app::dealer::{DEAL_AT_ONCE, Dealer};
use crate::app::device::{Device, RenderLoad, RenderSources};
use crate::app::frame_stats::{FrameSample, FrameStats};
use crate::app::live_reload::LiveReload;
use crate::app::machine::MachineProbe;
use crate::app::output_drawing::{FrameContext, draw_output};
use crate::app::planned::{PlannedWindow, planned_px};
use crate::app::reload::Reload;
use crate::app::stage_file::StageFile;
use crate::app::stills::{StillFolder, Stills};
use crate::app::{self, FileWriter, FolderFiles, Operator, Resume, Venue, WindowCommand};
use crate::cli::player::player;
use millions_base::Disk;
use millions_control::{Command, CommandLog, Control, ControlInbox, Envelope, LoggedCommand, Refused, Reply, Source};
use millions_frame::FramePlan;
use millions_gpu::{CANVAS_FORMAT, Canvas, DrawMode, Gpu, GpuError, GpuOptions, TEN_BITS, TargetFormat};
use millions_library::{Ingest, IngestOptions, Library};
use millions_show::{Clock, NamedLook};
use millions_stage::{DeskRect, MonitorId, SeenMonitor, ShownOutput, Stage, WindowPlan, windows};

/// Texels of a tile's side.
const TILE_SIDE: u32 = 64;
/// The first scan has to be over by then.
const FIRST_SCAN: Duration = Duration::from_secs(300);
/// The frames of the monitors, in Hz.
pub const MONITOR_HZ: f64 = 60.0;

/// The program while it plays, with canvases in the place of windows.
pub struct Headless {
    pub operator: Operator,
    pub library: Arc<Library>,
    arrivals: Arrivals,
    dealer: Dealer,
    live: LiveReload,
    stage_file: StageFile,
    writer: FileWriter,
    resume: Resume,
    stills: Stills,
    stats: FrameStats,
    control: Control,
    inbox: ControlInbox,
    log: CommandLog,
    is_logged: bool,
    machine: MachineProbe,
    sources: RenderSources,
    pub device: Option<Device>,
    /// The canvases of outputs whose monitors are there.
    pub screens: Vec<Screen>,
    /// The windows that have shown a frame, while there is no device.
    presented: Vec<WindowPlan>,
    connected: [bool; 2],
    pub format: TargetFormat,
    /// Whether no frame has been drawn since the last loss.
    is_returning: bool,
    /// The frames before the present device.
    opened_at_frame: u64,
    loses_before_present: bool,
    stills_folder: PathBuf,
    monitor_size: UVec2,
    gpu: (Option<String>, GpuOptions),
    /// Unix time at real time 0: the machine's clock.
    pub unix_at_start: f64,
    /// Devices that were opened.
    pub devices: u64,
    /// Why a command was refused last.
    pub refused: Option<String>,
    _ingest: Ingest,
}

/// An output on a monitor.
pub struct Screen {
    plan: WindowPlan,
    pub shown: ShownOutput,
    canvas: Canvas,
    /// Whether its first frame, which is black, has been seen.
    has_presented: bool,
}

/// What one output showed.
pub struct Picture {
    pub shown: ShownOutput,
    /// R, G, B, A by row.
    pub pixels: Vec<u8>,
    /// The plan as the output had it.
    pub plan: FramePlan,
    /// Whether a test picture covers it.
    pub is_covered: bool,
    /// Whether the operator has made it black.
    pub blackout: bool,
    /// Whether it is the first of its output, which is black.
    pub is_first: bool,
    /// Whether the operator's text and marks may lie over it.
    pub has_overlay: bool,
}

/// A frame of all outputs.
pub struct Frame {
    pub real_secs: f64,
    /// The plan of the wall.
    pub wall: FramePlan,
    pub pictures: Vec<Picture>,
    /// Tiles that were dark.
    pub missing: usize,
    /// Tiles that were coarser than they should be.
    pub coarse: usize,
    /// The processor's time of the thread that draws, of a frame that waits for nothing.
    pub worked_secs: Option<f64>,
    /// What that went to, by the clock.
    pub sample: FrameSample,
    /// Whether the device was lost over it.
    pub is_lost: bool,
}

impl Headless {
    /// Starts the program on the files of a soak, at a Unix time, and waits for the first scan.
    pub fn start(ground: &Ground, options: &SoakOptions, unix_secs: f64) -> anyhow::Result<Self> {
        let found = app::find(Some(&ground.show()), None)?;
        let (shaders, show) = (found.shaders()?, found.show.clone());
        let stage = Stage::read(&ground.stage(), &Disk).result?;
        let ingest_options = IngestOptions { tile_side: TILE_SIDE, watch: true, ..IngestOptions::default() };
        let ingest = Ingest::start(&[ground.folder()], &ground.library(), ingest_options)?;
        let (library, events) = (ingest.library.clone(), ingest.events.clone());
        let mut player = player(&show, &library, stage.aspect)?.awaiting()?;
        let mut resume = Resume::in_folder(Some(&ground.state()), found.path.as_deref(), Some(&ground.stage()), false);
        resume.begin(&mut player, &show, unix_secs);
        player.defer_deals(DEAL_AT_ONCE);
        let venue = Venue::new(stage, Arc::new(FolderFiles::beside(&ground.stage())));
        let clock = Clock::new(0.0, unix_secs);
        let mut operator = Operator::new(player, clock, show, NamedLook::embedded()?, venue, unix_secs);
        operator.follow_stage_at(&ground.stage());
        let (control, inbox) = Control::new(|| {});
        let log = CommandLog::create(&ground.commands(), &operator.recording_start(0.0))?;
        let mut wall = Self {
            arrivals: Arrivals::new(library.clone(), Some(events)),
            dealer: Dealer::default(),
            live: LiveReload::new(Some(Reload::new(&found, None))),
            stage_file: StageFile::new(&ground.stage()),
            writer: FileWriter::start(),
            resume,
            stills: Stills::default(),
            stats: FrameStats::default(),
            control,
            inbox,
            log,
            is_logged: true,
            machine: MachineProbe::start(library.dir()),
            sources: RenderSources {
                tiles: library.clone(),
                pictures: Arc::new(FolderFiles::in_background()),
                shaders,
            },
            device: None,
            screens: Vec::new(),
            presented: Vec::new(),
            connected: [true; 2],
            format: CANVAS_FORMAT,
            is_returning: false,
            opened_at_frame: 0,
            loses_before_present: false,
            stills_folder: ground.stills(),
            monitor_size: options.size.into(),
            gpu: (options.adapter.clone(), options.gpu),
            unix_at_start: unix_secs,
            devices: 0,
            refused: None,
            operator,
            library,
            _ingest: ingest,
        };
        wall.open_device()?;
        let began = Instant::now();
        while wall.library.len() < ground.expected().len() {
            wall.follow(0.0)?;
            if began.elapsed() > FIRST_SCAN {
                anyhow::bail!("only {} people are in the library after the first scan", wall.library.len());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(wall)
    }

    /// Sends a command as an instrument does, and carries out what waits.
    pub fn command(&mut self, command: Command, real_secs: f64) -> anyhow::Result<()> {
        self.control.send(command, Source::Program)?;
        while let Some(envelope) = self.inbox.next() {
            let result = self.obey(&envelope, real_secs);
            self.refused = result.as_ref().err().map(ToString::to_string);
            envelope.reply.send(result);
        }
        Ok(())
    }

    fn obey(&mut self, Envelope { command, source, .. }: &Envelope, real_secs: f64) -> Result<(), Refused> {
        self.operator.follow(real_secs);
        let show_secs = self.operator.clock.show_secs(real_secs);
        let before = self.operator.recording_start(real_secs);
        let part = self.operator.obey(command, real_secs)?;
        let logged = LoggedCommand { real_secs, show_secs, source: *source, command: command.clone() };
        // On a disk that is full it is not, and the next one is again.
        self.is_logged = self.log.write(&logged, || before).is_ok();
        match part {
            Some(WindowCommand::Still(output)) => {
                let output = output.unwrap_or_else(|| self.operator.venue.selected());
                let screen = self.screens.iter().find(|screen| screen.shown.output == output);
                let (Some(screen), Some(device)) = (screen, &self.device) else { return Ok(()) };
                let folder = StillFolder { path: &self.stills_folder, stage: Some(self.stage_file.path()) };
                self.stills.begin(&mut self.operator, device, &screen.shown, &folder, real_secs, Reply::default());
            }
            Some(WindowCommand::Hide(portrait)) => {
                self.arrivals.hide(portrait, &mut Reply::default())?;
                if let Some(Device { renderer, .. }) = &mut self.device {
                    renderer.retire_portraits(&[portrait]);
                }
            }
            Some(WindowCommand::Crop(portrait, crop)) => self.arrivals.decide_crop(portrait, crop)?,
            // What is left is of windows and of files that come from elsewhere.
            _ => {}
        }
        Ok(())
    }

    /// Whether the last command is in the program's command log.
    pub const fn is_logged(&self) -> bool {
        self.is_logged
    }

    /// Sets which monitors are there.
    pub const fn connect(&mut self, connected: [bool; 2]) {
        self.connected = connected;
    }

    /// Has windows drawn in another format: as with monitors of another kind, all of it is made anew.
    pub fn set_format(&mut self, ten_bits: bool) {
        self.format = if ten_bits { TEN_BITS } else { CANVAS_FORMAT };
        self.drop_device();
    }

    /// Loses the device on purpose.
    pub fn lose_device(&mut self, before_present: bool) {
        if before_present {
            self.loses_before_present = true;
        } else if let Some(device) = &self.device {
            device.gpu.destroy();
        }
    }

    fn drop_device(&mut self) {
        self.live.device_lost();
        self.stills.device_lost();
        // The windows stay.
        let presented = self.screens.drain(..).filter(|screen| screen.has_presented);
        self.presented.extend(presented.map(|screen| screen.plan));
        self.device = None;
        self.is_returning = true;
    }

    /// Opens a device, where there is none, as after a loss.
    fn open_device(&mut self) -> anyhow::Result<()> {
        if self.device.is_some() {
            return Ok(());
        }
        let (adapter, options) = &self.gpu;
        let gpu = Gpu::headless(adapter.as_deref())?.with_options(*options);
        let renderer = self.sources.renderer(&gpu, self.format, self.load());
        self.device = Some(Device { gpu, renderer });
        self.devices += 1;
        self.opened_at_frame = self.stats.counts().frames;
        self.live.device_recovered(self.device.as_ref());
        Ok(())
    }

    fn load(&self) -> RenderLoad {
        let outputs = &self.operator.venue.stage().outputs;
        let planned = self.screens.iter().map(|screen| PlannedWindow {
            size: screen.plan.rect.size,
            outputs: screen.plan.shown.iter().map(|shown| shown.output).collect(),
        });
        let px = planned_px(&planned.collect::<Vec<_>>(), outputs);
        RenderLoad { px, scenes: self.operator.player.scenes().len() }
    }

    /// The monitors that are there.
    fn monitors(&self) -> Vec<SeenMonitor> {
        let monitor = |place: u8| SeenMonitor {
            id: MonitorId {
                name: Some("SOAK PJ".to_owned()),
                serial: Some((place + 1).to_string()),
                port: Some(format!("HDMI-{}", place + 1)),
            },
            rect: DeskRect {
                origin: IVec2::new(i32::from(place) * self.monitor_size.x as i32, 0),
                size: self.monitor_size,
            },
        };
        (0..2_u8).filter(|place| self.connected[usize::from(*place)]).map(monitor).collect()
    }

    /// Opens and closes outputs as monitors come and go.
    fn follow_monitors(&mut self) -> Result<(), GpuError> {
        let plans = windows(&self.operator.venue.stage().outputs, &self.monitors());
        let before = self.screens.len();
        self.screens.retain(|screen| plans.contains(&screen.plan));
        let mut changed = self.screens.len() != before;
        let Some(Device { gpu, .. }) = &self.device else { return Ok(()) };
        for plan in plans {
            if self.screens.iter().any(|screen| screen.plan == plan) {
                continue;
            }
            changed = true;
            for shown in &plan.shown {
                let canvas = Canvas::with_format(gpu, shown.size.x, shown.size.y, self.format)?;
                let has_presented = self.presented.contains(&plan);
                self.screens.push(Screen { plan: plan.clone(), shown: *shown, canvas, has_presented });
            }
        }
        self.presented.clear();
        if let Some(Device { renderer, .. }) = self.device.as_mut().filter(|_| changed) {
            renderer.forget_outputs();
        }
        Ok(())
    }

    /// What the program does between two frames.
    pub fn follow(&mut self, real_secs: f64) -> anyhow::Result<()> {
        let Self { operator, arrivals, dealer, live, sources, device, .. } = self;
        if let Some(ended) = follow_people(operator, arrivals, dealer, device.as_mut(), real_secs) {
            ended?;
            anyhow::bail!("the program has ended, for nobody is on the wall");
        }
        live.follow(operator, sources, device.as_mut(), real_secs);
        self.stage_file.follow(&mut self.operator.venue);
        self.open_device()?;
        self.follow_monitors()?;
        let mut status = self.operator.status(real_secs);
        self.arrivals.describe(&mut status.people);
        self.stats.describe(&mut status.frames);
        status.machine = self.machine.status();
        self.inbox.publish(status);
        Ok(())
    }

    /// Whether scenes or changes of the crowd are still being dealt.
    pub fn is_dealing(&self) -> bool {
        self.dealer.is_dealing() || self.operator.player.next_deal().is_some()
    }

    /// Whether pipelines are compiled that frames of a wall that has played for a while have. All scenes are expected in turn, one a frame.
    pub fn is_compiling(&mut self) -> bool {
        let scenes = self.operator.player.scenes().len() as u64;
        let is_new = self.stats.counts().frames < self.opened_at_frame + scenes;
        is_new || self.device.as_mut().is_some_and(|device| device.renderer.is_compiling())
    }

    /// The people of the player.
    pub fn crowd(&self) -> BTreeSet<u32> {
        self.operator.player.crowd().people().collect()
    }

    /// Draws a frame of all outputs for a real time.
    pub fn frame(&mut self, real_secs: f64) -> anyhow::Result<Frame> {
        self.follow(real_secs)?;
        if self.device.as_ref().is_some_and(|device| device.gpu.is_lost()) {
            self.drop_device();
            self.open_device()?;
            self.follow_monitors()?;
        }
        let began = thread_secs();
        self.operator.set_world_clock(self.unix_at_start);
        self.operator.follow(real_secs);
        self.resume.catch_up(&mut self.operator, real_secs);
        if !self.operator.is_catching_up() {
            self.resume.keep(&self.operator.player, self.operator.unix_secs(real_secs), &self.writer);
        }
        let Self { operator, device, stats, stills, .. } = self;
        let (aspect, height_m) = (operator.venue.stage().aspect, operator.venue.stage().wall_height_m());
        operator.player.set_wall(aspect, height_m)?;
        let area = operator.venue.stage().largest_part_in_wall();
        operator.player.set_arrival_area(Some(area));
        let mode = if self.is_returning { DrawMode::Complete } else { DrawMode::Live };
        let delay = operator.venue.stage().outputs.iter().map(|output| output.delay).max().unwrap_or(0);
        operator.record(real_secs, f64::from(delay) / MONITOR_HZ);
        let frames = stats.counts().frames;
        let prefetch = operator.prefetch(real_secs, frames);
        let caption = operator.caption(real_secs, stats.line());
        let has_caption = caption.is_some();
        let context = FrameContext { real_secs, caption, prefetch, mode, fade: 1.0 };
        let Some(device) = device else { anyhow::bail!("there is no device") };
        let Device { gpu, renderer } = device;
        operator.venue.adopt_resolved(|resolved| renderer.is_prepared(gpu, resolved));
        let mut sample = FrameSample::default();
        let mut drawn = VecDeque::new();
        for screen in &mut self.screens {
            let ShownOutput { output, .. } = screen.shown;
            let delay = operator.venue.stage().output(output).map_or(0, |output| output.delay);
            let delayed_secs = real_secs - f64::from(delay) / MONITOR_HZ;
            let is_first = !screen.has_presented;
            let target = screen.canvas.view();
            sample.add(&draw_output(operator, device, &screen.shown, delayed_secs, is_first, &context, &target));
            drawn.push_back((delayed_secs, is_first));
        }
        stats.record(sample, false, real_secs);
        // What is amiss is told by the checks.
        let _ = stats.report(real_secs);
        stills.draw(device, &sample, real_secs);
        let worked_secs = thread_secs() - began;
        if std::mem::take(&mut self.loses_before_present) {
            device.gpu.destroy();
        }
        let mut frame = Frame {
            real_secs,
            wall: operator.wall(real_secs),
            pictures: Vec::new(),
            missing: sample.missing,
            coarse: sample.below_wanted,
            worked_secs: (mode == DrawMode::Live).then_some(worked_secs),
            sample,
            is_lost: false,
        };
        for screen in &mut self.screens {
            let Some((delayed_secs, is_first)) = drawn.pop_front() else { break };
            let Ok(pixels) = screen.canvas.read(&device.gpu) else {
                frame.is_lost = true;
                break;
            };
            screen.has_presented = true;
            let recorded = operator.recorded(delayed_secs, screen.shown.output);
            let content = operator.venue.content(screen.shown.output, &recorded.plan, None, recorded.blackout);
            frame.pictures.push(Picture {
                shown: screen.shown,
                pixels,
                is_covered: content.overlay.covers() || content.overlay.white,
                plan: content.plan,
                blackout: recorded.blackout,
                is_first,
                has_overlay: has_caption || operator.venue.is_editing(),
            });
        }
        frame.is_lost |= device.gpu.is_lost();
        if frame.is_lost {
            self.drop_device();
        } else {
            self.is_returning = false;
        }
        Ok(frame)
    }

    /// Draws what all outputs show at a real time on a device of its own, as a program that has just started: R, G, B, A by row.
    pub fn drawn_afresh(&mut self, real_secs: f64) -> anyhow::Result<Vec<Vec<u8>>> {
        let (adapter, options) = &self.gpu;
        let gpu = Gpu::headless(adapter.as_deref())?.with_options(*options);
        let renderer = self.sources.renderer(&gpu, self.format, self.load());
        let mut device = Device { gpu, renderer };
        let prefetch = millions_frame::Prefetch::default();
        let caption = self.operator.caption(real_secs, self.stats.line());
        let context = FrameContext { real_secs, caption, prefetch, mode: DrawMode::Complete, fade: 1.0 };
        let mut pictures = Vec::new();
        for screen in &self.screens {
            let ShownOutput { output, size, .. } = screen.shown;
            let delay = self.operator.venue.stage().output(output).map_or(0, |output| output.delay);
            let delayed_secs = real_secs - f64::from(delay) / MONITOR_HZ;
            let canvas = Canvas::with_format(&device.gpu, size.x, size.y, self.format)?;
            let target = canvas.view();
            draw_output(&mut self.operator, &mut device, &screen.shown, delayed_secs, false, &context, &target);
            pictures.push(canvas.read(&device.gpu)?);
        }
        Ok(pictures)
    }

    /// Bytes that the device has allocated.
    pub fn graphics_bytes(&self) -> Option<u64> {
        self.device.as_ref()?.gpu.allocated_bytes()
    }

    /// Whether the device has reported mistakes of the program since this was last asked.
    pub fn take_errors(&self) -> Vec<String> {
        self.device
            .as_ref()
            .filter(|device| !device.gpu.is_lost())
            .map_or_else(Vec::new, |device| device.gpu.take_errors())
    }

    /// The state for a restart, as a program that starts now would read it: the scene that it would show, whether the playlist
    /// plays, whether it is black, and how far dimmed.
    pub fn resumed(&self, ground: &Ground, real_secs: f64) -> anyhow::Result<(String, bool, bool, f32)> {
        let show = self.operator.show();
        let mut player = player(show, &self.library, self.operator.venue.stage().aspect)?;
        let mut resume = Resume::in_folder(Some(&ground.state()), Some(&ground.show()), Some(&ground.stage()), false);
        resume.begin(&mut player, show, self.unix_at_start + real_secs);
        let plays = player.playlist_began_secs().is_some();
        Ok((player.cue().scene.to_string(), plays, player.is_blackout(), player.dimmer()))
    }
}

impl Drop for Headless {
    /// In the order in which the program ends.
    fn drop(&mut self) {
        self.writer.close();
        self.screens.clear();
        self.device = None;
        self.stills.finish();
    }
}
