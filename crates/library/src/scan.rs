//! Listing the folders of photographs: every file once, in the order of the names.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::error::LibraryError;
use super::files::HEADER;
use super::source::{Source, Stamp};

/// Names that operating systems leave in folders of photographs.
const IGNORED: [&str; 5] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "__macosx"];
/// The spreadsheets of people.
const SHEETS: [&str; 2] = ["people.csv", "people.tsv"];
/// Workbooks, which spreadsheet programs save unless told to save one of those.
const WORKBOOKS: [&str; 4] = ["people.xlsx", "people.xls", "people.ods", "people.numbers"];

/// A folder of photographs to ingest.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its canonical path.
    pub path: PathBuf,
    identity: Identity,
}

/// The names in the folders; no file has been opened yet.
#[derive(Debug, Default)]
pub struct Listing {
    /// In the order of the walk.
    pub folders: Vec<Folder>,
    /// Folders that cannot be read, with the reason: the files in them are unknown, not gone.
    pub bad_folders: Vec<(PathBuf, String)>,
    /// Spreadsheets of people, those of a folder before those of its subfolders.
    pub sheets: Vec<PathBuf>,
    /// Workbooks, which are not read and should be such spreadsheets.
    pub workbooks: Vec<PathBuf>,
    roots: Vec<PathBuf>,
    by_path: HashMap<PathBuf, usize>,
}

/// A folder with the names of its files.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    /// Sorted.
    pub files: Vec<OsString>,
}

impl Folder {
    /// The paths of its files.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.files.iter().map(|name| self.path.join(name))
    }
}

impl Listing {
    /// Whether a file was found.
    pub fn contains(&self, path: &Path) -> bool {
        let folder = path.parent().and_then(|folder| self.by_path.get(folder));
        folder.zip(path.file_name()).is_some_and(|(folder, name)| {
            self.folders[*folder].files.binary_search_by(|file| file.as_os_str().cmp(name)).is_ok()
        })
    }

    /// Whether a file at this path would have been found, had it been there.
    pub fn covers(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root)) && !self.is_in_bad_folder(path)
    }

    /// Whether a path lies in a folder that cannot be read.
    pub fn is_in_bad_folder(&self, path: &Path) -> bool {
        self.bad_folders.iter().any(|(folder, _)| path.starts_with(folder))
    }

    /// Every file's path, in the order of the walk.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.folders.iter().flat_map(Folder::paths)
    }
}

/// Resolves the folders to canonical paths, and checks that each can be read.
///
/// # Errors
/// [`LibraryError::Folder`] for the first that is not.
pub fn resolve(folders: &[PathBuf]) -> Result<Vec<Root>, LibraryError> {
    folders
        .iter()
        .map(|folder| {
            fs::canonicalize(folder)
                .and_then(|path| fs::read_dir(&path).and_then(|_| Ok(Root { identity: identity(&path)?, path })))
                .map_err(|error| LibraryError::Folder { path: folder.clone(), error })
        })
        .collect()
}

/// Walks the folders, symbolic links included; returns `None` when `stopped`. A folder is walked once, by however many
/// paths it can be reached; dot-files, system files and libraries of this program are skipped.
pub fn list(roots: &[Root], stopped: impl Fn() -> bool) -> Option<Listing> {
    let mut listing = Listing { roots: roots.iter().map(|root| root.path.clone()).collect(), ..Listing::default() };
    let mut walked = HashSet::new();
    // A stack: the last is walked next.
    let mut pending: Vec<PathBuf> = roots.iter().rev().map(|root| root.path.clone()).collect();
    while let Some(path) = pending.pop() {
        if stopped() {
            return None;
        }
        let entries = identity(&path).and_then(|identity| {
            if !walked.insert(identity) || path.join(HEADER).is_file() {
                return Ok(None);
            }
            let entries = read_sorted(&path)?;
            // A disk that is gone leaves the empty folder that it was mounted on.
            if entries.is_empty() && roots.iter().any(|root| root.path == path && root.identity != identity) {
                return Err(io::Error::other("it is empty, and not the folder that it was: is its disk gone?"));
            }
            Ok(Some(entries))
        });
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                listing.bad_folders.push((path, format!("cannot read the folder: {error}")));
                continue;
            }
        };
        let Some(entries) = entries else { continue };
        let (mut files, mut inner) = (Vec::new(), Vec::new());
        for (name, is_folder) in entries {
            if is_folder {
                inner.push(path.join(name));
            } else if is_one_of(&name, &SHEETS) {
                listing.sheets.push(path.join(name));
            } else if is_one_of(&name, &WORKBOOKS) {
                listing.workbooks.push(path.join(name));
            } else {
                files.push(name);
            }
        }
        pending.extend(inner.into_iter().rev());
        listing.by_path.insert(path.clone(), listing.folders.len());
        listing.folders.push(Folder { path, files });
    }
    Some(listing)
}

/// Reads a file's metadata; `None` when it is gone since its name was read.
///
/// # Errors
/// The path with a reason, for what is no file or has no readable metadata.
pub fn inspect(path: PathBuf) -> Result<Option<Source>, (PathBuf, String)> {
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(Source { stamp: Stamp::of(&metadata), path })),
        Ok(metadata) if metadata.is_dir() => Ok(None),
        Ok(_) => Err((path, "not a file but a device, a pipe or a socket".into())),
        Err(error) => match fs::symlink_metadata(&path) {
            Err(_) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Ok(link) if link.is_symlink() && error.kind() == io::ErrorKind::NotFound => {
                Err((path, "a link to something that is not there".into()))
            }
            _ => Err((path, format!("cannot be looked at: {error}"))),
        },
    }
}

fn is_one_of(name: &std::ffi::OsStr, names: &[&str]) -> bool {
    names.iter().any(|known| name.as_encoded_bytes().eq_ignore_ascii_case(known.as_bytes()))
}

/// A folder's entries by name, each with whether it is a folder.
fn read_sorted(folder: &Path) -> io::Result<Vec<(OsString, bool)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") || is_one_of(&name, &IGNORED) {
            continue;
        }
        // An entry of unknown type counts as a file; reading its metadata later reports the reason.
        let is_folder = match entry.file_type() {
            Ok(kind) if !kind.is_symlink() => kind.is_dir(),
            _ => fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir()),
        };
        entries.push((name, is_folder));
    }
    entries.sort_unstable();
    Ok(entries)
}

#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
fn identity(folder: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).map(|metadata: Metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> io::Result<Identity> {
    fs::canonicalize(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_by_name_and_spreadsheets_apart() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for file in ["z.jpg", "A.jpg", "PEOPLE.csv", "people.ods", ".hidden", "Thumbs.DB", "b/people.tsv", "b/c.jpg"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        let roots = resolve(&[dir.path().to_owned()]).unwrap();
        let listing = list(&roots, || false).unwrap();
        let path = |file: &str| roots[0].path.join(file);
        assert_eq!(listing.files().collect::<Vec<_>>(), ["A.jpg", "z.jpg", "b/c.jpg"].map(path));
        assert_eq!(listing.sheets, ["PEOPLE.csv", "b/people.tsv"].map(path));
        assert_eq!(listing.workbooks, [path("people.ods")]);
        assert!(listing.contains(&path("b/c.jpg")) && !listing.contains(&path("c.jpg")));
        assert!(listing.covers(&path("b/none.jpg")) && !listing.covers(Path::new("/elsewhere.jpg")));
        assert!(list(&roots, || true).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn the_empty_folder_under_a_disk_that_is_gone_is_not_the_disk() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("disk");
        fs::create_dir(&folder).unwrap();
        let roots = resolve(std::slice::from_ref(&folder)).unwrap();
        assert!(list(&roots, || false).unwrap().bad_folders.is_empty(), "a folder may be empty");
        fs::rename(&folder, parent.path().join("elsewhere")).unwrap();
        fs::create_dir(&folder).unwrap();
        let listing = list(&roots, || false).unwrap();
        assert!(listing.bad_folders[0].1.contains("disk") && !listing.covers(&folder.join("a.jpg")));
        fs::write(folder.join("a.jpg"), "").unwrap();
        assert!(list(&roots, || false).unwrap().bad_folders.is_empty(), "another folder that has something counts");
    }
}
