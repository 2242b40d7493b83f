//! The library of a command: of folders of photographs, an existing one, or that of the demo crowd. See
//! [`OpenLibrary`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};

use super::passphrase::PassphraseArgs;
use super::{demo, ingest, usage, words};
use millions_base::printable_path;
use millions_library::field_copy::is_field_copy;
use millions_library::{
    Follow, Ingest, IngestEvent, IngestOptions, IngestSummary, Library, LibraryError, Limits, default_dir,
};

/// The library, or the photographs that it is made of.
#[derive(Debug, Args)]
pub struct LibraryArgs {
    /// Folders of photographs, searched with all that is below them.
    pub folders: Vec<PathBuf>,
    /// The library's folder [default: one for each set of folders, in the place where this platform keeps such data]
    #[arg(long, value_name = "DIR")]
    pub library: Option<PathBuf>,
    #[command(flatten)]
    pub photographs: PhotographArgs,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

/// Which photographs are brought in, and what one may cost.
#[derive(Clone, Debug, Default, Args)]
pub struct PhotographArgs {
    /// Files and folders to leave out, as in .gitignore: "*.png", "drafts/"; may be given several times. A file
    /// .millionsignore in a folder does the same for that folder.
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Megapixels above which a photograph is rejected unread.
    #[arg(long, value_name = "N")]
    pub max_megapixels: Option<u64>,
    /// Megabytes that decoding one photograph may take.
    #[arg(long, value_name = "N")]
    pub max_megabytes: Option<u64>,
}

impl PhotographArgs {
    /// The options of an ingest that these make of others.
    pub fn options(&self, options: IngestOptions) -> IngestOptions {
        let Limits { max_pixels, max_alloc_bytes } = options.limits;
        let limits = Limits {
            max_pixels: self.max_megapixels.map_or(max_pixels, |n| n.saturating_mul(1_000_000)),
            max_alloc_bytes: self.max_megabytes.map_or(max_alloc_bytes, |n| n.saturating_mul(1 << 20)),
        };
        IngestOptions { limits, exclude: self.exclude.clone(), words_check: Some(words::fault), ..options }
    }
}

/// The portraits and the seed of the demo crowd.
const DEMO_PEOPLE: usize = 1000;
const DEMO_SEED: u64 = 1;

/// A library, and the background work that fills it.
pub struct OpenLibrary {
    /// The library, which changes while `events` lasts.
    pub library: Arc<Library>,
    /// Its changes; `None` when it is complete and not followed.
    pub events: Option<Receiver<IngestEvent>>,
    work: Option<Work>,
}

/// Background work, stopped when dropped.
enum Work {
    Ingest { _ingest: Ingest },
    Follow { _follow: Follow },
    Demo { _stop: Sender<()> },
}

impl OpenLibrary {
    /// Opens an existing library; `watch` follows what another process does to it.
    fn existing(dir: &Path, watch: bool) -> Result<Self, LibraryError> {
        if !watch {
            return Ok(Self { library: Library::open(dir)?, events: None, work: None });
        }
        let follow = Follow::start(dir)?;
        let (library, events) = (follow.library.clone(), Some(follow.events.clone()));
        Ok(Self { library, events, work: Some(Work::Follow { _follow: follow }) })
    }

    /// Ingests folders in the background; `watch` follows later changes in them.
    fn ingest(
        folders: &[PathBuf],
        dir: Option<&Path>,
        photographs: &PhotographArgs,
        watch: bool,
    ) -> anyhow::Result<Self> {
        let dir = dir.map_or_else(|| default_dir(folders), Path::to_owned);
        let options = photographs.options(IngestOptions { watch, ..IngestOptions::default() }).with_tiles_of(&dir);
        match Ingest::start(folders, &dir, options) {
            Ok(ingest) => Ok(Self {
                library: ingest.library.clone(),
                events: Some(ingest.events.clone()),
                work: Some(Work::Ingest { _ingest: ingest }),
            }),
            // Another process ingests, or the library cannot be written; what is in it can be shown all the same.
            Err(error @ (LibraryError::Busy { .. } | LibraryError::Io { .. } | LibraryError::Address { .. })) => {
                let Ok(opened) = Self::existing(&dir, watch) else { return Err(error.into()) };
                if matches!(error, LibraryError::Busy { .. }) {
                    tracing::warn!("another program is writing to this library; following it");
                } else {
                    tracing::warn!("{error}; showing what is in the library, new photographs are not brought in");
                }
                Ok(opened)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether portraits are being added that a person waits for.
    pub const fn is_growing(&self) -> bool {
        matches!(self.work, Some(Work::Ingest { .. } | Work::Demo { .. }))
    }

    /// Opens the library of the demo crowd, or makes it in the background.
    fn demo(dir: PathBuf, watch: bool) -> anyhow::Result<Self> {
        if let Ok(opened) = Self::existing(&dir, watch)
            && opened.library.all_portraits().len() >= DEMO_PEOPLE
        {
            return Ok(opened);
        }
        let (sender, events) = unbounded();
        let (stop, stopped) = bounded::<()>(0);
        let (ready, library) = bounded(1);
        std::thread::spawn(move || {
            let started = std::time::Instant::now();
            let mut done = 0;
            let result = demo::write_library(&dir, DEMO_PEOPLE, DEMO_SEED, None, &mut |step| {
                match step {
                    demo::Step::Open(library) => drop(ready.send(library)),
                    demo::Step::Added(people) => {
                        done += people.len();
                        let _ = sender.send(IngestEvent::Added(people));
                        let _ = sender.send(IngestEvent::Progress { done });
                    }
                    demo::Step::Drawn(_) => {}
                }
                // Stops when the `OpenLibrary`, and with it the other end, is dropped.
                !matches!(stopped.try_recv(), Err(TryRecvError::Disconnected))
            });
            let summary = |portraits| IngestSummary {
                found: DEMO_PEOPLE,
                added: portraits,
                portraits,
                seconds: started.elapsed().as_secs_f64(),
                ..IngestSummary::default()
            };
            let _ = sender.send(IngestEvent::Finished(result.map(summary)));
        });
        match library.recv() {
            Ok(library) => Ok(Self { library, events: Some(events), work: Some(Work::Demo { _stop: stop }) }),
            // The thread ended before it had a library; its last event has the error.
            Err(_) => match events.recv() {
                Ok(IngestEvent::Finished(Err(error))) => Err(error.into()),
                _ => Err(usage("the demo crowd cannot be made")),
            },
        }
    }
}

impl LibraryArgs {
    /// Opens the library and returns at once, while portraits may still be added. `watch` follows later changes in the
    /// folders.
    pub fn open(&self, watch: bool) -> anyhow::Result<OpenLibrary> {
        match (&self.folders[..], &self.library) {
            // Nobody else writes to it.
            ([], Some(dir)) if is_field_copy(dir) => {
                Ok(OpenLibrary { library: self.passphrase.open(dir)?, events: None, work: None })
            }
            ([], Some(dir)) => Ok(OpenLibrary::existing(dir, watch)?),
            ([], None) => OpenLibrary::demo(demo_dir(), watch),
            (folders, dir) => OpenLibrary::ingest(folders, dir.as_deref(), &self.photographs, watch),
        }
    }

    /// Opens the library and waits, with a progress bar, until it is complete.
    ///
    /// # Errors
    /// Also when it is empty.
    pub fn open_complete(&self) -> anyhow::Result<Arc<Library>> {
        let opened = self.open(false)?;
        if let Some(events) = &opened.events {
            let summary = ingest::follow(events)?;
            ingest::print_rejected(&summary);
        }
        if opened.library.is_empty() {
            return Err(self.no_photographs());
        }
        Ok(opened.library)
    }

    /// Returns the folder on this machine whose photographs come to the wall, the first of several.
    pub fn watched(&self) -> Option<&Path> {
        self.folders.iter().map(PathBuf::as_path).find(|folder| folder.is_dir())
    }

    /// Returns the error of an empty library.
    pub fn no_photographs(&self) -> anyhow::Error {
        let paths: Vec<_> = self.folders.iter().chain(&self.library).map(printable_path).collect();
        anyhow::anyhow!(
            "there are no photographs to show: give a folder with JPEG, HEIC, PNG, WebP, TIFF or RAW files: {}",
            paths.join(", ")
        )
    }
}

/// Returns the folder of the demo crowd's library.
pub fn demo_dir() -> PathBuf {
    // Not a folder of photographs, but a name that does not depend on the current folder.
    default_dir(&[PathBuf::from(format!("/demo-crowd-{DEMO_PEOPLE}-{DEMO_SEED}-{}", env!("CARGO_PKG_VERSION")))])
}
