//! Pictures of stills on their way to the GPU. See [`Stills`].

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::{Gpu, parts};
use millions_frame::{Fit, StillLayer};

/// Where pictures come from.
pub trait StillFiles: Send + Sync {
    /// How many frames a file (1) or a folder of frames has.
    ///
    /// # Errors
    /// When there is none.
    fn frames(&self, file: &Path) -> io::Result<u64>;

    /// Reads one frame, upright and in sRGB.
    ///
    /// # Errors
    /// When it cannot be read, with its path.
    fn read(&self, file: &Path, frame: u64) -> io::Result<Bitmap>;
}

/// A picture: width × height × R, G, B, A, encoded sRGB, upper row first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes.
    pub rgba: Vec<u8>,
}

/// A picture and all of its smaller levels, so that it does not shimmer where it is seen smaller than it is.
struct Levels {
    width: u32,
    height: u32,
    /// The largest first, each half as wide and high, down to one texel.
    rgba: Vec<Vec<u8>>,
}

impl Levels {
    fn of(bitmap: Bitmap) -> io::Result<Self> {
        let Bitmap { width, height, rgba } = bitmap;
        if width == 0 || height == 0 || rgba.len() != width as usize * height as usize * 4 {
            return Err(io::Error::other(format!("a picture of {width}x{height} has {} bytes", rgba.len())));
        }
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box)).use_alpha(false);
        let mut resizer = Resizer::new();
        let mut levels = vec![rgba];
        for level in 1..=width.max(height).ilog2() {
            let size = |side: u32, level: u32| (side >> level).max(1);
            let (above, last) = (level - 1, &levels[levels.len() - 1]);
            let source = ImageRef::new(size(width, above), size(height, above), last, PixelType::U8x4)
                .map_err(io::Error::other)?;
            let mut smaller = Image::new(size(width, level), size(height, level), PixelType::U8x4);
            resizer.resize(&source, &mut smaller, &options).map_err(io::Error::other)?;
            let smaller = smaller.into_vec();
            levels.push(smaller);
        }
        Ok(Self { width, height, rgba: levels })
    }
}

/// Nobody's pictures: every still stays black.
pub struct NoStills;

impl StillFiles for NoStills {
    fn frames(&self, file: &Path) -> io::Result<u64> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("no pictures are read here: {}", file.display())))
    }
    fn read(&self, file: &Path, _: u64) -> io::Result<Bitmap> {
        self.frames(file).map(|_| Bitmap { width: 0, height: 0, rgba: Vec::new() })
    }
}

/// Frames of films that are read ahead.
const AHEAD: u64 = 4;
/// How long what could not be read is left alone.
const RETRY: Duration = Duration::from_secs(2);
/// Frames that are kept.
const KEPT: usize = 12;

type Key = (Arc<Path>, u64);

/// A picture on the GPU.
struct WordsDraw {
    key: Key,
    view: wgpu::TextureView,
    size: (u32, u32),
    last_used: u64,
}

/// The pictures on the GPU, and a worker that brings more.
pub struct Stills {
    pictures: Arc<dyn StillFiles>,
    shown: Vec<WordsDraw>,
    asked: HashSet<Key>,
    /// What could not be read, and when; it is tried again.
    failed: HashMap<Key, Instant>,
    asks: Sender<Key>,
    answers: Receiver<(Key, io::Result<Levels>)>,
    frame: u64,
}

/// A picture to draw, and how.
pub struct Placed<'a> {
    pub view: &'a wgpu::TextureView,
    /// The part of the wall that it takes: left, upper, right, lower edge, 0 to 1.
    pub place: [f32; 4],
    /// The part of it that is seen.
    pub part: [f32; 4],
}

impl Stills {
    pub fn new(pictures: Arc<dyn StillFiles>) -> Self {
        let (asks, to_do) = bounded::<Key>(16);
        let (done, answers) = bounded(4);
        let reader = pictures.clone();
        std::thread::spawn(move || {
            for key in to_do {
                let read = reader.read(&key.0, key.1).and_then(Levels::of);
                if done.send((key, read)).is_err() {
                    return;
                }
            }
        });
        let (shown, asked, failed) = Default::default();
        Self { pictures, shown, asked, failed, asks, answers, frame: 0 }
    }

    /// Reads a file anew the next time, for it has changed; until then the picture that was read stays.
    pub fn forget(&mut self, file: &Path) {
        for shown in
            self.shown.iter_mut().filter(|shown| shown.key.0.starts_with(file) || file.starts_with(&shown.key.0))
        {
            shown.key.1 = u64::MAX;
        }
        self.failed.retain(|(failed, _), _| !file.starts_with(failed) && !failed.starts_with(file));
    }

    /// Has the picture of a layer ready, as far as it is there; with `wait`, there it is when this returns.
    pub fn bring(&mut self, gpu: &Gpu, layer: &StillLayer, wait: bool) {
        self.frame += 1;
        while let Ok((key, read)) = self.answers.try_recv() {
            self.asked.remove(&key);
            self.settle(gpu, key, read);
        }
        let Some((now, frames)) = self.key(layer) else { return };
        for ahead in 0..AHEAD.min(frames) {
            let key = (now.0.clone(), (now.1 + ahead) % frames);
            // What is wanted soon is not thrown away for something else.
            match self.shown.iter_mut().find(|shown| shown.key == key) {
                Some(shown) => shown.last_used = self.frame,
                None if self.failed.get(&key).is_some_and(|since| since.elapsed() < RETRY) => {}
                None if wait && ahead == 0 => {
                    let read = self.pictures.read(&key.0, key.1).and_then(Levels::of);
                    self.settle(gpu, key, read);
                }
                None if wait => {}
                None => self.ask(key),
            }
        }
    }

    /// The picture of a layer on a wall of that aspect: the frame of its time, or the last that there is of its file.
    pub fn place(&mut self, layer: &StillLayer, wall_aspect: f64) -> Option<Placed<'_>> {
        let (now, _) = self.key(layer)?;
        let frame = self.frame;
        // This frame, or the one that was due last; at worst what was read before the file changed.
        let since = |shown: &WordsDraw| match shown.key.1 {
            u64::MAX => u64::MAX,
            number if number <= now.1 => now.1 - number,
            later => u64::MAX / 2 + later,
        };
        let found = self.shown.iter_mut().filter(|shown| shown.key.0 == now.0).min_by_key(|shown| since(shown))?;
        found.last_used = frame;
        let (width, height) = found.size;
        // How many times as wide as the wall the picture is.
        let wider = f64::from(width) / f64::from(height.max(1)) / wall_aspect;
        let whole = [0.0, 0.0, 1.0, 1.0];
        let middle = |across: f64, down: f64| {
            [0.5 - across / 2.0, 0.5 - down / 2.0, 0.5 + across / 2.0, 0.5 + down / 2.0].map(|edge| edge as f32)
        };
        let (place, part) = match layer.fit {
            Fit::Cover => (whole, if wider > 1.0 { middle(1.0 / wider, 1.0) } else { middle(1.0, wider) }),
            Fit::Contain => (if wider > 1.0 { middle(1.0, 1.0 / wider) } else { middle(wider, 1.0) }, whole),
        };
        Some(Placed { view: &found.view, place, part })
    }

    fn key(&mut self, layer: &StillLayer) -> Option<(Key, u64)> {
        match self.pictures.frames(&layer.file) {
            Ok(frames) => {
                let (secs, fps) = (layer.elapsed_secs, layer.fps);
                let frame = (secs * fps).floor().max(0.0) as u64 % frames.max(1);
                Some(((layer.file.clone(), frame), frames))
            }
            Err(error) => {
                let whole = (layer.file.clone(), 0);
                self.fail(whole.clone(), &error);
                // What is on the wall of it stays there.
                self.shown.iter().any(|shown| shown.key.0 == whole.0).then_some((whole, 1))
            }
        }
    }

    fn ask(&mut self, key: Key) {
        if !self.asked.contains(&key) && self.asks.try_send(key.clone()).is_ok() {
            self.asked.insert(key);
        }
    }

    fn fail(&mut self, key: Key, error: &io::Error) {
        // Told once, however often it is tried.
        if self.failed.insert(key, Instant::now()).is_none() {
            tracing::warn!("a still cannot be shown: {error}");
        }
    }

    fn settle(&mut self, gpu: &Gpu, key: Key, read: io::Result<Levels>) {
        let Levels { width, height, rgba } = match read {
            Ok(levels) => levels,
            Err(error) => return self.fail(key, &error),
        };
        if gpu.check_size(width, height).is_err() {
            return self
                .fail(key, &io::Error::other(format!("a picture of {width}x{height} is too large for this adapter")));
        }
        let view = parts::uploaded_levels(gpu, "still", [width, height], wgpu::TextureFormat::Rgba8Unorm, &rgba);
        if self.shown.len() >= KEPT
            && let Some(oldest) = (0..self.shown.len()).min_by_key(|index| self.shown[*index].last_used)
        {
            self.shown.swap_remove(oldest);
        }
        // What was kept of a file that has changed is of no use any more.
        self.shown.retain(|shown| shown.key.0 != key.0 || shown.key.1 != u64::MAX);
        self.shown.push(WordsDraw { key, view, size: (width, height), last_used: self.frame });
    }
}
