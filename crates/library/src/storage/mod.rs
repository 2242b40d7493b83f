//! Storage behind an address: photographs in a bucket of object storage, or on a server of the web.
//!
//! A [`Place`] is to the ingest what a folder is: [`Place::list`] gives the names in it, [`Place::read`] a file. Everything else, from what
//! is passed over to takedowns, is the same for both. A photograph there has the path `s3://bucket/key` or `https://host/name`, and a stamp that is
//! made of its entity tag, so that what has not changed is not fetched again.
//!
//! A listing is whole or none: where a part of it cannot be had, what lies there is unknown and not gone.
//!
//! What speaks to servers is asynchronous, and only in builds with the feature `object-storage`; it stays behind the blocking interface of [`Remote`].

#[cfg(feature = "object-storage")]
mod bucket;
#[cfg(feature = "object-storage")]
mod client;
pub mod fetch;
#[cfg(feature = "object-storage")]
mod page;
#[cfg(feature = "object-storage")]
mod web;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::source::{Source, Stamp};

/// How old a listing gets before it is made again while the folders are followed: each costs requests,
const LIST_EVERY: Duration = Duration::from_secs(60);
/// and as many times as long as it took.
const LIST_RESTS: u32 = 10;
/// What is read of a file at first, which is all of most photographs.
const FIRST_BYTES: u64 = 4 << 20;
/// What is read of it at a time after that.
const PIECE_BYTES: u64 = 8 << 20;

/// The most bytes of a spreadsheet: more than its parser takes, which says so.
const MOST_SHEET_BYTES: u64 = 65 << 20;

/// Says whether the ingest is to stop.
pub type Stopped<'a> = &'a dyn Fn() -> bool;

/// Why something cannot be had from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The ingest stops.
    Stopped,
    /// The content is no photograph, or too large.
    Rejected(String),
    /// Anything else, in our words; another time it may be there.
    Unreadable(String),
}

impl Fault {
    pub fn reason(self) -> String {
        match self {
            Self::Stopped => "not read, for the ingest was stopped".into(),
            Self::Rejected(reason) | Self::Unreadable(reason) => reason,
        }
    }
}

/// What a place holds.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The names of the files in each folder.
    files: BTreeMap<PathBuf, Vec<OsString>>,
    /// The names of the folders in each.
    folders: BTreeMap<PathBuf, Vec<OsString>>,
    items: HashMap<PathBuf, Item>,
    /// Folders that cannot be listed: what is in them is unknown.
    pub bad_folders: Vec<(PathBuf, String)>,
    /// Names that no path can have.
    pub unusable: Vec<(PathBuf, &'static str)>,
}

/// A file of a place.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// Its key in the bucket, or its address.
    pub address: String,
    pub stamp: Stamp,
    /// The entity tag, by which a change is noticed while it is read.
    pub tag: Option<String>,
    /// Why it cannot be read, where that is known.
    pub fault: Option<String>,
}

impl Snapshot {
    /// Adds a file with all folders on the way to it; false where it was there already.
    pub fn add(&mut self, root: &Path, path: PathBuf, item: Item) -> bool {
        if self.items.contains_key(&path) {
            return false;
        }
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
            self.add_folder(root, folder);
            self.files.entry(folder.to_owned()).or_default().push(name.to_owned());
        }
        self.items.insert(path, item);
        true
    }

    /// Adds a folder with all above it.
    pub fn add_folder(&mut self, root: &Path, folder: &Path) {
        let mut inner = folder;
        while !self.files.contains_key(inner) {
            self.files.insert(inner.to_owned(), Vec::new());
            let (Some(outer), Some(name)) = (inner.parent(), inner.file_name()) else { return };
            if inner == root || !outer.starts_with(root) {
                return;
            }
            self.folders.entry(outer.to_owned()).or_default().push(name.to_owned());
            inner = outer;
        }
    }

    /// The names in a folder, each with whether it is a folder, sorted.
    pub fn entries(&self, folder: &Path) -> Vec<(OsString, bool)> {
        let names = |of: &BTreeMap<PathBuf, Vec<OsString>>, is_folder: bool| -> Vec<(OsString, bool)> {
            of.get(folder).into_iter().flatten().map(|name| (name.clone(), is_folder)).collect()
        };
        let mut entries = names(&self.files, false);
        entries.extend(names(&self.folders, true));
        entries.sort_unstable();
        entries
    }

    /// A file as it was listed; `None` where there is none.
    ///
    /// # Errors
    /// The path with a reason.
    pub fn inspect(&self, path: PathBuf) -> Result<Option<Source>, (PathBuf, String)> {
        match self.items.get(&path) {
            Some(Item { fault: Some(fault), .. }) => Err((path, fault.clone())),
            Some(item) => Ok(Some(Source { stamp: item.stamp, path })),
            None => Ok(None),
        }
    }

    /// How many files are below a folder.
    pub fn count_below(&self, folder: &Path) -> usize {
        self.items.keys().filter(|path| path.starts_with(folder)).count()
    }

    #[cfg(feature = "object-storage")]
    fn remove(&mut self, path: &Path) {
        self.items.remove(path);
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name())
            && let Some(files) = self.files.get_mut(folder)
        {
            files.retain(|file| file != name);
        }
    }

    #[cfg(feature = "object-storage")]
    fn items_mut(&mut self) -> impl Iterator<Item = (&PathBuf, &mut Item)> {
        self.items.iter_mut()
    }
}

/// What speaks to a server, from several threads.
pub trait Remote: std::fmt::Debug + Send + Sync {
    /// Looks whether it can be listed, and whether there is anything.
    fn probe(&self, stopped: Stopped<'_>) -> Result<bool, Fault>;
    /// Lists all that is there.
    fn list(&self, stopped: Stopped<'_>) -> Result<Snapshot, Fault>;
    /// Reads a range of a file, or less where the file ends. A server that knows no ranges may give all of it, up to `most`
    /// bytes, where the range begins at 0.
    fn read(&self, item: &Item, from: u64, length: u64, most: u64, stopped: Stopped<'_>) -> Result<Part, Fault>;
}

/// A part of a file, and how long the file is.
#[derive(Debug)]
pub struct Part {
    pub bytes: Vec<u8>,
    pub total: u64,
}

/// Photographs behind an address.
#[derive(Debug)]
pub struct Place {
    /// The address without a slash at its end.
    pub path: PathBuf,
    /// Whether there was nothing when it was opened.
    pub was_empty: bool,
    remote: Box<dyn Remote>,
    last: Mutex<Option<Listed>>,
    /// The spreadsheets as they were read.
    sheets: Mutex<HashMap<PathBuf, (Stamp, Vec<u8>)>>,
}

#[derive(Clone, Debug)]
struct Listed {
    at: Instant,
    took: Duration,
    result: Result<Arc<Snapshot>, Fault>,
    /// The last that was whole.
    known: Option<Arc<Snapshot>>,
}

impl Place {
    fn new(path: PathBuf, remote: Box<dyn Remote>) -> Self {
        Self { path, was_empty: false, remote, last: Mutex::default(), sheets: Mutex::default() }
    }

    /// Opens the place at an address, and looks whether it is there.
    ///
    /// # Errors
    /// The address as it may be shown, with a reason.
    pub fn open(address: &Path, stopped: Stopped<'_>) -> Result<Self, (PathBuf, String)> {
        let place = open(address)?;
        match place.remote.probe(stopped) {
            Ok(has_any) => Ok(Self { was_empty: !has_any, ..place }),
            Err(fault) => Err((place.path, fault.reason())),
        }
    }

    /// Whether the last listing is so old that another should be made.
    pub fn is_due(&self) -> bool {
        self.last().is_none_or(|Listed { at, took, .. }| at.elapsed() >= LIST_EVERY.max(took * LIST_RESTS))
    }

    /// Lists what is there, if that is due.
    ///
    /// # Errors
    /// A reason; what is there is unknown then.
    pub fn list(&self, stopped: Stopped<'_>) -> Result<Arc<Snapshot>, Fault> {
        let last = self.last();
        // Also one that failed: a server that is down is not asked all the time.
        if let Some(listed) = last.as_ref().filter(|_| !self.is_due()) {
            return listed.result.clone();
        }
        let started = Instant::now();
        let result = self.remote.list(stopped).map(Arc::new);
        let known = result.as_ref().ok().cloned().or_else(|| last.and_then(|listed| listed.known));
        let listed = Listed { at: Instant::now(), took: started.elapsed(), result: result.clone(), known };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(listed);
        result
    }

    /// Reads a file whole. `check` looks at its first bytes before the rest is fetched.
    ///
    /// # Errors
    /// [`Fault::Rejected`] where `check` says so, or the file has more than `most` bytes.
    pub fn read(
        &self,
        path: &Path,
        most: u64,
        stopped: Stopped<'_>,
        check: impl FnOnce(&[u8]) -> Result<(), String>,
    ) -> Result<Vec<u8>, Fault> {
        let item = self.item(path)?;
        let Part { mut bytes, total } = self.remote.read(&item, 0, FIRST_BYTES.min(most.max(1)), most, stopped)?;
        check(&bytes).map_err(Fault::Rejected)?;
        if total > most {
            return Err(Fault::Rejected(super::error::too_costly(Some(total), most)));
        }
        while (bytes.len() as u64) < total {
            let part = self.remote.read(&item, bytes.len() as u64, PIECE_BYTES, most, stopped)?;
            if part.bytes.is_empty() || part.total != total {
                return Err(Fault::Unreadable(CHANGED.into()));
            }
            bytes.extend_from_slice(&part.bytes);
        }
        Ok(bytes)
    }

    /// Reads a spreadsheet, from memory where it has not changed.
    ///
    /// # Errors
    /// A reason.
    pub fn read_sheet(&self, source: &Source, stopped: Stopped<'_>) -> Result<Vec<u8>, Fault> {
        let sheets = || self.sheets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = sheets().get(&source.path).filter(|(stamp, _)| *stamp == source.stamp) {
            return Ok(bytes.clone());
        }
        let bytes = self.read(&source.path, MOST_SHEET_BYTES, stopped, |_| Ok(()))?;
        sheets().insert(source.path.clone(), (source.stamp, bytes.clone()));
        Ok(bytes)
    }

    /// What tells a file from others without reading it: the entity tag, which in most storage is a hash of its bytes.
    pub fn tag(&self, path: &Path) -> Option<String> {
        self.item(path).ok()?.tag.filter(|tag| !tag.starts_with("W/"))
    }

    /// Reads the first bytes of a file.
    ///
    /// # Errors
    /// A reason.
    pub fn read_start(&self, path: &Path, length: u64, stopped: Stopped<'_>) -> Result<Vec<u8>, Fault> {
        let item = self.item(path)?;
        let mut bytes = self.remote.read(&item, 0, length, u64::MAX, stopped)?.bytes;
        bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    fn item(&self, path: &Path) -> Result<Item, Fault> {
        let known = self.last().and_then(|listed| listed.known);
        let item = known.as_ref().and_then(|known| known.items.get(path));
        item.cloned().ok_or_else(|| Fault::Unreadable(GONE.into()))
    }

    fn last(&self) -> Option<Listed> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reasons.
pub const CHANGED: &str = "it changed while it was fetched: ingest again";
pub const GONE: &str = "it is gone since it was listed";

/// The places of an ingest.
#[derive(Clone, Debug, Default)]
pub struct Places(pub Arc<[Arc<Place>]>);

impl Places {
    /// The place in which a path lies; `None` for a file of this machine.
    pub fn of(&self, path: &Path) -> Option<&Place> {
        self.0.iter().find(|place| path.starts_with(&place.path)).map(Arc::as_ref)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one should be listed again.
    pub fn are_due(&self) -> bool {
        self.0.iter().any(|place| place.is_due())
    }
}

/// The schemes of addresses that are read, and others that people may try.
const SCHEMES: [&str; 3] = ["s3", "http", "https"];

/// The scheme of an address; `None` for a path of this machine.
fn scheme(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.len() > 1 && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-'));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// Whether a path is an address, and no file of this machine.
pub fn is_address(path: &Path) -> bool {
    scheme(path).is_some()
}

/// An address without what may be secret in it, for messages and names.
pub fn shown(address: &Path) -> PathBuf {
    let Some((scheme, rest)) = address.to_str().and_then(|text| text.split_once("://")) else {
        return address.to_owned();
    };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    PathBuf::from(format!("{}://{host}{}", scheme.to_ascii_lowercase(), path.trim_end_matches('/')))
}

#[cfg(not(feature = "object-storage"))]
fn open(address: &Path) -> Result<Place, (PathBuf, String)> {
    let reason = match scheme(address) {
        Some(scheme) if SCHEMES.contains(&scheme.as_str()) => {
            "this build of the program has no object storage: build it with `cargo build --release --features object-storage`, or \
             mount the photographs as a folder (rclone mount, s3fs)"
        }
        _ => UNKNOWN_SCHEME,
    };
    Err((shown(address), reason.into()))
}

#[cfg(feature = "object-storage")]
fn open(address: &Path) -> Result<Place, (PathBuf, String)> {
    let fault = |reason: String| (shown(address), reason);
    let text = address.to_str().unwrap_or_default();
    let place = match scheme(address).as_deref() {
        Some("s3") => bucket::open(text).map(|(path, remote)| Place::new(path, Box::new(remote))),
        Some(scheme) if SCHEMES.contains(&scheme) => {
            web::open(text).map(|(path, remote)| Place::new(path, Box::new(remote)))
        }
        _ => Err(UNKNOWN_SCHEME.into()),
    };
    place.map_err(fault)
}

const UNKNOWN_SCHEME: &str = "photographs are read from folders, s3://BUCKET/PREFIX, https:// and http://: mount others as a folder, such as \
     with rclone mount";

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths_and_shown_without_secrets() {
        for address in ["s3://b/p", "https://h/", "HTTP://h", "gs://b"] {
            assert!(is_address(Path::new(address)), "{address}");
        }
        for path in ["/s3://b", "C:\\x", "c://x", "photos", "./http", "a b://x", "://x"] {
            assert!(!is_address(Path::new(path)), "{path}");
        }
        let shown = |address: &str| super::shown(Path::new(address)).display().to_string();
        assert_eq!(shown("HTTPS://anna:secret@h:1/a/?X-Amz-Signature=secret"), "https://h:1/a");
        assert_eq!(shown("s3://b/a@b/"), "s3://b/a@b");
        assert_eq!(shown("/photos"), "/photos");
    }

    #[cfg(not(feature = "object-storage"))]
    #[test]
    fn a_build_without_a_network_says_how_to_make_one_with_it() {
        let open = |address: &str| Place::open(Path::new(address), &|| false).unwrap_err().1;
        assert!(open("s3://b/p").contains("--features object-storage") && open("https://h/").contains("--features"));
        assert!(!open("gs://b").contains("--features"));
    }

    #[test]
    fn a_snapshot_has_folders_of_all_its_files() {
        let (root, mut snapshot) = (Path::new("s3://b/p"), Snapshot::default());
        for key in ["z.jpg", "x/y/a.jpg", "x/b.jpg"] {
            assert!(snapshot.add(root, root.join(key), Item::default()));
        }
        assert!(!snapshot.add(root, root.join("z.jpg"), Item::default()));
        let entries = |folder: &str| {
            let entries = snapshot.entries(Path::new(folder)).into_iter();
            entries.map(|(name, is_folder)| (name.into_string().unwrap(), is_folder)).collect::<Vec<_>>()
        };
        assert_eq!(entries("s3://b/p"), [("x".to_owned(), true), ("z.jpg".to_owned(), false)]);
        assert_eq!(entries("s3://b/p/x"), [("b.jpg".to_owned(), false), ("y".to_owned(), true)]);
        assert_eq!(entries("s3://b/p/x/y").len(), 1);
    }
}
