//! Face detection in an analysis image.
//!
//! The detector is SeetaFace's cascade (Wu et al., *Funnel-structured cascade for multi-view face detection*, 2017) in the
//! crate `rustface`. A fast pass comes first; thorough passes follow only where that found nothing with a certain score:
//! with the shadows opened, at twice the size, with the image rotated.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use rustface::{Detector, ImageData};

use super::analysis_image::AnalysisImage;
use millions_base::catch_panic;

/// The longer side of an analysis image at most; the smallest faces found are a sixteenth of it.
pub const MAX_ANALYSIS_SIDE: usize = 640;
/// The longer side in the fast pass, and in the thorough one. The cost grows with its square.
const FAST_SIDE: usize = 256;
const THOROUGH_SIDE: usize = 320;
/// The longer side for a group: used where the largest face is smaller than this many times the cascade's window.
const GROUP_SIDE: usize = 400;
const GROUP_FACE: f64 = 1.4;

const MODEL: &[u8] = include_bytes!("../../../assets/faces/seeta_fd_frontal_v1.0.bin");
/// The cascade's window in pixels: smaller faces are not found.
const WINDOW: usize = 40;
/// The score from which a detection is certain. Faces of good portraits score 15 to 60.
pub const CERTAIN_SCORE: f64 = 6.0;
/// The score below which a detection is as likely a shadow or a pattern.
pub const WEAK_SCORE: f64 = 4.0;
/// The factor by which a later pass must raise the best score to replace the earlier result.
const PASS_GAIN: f64 = 1.0;
/// The same for a rotated image, in which everything resembles a face a little more.
const ROTATED_GAIN: f64 = 1.5;
/// The same for a group, which has more faces rather than better scores.
const GROUP_GAIN: f64 = 0.6;
/// The rotation for tilted heads. The cascade itself tolerates as much to either side.
const TILT_DEGREES: f64 = 22.0;

/// A face, in the image's pixels. The square spans from the middle of the forehead to the chin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// The square's centre.
    pub x: f64,
    pub y: f64,
    /// The square's side.
    pub side: f64,
    /// The detector's score: see [`CERTAIN_SCORE`] and [`WEAK_SCORE`].
    pub score: f64,
}

impl Face {
    /// Scales to an image so many times as large.
    #[must_use]
    pub fn scaled(self, scale: f64) -> Self {
        Self { x: self.x * scale, y: self.y * scale, side: self.side * scale, ..self }
    }
}

type Cascade = Option<Box<dyn Detector>>;

/// Detects faces; keeps its buffers from one photograph to the next.
pub struct FaceDetector {
    /// `None` when the model cannot be read.
    fast: Cascade,
    thorough: Cascade,
    resizer: Resizer,
}

/// Makes a cascade with the given step of its sliding window and the score from which it reports a face.
fn cascade(step: u32, threshold: f64) -> Cascade {
    let model = catch_panic(|| rustface::read_model(MODEL)).ok()?.ok()?;
    let mut detector = rustface::create_detector_with_model(model);
    detector.set_min_face_size(20);
    detector.set_slide_window_step(step, step);
    detector.set_score_thresh(threshold);
    detector.set_pyramid_scale_factor(0.8);
    Some(detector)
}

impl Default for FaceDetector {
    fn default() -> Self {
        Self { fast: cascade(4, 2.0), thorough: cascade(2, 1.0), resizer: Resizer::new() }
    }
}

impl FaceDetector {
    /// Detects the faces in an image whose longer side has [`MAX_ANALYSIS_SIDE`] pixels at most, by falling score.
    ///
    /// # Errors
    /// A text, when the detector failed on this image.
    pub fn detect(&mut self, image: &AnalysisImage) -> Result<Vec<Face>, String> {
        // A panic may leave a cascade's state half changed: make it anew.
        let mut faces = self.detect_in_passes(image).inspect_err(|_| *self = Self::default())?;
        faces.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(faces)
    }

    fn detect_in_passes(&mut self, image: &AnalysisImage) -> Result<Vec<Face>, String> {
        let whole = GreyImage { luma: image.luma.clone(), width: image.width, height: image.height };
        let (small, small_scale) = self.reduced(&whole, FAST_SIDE)?;
        let at = |scale: f64| move |face: Face| face.scaled(scale);
        let mut faces: Vec<Face> = run(&mut self.fast, &small)?.into_iter().map(at(small_scale)).collect();
        if best_score(&faces) >= CERTAIN_SCORE {
            // Beside a face that is nearly too small there may be others that are.
            let largest = faces.iter().map(|face| face.side).fold(0.0, f64::max);
            if largest < GROUP_FACE * WINDOW as f64 * small_scale {
                let (fine, scale) = self.reduced(&whole, GROUP_SIDE)?;
                let found = run(&mut self.fast, &fine)?.into_iter().map(at(scale)).collect();
                faces = better(faces, found, GROUP_GAIN);
            }
            return Ok(faces);
        }
        let (fine, scale) = self.reduced(&whole, THOROUGH_SIDE)?;
        let found = run(&mut self.thorough, &fine.equalised())?;
        faces = better(faces, found.into_iter().map(at(scale)).collect(), PASS_GAIN);
        if best_score(&faces) < WEAK_SCORE && scale > 1.0 {
            faces = better(faces, run(&mut self.fast, &whole)?, PASS_GAIN);
        }
        for degrees in [-TILT_DEGREES, TILT_DEGREES] {
            if best_score(&faces) < WEAK_SCORE {
                let found = run(&mut self.fast, &small.equalised().rotated(degrees))?;
                let back = |face: Face| small.rotate_back(face, degrees).scaled(small_scale);
                faces = better(faces, found.into_iter().map(back).collect(), ROTATED_GAIN);
            }
        }
        Ok(faces)
    }

    /// Reduces an image to a longer side of at most `longest` pixels; returns it with the factor of reduction.
    fn reduced(&mut self, image: &GreyImage, longest: usize) -> Result<(GreyImage, f64), String> {
        let GreyImage { ref luma, width, height } = *image;
        let longer = width.max(height);
        if longer <= longest {
            return Ok((image.clone(), 1.0));
        }
        let fault = |error: &dyn std::fmt::Display| format!("the picture for the face detector: {error}");
        let [to_width, to_height] = [width, height].map(|length| (length * longest / longer).max(1));
        let source =
            ImageRef::new(to_u32(width), to_u32(height), luma, PixelType::U8).map_err(|error| fault(&error))?;
        let mut target = Image::new(to_u32(to_width), to_u32(to_height), PixelType::U8);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        self.resizer.resize(&source, &mut target, &options).map_err(|error| fault(&error))?;
        let reduced = GreyImage { luma: target.into_vec(), width: to_width, height: to_height };
        Ok((reduced, longer as f64 / longest as f64))
    }
}

fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Returns the new faces if their best score exceeds the best of the old ones times `gain`, and the old faces otherwise.
fn better(old: Vec<Face>, new: Vec<Face>, gain: f64) -> Vec<Face> {
    if best_score(&new) > best_score(&old) * gain { new } else { old }
}

fn best_score(faces: &[Face]) -> f64 {
    faces.iter().map(|face| face.score).fold(0.0, f64::max)
}

/// Runs a cascade once.
fn run(cascade: &mut Cascade, image: &GreyImage) -> Result<Vec<Face>, String> {
    let GreyImage { luma, width, height } = image;
    let cascade = cascade.as_mut().ok_or("the face detector's model cannot be read")?;
    if *width.min(height) < WINDOW {
        return Ok(Vec::new());
    }
    let found = catch_panic(|| cascade.detect(&ImageData::new(luma, to_u32(*width), to_u32(*height))))?;
    let face = |found: &rustface::FaceInfo| {
        let bounds = found.bbox();
        let side = f64::from(bounds.width());
        let (x, y) = (f64::from(bounds.x()) + side / 2.0, f64::from(bounds.y()) + side / 2.0);
        Face { x, y, side, score: found.score() }
    };
    // The cascade also reports boxes whose centre lies outside of the image.
    let is_inside = |face: &Face| {
        (0.0..*width as f64).contains(&face.x) && (0.0..*height as f64).contains(&face.y) && face.side >= 1.0
    };
    Ok(found.iter().map(face).filter(is_inside).collect())
}

/// A grey image, the cascade's input.
#[derive(Clone)]
struct GreyImage {
    luma: Vec<u8>,
    width: usize,
    height: usize,
}

impl GreyImage {
    /// Opens the shadows and stretches the contrast: half-way histogram equalisation. The whole way would tear up smooth
    /// areas.
    fn equalised(&self) -> Self {
        let mut histogram = [0usize; 256];
        self.luma.iter().for_each(|value| histogram[usize::from(*value)] += 1);
        let mut cumulative = 0;
        let mut table = [0u8; 256];
        for (value, (count, mapped)) in histogram.iter().zip(&mut table).enumerate() {
            let equal = (cumulative + count / 2) as f64 / self.luma.len().max(1) as f64 * 255.0;
            cumulative += count;
            *mapped = ((equal + value as f64) / 2.0) as u8;
        }
        Self { luma: self.luma.iter().map(|value| table[usize::from(*value)]).collect(), ..*self }
    }

    /// Rotates clockwise about the centre; the border is extended outward.
    fn rotated(&self, degrees: f64) -> Self {
        let Self { ref luma, width, height } = *self;
        let pixel = |index: usize| {
            let (x, y) = self.rotate_point((index % width) as f64, (index / width) as f64, -degrees);
            let clamped = |at: f64, length: usize| (at.round().max(0.0) as usize).min(length - 1);
            luma[clamped(y, height) * width + clamped(x, width)]
        };
        Self { luma: (0..luma.len()).map(pixel).collect(), ..*self }
    }

    /// Rotates a point clockwise about the image's centre.
    fn rotate_point(&self, x: f64, y: f64, degrees: f64) -> (f64, f64) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (centre_x, centre_y) = (self.width as f64 / 2.0, self.height as f64 / 2.0);
        let (x, y) = (x - centre_x, y - centre_y);
        (centre_x + x * cos - y * sin, centre_y + x * sin + y * cos)
    }

    /// Maps a face found in the rotated image back into this one.
    fn rotate_back(&self, face: Face, degrees: f64) -> Face {
        let (x, y) = self.rotate_point(face.x, face.y, -degrees);
        Face { x, y, ..face }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let mut detector = FaceDetector::default();
        for (width, height) in [(1, 1), (39, 320), (40, 40), (320, 41), (320, 320)] {
            let grey = AnalysisImage::new(width, height, vec![[90; 3]; width * height]);
            assert_eq!(detector.detect(&grey), Ok(Vec::new()), "{width} × {height}");
        }
    }

    #[test]
    fn turning_there_and_back_is_nothing() {
        let mut grey = GreyImage { luma: vec![0; 320 * 240], width: 320, height: 240 };
        // Clockwise: what is above the middle goes to the right.
        let (x, y) = grey.rotate_point(160.0, 30.0, 22.0);
        assert!(x > 160.0);
        grey.luma[30 * 320 + 160] = 255;
        let rotated = grey.rotated(22.0);
        let bright = rotated.luma.iter().position(|value| *value == 255).unwrap();
        assert!((bright % 320).abs_diff(x as usize) <= 1 && (bright / 320).abs_diff(y as usize) <= 1);
        let back = grey.rotate_back(Face { x, y, side: 1.0, score: 1.0 }, 22.0);
        assert!((back.x - 160.0).abs() < 1e-9 && (back.y - 30.0).abs() < 1e-9);
    }
}
