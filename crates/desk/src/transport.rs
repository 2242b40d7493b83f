//! GO, back, hold and blackout, and what is on.

use egui::{RichText, Ui, Vec2};

use super::widgets::{PanelContext, minutes};
use millions_control::{Command, Status};

/// The buttons.
pub fn ui(ui: &mut Ui, context: &mut PanelContext<'_>) {
    let status = context.status;
    let (width, gap) = (ui.available_width(), ui.spacing().item_spacing.x);
    let scale = context.scale;
    let next = status.playlist.as_ref().map(|playlist| match &playlist.next {
        Some(next) => match next.in_secs {
            Some(secs) => format!("{} in {}", next.name, minutes(secs)),
            None => next.name.clone(),
        },
        None => "the end of the playlist".to_owned(),
    });
    ui.add_enabled_ui(next.is_some(), |ui| {
        let below = next.as_deref().unwrap_or("the show has no playlist");
        if context.big_button(ui, Vec2::new(width, 88.0 * scale), "GO", below, false, true).clicked() {
            context.send(Command::Go);
        }
    });
    let half = Vec2::new((width - gap) / 2.0, 50.0 * scale);
    ui.horizontal(|ui| {
        if context.big_button(ui, half, "BACK", "", false, false).clicked() {
            context.send(Command::Back);
        }
        let hold = if status.held { "HELD" } else { "HOLD" };
        if context.big_button(ui, half, hold, "", status.held, false).clicked() {
            context.send(Command::Hold { on: !status.held });
        }
    });
    let black = match status.blackout {
        true if is_fading_out(status) => "BLACK AT ONCE",
        true => "BLACK: lights again",
        false => "BLACKOUT",
    };
    let size = Vec2::new(width, 54.0 * scale);
    if context.big_button(ui, size, black, "", status.blackout, false).clicked() {
        context.send(blackout(status));
    }
    // Each does its own whatever is: a second press in the dark takes nothing back.
    let half = Vec2::new(half.x, 38.0 * scale);
    ui.horizontal(|ui| {
        for (text, on) in [("FADE OUT", true), ("FADE IN", false)] {
            let name = format!("{text} {FADE_SECS} s");
            if context.big_button(ui, half, &name, "", false, false).clicked() {
                context.send(Command::Blackout { on, secs: FADE_SECS });
            }
        }
    });
}

/// Seconds of the slow fade beside the blackout; the look's panel has others.
const FADE_SECS: f64 = 5.0;

/// Whether the wall is on its way to black.
fn is_fading_out(status: &Status) -> bool {
    status.blackout && status.intensity > 0.0
}

/// What a press of blackout commands, as on the wall's keyboard: black at once, in the midst of any fade, and light where it is black.
pub fn blackout(status: &Status) -> Command {
    Command::Blackout { on: !status.blackout || is_fading_out(status), secs: 0.0 }
}

/// What is on, in a line.
pub fn state(ui: &mut Ui, context: &PanelContext<'_>) {
    let Status { scene, held, blackout, intensity, people, open, speed, .. } = context.status;
    ui.label(RichText::new(&context.status.show).color(context.palette.faint));
    ui.label(RichText::new(&scene.name).family(super::theme::bold()).size(19.0 * context.scale));
    let mut state = |text: String| {
        ui.label(RichText::new(text).color(context.palette.warning).family(super::theme::bold()));
    };
    if is_fading_out(context.status) {
        state(format!("FADING OUT: light {:.0} %", intensity * 100.0));
    } else if *blackout {
        state("BLACKOUT".to_owned());
    }
    if *held {
        state("HELD".to_owned());
    }
    if *open == Some(false) {
        state("closed".to_owned());
    }
    if let Some(transition) = &scene.transition {
        state(format!("comes: {:.0} %", transition.progress * 100.0));
    }
    if scene.awaited.is_some() {
        state("the next is being dealt".to_owned());
    }
    if *intensity < 1.0 && !*blackout {
        state(format!("light {:.0} %", intensity * 100.0));
    }
    if (*speed - 1.0).abs() > 1e-6 {
        state(format!("speed {speed:.2}"));
    }
    ui.label(RichText::new(format!("{} people", people.count)).color(context.palette.faint));
}

/// The seconds of the show as a clock: those of a wall by the time of day are UTC.
pub fn clock(status: &Status) -> String {
    let secs = status.secs.rem_euclid(86_400.0) as u64;
    format!("{:02}:{:02}:{:02} UTC", secs / 3600, secs / 60 % 60, secs % 60)
}
