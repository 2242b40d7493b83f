//! The threads that read and decode tiles. See [`TileWorkers`].

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use rustc_hash::{FxHashMap, FxHashSet};

use super::slots::Level;
use super::tile_texels::{MipTexels, TileDecoder};
use millions_base::catch_panic;
use millions_wall::tile::TileSource;

/// How long a tile that could not be read is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// A portrait at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileRequest {
    pub person: u32,
    pub level: Level,
}

/// A tile that was read.
pub struct DecodedTile {
    pub request: TileRequest,
    /// None where it could not be read, or is no longer wanted.
    pub mips: Option<Vec<MipTexels>>,
}

struct Response {
    request: TileRequest,
    /// That of the request.
    epoch: u64,
    mips: std::io::Result<Vec<MipTexels>>,
}

/// A thread for each core, and what is on its way to and from them.
pub struct TileWorkers {
    requests: Sender<(TileRequest, u64)>,
    responses: Receiver<Response>,
    in_flight: HashSet<TileRequest>,
    /// A tile that the last frame had no time for.
    postponed: Option<DecodedTile>,
    failed: FxHashMap<u32, Instant>,
    /// Counts the times that portraits were forgotten; and by portrait, the last: what was requested before is not its own.
    epoch: u64,
    forgotten: FxHashMap<u32, u64>,
}

impl TileWorkers {
    pub fn new(source: &Arc<dyn TileSource>) -> Self {
        let (requests, queue) = bounded::<(TileRequest, u64)>(4096);
        let (done, responses) = bounded(256);
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            let (source, queue, done) = (source.clone(), queue.clone(), done.clone());
            // A worker ends when `TileWorkers` drops the other ends of its channels.
            std::thread::spawn(move || {
                let mut decoder = TileDecoder::default();
                for (request, epoch) in queue {
                    let mips = decode(&mut decoder, source.as_ref(), request);
                    if done.send(Response { request, epoch, mips }).is_err() {
                        return;
                    }
                }
            });
        }
        let (in_flight, failed, forgotten) = (HashSet::new(), FxHashMap::default(), FxHashMap::default());
        Self { requests, responses, in_flight, postponed: None, failed, epoch: 0, forgotten }
    }

    /// Requests a tile. Returns whether it is on its way: a full queue is no loss, the next frame requests again what is still
    /// missing.
    pub fn request(&mut self, request: TileRequest) -> bool {
        if self.in_flight.contains(&request) {
            return true;
        }
        let is_sent = self.requests.try_send((request, self.epoch)).is_ok();
        if is_sent {
            self.in_flight.insert(request);
        }
        is_sent
    }

    /// Whether a portrait is not known to be unreadable.
    pub fn may_read(&self, portrait: u32) -> bool {
        self.failed.get(&portrait).is_none_or(|since| since.elapsed() >= RETRY)
    }

    /// Returns a tile that is decoded.
    pub fn receive(&mut self) -> Option<DecodedTile> {
        self.postponed.take().or_else(|| self.responses.try_recv().ok().map(|response| self.accept(response)))
    }

    /// The same, and waits for one; none without workers. Something has to be on its way.
    pub fn wait(&mut self) -> Option<DecodedTile> {
        self.postponed.take().or_else(|| self.responses.recv().ok().map(|response| self.accept(response)))
    }

    /// Gives back a tile, to be received first in the next frame.
    pub fn postpone(&mut self, tile: DecodedTile) {
        self.postponed = Some(tile);
    }

    /// Drops what is on its way of portraits, and forgets that they could not be read.
    pub fn forget(&mut self, portraits: &FxHashSet<u32>) {
        self.epoch += 1;
        self.forgotten.extend(portraits.iter().map(|portrait| (*portrait, self.epoch)));
        self.failed.retain(|portrait, _| !portraits.contains(portrait));
        self.postponed.take_if(|tile| portraits.contains(&tile.request.person));
        self.in_flight.retain(|request| !portraits.contains(&request.person));
    }

    /// Accepts a response; what was requested of a portrait before it was forgotten is as if it could not be read.
    fn accept(&mut self, Response { request, epoch, mips }: Response) -> DecodedTile {
        if self.forgotten.get(&request.person).is_some_and(|since| epoch < *since) {
            return DecodedTile { request, mips: None };
        }
        self.in_flight.remove(&request);
        match &mips {
            Ok(_) => drop(self.failed.remove(&request.person)),
            Err(error) => {
                if self.failed.insert(request.person, Instant::now()).is_none() {
                    tracing::warn!("portrait {} cannot be read from the library: {error}", request.person);
                }
            }
        }
        DecodedTile { request, mips: mips.ok() }
    }
}

/// Decodes a tile; a panic costs that tile, not the worker.
fn decode(decoder: &mut TileDecoder, source: &dyn TileSource, request: TileRequest) -> std::io::Result<Vec<MipTexels>> {
    catch_panic(|| decoder.decode(source, request.person, request.level)).unwrap_or_else(|panic| {
        *decoder = TileDecoder::default();
        Err(std::io::Error::other(format!("its decoder failed: {panic}")))
    })
}
