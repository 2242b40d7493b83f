//! `millions play`: the wall in a window.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use glam::UVec2;

use super::PictureArgs;
use super::gpu_args::GpuArgs;
use super::open_library::{LibraryArgs, OpenLibrary};
use super::player::player;
use super::remote_args::RemoteArgs;
use super::restart;
use super::terminal::report_line;
use super::values::Seconds;
use super::words;
use crate::app::shader_trial::try_in_a_process;
use crate::app::watch::{Journal, WatchOptions};
use crate::app::{
    self, DeskOptions, ExitReason, FolderFiles, FoundShow, KeptShow, Operator, PlayOptions, RemoteOptions, Resume,
    SavedStage, Venue,
};
use millions_base::{Disk, Tolerant, folder_of, printable_lines, printable_path};
use millions_control::Recording;
use millions_desk::{Side, Theme};
use millions_gpu::ShaderSet;
use millions_library::field_copy::is_field_copy;
use millions_library::{IngestOptions, Library, LibraryError};
use millions_show::{Clock, NamedLook, find_look};
use millions_stage::{Output, Stage};

/// The size of an output before its window has one, in pixels.
const DEFAULT_SIZE: UVec2 = UVec2::new(1920, 1080);

/// The pixels of a wall whose windows are not open yet.
const USUAL_PX: u64 = 1920 * 1080;

#[derive(Debug, Args)]
pub struct PlayArgs {
    #[command(flatten)]
    source: LibraryArgs,
    /// The show: scenes on the number keys, a playlist, hours [default: the one that the program carries]
    #[arg(long, value_name = "FILE")]
    show: Option<PathBuf>,
    /// The scene to begin with: a name, or a file that ends in .toml. The number keys cue the others.
    #[arg(long)]
    scene: Option<String>,
    #[command(flatten)]
    picture: PictureArgs,
    /// Full screen from the start.
    #[arg(long)]
    fullscreen: bool,
    /// The monitor or projector, by its number in `millions doctor`.
    #[arg(long, value_name = "N")]
    output: Option<usize>,
    /// Plays on all projectors, the wall side by side on them: a first stage, which is kept and can be mapped with E.
    #[arg(long, conflicts_with_all = ["output", "fullscreen"])]
    all_outputs: bool,
    #[command(flatten)]
    gpu: GpuArgs,
    /// The show's time at the start, such as 3.5s [default: the time of day, so that a restart goes on where the wall
    /// would be, and two machines show one wall]
    #[arg(long, value_name = "TIME")]
    from: Option<Seconds>,
    /// Where the S key saves stills.
    #[arg(long, value_name = "DIR", default_value = ".")]
    stills: PathBuf,
    /// Writes every command to a file, by which the evening can be played again with --replay.
    #[arg(long, value_name = "FILE")]
    command_log: Option<PathBuf>,
    /// Plays an evening again: obeys the commands of a log, each at its time, from the show's time at which it began.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    replay: Option<PathBuf>,
    /// Opens the desk: a window of its own for the operator, on a monitor that no output fills.
    #[arg(long)]
    desk: bool,
    /// The colours of the desk at first.
    #[arg(long, value_name = "THEME", value_enum, default_value_t = DeskTheme::Night)]
    desk_theme: DeskTheme,
    /// The panel of the desk that is shown at first.
    #[arg(long, value_name = "PANEL", value_parser = desk_panel, hide = true, default_value = "look")]
    desk_panel: Side,
    /// Rehearses a desk that hangs for so long.
    #[arg(long, value_name = "TIME", hide = true)]
    rehearse_desk_hang: Option<Seconds>,
    /// Rehearses a desk that panics.
    #[arg(long, hide = true)]
    rehearse_desk_panic: bool,
    /// Starts the wall again when it crashes or hangs, until somebody quits it; in a lower mode where that comes again.
    #[cfg(unix)]
    #[arg(long)]
    supervise: bool,
    /// Rehearses a driver that hangs: the drawing thread stands still after so long.
    #[arg(long, value_name = "TIME", hide = true)]
    rehearse_hang_after: Option<Seconds>,
    /// Rehearses a frozen picture: nothing is presented after so long.
    #[arg(long, value_name = "TIME", hide = true)]
    rehearse_freeze_after: Option<Seconds>,
    /// How often it hangs or freezes, in this boot.
    #[arg(long, value_name = "N", hide = true, default_value_t = 1)]
    rehearsals: usize,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Plays these folders in the place of all others and of the library: those that were chosen while the wall played.
    #[arg(long, value_name = "DIR", hide = true)]
    chosen: Vec<PathBuf>,
    /// The desktop starts it, where nobody reads a terminal: it says in a notification, too, why it cannot play.
    #[arg(long, hide = true)]
    graphical: bool,
    /// Rehearses a driver's failure: loses the graphics device after so many seconds.
    #[arg(long, value_name = "TIME", hide = true)]
    lose_device_after: Option<Seconds>,
    /// How often it is lost, each time as long after the one before.
    #[arg(long, value_name = "N", hide = true, default_value_t = 1)]
    lose_device_times: u32,
    /// Rehearses projectors of different depths: draws with 10 bits a channel whatever they have.
    #[arg(long, hide = true)]
    rehearse_ten_bits: bool,
}

impl PlayArgs {
    /// Whether this process is to supervise the wall, rather than play it.
    #[cfg(unix)]
    pub fn is_to_be_supervised(&self) -> bool {
        self.supervise && !super::supervise::is_supervised()
    }

    /// Checks that the files that it names are there, for a kiosk that starts when nobody looks.
    ///
    /// # Errors
    /// Which is not.
    #[cfg(target_os = "linux")]
    pub fn assert_files(&self) -> anyhow::Result<()> {
        let Self { source, show, picture, .. } = self;
        let stage = picture.stage.as_deref();
        // A library is made of folders, and those may be addresses.
        let library = source.library.as_deref().filter(|_| source.folders.is_empty());
        let folders = source.folders.iter().map(PathBuf::as_path);
        let folders = folders.filter(|folder| !folder.to_string_lossy().contains("://"));
        // A stage that is not there yet is made when it is first kept.
        let stage = stage.map(|stage| if stage.exists() { stage } else { folder_of(stage) });
        for path in folders.chain(library).chain(show.as_deref()).chain(stage) {
            anyhow::ensure!(path.exists(), "{} is not there", printable_path(path));
        }
        if let Some(dir) = library.filter(|dir| !Library::is_at(dir) && !is_field_copy(dir)) {
            return Err(LibraryError::Missing { dir: dir.to_owned() }.into());
        }
        // A mistake in them would end the first start.
        find_show(self.show.as_deref(), self.scene.as_deref(), None)?;
        self::stage(self.picture.stage.clone())?;
        Ok(())
    }

    /// The files and folders that are read.
    #[cfg(target_os = "linux")]
    pub fn read(&self) -> impl Iterator<Item = &Path> {
        let Self { source, show, picture, .. } = self;
        let folders = source.folders.iter().filter(|folder| !folder.to_string_lossy().contains("://"));
        folders
            .chain(&source.library)
            .chain(show)
            .chain(&picture.stage)
            .map(PathBuf::as_path)
            .filter(|path| path.exists())
    }

    /// The library, if one is named.
    #[cfg(target_os = "linux")]
    pub fn library(&self) -> Option<&Path> {
        self.source.library.as_deref()
    }

    /// The folders that have to be written to: the library's, for whoever is hidden while the wall plays is to stay so; the stage's; that of
    /// photographs, where telephones bring some; those of logs and tokens.
    #[cfg(target_os = "linux")]
    pub fn written(&self) -> impl Iterator<Item = &Path> {
        let Self { source, picture, command_log, remote, .. } = self;
        let is_local = |folder: &&PathBuf| !folder.to_string_lossy().contains("://");
        let brought = source.folders.iter().find(is_local).filter(|_| remote.brings_photographs());
        let files = picture.stage.iter().chain(command_log).chain(remote.token_file()).map(|file| folder_of(file));
        source.library.iter().chain(brought).map(PathBuf::as_path).chain(files)
    }

    /// The folder of stills, without which nothing is lost.
    #[cfg(target_os = "linux")]
    pub fn stills(&self) -> &Path {
        &self.stills
    }

    /// The journal of its watchdog.
    pub fn journal(&self) -> Journal {
        Journal::of_wall(self.show.as_deref(), self.picture.stage.as_deref())
    }
}

/// The colours of the desk.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum DeskTheme {
    /// Light grey.
    Day,
    /// Black and dim amber.
    Night,
}

impl DeskTheme {
    const fn theme(self) -> Theme {
        match self {
            Self::Day => Theme::Day,
            Self::Night => Theme::Night,
        }
    }
}

/// The panel of a name.
fn desk_panel(name: &str) -> Result<Side, String> {
    Side::named(name).ok_or_else(|| format!("take one of {}", Side::names().collect::<Vec<_>>().join(", ")))
}

pub fn run(mut args: PlayArgs) -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    super::memory::begin_with_settings();
    let (is_chosen, graphical) = (!args.chosen.is_empty(), args.graphical);
    if is_chosen {
        args.source.folders = std::mem::take(&mut args.chosen);
        args.source.library = None;
    }
    let folders = match play(args) {
        Ok(None) => return Ok(()),
        Ok(Some(folders)) => folders,
        Err(error) => {
            if graphical {
                app::desktop::notify(&printable_lines(&format!("{error:#}")));
            }
            if !is_chosen {
                return Err(error);
            }
            // What was played before plays again.
            report_line!("millions: {}", printable_lines(&format!("{error:#}")));
            Vec::new()
        }
    };
    restart::with_folders(&folders)
}

/// Finds the show and its shaders. Of one that is kept a mistake is logged, and it is played as it was before: nobody is near who mends it.
fn find_show(
    show: Option<&Path>,
    scene: Option<&str>,
    kept: Option<&KeptShow>,
) -> anyhow::Result<(FoundShow, ShaderSet)> {
    let found = match (app::find(show, scene), kept.zip(show)) {
        (Ok(found), Some((kept, _))) => {
            kept.save(&found);
            found
        }
        (Ok(found), None) => found,
        (Err(wrong), Some((kept, show))) => {
            let Some(found) = kept.find(show, scene) else { return Err(wrong.into()) };
            tracing::error!("{wrong}\n  the wall plays the show as it was before");
            found
        }
        (Err(wrong), None) => return Err(wrong.into()),
    };
    match found.shaders() {
        Ok(shaders) => Ok((found, shaders)),
        Err(wrong) if kept.is_some() => {
            tracing::error!("{wrong}\n  the wall plays without the show's own shaders");
            Ok((found, ShaderSet::default()))
        }
        Err(wrong) => Err(wrong.into()),
    }
}

/// Plays the wall; returns the folders that are to be played next, unless the operator ended it.
fn play(args: PlayArgs) -> anyhow::Result<Option<Vec<PathBuf>>> {
    #[cfg(unix)]
    super::supervise::end_with_supervisor()?;
    let PlayArgs {
        source,
        show,
        scene,
        picture: PictureArgs { look, stage: requested_stage },
        fullscreen,
        output,
        all_outputs,
        gpu,
        from,
        stills,
        command_log,
        replay,
        desk,
        desk_theme,
        desk_panel,
        rehearse_desk_hang,
        rehearse_desk_panic,
        #[cfg(unix)]
            supervise: _,
        rehearse_hang_after,
        rehearse_freeze_after,
        rehearsals,
        remote,
        lose_device_after,
        lose_device_times,
        rehearse_ten_bits,
        chosen: _,
        graphical,
    } = args;
    let duration = |time: Option<Seconds>| time.map(|Seconds(secs)| Duration::from_secs_f64(secs.max(0.0)));
    let watch = WatchOptions {
        rehearse_hang_after: duration(rehearse_hang_after),
        rehearse_freeze_after: duration(rehearse_freeze_after),
        rehearsals,
        ..WatchOptions::of_wall(show.as_deref(), requested_stage.as_deref())
    };
    let mode = watch.mode;
    let replay = replay.as_deref().map(Recording::read).transpose()?;
    // Whoever starts it by hand is told of a mistake, and is there to mend it.
    #[cfg(unix)]
    let kept_show = super::supervise::is_supervised().then(|| KeptShow::of(show.as_deref())).flatten();
    #[cfg(not(unix))]
    let kept_show = None;
    let (found, shaders) = find_show(show.as_deref(), scene.as_deref(), kept_show.as_ref())?;
    let shaders = if mode.has_effects() { tried(shaders, gpu.adapter.as_deref()) } else { ShaderSet::default() };
    let show = found.show.clone();
    let look = look.as_deref().map(find_look).transpose()?;
    let stage_is_asked_for = requested_stage.is_some();
    let (stage_path, stage) = stage(requested_stage)?;
    let opened = source.open(true)?;
    let OpenLibrary { library, events, .. } = &opened;
    if library.is_empty() && !opened.is_growing() {
        return Err(source.no_photographs());
    }
    if library.is_damaged() {
        library.remarks().iter().for_each(|remark| tracing::error!("the library is damaged: {remark}"));
    }
    let is_first_start = library.portraits().is_empty();
    words::log_unshown(library);
    let mut player = player(&show, library, stage.aspect)?;
    if is_first_start {
        player = player.awaiting()?;
    }
    let unix_secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    // By the time of day; or from a given time, as `millions render` shows it.
    let resume = match (&replay, from) {
        (Some(Recording { start, .. }), _) => {
            app::begin_replay(&mut player, &show, start)?;
            None
        }
        (None, Some(Seconds(secs))) => {
            let waits = !show.autoplays();
            player.set_playlist(show.playlist.clone(), if waits { secs } else { 0.0 }, waits);
            None
        }
        (None, None) => {
            let mut resume = Resume::new(found.path.as_deref(), stage_path.as_deref(), scene.is_some());
            resume.begin(&mut player, &show, unix_secs);
            Some(resume)
        }
    };
    let (clock, unix_secs) = match &replay {
        Some(Recording { start, .. }) => (start.clock(), start.unix_secs),
        None => (Clock::new(0.0, from.map_or(unix_secs, |Seconds(secs)| secs)), unix_secs),
    };
    let stage_file = stage_path.as_deref().unwrap_or(Path::new(""));
    let masks = Arc::new(FolderFiles::beside(stage_file));
    let venue = Venue::new(stage, masks);
    let mut operator = Operator::new(player, clock, show, NamedLook::embedded()?, venue, unix_secs);
    operator.follow_stage_at(stage_file);
    operator.set_field_copy(library.is_field_copy());
    if let Some(look) = look {
        operator.show_look(look);
    }
    let desk = desk.then(|| DeskOptions {
        theme: desk_theme.theme(),
        side: desk_panel,
        hang: duration(rehearse_desk_hang),
        panics: rehearse_desk_panic,
    });
    let options = PlayOptions {
        desk,
        fullscreen,
        output,
        all_outputs,
        gpu: gpu.options_in(mode),
        adapter: gpu.adapter,
        stills,
        stage: stage_path,
        stage_is_asked_for,
        found: Some(found),
        kept_show,
        shaders,
        resume,
        command_log,
        replay,
        remote: RemoteOptions {
            photographs: source.watched().map(Path::to_owned),
            limits: source.photographs.options(IngestOptions::default()).limits,
            ..remote.options()
        },
        lose_device_after_secs: lose_device_after.map(|Seconds(secs)| secs),
        lose_device_times,
        ten_bits: rehearse_ten_bits,
        watch,
        graphical,
    };
    match app::play(operator, library.clone(), events.clone(), options)? {
        ExitReason::ByOperator => Ok(None),
        ExitReason::Folders(folders) => Ok(Some(folders)),
        ExitReason::Nobody(summary) => {
            super::ingest::print_rejected(&summary);
            Err(source.no_photographs())
        }
    }
}

/// Reads the stage of a file, or the one saved by an earlier run, and returns its path. The file need not exist: it is
/// where edits are saved.
///
/// # Errors
/// The diagnostics of a file that was given, but for drawings: what those mask is dark. The saved one must not keep the wall dark: a version of its history, or a
/// stage of one output, takes its place. But what would light more than the file does, for it has fewer masks, does not.
/// The shaders of a show, if a small frame can be drawn with them; else none, and the wall plays without.
fn tried(shaders: ShaderSet, adapter: Option<&str>) -> ShaderSet {
    match try_in_a_process(&shaders, adapter, USUAL_PX, &AtomicBool::new(false)) {
        Ok(()) => shaders,
        Err(error) => {
            tracing::error!("{error}\n  the wall plays without the show's shaders");
            ShaderSet::default()
        }
    }
}

fn stage(given: Option<PathBuf>) -> anyhow::Result<(Option<PathBuf>, Stage)> {
    let saved =
        || directories::ProjectDirs::from("", "", "millions").map(|dirs| dirs.data_local_dir().join("stage.toml"));
    let first = || Stage::side_by_side(vec![Output::new("wall", DEFAULT_SIZE)]);
    let is_given = given.is_some();
    let Some(path) = given.or_else(saved) else { return Ok((None, first())) };
    if !path.exists() {
        return Ok((Some(path), first()));
    }
    match Stage::read(&path, &Disk).result {
        Ok(stage) => Ok((Some(path), stage)),
        Err(diagnostics) => {
            // Where the drawings of masks are all that is wrong, what they mask is dark, and all else plays.
            if let Ok(stage) = Stage::read(&path, &Tolerant(&Disk)).result {
                tracing::error!("{diagnostics}");
                return Ok((Some(path), stage));
            }
            if is_given {
                return Err(diagnostics.into());
            }
            tracing::warn!("{diagnostics}");
            let masks = |text: &str| text.matches("masks]]").count();
            let wanted = masks(&String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()));
            let is_valid = |text: &str| masks(text) >= wanted && Stage::parse(&path, text).is_ok();
            let recovered = SavedStage::new(&path).recover(is_valid).and_then(|(number, text)| {
                tracing::warn!("the stage is the one before, number {number} of its history");
                Stage::parse(&path, &text).ok()
            });
            match recovered {
                Some(stage) => Ok((Some(path), stage)),
                None if wanted > 0 => Err(diagnostics.into()),
                None => Ok((Some(path), first())),
            }
        }
    }
}
