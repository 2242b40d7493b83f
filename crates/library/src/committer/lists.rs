//! The lists that a person reads: `rejected.txt` and `review.txt`, one photograph a line with its reason.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use millions_base::replace_file;

use super::super::error::{LibraryError, io_error};
use super::super::files;
use super::super::ingest::Rejection;
use super::super::library::Library;

/// Writes both lists, where they have changed; files that `is_removed` are counted and not named.
pub fn write(library: &Library, rejected: &[Rejection], is_removed: impl Fn(&str) -> bool) -> Result<(), LibraryError> {
    let line = |path: &str, reason: &str| format!("{}\t{reason}\n", path.replace(['\n', '\r', '\t'], " "));
    let rejected = rejected.iter().map(|Rejection { path, reason }| {
        line(if is_removed(path) { "(a photograph that is not named here)" } else { path }, reason)
    });
    let rejected = rejected.collect();
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

/// Takes files out of both lists.
pub fn forget(dir: &Path, gone: &[PathBuf]) -> Result<(), LibraryError> {
    let names: Vec<String> =
        gone.iter().map(|path| path.display().to_string().replace(['\n', '\r', '\t'], " ")).collect();
    for list in [files::REJECTED, files::REVIEW, files::OLD_REVIEW] {
        let path = dir.join(list);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let stays = |line: &&str| line.split('\t').next().is_none_or(|name| !names.iter().any(|gone| gone == name));
        write_list(&path, text.split_inclusive('\n').filter(stays).map(str::to_owned).collect())?;
    }
    Ok(())
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
