//! The stage: outputs and surfaces, the same commands as on the wall. See [`StagePanel`].

use std::collections::HashMap;

use egui::{Key, RichText, TextEdit, Ui};

use super::widgets::PanelContext;
use millions_control::{CalibrationParameter, Command, TestMode};
use millions_stage::{EditCommand, StepSize};
use millions_wall::tone::calibration_ranges;

/// The panel, with the values that are being typed.
#[derive(Default)]
pub struct StagePanel {
    /// By the name of the value.
    typed: HashMap<String, String>,
    step: StepSize,
    /// Whether what changes the wall can be pressed.
    is_unlocked: bool,
}

impl StagePanel {
    /// Locks it: the panel was left.
    pub const fn lock(&mut self) {
        self.is_unlocked = false;
    }

    pub fn ui(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>) {
        let stage = &context.status.stage;
        // What is on can be ended without a key to it.
        let is_tested = context.status.outputs.iter().any(|output| output.test != TestMode::None);
        let is_in_use = stage.editing || stage.identify || stage.solo.is_some() || is_tested;
        ui.horizontal_wrapped(|ui| {
            if !is_in_use && ui.selectable_label(self.is_unlocked, "Unlock").clicked() {
                self.is_unlocked = !self.is_unlocked;
            }
            let text = "What is below shows on the wall at once.";
            ui.label(RichText::new(text).color(context.palette.faint));
        });
        let is_open = self.is_unlocked || is_in_use;
        ui.add_enabled_ui(is_open, |ui| whole_stage(ui, context));
        outputs(ui, context, is_open);
        if stage.editing {
            self.editor(ui, context);
        } else {
            ui.label(
                RichText::new("While the stage is edited, surfaces are listed here, with all their values.")
                    .color(context.palette.faint),
            );
        }
    }
    fn editor(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>) {
        let stage = &context.status.stage;
        let edit = |edit| Command::Edit { edit };
        context.heading(ui, "Surfaces");
        ui.horizontal_wrapped(|ui| {
            for surface in &stage.surfaces {
                let text = format!("{} ({})", surface.name, surface.output);
                if ui.selectable_label(surface.selected, text).clicked() {
                    context.send(edit(EditCommand::SelectSurface(surface.surface)));
                }
            }
            for (name, command) in [
                ("Into", EditCommand::SelectInto),
                ("Next", EditCommand::SelectNext(1)),
                ("Out", EditCommand::SelectOut),
                ("All", EditCommand::SelectAll),
                ("Undo", EditCommand::Undo),
                ("Redo", EditCommand::Redo),
            ] {
                if ui.button(name).clicked() {
                    context.send(edit(command));
                }
            }
        });
        for text in &stage.caption {
            ui.add(egui::Label::new(RichText::new(text).color(context.palette.faint)).wrap());
        }
        context.heading(ui, "Move");
        ui.horizontal_wrapped(|ui| {
            for (name, step) in [("0.1 px", StepSize::Tenth), ("1 px", StepSize::One), ("10 px", StepSize::Ten)] {
                if ui.selectable_label(self.step == step, name).clicked() {
                    self.step = step;
                }
            }
        });
        let step = self.step;
        ui.horizontal_wrapped(|ui| {
            for (name, x, y) in [("left", -1.0, 0.0), ("right", 1.0, 0.0), ("up", 0.0, -1.0), ("down", 0.0, 1.0)] {
                if ui.button(name).clicked() {
                    context.send(edit(EditCommand::Move { x, y, step }));
                }
            }
            for (name, command) in [
                ("smaller", EditCommand::Scale { larger: false, step }),
                ("larger", EditCommand::Scale { larger: true, step }),
                ("turn left", EditCommand::Rotate { clockwise: false, step }),
                ("turn right", EditCommand::Rotate { clockwise: true, step }),
                ("straighten", EditCommand::Straighten),
            ] {
                if ui.button(name).clicked() {
                    context.send(edit(command));
                }
            }
        });
        context.heading(ui, "Values");
        for [name, value] in &stage.values {
            self.value(ui, context, name, value);
        }
        self.typed.retain(|name, _| stage.values.iter().any(|[known, _]| known == name));
    }

    /// A value that can be typed: Enter takes it, and leaving the field does, too; Esc leaves it as it was.
    fn value(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>, name: &str, value: &str) {
        ui.horizontal(|ui| {
            let width = 150.0 * context.scale;
            let label = ui.add_sized(
                [width, ui.spacing().interact_size.y],
                egui::Label::new(RichText::new(name).color(context.palette.faint)).truncate(),
            );
            let mut text = self.typed.get(name).cloned().unwrap_or_else(|| value.to_owned());
            let field = TextEdit::singleline(&mut text).desired_width(f32::INFINITY).char_limit(200);
            let response = ui.add(field).labelled_by(label.id);
            if response.changed() {
                self.typed.insert(name.to_owned(), text);
            }
            if response.lost_focus() {
                let is_left = ui.input(|input| input.key_pressed(Key::Escape));
                if let Some(text) = self.typed.remove(name).filter(|text| !is_left && text != value) {
                    context.send(Command::StageValue { name: name.to_owned(), text });
                }
            }
        });
    }
}

/// What is of all outputs.
fn whole_stage(ui: &mut Ui, context: &mut PanelContext<'_>) {
    let status = context.status;
    let stage = &status.stage;
    ui.horizontal_wrapped(|ui| {
        if ui.selectable_label(stage.editing, "Edit the stage").clicked() {
            context.send(Command::EditStage { on: !stage.editing });
        }
        if ui.selectable_label(stage.identify, "Identify").clicked() {
            context.send(Command::Identify { on: !stage.identify });
        }
        if ui.selectable_label(status.fullscreen, "Full screen").clicked() {
            context.send(Command::Fullscreen { on: !status.fullscreen });
        }
        if stage.solo.is_some() && ui.button("Light all").clicked() {
            context.send(Command::Solo { output: None });
        }
        for preset in &stage.presets {
            if ui.button(format!("Preset {preset}")).clicked() {
                context.send(Command::Preset { preset: preset.clone() });
            }
        }
    });
}

/// The outputs: selected, and where the panel is open lit alone, tested, calibrated.
fn outputs(ui: &mut Ui, context: &mut PanelContext<'_>, is_open: bool) {
    let status = context.status;
    context.heading(ui, "Outputs");
    for output in &status.outputs {
        ui.push_id(output.output, |ui| {
            let is_selected = status.stage.selected == output.output;
            ui.horizontal_wrapped(|ui| {
                if ui.selectable_label(is_selected, output.name.as_str()).clicked() {
                    context.send(Command::Edit { edit: EditCommand::SelectOutput(output.output) });
                }
                if ui.button("still").clicked() {
                    context.send(Command::Still { output: Some(output.output) });
                }
                ui.add_enabled_ui(is_open, |ui| {
                    let solo = status.stage.solo == Some(output.output);
                    if ui.selectable_label(solo, "alone").clicked() {
                        context.send(Command::Solo { output: (!solo).then_some(output.output) });
                    }
                });
            });
            if !is_open {
                ui.disable();
            }
            ui.horizontal_wrapped(|ui| {
                for (name, test) in TestMode::ALL {
                    if ui.selectable_label(output.test == test, name).clicked() {
                        context.send(Command::Test { test, output: Some(output.output) });
                    }
                }
            });
            let [gamma, black, white, _] = output.calibration;
            for (name, parameter, value, range) in [
                ("gamma", CalibrationParameter::Gamma, gamma, calibration_ranges::GAMMA),
                ("black", CalibrationParameter::Black, black, calibration_ranges::BLACK),
                ("white", CalibrationParameter::White, white, calibration_ranges::WHITE),
            ] {
                if let Some(value) = context.slider(ui, name, "The projector's calibration", value, range) {
                    context.send(Command::Calibrate { output: output.output, parameter, value });
                }
            }
        });
        ui.separator();
    }
}
