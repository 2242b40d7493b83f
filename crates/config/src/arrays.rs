//! Value types of arrays. See [`Uniform`], [`Array`] and [`UniqueArray`].

use std::fmt::Display;

use schemars::{Schema, json_schema};
use serde::Serialize;

use super::parser::{Parser, escaped};
use super::schema::with_default;
use super::value_type::{SpannedValue, ValueType};

/// Reads the items of an array whose length `fits`; `wanted` says which lengths do.
fn items<T>(
    key: &str,
    spanned: &SpannedValue<'_>,
    wanted: impl Display,
    fits: impl Fn(usize) -> bool,
    value_type: &impl ValueType<T>,
    parser: &mut Parser<'_>,
) -> Option<Vec<T>> {
    let Some(list) = spanned.get_ref().as_array() else {
        return parser.type_error(key, spanned, &format!("a list of {wanted} in brackets, [ ]"));
    };
    if !fits(list.len()) {
        return parser.reject(spanned, format!("`{key}` has {} values: write {wanted}", list.len()), None);
    }
    // All items are read before any failure counts, so that every mistake is found.
    let read: Vec<_> = list.iter().map(|item| value_type.read(key, item, parser)).collect();
    read.into_iter().collect()
}

/// An array of fixed length.
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

/// An array of variable length.
pub struct Array<R> {
    /// The minimum length.
    pub least: usize,
    /// What the items are called, in the plural.
    pub what: &'static str,
    /// The value type of the items.
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

/// An array of tables in which the string under one key is unique.
pub struct UniqueArray<R> {
    /// The array.
    pub list: Array<R>,
    /// The maximum length.
    pub most: usize,
    /// The key.
    pub by: &'static str,
    /// Returns whether two strings count as the same.
    pub same: fn(&str, &str) -> bool,
}

impl<T, R: ValueType<T>> ValueType<Vec<T>> for UniqueArray<R> {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Vec<T>> {
        let length = spanned.get_ref().as_array().map_or(0, |items| items.len());
        if length > self.most {
            let message = format!("{length} tables of `{key}` are too many: there may be {}", self.most);
            return parser.reject(spanned, message, None);
        }
        let read = self.list.read(key, spanned, parser);
        let tables = spanned.get_ref().as_array().into_iter().flatten().filter_map(|item| item.get_ref().as_table());
        let names: Vec<_> = tables
            .filter_map(|table| table.get(self.by).and_then(|name| Some((name.get_ref().as_str()?, name.span()))))
            .collect();
        let mut are_unique = true;
        for (index, (name, span)) in names.iter().enumerate() {
            if names[..index].iter().any(|(earlier, _)| (self.same)(earlier, name)) {
                are_unique = false;
                parser.error(span, format!("`{}` is \"{}\", as of another of `{key}`", self.by, escaped(name)), None);
            }
        }
        read.filter(|_| are_unique)
    }

    fn describe(&self, default: Option<&Vec<T>>) -> Schema {
        let mut schema = self.list.describe(default);
        schema.insert("maxItems".to_owned(), self.most.into());
        schema
    }
}
