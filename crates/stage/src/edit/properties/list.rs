//! The list of properties: opened, stepped through, typed in. See [`List`].

use super::super::undo::Gesture;
use super::super::{CommandResult, EditHost, EditMode, Editor, Reply, StepSize};
use super::{Owner, Property, Value};

/// The longest text that can be typed, in characters.
const MOST_TYPED: usize = 200;
/// The longest text that is shown, in characters.
const MOST_SHOWN: usize = 48;
/// The most properties that are shown at once.
const ROWS: usize = 16;

/// The state of the list of properties.
#[derive(Clone, Debug, Default)]
pub(in crate::edit) struct List {
    is_open: bool,
    /// The label of the selected property: another owner may have it in another row.
    label: &'static str,
    /// Its row, for an owner that has no such property.
    row: usize,
    /// The text being typed.
    text: Option<String>,
}

impl List {
    pub fn toggle(&mut self) {
        self.is_open = !self.is_open;
        self.discard_text();
    }

    pub fn close(&mut self) {
        self.is_open = false;
        self.discard_text();
    }

    pub fn discard_text(&mut self) {
        self.text = None;
    }

    pub fn type_char(&mut self, c: char) {
        if let Some(text) = &mut self.text
            && !c.is_control()
            && text.chars().count() < MOST_TYPED
        {
            text.push(c);
        }
    }

    pub fn erase(&mut self, all: bool) {
        match &mut self.text {
            Some(text) if all => text.clear(),
            Some(text) => drop(text.pop()),
            None => {}
        }
    }

    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    pub const fn mode(&self) -> EditMode {
        match (self.is_open, &self.text) {
            (true, Some(_)) => EditMode::Typing,
            (true, None) => EditMode::Values,
            (false, _) => EditMode::Stage,
        }
    }

    /// The row of the selected property.
    fn selected(&self, properties: &[Property]) -> usize {
        let labelled = properties.iter().position(|property| property.label == self.label);
        labelled.unwrap_or(self.row).min(properties.len().saturating_sub(1))
    }
}

impl Editor {
    fn properties(&self) -> Vec<Property> {
        let owner = Owner::of_selection(&self.stage, self.output, &self.selection);
        owner.map(|owner| owner.properties(&self.stage)).unwrap_or_default()
    }

    /// The selected property; none while the list is closed.
    fn selected_property(&self) -> Option<Property> {
        let mut properties = if self.list.is_open { self.properties() } else { Vec::new() };
        let row = self.list.selected(&properties);
        (!properties.is_empty()).then(|| properties.swap_remove(row))
    }

    pub(in crate::edit) fn select_value(&mut self, by: i32) {
        let properties = self.properties();
        if self.list.is_open && !properties.is_empty() {
            let row = self.list.selected(&properties) as i64 + i64::from(by);
            self.list.row = row.rem_euclid(properties.len() as i64) as usize;
            self.list.label = properties[self.list.row].label;
        }
    }

    pub(in crate::edit) fn step_value(&mut self, up: bool, step: StepSize, host: &dyn EditHost) -> CommandResult {
        let Some(property) = self.selected_property() else { return Ok(Reply::default()) };
        let value = property.stepped(up, step)?;
        let is_at_end = value == property.value;
        let reply = self.set(Some(Gesture::Value), &property, value, host)?;
        Ok(if is_at_end { Reply { message: property.allowed(), ..reply } } else { reply })
    }

    pub(in crate::edit) fn reset_value(&mut self, host: &dyn EditHost) -> CommandResult {
        let Some(property) = self.selected_property() else { return Ok(Reply::default()) };
        let default = property.default.clone().ok_or_else(|| format!("{}: there is no default", property.label))?;
        self.set(None, &property, default, host)
    }

    pub(in crate::edit) fn begin_text(&mut self) {
        if let Some(property) = self.selected_property() {
            self.list.text = Some(property.initial_text());
        }
    }

    pub(in crate::edit) fn commit_text(&mut self, host: &dyn EditHost) -> CommandResult {
        let property = self.selected_property();
        let Some((property, text)) = property.zip(self.list.text.clone()) else { return Ok(Reply::default()) };
        // A text that is refused stays, to be corrected.
        let reply = self.set(None, &property, property.parse(&text)?, host)?;
        self.list.discard_text();
        Ok(reply)
    }

    /// Sets the property of a name to what is typed for it, whichever of the list is selected.
    ///
    /// # Errors
    /// When the selection has no such property, or the value is not allowed: nothing has changed then.
    pub fn set_value(&mut self, name: &str, text: &str, host: &dyn EditHost) -> CommandResult {
        if !self.editing {
            return Err("the stage is not edited".to_owned());
        }
        if text.chars().count() > MOST_TYPED {
            return Err(format!("{name}: a value has at most {MOST_TYPED} characters"));
        }
        let known = self.properties().into_iter().find(|property| property.label == name);
        let property = known.ok_or_else(|| format!("what is selected has no value {name}"))?;
        let value = property.parse(text).map_err(|reason| format!("{name}: {reason}"))?;
        self.list.discard_text();
        self.undo.end_gesture(&self.stage);
        let reply = self.set(None, &property, value, host)?;
        self.message = None;
        Ok(reply)
    }

    fn set(
        &mut self,
        gesture: Option<Gesture>,
        property: &Property,
        value: Value,
        host: &dyn EditHost,
    ) -> CommandResult {
        if value == property.value {
            return Ok(Reply::default());
        }
        let reply = self.change(gesture, host, |edit| property.apply(edit, value).map(|()| None))?;
        // A surface that was moved to another output takes the selection of outputs along.
        let surface = self.selection.last().and_then(|handle| self.stage.surface(handle.surface()?));
        let output = surface.and_then(|surface| self.stage.output_named(&surface.output));
        if let Some(output) = output.filter(|output| output.id != self.output) {
            (self.output, self.pointer) = (output.id, None);
        }
        Ok(reply)
    }
}

/// All properties of what is selected, label and value; none unless the stage is edited.
#[must_use]
pub fn values(editor: &Editor) -> Vec<[String; 2]> {
    let properties = if editor.editing { editor.properties() } else { Vec::new() };
    properties.iter().map(|property| [property.label.to_owned(), property.display()]).collect()
}

/// The rows of the list around the selected one, label and value; none while it is closed.
#[must_use]
pub fn value_rows(editor: &Editor) -> Vec<[String; 2]> {
    if !editor.editing || !editor.list.is_open {
        return Vec::new();
    }
    let properties = editor.properties();
    let selected = editor.list.selected(&properties);
    let first = selected.saturating_sub(ROWS / 2).min(properties.len().saturating_sub(ROWS));
    let rows = properties.iter().enumerate().skip(first).take(ROWS);
    let mut lines: Vec<_> = rows
        .map(|(row, property)| {
            let typed = editor.list.text.as_ref().filter(|_| row == selected);
            let text = typed.map_or_else(|| start_of(&property.display()), |typed| format!("{}_", end_of(typed)));
            [format!("{}{}", if row == selected { "» " } else { "   " }, property.label), text]
        })
        .collect();
    if properties.len() > ROWS {
        lines.push([format!("{} of {}", selected + 1, properties.len()), String::new()]);
    }
    lines
}

/// The first characters of a text, on one line.
fn start_of(text: &str) -> String {
    let is_longer = text.chars().count() > MOST_SHOWN;
    one_line(text).take(MOST_SHOWN).chain(is_longer.then_some('…')).collect()
}

/// The last characters of a text, on one line.
fn end_of(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(MOST_SHOWN);
    (skipped > 0).then_some('…').into_iter().chain(one_line(text).skip(skipped)).collect()
}

fn one_line(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c })
}
