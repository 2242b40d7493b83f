//! Where a surface's picture lands on its output. See [`Warp`].

use glam::{DMat2, DVec2, DVec3};

use super::cylinder::Cylinder;
use super::displacement::Displacement;
use super::fault::{StageFault, SurfaceFault};
use super::homography::{Homography, flat_jacobian, twice_area};
use super::{Mesh, Surface};

/// The most quads that a surface is cut into along or down: as many as a mesh has cells at most. More would take longer to
/// draw than they are worth: what a mesh as fine as that leaves off is a fraction of what it moves.
const MOST_CELLS: u32 = 64;

/// How far a picture may be off where it lies within a quad, in output pixels.
const TOLERANCE_PX: f64 = 0.05;

/// Where within a cell it is measured how far a straight line is off. A parabola is off there by 0.91 of the most, an
/// S by 0.71: neither goes unseen, as the S would in the middle.
const MEASURED_AT: f64 = 0.35;

/// The map of a surface (0 to 1 each way) onto output pixels: a corner pin or a part of a cylinder, and a mesh over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Warp {
    base: Base,
    displacement: Option<Displacement>,
    /// 1 where the surface is seen as the corners go round, −1 where it is mirrored.
    sense: f64,
    columns: u32,
    rows: u32,
    /// The corners of the quads that it is cut into, row by row: output pixels times w, and w.
    nodes: Vec<DVec3>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Base {
    Pin(Homography),
    Bend(Cylinder),
}

impl Warp {
    /// The warp of a surface.
    ///
    /// # Errors
    /// When its corners are no convex quadrilateral, its bend cannot be seen as the points say, or its mesh is folded.
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
        let sense = twice_area(corners).signum();
        let mut warp = Self { base, displacement, sense, columns: 1, rows: 1, nodes: Vec::new() };
        if let (Some(mesh), Some(_)) = (&surface.mesh, &warp.displacement) {
            warp.check_points(mesh)?;
        }
        (warp.columns, warp.rows) = warp.fit_cells();
        warp.nodes = warp.grid(warp.columns, warp.rows);
        warp.check_folds()?;
        Ok(warp)
    }

    /// Where a point of the surface lands: output pixels times w, and w, which is positive. Beyond the surface it goes on
    /// as straight as it leaves it.
    #[must_use]
    pub fn at(&self, p: DVec2) -> DVec3 {
        let within = p.clamp(DVec2::ZERO, DVec2::ONE);
        let [at, along, down] = self.jet(within);
        if within == p {
            return at;
        }
        let flat = at.truncate() / at.z + flat_jacobian(at, along, down) * (p - within);
        (flat * at.z).extend(at.z)
    }

    /// Where a point of the surface lands, in output pixels.
    #[must_use]
    pub fn position(&self, p: DVec2) -> DVec2 {
        let at = self.at(p);
        at.truncate() / at.z
    }

    /// Output pixels for a step of the whole surface along u (first column) and v; beyond the surface, those of its edge.
    #[must_use]
    pub fn jacobian(&self, p: DVec2) -> DMat2 {
        let [at, along, down] = self.jet(p.clamp(DVec2::ZERO, DVec2::ONE));
        flat_jacobian(at, along, down)
    }

    /// The corner pin, where the surface is nothing else.
    #[must_use]
    pub const fn pin(&self) -> Option<&Homography> {
        match (&self.base, &self.displacement) {
            (Base::Pin(pin), None) => Some(pin),
            _ => None,
        }
    }

    /// Columns and rows of quads that it must be cut into, so that what is straight within each, in perspective, is
    /// nowhere off by more than 0.05 px; no more than 64 each. A corner pin is one quad.
    #[must_use]
    pub const fn cells(&self) -> (u32, u32) {
        (self.columns, self.rows)
    }

    /// The corners of those quads, (columns + 1) × (rows + 1), row by row: output pixels times w, and w.
    #[must_use]
    pub fn nodes(&self) -> &[DVec3] {
        &self.nodes
    }

    /// The point of the surface that lands at a place of the output; none where the surface is not.
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
        // A quad is within a twentieth of a pixel of the truth; Newton's method from there needs three steps. A point between
        // the outermost quad's straight edge and the surface's bent one is in no quad, and is found from the nearest.
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

    /// Returns the point of the surface by the quads, as they are drawn, and whether it lies in one; none further than a twentieth
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
                // The weight of a corner, in perspective, is the volume that the others span with the point.
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

    /// Upper left, upper right, lower left, lower right corner of a quad.
    pub(super) fn corners(&self, column: u32, row: u32) -> [DVec3; 4] {
        let width = self.columns as usize + 1;
        let first = row as usize * width + column as usize;
        [first, first + 1, first + width, first + width + 1].map(|index| self.nodes[index])
    }

    /// Where a point lands and its derivatives along u and v, each times w and w.
    fn jet(&self, p: DVec2) -> [DVec3; 3] {
        let [at, along, down] = match &self.base {
            Base::Pin(pin) => [pin.homogeneous(p), pin.0.x_axis, pin.0.y_axis],
            Base::Bend(cylinder) => cylinder.jet(p),
        };
        let Some(displacement) = &self.displacement else { return [at, along, down] };
        let [moved, moved_along, moved_down] = displacement.jet(p);
        let add = |step: DVec3, by: DVec2| (step.truncate() + by).extend(step.z);
        [
            add(at, moved * at.z),
            add(along, moved * along.z + moved_along * at.z),
            add(down, moved * down.z + moved_down * at.z),
        ]
    }

    fn grid(&self, columns: u32, rows: u32) -> Vec<DVec3> {
        let place = |index, of| f64::from(index) / f64::from(of);
        (0..=rows)
            .flat_map(|row| (0..=columns).map(move |column| DVec2::new(place(column, columns), place(row, rows))))
            .map(|p| self.jet(p)[0])
            .collect()
    }

    fn fit_cells(&self) -> (u32, u32) {
        if self.pin().is_some() {
            return (1, 1);
        }
        // A quad never spans two cells of a mesh: between them there may be a kink.
        let (mut columns, mut rows) = self.displacement.as_ref().map_or((1, 1), |mesh| (mesh.columns, mesh.rows));
        loop {
            let [along, down, across] = self.deviation(columns, rows);
            let off = |deviation: f64| deviation > TOLERANCE_PX * 0.7;
            let (mut finer_columns, mut finer_rows) = (off(along), off(down));
            if off(across) && !finer_columns && !finer_rows {
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

    /// How far lines that are straight within a cell are off, in output pixels: along u, along v, and across a cell.
    fn deviation(&self, columns: u32, rows: u32) -> [f64; 3] {
        let nodes = self.grid(columns, rows);
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
                    let straight = nodes[index].lerp(nodes[end], MEASURED_AT);
                    let truly = self.jet((p + step * MEASURED_AT) / cells)[0];
                    *most = most.max((straight.truncate() / straight.z - truly.truncate() / truly.z).length());
                }
            }
        }
        most
    }

    /// That the mesh's points go round every cell as the surface's corners do.
    fn check_points(&self, mesh: &Mesh) -> Result<(), SurfaceFault> {
        let nodes = self.grid(mesh.columns, mesh.rows);
        let width = mesh.columns as usize + 1;
        for row in 0..mesh.rows as usize {
            for column in 0..mesh.columns as usize {
                let first = row * width + column;
                let round = [first, first + 1, first + width + 1, first + width];
                for turn in 0..4 {
                    let triangle = [round[turn], round[(turn + 1) % 4], round[(turn + 2) % 4]];
                    let [a, b, c] = triangle.map(|index| nodes[index].truncate() / nodes[index].z);
                    if (b - a).perp_dot(c - b) * self.sense > 0.0 {
                        continue;
                    }
                    // The one that was moved otherwise than the other two is the one to move back.
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

    /// That no triangle that is drawn is turned over.
    fn check_folds(&self) -> Result<(), SurfaceFault> {
        let Some(mesh) = &self.displacement else { return Ok(()) };
        for row in 0..self.rows {
            for column in 0..self.columns {
                for triangle in triangles(self.corners(column, row)) {
                    let [a, b, c] = triangle.map(|(at, _)| at.truncate() / at.z);
                    if (b - a).perp_dot(c - a) * self.sense < 0.0 {
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

/// The two triangles of a quad as they are drawn, each corner with its place in the cell. They go round against the
/// surface's corners.
pub(super) const fn triangles([ul, ur, ll, lr]: [DVec3; 4]) -> [[(DVec3, DVec2); 3]; 2] {
    let (ul, ur) = ((ul, DVec2::ZERO), (ur, DVec2::X));
    let (ll, lr) = ((ll, DVec2::Y), (lr, DVec2::ONE));
    [[ul, ll, ur], [ur, ll, lr]]
}
