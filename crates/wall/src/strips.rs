//! Cutting of the wall's mesh along its rows.
//!
//! A surface is a mesh whose vertices carry wall coordinates. Cutting each of its quads at the edges of the rows gives the
//! fragment shader its row and its place in the row by interpolation alone; on a software rasteriser, a lookup in each
//! pixel costs 6 % more. A portrait outside the rows is a strip of one cell, and so is each large cell of rows on an upright
//! surface: its vertices know its tile, which a pixel of a longer strip has to look up.

use bytemuck::{Pod, Zeroable};
use glam::{DVec2, Vec4};

use super::{Flow, WallPlan};

/// The height or width of a tile from which on its cell is a strip of its own, in pixels: some thousand of them at 4K.
const LARGE_TILE_PX: f32 = 100.0;

/// A rectangle of the wall, mapped to clip space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeshQuad {
    /// Upper left and lower right corner, in wall coordinates.
    pub p_in_wall: [DVec2; 2],
    /// Clip-space positions of the upper left, upper right, lower left, lower right corner; w carries perspective.
    pub p_in_clip: [Vec4; 4],
}

impl MeshQuad {
    /// Returns a quad that fills an output with the whole of a wall.
    #[must_use]
    pub fn whole(aspect: f64) -> Self {
        let clip = |x, y| Vec4::new(x, y, 0.0, 1.0);
        Self {
            p_in_wall: [DVec2::ZERO, DVec2::new(aspect, 1.0)],
            p_in_clip: [clip(-1.0, 1.0), clip(1.0, 1.0), clip(-1.0, -1.0), clip(1.0, -1.0)],
        }
    }

    /// Whether it is a rectangle on the output, too: where its parts meet, whatever their corners, there is no crack.
    fn is_upright(&self) -> bool {
        let [ul, ur, ll, lr] = self.p_in_clip;
        [ul, ur, ll, lr].iter().all(|corner| corner.w == 1.0)
            && ul.x == ll.x
            && ur.x == lr.x
            && ul.y == ur.y
            && ll.y == lr.y
    }

    /// Maps a point of the wall to clip space, with perspective in w. On an edge of the rectangle the result depends on that
    /// edge's two corners only, so that quads that share an edge leave no crack.
    #[must_use]
    pub fn clip_from_wall(&self, p_in_wall: DVec2) -> Vec4 {
        let fraction = (p_in_wall - self.p_in_wall[0]) / (self.p_in_wall[1] - self.p_in_wall[0]);
        let [x, y] = [fraction.x as f32, fraction.y as f32];
        // Exact at both ends, which a + (b - a) * t is not.
        let between = |a: Vec4, b: Vec4, t: f32| a * (1.0 - t) + b * t;
        let [ul, ur, ll, lr] = self.p_in_clip;
        between(between(ul, ur, x), between(ll, lr, x), y)
    }
}

/// A vertex of a strip.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct StripVertex {
    /// Clip space.
    pub position: [f32; 4],
    /// Offset from the wall's centre, of length 1 in the wall's corners at any aspect: for the vignette.
    pub from_centre: [f32; 2],
    /// x: cells along the row from the start of its window; y: 0 to 1 across the row.
    pub in_row: [f32; 2],
    /// The row's cells.
    pub cells: StripCells,
    /// Width and height of the row's tiles on the output, in pixels.
    pub tile_px: [f32; 2],
    /// Feather at the left, upper, right and lower edge, in tiles; 0 in rows.
    pub feather: [f32; 4],
}

/// Where the data of a strip's cells are: a window onto a loop of `length` words from `loop_first` on, which begins with the
/// loop's cell `start`; and as many details from `window_first` on. See [`StripCells::single`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct StripCells {
    /// Index of the loop's first word; the word itself for a strip of one cell.
    pub loop_first: u32,
    /// Number of cells of the loop; 0 for a strip of one cell.
    pub length: u32,
    /// The window's first cell, counted from the loop's.
    pub start: u32,
    /// Index of the window's first cell among the visible ones.
    pub window_first: u32,
    /// The side in texels that the tiles are to be read at, as a power of two; seldom a whole number.
    pub wanted_log2: f32,
}

impl StripCells {
    /// A strip of one cell, which has that word and its detail at `place`.
    #[must_use]
    pub const fn single(word: u32, place: u32, wanted_log2: f32) -> Self {
        Self { loop_first: word, length: 0, start: 0, window_first: place, wanted_log2 }
    }
}

/// Intersects a rectangle of the wall (upper left and lower right corner) with each quad of a mesh.
pub fn parts(
    mesh: &[MeshQuad],
    [upper_left, lower_right]: [DVec2; 2],
) -> impl Iterator<Item = (&MeshQuad, [DVec2; 2])> {
    mesh.iter().filter_map(move |quad| {
        let part = [upper_left.max(quad.p_in_wall[0]), lower_right.min(quad.p_in_wall[1])];
        part[0].cmplt(part[1]).all().then_some((quad, part))
    })
}

/// Cuts `mesh` along the rows of `plan`: two triangles (6 vertices) a strip. `px_per_wall` is the scale of the output, in
/// pixels a wall unit, each way; `cells` say where the data of each row's cells are, `word_of`
/// the word of a cell by its person, who may be [`EMPTY_CELL`](super::EMPTY_CELL).
#[must_use]
pub fn cut(
    mesh: &[MeshQuad],
    plan: &WallPlan,
    px_per_wall: DVec2,
    cells: &[StripCells],
    mut word_of: impl FnMut(u32) -> u32,
) -> Vec<StripVertex> {
    let grid = &plan.grid;
    let wall = DVec2::new(grid.aspect, 1.0);
    // Swaps x and y where the rows are columns.
    let transposed = |p: DVec2| match grid.flow {
        Flow::Rows => p,
        Flow::Columns => DVec2::new(p.y, p.x),
    };
    let mut vertices = Vec::with_capacity((mesh.len() + plan.rows.len()) * 6);
    for (row, &cells) in plan.rows.iter().zip(cells) {
        for quad in mesh {
            let [near, far] = quad.p_in_wall.map(transposed);
            let (top, bottom) = (row.top.max(near.y), (row.top + row.height).min(far.y));
            if top >= bottom {
                continue;
            }
            let cells_per_wall_unit = (row.height * grid.pitch()).recip();
            let border = |column: u32| (f64::from(column) - f64::from(row.hidden)) / cells_per_wall_unit;
            let (near_x, far_x) = if plan.is_bounded {
                (near.x.max(border(0)), far.x.min(border(row.columns as u32)))
            } else {
                (near.x, far.x)
            };
            if near_x >= far_x {
                continue;
            }
            let tile_px = (DVec2::from(grid.tile(row.height)) * px_per_wall).as_vec2().to_array();
            let corner = |along: f64, across: f64, before: f64, cells: StripCells| {
                let p_in_wall = transposed(DVec2::new(along, across));
                let place = along * cells_per_wall_unit + f64::from(row.hidden) - before;
                let in_row = DVec2::new(place, (across - row.top) / row.height);
                StripVertex {
                    position: quad.clip_from_wall(p_in_wall).to_array(),
                    from_centre: from_centre(p_in_wall, wall),
                    in_row: in_row.as_vec2().to_array(),
                    cells,
                    tile_px,
                    feather: [0.0; 4],
                }
            };
            let mut strip = |left: f64, right: f64, before: f64, cells: StripCells| {
                let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
                vertices.extend(triangles(corners.map(|(along, across)| corner(along, across, before, cells))));
            };
            if tile_px[0].max(tile_px[1]) < LARGE_TILE_PX || !quad.is_upright() {
                strip(near_x, far_x, 0.0, cells);
                continue;
            }
            for column in 0..row.columns as u32 {
                let (left, right) = (border(column).max(near_x), border(column + 1).min(far_x));
                if left < right {
                    let word = word_of(row.cell(column as usize));
                    let cells = StripCells::single(word, cells.window_first + column, cells.wanted_log2);
                    strip(left, right, f64::from(column), cells);
                }
            }
        }
    }
    vertices
}

/// Returns strips of one cell: a tile that fills the rectangle `tile` of a wall of that size, clipped to the mesh. They go beyond it by
/// `beyond` pixels, for what of its edges falls into the next ones.
pub fn place(
    mesh: &[MeshQuad],
    wall: DVec2,
    tile: [DVec2; 2],
    feather: [f32; 4],
    cells: StripCells,
    px_per_wall: DVec2,
    beyond: f64,
) -> impl Iterator<Item = StripVertex> {
    let size = tile[1] - tile[0];
    let beyond = DVec2::splat(beyond) / px_per_wall;
    parts(mesh, [tile[0] - beyond, tile[1] + beyond]).flat_map(move |(quad, [upper_left, lower_right])| {
        let corner = |x: f64, y: f64| {
            let p_in_wall = DVec2::new(x, y);
            let in_tile = (p_in_wall - tile[0]) / size;
            StripVertex {
                position: quad.clip_from_wall(p_in_wall).to_array(),
                from_centre: from_centre(p_in_wall, wall),
                in_row: in_tile.as_vec2().to_array(),
                cells,
                tile_px: (size * px_per_wall).as_vec2().to_array(),
                feather,
            }
        };
        let ([left, top], [right, bottom]) = (upper_left.to_array(), lower_right.to_array());
        triangles([corner(left, top), corner(right, top), corner(left, bottom), corner(right, bottom)])
    })
}

fn from_centre(p_in_wall: DVec2, wall: DVec2) -> [f32; 2] {
    ((p_in_wall / wall - 0.5) * std::f64::consts::SQRT_2).as_vec2().to_array()
}

/// Splits a rectangle into two triangles; corners are upper left, upper right, lower left, lower right.
pub fn triangles<V: Copy>([ul, ur, ll, lr]: [V; 4]) -> [V; 6] {
    [ul, ll, ur, ur, ll, lr]
}

#[cfg(test)]
mod tests {
    use super::super::{RowPlan, WallGrid};
    use super::*;
    use glam::Vec2;
    use std::sync::Arc;

    #[test]
    fn strips_cover_the_quad_and_each_row_counts_its_own_cells() {
        for flow in [Flow::Rows, Flow::Columns] {
            let grid = WallGrid { rows: 3, aspect: 2.0, flow, ..WallGrid::default() };
            let mut first = 0;
            let rows = [0.25, 0.5, 0.0].into_iter().enumerate().map(|(index, hidden)| {
                let ((top, height), columns) = (grid.row(index), grid.columns(index));
                let row =
                    RowPlan { index, top, height, hidden, cells: Arc::new(vec![0; columns]), start: 0, first, columns };
                first += row.columns;
                row
            });
            let plan = WallPlan { grid, rows: rows.collect(), zooms: false, is_bounded: false };
            let cells = |row: &RowPlan| StripCells { window_first: row.first as u32, ..StripCells::default() };
            let cells: Vec<_> = plan.rows.iter().map(cells).collect();
            let vertices = cut(&[MeshQuad::whole(2.0)], &plan, DVec2::splat(100.0), &cells, |person| person);
            assert_eq!(vertices.len(), 18);
            let triangle_area = |corners: &[StripVertex]| {
                let p = |i: usize| Vec2::new(corners[i].position[0], corners[i].position[1]);
                (p(1) - p(0)).perp_dot(p(2) - p(0)).abs() / 2.0
            };
            let area: f32 = vertices.chunks(3).map(triangle_area).sum();
            assert!((area - 4.0).abs() < 1e-5, "clip space is 2 by 2, got {area}");
            assert!((Vec2::from(vertices[0].from_centre).length() - 1.0).abs() < 1e-6);
            assert_eq!(vertices[0].in_row, [0.25, 0.0]);
            let along = match flow {
                Flow::Rows => 7.5,
                // Columns two thirds wide, tiles five sixths high.
                Flow::Columns => 1.2,
            };
            assert!((Vec2::from(vertices[5].in_row) - Vec2::new(0.25 + along, 1.0)).length() < 1e-6);
            assert_eq!(vertices[6].cells.window_first as usize, plan.rows[0].columns);

            // Large tiles: a strip for each cell, which together are the same strips.
            let large = cut(&[MeshQuad::whole(2.0)], &plan, DVec2::splat(1000.0), &cells, |person| person + 7);
            let columns: usize = plan.rows.iter().map(|row| row.columns).sum();
            assert!(large.len() <= columns * 6 && large.len() > (columns - 2 * plan.rows.len()) * 6);
            for cell in large.chunks(6) {
                assert!(cell.iter().all(|vertex| (-1e-6..=1.000_001).contains(&vertex.in_row[0])));
                assert!(
                    cell.iter().all(|vertex| vertex.cells == StripCells::single(7, cell[0].cells.window_first, 0.0))
                );
            }
            let area: f32 = large.chunks(3).map(triangle_area).sum();
            assert!((area - 4.0).abs() < 1e-4, "{area}");
            let places: Vec<_> = large.chunks(6).map(|cell| cell[0].cells.window_first).collect();
            assert!(places.is_sorted_by(|a, b| a < b));
            // In perspective the rows stay whole, for corners in the middle of an edge would leave cracks.
            let mut leaning = MeshQuad::whole(2.0);
            leaning.p_in_clip[1].w = 1.5;
            assert_eq!(cut(&[leaning], &plan, DVec2::splat(1000.0), &cells, |person| person).len(), 18);
        }
    }
}
