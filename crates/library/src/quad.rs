//! Quadrilaterals of regions: convex hulls, and quadrilaterals that enclose a hull or fit an outline.

/// A point or a vector, x to the right and y down.
pub type Point = [f64; 2];

fn cross(a: Point, b: Point, c: Point) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// The area of a polygon whose corners are in order (shoelace formula).
#[must_use]
pub fn area(polygon: &[Point]) -> f64 {
    let Some(first) = polygon.first() else { return 0.0 };
    let twice: f64 = polygon.windows(2).map(|pair| cross(*first, pair[0], pair[1])).sum();
    twice.abs() / 2.0
}

/// The convex hull of points sorted by y, then x (Andrew's monotone chain), without collinear corners.
#[must_use]
pub fn convex_hull(sorted: &[Point]) -> Vec<Point> {
    let mut hull: Vec<Point> = Vec::new();
    let mut chain = |points: &mut dyn Iterator<Item = &Point>| {
        let start = hull.len();
        for point in points {
            while hull.len() >= start + 2 && cross(hull[hull.len() - 2], hull[hull.len() - 1], *point) <= 0.0 {
                hull.pop();
            }
            hull.push(*point);
        }
        // The last point is the first of the next chain.
        hull.pop();
    };
    chain(&mut sorted.iter());
    chain(&mut sorted.iter().rev());
    hull
}

/// Encloses a convex polygon in a quadrilateral, adding little area: sides are dropped one by one, each time the one whose
/// neighbours, extended until they intersect, add the least. `None` when the polygon has fewer than four corners, or no
/// two such sides intersect.
#[must_use]
pub fn enclosing_quad(hull: &[Point]) -> Option<[Point; 4]> {
    let mut corners = hull.to_vec();
    while corners.len() > 4 {
        let count = corners.len();
        let dropped = (0..count).filter_map(|side| {
            let [before, from, to, after] = [count - 1, 0, 1, 2].map(|step| corners[(side + step) % count]);
            let corner = intersection_ahead(before, from, after, to)?;
            Some((area(&[from, corner, to]), side, corner))
        });
        let (_, side, corner) = dropped.min_by(|a, b| a.0.total_cmp(&b.0))?;
        corners[side] = corner;
        corners.remove((side + 1) % count);
    }
    corners.try_into().ok()
}

/// The intersection of the rays from `a` through `b` and from `c` through `d`, where it lies beyond `b` and `d`.
fn intersection_ahead(a: Point, b: Point, c: Point, d: Point) -> Option<Point> {
    let (along, other) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let turn = along[0] * other[1] - along[1] * other[0];
    let to = [d[0] - b[0], d[1] - b[1]];
    let (s, t) = ((to[0] * other[1] - to[1] * other[0]) / turn, (to[0] * along[1] - to[1] * along[0]) / turn);
    (turn.abs() > 1e-9 && s >= 0.0 && t >= 0.0).then(|| [b[0] + along[0] * s, b[1] + along[1] * s])
}

/// A line `offset` + `slope` × position.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    offset: f64,
    slope: f64,
}

/// Fits a quadrilateral to a region's outline, given by the extent of each row and column; returns it with the share of
/// the outline that lies on it. Notches and appendages do not disturb it. Each side is fitted as a function of one axis,
/// so the tilt must stay well below 45°. Lines through pairs of points are tried, and the one with the most inliers is
/// kept (RANSAC: Fischler and Bolles, *Random sample consensus*, 1981; without chance, for the pairs are few).
#[must_use]
pub fn fitted_quad(rows: &[(usize, usize)], columns: &[(usize, usize)]) -> Option<([Point; 4], f64)> {
    let ends = |spans: &[(usize, usize)], last: bool| -> Vec<Point> {
        let covered = spans.iter().enumerate().filter(|(_, span)| span.0 <= span.1);
        covered
            .map(|(index, span)| [index as f64 + 0.5, if last { span.1 as f64 + 1.0 } else { span.0 as f64 }])
            .collect()
    };
    let sides = [ends(columns, false), ends(rows, true), ends(columns, true), ends(rows, false)];
    let mut lines = [Line::default(); 4];
    let mut share = 0.0;
    for (line, points) in lines.iter_mut().zip(&sides) {
        let (fitted, inliers) = fit_line(points)?;
        (*line, share) = (fitted, share + inliers / 4.0);
    }
    let [above, right, below, left] = lines;
    // y = a + b x and x = c + d y.
    let corner = |across: Line, down: Line| {
        let y = (across.offset + across.slope * down.offset) / (1.0 - across.slope * down.slope);
        [down.offset + down.slope * y, y]
    };
    Some(([corner(above, left), corner(above, right), corner(below, right), corner(below, left)], share))
}

/// Fits the line with the most inliers; returns it with their share.
fn fit_line(points: &[Point]) -> Option<(Line, f64)> {
    /// Points through whose pairs lines are tried, and points that the inliers are counted of.
    const CANDIDATES: usize = 14;
    const SAMPLES: usize = 48;
    /// The greatest distance of an inlier, in pixels.
    const INLIER_DISTANCE: f64 = 1.6;
    const MAX_SLOPE: f64 = 0.6;
    if points.len() < 8 {
        return None;
    }
    let spread = |count: usize| (0..count).map(move |index| points[(index * 2 + 1) * points.len() / (count * 2)]);
    let candidates: Vec<Point> = spread(CANDIDATES).collect();
    let samples: Vec<Point> = spread(SAMPLES.min(points.len())).collect();
    let inlier_share = |line: Line, points: &[Point]| {
        let inliers = points.iter().filter(|at| (line.offset + line.slope * at[0] - at[1]).abs() < INLIER_DISTANCE);
        inliers.count() as f64 / points.len() as f64
    };
    let (mut best, mut best_share) = (Line::default(), 0.0);
    for (index, from) in candidates.iter().enumerate() {
        // Close points determine a direction badly.
        for to in candidates.iter().skip(index + 3) {
            let slope = (to[1] - from[1]) / (to[0] - from[0]);
            if slope.abs() > MAX_SLOPE {
                continue;
            }
            let line = Line { offset: from[1] - slope * from[0], slope };
            let share = inlier_share(line, &samples);
            if share > best_share {
                (best, best_share) = (line, share);
            }
        }
    }
    (best_share > 0.0).then(|| (best, inlier_share(best, points)))
}

/// Measures a quadrilateral against a level rectangle, in degrees: the skew, which is the greatest deviation of a corner
/// from 90°, and the tilt, which is that of the pair of sides that is nearer to level.
#[must_use]
pub fn skew_and_tilt(corners: &[Point; 4]) -> (f64, f64) {
    let direction = |side: usize| {
        let (from, to) = (corners[side % 4], corners[(side + 1) % 4]);
        (to[1] - from[1]).atan2(to[0] - from[0]).to_degrees()
    };
    let difference = |a: f64, b: f64| (a - b + 540.0).rem_euclid(360.0) - 180.0;
    let skew =
        (0..4).map(|side| (difference(direction(side + 1), direction(side)).abs() - 90.0).abs()).fold(0.0, f64::max);
    let tilt = |side: usize| (direction(side) + 90.0).rem_euclid(180.0) - 90.0;
    let (one, other) = ((tilt(0) + tilt(2)) / 2.0, (tilt(1) + tilt(3)) / 2.0);
    (skew, one.abs().min(other.abs()))
}

/// Moves each corner toward the centre by this share of the way.
#[must_use]
pub fn shrunk(corners: &[Point; 4], part: f64) -> [Point; 4] {
    let middle = [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f64>() / 4.0);
    corners.map(|corner| [0, 1].map(|axis| corner[axis] + (middle[axis] - corner[axis]) * part))
}

/// The span of a row of pixels that lies in a convex quadrilateral.
#[must_use]
pub fn row_span(corners: &[Point; 4], y: f64) -> Option<(f64, f64)> {
    let crossings = (0..4).filter_map(|side| {
        let (a, b) = (corners[side], corners[(side + 1) % 4]);
        let part = (y - a[1]) / (b[1] - a[1]);
        (0.0..=1.0).contains(&part).then(|| a[0] + (b[0] - a[0]) * part)
    });
    let (from, to) = crossings.fold((f64::MAX, f64::MIN), |(from, to), x| (from.min(x), to.max(x)));
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bitten_rectangle_has_its_quadrilateral() {
        // A leaning board with one corner bitten off.
        let turned = |x: f64, y: f64| [100.0 + x * 0.98 - y * 0.17, 50.0 + x * 0.17 + y * 0.98];
        let mut points = Vec::new();
        for y in 0..60 {
            for x in 0..90 {
                if x + y > 12 {
                    points.push(turned(f64::from(x), f64::from(y)));
                }
            }
        }
        points.sort_by(|a, b| a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0])));
        let hull = convex_hull(&points);
        let quad = enclosing_quad(&hull).unwrap();
        assert!((area(&quad) / (89.0 * 59.0) - 1.0).abs() < 0.03, "{quad:?}");
        let (skew, tilt) = skew_and_tilt(&quad);
        assert!(skew < 2.0 && (tilt - 9.8).abs() < 1.0, "{skew} {tilt}");
        assert_eq!(enclosing_quad(&hull[..3]), None);
    }

    #[test]
    fn what_hangs_on_to_a_board_is_no_part_of_its_sides() {
        // A board of 100 × 60 with a hand at the left and a bite below.
        let rows: Vec<(usize, usize)> = (0..80)
            .map(|y| match y {
                10..70 => (if (30..45).contains(&y) { 2 } else { 20 }, 119),
                _ => (usize::MAX, 0),
            })
            .collect();
        let columns: Vec<(usize, usize)> = (0..160)
            .map(|x| match x {
                2..20 => (30, 44),
                20..120 => (10, if (60..80).contains(&x) { 50 } else { 69 }),
                _ => (usize::MAX, 0),
            })
            .collect();
        let (corners, share) = fitted_quad(&rows, &columns).unwrap();
        for (corner, expected) in corners.iter().zip([[20.0, 10.0], [120.0, 10.0], [120.0, 70.0], [20.0, 70.0]]) {
            assert!((corner[0] - expected[0]).hypot(corner[1] - expected[1]) < 1.5, "{corners:?}");
        }
        assert!((0.7..1.0).contains(&share), "{share}");
        assert!(fitted_quad(&rows[..12], &columns).is_none());
    }

    #[test]
    fn rows_of_a_quadrilateral() {
        let square = [[10.0, 10.0], [20.0, 10.0], [20.0, 30.0], [10.0, 30.0]];
        assert_eq!(row_span(&square, 15.0), Some((10.0, 20.0)));
        assert_eq!(row_span(&square, 31.0), None);
        assert_eq!(shrunk(&square, 0.5)[0], [12.5, 15.0]);
    }
}
