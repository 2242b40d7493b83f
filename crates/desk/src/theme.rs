//! Day and night. See [`Theme`].

use std::sync::Arc;

use egui::style::{Selection, WidgetVisuals, Widgets};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Stroke, Style, TextStyle, Vec2,
    Visuals,
};

use millions_lettering::fonts;

/// The highest value of a channel in the night theme: the operator's face stays dark, and so do their eyes.
pub const NIGHT_BRIGHTEST: u8 = 120;

/// The colours of the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Light grey, for setting up by daylight.
    Day,
    /// Black with dim amber, for the evening.
    #[default]
    Night,
}

/// The colours of a theme.
#[derive(Debug)]
pub struct Palette {
    pub back: Color32,
    pub button: Color32,
    pub main: Color32,
    pub pressed: Color32,
    pub on: Color32,
    pub on_ink: Color32,
    pub ink: Color32,
    pub faint: Color32,
    pub edge: Color32,
    pub focus: Color32,
    pub warning: Color32,
    /// What pictures are multiplied with.
    pub picture: Color32,
}

const DAY: Palette = Palette {
    back: Color32::from_rgb(222, 222, 220),
    button: Color32::from_rgb(202, 202, 200),
    main: Color32::from_rgb(184, 202, 184),
    pressed: Color32::from_rgb(168, 168, 166),
    on: Color32::from_rgb(28, 28, 28),
    on_ink: Color32::from_rgb(250, 250, 248),
    ink: Color32::from_rgb(18, 18, 18),
    faint: Color32::from_rgb(84, 84, 82),
    edge: Color32::from_rgb(120, 120, 118),
    focus: Color32::from_rgb(0, 70, 150),
    warning: Color32::from_rgb(150, 40, 0),
    picture: Color32::WHITE,
};

const NIGHT: Palette = Palette {
    back: Color32::from_rgb(0, 0, 0),
    button: Color32::from_rgb(18, 13, 8),
    main: Color32::from_rgb(38, 26, 10),
    pressed: Color32::from_rgb(54, 36, 14),
    on: Color32::from_rgb(112, 78, 28),
    on_ink: Color32::from_rgb(0, 0, 0),
    ink: Color32::from_rgb(120, 96, 48),
    faint: Color32::from_rgb(110, 84, 44),
    edge: Color32::from_rgb(64, 46, 20),
    focus: Color32::from_rgb(120, 112, 84),
    warning: Color32::from_rgb(120, 48, 24),
    picture: Color32::from_rgb(104, 96, 80),
};

impl Theme {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Night => "Night",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Day => Self::Night,
            Self::Night => Self::Day,
        }
    }

    pub(super) const fn palette(self) -> &'static Palette {
        match self {
            Self::Day => &DAY,
            Self::Night => &NIGHT,
        }
    }
}

/// The family of bold letters.
pub fn bold() -> FontFamily {
    FontFamily::Name("bold".into())
}

/// The program's own fonts: the same on every machine.
pub fn fonts() -> FontDefinitions {
    let mut definitions = FontDefinitions::empty();
    for (name, bytes) in [("regular", fonts::SANS), ("bold", fonts::SANS_BOLD)] {
        definitions.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let mut others = Vec::new();
    // For names of people: what the program's own letters have.
    for (index, bytes) in fonts::SIGNS.into_iter().enumerate() {
        let name = format!("other {index}");
        definitions.font_data.insert(name.clone(), Arc::new(FontData::from_static(bytes)));
        others.push(name);
    }
    let family = |first: &str| std::iter::once(first.to_owned()).chain(others.iter().cloned()).collect::<Vec<_>>();
    definitions.families.insert(FontFamily::Proportional, family("regular"));
    definitions.families.insert(FontFamily::Monospace, family("regular"));
    definitions.families.insert(bold(), family("bold"));
    definitions
}

/// Sets the style of a theme at a scale.
pub fn apply(ctx: &Context, theme: Theme, scale: f32) {
    let style = Arc::new(style(theme, scale));
    for egui_theme in [egui::Theme::Dark, egui::Theme::Light] {
        ctx.set_style_of(egui_theme, style.clone());
    }
}

fn style(theme: Theme, scale: f32) -> Style {
    let palette = theme.palette();
    let font = |size: f32| FontId::proportional(size * scale);
    let mut style = Style {
        text_styles: [
            (TextStyle::Small, font(12.0)),
            (TextStyle::Body, font(15.0)),
            (TextStyle::Button, font(15.0)),
            (TextStyle::Monospace, font(14.0)),
            (TextStyle::Heading, FontId::new(19.0 * scale, bold())),
        ]
        .into(),
        visuals: visuals(theme, palette),
        animation_time: 0.0,
        ..Style::default()
    };
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(7.0, 6.0) * scale;
    spacing.button_padding = Vec2::new(10.0, 6.0) * scale;
    spacing.interact_size = Vec2::new(44.0, 30.0) * scale;
    spacing.slider_width = 120.0 * scale;
    spacing.icon_width = 22.0 * scale;
    spacing.icon_width_inner = 14.0 * scale;
    spacing.scroll = egui::style::ScrollStyle::solid();
    style
}

fn visuals(theme: Theme, palette: &Palette) -> Visuals {
    let widget = |fill: Color32, edge: Stroke, ink: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: edge,
        corner_radius: CornerRadius::same(4),
        fg_stroke: Stroke::new(1.5, ink),
        expansion: 0.0,
    };
    let (edge, focus) = (Stroke::new(1.0, palette.edge), Stroke::new(2.0, palette.focus));
    let plain = match theme {
        Theme::Day => Visuals::light(),
        Theme::Night => Visuals::dark(),
    };
    Visuals {
        override_text_color: None,
        weak_text_color: Some(palette.faint),
        widgets: Widgets {
            noninteractive: widget(palette.back, edge, palette.ink),
            inactive: widget(palette.button, edge, palette.ink),
            hovered: widget(palette.main, focus, palette.ink),
            active: widget(palette.pressed, focus, palette.ink),
            open: widget(palette.main, edge, palette.ink),
        },
        selection: Selection { bg_fill: palette.on, stroke: Stroke::new(1.5, palette.on_ink) },
        hyperlink_color: palette.focus,
        faint_bg_color: palette.button,
        extreme_bg_color: palette.button,
        text_edit_bg_color: Some(palette.button),
        code_bg_color: palette.button,
        warn_fg_color: palette.warning,
        error_fg_color: palette.warning,
        window_shadow: egui::Shadow::NONE,
        popup_shadow: egui::Shadow::NONE,
        window_fill: palette.back,
        window_stroke: edge,
        panel_fill: palette.back,
        text_cursor: egui::style::TextCursorStyle {
            stroke: Stroke::new(2.0, palette.ink),
            ..egui::style::TextCursorStyle::default()
        },
        slider_trailing_fill: true,
        ..plain
    }
}
