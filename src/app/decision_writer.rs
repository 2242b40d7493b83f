//! What the operator decides about people, written down. See [`DecisionWriter`].

use std::io;
use std::mem;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, never, select_biased, tick, unbounded};

use millions_control::{Refused, Reply};
use millions_library::{CropTakesEffect, Library, ManualCrop};
use millions_wall::tile::PortraitNumber;

/// Crops that may wait to be written down. A hand makes one in seconds.
const MOST_CROPS: usize = 64;
/// How long after what could not be written it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// A decision about a crop; none takes it back.
type Crop = (PortraitNumber, Option<ManualCrop>);

/// A person to hide, and who waits for that.
type Hide = (PortraitNumber, Reply);

/// Writes decisions into the library on a thread, for that syncs files and looks at photographs. Dropped, it waits for what is
/// not written yet.
pub struct DecisionWriter {
    library: Arc<Library>,
    /// From the first decision on.
    running: Option<Running>,
}

struct Running {
    hides: Sender<Hide>,
    crops: Sender<Crop>,
    thread: JoinHandle<()>,
}

impl DecisionWriter {
    pub const fn new(library: Arc<Library>) -> Self {
        Self { library, running: None }
    }

    /// Hides a portrait for good. `reply` is taken, and told when that is written, or cannot be; then it is tried again until it can.
    ///
    /// # Errors
    /// Where there is no such portrait.
    pub fn hide(&mut self, portrait: PortraitNumber, reply: &mut Reply) -> Result<(), Refused> {
        if !self.library.contains(portrait) {
            return Err(nobody(portrait));
        }
        let hide = (portrait, mem::take(reply));
        let unsent = match self.running() {
            Ok(running) => running.hides.send(hide).map_err(|error| error.into_inner()),
            Err(_) => Err(hide),
        };
        // The wall takes it off all the same.
        if let Err((portrait, reply)) = unsent {
            let text = format!("{}: there is no thread that writes it", unwritten(portrait));
            tracing::error!("{text}");
            reply.send(Err(Refused(text)));
        }
        Ok(())
    }

    /// Decides about the crop of a portrait. What becomes of it is told in the log.
    ///
    /// # Errors
    /// Where there is no such portrait, or too many wait.
    pub fn crop(&mut self, portrait: PortraitNumber, crop: Option<ManualCrop>) -> Result<(), Refused> {
        if !self.library.contains(portrait) {
            return Err(nobody(portrait));
        }
        let running = self.running().map_err(|error| Refused(format!("no crop can be written: {error}")))?;
        running.crops.try_send((portrait, crop)).map_err(|error| match error {
            TrySendError::Full(_) => Refused(format!("{MOST_CROPS} crops wait to be written")),
            TrySendError::Disconnected(_) => Refused("crops cannot be written any more".to_owned()),
        })
    }

    fn running(&mut self) -> io::Result<&Running> {
        if self.running.is_none() {
            let library = Arc::clone(&self.library);
            let ((hides, to_hide), (crops, to_crop)) = (unbounded(), bounded(MOST_CROPS));
            let thread =
                thread::Builder::new().name("decisions".into()).spawn(move || write(&library, &to_hide, &to_crop))?;
            self.running = Some(Running { hides, crops, thread });
        }
        self.running.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Drop for DecisionWriter {
    fn drop(&mut self) {
        if let Some(Running { hides, crops, thread }) = self.running.take() {
            drop((hides, crops));
            // A panic in the thread was printed when it happened.
            let _ = thread.join();
        }
    }
}

fn nobody(portrait: PortraitNumber) -> Refused {
    Refused(format!(
        "there is no portrait {portrait}: one that is cropped anew has another number, see `millions library list`"
    ))
}

fn unwritten(portrait: PortraitNumber) -> String {
    format!("portrait {portrait} is hidden only until the program ends")
}

/// Writes until nobody can send any more and nothing waits. Who is to be hidden is first, and again as long as that cannot be
/// written.
fn write(library: &Library, hides: &Receiver<Hide>, crops: &Receiver<Crop>) {
    let (mut hides, mut crops, again) = (hides.clone(), crops.clone(), tick(AGAIN));
    let (mut may_hide, mut may_crop) = (true, true);
    while may_hide || may_crop {
        select_biased! {
            recv(hides) -> hide => match hide {
                Ok((portrait, reply)) => {
                    let written = library.hide(portrait).map_err(|error| format!("{}: {error}", unwritten(portrait)));
                    if let Err(error) = &written {
                        tracing::error!("{error}");
                    }
                    reply.send(written.map_err(Refused));
                }
                Err(_) => (may_hide, hides) = (false, never()),
            },
            recv(again) -> _ => write_again(library),
            recv(crops) -> crop => match crop {
                Ok((portrait, crop)) => write_crop(library, portrait, crop),
                Err(_) => (may_crop, crops) = (false, never()),
            },
        }
    }
    write_again(library);
}

/// Tries again to write who is hidden.
fn write_again(library: &Library) {
    // That it cannot be written was told.
    if let Ok(written @ 1..) = library.write_decisions() {
        tracing::warn!("{written} portraits that were hidden only until the program ends are hidden for good now");
    }
}

fn write_crop(library: &Library, portrait: PortraitNumber, crop: Option<ManualCrop>) {
    match library.decide_crop(portrait, crop) {
        Ok(CropTakesEffect::Soon) => tracing::info!("the crop of portrait {portrait} is decided by hand"),
        Ok(CropTakesEffect::WithNextIngest) => tracing::warn!(
            "the crop of portrait {portrait} is kept, and made with the next ingest of its photograph: this wall brings in none"
        ),
        Err(error) => tracing::warn!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_library::{Detections, LibraryWriter, NewPortrait};
    use millions_wall::tile::{TileLayout, TileSource as _};
    use millions_wall::tone::ToneFigures;

    /// All that was decided is written when it is dropped, and what cannot be is refused.
    #[test]
    fn decisions_are_written_before_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = LibraryWriter::create_or_open(dir.path(), 32, 0.8).unwrap();
        let library = writer.library();
        let (tile, floor) = (vec![0; library.layout().stride()], vec![0; TileLayout::floor().stride()]);
        for hash in 0..3 {
            let (tone, detections) = (ToneFigures::default(), Detections::default());
            let (tile, floor) = (tile.clone(), floor.clone());
            let portrait =
                NewPortrait { hash: [hash; 32], edit: Default::default(), source: None, tone, detections, tile, floor };
            writer.add(portrait).unwrap();
        }
        writer.commit().unwrap();
        let mut decisions = DecisionWriter::new(Arc::clone(&library));
        assert!(decisions.crop(7, None).unwrap_err().to_string().contains("no portrait 7"));
        decisions.crop(1, Some(ManualCrop::Accepted)).unwrap();
        assert!(decisions.hide(7, &mut Reply::default()).is_err());
        decisions.hide(0, &mut Reply::default()).unwrap();
        decisions.hide(2, &mut Reply::default()).unwrap();
        drop(decisions);
        assert_eq!(library.portraits(), [1]);
        assert!(!dir.path().join("crops.txt").exists(), "of no photograph there is no crop");
    }
}
