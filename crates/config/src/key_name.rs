//! Keys of the keyboard, as files name them. See [`KeyName`].

use schemars::{Schema, json_schema};

use super::parser::{Parser, escaped};
use super::value_type::{SpannedValue, StringValue, ValueType};
use millions_base::nearest;

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

/// A key: what it types, or its name.
pub struct KeyName;

impl ValueType<String> for KeyName {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let text = StringValue.read(key, spanned, parser)?;
        let mut characters = text.chars();
        let types_one = characters.next().is_some_and(|c| !c.is_whitespace()) && characters.next().is_none();
        if types_one && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`{key}` is a number key: these cue scenes, and stand in [keys]");
            parser.error(&spanned.span(), message, None);
            return None;
        }
        let lower = text.to_lowercase();
        if !types_one && !NAMED_KEYS.contains(&lower.as_str()) {
            let help = nearest(&text, NAMED_KEYS);
            let wanted = format!("one character, or one of {}", NAMED_KEYS.join(", "));
            parser.error(&spanned.span(), format!("`{key}` is \"{}\": write {wanted}", escaped(&text)), help);
            return None;
        }
        // Some capitals have no one small letter: they stay, so that what is read can be written and read again.
        Some(if types_one && lower.chars().count() > 1 { text } else { lower })
    }

    fn describe(&self, _: Option<&String>) -> Schema {
        // In capitals, too; the list is what an editor offers.
        let either = |c: char| if c.is_alphabetic() { format!("[{c}{}]", c.to_uppercase()) } else { c.to_string() };
        let names: Vec<String> = NAMED_KEYS.iter().map(|name| name.chars().map(either).collect()).collect();
        let named = format!("^({})$", names.join("|"));
        json_schema!({ "anyOf": [
            { "type": "string", "pattern": "^[^0-9\\s]$" },
            { "enum": NAMED_KEYS },
            { "type": "string", "pattern": named },
        ] })
    }
}
