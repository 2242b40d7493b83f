//! The uniform of a look, and the reference implementation of the tone shader. See [`ToneUniform`].

use bytemuck::{Pod, Zeroable};
use millions_base::smoothstep;

use super::{Calibration, GAMMA, Look, NEUTRAL_MIX, ToneCorrection};
use crate::tile::planes::rgb_from_luma_chroma;

/// A look and a calibration, laid out as `struct Tone` of `shaders/tone.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct ToneUniform {
    /// Weights of R, G, B in the grey, which add up to 1.
    pub mix: [f32; 3],
    /// See [`Look::color`].
    pub color: f32,
    /// value × scale + offset applies exposure, black point and white point.
    pub scale: f32,
    /// See `scale`.
    pub offset: f32,
    /// 1 / [`Look::gamma`].
    pub power: f32,
    /// See [`Look::contrast`].
    pub contrast: f32,
    /// [`Look::tint`] times [`Calibration::compensation`].
    pub tint: [f32; 3],
    /// See [`Look::grain`].
    pub grain: f32,
    /// See [`Look::halftone`].
    pub halftone: f32,
    /// See [`Look::dots`].
    pub dots: f32,
    /// See [`Look::stencil`].
    pub stencil: f32,
    /// See [`Look::threshold`].
    pub threshold: f32,
    /// See [`Look::clarity`].
    pub clarity: f32,
    /// 1 / [`Calibration::gamma`].
    pub wall_power: f32,
    /// See [`Calibration::black`].
    pub wall_black: f32,
    /// From [`Calibration::black`] to [`Calibration::white`].
    pub wall_range: f32,
    /// See [`Look::vignette`].
    pub vignette: f32,
    /// WGSL rounds the struct's size up to a multiple of 16 bytes.
    pub padding: [f32; 3],
}

/// The samples of a tile at one position: encoded values from 0 to 1, chroma from −0.5 to 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShadeInput {
    /// Luma as shot.
    pub luma: f32,
    /// Luma after white balance.
    pub balanced: f32,
    /// Local mean of `balanced`.
    pub mean: f32,
    /// Cb and Cr, as shot.
    pub chroma: [f32; 2],
}

impl ShadeInput {
    /// Returns the samples of a uniform tile without a cast.
    #[must_use]
    pub const fn flat(luma: f32, chroma: [f32; 2]) -> Self {
        Self { luma, balanced: luma, mean: luma, chroma }
    }
}

/// The tone terms of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellTone {
    /// See [`LightMeasurement::correction`](super::LightMeasurement::correction).
    pub correction: ToneCorrection,
    /// See [`LightMeasurement::white_balance`](super::LightMeasurement::white_balance).
    pub white_balance: [f32; 3],
    /// See [`Look::color`].
    pub color: f32,
    /// See [`Look::clarity`].
    pub clarity: f32,
}

impl CellTone {
    /// A portrait in black and white without correction.
    pub const AS_SHOT: Self =
        Self { correction: ToneCorrection::AS_SHOT, white_balance: [1.0; 3], color: 0.0, clarity: 0.0 };
}

/// Least width of the edges of halftone dots and of the two-tone threshold, in levels: keeps a flat tone from flickering.
const MIN_EDGE: f32 = 0.03;
/// How much higher the two-tone threshold is in the surroundings of the face.
const SURROUND_THRESHOLD: f32 = 0.3;

impl ToneUniform {
    /// Computes the terms of a look on a wall.
    #[must_use]
    pub fn new(look: &Look, calibration: &Calibration) -> Self {
        let sum: f32 = look.mix.iter().sum();
        let compensation = calibration.compensation();
        let white_scale = 1.0 / (look.white - look.black);
        Self {
            mix: look.mix.map(|weight| weight / sum),
            color: look.color,
            scale: (look.exposure / GAMMA).exp2() * white_scale,
            offset: -look.black * white_scale,
            power: 1.0 / look.gamma,
            contrast: look.contrast,
            tint: [0, 1, 2].map(|channel| look.tint[channel] * compensation[channel]),
            grain: look.grain,
            halftone: look.halftone,
            dots: look.dots,
            stencil: look.stencil,
            threshold: look.threshold,
            clarity: look.clarity,
            wall_power: 1.0 / calibration.gamma,
            wall_black: calibration.black,
            wall_range: calibration.white - calibration.black,
            vignette: look.vignette,
            padding: [0.0; 3],
        }
    }

    /// Returns a grey that is not part of a portrait, such as that of text, as shown on the wall: encoded R, G, B.
    #[must_use]
    pub fn shade_plain(&self, grey: f32) -> [f32; 3] {
        let lit = self.calibrate(grey.max(0.0));
        self.tint.map(|tint| (lit * tint).clamp(0.0, 1.0))
    }

    /// Whether the grey of the mix is the tile's luma to half a level, so that black and white needs no chroma.
    #[must_use]
    pub fn is_neutral(&self) -> bool {
        self.mix.iter().zip(NEUTRAL_MIX).all(|(weight, neutral)| (weight - neutral).abs() < 1e-3)
    }

    /// Returns the encoded R, G, B of a sample before vignette, halftone, grain and dither, as `shaders/tone.wgsl` does.
    ///
    /// `position` is in the tile, from its middle, −0.5 to 0.5 each way.
    #[must_use]
    pub fn shade(&self, cell: &CellTone, input: &ShadeInput, position: [f32; 2]) -> [f32; 3] {
        let CellTone { correction, white_balance, color, clarity } = cell;
        let ShadeInput { luma, balanced, mean, chroma } = *input;
        let detail = clarity * (balanced - mean);
        let mask = surround_mask(position);
        let finish = |value: f32| self.calibrate(self.curve(develop(correction, value, mask) + detail));
        let grey_only = *color == 0.0 && self.is_neutral();
        let rgb = if grey_only {
            [finish(luma + (balanced - luma) * correction.exposure_matching); 3]
        } else {
            let shot = rgb_from_luma_chroma(luma, chroma);
            let lit = [0, 1, 2]
                .map(|channel| shot[channel] * (1.0 + (white_balance[channel] - 1.0) * correction.exposure_matching));
            let grey: f32 = lit.iter().zip(self.mix).map(|(value, weight)| value * weight).sum();
            lit.map(|value| finish(grey + (value - grey) * color))
        };
        [0, 1, 2].map(|channel| rgb[channel] * self.tint[channel])
    }

    /// Applies the look's levels, gamma and contrast.
    fn curve(&self, value: f32) -> f32 {
        let levelled = (value * self.scale + self.offset).clamp(0.0, 1.0);
        let lifted = levelled.powf(self.power);
        lifted + self.contrast * (smoothstep(lifted) - lifted)
    }

    /// Applies the calibration's gamma and levels.
    fn calibrate(&self, value: f32) -> f32 {
        value.powf(self.wall_power) * self.wall_range + self.wall_black
    }

    /// Applies the halftone screen and the two-tone threshold to a grey. `phase` is the position in the screen, in dots;
    /// `dot_px` a dot's size in pixels; `slope` the change of the grey from pixel to pixel; `surround` the
    /// [`surround_mask`], which raises the threshold so that people stand out of a dark ground.
    #[must_use]
    pub fn screen(&self, grey: f32, phase: [f32; 2], dot_px: f32, slope: f32, surround: f32) -> f32 {
        let ramp = |value: f32, edge: f32, width: f32| ((value - edge) / width + 0.5).clamp(0.0, 1.0);
        let turn = std::f32::consts::TAU;
        let threshold = 0.5 + 0.25 * ((turn * phase[0]).cos() + (turn * phase[1]).cos());
        let dots = ramp(grey, threshold, (2.2 / dot_px).max(MIN_EDGE));
        // Dots below the resolution are faded to their mean grey.
        let visible = ((dot_px - 2.0) / 2.0).clamp(0.0, 1.0);
        let with_dots = grey + (dots - grey) * self.halftone * visible;
        let edge = self.threshold + SURROUND_THRESHOLD * surround;
        let two_tone = ramp(with_dots, edge, slope.max(MIN_EDGE));
        with_dots + (two_tone - with_dots) * self.stencil
    }
}

/// Returns how much a position counts as surroundings of the face, from 0 on the face to 1 in the tile's corners.
/// Positions are from the tile's middle, −0.5 to 0.5 each way. The crop puts every face in the same place.
#[must_use]
pub fn surround_mask([x, y]: [f32; 2]) -> f32 {
    let (x, y) = (x / 0.62, (y + 0.03) / 0.6);
    smoothstep(((x * x + y * y - 0.25) / 0.75).clamp(0.0, 1.0))
}

/// Applies a tone correction to an encoded value; `surround` is the [`surround_mask`]. In this order:
///
/// * **gain**: exposure compensation;
/// * **veil** removal: flare adds to linear light and is subtracted there. A square stands for linear light:
///   √(v² − veil²), normalised to keep 1;
/// * **burn** and dodge: the surroundings are darkened or lightened; black and white stay;
/// * **lift**: the highlights above the knee are expanded to reach white, with slope 1 + lift at the knee, falling
///   towards 1. The knee is the face's own median, which therefore stays where it is.
#[must_use]
pub fn develop(correction: &ToneCorrection, value: f32, surround: f32) -> f32 {
    placed(correction, cleared(correction, value), surround)
}

/// The first half of [`develop`], which the surroundings do not change: gain and veil.
fn cleared(&ToneCorrection { gain, veil, .. }: &ToneCorrection, value: f32) -> f32 {
    let exposed = (value * gain).max(0.0);
    ((exposed * exposed - veil).max(0.0) / (1.0 - veil)).sqrt().min(1.0)
}

/// The second half: burn and lift.
fn placed(&ToneCorrection { burn, knee, lift, .. }: &ToneCorrection, clear: f32, surround: f32) -> f32 {
    let burned = clear - burn * surround * clear * (1.0 - clear);
    let above = (burned - knee).max(0.0);
    burned.min(knee) + above * (1.0 + lift) / (1.0 + lift * above / (1.0 - knee))
}

/// [`develop`] of 8-bit values, for whole tiles: its first half is a table.
#[derive(Clone, Debug)]
pub struct DevelopTable {
    correction: ToneCorrection,
    cleared: [f32; 256],
}

impl DevelopTable {
    /// Makes the table of a correction.
    #[must_use]
    pub fn new(correction: ToneCorrection) -> Self {
        Self { correction, cleared: std::array::from_fn(|value| cleared(&correction, value as f32 / 255.0)) }
    }

    /// Returns what [`develop`] does of `value` / 255.
    #[must_use]
    pub fn develop(&self, value: u8, surround: f32) -> f32 {
        placed(&self.correction, self.cleared[usize::from(value)], surround)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn looks() -> impl Strategy<Value = Look> {
        let sliders = (0.0..=1.0f32, -5.0..5.0f32, -1.0..=1.0f32, 0.0..0.5f32, 0.6..1.5f32, 0.3..3.0f32);
        (sliders, prop::array::uniform3(0.05..1.0f32)).prop_map(
            |((color, exposure, contrast, black, white, gamma), mix)| Look {
                color,
                mix,
                exposure,
                contrast,
                black,
                white,
                gamma,
                ..Look::default()
            },
        )
    }

    fn corrections() -> impl Strategy<Value = ToneCorrection> {
        (0.3..3.0f32, 0.0..0.16f32, -0.9..=0.9f32, 0.25..0.85f32, 0.0..=1.0f32).prop_map(
            |(gain, veil, burn, knee, lift)| ToneCorrection {
                exposure_matching: 1.0,
                gain,
                veil,
                burn,
                knee,
                lift: lift * 4.0,
            },
        )
    }

    fn shade(look: &Look, luma: f32, chroma: [f32; 2]) -> [f32; 3] {
        let tone = ToneUniform::new(look, &Calibration::default());
        let cell = CellTone { color: look.color, ..CellTone::AS_SHOT };
        tone.shade(&cell, &ShadeInput::flat(luma, chroma), [0.0; 2])
    }

    proptest! {
        #[test]
        fn the_tone_curve_is_monotonic_and_in_range(look in looks(), a in 0.0..1.0f32, b in 0.0..1.0f32) {
            look.validate().unwrap();
            let (dark, light) = (shade(&look, a.min(b), [0.0; 2])[0], shade(&look, a.max(b), [0.0; 2])[0]);
            prop_assert!(dark <= light + 1e-5);
            prop_assert!((-1e-5..=1.0 + 1e-5).contains(&dark) && light <= 1.0 + 1e-5);
        }

        #[test]
        fn develop_is_monotonic(correction in corrections(), a in 0.0..1.0f32, b in 0.0..1.0f32, mask in 0.0..=1.0f32) {
            let (dark, light) = (develop(&correction, a.min(b), mask), develop(&correction, a.max(b), mask));
            prop_assert!(dark <= light + 1e-5, "{dark} {light}");
            prop_assert!((0.0..=1.0 + 1e-5).contains(&dark) && light <= 1.0 + 1e-5);
        }

        #[test]
        fn without_colour_everything_is_grey(look in looks(), luma in 0.0..1.0f32, cb in -0.5..0.5f32, cr in -0.5..0.5f32) {
            let [r, g, b] = shade(&Look { color: 0.0, ..look }, luma, [cb, cr]);
            prop_assert!((r - g).abs() < 1e-5 && (g - b).abs() < 1e-5);
        }

        #[test]
        fn a_halftone_screen_keeps_the_mean_grey(grey in 0.1..0.9f32) {
            let tone = ToneUniform { halftone: 1.0, ..ToneUniform::new(&Look::default(), &Calibration::default()) };
            let phases = (0..32).flat_map(|x| (0..32).map(move |y| [x as f32 / 32.0, y as f32 / 32.0]));
            let mean = phases.map(|phase| tone.screen(grey, phase, 12.0, 0.0, 0.0)).sum::<f32>() / 1024.0;
            prop_assert!((mean - grey).abs() < 0.09, "{grey} became {mean}");
        }
    }

    #[test]
    fn the_default_look_changes_nothing_and_needs_no_chroma() {
        let look = Look::default();
        look.validate().unwrap();
        assert!(ToneUniform::new(&look, &Calibration::default()).is_neutral());
        for luma in [0.0, 0.2, 0.7, 1.0] {
            assert!((shade(&look, luma, [0.3, -0.2])[0] - luma).abs() < 1e-6);
        }
    }

    #[test]
    fn the_channel_mixer_weighs_channels() {
        let red = Look { mix: [2.0, 0.0, 0.0], ..Look::default() };
        // Pure red: Y' 0.2126, Cb −0.1146, Cr 0.5.
        assert!((shade(&red, 0.2126, [-0.114_57, 0.5])[1] - 1.0).abs() < 1e-3);
        assert!(!ToneUniform::new(&red, &Calibration::default()).is_neutral());
    }

    #[test]
    fn highlight_expansion_keeps_the_knee() {
        let correction = ToneCorrection { knee: 0.6, lift: 2.0, ..ToneCorrection::AS_SHOT };
        assert!((develop(&correction, 0.6, 0.0) - 0.6).abs() < 1e-6);
        assert!(develop(&correction, 0.8, 0.0) > 0.87 && develop(&correction, 1.0, 0.0) <= 1.0);
    }
}
