//! Choosing the crop of a photograph: the whole head, and the sign when there is one.

use super::faces::{CERTAIN_SCORE, Face, WEAK_SCORE};

/// A rectangle of an upright picture, in pixels from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// Grows by a margin on each side.
    fn inflated(self, by: f64) -> Self {
        Self { x: self.x - by, y: self.y - by, width: self.width + 2.0 * by, height: self.height + 2.0 * by }
    }
}

/// The share of a tall picture's surplus height that is cut off above; the rest is cut off below. Heads are up.
const CUT_ABOVE: f64 = 0.3;
/// The wanted height of the eyes in the tile, from its top.
const EYES: f64 = 0.38;
/// The head's share of the tile's height: wanted, and at most where the photograph's edge is near.
const HEAD_SHARE: f64 = 0.40;
const MAX_HEAD_SHARE: f64 = 0.50;
/// The head around a detected face, in sides of its square: above it, below it and to either side of its centre.
const ABOVE_FACE: f64 = 0.36;
const BELOW_FACE: f64 = 0.08;
const BESIDE_FACE: f64 = 0.70;
/// Hair, hats and scarves above the head, in sides of the face, which are kept where there is room.
const HEADROOM: f64 = 0.30;
/// Free margin around the sign, as a share of the crop's height.
const MARGIN: f64 = 0.03;
/// People photographed together: the least size of a face against the largest, and the greatest distance in sides of that.
const MIN_RELATIVE_SIZE: f64 = 0.55;
const MAX_DISTANCE: f64 = 3.6;
/// A child in arms has a smaller face, and is nearer.
const MIN_CHILD_SIZE: f64 = 0.35;
const MAX_CHILD_DISTANCE: f64 = 2.2;
/// The least score of a face against the highest score in the photograph.
const MIN_RELATIVE_SCORE: f64 = 0.12;
/// The rolls, in degrees, that are levelled. Less is within what the eyes are placed by; a head that is tilted more is meant to be.
const LEVELLED: std::ops::RangeInclusive<f64> = 3.0..=15.0;
/// The greatest difference of a head's roll from the mean of several that are levelled together, in degrees.
const MAX_ROLL_DIFFERENCE: f64 = 5.0;
/// How far the corners of a turned crop may reach beyond the photograph, as a share of its width, and how much smaller it may
/// become.
const MAX_BEYOND: f64 = 0.05;
const MIN_TURNED_SIZE: f64 = 0.9;
/// How much of a head, as a share of the crop's height, levelling may cost.
const MAX_LOST: f64 = 0.01;
/// A face that lies outside of the picture by more than this share of its side is cut.
const CUT: f64 = 0.04;

/// What a photograph shows, in its pixels.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    pub faces: Vec<Face>,
    /// The bounding box of the sign.
    pub sign: Option<Rect>,
    /// The salient point, where no face was detected.
    pub salient: Option<[f64; 2]>,
    /// Whether the picture is cut out round, with transparent corners.
    pub is_round: bool,
}

/// The crop chosen for a [`Subject`].
#[derive(Clone, Debug, PartialEq)]
pub struct CropChoice {
    pub crop: Rect,
    /// How far the crop is turned clockwise about its centre, in degrees.
    pub roll: f64,
    /// Which of the subject's faces are kept.
    pub kept: Vec<bool>,
    /// Whether a kept face is cut by the photograph's edge.
    pub face_cut: bool,
    /// Whether the sign does not fit.
    pub sign_cut: bool,
}

/// Returns the largest crop with the tile's aspect (width / height): centred across, above the centre vertically.
#[must_use]
pub fn largest_crop(width: u32, height: u32, aspect: f64) -> Rect {
    let (full_width, full_height) = (f64::from(width), f64::from(height));
    let width = full_width.min(full_height * aspect);
    let height = full_height.min(full_width / aspect);
    Rect { x: (full_width - width) / 2.0, y: (full_height - height) * CUT_ABOVE, width, height }
}

/// Chooses the crop of a picture of `width` × `height` pixels for a tile of `aspect` (width / height).
#[must_use]
pub fn choose(width: u32, height: u32, aspect: f64, subject: &Subject) -> CropChoice {
    let kept = kept_faces(&subject.faces);
    let faces: Vec<Face> = subject.faces.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(face, _)| *face).collect();
    let largest = largest_crop(width, height, aspect);
    let full = [f64::from(width), f64::from(height)];
    let heads = faces.iter().map(|face| head(*face)).reduce(Rect::union);
    let (crop, sign_cut) = match heads {
        Some(heads) => crop_around_heads(full, aspect, largest.height, &faces, heads, subject),
        None => crop_around_salient_point(full, largest, subject),
    };
    let levelled = if subject.sign.is_none() { levelled(full, crop, &faces) } else { None };
    let (crop, roll) = levelled.unwrap_or((crop, 0.0));
    let is_cut = |face: &Face| {
        let (half, tolerance) = (face.side / 2.0, face.side * CUT);
        let is_outside = |at: f64, length: f64| at - half < -tolerance || at + half > length + tolerance;
        is_outside(face.x, full[0]) || is_outside(face.y, full[1])
    };
    CropChoice { crop, roll, face_cut: faces.iter().any(is_cut), kept, sign_cut }
}

/// The confidence, 0 to 1, of a crop that rests on a face of this score.
#[must_use]
pub fn confidence(score: f64) -> f64 {
    // 0.45 at the weak score, 0.9 at the certain one, and towards 1 for high scores.
    if score < CERTAIN_SCORE { score / WEAK_SCORE * 0.5 * 0.9 } else { 0.9 + 0.1 * (score - CERTAIN_SCORE) / score }
}

/// The head of a face, from crown to chin and ear to ear; of one that is tilted much, what it takes up.
fn head(face: Face) -> Rect {
    let Face { x, y, side, .. } = face;
    let (above, below, beside) = (side * (0.5 + ABOVE_FACE), side * (0.5 + BELOW_FACE), side * BESIDE_FACE);
    let roll = face.roll.filter(|roll| roll.abs() > *LEVELLED.end()).unwrap_or(0.0);
    let (sin, cos) = roll.to_radians().sin_cos();
    let corners = [(-beside, -above), (beside, -above), (beside, below), (-beside, below)];
    let corners = corners.map(|(across, down)| (x + across * cos - down * sin, y + across * sin + down * cos));
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for corner in corners {
        low = (low.0.min(corner.0), low.1.min(corner.1));
        high = (high.0.max(corner.0), high.1.max(corner.1));
    }
    Rect { x: low.0, y: low.1, width: high.0 - low.0, height: high.1 - low.1 }
}

/// Turns a crop about the eyes so that heads which are tilted a little are level in it; returns it with its roll, in degrees
/// clockwise, or `None` where nothing is to be levelled, or the photograph has no room for that.
fn levelled([full_width, full_height]: [f64; 2], crop: Rect, faces: &[Face]) -> Option<(Rect, f64)> {
    let count = faces.len() as f64;
    let rolls: Option<Vec<f64>> = faces.iter().map(|face| face.roll.filter(|_| face.score >= WEAK_SCORE)).collect();
    let rolls = rolls?;
    let roll = rolls.iter().sum::<f64>() / count;
    let is_common = rolls.iter().all(|other| (other - roll).abs() <= MAX_ROLL_DIFFERENCE);
    if !is_common || !LEVELLED.contains(&roll.abs()) {
        return None;
    }
    let (sin, cos) = roll.to_radians().sin_cos();
    let eyes = [0, 1].map(|axis| faces.iter().map(|face| face.eyes[axis]).sum::<f64>() / count);
    // The bounding box of the turned rectangle; its corners may lie a little outside, but not the rectangle unturned.
    let (across, down) = (crop.width * cos + crop.height * sin.abs(), crop.height * cos + crop.width * sin.abs());
    let beyond = (crop.width * MAX_BEYOND).min((across - crop.width) / 2.0).min((down - crop.height) / 2.0).max(0.0);
    let size = ((full_width + 2.0 * beyond) / across).min((full_height + 2.0 * beyond) / down).min(1.0);
    if size < MIN_TURNED_SIZE {
        return None;
    }
    let (width, height) = (crop.width * size, crop.height * size);
    let from_eyes = [(crop.x + crop.width / 2.0 - eyes[0]) * size, (crop.y + crop.height / 2.0 - eyes[1]) * size];
    let centre = [eyes[0] + from_eyes[0] * cos - from_eyes[1] * sin, eyes[1] + from_eyes[0] * sin + from_eyes[1] * cos];
    let inside = |at: f64, length: f64, full: f64| {
        let half = length * size / 2.0 - beyond * size;
        at.clamp(half.min(full / 2.0), (full - half).max(full / 2.0))
    };
    let centre = [inside(centre[0], across, full_width), inside(centre[1], down, full_height)];
    let turned = Rect { x: centre[0] - width / 2.0, y: centre[1] - height / 2.0, width, height };
    // No head loses by it what it did not lose before.
    let lost = |crop: Rect, face: Face| {
        let head = head(face);
        let sides = [crop.x - head.x, head.x + head.width - crop.x - crop.width, crop.y - head.y];
        sides.into_iter().chain([head.y + head.height - crop.y - crop.height]).fold(0.0, f64::max)
    };
    let unturned = |face: &Face| {
        let (x, y) = (face.x - centre[0], face.y - centre[1]);
        Face { x: centre[0] + x * cos + y * sin, y: centre[1] + y * cos - x * sin, ..*face }
    };
    let is_whole = |face: &Face| lost(turned, unturned(face)) <= lost(crop, *face) + height * MAX_LOST;
    faces.iter().all(is_whole).then_some((turned, roll))
}

/// Selects the faces that are kept: the largest with a sufficient score, and those of about its size near it. Passers-by are
/// smaller or far off.
#[must_use]
pub fn kept_faces(faces: &[Face]) -> Vec<bool> {
    let best_score = faces.iter().map(|face| face.score).fold(0.0, f64::max);
    let is_likely = |face: &Face| face.score >= (best_score * MIN_RELATIVE_SCORE).max(best_score.min(WEAK_SCORE));
    let Some(largest) = faces.iter().filter(|face| is_likely(face)).max_by(|a, b| a.side.total_cmp(&b.side)) else {
        return vec![false; faces.len()];
    };
    let mut kept: Vec<bool> = faces.iter().map(|face| face == largest).collect();
    // A face near any kept face is kept, repeatedly: three in a row stand far from end to end.
    for _ in 0..faces.len() {
        for index in 0..faces.len() {
            let face = &faces[index];
            let is_near = |other: &Face| {
                let distance = (face.x - other.x).hypot(face.y - other.y) / largest.side;
                let size = face.side / largest.side;
                (size >= MIN_RELATIVE_SIZE && distance <= MAX_DISTANCE)
                    || (size >= MIN_CHILD_SIZE && distance <= MAX_CHILD_DISTANCE)
            };
            if !kept[index] && is_likely(face) {
                kept[index] = faces.iter().zip(&kept).any(|(other, kept)| *kept && is_near(other));
            }
        }
    }
    kept
}

/// Returns the crop around heads, and whether the sign does not fit into it.
fn crop_around_heads(
    full: [f64; 2],
    aspect: f64,
    max_height: f64,
    faces: &[Face],
    heads: Rect,
    subject: &Subject,
) -> (Rect, bool) {
    let [full_width, full_height] = full;
    let count = faces.len() as f64;
    let eyes = faces.iter().map(|face| face.eyes[1]).sum::<f64>() / count;
    let centre = heads.x + heads.width / 2.0;
    let head_height = faces.iter().map(|face| head(*face).height).fold(0.0, f64::max);
    let headroom = faces.iter().map(|face| face.side * HEADROOM).fold(0.0, f64::max);
    let hats = Rect { y: heads.y - headroom, height: heads.height + headroom, ..heads };

    // As large as the heads' share and the eyes' height ask for.
    let min_height = (head_height / MAX_HEAD_SHARE).max(hats.width / aspect).max(hats.height);
    let share = if subject.is_round { MAX_HEAD_SHARE } else { HEAD_SHARE };
    let mut height = (head_height / share).max(min_height).max((eyes - heads.y) / EYES);
    // Near an edge, a larger head is better than one off its position.
    let within_edges =
        (eyes / EYES).min((full_height - eyes) / (1.0 - EYES)).min(centre.min(full_width - centre) * 2.0 / aspect);
    height = height.min(within_edges.max(min_height));
    // A weak detection does not justify a close crop.
    if faces.iter().all(|face| face.score < WEAK_SCORE) {
        height = max_height;
    }
    let sign = subject.sign.map(|sign| sign.inflated(height * MARGIN));
    if let Some(sign) = sign {
        let both = hats.union(sign);
        height = height.max(both.width / aspect).max(both.height);
    }
    let height = height.min(max_height);
    let width = height * aspect;

    let (mut x, mut y) = (centre - width / 2.0, eyes - EYES * height);
    // Later ones win: the sign over the hats, and the heads over both.
    for whole in [Some(hats), sign, Some(heads)].into_iter().flatten() {
        (x, y) = (shift_to_hold(x, width, whole.x, whole.width), shift_to_hold(y, height, whole.y, whole.height));
    }
    let crop = Rect { x: shift_inside(x, width, full_width), y: shift_inside(y, height, full_height), width, height };
    (crop, subject.sign.is_some_and(|sign| !contains(crop, sign, height * MARGIN)))
}

/// Returns the largest crop, shifted towards the salient point, and whether the sign does not fit into it.
fn crop_around_salient_point(full: [f64; 2], largest: Rect, subject: &Subject) -> (Rect, bool) {
    let Rect { mut x, mut y, width, height } = largest;
    if let Some([at_x, at_y]) = subject.salient {
        // Half way, for the salient point is not always the subject.
        x = (x + at_x - width / 2.0) / 2.0;
        y = (y + at_y - height * EYES) / 2.0;
    }
    if let Some(sign) = subject.sign {
        (x, y) = (shift_to_hold(x, width, sign.x, sign.width), shift_to_hold(y, height, sign.y, sign.height));
    }
    let crop = Rect { x: shift_inside(x, width, full[0]), y: shift_inside(y, height, full[1]), width, height };
    (crop, subject.sign.is_some_and(|sign| !contains(crop, sign, 0.0)))
}

/// Shifts a span of `length` that begins at `start` as little as possible so that it holds another, or is held by it.
fn shift_to_hold(start: f64, length: f64, other: f64, other_length: f64) -> f64 {
    let (a, b) = (other, other + other_length - length);
    start.clamp(a.min(b), a.max(b))
}

/// Shifts a span into the picture.
fn shift_inside(start: f64, length: f64, full: f64) -> f64 {
    start.clamp(0.0, (full - length).max(0.0))
}

/// Whether a rectangle contains another up to a tolerance.
fn contains(outer: Rect, inner: Rect, tolerance: f64) -> bool {
    let outer = outer.inflated(tolerance);
    let inside = |start: f64, length: f64, from: f64, along: f64| from >= start && from + along <= start + length;
    inside(outer.x, outer.width, inner.x, inner.width) && inside(outer.y, outer.height, inner.y, inner.height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn face(x: f64, y: f64, side: f64) -> Face {
        Face::level(x, y, side, 3.0)
    }

    fn of(faces: &[Face]) -> Subject {
        Subject { faces: faces.to_vec(), ..Subject::default() }
    }

    #[test]
    fn the_largest_part_of_the_aspect() {
        assert_eq!(largest_crop(400, 500, 0.8), Rect { x: 0.0, y: 0.0, width: 400.0, height: 500.0 });
        assert_eq!(largest_crop(1000, 500, 0.8), Rect { x: 300.0, y: 0.0, width: 400.0, height: 500.0 });
        assert_eq!(largest_crop(400, 1500, 0.8), Rect { x: 0.0, y: 300.0, width: 400.0, height: 500.0 });
        let sliver = largest_crop(1, 100_000, 0.8);
        assert!(sliver.width == 1.0 && sliver.height == 1.25);
    }

    #[test]
    fn passers_by_are_left_out_and_children_are_not() {
        let mother = face(500.0, 300.0, 100.0);
        let baby = face(600.0, 440.0, 45.0);
        let friend = face(760.0, 310.0, 90.0);
        let second = face(1010.0, 310.0, 90.0);
        let far = face(1900.0, 300.0, 90.0);
        let behind = face(700.0, 200.0, 30.0);
        let faint = Face { score: 0.2, ..face(300.0, 300.0, 100.0) };
        assert_eq!(
            kept_faces(&[mother, baby, friend, second, far, behind, faint]),
            [true, true, true, true, false, false, false]
        );
        assert_eq!(kept_faces(&[faint]), [true]);
        assert_eq!(kept_faces(&[]), Vec::<bool>::new());
    }

    #[test]
    fn a_sign_is_held_whole_and_the_head_gets_smaller() {
        let person = face(1000.0, 600.0, 200.0);
        let alone = choose(2000, 3000, 0.8, &of(&[person])).crop;
        let sign = Rect { x: 600.0, y: 1100.0, width: 800.0, height: 500.0 };
        let with = choose(2000, 3000, 0.8, &Subject { sign: Some(sign), ..of(&[person]) });
        assert!(contains(with.crop, sign, 1e-6) && contains(with.crop, head(person), 1e-6) && !with.sign_cut);
        assert!(with.crop.height > alone.height);
        let beyond = Rect { x: 100.0, y: 1000.0, width: 1850.0, height: 1900.0 };
        let cut = choose(2000, 3000, 0.8, &Subject { sign: Some(beyond), ..of(&[person]) });
        assert!(contains(cut.crop, head(person), 1e-6));
        let raised = Rect { x: 700.0, y: 100.0, width: 600.0, height: 300.0 };
        let with = choose(2000, 3000, 0.8, &Subject { sign: Some(raised), ..of(&[person]) });
        assert!(contains(with.crop, raised, 1e-6) && contains(with.crop, head(person), 1e-6) && !with.sign_cut);
    }

    #[test]
    fn a_face_at_the_edge_is_cut() {
        assert!(choose(1000, 1000, 0.8, &of(&[face(20.0, 500.0, 200.0)])).face_cut);
        assert!(!choose(1000, 1000, 0.8, &of(&[face(500.0, 500.0, 200.0)])).face_cut);
    }

    proptest! {
        #[test]
        fn a_part_is_in_the_picture_and_holds_the_head(
            width in 1_u32..6000, height in 1_u32..6000, aspect in 0.2..3.0_f64,
            x in 0.0..1.0_f64, y in 0.0..1.0_f64, side in 0.02..0.8_f64,
            sign in prop::option::of((0.0..1.0_f64, 0.0..1.0_f64, 0.01..1.0_f64, 0.01..1.0_f64)),
            second in prop::option::of((0.0..1.0_f64, 0.0..1.0_f64)), round in any::<bool>(),
        ) {
            let (w, h) = (f64::from(width), f64::from(height));
            let side = side * w.min(h);
            let person = face(x * w, y * h, side);
            let mut subject = Subject { is_round: round, ..of(&[person]) };
            subject.faces.extend(second.map(|(x, y)| face(x * w, y * h, side * 0.8)));
            subject.sign = sign.map(|(x, y, width, height)| Rect {
                x: x * w, y: y * h, width: width * (1.0 - x) * w, height: height * (1.0 - y) * h,
            });
            let CropChoice { crop: part, kept, .. } = choose(width, height, aspect, &subject);
            prop_assert!(part.x >= 0.0 && part.y >= 0.0, "{:?}", part);
            prop_assert!(part.x + part.width <= w * 1.000_001 && part.y + part.height <= h * 1.000_001, "{:?}", part);
            prop_assert!((part.width / part.height / aspect - 1.0).abs() < 1e-9, "{:?}", part);
            prop_assert!(kept[0]);
            // The whole head, but for what is outside of the photograph, wherever the photograph has room for it.
            let largest = largest_crop(width, height, aspect);
            let heads = subject.faces.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(face, _)| head(*face));
            let heads = heads.reduce(Rect::union).unwrap();
            let clip = |start: f64, length: f64, full: f64| (start.max(0.0), (start + length).min(full));
            for (start, length, full, part, most) in [
                (heads.x, heads.width, w, (part.x, part.width), largest.width),
                (heads.y, heads.height, h, (part.y, part.height), largest.height),
            ] {
                let (from, to) = clip(start, length, full);
                if length <= most {
                    prop_assert!(part.0 <= from + 1e-6 && part.0 + part.1 >= to - 1e-6, "{} {} {:?}", from, to, part);
                }
            }
        }

        #[test]
        fn a_tilted_head_is_level_and_its_eyes_are_in_their_place(
            x in 0.0..1.0_f64, y in 0.0..1.0_f64, side in 0.05..0.4_f64, roll in -40.0..40.0_f64,
            width in 300_u32..4000, height in 300_u32..4000,
        ) {
            let (w, h) = (f64::from(width), f64::from(height));
            let side = side * w.min(h);
            let (sin, cos) = roll.to_radians().sin_cos();
            let eyes = [x * w, y * h];
            let person = Face {
                x: eyes[0] - 0.1 * side * sin, y: eyes[1] + 0.1 * side * cos, side, eyes, roll: Some(roll), score: 3.0,
            };
            let CropChoice { crop, roll: turned, .. } = choose(width, height, 0.8, &of(&[person]));
            prop_assert!(turned == 0.0 || turned == roll && (3.0..=15.0).contains(&roll.abs()));
            prop_assert!(crop.x >= -1e-6 && crop.y >= -1e-6, "{:?}", crop);
            prop_assert!(crop.x + crop.width <= w + 1e-6 && crop.y + crop.height <= h + 1e-6, "{:?}", crop);
            let (sin, cos) = turned.to_radians().sin_cos();
            for (across, down) in [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)] {
                let (across, down) = (across * crop.width, down * crop.height);
                let corner = [
                    crop.x + crop.width / 2.0 + across * cos - down * sin,
                    crop.y + crop.height / 2.0 + across * sin + down * cos,
                ];
                let beyond = crop.width * MAX_BEYOND / MIN_TURNED_SIZE + 1e-6;
                prop_assert!(corner[0] >= -beyond && corner[0] <= w + beyond, "{:?}", corner);
                prop_assert!(corner[1] >= -beyond && corner[1] <= h + beyond, "{:?}", corner);
            }
            // Far from the edges it is levelled, and the eyes are at their height and in the middle.
            let is_free = [x, 1.0 - x].iter().all(|at| at * w > 3.0 * side) && [y, 1.0 - y].iter().all(|at| at * h > 3.5 * side);
            if is_free && (3.0..=15.0).contains(&roll.abs()) {
                prop_assert_eq!(turned, roll);
                let from_centre = [eyes[0] - crop.x - crop.width / 2.0, eyes[1] - crop.y - crop.height / 2.0];
                let down = (from_centre[1] * cos - from_centre[0] * sin) / crop.height + 0.5;
                let across = (from_centre[0] * cos + from_centre[1] * sin) / crop.width + 0.5;
                prop_assert!((down - EYES).abs() < 0.01 && (across - 0.5).abs() < 0.05, "{} {}", across, down);
            }
        }

        #[test]
        fn eyes_are_in_their_place_where_there_is_room(x in 0.3..0.7_f64, y in 0.35..0.5_f64, side in 0.05..0.15_f64) {
            let person = face(x * 3000.0, y * 4000.0, side * 3000.0);
            let part = choose(3000, 4000, 0.8, &of(&[person])).crop;
            let eyes = (person.y - 0.1 * person.side - part.y) / part.height;
            prop_assert!((eyes - EYES).abs() < 0.02, "{}", eyes);
            let share = head(person).height / part.height;
            prop_assert!((0.33..=0.51).contains(&share), "{}", share);
            prop_assert!((part.x + part.width / 2.0 - person.x).abs() < 1.0);
        }
    }
}
