//! Direct generation of tiles, without files: for a wall that starts at once, and for large crowds.
//!
//! The first [`FULLY_DRAWN`] people of a seed are drawn and photographed one by one. From there on a tile is put
//! together from layers of those already drawn: a body (with its face, hair, clothes and bare sign) of one, the
//! background of a second, the words of a third; then mirrored or not (never the words), shifted a little, and degraded
//! by a camera of its own. So 100,000 tiles are all different pictures, but not 100,000 different faces.

use glam::Vec2;
use tiny_skia::Transform;

use super::camera::Camera;
use super::draw::{Frame, Part, without_alpha};
use super::person::InventedPerson;
use super::rng::Rng;
use super::sign::Sign;
use millions_wall::tile::planes::{LinearTile, encode_tile};
use millions_wall::tile::{TileLayout, tone_figures};
use millions_wall::tone::ToneFigures;

/// Number of people of a seed that are fully drawn; the rest are recombined from their layers.
pub const FULLY_DRAWN: u64 = 1024;
/// Display aspect of the tiles.
pub const ASPECT: f32 = 0.8;
/// Memory for the layers that larger crowds are composited from, in bytes.
const LAYERS_BYTES: usize = 96 << 20;

/// A tile of an invented person, ready for a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoTile {
    /// The person's number in the crowd.
    pub index: u64,
    /// The encoded tile.
    pub tile: Vec<u8>,
    /// The floor tile ([`TileLayout::floor`]).
    pub floor: Vec<u8>,
    /// The tone measurement.
    pub tone: ToneFigures,
}

/// Generates `count` different tiles on all cores and passes them to `sink` in order, on the calling thread.
///
/// # Errors
/// The first error of `sink`, which ends the generation.
pub fn tiles<E>(
    count: u64,
    seed: u64,
    layout: &TileLayout,
    sink: &mut dyn FnMut(DemoTile) -> Result<(), E>,
) -> Result<(), E> {
    in_order(0, count.min(FULLY_DRAWN), |index| drawn(seed, index, layout), sink)?;
    if count > FULLY_DRAWN {
        let layers = Layers::new(seed, layout.side());
        in_order(FULLY_DRAWN, count, |index| layers.composited(seed, index, layout), sink)?;
    }
    Ok(())
}

/// Runs `make` on all cores and passes the results on in order. Each worker has a short queue of its own, and they are
/// emptied in turn, which keeps the order and bounds memory.
fn in_order<T: Send, E>(
    from: u64,
    to: u64,
    make: impl Fn(u64) -> T + Sync,
    sink: &mut dyn FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let make = &make;
        let queues: Vec<_> = (from..to)
            .take(workers)
            .map(|first| {
                let (send, receive) = crossbeam_channel::bounded(8);
                scope.spawn(move || {
                    for index in (first..to).step_by(workers) {
                        // The sink failed and the receiver is gone.
                        if send.send(make(index)).is_err() {
                            break;
                        }
                    }
                });
                receive
            })
            .collect();
        // A worker that panicked has hung up; the scope passes the panic on.
        for receive in queues.iter().cycle().take((to - from) as usize) {
            let Ok(made) = receive.recv() else { break };
            sink(made)?;
        }
        Ok(())
    })
}

const fn frame(side: u32) -> Frame {
    Frame { width: side, height: side, aspect: ASPECT }
}

fn drawn(seed: u64, index: u64, layout: &TileLayout) -> DemoTile {
    let person = InventedPerson::invent(seed, index);
    let (rgba, _) = person.draw_parts(frame(layout.side()), &Part::ALL);
    encoded(index, without_alpha(&rgba), &Camera::new(person.camera), layout)
}

/// Applies the camera's faults, measures and encodes.
fn encoded(index: u64, mut rgb: Vec<u8>, camera: &Camera, layout: &TileLayout) -> DemoTile {
    camera.apply(&mut rgb, layout.side() as usize);
    let picture = LinearTile::from_srgb(layout.side(), &rgb);
    let tone = tone_figures(&picture, None);
    let (tile, floor) = encode_tile(&picture, layout);
    DemoTile { index, tile, floor, tone }
}

/// The layers that large crowds are composited from.
struct Layers {
    side: usize,
    people: Vec<Layer>,
}

/// The layers of one person, at the tile's size.
struct Layer {
    place: Vec<u8>,
    /// Premultiplied RGBA: people, arms and bare board; then the fingers.
    body: Vec<u8>,
    fingers: Vec<u8>,
    /// The words on a board of [`WORDS`] texels: how much ink.
    words: Vec<u8>,
    ink: [u8; 3],
    /// From a texel to the board, whose corners are at ±1.
    board_from_texel: Transform,
    /// The rows that the board touches.
    board_rows: std::ops::Range<usize>,
}

/// Width and height of the words in texels of a tile of 64; in larger tiles more.
const WORDS: [usize; 2] = [48, 24];

impl Layers {
    fn new(seed: u64, side: u32) -> Self {
        let texels = side as usize * side as usize;
        let count = ((LAYERS_BYTES / (texels * 11)) as u64).clamp(64, FULLY_DRAWN);
        let mut people = Vec::new();
        let Ok(()) = in_order(0, count, |index| Layer::new(seed, index, side), &mut |layer| {
            people.push(layer);
            Ok::<(), std::convert::Infallible>(())
        });
        Self { side: side as usize, people }
    }

    fn composited(&self, seed: u64, index: u64, layout: &TileLayout) -> DemoTile {
        let mut rng = Rng::new(seed, index, 5);
        let [body, place, words] = [0; 3].map(|_| &self.people[rng.below(self.people.len())]);
        let mirrored = rng.chance(0.5);
        let side = self.side;
        let shift_x = rng.around(0.07 * side as f32) as isize;
        let shift_y = (rng.unit() * 0.06 * side as f32) as usize;
        let place_shift = rng.below(side);
        let mut rgb = Vec::with_capacity(side * side * 3);
        let ink = body.ink;
        let scale = (side / 64).max(1);
        let [wide, high] = WORDS.map(|texels| texels * scale);
        for y in 0..side {
            let from_y = y.saturating_sub(shift_y);
            let board_row = body.board_rows.contains(&from_y);
            for x in 0..side {
                let at = (x as isize - shift_x).clamp(0, side as isize - 1) as usize;
                let from_x = if mirrored { side - 1 - at } else { at };
                let from = (from_y * side + from_x) * 4;
                // The background wraps around, mirrored.
                let run = x + place_shift;
                let place_x = if run < side { run } else { 2 * side - 1 - run };
                let mut pixel: [u8; 3] = place.place[(y * side + place_x) * 3..][..3].try_into().unwrap_or_default();
                over(&mut pixel, &body.body[from..from + 4]);
                if board_row {
                    let Transform { sx, kx, ky, sy, tx, ty } = body.board_from_texel;
                    let texel = Vec2::new(from_x as f32 + 0.5, from_y as f32 + 0.5);
                    let mut board = Vec2::new(sx * texel.x + kx * texel.y + tx, ky * texel.x + sy * texel.y + ty);
                    if mirrored {
                        board.x = -board.x;
                    }
                    if board.abs().max_element() < 1.0 {
                        let amount = sampled(&words.words, wide, high, board);
                        for (value, ink) in pixel.iter_mut().zip(ink) {
                            *value = blend(*value, ink, amount);
                        }
                    }
                }
                over(&mut pixel, &body.fingers[from..from + 4]);
                rgb.extend(pixel);
            }
        }
        encoded(index, rgb, &Camera::new(rng), layout)
    }
}

/// Composites a premultiplied texel over a pixel.
fn over(pixel: &mut [u8; 3], texel: &[u8]) {
    let left = 255 - u32::from(texel[3]);
    if left == 255 {
        return;
    }
    for (value, above) in pixel.iter_mut().zip(texel) {
        *value = (u32::from(*above) + (u32::from(*value) * left + 127) / 255).min(255) as u8;
    }
}

fn blend(value: u8, ink: u8, amount: u32) -> u8 {
    ((u32::from(value) * (255 - amount) + u32::from(ink) * amount + 127) / 255) as u8
}

/// Samples the ink bilinearly at a point of the board (−1 to 1).
fn sampled(words: &[u8], wide: usize, high: usize, board: Vec2) -> u32 {
    let at = (board * 0.5 + 0.5) * Vec2::new(wide as f32, high as f32) - 0.5;
    let at = at.clamp(Vec2::ZERO, Vec2::new((wide - 1) as f32, (high - 1) as f32));
    let (x, y) = (at.x as usize, at.y as usize);
    let (right, below) = ((x + 1).min(wide - 1), (y + 1).min(high - 1));
    let (u, v) = (at.x.fract(), at.y.fract());
    let texel = |x: usize, y: usize| f32::from(words[y * wide + x]);
    let upper = texel(x, y) * (1.0 - u) + texel(right, y) * u;
    let lower = texel(x, below) * (1.0 - u) + texel(right, below) * u;
    (upper * (1.0 - v) + lower * v) as u32
}

impl Layer {
    fn new(seed: u64, index: u64, side: u32) -> Self {
        let person = InventedPerson::invent(seed, index);
        let frame = frame(side);
        let part = |parts: &[Part]| person.draw_parts(frame, parts).0;
        let scale = (side as usize / 64).max(1);
        let [wide, high] = WORDS.map(|texels| texels * scale);
        let sign = Sign::new(&person.placard, &person.figure, Vec2::ONE);
        let [half_x, half_y] = person.placard.half;
        let texel_from_board =
            person.pixel_from_scene(frame).pre_concat(sign.scene_from_board()).pre_scale(half_x, half_y);
        // A board of no size has no words on it either.
        let board_from_texel = texel_from_board.invert().unwrap_or_default();
        let rows = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[x, y]| {
            let mut corner = tiny_skia::Point::from_xy(x, y);
            texel_from_board.map_point(&mut corner);
            corner.y.clamp(0.0, side as f32)
        });
        let (first, last) = (rows.iter().copied().fold(f32::MAX, f32::min), rows.iter().copied().fold(0.0, f32::max));
        // The ink stays with the board, so that it contrasts with it.
        let ink = person.placard.ink;
        Self {
            place: without_alpha(&part(&[Part::Background])),
            body: part(&[Part::People]),
            fingers: part(&[Part::Fingers]),
            words: sign.text_mask(wide as u32, high as u32),
            ink,
            board_from_texel,
            board_rows: first as usize..last.ceil() as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn collected(count: u64, seed: u64) -> Vec<DemoTile> {
        let mut all = Vec::new();
        let layout = TileLayout::new(32).unwrap();
        let Ok(()) = tiles(count, seed, &layout, &mut |tile| {
            all.push(tile);
            Ok::<(), std::convert::Infallible>(())
        });
        all
    }

    #[test]
    fn two_thousand_tiles_are_all_different_and_in_order() {
        let all = collected(2000, 1);
        assert!(all.iter().map(|tile| tile.index).eq(0..2000));
        assert_eq!(all.iter().map(|tile| &tile.tile).collect::<HashSet<_>>().len(), 2000);
        // Different even when only 16 texels are looked at.
        assert_eq!(all.iter().map(|tile| &tile.floor).collect::<HashSet<_>>().len(), 2000);
    }

    #[test]
    fn the_same_seed_makes_the_same_tiles_and_another_seed_others() {
        let first = collected(40, 9);
        assert_eq!(first, collected(40, 9));
        assert!(first.iter().zip(collected(40, 10)).all(|(a, b)| a.tile != b.tile));
    }

    #[test]
    fn a_failing_sink_ends_it() {
        let mut seen = 0;
        let result = tiles(1000, 1, &TileLayout::new(32).unwrap(), &mut |_| {
            seen += 1;
            if seen == 3 { Err("full") } else { Ok(()) }
        });
        assert_eq!((result, seen), (Err("full"), 3));
    }
}
