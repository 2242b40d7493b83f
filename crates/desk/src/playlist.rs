//! The playlist and the evening's hours.

use egui::{RichText, Ui};

use super::widgets::{PanelContext, minutes};
use millions_control::Command;

pub fn ui(ui: &mut Ui, context: &mut PanelContext<'_>) {
    let status = context.status;
    match (status.open, status.hours_turn) {
        (None, _) => context.fact(ui, "hours", "the show has none: it plays day and night"),
        (Some(open), turn) => {
            let now = if open { "open" } else { "closed" };
            let turns = turn.map(|turn| {
                let what = if open { "closes" } else { "opens" };
                format!(", {what} in {}", hours(turn - status.secs))
            });
            context.fact(ui, "hours", format!("{now}{}", turns.unwrap_or_default()));
        }
    }
    let Some(playlist) = &status.playlist else {
        context.fact(ui, "playlist", "the show has none");
        return;
    };
    ui.horizontal(|ui| {
        if ui.button("Previous").clicked() {
            context.send(Command::Previous);
        }
        if ui.button("GO").clicked() {
            context.send(Command::Go);
        }
        if ui.add_enabled(!playlist.playing, egui::Button::new("Play on")).clicked() {
            context.send(Command::Resume);
        }
    });
    let state = if playlist.playing { "plays by itself" } else { "waits for GO" };
    ui.label(RichText::new(state).color(context.palette.faint));
    for (index, entry) in playlist.entries.iter().enumerate() {
        let is_on = playlist.entry == Some(index);
        let is_next = playlist.next.as_ref().is_some_and(|next| next.entry == index);
        let mark = if is_on {
            "» "
        } else if is_next {
            "› "
        } else {
            ""
        };
        let text = format!("{mark}{}. {} — {}", index + 1, entry.name, minutes(entry.dwell_secs));
        if ui.selectable_label(is_on, text).clicked() {
            context.send(Command::Entry { entry: index });
        }
    }
}

/// A duration in hours and minutes.
fn hours(secs: f64) -> String {
    let minutes = (secs.max(0.0) / 60.0).ceil() as u64;
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h {:02} min", minutes / 60, minutes % 60) }
}
