//! Streams tiles into the cache: what a plan wants and the cache lacks is requested from workers, and uploaded. See [`Tiles`].

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Gpu;
use super::cell_table::{CellBuffer, CellTable, FADE_STEPS, NO_TILE, cell_word, slot_of_word};
use super::floors::{CHUNK_TEXELS, FloorChunk, Floors};
use super::slots::{LAYER_SIDE, Level, MAX_LAYERS, ROOMY_LAYERS, Slot, Slots};
use super::tile_textures::{LAYER_BYTES, Room, TileTextures};
pub use super::tile_workers::TileRequest;
use super::tile_workers::{DecodedTile, TileWorkers};
use super::wanted_tiles::{Sampling, WantedTiles};
use millions_stage::OutputId;
use millions_wall::WallPlan;
use millions_wall::tile::TileSource;
use millions_wall::tone::PortraitTone;

/// Texels that a live frame may upload: a whole new 4K wall within half a second at 60 frames.
const LIVE_TEXELS_A_FRAME: usize = 1 << 20;
/// Runs of tiles that a live frame may upload, and after how many it stops once [`LIVE_UPLOAD_TIME`] has passed. Each is a write for each
/// mip of each plane, some 25 of them, and a write takes a few microseconds of a fast processor and 25 of a slow one, whatever its size.
const LIVE_RUNS_A_FRAME: usize = 96;
const LEAST_RUNS_A_FRAME: usize = 4;
/// What a live frame may take to upload tiles, a quarter of a frame at 60 Hz: a slow processor brings detail over more frames, and
/// none of them is late.
const LIVE_UPLOAD_TIME: Duration = Duration::from_millis(4);
/// Texels that the driver may hold copies of while everything is loaded at once: some 50 MB.
const MOST_STAGED_TEXELS: usize = 8 << 20;
/// Layers that are allocated beside those of the floors of many people, for growing takes a copy of all; and the floors' layers
/// from which on all that the cache has before it becomes thrifty is allocated at once.
const LAYERS_BESIDE_FLOORS: u32 = 8;
const FLOORS_OF_A_MULTITUDE: u32 = 8;
/// Levels by which a tile is finer than it needs to be, from which on a coarser one is brought in its place: a zoom from one person to
/// everybody would keep its largest tiles for as long as these people are in view.
const EXCESS_LEVELS: usize = 2;
/// Submissions after which an output that was not drawn is gone.
const GONE_SUBMISSIONS: u64 = 120;
/// Cells that a live frame examines, of what it shows and of what is to come: all of a wall of so many, a larger one in turn.
const LIVE_CELLS_A_FRAME: usize = 4096;
const PREFETCHED_CELLS_A_FRAME: usize = 2048;
/// Plans ahead that are examined each from where it was left; a live frame has two of what comes and two of what may be cued.
const PLANS_AHEAD: usize = 4;
/// How long a finer tile takes to replace a coarser one.
const FADE_SECS: f32 = 0.25;
/// The least texels that a pixel of a tile wants, by the longer of its sides: with one sample a pixel as many as make it sharp
/// without making it flicker, with four half a mip more. See tests/pixels/sampling.rs.
const TEXELS_A_PIXEL: f64 = 0.87;
const SUPERSAMPLED_TEXELS_A_PIXEL: f64 = 1.3;

/// A tile that is being refined.
struct Fade {
    portrait: u32,
    level: Level,
    /// In steps of [`FADE_STEPS`] a level.
    from: f32,
    began: Instant,
}

/// How fine a portrait's tile is, against what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// Not as fine, or there is none.
    Coarse,
    Fits,
    /// By [`EXCESS_LEVELS`] and more too fine.
    Excessive,
}

/// How far the cells of an output have been examined.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    /// Frames that a round takes.
    turn: u64,
    /// The submission in which it was last continued.
    submission: u64,
    /// The next cell.
    next: usize,
    /// Of this round.
    found: Coarse,
    /// Of the round before.
    before: Coarse,
    /// The next cells of the plans that are ahead.
    next_ahead: [usize; PLANS_AHEAD],
}

/// The cells whose tile is not as it should be.
#[derive(Clone, Copy, Debug, Default)]
struct Coarse {
    below_wanted: usize,
    without: usize,
}

/// The tile cache, the table of cells that are drawn from it, and the workers that fill it.
pub struct Tiles {
    source: Arc<dyn TileSource>,
    slots: Slots,
    /// What there is room for beside the floors, and all that may ever be allocated.
    layers_beside_floors: u32,
    most_layers: u32,
    floors: Floors,
    textures: TileTextures,
    cells: CellBuffer,
    fades: Vec<Fade>,
    /// Of what is shown.
    scans: FxHashMap<OutputId, Scan>,
    submission: u64,
    workers: TileWorkers,
    /// Portraits that are gone: they are not shown, whatever a plan says.
    retired: FxHashSet<u32>,
    sampling: Sampling,
    /// Of portraits that were shown, as of a version of the source's.
    tones: FxHashMap<u32, PortraitTone>,
    tones_version: u64,
}

/// The state of the tiles that a frame needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TilesReport {
    /// Tiles uploaded to the GPU, floors not counted.
    pub uploads: usize,
    /// Texels of luma uploaded, mips not counted.
    pub texels: usize,
    /// Cells that are shown coarser than they should be, for now.
    pub below_wanted: usize,
    /// Cells without a tile: they stay dark until it is read, or for as long as it cannot be.
    pub missing: usize,
}

impl Tiles {
    /// Creates a cache for outputs of `output_px` pixels together and for `scenes` scenes at once, within the GPU's budget.
    pub fn new(gpu: &Gpu, source: Arc<dyn TileSource>, output_px: u64, scenes: u32) -> Self {
        // A tile has up to twice as many texels as it wants each way. There is room for the wall at 2.5 texels a pixel, for the
        // next one, and for each more scene that may be cued; for twelve layers of levels that a zoom leaves; and beside them for
        // the floors of as many people as there are, sixteen layers of a million.
        let layer_texels = u64::from(LAYER_SIDE) * u64::from(LAYER_SIDE);
        let limit = gpu.device.limits().max_texture_array_layers.min(MAX_LAYERS);
        let layers = 12 + (output_px * u64::from(2 + scenes) * 5 / 2).div_ceil(layer_texels);
        let budget = gpu.memory_budget().map_or(u64::MAX, |bytes| (bytes / LAYER_BYTES).max(2));
        let limit = u32::try_from(budget).map_or(limit, |budget| budget.min(limit));
        let layers = u32::try_from(layers).map_or(limit, |layers| layers.min(limit));
        let texels_a_pixel = if gpu.supersamples() { SUPERSAMPLED_TEXELS_A_PIXEL } else { TEXELS_A_PIXEL };
        Self {
            // At the most twice that of tiles and photographs.
            sampling: Sampling { texels_a_pixel, most_log2: (source.finest_side() * 2).ilog2() },
            floors: Floors::new(&source),
            workers: TileWorkers::new(&source),
            source,
            slots: Slots::new(layers),
            layers_beside_floors: layers,
            most_layers: limit,
            textures: TileTextures::new(gpu),
            cells: CellBuffer::new(gpu),
            fades: Vec::new(),
            scans: FxHashMap::default(),
            submission: GONE_SUBMISSIONS,
            retired: FxHashSet::default(),
            tones: FxHashMap::default(),
            tones_version: 0,
        }
    }

    pub const fn textures(&self) -> &TileTextures {
        &self.textures
    }

    /// The words of the cells of rows.
    pub const fn cell_buffer(&self) -> &wgpu::Buffer {
        self.cells.buffer()
    }

    /// The sides that tiles want.
    pub const fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// Begins a submission: what it draws from is not evicted before the next one.
    pub fn begin_submission(&mut self) {
        self.submission += 1;
        let present = self.submission - GONE_SUBMISSIONS;
        self.scans.retain(|_, scan| scan.submission >= present);
        self.slots.begin_frame(self.scans.values().map(|scan| scan.turn).max().unwrap_or(1));
        self.cells.table.begin_submission();
        let version = self.source.tones_version();
        if self.tones_version != version {
            self.tones.clear();
            self.tones_version = version;
        }
    }

    /// Puts the rows of a plan into the table of cells, and requests the floors of everybody.
    pub fn hold_rows(&mut self, plan: &WallPlan) {
        let Self { cells, floors, .. } = self;
        for row in &plan.rows {
            cells.table.row(&row.cells, |portrait| want_floor(floors, portrait));
        }
    }

    /// Forgets all that there is of portraits that are gone, and shows none of them from now on, whatever a plan says.
    pub fn retire(&mut self, portraits: &[u32]) {
        self.retired.extend(portraits);
        self.forget(portraits);
    }

    /// Forgets all that there is of portraits whose numbers are somebody's anew, and shows these.
    pub fn renew(&mut self, portraits: &[u32]) {
        self.forget(portraits);
        for portrait in portraits {
            self.retired.remove(portrait);
            // It may be on the wall already.
            if self.cells.table.is_held(*portrait) {
                self.floors.want(*portrait);
            }
        }
    }

    fn forget(&mut self, portraits: &[u32]) {
        for portrait in portraits.iter().copied() {
            self.slots.remove(portrait);
            self.floors.forget(portrait);
            self.cells.table.set(portrait, NO_TILE);
        }
        let portraits: FxHashSet<_> = portraits.iter().copied().collect();
        self.fades.retain(|fade| !portraits.contains(&fade.portrait));
        self.workers.forget(&portraits);
    }

    /// The index of the first word of a row that is held.
    pub fn first_word(&mut self, row: &millions_wall::RowLoop) -> u32 {
        let Self { cells, floors, .. } = self;
        cells.table.row(row, |portrait| want_floor(floors, portrait))
    }

    /// The word of a portrait's cells now.
    fn word(&self, portrait: u32) -> u32 {
        self.cells.table.word(portrait)
    }

    /// The word by which vertices draw a portrait in this submission: no other takes its slot before that is drawn.
    pub fn drawn_word(&mut self, portrait: u32) -> u32 {
        let word = self.word(portrait);
        if let Some((slot, _)) = slot_of_word(word) {
            self.slots.mark_drawn(slot);
        }
        word
    }

    /// Loads all `wanted` tiles before it returns, except those that cannot be read.
    pub fn load_all(&mut self, gpu: &Gpu, wanted: &WantedTiles) -> TilesReport {
        let mut report = TilesReport::default();
        self.begin_load(gpu, true);
        let (mut coarse, mut floors, mut staged) = (Vec::new(), Vec::new(), 0);
        self.examine_all(wanted, |this, request| {
            if request.level == Level::FLOOR {
                floors.push(request);
            } else if this.may_read(request) {
                coarse.push(request);
            }
        });
        for request in &floors {
            while self.floors.is_awaited(request.person) {
                let Some(chunk) = self.floors.receive(true) else { break };
                self.upload_floors(gpu, chunk);
                self.drain(gpu, &mut staged, CHUNK_TEXELS);
            }
        }
        // A floor that cannot be read may still be a tile that can.
        coarse.extend(floors.into_iter().filter(|request| self.word(request.person) == NO_TILE));
        let mut missing: HashSet<_> =
            coarse.into_iter().map(above_floor).filter(|request| self.is_missing(*request)).collect();
        let mut queue: Vec<_> = missing.iter().copied().collect();
        while !missing.is_empty() {
            while queue.last().is_some_and(|request| self.workers.request(*request)) {
                queue.pop();
            }
            let Some(tile) = self.workers.wait() else { break };
            missing.remove(&tile.request);
            let texels = (tile.request.level.side() as usize).pow(2);
            // It waits for room, and gives no tile back.
            report.uploads += usize::from(matches!(self.upload(gpu, tile, true), Ok(true)));
            self.drain(gpu, &mut staged, texels);
        }
        self.finish_fades();
        let mut found = Coarse::default();
        self.examine_all(wanted, |this, request| found.add(this.word(request.person)));
        self.flush(gpu);
        TilesReport { below_wanted: found.below_wanted, missing: found.without, ..report }
    }

    /// Streams what a live frame of an output has time for: uploads what is read, and requests what is `wanted` now and then what
    /// is `ahead`, the soonest first.
    pub fn stream(&mut self, gpu: &Gpu, output: OutputId, wanted: &WantedTiles, ahead: &[WantedTiles]) -> TilesReport {
        let mut report = TilesReport::default();
        self.begin_load(gpu, false);
        let (runs, began) = (self.textures.runs(), Instant::now());
        let may_upload =
            |runs: usize| runs < LEAST_RUNS_A_FRAME || (runs < LIVE_RUNS_A_FRAME && began.elapsed() < LIVE_UPLOAD_TIME);
        // What is written to textures that are being copied would be lost.
        while !self.textures.is_growing()
            && report.texels < LIVE_TEXELS_A_FRAME
            && may_upload(self.textures.runs() - runs)
        {
            if let Some(tile) = self.workers.receive() {
                let texels = (tile.request.level.side() as usize).pow(2);
                if report.texels > 0 && report.texels + texels > LIVE_TEXELS_A_FRAME {
                    self.workers.postpone(tile);
                    break;
                }
                let is_uploaded = match self.upload(gpu, tile, false) {
                    Ok(is_uploaded) => is_uploaded,
                    Err(tile) => {
                        self.workers.postpone(tile);
                        break;
                    }
                };
                report.uploads += usize::from(is_uploaded);
                report.texels += if is_uploaded { texels } else { 0 };
            } else if let Some(chunk) = self.floors.receive(false) {
                report.texels += CHUNK_TEXELS;
                self.upload_floors(gpu, chunk);
            } else {
                break;
            }
        }
        self.floors.request();
        let mut found = Coarse::default();
        for request in &wanted.sprites {
            if self.is_coarse(*request) {
                found.add(self.word(request.person));
                self.request_in_steps(*request);
            }
        }
        let mut shown = self.scans.get(&output).copied().unwrap_or_default();
        (shown.turn, shown.submission) = (wanted.cells().div_ceil(LIVE_CELLS_A_FRAME).max(1) as u64, self.submission);
        self.scan(&mut shown, wanted);
        for (index, ahead) in ahead.iter().enumerate() {
            self.prefetch(ahead, &mut shown.next_ahead[index.min(PLANS_AHEAD - 1)]);
        }
        self.scans.insert(output, shown);
        self.update_fades();
        self.flush(gpu);
        report.below_wanted = found.below_wanted + shown.found.below_wanted.max(shown.before.below_wanted);
        report.missing = found.without + shown.found.without.max(shown.before.without);
        report
    }

    /// Takes what is there: nothing is requested but the floors of new rows, and nothing is uploaded but the table of cells.
    pub fn take(&mut self, gpu: &Gpu) -> TilesReport {
        self.begin_load(gpu, false);
        self.flush(gpu);
        TilesReport::default()
    }

    /// Examines the next cells of an output, and requests what they lack.
    fn scan(&mut self, scan: &mut Scan, wanted: &WantedTiles) {
        let cells = wanted.cells();
        // All of them: a round a frame.
        if cells <= LIVE_CELLS_A_FRAME || self.needs_floors_alone(wanted) {
            *scan = Scan { next: 0, found: Coarse::default(), before: Coarse::default(), ..*scan };
        }
        if self.needs_floors_alone(wanted) {
            return;
        }
        if scan.next >= cells {
            *scan = Scan { next: 0, found: Coarse::default(), before: scan.found, ..*scan };
        }
        let count = LIVE_CELLS_A_FRAME.min(cells - scan.next);
        let [coarse, excessive] = self.unfit_cells(wanted, scan.next, count);
        for request in coarse {
            scan.found.add(self.word(request.person));
            self.request_in_steps(request);
        }
        self.request_if_room(excessive);
        scan.next += count;
    }

    /// Requests what will be shown.
    fn prefetch(&mut self, wanted: &WantedTiles, next: &mut usize) {
        for request in &wanted.sprites {
            if self.is_missing(*request) {
                self.request(*request);
            }
        }
        let cells = wanted.cells();
        if cells == 0 || self.needs_floors_alone(wanted) {
            return;
        }
        // Of many cells some are examined in each frame, in a ring: their number changes from frame to frame, and where another scene
        // may be cued what they are, too.
        let (from, count) = (*next % cells, PREFETCHED_CELLS_A_FRAME.min(cells));
        *next = from + count;
        let to_end = count.min(cells - from);
        for (from, count) in [(from, to_end), (0, count - to_end)] {
            let [coarse, _] = self.unfit_cells(wanted, from, count);
            self.request_if_room(coarse);
        }
    }

    /// Requests what is not needed now, unless there was no room lately.
    fn request_if_room(&mut self, requests: Vec<TileRequest>) {
        for request in requests {
            if self.may_read(request) && self.slots.may_take(request.level) {
                self.request(request);
            }
        }
    }

    /// Whether the cells are so small that they want no more than the floors, and all those are there.
    fn needs_floors_alone(&self, wanted: &WantedTiles) -> bool {
        wanted.is_of_floors() && self.floors.is_idle()
    }

    /// Of `count` cells from the cell `from` on those whose tiles are too coarse, and those that have far finer ones alone.
    fn unfit_cells(&mut self, wanted: &WantedTiles, from: usize, count: usize) -> [Vec<TileRequest>; 2] {
        let [mut coarse, mut excessive] = [const { Vec::new() }; 2];
        wanted.for_each(from, count, |request| match self.fit(request) {
            Fit::Coarse => coarse.push(request),
            Fit::Excessive => excessive.push(request),
            Fit::Fits => {}
        });
        [coarse, excessive]
    }

    /// Calls `coarse` for each wanted tile of which there is none as fine as that.
    fn examine_all(&mut self, wanted: &WantedTiles, mut coarse: impl FnMut(&mut Self, TileRequest)) {
        let mut examine = |request: TileRequest| {
            if self.is_coarse(request) {
                coarse(self, request);
            }
        };
        wanted.sprites.iter().copied().for_each(&mut examine);
        wanted.for_each(0, wanted.cells(), examine);
    }

    /// Makes room for the floors that are requested.
    fn begin_load(&mut self, gpu: &Gpu, waits: bool) {
        if waits {
            self.textures.finish_growing(gpu);
        } else {
            self.textures.grow(gpu);
        }
        let floors = self.floors.layers();
        self.slots.allow((self.layers_beside_floors + floors).min(self.most_layers));
        if floors > 1 {
            let least = if floors < FLOORS_OF_A_MULTITUDE { 0 } else { ROOMY_LAYERS };
            self.reserve(gpu, (floors + LAYERS_BESIDE_FLOORS).max(least).min(self.slots.max_layers()), waits);
        }
    }

    /// Makes room for that many layers; where there is no memory for them, those that there are have to do from now on. Returns
    /// whether that is decided.
    fn reserve(&mut self, gpu: &Gpu, layers: u32, waits: bool) -> bool {
        let room = self.textures.reserve(gpu, layers, self.slots.max_layers(), waits);
        if room == Room::None {
            self.slots.stop_growing(self.textures.room());
        }
        room != Room::Soon
    }

    /// Counts texels that were handed to the driver, and waits for it where they are many: it keeps a copy of each until then.
    fn drain(&mut self, gpu: &Gpu, staged: &mut usize, texels: usize) {
        *staged += texels;
        if *staged > MOST_STAGED_TEXELS {
            *staged = 0;
            self.textures.flush(gpu);
            gpu.queue.submit([]);
            // A lost device is noticed by what draws.
            let _ = gpu.wait();
        }
    }

    /// Uploads what is still to be.
    fn flush(&mut self, gpu: &Gpu) {
        self.textures.flush(gpu);
        self.cells.flush(gpu);
    }

    /// The tone of a portrait.
    pub fn tone(&mut self, person: u32) -> PortraitTone {
        let Self { tones, source, .. } = self;
        *tones.entry(person).or_insert_with(|| source.tones(&[person]).first().copied().unwrap_or_default())
    }

    /// Whether a portrait may have an exposure that was set by hand.
    pub fn has_corrections(&self) -> bool {
        self.source.has_corrections()
    }

    /// Marks the tile as in use that a portrait needs: the one that is drawn, but where that is far finer a coarser one, if there is any, so
    /// that the finer one is evicted in time.
    fn fit(&mut self, TileRequest { person, level }: TileRequest) -> Fit {
        let Some((drawn, _)) = slot_of_word(self.cells.table.word(person)) else { return Fit::Coarse };
        if drawn.level.index() < level.index() + EXCESS_LEVELS {
            self.slots.mark_used(drawn);
            return if drawn.level < level { Fit::Coarse } else { Fit::Fits };
        }
        if level == Level::FLOOR && self.floors.contains(person) {
            return Fit::Fits;
        }
        let needed = self.slots.coarsest(person, level).unwrap_or(drawn);
        self.slots.mark_used(needed);
        if needed.level.index() < level.index() + EXCESS_LEVELS { Fit::Fits } else { Fit::Excessive }
    }

    /// Marks the tile that a portrait needs as in use. Returns whether what is drawn is coarser than that.
    fn is_coarse(&mut self, request: TileRequest) -> bool {
        self.fit(request) == Fit::Coarse
    }

    /// Whether a portrait may be shown, and is not known to be unreadable.
    fn may_read(&self, request: TileRequest) -> bool {
        !self.retired.contains(&request.person) && self.workers.may_read(request.person)
    }

    /// Whether a portrait has nothing as fine as that, nor is known to be unreadable.
    fn is_missing(&mut self, request: TileRequest) -> bool {
        self.is_coarse(request) && self.may_read(request)
    }

    /// Requests a tile that is wanted now, and where it has to be made from a photograph the stored one first, which is there
    /// soon.
    fn request_in_steps(&mut self, request: TileRequest) {
        if !self.may_read(request) || self.floors.is_awaited(request.person) && request.level == Level::FLOOR {
            return;
        }
        let stored = Level::of_log2(self.source.layout().side().ilog2());
        if request.level > stored && !self.slots.contains(request.person, stored) {
            self.request(TileRequest { level: stored, ..request });
        }
        self.request(above_floor(request));
    }

    fn request(&mut self, request: TileRequest) {
        if request.level > Level::FLOOR {
            self.workers.request(request);
        }
    }

    /// Uploads a tile to its slot. Returns whether anything was uploaded, or the tile where there will only be room for it soon.
    fn upload(&mut self, gpu: &Gpu, tile: DecodedTile, waits: bool) -> Result<bool, DecodedTile> {
        let TileRequest { person, level } = tile.request;
        // If the level is no longer wanted, its slot is the first to be evicted.
        let is_wanted = tile.mips.is_some() && !self.retired.contains(&person) && !self.slots.contains(person, level);
        if is_wanted && self.slots.needs_layer(level) && !self.reserve(gpu, self.slots.layers() + 1, waits) {
            return Err(tile);
        }
        // The driver gave fewer, and they are still to be copied.
        if !waits && self.textures.is_growing() {
            return Err(tile);
        }
        let Some(mips) = tile.mips.filter(|_| is_wanted) else { return Ok(false) };
        let slot = self.slots.allocate(person, level);
        for evicted in self.slots.take_evicted() {
            self.place(evicted);
        }
        let Some(slot) = slot else { return Ok(false) };
        self.textures.write(gpu, slot, mips);
        self.refine(person, slot);
        Ok(true)
    }

    fn upload_floors(&mut self, gpu: &Gpu, FloorChunk { index, mips }: FloorChunk) {
        let mips = match mips {
            Ok(mips) => mips,
            Err(error) => {
                tracing::warn!(
                    "the floors of {} portraits cannot be read from the library: {error}",
                    super::floors::CHUNK
                );
                self.floors.reject(index);
                return;
            }
        };
        let Self { floors, slots, textures, .. } = self;
        let accepted = floors.accept(index, || {
            let (layers, most) = (slots.layers(), slots.max_layers());
            // Room was made as they were requested: seldom is there none, and then the copy is made at once.
            if layers < most && textures.reserve(gpu, layers + 1, most, true) == Room::None {
                slots.stop_growing(textures.room());
            }
            slots.take_floor_layer()
        });
        for evicted in self.slots.take_evicted() {
            self.place(evicted);
        }
        let Some((place, portraits)) = accepted else { return };
        self.textures.write_floors(gpu, place, &mips);
        for portrait in portraits {
            if self.word(portrait) == NO_TILE {
                self.place(portrait);
            }
        }
    }

    /// Draws a portrait from the finest tile that there is.
    fn place(&mut self, portrait: u32) {
        let slot = self.slots.finest(portrait).or_else(|| self.floors.slot(portrait));
        let slot = slot.filter(|_| !self.retired.contains(&portrait));
        self.cells.table.set(portrait, slot.map_or(NO_TILE, |slot| cell_word(slot, 0)));
    }

    /// Draws a portrait from a new tile, if that is its finest, beginning as coarse as it was drawn.
    fn refine(&mut self, portrait: u32, slot: Slot) {
        let mut from = 0.0;
        if let Some((before, fade)) = slot_of_word(self.word(portrait)) {
            if before.level >= slot.level {
                return;
            }
            from = (slot.level.index() - before.level.index()) as f32 * FADE_STEPS + fade as f32;
            self.fades.retain(|fade| fade.portrait != portrait);
            self.fades.push(Fade { portrait, level: slot.level, from, began: Instant::now() });
        }
        self.cells.table.set(portrait, cell_word(slot, from as u32));
    }

    fn update_fades(&mut self) {
        let now = Instant::now();
        let table = &mut self.cells.table;
        self.fades.retain(|&Fade { portrait, level, from, began }| {
            let left = 1.0 - (now - began).as_secs_f32() / FADE_SECS;
            fade_to(table, portrait, level, (from * left.max(0.0)).round() as u32) && left > 0.0
        });
    }

    fn finish_fades(&mut self) {
        for Fade { portrait, level, .. } in self.fades.drain(..) {
            fade_to(&mut self.cells.table, portrait, level, 0);
        }
    }
}

/// Sets how far a tile's fade has come. Returns whether the portrait is still drawn from that level.
fn fade_to(table: &mut CellTable, portrait: u32, level: Level, fade: u32) -> bool {
    let slot = slot_of_word(table.word(portrait)).map(|(slot, _)| slot).filter(|slot| slot.level == level);
    if let Some(slot) = slot {
        table.set(portrait, cell_word(slot, fade));
    }
    slot.is_some()
}

/// Requests everybody's floor, of whom one is on the wall.
fn want_floor(floors: &mut Floors, portrait: u32) {
    floors.want_up_to(portrait);
    floors.want(portrait);
}

/// The request of a tile that has a slot.
fn above_floor(request: TileRequest) -> TileRequest {
    TileRequest { level: request.level.max(Level::of_log2(Level::FLOOR.log2() + 1)), ..request }
}

impl Coarse {
    /// Adds a cell, whose word that is.
    fn add(&mut self, word: u32) {
        if word == NO_TILE {
            self.without += 1;
        } else {
            self.below_wanted += 1;
        }
    }
}

#[cfg(test)]
mod tests;
