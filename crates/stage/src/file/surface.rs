//! `[[surfaces]]`.

use millions_base::Range;
use std::rc::Rc;

use glam::DVec2;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::mask::Masks;
use crate::geometry::rectangle_corners;
use crate::ranges as may;
use crate::rounded::{PARTS, PIXELS, round_point};
use crate::{Bend, Homography, Mask, Mesh, Outline, Output, Surface, SurfaceId};
use millions_base::nearest;
use millions_config::{
    Array, Boolean, EnumValue, Key, KeyVisitor, Optional, Parser, RelativePath, Section, SectionParser, Signed,
    SpannedValue, StringValue, Subsection, Uniform, ValueType, escaped,
};

/// What the parser of surfaces needs of an output.
#[derive(Clone, Debug)]
pub(super) struct OutputInfo {
    name: String,
    size: DVec2,
}

impl OutputInfo {
    pub fn of(output: &Output) -> Self {
        Self { name: output.name.clone(), size: output.size.as_dvec2() }
    }
}

/// The outlines without points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Shape {
    /// All of it.
    #[default]
    Rectangle,
    /// The ellipse that touches its four sides.
    Circle,
}

/// The table of a surface.
#[derive(Clone, Debug)]
pub(super) struct SurfaceTable {
    name: String,
    output: Option<String>,
    part: [DVec2; 2],
    corners: Option<[DVec2; 4]>,
    width_m: Option<f64>,
    scene: Option<String>,
    shape: Shape,
    polygon: Option<Vec<[f64; 2]>>,
    bend: Option<BendTable>,
    mesh: Option<MeshTable>,
    masks: Vec<Mask>,
    /// All outputs; empty where these have errors.
    outputs: Rc<[OutputInfo]>,
}

impl SurfaceTable {
    pub fn new(outputs: Rc<[OutputInfo]>) -> Self {
        Self {
            name: String::new(),
            output: None,
            part: [DVec2::ZERO, DVec2::ONE],
            corners: None,
            width_m: None,
            scene: None,
            shape: Shape::Rectangle,
            polygon: None,
            bend: None,
            mesh: None,
            masks: Vec::new(),
            outputs,
        }
    }

    /// Its output: by default the only one.
    fn output(&self) -> Option<&OutputInfo> {
        match &self.output {
            Some(name) => self.outputs.iter().find(|output| output.name == *name),
            None if self.outputs.len() == 1 => self.outputs.first(),
            None => None,
        }
    }

    /// The surface; none without an output, which the parser has refused.
    pub fn surface(self) -> Option<Surface> {
        let OutputInfo { name: output, size } = self.output()?.clone();
        let Self { name, part, corners, width_m, scene, shape, polygon, bend, mesh, masks, .. } = self;
        let corners = corners.unwrap_or(rectangle_corners([DVec2::ZERO, size]));
        let outline = match (polygon, shape) {
            (Some(polygon), _) => Outline::Polygon(polygon.into_iter().map(DVec2::from_array).collect()),
            (None, Shape::Circle) => Outline::Circle,
            (None, Shape::Rectangle) => Outline::Rectangle,
        };
        let bend = bend.map(|bend| bend.bend(corners));
        let mesh = mesh.map(MeshTable::mesh);
        let id = SurfaceId::default();
        Some(Surface { id, name, output, part, scene, width_m, corners, mesh, bend, outline, masks })
    }
}

/// The name of a scene of the show, or a scene file.
struct SceneName;

impl ValueType<String> for SceneName {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let is_file = spanned.get_ref().as_str().is_some_and(|text| text.ends_with(".toml"));
        if is_file {
            RelativePath { extensions: &["toml"] }.read(key, spanned, parser)
        } else {
            StringValue.read(key, spanned, parser)
        }
    }

    fn describe(&self, default: Option<&String>) -> Schema {
        StringValue.describe(default)
    }
}

impl Section for SurfaceTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("name", "What it is called."), &mut self.name, &StringValue);
        let output = "The name of the output that lights it; left out, the only one.";
        keys.key(Key::new("output", output), &mut self.output, &Optional(OutputName(Rc::clone(&self.outputs))));
        let part = "Its part of the wall: left, top, right, bottom, 0 to 1.";
        keys.key(Key::new("part", part), &mut self.part, &Part);
        let corners = "Where its corners land, [x, y] each, in output pixels: upper left, upper right, lower right, \
                       lower left; left out, it fills the output.";
        keys.key(Key::new("corners", corners), &mut self.corners, &Optional(Corners));
        let width_m = "Its width on the building in metres, so that sizes can be told.";
        keys.key(Key::new("width_m", width_m), &mut self.width_m, &Optional(may::WIDTH_M));
        let scene =
            "A scene of its own in place of its part of the wall: its name, or its file from this file's folder on.";
        keys.key(Key::new("scene", scene), &mut self.scene, &Optional(SceneName));
        keys.key(Key::new("shape", "Its shape."), &mut self.shape, &EnumValue);
        let polygon = "Its shape as a polygon: [x, y] each, 0 to 1 over the surface.";
        let points = Array { least: 3, what: "points", of: Uniform(may::PLACE) };
        keys.key(Key::new("polygon", polygon), &mut self.polygon, &Optional(points));
        let bend = "The bend of a column, or of a wall that is curved.";
        keys.key(Key::new("bend", bend), &mut self.bend, &Optional(Subsection(BendTable::default())));
        let mesh = "A mesh over it, [surfaces.mesh].";
        keys.key(Key::new("mesh", mesh), &mut self.mesh, &Optional(Subsection(MeshTable::default())));
        let masks = "What stays dark on it, [[surfaces.masks]]; 0 to 1 over the surface.";
        let value_type = Masks { over: [DVec2::ZERO, DVec2::ONE], places: may::PLACE, decimals: PARTS };
        keys.key(Key::new("masks", masks), &mut self.masks, &value_type);
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        if self.output.is_none() && self.outputs.len() > 1 {
            let names: Vec<_> = self.outputs.iter().map(|output| output.name.as_str()).collect();
            let message = format!("there are several outputs: write which lights it, one of {}", names.join(", "));
            file.error("output", message);
        }
        if self.polygon.is_some() && file.has("shape") {
            file.error("shape", "this surface has `shape` and `polygon`: take one of them out");
        }
    }
}

/// The name of an output of the stage.
struct OutputName(Rc<[OutputInfo]>);

impl ValueType<String> for OutputName {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let name = StringValue.read(key, spanned, parser)?;
        if !self.0.is_empty() && !self.0.iter().any(|output| output.name == name) {
            let names = || self.0.iter().map(|output| output.name.as_str());
            let all = || format!("the outputs are {}", names().collect::<Vec<_>>().join(", "));
            let help = nearest(&name, names()).or_else(|| Some(all()));
            parser.error(&spanned.span(), format!("no output has the name `{}`", escaped(&name)), help);
            return None;
        }
        Some(name)
    }

    fn describe(&self, _: Option<&String>) -> Schema {
        StringValue.describe(None)
    }
}

/// Left, top, right and bottom of a part of the wall.
struct Part;

impl ValueType<[DVec2; 2]> for Part {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<[DVec2; 2]> {
        let [left, top, right, bottom]: [f64; 4] = Uniform::<Range>(may::PART).read(key, spanned, parser)?;
        if right - left < may::LEAST_PART || bottom - top < may::LEAST_PART {
            let message =
                format!("`{key}` is empty: write left, top, right, bottom, right above left, bottom above top");
            parser.error(&spanned.span(), message, None);
            return None;
        }
        Some([DVec2::new(left, top), DVec2::new(right, bottom)])
    }

    fn describe(&self, default: Option<&[DVec2; 2]>) -> Schema {
        let default = default.map(|[from, to]| [from.x, from.y, to.x, to.y]);
        Uniform::<Range>(may::PART).describe(default.as_ref())
    }
}

/// The corners of a corner pin.
struct Corners;

impl ValueType<[DVec2; 4]> for Corners {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<[DVec2; 4]> {
        let corners: [[f64; 2]; 4] = Uniform(Uniform::<Range>(may::PIXELS)).read(key, spanned, parser)?;
        let corners = corners.map(DVec2::from_array);
        if let Err(error) = Homography::square_to_quad(corners) {
            let help = Some("write upper left, upper right, lower right, lower left".to_owned());
            parser.error(&spanned.span(), format!("`{key}` are no corners of a surface: {error}"), help);
            return None;
        }
        Some(corners)
    }

    fn describe(&self, _: Option<&[DVec2; 4]>) -> Schema {
        ValueType::<[[f64; 2]; 4]>::describe(&Uniform(Uniform::<Range>(may::PIXELS)), None)
    }
}

/// `[surfaces.bend]`.
#[derive(Clone, Copy, Debug, Default)]
struct BendTable {
    degrees: f64,
    top: Option<[f64; 2]>,
    bottom: Option<[f64; 2]>,
}

impl BendTable {
    fn bend(self, corners: [DVec2; 4]) -> Bend {
        let place = |spanned: Option<[f64; 2]>, a: usize, b: usize| {
            spanned.map_or_else(|| round_point((corners[a] + corners[b]) / 2.0, PIXELS), DVec2::from_array)
        };
        Bend { degrees: self.degrees, top: place(self.top, 0, 1), bottom: place(self.bottom, 3, 2) }
    }
}

impl Section for BendTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let degrees = "The angle about the cylinder's axis that it takes: above 0 for a column, below for a niche.";
        keys.key(Key::required("degrees", degrees), &mut self.degrees, &Signed(may::BEND));
        let top = "Where the middle of the upper edge lands, in output pixels; left out, between the corners.";
        keys.key(Key::new("top", top), &mut self.top, &Optional(Uniform::<Range>(may::PIXELS)));
        let bottom = "Where the middle of the lower edge lands, likewise.";
        keys.key(Key::new("bottom", bottom), &mut self.bottom, &Optional(Uniform::<Range>(may::PIXELS)));
    }
}

impl Mesh {
    /// The count of points of a mesh.
    #[must_use]
    pub const fn points_of(columns: u32, rows: u32) -> usize {
        (columns as usize + 1) * (rows as usize + 1)
    }
}

/// `[surfaces.mesh]`.
#[derive(Clone, Debug)]
struct MeshTable {
    columns: u32,
    rows: u32,
    smooth: bool,
    moved: Option<Vec<[f64; 2]>>,
}

impl Default for MeshTable {
    fn default() -> Self {
        Self { columns: 1, rows: 1, smooth: true, moved: None }
    }
}

impl MeshTable {
    fn count(&self) -> usize {
        Mesh::points_of(self.columns, self.rows)
    }

    fn mesh(self) -> Mesh {
        let count = self.count();
        let Self { columns, rows, smooth, moved } = self;
        let moved =
            moved.map_or_else(|| vec![DVec2::ZERO; count], |moved| moved.into_iter().map(DVec2::from_array).collect());
        Mesh { columns, rows, smooth, moved }
    }
}

impl Section for MeshTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("columns", "Cells along."), &mut self.columns, &may::CELLS);
        keys.key(Key::required("rows", "Cells down."), &mut self.rows, &may::CELLS);
        keys.key(
            Key::new("smooth", "Curves between the points; otherwise straight lines."),
            &mut self.smooth,
            &Boolean,
        );
        let moved = "How far each point is moved, [x, y] in output pixels, row by row; left out, not at all.";
        let list = Array { least: 1, what: "points", of: Uniform::<Range>(may::PIXELS) };
        keys.key(Key::new("moved", moved), &mut self.moved, &Optional(list));
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        let Self { columns, rows, moved, .. } = self;
        if let Some(moved) = moved
            && moved.len() != self.count()
        {
            let message = format!(
                "`moved` has {} points: a mesh of {columns} × {rows} cells has {} × {} = {}",
                moved.len(),
                columns + 1,
                rows + 1,
                self.count()
            );
            file.error("moved", message);
        }
    }
}
