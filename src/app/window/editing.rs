//! Keys, pointer and gamepad while the stage is edited, and its file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::DVec2;
use winit::dpi::PhysicalPosition;
use winit::event::{ElementState, KeyEvent, MouseButton};
use winit::keyboard::Key;
use winit::window::WindowId;

use super::super::edit_keys::{EditAction, edit_action};
use super::super::gamepad::Gamepad;
use super::super::keys::{Action, key_name};
use super::super::masks::DiskMasks;
use super::super::stage_file::{Saving, StageFile};
use super::App;
use millions_stage::{Command, EditMode};

/// A pause after which what follows is a step of its own for undo.
const SETTLE: Duration = Duration::from_millis(900);

/// What the operator is at.
#[derive(Default)]
pub(super) struct Editing {
    /// Where the pointer is, in pixels of the selected output.
    pointer: Option<DVec2>,
    /// The output under the pointer, in the window where it moved last.
    under: Option<usize>,
    /// When something was moved last, until it has settled.
    moved: Option<Instant>,
    /// Looked for when the stage is edited for the first time.
    gamepad: Option<Gamepad>,
}

impl App {
    /// Whether a key was meant for the stage. What ends the edit, darkens, holds and quits is as ever.
    pub(super) fn edit_key(&mut self, event: &KeyEvent) -> bool {
        let mode = self.operator.venue.mode();
        // What is typed is no preset's.
        if mode != EditMode::Typing && self.preset_key(event) {
            return true;
        }
        if !self.operator.venue.is_editing() {
            return false;
        }
        let Some(action) = edit_action(event, self.modifiers, mode) else {
            if mode == EditMode::Typing && event.text.is_some() {
                return true;
            }
            // Keys of the show would change it under the operator's hands.
            let pressed = super::Pressed {
                logical: &event.logical_key,
                physical: event.physical_key,
                shift: self.modifiers.shift_key(),
            };
            let as_ever = [Action::Edit, Action::Blackout, Action::Hold, Action::Quit, Action::Fullscreen];
            return !self.operator.keys().action(pressed).is_some_and(|action| as_ever.contains(&action));
        };
        let venue = &mut self.operator.venue;
        match action {
            EditAction::Stage(command) => {
                let repeats = matches!(
                    command,
                    Command::Move { .. }
                        | Command::Scale { .. }
                        | Command::Rotate { .. }
                        | Command::SelectNext(_)
                        | Command::Undo
                        | Command::Redo
                        | Command::BendBy(_)
                        | Command::Feather(_)
                        | Command::SelectValue(_)
                        | Command::StepValue { .. }
                        | Command::Erase { .. }
                );
                if !event.repeat || repeats {
                    self.act(command);
                }
            }
            EditAction::Text => {
                for c in event.text.iter().flat_map(|text| text.chars()) {
                    self.act(Command::TypeChar(c));
                }
            }
            EditAction::AddPointHere => self.act(Command::AddPoint(self.editing.pointer)),
            EditAction::Test(mode, all) => {
                venue.test(mode, all);
            }
            EditAction::Solo => venue.toggle_solo(),
            EditAction::Identify => venue.toggle_identify(),
            EditAction::Help => venue.toggle_help(),
        }
        true
    }

    /// Switches to another stage, where a key is given to one.
    fn preset_key(&mut self, event: &KeyEvent) -> bool {
        let held = self.modifiers.control_key() || self.modifiers.alt_key() || self.modifiers.super_key();
        if event.repeat || held {
            return false;
        }
        let name = match &event.logical_key {
            Key::Named(named) => match key_name(*named) {
                Some(name) => name.to_owned(),
                None => return false,
            },
            Key::Character(text) => text.to_lowercase(),
            _ => return false,
        };
        let presets = &self.operator.venue.stage().presets;
        let Some(preset) = presets.iter().find(|preset| preset.key.to_lowercase() == name) else { return false };
        let folder = self.stage_file.as_ref().and_then(|file| file.path().parent().map(std::path::Path::to_owned));
        let path = folder.unwrap_or_default().join(&preset.file);
        match millions_stage::Stage::read(&path, &millions_base::Disk).result {
            Ok(stage) => {
                tracing::info!("the stage is {}", path.display());
                // From here on it is that file that is edited.
                self.stage_file = Some(StageFile::new(&path));
                self.operator.venue.switch_to(stage, Arc::new(DiskMasks::beside(&path)));
                self.operator.follow_stage_at(&path);
            }
            Err(problems) => tracing::error!("{problems}\n  the stage stays as it was"),
        }
        true
    }

    fn act(&mut self, command: Command) {
        let reply = self.operator.venue.act(command);
        if reply.changed {
            self.editing.moved = Some(Instant::now());
        }
        self.next_frame = Instant::now();
    }

    /// The pointer is at a place of a window, or has left it.
    pub(super) fn pointer(&mut self, id: WindowId, position: Option<PhysicalPosition<f64>>) {
        let Some(window) = self.outputs.of(id) else { return };
        window.cursor_moved();
        if !self.operator.venue.is_editing() {
            return;
        }
        let selected = self.operator.venue.selected();
        let under = position.and_then(|at| window.output_at(at));
        self.editing.under = under.map(|(output, _)| output);
        if !window.held.outputs().any(|output| output == selected) {
            return;
        }
        let stage = self.operator.venue.stage();
        let at = under.filter(|(output, _)| *output == selected).zip(stage.outputs.get(selected));
        let at = at.map(|((_, part), output)| output.output_from_target(part) * output.size.as_dvec2());
        self.editing.pointer = at;
        self.act(Command::Hover(at));
        if let Some(at) = at {
            self.act(Command::DragTo(at));
        }
    }

    /// A button of the mouse went down or up.
    pub(super) fn button(&mut self, id: WindowId, state: ElementState, button: MouseButton) {
        let Some(window) = self.outputs.of(id) else { return };
        window.cursor_moved();
        let held: Vec<_> = window.held.outputs().collect();
        // Of several in one window, the one under the pointer.
        let under = self.editing.under.filter(|under| held.contains(under));
        let Some(output) = under.or_else(|| held.first().copied()) else { return };
        if !self.operator.venue.is_editing() || button != MouseButton::Left {
            return;
        }
        let away = output as i32 - self.operator.venue.selected() as i32;
        if away != 0 {
            // Whoever clicks on another output means that one.
            self.act(Command::NextOutput(away));
            return;
        }
        match (state, self.editing.pointer) {
            (ElementState::Pressed, Some(p)) => {
                self.act(Command::SelectAt { p, add: self.modifiers.shift_key() });
                self.act(Command::DragBegin(p));
            }
            _ => self.act(Command::DragEnd),
        }
    }

    /// Moves what is selected by a gamepad, while the stage is edited.
    pub(super) fn follow_gamepad(&mut self) {
        if !self.operator.venue.is_editing() {
            return;
        }
        let commands = self.editing.gamepad.get_or_insert_with(Gamepad::new).commands();
        for command in commands {
            self.act(command);
        }
    }

    /// Saves the stage after a change, and takes it over when somebody else has saved it.
    pub(super) fn follow_stage(&mut self) {
        if self.editing.moved.is_some_and(|moved| moved.elapsed() > SETTLE) {
            self.editing.moved = None;
            self.act(Command::EndGesture);
        }
        let Some(file) = &self.stage_file else { return };
        let mut news: Vec<_> = file.news().collect();
        if self.operator.venue.take_changed() {
            file.save(self.operator.venue.stage());
            // What was saved elsewhere meanwhile is in the history; the hand on the wall counts.
            news.clear();
        }
        for news in news {
            match news {
                Saving::Read(stage) => {
                    self.operator.venue.replace(*stage);
                    let _ = self.operator.venue.take_changed();
                    tracing::info!("the stage has changed");
                }
                Saving::Wrong(problems) => tracing::error!("{problems}\n  the stage stays as it was"),
            }
            self.next_frame = Instant::now();
        }
    }
}
