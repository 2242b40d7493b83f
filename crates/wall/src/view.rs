//! The view: the part of the wall that is seen, and its paths over the wall. See [`View`].

use glam::DVec2;

use super::{Deal, Flow};

/// The part of the wall that is seen: a rectangle of the wall's aspect, enlarged to the whole wall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The middle, in wall coordinates.
    pub centre: DVec2,
    /// Its height, in wall heights: 1 is the whole wall.
    pub height: f64,
}

impl View {
    /// Returns the view of the whole of a wall.
    #[must_use]
    pub fn whole(aspect: f64) -> Self {
        Self { centre: DVec2::new(aspect / 2.0, 0.5), height: 1.0 }
    }

    /// Returns the view moved and, where it is larger than the wall, reduced to lie on a wall of that aspect.
    #[must_use]
    pub fn on_wall(self, aspect: f64) -> Self {
        let height = self.height.clamp(1e-6, 1.0);
        let half = DVec2::new(aspect, 1.0) * height / 2.0;
        Self { centre: self.centre.max(half).min(DVec2::new(aspect, 1.0) - half), height }
    }

    /// Returns the upper left corner, on a wall of that aspect.
    #[must_use]
    pub fn upper_left(&self, aspect: f64) -> DVec2 {
        // Exact for the whole wall.
        self.centre - DVec2::new(aspect / 2.0, 0.5) * self.height
    }

    /// Returns where a point of the wall is seen, in wall coordinates.
    #[must_use]
    pub fn seen(&self, p_in_wall: DVec2, aspect: f64) -> DVec2 {
        (p_in_wall - self.upper_left(aspect)) / self.height
    }
}

/// How much a path zooms out for the sake of a distance: van Wijk and Nuij found 1.42 in trials with people.
const ZOOM_OVER_PAN: f64 = 1.4;

/// A path from one view to another, at constant perceived speed: in equal times, the picture changes equally.
///
/// From or to the whole wall, the picture only grows or shrinks about the one point that stays where it is, so that the view
/// never leaves the wall. Between two places it rises until both come into view, and descends: the shortest path in van Wijk
/// and Nuij, "Smooth and efficient zooming and panning" (2003), whose symbols are used here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViewPath {
    from: View,
    to: View,
    /// ρ, where the path rises and descends.
    rho: Option<f64>,
    r0: f64,
    /// Length.
    s: f64,
}

impl ViewPath {
    /// Finds the path between two views.
    #[must_use]
    pub fn new(from: View, to: View) -> Self {
        let ratio = (to.height / from.height).ln();
        let distance = from.centre.distance(to.centre);
        let is_whole = |view: &View| view.height >= 1.0 - 1e-9;
        // Without a distance there is nothing to rise for, and the formula divides by it.
        if is_whole(&from) || is_whole(&to) || distance < 1e-6 * from.height.min(to.height) {
            return Self { from, to, rho: None, r0: 0.0, s: ratio.abs() };
        }
        let rho = ZOOM_OVER_PAN;
        let r = |w: f64, sign: f64| {
            let b = (to.height.powi(2) - from.height.powi(2) + sign * rho.powi(4) * distance.powi(2))
                / (2.0 * w * rho.powi(2) * distance);
            // ln(√(b² + 1) − b), which cancels for a large b.
            -b.asinh()
        };
        let (r0, r1) = (r(from.height, 1.0), r(to.height, -1.0));
        Self { from, to, rho: Some(rho), r0, s: (r1 - r0) / rho }
    }

    /// Returns the path's perceived length: e-foldings of zoom, or as much panning.
    #[must_use]
    pub const fn length(&self) -> f64 {
        self.s
    }

    /// Returns the view after a part of the path, 0 to 1.
    #[must_use]
    pub fn at(&self, part: f64) -> View {
        let Self { from, to, rho, r0, s } = *self;
        let part = part.clamp(0.0, 1.0);
        let Some(rho) = rho else {
            let height = from.height * (to.height / from.height).powf(part);
            let span = to.height - from.height;
            // Linear in the height: the point about which it zooms stays where it is seen.
            let moved = if span.abs() < 1e-12 { part } else { (height - from.height) / span };
            return View { centre: from.centre.lerp(to.centre, moved), height };
        };
        let along = rho * s * part + r0;
        let height = from.height * r0.cosh() / along.cosh();
        // cosh r0 · tanh(along) − sinh r0, without its cancellation.
        let moved = from.height / rho.powi(2) * (along - r0).sinh() / along.cosh();
        let distance = from.centre.distance(to.centre);
        View { centre: from.centre.lerp(to.centre, (moved / distance).clamp(0.0, 1.0)), height }
    }
}

/// A cell of a row that moves, to be followed by the view. It is a place in the row, whoever stands there: an admission elsewhere
/// in the row does not move it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellTrack {
    at_secs: f64,
    middle: DVec2,
    /// Wall lengths a second.
    velocity: DVec2,
}

impl CellTrack {
    /// Returns the cell's middle at a time, in wall coordinates; long before and after it is beyond the wall's edges.
    #[must_use]
    pub fn middle(&self, time_secs: f64) -> DVec2 {
        self.middle + self.velocity * (time_secs - self.at_secs)
    }
}

impl Deal {
    /// Finds the cell that is at a point of the wall at a time; of the wall's inner part, from whose edges it is at least
    /// `margin` away, as far as that leaves any. `point` is 0 to 1 of that part each way.
    #[must_use]
    pub fn track(&self, point: DVec2, margin: DVec2, time_secs: f64) -> CellTrack {
        let (grid, (along, across)) = (self.grid, self.grid.extent());
        let transposed = |p: DVec2| match grid.flow {
            Flow::Rows => p,
            Flow::Columns => DVec2::new(p.y, p.x),
        };
        let (extent, margin) = (DVec2::new(along, across), transposed(margin));
        let margin = margin.min(extent / 2.0);
        let p = margin + (extent - margin * 2.0) * transposed(point);
        let distance = |index: &usize| {
            let (top, height) = self.row_at(*index, time_secs);
            (top + height / 2.0 - p.y).abs()
        };
        let index = (0..self.rows.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
        let ((top, height), row) = (self.row_at(index, time_secs), &self.rows[index]);
        let pitch = height * grid.pitch();
        let position = row.position(time_secs);
        let cell = (position + p.x / pitch).floor();
        let middle = DVec2::new((cell + 0.5 - position) * pitch, top + height / 2.0);
        let velocity = DVec2::new(row.cells_per_sec * pitch, -self.drift * height);
        CellTrack { at_secs: time_secs, middle: transposed(middle), velocity: transposed(velocity) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Motion, WallGrid};
    use super::*;
    use proptest::prelude::*;

    fn views() -> impl Strategy<Value = View> {
        (0.0..2.0f64, 0.0..1.0f64, -9.0..0.0f64)
            .prop_map(|(x, y, log)| View { centre: DVec2::new(x, y), height: log.exp() }.on_wall(2.0))
    }

    /// How much the picture changes from one view to the next: zoom, and panning in view heights.
    fn change(a: View, b: View) -> f64 {
        let zoom = (b.height / a.height).ln();
        let pan = a.centre.distance(b.centre) / (a.height * b.height).sqrt() * ZOOM_OVER_PAN;
        zoom.hypot(pan * ZOOM_OVER_PAN) / ZOOM_OVER_PAN
    }

    proptest! {
        #[test]
        fn a_path_leads_from_one_view_to_the_other_at_constant_perceived_speed(from in views(), to in views()) {
            let path = ViewPath::new(from, to);
            for (view, want) in [(path.at(0.0), from), (path.at(1.0), to)] {
                prop_assert!((view.height / want.height - 1.0).abs() < 1e-6, "{view:?} for {want:?}");
                prop_assert!(view.centre.distance(want.centre) < 1e-6 * want.height.max(1e-3), "{view:?} for {want:?}");
            }
            const STEPS: usize = 400;
            let steps: Vec<_> = (0..=STEPS).map(|step| path.at(step as f64 / STEPS as f64)).collect();
            let changes: Vec<_> = steps.windows(2).map(|pair| change(pair[0], pair[1])).collect();
            let mean = changes.iter().sum::<f64>() / STEPS as f64;
            prop_assert!(changes.iter().all(|change| (change - mean).abs() <= mean * 0.05 + 1e-9), "{mean}: {changes:?}");
        }

        #[test]
        fn to_the_whole_wall_and_back_it_stays_on_the_wall(from in views(), part in 0.0..1.0f64, out: bool) {
            let whole = View::whole(2.0);
            let path = if out { ViewPath::new(from, whole) } else { ViewPath::new(whole, from) };
            let view = path.at(part);
            let on_wall = view.on_wall(2.0);
            prop_assert!(view.centre.distance(on_wall.centre) < 1e-9 && view.height <= 1.0 + 1e-9);
        }

        #[test]
        fn a_tracked_cell_is_a_cell_of_the_plan(
            people in 30..400u32, rows in 1..9u32, x in 0.0..1.0f64, y in 0.0..1.0f64, time in 0.0..1e4f64, columns: bool,
        ) {
            let flow = if columns { Flow::Columns } else { Flow::Rows };
            let grid = WallGrid { rows, aspect: 2.0, flow, gap: 0.02, ..WallGrid::default() };
            let motion = Motion { speed: 0.4, variation: 0.5, ..Motion::default() };
            let deal = Deal::new(&(0..people).collect::<Vec<_>>(), grid, motion, 7).unwrap();
            // A row that leaves the wall meanwhile comes back at the other edge, where it is not followed to.
            let goes_round = |row: usize| {
                let [(before, height), (after, _)] = [time, time + 0.3].map(|time| deal.row_at(row, time));
                (after - before).abs() > height / 2.0
            };
            prop_assume!(!(0..deal.rows.len()).any(goes_round));
            let track = deal.track(DVec2::new(x, y), DVec2::splat(0.1), time);
            for time in [time, time + 0.3] {
                let plan = deal.plan(time);
                let half = DVec2::from(plan.grid.tile(plan.rows[0].height)) / 2.0;
                let (low, high) = (track.middle(time) - half, track.middle(time) + half);
                if high.cmple(DVec2::ZERO).any() || low.cmpge(DVec2::new(2.0, 1.0)).any() {
                    // It has left the wall.
                    continue;
                }
                let nearest = plan.rows.iter().flat_map(|row| (0..row.columns).map(|column| plan.middle(row, column)));
                let distance = nearest.map(|middle| middle.distance(track.middle(time))).fold(f64::MAX, f64::min);
                prop_assert!(distance < 1e-5, "{distance}");
            }
        }

        #[test]
        fn a_view_shows_what_the_whole_wall_has_there(
            people in 30..4000u32, rows in 1..40u32, view in views(), time in 0.0..1e4f64, columns: bool,
        ) {
            let flow = if columns { Flow::Columns } else { Flow::Rows };
            let grid = WallGrid { rows, aspect: 2.0, flow, gap: 0.02, ..WallGrid::default() };
            let motion = Motion { speed: 0.4, variation: 0.5, ..Motion::default() };
            let deal = Deal::new(&(0..people).collect::<Vec<_>>(), grid, motion, 7).unwrap();
            let (whole, seen) = (deal.plan(time), deal.plan_in(&view, time));
            for row in &seen.rows {
                let of_whole = whole.rows.iter().find(|other| other.index == row.index).unwrap();
                prop_assert!(row.top < grid.extent().1 && row.top + row.height > 0.0);
                for column in 0..row.columns {
                    let middle = seen.middle(row, column);
                    let want = (0..of_whole.columns).find(|column| {
                        let there = view.seen(whole.middle(of_whole, *column), 2.0);
                        there.distance(middle) < 1e-3 * row.height
                    });
                    // A view's last cell may be one that only touches its edge.
                    if let Some(want) = want {
                        prop_assert_eq!(row.cell(column), of_whole.cell(want));
                    } else {
                        prop_assert!(column + 1 == row.columns || column == 0);
                    }
                }
            }
        }
    }
}
