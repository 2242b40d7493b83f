//! What the watchdog has done, on disk. See [`Journal`].

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::super::resume::wall_hash;
use super::boot::{boot_id, uptime_secs};
use millions_base::replace_file;
use millions_watchdog::{Cause, DriverMode, History, Recovery};

/// The most bytes of the file; when it has more, the older half is dropped.
const MOST_BYTES: u64 = 64 << 10;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When, in seconds since 1970.
    pub unix_secs: f64,
    /// The id of the boot.
    pub boot: String,
    /// When, in seconds since that boot.
    pub uptime_secs: f64,
    /// What happened.
    pub cause: Cause,
    /// How the wall was drawn then.
    pub mode: DriverMode,
    /// Whether the program was started again, or left as it was.
    pub restarted: bool,
    /// The same for people to read.
    pub text: String,
}

impl JournalEntry {
    /// Creates an entry of now.
    #[must_use]
    pub fn now(cause: Cause, mode: DriverMode, restarted: bool, text: String) -> Self {
        let unix_secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        Self { unix_secs, boot: boot_id(), uptime_secs: uptime_secs(), cause, mode, restarted, text }
    }
}

/// A file of lines of JSON, one a wall, in the platform's folder for local data. It survives the process and the boot, and is bounded.
#[derive(Clone, Debug)]
pub struct Journal(Option<PathBuf>);

impl Journal {
    /// Returns the journal of a show on a stage.
    #[must_use]
    pub fn of_wall(show: Option<&Path>, stage: Option<&Path>) -> Self {
        Self(folder().map(|folder| folder.join(format!("watchdog-{}.jsonl", wall_hash(show, stage)))))
    }

    /// Returns the journals of all walls of this account.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let files = folder().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
        let is_journal = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("watchdog-") && name.ends_with(".jsonl")
        };
        let mut paths: Vec<_> = files.map(|file| file.path()).filter(is_journal).collect();
        paths.sort();
        paths.into_iter().map(|path| Self(Some(path))).collect()
    }

    /// Returns its file, where there is a folder for it.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// Returns all entries, oldest first. Lines that are none, such as one that a power cut has cut off, are passed over.
    #[must_use]
    pub fn entries(&self) -> Vec<JournalEntry> {
        let text = self.path().and_then(|path| fs::read(path).ok()).unwrap_or_default();
        text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    /// Returns the recoveries of this boot.
    #[must_use]
    pub fn history(&self) -> History {
        let boot = boot_id();
        let entries = self.entries().into_iter().filter(|entry| entry.restarted && entry.boot == boot);
        History::new(entries.map(|entry| Recovery { secs: entry.uptime_secs, cause: entry.cause }).collect())
    }

    /// Appends an entry, and waits until it is on the disk.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn record(&self, entry: &JournalEntry) -> io::Result<()> {
        let Some(path) = self.path() else { return Ok(()) };
        fs::create_dir_all(millions_base::folder_of(path))?;
        if fs::metadata(path).is_ok_and(|file| file.len() > MOST_BYTES) {
            let text = fs::read(path)?;
            let newer = &text[text.len() / 2..];
            let whole = newer.iter().position(|byte| *byte == b'\n').map_or(&[][..], |end| &newer[end + 1..]);
            replace_file(path, whole)?;
        }
        // A line that was cut off must not take this one with it.
        let line = format!("\n{}\n", serde_json::to_string(entry)?);
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(line.as_bytes())?;
        file.sync_data()
    }
}

fn folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "millions").map(|dirs| dirs.data_local_dir().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(cause: Cause, restarted: bool) -> JournalEntry {
        JournalEntry::now(cause, DriverMode::Usual, restarted, "the drawing thread stood still".to_owned())
    }

    /// Defends the count of recoveries: it survives a torn line, and neither another boot nor what was left alone is counted.
    #[test]
    fn recoveries_of_this_boot_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal(Some(folder.path().join("data/watchdog-1.jsonl")));
        assert_eq!(journal.history(), History::default());
        journal.record(&entry(Cause::Hang, true)).unwrap();
        fs::write(
            journal.path().unwrap(),
            [fs::read(journal.path().unwrap()).unwrap(), b"{\"unix_secs\":1".into()].concat(),
        )
        .unwrap();
        journal.record(&JournalEntry { boot: "another".to_owned(), ..entry(Cause::Hang, true) }).unwrap();
        journal.record(&entry(Cause::Hang, false)).unwrap();
        journal.record(&entry(Cause::Frozen, true)).unwrap();
        assert_eq!(journal.entries().len(), 4);
        let causes: Vec<_> = journal.history().recoveries().iter().map(|recovery| recovery.cause).collect();
        assert_eq!(causes, [Cause::Hang, Cause::Frozen]);
    }

    /// Defends the disk of a wall that crashes for weeks: the file is bounded, and the newest entries are in it.
    #[test]
    fn the_file_is_bounded_and_keeps_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal(Some(folder.path().join("watchdog-1.jsonl")));
        let line = serde_json::to_string(&entry(Cause::Crash, true)).unwrap();
        fs::write(journal.path().unwrap(), format!("{line}\n").repeat(MOST_BYTES as usize / line.len() + 1)).unwrap();
        for _ in 0..5 {
            journal.record(&entry(Cause::Silent, true)).unwrap();
        }
        let (entries, length) = (journal.entries(), fs::metadata(journal.path().unwrap()).unwrap().len());
        assert!((MOST_BYTES / 3..MOST_BYTES).contains(&length), "{length}");
        assert!(entries.len() > 50 && entries.iter().rev().take(5).all(|entry| entry.cause == Cause::Silent));
    }
}
