//! Files that the program embeds, and the ids by which other files name them.

use std::path::{Path, PathBuf};

use schemars::{Schema, json_schema};

use millions_base::{Diagnostic, Diagnostics, nearest};

/// A file that the program embeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedFile {
    /// The name by which other files and the command line name it.
    pub id: &'static str,
    /// The text.
    pub text: &'static str,
}

/// Embeds the files `$folder/$id.toml` of the repository.
macro_rules! embedded_files {
    ($folder:literal: $($id:literal),+ $(,)?) => {
        [$($crate::embedded::EmbeddedFile {
            id: $id,
            text: include_str!(concat!("../../../", $folder, "/", $id, ".toml")),
        }),+]
    };
}
pub(super) use embedded_files;

/// Returns the id of a file: its name without `.toml`.
pub fn id_of<Id: From<String>>(path: &Path) -> Id {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned().into()
}

/// Returns the path and text of the embedded file of an id; `kind` is what the files are called.
///
/// # Errors
/// An unknown id, with the known ones as help.
pub fn find(kind: &str, wanted: &str, files: &[EmbeddedFile]) -> Result<(PathBuf, &'static str), Diagnostic> {
    if let Some(EmbeddedFile { id, text }) = files.iter().find(|file| file.id == wanted) {
        return Ok((path(id), text));
    }
    let ids: Vec<_> = files.iter().map(|file| file.id).collect();
    let near = nearest(wanted, ids.iter().copied()).map_or_else(String::new, |near| near + " ");
    let help = format!("{near}take one of {}, or the path of a {kind} file that ends in .toml", ids.join(", "));
    let message = format!("no {kind} has the name `{wanted}`");
    Err(Diagnostic { help: Some(help), ..Diagnostic::whole(Path::new(wanted), message) })
}

/// Parses all of the files.
pub fn parse_all<T>(
    files: &[EmbeddedFile],
    parse: impl Fn(&Path, &str) -> Result<T, Diagnostics>,
) -> Result<Vec<T>, Diagnostics> {
    files.iter().map(|file| parse(&path(file.id), file.text)).collect()
}

/// Returns the JSON Schema of one of these ids, or the path of a file.
pub fn id_schema(ids: Vec<&str>) -> Schema {
    json_schema!({ "anyOf": [{ "enum": ids }, { "type": "string", "pattern": "\\.toml$" }] })
}

/// Returns the path that diagnostics show of an embedded file.
fn path(id: &str) -> PathBuf {
    PathBuf::from(format!("{id}.toml"))
}
