//! The values of a mask.

use std::path::Path;

use glam::DVec2;

use super::super::Stage;
use super::super::selection::{MaskPlace, Place, masks, masks_mut};
use super::number::Number;
use super::{Value, Work, own_name};
use crate::ranges as may;
use crate::rounded::{PARTS, PIXELS};
use crate::{Mask, MaskKind, MaskShape, svg_masks};
use millions_config::escaped;

/// A step of the width of an edge, in pixels.
const EDGE_STEP_PX: f64 = 1.0;

/// All values of a mask.
pub(super) fn values(stage: &Stage, output: usize, place: MaskPlace) -> Vec<Value> {
    let Some(mask) = masks(stage, output, place.surface).get(place.mask) else { return Vec::new() };
    let shows = usize::from(mask.kind == MaskKind::Show);
    let feather = Number::new(may::FEATHER, EDGE_STEP_PX, " px");
    let file = match &mask.shape {
        MaskShape::Path(_) => String::new(),
        MaskShape::Picture(path) => path.to_string_lossy().into_owned(),
    };
    vec![
        Value::text("name", &mask.name, "", move |work, name| {
            own(work, place)?.name = own_name(name, std::iter::empty())?;
            Ok(())
        })
        .always_said(),
        Value::words("kind", ["hides", "shows"], shows, move |work, shows| {
            own(work, place)?.kind = if shows == 1 { MaskKind::Show } else { MaskKind::Hide };
            Ok(())
        }),
        Value::number("soft edge", feather, mask.feather, Mask::USUAL_FEATHER, move |work, set| {
            own(work, place)?.feather = set;
            Ok(())
        }),
        Value::text("file", file, "none: its points", move |work, file| put_file(work, place, file)).always_said(),
    ]
}

fn own<'a>(work: &'a mut Work, place: MaskPlace) -> Result<&'a mut Mask, String> {
    let masks = masks_mut(work.stage, work.output, place.surface);
    masks.and_then(|masks| masks.get_mut(place.mask)).ok_or_else(|| "the mask is gone".to_owned())
}

/// A picture in place of its points, or points from a drawing: each of its shapes becomes a mask.
fn put_file(work: &mut Work, place: MaskPlace, file: &str) -> Result<(), String> {
    let mask = own(work, place)?;
    if file.is_empty() && matches!(mask.shape, MaskShape::Path(_)) {
        return Ok(());
    }
    let path = Path::new(file);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("png" | "svg") if !work.space.is_there(path) => {
            Err(format!("{} is not there, from the stage's folder on", escaped(file)))
        }
        Some("png") => {
            own(work, place)?.shape = MaskShape::Picture(path.to_owned());
            Ok(())
        }
        Some("svg") => {
            let (over, decimals) = match place.surface {
                Some(_) => (DVec2::ONE, PARTS),
                None => (work.stage.outputs[work.output].size.as_dvec2(), PIXELS),
            };
            let why = |error: String| format!("{} {}", escaped(file), escaped(&error));
            let text = work.space.read(path).map_err(why)?;
            let shapes = svg_masks(&text, [DVec2::ZERO, over]).map_err(|error| why(error.to_string()))?;
            let shapes = shapes.into_iter().map(|shape| shape.rounded(decimals)).collect();
            let Mask { name, kind, feather, .. } = own(work, place)?.clone();
            let drawn = Mask::drawn(shapes, &name, kind, feather);
            if let Some(masks) = masks_mut(work.stage, work.output, place.surface) {
                masks.splice(place.mask..=place.mask, drawn);
            }
            *work.selection = vec![Place::Mask(place)];
            Ok(())
        }
        _ => Err("write a file that ends in .png or .svg".to_owned()),
    }
}
