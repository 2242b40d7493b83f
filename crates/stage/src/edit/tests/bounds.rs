//! Every value of any stage: within what it may be, and read back as it was set.

use std::path::Path;

use proptest::prelude::*;

use super::super::check::check;
use super::super::selection::children;
use super::super::sharing::share_out;
use super::super::values::{Of, Set, Value, Work};
use super::*;
use crate::samples::{NAMED_FILES, any_stage};
use crate::stage_text;
use millions_base::MemoryFiles;

/// What is read of a stage that was saved.
pub fn read_back(stage: &Stage) -> Stage {
    let text = stage_text(stage);
    let [a, b, c] = NAMED_FILES;
    let files = MemoryFiles::new([("stage.toml", text.as_str()), (a, ""), (b, ""), (c, "")]);
    Stage::read(Path::new("stage.toml"), &files).result.unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

/// Everything of a stage that has values.
fn all_of(stage: &Stage) -> Vec<(usize, Vec<Place>)> {
    let mut all = Vec::new();
    for output in 0..stage.outputs.len() {
        let mut open = children(stage, output, None);
        all.push((output, Vec::new()));
        while let Some(place) = open.pop() {
            if !place.is_point() {
                open.extend(children(stage, output, Some(place)));
                all.push((output, vec![place]));
            }
        }
    }
    all
}

const WAYS: [(bool, Step); 6] = [
    (true, Step::One),
    (false, Step::One),
    (true, Step::Ten),
    (false, Step::Ten),
    (true, Step::Tenth),
    (false, Step::Tenth),
];

/// The stage with a value set; none where it cannot be.
fn put(stage: &Stage, output: usize, place: &[Place], value: &Value, set: &Set) -> Option<Stage> {
    let (mut after, mut selection) = (stage.clone(), place.to_vec());
    let work = &mut Work { stage: &mut after, output, selection: &mut selection, space: &Plain };
    value.put(work, set.clone()).ok()?;
    check(stage, &after).ok().map(|()| after)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_value_stays_in_range_and_is_read_back(stage in any_stage()) {
        for (output, place) in all_of(&stage) {
            let of = Of::hand(&stage, output, &place).unwrap();
            let labels: Vec<_> = of.values(&stage).iter().map(|value| value.label).collect();
            for (row, label) in labels.iter().enumerate() {
                prop_assert!(!labels[..row].contains(label), "{} twice", label);
                let value = |stage: &Stage| of.values(stage).into_iter().find(|value| value.label == *label);
                let mut tries: Vec<Stage> = Vec::new();
                for (up, step) in WAYS {
                    let mut moved = stage.clone();
                    for _ in 0..3 {
                        let Some(now) = value(&moved) else { break };
                        let typed = if let Set::Text(text) = &now.now { text.clone() } else { now.written() };
                        prop_assert_eq!(now.read(&typed), Ok(now.now.clone()), "{}", label);
                        let Ok(set) = now.moved(up, step) else { break };
                        prop_assert!(now.may_be(&set), "{}: {:?}", label, set);
                        let Some(after) = put(&moved, output, &place, &now, &set) else { break };
                        prop_assert_eq!(value(&after).map(|value| value.now), Some(set), "{}", label);
                        moved = after;
                    }
                    tries.push(moved);
                }
                let now = value(&stage).unwrap();
                if let Some(usual) = &now.usual {
                    prop_assert!(now.may_be(usual), "{}: {:?}", label, usual);
                    tries.extend(put(&stage, output, &place, &now, usual));
                }
                for after in tries {
                    prop_assert!(after == stage || read_back(&after) == after, "{}", label);
                }
            }
        }
    }

    #[test]
    fn shares_tile_the_wall(stage in any_stage()) {
        let mut shared = stage.clone();
        if share_out(&mut shared).is_ok() {
            let own = |surface: &&Surface| surface.scene.is_none();
            let mut parts: Vec<_> = shared.surfaces.iter().filter(own).map(|surface| surface.part).collect();
            parts.sort_by(|a, b| a[0].x.total_cmp(&b[0].x));
            prop_assert_eq!(parts.first().unwrap()[0], DVec2::ZERO);
            prop_assert_eq!(parts.last().unwrap()[1], DVec2::ONE);
            prop_assert!(parts.windows(2).all(|pair| pair[0][1].x == pair[1][0].x));
            prop_assert!(parts.iter().all(|[from, to]| from.y == 0.0 && to.y == 1.0 && from.x < to.x));
            prop_assert_eq!(&read_back(&shared), &shared);
        }
    }
}
