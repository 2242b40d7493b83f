//! Drawing of test patterns. See [`Painter`].

use glam::{IVec2, UVec2, Vec2};
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

/// A colour of the encoded signal.
pub(super) type Rgb = [u8; 3];

pub(super) const WHITE: Rgb = [255; 3];
pub(super) const BLACK: Rgb = [0; 3];

/// A rectangle of whole pixels; `right` and `bottom` are exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

impl Area {
    pub(super) const fn of(left: i32, top: i32, size: IVec2) -> Self {
        Self { left, top, right: left + size.x, bottom: top + size.y }
    }

    /// A rectangle of a size about a centre.
    pub(super) fn around(centre: IVec2, size: IVec2) -> Self {
        let low = centre - size / 2;
        Self::of(low.x, low.y, size)
    }

    pub(super) const fn size(self) -> IVec2 {
        IVec2::new(self.right - self.left, self.bottom - self.top)
    }

    /// The rectangle, smaller by so many pixels on every side.
    pub(super) const fn inset(self, by: i32) -> Self {
        Self { left: self.left + by, top: self.top + by, right: self.right - by, bottom: self.bottom - by }
    }

    /// The `index`-th of `count` columns, whose widths differ by at most a pixel.
    pub(super) const fn column(self, index: i32, count: i32) -> Self {
        let width = self.right - self.left;
        Self { left: self.left + width * index / count, right: self.left + width * (index + 1) / count, ..self }
    }

    /// The `index`-th of `count` rows.
    pub(super) const fn row(self, index: i32, count: i32) -> Self {
        let height = self.bottom - self.top;
        Self { top: self.top + height * index / count, bottom: self.top + height * (index + 1) / count, ..self }
    }
}

/// Draws on an opaque RGBA8 image, black at first. Rectangles are exact to the pixel; all other shapes are anti-aliased.
pub(super) struct Painter {
    pixmap: Pixmap,
    size: IVec2,
}

impl Painter {
    /// An image of a size; none where a side is 0 or larger than that of any output.
    pub(super) fn new(size: UVec2) -> Option<Self> {
        if size.max_element() > 32_768 {
            return None;
        }
        let mut pixmap = Pixmap::new(size.x, size.y)?;
        pixmap.fill(Color::BLACK);
        Some(Self { pixmap, size: size.as_ivec2() })
    }

    pub(super) const fn size(&self) -> IVec2 {
        self.size
    }

    /// The image. As it is opaque, premultiplied and straight alpha are the same.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.pixmap.take()
    }

    /// Fills a rectangle, clipped to the image.
    pub(super) fn fill(&mut self, area: Area, colour: Rgb) {
        let clamp = |value: i32, end: i32| value.clamp(0, end) as usize;
        let (left, right) = (clamp(area.left, self.size.x), clamp(area.right, self.size.x));
        if left >= right {
            return;
        }
        let stride = self.size.x as usize * 4;
        let [r, g, b] = colour;
        for y in clamp(area.top, self.size.y)..clamp(area.bottom, self.size.y) {
            let row = &mut self.pixmap.data_mut()[y * stride..][left * 4..right * 4];
            row.as_chunks_mut::<4>().0.fill([r, g, b, 255]);
        }
    }

    /// Draws the outline of a rectangle, `width` pixels inwards.
    pub(super) fn frame(&mut self, area: Area, width: i32, colour: Rgb) {
        self.fill(Area { bottom: area.top + width, ..area }, colour);
        self.fill(Area { top: area.bottom - width, ..area }, colour);
        self.fill(Area { right: area.left + width, ..area }, colour);
        self.fill(Area { left: area.right - width, ..area }, colour);
    }

    /// Draws a line from top to bottom of an area, centred on `x`; the extra pixel of an odd width is on the right.
    pub(super) fn vertical_line(&mut self, x: i32, width: i32, area: Area, colour: Rgb) {
        let left = x - width / 2;
        self.fill(Area { left, right: left + width, ..area }, colour);
    }

    /// Draws a line from left to right of an area, centred on `y`; the extra pixel of an odd width is below.
    pub(super) fn horizontal_line(&mut self, y: i32, width: i32, area: Area, colour: Rgb) {
        let top = y - width / 2;
        self.fill(Area { top, bottom: top + width, ..area }, colour);
    }

    /// Draws a disc; positions are in pixels from the upper left corner of the image.
    pub(super) fn disc(&mut self, centre: Vec2, radius: f32, colour: Rgb) {
        if let Some(path) = PathBuilder::from_circle(centre.x, centre.y, radius) {
            self.path(&path, colour);
        }
    }

    /// Draws a circle with its line centred on the radius.
    pub(super) fn ring(&mut self, centre: Vec2, radius: f32, width: f32, colour: Rgb) {
        if let Some(path) = PathBuilder::from_circle(centre.x, centre.y, radius) {
            let stroke = Stroke { width, ..Stroke::default() };
            self.pixmap.stroke_path(&path, &paint(colour), &stroke, Transform::identity(), None);
        }
    }

    /// Fills a path by the non-zero rule.
    pub(super) fn path(&mut self, path: &Path, colour: Rgb) {
        self.pixmap.fill_path(path, &paint(colour), FillRule::Winding, Transform::identity(), None);
    }
}

fn paint(colour: Rgb) -> Paint<'static> {
    let [r, g, b] = colour;
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, 255);
    paint
}
