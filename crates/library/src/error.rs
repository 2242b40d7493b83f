//! What can go wrong with a library as a whole. What is wrong with one photograph is a reason in words, not an error.

use std::io;
use std::path::{Path, PathBuf};

use millions_wall::tile::TileSideError;

/// A library that could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// There is none in this folder.
    #[error("there is no library here; make one with `millions ingest FOLDER --library DIR`: {}", dir.display())]
    Missing {
        /// The library's folder.
        dir: PathBuf,
    },
    /// Another version of the program made it.
    #[error(
        "the library has format {found} and this program reads format {expected}; ingest its photographs again, or \
         delete it: {}", dir.display()
    )]
    Format {
        /// The library's folder.
        dir: PathBuf,
        /// The version in the header.
        found: u32,
        /// The version that this program reads and writes.
        expected: u32,
    },
    /// Its tiles have another shape than was asked for.
    #[error(
        "the library has tiles of {side} texels at aspect {aspect}, not {wanted_side} at {wanted_aspect}; ingest its \
         photographs again, or take another folder: {}", dir.display()
    )]
    Shape {
        /// The library's folder.
        dir: PathBuf,
        /// The tile side it has.
        side: u32,
        /// The aspect it has.
        aspect: f32,
        /// The tile side that was asked for.
        wanted_side: u32,
        /// The aspect that was asked for.
        wanted_aspect: f32,
    },
    /// Committed data is no longer what was written.
    #[error("the library is damaged: {what}; ingest its photographs again, or delete it: {}", dir.display())]
    Damaged {
        /// The library's folder.
        dir: PathBuf,
        /// What was found.
        what: String,
    },
    /// Another process writes to it.
    #[error("another program is writing to this library; wait for it or close it: {}", dir.display())]
    Busy {
        /// The library's folder.
        dir: PathBuf,
    },
    /// A folder of photographs that was asked for cannot be read. The library is left as it was.
    #[error("cannot read the folder of photographs ({error}); is the disk there, and the name right? {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// No tile can have this side.
    #[error(transparent)]
    TileSide(#[from] TileSideError),
    /// No tile can have this aspect.
    #[error("an aspect of {aspect} is not possible: take width / height from 0.1 to 10, such as 0.8")]
    Aspect {
        /// The aspect that was asked for.
        aspect: f32,
    },
    /// A tile or floor has another length than the library's layout says.
    #[error(
        "a tile of {tile} bytes with a floor of {floor} was given, and the library takes {wanted_tile} and {wanted_floor}"
    )]
    TileBytes {
        /// Bytes of the tile given.
        tile: usize,
        /// Bytes of the floor given.
        floor: usize,
        /// Bytes a tile has.
        wanted_tile: usize,
        /// Bytes a floor has.
        wanted_floor: usize,
    },
    /// The work was stopped before its end; what was committed stays.
    #[error("the ingest was stopped; what was committed stays")]
    Stopped,
    /// The disk refused.
    #[error("cannot {what} ({error}){}: {}", help(error), path.display())]
    Io {
        /// What was tried, as a verb phrase.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl LibraryError {
    /// Whether making the library again from the photographs would mend it.
    #[must_use]
    pub const fn rebuild_helps(&self) -> bool {
        matches!(self, Self::Format { .. } | Self::Shape { .. } | Self::Damaged { .. })
    }
}

fn help(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "; make room and start again, what was committed is kept"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; take a folder that may be written, with --library DIR"
        }
        _ => "",
    }
}

/// Turns an I/O error into ours, with what was tried and where.
pub(super) fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LibraryError {
    move |error| LibraryError::Io { what, path: path.to_owned(), error }
}
