//! Test pictures of an output: what it shows while somebody sets it up.
//!
//! They are drawn on the CPU, once per mode and size, in output pixels: nothing of them is warped, masked or blended. What
//! is meant to be sharp lies on whole pixels, so that a picture that comes out soft was scaled on the way.
//!
//! ```text
//! Layout (what goes where) ──► ground, rulers, rings, parts, words ──► Sheet ──► RGBA8
//! ```

mod ground;
mod layout;
mod parts;
mod sheet;
#[cfg(test)]
mod tests;
mod words;

use glam::UVec2;

use layout::Layout;
use sheet::{Area, Rgb, Sheet};
use words::Words;

/// What an output shows in place of the show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TestMode {
    /// Nothing in place of it: the show.
    #[default]
    None,
    /// Black, as if the lens were covered.
    Muted,
    /// White, all of it: what the lens reaches.
    White,
    /// Its surfaces in white, with their masks and soft edges: what is lit.
    Masked,
    /// The test picture, unwarped: see [`pattern`].
    Pattern,
    /// A still wall of faces, warped: what the building will look like.
    Faces,
}

impl TestMode {
    /// All of them, in the order in which a key steps through them.
    pub const ALL: [Self; 6] = [Self::None, Self::Muted, Self::White, Self::Masked, Self::Pattern, Self::Faces];

    /// The next one; after the last comes the first.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::None => Self::Muted,
            Self::Muted => Self::White,
            Self::White => Self::Masked,
            Self::Masked => Self::Pattern,
            Self::Pattern => Self::Faces,
            Self::Faces => Self::None,
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "show",
            Self::Muted => "muted",
            Self::White => "white",
            Self::Masked => "masked",
            Self::Pattern => "pattern",
            Self::Faces => "faces",
        }
    }
}

/// Colours of the outputs, two and two of which make white together: where the lines of outputs 1 and 2 lie on each
/// other on the building, they turn white.
const ACCENTS: [Rgb; 6] = [[0, 255, 255], [255, 0, 0], [255, 255, 0], [0, 0, 255], [0, 255, 0], [255, 0, 255]];

/// The colour that output `number` (from 1) draws its lines in.
#[must_use]
pub const fn accent(number: usize) -> [u8; 3] {
    ACCENTS[number.saturating_sub(1) % ACCENTS.len()]
}

/// Below this many pixels a side there is a border, a cross and the number, and nothing else.
const LEAST_SIDE: i32 = 160;

/// The test picture of an output: `size` in pixels, its number from 1, its name. RGBA8, row by row from the top, opaque.
///
/// A border on the very first and last rows and columns; a grid of round cells, with rulers along the edges in pixels;
/// a cross through the middle; true circles; stars for the focus in the corners; colour bars; lines of 1, 2 and 3 pixels;
/// a grey wedge of 11 steps, and patches that are nearly black and nearly white; and the number and the name, to be read
/// from across the street.
#[must_use]
pub fn pattern(size: UVec2, number: usize, name: &str) -> Vec<u8> {
    let Some(mut sheet) = Sheet::new(size) else { return Vec::new() };
    let layout = Layout::new(sheet.size());
    let mut words = Words::new();
    let accent = accent(number);
    if sheet.size().min_element() < LEAST_SIDE {
        let whole = Area::of(0, 0, sheet.size());
        ground::cross(&mut sheet, &layout, accent);
        words.fit(&mut sheet, &number.to_string(), whole.inset(whole.size().min_element() / 6), sheet::WHITE);
        ground::border(&mut sheet);
        return sheet.into_bytes();
    }
    ground::grid(&mut sheet, &layout, accent);
    ground::cross(&mut sheet, &layout, accent);
    ground::rulers(&mut sheet, &layout, &mut words);
    ground::rings(&mut sheet, &layout, accent);
    for centre in layout.corners() {
        parts::star(&mut sheet, &layout, centre);
    }
    let [bars, lines] = layout.sides();
    parts::colour_bars(&mut sheet, &layout, bars);
    parts::fine_lines(&mut sheet, &layout, lines);
    parts::greys(&mut sheet, &layout);
    let title = format!("{} × {}", size.x, size.y);
    words.fit(&mut sheet, &number.to_string(), layout.in_disc(2.5, -2.95, -0.42), sheet::WHITE);
    words.fit(&mut sheet, name, layout.in_disc(3.3, 0.42, 1.22), sheet::WHITE);
    words.fit(&mut sheet, &title, layout.in_disc(1.6, 1.5, 1.76), accent.map(|channel| channel.max(96)));
    ground::border(&mut sheet);
    sheet.into_bytes()
}

/// Which output this is: its number and name on black, as large as they go. RGBA8, row by row from the top, opaque.
#[must_use]
pub fn identify(size: UVec2, number: usize, name: &str) -> Vec<u8> {
    let Some(mut sheet) = Sheet::new(size) else { return Vec::new() };
    let mut words = Words::new();
    let whole = Area::of(0, 0, sheet.size());
    let margin = whole.size().min_element() / 10;
    let inner = whole.inset(margin);
    if name.trim().is_empty() {
        words.fit(&mut sheet, &number.to_string(), inner, sheet::WHITE);
        return sheet.into_bytes();
    }
    let split = inner.top + inner.size().y * 68 / 100;
    words.fit(&mut sheet, &number.to_string(), Area { bottom: split - margin / 2, ..inner }, sheet::WHITE);
    words.fit(&mut sheet, name, Area { top: split + margin / 2, ..inner }, sheet::WHITE);
    sheet.into_bytes()
}
