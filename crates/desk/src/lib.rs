//! The desk: the operator's window beside the wall, as a function of the status to commands.
//!
//! It knows neither the show nor the window system nor the GPU: [`Desk::ui`] is given a [`Status`], the [`Pictures`] that somebody
//! else draws and a [`PeopleDirectory`], and returns [`Command`]s. What it keeps is what its operator has chosen on it: the
//! panel, the theme, a text that is being typed.

mod crop_editor;
mod crop_rect;
mod cues;
mod health;
mod keys;
mod look;
mod notices;
mod people;
mod phone;
mod pictures;
mod playlist;
mod stage;
#[cfg(test)]
mod tests;
mod theme;
mod transport;
mod widgets;

use egui::{CentralPanel, Context, Event, Frame, FullOutput, Margin, Panel, RawInput, Rect, ScrollArea, Ui};

pub use crop_editor::Photograph;
pub use people::{Answer, Face, NobodyKnown, PeopleDirectory, PersonEntry, Question};
pub use phone::PhoneAddress;
pub use pictures::{Picture, Pictures};
pub use theme::{NIGHT_BRIGHTEST, Theme};

use health::Health;
use keys::{Focus, ShowKeys};
use look::LookPanel;
use millions_control::{Command, Status};
use people::PeoplePanel;
use phone::PhonePanel;
use stage::StagePanel;
use theme::Palette;
use widgets::PanelContext;

/// What is on the right of the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Looks and the values of the look.
    #[default]
    Look,
    /// The playlist and the evening's hours.
    Playlist,
    /// People.
    People,
    /// The stage.
    Stage,
    /// Addresses for telephones.
    Phone,
    /// How the frames go, and the machine.
    Health,
    /// What the log says.
    Notices,
}

impl Side {
    /// The names, in lower case.
    pub fn names() -> impl Iterator<Item = String> {
        Self::ALL.into_iter().map(|(name, _)| name.to_lowercase())
    }

    /// The one of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, side)| side)
    }

    const ALL: [(&'static str, Self); 7] = [
        ("Look", Self::Look),
        ("Playlist", Self::Playlist),
        ("People", Self::People),
        ("Stage", Self::Stage),
        ("Phone", Self::Phone),
        ("Health", Self::Health),
        ("Notices", Self::Notices),
    ];
}

/// The desk and what its operator has chosen on it.
pub struct Desk {
    theme: Theme,
    side: Side,
    look: LookPanel,
    people: PeoplePanel,
    stage: StagePanel,
    phone: PhonePanel,
    health: Health,
    keys: ShowKeys,
    /// The theme and the size for which the style was made.
    styled: Option<(Theme, u32)>,
    /// Whether what had the focus in the last frame, such as a slider, is moved by the arrows.
    owns_arrows: bool,
    /// The last notice that was read, in seconds since 1970.
    read_secs: f64,
}

impl Desk {
    /// Creates a desk.
    #[must_use]
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            side: Side::default(),
            look: LookPanel::default(),
            people: PeoplePanel::default(),
            stage: StagePanel::default(),
            phone: PhonePanel::default(),
            health: Health::default(),
            keys: ShowKeys::default(),
            styled: None,
            owns_arrows: false,
            read_secs: 0.0,
        }
    }

    /// Prepares a context that draws it: the program's own fonts.
    pub fn prepare(&mut self, ctx: &Context) {
        ctx.set_fonts(theme::fonts());
        // The zoom of the window's own keys would be in the way of the show's.
        ctx.options_mut(|options| {
            options.zoom_with_keyboard = false;
            options.theme_preference = egui::ThemePreference::Dark;
            // A press by a glove is long and not steady; and where the desk is drawn twice a second, a short one seems long.
            options.input_options.max_click_duration = f64::INFINITY;
            options.input_options.max_click_dist = CLICK_DIST;
        });
        self.styled = None;
    }

    /// Shows a panel, as if it had been chosen.
    pub const fn show(&mut self, side: Side) {
        self.side = side;
    }

    /// Sets the addresses that telephones open.
    pub fn invite(&mut self, addresses: Vec<PhoneAddress>) {
        self.phone.addresses = addresses;
    }

    /// The theme, and the panel on the right: what its operator has chosen.
    #[must_use]
    pub const fn chosen(&self) -> (Theme, Side) {
        (self.theme, self.side)
    }

    /// Lays a frame out, and returns it with what its operator has commanded.
    pub fn frame(
        &mut self,
        ctx: &Context,
        mut raw: RawInput,
        status: &Status,
        pictures: &Pictures,
        people: &mut dyn PeopleDirectory,
    ) -> (FullOutput, Vec<Command>) {
        let focus = Focus { is_text: ctx.text_edit_focused(), owns_arrows: self.owns_arrows };
        let mut commands = self.keys.take(&mut raw, status, focus);
        self.health.follow(status);
        self.look.follow(status);
        let mut output = None;
        for raw in by_presses(raw) {
            // egui may lay a frame out twice: what is commanded counts once.
            let mut clicked = Vec::new();
            let now = ctx.run_ui(raw, |ui| {
                let now = self.ui(ui, status, pictures, people);
                if !now.is_empty() {
                    clicked = now;
                }
            });
            commands.extend(clicked);
            match &mut output {
                None => output = Some(now),
                Some(before) => FullOutput::append(before, now),
            }
        }
        (output.unwrap_or_default(), commands)
    }

    fn ui(
        &mut self,
        ui: &mut Ui,
        status: &Status,
        pictures: &Pictures,
        people: &mut dyn PeopleDirectory,
    ) -> Vec<Command> {
        let scale = scale(ui.ctx().content_rect());
        let wanted = (self.theme, (scale * 100.0) as u32);
        if self.styled != Some(wanted) {
            theme::apply(ui.ctx(), self.theme, scale);
            ui.set_style(ui.ctx().global_style());
            self.styled = Some(wanted);
        }
        let mut commands = Vec::new();
        let mut context = PanelContext {
            status,
            pictures,
            palette: self.theme.palette(),
            scale,
            commands: &mut commands,
            owns_arrows: false,
        };
        let frame = |margin: i8| Frame::NONE.inner_margin(Margin::same(margin)).fill(context.palette.back);
        let (slim, wide) = (frame(6), frame(8));
        Panel::top("state").frame(slim).show(ui, |ui| self.state_bar(ui, &mut context));
        Panel::bottom("last notice").frame(slim).show(ui, |ui| notices::last(ui, &context, self.read_secs));
        Panel::left("cues").frame(wide).resizable(false).exact_size(300.0 * scale).show(ui, |ui| {
            transport::ui(ui, &mut context);
            ui.separator();
            cues::ui(ui, &mut context);
        });
        Panel::right("side").frame(wide).resizable(false).exact_size(370.0 * scale).show(ui, |ui| {
            self.side_panel(ui, &mut context, people);
        });
        CentralPanel::no_frame().frame(wide).show(ui, |ui| pictures::ui(ui, &mut context));
        self.owns_arrows = context.owns_arrows;
        commands
    }

    fn state_bar(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>) {
        ui.horizontal(|ui| {
            transport::state(ui, context);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let other = self.theme.other();
                if ui.button(other.name()).on_hover_text("Day or night colours").clicked() {
                    self.theme = other;
                }
                ui.label(transport::clock(context.status));
            });
        });
    }

    fn side_panel(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>, people: &mut dyn PeopleDirectory) {
        ui.horizontal_wrapped(|ui| {
            for (name, side) in Side::ALL {
                let unread = context.status.notices.iter().filter(|notice| notices::is_new(notice, self.read_secs));
                let text = match (side, unread.count()) {
                    (Side::Notices, 1..) => format!("{name} !"),
                    _ => name.to_owned(),
                };
                if ui.selectable_label(self.side == side, text).clicked() {
                    self.side = side;
                    self.phone.hide();
                    self.stage.lock();
                }
            }
        });
        ui.separator();
        ScrollArea::vertical().id_salt(self.side as u8).auto_shrink(false).show(ui, |ui| match self.side {
            Side::Look => self.look.ui(ui, context),
            Side::Playlist => playlist::ui(ui, context),
            Side::People => self.people.ui(ui, context, people),
            Side::Stage => self.stage.ui(ui, context),
            Side::Phone => self.phone.ui(ui, context),
            Side::Health => self.health.ui(ui, context),
            Side::Notices => {
                notices::ui(ui, context);
                self.read_secs = context.status.notices.last().map_or(self.read_secs, |notice| notice.secs);
            }
        });
    }
}

/// Divides an input so that each part has a press or a release at its end at the most. egui looks once a frame over what the pointer is, at the end of
/// it: of a desk that is drawn twice a second, a click and the way to the next one would be a click there.
fn by_presses(mut raw: RawInput) -> Vec<RawInput> {
    let events = std::mem::take(&mut raw.events);
    let parts = events.split_inclusive(|event| matches!(event, Event::PointerButton { .. }));
    let mut parts: Vec<_> = parts.map(|events| RawInput { events: events.to_vec(), ..raw.clone() }).collect();
    if parts.is_empty() {
        parts.push(raw);
    }
    parts
}

/// How far a press may slip and be a click, in points.
const CLICK_DIST: f32 = 12.0;

/// How much larger than at 1280 × 720 everything is.
fn scale(screen: Rect) -> f32 {
    let by_size = (screen.width() / 1280.0).min(screen.height() / 720.0);
    // Half of what there is goes into the size, half into room.
    (1.0 + (by_size - 1.0) * 0.5).clamp(0.8, 2.0)
}
