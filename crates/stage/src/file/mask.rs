//! `[[surfaces.masks]]` and `[[outputs.masks]]`.

use std::path::Path;

use glam::DVec2;
use millions_base::Range;
use schemars::{Schema, json_schema};

use crate::ranges as may;
use crate::svg_source::SVG_BYTES;
use crate::{Mask, MaskKind, MaskPoint, MaskShape, SvgSpace, svg_masks};
use millions_base::Diagnostic;
use millions_config::{
    Array, EnumValue, Key, KeyVisitor, Optional, Parser, RelativePath, Section, SectionParser, SpannedValue,
    StringValue, Subsection, ValueType, alternatives,
};

impl Mask {
    /// The feather of a mask whose file has none, in output pixels.
    pub const DEFAULT_FEATHER: f64 = 4.0;

    /// Gives the shapes of an SVG the name, kind and feather of the mask that names it.
    pub(crate) fn of_svg(mut shapes: Vec<Self>, name: &str, kind: MaskKind, feather: f64) -> Vec<Self> {
        let is_named = name != UNNAMED;
        for (index, mask) in shapes.iter_mut().enumerate() {
            if is_named {
                // A drawing stays one mask, also when the stage is written and read again.
                let is_drawing = matches!(mask.shape, MaskShape::Drawing(_));
                mask.name = if is_drawing { name.to_owned() } else { format!("{name} {}", index + 1) };
            }
            mask.feather = feather;
            // In an SVG that shows, what would be a hole hides.
            mask.kind = if kind == MaskKind::Show { mask.kind.other() } else { mask.kind };
        }
        shapes
    }
}

impl MaskKind {
    /// The opposite.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Hide => Self::Show,
            Self::Show => Self::Hide,
        }
    }
}

/// The masks of a surface or an output, by the space of their coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Masks {
    /// Upper left and lower right corner of the surface or output, in the space of the masks.
    pub over: [DVec2; 2],
    /// The range of coordinates.
    pub places: Range,
    /// Their decimals.
    pub decimals: i32,
}

impl Masks {
    fn list(self) -> Array<Subsection<MaskTable>> {
        let table = MaskTable {
            name: UNNAMED.to_owned(),
            kind: MaskKind::Hide,
            points: None,
            picture: None,
            svg: None,
            feather: Mask::DEFAULT_FEATHER,
            of: self,
        };
        Array { least: 0, what: "masks", of: Subsection(table) }
    }
}

impl ValueType<Vec<Mask>> for Masks {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Vec<Mask>> {
        let tables = self.list().read(key, spanned, parser)?;
        Some(tables.into_iter().flat_map(MaskTable::masks).collect())
    }

    fn describe(&self, _: Option<&Vec<Mask>>) -> Schema {
        let mut list = self.list().describe(None);
        let ways = SHAPE_KEYS.map(|way| json_schema!({ "required": [way] }).to_value());
        if let Some(item) = list.get_mut("items").and_then(|item| item.as_object_mut()) {
            item.insert("oneOf".to_owned(), ways.to_vec().into());
        }
        list
    }
}

/// The name of a mask whose file has none.
const UNNAMED: &str = "mask";

/// The keys of a mask's shape, of which it has one.
const SHAPE_KEYS: [&str; 3] = ["points", "picture", "svg"];

/// The table of a mask.
#[derive(Clone, Debug)]
struct MaskTable {
    name: String,
    kind: MaskKind,
    points: Option<Vec<MaskPoint>>,
    picture: Option<String>,
    svg: Option<Vec<Mask>>,
    feather: f64,
    of: Masks,
}

impl MaskTable {
    /// The masks of the table: of an SVG, one for each of its closed paths.
    fn masks(self) -> Vec<Mask> {
        let Self { name, kind, points, picture, svg, feather, .. } = self;
        let shape = points.map(MaskShape::Path).or_else(|| picture.map(|picture| MaskShape::Picture(picture.into())));
        if let Some(shape) = shape {
            return vec![Mask { name, kind, shape, feather }];
        }
        Mask::of_svg(svg.unwrap_or_default(), &name, kind, feather)
    }
}

impl Section for MaskTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::new("name", "What it is called."), &mut self.name, &StringValue);
        let kind = "Whether what is inside goes dark (hide) or is lit again (show).";
        keys.key(Key::new("kind", kind), &mut self.kind, &EnumValue);
        let points = "Its line: [x, y] each, or for a Bézier [x, y, before x, before y, after x, after y].";
        let list = Array { least: 3, what: "points", of: Point(self.of.places) };
        keys.key(Key::new("points", points), &mut self.points, &Optional(list));
        let picture = "In place of points: a PNG, stretched over all; what is opaque of it is inside, or of one without transparency, its white.";
        keys.key(Key::new("picture", picture), &mut self.picture, &Optional(RelativePath { extensions: &["png"] }));
        let svg = "In place of points: an SVG, stretched over all; what a browser shows of it is inside. Plain areas become a mask each.";
        keys.key(Key::new("svg", svg), &mut self.svg, &Optional(Svg(self.of)));
        let feather = "Width of its edge's passage in pixels of the output, half of it to either side.";
        keys.key(Key::new("feather", feather), &mut self.feather, &may::FEATHER);
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        let present: Vec<_> = SHAPE_KEYS.into_iter().filter(|key| file.has(key)).collect();
        match present[..] {
            [] => file.error("points", "this mask is nowhere: write `points`, or a `picture`, or an `svg`"),
            [_] => {}
            [first, second, ..] => {
                file.error(second, format!("this mask has `{first}` and `{second}`: take one of them out"));
            }
        }
    }
}

/// A point of a path: two numbers, or six with the handles of cubic Béziers.
struct Point(Range);

impl ValueType<MaskPoint> for Point {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<MaskPoint> {
        let wanted = "each point as [x, y], or [x, y, before x, before y, after x, after y]";
        let Some(list) = spanned.get_ref().as_array() else {
            return parser.type_error(key, spanned, wanted);
        };
        if list.len() != 2 && list.len() != 6 {
            let message = format!("a point of `{key}` has {} values: write {wanted}", list.len());
            parser.error(&spanned.span(), message, None);
            return None;
        }
        // Parses all, so that every error is reported.
        let read: Vec<Option<f64>> = list.iter().map(|value| self.0.read(key, value, parser)).collect();
        let values: Vec<f64> = read.into_iter().collect::<Option<_>>()?;
        let at = DVec2::new(values[0], values[1]);
        // A handle that coincides with its point is none.
        let handle = |values: Option<&[f64]>| values.map(DVec2::from_slice).filter(|handle| *handle != at);
        Some(MaskPoint { at, before: handle(values.get(2..4)), after: handle(values.get(4..6)) })
    }

    fn describe(&self, _: Option<&MaskPoint>) -> Schema {
        let number = ValueType::<f64>::describe(&self.0, None).to_value();
        let list =
            |length: usize| json_schema!({ "type": "array", "items": number, "minItems": length, "maxItems": length });
        alternatives([list(2), list(6)])
    }
}

/// An SVG file, as masks.
struct Svg(Masks);

impl ValueType<Vec<Mask>> for Svg {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Vec<Mask>> {
        let name: String = RelativePath { extensions: &["svg", "svgz"] }.read(key, spanned, parser)?;
        let masks = parser.named_file(spanned, &name, |path, files| {
            let space = SvgSpace { over: self.0.over, decimals: self.0.decimals };
            let bytes = files.bytes(path, SVG_BYTES).map_err(|error| Diagnostic::unread(path, &error));
            let masks = bytes.and_then(|bytes| {
                let masks = svg_masks(Path::new(&name), &bytes, space);
                masks.map_err(|error| Diagnostic::whole(path, error.to_string()))
            });
            match masks {
                Ok(masks) => Ok(masks),
                // A picture that cannot be read: it hides all.
                Err(_) if files.tolerates_faults() => {
                    let shape = MaskShape::Picture(name.clone().into());
                    Ok(vec![Mask { name: UNNAMED.into(), kind: MaskKind::Hide, shape, feather: 0.0 }])
                }
                Err(fault) => Err(fault.into()),
            }
        })?;
        Some(masks)
    }

    fn describe(&self, _: Option<&Vec<Mask>>) -> Schema {
        ValueType::<String>::describe(&RelativePath { extensions: &["svg", "svgz"] }, None)
    }
}
