//! `millions play`: the wall in a window.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use glam::UVec2;

use super::shows;
use super::values::At;
use super::{PlayArgs, crowd};
use crate::app::{self, ExitReason, FolderFiles, Operator, PlayOptions, Resume, SavedStage, Venue};
use millions_base::Disk;
use millions_show::{Clock, NamedLook, find_look};
use millions_stage::{Output, Stage};

/// The size of an output before its window has one.
const USUAL_SIZE: UVec2 = UVec2::new(1920, 1080);

pub fn run(args: PlayArgs) -> anyhow::Result<()> {
    let PlayArgs {
        crowd: crowd_args,
        show,
        scene,
        looks: look_args,
        fullscreen,
        output,
        all_outputs,
        adapter,
        from,
        stills,
        lose_device_after,
    } = args;
    let found = app::find(show.as_deref(), scene.as_deref())?;
    let shaders = found.shaders()?;
    let show = found.show.clone();
    let look = look_args.look.as_deref().map(find_look).transpose()?;
    let stage_is_asked_for = look_args.stage.is_some();
    let (stage_path, stage) = stage(look_args.stage)?;
    let crowd = crowd::open(&crowd_args, true)?;
    if crowd.library.is_empty() && crowd.events.is_none() {
        return Err(crowd::nobody(&crowd_args));
    }
    let is_first_start = crowd.library.portraits().is_empty();
    let mut player = shows::player(&show, &crowd.library, stage.aspect)?;
    if is_first_start {
        player = player.awaiting()?;
    }
    let unix_secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    // By the clock of the world, unless a time is asked for: then as `millions render` would show it.
    let mut resume = None;
    match from {
        Some(At(secs)) => {
            let waits = !show.playlist.as_ref().is_some_and(|playlist| playlist.autoplay);
            player.set_playlist(show.playlist.clone(), if waits { secs } else { 0.0 }, waits);
        }
        None => {
            let keeper = Resume::new(found.path.as_deref(), scene.is_some());
            keeper.begin(&mut player, &show, unix_secs);
            resume = Some(keeper);
        }
    }
    let show_secs = from.map_or(unix_secs, |At(secs)| secs);
    let stage_file = stage_path.as_deref().unwrap_or(Path::new(""));
    let masks = Arc::new(FolderFiles::beside(stage_file));
    let venue = Venue::new(stage, masks);
    let mut operator =
        Operator::new(player, Clock::new(0.0, show_secs), show, NamedLook::embedded()?, venue, unix_secs);
    operator.follow_stage_at(stage_file);
    if let Some(look) = look {
        operator.show_look(look);
    }
    let options = PlayOptions {
        fullscreen,
        output,
        all_outputs,
        adapter,
        stills,
        stage: stage_path,
        stage_is_asked_for,
        found: Some(found),
        scene,
        shaders,
        resume,
        lose_device_after_secs: lose_device_after.map(|At(secs)| secs),
    };
    match app::play(operator, crowd.library.clone(), crowd.events.clone(), options)? {
        ExitReason::ByOperator => Ok(()),
        ExitReason::Nobody(summary) => {
            super::ingest::print_rejected(&summary);
            Err(crowd::nobody(&crowd_args))
        }
    }
}

/// The stage: of the file that was asked for, or of the one that an earlier night kept. A file need not be there yet: it is
/// where the edit will keep what is set.
fn stage(asked_for: Option<PathBuf>) -> anyhow::Result<(Option<PathBuf>, Stage)> {
    let usual =
        || directories::ProjectDirs::from("", "", "millions").map(|dirs| dirs.data_local_dir().join("stage.toml"));
    let first = || Stage::side_by_side(vec![Output::new("wall", USUAL_SIZE)]);
    let is_own = asked_for.is_some();
    let Some(path) = asked_for.or_else(usual) else { return Ok((None, first())) };
    if !path.exists() {
        return Ok((Some(path), first()));
    }
    match Stage::read(&path, &Disk).result {
        Ok(stage) => Ok((Some(path), stage)),
        Err(problems) if is_own => Err(problems.into()),
        Err(problems) => {
            // A wall that is lit comes before a file from another night.
            tracing::warn!("{problems}");
            let whole = |text: &str| Stage::parse(&path, text).is_ok();
            let before = SavedStage::new(&path).recover(whole).and_then(|(number, text)| {
                tracing::warn!("the stage is the one before, number {number} of its history");
                Stage::parse(&path, &text).ok()
            });
            Ok((Some(path), before.unwrap_or_else(first)))
        }
    }
}
