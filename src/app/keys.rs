//! The keys: one table, which binds them, writes the help on the screen, and is held against the README.

use std::borrow::Cow;

use winit::keyboard::{Key, KeyCode, NamedKey, PhysicalKey};

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
    /// Goes back to the cue before.
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
    /// Saves what the wall shows as a picture.
    Still,
    /// Shows or hides the help.
    Help,
    /// Quits at the second press.
    Quit,
}

impl Action {
    /// Whether it goes on while its key is held down.
    #[must_use]
    pub const fn repeats(self) -> bool {
        matches!(self, Self::Speed(_) | Self::Contrast(_) | Self::Exposure(_))
    }
}

/// A key press.
#[derive(Clone, Copy, Debug)]
pub struct KeyPress<'a> {
    /// Its meaning on this keyboard.
    pub logical: &'a Key,
    /// Its place on the keyboard.
    pub physical: PhysicalKey,
    /// Whether Shift is held.
    pub shift: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyPattern {
    Named(NamedKey),
    /// What the key types, in lower case.
    Types(Cow<'static, str>),
    /// The digits, alone or with Shift.
    Digits {
        shift: bool,
    },
}

/// A line of the table.
#[derive(Clone, Debug)]
pub struct Binding {
    presses: Vec<KeyPattern>,
    /// The keys, as people call them.
    pub keys: Cow<'static, str>,
    /// What they do.
    pub does: &'static str,
    /// What each press does; one for all, or one for each.
    actions: Vec<Action>,
    /// The actions' names in a show's key map, one for each; none for those that it cannot move.
    names: Vec<&'static str>,
}

/// The keys and what they do.
#[derive(Clone, Debug)]
pub struct Keys {
    bindings: Vec<Binding>,
}

const fn types(text: &'static str) -> KeyPattern {
    KeyPattern::Types(Cow::Borrowed(text))
}

fn one(
    presses: Vec<KeyPattern>,
    keys: &'static str,
    does: &'static str,
    action: Action,
    name: &'static str,
) -> Binding {
    let names = if name.is_empty() { Vec::new() } else { vec![name] };
    Binding { presses, keys: keys.into(), does, actions: vec![action], names }
}

fn two(
    presses: [KeyPattern; 2],
    keys: &'static str,
    does: &'static str,
    actions: [Action; 2],
    names: [&'static str; 2],
) -> Binding {
    Binding { presses: presses.into(), keys: keys.into(), does, actions: actions.into(), names: names.into() }
}

/// The default bindings. A line with two presses for one action lists alternatives.
fn default_bindings() -> Vec<Binding> {
    use KeyPattern::{Digits, Named};
    let cue = |cut| Action::Cue { key: 0, cut };
    vec![
        one(vec![Digits { shift: false }], "1–9 and 0", "cue a scene", cue(false), ""),
        one(vec![Digits { shift: true }], "Shift and a digit", "cue it at once, without its transition", cue(true), ""),
        one(vec![Named(NamedKey::Backspace)], "Backspace", "back to the cue before", Action::Back, "back"),
        two(
            [Named(NamedKey::ArrowRight), Named(NamedKey::ArrowLeft)],
            "Right Left",
            "next in the playlist, the one before; in the test picture: more, less",
            [Action::Playlist(1), Action::Playlist(-1)],
            ["next", "previous"],
        ),
        one(vec![types("p")], "P", "on with the playlist", Action::Resume, "playlist"),
        one(vec![Named(NamedKey::Space)], "Space", "hold, and go on", Action::Hold, "hold"),
        one(vec![types("b")], "B", "blackout, and back", Action::Blackout, "blackout"),
        one(
            vec![types("f"), Named(NamedKey::F11)],
            "F or F11",
            "full screen, and back",
            Action::Fullscreen,
            "fullscreen",
        ),
        two(
            [types("+"), types("-")],
            "+ -",
            "faster, slower",
            [Action::Speed(1), Action::Speed(-1)],
            ["faster", "slower"],
        ),
        two(
            [Named(NamedKey::ArrowUp), Named(NamedKey::ArrowDown)],
            "Up Down",
            "more rows, fewer rows",
            [Action::Rows(1), Action::Rows(-1)],
            ["more-rows", "fewer-rows"],
        ),
        one(vec![types("c")], "C", "colour, or black and white", Action::Color, "color"),
        one(vec![types("l")], "L", "the next look; after the last, the scene's own", Action::Look, "look"),
        two(
            [types("]"), types("[")],
            "] [",
            "more contrast, less",
            [Action::Contrast(1), Action::Contrast(-1)],
            ["more-contrast", "less-contrast"],
        ),
        two(
            [types("}"), types("{")],
            "} {",
            "more light, less",
            [Action::Exposure(1), Action::Exposure(-1)],
            ["more-light", "less-light"],
        ),
        one(vec![types("r")], "R", "the scene's own look, rows and speed again", Action::Reset, "reset"),
        one(
            vec![types("t")],
            "T",
            "test picture, and back: Up Down choose gamma, black, white or wall colour, Left Right set it, R resets it",
            Action::Test,
            "test",
        ),
        one(
            vec![types("e")],
            "E",
            "edit the stage: where the wall lands; the wall itself shows the keys for that",
            Action::Edit,
            "edit",
        ),
        one(vec![types("s")], "S", "save a still of the wall", Action::Still, "still"),
        one(vec![types("h")], "H", "this help", Action::Help, "help"),
        one(
            vec![Named(NamedKey::Escape)],
            "Esc",
            "leave full screen; in a window, twice quits",
            Action::Leave,
            "leave",
        ),
        one(vec![types("q")], "Q", "quit, pressed twice", Action::Quit, "quit"),
    ]
}

impl Default for Keys {
    fn default() -> Self {
        Self { bindings: default_bindings() }
    }
}

impl Keys {
    /// The default bindings, some moved: names of [`millions_show::ACTIONS`] and the keys that they go to. A key that is taken loses what it did;
    /// what was moved has its new key alone.
    #[must_use]
    pub fn moved(keymap: &[(&'static str, String)]) -> Self {
        let mut bindings = default_bindings();
        for (name, key) in keymap {
            let Some(line) = bindings.iter().position(|binding| binding.names.contains(name)) else { continue };
            let place = bindings[line].names.iter().position(|other| other == name).unwrap_or(0);
            let press = KeyPattern::of(key);
            for binding in &mut bindings {
                // A press that is taken stays in its line without a key.
                for place in 0..binding.presses.len() {
                    if binding.presses[place] == press {
                        binding.presses[place] = types("");
                        let left = binding.presses.iter().map(KeyPattern::shown).filter(|name| !name.is_empty());
                        binding.keys = left.collect::<Vec<_>>().join(" ").into();
                    }
                }
            }
            let binding = &mut bindings[line];
            if binding.actions.len() == 1 {
                binding.presses = vec![press];
                binding.keys = shown(key).into();
            } else {
                binding.presses[place] = press;
                let names: Vec<_> = binding.presses.iter().map(KeyPattern::shown).collect();
                binding.keys = names.join(" ").into();
            }
        }
        Self { bindings }
    }

    /// What a key press does, if anything.
    #[must_use]
    pub fn action(&self, pressed: KeyPress) -> Option<Action> {
        self.bindings.iter().find_map(|binding| {
            let place = binding.presses.iter().position(|press| press.is(pressed))?;
            match binding.actions.get(place).or(binding.actions.first()).copied() {
                Some(Action::Cue { cut, .. }) => digit(pressed).map(|key| Action::Cue { key, cut }),
                action => action,
            }
        })
    }

    /// The help: keys and what they do, a line a binding.
    #[must_use]
    pub fn help(&self) -> Vec<[String; 2]> {
        self.bindings.iter().map(|Binding { keys, does, .. }| [keys.to_string(), (*does).to_owned()]).collect()
    }
}

/// The number key that is pressed, from 0: by its place, for on some keyboards digits want Shift; and by what it types.
fn digit(pressed: KeyPress) -> Option<usize> {
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

/// Names of keys in a show's key map that are not as winit has them.
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

/// A key's name in key maps and presets.
#[must_use]
pub fn key_name(key: NamedKey) -> Option<&'static str> {
    NAMED.iter().find(|(_, named)| *named == key).map(|(name, _)| *name)
}

/// A key as the help writes it.
fn shown(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl KeyPattern {
    /// The press that a key map writes so.
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
            // Space comes as a character on some platforms.
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
        let keys =
            Keys::moved(&[("blackout", "x".to_owned()), ("next", "pagedown".to_owned()), ("hold", "b".to_owned())]);
        let type_key = |text: &str| pressed(&keys, &Key::Character(text.into()), NOWHERE, false);
        assert_eq!((type_key("x"), type_key("b")), (Some(Action::Blackout), Some(Action::Hold)));
        let named = |key| pressed(&keys, &Key::Named(key), NOWHERE, false);
        assert_eq!(named(NamedKey::PageDown), Some(Action::Playlist(1)));
        assert_eq!((named(NamedKey::ArrowRight), named(NamedKey::ArrowLeft)), (None, Some(Action::Playlist(-1))));
        assert!(keys.help().iter().any(|line| line[0] == "X" && line[1].contains("blackout")));
        assert!(keys.help().iter().any(|line| line[0] == "Pagedown Left"));
    }

    #[test]
    fn whatever_a_show_can_move_is_in_the_table_and_no_more() {
        let mut here: Vec<_> = default_bindings().into_iter().flat_map(|binding| binding.names).collect();
        let mut there: Vec<_> = ACTIONS.iter().map(|(name, _)| *name).collect();
        here.sort_unstable();
        there.sort_unstable();
        assert_eq!(here, there);
        assert_eq!(NAMED.map(|(name, _)| name), NAMED_KEYS);
    }

    #[test]
    fn no_key_is_bound_twice() {
        let presses: Vec<_> = default_bindings().into_iter().flat_map(|binding| binding.presses).collect();
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
