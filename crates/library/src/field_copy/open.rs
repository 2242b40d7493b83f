//! Opening a field copy, and wiping one that is open.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use millions_wall::tile::TileLayout;
use zeroize::Zeroizing;

use super::super::error::{LibraryError, io_error};
use super::super::files::check_aspect;
use super::super::index::Index;
use super::super::index::log::{LOG_START, LogBytes, LogHead};
use super::super::library::Library;
use super::super::spill::Backing;
use super::super::tile_files::TileFiles;
use super::key::{Contents, CopyKey, Part, Passphrase, SEAL_BYTES};
use super::{INDEX_PIECE, KEY_FILE, SEALED_INDEX, is_field_copy, wipe};

impl Library {
    /// Opens a field copy for reading. The passphrase is not kept.
    ///
    /// # Errors
    /// [`LibraryError::NoFieldCopy`]; [`LibraryError::Passphrase`] where it was sealed with another; [`LibraryError::Damaged`];
    /// [`LibraryError::Io`].
    pub fn open_field_copy(dir: &Path, passphrase: &Passphrase) -> Result<Arc<Self>, LibraryError> {
        if !is_field_copy(dir) {
            return Err(LibraryError::NoFieldCopy { dir: dir.to_owned() });
        }
        let damaged = |what: &str| LibraryError::Damaged { dir: dir.to_owned(), what: what.to_owned() };
        let path = dir.join(KEY_FILE);
        let sealed = fs::read(&path).map_err(io_error("read the key of the field copy", &path))?;
        let contents = Contents::open(&sealed, passphrase).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => LibraryError::Passphrase { dir: dir.to_owned() },
            _ => damaged("its key is not what was written, or of a newer version of the program"),
        })?;
        let layout = TileLayout::new(contents.tile_side)?;
        check_aspect(contents.aspect)?;
        let key = contents.copy_key();
        let log = read_index(dir, &contents, &key).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => damaged("its index is not what was written"),
            _ => io_error("read the index of the field copy", dir)(error),
        })?;
        let files = TileFiles::open_sealed(dir, layout.clone(), key)?;
        let head = LogHead::read(&log, LOG_START);
        let replayed = Index::replay(LogBytes::Memory(log), head, contents.portraits as usize, &Backing::Memory);
        let (index, replay) = replayed.map_err(io_error("read the index of the field copy", dir))?;
        if head.is_none() || replay.damaged_bytes > 0 {
            return Err(damaged("its index is not what was written"));
        }
        Self::of_field_copy(dir, contents.aspect, layout, files, index).map(Arc::new)
    }

    /// Whether it is a field copy.
    #[must_use]
    pub fn is_field_copy(&self) -> bool {
        self.files().is_sealed()
    }

    /// Wipes a field copy that is open: from the disk, the key first, and from the memory of this process, but for what others have read of it. From
    /// then on nobody is in it.
    ///
    /// # Errors
    /// [`LibraryError::NoFieldCopy`], and then nothing has happened; [`LibraryError::Io`] where the key could not be removed from the disk:
    /// it is gone from memory all the same.
    pub fn wipe(&self) -> Result<(), LibraryError> {
        if !self.is_field_copy() {
            return Err(LibraryError::NoFieldCopy { dir: self.dir().to_owned() });
        }
        let wiped = wipe(self.dir());
        self.files().forget_key();
        self.unwritten().clear();
        // Its log is overwritten when it is dropped.
        *self.index_mut() = Index::default();
        match wiped {
            // Another program was first.
            Err(LibraryError::NoFieldCopy { .. }) => Ok(()),
            other => other,
        }
    }
}

/// Reads and opens the index's log.
fn read_index(dir: &Path, contents: &Contents, key: &CopyKey) -> io::Result<Vec<u8>> {
    let sealed = fs::read(dir.join(SEALED_INDEX))?;
    let mut log = Vec::with_capacity(usize::try_from(contents.index_bytes).unwrap_or(0).min(sealed.len()));
    for (number, piece) in sealed.chunks(INDEX_PIECE + SEAL_BYTES).enumerate() {
        let mut piece = Zeroizing::new(piece.to_vec());
        key.open(Part::Index, number as u64, &mut piece)?;
        log.extend_from_slice(&piece);
    }
    // Pieces at the end that are missing would not show otherwise.
    if log.len() as u64 == contents.index_bytes { Ok(log) } else { Err(io::ErrorKind::InvalidData.into()) }
}
