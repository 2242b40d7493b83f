//! The player of a show, with the people of a library.

use crate::app;
use millions_library::Library;
use millions_show::{Player, Portraits, Show};
use std::sync::Arc;

/// Creates the player of a show with the people of a library, on a wall of that aspect.
pub fn player(show: &Show, library: &Arc<Library>, wall_aspect: f64) -> anyhow::Result<Player> {
    let people = library.portraits();
    let biography = |number: &u32| Some((*number, app::biography(library.person(*number)?)));
    let biographies: Vec<_> = people.iter().filter_map(biography).collect();
    let tile_aspect = f64::from(library.aspect());
    let player = Player::of_scenes(people, tile_aspect, wall_aspect, show.scenes.clone(), &show.start.scene)?;
    let mut portraits = Portraits::new(library.clone(), Arc::new(app::MosaicPictures));
    // Beside a field copy nothing is kept of who is in it.
    if !library.is_field_copy() {
        portraits = portraits.keeping(Arc::new(app::ArrangementFolder::beside(library.dir())));
    }
    let mut player = player.featuring(library.featured())?.with_portraits(portraits)?;
    player.set_biographies(biographies);
    player.set_arrivals(show.arrivals);
    player.set_look(show.look.as_ref().map(|named| named.look));
    Ok(player)
}
