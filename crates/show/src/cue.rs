//! Cues, and their sections in show files. See [`Cue`].

use schemars::Schema;

use super::scene::{SceneFile, SceneName};
use super::{Scene, SceneId, Transition};
use millions_base::Range;
use millions_config::{
    Key, KeyVisitor, Optional, Parser, Section, SpannedValue, StringValue, Subsection, ValueType, alternatives,
    describe,
};

/// A cue: a scene and the transition into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// One of [`Show::scenes`](super::Show::scenes).
    pub scene: SceneId,
    /// The name to display.
    pub name: String,
    /// The transition.
    pub transition: Transition,
}

/// Limits of the dwell of a playlist's entry.
pub(super) const DWELL: Range = Range::new(0.5, 86_400.0, "seconds");

/// The section of a cue.
#[derive(Clone, Debug, Default)]
pub(super) struct CueSection {
    scene: Option<SceneFile>,
    name: Option<String>,
    transition: Option<Transition>,
    /// Seconds, in a playlist only.
    pub dwell: Option<f64>,
    in_playlist: bool,
    /// The defaults of the transition's values.
    default_transition: Transition,
}

impl Section for CueSection {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let scene = "The scene: the name of one that the program carries, or a file that ends in .toml.";
        keys.key(Key::required("scene", scene), &mut self.scene, &Optional(SceneName));
        keys.key(
            Key::new("name", "The name in the operator's help; left out, the scene's name."),
            &mut self.name,
            &Optional(StringValue),
        );
        let transition = "The transition into the scene; keys left out are as in the show's [transition]. Without this \
                          table, that of an earlier cue of the scene.";
        keys.key(
            Key::new("transition", transition),
            &mut self.transition,
            &Optional(Subsection(self.default_transition)),
        );
        if self.in_playlist {
            let dwell = "Seconds from the beginning of its transition to the beginning of the next one's.";
            keys.key(Key::new("dwell", dwell), &mut self.dwell, &Optional(DWELL));
        }
    }
}

/// The value type of a cue: a scene alone, or a section.
pub(super) struct CueValue {
    pub default_transition: Transition,
    pub in_playlist: bool,
}

impl CueValue {
    fn defaults(&self) -> CueSection {
        CueSection {
            default_transition: self.default_transition,
            in_playlist: self.in_playlist,
            ..CueSection::default()
        }
    }
}

impl ValueType<CueSection> for CueValue {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<CueSection> {
        match spanned.get_ref().as_table() {
            Some(_) => Subsection(self.defaults()).read(key, spanned, parser),
            None => {
                SceneName.read(key, spanned, parser).map(|scene| CueSection { scene: Some(scene), ..self.defaults() })
            }
        }
    }

    fn describe(&self, _: Option<&CueSection>) -> Schema {
        alternatives([SceneName.describe(None), describe(self.defaults())])
    }
}

/// Resolves the cues of a show: its scenes, each once, with their ids.
pub(super) struct CueResolver {
    /// The scenes as they were read, with their ids in the show.
    scenes: Vec<(Scene, SceneId)>,
    /// The transitions of cues that have their own, by scene: for later cues of the scene that have none.
    transitions: Vec<(SceneId, Transition)>,
}

impl CueResolver {
    pub fn new<'s>(sections: impl Iterator<Item = &'s CueSection>) -> Self {
        let mut files: Vec<&SceneFile> = Vec::new();
        for file in sections.filter_map(|section| section.scene.as_ref()) {
            if !files.iter().any(|known| known.scene == file.scene) {
                files.push(file);
            }
        }
        let ids = unique_ids(&files);
        let scenes = files.into_iter().map(|file| file.scene.clone()).zip(ids).collect();
        Self { scenes, transitions: Vec::new() }
    }

    /// Returns the cue of a section; none without a scene, which is a required key.
    pub fn cue(&mut self, section: CueSection) -> Option<Cue> {
        let CueSection { scene, name, transition, default_transition, .. } = section;
        let SceneFile { scene, .. } = scene?;
        let id = self.scenes.iter().find(|(known, _)| *known == scene)?.1.clone();
        let earlier = self.transitions.iter().find(|(scene, _)| *scene == id).map(|(_, transition)| *transition);
        if let Some(transition) = transition {
            self.transitions.push((id.clone(), transition));
        }
        let transition = transition.or(earlier).unwrap_or(default_transition);
        Some(Cue { scene: id, name: name.unwrap_or(scene.name), transition })
    }

    /// Returns the scenes under their ids in the show.
    pub fn scenes(self) -> Vec<Scene> {
        self.scenes.into_iter().map(|(scene, id)| Scene { id, ..scene }).collect()
    }
}

/// Returns an id for each of these different scenes, unique among them: the stem of its file; with the folder's name
/// before it where several files share the stem; and with a number after it where that is not enough. Files are
/// numbered by their paths, embedded ones first: which file an id means does not depend on their order in the show.
fn unique_ids(files: &[&SceneFile]) -> Vec<SceneId> {
    let is_shared = |file: &SceneFile| files.iter().filter(|other| other.scene.id == file.scene.id).count() > 1;
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|index| (is_shared(files[*index]), &files[*index].path));
    let mut ids = vec![SceneId::default(); files.len()];
    for index in order {
        let SceneFile { scene, path } = files[index];
        let folder = path.as_ref().and_then(|path| path.parent()?.file_name()).filter(|_| is_shared(files[index]));
        let id = folder.map(|folder| format!("{}-{}", folder.to_string_lossy(), scene.id));
        ids[index] = free_id(id.as_deref().unwrap_or(scene.id.as_str()), |id| ids.contains(id));
    }
    ids
}

/// Returns `wanted`, or where that is taken, the first that is free of `wanted-2`, `wanted-3` and so on.
pub(super) fn free_id(wanted: &str, is_taken: impl Fn(&SceneId) -> bool) -> SceneId {
    let mut id = SceneId::from(wanted);
    let mut number = 1;
    while is_taken(&id) {
        number += 1;
        id = format!("{wanted}-{number}").into();
    }
    id
}
