//! Listing the folders of photographs: every file once, in the order of the names.

pub mod newcomers;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::error::{LibraryError, unreadable};
use super::exclusion::{self, Exclusion};
use super::files::HEADER;
use super::rejections::is_photograph_name;
use super::source::{Source, Stamp};
use super::storage::{Fault, Place, Places, Snapshot, is_address, shown};

/// Files that operating systems leave in folders of photographs.
const IGNORED: [&str; 5] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "desktop db", "desktop df"];
/// Folders of what was deleted, of earlier versions and of thumbnails, as Windows, Samba, Synology, QNAP, Linux, macOS and
/// programs for synchronisation make them, and what people call theirs: nobody in them is meant to be shown.
const PASSED_OVER: &str = "$recycle.bin|recycler|recycled|recycle bin|#recycle|@recycle|@recently-snapshot|#snapshot|\
     @snapshot|@snapshots|~snapshot|lost+found|system volume information|$extend|found.000|found.001|@eadir|@tmp|\
     #trash|@trash|trash|trash can|trashes|network trash folder|temporary items|thevolumesettingsfolder|__macosx|_gsdata_|\
     deleted|deleted items|deleted files|recently deleted|papierkorb|gelöscht|corbeille|papelera|papelera de reciclaje|\
     cestino|lixeira|prullenbak|papperskorg|kosz|корзина|回收站|ごみ箱|thumbnails|thumbs|#thumbnails|@thumb|previews.lrdata";
/// Names of films: those that telephones put beside a live photograph, and others.
const FILMS: &str = "mov|mp4|m4v|avi|mpg|mpeg|3gp|3g2|mkv|webm|mts|m2ts|wmv|mp|insv|lrv|mod|tod";
/// Files that programs put beside photographs: what they know of them, small pictures of them, links.
const SIDE_FILES: &str =
    "json|html|htm|xmp|aae|thm|pp3|dop|url|webloc|lnk|ini|db|xml|nfo|md5|sha1|sha256|vcf|ithmb|modd|moff";
/// Names that cloud storage gives to what it has not downloaded yet, and programs to what they are downloading.
const PLACEHOLDERS: &str = "icloud|owncloud|nextcloud|crdownload|part|partial|download|opdownload";
/// Times of files may be as coarse as this: of a folder that changed less than this ago, it may not show that it changed again.
const SETTLED: Duration = Duration::from_secs(5);
/// The most files that are counted in a folder that is passed over.
const MOST_COUNTED: usize = 10_000;
/// The spreadsheets of people.
const SHEETS: [&str; 2] = ["people.csv", "people.tsv"];
/// Workbooks, which spreadsheet programs save unless told to save one of those.
const WORKBOOKS: [&str; 4] = ["people.xlsx", "people.xls", "people.ods", "people.numbers"];

/// A folder of photographs to ingest, or a place that is to the ingest what a folder is.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its canonical path.
    pub path: PathBuf,
    /// The server, where it is no folder of this machine.
    pub place: Option<Arc<Place>>,
    identity: Option<Identity>,
    exclusion: Exclusion,
}

impl Root {
    /// Whether a file is in it, as far as that can be said without asking a server.
    pub fn has(&self, path: &Path) -> bool {
        path.starts_with(&self.path) && (self.place.is_some() || path.is_file())
    }
}

/// The names in the folders; no file has been opened yet.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// In the order of the walk.
    pub folders: Vec<Arc<Folder>>,
    /// Folders that cannot be read, with the reason: the files in them are unknown, not gone.
    pub bad_folders: Vec<(PathBuf, String)>,
    /// Spreadsheets of people, those of a folder before those of its subfolders.
    pub sheets: Vec<PathBuf>,
    /// Workbooks, which are not read and should be such spreadsheets.
    pub workbooks: Vec<PathBuf>,
    /// Folders of trash, snapshots and thumbnails with how many files are in each.
    pub passed_over: Vec<(PathBuf, usize)>,
    /// Files that are not read, with the reason: placeholders, and names that hide a photograph.
    pub unusable: Vec<(PathBuf, &'static str)>,
    /// Films, which are not shown.
    pub films: usize,
    /// What programs put beside photographs.
    pub side_files: usize,
    /// Files that a pattern excludes.
    pub excluded: usize,
    /// Lines of files of patterns that are none.
    pub pattern_notes: Vec<String>,
    /// Files of patterns, as they were read.
    patterns: Vec<Source>,
    /// Links to folders that are not there: what was below them is unknown, not gone.
    broken_links: Vec<PathBuf>,
    /// The folders of this listing and on which disk each is.
    disks: HashMap<PathBuf, Identity>,
    roots: Vec<PathBuf>,
    /// The servers in it, and what each has.
    pub places: Places,
    snapshots: Vec<(PathBuf, Arc<Snapshot>)>,
    by_path: HashMap<PathBuf, usize>,
}

/// A folder with the names of its files.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    /// Sorted.
    pub files: Vec<OsString>,
    /// When its entries changed the last time; `None` where that was so short a while before they were read that they may have
    /// changed again.
    modified: Option<SystemTime>,
    /// `None` on a server.
    identity: Option<Identity>,
    /// How many folders in it were walked.
    folders: usize,
}

impl Folder {
    /// The paths of its files.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.files.iter().map(|name| self.path.join(name))
    }

    /// Whether it may have other entries now, or be another folder.
    fn may_differ(&self) -> bool {
        if self.identity.is_none() {
            // A server is listed again when that is due.
            return false;
        }
        let modified = fs::metadata(&self.path).and_then(|metadata| metadata.modified());
        self.modified.is_none() || modified.ok() != self.modified || identity(&self.path).ok() != self.identity
    }
}

impl Listing {
    /// Whether a file was found.
    pub fn contains(&self, path: &Path) -> bool {
        let folder = path.parent().and_then(|folder| self.by_path.get(folder));
        folder.zip(path.file_name()).is_some_and(|(folder, name)| {
            self.folders[*folder].files.binary_search_by(|file| file.as_os_str().cmp(name)).is_ok()
        })
    }

    /// The folder of a file that was found, and its place in it.
    pub fn position(&self, path: &Path) -> Option<(usize, usize)> {
        let folder = *self.by_path.get(path.parent()?)?;
        let name = path.file_name()?;
        let file = self.folders[folder].files.binary_search_by(|file| file.as_os_str().cmp(name)).ok()?;
        Some((folder, file))
    }

    /// Whether a file at this path would have been found, had it been there.
    pub fn covers(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
            && !self.is_in_bad_folder(path)
            && !self.broken_links.iter().any(|link| path != link && path.starts_with(link))
    }

    /// Whether a path lies in a folder that cannot be read.
    pub fn is_in_bad_folder(&self, path: &Path) -> bool {
        self.bad_folders.iter().any(|(folder, _)| path.starts_with(folder))
    }

    /// Whether another listing may have other files: a look at each folder, and at no file but those of patterns.
    pub fn may_differ(&self) -> bool {
        let has_changed = |file: &Source| self.inspect(file.path.clone()).ok().flatten().as_ref() != Some(file);
        !self.bad_folders.is_empty()
            || !self.broken_links.is_empty()
            || self.folders.iter().any(|folder| folder.may_differ())
            || self.patterns.iter().any(has_changed)
    }

    /// Reads a file's stamp, or takes it from what its server listed; `None` when it is gone since its name was read.
    ///
    /// # Errors
    /// The path with a reason, for what is no file or cannot be read.
    pub fn inspect(&self, path: PathBuf) -> Result<Option<Source>, (PathBuf, String)> {
        match self.snapshots.iter().find(|(root, _)| path.starts_with(root)) {
            Some((_, snapshot)) => snapshot.inspect(path),
            None => inspect(path),
        }
    }

    /// Lists the places; false when `stopped`.
    fn list_places(&mut self, stopped: &impl Fn() -> bool) -> bool {
        let places = self.places.clone();
        for place in places.0.iter() {
            match place.list(stopped) {
                Ok(snapshot) => {
                    self.bad_folders.extend(snapshot.bad_folders.iter().cloned());
                    self.unusable.extend(snapshot.unusable.iter().cloned());
                    self.snapshots.push((place.path.clone(), snapshot));
                }
                Err(Fault::Stopped) => return false,
                Err(fault) => self.bad_folders.push((place.path.clone(), fault.reason())),
            }
        }
        true
    }

    /// Adds a folder of a server; returns those in it, the first last. One whose spreadsheet or patterns cannot be had is unknown: they may say
    /// who is hidden.
    fn remote_folder(
        &mut self,
        path: &Path,
        mut exclusion: Exclusion,
        stopped: &impl Fn() -> bool,
    ) -> Result<Vec<(PathBuf, Exclusion)>, Fault> {
        let snapshot =
            self.snapshots.iter().find(|(root, _)| path.starts_with(root)).map(|(_, known)| Arc::clone(known));
        let places = self.places.clone();
        let (Some(snapshot), Some(place)) = (snapshot, places.of(path)) else { return Ok(Vec::new()) };
        let entries = snapshot.entries(path);
        let has = |wanted: &str| entries.iter().any(|(name, is_folder)| !is_folder && name == wanted);
        if self.by_path.contains_key(path) || self.is_in_bad_folder(path) || has(HEADER) {
            return Ok(Vec::new());
        }
        let is_read = |name: &OsString| name == exclusion::FILE || is_one_of(name, &SHEETS) || is_copy_of_sheet(name);
        for (name, _) in entries.iter().filter(|(name, is_folder)| !is_folder && is_read(name)) {
            let unreadable = |reason| Fault::Unreadable(format!("{} {reason}", name.to_string_lossy()));
            let inspected = snapshot.inspect(path.join(name)).map_err(|(_, reason)| unreadable(reason))?;
            let Some(source) = inspected else { continue };
            let bytes = place.read_sheet(&source, stopped).map_err(|fault| match fault {
                Fault::Stopped => fault,
                fault => unreadable(fault.reason()),
            })?;
            if name == exclusion::FILE {
                let (inner, notes) = exclusion.enter_with(path, &bytes);
                exclusion = inner;
                self.patterns.push(source);
                self.pattern_notes.extend(notes);
            }
        }
        let kind = |is_folder| if is_folder { EntryKind::Folder } else { EntryKind::File };
        let entries = entries.into_iter().map(|(name, is_folder)| (name, kind(is_folder))).collect();
        Ok(self.add_folder(path.to_owned(), entries, &exclusion, None, None).collect())
    }

    /// Adds a folder with what is in it; returns the folders in it that are walked, the first last.
    fn add_folder(
        &mut self,
        path: PathBuf,
        entries: Vec<(OsString, EntryKind)>,
        exclusion: &Exclusion,
        modified: Option<SystemTime>,
        identity: Option<Identity>,
    ) -> impl Iterator<Item = (PathBuf, Exclusion)> + use<> {
        let (mut files, mut inner) = (Vec::new(), Vec::new());
        for (name, kind) in entries {
            let is_folder = kind == EntryKind::Folder;
            if is_folder && is_passed_over(&name) {
                let inner = path.join(name);
                let files = match self.snapshots.iter().find(|(root, _)| inner.starts_with(root)) {
                    Some((_, snapshot)) => snapshot.count_below(&inner),
                    None => count_files(&inner),
                };
                self.passed_over.push((inner, files));
            } else if is_one_of(&name, &IGNORED) {
            } else if is_folder && exclusion.excludes(&path.join(&name), true) {
                self.excluded += count_files(&path.join(name));
            } else if !is_folder && (is_one_of(&name, &SHEETS) || is_copy_of_sheet(&name)) {
                // Never excluded: it may say who is hidden.
                self.sheets.push(path.join(name));
            } else if !is_folder && is_one_of(&name, &WORKBOOKS) {
                self.workbooks.push(path.join(name));
            } else if !is_folder && exclusion.excludes(&path.join(&name), false) {
                self.excluded += usize::from(!is_side_file(&name.to_string_lossy()));
            } else if !is_folder && let Some(kind) = other_kind(&name.to_string_lossy()) {
                match kind {
                    OtherKind::System => {}
                    OtherKind::SideFile => self.side_files += 1,
                    OtherKind::Film => self.films += 1,
                    OtherKind::Unusable(reason) => self.unusable.push((path.join(name), reason)),
                }
            } else if kind == EntryKind::BrokenLink {
                self.broken_links.push(path.join(&name));
                files.push(name);
            } else if is_folder {
                inner.push((path.join(name), exclusion.clone()));
            } else {
                files.push(name);
            }
        }
        let folders = inner.len();
        self.by_path.insert(path.clone(), self.folders.len());
        self.folders.push(Arc::new(Folder { path, files, modified, identity, folders }));
        inner.into_iter().rev()
    }

    /// Every file's path, in the order of the walk.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.folders.iter().flat_map(|folder| folder.paths())
    }
}

/// Resolves the folders to canonical paths, and checks that each can be read.
///
/// # Errors
/// [`LibraryError::Folder`] or [`LibraryError::Address`] for the first that is not; [`LibraryError::Pattern`].
pub fn resolve(folders: &[PathBuf], excluded: &[String]) -> Result<Vec<Root>, LibraryError> {
    let resolved = |folder: &PathBuf| {
        if is_address(folder) {
            // First: a pattern that is none needs no server to be told of.
            Exclusion::new(&shown(folder), excluded)?;
            let place = Place::open(folder, &|| false)
                .map_err(|(address, reason)| LibraryError::Address { address, reason })?;
            let (path, place) = (place.path.clone(), Some(Arc::new(place)));
            return Ok(Root { exclusion: Exclusion::new(&path, excluded)?, path, place, identity: None });
        }
        let (path, identity) = fs::canonicalize(folder)
            .and_then(|path| fs::read_dir(&path).and_then(|_| Ok((identity(&path)?, path))))
            .map(|(identity, path)| (path, identity))
            .map_err(|error| LibraryError::Folder { path: folder.clone(), error })?;
        Ok(Root { exclusion: Exclusion::new(&path, excluded)?, path, place: None, identity: Some(identity) })
    };
    folders.iter().map(resolved).collect()
}

/// The places among roots. What lies in another is that one's.
pub fn places_of(roots: &[Root]) -> Places {
    let is_outermost = |root: &&Root| {
        let outer = |other: &Root| other.path != root.path && root.path.starts_with(&other.path);
        !roots.iter().any(outer)
    };
    Places(roots.iter().filter(is_outermost).filter_map(|root| root.place.clone()).collect())
}

/// As [`list_after`], for the first time.
#[cfg(test)]
pub fn list(roots: &[Root], stopped: impl Fn() -> bool) -> Option<Listing> {
    list_after(roots, &Listing::default(), stopped)
}

/// Walks the folders, symbolic links included; returns `None` when `stopped`. A folder is walked once, by however many
/// paths it can be reached; what is excluded, system files and libraries of this program are skipped. After an earlier listing, a folder that was a disk of its own and is gone, or empty, is one that cannot be read.
pub fn list_after(roots: &[Root], before: &Listing, stopped: impl Fn() -> bool) -> Option<Listing> {
    let places = places_of(roots);
    let mut listing =
        Listing { roots: roots.iter().map(|root| root.path.clone()).collect(), places, ..Listing::default() };
    listing.list_places(&stopped).then_some(())?;
    let mut walked = HashSet::new();
    // A stack: the last is walked next.
    let mut pending: Vec<(PathBuf, Exclusion)> =
        roots.iter().rev().map(|root| (root.path.clone(), root.exclusion.clone())).collect();
    while let Some((path, exclusion)) = pending.pop() {
        if stopped() {
            return None;
        }
        if is_address(&path) {
            match listing.remote_folder(&path, exclusion, &stopped) {
                Ok(entries) => pending.extend(entries),
                Err(Fault::Stopped) => return None,
                Err(fault) => listing.bad_folders.push((path, fault.reason())),
            }
            continue;
        }
        let entries = identity(&path).and_then(|identity| {
            if !walked.insert(identity) || path.join(HEADER).is_file() {
                return Ok(None);
            }
            let modified = modified(&path);
            let entries = read_sorted(&path)?;
            // A disk that is gone leaves the empty folder that it was mounted on.
            let was_another = before.disks.get(&path).is_some_and(|before| is_another_disk(before, &identity))
                || roots.iter().any(|root| root.path == path && root.identity.as_ref() != Some(&identity));
            if entries.is_empty() && was_another {
                return Err(io::Error::other("it is empty, and not the folder that it was: is its disk gone?"));
            }
            // What cannot be read excludes nobody knows what: the folder is unknown with it.
            let mut exclusion = exclusion;
            if entries.iter().any(|(name, kind)| name == exclusion::FILE && *kind != EntryKind::Folder) {
                let (inner, notes) = exclusion
                    .enter(&path)
                    .map_err(|error| io::Error::other(format!("{} {}", exclusion::FILE, unreadable(&error))))?;
                exclusion = inner;
                listing.patterns.extend(inspect(path.join(exclusion::FILE)).ok().flatten());
                listing.pattern_notes.extend(notes);
            }
            listing.disks.insert(path.clone(), identity.to_owned());
            Ok(Some((entries, exclusion, modified, identity)))
        });
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                listing.bad_folders.push((path, folder_reason(&error)));
                continue;
            }
        };
        let Some((entries, exclusion, modified, identity)) = entries else { continue };
        let inner = listing.add_folder(path, entries, &exclusion, modified, Some(identity));
        pending.extend(inner);
    }
    // A disk whose folder has gone with it, as desktops mount sticks.
    for (path, identity) in &before.disks {
        let parent = path.parent().and_then(|parent| before.disks.get(parent));
        let was_disk = parent.is_some_and(|parent| is_another_disk(parent, identity));
        if was_disk && !listing.disks.contains_key(path) && !listing.is_in_bad_folder(path) {
            listing.bad_folders.push((path.clone(), "cannot read the folder: its disk is gone".into()));
            listing.disks.extend(
                path.parent()
                    .and_then(|parent| before.disks.get_key_value(parent))
                    .map(|(p, i)| (p.clone(), i.to_owned())),
            );
            listing.disks.insert(path.clone(), identity.to_owned());
        }
    }
    for (path, _) in &listing.bad_folders {
        if let Some(identity) = before.disks.get(path) {
            listing.disks.insert(path.clone(), identity.to_owned());
        }
    }
    Some(listing)
}

/// Whether a name is that of a spreadsheet, or of a workbook that should be one.
fn is_sheet(name: &std::ffi::OsStr) -> bool {
    is_one_of(name, &SHEETS) || is_copy_of_sheet(name) || is_one_of(name, &WORKBOOKS)
}

/// When a folder's entries changed the last time, unless that is so short a while ago that it may not show another change.
fn modified(folder: &Path) -> Option<SystemTime> {
    let settled = SystemTime::now().checked_sub(SETTLED)?;
    let modified = fs::metadata(folder).and_then(|metadata| metadata.modified()).ok();
    modified.filter(|modified| *modified < settled)
}

fn folder_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "cannot read the folder: this user may not, change its permissions".into(),
        _ => format!("cannot read the folder: {error}"),
    }
}

/// Whether a folder is one of trash, snapshots or thumbnails.
fn is_passed_over(name: &std::ffi::OsStr) -> bool {
    let lower = name.to_string_lossy().to_lowercase();
    // Samba's shadow copies, the file system check's findings, and all that begins with a dot.
    let is_numbered =
        |start: &str| lower.strip_prefix(start).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    lower.starts_with('.')
        || lower.ends_with(".lrdata")
        || is_numbered("@gmt-")
        || is_numbered("found.")
        || PASSED_OVER.split('|').any(|known| known.trim() == lower)
}

/// What a file is that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OtherKind {
    /// An operating system's, and what a program is in the midst of writing.
    System,
    SideFile,
    Film,
    /// Somebody's photograph, all the same, with the reason.
    Unusable(&'static str),
}

/// Whether a file or folder of this name is read, whatever patterns say.
#[cfg(feature = "object-storage")]
pub fn is_read(name: &str, is_folder: bool) -> bool {
    let os_name = std::ffi::OsStr::new(name);
    match is_folder {
        true => !is_passed_over(os_name),
        false => {
            name == exclusion::FILE
                || is_sheet(os_name)
                || (other_kind(name).is_none() && !is_one_of(os_name, &IGNORED))
        }
    }
}

/// Whether an extension is in a list.
fn is_listed(extension: &str, list: &str) -> bool {
    list.split('|').any(|known| known.eq_ignore_ascii_case(extension))
}

fn is_side_file(name: &str) -> bool {
    let lower = name.to_lowercase();
    let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
    // As Google Takeout writes them, cut off where its names become too long.
    lower == "metadata" || lower.contains(".supplemental-me") || is_listed(extension, SIDE_FILES)
}

/// Detects by its name what is not read; `None` for what may be a photograph.
fn other_kind(name: &str) -> Option<OtherKind> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if name.starts_with("._") {
        // What macOS knows of the file beside it.
        return Some(OtherKind::System);
    }
    if is_listed(extension, PLACEHOLDERS) {
        return Some(OtherKind::Unusable(if matches!(extension, "icloud" | "owncloud" | "nextcloud") {
            "not downloaded yet, there is only a placeholder of cloud storage: download it"
        } else {
            "not downloaded yet, or not to its end: wait for the download or start it again"
        }));
    }
    if name.starts_with('.') {
        // Of telephones: thrown away, or still being written. Of programs that copy: a copy that has not come to its end.
        let is_passing = [".trashed-", ".pending-", ".syncthing.", ".~"].iter().any(|start| name.starts_with(start));
        return Some(if is_photograph_name(name) && !is_passing {
            OtherKind::Unusable("its name begins with a dot, which hides it: rename it to show it")
        } else {
            OtherKind::System
        });
    }
    if is_side_file(name) {
        return Some(OtherKind::SideFile);
    }
    is_listed(extension, FILMS).then_some(OtherKind::Film)
}

/// Counts the files below a folder, up to a bound.
fn count_files(folder: &Path) -> usize {
    let (mut count, mut pending) = (0, vec![folder.to_owned()]);
    while let Some(folder) = pending.pop().filter(|_| count < MOST_COUNTED) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => pending.push(entry.path()),
                _ => count += usize::from(!is_one_of(&entry.file_name(), &IGNORED)),
            }
        }
    }
    count
}

/// Reads a file's metadata; `None` when it is gone since its name was read.
///
/// # Errors
/// The path with a reason, for what is no file or has no readable metadata.
pub fn inspect(path: PathBuf) -> Result<Option<Source>, (PathBuf, String)> {
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(Source { stamp: Stamp::of(&metadata), path })),
        Ok(metadata) if metadata.is_dir() => Ok(None),
        Ok(_) => Err((path, "not a file but a device, a pipe or a socket".into())),
        Err(error) => match fs::symlink_metadata(&path) {
            Err(_) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Ok(link) if link.is_symlink() && error.kind() == io::ErrorKind::NotFound => {
                Err((path, "a link to something that is not there".into()))
            }
            _ => Err((path, unreadable(&error))),
        },
    }
}

/// Whether a spreadsheet has the very name that it should have.
pub fn is_plain_sheet(path: &Path) -> bool {
    path.file_name().is_some_and(|name| is_one_of(name, &SHEETS))
}

/// Whether a name is what browsers, spreadsheet programs and people make of `people.csv`: `people (1).csv`, `people - Sheet1.csv`,
/// `people.csv.csv`, `people.csv.txt`, `people2.csv`, `Copy of people.csv`.
fn is_copy_of_sheet(name: &std::ffi::OsStr) -> bool {
    let lower = name.to_string_lossy().trim().to_lowercase();
    let is_sheet = [".csv", ".tsv", ".csv.txt", ".tsv.txt"].iter().any(|end| lower.ends_with(end));
    let is_people =
        |word: &str| word.strip_prefix("people").is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit()));
    is_sheet && !lower.starts_with('.') && lower.split(|c: char| !c.is_alphanumeric()).any(is_people)
}

fn is_one_of(name: &std::ffi::OsStr, names: &[&str]) -> bool {
    names.iter().any(|known| name.as_encoded_bytes().eq_ignore_ascii_case(known.as_bytes()))
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EntryKind {
    File,
    Folder,
    BrokenLink,
}

/// A folder's entries by name.
fn read_sorted(folder: &Path) -> io::Result<Vec<(OsString, EntryKind)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // An entry of unknown type counts as a file; reading its metadata later reports the reason.
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_dir() => EntryKind::Folder,
            Ok(kind) if !kind.is_symlink() => EntryKind::File,
            _ => match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_dir() => EntryKind::Folder,
                Err(error) if error.kind() == io::ErrorKind::NotFound => EntryKind::BrokenLink,
                _ => EntryKind::File,
            },
        };
        entries.push((name, kind));
    }
    entries.sort_unstable();
    Ok(entries)
}

#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
fn identity(folder: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).map(|metadata: Metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> io::Result<Identity> {
    fs::canonicalize(folder)
}

/// Whether two folders are on different disks.
#[cfg(unix)]
const fn is_another_disk(one: &Identity, other: &Identity) -> bool {
    one.0 != other.0
}

#[cfg(not(unix))]
fn is_another_disk(one: &Identity, other: &Identity) -> bool {
    one != other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_trash_are_passed_over_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let trash = [
            "$RECYCLE.BIN/S-1-5",
            "#recycle",
            "@Recycle",
            "RECYCLER/S-1",
            ".Trash-1000/files",
            ".Trashes/501",
            "Recycle Bin",
            "lost+found",
            "System Volume Information",
            ".@__thumb",
            "#snapshot/GMT+01",
            "@GMT-2026.01.01",
            "@eaDir/a.jpg",
            "Papierkorb",
            "Trash",
            "__MACOSX",
        ];
        for folder in trash.iter().chain(&["kept", "Trash photos of the festival"]) {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
            fs::write(dir.path().join(folder).join("a.jpg"), "").unwrap();
        }
        let roots = resolve(&[dir.path().to_owned()], &[]).unwrap();
        let listing = list(&roots, || false).unwrap();
        assert_eq!(listing.files().count(), 2, "{:?}", listing.files().collect::<Vec<_>>());
        assert_eq!(listing.passed_over.len(), trash.len());
        assert!(listing.passed_over.iter().all(|(_, files)| *files == 1));
        assert!(listing.covers(&roots[0].path.join("#recycle/a.jpg")), "what was moved there is gone");
    }

    #[cfg(unix)]
    #[test]
    fn a_disk_in_the_folder_that_goes_away_takes_nobody_with_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("stick")).unwrap();
        fs::create_dir_all(dir.path().join("empty")).unwrap();
        fs::create_dir_all(dir.path().join("plain")).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("link")).unwrap();
        let roots = resolve(&[dir.path().to_owned()], &[]).unwrap();
        let path = |name: &str| roots[0].path.join(name);
        let mut before = list(&roots, || false).unwrap();
        // As if these two had been disks of their own.
        for name in ["stick", "empty"] {
            before.disks.get_mut(&path(name)).unwrap().0 += 1;
        }
        fs::remove_dir(path("stick")).unwrap();
        fs::remove_dir(path("plain")).unwrap();
        elsewhere.close().unwrap();
        let mut listing = list_after(&roots, &before, || false).unwrap();
        for _ in 0..2 {
            for (folder, covered) in [("stick", false), ("empty", false), ("link", false), ("plain", true)] {
                assert_eq!(listing.covers(&path(folder).join("a.jpg")), covered, "{folder}");
            }
            listing = list_after(&roots, &listing, || false).unwrap();
        }
    }

    #[test]
    fn files_are_listed_by_name_and_spreadsheets_apart() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for file in [
            "z.jpg",
            "A.jpg",
            "PEOPLE.csv",
            "people - Sheet1.csv",
            "people.csv.csv",
            "People_final (2).CSV",
            "people.ods",
            ".hidden",
            "Thumbs.DB",
            "b/people.tsv",
            "b/c.jpg",
        ] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        let roots = resolve(&[dir.path().to_owned()], &[]).unwrap();
        let listing = list(&roots, || false).unwrap();
        let path = |file: &str| roots[0].path.join(file);
        assert_eq!(listing.files().collect::<Vec<_>>(), ["A.jpg", "z.jpg", "b/c.jpg"].map(path));
        assert_eq!(
            listing.sheets,
            ["PEOPLE.csv", "People_final (2).CSV", "people - Sheet1.csv", "people.csv.csv", "b/people.tsv"].map(path)
        );
        assert_eq!(listing.workbooks, [path("people.ods")]);
        assert!(listing.contains(&path("b/c.jpg")) && !listing.contains(&path("c.jpg")));
        assert!(listing.covers(&path("b/none.jpg")) && !listing.covers(Path::new("/elsewhere.jpg")));
        assert!(list(&roots, || true).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn the_empty_folder_under_a_disk_that_is_gone_is_not_the_disk() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("disk");
        fs::create_dir(&folder).unwrap();
        let roots = resolve(std::slice::from_ref(&folder), &[]).unwrap();
        assert!(list(&roots, || false).unwrap().bad_folders.is_empty(), "a folder may be empty");
        fs::rename(&folder, parent.path().join("elsewhere")).unwrap();
        fs::create_dir(&folder).unwrap();
        let listing = list(&roots, || false).unwrap();
        assert!(listing.bad_folders[0].1.contains("disk") && !listing.covers(&folder.join("a.jpg")));
        fs::write(folder.join("a.jpg"), "").unwrap();
        assert!(list(&roots, || false).unwrap().bad_folders.is_empty(), "another folder that has something counts");
    }
}
