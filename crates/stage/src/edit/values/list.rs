//! The list of values: opened, gone through, typed in. See [`List`].

use super::super::acting::Obeyed;
use super::super::undo::Gesture;
use super::super::{Command, Editor, Mode, Space};
use super::{Of, Set, Value, Work};

/// The most that is typed, in characters.
const MOST_TYPED: usize = 200;
/// The most of a text that is seen, in characters.
const MOST_SEEN: usize = 48;
/// The most values that are seen at once.
const ROWS: usize = 16;

/// What is chosen of the list of values, and what is typed.
#[derive(Clone, Debug, Default)]
pub(in crate::edit) struct List {
    open: bool,
    /// The chosen value, by its name: another surface has it elsewhere, perhaps.
    label: &'static str,
    /// Where it was last, for what has none of that name.
    row: usize,
    typed: Option<String>,
}

impl List {
    pub fn close(&mut self) {
        self.open = false;
        self.leave();
    }

    /// Forgets what is being typed.
    pub fn leave(&mut self) {
        self.typed = None;
    }

    pub const fn is_open(&self) -> bool {
        self.open
    }

    pub const fn mode(&self) -> Mode {
        match (self.open, &self.typed) {
            (true, Some(_)) => Mode::Typing,
            (true, None) => Mode::Values,
            (false, _) => Mode::Stage,
        }
    }

    /// The chosen one of these values.
    fn chosen(&self, values: &[Value]) -> usize {
        let named = values.iter().position(|value| value.label == self.label);
        named.unwrap_or(self.row).min(values.len().saturating_sub(1))
    }
}

impl Editor {
    fn values(&self) -> Vec<Value> {
        let of = Of::hand(&self.stage, self.output, &self.selection);
        of.map(|of| of.values(&self.stage)).unwrap_or_default()
    }

    /// Commands of the list.
    pub(in crate::edit) fn list(&mut self, command: Command, space: &dyn Space) -> Obeyed {
        if command == Command::Values {
            self.list.open = !self.list.open;
            self.list.leave();
            return Ok((false, None));
        }
        let mut values = self.values();
        if !self.list.open || values.is_empty() {
            return Ok((false, None));
        }
        let chosen = self.list.chosen(&values);
        if let Command::Choose(by) = command {
            let row = (chosen as i64 + i64::from(by)).rem_euclid(values.len() as i64) as usize;
            (self.list.row, self.list.label) = (row, values[row].label);
            return Ok((false, None));
        }
        let value = values.swap_remove(chosen);
        match command {
            Command::Change { up, step } => {
                let set = value.moved(up, step)?;
                let is_end = set == value.now;
                let done = self.set(Some(Gesture::Value), &value, set, space)?;
                return Ok(if is_end { (done.0, value.allowed()) } else { done });
            }
            Command::TypeValue => self.list.typed = Some(value.begun()),
            Command::Type(c) => {
                let room = |typed: &&mut String| !c.is_control() && typed.chars().count() < MOST_TYPED;
                self.list.typed.as_mut().filter(room).into_iter().for_each(|typed| typed.push(c));
            }
            Command::Erase { all } => {
                if let Some(typed) = &mut self.list.typed {
                    if all {
                        typed.clear();
                    } else {
                        typed.pop();
                    }
                }
            }
            Command::Done => {
                let Some(typed) = self.list.typed.clone() else { return Ok((false, None)) };
                // What cannot be taken stays there, to be mended.
                let done = self.set(None, &value, value.read(&typed)?, space)?;
                self.list.leave();
                return Ok(done);
            }
            Command::Cancel => self.list.leave(),
            Command::Default => {
                let usual = value.usual.clone().ok_or_else(|| format!("{}: nothing is usual", value.label))?;
                return self.set(None, &value, usual, space);
            }
            _ => {}
        }
        Ok((false, None))
    }

    /// Sets a value.
    fn set(&mut self, gesture: Option<Gesture>, value: &Value, set: Set, space: &dyn Space) -> Obeyed {
        if set == value.now {
            return Ok((false, None));
        }
        let output = self.output;
        let done = self.change(gesture, space, |stage, selection| {
            value.put(&mut Work { stage, output, selection, space }, set).map(|()| None)
        })?;
        // A surface on another output takes the operator along.
        let lit = self.selection.last().and_then(|place| self.stage.surfaces.get(place.surface()?));
        let by = lit.and_then(|surface| self.stage.outputs.iter().position(|output| output.name == surface.output));
        if let Some(by) = by.filter(|by| *by != self.output) {
            (self.output, self.pointer) = (by, None);
        }
        Ok(done)
    }
}

/// The list of values, a line each in two columns, around the chosen one; nothing while it is closed.
#[must_use]
pub fn listed(editor: &Editor) -> Vec<[String; 2]> {
    if !editor.editing || !editor.list.open {
        return Vec::new();
    }
    let values = editor.values();
    let chosen = editor.list.chosen(&values);
    let first = chosen.saturating_sub(ROWS / 2).min(values.len().saturating_sub(ROWS));
    let rows = values.iter().enumerate().skip(first).take(ROWS);
    let mut lines: Vec<_> = rows
        .map(|(row, value)| {
            let is_chosen = row == chosen;
            let typed = editor.list.typed.as_ref().filter(|_| is_chosen);
            let text = typed.map_or_else(|| brief(&value.written()), |typed| format!("{}_", end_of(typed)));
            [format!("{}{}", if is_chosen { "» " } else { "   " }, value.label), text]
        })
        .collect();
    if values.len() > ROWS {
        lines.push([format!("{} of {}", chosen + 1, values.len()), String::new()]);
    }
    lines
}

/// As much of a text as has room, on one line.
fn brief(text: &str) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let more = text.chars().count() > MOST_SEEN;
    line.take(MOST_SEEN).chain(more.then_some('…')).collect()
}

/// As much of its end.
fn end_of(text: &str) -> String {
    let before = text.chars().count().saturating_sub(MOST_SEEN);
    let line = text.chars().skip(before).map(|c| if c.is_control() { ' ' } else { c });
    (before > 0).then_some('…').into_iter().chain(line).collect()
}
