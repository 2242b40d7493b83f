//! Tone: what is measured of a portrait's light, and the look that brings everybody to one black and white.
//!
//! The curve is applied live, in `shaders/tone.wgsl`; [`Look::shade`] is its twin, and a test holds the two together.
//! All of it works on gamma-encoded values, as a photographer's sliders do:
//!
//! 1. **channel mix**: the grey of a colour is a weighted sum of its R′, G′, B′; with BT.709's weights it is the tile's
//!    own luma, and the chroma need not be read at all;
//! 2. **colour**: from that grey (0) to the colour as contributed (1);
//! 3. **exposure** in stops: a factor 2^(stops / 2.2), which is what a stop of light does to a signal of gamma 2.2;
//! 4. **black and white point**, **gamma**, and **contrast**, an S-curve about the middle;
//! 5. **vignette**, **grain**, **tint**, and last the dither to the output's depth.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

/// What was measured of one portrait's light at ingest. All values are gamma-encoded sRGB, 0–255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToneFigures {
    /// Luma below which 2 % of the picture lies.
    pub black: u8,
    /// The median luma.
    pub mid: u8,
    /// Luma above which 2 % of the picture lies.
    pub white: u8,
    /// Mean R, G, B.
    pub mean_rgb: [u8; 3],
}

/// BT.709's luma weights: the mix that a tile's luma plane already holds.
pub const NEUTRAL_MIX: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// The look of the wall: what the operator sets, what a scene file holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Look {
    /// From black and white (0) to colour as contributed (1).
    pub color: f32,
    /// How much red, green and blue count in the grey; only their proportion matters.
    pub mix: [f32; 3],
    /// Stops of light, −5 to 5.
    pub exposure: f32,
    /// −1 (flat) to 1 (steep).
    pub contrast: f32,
    /// The value that becomes black, 0 to 0.9.
    pub black: f32,
    /// The value that becomes white, 0.1 to 2, above `black`.
    pub white: f32,
    /// Above 1 lifts the middle greys, below 1 lowers them; 0.2 to 5.
    pub gamma: f32,
    /// How much the wall's corners darken, 0 to 1.
    pub vignette: f32,
    /// Film grain, 0 to 1.
    pub grain: f32,
    /// What white looks like, R, G, B from 0 to 1: a warm or cold print.
    pub tint: [f32; 3],
}

impl Default for Look {
    fn default() -> Self {
        Self {
            color: 0.0,
            mix: NEUTRAL_MIX,
            exposure: 0.0,
            contrast: 0.0,
            black: 0.0,
            white: 1.0,
            gamma: 1.0,
            vignette: 0.0,
            grain: 0.0,
            tint: [1.0; 3],
        }
    }
}

/// The look as `shaders/tone.wgsl` reads it: `struct Tone`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct ToneUniform {
    /// What Cb and Cr add to the luma for the grey of the channel mix.
    pub grey_from_chroma: [f32; 2],
    /// See [`Look::color`].
    pub color: f32,
    /// (value × scale + offset) is exposure, black point and white point in one.
    pub scale: f32,
    /// See `scale`.
    pub offset: f32,
    /// 1 / [`Look::gamma`].
    pub power: f32,
    /// See [`Look::contrast`].
    pub contrast: f32,
    /// See [`Look::vignette`].
    pub vignette: f32,
    /// See [`Look::tint`]; the fourth is the grain.
    pub tint_grain: [f32; 4],
}

/// A value that a look cannot have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value}: {allowed}")]
pub struct LookError {
    /// The parameter, as it stands in a scene file.
    pub name: &'static str,
    value: f32,
    allowed: &'static str,
}

impl Look {
    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// The first that is not, with what it may be.
    pub fn validate(&self) -> Result<(), LookError> {
        let Self { color, mix, exposure, contrast, black, white, gamma, vignette, grain, tint } = *self;
        let range = |name, value: f32, low: f32, high: f32, allowed| {
            // Written so that NaN fails.
            if value >= low && value <= high { Ok(()) } else { Err(LookError { name, value, allowed }) }
        };
        range("color", color, 0.0, 1.0, "take 0 (black and white) to 1 (colour)")?;
        for weight in mix {
            range("mix", weight, -2.0, 3.0, "take weights from -2 to 3")?;
        }
        range("mix", mix.iter().sum(), 0.01, 9.0, "the weights must add up to more than 0")?;
        range("exposure", exposure, -5.0, 5.0, "take -5 to 5 stops")?;
        range("contrast", contrast, -1.0, 1.0, "take -1 (flat) to 1 (steep)")?;
        range("black", black, 0.0, 0.9, "take 0 to 0.9")?;
        range("white", white, 0.1, 2.0, "take 0.1 to 2")?;
        range("white", white - black, 0.05, 2.0, "it must be at least 0.05 above `black`")?;
        range("gamma", gamma, 0.2, 5.0, "take 0.2 to 5")?;
        range("vignette", vignette, 0.0, 1.0, "take 0 to 1")?;
        range("grain", grain, 0.0, 1.0, "take 0 to 1")?;
        for channel in tint {
            range("tint", channel, 0.0, 1.0, "take three values from 0 to 1")?;
        }
        Ok(())
    }

    /// The look as the shader takes it.
    #[must_use]
    pub fn uniform(&self) -> ToneUniform {
        let sum: f32 = self.mix.iter().sum();
        let [r, g, b] = self.mix.map(|weight| weight / sum);
        // R' = Y' + 1.5748 Cr, B' = Y' + 1.8556 Cb, G' from Y' (BT.709).
        let mut grey_from_chroma = [1.8556 * b - 0.187_324 * g, 1.5748 * r - 0.468_124 * g];
        for part in &mut grey_from_chroma {
            // Below half a level of 8 bit for any chroma, it is not worth a texture.
            if part.abs() < 1e-3 {
                *part = 0.0;
            }
        }
        let [tint_r, tint_g, tint_b] = self.tint;
        let white_scale = 1.0 / (self.white - self.black);
        ToneUniform {
            grey_from_chroma,
            color: self.color,
            scale: (self.exposure / 2.2).exp2() * white_scale,
            offset: -self.black * white_scale,
            power: 1.0 / self.gamma,
            contrast: self.contrast,
            vignette: self.vignette,
            tint_grain: [tint_r, tint_g, tint_b, self.grain],
        }
    }

    /// The CPU twin of `shade` in `shaders/tone.wgsl`: encoded R, G, B of a texel, before vignette, grain and dither.
    ///
    /// `luma` is 0–1, `chroma` is Cb and Cr, −0.5 to 0.5.
    #[must_use]
    pub fn shade(&self, luma: f32, chroma: [f32; 2]) -> [f32; 3] {
        let tone = self.uniform();
        let [cb, cr] = chroma;
        let grey = luma + cb * tone.grey_from_chroma[0] + cr * tone.grey_from_chroma[1];
        let rgb = [luma + 1.5748 * cr, luma - 0.187_324 * cb - 0.468_124 * cr, luma + 1.8556 * cb];
        let mut channel = 0;
        rgb.map(|value| {
            let tinted = tone.tint_grain[channel];
            channel += 1;
            curve(&tone, grey + (value - grey) * tone.color) * tinted
        })
    }
}

/// The twin of `curve` in `shaders/tone.wgsl`.
fn curve(tone: &ToneUniform, value: f32) -> f32 {
    let levelled = (value * tone.scale + tone.offset).clamp(0.0, 1.0);
    let lifted = levelled.powf(tone.power);
    lifted + tone.contrast * (lifted * lifted * (3.0 - 2.0 * lifted) - lifted)
}

impl ToneUniform {
    /// Whether the picture needs the tiles' chroma.
    #[must_use]
    pub fn needs_chroma(&self) -> bool {
        self.color > 0.0 || self.grey_from_chroma != [0.0; 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn looks() -> impl Strategy<Value = Look> {
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

    proptest! {
        #[test]
        fn the_curve_never_turns_back_nor_leaves_its_range(look in looks(), a in 0.0..1.0f32, b in 0.0..1.0f32) {
            look.validate().unwrap();
            let (dark, light) = (look.shade(a.min(b), [0.0; 2])[0], look.shade(a.max(b), [0.0; 2])[0]);
            prop_assert!(dark <= light + 1e-6);
            prop_assert!((0.0..=1.0 + 1e-6).contains(&dark) && light <= 1.0 + 1e-6);
        }

        #[test]
        fn without_colour_everything_is_grey(look in looks(), luma in 0.0..1.0f32, cb in -0.5..0.5f32, cr in -0.5..0.5f32) {
            let [r, g, b] = Look { color: 0.0, ..look }.shade(luma, [cb, cr]);
            prop_assert!(r == g && g == b);
        }
    }

    #[test]
    fn the_default_look_changes_nothing_and_needs_no_chroma() {
        let look = Look::default();
        look.validate().unwrap();
        assert!(!look.uniform().needs_chroma());
        for luma in [0.0, 0.2, 0.7, 1.0] {
            assert!((look.shade(luma, [0.3, -0.2])[0] - luma).abs() < 1e-6);
        }
    }

    #[test]
    fn the_mix_weighs_channels() {
        let red = Look { mix: [2.0, 0.0, 0.0], ..Look::default() };
        // Pure red: Y' 0.2126, Cb −0.1146, Cr 0.5.
        assert!((red.shade(0.2126, [-0.114_57, 0.5])[1] - 1.0).abs() < 1e-3);
        assert!(red.uniform().needs_chroma());
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let wrong = |look: Look| look.validate().unwrap_err().to_string();
        assert!(wrong(Look { gamma: 0.0, ..Look::default() }).starts_with("`gamma` is 0"));
        assert!(wrong(Look { contrast: f32::NAN, ..Look::default() }).contains("contrast"));
        assert!(wrong(Look { black: 0.5, white: 0.5, ..Look::default() }).contains("above `black`"));
    }
}
