//! What the panels share. See [`PanelContext`].

use egui::{Align2, Color32, FontId, Rect, Response, Role, Sense, Slider, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use super::{Palette, Pictures};
use millions_base::Range;
use millions_control::{Command, Status};

/// What every panel is given.
pub struct PanelContext<'a> {
    pub status: &'a Status,
    pub pictures: &'a Pictures,
    pub palette: &'static Palette,
    pub scale: f32,
    pub commands: &'a mut Vec<Command>,
    /// Whether what has the focus is moved by the arrows.
    pub owns_arrows: bool,
}

impl PanelContext<'_> {
    pub fn send(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// A button for gloves: a text, a smaller line below it, and whether what it stands for is on, which a frame and a filled
    /// surface say, not a colour alone.
    pub fn big_button(&self, ui: &mut Ui, size: Vec2, text: &str, below: &str, is_on: bool, is_main: bool) -> Response {
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let name = if below.is_empty() { text.to_owned() } else { format!("{text}: {below}") };
        response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), is_on, &name));
        let palette = self.palette;
        let fill = if is_on {
            palette.on
        } else if response.is_pointer_button_down_on() || response.hovered() {
            palette.pressed
        } else if is_main {
            palette.main
        } else {
            palette.button
        };
        let ink = if is_on { palette.on_ink } else { palette.ink };
        let painter = ui.painter();
        painter.rect_filled(rect, 4.0, fill);
        let edge = if response.has_focus() { 3.0 } else { 1.5 };
        let edge_ink = if response.has_focus() { palette.focus } else { palette.edge };
        painter.rect_stroke(rect, 4.0, Stroke::new(edge, edge_ink), StrokeKind::Inside);
        let large = (size.y * if below.is_empty() { 0.42 } else { 0.38 }).min(34.0 * self.scale);
        let middle = if below.is_empty() { rect.center() } else { rect.center() - Vec2::new(0.0, size.y * 0.14) };
        line(ui, rect.shrink(6.0), middle, text, FontId::new(large, super::theme::bold()), ink);
        if !below.is_empty() {
            let at = rect.center() + Vec2::new(0.0, size.y * 0.24);
            line(ui, rect.shrink(6.0), at, below, FontId::proportional(14.0 * self.scale), ink);
        }
        response
    }

    /// A slider within limits, with its name; returns the new value if it was moved.
    pub fn slider(&mut self, ui: &mut Ui, name: &str, help: &str, value: f32, range: Range) -> Option<f32> {
        let mut moved = value;
        let (low, high) = (range.low as f32, range.high as f32);
        // Not rounded: a value that nobody touched would be another, and commanded.
        let response = ui.add(Slider::new(&mut moved, low..=high).text(name)).on_hover_text(help);
        // A hand that has moved it goes on with the arrows, which are the show's otherwise.
        if response.clicked() || response.drag_started() {
            response.request_focus();
        }
        self.owns_arrows |= response.has_focus();
        (response.changed() && moved != value).then_some(moved)
    }

    /// A heading.
    pub fn heading(&self, ui: &mut Ui, text: &str) {
        ui.add_space(6.0 * self.scale);
        ui.label(egui::RichText::new(text).family(super::theme::bold()).color(self.palette.ink));
    }

    /// A line that says how something is.
    pub fn fact(&self, ui: &mut Ui, name: &str, value: impl Into<String>) {
        ui.horizontal(|ui| {
            let size = Vec2::new(130.0 * self.scale, 18.0 * self.scale);
            ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.set_min_size(size);
                ui.add(egui::Label::new(egui::RichText::new(name).color(self.palette.faint)).truncate());
            });
            ui.add(egui::Label::new(value.into()).wrap());
        });
    }
}

/// Draws a line of text about a point, cut off at a rectangle.
fn line(ui: &Ui, within: Rect, middle: egui::Pos2, text: &str, font: FontId, ink: Color32) {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font.clone(), ink);
    // Smaller, rather than cut off, as far as it can be read.
    let shrink = (within.width() / galley.size().x).clamp(0.6, 1.0);
    let font = FontId::new(font.size * shrink, font.family);
    ui.painter().with_clip_rect(within.intersect(ui.clip_rect())).text(middle, Align2::CENTER_CENTER, text, font, ink);
}

/// A duration as an operator reads it.
pub fn minutes(secs: f64) -> String {
    let secs = secs.max(0.0).round() as u64;
    if secs < 60 { format!("{secs} s") } else { format!("{}:{:02}", secs / 60, secs % 60) }
}
