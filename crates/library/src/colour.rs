//! Colour transforms: from a photograph's values to sRGB, by its embedded ICC profile or its code points.

use std::collections::VecDeque;
use std::sync::Arc;

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, TransferCharacteristics,
    Transform8BitExecutor, TransformOptions,
};

/// Transforms that a worker caches. Photographs of one folder come from few cameras.
const CACHED: usize = 16;

/// The channels of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourModel {
    Grey,
    Rgb,
    /// Ink, 255 = full coverage.
    Cmyk,
}

impl ColourModel {
    /// Values per pixel, without alpha.
    pub const fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

/// A transform from 8-bit values of one model to 8-bit sRGB.
#[derive(Clone)]
pub struct ColourTransform {
    /// The model that the transform reads; a grey picture with an RGB profile is widened first.
    pub input: ColourModel,
    transform: Arc<Transform8BitExecutor>,
}

impl ColourTransform {
    /// Converts one row of [`Self::input`] pixels to three bytes per pixel.
    pub fn convert(&self, row: &[u8], srgb: &mut [u8]) {
        // Fails only for slices of unequal pixel counts, which our callers never pass.
        let converted = self.transform.transform(row, srgb);
        debug_assert!(converted.is_ok(), "{converted:?}");
    }
}

/// A worker's cache of transforms: making one takes longer than decoding a small photograph.
#[derive(Default)]
pub struct TransformCache {
    cached: VecDeque<CachedTransform>,
}

struct CachedTransform {
    profile_hash: blake3::Hash,
    model: ColourModel,
    transform: Result<Option<ColourTransform>, String>,
}

impl TransformCache {
    /// Returns the transform from a picture's values to sRGB; `None` when the profile *is* sRGB.
    ///
    /// # Errors
    /// A text, when the profile cannot be used.
    pub fn transform(&mut self, icc: &[u8], model: ColourModel) -> Result<Option<ColourTransform>, String> {
        let profile_hash = blake3::hash(icc);
        let hit = self.cached.iter().find(|cached| cached.profile_hash == profile_hash && cached.model == model);
        if let Some(cached) = hit {
            return cached.transform.clone();
        }
        let transform = make_transform(icc, model);
        self.cached.truncate(CACHED - 1);
        self.cached.push_front(CachedTransform { profile_hash, model, transform: transform.clone() });
        transform
    }
}

/// Makes the ICC profile for colours given as code points of ITU-T H.273; `None` for sRGB, and for reserved or
/// unspecified code points, which are taken as sRGB.
pub fn icc_from_code_points(primaries: u8, transfer: u8) -> Option<Vec<u8>> {
    let color_primaries = match CicpColorPrimaries::try_from(primaries).ok()? {
        CicpColorPrimaries::Reserved | CicpColorPrimaries::Unspecified => CicpColorPrimaries::Bt709,
        known => known,
    };
    let transfer_characteristics = match TransferCharacteristics::try_from(transfer).ok()? {
        // BT.709's function is that of the camera (OETF); the picture is shown on a display like any other.
        TransferCharacteristics::Bt709
        | TransferCharacteristics::Bt601
        | TransferCharacteristics::Bt202010bit
        | TransferCharacteristics::Bt202012bit
        | TransferCharacteristics::Reserved
        | TransferCharacteristics::Unspecified => TransferCharacteristics::Srgb,
        known => known,
    };
    if color_primaries == CicpColorPrimaries::Bt709 && transfer_characteristics == TransferCharacteristics::Srgb {
        return None;
    }
    let cicp = CicpProfile {
        color_primaries,
        transfer_characteristics,
        // The decoder has converted YCbCr to RGB.
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    };
    let mut profile = ColorProfile::new_srgb();
    // The result is ignored: moxcms 0.8.1 returns `false` also on success, and fails only for reserved or unspecified
    // code points, which are excluded above.
    profile.update_rgb_colorimetry_from_cicp(cicp);
    profile.encode().ok()
}

/// Whether an ICC profile is for grey pictures, by the colour space in its header.
pub fn is_grey_profile(icc: &[u8]) -> bool {
    icc.get(16..20) == Some(b"GRAY")
}

fn make_transform(icc: &[u8], model: ColourModel) -> Result<Option<ColourTransform>, String> {
    let profile = ColorProfile::new_from_slice(icc).map_err(|_| "is damaged")?;
    let (input, layout) = match (profile.color_space, model) {
        (DataColorSpace::Rgb, ColourModel::Rgb | ColourModel::Grey) => (ColourModel::Rgb, Layout::Rgb),
        (DataColorSpace::Gray, ColourModel::Grey) => (ColourModel::Grey, Layout::Gray),
        (DataColorSpace::Cmyk, ColourModel::Cmyk) => (ColourModel::Cmyk, Layout::Rgba),
        _ => return Err("is one for other colours than the picture's".into()),
    };
    let transform = profile
        .create_transform_8bit(layout, &ColorProfile::new_srgb(), Layout::Rgb, TransformOptions::default())
        .map_err(|_| "cannot be used")?;
    let transform = ColourTransform { input, transform };
    Ok(if is_identity(&transform) { None } else { Some(transform) })
}

/// Whether a transform changes no value by more than one: such a profile is one of the many versions of sRGB.
fn is_identity(transform: &ColourTransform) -> bool {
    let steps = || (0..=255u8).step_by(15);
    let pixels: Vec<[u8; 3]> = match transform.input {
        ColourModel::Grey => (0..=255).map(|grey| [grey; 3]).collect(),
        ColourModel::Rgb => steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| [r, g, b]))).collect(),
        ColourModel::Cmyk => return false,
    };
    let expected = pixels.concat();
    let row = if transform.input == ColourModel::Grey { (0..=255).collect() } else { expected.clone() };
    let mut srgb = vec![0; expected.len()];
    transform.convert(&row, &mut srgb);
    srgb.iter().zip(&expected).all(|(after, before)| after.abs_diff(*before) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srgb(icc: &[u8], colours: &[[u8; 3]]) -> Vec<[u8; 3]> {
        let transform = TransformCache::default().transform(icc, ColourModel::Rgb).unwrap().expect("another than sRGB");
        let mut srgb = vec![0; colours.len() * 3];
        transform.convert(&colours.concat(), &mut srgb);
        srgb.as_chunks::<3>().0.to_vec()
    }

    #[test]
    fn code_points_and_profiles_of_one_name_agree() {
        let colours = [[200, 80, 40], [60, 160, 90], [50, 60, 170], [128, 128, 128], [255, 255, 255], [3, 3, 3]];
        for (primaries, transfer, profile) in
            [(12, 13, ColorProfile::new_display_p3()), (12, 1, ColorProfile::new_display_p3())]
        {
            let ours = srgb(&icc_from_code_points(primaries, transfer).unwrap(), &colours);
            let expected = srgb(&profile.encode().unwrap(), &colours);
            let near = ours.iter().flatten().zip(expected.iter().flatten()).all(|(a, b)| a.abs_diff(*b) <= 1);
            assert!(near, "{primaries} {transfer}: {ours:?} {expected:?}");
        }
        for (primaries, transfer) in [(1, 13), (1, 1), (2, 2), (1, 6), (0, 0), (2, 13), (200, 200)] {
            assert_eq!(icc_from_code_points(primaries, transfer), None, "{primaries} {transfer}");
        }
        assert!(is_grey_profile(&ColorProfile::new_gray_with_gamma(2.2).encode().unwrap()));
        assert!(!is_grey_profile(&ColorProfile::new_srgb().encode().unwrap()));
    }
}
