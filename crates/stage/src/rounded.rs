//! The precision of numbers in a stage file. See [`Stage::rounded`].

use glam::DVec2;

use super::{
    Bend, BlackLevel, ColourCorrection, EdgeBlend, Mask, MaskPoint, MaskShape, MonitorId, Outline, Output, Sides,
    Stage, Surface,
};

/// Decimals of pixels, degrees, metres and settings by eye: far below what is visible.
pub(super) const PIXELS: i32 = 3;
/// Decimals of parts of a whole: below a thousandth of a pixel of the largest output.
pub(super) const PARTS: i32 = 6;

/// Rounds a number to so many decimals; never to −0.
pub(super) fn round(value: f64, decimals: i32) -> f64 {
    let unit = 10_f64.powi(decimals);
    (value * unit).round() / unit + 0.0
}

/// Rounds a position to so many decimals.
pub(super) fn round_point(point: DVec2, decimals: i32) -> DVec2 {
    DVec2::new(round(point.x, decimals), round(point.y, decimals))
}

/// Rounds a colour setting to three decimals.
fn round_setting(value: f32) -> f32 {
    round(f64::from(value), PIXELS) as f32
}

impl Stage {
    /// The stage as it is after saving and reading it: every number to the decimals of the file, 3 for pixels and settings by
    /// eye, 6 for parts of a whole. Idempotent.
    #[must_use]
    pub fn rounded(&self) -> Self {
        Self {
            aspect: round(self.aspect, PARTS),
            outputs: self.outputs.iter().map(Output::rounded).collect(),
            surfaces: self.surfaces.iter().map(Surface::rounded).collect(),
            presets: self.presets.clone(),
        }
    }
}

impl Output {
    fn rounded(&self) -> Self {
        let ColourCorrection { calibration, brightness, gain } = self.colour;
        let mut calibration = calibration;
        for value in [&mut calibration.gamma, &mut calibration.black, &mut calibration.white] {
            *value = round_setting(*value);
        }
        calibration.wall_colour = calibration.wall_colour.map(round_setting);
        let EdgeBlend { manual, curve, gamma } = self.blend;
        let manual = manual.map(|sides| Sides::from_array(sides.to_array().map(|width| round(width, PIXELS))));
        let BlackLevel { light, feather } = self.black_level;
        let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let monitor = self.monitor.as_ref().map(|MonitorId { name, serial, port }| MonitorId {
            name: known(name),
            serial: known(serial),
            port: known(port),
        });
        Self {
            name: self.name.clone(),
            // A monitor without any identity cannot be recognised.
            monitor: monitor.filter(|monitor| *monitor != MonitorId::default()),
            window: known(&self.window),
            colour: ColourCorrection {
                calibration,
                brightness: round_setting(brightness),
                gain: gain.map(round_setting),
            },
            blend: EdgeBlend { manual, curve: round(curve, PIXELS), gamma: round(gamma, PIXELS) },
            black_level: BlackLevel { light: round(light, PARTS), feather: round(feather, PIXELS) },
            masks: self.masks.iter().map(|mask| mask.rounded(PIXELS)).collect(),
            ..*self
        }
    }
}

impl Surface {
    fn rounded(&self) -> Self {
        let mut surface = self.clone();
        surface.part = self.part.map(|corner| round_point(corner, PARTS));
        surface.width_m = self.width_m.map(|width_m| round(width_m, PIXELS));
        surface.corners = self.corners.map(|corner| round_point(corner, PIXELS));
        for moved in surface.mesh.iter_mut().flat_map(|mesh| &mut mesh.moved) {
            *moved = round_point(*moved, PIXELS);
        }
        surface.bend = self.bend.map(|Bend { degrees, top, bottom }| Bend {
            degrees: round(degrees, PIXELS),
            top: round_point(top, PIXELS),
            bottom: round_point(bottom, PIXELS),
        });
        if let Outline::Polygon(points) = &mut surface.outline {
            points.iter_mut().for_each(|point| *point = round_point(*point, PARTS));
        }
        surface.masks = self.masks.iter().map(|mask| mask.rounded(PARTS)).collect();
        surface
    }
}

impl Mask {
    /// The same to so many decimals of its points' coordinates.
    pub(super) fn rounded(&self, decimals: i32) -> Self {
        let shape = match &self.shape {
            MaskShape::Path(points) => MaskShape::Path(points.iter().map(|point| point.rounded(decimals)).collect()),
            shape @ (MaskShape::Picture(_) | MaskShape::Drawing(_)) => shape.clone(),
        };
        Self { name: self.name.clone(), kind: self.kind, shape, feather: round(self.feather, PIXELS) }
    }
}

impl MaskPoint {
    /// The same to so many decimals; a handle on its point is none.
    pub(super) fn rounded(&self, decimals: i32) -> Self {
        let at = round_point(self.at, decimals);
        let handle =
            |handle: Option<DVec2>| handle.map(|handle| round_point(handle, decimals)).filter(|handle| *handle != at);
        Self { at, before: handle(self.before), after: handle(self.after) }
    }
}
