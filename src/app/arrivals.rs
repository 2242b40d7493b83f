//! Portraits that are added and removed while the wall plays. See [`Arrivals`].

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError};

use super::dealer::Dealer;
use super::decision_writer::DecisionWriter;
use super::device::Device;
use super::operator::Operator;
use super::window::ExitReason;
use millions_base::printable_path;
use millions_control::{PeopleStatus, Refused, Reply};
use millions_library::{IngestEvent, Library, ManualCrop, Person};
use millions_show::{Biography, Player};
use millions_wall::tile::PortraitNumber;

/// Applies the changes of a library to a player.
pub struct Arrivals {
    library: Arc<Library>,
    /// None after the end of the ingest.
    events: Option<Receiver<IngestEvent>>,
    /// Events that were received and not applied yet.
    pending: VecDeque<IngestEvent>,
    decisions: DecisionWriter,
    /// Whether the first scan is complete, so that later changes are logged.
    is_complete: bool,
    /// What the renderer has to know.
    turnover: Turnover,
    /// How many came and left since the first scan was complete.
    arrived: usize,
    left: usize,
    /// The last newcomers, oldest first.
    newcomers: VecDeque<PortraitNumber>,
}

/// The newcomers that the status lists.
const NEWCOMERS: usize = 50;

/// Portraits that were removed and added: their numbers may have been, and may become, those of others.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    pub removed: Vec<PortraitNumber>,
    pub added: Vec<PortraitNumber>,
}

impl Arrivals {
    /// Follows the changes of a library from its ingest.
    pub fn new(library: Arc<Library>, events: Option<Receiver<IngestEvent>>) -> Self {
        Self {
            decisions: DecisionWriter::new(Arc::clone(&library)),
            library,
            events,
            pending: VecDeque::new(),
            is_complete: false,
            turnover: Turnover::default(),
            arrived: 0,
            left: 0,
            newcomers: VecDeque::new(),
        }
    }

    /// The library.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Describes who came and left.
    pub fn describe(&self, people: &mut PeopleStatus) {
        (people.arrived, people.left) = (self.arrived, self.left);
        people.ingesting = self.events.is_some() && !self.is_complete;
        people.newcomers = self.newcomers.iter().copied().collect();
    }

    /// Counts portraits that came and left, once the first scan is complete.
    fn count(&mut self, came: &[PortraitNumber], left: &[PortraitNumber]) {
        self.newcomers.retain(|person| !left.contains(person));
        if !self.is_complete {
            return;
        }
        (self.arrived, self.left) = (self.arrived + came.len(), self.left + left.len());
        self.newcomers.extend(came);
        let most = self.newcomers.len().saturating_sub(NEWCOMERS);
        self.newcomers.drain(..most);
    }

    /// Hides a portrait, for this wall and for good. `reply` is taken, and told when that is written.
    ///
    /// # Errors
    /// Where there is no such portrait.
    pub fn hide(&mut self, portrait: PortraitNumber, reply: &mut Reply) -> Result<(), Refused> {
        self.decisions.hide(portrait, reply)?;
        self.pending.push_back(IngestEvent::Removed(vec![portrait]));
        Ok(())
    }

    /// Decides about the crop of a portrait; none leaves it to the spreadsheet and the program again.
    ///
    /// # Errors
    /// Where there is no such portrait, or too many wait.
    pub fn decide_crop(&mut self, portrait: PortraitNumber, crop: Option<ManualCrop>) -> Result<(), Refused> {
        self.decisions.crop(portrait, crop)
    }

    /// Receives what has happened since the last call; returns the portraits that are gone. They are still in the player, until
    /// [`Self::follow`].
    pub fn poll(&mut self) -> Vec<PortraitNumber> {
        let mut gone = Vec::new();
        while let Some(events) = &self.events {
            match events.try_recv() {
                Ok(event) => {
                    if let IngestEvent::Removed(portraits) = &event {
                        gone.extend(portraits);
                    }
                    self.pending.push_back(event);
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.events = None,
            }
        }
        gone
    }

    /// Returns who was added and removed since this was last called.
    pub fn take_turnover(&mut self) -> Turnover {
        std::mem::take(&mut self.turnover)
    }

    /// Applies pending changes to the player at a time of the show; portraits fade in if it is not held. Returns why the wall ends
    /// if there are no portraits.
    pub fn follow(&mut self, player: &mut Player, time_secs: f64, gently: bool) -> Option<anyhow::Result<ExitReason>> {
        self.poll();
        while let Some(event) = self.pending.pop_front() {
            match event {
                IngestEvent::Finished(Ok(summary)) => {
                    self.is_complete = true;
                    player.complete_crowd();
                    tracing::info!("{} people are on the wall", summary.portraits);
                    if player.crowd().is_empty() {
                        return Some(Ok(ExitReason::Nobody(Box::new(summary))));
                    }
                }
                IngestEvent::Finished(Err(error)) => {
                    self.events = None;
                    player.complete_crowd();
                    if player.crowd().is_empty() {
                        return Some(Err(error.into()));
                    }
                    tracing::error!("{error}");
                }
                event => self.apply(event, player, time_secs, gently),
            }
        }
        None
    }

    fn apply(&mut self, event: IngestEvent, player: &mut Player, time_secs: f64, gently: bool) {
        match event {
            IngestEvent::Replaced(pairs) => {
                let (removed, added): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
                self.turnover.removed.extend(removed);
                self.note_added(&added);
                player.replace_people(&pairs, time_secs, gently);
                self.feature(player, pairs.iter().map(|(_, new)| *new));
                self.log("changed", pairs.len());
            }
            IngestEvent::Removed(people) => {
                self.turnover.added.retain(|person| !people.contains(person));
                self.turnover.removed.extend(&people);
                player.remove_people(&people, time_secs);
                self.count(&[], &people);
                self.log("gone", people.len());
            }
            IngestEvent::Added(people) => {
                self.note_added(&people);
                // First: the placement of featured people depends on it.
                self.feature(player, people.iter().copied());
                if self.is_complete {
                    player.welcome_people(&people, time_secs, gently);
                } else {
                    // Who is found by the first scan was there before: a whole folder is no procession.
                    player.add_people(&people, time_secs, gently);
                }
                self.count(&people, &[]);
                self.log("come", people.len());
            }
            IngestEvent::Changed(people) => {
                self.feature(player, people.iter().copied());
                self.log("described anew", people.len());
            }
            IngestEvent::Remark(remark) => tracing::info!("{remark}"),
            IngestEvent::Rejected { path, reason } => tracing::warn!("{reason}: {}", printable_path(&path)),
            IngestEvent::Scanned { .. } | IngestEvent::Progress { .. } | IngestEvent::Finished(_) => {}
        }
    }

    /// Notes added portraits, also those with the number of one that was removed in the same turn.
    fn note_added(&mut self, people: &[PortraitNumber]) {
        self.turnover.removed.retain(|person| !people.contains(person));
        self.turnover.added.extend(people);
    }

    fn feature(&self, player: &mut Player, people: impl Iterator<Item = PortraitNumber>) {
        let mut biographies = Vec::new();
        for person in people {
            let known = self.library.person(person).unwrap_or_default();
            player.set_featured(person, known.featured);
            biographies.push((person, biography(known)));
        }
        player.set_biographies(biographies);
    }

    fn log(&self, what: &str, people: usize) {
        if self.is_complete {
            tracing::info!("{people} {what}");
        }
    }
}

/// Applies a deal that is done, and between two deals the changes of the crowd, to the player and to what draws it; returns why the wall
/// ends if there are no portraits.
pub fn follow_people(
    operator: &mut Operator,
    arrivals: &mut Arrivals,
    dealer: &mut Dealer,
    mut device: Option<&mut Device>,
    real_secs: f64,
) -> Option<anyhow::Result<ExitReason>> {
    let at = operator.at(real_secs);
    let Operator { player, clock, .. } = operator;
    if let Err(error) = dealer.adopt(player, at) {
        tracing::warn!("a scene cannot be shown: {error}");
    }
    // Who goes is dark at once, whatever is being dealt.
    let gone = arrivals.poll();
    if let Some(Device { renderer, .. }) = device.as_mut().filter(|_| !gone.is_empty()) {
        renderer.retire_portraits(&gone);
    }
    if dealer.is_dealing() {
        return None;
    }
    let ended = arrivals.follow(player, at.show_secs, !clock.is_held());
    let Turnover { removed, added } = arrivals.take_turnover();
    if let Some(Device { renderer, .. }) = device {
        renderer.retire_portraits(&removed);
        renderer.renew_portraits(&added);
    }
    dealer.begin(player);
    ended
}

/// Converts the entry of a person in the library to a biography of the show.
#[must_use]
pub fn biography(person: Person) -> Biography {
    Biography { name: person.name.into(), place: person.place.into(), quote: person.quote.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_library::{IngestSummary, LibraryWriter};
    use millions_show::Scene;
    use millions_wall::EMPTY_CELL;

    #[test]
    fn a_complete_wall_follows_changes() {
        let dir = tempfile::tempdir().unwrap();
        let library = LibraryWriter::create_or_open(dir.path(), 32, 0.8).unwrap().library();
        let (tell, events) = crossbeam_channel::unbounded();
        let mut arrivals = Arrivals::new(library, Some(events));
        let scene = Scene::embedded().unwrap().remove(0);
        let mut player = Player::new(Vec::new(), 0.8, 1.8, scene).unwrap().awaiting().unwrap();
        let mut follow = |player: &mut Player| arrivals.follow(player, 10.0, true).is_none();
        tell.send(IngestEvent::Added(vec![1, 2])).unwrap();
        assert!(follow(&mut player) && player.frame(10.0).wall().unwrap().wall.cells().any(|cell| cell == EMPTY_CELL));
        tell.send(IngestEvent::Finished(Ok(IngestSummary::default()))).unwrap();
        assert!(follow(&mut player) && !player.frame(10.0).wall().unwrap().wall.cells().any(|cell| cell == EMPTY_CELL));
        tell.send(IngestEvent::Replaced(vec![(1, 3)])).unwrap();
        tell.send(IngestEvent::Removed(vec![2])).unwrap();
        assert!(follow(&mut player));
        assert_eq!(player.frame(10.0).wall().unwrap().wall.people(), [3]);
        tell.send(IngestEvent::Added(vec![4])).unwrap();
        assert!(follow(&mut player));
        assert_eq!(player.frame(10.0).wall().unwrap().wall.people(), [3, 4]);
        tell.send(IngestEvent::Removed(vec![3, 4])).unwrap();
        drop(tell);
        assert!(follow(&mut player), "a wall that had portraits does not end without them");
        assert_eq!(player.crowd().len(), 0);
    }

    #[test]
    fn a_wall_that_begins_with_nobody_ends() {
        let dir = tempfile::tempdir().unwrap();
        let library = LibraryWriter::create_or_open(dir.path(), 32, 0.8).unwrap().library();
        let (tell, events) = crossbeam_channel::unbounded();
        tell.send(IngestEvent::Finished(Ok(IngestSummary::default()))).unwrap();
        let mut player = Player::new(Vec::new(), 0.8, 1.8, Scene::embedded().unwrap().remove(0)).unwrap();
        let ended = Arrivals::new(library, Some(events)).follow(&mut player, 0.0, true);
        assert!(matches!(ended, Some(Ok(ExitReason::Nobody(_)))));
    }

    #[test]
    fn what_was_added_and_removed_is_known_once() {
        let dir = tempfile::tempdir().unwrap();
        let library = LibraryWriter::create_or_open(dir.path(), 32, 0.8).unwrap().library();
        let mut arrivals = Arrivals::new(library, None);
        let mut player = Player::new(vec![1, 2, 3], 0.8, 1.8, Scene::default()).unwrap();
        let events = [
            IngestEvent::Removed(vec![2]),
            IngestEvent::Added(vec![4, 5]),
            IngestEvent::Replaced(vec![(1, 6)]),
            IngestEvent::Removed(vec![4]),
            IngestEvent::Added(vec![2]),
        ];
        for event in events {
            arrivals.apply(event, &mut player, 0.0, false);
        }
        let Turnover { mut removed, mut added } = arrivals.take_turnover();
        removed.sort_unstable();
        added.sort_unstable();
        assert_eq!((removed, added), (vec![1, 4], vec![2, 5, 6]));
        assert_eq!(arrivals.take_turnover(), Turnover::default());
    }
}
