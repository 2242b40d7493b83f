//! Draws rows and sprites: the data of their cells that the wall pass reads.

use bytemuck::Zeroable as _;
use glam::DVec2;

use super::super::Gpu;
use super::super::tone_terms::ToneTerms;
use super::super::wall_pass::{FrameUniform, WallDraw};
use super::Renderer;
use super::paint_steps::{LayerBlend, PaintContext, PaintStep};
use millions_frame::{Sprite, SpriteLayer, TileFlip, WallLayer};
use millions_stage::MaskTexel;
use millions_wall::strips::{self, StripCells};
use millions_wall::tone::PortraitTone;
use millions_wall::{EMPTY_CELL, Flow, RowPlan};

/// The data of the cells of one draw; see `shaders/wall.wgsl`.
#[derive(Default)]
pub(super) struct CellData {
    details: Vec<u32>,
    tone_terms: ToneTerms,
}

impl Renderer {
    /// Uploads the rows of a plan, which are in the table of cells already. A steady wall in black and white has no data of its
    /// cells: then this takes time for each row alone.
    pub(super) fn prepare_rows(
        &mut self,
        gpu: &Gpu,
        layer: &WallLayer,
        context: &PaintContext,
        &LayerBlend { over, opacity, tile_flip, intensity }: &LayerBlend,
    ) -> PaintStep {
        let Self { tiles, wall: pass, cell_data: data, step, .. } = self;
        let (plan, grid) = (&layer.wall, &layer.wall.grid);
        let surface = context.surface;
        data.details.clear();
        let has_details = over || !layer.presence.is_empty();
        if has_details {
            let mut cells = plan.rows.iter().flat_map(|row| row.window().enumerate().map(move |cell| (row, cell)));
            data.details.extend(cells.by_ref().enumerate().map(|(place, (row, (column, person)))| {
                let detail = unorm10(layer.presence.get(place).copied().unwrap_or(1.0));
                if !over {
                    return detail;
                }
                let turned = tile_flip.filter(|_| person != EMPTY_CELL).map_or(1.0, |tile_flip: TileFlip| {
                    tile_flip.at(person, || tiles.tone(person).brightness(), plan.middle(row, column), grid.aspect)
                });
                let opacity = if turned > 0.0 { opacity } else { 0.0 };
                detail | (unorm10(opacity) << 10) | (unorm10(turned) << 20) | IN_ROWS
            }));
        }
        let people = || plan.cells().filter(|person| *person != EMPTY_CELL);
        let is_corrected = !layer.stops.is_empty()
            || tiles.has_corrections() && people().any(|person| tiles.tone(person).stops != 0.0);
        data.tone_terms.begin(&layer.look, &layer.reveal, || is_corrected);
        if data.tone_terms.mode().is_per_cell() {
            let stops = layer.stops.iter().copied().chain(std::iter::repeat(0.0));
            let tones = plan.cells().zip(stops).map(|(person, stops)| {
                let tone = (person != EMPTY_CELL).then(|| tiles.tone(person))?;
                Some(PortraitTone { stops: tone.stops + stops, ..tone })
            });
            data.tone_terms.pack(&layer.look, tones, &layer.reveal);
        }
        let scale = surface.scale.at(DVec2::ZERO);
        let sampling = tiles.sampling();
        let cells = |row: &RowPlan| StripCells {
            loop_first: tiles.first_word(&row.cells),
            length: row.cells.len() as u32,
            start: row.start as u32,
            window_first: row.first as u32,
            wanted_log2: sampling.read_log2(DVec2::from(grid.tile(row.height)) * scale, plan.zooms),
        };
        let cells: Vec<_> = plan.rows.iter().map(cells).collect();
        let period = grid.tile_in_cell().map(|part| part.recip() as f32);
        let vertices = strips::cut(&surface.quads, plan, scale, &cells, |person| tiles.drawn_word(person));
        let draw = WallDraw {
            frame: FrameUniform {
                cell_in_tiles: period,
                period,
                light: intensity * layer.intensity,
                columns: u32::from(grid.flow == Flow::Columns),
                texels_a_pixel: sampling.texels_a_pixel as f32,
                ..frame_uniform(context, *step)
            },
            tone: context.resolved.output.colour.tone(&layer.look),
            vertices: &vertices,
            cells: tiles.cell_buffer(),
            details: has_details.then_some(&data.details[..]),
            over,
            mask: context.mask,
            regions: surface.uniform_regions.as_deref(),
            size: context.resolved.size,
            tone_terms: &data.tone_terms,
        };
        PaintStep::Wall(pass.prepare(gpu, &draw))
    }

    /// Uploads sprites.
    pub(super) fn prepare_sprites(
        &mut self,
        gpu: &Gpu,
        layer: &SpriteLayer,
        context: &PaintContext,
        &LayerBlend { opacity, intensity, .. }: &LayerBlend,
    ) -> PaintStep {
        let Self { tiles, wall: pass, cell_data: data, step, .. } = self;
        let surface = context.surface;
        data.details.clear();
        let wall = DVec2::new(context.wall_aspect, 1.0);
        let scale = surface.scale.at(DVec2::ZERO);
        let sampling = tiles.sampling();
        let mut vertices = Vec::with_capacity(layer.sprites.len() * 6);
        for (cell, sprite) in (0..).zip(&layer.sprites) {
            let [low, high] = sprite.corners;
            let detail = unorm10(sprite.intensity) | (unorm10(sprite.opacity * opacity) << 10) | (unorm10(1.0) << 20);
            data.details.push(detail);
            let read_log2 = |changes| sampling.read_log2((high - low) * scale, changes);
            let wanted_log2 = read_log2(true) + (read_log2(false) - read_log2(true)) * sprite.settled;
            let cells = StripCells::single(tiles.drawn_word(sprite.person), cell, wanted_log2);
            // As soft at its edges as a tile in a row is.
            let beyond = f64::from(sprite.settled);
            vertices.extend(strips::place(&surface.quads, wall, sprite.corners, sprite.feather, cells, scale, beyond));
        }
        let tone = |sprite: &Sprite| {
            let tone = tiles.tone(sprite.person);
            PortraitTone { stops: tone.stops + sprite.stops, ..tone }
        };
        let tones: Vec<_> = layer.sprites.iter().map(tone).collect();
        data.tone_terms.begin(&layer.look, &[], || tones.iter().any(|tone: &PortraitTone| tone.stops != 0.0));
        if data.tone_terms.mode().is_per_cell() {
            data.tone_terms.pack(&layer.look, tones.into_iter().map(Some), &[]);
        }
        let draw = WallDraw {
            frame: FrameUniform {
                cell_in_tiles: [1.0; 2],
                period: [1e9; 2],
                light: intensity,
                texels_a_pixel: sampling.texels_a_pixel as f32,
                ..frame_uniform(context, *step)
            },
            tone: context.resolved.output.colour.tone(&layer.look),
            vertices: &vertices,
            cells: tiles.cell_buffer(),
            details: Some(&data.details[..]),
            over: true,
            mask: context.mask,
            regions: surface.uniform_regions.as_deref(),
            size: context.resolved.size,
            tone_terms: &data.tone_terms,
        };
        PaintStep::Wall(pass.prepare(gpu, &draw))
    }
}

/// What all draws on a surface have in common; the rest is 0.
fn frame_uniform(context: &PaintContext, step: f32) -> FrameUniform {
    let MaskTexel { gain, black_offset, coverage } =
        context.surface.uniform_regions.as_ref().map_or_else(MaskTexel::default, |even| even.texel);
    let (grain_seed, mask_origin) = (grain_seed(context.time_secs), context.mask_origin);
    let target_origin = context.resolved.origin.as_ivec2().to_array();
    FrameUniform {
        step,
        grain_seed,
        mask_origin,
        target_origin,
        gain,
        black_offset,
        coverage,
        ..FrameUniform::zeroed()
    }
}

/// Grain changes 24 times a second, as on film. Only the low bits of the count matter.
fn grain_seed(time_secs: f64) -> u32 {
    let picture = (time_secs * 24.0).floor().rem_euclid(65_536.0) as u32;
    picture.wrapping_mul(0x27d4_eb2f)
}

/// The bit of a cell's detail that says that it is one of rows, and no sprite.
const IN_ROWS: u32 = 1 << 30;

/// Quantises 0 to 1 to 10 bits.
fn unorm10(value: f32) -> u32 {
    (value.clamp(0.0, 1.0) * 1023.0).round() as u32
}
