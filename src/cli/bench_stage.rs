//! `millions bench --stage`: the cost of warps, masks and edge blends, and of several outputs in one frame.

use std::fmt;
use std::path::Path;

use glam::UVec2;
use serde::Serialize;

use super::bench::{medians, second_ms};
use crate::app::FolderFiles;
use millions_base::{Disk, printable_path};
use millions_gpu::{BlitPass, Canvas, Gpu, Plans, Renderer};
use millions_show::Player;
use millions_stage::{OutputId, ResolvedOutput, Stage};

/// The results; times are medians.
#[derive(Serialize)]
pub struct MeasuredStage {
    /// The first output.
    output_ms: f64,
    /// The same part of the wall on a target of that size, without warp and mask.
    straight_ms: f64,
    blit_ms: f64,
    /// The cost of the stage's warps and masks, in blits.
    added_blits: f64,
    outputs: usize,
    all_ms: f64,
    /// All outputs in a frame, in times of one.
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
    player.set_wall(stage.aspect, None)?;
    let mut resolved = Vec::new();
    for output in &stage.outputs {
        let output = stage.resolve(output.id, output.target_size(), &masks)?;
        let UVec2 { x, y } = output.size;
        resolved.push((output, Canvas::new(gpu, x, y)?));
    }
    anyhow::ensure!(!resolved.is_empty(), "{} has no outputs", printable_path(path));
    let first = resolved[0].0.clone();
    // An id that no output has: it must not share their snapshots.
    let id = OutputId(resolved.len() as u32);
    let straight = ResolvedOutput { id, ..ResolvedOutput::plain(first.size) };
    let mut straight_player = player.clone();
    // A face has as many pixels.
    straight_player.set_wall(straight.wall_aspect, None)?;
    let mut blit = BlitPass::new(gpu, first.size.x, first.size.y);
    let [output_ms, straight_ms, blit_ms, all_ms] = medians(frames, |secs, times: &mut [f64; 4]| {
        let (plan, straight_plan) = (player.frame(1.0 + secs), straight_player.frame(1.0 + secs));
        let canvas = &resolved[0].1;
        let mut draw = |plan, output, canvas| renderer.draw_output(gpu, Plans::of_wall(plan), output, canvas).map(drop);
        times[0] = second_ms(|| draw(&plan, &first, canvas))?;
        times[1] = second_ms(|| draw(&straight_plan, &straight, canvas))?;
        times[2] = second_ms(|| blit.draw(gpu, canvas))?;
        times[3] = second_ms(|| resolved.iter().try_for_each(|(output, canvas)| draw(&plan, output, canvas)))?;
        Ok(())
    })?;
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
