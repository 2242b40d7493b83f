//! Plans of people as words of cells: who stands in rows, and who stands outside them.

use bytemuck::Zeroable as _;
use glam::DVec2;

use super::super::Gpu;
use super::super::atlas::EntrySize;
use super::super::tiles::Tiles;
use super::super::wall_pass::{FrameUniform, WallDraw};
use super::stack::PaintContext;
use super::{Renderer, Scratch};
use millions_frame::{SpriteLayer, TileFlip, WallLayer};
use millions_stage::{MaskTexel, ResolvedSurface, Scale};
use millions_wall::strips;
use millions_wall::tone::PortraitTone;
use millions_wall::{Flow, NOBODY};

impl Renderer {
    pub(super) fn prepare_wall(
        &mut self,
        gpu: &Gpu,
        number: usize,
        layer: &WallLayer,
        spot: &PaintContext,
        (over, opacity, tile_flip, light): (bool, f32, Option<TileFlip>, f32),
    ) {
        let Self { tiles, wall: pass, scratch, step, .. } = self;
        let Scratch { cells, details, lights } = scratch;
        let (plan, grid) = (&layer.wall, &layer.wall.grid);
        let surface = spot.surface;
        let people = plan.people();
        let tones = tiles.tones(&people);
        let tone_of = |person: u32| people.binary_search(&person).ok().and_then(|place| tones.get(place));
        let first_size =
            entry_size(tiles, surface, grid.tile(plan.rows[0].height).into(), plan.middle(&plan.rows[0], 0));
        let mut uneven = over || !layer.presence.is_empty() || matches!(surface.scale, Scale::Varying(_));
        cells.clear();
        details.clear();
        for row in &plan.rows {
            let tile = DVec2::from(grid.tile(row.height));
            for column in 0..row.columns {
                let place = row.first + column;
                let person = plan.cells[place];
                let middle = plan.middle(row, column);
                // Who stands on another surface has no part in this one.
                let is_here = person != NOBODY && shows(surface, tile, middle);
                let size = entry_size(tiles, surface, tile, middle);
                let entry = if is_here { tiles.entry(person, size) } else { None };
                cells.push(entry.map_or(0, |entry| entry.x | entry.y << 11 | entry.page << 22));
                uneven |= entry.map_or(is_here || person == NOBODY, |entry| entry.size != first_size);
                let presence = if entry.is_some() { layer.presence.get(place).copied().unwrap_or(1.0) } else { 0.0 };
                let own = entry.map_or(size, |entry| entry.size);
                details.push(own.width.min(2047) | own.height.min(2047) << 11 | ten_bits(presence) << 22);
                if over {
                    let turned = tile_flip.map_or(1.0, |tile_flip| {
                        let brightness = tone_of(person).map_or(0.5, PortraitTone::brightness);
                        tile_flip.at(person, brightness, middle, grid.aspect)
                    });
                    let covers = if turned > 0.0 { opacity } else { 0.0 };
                    details.push(ten_bits(covers) | ten_bits(turned) << 10 | 1 << 20);
                }
            }
        }
        lights.pack(&layer.look, &people, &tones, &plan.cells, &layer.reveal);
        let draw = WallDraw {
            frame: FrameUniform {
                entry_size: [first_size.width, first_size.height].map(|texels| texels as f32 * 256.0),
                cell_in_tiles: grid.tile_in_cell().map(|part| part.recip() as f32),
                light: light * layer.light,
                columns: u32::from(grid.flow == Flow::Columns),
                ..frame_of(spot, *step)
            },
            tone: spot.resolved.output.colour.tone(&layer.look),
            vertices: &strips::cut(&surface.quads, plan, surface.scale.at(DVec2::ZERO)),
            cells,
            details: uneven.then_some(&details[..]),
            over,
            map: spot.map,
            even: surface.uniform_regions.as_deref(),
            size: spot.resolved.size,
            lights: lights.words(),
            light_mode: lights.mode(),
            shows_color: lights.needs_chroma(),
        };
        pass.prepare(gpu, number, &draw);
    }

    pub(super) fn prepare_people(
        &mut self,
        gpu: &Gpu,
        number: usize,
        layer: &SpriteLayer,
        spot: &PaintContext,
        (opacity, light): (f32, f32),
    ) {
        let Self { tiles, wall: pass, scratch, step, .. } = self;
        let Scratch { cells, details, lights } = scratch;
        let surface = spot.surface;
        let standing: Vec<_> = layer.sprites.iter().map(|sprite| sprite.person).collect();
        let mut people = standing.clone();
        people.sort_unstable();
        people.dedup();
        let tones = tiles.tones(&people);
        cells.clear();
        details.clear();
        let wall = DVec2::new(spot.wall_aspect, 1.0);
        let mut vertices = Vec::with_capacity(layer.sprites.len() * 6);
        for (index, sprite) in layer.sprites.iter().enumerate() {
            let size = entry_size(tiles, surface, sprite.wanted_size(), (sprite.place[0] + sprite.place[1]) / 2.0);
            let entry = tiles.entry(sprite.person, size);
            cells.push(entry.map_or(0, |entry| entry.x | entry.y << 11 | entry.page << 22));
            let own = entry.map_or(size, |entry| entry.size);
            let shown = if entry.is_some() { sprite.light } else { 0.0 };
            details.push(own.width.min(2047) | own.height.min(2047) << 11 | ten_bits(shown) << 22);
            details.push(ten_bits(sprite.opacity * opacity) | 1023 << 10);
            // A plan has at most 400,000 cells.
            let cell = index as u32;
            let scale = surface.scale.at(DVec2::ZERO);
            vertices.extend(strips::place(&surface.quads, wall, sprite.place, sprite.feather, cell, scale));
        }
        lights.pack(&layer.look, &people, &tones, &standing, &[]);
        let draw = WallDraw {
            frame: FrameUniform { cell_in_tiles: [1.0; 2], light, ..frame_of(spot, *step) },
            tone: spot.resolved.output.colour.tone(&layer.look),
            vertices: &vertices,
            cells,
            details: Some(&details[..]),
            over: true,
            map: spot.map,
            even: surface.uniform_regions.as_deref(),
            size: spot.resolved.size,
            lights: lights.words(),
            light_mode: lights.mode(),
            shows_color: lights.needs_chroma(),
        };
        pass.prepare(gpu, number, &draw);
    }
}

/// The size of the slot of a tile on a surface; `tile` and `middle` are its size and place in wall coordinates.
pub(super) fn entry_size(tiles: &Tiles, surface: &ResolvedSurface, tile: DVec2, middle: DVec2) -> EntrySize {
    match &surface.scale {
        Scale::Uniform(scale) => tiles.size_of(tile * *scale),
        varying => {
            let [low, high] = surface.part_in_wall;
            tiles.step_of(tile * varying.at(middle.clamp(low, high)))
        }
    }
}

/// Whether some of a tile is on a surface.
pub(super) fn shows(surface: &ResolvedSurface, tile: DVec2, middle: DVec2) -> bool {
    let [low, high] = surface.part_in_wall;
    (middle + tile / 2.0).cmpgt(low).all() && (middle - tile / 2.0).cmplt(high).all()
}

/// What every draw of people on a surface has in common; the rest is 0.
fn frame_of(spot: &PaintContext, step: f32) -> FrameUniform {
    let MaskTexel { gain: weight, black_offset: lift, coverage: cover } =
        spot.surface.uniform_regions.as_ref().map_or_else(MaskTexel::default, |regions| regions.texel);
    let (grain_seed, map_origin) = (grain_seed(spot.time_secs), spot.map_origin);
    FrameUniform { step, grain_seed, map_origin, weight, lift, cover, ..FrameUniform::zeroed() }
}

/// Film runs at 24 pictures a second, and so does its grain. Only the low bits matter.
fn grain_seed(time_secs: f64) -> u32 {
    let picture = (time_secs * 24.0).floor().rem_euclid(65_536.0) as u32;
    picture.wrapping_mul(0x27d4_eb2f)
}

/// A part of 1 in 1023rds.
fn ten_bits(part: f32) -> u32 {
    (part.clamp(0.0, 1.0) * 1023.0).round() as u32
}
