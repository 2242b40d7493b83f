//! Other keys than the usual. See [`ACTIONS`].

use schemars::{Schema, json_schema};

use crate::problem::nearest;
use crate::reading::{Given, Key, Keys, Maybe, Reading, Table, TableReader, Takes, Text, shown};

/// What a show file can give another key: the name in the file, and what it does. The number keys are in `[keys]`.
pub const ACTIONS: [(&str, &str); 23] = [
    ("hold", "Holds the show, or lets it go on."),
    ("blackout", "Everything black, or back."),
    ("back", "Returns to the cue before."),
    ("next", "The next entry of the playlist."),
    ("previous", "The entry of the playlist before."),
    ("fullscreen", "Full screen, or a window."),
    ("leave", "Leaves full screen; in a window, quits at the second press."),
    ("faster", "Speeds the show up."),
    ("slower", "Slows it down."),
    ("more-rows", "More rows."),
    ("fewer-rows", "Fewer rows."),
    ("color", "Colour, or black and white."),
    ("look", "The next look, and after the last the scenes' own again."),
    ("more-contrast", "More contrast."),
    ("less-contrast", "Less contrast."),
    ("more-light", "More light."),
    ("less-light", "Less light."),
    ("reset", "The scene's own look, rows and speed again."),
    ("test", "The test picture, and back."),
    ("still", "Saves what the wall shows as a picture."),
    ("help", "Shows or hides the help."),
    ("quit", "Quits at the second press."),
    ("playlist", "Goes on with the playlist, from the entry that was left."),
];

/// Keys that have names, rather than typing something.
pub const NAMED_KEYS: [&str; 27] = [
    "space",
    "enter",
    "tab",
    "backspace",
    "escape",
    "left",
    "right",
    "up",
    "down",
    "home",
    "end",
    "pageup",
    "pagedown",
    "insert",
    "delete",
    "f1",
    "f2",
    "f3",
    "f4",
    "f5",
    "f6",
    "f7",
    "f8",
    "f9",
    "f10",
    "f11",
    "f12",
];

/// `[keymap]`.
#[derive(Clone, Debug)]
pub(super) struct Keymap([Option<String>; ACTIONS.len()]);

impl Default for Keymap {
    fn default() -> Self {
        Self([const { None }; ACTIONS.len()])
    }
}

impl Keymap {
    /// The actions that have another key, and the key.
    pub fn keys(self) -> Vec<(&'static str, String)> {
        ACTIONS.into_iter().zip(self.0).filter_map(|((name, _), key)| Some((name, key?))).collect()
    }
}

impl Table for Keymap {
    fn keys<K: Keys>(&mut self, keys: &mut K) {
        for ((name, about), key) in ACTIONS.into_iter().zip(&mut self.0) {
            keys.key(Key::new(name, about), key, &Maybe(KeyName));
        }
    }

    fn check(&self, file: &mut TableReader<'_, '_, '_>) {
        for (index, ((name, _), key)) in ACTIONS.iter().zip(&self.0).enumerate() {
            let Some(key) = key else { continue };
            if let Some(earlier) = self.0[..index].iter().position(|other| other.as_ref() == Some(key)) {
                file.wrong(name, format!("`{name}` has the key of `{}`, {key}", ACTIONS[earlier].0));
            }
        }
    }
}

/// A key: what it types, or its name.
struct KeyName;

impl Takes<String> for KeyName {
    fn read(&self, key: &str, given: &Given<'_>, reading: &mut Reading<'_>) -> Option<String> {
        let text = Text.read(key, given, reading)?;
        let mut characters = text.chars();
        let types_one = characters.next().is_some_and(|c| !c.is_whitespace()) && characters.next().is_none();
        if types_one && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`{key}` is a number key: these cue scenes, and stand in [keys]");
            reading.wrong(&given.span(), message, None);
            return None;
        }
        if !types_one && !NAMED_KEYS.contains(&text.as_str()) {
            let advice = nearest(&text, NAMED_KEYS);
            let wanted = format!("one character, or one of {}", NAMED_KEYS.join(", "));
            reading.wrong(&given.span(), format!("`{key}` is \"{}\": write {wanted}", shown(&text)), advice);
            return None;
        }
        Some(text.to_lowercase())
    }

    fn describe(&self, _: Option<&String>) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "pattern": "^[^0-9\\s]$" }, { "enum": NAMED_KEYS }] })
    }
}
