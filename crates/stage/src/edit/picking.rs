//! Selects handles: by steps from one to the next, or at the pointer.

use glam::DVec2;

use super::selection::{children, visible};
use super::view::OutputView;
use super::{EditHost, Editor, Handle};

/// How near to a point a click selects it, in output pixels at 1080.
const CLICK_PX: f64 = 12.0;
/// Points nearer to one another than this coincide, in output pixels.
const COINCIDENT_PX: f64 = 0.5;

impl Editor {
    /// The handle that was selected last.
    pub(super) fn primary(&self) -> Option<Handle> {
        self.selection.last().copied()
    }

    /// All handles on the level of the primary one.
    fn level(&self) -> Vec<Handle> {
        children(&self.stage, self.output, self.primary().and_then(Handle::parent))
    }

    pub(super) fn select_next(&mut self, by: i32) {
        self.end_drag();
        let primary = self.primary();
        // On the first level, the whole output is one of the round.
        let whole = primary.and_then(Handle::parent).is_none().then_some(None);
        let round: Vec<_> = whole.into_iter().chain(self.level().into_iter().map(Some)).collect();
        let at = round.iter().position(|handle| *handle == primary).unwrap_or(0) as i64;
        let next = (at + i64::from(by)).rem_euclid(round.len().max(1) as i64) as usize;
        self.selection = round.get(next).copied().flatten().into_iter().collect();
    }

    pub(super) fn select_into(&mut self) -> Result<(), String> {
        self.end_drag();
        let first = children(&self.stage, self.output, self.primary()).first().copied();
        self.selection = vec![first.ok_or("nothing is below this")?];
        Ok(())
    }

    pub(super) fn select_out(&mut self) {
        self.end_drag();
        self.selection = self.primary().and_then(Handle::parent).into_iter().collect();
    }

    /// Selects all of the level: points with a point, wholes with a whole. The primary handle stays the last.
    pub(super) fn select_all(&mut self) {
        self.end_drag();
        let primary = self.primary();
        let mut level = self.level();
        level.retain(|handle| primary.is_none_or(|primary| handle.is_point() == primary.is_point()));
        level.retain(|handle| Some(*handle) != primary);
        self.selection = level.into_iter().chain(primary).collect();
    }

    pub(super) fn select_at(&mut self, p: DVec2, add: bool, host: &dyn EditHost) {
        self.end_drag();
        if !p.is_finite() {
            return;
        }
        let view = OutputView::new(&self.stage, self.output, host);
        let Some(handle) = point_at(&view, &self.selection, p).or_else(|| view.hit(p)) else {
            if !add {
                self.selection.clear();
            }
            return;
        };
        match self.selection.iter().position(|other| *other == handle) {
            Some(index) => {
                self.selection.remove(index);
                // A click makes one of several the primary handle: any of them drags all.
                if !add {
                    self.selection.push(handle);
                }
            }
            None if add => self.selection.push(handle),
            None => self.selection = vec![handle],
        }
    }
}

/// The nearest visible point within the tolerance of the pointer; of coincident ones that of the selection, then the topmost.
pub(super) fn point_at(view: &OutputView, selection: &[Handle], p: DVec2) -> Option<Handle> {
    let tolerance = CLICK_PX * view.scale();
    let is_active = |handle: &Handle| {
        selection.iter().any(|other| other.surface() == handle.surface() && other.mask() == handle.mask())
    };
    let mut nearest: Option<(f64, bool, Handle)> = None;
    for handle in visible(view.stage, view.output, selection) {
        let distance = view.position(handle).map(|at| at.distance(p));
        let Some(distance) = distance.filter(|distance| *distance <= tolerance) else { continue };
        let active = is_active(&handle);
        let is_nearer = |(other, other_active, _): (f64, bool, Handle)| {
            if (distance - other).abs() <= COINCIDENT_PX { active >= other_active } else { distance < other }
        };
        if nearest.is_none_or(is_nearer) {
            nearest = Some((distance, active, handle));
        }
    }
    nearest.map(|(_, _, handle)| handle)
}
