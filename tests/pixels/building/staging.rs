//! The stage that fits a building and its projectors, and where such a stage says that a place lands.

use glam::{DMat3, DVec2, DVec3};
use millions_stage::{Bend, Mask, MaskKind, MaskPoint, MaskShape, Output, Stage, Surface, SurfaceId};

use super::Projector;
use super::shape::{Building, Part, Plan, Window};

/// How much larger than a window its mask is on every side, in metres: no light grazes the glass.
pub const MARGIN: f64 = 0.03;
/// Width of a mask's edge, in output pixels: a centimetre or two on the building.
const FEATHER: f64 = 2.0;

/// One surface for each projector and part of the building that it lights.
pub fn stage(building: &Building, projectors: &[Projector]) -> Stage {
    let outputs = projectors.iter().map(|projector| Output::new(projector.name, projector.lens.size)).collect();
    let surfaces = projectors
        .iter()
        .flat_map(|projector| projector.lights.iter().map(|(part, along)| surface(building, projector, *part, *along)))
        .collect();
    Stage::new(building.aspect(), outputs, surfaces)
}

fn surface(building: &Building, projector: &Projector, part: usize, along: [f64; 2]) -> Surface {
    let Part { name, plan, .. } = building.parts[part];
    let [left, right] = along;
    let land = |along: f64, height: f64| {
        let (point, _) = building.parts[part].point(DVec2::new(along, height));
        projector.lens.project(point).expect("before the projector")
    };
    let middle = f64::midpoint(left, right);
    let bend = match plan {
        Plan::Flat { .. } => None,
        Plan::Round { radius, .. } => Some(Bend {
            degrees: ((right - left) / radius).to_degrees(),
            top: land(middle, building.height),
            bottom: land(middle, 0.0),
        }),
    };
    let (top, bottom) = (building.height, 0.0);
    Surface {
        id: SurfaceId::default(),
        name: format!("{} {name}", projector.name),
        output: projector.name.to_owned(),
        part: [DVec2::new(left / building.length(), 0.0), DVec2::new(right / building.length(), 1.0)],
        scene: None,
        width_m: Some(right - left),
        corners: [land(left, top), land(right, top), land(right, bottom), land(left, bottom)],
        mesh: None,
        bend,
        outline: millions_stage::Outline::Rectangle,
        masks: masks(building, along),
    }
}

/// A mask for each window on this part of the building, in surface space.
fn masks(building: &Building, along: [f64; 2]) -> Vec<Mask> {
    let [left, right] = along;
    let seen = building.windows.iter().zip(1..).filter(|(window, _)| window.along[1] > left && window.along[0] < right);
    let surface_from_place =
        |at: DVec2| DVec2::new((at.x - left) / (right - left), (building.height - at.y) / building.height);
    seen.map(|(window, number)| {
        let points = outline(window).into_iter().map(|MaskPoint { at, before, after }| MaskPoint {
            at: surface_from_place(at),
            before: before.map(surface_from_place),
            after: after.map(surface_from_place),
        });
        Mask {
            name: format!("window {number}"),
            kind: MaskKind::Hide,
            shape: MaskShape::Path(points.collect()),
            feather: FEATHER,
        }
    })
    .collect()
}

/// A window's mask on the building: metres along, height.
fn outline(window: &Window) -> Vec<MaskPoint> {
    let [left, right] = [window.along[0] - MARGIN, window.along[1] + MARGIN];
    let [sill, top] = [window.height[0] - MARGIN, window.height[1] + MARGIN];
    let at = DVec2::new;
    let straight = |at| MaskPoint { at, before: None, after: None };
    if !window.is_arched {
        return [at(left, sill), at(left, top), at(right, top), at(right, sill)].map(straight).to_vec();
    }
    let radius = (right - left) / 2.0;
    let (middle, spring) = (left + radius, top - radius);
    // A cubic that is a quarter of a circle to three ten-thousandths.
    let handle = radius * 0.552_284_75;
    vec![
        straight(at(left, sill)),
        MaskPoint { at: at(left, spring), before: None, after: Some(at(left, spring + handle)) },
        MaskPoint {
            at: at(middle, top),
            before: Some(at(middle - handle, top)),
            after: Some(at(middle + handle, top)),
        },
        MaskPoint { at: at(right, spring), before: Some(at(right, spring + handle)), after: None },
        straight(at(right, sill)),
    ]
}

/// Where a place of a surface (0 to 1 each way) lands on its output, in pixels: read from the stage alone, by other means
/// than the program's. A flat wall is seen by a pinhole through a homography, which four corners fix; a cylinder through a
/// projection of three dimensions, which six points fix.
pub fn land(surface: &Surface, at: DVec2) -> DVec2 {
    match surface.bend {
        None => {
            let p = homography(surface.corners) * DVec3::new(at.x, at.y, 1.0);
            DVec2::new(p.x, p.y) / p.z
        }
        Some(bend) => {
            let half = bend.degrees.to_radians() / 2.0;
            // The cylinder squeezed into a cube: whatever its radius and height, the projection takes it up.
            let solid = |at: DVec2| {
                let turn = (at.x * 2.0 - 1.0) * half;
                DVec3::new(turn.sin() / half.sin(), at.y, (turn.cos() - half.cos()) / (1.0 - half.cos()))
            };
            let [a, b, c, d] = surface.corners;
            let pairs = [
                (DVec2::new(0.0, 0.0), a),
                (DVec2::new(0.5, 0.0), bend.top),
                (DVec2::new(1.0, 0.0), b),
                (DVec2::new(0.0, 1.0), d),
                (DVec2::new(0.5, 1.0), bend.bottom),
                (DVec2::new(1.0, 1.0), c),
            ];
            let camera = calibration(&pairs.map(|(place, pixel)| (solid(place), pixel)));
            let p = solid(at);
            let row = |i: usize| camera[i] * p.x + camera[i + 1] * p.y + camera[i + 2] * p.z + camera[i + 3];
            DVec2::new(row(0), row(4)) / row(8)
        }
    }
}

/// From the unit square to a quadrilateral. After Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989.
fn homography([a, b, c, d]: [DVec2; 4]) -> DMat3 {
    let (e, f, g) = (b - c, d - c, a - b + c - d);
    let across = e.perp_dot(f);
    let (h, i) = (g.perp_dot(f) / across, e.perp_dot(g) / across);
    DMat3::from_cols((b - a + b * h).extend(h), (d - a + d * i).extend(i), a.extend(1.0))
}

/// The projection that has points of space land on pixels, best in the sense of the smallest squares; its last number
/// is 1.
fn calibration(pairs: &[(DVec3, DVec2)]) -> [f64; 12] {
    const N: usize = 11;
    let mut normal = [[0.0; N + 1]; N];
    for (p, pixel) in pairs {
        // In hundreds of pixels, so that the sums keep their digits.
        let pixel = *pixel / 1000.0;
        for (first, value) in [(0, pixel.x), (4, pixel.y)] {
            let mut row = [0.0; N + 1];
            row[first..first + 4].copy_from_slice(&[p.x, p.y, p.z, 1.0]);
            row[8..11].copy_from_slice(&[-value * p.x, -value * p.y, -value * p.z]);
            row[N] = value;
            for i in 0..N {
                for j in 0..=N {
                    normal[i][j] += row[i] * row[j];
                }
            }
        }
    }
    for column in 0..N {
        let pivot = (column..N).max_by(|a, b| normal[*a][column].abs().total_cmp(&normal[*b][column].abs()));
        normal.swap(column, pivot.unwrap_or(column));
        for row in 0..N {
            if row != column {
                let share = normal[row][column] / normal[column][column];
                let above = normal[column];
                normal[row].iter_mut().zip(above).for_each(|(value, above)| *value -= share * above);
            }
        }
    }
    let mut camera = [1.0; 12];
    for row in 0..N {
        camera[row] = normal[row][N] / normal[row][row] * if row < 8 { 1000.0 } else { 1.0 };
    }
    camera
}
