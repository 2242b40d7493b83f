//! `[[outputs]]`.

use glam::{DVec2, UVec2};
use schemars::{Schema, json_schema};

use super::mask::Masks;
use crate::ranges as may;
use crate::rounded::PIXELS;
use crate::{BlackLevel, EdgeBlend, MonitorId, Output, Rotation, Sides};
use millions_base::Range;
use millions_config::{
    Boolean, EnumValue, Key, KeyVisitor, Optional, Parser, Section, SectionParser, SpannedValue, StringValue,
    Subsection, Uniform, ValueType,
};
use millions_wall::tone::{Calibration, calibration_ranges};

impl Section for Output {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("name", "As surfaces name it; test pictures show it."), &mut self.name, &StringValue);
        let monitor = "Which monitor or projector it is; left out, a window on whatever monitor there is.";
        keys.key(Key::new("monitor", monitor), &mut self.monitor, &Optional(Subsection(MonitorId::default())));
        let at =
            "Where it begins on its monitor, x and y, in pixels, for several outputs on one; left out, it fills it.";
        keys.key(Key::new("at", at), &mut self.at, &Optional(Pair(may::AT)));
        let window = "Outputs that name the same window are in one that spans their monitors.";
        keys.key(Key::new("window", window), &mut self.window, &Optional(StringValue));
        let sync_master =
            "Whether all outputs are drawn at its monitor's frame rate; left out, at that of the fastest.";
        keys.key(Key::new("sync_master", sync_master), &mut self.sync_master, &Boolean);
        let size = "Width and height in pixels of the picture as it is seen; all places on it are in these pixels.";
        keys.key(Key::new("size", size), &mut self.size, &Pair(may::SIZE));
        let rotation = "How far the projector is turned clockwise, seen from behind it: 0, 90, 180 or 270 degrees.";
        keys.key(Key::new("rotation", rotation), &mut self.rotation, &RotationDegrees);
        let flip = "Whether it is mirrored: thrown from behind, or by way of a mirror.";
        keys.key(Key::new("flip", flip), &mut self.flip, &EnumValue);
        let delay = "Delay in frames, to be in time with slower outputs.";
        keys.key(Key::new("delay", delay), &mut self.delay, &may::DELAY);
        calibration_keys(&mut self.colour.calibration, keys);
        let brightness = "All of its light, where one projector outshines another.";
        keys.key(Key::new("brightness", brightness), &mut self.colour.brightness, &may::BRIGHTNESS);
        let gain = "Red, green and blue: its white brought together with that of others.";
        keys.key(Key::new("gain", gain), &mut self.colour.gain, &Uniform::<Range>(may::GAIN));
        let blend = "The edge blend where it overlaps others.";
        keys.key(Key::new("blend", blend), &mut self.blend, &Subsection(EdgeBlend::default()));
        let black_level = "Black-level compensation, where fewer projectors overlap than elsewhere.";
        keys.key(Key::new("black_level", black_level), &mut self.black_level, &Subsection(BlackLevel::default()));
        let masks = "What stays dark on it, whatever the surfaces do, [[outputs.masks]]; in output pixels.";
        let value_type = Masks { over: [DVec2::ZERO, self.size.as_dvec2()], places: may::PIXELS, decimals: PIXELS };
        keys.key(Key::new("masks", masks), &mut self.masks, &value_type);
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        if let Err(error) = self.colour.calibration.validate() {
            file.error(error.name, error.to_string());
        }
    }
}

/// Declares the keys of a calibration, which are among those of its output.
fn calibration_keys<K: KeyVisitor>(calibration: &mut Calibration, keys: &mut K) {
    use calibration_ranges as may;
    let gamma = "Above 1 lifts the middle greys, below 1 lowers them.";
    let black = "The level that black is lifted to inside tiles, where street lamps swallow the shadows.";
    let white = "The level that white is held to, where the projector would blind.";
    let wall_colour = "The colour of the wall, red, green and blue in sRGB; what is thrown is coloured the other way.";
    keys.key(Key::new("gamma", gamma), &mut calibration.gamma, &may::GAMMA);
    keys.key(Key::new("black", black), &mut calibration.black, &may::BLACK);
    keys.key(Key::new("white", white), &mut calibration.white, &may::WHITE);
    keys.key(Key::new("wall_colour", wall_colour), &mut calibration.wall_colour, &Uniform::<Range>(may::WALL_COLOUR));
}

impl Section for MonitorId {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::new("name", "What it calls itself (its EDID's name)."), &mut self.name, &Optional(StringValue));
        keys.key(Key::new("serial", "Its serial number, from its EDID."), &mut self.serial, &Optional(StringValue));
        let port = "Where it is plugged in, as the system calls it: HDMI-1. It tells twins apart.";
        keys.key(Key::new("port", port), &mut self.port, &Optional(StringValue));
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        if *self == Self::default() {
            file.error("name", "`monitor` says nothing: write its name, serial or port, or take it out");
        }
    }
}

impl Section for EdgeBlend {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let curve = "1 is a straight ramp in light; more is flatter at both ends and steeper in the middle.";
        keys.key(Key::new("curve", curve), &mut self.curve, &may::CURVE);
        let gamma = "The projector's own gamma: its light is the signal to the power of this.";
        keys.key(Key::new("gamma", gamma), &mut self.gamma, &may::BLEND_GAMMA);
        let mut widths = self.manual.unwrap_or_default().to_array().map(|width| self.manual.map(|_| width));
        let about = [
            ("left", "Width of the blend at the left side in pixels. With any of the four, the blend is manual."),
            ("top", "Width of the blend at the top in pixels."),
            ("right", "Width of the blend at the right side in pixels."),
            ("bottom", "Width of the blend at the bottom in pixels."),
        ];
        for ((name, about), width) in about.into_iter().zip(&mut widths) {
            keys.key(Key::new(name, about), width, &Optional(may::FADE));
        }
        if widths.iter().any(Option::is_some) {
            self.manual = Some(Sides::from_array(widths.map(Option::unwrap_or_default)));
        }
    }
}

impl Section for BlackLevel {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let light = "The light of the projector's black, of that of its white: 0.001 is a contrast of 1 to 1000.";
        keys.key(Key::new("light", light), &mut self.light, &may::BLACK_LIGHT);
        let feather = "Width of the transition at the edges of projectors' rasters, in pixels.";
        keys.key(Key::new("feather", feather), &mut self.feather, &may::FEATHER);
    }
}

/// Two whole numbers of pixels.
struct Pair(Range);

impl ValueType<UVec2> for Pair {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<UVec2> {
        let pair: [u32; 2] = Uniform::<Range>(self.0).read(key, spanned, parser)?;
        Some(UVec2::from_array(pair))
    }

    fn describe(&self, default: Option<&UVec2>) -> Schema {
        Uniform::<Range>(self.0).describe(default.map(UVec2::to_array).as_ref())
    }
}

impl Rotation {
    /// All rotations, in ascending order.
    pub const ALL: [Self; 4] = [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters];

    /// Degrees clockwise.
    #[must_use]
    pub const fn degrees(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }
}

/// A rotation by quarters, in degrees.
struct RotationDegrees;

impl ValueType<Rotation> for RotationDegrees {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Rotation> {
        let degrees: f64 = Range::new(0.0, 270.0, "degrees, in quarters").read(key, spanned, parser)?;
        let found = Rotation::ALL.into_iter().find(|rotation| f64::from(rotation.degrees()) == degrees);
        if found.is_none() {
            let message = format!("`{key}` is {degrees}: take 0, 90, 180 or 270");
            parser.error(&spanned.span(), message, None);
        }
        found
    }

    fn describe(&self, default: Option<&Rotation>) -> Schema {
        let mut schema = json_schema!({ "enum": Rotation::ALL.map(Rotation::degrees) });
        if let Some(default) = default {
            schema.insert("default".to_owned(), default.degrees().into());
        }
        schema
    }
}
