//! Fetching photographs from servers ahead of the workers: many at a time, for each waits longer for the network than it takes to decode.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::super::budget::OwnedShare;
use super::super::decode::{SNIFF_BYTES, sniff};
use super::super::worker::{Job, Outcome, Shared};
use super::Fault;

/// Photographs that are fetched at a time.
pub const FETCHERS: usize = 16;
/// What all that are fetched and not decoded yet may take.
pub const FETCHED_BYTES: u64 = 256 << 20;

/// The least that a photograph counts, for servers do not always say how long it is.
const LEAST_SHARE: u64 = 4 << 20;

/// The bytes of a photograph, with their share of the memory.
pub struct Fetched {
    pub bytes: Vec<u8>,
    _share: OwnedShare,
}

/// Runs a fetcher until there are no more jobs. Those of files of this machine pass through, so that all come to the workers from
/// within the window.
pub fn fetch(shared: &Arc<Shared>, jobs: &Receiver<Job>, fetched: &Sender<Job>) {
    for mut job in jobs {
        // Before any memory is taken: whoever holds some is in the window, and depends on nobody who waits for it.
        shared.window.wait_for(job.position);
        if shared.stopped() {
            return;
        }
        if let Some(place) = shared.places.of(&job.source.path) {
            let limit = shared.limits.max_alloc_bytes;
            let share = shared.fetched.take_owned(job.source.stamp.size.clamp(LEAST_SHARE, limit));
            let check = |start: &[u8]| sniff(&start[..start.len().min(SNIFF_BYTES)]).map(|_| ());
            let bytes = place.read(&job.source.path, limit, &|| shared.stopped(), check);
            job.fetched = Some(match bytes {
                Ok(bytes) => Ok(Fetched { bytes, _share: share }),
                Err(Fault::Stopped) => return,
                Err(Fault::Rejected(reason)) => Err(Outcome::Rejected(reason)),
                Err(Fault::Unreadable(reason)) => Err(Outcome::Unreadable(reason)),
            });
        }
        if fetched.send(job).is_err() {
            return;
        }
    }
}
