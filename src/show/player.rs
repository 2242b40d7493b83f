//! The player: scenes, what the operator has changed of them, and the crowd; a time goes in, a frame comes out.

use std::collections::{BTreeSet, HashMap};

use super::{Millions, Scene, SceneKind};
use crate::tone::{Look, Projection};
use crate::wall::{Deal, DealError, NOBODY, WallPlan};

/// One frame as a value: all that drawing needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct FramePlan {
    /// Seconds of the show.
    pub time_secs: f64,
    /// The cells and who stands in them.
    pub wall: WallPlan,
    /// How much of each cell's light is there yet, 0 to 1, for people who have just come; empty when all are there.
    pub presence: Vec<f32>,
    /// How far each cell has come from colour as contributed (0) to the look (1); empty when all are there.
    pub reveal: Vec<f32>,
    /// The look.
    pub look: Look,
    /// What the building needs.
    pub projection: Projection,
    /// Whether the test picture's grey wedge lies over the wall's lower part.
    pub chart: bool,
    /// 1, or 0 in a blackout.
    pub light: f32,
}

/// What the operator has changed by key since the scene was cued.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Adjust {
    /// Rows more or fewer than the scene has.
    pub rows: i32,
    /// Switches between the scene's colour and the other end.
    pub toggle_color: bool,
    /// Added to the scene's contrast.
    pub contrast: f32,
    /// Stops added to the scene's exposure.
    pub exposure: f32,
}

/// Seconds that a newcomer takes to appear: long enough not to pop, short enough to count as at once.
const APPEAR_SECS: f64 = 0.6;

/// The wall as it plays: people, scene, and the deal of the one for the other.
#[derive(Clone, Debug)]
pub struct Player {
    people: BTreeSet<u32>,
    /// Those who are dealt evenly among the others; some of them may not be on the wall.
    featured: BTreeSet<u32>,
    tile_aspect: f64,
    wall_aspect: f64,
    scene: Scene,
    adjust: Adjust,
    deal: Deal,
    /// Whether more people are expected, so that empty cells stay free for them.
    awaiting: bool,
    appeared_secs: HashMap<u32, f64>,
    /// A look that is shown in the place of the scenes' own.
    own_look: Option<Look>,
    projection: Projection,
    blackout: bool,
}

impl Player {
    /// A wall of `people`, complete.
    ///
    /// # Errors
    /// When the scene makes no wall of this aspect.
    pub fn new(people: Vec<u32>, tile_aspect: f64, wall_aspect: f64, scene: Scene) -> Result<Self, DealError> {
        let adjust = Adjust::default();
        let (people, featured) = (people.into_iter().collect(), BTreeSet::new());
        let deal = deal(&people, &featured, &scene, &adjust, wall_aspect, tile_aspect)?;
        let appeared_secs = HashMap::new();
        Ok(Self {
            people,
            featured,
            tile_aspect,
            wall_aspect,
            scene,
            adjust,
            deal,
            awaiting: false,
            appeared_secs,
            own_look: None,
            projection: Projection::default(),
            blackout: false,
        })
    }

    /// The same wall while its people are still coming: empty cells wait for them.
    ///
    /// # Errors
    /// As [`Player::new`].
    pub fn awaiting(mut self) -> Result<Self, DealError> {
        self.awaiting = true;
        self.redeal()?;
        Ok(self)
    }

    /// The same wall with these people dealt evenly among the others.
    ///
    /// # Errors
    /// As [`Player::new`].
    pub fn featuring(mut self, featured: impl IntoIterator<Item = u32>) -> Result<Self, DealError> {
        self.featured = featured.into_iter().collect();
        self.redeal()?;
        Ok(self)
    }

    /// Says whether somebody is one of the featured. Who is on the wall already stays where they are until the next deal.
    pub fn feature(&mut self, person: u32, is_featured: bool) {
        if is_featured {
            self.featured.insert(person);
        } else {
            self.featured.remove(&person);
        }
    }

    /// What the wall shows at a time.
    #[must_use]
    pub fn frame(&self, time_secs: f64) -> FramePlan {
        let wall = self.deal.plan(time_secs);
        let appearing = self.appeared_secs.values().any(|appeared| time_secs - appeared < APPEAR_SECS);
        let presence = if appearing {
            wall.cells.iter().map(|person| self.presence(*person, time_secs)).collect()
        } else {
            Vec::new()
        };
        let reveal = self.scene.reveal.map_or_else(Vec::new, |reveal| reveal.at(time_secs, &wall.cells));
        FramePlan {
            time_secs,
            wall,
            presence,
            reveal,
            look: self.look(),
            projection: self.projection,
            chart: false,
            light: if self.blackout { 0.0 } else { 1.0 },
        }
    }

    /// People whom the wall will show within the next two seconds, at most once each: what to bring before it is seen.
    #[must_use]
    pub fn upcoming(&self, time_secs: f64, rate: f64) -> Vec<u32> {
        let ahead: BTreeSet<_> = [0.5, 1.0, 1.5, 2.0]
            .into_iter()
            .flat_map(|secs| self.deal.plan(time_secs + secs * rate).cells)
            .filter(|person| *person != NOBODY)
            .collect();
        ahead.into_iter().collect()
    }

    fn presence(&self, person: u32, time_secs: f64) -> f32 {
        let Some(appeared) = self.appeared_secs.get(&person) else { return 1.0 };
        let part = ((time_secs - appeared) / APPEAR_SECS).clamp(0.0, 1.0) as f32;
        part * part * (3.0 - 2.0 * part)
    }

    /// The look before the operator's changes: the scene's, or the one that was set in its place.
    #[must_use]
    pub fn base_look(&self) -> Look {
        self.own_look.unwrap_or(self.scene.look)
    }

    /// Shows every scene in this look, or each in its own again.
    pub const fn set_look(&mut self, look: Option<Look>) {
        self.own_look = look;
    }

    /// What the building needs of the picture.
    #[must_use]
    pub const fn projection(&self) -> &Projection {
        &self.projection
    }

    /// Fits the picture to the building.
    pub const fn set_projection(&mut self, projection: Projection) {
        self.projection = projection;
    }

    /// The look: [`Self::base_look`], as the operator has changed it.
    #[must_use]
    pub fn look(&self) -> Look {
        let (look, adjust) = (self.base_look(), &self.adjust);
        Look {
            color: if adjust.toggle_color { if look.color > 0.5 { 0.0 } else { 1.0 } } else { look.color },
            contrast: (look.contrast + adjust.contrast).clamp(-1.0, 1.0),
            exposure: (look.exposure + adjust.exposure).clamp(-5.0, 5.0),
            ..look
        }
    }

    /// The scene that plays.
    #[must_use]
    pub const fn scene(&self) -> &Scene {
        &self.scene
    }

    /// The operator's changes.
    #[must_use]
    pub const fn adjust(&self) -> &Adjust {
        &self.adjust
    }

    /// Rows on the wall now.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.deal.grid().rows
    }

    /// People that the wall knows.
    #[must_use]
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// The seconds after which the wall repeats exactly, where it does.
    #[must_use]
    pub const fn period_secs(&self) -> Option<f64> {
        self.deal.period_secs()
    }

    /// Cuts to another scene; the operator's changes go with the old one.
    ///
    /// # Errors
    /// When the scene makes no wall of this aspect: the old one plays on.
    pub fn cue(&mut self, scene: Scene) -> Result<(), DealError> {
        self.change(|player| {
            player.scene = scene;
            player.adjust = Adjust::default();
        })
    }

    /// Changes what the operator has changed.
    ///
    /// # Errors
    /// When that makes no wall: everything stays as it was.
    pub fn set_adjust(&mut self, adjust: Adjust) -> Result<(), DealError> {
        if adjust.rows == self.adjust.rows {
            self.adjust = adjust;
            return Ok(());
        }
        self.change(|player| player.adjust = adjust)
    }

    /// Fits the wall to another aspect.
    ///
    /// # Errors
    /// When the scene makes no wall of this aspect: everything stays as it was.
    pub fn set_wall_aspect(&mut self, wall_aspect: f64) -> Result<(), DealError> {
        if (wall_aspect - self.wall_aspect).abs() < 1e-9 {
            return Ok(());
        }
        self.change(|player| player.wall_aspect = wall_aspect)
    }

    /// Everything black, or back.
    pub const fn set_blackout(&mut self, blackout: bool) {
        self.blackout = blackout;
    }

    /// Whether everything is black.
    #[must_use]
    pub const fn is_blackout(&self) -> bool {
        self.blackout
    }

    /// Lets newcomers appear: gently, over a moment of show time, or at once, where the show is held and no time goes by.
    pub fn admit(&mut self, newcomers: &[u32], time_secs: f64, gently: bool) {
        let newcomers: Vec<_> = newcomers.iter().copied().filter(|person| self.people.insert(*person)).collect();
        self.appear(&newcomers, time_secs, gently);
        self.deal.admit(&newcomers, &self.featured, time_secs);
        if !self.awaiting {
            // The first people of a wall that nobody was left on.
            self.deal.fill();
        }
    }

    /// Takes people off the wall at once. Where the wall is complete, others take their places.
    pub fn retire(&mut self, leavers: &[u32], time_secs: f64) {
        for leaver in leavers {
            self.people.remove(leaver);
            self.featured.remove(leaver);
        }
        self.deal.retire(leavers);
        if !self.awaiting {
            self.deal.close(time_secs);
            self.deal.fill();
        }
    }

    /// Puts new portraits where old ones are, in pairs of old and new; they appear as [`Player::admit`] has it.
    pub fn replace(&mut self, pairs: &[(u32, u32)], time_secs: f64, gently: bool) {
        for (old, new) in pairs {
            if self.people.contains(old) && !self.people.contains(new) {
                self.people.remove(old);
                self.featured.remove(old);
                self.people.insert(*new);
                self.deal.replace(*old, *new);
                self.appear(&[*new], time_secs, gently);
            } else {
                self.retire(&[*old], time_secs);
                self.admit(&[*new], time_secs, gently);
            }
        }
    }

    fn appear(&mut self, newcomers: &[u32], time_secs: f64, gently: bool) {
        self.appeared_secs.retain(|_, appeared| (time_secs - *appeared).abs() < APPEAR_SECS);
        if gently {
            self.appeared_secs.extend(newcomers.iter().map(|person| (*person, time_secs)));
        }
    }

    /// No more people are expected: whatever cells are still empty show somebody again.
    pub fn complete(&mut self) {
        self.awaiting = false;
        self.deal.fill();
    }

    fn change(&mut self, change: impl FnOnce(&mut Self)) -> Result<(), DealError> {
        let before = self.clone();
        change(self);
        self.redeal().inspect_err(|_| *self = before)
    }

    fn redeal(&mut self) -> Result<(), DealError> {
        let Self { people, featured, scene, adjust, wall_aspect, tile_aspect, .. } = self;
        let columns_are_filled = {
            let SceneKind::Millions(millions) = scene.kind else { unreachable!() };
            let grid = adjusted(&millions, adjust).grid(*wall_aspect, *tile_aspect);
            people.len() >= grid.columns() * grid.rows as usize
        };
        self.deal = if self.awaiting && !columns_are_filled {
            let SceneKind::Millions(millions) = scene.kind else { unreachable!() };
            let millions = adjusted(&millions, adjust);
            let mut deal = Deal::awaiting(millions.grid(*wall_aspect, *tile_aspect), millions.motion(), millions.seed)?;
            deal.admit(&people.iter().copied().collect::<Vec<_>>(), featured, 0.0);
            deal
        } else {
            deal(people, featured, scene, adjust, *wall_aspect, *tile_aspect)?
        };
        Ok(())
    }
}

fn adjusted(millions: &Millions, adjust: &Adjust) -> Millions {
    let rows = (i64::from(millions.rows) + i64::from(adjust.rows)).clamp(1, i64::from(super::MAX_ROWS));
    Millions { rows: u32::try_from(rows).unwrap_or(1), ..*millions }
}

fn deal(
    people: &BTreeSet<u32>,
    featured: &BTreeSet<u32>,
    scene: &Scene,
    adjust: &Adjust,
    wall: f64,
    tile: f64,
) -> Result<Deal, DealError> {
    let SceneKind::Millions(millions) = &scene.kind else { unreachable!() };
    let millions = adjusted(millions, adjust);
    let people: Vec<_> = people.iter().copied().collect();
    Deal::featuring(&people, featured, millions.grid(wall, tile), millions.motion(), millions.seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn player(people: u32) -> Player {
        Player::new((0..people).collect(), 0.8, 16.0 / 9.0, Scene::embedded().unwrap().remove(0)).unwrap()
    }

    #[test]
    fn a_frame_is_a_function_of_the_time() {
        let player = player(500);
        assert_eq!(player.frame(12.5), player.clone().frame(12.5));
        assert_ne!(player.frame(12.5), player.frame(12.6));
    }

    #[test]
    fn the_wall_fills_with_those_who_come_and_then_has_no_holes() {
        let mut player = player(0).awaiting().unwrap();
        player.admit(&[4, 5, 6], 10.0, true);
        assert_eq!(player.frame(10.0).wall.people(), [4, 5, 6]);
        assert!(player.frame(10.0).presence.contains(&0.0));
        assert!(player.frame(11.0).presence.is_empty(), "who is there for good costs nothing more");
        player.admit(&[7], 11.0, false);
        assert!(player.frame(11.0).presence.is_empty() && player.frame(11.0).wall.people().contains(&7));
        player.complete();
        assert!(!player.frame(11.0).wall.cells.contains(&NOBODY));
    }

    #[test]
    fn a_complete_wall_goes_on_when_people_come_and_go() {
        let mut player = player(2000).featuring([5, 6, 7]).unwrap();
        let seen = player.frame(50.0).wall.people();
        player.retire(&seen[..3], 50.0);
        let after = player.frame(50.0).wall;
        assert!(!after.cells.contains(&NOBODY) && after.people().len() == seen.len(), "everybody else, and three more");
        assert!(seen[3..].iter().all(|person| after.cells.contains(person)), "nobody who is seen goes");
        player.admit(&[9000], 51.0, true);
        assert!((0..200).any(|tenths| player.frame(51.0 + f64::from(tenths) / 10.0).wall.cells.contains(&9000)));
        let place = player.frame(60.0).wall.cells.iter().position(|person| *person == seen[9]);
        player.replace(&[(seen[9], 9001)], 60.0, true);
        assert_eq!(player.frame(60.0).wall.cells.iter().position(|person| *person == 9001), place);
        // Twice told is once done.
        player.admit(&[9000, 9001], 61.0, true);
        assert_eq!(player.people(), 1998);

        let everybody: Vec<_> = player.people.iter().copied().collect();
        player.retire(&everybody, 70.0);
        assert!(player.frame(70.0).wall.people().is_empty());
        player.admit(&[1], 80.0, false);
        assert_eq!(player.frame(80.0).wall.people(), [1]);
        assert!(!player.frame(80.0).wall.cells.contains(&NOBODY), "one person alone fills the wall");
    }

    #[test]
    fn what_cannot_be_shown_leaves_the_wall_as_it_was() {
        let mut player = player(100);
        let before = player.frame(1.0);
        assert!(player.set_wall_aspect(1e9).is_err());
        assert_eq!(player.frame(1.0), before);
        player.set_adjust(Adjust { rows: -1000, ..Adjust::default() }).unwrap();
        assert_eq!(player.rows(), 1);
    }

    #[test]
    fn a_cue_forgets_the_changes_made_to_the_scene_before() {
        let mut player = player(100);
        player.set_adjust(Adjust { rows: 2, contrast: 5.0, ..Adjust::default() }).unwrap();
        assert_eq!(player.look().contrast, 1.0);
        player.cue(Scene::embedded().unwrap().remove(2)).unwrap();
        assert_eq!(player.adjust(), &Adjust::default());
    }
}
