//! The warp of a surface: the map from surface space to output pixels. See [`Warp`].

use glam::{DMat2, DVec2, DVec3};

use super::cylinder::Cylinder;
use super::displacement::Displacement;
use super::fault::{StageFault, SurfaceFault};
use super::homography::{Homography, Jet, quad_double_area};
use super::{Mesh, Surface};

/// The most quads each way, as many as a mesh has cells at most: what a finer subdivision corrects is a fraction of the
/// displacements, and not worth its vertices.
const MOST_CELLS: u32 = 64;

/// The greatest error of the piecewise projective quads, in output pixels.
const TOLERANCE_PX: f64 = 0.05;

/// Where along a cell's edge the error is sampled. A parabola has 0.91 of its greatest error there and an S-curve 0.71, which
/// in the middle would have none.
const SAMPLED_AT: f64 = 0.35;

/// The map from surface space to output pixels: a corner pin or a part of a cylinder, and the displacement of a mesh over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Warp {
    base: Base,
    displacement: Option<Displacement>,
    /// 1 where the corners are clockwise, −1 where the surface is mirrored.
    orientation: f64,
    columns: u32,
    rows: u32,
    /// The vertices of the quads, row by row, in homogeneous output pixels.
    vertices: Vec<DVec3>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Base {
    Pin(Homography),
    Bend(Cylinder),
}

impl Warp {
    /// Computes the warp of a surface, and its subdivision into quads.
    ///
    /// # Errors
    /// When its corners are no convex quadrilateral, no such bend can be seen from the projector, or its mesh is folded.
    pub fn new(surface: &Surface) -> Result<Self, StageFault> {
        Self::of(surface).map_err(|fault| StageFault::surface(surface, fault))
    }

    fn of(surface: &Surface) -> Result<Self, SurfaceFault> {
        let corners = surface.corners;
        let base = match &surface.bend {
            Some(bend) => Base::Bend(Cylinder::new(corners, bend)?),
            None => Base::Pin(Homography::square_to_quad(corners)?),
        };
        let displacement = surface.mesh.as_ref().map(Displacement::new).transpose()?.flatten();
        let orientation = quad_double_area(corners).signum();
        let mut warp = Self { base, displacement, orientation, columns: 1, rows: 1, vertices: Vec::new() };
        if let (Some(mesh), Some(_)) = (&surface.mesh, &warp.displacement) {
            warp.check_mesh(mesh)?;
        }
        (warp.columns, warp.rows) = warp.subdivision();
        warp.vertices = warp.grid(warp.columns, warp.rows);
        warp.check_folds()?;
        Ok(warp)
    }

    /// Maps a point of the surface to homogeneous output pixels; w is positive. Beyond the surface it is extrapolated linearly
    /// from the edge.
    #[must_use]
    pub fn at(&self, p: DVec2) -> DVec3 {
        let within = p.clamp(DVec2::ZERO, DVec2::ONE);
        let jet = self.jet(within);
        let at = jet.at;
        if within == p {
            return at;
        }
        let projected = at.truncate() / at.z + jet.jacobian() * (p - within);
        (projected * at.z).extend(at.z)
    }

    /// Maps a point of the surface to output pixels.
    #[must_use]
    pub fn position(&self, p: DVec2) -> DVec2 {
        let at = self.at(p);
        at.truncate() / at.z
    }

    /// Returns the Jacobian, in output pixels for the whole surface along u and v; beyond the surface, that of its edge.
    #[must_use]
    pub fn jacobian(&self, p: DVec2) -> DMat2 {
        self.jet(p.clamp(DVec2::ZERO, DVec2::ONE)).jacobian()
    }

    /// The corner pin, where the warp is nothing else.
    #[must_use]
    pub const fn pin(&self) -> Option<&Homography> {
        match (&self.base, &self.displacement) {
            (Base::Pin(pin), None) => Some(pin),
            _ => None,
        }
    }

    /// The columns and rows of quads, each a projective map, whose error is at most 0.05 px; no more than 64 each way. A corner
    /// pin is one quad.
    #[must_use]
    pub const fn cells(&self) -> (u32, u32) {
        (self.columns, self.rows)
    }

    /// The vertices of those quads, (columns + 1) × (rows + 1), row by row, in homogeneous output pixels.
    #[must_use]
    pub fn vertices(&self) -> &[DVec3] {
        &self.vertices
    }

    /// Maps output pixels back to surface space; none off the surface.
    #[must_use]
    pub fn inverse(&self, p_in_output: DVec2) -> Option<DVec2> {
        let on_surface = |p: &DVec2| (p.clamp(DVec2::ZERO, DVec2::ONE) - *p).abs().max_element() < 1e-9;
        if let Some(pin) = self.pin() {
            let p = pin.inverse()?.apply(p_in_output)?;
            return on_surface(&p).then(|| p.clamp(DVec2::ZERO, DVec2::ONE));
        }
        if !p_in_output.is_finite() {
            return None;
        }
        // A quad is within a twentieth of a pixel of the warp; Newton's method from there needs three steps. A point between the
        // straight edge of an outer quad and the curved edge of the surface is in no quad, and starts from the nearest.
        let (near, is_inside) = self.nearest_quad(p_in_output)?;
        let mut p = near;
        for _ in 0..8 {
            let off = p_in_output - self.position(p);
            if off.length_squared() < 1e-18 {
                break;
            }
            p += self.jacobian(p).inverse() * off;
        }
        let found = on_surface(&p) && (self.position(p) - p_in_output).length() < 1e-6;
        if found { Some(p.clamp(DVec2::ZERO, DVec2::ONE)) } else { is_inside.then_some(near) }
    }

    /// Returns the point of the surface by the quads as they are drawn, and whether it lies in one; none farther than a twentieth
    /// of a quad from all of them.
    fn nearest_quad(&self, p_in_output: DVec2) -> Option<(DVec2, bool)> {
        /// Barycentric weights of points that count as inside, so that nothing falls between two triangles, and as near.
        const INSIDE: f64 = -1e-6;
        const NEAR: f64 = -0.05;
        let cells = DVec2::new(f64::from(self.columns), f64::from(self.rows));
        let mut nearest = None;
        let mut least_weight = NEAR;
        for (row, column) in (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (row, column))) {
            for triangle in triangles(self.corners(column, row)) {
                let [a, b, c] = triangle.map(|(at, _)| at);
                // The perspective-correct barycentric weight of a corner is the volume that the others span with the point.
                let ray = p_in_output.extend(1.0);
                let weights = DVec3::new(ray.dot(b.cross(c)), ray.dot(c.cross(a)), ray.dot(a.cross(b)));
                let weights = weights / weights.element_sum();
                let [a, b, c] = triangle.map(|(_, in_cell)| in_cell);
                let in_cell = a * weights.x + b * weights.y + c * weights.z;
                let p = (DVec2::new(f64::from(column), f64::from(row)) + in_cell) / cells;
                if !p.is_finite() || weights.min_element() <= least_weight {
                    continue;
                }
                let is_inside = weights.min_element() >= INSIDE;
                nearest = Some((p.clamp(DVec2::ZERO, DVec2::ONE), is_inside));
                if is_inside {
                    return nearest;
                }
                least_weight = weights.min_element();
            }
        }
        nearest
    }

    /// The upper left, upper right, lower left and lower right corner of a quad, in homogeneous output pixels.
    pub(super) fn corners(&self, column: u32, row: u32) -> [DVec3; 4] {
        let width = self.columns as usize + 1;
        let first = row as usize * width + column as usize;
        [first, first + 1, first + width, first + width + 1].map(|index| self.vertices[index])
    }

    /// Maps a point to homogeneous output pixels, with the derivatives.
    fn jet(&self, p: DVec2) -> Jet<DVec3> {
        let base = match &self.base {
            Base::Pin(pin) => Jet { at: pin.homogeneous(p), du: pin.0.x_axis, dv: pin.0.y_axis },
            Base::Bend(cylinder) => cylinder.jet(p),
        };
        let Some(displacement) = &self.displacement else { return base };
        let Jet { at: moved, du: moved_du, dv: moved_dv } = displacement.jet(p);
        let Jet { at, du, dv } = base;
        let add = |value: DVec3, by: DVec2| (value.truncate() + by).extend(value.z);
        Jet {
            at: add(at, moved * at.z),
            du: add(du, moved * du.z + moved_du * at.z),
            dv: add(dv, moved * dv.z + moved_dv * at.z),
        }
    }

    /// Maps the points of a regular grid, row by row.
    fn grid(&self, columns: u32, rows: u32) -> Vec<DVec3> {
        let place = |index, of| f64::from(index) / f64::from(of);
        (0..=rows)
            .flat_map(|row| (0..=columns).map(move |column| DVec2::new(place(column, columns), place(row, rows))))
            .map(|p| self.jet(p).at)
            .collect()
    }

    /// Returns the coarsest subdivision within the tolerance: columns or rows are doubled while their error is too large.
    fn subdivision(&self) -> (u32, u32) {
        if self.pin().is_some() {
            return (1, 1);
        }
        // No quad spans two cells of a mesh, between which there may be a kink.
        let (mut columns, mut rows) = self.displacement.as_ref().map_or((1, 1), |mesh| (mesh.columns, mesh.rows));
        loop {
            let [along_u, along_v, diagonal] = self.subdivision_error(columns, rows);
            let is_coarse = |error: f64| error > TOLERANCE_PX * 0.7;
            let (mut finer_columns, mut finer_rows) = (is_coarse(along_u), is_coarse(along_v));
            if is_coarse(diagonal) && !finer_columns && !finer_rows {
                (finer_columns, finer_rows) = (true, true);
            }
            finer_columns &= columns * 2 <= MOST_CELLS;
            finer_rows &= rows * 2 <= MOST_CELLS;
            if !finer_columns && !finer_rows {
                return (columns, rows);
            }
            columns <<= u32::from(finer_columns);
            rows <<= u32::from(finer_rows);
        }
    }

    /// The greatest error of a subdivision, in output pixels: along u, along v, and on the diagonals of cells.
    fn subdivision_error(&self, columns: u32, rows: u32) -> [f64; 3] {
        let vertices = self.grid(columns, rows);
        let width = columns as usize + 1;
        let cells = DVec2::new(f64::from(columns), f64::from(rows));
        let mut most = [0.0_f64; 3];
        for row in 0..=rows {
            for column in 0..=columns {
                let index = row as usize * width + column as usize;
                let p = DVec2::new(f64::from(column), f64::from(row));
                // The diagonal goes from the upper right to the lower left, as the triangles do.
                let ends = [
                    (column < columns).then_some((index + 1, DVec2::X)),
                    (row < rows).then_some((index + width, DVec2::Y)),
                    (column > 0 && row < rows).then(|| (index + width - 1, DVec2::new(-1.0, 1.0))),
                ];
                for (most, end) in most.iter_mut().zip(ends) {
                    let Some((end, step)) = end else { continue };
                    let chord = vertices[index].lerp(vertices[end], SAMPLED_AT);
                    let exact = self.jet((p + step * SAMPLED_AT) / cells).at;
                    *most = most.max((chord.truncate() / chord.z - exact.truncate() / exact.z).length());
                }
            }
        }
        most
    }

    /// Checks that every cell of the mesh is convex and has the orientation of the surface.
    fn check_mesh(&self, mesh: &Mesh) -> Result<(), SurfaceFault> {
        let points = self.grid(mesh.columns, mesh.rows);
        let width = mesh.columns as usize + 1;
        for row in 0..mesh.rows as usize {
            for column in 0..mesh.columns as usize {
                let first = row * width + column;
                let round = [first, first + 1, first + width + 1, first + width];
                for turn in 0..4 {
                    let triangle = [round[turn], round[(turn + 1) % 4], round[(turn + 2) % 4]];
                    let [a, b, c] = triangle.map(|index| points[index].truncate() / points[index].z);
                    if (b - a).perp_dot(c - b) * self.orientation > 0.0 {
                        continue;
                    }
                    // The point to move back is the one whose displacement differs most from those of the other two.
                    let moved = triangle.map(|index| mesh.moved[index]);
                    let mean = (moved[0] + moved[1] + moved[2]) / 3.0;
                    let odd = |i: &usize| moved[*i].distance_squared(mean);
                    let odd = (0..3).max_by(|a, b| odd(a).total_cmp(&odd(b))).unwrap_or(0);
                    let index = triangle[odd];
                    return Err(SurfaceFault::MeshFolded {
                        row: (index / width) as u32 + 1,
                        column: (index % width) as u32 + 1,
                    });
                }
            }
        }
        Ok(())
    }

    /// Checks that no triangle as drawn is flipped.
    fn check_folds(&self) -> Result<(), SurfaceFault> {
        let Some(mesh) = &self.displacement else { return Ok(()) };
        for row in 0..self.rows {
            for column in 0..self.columns {
                for triangle in triangles(self.corners(column, row)) {
                    let [a, b, c] = triangle.map(|(at, _)| at.truncate() / at.z);
                    if (b - a).perp_dot(c - a) * self.orientation < 0.0 {
                        continue;
                    }
                    let nearest = |at: u32, cells: u32, points: u32| {
                        ((f64::from(at) + 0.5) / f64::from(cells) * f64::from(points)).round() as u32 + 1
                    };
                    return Err(SurfaceFault::MeshFolded {
                        row: nearest(row, self.rows, mesh.rows),
                        column: nearest(column, self.columns, mesh.columns),
                    });
                }
            }
        }
        Ok(())
    }
}

/// The two triangles of a quad as they are drawn, each corner with its position in the cell. Their orientation is opposite to
/// that of the surface's corners.
pub(super) const fn triangles([ul, ur, ll, lr]: [DVec3; 4]) -> [[(DVec3, DVec2); 3]; 2] {
    let (ul, ur) = ((ul, DVec2::ZERO), (ur, DVec2::X));
    let (ll, lr) = ((ll, DVec2::Y), (lr, DVec2::ONE));
    [[ul, ll, ur], [ur, ll, lr]]
}
