//! `millions check`: scene, look, show and stage files and shaders, without a graphics card.

mod scenes;
mod stages;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::terminal::{print_line, report_line};
use super::words;
use millions_base::Disk;
use millions_base::{Diagnostic, Diagnostics, printable, printable_path};
use millions_control::{CueStatus, EntryStatus, PlaylistStatus, Status, check_line};
use millions_gpu::{ShaderSet, shaders};
use millions_library::{SheetReport, check_sheet};
use millions_show::{
    AnyFile, EMBEDDED_LOOKS, EMBEDDED_SCENES, EMBEDDED_SHOW, EmbeddedFile, KeyCommand, NamedLook, PlaylistEntry, Scene,
    SceneKind, Show,
};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files of a show (.toml), shaders (.wgsl) and people.csv [default: those that the program carries]
    files: Vec<PathBuf>,
}

/// What was found in a file and in those that it names.
#[derive(Default)]
struct Findings {
    /// What would not be seen, or not as it is meant.
    wrong: Vec<Diagnostic>,
    /// How many more of these there are.
    more: usize,
    /// What may be meant, each with its file.
    notes: Vec<(PathBuf, String)>,
}

impl Findings {
    fn note(&mut self, path: &Path, note: impl Into<String>) {
        self.notes.push((path.to_owned(), note.into()));
    }

    fn result(self) -> Result<(), Diagnostics> {
        Diagnostics::check_counted(self.wrong, self.more)
    }
}

impl From<Result<(), Diagnostics>> for Findings {
    fn from(result: Result<(), Diagnostics>) -> Self {
        match result {
            Ok(()) => Self::default(),
            Err(wrong) => Self { more: wrong.more(), wrong: wrong.into_iter().collect(), notes: Vec::new() },
        }
    }
}

pub fn run(args: &CheckArgs) -> anyhow::Result<()> {
    let results: Vec<(PathBuf, Findings)> = if args.files.is_empty() {
        embedded().into_iter().map(|(path, result)| (path, result.into())).collect()
    } else {
        args.files.iter().map(|path| (path.clone(), file(path))).collect()
    };
    let (mut wrong, count) = (0, results.len());
    for (path, findings) in results {
        for (file, note) in &findings.notes {
            print_line!("{}: {}", printable_path(file), printable(note));
        }
        match findings.result() {
            Ok(()) => print_line!("{}: good", printable_path(&path)),
            Err(diagnostics) => {
                wrong += 1;
                report_line!("{diagnostics}");
            }
        }
    }
    anyhow::ensure!(wrong == 0, "{wrong} of {count} files are wrong");
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

fn file(path: &Path) -> Findings {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("toml") => toml(path),
        Some("csv" | "tsv") => people(path),
        Some("wgsl") => {
            let text = std::fs::read_to_string(path).map_err(|error| Diagnostic::unread(path, &error));
            let checked = text.and_then(|text| shaders::check(path, &text).map(drop));
            checked.map_err(Diagnostics::from).into()
        }
        _ => {
            let message = "is neither a show, a scene, a look or a stage (.toml) nor a shader (.wgsl) nor people.csv";
            Err(Diagnostics::from(Diagnostic::whole(path, message))).into()
        }
    }
}

/// Reads a file with all that it names, and opens what that shows.
fn toml(path: &Path) -> Findings {
    let mut findings = Findings::default();
    match AnyFile::read(path, &Disk).result {
        Ok(AnyFile::Show(show)) => self::show(path, &show, &mut findings),
        Ok(AnyFile::Stage(stage)) => stages::stage(path, &stage, &mut Vec::new(), &mut findings),
        Ok(AnyFile::Scene(scene)) => {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            if lines.count() < 2 {
                let help = "a show needs [keys] or a [playlist], and a scene says at least its `kind`";
                let nothing = Diagnostic::whole(path, "has nothing but a name");
                findings.wrong.push(Diagnostic { help: Some(help.to_owned()), ..nothing });
            }
            scenes::scene(path, &scene, &mut findings);
        }
        Ok(AnyFile::Look(_)) => {}
        Err(wrong) => findings = Err(wrong).into(),
    }
    findings
}

/// Reads a spreadsheet of people, and looks for the photographs that it names beside it.
fn people(path: &Path) -> Findings {
    let mut findings = Findings::default();
    match check_sheet(path, words::fault) {
        Ok(SheetReport { rows, wrong, notes }) => {
            findings.note(path, format!("{rows} {}", if rows == 1 { "row" } else { "rows" }));
            notes.into_iter().for_each(|note| findings.note(path, note));
            findings.wrong.extend(wrong.into_iter().map(|wrong| Diagnostic::whole(path, wrong)));
        }
        Err(why) => findings.wrong.push(Diagnostic::whole(path, why)),
    }
    findings
}

/// Opens the shaders and scenes of a show, and says when the wall is dark.
/// What commands of a show may name of it.
fn status_of(show: &Show) -> Status {
    let cue = |scene: &Scene| CueStatus { scene: scene.id.clone(), name: scene.name.clone(), ..CueStatus::default() };
    let entry = |entry: &PlaylistEntry| EntryStatus { scene: entry.cue.scene.clone(), ..EntryStatus::default() };
    let playlist = show.playlist.as_ref().map(|playlist| PlaylistStatus {
        entries: playlist.entries.iter().map(entry).collect(),
        ..PlaylistStatus::default()
    });
    Status { cues: show.scenes.iter().map(cue).collect(), playlist, ..Status::default() }
}

fn show(path: &Path, show: &Show, findings: &mut Findings) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    for note in show.schedule.iter().flat_map(|schedule| schedule.notes(now)) {
        findings.note(path, note.to_string());
    }
    let shaders = ShaderSet::read(path.parent().map(|folder| folder.join("shaders")).as_deref(), &show.effects);
    findings.wrong.extend(shaders.err());
    for scene in &show.scenes {
        scenes::scene(path, scene, findings);
    }
    let status = status_of(show);
    for KeyCommand { key, send, .. } in &show.commands {
        if let Err(error) = check_line(send, &status) {
            let help = "`millions ctl list` lists the addresses of a wall that plays; docs/remote.md has them all";
            let wrong = Diagnostic::whole(path, format!("[[commands]], key {key}: {error}"));
            findings.wrong.push(Diagnostic { help: Some(help.to_owned()), ..wrong });
        }
    }
    if show.scenes.iter().all(|scene| matches!(scene.kind, SceneKind::Black)) {
        findings.note(path, "stays black: it has no other scene");
    }
}
