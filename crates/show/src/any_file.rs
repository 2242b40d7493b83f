//! Files of unknown type. See [`AnyFile`].

use std::path::Path;

use super::{NamedLook, Scene, Show};
use millions_base::{Files, Loaded};
use millions_config::read_file;
use millions_stage::Stage;

/// A TOML file of any type.
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

/// Keys of which only a show file has any.
const SHOW_KEYS: [&str; 8] = ["keys", "playlist", "schedule", "keymap", "commands", "effects", "start", "transition"];

/// Keys of which only a stage file has any.
const STAGE_KEYS: [&str; 2] = ["outputs", "surfaces"];

impl AnyFile {
    /// Reads a file, whose type its keys tell: a stage and a show have keys that no other has, a look has nothing but a
    /// name and a `[look]`; anything else is a scene.
    pub fn read(path: &Path, files: &dyn Files) -> Loaded<Self> {
        read_file(path, files, |parser, table| {
            let only = |keys: &[&str]| table.keys().all(|key| keys.contains(&key.get_ref().as_ref()));
            let has = |key: &str| table.contains_key(key);
            if STAGE_KEYS.into_iter().any(has) {
                Stage::of(parser, table).map(|stage| Self::Stage(Box::new(stage)))
            } else if SHOW_KEYS.into_iter().any(has) {
                Show::of(parser, table).map(|show| Self::Show(Box::new(show)))
            } else if has("look") && only(&["name", "look"]) {
                NamedLook::of(path, parser, table).map(|look| Self::Look(Box::new(look)))
            } else {
                Scene::of(path, false, parser, table).map(|scene| Self::Scene(Box::new(scene)))
            }
        })
    }
}
