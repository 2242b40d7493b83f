//! The files that the index knows, and what to do with each that is found.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use millions_wall::tile::PortraitNumber;

use super::edit::Edit;
use super::index::{Index, Traits};
use super::manual_crops::ManualCrops;
use super::people::Roster;
use super::scan::Listing;
use super::source::{Source, Stamp};
use super::worker::{Message, MissingFile};

/// What to do with a file.
pub enum File {
    /// Left to the next round.
    Deferred,
    /// As it was.
    Unchanged,
    /// Known without reading it.
    Known(Message),
    /// To be read by a worker.
    Changed { source: Source, edit: Edit, previous: Option<PortraitNumber> },
}

struct KnownFile {
    stamp: Stamp,
    state: FileState,
}

enum FileState {
    Portrait {
        number: PortraitNumber,
        /// The edit that the file should have now.
        edit: Edit,
        /// Whether its portrait has that edit.
        is_current: bool,
        /// Whether that edit is one by hand, which the photograph keeps under any name.
        is_manual: bool,
    },
    Rejected {
        reason: String,
        decoder_version: u64,
    },
}

/// The files that the index knows.
pub struct KnownFiles {
    pub roster: Arc<Roster>,
    decoder_version: u64,
    by_path: HashMap<PathBuf, KnownFile>,
    /// Those of `by_path` that were there when the first file came that is not known, which may be one of them with another name.
    by_stamp: Option<HashMap<Stamp, PathBuf>>,
}

impl KnownFiles {
    /// None: all that is classified is new.
    pub fn none(roster: Arc<Roster>, decoder_version: u64) -> Self {
        Self { roster, decoder_version, by_path: HashMap::new(), by_stamp: None }
    }

    /// Forgets a file that is there and cannot be read.
    pub fn forget(&mut self, path: &Path) {
        self.by_path.remove(path);
    }

    pub fn of(index: &Index, roster: Arc<Roster>, crops: &ManualCrops, decoder_version: u64) -> Self {
        let mut by_path = HashMap::new();
        for (number, entry) in index.entries_where(|row| row.traits.has(Traits::HAS_SOURCES)) {
            let manual = crops.edit(&entry.hash);
            for Source { path, stamp } in &entry.sources {
                let edit = manual.unwrap_or_else(|| roster.edit_for(path, &entry.sources, entry.edit));
                let (is_current, is_manual) = (edit == entry.edit, manual.is_some());
                let state = FileState::Portrait { number, edit, is_current, is_manual };
                by_path.insert(path.clone(), KnownFile { stamp: *stamp, state });
            }
        }
        for (path, rejected) in &index.rejected {
            let (reason, decoder_version) = (rejected.reason.clone(), rejected.decoder_version);
            let state = FileState::Rejected { reason, decoder_version };
            by_path.insert(path.clone(), KnownFile { stamp: rejected.stamp, state });
        }
        Self { roster, decoder_version, by_path, by_stamp: None }
    }

    /// Classifies a file that was found, and removes it from the known ones.
    pub fn classify(&mut self, source: Source, defer: &mut impl FnMut(&Source) -> bool) -> File {
        let known = self.by_path.remove(&source.path);
        match known {
            Some(KnownFile { stamp, state: FileState::Portrait { is_current: true, .. } })
                if stamp.same_content(&source.stamp) =>
            {
                File::Unchanged
            }
            Some(KnownFile { stamp, state: FileState::Rejected { reason, decoder_version } })
                if decoder_version == self.decoder_version && stamp.same_content(&source.stamp) =>
            {
                File::Known(Message::Skipped { path: source.path, reason })
            }
            // Until then the committer keeps what it knows of the file.
            _ if defer(&source) => File::Deferred,
            Some(KnownFile { state: FileState::Portrait { number, edit, .. }, .. }) => {
                File::Changed { source, edit, previous: Some(number) }
            }
            Some(KnownFile { state: FileState::Rejected { .. }, .. }) => self.unknown(source),
            None => match self.renamed(&source) {
                Some((number, from)) => {
                    self.by_path.remove(&from);
                    File::Known(Message::Renamed { number, from, to: source })
                }
                None => self.unknown(source),
            },
        }
    }

    fn unknown(&self, source: Source) -> File {
        File::Changed { edit: self.roster.edit(&source.path).unwrap_or_default(), source, previous: None }
    }

    /// The portrait and the old path of a file that was renamed to this one and keeps its edit.
    fn renamed(&mut self, source: &Source) -> Option<(PortraitNumber, PathBuf)> {
        let of_portrait = |(path, known): (&PathBuf, &KnownFile)| {
            let is_portrait = known.stamp.inode != 0 && matches!(known.state, FileState::Portrait { .. });
            is_portrait.then(|| (known.stamp, path.clone()))
        };
        let by_stamp = self.by_stamp.get_or_insert_with(|| self.by_path.iter().filter_map(of_portrait).collect());
        let from = by_stamp.get(&source.stamp)?;
        let FileState::Portrait { number, edit, is_current, is_manual } = self.by_path.get(from)?.state else {
            return None;
        };
        let is_gone = fs::symlink_metadata(from).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let keeps_edit = is_current && (is_manual || self.roster.edit(&source.path).unwrap_or_default() == edit);
        (is_gone && keeps_edit).then(|| (number, from.clone()))
    }

    /// The files that were not found again, by path, where the listing would have found them.
    pub fn missing(self, listing: &Listing) -> Vec<MissingFile> {
        let mut missing: Vec<_> = self.by_path.into_iter().filter(|(path, _)| listing.covers(path)).collect();
        missing.sort_by(|a, b| a.0.cmp(&b.0));
        missing
            .into_iter()
            .map(|(path, known)| match known.state {
                FileState::Portrait { number, .. } => MissingFile::OfPortrait { number, path },
                FileState::Rejected { .. } => MissingFile::Rejected { path },
            })
            .collect()
    }
}
