//! How near what is seen is to what should be.

use glam::{DVec2, UVec2};

use super::Facade;
use super::picture::{GAMMA, Picture, luminance};
use super::shape::Hit;
use super::street::Night;

/// How far points are from where they should be, in pixels of the camera.
#[derive(Clone, Copy, Debug)]
pub struct Apart {
    pub mean: f64,
    pub most: f64,
    /// Where the most is, in pixels.
    pub at: DVec2,
    /// How many were looked at.
    pub points: usize,
}

/// How the light of two projectors runs along where they overlap.
#[derive(Clone, Debug)]
pub struct Seam {
    /// Metres along the building, and how bright it is there, of what it should be; beside the overlap it is 1 on
    /// average.
    pub profile: Vec<(f64, f64)>,
    /// The largest difference from 1 in the overlap.
    pub worst: f64,
    /// Where, in metres along.
    pub at: f64,
}

impl Facade {
    /// What the middle of a pixel of the camera is on.
    fn hit_at(&self, x: u32, y: u32) -> Option<Hit> {
        let at = DVec2::new(f64::from(x), f64::from(y)) + 0.5;
        let way = self.camera.ray(at);
        self.building.hit(self.camera.position, way, 0.0).filter(|hit| hit.normal.dot(way) < 0.0)
    }

    fn pixels(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let UVec2 { x: width, y: height } = self.camera.size;
        (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)))
    }

    /// Peak signal to noise in decibels over the pixels that are on the building, of 8 bits.
    pub fn psnr(&self, seen: &Picture, ideal: &Picture) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for (x, y) in self.pixels().filter(|(x, y)| self.hit_at(*x, *y).is_some()) {
            let signal =
                |picture: &Picture| picture.at(x, y).clamp(glam::Vec3::ZERO, glam::Vec3::ONE).powf(1.0 / GAMMA);
            sum += f64::from((signal(seen) - signal(ideal)).length_squared());
            count += 3.0;
        }
        -10.0 * (sum / count).log10()
    }

    /// Where the corners of a chessboard of such cells (the wall is 1 high) are in the camera's picture: those that it
    /// sees, with `free` pixels between them and any window, edge or end of the wall.
    pub fn corners(&self, cell: f64, free: f64) -> Vec<DVec2> {
        let (columns, rows) = ((self.building.aspect() / cell) as u32, (1.0 / cell) as u32);
        let crossings =
            (1..=rows).flat_map(|row| (1..=columns).map(move |column| DVec2::new(column.into(), row.into())));
        crossings.filter_map(|crossing| self.in_camera(crossing * cell, free)).collect()
    }

    /// Where a place of the wall is in the camera's picture, in pixels; none where it cannot be seen with so many pixels
    /// of the building round it.
    fn in_camera(&self, wall: DVec2, free: f64) -> Option<DVec2> {
        let place = self.building.place_from_wall(wall);
        let (point, normal) = self.building.point(place);
        let at = self.camera.on_raster(point)?;
        let is_seen = self.building.sees(point, normal, self.camera.position);
        let around = (-1..=1).flat_map(|x| (-1..=1).map(move |y| DVec2::new(x.into(), y.into()) * free));
        let is_free = around.into_iter().all(|by| {
            let hit = self.building.hit(self.camera.position, self.camera.ray(at + by), 0.0);
            hit.is_some_and(|hit| !self.building.is_window(hit.at, 0.25) && hit.at.distance(place) < 1.5)
        });
        (is_seen && is_free).then_some(at)
    }

    /// How far what is seen round each of these points is from where it should be. Two pictures of one thing.
    pub fn apart(&self, seen: &Picture, ideal: &Picture, points: &[DVec2], radius: i32) -> Apart {
        let mut found = Apart { mean: 0.0, most: 0.0, at: DVec2::ZERO, points: points.len() };
        for point in points {
            let apart = displacement(seen, ideal, *point, radius).length();
            found.mean += apart / points.len() as f64;
            if apart > found.most || apart.is_nan() {
                (found.most, found.at) = (apart, *point);
            }
        }
        found
    }

    /// How bright what is seen is along the front, of what it should be, in bins of a quarter metre, off the windows.
    pub fn seam(&self, seen: &Picture, ideal: &Picture) -> Seam {
        const BIN: f64 = 0.25;
        let front = &self.building.parts[1];
        let [from, to] = self.overlap();
        let mut bins = vec![[0.0; 2]; (front.length() / BIN).ceil() as usize];
        for (x, y) in self.pixels() {
            let hit = self.hit_at(x, y).filter(|hit| hit.part == 1 && !self.building.is_window(hit.at, 0.15));
            if let Some(hit) = hit.filter(|hit| (0.2..self.building.height - 0.2).contains(&hit.at.y)) {
                let bin = &mut bins[((hit.at.x - front.along[0]) / BIN) as usize];
                for (sum, picture) in bin.iter_mut().zip([seen, ideal]) {
                    *sum += f64::from(luminance(picture.at(x, y)));
                }
            }
        }
        let along = |bin: usize| front.along[0] + (bin as f64 + 0.5) * BIN;
        let inside = |bin: usize| (from - BIN..=to + BIN).contains(&along(bin));
        let ratio: Vec<f64> = bins.iter().map(|[seen, ideal]| seen / ideal).collect();
        let beside: Vec<f64> = (0..ratio.len()).filter(|bin| !inside(*bin)).map(|bin| ratio[bin]).collect();
        let usual = beside.iter().sum::<f64>() / beside.len() as f64;
        let profile: Vec<(f64, f64)> =
            ratio.iter().enumerate().map(|(bin, ratio)| (along(bin), ratio / usual)).collect();
        let worst = profile
            .iter()
            .enumerate()
            .filter(|(bin, _)| inside(*bin))
            .map(|(_, (along, ratio))| ((ratio - 1.0).abs(), *along))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let (worst, at) = worst.expect("bins in the overlap");
        Seam { profile, worst, at }
    }

    /// The least light, of `white`, within 6 cm of where two parts of the building meet, half a metre from its foot to its
    /// top: every half centimetre. Pictures of an even white.
    pub fn darkest_at_joints(&self, pictures: &[Picture], white: f64, night: &Night) -> f64 {
        let joints = self.building.parts.iter().skip(1).map(|part| part.along[0]);
        let places = joints.flat_map(|joint| {
            let rows = 1..(self.building.height * 2.0) as u32;
            rows.flat_map(move |row| {
                (-12..=12).map(move |step| DVec2::new(joint + f64::from(step) * 0.005, f64::from(row) / 2.0))
            })
        });
        let light = places.map(|at| f64::from(luminance(self.light_on(at, pictures, night))) / white);
        light.fold(f64::MAX, f64::min)
    }

    /// The most light that falls on the glass of any window, of a projector's white: every 5 cm.
    pub fn light_on_windows(&self, pictures: &[Picture], night: &Night) -> f64 {
        const STEP: f64 = 0.05;
        let mut most = 0.0_f64;
        for window in &self.building.windows {
            let count = |[low, high]: [f64; 2]| ((high - low) / STEP) as u32;
            for (column, row) in
                (0..=count(window.along)).flat_map(|column| (0..=count(window.height)).map(move |row| (column, row)))
            {
                let at = DVec2::new(window.along[0], window.height[0]) + DVec2::new(column.into(), row.into()) * STEP;
                if window.holds(at, 0.0) {
                    most = most.max(luminance(self.light_on(at, pictures, night)).into());
                }
            }
        }
        most
    }
}

/// By how much what is seen round a point has moved from the ideal, in pixels: the shift that makes the two windows most
/// alike. After Lucas and Kanade, "An Iterative Image Registration Technique", 1981.
pub fn displacement(seen: &Picture, ideal: &Picture, point: DVec2, radius: i32) -> DVec2 {
    let mut moved = DVec2::ZERO;
    for _ in 0..12 {
        let (mut xx, mut xy, mut yy, mut side) = (0.0, 0.0, 0.0, DVec2::ZERO);
        for (x, y) in (-radius..=radius).flat_map(|y| (-radius..=radius).map(move |x| (x, y))) {
            let at = point + DVec2::new(x.into(), y.into());
            let slope = |by: DVec2| (seen.grey(at + moved + by) - seen.grey(at + moved - by)) / 2.0;
            let (dx, dy) = (slope(DVec2::X), slope(DVec2::Y));
            let off = ideal.grey(at) - seen.grey(at + moved);
            (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
            side += DVec2::new(dx, dy) * off;
        }
        let across = xx * yy - xy * xy;
        let step = DVec2::new(yy * side.x - xy * side.y, xx * side.y - xy * side.x) / across;
        moved += step;
        if step.length() < 1e-4 {
            break;
        }
    }
    moved
}
