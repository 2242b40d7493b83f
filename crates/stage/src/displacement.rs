//! The displacement of a surface by its warp mesh, interpolated between the mesh points. See [`Displacement`].

use glam::DVec2;

use super::Mesh;
use super::fault::SurfaceFault;
use super::homography::Jet;

/// The most cells of a mesh each way.
const MOST_CELLS: u32 = 64;

/// The greatest displacement along an axis, in pixels.
const FARTHEST: f64 = 1e6;

/// A valid mesh as a vector field over the surface, in output pixels: bilinear, or bicubic by Catmull–Rom splines.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Displacement {
    pub columns: u32,
    pub rows: u32,
    smooth: bool,
    moved: Vec<DVec2>,
}

/// The interpolation weights of four neighbouring points along an axis.
struct Weights {
    /// The cell, which lies between the second and the third of them.
    cell: usize,
    values: [f64; 4],
    derivatives: [f64; 4],
}

impl Displacement {
    /// Validates a mesh; none where it displaces nothing.
    ///
    /// # Errors
    /// When it has a wrong count of cells or points, or a point is displaced too far.
    pub fn new(mesh: &Mesh) -> Result<Option<Self>, SurfaceFault> {
        let Mesh { columns, rows, smooth, ref moved } = *mesh;
        if !(1..=MOST_CELLS).contains(&columns) || !(1..=MOST_CELLS).contains(&rows) {
            return Err(SurfaceFault::MeshSize);
        }
        let wanted = (columns as usize + 1) * (rows as usize + 1);
        if moved.len() != wanted {
            return Err(SurfaceFault::MeshPoints { wanted, found: moved.len() });
        }
        // NaN fails this, too.
        if let Some(far) = moved.iter().position(|p| !p.abs().cmple(DVec2::splat(FARTHEST)).all()) {
            let far = far as u32;
            return Err(SurfaceFault::MeshFar { row: far / (columns + 1) + 1, column: far % (columns + 1) + 1 });
        }
        let is_zero = moved.iter().all(|p| *p == DVec2::ZERO);
        Ok((!is_zero).then(|| Self { columns, rows, smooth, moved: moved.clone() }))
    }

    /// Interpolates the displacement at a point of the surface, with the derivatives.
    pub fn jet(&self, p: DVec2) -> Jet<DVec2> {
        let (x, y) = (self.weights(p.x, self.columns), self.weights(p.y, self.rows));
        let width = self.columns as usize + 1;
        let mut jet = Jet { at: DVec2::ZERO, du: DVec2::ZERO, dv: DVec2::ZERO };
        for j in 0..4 {
            // A point beyond the mesh has no weight: any index will do.
            let row = (y.cell + j).saturating_sub(1).min(self.rows as usize);
            let (mut at, mut du) = (DVec2::ZERO, DVec2::ZERO);
            for i in 0..4 {
                let point = self.moved[row * width + (x.cell + i).saturating_sub(1).min(self.columns as usize)];
                at += point * x.values[i];
                du += point * x.derivatives[i];
            }
            jet.at += at * y.values[j];
            jet.du += du * y.values[j];
            jet.dv += at * y.derivatives[j];
        }
        jet
    }

    /// The weights at `t`, 0 to 1, along an axis of so many cells.
    fn weights(&self, t: f64, cells: u32) -> Weights {
        let n = f64::from(cells);
        let cell = (t * n).floor().clamp(0.0, n - 1.0);
        let t = t * n - cell;
        let (mut values, mut derivatives) = if self.smooth {
            let (t2, t3) = (t * t, t * t * t);
            (
                [
                    -0.5 * t3 + t2 - 0.5 * t,
                    1.5 * t3 - 2.5 * t2 + 1.0,
                    -1.5 * t3 + 2.0 * t2 + 0.5 * t,
                    0.5 * t3 - 0.5 * t2,
                ],
                [-1.5 * t2 + 2.0 * t - 0.5, 4.5 * t2 - 5.0 * t, -4.5 * t2 + 4.0 * t + 0.5, 1.5 * t2 - t],
            )
        } else {
            ([0.0, 1.0 - t, t, 0.0], [0.0, -1.0, 1.0, 0.0])
        };
        for weights in [&mut values, &mut derivatives] {
            // Points beyond the mesh are extrapolated linearly, so that linear displacements stay linear.
            if cell == 0.0 {
                *weights = [0.0, weights[1] + 2.0 * weights[0], weights[2] - weights[0], weights[3]];
            }
            if cell == n - 1.0 {
                *weights = [weights[0], weights[1] - weights[3], weights[2] + 2.0 * weights[3], 0.0];
            }
        }
        Weights { cell: cell as usize, values, derivatives: derivatives.map(|derivative| derivative * n) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meshes() -> impl Strategy<Value = Mesh> {
        (1..6_u32, 1..6_u32, any::<bool>()).prop_flat_map(|(columns, rows, smooth)| {
            let count = ((columns + 1) * (rows + 1)) as usize;
            prop::collection::vec((-9.0..9.0, -9.0..9.0), count).prop_map(move |moved| Mesh {
                columns,
                rows,
                smooth,
                moved: moved.into_iter().map(|(x, y)| DVec2::new(x, y)).collect(),
            })
        })
    }

    fn place(mesh: &Mesh, index: usize) -> DVec2 {
        let width = mesh.columns as usize + 1;
        let cells = DVec2::new(f64::from(mesh.columns), f64::from(mesh.rows));
        DVec2::new((index % width) as f64, (index / width) as f64) / cells
    }

    proptest! {
        #[test]
        fn mesh_points_are_interpolated_exactly(mesh in meshes()) {
            let displacement = Displacement::new(&mesh).unwrap().unwrap();
            for (index, moved) in mesh.moved.iter().enumerate() {
                prop_assert!((displacement.jet(place(&mesh, index)).at - *moved).length() < 1e-9);
            }
        }

        #[test]
        fn what_is_linear_stays_linear(mut mesh in meshes(), u in 0.0..1.0, v in 0.0..1.0) {
            let linear = |p: DVec2| DVec2::new(3.0 + p.x * 7.0 - p.y, p.y * 5.0 - 2.0 * p.x);
            for index in 0..mesh.moved.len() {
                mesh.moved[index] = linear(place(&mesh, index));
            }
            let Jet { at, du, dv } = Displacement::new(&mesh).unwrap().unwrap().jet(DVec2::new(u, v));
            prop_assert!((at - linear(DVec2::new(u, v))).length() < 1e-9);
            prop_assert!((du - DVec2::new(7.0, -2.0)).length() < 1e-9);
            prop_assert!((dv - DVec2::new(-1.0, 5.0)).length() < 1e-9);
        }

        #[test]
        fn derivatives_are_those_of_small_steps(mesh in meshes(), u in 0.01..0.99, v in 0.01..0.99) {
            let displacement = Displacement::new(&mesh).unwrap().unwrap();
            let p = DVec2::new(u, v);
            let Jet { du, dv, .. } = displacement.jet(p);
            for (step, wanted) in [(DVec2::X, du), (DVec2::Y, dv)] {
                let seen = (displacement.jet(p + step * 1e-7).at - displacement.jet(p - step * 1e-7).at) / 2e-7;
                // Straight cells have kinks between them.
                let at_kink = !mesh.smooth && {
                    let cells = p * DVec2::new(f64::from(mesh.columns), f64::from(mesh.rows));
                    (cells - cells.round()).abs().min_element() < 1e-5
                };
                prop_assert!(at_kink || (seen - wanted).length() < 1e-4);
            }
        }
    }

    #[test]
    fn an_invalid_mesh_is_refused() {
        let mesh = |columns, rows, count| Mesh { columns, rows, smooth: false, moved: vec![DVec2::X; count] };
        assert_eq!(Displacement::new(&mesh(0, 1, 2)), Err(SurfaceFault::MeshSize));
        assert_eq!(Displacement::new(&mesh(u32::MAX, 1, 2)), Err(SurfaceFault::MeshSize));
        assert_eq!(Displacement::new(&mesh(2, 1, 5)), Err(SurfaceFault::MeshPoints { wanted: 6, found: 5 }));
        let mut far = mesh(2, 1, 6);
        far.moved[4].x = f64::NAN;
        assert_eq!(Displacement::new(&far), Err(SurfaceFault::MeshFar { row: 2, column: 2 }));
    }
}
