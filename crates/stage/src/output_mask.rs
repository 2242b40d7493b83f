//! The output mask of a surface: gain, black offset and coverage of each of its pixels. See [`OutputMask`].

use glam::UVec2;

/// The factor of a black offset in a texel: an offset above a quarter is one of a black of 5 % of white.
const BLACK_OFFSET_SCALE: f32 = 4.0;

/// The largest black offset that a texel holds.
pub(super) const MAX_BLACK_OFFSET: f32 = 1.0 / BLACK_OFFSET_SCALE;

/// A texel for each target pixel of a rectangle about a surface, for a texture of the format Rgb10a2Unorm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputMask {
    /// The upper left pixel in the target.
    pub origin: UVec2,
    /// Width and height.
    pub size: UVec2,
    /// Row by row: red, the lowest ten bits, is the gain; green the black offset × 4; blue the coverage; alpha is 1.
    pub texels: Vec<u32>,
}

/// The mask of a pixel: a surface shows `rgb * gain + black_offset`, over what lies below by its coverage. All are 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MaskTexel {
    /// The factor of the encoded signal: outline, masks and edge blend.
    pub gain: f32,
    /// The encoded signal that is added for black-level compensation.
    pub black_offset: f32,
    /// How much of what lies below is hidden: outline and masks.
    pub coverage: f32,
}

impl MaskTexel {
    /// The whole signal.
    pub const OPAQUE: Self = Self { gain: 1.0, black_offset: 0.0, coverage: 1.0 };

    /// Packs to ten bits a channel.
    #[must_use]
    pub fn pack(self) -> u32 {
        let bits = |value: f32| (value.clamp(0.0, 1.0) * 1023.0 + 0.5) as u32;
        bits(self.gain) | bits(self.black_offset * BLACK_OFFSET_SCALE) << 10 | bits(self.coverage) << 20 | 3 << 30
    }

    /// Unpacks what [`Self::pack`] has packed.
    #[must_use]
    pub fn unpack(bits: u32) -> Self {
        let value = |shift: u32| (bits >> shift & 1023) as f32 / 1023.0;
        Self { gain: value(0), black_offset: value(10) / BLACK_OFFSET_SCALE, coverage: value(20) }
    }

    /// Applies the mask to a signal, as the wall's shader does.
    #[must_use]
    pub fn apply(self, rgb: [f32; 3]) -> [f32; 3] {
        rgb.map(|value| value * self.gain + self.black_offset)
    }
}

impl OutputMask {
    /// Whether any pixel has a black offset.
    #[must_use]
    pub fn has_black_offset(&self) -> bool {
        self.texels.iter().any(|texel| texel >> 10 & 1023 != 0)
    }

    /// The texel of a target pixel; all 0 outside the rectangle.
    #[must_use]
    pub fn at(&self, x: u32, y: u32) -> MaskTexel {
        let within = |at: u32, origin: u32, size: u32| at.checked_sub(origin).filter(|at| *at < size);
        let pixel = within(x, self.origin.x, self.size.x).zip(within(y, self.origin.y, self.size.y));
        let texel = pixel.and_then(|(x, y)| self.texels.get(y as usize * self.size.x as usize + x as usize));
        texel.map_or_else(MaskTexel::default, |bits| MaskTexel::unpack(*bits))
    }
}
