//! Looks, and the values of the look. See [`LookPanel`].

use std::collections::HashMap;

use egui::Ui;

use super::widgets::PanelContext;
use millions_base::Range;
use millions_control::{Command, Status};
use millions_wall::tone::LookParameter;

/// Seconds for which a slider that was moved shows where it was put, rather than what the status says: that is older.
const SETTLING_SECS: f64 = 0.6;
/// The rows of a scene that a slider reaches; commands reach more.
const ROWS: Range = Range::new(1.0, 120.0, "");

/// The panel, with the sliders that were just moved.
#[derive(Default)]
pub struct LookPanel {
    moved: HashMap<&'static str, (f32, f64)>,
}

impl LookPanel {
    /// Forgets sliders that have settled.
    pub fn follow(&mut self, status: &Status) {
        self.moved.retain(|_, (_, secs)| (status.secs - *secs).abs() < SETTLING_SECS);
    }

    pub fn ui(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>) {
        let status = context.status;
        ui.horizontal_wrapped(|ui| {
            let own = status.look.shown.is_none();
            if ui.selectable_label(own, "The scenes' own").clicked() {
                context.send(Command::Look { look: None });
            }
            for look in &status.look.looks {
                let is_shown = status.look.shown.as_ref() == Some(&look.look);
                if ui.selectable_label(is_shown, look.name.as_str()).clicked() {
                    context.send(Command::Look { look: Some(look.look.clone()) });
                }
            }
        });
        if ui.button("The scene's own look, rows and speed again").clicked() {
            self.moved.clear();
            context.send(Command::Reset);
        }
        for parameter in LookParameter::ALL {
            let Some(known) = status.look.values.iter().find(|value| value.parameter == parameter.name()) else {
                continue;
            };
            let value = self.moved.get(parameter.name()).map_or(known.value, |(value, _)| *value);
            let name = parameter.name().replace('_', " ");
            let name = if known.adjusted { format!("{name} (set)") } else { name };
            if let Some(value) = context.slider(ui, &name, parameter.description(), value, parameter.range()) {
                self.moved.insert(parameter.name(), (value, status.secs));
                context.send(Command::Adjust { parameter: parameter.name().to_owned(), value, fade: false });
            }
        }
        context.heading(ui, "The scene");
        // Of a scene without rows it stays where it is: what moves under a hand is pressed by mistake.
        ui.add_enabled_ui(status.rows.is_some(), |ui| {
            let rows = status.rows.map_or(ROWS.low as f32, |rows| rows as f32);
            if let Some(rows) = context.slider(ui, "rows", "Rows of people", rows, ROWS) {
                context.send(Command::Rows { rows: rows.round() as u32 });
            }
        });
        ui.horizontal_wrapped(|ui| {
            ui.label(format!("speed {:.2}", status.speed));
            for (name, rate) in [("half", 0.5), ("1", 1.0), ("double", 2.0)] {
                if ui.selectable_label((status.speed - rate).abs() < 1e-6, name).clicked() {
                    context.send(Command::Speed { rate });
                }
            }
        });
        context.heading(ui, "Fade to black and back");
        for (text, on) in [("out", true), ("in", false)] {
            ui.horizontal_wrapped(|ui| {
                for secs in [2.0, 10.0, 30.0] {
                    if ui.button(format!("{text} {secs} s")).clicked() {
                        context.send(Command::Blackout { on, secs });
                    }
                }
            });
        }
    }
}
