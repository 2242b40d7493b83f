//! Connected regions of about one colour, by flood fill from seeds.

use super::analysis_image::AnalysisImage;

/// The limits of a flood fill.
#[derive(Clone, Copy, Debug)]
pub struct FloodParameters {
    /// The greatest distance of a colour from the seed's, of 255.
    pub tolerance: u8,
    /// The greatest gradient at a pixel.
    pub max_gradient: u8,
    /// How many pixels of another colour are bridged.
    pub gap: usize,
}

/// The first and the last index of a row or column that a region covers; empty while the first exceeds the last.
pub type Extent = (usize, usize);

const EMPTY_EXTENT: Extent = (usize::MAX, 0);

/// A connected region of about one colour.
#[derive(Debug)]
pub struct Region {
    /// The seed's colour.
    pub colour: [u8; 3],
    /// Its pixels.
    pub count: usize,
    /// The columns that it covers in each row of the image, and the rows in each column.
    pub rows: Vec<Extent>,
    pub columns: Vec<Extent>,
    /// Its pixels on the image's left, right, upper and lower edge.
    pub at_edges: [usize; 4],
}

/// The greatest difference of two colours in any channel.
#[must_use]
pub fn channel_distance(a: [u8; 3], b: [u8; 3]) -> u8 {
    a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1])).max(a[2].abs_diff(b[2]))
}

/// An image to be filled, with its gradient.
pub struct FloodSource<'a> {
    image: &'a AnalysisImage,
    /// The greatest distance of each pixel to its right and lower neighbours.
    gradient: Vec<u8>,
}

impl<'a> FloodSource<'a> {
    pub fn new(image: &'a AnalysisImage) -> Self {
        let AnalysisImage { width, height, ref rgb, .. } = *image;
        let gradient = |at: usize| {
            let right = if at % width + 1 < width { at + 1 } else { at };
            let below = if at / width + 1 < height { at + width } else { at };
            channel_distance(rgb[at], rgb[right]).max(channel_distance(rgb[at], rgb[below]))
        };
        Self { image, gradient: (0..rgb.len()).map(gradient).collect() }
    }
}

/// Fills an image region by region; each pixel belongs to one region at most.
pub struct FloodFill<'a> {
    source: &'a FloodSource<'a>,
    parameters: FloodParameters,
    /// Regions of fewer pixels are skipped.
    min_pixels: usize,
    visited: Vec<bool>,
    /// The pixels x, y of the current region. Reused, for most regions are small and skipped.
    pixels: Vec<(usize, usize)>,
}

impl<'a> FloodFill<'a> {
    pub fn new(source: &'a FloodSource<'a>, parameters: FloodParameters, min_pixels: usize) -> Self {
        Self { source, parameters, min_pixels, visited: vec![false; source.gradient.len()], pixels: Vec::new() }
    }

    /// Fills the region around a seed; `None` where the seed is visited or on an edge, or the region is small.
    pub fn region(&mut self, seed: usize) -> Option<Region> {
        if !self.fill(seed) || self.pixels.len() < self.min_pixels {
            return None;
        }
        let AnalysisImage { width, height, ref rgb, .. } = *self.source.image;
        let mut region = Region {
            colour: rgb[seed],
            count: self.pixels.len(),
            rows: vec![EMPTY_EXTENT; height],
            columns: vec![EMPTY_EXTENT; width],
            at_edges: [0; 4],
        };
        for &(x, y) in &self.pixels {
            let (row, column) = (&mut region.rows[y], &mut region.columns[x]);
            *row = (row.0.min(x), row.1.max(x));
            *column = (column.0.min(y), column.1.max(y));
            for (edge, is_there) in region.at_edges.iter_mut().zip([x == 0, x + 1 == width, y == 0, y + 1 == height]) {
                *edge += usize::from(is_there);
            }
        }
        Some(region)
    }

    /// Collects the pixels of the region around a seed; false where the seed is visited or on an edge.
    fn fill(&mut self, seed: usize) -> bool {
        let Self { source, parameters, visited, pixels, .. } = self;
        let FloodSource { image, gradient } = source;
        let FloodParameters { tolerance, max_gradient, gap } = *parameters;
        let AnalysisImage { width, height, ref rgb, .. } = **image;
        let colour = rgb[seed];
        if visited[seed] || gradient[seed] > max_gradient / 3 {
            return false;
        }
        let fits = |at: usize| gradient[at] <= max_gradient && channel_distance(rgb[at], colour) <= tolerance;
        let ahead = gap + 1;
        visited[seed] = true;
        pixels.clear();
        pixels.push((seed % width, seed / width));
        let mut done = 0;
        while let Some(&(x, y)) = pixels.get(done) {
            done += 1;
            let at = y * width + x;
            // Takes the first pixel that fits in a direction, as far as the gap allows.
            let mut go = |room: usize, pixel: &dyn Fn(usize) -> (usize, usize, usize)| {
                for far in 1..=room.min(ahead) {
                    let (x, y, next) = pixel(far);
                    if visited[next] && ahead == 1 {
                        break;
                    }
                    if fits(next) {
                        if !visited[next] {
                            visited[next] = true;
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
        true
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
        let image = AnalysisImage::new(40, 30, (0..1200).map(pixel).collect());
        let source = FloodSource::new(&image);
        let region = |gap| {
            FloodFill::new(&source, FloodParameters { tolerance: 20, max_gradient: 20, gap }, 1)
                .region(10 * 40 + 10)
                .unwrap()
        };
        let left = region(0);
        assert_eq!(
            (left.rows[10], left.columns[10], left.rows[2], left.at_edges),
            ((5, 18), (5, 23), EMPTY_EXTENT, [0; 4])
        );
        assert_eq!(left.count, 14 * 19);
        assert_eq!(region(3).rows[10], (5, 33));
        let mut flood = FloodFill::new(&source, FloodParameters { tolerance: 20, max_gradient: 20, gap: 0 }, 1);
        assert!(flood.region(10 * 40 + 10).is_some());
        assert!(flood.region(12 * 40 + 10).is_none(), "it belongs to the first");
        assert!(FloodFill::new(&source, flood.parameters, 1000).region(10 * 40 + 10).is_none(), "it is small");
    }
}
