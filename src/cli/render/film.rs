//! Films and numbered frames. See [`write`] and [`write_frames`].

use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context as _;
use crossbeam_channel::bounded;
use glam::UVec2;

use super::super::progress;
use super::closing::FrameTimes;
use super::offscreen::{Offscreen, Playing};
use crate::export::{FilmSpec, SegmentedFilm, write_png};
use millions_base::printable_path;

/// Frames that wait for the encoder.
const WAITING: usize = 2;

/// Draws the frames from `first` on, a ring of them at a time, and hands them on in order.
fn draw(
    offscreen: &mut Offscreen,
    playing: &mut Playing,
    times: &FrameTimes,
    wanted: impl Iterator<Item = u64> + Clone,
    mut done: impl FnMut(u64, Vec<u8>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // Each frame is one picture, or two that are mixed.
    let pictures = wanted.clone().flat_map(|frame| times.pictures(frame));
    let mut finished = wanted;
    let mut half: Option<Vec<u8>> = None;
    let mut frame = finished.next();
    let mut take = |pixels: Vec<u8>| -> anyhow::Result<()> {
        let Some(now) = frame else { return Ok(()) };
        let pixels = match (half.take(), times.weight(now)) {
            (None, Some(_)) => {
                half = Some(pixels);
                return Ok(());
            }
            (Some(main), Some(weight)) => mixed(main, &pixels, weight),
            (_, None) => pixels,
        };
        frame = finished.next();
        done(now, pixels)
    };
    for time_secs in pictures {
        playing.begin(offscreen, time_secs)?;
        if offscreen.is_full()
            && let Some(pixels) = offscreen.finish()?
        {
            take(pixels)?;
        }
    }
    while let Some(pixels) = offscreen.finish()? {
        take(pixels)?;
    }
    Ok(())
}

/// Mixes a picture into another, as far as `weight`.
fn mixed(mut main: Vec<u8>, other: &[u8], weight: f32) -> Vec<u8> {
    let weight = (weight * 256.0).round() as u32;
    for (main, other) in main.iter_mut().zip(other) {
        *main = ((u32::from(*main) * (256 - weight) + u32::from(*other) * weight + 128) >> 8) as u8;
    }
    main
}

/// Draws and encodes a film. `recipe` is that of its frames: one that was cut short goes on only if it is the same.
pub fn write(
    offscreen: &mut Offscreen,
    playing: &mut Playing,
    times: &FrameTimes,
    path: &Path,
    spec: FilmSpec,
    recipe: &str,
) -> anyhow::Result<()> {
    let mut film = SegmentedFilm::begin(path, spec, times.frames, recipe)?;
    let first = film.next();
    if first > 0 {
        tracing::info!("going on at frame {first} of {}", times.frames);
    }
    let bar = progress::bar("frames", times.frames);
    bar.set_position(first);
    bar.reset_eta();
    std::thread::scope(|scope| {
        let (sender, receiver) = bounded::<Vec<u8>>(WAITING);
        let encoder = scope.spawn(move || {
            for picture in receiver {
                film.frame(&picture)?;
            }
            film.finish()
        });
        let drawn = draw(offscreen, playing, times, first..times.frames, |_, pixels| {
            bar.inc(1);
            sender.send(pixels).map_err(|_| anyhow::anyhow!("the encoder has ended"))
        });
        drop(sender);
        let encoded = encoder.join().map_err(|_| anyhow::anyhow!("the film's writer failed"))?;
        bar.finish_and_clear();
        // What ended the encoder ended the drawing; but a film that ends early is the drawing's fault.
        match (drawn, encoded) {
            (Err(drawn), Err(encoded)) if offscreen.gpu.is_lost() => {
                Err(drawn.context(format!("the film ended early ({encoded})")))
            }
            (_, Err(encoded)) => Err(encoded.into()),
            (drawn, Ok(())) => drawn,
        }
    })
}

/// The name of a frame's file.
fn frame_name(frame: u64) -> String {
    format!("frame-{frame:06}.png")
}

/// Removes the frames of another film that would be replaced one by one: cut short, this one would go on with those.
pub fn remove_frames(folder: &Path, frames: u64) -> anyhow::Result<()> {
    for frame in 0..frames {
        let path = folder.join(frame_name(frame));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| printable_path(&path).to_string());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Draws numbered frames; with `goes_on` those that are not there yet, for what has its name is complete. Returns how many were
/// drawn.
pub fn write_frames(
    offscreen: &mut Offscreen,
    playing: &mut Playing,
    times: &FrameTimes,
    folder: &Path,
    size: UVec2,
    goes_on: bool,
) -> anyhow::Result<u64> {
    let missing: Vec<u64> =
        (0..times.frames).filter(|frame| !(goes_on && folder.join(frame_name(*frame)).exists())).collect();
    let bar = progress::bar("frames", times.frames);
    bar.set_position(times.frames - missing.len() as u64);
    bar.reset_eta();
    let failed = Mutex::new(None);
    std::thread::scope(|scope| {
        let (sender, receiver) = bounded::<(u64, Vec<u8>)>(WAITING);
        // A PNG takes longer to be compressed than to be drawn.
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get).min(16) {
            let (receiver, failed) = (receiver.clone(), &failed);
            scope.spawn(move || {
                for (frame, pixels) in receiver {
                    if let Err(error) = write_png(&folder.join(frame_name(frame)), &pixels, size.x, size.y) {
                        if let Ok(mut failed) = failed.lock() {
                            failed.get_or_insert(error);
                        }
                        return;
                    }
                }
            });
        }
        drop(receiver);
        let has_failed = || failed.lock().is_ok_and(|failed| failed.is_some());
        draw(offscreen, playing, times, missing.iter().copied(), |frame, pixels| {
            bar.inc(1);
            anyhow::ensure!(!has_failed() && sender.send((frame, pixels)).is_ok(), "a frame could not be written");
            Ok(())
        })
    })
    .map_err(|error| match failed.lock().ok().and_then(|mut failed| failed.take()) {
        Some(written) => written.into(),
        None => error,
    })?;
    bar.finish_and_clear();
    if let Some(error) = failed.into_inner().ok().flatten() {
        return Err(error.into());
    }
    Ok(missing.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_one_picture_at_either_end() {
        let (a, b) = (vec![0, 10, 255], vec![255, 20, 0]);
        assert_eq!(mixed(a.clone(), &b, 0.0), a);
        assert_eq!(mixed(a.clone(), &b, 1.0), b);
        assert_eq!(mixed(a, &b, 0.5), [128, 15, 128]);
    }
}
