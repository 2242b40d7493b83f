//! Stage files: their keys, parsing and schema. See [`Stage::read`].

mod mask;
mod output;
mod surface;

use std::path::Path;
use std::rc::Rc;

use glam::UVec2;
use schemars::Schema;
use toml::de::DeTable;

use super::ranges as may;
use super::rounded::{PARTS, round};
use super::{Output, Preset, Stage, Surface};
use millions_base::Diagnostics;
use millions_base::{Disk, Files, Loaded};
use millions_config::{
    Array, Key, KeyName, KeyVisitor, Optional, Parser, RelativePath, Section, Subsection, UniqueArray, describe,
    entitle, read_file,
};
use surface::{OutputInfo, SurfaceTable};

/// The default size of an output.
pub(super) const FULL_HD: UVec2 = UVec2::new(1920, 1080);

/// The whole file.
#[derive(Clone, Debug, Default)]
struct StageTable {
    aspect: Option<f64>,
    outputs: Vec<Output>,
    surfaces: Vec<SurfaceTable>,
    presets: Vec<Preset>,
}

impl Section for StageTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let aspect = "The wall's width over its height; left out, that of all outputs side by side.";
        keys.key(Key::new("aspect", aspect), &mut self.aspect, &Optional(may::ASPECT));
        let list = Array { least: 1, what: "outputs, [[outputs]]", of: Subsection(Output::new("", FULL_HD)) };
        let outputs = UniqueArray { list, most: may::TABLES, by: "name", same: |a, b| a == b };
        // Before the surfaces, which refer to them.
        keys.key(Key::required("outputs", "Projectors and monitors, [[outputs]]."), &mut self.outputs, &outputs);
        let known: Rc<[OutputInfo]> = self.outputs.iter().map(OutputInfo::of).collect();
        let list = Array { least: 0, what: "surfaces, [[surfaces]]", of: Subsection(SurfaceTable::new(known)) };
        let surfaces = UniqueArray { list, most: may::TABLES, by: "name", same: |a, b| a == b };
        let about = "Parts of the wall and where they land, [[surfaces]]; a later one lies over an earlier one.";
        keys.key(Key::new("surfaces", about), &mut self.surfaces, &surfaces);
        let empty = Preset { key: String::new(), file: String::new() };
        let list = Array { least: 0, what: "presets, [[presets]]", of: Subsection(empty) };
        let presets =
            UniqueArray { list, most: may::TABLES, by: "key", same: |a, b| a.to_lowercase() == b.to_lowercase() };
        let about = "Other stages that keys switch to, [[presets]].";
        keys.key(Key::new("presets", about), &mut self.presets, &presets);
    }
}

impl Section for Preset {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let key = "The key: what it types, or its name, as f1.";
        keys.key(Key::required("key", key), &mut self.key, &KeyName);
        let file = "The stage's file, from this file's folder on.";
        keys.key(Key::required("file", file), &mut self.file, &RelativePath { extensions: &["toml"] });
    }
}

impl Stage {
    /// Parses and checks the text of a stage file; what it names is looked for on the disk, from the folder of `path`
    /// on.
    ///
    /// # Errors
    /// All that is wrong, and where; an unknown key with the nearest known one.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        Parser::read(path, text, &Disk, Self::of)
    }

    /// Reads a stage file, and those that it names.
    pub fn read(path: &Path, files: &dyn Files) -> Loaded<Self> {
        read_file(path, files, Self::of)
    }

    /// A stage of a table that is being parsed; none where something in it is wrong.
    pub fn of(parser: &mut Parser<'_>, table: &DeTable<'_>) -> Option<Self> {
        let StageTable { aspect, outputs, surfaces, presets } =
            parser.table(table, 0..0, StageTable::default(), true, |_| None)?;
        let aspect = aspect.unwrap_or_else(|| default_aspect(&outputs));
        let surfaces: Option<Vec<Surface>> = surfaces.into_iter().map(SurfaceTable::surface).collect();
        Some(Self { presets, ..Self::new(aspect, outputs, surfaces?) })
    }
}

/// The wall's width over its height by default: that of all outputs side by side.
pub(super) fn default_aspect(outputs: &[Output]) -> f64 {
    let side_by_side = outputs.iter().map(|output| f64::from(output.size.x) / f64::from(output.size.y)).sum();
    round(side_by_side, PARTS).clamp(may::ASPECT.low, may::ASPECT.high)
}

/// The JSON Schema of stage files.
#[must_use]
pub fn stage_schema() -> Schema {
    let mut schema = describe(StageTable::default());
    entitle(&mut schema, "A stage for the wall", "Projectors, and which part of the wall lands where on a building.");
    schema
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
