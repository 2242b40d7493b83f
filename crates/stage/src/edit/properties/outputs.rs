//! The properties of an output, and of the wall.

use glam::{DVec2, UVec2};

use super::super::{EditContext, OutputId, Stage, round_px};
use super::number::Number;
use super::{Property, unique_name};
use crate::file::{FULL_HD, default_aspect};
use crate::ranges as may;
use crate::resolved::MOST_PIXELS;
use crate::rounded::{PIXELS, round};
use crate::{ColourCorrection, Flip, MaskPoint, MonitorId, Output, Rotation, Sides};
use millions_base::Range;
use millions_wall::tone::calibration_ranges;

/// A step of brightness and of other settings by eye.
const FINE_STEP: f64 = 0.01;
/// A step of a gamma.
const GAMMA_STEP: f64 = 0.05;
/// A step of the width of an edge blend, in pixels.
const BLEND_STEP_PX: f64 = 10.0;
/// The width of a new manual edge blend, in pixels.
const NEW_BLEND_PX: f64 = 100.0;
/// A step of the black level: a hundredth of a per cent of white's light.
const BLACK_STEP: f64 = 0.0001;
/// The least difference of white and black.
const LEAST_CONTRAST: f64 = 0.1;

const SIDES: [&str; 4] = ["edge blend left", "edge blend top", "edge blend right", "edge blend bottom"];
const GAINS: [&str; 3] = ["gain red", "gain green", "gain blue"];
const WALL_COLOURS: [&str; 3] = ["wall red", "wall green", "wall blue"];

/// All properties of an output and of the wall.
pub(super) fn properties(stage: &Stage, id: OutputId) -> Vec<Property> {
    let Some(output) = stage.output(id) else { return Vec::new() };
    let mut properties = placement(stage, output, id);
    properties.extend(colour(output, id));
    properties.extend(blend(output, id));
    let (aspect, default) = (Number::part(may::ASPECT, FINE_STEP, ""), default_aspect(&stage.outputs));
    properties.push(Property::number("aspect of the wall", aspect, stage.aspect, default, |edit, aspect| {
        edit.stage.aspect = aspect;
    }));
    properties
}

/// Its name, monitor, size, rotation, delay and window.
fn placement(stage: &Stage, output: &Output, id: OutputId) -> Vec<Property> {
    // Monitors are exchanged between outputs that have one: otherwise a projector would go dark.
    let bound = stage.outputs.iter().filter(|other| other.monitor.is_some() == output.monitor.is_some());
    let mut monitors: Vec<_> = bound.map(|output| (monitor_name(output), output.monitor.clone())).collect();
    monitors.sort_by(|a, b| a.0.cmp(&b.0));
    monitors.dedup();
    let monitor = monitors.iter().position(|(_, monitor)| *monitor == output.monitor).unwrap_or(0);
    let names: Vec<_> = monitors.iter().map(|(name, _)| name.clone()).collect();
    let rotations = Rotation::ALL.map(|rotation| format!("{}°", rotation.degrees()));
    let rotation = Rotation::ALL.iter().position(|rotation| *rotation == output.rotation).unwrap_or(0);
    let flips = [Flip::None, Flip::Horizontal, Flip::Vertical];
    let flip = flips.iter().position(|flip| *flip == output.flip).unwrap_or(0);
    let delay = Number::whole(may::DELAY, " frames");
    let size = format!("{} × {}", output.size.x, output.size.y);
    let mut properties = vec![
        Property::text("name", &output.name, "", move |edit, name| rename(edit.stage, id, name)).required(),
        Property::words("monitor", names, monitor, move |edit, monitor| {
            exchange_monitors(edit.stage, id, &monitors[monitor].1);
        })
        .required(),
        Property::text("size in pixels", size, "", move |edit, size| resize(edit.stage, id, size)),
        Property::words("rotation", rotations, rotation, move |edit, rotation| {
            edit.stage[id].rotation = Rotation::ALL[rotation];
        }),
        Property::words("flip", ["none", "horizontal", "vertical"], flip, move |edit, flip| {
            edit.stage[id].flip = flips[flip];
        }),
        Property::number("delay", delay, output.delay.into(), 0.0, move |edit, frames| {
            edit.stage[id].delay = frames as u32;
        }),
        Property::words("sync master", ["no", "yes"], usize::from(output.sync_master), move |edit, is_master| {
            edit.stage[id].sync_master = is_master == 1;
        }),
    ];
    if output.monitor.is_some() {
        let at = output.at.map_or_else(String::new, |at| format!("{}, {}", at.x, at.y));
        let window = output.window.as_deref().unwrap_or_default();
        properties.extend([
            Property::text("begins on its monitor at", at, "fills it", move |edit, at| set_origin(edit, id, at)),
            Property::text("window shared with others", window, "none", move |edit, window| {
                let window = window.trim();
                edit.stage[id].window = (!window.is_empty()).then(|| window.to_owned());
            }),
        ]);
    }
    properties
}

/// Brightness, gain and calibration.
fn colour(output: &Output, id: OutputId) -> Vec<Property> {
    let Range { low: least_black, high: most_black, .. } = calibration_ranges::BLACK;
    let Range { low: least_white, high: most_white, .. } = calibration_ranges::WHITE;
    let calibration = &output.colour.calibration;
    // Black and white each leave room for the other.
    let most_black = round(f64::from(calibration.white) - LEAST_CONTRAST, PIXELS).min(most_black);
    let least_white = round(f64::from(calibration.black) + LEAST_CONTRAST, PIXELS).max(least_white);
    let property = |label, range, step, field: ColourField| {
        let value = |mut colour: ColourCorrection| f64::from(*field(&mut colour));
        let (current, default) = (round(value(output.colour), PIXELS), value(ColourCorrection::default()));
        Property::number(label, Number::new(range, step, ""), current, default, move |edit, value| {
            *field(&mut edit.stage[id].colour) = value as f32;
        })
    };
    let black = Range::new(least_black, most_black, "");
    let white = Range::new(least_white, most_white, "");
    let mut properties =
        vec![property("brightness", may::BRIGHTNESS, FINE_STEP, Box::new(|colour| &mut colour.brightness))];
    for (channel, label) in GAINS.into_iter().enumerate() {
        properties.push(property(label, may::GAIN, FINE_STEP, Box::new(move |colour| &mut colour.gain[channel])));
    }
    properties.extend([
        property("gamma", calibration_ranges::GAMMA, GAMMA_STEP, Box::new(|colour| &mut colour.calibration.gamma)),
        property("black", black, FINE_STEP, Box::new(|colour| &mut colour.calibration.black)),
        property("white", white, FINE_STEP, Box::new(|colour| &mut colour.calibration.white)),
    ]);
    for (channel, label) in WALL_COLOURS.into_iter().enumerate() {
        let field: ColourField =
            Box::new(move |colour: &mut ColourCorrection| &mut colour.calibration.wall_colour[channel]);
        properties.push(property(label, calibration_ranges::WALL_COLOUR, FINE_STEP, field));
    }
    properties
}

/// A number of a colour correction.
type ColourField = Box<dyn Fn(&mut ColourCorrection) -> &mut f32>;

/// Edge blend and black level.
fn blend(output: &Output, id: OutputId) -> Vec<Property> {
    let (blend, level) = (&output.blend, &output.black_level);
    let Output { blend: default, black_level: default_level, .. } = Output::new("", output.size);
    let manual = usize::from(blend.manual.is_some());
    let mut properties = vec![Property::words("edge blend", ["auto", "manual"], manual, move |edit, manual| {
        let blend = &mut edit.stage[id].blend;
        blend.manual = (manual == 1).then(|| blend.manual.unwrap_or_default());
    })];
    for (side, label) in SIDES.into_iter().enumerate() {
        let width = Number::new(may::FADE, BLEND_STEP_PX, " px").or("auto", NEW_BLEND_PX);
        let current = blend.manual.map(|sides| sides.to_array()[side]);
        properties.push(Property::optional(label, width, current, move |edit, width| {
            let blend = &mut edit.stage[id].blend;
            let mut sides = blend.manual.unwrap_or_default().to_array();
            sides[side] = width.unwrap_or_default();
            blend.manual = width.map(|_| Sides::from_array(sides));
        }));
    }
    let curve = Number::new(may::CURVE, GAMMA_STEP, "");
    let gamma = Number::new(may::BLEND_GAMMA, GAMMA_STEP, "");
    let black = Number::percent(may::BLACK_LIGHT, BLACK_STEP);
    let feather = Number::new(may::FEATHER, 1.0, " px");
    properties.extend([
        Property::number("edge blend curve", curve, blend.curve, default.curve, move |edit, curve| {
            edit.stage[id].blend.curve = curve;
        }),
        Property::number("projector's gamma", gamma, blend.gamma, default.gamma, move |edit, gamma| {
            edit.stage[id].blend.gamma = gamma;
        }),
        Property::number("black level", black, level.light, default_level.light, move |edit, light| {
            edit.stage[id].black_level.light = light;
        }),
        Property::number("black level feather", feather, level.feather, default_level.feather, move |edit, feather| {
            edit.stage[id].black_level.feather = feather;
        }),
    ]);
    properties
}

/// The name of an output's monitor.
fn monitor_name(output: &Output) -> String {
    let Some(MonitorId { name, serial, port }) = &output.monitor else { return "a window".to_owned() };
    [port, name, serial].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Renames an output, and the references of its surfaces.
fn rename(stage: &mut Stage, id: OutputId, name: &str) -> Result<(), String> {
    let others = stage.outputs.iter().filter(|other| other.id != id);
    let name = unique_name(name, others.map(|other| &other.name))?;
    let before = std::mem::replace(&mut stage[id].name, name.clone());
    let surfaces = stage.surfaces.iter_mut().filter(|surface| surface.output == before);
    surfaces.for_each(|surface| surface.output.clone_from(&name));
    Ok(())
}

/// Gives an output the monitor of another, and the other its own: no projector is left without an output.
fn exchange_monitors(stage: &mut Stage, id: OutputId, monitor: &Option<MonitorId>) {
    if stage[id].monitor == *monitor {
        return;
    }
    if let Some(other) = stage.outputs.iter().find(|other| other.monitor == *monitor).map(|other| other.id) {
        let own = std::mem::replace(&mut stage[id].monitor, monitor.clone());
        stage[other].monitor = own;
    }
}

/// The whole numbers of a text, whatever stands between them; none for those out of range.
fn whole_numbers(text: &str, range: Range) -> Vec<Option<u32>> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    digits.map(|digits| digits.parse().ok().filter(|number| range.has(f64::from(*number)))).collect()
}

/// Sets the upper left corner on the monitor; an empty text fills the monitor.
fn set_origin(edit: &mut EditContext, id: OutputId, text: &str) -> Result<(), String> {
    let at = match whole_numbers(text, may::AT)[..] {
        [] if text.trim().is_empty() => None,
        [x, y] => Some(x.zip(y).ok_or("that is beyond any monitor")?),
        _ => return Err("write x and y in pixels, as 1920, 0; nothing fills the monitor".to_owned()),
    };
    edit.stage[id].at = at.map(UVec2::from);
    Ok(())
}

/// Changes the size of an output; everything on it stays where it is on the building.
fn resize(stage: &mut Stage, id: OutputId, text: &str) -> Result<(), String> {
    let size = match whole_numbers(text, may::SIZE)[..] {
        [] if text.is_empty() => Some(FULL_HD),
        [x, y] => x.zip(y).map(UVec2::from),
        _ => None,
    };
    let size = size.filter(|size| u64::from(size.x) * u64::from(size.y) <= u64::from(MOST_PIXELS));
    let size = size.ok_or("write width and height, as 1920 x 1080; not more than 16384 each, nor 67 million in all")?;
    if size == stage[id].size {
        return Ok(());
    }
    // Its window would resize it again.
    if stage.is_unmapped() {
        return Err("nothing is mapped yet: it is as large as its window".to_owned());
    }
    let output = &mut stage[id];
    let by = size.as_dvec2() / output.size.as_dvec2();
    output.size = size;
    for point in output.masks.iter_mut().filter_map(|mask| mask.shape.path_mut()).flatten() {
        let scaled = |p: DVec2| p * by;
        let MaskPoint { at, before, after } = *point;
        *point = MaskPoint { at: scaled(at), before: before.map(scaled), after: after.map(scaled) }.rounded(PIXELS);
    }
    if let Some(sides) = &mut output.blend.manual {
        let [left, top, right, bottom] = sides.to_array();
        let scaled = [left * by.x, top * by.y, right * by.x, bottom * by.y];
        *sides = Sides::from_array(scaled.map(|width| round(width, PIXELS).min(may::FADE.high)));
    }
    let scaled = |p: DVec2| round_px(p * by);
    let name = output.name.clone();
    for surface in stage.surfaces.iter_mut().filter(|surface| surface.output == name) {
        surface.corners = surface.corners.map(scaled);
        surface.mesh.iter_mut().flat_map(|mesh| &mut mesh.moved).for_each(|moved| *moved = scaled(*moved));
        if let Some(bend) = &mut surface.bend {
            (bend.top, bend.bottom) = (scaled(bend.top), scaled(bend.bottom));
        }
    }
    Ok(())
}
