//! `millions schema`: JSON Schemas of the files that people write.

use std::io::{ErrorKind, Write as _};

use millions_show::{look_schema, scene_schema, show_schema};
use millions_stage::stage_schema;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Of {
    /// Scenes.
    Scene,
    /// Looks.
    Look,
    /// Shows.
    Show,
    /// Stages.
    Stage,
}

pub fn run(of: Of) -> anyhow::Result<()> {
    let schema = match of {
        Of::Scene => scene_schema(),
        Of::Look => look_schema(),
        Of::Show => show_schema(),
        Of::Stage => stage_schema(),
    };
    match writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&schema)?) {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
