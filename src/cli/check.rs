//! `millions check`: scene, look, show and stage files and shaders, without a graphics card.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use millions_base::Disk;
use millions_base::{Diagnostic, Diagnostics};
use millions_gpu::{ShaderSet, shaders};
use millions_show::{AnyFile, EMBEDDED_LOOKS, EMBEDDED_SCENES, EMBEDDED_SHOW, EmbeddedFile, NamedLook, Scene, Show};
use millions_stage::{Output, Warp};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files of a show (.toml) and shaders (.wgsl) [default: those that the program carries]
    files: Vec<PathBuf>,
}

pub fn run(args: &CheckArgs) -> anyhow::Result<()> {
    let results: Vec<(PathBuf, Result<(), Diagnostics>)> = if args.files.is_empty() {
        embedded()
    } else {
        args.files.iter().map(|path| (path.clone(), file(path))).collect()
    };
    let mut wrong = 0;
    for (path, result) in &results {
        match result {
            Ok(()) => println!("{}: good", path.display()),
            Err(diagnostics) => {
                wrong += 1;
                eprintln!("{diagnostics}");
            }
        }
    }
    anyhow::ensure!(wrong == 0, "{wrong} of {} files are wrong", results.len());
    Ok(())
}

fn embedded() -> Vec<(PathBuf, Result<(), Diagnostics>)> {
    let path = |folder: &str, id: &str| PathBuf::from(format!("{folder}/{id}.toml"));
    let scenes = EMBEDDED_SCENES.iter().map(|EmbeddedFile { id, text }| {
        let path = path("scenes", id);
        let result = Scene::parse(&path, text).map(drop);
        (path, result)
    });
    let looks = EMBEDDED_LOOKS.iter().map(|EmbeddedFile { id, text }| {
        let path = path("looks", id);
        let result = NamedLook::parse(&path, text).map(drop);
        (path, result)
    });
    let show = path("scenes", "show");
    let result = Show::parse(&show, EMBEDDED_SHOW).map(drop);
    let shaders = shaders::ALL.iter().map(|shader| {
        let path = Path::new("shaders").join(shader.name);
        let result = shaders::check(&path, shader.text).map(drop).map_err(Diagnostics::from);
        (path, result)
    });
    scenes.chain(looks).chain([(show, result)]).chain(shaders).collect()
}

fn file(path: &Path) -> Result<(), Diagnostics> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => {
            let file = AnyFile::read(path, &Disk).result?;
            print_notes(path, &file);
            if let AnyFile::Show(show) = &file {
                ShaderSet::read(path.parent().map(|folder| folder.join("shaders")).as_deref(), &show.effects)?;
            }
            if let AnyFile::Stage(stage) = &file {
                // Such surfaces are left out, and the rest plays.
                let faults = stage.surfaces.iter().filter_map(|surface| Warp::new(surface).err());
                Diagnostics::check(faults.map(|fault| Diagnostic::whole(path, fault.to_string())).collect())?;
            }
            Ok(())
        }
        Some("wgsl") => {
            let text = std::fs::read_to_string(path).map_err(|error| Diagnostic::unread(path, &error))?;
            Ok(shaders::check(path, &text).map(drop)?)
        }
        _ => {
            let message = "is neither a show, a scene, a look or a stage (.toml) nor a shader (.wgsl)";
            Err(Diagnostic::whole(path, message).into())
        }
    }
}

/// Prints notes on a valid file: polar days and nights of a schedule, outputs without a surface.
fn print_notes(path: &Path, file: &AnyFile) {
    match file {
        AnyFile::Show(show) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
            for note in show.schedule.iter().flat_map(|schedule| schedule.notes(now)) {
                println!("{}: {note}", path.display());
            }
        }
        AnyFile::Stage(stage) => {
            for Output { name, .. } in &stage.outputs {
                if stage.surfaces_of(name).next().is_none() {
                    println!("{}: output `{name}` stays black: no surface lies on it", path.display());
                }
            }
        }
        AnyFile::Scene(_) | AnyFile::Look(_) => {}
    }
}
