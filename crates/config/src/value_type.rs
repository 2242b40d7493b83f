//! Types of values: how each is parsed, and its JSON Schema.

use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};
use toml::Spanned;
use toml::de::DeValue;

use super::parser::{Parser, escaped};
use super::schema::with_default;
use super::{Section, describe};
use millions_base::{Range, nearest};

/// A value of a file, with its span.
pub type SpannedValue<'t> = Spanned<DeValue<'t>>;

/// A type of value, parsed to a `T`.
pub trait ValueType<T> {
    /// Parses a value; none after adding a diagnostic.
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<T>;

    /// Returns the JSON Schema, with the key's default where it has one.
    fn describe(&self, default: Option<&T>) -> Schema;
}

/// Returns the name of a TOML type, for messages.
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
    /// Adds a diagnostic of a value of another type than `wanted`, and returns none of it.
    pub fn type_error<T>(&mut self, key: &str, spanned: &SpannedValue<'_>, wanted: &str) -> Option<T> {
        let help = (wanted.contains("text") && matches!(spanned.get_ref(), DeValue::Datetime(_)))
            .then(|| format!("put it in quotes: \"{}\"", self.source(spanned)));
        let found = type_of(spanned.get_ref());
        self.reject(spanned, format!("`{key}` is {found}: write {wanted}"), help)
    }

    /// Returns the string of a value.
    pub fn text<'t>(&mut self, key: &str, spanned: &'t SpannedValue<'_>, wanted: &str) -> Option<&'t str> {
        spanned.get_ref().as_str().or_else(|| self.type_error(key, spanned, wanted))
    }
}

/// Parses a number of a range, whole or not.
fn number(key: &str, spanned: &SpannedValue<'_>, range: &Range, parser: &mut Parser<'_>) -> Option<f64> {
    let digits = |digits: &str, radix| i64::from_str_radix(&digits.replace('_', ""), radix).ok();
    let value = match spanned.get_ref() {
        DeValue::Float(float) => float.as_str().replace('_', "").parse().ok(),
        // A number that 64 bits cannot hold is out of every range.
        DeValue::Integer(integer) => {
            Some(digits(integer.as_str(), integer.radix()).map_or(f64::INFINITY, |value| value as f64))
        }
        _ => None,
    };
    match value {
        None => {
            parser.type_error(key, spanned, &format!("a number, {}", range.to_string().trim_start_matches("take ")))
        }
        Some(value) if range.has(value) => Some(value),
        Some(_) => parser.reject(spanned, format!("`{key}` is {}: {range}", parser.source(spanned)), None),
    }
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
        // By way of its text, so that 0.12 does not become 0.11999999731779099.
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
        parser.reject(spanned, format!("`{key}` is {}: take a whole number", parser.source(spanned)), None)
    }

    fn describe(&self, default: Option<&u64>) -> Schema {
        number_schema("integer", self, default)
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

/// A number, above or below 0, whose absolute value is of a range.
pub struct Signed(pub Range);

impl ValueType<f64> for Signed {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<f64> {
        let Range { low, high, unit } = self.0;
        let value: f64 = Range::new(-high, high, unit).read(key, spanned, parser)?;
        if value.abs() < low {
            let message = format!("`{key}` is {}: {}, above or below 0", parser.source(spanned), self.0);
            return parser.reject(spanned, message, None);
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

/// A Boolean.
pub struct Boolean;

impl ValueType<bool> for Boolean {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<bool> {
        spanned.get_ref().as_bool().or_else(|| parser.type_error(key, spanned, "true or false, without quotes"))
    }

    fn describe(&self, default: Option<&bool>) -> Schema {
        with_default(json_schema!({ "type": "boolean" }), default)
    }
}

/// A string that is not empty.
pub struct StringValue;

impl ValueType<String> for StringValue {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let text = parser.text(key, spanned, "a text in quotes")?;
        if text.is_empty() {
            return parser.reject(spanned, format!("`{key}` is empty"), None);
        }
        Some(text.to_owned())
    }

    fn describe(&self, default: Option<&String>) -> Schema {
        let default = default.filter(|text| !text.is_empty());
        with_default(json_schema!({ "type": "string", "minLength": 1 }), default)
    }
}

/// The path of a file or folder that exists, relative to the folder of the file that names it; read as a path relative to
/// the working directory.
pub struct RelativePath {
    /// The extensions that it may have, without the dot and in small letters; empty for any.
    pub extensions: &'static [&'static str],
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

/// The path as it stands in the file.
impl ValueType<String> for RelativePath {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let text = StringValue.read(key, spanned, parser)?;
        let extension = Path::new(&text).extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let is_known = extension.is_some_and(|extension| self.extensions.contains(&extension.as_str()));
        if !self.extensions.is_empty() && !is_known {
            let message = format!("`{}` does not end in .{}", escaped(&text), self.extensions.join(" or ."));
            return parser.reject(spanned, message, None);
        }
        parser.existing(spanned, &text).map(|_| text)
    }

    fn describe(&self, _: Option<&String>) -> Schema {
        if self.extensions.is_empty() {
            return json_schema!({ "type": "string", "minLength": 1 });
        }
        // In letters of any case.
        let any_case = |extension: &&str| -> String {
            extension.chars().map(|letter| format!("[{letter}{}]", letter.to_ascii_uppercase())).collect()
        };
        let extensions: Vec<_> = self.extensions.iter().map(any_case).collect();
        json_schema!({ "type": "string", "pattern": format!("\\.({})$", extensions.join("|")) })
    }
}

/// A variant of an enum without fields.
pub struct EnumValue;

/// An enum without fields, whose serde names are the values.
pub trait UnitEnum: Serialize + DeserializeOwned + JsonSchema {}
impl<T: Serialize + DeserializeOwned + JsonSchema> UnitEnum for T {}

fn variants_schema<T: UnitEnum>() -> Schema {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>();
    for key in ["$schema", "title", "description"] {
        schema.remove(key);
    }
    schema
}

/// Returns the names of the variants.
fn variants<T: UnitEnum>() -> Vec<String> {
    let schema = variants_schema::<T>();
    let all = |key| schema.get(key).and_then(|list| list.as_array()).cloned().unwrap_or_default();
    let documented = all("oneOf");
    // Variants without a doc comment stand together in an `enum`.
    let nested = documented.iter().filter_map(|one| one.get("enum")?.as_array()).flatten();
    let consts = documented.iter().filter_map(|one| one.get("const"));
    let plain = all("enum");
    consts.chain(nested).chain(&plain).filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

impl<T: UnitEnum> ValueType<T> for EnumValue {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<T> {
        let names = variants::<T>();
        let all = || names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let Some(text) = spanned.get_ref().as_str() else {
            return parser.type_error(key, spanned, &format!("one of {}", all()));
        };
        T::deserialize(StrDeserializer::<Error>::new(text)).ok().or_else(|| {
            let help = nearest(text, names.iter().map(String::as_str));
            parser.reject(spanned, format!("`{key}` is \"{}\": take one of {}", escaped(text), all()), help)
        })
    }

    fn describe(&self, default: Option<&T>) -> Schema {
        with_default(variants_schema::<T>(), default)
    }
}

/// A value that is none by default.
pub struct Optional<R>(pub R);

impl<T, R: ValueType<T>> ValueType<Option<T>> for Optional<R> {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Option<T>> {
        self.0.read(key, spanned, parser).map(Some)
    }

    fn describe(&self, default: Option<&Option<T>>) -> Schema {
        self.0.describe(default.and_then(Option::as_ref))
    }
}

/// A nested section; the value given holds its defaults.
pub struct Subsection<T>(pub T);

impl<T: Section + Clone> ValueType<T> for Subsection<T> {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<T> {
        let Some(table) = spanned.get_ref().as_table() else {
            return parser.type_error(key, spanned, &format!("its values in a table, [{key}]"));
        };
        parser.table(table, spanned.span(), self.0.clone(), true, |_| None)
    }

    fn describe(&self, _: Option<&T>) -> Schema {
        describe(self.0.clone())
    }
}
