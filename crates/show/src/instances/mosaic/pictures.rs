//! Pictures and words that people form, as large as the wall. See [`PictureMosaic`].

use std::sync::Arc;

use glam::DVec2;

use super::super::super::{Crowd, GreyPicture, Mosaic, Portraits};
use super::super::{SceneTime, WallShape};
use super::appearance::{AppearanceTable, stops};
use super::moves::{Changed, Move, Moves};
use millions_base::smoothstep;
use millions_frame::{Fit, Layer, Sprite, SpriteLayer, WallLayer, unit_hash};
use millions_wall::View;
use millions_wall::mosaic::{Features, MosaicPanel, MosaicPicture, ShownLight};
use millions_wall::tone::Look;

/// Rows of a picture, where the scene does not say.
const ROWS: [u32; 2] = [30, 100];
/// How much larger somebody is half-way, and how far they leave the straight line, in parts of it.
const COMES_FORWARD: f64 = 0.7;
const SWERVES: f64 = 0.18;

/// People who form one picture after another, each as large as the wall, and go from their place in one to their place in the next.
#[derive(Clone, Debug)]
pub struct PictureMosaic {
    mosaic: Mosaic,
    extra_rows: i32,
    shape: WallShape,
    look: Look,
    columns: usize,
    panels: Vec<Panel>,
    /// From each picture to the next.
    moves: Vec<Arc<Moves>>,
    people: Arc<AppearanceTable>,
}

#[derive(Clone, Debug)]
struct Panel {
    panel: MosaicPanel,
    cells: Arc<Vec<Features>>,
}

impl PictureMosaic {
    pub fn new(mosaic: &Mosaic, extra_rows: i32, look: &Look, crowd: &Crowd, shape: WallShape) -> Self {
        let people: Vec<u32> = crowd.people.iter().copied().collect();
        let a_row = shape.wall_aspect / shape.tile_aspect;
        let by_people = ((people.len() as f64 / a_row).sqrt() as u32).clamp(ROWS[0], ROWS[1]);
        let rows = if mosaic.rows == 0 { by_people } else { mosaic.rows };
        let rows = rows.saturating_add_signed(extra_rows).clamp(1, 512) as usize;
        let columns = ((a_row * rows as f64 - 1e-9).ceil() as usize).max(1);
        let light = ShownLight::new(look);
        let people = Arc::new(AppearanceTable::new(people, crowd.portraits.as_ref(), &light));
        let (mosaic, look) = (mosaic.clone(), *look);
        let mut instance =
            Self { mosaic, extra_rows, shape, look, columns, panels: Vec::new(), moves: Vec::new(), people };
        if instance.people.people.is_empty() {
            return instance;
        }
        let aspect = columns as f64 * shape.tile_aspect / rows as f64;
        let pictures = crowd.portraits.as_ref().map(Portraits::pictures);
        let files = instance.mosaic.pictures.iter().filter_map(|file| pictures?.file(file, aspect));
        let texts = instance.mosaic.texts.iter().filter_map(|text| pictures?.text(text, aspect));
        let fitted: Vec<GreyPicture> =
            files.chain(texts).map(|picture| fitted(&picture, aspect, instance.mosaic.fit)).collect();
        for (number, picture) in fitted.iter().enumerate() {
            let Ok(cut) = MosaicPicture::new(&picture.greys, picture.size, [columns, rows]) else { continue };
            let panel = instance.panel(cut.features(), number as u64, crowd);
            instance.panels.push(panel);
        }
        instance.find_moves();
        instance
    }

    fn panel(&self, cells: Vec<Features>, number: u64, crowd: &Crowd) -> Panel {
        let arrangements = crowd.portraits.as_ref().and_then(Portraits::arrangements);
        let AppearanceTable { people, features } = &*self.people;
        let indices = self.people.arrange(&self.mosaic, &cells, self.columns, number, arrangements).people;
        let numbers: Vec<u32> = indices.iter().map(|index| people[*index as usize]).collect();
        let stops: Vec<f32> =
            cells.iter().zip(&indices).map(|(cell, index)| stops(cell, &features[*index as usize])).collect();
        let panel = MosaicPanel::new(&numbers, &stops, self.columns, self.shape.tile_aspect);
        Panel { panel, cells: Arc::new(cells) }
    }

    fn find_moves(&mut self) {
        let count = self.panels.len();
        let moves = (0..count).map(|index| {
            let [from, to] = [index, (index + 1) % count].map(|index| &self.panels[index].panel);
            let (secs, most) = (self.mosaic.travel, self.mosaic.moving as usize);
            Arc::new(Moves::new(from, to, self.columns, secs, most, self.mosaic.seed as u32))
        });
        self.moves = if count > 1 { moves.collect() } else { Vec::new() };
    }

    /// Returns the seconds after which everything is as it was; none where one picture stands.
    pub fn period_secs(&self) -> Option<f64> {
        (self.panels.len() > 1).then_some((self.mosaic.rest + self.mosaic.travel) * self.panels.len() as f64)
    }

    pub fn layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        let Some(first) = self.panels.first() else { return Vec::new() };
        let leg_secs = self.mosaic.rest + self.mosaic.travel;
        let secs = at.local_secs().rem_euclid(leg_secs * self.panels.len() as f64);
        let leg = ((secs / leg_secs) as usize).min(self.panels.len() - 1);
        let moving_secs = secs - leg as f64 * leg_secs - self.mosaic.rest;
        match self.moves.get(leg) {
            Some(moves) if moving_secs >= 0.0 => self.moving(moves, moving_secs, at, look, crowd),
            _ => {
                let panel = self.panels.get(leg).unwrap_or(first);
                vec![Layer::Rows(self.rows(&panel.panel, at, look, crowd))]
            }
        }
    }

    /// The whole of the wall, of which the last column stands out where it does not end with one.
    fn view(&self, panel: &MosaicPanel) -> View {
        View { centre: DVec2::new(panel.aspect(), 1.0) / 2.0, height: 1.0 }
    }

    fn rows(&self, panel: &MosaicPanel, at: SceneTime, look: &Look, crowd: &Crowd) -> WallLayer {
        let wall = panel.plan(&self.view(panel), self.shape.wall_aspect);
        let pull = self.mosaic.pull as f32;
        let stops = if pull > 0.0 { panel.stops(&wall, pull) } else { Vec::new() };
        let presence = crowd.presence(|| wall.cells(), at.show_secs);
        WallLayer { wall, presence, reveal: Vec::new(), look: *look, stops, intensity: 1.0, opacity: 1.0 }
    }

    /// Returns those who stand, and over them those who have just come and who are on their way.
    fn moving(&self, moves: &Moves, secs: f64, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        let panel = moves.stands(secs);
        let mut rows = self.rows(panel, at, look, crowd);
        let view = self.view(panel);
        let place = |cell: u32| panel.cell(cell as usize).map(|corner| view.seen(corner, self.shape.wall_aspect));
        let mut sprites = Vec::new();
        let mut sprite = |step: &Move, [low, high]: [DVec2; 2], larger: f64, opacity: f32, part: f32| {
            let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0);
            sprites.push(Sprite {
                person: step.person,
                corners: [middle - half * larger, middle + half * larger],
                largest: (high - low) * (1.0 + COMES_FORWARD),
                intensity: 1.0,
                opacity,
                feather: [0.0; 4],
                stops: (step.stops[0] + (step.stops[1] - step.stops[0]) * part) * self.mosaic.pull as f32,
                settled: 0.0,
            });
        };
        for changed in moves.changed(secs) {
            match changed {
                Changed::Empty(cell) => {
                    let (row, column) = (cell / moves.columns(), cell % moves.columns());
                    let seen = rows.wall.rows.iter().find(|plan| plan.index == row);
                    let Some(plan) = seen.filter(|plan| (plan.start..plan.start + plan.columns).contains(&column))
                    else {
                        continue;
                    };
                    let index = plan.first + column - plan.start;
                    if rows.presence.is_empty() {
                        rows.presence = vec![1.0; rows.wall.cell_count()];
                    }
                    rows.presence[index] = 0.0;
                }
                Changed::Come(step) => sprite(&step, place(step.to), 1.0, 1.0, 1.0),
            }
        }
        for step in moves.under_way(secs) {
            let part = (secs - step.begins_secs) / (step.ends_secs - step.begins_secs);
            let Some(from) = step.from else {
                sprite(step, place(step.to), 1.0, smoothstep(part as f32), 1.0);
                continue;
            };
            let eased = f64::from(smoothstep(part as f32));
            let [[low, high], [to_low, to_high]] = [place(from), place(step.to)];
            let way = to_low - low;
            let side = way.perp() * SWERVES * f64::from(unit_hash(step.to, 23) - 0.5) * 2.0;
            let aside = side * (eased * (1.0 - eased) * 4.0);
            let corners = [low.lerp(to_low, eased) + aside, high.lerp(to_high, eased) + aside];
            let larger = 1.0 + COMES_FORWARD * (eased * (1.0 - eased) * 4.0);
            sprite(step, corners, larger, 1.0, eased as f32);
        }
        vec![Layer::Rows(rows), Layer::Sprites(SpriteLayer { sprites, look: *look })]
    }

    /// Puts newcomers where they fit best.
    pub fn add_people(&mut self, added: &[u32], crowd: &Crowd) {
        if self.panels.is_empty() {
            *self = Self::new(&self.mosaic, self.extra_rows, &self.look, crowd, self.shape);
            return;
        }
        let mut newcomers: Vec<u32> =
            added.iter().copied().filter(|person| self.people.of(*person).is_none()).collect();
        newcomers.sort_unstable();
        newcomers.dedup();
        let table = AppearanceTable::new(newcomers, crowd.portraits.as_ref(), &ShownLight::new(&self.look));
        self.people = Arc::new(self.people.with(&table));
        for (person, features) in table.people.iter().zip(&table.features) {
            for Panel { panel, cells } in &mut self.panels {
                if let Some(place) = self.people.place_for(features, panel.cells(), cells, None) {
                    panel.put(place, *person, stops(&cells[place], features));
                }
            }
        }
        self.find_moves();
    }

    /// Arranges all anew without some people.
    pub fn remove_people(&mut self, removed: &[u32], crowd: &Crowd) {
        if self.people.people.iter().any(|person| removed.contains(person)) {
            *self = Self::new(&self.mosaic, self.extra_rows, &self.look, crowd, self.shape);
        }
    }

    /// Puts a person in the place of another.
    pub fn replace_person(&mut self, old: u32, new: u32) {
        let Some(features) = self.people.of(old).copied() else { return };
        let with = AppearanceTable { people: vec![new], features: vec![features] };
        self.people = Arc::new(self.people.without(&[old]).with(&with));
        for Panel { panel, cells } in &mut self.panels {
            panel.replace(|cell, _| (new, stops(&cells[cell], &features)), |person| person == old);
        }
        self.find_moves();
    }
}

/// Fits a picture to an aspect: cut, by the faces where it has some, or with black beside it.
fn fitted(picture: &GreyPicture, aspect: f64, fit: Fit) -> GreyPicture {
    let [width, height] = picture.size.map(|length| length as f64);
    let is_wider = width / height.max(1.0) > aspect;
    let by_faces = picture.crop.filter(|_| fit == Fit::Cover);
    let size = by_faces.map(|[left, top, right, bottom]| [(right - left) * width, (bottom - top) * height]);
    let size = size.unwrap_or_else(|| match (fit, is_wider) {
        (Fit::Cover, true) | (Fit::Contain, false) => [height * aspect, height],
        (Fit::Cover, false) | (Fit::Contain, true) => [width, width / aspect],
    });
    let size = size.map(|length| (length.round() as usize).max(1));
    let offset = by_faces.map_or_else(
        || [0, 1].map(|axis| (picture.size[axis] as i64 - size[axis] as i64) / 2),
        |[left, top, ..]| [(left * width).round() as i64, (top * height).round() as i64],
    );
    let greys = (0..size[0] * size[1]).map(|index| {
        let at = [(index % size[0]) as i64 + offset[0], (index / size[0]) as i64 + offset[1]];
        let is_inside = (0..2).all(|axis| (0..picture.size[axis] as i64).contains(&at[axis]));
        if is_inside { picture.greys[at[1] as usize * picture.size[0] + at[0] as usize] } else { 0 }
    });
    GreyPicture { size, greys: greys.collect(), crop: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_cut_or_have_black_beside_them() {
        let picture = GreyPicture { size: [4, 2], greys: vec![1, 2, 3, 4, 5, 6, 7, 8], crop: None };
        let cut = fitted(&picture, 1.0, Fit::Cover);
        assert_eq!((cut.size, cut.greys), ([2, 2], vec![2, 3, 6, 7]));
        let by_faces = GreyPicture { crop: Some([0.5, 0.0, 1.0, 1.0]), ..picture.clone() };
        let cut = fitted(&by_faces, 1.0, Fit::Cover);
        assert_eq!((cut.size, cut.greys), ([2, 2], vec![3, 4, 7, 8]));
        assert_eq!(fitted(&by_faces, 1.0, Fit::Contain).greys, fitted(&picture, 1.0, Fit::Contain).greys);
        let contained = fitted(&picture, 1.0, Fit::Contain);
        assert_eq!((contained.size, &contained.greys[4..8], contained.greys[0]), ([4, 4], &[1, 2, 3, 4][..], 0));
    }
}
