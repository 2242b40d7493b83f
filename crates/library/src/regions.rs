//! Regions of about one colour: a picture flooded from seeds.

use super::reduced::Reduced;

/// How a region grows.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// How far a colour may be from the seed's, of 255.
    pub tolerance: u8,
    /// How far it may be from its neighbours'.
    pub step: u8,
    /// How many pixels of another colour are passed over.
    pub gap: usize,
}

/// The first and the last of some places; none while the first is behind the last.
pub type Reach = (usize, usize);

const NOWHERE: Reach = (usize::MAX, 0);

/// A region of about one colour.
#[derive(Debug)]
pub struct Region {
    /// The seed's colour.
    pub colour: [u8; 3],
    /// How many pixels it has.
    pub count: usize,
    /// Which columns it reaches in each row of the picture, and which rows in each column.
    pub rows: Vec<Reach>,
    pub columns: Vec<Reach>,
    /// How many of its pixels lie on the picture's left, right, upper and lower edge.
    pub at_edges: [usize; 4],
}

/// The greatest difference of two colours in any channel.
#[must_use]
pub fn apart(a: [u8; 3], b: [u8; 3]) -> u8 {
    a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1])).max(a[2].abs_diff(b[2]))
}

/// A picture to be flooded.
pub struct Ground<'a> {
    picture: &'a Reduced,
    /// The greatest difference of each pixel to those right of it and below.
    steps: Vec<u8>,
}

impl<'a> Ground<'a> {
    pub fn new(picture: &'a Reduced) -> Self {
        let Reduced { width, height, ref rgb, .. } = *picture;
        let step = |place: usize| {
            let right = if place % width + 1 < width { place + 1 } else { place };
            let below = if place / width + 1 < height { place + width } else { place };
            apart(rgb[place], rgb[right]).max(apart(rgb[place], rgb[below]))
        };
        Self { picture, steps: (0..rgb.len()).map(step).collect() }
    }
}

/// Floods a picture region by region; each pixel belongs to one region at most.
pub struct Flood<'a> {
    ground: &'a Ground<'a>,
    growth: Growth,
    /// Regions of fewer pixels are passed over.
    least: usize,
    taken: Vec<bool>,
    /// The region that is flooded now; of most, which are small, nothing else is ever made.
    pixels: Vec<(usize, usize)>,
}

impl<'a> Flood<'a> {
    pub fn new(ground: &'a Ground<'a>, growth: Growth, least: usize) -> Self {
        Self { ground, growth, least, taken: vec![false; ground.steps.len()], pixels: Vec::new() }
    }

    /// The region around a seed, or none for a place that belongs to one already, that is no surface, or that is small.
    pub fn region(&mut self, seed: usize) -> Option<Region> {
        let Self { ground: Ground { picture, steps }, growth: Growth { tolerance, step, gap }, least, taken, pixels } =
            self;
        let Reduced { width, height, ref rgb, .. } = **picture;
        let colour = rgb[seed];
        // An edge is no place to begin at.
        if taken[seed] || steps[seed] > *step / 3 {
            return None;
        }
        let fits = |at: usize| steps[at] <= *step && apart(rgb[at], colour) <= *tolerance;
        let ahead = *gap + 1;
        taken[seed] = true;
        pixels.clear();
        pixels.push((seed % width, seed / width));
        let mut done = 0;
        while let Some(&(x, y)) = pixels.get(done) {
            done += 1;
            let at = y * width + x;
            // The first that fits in each direction, as far as the gap allows.
            let mut go = |room: usize, place: &dyn Fn(usize) -> (usize, usize, usize)| {
                for far in 1..=room.min(ahead) {
                    let (x, y, next) = place(far);
                    if taken[next] && ahead == 1 {
                        break;
                    }
                    if fits(next) {
                        if !taken[next] {
                            taken[next] = true;
                            pixels.push((x, y));
                        }
                        break;
                    }
                }
            };
            go(x, &|far| (x - far, y, at - far));
            go(width - 1 - x, &|far| (x + far, y, at + far));
            go(y, &|far| (x, y - far, at - far * width));
            go(height - 1 - y, &|far| (x, y + far, at + far * width));
        }
        if pixels.len() < *least {
            return None;
        }
        let mut region = Region {
            colour,
            count: pixels.len(),
            rows: vec![NOWHERE; height],
            columns: vec![NOWHERE; width],
            at_edges: [0; 4],
        };
        for &mut (x, y) in pixels {
            let (row, column) = (&mut region.rows[y], &mut region.columns[x]);
            *row = (row.0.min(x), row.1.max(x));
            *column = (column.0.min(y), column.1.max(y));
            for (edge, there) in region.at_edges.iter_mut().zip([x == 0, x + 1 == width, y == 0, y + 1 == height]) {
                *edge += usize::from(there);
            }
        }
        Some(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_ends_where_the_colour_does_and_passes_over_gaps() {
        // Two light fields in the dark, a dark line between them.
        let pixel = |place: usize| {
            let (x, y) = (place % 40, place / 40);
            let light = (5..35).contains(&x) && (5..25).contains(&y) && x != 20;
            [if light { 230 } else { 20 }; 3]
        };
        let picture = Reduced::new(40, 30, (0..1200).map(pixel).collect());
        let ground = Ground::new(&picture);
        let region =
            |gap| Flood::new(&ground, Growth { tolerance: 20, step: 20, gap }, 1).region(10 * 40 + 10).unwrap();
        let left = region(0);
        assert_eq!((left.rows[10], left.columns[10], left.rows[2], left.at_edges), ((5, 18), (5, 23), NOWHERE, [0; 4]));
        assert_eq!(left.count, 14 * 19);
        assert_eq!(region(3).rows[10], (5, 33));
        let mut flood = Flood::new(&ground, Growth { tolerance: 20, step: 20, gap: 0 }, 1);
        assert!(flood.region(10 * 40 + 10).is_some());
        assert!(flood.region(12 * 40 + 10).is_none(), "it belongs to the first");
        assert!(Flood::new(&ground, flood.growth, 1000).region(10 * 40 + 10).is_none(), "it is small");
    }
}
