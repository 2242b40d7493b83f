//! What a stage would light: each output resolved as the wall resolves it, with its masks.

use std::path::{Path, PathBuf};

use super::{Findings, scenes};
use crate::app::FolderFiles;
use millions_base::{Diagnostic, Disk, printable_path};
use millions_show::{Scene, find_scene};
use millions_stage::{MaskImages as _, MaskShape, MaskTexel, Output, OutputMask, ResolvedOutput, Stage, Surface, Warp};

/// Checks a stage that was read, and those that its keys switch to; `seen` are the files that were checked.
pub(super) fn stage(path: &Path, stage: &Stage, seen: &mut Vec<PathBuf>, findings: &mut Findings) {
    seen.push(path.to_owned());
    let folder = path.parent().unwrap_or(Path::new(""));
    // Such surfaces are left out, and the rest plays.
    let faults = stage.surfaces.iter().filter_map(|surface| Warp::new(surface).err());
    findings.wrong.extend(faults.map(|fault| Diagnostic::whole(path, fault.to_string())));
    for Output { name, .. } in &stage.outputs {
        if stage.surfaces_of(name).next().is_none() {
            findings.note(path, format!("output `{name}` stays black: no surface lies on it"));
        }
    }
    light(path, stage, findings);
    let of_outputs = stage.outputs.iter().map(|output| (&output.name, &output.masks));
    let of_surfaces = stage.surfaces.iter().map(|surface| (&surface.name, &surface.masks));
    let pictures = FolderFiles::beside(path);
    for (of, mask) in of_outputs.chain(of_surfaces).flat_map(|(of, masks)| masks.iter().map(move |mask| (of, mask))) {
        if let MaskShape::Picture(file) = &mask.shape
            && pictures.grey(file).is_none()
        {
            let message = format!(
                "mask `{}` of `{of}` cannot be read, and nothing is lit there: {}",
                mask.name,
                printable_path(file)
            );
            let help = "save it as a greyscale PNG, white inside";
            findings.wrong.push(Diagnostic { help: Some(help.to_owned()), ..Diagnostic::whole(path, message) });
        }
        if let MaskShape::Drawing(drawing) = &mask.shape
            && drawing.unfilled() > 0
        {
            let (file, count) = (drawing.path().display(), drawing.unfilled());
            let note =
                "outlines without a fill, of which only the lines are dark: fill those whose inside is to be dark";
            findings.note(path, format!("mask `{}` of `{of}`: {file} has {count} {note}", mask.name));
        }
    }
    for surface in &stage.surfaces {
        own_scene(path, folder, surface, findings);
    }
    for preset in &stage.presets {
        let file = folder.join(&preset.file);
        if seen.contains(&file) {
            continue;
        }
        match Stage::read(&file, &Disk).result {
            Ok(stage) => self::stage(&file, &stage, seen, findings),
            Err(wrong) => {
                seen.push(file);
                findings.wrong.extend(wrong);
            }
        }
    }
}

/// Says which outputs, surfaces and masks come to something else than was meant.
fn light(path: &Path, stage: &Stage, findings: &mut Findings) {
    let files = FolderFiles::beside(path);
    let has_masks = stage.surfaces.iter().any(|surface| !surface.masks.is_empty())
        || stage.outputs.iter().any(|output| !output.masks.is_empty());
    let mut bare = stage.clone();
    bare.surfaces.iter_mut().for_each(|surface| surface.masks.clear());
    bare.outputs.iter_mut().for_each(|output| output.masks.clear());
    for output in &stage.outputs {
        let resolved = match stage.resolve(output.id, output.target_size(), &files) {
            Ok(resolved) => resolved,
            Err(fault) => {
                findings.wrong.push(Diagnostic::whole(path, fault.to_string()));
                continue;
            }
        };
        findings.wrong.extend(resolved.faults.iter().map(|fault| Diagnostic::whole(path, fault.to_string())));
        for surface in stage.surfaces_of(&output.name) {
            let is_drawn = resolved.surfaces.iter().any(|drawn| drawn.id == surface.id);
            if !is_drawn && Warp::new(surface).is_ok() {
                findings
                    .note(path, format!("surface `{}` is not seen: all of it lies beyond its output", surface.name));
            }
        }
        let bare = has_masks.then(|| bare.resolve(output.id, output.target_size(), &files).ok()).flatten();
        if let Some(bare) = bare {
            masked(path, stage, &resolved, &bare, findings);
        }
    }
}

/// Says of which surfaces the masks hide all or nothing, by the output resolved with them and without.
fn masked(path: &Path, stage: &Stage, resolved: &ResolvedOutput, bare: &ResolvedOutput, findings: &mut Findings) {
    let gains = |mask: &OutputMask| mask.texels.iter().map(|texel| MaskTexel::unpack(*texel).gain).collect::<Vec<_>>();
    // A feather leaves some light along the edges.
    let is_dark = |mask: &OutputMask| {
        let gains = gains(mask);
        gains.iter().all(|gain| *gain <= 0.5) && gains.iter().filter(|gain| **gain == 0.0).count() * 2 > gains.len()
    };
    for drawn in &resolved.surfaces {
        let Some(surface) = stage.surfaces.iter().find(|surface| surface.id == drawn.id) else { continue };
        let Some(without) = bare.surfaces.iter().find(|without| without.id == drawn.id) else { continue };
        let was_dark = without.mask.as_deref().is_some_and(is_dark);
        if !was_dark && drawn.mask.as_deref().is_some_and(is_dark) {
            let message = format!("surface `{}` stays dark: masks hide all of it", drawn.name);
            findings.wrong.push(Diagnostic::whole(path, message));
        } else if !surface.masks.is_empty()
            && resolved.output.masks.is_empty()
            && is_same(drawn.mask.as_deref(), without.mask.as_deref())
        {
            findings.note(path, format!("the masks of surface `{}` hide nothing", drawn.name));
        }
    }
    let is_unchanged = |drawn: &millions_stage::ResolvedSurface| {
        let without = bare.surfaces.iter().find(|without| without.id == drawn.id);
        without.is_some_and(|without| is_same(drawn.mask.as_deref(), without.mask.as_deref()))
    };
    if !resolved.output.masks.is_empty() && !resolved.surfaces.is_empty() && resolved.surfaces.iter().all(is_unchanged)
    {
        findings.note(path, format!("the masks of output `{}` hide nothing", resolved.output.name));
    }
}

/// Whether two masks light the same; none is one that lights all.
fn is_same(one: Option<&OutputMask>, other: Option<&OutputMask>) -> bool {
    let is_open = |mask: &OutputMask| mask.texels.iter().all(|texel| *texel == MaskTexel::OPAQUE.pack());
    match (one, other) {
        (None, None) => true,
        (Some(mask), None) | (None, Some(mask)) => is_open(mask),
        (Some(one), Some(other)) => one == other,
    }
}

/// Opens the scene that a surface shows in place of the wall.
fn own_scene(path: &Path, folder: &Path, surface: &Surface, findings: &mut Findings) {
    let Some(name) = &surface.scene else { return };
    if name.ends_with(".toml") {
        let file = folder.join(name);
        match Scene::read(&file, &Disk).result {
            Ok(scene) => scenes::scene(&file, &scene, findings),
            Err(wrong) => findings.wrong.extend(wrong),
        }
    } else if find_scene(name).is_err() {
        let note = "which is none of the program's: it is dark if the show has none of that name";
        findings.note(path, format!("surface `{}` shows the scene `{name}`, {note}", surface.name));
    }
}
