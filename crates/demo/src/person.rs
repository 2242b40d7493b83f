//! The traits of an invented person, all decided before drawing.

use super::canvas::Rgb;
use super::rng::Rng;

/// Age groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Age {
    Child,
    Young,
    Adult,
    Elder,
    Old,
}

/// Hair textures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texture {
    Straight,
    Wavy,
    Curly,
    Coiled,
}

/// Hair styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HairStyle {
    Bald,
    Stubble,
    Short,
    Quiff,
    SidePart,
    Fringe,
    Bob,
    Long,
    Bun,
    Ponytail,
    Braids,
    Locs,
    Afro,
    Puffs,
    Cornrows,
    Receding,
}

/// Headwear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headwear {
    None,
    Hijab,
    Shawl,
    Turban,
    Headwrap,
    Keffiyeh,
    Beanie,
    Cap,
    Brimmed,
    Beret,
    Skullcap,
    Hood,
}

/// Beard styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beard {
    None,
    Stubble,
    Moustache,
    Goatee,
    Full,
    Long,
}

/// Glasses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glasses {
    None,
    Round,
    Square,
    Heavy,
    HalfMoon,
}

/// Garments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Garment {
    Tee,
    VNeck,
    Shirt,
    Hoodie,
    RollNeck,
    Suit,
    Sari,
    BandCollar,
    Embroidered,
    Dungarees,
    Scarf,
    Knit,
}

/// Fabric patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cloth {
    Plain,
    Stripes,
    Pinstripes,
    Checks,
    Dots,
    Zigzag,
    Leaves,
    Diamonds,
}

/// Backgrounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Wall,
    Bricks,
    Street,
    Sky,
    Foliage,
    Window,
    Lamp,
    Curtain,
    Hills,
    Books,
    Tiles,
    Gouges,
}

/// Ways of holding the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Below the chin, a hand at each side.
    Sides,
    /// Below the chin, both hands at the lower edge.
    Below,
    /// Above the head.
    Raised,
    /// Beside the face, in one hand: −1 at the picture's left, 1 at its right.
    Beside(i8),
    /// So low that only its upper part is in the picture.
    Low,
}

/// Materials of the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Board {
    Cardboard,
    Paper,
    Cloth,
    Black,
}

/// The face's proportions, in head units: half the head's height is 1, the middle of the face is the origin.
#[derive(Clone, Debug)]
pub(super) struct Face {
    pub(super) cheek: f32,
    pub(super) jaw: f32,
    pub(super) chin: f32,
    pub(super) temple: f32,
    pub(super) eye_y: f32,
    pub(super) eye_x: f32,
    pub(super) eye_width: f32,
    pub(super) eye_open: f32,
    pub(super) eye_slant: f32,
    pub(super) fold: f32,
    pub(super) gaze: [f32; 2],
    pub(super) iris: Rgb,
    pub(super) brow_lift: f32,
    pub(super) brow_tilt: f32,
    pub(super) brow_weight: f32,
    pub(super) nose_y: f32,
    pub(super) nose_width: f32,
    pub(super) nose_bridge: f32,
    pub(super) mouth_y: f32,
    pub(super) mouth_width: f32,
    pub(super) lips: f32,
    pub(super) smile: f32,
    pub(super) mouth_open: f32,
    pub(super) gaunt: f32,
    pub(super) ear: f32,
    pub(super) lines: f32,
    pub(super) freckles: bool,
    pub(super) bindi: bool,
    /// Turned to the picture's right, radians.
    pub(super) yaw: f32,
    /// Tilted, radians.
    pub(super) tilt: f32,
    /// Downward offset of the features: a bowed head, or a child's high forehead.
    pub(super) bow: f32,
}

/// One body with its head and everything on it.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    pub(super) age: Age,
    pub(super) skin: Rgb,
    pub(super) face: Face,
    pub(super) texture: Texture,
    pub(super) hair: HairStyle,
    pub(super) hair_colour: Rgb,
    pub(super) headwear: Headwear,
    pub(super) headwear_colour: Rgb,
    pub(super) beard: Beard,
    pub(super) glasses: Glasses,
    pub(super) earrings: u8,
    pub(super) made_up: bool,
    pub(super) garment: Garment,
    pub(super) cloth: Cloth,
    pub(super) cloth_colours: [Rgb; 2],
    pub(super) shoulders: f32,
    /// Random stream for details of drawing: strands, folds, jitter.
    pub(super) grain: Rng,
}

/// The sign and its text.
#[derive(Clone, Debug)]
pub(super) struct Placard {
    pub(super) hold: Hold,
    pub(super) board: Board,
    /// Centre and half size in head units, and its turn in radians.
    pub(super) centre: [f32; 2],
    pub(super) half: [f32; 2],
    pub(super) turn: f32,
    /// Which of [`PHRASES`](super::PHRASES).
    pub(super) phrase: usize,
    pub(super) letter: Letter,
    pub(super) ink: Rgb,
    pub(super) grain: Rng,
}

/// Lettering styles of the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    Marker,
    Brush,
    Stencil,
    Print,
}

/// Scale and position of the head in the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Framing {
    /// Half the head's height as a part of the picture's height (of 5/4 of its width, where that is less).
    pub(super) scale: f32,
    /// Where the middle of the face is, as parts of the picture's width and height.
    pub(super) at: [f32; 2],
}

/// An invented person: traits, sign, background and light, all decided by a seed and a number.
#[derive(Clone, Debug)]
pub struct InventedPerson {
    pub(super) figure: Figure,
    /// A second person, and the side: −1 left, 1 right.
    pub(super) companion: Option<(Figure, f32)>,
    pub(super) placard: Placard,
    pub(super) place: Place,
    pub(super) place_colour: Rgb,
    pub(super) place_grain: Rng,
    pub(super) framing: Framing,
    /// The direction towards the key light in the picture: x to the right, y down, z out of it.
    pub(super) light: [f32; 3],
    pub(super) hatch: f32,
    pub(super) camera: Rng,
}
