//! Every value of any stage: within what it may be, and read back as it was set.

use std::path::Path;

use proptest::prelude::*;

use super::super::EditContext;
use super::super::check::check;
use super::super::distribute::distribute_wall;
use super::super::properties::{Owner, Property, Value};
use super::super::selection::children;
use super::*;
use crate::ids::IdAllocator;
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
fn all_of(stage: &Stage) -> Vec<(OutputId, Vec<Handle>)> {
    let mut all = Vec::new();
    for output in stage.outputs.iter().map(|output| output.id) {
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

const WAYS: [(bool, StepSize); 6] = [
    (true, StepSize::One),
    (false, StepSize::One),
    (true, StepSize::Ten),
    (false, StepSize::Ten),
    (true, StepSize::Tenth),
    (false, StepSize::Tenth),
];

/// The stage with a value set; none where it cannot be.
fn put(stage: &Stage, output: OutputId, place: &[Handle], value: &Property, set: &Value) -> Option<Stage> {
    let (mut after, mut selection) = (stage.clone(), place.to_vec());
    let mut work = EditContext {
        stage: &mut after,
        ids: &mut IdAllocator::above(stage),
        output,
        selection: &mut selection,
        keep_rectangle: false,
        host: &Plain,
    };
    value.apply(&mut work, set.clone()).ok()?;
    check(stage, &after).ok().map(|()| after)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_value_stays_in_range_and_is_read_back(stage in any_stage()) {
        for (output, place) in all_of(&stage) {
            let of = Owner::of_selection(&stage, output, &place).unwrap();
            let labels: Vec<_> = of.properties(&stage).iter().map(|value| value.label).collect();
            for (row, label) in labels.iter().enumerate() {
                prop_assert!(!labels[..row].contains(label), "{} twice", label);
                let value = |stage: &Stage| of.properties(stage).into_iter().find(|value| value.label == *label);
                let mut tries: Vec<Stage> = Vec::new();
                for (up, step) in WAYS {
                    let mut moved = stage.clone();
                    for _ in 0..3 {
                        let Some(now) = value(&moved) else { break };
                        let typed = if let Value::Text(text) = &now.value { text.clone() } else { now.display() };
                        prop_assert_eq!(now.parse(&typed), Ok(now.value.clone()), "{}", label);
                        let Ok(set) = now.stepped(up, step) else { break };
                        prop_assert!(now.allows(&set), "{}: {:?}", label, set);
                        let Some(after) = put(&moved, output, &place, &now, &set) else { break };
                        prop_assert_eq!(value(&after).map(|property| property.value), Some(set), "{}", label);
                        moved = after;
                    }
                    tries.push(moved);
                }
                let now = value(&stage).unwrap();
                if let Some(default) = &now.default {
                    prop_assert!(now.allows(default), "{}: {:?}", label, default);
                    tries.extend(put(&stage, output, &place, &now, default));
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
        if distribute_wall(&mut shared).is_ok() {
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
