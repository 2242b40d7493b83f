//! Stills, and posters beyond what a card draws in one piece. See [`write`].

use std::path::Path;

use crossbeam_channel::{Receiver, bounded};
use glam::UVec2;

use super::super::progress;
use super::offscreen::{Offscreen, Playing};
use crate::export::{Channels, PictureHeader, PictureKind, is_grey, write_picture};
use millions_frame::FramePlan;
use millions_gpu::Plans;
use millions_stage::ResolvedOutput;

/// The largest part of a picture that is drawn at once, and the largest picture that is drawn whole. Parts are the same on every
/// machine, so a poster does not depend on what its card could draw. Sides are multiples of the dither's 64 pixels.
pub const PART: UVec2 = UVec2::new(4096, 512);
/// The most pixels of a side of a picture that is drawn whole.
pub const WHOLE: u32 = 4096;

/// Whether a picture is drawn in parts.
pub fn is_in_parts(size: UVec2) -> bool {
    size.max_element() > WHOLE
}

/// The channels that are asked for; none: as the picture is.
pub type Wanted = Option<Channels>;

/// Why a poster in one channel was given up.
struct HasColour;

/// Draws the frame of a time, and writes it.
pub fn write(
    offscreen: &mut Offscreen,
    playing: &mut Playing,
    time_secs: f64,
    path: &Path,
    (kind, header, wanted): (PictureKind, PictureHeader, Wanted),
    in_parts: bool,
) -> anyhow::Result<()> {
    if !in_parts {
        playing.begin(offscreen, time_secs)?;
        let pixels = offscreen.finish()?.unwrap_or_default();
        let channels = wanted.unwrap_or(if is_grey(&pixels) { Channels::Grey } else { Channels::Rgb });
        let pixels = channels.of_rgba(&pixels);
        return Ok(write_picture(path, kind, &PictureHeader { channels, ..header }, [pixels])?);
    }
    let plan = playing.plan(time_secs)?;
    // A file says at its beginning whether it has colours. Drawn small, nearly all that have any show it.
    let channels = match wanted {
        Some(channels) => channels,
        None => {
            let small = (header.size.as_dvec2() * (512.0 / f64::from(header.size.max_element()))).as_uvec2();
            let small = ResolvedOutput::plain(small.max(UVec2::ONE));
            let is_grey = is_grey(&offscreen.draw(Plans::of_wall(&plan), &small)?);
            if is_grey { Channels::Grey } else { Channels::Rgb }
        }
    };
    let may_have_colour = wanted.is_some() || channels == Channels::Rgb;
    let header = PictureHeader { channels, ..header };
    if write_parts(offscreen, &plan, path, kind, &header, may_have_colour)?.is_err() {
        let header = PictureHeader { channels: Channels::Rgb, ..header };
        let _ = write_parts(offscreen, &plan, path, kind, &header, true)?;
    }
    Ok(())
}

/// Draws a picture part by part, and writes it band by band, on a thread of its own: a band is as wide as the picture and as high
/// as a part. What is in memory does not grow with the picture's height.
fn write_parts(
    offscreen: &mut Offscreen,
    plan: &FramePlan,
    path: &Path,
    kind: PictureKind,
    header: &PictureHeader,
    may_have_colour: bool,
) -> anyhow::Result<Result<(), HasColour>> {
    let size = header.size;
    let steps = |side: u32, step: u32| (0..side).step_by(step as usize);
    let bands = u64::from(size.y.div_ceil(PART.y));
    let bar = progress::bar("bands", bands);
    std::thread::scope(|scope| {
        let (sender, receiver) = bounded::<Vec<u8>>(1);
        let writer = scope.spawn(move || write_picture(path, kind, header, Drained(receiver)));
        let mut done = Ok(());
        'bands: for top in steps(size.y, PART.y) {
            let rows = PART.y.min(size.y - top) as usize;
            let mut band = vec![0; header.row_bytes() * rows];
            let mut begun = steps(size.x, PART.x);
            let mut finished = steps(size.x, PART.x);
            loop {
                if let Some(left) = begun.next() {
                    offscreen.forget_output();
                    let part = ResolvedOutput::plain_part(size, UVec2::new(left, top), PART);
                    offscreen.begin(Plans::of_wall(plan), &part)?;
                    if !offscreen.is_full() {
                        continue;
                    }
                }
                let Some(pixels) = offscreen.finish()? else { break };
                let Some(left) = finished.next() else { break };
                if !may_have_colour && !is_grey(&pixels) {
                    done = Err(HasColour);
                    break 'bands;
                }
                let width = PART.x.min(size.x - left) as usize;
                let (bytes, offset) = (width * header.channels.count(), left as usize * header.channels.count());
                for (row, line) in pixels.chunks_exact(width * 4).enumerate() {
                    let at = row * header.row_bytes() + offset;
                    header.channels.copy_rgba(line, &mut band[at..at + bytes]);
                }
            }
            if sender.send(band).is_err() {
                // It has ended with an error.
                break;
            }
            bar.inc(1);
        }
        drop(sender);
        while offscreen.finish()?.is_some() {}
        let written = writer.join().map_err(|_| anyhow::anyhow!("the picture's writer failed"))?;
        bar.finish_and_clear();
        if done.is_ok() {
            written?;
        }
        Ok(done)
    })
}

/// The bands that come.
struct Drained(Receiver<Vec<u8>>);

impl Iterator for Drained {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.0.recv().ok()
    }
}
