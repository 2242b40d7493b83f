//! A scene: one thing that the wall can do, as a file. See [`Scene`].

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::kinds::{MAX_ROWS, Millions, SceneKind};
use super::looks::LookPatch;
use super::reveal::Reveal;
use crate::problem::{Place, Problem};
use crate::tone::Look;
use crate::wall::Direction;

/// A scene file, parsed and checked.
///
/// ```toml
/// name = "The slow wall"
/// kind = "millions"
/// rows = 7
/// speed = 0.12
///
/// [look]
/// contrast = 0.3
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The file's name without `.toml`: what `--scene` takes.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it does.
    pub kind: SceneKind,
    /// How it looks.
    pub look: Look,
    /// The turn from colour as contributed to the look, if it has one.
    pub reveal: Option<Reveal>,
    /// Another scene that lies over this one.
    pub over: Option<Box<Scene>>,
}

impl Default for Scene {
    fn default() -> Self {
        let kind = SceneKind::Millions(Millions::default());
        Self { id: String::new(), name: String::new(), kind, look: Look::default(), reveal: None, over: None }
    }
}

/// The file as it stands; flat, so that a writer need not know of our enums.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SceneFile {
    name: String,
    #[serde(default)]
    kind: Kind,
    rows: Option<u32>,
    speed: Option<f64>,
    variation: Option<f64>,
    direction: Option<Direction>,
    gap: Option<f64>,
    seed: Option<u64>,
    #[serde(default)]
    look: LookPatch,
    reveal: Option<Reveal>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Millions,
}

/// The scenes that the program carries, in the order of their number keys: name of the file, text.
pub const EMBEDDED_SCENES: [(&str, &str); 5] = [
    ("slow", include_str!("../../scenes/slow.toml")),
    ("multitude", include_str!("../../scenes/multitude.toml")),
    ("faces", include_str!("../../scenes/faces.toml")),
    ("march", include_str!("../../scenes/march.toml")),
    ("reveal", include_str!("../../scenes/reveal.toml")),
];

impl Scene {
    /// Parses and checks the text of a scene file.
    ///
    /// # Errors
    /// What is wrong and where; an unknown key with the nearest known one.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problem> {
        let file: SceneFile = toml::from_str(text).map_err(|error| Problem::toml(path, text, &error))?;
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let fallback = Millions::default();
        let Kind::Millions = file.kind;
        let millions = Millions {
            rows: file.rows.unwrap_or(fallback.rows),
            speed: file.speed.unwrap_or(fallback.speed),
            variation: file.variation.unwrap_or(fallback.variation),
            direction: file.direction.unwrap_or(fallback.direction),
            gap: file.gap.unwrap_or(fallback.gap),
            seed: file.seed.unwrap_or(fallback.seed),
            ..fallback
        };
        let wrong = |key: &str, message: String| Problem {
            message,
            advice: None,
            path: path.to_owned(),
            place: Place::of_key(text, key),
        };
        let number = |key, value: f64, low: f64, high: f64, unit: &str| {
            if value >= low && value <= high {
                Ok(())
            } else {
                Err(wrong(key, format!("`{key}` is {value}: take {low} to {high} {unit}")))
            }
        };
        number("rows", f64::from(millions.rows), 1.0, f64::from(MAX_ROWS), "rows")?;
        number("speed", millions.speed, 0.0, 20.0, "cells a second")?;
        number("variation", millions.variation, 0.0, 1.0, "of the speed")?;
        number("gap", millions.gap, 0.0, 0.5, "of a row's height")?;
        if let Some(Reveal { contributed, turn, together, .. }) = file.reveal {
            for (key, secs) in [("contributed", contributed), ("turn", turn), ("together", together)] {
                number(key, secs, 0.0, 86_400.0, "seconds")?;
            }
            number("together", contributed + turn + together, 1.0, f64::MAX, "seconds at least, all in all")?;
        }
        let look = file.look.resolve(path, text)?;
        Ok(Self { id, name: file.name, kind: SceneKind::Millions(millions), look, reveal: file.reveal, over: None })
    }

    /// Reads a scene file.
    ///
    /// # Errors
    /// As [`Scene::parse`], and when the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let text =
            std::fs::read_to_string(path).map_err(|error| Problem::whole(path, format!("cannot be read: {error}")))?;
        Self::parse(path, &text)
    }

    /// The scenes that the program carries, in the order of their keys.
    ///
    /// # Errors
    /// Never in a released program: a test parses them all.
    pub fn embedded() -> Result<Vec<Self>, Problem> {
        EMBEDDED_SCENES.iter().map(|(id, text)| Self::parse(&PathBuf::from(format!("{id}.toml")), text)).collect()
    }
}

/// Finds a scene by what a person wrote: the path of a file, or the name of one that the program carries.
///
/// # Errors
/// When the file is wrong, or nothing has that name; then the names that there are.
pub fn find_scene(wanted: &str) -> Result<Scene, Problem> {
    let path = Path::new(wanted);
    if path.extension().is_some_and(|extension| extension == "toml") {
        return Scene::read(path);
    }
    let scenes = Scene::embedded()?;
    let names: Vec<_> = scenes.iter().map(|scene| scene.id.clone()).collect();
    scenes.into_iter().find(|scene| scene.id == wanted).ok_or_else(|| Problem {
        advice: Some(format!("take one of {}, or the path of a scene file that ends in .toml", names.join(", "))),
        ..Problem::whole(path, "no scene has this name")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Scene, Problem> {
        Scene::parse(Path::new("night.toml"), text)
    }

    #[test]
    fn every_embedded_scene_parses_and_they_differ() {
        let scenes = Scene::embedded().unwrap();
        for (index, scene) in scenes.iter().enumerate() {
            assert!(scenes[..index].iter().all(|other| other.kind != scene.kind && other.id != scene.id));
        }
        assert_eq!(find_scene("slow").unwrap(), scenes[0]);
    }

    #[test]
    fn the_scene_in_the_readme_is_one() {
        let readme = include_str!("../../README.md");
        let example = readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let scene = parse(example).unwrap();
        assert_eq!(scene.name, "My wall");
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_place_and_the_nearest() {
        let problem = parse("name = \"x\"\nrwos = 3\n").unwrap_err();
        let text = problem.to_string();
        assert!(text.starts_with("night.toml:2:1: unknown field `rwos`"), "{text}");
        assert!(text.contains("2 | rwos = 3") && text.ends_with("did you mean `rows`?"), "{text}");
        let problem = parse("name = \"x\"\n[look]\ncontrats = 1\n").unwrap_err();
        assert!(problem.to_string().contains("did you mean `contrast`?"));
    }

    #[test]
    fn a_value_out_of_range_is_refused_at_its_line() {
        let problem = parse("name = \"x\"\nrows = 0\n").unwrap_err();
        assert_eq!(problem.place.as_ref().unwrap().line, 2);
        assert!(problem.to_string().contains("take 1 to 256 rows"));
        let problem = parse("name = \"x\"\n[look]\n  gamma = -1\n").unwrap_err();
        assert_eq!(problem.place.map(|place| (place.line, place.column)), Some((3, 3)));
        assert!(parse("name = \"x\"\nspeed = nan\n").is_err());
    }

    #[test]
    fn a_scene_that_is_not_there_names_those_that_are() {
        assert!(find_scene("fast").unwrap_err().to_string().contains("slow, multitude"));
        assert!(find_scene("nowhere/at-all.toml").unwrap_err().to_string().contains("cannot be read"));
    }
}
