//! Scenes of kind `mosaic`. See [`MosaicInstance`].

mod appearance;
mod kept;
mod moves;
mod pictures;
mod portraits;

use pictures::PictureMosaic;
use portraits::PortraitMosaic;

use super::super::{Crowd, Mosaic};
use super::{SceneTime, WallShape};
use millions_frame::Layer;
use millions_wall::tone::Look;

/// People who together are a picture.
#[derive(Clone, Debug)]
pub enum MosaicInstance {
    /// Portraits of portraits.
    Portraits(PortraitMosaic),
    /// Pictures and words, each as large as the wall.
    Pictures(PictureMosaic),
}

impl MosaicInstance {
    pub fn new(mosaic: &Mosaic, extra_rows: i32, look: &Look, crowd: &Crowd, shape: WallShape) -> Self {
        if mosaic.is_of_portraits() {
            Self::Portraits(PortraitMosaic::new(mosaic, extra_rows, look, crowd, shape))
        } else {
            Self::Pictures(PictureMosaic::new(mosaic, extra_rows, look, crowd, shape))
        }
    }

    pub fn period_secs(&self) -> Option<f64> {
        match self {
            Self::Portraits(mosaic) => mosaic.period_secs(),
            Self::Pictures(mosaic) => mosaic.period_secs(),
        }
    }

    pub fn layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        match self {
            Self::Portraits(mosaic) => mosaic.layers(at, look, crowd),
            Self::Pictures(mosaic) => mosaic.layers(at, look, crowd),
        }
    }

    pub fn add_people(&mut self, people: &[u32], crowd: &Crowd) {
        match self {
            Self::Portraits(mosaic) => mosaic.add_people(people, crowd),
            Self::Pictures(mosaic) => mosaic.add_people(people, crowd),
        }
    }

    pub fn remove_people(&mut self, people: &[u32], crowd: &Crowd) {
        match self {
            Self::Portraits(mosaic) => mosaic.remove_people(people, crowd),
            Self::Pictures(mosaic) => mosaic.remove_people(people, crowd),
        }
    }

    pub fn replace_person(&mut self, old: u32, new: u32) {
        match self {
            Self::Portraits(mosaic) => mosaic.replace_person(old, new),
            Self::Pictures(mosaic) => mosaic.replace_person(old, new),
        }
    }
}
