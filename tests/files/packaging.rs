//! What the package is made of, without making it: its metadata, the desktop entry, the icon.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use toml::Value;

/// What scripts/package writes before the package is made.
const MADE: &str = "target/package/";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn metadata() -> Value {
    let manifest: Value = toml::from_str(&read("Cargo.toml")).unwrap();
    manifest["package"]["metadata"]["deb"].clone()
}

/// The assets: what is packaged, and where it goes.
fn assets() -> Vec<(String, String)> {
    let metadata = metadata();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    metadata["assets"].as_array().unwrap().iter().map(|asset| (text(&asset[0]), text(&asset[1]))).collect()
}

#[test]
fn whatever_is_packaged_is_there_or_made_by_the_script() {
    let script = read("scripts/package").replace("$out", "target/package").replace("$share", "target/package/share");
    for (source, _) in assets() {
        if source.starts_with(MADE) {
            let made = source.trim_end_matches("/*");
            assert!(script.contains(made), "scripts/package does not make {made}");
        } else if source != "target/release/millions" {
            let found = Path::new(env!("CARGO_MANIFEST_DIR")).join(source.trim_end_matches("/*.md"));
            assert!(found.exists(), "{source} is not there");
        }
    }
}

#[test]
fn what_a_source_build_installs_to_play_a_package_names_too() {
    let metadata = metadata();
    let named = ["depends", "recommends"].map(|key| metadata[key].as_str().unwrap().to_owned()).join(", ");
    let named: BTreeSet<_> = named.split([',', '|']).map(str::trim).collect();
    let library = read("scripts/lib.sh");
    let body = |function: &str| {
        let (_, rest) = library.split_once(&format!("\n{function}() {{")).unwrap();
        rest.split_once("\n}").unwrap().0.to_owned()
    };
    let bodies = ["need_vulkan", "need_window", "need_x11", "install_heif"].map(body).concat();
    let packages = bodies.split("need ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    let missing: Vec<_> = packages.filter(|package| !named.contains(package)).collect();
    assert!(missing.is_empty(), "Cargo.toml does not name {missing:?}");
}

#[test]
fn the_desktop_entry_starts_the_wall_with_its_icon() {
    let entry = read("packaging/millions.desktop");
    let value = |key: &str| entry.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap_or_default();
    assert!(entry.starts_with("[Desktop Entry]\n"));
    assert_eq!((value("Type"), value("Terminal")), ("Application", "false"));
    assert_eq!(value("Exec"), "millions play --graphical %F", "a folder that is opened with it is played");
    assert!(value("MimeType").contains("inode/directory;"));
    let destinations: Vec<_> = assets().into_iter().filter(|(source, _)| source.contains(value("Icon"))).collect();
    for kind in ["scalable/apps/", "256x256/apps/"] {
        assert!(destinations.iter().any(|(_, to)| to.ends_with(kind)), "no icon in {kind}");
    }
    let icon = image::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/millions.png")).unwrap();
    assert_eq!((icon.width(), icon.height()), (256, 256));
}
