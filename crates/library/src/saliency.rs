//! The salient point of a photograph in which no face was detected.

use super::analysis_image::AnalysisImage;

/// Returns the salient point, in the image's pixels: the centroid of its gradients, which are strong on people and things
/// and weak on sky and walls. Gradients near the border weigh less, for the subject is seldom there.
#[must_use]
pub fn salient_point(image: &AnalysisImage) -> [f64; 2] {
    let AnalysisImage { width, height, ref luma, .. } = *image;
    let (mut sum, mut moments) = (1e-6, [width as f64 / 2.0 * 1e-6, height as f64 / 2.0 * 1e-6]);
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = y * width + x;
            let gradient =
                f64::from(luma[at + 1].abs_diff(luma[at - 1])) + f64::from(luma[at + width].abs_diff(luma[at - width]));
            let off_centre = |at: usize, length: usize| (2.0 * at as f64 / length as f64 - 1.0).powi(2);
            let weight = gradient * (1.0 - off_centre(x, width)) * (1.0 - off_centre(y, height));
            sum += weight;
            moments[0] += weight * x as f64;
            moments[1] += weight * y as f64;
        }
    }
    moments.map(|moment| moment / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_salient_point_is_where_the_detail_is() {
        let flat = AnalysisImage::new(100, 60, vec![[50; 3]; 6000]);
        let [x, y] = salient_point(&flat);
        assert!((x - 50.0).abs() < 1.0 && (y - 30.0).abs() < 1.0);
        let chequered = |place: usize| {
            let (x, y) = (place % 100, place / 100);
            let here = (70..90).contains(&x) && (10..30).contains(&y) && (x / 3 + y / 3) % 2 == 0;
            [if here { 220 } else { 50 }; 3]
        };
        let [x, y] = salient_point(&AnalysisImage::new(100, 60, (0..6000).map(chequered).collect()));
        assert!((70.0..90.0).contains(&x) && (10.0..30.0).contains(&y), "{x} {y}");
        assert_eq!(salient_point(&AnalysisImage::new(1, 1, vec![[0; 3]])), [0.5, 0.5]);
    }
}
