//! Test patterns of an output, for its alignment and focus.
//!
//! They are rendered on the CPU, once for each mode and size, in output pixels: neither warped, nor masked, nor blended. Lines
//! lie on whole pixels, so that a soft image shows that it was scaled on the way.
//!
//! ```text
//! Layout ──► grid, rulers, circles, charts, text ──► Painter ──► RGBA8
//! ```

mod charts;
mod grid;
mod layout;
mod painter;
#[cfg(test)]
mod tests;
mod typesetter;

use glam::UVec2;

use layout::Layout;
use painter::{Area, Painter, Rgb};
use typesetter::Typesetter;

/// The colours of outputs, in complementary pairs: where lines of outputs 1 and 2 coincide on the building, they are white.
const ACCENTS: [Rgb; 6] = [[0, 255, 255], [255, 0, 0], [255, 255, 0], [0, 0, 255], [0, 255, 0], [255, 0, 255]];

/// The colour of the lines of output `number`, from 1.
#[must_use]
pub const fn accent(number: usize) -> [u8; 3] {
    ACCENTS[number.saturating_sub(1) % ACCENTS.len()]
}

/// The side in pixels below which there is only a border, a cross and the number.
const LEAST_SIDE: i32 = 160;

/// Renders the test pattern of an output of a size in pixels, with its number, from 1, and name. RGBA8, opaque, row by row from
/// the top; empty for no pixels or too many.
///
/// A border on the outermost pixels; a grid, with rulers in pixels along the edges; a cross through the middle; circles; Siemens
/// stars for the focus in the corners; colour bars; lines of 1, 2 and 3 pixels; a grey wedge of 11 steps, with patches near
/// black and near white; and the number and the name, legible from across the street.
#[must_use]
pub fn pattern(size: UVec2, number: usize, name: &str) -> Vec<u8> {
    let Some(mut painter) = Painter::new(size) else { return Vec::new() };
    let layout = Layout::new(painter.size());
    let mut typesetter = Typesetter::new();
    let accent = accent(number);
    if painter.size().min_element() < LEAST_SIDE {
        let whole = Area::of(0, 0, painter.size());
        grid::cross(&mut painter, &layout, accent);
        typesetter.fit(&mut painter, &number.to_string(), whole.inset(whole.size().min_element() / 6), painter::WHITE);
        grid::border(&mut painter);
        return painter.into_bytes();
    }
    grid::grid(&mut painter, &layout, accent);
    grid::cross(&mut painter, &layout, accent);
    grid::rulers(&mut painter, &layout, &mut typesetter);
    grid::circles(&mut painter, &layout, accent);
    for centre in layout.corners() {
        charts::siemens_star(&mut painter, &layout, centre);
    }
    let [bars, lines] = layout.side_panels();
    charts::colour_bars(&mut painter, &layout, bars);
    charts::fine_lines(&mut painter, &layout, lines);
    charts::grey_scale(&mut painter, &layout);
    let title = format!("{} × {}", size.x, size.y);
    typesetter.fit(&mut painter, &number.to_string(), layout.in_disc(2.5, -2.95, -0.42), painter::WHITE);
    typesetter.fit(&mut painter, name, layout.in_disc(3.3, 0.42, 1.22), painter::WHITE);
    typesetter.fit(&mut painter, &title, layout.in_disc(1.6, 1.5, 1.76), accent.map(|channel| channel.max(96)));
    grid::border(&mut painter);
    painter.into_bytes()
}

/// Renders the number and name of an output on black, as large as they fit. RGBA8, opaque, row by row from the top.
#[must_use]
pub fn identify(size: UVec2, number: usize, name: &str) -> Vec<u8> {
    let Some(mut painter) = Painter::new(size) else { return Vec::new() };
    let mut typesetter = Typesetter::new();
    let whole = Area::of(0, 0, painter.size());
    let margin = whole.size().min_element() / 10;
    let inner = whole.inset(margin);
    if name.trim().is_empty() {
        typesetter.fit(&mut painter, &number.to_string(), inner, painter::WHITE);
        return painter.into_bytes();
    }
    let split = inner.top + inner.size().y * 68 / 100;
    typesetter.fit(&mut painter, &number.to_string(), Area { bottom: split - margin / 2, ..inner }, painter::WHITE);
    typesetter.fit(&mut painter, name, Area { top: split + margin / 2, ..inner }, painter::WHITE);
    painter.into_bytes()
}
