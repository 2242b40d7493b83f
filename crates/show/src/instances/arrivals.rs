//! Newcomers in front of a scene's rows, and on their way into them. See [`ArrivalsSeen`].

use std::collections::{BTreeMap, BTreeSet};

use glam::DVec2;

use super::super::arrival::Arrival;
use super::super::{Crowd, SceneId};
use super::{InstanceKind, SceneInstance, SceneTime, WallShape};
use millions_base::smoothstep;
use millions_frame::{Layer, Sprite, SpriteLayer, WallLayer};
use millions_wall::Deal;
use millions_wall::tone::Look;

/// The crowd's light behind somebody who stands in front.
const DIMMED: f64 = 0.5;
/// How far the shadow of somebody in front goes beyond them, in their heights, and how dark it is.
const SHADOW: f64 = 0.09;
const SHADOW_OPACITY: f32 = 0.75;
/// Seconds in which somebody without a place in view fades out in front, and in which their cells fade in.
const FADES_SECS: f64 = 1.2;
/// A cell that is larger, in parts of the person in front of it, is none to fly into.
const LARGEST_CELL: f64 = 0.6;
/// Instants of the way at which a cell has to be in view.
const FLIGHT_STEPS: u32 = 6;
/// Seconds after landing for which somebody is to stay in view.
const LINGER_SECS: f64 = 6.0;

/// A photograph as it was taken: no look at all.
const AS_PHOTOGRAPHED: Look = Look {
    exposure_matching: 0.0,
    clarity: 0.0,
    color: 1.0,
    mix: millions_wall::tone::NEUTRAL_MIX,
    exposure: 0.0,
    contrast: 0.0,
    black: 0.0,
    white: 1.0,
    gamma: 1.0,
    vignette: 0.0,
    grain: 0.0,
    tint: [1.0; 3],
    halftone: 0.0,
    dots: 56.0,
    stencil: 0.0,
    threshold: 0.5,
};

/// The arrivals of a show, and where on the wall they are seen.
#[derive(Clone, Copy, Debug)]
pub struct ArrivalsSeen<'a> {
    pub arrivals: &'a [Arrival],
    /// Upper left and lower right corner of the part of the wall for it.
    pub area: [DVec2; 2],
    pub shape: WallShape,
}

/// People who are going to enter, and what their cells have to be chosen by.
#[derive(Clone, Debug)]
pub struct Entering {
    pub arrivals: Vec<Arrival>,
    /// All who enter or wait for it, who keep their cells.
    pub kept: BTreeSet<u32>,
    /// Where on the wall they are seen.
    pub area: [DVec2; 2],
    /// The scene that is on, and when it was cued, in seconds of the show.
    pub active: (SceneId, f64),
}

/// A cell of rows, at one instant.
#[derive(Clone, Copy, Debug)]
struct Seat {
    /// The layer that it is in.
    layer: usize,
    /// Index among the layer's visible cells.
    place: usize,
    row: usize,
    cell: usize,
    corners: [DVec2; 2],
}

impl Seat {
    fn middle(&self) -> DVec2 {
        (self.corners[0] + self.corners[1]) / 2.0
    }

    fn height(&self) -> f64 {
        self.corners[1].y - self.corners[0].y
    }
}

/// How a cell shows its tile.
struct CellLight {
    look: Look,
    stops: f32,
    intensity: f32,
    settled: f32,
}

impl SceneInstance {
    /// Returns whether the scene shows arrivals: with rows that are the wall.
    fn shows_arrivals(&self) -> bool {
        self.scene.arrivals && matches!(self.kind, InstanceKind::Millions(_) | InstanceKind::Mosaic(_))
    }

    /// Adds newcomers, who are already in the crowd, and has those who enter stand where they will be seen.
    pub fn add_entering(&mut self, people: &[u32], crowd: &Crowd, show_secs: f64, entering: &Entering) {
        let before = if let InstanceKind::Millions(deal) = &self.kind { Some(deal.clone()) } else { None };
        // First, for whoever has no place yet moves nobody who is seen.
        self.seat(entering, show_secs);
        self.add_people(people, crowd, show_secs);
        self.seat(entering, show_secs);
        let (Some(before), InstanceKind::Millions(deal)) = (before, &self.kind) else { return };
        for arrival in &entering.arrivals {
            if let Some(former) = deal.predecessor(arrival.person, &before, show_secs) {
                self.formers.insert(arrival.person, former);
            }
        }
    }

    /// Has those who enter stand in cells that are in view when they land, and until a little later.
    pub fn seat(&mut self, Entering { arrivals, kept, area, active }: &Entering, show_secs: f64) {
        let cued_secs = (active.0 == self.scene.id).then_some(active.1);
        let view = self.view_move().filter(|_| cued_secs.is_some()).zip(cued_secs);
        self.formers.retain(|person, _| kept.contains(person));
        let InstanceKind::Millions(deal) = &mut self.kind else { return };
        for arrival in arrivals {
            let wall = deal.clone();
            let aspect = wall.grid().aspect;
            let is_inside = |tile: [DVec2; 2], secs: f64| {
                let seen = view.map(|(view, cued_secs)| view.at(&wall, secs, cued_secs, None));
                let [low, high] = seen.map_or(tile, |view| tile.map(|corner| view.seen(corner, aspect)));
                is_within([low, high], *area)
            };
            // On the whole way, too: a short row may have been round meanwhile.
            let (flies_secs, lands_secs) = (arrival.flies_secs(), arrival.lands_secs());
            let way = (0..=FLIGHT_STEPS)
                .map(|step| flies_secs + (lands_secs - flies_secs) * f64::from(step) / f64::from(FLIGHT_STEPS));
            let way: Vec<f64> = way.collect();
            let times = [&[show_secs], &way[..], &[lands_secs + LINGER_SECS / 3.0, lands_secs + LINGER_SECS]].concat();
            // Where no cell is in view for so long, for as long as can be.
            let spans = [&times[..], &times[1..times.len() - 1], &way, &[lands_secs]];
            if arrival.is_known && spans[1..].iter().any(|span| is_seated(deal, arrival.person, span, is_inside)) {
                // They come back to where they were.
                continue;
            }
            let _ = spans.iter().any(|span| deal.place_in_view(arrival.person, span, kept, is_inside));
        }
    }

    /// Puts those who enter into the layers of an instant: their cells are empty, or still another's, until they land; they
    /// themselves stand in front of the rows, or are on their way.
    pub(super) fn add_arrivals(
        &self,
        layers: &mut Vec<Layer>,
        at: SceneTime,
        look: &Look,
        crowd: &Crowd,
        seen: &ArrivalsSeen<'_>,
    ) {
        let now = at.show_secs;
        let is_on = |arrival: &&Arrival| {
            let from = if arrival.is_known { arrival.begins_secs } else { arrival.came_secs };
            (from..arrival.lands_secs() + FADES_SECS).contains(&now) && crowd.contains(arrival.person)
        };
        let on: Vec<&Arrival> = seen.arrivals.iter().filter(is_on).collect();
        if on.is_empty() || !self.shows_arrivals() {
            return;
        }
        // The same scene at other times, of which each arrival asks for three at the most.
        let mut others: BTreeMap<u64, Vec<Layer>> = BTreeMap::new();
        let mut at_secs = |show_secs: f64| -> Vec<Layer> {
            let then = || self.own_layers(SceneTime { show_secs, ..at }, look, crowd);
            others.entry(show_secs.to_bits()).or_insert_with(then).clone()
        };
        let mut dim = 0.0_f64;
        let mut stand_ins: Vec<(Look, Sprite)> = Vec::new();
        let mut front: Vec<(f64, Sprites)> = Vec::new();
        let now_layers = layers.clone();
        for arrival in on {
            let person = arrival.person;
            let [flies_secs, lands_secs] = [arrival.flies_secs(), arrival.lands_secs()];
            let stand = arrival.stand(now, seen.area, seen.shape.tile_aspect);
            let largest_cell = (stand[1].y - stand[0].y) * LARGEST_CELL;
            let best = |layers: &[Layer]| {
                let fits = |seat: &Seat| seat.height() < largest_cell && is_within(seat.corners, seen.area);
                let wall_middle = (seen.area[0] + seen.area[1]) / 2.0;
                let far = |seat: &Seat| seat.middle().distance_squared(wall_middle);
                seats(layers, person)
                    .filter(|seat| is_shown(layers, seat))
                    .filter(fits)
                    .min_by(|one, other| far(one).total_cmp(&far(other)))
            };
            // Where they come from, if they were in view there, and where they will land.
            let home = if arrival.is_known { best(&at_secs(arrival.begins_secs)) } else { None };
            let seat = if now >= flies_secs || arrival.is_known { best(&at_secs(lands_secs)) } else { None };
            let appears_secs = if seat.is_some() { lands_secs } else { flies_secs + FADES_SECS / 2.0 };
            let is_same = |one: &Seat, other: &Option<Seat>| {
                other.is_some_and(|other| (one.row, one.cell) == (other.row, other.cell))
            };
            for cell in seats(&now_layers, person) {
                let part = if is_same(&cell, &seat) && now >= lands_secs {
                    1.0
                } else if arrival.is_known && !is_same(&cell, &seat) && !is_same(&cell, &home) {
                    continue;
                } else {
                    smoothstep((((now - appears_secs) / FADES_SECS).clamp(0.0, 1.0)) as f32)
                };
                if part < 1.0
                    && let Some(Layer::Rows(rows)) = layers.get_mut(cell.layer)
                {
                    if rows.presence.is_empty() {
                        rows.presence = vec![1.0; rows.wall.cell_count()];
                    }
                    rows.presence[cell.place] *= part;
                }
                let former = self.formers.get(&person).filter(|_| part == 0.0 && !arrival.is_known);
                let former = former.filter(|former| crowd.contains(**former) && !seen.is_entering(**former, now));
                if let (Some(former), Some(Layer::Rows(rows))) = (former, now_layers.get(cell.layer)) {
                    let CellLight { look, stops, intensity, settled } = light(rows, &cell);
                    let largest = cell.corners[1] - cell.corners[0];
                    // Gone behind the newcomer at the very end, or the edges of both would be seen.
                    let opacity =
                        if seat.is_some() { ((1.0 - arrival.flown(now)) * 50.0).min(1.0) as f32 } else { 1.0 };
                    let sprite =
                        Sprite { intensity, opacity, stops, settled, ..sprite(*former, cell.corners, largest) };
                    stand_ins.push((look, sprite));
                }
            }
            if now < arrival.begins_secs || now >= lands_secs {
                continue;
            }
            let fades = 1.0 - smoothstep(((now - flies_secs) / FADES_SECS).clamp(0.0, 1.0));
            let (risen, flown) = (arrival.risen(now), if seat.is_some() { arrival.flown(now) } else { 0.0 });
            let here = if seat.is_some() { 1.0 - flown } else { fades };
            dim = dim.max(risen * here);
            let mut corners = stand;
            let mut opacity = if home.is_some() { 1.0 } else { risen as f32 };
            if seat.is_none() {
                opacity *= fades as f32;
            }
            // In front of the cell that they come from, or fly into, as it is now.
            let mut near = 1.0 - flown;
            let cell =
                if now < flies_secs { home.map(|home| (home, 1.0 - risen)) } else { seat.map(|seat| (seat, flown)) };
            let mut cell_light = None;
            if let Some((cell, part)) = cell {
                // A cell that comes into view meanwhile, or that has gone round, is not followed.
                let is_near = |from: Seat| {
                    from.middle().distance(cell.middle()) < (seen.area[1] - seen.area[0]).max_element() / 2.0
                };
                let follows = now < flies_secs || find(&at_secs(flies_secs), &cell, person).is_some_and(is_near);
                let present = find(&now_layers, &cell, person).filter(|_| follows);
                let target = present.map_or(cell.corners, |present| present.corners);
                corners = between(stand, target, part);
                near = 1.0 - part;
                let rows = present.unwrap_or(cell);
                if let Some(Layer::Rows(layer)) = now_layers.get(rows.layer).filter(|_| present.is_some()) {
                    cell_light = Some(light(layer, &rows));
                }
            }
            let of_rows =
                now_layers.iter().find_map(|layer| if let Layer::Rows(rows) = layer { Some(rows) } else { None });
            let CellLight { look: own, stops, intensity, settled } = cell_light.unwrap_or_else(|| CellLight {
                look: *look,
                stops: 0.0,
                intensity: of_rows.map_or(1.0, |rows| rows.intensity),
                settled: 0.0,
            });
            let part = (1.0 - near) as f32;
            let largest = arrival.largest(seen.area, seen.shape.tile_aspect);
            let person = Sprite {
                // The crowd's own light is dimmed below.
                intensity: 1.0 + (intensity - 1.0) * part,
                opacity,
                stops: stops * part,
                settled: settled * (part - 0.9).max(0.0) * 10.0,
                ..sprite(person, corners, largest)
            };
            let sprites = Sprites {
                look: AS_PHOTOGRAPHED.toward(&own, arrival.developed(now)),
                shadow: shadow(&person, (near * f64::from(opacity)) as f32),
                person,
                part,
            };
            // Who is farther on the way is farther back.
            front.push((near, sprites));
        }
        let dimmed = (1.0 - (1.0 - DIMMED) * dim) as f32;
        for layer in layers.iter_mut() {
            match layer {
                Layer::Rows(rows) => rows.intensity *= dimmed,
                Layer::Sprites(sprites) => sprites.sprites.iter_mut().for_each(|sprite| sprite.intensity *= dimmed),
                Layer::Words(_) | Layer::Still(_) => {}
            }
        }
        for (look, sprite) in stand_ins {
            let sprite = Sprite { intensity: sprite.intensity * dimmed, ..sprite };
            match layers.last_mut() {
                Some(Layer::Sprites(last)) if last.look == look => last.sprites.push(sprite),
                _ => layers.push(Layer::Sprites(SpriteLayer { sprites: vec![sprite], look })),
            }
        }
        front.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        for (_, Sprites { look, shadow, person, part }) in front {
            let person = Sprite { intensity: person.intensity * (1.0 + (dimmed - 1.0) * part), ..person };
            let sprites = shadow.into_iter().chain([person]).collect();
            layers.push(Layer::Sprites(SpriteLayer { sprites, look }));
        }
    }
}

impl ArrivalsSeen<'_> {
    /// Returns whether somebody is on the way, and so not in their cell.
    fn is_entering(&self, person: u32, secs: f64) -> bool {
        self.arrivals.iter().any(|arrival| arrival.person == person && secs < arrival.lands_secs())
    }
}

/// Somebody in front, with the shadow on the wall behind.
struct Sprites {
    look: Look,
    shadow: Option<Sprite>,
    person: Sprite,
    /// How far they are in the light of the wall.
    part: f32,
}

const fn sprite(person: u32, corners: [DVec2; 2], largest: DVec2) -> Sprite {
    Sprite { person, corners, largest, intensity: 1.0, opacity: 1.0, feather: [0.0; 4], stops: 0.0, settled: 0.0 }
}

/// Returns the shadow of somebody in front: soft, and black whatever tile it has.
fn shadow(person: &Sprite, part: f32) -> Option<Sprite> {
    let [low, high] = person.corners;
    let (size, reach) = (high - low, (high.y - low.y) * SHADOW);
    let corners = [low - reach, high + reach];
    let [across, down] = ((DVec2::splat(reach) * 2.0) / (size + 2.0 * reach)).as_vec2().to_array();
    let feather = [across, down, across, down];
    let shade = Sprite { corners, intensity: 0.0, opacity: SHADOW_OPACITY * part, feather, ..*person };
    (shade.opacity > 0.0).then_some(shade)
}

/// Returns the corners after a part of the way from in front to a cell: in equal ratios of size, as somebody who goes away is seen.
fn between(stand: [DVec2; 2], cell: [DVec2; 2], part: f64) -> [DVec2; 2] {
    if part >= 1.0 {
        return cell;
    }
    let [from, to] = [stand, cell].map(|[low, high]| (high - low, (low + high) / 2.0));
    let height = from.0.y * (to.0.y / from.0.y).powf(part);
    let moved = if (to.0.y - from.0.y).abs() < 1e-9 { part } else { (height - from.0.y) / (to.0.y - from.0.y) };
    let (size, middle) = (from.0.lerp(to.0, moved), from.1.lerp(to.1, moved));
    [middle - size / 2.0, middle + size / 2.0]
}

fn is_within([low, high]: [DVec2; 2], area: [DVec2; 2]) -> bool {
    low.cmpge(area[0] - 1e-6).all() && high.cmple(area[1] + 1e-6).all()
}

/// Returns whether a portrait is in a cell that is in view at all times.
fn is_seated(deal: &Deal, person: u32, span: &[f64], is_inside: impl Fn([DVec2; 2], f64) -> bool) -> bool {
    let is_in =
        |row, cell| span.iter().all(|secs| deal.tile_at(row, cell, *secs).is_some_and(|tile| is_inside(tile, *secs)));
    let Some(first) = span.first() else { return false };
    deal.visible_at(*first).iter().any(|at| at.portrait == person && is_in(at.row, at.cell))
}

/// Returns the cells in view of a person.
fn seats(layers: &[Layer], person: u32) -> impl Iterator<Item = Seat> {
    let rows = layers.iter().enumerate().filter_map(|(layer, rows)| match rows {
        Layer::Rows(rows) => Some((layer, &rows.wall)),
        _ => None,
    });
    rows.flat_map(move |(layer, wall)| {
        wall.rows.iter().flat_map(move |row| {
            row.columns_of(person).map(move |column| {
                let (place, cell) = (row.first + column, (row.start + column) % row.cells.len());
                Seat { layer, place, row: row.index, cell, corners: wall.tile(row, column) }
            })
        })
    })
}

/// Returns whether a cell is not empty at that instant, and nothing shines through it.
fn is_shown(layers: &[Layer], seat: &Seat) -> bool {
    let Some(Layer::Rows(rows)) = layers.get(seat.layer) else { return false };
    rows.opacity >= 1.0 && rows.presence.get(seat.place).is_none_or(|presence| *presence > 0.0)
}

/// Finds a person's cell again at another instant.
fn find(layers: &[Layer], seat: &Seat, person: u32) -> Option<Seat> {
    layers.iter().enumerate().find_map(|(layer, rows)| {
        let Layer::Rows(rows) = rows else { return None };
        let row = rows.wall.rows.iter().find(|row| row.index == seat.row)?;
        let column = row.column(seat.cell).filter(|column| row.cell(*column) == person)?;
        Some(Seat { layer, place: row.first + column, corners: rows.wall.tile(row, column), ..*seat })
    })
}

/// Returns how a cell shows its tile.
fn light(rows: &WallLayer, cell: &Seat) -> CellLight {
    let of = |values: &[f32], otherwise: f32| values.get(cell.place).copied().unwrap_or(otherwise);
    let reveal = of(&rows.reveal, 1.0);
    let Look { exposure_matching, clarity, color, .. } = rows.look;
    // As the cells of rows that turn from colour to the look are developed.
    let look = if reveal >= 1.0 {
        rows.look
    } else {
        Look {
            exposure_matching: exposure_matching * reveal,
            clarity: clarity * reveal,
            color: 1.0 + (color - 1.0) * reveal,
            ..rows.look
        }
    };
    let settled = if rows.wall.zooms { 0.0 } else { 1.0 };
    CellLight { look, stops: of(&rows.stops, 0.0), intensity: rows.intensity, settled }
}
