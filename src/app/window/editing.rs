//! Keys, pointer and gamepad while the stage is edited, and its file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use glam::DVec2;
use winit::dpi::PhysicalPosition;
use winit::event::{ElementState, KeyEvent, MouseButton};
use winit::keyboard::{Key, ModifiersState};
use winit::window::WindowId;

use super::super::edit_keys::{EditAction, edit_action};
use super::super::folder_files::FolderFiles;
use super::super::gamepad::Gamepad;
use super::super::keys::{Action, key_name};
use super::super::stage_file::StageFile;
use super::App;
use super::keyboard::key_press;
use millions_base::{Diagnostics, Disk, printable_path};
use millions_control::{Command, Refused, Source};
use millions_stage::{EditCommand, EditMode, OutputId, Stage};

/// The pause that ends a step of undo.
const SETTLE: Duration = Duration::from_millis(900);

/// The state of the input devices while the stage is edited.
#[derive(Default)]
pub(super) struct Editing {
    /// The modifier keys that are held.
    pub modifiers: ModifiersState,
    /// The pointer, in pixels of the selected output.
    pointer: Option<DVec2>,
    /// The output under the pointer, in the window where it moved last.
    under: Option<OutputId>,
    /// The time of the last change, until [`SETTLE`] has passed.
    changed_at: Option<Instant>,
    /// Opened when the stage is first edited.
    gamepad: Option<Gamepad>,
}

/// Reads the stages of presets on a thread; the last key wins.
#[derive(Default)]
pub(super) struct PresetLoader(Option<Receiver<LoadedPreset>>);

/// The stage of a preset, as far as its file can be read.
struct LoadedPreset {
    path: PathBuf,
    stage: Result<Stage, Diagnostics>,
}

impl Editing {
    /// Notes that the stage was edited just now.
    pub fn changed_now(&mut self) {
        self.changed_at = Some(Instant::now());
    }
}

impl PresetLoader {
    fn load(&mut self, path: PathBuf) {
        let (done, loaded) = bounded(1);
        std::thread::spawn(move || {
            let stage = Stage::read(&path, &Disk).result;
            // No receiver is left after another key.
            let _ = done.send(LoadedPreset { path, stage });
        });
        self.0 = Some(loaded);
    }

    fn take(&mut self) -> Option<LoadedPreset> {
        let loaded = self.0.as_ref()?.try_recv();
        if !matches!(loaded, Err(TryRecvError::Empty)) {
            self.0 = None;
        }
        loaded.ok()
    }
}

impl App {
    /// Applies a key to the edited stage; returns whether it was for the stage. The keys for the end of editing, blackout, hold,
    /// full screen and quit keep their effects.
    pub(super) fn edit_key(&mut self, event: &KeyEvent) -> bool {
        let mode = self.operator.venue.mode();
        // Not while a name is typed.
        if mode != EditMode::Typing && self.preset_key(event) {
            return true;
        }
        if !self.operator.venue.is_editing() {
            return false;
        }
        let Some(action) = edit_action(event, self.editing.modifiers, mode) else {
            if mode == EditMode::Typing && event.text.is_some() {
                return true;
            }
            // Other keys would change the show unseen.
            let allowed = [Action::Edit, Action::Blackout, Action::Hold, Action::Quit, Action::Fullscreen];
            let action = self.operator.keys().action(key_press(event, self.editing.modifiers));
            return !action.is_some_and(|action| allowed.contains(&action));
        };
        let venue = &self.operator.venue;
        let selected = venue.selected();
        let command = match action {
            EditAction::Stage(edit) if event.repeat && !repeats(edit) => return true,
            EditAction::Stage(edit) => Command::Edit { edit },
            EditAction::Text => {
                for c in event.text.iter().flat_map(|text| text.chars()) {
                    self.act(EditCommand::TypeChar(c), Source::Key);
                }
                return true;
            }
            EditAction::AddPointHere => Command::Edit { edit: EditCommand::AddPoint(self.editing.pointer) },
            EditAction::Test(test, all) => Command::Test { test, output: (!all).then_some(selected) },
            EditAction::Solo => Command::Solo { output: venue.tests().solo().is_none().then_some(selected) },
            EditAction::Identify => Command::Identify { on: !venue.tests().is_identifying() },
            EditAction::Help => Command::Help { on: !venue.shows_help() },
        };
        self.obey_key(command, None);
        true
    }

    /// Switches to the stage that a key is a preset of; returns whether it is.
    fn preset_key(&mut self, event: &KeyEvent) -> bool {
        let modifiers = self.editing.modifiers;
        if event.repeat || modifiers.control_key() || modifiers.alt_key() || modifiers.super_key() {
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
        let mut presets = self.operator.venue.stage().presets.iter();
        let Some(preset) = presets.find(|preset| preset.key.to_lowercase() == name) else { return false };
        let preset = preset.key.clone();
        self.obey_key(Command::Preset { preset }, None);
        true
    }

    /// Reads the stage of a preset on a thread.
    pub(super) fn load_preset(&mut self, key: &str) -> Result<(), Refused> {
        let mut presets = self.operator.venue.stage().presets.iter();
        let preset = presets.find(|preset| preset.key == key);
        let preset = preset.ok_or_else(|| Refused(format!("the stage has no preset {key}")))?;
        let folder = self.stage_file.as_ref().and_then(|file| file.path().parent().map(std::path::Path::to_owned));
        self.presets.load(folder.unwrap_or_default().join(&preset.file));
        Ok(())
    }

    /// Switches to the stage of a preset once it is read.
    fn follow_preset(&mut self) {
        self.closing.retain(|file| !file.is_closed());
        let Some(LoadedPreset { path, stage }) = self.presets.take() else { return };
        match stage {
            Ok(stage) => {
                tracing::info!("the stage is {}", printable_path(&path));
                // Changes are saved to that file from now on.
                let before = self.stage_file.replace(StageFile::new(&path));
                self.closing.extend(before.map(StageFile::closing));
                self.operator.venue.switch_to(stage, Arc::new(FolderFiles::beside(&path)));
                self.operator.follow_stage_at(&path);
                self.pacing.draw_soon();
            }
            Err(errors) => tracing::error!("{errors}\n  the stage stays as it was"),
        }
    }

    /// Carries out a command to the editor.
    fn act(&mut self, edit: EditCommand, source: Source) {
        let result = self.obey(Command::Edit { edit }, source, None);
        self.warn_refused(&result, source);
    }

    /// Follows the pointer to a position of a window, or out of it.
    pub(super) fn pointer(&mut self, id: WindowId, position: Option<PhysicalPosition<f64>>) {
        let Some(window) = self.outputs.of(id) else { return };
        window.cursor_moved(position);
        if !self.operator.venue.is_editing() {
            return;
        }
        let selected = self.operator.venue.selected();
        let under = position.and_then(|at| window.output_at(at));
        self.editing.under = under.map(|(output, _)| output);
        if !window.role.outputs().any(|output| output == selected) {
            return;
        }
        let stage = self.operator.venue.stage();
        let at = under.filter(|(output, _)| *output == selected).zip(stage.output(selected));
        let at = at.map(|((_, part), output)| output.output_from_target(part) * output.size.as_dvec2());
        self.editing.pointer = at;
        self.act(EditCommand::Hover(at), Source::Mouse);
        if let Some(at) = at {
            self.act(EditCommand::DragTo(at), Source::Mouse);
        }
    }

    /// Selects and drags with the left button of the mouse.
    pub(super) fn button(&mut self, id: WindowId, state: ElementState, button: MouseButton) {
        let Some(window) = self.outputs.of(id) else { return };
        window.show_cursor();
        let outputs: Vec<_> = window.role.outputs().collect();
        // Of several in one window, the one under the pointer.
        let under = self.editing.under.filter(|under| outputs.contains(under));
        let Some(output) = under.or_else(|| outputs.first().copied()) else { return };
        if !self.operator.venue.is_editing() || button != MouseButton::Left {
            return;
        }
        if output != self.operator.venue.selected() {
            // A click on another output selects it.
            self.act(EditCommand::SelectOutput(output), Source::Mouse);
            return;
        }
        match (state, self.editing.pointer) {
            (ElementState::Pressed, Some(p)) => {
                self.act(EditCommand::SelectAt { p, add: self.editing.modifiers.shift_key() }, Source::Mouse);
                self.act(EditCommand::DragBegin(p), Source::Mouse);
            }
            _ => self.act(EditCommand::DragEnd, Source::Mouse),
        }
    }

    /// Moves what is selected by a gamepad, while the stage is edited.
    pub(super) fn follow_gamepad(&mut self) {
        if !self.operator.venue.is_editing() {
            return;
        }
        let commands = self.editing.gamepad.get_or_insert_with(Gamepad::new).commands();
        for command in commands {
            self.act(command, Source::Gamepad);
        }
    }

    /// Saves the stage after an edit, and reloads it after another program has saved it.
    pub(super) fn follow_stage(&mut self) {
        if self.editing.changed_at.is_some_and(|at| at.elapsed() > SETTLE) {
            self.editing.changed_at = None;
            self.act(EditCommand::EndGesture, Source::Program);
        }
        self.follow_preset();
        if self.stage_file.as_ref().is_some_and(|file| file.follow(&mut self.operator.venue)) {
            self.pacing.draw_soon();
        }
    }
}

/// Whether a command repeats while its key is held.
const fn repeats(command: EditCommand) -> bool {
    matches!(
        command,
        EditCommand::Move { .. }
            | EditCommand::Scale { .. }
            | EditCommand::Rotate { .. }
            | EditCommand::SelectNext(_)
            | EditCommand::Undo
            | EditCommand::Redo
            | EditCommand::BendBy(_)
            | EditCommand::Feather(_)
            | EditCommand::SelectValue(_)
            | EditCommand::StepValue { .. }
            | EditCommand::Erase { .. }
    )
}
