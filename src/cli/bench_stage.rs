//! `millions bench --stage`: what warp, masks and soft edges cost, and several outputs in one frame.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use glam::UVec2;
use serde::Serialize;

use super::bench::{median, ms};
use crate::app::FolderFiles;
use millions_base::Disk;
use millions_gpu::{BlitPass, Canvas, Gpu, Plans, Renderer};
use millions_show::Player;
use millions_stage::{OutputId, ResolvedOutput, Stage};

/// The outputs of a stage; times are medians.
#[derive(Serialize)]
pub struct MeasuredStage {
    /// The first output.
    output_ms: f64,
    /// The same part of the wall on a target of that size, straight and in full light.
    straight_ms: f64,
    blit_ms: f64,
    /// What the stage adds, in blits.
    added_blits: f64,
    outputs: usize,
    all_ms: f64,
    /// All outputs in a frame, of one.
    times_one: f64,
}

impl fmt::Display for MeasuredStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { output_ms, straight_ms, blit_ms, added_blits, outputs, all_ms, times_one } = self;
        writeln!(
            f,
            "an output    {output_ms:8.2} ms, of which the stage is {added_blits:.2} blits (straight {straight_ms:.2} ms, \
             blit {blit_ms:.2} ms)"
        )?;
        write!(f, "all {outputs:<2} outputs{all_ms:7.2} ms, {times_one:.2} × one")
    }
}

pub fn run(
    path: &Path,
    gpu: &Gpu,
    renderer: &mut Renderer,
    player: &Player,
    frames: usize,
) -> anyhow::Result<MeasuredStage> {
    let stage = Stage::read(path, &Disk).result?;
    let masks = FolderFiles::beside(path);
    let mut player = player.clone();
    player.set_wall_aspect(stage.aspect)?;
    let mut resolved = Vec::new();
    for output in &stage.outputs {
        let laid_output = stage.resolve(output.id, output.target_size(), &masks)?;
        let UVec2 { x, y } = laid_output.size;
        resolved.push((laid_output, Canvas::new(gpu, x, y)?));
    }
    anyhow::ensure!(!resolved.is_empty(), "{} has no outputs", path.display());
    let first = resolved[0].0.clone();
    // An id that no output has: it must not share their snapshots.
    let id = OutputId(resolved.len() as u32);
    let straight = ResolvedOutput { id, ..ResolvedOutput::plain(first.size) };
    let mut straight_player = player.clone();
    // As many pixels of wall a face.
    straight_player.set_wall_aspect(straight.wall_aspect)?;
    let blit = BlitPass::new(gpu, first.size.x, first.size.y);
    let (mut one_ms, mut straight_ms, mut blit_ms, mut all_ms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // In turn, so that whatever else the machine does falls on all.
    for frame in 0..frames + 3 {
        let secs = 1.0 + frame as f64 / 60.0;
        let (plan, straight_plan) = (player.frame(secs), straight_player.frame(secs));
        let canvas = &resolved[0].1;
        let mut times = [0.0; 4];
        renderer.draw_output(gpu, Plans::of_wall(&plan), &first, canvas)?;
        let started = Instant::now();
        renderer.draw_output(gpu, Plans::of_wall(&plan), &first, canvas)?;
        times[0] = ms(started);
        renderer.draw_output(gpu, Plans::of_wall(&straight_plan), &straight, canvas)?;
        let started = Instant::now();
        renderer.draw_output(gpu, Plans::of_wall(&straight_plan), &straight, canvas)?;
        times[1] = ms(started);
        blit.draw(gpu, canvas)?;
        let started = Instant::now();
        blit.draw(gpu, canvas)?;
        times[2] = ms(started);
        for (resolved, canvas) in &resolved {
            renderer.draw_output(gpu, Plans::of_wall(&plan), resolved, canvas)?;
        }
        let started = Instant::now();
        for (resolved, canvas) in &resolved {
            renderer.draw_output(gpu, Plans::of_wall(&plan), resolved, canvas)?;
        }
        times[3] = ms(started);
        if frame >= 3 {
            for (all, ms) in [&mut one_ms, &mut straight_ms, &mut blit_ms, &mut all_ms].into_iter().zip(times) {
                all.push(ms);
            }
        }
    }
    let [output_ms, straight_ms, blit_ms, all_ms] = [one_ms, straight_ms, blit_ms, all_ms].map(median);
    Ok(MeasuredStage {
        output_ms,
        straight_ms,
        blit_ms,
        added_blits: (output_ms - straight_ms) / blit_ms,
        outputs: resolved.len(),
        all_ms,
        times_one: all_ms / output_ms,
    })
}
