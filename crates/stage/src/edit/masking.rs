//! Masks: begun, given points, switched, softened, deleted.

use glam::DVec2;

use super::ground::Ground;
use super::moving::middle;
use super::path::{cut, flat, nearest};
use super::selection::{MaskPlace, Part, Place, masks_mut, path_mut};
use super::surfaces::new_name;
use super::{Edited, Space, Stage, masks_of, neat_handle, neat_in};
use crate::ranges as may;
use crate::rounded::{PIXELS, round};
use crate::{Mask, MaskKind, MaskPoint, MaskShape, Outline};

/// How large a mask that is begun is: of a surface, or of the output.
const BEGUN: f64 = 0.2;
/// The least points that a mask or an outline has.
const LEAST: usize = 3;

/// A rectangle in the middle of what is selected: of the surface that it is of, or of the output.
pub(super) fn new_mask(stage: &mut Stage, output: usize, selection: &mut Vec<Place>, space: &dyn Space) -> Edited {
    let surface = selection.last().and_then(|place| place.surface());
    let size = match surface {
        Some(_) => DVec2::ONE,
        None => stage.outputs.get(output).ok_or("there is no output")?.size.as_dvec2(),
    };
    let ground = Ground::new(stage, output, space);
    let about = match selection.last() {
        // Between corners, a surface's own middle is not that of its corners on the building.
        Some(Place::Surface(_)) | None => None,
        Some(_) => middle(&ground, selection).and_then(|(middle, _)| ground.lift(surface, middle)),
    };
    let half = size * BEGUN / 2.0;
    let about = about.unwrap_or(size / 2.0).clamp(half, size - half);
    drop(ground);
    let signs = [DVec2::NEG_ONE, DVec2::new(1.0, -1.0), DVec2::ONE, DVec2::new(-1.0, 1.0)];
    let corner = |sign: DVec2| MaskPoint { at: neat_in(surface, about + sign * half), before: None, after: None };
    let own = masks_mut(stage, output, surface).ok_or("nothing is there to be masked")?;
    let name = new_name("mask", &own.iter().map(|mask| mask.name.as_str()).collect::<Vec<_>>());
    let shape = MaskShape::Path(signs.map(corner).to_vec());
    own.push(Mask { name: name.clone(), kind: MaskKind::Hide, shape, feather: 0.0 });
    *selection = vec![Place::Mask(MaskPlace { surface, mask: own.len() - 1 })];
    Ok(Some(name))
}

/// Another point for a mask or an outline.
pub(super) fn add_point(
    stage: &mut Stage,
    output: usize,
    selection: &mut Vec<Place>,
    space: &dyn Space,
    at: Option<DVec2>,
) -> Edited {
    let in_hand = *selection.last().ok_or("select a mask first")?;
    let after = match in_hand {
        Place::MaskPoint { point, .. } | Place::Outline { point, .. } => point,
        _ => 0,
    };
    let outline = matches!(in_hand, Place::Outline { .. });
    let mut points = match (in_hand.mask(), in_hand.surface()) {
        (Some(mask), _) => super::selection::path(stage, output, mask).ok_or("a picture has no points")?.to_vec(),
        (None, Some(surface)) if outline => match &stage.surfaces[surface].outline {
            Outline::Polygon(points) => {
                points.iter().map(|at| MaskPoint { at: *at, before: None, after: None }).collect()
            }
            Outline::Rectangle | Outline::Circle => Vec::new(),
        },
        _ => return Err("select a mask first".to_owned()),
    };
    if points.is_empty() {
        return Err("there is no edge to put it on".to_owned());
    }
    let (edge, t) = match at.filter(|p| p.is_finite()) {
        None => (after, 0.5),
        Some(p) => {
            let ground = Ground::new(stage, output, space);
            let spots = flat(&points, true);
            let line = spots.iter().map(|spot| ground.land(in_hand.surface(), spot.at)).collect::<Option<Vec<_>>>();
            let line = line.ok_or("nowhere to be seen")?;
            let (piece, along) = nearest(&line, p).ok_or("there is no edge to put it on")?;
            let end = spots.get(piece + 1).filter(|next| next.edge == spots[piece].edge).map_or(1.0, |next| next.t);
            (spots[piece].edge, spots[piece].t + (end - spots[piece].t) * along)
        }
    };
    let new = cut(&mut points, edge, t.clamp(0.01, 0.99));
    for point in &mut points {
        let surface = in_hand.surface();
        point.at = neat_in(surface, point.at);
        point.before = neat_handle(surface, point.at, point.before);
        point.after = neat_handle(surface, point.at, point.after);
    }
    *selection = match in_hand.mask() {
        Some(mask) => {
            *path_mut(stage, output, mask).ok_or("a picture has no points")? = points;
            vec![Place::MaskPoint { mask, point: new, part: Part::At }]
        }
        None => {
            let surface = in_hand.surface().ok_or("select a mask first")?;
            stage.surfaces[surface].outline = Outline::Polygon(points.iter().map(|point| point.at).collect());
            vec![Place::Outline { surface, point: new }]
        }
    };
    Ok(Some("a point more".to_owned()))
}

/// Hides, or shows.
pub(super) fn kind(stage: &mut Stage, output: usize, selection: &[Place]) -> Edited {
    let mut said = None;
    for place in masks_of(selection)? {
        let own = masks_mut(stage, output, place.surface).and_then(|masks| masks.get_mut(place.mask));
        let Some(mask) = own else { continue };
        mask.kind = if mask.kind == MaskKind::Hide { MaskKind::Show } else { MaskKind::Hide };
        said = Some(format!("{} {}", mask.name, if mask.kind == MaskKind::Hide { "hides" } else { "shows" }));
    }
    Ok(said)
}

/// A softer edge, or a harder one.
pub(super) fn feather(stage: &mut Stage, output: usize, selection: &[Place], by: f64) -> Edited {
    let mut said = None;
    for place in masks_of(selection)? {
        let own = masks_mut(stage, output, place.surface).and_then(|masks| masks.get_mut(place.mask));
        let Some(mask) = own.filter(|_| by.is_finite()) else { continue };
        mask.feather = round(mask.feather + by, PIXELS).clamp(may::FEATHER.low, may::FEATHER.high);
        said = Some(format!("{}: an edge of {} px", mask.name, mask.feather));
    }
    Ok(said)
}

/// Deletes points of masks and outlines, masks, and surfaces. Corners and points of meshes cannot go.
pub(super) fn delete(stage: &mut Stage, output: usize, selection: &mut Vec<Place>) -> Edited {
    let mut gone: Vec<_> = selection.iter().copied().filter_map(what_goes).collect();
    // From the last: what goes does not change the numbers of what has yet to go.
    gone.sort_unstable();
    gone.dedup();
    let all = gone.clone();
    gone.retain(|gone| !gone.goes_with(&all));
    let first = *gone.first().ok_or("this cannot be deleted: Escape goes to what it is of")?;
    for gone in gone.into_iter().rev() {
        match gone {
            Gone::Point(mask, point) => {
                let points = path_mut(stage, output, mask).ok_or("a picture has no points")?;
                if points.len() <= LEAST {
                    return Err("a mask has at least three points: Escape and delete all of it".to_owned());
                }
                points.remove(point);
            }
            Gone::Outline(surface, point) => {
                if let Outline::Polygon(points) = &mut stage.surfaces[surface].outline {
                    if points.len() <= LEAST {
                        return Err("an outline has at least three points".to_owned());
                    }
                    points.remove(point);
                }
            }
            Gone::Mask(mask) => {
                masks_mut(stage, output, mask.surface).ok_or("gone already")?.remove(mask.mask);
            }
            Gone::Surface(surface) => {
                stage.surfaces.remove(surface);
            }
        }
    }
    let left = match first {
        Gone::Surface(_) => None,
        Gone::Mask(mask) => mask.surface.map(Place::Surface),
        Gone::Outline(surface, _) => Some(Place::Surface(surface)),
        Gone::Point(mask, _) => Some(Place::Mask(mask)),
    };
    *selection = left.into_iter().collect();
    Ok(Some("deleted".to_owned()))
}

/// What is deleted, in the order in which the last goes first: the points before their mask, the masks before their surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gone {
    Surface(usize),
    Mask(MaskPlace),
    Outline(usize, usize),
    Point(MaskPlace, usize),
}

impl Gone {
    /// Whether it is of something else that is deleted.
    fn goes_with(self, all: &[Self]) -> bool {
        let (mask, surface) = match self {
            Self::Surface(_) => (None, None),
            Self::Mask(mask) => (None, mask.surface),
            Self::Outline(surface, _) => (None, Some(surface)),
            Self::Point(mask, _) => (Some(mask), mask.surface),
        };
        mask.is_some_and(|mask| all.contains(&Self::Mask(mask)))
            || surface.is_some_and(|surface| all.contains(&Self::Surface(surface)))
    }
}

fn what_goes(place: Place) -> Option<Gone> {
    match place {
        Place::Surface(surface) => Some(Gone::Surface(surface)),
        Place::Mask(mask) => Some(Gone::Mask(mask)),
        Place::Outline { surface, point } => Some(Gone::Outline(surface, point)),
        Place::MaskPoint { mask, point, part: Part::At } => Some(Gone::Point(mask, point)),
        _ => None,
    }
}
