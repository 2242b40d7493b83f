//! `millions play`: the wall in a window.

use std::time::{SystemTime, UNIX_EPOCH};

use super::values::At;
use super::{PlayArgs, crowd};
use crate::app::{self, Ended, Operator, PlayOptions};
use crate::show::{Clock, Player, Scene, find_scene};

/// The aspect of a wall before its window has one.
const USUAL_ASPECT: f64 = 16.0 / 9.0;

pub fn run(args: PlayArgs) -> anyhow::Result<()> {
    let PlayArgs { crowd: crowd_args, scene, fullscreen, output, adapter, from, stills, lose_device_after } = args;
    let first = find_scene(&scene)?;
    let mut scenes = Scene::embedded()?;
    if !scenes.contains(&first) {
        // A file of one's own takes the first key.
        scenes.insert(0, first.clone());
    }
    let crowd = crowd::open(&crowd_args, true)?;
    if crowd.library.is_empty() && crowd.events.is_none() {
        return Err(crowd::nobody(&crowd_args));
    }
    let people = crowd.library.portraits();
    let aspect = f64::from(crowd.library.aspect());
    let is_first_start = people.is_empty();
    let mut player = Player::new(people, aspect, USUAL_ASPECT, first)?.featuring(crowd.library.featured())?;
    if is_first_start {
        player = player.awaiting()?;
    }
    let show_secs = match from {
        Some(At(secs)) => secs,
        None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()),
    };
    let operator = Operator::new(player, Clock::new(0.0, show_secs), scenes);
    let options = PlayOptions {
        fullscreen,
        output,
        adapter,
        stills,
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
