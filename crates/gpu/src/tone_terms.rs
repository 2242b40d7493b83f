//! Exposure matching and colour of each cell, packed for `shaders/wall.wgsl`. See [`ToneTerms`].

use millions_wall::tone::{Calibration, Look, PortraitTone, ToneUniform};

/// Words of a cell: two `vec4u` of pairs of 16-bit floats, of which the last two words are 0.
///
/// | word | low half | high half |
/// |---|---|---|
/// | 0 | gain / √(1 − veil) | veil / (1 − veil) |
/// | 1 | exposure_matching | burn |
/// | 2 | knee | lift |
/// | 3 | clarity | lift / (1 − knee) |
/// | 4 | factor of red | factor of green |
/// | 5 | factor of blue | colour |
///
/// The quotients save the shader two divisions a pixel.
const WORDS: usize = 8;

type Words = [u32; WORDS];

/// The packed terms of every visible cell, for one frame.
#[derive(Debug, Default)]
pub struct ToneTerms {
    cells: Vec<Words>,
    needs_chroma: bool,
    mode: ToneTermsMode,
}

/// Which tones a frame shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToneTermsMode {
    /// All as shot.
    #[default]
    AsShot,
    /// All with full exposure matching, in grey, which is in the tiles already.
    Prematched,
    /// Each cell by its own terms.
    PerCell,
    /// The same with local contrast.
    PerCellWithClarity,
}

impl ToneTermsMode {
    /// The tones of a look, while people turn from colour to it (`is_revealing`) or not. `is_corrected`, which is only called where that
    /// matters, is whether there are portraits whose exposure was set by hand.
    pub fn of(look: &Look, is_revealing: bool, is_corrected: impl FnOnce() -> bool) -> Self {
        let grey_only = look.color == 0.0 && ToneUniform::new(look, &Calibration::default()).is_neutral();
        let is_matched = look.exposure_matching == 1.0 && grey_only;
        let is_as_shot = look.exposure_matching == 0.0 && look.clarity == 0.0;
        if is_revealing || !(is_matched || is_as_shot) || is_corrected() {
            if look.clarity > 0.0 { Self::PerCellWithClarity } else { Self::PerCell }
        } else if is_matched {
            Self::Prematched
        } else {
            Self::AsShot
        }
    }

    /// Whether each cell has its own terms.
    #[must_use]
    pub const fn is_per_cell(self) -> bool {
        matches!(self, Self::PerCell | Self::PerCellWithClarity)
    }
}

impl ToneTerms {
    /// Finds which tones a frame shows. Its time does not grow with the cells, unless there are portraits whose exposure was set
    /// by hand (`is_corrected`, which is only called where that matters). `reveal` is as in [`Self::pack`].
    pub fn begin(&mut self, look: &Look, reveal: &[f32], is_corrected: impl FnOnce() -> bool) {
        self.cells.clear();
        self.needs_chroma = look.color > 0.0;
        self.mode = ToneTermsMode::of(look, !reveal.is_empty(), is_corrected);
    }

    /// Packs the terms of cells, for [`ToneTermsMode::is_per_cell`]: of each the tone of its portrait, if any. `reveal` is each
    /// cell's progress from colour as contributed (0) to the look (1), empty where all are at 1.
    pub fn pack(&mut self, look: &Look, cells: impl Iterator<Item = Option<PortraitTone>>, reveal: &[f32]) {
        for (index, cell) in cells.enumerate() {
            let progress = reveal.get(index).copied().unwrap_or(1.0);
            self.needs_chroma |= cell.is_some() && progress < 1.0;
            self.cells.push(cell.as_ref().map_or_else(Words::default, |tone| words(tone, look, progress)));
        }
    }

    /// Which tones the frame shows.
    pub const fn mode(&self) -> ToneTermsMode {
        self.mode
    }

    /// Eight words a cell; none unless [`ToneTermsMode::is_per_cell`].
    pub fn words(&self) -> Option<&[u32]> {
        (!self.cells.is_empty()).then_some(self.cells.as_flattened())
    }

    /// Whether some cell shows colour.
    pub const fn needs_chroma(&self) -> bool {
        self.needs_chroma
    }
}

fn words(tone: &PortraitTone, look: &Look, progress: f32) -> Words {
    let correction = tone.light.correction(look.exposure_matching * progress, tone.stops);
    let clarity = look.clarity * progress;
    let color = 1.0 + (look.color - 1.0) * progress;
    let [red, green, blue] = tone.light.white_balance();
    let clear = 1.0 - correction.veil;
    [
        pair(correction.gain / clear.sqrt(), correction.veil / clear),
        pair(correction.exposure_matching, correction.burn),
        pair(correction.knee, correction.lift),
        pair(clarity, correction.lift / (1.0 - correction.knee)),
        pair(red, green),
        pair(blue, color),
        0,
        0,
    ]
}

/// Two numbers for WGSL's `unpack2x16float`.
fn pair(low: f32, high: f32) -> u32 {
    half(low) | half(high) << 16
}

/// Rounds to the nearest IEEE 754 binary16; subnormals become 0, larger numbers the largest finite one.
fn half(value: f32) -> u32 {
    let bits = value.to_bits();
    let sign = bits >> 16 & 0x8000;
    // Exponent bias 127 to 15; 23 to 10 bits of mantissa.
    let magnitude = (bits & 0x7fff_ffff) + 0x0fff + (bits >> 13 & 1);
    let rebiased = (magnitude >> 13) as i32 - ((127 - 15) << 10);
    let magnitude = if rebiased < 1 << 10 { 0 } else { rebiased.min(0x7bff) as u32 };
    sign | magnitude
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_wall::tone::LightMeasurement;

    fn unhalf(half: u32) -> f32 {
        let exponent = (half >> 10 & 0x1f) as i32 - 15;
        let magnitude =
            if half & 0x7fff == 0 { 0.0 } else { (1.0 + (half & 0x3ff) as f32 / 1024.0) * (exponent as f32).exp2() };
        if half & 0x8000 == 0 { magnitude } else { -magnitude }
    }

    #[test]
    fn halves_are_rounded_to_nearest() {
        for value in [0.0, 1.0, -1.0, 0.5, 0.333_333, 1.7, -0.9, 65_504.0, 0.000_123, 2.999_9, 0.159_99] {
            let back = unhalf(half(value));
            assert!((back - value).abs() <= value.abs() / 2048.0, "{value} came back as {back}");
        }
        assert_eq!(unhalf(half(1e-7)), 0.0);
        assert_eq!(unhalf(half(1e9)), 65_504.0);
    }

    #[test]
    fn a_wall_without_terms_packs_nothing() {
        let mut terms = ToneTerms::default();
        let as_shot = Look { exposure_matching: 0.0, ..Look::default() };
        terms.begin(&as_shot, &[], || false);
        assert!(terms.words().is_none() && !terms.needs_chroma() && terms.mode() == ToneTermsMode::AsShot);
        terms.begin(&Look::default(), &[], || false);
        assert!(terms.words().is_none() && terms.mode() == ToneTermsMode::Prematched);
        terms.begin(&Look::default(), &[], || true);
        assert_eq!(terms.mode(), ToneTermsMode::PerCell, "manual exposure is not in the tiles");
        let touched = PortraitTone {
            light: LightMeasurement { exposure: 100, ..LightMeasurement::default() },
            ..PortraitTone::default()
        };
        let cells = [Some(touched), Some(PortraitTone::default()), Some(touched), None];
        let half = Look { exposure_matching: 0.5, ..Look::default() };
        terms.begin(&half, &[], || false);
        terms.pack(&half, cells.into_iter(), &[]);
        let words = terms.words().unwrap();
        assert_eq!(words.len(), 4 * WORDS);
        assert_eq!(words[0], words[2 * WORDS]);
        assert_ne!(words[0], words[WORDS]);
        terms.begin(&Look::default(), &[1.0, 0.5, 1.0], || false);
        terms.pack(&Look::default(), [Some(touched); 3].into_iter(), &[1.0, 0.5, 1.0]);
        assert!(terms.needs_chroma(), "half-way from colour there is colour");
    }
}
