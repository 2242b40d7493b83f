//! Errors of a library as a whole. What is wrong with one photograph is a text, its reason, and not an error.

use std::io;
use std::path::{Path, PathBuf};

use millions_base::printable_path;
use millions_wall::tile::{PortraitNumber, TileSideError};

/// A library that could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// There is no library in this folder.
    #[error("there is no library here; make one with `millions ingest FOLDER --library DIR`: {}", printable_path(dir))]
    Missing {
        /// The library's folder.
        dir: PathBuf,
    },
    /// The library has the format of another version of the program.
    #[error(
        "the library has format {found} and this program reads format {expected}; {}: {}",
        if found > expected {
            "a newer version of the program made it: update this one, or take another folder with --library DIR"
        } else {
            "ingest its photographs again, or delete it"
        },
        printable_path(dir)
    )]
    Format {
        /// The library's folder.
        dir: PathBuf,
        /// The version in the header.
        found: u32,
        /// The version that this program reads and writes.
        expected: u32,
    },
    /// Lines of the list of people who are not to be shown cannot be read.
    #[error(
        "{lines} lines of the list of people who are not to be shown cannot be read. Whom they hide is not known, so nobody is shown: put \
         a copy of the file in its place, or take out the lines if they are no decisions: {}",
        printable_path(path)
    )]
    UnreadRemovals {
        /// The file.
        path: PathBuf,
        /// How many lines.
        lines: usize,
    },
    /// A library would be merged into itself.
    #[error("a library cannot be merged into itself; name another folder with --into: {}", printable_path(dir))]
    SameLibrary {
        /// The library's folder.
        dir: PathBuf,
    },
    /// The library's tiles have another side or aspect than requested.
    #[error(
        "the library has tiles of {side} texels at aspect {aspect}, not {wanted_side} at {wanted_aspect}; ingest all \
         its photographs again, or take another folder: {}",
        printable_path(dir)
    )]
    Shape {
        /// The library's folder.
        dir: PathBuf,
        /// The library's tile side.
        side: u32,
        /// The library's aspect.
        aspect: f32,
        /// The requested tile side.
        wanted_side: u32,
        /// The requested aspect.
        wanted_aspect: f32,
    },
    /// Committed data is missing or has changed.
    #[error("the library is damaged: {what}; ingest its photographs again, or delete it: {}", printable_path(dir))]
    Damaged {
        /// The library's folder.
        dir: PathBuf,
        /// What is missing or has changed.
        what: String,
    },
    /// A crop that cannot be decided by hand.
    #[error("the crop of portrait {number} stays as it is: {why}")]
    Crop {
        /// The portrait.
        number: PortraitNumber,
        /// Why.
        why: String,
    },
    /// Another process writes to the library.
    #[error("another program is writing to this library; wait for it or close it: {}", printable_path(dir))]
    Busy {
        /// The library's folder.
        dir: PathBuf,
    },
    /// A folder of photographs cannot be read. The library is left as it was.
    #[error(
        "cannot read the folder of photographs ({error}); is the disk there, and the name right? {}",
        printable_path(path)
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// Nothing can be read at an address. The library is left as it was.
    #[error("cannot read photographs from {}: {reason}", printable_path(address))]
    Address {
        /// The address, without anything secret.
        address: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A pattern of `--exclude` is none.
    #[error("`{pattern}` is no pattern: write it as in .gitignore, such as \"*.png\", \"drafts/\" or \"/2019/**\"")]
    Pattern {
        /// The pattern.
        pattern: String,
    },
    /// A field copy, which is opened with its passphrase alone.
    #[error(
        "this is a field copy, which is played alone: `millions play --library DIR` asks for its passphrase: {}",
        printable_path(dir)
    )]
    FieldCopy {
        /// The copy's folder.
        dir: PathBuf,
    },
    /// There is no field copy in this folder.
    #[error(
        "there is no field copy here: a library of another kind is no such copy, and nothing was touched: {}",
        printable_path(dir)
    )]
    NoFieldCopy {
        /// The folder.
        dir: PathBuf,
    },
    /// The passphrase is not that of the field copy.
    #[error("that is not the passphrase of this field copy: try again: {}", printable_path(dir))]
    Passphrase {
        /// The copy's folder.
        dir: PathBuf,
    },
    /// A field copy would be made where something is.
    #[error("a field copy is made in an empty folder, or a new one; name another with --into: {}", printable_path(dir))]
    NotEmpty {
        /// The folder.
        dir: PathBuf,
    },
    /// No tile can have this side.
    #[error(transparent)]
    TileSide(#[from] TileSideError),
    /// No tile can have this aspect.
    #[error("an aspect of {aspect} is not possible: take width / height from 0.1 to 10, such as 0.8")]
    Aspect {
        /// The requested aspect.
        aspect: f32,
    },
    /// A new tile or floor has another length than the library's layout requires.
    #[error(
        "a tile of {tile} bytes with a floor of {floor} was given, and the library takes {wanted_tile} and {wanted_floor}"
    )]
    TileBytes {
        /// Bytes of the tile.
        tile: usize,
        /// Bytes of the floor.
        floor: usize,
        /// Bytes of a tile in the layout.
        wanted_tile: usize,
        /// Bytes of a floor in the layout.
        wanted_floor: usize,
    },
    /// The ingest was stopped before its end; what was committed stays.
    #[error("the ingest was stopped; what was committed stays")]
    Stopped,
    /// An input or output operation failed.
    #[error("cannot {what} ({error}){}: {}", help(what, error), printable_path(path))]
    Io {
        /// The operation, as a verb phrase.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

impl LibraryError {
    /// Whether making the library again from the photographs would repair it.
    #[must_use]
    pub const fn rebuild_helps(&self) -> bool {
        match self {
            // What a newer version made is left to it.
            Self::Format { found, expected, .. } => *found < *expected,
            other => matches!(other, Self::Shape { .. } | Self::Damaged { .. }),
        }
    }
}

fn help(what: &str, error: &io::Error) -> &'static str {
    match error.kind() {
        // Another library would show whom this one hides.
        io::ErrorKind::PermissionDenied if what.starts_with("read") || what.starts_with("lock") => {
            "; it has to be this account's: `sudo chown -R ACCOUNT FOLDER`, with the library's folder"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "; make room and start again, what was committed is kept"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; take a folder that may be written, with --library DIR"
        }
        _ => "",
    }
}

/// An error's text in one line, for the reasons of rejected photographs.
pub(super) fn one_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().replace(['\n', '\r'], " ")
}

/// The reason for which a photograph is rejected that its decoder does not understand. What decoders say of it is for those
/// who write decoders.
pub(super) fn damaged(what: &str) -> String {
    format!("{what} is damaged or breaks off: copy it again, or open it in another program and save it as a JPEG")
}

/// The reason for which a photograph is rejected that would take more memory than it may.
pub(super) fn too_costly(needed: Option<u64>, limit: u64) -> String {
    let mebibytes = limit >> 20;
    match needed.map(|needed| needed.div_ceil(1 << 20)) {
        Some(needed) => format!(
            "decoding it takes {needed} MB and the limit is {mebibytes} MB: start again with --max-megabytes {needed}, or save \
             it smaller"
        ),
        None => format!(
            "decoding it takes more than the limit of {mebibytes} MB: start again with a higher --max-megabytes, or save it \
             smaller"
        ),
    }
}

/// The reason for which a file cannot be read, by the system's error.
pub(super) fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "cannot be read: this user may not, change its permissions".into(),
        _ => format!("cannot be read ({error}): is its disk there and sound?"),
    }
}

/// Wraps an I/O error with the operation and the path.
pub(super) fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LibraryError {
    move |error| LibraryError::Io { what, path: path.to_owned(), error }
}
