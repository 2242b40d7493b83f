//! Packs rows and sprites into the words of cells that the wall pass reads.

use bytemuck::Zeroable as _;
use glam::DVec2;

use super::super::Gpu;
use super::super::slots::{Level, MIPS, Slot};
use super::super::tiles::{TileRequest, Tiles};
use super::super::tone_terms::ToneTerms;
use super::super::wall_pass::{FrameUniform, WallDraw};
use super::Renderer;
use super::paint_steps::{LayerBlend, PaintContext, PaintStep};
use millions_frame::{SpriteLayer, WallLayer};
use millions_stage::{MaskTexel, ResolvedSurface};
use millions_wall::strips;
use millions_wall::tone::PortraitTone;
use millions_wall::{EMPTY_CELL, Flow};

/// The words of the cells of one draw, one of each a cell; see `shaders/wall.wgsl`.
#[derive(Default)]
pub(super) struct CellData {
    cells: Vec<u32>,
    details: Vec<u32>,
    tones: Vec<Option<PortraitTone>>,
    tone_terms: ToneTerms,
}

impl CellData {
    fn clear(&mut self) {
        self.cells.clear();
        self.details.clear();
        self.tones.clear();
    }

    /// Adds a cell.
    fn push(&mut self, slot: Option<Slot>, wanted_log2: u32, detail: u32, tone: Option<PortraitTone>) {
        self.cells.push(slot.map_or(0, |slot| cell_word(slot, wanted_log2)));
        self.details.push(detail);
        self.tones.push(tone);
    }
}

/// Packs a slot, and the mip of it that is wanted, into a cell's word; see `shaders/wall.wgsl`.
fn cell_word(Slot { layer, x, y, level }: Slot, wanted_log2: u32) -> u32 {
    let floor = Level::FLOOR.side();
    let mip = level.side().ilog2().saturating_sub(wanted_log2).min(MIPS - 1);
    (x / floor) | ((y / floor) << 7) | (layer << 14) | ((level.index() as u32) << 22) | (mip << 25)
}

impl Renderer {
    /// Uploads the rows of a plan.
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
        let mut has_details = over || !layer.presence.is_empty();
        data.clear();
        for row in &plan.rows {
            let tile = DVec2::from(grid.tile(row.height));
            for column in 0..row.columns {
                let place = row.first + column;
                let person = plan.cells[place];
                let middle = plan.middle(row, column);
                let tone = (person != EMPTY_CELL).then(|| tiles.tone(person));
                let is_here = person != EMPTY_CELL && is_on(surface, tile, middle);
                let wanted_log2 = wanted_log2(tiles, surface, tile, middle);
                let slot = if is_here { tiles.slot(person, Level::of_log2(wanted_log2)) } else { None };
                has_details |= slot.is_none() && (is_here || person == EMPTY_CELL);
                let presence = if slot.is_some() { layer.presence.get(place).copied().unwrap_or(1.0) } else { 0.0 };
                let mut detail = unorm10(presence);
                if over {
                    let turned = tile_flip.map_or(1.0, |tile_flip| {
                        let brightness = tone.as_ref().map_or(0.5, PortraitTone::brightness);
                        tile_flip.at(person, brightness, middle, grid.aspect)
                    });
                    let opacity = if turned > 0.0 { opacity } else { 0.0 };
                    detail |= (unorm10(opacity) << 10) | (unorm10(turned) << 20) | IN_ROWS;
                }
                data.push(slot, wanted_log2, detail, tone);
            }
        }
        data.tone_terms.pack(&layer.look, &data.tones, &layer.reveal);
        let draw = WallDraw {
            frame: FrameUniform {
                cell_in_tiles: grid.tile_in_cell().map(|part| part.recip() as f32),
                light: intensity * layer.intensity,
                columns: u32::from(grid.flow == Flow::Columns),
                ..frame_uniform(context, *step)
            },
            tone: context.resolved.output.colour.tone(&layer.look),
            vertices: &strips::cut(&surface.quads, plan, surface.scale.at(DVec2::ZERO)),
            cells: &data.cells,
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
        data.clear();
        let wall = DVec2::new(context.wall_aspect, 1.0);
        let scale = surface.scale.at(DVec2::ZERO);
        let mut vertices = Vec::with_capacity(layer.sprites.len() * 6);
        for (cell, sprite) in (0..).zip(&layer.sprites) {
            let [low, high] = sprite.corners;
            let wanted_log2 = wanted_log2(tiles, surface, high - low, (low + high) / 2.0);
            let slot = tiles.slot(sprite.person, Level::of_log2(wanted_log2));
            let presence = if slot.is_some() { sprite.intensity } else { 0.0 };
            let detail = unorm10(presence) | (unorm10(sprite.opacity * opacity) << 10) | (unorm10(1.0) << 20);
            data.push(slot, wanted_log2, detail, Some(tiles.tone(sprite.person)));
            vertices.extend(strips::place(&surface.quads, wall, sprite.corners, sprite.feather, cell, scale));
        }
        data.tone_terms.pack(&layer.look, &data.tones, &[]);
        let draw = WallDraw {
            frame: FrameUniform { cell_in_tiles: [1.0; 2], light: intensity, ..frame_uniform(context, *step) },
            tone: context.resolved.output.colour.tone(&layer.look),
            vertices: &vertices,
            cells: &data.cells,
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

/// The request for a tile on a surface; `tile` and `middle` are its size and centre in wall coordinates.
pub(super) fn request(
    tiles: &Tiles,
    surface: &ResolvedSurface,
    person: u32,
    tile: DVec2,
    middle: DVec2,
) -> TileRequest {
    TileRequest { person, level: Level::of_log2(wanted_log2(tiles, surface, tile, middle)) }
}

/// The side that a tile on a surface wants, as a power of two.
fn wanted_log2(tiles: &Tiles, surface: &ResolvedSurface, tile: DVec2, middle: DVec2) -> u32 {
    let [low, high] = surface.part_in_wall;
    tiles.wanted_log2(tile * surface.scale.at(middle.clamp(low, high)))
}

/// Whether a tile is on a surface, at least partly.
pub(super) fn is_on(surface: &ResolvedSurface, tile: DVec2, middle: DVec2) -> bool {
    let [low, high] = surface.part_in_wall;
    (middle + tile / 2.0).cmpgt(low).all() && (middle - tile / 2.0).cmplt(high).all()
}

/// What all draws on a surface have in common; the rest is 0.
fn frame_uniform(context: &PaintContext, step: f32) -> FrameUniform {
    let MaskTexel { gain, black_offset, coverage } =
        context.surface.uniform_regions.as_ref().map_or_else(MaskTexel::default, |even| even.texel);
    let (grain_seed, mask_origin) = (grain_seed(context.time_secs), context.mask_origin);
    FrameUniform { step, grain_seed, mask_origin, gain, black_offset, coverage, ..FrameUniform::zeroed() }
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
