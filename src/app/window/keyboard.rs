//! The keys of the show.

use winit::event::KeyEvent;
use winit::keyboard::ModifiersState;
use winit::window::WindowId;

use super::super::keys::{Action, KeyPress};
use super::App;
use millions_control::{Command, Source, parse_line};
use millions_show::KeyCommand;

/// Converts an event for the key bindings.
pub(super) fn key_press(event: &KeyEvent, modifiers: ModifiersState) -> KeyPress<'_> {
    KeyPress { logical: &event.logical_key, physical: event.physical_key, shift: modifiers.shift_key() }
}

impl App {
    /// A key press. A `synthetic` one is of a key that is down as the window gets the keyboard: it was pressed a moment before, when the window system
    /// had not given the keyboard yet, or is held since it was pressed elsewhere.
    pub(super) fn key(&mut self, id: WindowId, event: &KeyEvent, synthetic: bool) {
        if self.ending.is_some() {
            return;
        }
        if self.edit_key(event) {
            self.pacing.draw_soon();
            return;
        }
        if let Some(command) = self.operator.pick(key_press(event, self.editing.modifiers)) {
            if let Some(command) = command {
                self.obey_key(command, Some(id));
            }
            self.pacing.draw_soon();
            return;
        }
        let Some(action) = self.operator.keys().action(key_press(event, self.editing.modifiers)) else { return };
        // A held key would flash the wall, or quit; and nothing is wiped by a key that was pressed elsewhere.
        if (event.repeat && !action.repeats()) || (synthetic && action == Action::Wipe) {
            return;
        }
        let real_secs = self.pacing.real_secs();
        let Some(window) = self.outputs.of(id) else { return };
        let (window, is_bound) = (window.window.clone(), window.own_rect().is_some());
        let is_fullscreen = window.fullscreen().is_some() || is_bound;
        let pressed = self.operator.press(action, real_secs, is_fullscreen);
        let command = if let Action::Send(place) = action { self.command_of_show(place) } else { pressed };
        if let Some(command) = command {
            self.obey_key(command, Some(id));
        }
        self.pacing.draw_soon();
        window.request_redraw();
    }

    /// The command of a key of the show's `[[commands]]`.
    fn command_of_show(&mut self, place: usize) -> Option<Command> {
        let status = self.operator_status();
        let KeyCommand { key, send, .. } = self.operator.show().commands.get(place)?;
        parse_line(send, &status).unwrap_or_else(|error| {
            self.pacing.warn(&format_args!("key {key}: {error}"));
            None
        })
    }

    /// Carries out the command of a key.
    pub(super) fn obey_key(&mut self, command: Command, window: Option<WindowId>) {
        let result = self.obey(command, Source::Key, window);
        self.warn_refused(&result, Source::Key);
    }

    /// Asks as the key does: a window is closed by mistake, and the system closes windows, too, when it shuts down.
    pub(super) fn close_requested(&mut self) {
        if self.ending.is_some() {
            return;
        }
        if let Some(command) = self.operator.press(Action::Quit, self.pacing.real_secs(), false) {
            self.obey_key(command, None);
        }
        self.pacing.draw_soon();
    }
}
