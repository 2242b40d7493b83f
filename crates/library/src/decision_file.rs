//! Files of what people decided about photographs, by hash: a line each, changed by any process under a lock, followed by a
//! running ingest. See [`DecisionFile`].

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use millions_base::replace_file;

use super::error::{LibraryError, io_error};
use super::source::Stamp;

/// Decisions that are kept in a file of a library, which is what they display as.
pub(super) trait DecisionFile: Clone + Default + PartialEq + fmt::Display {
    /// The file.
    const NAME: &'static str;
    /// The file by which it is locked.
    const LOCK: &'static str;
    /// What cannot be read, locked and written, in the words of an error.
    const DEEDS: [&'static str; 3];

    /// Reads the text of a file; what is no decision is kept.
    fn read(text: &str) -> Self;
}

/// Reads those of the library in `dir`; none where there is no file.
///
/// # Errors
/// [`LibraryError::Io`] where there is one that cannot be read.
pub(super) fn load<F: DecisionFile>(dir: &Path) -> Result<F, LibraryError> {
    let path = dir.join(F::NAME);
    match fs::read(&path) {
        Ok(bytes) => Ok(F::read(&String::from_utf8_lossy(&bytes))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(F::default())
        }
        Err(error) => Err(io_error(F::DEEDS[0], &path)(error)),
    }
}

/// Changes those of the library in `dir`, under a lock, so that nothing that another process decides meanwhile is lost; returns
/// them as they are now, on the disk.
///
/// # Errors
/// [`LibraryError::Io`]; then the file is as it was.
pub(super) fn update<F: DecisionFile>(dir: &Path, change: impl FnOnce(&mut F)) -> Result<F, LibraryError> {
    let lock = dir.join(F::LOCK);
    fs::create_dir_all(dir).map_err(io_error("make the library's folder", dir))?;
    let file = File::options().create(true).truncate(false).write(true).open(&lock);
    let file = file.and_then(|file| file.lock().map(|()| file));
    let _lock = file.map_err(io_error(F::DEEDS[1], &lock))?;
    let before: F = load(dir)?;
    let mut after = before.clone();
    change(&mut after);
    if after != before {
        let path = dir.join(F::NAME);
        replace_file(&path, after.to_string().as_bytes()).map_err(io_error(F::DEEDS[2], &path))?;
    }
    Ok(after)
}

/// Parses the lines of a file: `decide` is called with each that `parse_line` reads; the others are returned, each once.
pub(super) fn parse_lines<D>(
    text: &str,
    parse_line: impl Fn(&str) -> Option<D>,
    mut decide: impl FnMut(D),
) -> Vec<String> {
    let mut unread: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match parse_line(line) {
            Some(decision) => decide(decision),
            None if unread.iter().any(|known| known == line) => {}
            None => unread.push(line.to_owned()),
        }
    }
    unread
}

/// Adds lines of another file that could not be read, each once.
pub(super) fn merge_unread(unread: &mut Vec<String>, other: &[String]) {
    for line in other {
        if !unread.contains(line) {
            unread.push(line.clone());
        }
    }
}

/// By which a change of the file is seen; none where it is not there.
pub(super) fn stamp<F: DecisionFile>(dir: &Path) -> Option<Stamp> {
    fs::metadata(dir.join(F::NAME)).ok().map(|metadata| Stamp::of(&metadata))
}
