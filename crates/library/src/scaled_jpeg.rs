//! Baseline JPEGs at 1/8, 1/4 and 1/2 of their size.
//!
//! Most of a photograph's coefficients are not needed for such a picture, and passing them over is most of the work
//! (`entropy.rs`). What is needed is transformed and interpolated as by `jpeg-decoder`, to the same values but for the last
//! rounding of its colours, which differs between processors; here it does not. Whatever is not a common photograph is [`Unsuited`], and left to that decoder.

mod entropy;

use entropy::{Bits, Codes, ZIGZAG, read_block};

/// What a file has that this does not decode, or that is wrong: another decoder says what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsuited;

type Result<T> = std::result::Result<T, Unsuited>;

/// A picture of one component, or of three in RGB.
#[derive(Debug)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Component {
    id: u8,
    /// Sampling factors.
    across: usize,
    down: usize,
    quantisation: usize,
    dc: usize,
    ac: usize,
    prediction: i32,
    /// Values of a row of blocks.
    stride: usize,
    width: usize,
    height: usize,
    plane: Vec<u8>,
}

/// Decodes a baseline JPEG at 1, 2 or 4 eighths of its size.
pub fn decode(bytes: &[u8], eighths: usize) -> Result<Picture> {
    let mut quantisation = [[0_u16; 64]; 4];
    let mut tables: [Option<Codes>; 8] = Default::default();
    let (mut components, mut size, mut interval): (Vec<Component>, _, usize) = (Vec::new(), (0, 0), 0);
    let mut at = 2;
    loop {
        let (Some(0xFF), Some(&marker)) = (bytes.get(at), bytes.get(at + 1)) else { return Err(Unsuited) };
        if marker == 0xFF {
            at += 1;
            continue;
        }
        let length = match bytes.get(at + 2..at + 4) {
            Some(&[high, low]) => usize::from(high) << 8 | usize::from(low),
            _ => return Err(Unsuited),
        };
        let mut body = bytes.get(at + 4..at + 2 + length.max(2)).ok_or(Unsuited)?;
        at += 2 + length.max(2);
        match marker {
            0xDB => {
                while let Some((&kind, rest)) = body.split_first() {
                    let (table, width) = (
                        quantisation.get_mut(usize::from(kind & 15)).ok_or(Unsuited)?,
                        1 + usize::from(kind >> 4 != 0),
                    );
                    let values = rest.get(..64 * width).ok_or(Unsuited)?;
                    for (place, value) in ZIGZAG.iter().zip(values.chunks_exact(width)) {
                        table[usize::from(*place)] = value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
                    }
                    body = &rest[64 * width..];
                }
            }
            0xC4 => {
                while let Some((&kind, rest)) = body.split_first() {
                    let counts = rest.get(..16).ok_or(Unsuited)?;
                    let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
                    let symbols = rest.get(16..16 + total).ok_or(Unsuited)?;
                    let (class, number) = (usize::from(kind >> 4), usize::from(kind & 15));
                    if class > 1 || number > 3 {
                        return Err(Unsuited);
                    }
                    tables[class * 4 + number] = Some(Codes::new(counts, symbols)?);
                    body = &rest[16 + total..];
                }
            }
            0xC0 | 0xC1 => {
                let [8, h1, h0, w1, w0, count, rest @ ..] = body else { return Err(Unsuited) };
                size = (usize::from(*w1) << 8 | usize::from(*w0), usize::from(*h1) << 8 | usize::from(*h0));
                if !components.is_empty()
                    || !matches!(count, 1 | 3)
                    || rest.len() != usize::from(*count) * 3
                    || size.0 == 0
                    || size.1 == 0
                {
                    return Err(Unsuited);
                }
                for part in rest.chunks_exact(3) {
                    let [id, sampling, table] = *part else { return Err(Unsuited) };
                    let (across, down, quantisation) =
                        (usize::from(sampling >> 4), usize::from(sampling & 15), usize::from(table));
                    if !matches!((across, down), (1 | 2, 1 | 2)) || quantisation > 3 {
                        return Err(Unsuited);
                    }
                    components.push(Component { id, across, down, quantisation, ..Component::default() });
                }
            }
            0xC2..=0xCF => return Err(Unsuited),
            0xDD => match *body {
                [high, low] => interval = usize::from(high) << 8 | usize::from(low),
                _ => return Err(Unsuited),
            },
            0xDA => {
                let [count, rest @ ..] = body else { return Err(Unsuited) };
                if components.is_empty()
                    || usize::from(*count) != components.len()
                    || rest.len() != components.len() * 2 + 3
                    || rest[rest.len() - 3..] != [0, 63, 0]
                {
                    return Err(Unsuited);
                }
                for (component, part) in components.iter_mut().zip(rest.chunks_exact(2)) {
                    let (dc, ac) = (usize::from(part[1] >> 4), usize::from(part[1] & 15));
                    if part[0] != component.id || dc > 3 || ac > 3 {
                        return Err(Unsuited);
                    }
                    (component.dc, component.ac) = (dc, 4 + ac);
                }
                break;
            }
            0xD8 | 0xD9 | 0x01 | 0xD0..=0xD7 | 0 => return Err(Unsuited),
            _ => {}
        }
    }
    if let [only] = &mut components[..] {
        // Alone its blocks follow each other row by row, whatever it says.
        (only.across, only.down) = (1, 1);
    }
    let scan = match eighths {
        1 => scan::<1>,
        2 => scan::<2>,
        4 => scan::<4>,
        _ => return Err(Unsuited),
    };
    scan(&mut components, &mut tables, &quantisation, Bits::new(bytes, at), interval, size)?;
    Ok(picture(&components, size, eighths))
}

fn scan<const EIGHTHS: usize>(
    components: &mut [Component],
    tables: &mut [Option<Codes>; 8],
    quantisation: &[[u16; 64]; 4],
    mut bits: Bits<'_>,
    interval: usize,
    (width, height): (usize, usize),
) -> Result<()> {
    let eighths = EIGHTHS;
    let most = |of: fn(&Component) -> usize| components.iter().map(of).max().unwrap_or(1);
    let (across, down) = (most(|c| c.across), most(|c| c.down));
    let (columns, rows) = (width.div_ceil(8 * across), height.div_ceil(8 * down));
    for component in components.iter_mut() {
        component.stride = columns * component.across * eighths;
        component.plane = vec![0; component.stride * rows * component.down * eighths];
        component.width = (width * component.across * eighths).div_ceil(8 * across);
        component.height = (height * component.down * eighths).div_ceil(8 * down);
        tables[component.dc].as_mut().ok_or(Unsuited)?.prepare_first();
        tables[component.ac].as_mut().ok_or(Unsuited)?.prepare_skipping(eighths == 2);
    }
    let mut left = interval;
    let mut restarts = 0;
    for row in 0..rows {
        for column in 0..columns {
            if interval > 0 && left == 0 {
                bits.restart(restarts)?;
                restarts += 1;
                left = interval;
                components.iter_mut().for_each(|component| component.prediction = 0);
            }
            left = left.wrapping_sub(1);
            for component in components.iter_mut() {
                let (Some(dc), Some(ac)) = (&tables[component.dc], &tables[component.ac]) else { return Err(Unsuited) };
                let table = &quantisation[component.quantisation];
                for block_row in 0..component.down {
                    for block_column in 0..component.across {
                        let mut block = [0_i16; 64];
                        let (bits, prediction) = (&mut bits, &mut component.prediction);
                        // Up to the last coefficient, in the order of the file, that is needed.
                        match eighths {
                            1 => read_block::<0>(bits, dc, ac, prediction, &mut block)?,
                            2 => read_block::<4>(bits, dc, ac, prediction, &mut block)?,
                            _ => read_block::<24>(bits, dc, ac, prediction, &mut block)?,
                        }
                        let y = (row * component.down + block_row) * eighths;
                        let x = (column * component.across + block_column) * eighths;
                        let out = &mut component.plane[y * component.stride + x..];
                        match eighths {
                            1 => out[0] = one(&block, table),
                            2 => two(&block, table, component.stride, out),
                            _ => four(&block, table, component.stride, out),
                        }
                    }
                }
            }
        }
        if bits.has_overrun() {
            return Err(Unsuited);
        }
    }
    Ok(())
}

fn clamped(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

fn coefficient(block: &[i16; 64], table: &[u16; 64], at: usize) -> i32 {
    i32::from(block[at]) * i32::from(table[at])
}

fn one(block: &[i16; 64], table: &[u16; 64]) -> u8 {
    clamped(coefficient(block, table, 0).wrapping_add(128 * 8) / 8)
}

fn two(block: &[i16; 64], table: &[u16; 64], stride: usize, out: &mut [u8]) {
    let at = |at: usize| coefficient(block, table, at);
    let (s00, s01, s10, s11) = (at(0), at(1), at(8), at(9));
    let (x0, x2) = (s00.wrapping_add(s10).wrapping_add(4 + 1024), s00.wrapping_sub(s10).wrapping_add(4 + 1024));
    let (x1, x3) = (s01.wrapping_add(s11), s01.wrapping_sub(s11));
    out[0] = clamped(x0.wrapping_add(x1) >> 3);
    out[1] = clamped(x0.wrapping_sub(x1) >> 3);
    out[stride] = clamped(x2.wrapping_add(x3) >> 3);
    out[stride + 1] = clamped(x2.wrapping_sub(x3) >> 3);
}

fn four(block: &[i16; 64], table: &[u16; 64], stride: usize, out: &mut [u8]) {
    // cos(π/8)-like factors in twelve bits, rounded as the other decoder does.
    const A: i32 = 2217;
    const B: i32 = -7567;
    const C: i32 = 3135;
    let mut columns = [0_i32; 16];
    for at in 0..4 {
        let of = |row: usize| coefficient(block, table, at + row);
        let (s0, s1, s2, s3) = (of(0), of(8), of(16), of(24));
        let (x0, x2) = (s0.wrapping_add(s2) << 2, s0.wrapping_sub(s2) << 2);
        let p = s1.wrapping_add(s3).wrapping_mul(A);
        let t0 = p.wrapping_add(s3.wrapping_mul(B)).wrapping_add(512) >> 10;
        let t2 = p.wrapping_add(s1.wrapping_mul(C)).wrapping_add(512) >> 10;
        columns[at] = x0.wrapping_add(t2);
        columns[at + 12] = x0.wrapping_sub(t2);
        columns[at + 4] = x2.wrapping_add(t0);
        columns[at + 8] = x2.wrapping_sub(t0);
    }
    for (row, values) in columns.as_chunks::<4>().0.iter().enumerate() {
        let [s0, s1, s2, s3] = *values;
        let round = (1 << 16) + (128 << 17);
        let (x0, x2) =
            ((s0.wrapping_add(s2) << 12).wrapping_add(round), (s0.wrapping_sub(s2) << 12).wrapping_add(round));
        let p = s1.wrapping_add(s3).wrapping_mul(A);
        let t0 = p.wrapping_add(s3.wrapping_mul(B));
        let t2 = p.wrapping_add(s1.wrapping_mul(C));
        let out = &mut out[row * stride..][..4];
        out[0] = clamped(x0.wrapping_add(t2) >> 17);
        out[3] = clamped(x0.wrapping_sub(t2) >> 17);
        out[1] = clamped(x2.wrapping_add(t0) >> 17);
        out[2] = clamped(x2.wrapping_sub(t0) >> 17);
    }
}

/// The picture of the planes: coarser ones are interpolated.
fn picture(components: &[Component], (width, height): (usize, usize), eighths: usize) -> Picture {
    let (width, height) = ((width * eighths).div_ceil(8), (height * eighths).div_ceil(8));
    let (across, down) =
        (components.iter().map(|c| c.across).max().unwrap_or(1), components.iter().map(|c| c.down).max().unwrap_or(1));
    // A coarser component gives an even number of values.
    let mut lines = vec![vec![0_u8; width + 2]; components.len()];
    let mut mixed = vec![0_u16; width + 4];
    let mut bytes = Vec::with_capacity(width * height * components.len());
    for row in 0..height {
        for (component, line) in components.iter().zip(&mut lines) {
            upsample(component, across / component.across, down / component.down, row, line, &mut mixed);
        }
        match &mut lines[..] {
            [grey] => bytes.extend_from_slice(&grey[..width]),
            [y, cb, cr, ..] => {
                to_rgb(&mut y[..width], &mut cb[..width], &mut cr[..width]);
                bytes.extend(y[..width].iter().zip(&*cb).zip(&*cr).flat_map(|((r, g), b)| [*r, *g, *b]));
            }
            _ => {}
        }
    }
    Picture { width, height, bytes }
}

/// Converts luma, Cb and Cr in place to red, green and blue.
fn to_rgb(y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    for ((y_or_r, cb_or_g), cr_or_b) in y.iter_mut().zip(cb).zip(cr) {
        let y = i32::from(*y_or_r) * (1 << 20) + (1 << 19);
        let (cb, cr) = (i32::from(*cb_or_g) - 128, i32::from(*cr_or_b) - 128);
        // 1.402, 0.34414, 0.71414 and 1.772 in twenty bits.
        *y_or_r = clamped((y + 1_470_104 * cr) >> 20);
        *cb_or_g = clamped((y - 360_857 * cb - 748_830 * cr) >> 20);
        *cr_or_b = clamped((y + 1_858_077 * cb) >> 20);
    }
}

/// A row of a component at the picture's width. `mixed` has room for a row.
fn upsample(component: &Component, across: usize, down: usize, row: usize, line: &mut [u8], mixed: &mut [u16]) {
    let width = line.len() - 2;
    let count = if across == 1 { width.max(component.width).min(component.stride) } else { component.width };
    let input = |row: usize| &component.plane[row * component.stride..][..count];
    let near = input(row / down);
    let far = match (down, row % 2) {
        (1, _) => near,
        (_, 0) => input((row / 2).saturating_sub(1)),
        _ => input((row / 2 + 1).min(component.height - 1)),
    };
    if across == 1 {
        let mix = |near: u8, far: u8| ((3 * u16::from(near) + u16::from(far) + 2) >> 2) as u8;
        match down {
            1 => line[..width].copy_from_slice(&near[..width]),
            _ => line[..width]
                .iter_mut()
                .zip(near.iter().zip(far))
                .for_each(|(out, (near, far))| *out = mix(*near, *far)),
        }
        return;
    }
    // In quarters, of two rows; or of one, which is both. The first and the last value stand for those beyond.
    let mixed = &mut mixed[..count + 2];
    for (mixed, (near, far)) in mixed[1..].iter_mut().zip(near.iter().zip(far)) {
        *mixed = 3 * u16::from(*near) + u16::from(*far);
    }
    (mixed[0], mixed[count + 1]) = (mixed[1], mixed[count]);
    let pairs = line[..count * 2].as_chunks_mut::<2>().0.iter_mut();
    for (pair, ((before, own), after)) in pairs.zip(mixed.iter().zip(&mixed[1..]).zip(&mixed[2..])) {
        *pair = [((3 * own + before + 8) >> 4) as u8, ((3 * own + after + 8) >> 4) as u8];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
    use proptest::prelude::*;

    /// A picture with large and small detail, as a JPEG.
    fn jpeg(
        (width, height): (u16, u16),
        seed: u32,
        quality: u8,
        sampling: Option<SamplingFactor>,
        interval: u16,
        own_tables: bool,
    ) -> Vec<u8> {
        let mut state = seed | 1;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 26) as i32
        };
        let values = if sampling.is_some() { 3 } else { 1 };
        let value = |x: u16, y: u16, part: i32, noise: i32| {
            (i32::from(x) * 3 + i32::from(y) * (2 + part) + part * 40) % 256 / 2 + 60 + noise
        };
        let mut pixels = Vec::new();
        for y in 0..height {
            for x in 0..width {
                pixels.extend((0..values).map(|part| value(x, y, part, noise()) as u8));
            }
        }
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, quality);
        if let Some(sampling) = sampling {
            encoder.set_sampling_factor(sampling);
        }
        // With tables of its own the encoder writes a scan for each component, and knows no restarts.
        let own_tables = own_tables && values == 1;
        if interval > 0 && !own_tables {
            encoder.set_restart_interval(interval);
        }
        encoder.set_optimized_huffman_tables(own_tables);
        encoder.encode(&pixels, width, height, if values == 3 { ColorType::Rgb } else { ColorType::Luma }).unwrap();
        bytes
    }

    fn by_the_other(bytes: &[u8], eighths: usize) -> (usize, usize, Vec<u8>) {
        let mut decoder = jpeg_decoder::Decoder::new(bytes);
        decoder.read_info().unwrap();
        let width = usize::from(decoder.info().unwrap().width);
        decoder.scale((width * eighths).div_ceil(8) as u16, u16::MAX).unwrap();
        let pixels = decoder.decode().unwrap();
        let info = decoder.info().unwrap();
        (usize::from(info.width), usize::from(info.height), pixels)
    }

    fn sampling() -> impl Strategy<Value = Option<SamplingFactor>> {
        use SamplingFactor::{F_1_1, F_1_2, F_2_1, F_2_2};
        prop_oneof![Just(None), Just(Some(F_1_1)), Just(Some(F_2_1)), Just(Some(F_1_2)), Just(Some(F_2_2))]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn pictures_are_those_of_the_other_decoder(
            size in (16_u16..150, 16_u16..150), seed: u32, quality in 5_u8..=100, sampling in sampling(),
            interval in prop_oneof![Just(0_u16), 1_u16..40], own_tables: bool,
        ) {
            let bytes = jpeg(size, seed, quality, sampling, interval, own_tables);
            for eighths in [1, 2, 4] {
                let picture = decode(&bytes, eighths);
                prop_assert!(picture.is_ok(), "{eighths}");
                let picture = picture.unwrap();
                let (width, height, pixels) = by_the_other(&bytes, eighths);
                prop_assert_eq!((picture.width, picture.height, picture.bytes.len()), (width, height, pixels.len()));
                // Two, for its vectors round otherwise than its numbers do.
                let worst = picture.bytes.iter().zip(&pixels).map(|(own, other)| own.abs_diff(*other)).max();
                prop_assert!(worst <= Some(2), "{:?} at {}/8", worst, eighths);
            }
        }

        #[test]
        fn what_is_damaged_costs_nothing_but_the_picture(
            seed: u32, sampling in sampling(), interval in 0_u16..9, own_tables: bool,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut: Option<prop::sample::Index>,
        ) {
            let mut bytes = jpeg((90, 70), seed, 80, sampling, interval, own_tables);
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            // Whatever comes of it.
            for eighths in [1, 2, 4] {
                if let Ok(picture) = decode(&bytes, eighths) {
                    prop_assert_eq!(picture.bytes.len() % (picture.width * picture.height), 0);
                }
            }
        }
    }

    #[test]
    fn what_breaks_off_is_unsuited() {
        let bytes = jpeg((160, 120), 7, 90, Some(SamplingFactor::F_2_2), 0, false);
        for length in (0..bytes.len() * 3 / 4).step_by(7) {
            assert!(decode(&bytes[..length], 2).is_err(), "{length}");
        }
    }

    /// The time of a core for a photograph of a telephone, for `cargo test --release`.
    #[test]
    #[ignore = "a measurement"]
    fn a_telephones_photograph_takes_milliseconds() {
        let bytes = jpeg((4000, 3000), 3, 85, Some(SamplingFactor::F_2_2), 0, false);
        for eighths in [1, 2, 4] {
            let time = |decode: &dyn Fn()| {
                let started = std::time::Instant::now();
                decode();
                started.elapsed()
            };
            let own = time(&|| drop(decode(&bytes, eighths)));
            let other = time(&|| drop(by_the_other(&bytes, eighths)));
            println!("{eighths}/8 of {} bytes: {own:?}, jpeg-decoder {other:?}", bytes.len());
        }
    }
}
