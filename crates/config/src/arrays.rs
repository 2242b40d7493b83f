//! Keys that take lists. See [`Uniform`], [`Array`] and [`UniqueArray`].

use std::fmt::Display;

use schemars::{Schema, json_schema};
use serde::Serialize;

use super::parser::{Parser, escaped};
use super::schema::with_default;
use super::value_type::{SpannedValue, ValueType};

/// Items of a list, all alike.
fn items<T>(
    key: &str,
    spanned: &SpannedValue<'_>,
    wanted: impl Display,
    fits: impl Fn(usize) -> bool,
    value_type: &impl ValueType<T>,
    parser: &mut Parser<'_>,
) -> Option<Vec<T>> {
    let Some(list) = spanned.get_ref().as_array() else {
        parser.type_error(key, spanned, &format!("a list of {wanted} in brackets, [ ]"));
        return None;
    };
    if !fits(list.len()) {
        parser.error(&spanned.span(), format!("`{key}` has {} values: write {wanted}", list.len()), None);
        return None;
    }
    // All of them are read, so that every mistake is found.
    let read: Vec<_> = list.iter().map(|item| value_type.read(key, item, parser)).collect();
    read.into_iter().collect()
}

/// A list of so many values.
pub struct Uniform<R>(pub R);

impl<T: Copy + Default + Serialize, R: ValueType<T>, const N: usize> ValueType<[T; N]> for Uniform<R> {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<[T; N]> {
        let values = items(key, spanned, format!("{N} values"), |length| length == N, &self.0, parser)?;
        values.try_into().ok()
    }

    fn describe(&self, default: Option<&[T; N]>) -> Schema {
        let item = self.0.describe(None).to_value();
        let list = json_schema!({ "type": "array", "items": item, "minItems": N, "maxItems": N });
        // Each value by the item's own description, which knows how numbers are written.
        let Some(default) = default else { return list };
        let values: Vec<_> =
            default.iter().filter_map(|value| self.0.describe(Some(value)).remove("default")).collect();
        with_default(list, Some(&values))
    }
}

/// A list of any length, but not shorter than so many.
pub struct Array<R> {
    /// The least length.
    pub least: usize,
    /// What one is called, in plural.
    pub what: &'static str,
    /// What each takes.
    pub of: R,
}

impl<T, R: ValueType<T>> ValueType<Vec<T>> for Array<R> {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Vec<T>> {
        let wanted =
            if self.least > 0 { format!("at least {} {}", self.least, self.what) } else { self.what.to_owned() };
        items(key, spanned, wanted, |length| length >= self.least, &self.of, parser)
    }

    fn describe(&self, _: Option<&Vec<T>>) -> Schema {
        json_schema!({ "type": "array", "items": self.of.describe(None).to_value(), "minItems": self.least })
    }
}

/// A list of tables, no two of which have the same text under a key.
pub struct UniqueArray<R> {
    /// The list.
    pub list: Array<R>,
    /// The key.
    pub by: &'static str,
    /// Whether two texts are the same.
    pub same: fn(&str, &str) -> bool,
}

impl<T, R: ValueType<T>> ValueType<Vec<T>> for UniqueArray<R> {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Vec<T>> {
        let read = self.list.read(key, spanned, parser);
        let tables = spanned.get_ref().as_array().into_iter().flatten().filter_map(|item| item.get_ref().as_table());
        let texts: Vec<_> = tables
            .filter_map(|table| table.get(self.by).and_then(|text| Some((text.get_ref().as_str()?, text.span()))))
            .collect();
        let mut are_distinct = true;
        for (index, (text, at)) in texts.iter().enumerate() {
            if texts[..index].iter().any(|(earlier, _)| (self.same)(earlier, text)) {
                are_distinct = false;
                let message = format!("`{}` is \"{}\", as of another of `{key}`", self.by, escaped(text));
                parser.error(at, message, None);
            }
        }
        read.filter(|_| are_distinct)
    }

    fn describe(&self, default: Option<&Vec<T>>) -> Schema {
        self.list.describe(default)
    }
}
