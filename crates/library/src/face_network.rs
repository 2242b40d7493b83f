//! The networks of face detection: BlazeFace (Bazarevsky et al., *BlazeFace: Sub-millisecond Neural Face Detection on Mobile
//! GPUs*, 2019), in two sizes, as `assets/faces/README.md` says.
//!
//! A network is a convolution of 5 × 5, then blocks: a depthwise convolution of 3 × 3, a pointwise one, and the block's input
//! added. After two of the blocks a head rates each cell: whether a face is there, and where its box and its six points are.
//!
//! A map lies in memory by rows, in each by channels, so that everything is arithmetic on whole rows, and what one block needs
//! at a time stays in the nearest cache. Loops are plain; the compiler makes vectors of them, for each kind of processor once
//! (`fearless_simd` chooses at run time). The order of sums is the same on all, and nothing is fused, so that a photograph is
//! cropped alike on every machine.

use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f32x8, f32x16};

/// Zeros before and after each channel's part of a row, for the neighbours beyond the edge.
const PAD: usize = 4;
/// Values of a box: centre, size, and six points.
pub const BOX_VALUES: usize = 16;
/// The first convolution is this wide and high.
const FIRST_SIDE: usize = 5;
const SIGNATURE: &[u8; 8] = b"MLFACE01";

/// The network for faces that fill a good part of a picture of 128 pixels a side.
pub static SHORT_RANGE: LazyLock<Option<Network>> =
    LazyLock::new(|| Network::read(include_bytes!("../../../assets/faces/blazeface_short_range.f16")));
/// The network for smaller, turned and covered ones, in a picture of 256 pixels a side, at six times the cost.
pub static BACK: LazyLock<Option<Network>> =
    LazyLock::new(|| Network::read(include_bytes!("../../../assets/faces/blazeface_back.f16")));

/// The weights of a network.
#[derive(Debug)]
pub struct Network {
    /// The side of its square input in pixels.
    side: usize,
    first: Convolution,
    blocks: Vec<Block>,
    /// The heads, each with the number of blocks before it.
    heads: [(usize, Head); 2],
}

/// A convolution of inputs at one place to outputs at that place.
#[derive(Debug)]
struct Convolution {
    outputs: usize,
    /// By input, then by output.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

#[derive(Debug)]
struct Block {
    inputs: usize,
    /// 1, or 2: half as many pixels each way.
    stride: usize,
    /// By channel, nine each.
    depthwise: Vec<f32>,
    depthwise_bias: Vec<f32>,
    pointwise: Convolution,
    adds_input: bool,
}

#[derive(Debug)]
struct Head {
    scores: Convolution,
    /// By anchor and value, then by input.
    boxes: Vec<f32>,
    boxes_bias: Vec<f32>,
}

/// A face as a network says it, in its input's pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detected {
    /// The logit of the probability.
    pub score: f32,
    /// Centre x and y, width and height, then x and y of: the eye at the left, the one at the right, nose, mouth, the ear at
    /// the left, the one at the right.
    pub values: [f32; BOX_VALUES],
}

/// A reader of little-endian values; `None` at the end of the bytes.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn u16(&mut self) -> Option<u16> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*value))
    }

    fn count(&mut self) -> Option<usize> {
        self.u16().map(usize::from)
    }

    fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        (0..count).map(|_| self.u16().map(f32_from_half)).collect()
    }

    fn convolution(&mut self, inputs: usize, outputs: usize) -> Option<Convolution> {
        Some(Convolution { outputs, weights: self.floats(inputs * outputs)?, bias: self.floats(outputs)? })
    }
}

/// Widens a 16-bit float (IEEE 754 binary16), which is exact.
fn f32_from_half(half: u16) -> f32 {
    let (sign, exponent, mantissa) = (u32::from(half >> 15), u32::from(half >> 10 & 0x1f), u32::from(half & 0x3ff));
    let magnitude = match exponent {
        0 => mantissa as f32 * (-24.0_f32).exp2(),
        31 => f32::from_bits(0xff << 23 | mantissa << 13),
        _ => f32::from_bits((exponent + 112) << 23 | mantissa << 13),
    };
    if sign == 1 { -magnitude } else { magnitude }
}

impl Network {
    /// Reads a file of weights; `None` where it is none.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes.strip_prefix(SIGNATURE)?);
        let (side, channels, count, fine) = (reader.count()?, reader.count()?, reader.count()?, reader.count()?);
        let anchors = [reader.count()?, reader.count()?];
        let mut shapes = Vec::new();
        for _ in 0..count {
            shapes.push([reader.count()?, reader.count()?, reader.count()?, reader.count()?]);
        }
        let first = reader.convolution(FIRST_SIDE * FIRST_SIDE * 3, channels)?;
        let mut blocks = Vec::new();
        for [inputs, outputs, stride, adds_input] in shapes {
            blocks.push(Block {
                inputs,
                stride,
                depthwise: reader.floats(inputs * 9)?,
                depthwise_bias: reader.floats(inputs)?,
                pointwise: reader.convolution(inputs, outputs)?,
                adds_input: adds_input == 1,
            });
        }
        let mut head = |after: usize, anchors: usize| {
            let inputs = blocks.get(after.checked_sub(1)?)?.pointwise.outputs;
            let scores = reader.convolution(inputs, anchors)?;
            let values = anchors * BOX_VALUES;
            let head = Head { scores, boxes: reader.floats(values * inputs)?, boxes_bias: reader.floats(values)? };
            Some((after, head))
        };
        let heads = [head(fine, anchors[0])?, head(count, anchors[1])?];
        reader.0.is_empty().then_some(Self { side, first, blocks, heads })
    }

    /// The side of its input in pixels.
    pub const fn side(&self) -> usize {
        self.side
    }
}

/// A map of rows of channels of pixels, with zeros around each channel's part of a row.
#[derive(Default)]
struct Map {
    values: Vec<f32>,
    channels: usize,
    width: usize,
}

impl Map {
    /// Makes it a map of this size, whose padding is zero.
    fn reset(&mut self, channels: usize, width: usize) {
        let length = width * channels * (width + 2 * PAD);
        if (self.channels, self.width) != (channels, width) {
            self.values.clear();
        }
        self.values.resize(length, 0.0);
        (self.channels, self.width) = (channels, width);
    }

    const fn stride(&self) -> usize {
        self.width + 2 * PAD
    }

    const fn row_length(&self) -> usize {
        self.channels * self.stride()
    }

    fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.row_length()..][..self.row_length()]
    }
}

/// The input of a network: rows of red, green and blue, of each the even columns and the odd ones, which a convolution that
/// takes every other pixel reads in a row.
#[derive(Default)]
pub struct Input {
    values: Vec<f32>,
    side: usize,
}

impl Input {
    /// Rows of zeros above the first.
    const ABOVE: usize = 1;
    /// And below the last.
    const BELOW: usize = 2;

    const fn plane(side: usize) -> usize {
        side / 2 + 2 * PAD
    }

    /// Sets the input of a network of a given side from a picture that is as large at the most; black fills the rest.
    pub fn set(&mut self, side: usize, picture: &[[u8; 3]], width: usize) {
        let plane = Self::plane(side);
        self.values.clear();
        self.values.resize((side + Self::ABOVE + Self::BELOW) * 6 * plane, 0.0);
        self.side = side;
        let mut rows = picture.chunks_exact(width.max(1));
        for row in self.values.chunks_exact_mut(6 * plane).skip(Self::ABOVE).take(side) {
            let pixels = rows.next().unwrap_or_default();
            for (colour, planes) in row.chunks_exact_mut(2 * plane).enumerate() {
                let (even, odd) = planes.split_at_mut(plane);
                let inside = PAD..PAD + side / 2;
                even[inside.clone()].fill(-1.0);
                odd[inside].fill(-1.0);
                for (index, pixel) in pixels.iter().enumerate().take(side) {
                    let value = f32::from(pixel[colour]) * (2.0 / 255.0) - 1.0;
                    if index % 2 == 0 {
                        even[PAD + index / 2] = value;
                    } else {
                        odd[PAD + index / 2] = value;
                    }
                }
            }
        }
    }
}

/// Runs networks; keeps its buffers.
pub struct Runner {
    level: Level,
    /// The input and the output of the current block, in turn.
    maps: [Map; 2],
    /// Whatever a row needs: the depthwise convolution's result, and the reduced input that is added.
    convolved: Vec<f32>,
    pooled: Vec<f32>,
    offsets: Vec<usize>,
    zeros: Vec<f32>,
    scores: Vec<f32>,
}

impl Default for Runner {
    fn default() -> Self {
        Self {
            level: Level::new(),
            maps: Default::default(),
            convolved: Vec::new(),
            pooled: Vec::new(),
            offsets: Vec::new(),
            zeros: Vec::new(),
            scores: Vec::new(),
        }
    }
}

impl Runner {
    /// Appends what a network finds in its input with a score of at least `threshold`.
    pub fn run(&mut self, network: &Network, input: &Input, threshold: f32, found: &mut Vec<Detected>) {
        let level = self.level;
        dispatch!(level, simd => self.run_on(simd, network, input, threshold, found));
    }

    #[inline(always)]
    fn run_on<S: Simd>(
        &mut self,
        simd: S,
        network: &Network,
        input: &Input,
        threshold: f32,
        found: &mut Vec<Detected>,
    ) {
        self.first(simd, &network.first, input);
        for (index, block) in network.blocks.iter().enumerate() {
            self.block(simd, block);
            for (after, head) in &network.heads {
                if *after == index + 1 {
                    self.head(simd, head, network.side, threshold, found);
                }
            }
        }
    }

    /// The first convolution, which takes every other pixel.
    #[inline(always)]
    fn first<S: Simd>(&mut self, simd: S, first: &Convolution, input: &Input) {
        let (width, plane) = (input.side / 2, Input::plane(input.side));
        let [_, map] = &mut self.maps;
        map.reset(first.outputs, width);
        self.offsets.clear();
        for row in 0..FIRST_SIDE {
            for column in 0..FIRST_SIDE {
                // TensorFlow pads one column before the first and two after the last.
                let (parity, shift) = ((column + 1) % 2, column.div_ceil(2));
                let within = |colour: usize| (row * 3 + colour) * 2 * plane + parity * plane + PAD + shift - 1;
                self.offsets.extend((0..3).map(within));
            }
        }
        let row_length = map.row_length();
        for (y, target) in map.values.chunks_exact_mut(row_length).enumerate() {
            let source = &input.values[2 * y * 6 * plane..][..FIRST_SIDE * 6 * plane];
            let rows = Rows { source, offsets: &self.offsets, width, added: None };
            rows.convolve::<S, true>(simd, first, target, width + 2 * PAD, PAD);
        }
        self.maps.swap(0, 1);
    }

    #[inline(always)]
    fn block<S: Simd>(&mut self, simd: S, block: &Block) {
        let [source, map] = &mut self.maps;
        let width = source.width / block.stride;
        map.reset(block.pointwise.outputs, width);
        self.convolved.resize(block.inputs * width, 0.0);
        self.pooled.resize(block.inputs * width, 0.0);
        self.zeros.resize(self.zeros.len().max(source.row_length()), 0.0);
        self.offsets.clear();
        self.offsets.extend((0..block.inputs).map(|input| input * width));
        let row_length = map.row_length();
        for (y, target) in map.values.chunks_exact_mut(row_length).enumerate() {
            // Padded by one pixel on each side, or, where every other pixel is taken, by one after the last.
            let first = (y * block.stride + block.stride - 1).checked_sub(1);
            let row = |down: usize| {
                let inside = if block.stride == 1 {
                    first.map_or(down.checked_sub(1), |first| Some(first + down))
                } else {
                    Some(y * 2 + down)
                };
                inside
                    .filter(|row| *row < source.width)
                    .map_or(&self.zeros[..source.row_length()], |row| source.row(row))
            };
            let rows = [row(0), row(1), row(2)];
            let from = if block.stride == 1 { PAD - 1 } else { PAD };
            for channel in 0..block.inputs {
                let at = channel * source.stride() + from;
                let rows = rows.map(|row| &row[at..][..width * block.stride + 2]);
                let kernel: &[f32; 9] = block.depthwise[channel * 9..].first_chunk().unwrap_or(&[0.0; 9]);
                let target = &mut self.convolved[channel * width..][..width];
                let bias = block.depthwise_bias[channel];
                match (block.stride, S::f32s::LEN >= 16 && width >= 16) {
                    (1, true) => depthwise::<S, f32x16<S>, 1>(simd, rows, kernel, bias, target),
                    (1, false) => depthwise::<S, f32x8<S>, 1>(simd, rows, kernel, bias, target),
                    (_, true) => depthwise::<S, f32x16<S>, 2>(simd, rows, kernel, bias, target),
                    (_, false) => depthwise::<S, f32x8<S>, 2>(simd, rows, kernel, bias, target),
                }
            }
            let mut added = None;
            if block.adds_input {
                added = Some(if block.stride == 1 {
                    Added { source: source.row(y), stride: source.stride(), from: PAD, channels: block.inputs }
                } else {
                    for channel in 0..block.inputs {
                        let rows = [rows[0], rows[1]].map(|row| &row[channel * source.stride() + PAD..][..2 * width]);
                        let target = &mut self.pooled[channel * width..][..width];
                        for (value, (upper, lower)) in
                            target.iter_mut().zip(rows[0].as_chunks::<2>().0.iter().zip(rows[1].as_chunks::<2>().0))
                        {
                            *value = upper[0].max(upper[1]).max(lower[0]).max(lower[1]);
                        }
                    }
                    Added { source: &self.pooled, stride: width, from: 0, channels: block.inputs }
                });
            }
            let rows = Rows { source: &self.convolved, offsets: &self.offsets, width, added };
            rows.convolve::<S, true>(simd, &block.pointwise, target, width + 2 * PAD, PAD);
        }
        self.maps.swap(0, 1);
    }

    /// Rates the cells of the current map.
    #[inline(always)]
    fn head<S: Simd>(&mut self, simd: S, head: &Head, side: usize, threshold: f32, found: &mut Vec<Detected>) {
        let [map, _] = &self.maps;
        let (width, anchors) = (map.width, head.scores.outputs);
        self.offsets.clear();
        self.offsets.extend((0..map.channels).map(|channel| channel * map.stride() + PAD));
        self.scores.resize(anchors * width, 0.0);
        let cell = side as f32 / width as f32;
        for y in 0..width {
            let rows = Rows { source: map.row(y), offsets: &self.offsets, width, added: None };
            rows.convolve::<S, false>(simd, &head.scores, &mut self.scores, width, 0);
            for (index, score) in self.scores.iter().enumerate().filter(|(_, score)| **score >= threshold) {
                let (anchor, x) = (index / width, index % width);
                let mut values = [0.0; BOX_VALUES];
                for (value, place) in values.iter_mut().zip(anchor * BOX_VALUES..) {
                    let weights = &head.boxes[place * map.channels..][..map.channels];
                    let inputs = self.offsets.iter().map(|offset| map.row(y)[offset + x]);
                    *value = head.boxes_bias[place]
                        + weights.iter().zip(inputs).map(|(weight, input)| weight * input).sum::<f32>();
                }
                // Centre and points are told from the cell's middle, which the size is not.
                for (index, value) in values.iter_mut().enumerate().filter(|(index, _)| !matches!(index, 2 | 3)) {
                    let cells = if index % 2 == 0 { x } else { y };
                    *value += (cells as f32 + 0.5) * cell;
                }
                found.push(Detected { score: *score, values });
            }
        }
    }
}

/// What a convolution of a row reads: of each input `width` values from its offset.
struct Rows<'a> {
    source: &'a [f32],
    offsets: &'a [usize],
    width: usize,
    added: Option<Added<'a>>,
}

/// What is added to the first `channels` outputs.
struct Added<'a> {
    source: &'a [f32],
    stride: usize,
    from: usize,
    channels: usize,
}

impl Rows<'_> {
    /// Computes all outputs of a row, each `stride` values after the one before, in blocks that fit the processor's registers.
    #[inline(always)]
    fn convolve<S: Simd, const RELU: bool>(
        &self,
        simd: S,
        convolution: &Convolution,
        target: &mut [f32],
        stride: usize,
        from: usize,
    ) {
        let outputs = convolution.outputs;
        let mut output = 0;
        while output < outputs {
            let left = outputs - output;
            let wide = S::f32s::LEN >= 16 && self.width >= 16;
            let step = [8, 4, 2].into_iter().find(|step| *step <= left && (wide || *step < 8)).unwrap_or(1);
            let mut at = 0;
            while at < self.width {
                let place = Place { output, at, stride, from };
                let two = S::f32s::LEN >= 8 && self.width - at >= 16;
                match step {
                    8 => self.block::<S, f32x16<S>, RELU, 8, 1>(simd, convolution, target, place),
                    4 if wide => self.block::<S, f32x16<S>, RELU, 4, 1>(simd, convolution, target, place),
                    4 if two => self.block::<S, f32x8<S>, RELU, 4, 2>(simd, convolution, target, place),
                    4 => self.block::<S, f32x8<S>, RELU, 4, 1>(simd, convolution, target, place),
                    2 => self.block::<S, f32x8<S>, RELU, 2, 1>(simd, convolution, target, place),
                    _ => self.block::<S, f32x8<S>, RELU, 1, 1>(simd, convolution, target, place),
                }
                at += if step >= 4 && two { 16 } else { 8 };
            }
            output += step;
        }
    }

    #[inline(always)]
    fn block<S: Simd, V: Vector<S>, const RELU: bool, const OUTPUTS: usize, const VECTORS: usize>(
        &self,
        simd: S,
        convolution: &Convolution,
        target: &mut [f32],
        Place { output, at, stride, from }: Place,
    ) {
        let mut sums = [[V::splat(simd, 0.0); VECTORS]; OUTPUTS];
        for (sums, bias) in sums.iter_mut().zip(&convolution.bias[output..]) {
            *sums = [V::splat(simd, *bias); VECTORS];
        }
        for (offset, weights) in self.offsets.iter().zip(convolution.weights.chunks_exact(convolution.outputs)) {
            let source = &self.source[offset + at..][..V::LEN * VECTORS];
            let weights = &weights[output..][..OUTPUTS];
            let mut values = [V::splat(simd, 0.0); VECTORS];
            for (value, source) in values.iter_mut().zip(source.chunks_exact(V::LEN)) {
                *value = V::from_slice(simd, source);
            }
            for (sums, weight) in sums.iter_mut().zip(weights) {
                let weight = V::splat(simd, *weight);
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += weight * value;
                }
            }
        }
        for (index, sums) in sums.iter().enumerate() {
            let added = self.added.as_ref().filter(|added| output + index < added.channels);
            let added = added
                .map(|added| &added.source[(output + index) * added.stride + added.from + at..][..V::LEN * VECTORS]);
            let target = &mut target[(output + index) * stride + from + at..][..V::LEN * VECTORS];
            for (vector, (sum, target)) in sums.iter().zip(target.chunks_exact_mut(V::LEN)).enumerate() {
                let mut sum = *sum;
                if let Some(added) = added {
                    sum += V::from_slice(simd, &added[vector * V::LEN..][..V::LEN]);
                }
                if RELU {
                    sum = sum.max(V::splat(simd, 0.0));
                }
                sum.store_slice(target);
            }
        }
    }
}

/// Values of a row that are computed at once. What each of them is does not depend on how many.
trait Vector<S: Simd>: SimdFloat<S, Element = f32> {}

impl<S: Simd, V: SimdFloat<S, Element = f32>> Vector<S> for V {}

/// Where a block of outputs begins.
#[derive(Clone, Copy)]
struct Place {
    output: usize,
    at: usize,
    stride: usize,
    from: usize,
}

/// Convolves three rows of a channel with nine weights.
#[inline(always)]
fn depthwise<S: Simd, V: Vector<S>, const STRIDE: usize>(
    simd: S,
    rows: [&[f32]; 3],
    kernel: &[f32; 9],
    bias: f32,
    target: &mut [f32],
) {
    let mut weights = [V::splat(simd, 0.0); 9];
    weights.iter_mut().zip(kernel).for_each(|(all, weight)| *all = V::splat(simd, *weight));
    let load = |row: &[f32], at: usize| V::from_slice(simd, &row[at..at + V::LEN]);
    for (index, target) in target.chunks_exact_mut(V::LEN).enumerate() {
        let at = index * V::LEN * STRIDE;
        let mut sum = V::splat(simd, bias);
        for (row, kernel) in rows.into_iter().zip(weights.as_chunks::<3>().0) {
            if STRIDE == 1 {
                sum = sum + load(row, at) * kernel[0] + load(row, at + 1) * kernel[1] + load(row, at + 2) * kernel[2];
            } else {
                let (first, second) = (load(row, at), load(row, at + V::LEN));
                sum = sum + first.unzip_low(second) * kernel[0] + first.unzip_high(second) * kernel[1];
                sum += load(row, at + 2).unzip_low(load(row, at + 2 + V::LEN)) * kernel[2];
            }
        }
        sum.store_slice(target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The picture of which `assets/faces/convert.py` had TensorFlow Lite compute the reference.
    fn made_up(side: usize) -> Vec<[u8; 3]> {
        let value = |x: usize, y: usize, colour: usize| {
            (x * 7 + y * 5 + colour * 40 + (x * y / 16) % 61 + (x / 24 + y / 20) % 2 * 90) % 256
        };
        (0..side * side).map(|at| [0, 1, 2].map(|colour| value(at % side, at / side, colour) as u8)).collect()
    }

    #[test]
    fn a_network_computes_what_tensorflow_lite_does() {
        const EVERY: usize = 14;
        let references: [(&Network, &[u8]); 2] = [
            (SHORT_RANGE.as_ref().unwrap(), include_bytes!("../../../assets/faces/reference_short_range.f32")),
            (BACK.as_ref().unwrap(), include_bytes!("../../../assets/faces/reference_back.f32")),
        ];
        for (network, reference) in references {
            let side = network.side();
            let mut input = Input::default();
            input.set(side, &made_up(side), side);
            let (mut runner, mut found) = (Runner::default(), Vec::new());
            // Twice: buffers that were used have nothing left in them.
            for _ in 0..2 {
                found.clear();
                runner.run(network, &input, f32::MIN, &mut found);
            }
            assert_eq!(found.len(), 896);
            // By rows, cells and anchors, as TensorFlow has them; here each row's anchors follow each other.
            let in_order = |head: std::ops::Range<usize>, width: usize, anchors: usize| {
                let found = &found[head];
                (0..width * width * anchors).map(move |index| {
                    let (cell, anchor) = (index / anchors, index % anchors);
                    found[(cell / width * anchors + anchor) * width + cell % width]
                })
            };
            let all: Vec<(Detected, f32)> = in_order(0..512, 16, 2)
                .enumerate()
                .map(|(index, found)| (found, index, 16, 2))
                .chain(in_order(512..896, 8, 6).enumerate().map(|(index, found)| (found, index, 8, 6)))
                .map(|(mut found, index, width, anchors)| {
                    let (cell, size) = (index / anchors, side as f32 / width as f32);
                    for (value, at) in found.values.iter_mut().zip(0..).filter(|(_, at)| !matches!(at, 2 | 3)) {
                        *value -= ((if at % 2 == 0 { cell % width } else { cell / width }) as f32 + 0.5) * size;
                    }
                    (found, size)
                })
                .collect();
            let expected: Vec<f32> =
                reference.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            assert_eq!(expected.len(), 896 / EVERY * (1 + BOX_VALUES));
            for (expected, (found, _)) in expected.chunks_exact(1 + BOX_VALUES).zip(all.iter().step_by(EVERY)) {
                let near = |found: f32, expected: f32| (found - expected).abs() < 2e-2 + expected.abs() * 2e-3;
                assert!(near(found.score, expected[0]), "{found:?} {expected:?}");
                for (found, expected) in found.values.iter().zip(&expected[1..]) {
                    assert!(near(*found, *expected), "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn every_processor_computes_the_same() {
        for network in [SHORT_RANGE.as_ref().unwrap(), BACK.as_ref().unwrap()] {
            let mut input = Input::default();
            input.set(network.side(), &made_up(network.side()), network.side());
            let found = [Level::baseline(), Level::new()].map(|level| {
                let mut found = Vec::new();
                Runner { level, ..Runner::default() }.run(network, &input, f32::MIN, &mut found);
                found
            });
            assert_eq!(found[0].len(), 896);
            assert_eq!(found[0], found[1]);
        }
    }

    #[test]
    fn weights_that_are_cut_or_of_another_kind_are_none() {
        let bytes = include_bytes!("../../../assets/faces/blazeface_short_range.f16");
        assert!(Network::read(&bytes[..bytes.len() - 2]).is_none());
        assert!(Network::read(&bytes[1..]).is_none());
        assert!(Network::read(&[bytes, &[0; 2][..]].concat()).is_none());
        assert!(Network::read(b"MLFACE01").is_none());
    }

    #[test]
    fn halves_are_widened_exactly() {
        for (half, value) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 5.960_464_5e-8), (0x7bff, 65504.0), (0x3555, 0.333_251_95)]
        {
            assert_eq!(f32_from_half(half), value);
        }
        assert!(f32_from_half(0x7c00).is_infinite() && f32_from_half(0x7e00).is_nan());
    }
}
