//! The look shown in place of the scenes' own.

use super::Operator;
use millions_control::Refused;
use millions_frame::Prefetch;
use millions_show::{LookId, NamedLook};

/// The looks that the operator steps through, each id once, and the one that is shown.
pub(super) struct LookList {
    list: Vec<NamedLook>,
    /// None shows the scenes' own.
    shown: Option<LookId>,
}

impl LookList {
    pub(super) const fn new(looks: Vec<NamedLook>) -> Self {
        Self { list: looks, shown: None }
    }

    /// Returns the look that is shown; none for the scenes' own.
    pub(super) fn shown(&self) -> Option<&NamedLook> {
        self.list.get(self.position()?)
    }

    fn position(&self) -> Option<usize> {
        self.list.iter().position(|look| Some(&look.id) == self.shown.as_ref())
    }

    /// Returns all of them.
    pub(super) fn all(&self) -> &[NamedLook] {
        &self.list
    }

    /// Returns the look after the one that is shown; none, for the scenes' own, after the last.
    pub(super) fn next(&self) -> Option<LookId> {
        let next = self.position().map_or(0, |position| position + 1);
        self.list.get(next).map(|look| look.id.clone())
    }

    /// Inserts a look first, in place of the one of its id.
    fn insert_first(&mut self, look: NamedLook) {
        self.list.retain(|other| other.id != look.id);
        self.list.insert(0, look);
    }
}

impl Operator {
    /// Returns what comes, and what a key may bring. `turn` counts the frames.
    pub fn prefetch(&self, real_secs: f64, turn: u64) -> Prefetch {
        let looks = self.looks.all().iter().map(|look| look.look).collect();
        Prefetch { looks, ..self.player.prefetch(self.at(real_secs), self.clock.rate(), turn) }
    }

    /// Shows a look in place of the scenes' own, without a fade; inserts it first, unless it is one of those to step
    /// through.
    pub fn show_look(&mut self, look: NamedLook) {
        self.player.set_look(Some(look.look));
        self.looks.shown = Some(look.id.clone());
        if !self.looks.list.contains(&look) {
            self.looks.insert_first(look);
        }
    }

    /// Shows the look that the show has for all of its scenes, and has it first among the looks; without one, the
    /// scenes' own.
    pub(super) fn apply_show_look(&mut self) {
        self.looks.shown = None;
        self.player.set_look(None);
        if let Some(look) = self.show.look.clone() {
            self.looks.insert_first(look.clone());
            self.show_look(look);
        }
    }

    /// Fades to a look, or to the scenes' own.
    pub(super) fn choose_look(&mut self, look: Option<&LookId>, real_secs: f64) -> Result<(), Refused> {
        if let Some(look) = look.filter(|look| self.looks.list.iter().all(|known| known.id != **look)) {
            return Err(Refused(format!("there is no look {look}")));
        }
        self.looks.shown = look.cloned();
        let look = self.looks.shown().map(|look| look.look);
        self.player.fade_look(real_secs, |player| player.set_look(look));
        Ok(())
    }
}
