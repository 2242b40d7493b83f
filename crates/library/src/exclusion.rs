//! What people exclude: patterns as in `.gitignore`, given with `--exclude` or in files of the folders themselves.
//!
//! What is excluded is to the ingest as if it were not there: it leaves the wall, and comes back with the pattern gone.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use millions_base::{printable, printable_path};

use super::error::LibraryError;

/// The file of patterns in a folder, which count for it and all below it.
pub const FILE: &str = ".millionsignore";
/// The most bytes of such a file that are read.
const MAX_BYTES: u64 = 1 << 20;

/// The patterns that count in a folder: those given for all, and those of the files on the way to it.
#[derive(Clone, Debug)]
pub struct Exclusion {
    given: Arc<Gitignore>,
    /// From the outermost folder inwards; the innermost that says something counts.
    files: Vec<Arc<Gitignore>>,
}

impl Exclusion {
    /// Reads the patterns given for a folder of photographs.
    ///
    /// # Errors
    /// [`LibraryError::Pattern`] for the first that is none.
    pub fn new(root: &Path, patterns: &[String]) -> Result<Self, LibraryError> {
        let mut builder = builder(root);
        for pattern in patterns {
            // What a shell has left of quotation marks and line breaks is no pattern of a file.
            let is_one_line = !pattern.trim().is_empty() && !pattern.contains(['\n', '\r']);
            if !is_one_line || builder.add_line(None, pattern).is_err() {
                return Err(LibraryError::Pattern { pattern: printable(pattern).into_owned() });
            }
        }
        let given = builder
            .build()
            .map_err(|_| LibraryError::Pattern { pattern: printable(&patterns.join(" ")).into_owned() })?;
        Ok(Self { given: Arc::new(given), files: Vec::new() })
    }

    /// Adds the patterns of the file in a folder; returns which of its lines are none.
    ///
    /// # Errors
    /// The system's, where the file cannot be read: what it excludes is unknown then.
    pub fn enter(&self, folder: &Path) -> io::Result<(Self, Vec<String>)> {
        let mut bytes = Vec::new();
        fs::File::open(folder.join(FILE))?.take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(self.enter_with(folder, &bytes))
    }

    /// As [`Self::enter`], for a file of patterns that was read.
    pub fn enter_with(&self, folder: &Path, bytes: &[u8]) -> (Self, Vec<String>) {
        let path = folder.join(FILE);
        let text = String::from_utf8_lossy(bytes);
        let mut builder = builder(folder);
        let mut notes = Vec::new();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if builder.add_line(None, line).is_err() {
                let (path, line) = (printable_path(&path), printable(line));
                notes.push(format!("{path}:{}: this is no pattern, and nothing is excluded by it: {line}", index + 1));
            }
        }
        let mut inner = self.clone();
        match builder.build() {
            Ok(patterns) => inner.files.push(Arc::new(patterns)),
            Err(_) => notes.push(format!("{}: the patterns cannot be used", printable_path(&path))),
        }
        (inner, notes)
    }

    /// Whether a file or a folder is excluded.
    pub fn excludes(&self, path: &Path, is_folder: bool) -> bool {
        if self.given.matched(path, is_folder).is_ignore() {
            return true;
        }
        for patterns in self.files.iter().rev() {
            match patterns.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}

/// Letters count alike in both cases, as on most disks from which photographs come.
fn builder(root: &Path) -> GitignoreBuilder {
    let mut builder = GitignoreBuilder::new(root);
    // Fails for no value.
    let _ = builder.case_insensitive(true);
    // Told rather than taken for a name, for somebody meant to leave somebody out.
    builder.allow_unclosed_class(false);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_gitignore() {
        let dir = tempfile::tempdir().unwrap();
        let patterns = ["*.PNG", "drafts/", "/top.jpg", "!kept.png"].map(str::to_owned);
        let exclusion = Exclusion::new(dir.path(), &patterns).unwrap();
        let excludes = |name: &str, is_folder| exclusion.excludes(&dir.path().join(name), is_folder);
        assert!(excludes("a.png", false) && excludes("sub/B.PNG", false) && !excludes("kept.png", false));
        assert!(excludes("sub/Drafts", true) && !excludes("sub/drafts", false));
        assert!(excludes("top.jpg", false) && !excludes("sub/top.jpg", false));

        let sub = dir.path().join("sub");
        fs::create_dir(&sub).unwrap();
        fs::write(sub.join(FILE), "\u{feff}# a remark\n\n*.jpg\n!me.jpg\n[a-\n").unwrap();
        let (inner, notes) = exclusion.enter(&sub).unwrap();
        assert!(inner.excludes(&sub.join("x.JPG"), false) && !inner.excludes(&sub.join("me.jpg"), false));
        assert!(inner.excludes(&sub.join("me.png"), false), "what is given counts everywhere");
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].contains(".millionsignore:5: "), "{notes:?}");

        for bad in ["", "  ", "[a-", "a\nb"] {
            assert!(
                matches!(Exclusion::new(dir.path(), &[bad.to_owned()]), Err(LibraryError::Pattern { .. })),
                "{bad:?}"
            );
        }
    }
}
