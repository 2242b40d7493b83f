//! The show of the command line, with its shaders and watched files. See [`find`].

use std::path::{Path, PathBuf};

use millions_base::{Diagnostic, Diagnostics};
use millions_base::{Disk, Files, Loaded};
use millions_gpu::ShaderSet;
use millions_show::{SceneKind, Show, find_scene};

/// The name of the embedded show on the command line.
const EMBEDDED: &str = "default";

/// A show, with the files that it was read from.
#[derive(Debug)]
pub struct FoundShow {
    /// The show.
    pub show: Show,
    /// The show's own file; none for the embedded one.
    pub path: Option<PathBuf>,
    /// The scene that it was told to begin with, by name or file.
    pub scene: Option<String>,
    /// The files that it was read from, missing ones included.
    pub files: Vec<PathBuf>,
}

impl FoundShow {
    /// The folder of the show's own shaders, beside its file.
    fn shader_folder(path: Option<&Path>) -> Option<PathBuf> {
        let folder = path?.parent()?;
        Some(folder.join("shaders"))
    }

    /// Reads the show's own shaders.
    ///
    /// # Errors
    /// The first error, with its location.
    pub fn shaders(&self) -> Result<ShaderSet, Diagnostic> {
        ShaderSet::read(Self::shader_folder(self.path.as_deref()).as_deref(), &self.show.effects)
    }

    /// The files that are watched while the wall plays: those of the show, its pictures and fonts, and its shaders, missing ones
    /// included.
    #[must_use]
    pub fn watched(&self) -> Vec<PathBuf> {
        let mut watched = self.files.clone();
        watched.extend(self.show.effects.iter().cloned());
        // A missing file may be created.
        watched.extend(Self::shader_folder(self.path.as_deref()).map(|folder| folder.join("wall.wgsl")));
        let scenes = self.show.scenes.iter();
        for scene in scenes.flat_map(|scene| [Some(scene), scene.over.as_deref()]).flatten() {
            match &scene.kind {
                SceneKind::Still(still) => {
                    watched.push(still.file.clone());
                    watched.push(still.file.join("frames"));
                }
                SceneKind::Mosaic(mosaic) => watched.extend(mosaic.pictures.iter().cloned()),
                SceneKind::Words(words) => watched.extend(words.font.as_ref().map(PathBuf::from)),
                _ => {}
            }
        }
        watched
    }
}

/// Reads the show of a path, or the embedded one. With `scene`, the name of a scene or its file, the show begins with that.
///
/// # Errors
/// All errors in the show and in the files that it names.
pub fn find(path: Option<&Path>, scene: Option<&str>) -> Result<FoundShow, Diagnostics> {
    find_in(&Disk, path, scene)
}

/// As [`find`], the show in other files.
///
/// # Errors
/// Those of [`find`].
pub fn find_in(files: &dyn Files, path: Option<&Path>, scene: Option<&str>) -> Result<FoundShow, Diagnostics> {
    let mut found = match path.filter(|path| *path != Path::new(EMBEDDED)) {
        Some(path) => {
            let Loaded { result, files } = Show::read(path, files);
            FoundShow { show: result?, path: Some(path.to_owned()), scene: None, files }
        }
        None => FoundShow { show: Show::embedded()?, path: None, scene: None, files: Vec::new() },
    };
    if let Some(wanted) = scene {
        found.show.begin_with(find_scene(wanted)?);
        found.scene = Some(wanted.to_owned());
        if wanted.ends_with(".toml") {
            found.files.push(PathBuf::from(wanted));
        }
    }
    Ok(found)
}
