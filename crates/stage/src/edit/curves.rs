//! Corners of masks made curves, and curves corners.

use super::selection::{MaskPlace, Part, Place, path, path_mut};
use super::{Edited, Stage, neat_handle};

/// How long a handle is, of the way between the points before and after: a third of it, halved for either side.
const HANDLE: f64 = 1.0 / 6.0;

/// Makes the selected points of masks curves; if they all are, corners. Of a mask that is selected, every point.
pub(super) fn curve(stage: &mut Stage, output: usize, selection: &mut [Place]) -> Edited {
    let mut chosen: Vec<(MaskPlace, usize)> = Vec::new();
    for place in selection.iter() {
        match *place {
            Place::MaskPoint { mask, point, .. } => chosen.push((mask, point)),
            Place::Mask(mask) => {
                let points = path(stage, output, mask).map_or(0, <[_]>::len);
                chosen.extend((0..points).map(|point| (mask, point)));
            }
            _ => {}
        }
    }
    let value = |stage: &Stage, (mask, point): (MaskPlace, usize)| path(stage, output, mask)?.get(point).copied();
    let known: Vec<_> = chosen.iter().filter_map(|place| value(stage, *place)).collect();
    if known.is_empty() {
        return Err("select a mask's point first".to_owned());
    }
    let curves = known.iter().any(|point| point.before.is_none() || point.after.is_none());
    for (mask, index) in chosen {
        let Some(points) = path_mut(stage, output, mask) else { continue };
        let count = points.len();
        let along = points[(index + 1) % count].at - points[(index + count - 1) % count].at;
        let point = &mut points[index];
        let handle = |sign: f64| neat_handle(mask.surface, point.at, Some(point.at + along * (HANDLE * sign)));
        let (before, after) = (handle(-1.0), handle(1.0));
        (point.before, point.after) =
            if curves { (point.before.or(before), point.after.or(after)) } else { (None, None) };
    }
    if !curves {
        for place in selection {
            if let Place::MaskPoint { part, .. } = place {
                *part = Part::At;
            }
        }
    }
    Ok(Some(if curves { "curved" } else { "straight" }.to_owned()))
}
