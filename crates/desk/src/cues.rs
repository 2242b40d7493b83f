//! The cue list.

use egui::{Align2, FontId, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2};

use super::pictures::paint;
use super::widgets::PanelContext;
use millions_control::{Command, CueStatus, CueTransition};
use millions_show::SceneId;

/// Every scene with its picture and its key: what is on, what comes; a click cues it, with Shift at once.
pub fn ui(ui: &mut Ui, context: &mut PanelContext<'_>) {
    ScrollArea::vertical().id_salt("cues").auto_shrink(false).show(ui, |ui| {
        let status = context.status;
        for cue in &status.cues {
            if row(ui, context, cue) {
                let transition = ui.input(|input| input.modifiers.shift).then_some(CueTransition::CUT);
                context.send(Command::Cue { scene: cue.scene.clone(), transition, at: None });
            }
        }
    });
}

/// What was on in the last frame.
#[derive(Clone, PartialEq)]
struct WasOn(SceneId);

fn row(ui: &mut Ui, context: &PanelContext<'_>, cue: &CueStatus) -> bool {
    let (status, palette, scale) = (context.status, context.palette, context.scale);
    let next = status.playlist.as_ref().and_then(|playlist| playlist.next.as_ref());
    let is_on = status.scene.scene == cue.scene;
    let state = if is_on {
        "on"
    } else if status.scene.awaited.as_ref() == Some(&cue.scene) {
        "is being dealt"
    } else if next.is_some_and(|next| next.scene == cue.scene) {
        "next"
    } else {
        ""
    };
    let height = 54.0 * scale;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::click());
    // What has come by itself is in view, too; where the operator has scrolled since, it stays.
    let id = ui.scope_id().with("on");
    let is_new = is_on && ui.data(|data| data.get_temp::<WasOn>(id)).is_none_or(|WasOn(was)| was != cue.scene);
    if is_new {
        ui.data_mut(|data| data.insert_temp(id, WasOn(cue.scene.clone())));
        response.scroll_to_me(None);
    }
    let key = cue.key.map(|key| if key == 10 { "0".to_owned() } else { key.to_string() });
    let name = [key.as_deref().unwrap_or_default(), cue.name.as_str(), state].join(" ");
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_on, name.trim()));
    if !ui.is_rect_visible(rect) {
        return response.clicked();
    }
    let (fill, ink) = match is_on {
        true => (palette.on, palette.on_ink),
        false if response.hovered() => (palette.pressed, palette.ink),
        false => (palette.button, palette.ink),
    };
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 4.0, fill);
    let edge = if response.has_focus() {
        Stroke::new(3.0, palette.focus)
    } else if state == "next" {
        Stroke::new(2.0, palette.faint)
    } else {
        Stroke::new(1.0, palette.edge)
    };
    painter.rect_stroke(rect, 4.0, edge, StrokeKind::Inside);
    let picture = Rect::from_min_size(
        rect.min + Vec2::new(32.0 * scale, 4.0),
        Vec2::new((height - 8.0) * 16.0 / 9.0, height - 8.0),
    );
    paint(&painter, context, picture, context.pictures.scene(&cue.scene));
    let bold = |size: f32| FontId::new(size * scale, super::theme::bold());
    let key_at = pos2(rect.left() + 16.0 * scale, rect.center().y);
    painter.text(key_at, Align2::CENTER_CENTER, key.unwrap_or_default(), bold(20.0), ink);
    let left = picture.right() + 8.0;
    let (upper, lower) = (rect.center().y - height * 0.17, rect.center().y + height * 0.2);
    painter.text(pos2(left, upper), Align2::LEFT_CENTER, &cue.name, bold(15.0), ink);
    let below = match (state, cue.transition_secs) {
        ("", secs) if secs <= 0.0 => "cut".to_owned(),
        ("", secs) => format!("{secs:.1} s"),
        (state, _) => state.to_uppercase(),
    };
    let faint = if is_on { ink } else { palette.faint };
    painter.text(pos2(left, lower), Align2::LEFT_CENTER, below, FontId::proportional(13.0 * scale), faint);
    response.clicked()
}
