//! Deals on a thread, for crowds that take longer than a frame. See [`Dealer`].

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use millions_show::{Dealt, Player, TimePoint};
use millions_wall::DealError;

/// The most cells and people of a deal on the thread that draws: about 1 ms.
pub const DEAL_AT_ONCE: usize = 4096;

/// Deals what a player asks for, one scene after another, each on a thread.
#[derive(Debug, Default)]
pub struct Dealer {
    /// The result of the thread, while it runs.
    dealing: Option<Receiver<Dealt>>,
    /// Whether a thread has ended without a result: everything is dealt at once from then on.
    failed: bool,
}

impl Dealer {
    /// Whether a deal is under way. Changes of the crowd have to wait for its end: a deal for an earlier crowd is of no use.
    #[must_use]
    pub const fn is_dealing(&self) -> bool {
        self.dealing.is_some()
    }

    /// Has the player adopt what is dealt.
    ///
    /// # Errors
    /// When a scene that is seen or cued cannot be dealt: what plays plays on.
    pub fn adopt(&mut self, player: &mut Player, at: TimePoint) -> Result<(), DealError> {
        let Some(dealing) = &self.dealing else { return Ok(()) };
        let dealt = dealing.try_recv();
        if matches!(dealt, Err(TryRecvError::Empty)) {
            return Ok(());
        }
        self.dealing = None;
        if let Ok(dealt) = dealt {
            return player.adopt(dealt, at);
        }
        tracing::error!("a scene was not dealt, for its thread has ended: from now on frames wait for deals");
        player.defer_deals(usize::MAX);
        self.failed = true;
        Ok(())
    }

    /// Begins the next deal that the player asks for, where none is under way.
    pub fn begin(&mut self, player: &Player) {
        if self.is_dealing() || self.failed {
            return;
        }
        let Some(job) = player.next_deal() else { return };
        let (done, dealing) = bounded(1);
        // The receiver is gone only at the end.
        std::thread::spawn(move || drop(done.send(job.run())));
        self.dealing = Some(dealing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_show::{Scene, Transition};
    use std::time::{Duration, Instant};

    #[test]
    fn all_scenes_of_a_large_crowd_are_dealt_while_it_plays() {
        let scenes = Scene::embedded().unwrap();
        let (start, other) = (scenes[0].id.clone(), scenes[1].id.clone());
        let mut player = Player::of_scenes((0..20_000).collect(), 0.8, 1.8, scenes, &start).unwrap();
        player.defer_deals(DEAL_AT_ONCE);
        player.cue_scene(&other, Transition::CUT, 1.0).unwrap();
        assert_eq!(player.cue().scene, start);
        let (mut dealer, began) = (Dealer::default(), Instant::now());
        while dealer.is_dealing() || player.next_deal().is_some() {
            dealer.adopt(&mut player, 2.0.into()).unwrap();
            dealer.begin(&player);
            std::thread::sleep(Duration::from_millis(1));
            assert!(began.elapsed() < Duration::from_secs(120), "in vain");
        }
        assert_eq!((&player.cue().scene, player.cue().show_secs), (&other, 2.0));
    }
}
