//! Follows the crops that are decided by hand.

use millions_wall::tile::PortraitNumber;

use super::super::error::LibraryError;
use super::super::index::Entry;
use super::Committer;

impl Committer {
    /// Follows what another process, or another thread, has decided about people and crops.
    pub(super) fn follow_decisions(&mut self) -> Result<(), LibraryError> {
        // Takedowns first, and whatever becomes of the crops.
        let followed = self.follow_removals();
        followed.and(self.follow_crops())
    }

    /// Follows crops that were decided by hand: what is accepted is so at once, what is cropped or turned is made anew by the
    /// next round.
    fn follow_crops(&mut self) -> Result<(), LibraryError> {
        if !self.crops.reload() {
            return Ok(());
        }
        self.shared.set_crops(self.crops.get());
        // Also where the commit fails: the round after it commits what is staged then.
        self.shared.start_round();
        self.stage_accepted();
        self.commit()
    }

    /// Stages the portraits whose crop was accepted, and those of which that was taken back.
    pub(super) fn stage_accepted(&mut self) {
        let library = self.writer.library();
        let crops = self.crops.get();
        let changed: Vec<(PortraitNumber, Entry)> =
            library.index().entries_where(|row| crops.differs_from(row)).collect();
        for (number, _) in changed {
            // As it is staged, which may be more than what is in the index.
            let Some(mut entry) = self.writer.entry(number) else { continue };
            entry.detections.review_reasons.accept(self.crops.get().accepts(&entry.hash));
            self.writer.put(number, entry);
        }
    }
}
