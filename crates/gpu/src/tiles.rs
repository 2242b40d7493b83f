//! Tiles on their way to the GPU: what a plan wants, less what lies in the pages, is read and resampled by workers.

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use glam::DVec2;

use super::Gpu;
use super::atlas::{Atlas, AtlasEntry, EntrySize, PAGE_SIDE};
use super::atlas_textures::AtlasTextures;
use super::prepare::{EntryTexels, Preparer};
use millions_wall::tile::{FLOOR_SIDE, TileSource};
use millions_wall::tone::PortraitTone;

/// The size that a tile is shown at until its own is ready.
const COARSE: EntrySize = EntrySize::new(FLOOR_SIDE, FLOOR_SIDE);
/// Texels that a live frame may send to the GPU: a 4K wall anew within half a second at 60 frames.
const LIVE_TEXELS_A_FRAME: usize = 1 << 20;
/// Seconds after which a tile that could not be read is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// Sizes of a tile to a doubling, where its size changes with its place.
const STEPS: f64 = 8.0;

/// Somebody in a size.
pub type TileRequest = (u32, EntrySize);
type Answer = (TileRequest, std::io::Result<EntryTexels>);

/// The tiles in the pages, and the workers that bring more.
pub struct Tiles {
    source: Arc<dyn TileSource>,
    entries: Atlas,
    pages: AtlasTextures,
    asked: HashSet<TileRequest>,
    failed: HashMap<u32, Instant>,
    asks: Sender<TileRequest>,
    answers: Receiver<Answer>,
    preparer: Preparer,
}

/// What became of the people that a plan wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TilesReport {
    /// Tiles sent to the GPU.
    pub uploads: usize,
    /// People who are shown coarser than they should be, for now.
    pub below_wanted: usize,
    /// People whose tile cannot be read: their cells stay dark.
    pub unreadable: usize,
}

impl Tiles {
    /// Pages enough for outputs of `output_px` pixels, and workers on all cores.
    /// `walls` is how many scenes are to be kept ready at once.
    pub fn new(gpu: &Gpu, source: Arc<dyn TileSource>, output_px: u64, walls: u32) -> Self {
        // Tiles are as large as they stand on the wall, so a wall is one output of texels: three times that for what
        // comes next and for slots that fill their pages badly, one for each scene that may be cued, and four pages for
        // sizes that are on their way out.
        let page_texels = u64::from(PAGE_SIDE) * u64::from(PAGE_SIDE);
        let limit = gpu.device.limits().max_texture_array_layers;
        let pages =
            u32::try_from(4 + (output_px * u64::from(2 + walls)).div_ceil(page_texels)).unwrap_or(limit).min(limit);
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (asks, to_do) = bounded::<TileRequest>(4096);
        let (done, answers) = bounded::<Answer>(256);
        for _ in 0..workers {
            let (source, to_do, done) = (source.clone(), to_do.clone(), done.clone());
            // A worker ends when the other ends of its channels are dropped with `Tiles`.
            std::thread::spawn(move || {
                let mut preparer = Preparer::default();
                for ask in to_do {
                    if done.send((ask, preparer.prepare(source.as_ref(), ask.0, ask.1))).is_err() {
                        return;
                    }
                }
            });
        }
        Self {
            source,
            entries: Atlas::new(pages as usize),
            pages: AtlasTextures::new(gpu, pages),
            asked: HashSet::new(),
            failed: HashMap::new(),
            asks,
            answers,
            preparer: Preparer::default(),
        }
    }

    pub const fn pages(&self) -> &AtlasTextures {
        &self.pages
    }

    /// The slot size for a tile of that many pixels each way, within what tiles or photographs can give.
    pub fn size_of(&self, px: DVec2) -> EntrySize {
        // Twice a tile's texels is as much as a filter can make of them.
        let most = (self.source.finest_side() * 2).min(PAGE_SIDE - 2);
        let even = |px: f64| (((px / 2.0).round() as u32) * 2).clamp(4, most);
        EntrySize::new(even(px.x), even(px.y))
    }

    /// The same for a tile whose size changes with its place: the next of [`STEPS`] sizes to a doubling, each way for itself, so
    /// that it is made anew only now and then, and never has many more texels than pixels, nor ever fewer.
    pub fn step_of(&self, px: DVec2) -> EntrySize {
        // What is a hundredth larger than a step is not worth the next.
        let step = |px: f64| ((px.max(1.0).log2() - 0.014) * STEPS).ceil() / STEPS;
        EntrySize { stepped: true, ..self.size_of(DVec2::new(step(px.x).exp2(), step(px.y).exp2())) }
    }

    /// The size that a tile is shown at until its photograph is read, where it wants more texels than tiles have.
    fn without_photograph(&self, size: EntrySize) -> Option<EntrySize> {
        let side = self.source.layout().side();
        let longest = size.width.max(size.height);
        let scaled = |length: u32| ((length * side / longest) / 2 * 2).max(4);
        (longest > side * 2).then(|| EntrySize::new(scaled(size.width), scaled(size.height)))
    }

    /// Has everybody who is wanted ready before it returns, except who cannot be read.
    pub fn bring_all(&mut self, gpu: &Gpu, wanted: &[TileRequest]) -> TilesReport {
        let mut report = TilesReport::default();
        self.entries.begin_frame();
        let mut missing: HashSet<TileRequest> = HashSet::new();
        for (person, size) in wanted {
            if self.entries.touch(*person, *size).is_none() && !self.has_failed(*person) {
                missing.insert((*person, *size));
            }
        }
        let mut asks: Vec<_> = wanted.iter().rev().copied().filter(|ask| missing.contains(ask)).collect();
        while !missing.is_empty() {
            while let Some(ask) = asks.last() {
                if self.asked.contains(ask) || self.asks.try_send(*ask).is_ok() {
                    self.asked.insert(*ask);
                    asks.pop();
                } else {
                    break;
                }
            }
            let Ok(answer) = self.answers.recv() else { break };
            missing.remove(&answer.0);
            report.uploads += usize::from(self.settle(gpu, answer));
        }
        self.judge(wanted, report)
    }

    /// Brings what a live frame has time for: answers that are ready, a coarse tile for everybody on the wall who has
    /// none, and asks for those who are there or come soon.
    pub fn bring_some(&mut self, gpu: &Gpu, wanted: &[TileRequest], prefetch: &[TileRequest]) -> TilesReport {
        let mut report = TilesReport::default();
        self.entries.begin_frame();
        for (person, size) in wanted.iter().chain(prefetch) {
            let _ = self.entries.touch(*person, *size);
        }
        let mut texels = 0;
        while texels < LIVE_TEXELS_A_FRAME {
            let Ok(answer) = self.answers.try_recv() else { break };
            texels += (answer.0.1.width * answer.0.1.height) as usize;
            report.uploads += usize::from(self.settle(gpu, answer));
        }
        for (person, size) in wanted {
            if self.entries.touch(*person, *size).is_some() || self.has_failed(*person) {
                continue;
            }
            if let Some(quick) = self.without_photograph(*size)
                && self.entries.touch(*person, quick).is_none()
            {
                self.ask((*person, quick));
            }
            self.ask((*person, *size));
            if self.entries.touch(*person, COARSE).is_none() {
                let prepared = self.preparer.prepare(self.source.as_ref(), *person, COARSE);
                report.uploads += usize::from(self.settle(gpu, ((*person, COARSE), prepared)));
            }
        }
        for (person, size) in prefetch {
            if self.entries.touch(*person, *size).is_none() && !self.has_failed(*person) {
                self.ask((*person, *size));
            }
        }
        self.judge(wanted, report)
    }

    /// The slot to draw a person from: their own size, or what there is of them until it comes.
    pub fn entry(&mut self, person: u32, size: EntrySize) -> Option<AtlasEntry> {
        if let Some(entry) = self.entries.touch(person, size) {
            return Some(entry);
        }
        let quick = self.without_photograph(size).and_then(|quick| self.entries.touch(person, quick));
        quick.or_else(|| self.entries.touch(person, COARSE))
    }

    /// The tone of each of `people`, in their order.
    pub fn tones(&self, people: &[u32]) -> Vec<PortraitTone> {
        self.source.tones(people)
    }

    fn ask(&mut self, ask: TileRequest) {
        if self.asked.contains(&ask) {
            return;
        }
        // A full queue is no loss: who is still missing is asked for again in the next frame.
        match self.asks.try_send(ask) {
            Ok(()) => drop(self.asked.insert(ask)),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }

    /// Puts an answer into the pages; whether something was sent to the GPU.
    fn settle(&mut self, gpu: &Gpu, (ask, prepared): Answer) -> bool {
        self.asked.remove(&ask);
        let (person, size) = ask;
        match prepared {
            Ok(texels) => {
                self.failed.remove(&person);
                // The size may have changed since it was asked for; then the slot is the first to be evicted.
                let entry = match self.entries.touch(person, size) {
                    Some(_) => None,
                    None => self.entries.allocate(person, size),
                };
                if let Some(entry) = entry {
                    self.pages.write(gpu, entry, &texels);
                }
                entry.is_some()
            }
            Err(error) => {
                if self.failed.insert(person, Instant::now()).is_none() {
                    tracing::warn!("portrait {person} cannot be read from the library: {error}");
                }
                false
            }
        }
    }

    fn has_failed(&self, person: u32) -> bool {
        self.failed.get(&person).is_some_and(|since| since.elapsed() < RETRY)
    }

    fn judge(&mut self, wanted: &[TileRequest], mut report: TilesReport) -> TilesReport {
        for (person, size) in wanted {
            if self.entries.touch(*person, *size).is_none() {
                if self.entry(*person, *size).is_some() {
                    report.below_wanted += 1;
                } else {
                    report.unreadable += 1;
                }
            }
        }
        report
    }
}
