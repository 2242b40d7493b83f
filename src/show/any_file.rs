//! A file of a show, whatever it is.

use std::path::Path;

use super::projection_file::projection_of;
use super::{NamedLook, Scene, Show};
use crate::reading::{Files, Read, read_file};
use crate::tone::Projection;

/// What a TOML file turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyFile {
    /// A scene.
    Scene(Box<Scene>),
    /// A look.
    Look(Box<NamedLook>),
    /// A projection.
    Projection(Projection),
    /// A show.
    Show(Box<Show>),
}

/// Keys that only a show has.
const OF_A_SHOW: [&str; 7] = ["keys", "playlist", "schedule", "keymap", "effects", "start", "transition"];

impl AnyFile {
    /// Reads a file as what its keys say that it is: a show by what only shows have, a projection has neither name nor
    /// kind, a look has nothing but a name and a `[look]`; the rest are scenes.
    pub fn read(path: &Path, files: &dyn Files) -> Read<Self> {
        read_file(path, files, |reading, table| {
            let only = |keys: &[&str]| table.keys().all(|key| keys.contains(&key.get_ref().as_ref()));
            let has = |key: &str| table.contains_key(key);
            if OF_A_SHOW.into_iter().any(has) {
                Show::of(reading, table).map(|show| Self::Show(Box::new(show)))
            } else if only(&["gamma", "black", "white", "paint"]) {
                projection_of(reading, table).map(Self::Projection)
            } else if has("look") && only(&["name", "look"]) {
                NamedLook::of(path, reading, table).map(|look| Self::Look(Box::new(look)))
            } else {
                Scene::of(path, false, reading, table).map(|scene| Self::Scene(Box::new(scene)))
            }
        })
    }
}
