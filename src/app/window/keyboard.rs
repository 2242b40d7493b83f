//! The keys of the show.

use winit::event::KeyEvent;
use winit::keyboard::ModifiersState;
use winit::window::{Fullscreen, WindowId};

use super::super::keys::{Action, KeyPress};
use super::super::operator::WindowCommand;
use super::App;
use super::graphics::Device;
use millions_wall::tile::PortraitNumber;

/// Converts an event for the key bindings.
pub(super) fn key_press(event: &KeyEvent, modifiers: ModifiersState) -> KeyPress<'_> {
    KeyPress { logical: &event.logical_key, physical: event.physical_key, shift: modifiers.shift_key() }
}

impl App {
    pub(super) fn key(&mut self, id: WindowId, event: &KeyEvent) {
        if self.ending.is_some() {
            return;
        }
        if self.edit_key(event) {
            self.pacing.draw_soon();
            return;
        }
        if let Some(command) = self.operator.pick(key_press(event, self.editing.modifiers)) {
            if let Some(WindowCommand::Hide(portrait)) = command {
                self.hide(portrait);
            }
            self.pacing.draw_soon();
            return;
        }
        let Some(action) = self.operator.keys().action(key_press(event, self.editing.modifiers)) else { return };
        // A held key would flash the wall, or quit.
        if event.repeat && !action.repeats() {
            return;
        }
        let real_secs = self.pacing.real_secs();
        let Some(window) = self.outputs.of(id) else { return };
        // Of several outputs in the window, the selected one.
        let (outputs, selected) = (window.role.outputs().collect::<Vec<_>>(), self.operator.venue.selected());
        let output = if outputs.contains(&selected) { Some(selected) } else { outputs.first().copied() };
        // A window on its own monitors stays there.
        let (wall, is_bound) = (window.window.clone(), window.own_rect().is_some());
        let is_fullscreen = wall.fullscreen().is_some() || is_bound;
        match self.operator.press(action, real_secs, is_fullscreen) {
            Some(WindowCommand::ToggleFullscreen) if !is_bound => {
                let monitor = wall.current_monitor();
                wall.set_fullscreen((!is_fullscreen).then_some(Fullscreen::Borderless(monitor)));
            }
            Some(WindowCommand::LeaveFullscreen) if !is_bound => wall.set_fullscreen(None),
            Some(WindowCommand::ToggleFullscreen | WindowCommand::LeaveFullscreen) | None => {}
            Some(WindowCommand::Hide(portrait)) => self.hide(portrait),
            Some(WindowCommand::Still) => output.into_iter().for_each(|output| self.save_still(output)),
            Some(WindowCommand::Quit) => self.quit(),
        }
        self.pacing.draw_soon();
        wall.request_redraw();
    }

    /// Takes somebody off the wall, at once and for good.
    fn hide(&mut self, portrait: PortraitNumber) {
        if let Some(Device { renderer, .. }) = &mut self.graphics.device {
            renderer.retire_portraits(&[portrait]);
        }
        self.arrivals.hide(portrait);
    }

    /// Asks as the key does: a window is closed by mistake, and the system closes windows, too, when it shuts down.
    pub(super) fn close_requested(&mut self) {
        if self.ending.is_some() {
            return;
        }
        if let Some(WindowCommand::Quit) = self.operator.press(Action::Quit, self.pacing.real_secs(), false) {
            self.quit();
        }
        self.pacing.draw_soon();
    }

    fn quit(&mut self) {
        if let Some(resume) = &mut self.options.resume {
            resume.forget(&self.writer);
        }
        self.begin_end();
    }
}
