//! Every value of the stage, for a list that is gone through by key. See [`Value`].
//!
//! A value is looked up anew for each command: it knows what it is now, what it may be, and how it is put into the stage.
//! What it may be stands where the file's reader has it.

mod list;
mod masks;
mod number;
mod outputs;
mod surfaces;

use super::selection::{MaskPlace, Place, children};
use super::{Space, Stage, Step};
pub(super) use list::List;
pub use list::listed;
use number::Number;

/// What the listed values are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// An output, and with it the wall.
    Output(usize),
    /// A surface.
    Surface(usize),
    /// A mask of a surface, or of the output.
    Mask(usize, MaskPlace),
}

impl Of {
    /// What is in hand; without anything, the output. None where that is not there.
    pub fn hand(stage: &Stage, output: usize, selection: &[Place]) -> Option<Self> {
        stage.outputs.get(output)?;
        let Some(place) = selection.last() else { return Some(Self::Output(output)) };
        let mask = place.mask().map(|mask| Self::Mask(output, mask));
        mask.or(place.surface().map(Self::Surface))
    }

    /// All values of it, in the order in which they are listed.
    pub fn values(self, stage: &Stage) -> Vec<Value> {
        match self {
            Self::Output(output) => outputs::values(stage, output),
            Self::Surface(surface) => surfaces::values(stage, surface),
            Self::Mask(output, mask) => masks::values(stage, output, mask),
        }
    }
}

/// A value in the list.
pub(super) struct Value {
    /// What it is called; of one thing no two are called the same.
    pub label: &'static str,
    pub now: Set,
    /// What it is when the file does not say it; none where the file has to.
    pub usual: Option<Set>,
    takes: Takes,
    put: Box<Put>,
}

/// How a value is put into the stage, or why not.
type Put = dyn Fn(&mut Work, Set) -> Result<(), String>;

/// What a value is set to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Set {
    /// A number, or none.
    Number(Option<f64>),
    /// One of several words, by its place among them.
    Word(usize),
    /// A text.
    Text(String),
}

/// What a value takes.
enum Takes {
    Number(Number),
    /// One of these.
    Words(Vec<String>),
    /// A text, and what stands there where it is empty.
    Text(&'static str),
}

/// A stage while a value of it is set.
pub(super) struct Work<'a> {
    pub stage: &'a mut Stage,
    /// The selected output.
    pub output: usize,
    pub selection: &'a mut Vec<Place>,
    pub space: &'a dyn Space,
}

impl Value {
    /// A number that may be none.
    fn maybe(
        label: &'static str,
        number: Number,
        now: Option<f64>,
        put: impl Fn(&mut Work, Option<f64>) -> Result<(), String> + 'static,
    ) -> Self {
        let put = move |work: &mut Work, set: Set| match set {
            Set::Number(number) => put(work, number),
            Set::Word(_) | Set::Text(_) => Ok(()),
        };
        let now = Set::Number(now.map(|now| number.neat(now)));
        Self { label, now, usual: Some(Set::Number(None)), takes: Takes::Number(number), put: Box::new(put) }
    }

    /// A number.
    fn number(
        label: &'static str,
        number: Number,
        now: f64,
        usual: f64,
        put: impl Fn(&mut Work, f64) -> Result<(), String> + 'static,
    ) -> Self {
        let put = move |work: &mut Work, set: Option<f64>| set.map_or(Ok(()), |set| put(work, set));
        Self { usual: Some(Set::Number(Some(number.neat(usual)))), ..Self::maybe(label, number, Some(now), put) }
    }

    /// One of several words, the first of which is the usual one.
    fn words<W: ToString>(
        label: &'static str,
        words: impl IntoIterator<Item = W>,
        now: usize,
        put: impl Fn(&mut Work, usize) -> Result<(), String> + 'static,
    ) -> Self {
        let put = move |work: &mut Work, set: Set| match set {
            Set::Word(word) => put(work, word),
            Set::Number(_) | Set::Text(_) => Ok(()),
        };
        let takes = Takes::Words(words.into_iter().map(|word| word.to_string()).collect());
        Self { label, now: Set::Word(now), usual: Some(Set::Word(0)), takes, put: Box::new(put) }
    }

    /// A text; `empty` stands there where there is none.
    fn text(
        label: &'static str,
        now: impl Into<String>,
        empty: &'static str,
        put: impl Fn(&mut Work, &str) -> Result<(), String> + 'static,
    ) -> Self {
        let put = move |work: &mut Work, set: Set| match set {
            Set::Text(text) => put(work, &text),
            Set::Number(_) | Set::Word(_) => Ok(()),
        };
        let usual = Some(Set::Text(String::new()));
        Self { label, now: Set::Text(now.into()), usual, takes: Takes::Text(empty), put: Box::new(put) }
    }

    /// The same, where the file has to say it.
    fn always_said(self) -> Self {
        Self { usual: None, ..self }
    }

    /// As it stands in the list.
    pub fn written(&self) -> String {
        match (&self.now, &self.takes) {
            (Set::Number(now), Takes::Number(number)) => number.written(*now),
            (Set::Word(now), Takes::Words(words)) => words.get(*now).cloned().unwrap_or_default(),
            (Set::Text(now), Takes::Text(empty)) if now.is_empty() => (*empty).to_owned(),
            (Set::Text(now), _) => now.clone(),
            _ => String::new(),
        }
    }

    /// What typing begins with: a text, to be changed. A number is sooner typed anew.
    pub fn begun(&self) -> String {
        if let Set::Text(now) = &self.now { now.clone() } else { String::new() }
    }

    /// A step on, or back.
    ///
    /// # Errors
    /// Where there are no steps, in a few words.
    pub fn moved(&self, up: bool, step: Step) -> Result<Set, String> {
        match (&self.now, &self.takes) {
            (Set::Number(now), Takes::Number(number)) => Ok(Set::Number(number.moved(*now, up, step))),
            (Set::Word(now), Takes::Words(words)) => {
                let count = words.len().max(1);
                Ok(Set::Word((now + if up { 1 } else { count - 1 }) % count))
            }
            _ => Err(format!("{}: Enter, and type it", self.label)),
        }
    }

    /// What somebody typed.
    ///
    /// # Errors
    /// Why it cannot be taken, in a few words.
    pub fn read(&self, typed: &str) -> Result<Set, String> {
        let typed = typed.trim();
        match (&self.now, &self.takes) {
            (_, Takes::Number(number)) => number.read(typed).map(Set::Number),
            (_, Takes::Words(words)) => word(words, typed).map(Set::Word),
            // Who changes nothing means to, whatever stands about it.
            (Set::Text(now), Takes::Text(_)) if now.trim() == typed => Ok(Set::Text(now.clone())),
            (_, Takes::Text(_)) => Ok(Set::Text(typed.to_owned())),
        }
    }

    /// What it may be, where that is told.
    pub fn allowed(&self) -> Option<String> {
        if let Takes::Number(number) = &self.takes { Some(number.allowed()) } else { None }
    }

    /// Whether a number is one that it may be.
    #[cfg(test)]
    pub fn may_be(&self, set: &Set) -> bool {
        match (set, &self.takes) {
            (Set::Number(Some(value)), Takes::Number(number)) => number.has(*value),
            _ => true,
        }
    }

    /// Puts it into the stage. What is selected gives way to what it is of, where it is gone.
    ///
    /// # Errors
    /// Why not, in a few words.
    pub fn put(&self, work: &mut Work, set: Set) -> Result<(), String> {
        (self.put)(work, set)?;
        let Work { stage, output, selection, .. } = work;
        for place in selection.iter_mut() {
            while let Some(parent) = place.parent().filter(|of| !children(stage, *output, Some(*of)).contains(place)) {
                *place = parent;
            }
        }
        Ok(())
    }
}

/// The word that was typed, or of which the beginning was.
fn word(words: &[String], typed: &str) -> Result<usize, String> {
    let small = typed.to_lowercase();
    let begins = |word: &String| !small.is_empty() && word.trim().to_lowercase().starts_with(&small);
    let begun: Vec<_> = (0..words.len()).filter(|word| begins(&words[*word])).collect();
    let whole = words.iter().position(|word| word.trim() == typed);
    let whole = whole.or_else(|| words.iter().position(|word| word.trim().to_lowercase() == small));
    match (whole, &begun[..]) {
        (Some(word), _) => Ok(word),
        (None, [word]) => Ok(*word),
        _ => Err(format!("take one of {}", words.join(", "))),
    }
}

/// A name that is nobody else's.
fn own_name<'a>(name: &str, mut others: impl Iterator<Item = &'a String>) -> Result<String, String> {
    if name.is_empty() {
        return Err("a name is not empty".to_owned());
    }
    if others.any(|other| other == name) { Err("another is called that".to_owned()) } else { Ok(name.to_owned()) }
}
