//! The show that is asked for on the command line, and its player.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::library::Library;
use crate::show::{Cue, Disk, Player, Read, Show, Told, Transition, find_scene};
use crate::tile::PortraitNumber;

/// The name by which the show that the program carries is asked for.
const CARRIED: &str = "default";

/// A show, with the files that had a say in it.
pub struct Found {
    pub show: Show,
    /// The show's own file; none for the one that the program carries.
    pub path: Option<PathBuf>,
    pub files: Vec<PathBuf>,
}

/// Finds the show that somebody asked for; the one that the program carries, where they did not. With `scene`, the name of a scene
/// or its file, that is what shows first.
pub fn find(asked_for: Option<&Path>, scene: Option<&str>) -> anyhow::Result<Found> {
    let mut found = match asked_for.filter(|path| *path != Path::new(CARRIED)) {
        Some(path) => {
            let Read { result, files } = Show::read(path, &Disk);
            Found { show: result?, path: Some(path.to_owned()), files }
        }
        None => Found { show: Show::embedded()?, path: None, files: Vec::new() },
    };
    if let Some(wanted) = scene {
        begin_with(&mut found.show, wanted)?;
        if wanted.ends_with(".toml") {
            found.files.push(PathBuf::from(wanted));
        }
    }
    Ok(found)
}

/// Lets a show begin with a scene, which takes the first key where no key has it.
fn begin_with(show: &mut Show, wanted: &str) -> anyhow::Result<()> {
    let scene = find_scene(wanted)?;
    let name = scene.name.clone();
    let index = show.scenes.iter().position(|known| *known == scene).unwrap_or_else(|| {
        show.scenes.push(scene);
        show.scenes.len() - 1
    });
    let cue = Cue { scene: index, name, transition: show.transition };
    if !show.keys.iter().flatten().any(|key| key.scene == index) {
        show.keys[0] = Some(cue.clone());
    }
    show.start = Cue { transition: Transition::CUT, ..cue };
    if let Some(playlist) = &mut show.playlist {
        playlist.autoplay = false;
    }
    Ok(())
}

/// A player of a show with the people of a library, on a wall of that aspect.
pub fn player(show: &Show, library: &Arc<Library>, wall_aspect: f64) -> anyhow::Result<Player> {
    let people = library.portraits();
    let told: Vec<_> = people.iter().filter_map(|person| Some((*person, told(library, *person)?))).collect();
    let aspect = f64::from(library.aspect());
    let player = Player::of_scenes(people, aspect, wall_aspect, show.scenes.clone(), show.start.scene)?;
    let mut player = player.featuring(library.featured())?;
    player.tell(told);
    player.set_look(show.look.as_ref().map(|named| named.look));
    Ok(player)
}

/// What somebody told, where they told anything.
fn told(library: &Library, person: PortraitNumber) -> Option<Told> {
    let person = library.person(person)?;
    let told = Told { name: person.name.into(), place: person.place.into(), quote: person.quote.into() };
    Some(told).filter(|told| !told.is_empty())
}
