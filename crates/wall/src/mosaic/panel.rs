//! A mosaic on the wall. See [`MosaicPanel`].

use std::sync::Arc;

use glam::DVec2;

use super::super::{Flow, RowLoop, RowPlan, View, WallGrid, WallPlan};

/// A mosaic: a picture of cells, 1 high, each row of which ends where the picture does. It stands on the wall as a part of it, all of
/// it, or beyond its edges.
#[derive(Clone, Debug, PartialEq)]
pub struct MosaicPanel {
    tile_aspect: f64,
    rows: Vec<RowLoop>,
    /// For each cell of a row, by how many stops its tile would have to be brighter to have the mean of its part of the picture.
    stops: Vec<Arc<Vec<f32>>>,
}

impl MosaicPanel {
    /// Arranges cells, row by row, of portrait numbers or [`EMPTY_CELL`](super::super::EMPTY_CELL)s, and how much brighter each ought to be.
    #[must_use]
    pub fn new(cells: &[u32], stops: &[f32], columns: usize, tile_aspect: f64) -> Self {
        let rows = cells.chunks(columns.max(1)).map(|row| Arc::new(row.to_vec())).collect();
        let stops = stops.chunks(columns.max(1)).map(|row| Arc::new(row.to_vec())).collect();
        Self { tile_aspect, rows, stops }
    }

    /// Returns its width, where it is 1 high.
    #[must_use]
    pub fn aspect(&self) -> f64 {
        let columns = self.rows.first().map_or(0, |row| row.len());
        columns as f64 * self.tile_aspect / self.rows.len().max(1) as f64
    }

    /// Returns the number of its rows.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Returns the upper left and lower right corner of a cell, counted row by row.
    #[must_use]
    pub fn cell(&self, cell: usize) -> [DVec2; 2] {
        let columns = self.rows.first().map_or(1, |row| row.len());
        let size = DVec2::new(self.tile_aspect, 1.0) / self.rows.len().max(1) as f64;
        let corner = DVec2::new((cell % columns) as f64, (cell / columns) as f64) * size;
        [corner, corner + size]
    }

    /// Returns each cell's person, row by row.
    pub fn cells(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().flat_map(|row| row.iter().copied())
    }

    /// Returns by how many stops a cell is to be brighter.
    #[must_use]
    pub fn stops_of(&self, cell: usize) -> f32 {
        let columns = self.rows.first().map_or(1, |row| row.len());
        self.stops.get(cell / columns).map_or(0.0, |row| row[cell % columns])
    }

    /// Puts a person into a cell, and how much brighter they ought to be.
    pub fn put(&mut self, cell: usize, person: u32, stops: f32) {
        let columns = self.rows.first().map_or(1, |row| row.len());
        if let (Some(row), Some(row_stops)) = (self.rows.get_mut(cell / columns), self.stops.get_mut(cell / columns)) {
            Arc::make_mut(row)[cell % columns] = person;
            Arc::make_mut(row_stops)[cell % columns] = stops;
        }
    }

    /// Puts other people into cells. What is drawn of rows without any of them stays as it is.
    pub fn replace(&mut self, mut other: impl FnMut(usize, u32) -> (u32, f32), is_changed: impl Fn(u32) -> bool) {
        let mut first = 0;
        for (row, stops) in self.rows.iter_mut().zip(&mut self.stops) {
            if row.iter().any(|person| is_changed(*person)) {
                let (row, stops) = (Arc::make_mut(row), Arc::make_mut(stops));
                for (column, (person, stops)) in row.iter_mut().zip(stops).enumerate() {
                    if is_changed(*person) {
                        (*person, *stops) = other(first + column, *person);
                    }
                }
            }
            first += row.len();
        }
    }

    /// Returns what a wall of an aspect shows of it, where the wall shows the rectangle `view`, in the panel's own coordinates: what
    /// it shows beside the panel is left out.
    #[must_use]
    pub fn plan(&self, view: &View, wall_aspect: f64) -> WallPlan {
        let grid = WallGrid {
            rows: self.rows.len() as u32,
            aspect: wall_aspect,
            tile_aspect: self.tile_aspect,
            gap: 0.0,
            flow: Flow::Rows,
            depth: 1.0,
            drifts: false,
        };
        let height = (self.rows.len() as f64 * view.height).recip();
        let pitch = height * self.tile_aspect;
        let [left, above] = view.seen(DVec2::ZERO, wall_aspect).to_array();
        let mut rows = Vec::new();
        let mut first = 0;
        for (index, cells) in self.rows.iter().enumerate() {
            let top = above + index as f64 * height;
            let start = (-left / pitch).floor().max(0.0) as usize;
            let end = (((wall_aspect - left) / pitch).ceil().max(0.0) as usize).min(cells.len());
            if top >= 1.0 || top + height <= 0.0 || start >= end {
                continue;
            }
            let hidden = (-left / pitch - start as f64) as f32;
            rows.push(RowPlan { index, top, height, hidden, cells: cells.clone(), start, first, columns: end - start });
            first += end - start;
        }
        WallPlan { grid, rows, zooms: true, is_bounded: true }
    }

    /// Returns, for each visible cell of a plan, the stops by which it is to be brighter, times `pull`.
    #[must_use]
    pub fn stops(&self, plan: &WallPlan, pull: f32) -> Vec<f32> {
        let of_row = |row: &RowPlan| self.stops[row.index][row.start..row.start + row.columns].iter();
        plan.rows.iter().flat_map(of_row).map(|stops| stops * pull).collect()
    }
}
