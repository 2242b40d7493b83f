//! Sources of the files that people write, and a record of those that were read.

use std::cell::RefCell;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::Diagnostics;

/// A source of files: the disk, or memory in tests.
pub trait Files {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// Those of [`std::fs::read_to_string`].
    fn read(&self, path: &Path) -> io::Result<String>;

    /// Reads the bytes of a file that has `most` at most.
    ///
    /// # Errors
    /// As [`Files::read`], and when it has more.
    fn bytes(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        limited(self.read(path)?.into_bytes(), most)
    }

    /// Returns whether a file or folder exists.
    fn is_there(&self, path: &Path) -> bool;

    /// Whether a file that is faulty takes the place that is right in doubt, such as darkness, instead of being refused.
    fn tolerates_faults(&self) -> bool {
        false
    }
}

/// Files of which faulty ones are tolerated: at a start, where the last good version is not known.
#[derive(Clone, Copy)]
pub struct Tolerant<'a>(pub &'a dyn Files);

impl Files for Tolerant<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.read(path)
    }

    fn bytes(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.0.bytes(path, most)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.0.is_there(path)
    }

    fn tolerates_faults(&self) -> bool {
        true
    }
}

/// Refuses a file that is too long.
fn limited(bytes: Vec<u8>, most: u64) -> io::Result<Vec<u8>> {
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it is larger than {} MB", most >> 20)));
    }
    Ok(bytes)
}

/// The disk.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn bytes(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        limited(bytes, most)
    }

    fn is_there(&self, path: &Path) -> bool {
        path.exists()
    }
}

/// The result of reading a file, with the files that it depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded<T> {
    /// The parsed value, or the diagnostics of the file and of those that it names.
    pub result: Result<T, Diagnostics>,
    /// The file and every other that it depends on, missing ones included: a change of any of them is a reason to read
    /// again.
    pub files: Vec<PathBuf>,
}

impl<T> Loaded<T> {
    /// Converts the value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Loaded<U> {
        Loaded { result: self.result.map(make), files: self.files }
    }
}

/// A source of files that records which paths were requested.
pub struct TrackedFiles<'f> {
    files: &'f dyn Files,
    requested: RefCell<Vec<PathBuf>>,
}

impl<'f> TrackedFiles<'f> {
    /// Records the requests to `files`.
    #[must_use]
    pub fn new(files: &'f dyn Files) -> Self {
        Self { files, requested: RefCell::default() }
    }

    /// Returns the requested paths, each once, in the order of the first request.
    #[must_use]
    pub fn requested(self) -> Vec<PathBuf> {
        self.requested.into_inner()
    }

    fn record(&self, path: &Path) {
        let mut requested = self.requested.borrow_mut();
        if !requested.iter().any(|known| known == path) {
            requested.push(path.to_owned());
        }
    }
}

impl Files for TrackedFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.record(path);
        self.files.read(path)
    }

    fn bytes(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.record(path);
        self.files.bytes(path, most)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.record(path);
        self.files.is_there(path)
    }

    fn tolerates_faults(&self) -> bool {
        self.files.tolerates_faults()
    }
}

/// A source of files that refuses `path`, the file being read: so that files that name each other in a cycle are an error
/// and not an endless recursion.
pub struct CycleGuard<'f> {
    /// The source of all files.
    pub files: &'f dyn Files,
    /// The file that is being read.
    pub path: &'f Path,
}

impl Files for CycleGuard<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        if normalized(path) == normalized(self.path) {
            return Err(io::Error::other("it names itself, by way of others"));
        }
        self.files.read(path)
    }

    fn bytes(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.files.bytes(path, most)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.files.is_there(path)
    }

    fn tolerates_faults(&self) -> bool {
        self.files.tolerates_faults()
    }
}

/// Removes `.` and `NAME/..` from a path.
fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(normalized.components().next_back(), Some(Component::Normal(_))) => {
                normalized.pop();
            }
            part => normalized.push(part),
        }
    }
    normalized
}

/// Files in memory, for tests.
pub struct MemoryFiles(std::collections::BTreeMap<PathBuf, String>);

impl MemoryFiles {
    /// Creates files of these paths and texts.
    #[must_use]
    pub fn new<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self(files.map(|(path, text)| (PathBuf::from(path), text.to_owned())).into())
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.get(&normalized(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_there(&self, path: &Path) -> bool {
        self.0.contains_key(&normalized(path))
    }
}
