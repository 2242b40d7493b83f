//! One light for all, and everybody themselves: the look on real portraits, and on invented people whose light is known.

use std::path::{Path, PathBuf};

use crate::program::{Picture, done, run_args};
use serde_json::Value;

/// Portraits for tests, which are not part of the project.
fn portraits() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos/portraits");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there are no portraits in {}", folder.display());
    None
}

fn report(home: &Path, folder: &Path) -> Value {
    let run = run_args(home, &["look", folder.to_str().unwrap(), "--library", "library", "--report", "--json"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let line = run.out.lines().last().unwrap();
    serde_json::from_str(line).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn real_portraits_get_one_light_and_keep_their_skin() {
    let Some(folder) = portraits() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let report = report(temporary.path(), &folder);
    println!("{report:#}");
    let other = &report["same_person_other_light"];
    assert!(number(&other["median"]) <= 0.20, "{other}");
    let studios = report["other_person_same_light"].as_array().unwrap();
    assert!(studios.len() >= 2, "{studios:?}");
    for studio in studios {
        assert!(number(&studio["rank_correlation"]) >= 0.9, "{studio}");
        assert!(number(&studio["spread_kept"]) >= 0.6, "{studio}");
    }
    assert!(number(&report["black_below_6_percent"][1]) >= 0.95, "{report:#}");
    assert!(number(&report["white_above_85_percent"][1]) >= 0.95, "{report:#}");
    assert!(number(&report["clipped_faces"][1]) <= number(&report["clipped_faces"][0]), "{report:#}");
    let spread = &report["spread_of_means"];
    assert!(number(&spread[1]) <= 0.7 * number(&spread[0]), "{spread}");
}

#[test]
fn invented_people_get_one_light_too() {
    let temporary = tempfile::tempdir().unwrap();
    let home = temporary.path();
    done(home, "demo --count 60 --out crowd");
    let report = report(home, &home.join("crowd"));
    println!("{report:#}");
    assert!(number(&report["faces"]) >= 40.0, "{report:#}");
    assert!(number(&report["same_person_other_light"]["median"]) <= 0.25, "{report:#}");
    assert!(number(&report["black_below_6_percent"][1]) >= 0.9, "{report:#}");
    done(home, "look --library library --sheet sheet.png --count 12");
    let sheet = Picture::read(&home.join("sheet.png"));
    assert!(sheet.width > 500 && sheet.height > 300);
}

#[test]
fn a_look_that_is_asked_for_changes_the_picture() {
    let temporary = tempfile::tempdir().unwrap();
    let home = temporary.path();
    done(home, "demo --count 40 --library library --tile 128");
    let mut detections: Vec<Picture> = Vec::new();
    for look in ["silver", "newsprint", "street", "stencil"] {
        done(
            home,
            &format!("render --library library --scene faces --look {look} --at 3s --size 640x360 --out {look}.png"),
        );
        let picture = Picture::read(&home.join(format!("{look}.png")));
        for other in &detections {
            assert!(picture.difference(other) > 6.0, "{look} looks like another");
        }
        detections.push(picture);
    }
    let wrong = crate::program::run(home, "render --library library --look gold --at 3s --out gold.png");
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.err.contains("take one of silver, newsprint, street, stencil"), "{}", wrong.err);
}
