//! What keys take: how a value is read, and how it is described.

use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};
use toml::Spanned;
use toml::de::DeValue;

use super::parser::{Parser, escaped};
use super::schema::with_default;
use super::{Section, describe};
use millions_base::Range;
use millions_base::nearest;

/// A value as it stands in a file.
pub type SpannedValue<'t> = Spanned<DeValue<'t>>;

/// What a key takes.
pub trait ValueType<T> {
    /// The value; or nothing, when what is wrong has been said.
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<T>;

    /// The same for an editor, with what the key is when it is left out.
    fn describe(&self, default: Option<&T>) -> Schema;
}

/// What people call a type of TOML.
fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Parser<'_> {
    /// A value is of another type than `wanted`.
    pub fn type_error(&mut self, key: &str, spanned: &SpannedValue<'_>, wanted: &str) {
        let help = (wanted.contains("text") && matches!(spanned.get_ref(), DeValue::Datetime(_)))
            .then(|| format!("put it in quotes: \"{}\"", self.text_at(&spanned.span())));
        let found = type_of(spanned.get_ref());
        self.error(&spanned.span(), format!("`{key}` is {found}: write {wanted}"), help);
    }

    /// A text, as a key has it.
    pub fn text<'t>(&mut self, key: &str, spanned: &'t SpannedValue<'_>, wanted: &str) -> Option<&'t str> {
        let text = spanned.get_ref().as_str();
        if text.is_none() {
            self.type_error(key, spanned, wanted);
        }
        text
    }
}

/// The number as it was written, whole or not.
fn number(key: &str, spanned: &SpannedValue<'_>, range: &Range, parser: &mut Parser<'_>) -> Option<f64> {
    let digits = |digits: &str, radix| i64::from_str_radix(&digits.replace('_', ""), radix).ok();
    let value = match spanned.get_ref() {
        DeValue::Float(float) => float.as_str().replace('_', "").parse().ok(),
        // What 64 bits cannot hold is out of every range.
        DeValue::Integer(integer) => {
            Some(digits(integer.as_str(), integer.radix()).map_or(f64::INFINITY, |value| value as f64))
        }
        _ => None,
    };
    match value {
        None => {
            parser.type_error(key, spanned, &format!("a number, {}", range.to_string().trim_start_matches("take ")))
        }
        Some(value) if !range.has(value) => {
            let written = parser.text_at(&spanned.span());
            parser.error(&spanned.span(), format!("`{key}` is {written}: {range}"), None);
        }
        Some(value) => return Some(value),
    }
    None
}

fn number_schema<T: Serialize>(kind: &str, range: &Range, default: Option<&T>) -> Schema {
    with_default(json_schema!({ "type": kind, "minimum": range.low, "maximum": range.high }), default)
}

impl ValueType<f64> for Range {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<f64> {
        number(key, spanned, self, parser)
    }

    fn describe(&self, default: Option<&f64>) -> Schema {
        number_schema("number", self, default)
    }
}

impl ValueType<f32> for Range {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<f32> {
        number(key, spanned, self, parser).map(|value| value as f32)
    }

    fn describe(&self, default: Option<&f32>) -> Schema {
        // By way of its text, so that 0.12 is not 0.11999999731779099.
        let default = default.and_then(|value| value.to_string().parse::<f64>().ok());
        number_schema("number", self, default.as_ref())
    }
}

impl ValueType<u64> for Range {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<u64> {
        let value = number(key, spanned, self, parser)?;
        if value.fract() == 0.0 {
            return Some(value as u64);
        }
        let written = parser.text_at(&spanned.span());
        parser.error(&spanned.span(), format!("`{key}` is {written}: take a whole number"), None);
        None
    }

    fn describe(&self, default: Option<&u64>) -> Schema {
        number_schema("integer", &Range { low: self.low, ..*self }, default)
    }
}

impl ValueType<u32> for Range {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<u32> {
        ValueType::<u64>::read(self, key, spanned, parser).and_then(|value| u32::try_from(value).ok())
    }

    fn describe(&self, default: Option<&u32>) -> Schema {
        ValueType::<u64>::describe(self, default.copied().map(u64::from).as_ref())
    }
}

/// A number whose amount is of a range, above or below 0.
pub struct Signed(pub Range);

impl ValueType<f64> for Signed {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<f64> {
        let Range { low, high, unit } = self.0;
        let value: f64 = Range::new(-high, high, unit).read(key, spanned, parser)?;
        if value.abs() < low {
            let written = parser.text_at(&spanned.span());
            let message = format!("`{key}` is {written}: {}, above or below 0", self.0);
            parser.error(&spanned.span(), message, None);
            return None;
        }
        Some(value)
    }

    fn describe(&self, _: Option<&f64>) -> Schema {
        let Range { low, high, .. } = self.0;
        json_schema!({ "type": "number", "anyOf": [
            { "minimum": low, "maximum": high }, { "minimum": -high, "maximum": -low },
        ] })
    }
}

/// True or false.
pub struct Boolean;

impl ValueType<bool> for Boolean {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<bool> {
        let value = spanned.get_ref().as_bool();
        if value.is_none() {
            parser.type_error(key, spanned, "true or false, without quotes");
        }
        value
    }

    fn describe(&self, default: Option<&bool>) -> Schema {
        with_default(json_schema!({ "type": "boolean" }), default)
    }
}

/// A text that is not empty.
pub struct StringValue;

impl ValueType<String> for StringValue {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let text = parser.text(key, spanned, "a text in quotes")?;
        if text.is_empty() {
            parser.error(&spanned.span(), format!("`{key}` is empty"), None);
            return None;
        }
        Some(text.to_owned())
    }

    fn describe(&self, default: Option<&String>) -> Schema {
        let default = default.filter(|text| !text.is_empty());
        with_default(json_schema!({ "type": "string", "minLength": 1 }), default)
    }
}

/// The path of a file or folder that is there, from the file that names it on; comes as a path from where the program
/// runs.
pub struct RelativePath {
    /// What it must end in, without the dot; empty: in anything.
    pub extension: &'static str,
}

impl ValueType<PathBuf> for RelativePath {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<PathBuf> {
        let text: String = self.read(key, spanned, parser)?;
        Some(parser.beside(&text))
    }

    fn describe(&self, _: Option<&PathBuf>) -> Schema {
        ValueType::<String>::describe(self, None)
    }
}

/// The same, as it stands in the file.
impl ValueType<String> for RelativePath {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let text = StringValue.read(key, spanned, parser)?;
        let path = parser.beside(&text);
        if !self.extension.is_empty() && path.extension().is_none_or(|extension| extension != self.extension) {
            parser.error(&spanned.span(), format!("`{}` does not end in .{}", escaped(&text), self.extension), None);
            return None;
        }
        if !parser.files().is_there(&path) {
            let help = Some("paths are from this file's folder on".to_owned());
            parser.error(&spanned.span(), format!("`{}` is not there", escaped(&text)), help);
            return None;
        }
        Some(text)
    }

    fn describe(&self, _: Option<&String>) -> Schema {
        match self.extension {
            "" => json_schema!({ "type": "string", "minLength": 1 }),
            extension => json_schema!({ "type": "string", "pattern": format!("\\.{extension}$") }),
        }
    }
}

/// One of the words of an enum.
pub struct EnumValue;

/// An enum without values, as the one list of its words.
pub trait UnitEnum: Serialize + DeserializeOwned + JsonSchema {}
impl<T: Serialize + DeserializeOwned + JsonSchema> UnitEnum for T {}

fn words_schema<T: UnitEnum>() -> Schema {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>();
    for of_a_whole_file in ["$schema", "title", "description"] {
        schema.remove(of_a_whole_file);
    }
    schema
}

/// The words that `T` can be.
fn words<T: UnitEnum>() -> Vec<String> {
    let schema = words_schema::<T>();
    let all = |key| schema.get(key).and_then(|list| list.as_array()).cloned().unwrap_or_default();
    let documented = all("oneOf");
    // Words without a comment of their own stand together in an `enum`.
    let nested = documented.iter().filter_map(|one| one.get("enum")?.as_array()).flatten();
    let consts = documented.iter().filter_map(|one| one.get("const"));
    let plain = all("enum");
    consts.chain(nested).chain(&plain).filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

impl<T: UnitEnum> ValueType<T> for EnumValue {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<T> {
        let words = words::<T>();
        let all = || words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        let Some(text) = spanned.get_ref().as_str() else {
            parser.type_error(key, spanned, &format!("one of {}", all()));
            return None;
        };
        let value = T::deserialize(StrDeserializer::<Error>::new(text)).ok();
        if value.is_none() {
            let help = nearest(text, words.iter().map(String::as_str));
            parser.error(&spanned.span(), format!("`{key}` is \"{}\": take one of {}", escaped(text), all()), help);
        }
        value
    }

    fn describe(&self, default: Option<&T>) -> Schema {
        with_default(words_schema::<T>(), default)
    }
}

/// What may be there or not.
pub struct Optional<R>(pub R);

impl<T, R: ValueType<T>> ValueType<Option<T>> for Optional<R> {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Option<T>> {
        self.0.read(key, spanned, parser).map(Some)
    }

    fn describe(&self, default: Option<&Option<T>>) -> Schema {
        self.0.describe(default.and_then(Option::as_ref))
    }
}

/// A table of its own, on top of what is given.
pub struct Subsection<T>(pub T);

impl<T: Section + Clone> ValueType<T> for Subsection<T> {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<T> {
        let Some(table) = spanned.get_ref().as_table() else {
            parser.type_error(key, spanned, &format!("its values in a table, [{key}]"));
            return None;
        };
        parser.table(table, spanned.span(), self.0.clone(), true, |_| None)
    }

    fn describe(&self, _: Option<&T>) -> Schema {
        describe(self.0.clone())
    }
}
