//! From a frame plan to a picture. See [`Renderer`].

use std::sync::Arc;

use super::chart_pass::ChartPass;
use super::lights::Lights;
use super::text_pass::{Caption, TextPass};
use super::tiles::{Tiles, TilesReport};
use super::wall_pass::{FrameUniform, WallDraw, WallPass};
use super::{Canvas, Gpu, GpuError};
use crate::show::FramePlan;
use crate::tile::TileSource;
use crate::tone::ToneUniform;
use crate::wall::NOBODY;
use crate::wall::strips::{self, MeshQuad};

/// Whether a frame may be drawn before all its tiles are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// A live frame: draws with what it has, and says what was short.
    Live,
    /// A still or a film: waits for every tile.
    Complete,
}

/// What a frame failed to show, and what it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameReport {
    /// Different people on the wall.
    pub people: usize,
    /// See [`TilesReport`].
    pub tiles: TilesReport,
}

/// Passes, pages and tiles for outputs of one size and format.
pub struct Renderer {
    tiles: Tiles,
    wall: WallPass,
    /// Made when it is first wanted.
    chart: Option<ChartPass>,
    format: wgpu::TextureFormat,
    text: TextPass,
    output_px: u64,
    /// Words of the cells and their details; kept from frame to frame for their memory alone.
    cells: Vec<u32>,
    details: Vec<u32>,
    lights: Lights,
    step: f32,
}

impl Renderer {
    /// A renderer of tiles from `source` to targets of `format`, of about `width` × `height` pixels.
    #[must_use]
    pub fn new(gpu: &Gpu, source: Arc<dyn TileSource>, format: wgpu::TextureFormat, width: u32, height: u32) -> Self {
        let output_px = u64::from(width) * u64::from(height);
        let tiles = Tiles::new(gpu, source, output_px);
        let wall = WallPass::new(gpu, tiles.pages(), format);
        let text = TextPass::new(gpu, format);
        // Dithered in the steps of the output itself.
        let step = if format == wgpu::TextureFormat::Rgb10a2Unorm { 1.0 / 1023.0 } else { 1.0 / 255.0 };
        let lights = Lights::default();
        Self { tiles, wall, chart: None, format, text, output_px, cells: Vec::new(), details: Vec::new(), lights, step }
    }

    /// Whether an output of that size has outgrown the pages, and the renderer should be made anew.
    #[must_use]
    pub fn is_outgrown(&self, width: u32, height: u32) -> bool {
        u64::from(width) * u64::from(height) > self.output_px * 2
    }

    /// Draws a plan over the whole of a target and submits it.
    ///
    /// `upcoming` are people whom a live wall will show soon. `caption` is written over the picture.
    pub fn draw(
        &mut self,
        gpu: &Gpu,
        plan: &FramePlan,
        upcoming: &[u32],
        caption: Option<&Caption>,
        (target, width, height): (&wgpu::TextureView, u32, u32),
        patience: Patience,
    ) -> FrameReport {
        let grid = &plan.wall.grid;
        let tile_px = grid.tile_px(f64::from(height));
        let size = self.tiles.slot_size(tile_px);
        let people = plan.wall.people();
        let tiles = match patience {
            Patience::Live => self.tiles.bring_some(gpu, &people, upcoming, size),
            Patience::Complete => self.tiles.bring_all(gpu, &people, size),
        };
        let somebody_is_missing = tiles.unreadable > 0 || plan.wall.cells.contains(&NOBODY);
        let uneven = tiles.below_wanted > 0 || somebody_is_missing || !plan.presence.is_empty();
        self.cells.clear();
        self.details.clear();
        for (index, person) in plan.wall.cells.iter().enumerate() {
            let slot = if *person == NOBODY { None } else { self.tiles.slot(*person, size) };
            self.cells.push(slot.map_or(0, |slot| slot.x | slot.y << 11 | slot.page << 22));
            if uneven {
                let presence = if slot.is_some() { plan.presence.get(index).copied().unwrap_or(1.0) } else { 0.0 };
                let presence = (presence.clamp(0.0, 1.0) * 1023.0).round() as u32;
                let own = slot.map_or(size, |slot| slot.size);
                self.details.push(own.width.min(2047) | own.height.min(2047) << 11 | presence << 22);
            }
        }
        let tones = self.tiles.tones(&people);
        self.lights.pack(&plan.look, &people, &tones, &plan.wall.cells, &plan.reveal);
        let narrow = |[x, y]: [f64; 2]| [x as f32, y as f32];
        // Film runs at 24 pictures a second, and so does its grain. Only the low bits matter.
        let grain_picture = (plan.time_secs * 24.0).floor().rem_euclid(65_536.0) as u32;
        let draw = WallDraw {
            frame: FrameUniform {
                slot_size: [size.width, size.height].map(|texels| texels as f32 * 256.0),
                cell_in_tiles: narrow(grid.tile_in_cell().map(f64::recip)),
                tile_px: narrow(tile_px),
                light: plan.light,
                step: self.step,
                grain_seed: grain_picture.wrapping_mul(0x27d4_eb2f),
                padding: 0,
            },
            tone: ToneUniform::new(&plan.look, &plan.projection),
            vertices: &strips::cut(&[MeshQuad::whole(grid.aspect)], &plan.wall),
            cells: &self.cells,
            details: uneven.then_some(&self.details[..]),
            lights: self.lights.words(),
            light_mode: self.lights.mode(),
            shows_color: self.lights.needs_chroma(),
        };
        self.wall.prepare(gpu, &draw);
        if plan.chart {
            let chart = self.chart.get_or_insert_with(|| ChartPass::new(gpu, self.format));
            chart.prepare(gpu, &plan.projection, self.step);
        }
        let captioned = caption.is_some_and(|caption| self.text.prepare(gpu, caption, width, height));
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = begin_black(&mut encoder, target);
            // In a blackout nothing is drawn at all: black is the clear, not a product.
            if plan.light > 0.0 {
                self.wall.draw(&mut pass, &draw);
            }
            if let (Some(chart), true) = (&self.chart, plan.chart) {
                chart.draw(&mut pass, width, height);
            }
            if captioned {
                self.text.draw(&mut pass);
            }
        }
        gpu.queue.submit([encoder.finish()]);
        FrameReport { people: people.len(), tiles }
    }

    /// Draws a complete frame to a canvas and waits until it is there.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw_complete(&mut self, gpu: &Gpu, plan: &FramePlan, canvas: &Canvas) -> Result<FrameReport, GpuError> {
        let (width, height) = canvas.size();
        let report = self.draw(gpu, plan, &[], None, (&canvas.view(), width, height), Patience::Complete);
        gpu.wait()?;
        Ok(report)
    }
}

/// Begins a pass over a target that is black until something is drawn.
pub(super) fn begin_black<'e>(
    encoder: &'e mut wgpu::CommandEncoder,
    target: &wgpu::TextureView,
) -> wgpu::RenderPass<'e> {
    encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("wall"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: target,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
        })],
        depth_stencil_attachment: None,
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    })
}
