//! The file of a photograph: its path, and the stamp that shows whether it has changed.

use std::fs::Metadata;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// A file's metadata when it was read. Equal stamps at one path mean an unchanged file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Length in bytes.
    pub size: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub modified_ns: i128,
    /// The inode number, or 0 where the system has none. Identifies a renamed file; a *changed* number alone is no change,
    /// for network file systems invent them.
    pub inode: u64,
}

impl Stamp {
    /// The stamp of a file with this metadata.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        let modified_ns = metadata.modified().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        });
        Self { size: metadata.len(), modified_ns, inode }
    }

    /// The stamp of a file of a server, by what tells its versions from each other: its entity tag, which the same bytes keep when
    /// they are uploaded again, or else the time. A hash of that stands for the time, long before any other.
    #[must_use]
    pub fn of_remote(size: u64, version: &str) -> Self {
        let hash = blake3::hash(version.as_bytes());
        let word = hash.as_bytes().first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        Self { size, modified_ns: -(i128::from(word) + (1 << 100)), inode: 0 }
    }

    /// Whether a file at one path has the same size and modification time in both.
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        self.size == other.size && self.modified_ns == other.modified_ns
    }
}

/// A photograph's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Absolute path.
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    /// The file as it was when it was read.
    pub stamp: Stamp,
}

/// Serialises paths as the system's own bytes: serde's own form fails on names that are not UTF-8.
pub(super) mod path_bytes {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[cfg(unix)]
    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).serialize(serializer)
    }

    #[cfg(unix)]
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        Ok(PathBuf::from(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes)))
    }

    #[cfg(windows)]
    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        let units: Vec<u16> = std::os::windows::ffi::OsStrExt::encode_wide(path.as_os_str()).collect();
        units.serialize(serializer)
    }

    #[cfg(windows)]
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        let units = Vec::<u16>::deserialize(deserializer)?;
        Ok(PathBuf::from(<OsString as std::os::windows::ffi::OsStringExt>::from_wide(&units)))
    }
}
