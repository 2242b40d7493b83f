//! What README.md and docs/ show of files is as the program takes it: each block is read by the program's own readers.

use std::fs;
use std::path::{Path, PathBuf};

use millions::app::edit_help;
use millions_show::{NamedLook, Scene, Show};
use millions_stage::{EditMode, Stage};

/// What blocks name besides each other: a font, a film's frames, a painted mask, into which nobody looks here, and a drawn one.
const BESIDE: [(&str, &str); 4] = [
    ("fonts/Poster.ttf", ""),
    ("walk/frame-1.png", ""),
    ("bedroom.png", ""),
    ("windows.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 3\"><path d=\"M1 1h1v1h-1z\"/></svg>"),
];

/// Every document, with its path.
fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    paths.insert(0, root.join("README.md"));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
}

/// The blocks of a language: where each begins, and its text.
fn blocks(path: &Path, text: &str, language: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    // Inside a block: whether it is one of the wanted ones.
    let mut inside: Option<bool> = None;
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), inside) {
            (Some(begins), None) => {
                inside = Some(begins == language);
                if begins == language {
                    found.push((format!("{}:{}", path.display(), index + 1), String::new()));
                }
            }
            (Some(_), Some(_)) => inside = None,
            (None, Some(true)) => {
                if let Some((_, block)) = found.last_mut() {
                    block.push_str(line);
                    block.push('\n');
                }
            }
            (None, _) => {}
        }
    }
    assert_eq!(inside, None, "{} ends within a block", path.display());
    found
}

/// What a block says that it is, and the name under which others know it: `# show: evening.toml`. One that says nothing is a
/// scene.
fn mark(block: &str) -> (&str, &str) {
    let first = block.lines().next().unwrap_or_default();
    first.strip_prefix("# ").and_then(|rest| rest.split_once(": ")).unwrap_or(("scene", "unnamed.toml"))
}

/// The shaders of the documents: where, name, text. They begin with a comment, `// shaders/ripple.wgsl: …`.
fn shaders(documents: &[(PathBuf, String)]) -> Vec<(String, String, String)> {
    let all = documents.iter().flat_map(|(path, text)| blocks(path, text, "wgsl"));
    all.map(|(place, block)| {
        let name = block.strip_prefix("// ").and_then(|rest| rest.split_once(':')).map(|(name, _)| name.to_owned());
        (place.clone(), name.unwrap_or_else(|| panic!("{place}: the first line names the file")), block)
    })
    .collect()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn every_file_in_the_documents_is_good() {
    let documents = documents();
    let shaders = shaders(&documents);
    let mut count = 0;
    for (path, text) in &documents {
        let folder = tempfile::tempdir().unwrap();
        let blocks = blocks(path, text, "toml");
        BESIDE.iter().for_each(|(name, text)| write(folder.path(), name, text));
        shaders.iter().for_each(|(_, name, text)| write(folder.path(), name, text));
        for (place, block) in &blocks {
            let name = mark(block).1;
            assert!(!folder.path().join(name).exists(), "{place}: there are two {name}");
            write(folder.path(), name, block);
        }
        for (place, block) in &blocks {
            let (kind, name) = mark(block);
            let path = folder.path().join(name);
            let read = match kind {
                "scene" => Scene::parse(&path, block).map(drop),
                "show" => Show::parse(&path, block).map(drop),
                "look" => NamedLook::parse(&path, block).map(drop),
                "stage" => Stage::parse(&path, block).map(drop),
                other => panic!("{place}: `{other}` is neither a scene, a show, a look nor a stage"),
            };
            read.unwrap_or_else(|problems| panic!("{place}:\n{problems}"));
            count += 1;
        }
    }
    assert!(count > 10, "{count} files only: are blocks marked otherwise now?");
}

#[test]
fn every_shader_in_the_documents_is_an_effect() {
    let documents = documents();
    let shaders = shaders(&documents);
    assert!(shaders.len() >= 2);
    for (place, name, text) in shaders {
        let extension = Path::new(&name).extension().unwrap_or_default();
        assert!(extension == "wgsl" && text.contains("fn effect("), "{place}: {name} is no effect");
    }
}

#[test]
fn the_keys_of_the_edit_mode_are_as_the_document_has_them() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mapping.md")).unwrap();
    for mode in [EditMode::Stage, EditMode::Values, EditMode::Typing] {
        let table: Vec<_> = edit_help(mode).map(|[keys, does]| format!("| {keys} | {does} |\n")).collect();
        for line in &table {
            assert!(text.contains(line), "docs/mapping.md lacks: {line}");
        }
        assert!(
            text.contains(&format!("|---|---|\n{}\n", table.concat())),
            "docs/mapping.md has another order, or more"
        );
    }
}

#[test]
fn the_manual_has_every_address_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/remote.md");
    let text = fs::read_to_string(path).unwrap();
    let table = millions_control::manual();
    assert!(text.contains(&table), "docs/remote.md does not have this table:\n{table}");
}
