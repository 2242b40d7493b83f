//! The files of the last good show, for a start at which they have a mistake. See [`KeptShow`].

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::resume::wall_hash;
use super::shows::{self, FoundShow};
use millions_base::{Disk, Files, printable_path, replace_file};

/// The largest file that is kept, in bytes: those of a show are text.
const MOST_BYTES: u64 = 1 << 20;

/// Keeps the files of a show that was good, as text. A running wall keeps the show as it was before a mistake was saved; with this,
/// one that starts again with nobody near does the same.
#[derive(Clone, Debug)]
pub struct KeptShow {
    /// Where they are kept.
    path: PathBuf,
}

/// Files by their paths as the show names them. What is none of them is on the disk: pictures, fonts.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct KeptFiles(BTreeMap<PathBuf, String>);

impl Files for KeptFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn bytes(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        Disk.bytes(path, most)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.0.contains_key(path) || Disk.is_there(path)
    }
}

impl KeptShow {
    /// That of the show of a path; none of the embedded one, which has no mistakes, or where there is no folder for it.
    #[must_use]
    pub fn of(show: Option<&Path>) -> Option<Self> {
        let dirs = directories::ProjectDirs::from("", "", "millions")?;
        Some(Self::in_folder(dirs.data_local_dir(), show?))
    }

    fn in_folder(folder: &Path, show: &Path) -> Self {
        Self { path: folder.join(format!("show-{}.json", wall_hash(Some(show), None))) }
    }

    /// Keeps the files of a show that is good. What cannot be kept is logged.
    pub fn save(&self, found: &FoundShow) {
        let text = |path: &PathBuf| {
            let is_small = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MOST_BYTES);
            Some((path.clone(), fs::read_to_string(path).ok().filter(|_| is_small)?))
        };
        let files = KeptFiles(found.files.iter().filter_map(text).collect());
        // Changed since it was read, it may have a mistake now.
        if !Self::read_in(&files, found).is_some_and(|again| again.show == found.show) {
            return;
        }
        if self.files().is_some_and(|kept| kept == files) {
            return;
        }
        let written = serde_json::to_vec(&files).map_err(io::Error::from).and_then(|text| {
            self.path.parent().map_or(Ok(()), fs::create_dir_all)?;
            replace_file(&self.path, &text)
        });
        if let Err(error) = written {
            tracing::warn!(
                "the show is not kept for a start at which it has a mistake: {error}: {}",
                printable_path(&self.path)
            );
        }
    }

    /// Finds the show as it was when it was good; none where none was kept, or what it needs is gone.
    #[must_use]
    pub fn find(&self, show: &Path, scene: Option<&str>) -> Option<FoundShow> {
        shows::find_in(&self.files()?, Some(show), scene).ok()
    }

    fn files(&self) -> Option<KeptFiles> {
        serde_json::from_slice(&fs::read(&self.path).ok()?).ok()
    }

    /// Reads a show in files again, as it was found.
    fn read_in(files: &KeptFiles, found: &FoundShow) -> Option<FoundShow> {
        shows::find_in(files, found.path.as_deref(), found.scene.as_deref()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_show_with_a_mistake_is_as_it_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let (show, scene) = (folder.path().join("show.toml"), folder.path().join("ours.toml"));
        let good = "name = \"Ours\"\n[keys]\n1 = \"ours.toml\"\n2 = \"faces\"\n";
        fs::write(&show, good).unwrap();
        fs::write(&scene, "name = \"Ours\"\nkind = \"millions\"\n").unwrap();
        let kept = KeptShow::in_folder(folder.path(), &show);
        assert!(kept.find(&show, None).is_none(), "nothing was kept");
        let found = shows::find(Some(&show), None).unwrap();
        kept.save(&found);
        for (path, wrong) in [(&show, "name = 3\n"), (&scene, "kind = \"nothing\"\n")] {
            let before = fs::read(path).unwrap();
            fs::write(path, wrong).unwrap();
            assert!(shows::find(Some(&show), None).is_err());
            let again = kept.find(&show, None).unwrap();
            assert!(again.show == found.show && again.watched() == found.watched(), "so its mending is seen");
            // A show that was good when it was read, and has a mistake now, is not kept.
            kept.save(&found);
            assert!(kept.find(&show, None).is_some());
            fs::write(path, before).unwrap();
        }
    }
}
