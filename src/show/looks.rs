//! Looks as files: named ones that scenes build on and the operator steps through.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::problem::{Place, Problem};
use crate::tone::Look;

/// A look that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedLook {
    /// The file's name without `.toml`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How it looks.
    pub look: Look,
}

/// The looks that the program carries, in the order in which the key steps through them: name of the file, text.
pub const EMBEDDED_LOOKS: [(&str, &str); 4] = [
    ("silver", include_str!("../../looks/silver.toml")),
    ("newsprint", include_str!("../../looks/newsprint.toml")),
    ("street", include_str!("../../looks/street.toml")),
    ("stencil", include_str!("../../looks/stencil.toml")),
];

/// The file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookFile {
    name: String,
    #[serde(default)]
    look: LookPatch,
}

/// Declares [`LookPatch`] with an optional value for each of a look's.
macro_rules! patch {
    ($($field:ident: $kind:ty),+ $(,)?) => {
        /// The `[look]` table of a file: what it says, on top of what it builds on.
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct LookPatch {
            /// A look that the program carries, which the others change.
            base: Option<String>,
            $($field: Option<$kind>,)+
        }

        impl LookPatch {
            fn over(&self, base: Look) -> Look {
                // Every field by name, so that a new one cannot be forgotten here.
                Look { $($field: self.$field.unwrap_or(base.$field)),+ }
            }
        }
    };
}

patch! {
    unity: f32, clarity: f32, color: f32, mix: [f32; 3], exposure: f32, contrast: f32, black: f32, white: f32,
    gamma: f32, vignette: f32, grain: f32, tint: [f32; 3], halftone: f32, dots: f32, stencil: f32, threshold: f32,
}

impl LookPatch {
    /// The look that the table of a file describes.
    ///
    /// # Errors
    /// What is out of range, or a base that there is not, with its place in `text`.
    pub(super) fn resolve(&self, path: &Path, text: &str) -> Result<Look, Problem> {
        let place = |key: &str| Place::of_key(text, key);
        let base = match &self.base {
            None => Look::default(),
            Some(id) => find_look(id).map(|named| named.look).map_err(|problem| Problem {
                path: path.to_owned(),
                place: place("base"),
                ..problem
            })?,
        };
        let look = self.over(base);
        look.validate().map_err(|error| Problem {
            message: error.to_string(),
            advice: None,
            path: path.to_owned(),
            place: place(error.name),
        })?;
        Ok(look)
    }
}

impl NamedLook {
    /// Parses and checks the text of a look file.
    ///
    /// # Errors
    /// What is wrong and where; an unknown key with the nearest known one.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problem> {
        let file: LookFile = toml::from_str(text).map_err(|error| Problem::toml(path, text, &error))?;
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { id, name: file.name, look: file.look.resolve(path, text)? })
    }

    /// The looks that the program carries.
    ///
    /// # Errors
    /// Never in a released program: a test parses them all.
    pub fn embedded() -> Result<Vec<Self>, Problem> {
        EMBEDDED_LOOKS.iter().map(|(id, text)| Self::parse(&PathBuf::from(format!("{id}.toml")), text)).collect()
    }
}

/// Finds a look by what a person wrote: the path of a file, or the name of one that the program carries.
///
/// # Errors
/// When the file is wrong, or nothing has that name; then the names that there are.
pub fn find_look(wanted: &str) -> Result<NamedLook, Problem> {
    let path = Path::new(wanted);
    if path.extension().is_some_and(|extension| extension == "toml") {
        let text =
            std::fs::read_to_string(path).map_err(|error| Problem::whole(path, format!("cannot be read: {error}")))?;
        return NamedLook::parse(path, &text);
    }
    match EMBEDDED_LOOKS.iter().find(|(id, _)| *id == wanted) {
        Some((id, text)) => NamedLook::parse(&PathBuf::from(format!("{id}.toml")), text),
        None => {
            let names: Vec<_> = EMBEDDED_LOOKS.iter().map(|(id, _)| *id).collect();
            let advice = format!("take one of {}, or the path of a look file that ends in .toml", names.join(", "));
            Err(Problem { advice: Some(advice), ..Problem::whole(path, format!("no look has the name `{wanted}`")) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_look_parses_and_they_differ() {
        let looks = NamedLook::embedded().unwrap();
        for (index, look) in looks.iter().enumerate() {
            assert!(looks[..index].iter().all(|other| other.look != look.look && other.name != look.name));
            assert_eq!(look.look.unity, 1.0, "{}: one light for all", look.id);
        }
    }

    #[test]
    fn a_table_says_only_what_differs_from_its_base() {
        let text = "name = \"Mine\"\n[look]\nbase = \"street\"\ngrain = 0.3\n";
        let mine = NamedLook::parse(Path::new("mine.toml"), text).unwrap();
        assert_eq!(mine.look, Look { grain: 0.3, ..find_look("street").unwrap().look });
    }

    #[test]
    fn mistakes_are_found_at_their_place() {
        let wrong = |text: &str| NamedLook::parse(Path::new("mine.toml"), text).unwrap_err().to_string();
        let text = wrong("name = \"x\"\n[look]\nbase = \"sliver\"\n");
        assert!(text.starts_with("mine.toml:3:1: no look has the name `sliver`") && text.contains("silver"), "{text}");
        let text = wrong("name = \"x\"\n[look]\nclarity = 3.0\n");
        assert!(text.starts_with("mine.toml:3:1") && text.contains("take 0 to 2"), "{text}");
        assert!(wrong("name = \"x\"\n[look]\nhalftoen = 1.0\n").contains("did you mean `halftone`?"));
        assert!(find_look("gold").unwrap_err().to_string().contains("newsprint"));
    }
}
