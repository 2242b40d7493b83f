//! Addresses of the page for telephones, with codes to scan. See [`PhoneAddress`].

use egui::emath::GuiRounding;
use egui::{Color32, Rect, Role, Sense, Ui, Vec2, WidgetInfo};

use super::widgets::PanelContext;

/// Light modules about a code, which scanners look for.
const QUIET_ZONE: usize = 4;

/// An address that a telephone opens. Whoever has it may do what it allows, so it is no part of the status, which every instrument is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneAddress {
    /// What it allows, such as `operate the wall`.
    pub allows: String,
    /// The address, with its token.
    pub url: String,
    /// Its QR code: square, row by row, true where it is dark; empty where it is too long for one.
    pub code: Vec<Vec<bool>>,
    /// Whether only this machine reaches it.
    pub is_local: bool,
}

/// The panel of the addresses.
#[derive(Default)]
pub struct PhonePanel {
    pub(super) addresses: Vec<PhoneAddress>,
    /// The address whose code is shown: one that is always there would be photographed.
    shown: Option<usize>,
}

impl PhonePanel {
    /// Hides the code.
    pub const fn hide(&mut self) {
        self.shown = None;
    }

    pub fn ui(&mut self, ui: &mut Ui, context: &PanelContext<'_>) {
        if self.addresses.is_empty() {
            context.fact(ui, "telephones", "none: start with --http 0.0.0.0:8080 --http-operate");
        }
        for (index, address) in self.addresses.iter().enumerate() {
            context.heading(ui, &format!("To {}", address.allows));
            let is_shown = self.shown == Some(index);
            let text = if is_shown { "Hide the code" } else { "Show the code" };
            if ui.button(text).on_hover_text("Whoever scans it may do this until the program ends").clicked() {
                self.shown = (!is_shown).then_some(index);
            }
            if !is_shown {
                continue;
            }
            if address.is_local {
                context.fact(
                    ui,
                    "reached from",
                    "this machine alone; --http 0.0.0.0:8080 is reached from its networks",
                );
            }
            draw(ui, context, address);
            ui.add(egui::Label::new(&address.url).wrap());
        }
    }
}

/// Draws a code as large as there is room, each module of as many whole pixels, as light as pictures are.
fn draw(ui: &mut Ui, context: &PanelContext<'_>, address: &PhoneAddress) {
    let modules = address.code.len() + 2 * QUIET_ZONE;
    if address.code.is_empty() {
        return;
    }
    let pixels_per_point = ui.ctx().pixels_per_point();
    let room = ui.available_width().min(320.0 * context.scale);
    let module = (room * pixels_per_point / modules as f32).floor().max(1.0) / pixels_per_point;
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(module * modules as f32), Sense::hover());
    let name = format!("a code to scan, to {}", address.allows);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let corner = rect.min.round_to_pixels(pixels_per_point);
    let painter = ui.painter();
    painter.rect_filled(Rect::from_min_size(corner, rect.size()), 0.0, context.palette.picture);
    for (y, row) in address.code.iter().enumerate() {
        for x in (0..row.len()).filter(|x| row[*x]) {
            let at = Vec2::new((x + QUIET_ZONE) as f32, (y + QUIET_ZONE) as f32) * module;
            painter.rect_filled(Rect::from_min_size(corner + at, Vec2::splat(module)), 0.0, Color32::BLACK);
        }
    }
}
