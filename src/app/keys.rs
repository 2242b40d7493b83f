//! The key bindings of the show: one table, from which the help on the screen and the test of the README are made.

use std::borrow::Cow;

use winit::keyboard::{Key, KeyCode, NamedKey, PhysicalKey};

use millions_show::{KeyCommand, Show};

/// The action of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Holds the show, or lets it go on.
    Hold,
    /// Everything black, or back.
    Blackout,
    /// Full screen, or a window.
    Fullscreen,
    /// Leaves full screen; in a window, quits at the second press.
    Leave,
    /// Cues what is on a number key, from 0, with its transition or at once.
    Cue {
        /// The key's place: 1 is 0, and 0 is 9.
        key: usize,
        /// Without the transition.
        cut: bool,
    },
    /// Returns to the previous cue.
    Back,
    /// The next (1) or the last (−1) entry of the playlist; in the test picture, more or less of the value that is chosen.
    Playlist(i32),
    /// Goes on with the playlist.
    Resume,
    /// Speeds the show up (1) or down (−1).
    Speed(i32),
    /// More (1) or fewer (−1) rows.
    Rows(i32),
    /// Colour, or black and white.
    Color,
    /// More (1) or less (−1) contrast.
    Contrast(i32),
    /// More (1) or less (−1) light.
    Exposure(i32),
    /// The next look, and after the last the scenes' own again.
    Look,
    /// The test picture: step wedge and faces; leaving it keeps what was set.
    Test,
    /// Edits the stage, or ends it.
    Edit,
    /// The scene's own look, rows and speed again.
    Reset,
    /// Numbers the faces on the wall, to hide one; or ends that.
    Faces,
    /// Saves what the wall shows as a picture.
    Still,
    /// Asks for a folder of photographs to play.
    ChooseFolder,
    /// Shows or hides the help.
    Help,
    /// Wipes the field copy that plays, at the second press.
    Wipe,
    /// Quits at the second press.
    Quit,
    /// Sends a command of the show, by its place.
    Send(usize),
}

impl Action {
    /// Whether it repeats while its key is held.
    #[must_use]
    pub const fn repeats(self) -> bool {
        matches!(self, Self::Speed(_) | Self::Contrast(_) | Self::Exposure(_))
    }
}

/// A key press.
#[derive(Clone, Copy, Debug)]
pub struct KeyPress<'a> {
    /// Its meaning in the keyboard layout.
    pub logical: &'a Key,
    /// Its position on the keyboard.
    pub physical: PhysicalKey,
    /// Whether Shift is held.
    pub shift: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyPattern {
    Named(NamedKey),
    /// The text that the key types, in lower case; no key if empty.
    Types(Cow<'static, str>),
    /// The digits, alone or with Shift.
    Digits {
        shift: bool,
    },
}

/// A press of a binding.
#[derive(Clone, Debug)]
struct Press {
    pattern: KeyPattern,
    action: Action,
    /// The action's name in a show's key map; empty if a key map cannot move it.
    name: &'static str,
}

/// A row of the table of keys.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The keys, for the help.
    pub keys: Cow<'static, str>,
    /// Their effect, for the help.
    pub does: Cow<'static, str>,
    presses: Vec<Press>,
}

/// The key bindings.
#[derive(Clone, Debug)]
pub struct Keys {
    bindings: Vec<Binding>,
}

const fn types(text: &'static str) -> KeyPattern {
    KeyPattern::Types(Cow::Borrowed(text))
}

const fn press(pattern: KeyPattern, action: Action, name: &'static str) -> Press {
    Press { pattern, action, name }
}

fn bind<const N: usize>(keys: &'static str, does: &'static str, presses: [Press; N]) -> Binding {
    Binding { keys: keys.into(), does: does.into(), presses: presses.into() }
}

/// The default bindings.
fn default_bindings() -> Vec<Binding> {
    use KeyPattern::{Digits, Named};
    let cue = |cut| press(Digits { shift: cut }, Action::Cue { key: 0, cut }, "");
    vec![
        bind("1–9 and 0", "cue a scene", [cue(false)]),
        bind("Shift and a digit", "cue it at once, without its transition", [cue(true)]),
        bind("Backspace", "back to the cue before", [press(Named(NamedKey::Backspace), Action::Back, "back")]),
        bind(
            "Right Left",
            "next in the playlist, the one before; in the test picture: more, less",
            [
                press(Named(NamedKey::ArrowRight), Action::Playlist(1), "next"),
                press(Named(NamedKey::ArrowLeft), Action::Playlist(-1), "previous"),
            ],
        ),
        bind("P", "on with the playlist", [press(types("p"), Action::Resume, "playlist")]),
        bind("Space", "hold, and go on", [press(Named(NamedKey::Space), Action::Hold, "hold")]),
        bind("B", "blackout, and back", [press(types("b"), Action::Blackout, "blackout")]),
        bind(
            "F or F11",
            "full screen, and back",
            [types("f"), Named(NamedKey::F11)].map(|pattern| press(pattern, Action::Fullscreen, "fullscreen")),
        ),
        bind(
            "+ -",
            "faster, slower",
            [press(types("+"), Action::Speed(1), "faster"), press(types("-"), Action::Speed(-1), "slower")],
        ),
        bind(
            "Up Down",
            "more rows, fewer rows",
            [
                press(Named(NamedKey::ArrowUp), Action::Rows(1), "more-rows"),
                press(Named(NamedKey::ArrowDown), Action::Rows(-1), "fewer-rows"),
            ],
        ),
        bind("C", "colour, or black and white", [press(types("c"), Action::Color, "color")]),
        bind("L", "the next look; after the last, the scene's own", [press(types("l"), Action::Look, "look")]),
        bind(
            "] [",
            "more contrast, less",
            [
                press(types("]"), Action::Contrast(1), "more-contrast"),
                press(types("["), Action::Contrast(-1), "less-contrast"),
            ],
        ),
        bind(
            "} {",
            "more light, less",
            [
                press(types("}"), Action::Exposure(1), "more-light"),
                press(types("{"), Action::Exposure(-1), "less-light"),
            ],
        ),
        bind("R", "the scene's own look, rows and speed again", [press(types("r"), Action::Reset, "reset")]),
        bind(
            "T",
            "test picture, and back: Up Down choose gamma, black, white or wall colour, Left Right set it, R resets it",
            [press(types("t"), Action::Test, "test")],
        ),
        bind(
            "E",
            "edit the stage: where the wall lands; the wall itself shows the keys for that",
            [press(types("e"), Action::Edit, "edit")],
        ),
        bind(
            "N",
            "number the faces, to hide somebody: their number and Enter takes them off the wall at once and for good; with Tab \
             they come forward, in colour",
            [press(types("n"), Action::Faces, "faces")],
        ),
        bind("S", "save a still of the wall", [press(types("s"), Action::Still, "still")]),
        bind(
            "O",
            "open a folder of photographs and play it; so does dropping one onto the window, under X11",
            [press(types("o"), Action::ChooseFolder, "open")],
        ),
        bind("H", "this help", [press(types("h"), Action::Help, "help")]),
        bind(
            "Esc",
            "leave full screen; in a window, twice quits",
            [press(Named(NamedKey::Escape), Action::Leave, "leave")],
        ),
        bind("Q", "quit, pressed twice: the wall fades to black first", [press(types("q"), Action::Quit, "quit")]),
        bind(
            "Delete",
            "wipe the field copy that plays, pressed twice; of another library, nothing",
            [press(Named(NamedKey::Delete), Action::Wipe, "wipe")],
        ),
    ]
}

impl Default for Keys {
    fn default() -> Self {
        Self { bindings: default_bindings() }
    }
}

impl Keys {
    /// The bindings of a show: the default ones, with actions of [`millions_show::ACTIONS`] moved to other keys, and keys that send
    /// commands. A key that is taken loses its own action.
    #[must_use]
    pub fn of_show(show: &Show) -> Self {
        let mut bindings = default_bindings();
        for (name, key) in &show.keymap {
            let Some(row) = bindings.iter().position(|row| row.presses.iter().any(|press| press.name == *name)) else {
                continue;
            };
            let pattern = KeyPattern::of(key);
            take(&mut bindings, &pattern);
            let binding = &mut bindings[row];
            let mut is_first = true;
            binding.presses.retain_mut(|press| {
                if press.name != *name {
                    return true;
                }
                press.pattern = pattern.clone();
                std::mem::take(&mut is_first)
            });
            binding.list_keys();
        }
        for (place, KeyCommand { key, send, name }) in show.commands.iter().enumerate() {
            let pattern = KeyPattern::of(key);
            take(&mut bindings, &pattern);
            let keys = pattern.shown().into();
            let does = if name.is_empty() { send.clone() } else { name.clone() }.into();
            bindings.push(Binding {
                keys,
                does,
                presses: vec![Press { pattern, action: Action::Send(place), name: "" }],
            });
        }
        // What has no key any more is not offered.
        bindings.retain(|binding| !binding.keys.is_empty());
        Self { bindings }
    }

    /// Returns the action of a key press.
    #[must_use]
    pub fn action(&self, pressed: KeyPress) -> Option<Action> {
        let mut presses = self.bindings.iter().flat_map(|binding| &binding.presses);
        match presses.find(|press| press.pattern.is(pressed))?.action {
            Action::Cue { cut, .. } => digit(pressed).map(|key| Action::Cue { key, cut }),
            action => Some(action),
        }
    }

    /// The help: keys and their effects, a row for each binding.
    #[must_use]
    pub fn help(&self) -> Vec<[String; 2]> {
        self.bindings.iter().map(|Binding { keys, does, .. }| [keys.to_string(), does.to_string()]).collect()
    }
}

/// Takes a key from the action that has it. The press stays in its row: a key map may move it, too.
fn take(bindings: &mut [Binding], pattern: &KeyPattern) {
    for binding in bindings {
        if let Some(taken) = binding.presses.iter_mut().find(|press| press.pattern == *pattern) {
            taken.pattern = types("");
            binding.list_keys();
        }
    }
}

impl Binding {
    /// Lists the keys of its presses for the help.
    fn list_keys(&mut self) {
        let keys: Vec<_> =
            self.presses.iter().map(|press| press.pattern.shown()).filter(|key| !key.is_empty()).collect();
        self.keys = keys.join(" ").into();
    }
}

/// The index of a pressed digit, of 1 to 9 and 0: by its text or, as on some keyboards digits need Shift, its position.
pub fn digit(pressed: KeyPress) -> Option<usize> {
    use KeyCode::{Digit0, Digit1, Digit2, Digit3, Digit4, Digit5, Digit6, Digit7, Digit8, Digit9};
    let row = [Digit1, Digit2, Digit3, Digit4, Digit5, Digit6, Digit7, Digit8, Digit9, Digit0];
    let typed = match pressed.logical {
        Key::Character(text) => match text.as_bytes() {
            [digit @ b'1'..=b'9'] => Some(usize::from(digit - b'1')),
            b"0" => Some(9),
            _ => None,
        },
        _ => None,
    };
    typed.or_else(|| match pressed.physical {
        PhysicalKey::Code(code) => row.iter().position(|other| *other == code),
        PhysicalKey::Unidentified(_) => None,
    })
}

/// The names of keys in key maps, presets and the tables of edit mode.
const NAMED: [(&str, NamedKey); 27] = [
    ("space", NamedKey::Space),
    ("enter", NamedKey::Enter),
    ("tab", NamedKey::Tab),
    ("backspace", NamedKey::Backspace),
    ("escape", NamedKey::Escape),
    ("left", NamedKey::ArrowLeft),
    ("right", NamedKey::ArrowRight),
    ("up", NamedKey::ArrowUp),
    ("down", NamedKey::ArrowDown),
    ("home", NamedKey::Home),
    ("end", NamedKey::End),
    ("pageup", NamedKey::PageUp),
    ("pagedown", NamedKey::PageDown),
    ("insert", NamedKey::Insert),
    ("delete", NamedKey::Delete),
    ("f1", NamedKey::F1),
    ("f2", NamedKey::F2),
    ("f3", NamedKey::F3),
    ("f4", NamedKey::F4),
    ("f5", NamedKey::F5),
    ("f6", NamedKey::F6),
    ("f7", NamedKey::F7),
    ("f8", NamedKey::F8),
    ("f9", NamedKey::F9),
    ("f10", NamedKey::F10),
    ("f11", NamedKey::F11),
    ("f12", NamedKey::F12),
];

/// Returns the name of a key.
#[must_use]
pub fn key_name(key: NamedKey) -> Option<&'static str> {
    NAMED.iter().find(|(_, named)| *named == key).map(|(name, _)| *name)
}

/// Formats a key for the help.
fn shown(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl KeyPattern {
    /// Parses a key of a key map.
    fn of(key: &str) -> Self {
        let named = NAMED.iter().find(|(name, _)| *name == key.to_lowercase());
        named.map_or_else(|| Self::Types(key.to_lowercase().into()), |(_, named)| Self::Named(*named))
    }

    fn shown(&self) -> String {
        match self {
            Self::Named(named) => {
                NAMED.iter().find(|(_, other)| other == named).map_or_else(String::new, |n| shown(n.0))
            }
            Self::Types(text) => text.to_uppercase(),
            Self::Digits { .. } => String::new(),
        }
    }

    fn is(&self, pressed: KeyPress) -> bool {
        match (self, pressed.logical) {
            (Self::Digits { shift }, _) => pressed.shift == *shift && digit(pressed).is_some(),
            (Self::Named(named), Key::Named(key)) => named == key,
            // A character on some platforms.
            (Self::Named(NamedKey::Space), Key::Character(text)) => text == " ",
            (Self::Types(typed), Key::Character(text)) => match typed.as_ref() {
                "" => false,
                "+" => text == "+" || text == "=",
                "-" => text == "-" || text == "_" || text == "−",
                typed => text.to_lowercase() == typed,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_config::NAMED_KEYS;
    use millions_show::ACTIONS;

    const NOWHERE: PhysicalKey = PhysicalKey::Unidentified(winit::keyboard::NativeKeyCode::Unidentified);

    fn pressed(keys: &Keys, logical: &Key, physical: PhysicalKey, shift: bool) -> Option<Action> {
        keys.action(KeyPress { logical, physical, shift })
    }

    fn typed(text: &str) -> Option<Action> {
        pressed(&Keys::default(), &Key::Character(text.into()), NOWHERE, false)
    }

    #[test]
    fn keys_do_what_the_table_says() {
        assert_eq!(typed("b"), Some(Action::Blackout));
        assert_eq!(typed("B"), Some(Action::Blackout));
        assert_eq!(typed("7"), Some(Action::Cue { key: 6, cut: false }));
        assert_eq!(typed("0"), Some(Action::Cue { key: 9, cut: false }));
        assert_eq!(typed("-"), Some(Action::Speed(-1)));
        assert_eq!(typed("{"), Some(Action::Exposure(-1)));
        let keys = Keys::default();
        let named = |key| pressed(&keys, &Key::Named(key), NOWHERE, false);
        assert_eq!(named(NamedKey::F11), Some(Action::Fullscreen));
        assert_eq!(named(NamedKey::ArrowDown), Some(Action::Rows(-1)));
        assert_eq!(named(NamedKey::ArrowLeft), Some(Action::Playlist(-1)));
    }

    #[test]
    fn shift_and_a_digit_cut_on_any_keyboard() {
        let keys = Keys::default();
        let at = |text: &str, code, shift| pressed(&keys, &Key::Character(text.into()), PhysicalKey::Code(code), shift);
        assert_eq!(at("\"", KeyCode::Digit2, true), Some(Action::Cue { key: 1, cut: true }));
        // A French keyboard types & where there is a 1 with Shift.
        assert_eq!(at("&", KeyCode::Digit1, false), Some(Action::Cue { key: 0, cut: false }));
        assert_eq!(at("1", KeyCode::Digit1, true), Some(Action::Cue { key: 0, cut: true }));
        assert_eq!(at("b", KeyCode::KeyB, true), Some(Action::Blackout), "a letter is a letter");
    }

    #[test]
    fn a_show_can_move_keys() {
        let mut show = Show::embedded().unwrap();
        show.keymap = vec![("blackout", "x".to_owned()), ("next", "pagedown".to_owned()), ("hold", "b".to_owned())];
        let keys = Keys::of_show(&show);
        let type_key = |text: &str| pressed(&keys, &Key::Character(text.into()), NOWHERE, false);
        assert_eq!((type_key("x"), type_key("b")), (Some(Action::Blackout), Some(Action::Hold)));
        let named = |key| pressed(&keys, &Key::Named(key), NOWHERE, false);
        assert_eq!(named(NamedKey::PageDown), Some(Action::Playlist(1)));
        assert_eq!((named(NamedKey::ArrowRight), named(NamedKey::ArrowLeft)), (None, Some(Action::Playlist(-1))));
        assert!(keys.help().iter().any(|line| line[0] == "X" && line[1].contains("blackout")));
        assert!(keys.help().iter().any(|line| line[0] == "Pagedown Left"));
    }

    #[test]
    fn a_key_of_a_show_sends_a_command_in_the_place_of_what_it_did() {
        let mut show = Show::embedded().unwrap();
        let command = |key: &str, send: &str, name: &str| KeyCommand {
            key: key.to_owned(),
            send: send.to_owned(),
            name: name.to_owned(),
        };
        show.commands = vec![command("f5", "speed 0.5", "half the speed"), command("h", "dimmer 0.3", "")];
        let keys = Keys::of_show(&show);
        let named = |key| pressed(&keys, &Key::Named(key), NOWHERE, false);
        assert_eq!(named(NamedKey::F5), Some(Action::Send(0)));
        assert_eq!(pressed(&keys, &Key::Character("H".into()), NOWHERE, false), Some(Action::Send(1)));
        let help = keys.help();
        let rows = [["F5", "half the speed"], ["H", "dimmer 0.3"]].map(|row| row.map(str::to_owned));
        assert!(help.ends_with(&rows), "{help:?}");
        assert!(!help.iter().any(|line| line[1] == "this help"), "it has no key: {help:?}");
    }

    #[test]
    fn whatever_a_show_can_move_is_in_the_table_and_no_more() {
        let presses = default_bindings().into_iter().flat_map(|binding| binding.presses);
        let mut here: Vec<_> = presses.map(|press| press.name).filter(|name| !name.is_empty()).collect();
        let mut there: Vec<_> = ACTIONS.iter().map(|(name, _)| *name).collect();
        here.sort_unstable();
        here.dedup();
        there.sort_unstable();
        assert_eq!(here, there);
        assert_eq!(NAMED.map(|(name, _)| name), NAMED_KEYS);
    }

    #[test]
    fn no_key_is_bound_twice() {
        let presses = default_bindings().into_iter().flat_map(|binding| binding.presses);
        let presses: Vec<_> = presses.map(|press| press.pattern).collect();
        for (index, press) in presses.iter().enumerate() {
            assert!(!presses[..index].contains(press), "{press:?}");
        }
    }

    #[test]
    fn the_readme_has_the_same_keys() {
        let readme = include_str!("../../README.md");
        for Binding { keys, does, .. } in default_bindings() {
            assert!(readme.contains(&format!("| {keys} | {does} |")), "README.md lacks: | {keys} | {does} |");
        }
    }
}
