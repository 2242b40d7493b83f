//! The sizes of faces and signs on the building, and their viewing distances. See [`Legibility`].

use super::Stage;

/// The height of a face, from the chin to the hairline, of that of its tile, as the crop leaves it.
const FACE_OF_TILE: f64 = 0.45;

/// The height of a letter, of that of its tile. Where a face of 22 cm is 45 % of the tile, that is 3.5 cm: the writing of a
/// thick pen on a sheet that is held before the chest.
const LETTER_OF_TILE: f64 = 0.07;

/// The least angle of a face for its recognition, in degrees. By Loftus and Harley, "Why is it easier to identify someone
/// close than far away?" (Psychonomic Bulletin & Review 12, 2005), three quarters of well-known faces are recognised at 10 m
/// and a quarter at 23 m, where a face has half a degree.
const FACE_DEGREES: f64 = 0.5;

/// The reading distance of a letter, in its heights, by the signmakers' rule: 17 minutes of arc, three times the acuity of
/// normal sight.
const LETTER_HEIGHTS: f64 = 200.0;

/// Sizes on the building and viewing distances, in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Legibility {
    /// Width and height of a tile.
    pub tile_m: [f64; 2],
    /// The height of a face.
    pub face_m: f64,
    /// The distance from which some well-known faces are recognised; most are from half of it.
    pub face_from_m: f64,
    /// The height of a letter on a hand-held sign.
    pub letter_m: f64,
    /// The distance from which such a sign is read.
    pub sign_from_m: f64,
}

impl Legibility {
    /// Computes the legibility of tiles of a width and height in metres. Ambient light and the sharpness of the projector are
    /// not considered, and shorten the distances.
    #[must_use]
    pub fn of_tile(tile_m: [f64; 2]) -> Self {
        let face_m = tile_m[1] * FACE_OF_TILE;
        let letter_m = tile_m[1] * LETTER_OF_TILE;
        Self {
            tile_m,
            face_m,
            face_from_m: face_m / 2.0 / (FACE_DEGREES.to_radians() / 2.0).tan(),
            letter_m,
            sign_from_m: letter_m * LETTER_HEIGHTS,
        }
    }
}

impl Stage {
    /// The legibility of tiles of a height in wall units and an aspect (width over height); none where the width of no surface
    /// is known.
    #[must_use]
    pub fn legibility(&self, tile_height: f64, tile_aspect: f64) -> Option<Legibility> {
        let height_m = tile_height * self.wall_height_m()?;
        let size = [height_m * tile_aspect, height_m];
        size.iter().all(|metres| *metres > 0.0 && metres.is_finite()).then(|| Legibility::of_tile(size))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Output, Surface};
    use super::*;
    use glam::{DVec2, UVec2};

    #[test]
    fn a_face_as_large_as_life_is_recognised_across_a_street() {
        let sizes = Legibility::of_tile([0.4, 0.22 / FACE_OF_TILE]);
        assert!((sizes.face_m - 0.22).abs() < 1e-12);
        assert!((sizes.face_from_m - 25.2).abs() < 0.1, "{sizes:?}");
        assert!((sizes.letter_m - 0.034).abs() < 1e-3 && (sizes.sign_from_m - 6.8).abs() < 0.1, "{sizes:?}");
    }

    #[test]
    fn sizes_follow_the_surface_whose_width_is_known() {
        let output = Output::new("a", UVec2::new(1920, 1080));
        let half = [DVec2::ZERO, DVec2::new(0.5, 1.0)];
        let surface = Surface { width_m: Some(12.0), ..Surface::filling(&output, "left", half) };
        let mut stage = Stage::new(2.0, vec![output], vec![surface]);
        let sizes = stage.legibility(0.1, 0.8).unwrap();
        assert!((sizes.tile_m[1] - 1.2).abs() < 1e-9 && (sizes.tile_m[0] - 0.96).abs() < 1e-9);
        assert_eq!(stage.legibility(f64::NAN, 0.8), None);
        stage.surfaces[0].width_m = None;
        assert_eq!(stage.legibility(0.1, 0.8), None);
    }
}
