//! Parsing show files, and their diagnostics.

use super::super::{Day, SceneKind, TimeSpec, TransitionKind, find_scene};
use super::*;
use millions_base::MemoryFiles;
use millions_frame::TileOrder;

const EVERY_KEY: &str = include_str!("../../../tests/fixtures/show.toml");

fn read(text: &str) -> Loaded<Show> {
    let files = MemoryFiles::new([
        ("v/show.toml", text),
        ("v/looks/ours.toml", "name = \"Ours\"\n[look]\ngrain = 0.5\n"),
        ("v/scenes/ours.toml", "name = \"Our wall\"\nrows = 3\nover = \"over.toml\"\n"),
        ("v/scenes/over.toml", "name = \"Over\"\nkind = \"words\"\nfill = \"solid\"\ntexts = [\"x\"]\n"),
        ("v/scenes/bad.toml", "name = \"Bad\"\nrows = 0\n"),
        ("v/glow.wgsl", ""),
    ]);
    Show::read(Path::new("v/show.toml"), &files)
}

#[test]
fn a_show_with_every_key_parses() {
    let loaded = read(EVERY_KEY);
    let show = loaded.result.unwrap();
    assert_eq!(show.start.name, "Who we are");
    let names: Vec<_> = show.scenes.iter().map(|scene| scene.id.as_str()).collect();
    assert_eq!(names, ["slow", "title", "ours", "black", "faces"], "each once");
    let who = show.keys[1].as_ref().unwrap();
    assert_eq!((who.scene.as_str(), who.name.as_str()), ("title", "Who we are"));
    let Transition { kind, secs, order, .. } = who.transition;
    assert_eq!((kind, secs, order), (TransitionKind::Tile, 4.0, TileOrder::Point), "on top of the show's own");
    assert!(show.keys[9].is_some() && show.keys[4].is_none());
    let playlist = show.playlist.unwrap();
    assert_eq!((playlist.shuffle, playlist.repeats, playlist.autoplay), (Some(7), true, false));
    let secs: Vec<_> = playlist.entries.iter().map(|entry| entry.dwell_secs).collect();
    assert_eq!(secs, [30.0, 20.0, 30.0]);
    assert_eq!(playlist.entries[1].cue.transition, who.transition, "a scene's transition is its key's");
    assert_eq!(playlist.entries[2].cue.transition.kind, TransitionKind::Cut);
    let schedule = show.schedule.unwrap();
    assert_eq!((schedule.openings[0].from, schedule.openings[0].days.len()), (TimeSpec::Sunset(15), 7));
    assert_eq!(schedule.openings[1].days, [Day::Fri, Day::Sat]);
    assert_eq!(show.keymap, [("hold", "f5".to_owned()), ("blackout", "x".to_owned())]);
    assert_eq!(show.arrivals, Some(ArrivalSettings { size: 0.5, stay: 6.0, wait: 45.0, at_once: 5 }));
    assert_eq!(show.look.unwrap().look.grain, 0.5);
    let files: Vec<_> = loaded.files.iter().map(|path| path.to_str().unwrap()).collect();
    let all = ["v/show.toml", "v/looks/ours.toml", "v/glow.wgsl", "v/scenes/ours.toml", "v/scenes/over.toml"];
    assert_eq!(files, all);
}

#[test]
fn all_errors_in_a_show_and_its_files_are_reported_at_once() {
    let text = EVERY_KEY
        .replace("\"looks/ours.toml\"", "\"sliver\"")
        .replace("glow.wgsl", "glow.glsl")
        .replace("1 = \"slow\"", "11 = \"slow\"")
        .replace("\"scenes/ours.toml\"", "\"scenes/bad.toml\"")
        .replace("0 = \"black\"", "0 = \"gone.toml\"")
        .replace("secs = 4", "secs = -4")
        .replace("\"faces\"", "\"fases\"")
        .replace("Europe/Berlin", "Europe/Berlim")
        .replace("sunset+15m", "sunset+15")
        .replace("\"fri\"", "\"friday\"")
        .replace("02:00", "26:00")
        .replace("blackout", "blakout")
        .replace("f5", "F13");
    let diagnostics = read(&text).result.unwrap_err();
    let text = diagnostics.to_string();
    for each in [
        "v/show.toml:3:8: no look has the name `sliver`",
        "v/show.toml:4:12: `glow.glsl` does not end in .wgsl",
        "v/show.toml:8:1: unknown key `11`",
        "v/scenes/bad.toml:2:8: `rows` is 0",
        "v/show.toml:11:5: `gone.toml` is not there",
        "v/show.toml:15:8: `secs` is -4: take 0 to 120 seconds",
        "v/show.toml:23:63: no scene has the name `fases`",
        "v/show.toml:26:12: there is no time zone `Europe/Berlim`",
        "did you mean `Europe/Berlin`?",
        "v/show.toml:31:8: `from` is \"sunset+15\": write \"18:00\"",
        "v/show.toml:35:9: `days` is \"friday\": take one of \"mon\"",
        "did you mean `fri`?",
        "v/show.toml:37:6: `to` is \"26:00\"",
        "v/show.toml:46:1: unknown key `blakout`",
        "v/show.toml:47:8: `hold` is \"F13\"",
    ] {
        assert!(text.contains(each), "{each}\nis not in\n{text}");
    }
    assert_eq!(diagnostics.iter().count(), 13, "{text}");
}

#[test]
fn contradictory_keys_are_errors() {
    let diagnostics = |text: &str| read(&format!("name = \"V\"\n{text}")).result.unwrap_err().to_string();
    assert!(diagnostics("").contains("nothing to show"));
    assert!(
        diagnostics("start = \"slow\"\n[playlist]\nentries = [\"faces\"]\n")
            .contains("v/show.toml:2:9: `start` is never seen")
    );
    assert!(
        diagnostics("[keys]\n1 = { scene = \"slow\", transition = { order = \"wave\" } }\n")
            .contains("kind = \"tile\"")
    );
    assert!(diagnostics("[keys]\n1 = { scene = \"slow\", dwell = 3 }\n").contains("unknown key `dwell`"));
    assert!(diagnostics("[keymap]\nhold = \"x\"\nblackout = \"X\"\n").contains("has the key of `hold`"));
    assert!(diagnostics("[keymap]\nhold = \"1\"\n").contains("stand in [keys]"));
    let open = |place: &str, from: &str, to: &str| {
        let head = format!("start = \"slow\"\n[schedule]\ntimezone = \"Europe/Oslo\"\n{place}\n");
        read(&format!("name = \"V\"\n{head}[[schedule.open]]\nfrom = {from}\nto = {to}\n"))
            .result
            .map_err(|diagnostics| diagnostics.to_string())
    };
    assert!(open("", "\"18:00\"", "\"02:00\"").is_ok());
    assert!(open("", "\"18:00\"", "\"sunrise\"").unwrap_err().contains("need a place"));
    assert!(open("", "\"18:00\"", "\"18:00\"").unwrap_err().contains("the whole day"));
    assert!(open("", "18:00", "\"02:00\"").unwrap_err().contains("put it in quotes: \"18:00\""));
    let oslo = "place = { latitude = 59.9, longitude = 10.7 }";
    assert!(open(oslo, "\"sunset\"", "\"12:00\"").unwrap_err().contains("never opens"));
    assert!(open(oslo, "\"20:00\"", "\"sunset\"").is_ok(), "in summer");
    assert!(open("place = { latitude = 95, longitude = 0 }", "\"18:00\"", "\"19:00\"").unwrap_err().contains("95"));
}

#[test]
fn the_embedded_show_has_a_cue_on_every_key_and_ten_minutes() {
    let show = Show::embedded().unwrap();
    assert!(show.keys.iter().all(Option::is_some));
    let playlist = show.playlist.unwrap();
    assert_eq!(playlist.round_secs(), 600.0);
    let kinds =
        |entry: &PlaylistEntry| show.scenes.iter().find(|scene| scene.id == entry.cue.scene).unwrap().kind.clone();
    assert!(playlist.entries.windows(2).all(|pair| kinds(&pair[0]) != kinds(&pair[1])));
    assert!(playlist.entries.iter().all(|entry| kinds(entry) != SceneKind::Black));
}

#[test]
fn ids_of_scenes_are_unique_and_do_not_depend_on_their_order() {
    let names =
        ["\"slow\"", "\"slow.toml\"", "\"l/wall.toml\"", "\"r/wall.toml\"", "\"l-wall.toml\"", "\"x/l/wall.toml\""];
    let ids = |order: &[usize]| {
        let keys = order.iter().enumerate().map(|(key, name)| format!("{} = {}\n", key + 1, names[*name]));
        let show = format!("name = \"S\"\n[keys]\n{}", keys.collect::<String>());
        let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|rows| format!("name = \"W\"\nrows = {rows}\n"));
        let files = MemoryFiles::new([
            ("v/show.toml", &*show),
            ("v/slow.toml", &a),
            ("v/l/wall.toml", &b),
            ("v/r/wall.toml", &c),
            ("v/l-wall.toml", &d),
            ("v/x/l/wall.toml", &e),
        ]);
        let show = Show::read(Path::new("v/show.toml"), &files).result.unwrap();
        let cues = show.keys.iter().flatten().map(|cue| cue.scene.to_string());
        let mut ids: Vec<_> = order.iter().copied().zip(cues).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    };
    let all = ["slow", "v-slow", "l-wall-2", "r-wall", "l-wall", "l-wall-3"];
    assert_eq!(ids(&[0, 1, 2, 3, 4, 5]), all);
    assert_eq!(ids(&[3, 5, 2, 4, 1, 0]), all);
    assert_eq!(ids(&[1, 2]), ["slow", "wall"], "the stem, where that is enough");
}

#[test]
fn a_show_begins_with_a_scene_that_it_may_not_have() {
    let show = || read(EVERY_KEY).result.unwrap();
    let mut known = show();
    known.begin_with(find_scene("slow").unwrap());
    assert_eq!((known.scenes.len(), known.start.scene.as_str()), (show().scenes.len(), "slow"));
    let mut new = show();
    new.begin_with(Scene { name: "Edited".to_owned(), ..find_scene("slow").unwrap() });
    assert_eq!((new.start.scene.as_str(), new.keys[0].as_ref().unwrap().scene.as_str()), ("slow-2", "slow-2"));
    assert_eq!(new.scenes.last().unwrap().name, "Edited");
    assert!(!new.playlist.unwrap().autoplay);
}
