//! Files that have come since a listing, found without another walk where nothing else has changed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::files::HEADER;
use super::{
    EntryKind, Folder, IGNORED, Listing, OtherKind, Root, exclusion, identity, is_one_of, is_passed_over, is_sheet,
    modified, other_kind, read_sorted,
};

impl Listing {
    /// Looks at the folders that have changed, and those in which one of `told` lies: the listing with the files that have come.
    /// `None` where anything else is different, or may be: a file is gone, a folder has come, there are spreadsheets.
    pub fn with_newcomers(&self, roots: &[Root], told: &BTreeSet<PathBuf>) -> Option<Self> {
        let is_plain = self.places.is_empty()
            && self.bad_folders.is_empty()
            && self.broken_links.is_empty()
            && self.sheets.is_empty();
        let is_pattern = |path: &&PathBuf| path.file_name().is_some_and(|name| name == exclusion::FILE);
        if !is_plain || !self.patterns.is_empty() || told.iter().any(|path| is_pattern(&path)) {
            return None;
        }
        let folder_of = |path: &PathBuf| self.by_path.get(path).or_else(|| self.by_path.get(path.parent()?)).copied();
        let mut changed: BTreeSet<usize> = told.iter().map(folder_of).collect::<Option<_>>()?;
        changed.extend((0..self.folders.len()).filter(|at| self.folders[*at].may_differ()));
        let mut after = self.clone();
        for at in changed {
            after.folders[at] = Arc::new(self.with_newcomers_of(&self.folders[at], roots)?);
        }
        Some(after)
    }

    fn with_newcomers_of(&self, before: &Folder, roots: &[Root]) -> Option<Folder> {
        let Folder { path, files: known, folders, .. } = before;
        let modified = modified(path);
        if identity(path).ok() != before.identity || path.join(HEADER).is_file() {
            return None;
        }
        let exclusion = &roots.iter().find(|root| path.starts_with(&root.path))?.exclusion;
        let (mut files, mut inner) = (Vec::new(), 0);
        for (name, kind) in read_sorted(path).ok()? {
            let (entry, is_folder) = (path.join(&name), kind == EntryKind::Folder);
            if !is_folder && known.binary_search(&name).is_ok() {
                files.push(name);
            } else if is_folder && (self.by_path.contains_key(&entry) || entry.join(HEADER).is_file()) {
                inner += 1;
            } else if is_one_of(&name, &IGNORED) || is_folder && is_passed_over(&name) {
            } else if kind == EntryKind::BrokenLink || is_sheet(&name) || name == exclusion::FILE {
                return None;
            } else if exclusion.excludes(&entry, is_folder) {
            } else if is_folder {
                return None;
            } else {
                match other_kind(&name.to_string_lossy()) {
                    None => files.push(name),
                    Some(OtherKind::Unusable(_)) if self.unusable.iter().all(|(path, _)| *path != entry) => {
                        return None;
                    }
                    Some(_) => {}
                }
            }
        }
        let stays = files.iter().filter(|name| known.binary_search(name).is_ok()).count() == known.len();
        let (path, folders, identity) = (path.clone(), *folders, before.identity.to_owned());
        (stays && inner == folders).then_some(Folder { path, files, modified, identity, folders })
    }
}

/// The files of a listing that another did not have, each with its place in it, and what was seen of the others.
pub fn newcomers_of(before: &Listing, after: &Listing, seen: &[u64]) -> (Vec<u64>, Vec<(usize, PathBuf)>) {
    let (mut all, mut files, mut at) = (Vec::with_capacity(seen.len()), Vec::new(), 0);
    for (old, new) in before.folders.iter().zip(&after.folders) {
        let seen = &seen[at.min(seen.len())..];
        at += old.files.len();
        if Arc::ptr_eq(old, new) {
            all.extend_from_slice(&seen[..old.files.len().min(seen.len())]);
            continue;
        }
        for name in &new.files {
            match old.files.binary_search(name) {
                Ok(place) => all.push(seen.get(place).copied().unwrap_or(0)),
                Err(_) => {
                    files.push((all.len(), new.path.join(name)));
                    all.push(0);
                }
            }
        }
    }
    (all, files)
}

#[cfg(test)]
mod tests {
    use super::super::{list, resolve};
    use super::*;
    use std::fs;

    /// What has come is found without reading the other folders; of anything else another listing is made.
    #[test]
    fn newcomers_are_found_where_nothing_else_has_changed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for folder in ["a", "b", ".trash"] {
            fs::create_dir(root.join(folder)).unwrap();
            fs::write(root.join(folder).join("1.jpg"), "1").unwrap();
        }
        let roots = resolve(std::slice::from_ref(&root), &["*.png".to_owned()]).unwrap();
        let before = list(&roots, || false).unwrap();
        let files = |listing: &Listing| listing.files().collect::<Vec<_>>();
        let with = |told: &[&str]| {
            let told: BTreeSet<PathBuf> = told.iter().map(|name| root.join(name)).collect();
            before.with_newcomers(&roots, &told)
        };
        assert_eq!(files(&with(&[]).unwrap()), files(&before));
        fs::write(root.join("b/2.jpg"), "2").unwrap();
        fs::write(root.join("b/3.png"), "excluded").unwrap();
        let after = with(&["b/2.jpg"]).unwrap();
        assert_eq!(files(&after), files(&list(&roots, || false).unwrap()));
        assert_eq!(files(&after).len(), 3);
        for (path, is_folder) in
            [("b/people.csv", false), ("b/people.xlsx", false), ("c", true), (".millionsignore", false)]
        {
            let path = root.join(path);
            if is_folder {
                fs::create_dir(&path).unwrap()
            } else {
                fs::write(&path, "").unwrap()
            }
            assert!(with(&[]).is_none(), "{path:?}");
            if is_folder { fs::remove_dir(&path).unwrap() } else { fs::remove_file(&path).unwrap() }
        }
        assert!(with(&[]).is_some() && with(&["elsewhere/x.jpg"]).is_none());
        fs::remove_file(root.join("a/1.jpg")).unwrap();
        assert!(with(&[]).is_none(), "one is gone");
    }
}
