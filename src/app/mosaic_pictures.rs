//! Pictures and words that people form. See [`MosaicPictures`].

use std::path::Path;

use glam::{UVec2, Vec2};

use millions_base::printable_path;
use millions_lettering::{Fonts, Justify, coverage, fill};
use millions_library::{Limits, Thumbnail};
use millions_show::{GreyPicture, Pictures};
use millions_wall::tile::planes::luma_chroma_from_srgb;

/// The most pixels of a side of a picture: four for each tile of the most rows.
const SIDE: u32 = 2048;
/// The height of words, in pixels, and the part of it that they take.
const TEXT_HEIGHT: f32 = 720.0;
const TEXT_PART: f32 = 0.86;

/// Pictures from files of any format that photographs have, cut by the faces in them, and words in the fonts of the program and the system.
#[derive(Clone, Copy, Debug)]
pub struct MosaicPictures;

impl Pictures for MosaicPictures {
    fn file(&self, file: &Path, aspect: f64) -> Option<GreyPicture> {
        match Thumbnail::read(file, SIDE, Limits::default()) {
            Ok(picture) => Some(GreyPicture {
                size: picture.size.map(|length| length as usize),
                greys: picture.rgb.iter().map(|rgb| luma_chroma_from_srgb(*rgb).0).collect(),
                crop: picture.crop_by_faces(aspect),
            }),
            Err(why) => {
                tracing::error!("{}: {why}: nobody forms this picture", printable_path(file));
                None
            }
        }
    }

    fn text(&self, text: &str, aspect: f64) -> Option<GreyPicture> {
        let size = Vec2::new((TEXT_HEIGHT * aspect as f32).round().clamp(1.0, 8192.0), TEXT_HEIGHT);
        let mut fonts = Fonts::default();
        let placed = fill(&mut fonts, text, None, size * TEXT_PART, Justify::Centre);
        let offset = placed.offset + size * (1.0 - TEXT_PART) / 2.0;
        let pixels = UVec2::new(size.x as u32, size.y as u32);
        let greys = coverage(&mut fonts, &placed.layout, placed.scale, offset, pixels);
        Some(GreyPicture { size: [pixels.x as usize, pixels.y as usize], greys, crop: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_white_on_black_and_fill_the_picture() {
        let picture = MosaicPictures.text("We are one", 1.6).unwrap();
        assert_eq!(picture.size[0] * picture.size[1], picture.greys.len());
        let lit = picture.greys.iter().filter(|grey| **grey > 128).count() as f64 / picture.greys.len() as f64;
        assert!((0.08..0.6).contains(&lit), "{lit}");
        let rows: Vec<usize> = (0..picture.size[1])
            .filter(|y| picture.greys[y * picture.size[0]..][..picture.size[0]].iter().any(|grey| *grey > 128))
            .collect();
        assert!(rows[0] < picture.size[1] / 3 && rows[rows.len() - 1] > picture.size[1] * 2 / 3);
    }

    #[test]
    fn a_photograph_is_cut_by_its_face_and_a_drawing_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (file, drawing) = (dir.path().join("somebody.png"), dir.path().join("drawing.png"));
        // Somebody at the lower left of a large grey picture.
        let person = millions_demo::InventedPerson::invent(1, 3).draw(480, 480).rgb;
        let side = 900;
        let at = |x: u32, y: u32| {
            let (x, y) = (i64::from(x) - 40, i64::from(y) - 400);
            let is_inside = (0..480).contains(&x) && (0..480).contains(&y);
            image::Rgb(if is_inside { person[(y * 480 + x) as usize * 3..][..3].try_into().unwrap() } else { [128; 3] })
        };
        image::RgbImage::from_fn(side * 2, side, at).save(&file).unwrap();
        image::RgbImage::from_fn(300, 200, |x, _| image::Rgb([if x / 20 % 2 == 0 { 0 } else { 255 }; 3]))
            .save(&drawing)
            .unwrap();
        let [left, top, right, bottom] = MosaicPictures.file(&file, 16.0 / 9.0).unwrap().crop.unwrap();
        let (wide, tall) = ((right - left) * 1800.0, (bottom - top) * 900.0);
        assert!(
            (wide / tall - 16.0 / 9.0).abs() < 0.02 && right < 0.6 && bottom > 0.6,
            "{left} {top} {right} {bottom}"
        );
        assert_eq!(MosaicPictures.file(&drawing, 1.0).unwrap().crop, None);
    }

    #[test]
    fn a_picture_that_is_not_there_is_told_and_left_out() {
        assert_eq!(MosaicPictures.file(Path::new("/nowhere/logo.png"), 1.6), None);
    }
}
