//! Which files lie in the folders: all of them, once each, in the order of their names.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::error::LibraryError;
use super::source::{Source, Stamp};
use super::store::HEADER;

/// Names that systems leave in folders of photographs.
const IGNORED: [&str; 5] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "__macosx"];

/// What lies in the folders.
#[derive(Debug)]
pub enum Found {
    /// A file.
    File(Source),
    /// A file that cannot be looked at, and why.
    BadFile(PathBuf, String),
    /// A folder that cannot be read, and why: what is in it is unknown, not gone.
    BadFolder(PathBuf, String),
}

/// The folders by their full names, each checked to be readable.
///
/// # Errors
/// [`LibraryError::Folder`] for the first that is not.
pub fn resolve(folders: &[PathBuf]) -> Result<Vec<PathBuf>, LibraryError> {
    folders
        .iter()
        .map(|folder| {
            fs::canonicalize(folder)
                .and_then(|full| fs::read_dir(&full).map(|_| full))
                .map_err(|error| LibraryError::Folder { path: folder.clone(), error })
        })
        .collect()
}

/// Walks the folders, symbolic links included, and tells `found` of every file. A folder is walked once, by however
/// many ways it can be reached; dot-files, what systems leave behind, and libraries of ours are passed over.
pub fn walk(folders: &[PathBuf], mut found: impl FnMut(Found) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut walked = HashSet::new();
    // The last is walked next.
    let mut waiting: Vec<PathBuf> = folders.iter().rev().cloned().collect();
    while let Some(folder) = waiting.pop() {
        let entries = identity(&folder).and_then(|identity| {
            if walked.insert(identity) && !folder.join(HEADER).is_file() {
                read_sorted(&folder)
            } else {
                Ok(Vec::new())
            }
        });
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                found(Found::BadFolder(folder, format!("cannot read the folder: {error}")))?;
                continue;
            }
        };
        let mut inner = Vec::new();
        for path in entries {
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => inner.push(path),
                Ok(metadata) if metadata.is_file() => {
                    found(Found::File(Source { stamp: Stamp::of(&metadata), path }))?;
                }
                Ok(_) => found(Found::BadFile(path, "not a file but a device, a pipe or a socket".into()))?,
                Err(error) => match fs::symlink_metadata(&path) {
                    // Gone since its name was read.
                    Err(_) if error.kind() == io::ErrorKind::NotFound => {}
                    Ok(link) if link.is_symlink() && error.kind() == io::ErrorKind::NotFound => {
                        found(Found::BadFile(path, "a link to something that is not there".into()))?;
                    }
                    _ => found(Found::BadFile(path, format!("cannot be looked at: {error}")))?,
                },
            }
        }
        waiting.extend(inner.into_iter().rev());
    }
    ControlFlow::Continue(())
}

fn read_sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let bytes = name.as_encoded_bytes();
        if !bytes.starts_with(b".") && !IGNORED.iter().any(|ignored| bytes.eq_ignore_ascii_case(ignored.as_bytes())) {
            paths.push(folder.join(name));
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

#[cfg(unix)]
fn identity(folder: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).map(|metadata: Metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(folder)
}
