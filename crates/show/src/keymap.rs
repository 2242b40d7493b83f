//! The keys of a show file besides those of its scenes: `[keymap]`, see [`ACTIONS`], and `[[commands]]`, see [`KeyCommand`].

use millions_config::{Key, KeyName, KeyVisitor, Optional, Section, SectionParser, StringValue};

/// The actions to which a show file can assign another key: name in the file, and description. The number keys are in
/// `[keys]`.
pub const ACTIONS: [(&str, &str); 27] = [
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
    ("edit", "Edits the stage, or ends it."),
    ("faces", "Numbers the faces on the wall, to hide somebody."),
    ("open", "Asks for a folder of photographs to play."),
    ("still", "Saves what the wall shows as a picture."),
    ("help", "Shows or hides the help."),
    ("quit", "Quits at the second press."),
    ("wipe", "Wipes the field copy that plays, at the second press."),
    ("playlist", "Goes on with the playlist, from the entry that was left."),
];

/// A key that sends a command, a table of `[[commands]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyCommand {
    /// The key: what it types, or its name.
    pub key: String,
    /// The address and what it takes, as `millions ctl` does: `fade-out 5`. This crate does not know addresses.
    pub send: String,
    /// What the help says of it; empty for the command itself.
    pub name: String,
}

impl Section for KeyCommand {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("key", "The key: what it types, or its name, as f5."), &mut self.key, &KeyName);
        let send = "An address and its value, as for `millions ctl`: \"cue title\", \"speed 0.5\".";
        keys.key(Key::required("send", send), &mut self.send, &StringValue);
        keys.key(Key::new("name", "What the operator reads in the help."), &mut self.name, &StringValue);
    }
}

/// `[keymap]`: a key for each of [`ACTIONS`].
#[derive(Clone, Debug)]
pub(super) struct Keymap([Option<String>; ACTIONS.len()]);

impl Default for Keymap {
    fn default() -> Self {
        Self([const { None }; ACTIONS.len()])
    }
}

impl Keymap {
    /// Returns the actions that have another key, and the key.
    pub fn keys(self) -> Vec<(&'static str, String)> {
        ACTIONS.into_iter().zip(self.0).filter_map(|((name, _), key)| Some((name, key?))).collect()
    }
}

impl Section for Keymap {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        for ((name, description), key) in ACTIONS.into_iter().zip(&mut self.0) {
            keys.key(Key::new(name, description), key, &Optional(KeyName));
        }
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        for (index, ((name, _), key)) in ACTIONS.iter().zip(&self.0).enumerate() {
            let Some(key) = key else { continue };
            if let Some(earlier) = self.0[..index].iter().position(|other| other.as_ref() == Some(key)) {
                file.error(name, format!("`{name}` has the key of `{}`, {key}", ACTIONS[earlier].0));
            }
        }
    }
}
