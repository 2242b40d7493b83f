//! Atomic replacement of files. See [`AtomicFile`].

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file that is written under a temporary name beside its own and renamed once all of it is on the disk, so that a power
/// cut at any moment leaves the old file or the new one.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    temporary: PathBuf,
    /// Whether the temporary file stays when this is dropped.
    is_kept: bool,
}

impl AtomicFile {
    /// Creates a replacement for `path`, which need not exist, to be written as `.NAME.part` in the same folder.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), temporary: temporary_path(path), is_kept: false }
    }

    /// Creates a replacement to be written as `NAME.part.EXTENSION`, by a program that chooses the format by the extension.
    #[must_use]
    pub fn with_extension_kept(path: &Path) -> Self {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        Self { temporary: path.with_extension(format!("part.{extension}")), path: path.to_owned(), is_kept: false }
    }

    /// Returns the path to write to.
    #[must_use]
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Renames what was written to the file's own name, and returns once the data and the name are on the disk. Whoever might read and write the old
    /// file may do so with the new one, and a new file is its folder's owner's, also where root writes.
    ///
    /// # Errors
    /// Those of the disk. The old file is then unchanged and the temporary one removed, unless only syncing the folder
    /// failed.
    pub fn commit(mut self) -> io::Result<()> {
        #[cfg(unix)]
        self.keep_owner();
        File::options().write(true).open(&self.temporary)?.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        self.is_kept = true;
        sync_folder(folder_of(&self.path))
    }

    /// Gives the replacement the mode and owner of the old file, or of a new one's folder the owner, as far as this account may.
    #[cfg(unix)]
    fn keep_owner(&self) {
        use std::os::unix::fs::{MetadataExt as _, lchown};
        let Ok(now) = fs::metadata(&self.temporary) else { return };
        let before = fs::metadata(&self.path);
        if let Ok(before) = &before {
            // Without it, it is as any new file.
            let _ = fs::set_permissions(&self.temporary, before.permissions());
        }
        let Ok(owner) = before.or_else(|_| fs::metadata(folder_of(&self.path))) else { return };
        if (owner.uid(), owner.gid()) != (now.uid(), now.gid()) {
            // Only root may, and only of root it is needed. Never what a link leads to: the folder may be of somebody who may do less.
            let _ = lchown(&self.temporary, Some(owner.uid()), Some(owner.gid()));
        }
    }

    /// Leaves what was written under the temporary name, as a power cut does; for tests.
    pub fn leave(mut self) {
        self.is_kept = true;
    }
}

impl Drop for AtomicFile {
    /// Removes what was not committed, so that a full disk is not filled by incomplete files.
    fn drop(&mut self) {
        if !self.is_kept {
            // There may be none.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Replaces the contents of a file by `bytes`, atomically.
///
/// # Errors
/// As [`AtomicFile::commit`].
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = AtomicFile::new(path);
    File::create(file.temporary())?.write_all(bytes)?;
    file.commit()
}

/// Returns the path of a file's replacement while it is written: `.NAME.part` beside it.
#[must_use]
pub fn temporary_path(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}

/// Returns the folder that a file is in; `.` for a bare name.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Waits until the names in a folder are on the disk; does nothing except on Unix, where alone it is possible and needed.
///
/// # Errors
/// Those of the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_old_one_until_it_is_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stage.toml");
        replace_file(&path, b"old").unwrap();
        let unfinished = AtomicFile::new(&path);
        fs::write(unfinished.temporary(), b"half").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(unfinished);
        replace_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    /// Defends a wall whose list of removals root has changed, with `sudo`.
    #[cfg(unix)]
    #[test]
    fn a_replacement_is_whose_the_old_file_was() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("removals.txt");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        // Root alone can give a file away.
        let is_given = chown(&path, Some(1234), Some(1234)).is_ok();
        let owner = fs::metadata(&path).unwrap().uid();
        replace_file(&path, b"new").unwrap();
        let now = fs::metadata(&path).unwrap();
        assert_eq!((now.mode() & 0o777, now.uid()), (0o640, owner));
        if is_given {
            chown(folder.path(), Some(1235), Some(1235)).unwrap();
            let other = folder.path().join("crops.txt");
            replace_file(&other, b"new").unwrap();
            assert_eq!(fs::metadata(&other).unwrap().uid(), 1235);
        }
    }

    #[test]
    fn another_program_finds_the_format_in_the_name() {
        let file = AtomicFile::with_extension_kept(Path::new("films/wall.mp4"));
        assert_eq!(file.temporary(), Path::new("films/wall.part.mp4"));
        assert_eq!(folder_of(Path::new("wall.mp4")), Path::new("."));
    }
}
