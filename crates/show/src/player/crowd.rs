//! Changes of the crowd while the show plays.

use super::super::Transition;
use super::super::crowd::Biography;
use super::{CrowdChange, OutgoingCue, Player};

impl Player {
    /// Sets whether a person is featured. People already on the wall keep their cells until the next deal.
    pub fn set_featured(&mut self, person: u32, is_featured: bool) {
        self.crowd_mut().set_featured(person, is_featured);
    }

    /// Sets the biographies of people.
    pub fn set_biographies(&mut self, biographies: impl IntoIterator<Item = (u32, Biography)>) {
        let crowd = self.crowd_mut();
        for (person, biography) in biographies {
            crowd.set_biography(person, biography);
        }
        for instance in self.scenes.instances_mut() {
            instance.update_texts(&self.crowd);
        }
    }

    /// Adds people. They fade in over show time if `gently`; otherwise they are there at once, as where the show is
    /// held and no time passes.
    pub fn add_people(&mut self, people: &[u32], time_secs: f64, gently: bool) {
        let crowd = self.crowd_mut();
        let new: Vec<_> = people.iter().copied().filter(|person| crowd.add(*person)).collect();
        crowd.fade_in(&new, time_secs, gently);
        self.change_instances(CrowdChange::Added(new, time_secs));
    }

    /// Removes people from the wall at once. Where the crowd is complete, others take their cells.
    pub fn remove_people(&mut self, people: &[u32], time_secs: f64) {
        let crowd = self.crowd_mut();
        for person in people {
            crowd.remove(*person);
        }
        self.arrivals.remove(people);
        self.change_instances(CrowdChange::Removed(people.to_vec(), time_secs));
        self.drop_snapshot();
    }

    /// Drops an outgoing snapshot, which may still show a person who has been removed.
    fn drop_snapshot(&mut self) {
        if matches!(self.cue.outgoing, Some(OutgoingCue::Snapshot(_))) {
            self.cue.outgoing = None;
            self.cue.transition = Transition::CUT;
        }
    }

    /// Replaces people in their cells, in pairs of old and new; the new fade in as in [`Player::add_people`].
    pub fn replace_people(&mut self, pairs: &[(u32, u32)], time_secs: f64, gently: bool) {
        for (old, new) in pairs {
            if self.crowd.people.contains(old) && !self.crowd.people.contains(new) {
                self.crowd_mut().remove(*old);
                self.crowd_mut().add(*new);
                self.change_instances(CrowdChange::Replaced { old: *old, new: *new });
                self.arrivals.replace(*old, *new);
                self.drop_snapshot();
                self.crowd_mut().fade_in(&[*new], time_secs, gently);
            } else {
                self.remove_people(&[*old], time_secs);
                self.add_people(&[*new], time_secs, gently);
            }
        }
    }

    /// Takes over the crowd of another player at a show time: the people who have come and gone since, who is featured, and the
    /// biographies. Nobody on the wall moves.
    pub fn follow_crowd(&mut self, other: &Self, time_secs: f64) {
        let [gone, come] = [(&self.crowd, &other.crowd), (&other.crowd, &self.crowd)]
            .map(|(of, without)| of.people.difference(&without.people).copied().collect::<Vec<_>>());
        if !gone.is_empty() {
            self.remove_people(&gone, time_secs);
        }
        if !come.is_empty() {
            self.add_people(&come, time_secs, true);
        }
        let was_awaiting = self.crowd.awaiting;
        self.crowd_mut().follow(&other.crowd);
        for instance in self.scenes.instances_mut() {
            instance.update_texts(&self.crowd);
        }
        if was_awaiting && !self.crowd.awaiting {
            self.complete_crowd();
        }
    }

    /// Makes the crowd complete: people are dealt to the cells that are still empty.
    pub fn complete_crowd(&mut self) {
        self.crowd_mut().complete();
        self.change_instances(CrowdChange::Completed);
    }
}
