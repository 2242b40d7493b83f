//! The keys of the edit mode: a table for each of its modes, which binds them and writes the help on the wall.

use winit::event::KeyEvent;
use winit::keyboard::{Key, KeyCode, ModifiersState, NamedKey, PhysicalKey};

use crate::pattern::TestMode;
use millions_stage::{ClipboardPart, Command, EditMode, MirrorAxis, StepSize};

/// The action of a key while the stage is edited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EditAction {
    /// Sends a command to the editor.
    Stage(Command),
    /// Types the key's text.
    Text,
    /// Adds a point at the pointer.
    AddPointHere,
    /// Shows a test pattern on the selected output, or on all.
    Test(TestMode, bool),
    /// Lights the selected output alone, or all again.
    Solo,
    /// Has every output show its number and name.
    Identify,
    /// Lists these keys.
    Help,
}

/// A line of the help: its keys as people write them, what they do, and the action of each press. Presses are written
/// `ctrl+shift+key`, in lower case.
type Line = (&'static str, &'static str, &'static [(&'static str, EditAction)]);

const fn stage(command: Command) -> EditAction {
    EditAction::Stage(command)
}

const fn moved(x: f64, y: f64, step: StepSize) -> EditAction {
    stage(Command::Move { x, y, step })
}

const fn scaled(larger: bool, step: StepSize) -> EditAction {
    stage(Command::Scale { larger, step })
}

const fn turned(clockwise: bool, step: StepSize) -> EditAction {
    stage(Command::Rotate { clockwise, step })
}

const fn changed(up: bool, step: StepSize) -> EditAction {
    stage(Command::StepValue { up, step })
}

const NEXT: Line = (
    "Tab, Shift Tab",
    "the next of its kind: surface, point, mask",
    &[("tab", stage(Command::SelectNext(1))), ("shift+tab", stage(Command::SelectNext(-1)))],
);
const NEXT_OUTPUT: Line = (
    "PageDown, PageUp",
    "the next output",
    &[("pagedown", stage(Command::NextOutput(1))), ("pageup", stage(Command::NextOutput(-1)))],
);
const UNDO: Line = (
    "Ctrl Z, Ctrl Shift Z",
    "undo, redo",
    &[("ctrl+z", stage(Command::Undo)), ("ctrl+shift+z", stage(Command::Redo)), ("ctrl+y", stage(Command::Redo))],
);
const TESTS: Line = (
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
);
const ALONE: Line =
    ("S, I", "this output alone; every output says who it is", &[("s", EditAction::Solo), ("i", EditAction::Identify)]);
const HELP: Line = ("H", "these keys", &[("h", EditAction::Help)]);

/// While the stage itself is edited.
const STAGE: [Line; 31] = [
    NEXT,
    (
        "Enter, Esc",
        "into what is selected, and out; all the way out the whole output moves",
        &[("enter", stage(Command::SelectInto)), ("escape", stage(Command::SelectOut))],
    ),
    NEXT_OUTPUT,
    ("P", "the values of what is selected: set, typed", &[("p", stage(Command::ToggleValues))]),
    ("Ctrl A", "select all of its kind", &[("ctrl+a", stage(Command::SelectAll))]),
    (
        "arrows",
        "move 1 px; Shift 10, Ctrl 0.1",
        &[
            ("left", moved(-1.0, 0.0, StepSize::One)),
            ("right", moved(1.0, 0.0, StepSize::One)),
            ("up", moved(0.0, -1.0, StepSize::One)),
            ("down", moved(0.0, 1.0, StepSize::One)),
            ("shift+left", moved(-1.0, 0.0, StepSize::Ten)),
            ("shift+right", moved(1.0, 0.0, StepSize::Ten)),
            ("shift+up", moved(0.0, -1.0, StepSize::Ten)),
            ("shift+down", moved(0.0, 1.0, StepSize::Ten)),
            ("ctrl+left", moved(-1.0, 0.0, StepSize::Tenth)),
            ("ctrl+right", moved(1.0, 0.0, StepSize::Tenth)),
            ("ctrl+up", moved(0.0, -1.0, StepSize::Tenth)),
            ("ctrl+down", moved(0.0, 1.0, StepSize::Tenth)),
        ],
    ),
    (
        // Letters that the type on the wall has.
        "+ -",
        "larger, smaller; with Ctrl finely",
        &[
            ("+", scaled(true, StepSize::One)),
            ("=", scaled(true, StepSize::One)),
            ("-", scaled(false, StepSize::One)),
            ("ctrl++", scaled(true, StepSize::Tenth)),
            ("ctrl+=", scaled(true, StepSize::Tenth)),
            ("ctrl+-", scaled(false, StepSize::Tenth)),
        ],
    ),
    (
        ". ,",
        "turn clockwise, back; with Ctrl finely",
        &[
            (".", turned(true, StepSize::One)),
            (",", turned(false, StepSize::One)),
            ("ctrl+.", turned(true, StepSize::Tenth)),
            ("ctrl+,", turned(false, StepSize::Tenth)),
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
        &[("f", stage(Command::Flip(MirrorAxis::Horizontal))), ("shift+f", stage(Command::Flip(MirrorAxis::Vertical)))],
    ),
    (
        "R, Shift R",
        "turn the picture by a quarter, back",
        &[("r", stage(Command::RotateQuarter(1))), ("shift+r", stage(Command::RotateQuarter(-1)))],
    ),
    (
        "Ctrl C, Ctrl V",
        "copy a surface, give its corners to another",
        &[("ctrl+c", stage(Command::Copy)), ("ctrl+v", stage(Command::Paste(ClipboardPart::Corners)))],
    ),
    (
        "Ctrl Shift M, Ctrl Shift V",
        "give it the copied mesh, the copied masks",
        &[
            ("ctrl+shift+m", stage(Command::Paste(ClipboardPart::Mesh))),
            ("ctrl+shift+v", stage(Command::Paste(ClipboardPart::Masks))),
        ],
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
        "W, Shift W",
        "a new surface; the wall shared out among all surfaces",
        &[("w", stage(Command::NewSurface)), ("shift+w", stage(Command::DistributeWall))],
    ),
    (
        "Delete, Home",
        "delete; fill the output again",
        &[("delete", stage(Command::Delete)), ("backspace", stage(Command::Delete)), ("home", stage(Command::Reset))],
    ),
    UNDO,
    TESTS,
    ALONE,
    HELP,
];

/// While the list of values is open. All other keys rest: a name that is typed too soon changes nothing.
const VALUES: [Line; 10] = [
    (
        "Up, Down",
        "choose a value; with Shift by five",
        &[
            ("up", stage(Command::SelectValue(-1))),
            ("down", stage(Command::SelectValue(1))),
            ("shift+up", stage(Command::SelectValue(-5))),
            ("shift+down", stage(Command::SelectValue(5))),
        ],
    ),
    (
        "Left, Right",
        "less, more, or another word; Shift 10 steps, Ctrl a tenth",
        &[
            ("left", changed(false, StepSize::One)),
            ("right", changed(true, StepSize::One)),
            ("shift+left", changed(false, StepSize::Ten)),
            ("shift+right", changed(true, StepSize::Ten)),
            ("ctrl+left", changed(false, StepSize::Tenth)),
            ("ctrl+right", changed(true, StepSize::Tenth)),
        ],
    ),
    (
        "Enter, Delete",
        "type it; as it usually is",
        &[
            ("enter", stage(Command::BeginText)),
            ("delete", stage(Command::ResetValue)),
            ("backspace", stage(Command::ResetValue)),
        ],
    ),
    NEXT,
    NEXT_OUTPUT,
    UNDO,
    TESTS,
    ALONE,
    ("P, Esc", "close the list", &[("p", stage(Command::ToggleValues)), ("escape", stage(Command::ToggleValues))]),
    HELP,
];

/// While a value is typed.
const TYPING: [Line; 3] = [
    ("letters, digits, signs", "type the value, with its unit or without", &[]),
    (
        "Backspace, Delete",
        "the last of them is gone, all of them",
        &[("backspace", stage(Command::Erase { all: false })), ("delete", stage(Command::Erase { all: true }))],
    ),
    (
        "Enter, Esc",
        "take it; leave it as it was",
        &[("enter", stage(Command::CommitText)), ("escape", stage(Command::CancelText))],
    ),
];

const fn lines(mode: EditMode) -> &'static [Line] {
    match mode {
        EditMode::Stage => &STAGE,
        EditMode::Values => &VALUES,
        EditMode::Typing => &TYPING,
    }
}

/// Keys and what they do, a line each.
pub fn help(mode: EditMode) -> impl Iterator<Item = [String; 2]> {
    lines(mode).iter().map(|(keys, does, _)| [(*keys).to_owned(), (*does).to_owned()])
}

/// Returns the action of a press while the stage is edited. E, B, Space and Q have none: they do what they always do, unless a
/// value is typed.
#[must_use]
pub fn edit_action(event: &KeyEvent, modifiers: ModifiersState, mode: EditMode) -> Option<EditAction> {
    action(&event.logical_key, event.physical_key, event.text.as_deref(), modifiers, mode)
}

fn action(
    logical: &Key,
    physical: PhysicalKey,
    text: Option<&str>,
    modifiers: ModifiersState,
    mode: EditMode,
) -> Option<EditAction> {
    let press = press(logical, physical, modifiers);
    // With Ctrl and Alt together some keyboards write.
    let is_held = modifiers.control_key() && !modifiers.alt_key() || modifiers.super_key();
    let writes = text.is_some_and(|text| text.chars().any(|c| !c.is_control()));
    let typed = (mode == EditMode::Typing && writes && !is_held).then_some(EditAction::Text);
    press.and_then(|press| of(&press, mode)).or(typed)
}

fn of(press: &str, mode: EditMode) -> Option<EditAction> {
    let presses = lines(mode).iter().flat_map(|(_, _, presses)| presses.iter());
    presses.into_iter().find(|(keys, _)| *keys == press).map(|(_, action)| *action)
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
            NamedKey::Delete => "delete",
            NamedKey::Backspace => "backspace",
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
#[path = "edit_keys_tests.rs"]
mod tests;
