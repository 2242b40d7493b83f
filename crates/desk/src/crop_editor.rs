//! The crop of a photograph, by hand: accepted, moved, turned, hidden. See [`CropEditor`].

use egui::epaint::Vertex;
use egui::{
    Color32, ColorImage, CursorIcon, Event, EventFilter, Id, Key, Mesh, Pos2, Rect, Response, Role, Sense, Shape,
    Stroke, StrokeKind, TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::crop_rect::{CropRect, unturned};
use super::people::PersonEntry;
use super::widgets::PanelContext;
use millions_control::Command;

/// A photograph, and the crop that its tile shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Photograph {
    /// The number of the portrait.
    pub number: u32,
    /// Width and height in pixels, as its file is upright.
    pub size: [usize; 2],
    /// Three bytes a pixel, by row; empty where it cannot be read.
    pub rgb: Vec<u8>,
    /// Why it cannot be shown; empty where it can.
    pub fault: String,
    /// Left, top, width and height of the crop, in parts of the photograph as it is turned.
    pub crop: [f32; 4],
    /// The quarters by which it is turned clockwise.
    pub quarter_turns: u8,
    /// Width over height of a tile as shown.
    pub tile_aspect: f32,
    /// Whether somebody has decided about its crop.
    pub is_by_hand: bool,
}

/// What an arrow moves, and with Shift, in parts of the photograph.
const STEP: f32 = 0.01;
const LARGE_STEP: f32 = 0.05;
/// What + and - change.
const SCALE: f32 = 1.06;
/// How near to a corner it is grabbed, in points.
const NEAR: f32 = 16.0;

/// What was pressed on a crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grab {
    Inside,
    Corner { right: bool, below: bool },
}

/// The editor: closed, or open on one portrait.
#[derive(Default)]
pub struct CropEditor {
    open: Option<OpenCrop>,
}

struct OpenCrop {
    number: u32,
    shown: Option<Shown>,
    /// Whether hiding waits for its confirmation.
    is_hiding: bool,
    wants_focus: bool,
}

/// A photograph that has come.
struct Shown {
    photograph: Photograph,
    texture: Option<TextureHandle>,
    /// The crop; none where the program is to find it, after a turn.
    crop: Option<CropRect>,
    quarter_turns: u8,
    is_moved: bool,
    grab: Option<Grab>,
}

/// What became of the portrait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is still open.
    Open,
    /// It was left as it was.
    Left,
    /// Something was decided about it.
    Decided(u32),
}

impl CropEditor {
    /// Opens a portrait, whose photograph has to be asked for.
    pub fn open(&mut self, number: u32) {
        self.open = Some(OpenCrop { number, shown: None, is_hiding: false, wants_focus: true });
    }

    pub fn close(&mut self) {
        self.open = None;
    }

    /// The portrait that is open.
    pub fn number(&self) -> Option<u32> {
        self.open.as_ref().map(|open| open.number)
    }

    /// Takes a photograph that has come.
    pub fn show(&mut self, ui: &Ui, photograph: Photograph) {
        let Some(open) = self.open.as_mut().filter(|open| open.number == photograph.number) else { return };
        let [width, height] = photograph.size;
        let is_whole = width > 0 && height > 0 && photograph.rgb.len() == width * height * 3;
        let texture = is_whole.then(|| {
            let image = ColorImage::from_rgb(photograph.size, &photograph.rgb);
            ui.ctx().load_texture(format!("photograph {}", photograph.number), image, TextureOptions::LINEAR)
        });
        let quarter_turns = photograph.quarter_turns;
        let mut shown = Shown {
            photograph: Photograph { rgb: Vec::new(), ..photograph },
            texture,
            crop: None,
            quarter_turns,
            is_moved: false,
            grab: None,
        };
        let [left, top, width, height] = shown.photograph.crop;
        shown.crop = Some(shown.rect_about(pos2(left + width / 2.0, top + height / 2.0), height));
        open.shown = Some(shown);
    }

    /// The open portrait: its photograph, what its tile will be, and what can be done.
    pub fn ui(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>, person: Option<&PersonEntry>) -> Outcome {
        let Some(open) = &mut self.open else { return Outcome::Left };
        let number = open.number;
        let name = person.map(|person| person.name.as_str()).filter(|name| !name.is_empty());
        context.heading(ui, &name.map_or_else(|| format!("Crop of number {number}"), |name| format!("Crop of {name}")));
        let mut pressed = Pressed::default();
        match &mut open.shown {
            None => {
                ui.label("…");
                // Who has decided about one goes on with the next: no arrow in between is the show's.
                context.owns_arrows |= open.wants_focus;
            }
            Some(shown) if shown.texture.is_none() => {
                let why = &shown.photograph.fault;
                ui.add(egui::Label::new(format!("The photograph cannot be shown: {why}")).wrap());
            }
            Some(shown) => {
                let response = shown.ui(ui, context, std::mem::take(&mut open.wants_focus));
                context.owns_arrows |= response.has_focus();
                pressed = shown.keys(ui, &response);
            }
        }
        self.buttons(ui, context, pressed)
    }

    fn buttons(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>, mut pressed: Pressed) -> Outcome {
        let Some(OpenCrop { number, shown, is_hiding, .. }) = &mut self.open else { return Outcome::Left };
        let number = *number;
        let has_changed = shown.as_ref().is_some_and(|shown| shown.has_changed());
        let is_by_hand = shown.as_ref().is_some_and(|shown| shown.photograph.is_by_hand);
        ui.horizontal_wrapped(|ui| {
            if *is_hiding {
                pressed.hide |= ui.button("Hide for good").clicked();
                if ui.button("Keep").clicked() {
                    *is_hiding = false;
                }
                return;
            }
            let accept = if has_changed { "Crop so" } else { "Accept" };
            let is_missing = shown.as_ref().is_some_and(|shown| shown.texture.is_none());
            ui.add_enabled_ui(!is_missing, |ui| {
                pressed.accept |= ui.button(accept).on_hover_text("Enter, on the photograph").clicked();
                pressed.turn |= shown.is_some() && ui.button("Turn").on_hover_text("A quarter clockwise: R").clicked();
            });
            if is_by_hand && !has_changed {
                pressed.reset |= ui.button("Automatic").on_hover_text("Takes back what was decided by hand").clicked();
            }
            if ui.button("Hide").on_hover_text("At once and for good: Delete, twice").clicked() {
                *is_hiding = true;
            }
            pressed.leave |= ui.button("Leave").on_hover_text("As it was: Esc").clicked();
        });
        ui.add(
            egui::Label::new(
                egui::RichText::new("On the photograph: arrows move (Shift: further), + and - size, R turns, Enter accepts, Delete twice hides, Esc leaves")
                    .color(context.palette.faint),
            )
            .wrap(),
        );
        ui.separator();
        if let (true, Some(shown)) = (pressed.turn, shown.as_mut()) {
            shown.turn();
        }
        if pressed.hide_key {
            pressed.hide |= std::mem::replace(is_hiding, true);
        }
        let command = if pressed.hide {
            Some(Command::Hide { person: number })
        } else if pressed.reset {
            Some(Command::ResetCrop { person: number })
        } else if pressed.accept {
            Some(shown.as_ref().filter(|_| has_changed).map_or(Command::AcceptCrop { person: number }, Shown::command))
        } else {
            None
        };
        match command {
            Some(command) => {
                context.send(command);
                Outcome::Decided(number)
            }
            None if pressed.leave => Outcome::Left,
            None => Outcome::Open,
        }
    }
}

/// What was asked for, by a button or a key.
#[derive(Default)]
struct Pressed {
    accept: bool,
    turn: bool,
    reset: bool,
    hide: bool,
    /// Asks first.
    hide_key: bool,
    leave: bool,
}

impl Shown {
    /// Width over height of the photograph as it is turned.
    fn aspect(&self) -> f32 {
        let [width, height] = self.photograph.size.map(|length| length.max(1) as f32);
        if self.quarter_turns.is_multiple_of(2) { width / height } else { height / width }
    }

    fn rect_about(&self, middle: Pos2, height: f32) -> CropRect {
        CropRect::about(middle, height, self.aspect(), self.photograph.tile_aspect)
    }

    fn has_changed(&self) -> bool {
        self.is_moved || self.quarter_turns != self.photograph.quarter_turns
    }

    /// The command that makes what is shown.
    fn command(&self) -> Command {
        let (person, degrees) = (self.photograph.number, u16::from(self.quarter_turns) * 90);
        match self.crop {
            Some(crop) => Command::Crop { person, area: crop.area(), degrees },
            None => Command::Turn { person, degrees },
        }
    }

    /// Turns it by a quarter clockwise. A crop that nobody has touched is found by the program then.
    fn turn(&mut self) {
        self.crop = self.crop.filter(|_| self.is_moved).map(|crop| crop.turned(self.photograph.tile_aspect));
        self.quarter_turns = (self.quarter_turns + 1) % 4;
        if !self.has_changed() {
            let [left, top, width, height] = self.photograph.crop;
            self.crop = Some(self.rect_about(pos2(left + width / 2.0, top + height / 2.0), height));
        }
    }

    /// Changes the crop; where there is none, from the largest.
    fn change(&mut self, change: impl FnOnce(CropRect) -> CropRect) {
        let crop = self.crop.unwrap_or_else(|| self.rect_about(pos2(0.5, 0.4), 1.0));
        (self.crop, self.is_moved) = (Some(change(crop)), true);
    }

    /// Paints the photograph with its crop, and beside it the tile; returns the response of the photograph.
    fn ui(&mut self, ui: &mut Ui, context: &PanelContext<'_>, wants_focus: bool) -> Response {
        let room = ui.available_width();
        let tile_aspect = self.photograph.tile_aspect.clamp(0.1, 10.0);
        let tile = vec2(tile_aspect, 1.0) * (88.0 * context.scale / tile_aspect.max(1.0));
        let gap = ui.spacing().item_spacing.x;
        let height = ((room - tile.x - gap) / self.aspect()).min(260.0 * context.scale);
        let size = vec2(height * self.aspect(), height);
        ui.horizontal_top(|ui| {
            let id = Id::unique(("photograph", self.photograph.number));
            let (place, _) = ui.allocate_exact_size(size, Sense::hover());
            let response = ui.interact(place, id, Sense::click_and_drag());
            response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, self.description()));
            if wants_focus {
                response.scroll_to_me(None);
            }
            if wants_focus || response.clicked() || response.drag_started() {
                response.request_focus();
            }
            ui.memory_mut(|memory| {
                let filter = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
                memory.set_focus_lock_filter(id, filter);
            });
            self.drag(ui, &response, place);
            self.paint(ui, context, place, &response);
            ui.vertical(|ui| {
                let (place, shown) = ui.allocate_exact_size(tile, Sense::hover());
                shown.widget_info(|| WidgetInfo::labeled(Role::Image, true, "what the tile will show"));
                match self.crop {
                    Some(crop) => self.paint_part(ui, context, place, crop.rect),
                    None => drop(ui.painter().rect_filled(place, 0.0, context.palette.button)),
                }
                ui.painter().rect_stroke(place, 0.0, Stroke::new(1.0, context.palette.edge), StrokeKind::Outside);
                let words = match self.crop {
                    None => "found when it is turned",
                    Some(_) if self.has_changed() => "the new tile",
                    Some(_) => "the tile",
                };
                ui.add(egui::Label::new(egui::RichText::new(words).color(context.palette.faint)).wrap());
            });
            response
        })
        .inner
    }

    /// What a screen reader says of it.
    fn description(&self) -> String {
        let turned = match self.quarter_turns {
            0 => String::new(),
            turns => format!(", turned by {} degrees", u16::from(turns) * 90),
        };
        match self.crop {
            None => format!("Photograph: the program finds the crop{turned}"),
            Some(crop) => {
                let [left, top, width, height] = crop.area().map(|part| (part * 100.0).round());
                format!(
                    "Photograph: the crop begins {left} % from the left and {top} % from the top, {width} % wide, {height} % high{turned}"
                )
            }
        }
    }

    fn drag(&mut self, ui: &Ui, response: &Response, place: Rect) {
        let in_photograph =
            |at: Pos2| pos2((at.x - place.left()) / place.width(), (at.y - place.top()) / place.height());
        let on_screen = |at: Pos2| place.min + at.to_vec2() * place.size();
        let grab_at = |crop: Rect, at: Pos2| {
            let corners = [(false, false), (true, false), (false, true), (true, true)];
            let distance = |(right, below): (bool, bool)| {
                let corner = pos2(
                    if right { crop.right() } else { crop.left() },
                    if below { crop.bottom() } else { crop.top() },
                );
                on_screen(corner).distance(at)
            };
            let nearest = corners.into_iter().min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
            let corner = nearest.filter(|corner| distance(*corner) <= NEAR);
            let inside = crop.contains(in_photograph(at)).then_some(Grab::Inside);
            corner.map(|(right, below)| Grab::Corner { right, below }).or(inside)
        };
        let crop = self.crop.map(|crop| crop.rect);
        if let (Some(at), Some(crop)) = (response.hover_pos(), crop) {
            match self.grab.or_else(|| grab_at(crop, at)) {
                Some(Grab::Inside) => ui.ctx().set_cursor_icon(CursorIcon::Move),
                Some(Grab::Corner { right, below }) if right == below => {
                    ui.ctx().set_cursor_icon(CursorIcon::ResizeNwSe)
                }
                Some(Grab::Corner { .. }) => ui.ctx().set_cursor_icon(CursorIcon::ResizeNeSw),
                None => {}
            }
        }
        if response.drag_started() {
            // Where the button went down, not where the drag was noticed.
            let origin = ui.input(|input| input.pointer.press_origin());
            self.grab = crop.zip(origin).and_then(|(crop, at)| grab_at(crop, at));
        }
        if response.dragged() {
            let by = response.drag_delta() / place.size();
            let at = response.interact_pointer_pos().map(in_photograph);
            match (self.grab, at) {
                (Some(Grab::Inside), _) if by != Vec2::ZERO => self.change(|crop| crop.moved(by)),
                (Some(Grab::Corner { right, below }), Some(at)) => self.change(|crop| crop.pulled(right, below, at)),
                _ => {}
            }
        }
        if response.drag_stopped() {
            self.grab = None;
        }
    }

    /// Obeys the keys, where the photograph has the focus.
    fn keys(&mut self, ui: &Ui, response: &Response) -> Pressed {
        let mut pressed = Pressed::default();
        if !response.has_focus() {
            return pressed;
        }
        let keys: Vec<(Key, bool)> = ui.input(|input| {
            let down = |event: &Event| match event {
                Event::Key { key, pressed: true, modifiers, .. }
                    if !modifiers.ctrl && !modifiers.alt && !modifiers.command =>
                {
                    Some((*key, modifiers.shift))
                }
                _ => None,
            };
            input.events.iter().filter_map(down).collect()
        });
        for (key, is_shifted) in keys {
            let step = if is_shifted { LARGE_STEP } else { STEP };
            match key {
                Key::ArrowLeft => self.change(|crop| crop.moved(vec2(-step, 0.0))),
                Key::ArrowRight => self.change(|crop| crop.moved(vec2(step, 0.0))),
                Key::ArrowUp => self.change(|crop| crop.moved(vec2(0.0, -step))),
                Key::ArrowDown => self.change(|crop| crop.moved(vec2(0.0, step))),
                Key::Plus | Key::Equals => self.change(|crop| crop.scaled(SCALE)),
                Key::Minus => self.change(|crop| crop.scaled(1.0 / SCALE)),
                Key::R => pressed.turn = true,
                Key::Enter => pressed.accept = true,
                Key::Delete => pressed.hide_key = true,
                Key::Escape => pressed.leave = true,
                _ => {}
            }
        }
        pressed
    }

    fn paint(&self, ui: &Ui, context: &PanelContext<'_>, place: Rect, response: &Response) {
        let palette = context.palette;
        self.paint_part(ui, context, place, Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)));
        let painter = ui.painter();
        if let Some(CropRect { rect, .. }) = self.crop {
            let at = |p: Pos2| place.min + p.to_vec2() * place.size();
            let inner = Rect::from_min_max(at(rect.min), at(rect.max));
            let shade = Color32::from_black_alpha(150);
            for outside in [
                Rect::from_min_max(place.min, pos2(place.right(), inner.top())),
                Rect::from_min_max(pos2(place.left(), inner.bottom()), place.max),
                Rect::from_min_max(pos2(place.left(), inner.top()), inner.left_bottom()),
                Rect::from_min_max(inner.right_top(), pos2(place.right(), inner.bottom())),
            ] {
                painter.rect_filled(outside, 0.0, shade);
            }
            // A dark line below the light one: seen on any photograph.
            painter.rect_stroke(inner, 0.0, Stroke::new(4.0, Color32::from_black_alpha(160)), StrokeKind::Middle);
            painter.rect_stroke(inner, 0.0, Stroke::new(2.0, palette.focus), StrokeKind::Middle);
            for corner in [inner.left_top(), inner.right_top(), inner.left_bottom(), inner.right_bottom()] {
                painter.rect_filled(
                    Rect::from_center_size(corner, Vec2::splat(9.0 * context.scale)),
                    0.0,
                    palette.focus,
                );
            }
        }
        let edge = if response.has_focus() { Stroke::new(2.0, palette.focus) } else { Stroke::new(1.0, palette.edge) };
        painter.rect_stroke(place, 0.0, edge, StrokeKind::Outside);
    }

    /// Paints a part of the photograph, as it is turned, into a rectangle.
    fn paint_part(&self, ui: &Ui, context: &PanelContext<'_>, place: Rect, part: Rect) {
        let Some(texture) = &self.texture else { return };
        let mut mesh = Mesh::with_texture(texture.id());
        let corners = [pos2(0.0, 0.0), pos2(1.0, 0.0), pos2(1.0, 1.0), pos2(0.0, 1.0)];
        mesh.vertices.extend(corners.map(|corner| Vertex {
            pos: place.min + corner.to_vec2() * place.size(),
            uv: unturned(part.min + corner.to_vec2() * part.size(), self.quarter_turns),
            color: context.palette.picture,
        }));
        mesh.indices.extend([0, 1, 2, 0, 2, 3]);
        ui.painter().add(Shape::mesh(mesh));
    }
}
