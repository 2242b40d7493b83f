//! The ICC profiles that files carry: sRGB, and grey with the same encoding. See [`profile`]. Of version 2, which every print shop's
//! programs read; a few tags, written by ourselves.

use super::rows::Channels;

/// A number of 16 bits before and 16 after the point.
fn fixed(value: f64) -> [u8; 4] {
    ((value * 65_536.0).round() as i32).to_be_bytes()
}

/// The white that colours are relative to, as the standard has it.
const D50: [f64; 3] = [0.9642, 1.0, 0.8249];
/// The primaries of sRGB, adapted to D50.
const PRIMARIES: [(&[u8; 4], [f64; 3]); 3] = [
    (b"rXYZ", [0.436_074_7, 0.222_504_5, 0.013_932_2]),
    (b"gXYZ", [0.385_064_9, 0.716_878_6, 0.097_104_5]),
    (b"bXYZ", [0.143_080_4, 0.060_616_9, 0.714_173_3]),
];
/// Points of the curve.
const POINTS: u16 = 1024;

fn xyz(values: [f64; 3]) -> Vec<u8> {
    [b"XYZ ", &[0; 4]].into_iter().copied().chain(values.map(fixed)).flatten().collect()
}

fn text(words: &str) -> Vec<u8> {
    [b"text\0\0\0\0", words.as_bytes(), b"\0"].concat()
}

fn description(words: &str) -> Vec<u8> {
    let length = (words.len() as u32 + 1).to_be_bytes();
    // Neither Unicode nor a Macintosh's script.
    [b"desc\0\0\0\0", &length[..], words.as_bytes(), b"\0", &[0; 4 + 4 + 2 + 1 + 67]].concat()
}

/// The curve from encoded values to light.
fn curve() -> Vec<u8> {
    let point = |index: u16| {
        let encoded = f64::from(index) / f64::from(POINTS - 1);
        let light = if encoded <= 0.040_45 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) };
        ((light * 65_535.0).round() as u16).to_be_bytes()
    };
    let count = u32::from(POINTS).to_be_bytes();
    [*b"curv", [0; 4], count].into_iter().flatten().chain((0..POINTS).flat_map(point)).collect()
}

/// Returns the profile of a picture's channels, the same every time.
#[must_use]
pub fn profile(channels: Channels) -> Vec<u8> {
    let mut tags: Vec<(&[u8; 4], Vec<u8>)> = vec![
        (b"desc", description(if channels == Channels::Rgb { "sRGB" } else { "Grey, encoded as sRGB" })),
        (b"cprt", text("No copyright, use freely")),
        (b"wtpt", xyz(D50)),
    ];
    match channels {
        Channels::Grey => tags.push((b"kTRC", curve())),
        Channels::Rgb => {
            tags.extend(PRIMARIES.map(|(name, values)| (name, xyz(values))));
            tags.extend([b"rTRC", b"gTRC", b"bTRC"].map(|name| (name, curve())));
        }
    }
    let (mut table, mut data) = ((tags.len() as u32).to_be_bytes().to_vec(), Vec::new());
    let begins = 128 + 4 + 12 * tags.len();
    let mut places: Vec<(Vec<u8>, usize)> = Vec::new();
    for (name, value) in tags {
        // The three curves are one.
        let place = match places.iter().find(|(known, _)| *known == value) {
            Some((_, place)) => *place,
            None => {
                let place = begins + data.len();
                data.extend_from_slice(&value);
                data.resize(data.len().next_multiple_of(4), 0);
                places.push((value.clone(), place));
                place
            }
        };
        table.extend([*name, (place as u32).to_be_bytes(), (value.len() as u32).to_be_bytes()].concat());
    }
    let mut header = ((begins + data.len()) as u32).to_be_bytes().to_vec();
    header.extend(*b"\0\0\0\0\x02\x40\0\0mntr");
    header.extend(if channels == Channels::Rgb { b"RGB " } else { b"GRAY" });
    header.extend(*b"XYZ ");
    // The first of January 2025, for a profile has to have a day.
    header.extend([2025_u16, 1, 1, 0, 0, 0].into_iter().flat_map(u16::to_be_bytes));
    header.extend(*b"acsp");
    // No platform, flags, maker, model or attributes; relative colorimetric.
    header.extend([0; 4 + 4 + 4 + 4 + 8]);
    header.extend(1_u32.to_be_bytes());
    header.extend(D50.map(fixed).concat());
    header.resize(128, 0);
    [header, table, data].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

    #[test]
    fn a_reader_of_profiles_takes_them_for_srgb() {
        for (channels, space, layout) in
            [(Channels::Rgb, DataColorSpace::Rgb, Layout::Rgb), (Channels::Grey, DataColorSpace::Gray, Layout::Gray)]
        {
            let bytes = profile(channels);
            assert_eq!(bytes.len() % 4, 0);
            let read = ColorProfile::new_from_slice(&bytes).unwrap();
            assert_eq!(read.color_space, space);
            let srgb = ColorProfile::new_srgb();
            let transform =
                read.create_transform_8bit(layout, &srgb, Layout::Rgb, TransformOptions::default()).unwrap();
            let from: Vec<u8> = [0, 12, 90, 128, 200, 255].repeat(channels.count());
            let mut to = vec![0; from.len() / channels.count() * 3];
            transform.transform(&from, &mut to).unwrap();
            for (pixel, seen) in from.chunks(channels.count()).zip(to.chunks(3)) {
                let wanted: Vec<u8> = if channels == Channels::Rgb { pixel.to_vec() } else { vec![pixel[0]; 3] };
                assert!(wanted.iter().zip(seen).all(|(a, b)| a.abs_diff(*b) <= 1), "{pixel:?} became {seen:?}");
            }
        }
    }
}
