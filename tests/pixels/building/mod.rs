//! A building that there is only in numbers, two projectors before it, and somebody in the street who looks: see
//! [`Facade`]. It proves a stage from end to end, without a device: what the program draws for each projector is thrown
//! on the building, and what is seen must be the wall as if it were painted there.
//!
//! ```text
//!                      ┌─ staging: the stage that lands on its walls ─► the program, or its mathematics alone (drawn)
//! facade() ── Building ┤                                                           ▼
//!                      ├─ reference: the same, ray by ray ─────────────► a picture a projector
//!                      │                                                           ▼
//!                      └─ ideal: the wall painted on it ──► compare ◄── street: projectors → building → camera
//! ```
//!
//! Lengths are in metres: x to the right along the street, y upward, z towards the street. A *place* on the building is
//! metres along it, unrolled from the left, and the height.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod compare;
pub mod drawn;
pub mod night;
pub mod paint;
pub mod picture;
pub mod pinhole;
pub mod reference;
pub mod shape;
pub mod staging;
pub mod street;

use glam::{DVec2, DVec3, UVec2, Vec3};
use millions_stage::Stage;

use pinhole::Pinhole;
use shape::{Building, Part, Plan, Window};

/// Light of a wall picture at a place of the wall (1 high, from the upper left corner): linear, 1 for white.
pub type WallLight<'a> = dyn Fn(DVec2) -> Vec3 + Sync + 'a;

/// A projector and what it is to light.
#[derive(Clone, Debug)]
pub struct Projector {
    pub name: &'static str,
    pub lens: Pinhole,
    /// Parts of the building by their number, and from where to where along the building, in metres.
    pub lights: Vec<(usize, [f64; 2])>,
}

/// The building, the projectors, the camera, and the stage that fits them.
#[derive(Clone, Debug)]
pub struct Facade {
    pub building: Building,
    pub projectors: Vec<Projector>,
    pub camera: Pinhole,
    pub stage: Stage,
}

/// A house at a corner: a wing that falls back by 35°, the front, a column at the corner, a wall that falls back by 50°;
/// 34 m along, 9 m high. Two projectors on the street light it from the sides and overlap on a sixth of it.
pub fn facade() -> Facade {
    let building = house();
    let size = UVec2::new(1920, 1080);
    let [wing, front, column, back] = [0, 1, 2, 3];
    let [begin, end] = building.parts[front].along;
    let overlap = [begin + 0.32 * (end - begin), begin + 0.68 * (end - begin)];
    let left = Projector {
        name: "left",
        lens: Pinhole::new(DVec3::new(-11.0, 3.2, 16.0), DVec3::new(-4.9, 4.45, -1.0), 0.9, size),
        lights: vec![(wing, building.parts[wing].along), (front, [begin, overlap[1]])],
    };
    let right = Projector {
        name: "right",
        lens: Pinhole::new(DVec3::new(15.0, 3.2, 15.0), DVec3::new(7.0, 4.45, -1.2), 0.9, size),
        lights: vec![
            (front, [overlap[0], end]),
            (column, building.parts[column].along),
            (back, building.parts[back].along),
        ],
    };
    let projectors = vec![left, right];
    let camera = Pinhole::new(DVec3::new(3.6, 1.7, 25.5), DVec3::new(0.7, 5.0, 0.0), 0.87, UVec2::new(1600, 900));
    let stage = staging::stage(&building, &projectors);
    Facade { building, projectors, camera, stage }
}

fn house() -> Building {
    let height = 9.0;
    let toward = |degrees: f64| DVec2::from_angle(degrees.to_radians());
    let (left, right) = (DVec2::new(-7.5, 0.0), DVec2::new(7.5, 0.0));
    let (radius, half) = (1.1, 75_f64.to_radians());
    // Its ends are on the ends of the walls to either side, and it stands halfway between their directions.
    let chord = toward(-25.0);
    let beyond = right + chord * (2.0 * radius * half.sin());
    let middle = DVec2::new(-chord.y, chord.x);
    let centre = right.midpoint(beyond) - middle * (radius * half.cos());
    let mut along = 0.0;
    let mut part = |name, plan, length: f64| {
        let begin = along;
        along += length;
        Part { name, plan, along: [begin, along] }
    };
    let parts = vec![
        part("wing", Plan::Flat { from: left - toward(35.0) * 8.0, to: left }, 8.0),
        part("front", Plan::Flat { from: left, to: right }, 15.0),
        part("column", Plan::Round { centre, radius, middle, half }, 2.0 * half * radius),
        part("back", Plan::Flat { from: beyond, to: beyond + toward(-50.0) * 8.0 }, 8.0),
    ];
    let begin = parts[1].along[0];
    let window = |middle: f64, wide: f64, height: [f64; 2], is_arched| Window {
        along: [begin + middle - wide / 2.0, begin + middle + wide / 2.0],
        height,
        is_arched,
    };
    let windows = vec![
        window(2.5, 1.5, [1.1, 3.3], false),
        window(7.5, 2.0, [0.5, 3.9], true),
        window(12.5, 1.5, [1.1, 3.3], false),
        window(2.5, 1.3, [5.0, 7.2], false),
        window(7.5, 1.3, [5.0, 7.2], false),
        window(12.5, 1.3, [5.0, 7.2], false),
    ];
    Building { parts, windows, height }
}

impl Facade {
    /// The part along the building that two projectors light, in metres.
    pub fn overlap(&self) -> [f64; 2] {
        let of = |projector: usize, part: usize| {
            let lights = &self.projectors[projector].lights;
            lights.iter().find(|(lit, _)| *lit == part).expect("both light the front").1
        };
        [of(1, 1)[0], of(0, 1)[1]]
    }
}
