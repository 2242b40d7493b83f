//! Mask points made smooth, or corners. See [`curve`].

use super::selection::{Handle, MaskRef, PointPart, path};
use super::{EditContext, EditResult, round_in};

/// The length of a new handle, of the distance between the points before and after: a third, halved for either side.
const HANDLE: f64 = 1.0 / 6.0;

/// Gives the selected points of masks handles along the direction from the point before to the point after; if all have
/// handles, takes them away. Of a mask that is selected, every point.
pub(super) fn curve(edit: &mut EditContext) -> EditResult {
    let mut chosen: Vec<(MaskRef, usize)> = Vec::new();
    for handle in edit.selection.iter() {
        match *handle {
            Handle::MaskPoint { mask, point, .. } => chosen.push((mask, point)),
            Handle::Mask(mask) => {
                let points = path(edit.stage, edit.output, mask).map_or(0, <[_]>::len);
                chosen.extend((0..points).map(|point| (mask, point)));
            }
            _ => {}
        }
    }
    let point = |(mask, point): &(MaskRef, usize)| path(edit.stage, edit.output, *mask)?.get(*point).copied();
    let known: Vec<_> = chosen.iter().filter_map(point).collect();
    if known.is_empty() {
        return Err("select a mask's point first".to_owned());
    }
    let smooth = known.iter().any(|point| point.before.is_none() || point.after.is_none());
    for (mask, index) in chosen {
        let Some(points) = edit.path_mut(mask) else { continue };
        let count = points.len();
        let along = points[(index + 1) % count].at - points[(index + count - 1) % count].at;
        let point = &mut points[index];
        let at = point.at;
        let handle = |sign: f64| Some(round_in(mask.surface, at + along * (HANDLE * sign))).filter(|p| *p != at);
        (point.before, point.after) =
            if smooth { (point.before.or(handle(-1.0)), point.after.or(handle(1.0))) } else { (None, None) };
    }
    if !smooth {
        for handle in edit.selection.iter_mut() {
            if let Handle::MaskPoint { part, .. } = handle {
                *part = PointPart::Anchor;
            }
        }
    }
    Ok(Some(if smooth { "curved" } else { "straight" }.to_owned()))
}
