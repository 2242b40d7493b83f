//! The look that is shown in the place of the scenes' own.

use super::Operator;
use millions_show::NamedLook;

/// The looks that can be chosen, and the one that is.
pub(super) struct LookChoice {
    looks: Vec<NamedLook>,
    chosen: Option<usize>,
}

impl LookChoice {
    pub(super) const fn new(looks: Vec<NamedLook>) -> Self {
        Self { looks, chosen: None }
    }

    /// Chooses the look of that id; none is the scenes' own.
    pub(super) fn choose(&mut self, id: Option<&str>) {
        self.chosen = self.looks.iter().position(|look| Some(&*look.id) == id);
    }

    /// Chooses the next look; after the last, the scenes' own.
    fn choose_next(&mut self) {
        let next = self.chosen.map_or(0, |chosen| chosen + 1);
        self.chosen = (next < self.looks.len()).then_some(next);
    }

    /// The chosen look.
    pub(super) fn chosen(&self) -> Option<&NamedLook> {
        self.looks.get(self.chosen?)
    }

    /// Puts a look first, in the place of the one of the same id.
    fn put_first(&mut self, look: NamedLook) {
        self.looks.retain(|other| other.id != look.id);
        self.looks.insert(0, look);
    }
}

impl Operator {
    /// Shows a look in the place of the scenes' own, without a fade.
    pub fn show_look(&mut self, id: &str) {
        self.looks.choose(Some(id));
        self.player.set_look(self.looks.chosen().map(|look| look.look));
    }

    /// Shows the look that the show has for all of its scenes, where it has one.
    pub(super) fn apply_show_look(&mut self) {
        if let Some(look) = self.show.look.clone() {
            let id = look.id.clone();
            self.looks.put_first(look);
            self.show_look(&id);
        }
    }

    /// Fades to the next look.
    pub(super) fn next_look(&mut self, real_secs: f64) {
        self.looks.choose_next();
        let look = self.looks.chosen().map(|look| look.look);
        self.player.fade_look(real_secs, |player| player.set_look(look));
    }
}
