//! Portraits that were sent and wait for the operator. See [`WaitingPortraits`].

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millions_base::printable_path;

/// Portraits that may wait: somebody has to look at each.
const MOST: usize = 200;
/// The digits of an id.
const DIGITS: usize = 16;

/// A folder of portraits that wait to be admitted to the photographs, or refused. Their names are random numbers: nothing that a
/// stranger has sent becomes part of a path.
#[derive(Clone, Debug)]
pub struct WaitingPortraits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// Oldest first.
    ids: Mutex<Vec<String>>,
}

impl WaitingPortraits {
    /// Opens a folder, with what was left in it; it is made when the first portrait comes.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let mut found: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let id = entry.file_name().to_str()?.strip_suffix(".jpg").filter(|id| is_id(id))?.to_owned();
                Some((entry.metadata().ok()?.modified().ok()?, id))
            })
            .collect();
        found.sort();
        let ids = found.into_iter().map(|(_, id)| id).collect();
        Self(Arc::new(Shared { folder: folder.to_owned(), ids: Mutex::new(ids) }))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.0.folder.join(format!("{id}.jpg"))
    }

    /// Returns the ids of those that wait, oldest first.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// Returns whether one waits.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.lock().iter().any(|known| known == id)
    }

    /// Adds one, a JPEG, and returns its id.
    ///
    /// # Errors
    /// When too many wait, or it cannot be written.
    pub fn add(&self, jpeg: &[u8]) -> Result<String, String> {
        if self.lock().len() >= MOST {
            return Err(format!("{MOST} portraits wait already: the operator has to look at them first"));
        }
        let number = getrandom::u64().map_err(|error| format!("no random name: {error}"))?;
        let id = format!("{number:016x}");
        self.write(&id, jpeg).map_err(|error| {
            tracing::error!("a portrait cannot be kept in {}: {error}", printable_path(&self.0.folder));
            // What the disk is called is not for whoever sent it.
            "the wall cannot keep it; tell the operator".to_owned()
        })?;
        self.lock().push(id.clone());
        Ok(id)
    }

    fn write(&self, id: &str, jpeg: &[u8]) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.0.folder)?;
        let half = self.0.folder.join(format!("{id}.part"));
        let mut file = File::create(&half)?;
        let written = file.write_all(jpeg).and_then(|()| fs::rename(&half, self.path(id)));
        if written.is_err() {
            // It is of no use to anybody.
            let _ = fs::remove_file(&half);
        }
        written
    }

    /// Returns the JPEG of one that waits.
    #[must_use]
    pub fn read(&self, id: &str) -> Option<Vec<u8>> {
        self.has(id).then(|| fs::read(self.path(id)).ok()).flatten()
    }

    /// Moves one into a folder of photographs.
    ///
    /// # Errors
    /// When it does not wait, or cannot be moved: then it still waits.
    pub fn admit(&self, id: &str, photographs: &Path) -> Result<(), String> {
        self.take(id, |from| {
            let to = photographs.join(format!("phone-{id}.jpg"));
            if fs::rename(from, &to).is_ok() {
                return Ok(());
            }
            // On another disk: whole or not at all, under a name that no ingest reads until it is.
            let half = photographs.join(format!(".phone-{id}.part"));
            let copied = fs::copy(from, &half).and_then(|_| fs::rename(&half, &to));
            if copied.is_err() {
                let _ = fs::remove_file(&half);
            }
            copied.map_err(|error| format!("it cannot be moved to {}: {error}", printable_path(photographs)))?;
            let _ = fs::remove_file(from);
            Ok(())
        })
    }

    /// Deletes one.
    ///
    /// # Errors
    /// When it does not wait, or cannot be deleted.
    pub fn refuse(&self, id: &str) -> Result<(), String> {
        self.take(id, |path| fs::remove_file(path).map_err(|error| format!("it cannot be deleted: {error}")))
    }

    /// Takes one out of the list, if `done` with its file.
    fn take(&self, id: &str, done: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
        let place = {
            let mut ids = self.lock();
            let place = ids.iter().position(|known| known == id);
            place.map(|place| (place, ids.remove(place)))
        };
        let Some((place, id)) = place else { return Err(format!("no portrait {id} waits")) };
        let path = self.path(&id);
        let result = match path.exists() {
            true => done(&path),
            // Somebody has taken it away.
            false => Ok(()),
        };
        if result.is_err() {
            let mut ids = self.lock();
            let place = place.min(ids.len());
            ids.insert(place, id);
        }
        result
    }
}

fn is_id(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portraits_wait_until_somebody_decides_also_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (waits, photographs) = (folder.path().join("waiting"), folder.path().join("photographs"));
        fs::create_dir(&photographs).unwrap();
        let waiting = WaitingPortraits::open(&waits);
        let ids: Vec<_> = (0..3_u8).map(|n| waiting.add(&[n; 9]).unwrap()).collect();
        let again = WaitingPortraits::open(&waits);
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        assert_eq!(sorted(again.ids()), sorted(ids.clone()));
        waiting.admit(&ids[0], &photographs).unwrap();
        waiting.refuse(&ids[1]).unwrap();
        assert_eq!(waiting.ids(), ids[2..]);
        assert_eq!(fs::read(photographs.join(format!("phone-{}.jpg", ids[0]))).unwrap(), [0; 9]);
        assert_eq!((waiting.read(&ids[2]).unwrap(), waiting.read(&ids[1])), (vec![2; 9], None));
        assert!(waiting.admit(&ids[2], &folder.path().join("nowhere")).is_err());
        assert_eq!(waiting.ids(), ids[2..], "it still waits");
        for path in ["../photographs/x", "..", "", "/etc/passwd"] {
            assert!(waiting.refuse(path).is_err() && waiting.read(path).is_none());
        }
    }
}
