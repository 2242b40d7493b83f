//! Packs rows and sprites into the words of cells that the wall pass reads.

use bytemuck::Zeroable as _;
use glam::DVec2;

use super::super::Gpu;
use super::super::atlas::{AtlasEntry, EntrySize};
use super::super::tiles::Tiles;
use super::super::tone_terms::ToneTerms;
use super::super::wall_pass::{FrameUniform, WallDraw};
use super::Renderer;
use super::paint_steps::{LayerBlend, PaintContext, PaintStep};
use millions_frame::{SpriteLayer, WallLayer};
use millions_stage::{MaskTexel, ResolvedSurface, Scale};
use millions_wall::strips;
use millions_wall::tone::PortraitTone;
use millions_wall::{EMPTY_CELL, Flow};

/// The words of the cells of one draw; see `shaders/wall.wgsl`.
#[derive(Default)]
pub(super) struct CellData {
    cells: Vec<u32>,
    details: Vec<u32>,
    tone_terms: ToneTerms,
}

impl CellData {
    fn clear(&mut self) {
        self.cells.clear();
        self.details.clear();
    }

    /// Adds a cell's first word and its detail; an entry that is not there is of size `wanted`.
    fn push(&mut self, entry: Option<AtlasEntry>, wanted: EntrySize, presence: f32) {
        self.cells.push(entry.map_or(0, |entry| entry.x | entry.y << 11 | entry.layer << 22));
        let size = entry.map_or(wanted, |entry| entry.size);
        self.details.push(size.width.min(2047) | size.height.min(2047) << 11 | unorm10(presence) << 22);
    }
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
        let people = plan.people();
        let tones = tiles.tones(&people);
        let tone_of = |person: u32| people.binary_search(&person).ok().and_then(|place| tones.get(place));
        let first_size =
            entry_size(tiles, surface, grid.tile(plan.rows[0].height).into(), plan.middle(&plan.rows[0], 0));
        let mut has_details = over || !layer.presence.is_empty() || matches!(surface.scale, Scale::Varying(_));
        data.clear();
        for row in &plan.rows {
            let tile = DVec2::from(grid.tile(row.height));
            for column in 0..row.columns {
                let place = row.first + column;
                let person = plan.cells[place];
                let middle = plan.middle(row, column);
                let is_here = person != EMPTY_CELL && is_on(surface, tile, middle);
                let size = entry_size(tiles, surface, tile, middle);
                let entry = if is_here { tiles.entry(person, size) } else { None };
                has_details |= entry.map_or(is_here || person == EMPTY_CELL, |entry| entry.size != first_size);
                let presence = if entry.is_some() { layer.presence.get(place).copied().unwrap_or(1.0) } else { 0.0 };
                data.push(entry, size, presence);
                if over {
                    let turned = tile_flip.map_or(1.0, |tile_flip| {
                        let brightness = tone_of(person).map_or(0.5, PortraitTone::brightness);
                        tile_flip.at(person, brightness, middle, grid.aspect)
                    });
                    let opacity = if turned > 0.0 { opacity } else { 0.0 };
                    data.details.push(unorm10(opacity) | unorm10(turned) << 10 | 1 << 20);
                }
            }
        }
        data.tone_terms.pack(&layer.look, &people, &tones, &plan.cells, &layer.reveal);
        let draw = WallDraw {
            frame: FrameUniform {
                entry_size: [first_size.width, first_size.height].map(|texels| texels as f32 * 256.0),
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
        let in_cells: Vec<_> = layer.sprites.iter().map(|sprite| sprite.person).collect();
        let mut people = in_cells.clone();
        people.sort_unstable();
        people.dedup();
        let tones = tiles.tones(&people);
        data.clear();
        let wall = DVec2::new(context.wall_aspect, 1.0);
        let scale = surface.scale.at(DVec2::ZERO);
        let mut vertices = Vec::with_capacity(layer.sprites.len() * 6);
        for (cell, sprite) in (0..).zip(&layer.sprites) {
            let size = entry_size(tiles, surface, sprite.wanted_size(), (sprite.corners[0] + sprite.corners[1]) / 2.0);
            let entry = tiles.entry(sprite.person, size);
            data.push(entry, size, if entry.is_some() { sprite.intensity } else { 0.0 });
            data.details.push(unorm10(sprite.opacity * opacity) | 1023 << 10);
            vertices.extend(strips::place(&surface.quads, wall, sprite.corners, sprite.feather, cell, scale));
        }
        data.tone_terms.pack(&layer.look, &people, &tones, &in_cells, &[]);
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

/// The atlas entry size of a tile on a surface; `tile` and `middle` are its size and centre in wall coordinates.
pub(super) fn entry_size(tiles: &Tiles, surface: &ResolvedSurface, tile: DVec2, middle: DVec2) -> EntrySize {
    match &surface.scale {
        Scale::Uniform(scale) => tiles.entry_size(tile * *scale),
        varying => {
            let [low, high] = surface.part_in_wall;
            tiles.stepped_entry_size(tile * varying.at(middle.clamp(low, high)))
        }
    }
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

/// Quantises 0 to 1 to 10 bits.
fn unorm10(value: f32) -> u32 {
    (value.clamp(0.0, 1.0) * 1023.0).round() as u32
}
