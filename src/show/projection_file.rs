//! The projection as a file: what was set by eye for a wall, kept for the next night.

use std::path::Path;

use toml::de::DeTable;

use crate::problem::Problems;
use crate::reading::{Disk, Key, Keys, Number, Reading, Same, Table, TableReader, read_file};
use crate::tone::{Projection, projection_ranges as may};

impl Table for Projection {
    fn keys<K: Keys>(&mut self, keys: &mut K) {
        let gamma = "Above 1 lifts the middle greys, below 1 lowers them.";
        let black = "The level that black is lifted to inside tiles, where street lamps swallow the shadows.";
        let white = "The level that white is held to, where the projector would blind.";
        let paint = "The colour of the wall, red, green and blue in sRGB; what is thrown is coloured the other way.";
        keys.key(Key::new("gamma", gamma), &mut self.gamma, &may::GAMMA);
        keys.key(Key::new("black", black), &mut self.black, &may::BLACK);
        keys.key(Key::new("white", white), &mut self.white, &may::WHITE);
        keys.key(Key::new("paint", paint), &mut self.paint, &Same::<Number>(may::PAINT));
    }

    fn check(&self, file: &mut TableReader<'_, '_, '_>) {
        if let Err(error) = self.validate() {
            file.wrong(error.name, error.to_string());
        }
    }
}

pub(super) fn projection_of(reading: &mut Reading<'_>, table: &DeTable<'_>) -> Option<Projection> {
    reading.table(table, 0..0, Projection::default(), true, |_| None)
}

/// Parses and checks the text of a projection file.
///
/// # Errors
/// All that is wrong, and where.
pub fn parse_projection(path: &Path, text: &str) -> Result<Projection, Problems> {
    Reading::read(path, text, &Disk, projection_of)
}

/// Reads a projection file.
///
/// # Errors
/// As [`parse_projection`], and when the file cannot be read.
pub fn read_projection(path: &Path) -> Result<Projection, Problems> {
    read_file(path, &Disk, projection_of).result
}

/// The text of a projection file.
#[must_use]
pub fn projection_text(projection: &Projection) -> String {
    let Projection { gamma, black, white, paint: [red, green, blue] } = projection;
    format!(
        "# What the building needs of the picture; set with the T key.\n\
         gamma = {gamma:.2}\nblack = {black:.2}\nwhite = {white:.2}\npaint = [{red:.3}, {green:.3}, {blue:.3}]\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let projection = Projection { gamma: 1.25, black: 0.05, white: 0.9, paint: [0.72, 0.47, 0.38] };
        assert_eq!(parse_projection(Path::new("wall.toml"), &projection_text(&projection)).unwrap(), projection);
        assert_eq!(parse_projection(Path::new("wall.toml"), "").unwrap(), Projection::default());
    }

    #[test]
    fn mistakes_are_found_at_their_place() {
        let problem = parse_projection(Path::new("wall.toml"), "gamma = 1.0\nwhite = 7.0\n").unwrap_err();
        assert!(problem.to_string().starts_with("wall.toml:2:9"), "{problem}");
    }
}
