//! The shaders of a show: the program's, some of them replaced, and effects. See [`ShaderSet`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::loop_bound::bounded;
use super::shaders::{self, ALL, EFFECT, Shader};
use millions_base::Diagnostic;

/// A shader file of a show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShaderFile {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl ShaderFile {
    fn read(path: PathBuf) -> Result<Self, Diagnostic> {
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(error) => Err(Diagnostic::unread(&path, &error)),
        }
    }
}

/// The shader files of a show; by default none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShaderSet {
    /// Replacements of the program's shaders, by name.
    replaced: BTreeMap<&'static str, ShaderFile>,
    /// In the order in which they are applied.
    effects: Vec<ShaderFile>,
}

impl ShaderSet {
    /// Reads and validates a show's shaders, without a GPU: files in `folder` with names of the program's shaders, and
    /// `effects`.
    ///
    /// # Errors
    /// The first that cannot be read or is invalid, with its place.
    pub fn read(folder: Option<&Path>, effects: &[PathBuf]) -> Result<Self, Diagnostic> {
        let mut set = Self::default();
        for shader in ALL {
            let Some(path) = folder.map(|folder| folder.join(shader.name)).filter(|path| path.is_file()) else {
                continue;
            };
            set.replaced.insert(shader.name, ShaderFile::read(path)?);
        }
        for path in effects {
            set.effects.push(ShaderFile::read(path.clone())?);
        }
        set.check()?;
        Ok(set)
    }

    /// Its files: those that replace one of the program's shaders, with that one's name, and effects, in their order.
    pub fn files(&self) -> impl Iterator<Item = (Option<&'static str>, &ShaderFile)> {
        let replaced = self.replaced.iter().map(|(name, file)| (Some(*name), file));
        replaced.chain(self.effects.iter().map(|file| (None, file)))
    }

    /// A set of such files; those with a name that no shader of the program has are left out.
    ///
    /// # Errors
    /// The first that is invalid, with its place.
    pub fn of_files(files: impl IntoIterator<Item = (Option<String>, ShaderFile)>) -> Result<Self, Diagnostic> {
        let mut set = Self::default();
        for (name, file) in files {
            match name {
                None => set.effects.push(file),
                Some(name) => {
                    let shader = ALL.iter().find(|shader| shader.name == name);
                    set.replaced.extend(shader.map(|shader| (shader.name, file)));
                }
            }
        }
        set.check()?;
        Ok(set)
    }

    /// Whether the show has no shaders of its own.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it has effects.
    #[must_use]
    pub const fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// The text to compile for one of the program's shaders, with its shared files.
    #[must_use]
    pub fn source(&self, shader: &Shader) -> String {
        let source = format!("{}\n{}", self.text(shader), self.shared(shader));
        let is_replaced = |shader: &Shader| self.replaced.contains_key(shader.name);
        // People's loops are bounded, the program's own have a bound.
        if is_replaced(shader) || shader.with.iter().any(is_replaced) { bounded(&source) } else { source }
    }

    fn text(&self, shader: &Shader) -> &str {
        self.replaced.get(shader.name).map_or(shader.text, |file| &file.text)
    }

    fn shared(&self, shader: &Shader) -> String {
        shader.with.iter().map(|shader| self.text(shader)).collect::<Vec<_>>().join("\n")
    }

    /// The effects' paths, and the texts to compile, whose loops are bounded.
    pub fn effects(&self) -> impl Iterator<Item = (&Path, String)> {
        self.effects.iter().map(|file| (file.path.as_path(), format!("{}\n{}", bounded(&file.text), EFFECT.text)))
    }

    /// The file to name in errors of one of the program's shaders: its replacement, or that of one of its shared files.
    #[must_use]
    pub fn file_of(&self, shader: &Shader) -> PathBuf {
        let shared = || shader.with.iter().find_map(|shared| self.replaced.get(shared.name));
        let own = self.replaced.get(shader.name).or_else(shared);
        own.map_or_else(|| PathBuf::from(shader.name), |file| file.path.clone())
    }

    /// Validates every replacement, and every shader that a replaced shared file is compiled with.
    fn check(&self) -> Result<(), Diagnostic> {
        for (name, ShaderFile { path, text }) in &self.replaced {
            for dependent in ALL.iter().filter(|shader| shader.with.iter().any(|shared| shared.name == *name)) {
                let others = dependent.with.iter().filter(|shared| shared.name != *name);
                let others: Vec<_> = others.map(|shared| self.text(shared)).collect();
                shaders::check_parts(path, self.text(dependent), text, &others.join("\n"))?;
            }
            let own = ALL.iter().find(|shader| shader.name == *name);
            let shared = own.map_or_else(String::new, |shader| self.shared(shader));
            let module = shaders::check_parts(path, "", text, &shared)?;
            own.map_or(Ok(()), |own| own.has_constants(path, &module))?;
        }
        for ShaderFile { path, text } in &self.effects {
            shaders::check_effect(path, text)?;
            // As it is compiled. An error there has no place in the file that was written.
            shaders::check_effect(path, &bounded(text)).map_err(|error| Diagnostic {
                help: Some(
                    "its loops cannot be bounded as they are: write them otherwise, or with a fixed count".to_owned(),
                ),
                location: None,
                ..error
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::shaders::TONE;
    use super::*;
    use std::fs;

    #[test]
    fn a_shows_shaders_are_read_and_errors_have_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name)
        };
        let read = |effects: &[PathBuf]| ShaderSet::read(Some(folder.path()), effects);
        assert!(read(&[]).unwrap().is_plain());
        let wave =
            file("wave.wgsl", "fn effect(p: vec2f) -> vec3f {\n    return picture(p) * abs(sin(frame.time));\n}\n");
        assert!(read(std::slice::from_ref(&wave)).unwrap().has_effects());
        file("wave.wgsl", "fn effect(p: vec2f) -> vec3f {\n    return pictrue(p);\n}\n");
        let error = read(std::slice::from_ref(&wave)).unwrap_err();
        assert_eq!(error.location.as_ref().unwrap().line, 2, "{error}");
        file("wave.wgsl", "fn other() {}\n");
        assert!(read(std::slice::from_ref(&wave)).unwrap_err().to_string().contains("fn effect"));

        file("tone.wgsl", &TONE.text.replace("fn curve_grey(", "fn curve_gray("));
        let error = read(&[]).unwrap_err();
        assert!(error.path.ends_with("tone.wgsl"), "{error}");
        file("tone.wgsl", &format!("// Mine.\n{}", TONE.text));
        let set = read(&[]).unwrap();
        assert!(!set.is_plain());
        let files = set.files().map(|(name, file)| (name.map(str::to_owned), file.clone()));
        assert_eq!(ShaderSet::of_files(files).unwrap(), set);
    }
}
