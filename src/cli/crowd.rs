//! The crowd of a wall: from folders of photographs, a library, or the demo crowd.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded, unbounded};

use super::{CrowdArgs, demo, ingest, usage};
use millions_library::{Ingest, IngestEvent, IngestOptions, IngestSummary, Library, LibraryError, default_dir};
use millions_wall::tile::TileSource as _;

/// The portraits and the seed of the default demo crowd.
pub const DEMO_PEOPLE: usize = 1000;
pub const DEMO_SEED: u64 = 1;

/// A library, and the background work that fills it.
pub struct Crowd {
    /// The library, which changes while `events` lasts.
    pub library: Arc<Library>,
    /// Its changes; `None` when it is complete.
    pub events: Option<Receiver<IngestEvent>>,
    _work: Option<Work>,
}

/// Background work, stopped when dropped.
enum Work {
    Ingest { _ingest: Ingest },
    Demo { _stop: crossbeam_channel::Sender<()> },
}

/// Opens a crowd and returns at once, while portraits may still be added. With `watch`, later changes in the folders are
/// followed.
pub fn open(args: &CrowdArgs, watch: bool) -> anyhow::Result<Crowd> {
    match (&args.folders[..], &args.library) {
        ([], Some(dir)) => Ok(Crowd { library: Library::open(dir)?, events: None, _work: None }),
        ([], None) => demo_crowd(&demo_dir()),
        (folders, dir) => photographs(folders, dir.as_deref(), watch),
    }
}

/// Opens a crowd and waits, with a progress bar, until it is complete.
pub fn open_complete(args: &CrowdArgs) -> anyhow::Result<Arc<Library>> {
    let crowd = open(args, false)?;
    if let Some(events) = &crowd.events {
        let summary = ingest::follow(events)?;
        ingest::print_rejected(&summary);
    }
    if crowd.library.is_empty() {
        return Err(nobody(args));
    }
    Ok(crowd.library)
}

/// The error of an empty crowd.
pub fn nobody(args: &CrowdArgs) -> anyhow::Error {
    let paths: Vec<_> = args.folders.iter().chain(&args.library).map(|path| path.display().to_string()).collect();
    anyhow::anyhow!(
        "there are no photographs to show: give a folder with JPEG, PNG, WebP, GIF, BMP or TIFF files: {}",
        paths.join(", ")
    )
}

fn photographs(folders: &[PathBuf], dir: Option<&Path>, watch: bool) -> anyhow::Result<Crowd> {
    let dir = dir.map_or_else(|| default_dir(folders), Path::to_owned);
    // An existing library keeps its tile side and aspect, rather than being made again.
    let default = IngestOptions { watch, ..IngestOptions::default() };
    let options = Library::open(&dir).map_or(default, |library| IngestOptions {
        tile_side: library.layout().side(),
        aspect: library.aspect(),
        ..default
    });
    match Ingest::start(folders, &dir, options) {
        Ok(ingest) => Ok(Crowd {
            library: ingest.library.clone(),
            events: Some(ingest.events.clone()),
            _work: Some(Work::Ingest { _ingest: ingest }),
        }),
        // Another process ingests; what it has committed can be shown all the same.
        Err(LibraryError::Busy { .. }) => {
            tracing::warn!("another program is writing to this library; showing what is in it now");
            Ok(Crowd { library: Library::open(&dir)?, events: None, _work: None })
        }
        Err(error) => Err(error.into()),
    }
}

pub fn demo_dir() -> PathBuf {
    // Not a folder of photographs, but a name that does not depend on the current folder.
    default_dir(&[PathBuf::from(format!("/demo-crowd-{DEMO_PEOPLE}-{DEMO_SEED}-{}", env!("CARGO_PKG_VERSION")))])
}

fn demo_crowd(dir: &Path) -> anyhow::Result<Crowd> {
    if let Ok(library) = Library::open(dir)
        && library.len() >= DEMO_PEOPLE
    {
        return Ok(Crowd { library, events: None, _work: None });
    }
    let (sender, events) = unbounded();
    let (stop, stopped) = bounded::<()>(0);
    let (ready, library) = bounded(1);
    let dir = dir.to_owned();
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
            // Goes on until the crowd, and with it the other end, is dropped.
            !matches!(stopped.try_recv(), Err(crossbeam_channel::TryRecvError::Disconnected))
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
        Ok(library) => Ok(Crowd { library, events: Some(events), _work: Some(Work::Demo { _stop: stop }) }),
        // The thread ended before it had a library; its last event has the error.
        Err(_) => match events.recv() {
            Ok(IngestEvent::Finished(Err(error))) => Err(error.into()),
            _ => Err(usage("the demo crowd cannot be made")),
        },
    }
}
