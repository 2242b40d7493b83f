//! Where files come from, and which of them had a say.

use std::cell::RefCell;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::Diagnostics;

/// Where files are read from: the disk, or a test's memory.
pub trait Files {
    /// The text of a file.
    ///
    /// # Errors
    /// As the disk has it.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// Whether a file or folder is there.
    fn is_there(&self, path: &Path) -> bool;
}

/// The disk.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn is_there(&self, path: &Path) -> bool {
        path.exists()
    }
}

/// What reading a file came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded<T> {
    /// What the file says, or all that is wrong with it and with those that it names.
    pub result: Result<T, Diagnostics>,
    /// The file, and every other that had a say, also those that are not there: a change of any of them is a reason to
    /// read again.
    pub files: Vec<PathBuf>,
}

impl<T> Loaded<T> {
    /// The same of something made from the value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Loaded<U> {
        Loaded { result: self.result.map(make), files: self.files }
    }
}

/// Files that remember which of them were asked for.
pub struct TrackedFiles<'f> {
    files: &'f dyn Files,
    asked: RefCell<Vec<PathBuf>>,
}

impl<'f> TrackedFiles<'f> {
    /// Remembers what is asked of `files` from now on.
    #[must_use]
    pub fn new(files: &'f dyn Files) -> Self {
        Self { files, asked: RefCell::default() }
    }

    /// The paths that were asked for, in the order of their first asking.
    #[must_use]
    pub fn asked(self) -> Vec<PathBuf> {
        self.asked.into_inner()
    }

    fn remember(&self, path: &Path) {
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|known| known == path) {
            asked.push(path.to_owned());
        }
    }
}

impl Files for TrackedFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.remember(path);
        self.files.read(path)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.remember(path);
        self.files.is_there(path)
    }
}

/// Files as a file sees them that is read because `path` names it: `path` itself is not read again, so that files that
/// name each other come to an end.
pub struct CycleGuard<'f> {
    /// All files.
    pub files: &'f dyn Files,
    /// The file that is being read.
    pub path: &'f Path,
}

impl Files for CycleGuard<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        if plain(path) == plain(self.path) {
            return Err(io::Error::other("it names itself, by way of others"));
        }
        self.files.read(path)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.files.is_there(path)
    }
}

/// A path without detours.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// Files in memory, for tests.
pub struct MemoryFiles(std::collections::BTreeMap<PathBuf, String>);

impl MemoryFiles {
    /// Files of these paths and texts.
    #[must_use]
    pub fn new<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self(files.map(|(path, text)| (PathBuf::from(path), text.to_owned())).into())
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.get(&plain(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_there(&self, path: &Path) -> bool {
        self.0.contains_key(&plain(path))
    }
}
