//! The player of a show, with the people of a library.

use std::sync::Arc;

use crate::app;
use millions_library::Library;
use millions_show::{Biography, Player, Show};
use millions_wall::tile::PortraitNumber;

/// A player of a show with the people of a library, on a wall of that aspect.
pub fn player(show: &Show, library: &Arc<Library>, wall_aspect: f64) -> anyhow::Result<Player> {
    let people = library.portraits();
    let told: Vec<_> = people.iter().filter_map(|person| Some((*person, told(library, *person)?))).collect();
    let aspect = f64::from(library.aspect());
    let player = Player::of_scenes(people, aspect, wall_aspect, show.scenes.clone(), &show.start.scene)?;
    let mut player = player.featuring(library.featured())?;
    player.set_biographies(told);
    player.set_look(show.look.as_ref().map(|named| named.look));
    Ok(player)
}

/// What somebody told, where they told anything.
fn told(library: &Library, person: PortraitNumber) -> Option<Biography> {
    Some(app::biography(library.person(person)?)).filter(|biography| !biography.is_empty())
}
