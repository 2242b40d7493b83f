//! BC4 and BC5 blocks (also known as RGTC1 and RGTC2): 4×4 texels of one channel in 8 bytes, of two in 16.
//!
//! A block holds two end points and a 3-bit index a texel. With `first > second` the indices mean, in order: first,
//! second, and six even steps from first to second. The encoder takes the block's extremes as end points, which is
//! within a few tenths of a dB of a searching encoder on photographs and runs at hundreds of megapixels a second.
//! Format: Khronos Data Format Specification, "RGTC Compressed Texture Image Formats".

/// Bytes of a BC4 block.
pub const BC4_BLOCK_BYTES: usize = 8;
/// Bytes of a BC5 block: two BC4 blocks, one a channel.
pub const BC5_BLOCK_BYTES: usize = 16;

/// The format's index for each step from the least to the greatest value, in sevenths.
const INDEX_OF_STEP: [u64; 8] = [1, 7, 6, 5, 4, 3, 2, 0];

/// Encodes 16 values, row by row.
#[must_use]
pub fn encode_block(texels: &[u8; 16]) -> [u8; BC4_BLOCK_BYTES] {
    let least = texels.iter().copied().fold(u8::MAX, u8::min);
    let greatest = texels.iter().copied().fold(u8::MIN, u8::max);
    let mut block = [0; BC4_BLOCK_BYTES];
    block[0] = greatest;
    block[1] = least;
    if greatest > least {
        let range = u32::from(greatest - least);
        // Rounds (texel − least) · 7 / range; the reciprocal in 16.16 fixed point keeps division out of the loop.
        let scale = (7 << 16) / range + 1;
        let bits = texels.iter().enumerate().fold(0u64, |bits, (place, texel)| {
            let step = (u32::from(texel - least) * scale + (1 << 15)) >> 16;
            bits | INDEX_OF_STEP[(step & 7) as usize] << (3 * place)
        });
        block[2..].copy_from_slice(&bits.to_le_bytes()[..6]);
    }
    block
}

/// Decodes a block to 16 values, row by row; both modes of the format, as a GPU does.
#[must_use]
pub fn decode_block(block: &[u8; BC4_BLOCK_BYTES]) -> [u8; 16] {
    let [first, second] = [u32::from(block[0]), u32::from(block[1])];
    let mut palette = [block[0], block[1], 0, 0, 0, 0, 0, 255];
    // The quotients are below 256: they lie between the two end points.
    if first > second {
        for step in 1..7 {
            palette[step as usize + 1] = (((7 - step) * first + step * second + 3) / 7) as u8;
        }
    } else {
        for step in 1..5 {
            palette[step as usize + 1] = (((5 - step) * first + step * second + 2) / 5) as u8;
        }
    }
    let mut bits = [0; 8];
    bits[..6].copy_from_slice(&block[2..]);
    let bits = u64::from_le_bytes(bits);
    std::array::from_fn(|place| palette[(bits >> (3 * place) & 7) as usize])
}

/// Encodes one plane into rows of blocks. `CHANNELS` interleaved channels: 1 makes BC4, 2 makes BC5.
///
/// `texels` has `side` × `side` × `CHANNELS` values; `rows` gets `side / 4` rows, `row_bytes` apart.
///
/// # Panics
/// When a slice is shorter than that, or `side` is no multiple of 4.
pub fn encode_plane<const CHANNELS: usize>(texels: &[u8], side: usize, rows: &mut [u8], row_bytes: usize) {
    assert!(side.is_multiple_of(4), "blocks are 4 texels wide");
    for (block_row, out) in rows.chunks_mut(row_bytes).take(side / 4).enumerate() {
        for (block_column, out) in out.chunks_exact_mut(BC4_BLOCK_BYTES * CHANNELS).take(side / 4).enumerate() {
            for channel in 0..CHANNELS {
                let mut block = [0; 16];
                for y in 0..4 {
                    let start = ((block_row * 4 + y) * side + block_column * 4) * CHANNELS + channel;
                    for x in 0..4 {
                        block[y * 4 + x] = texels[start + x * CHANNELS];
                    }
                }
                out[channel * BC4_BLOCK_BYTES..][..BC4_BLOCK_BYTES].copy_from_slice(&encode_block(&block));
            }
        }
    }
}

/// Decodes rows of blocks into one plane; the inverse of [`encode_plane`]. `texel_row` is the number of *values* from
/// one row of `texels` to the next, so that a tile can be decoded into its place in a larger picture.
///
/// # Panics
/// When a slice is too short.
pub fn decode_plane<const CHANNELS: usize>(
    rows: &[u8],
    row_bytes: usize,
    side: usize,
    texels: &mut [u8],
    texel_row: usize,
) {
    for block_row in 0..side / 4 {
        let row = &rows[block_row * row_bytes..];
        for block_column in 0..side / 4 {
            for channel in 0..CHANNELS {
                let at = (block_column * CHANNELS + channel) * BC4_BLOCK_BYTES;
                let block: &[u8; BC4_BLOCK_BYTES] = row[at..].first_chunk().expect("a whole block");
                let values = decode_block(block);
                for y in 0..4 {
                    let start = (block_row * 4 + y) * texel_row + block_column * 4 * CHANNELS + channel;
                    for x in 0..4 {
                        texels[start + x * CHANNELS] = values[y * 4 + x];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use block_compression::CompressionVariant;
    use proptest::prelude::*;

    fn oracle(block: &[u8; 8]) -> [u8; 16] {
        let mut rgba = [0; 64];
        block_compression::decode::decompress_blocks_as_rgba8(CompressionVariant::BC4, 4, 4, block, &mut rgba);
        std::array::from_fn(|texel| rgba[texel * 4])
    }

    proptest! {
        #[test]
        fn decoding_agrees_with_another_decoder(block: [u8; 8]) {
            let (ours, theirs) = (decode_block(&block), oracle(&block));
            for (a, b) in ours.iter().zip(theirs) {
                prop_assert!(a.abs_diff(b) <= 1, "{ours:?} {theirs:?}");
            }
        }

        #[test]
        fn a_texel_comes_back_within_half_a_step(texels: [u8; 16]) {
            let range = texels.iter().max().unwrap() - texels.iter().min().unwrap();
            let half_step = range.div_ceil(14) + 1;
            for (before, after) in texels.iter().zip(oracle(&encode_block(&texels))) {
                prop_assert!(before.abs_diff(after) <= half_step);
            }
        }

        #[test]
        fn extremes_are_exact(texels: [u8; 16]) {
            let after = decode_block(&encode_block(&texels));
            prop_assert_eq!(after.iter().max(), texels.iter().max());
            prop_assert_eq!(after.iter().min(), texels.iter().min());
        }
    }

    #[test]
    fn planes_keep_their_channels_and_places_apart() {
        let side = 8;
        let texels: Vec<u8> = (0..side * side).flat_map(|i| [(i * 3) as u8, 255 - i as u8]).collect();
        let mut rows = vec![0; 2 * 256];
        encode_plane::<2>(&texels, side, &mut rows, 256);
        let mut back = vec![0; side * side * 2];
        decode_plane::<2>(&rows, 256, side, &mut back, side * 2);
        for (before, after) in texels.iter().zip(&back) {
            assert!(before.abs_diff(*after) <= 8, "{before} {after}");
        }
    }
}
