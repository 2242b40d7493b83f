//! The key bindings of edit mode.

use super::*;
use winit::keyboard::NamedKey;

const MODES: [EditMode; 3] = [EditMode::Stage, EditMode::Values, EditMode::Typing];

#[test]
fn no_press_is_bound_twice_and_keys_of_the_show_are_free() {
    for mode in MODES {
        let presses = rows(mode).iter().flat_map(|row| row.presses.iter().map(|(keys, _)| *keys));
        let presses: Vec<_> = presses.collect();
        for (index, press) in presses.iter().enumerate() {
            assert!(!presses[index + 1..].contains(press), "{press}");
            assert!(!["e", "b", " ", "q", "space"].contains(press), "{press}");
        }
        // The font on the wall has no other minus.
        assert!(help(mode).all(|[keys, _]| keys.is_ascii()));
    }
}

/// The action of a key that types a text.
fn writing(text: &str, physical: KeyCode, modifiers: ModifiersState, mode: EditMode) -> Option<EditAction> {
    action(&Key::Character(text.into()), PhysicalKey::Code(physical), Some(text), modifiers, mode)
}

/// The action of a named key.
fn named(key: NamedKey, modifiers: ModifiersState, mode: EditMode) -> Option<EditAction> {
    let text = match key {
        NamedKey::Space => Some(" "),
        NamedKey::Enter => Some("\r"),
        NamedKey::Backspace => Some("\u{8}"),
        NamedKey::Escape => Some("\u{1b}"),
        _ => None,
    };
    action(&Key::Named(key), PhysicalKey::Code(KeyCode::F24), text, modifiers, mode)
}

const NONE: ModifiersState = ModifiersState::empty();
const SHIFT: ModifiersState = ModifiersState::SHIFT;
const CTRL: ModifiersState = ModifiersState::CONTROL;

#[test]
fn presses_are_formatted_as_in_the_tables() {
    let mode = EditMode::Stage;
    assert_eq!(named(NamedKey::ArrowLeft, NONE, mode), Some(moved(-1.0, 0.0, StepSize::One)));
    assert_eq!(named(NamedKey::ArrowLeft, SHIFT, mode), Some(moved(-1.0, 0.0, StepSize::Ten)));
    assert_eq!(named(NamedKey::Backspace, NONE, mode), Some(stage(EditCommand::Delete)));
    assert_eq!(writing("Z", KeyCode::KeyZ, CTRL | SHIFT, mode), Some(stage(EditCommand::Redo)));
    assert_eq!(writing("W", KeyCode::KeyW, SHIFT, mode), Some(stage(EditCommand::DistributeWall)));
    assert_eq!(writing("+", KeyCode::Equal, SHIFT, mode), Some(scaled(true, StepSize::One)));
    let all = writing("%", KeyCode::Digit5, SHIFT, mode);
    assert_eq!(all, Some(EditAction::Test(TestMode::Pattern, true)));
    let digit = writing("&", KeyCode::Digit1, NONE, mode);
    assert_eq!(digit, Some(EditAction::Test(TestMode::None, false)));
}

#[test]
fn who_means_to_cut_loses_nothing() {
    assert_eq!(writing("x", KeyCode::KeyX, CTRL, EditMode::Stage), None);
    assert_eq!(writing("X", KeyCode::KeyX, CTRL | SHIFT, EditMode::Stage), None);
    let masks = writing("V", KeyCode::KeyV, CTRL | SHIFT, EditMode::Stage);
    assert_eq!(masks, Some(stage(EditCommand::Paste(ClipboardPart::Masks))));
}

#[test]
fn with_the_list_open_arrows_change_values_and_letters_have_no_effect() {
    let mode = EditMode::Values;
    assert_eq!(named(NamedKey::ArrowDown, NONE, mode), Some(stage(EditCommand::SelectValue(1))));
    assert_eq!(named(NamedKey::ArrowRight, CTRL, mode), Some(changed(true, StepSize::Tenth)));
    assert_eq!(named(NamedKey::Backspace, NONE, mode), Some(stage(EditCommand::ResetValue)));
    assert_eq!(named(NamedKey::Escape, NONE, mode), Some(stage(EditCommand::ToggleValues)));
    assert_eq!(named(NamedKey::Tab, SHIFT, mode), Some(stage(EditCommand::SelectNext(-1))));
    assert_eq!(writing("4", KeyCode::Digit4, SHIFT, mode), Some(EditAction::Test(TestMode::Masked, true)));
    for letter in ["x", "w", "f", "r", "m", "e", "b", "q"] {
        assert_eq!(writing(letter, KeyCode::F24, NONE, mode), None, "{letter}");
    }
}

#[test]
fn while_a_value_is_typed_characters_are_entered() {
    let mode = EditMode::Typing;
    for letter in ["e", "b", "q", "p", "H", "7", "é", "%"] {
        assert_eq!(writing(letter, KeyCode::Digit7, NONE, mode), Some(EditAction::Text), "{letter}");
        assert_eq!(writing(letter, KeyCode::Digit7, CTRL, mode), None, "Ctrl {letter}");
    }
    assert_eq!(writing("@", KeyCode::KeyQ, CTRL | ModifiersState::ALT, mode), Some(EditAction::Text));
    assert_eq!(named(NamedKey::Space, NONE, mode), Some(EditAction::Text));
    assert_eq!(named(NamedKey::Enter, NONE, mode), Some(stage(EditCommand::CommitText)));
    assert_eq!(named(NamedKey::Escape, NONE, mode), Some(stage(EditCommand::CancelText)));
    assert_eq!(named(NamedKey::Backspace, NONE, mode), Some(stage(EditCommand::Erase { all: false })));
    assert_eq!(named(NamedKey::Tab, NONE, mode), None);
    assert_eq!(named(NamedKey::F11, NONE, mode), None);
}
