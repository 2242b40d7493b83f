//! The tables of keys, held against presses.

use super::*;

const MODES: [Mode; 3] = [Mode::Stage, Mode::Values, Mode::Typing];

#[test]
fn no_press_stands_twice_and_none_takes_a_key_that_is_as_ever() {
    for mode in MODES {
        let presses = lines(mode).iter().flat_map(|(_, _, presses)| presses.iter().map(|(keys, _)| *keys));
        let presses: Vec<_> = presses.collect();
        for (index, press) in presses.iter().enumerate() {
            assert!(!presses[index + 1..].contains(press), "{press}");
            assert!(!["e", "b", " ", "q", "space"].contains(press), "{press}");
        }
        // The type on the wall has no other minus.
        assert!(help(mode).all(|[keys, _]| keys.is_ascii()));
    }
}

/// What a key does that writes its own text.
fn writing(text: &str, physical: KeyCode, modifiers: ModifiersState, mode: Mode) -> Option<EditAction> {
    action(&Key::Character(text.into()), PhysicalKey::Code(physical), Some(text), modifiers, mode)
}

/// What a key does that has a name.
fn named(key: NamedKey, modifiers: ModifiersState, mode: Mode) -> Option<EditAction> {
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
fn presses_are_written_as_the_table_has_them() {
    let mode = Mode::Stage;
    assert_eq!(named(NamedKey::ArrowLeft, NONE, mode), Some(moved(-1.0, 0.0, Step::One)));
    assert_eq!(named(NamedKey::ArrowLeft, SHIFT, mode), Some(moved(-1.0, 0.0, Step::Ten)));
    assert_eq!(named(NamedKey::Backspace, NONE, mode), Some(stage(Command::Delete)));
    assert_eq!(writing("Z", KeyCode::KeyZ, CTRL | SHIFT, mode), Some(stage(Command::Redo)));
    assert_eq!(writing("W", KeyCode::KeyW, SHIFT, mode), Some(stage(Command::ShareOut)));
    assert_eq!(writing("+", KeyCode::Equal, SHIFT, mode), Some(scaled(true, Step::One)));
    let all = writing("%", KeyCode::Digit5, SHIFT, mode);
    assert_eq!(all, Some(EditAction::Test(TestMode::Pattern, true)));
    let digit = writing("&", KeyCode::Digit1, NONE, mode);
    assert_eq!(digit, Some(EditAction::Test(TestMode::None, false)));
}

#[test]
fn who_means_to_cut_loses_nothing() {
    assert_eq!(writing("x", KeyCode::KeyX, CTRL, Mode::Stage), None);
    assert_eq!(writing("X", KeyCode::KeyX, CTRL | SHIFT, Mode::Stage), None);
    let masks = writing("V", KeyCode::KeyV, CTRL | SHIFT, Mode::Stage);
    assert_eq!(masks, Some(stage(Command::Paste(Copied::Masks))));
}

#[test]
fn with_the_list_open_arrows_are_for_values_and_letters_rest() {
    let mode = Mode::Values;
    assert_eq!(named(NamedKey::ArrowDown, NONE, mode), Some(stage(Command::Choose(1))));
    assert_eq!(named(NamedKey::ArrowRight, CTRL, mode), Some(changed(true, Step::Tenth)));
    assert_eq!(named(NamedKey::Backspace, NONE, mode), Some(stage(Command::Default)));
    assert_eq!(named(NamedKey::Escape, NONE, mode), Some(stage(Command::Values)));
    assert_eq!(named(NamedKey::Tab, SHIFT, mode), Some(stage(Command::Next(-1))));
    assert_eq!(writing("4", KeyCode::Digit4, SHIFT, mode), Some(EditAction::Test(TestMode::Masked, true)));
    for letter in ["x", "w", "f", "r", "m", "e", "b", "q"] {
        assert_eq!(writing(letter, KeyCode::F24, NONE, mode), None, "{letter}");
    }
}

#[test]
fn while_a_value_is_typed_what_writes_is_typed() {
    let mode = Mode::Typing;
    for letter in ["e", "b", "q", "p", "H", "7", "é", "%"] {
        assert_eq!(writing(letter, KeyCode::Digit7, NONE, mode), Some(EditAction::Text), "{letter}");
        assert_eq!(writing(letter, KeyCode::Digit7, CTRL, mode), None, "Ctrl {letter}");
    }
    assert_eq!(writing("@", KeyCode::KeyQ, CTRL | ModifiersState::ALT, mode), Some(EditAction::Text));
    assert_eq!(named(NamedKey::Space, NONE, mode), Some(EditAction::Text));
    assert_eq!(named(NamedKey::Enter, NONE, mode), Some(stage(Command::Done)));
    assert_eq!(named(NamedKey::Escape, NONE, mode), Some(stage(Command::Cancel)));
    assert_eq!(named(NamedKey::Backspace, NONE, mode), Some(stage(Command::Erase { all: false })));
    assert_eq!(named(NamedKey::Tab, NONE, mode), None);
    assert_eq!(named(NamedKey::F11, NONE, mode), None);
}
