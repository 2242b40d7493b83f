//! Where most is to be seen in a photograph in which nobody was found.

use super::reduced::Reduced;

/// The middle of what is to be seen, in the picture's pixels: the centre of gravity of its edges, which lie where people
/// and things are and not where the sky and the wall are. Edges near the rim count less: what is meant is seldom there.
#[must_use]
pub fn interest(picture: &Reduced) -> [f64; 2] {
    let Reduced { width, height, ref luma, .. } = *picture;
    let (mut sum, mut sums) = (1e-6, [width as f64 / 2.0 * 1e-6, height as f64 / 2.0 * 1e-6]);
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = y * width + x;
            let edge =
                f64::from(luma[at + 1].abs_diff(luma[at - 1])) + f64::from(luma[at + width].abs_diff(luma[at - width]));
            let off = |at: usize, length: usize| (2.0 * at as f64 / length as f64 - 1.0).powi(2);
            let weight = edge * (1.0 - off(x, width)) * (1.0 - off(y, height));
            sum += weight;
            sums[0] += weight * x as f64;
            sums[1] += weight * y as f64;
        }
    }
    sums.map(|weighed| weighed / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interest_is_where_something_is() {
        let flat = Reduced::new(100, 60, vec![[50; 3]; 6000]);
        let [x, y] = interest(&flat);
        assert!((x - 50.0).abs() < 1.0 && (y - 30.0).abs() < 1.0);
        let chequered = |place: usize| {
            let (x, y) = (place % 100, place / 100);
            let here = (70..90).contains(&x) && (10..30).contains(&y) && (x / 3 + y / 3) % 2 == 0;
            [if here { 220 } else { 50 }; 3]
        };
        let [x, y] = interest(&Reduced::new(100, 60, (0..6000).map(chequered).collect()));
        assert!((70.0..90.0).contains(&x) && (10.0..30.0).contains(&y), "{x} {y}");
        assert_eq!(interest(&Reduced::new(1, 1, vec![[0; 3]])), [0.5, 0.5]);
    }
}
