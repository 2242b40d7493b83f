//! Warps for tests: the plane's own perspective, and straight meshes over it.

use std::io;
use std::path::Path;

use glam::{DMat3, DVec2, DVec3};
use millions_base::Files;

use super::super::check::is_convex;
use super::super::{EditHost, SurfaceMapping};
use crate::{Mesh, NoMaskImages, Stage, Surface};

/// Makes [`Warp`]s.
pub struct Plain;

struct Warp<'a> {
    plane: DMat3,
    mesh: Option<&'a Mesh>,
}

impl Files for Plain {
    fn read(&self, path: &Path) -> io::Result<String> {
        NoMaskImages.read(path)
    }

    fn is_there(&self, path: &Path) -> bool {
        NoMaskImages.is_there(path)
    }
}

impl EditHost for Plain {
    fn warp<'a>(&'a self, surface: &'a Surface) -> Option<Box<dyn SurfaceMapping + 'a>> {
        Some(Box::new(Warp { plane: plane(surface.corners), mesh: surface.mesh.as_ref() }))
    }

    fn accepts(&self, stage: &Stage) -> Result<(), String> {
        for surface in &stage.surfaces {
            let warp = Warp { plane: plane(surface.corners), mesh: surface.mesh.as_ref() };
            let Some(mesh) = &surface.mesh else { continue };
            let outside = |p: &DVec2| !(-1e4..1e4).contains(&p.x) || !(-1e4..1e4).contains(&p.y);
            if surface.corners.iter().any(outside) {
                return Err(format!("{}: far from its output", surface.name));
            }
            for cell in 0..mesh.columns * mesh.rows {
                let corner = |x: u32, y: u32| {
                    let (i, j) = (cell % mesh.columns + x, cell / mesh.columns + y);
                    let p = DVec2::new(f64::from(i) / f64::from(mesh.columns), f64::from(j) / f64::from(mesh.rows));
                    warp.output_from_surface(p).unwrap_or(DVec2::NAN)
                };
                if !is_convex(&[corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)]) {
                    return Err(format!("{}: its mesh would fold", surface.name));
                }
            }
        }
        Ok(())
    }
}

/// Heckbert's square to quadrilateral.
fn plane([a, b, c, d]: [DVec2; 4]) -> DMat3 {
    let (side, other, sum) = (b - c, d - c, a - b + c - d);
    let turn = side.perp_dot(other);
    let (g, h) = (sum.perp_dot(other) / turn, side.perp_dot(sum) / turn);
    let (x, y) = (b - a + b * g, d - a + d * h);
    DMat3::from_cols(DVec3::new(x.x, x.y, g), DVec3::new(y.x, y.y, h), DVec3::new(a.x, a.y, 1.0))
}

fn through(plane: DMat3, p: DVec2) -> Option<DVec2> {
    let q = plane * p.extend(1.0);
    (q.z > 1e-9).then(|| q.truncate() / q.z)
}

impl Warp<'_> {
    fn moved(&self, p: DVec2) -> DVec2 {
        let Some(mesh) = self.mesh else { return DVec2::ZERO };
        let cells = DVec2::new(f64::from(mesh.columns), f64::from(mesh.rows));
        let cell = (p * cells).floor().clamp(DVec2::ZERO, cells - 1.0);
        let t = p * cells - cell;
        let at =
            |x: usize, y: usize| mesh.moved[(cell.y as usize + y) * (mesh.columns as usize + 1) + cell.x as usize + x];
        at(0, 0).lerp(at(1, 0), t.x).lerp(at(0, 1).lerp(at(1, 1), t.x), t.y)
    }
}

impl SurfaceMapping for Warp<'_> {
    fn output_from_surface(&self, p: DVec2) -> Option<DVec2> {
        Some(through(self.plane, p)? + self.moved(p))
    }

    fn surface_from_output(&self, p: DVec2) -> Option<DVec2> {
        let back = self.plane.inverse();
        // z has the determinant's sign there.
        let lift = |p: DVec2| {
            let q = back * p.extend(1.0);
            (q.z.abs() > 1e-12).then(|| q.truncate() / q.z)
        };
        let mut own = lift(p)?;
        for _ in 0..60 {
            own = lift(p - self.moved(own))?;
        }
        // None beyond it, as the stage's own warps have it.
        (own.clamp(DVec2::ZERO, DVec2::ONE).distance(own) < 1e-9).then_some(own)
    }
}
