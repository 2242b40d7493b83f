//! Look files. See [`NamedLook`].

use std::path::Path;

use schemars::Schema;
use toml::de::DeTable;

use super::LookId;
use super::embedded::{self, EmbeddedFile, embedded_files};
use millions_base::{Diagnostic, Diagnostics, Disk, Files, Loaded, Range};
use millions_config::{
    Key, KeyVisitor, Optional, Parser, Section, SectionParser, SpannedValue, StringValue, Subsection, Uniform,
    ValueType, describe, entitle, read_file,
};
use millions_wall::tone::{Look, look_ranges as may};

/// A look file: a look that scenes build on and the operator steps through.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedLook {
    /// The file's name without `.toml`.
    pub id: LookId,
    /// The name to display.
    pub name: String,
    /// The look.
    pub look: Look,
}

/// The embedded looks, in the order in which the operator steps through them.
pub const EMBEDDED_LOOKS: [EmbeddedFile; 4] = embedded_files!["looks": "silver", "newsprint", "street", "stencil"];

/// The `[look]` table of a file: its values, on top of those of its base.
#[derive(Clone, Debug, Default)]
pub(super) struct LookSection {
    base: Option<NamedLook>,
    pub look: Look,
}

impl Section for LookSection {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(
            Key::new("base", "The look that the other keys change: a name, or a file."),
            &mut self.base,
            &Optional(LookName),
        );
        if let Some(base) = self.base.take() {
            self.look = base.look;
        }
        let look = &mut self.look;
        let mut key = |name, description, value: &mut f32, value_type: Range| {
            keys.key(Key::new(name, description), value, &value_type)
        };
        let exposure_matching = "How far each portrait's own light is undone: as shot (0) to one light for all (1).";
        key("exposure_matching", exposure_matching, &mut look.exposure_matching, may::EXPOSURE_MATCHING);
        key("clarity", "Local contrast, so that a face reads from across the street.", &mut look.clarity, may::CLARITY);
        key("color", "From black and white (0) to colour as contributed (1).", &mut look.color, may::COLOR);
        key("exposure", "Stops of light.", &mut look.exposure, may::EXPOSURE);
        key("contrast", "-1 (flat) to 1 (steep).", &mut look.contrast, may::CONTRAST);
        key("black", "The value that becomes black.", &mut look.black, may::BLACK);
        key("white", "The value that becomes white, above `black`.", &mut look.white, may::WHITE);
        key("gamma", "Above 1 lifts the middle greys, below 1 lowers them.", &mut look.gamma, may::GAMMA);
        key("vignette", "How much the wall's corners darken.", &mut look.vignette, may::VIGNETTE);
        key("grain", "Film grain.", &mut look.grain, may::GRAIN);
        let halftone = "How far the tones are broken into the dots of a newspaper's screen.";
        key("halftone", halftone, &mut look.halftone, may::HALFTONE);
        key("dots", "Dots over a tile's height.", &mut look.dots, may::DOTS);
        key("stencil", "How far the tones are cut into black and white.", &mut look.stencil, may::STENCIL);
        key("threshold", "The level of that cut.", &mut look.threshold, may::THRESHOLD);
        let mix = "How much red, green and blue count in the grey; only their proportion matters.";
        keys.key(Key::new("mix", mix), &mut look.mix, &Uniform::<Range>(may::MIX));
        let tint = "What white looks like, red, green and blue: a warm or cold print.";
        keys.key(Key::new("tint", tint), &mut look.tint, &Uniform::<Range>(may::TINT));
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        if let Err(error) = self.look.validate() {
            // The three values of a key have its name.
            let key = error
                .name
                .split_once('_')
                .filter(|(key, _)| ["mix", "tint"].contains(key))
                .map_or(error.name, |(key, _)| key);
            file.error(key, error.to_string());
        }
    }
}

/// A look file.
#[derive(Clone, Debug, Default)]
struct LookFile {
    name: String,
    look: LookSection,
}

impl Section for LookFile {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("name", "The look's name to display."), &mut self.name, &StringValue);
        keys.key(Key::new("look", "The look of the wall."), &mut self.look, &Subsection(LookSection::default()));
    }
}

/// The value type of a look: the id of an embedded one, or a file, which ends in .toml.
pub(super) struct LookName;

impl ValueType<NamedLook> for LookName {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<NamedLook> {
        let wanted = StringValue.read(key, spanned, parser)?;
        if !wanted.ends_with(".toml") {
            return match embedded::find("look", &wanted, &EMBEDDED_LOOKS) {
                // A test parses them all.
                Ok((path, text)) => NamedLook::parse(&path, text).ok(),
                Err(Diagnostic { message, help, .. }) => parser.reject(spanned, message, help),
            };
        }
        parser.named_file(spanned, &wanted, |path, files| NamedLook::read(path, files).result)
    }

    fn describe(&self, _: Option<&NamedLook>) -> Schema {
        embedded::id_schema(EMBEDDED_LOOKS.iter().map(|file| file.id).collect())
    }
}

impl NamedLook {
    /// Parses and checks the text of a look file; its base is read from the disk.
    ///
    /// # Errors
    /// All diagnostics.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        Parser::read(path, text, &Disk, |parser, table| Self::of(path, parser, table))
    }

    /// Reads a look file.
    pub fn read(path: &Path, files: &dyn Files) -> Loaded<Self> {
        read_file(path, files, |parser, table| Self::of(path, parser, table))
    }

    pub(super) fn of(path: &Path, parser: &mut Parser<'_>, table: &DeTable<'_>) -> Option<Self> {
        let file = parser.table(table, 0..0, LookFile::default(), true, |_| None)?;
        Some(Self { id: embedded::id_of(path), name: file.name, look: file.look.look })
    }

    /// Returns the embedded looks.
    ///
    /// # Errors
    /// Never in a released program: a test parses them all.
    pub fn embedded() -> Result<Vec<Self>, Diagnostics> {
        embedded::parse_all(&EMBEDDED_LOOKS, Self::parse)
    }
}

/// Finds a look by the path of a file or the id of an embedded one.
///
/// # Errors
/// The diagnostics of the file, or of an unknown id.
pub fn find_look(wanted: &str) -> Result<NamedLook, Diagnostics> {
    if wanted.ends_with(".toml") {
        return NamedLook::read(Path::new(wanted), &Disk).result;
    }
    let (path, text) = embedded::find("look", wanted, &EMBEDDED_LOOKS)?;
    NamedLook::parse(&path, text)
}

/// Returns the JSON Schema of look files.
#[must_use]
pub fn look_schema() -> Schema {
    let mut schema = describe(LookFile::default());
    entitle(&mut schema, "A look of the wall", "How the wall is graded: a name, and a [look] table.");
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_base::MemoryFiles;
    use std::path::PathBuf;

    #[test]
    fn every_embedded_look_parses_and_they_differ() {
        let looks = NamedLook::embedded().unwrap();
        for (index, look) in looks.iter().enumerate() {
            assert!(looks[..index].iter().all(|other| other.look != look.look && other.name != look.name));
            assert_eq!(look.look.exposure_matching, 1.0, "{}: one light for all", look.id);
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
        assert!(text.starts_with("mine.toml:3:8: no look has the name `sliver`") && text.contains("silver"), "{text}");
        let text = wrong("name = \"x\"\n[look]\nclarity = 3.0\nhalftoen = 1.0\nmix = [9, 1, 1]\n");
        assert!(text.contains("mine.toml:3:11: `clarity` is 3.0: take 0 to 2"), "{text}");
        assert!(text.contains("mine.toml:4:1") && text.contains("did you mean `halftone`?"), "{text}");
        assert!(text.contains("mine.toml:5:8: `mix` is 9: take -2 to 3 for each weight"), "{text}");
        let text = wrong("name = \"x\"\n[look]\nblack = 0.5\nwhite = 0.5\n");
        assert!(text.contains("mine.toml:4:9") && text.contains("above `black`"), "{text}");
        assert!(find_look("gold").unwrap_err().to_string().contains("newsprint"));
    }

    #[test]
    fn looks_that_build_on_each_other_in_a_cycle_are_an_error() {
        let files = MemoryFiles::new([
            ("a.toml", "name = \"A\"\n[look]\nbase = \"x/b.toml\"\n"),
            ("x/b.toml", "name = \"B\"\n[look]\nbase = \"../a.toml\"\ngrain = 0.5\n"),
            ("c.toml", "name = \"C\"\n[look]\nbase = \"d.toml\"\n"),
            ("d.toml", "name = \"D\"\n[look]\ngrain = 0.5\n"),
        ]);
        let read = NamedLook::read(Path::new("a.toml"), &files);
        assert!(read.result.unwrap_err().to_string().contains("itself"));
        let read = NamedLook::read(Path::new("c.toml"), &files);
        assert_eq!(read.result.unwrap().look.grain, 0.5);
        assert_eq!(read.files, [PathBuf::from("c.toml"), PathBuf::from("d.toml")]);
    }
}
