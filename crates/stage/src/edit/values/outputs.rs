//! The values of an output, and of the wall.

use glam::{DVec2, UVec2};

use super::super::{Stage, neat, neat_handle};
use super::number::Number;
use super::{Value, Work, own_name};
use crate::file::{FULL_HD, usual_aspect};
use crate::ranges as may;
use crate::resolved::MOST_PIXELS;
use crate::rounded::{PIXELS, round};
use crate::{ColourCorrection, Flip, MaskShape, MonitorId, Output, Rotation, Sides};
use millions_base::Range;
use millions_wall::tone::calibration_ranges;

/// A step of light, and of what is set by eye.
const FINE: f64 = 0.01;
/// A step of a gamma.
const GAMMA_STEP: f64 = 0.05;
/// A step of the width of a soft edge, in pixels.
const EDGE_STEP_PX: f64 = 10.0;
/// A soft edge that is begun by hand, in pixels.
const EDGE_BEGUN_PX: f64 = 100.0;
/// A step of the light of black: a hundredth of a per cent of white's.
const BLACK_STEP: f64 = 0.0001;
/// What white is above black at least.
const LEAST_CONTRAST: f64 = 0.1;

const SIDES: [&str; 4] = ["soft edge left", "soft edge top", "soft edge right", "soft edge bottom"];
const GAINS: [&str; 3] = ["gain red", "gain green", "gain blue"];
const WALL_COLOURS: [&str; 3] = ["wall red", "wall green", "wall blue"];

/// All values of an output and of the wall.
pub(super) fn values(stage: &Stage, index: usize) -> Vec<Value> {
    let Some(output) = stage.outputs.get(index) else { return Vec::new() };
    let mut values = hanging(stage, output, index);
    values.extend(light(output, index));
    values.extend(edges(output, index));
    let aspect = Number::part(may::ASPECT, FINE, "");
    values.push(Value::number(
        "aspect of the wall",
        aspect,
        stage.aspect,
        usual_aspect(&stage.outputs),
        |work, set| {
            work.stage.aspect = set;
            Ok(())
        },
    ));
    values
}

/// A number of an output.
fn own(
    index: usize,
    label: &'static str,
    number: Number,
    (now, usual): (f64, f64),
    set: impl Fn(&mut Output, f64) + 'static,
) -> Value {
    Value::number(label, number, now, usual, move |work, value| {
        set(&mut work.stage.outputs[index], value);
        Ok(())
    })
}

/// Which it is, and how it hangs.
fn hanging(stage: &Stage, output: &Output, index: usize) -> Vec<Value> {
    // With one that is only a window nothing is exchanged: it would be nowhere.
    let bound = stage.outputs.iter().filter(|other| other.monitor.is_some() == output.monitor.is_some());
    let mut monitors: Vec<_> = bound.map(|output| (named(output), output.monitor.clone())).collect();
    monitors.sort_by(|a, b| a.0.cmp(&b.0));
    monitors.dedup();
    let monitor = monitors.iter().position(|(_, monitor)| *monitor == output.monitor).unwrap_or(0);
    let names: Vec<_> = monitors.iter().map(|(name, _)| name.clone()).collect();
    let turned = Rotation::ALL.map(|rotation| format!("{}°", rotation.degrees()));
    let rotation = Rotation::ALL.iter().position(|rotation| *rotation == output.rotation).unwrap_or(0);
    let flips = [Flip::None, Flip::Horizontal, Flip::Vertical];
    let flip = flips.iter().position(|flip| *flip == output.flip).unwrap_or(0);
    let delay = Number::whole(may::DELAY, " frames");
    let mut values = vec![
        Value::text("name", &output.name, "", move |work, name| rename(work.stage, index, name)).always_said(),
        Value::words("monitor", names, monitor, move |work, place| {
            exchange(work.stage, index, &monitors[place].1);
            Ok(())
        })
        .always_said(),
        Value::text("size in pixels", size_text(output.size), "", move |work, size| resize(work, index, size)),
        Value::words("rotation", turned, rotation, move |work, turned| {
            work.stage.outputs[index].rotation = Rotation::ALL[turned];
            Ok(())
        }),
        Value::words("flip", ["none", "horizontal", "vertical"], flip, move |work, flip| {
            work.stage.outputs[index].flip = flips[flip];
            Ok(())
        }),
        own(index, "delay", delay, (output.delay.into(), 0.0), |output, set| output.delay = set as u32),
        Value::words(
            "leads the frame rate",
            ["no", "yes"],
            usize::from(output.sync_master),
            move |work, sync_master| {
                work.stage.outputs[index].sync_master = sync_master == 1;
                Ok(())
            },
        ),
    ];
    if output.monitor.is_some() {
        let at = output.at.map_or_else(String::new, |at| format!("{}, {}", at.x, at.y));
        values.push(Value::text("begins on its monitor at", &at, "fills it", move |work, at| place(work, index, at)));
        let window = output.window.as_deref().unwrap_or_default();
        values.push(Value::text("window shared with others", window, "none", move |work, window| {
            let window = window.trim();
            work.stage.outputs[index].window = (!window.is_empty()).then(|| window.to_owned());
            Ok(())
        }));
    }
    values
}

/// Where it begins on its monitor; nothing typed fills the monitor.
fn place(work: &mut Work, index: usize, typed: &str) -> Result<(), String> {
    let numbers: Vec<_> = typed.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| may::AT.has(f64::from(*number)));
    let at = match numbers[..] {
        [] if typed.trim().is_empty() => None,
        [x, y] => Some(number(x).zip(number(y)).ok_or("that is beyond any monitor")?),
        _ => return Err("write x and y in pixels, as 1920, 0; nothing fills the monitor".to_owned()),
    };
    work.stage.outputs[index].at = at.map(UVec2::from);
    Ok(())
}

/// What the building and the projector need.
fn light(output: &Output, index: usize) -> Vec<Value> {
    let (now, usual) = (&output.light, ColourCorrection::default());
    let (calibration, plain) = (&now.calibration, usual.calibration);
    let pair = |now: f32, usual: f32| (round(now.into(), PIXELS), usual.into());
    let brightness = Number::new(may::BRIGHTNESS, FINE, "");
    let mut values =
        vec![own(index, "brightness", brightness, pair(now.brightness, usual.brightness), |output, set| {
            output.light.brightness = set as f32;
        })];
    for (channel, label) in GAINS.into_iter().enumerate() {
        let now = pair(now.gain[channel], usual.gain[channel]);
        let set = move |output: &mut Output, set| output.light.gain[channel] = set as f32;
        values.push(own(index, label, Number::new(may::GAIN, FINE, ""), now, set));
    }
    let gamma = Number::new(calibration_ranges::GAMMA, GAMMA_STEP, "");
    values.push(own(index, "gamma", gamma, pair(calibration.gamma, plain.gamma), |output, set| {
        output.light.calibration.gamma = set as f32;
    }));
    // Each leaves room for the other.
    let Range { low, high, .. } = calibration_ranges::BLACK;
    let most = round(f64::from(calibration.white) - LEAST_CONTRAST, PIXELS).min(high);
    let black = Number::new(Range::new(low, most, ""), FINE, "");
    values.push(own(index, "black", black, pair(calibration.black, plain.black), |output, set| {
        output.light.calibration.black = set as f32;
    }));
    let Range { low, high, .. } = calibration_ranges::WHITE;
    let least = round(f64::from(calibration.black) + LEAST_CONTRAST, PIXELS).max(low);
    let white = Number::new(Range::new(least, high, ""), FINE, "");
    values.push(own(index, "white", white, pair(calibration.white, plain.white), |output, set| {
        output.light.calibration.white = set as f32;
    }));
    for (channel, label) in WALL_COLOURS.into_iter().enumerate() {
        let now = pair(calibration.wall_colour[channel], plain.wall_colour[channel]);
        let set = move |output: &mut Output, set| output.light.calibration.wall_colour[channel] = set as f32;
        values.push(own(index, label, Number::new(calibration_ranges::WALL_COLOUR, FINE, ""), now, set));
    }
    values
}

/// Soft edges and the black level.
fn edges(output: &Output, index: usize) -> Vec<Value> {
    let (blend, usual) = (&output.blend, Output::new("", output.size));
    let manual = usize::from(blend.manual.is_some());
    let mut values = vec![Value::words("soft edges", ["found", "by hand"], manual, move |work, manual| {
        let blend = &mut work.stage.outputs[index].blend;
        blend.manual = (manual == 1).then(|| blend.manual.unwrap_or_default());
        Ok(())
    })];
    for (side, label) in SIDES.into_iter().enumerate() {
        let width = Number::new(may::FADE, EDGE_STEP_PX, " px").or("found", EDGE_BEGUN_PX);
        let now = blend.manual.map(|Sides { left, top, right, bottom }| [left, top, right, bottom][side]);
        values.push(Value::maybe(label, width, now, move |work, set| {
            let blend = &mut work.stage.outputs[index].blend;
            let mut sides = blend.manual.unwrap_or_default();
            let Sides { left, top, right, bottom } = &mut sides;
            *[left, top, right, bottom][side] = set.unwrap_or_default();
            blend.manual = set.map(|_| sides);
            Ok(())
        }));
    }
    let curve = Number::new(may::CURVE, GAMMA_STEP, "");
    let gamma = Number::new(may::BLEND_GAMMA, GAMMA_STEP, "");
    let black = Number::percent(may::BLACK_LIGHT, BLACK_STEP);
    let feather = Number::new(may::FEATHER, 1.0, " px");
    let (level, usual_level) = (&output.black_level, &usual.black_level);
    values.extend([
        own(index, "soft edge curve", curve, (blend.curve, usual.blend.curve), |output, set| output.blend.curve = set),
        own(index, "projector's gamma", gamma, (blend.gamma, usual.blend.gamma), |output, set| {
            output.blend.gamma = set
        }),
        own(index, "black level", black, (level.light, usual_level.light), |output, set| {
            output.black_level.light = set;
        }),
        own(index, "black level feather", feather, (level.feather, usual_level.feather), |output, set| {
            output.black_level.feather = set;
        }),
    ]);
    values
}

/// The monitor that an output is for, in a few words.
fn named(output: &Output) -> String {
    let Some(MonitorId { name, serial, port }) = &output.monitor else { return "a window".to_owned() };
    let said: Vec<_> = [port, name, serial].into_iter().flatten().map(String::as_str).collect();
    said.join(" ")
}

/// Another name, also where surfaces name it.
fn rename(stage: &mut Stage, index: usize, name: &str) -> Result<(), String> {
    let others = stage.outputs.iter().enumerate().filter(|(other, _)| *other != index);
    let name = own_name(name, others.map(|(_, other)| &other.name))?;
    let before = std::mem::replace(&mut stage.outputs[index].name, name.clone());
    let lit = stage.surfaces.iter_mut().filter(|surface| surface.output == before);
    lit.for_each(|surface| surface.output.clone_from(&name));
    Ok(())
}

/// The monitor of another output, which gets this one's: none is lost, for who types a wrong one sits in the dark.
fn exchange(stage: &mut Stage, index: usize, monitor: &Option<MonitorId>) {
    if stage.outputs[index].monitor == *monitor {
        return;
    }
    if let Some(other) = stage.outputs.iter().position(|other| other.monitor == *monitor) {
        let own = std::mem::replace(&mut stage.outputs[index].monitor, monitor.clone());
        stage.outputs[other].monitor = own;
    }
}

fn size_text(size: UVec2) -> String {
    format!("{} × {}", size.x, size.y)
}

/// Another size; everything on the output stays where it is on the building.
fn resize(work: &mut Work, index: usize, typed: &str) -> Result<(), String> {
    let numbers: Vec<_> = typed.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| may::SIZE.has(f64::from(*number)));
    let size = match numbers[..] {
        // As it is when the file does not say it.
        [] if typed.is_empty() => Some(FULL_HD),
        [x, y] => number(x).zip(number(y)).map(UVec2::from),
        _ => None,
    };
    let size = size.filter(|size| u64::from(size.x) * u64::from(size.y) <= u64::from(MOST_PIXELS));
    let size = size.ok_or("write width and height, as 1920 x 1080; not more than 16384 each, nor 67 million in all")?;
    if size == work.stage.outputs[index].size {
        return Ok(());
    }
    // Another size would not last.
    if work.stage.is_first() {
        return Err("nothing is mapped yet: it is as large as its window".to_owned());
    }
    let output = &mut work.stage.outputs[index];
    let by = size.as_dvec2() / output.size.as_dvec2();
    output.size = size;
    let scaled = |p: DVec2| neat(p * by);
    for mask in &mut output.masks {
        let MaskShape::Path(points) = &mut mask.shape else { continue };
        for point in points {
            point.at = scaled(point.at);
            point.before = neat_handle(None, point.at, point.before.map(scaled));
            point.after = neat_handle(None, point.at, point.after.map(scaled));
        }
    }
    if let Some(Sides { left, top, right, bottom }) = &mut output.blend.manual {
        for (side, by) in [(left, by.x), (top, by.y), (right, by.x), (bottom, by.y)] {
            *side = round(*side * by, PIXELS).min(may::FADE.high);
        }
    }
    let lit = work.stage.surfaces.iter_mut().filter(|surface| surface.output == output.name);
    for surface in lit {
        surface.corners = surface.corners.map(scaled);
        surface.mesh.iter_mut().flat_map(|mesh| &mut mesh.moved).for_each(|moved| *moved = scaled(*moved));
        if let Some(bend) = &mut surface.bend {
            (bend.top, bend.bottom) = (scaled(bend.top), scaled(bend.bottom));
        }
    }
    Ok(())
}
