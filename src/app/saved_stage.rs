//! The stage's file and its history, written crash-safely. See [`SavedStage`].

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use millions_base::{AtomicFile, folder_of, temporary_path};
use millions_stage::{HistoryFile, expired_history, history_name, history_number};

/// A stage's file and, beside it, the folder of its earlier versions: `stage.toml`, `stage.history/000123.toml`.
///
/// After a power cut the file is the old or the new version, complete. Each version is in the history before it is in the file,
/// as is a version written by hand before it is replaced. Saving blocks on the disk, and belongs on a thread of its own.
#[derive(Clone, Debug)]
pub struct SavedStage {
    path: PathBuf,
    history: PathBuf,
}

/// The steps of a write after which tests cut the power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WriteStep {
    /// Half of the file is written, under its temporary name.
    Half,
    /// All of it is written.
    Written,
    /// It has its own name.
    Renamed,
}

/// Whether the power is cut after a step of a file, by its number from 0; only in tests.
type Cut<'a> = &'a dyn Fn(usize, WriteStep) -> bool;

impl SavedStage {
    /// The stage's file, which need not exist yet. Removes what a crash has left behind.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        // Resolved, so that a link is not replaced by a file.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let saved = Self { history: path.with_extension("history"), path };
        saved.clean();
        saved
    }

    /// The folder of the history.
    #[must_use]
    pub fn history(&self) -> &Path {
        &self.history
    }

    /// Saves a text and returns its number in the history; writes nothing if it has not changed.
    ///
    /// # Errors
    /// Those of the disk, or when the file is read-only. The file stays as it was.
    pub fn save(&self, text: &str) -> io::Result<u64> {
        self.save_until(text, &|_, _| false)
    }

    /// The newest version in the history that `is_whole`, with its number: for a file that cannot be read.
    pub fn recover(&self, is_whole: impl Fn(&str) -> bool) -> Option<(u64, String)> {
        let mut versions = self.versions();
        versions.sort_unstable_by_key(|file| std::cmp::Reverse(file.number));
        let mut texts = versions.into_iter().filter_map(|file| Some((file.number, self.text(file.number)?)));
        texts.find(|(_, text)| is_whole(text))
    }

    fn save_until(&self, text: &str, cut: Cut<'_>) -> io::Result<u64> {
        let there = match fs::read(&self.path) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let permissions = fs::metadata(&self.path).ok().map(|metadata| metadata.permissions());
        if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the stage's file is read-only"));
        }
        fs::create_dir_all(&self.history)?;
        let mut newest = self.versions().into_iter().map(|file| file.number).max();
        let mut written = 0;
        for kept in [there.as_deref(), Some(text.as_bytes())].into_iter().flatten() {
            // The newest is not written twice.
            if newest.and_then(|number| self.bytes(number)).as_deref() != Some(kept) {
                let number = newest.map_or(1, |newest| newest + 1);
                write_file(&self.history, &history_name(number), kept, None, &|step| cut(written, step))?;
                newest = Some(number);
                written += 1;
            }
        }
        if there.as_deref() != Some(text.as_bytes()) {
            let name = self.path.file_name().and_then(|name| name.to_str());
            let name = name.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the file's name is no text"))?;
            write_file(folder_of(&self.path), name, text.as_bytes(), permissions, &|step| cut(written, step))?;
        }
        for number in expired_history(&self.versions()) {
            // One that stays goes with the next.
            let _ = fs::remove_file(self.history.join(history_name(number)));
        }
        Ok(newest.unwrap_or(0))
    }

    /// The files of the history.
    fn versions(&self) -> Vec<HistoryFile> {
        let entries = fs::read_dir(&self.history).into_iter().flatten().flatten();
        let numbered = entries.filter_map(|entry| {
            let number = history_number(entry.file_name().to_str()?)?;
            let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            let since = modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
            Some(HistoryFile { number, unix_secs: since.map_or(0, |since| since.as_secs()) })
        });
        numbered.collect()
    }

    fn text(&self, number: u64) -> Option<String> {
        String::from_utf8(self.bytes(number)?).ok()
    }

    fn bytes(&self, number: u64) -> Option<Vec<u8>> {
        fs::read(self.history.join(history_name(number))).ok()
    }

    /// Removes the temporary files that a crash has left.
    fn clean(&self) {
        let _ = fs::remove_file(temporary_path(&self.path));
        for entry in fs::read_dir(&self.history).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let numbered = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_suffix(".part"));
            if numbered.and_then(history_number).is_some() {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Writes a file under a temporary name, flushes it to the disk, and renames it.
fn write_file(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    permissions: Option<fs::Permissions>,
    cut: &dyn Fn(WriteStep) -> bool,
) -> io::Result<()> {
    let replacement = AtomicFile::new(&folder.join(name));
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut file = File::create(replacement.temporary())?;
    file.write_all(first)?;
    if cut(WriteStep::Half) {
        return power_cut(Some(replacement));
    }
    file.write_all(second)?;
    drop(file);
    if let Some(permissions) = permissions {
        fs::set_permissions(replacement.temporary(), permissions)?;
    }
    if cut(WriteStep::Written) {
        return power_cut(Some(replacement));
    }
    replacement.commit()?;
    if cut(WriteStep::Renamed) { power_cut(None) } else { Ok(()) }
}

/// Fails as a power cut does: temporary files stay.
fn power_cut(replacement: Option<AtomicFile>) -> io::Result<()> {
    replacement.into_iter().for_each(AtomicFile::leave);
    Err(io::Error::other("the power is cut"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [WriteStep; 3] = [WriteStep::Half, WriteStep::Written, WriteStep::Renamed];

    fn is_whole(text: &str) -> bool {
        text.starts_with("begin ") && text.ends_with(" end\n")
    }

    fn text(what: &str) -> String {
        format!("begin {what} end\n")
    }

    fn all_files(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn after_a_power_cut_the_file_is_the_old_or_the_new_one() {
        // By hand: whether the file was changed since the last save, which is one write more.
        for manual in [false, true] {
            for (file, step) in (0..3).flat_map(|file| STEPS.map(|step| (file, step))) {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("stage.toml");
                SavedStage::new(&path).save(&text("old")).unwrap();
                let before = text(if manual { "by hand" } else { "old" });
                fs::write(&path, &before).unwrap();
                let cut = SavedStage::new(&path).save_until(&text("new"), &|at, now| (at, now) == (file, step));
                assert_eq!(cut.is_err(), manual || file < 2, "{file} {step:?}");
                let there = fs::read_to_string(&path).unwrap();
                let renamed = if manual { 2 } else { 1 };
                let is_new = file > renamed || (file == renamed && step == WriteStep::Renamed);
                assert_eq!(there, if is_new { text("new") } else { before.clone() }, "{file} {step:?}");

                let again = SavedStage::new(&path);
                let names = [all_files(folder.path()), all_files(again.history())].concat();
                assert!(names.iter().all(|name| !name.ends_with(".part")), "{names:?}");
                let (_, newest) = again.recover(is_whole).unwrap();
                assert!([text("old"), text("by hand"), text("new")].contains(&newest));
                // What was there is in the history, or still in the file.
                let kept: Vec<_> = again.versions().into_iter().filter_map(|file| again.text(file.number)).collect();
                assert!(kept.iter().all(|text| is_whole(text)));
                assert!(kept.contains(&before) || there == before);
                again.save(&text("later")).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), text("later"));
                assert_eq!(again.recover(is_whole).unwrap().1, text("later"));
            }
        }
    }

    #[test]
    fn the_first_save_keeps_what_was_written_by_hand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stage.toml");
        fs::write(&path, text("by hand")).unwrap();
        let saved = SavedStage::new(&path);
        assert_eq!(saved.save(&text("edited")).unwrap(), 2);
        assert_eq!(saved.text(1).unwrap(), text("by hand"));
        assert_eq!(saved.text(2).unwrap(), text("edited"));
        assert_eq!(saved.save(&text("edited")).unwrap(), 2, "the same is not saved twice");
        assert_eq!(all_files(saved.history()), ["000001.toml", "000002.toml"]);
    }

    #[test]
    fn of_a_broken_history_the_newest_complete_version_is_recovered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stage.toml");
        let saved = SavedStage::new(&path);
        assert_eq!(saved.recover(is_whole), None);
        for what in ["a", "b", "c", "d"] {
            saved.save(&text(what)).unwrap();
        }
        fs::write(saved.history().join("000004.toml"), "").unwrap();
        fs::write(saved.history().join("000003.toml"), [0xff, 0xfe]).unwrap();
        // Neither text nor complete, and kept all the same.
        fs::write(&path, [0xff, 0xfe]).unwrap();
        fs::write(saved.history().join("notes.toml"), text("notes")).unwrap();
        assert_eq!(saved.recover(is_whole), Some((2, text("b"))));
        assert_eq!(saved.save(&text("e")).unwrap(), 6, "after what the file held, which the history has no more");
        assert_eq!(saved.bytes(5).unwrap(), [0xff, 0xfe]);
    }

    #[test]
    fn the_history_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stage.toml");
        let saved = SavedStage::new(&path);
        for number in 0..210 {
            saved.save(&text(&number.to_string())).unwrap();
        }
        // All in this hour, or in two: the last 200, and the last before them of each hour.
        assert!((200..=202).contains(&saved.versions().len()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_file_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("venue.toml"), folder.path().join("stage.toml"));
        fs::write(&real, text("old")).unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        SavedStage::new(&link).save(&text("new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), text("new"));
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
        assert_eq!(SavedStage::new(&link).save(&text("newer")).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read_to_string(&real).unwrap(), text("new"));
    }
}
