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

    /// A copy of the file, where it costs more than a file when that is lost or damaged.
    const COPY: Option<&'static str> = None;

    /// Reads the text of a file; what is no decision is kept.
    fn read(text: &str) -> Self;

    /// Whether the file that it was read from is known to be all of it.
    fn is_whole(&self) -> bool {
        true
    }

    /// Adds what only the copy has, which may be older.
    fn recover(&mut self, _copy: &Self) {}
}

/// Reads those of the library in `dir`; none where there is no file. What it has lost is taken from its copy.
///
/// # Errors
/// [`LibraryError::Io`] where there is one that cannot be read.
pub(super) fn load<F: DecisionFile>(dir: &Path) -> Result<F, LibraryError> {
    let main = read_file::<F>(dir, F::NAME)?;
    if let Some(main) = main.as_ref().filter(|main| **main != F::default() && main.is_whole()) {
        return Ok(main.clone());
    }
    let copy = match F::COPY.map(|name| read_file::<F>(dir, name)) {
        // Without the file all depends on it.
        Some(Err(error)) if main.is_none() => return Err(error),
        copy => copy.and_then(Result::ok).flatten(),
    };
    let mut decisions = main.unwrap_or_default();
    if let Some(copy) = copy {
        decisions.recover(&copy);
    }
    Ok(decisions)
}

/// Reads one of the files; none where there is none.
fn read_file<F: DecisionFile>(dir: &Path, name: &str) -> Result<Option<F>, LibraryError> {
    let path = dir.join(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(F::read(&String::from_utf8_lossy(&bytes)))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(io_error(F::DEEDS[0], &path)(error)),
    }
}

/// Changes those of the library in `dir`, under a lock, so that nothing that another process decides meanwhile is lost; returns
/// them as they are now, on the disk. What was lost of the file or its copy is written again.
///
/// # Errors
/// [`LibraryError::Io`]; then the file is as it was.
pub(super) fn update<F: DecisionFile>(dir: &Path, change: impl FnOnce(&mut F)) -> Result<F, LibraryError> {
    let lock = dir.join(F::LOCK);
    fs::create_dir_all(dir).map_err(io_error("make the library's folder", dir))?;
    let file = File::options().create(true).truncate(false).write(true).open(&lock);
    let file = file.and_then(|file| file.lock().map(|()| file));
    let _lock = file.map_err(io_error(F::DEEDS[1], &lock))?;
    let mut decisions: F = load(dir)?;
    change(&mut decisions);
    let is_there = |name: &str| {
        let known = read_file::<F>(dir, name)?.unwrap_or_default();
        Ok::<_, LibraryError>(known == decisions && known.is_whole())
    };
    let text = decisions.to_string();
    if !is_there(F::NAME)? {
        let path = dir.join(F::NAME);
        replace_file(&path, text.as_bytes()).map_err(io_error(F::DEEDS[2], &path))?;
    }
    if let Some(copy) = F::COPY.filter(|copy| !is_there(copy).unwrap_or_default()) {
        // The file itself is written: without its copy it is as safe as any other.
        let _ = replace_file(&dir.join(copy), text.as_bytes());
    }
    Ok(decisions)
}

/// Parses the lines of a file: `decide` is called with each that `parse_line` reads; the others are returned, each once.
pub(super) fn parse_lines<D>(
    text: &str,
    parse_line: impl Fn(&str) -> Option<D>,
    mut decide: impl FnMut(D),
) -> Vec<String> {
    let mut unread: Vec<String> = Vec::new();
    // Editors of Windows begin a file with a mark.
    let text = text.trim_start_matches('\u{feff}');
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
