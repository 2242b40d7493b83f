//! Points moved from where the corner pin has them, and what lies between. See [`Displacement`].

use glam::DVec2;

use super::Mesh;
use super::fault::SurfaceFault;

/// The most cells of a mesh along and down.
const MOST_CELLS: u32 = 64;

/// How far a point may be moved, in pixels.
const FARTHEST: f64 = 1e6;

/// A checked mesh: how far any point of the surface is moved.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Displacement {
    pub columns: u32,
    pub rows: u32,
    smooth: bool,
    moved: Vec<DVec2>,
}

/// What the points around a place weigh there, and how that changes from cell to cell.
struct Weights {
    /// The second of the four points; the first may be one before the mesh, and weighs nothing then.
    cell: usize,
    at: [f64; 4],
    slope: [f64; 4],
}

impl Displacement {
    /// The mesh, or none where it moves nothing.
    pub fn new(mesh: &Mesh) -> Result<Option<Self>, SurfaceFault> {
        let Mesh { columns, rows, smooth, ref moved } = *mesh;
        if !(1..=MOST_CELLS).contains(&columns) || !(1..=MOST_CELLS).contains(&rows) {
            return Err(SurfaceFault::MeshSize);
        }
        let wanted = (columns as usize + 1) * (rows as usize + 1);
        if moved.len() != wanted {
            return Err(SurfaceFault::MeshPoints { wanted, found: moved.len() });
        }
        // Not a number fails this, too.
        if let Some(far) = moved.iter().position(|p| !p.abs().cmple(DVec2::splat(FARTHEST)).all()) {
            let far = far as u32;
            return Err(SurfaceFault::MeshFar { row: far / (columns + 1) + 1, column: far % (columns + 1) + 1 });
        }
        let still = moved.iter().all(|p| *p == DVec2::ZERO);
        Ok((!still).then(|| Self { columns, rows, smooth, moved: moved.clone() }))
    }

    /// How far a point is moved, and how that changes along u and v.
    pub fn jet(&self, p: DVec2) -> [DVec2; 3] {
        let (x, y) = (self.weights(p.x, self.columns), self.weights(p.y, self.rows));
        let width = self.columns as usize + 1;
        let mut jet = [DVec2::ZERO; 3];
        for j in 0..4 {
            // A point beyond the mesh weighs nothing: which one stands in for it does not matter.
            let row = (y.cell + j).saturating_sub(1).min(self.rows as usize);
            let (mut at, mut along) = (DVec2::ZERO, DVec2::ZERO);
            for i in 0..4 {
                let point = self.moved[row * width + (x.cell + i).saturating_sub(1).min(self.columns as usize)];
                at += point * x.at[i];
                along += point * x.slope[i];
            }
            jet[0] += at * y.at[j];
            jet[1] += along * y.at[j];
            jet[2] += at * y.slope[j];
        }
        jet
    }

    fn weights(&self, t: f64, cells: u32) -> Weights {
        let n = f64::from(cells);
        let cell = (t * n).floor().clamp(0.0, n - 1.0);
        let t = t * n - cell;
        let (mut at, mut slope) = if self.smooth {
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
        for weights in [&mut at, &mut slope] {
            // The point before the first is as far from it as the second: what is linear stays so.
            if cell == 0.0 {
                *weights = [0.0, weights[1] + 2.0 * weights[0], weights[2] - weights[0], weights[3]];
            }
            if cell == n - 1.0 {
                *weights = [weights[0], weights[1] - weights[3], weights[2] + 2.0 * weights[3], 0.0];
            }
        }
        Weights { cell: cell as usize, at, slope: slope.map(|slope| slope * n) }
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
        fn points_are_hit(mesh in meshes()) {
            let displacement = Displacement::new(&mesh).unwrap().unwrap();
            for (index, moved) in mesh.moved.iter().enumerate() {
                prop_assert!((displacement.jet(place(&mesh, index))[0] - *moved).length() < 1e-9);
            }
        }

        #[test]
        fn what_is_linear_stays_linear(mut mesh in meshes(), u in 0.0..1.0, v in 0.0..1.0) {
            let linear = |p: DVec2| DVec2::new(3.0 + p.x * 7.0 - p.y, p.y * 5.0 - 2.0 * p.x);
            for index in 0..mesh.moved.len() {
                mesh.moved[index] = linear(place(&mesh, index));
            }
            let [at, along, down] = Displacement::new(&mesh).unwrap().unwrap().jet(DVec2::new(u, v));
            prop_assert!((at - linear(DVec2::new(u, v))).length() < 1e-9);
            prop_assert!((along - DVec2::new(7.0, -2.0)).length() < 1e-9);
            prop_assert!((down - DVec2::new(-1.0, 5.0)).length() < 1e-9);
        }

        #[test]
        fn derivatives_are_those_of_small_steps(mesh in meshes(), u in 0.01..0.99, v in 0.01..0.99) {
            let displacement = Displacement::new(&mesh).unwrap().unwrap();
            let p = DVec2::new(u, v);
            let [_, along, down] = displacement.jet(p);
            for (step, wanted) in [(DVec2::X, along), (DVec2::Y, down)] {
                let seen = (displacement.jet(p + step * 1e-7)[0] - displacement.jet(p - step * 1e-7)[0]) / 2e-7;
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
    fn what_is_no_mesh_is_refused() {
        let mesh = |columns, rows, count| Mesh { columns, rows, smooth: false, moved: vec![DVec2::X; count] };
        assert_eq!(Displacement::new(&mesh(0, 1, 2)), Err(SurfaceFault::MeshSize));
        assert_eq!(Displacement::new(&mesh(u32::MAX, 1, 2)), Err(SurfaceFault::MeshSize));
        assert_eq!(Displacement::new(&mesh(2, 1, 5)), Err(SurfaceFault::MeshPoints { wanted: 6, found: 5 }));
        let mut far = mesh(2, 1, 6);
        far.moved[4].x = f64::NAN;
        assert_eq!(Displacement::new(&far), Err(SurfaceFault::MeshFar { row: 2, column: 2 }));
    }
}
