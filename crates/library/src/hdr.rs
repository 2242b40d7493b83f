//! HDR pictures: tone mapping from PQ and HLG (ITU-R BT.2100) to sRGB.
//!
//! Luminance up to about half of reference white is unchanged; above, up to 1000 cd/m², it is compressed under white by
//! the curve of ITU-R BT.2390-11, section 5.4.1, on each channel by itself: highlights desaturate, as on film.

use millions_wall::tile::planes::encode_srgb;

/// Transfer characteristics, as code points of ITU-T H.273.
pub const SRGB_TRANSFER: u8 = 13;
pub const PQ: u8 = 16;
pub const HLG: u8 = 18;
/// The usual primaries of HDR pictures, as a code point.
pub const BT2020_PRIMARIES: u8 = 9;

/// Reference white (ITU-R BT.2408) and the assumed peak luminance, in cd/m².
const REFERENCE_WHITE: f64 = 203.0;
const PEAK_LUMINANCE: f64 = 1000.0;

/// Whether a transfer characteristic is one of HDR.
pub const fn is_hdr(transfer: u8) -> bool {
    matches!(transfer, PQ | HLG)
}

/// A table from HDR-coded values to sRGB-coded ones.
pub struct TransferCurve(Vec<u8>);

impl TransferCurve {
    /// Makes the table for a transfer and values of `bits` bits (8 to 16); `None` for a transfer that is not HDR.
    pub fn of(transfer: u8, bits: u32) -> Option<Self> {
        let eotf = match transfer {
            PQ => pq_eotf,
            HLG => hlg_eotf,
            _ => return None,
        };
        let last = (1u32 << bits.clamp(8, 16)) - 1;
        let table = (0..=last).map(|value| {
            let linear = tone_mapped(eotf(f64::from(value) / f64::from(last))) / REFERENCE_WHITE;
            (encode_srgb(linear as f32) * 255.0).round() as u8
        });
        Some(Self(table.collect()))
    }

    /// Converts a coded value to sRGB.
    pub fn to_srgb(&self, value: u16) -> u8 {
        self.0[usize::from(value).min(self.0.len() - 1)]
    }
}

/// The constants of PQ (SMPTE ST 2084).
const M1: f64 = 2610.0 / 16384.0;
const M2: f64 = 2523.0 / 32.0;
const C1: f64 = 3424.0 / 4096.0;
const C2: f64 = 2413.0 / 128.0;
const C3: f64 = 2392.0 / 128.0;

/// The luminance in cd/m² of a PQ signal, 0 to 1.
fn pq_eotf(signal: f64) -> f64 {
    let power = signal.powf(1.0 / M2);
    10_000.0 * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

/// The PQ signal of a luminance in cd/m².
fn pq_inverse_eotf(luminance: f64) -> f64 {
    let power = (luminance / 10_000.0).powf(M1);
    ((C1 + C2 * power) / (1.0 + C3 * power)).powf(M2)
}

/// The luminance in cd/m², on a display of 1000 cd/m², of an HLG signal, 0 to 1; each channel by itself.
fn hlg_eotf(signal: f64) -> f64 {
    let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
    let scene = if signal <= 0.5 { signal * signal / 3.0 } else { (((signal - c) / a).exp() + b) / 12.0 };
    PEAK_LUMINANCE * scene.powf(1.2)
}

/// Compresses luminances up to [`PEAK_LUMINANCE`] to at most [`REFERENCE_WHITE`].
fn tone_mapped(luminance: f64) -> f64 {
    let top = pq_inverse_eotf(PEAK_LUMINANCE);
    let white = pq_inverse_eotf(REFERENCE_WHITE) / top;
    let knee = 1.5 * white - 0.5;
    let signal = (pq_inverse_eotf(luminance) / top).min(1.0);
    if signal < knee {
        return luminance;
    }
    let t = (signal - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let signal =
        (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) + (-2.0 * t3 + 3.0 * t2) * white;
    pq_eotf(signal * top)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_comes_back_from_its_signal() {
        // SMPTE ST 2084: 100 cd/m² is 0.508; BT.2408: HLG's white is 75 %.
        assert!((pq_inverse_eotf(100.0) - 0.508).abs() < 0.001);
        assert!((hlg_eotf(0.75) - REFERENCE_WHITE).abs() < 1.0, "{}", hlg_eotf(0.75));
        for light in [0.01, 1.0, 80.0, 203.0, 1000.0, 10_000.0] {
            assert!((pq_eotf(pq_inverse_eotf(light)) / light - 1.0).abs() < 1e-6, "{light}");
        }
    }

    #[test]
    fn dark_stays_and_bright_comes_under_white() {
        for transfer in [PQ, HLG] {
            for bits in [8, 10, 12] {
                let curve = TransferCurve::of(transfer, bits).unwrap();
                let values: Vec<u8> = (0..1u32 << bits).map(|value| curve.to_srgb(value as u16)).collect();
                assert!(values.is_sorted(), "{transfer} {bits}");
                assert_eq!((values[0], *values.last().unwrap()), (0, 255), "{transfer} {bits}");
                assert_eq!(curve.to_srgb(u16::MAX), 255);
            }
        }
        // A middle grey, 18 % of white, keeps its value: sRGB 118.
        let curve = TransferCurve::of(PQ, 10).unwrap();
        let grey = (pq_inverse_eotf(REFERENCE_WHITE * 0.18) * 1023.0).round() as u16;
        assert!(curve.to_srgb(grey).abs_diff(118) <= 1, "{}", curve.to_srgb(grey));
        // White gives some room to what is brighter.
        let white = (pq_inverse_eotf(REFERENCE_WHITE) * 1023.0).round() as u16;
        assert!((200..240).contains(&curve.to_srgb(white)), "{}", curve.to_srgb(white));
        assert!(TransferCurve::of(SRGB_TRANSFER, 10).is_none());
    }
}
