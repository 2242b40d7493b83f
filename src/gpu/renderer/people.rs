//! Plans of people as words of cells: who stands in rows, and who stands outside them.

use super::super::Gpu;
use super::super::wall_pass::{FrameUniform, WallDraw};
use super::{Canvassed, Renderer, Scratch};
use crate::show::{PeopleLayer, Turning, WallLayer};
use crate::tone::{PortraitTone, ToneUniform};
use crate::wall::strips;
use crate::wall::{Flow, NOBODY};

impl Renderer {
    pub(super) fn prepare_wall(
        &mut self,
        gpu: &Gpu,
        number: usize,
        layer: &WallLayer,
        canvassed: &Canvassed,
        (over, opacity, turning, light): (bool, f32, Option<Turning>, f32),
    ) {
        let Self { tiles, wall: pass, scratch, step, .. } = self;
        let Scratch { cells, details, lights } = scratch;
        let (plan, grid) = (&layer.wall, &layer.wall.grid);
        let height_px = canvassed.size.1;
        let people = plan.people();
        let tones = tiles.tones(&people);
        let tone_of = |person: u32| people.binary_search(&person).ok().and_then(|place| tones.get(place));
        let first_size = tiles.size_of(grid.tile(plan.rows[0].height).into(), height_px);
        let mut uneven = over || !layer.presence.is_empty();
        cells.clear();
        details.clear();
        for row in &plan.rows {
            let size = tiles.size_of(grid.tile(row.height).into(), height_px);
            for column in 0..row.columns {
                let place = row.first + column;
                let person = plan.cells[place];
                let slot = if person == NOBODY { None } else { tiles.slot(person, size) };
                cells.push(slot.map_or(0, |slot| slot.x | slot.y << 11 | slot.page << 22));
                uneven |= slot.is_none_or(|slot| slot.size != first_size);
                let presence = if slot.is_some() { layer.presence.get(place).copied().unwrap_or(1.0) } else { 0.0 };
                let own = slot.map_or(size, |slot| slot.size);
                details.push(own.width.min(2047) | own.height.min(2047) << 11 | ten_bits(presence) << 22);
                if over {
                    let turned = turning.map_or(1.0, |turning| {
                        let brightness = tone_of(person).map_or(0.5, PortraitTone::brightness);
                        turning.at(person, brightness, plan.middle(row, column), grid.aspect)
                    });
                    let covers = if turned > 0.0 { opacity } else { 0.0 };
                    details.push(ten_bits(covers) | ten_bits(turned) << 10 | 1 << 20);
                }
            }
        }
        lights.pack(&layer.look, &people, &tones, &plan.cells, &layer.reveal);
        let draw = WallDraw {
            frame: FrameUniform {
                slot_size: [first_size.width, first_size.height].map(|texels| texels as f32 * 256.0),
                cell_in_tiles: grid.tile_in_cell().map(|part| part.recip() as f32),
                light: light * layer.light,
                step: *step,
                grain_seed: grain_seed(canvassed.plan.time_secs),
                columns: u32::from(grid.flow == Flow::Columns),
            },
            tone: ToneUniform::new(&layer.look, &canvassed.plan.projection),
            vertices: &strips::cut(&[*canvassed.mesh], plan, f64::from(height_px)),
            cells,
            details: uneven.then_some(&details[..]),
            over,
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
        layer: &PeopleLayer,
        canvassed: &Canvassed,
        (opacity, light): (f32, f32),
    ) {
        let Self { tiles, wall: pass, scratch, step, .. } = self;
        let Scratch { cells, details, lights } = scratch;
        let height_px = canvassed.size.1;
        let standing: Vec<_> = layer.figures.iter().map(|figure| figure.person).collect();
        let mut people = standing.clone();
        people.sort_unstable();
        people.dedup();
        let tones = tiles.tones(&people);
        cells.clear();
        details.clear();
        let mut vertices = Vec::with_capacity(layer.figures.len() * 6);
        for (index, figure) in layer.figures.iter().enumerate() {
            let size = tiles.size_of(figure.wanted_size(), height_px);
            let slot = tiles.slot(figure.person, size);
            cells.push(slot.map_or(0, |slot| slot.x | slot.y << 11 | slot.page << 22));
            let own = slot.map_or(size, |slot| slot.size);
            let shown = if slot.is_some() { figure.light } else { 0.0 };
            details.push(own.width.min(2047) | own.height.min(2047) << 11 | ten_bits(shown) << 22);
            details.push(ten_bits(figure.opacity * opacity) | 1023 << 10);
            // A plan has at most 400,000 cells.
            let cell = index as u32;
            vertices.extend(strips::place(canvassed.mesh, figure.place, figure.feather, cell, f64::from(height_px)));
        }
        lights.pack(&layer.look, &people, &tones, &standing, &[]);
        let draw = WallDraw {
            frame: FrameUniform {
                slot_size: [0.0; 2],
                cell_in_tiles: [1.0; 2],
                light,
                step: *step,
                grain_seed: grain_seed(canvassed.plan.time_secs),
                columns: 0,
            },
            tone: ToneUniform::new(&layer.look, &canvassed.plan.projection),
            vertices: &vertices,
            cells,
            details: Some(&details[..]),
            over: true,
            lights: lights.words(),
            light_mode: lights.mode(),
            shows_color: lights.needs_chroma(),
        };
        pass.prepare(gpu, number, &draw);
    }
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
