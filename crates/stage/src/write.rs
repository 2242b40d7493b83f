//! Writes stage files. See [`stage_text`].

use std::fmt::Write as _;
use std::path::Path;

use glam::DVec2;

use super::rounded::{PIXELS, round};
use super::{
    Bend, BlackLevel, EdgeBlend, Flip, Mask, MaskKind, MaskPoint, MaskShape, Mesh, MonitorId, Outline, Output,
    Rotation, Sides, Stage, Surface,
};

const COMMENT: &str = "\
# What lands where. Positions on outputs are in pixels from the upper left corner as seen, parts of the wall and
# positions on surfaces are from 0 to 1. What is left out has its default: see `millions schema stage`.
";

/// The line width at which lists are broken.
const WIDTH: usize = 118;

/// The text of a stage's file. It has what differs from the defaults, and its numbers have the decimals that
/// [`Stage::rounded`] keeps: read again, it is the rounded stage.
#[must_use]
pub fn stage_text(stage: &Stage) -> String {
    let Stage { aspect, outputs, surfaces, presets } = stage.rounded();
    let mut file = Writer(COMMENT.to_owned());
    file.key("aspect", aspect);
    for output in &outputs {
        file.output(output);
    }
    for surface in &surfaces {
        file.surface(surface, &outputs);
    }
    for preset in &presets {
        file.head("[[presets]]");
        file.key("key", quoted(&preset.key));
        file.key("file", quoted(&preset.file));
    }
    file.0
}

/// Collects the text.
struct Writer(String);

impl Writer {
    fn head(&mut self, head: &str) {
        let _ = write!(self.0, "\n{head}\n");
    }

    fn key(&mut self, key: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{key} = {value}");
    }

    /// Writes a key unless its value is the default.
    fn key_unless_default(&mut self, key: &str, is_default: bool, value: impl std::fmt::Display) {
        if !is_default {
            self.key(key, value);
        }
    }

    /// Writes a list on one line, or on as many as it needs: each of `lines` begins a new one.
    fn list(&mut self, key: &str, lines: &[Vec<String>]) {
        let all = lines.iter().map(|line| line.join(", ")).collect::<Vec<_>>().join(", ");
        if key.len() + all.len() + 5 <= WIDTH {
            self.key(key, format!("[{all}]"));
            return;
        }
        let _ = writeln!(self.0, "{key} = [");
        for line in lines {
            let mut written = 0;
            for item in line {
                let starts = written == 0 || written + item.len() + 2 > WIDTH;
                if starts && written > 0 {
                    self.0.push('\n');
                }
                let _ = write!(self.0, "{}{item},", if starts { "    " } else { " " });
                written = if starts { 5 } else { written + 2 } + item.len();
            }
            self.0.push('\n');
        }
        self.0.push_str("]\n");
    }

    fn output(&mut self, output: &Output) {
        let default = Output::new("", output.size);
        self.head("[[outputs]]");
        self.key("name", quoted(&output.name));
        if let Some(MonitorId { name, serial, port }) = &output.monitor {
            let keys = [("name", name), ("serial", serial), ("port", port)];
            let keys = keys.into_iter().filter_map(|(key, text)| Some((key, quoted(text.as_ref()?))));
            self.key("monitor", inline(keys));
        }
        if let Some(at) = output.at {
            self.key("at", format!("[{}, {}]", at.x, at.y));
        }
        if let Some(window) = &output.window {
            self.key("window", quoted(window));
        }
        self.key_unless_default("sync_master", !output.sync_master, output.sync_master);
        self.key("size", format!("[{}, {}]", output.size.x, output.size.y));
        self.key_unless_default("rotation", output.rotation == Rotation::None, output.rotation.degrees());
        let flip = match output.flip {
            Flip::None => "none",
            Flip::Horizontal => "horizontal",
            Flip::Vertical => "vertical",
        };
        self.key_unless_default("flip", output.flip == Flip::None, quoted(flip));
        self.key_unless_default("delay", output.delay == 0, output.delay);
        let (colour, default_colour) = (&output.colour, &default.colour);
        let (calibration, default_calibration) = (&colour.calibration, &default_colour.calibration);
        let numbers = [
            ("gamma", calibration.gamma, default_calibration.gamma),
            ("black", calibration.black, default_calibration.black),
            ("white", calibration.white, default_calibration.white),
        ];
        for (key, value, default) in numbers {
            self.key_unless_default(key, value == default, number(value));
        }
        self.key_unless_default(
            "wall_colour",
            calibration.wall_colour == default_calibration.wall_colour,
            numbers_of(&calibration.wall_colour),
        );
        self.key_unless_default(
            "brightness",
            colour.brightness == default_colour.brightness,
            number(colour.brightness),
        );
        self.key_unless_default("gain", colour.gain == default_colour.gain, numbers_of(&colour.gain));
        self.key_unless_default("blend", output.blend == default.blend, blend(&output.blend));
        let BlackLevel { light, feather } = output.black_level;
        let keys = [("light", light, default.black_level.light), ("feather", feather, default.black_level.feather)];
        self.key_unless_default("black_level", output.black_level == default.black_level, inline(changed_keys(keys)));
        self.masks("outputs", &output.masks);
    }

    fn surface(&mut self, surface: &Surface, outputs: &[Output]) {
        let output = outputs.iter().find(|output| output.name == surface.output);
        let default = output.map(|output| Surface::filling(output, "", [DVec2::ZERO, DVec2::ONE]));
        self.head("[[surfaces]]");
        self.key("name", quoted(&surface.name));
        self.key("output", quoted(&surface.output));
        let [from, to] = surface.part;
        self.key("part", format!("[{}, {}, {}, {}]", from.x, from.y, to.x, to.y));
        let fills = default.is_some_and(|default| default.corners == surface.corners);
        self.key_unless_default("corners", fills, format!("[{}]", surface.corners.map(pair).join(", ")));
        if let Some(width_m) = surface.width_m {
            self.key("width_m", width_m);
        }
        if let Some(scene) = &surface.scene {
            self.key("scene", quoted(scene));
        }
        match &surface.outline {
            Outline::Rectangle => {}
            Outline::Circle => self.key("shape", quoted("circle")),
            Outline::Polygon(points) => self.list("polygon", &[points.iter().copied().map(pair).collect()]),
        }
        if let Some(Bend { degrees, top, bottom }) = surface.bend {
            let keys = [("degrees", degrees.to_string()), ("top", pair(top)), ("bottom", pair(bottom))];
            self.key("bend", inline(keys));
        }
        if let Some(mesh) = &surface.mesh {
            self.mesh(mesh);
        }
        self.masks("surfaces", &surface.masks);
    }

    fn mesh(&mut self, Mesh { columns, rows, smooth, moved }: &Mesh) {
        self.head("[surfaces.mesh]");
        self.key("columns", columns);
        self.key("rows", rows);
        self.key_unless_default("smooth", *smooth, smooth);
        if moved.iter().any(|moved| *moved != DVec2::ZERO) {
            let lines = moved.chunks(*columns as usize + 1);
            let lines: Vec<_> = lines.map(|line| line.iter().copied().map(pair).collect()).collect();
            self.list("moved", &lines);
        }
    }

    fn masks(&mut self, of: &str, masks: &[Mask]) {
        for Mask { name, kind, shape, feather } in masks {
            self.head(&format!("[[{of}.masks]]"));
            self.key("name", quoted(name));
            self.key_unless_default("kind", *kind == MaskKind::Hide, quoted("show"));
            match shape {
                MaskShape::Path(points) => self.list("points", &[points.iter().map(point).collect()]),
                // A drawing that could not be read stands as a picture that cannot be.
                MaskShape::Picture(path) if is_drawing(path) => self.key("svg", quoted(&path.to_string_lossy())),
                MaskShape::Picture(path) => self.key("picture", quoted(&path.to_string_lossy())),
                MaskShape::Drawing(drawing) => self.key("svg", quoted(&drawing.path().to_string_lossy())),
            }
            self.key_unless_default("feather", *feather == Mask::DEFAULT_FEATHER, feather);
        }
    }
}

fn blend(EdgeBlend { manual, curve, gamma }: &EdgeBlend) -> String {
    let default = EdgeBlend::default();
    let keys = changed_keys([("curve", *curve, default.curve), ("gamma", *gamma, default.gamma)]);
    let widths = manual.map(|Sides { left, top, right, bottom }| {
        [("left", left), ("top", top), ("right", right), ("bottom", bottom)]
            .map(|(key, width)| (key, width.to_string()))
    });
    inline(keys.into_iter().chain(widths.into_iter().flatten()))
}

/// The keys whose values are not the defaults.
fn changed_keys<const N: usize>(all: [(&'static str, f64, f64); N]) -> Vec<(&'static str, String)> {
    all.into_iter()
        .filter(|(_, value, default)| value != default)
        .map(|(key, value, _)| (key, value.to_string()))
        .collect()
}

/// An inline table.
fn inline<'a>(keys: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let keys: Vec<_> = keys.into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", keys.join(", "))
}

/// An `f32` without the digits that its conversion to `f64` adds.
fn number(value: f32) -> f64 {
    round(f64::from(value), PIXELS)
}

fn numbers_of(values: &[f32]) -> String {
    let values: Vec<_> = values.iter().map(|value| number(*value).to_string()).collect();
    format!("[{}]", values.join(", "))
}

fn pair(point: DVec2) -> String {
    format!("[{}, {}]", point.x, point.y)
}

fn point(MaskPoint { at, before, after }: &MaskPoint) -> String {
    if before.is_none() && after.is_none() {
        return pair(*at);
    }
    // A handle on its point is none.
    let (before, after) = (before.unwrap_or(*at), after.unwrap_or(*at));
    let all = [at.x, at.y, before.x, before.y, after.x, after.y].map(|value| value.to_string());
    format!("[{}]", all.join(", "))
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a path is that of an SVG.
fn is_drawing(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    matches!(extension.as_deref(), Some("svg" | "svgz"))
}
