//! What is undone, and what of the history's files stays.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::selection::children;
use super::super::{
    ClipboardPart, HistoryFile, MirrorAxis, expired_history, history_name, history_number, legend, magnified, marks,
    value_rows,
};
use super::*;
use crate::stage_text;

#[test]
fn a_gesture_is_one_step_until_the_operator_pauses() {
    let mut editor = editor(&[corner(GABLE, 0)]);
    for _ in 0..5 {
        act(&mut editor, arrow(1.0, 0.0));
        act(&mut editor, EditCommand::Hover(Some(v(1.0, 1.0))));
    }
    assert_eq!(editor.steps(), (1, 0));
    act(&mut editor, EditCommand::EndGesture);
    act(&mut editor, arrow(1.0, 0.0));
    assert_eq!(editor.steps(), (2, 0));
    for dx in [0.25, 0.5, -0.1] {
        act(&mut editor, EditCommand::Nudge { dx, dy: 0.0 });
    }
    assert_eq!(editor.steps(), (3, 0));
    act(&mut editor, EditCommand::SelectNext(1));
    act(&mut editor, EditCommand::Nudge { dx: 1.0, dy: 0.0 });
    assert_eq!(editor.steps(), (4, 0), "something else was selected");
    act(&mut editor, EditCommand::Undo);
    act(&mut editor, EditCommand::Undo);
    assert_eq!(at(&editor, corner(GABLE, 0)), v(906.0, 100.0));
    assert_eq!(editor.selection(), [corner(GABLE, 0)], "what was worked on is selected again");
    act(&mut editor, EditCommand::Undo);
    assert_eq!(at(&editor, corner(GABLE, 0)), v(905.0, 100.0));
    act(&mut editor, EditCommand::Redo);
    assert_eq!(at(&editor, corner(GABLE, 0)), v(906.0, 100.0));
    assert_eq!(editor.steps(), (2, 2));
    act(&mut editor, arrow(0.0, 1.0));
    assert_eq!(editor.steps(), (3, 0), "what was undone is another past");
    assert_eq!(act(&mut editor, EditCommand::Redo).message.as_deref(), Some("nothing to redo"));
}

#[test]
fn a_gesture_that_came_back_is_no_step() {
    let mut editor = editor(&[corner(GABLE, 0)]);
    act(&mut editor, arrow(1.0, 0.0));
    act(&mut editor, arrow(-1.0, 0.0));
    act(&mut editor, EditCommand::EndGesture);
    assert_eq!(editor.steps(), (0, 0));
}

#[test]
fn an_undo_shows_the_output_that_it_was_on() {
    let mut editor = editor(&[corner(GABLE, 0)]);
    act(&mut editor, arrow(1.0, 0.0));
    act(&mut editor, EditCommand::NextOutput(1));
    act(&mut editor, EditCommand::Undo);
    assert_eq!((editor.output(), editor.selection()), (LEFT, &[corner(GABLE, 0)][..]));
}

#[test]
fn another_stage_can_be_undone() {
    let mut editor = editor(&[corner(GABLE, 0)]);
    act(&mut editor, EditCommand::NextOutput(1));
    let mut other = venue();
    other.outputs.remove(0);
    other.surfaces.truncate(1);
    editor.replace(other.clone());
    assert_eq!((editor.stage(), editor.output()), (&other, RIGHT), "the output of the same name");
    act(&mut editor, EditCommand::Undo);
    assert_eq!((editor.stage(), editor.output()), (&venue(), RIGHT));
}

#[test]
fn a_saved_stage_keeps_what_is_selected_as_far_as_it_exists() {
    let mut editor = editor(&[corner(FACADE, 1), Handle::Surface(GABLE), point(DOOR, 2)]);
    // Another program exchanges the outputs and the surfaces, renames one, adds one and takes a mask away.
    let mut saved = venue();
    saved.outputs.reverse();
    saved.surfaces.reverse();
    saved.surfaces.retain(|surface| surface.name != "facade");
    saved.surfaces.push(Surface::filling(&saved.outputs[1], "new", [DVec2::ZERO, DVec2::ONE]));
    let gable = saved.surfaces.iter_mut().find(|surface| surface.name == "gable").unwrap();
    gable.masks.clear();
    let saved = Stage::new(saved.aspect, saved.outputs, saved.surfaces);
    editor.replace(saved.clone());
    assert_eq!((editor.output(), editor.selection()), (LEFT, &[Handle::Surface(GABLE)][..]));
    assert_eq!(editor.stage().surfaces.iter().map(|surface| surface.id.0).collect::<Vec<_>>(), [3, 2, 1, 4]);
    // An arrow moves what was selected, and not the whole output.
    let before = editor.stage().clone();
    act(&mut editor, arrow(1.0, 0.0));
    for surface in &editor.stage().surfaces {
        assert_eq!(surface == &before[surface.id], surface.id != GABLE, "{}", surface.name);
    }
    act(&mut editor, EditCommand::Undo);
    act(&mut editor, EditCommand::Undo);
    assert_eq!(editor.stage(), &venue());
    assert_eq!(editor.selection(), [corner(FACADE, 1), Handle::Surface(GABLE), point(DOOR, 2)]);
    // The same file again: nothing changes, and undo has no step of it.
    editor.replace(venue());
    assert_eq!(editor.steps(), (0, 2));
    // The surface is new to the history, too: its id is not given twice.
    act(&mut editor, EditCommand::NewSurface);
    assert_eq!(editor.selection(), [Handle::Surface(SurfaceId(5))]);
    editor.replace(saved);
    assert!(editor.stage().surface(SurfaceId(5)).is_none());
}

#[test]
fn an_arrow_moves_nothing_once_what_was_selected_is_gone() {
    let gone = |change: &dyn Fn(&mut Stage), selected: Handle| {
        let mut editor = editor(&[selected]);
        let mut saved = venue();
        change(&mut saved);
        editor.replace(saved);
        editor
    };
    let gable = |stage: &mut Stage| stage.surfaces.iter().position(|surface| surface.name == "gable").unwrap();
    let without_gable = |stage: &mut Stage| {
        let index = gable(stage);
        stage.surfaces.remove(index);
    };
    let without_masks = |stage: &mut Stage| {
        let index = gable(stage);
        stage.surfaces[index].masks.clear();
    };
    let fewer_points = |stage: &mut Stage| {
        let index = gable(stage);
        let path = stage.surfaces[index].masks[0].shape.path_mut().unwrap();
        path.push(path[0]);
    };
    type Change<'c> = &'c dyn Fn(&mut Stage);
    let cases: [(Change<'_>, Handle); 4] = [
        (&without_gable, Handle::Surface(GABLE)),
        (&without_gable, corner(GABLE, 2)),
        (&without_masks, point(DOOR, 2)),
        (&fewer_points, point(DOOR, 2)),
    ];
    for (case, (change, selected)) in cases.into_iter().enumerate() {
        let mut editor = gone(change, selected);
        let before = editor.stage().clone();
        for command in
            [arrow(1.0, 0.0), EditCommand::SelectAt { p: DVec2::splat(-5000.0), add: false }, arrow(0.0, 1.0)]
        {
            act(&mut editor, command);
            assert_eq!(editor.stage(), &before, "case {case}: {command:?}");
            let text = legend(&editor, &Plain).join("\n");
            assert!(text.contains("nothing moves until something is selected"), "{text}");
        }
        act(&mut editor, EditCommand::SelectNext(1));
        act(&mut editor, arrow(1.0, 0.0));
        assert_ne!(editor.stage(), &before, "case {case}");
    }
}

#[test]
fn a_mask_is_found_again_by_its_name() {
    let mut editor = editor(&[point(DOOR, 2)]);
    let mut saved = venue();
    let gable = saved.surfaces.iter_mut().find(|surface| surface.name == "gable").unwrap();
    let mut other = gable.masks[0].clone();
    other.name = "a new one".into();
    gable.masks.insert(0, other);
    editor.replace(saved);
    let Some(Handle::MaskPoint { mask, point: 2, .. }) = editor.selection().first() else { panic!("the point") };
    assert_eq!(editor.stage()[GABLE].masks[mask.mask].name, venue()[GABLE].masks[0].name);
}

#[test]
fn an_id_is_never_given_twice() {
    let mut editor = editor(&[]);
    act(&mut editor, EditCommand::NewSurface);
    let first = editor.selection()[0];
    act(&mut editor, EditCommand::Undo);
    act(&mut editor, EditCommand::NewSurface);
    assert_ne!(editor.selection()[0], first);
    act(&mut editor, EditCommand::Delete);
    act(&mut editor, EditCommand::Undo);
    let kept = editor.selection()[0];
    act(&mut editor, EditCommand::NewSurface);
    assert!(editor.selection()[0] != first && editor.selection()[0] != kept);
    // Another stage of the same venue keeps the ids of what it shares.
    editor.restart(Stage { outputs: venue().outputs, ..Stage::new(1.0, Vec::new(), vec![venue()[TOWER].clone()]) });
    assert!(editor.is_editing() && editor.selection().is_empty() && editor.steps() == (0, 0));
    assert_eq!(editor.stage()[TOWER].name, "tower");
}

fn place() -> impl Strategy<Value = DVec2> {
    (-200.0..2200.0, -200.0..1300.0).prop_map(|(x, y)| v(x, y))
}

fn step() -> impl Strategy<Value = StepSize> {
    prop_oneof![Just(StepSize::One), Just(StepSize::Ten), Just(StepSize::Tenth)]
}

fn command() -> impl Strategy<Value = EditCommand> {
    let copied = prop_oneof![Just(ClipboardPart::Corners), Just(ClipboardPart::Mesh), Just(ClipboardPart::Masks)];
    let flip = prop_oneof![Just(MirrorAxis::Horizontal), Just(MirrorAxis::Vertical)];
    let selecting = prop_oneof![
        (-1..3).prop_map(EditCommand::SelectNext),
        (-1..2).prop_map(EditCommand::NextOutput),
        Just(EditCommand::SelectInto),
        Just(EditCommand::SelectInto),
        Just(EditCommand::SelectOut),
        Just(EditCommand::SelectAll),
        (place(), any::<bool>()).prop_map(|(p, add)| EditCommand::SelectAt { p, add }),
        place().prop_map(|p| EditCommand::Hover(Some(p))),
    ];
    let moving = prop_oneof![
        (-1.0..=1.0, -1.0..=1.0, step()).prop_map(|(x, y, step)| EditCommand::Move { x, y, step }),
        (-40.0..40.0, -40.0..40.0).prop_map(|(dx, dy)| EditCommand::Nudge { dx, dy }),
        (any::<bool>(), step()).prop_map(|(larger, step)| EditCommand::Scale { larger, step }),
        (any::<bool>(), step()).prop_map(|(clockwise, step)| EditCommand::Rotate { clockwise, step }),
        place().prop_map(EditCommand::DragBegin),
        place().prop_map(EditCommand::DragTo),
        place().prop_map(EditCommand::DragTo),
        Just(EditCommand::DragEnd),
        Just(EditCommand::Straighten),
        Just(EditCommand::SnapNow),
        Just(EditCommand::Snap),
        Just(EditCommand::KeepRectangle),
        Just(EditCommand::EndGesture),
    ];
    let making = prop_oneof![
        flip.prop_map(EditCommand::Flip),
        (-5..5).prop_map(EditCommand::RotateQuarter),
        Just(EditCommand::Copy),
        copied.prop_map(EditCommand::Paste),
        Just(EditCommand::Mesh),
        (-2..3).prop_map(EditCommand::Columns),
        (-2..3).prop_map(EditCommand::Rows),
        Just(EditCommand::Smooth),
        Just(EditCommand::Bend),
        (-50.0..50.0).prop_map(EditCommand::BendBy),
        Just(EditCommand::NewMask),
        proptest::option::of(place()).prop_map(EditCommand::AddPoint),
        Just(EditCommand::Curve),
        Just(EditCommand::MaskKind),
        (-5.0..9.0).prop_map(EditCommand::Feather),
        Just(EditCommand::NewSurface),
        Just(EditCommand::Delete),
        Just(EditCommand::Reset),
    ];
    let listing = prop_oneof![
        2 => Just(EditCommand::ToggleValues),
        4 => (-30..30).prop_map(EditCommand::SelectValue),
        6 => (any::<bool>(), step()).prop_map(|(up, step)| EditCommand::StepValue { up, step }),
        2 => Just(EditCommand::ResetValue),
        2 => Just(EditCommand::BeginText),
        4 => prop::sample::select("0123456789.,/-x pn".chars().collect::<Vec<_>>()).prop_map(EditCommand::TypeChar),
        1 => any::<bool>().prop_map(|all| EditCommand::Erase { all }),
        2 => Just(EditCommand::CommitText),
        1 => Just(EditCommand::CancelText),
        1 => Just(EditCommand::DistributeWall),
    ];
    prop_oneof![3 => selecting, 3 => moving, 3 => making, 5 => listing, 1 => Just(EditCommand::Undo), 1 => Just(EditCommand::Redo)]
}

/// As a file has it: every number in whole, and −0 told from 0.
fn written(stage: &Stage) -> String {
    // The value to its last bit, and the file.
    format!("{stage:?}\n{}", stage_text(stage))
}

fn all_on(stage: &Stage, output: OutputId) -> HashSet<Handle> {
    let mut all = HashSet::new();
    let mut open = children(stage, output, None);
    while let Some(place) = open.pop() {
        open.extend(children(stage, output, Some(place)));
        all.insert(place);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn everything_can_be_undone_and_done_again(commands in prop::collection::vec(command(), 1..60)) {
        let mut editor = editor(&[]);
        // A number that the editor would not write, to be kept as it is.
        editor.stage.surfaces[0].corners[0].x = 100.000_000_123;
        editor.stage.surfaces[2].masks.push(square("sill", v(-0.0, 0.3), 0.1));
        let begin = written(editor.stage());
        for command in commands {
            let before = editor.stage().clone();
            let reply = act(&mut editor, command);
            prop_assert_eq!(reply.changed, before != *editor.stage(), "{:?}", command);
            prop_assert!(!written(editor.stage()).contains("NaN"));
            let all = all_on(editor.stage(), editor.output());
            prop_assert!(editor.selection().iter().all(|place| all.contains(place)), "{:?}", command);
            prop_assert!(reply.message.is_none_or(|said| said.chars().count() < 90));
        }
        prop_assert!(!marks(&editor, &Plain).is_empty());
        prop_assert!(magnified(&editor, &Plain).is_none_or(DVec2::is_finite));
        prop_assert!(legend(&editor, &Plain).len() <= 6);
        prop_assert!(value_rows(&editor).len() <= 17);
        while act(&mut editor, EditCommand::Redo).changed {}
        act(&mut editor, EditCommand::EndGesture);
        let end = written(editor.stage());
        let mut steps = 0;
        while act(&mut editor, EditCommand::Undo).changed {
            steps += 1;
        }
        prop_assert_eq!(written(editor.stage()), begin);
        prop_assert_eq!(editor.steps(), (0, steps));
        while act(&mut editor, EditCommand::Redo).changed {}
        prop_assert_eq!(written(editor.stage()), end);
        prop_assert_eq!(editor.steps(), (steps, 0));
    }

    #[test]
    fn the_history_keeps_the_last_and_is_bounded(gaps in prop::collection::vec(0u64..20_000, 0..1500)) {
        let mut secs = 1_000_000;
        let files: Vec<_> = gaps.iter().enumerate().map(|(index, gap)| {
            secs += gap;
            HistoryFile { number: index as u64 + 1, unix_secs: secs }
        }).collect();
        let gone: HashSet<_> = expired_history(&files).into_iter().collect();
        let left: Vec<_> = files.iter().copied().filter(|file| !gone.contains(&file.number)).collect();
        prop_assert!(left.len() <= 500);
        prop_assert!(files.iter().rev().take(200).all(|file| !gone.contains(&file.number)));
        prop_assert!(expired_history(&left).is_empty(), "once is enough");
    }
}

#[test]
fn of_older_ones_the_last_of_each_hour_stays() {
    let files: Vec<_> = (1..=500).map(|number| HistoryFile { number, unix_secs: number * 360 }).collect();
    let gone: HashSet<_> = expired_history(&files).into_iter().collect();
    let left: Vec<_> = (1..=300).filter(|number| !gone.contains(number)).collect();
    assert_eq!(left.len(), 31);
    assert_eq!(left[..3], [9, 19, 29]);
    assert_eq!(left[30], 300);
}

#[test]
fn history_s_names_are_numbers_and_nothing_else_is() {
    assert_eq!(history_name(123), "000123.toml");
    for number in [0, 1, 999_999, 1_000_000, u64::MAX] {
        assert_eq!(history_number(&history_name(number)), Some(number));
    }
    for name in ["stage.toml", "0123.toml", "000123.toml.part", ".000123.toml.part", "0000123.toml", "+00123.toml", ""]
    {
        assert_eq!(history_number(name), None, "{name}");
    }
}
