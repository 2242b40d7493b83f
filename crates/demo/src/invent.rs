//! Random generation of a person from a seed: probabilities of traits, and their correlations.

use glam::Vec3;

use super::canvas::{Rgb, hex, luma, mix};
use super::person::{
    Age, Beard, Board, Cloth, Face, Figure, Framing, Garment, Glasses, HairStyle, Headwear, Hold, InventedPerson,
    Letter, Placard, Place, Texture,
};
use super::phrases::PHRASES;
use super::rng::Rng;
use Headwear::{Beanie, Beret, Brimmed, Cap, Headwrap, Hijab, Keffiyeh, Shawl, Skullcap, Turban};
use Texture::{Coiled, Curly, Straight, Wavy};

/// Skin colours in sRGB, from light to dark.
const SKINS: [u32; 14] = [
    0xfae0cc, 0xf2d0b6, 0xeac2a4, 0xe2b492, 0xd6a47e, 0xc8946e, 0xba845e, 0xa87450, 0x966444, 0x84563a, 0x724932,
    0x664330, 0x5b3c2d, 0x50362b,
];

/// Correlated traits, so that a crowd is plausible; some are also drawn independently of it.
struct Lineage {
    skins: (usize, usize),
    textures: &'static [(f32, Texture)],
    fold: (f32, f32),
    nose: f32,
    lips: f32,
    languages: &'static [&'static str],
    headwear: &'static [(f32, Headwear)],
}

const LINEAGES: [Lineage; 8] = [
    Lineage {
        skins: (9, 14),
        textures: &[(1.0, Coiled)],
        fold: (0.0, 0.3),
        nose: 1.22,
        lips: 1.3,
        languages: &["en", "fr", "pt", "ha", "yo", "zu", "sw"],
        headwear: &[(6.0, Headwear::None), (2.0, Headwrap), (0.6, Hijab), (0.5, Skullcap)],
    },
    Lineage {
        skins: (8, 13),
        textures: &[(2.0, Coiled), (1.0, Curly)],
        fold: (0.0, 0.2),
        nose: 1.0,
        lips: 1.1,
        languages: &["am", "sw", "ar", "en"],
        headwear: &[(5.0, Headwear::None), (1.5, Shawl), (1.0, Hijab), (0.5, Headwrap)],
    },
    Lineage {
        skins: (3, 9),
        textures: &[(1.0, Straight), (2.0, Wavy), (2.0, Curly)],
        fold: (0.0, 0.2),
        nose: 0.98,
        lips: 1.0,
        languages: &["ar", "fa", "he", "tr", "fr"],
        headwear: &[(5.0, Headwear::None), (2.6, Hijab), (0.9, Keffiyeh), (0.5, Turban)],
    },
    Lineage {
        skins: (5, 12),
        textures: &[(3.0, Straight), (2.0, Wavy)],
        fold: (0.0, 0.2),
        nose: 1.02,
        lips: 1.08,
        languages: &["hi", "mr", "bn", "pa", "gu", "ta", "te", "ur", "en"],
        headwear: &[(5.0, Headwear::None), (1.3, Turban), (1.3, Shawl), (0.8, Hijab)],
    },
    Lineage {
        skins: (1, 6),
        textures: &[(5.0, Straight), (1.0, Wavy)],
        fold: (0.7, 1.0),
        nose: 1.0,
        lips: 1.0,
        languages: &["zh-Hans", "zh-Hant", "ja", "ko"],
        headwear: &[(8.0, Headwear::None), (0.8, Beanie), (0.7, Cap)],
    },
    Lineage {
        skins: (3, 9),
        textures: &[(4.0, Straight), (1.0, Wavy)],
        fold: (0.4, 0.9),
        nose: 1.1,
        lips: 1.15,
        languages: &["th", "vi", "id", "fil", "km"],
        headwear: &[(7.0, Headwear::None), (1.3, Hijab), (0.7, Brimmed)],
    },
    Lineage {
        skins: (0, 5),
        textures: &[(3.0, Straight), (3.0, Wavy), (1.2, Curly)],
        fold: (0.0, 0.35),
        nose: 0.94,
        lips: 0.88,
        languages: &[
            "en", "de", "fr", "it", "nl", "sv", "fi", "is", "pl", "cs", "hu", "ro", "el", "ru", "uk", "bg", "sr", "ka",
            "hy", "es", "kk",
        ],
        headwear: &[(8.0, Headwear::None), (0.8, Beanie), (0.6, Beret), (0.5, Shawl)],
    },
    Lineage {
        skins: (3, 10),
        textures: &[(3.0, Straight), (2.0, Wavy), (1.0, Curly)],
        fold: (0.1, 0.6),
        nose: 1.06,
        lips: 1.1,
        languages: &["es", "pt", "qu", "en"],
        headwear: &[(7.0, Headwear::None), (1.6, Brimmed), (0.8, Cap)],
    },
];

/// Colours of cloth in sRGB.
const CLOTHS: [u32; 18] = [
    0x20242e, 0xe1ddd2, 0x962628, 0x26466e, 0xcea03c, 0x3c5c42, 0x603c68, 0xcd6e3e, 0x787c80, 0x42322c, 0xb0bec4,
    0xd68c96, 0x141618, 0xf0eee6, 0x58848c, 0x886042, 0xb8b296, 0x342c4c,
];

fn weighted_hair(rng: &mut Rng, texture: Texture, age: Age, masculine: f32) -> HairStyle {
    use HairStyle::{
        Afro, Bald, Bob, Braids, Bun, Cornrows, Fringe, Locs, Long, Ponytail, Puffs, Quiff, Receding, Short, SidePart,
        Stubble,
    };
    let old = if age >= Age::Elder { 1.0 } else { 0.0 };
    let (m, w) = (masculine, 1.0 - masculine);
    let child = if age == Age::Child { 1.0 } else { 0.0 };
    match texture {
        Texture::Coiled => rng.weighted(&[
            (1.3, Afro),
            (0.9 * m + 0.2, Stubble),
            (1.4 * m + 0.2, Short),
            (0.8, Locs),
            (1.0 * w + 0.1, Braids),
            (0.8, Cornrows),
            (0.8 * w + 1.2 * child * w, Puffs),
            (0.6 * w, Bun),
            (0.6 * m, Bald),
            (0.9 * m * old, Receding),
        ]),
        _ => rng.weighted(&[
            (1.6 * m + 0.3, Short),
            (0.9 * m, Quiff),
            (1.1 * m + 0.3, SidePart),
            (0.7, Fringe),
            (1.3 * w + 0.1, Bob),
            (1.7 * w + 0.15, Long),
            (0.9 * w + 0.1, Bun),
            (0.8 * w, Ponytail),
            (0.6 * w + 0.4 * child * w, Braids),
            (0.4 * m, Stubble),
            (0.4 * m * (1.0 - child) + 0.5 * m * old, Bald),
            (0.2 * m * (1.0 - child) + 2.2 * m * old, Receding),
        ]),
    }
}

impl Figure {
    fn invent(rng: &mut Rng, lineage: &Lineage, age: Option<Age>) -> Self {
        let age = age.unwrap_or_else(|| {
            rng.weighted(&[
                (0.11, Age::Child),
                (0.27, Age::Young),
                (0.34, Age::Adult),
                (0.17, Age::Elder),
                (0.11, Age::Old),
            ])
        });
        // Continuous: scales jaw, brow and beard.
        let masculine = (0.5 + rng.around(0.75)).clamp(0.0, 1.0);
        let grown = age != Age::Child;
        let skin = {
            let (from, to) = lineage.skins;
            let base = hex(SKINS[from + rng.below(to - from)]);
            let shift = rng.around(9.0);
            let [r, g, b] = base.map(f32::from);
            [(r + shift) as u8, (g + shift * 0.6) as u8, (b + shift * 0.2 + rng.around(5.0)) as u8]
        };
        let texture = rng.weighted(lineage.textures);
        let hair = weighted_hair(rng, texture, age, masculine);
        let hair_colour = hair_colour(rng, skin, age);
        let headwear = if rng.chance(0.14) {
            rng.weighted(&[
                (1.0, Headwear::Beanie),
                (1.0, Headwear::Cap),
                (0.7, Headwear::Brimmed),
                (0.4, Headwear::Beret),
                (0.7, Headwear::Hood),
                (0.3, Headwear::Hijab),
            ])
        } else {
            rng.weighted(lineage.headwear)
        };
        let headwear = match headwear {
            // These are mostly worn by men, those by women.
            Headwear::Turban | Headwear::Keffiyeh | Headwear::Skullcap if masculine < 0.42 || !grown => Headwear::None,
            Headwear::Hijab | Headwear::Shawl | Headwear::Headwrap if masculine > 0.55 => Headwear::None,
            other => other,
        };
        let beard = if grown && masculine > 0.5 {
            let turban = if headwear == Headwear::Turban { 3.0 } else { 0.0 };
            rng.weighted(&[
                (1.6, Beard::None),
                (1.0, Beard::Stubble),
                (0.7, Beard::Moustache),
                (0.6, Beard::Goatee),
                (1.2 + turban, Beard::Full),
                (if age >= Age::Adult { 0.5 + turban } else { 0.0 }, Beard::Long),
            ])
        } else {
            Beard::None
        };
        let glasses = if rng.chance(if age >= Age::Elder { 0.42 } else { 0.2 }) {
            rng.pick(&[Glasses::Round, Glasses::Square, Glasses::Heavy, Glasses::HalfMoon, Glasses::Heavy])
        } else {
            Glasses::None
        };
        let first = hex(rng.pick(&CLOTHS));
        let second = loop {
            let other = hex(rng.pick(&CLOTHS));
            if other != first {
                break other;
            }
        };
        let face = Face::invent(rng, lineage, age, masculine, skin);
        Self {
            age,
            skin,
            face,
            texture,
            hair,
            hair_colour,
            headwear,
            headwear_colour: hex(rng.pick(&CLOTHS)),
            beard,
            glasses,
            earrings: if grown && rng.chance(0.75 - masculine * 0.7) { 1 + rng.below(3) as u8 } else { 0 },
            made_up: grown && masculine < 0.45 && rng.chance(0.5),
            garment: garment(rng, masculine),
            cloth: rng.weighted(&[
                (4.0, Cloth::Plain),
                (1.0, Cloth::Stripes),
                (0.7, Cloth::Pinstripes),
                (1.1, Cloth::Checks),
                (0.7, Cloth::Dots),
                (0.8, Cloth::Zigzag),
                (0.9, Cloth::Leaves),
                (0.8, Cloth::Diamonds),
            ]),
            cloth_colours: [first, second],
            shoulders: if grown { 1.62 + 0.4 * masculine + rng.around(0.14) } else { 1.28 + rng.around(0.08) },
            grain: Rng::new(rng.bits(), 0, 0),
        }
    }
}

fn garment(rng: &mut Rng, masculine: f32) -> Garment {
    rng.weighted(&[
        (1.4, Garment::Tee),
        (0.8, Garment::VNeck),
        (1.5, Garment::Shirt),
        (1.1, Garment::Hoodie),
        (0.7, Garment::RollNeck),
        (0.8, Garment::Suit),
        (1.2 * (1.0 - masculine), Garment::Sari),
        (0.7, Garment::BandCollar),
        (0.8, Garment::Embroidered),
        (0.4, Garment::Dungarees),
        (0.8, Garment::Scarf),
        (0.8, Garment::Knit),
    ])
}

fn hair_colour(rng: &mut Rng, skin: Rgb, age: Age) -> Rgb {
    let fair = skin[0] > 215;
    let natural = if fair {
        rng.weighted(&[
            (2.0, [30, 24, 22]),
            (2.0, [74, 48, 32]),
            (1.2, [128, 88, 52]),
            (1.0, [196, 160, 104]),
            (0.6, [222, 198, 150]),
            (0.6, [158, 74, 36]),
        ])
    } else {
        rng.weighted(&[(4.0, [22, 19, 20]), (2.0, [36, 27, 24]), (0.7, [66, 44, 32]), (0.15, [150, 110, 66])])
    };
    let grey = match age {
        Age::Child | Age::Young => 0.0,
        Age::Adult => rng.range(-0.5, 0.35).max(0.0),
        Age::Elder => rng.range(0.15, 0.9),
        Age::Old => rng.range(0.7, 1.0),
    };
    mix(natural, rng.pick(&[[206, 206, 206], [232, 230, 226], [176, 178, 182]]), grey)
}

impl Face {
    fn invent(rng: &mut Rng, lineage: &Lineage, age: Age, masculine: f32, skin: Rgb) -> Self {
        let child = age == Age::Child;
        let years = match age {
            Age::Child => 0.0,
            Age::Young => 0.08,
            Age::Adult => 0.35,
            Age::Elder => 0.75,
            Age::Old => 1.0,
        };
        let bow = if child { 0.13 } else { rng.around(0.05) };
        let wide = rng.around(0.095);
        let jaw = 0.52 + 0.11 * masculine + rng.around(0.09) + wide;
        let smile = match rng.below(5) {
            0 => rng.range(0.5, 1.0),
            1 => rng.range(0.15, 0.4),
            4 => rng.range(-0.35, -0.1),
            _ => rng.around(0.2),
        };
        Self {
            cheek: 0.715 + wide + if child { 0.05 } else { 0.0 },
            jaw: if child { 0.60 + wide } else { jaw },
            chin: 0.27 + 0.10 * masculine + rng.around(0.07),
            temple: 0.66 + wide + rng.around(0.03),
            eye_y: 0.02 + rng.around(0.035) + bow,
            eye_x: 0.32 + rng.around(0.028) + wide * 0.4,
            eye_width: (if child { 0.175 } else { 0.158 }) + rng.around(0.015),
            eye_open: (if child { 0.085 } else { 0.066 }) + rng.around(0.02) - 0.014 * years - 0.012 * smile.max(0.0),
            eye_slant: rng.around(0.03) + lineage.fold.1 * 0.016,
            fold: rng.range(lineage.fold.0, lineage.fold.1),
            gaze: if rng.chance(0.6) { [0.0, 0.0] } else { [rng.around(0.8), rng.around(0.35)] },
            iris: if skin[0] > 222 && rng.chance(0.5) {
                rng.pick(&[[92, 122, 150], [96, 118, 88], [120, 96, 62]])
            } else {
                rng.pick(&[[46, 30, 22], [60, 40, 26], [36, 26, 22]])
            },
            brow_lift: 0.175 + rng.around(0.035) - 0.03 * masculine,
            brow_tilt: rng.around(0.09),
            brow_weight: 0.045 + 0.035 * masculine + rng.around(0.018),
            nose_y: 0.37 + rng.around(0.05) + bow * 0.75 - if child { 0.04 } else { 0.0 },
            nose_width: (0.165 + rng.around(0.028)) * lineage.nose * if child { 0.92 } else { 1.0 },
            nose_bridge: if child { 0.5 } else { (1.05 - 0.35 * lineage.fold.1 + rng.around(0.4)).clamp(0.45, 1.4) },
            mouth_y: 0.625 + rng.around(0.03) + bow * 0.5,
            mouth_width: 0.262 + rng.around(0.045) + 0.05 * smile.max(0.0) - if child { 0.03 } else { 0.0 },
            lips: (0.066 + rng.around(0.02)) * lineage.lips * (1.0 - 0.3 * years) * (1.1 - 0.25 * masculine),
            smile,
            mouth_open: if rng.chance(0.22) { rng.range(0.3, 1.0) } else { 0.0 },
            gaunt: (rng.around(0.5) + 0.25 * years + 0.25 * masculine).clamp(0.0, 1.0),
            ear: 1.0 + rng.around(0.2) + 0.15 * years,
            lines: (years + rng.around(0.12)).clamp(0.0, 1.0),
            freckles: skin[0] > 220 && rng.chance(0.14),
            bindi: lineage.languages[0] == "hi" && masculine < 0.5 && rng.chance(0.45),
            yaw: rng.around(0.62),
            tilt: rng.around(0.16),
            bow,
        }
    }
}

impl Placard {
    fn invent(rng: &mut Rng, lineage: &Lineage) -> Self {
        let language =
            if rng.chance(0.22) { rng.pick(&["en", "es", "fr", "ar", "zh-Hans"]) } else { rng.pick(lineage.languages) };
        let spoken: Vec<usize> = (0..PHRASES.len()).filter(|number| PHRASES[*number].language == language).collect();
        let phrase = if spoken.is_empty() { 0 } else { rng.pick(&spoken) };
        let long = PHRASES[phrase].words.chars().count();
        let board =
            rng.weighted(&[(4.0, Board::Cardboard), (4.0, Board::Paper), (1.0, Board::Cloth), (0.9, Board::Black)]);
        let hold = match rng.below(20) {
            0..9 => Hold::Sides,
            9..13 => Hold::Below,
            13..15 => Hold::Raised,
            15 => Hold::Beside(-1),
            16 => Hold::Beside(1),
            _ => Hold::Low,
        };
        let half_width = rng.range(1.02, 1.45) + if long > 16 { 0.12 } else { 0.0 };
        let half_height = rng.range(0.52, 0.8);
        let (centre, half) = match hold {
            Hold::Sides => ([rng.around(0.25), 1.28 + half_height + rng.range(0.0, 0.2)], [half_width, half_height]),
            Hold::Below => {
                ([rng.around(0.2), 1.25 + half_height + rng.range(0.0, 0.1)], [half_width * 0.92, half_height])
            }
            Hold::Raised => ([rng.around(0.15), -1.62 - half_height], [half_width * 1.1, half_height]),
            Hold::Beside(side) => ([f32::from(side) * 1.72, 0.45 + rng.around(0.3)], [0.82, half_height.max(0.66)]),
            Hold::Low => ([rng.around(0.3), 1.72 + half_height], [half_width * 1.15, half_height]),
        };
        let ink = match board {
            Board::Black => rng.pick(&[[240, 238, 228], [236, 226, 190]]),
            _ => rng.weighted(&[(5.0, [18, 18, 22]), (1.0, [136, 22, 26]), (1.0, [24, 42, 96]), (0.4, [20, 70, 44])]),
        };
        Self {
            hold,
            board,
            centre,
            half,
            turn: rng.around(0.11),
            phrase,
            letter: rng.weighted(&[
                (4.0, Letter::Marker),
                (3.0, Letter::Brush),
                (1.2, Letter::Stencil),
                (1.2, Letter::Print),
            ]),
            ink,
            grain: Rng::new(rng.bits(), 0, 1),
        }
    }
}

impl InventedPerson {
    /// Generates the person with a number in the crowd of a seed; deterministic.
    #[must_use]
    pub fn invent(seed: u64, index: u64) -> Self {
        let mut rng = Rng::new(seed, index, 0);
        let lineage = &LINEAGES[rng.below(LINEAGES.len())];
        let figure = Figure::invent(&mut rng, lineage, None);
        let placard = Placard::invent(&mut Rng::new(seed, index, 1), lineage);
        let mut rng = Rng::new(seed, index, 2);
        let beside = matches!(placard.hold, Hold::Beside(_));
        let companion = (!beside && rng.chance(0.09)).then(|| {
            let age =
                if figure.age == Age::Child { Some(Age::Adult) } else { rng.pick(&[None, None, Some(Age::Child)]) };
            let side = if rng.chance(0.5) { -1.0 } else { 1.0 };
            (Figure::invent(&mut rng, lineage, age), side)
        });
        let framing = framing(&mut rng, &placard, companion.as_ref().map(|(_, side)| *side));
        let side = if rng.chance(0.5) { -1.0 } else { 1.0 };
        let light = Vec3::new(side * rng.range(0.35, 1.0), rng.range(-0.85, -0.15), rng.range(0.45, 0.8)).normalize();
        let place_colour = background_colour(&figure, hex(rng.pick(&PLACES)));
        Self {
            figure,
            companion,
            place: rng.weighted(&[
                (2.0, Place::Wall),
                (1.1, Place::Bricks),
                (1.3, Place::Street),
                (1.0, Place::Sky),
                (1.3, Place::Foliage),
                (0.9, Place::Window),
                (0.8, Place::Lamp),
                (0.8, Place::Curtain),
                (0.8, Place::Hills),
                (0.7, Place::Books),
                (0.6, Place::Tiles),
                (0.8, Place::Gouges),
            ]),
            place_colour,
            place_grain: Rng::new(seed, index, 3),
            framing,
            light: light.to_array(),
            hatch: side * rng.range(0.9, 1.35),
            placard,
            camera: Rng::new(seed, index, 4),
        }
    }
}

/// Colours of backgrounds in sRGB.
const PLACES: [u32; 10] =
    [0xc4beb2, 0x8696a4, 0xb08266, 0x607068, 0xcec4a0, 0x4e5462, 0x969e8c, 0xb0624e, 0xdedcd6, 0x7c6674];

/// Returns a background colour, lightened where dark hair and skin would not stand out from it.
fn background_colour(figure: &Figure, place: Rgb) -> Rgb {
    let dark = luma(figure.skin).max(luma(figure.hair_colour)) < 0.5;
    if dark && luma(place) < 0.5 { mix(place, [232, 228, 220], 0.45) } else { place }
}

fn framing(rng: &mut Rng, placard: &Placard, companion: Option<f32>) -> Framing {
    let aside = rng.around(0.07) - companion.unwrap_or(0.0) * 0.16;
    let (scale, y) = match placard.hold {
        Hold::Raised => (rng.range(0.125, 0.145), 0.60),
        Hold::Low => (rng.range(0.19, 0.27), rng.range(0.36, 0.42)),
        Hold::Beside(_) => (rng.range(0.165, 0.19), rng.range(0.38, 0.44)),
        _ => (rng.range(0.155, 0.205), rng.range(0.30, 0.36)),
    };
    let aside = match placard.hold {
        Hold::Beside(side) => -f32::from(side) * 0.17 + rng.around(0.03),
        _ => aside,
    };
    Framing { scale: if companion.is_some() { scale * 0.88 } else { scale }, at: [0.5 + aside, y] }
}
