//! `millions check`: scene files and shaders, without a graphics card.

use std::path::{Path, PathBuf};

use super::CheckArgs;
use crate::gpu::shaders;
use crate::problem::Problem;
use crate::show::{EMBEDDED_LOOKS, EMBEDDED_SCENES, NamedLook, Scene, read_projection};

pub fn run(args: &CheckArgs) -> anyhow::Result<()> {
    let results: Vec<(PathBuf, Result<(), Problem>)> = if args.files.is_empty() {
        embedded()
    } else {
        args.files.iter().map(|path| (path.clone(), file(path))).collect()
    };
    let mut wrong = 0;
    for (path, result) in &results {
        match result {
            Ok(()) => println!("{}: good", path.display()),
            Err(problem) => {
                wrong += 1;
                eprintln!("{problem}");
            }
        }
    }
    anyhow::ensure!(wrong == 0, "{wrong} of {} files are wrong", results.len());
    Ok(())
}

fn embedded() -> Vec<(PathBuf, Result<(), Problem>)> {
    let scenes = EMBEDDED_SCENES.iter().map(|(id, text)| {
        let path = PathBuf::from(format!("scenes/{id}.toml"));
        let result = Scene::parse(&path, text).map(drop);
        (path, result)
    });
    let looks = EMBEDDED_LOOKS.iter().map(|(id, text)| {
        let path = PathBuf::from(format!("looks/{id}.toml"));
        let result = NamedLook::parse(&path, text).map(drop);
        (path, result)
    });
    let shaders = shaders::ALL.iter().map(|shader| {
        let path = Path::new("shaders").join(shader.name);
        let result = shaders::check(&path, shader.text).map(drop);
        (path, result)
    });
    scenes.chain(looks).chain(shaders).collect()
}

fn file(path: &Path) -> Result<(), Problem> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => toml_file(path),
        Some("wgsl") => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Problem::whole(path, format!("cannot be read: {error}")))?;
            shaders::check(path, &text).map(drop)
        }
        _ => Err(Problem::whole(path, "is neither a scene, a look or a projection (.toml) nor a shader (.wgsl)")),
    }
}

/// A scene has a kind or rows of its own; a look has a name and a `[look]`; a projection has neither.
fn toml_file(path: &Path) -> Result<(), Problem> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Problem::whole(path, format!("cannot be read: {error}")))?;
    let Ok(table) = text.parse::<toml::Table>() else { return Scene::parse(path, &text).map(drop) };
    let only = |keys: &[&str]| table.keys().all(|key| keys.contains(&key.as_str()));
    if !table.contains_key("name") && only(&["gamma", "black", "white", "paint"]) {
        read_projection(path).map(drop)
    } else if table.contains_key("look") && only(&["name", "look"]) {
        NamedLook::parse(path, &text).map(drop)
    } else {
        Scene::parse(path, &text).map(drop)
    }
}
