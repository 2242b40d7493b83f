//! `millions play`: the wall in a window.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::values::At;
use super::{PlayArgs, crowd};
use crate::app::{self, Ended, Operator, PlayOptions};
use crate::show::{Clock, NamedLook, Player, Scene, find_look, find_scene, read_projection};
use crate::tone::Projection;

/// The aspect of a wall before its window has one.
const USUAL_ASPECT: f64 = 16.0 / 9.0;

pub fn run(args: PlayArgs) -> anyhow::Result<()> {
    let PlayArgs {
        crowd: crowd_args,
        scene,
        looks: look_args,
        fullscreen,
        output,
        adapter,
        from,
        stills,
        lose_device_after,
    } = args;
    let first = find_scene(&scene)?;
    // A file of one's own takes the first key.
    let scenes: Vec<_> = Scene::embedded()?.into_iter().filter(|scene| *scene != first).collect();
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
    let people = crowd.library.portraits();
    let aspect = f64::from(crowd.library.aspect());
    let is_first_start = people.is_empty();
    let mut player =
        Player::new(people, aspect, USUAL_ASPECT, first)?.featuring(crowd.library.featured())?.with_scenes(scenes);
    if is_first_start {
        player = player.awaiting()?;
    }
    let show_secs = match from {
        Some(At(secs)) => secs,
        None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()),
    };
    player.set_projection(projection);
    let mut operator = Operator::new(player, Clock::new(0.0, show_secs), looks);
    if let Some(look) = &chosen {
        operator.show_look(&look.id);
    }
    let options = PlayOptions {
        fullscreen,
        output,
        adapter,
        stills,
        projection: projection_path,
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
