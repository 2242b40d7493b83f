//! The value type of keyboard keys. See [`KeyName`].

use schemars::{Schema, json_schema};

use super::parser::{Parser, escaped};
use super::value_type::{SpannedValue, StringValue, ValueType};
use millions_base::nearest;

/// The names of the keys that type no character.
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

/// A keyboard key: the character that it types, or its name; digits are refused, for number keys stand in `[keys]`.
pub struct KeyName;

impl ValueType<String> for KeyName {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let text = StringValue.read(key, spanned, parser)?;
        let mut characters = text.chars();
        let types_one = characters.next().is_some_and(|c| !c.is_whitespace()) && characters.next().is_none();
        if types_one && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`{key}` is a number key: these cue scenes, and stand in [keys]");
            return parser.reject(spanned, message, None);
        }
        let lower = text.to_lowercase();
        if !types_one && !NAMED_KEYS.contains(&lower.as_str()) {
            let help = nearest(&text, NAMED_KEYS);
            let wanted = format!("one character, or one of {}", NAMED_KEYS.join(", "));
            return parser.reject(spanned, format!("`{key}` is \"{}\": write {wanted}", escaped(&text)), help);
        }
        // Capitals whose lower case is several characters stay, so that what is written can be read again.
        Some(if types_one && lower.chars().count() > 1 { text } else { lower })
    }

    fn describe(&self, _: Option<&String>) -> Schema {
        // The pattern accepts capitals, too; the enum is for an editor to offer.
        let any_case = |c: char| if c.is_alphabetic() { format!("[{c}{}]", c.to_uppercase()) } else { c.to_string() };
        let names: Vec<String> = NAMED_KEYS.iter().map(|name| name.chars().map(any_case).collect()).collect();
        let named = format!("^({})$", names.join("|"));
        json_schema!({ "anyOf": [
            { "type": "string", "pattern": "^[^0-9\\s]$" },
            { "enum": NAMED_KEYS },
            { "type": "string", "pattern": named },
        ] })
    }
}
