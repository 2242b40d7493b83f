//! The properties of outputs, surfaces and masks, for a list that is operated by keys. See [`Property`].
//!
//! Properties are made anew for each command: each has its current value, the values that it allows, and how it is applied
//! to the stage. What is allowed follows the ranges of the stage file.

mod list;
mod masks;
mod number;
mod outputs;
mod surfaces;

use super::selection::{Handle, MaskRef, children};
use super::{EditContext, OutputId, Stage, StepSize, SurfaceId};
pub(super) use list::List;
pub use list::{value_rows, values};
use number::Number;

/// What the listed properties belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// An output, and with it the wall.
    Output(OutputId),
    /// A surface.
    Surface(SurfaceId),
    /// A mask of a surface of the output, or of the output.
    Mask(OutputId, MaskRef),
}

impl Owner {
    /// The owner of a selection's properties: the mask or surface of its last handle, or the output. None where that is not
    /// there.
    pub fn of_selection(stage: &Stage, output: OutputId, selection: &[Handle]) -> Option<Self> {
        stage.output(output)?;
        let Some(handle) = selection.last() else { return Some(Self::Output(output)) };
        let mask = handle.mask().map(|mask| Self::Mask(output, mask));
        mask.or(handle.surface().map(Self::Surface))
    }

    /// All properties, in the order of the list.
    pub fn properties(self, stage: &Stage) -> Vec<Property> {
        match self {
            Self::Output(output) => outputs::properties(stage, output),
            Self::Surface(surface) => surfaces::properties(stage, surface),
            Self::Mask(output, mask) => masks::properties(stage, output, mask),
        }
    }
}

/// A named property.
pub(super) struct Property {
    /// Its name; unique for its owner.
    pub label: &'static str,
    /// Its current value.
    pub value: Value,
    /// Its value where the file does not have it; none where the file must.
    pub default: Option<Value>,
    kind: Kind,
    apply: Box<Apply>,
}

/// Applies a value to the stage, or returns why it cannot.
type Apply = dyn Fn(&mut EditContext, Value) -> Result<(), String>;

/// A value of a property.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A number, or none.
    Number(Option<f64>),
    /// The index of one of several words.
    Word(usize),
    /// A text.
    Text(String),
}

/// The values that a property allows.
enum Kind {
    Number(Number),
    /// One of these.
    Words(Vec<String>),
    /// A text, and what is shown for an empty one.
    Text(&'static str),
}

/// What a setter of a property returns: nothing, or why a value cannot be set.
trait Outcome {
    fn result(self) -> Result<(), String>;
}

impl Outcome for () {
    fn result(self) -> Result<(), String> {
        Ok(())
    }
}

impl Outcome for Result<(), String> {
    fn result(self) -> Result<(), String> {
        self
    }
}

impl Property {
    /// A number that may be none.
    fn optional<O: Outcome>(
        label: &'static str,
        number: Number,
        value: Option<f64>,
        set: impl Fn(&mut EditContext, Option<f64>) -> O + 'static,
    ) -> Self {
        let apply = move |edit: &mut EditContext, value: Value| match value {
            Value::Number(number) => set(edit, number).result(),
            Value::Word(_) | Value::Text(_) => Ok(()),
        };
        let value = Value::Number(value.map(|value| number.round(value)));
        Self { label, value, default: Some(Value::Number(None)), kind: Kind::Number(number), apply: Box::new(apply) }
    }

    /// A number.
    fn number<O: Outcome>(
        label: &'static str,
        number: Number,
        value: f64,
        default: f64,
        set: impl Fn(&mut EditContext, f64) -> O + 'static,
    ) -> Self {
        let set =
            move |edit: &mut EditContext, value: Option<f64>| value.map_or(Ok(()), |value| set(edit, value).result());
        let default = Some(Value::Number(Some(number.round(default))));
        Self { default, ..Self::optional(label, number, Some(value), set) }
    }

    /// One of several words, the first of which is the default.
    fn words<W: ToString, O: Outcome>(
        label: &'static str,
        words: impl IntoIterator<Item = W>,
        value: usize,
        set: impl Fn(&mut EditContext, usize) -> O + 'static,
    ) -> Self {
        let apply = move |edit: &mut EditContext, value: Value| match value {
            Value::Word(word) => set(edit, word).result(),
            Value::Number(_) | Value::Text(_) => Ok(()),
        };
        let kind = Kind::Words(words.into_iter().map(|word| word.to_string()).collect());
        Self { label, value: Value::Word(value), default: Some(Value::Word(0)), kind, apply: Box::new(apply) }
    }

    /// A text; `empty` is shown where it is empty.
    fn text<O: Outcome>(
        label: &'static str,
        value: impl Into<String>,
        empty: &'static str,
        set: impl Fn(&mut EditContext, &str) -> O + 'static,
    ) -> Self {
        let apply = move |edit: &mut EditContext, value: Value| match value {
            Value::Text(text) => set(edit, &text).result(),
            Value::Number(_) | Value::Word(_) => Ok(()),
        };
        let default = Some(Value::Text(String::new()));
        Self { label, value: Value::Text(value.into()), default, kind: Kind::Text(empty), apply: Box::new(apply) }
    }

    /// The same without a default.
    fn required(self) -> Self {
        Self { default: None, ..self }
    }

    /// The current value, as the list shows it.
    pub fn display(&self) -> String {
        match (&self.value, &self.kind) {
            (Value::Number(value), Kind::Number(number)) => number.display(*value),
            (Value::Word(word), Kind::Words(words)) => words.get(*word).cloned().unwrap_or_default(),
            (Value::Text(text), Kind::Text(empty)) if text.is_empty() => (*empty).to_owned(),
            (Value::Text(text), _) => text.clone(),
            _ => String::new(),
        }
    }

    /// What typing begins with: a text, to be edited; of a number nothing, which is sooner typed anew.
    pub fn initial_text(&self) -> String {
        if let Value::Text(text) = &self.value { text.clone() } else { String::new() }
    }

    /// The value a step up or down.
    ///
    /// # Errors
    /// For a text, which has no steps.
    pub fn stepped(&self, up: bool, step: StepSize) -> Result<Value, String> {
        match (&self.value, &self.kind) {
            (Value::Number(value), Kind::Number(number)) => Ok(Value::Number(number.stepped(*value, up, step))),
            (Value::Word(word), Kind::Words(words)) => {
                let count = words.len().max(1);
                Ok(Value::Word((word + if up { 1 } else { count - 1 }) % count))
            }
            _ => Err(format!("{}: Enter, and type it", self.label)),
        }
    }

    /// Parses what was typed.
    ///
    /// # Errors
    /// Why it is not allowed.
    pub fn parse(&self, typed: &str) -> Result<Value, String> {
        let typed = typed.trim();
        match (&self.value, &self.kind) {
            (_, Kind::Number(number)) => number.parse(typed).map(Value::Number),
            (_, Kind::Words(words)) => parse_word(words, typed).map(Value::Word),
            // An unchanged text stays unchanged, white space about it and all.
            (Value::Text(text), Kind::Text(_)) if text.trim() == typed => Ok(Value::Text(text.clone())),
            (_, Kind::Text(_)) => Ok(Value::Text(typed.to_owned())),
        }
    }

    /// The range of a number, in words.
    pub fn allowed(&self) -> Option<String> {
        if let Kind::Number(number) = &self.kind { Some(number.allowed()) } else { None }
    }

    /// Whether a number is in range.
    #[cfg(test)]
    pub fn allows(&self, value: &Value) -> bool {
        match (value, &self.kind) {
            (Value::Number(Some(value)), Kind::Number(number)) => number.has(*value),
            _ => true,
        }
    }

    /// Applies a value to the stage. Selected handles that are gone give way to their parents.
    ///
    /// # Errors
    /// Why it cannot be applied.
    pub fn apply(&self, edit: &mut EditContext, value: Value) -> Result<(), String> {
        (self.apply)(edit, value)?;
        let EditContext { stage, output, selection, .. } = edit;
        for handle in selection.iter_mut() {
            while let Some(parent) = handle.parent().filter(|of| !children(stage, *output, Some(*of)).contains(handle))
            {
                *handle = parent;
            }
        }
        Ok(())
    }
}

/// The index of the word that was typed, in whole or by an unambiguous beginning.
fn parse_word(words: &[String], typed: &str) -> Result<usize, String> {
    let lower = typed.to_lowercase();
    let begins = |word: &String| !lower.is_empty() && word.trim().to_lowercase().starts_with(&lower);
    let begun: Vec<_> = (0..words.len()).filter(|word| begins(&words[*word])).collect();
    let whole = words.iter().position(|word| word.trim() == typed);
    let whole = whole.or_else(|| words.iter().position(|word| word.trim().to_lowercase() == lower));
    match (whole, &begun[..]) {
        (Some(word), _) => Ok(word),
        (None, [word]) => Ok(*word),
        _ => Err(format!("take one of {}", words.join(", "))),
    }
}

/// A name that no other has; not empty.
fn unique_name<'a>(name: &str, mut others: impl Iterator<Item = &'a String>) -> Result<String, String> {
    if name.is_empty() {
        return Err("a name is not empty".to_owned());
    }
    if others.any(|other| other == name) { Err("another is called that".to_owned()) } else { Ok(name.to_owned()) }
}
