//! The library's files: their names, the header, the lock, reads and writes by position, and the default folder.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use millions_base::replace_file;
use serde::{Deserialize, Serialize};

use super::error::{LibraryError, io_error};
use super::field_copy::is_field_copy;
use super::index::log::LogHead;
use super::storage::{is_address, shown};

pub const HEADER: &str = "millions-library.toml";
pub const TILES: &str = "tiles.bin";
pub const FLOORS: &str = "floors.bin";
pub const LOG: &str = "index.log";
pub const REJECTED: &str = "rejected.txt";
pub const REVIEW: &str = "review.txt";
/// The review list's name in libraries of earlier versions.
pub const OLD_REVIEW: &str = "doubtful.txt";
/// The decisions on who is not to be shown (see `removals.rs`): neither removed nor replaced with the library.
pub const REMOVALS: &str = "removals.txt";
/// What its changes write, too.
pub const REMOVALS_COPY: &str = "removals-copy.txt";
pub const REMOVALS_LOCK: &str = "removals.lock";
/// What was decided by hand about crops (see `manual_crops.rs`): neither removed nor replaced with the library.
pub const MANUAL_CROPS: &str = "crops.txt";
pub const MANUAL_CROPS_LOCK: &str = "crops.lock";
const LOCK: &str = "library.lock";

/// The format that this program reads and writes: its version, in the header and by the log's first bytes.
pub const FORMAT: u32 = 5;
/// The oldest that it reads, and brings up to date where it writes: without the photographs.
const OLDEST_FORMAT: u32 = 4;
const HEADER_REMARK: &str =
    "# A library of `millions`: tiles made from photographs. It can be deleted and made again from them.\n";

/// How often a lock that is held is tried again. A lock that has just been released may still be held by a process that
/// its holder is starting: between fork and exec a child has all files of its parent.
const LOCK_TRIES: u32 = 10;
const LOCK_WAIT: Duration = Duration::from_millis(25);

/// The library's header file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub format: u32,
    pub tile_side: u32,
    pub aspect: f32,
}

impl Header {
    /// Reads and checks the header of the library in `dir`.
    pub fn read(dir: &Path) -> Result<Self, LibraryError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let path = dir.join(HEADER);
        let text = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if is_field_copy(dir) => LibraryError::FieldCopy { dir: dir.to_owned() },
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LibraryError::Missing { dir: dir.to_owned() },
            _ => io_error("read the library's header", &path)(error),
        })?;
        let text = String::from_utf8_lossy(&text);
        let damaged = |what: String| LibraryError::Damaged { dir: dir.to_owned(), what };
        let syntax = |error: toml::de::Error| damaged(format!("{HEADER}: {}", error.message()));
        // The version first: another version may have other keys.
        let Version { format } = toml::from_str(&text).map_err(syntax)?;
        if !(OLDEST_FORMAT..=FORMAT).contains(&format) {
            return Err(LibraryError::Format { dir: dir.to_owned(), found: format, expected: FORMAT });
        }
        let header: Self = toml::from_str(&text).map_err(syntax)?;
        check_aspect(header.aspect).map_err(|error| damaged(error.to_string()))?;
        Ok(header)
    }

    /// Writes the header of the library in `dir`; from then on there is one.
    pub fn write(&self, dir: &Path) -> Result<(), LibraryError> {
        let path = dir.join(HEADER);
        let text = toml::to_string(self).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error));
        text.and_then(|text| replace_file(&path, format!("{HEADER_REMARK}{text}").as_bytes()))
            .map_err(io_error("write the library's header", &path))
    }
}

/// Rejects aspects that no tile can have.
pub fn check_aspect(aspect: f32) -> Result<(), LibraryError> {
    if (0.1..=10.0).contains(&aspect) { Ok(()) } else { Err(LibraryError::Aspect { aspect }) }
}

/// Locks the library in `dir` for writing, and creates the folder where needed. The lock lasts as long as the file is open.
pub fn lock(dir: &Path) -> Result<File, LibraryError> {
    fs::create_dir_all(dir).map_err(io_error("make the library's folder", dir))?;
    let path = dir.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(io_error("open the library's lock", &path))?;
    for last_try in (0..LOCK_TRIES).map(|tries| tries + 1 == LOCK_TRIES) {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if last_try => break,
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_WAIT),
            Err(TryLockError::Error(error)) => return Err(io_error("lock the library", &path)(error)),
        }
    }
    Err(LibraryError::Busy { dir: dir.to_owned() })
}

/// Creates an empty library, in place of another if there is one. The header is removed first and written last.
pub fn create(dir: &Path, header: Header) -> Result<(), LibraryError> {
    for name in [HEADER, LOG, TILES, FLOORS, REJECTED, REVIEW, OLD_REVIEW] {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove a file of the old library", &path)(error));
            }
            _ => {}
        }
    }
    // New files rather than truncated ones: a process that reads the old library goes on reading it.
    let Header { tile_side, aspect, .. } = header;
    let head = LogHead { tile_side, aspect, committed_bytes: LogHead::BYTES as u64 }.to_bytes();
    for (name, bytes) in [(TILES, &[][..]), (FLOORS, &[]), (LOG, &head)] {
        let path = dir.join(name);
        replace_file(&path, bytes).map_err(io_error("make a file of the library", &path))?;
    }
    header.write(dir)
}

/// Whether an open file is the one that its path names now.
#[cfg(unix)]
pub fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().map(identity).ok() == fs::metadata(path).map(identity).ok()
}

/// Whether an open file is the one that its path names now: here, whether there is one.
#[cfg(not(unix))]
pub fn is_same_file(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Reads at a position, up to the file's end; returns how many bytes there were.
pub fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    in_pieces(bytes.len(), |done| {
        let (rest, at) = (&mut bytes[done..], offset + done as u64);
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, rest, at);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, rest, at);
        read
    })
}

/// Writes all of `bytes` at a position.
pub fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let written = in_pieces(bytes.len(), |done| {
        let (rest, at) = (&bytes[done..], offset + done as u64);
        #[cfg(unix)]
        let written = std::os::unix::fs::FileExt::write_at(file, rest, at);
        #[cfg(windows)]
        let written = std::os::windows::fs::FileExt::seek_write(file, rest, at);
        written
    })?;
    if written < bytes.len() { Err(io::ErrorKind::WriteZero.into()) } else { Ok(()) }
}

/// Repeats an operation that may handle a part of the rest only, until it is done or handles nothing; returns how many
/// bytes are done.
fn in_pieces(total: usize, mut piece: impl FnMut(usize) -> io::Result<usize>) -> io::Result<usize> {
    let mut done = 0;
    while done < total {
        match piece(done) {
            Ok(0) => break,
            Ok(bytes) => done += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Returns the library folder of a set of photograph folders, by the platform's convention: the same one for the same
/// folders, in whatever order and however their paths are written.
#[must_use]
pub fn default_dir(folders: &[PathBuf]) -> PathBuf {
    let absolute = |folder: &PathBuf| {
        if is_address(folder) {
            return shown(folder);
        }
        fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.clone())
    };
    let mut folders: Vec<PathBuf> = folders.iter().map(absolute).collect();
    folders.sort();
    folders.dedup();
    let mut hasher = blake3::Hasher::new();
    for folder in &folders {
        hasher.update(folder.as_os_str().as_encoded_bytes()).update(&[0]);
    }
    let first = folders.first().and_then(|folder| folder.file_name());
    let name: String = first
        .map(|name| name.to_string_lossy())
        .unwrap_or_default()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
        .take(40)
        .collect();
    let name = if name.is_empty() { "photographs".into() } else { name };
    let base = directories::ProjectDirs::from("", "", "millions")
        .map_or_else(|| std::env::temp_dir().join("millions"), |dirs| dirs.data_local_dir().to_owned());
    base.join("libraries").join(format!("{name}-{}", &hasher.finalize().to_hex()[..12]))
}
