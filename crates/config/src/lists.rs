//! Keys that take lists. See [`Same`], [`List`] and [`Distinct`].

use std::fmt::Display;

use schemars::{Schema, json_schema};
use serde::Serialize;

use super::reader::{Reading, shown};
use super::schema::with_default;
use super::takes::{Given, Takes};

/// Items of a list, all alike.
fn items<T>(
    key: &str,
    given: &Given<'_>,
    wanted: impl Display,
    fits: impl Fn(usize) -> bool,
    takes: &impl Takes<T>,
    reading: &mut Reading<'_>,
) -> Option<Vec<T>> {
    let Some(list) = given.get_ref().as_array() else {
        reading.wrong_type(key, given, &format!("a list of {wanted} in brackets, [ ]"));
        return None;
    };
    if !fits(list.len()) {
        reading.wrong(&given.span(), format!("`{key}` has {} values: write {wanted}", list.len()), None);
        return None;
    }
    // All of them are read, so that every mistake is found.
    let read: Vec<_> = list.iter().map(|item| takes.read(key, item, reading)).collect();
    read.into_iter().collect()
}

/// A list of so many values.
pub struct Same<R>(pub R);

impl<T: Copy + Default + Serialize, R: Takes<T>, const N: usize> Takes<[T; N]> for Same<R> {
    fn read(&self, key: &str, given: &Given<'_>, reading: &mut Reading<'_>) -> Option<[T; N]> {
        let values = items(key, given, format!("{N} values"), |length| length == N, &self.0, reading)?;
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
pub struct List<R> {
    /// The least length.
    pub least: usize,
    /// What one is called, in plural.
    pub what: &'static str,
    /// What each takes.
    pub of: R,
}

impl<T, R: Takes<T>> Takes<Vec<T>> for List<R> {
    fn read(&self, key: &str, given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Vec<T>> {
        let wanted =
            if self.least > 0 { format!("at least {} {}", self.least, self.what) } else { self.what.to_owned() };
        items(key, given, wanted, |length| length >= self.least, &self.of, reading)
    }

    fn describe(&self, _: Option<&Vec<T>>) -> Schema {
        json_schema!({ "type": "array", "items": self.of.describe(None).to_value(), "minItems": self.least })
    }
}

/// A list of tables, no two of which have the same text under a key.
pub struct Distinct<R> {
    /// The list.
    pub list: List<R>,
    /// The key.
    pub by: &'static str,
    /// Whether two texts are the same.
    pub same: fn(&str, &str) -> bool,
}

impl<T, R: Takes<T>> Takes<Vec<T>> for Distinct<R> {
    fn read(&self, key: &str, given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Vec<T>> {
        let read = self.list.read(key, given, reading);
        let tables = given.get_ref().as_array().into_iter().flatten().filter_map(|item| item.get_ref().as_table());
        let texts: Vec<_> = tables
            .filter_map(|table| table.get(self.by).and_then(|text| Some((text.get_ref().as_str()?, text.span()))))
            .collect();
        let mut are_distinct = true;
        for (index, (text, at)) in texts.iter().enumerate() {
            if texts[..index].iter().any(|(earlier, _)| (self.same)(earlier, text)) {
                are_distinct = false;
                let message = format!("`{}` is \"{}\", as of another of `{key}`", self.by, shown(text));
                reading.wrong(at, message, None);
            }
        }
        read.filter(|_| are_distinct)
    }

    fn describe(&self, default: Option<&Vec<T>>) -> Schema {
        self.list.describe(default)
    }
}
