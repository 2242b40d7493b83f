//! The show that somebody asked for, with all that belongs to it. See [`find`].

use std::path::{Path, PathBuf};

use millions_base::{Diagnostic, Diagnostics};
use millions_base::{Disk, Loaded};
use millions_gpu::ShaderSet;
use millions_show::{Cue, SceneKind, Show, Transition, find_scene};

/// The name by which the show that the program carries is asked for.
const CARRIED: &str = "default";

/// A show, with the files that had a say in it.
#[derive(Debug)]
pub struct FoundShow {
    /// The show.
    pub show: Show,
    /// The show's own file; none for the one that the program carries.
    pub path: Option<PathBuf>,
    /// The files that had a say in it, also those that are not there.
    pub files: Vec<PathBuf>,
}

impl FoundShow {
    /// The folder in which the show's own shaders are: beside the show.
    fn shader_folder(path: Option<&Path>) -> Option<PathBuf> {
        let folder = path?.parent()?;
        Some(folder.join("shaders"))
    }

    /// Reads the shaders that the show has of its own.
    ///
    /// # Errors
    /// The first that is wrong, with its place.
    pub fn shaders(&self) -> Result<ShaderSet, Diagnostic> {
        ShaderSet::read(Self::shader_folder(self.path.as_deref()).as_deref(), &self.show.effects)
    }

    /// Everything whose change the running wall is to follow: the files of the show, its shaders, pictures and fonts, and where its
    /// shaders would be.
    #[must_use]
    pub fn watched(&self) -> Vec<PathBuf> {
        let mut watched = self.files.clone();
        watched.extend(self.show.effects.iter().cloned());
        // A name that is no file's may become one.
        watched.extend(Self::shader_folder(self.path.as_deref()).map(|folder| folder.join("wall.wgsl")));
        let scenes = self.show.scenes.iter();
        for scene in scenes.flat_map(|scene| [Some(scene), scene.over.as_deref()]).flatten() {
            match &scene.kind {
                SceneKind::Still(still) => {
                    watched.push(still.file.clone());
                    watched.push(still.file.join("frames"));
                }
                SceneKind::Words(words) => watched.extend(words.font.as_ref().map(PathBuf::from)),
                _ => {}
            }
        }
        watched
    }
}

/// Finds the show that somebody asked for; the one that the program carries, where they did not. With `scene`, the name of a
/// scene or its file, that is what shows first.
///
/// # Errors
/// All that is wrong with the show, and with the files that it names.
pub fn find(asked_for: Option<&Path>, scene: Option<&str>) -> Result<FoundShow, Diagnostics> {
    let mut found = match asked_for.filter(|path| *path != Path::new(CARRIED)) {
        Some(path) => {
            let Loaded { result, files } = Show::read(path, &Disk);
            FoundShow { show: result?, path: Some(path.to_owned()), files }
        }
        None => FoundShow { show: Show::embedded()?, path: None, files: Vec::new() },
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
fn begin_with(show: &mut Show, wanted: &str) -> Result<(), Diagnostics> {
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
