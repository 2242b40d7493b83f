//! What a stage is made of. See [`Stage`].

use std::path::PathBuf;

use glam::{DVec2, UVec2};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use millions_wall::tone::{Calibration, Look, ToneUniform};

/// The venue: which part of the wall lands where.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The whole wall's width over its height.
    pub aspect: f64,
    /// Projectors and monitors.
    pub outputs: Vec<Output>,
    /// Parts of the wall. On one output, a later one lies over an earlier one.
    pub surfaces: Vec<Surface>,
    /// Other stages that a key switches to: their files, as written, from the stage's folder on.
    pub presets: Vec<Preset>,
}

/// Another stage that a key switches to, in edit mode or out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// As a show's key map names keys.
    pub key: String,
    /// The stage's file, as written.
    pub file: String,
}

/// A projector or monitor.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// As surfaces name it, and as it says itself in test pictures. No two are called the same.
    pub name: String,
    /// Which monitor it is; none is a window on whatever monitor there is.
    pub monitor: Option<MonitorId>,
    /// Where its picture begins on the monitor, for several outputs that share one: its upper left corner in the monitor's
    /// pixels. None fills the monitor.
    pub at: Option<UVec2>,
    /// Outputs that name the same window are shown in one that spans their monitors, so that they change in one instant.
    pub window: Option<String>,
    /// Whether all are drawn at the frame rate of its monitor; where no output says so, at that of the fastest.
    pub sync_master: bool,
    /// Width and height in pixels of the picture as it is seen, in which everything on it is placed. A monitor of
    /// another size shows the same, stretched.
    pub size: UVec2,
    /// How the projector hangs.
    pub rotation: Rotation,
    /// Mirrored: thrown from behind, or by way of a mirror.
    pub flip: Flip,
    /// Frames that it is held back, so that it is in time with slower ones; 0 to 30.
    pub delay: u32,
    /// What the building and this projector need of the picture.
    pub light: ColourCorrection,
    /// How it fades where it overlaps others.
    pub blend: EdgeBlend,
    /// What its black still emits.
    pub black_level: BlackLevel,
    /// What stays dark on it, whatever the surfaces do; places are in output pixels.
    pub masks: Vec<Mask>,
}

/// How a monitor is known again: by what it says itself, and where it is plugged in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonitorId {
    /// Its name from its EDID.
    pub name: Option<String>,
    /// Its serial number from its EDID.
    pub serial: Option<String>,
    /// The port's name, as the system has it: `HDMI-1`.
    pub port: Option<String>,
}

/// Turned clockwise, as seen from behind the projector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// Upright.
    #[default]
    None,
    /// A quarter.
    Quarter,
    /// On its head.
    Half,
    /// Three quarters.
    ThreeQuarters,
}

/// A mirrored picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flip {
    /// As it is.
    #[default]
    None,
    /// Left and right exchanged.
    Horizontal,
    /// Up and down exchanged.
    Vertical,
}

/// What the building and a projector need of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourCorrection {
    /// Gamma, black, white and the paint of the wall.
    pub calibration: Calibration,
    /// 0.1 to 1: all of it, where one projector outshines another.
    pub brightness: f32,
    /// R, G, B, 0.2 to 1: brought together with the others' white.
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

/// How an output fades where it overlaps others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeBlend {
    /// Widths of the fades set by hand; none: found from where surfaces of several outputs show the same of the wall.
    pub manual: Option<Sides>,
    /// 1 is a straight ramp in light; more is flatter at both ends and steeper in the middle; 0.5 to 4.
    pub curve: f64,
    /// The projector's own gamma: light is the signal to the power of this; 1 to 4.
    pub gamma: f64,
}

/// What an output's black still emits, evened out where fewer projectors overlap than elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlackLevel {
    /// The light of its black, of its white; 0 to 0.1.
    pub light: f64,
    /// Width of the passage from one count of projectors to another, in output pixels.
    pub feather: f64,
}

/// A part of the wall and where it lands.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// What it is called. No two are called the same.
    pub name: String,
    /// The name of the output that lights it.
    pub output: String,
    /// Upper left and lower right corner of its part of the wall, each from 0 to 1 over the whole wall.
    pub part: [DVec2; 2],
    /// A scene of its own in place of its part of the wall: the scene's id or file, as a show names it.
    pub scene: Option<String>,
    /// Its width on the building, in metres, where it is known.
    pub width_m: Option<f64>,
    /// Where the corners of its part land: upper left, upper right, lower right, lower left, in output pixels. A convex
    /// quadrilateral, whichever way round.
    pub corners: [DVec2; 4],
    /// A mesh over it.
    pub mesh: Option<Mesh>,
    /// The bend of a column or a curved wall.
    pub bend: Option<Bend>,
    /// Its shape.
    pub outline: Outline,
    /// What stays dark on it; places are in surface space, and go with the warp.
    pub masks: Vec<Mask>,
}

/// Points that are moved from where the corner pin has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// Cells along and down, 1 to 64 each.
    pub columns: u32,
    /// Cells down.
    pub rows: u32,
    /// Catmull–Rom between the points; otherwise straight lines.
    pub smooth: bool,
    /// How far each point is moved, in output pixels: (columns + 1) × (rows + 1), row by row.
    pub moved: Vec<DVec2>,
}

/// A part of an upright cylinder: a column, or a wall that is curved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bend {
    /// The angle about the cylinder's axis that the surface takes, in degrees; 5 to 175. Positive bends towards the
    /// projector (a column), negative away from it (a niche).
    pub degrees: f64,
    /// Where the middle of the upper edge lands, in output pixels.
    pub top: DVec2,
    /// Where the middle of the lower edge lands.
    pub bottom: DVec2,
}

/// The shape of a surface.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outline {
    /// All of it.
    #[default]
    Rectangle,
    /// The ellipse that touches its four sides.
    Circle,
    /// A polygon in surface space.
    Polygon(Vec<DVec2>),
}

/// What stays dark, or, inside of what does, is lit again.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// What it is called.
    pub name: String,
    /// Whether it takes light away or gives it back.
    pub kind: MaskKind,
    /// Where.
    pub shape: MaskShape,
    /// Width of its edge's passage, half of it to either side, in output pixels.
    pub feather: f64,
}

/// What a mask does, after those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MaskKind {
    /// What is inside goes dark.
    #[default]
    Hide,
    /// What is inside is lit. Where the first mask shows, everything else is dark.
    Show,
}

/// Where a mask is.
#[derive(Clone, Debug, PartialEq)]
pub enum MaskShape {
    /// A closed line of straight pieces and cubic Béziers; even-odd where it crosses itself.
    Path(Vec<MaskPoint>),
    /// A grey PNG over the whole surface or output: its white is the mask's inside. The path is as written.
    Picture(PathBuf),
}

/// A point of a mask's line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaskPoint {
    /// The point.
    pub at: DVec2,
    /// The Bézier handle on the way to it; none is a straight line's end.
    pub before: Option<DVec2>,
    /// The Bézier handle on the way from it.
    pub after: Option<DVec2>,
}

impl Default for ColourCorrection {
    fn default() -> Self {
        Self { calibration: Calibration::default(), brightness: 1.0, gain: [1.0; 3] }
    }
}

impl ColourCorrection {
    /// The terms of a look as this projector shows it. Brightness and gain are of light, and a signal is its 2.2th root.
    #[must_use]
    pub fn tone(&self, look: &Look) -> ToneUniform {
        let mut tone = ToneUniform::new(look, &self.calibration);
        for (tint, gain) in tone.tint.iter_mut().zip(self.gain) {
            // Exactly 1 stays exactly 1: the shader then does without.
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
    /// An output of that name and size with nothing set.
    #[must_use]
    pub fn new(name: impl Into<String>, size: UVec2) -> Self {
        Self {
            name: name.into(),
            monitor: None,
            at: None,
            window: None,
            sync_master: false,
            size,
            rotation: Rotation::None,
            flip: Flip::None,
            delay: 0,
            light: ColourCorrection::default(),
            blend: EdgeBlend::default(),
            black_level: BlackLevel::default(),
            masks: Vec::new(),
        }
    }

    /// The size of the picture that the projector is sent, before any stretching: turned by a quarter, width and height
    /// are exchanged.
    #[must_use]
    pub const fn target_size(&self) -> UVec2 {
        match self.rotation {
            Rotation::None | Rotation::Half => self.size,
            Rotation::Quarter | Rotation::ThreeQuarters => UVec2::new(self.size.y, self.size.x),
        }
    }

    /// From a place on the output as it is seen, 0 to 1 each way, to the place in what the projector is sent. First
    /// mirrored, then turned.
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

    /// The way back.
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
    /// A surface that fills an output with a part of the wall.
    #[must_use]
    pub fn filling(output: &Output, name: impl Into<String>, part: [DVec2; 2]) -> Self {
        let size = output.size.as_dvec2();
        Self {
            name: name.into(),
            output: output.name.clone(),
            part,
            scene: None,
            width_m: None,
            corners: [DVec2::ZERO, DVec2::new(size.x, 0.0), size, DVec2::new(0.0, size.y)],
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
    /// The first stage of a venue: each output filled by one surface, all of them sharing the wall side by side.
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
        Self { aspect, outputs, surfaces, presets: Vec::new() }
    }

    /// The surfaces of an output, those below first.
    pub fn surfaces_of<'a>(&'a self, output: &'a str) -> impl Iterator<Item = &'a Surface> + 'a {
        self.surfaces.iter().filter(move |surface| surface.output == output)
    }

    /// The output of that name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.name == name)
    }

    /// Metres of the wall's height on the building, where a surface's width is known; of the widest that is.
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
