//! The desk's keys: those of the wall that matter while it plays. See [`ShowKeys`].

use egui::{Event, Key, Modifiers, RawInput};

use millions_control::{Command, CueTransition, Status};

/// The number keys, in the order of the show's.
const DIGITS: [Key; 10] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0];

/// The keys that command the show, before any control of the desk sees them.
#[derive(Debug, Default)]
pub struct ShowKeys {
    /// Those that are held: a key fires once, and again only after it was let go.
    held: Vec<Key>,
}

/// What has the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// A text field, which owns all keys.
    pub is_text: bool,
    /// A slider, or a crop, which is moved by the arrows.
    pub owns_arrows: bool,
}

impl ShowKeys {
    /// Takes the show's keys out of what was pressed, and returns their commands.
    pub fn take(&mut self, raw: &mut RawInput, status: &Status, focus: Focus) -> Vec<Command> {
        // What is let go elsewhere is not told.
        if !raw.focused {
            self.held.clear();
        }
        let mut commands = Vec::new();
        raw.events.retain(|event| {
            let Event::Key { key, physical_key, pressed, modifiers, .. } = event else { return true };
            if !pressed {
                self.held.retain(|held| held != key);
                return true;
            }
            let is_repeated = self.held.contains(key);
            if !is_repeated {
                self.held.push(*key);
            }
            if focus.is_text {
                return true;
            }
            let Some(command) = command((*key, *physical_key), *modifiers, status, focus) else { return true };
            commands.extend(command.filter(|_| !is_repeated));
            false
        });
        commands
    }
}

/// The command of a key; none for a key that is not the desk's, and an empty one for a key that is, and does nothing now.
fn command(
    (key, physical): (Key, Option<Key>),
    modifiers: Modifiers,
    status: &Status,
    focus: Focus,
) -> Option<Option<Command>> {
    if modifiers.ctrl || modifiers.alt || modifiers.command {
        return None;
    }
    // With Shift, a number key is another character.
    let digit = DIGITS.iter().position(|digit| *digit == key || (modifiers.shift && Some(*digit) == physical));
    if let Some(digit) = digit {
        let cue = status.cues.iter().find(|cue| cue.key == Some(digit as u8 + 1));
        let transition = modifiers.shift.then_some(CueTransition::CUT);
        return Some(cue.map(|cue| Command::Cue { scene: cue.scene.clone(), transition, at: None }));
    }
    match key {
        Key::Space => Some(Some(Command::Hold { on: !status.held })),
        Key::B => Some(Some(super::transport::blackout(status))),
        Key::Backspace => Some(Some(Command::Back)),
        Key::ArrowRight if !focus.owns_arrows => Some(Some(Command::Go)),
        Key::ArrowLeft if !focus.owns_arrows => Some(Some(Command::Previous)),
        _ => None,
    }
}
