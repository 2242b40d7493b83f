//! The wall at the end of a day, compared with a program that has just started.

use std::time::{Duration, Instant};

use super::{Broken, PATIENCE, PAUSE, Picture, Timeline};
use crate::export;
use crate::soak::headless::MONITOR_HZ;
use millions_frame::{FramePlan, Layer};

/// Pixels of a side of the blocks in which two pictures are compared, …
const BLOCK: usize = 8;
/// … and the most by which the mean of one may differ, of 255: in most looks, …
const MOST_DIFFERENCE: u32 = 32;
/// … and with a stencil or a halftone screen, whose edges make thirty levels of the one by which a tile's mip may differ from the same
/// of a finer tile.
const MOST_DIFFERENCE_OF_EDGES: u32 = 96;

impl Timeline<'_> {
    /// The picture after a day is that of a program that has just started: nothing is left in a cache that should not be.
    pub(super) fn compare_afresh(&mut self) -> Result<(), Broken> {
        let began = Instant::now();
        let mut found = "a transition does not end".to_owned();
        // Outputs that are late show frames before, which come closer one by one.
        for _ in 0..4 {
            self.go_to(self.real_secs + 1.0 / MONITOR_HZ);
            self.frame()?;
        }
        loop {
            self.go_to(self.real_secs + 1.0 / MONITOR_HZ);
            let frame = self.frame()?;
            if frame.wall.outgoing.is_some() || frame.is_lost {
                // What is left of a transition that another cut short is of what there was.
                self.go_to(self.real_secs + 0.2);
            } else if frame.coarse + frame.missing > 0 || frame.pictures.iter().any(|picture| picture.is_first) {
                found = format!("{} tiles are coarse and {} dark", frame.coarse, frame.missing);
            } else {
                let afresh = self.wall.drawn_afresh(self.real_secs)?;
                let pairs = frame.pictures.iter().zip(&afresh);
                match pairs.clone().find_map(|(picture, afresh)| Some((difference(picture, afresh)?, picture, afresh)))
                {
                    Some((difference, picture, afresh)) => {
                        found = difference;
                        self.save_pictures(picture, afresh);
                    }
                    None => return Ok(()),
                }
            }
            if began.elapsed() > PATIENCE {
                let scene = &self.wall.operator.player.cue().scene;
                return Err(Broken(format!(
                    "the wall is not what a program that has just started would show: {found}, in scene {scene}"
                )));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Saves a picture and the same drawn afresh beside the log, for whoever looks for the difference.
    fn save_pictures(&self, picture: &Picture, afresh: &[u8]) {
        let size = picture.shown.size;
        for (name, pixels) in [("wall.png", &picture.pixels[..]), ("afresh.png", afresh)] {
            let path = self.log_path.with_extension(name);
            if let Err(error) = export::write_png(&path, pixels, size.x, size.y) {
                tracing::warn!("a picture cannot be saved: {error}");
            }
        }
    }

    /// A program that starts now, as after a power cut, is black or dimmed where this one is.
    pub(super) fn compare_resumed(&mut self) -> Result<(), Broken> {
        let began = Instant::now();
        loop {
            let (_, _, black, dimmer) = self.wall.resumed(&self.ground, self.real_secs)?;
            let player = &self.wall.operator.player;
            if (black, dimmer) == (player.is_blackout(), player.dimmer()) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(Broken("after a power cut the wall would be lit otherwise than it is".to_owned()));
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Where a picture differs from the same drawn afresh by more than what a finer tile that is kept does to the blend of two mips on a
/// bent surface: single pixels. Somebody else, or nobody, is a whole block of another grey.
pub(super) fn difference(picture: &Picture, afresh: &[u8]) -> Option<String> {
    let width = picture.shown.size.x.max(1) as usize;
    let (own, other) = (picture.pixels.as_chunks::<4>().0, afresh.as_chunks::<4>().0);
    let (columns, height) = (width.div_ceil(BLOCK), own.len() / width);
    let mut sums = vec![(0_u32, 0_u32); columns * height.div_ceil(BLOCK)];
    for (place, (a, b)) in own.iter().zip(other).enumerate() {
        let (sum, count) = &mut sums[place / width / BLOCK * columns + place % width / BLOCK];
        *sum += u32::from((0..3).map(|channel| a[channel].abs_diff(b[channel])).max().unwrap_or(0));
        *count += 1;
    }
    let worst = sums.iter().enumerate().max_by_key(|(_, (sum, count))| sum / count.max(&1))?;
    let (block, (sum, count)) = worst;
    let mean = sum / count.max(&1);
    let (x, y) = (block % columns * BLOCK, block / columns * BLOCK);
    let output = picture.shown.output;
    (mean > most_difference(&picture.plan)).then(|| format!("output {output:?} differs by {mean} of 255 about {x},{y}"))
}

/// The most by which a block of a picture of this plan may differ.
fn most_difference(plan: &FramePlan) -> u32 {
    let has_edges = plan.scene.layers.iter().any(|layer| {
        let look = match layer {
            Layer::Rows(rows) => &rows.look,
            Layer::Sprites(sprites) => &sprites.look,
            Layer::Words(_) | Layer::Still(_) => return false,
        };
        look.stencil > 0.0 || look.halftone > 0.0
    });
    if has_edges { MOST_DIFFERENCE_OF_EDGES } else { MOST_DIFFERENCE }
}
