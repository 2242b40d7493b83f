//! The keys: one table, which binds them, writes the help on the screen, and is held against the README.

use winit::keyboard::{Key, NamedKey};

/// What a key does.
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
    /// Cues the scene of this number key, from 1.
    Scene(usize),
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
    /// The test picture: grey wedge and faces; leaving it keeps what was set.
    Test,
    /// In the test picture: more (1) or less (−1) of the value that is chosen.
    Set(i32),
    /// The scene's own look, rows and speed again.
    Reset,
    /// Saves what the wall shows as a picture.
    Still,
    /// Shows or hides the help.
    Help,
    /// Quits at the second press.
    Quit,
}

enum Press {
    Named(NamedKey),
    /// What the key types, in lower case.
    Types(&'static str),
    /// The digits 1 to 9.
    Digits,
}

/// A line of the table.
pub struct Binding {
    presses: &'static [Press],
    /// The keys, as people call them.
    pub keys: &'static str,
    /// What they do.
    pub does: &'static str,
    action: Action,
    /// For a line of two keys, what the second one does.
    second: Option<Action>,
}

const fn one(presses: &'static [Press], keys: &'static str, does: &'static str, action: Action) -> Binding {
    Binding { presses, keys, does, action, second: None }
}

const fn two(presses: &'static [Press], keys: &'static str, does: &'static str, actions: [Action; 2]) -> Binding {
    Binding { presses, keys, does, action: actions[0], second: Some(actions[1]) }
}

/// All keys. A line with two presses for one action lists alternatives; one with a second action lists a pair.
pub const BINDINGS: &[Binding] = &[
    one(&[Press::Digits], "1–9", "cue a scene", Action::Scene(0)),
    one(&[Press::Named(NamedKey::Space)], "Space", "hold, and go on", Action::Hold),
    one(&[Press::Types("b")], "B", "blackout, and back", Action::Blackout),
    one(&[Press::Types("f"), Press::Named(NamedKey::F11)], "F or F11", "full screen, and back", Action::Fullscreen),
    two(&[Press::Types("+"), Press::Types("-")], "+ -", "faster, slower", [Action::Speed(1), Action::Speed(-1)]),
    two(
        &[Press::Named(NamedKey::ArrowUp), Press::Named(NamedKey::ArrowDown)],
        "Up Down",
        "more rows, fewer rows",
        [Action::Rows(1), Action::Rows(-1)],
    ),
    one(&[Press::Types("c")], "C", "colour, or black and white", Action::Color),
    one(&[Press::Types("l")], "L", "the next look; after the last, the scene's own", Action::Look),
    two(
        &[Press::Types("]"), Press::Types("[")],
        "] [",
        "more contrast, less",
        [Action::Contrast(1), Action::Contrast(-1)],
    ),
    two(
        &[Press::Types("}"), Press::Types("{")],
        "} {",
        "more light, less",
        [Action::Exposure(1), Action::Exposure(-1)],
    ),
    one(&[Press::Types("r")], "R", "the scene's own look, rows and speed again", Action::Reset),
    one(
        &[Press::Types("t")],
        "T",
        "test picture, and back: Up Down choose gamma, black, white or paint, Left Right set it, R resets it",
        Action::Test,
    ),
    two(
        &[Press::Named(NamedKey::ArrowRight), Press::Named(NamedKey::ArrowLeft)],
        "Right Left",
        "in the test picture: more, less",
        [Action::Set(1), Action::Set(-1)],
    ),
    one(&[Press::Types("s")], "S", "save a still of the wall", Action::Still),
    one(&[Press::Types("h")], "H", "this help", Action::Help),
    one(&[Press::Named(NamedKey::Escape)], "Esc", "leave full screen; in a window, twice quits", Action::Leave),
    one(&[Press::Types("q")], "Q", "quit, pressed twice", Action::Quit),
];

/// What a key press does, if anything.
#[must_use]
pub fn action(key: &Key) -> Option<Action> {
    BINDINGS.iter().find_map(|binding| {
        let place = binding.presses.iter().position(|press| press.is(key))?;
        match (binding.action, key) {
            (Action::Scene(_), Key::Character(text)) => text.parse().ok().map(Action::Scene),
            _ if place == 1 => Some(binding.second.unwrap_or(binding.action)),
            (action, _) => Some(action),
        }
    })
}

impl Press {
    fn is(&self, key: &Key) -> bool {
        match (self, key) {
            (Self::Named(named), Key::Named(pressed)) => named == pressed,
            // Space comes as a character on some platforms.
            (Self::Named(NamedKey::Space), Key::Character(text)) => text == " ",
            (Self::Types("+"), Key::Character(text)) => text == "+" || text == "=",
            (Self::Types("-"), Key::Character(text)) => text == "-" || text == "_" || text == "−",
            (Self::Types(typed), Key::Character(text)) => text.to_lowercase() == *typed,
            (Self::Digits, Key::Character(text)) => matches!(text.as_bytes(), [b'1'..=b'9']),
            _ => false,
        }
    }
}

/// The help: keys and what they do, a line a binding.
#[must_use]
pub fn help() -> Vec<[String; 2]> {
    BINDINGS.iter().map(|Binding { keys, does, .. }| [*keys, *does].map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Option<Action> {
        action(&Key::Character(text.into()))
    }

    #[test]
    fn keys_do_what_the_table_says() {
        assert_eq!(typed("b"), Some(Action::Blackout));
        assert_eq!(typed("B"), Some(Action::Blackout));
        assert_eq!(typed("7"), Some(Action::Scene(7)));
        assert_eq!(typed("0"), None);
        assert_eq!(typed("-"), Some(Action::Speed(-1)));
        assert_eq!(typed("{"), Some(Action::Exposure(-1)));
        assert_eq!(action(&Key::Named(NamedKey::F11)), Some(Action::Fullscreen));
        assert_eq!(action(&Key::Named(NamedKey::ArrowDown)), Some(Action::Rows(-1)));
    }

    #[test]
    fn no_key_is_bound_twice() {
        let presses: Vec<_> = BINDINGS.iter().flat_map(|binding| binding.presses).collect();
        for (index, press) in presses.iter().enumerate() {
            let same = |other: &Press| match (*press, other) {
                (Press::Named(a), Press::Named(b)) => a == b,
                (Press::Types(a), Press::Types(b)) => a == b,
                (Press::Digits, Press::Digits) => true,
                _ => false,
            };
            assert!(!presses[..index].iter().any(|other| same(other)));
        }
    }

    #[test]
    fn the_readme_has_the_same_keys() {
        let readme = include_str!("../../README.md");
        for Binding { keys, does, .. } in BINDINGS {
            assert!(readme.contains(&format!("| {keys} | {does} |")), "README.md lacks: | {keys} | {does} |");
        }
    }
}
