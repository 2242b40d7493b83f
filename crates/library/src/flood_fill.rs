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
#[inline]
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
        let mut gradient = vec![0; rgb.len()];
        for (y, target) in gradient.chunks_exact_mut(width.max(1)).enumerate() {
            let row = &rgb[y * width..][..width];
            // The last row has itself below it.
            let below = if y + 1 < height { &rgb[(y + 1) * width..][..width] } else { row };
            for (target, (own, below)) in target.iter_mut().zip(row.iter().zip(below)) {
                *target = channel_distance(*own, *below);
            }
            for (target, [own, right]) in target.iter_mut().zip(row.array_windows()) {
                *target = (*target).max(channel_distance(*own, *right));
            }
        }
        Self { image, gradient }
    }
}

/// What a pixel is to the region that grows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pixel {
    /// Of another colour, or on an edge.
    Other,
    /// Of its colour, and in no region yet.
    Free,
    /// Already in it, or in another.
    Taken,
}

/// What a region grows by.
struct Growth<'a> {
    rgb: &'a [[u8; 3]],
    gradient: &'a [u8],
    colour: [u8; 3],
    tolerance: u8,
    max_gradient: u8,
    current: u16,
}

impl Growth<'_> {
    #[inline(always)]
    fn kind(&self, regions: &[u16], at: usize) -> Pixel {
        let region = regions[at];
        if region == self.current {
            Pixel::Taken
        } else if self.gradient[at] > self.max_gradient || channel_distance(self.rgb[at], self.colour) > self.tolerance
        {
            Pixel::Other
        } else if region == 0 {
            Pixel::Free
        } else {
            Pixel::Taken
        }
    }
}

/// A part of a row: y, and its first and last x.
type Span = (usize, usize, usize);

/// Fills an image region by region; each pixel belongs to one region at most. A region grows by rows: from a pixel as far as
/// its colour goes on, and from there to the rows above and below.
pub struct FloodFill<'a> {
    source: &'a FloodSource<'a>,
    parameters: FloodParameters,
    /// Regions of fewer pixels are skipped.
    min_pixels: usize,
    /// The number of the region that each pixel belongs to, from 1.
    regions: Vec<u16>,
    current: u16,
    /// The current region's spans, and its pixels whose rows are not followed yet. Reused, for most regions are small and skipped.
    spans: Vec<Span>,
    pending: Vec<(usize, usize)>,
}

impl<'a> FloodFill<'a> {
    pub fn new(source: &'a FloodSource<'a>, parameters: FloodParameters, min_pixels: usize) -> Self {
        let regions = vec![0; source.gradient.len()];
        Self { source, parameters, min_pixels, regions, current: 0, spans: Vec::new(), pending: Vec::new() }
    }

    /// Fills the region around a seed; `None` where the seed is visited or on an edge, or the region is small.
    pub fn region(&mut self, seed: usize) -> Option<Region> {
        let count = self.fill(seed)?;
        if count < self.min_pixels {
            return None;
        }
        let AnalysisImage { width, height, ref rgb, .. } = *self.source.image;
        let mut region = Region {
            colour: rgb[seed],
            count,
            rows: vec![EMPTY_EXTENT; height],
            columns: vec![EMPTY_EXTENT; width],
            at_edges: [0; 4],
        };
        for &(y, from, to) in &self.spans {
            let row = &mut region.rows[y];
            *row = (row.0.min(from), row.1.max(to));
            for column in &mut region.columns[from..=to] {
                *column = (column.0.min(y), column.1.max(y));
            }
            let length = to - from + 1;
            let along = [usize::from(from == 0), usize::from(to + 1 == width)];
            let across = [y == 0, y + 1 == height].map(|is_there| if is_there { length } else { 0 });
            for (edge, count) in region.at_edges.iter_mut().zip(along.into_iter().chain(across)) {
                *edge += count;
            }
        }
        Some(region)
    }

    /// Collects the spans of the region around a seed; returns its pixels, or `None` where the seed is visited or on an edge.
    fn fill(&mut self, seed: usize) -> Option<usize> {
        let Self { source, parameters, regions, current, spans, pending, .. } = self;
        let FloodSource { image, gradient } = source;
        let FloodParameters { tolerance, max_gradient, gap } = *parameters;
        let AnalysisImage { width, height, ref rgb, .. } = **image;
        let colour = rgb[seed];
        if regions[seed] != 0 || gradient[seed] > max_gradient / 3 || *current == u16::MAX {
            return None;
        }
        *current += 1;
        let current = *current;
        let growth = Growth { rgb, gradient, colour, tolerance, max_gradient, current };
        let mut count = 0;
        spans.clear();
        pending.clear();
        pending.push((seed % width, seed / width));
        regions[seed] = current;
        while let Some((start, y)) = pending.pop() {
            let row = y * width;
            // To the right from there, itself included, then to the left. In each direction the first pixel in reach that fits is
            // taken; what is taken already ends it.
            for (is_left, room) in [(false, width - 1 - start), (true, start)] {
                let x_at = |far: usize| if is_left { start - far } else { start + far };
                let (mut far, mut last, mut first) = (usize::from(is_left), 0, None);
                // Whether the pixels above and below the one before will be found from a neighbour of theirs.
                let mut open = [false; 2];
                while far <= room && far <= last + gap + 1 {
                    let x = x_at(far);
                    match if far == 0 { Pixel::Free } else { growth.kind(regions, row + x) } {
                        Pixel::Taken => break,
                        Pixel::Other => open = [false; 2],
                        Pixel::Free => {
                            regions[row + x] = current;
                            count += 1;
                            first = match first {
                                Some(first) if far > last + 1 => {
                                    spans.push(span(y, x_at(first), x_at(last)));
                                    Some(far)
                                }
                                first => first.or(Some(far)),
                            };
                            last = far;
                            for (open, is_below) in open.iter_mut().zip([false, true]) {
                                let room = if is_below { height - 1 - y } else { y };
                                let mut is_open = false;
                                for down in 1..=room.min(gap + 1) {
                                    let next = if is_below { y + down } else { y - down };
                                    match growth.kind(regions, next * width + x) {
                                        Pixel::Other => continue,
                                        Pixel::Taken => {}
                                        Pixel::Free if down == 1 && *open => is_open = true,
                                        Pixel::Free => {
                                            is_open = down == 1;
                                            regions[next * width + x] = current;
                                            pending.push((x, next));
                                        }
                                    }
                                    break;
                                }
                                *open = is_open;
                            }
                        }
                    }
                    far += 1;
                }
                if let Some(first) = first {
                    spans.push(span(y, x_at(first), x_at(last)));
                }
            }
        }
        Some(count)
    }
}

/// A span by its ends in either order.
fn span(y: usize, a: usize, b: usize) -> Span {
    (y, a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// The pixels of the region around a seed, one by one.
    fn slowly(
        image: &AnalysisImage,
        source: &FloodSource,
        parameters: FloodParameters,
        taken: &[bool],
        seed: usize,
    ) -> Vec<usize> {
        let (width, height) = (image.width as isize, image.height as isize);
        let fits = |at: usize| {
            source.gradient[at] <= parameters.max_gradient
                && channel_distance(image.rgb[at], image.rgb[seed]) <= parameters.tolerance
        };
        let (mut region, mut done) = (vec![seed], 0);
        while let Some(at) = region.get(done).copied() {
            done += 1;
            for (across, down) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
                let (x, y) = (at as isize % width, at as isize / width);
                let reach = (1..=parameters.gap as isize + 1).map(|far| (x + across * far, y + down * far));
                let inside = reach.filter(|(x, y)| (0..width).contains(x) && (0..height).contains(y));
                let next = inside.map(|(x, y)| (y * width + x) as usize).find(|at| fits(*at));
                region.extend(next.filter(|next| !taken[*next] && !region.contains(next)));
            }
        }
        region.sort_unstable();
        region
    }

    proptest! {
        #[test]
        fn growing_by_rows_is_growing_by_pixels(
            values in prop::collection::vec(0_u8..4, 20 * 14), gap in 0_usize..4, seeds in prop::collection::vec(0_usize..280, 6)
        ) {
            let image = AnalysisImage::new(20, 14, values.iter().map(|value| [value * 20; 3]).collect());
            let source = FloodSource::new(&image);
            let parameters = FloodParameters { tolerance: 20, max_gradient: 45, gap };
            let mut flood = FloodFill::new(&source, parameters, 0);
            let mut taken = vec![false; 280];
            for seed in seeds {
                let Some(region) = flood.region(seed) else {
                    prop_assert!(taken[seed] || source.gradient[seed] > 15);
                    continue;
                };
                let pixels = slowly(&image, &source, parameters, &taken, seed);
                let mut found: Vec<usize> = flood.spans.iter().flat_map(|(y, from, to)| y * 20 + from..=y * 20 + to).collect();
                found.sort_unstable();
                prop_assert_eq!(&found, &pixels);
                prop_assert_eq!(region.count, pixels.len());
                let at_edges = [0, 1, 2, 3].map(|edge| {
                    let is_there = |at: &&usize| [(**at).is_multiple_of(20), **at % 20 == 19, **at < 20, **at >= 260][edge];
                    pixels.iter().filter(is_there).count()
                });
                prop_assert_eq!(region.at_edges, at_edges);
                pixels.iter().for_each(|at| taken[*at] = true);
            }
        }
    }
}
