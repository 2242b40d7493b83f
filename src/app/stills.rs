//! Pictures for still scenes, from the disk. See [`DiskPictures`].

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use millions_gpu::{Bitmap, StillFiles};
use millions_library::{Limits, Thumbnail};

/// A 4K wall needs no more, and nothing larger is drawn without mips.
const LONGEST: u32 = 4096;

/// The endings of pictures' names.
const EXTENSIONS: [&str; 13] =
    ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "jxl", "jpe"];

/// Files and folders of frames, as they are on the disk. What a folder holds is looked up once.
#[derive(Debug, Default)]
pub struct DiskPictures {
    folders: Mutex<HashMap<PathBuf, Arc<[PathBuf]>>>,
}

impl DiskPictures {
    /// Looks again into the folder that a file is in, for something there has changed.
    pub fn forget(&self, file: &Path) {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.retain(|folder, _| !file.starts_with(folder));
    }

    /// The frames of a folder in the order of their names, numbers in them by their size; or the one file.
    fn list(&self, file: &Path) -> io::Result<Arc<[PathBuf]>> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = folders.get(file) {
            return Ok(found.clone());
        }
        let at = |error: io::Error| io::Error::new(error.kind(), format!("{error}: {}", file.display()));
        let found: Arc<[PathBuf]> = if fs::metadata(file).map_err(at)?.is_dir() {
            let mut frames: Vec<_> = fs::read_dir(file)
                .map_err(at)?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.is_file() && is_picture(path))
                .collect();
            frames.sort_by_cached_key(|path| natural(path));
            frames.into()
        } else {
            [file.to_owned()].into()
        };
        if found.is_empty() {
            return Err(at(io::Error::new(io::ErrorKind::NotFound, "a folder without pictures")));
        }
        folders.insert(file.to_owned(), found.clone());
        Ok(found)
    }
}

impl StillFiles for DiskPictures {
    fn frames(&self, file: &Path) -> io::Result<u64> {
        Ok(self.list(file)?.len() as u64)
    }

    fn read(&self, file: &Path, frame: u64) -> io::Result<Bitmap> {
        let frames = self.list(file)?;
        let path = &frames[usize::try_from(frame).unwrap_or(0) % frames.len()];
        let picture = Thumbnail::read(path, LONGEST, Limits::default())
            .map_err(|why| io::Error::other(format!("{why}: {}", path.display())))?;
        let rgba = picture.rgb.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
        Ok(Bitmap { width: picture.size[0], height: picture.size[1], rgba })
    }
}

/// Whether a file is named as a picture: what systems and people leave beside them is not.
fn is_picture(path: &Path) -> bool {
    let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    !is_hidden && extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// What a name is sorted by: `frame-9` comes before `frame-10`.
fn natural(path: &Path) -> Vec<(u64, String)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut parts = vec![(0_u64, String::new())];
    let mut digits = false;
    for letter in name.chars() {
        if letter.is_ascii_digit() != digits {
            digits = !digits;
            parts.push((0, String::new()));
        }
        let Some((number, text)) = parts.last_mut() else { continue };
        match letter.to_digit(10) {
            Some(digit) => *number = number.saturating_mul(10).saturating_add(u64::from(digit)),
            None => text.push(letter),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_in_the_order_in_which_people_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["frame-10.png", "frame-9.png", "frame-1.png", ".hidden.png"] {
            image::RgbImage::new(2, 2).save_with_format(folder.path().join(name), image::ImageFormat::Png).unwrap();
        }
        let pictures = DiskPictures::default();
        let names: Vec<_> = pictures
            .list(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["frame-1.png", "frame-9.png", "frame-10.png"]);
        assert_eq!(pictures.read(folder.path(), 1).unwrap().width, 2);
        assert!(pictures.frames(Path::new("/nowhere/at-all.png")).unwrap_err().to_string().contains("at-all.png"));
    }
}
