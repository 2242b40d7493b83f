//! How one scene becomes another. See [`Transition`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of transition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransitionKind {
    /// At once.
    Cut,
    /// One fades over the other.
    #[default]
    Fade,
    /// The one goes dark, then the other comes.
    Black,
    /// Each tile turns at its own moment.
    Tile,
}

/// How a transition goes from 0 to 1.
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
    /// How far a transition has come when `part` of its time is over; both 0 to 1.
    #[must_use]
    pub fn at(self, part: f64) -> f64 {
        let part = part.clamp(0.0, 1.0);
        match self {
            Self::Linear => part,
            Self::Smooth => part * part * (3.0 - 2.0 * part),
            Self::In => part * part,
            Self::Out => part * (2.0 - part),
        }
    }
}

/// The order in which tiles turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TileOrder {
    /// Here and there.
    #[default]
    Random,
    /// From the left to the right.
    Wave,
    /// From a point outward.
    Point,
    /// The dark ones first.
    Tone,
}

/// How one scene becomes another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// What happens.
    pub kind: TransitionKind,
    /// Seconds that it takes.
    pub secs: f64,
    /// How it goes.
    pub easing: Easing,
    /// For [`TransitionKind::Tile`]: in which order.
    pub order: TileOrder,
    /// For [`TileOrder::Point`]: the point, as parts of the wall's width and height from its upper left corner.
    pub point: [f64; 2],
}

impl Transition {
    /// At once.
    pub const CUT: Self = Self {
        kind: TransitionKind::Cut,
        secs: 0.0,
        easing: Easing::Linear,
        order: TileOrder::Random,
        point: [0.5, 0.5],
    };
}

impl Default for Transition {
    fn default() -> Self {
        Self { kind: TransitionKind::Fade, secs: 1.5, easing: Easing::Smooth, ..Self::CUT }
    }
}
