//! The projection as a file: what was set by eye for a wall, kept for the next night.

use std::path::Path;

use crate::problem::{Place, Problem};
use crate::tone::Projection;

/// Parses and checks the text of a projection file.
///
/// # Errors
/// What is wrong and where.
pub fn parse_projection(path: &Path, text: &str) -> Result<Projection, Problem> {
    let projection: Projection = toml::from_str(text).map_err(|error| Problem::toml(path, text, &error))?;
    projection.validate().map_err(|error| Problem {
        message: error.to_string(),
        advice: None,
        path: path.to_owned(),
        place: Place::of_key(text, error.name),
    })?;
    Ok(projection)
}

/// Reads a projection file.
///
/// # Errors
/// As [`parse_projection`], and when the file cannot be read.
pub fn read_projection(path: &Path) -> Result<Projection, Problem> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Problem::whole(path, format!("cannot be read: {error}")))?;
    parse_projection(path, &text)
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
        assert!(problem.to_string().starts_with("wall.toml:2:1"), "{problem}");
    }
}
