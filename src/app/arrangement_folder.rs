//! Arrangements of mosaics, kept beside a library. See [`ArrangementFolder`].

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use millions_base::{folder_of, printable_path, replace_file};
use millions_show::Arrangements;

/// The folder in that of the library.
const FOLDER: &str = "mosaics";
const EXTENSION: &str = "mosaic";
/// The most files, and bytes of all; those that were read or written longest ago go first.
const MOST_FILES: usize = 96;
const MOST_BYTES: u64 = 128 << 20;
/// Bytes of a checksum, which are the first of a file.
const CHECKSUM: usize = blake3::OUT_LEN;

/// Keeps arrangements as files, each under a hash of what it depends on, with a checksum. It holds numbers of portraits, and hashes of how
/// dark they are: no face can be made from it. What cannot be written is found again at the next start, as before.
#[derive(Debug)]
pub struct ArrangementFolder {
    folder: PathBuf,
    /// The thread that writes; the next waits for it, so that folders are tidied by one at a time.
    writing: Mutex<Option<std::thread::JoinHandle<()>>>,
    /// Whether a file could not be written, which is said once.
    has_failed: std::sync::Arc<AtomicBool>,
}

impl ArrangementFolder {
    /// Keeps them in the folder of a library.
    #[must_use]
    pub fn beside(library: &Path) -> Self {
        Self { folder: library.join(FOLDER), writing: Mutex::default(), has_failed: std::sync::Arc::default() }
    }

    fn path(&self, key: &[u8]) -> PathBuf {
        let name = &blake3::hash(key).to_hex()[..32];
        self.folder.join(name).with_extension(EXTENSION)
    }
}

impl Arrangements for ArrangementFolder {
    fn read(&self, key: &[u8]) -> Option<Vec<u8>> {
        let path = self.path(key);
        // Most often there is none.
        let size = fs::metadata(&path).ok().filter(|found| found.is_file())?.len();
        let bytes = if size > MOST_BYTES { Ok(Vec::new()) } else { fs::read(&path) };
        let sound = bytes.ok().and_then(|bytes| {
            let (checksum, arrangement) = bytes.split_at_checked(CHECKSUM)?;
            (blake3::hash(arrangement).as_bytes() == checksum).then(|| arrangement.to_vec())
        });
        if sound.is_none() {
            tracing::warn!("damaged, and found anew: {}", printable_path(&path));
            return None;
        }
        // Of a library that cannot be written the time stays as it is.
        let _ = File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        sound
    }

    fn keep(&self, key: &[u8], arrangement: Vec<u8>) {
        if arrangement.len() as u64 > MOST_BYTES / 4 {
            return;
        }
        let (path, has_failed) = (self.path(key), self.has_failed.clone());
        let Ok(mut writing) = self.writing.lock() else { return };
        let before = writing.take();
        let write = move || {
            if let Some(before) = before {
                // A panic in it was reported when it happened.
                let _ = before.join();
            }
            let mut bytes = blake3::hash(&arrangement).as_bytes().to_vec();
            bytes.extend(arrangement);
            if let Err(error) = write(&path, &bytes)
                && !has_failed.swap(true, Ordering::Relaxed)
            {
                tracing::info!("mosaics will be arranged anew at the next start ({error}): {}", printable_path(&path));
            }
        };
        *writing = std::thread::Builder::new().name("mosaics".into()).spawn(write).ok();
    }
}

impl Drop for ArrangementFolder {
    /// Waits for what is being written.
    fn drop(&mut self) {
        let writing = self.writing.get_mut().ok().and_then(Option::take);
        if let Some(writing) = writing {
            let _ = writing.join();
        }
    }
}

/// Writes a file, and removes the oldest of its folder where they have become too many.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    replace_file(path, bytes)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_ours = entry.path().extension().is_some_and(|extension| extension == EXTENSION);
        if let Some(found) = entry.metadata().ok().filter(|found| is_ours && found.is_file()) {
            files.push((found.modified().unwrap_or(SystemTime::UNIX_EPOCH), found.len(), entry.path()));
        }
    }
    files.sort();
    let (mut count, mut total) = (files.len(), files.iter().map(|(_, size, _)| size).sum::<u64>());
    for (_, size, old) in files {
        if count <= MOST_FILES && total <= MOST_BYTES {
            break;
        }
        if old != path {
            fs::remove_file(&old)?;
            (count, total) = (count - 1, total - size);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(folder.join(FOLDER)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    #[test]
    fn what_is_kept_is_there_at_the_next_start_unless_it_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let kept = |key: &[u8]| ArrangementFolder::beside(dir.path()).read(key);
        assert_eq!(kept(b"a"), None);
        let arrangements = ArrangementFolder::beside(dir.path());
        arrangements.keep(b"a", vec![7; 1000]);
        arrangements.keep(b"b", vec![8; 10]);
        arrangements.keep(b"a", vec![9; 1000]);
        drop(arrangements);
        assert_eq!((kept(b"a"), kept(b"b"), kept(b"c")), (Some(vec![9; 1000]), Some(vec![8; 10]), None));
        for path in files(dir.path()) {
            let mut bytes = fs::read(&path).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs::write(&path, &bytes).unwrap();
        }
        assert_eq!((kept(b"a"), kept(b"b")), (None, None));
        let (torn, empty) = (&files(dir.path())[0], &files(dir.path())[1]);
        fs::write(torn, [1, 2, 3]).unwrap();
        fs::write(empty, []).unwrap();
        assert_eq!((kept(b"a"), kept(b"b")), (None, None));
        // Found anew, it is kept again.
        ArrangementFolder::beside(dir.path()).keep(b"a", vec![1]);
        assert_eq!(kept(b"a"), Some(vec![1]));
    }

    #[test]
    fn the_oldest_go_and_nothing_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let arrangements = ArrangementFolder::beside(dir.path());
        arrangements.keep(b"first", vec![0; 10]);
        drop(arrangements);
        fs::write(dir.path().join(FOLDER).join("notes.txt"), "of somebody").unwrap();
        let old = SystemTime::now() - std::time::Duration::from_secs(1000);
        for path in files(dir.path()) {
            File::options().append(true).open(path).unwrap().set_modified(old).unwrap();
        }
        let arrangements = ArrangementFolder::beside(dir.path());
        for number in 0..MOST_FILES as u32 {
            arrangements.keep(&number.to_le_bytes(), vec![1; 10]);
        }
        drop(arrangements);
        assert_eq!(files(dir.path()).len(), MOST_FILES + 1);
        let kept = ArrangementFolder::beside(dir.path());
        assert!(kept.read(b"first").is_none() && kept.read(&5_u32.to_le_bytes()).is_some());
        assert!(dir.path().join(FOLDER).join("notes.txt").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_written_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FOLDER), "no folder").unwrap();
        let arrangements = ArrangementFolder::beside(dir.path());
        arrangements.keep(b"a", vec![1]);
        assert_eq!(arrangements.read(b"a"), None);
    }
}
