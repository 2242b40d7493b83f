//! The terms of a look for the shader, and the shader's CPU twin. See [`ToneUniform`].

use bytemuck::{Pod, Zeroable};
use millions_base::smoothstep;

use super::{Calibration, Look, NEUTRAL_MIX, Print};

/// A look and a projection as `shaders/tone.wgsl` reads them: `struct Tone`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct ToneUniform {
    /// The weights of R, G, B in the grey, which add up to 1.
    pub mix: [f32; 3],
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
    /// See [`Look::tint`], with the paint compensated.
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
    /// From black to white on the wall.
    pub wall_range: f32,
    /// See [`Look::vignette`].
    pub vignette: f32,
    /// WGSL rounds the struct's size up to 16 bytes.
    pub padding: [f32; 3],
}

/// What is read of a tile at one place: encoded values from 0 to 1, chroma from −0.5 to 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Texel {
    /// As shot.
    pub luma: f32,
    /// Without the cast.
    pub uncast: f32,
    /// The mean of `uncast` round about.
    pub mean: f32,
    /// Cb and Cr, as shot.
    pub chroma: [f32; 2],
}

impl Texel {
    /// A texel of a flat tile without a cast.
    #[must_use]
    pub const fn flat(luma: f32, chroma: [f32; 2]) -> Self {
        Self { luma, uncast: luma, mean: luma, chroma }
    }
}

/// The dots' and the cut's edges are at least this soft, in levels; it keeps a flat tone from flickering between two.
const LEAST_EDGE: f32 = 0.03;
/// How much further up the stencil cuts in the surroundings.
const AROUND_IS_DARK: f32 = 0.3;

impl ToneUniform {
    /// The terms of a look on a wall.
    #[must_use]
    pub fn new(look: &Look, calibration: &Calibration) -> Self {
        let sum: f32 = look.mix.iter().sum();
        let compensation = calibration.compensation();
        let white_scale = 1.0 / (look.white - look.black);
        Self {
            mix: look.mix.map(|weight| weight / sum),
            color: look.color,
            scale: (look.exposure / 2.2).exp2() * white_scale,
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

    /// A grey that no photograph has a part in, such as that of letters, as the wall shows it: encoded R, G, B.
    #[must_use]
    pub fn shade_plain(&self, grey: f32) -> [f32; 3] {
        let lit = grey.max(0.0).powf(self.wall_power) * self.wall_range + self.wall_black;
        self.tint.map(|tint| (lit * tint).clamp(0.0, 1.0))
    }

    /// Whether the grey of the mix is the tile's luma to half a level, so that black and white needs no chroma.
    #[must_use]
    pub fn is_neutral(&self) -> bool {
        self.mix.iter().zip(NEUTRAL_MIX).all(|(weight, neutral)| (weight - neutral).abs() < 1e-3)
    }

    /// The CPU twin of `shaders/tone.wgsl`: encoded R, G, B of a texel, before vignette, screen, grain and dither.
    ///
    /// `print` and `gains` are the portrait's ([`super::LightMeasurement`]), `color` the cell's own, `clarity` the cell's own, `at`
    /// the place in the tile, each way from −0.5 to 0.5.
    #[must_use]
    pub fn shade(
        &self,
        (print, gains): (&Print, [f32; 3]),
        color: f32,
        clarity: f32,
        texel: &Texel,
        at: [f32; 2],
    ) -> [f32; 3] {
        let Texel { luma, uncast, mean, chroma: [cb, cr] } = *texel;
        let detail = clarity * (uncast - mean);
        let around = surroundings(at);
        let finish = |value: f32| {
            let value = self.curve(develop(print, value, around) + detail);
            value.powf(self.wall_power) * self.wall_range + self.wall_black
        };
        let grey_only = color == 0.0 && self.is_neutral();
        let rgb = if grey_only {
            [finish(luma + (uncast - luma) * print.exposure_matching); 3]
        } else {
            let shot = [luma + 1.5748 * cr, luma - 0.187_324 * cb - 0.468_124 * cr, luma + 1.8556 * cb];
            let lit = [0, 1, 2].map(|channel| shot[channel] * (1.0 + (gains[channel] - 1.0) * print.exposure_matching));
            let grey: f32 = lit.iter().zip(self.mix).map(|(value, weight)| value * weight).sum();
            lit.map(|value| finish(grey + (value - grey) * color))
        };
        [0, 1, 2].map(|channel| rgb[channel] * self.tint[channel])
    }

    /// The twin of `curve`.
    fn curve(&self, value: f32) -> f32 {
        let levelled = (value * self.scale + self.offset).clamp(0.0, 1.0);
        let lifted = levelled.powf(self.power);
        lifted + self.contrast * (smoothstep(lifted) - lifted)
    }

    /// The twin of `screened`: what the screen and the stencil make of a grey. `phase` is the place in the screen, in
    /// dots; `dot_px` a dot's size in pixels; `slope` how much the grey changes from pixel to pixel; `around` how much
    /// the place is [`surroundings`], where the stencil leaves only what is bright: people stand out of the dark.
    #[must_use]
    pub fn screened(&self, grey: f32, phase: [f32; 2], dot_px: f32, slope: f32, around: f32) -> f32 {
        let ramp = |value: f32, edge: f32, width: f32| ((value - edge) / width + 0.5).clamp(0.0, 1.0);
        let turn = std::f32::consts::TAU;
        let threshold = 0.5 + 0.25 * ((turn * phase[0]).cos() + (turn * phase[1]).cos());
        let dots = ramp(grey, threshold, (2.2 / dot_px).max(LEAST_EDGE));
        // Dots too small to be seen are not drawn; their grey is.
        let visible = ((dot_px - 2.0) / 2.0).clamp(0.0, 1.0);
        let with_dots = grey + (dots - grey) * self.halftone * visible;
        let edge = self.threshold + AROUND_IS_DARK * around;
        let cut = ramp(with_dots, edge, slope.max(LEAST_EDGE));
        with_dots + (cut - with_dots) * self.stencil
    }
}

/// How much a place counts as the person's surroundings, 0 on the face to 1 at the tile's corners; the twin of
/// `surroundings`. `at` is from the tile's middle, −0.5 to 0.5 each way. The crop puts every face in one place.
#[must_use]
pub fn surroundings([x, y]: [f32; 2]) -> f32 {
    let (x, y) = (x / 0.62, (y + 0.03) / 0.6);
    let part = ((x * x + y * y - 0.25) / 0.75).clamp(0.0, 1.0);
    smoothstep(part)
}

/// The twin of `develop`: a value with the portrait's light undone, as far as `print` says.
///
/// * **gain** is the exposure;
/// * **veil**: light that fell on everything alike is taken away where it was added, in light itself. A square stands for
///   it: √(v² − veil²), made to end at 1 again;
/// * **burn**: what surrounds the person is printed darker, or held back, as in a darkroom; black and white stay;
/// * **lift**: the highlights above the knee are stretched, so that every print has a white: by 1 + lift at the knee, ever
///   less above it, and not at all at 1. The knee is the face's own middle, which therefore stays where it is.
#[must_use]
pub fn develop(print: &Print, value: f32, around: f32) -> f32 {
    let exposed = (value * print.gain).max(0.0);
    let clear = ((exposed * exposed - print.veil).max(0.0) / (1.0 - print.veil)).sqrt().min(1.0);
    let placed = clear - print.burn * around * clear * (1.0 - clear);
    let above = (placed - print.knee).max(0.0);
    placed.min(print.knee) + above * (1.0 + print.lift) / (1.0 + print.lift * above / (1.0 - print.knee))
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

    fn prints() -> impl Strategy<Value = Print> {
        (0.3..3.0f32, 0.0..0.16f32, -0.9..=0.9f32, 0.25..0.85f32, 0.0..=1.0f32).prop_map(
            |(gain, veil, burn, knee, lift)| Print { exposure_matching: 1.0, gain, veil, burn, knee, lift: lift * 4.0 },
        )
    }

    fn shade(look: &Look, luma: f32, chroma: [f32; 2]) -> [f32; 3] {
        let tone = ToneUniform::new(look, &Calibration::default());
        tone.shade((&Print::AS_SHOT, [1.0; 3]), look.color, 0.0, &Texel::flat(luma, chroma), [0.0; 2])
    }

    proptest! {
        #[test]
        fn the_curve_never_turns_back_nor_leaves_its_range(look in looks(), a in 0.0..1.0f32, b in 0.0..1.0f32) {
            look.validate().unwrap();
            let (dark, light) = (shade(&look, a.min(b), [0.0; 2])[0], shade(&look, a.max(b), [0.0; 2])[0]);
            prop_assert!(dark <= light + 1e-5);
            prop_assert!((-1e-5..=1.0 + 1e-5).contains(&dark) && light <= 1.0 + 1e-5);
        }

        #[test]
        fn developing_keeps_the_order_of_tones(print in prints(), a in 0.0..1.0f32, b in 0.0..1.0f32, around in 0.0..=1.0f32) {
            let (dark, light) = (develop(&print, a.min(b), around), develop(&print, a.max(b), around));
            prop_assert!(dark <= light + 1e-5, "{dark} {light}");
            prop_assert!((0.0..=1.0 + 1e-5).contains(&dark) && light <= 1.0 + 1e-5);
        }

        #[test]
        fn without_colour_everything_is_grey(look in looks(), luma in 0.0..1.0f32, cb in -0.5..0.5f32, cr in -0.5..0.5f32) {
            let [r, g, b] = shade(&Look { color: 0.0, ..look }, luma, [cb, cr]);
            prop_assert!((r - g).abs() < 1e-5 && (g - b).abs() < 1e-5);
        }

        #[test]
        fn a_screen_keeps_the_grey_of_its_dots(grey in 0.1..0.9f32) {
            let tone = ToneUniform { halftone: 1.0, ..ToneUniform::new(&Look::default(), &Calibration::default()) };
            let phases = (0..32).flat_map(|x| (0..32).map(move |y| [x as f32 / 32.0, y as f32 / 32.0]));
            let mean = phases.map(|phase| tone.screened(grey, phase, 12.0, 0.0, 0.0)).sum::<f32>() / 1024.0;
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
    fn the_mix_weighs_channels() {
        let red = Look { mix: [2.0, 0.0, 0.0], ..Look::default() };
        // Pure red: Y' 0.2126, Cb −0.1146, Cr 0.5.
        assert!((shade(&red, 0.2126, [-0.114_57, 0.5])[1] - 1.0).abs() < 1e-3);
        assert!(!ToneUniform::new(&red, &Calibration::default()).is_neutral());
    }

    #[test]
    fn the_face_stays_where_the_highlights_are_lifted() {
        let print = Print { knee: 0.6, lift: 2.0, ..Print::AS_SHOT };
        assert!((develop(&print, 0.6, 0.0) - 0.6).abs() < 1e-6);
        assert!(develop(&print, 0.8, 0.0) > 0.87 && develop(&print, 1.0, 0.0) <= 1.0);
    }
}
