//! The data of a stage. See [`Stage`].

use std::path::PathBuf;

use glam::{DVec2, UVec2};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::geometry::rectangle_corners;
use super::{Drawing, OutputId, SurfaceId};
use millions_wall::tone::{Calibration, Look, ToneUniform};

/// A stage: the outputs of a venue, and the surfaces that map parts of the wall to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The whole wall's width over its height.
    pub aspect: f64,
    /// Projectors and monitors.
    pub outputs: Vec<Output>,
    /// Parts of the wall. On one output, a later one lies over an earlier one.
    pub surfaces: Vec<Surface>,
    /// Other stages that keys switch to.
    pub presets: Vec<Preset>,
}

/// Another stage that a key switches to, in edit mode or out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The key, as a show's key map names it.
    pub key: String,
    /// The stage's file, as written: from the folder of this stage on.
    pub file: String,
}

/// A projector or monitor.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its id; from a file, its place there.
    pub id: OutputId,
    /// Its name, by which surfaces refer to it; unique.
    pub name: String,
    /// Its monitor; none is a window on any monitor.
    pub monitor: Option<MonitorId>,
    /// The upper left corner on the monitor, in its pixels, for several outputs on one monitor. None fills the monitor.
    pub at: Option<UVec2>,
    /// The name of a shared window: it spans the monitors of all outputs that name it, which are presented together.
    pub window: Option<String>,
    /// Whether the frame rate of its monitor is that of all outputs; with no sync master, that of the fastest is.
    pub sync_master: bool,
    /// Width and height in pixels as seen: the unit of everything on it. A monitor of another size stretches it.
    pub size: UVec2,
    /// The rotation of the projector.
    pub rotation: Rotation,
    /// The mirroring of a rear projection, or by way of a mirror.
    pub flip: Flip,
    /// The delay in frames that keeps it in time with slower outputs; 0 to 30.
    pub delay: u32,
    /// The colour correction for the building and the projector.
    pub colour: ColourCorrection,
    /// The edge blend where it overlaps others.
    pub blend: EdgeBlend,
    /// The black-level compensation.
    pub black_level: BlackLevel,
    /// Masks over all of its surfaces, in output pixels.
    pub masks: Vec<Mask>,
}

/// The identity of a monitor: its EDID and its port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonitorId {
    /// Its name from its EDID.
    pub name: Option<String>,
    /// Its serial number from its EDID.
    pub serial: Option<String>,
    /// The name of its port, as the system has it: `HDMI-1`.
    pub port: Option<String>,
}

impl MonitorId {
    /// Returns the identity in a line: name, serial number and port, as far as they are known.
    #[must_use]
    pub fn title(&self) -> String {
        let parts = [&self.name, &self.serial, &self.port];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// A clockwise rotation, as seen from behind the projector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// 0°.
    #[default]
    None,
    /// 90°.
    Quarter,
    /// 180°.
    Half,
    /// 270°.
    ThreeQuarters,
}

/// The mirroring of an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flip {
    /// Not mirrored.
    #[default]
    None,
    /// Left and right exchanged.
    Horizontal,
    /// Up and down exchanged.
    Vertical,
}

/// The colour correction of an output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourCorrection {
    /// Gamma, black, white and wall colour.
    pub calibration: Calibration,
    /// The factor of the linear light, 0.1 to 1, to match a darker projector.
    pub brightness: f32,
    /// The factors of R, G and B in linear light, 0.2 to 1, to match the white of the others.
    pub gain: [f32; 3],
}

/// A side of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// x = 0.
    Left,
    /// y = 0.
    Top,
    /// x = width.
    Right,
    /// y = height.
    Bottom,
}

/// A width for each side, in output pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sides {
    /// x = 0.
    pub left: f64,
    /// y = 0.
    pub top: f64,
    /// x = width.
    pub right: f64,
    /// y = height.
    pub bottom: f64,
}

/// The edge blend of an output: ramps where it overlaps others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeBlend {
    /// The widths of the ramps; none: automatic, from where surfaces of several outputs show the same of the wall.
    pub manual: Option<Sides>,
    /// 1 is a straight ramp in light; more is flatter at both ends and steeper in the middle; 0.5 to 4.
    pub curve: f64,
    /// The projector's own gamma: light is the signal to the power of this; 1 to 4.
    pub gamma: f64,
}

/// The black level of an output, compensated where fewer projectors overlap than elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlackLevel {
    /// The light of its black over that of its white; 0 to 0.1.
    pub light: f64,
    /// The width of the transition at the edge of a raster, in output pixels.
    pub feather: f64,
}

/// A surface: a part of the wall, and the warp that maps it to an output.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// Its id; from a file, its place there.
    pub id: SurfaceId,
    /// Its name; unique.
    pub name: String,
    /// The name of its output.
    pub output: String,
    /// Upper left and lower right corner of its part of the wall, each from 0 to 1 over the whole wall.
    pub part: [DVec2; 2],
    /// A scene of its own in place of its part of the wall: the scene's id or file, as a show names it.
    pub scene: Option<String>,
    /// Its width on the building, in metres, where it is known.
    pub width_m: Option<f64>,
    /// The corner pin: upper left, upper right, lower right, lower left, in output pixels. A convex quadrilateral of either
    /// orientation.
    pub corners: [DVec2; 4],
    /// The warp mesh over the corner pin.
    pub mesh: Option<Mesh>,
    /// The bend of a column or a curved wall.
    pub bend: Option<Bend>,
    /// Its outline.
    pub outline: Outline,
    /// Its masks, in surface space: they follow the warp.
    pub masks: Vec<Mask>,
}

/// A warp mesh: points displaced from where the corner pin has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// Cells along, 1 to 64.
    pub columns: u32,
    /// Cells down, 1 to 64.
    pub rows: u32,
    /// Whether lines between the points are Catmull–Rom splines; otherwise straight.
    pub smooth: bool,
    /// The displacement of each point, in output pixels: (columns + 1) × (rows + 1), row by row.
    pub moved: Vec<DVec2>,
}

/// The bend of a part of an upright cylinder: a column, or a curved wall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bend {
    /// The angle of the surface about the cylinder's axis, in degrees; 5 to 175. Positive bends towards the
    /// projector (a column), negative away from it (a niche).
    pub degrees: f64,
    /// Where the middle of the upper edge lands, in output pixels.
    pub top: DVec2,
    /// Where the middle of the lower edge lands.
    pub bottom: DVec2,
}

/// The outline of a surface.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outline {
    /// The whole rectangle.
    #[default]
    Rectangle,
    /// The ellipse that touches its four sides.
    Circle,
    /// A polygon in surface space.
    Polygon(Vec<DVec2>),
}

/// A mask: an area that is hidden, or shown again.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// Its name.
    pub name: String,
    /// Whether it hides or shows.
    pub kind: MaskKind,
    /// Its shape.
    pub shape: MaskShape,
    /// The width of its feather, half of it to either side of the edge, in output pixels.
    pub feather: f64,
}

/// The effect of a mask, on the result of those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MaskKind {
    /// Hides the inside.
    #[default]
    Hide,
    /// Shows the inside. A first mask that shows hides everything else.
    Show,
}

/// The shape of a mask.
#[derive(Clone, Debug, PartialEq)]
pub enum MaskShape {
    /// A closed path of straight segments and cubic Béziers, filled by the even-odd rule.
    Path(Vec<MaskPoint>),
    /// A greyscale PNG stretched over the whole surface or output; white is inside. The path is as written.
    Picture(PathBuf),
    /// An SVG that is more than outlines, stretched over the whole surface or output; what is opaque of it is inside.
    Drawing(Drawing),
}

/// A point of a mask's path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaskPoint {
    /// The point.
    pub at: DVec2,
    /// The Bézier handle of the segment before; none for a corner.
    pub before: Option<DVec2>,
    /// The Bézier handle of the segment after.
    pub after: Option<DVec2>,
}

impl MaskShape {
    /// The points of a path; none for an image.
    pub(super) fn path(&self) -> Option<&[MaskPoint]> {
        if let Self::Path(points) = self { Some(points) } else { None }
    }

    /// The same, mutable.
    pub(super) fn path_mut(&mut self) -> Option<&mut Vec<MaskPoint>> {
        if let Self::Path(points) = self { Some(points) } else { None }
    }
}

impl MaskPoint {
    /// A point without handles.
    #[must_use]
    pub const fn corner(at: DVec2) -> Self {
        Self { at, before: None, after: None }
    }
}

impl Sides {
    /// Left, top, right, bottom.
    #[must_use]
    pub const fn to_array(self) -> [f64; 4] {
        [self.left, self.top, self.right, self.bottom]
    }

    /// Of left, top, right, bottom.
    #[must_use]
    pub const fn from_array([left, top, right, bottom]: [f64; 4]) -> Self {
        Self { left, top, right, bottom }
    }
}

impl Default for ColourCorrection {
    fn default() -> Self {
        Self { calibration: Calibration::default(), brightness: 1.0, gain: [1.0; 3] }
    }
}

impl ColourCorrection {
    /// The tone terms of a look with this correction. Brightness and gain are factors of light; the signal is its 2.2th root.
    #[must_use]
    pub fn tone(&self, look: &Look) -> ToneUniform {
        let mut tone = ToneUniform::new(look, &self.calibration);
        for (tint, gain) in tone.tint.iter_mut().zip(self.gain) {
            // Exactly 1 stays exactly 1, which the shader skips.
            *tint *= (gain * self.brightness).powf(1.0 / 2.2);
        }
        tone
    }
}

impl Default for EdgeBlend {
    fn default() -> Self {
        Self { manual: None, curve: 1.0, gamma: 2.2 }
    }
}

impl Default for BlackLevel {
    fn default() -> Self {
        Self { light: 0.0, feather: 8.0 }
    }
}

impl Output {
    /// An output with a name and a size, and defaults for the rest; [`Stage::new`] gives it an id.
    #[must_use]
    pub fn new(name: impl Into<String>, size: UVec2) -> Self {
        Self {
            id: OutputId::default(),
            name: name.into(),
            monitor: None,
            at: None,
            window: None,
            sync_master: false,
            size,
            rotation: Rotation::None,
            flip: Flip::None,
            delay: 0,
            colour: ColourCorrection::default(),
            blend: EdgeBlend::default(),
            black_level: BlackLevel::default(),
            masks: Vec::new(),
        }
    }

    /// The size of the target, before any stretching: rotated by a quarter, width and height are exchanged.
    #[must_use]
    pub const fn target_size(&self) -> UVec2 {
        match self.rotation {
            Rotation::None | Rotation::Half => self.size,
            Rotation::Quarter | Rotation::ThreeQuarters => UVec2::new(self.size.y, self.size.x),
        }
    }

    /// Maps a position on the output as seen, 0 to 1 each way, to the target: first mirrored, then rotated.
    #[must_use]
    pub fn target_from_output(&self, p: DVec2) -> DVec2 {
        let DVec2 { x, y } = match self.flip {
            Flip::None => p,
            Flip::Horizontal => DVec2::new(1.0 - p.x, p.y),
            Flip::Vertical => DVec2::new(p.x, 1.0 - p.y),
        };
        match self.rotation {
            Rotation::None => DVec2::new(x, y),
            Rotation::Quarter => DVec2::new(1.0 - y, x),
            Rotation::Half => DVec2::new(1.0 - x, 1.0 - y),
            Rotation::ThreeQuarters => DVec2::new(y, 1.0 - x),
        }
    }

    /// The inverse of [`Self::target_from_output`].
    #[must_use]
    pub fn output_from_target(&self, p: DVec2) -> DVec2 {
        let DVec2 { x, y } = match self.rotation {
            Rotation::None => p,
            Rotation::Quarter => DVec2::new(p.y, 1.0 - p.x),
            Rotation::Half => DVec2::new(1.0 - p.x, 1.0 - p.y),
            Rotation::ThreeQuarters => DVec2::new(1.0 - p.y, p.x),
        };
        match self.flip {
            Flip::None => DVec2::new(x, y),
            Flip::Horizontal => DVec2::new(1.0 - x, y),
            Flip::Vertical => DVec2::new(x, 1.0 - y),
        }
    }
}

impl Surface {
    /// A surface that fills its output with a part of the wall; [`Stage::new`] gives it an id.
    #[must_use]
    pub fn filling(output: &Output, name: impl Into<String>, part: [DVec2; 2]) -> Self {
        let size = output.size.as_dvec2();
        Self {
            id: SurfaceId::default(),
            name: name.into(),
            output: output.name.clone(),
            part,
            scene: None,
            width_m: None,
            corners: rectangle_corners([DVec2::ZERO, size]),
            mesh: None,
            bend: None,
            outline: Outline::Rectangle,
            masks: Vec::new(),
        }
    }

    /// Its part in wall coordinates: upper left and lower right corner.
    #[must_use]
    pub fn in_wall(&self, aspect: f64) -> [DVec2; 2] {
        self.part.map(|corner| corner * DVec2::new(aspect, 1.0))
    }
}

impl Stage {
    /// The initial stage of a venue: each output is filled by one surface, and these divide the wall side by side.
    #[must_use]
    pub fn side_by_side(outputs: Vec<Output>) -> Self {
        let aspects = outputs.iter().map(|output| f64::from(output.size.x) / f64::from(output.size.y));
        let aspect: f64 = aspects.clone().sum();
        let mut left = 0.0;
        let surfaces = outputs.iter().zip(aspects).map(|(output, own)| {
            let right = left + own / aspect;
            let part = [DVec2::new(left, 0.0), DVec2::new(right.min(1.0), 1.0)];
            left = right;
            Surface::filling(output, output.name.clone(), part)
        });
        let surfaces = surfaces.collect();
        Self::new(aspect, outputs, surfaces)
    }

    /// The surfaces of an output, the lowest first.
    pub fn surfaces_of<'a>(&'a self, output: &'a str) -> impl Iterator<Item = &'a Surface> + 'a {
        self.surfaces.iter().filter(move |surface| surface.output == output)
    }

    /// The largest rectangle of the wall that surfaces show without a gap, by its corners in wall coordinates: where something is seen
    /// whole. Surfaces with a scene of their own show none of it; without any surface it is the whole wall.
    #[must_use]
    pub fn largest_part_in_wall(&self) -> [DVec2; 2] {
        let own = self.surfaces.iter().filter(|surface| surface.scene.is_none());
        let mut parts: Vec<[DVec2; 2]> = own.map(|surface| surface.part).collect();
        // Two that touch or overlap along a whole side are one.
        let joined = |[low, high]: [DVec2; 2], [other_low, other_high]: [DVec2; 2]| {
            let alike = (low - other_low).abs().max((high - other_high).abs());
            let touch = low.max(other_low) - high.min(other_high);
            let is_one = |along: f64, across: f64| along < 1e-3 && across < 1e-3;
            (is_one(touch.x, alike.y) || is_one(touch.y, alike.x)).then(|| [low.min(other_low), high.max(other_high)])
        };
        let mut index = 0;
        while index < parts.len() {
            let other = (index + 1..parts.len()).find_map(|other| Some((other, joined(parts[index], parts[other])?)));
            if let Some((other, part)) = other {
                parts.swap_remove(other);
                // It may now be one with those before it.
                parts.swap_remove(index);
                parts.push(part);
                index = 0;
            } else {
                index += 1;
            }
        }
        let area = |[low, high]: &[DVec2; 2]| (high - low).element_product();
        let largest = parts.into_iter().max_by(|one, other| area(one).total_cmp(&area(other)));
        let [low, high] = largest.unwrap_or([DVec2::ZERO, DVec2::ONE]);
        [low, high].map(|corner| corner * DVec2::new(self.aspect, 1.0))
    }

    /// The height of the wall on the building, in metres, by the widest surface of known width; none without one.
    #[must_use]
    pub fn wall_height_m(&self) -> Option<f64> {
        let known = self.surfaces.iter().filter_map(|surface| {
            let width_m = surface.width_m?;
            let in_wall = (surface.part[1].x - surface.part[0].x) * self.aspect;
            Some((width_m, width_m / in_wall))
        });
        known.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, height_m)| height_m)
    }
}
