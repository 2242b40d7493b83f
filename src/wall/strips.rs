//! The wall's mesh cut along its rows.
//!
//! A surface is a mesh whose vertices carry wall coordinates. Cutting each of its quads at the rows' edges lets the
//! fragment shader know its row and its place in the row's loop by interpolation alone: measured on a software
//! rasteriser, looking them up a pixel costs 6 % more.

use bytemuck::{Pod, Zeroable};
use glam::{DVec2, Vec4};

use super::WallPlan;

/// A rectangle of the wall and where its corners land in clip space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeshQuad {
    /// Upper left and lower right corner, in wall coordinates.
    pub p_in_wall: [DVec2; 2],
    /// Clip-space positions of the upper left, upper right, lower left, lower right corner; w carries perspective.
    pub p_in_clip: [Vec4; 4],
}

impl MeshQuad {
    /// A quad that fills an output with the whole of a wall.
    #[must_use]
    pub fn whole(aspect: f64) -> Self {
        let clip = |x, y| Vec4::new(x, y, 0.0, 1.0);
        Self {
            p_in_wall: [DVec2::ZERO, DVec2::new(aspect, 1.0)],
            p_in_clip: [clip(-1.0, 1.0), clip(1.0, 1.0), clip(-1.0, -1.0), clip(1.0, -1.0)],
        }
    }

    /// The clip-space position of a point given as fractions of the quad; perspective comes from w.
    fn clip_at(&self, fraction: DVec2) -> Vec4 {
        let [x, y] = [fraction.x as f32, fraction.y as f32];
        let [ul, ur, ll, lr] = self.p_in_clip;
        ul.lerp(ur, x).lerp(ll.lerp(lr, x), y)
    }
}

/// A corner of a strip.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct StripVertex {
    /// Clip space.
    pub position: [f32; 4],
    /// From the wall's centre; 1 long in the wall's corners, whatever its aspect.
    pub from_centre: [f32; 2],
    /// x in cells from the left end of the row's window, y from 0 to 1 over the row.
    pub in_row: [f32; 2],
    /// The first cell of the row's window in the plan's cells.
    pub first_cell: u32,
}

/// Cuts `mesh` along the rows of `plan`: 6 vertices, two triangles, a strip.
#[must_use]
pub fn cut(mesh: &[MeshQuad], plan: &WallPlan) -> Vec<StripVertex> {
    let rows = f64::from(plan.grid.rows);
    let wall = DVec2::new(plan.grid.aspect, 1.0);
    let cells_per_wall_unit = rows / plan.grid.pitch();
    let mut vertices = Vec::with_capacity(mesh.len() * plan.rows.len() * 6);
    for quad in mesh {
        let [upper_left, lower_right] = quad.p_in_wall;
        let size = lower_right - upper_left;
        for (index, row) in plan.rows.iter().enumerate() {
            let (row_top, row_bottom) = (index as f64 / rows, (index + 1) as f64 / rows);
            let (top, bottom) = (row_top.max(upper_left.y), row_bottom.min(lower_right.y));
            if top >= bottom {
                continue;
            }
            let corner = |right: bool, y: f64| {
                let p_in_wall = DVec2::new(if right { lower_right.x } else { upper_left.x }, y);
                let clip = quad.clip_at((p_in_wall - upper_left) / size);
                let in_row =
                    DVec2::new(p_in_wall.x * cells_per_wall_unit + f64::from(row.hidden), y * rows - index as f64);
                StripVertex {
                    position: clip.to_array(),
                    from_centre: ((p_in_wall / wall - 0.5) * std::f64::consts::SQRT_2).as_vec2().to_array(),
                    in_row: in_row.as_vec2().to_array(),
                    // A plan has at most 400,000 cells.
                    first_cell: (index * plan.columns) as u32,
                }
            };
            let [ul, ur, ll, lr] = [corner(false, top), corner(true, top), corner(false, bottom), corner(true, bottom)];
            vertices.extend([ul, ll, ur, ur, ll, lr]);
        }
    }
    vertices
}

#[cfg(test)]
mod tests {
    use super::super::{RowPlan, WallGrid};
    use super::*;
    use glam::Vec2;

    #[test]
    fn strips_cover_the_quad_and_each_row_counts_its_own_cells() {
        let grid = WallGrid { rows: 3, aspect: 2.0, tile_aspect: 0.8, gap: 0.0 };
        let rows = vec![RowPlan { hidden: 0.25 }, RowPlan { hidden: 0.5 }, RowPlan { hidden: 0.0 }];
        let columns = grid.columns();
        let plan = WallPlan { grid, rows, columns, cells: vec![0; 3 * columns] };
        let vertices = cut(&[MeshQuad::whole(2.0)], &plan);
        assert_eq!(vertices.len(), 18);
        let area: f32 = vertices
            .chunks(3)
            .map(|t| {
                let p = |i: usize| Vec2::new(t[i].position[0], t[i].position[1]);
                (p(1) - p(0)).perp_dot(p(2) - p(0)).abs() / 2.0
            })
            .sum();
        assert!((area - 4.0).abs() < 1e-5, "clip space is 2 by 2, got {area}");
        assert!((Vec2::from(vertices[0].from_centre).length() - 1.0).abs() < 1e-6);
        assert_eq!(vertices[0].in_row, [0.25, 0.0]);
        assert_eq!(vertices[5].in_row, [0.25 + 7.5, 1.0]);
        assert_eq!(vertices[6].first_cell as usize, columns);
    }
}
