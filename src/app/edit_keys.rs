//! The keys of the edit mode: one table, which binds them and writes the help on the wall.

use winit::event::KeyEvent;
use winit::keyboard::{Key, KeyCode, ModifiersState, NamedKey, PhysicalKey};

use crate::pattern::TestMode;
use crate::stage::{Command, Copied, Mirror, Step};

/// What a key does while the stage is edited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EditAction {
    /// To the stage.
    Stage(Command),
    /// Another point at the pointer.
    AddPointHere,
    /// A test picture for the selected output, or for all.
    Test(TestMode, bool),
    /// The selected output alone, or all again.
    Solo,
    /// Every output says who it is.
    Identify,
    /// Lists these keys.
    Help,
}

/// A line of the help: its keys as people write them, what they do, and what each press does. Presses are written
/// `ctrl+shift+key`, letters small.
type Line = (&'static str, &'static str, &'static [(&'static str, EditAction)]);

const fn stage(command: Command) -> EditAction {
    EditAction::Stage(command)
}

const fn moved(x: f64, y: f64, step: Step) -> EditAction {
    stage(Command::Move { x, y, step })
}

const fn scaled(larger: bool, step: Step) -> EditAction {
    stage(Command::Scale { larger, step })
}

const fn turned(clockwise: bool, step: Step) -> EditAction {
    stage(Command::Turn { clockwise, step })
}

const LINES: [Line; 29] = [
    (
        "Tab, Shift Tab",
        "the next of its kind: surface, point, mask",
        &[("tab", stage(Command::Next(1))), ("shift+tab", stage(Command::Next(-1)))],
    ),
    (
        "Enter, Esc",
        "into what is selected, and out; all the way out the whole output moves",
        &[("enter", stage(Command::Into)), ("escape", stage(Command::Out))],
    ),
    (
        "PageDown, PageUp",
        "the next output",
        &[("pagedown", stage(Command::NextOutput(1))), ("pageup", stage(Command::NextOutput(-1)))],
    ),
    ("Ctrl A", "select all of its kind", &[("ctrl+a", stage(Command::SelectAll))]),
    (
        "arrows",
        "move 1 px; Shift 10, Ctrl 0.1",
        &[
            ("left", moved(-1.0, 0.0, Step::One)),
            ("right", moved(1.0, 0.0, Step::One)),
            ("up", moved(0.0, -1.0, Step::One)),
            ("down", moved(0.0, 1.0, Step::One)),
            ("shift+left", moved(-1.0, 0.0, Step::Ten)),
            ("shift+right", moved(1.0, 0.0, Step::Ten)),
            ("shift+up", moved(0.0, -1.0, Step::Ten)),
            ("shift+down", moved(0.0, 1.0, Step::Ten)),
            ("ctrl+left", moved(-1.0, 0.0, Step::Tenth)),
            ("ctrl+right", moved(1.0, 0.0, Step::Tenth)),
            ("ctrl+up", moved(0.0, -1.0, Step::Tenth)),
            ("ctrl+down", moved(0.0, 1.0, Step::Tenth)),
        ],
    ),
    (
        "+ −",
        "larger, smaller; with Ctrl finely",
        &[
            ("+", scaled(true, Step::One)),
            ("=", scaled(true, Step::One)),
            ("-", scaled(false, Step::One)),
            ("ctrl++", scaled(true, Step::Tenth)),
            ("ctrl+=", scaled(true, Step::Tenth)),
            ("ctrl+-", scaled(false, Step::Tenth)),
        ],
    ),
    (
        ". ,",
        "turn clockwise, back; with Ctrl finely",
        &[
            (".", turned(true, Step::One)),
            (",", turned(false, Step::One)),
            ("ctrl+.", turned(true, Step::Tenth)),
            ("ctrl+,", turned(false, Step::Tenth)),
        ],
    ),
    ("K", "keep rectangle", &[("k", stage(Command::KeepRectangle))]),
    (
        "N, Shift N",
        "snap to neighbours while dragging; snap now",
        &[("n", stage(Command::Snap)), ("shift+n", stage(Command::SnapNow))],
    ),
    ("L", "straighten", &[("l", stage(Command::Straighten))]),
    (
        "F, Shift F",
        "mirror left and right, up and down",
        &[("f", stage(Command::Flip(Mirror::Across))), ("shift+f", stage(Command::Flip(Mirror::Down)))],
    ),
    (
        "R, Shift R",
        "turn the picture by a quarter, back",
        &[("r", stage(Command::Quarter(1))), ("shift+r", stage(Command::Quarter(-1)))],
    ),
    (
        "Ctrl C, Ctrl V",
        "copy a surface, give its corners to another",
        &[("ctrl+c", stage(Command::Copy)), ("ctrl+v", stage(Command::Paste(Copied::Corners)))],
    ),
    (
        "Ctrl M, Ctrl X",
        "give it the copied mesh, the copied masks",
        &[("ctrl+m", stage(Command::Paste(Copied::Mesh))), ("ctrl+x", stage(Command::Paste(Copied::Masks)))],
    ),
    ("M, O", "a mesh, or none; smooth, or straight", &[("m", stage(Command::Mesh)), ("o", stage(Command::Smooth))]),
    (
        "C, Shift C",
        "a column of the mesh more, fewer",
        &[("c", stage(Command::Columns(1))), ("shift+c", stage(Command::Columns(-1)))],
    ),
    (
        "V, Shift V",
        "a row of the mesh more, fewer",
        &[("v", stage(Command::Rows(1))), ("shift+v", stage(Command::Rows(-1)))],
    ),
    ("U", "round a column, or flat", &[("u", stage(Command::Bend))]),
    ("] [", "rounder, flatter", &[("]", stage(Command::BendBy(5.0))), ("[", stage(Command::BendBy(-5.0)))]),
    ("X", "a new mask", &[("x", stage(Command::NewMask))]),
    ("A", "a point more, at the pointer", &[("a", EditAction::AddPointHere)]),
    ("Z", "points of a mask are curves, or corners", &[("z", stage(Command::Curve))]),
    ("G", "the mask hides, or shows", &[("g", stage(Command::MaskKind))]),
    (
        "' ;",
        "a softer edge, a harder one",
        &[("'", stage(Command::Feather(2.0))), (";", stage(Command::Feather(-2.0)))],
    ),
    (
        "W, Delete, Home",
        "a new surface; delete; fill the output again",
        &[("w", stage(Command::NewSurface)), ("delete", stage(Command::Delete)), ("home", stage(Command::Reset))],
    ),
    (
        "Ctrl Z, Ctrl Shift Z",
        "undo, redo",
        &[("ctrl+z", stage(Command::Undo)), ("ctrl+shift+z", stage(Command::Redo)), ("ctrl+y", stage(Command::Redo))],
    ),
    (
        "1 2 3 4 5 6",
        "show, muted, white, masked, pattern, faces; with Shift on all outputs",
        &[
            ("1", EditAction::Test(TestMode::None, false)),
            ("2", EditAction::Test(TestMode::Muted, false)),
            ("3", EditAction::Test(TestMode::White, false)),
            ("4", EditAction::Test(TestMode::Masked, false)),
            ("5", EditAction::Test(TestMode::Pattern, false)),
            ("6", EditAction::Test(TestMode::Faces, false)),
            ("shift+1", EditAction::Test(TestMode::None, true)),
            ("shift+2", EditAction::Test(TestMode::Muted, true)),
            ("shift+3", EditAction::Test(TestMode::White, true)),
            ("shift+4", EditAction::Test(TestMode::Masked, true)),
            ("shift+5", EditAction::Test(TestMode::Pattern, true)),
            ("shift+6", EditAction::Test(TestMode::Faces, true)),
        ],
    ),
    ("S, I", "this output alone; every output says who it is", &[("s", EditAction::Solo), ("i", EditAction::Identify)]),
    ("H", "these keys", &[("h", EditAction::Help)]),
];

/// Keys and what they do, a line each.
pub fn help() -> impl Iterator<Item = [String; 2]> {
    LINES.iter().map(|(keys, does, _)| [(*keys).to_owned(), (*does).to_owned()])
}

/// What a press does while the stage is edited; nothing of E, B, Space and Q, which are as ever.
#[must_use]
pub fn edit_action(event: &KeyEvent, modifiers: ModifiersState) -> Option<EditAction> {
    let press = press(&event.logical_key, event.physical_key, modifiers)?;
    of(&press)
}

fn of(press: &str) -> Option<EditAction> {
    LINES.iter().flat_map(|(_, _, presses)| presses.iter()).find(|(keys, _)| *keys == press).map(|(_, action)| *action)
}

/// A press as the table writes it.
fn press(logical: &Key, physical: PhysicalKey, modifiers: ModifiersState) -> Option<String> {
    let digits = [KeyCode::Digit1, KeyCode::Digit2, KeyCode::Digit3, KeyCode::Digit4, KeyCode::Digit5, KeyCode::Digit6];
    let digit = match physical {
        PhysicalKey::Code(code) => digits.iter().position(|other| *other == code).map(|place| (place + 1).to_string()),
        PhysicalKey::Unidentified(_) => None,
    };
    let key = match logical {
        Key::Named(named) => match named {
            NamedKey::Tab => "tab",
            NamedKey::Enter => "enter",
            NamedKey::Escape => "escape",
            NamedKey::PageDown => "pagedown",
            NamedKey::PageUp => "pageup",
            NamedKey::ArrowLeft => "left",
            NamedKey::ArrowRight => "right",
            NamedKey::ArrowUp => "up",
            NamedKey::ArrowDown => "down",
            NamedKey::Delete | NamedKey::Backspace => "delete",
            NamedKey::Home => "home",
            _ => return None,
        }
        .to_owned(),
        // On some keyboards digits want Shift: by their place.
        Key::Character(_) if digit.is_some() => digit?,
        Key::Character(text) => text.to_lowercase(),
        _ => return None,
    };
    let is_symbol = key.chars().count() == 1 && !key.chars().all(char::is_alphanumeric);
    let ctrl = if modifiers.control_key() { "ctrl+" } else { "" };
    // What a symbol takes to be typed is the keyboard's affair.
    let shift = if modifiers.shift_key() && !is_symbol { "shift+" } else { "" };
    Some(format!("{ctrl}{shift}{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_press_stands_twice_and_none_takes_a_key_that_is_as_ever() {
        let presses: Vec<_> = LINES.iter().flat_map(|(_, _, presses)| presses.iter().map(|(keys, _)| *keys)).collect();
        for (index, press) in presses.iter().enumerate() {
            assert!(!presses[index + 1..].contains(press), "{press}");
            assert!(!["e", "b", " ", "q", "space"].contains(press), "{press}");
        }
    }

    #[test]
    fn presses_are_written_as_the_table_has_them() {
        let code = PhysicalKey::Code;
        let (none, shift, ctrl) = (ModifiersState::empty(), ModifiersState::SHIFT, ModifiersState::CONTROL);
        let of = |logical: Key, physical, modifiers| press(&logical, physical, modifiers).and_then(|press| of(&press));
        let left = || Key::Named(NamedKey::ArrowLeft);
        assert_eq!(of(left(), code(KeyCode::ArrowLeft), none), Some(moved(-1.0, 0.0, Step::One)));
        assert_eq!(of(left(), code(KeyCode::ArrowLeft), shift), Some(moved(-1.0, 0.0, Step::Ten)));
        assert_eq!(of(Key::Character("Z".into()), code(KeyCode::KeyZ), ctrl | shift), Some(stage(Command::Redo)));
        assert_eq!(of(Key::Character("+".into()), code(KeyCode::Equal), shift), Some(scaled(true, Step::One)));
        let all = of(Key::Character("%".into()), code(KeyCode::Digit5), shift);
        assert_eq!(all, Some(EditAction::Test(TestMode::Pattern, true)));
        assert_eq!(
            of(Key::Character("&".into()), code(KeyCode::Digit1), none),
            Some(EditAction::Test(TestMode::None, false))
        );
    }
}
