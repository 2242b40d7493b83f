//! A drawing that hides what is opaque of it: an SVG that is more than outlines. See [`Drawing`].

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use glam::{DVec2, UVec2};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::filter::Kind;
use resvg::usvg::{Group, Node, Paint, Rect, Tree};

use super::GreyImage;
use millions_base::catch_panic;

/// The most pixels of a drawing's raster, 16 million: a byte each once it is made, and four while it is.
const MOST_PIXELS: u64 = 1 << 24;

/// The most pixels of a side, and the least.
const SIDES: [u32; 2] = [16, 8192];

/// The most work of a raster, in pixels that are written: a second or two. What is more is drawn at a lower resolution.
const MOST_WORK: u64 = 1 << 29;

/// The longer side below which a raster is not made coarser: its edges would no longer be where they are.
const COARSEST_PX: u32 = 512;

/// The work of a layer for each of its pixels, and that of a dash.
const LAYER_WORK: f64 = 8.0;
const DASH_WORK: f64 = 256.0;

/// The most pixels of all layers that lie over one another at once.
const MOST_LAYERS: u64 = 1 << 26;

/// How far from the page a path may reach, in pixels of the raster: what is farther, the rasteriser has no numbers for.
const FARTHEST: f64 = 1e6;

/// The work of a node, however small.
const LEAST_WORK: u64 = 64;

/// The stack of the thread that draws: a drawing is up to 1024 groups deep.
const STACK: usize = 64 << 20;

/// The rasters that are kept: of each output that shows the surface, one.
const KEPT: usize = 4;

/// An SVG as it was when it was read: it stays on the wall as it is, whatever becomes of its file.
#[derive(Clone)]
pub struct Drawing(Arc<Inner>);

struct Inner {
    path: PathBuf,
    text: String,
    tree: Tree,
    /// See [`Drawing::unfilled`].
    unfilled: usize,
    rasters: Mutex<Vec<(UVec2, GreyImage)>>,
}

impl fmt::Debug for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Drawing({:?}, {} bytes)", self.0.path, self.0.text.len())
    }
}

impl PartialEq for Drawing {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.path == other.0.path && self.0.text == other.0.text)
    }
}

impl Drawing {
    /// A parsed drawing; none that is too much to draw.
    pub(super) fn new(path: &Path, text: String, tree: Tree, unfilled: usize) -> Option<Self> {
        let inner = Inner { path: path.to_owned(), text, tree, unfilled, rasters: Mutex::default() };
        let drawing = Self(Arc::new(inner));
        let page = drawing.page();
        raster_size(&drawing.0.tree, page * (f64::from(COARSEST_PX) / page.max_element())).map(|_| drawing)
    }

    /// Its file, as the stage names it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// How many outlines have a line and no fill: what is inside them is lit, and may have been meant to be dark.
    #[must_use]
    pub fn unfilled(&self) -> usize {
        self.0.unfilled
    }

    /// The size of its page.
    pub(super) fn page(&self) -> DVec2 {
        DVec2::new(f64::from(self.0.tree.size().width()), f64::from(self.0.tree.size().height()))
    }

    /// Its opacity, stretched over so many pixels or the next powers of two; none where it cannot be drawn.
    pub(super) fn raster(&self, pixels: DVec2) -> Option<GreyImage> {
        let size = raster_size(&self.0.tree, pixels)?;
        let mut rasters = self.0.rasters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = rasters.iter().find(|(known, _)| *known == size) {
            return Some(known.clone());
        }
        let image = raster(&self.0.tree, size)?;
        if rasters.len() == KEPT {
            rasters.remove(0);
        }
        rasters.push((size, image.clone()));
        Some(image)
    }
}

/// Runs work on a thread with a stack for deep drawings; none if it panics.
pub(super) fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, || catch_panic(work).ok()).ok()?;
        thread.join().ok().flatten()
    })
}

/// The opacity of a tree, stretched over a picture.
fn raster(tree: &Tree, size: UVec2) -> Option<GreyImage> {
    on_deep_stack(|| {
        let mut pixels = Pixmap::new(size.x, size.y)?;
        resvg::render(tree, to_pixels(tree, size), &mut pixels.as_mut());
        let values = pixels.pixels().iter().map(|pixel| pixel.alpha()).collect();
        Some(GreyImage { width: size.x, height: size.y, values })
    })
    .flatten()
}

/// The map from a tree's page to the pixels of a picture.
fn to_pixels(tree: &Tree, size: UVec2) -> Transform {
    Transform::from_scale(size.x as f32 / tree.size().width(), size.y as f32 / tree.size().height())
}

/// The size of a raster for so many pixels: powers of two, so that not each step of a corner needs a new one, and as large as
/// time and memory allow; none if that is not even the least.
fn raster_size(tree: &Tree, pixels: DVec2) -> Option<UVec2> {
    let side = |pixels: f64| {
        let pixels = if pixels.is_finite() { pixels.ceil().clamp(0.0, f64::from(SIDES[1])) as u32 } else { SIDES[1] };
        pixels.max(SIDES[0]).next_power_of_two()
    };
    let mut size = UVec2::new(side(pixels.x), side(pixels.y));
    loop {
        let is_small = u64::from(size.x) * u64::from(size.y) <= MOST_PIXELS;
        if is_small && Work::of(tree, size).is_some() {
            return Some(size);
        }
        let halved = (size / 2).max(UVec2::splat(SIDES[0]));
        if halved == size || (is_small && halved.max_element() < COARSEST_PX) {
            return None;
        }
        size = halved;
    }
}

/// The work of drawing a tree, counted before it is done.
struct Work {
    /// What is left of it.
    left: u64,
    /// The pixels of the layers under way.
    layers: u64,
    /// The picture.
    canvas: f64,
    scale: [f64; 2],
}

impl Work {
    /// Counts the work; none if it is too much.
    fn of(tree: &Tree, size: UVec2) -> Option<()> {
        let scale =
            [f64::from(size.x) / f64::from(tree.size().width()), f64::from(size.y) / f64::from(tree.size().height())];
        let canvas = f64::from(size.x) * f64::from(size.y);
        let mut work = Self { left: MOST_WORK, layers: 0, canvas, scale };
        work.group(tree.root())
    }

    fn spend(&mut self, pixels: f64) -> Option<()> {
        self.left = self.left.checked_sub((pixels as u64).max(LEAST_WORK))?;
        Some(())
    }

    /// The pixels of a rectangle of the page, up to those of so many pictures.
    fn area(&self, rect: Rect, most: f64) -> f64 {
        let area = f64::from(rect.width()) * self.scale[0] * f64::from(rect.height()) * self.scale[1];
        if area.is_finite() { area.min(self.canvas * most) } else { self.canvas * most }
    }

    fn group(&mut self, group: &Group) -> Option<()> {
        /// A filter's region reaches two pictures beyond each edge.
        const FILTERED: f64 = 25.0;
        let mut layer = 0.0;
        if group.should_isolate() {
            let most = if group.filters().is_empty() { 1.0 } else { FILTERED };
            layer = self.area(group.abs_layer_bounding_box().to_rect(), most);
            self.spend(layer * LAYER_WORK)?;
        }
        let pixels = layer as u64;
        self.layers += pixels;
        if self.layers > MOST_LAYERS {
            return None;
        }
        for child in group.children() {
            self.node(child)?;
        }
        if let Some(clip) = group.clip_path() {
            self.clip(clip, layer)?;
        }
        if let Some(mask) = group.mask() {
            self.mask(mask, layer)?;
        }
        for primitive in group.filters().iter().flat_map(|filter| filter.primitives()) {
            let each = match primitive.kind() {
                Kind::Turbulence(turbulence) => 64.0 * f64::from(turbulence.num_octaves().min(1 << 20)),
                Kind::ConvolveMatrix(convolve) => {
                    f64::from(convolve.matrix().columns()) * f64::from(convolve.matrix().rows())
                }
                Kind::Morphology(morphology) => {
                    let side = |radius: f32, scale: f64| (f64::from(radius) * scale).max(1.0) * 2.0;
                    side(morphology.radius_x().get(), self.scale[0]) * side(morphology.radius_y().get(), self.scale[1])
                }
                Kind::Image(image) => {
                    self.group(image.root())?;
                    4.0
                }
                _ => 16.0,
            };
            self.spend(layer * each.max(4.0))?;
        }
        self.layers -= pixels;
        Some(())
    }

    fn clip(&mut self, clip: &resvg::usvg::ClipPath, layer: f64) -> Option<()> {
        self.spend(layer * 2.0)?;
        self.group(clip.root())?;
        clip.clip_path().map_or(Some(()), |clip| self.clip(clip, layer))
    }

    fn mask(&mut self, mask: &resvg::usvg::Mask, layer: f64) -> Option<()> {
        self.spend(layer * 2.0)?;
        self.group(mask.root())?;
        mask.mask().map_or(Some(()), |mask| self.mask(mask, layer))
    }

    fn node(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Group(group) => return self.group(group),
            Node::Path(path) => {
                let paints = [path.fill().map(|fill| fill.paint()), path.stroke().map(|stroke| stroke.paint())];
                for paint in paints.into_iter().flatten() {
                    let rect = path.abs_stroke_bounding_box();
                    let along = [rect.left(), rect.right()].map(|x| f64::from(x) * self.scale[0]);
                    let down = [rect.top(), rect.bottom()].map(|y| f64::from(y) * self.scale[1]);
                    if !along.into_iter().chain(down).all(|place| place.abs() <= FARTHEST) {
                        return None;
                    }
                    let area = self.area(rect, 1.0);
                    self.spend(area + path.data().len() as f64)?;
                    if let Some(dashes) = path.stroke().and_then(|stroke| stroke.dasharray()) {
                        let points = path.data().points();
                        let length: f64 = points.windows(2).map(|two| f64::from(two[0].distance(two[1]))).sum();
                        let period: f64 = dashes.iter().map(|dash| f64::from(*dash)).sum();
                        self.spend(length / period.max(1e-9) * dashes.len() as f64 * DASH_WORK)?;
                    }
                    if let Paint::Pattern(pattern) = paint {
                        self.spend(self.canvas)?;
                        self.group(pattern.root())?;
                    }
                }
            }
            Node::Image(image) => {
                let size = image.size();
                self.spend(self.area(image.abs_bounding_box(), 1.0))?;
                self.spend(f64::from(size.width()) * f64::from(size.height()))?;
            }
            Node::Text(_) => {}
        }
        Some(())
    }
}
