//! A file that people write, whatever it is.

use std::path::Path;

use super::{NamedLook, Scene, Show};
use millions_base::{Files, Loaded};
use millions_config::read_file;
use millions_stage::Stage;

/// What a TOML file turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyFile {
    /// A scene.
    Scene(Box<Scene>),
    /// A look.
    Look(Box<NamedLook>),
    /// A show.
    Show(Box<Show>),
    /// A stage.
    Stage(Box<Stage>),
}

/// Keys that only a show has.
const OF_A_SHOW: [&str; 7] = ["keys", "playlist", "schedule", "keymap", "effects", "start", "transition"];

/// Keys that only a stage has.
const OF_A_STAGE: [&str; 2] = ["outputs", "surfaces"];

impl AnyFile {
    /// Reads a file as what its keys say that it is: a stage and a show by what only they have, a look has nothing but a
    /// name and a `[look]`; the rest are scenes.
    pub fn read(path: &Path, files: &dyn Files) -> Loaded<Self> {
        read_file(path, files, |parser, table| {
            let only = |keys: &[&str]| table.keys().all(|key| keys.contains(&key.get_ref().as_ref()));
            let has = |key: &str| table.contains_key(key);
            if OF_A_STAGE.into_iter().any(has) {
                Stage::of(parser, table).map(|stage| Self::Stage(Box::new(stage)))
            } else if OF_A_SHOW.into_iter().any(has) {
                Show::of(parser, table).map(|show| Self::Show(Box::new(show)))
            } else if has("look") && only(&["name", "look"]) {
                NamedLook::of(path, parser, table).map(|look| Self::Look(Box::new(look)))
            } else {
                Scene::of(path, false, parser, table).map(|scene| Self::Scene(Box::new(scene)))
            }
        })
    }
}
