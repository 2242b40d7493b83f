//! `millions play`: the wall in a window.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::shows;
use super::values::At;
use super::{PlayArgs, crowd};
use crate::app::{self, Ended, Operator, PlayOptions, Resume};
use crate::show::{Clock, NamedLook, find_look, read_projection};
use crate::tone::Projection;

/// The aspect of a wall before its window has one.
const USUAL_ASPECT: f64 = 16.0 / 9.0;

pub fn run(args: PlayArgs) -> anyhow::Result<()> {
    let PlayArgs {
        crowd: crowd_args,
        show,
        scene,
        looks: look_args,
        fullscreen,
        output,
        adapter,
        from,
        stills,
        lose_device_after,
    } = args;
    let found = app::find(show.as_deref(), scene.as_deref())?;
    let shaders = found.shaders()?;
    let show = found.show.clone();
    let mut looks = NamedLook::embedded()?;
    let chosen = look_args.look.as_deref().map(find_look).transpose()?;
    if let Some(own) = chosen.clone().filter(|look| !looks.contains(look)) {
        looks.insert(0, own);
    }
    let (projection_path, projection) = projection(look_args.projection)?;
    let crowd = crowd::open(&crowd_args, true)?;
    if crowd.library.is_empty() && crowd.events.is_none() {
        return Err(crowd::nobody(&crowd_args));
    }
    let is_first_start = crowd.library.portraits().is_empty();
    let mut player = shows::player(&show, &crowd.library, USUAL_ASPECT)?;
    if is_first_start {
        player = player.awaiting()?;
    }
    let unix_secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    player.set_projection(projection);
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
    let mut operator = Operator::new(player, Clock::new(0.0, show_secs), show, looks, unix_secs);
    if let Some(look) = &chosen {
        operator.show_look(&look.id);
    }
    let options = PlayOptions {
        fullscreen,
        output,
        adapter,
        stills,
        projection: projection_path,
        found: Some(found),
        scene,
        shaders,
        resume,
        lose_device_after_secs: lose_device_after.map(|At(secs)| secs),
    };
    match app::play(operator, crowd.library.clone(), crowd.events.clone(), options)? {
        Ended::ByOperator => Ok(()),
        Ended::Nobody(summary) => {
            super::ingest::print_rejected(&summary);
            Err(crowd::nobody(&crowd_args))
        }
    }
}

/// What the building needs: from the file that was asked for, or from the one that an earlier night kept. An own file
/// need not be there yet: it is where the T key will keep what is set.
fn projection(asked_for: Option<PathBuf>) -> anyhow::Result<(Option<PathBuf>, Projection)> {
    let usual =
        || directories::ProjectDirs::from("", "", "millions").map(|dirs| dirs.data_local_dir().join("projection.toml"));
    let is_own = asked_for.is_some();
    let Some(path) = asked_for.or_else(usual) else { return Ok((None, Projection::default())) };
    if !path.exists() {
        return Ok((Some(path), Projection::default()));
    }
    match read_projection(&path) {
        Ok(projection) => Ok((Some(path), projection)),
        Err(problem) if is_own => Err(problem.into()),
        Err(problem) => {
            // A wall that is lit comes before a file from another night.
            tracing::warn!("{problem}");
            Ok((Some(path), Projection::default()))
        }
    }
}
