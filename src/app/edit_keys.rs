//! The key bindings of edit mode: a table for each of its modes, from which the help on the wall is made, too.

use winit::event::KeyEvent;
use winit::keyboard::{Key, KeyCode, ModifiersState, PhysicalKey};

use super::keys::key_name;
use millions_control::TestMode;
use millions_stage::{ClipboardPart, EditCommand, EditMode, MirrorAxis, StepSize};

/// The action of a key while the stage is edited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EditAction {
    /// Sends a command to the editor.
    Stage(EditCommand),
    /// Enters the text of the key.
    Text,
    /// Adds a point at the pointer.
    AddPointHere,
    /// Shows a test pattern on the selected output, or on all.
    Test(TestMode, bool),
    /// Toggles the solo of the selected output.
    Solo,
    /// Toggles the number and name on every output.
    Identify,
    /// Toggles the help.
    Help,
}

/// A row of the table of keys.
struct Row {
    /// The keys, for the help.
    keys: &'static str,
    /// Their effect, for the help.
    does: &'static str,
    /// The action of each press, which is written `ctrl+shift+key`, in lower case.
    presses: &'static [(&'static str, EditAction)],
}

const fn row(keys: &'static str, does: &'static str, presses: &'static [(&'static str, EditAction)]) -> Row {
    Row { keys, does, presses }
}

const fn stage(command: EditCommand) -> EditAction {
    EditAction::Stage(command)
}

const fn moved(x: f64, y: f64, step: StepSize) -> EditAction {
    stage(EditCommand::Move { x, y, step })
}

const fn scaled(larger: bool, step: StepSize) -> EditAction {
    stage(EditCommand::Scale { larger, step })
}

const fn turned(clockwise: bool, step: StepSize) -> EditAction {
    stage(EditCommand::Rotate { clockwise, step })
}

const fn changed(up: bool, step: StepSize) -> EditAction {
    stage(EditCommand::StepValue { up, step })
}

const NEXT: Row = row(
    "Tab, Shift Tab",
    "the next of its kind: surface, point, mask",
    &[("tab", stage(EditCommand::SelectNext(1))), ("shift+tab", stage(EditCommand::SelectNext(-1)))],
);
const NEXT_OUTPUT: Row = row(
    "PageDown, PageUp",
    "the next output",
    &[("pagedown", stage(EditCommand::NextOutput(1))), ("pageup", stage(EditCommand::NextOutput(-1)))],
);
const UNDO: Row = row(
    "Ctrl Z, Ctrl Shift Z",
    "undo, redo",
    &[
        ("ctrl+z", stage(EditCommand::Undo)),
        ("ctrl+shift+z", stage(EditCommand::Redo)),
        ("ctrl+y", stage(EditCommand::Redo)),
    ],
);
const TESTS: Row = row(
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
const ALONE: Row = row(
    "S, I",
    "this output alone; every output says who it is",
    &[("s", EditAction::Solo), ("i", EditAction::Identify)],
);
const HELP: Row = row("H", "these keys", &[("h", EditAction::Help)]);

/// The keys of [`EditMode::Stage`].
const STAGE: [Row; 31] = [
    NEXT,
    row(
        "Enter, Esc",
        "into what is selected, and out; all the way out the whole output moves",
        &[("enter", stage(EditCommand::SelectInto)), ("escape", stage(EditCommand::SelectOut))],
    ),
    NEXT_OUTPUT,
    row("P", "the values of what is selected: set, typed", &[("p", stage(EditCommand::ToggleValues))]),
    row("Ctrl A", "select all of its kind", &[("ctrl+a", stage(EditCommand::SelectAll))]),
    row(
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
    row(
        // Characters of the font on the wall.
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
    row(
        ". ,",
        "turn clockwise, back; with Ctrl finely",
        &[
            (".", turned(true, StepSize::One)),
            (",", turned(false, StepSize::One)),
            ("ctrl+.", turned(true, StepSize::Tenth)),
            ("ctrl+,", turned(false, StepSize::Tenth)),
        ],
    ),
    row("K", "keep rectangle", &[("k", stage(EditCommand::KeepRectangle))]),
    row(
        "N, Shift N",
        "snap to neighbours while dragging; snap now",
        &[("n", stage(EditCommand::Snap)), ("shift+n", stage(EditCommand::SnapNow))],
    ),
    row("L", "straighten", &[("l", stage(EditCommand::Straighten))]),
    row(
        "F, Shift F",
        "mirror left and right, up and down",
        &[
            ("f", stage(EditCommand::Flip(MirrorAxis::Horizontal))),
            ("shift+f", stage(EditCommand::Flip(MirrorAxis::Vertical))),
        ],
    ),
    row(
        "R, Shift R",
        "turn the picture by a quarter, back",
        &[("r", stage(EditCommand::RotateQuarter(1))), ("shift+r", stage(EditCommand::RotateQuarter(-1)))],
    ),
    row(
        "Ctrl C, Ctrl V",
        "copy a surface, give its corners to another",
        &[("ctrl+c", stage(EditCommand::Copy)), ("ctrl+v", stage(EditCommand::Paste(ClipboardPart::Corners)))],
    ),
    row(
        "Ctrl Shift M, Ctrl Shift V",
        "give it the copied mesh, the copied masks",
        &[
            ("ctrl+shift+m", stage(EditCommand::Paste(ClipboardPart::Mesh))),
            ("ctrl+shift+v", stage(EditCommand::Paste(ClipboardPart::Masks))),
        ],
    ),
    row(
        "M, O",
        "a mesh, or none; smooth, or straight",
        &[("m", stage(EditCommand::Mesh)), ("o", stage(EditCommand::Smooth))],
    ),
    row(
        "C, Shift C",
        "a column of the mesh more, fewer",
        &[("c", stage(EditCommand::Columns(1))), ("shift+c", stage(EditCommand::Columns(-1)))],
    ),
    row(
        "V, Shift V",
        "a row of the mesh more, fewer",
        &[("v", stage(EditCommand::Rows(1))), ("shift+v", stage(EditCommand::Rows(-1)))],
    ),
    row("U", "round a column, or flat", &[("u", stage(EditCommand::Bend))]),
    row("] [", "rounder, flatter", &[("]", stage(EditCommand::BendBy(5.0))), ("[", stage(EditCommand::BendBy(-5.0)))]),
    row("X", "a new mask", &[("x", stage(EditCommand::NewMask))]),
    row("A", "a point more, at the pointer", &[("a", EditAction::AddPointHere)]),
    row("Z", "points of a mask are curves, or corners", &[("z", stage(EditCommand::Curve))]),
    row("G", "the mask hides, or shows", &[("g", stage(EditCommand::MaskKind))]),
    row(
        "' ;",
        "a softer edge, a harder one",
        &[("'", stage(EditCommand::Feather(2.0))), (";", stage(EditCommand::Feather(-2.0)))],
    ),
    row(
        "W, Shift W",
        "a new surface; the wall shared out among all surfaces",
        &[("w", stage(EditCommand::NewSurface)), ("shift+w", stage(EditCommand::DistributeWall))],
    ),
    row(
        "Delete, Home",
        "delete; fill the output again",
        &[
            ("delete", stage(EditCommand::Delete)),
            ("backspace", stage(EditCommand::Delete)),
            ("home", stage(EditCommand::Reset)),
        ],
    ),
    UNDO,
    TESTS,
    ALONE,
    HELP,
];

/// The keys of [`EditMode::Values`]. Others have no effect, so that a name typed too soon changes nothing.
const VALUES: [Row; 10] = [
    row(
        "Up, Down",
        "choose a value; with Shift by five",
        &[
            ("up", stage(EditCommand::SelectValue(-1))),
            ("down", stage(EditCommand::SelectValue(1))),
            ("shift+up", stage(EditCommand::SelectValue(-5))),
            ("shift+down", stage(EditCommand::SelectValue(5))),
        ],
    ),
    row(
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
    row(
        "Enter, Delete",
        "type it; as it usually is",
        &[
            ("enter", stage(EditCommand::BeginText)),
            ("delete", stage(EditCommand::ResetValue)),
            ("backspace", stage(EditCommand::ResetValue)),
        ],
    ),
    NEXT,
    NEXT_OUTPUT,
    UNDO,
    TESTS,
    ALONE,
    row(
        "P, Esc",
        "close the list",
        &[("p", stage(EditCommand::ToggleValues)), ("escape", stage(EditCommand::ToggleValues))],
    ),
    HELP,
];

/// The keys of [`EditMode::Typing`].
const TYPING: [Row; 3] = [
    row("letters, digits, signs", "type the value, with its unit or without", &[]),
    row(
        "Backspace, Delete",
        "the last of them is gone, all of them",
        &[("backspace", stage(EditCommand::Erase { all: false })), ("delete", stage(EditCommand::Erase { all: true }))],
    ),
    row(
        "Enter, Esc",
        "take it; leave it as it was",
        &[("enter", stage(EditCommand::CommitText)), ("escape", stage(EditCommand::CancelText))],
    ),
];

const fn rows(mode: EditMode) -> &'static [Row] {
    match mode {
        EditMode::Stage => &STAGE,
        EditMode::Values => &VALUES,
        EditMode::Typing => &TYPING,
    }
}

/// The help: keys and their effects.
pub fn help(mode: EditMode) -> impl Iterator<Item = [String; 2]> {
    rows(mode).iter().map(|row| [row.keys.to_owned(), row.does.to_owned()])
}

/// Returns the action of a press in edit mode. E, B, Space and Q have none, and keep their effects in the show, unless a value is
/// typed.
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
    // Ctrl and Alt together are AltGr on some keyboards.
    let is_held = modifiers.control_key() && !modifiers.alt_key() || modifiers.super_key();
    let writes = text.is_some_and(|text| text.chars().any(|c| !c.is_control()));
    let typed = (mode == EditMode::Typing && writes && !is_held).then_some(EditAction::Text);
    press.and_then(|press| of(&press, mode)).or(typed)
}

fn of(press: &str, mode: EditMode) -> Option<EditAction> {
    let mut presses = rows(mode).iter().flat_map(|row| row.presses);
    presses.find(|(keys, _)| *keys == press).map(|(_, action)| *action)
}

/// Formats a press as in the tables.
fn press(logical: &Key, physical: PhysicalKey, modifiers: ModifiersState) -> Option<String> {
    let digits = [KeyCode::Digit1, KeyCode::Digit2, KeyCode::Digit3, KeyCode::Digit4, KeyCode::Digit5, KeyCode::Digit6];
    let digit = match physical {
        PhysicalKey::Code(code) => digits.iter().position(|other| *other == code).map(|place| (place + 1).to_string()),
        PhysicalKey::Unidentified(_) => None,
    };
    let key = match logical {
        Key::Named(named) => key_name(*named)?.to_owned(),
        // By position: on some keyboards digits need Shift.
        Key::Character(_) if digit.is_some() => digit?,
        Key::Character(text) => text.to_lowercase(),
        _ => return None,
    };
    let is_symbol = key.chars().count() == 1 && !key.chars().all(char::is_alphanumeric);
    let ctrl = if modifiers.control_key() { "ctrl+" } else { "" };
    // The modifiers of symbols depend on the keyboard.
    let shift = if modifiers.shift_key() && !is_symbol { "shift+" } else { "" };
    Some(format!("{ctrl}{shift}{key}"))
}

#[cfg(test)]
#[path = "edit_keys_tests.rs"]
mod tests;
