//! Where surfaces land.

use glam::{DVec2, UVec2};
use proptest::prelude::*;

use super::homography::tests::quads;
use super::*;

pub(super) fn surface(corners: [DVec2; 4]) -> Surface {
    let output = Output::new("a", UVec2::new(1920, 1080));
    Surface { corners, ..Surface::filling(&output, "face", [DVec2::ZERO, DVec2::ONE]) }
}

fn p(x: f64, y: f64) -> DVec2 {
    DVec2::new(x, y)
}

fn unit() -> impl Strategy<Value = DVec2> {
    (0.0..=1.0, 0.0..=1.0).prop_map(|(x, y)| p(x, y))
}

/// The corners and middles of a column's part, as a pinhole camera at a place and height before it sees them; and the
/// camera.
fn column(degrees: f64, (x, height, distance): (f64, f64, f64)) -> (Surface, impl Fn(DVec2) -> DVec2) {
    let half = degrees.to_radians() / 2.0;
    let camera = move |at: DVec2| {
        let (sin, cos) = (half * (2.0 * at.x - 1.0)).sin_cos();
        // A radius of 1; a niche is seen from its axis's side. The camera looks along −z.
        let z = degrees.signum() * (cos - half.cos());
        let depth = distance - z;
        p(960.0 + 900.0 * (degrees.signum() * sin - x) / depth, 540.0 + 900.0 * (2.0 * at.y - height) / depth)
    };
    let mut surface = surface([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|(x, y)| camera(p(x, y))));
    surface.bend = Some(Bend { degrees, top: camera(p(0.5, 0.0)), bottom: camera(p(0.5, 1.0)) });
    (surface, camera)
}

/// A surface moved by a mesh, a little.
pub(super) fn meshed() -> impl Strategy<Value = Surface> {
    (quads(), 1..5_u32, 1..5_u32, any::<bool>()).prop_flat_map(|(corners, columns, rows, smooth)| {
        let count = ((columns + 1) * (rows + 1)) as usize;
        prop::collection::vec((-6.0..6.0_f64, -6.0..6.0_f64), count).prop_map(move |moved| Surface {
            mesh: Some(Mesh { columns, rows, smooth, moved: moved.into_iter().map(|(x, y)| p(x, y)).collect() }),
            ..surface(corners)
        })
    })
}

/// How far the drawn quads are from the warp, at a place.
fn off(warp: &Warp, at: DVec2) -> f64 {
    let (columns, rows) = warp.cells();
    let cells = p(f64::from(columns), f64::from(rows));
    let cell = (at * cells).floor().min(cells - 1.0);
    let t = at * cells - cell;
    let [ul, ur, ll, lr] = warp.corners(cell.x as u32, cell.y as u32);
    let drawn = if t.x + t.y < 1.0 {
        ul + (ur - ul) * t.x + (ll - ul) * t.y
    } else {
        lr + (ll - lr) * (1.0 - t.x) + (ur - lr) * (1.0 - t.y)
    };
    (drawn.truncate() / drawn.z - warp.position(at)).length()
}

#[test]
fn a_point_on_a_bent_edge_is_found_though_no_quad_reaches_it() {
    let (surface, camera) = column(10.0, (0.0, 0.0, 4.0));
    let warp = Warp::new(&surface).unwrap();
    for at in [p(0.297_601_212, 0.999_985_935), p(0.3, 1.0), p(0.5, 1.0)] {
        let back = warp.inverse(camera(at)).unwrap();
        assert!((back - at).length() < 1e-6, "{back} for {at}");
    }
    assert_eq!(warp.inverse(camera(p(0.5, 1.0)) + p(0.0, 40.0)), None);
}

proptest! {
    #[test]
    fn a_column_is_seen_as_a_camera_sees_it(
        degrees in 10.0..150.0_f64,
        niche in any::<bool>(),
        x in -0.5..0.5_f64,
        height in -2.0..4.0_f64,
        distance in 4.0..20.0_f64,
        at in unit(),
    ) {
        let degrees = if niche { -degrees } else { degrees };
        let (surface, camera) = column(degrees, (x, height, distance));
        let Ok(warp) = Warp::new(&surface) else {
            // Seen from near or aside, a column turns away from whoever sees it.
            prop_assert!(degrees > 100.0, "{:?}", Warp::new(&surface));
            return Ok(());
        };
        prop_assert!((warp.position(at) - camera(at)).length() < 1e-6, "{} for {}", warp.position(at), camera(at));
        prop_assert!(off(&warp, at) < 0.05, "{}", off(&warp, at));
        let back = warp.inverse(camera(at)).unwrap();
        prop_assert!((back - at).length() < 1e-6, "{back} for {at}");
    }

    #[test]
    fn all_six_points_of_a_bend_are_hit(dx in -12.0..12.0_f64, dy in 0.0..80.0_f64, ex in -12.0..12.0_f64, ey in 0.0..80.0_f64) {
        let mut bent = surface([p(300.0, 200.0), p(1500.0, 260.0), p(1460.0, 900.0), p(340.0, 860.0)]);
        let (top, bottom) = (p(900.0 + dx, 230.0 - dy), p(900.0 + ex, 880.0 + ey));
        bent.bend = Some(Bend { degrees: 90.0, top, bottom });
        let warp = Warp::new(&bent).unwrap();
        for (at, to) in [(p(0.5, 0.0), top), (p(0.5, 1.0), bottom), (DVec2::ZERO, bent.corners[0]), (DVec2::ONE, bent.corners[2])] {
            prop_assert!((warp.position(at) - to).length() < 1e-6);
        }
    }

    #[test]
    fn quads_are_near_enough_to_what_is_meant(surface in meshed(), at in prop::collection::vec(unit(), 20)) {
        let Ok(warp) = Warp::new(&surface) else { return Ok(()) };
        // Where a mesh has the most cells that there may be, it is drawn with those.
        prop_assume!(warp.cells().0 <= 32 && warp.cells().1 <= 32);
        for at in at {
            prop_assert!(off(&warp, at) < 0.05, "{} at {at}", off(&warp, at));
        }
    }

    #[test]
    fn points_of_a_mesh_are_hit(surface in meshed()) {
        let Ok(warp) = Warp::new(&surface) else { return Ok(()) };
        let mesh = surface.mesh.as_ref().unwrap();
        let pin = Homography::square_to_quad(surface.corners).unwrap();
        for (index, moved) in mesh.moved.iter().enumerate() {
            let width = mesh.columns as usize + 1;
            let at = p((index % width) as f64, (index / width) as f64) / p(f64::from(mesh.columns), f64::from(mesh.rows));
            prop_assert!((warp.position(at) - pin.apply(at).unwrap() - *moved).length() < 1e-6);
        }
    }

    #[test]
    fn the_inverse_of_a_mesh_leads_back_and_its_derivatives_are_those_of_small_steps(surface in meshed(), at in unit()) {
        let Ok(warp) = Warp::new(&surface) else { return Ok(()) };
        let at = at * 0.98 + 0.01;
        let back = warp.inverse(warp.position(at)).unwrap();
        prop_assert!((warp.position(back) - warp.position(at)).length() < 0.051);
        let jacobian = warp.jacobian(at);
        for (step, column) in [(DVec2::X, jacobian.x_axis), (DVec2::Y, jacobian.y_axis)] {
            let ahead = (warp.position(at + step * 1e-6) - warp.position(at)) / 1e-6;
            let behind = (warp.position(at) - warp.position(at - step * 1e-6)) / 1e-6;
            // At a kink, one of both.
            let nearest = (ahead - column).length().min((behind - column).length());
            prop_assert!(nearest < 1e-2 * (1.0 + column.length()));
        }
    }

    #[test]
    fn no_numbers_panic(values in prop::collection::vec(prop::num::f64::ANY, 14), mesh in prop::collection::vec(prop::num::f64::ANY, 8)) {
        let at = |i: usize| p(values[2 * i], values[2 * i + 1]);
        let mut wild = surface([at(0), at(1), at(2), at(3)]);
        wild.bend = Some(Bend { degrees: values[12], top: at(4), bottom: at(5) });
        let _ = Warp::new(&wild);
        let mut wild = surface([p(0.0, 0.0), p(100.0, 0.0), p(100.0, 100.0), p(0.0, 100.0)]);
        wild.bend = Some(Bend { degrees: 30.0, top: at(4), bottom: at(5) });
        let _ = Warp::new(&wild);
        wild.bend = None;
        wild.mesh = Some(Mesh { columns: 1, rows: 1, smooth: true, moved: (0..4).map(|i| p(mesh[2 * i], mesh[2 * i + 1])).collect() });
        if let Ok(warp) = Warp::new(&wild) {
            let _ = (warp.at(at(0)), warp.inverse(at(1)), warp.jacobian(at(2)));
        }
    }
}

#[test]
fn a_pin_is_one_quad_and_goes_on_straight() {
    let warp = Warp::new(&surface([p(0.0, 0.0), p(100.0, 0.0), p(100.0, 50.0), p(0.0, 50.0)])).unwrap();
    assert_eq!(warp.cells(), (1, 1));
    assert_eq!(warp.position(p(1.5, -0.5)), p(150.0, -25.0));
    assert_eq!(warp.inverse(p(25.0, 25.0)), Some(p(0.25, 0.5)));
    assert_eq!(warp.inverse(p(-1.0, 25.0)), None);
    assert_eq!(warp.inverse(DVec2::NAN), None);
}

#[test]
fn a_mesh_that_moves_nothing_is_a_pin() {
    let mut still = surface([p(0.0, 0.0), p(100.0, 0.0), p(100.0, 50.0), p(0.0, 50.0)]);
    still.mesh = Some(Mesh { columns: 3, rows: 2, smooth: true, moved: vec![DVec2::ZERO; 12] });
    assert_eq!(Warp::new(&still).unwrap().cells(), (1, 1));
}

#[test]
fn a_folded_mesh_is_refused_by_its_point() {
    let mut folded = surface([p(0.0, 0.0), p(300.0, 0.0), p(300.0, 200.0), p(0.0, 200.0)]);
    let mut moved = vec![DVec2::ZERO; 12];
    moved[5] = p(150.0, 0.0);
    folded.mesh = Some(Mesh { columns: 3, rows: 2, smooth: false, moved });
    let fault = Warp::new(&folded).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "surface `face`: the mesh is folded at the point in row 2, column 2: move it back between its neighbours"
    );
}

#[test]
fn bends_that_cannot_be_are_refused() {
    let corners = [p(300.0, 200.0), p(1500.0, 200.0), p(1500.0, 900.0), p(300.0, 900.0)];
    let refused = |degrees, top, bottom| {
        let mut bent = surface(corners);
        bent.bend = Some(Bend { degrees, top, bottom });
        Warp::new(&bent).unwrap_err().to_string()
    };
    assert!(refused(2.0, p(900.0, 150.0), p(900.0, 950.0)).contains("5 to 175"));
    assert!(refused(-60.0, p(900.0, 150.0), p(900.0, 950.0)).contains("exchange the sign"));
    assert!(refused(60.0, p(900.0, 250.0), p(900.0, 850.0)).contains("exchange the sign"));
    assert!(refused(60.0, p(900.0, 550.0), p(900.0, 550.0)).contains("in one place"));
    assert!(
        refused(60.0, p(900.0, 900.0), p(900.0, 200.0)).contains("exchange")
            || refused(60.0, p(900.0, 900.0), p(900.0, 200.0)).contains("too far")
    );
    assert!(refused(170.0, p(900.0, 100.0), p(900.0, 1000.0)).contains("turns away"));
}
