//! From whatever a photograph's numbers mean to sRGB, by its embedded ICC profile.

use std::collections::VecDeque;
use std::sync::Arc;

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, TransferCharacteristics,
    Transform8BitExecutor, TransformOptions,
};

/// How many profiles a worker remembers. Photographs of one folder come from few cameras.
const REMEMBERED: usize = 16;

/// What a picture's colour values are, before its profile says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourModel {
    Grey,
    Rgb,
    /// Ink, 255 = all of it.
    Cmyk,
}

/// A way from 8-bit values of one model to 8-bit sRGB.
#[derive(Clone)]
pub struct ColourTransform {
    /// What the transform takes; a grey picture with an RGB profile is widened first.
    pub takes: ColourModel,
    transform: Arc<Transform8BitExecutor>,
}

impl ColourTransform {
    /// Converts one row: three bytes a pixel out, [`Self::takes`] says how many in.
    pub fn convert(&self, row: &[u8], srgb: &mut [u8]) {
        // It refuses only slices of unequal pixel counts, which are ours to get right.
        let converted = self.transform.transform(row, srgb);
        debug_assert!(converted.is_ok(), "{converted:?}");
    }
}

/// A worker's memory of profiles: making a transform takes longer than decoding a small photograph.
#[derive(Default)]
pub struct Profiles {
    known: VecDeque<Known>,
}

struct Known {
    hash: blake3::Hash,
    model: ColourModel,
    way: Result<Option<ColourTransform>, String>,
}

impl Profiles {
    /// The way from a picture's values to sRGB; `None` when the profile *is* sRGB.
    ///
    /// # Errors
    /// In words, when the profile cannot be used.
    pub fn way(&mut self, icc: &[u8], model: ColourModel) -> Result<Option<ColourTransform>, String> {
        let hash = blake3::hash(icc);
        if let Some(known) = self.known.iter().find(|known| known.hash == hash && known.model == model) {
            return known.way.clone();
        }
        let way = make(icc, model);
        self.known.truncate(REMEMBERED - 1);
        self.known.push_front(Known { hash, model, way: way.clone() });
        way
    }
}

/// The ICC profile for colours told by code points of ITU-T H.273 instead; `None` for sRGB, and for what is reserved or
/// left open, which is taken as sRGB.
pub fn icc_of_code_points(primaries: u8, transfer: u8) -> Option<Vec<u8>> {
    let color_primaries = CicpColorPrimaries::try_from(primaries).ok()?;
    let color_primaries = match color_primaries {
        CicpColorPrimaries::Reserved | CicpColorPrimaries::Unspecified => CicpColorPrimaries::Bt709,
        known => known,
    };
    let transfer_characteristics = match TransferCharacteristics::try_from(transfer).ok()? {
        // BT.709's function says how a camera writes; what it wrote is looked at on a display like any other.
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
        // The picture is RGB by now.
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    };
    let mut profile = ColorProfile::new_srgb();
    // moxcms 0.8.1 answers `false` also when it is done; it fails only for what is reserved or left open.
    profile.update_rgb_colorimetry_from_cicp(cicp);
    profile.encode().ok()
}

/// Whether an ICC profile is one for grey pictures.
pub fn is_grey_profile(icc: &[u8]) -> bool {
    icc.get(16..20) == Some(b"GRAY")
}

fn make(icc: &[u8], model: ColourModel) -> Result<Option<ColourTransform>, String> {
    let profile = ColorProfile::new_from_slice(icc).map_err(|error| error.to_string())?;
    let (takes, layout) = match (profile.color_space, model) {
        (DataColorSpace::Rgb, ColourModel::Rgb | ColourModel::Grey) => (ColourModel::Rgb, Layout::Rgb),
        (DataColorSpace::Gray, ColourModel::Grey) => (ColourModel::Grey, Layout::Gray),
        (DataColorSpace::Cmyk, ColourModel::Cmyk) => (ColourModel::Cmyk, Layout::Rgba),
        (space, model) => return Err(format!("it is made for {space:?}, and the picture is {model:?}")),
    };
    let transform = profile
        .create_transform_8bit(layout, &ColorProfile::new_srgb(), Layout::Rgb, TransformOptions::default())
        .map_err(|error| error.to_string())?;
    let way = ColourTransform { takes, transform };
    Ok(if changes_little(&way) { None } else { Some(way) })
}

/// Whether a transform changes no value by more than one: then it is one of the many profiles called sRGB.
fn changes_little(way: &ColourTransform) -> bool {
    let steps = || (0..=255u8).step_by(15);
    let pixels: Vec<[u8; 3]> = match way.takes {
        ColourModel::Grey => (0..=255).map(|grey| [grey; 3]).collect(),
        ColourModel::Rgb => steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| [r, g, b]))).collect(),
        ColourModel::Cmyk => return false,
    };
    let row: Vec<u8> = match way.takes {
        ColourModel::Grey => pixels.iter().map(|pixel| pixel[0]).collect(),
        _ => pixels.concat(),
    };
    let expected = pixels.concat();
    let mut srgb = vec![0; expected.len()];
    way.convert(&row, &mut srgb);
    srgb.iter().zip(&expected).all(|(after, before)| after.abs_diff(*before) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srgb(icc: &[u8], colours: &[[u8; 3]]) -> Vec<[u8; 3]> {
        let way = Profiles::default().way(icc, ColourModel::Rgb).unwrap().expect("another than sRGB");
        let mut srgb = vec![0; colours.len() * 3];
        way.convert(&colours.concat(), &mut srgb);
        srgb.as_chunks::<3>().0.to_vec()
    }

    #[test]
    fn code_points_and_profiles_of_one_name_agree() {
        let colours = [[200, 80, 40], [60, 160, 90], [50, 60, 170], [128, 128, 128], [255, 255, 255], [3, 3, 3]];
        for (primaries, transfer, profile) in
            [(12, 13, ColorProfile::new_display_p3()), (12, 1, ColorProfile::new_display_p3())]
        {
            let ours = srgb(&icc_of_code_points(primaries, transfer).unwrap(), &colours);
            let expected = srgb(&profile.encode().unwrap(), &colours);
            let near = ours.iter().flatten().zip(expected.iter().flatten()).all(|(a, b)| a.abs_diff(*b) <= 1);
            assert!(near, "{primaries} {transfer}: {ours:?} {expected:?}");
        }
        for (primaries, transfer) in [(1, 13), (1, 1), (2, 2), (1, 6), (0, 0), (2, 13), (200, 200)] {
            assert_eq!(icc_of_code_points(primaries, transfer), None, "{primaries} {transfer}");
        }
        assert!(is_grey_profile(&ColorProfile::new_gray_with_gamma(2.2).encode().unwrap()));
        assert!(!is_grey_profile(&ColorProfile::new_srgb().encode().unwrap()));
    }
}
