//! `millions schema`: JSON Schemas of the files that people write.

use super::terminal::print_line;
use millions_show::{look_schema, scene_schema, show_schema};
use millions_stage::stage_schema;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FileKind {
    /// Scenes.
    Scene,
    /// Looks.
    Look,
    /// Shows.
    Show,
    /// Stages.
    Stage,
}

pub fn run(kind: FileKind) -> anyhow::Result<()> {
    let schema = match kind {
        FileKind::Scene => scene_schema(),
        FileKind::Look => look_schema(),
        FileKind::Show => show_schema(),
        FileKind::Stage => stage_schema(),
    };
    print_line!("{}", serde_json::to_string_pretty(&schema)?);
    Ok(())
}
