//! The night round the building, for whoever looks at the picture: sky, roofs, street, lamps, people. Nothing here is
//! held against anything.

use glam::{DVec2, DVec3, Vec3};

use super::Facade;
use super::paint::{albedo, hashed, noise};
use super::shape::{Hit, Plan};
use super::street::Night;

/// Rise of the roof for a metre inward, and how far inward it goes.
const ROOF: (f64, f64) = (1.45, 1.35);
/// The ground that is lit by the building: corners, and cells each way.
const GROUND: ([DVec2; 2], [usize; 2]) = ([DVec2::new(-26.0, -10.0), DVec2::new(26.0, 26.0)], [52, 36]);
/// Height of a lamp and where they stand.
const LAMP_HEIGHT: f64 = 4.3;
const LAMPS: [DVec2; 2] = [DVec2::new(-15.3, -1.8), DVec2::new(15.2, -3.2)];
const LAMP_LIGHT: Vec3 = Vec3::new(1.0, 0.62, 0.28);
/// Where people stand, and how tall they are: x, z, height.
const PEOPLE: [[f64; 3]; 14] = [
    [-7.6, 9.5, 1.74],
    [-7.05, 9.7, 1.66],
    [-3.9, 12.2, 1.82],
    [-1.2, 8.0, 1.70],
    [-0.75, 8.1, 1.20],
    [-0.3, 8.0, 1.78],
    [2.55, 13.6, 1.71],
    [3.1, 13.8, 1.80],
    [5.0, 9.0, 1.68],
    [7.6, 11.6, 1.77],
    [8.15, 11.5, 1.64],
    [10.2, 8.2, 1.73],
    [-10.6, 7.0, 1.75],
    [12.4, 10.0, 1.70],
];

/// The building in its night.
pub struct Scenery<'a> {
    facade: &'a Facade,
    light: &'a (dyn Fn(&Hit) -> Vec3 + Sync),
    /// Light that the building throws on the ground, cell by cell.
    glow: Vec<Vec3>,
}

impl<'a> Scenery<'a> {
    pub fn new(facade: &'a Facade, light: &'a (dyn Fn(&Hit) -> Vec3 + Sync)) -> Self {
        let mut made = Self { facade, light, glow: Vec::new() };
        let patches = made.patches();
        let ([low, high], [columns, rows]) = GROUND;
        let cell = (high - low) / DVec2::new(columns as f64, rows as f64);
        made.glow = (0..columns * rows)
            .map(|index| {
                let at = low + cell * DVec2::new((index % columns) as f64 + 0.5, (index / columns) as f64 + 0.5);
                let ground = DVec3::new(at.x, 0.0, at.y);
                patches.iter().fold(Vec3::ZERO, |sum, (point, normal, radiance)| {
                    let way = ground - *point;
                    let far = way.length_squared().max(0.5);
                    let faces = way.dot(*normal).max(0.0) * -way.y / (far * far);
                    sum + *radiance * faces as f32
                })
            })
            .collect();
        made
    }

    /// Pieces of the building and what they send back, times their area over π.
    fn patches(&self) -> Vec<(DVec3, DVec3, Vec3)> {
        let building = &self.facade.building;
        let (columns, rows) = (68, 18);
        let size = DVec2::new(building.length() / f64::from(columns), building.height / f64::from(rows));
        let places = (0..columns * rows).map(|index| {
            (DVec2::new(f64::from(index % columns), f64::from(index / columns)) + DVec2::new(0.41, 0.57)) * size
        });
        places
            .map(|at| {
                let (point, normal) = building.point(at);
                let part = building.parts.iter().position(|part| at.x <= part.along[1]).unwrap_or(0);
                let light = (self.light)(&Hit { part, at, point, normal, distance: 1.0 });
                (point, normal, albedo(building, at) * light * (size.x * size.y / std::f64::consts::PI) as f32)
            })
            .collect()
    }

    fn glow(&self, at: DVec2) -> Vec3 {
        let ([low, high], [columns, rows]) = GROUND;
        let place = (at - low) / (high - low) * DVec2::new(columns as f64, rows as f64) - 0.5;
        let (cell, part) = (place.floor(), (place - place.floor()).as_vec2());
        let value = |x: f64, y: f64| {
            let column = x.clamp(0.0, columns as f64 - 1.0) as usize;
            let row = y.clamp(0.0, rows as f64 - 1.0) as usize;
            self.glow[row * columns + column]
        };
        let row = |y: f64| value(cell.x, y).lerp(value(cell.x + 1.0, y), part.x);
        row(cell.y).lerp(row(cell.y + 1.0), part.y)
    }

    /// What is seen along a ray.
    pub fn seen(&self, from: DVec3, way: DVec3, night: &Night) -> Vec3 {
        let shine = lamps_shine(from, way);
        if let Some(person) = person(from, way) {
            return person + shine * 0.5;
        }
        if way.y < 0.0 && from.y / -way.y < self.wall(from, way).map_or(f64::MAX, |hit| hit.distance) {
            return self.ground(from, way, from.y / -way.y, night) + shine;
        }
        self.upright(from, way, night) + shine
    }

    fn wall(&self, from: DVec3, way: DVec3) -> Option<Hit> {
        self.facade.building.hit(from, way, 0.0).filter(|hit| hit.normal.dot(way) < 0.0)
    }

    /// The building, its roof, the houses behind, the sky.
    fn upright(&self, from: DVec3, way: DVec3, night: &Night) -> Vec3 {
        let wall = self.wall(from, way);
        let roof = self.roof(from, way);
        if let Some((distance, normal, along, up)) = roof
            && wall.as_ref().is_none_or(|hit| distance < hit.distance)
        {
            let row = (up / 0.16).floor();
            let slate = 0.86 + 0.2 * hashed((along / 0.22 + 0.5 * row) as i64, row as i64);
            let gutter = if up < 0.12 { 1.9 } else { 1.0 };
            let point = from + way * distance;
            let light = night.ambient * 0.8 + lamps(point, normal) * 0.5 + Vec3::new(0.010, 0.013, 0.022);
            return Vec3::new(0.30, 0.31, 0.34) * light * slate * gutter;
        }
        let Some(hit) = wall else { return sky(way) };
        let mut light = (self.light)(&hit) + night.ambient + lamps(hit.point, hit.normal);
        // The eaves keep the sky off what is right under them.
        light += Vec3::new(0.003, 0.004, 0.008) * (hit.at.y / 9.0) as f32;
        let mut seen = albedo(&self.facade.building, hit.at) * light;
        if self.facade.building.is_window(hit.at, 0.0) {
            seen += self.behind_glass(&hit, way);
        }
        seen
    }

    /// Somebody is at home behind one of the windows.
    fn behind_glass(&self, hit: &Hit, way: DVec3) -> Vec3 {
        let mirrored = way - hit.normal * (2.0 * way.dot(hit.normal));
        let high = mirrored.y.abs() as f32;
        let reflected = Vec3::new(0.010, 0.012, 0.020) * (0.10 + 0.35 * high);
        let building = &self.facade.building;
        let at_home = building.windows.get(5).is_some_and(|window| window.holds(hit.at, -0.06));
        let is_bar = albedo(building, hit.at).x > 0.1;
        if !at_home || is_bar {
            return reflected;
        }
        let window = &building.windows[5];
        let share = (hit.at.y - window.height[0]) / (window.height[1] - window.height[0]);
        let fold = 0.8 + 0.2 * noise(DVec2::new(hit.at.x * 14.0, 3.0));
        reflected + Vec3::new(0.16, 0.085, 0.028) * (0.55 + 0.6 * share as f32) * fold
    }

    fn ground(&self, from: DVec3, way: DVec3, distance: f64, night: &Night) -> Vec3 {
        let point = from + way * distance;
        let at = DVec2::new(point.x, point.z);
        // Paving stones, less to be told the further they are.
        let stone = at / DVec2::new(0.62, 0.42);
        let shifted = DVec2::new(stone.x + 0.5 * stone.y.floor().rem_euclid(2.0), stone.y);
        let inside = shifted - shifted.floor();
        let near = (1.0 - distance / 34.0).clamp(0.0, 1.0) as f32;
        let is_joint = inside.x < 0.05 || inside.y < 0.07;
        let own = hashed(shifted.x.floor() as i64, shifted.y.floor() as i64) - 0.5;
        let tone = 1.0 + near * if is_joint { -0.45 } else { 0.3 * own };
        let wet = (noise(at * 0.33) * 0.7 + noise(at * 1.1) * 0.3 - 0.3).clamp(0.0, 1.0);
        let light = self.glow(at) + night.ambient + lamps(point, DVec3::Y) + Vec3::new(0.003, 0.004, 0.008);
        let diffuse = Vec3::new(0.20, 0.195, 0.19) * tone * light;
        // Wet: a mirror that trembles, more towards the horizon. Schlick, "An Inexpensive BRDF Model", 1994.
        let mut mirrored = DVec3::ZERO;
        let mut sum = Vec3::ZERO;
        for tremble in 0..10 {
            let bits = (point * 977.0).as_i64vec3();
            let turn = |k: i64| f64::from(hashed(bits.x + 7 * tremble + k, bits.z - 3 * tremble)) - 0.5;
            let rough = 0.035 + 0.05 * f64::from(1.0 - wet);
            let tilt = DVec3::new(turn(0) * rough + f64::from(own) * 0.012, 1.0, turn(91) * rough).normalize();
            mirrored = way - tilt * (2.0 * way.dot(tilt));
            mirrored.y = mirrored.y.abs();
            sum += self.upright(point + DVec3::Y * 1e-3, mirrored.normalize(), night) + lamps_shine(point, mirrored);
        }
        let fresnel = 0.03 + 0.97 * (1.0 - mirrored.normalize().y.clamp(0.0, 1.0)).powi(5);
        diffuse + sum / 10.0 * fresnel as f32 * (0.35 + 0.65 * wet) * if is_joint { 0.4 } else { 1.0 }
    }

    /// How far the roof is, its normal, metres along and up from the eaves.
    fn roof(&self, from: DVec3, way: DVec3) -> Option<(f64, DVec3, f64, f64)> {
        let building = &self.facade.building;
        let ends: Vec<[DVec2; 2]> = building
            .parts
            .iter()
            .map(|part| match part.plan {
                Plan::Flat { from, to } => [from, to],
                Plan::Round { .. } => part.along.map(|along| {
                    let (point, _) = part.point(DVec2::new(along, 0.0));
                    DVec2::new(point.x, point.z)
                }),
            })
            .collect();
        let direction = |index: usize| ends.get(index).map(|[a, b]| (*b - *a).normalize());
        // How much shorter it is a metre inward, where the next one leans against it.
        let mitre =
            |a: Option<DVec2>, b: Option<DVec2>| a.zip(b).map_or(0.0, |(a, b)| (a.angle_to(b) / 2.0).tan().abs());
        let mut best: Option<(f64, DVec3, f64, f64)> = None;
        for (index, [start, end]) in ends.iter().enumerate() {
            let along = (*end - *start).normalize();
            let inward = DVec2::new(along.y, -along.x);
            let normal = DVec3::new(-inward.x * ROOF.0, 1.0, -inward.y * ROOF.0).normalize();
            let eaves = DVec3::new(start.x, building.height, start.y);
            let distance = (eaves - from).dot(normal) / way.dot(normal);
            let relative = from + way * distance - eaves;
            let (up, far) = (relative.y, DVec2::new(relative.x, relative.z).dot(along));
            let inset = up / ROOF.0;
            let left = inset * mitre(index.checked_sub(1).and_then(direction), Some(along));
            let right = (*end - *start).length() - inset * mitre(Some(along), direction(index + 1));
            let is_roof = (0.0..=ROOF.1).contains(&inset) && (left..=right).contains(&far) && way.dot(normal) < 0.0;
            if distance > 0.0 && is_roof && best.is_none_or(|(nearest, ..)| distance < nearest) {
                best = Some((distance, normal, far, up));
            }
        }
        best
    }
}

/// Light of the lamps at a point.
fn lamps(point: DVec3, normal: DVec3) -> Vec3 {
    LAMPS.iter().fold(Vec3::ZERO, |sum, lamp| {
        let way = DVec3::new(lamp.x, LAMP_HEIGHT, lamp.y) - point;
        let far = way.length_squared().max(0.3);
        sum + LAMP_LIGHT * (0.55 * (way.dot(normal) / far.sqrt()).max(0.0) / far) as f32
    })
}

/// The lamps themselves, and the air round them.
fn lamps_shine(from: DVec3, way: DVec3) -> Vec3 {
    LAMPS.iter().fold(Vec3::ZERO, |sum, lamp| {
        let way_to = DVec3::new(lamp.x, LAMP_HEIGHT, lamp.y) - from;
        let along = way_to.dot(way);
        if along <= 0.0 {
            return sum;
        }
        let off = (way_to - way * along).length();
        let globe = if off < 0.17 { 0.9 } else { 0.0 };
        sum + LAMP_LIGHT * (globe + 0.05 / (1.0 + (off / 0.32).powi(2))) as f32
    })
}

/// A dark sky with a few stars, brighter over the town, and the houses behind.
fn sky(way: DVec3) -> Vec3 {
    let high = way.y.max(0.0) as f32;
    let turn = way.x.atan2(-way.z);
    let far = (turn * 23.0).floor() as i64;
    let roofs = 0.09 + 0.13 * f64::from(hashed(far, 5));
    if way.y < roofs {
        let pane = DVec2::new(turn * 330.0, way.y * 250.0).floor();
        let is_lit = hashed(pane.x as i64, pane.y as i64) > 0.93 && (pane.x as i64 + pane.y as i64) % 2 == 0;
        let warm = if is_lit && way.y < roofs - 0.012 { 0.03 } else { 0.0 };
        return Vec3::new(0.003, 0.0035, 0.006) + Vec3::new(1.0, 0.6, 0.25) * warm;
    }
    let town = Vec3::new(0.028, 0.020, 0.024) * (-high * 6.0).exp();
    let cloud = noise(DVec2::new(turn * 5.0, way.y * 16.0)) * 0.6 + noise(DVec2::new(turn * 13.0, way.y * 40.0)) * 0.4;
    let night = Vec3::new(0.0028, 0.0048, 0.0125) * (0.7 + cloud);
    let star = DVec2::new(turn * 420.0, way.y * 420.0);
    let cell = star.floor();
    let bright = hashed(cell.x as i64, cell.y as i64 + 77);
    let off = (star - cell - 0.5).length();
    let star = if bright > 0.997 && off < 0.28 { 0.22 * (bright - 0.995) / 0.005 } else { 0.0 };
    town + night + Vec3::splat(star)
}

/// Somebody who stands before it, or a lamp's post: seen from behind, dark.
fn person(from: DVec3, way: DVec3) -> Option<Vec3> {
    let on_plane = |z: f64| {
        let distance = (z - from.z) / way.z;
        (distance > 0.0).then(|| from + way * distance)
    };
    for (index, [x, z, tall]) in PEOPLE.into_iter().enumerate() {
        let Some(point) = on_plane(z) else { continue };
        let p = DVec2::new((point.x - x) / tall, point.y / tall);
        let inside = sprite(p, index);
        if inside < 0.0 {
            let rim = (1.0 + inside * tall / 0.035).clamp(0.0, 1.0) as f32;
            return Some(Vec3::new(0.0035, 0.0035, 0.005) + Vec3::new(0.006, 0.0055, 0.005) * rim.powi(2));
        }
    }
    LAMPS.into_iter().find_map(|lamp| {
        let point = on_plane(lamp.y)?;
        let wide = if point.y < 0.5 { 0.09 } else { 0.045 };
        ((point.x - lamp.x).abs() < wide && (0.0..LAMP_HEIGHT).contains(&point.y)).then_some(Vec3::splat(0.006))
    })
}

/// How far a point is outside of somebody (in their own heights, from between their feet); negative inside.
fn sprite(p: DVec2, who: usize) -> f64 {
    let capsule = |a: DVec2, b: DVec2, thin: f64, thick: f64| {
        let share = ((p - a).dot(b - a) / (b - a).length_squared()).clamp(0.0, 1.0);
        p.distance(a.lerp(b, share)) - (thin + (thick - thin) * share)
    };
    let at = DVec2::new;
    let lean = 0.012 * (who % 3) as f64 - 0.012;
    let head = (((p - at(lean, 0.93)) / at(0.9, 1.1)).length() - 0.061) * 0.9;
    let hair = if who % 3 == 1 { capsule(at(lean, 0.94), at(lean, 0.885), 0.058, 0.064) } else { 1.0 };
    let neck = capsule(at(lean, 0.80), at(lean, 0.9), 0.036, 0.026);
    let chest = capsule(at(-0.062, 0.765), at(0.062, 0.765), 0.052, 0.052);
    let torso = capsule(at(0.0, 0.49), at(0.0, 0.72), 0.088, 0.1);
    let stands = 0.008 * (who % 4) as f64;
    let left = capsule(at(-0.047, 0.5), at(-0.045 - stands, 0.03), 0.058, 0.03);
    let right = capsule(at(0.047, 0.5), at(0.05 + stands, 0.03), 0.058, 0.03);
    let shoe = |side: f64| capsule(at(side * (0.045 + stands), 0.018), at(side * (0.07 + stands), 0.014), 0.02, 0.016);
    let coat = if who % 4 != 1 { capsule(at(0.0, 0.66), at(0.0, 0.44), 0.1, 0.108) } else { 1.0 };
    let hanging = |side: f64| capsule(at(side * 0.112, 0.755), at(side * 0.122, 0.46), 0.038, 0.027);
    // Some hold up a telephone.
    let raised = capsule(at(0.112, 0.755), at(0.15, 0.65), 0.036, 0.03)
        .min(capsule(at(0.15, 0.65), at(0.105, 0.83), 0.028, 0.022))
        .min(capsule(at(0.098, 0.85), at(0.128, 0.87), 0.018, 0.018));
    let right_arm = if who % 5 == 2 { raised } else { hanging(1.0) };
    let parts = [hair, neck, chest, torso, left, right, shoe(-1.0), shoe(1.0), coat, hanging(-1.0), right_arm];
    parts.into_iter().fold(head, |a, b| {
        // Cloth goes over from one to the other.
        let near = (0.014 - (a - b).abs()).max(0.0) / 0.014;
        a.min(b) - near * near * 0.014 / 4.0
    })
}
