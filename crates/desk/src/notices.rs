//! What the log says.

use egui::{Label, RichText, Ui};

use super::widgets::{PanelContext, minutes};
use millions_control::{Notice, NoticeLevel, ObeyedCommand};

/// Whether a notice is amiss and was not read yet.
pub fn is_new(notice: &Notice, read_secs: f64) -> bool {
    notice.level != NoticeLevel::Info && notice.secs > read_secs
}

/// What was done last, by whomever, and the last notice, in a line.
pub fn last(ui: &mut Ui, context: &PanelContext<'_>, read_secs: f64) {
    let notices = &context.status.notices;
    let worst = notices.iter().rev().find(|notice| is_new(notice, read_secs)).or(notices.last());
    ui.horizontal(|ui| {
        if let Some(ObeyedCommand { text, source, secs }) = &context.status.obeyed {
            let ago = minutes(context.status.secs - secs);
            let text = RichText::new(text).color(context.palette.ink).family(super::theme::bold());
            // Not all of the line: what is amiss stays in sight.
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() * 0.5);
                ui.add(Label::new(text).truncate());
                ui.add(
                    Label::new(RichText::new(format!("by {source}, {ago} ago")).color(context.palette.faint))
                        .truncate(),
                );
            });
            ui.separator();
        }
        match worst {
            Some(notice) => line(ui, context, notice, true),
            None => drop(ui.label(RichText::new("nothing to report").color(context.palette.faint))),
        }
    });
}

/// All of them, the newest first.
pub fn ui(ui: &mut Ui, context: &PanelContext<'_>) {
    for notice in context.status.notices.iter().rev() {
        line(ui, context, notice, false);
        ui.separator();
    }
}

fn line(ui: &mut Ui, context: &PanelContext<'_>, notice: &Notice, is_short: bool) {
    let (mark, ink) = match notice.level {
        NoticeLevel::Info => ("", context.palette.faint),
        NoticeLevel::Warning => ("! ", context.palette.warning),
        NoticeLevel::Error => ("!! ", context.palette.warning),
    };
    let ago = minutes(context.status.secs - notice.secs);
    let times = match notice.repeats {
        0 => String::new(),
        repeats => format!(", {} times", repeats.saturating_add(1)),
    };
    let text = RichText::new(format!("{mark}{ago} ago{times}: {}", notice.text)).color(ink);
    ui.add(if is_short { Label::new(text).truncate() } else { Label::new(text).wrap() });
}
