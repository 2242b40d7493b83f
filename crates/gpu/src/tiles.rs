//! Streams tiles into the atlas: what a plan needs and the atlas lacks is read and resampled by workers. See [`Tiles`].

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use glam::DVec2;

use super::Gpu;
use super::atlas::{Atlas, AtlasEntry, EntrySize, LAYER_SIDE};
use super::atlas_textures::AtlasTextures;
use super::entry_texels::{EntryTexels, Resampler};
use millions_wall::tile::{FLOOR_SIDE, TileSource};
use millions_wall::tone::PortraitTone;

/// The size that a tile is shown at until its own is ready.
const COARSE: EntrySize = EntrySize::new(FLOOR_SIDE, FLOOR_SIDE);
/// Texels that a live frame may upload: a whole new 4K wall within half a second at 60 frames.
const LIVE_TEXELS_A_FRAME: usize = 1 << 20;
/// How long a tile that could not be read is left alone.
const RETRY: Duration = Duration::from_secs(5);
/// Sizes of a tile to an octave, where its scale varies.
const STEPS: f64 = 8.0;

/// A portrait at a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileRequest {
    pub person: u32,
    pub size: EntrySize,
}

struct Response {
    request: TileRequest,
    texels: std::io::Result<EntryTexels>,
}

/// The tile atlas, and the workers that fill it.
pub struct Tiles {
    source: Arc<dyn TileSource>,
    atlas: Atlas,
    textures: AtlasTextures,
    /// In flight.
    requested: HashSet<TileRequest>,
    failed: HashMap<u32, Instant>,
    requests: Sender<TileRequest>,
    responses: Receiver<Response>,
    resampler: Resampler,
}

/// The state of the tiles that a frame needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TilesReport {
    /// Tiles uploaded to the GPU.
    pub uploads: usize,
    /// Tiles that are shown coarser than they should be, for now.
    pub below_wanted: usize,
    /// Tiles that cannot be read: their cells stay dark.
    pub unreadable: usize,
}

impl Tiles {
    /// Creates an atlas large enough for outputs of `output_px` pixels together and for `scenes` scenes at once, and a
    /// worker for each core.
    pub fn new(gpu: &Gpu, source: Arc<dyn TileSource>, output_px: u64, scenes: u32) -> Self {
        // Tiles are as large as they stand on the wall, so a wall takes one output of texels. There is room for three: the
        // wall, the next one, and what shelves leave unused; for each more scene that may be cued one; and four layers for
        // sizes that go out of use.
        let layer_texels = u64::from(LAYER_SIDE) * u64::from(LAYER_SIDE);
        let limit = gpu.device.limits().max_texture_array_layers;
        let layers = 4 + (output_px * u64::from(2 + scenes)).div_ceil(layer_texels);
        let layers = u32::try_from(layers).unwrap_or(limit).min(limit);
        let (requests, queue) = bounded::<TileRequest>(4096);
        let (done, responses) = bounded(256);
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            let (source, queue, done) = (source.clone(), queue.clone(), done.clone());
            // A worker ends when `Tiles` drops the other ends of its channels.
            std::thread::spawn(move || {
                let mut resampler = Resampler::default();
                for request in queue {
                    let texels = resampler.entry_texels(source.as_ref(), request.person, request.size);
                    if done.send(Response { request, texels }).is_err() {
                        return;
                    }
                }
            });
        }
        Self {
            source,
            atlas: Atlas::new(layers as usize),
            textures: AtlasTextures::new(gpu, layers),
            requested: HashSet::new(),
            failed: HashMap::new(),
            requests,
            responses,
            resampler: Resampler::default(),
        }
    }

    pub const fn textures(&self) -> &AtlasTextures {
        &self.textures
    }

    /// The entry size of a tile of `px` pixels, within the resolution of tiles and photographs.
    pub fn entry_size(&self, px: DVec2) -> EntrySize {
        // A filter gains nothing beyond twice a tile's texels.
        let most = (self.source.finest_side() * 2).min(LAYER_SIDE - 2);
        let even = |px: f64| (((px / 2.0).round() as u32) * 2).clamp(4, most);
        EntrySize::new(even(px.x), even(px.y))
    }

    /// The entry size of a tile whose scale varies with its place: each side is rounded up to one of [`STEPS`] sizes an
    /// octave, so that a moving tile is seldom resampled, and never has fewer texels than pixels nor many more.
    pub fn stepped_entry_size(&self, px: DVec2) -> EntrySize {
        // Up to a hundredth above a step still counts as that step.
        let step = |px: f64| ((px.max(1.0).log2() - 0.014) * STEPS).ceil() / STEPS;
        EntrySize { stepped: true, ..self.entry_size(DVec2::new(step(px.x).exp2(), step(px.y).exp2())) }
    }

    /// The size of a tile that would be read from the photograph, at the resolution of the tile itself: it is soon there.
    fn tile_sized(&self, size: EntrySize) -> Option<EntrySize> {
        let side = self.source.layout().side();
        let longest = size.width.max(size.height);
        let scaled = |length: u32| ((length * side / longest) / 2 * 2).max(4);
        (longest > side * 2).then(|| EntrySize::new(scaled(size.width), scaled(size.height)))
    }

    /// Loads all `wanted` tiles before it returns, except those that cannot be read.
    pub fn load_all(&mut self, gpu: &Gpu, wanted: &[TileRequest]) -> TilesReport {
        let mut report = TilesReport::default();
        self.atlas.begin_frame();
        let mut missing: HashSet<_> = wanted.iter().copied().filter(|request| self.is_missing(*request)).collect();
        let mut queue: Vec<_> = wanted.iter().rev().copied().filter(|request| missing.contains(request)).collect();
        while !missing.is_empty() {
            while let Some(request) = queue.last() {
                if self.requested.contains(request) || self.requests.try_send(*request).is_ok() {
                    self.requested.insert(*request);
                    queue.pop();
                } else {
                    break;
                }
            }
            let Ok(response) = self.responses.recv() else { break };
            missing.remove(&response.request);
            report.uploads += usize::from(self.upload(gpu, response));
        }
        self.completed(report, wanted)
    }

    /// Streams what a live frame has time for: uploads responses that are ready and a coarse tile for every portrait
    /// that has none, and requests what is `wanted` now and then what is to be prefetched.
    pub fn stream(&mut self, gpu: &Gpu, wanted: &[TileRequest], prefetch: &[TileRequest]) -> TilesReport {
        let mut report = TilesReport::default();
        self.atlas.begin_frame();
        for TileRequest { person, size } in wanted.iter().chain(prefetch) {
            self.atlas.touch(*person, *size);
        }
        let mut texels = 0;
        while texels < LIVE_TEXELS_A_FRAME {
            let Ok(response) = self.responses.try_recv() else { break };
            let size = response.request.size;
            texels += (size.width * size.height) as usize;
            report.uploads += usize::from(self.upload(gpu, response));
        }
        for request in wanted {
            if !self.is_missing(*request) {
                continue;
            }
            let person = request.person;
            if let Some(size) = self.tile_sized(request.size)
                && self.atlas.touch(person, size).is_none()
            {
                self.request(TileRequest { person, size });
            }
            self.request(*request);
            if self.atlas.touch(person, COARSE).is_none() {
                let texels = self.resampler.entry_texels(self.source.as_ref(), person, COARSE);
                let response = Response { request: TileRequest { person, size: COARSE }, texels };
                report.uploads += usize::from(self.upload(gpu, response));
            }
        }
        for request in prefetch {
            if self.is_missing(*request) {
                self.request(*request);
            }
        }
        self.completed(report, wanted)
    }

    /// The entry to draw a portrait from: of this size, or the finest coarser one until that is loaded.
    pub fn entry(&mut self, person: u32, size: EntrySize) -> Option<AtlasEntry> {
        if let Some(entry) = self.atlas.touch(person, size) {
            return Some(entry);
        }
        let tile_sized = self.tile_sized(size).and_then(|size| self.atlas.touch(person, size));
        tile_sized.or_else(|| self.atlas.touch(person, COARSE))
    }

    /// The tone of each of `people`, in their order.
    pub fn tones(&self, people: &[u32]) -> Vec<PortraitTone> {
        self.source.tones(people)
    }

    /// Whether a tile is neither in the atlas nor known to be unreadable.
    fn is_missing(&mut self, TileRequest { person, size }: TileRequest) -> bool {
        self.atlas.touch(person, size).is_none()
            && self.failed.get(&person).is_none_or(|since| since.elapsed() >= RETRY)
    }

    fn request(&mut self, request: TileRequest) {
        if self.requested.contains(&request) {
            return;
        }
        // A full queue is no loss: the next frame requests again what is still missing.
        match self.requests.try_send(request) {
            Ok(()) => drop(self.requested.insert(request)),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }

    /// Uploads a response to the atlas. Returns whether anything was uploaded.
    fn upload(&mut self, gpu: &Gpu, Response { request, texels }: Response) -> bool {
        self.requested.remove(&request);
        let TileRequest { person, size } = request;
        match texels {
            Ok(texels) => {
                self.failed.remove(&person);
                // If the size is no longer wanted, its entry is the first to be evicted.
                if self.atlas.touch(person, size).is_some() {
                    return false;
                }
                let Some(entry) = self.atlas.allocate(person, size) else { return false };
                self.textures.write(gpu, entry, &texels);
                true
            }
            Err(error) => {
                if self.failed.insert(person, Instant::now()).is_none() {
                    tracing::warn!("portrait {person} cannot be read from the library: {error}");
                }
                false
            }
        }
    }

    /// Completes a report with the tiles that are not shown at their size.
    fn completed(&mut self, mut report: TilesReport, wanted: &[TileRequest]) -> TilesReport {
        for TileRequest { person, size } in wanted {
            if self.atlas.touch(*person, *size).is_none() {
                match self.entry(*person, *size) {
                    Some(_) => report.below_wanted += 1,
                    None => report.unreadable += 1,
                }
            }
        }
        report
    }
}
