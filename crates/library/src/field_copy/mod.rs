//! The field copy: a library for a machine that may be taken. Encrypted with a passphrase, coarse, black and white, without names; wiped in
//! an instant.
//!
//! ```text
//! field-copy.age   an age file, sealed with the passphrase (scrypt): the key of the copy, 32 bytes, and its shape
//! tiles.sealed     tile n, sealed with that key, at n × its length
//! floors.sealed    floor n, likewise
//! index.sealed     the index's log, in sealed pieces of 64 KiB
//! ```
//!
//! Everything but the first file is noise without it, so a copy is gone once that is overwritten. Tiles are read one at a time in any order, which an age
//! file, one stream of pieces with a key of its own, offers for whole files alone; so each tile is a record of XChaCha20-Poly1305 by itself. The nonce
//! says which file and which record: a record in another's place does not open, and as each is written once under a key that is made for
//! one copy, none is used twice.

mod key;
mod open;
mod seal;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use millions_base::sync_folder;

pub use key::Passphrase;
pub(super) use key::{CopyKey, Part, SEAL_BYTES};
pub use seal::{SealOptions, SealSummary, seal};

use super::error::{LibraryError, io_error};

/// The file with the sealed key; without it there is no copy.
const KEY_FILE: &str = "field-copy.age";
pub(super) const SEALED_TILES: &str = "tiles.sealed";
pub(super) const SEALED_FLOORS: &str = "floors.sealed";
const SEALED_INDEX: &str = "index.sealed";
/// Bytes of the index in a record.
const INDEX_PIECE: usize = 64 << 10;

/// Whether there is a field copy in a folder.
#[must_use]
pub fn is_field_copy(dir: &Path) -> bool {
    dir.join(KEY_FILE).is_file()
}

/// Wipes a field copy: its key is overwritten on the disk and removed, which makes noise of all the rest; then that is removed, too. Takes
/// no longer for a large copy.
///
/// # Errors
/// [`LibraryError::NoFieldCopy`] where there is none, and then nothing has happened; [`LibraryError::Io`] where the key could not be removed.
pub fn wipe(dir: &Path) -> Result<(), LibraryError> {
    let path = dir.join(KEY_FILE);
    let failed = || io_error("wipe the key of the field copy", &path);
    let mut file = match File::options().write(true).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LibraryError::NoFieldCopy { dir: dir.to_owned() });
        }
        opened => opened.map_err(failed())?,
    };
    let length = file.metadata().map_err(failed())?.len();
    let mut noise = vec![0; usize::try_from(length).unwrap_or(0)];
    // Noise or zeros: the key is gone either way.
    let _ = getrandom::fill(&mut noise);
    file.write_all(&noise).and_then(|()| file.sync_all()).map_err(failed())?;
    drop(file);
    fs::remove_file(&path).map_err(failed())?;
    // What follows is noise already.
    let _ = sync_folder(dir);
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let _ = fs::remove_file(entry.path());
    }
    let _ = fs::remove_dir(dir);
    Ok(())
}

/// Keeps what this process has in memory out of core dumps, and from other programs of the same user, where the system can (Linux).
pub fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}
