//! Transitions from one scene to another. See [`Transition`].

use millions_base::{Range, smoothstep};
use millions_frame::TileOrder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use millions_config::{EnumValue, SectionParser, Uniform, parameters};

/// The kinds of transition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransitionKind {
    /// At once.
    Cut,
    /// Cross-fade: the incoming scene fades in over the outgoing one.
    #[default]
    Fade,
    /// Fades to black, then out of it.
    Black,
    /// Tile flip: each tile turns at its own time.
    Tile,
}

/// An easing curve: how progress runs from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Easing {
    /// Evenly.
    Linear,
    /// Slow at both ends.
    #[default]
    Smooth,
    /// Slow at the beginning.
    In,
    /// Slow at the end.
    Out,
}

impl Easing {
    /// Returns the eased progress, 0 to 1, at `t` of the duration, clamped to 0 to 1.
    #[must_use]
    pub fn at(self, t: f64) -> f64 {
        let t = t.clamp(0.0, 1.0);
        match self {
            Self::Linear => t,
            Self::Smooth => smoothstep(t),
            Self::In => t * t,
            Self::Out => t * (2.0 - t),
        }
    }
}

parameters! {
    /// How one scene becomes another.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Transition {
        /// What happens.
        kind: TransitionKind = TransitionKind::Fade, EnumValue;
        /// Seconds that it takes.
        secs: f64 = 1.5, Range::new(0.0, 120.0, "seconds");
        /// How it goes.
        easing: Easing = Easing::Smooth, EnumValue;
        /// For `kind = "tile"`: in which order the tiles turn.
        order: TileOrder = TileOrder::Random, EnumValue;
        /// For `order = "point"`: the point, as parts of the wall's width and height from its upper left corner.
        point: [f64; 2] = [0.5, 0.5], Uniform(Range::new(0.0, 1.0, "of the wall's width and height"));
    } check check_values
}

impl Transition {
    /// The transition without a duration.
    pub const CUT: Self = Self {
        kind: TransitionKind::Cut,
        secs: 0.0,
        easing: Easing::Linear,
        order: TileOrder::Random,
        point: [0.5, 0.5],
    };

    fn check_values(&self, file: &mut SectionParser<'_, '_, '_>) {
        if file.has("order") && self.kind != TransitionKind::Tile {
            file.error("order", "`order` belongs to kind = \"tile\"");
        }
        if file.has("point") && (self.kind, self.order) != (TransitionKind::Tile, TileOrder::Point) {
            file.error("point", "`point` belongs to kind = \"tile\" with order = \"point\"");
        }
    }
}
