//! Finding faces in a reduced photograph.
//!
//! The finder is SeetaFace's cascade (Wu et al., *Funnel-structured cascade for multi-view face detection*, 2017) by the
//! crate `rustface`. It looks quickly first, and thoroughly only where that found nothing, or nothing sure: with the
//! shadows opened, at twice the size, with the head tilted.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use rustface::{Detector, ImageData};

use super::guard::guarded;
use super::reduced::Reduced;

/// The longer side of the picture that faces are looked for in at most: the smallest are a sixteenth of it.
pub const LONGEST: usize = 640;
/// The longer side at which the finder looks quickly, and thoroughly. Its cost goes with the square of it.
const QUICK: usize = 256;
const THOROUGH: usize = 320;
/// The same where there may be a group.
const GROUP: usize = 400;
const NEARLY_TOO_SMALL: f64 = 1.4;

const MODEL: &[u8] = include_bytes!("../../../assets/faces/seeta_fd_frontal_v1.0.bin");
/// The cascade's window: smaller faces are not found.
const WINDOW: usize = 40;
/// Above this there is no doubt. Faces of good portraits score 15 to 60.
pub const SURE: f64 = 6.0;
/// Below this it is as likely a shadow or a pattern.
pub const WEAK: f64 = 4.0;
/// How much surer a face has to be that a closer look shows, to count instead of what was found before.
const WEAK_GAIN: f64 = 1.0;
/// The same when tilted: turned, everything looks a little more like something.
const TILTED_GAIN: f64 = 1.5;
/// The same for a group: not surer, but more of them.
const GROUP_GAIN: f64 = 0.6;
/// How far a head is tilted when it is looked for tilted. The cascade itself allows as much to either side.
const TILT_DEGREES: f64 = 22.0;

/// A face, in the picture's pixels. The square spans from the middle of the forehead to the chin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// The square's middle.
    pub x: f64,
    pub y: f64,
    /// The square's side.
    pub side: f64,
    /// How sure the finder is: see [`SURE`] and [`WEAK`].
    pub score: f64,
}

impl Face {
    /// The same face in a picture so many times as large.
    #[must_use]
    pub fn scaled(self, scale: f64) -> Self {
        Self { x: self.x * scale, y: self.y * scale, side: self.side * scale, ..self }
    }
}

/// Looks for faces; keeps its buffers from one photograph to the next.
pub struct FaceFinder {
    /// None when the finder failed, or when its model could not be read: then nobody is found.
    quick: Option<Box<dyn Detector>>,
    thorough: Option<Box<dyn Detector>>,
    resizer: Resizer,
}

/// How thoroughly the finder looks: the steps of its window, and what it calls a face.
fn detector(step: u32, threshold: f64) -> Option<Box<dyn Detector>> {
    let model = guarded(|| rustface::read_model(MODEL)).ok()?.ok()?;
    let mut detector = rustface::create_detector_with_model(model);
    detector.set_min_face_size(20);
    detector.set_slide_window_step(step, step);
    detector.set_score_thresh(threshold);
    detector.set_pyramid_scale_factor(0.8);
    Some(detector)
}

impl Default for FaceFinder {
    fn default() -> Self {
        Self { quick: detector(4, 2.0), thorough: detector(2, 1.0), resizer: Resizer::new() }
    }
}

impl FaceFinder {
    /// The faces in a picture whose longer side has [`LONGEST`] pixels at most, the surest first.
    ///
    /// # Errors
    /// In words, when the finder failed on this picture.
    pub fn find(&mut self, picture: &Reduced) -> Result<Vec<Face>, String> {
        // A finder that panicked may be half-way through anything.
        let mut faces = self.look(picture).inspect_err(|_| *self = Self::default())?;
        faces.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(faces)
    }

    fn look(&mut self, picture: &Reduced) -> Result<Vec<Face>, String> {
        let whole = Grey { luma: picture.luma.clone(), width: picture.width, height: picture.height };
        let (quick, quick_scale) = self.reduced(&whole, QUICK)?;
        let at = |scale: f64| move |face: Face| face.scaled(scale);
        let mut faces: Vec<Face> = look(&mut self.quick, &quick)?.into_iter().map(at(quick_scale)).collect();
        if best(&faces) >= SURE {
            // Beside a face that is nearly too small to be found stand others that are.
            let largest = faces.iter().map(|face| face.side).fold(0.0, f64::max);
            if largest < NEARLY_TOO_SMALL * WINDOW as f64 * quick_scale {
                let (fine, scale) = self.reduced(&whole, GROUP)?;
                let found = look(&mut self.quick, &fine)?.into_iter().map(at(scale)).collect();
                faces = better(faces, found, GROUP_GAIN);
            }
            return Ok(faces);
        }
        let (fine, scale) = self.reduced(&whole, THOROUGH)?;
        let found = look(&mut self.thorough, &fine.lifted())?;
        faces = better(faces, found.into_iter().map(at(scale)).collect(), WEAK_GAIN);
        if best(&faces) < WEAK && scale > 1.0 {
            faces = better(faces, look(&mut self.quick, &whole)?, WEAK_GAIN);
        }
        for degrees in [-TILT_DEGREES, TILT_DEGREES] {
            if best(&faces) < WEAK {
                let found = look(&mut self.quick, &quick.lifted().turned(degrees))?;
                let back = |face: Face| quick.turned_back(face, degrees).scaled(quick_scale);
                faces = better(faces, found.into_iter().map(back).collect(), TILTED_GAIN);
            }
        }
        Ok(faces)
    }

    /// The picture with at most so many pixels on its longer side, and how many times as large it was.
    fn reduced(&mut self, picture: &Grey, longest: usize) -> Result<(Grey, f64), String> {
        let Grey { ref luma, width, height } = *picture;
        let longer = width.max(height);
        if longer <= longest {
            return Ok((picture.clone(), 1.0));
        }
        let fault = |error: &dyn std::fmt::Display| format!("the picture for the face finder: {error}");
        let [to_width, to_height] = [width, height].map(|length| (length * longest / longer).max(1));
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let source = ImageRef::new(size(width), size(height), luma, PixelType::U8).map_err(|error| fault(&error))?;
        let mut target = Image::new(size(to_width), size(to_height), PixelType::U8);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        self.resizer.resize(&source, &mut target, &options).map_err(|error| fault(&error))?;
        let reduced = Grey { luma: target.into_vec(), width: to_width, height: to_height };
        Ok((reduced, longer as f64 / longest as f64))
    }
}

/// The new faces, if the best of them is so many times as sure as the best of the old.
fn better(old: Vec<Face>, new: Vec<Face>, gain: f64) -> Vec<Face> {
    if best(&new) > best(&old) * gain { new } else { old }
}

fn best(faces: &[Face]) -> f64 {
    faces.iter().map(|face| face.score).fold(0.0, f64::max)
}

fn look(finder: &mut Option<Box<dyn Detector>>, picture: &Grey) -> Result<Vec<Face>, String> {
    let Grey { luma, width, height } = picture;
    let detector = finder.as_mut().ok_or("the face finder's model cannot be read")?;
    if *width.min(height) < WINDOW {
        return Ok(Vec::new());
    }
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let found = guarded(|| detector.detect(&ImageData::new(luma, size(*width), size(*height))))?;
    let face = |found: &rustface::FaceInfo| {
        let place = found.bbox();
        let side = f64::from(place.width());
        let (x, y) = (f64::from(place.x()) + side / 2.0, f64::from(place.y()) + side / 2.0);
        Face { x, y, side, score: found.score() }
    };
    // A box that has its middle outside of the picture is none.
    let inside = |face: &Face| {
        (0.0..*width as f64).contains(&face.x) && (0.0..*height as f64).contains(&face.y) && face.side >= 1.0
    };
    Ok(found.iter().map(face).filter(inside).collect())
}

/// A picture as the finder takes it.
#[derive(Clone)]
struct Grey {
    luma: Vec<u8>,
    width: usize,
    height: usize,
}

impl Grey {
    /// Shadows opened and contrast stretched: half way to an even histogram, which would tear up what is smooth.
    fn lifted(&self) -> Self {
        let mut counts = [0usize; 256];
        self.luma.iter().for_each(|value| counts[usize::from(*value)] += 1);
        let mut below = 0;
        let mut table = [0u8; 256];
        for (value, (count, lifted)) in counts.iter().zip(&mut table).enumerate() {
            let even = (below + count / 2) as f64 / self.luma.len().max(1) as f64 * 255.0;
            below += count;
            *lifted = ((even + value as f64) / 2.0) as u8;
        }
        Self { luma: self.luma.iter().map(|value| table[usize::from(*value)]).collect(), ..*self }
    }

    /// Turned about its middle, clockwise; its edges continue outward.
    fn turned(&self, degrees: f64) -> Self {
        let Self { ref luma, width, height } = *self;
        let pixel = |place: usize| {
            let (x, y) = self.turn((place % width) as f64, (place / width) as f64, -degrees);
            let inside = |at: f64, length: usize| (at.round().max(0.0) as usize).min(length - 1);
            luma[inside(y, height) * width + inside(x, width)]
        };
        Self { luma: (0..luma.len()).map(pixel).collect(), ..*self }
    }

    /// A point turned about the picture's middle, clockwise.
    fn turn(&self, x: f64, y: f64, degrees: f64) -> (f64, f64) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (middle_x, middle_y) = (self.width as f64 / 2.0, self.height as f64 / 2.0);
        let (x, y) = (x - middle_x, y - middle_y);
        (middle_x + x * cos - y * sin, middle_y + x * sin + y * cos)
    }

    /// A face found in the picture turned, in the picture as it is.
    fn turned_back(&self, face: Face, degrees: f64) -> Face {
        let (x, y) = self.turn(face.x, face.y, -degrees);
        Face { x, y, ..face }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let mut finder = FaceFinder::default();
        for (width, height) in [(1, 1), (39, 320), (40, 40), (320, 41), (320, 320)] {
            let grey = Reduced::new(width, height, vec![[90; 3]; width * height]);
            assert_eq!(finder.find(&grey), Ok(Vec::new()), "{width} × {height}");
        }
    }

    #[test]
    fn turning_there_and_back_is_nothing() {
        let mut grey = Grey { luma: vec![0; 320 * 240], width: 320, height: 240 };
        // Clockwise: what is above the middle goes to the right.
        let (x, y) = grey.turn(160.0, 30.0, 22.0);
        assert!(x > 160.0);
        grey.luma[30 * 320 + 160] = 255;
        let turned = grey.turned(22.0);
        let bright = turned.luma.iter().position(|value| *value == 255).unwrap();
        assert!((bright % 320).abs_diff(x as usize) <= 1 && (bright / 320).abs_diff(y as usize) <= 1);
        let back = grey.turned_back(Face { x, y, side: 1.0, score: 1.0 }, 22.0);
        assert!((back.x - 160.0).abs() < 1e-9 && (back.y - 30.0).abs() < 1e-9);
    }
}
