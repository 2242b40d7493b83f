//! The properties of a mask.

use std::path::Path;

use glam::DVec2;

use super::super::selection::{Handle, MaskRef, masks};
use super::super::{EditContext, OutputId, Stage};
use super::number::Number;
use super::{Property, unique_name};
use crate::ranges as may;
use crate::rounded::{PARTS, PIXELS};
use crate::svg_source::SVG_BYTES;
use crate::{Mask, MaskKind, MaskShape, SvgSpace, svg_masks};
use millions_config::escaped;

/// A step of a feather, in pixels.
const FEATHER_STEP_PX: f64 = 1.0;

/// All properties of a mask.
pub(super) fn properties(stage: &Stage, output: OutputId, at: MaskRef) -> Vec<Property> {
    let Some(mask) = masks(stage, output, at.surface).get(at.mask) else { return Vec::new() };
    let kinds = [MaskKind::Hide, MaskKind::Show];
    let feather = Number::new(may::FEATHER, FEATHER_STEP_PX, " px");
    let file = match &mask.shape {
        MaskShape::Path(_) => String::new(),
        MaskShape::Picture(path) => path.to_string_lossy().into_owned(),
        MaskShape::Drawing(drawing) => drawing.path().to_string_lossy().into_owned(),
    };
    vec![
        Property::text("name", &mask.name, "", move |edit, name| {
            own(edit, at)?.name = unique_name(name, std::iter::empty())?;
            Ok::<_, String>(())
        })
        .required(),
        Property::words("kind", ["hides", "shows"], usize::from(mask.kind == kinds[1]), move |edit, kind| {
            own(edit, at).map(|mask| mask.kind = kinds[kind])
        }),
        Property::number("feather", feather, mask.feather, Mask::DEFAULT_FEATHER, move |edit, feather| {
            own(edit, at).map(|mask| mask.feather = feather)
        }),
        Property::text("file", file, "none: its points", move |edit, file| set_file(edit, at, file)).required(),
    ]
}

fn own<'a>(edit: &'a mut EditContext, mask: MaskRef) -> Result<&'a mut Mask, String> {
    edit.mask_mut(mask).ok_or_else(|| "the mask is gone".to_owned())
}

/// Replaces the points of a mask by an image, or by the outlines of an SVG, each of which becomes a mask.
fn set_file(edit: &mut EditContext, at: MaskRef, file: &str) -> Result<(), String> {
    if file.is_empty() && matches!(own(edit, at)?.shape, MaskShape::Path(_)) {
        return Ok(());
    }
    let path = Path::new(file);
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("png" | "svg" | "svgz") if !edit.host.is_there(path) => {
            Err(format!("{} is not there, from the stage's folder on", escaped(file)))
        }
        Some("png") => own(edit, at).map(|mask| mask.shape = MaskShape::Picture(path.to_owned())),
        Some("svg" | "svgz") => {
            let (size, decimals) = match at.surface {
                Some(_) => (DVec2::ONE, PARTS),
                None => (edit.stage[edit.output].size.as_dvec2(), PIXELS),
            };
            let refusal = |error: String| format!("{} {}", escaped(file), escaped(&error));
            let bytes =
                edit.host.bytes(path, SVG_BYTES).map_err(|error| refusal(format!("cannot be read: {error}")))?;
            let space = SvgSpace { over: [DVec2::ZERO, size], decimals };
            let shapes = svg_masks(path, &bytes, space).map_err(|error| refusal(error.to_string()))?;
            let Mask { name, kind, feather, .. } = own(edit, at)?.clone();
            if let Some(masks) = edit.masks_mut(at.surface) {
                masks.splice(at.mask..=at.mask, Mask::of_svg(shapes, &name, kind, feather));
            }
            *edit.selection = vec![Handle::Mask(at)];
            Ok(())
        }
        _ => Err("write a file that ends in .png, .svg or .svgz".to_owned()),
    }
}
