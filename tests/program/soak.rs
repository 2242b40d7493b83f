//! A soak, as short as it can be.

use std::fs;

use crate::program::run;

/// What the soak is for in full takes minutes: a month, see docs/reliability.md. These are six hours of it, in which a device is lost, a
/// clock is set from 1970 to now, people come and go and keys are pressed; and a log that is played again.
#[test]
fn six_hours_of_everything_leave_the_wall_as_it_should_be() {
    let home = tempfile::tempdir().unwrap();
    let soak = "soak --hours 6 --seed 4 --people 24 --size 96x64 --device-losses 2 --json --log log.jsonl";
    let report = run(home.path(), soak);
    let told: serde_json::Value = serde_json::from_str(&report.out).unwrap_or_else(|_| panic!("{report:#?}"));
    assert!(told["failure"].is_null(), "{report:#?}");
    let day = &told["days"][0];
    let count = |of: &str| day["counts"][of].as_u64().unwrap();
    assert!(count("commands") >= 20 && count("came") > 0 && count("clock_set") >= 1, "{day:#}");
    assert_eq!(count("devices_lost"), 2);
    assert!(day["frames"].as_u64().unwrap() > 200 && day["people"].as_u64().unwrap() >= 15, "{day:#}");
    // The first of what happened happens again; a line that is none is told.
    let log = fs::read_to_string(home.path().join("log.jsonl")).unwrap();
    let first: Vec<_> = log.lines().take(4).collect();
    let start = first[0].replace("\"hours\":6.0", "\"hours\":0.3");
    fs::write(home.path().join("again.jsonl"), [&start, first[1], first[2], first[3]].join("\n")).unwrap();
    let again = run(home.path(), "soak --replay again.jsonl --json");
    let told: serde_json::Value = serde_json::from_str(&again.out).unwrap_or_else(|_| panic!("{again:#?}"));
    assert!(told["failure"].is_null() && told["days"][0]["counts"]["clock_set"] == 1, "{again:#?}");
    fs::write(home.path().join("again.jsonl"), "no log").unwrap();
    let wrong = run(home.path(), "soak --replay again.jsonl");
    assert!(wrong.code == Some(1) && wrong.err.contains("again.jsonl, line 1"), "{wrong:#?}");
}
