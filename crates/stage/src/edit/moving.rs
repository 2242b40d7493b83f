//! Moving what is selected: shifted, scaled, turned, made straight, caught by neighbours.
//!
//! Every selected point has a place that it goes to. Corners go first, then points of meshes, which lie on what the corners
//! span, and last those that lie in a surface's own space, for it is another by then.

use std::collections::{BTreeMap, HashSet};

use glam::{DMat2, DVec2};

use super::ground::{Ground, UNIT, mesh_place, scale};
use super::selection::{End, Part, Place, children, mesh_of_corner, path, path_mut, seen, surfaces};
use super::{Edited, Space, Stage, neat, neat_in};
use crate::Outline;

/// How far a neighbour catches a point, in output pixels at 1080.
const CATCH_PX: f64 = 20.0;

/// A change of place that keeps shapes.
pub(super) struct SimilarityTransform {
    about: DVec2,
    /// None leaves all lengths and directions to the bit.
    linear: Option<DMat2>,
    shift: DVec2,
}

impl SimilarityTransform {
    pub const fn shift(by: DVec2) -> Self {
        Self { about: DVec2::ZERO, linear: None, shift: by }
    }

    const fn about(about: DVec2, linear: DMat2) -> Self {
        Self { about, linear: Some(linear), shift: DVec2::ZERO }
    }

    fn point(&self, p: DVec2) -> DVec2 {
        let p = self.linear.map_or(p, |linear| self.about + linear * (p - self.about));
        neat(p + self.shift)
    }

    /// A difference of places.
    fn vector(&self, v: DVec2) -> DVec2 {
        self.linear.map_or(v, |linear| neat(linear * v))
    }
}

/// What a selection moves: wholes and points, on each thing once.
struct Moved {
    surfaces: Vec<usize>,
    points: Vec<Place>,
}

impl Moved {
    fn new(stage: &Stage, output: usize, selection: &[Place]) -> Self {
        let all = if selection.is_empty() { children(stage, output, None) } else { selection.to_vec() };
        let mut whole = HashSet::new();
        whole.extend(all.iter().filter_map(|place| match place {
            Place::Surface(surface) => Some(*surface),
            _ => None,
        }));
        let mut points = Vec::new();
        let mut seen = HashSet::new();
        for place in all {
            // What is of a surface goes with it.
            if place.surface().is_some_and(|surface| whole.contains(&surface)) {
                continue;
            }
            let below = match place {
                Place::Mask(_) => children(stage, output, Some(place)),
                _ => vec![place],
            };
            points.extend(below.into_iter().filter(|place| seen.insert(*place)));
        }
        let mut surfaces: Vec<_> = whole.into_iter().collect();
        surfaces.sort_unstable();
        Self { surfaces, points }
    }

    /// Where all of it is.
    fn spots(&self, ground: &Ground) -> Vec<DVec2> {
        let corners = self.surfaces.iter().flat_map(|surface| ground.stage.surfaces[*surface].corners);
        corners.chain(self.points.iter().filter_map(|place| ground.at(*place))).collect()
    }
}

/// The middle of what is selected, and how far from it the farthest is. Of the whole output: its own, about which a tripod
/// is turned.
pub(super) fn middle(ground: &Ground, selection: &[Place]) -> Option<(DVec2, f64)> {
    if selection.is_empty() {
        let half = ground.stage.outputs.get(ground.output)?.size.as_dvec2() / 2.0;
        return Some((half, half.length()));
    }
    let spots = Moved::new(ground.stage, ground.output, selection).spots(ground);
    let middle = spots.iter().sum::<DVec2>() / spots.len().max(1) as f64;
    let raster_coverage = spots.iter().map(|p| p.distance(middle)).fold(0.0, f64::max);
    (!spots.is_empty()).then_some((middle, raster_coverage))
}

fn wide_middle(ground: &Ground, selection: &[Place], step_px: f64) -> Result<(DVec2, f64), String> {
    let (middle, raster_coverage) = middle(ground, selection).ok_or("nothing of this can be moved")?;
    if raster_coverage > step_px.max(1.0) {
        Ok((middle, raster_coverage))
    } else {
        Err("too small for this: select more".to_owned())
    }
}

/// Larger or smaller by a step, in output pixels, of what is farthest from the middle.
pub(super) fn scaling(
    ground: &Ground,
    selection: &[Place],
    larger: bool,
    step_px: f64,
) -> Result<SimilarityTransform, String> {
    let (middle, raster_coverage) = wide_middle(ground, selection, step_px)?;
    let factor = (if larger { raster_coverage + step_px } else { raster_coverage - step_px }) / raster_coverage;
    Ok(SimilarityTransform::about(middle, DMat2::from_diagonal(DVec2::splat(factor))))
}

/// Turned by a step, in output pixels, of what is farthest from the middle.
pub(super) fn turning(
    ground: &Ground,
    selection: &[Place],
    clockwise: bool,
    step_px: f64,
) -> Result<SimilarityTransform, String> {
    let (middle, raster_coverage) = wide_middle(ground, selection, step_px)?;
    // y goes down: the positive angle is that of a clock's hand.
    let angle = if clockwise { step_px / raster_coverage } else { -step_px / raster_coverage };
    Ok(SimilarityTransform::about(middle, DMat2::from_angle(angle)))
}

/// Moves everything that is selected.
pub(super) fn transform(
    stage: &mut Stage,
    output: usize,
    selection: &[Place],
    keep_rectangle: bool,
    space: &dyn Space,
    by: &SimilarityTransform,
) -> Result<(), String> {
    let moved = Moved::new(stage, output, selection);
    if moved.surfaces.is_empty() && moved.points.is_empty() {
        return Err("there is nothing here to move".to_owned());
    }
    let ground = Ground::new(stage, output, space);
    let mut targets = Vec::with_capacity(moved.points.len());
    for place in &moved.points {
        let at = ground.at(*place).ok_or_else(|| format!("{}: nowhere to be seen", place.name(stage, output)))?;
        targets.push((*place, by.point(at)));
    }
    drop(ground);
    for surface in &moved.surfaces {
        let surface = &mut stage.surfaces[*surface];
        surface.corners = surface.corners.map(|p| by.point(p));
        if let Some(mesh) = &mut surface.mesh {
            mesh.moved.iter_mut().for_each(|v| *v = by.vector(*v));
        }
        if let Some(bend) = &mut surface.bend {
            (bend.top, bend.bottom) = (by.point(bend.top), by.point(bend.bottom));
        }
    }
    put(stage, output, space, &targets, keep_rectangle)
}

/// Puts points where they are to be, in output pixels.
fn put(
    stage: &mut Stage,
    output: usize,
    space: &dyn Space,
    targets: &[(Place, DVec2)],
    keep_rectangle: bool,
) -> Result<(), String> {
    let mut corners: BTreeMap<usize, [Option<DVec2>; 4]> = BTreeMap::new();
    for (place, target) in targets {
        match *place {
            Place::Corner { surface: index, corner } => {
                let surface = &stage.surfaces[index];
                let moved = mesh_of_corner(surface, corner)
                    .and_then(|point| surface.mesh.as_ref()?.moved.get(point).copied())
                    .unwrap_or_default();
                corners.entry(index).or_default()[corner] = Some(neat(*target - moved));
            }
            Place::Bend { surface, end } => {
                let Some(bend) = &mut stage.surfaces[surface].bend else { continue };
                *(if end == End::Top { &mut bend.top } else { &mut bend.bottom }) = neat(*target);
            }
            _ => {}
        }
    }
    for (index, corners) in corners {
        let own = &mut stage.surfaces[index].corners;
        *own = match rectangle(own, &corners).filter(|_| keep_rectangle) {
            Some(rectangle) => rectangle.map(neat),
            None => [0, 1, 2, 3].map(|k| corners[k].unwrap_or(own[k])),
        };
    }
    let ground = Ground::new(stage, output, space);
    let mut moved = Vec::new();
    for (place, target) in targets {
        if let Place::Mesh { surface, point } = *place {
            let at = ground.at(*place).ok_or("the mesh is nowhere to be seen")?;
            moved.push((surface, point, *target - at));
        }
    }
    drop(ground);
    for (surface, point, by) in moved {
        let mesh = stage.surfaces[surface].mesh.as_mut();
        if let Some(own) = mesh.and_then(|mesh| mesh.moved.get_mut(point)) {
            *own = neat(*own + by);
        }
    }
    put_inside(stage, output, space, targets)
}

/// Puts points of outlines and masks.
fn put_inside(stage: &mut Stage, output: usize, space: &dyn Space, targets: &[(Place, DVec2)]) -> Result<(), String> {
    let inside = |place: &Place| matches!(place, Place::Outline { .. } | Place::MaskPoint { .. });
    let ground = Ground::new(stage, output, space);
    let mut own = Vec::new();
    for (place, target) in targets.iter().filter(|(place, _)| inside(place)) {
        let surface = place.surface();
        let p = ground.lift(surface, *target).ok_or("no place of the surface is there")?;
        own.push((*place, neat_in(surface, p)));
    }
    drop(ground);
    let chosen: HashSet<_> = own.iter().map(|(place, _)| *place).collect();
    for (place, target) in own {
        match place {
            Place::Outline { surface, point } => {
                if let Outline::Polygon(points) = &mut stage.surfaces[surface].outline {
                    points[point] = target;
                }
            }
            Place::MaskPoint { mask, point, part } => {
                let Some(points) = path_mut(stage, output, mask) else { continue };
                let value = &mut points[point];
                match part {
                    Part::Before => value.before = Some(target),
                    Part::After => value.after = Some(target),
                    Part::At => {
                        let by = target - value.at;
                        value.at = target;
                        // The handles go with the point, unless they are told where to go.
                        let alone = |part| !chosen.contains(&Place::MaskPoint { mask, point, part });
                        let carried = |handle: &mut DVec2| *handle = neat_in(mask.surface, *handle + by);
                        value.before.iter_mut().filter(|_| alone(Part::Before)).for_each(carried);
                        value.after.iter_mut().filter(|_| alone(Part::After)).for_each(carried);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The level and upright rectangle that one corner, or the two of a side, span with those opposite.
fn rectangle(own: &[DVec2; 4], to: &[Option<DVec2>; 4]) -> Option<[DVec2; 4]> {
    let chosen: Vec<_> = (0..4).filter(|k| to[*k].is_some()).collect();
    let level = |k: usize| is_level(own[k] - own[(k + 1) % 4]);
    let mut corners = *own;
    match chosen[..] {
        [k] => {
            let (p, opposite) = (to[k]?, own[(k + 2) % 4]);
            let (level_end, upright_end) = if level(k) { (k + 1, k + 3) } else { (k + 3, k + 1) };
            corners[k] = p;
            corners[level_end % 4] = DVec2::new(opposite.x, p.y);
            corners[upright_end % 4] = DVec2::new(p.x, opposite.y);
        }
        [a, b] if b - a != 2 => {
            let (a, b) = if b - a == 1 { (a, b) } else { (b, a) };
            let (p, q) = (to[a]?, to[b]?);
            // What lies beyond each: the corner that goes with it.
            let (beyond_a, beyond_b) = ((a + 3) % 4, (b + 1) % 4);
            let (middle, beyond) = ((p + q) / 2.0, (own[beyond_a] + own[beyond_b]) / 2.0);
            let sides = if level(a) { (DVec2::X, DVec2::Y) } else { (DVec2::Y, DVec2::X) };
            let place = |along: DVec2, across: DVec2| along * sides.0 + across * sides.1;
            corners[a] = place(p, middle);
            corners[b] = place(q, middle);
            corners[beyond_a] = place(p, beyond);
            corners[beyond_b] = place(q, beyond);
        }
        _ => return None,
    }
    Some(corners)
}

fn is_level(v: DVec2) -> bool {
    v.x.abs() >= v.y.abs()
}

/// Two points level or upright; a surface, all its sides.
pub(super) fn straighten(stage: &mut Stage, output: usize, selection: &[Place], space: &dyn Space) -> Edited {
    let targets = match *selection {
        [a, b] if a.is_point() && b.is_point() => {
            let ground = Ground::new(stage, output, space);
            let (p, q) = (ground.at(a), ground.at(b));
            let (p, q) = p.zip(q).ok_or("nowhere to be seen")?;
            let middle = (p + q) / 2.0;
            let onto = |p: DVec2| if is_level(q - middle) { p.with_y(middle.y) } else { p.with_x(middle.x) };
            vec![(a, onto(p)), (b, onto(q))]
        }
        [Place::Surface(surface)] => {
            let corners = stage.surfaces[surface].corners;
            let side = |k: usize| (corners[k] + corners[(k + 1) % 4]) / 2.0;
            let level = is_level(corners[1] - corners[0] + corners[2] - corners[3]);
            let place = |k: usize| {
                // The side from a corner, and the side to it: one gives its height, the other its distance.
                let (from, to) = (side(k), side((k + 3) % 4));
                if k.is_multiple_of(2) == level { DVec2::new(to.x, from.y) } else { DVec2::new(from.x, to.y) }
            };
            // The corners of a mesh stay moved against the rectangle.
            stage.surfaces[surface].corners = [0, 1, 2, 3].map(|k| neat(place(k)));
            return Ok(None);
        }
        _ => return Err("select two points, or a surface".to_owned()),
    };
    put(stage, output, space, &targets, false)?;
    Ok(None)
}

/// What has to be added to a shift for a neighbour to catch what is moved: the point in hand, or a surface's corners.
pub(super) fn catch(ground: &Ground, selection: &[Place], by: DVec2) -> Option<DVec2> {
    let in_hand = *selection.last()?;
    let hooks: Vec<_> = match in_hand {
        Place::Surface(surface) => ground.stage.surfaces[surface].corners.to_vec(),
        Place::Mask(mask) => path(ground.stage, ground.output, mask)?
            .iter()
            .filter_map(|point| ground.land(mask.surface, point.at))
            .collect(),
        _ => vec![ground.at(in_hand)?],
    };
    let own: HashSet<_> = selection.iter().filter_map(|place| place.surface()).collect();
    let size = ground.stage.outputs.get(ground.output)?.size.as_dvec2();
    let others = surfaces(ground.stage, ground.output).into_iter().filter(|surface| !own.contains(surface));
    let others = others.flat_map(|surface| {
        seen(ground.stage, ground.output, &[Place::Surface(surface)])
            .into_iter()
            .filter(move |place| place.surface() == Some(surface) && place.mask().is_none())
    });
    let neighbours: Vec<_> = others.filter_map(|place| ground.at(place)).chain(UNIT.map(|p| p * size)).collect();
    let ways = hooks.iter().flat_map(|hook| neighbours.iter().map(move |other| *other - (*hook + by)));
    let way = ways.min_by(|a, b| a.length_squared().total_cmp(&b.length_squared()))?;
    (way.length() <= CATCH_PX * scale(ground.stage, ground.output)).then_some(way)
}

/// To the nearest neighbour, now.
pub(super) fn snap_now(
    stage: &mut Stage,
    output: usize,
    selection: &[Place],
    keep_rectangle: bool,
    space: &dyn Space,
) -> Edited {
    let way = catch(&Ground::new(stage, output, space), selection, DVec2::ZERO);
    let way = way.ok_or("no neighbour is near enough")?;
    transform(stage, output, selection, keep_rectangle, space, &SimilarityTransform::shift(way))?;
    Ok(None)
}

/// Where the points of a mesh would lie on what the corners span alone, row by row.
pub(super) fn unmoved(columns: u32, rows: u32) -> impl Iterator<Item = DVec2> {
    (0..(columns as usize + 1) * (rows as usize + 1)).map(move |point| mesh_place(columns, rows, point))
}
