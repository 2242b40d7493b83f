//! The files of one folder: texts, image masks of the stage, pictures of still scenes. See [`FolderFiles`].

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use millions_base::watch::FileStamp;
use millions_base::{Disk, Files, printable_path};
use millions_gpu::{Bitmap, StillImages};
use millions_library::{Limits, Thumbnail};
use millions_stage::{GreyImage, MaskImages};

/// The most pixels of a side of a mask.
const MASK_SIDE: u32 = 8192;

/// The most pixels of a side of a picture, enough for a 4K wall.
const PICTURE_SIDE: u32 = 4096;

/// The file extensions of pictures.
const EXTENSIONS: [&str; 13] =
    ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "jxl", "jpe"];

/// The time after which a folder that cannot be listed is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// The disk, from one folder on, for the stage and for still scenes. Masks are decoded once for each version, folders of
/// frames are listed once.
#[derive(Debug, Default)]
pub struct FolderFiles {
    folder: PathBuf,
    masks: Mutex<HashMap<PathBuf, CachedMask>>,
    frames: Arc<Mutex<HashMap<PathBuf, Listing>>>,
    in_background: bool,
}

/// The frames of a folder.
#[derive(Clone, Debug)]
enum Listing {
    /// A thread reads the folder for the first time.
    UnderWay,
    Done(Arc<[PathBuf]>),
    Failed {
        kind: io::ErrorKind,
        message: String,
        at: Instant,
    },
}

#[derive(Debug)]
struct CachedMask {
    stamp: Option<FileStamp>,
    /// That of the last version that could be read, if there was one; what is unreadable was logged.
    image: Option<GreyImage>,
}

impl FolderFiles {
    /// The folder of a file, to which the paths in it are relative. The default is the working directory.
    #[must_use]
    pub fn beside(file: &Path) -> Self {
        Self { folder: file.parent().unwrap_or(Path::new("")).to_owned(), ..Self::default() }
    }

    /// Has folders of frames listed on a thread: until that is done [`StillImages::frames`] would block, and says so.
    #[must_use]
    pub fn in_background() -> Self {
        Self { in_background: true, ..Self::default() }
    }

    /// Lists the frame folders of a file that has changed again.
    pub fn forget(&self, file: &Path) {
        let mut listings = lock(&self.frames);
        let changed: Vec<_> = listings.keys().filter(|folder| file.starts_with(folder)).cloned().collect();
        for folder in changed {
            if self.in_background {
                // Until then its frames are those of before.
                self.list_on_thread(folder);
            } else {
                listings.remove(&folder);
            }
        }
    }

    /// The frames of a folder, listed where they are not known.
    fn list(&self, folder: &Path) -> io::Result<Arc<[PathBuf]>> {
        if let Some(Listing::Done(found)) = lock(&self.frames).get(folder) {
            return Ok(found.clone());
        }
        // Without the lock, on which the thread that draws would wait for the disk.
        let found = list(folder)?;
        lock(&self.frames).insert(folder.to_owned(), Listing::Done(found.clone()));
        Ok(found)
    }

    fn list_on_thread(&self, folder: PathBuf) {
        let listings = self.frames.clone();
        std::thread::spawn(move || {
            let listing = match list(&folder) {
                Ok(found) => Listing::Done(found),
                Err(error) => Listing::Failed { kind: error.kind(), message: error.to_string(), at: Instant::now() },
            };
            lock(&listings).insert(folder, listing);
        });
    }
}

fn lock(listings: &Mutex<HashMap<PathBuf, Listing>>) -> MutexGuard<'_, HashMap<PathBuf, Listing>> {
    listings.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lists the frames of a folder in natural order of their names, or the single file.
fn list(file: &Path) -> io::Result<Arc<[PathBuf]>> {
    let at = |error: io::Error| named(error, file);
    if !fs::metadata(file).map_err(at)?.is_dir() {
        return Ok([file.to_owned()].into());
    }
    let mut frames: Vec<_> = fs::read_dir(file)
        .map_err(at)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file() && is_picture(path))
        .collect();
    frames.sort_by_cached_key(|path| natural(path));
    if frames.is_empty() {
        return Err(at(io::Error::new(io::ErrorKind::NotFound, "a folder without pictures")));
    }
    Ok(frames.into())
}

impl Files for FolderFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        fs::read_to_string(self.folder.join(path))
    }

    fn bytes(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        Disk.bytes(&self.folder.join(path), most)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.folder.join(path).exists()
    }
}

impl MaskImages for FolderFiles {
    fn grey(&self, path: &Path) -> Option<GreyImage> {
        let path = self.folder.join(path);
        let stamp = FileStamp::of(&path);
        let mut masks = self.masks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = masks.get(&path)
            && cached.stamp == stamp
        {
            return cached.image.clone();
        }
        let image = match read_grey(&path) {
            Ok(image) => Some(image),
            Err(error) => {
                // Half saved, or broken: what it hid stays hidden, and what it left lit stays lit.
                let before = masks.get(&path).and_then(|cached| cached.image.clone());
                let what = if before.is_some() { ", and stays as it was" } else { "" };
                tracing::error!("a mask cannot be read{what}: {error:#}");
                before
            }
        };
        masks.insert(path, CachedMask { stamp, image: image.clone() });
        image
    }
}

impl StillImages for FolderFiles {
    fn frames(&self, file: &Path) -> io::Result<u64> {
        let folder = self.folder.join(file);
        if !self.in_background {
            return Ok(self.list(&folder)?.len() as u64);
        }
        let mut listings = lock(&self.frames);
        match listings.get(&folder) {
            Some(Listing::Done(found)) => return Ok(found.len() as u64),
            Some(Listing::Failed { kind, message, at }) if at.elapsed() < RETRY => {
                return Err(io::Error::new(*kind, message.clone()));
            }
            Some(Listing::UnderWay) => {}
            Some(Listing::Failed { .. }) | None => {
                listings.insert(folder.clone(), Listing::UnderWay);
                self.list_on_thread(folder);
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn frame(&self, file: &Path, frame: u64) -> io::Result<Bitmap> {
        let frames = self.list(&self.folder.join(file))?;
        let path = &frames[usize::try_from(frame).unwrap_or(0) % frames.len()];
        let picture = Thumbnail::read(path, PICTURE_SIDE, Limits::default())
            .map_err(|why| io::Error::other(format!("{why}: {}", printable_path(path))))?;
        let rgba = picture.rgb.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
        Ok(Bitmap { width: picture.size[0], height: picture.size[1], rgba })
    }
}

/// Whether a file has the name of a picture, and is not hidden.
fn is_picture(path: &Path) -> bool {
    let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    !is_hidden && extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// The key of the natural order of names: `frame-9` before `frame-10`.
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

fn read_grey(path: &Path) -> anyhow::Result<GreyImage> {
    use anyhow::Context as _;
    let named = || printable_path(path);
    let mut reader = image::ImageReader::open(path).with_context(named)?.with_guessed_format().with_context(named)?;
    if let Some(format) = reader.format().filter(|format| !format.reading_enabled()) {
        anyhow::bail!("it is a {format:?}, whatever its name says, save it as PNG: {}", named());
    }
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MASK_SIDE), Some(MASK_SIDE));
    reader.limits(limits);
    let picture = reader.decode().with_context(named)?;
    let (width, height) = (picture.width(), picture.height());
    // A picture with transparent parts is what is opaque of it, of whatever colour; any other is as bright as it is.
    let alpha =
        picture.color().has_alpha().then(|| picture.to_luma_alpha8().pixels().map(|pixel| pixel.0[1]).collect());
    let alpha = alpha.filter(|alpha: &Vec<u8>| alpha.iter().any(|alpha| *alpha < u8::MAX));
    let values = alpha.unwrap_or_else(|| picture.to_luma8().into_raw());
    Ok(GreyImage { width, height, values: values.into() })
}

/// Adds the path to an error.
fn named(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{error}: {}", printable_path(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn a_mask_is_read_beside_the_stage_and_again_when_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let masks = FolderFiles::beside(&folder.path().join("stage.toml"));
        let file = folder.path().join("windows.png");
        assert!(masks.grey(Path::new("windows.png")).is_none());
        image::GrayImage::from_pixel(3, 2, image::Luma([200])).save(&file).unwrap();
        let picture = masks.grey(Path::new("windows.png")).unwrap();
        assert_eq!((picture.width, picture.height, &picture.values[..]), (3, 2, &[200; 6][..]));
        std::fs::write(&file, b"no picture").unwrap();
        std::fs::File::open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(masks.grey(Path::new("windows.png")).unwrap(), picture, "what cannot be read leaves it as it was");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(masks.grey(Path::new("windows.png")).unwrap(), picture);
        assert!(!masks.is_there(Path::new("windows.svg")) && masks.read(Path::new("windows.svg")).is_err());
        std::fs::write(folder.path().join("windows.svg"), "<svg/>").unwrap();
        assert!(masks.is_there(Path::new("windows.svg")));
        assert_eq!(masks.read(Path::new("windows.svg")).unwrap(), "<svg/>");
    }

    #[test]
    fn of_a_mask_with_transparent_parts_what_is_opaque_counts() {
        let folder = tempfile::tempdir().unwrap();
        let masks = FolderFiles::beside(&folder.path().join("stage.toml"));
        let values = |name: &str, picture: image::DynamicImage| {
            picture.save(folder.path().join(name)).unwrap();
            masks.grey(Path::new(name)).unwrap().values.to_vec()
        };
        // Windows drawn in black, and in white, on nothing; and a grey picture whose alpha says nothing.
        for (name, colour) in [("black.png", 0), ("white.png", 255)] {
            let drawn = image::RgbaImage::from_fn(3, 1, |x, _| {
                image::Rgba([colour, colour, colour, [0, 128, 255][x as usize]])
            });
            assert_eq!(values(name, drawn.into()), [0, 128, 255], "{name}");
        }
        let opaque = image::RgbaImage::from_fn(3, 1, |x, _| {
            let value = [0, 128, 255][x as usize];
            image::Rgba([value, value, value, 255])
        });
        assert_eq!(values("opaque.png", opaque.into()), [0, 128, 255]);
        let sixteen =
            image::ImageBuffer::from_fn(2, 1, |x, _| image::LumaA([65_535_u16, if x == 0 { 0 } else { 65_535 }]));
        assert_eq!(values("sixteen.png", image::DynamicImage::ImageLumaA16(sixteen)), [0, 255]);
    }

    #[test]
    fn frames_are_in_natural_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["frame-10.png", "frame-9.png", "frame-1.png", ".hidden.png"] {
            image::RgbImage::new(2, 2).save_with_format(folder.path().join(name), image::ImageFormat::Png).unwrap();
        }
        let pictures = FolderFiles::default();
        let names: Vec<_> = pictures
            .list(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["frame-1.png", "frame-9.png", "frame-10.png"]);
        assert_eq!(pictures.frame(folder.path(), 1).unwrap().width, 2);
        assert!(pictures.frames(Path::new("/nowhere/at-all.png")).unwrap_err().to_string().contains("at-all.png"));
    }

    #[test]
    fn a_folder_is_listed_on_a_thread_and_again_when_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            image::RgbImage::new(2, 2).save_with_format(folder.path().join(name), image::ImageFormat::Png).unwrap();
        };
        write("1.png");
        let pictures = FolderFiles::in_background();
        let until = |path: &Path, wanted: &dyn Fn(&io::Result<u64>) -> bool| {
            let began = Instant::now();
            while !wanted(&pictures.frames(path)) {
                assert!(began.elapsed() < Duration::from_secs(120), "in vain");
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        assert_eq!(pictures.frames(folder.path()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        until(folder.path(), &|frames| matches!(frames, Ok(1)));
        write("2.png");
        pictures.forget(&folder.path().join("2.png"));
        until(folder.path(), &|frames| {
            assert!(frames.is_ok(), "those of before stay until then");
            matches!(frames, Ok(2))
        });
        until(Path::new("/nowhere/at-all.png"), &|frames| {
            frames.as_ref().is_err_and(|error| error.to_string().contains("at-all.png"))
        });
    }
}
