//! Painted masks, from the disk. See [`DiskMasks`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use millions_stage::{GreyImage, MaskFiles};

/// A mask has no more pixels a side.
const LONGEST: u32 = 8192;

/// Grey pictures beside the stage's file, read again when they have changed.
#[derive(Debug)]
pub struct DiskMasks {
    folder: PathBuf,
    read: Mutex<HashMap<PathBuf, Seen>>,
}

/// When a file was changed, and what was in it.
type Seen = (Option<SystemTime>, Option<GreyImage>);

impl DiskMasks {
    /// Those that a stage's file names from its own folder on.
    #[must_use]
    pub fn beside(stage: &Path) -> Self {
        Self { folder: stage.parent().unwrap_or(Path::new("")).to_owned(), read: Mutex::default() }
    }
}

impl MaskFiles for DiskMasks {
    fn grey(&self, path: &Path) -> Option<GreyImage> {
        let path = self.folder.join(path);
        let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, picture)) = read.get(&path)
            && *then == modified
        {
            return picture.clone();
        }
        let picture = load(&path).inspect_err(|error| tracing::error!("a mask cannot be read: {error:#}")).ok();
        read.insert(path, (modified, picture.clone()));
        picture
    }

    fn is_there(&self, path: &Path) -> bool {
        self.folder.join(path).exists()
    }

    fn drawing(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(self.folder.join(path))
    }
}

fn load(path: &Path) -> anyhow::Result<GreyImage> {
    use anyhow::Context as _;
    let named = || path.display().to_string();
    let mut reader = image::ImageReader::open(path).with_context(named)?.with_guessed_format().with_context(named)?;
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LONGEST), Some(LONGEST));
    reader.limits(limits);
    let grey = reader.decode().with_context(named)?.to_luma8();
    Ok(GreyImage { width: grey.width(), height: grey.height(), values: grey.into_raw().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_read_beside_the_stage_and_again_when_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let masks = DiskMasks::beside(&folder.path().join("stage.toml"));
        let file = folder.path().join("windows.png");
        assert!(masks.grey(Path::new("windows.png")).is_none());
        image::GrayImage::from_pixel(3, 2, image::Luma([200])).save(&file).unwrap();
        let picture = masks.grey(Path::new("windows.png")).unwrap();
        assert_eq!((picture.width, picture.height, &picture.values[..]), (3, 2, &[200; 6][..]));
        std::fs::write(&file, b"no picture").unwrap();
        std::fs::File::open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(masks.grey(Path::new("windows.png")).is_none());
        assert!(!masks.is_there(Path::new("windows.svg")) && masks.drawing(Path::new("windows.svg")).is_err());
        std::fs::write(folder.path().join("windows.svg"), "<svg/>").unwrap();
        assert!(masks.is_there(Path::new("windows.svg")));
        assert_eq!(masks.drawing(Path::new("windows.svg")).unwrap(), "<svg/>");
    }
}
