//! A canvas of two layers, colour (*ink*) and light (*shading*), and their combination into a picture.
//!
//! Every shape is drawn twice: its colour on the *ink*, its light on the *shading*. Compositing posterises the light into a few
//! levels, with hatching between them, and multiplies the ink by it: a linocut style common to all parts.

use std::borrow::Borrow;

use glam::Vec2;
/// A point.
pub(super) use glam::vec2 as v;
use tiny_skia::{
    BlendMode, Color, FillRule, FilterQuality, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path,
    PathBuilder, Pattern, Pixmap, Point, RadialGradient, Shader, SpreadMode, Stroke, Transform,
};

/// An sRGB colour.
pub(super) type Rgb = [u8; 3];

/// Greatest value of the shading; 1 is a surface that faces the key light.
const LIGHT_MAX: f32 = 1.5;

/// The light on a shape: uniform, or a linear or radial gradient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shading {
    from: Vec2,
    to: Vec2,
    light: [f32; 2],
    round: bool,
    /// How far the hatching lines bend over the shape, 0–1 from the gradient's start to its end.
    bulge: f32,
    /// How strongly the shape is hatched, 0–1.
    screen: f32,
}

impl Shading {
    /// Uniform light, not hatched: paper, sky.
    pub(super) const fn flat(light: f32) -> Self {
        Self { from: Vec2::ZERO, to: Vec2::ZERO, light: [light; 2], round: false, bulge: 0.5, screen: 0.0 }
    }

    /// A linear gradient.
    pub(super) const fn across(from: Vec2, to: Vec2, light: [f32; 2]) -> Self {
        Self { from, to, light, round: false, bulge: 1.0, screen: 1.0 }
    }

    /// A radial gradient.
    pub(super) fn round(centre: Vec2, radius: f32, light: [f32; 2]) -> Self {
        Self { from: centre, to: centre + Vec2::new(radius, 0.0), light, round: true, bulge: 1.0, screen: 1.0 }
    }

    /// Sets the strength of the hatching.
    pub(super) const fn hatched(mut self, screen: f32) -> Self {
        self.screen = screen;
        self
    }

    fn colour(&self, end: usize) -> Color {
        let bulge = [0.5 - self.bulge * 0.5, 0.5 + self.bulge * 0.5][end];
        shading_texel(self.light[end], bulge, self.screen)
    }

    fn shader<'a>(&self) -> Shader<'a> {
        if self.from == self.to {
            return Shader::SolidColor(self.colour(0));
        }
        let stops = vec![GradientStop::new(0.0, self.colour(0)), GradientStop::new(1.0, self.colour(1))];
        let (from, to) = (point(self.from), point(self.to));
        let made = if self.round {
            let radius = self.from.distance(self.to);
            RadialGradient::new(from, 0.0, from, radius, stops, SpreadMode::Pad, Transform::identity())
        } else {
            LinearGradient::new(from, to, stops, SpreadMode::Pad, Transform::identity())
        };
        made.unwrap_or(Shader::SolidColor(self.colour(0)))
    }
}

fn shading_texel(light: f32, bulge: f32, screen: f32) -> Color {
    let clamp = |value: f32| value.clamp(0.0, 1.0);
    Color::from_rgba(clamp(light / LIGHT_MAX), clamp(bulge), clamp(screen), 1.0).unwrap_or(Color::BLACK)
}

/// Light sampled on a grid, to be stretched over a shape.
pub(super) struct ShadingGrid {
    pixmap: Pixmap,
    scene_from_grid: Transform,
}

impl ShadingGrid {
    /// Creates a grid of `width` × `height` values of light and hatching offset (0–1) over a rectangle.
    pub(super) fn new(width: u32, height: u32, min: Vec2, max: Vec2, values: &[(f32, f32)]) -> Option<Self> {
        let mut pixmap = Pixmap::new(width, height)?;
        for (pixel, (light, bulge)) in pixmap.pixels_mut().iter_mut().zip(values) {
            *pixel = shading_texel(*light, *bulge, 1.0).premultiply().to_color_u8();
        }
        let scale = (max - min) / Vec2::new(width as f32, height as f32);
        let scene_from_grid = Transform::from_row(scale.x, 0.0, 0.0, scale.y, min.x, min.y);
        Some(Self { pixmap, scene_from_grid })
    }
}

/// The canvas.
pub(super) struct Canvas {
    ink: Pixmap,
    shading: Pixmap,
    /// Pixels from the scene's units: the whole picture's, before any head is tilted.
    pixel_from_scene: Transform,
    /// Pixels from the units of what is being drawn now.
    now: Transform,
}

impl Canvas {
    /// Creates an empty canvas; none when a side is 0 or far too large.
    pub(super) fn new(width: u32, height: u32, pixel_from_scene: Transform) -> Option<Self> {
        let (ink, shading) = (Pixmap::new(width, height)?, Pixmap::new(width, height)?);
        Some(Self { ink, shading, pixel_from_scene, now: pixel_from_scene })
    }

    /// Draws in local coordinates, given their transform to the scene.
    pub(super) fn within<T>(&mut self, scene_from_local: Transform, draw: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.now;
        self.now = before.pre_concat(scene_from_local);
        let result = draw(self);
        self.now = before;
        result
    }

    /// Maps a point in local coordinates to pixels.
    pub(super) fn pixel(&self, at: Vec2) -> Vec2 {
        let mut at = point(at);
        self.now.map_point(&mut at);
        Vec2::new(at.x, at.y)
    }

    /// Fills a shape with a colour and its light. No path draws nothing.
    pub(super) fn fill(&mut self, path: impl Borrow<Option<Path>>, colour: Rgb, shading: &Shading) {
        self.fill_shaded(path, colour, shading.shader());
    }

    /// Fills a shape with a colour, lit point by point.
    pub(super) fn fill_lit(&mut self, path: impl Borrow<Option<Path>>, colour: Rgb, grid: &ShadingGrid) {
        let pixmap = grid.pixmap.as_ref();
        self.fill_shaded(
            path,
            colour,
            Pattern::new(pixmap, SpreadMode::Pad, FilterQuality::Bilinear, 1.0, grid.scene_from_grid),
        );
    }

    fn fill_shaded(&mut self, path: impl Borrow<Option<Path>>, colour: Rgb, shader: Shader) {
        let Some(path) = path.borrow() else { return };
        self.ink.fill_path(path, &solid(colour, 1.0), FillRule::Winding, self.now, None);
        self.shading.fill_path(path, &Paint { shader, ..Paint::default() }, FillRule::Winding, self.now, None);
    }

    /// Fills a shape with a colour and keeps the light.
    pub(super) fn tint(&mut self, path: impl Borrow<Option<Path>>, colour: Rgb, opacity: f32) {
        let Some(path) = path.borrow() else { return };
        self.ink.fill_path(path, &solid(colour, opacity), FillRule::Winding, self.now, None);
    }

    /// Draws a line with a colour and keeps the light.
    pub(super) fn line(&mut self, path: impl Borrow<Option<Path>>, width: f32, colour: Rgb, opacity: f32) {
        let Some(path) = path.borrow() else { return };
        self.ink.stroke_path(path, &solid(colour, opacity), &pen(width), self.now, None);
    }

    /// Multiplies the light of a shape by `factor`, 0 to 1.
    pub(super) fn darken(&mut self, path: impl Borrow<Option<Path>>, factor: f32) {
        let Some(path) = path.borrow() else { return };
        self.shading.fill_path(path, &multiply(factor), FillRule::Winding, self.now, None);
    }

    /// Multiplies the light along a line by `factor`, 0 to 1.
    pub(super) fn darken_line(&mut self, path: impl Borrow<Option<Path>>, width: f32, factor: f32) {
        let Some(path) = path.borrow() else { return };
        self.shading.stroke_path(path, &multiply(factor), &pen(width), self.now, None);
    }

    /// Adds light to a shape, in screen mode.
    pub(super) fn lighten(&mut self, path: impl Borrow<Option<Path>>, gain: f32) {
        let Some(path) = path.borrow() else { return };
        self.shading.fill_path(path, &screen(gain), FillRule::Winding, self.now, None);
    }

    /// Adds light along a line, in screen mode.
    pub(super) fn lighten_line(&mut self, path: impl Borrow<Option<Path>>, width: f32, gain: f32) {
        let Some(path) = path.borrow() else { return };
        self.shading.stroke_path(path, &screen(gain), &pen(width), self.now, None);
    }

    /// Returns the ink's coverage of each pixel.
    pub(super) fn inked(&self) -> Vec<u8> {
        self.ink.data().iter().skip(3).step_by(4).copied().collect()
    }

    /// Combines both layers into premultiplied RGBA, 8 bits, row by row. `hatch` is the direction of the lines in radians.
    pub(super) fn composite(&self, hatch: f32) -> Vec<u8> {
        let tones = ToneTable::new();
        // A period is a fixed part of the head, but never so fine that it would alias on the pixels.
        let scale = Vec2::new(self.pixel_from_scene.sx, self.pixel_from_scene.sy);
        let period = (0.050 * scale.y.max(scale.x)).max(3.4);
        let fade = ((0.050 * scale.y - 1.0) / 2.0).clamp(0.0, 1.0);
        let direction = Vec2::from_angle(hatch) / period * 256.0;
        // The lines turn with the picture's own scale, which is not the same both ways in a tile.
        let step = Vec2::new(direction.x * (scale.y / scale.x), direction.y);
        // Everything is in fixed point from here on: the phase in 256ths of a step of which 256 make a period, the
        // tone in 256ths of a step of which 1024 make the brightest.
        let amplitude = 0.125 * fade * 4.0 * 256.0;
        let waves: [i32; 256] =
            std::array::from_fn(|phase| (((phase as f32 - 128.0).abs() / 64.0 - 1.0) * amplitude) as i32);
        let [step_x, step_y] = [step.x, step.y].map(|step| (step * 256.0) as i32);
        let width = self.ink.width() as usize;
        let mut out = vec![0; self.ink.data().len()];
        let rows = self.ink.data().chunks_exact(width * 4).zip(self.shading.data().chunks_exact(width * 4));
        for (y, (out, (ink, shading))) in out.chunks_exact_mut(width * 4).zip(rows).enumerate() {
            let mut along = (y as i32).wrapping_mul(step_y);
            let pixels = ink.chunks_exact(4).zip(shading.chunks_exact(4));
            for (out, (ink, shading)) in out.chunks_exact_mut(4).zip(pixels) {
                let phase = (along >> 8) + i32::from(shading[1]) * 15;
                along = along.wrapping_add(step_x);
                let tone = (i32::from(shading[0]) << 10) + waves[(phase & 255) as usize] * i32::from(shading[2]);
                let [factor, lift] = &tones.0[(tone >> 8).clamp(0, 1023) as usize];
                let alpha = u32::from(ink[3]);
                for channel in 0..3 {
                    let lit = (u32::from(ink[channel]) * factor[channel]) >> 8;
                    out[channel] = (lit + ((alpha.saturating_sub(lit) * lift[channel]) >> 8)) as u8;
                }
                out[3] = ink[3];
            }
        }
        out
    }
}

/// The posterised light as a lookup table: factor of the colour and share of white to add, in 256ths.
struct ToneTable(Vec<[[u32; 3]; 2]>);

impl ToneTable {
    /// Thresholds of the levels, and their brightness.
    const STEPS: [(f32, f32); 5] = [(0.20, 0.47), (0.42, 0.76), (0.60, 1.03), (1.00, 1.26), (1.24, 1.48)];
    const DARKEST: f32 = 0.23;

    fn new() -> Self {
        Self((0..1024).map(|index| Self::entry(index as f32 / 1023.0 * LIGHT_MAX)).collect())
    }

    fn entry(light: f32) -> [[u32; 3]; 2] {
        let mut value = Self::DARKEST;
        let mut before = Self::DARKEST;
        for (edge, level) in Self::STEPS {
            let over = ((light - edge) / 0.05 + 0.5).clamp(0.0, 1.0);
            value += (level - before) * over;
            before = level;
        }
        // A little of the unbroken light stays, so that large faces are not flat.
        let value = value * 0.78 + light.min(1.3) * 0.22;
        let factor = value.min(1.0);
        let lift = ((value - 1.0) * 0.85).clamp(0.0, 0.5);
        // Shadow is cooler than light.
        let cool = (1.0 - factor) * 0.10;
        [
            [factor * (1.0 - cool), factor, factor * (1.0 + cool)].map(|part| (part * 256.0) as u32),
            [lift; 3].map(|part| (part * 256.0) as u32),
        ]
    }
}

fn unit_to_byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0) as u8
}

fn point(at: Vec2) -> Point {
    Point::from_xy(at.x, at.y)
}

fn solid<'a>([r, g, b]: Rgb, opacity: f32) -> Paint<'a> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, unit_to_byte(opacity));
    paint
}

fn multiply<'a>(factor: f32) -> Paint<'a> {
    Paint { blend_mode: BlendMode::Multiply, ..solid([unit_to_byte(factor), 255, 255], 1.0) }
}

fn screen<'a>(gain: f32) -> Paint<'a> {
    Paint { blend_mode: BlendMode::Screen, ..solid([unit_to_byte(gain), 0, 0], 1.0) }
}

fn pen(width: f32) -> Stroke {
    Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() }
}

/// `count` numbers evenly from one to another, both included.
pub(super) fn linspace(from: f32, to: f32, count: u16) -> impl Iterator<Item = f32> {
    (0..count).map(move |index| from + f32::from(index) / f32::from(count - 1) * (to - from))
}

/// The colour of a number 0xRRGGBB.
pub(super) const fn hex(colour: u32) -> Rgb {
    let [_, r, g, b] = colour.to_be_bytes();
    [r, g, b]
}

/// Interpolates between two colours.
pub(super) fn mix(from: Rgb, to: Rgb, part: f32) -> Rgb {
    std::array::from_fn(|channel| {
        let (from, to) = (f32::from(from[channel]), f32::from(to[channel]));
        (from + (to - from) * part).clamp(0.0, 255.0) as u8
    })
}

/// A colour made darker (below 1) or lighter (above 1).
pub(super) fn scaled(colour: Rgb, factor: f32) -> Rgb {
    if factor <= 1.0 { mix([0; 3], colour, factor) } else { mix(colour, [255; 3], (factor - 1.0).min(1.0)) }
}

/// The luma of a colour, 0–1.
pub(super) fn luma([r, g, b]: Rgb) -> f32 {
    (0.2126 * f32::from(r) + 0.7152 * f32::from(g) + 0.0722 * f32::from(b)) / 255.0
}

/// Mirrors half an outline about the axis x = 0: its points of distance and height at the left, then those at the right
/// the other way round. Points on the axis, at distance 0, stand once.
pub(super) fn both_sides(half: &[(f32, f32)]) -> impl Iterator<Item = (f32, f32)> {
    let left = half.iter().map(|(x, y)| (-x, *y));
    left.chain(half.iter().rev().filter(|(x, _)| *x != 0.0).copied())
}

/// As [`both_sides`], about a vertical axis.
pub(super) fn mirrored(axis: f32, half: &[(f32, f32)]) -> Vec<Vec2> {
    both_sides(half).map(|(x, y)| v(axis + x, y)).collect()
}

/// A smooth closed outline through points (Catmull–Rom).
pub(super) fn closed_spline(points: &[Vec2]) -> Option<Path> {
    curve(points, true)
}

/// A smooth open line through points (Catmull–Rom).
pub(super) fn spline(points: &[Vec2]) -> Option<Path> {
    curve(points, false)
}

fn curve(points: &[Vec2], closed: bool) -> Option<Path> {
    let count = points.len();
    let at = |index: isize| {
        let last = count as isize - 1;
        let index = if closed { index.rem_euclid(count as isize) } else { index.clamp(0, last) };
        points[index as usize]
    };
    let mut path = PathBuilder::new();
    let first = points.first()?;
    path.move_to(first.x, first.y);
    let pieces = if closed { count } else { count - 1 };
    for piece in 0..pieces as isize {
        let [before, from, to, after] = [at(piece - 1), at(piece), at(piece + 1), at(piece + 2)];
        let (a, b) = (from + (to - before) / 6.0, to - (after - from) / 6.0);
        path.cubic_to(a.x, a.y, b.x, b.y, to.x, to.y);
    }
    if closed {
        path.close();
    }
    path.finish()
}

/// A closed outline with corners.
pub(super) fn polygon(points: &[Vec2]) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    path.move_to(first.x, first.y);
    for at in rest {
        path.line_to(at.x, at.y);
    }
    path.close();
    path.finish()
}

/// A rhombus.
pub(super) fn diamond(centre: Vec2, half_width: f32, half_height: f32) -> Option<Path> {
    let (x, y) = (v(half_width, 0.0), v(0.0, half_height));
    polygon(&[centre - y, centre + x, centre + y, centre - x])
}

/// An ellipse.
pub(super) fn ellipse(centre: Vec2, radii: Vec2) -> Option<Path> {
    let rect =
        tiny_skia::Rect::from_ltrb(centre.x - radii.x, centre.y - radii.y, centre.x + radii.x, centre.y + radii.y)?;
    PathBuilder::from_oval(rect)
}

/// A stroke that tapers to both ends, as of a gouge or a brush.
pub(super) fn tapered(points: &[Vec2], width: f32) -> Option<Path> {
    let count = points.len();
    if count < 2 {
        return None;
    }
    if let [from, middle, to] = *points {
        // The commonest cut: two arcs that pass the middle at either side.
        let across = (to - from).normalize_or_zero().perp() * (width * 0.5);
        let bend = middle * 2.0 - (from + to) * 0.5;
        let (a, b) = (bend + across * 2.0, bend - across * 2.0);
        let mut path = PathBuilder::with_capacity(4, 6);
        path.move_to(from.x, from.y);
        path.quad_to(a.x, a.y, to.x, to.y);
        path.quad_to(b.x, b.y, from.x, from.y);
        path.close();
        return path.finish();
    }
    let side = |index: usize, sign: f32| {
        let (before, after) = (points[index.saturating_sub(1)], points[(index + 1).min(count - 1)]);
        let normal = (after - before).normalize_or_zero().perp();
        let along = index as f32 / (count - 1) as f32;
        points[index] + normal * (sign * width * 0.5 * (1.0 - (2.0 * along - 1.0).powi(2)))
    };
    let outline: Vec<Vec2> =
        (0..count).map(|index| side(index, 1.0)).chain((1..count - 1).rev().map(|index| side(index, -1.0))).collect();
    closed_spline(&outline)
}

/// A batch of light and dark strokes: one fill costs little more than a single stroke.
#[derive(Default)]
pub(super) struct Strokes {
    light: PathBuilder,
    dark: PathBuilder,
}

impl Strokes {
    /// Adds a stroke.
    pub(super) fn add(&mut self, points: &[Vec2], width: f32, light: bool) {
        if let Some(path) = tapered(points, width) {
            if light { self.light.push_path(&path) } else { self.dark.push_path(&path) }
        }
    }

    /// Draws the strokes: the dark ones multiply the light by `left`, the light ones add `gain`.
    pub(super) fn draw(self, canvas: &mut Canvas, left: f32, gain: f32) {
        canvas.darken(self.dark.finish(), left);
        canvas.lighten(self.light.finish(), gain);
    }
}
