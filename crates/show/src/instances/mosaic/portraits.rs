//! Portraits of portraits. See [`PortraitMosaic`].

use std::sync::Arc;
use std::thread;

use glam::DVec2;

use super::super::super::view_move::constant_speed;
use super::super::super::{Arrangements, Crowd, Mosaic, Portraits, Zoom};
use super::super::{SceneTime, WallShape};
use super::appearance::{AppearanceTable, read_portrait, stops};
use millions_base::{SplitMix, smoothstep};
use millions_frame::{Layer, WallLayer};
use millions_wall::mosaic::{Features, MosaicPanel, MosaicPicture, ShownLight};
use millions_wall::tone::Look;
use millions_wall::{EMPTY_CELL, View};

/// Rows of a portrait, where the scene does not say: the fewest with which a face is known at a glance, and as many as still are
/// people on a projector.
const ROWS: [u32; 2] = [40, 120];
/// How high a portrait is, in parts of the wall's height, while what it consists of gives way to the photograph itself.
const DISSOLVES: [f64; 2] = [0.87, 0.38];
/// Rows in view from which on the exposure of tiles begins to follow the picture, and from which on it does: nearer, everybody is
/// as they were photographed.
const PULLED_ROWS: [f64; 2] = [2.0, 10.0];
/// Portraits of which the one with the most light and shade is taken.
const CANDIDATES: usize = 12;

/// People whose tiles together form a portrait, which is itself a tile among others that form the next:
///
/// ```text
/// panel k           one of its tiles, `inner`, is the portrait that panel k − 1 forms
/// ┌─────────────┐   ┌───┐
/// │ · · · · · · │   │   │ at the view's height of one row, panel k − 1 covers it;
/// │ · · ▣ · · · │ ← │ ▣ │ as the view rises, it gives way to the photograph,
/// │ · · · · · · │   │   │ and at the height of all rows panel k covers the tile of panel k + 1
/// └─────────────┘   └───┘
/// ```
///
/// Each panel has its own coordinates, in which it is 1 high: however far the way goes, no number grows. The portraits come in a
/// cycle, after which everything is as it was.
#[derive(Clone, Debug)]
pub struct PortraitMosaic {
    mosaic: Mosaic,
    extra_rows: i32,
    shape: WallShape,
    look: Look,
    rows: u32,
    panels: Vec<Panel>,
    people: Arc<AppearanceTable>,
}

/// One portrait that people form.
#[derive(Clone, Debug)]
struct Panel {
    panel: MosaicPanel,
    /// Whose portrait it is.
    portrait: u32,
    /// What each of its cells ought to look like.
    cells: Arc<Vec<Features>>,
    /// The cell of the person whose portrait the panel before is.
    inner: usize,
    /// How far apart one person's cells are at the least.
    spacing: u32,
}

impl PortraitMosaic {
    pub fn new(mosaic: &Mosaic, extra_rows: i32, look: &Look, crowd: &Crowd, shape: WallShape) -> Self {
        let people: Vec<u32> = crowd.people.iter().copied().collect();
        let by_people = ((people.len() as f64).sqrt() as u32).clamp(ROWS[0], ROWS[1]);
        let rows = if mosaic.rows == 0 { by_people } else { mosaic.rows };
        let rows = rows.saturating_add_signed(extra_rows).clamp(3, 512);
        let light = ShownLight::new(look);
        let people = Arc::new(AppearanceTable::new(people, crowd.portraits.as_ref(), &light));
        let mut instance =
            Self { mosaic: mosaic.clone(), extra_rows, shape, look: *look, rows, panels: Vec::new(), people };
        let chosen = instance.choose(crowd);
        let cells = chosen.iter().map(|person| instance.cells_of(*person, crowd.portraits.as_ref(), &light));
        let cells: Vec<_> = cells.collect();
        // Each on a thread of its own: none depends on another.
        let arrangements = crowd.portraits.as_ref().and_then(Portraits::arrangements);
        let panels = thread::scope(|scope| {
            let (instance, chosen) = (&instance, &chosen);
            let found: Vec<_> = cells
                .into_iter()
                .enumerate()
                .map(|(index, cells)| {
                    let before = chosen[(index + chosen.len() - 1) % chosen.len()];
                    scope.spawn(move || instance.panel(chosen[index], before, cells, index as u64, arrangements))
                })
                .collect();
            found.into_iter().map_while(|panel| panel.join().ok()).collect::<Vec<_>>()
        });
        // One that failed would leave the others without the tile that they come from.
        if panels.len() == chosen.len() {
            instance.panels = panels;
        }
        instance
    }

    /// Chooses whose portraits are formed: known people and others in turn, and of several those with the most light and shade.
    fn choose(&self, crowd: &Crowd) -> Vec<u32> {
        // In an order in which each has their own place, whoever else is there: who comes or goes seldom changes who is chosen.
        let order = |person: &u32| (SplitMix::new(self.mosaic.seed ^ 41, u64::from(*person)).next(), *person);
        let (mut known, mut others): (Vec<u32>, Vec<u32>) =
            self.people.people.iter().partition(|person| crowd.featured.contains(person));
        let dark = Features::new(&[0; 16]);
        let detail = |person: &u32| {
            let features = self.people.of(*person).copied().unwrap_or(dark);
            let even = Features::new(&[features.grey() as u8; 16]);
            (features.distance(&even), *person)
        };
        known.sort_by_cached_key(order);
        others.sort_by_cached_key(order);
        let take = |from: &mut Vec<u32>| {
            let candidates = CANDIDATES.min(from.len());
            let best = (0..candidates).max_by_key(|place| detail(&from[*place]))?;
            Some(from.remove(best))
        };
        let mut chosen = Vec::new();
        while chosen.len() < self.mosaic.portraits as usize {
            let first = if chosen.len() % 2 == 0 { take(&mut known) } else { take(&mut others) };
            let Some(person) = first.or_else(|| take(&mut others)).or_else(|| take(&mut known)) else { break };
            chosen.push(person);
        }
        chosen
    }

    /// What the cells of a portrait ought to look like.
    fn cells_of(&self, person: u32, portraits: Option<&Portraits>, light: &ShownLight) -> Vec<Features> {
        let side = self.rows as usize;
        let read = portraits.and_then(|portraits| read_portrait(portraits, light, person, self.rows * 4));
        let picture = read.and_then(|(greys, texels)| MosaicPicture::new(&greys, [texels; 2], [side; 2]).ok());
        picture.map_or_else(|| vec![Features::new(&[0; 16]); side * side], |picture| picture.features())
    }

    /// Has people form a portrait, with `before` among them.
    fn panel(
        &self,
        portrait: u32,
        before: u32,
        cells: Vec<Features>,
        number: u64,
        arrangements: Option<&dyn Arrangements>,
    ) -> Panel {
        let columns = self.rows as usize;
        let people = &self.people.people;
        let found = self.people.arrange(&self.mosaic, &cells, columns, number, arrangements);
        let mut numbers: Vec<u32> = found.people.iter().map(|index| people[*index as usize]).collect();
        let inner = self.inner_cell(&cells, before, &numbers);
        // Who was there takes their place, if they had one.
        let own = numbers.iter().position(|person| *person == before);
        let other = std::mem::replace(&mut numbers[inner], before);
        if let Some(own) = own.filter(|own| *own != inner) {
            numbers[own] = other;
        }
        // Neither may be beside themselves now.
        let at = |cell: usize| DVec2::new((cell % columns) as f64, (cell / columns) as f64);
        let moved: Vec<usize> = (0..numbers.len())
            .filter(|cell| *cell != inner && (Some(*cell) == own || numbers[*cell] == before))
            .filter(|cell| {
                let is_near = |(place, person): (usize, &u32)| {
                    place != *cell
                        && *person == numbers[*cell]
                        && at(place).distance(at(*cell)) < f64::from(found.spacing)
                };
                numbers.iter().enumerate().any(is_near)
            })
            .collect();
        for cell in moved {
            let best = self.people.best_apart(&numbers, cell, &cells[cell], columns, found.spacing);
            numbers[cell] = best.unwrap_or(numbers[cell]);
        }
        let stops: Vec<f32> = cells
            .iter()
            .zip(&numbers)
            .map(|(cell, person)| self.people.of(*person).map_or(0.0, |of| stops(cell, of)))
            .collect();
        let panel = MosaicPanel::new(&numbers, &stops, columns, self.shape.tile_aspect);
        Panel { panel, portrait, cells: Arc::new(cells), inner, spacing: found.spacing }
    }

    /// Finds the cell that a person suits best, so far from the edges that a view of one row there shows nothing beyond them.
    fn inner_cell(&self, cells: &[Features], person: u32, people: &[u32]) -> usize {
        let rows = self.rows as usize;
        let beside = (self.shape.wall_aspect / self.shape.tile_aspect).ceil() as usize;
        let margin = |least: usize| least.min((rows - 1) / 2);
        let (across, down) = (margin(beside + 1), margin(2));
        let inside = (down..rows - down).flat_map(|row| (across..rows - across).map(move |column| row * rows + column));
        let distance = |person: u32, cell: usize| self.people.of(person).map_or(0, |of| of.distance(&cells[cell]));
        let cost =
            |cell: &usize| (i64::from(distance(person, *cell)) - i64::from(distance(people[*cell], *cell)), *cell);
        inside.min_by_key(cost).unwrap_or(rows * rows / 2)
    }

    /// Seconds from one portrait to the next.
    fn leg_secs(&self) -> f64 {
        self.mosaic.rest + self.mosaic.travel
    }

    /// Returns the seconds after which everything is as it was.
    pub fn period_secs(&self) -> Option<f64> {
        (!self.panels.is_empty()).then(|| self.leg_secs() * self.panels.len() as f64)
    }

    /// Returns the number of the panel that the view is in, and how far it is on the way from one of its rows (0) to all (1), in equal
    /// ratios.
    fn progress(&self, local_secs: f64) -> (usize, f64) {
        let Mosaic { rest, travel, ease, zoom, .. } = self.mosaic;
        let leg_secs = self.leg_secs();
        let period_secs = leg_secs * self.panels.len() as f64;
        let secs = match zoom {
            // It begins where the first person is a photograph.
            Zoom::Out => local_secs + self.first_photograph_secs(),
            // It begins with the rest at a portrait.
            Zoom::In => rest - local_secs,
        };
        let secs = secs.rem_euclid(period_secs);
        let leg = (secs / leg_secs).floor().min(self.panels.len() as f64 - 1.0);
        (leg as usize, constant_speed((secs - leg * leg_secs - rest) / travel, ease / travel))
    }

    /// The seconds of a leg after which the inner portrait is a photograph.
    fn first_photograph_secs(&self) -> f64 {
        let Mosaic { rest, travel, ease, .. } = self.mosaic;
        let wanted = (1.0 / DISSOLVES[1]).ln() / f64::from(self.rows).ln();
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if constant_speed(middle, ease / travel) < wanted { low = middle } else { high = middle }
        }
        rest + travel * high
    }

    fn panel_at(&self, number: usize, step: isize) -> &Panel {
        let count = self.panels.len() as isize;
        &self.panels[(number as isize + step).rem_euclid(count) as usize]
    }

    /// Returns the view of a panel's own coordinates: of one row, whose middle is the inner portrait's, of all, and what is between, about
    /// the point that stays where it is.
    fn view(&self, number: usize, progress: f64) -> View {
        let rows = f64::from(self.rows);
        let least = rows.recip();
        let height = rows.powf(progress - 1.0);
        let of = |panel: &Panel| {
            let [low, high] = panel.panel.cell(panel.inner);
            let from = (low + high) / 2.0;
            (from, (DVec2::new(panel.panel.aspect(), 1.0) / 2.0 - from) / (1.0 - least))
        };
        let ((from, pan), (_, pan_before), (_, pan_after)) =
            (of(self.panel_at(number, 0)), of(self.panel_at(number, -1)), of(self.panel_at(number, 1)));
        // From one panel to the next the pan has another direction. It turns there, over a doubling or so: what is added is 0 at both
        // ends, and its slope there makes that of both panels the same.
        let grown = height * rows;
        let near_start = (grown - 1.0) * grown.powi(-2) * (grown.recip() - least) / (1.0 - least) * least;
        let near_end = (height - 1.0) * height.powi(2) * (height - least) / (1.0 - least);
        let centre =
            from + pan * (height - least) + (pan_before - pan) / 2.0 * near_start + (pan_after - pan) / 2.0 * near_end;
        View { centre, height }
    }

    pub fn layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        if self.panels.is_empty() {
            return Vec::new();
        }
        let (number, progress) = self.progress(at.local_secs());
        let rows = f64::from(self.rows);
        let view = self.view(number, progress);
        let aspect = self.shape.wall_aspect;
        // A panel as a tile of the next, and the other way.
        let outward = |view: View, outer: &Panel| {
            let [corner, _] = outer.panel.cell(outer.inner);
            View { centre: corner + view.centre / rows, height: view.height / rows }
        };
        let inward = |view: View, own: &Panel| {
            let [corner, _] = own.panel.cell(own.inner);
            View { centre: (view.centre - corner) * rows, height: view.height * rows }
        };
        let [inner, own, outer] = [-1, 0, 1].map(|step| self.panel_at(number, step));
        let half = DVec2::new(aspect, 1.0) * view.height / 2.0;
        let (low, high) = (view.centre - half, view.centre + half);
        let is_inside = low.min_element() >= 0.0 && high.x <= own.panel.aspect() && high.y <= 1.0;
        let mut layers = Vec::new();
        if !is_inside {
            layers.extend(self.layer(outer, &outward(view, outer), 1.0, at, look, crowd));
        }
        layers.extend(self.layer(own, &view, 1.0, at, look, crowd));
        let inner_view = inward(view, own);
        let height = inner_view.height.recip();
        let opacity = smoothstep(((height - DISSOLVES[1]) / (DISSOLVES[0] - DISSOLVES[1])).clamp(0.0, 1.0) as f32);
        if opacity > 0.0 {
            layers.extend(self.layer(inner, &inner_view, opacity, at, look, crowd));
        }
        layers
    }

    /// Returns what a view shows of a panel, if anything.
    fn layer(
        &self,
        panel: &Panel,
        view: &View,
        opacity: f32,
        at: SceneTime,
        look: &Look,
        crowd: &Crowd,
    ) -> Option<Layer> {
        let wall = panel.panel.plan(view, self.shape.wall_aspect);
        if wall.rows.is_empty() {
            return None;
        }
        let rows_in_view = view.height * f64::from(self.rows);
        let far = ((rows_in_view - PULLED_ROWS[0]) / (PULLED_ROWS[1] - PULLED_ROWS[0])).clamp(0.0, 1.0);
        let pull = self.mosaic.pull as f32 * smoothstep(far as f32);
        let stops = if pull > 0.0 { panel.panel.stops(&wall, pull) } else { Vec::new() };
        let presence = crowd.presence(|| wall.cells(), at.show_secs);
        Some(Layer::Rows(WallLayer { wall, presence, reveal: Vec::new(), look: *look, stops, intensity: 1.0, opacity }))
    }

    /// Puts newcomers where they fit best, in the place of somebody who is there more than once or fits less. A crowd that has grown much
    /// is arranged anew.
    pub fn add_people(&mut self, added: &[u32], crowd: &Crowd) {
        if self.panels.is_empty() {
            *self = Self::new(&self.mosaic, self.extra_rows, &self.look, crowd, self.shape);
            return;
        }
        let newcomers: Vec<u32> = added.iter().copied().filter(|person| self.people.of(*person).is_none()).collect();
        let mut sorted = newcomers;
        sorted.sort_unstable();
        sorted.dedup();
        let table = AppearanceTable::new(sorted, crowd.portraits.as_ref(), &ShownLight::new(&self.look));
        self.people = Arc::new(self.people.with(&table));
        for (person, features) in table.people.iter().zip(&table.features) {
            for panel in &mut self.panels {
                let place = self.people.place_for(features, panel.panel.cells(), &panel.cells, Some(panel.inner));
                if let Some(place) = place {
                    panel.panel.put(place, *person, stops(&panel.cells[place], features));
                }
            }
        }
    }

    /// Fills the places of people who are no longer in the crowd with those who fit best. Without one whose portrait is formed, all is
    /// arranged anew.
    pub fn remove_people(&mut self, removed: &[u32], crowd: &Crowd) {
        if self.panels.iter().any(|panel| removed.contains(&panel.portrait)) || crowd.is_empty() {
            *self = Self::new(&self.mosaic, self.extra_rows, &self.look, crowd, self.shape);
            return;
        }
        let (rest, columns) = (self.people.without(removed), self.rows as usize);
        for panel in &mut self.panels {
            let mut numbers: Vec<u32> = panel.panel.cells().collect();
            for cell in (0..numbers.len()).filter(|cell| removed.contains(&numbers[*cell])).collect::<Vec<_>>() {
                let wanted = &panel.cells[cell];
                let best = rest.best_apart(&numbers, cell, wanted, columns, panel.spacing);
                numbers[cell] = best.unwrap_or(EMPTY_CELL);
                let brighter = best.and_then(|person| rest.of(person)).map_or(0.0, |of| stops(wanted, of));
                panel.panel.put(cell, numbers[cell], brighter);
            }
        }
        self.people = Arc::new(rest);
    }

    /// Puts a person in the place of another: the same photograph, cropped or lit otherwise.
    pub fn replace_person(&mut self, old: u32, new: u32) {
        let Some(features) = self.people.of(old).copied() else { return };
        let with = AppearanceTable { people: vec![new], features: vec![features] };
        self.people = Arc::new(self.people.without(&[old]).with(&with));
        for panel in &mut self.panels {
            let cells = panel.cells.clone();
            panel.panel.replace(|cell, _| (new, stops(&cells[cell], &features)), |person| person == old);
            if panel.portrait == old {
                panel.portrait = new;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::super::{GreyPicture, Pictures};
    use super::*;
    use millions_wall::tile::planes::{LinearTile, encode_tile};
    use millions_wall::tile::{PortraitNumber, TileLayout, TileSource};
    use proptest::prelude::*;

    /// Portraits with a light of their own each.
    struct Lit(TileLayout);

    impl TileSource for Lit {
        fn layout(&self) -> &TileLayout {
            &self.0
        }

        fn read_tile(&self, number: PortraitNumber, prefix: &mut [u8]) -> std::io::Result<()> {
            let side = self.0.side();
            let lit = |x: u32, y: u32| (number * 53 % 200 + (x * (number % 7) + y * (number % 5)) % 55) as u8;
            let srgb: Vec<u8> = (0..side * side).flat_map(|at| [lit(at % side, at / side); 3]).collect();
            let (tile, _) = encode_tile(&LinearTile::from_srgb(side, &srgb), &self.0);
            prefix.copy_from_slice(&tile[..prefix.len()]);
            Ok(())
        }
    }

    struct NoPictures;

    impl Pictures for NoPictures {
        fn file(&self, _: &std::path::Path, _: f64) -> Option<GreyPicture> {
            None
        }

        fn text(&self, _: &str, _: f64) -> Option<GreyPicture> {
            None
        }
    }

    fn crowd(people: u32) -> Crowd {
        let portraits = Portraits::new(Arc::new(Lit(TileLayout::new(32).unwrap())), Arc::new(NoPictures));
        let mut crowd = Crowd::new(0..people);
        (crowd.portraits, crowd.featured) = (Some(portraits), [3].into());
        crowd
    }

    fn instance(people: u32, mosaic: &Mosaic, wall_aspect: f64) -> PortraitMosaic {
        let shape = WallShape { wall_aspect, tile_aspect: 0.8, wall_height_m: None };
        PortraitMosaic::new(mosaic, 0, &Look::default(), &crowd(people), shape)
    }

    fn people(instance: &PortraitMosaic) -> BTreeSet<u32> {
        instance.panels.iter().flat_map(|panel| panel.panel.cells().chain([panel.portrait])).collect()
    }

    /// What is seen at a time: the number of the panel and the view of it.
    fn seen(instance: &PortraitMosaic, secs: f64) -> (usize, View) {
        let (number, progress) = instance.progress(secs);
        (number, instance.view(number, progress))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_way_never_jumps_and_repeats(
            rows in 6..40u32, portraits in 1..4u32, rest in 0.0..4.0f64, travel in 4.0..30.0f64, ease in 0.0..1.0f64,
            goes_in: bool, at in 0.0..200.0f64, wall_aspect in 0.5..2.5f64,
        ) {
            let zoom = if goes_in { Zoom::In } else { Zoom::Out };
            let mosaic = Mosaic { rows, portraits, rest, travel, ease: travel * ease / 2.0, zoom, ..Mosaic::default() };
            let instance = instance(300, &mosaic, wall_aspect);
            let period = instance.period_secs().unwrap();
            prop_assert!((period - f64::from(portraits) * (rest + travel)).abs() < 1e-9);
            let step = 0.002;
            let borders = (0..=portraits).map(|leg| f64::from(leg) * (rest + travel) - instance.first_photograph_secs());
            for secs in borders.chain([at]) {
                let (mut one, mut other) = (seen(&instance, secs - step), seen(&instance, secs + step));
                let count = instance.panels.len();
                if goes_in {
                    std::mem::swap(&mut one, &mut other);
                }
                if one.0 != other.0 || (count == 1 && other.1.height < one.1.height / 2.0) {
                    prop_assert_eq!((one.0 + 1) % count, other.0);
                    let outer = &instance.panels[other.0];
                    let [corner, _] = outer.panel.cell(outer.inner);
                    let rows = f64::from(rows);
                    one.1 = View { centre: corner + one.1.centre / rows, height: one.1.height / rows };
                }
                // In equal times equal ratios, and never more than a few views' heights aside a doubling.
                let most = 2.0 * step * f64::from(rows).ln() / (travel - mosaic.ease).max(travel / 2.0);
                let ratio = (other.1.height / one.1.height).ln().abs();
                let aside = one.1.centre.distance(other.1.centre) / one.1.height;
                prop_assert!(ratio <= most * 1.05 + 1e-9 && aside <= most * 2.0 + 1e-6, "{secs}: {ratio} {aside}, {most}; {one:?} {other:?}");
            }
            let ((number, view), (again, view_again)) = (seen(&instance, at), seen(&instance, at + period));
            prop_assert_eq!(number, again);
            prop_assert!(view.centre.distance(view_again.centre) < 1e-6 && (view.height / view_again.height - 1.0).abs() < 1e-6);
        }

        #[test]
        fn who_leaves_is_nowhere_and_who_comes_is_somewhere(
            removed in prop::collection::vec(0..200u32, 1..40), rows in 6..16u32, added in 200..220u32,
        ) {
            let mosaic = Mosaic { rows, ..Mosaic::default() };
            let (mut instance, mut crowd) = (instance(200, &mosaic, 1.6), crowd(200));
            removed.iter().for_each(|person| crowd.remove(*person));
            instance.remove_people(&removed, &crowd);
            let there = people(&instance);
            prop_assert!(removed.iter().all(|person| !there.contains(person)));
            for panel in &instance.panels {
                let cells: Vec<u32> = panel.panel.cells().collect();
                let at = |cell: usize| DVec2::new((cell % rows as usize) as f64, (cell / rows as usize) as f64);
                for (cell, person) in cells.iter().enumerate() {
                    let near = cells.iter().enumerate().skip(cell + 1).filter(|(_, other)| *other == person);
                    let least = near.map(|(other, _)| at(cell).distance(at(other))).fold(f64::MAX, f64::min);
                    prop_assert!(least >= f64::from(panel.spacing), "{least}, {}", panel.spacing);
                }
            }
            prop_assert!(!there.contains(&EMPTY_CELL) && there.iter().all(|person| crowd.people.contains(person)));
            crowd.add(added);
            instance.add_people(&[added], &crowd);
            prop_assert!(people(&instance).contains(&added));
            crowd.add(300);
            instance.replace_person(added, 300);
            prop_assert!(people(&instance).contains(&300) && !people(&instance).contains(&added));
            let inner_is_there = |(index, panel): (usize, &Panel)| {
                let count = instance.panels.len();
                let before = instance.panels[(index + count - 1) % count].portrait;
                panel.panel.cells().nth(panel.inner) == Some(before)
            };
            prop_assert!(instance.panels.iter().enumerate().all(inner_is_there));
        }
    }

    #[test]
    fn a_crowd_of_nobody_shows_nothing_and_one_person_is_all() {
        let at = SceneTime { show_secs: 9.0, cued_secs: 0.0, closing_moves: None };
        let mosaic = Mosaic { rows: 8, ..Mosaic::default() };
        assert!(instance(0, &mosaic, 1.6).layers(at, &Look::default(), &crowd(0)).is_empty());
        let mut one = instance(1, &mosaic, 1.6);
        assert_eq!((one.panels.len(), people(&one)), (1, [0].into()));
        assert!(!one.layers(at, &Look::default(), &crowd(1)).is_empty());
        one.remove_people(&[0], &crowd(0));
        assert!(one.panels.is_empty() && one.period_secs().is_none());
        one.add_people(&[0], &crowd(1));
        assert_eq!(people(&one), [0].into());
    }

    #[test]
    fn the_known_are_formed_in_turn() {
        let instance = instance(200, &Mosaic { rows: 8, portraits: 3, ..Mosaic::default() }, 1.6);
        let formed: Vec<u32> = instance.panels.iter().map(|panel| panel.portrait).collect();
        assert!(formed[0] == 3 && formed[1] != 3 && formed[2] != formed[1], "{formed:?}");
    }
}
