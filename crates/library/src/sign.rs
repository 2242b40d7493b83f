//! Finding the sign that somebody holds.
//!
//! A board or a sheet is a region of one colour (more or less: light falls off, paper curls) whose outline is close to a
//! rectangle and in which letters lie like islands. So colours are flooded from a grid of seeds at several tolerances,
//! and each region is judged: by the quadrilateral around it, by what is in it, and by where it is against the face.

use super::faces::Face;
use super::quad::{self, Point};
use super::reduced::Reduced;
use super::regions::{Flood, Ground, Growth, Region, apart};

/// The longer side above which the part that is searched is halved: letters have to be seen, grain has not.
const HALVED_ABOVE: usize = 400;
/// How far around the faces is searched, in sides of the largest: above, below and beside.
const SEARCHED: [f64; 3] = [5.0, 6.0, 4.6];

/// What is tried: even light, grain and creases, light that falls off, and letters that part the board.
const GROWTHS: [Growth; 5] = [
    Growth { tolerance: 18, step: 18, gap: 0 },
    Growth { tolerance: 30, step: 30, gap: 0 },
    Growth { tolerance: 46, step: 46, gap: 0 },
    Growth { tolerance: 70, step: 14, gap: 0 },
    Growth { tolerance: 40, step: 40, gap: 3 },
];
/// Pixels from seed to seed.
const SEED_STEP: usize = 5;
/// The least area of a sign: against the face's square, and against the picture where there is no face.
const LEAST_OF_FACE: f64 = 0.45;
const LEAST_OF_PICTURE: f64 = 0.02;
const MOST_OF_PICTURE: f64 = 0.6;
/// So certain a sign is not looked for any further.
const PLAIN: f64 = 0.85;
/// How much of a sign is of its own colour at least; the rest is letters and hands.
const LEAST_FILLED: f64 = 0.30;
/// How far a corner may be from 90°, and the whole from level.
const MOST_SKEW: f64 = 22.0;
const MOST_LEAN: f64 = 30.0;

/// A sign, in the picture's pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sign {
    /// In order around it.
    pub corners: [Point; 4],
    /// How sure that is, 0 to 1.
    pub certainty: f64,
}

/// The likeliest sign in a picture, however unlikely: its certainty tells. Of the faces, those that are kept; the surest
/// first.
#[must_use]
pub fn find(picture: &Reduced, faces: &[Face]) -> Option<Sign> {
    let (width, height) = (picture.width as f64, picture.height as f64);
    let side = faces.iter().map(|face| face.side).fold(0.0, f64::max);
    let reach = |from: fn(&Face) -> f64, before: f64, behind: f64, length: f64| {
        let first = faces.iter().map(from).fold(f64::MAX, f64::min) - before * side;
        let last = faces.iter().map(from).fold(f64::MIN, f64::max) + behind * side;
        if faces.is_empty() { (0, length as usize) } else { (first.max(0.0) as usize, last.min(length) as usize) }
    };
    let [above, below, beside] = SEARCHED;
    let (left, right) = reach(|face| face.x, beside, beside, width);
    let (top, bottom) = reach(|face| face.y, above, below, height);
    let part = picture.part(left, top, right, bottom);
    let (part, scale) = if part.width.max(part.height) > HALVED_ABOVE { (part.halved(), 2.0) } else { (part, 1.0) };
    let (left, top) = (left as f64, top as f64);
    let in_part = |face: &Face| Face { x: face.x - left, y: face.y - top, ..*face }.scaled(1.0 / scale);
    let faces: Vec<Face> = faces.iter().map(in_part).collect();
    let sign = search(&part, &faces)?;
    Some(Sign { corners: sign.corners.map(|[x, y]| [x * scale + left, y * scale + top]), ..sign })
}

fn search(picture: &Reduced, faces: &[Face]) -> Option<Sign> {
    let Reduced { width, height, .. } = *picture;
    if width.min(height) < 16 {
        return None;
    }
    let ground = Ground::new(picture);
    let whole = (width * height) as f64;
    let least = faces.first().map_or(whole * LEAST_OF_PICTURE, |face| face.side * face.side * LEAST_OF_FACE);
    let mut best: Option<Sign> = None;
    for growth in GROWTHS {
        if best.is_some_and(|best| best.certainty > PLAIN) {
            break;
        }
        let mut flood = Flood::new(&ground, growth, (least * LEAST_FILLED) as usize);
        for y in (SEED_STEP / 2..height).step_by(SEED_STEP) {
            for x in (SEED_STEP / 2..width).step_by(SEED_STEP) {
                let Some(region) = flood.region(y * width + x) else { continue };
                let sign = judge(picture, &region, faces, least);
                // A part of a board is like a board: of two that are, rather the larger.
                let rank = |sign: &Sign| sign.certainty * quad::area(&sign.corners).sqrt();
                if let Some(sign) = sign.filter(|sign| best.is_none_or(|best| rank(sign) > rank(&best))) {
                    best = Some(sign);
                }
            }
        }
    }
    best
}

/// What a region looks like as a sign.
fn judge(picture: &Reduced, region: &Region, faces: &[Face], least: f64) -> Option<Sign> {
    // Most regions are what is behind, which is seen at once.
    if free(region) == 0.0 {
        return None;
    }
    // The sides by what most of the outline says; and, where it leans too much for that, what is around all of it.
    let by_sides =
        quad::within(&region.rows, &region.columns).map(|(corners, share)| (corners, ramp(share, 0.30, 0.60)));
    let hull = hull(region);
    let around =
        quad::around(&hull).map(|corners| (corners, ramp(quad::area(&hull) / quad::area(&corners), 0.80, 0.94)));
    let straight = [by_sides, around].into_iter().flatten();
    let signs = straight.filter_map(|(corners, straight)| {
        let certainty = if straight > 0.0 { straight * likeness(picture, region, &corners, least, faces) } else { 0.0 };
        (certainty > 0.0).then_some(Sign { corners, certainty })
    });
    signs.max_by(|a, b| a.certainty.total_cmp(&b.certainty))
}

fn hull(region: &Region) -> Vec<Point> {
    // Two points of a row are sorted, and rows follow each other.
    let there = region.rows.iter().enumerate().filter(|(_, (from, to))| from <= to);
    let points: Vec<Point> =
        there.flat_map(|(y, (from, to))| [[*from as f64, y as f64], [*to as f64 + 1.0, y as f64]]).collect();
    quad::hull(&points)
}

/// How free of the picture's edges a region is, 0 to 1: a sheet may be cut below; what runs along several edges is behind.
fn free(region: &Region) -> f64 {
    let across = region.columns.iter().filter(|(from, to)| from <= to).count() as f64;
    let down = region.rows.iter().filter(|(from, to)| from <= to).count() as f64;
    let [left, right, above, below] = region.at_edges.map(|count| count as f64);
    let [left, right, above, below] =
        [left / down, right / down, above / across, below / across].map(|share| share > 0.15);
    match (u8::from(left) + u8::from(right) + u8::from(above), below) {
        (0, false) => 1.0,
        (0, true) => 0.7,
        (1, _) => 0.4,
        _ => 0.0,
    }
}

/// How far a region is like a sign if these are its corners, 0 to 1.
fn likeness(picture: &Reduced, region: &Region, corners: &[Point; 4], least: f64, faces: &[Face]) -> f64 {
    let (width, height) = (picture.width as f64, picture.height as f64);
    let area = quad::area(corners);
    let (skew, lean) = quad::skew_and_lean(corners);
    if area < least || area > width * height * MOST_OF_PICTURE || skew > MOST_SKEW || lean > MOST_LEAN {
        return 0.0;
    }
    let place = faces.iter().map(|face| placed(corners, *face)).fold(1.0, f64::min);
    if place == 0.0 {
        return 0.0;
    }
    place
        * free(region)
        * ramp(region.count as f64 / area, LEAST_FILLED, LEAST_FILLED + 0.25)
        * ramp(MOST_SKEW - skew, 0.0, 14.0)
        * ramp(MOST_LEAN - lean, 0.0, 12.0)
        * outlined(picture, corners, region.colour)
        * letters(picture, corners, region.colour)
}

/// 0 up to `from`, 1 from `to` on.
fn ramp(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// Whether a sign of this face could be here: within arm's reach, and not in or behind the head.
fn placed(corners: &[Point; 4], face: Face) -> f64 {
    let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
    for corner in corners {
        for axis in [0, 1] {
            low[axis] = low[axis].min(corner[axis]);
            high[axis] = high[axis].max(corner[axis]);
        }
    }
    let across = ((low[0] + high[0]) / 2.0 - face.x) / face.side;
    let down = ((low[1] + high[1]) / 2.0 - face.y) / face.side;
    let overlap =
        |low: f64, high: f64, at: f64| (high.min(at + face.side * 0.4) - low.max(at - face.side * 0.4)).max(0.0);
    let covered = overlap(low[0], high[0], face.x) * overlap(low[1], high[1], face.y) / (face.side * face.side * 0.64);
    ramp(3.4 - across.abs(), 0.0, 0.8)
        * ramp(5.0 - down, 0.0, 1.0)
        * ramp(down + 3.6, 0.0, 0.8)
        * ramp(0.3 - covered, 0.0, 0.2)
}

/// How far the sides are edges: of the board's colour within, of another without. Hands cover some of it.
fn outlined(picture: &Reduced, corners: &[Point; 4], colour: [u8; 3]) -> f64 {
    const SAMPLES: usize = 24;
    let (width, height) = (picture.width as f64, picture.height as f64);
    let pixel = |at: Point| {
        let inside = (0.0..width).contains(&at[0]) && (0.0..height).contains(&at[1]);
        inside.then(|| picture.rgb[at[1] as usize * picture.width + at[0] as usize])
    };
    let middle = quad::shrunk(corners, 1.0)[0];
    let mut shares = Vec::with_capacity(4);
    for side in 0..4 {
        let (from, to) = (corners[side], corners[(side + 1) % 4]);
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = along[0].hypot(along[1]).max(1.0);
        let mut out = [along[1] / length, -along[0] / length];
        if out[0] * (middle[0] - from[0]) + out[1] * (middle[1] - from[1]) > 0.0 {
            out = out.map(|value| -value);
        }
        let (mut detections, mut edge) = (0, 0);
        for sample in 2..SAMPLES - 2 {
            let part = (sample as f64 + 0.5) / SAMPLES as f64;
            let at = |far: f64| [0, 1].map(|axis| from[axis] + along[axis] * part + out[axis] * far);
            // A side at the picture's edge says nothing.
            if pixel(at(3.0)).is_none() {
                continue;
            }
            detections += 1;
            // Light falls off: the board's colour is that beside the edge.
            let board = [-2.0, -4.0, -6.0].iter().filter_map(|far| pixel(at(*far)));
            let board = board.min_by_key(|pixel| apart(*pixel, colour)).filter(|pixel| apart(*pixel, colour) < 60);
            // Behind a letter there is board again.
            let other = |far: f64| board.zip(pixel(at(far))).is_none_or(|(board, other)| apart(other, board) > 15);
            edge += usize::from(board.is_some() && [3.0, 7.0, 12.0].into_iter().all(other));
        }
        if detections > SAMPLES / 2 {
            shares.push(edge as f64 / detections as f64);
        }
    }
    if shares.len() < 3 {
        return 0.0;
    }
    shares.sort_by(|a, b| b.total_cmp(a));
    // Hands may cover the whole of one side.
    ramp(shares[..3].iter().sum::<f64>() / 3.0, 0.40, 0.75) * (0.4 + 0.6 * ramp(shares[shares.len() - 1], 0.0, 0.4))
}

/// How far what is inside of the quadrilateral is like letters: ink of another brightness, in many strokes side by side,
/// away from the edges.
fn letters(picture: &Reduced, corners: &[Point; 4], colour: [u8; 3]) -> f64 {
    const INK: u8 = 40;
    let inner = quad::shrunk(corners, 0.12);
    let (top, bottom) =
        inner.iter().fold((f64::MAX, f64::MIN), |(top, bottom), at| (top.min(at[1]), bottom.max(at[1])));
    let (mut total, mut inked, mut strokes, mut lines) = (0usize, 0usize, 0usize, 0usize);
    for y in top.max(0.0).ceil() as usize..(bottom.max(0.0) as usize + 1).min(picture.height) {
        let Some((from, to)) = quad::row_span(&inner, y as f64) else { continue };
        let row = &picture.rgb[y * picture.width..][..picture.width];
        let row = &row[(from.max(0.0) as usize).min(picture.width)..(to.max(0.0) as usize).min(picture.width)];
        let ink = |pixel: &[u8; 3]| apart(*pixel, colour) > INK;
        total += row.len();
        inked += row.iter().filter(|pixel| ink(pixel)).count();
        let starts = row.windows(2).filter(|pair| !ink(&pair[0]) && ink(&pair[1])).count();
        strokes += starts;
        lines += usize::from(starts > 0);
    }
    let share = inked as f64 / total.max(1) as f64;
    let a_line = strokes as f64 / lines.max(1) as f64;
    let height = (bottom - top).max(1.0);
    ramp(share, 0.01, 0.05)
        * ramp(0.62 - share, 0.0, 0.15)
        * ramp(a_line, 1.0, 2.6)
        * ramp(lines as f64 / height, 0.08, 0.3)
}
