//! Streams tiles into the cache: what a plan wants and the cache lacks is read and decoded by workers. See [`Tiles`].

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use glam::DVec2;
use rustc_hash::FxHashMap;

use super::Gpu;
use super::slots::{LAYER_SIDE, Level, MAX_LAYERS, Slot, Slots};
use super::tile_texels::{MipTexels, TileDecoder};
use super::tile_textures::TileTextures;
use millions_base::catch_panic;
use millions_wall::tile::TileSource;
use millions_wall::tone::PortraitTone;

/// Texels that a live frame may upload: a whole new 4K wall within half a second at 60 frames.
const LIVE_TEXELS_A_FRAME: usize = 1 << 20;
/// Floors that a live frame may read for portraits of which there is nothing yet: some 20 µs each.
const LIVE_FLOORS_A_FRAME: usize = 256;
/// How long a tile that could not be read is left alone.
const RETRY: Duration = Duration::from_secs(5);
/// The least texels that a pixel of a tile wants, by the longer of its sides: with one sample a pixel as many as make it sharp
/// without making it flicker, with four half a mip more. See tests/pixels/sampling.rs.
const TEXELS_A_PIXEL: f64 = 0.87;
const SUPERSAMPLED_TEXELS_A_PIXEL: f64 = 1.3;

/// A portrait at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileRequest {
    pub person: u32,
    pub level: Level,
}

struct Response {
    request: TileRequest,
    mips: std::io::Result<Vec<MipTexels>>,
}

/// The tile cache, and the workers that fill it.
pub struct Tiles {
    source: Arc<dyn TileSource>,
    slots: Slots,
    textures: TileTextures,
    /// In flight.
    requested: HashSet<TileRequest>,
    failed: HashMap<u32, Instant>,
    requests: Sender<TileRequest>,
    responses: Receiver<Response>,
    decoder: TileDecoder,
    texels_a_pixel: f64,
    /// Of portraits that were shown, as of a version of the source's.
    tones: FxHashMap<u32, PortraitTone>,
    tones_version: u64,
}

/// The state of the tiles that a frame needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TilesReport {
    /// Tiles uploaded to the GPU.
    pub uploads: usize,
    /// Cells that are shown coarser than they should be, for now.
    pub below_wanted: usize,
    /// Cells whose tile cannot be read: they stay dark.
    pub unreadable: usize,
}

impl Tiles {
    /// Creates a cache for outputs of `output_px` pixels together and for `scenes` scenes at once, and a worker for each core.
    pub fn new(gpu: &Gpu, source: Arc<dyn TileSource>, output_px: u64, scenes: u32) -> Self {
        // A tile has up to twice as many texels as it wants each way. There is room for the wall at 2.5 texels a pixel, for the
        // next one, and for each more scene that may be cued; and four layers for the floor and for levels that go out of use.
        let layer_texels = u64::from(LAYER_SIDE) * u64::from(LAYER_SIDE);
        let limit = gpu.device.limits().max_texture_array_layers.min(MAX_LAYERS);
        let layers = 4 + (output_px * u64::from(2 + scenes) * 5 / 2).div_ceil(layer_texels);
        let max_layers = u32::try_from(layers).unwrap_or(limit).min(limit);
        let (requests, queue) = bounded::<TileRequest>(4096);
        let (done, responses) = bounded(256);
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            let (source, queue, done) = (source.clone(), queue.clone(), done.clone());
            // A worker ends when `Tiles` drops the other ends of its channels.
            std::thread::spawn(move || {
                let mut decoder = TileDecoder::default();
                for request in queue {
                    let mips = decode(&mut decoder, source.as_ref(), request);
                    if done.send(Response { request, mips }).is_err() {
                        return;
                    }
                }
            });
        }
        Self {
            source,
            slots: Slots::new(max_layers),
            textures: TileTextures::new(gpu),
            requested: HashSet::new(),
            failed: HashMap::new(),
            requests,
            responses,
            decoder: TileDecoder::default(),
            texels_a_pixel: if gpu.supersamples() { SUPERSAMPLED_TEXELS_A_PIXEL } else { TEXELS_A_PIXEL },
            tones: FxHashMap::default(),
            tones_version: 0,
        }
    }

    pub const fn textures(&self) -> &TileTextures {
        &self.textures
    }

    /// The side that a tile of `px` pixels wants, as a power of two: [`TEXELS_A_PIXEL`] to twice as many a pixel. At the most
    /// it is twice that of tiles and photographs: beyond that a filter gains nothing.
    pub fn wanted_log2(&self, px: DVec2) -> u32 {
        let texels = (px.max_element() * self.texels_a_pixel).ceil().max(1.0) as u32;
        let most = (self.source.finest_side() * 2).ilog2();
        texels.next_power_of_two().ilog2().min(most)
    }

    /// Begins a submission: what it draws from is not evicted before the next one.
    pub fn begin_submission(&mut self) {
        self.slots.begin_frame();
        let version = self.source.tones_version();
        if self.tones_version != version {
            self.tones.clear();
            self.tones_version = version;
        }
    }

    /// Loads all `wanted` tiles before it returns, except those that cannot be read.
    pub fn load_all(&mut self, gpu: &Gpu, wanted: &[TileRequest]) -> TilesReport {
        let mut report = TilesReport::default();
        let coarse = self.touch(wanted);
        let mut missing: HashSet<_> = coarse.iter().copied().filter(|request| self.may_read(*request)).collect();
        let mut queue: Vec<_> = missing.iter().copied().collect();
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
        self.textures.flush(gpu);
        self.completed(report, &coarse)
    }

    /// Streams what a live frame has time for: uploads responses that are ready and the floor of portraits of which there is
    /// nothing, and requests what is `wanted` now and then what is to be prefetched.
    pub fn stream(&mut self, gpu: &Gpu, wanted: &[TileRequest], prefetch: &[TileRequest]) -> TilesReport {
        let mut report = TilesReport::default();
        let (coarse, ahead) = (self.touch(wanted), self.touch(prefetch));
        let mut texels = 0;
        while texels < LIVE_TEXELS_A_FRAME {
            let Ok(response) = self.responses.try_recv() else { break };
            let side = response.request.level.side() as usize;
            texels += side * side;
            report.uploads += usize::from(self.upload(gpu, response));
        }
        let mut floors = 0;
        for request in &coarse {
            if !self.is_missing(*request) {
                continue;
            }
            let floor = TileRequest { level: Level::FLOOR, ..*request };
            if self.slots.touch(request.person, Level::FLOOR).is_none() && floors < LIVE_FLOORS_A_FRAME {
                let mips = decode(&mut self.decoder, self.source.as_ref(), floor);
                report.uploads += usize::from(self.upload(gpu, Response { request: floor, mips }));
                floors += 1;
            }
            // What is read from the photograph takes long: the tile itself is soon there.
            let stored = Level::of_log2(self.source.layout().side().ilog2());
            if request.level > stored && !self.slots.contains(request.person, stored) {
                self.request(TileRequest { level: stored, ..*request });
            }
            self.request(*request);
        }
        for request in ahead {
            if self.is_missing(request) {
                self.request(request);
            }
        }
        self.textures.flush(gpu);
        self.completed(report, &coarse)
    }

    /// The slot to draw a portrait from that is wanted at a level: fine enough, or the finest there is until that is loaded.
    pub fn slot(&mut self, person: u32, level: Level) -> Option<Slot> {
        self.slots.touch(person, level)
    }

    /// The tone of a portrait.
    pub fn tone(&mut self, person: u32) -> PortraitTone {
        let Self { tones, source, .. } = self;
        *tones.entry(person).or_insert_with(|| source.tones(&[person]).first().copied().unwrap_or_default())
    }

    /// Marks slots as in use. Returns the requests of portraits that have nothing as fine as that.
    fn touch(&mut self, requests: &[TileRequest]) -> Vec<TileRequest> {
        requests.iter().copied().filter(|request| self.is_coarse(*request)).collect()
    }

    fn is_coarse(&mut self, TileRequest { person, level }: TileRequest) -> bool {
        self.slots.touch(person, level).is_none_or(|slot| slot.level < level)
    }

    /// Whether a portrait is not known to be unreadable.
    fn may_read(&self, request: TileRequest) -> bool {
        self.failed.get(&request.person).is_none_or(|since| since.elapsed() >= RETRY)
    }

    /// Whether a portrait has nothing as fine as that, nor is known to be unreadable.
    fn is_missing(&mut self, request: TileRequest) -> bool {
        self.is_coarse(request) && self.may_read(request)
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

    /// Uploads a response to its slot. Returns whether anything was uploaded.
    fn upload(&mut self, gpu: &Gpu, Response { request, mips }: Response) -> bool {
        self.requested.remove(&request);
        let TileRequest { person, level } = request;
        match mips {
            Ok(mips) => {
                self.failed.remove(&person);
                // If the level is no longer wanted, its slot is the first to be evicted.
                if self.slots.contains(person, level) {
                    return false;
                }
                let Some(slot) = self.slots.allocate(person, level) else { return false };
                self.textures.reserve(gpu, self.slots.layers(), self.slots.max_layers());
                self.textures.write(gpu, slot, mips);
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

    /// Completes a report with the tiles that are still not there at their level.
    fn completed(&mut self, mut report: TilesReport, coarse: &[TileRequest]) -> TilesReport {
        for TileRequest { person, level } in coarse {
            match self.slots.touch(*person, *level) {
                Some(slot) if slot.level >= *level => {}
                Some(_) => report.below_wanted += 1,
                None => report.unreadable += 1,
            }
        }
        report
    }
}

/// Decodes a tile; a panic costs that tile, not the worker.
fn decode(decoder: &mut TileDecoder, source: &dyn TileSource, request: TileRequest) -> std::io::Result<Vec<MipTexels>> {
    catch_panic(|| decoder.decode(source, request.person, request.level)).unwrap_or_else(|panic| {
        *decoder = TileDecoder::default();
        Err(std::io::Error::other(format!("its decoder failed: {panic}")))
    })
}
