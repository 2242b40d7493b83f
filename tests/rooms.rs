//! The house has rooms, and arrows between them run one way: this reads the code and says where one runs the wrong way.

use std::fs;
use std::path::Path;

/// Rooms that know neither files nor cards nor clocks: tested without any of them, and the same on every machine.
const PURE: [&str; 7] = ["tile", "tone", "wall", "problem", "reading", "stage", "show"];

/// Each room, and the other rooms that it may use.
const ROOMS: [(&str, &[&str]); 16] = [
    ("tone", &[]),
    ("tile", &["tone"]),
    ("wall", &["tile", "tone"]),
    ("problem", &[]),
    ("reading", &["tone", "problem"]),
    ("stage", &["tone", "wall", "problem", "reading"]),
    ("show", &["tile", "tone", "wall", "problem", "reading", "stage"]),
    ("fonts", &[]),
    ("lettering", &["fonts"]),
    ("library", &["tile", "tone", "problem"]),
    ("pattern", &["stage", "fonts", "lettering"]),
    ("gpu", &["tile", "tone", "wall", "show", "stage", "problem", "fonts", "lettering"]),
    ("demo", &["tile", "tone", "fonts", "lettering"]),
    ("export", &["tile", "tone", "wall", "show", "problem", "gpu"]),
    (
        "app",
        &[
            "tile",
            "tone",
            "wall",
            "reading",
            "show",
            "stage",
            "pattern",
            "problem",
            "fonts",
            "lettering",
            "library",
            "gpu",
            "export",
        ],
    ),
    (
        "cli",
        &[
            "tile",
            "tone",
            "wall",
            "reading",
            "show",
            "stage",
            "pattern",
            "problem",
            "fonts",
            "lettering",
            "library",
            "gpu",
            "demo",
            "export",
            "app",
        ],
    ),
];

/// All that the pure rooms take from outside.
const PLAIN_CRATES: [&str; 10] =
    ["glam", "serde", "toml", "thiserror", "bytemuck", "strsim", "schemars", "jiff", "solar_positioning", "usvg"];

/// Crates that change every few months, and the only rooms that name each.
const WALLED_IN: [(&str, &[&str]); 5] = [
    ("wgpu", &["gpu"]),
    ("glyphon", &["gpu"]),
    ("winit", &["app"]),
    ("gilrs", &["app"]),
    ("notify", &["library", "app"]),
];

/// What would make a frame differ from one run to the next.
const UNREPEATABLE: [&str; 6] = ["Instant::now", "SystemTime", "Utc::now", "thread_rng", "getrandom", "RandomState"];

/// What is wrong in a file, a line each. `path` is relative to `src/`; `dependencies` are the crates of Cargo.toml.
fn faults(path: &str, text: &str, dependencies: &[String]) -> Vec<String> {
    let room = path.split(['/', '.']).next().unwrap_or_default();
    let mut found = Vec::new();
    let code = code_only(text);
    let mut fault = |offset: usize, what: String| {
        let line = code[..offset].matches('\n').count() + 1;
        found.push(format!("src/{path}:{line}: {what}"));
    };
    let allowed = ROOMS.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
    if allowed.is_none() && !matches!(path, "main.rs" | "lib.rs") {
        fault(0, format!("`{room}` is a new room: say in tests/rooms.rs which rooms it may use"));
    }
    // The crate's root, from inside a room: by its name, or by climbing.
    let is_own_file = !path.contains('/');
    let mut roots = vec!["crate::", "millions::", "super::super::"];
    if is_own_file {
        roots.push("super::");
    }
    for root in roots {
        for (offset, after) in places(&code, root) {
            for name in first_names(after) {
                let is_room = ROOMS.iter().any(|(room, _)| *room == name);
                if let Some(allowed) = allowed
                    && is_room
                    && name != room
                    && !allowed.contains(&name.as_str())
                {
                    fault(offset, format!("`{room}` must not use `{name}`"));
                }
            }
        }
    }
    for name in dependencies {
        let uses = places(&code, &format!("{name}::")).into_iter().chain(places(&code, &format!("use {name};")));
        for (offset, _) in uses {
            if let Some((_, homes)) =
                WALLED_IN.iter().find(|(walled_in, homes)| walled_in == name && !homes.contains(&room))
            {
                let homes = homes.join("` and `");
                fault(offset, format!("only `{homes}` knows `{name}`"));
            } else if PURE.contains(&room) && !PLAIN_CRATES.contains(&name.as_str()) {
                fault(offset, format!("`{room}` is pure and does without `{name}`"));
            }
        }
    }
    if PURE.contains(&room) {
        for wrong in UNREPEATABLE {
            for (offset, _) in code.match_indices(wrong) {
                fault(offset, format!("`{room}` must not ask for `{wrong}`: a frame is a function of its time"));
            }
        }
    }
    found
}

/// Where `wanted` stands as a path of its own, not as the end of a longer one; with the text that follows it.
fn places<'a>(code: &'a str, wanted: &str) -> Vec<(usize, &'a str)> {
    code.match_indices(wanted)
        .filter(|(offset, _)| {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let before = &code[..*offset];
            // A leading `::` is the path's own beginning.
            let before =
                before.strip_suffix("::").map_or(before, |longer| if longer.ends_with(is_name) { longer } else { "" });
            !before.ends_with(is_name)
        })
        .map(|(offset, found)| (offset, &code[offset + found.len()..]))
        .collect()
}

/// The names that a path goes on with: one, or those of a group in braces.
fn first_names(after: &str) -> Vec<String> {
    let ident = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = after.strip_prefix('{') else { return vec![ident(after)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 1, 0);
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            names.push(ident(&group[start..index]));
            start = index + 1;
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// The text with comments and the insides of strings blanked, and every newline where it was.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let blank = |part: &str| part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect::<String>();
    while let Some(c) = rest.chars().next() {
        let raw = ["r\"", "r#\"", "r##\"", "br\""]
            .iter()
            .find(|start| rest.starts_with(**start) && !code.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(start) = raw {
            let end = format!("\"{}", "#".repeat(start.matches('#').count()));
            rest[start.len()..].find(&end).map_or(rest.len(), |at| start.len() + at + end.len())
        } else if c == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'{'") || rest.starts_with("'}'") {
            3
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.push_str(&blank(&rest[..length]));
        rest = &rest[length..];
    }
    code
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

fn dependencies() -> Vec<String> {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_")).collect()
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn every_arrow_runs_the_right_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let dependencies = dependencies();
    let files = rust_files(&src);
    assert!(files.len() > 40, "{files:?}");
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let path = file.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
            faults(&path, &fs::read_to_string(file).unwrap(), &dependencies)
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn pure_rooms_use_each_other_downward_only() {
    for (room, uses) in ROOMS {
        for used in uses {
            let (_, back) = ROOMS.iter().find(|(name, _)| name == used).unwrap();
            assert!(!back.contains(&room), "{room} and {used} use each other");
            assert!(!PURE.contains(&room) || PURE.contains(used), "{room} is pure and must not use {used}");
        }
    }
}

#[test]
fn an_arrow_that_runs_the_wrong_way_is_found() {
    let dependencies = dependencies();
    let wrong = [
        ("wall/deal.rs", "use millions_gpu::Gpu;\n", "`wall` must not use `gpu`"),
        ("wall/deal.rs", "use crate::{tone::Look, show::{Player, Scene}};\n", "`wall` must not use `show`"),
        ("tone.rs", "use super::wall::WallGrid;\n", "`tone` must not use `wall`"),
        ("show/player.rs", "let now = std::time::Instant::now();\n", "must not ask for `Instant::now`"),
        ("show/player.rs", "use std::time::{Duration, SystemTime};\n", "must not ask for `SystemTime`"),
        ("tile/bc.rs", "use image::RgbImage;\n", "`tile` is pure and does without `image`"),
        ("library/store.rs", "fn f(gpu: &millions_gpu::Gpu) {}\n", "`library` must not use `gpu`"),
        ("library/store.rs", "use super::super::cli::run;\n", "`library` must not use `cli`"),
        ("gpu/tiles.rs", "use millions_library::Library;\n", "`gpu` must not use `library`"),
        ("gpu/screen.rs", "use winit::window::Window;\n", "only `app` knows `winit`"),
        ("app/window.rs", "let format: ::wgpu::TextureFormat;\n", "only `gpu` knows `wgpu`"),
        ("demo/sign.rs", "use glyphon::Buffer;\n", "only `gpu` knows `glyphon`"),
        ("lights/mod.rs", "fn on() {}\n", "`lights` is a new room"),
    ];
    for (path, line, fault) in wrong {
        let text = format!("// 'a comment\nconst A: &str = \"{{ // \\\" \";\n{line}");
        let found = faults(path, &text, &dependencies);
        assert_eq!(found.len(), 1, "{path}: {line}: {found:?}");
        assert!(found[0].contains(fault), "{found:?}");
        assert!(path == "lights/mod.rs" || found[0].starts_with(&format!("src/{path}:3: ")), "{found:?}");
    }
}

#[test]
fn what_only_looks_like_an_arrow_is_none() {
    let right = [
        ("wall/deal.rs", "use millions_wall::tone::Look;\nuse super::grid::WallGrid;\nuse glam::Vec2;\n"),
        ("wall/deal.rs", "/// See [`crate::gpu`] and wgpu::Device.\nconst HELP: &str = \"use crate::gpu;\";\n"),
        ("wall/deal.rs", "const HELP: &str = r#\"say \"use wgpu::Device;\"\"#;\n/* Instant::now */\n"),
        ("show/clock.rs", "fn f<'a>(text: &'a str) -> char { '\"' }\n// \"\n"),
        ("gpu/screen.rs", "use wgpu::Surface;\nuse millions_frame::FramePlan;\nlet now = Instant::now();\n"),
        ("cli/play.rs", "use crate::{app, gpu};\nuse super::demo;\n"),
        ("library/store.rs", "use std::time::SystemTime;\nlet own = my_wgpu::Device;\nself::wgpu::x();\n"),
    ];
    for (path, text) in right {
        assert_eq!(faults(path, text, &dependencies()), Vec::<String>::new(), "{path}: {text}");
    }
}
