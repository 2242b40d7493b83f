//! How much of its light each pixel of a surface gives. See [`OutputMask`].

use glam::UVec2;

/// What a lift is multiplied by in a texel: a lift above a quarter is one of a black of 5 % of white.
const LIFT_SCALE: f32 = 4.0;

/// The most that a texel can hold.
pub(super) const MOST_LIFT: f32 = 1.0 / LIFT_SCALE;

/// A value for each target pixel of a rectangle that a surface lies in, as a texture of the format Rgb10a2Unorm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputMask {
    /// Its upper left pixel in the target.
    pub origin: UVec2,
    /// Its width and height.
    pub size: UVec2,
    /// Row by row: red, the lowest ten bits, is the weight; green the lift × 4; blue the cover; alpha is 1.
    pub texels: Vec<u32>,
}

/// What a pixel of a surface shows is `rgb * weight + lift`, over a cover of what lies below. All are 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MaskTexel {
    /// Of its own light: its shape, masks, soft edges; of encoded values.
    pub weight: f32,
    /// What its black is lifted by, encoded.
    pub lift: f32,
    /// How much of what lies below is hidden: its shape and masks.
    pub cover: f32,
}

impl MaskTexel {
    /// Packed.
    #[must_use]
    pub fn pack(self) -> u32 {
        let bits = |value: f32| (value.clamp(0.0, 1.0) * 1023.0 + 0.5) as u32;
        bits(self.weight) | bits(self.lift * LIFT_SCALE) << 10 | bits(self.cover) << 20 | 3 << 30
    }

    /// The way back.
    #[must_use]
    pub fn unpack(bits: u32) -> Self {
        let value = |shift: u32| (bits >> shift & 1023) as f32 / 1023.0;
        Self { weight: value(0), lift: value(10) / LIFT_SCALE, cover: value(20) }
    }

    /// What a pixel shows: the twin of what the wall's shader does with the map.
    #[must_use]
    pub fn finish(self, rgb: [f32; 3]) -> [f32; 3] {
        rgb.map(|value| value * self.weight + self.lift)
    }
}

impl OutputMask {
    /// Whether it lifts any black.
    #[must_use]
    pub fn lifts(&self) -> bool {
        self.texels.iter().any(|texel| texel >> 10 & 1023 != 0)
    }

    /// What the map says at a target pixel; nothing outside of it.
    #[must_use]
    pub fn at(&self, x: u32, y: u32) -> MaskTexel {
        let within = |at: u32, origin: u32, size: u32| at.checked_sub(origin).filter(|at| *at < size);
        let place = within(x, self.origin.x, self.size.x).zip(within(y, self.origin.y, self.size.y));
        let texel = place.and_then(|(x, y)| self.texels.get(y as usize * self.size.x as usize + x as usize));
        texel.map_or_else(MaskTexel::default, |bits| MaskTexel::unpack(*bits))
    }
}
