//! The lists that a person reads: `rejected.txt` and `review.txt`, one photograph a line with its reason.

use std::fs;
use std::io;
use std::path::Path;

use millions_base::replace_file;

use super::super::error::{LibraryError, io_error};
use super::super::files;
use super::super::ingest::Rejection;
use super::super::library::Library;

/// Writes both lists, where they have changed.
pub fn write(library: &Library, rejected: &[Rejection]) -> Result<(), LibraryError> {
    let line = |path: &str, reason: &str| format!("{}\t{reason}\n", path.replace(['\n', '\r', '\t'], " "));
    let rejected = rejected.iter().map(|Rejection { path, reason }| line(path, reason)).collect();
    let review = library.review_list().iter().map(|(path, reasons)| line(path, &reasons.to_string())).collect();
    write_list(&library.dir().join(files::REJECTED), rejected)?;
    write_list(&library.dir().join(files::REVIEW), review)?;
    // Earlier versions wrote the review list under this name.
    let old = library.dir().join(files::OLD_REVIEW);
    match fs::remove_file(&old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove the old list of photographs", &old)(error))
        }
        _ => Ok(()),
    }
}

/// Writes a list, sorted, where it has changed.
fn write_list(path: &Path, mut lines: Vec<String>) -> Result<(), LibraryError> {
    lines.sort();
    let text = lines.concat();
    if fs::read(path).unwrap_or_default() == text.as_bytes() && (path.exists() || text.is_empty()) {
        return Ok(());
    }
    replace_file(path, text.as_bytes()).map_err(io_error("write a list of photographs", path))
}
