//! What the building is painted with, and what else has a grain.

use glam::{DVec2, Vec3};

use super::shape::Building;

/// How much of each light comes back at a place: plaster with a grain, joints along the ground floor, a cornice, stone
/// round the windows; glass.
pub fn albedo(building: &Building, at: DVec2) -> Vec3 {
    if building.is_window(at, 0.0) {
        return glass(building, at);
    }
    let plaster = Vec3::new(0.64, 0.61, 0.555);
    let cloudy = 0.6 * noise(at * 0.55) + 0.25 * noise(at * 2.3) + 0.15 * noise(at * 9.0);
    let mut light = 0.95 + 0.1 * cloudy;
    let high = at.y;
    if building.is_window(at, 0.16) {
        // A stone frame, with a line of shadow round it.
        return Vec3::new(0.67, 0.65, 0.61) * (light + 0.02);
    }
    if building.is_window(at, 0.19) {
        light *= 0.8;
    }
    light *= match building.height - high {
        below if below < 0.18 => 1.07,
        below if below < 0.22 => 0.62,
        below if below < 0.55 => 1.03,
        below if below < 0.58 => 0.72,
        _ => 1.0,
    };
    if high < 0.45 {
        light *= 0.8;
    } else if high < 4.22 {
        // Courses of half a metre; every other is shifted.
        let course = ((high - 0.45) / 0.47).floor();
        let joint = (high - 0.45) - course * 0.47;
        let across = (at.x / 1.25 + 0.5 * (course % 2.0)).rem_euclid(1.0) * 1.25;
        if joint < 0.018 || across < 0.018 {
            light *= 0.84;
        }
    } else if high < 4.36 {
        light *= if high < 4.25 { 0.75 } else { 1.06 };
    }
    plaster * light
}

fn glass(building: &Building, at: DVec2) -> Vec3 {
    let window = building.windows.iter().find(|window| window.holds(at, 0.0)).expect("a window");
    let middle = f64::midpoint(window.along[0], window.along[1]);
    let bar = window.height[0] + (window.height[1] - window.height[0]) * 0.62;
    let is_frame = (at.x - middle).abs() < 0.035 || (at.y - bar).abs() < 0.03 || !window.holds(at, -0.06);
    if is_frame && !(window.is_arched && at.y > bar + 0.03) { Vec3::splat(0.16) } else { Vec3::splat(0.012) }
}

/// A number for a cell, from 0 to 1; always the same one.
pub fn hashed(x: i64, y: i64) -> f32 {
    let mut bits = (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    bits ^= bits >> 29;
    bits = bits.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^= bits >> 32;
    (bits & 0xff_ffff) as f32 / 0xff_ffff as f32
}

/// Smooth hills and valleys about a cell wide, from 0 to 1.
pub fn noise(at: DVec2) -> f32 {
    let (cell, part) = (at.floor(), (at - at.floor()).as_vec2());
    let ease = part * part * (3.0 - 2.0 * part);
    let corner = |x: i64, y: i64| hashed(cell.x as i64 + x, cell.y as i64 + y);
    let row = |y| corner(0, y) + (corner(1, y) - corner(0, y)) * ease.x;
    row(0) + (row(1) - row(0)) * ease.y
}
