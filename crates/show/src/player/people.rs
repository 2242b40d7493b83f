//! Who comes to the wall while it plays, who goes, and what they tell of themselves.

use super::super::Transition;
use super::super::crowd::Biography;
use super::{Before, Player};

impl Player {
    /// Says whether somebody is one of the featured. Who is on the wall already stays where they are until the next deal.
    pub fn feature(&mut self, person: u32, is_featured: bool) {
        if is_featured {
            self.crowd.featured.insert(person);
        } else {
            self.crowd.featured.remove(&person);
        }
    }

    /// Says what people told of themselves.
    pub fn tell(&mut self, biography: impl IntoIterator<Item = (u32, Biography)>) {
        for (person, biography) in biography {
            self.crowd.tell(person, biography);
        }
        for act in self.instances.iter_mut().flatten() {
            act.retell(&self.crowd);
        }
    }

    /// Lets newcomers appear: gently, over a moment of show time, or at once, where the show is held and no time goes by.
    pub fn admit(&mut self, newcomers: &[u32], time_secs: f64, gently: bool) {
        let newcomers: Vec<_> = newcomers.iter().copied().filter(|person| self.crowd.add(*person)).collect();
        self.crowd.appear(&newcomers, time_secs, gently);
        for act in self.instances.iter_mut().flatten() {
            act.admit(&newcomers, &self.crowd, time_secs);
        }
    }

    /// Takes people off the wall at once. Where the wall is complete, others take their places.
    pub fn retire(&mut self, leavers: &[u32], time_secs: f64) {
        for leaver in leavers {
            self.crowd.remove(*leaver);
        }
        for act in self.instances.iter_mut().flatten() {
            act.retire(leavers, &self.crowd, time_secs);
        }
        self.thaw();
    }

    /// Gives up the picture of an instant: it would still show somebody who is gone.
    fn thaw(&mut self) {
        if matches!(self.cue.from, Before::Snapshot(_)) {
            self.cue.from = Before::Nothing;
            self.cue.transition = Transition::CUT;
        }
    }

    /// Puts new portraits where old ones are, in pairs of old and new; they appear as [`Player::admit`] has it.
    pub fn replace(&mut self, pairs: &[(u32, u32)], time_secs: f64, gently: bool) {
        for (old, new) in pairs {
            if self.crowd.people.contains(old) && !self.crowd.people.contains(new) {
                self.crowd.remove(*old);
                self.crowd.add(*new);
                for act in self.instances.iter_mut().flatten() {
                    act.replace(*old, *new);
                }
                self.thaw();
                self.crowd.appear(&[*new], time_secs, gently);
            } else {
                self.retire(&[*old], time_secs);
                self.admit(&[*new], time_secs, gently);
            }
        }
    }

    /// No more people are expected: whatever cells are still empty show somebody again.
    pub fn complete(&mut self) {
        self.crowd.awaiting = false;
        for act in self.instances.iter_mut().flatten() {
            act.complete();
        }
    }
}
