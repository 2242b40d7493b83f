//! Sign detection.
//!
//! A board or a sheet is a region of about one colour (light falls off, paper curls) whose outline is close to a rectangle,
//! and in which letters lie like islands. So regions are filled from a grid of seeds at several tolerances, and each is
//! scored: by the quadrilateral around it, by its content, and by its position relative to the face.

use super::analysis_image::AnalysisImage;
use super::faces::Face;
use super::flood_fill::{Extent, FloodFill, FloodParameters, FloodSource, Region, channel_distance};
use super::quad::{self, Point};

/// The side of the largest face, or the longer side of a picture without one, from which the searched part is halved: letters must
/// stay visible, grain must not. Boards are as large against faces as hands are.
const HALVED_FACE: f64 = 120.0;
const HALVED_ABOVE: usize = 400;
/// The searched part around the faces, in sides of the largest: above, below and to either side.
const SEARCHED: [f64; 3] = [5.0, 6.0, 4.6];

/// The fills tried: even light, grain and creases, light that falls off, and letters that split the board.
const FILLS: [FloodParameters; 5] = [
    FloodParameters { tolerance: 18, max_gradient: 18, gap: 0 },
    FloodParameters { tolerance: 30, max_gradient: 30, gap: 0 },
    FloodParameters { tolerance: 46, max_gradient: 46, gap: 0 },
    FloodParameters { tolerance: 70, max_gradient: 14, gap: 0 },
    FloodParameters { tolerance: 40, max_gradient: 40, gap: 3 },
];
/// Pixels from seed to seed.
const SEED_STEP: usize = 5;
/// The least area of a sign: against the face's square, and against the image where there is no face.
const MIN_SHARE_OF_FACE: f64 = 0.45;
const MIN_SHARE_OF_IMAGE: f64 = 0.02;
const MAX_SHARE_OF_IMAGE: f64 = 0.6;
/// A sign of this confidence ends the search.
const CERTAIN: f64 = 0.85;
/// The least share of a sign that is of its own colour; the rest is letters and hands.
const MIN_FILLED: f64 = 0.30;
/// The share of two sides that are edges, of a sign that the frame cuts on the two others: from 0 to 1 of the score.
const CORNER_EDGES: [f64; 2] = [0.55, 0.80];
/// And the least such score.
const MIN_CORNER: f64 = 0.75;
/// The greatest deviation of a corner from 90°, and of the sides from level, in degrees.
const MAX_SKEW: f64 = 22.0;
const MAX_TILT: f64 = 30.0;

/// A sign, in the image's pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sign {
    /// In order around it.
    pub corners: [Point; 4],
    /// 0 to 1.
    pub confidence: f64,
}

/// Finds the most likely sign in an image, whatever its confidence. `faces` are those that are kept, by falling score.
#[must_use]
pub fn detect(image: &AnalysisImage, faces: &[Face]) -> Option<Sign> {
    let (width, height) = (image.width as f64, image.height as f64);
    let side = faces.iter().map(|face| face.side).fold(0.0, f64::max);
    let range = |from: fn(&Face) -> f64, before: f64, after: f64, length: f64| {
        let first = faces.iter().map(from).fold(f64::MAX, f64::min) - before * side;
        let last = faces.iter().map(from).fold(f64::MIN, f64::max) + after * side;
        if faces.is_empty() { (0, length as usize) } else { (first.max(0.0) as usize, last.min(length) as usize) }
    };
    let [above, below, beside] = SEARCHED;
    let (left, right) = range(|face| face.x, beside, beside, width);
    let (top, bottom) = range(|face| face.y, above, below, height);
    let part = image.part(left, top, right, bottom);
    let mut part = part;
    let mut scale = 1.0;
    while if faces.is_empty() { part.width.max(part.height) > HALVED_ABOVE } else { side / scale >= HALVED_FACE } {
        (part, scale) = (part.halved(), scale * 2.0);
    }
    let (left, top) = (left as f64, top as f64);
    let in_part = |face: &Face| face.moved([-left, -top], 1.0 / scale);
    let faces: Vec<Face> = faces.iter().map(in_part).collect();
    let sign = search(&part, &faces)?;
    Some(Sign { corners: sign.corners.map(|[x, y]| [x * scale + left, y * scale + top]), ..sign })
}

fn search(image: &AnalysisImage, faces: &[Face]) -> Option<Sign> {
    let AnalysisImage { width, height, .. } = *image;
    if width.min(height) < 16 {
        return None;
    }
    let source = FloodSource::new(image);
    let whole = (width * height) as f64;
    let min_area = faces.first().map_or(whole * MIN_SHARE_OF_IMAGE, |face| face.side * face.side * MIN_SHARE_OF_FACE);
    let mut best: Option<Sign> = None;
    for parameters in FILLS {
        if best.is_some_and(|best| best.confidence > CERTAIN) {
            break;
        }
        let mut fill = FloodFill::new(&source, parameters, (min_area * MIN_FILLED) as usize);
        for y in (SEED_STEP / 2..height).step_by(SEED_STEP) {
            for x in (SEED_STEP / 2..width).step_by(SEED_STEP) {
                let Some(region) = fill.region(y * width + x) else { continue };
                let sign = score_region(image, &region, faces, min_area);
                // A part of a board resembles a board: of two likely ones, the larger is better.
                let rank = |sign: &Sign| sign.confidence * quad::area(&sign.corners).sqrt();
                if let Some(sign) = sign.filter(|sign| best.is_none_or(|best| rank(sign) > rank(&best))) {
                    best = Some(sign);
                }
            }
        }
    }
    best
}

/// Scores a region as a sign, with the better of two quadrilaterals; `None` for a score of 0.
fn score_region(image: &AnalysisImage, region: &Region, faces: &[Face], min_area: f64) -> Option<Sign> {
    // Most regions are background, which this rejects fast.
    if border_clearance(region) == 0.0 {
        return None;
    }
    // The lines that most of the outline lies on; and, for what is tilted too much for that, the enclosing quadrilateral.
    let fitted =
        quad::fitted_quad(&region.rows, &region.columns).map(|(corners, inliers)| (corners, ramp(inliers, 0.30, 0.60)));
    let hull = convex_hull(region);
    let enclosing = quad::enclosing_quad(&hull)
        .map(|corners| (corners, ramp(quad::area(&hull) / quad::area(&corners), 0.80, 0.94)));
    let signs = [fitted, enclosing].into_iter().flatten().filter_map(|(corners, straightness)| {
        let confidence =
            if straightness > 0.0 { straightness * likelihood(image, region, &corners, min_area, faces) } else { 0.0 };
        (confidence > 0.0).then_some(Sign { corners, confidence })
    });
    signs.max_by(|a, b| a.confidence.total_cmp(&b.confidence))
}

fn covered(extents: &[Extent]) -> impl Iterator<Item = (usize, &Extent)> {
    extents.iter().enumerate().filter(|(_, (from, to))| from <= to)
}

fn convex_hull(region: &Region) -> Vec<Point> {
    // Sorted as the hull wants it: rows follow each other, and the two points of a row are in order.
    let ends = |(y, (from, to)): (usize, &Extent)| [[*from as f64, y as f64], [*to as f64 + 1.0, y as f64]];
    let points: Vec<Point> = covered(&region.rows).flat_map(ends).collect();
    quad::convex_hull(&points)
}

/// Scores by the image's edges that a region runs along, 0 to 1: a sheet may be cut below; a region along several edges is
/// background.
fn border_clearance(region: &Region) -> f64 {
    let (across, down) = (covered(&region.columns).count() as f64, covered(&region.rows).count() as f64);
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

/// The likelihood that a region is a sign with these corners, 0 to 1.
fn likelihood(image: &AnalysisImage, region: &Region, corners: &[Point; 4], min_area: f64, faces: &[Face]) -> f64 {
    let (width, height) = (image.width as f64, image.height as f64);
    let area = quad::area(corners);
    let (skew, tilt) = quad::skew_and_tilt(corners);
    if area < min_area || area > width * height * MAX_SHARE_OF_IMAGE || skew > MAX_SKEW || tilt > MAX_TILT {
        return 0.0;
    }
    let position = faces.iter().map(|face| position_score(corners, *face)).fold(1.0, f64::min);
    if position == 0.0 {
        return 0.0;
    }
    position
        * border_clearance(region)
        * ramp(region.count as f64 / area, MIN_FILLED, MIN_FILLED + 0.25)
        * ramp(MAX_SKEW - skew, 0.0, 14.0)
        * ramp(MAX_TILT - tilt, 0.0, 12.0)
        * edge_score(image, corners, region.colour)
        * lettering_score(image, corners, region.colour)
}

/// A linear ramp from 0 at `from` to 1 at `to`, clamped.
fn ramp(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// Scores the position relative to a face: within arm's reach, and not in or behind the head.
fn position_score(corners: &[Point; 4], face: Face) -> f64 {
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

/// Scores the sides as edges: the board's colour inside, another outside. Hands cover some of them.
fn edge_score(image: &AnalysisImage, corners: &[Point; 4], colour: [u8; 3]) -> f64 {
    let centre = quad::shrunk(corners, 1.0)[0];
    let mut shares: Vec<f64> =
        (0..4).filter_map(|side| edge_share(image, [corners[side], corners[(side + 1) % 4]], centre, colour)).collect();
    shares.sort_by(|a, b| b.total_cmp(a));
    if let &[first, second] = shares.as_slice() {
        // In the frame's corner, where clothes are, too: what is left has to be sure.
        let score = ramp((first + second) / 2.0, CORNER_EDGES[0], CORNER_EDGES[1]) * ramp(second, 0.2, 0.6);
        return if score < MIN_CORNER { 0.0 } else { score };
    }
    if shares.len() < 3 {
        return 0.0;
    }
    // Hands may cover the whole of one side.
    ramp(shares[..3].iter().sum::<f64>() / 3.0, 0.40, 0.75) * (0.4 + 0.6 * ramp(shares[shares.len() - 1], 0.0, 0.4))
}

/// The share of a side that is an edge; `None` where most of the side lies at the image's edge, which shows nothing.
fn edge_share(image: &AnalysisImage, [from, to]: [Point; 2], centre: Point, colour: [u8; 3]) -> Option<f64> {
    const SAMPLES: usize = 24;
    let (width, height) = (image.width as f64, image.height as f64);
    let pixel = |at: Point| {
        let is_inside = (0.0..width).contains(&at[0]) && (0.0..height).contains(&at[1]);
        is_inside.then(|| image.rgb[at[1] as usize * image.width + at[0] as usize])
    };
    let along = [to[0] - from[0], to[1] - from[1]];
    let length = along[0].hypot(along[1]).max(1.0);
    let mut outward = [along[1] / length, -along[0] / length];
    if outward[0] * (centre[0] - from[0]) + outward[1] * (centre[1] - from[1]) > 0.0 {
        outward = outward.map(|value| -value);
    }
    let (mut sampled, mut edges) = (0, 0);
    for sample in 2..SAMPLES - 2 {
        let t = (sample as f64 + 0.5) / SAMPLES as f64;
        let at = |far: f64| [0, 1].map(|axis| from[axis] + along[axis] * t + outward[axis] * far);
        if pixel(at(3.0)).is_none() {
            continue;
        }
        sampled += 1;
        // Light falls off: the board's colour is the one next to the edge.
        let board = [-2.0, -4.0, -6.0].iter().filter_map(|far| pixel(at(*far)));
        let board = board
            .min_by_key(|pixel| channel_distance(*pixel, colour))
            .filter(|pixel| channel_distance(*pixel, colour) < 60);
        // Beyond the edge of a letter there is board again.
        let is_other =
            |far: f64| board.zip(pixel(at(far))).is_none_or(|(board, other)| channel_distance(other, board) > 15);
        edges += usize::from(board.is_some() && [3.0, 7.0, 12.0].into_iter().all(is_other));
    }
    (sampled > SAMPLES / 2).then(|| edges as f64 / sampled as f64)
}

/// Scores the inside of a quadrilateral as lettering: ink of another brightness, in many strokes side by side, away from
/// the edges.
fn lettering_score(image: &AnalysisImage, corners: &[Point; 4], colour: [u8; 3]) -> f64 {
    const INK: u8 = 40;
    let inner = quad::shrunk(corners, 0.12);
    let (top, bottom) =
        inner.iter().fold((f64::MAX, f64::MIN), |(top, bottom), at| (top.min(at[1]), bottom.max(at[1])));
    let (mut total, mut inked, mut strokes, mut lines) = (0usize, 0usize, 0usize, 0usize);
    for y in top.max(0.0).ceil() as usize..(bottom.max(0.0) as usize + 1).min(image.height) {
        let Some((from, to)) = quad::row_span(&inner, y as f64) else { continue };
        let row = &image.rgb[y * image.width..][..image.width];
        let row = &row[(from.max(0.0) as usize).min(image.width)..(to.max(0.0) as usize).min(image.width)];
        let is_ink = |pixel: &[u8; 3]| channel_distance(*pixel, colour) > INK;
        total += row.len();
        inked += row.iter().filter(|pixel| is_ink(pixel)).count();
        let starts = row.windows(2).filter(|pair| !is_ink(&pair[0]) && is_ink(&pair[1])).count();
        strokes += starts;
        lines += usize::from(starts > 0);
    }
    let ink_share = inked as f64 / total.max(1) as f64;
    let strokes_per_line = strokes as f64 / lines.max(1) as f64;
    let height = (bottom - top).max(1.0);
    ramp(ink_share, 0.01, 0.05)
        * ramp(0.62 - ink_share, 0.0, 0.15)
        * ramp(strokes_per_line, 1.0, 2.6)
        * ramp(lines as f64 / height, 0.08, 0.3)
}
