//! Live pictures of the wall and its outputs. See [`Pictures`].

use egui::{
    Align2, Color32, FontId, Painter, Rect, Role, Sense, Stroke, StrokeKind, TextureId, Ui, Vec2, WidgetInfo, pos2,
};

use super::widgets::PanelContext;
use millions_control::Status;
use millions_show::SceneId;
use millions_stage::OutputId;

/// A picture that somebody else draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Picture {
    /// Its texture.
    pub texture: TextureId,
    /// Its size in pixels.
    pub size: [u32; 2],
}

/// The pictures that there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pictures {
    /// The wall.
    pub wall: Option<Picture>,
    /// The outputs, as they are sent.
    pub outputs: Vec<(OutputId, Picture)>,
    /// The scenes.
    pub scenes: Vec<(SceneId, Picture)>,
}

impl Pictures {
    pub(super) fn scene(&self, scene: &SceneId) -> Option<Picture> {
        self.scenes.iter().find(|(id, _)| id == scene).map(|(_, picture)| *picture)
    }

    fn output(&self, output: OutputId) -> Option<Picture> {
        self.outputs.iter().find(|(id, _)| *id == output).map(|(_, picture)| *picture)
    }
}

/// Paints a picture into a rectangle, or the place of one that is not there yet.
pub fn paint(painter: &Painter, context: &PanelContext<'_>, rect: Rect, picture: Option<Picture>) {
    painter.rect_filled(rect, 0.0, Color32::BLACK);
    if let Some(Picture { texture, size: [width, height] }) = picture {
        let size = Vec2::new(width as f32, height as f32);
        let scale = (rect.width() / size.x).min(rect.height() / size.y);
        let within = Rect::from_center_size(rect.center(), size * scale);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture, within, whole, context.palette.picture);
    }
}

/// The wall, and below it each output as it is sent.
pub fn ui(ui: &mut Ui, context: &mut PanelContext<'_>) {
    let Status { outputs, .. } = context.status;
    let scale = context.scale;
    let room = ui.available_size();
    let aspect = context.pictures.wall.map_or(16.0 / 9.0, |wall| wall.size[0] as f32 / wall.size[1] as f32);
    let width = room.x.min(room.y * 0.6 * aspect);
    let caption = 22.0 * scale;
    one(ui, context, Vec2::new(room.x, width / aspect + caption), "The wall", context.pictures.wall, "");
    egui::ScrollArea::vertical().id_salt("outputs").auto_shrink(false).show(ui, |ui| {
        let columns = outputs.len().clamp(1, if room.x > 700.0 * scale { 3 } else { 2 });
        let gap = ui.spacing().item_spacing.x;
        let width = (ui.available_width() - gap * (columns - 1) as f32) / columns as f32;
        for line in outputs.chunks(columns) {
            ui.horizontal(|ui| {
                for output in line {
                    let [w, h] = output.size.map(|side| side.max(1) as f32);
                    let height = (width * h / w).min(room.y * 0.34);
                    let state = match (output.lit, output.test.name()) {
                        (false, _) => "dark: no window or monitor".to_owned(),
                        (true, "none") => String::new(),
                        (true, test) => format!("test: {test}"),
                    };
                    let picture = context.pictures.output(output.output).filter(|_| output.lit);
                    one(ui, context, Vec2::new(width, height + caption), &output.name, picture, &state);
                }
            });
        }
    });
}

/// A picture with its name.
fn one(ui: &mut Ui, context: &PanelContext<'_>, size: Vec2, name: &str, picture: Option<Picture>, state: &str) {
    let caption = 22.0 * context.scale;
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name} {state}").trim()));
    let palette = context.palette;
    let place = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - caption));
    paint(ui.painter(), context, place, picture);
    ui.painter().rect_stroke(place, 0.0, Stroke::new(1.0, palette.edge), StrokeKind::Inside);
    let font = FontId::proportional(13.0 * context.scale);
    let at = pos2(rect.left() + 2.0, rect.bottom() - caption / 2.0);
    let ink = if state.is_empty() { palette.faint } else { palette.warning };
    let text = if state.is_empty() { name.to_owned() } else { format!("{name} — {state}") };
    ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())).text(at, Align2::LEFT_CENTER, text, font, ink);
}
