//! How something is selected: by steps from one to the next, or where the pointer is.

use glam::DVec2;

use super::ground::Ground;
use super::selection::{children, seen};
use super::{Command, Editor, Place, Space};

/// How near a point is clicked, in output pixels at 1080.
const NEAR_PX: f64 = 12.0;
/// Points nearer to one another than this lie on one another, in output pixels.
const SAME_PX: f64 = 0.5;

impl Editor {
    /// Selects.
    pub(super) fn select(&mut self, command: Command, space: &dyn Space) -> Result<(), String> {
        let in_hand = self.selection.last().copied();
        let level = || children(&self.stage, self.output, in_hand.and_then(Place::parent));
        self.selection = match command {
            Command::Next(by) => {
                let level = level();
                let places = level.iter().copied().map(Some);
                // The first level goes round by way of nothing.
                let round: Vec<_> = match in_hand.and_then(Place::parent) {
                    None => std::iter::once(None).chain(places).collect(),
                    Some(_) => places.collect(),
                };
                let at = round.iter().position(|place| *place == in_hand).unwrap_or(0) as i64;
                let next = (at + i64::from(by)).rem_euclid(round.len().max(1) as i64) as usize;
                round.get(next).copied().flatten().into_iter().collect()
            }
            Command::Into => {
                let below = children(&self.stage, self.output, in_hand).first().copied();
                vec![below.ok_or("nothing is below this")?]
            }
            Command::Out => in_hand.and_then(Place::parent).into_iter().collect(),
            Command::SelectAll => {
                let mut level = level();
                // Points with points, wholes with wholes; what is in hand stays in hand.
                level.retain(|place| in_hand.is_none_or(|in_hand| place.is_point() == in_hand.is_point()));
                level.retain(|place| Some(*place) != in_hand);
                level.into_iter().chain(in_hand).collect()
            }
            Command::SelectAt { p, add } => self.picked(p, add, space),
            _ => return Ok(()),
        };
        Ok(())
    }

    fn picked(&self, p: DVec2, add: bool, space: &dyn Space) -> Vec<Place> {
        let mut selection = self.selection.clone();
        if !p.is_finite() {
            return selection;
        }
        let ground = Ground::new(&self.stage, self.output, space);
        let Some(place) = point_at(&ground, &selection, p).or_else(|| ground.under(p)) else {
            return if add { selection } else { Vec::new() };
        };
        let known = selection.iter().position(|other| *other == place);
        match known {
            Some(known) if add => {
                selection.remove(known);
            }
            // Several are dragged by any of them.
            Some(known) => {
                selection.remove(known);
                selection.push(place);
            }
            None if add => selection.push(place),
            None => selection = vec![place],
        }
        selection
    }
}

/// The nearest point that can be clicked; of several on one another that of what is worked on, then the uppermost.
pub(super) fn point_at(ground: &Ground, selection: &[Place], p: DVec2) -> Option<Place> {
    let near = NEAR_PX * ground.scale();
    let at_work = |place: &Place| {
        selection.iter().any(|other| other.surface() == place.surface() && other.mask() == place.mask())
    };
    let points = seen(ground.stage, ground.output, selection);
    let mut least: Option<(f64, bool, Place)> = None;
    for place in points {
        let Some(distance) = ground.at(place).map(|at| at.distance(p)).filter(|distance| *distance <= near) else {
            continue;
        };
        let works = at_work(&place);
        let nearer =
            least.is_none_or(
                |(other, other_works, _)| {
                    if (distance - other).abs() <= SAME_PX { works >= other_works } else { distance < other }
                },
            );
        if nearer {
            least = Some((distance, works, place));
        }
    }
    least.map(|(_, _, place)| place)
}
