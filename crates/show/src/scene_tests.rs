//! Parsing scene files, and their diagnostics.

use super::super::{Words, WordsMotion};
use super::*;
use millions_base::MemoryFiles;

fn parse(text: &str) -> Result<Scene, Diagnostics> {
    Scene::parse(Path::new("night.toml"), text)
}

/// The diagnostics of an invalid text.
fn diagnostics(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn every_embedded_scene_parses_and_they_differ() {
    let scenes = Scene::embedded().unwrap();
    for (index, scene) in scenes.iter().enumerate() {
        let is_same = |other: &Scene| other.id == scene.id || (&other.kind, &other.over) == (&scene.kind, &scene.over);
        assert!(!scenes[..index].iter().any(is_same), "{}", scene.id);
    }
    assert_eq!(find_scene("slow").unwrap(), scenes[0]);
    let hashtag = find_scene("hashtag").unwrap();
    assert_eq!(hashtag.over.as_deref(), Some(&find_scene("tag").unwrap()));
}

#[test]
fn the_scene_in_the_readme_parses() {
    let readme = include_str!("../../../README.md");
    let example = readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let scene = parse(example).unwrap();
    assert_eq!(scene.name, "My wall");
}

#[test]
fn all_errors_are_reported_at_once_and_at_their_places() {
    let text = diagnostics(
        "kind = \"millions\"\nrwos = 3\nrows = 0\n  speed = \"fast\"\nvariation = nan\ndirection = \"lft\"\n\
         seed = 1.5\n[look]\ncontrats = 1\n  gamma = -1\ntint = [1, 1]\n[reveal]\nby = 3\n",
    );
    let all = [
        "night.toml:1:1: `name` is missing",
        "night.toml:2:1: unknown key `rwos`\n  |\n2 | rwos = 3\n  | ^\n  did you mean `rows`?",
        "night.toml:3:8: `rows` is 0: take 1 to 1024 rows",
        "night.toml:4:11: `speed` is a text: write a number, 0 to 20 cells a second",
        "night.toml:5:13: `variation` is nan: take 0 to 1 of the speed",
        "night.toml:6:13: `direction` is \"lft\": take one of \"alternate\", \"left\", \"right\", \"mixed\"",
        "did you mean `left`?",
        "night.toml:7:8: `seed` is 1.5: take a whole number",
        "night.toml:9:1: unknown key `contrats`",
        "night.toml:10:11: `gamma` is -1: take 0.2 to 5",
        "night.toml:11:8: `tint` has 2 values: write 3 values",
        "night.toml:13:6: `by` is a number: write one of \"tile\", \"wall\"",
    ];
    let mut rest = text.as_str();
    for each in all {
        let at = rest.find(each).unwrap_or_else(|| panic!("{each}\nis not, or not in its place, in\n{text}"));
        rest = &rest[at + each.len()..];
    }
}

#[test]
fn syntax_errors_are_reported_with_all_others() {
    let text = diagnostics("name = \"x\"\nrows = = 3\nspeed = 99\ngap = 0.1.2\n");
    for each in ["night.toml:2:", "night.toml:3:9: `speed` is 99", "night.toml:4:"] {
        assert!(text.contains(each), "{text}");
    }
    assert_eq!(text.matches("night.toml:").count(), 3, "{text}");
}

#[test]
fn a_key_of_another_kind_is_distinguished_from_an_unknown_one() {
    let text = diagnostics("name = \"x\"\nkind = \"chain\"\ntexts = [\"a\"]\nrows = 3\nfoo = 1\n");
    assert!(text.contains("night.toml:3:1: `texts` belongs to mosaic, words; this is kind = \"chain\""), "{text}");
    assert!(text.contains("`rows` belongs to millions, one, mosaic, words;"), "{text}");
    assert!(text.contains("unknown key `foo`"), "{text}");
    // With a misspelt kind, its keys are not errors too.
    let text = diagnostics("name = \"x\"\nkind = \"wrods\"\ntexts = [\"a\"]\n");
    assert!(text.contains("did you mean `words`?") && !text.contains("texts"), "{text}");
}

#[test]
fn words_have_the_keys_of_rows_beside_their_own() {
    let text = "name = \"x\"\nkind = \"words\"\ntexts = [\"a\"]\nmotion = \"crawl\"\npace = 0.5\nspeed = 2\nrows = 3\n";
    let SceneKind::Words(words) = parse(text).unwrap().kind else { panic!() };
    let Words { motion, speed, crowd, .. } = words;
    assert_eq!((motion, speed, crowd.speed, crowd.rows), (WordsMotion::Crawl, 0.5, 2.0, 3));
    assert!(diagnostics("name = \"x\"\nkind = \"words\"\n").contains("night.toml:1:1: words need `texts`"));
    assert!(parse("name = \"x\"\nkind = \"words\"\nsource = \"quotes\"\n").is_ok());
    let text = diagnostics("name = \"x\"\nkind = \"words\"\ntexts = [\"a\"]\ntop = 0.5\nheight = 0.6\ndwell = 1\n");
    assert!(text.contains(":5:10: the band ends at 1.10") && text.contains("do not fit into 1 s"), "{text}");
}

#[test]
fn an_overlay_has_no_overlay_itself() {
    let files = MemoryFiles::new([
        ("show/a.toml", "name = \"A\"\nover = \"b/words.toml\"\n"),
        (
            "show/b/words.toml",
            "name = \"W\"\nkind = \"words\"\ntexts = [\"w\"]\nfill = \"solid\"\n[look]\nbase = \"../l.toml\"\n",
        ),
        ("show/l.toml", "name = \"L\"\n[look]\ngrain = 0.5\n"),
        ("show/wall.toml", "name = \"X\"\nover = \"slow\"\n"),
        ("show/tower.toml", "name = \"X\"\nover = \"a.toml\"\n"),
        ("show/embedded.toml", "name = \"X\"\nover = \"hashtag\"\n"),
        ("show/none.toml", "name = \"X\"\nover = \"gone.toml\"\n"),
        ("show/self.toml", "name = \"X\"\nover = \"self.toml\"\n"),
        ("show/broken.toml", "name = \"X\"\nrows = 0\nover = \"wrong.toml\"\n"),
        ("show/wrong.toml", "kind = \"chain\"\nheight = 7\n"),
    ]);
    let read = |path: &str| Scene::read(Path::new(path), &files);
    let good = read("show/a.toml");
    let over = good.result.unwrap().over.unwrap();
    assert_eq!((over.name.as_str(), over.look.grain), ("W", 0.5));
    assert_eq!(good.files.len(), 3);
    let diagnostics = |path: &str| read(path).result.unwrap_err().to_string();
    assert!(diagnostics("show/wall.toml").contains("wall.toml:2:8: `slow` is of kind millions"));
    assert!(diagnostics("show/tower.toml").contains("take `over` out"));
    assert!(diagnostics("show/embedded.toml").contains("`hashtag` cannot lie over another"));
    assert!(diagnostics("show/none.toml").contains("none.toml:2:8: `gone.toml` is not there"));
    assert_eq!(read("show/none.toml").files.len(), 2, "what is not there may come");
    assert!(diagnostics("show/self.toml").contains("itself"));
    let text = diagnostics("show/broken.toml");
    assert!(text.starts_with("show/broken.toml:2:8") && text.contains("show/wrong.toml:2:10"), "{text}");
}

#[test]
fn a_still_needs_its_file_beside_it() {
    let files = MemoryFiles::new([
        ("show/still.toml", "name = \"S\"\nkind = \"still\"\nfile = \"frames/a.png\"\n"),
        ("show/frames/a.png", ""),
        ("show/none.toml", "name = \"S\"\nkind = \"still\"\nfile = \"a.png\"\n"),
    ]);
    let still = Scene::read(Path::new("show/still.toml"), &files);
    let SceneKind::Still(scene) = still.result.unwrap().kind else { panic!() };
    assert_eq!(scene.file, Path::new("show/frames/a.png"));
    assert_eq!(still.files[1], scene.file, "a picture that changes is a reason to read again");
    assert!(Scene::read(Path::new("show/none.toml"), &files).result.is_err());
    assert!(diagnostics("name = \"S\"\nkind = \"still\"\n").contains("`file` is missing"));
}

#[test]
fn the_error_of_an_unknown_scene_lists_the_known_ones() {
    assert!(find_scene("fast").unwrap_err().to_string().contains("slow, multitude"));
    assert!(find_scene("nowhere/at-all.toml").unwrap_err().to_string().contains("cannot be read"));
}
