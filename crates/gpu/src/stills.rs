//! Streams the pictures of stills to the GPU. See [`Stills`].

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Gpu, resources};
use millions_base::catch_panic;
use millions_frame::{Fit, StillLayer};
use millions_resize::{Filter, PixelType, Resizer, Source};

/// A source of pictures.
pub trait StillImages: Send + Sync {
    /// Returns the number of frames of a file (1) or a folder of frames.
    ///
    /// # Errors
    /// When there is no such file or folder; [`io::ErrorKind::WouldBlock`] where it is not known yet, without a remark.
    fn frames(&self, file: &Path) -> io::Result<u64>;

    /// Reads one frame, upright and in sRGB.
    ///
    /// # Errors
    /// When it cannot be read, with its path.
    fn frame(&self, file: &Path, frame: u64) -> io::Result<Bitmap>;
}

/// A picture of 8-bit encoded sRGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Width × height × R, G, B, A, upper row first.
    pub rgba: Vec<u8>,
}

/// A picture's mip chain, against aliasing where it is drawn smaller than it is.
struct MipChain {
    width: u32,
    height: u32,
    /// The largest first, each half as wide and high, down to one texel.
    levels: Vec<Vec<u8>>,
}

impl MipChain {
    fn new(bitmap: Bitmap) -> io::Result<Self> {
        let Bitmap { width, height, rgba } = bitmap;
        if width == 0 || height == 0 || rgba.len() != width as usize * height as usize * 4 {
            return Err(io::Error::other(format!("a picture of {width}x{height} has {} bytes", rgba.len())));
        }
        let mut resizer = Resizer::default();
        let mut levels = vec![rgba];
        for level in 1..=width.max(height).ilog2() {
            let size = |side: u32, level: u32| (side >> level).max(1);
            let (above, last) = (level - 1, &levels[levels.len() - 1]);
            let source = Source { size: [size(width, above), size(height, above)], bytes: last, part: None };
            let size = [size(width, level), size(height, level)];
            let smaller = resizer.resize(source, size, PixelType::U8x4, Filter::Box).map_err(io::Error::other)?;
            levels.push(smaller);
        }
        Ok(Self { width, height, levels })
    }
}

/// Reads a picture; a panic costs that picture, not the worker.
fn read(source: &dyn StillImages, key: &FrameKey) -> io::Result<MipChain> {
    catch_panic(|| source.frame(&key.file, key.frame).and_then(MipChain::new))
        .unwrap_or_else(|panic| Err(io::Error::other(format!("{}: its decoder failed: {panic}", key.file.display()))))
}

/// A source without pictures: every still stays black.
pub struct NoStills;

impl StillImages for NoStills {
    fn frames(&self, file: &Path) -> io::Result<u64> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("no pictures are read here: {}", file.display())))
    }
    fn frame(&self, file: &Path, _: u64) -> io::Result<Bitmap> {
        self.frames(file).map(|_| Bitmap { width: 0, height: 0, rgba: Vec::new() })
    }
}

/// Frames of an image sequence that are read ahead, the current one included.
const AHEAD: u64 = 4;
/// How long a picture that could not be read is left alone.
const RETRY: Duration = Duration::from_secs(2);
/// Pictures that are kept on the GPU.
const KEPT: usize = 12;

/// A frame of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FrameKey {
    file: Arc<Path>,
    /// [`STALE`] for a picture of a file that has changed since.
    frame: u64,
}

const STALE: u64 = u64::MAX;

/// A picture on the GPU.
struct Uploaded {
    key: FrameKey,
    view: wgpu::TextureView,
    size: (u32, u32),
    last_used: u64,
}

/// The pictures on the GPU, and a worker that reads more.
pub struct Stills {
    source: Arc<dyn StillImages>,
    uploaded: Vec<Uploaded>,
    /// In flight.
    requested: HashSet<FrameKey>,
    failed: HashMap<FrameKey, Instant>,
    requests: Sender<FrameKey>,
    responses: Receiver<(FrameKey, io::Result<MipChain>)>,
    frame: u64,
}

/// A still's picture and its place on the wall.
pub struct PlacedStill<'a> {
    pub view: &'a wgpu::TextureView,
    /// The part of the wall that it fills: left, upper, right, lower edge, 0 to 1.
    pub place: [f32; 4],
    /// The part of the picture that is visible, the same way.
    pub crop: [f32; 4],
}

impl Stills {
    pub fn new(source: Arc<dyn StillImages>) -> Self {
        let (requests, queue) = bounded::<FrameKey>(16);
        let (done, responses) = bounded(4);
        let reader = source.clone();
        std::thread::spawn(move || {
            for key in queue {
                let picture = read(reader.as_ref(), &key);
                if done.send((key, picture)).is_err() {
                    return;
                }
            }
        });
        let (uploaded, requested, failed) = Default::default();
        Self { source, uploaded, requested, failed, requests, responses, frame: 0 }
    }

    /// Reads a file that has changed again the next time; until then the old picture stays.
    pub fn forget(&mut self, file: &Path) {
        let is_of = |key: &FrameKey| key.file.starts_with(file) || file.starts_with(&key.file);
        for uploaded in self.uploaded.iter_mut().filter(|uploaded| is_of(&uploaded.key)) {
            uploaded.key.frame = STALE;
        }
        self.failed.retain(|failed, _| !is_of(failed));
    }

    /// Uploads what has been read, and requests a layer's current and next frames; with `wait` reads the current frame
    /// before it returns, and no other.
    pub fn load(&mut self, gpu: &Gpu, layer: &StillLayer, wait: bool) {
        self.frame += 1;
        while let Ok((key, picture)) = self.responses.try_recv() {
            self.requested.remove(&key);
            self.upload(gpu, key, picture);
        }
        let Some((now, frames)) = self.current(layer) else { return };
        for ahead in 0..AHEAD.min(frames) {
            let key = FrameKey { file: now.file.clone(), frame: (now.frame + ahead) % frames };
            // Frames that are due soon are not evicted.
            match self.uploaded.iter_mut().find(|uploaded| uploaded.key == key) {
                Some(uploaded) => uploaded.last_used = self.frame,
                None if self.failed.get(&key).is_some_and(|since| since.elapsed() < RETRY) => {}
                None if wait && ahead == 0 => {
                    let picture = read(self.source.as_ref(), &key);
                    self.upload(gpu, key, picture);
                }
                None if wait => {}
                None => self.request(key),
            }
        }
    }

    /// Places a layer's picture on a wall of that aspect: the frame of its time, or the nearest that is uploaded.
    pub fn place(&mut self, layer: &StillLayer, wall_aspect: f64) -> Option<PlacedStill<'_>> {
        let (now, _) = self.current(layer)?;
        // The current frame, else the latest before it, else a later one; at worst one of the file before it changed.
        let distance = |uploaded: &Uploaded| match uploaded.key.frame {
            STALE => STALE,
            frame if frame <= now.frame => now.frame - frame,
            later => u64::MAX / 2 + later,
        };
        let of_file = self.uploaded.iter_mut().filter(|uploaded| uploaded.key.file == now.file);
        let found = of_file.min_by_key(|uploaded| distance(uploaded))?;
        found.last_used = self.frame;
        let (width, height) = found.size;
        // The picture's aspect in aspects of the wall.
        let wider = f64::from(width) / f64::from(height.max(1)) / wall_aspect;
        let whole = [0.0, 0.0, 1.0, 1.0];
        let centred = |width: f64, height: f64| {
            [0.5 - width / 2.0, 0.5 - height / 2.0, 0.5 + width / 2.0, 0.5 + height / 2.0].map(|edge| edge as f32)
        };
        let (place, crop) = match layer.fit {
            Fit::Cover => (whole, if wider > 1.0 { centred(1.0 / wider, 1.0) } else { centred(1.0, wider) }),
            Fit::Contain => (if wider > 1.0 { centred(1.0, 1.0 / wider) } else { centred(wider, 1.0) }, whole),
        };
        Some(PlacedStill { view: &found.view, place, crop })
    }

    /// The frame of a layer's time, and the number of frames of its file.
    fn current(&mut self, layer: &StillLayer) -> Option<(FrameKey, u64)> {
        let key = |frame| FrameKey { file: layer.file.clone(), frame };
        match self.source.frames(&layer.file) {
            Ok(frames) => {
                let StillLayer { elapsed_secs, fps, .. } = layer;
                Some((key((elapsed_secs * fps).floor().max(0.0) as u64 % frames.max(1)), frames))
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::WouldBlock {
                    self.fail(key(0), &error);
                }
                // A picture of it that is on the wall stays there.
                self.uploaded.iter().any(|uploaded| uploaded.key.file == layer.file).then(|| (key(0), 1))
            }
        }
    }

    fn request(&mut self, key: FrameKey) {
        if !self.requested.contains(&key) && self.requests.try_send(key.clone()).is_ok() {
            self.requested.insert(key);
        }
    }

    fn fail(&mut self, key: FrameKey, error: &io::Error) {
        // Reported once, however often it is tried.
        if self.failed.insert(key, Instant::now()).is_none() {
            tracing::warn!("a still cannot be shown: {error}");
        }
    }

    fn upload(&mut self, gpu: &Gpu, key: FrameKey, picture: io::Result<MipChain>) {
        let MipChain { width, height, levels } = match picture {
            Ok(picture) => picture,
            Err(error) => return self.fail(key, &error),
        };
        if gpu.check_size(width, height).is_err() {
            let message = format!("a picture of {width}x{height} is too large for this adapter");
            return self.fail(key, &io::Error::other(message));
        }
        let view = resources::upload(gpu, "still", [width, height], wgpu::TextureFormat::Rgba8Unorm, &levels);
        if self.uploaded.len() >= KEPT
            && let Some(oldest) = (0..self.uploaded.len()).min_by_key(|index| self.uploaded[*index].last_used)
        {
            self.uploaded.swap_remove(oldest);
        }
        self.uploaded.retain(|uploaded| uploaded.key.file != key.file || uploaded.key.frame != STALE);
        self.uploaded.push(Uploaded { key, view, size: (width, height), last_used: self.frame });
    }
}
