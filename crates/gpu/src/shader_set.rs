//! The shaders of a show: the program's, some of them replaced, and effects. See [`ShaderSet`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::shaders::{self, ALL, EFFECT, Shader};
use millions_base::Diagnostic;

/// A shader's file and text.
type Own = (PathBuf, String);

/// The shaders that a show has of its own; the default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShaderSet {
    /// In the place of the program's, by their names.
    replaced: BTreeMap<&'static str, Own>,
    /// Over the picture, in their order.
    effects: Vec<Own>,
}

impl ShaderSet {
    /// Reads a show's shaders: in `folder` those that are named as the program's own, and `effects`.
    ///
    /// # Errors
    /// The first that cannot be read or is wrong, with its place. Nothing is compiled on a GPU yet.
    pub fn read(folder: Option<&Path>, effects: &[PathBuf]) -> Result<Self, Diagnostic> {
        let mut set = Self::default();
        for shader in ALL {
            let Some(path) = folder.map(|folder| folder.join(shader.name)).filter(|path| path.is_file()) else {
                continue;
            };
            let text = std::fs::read_to_string(&path).map_err(|error| Diagnostic::unread(&path, &error))?;
            set.replaced.insert(shader.name, (path, text));
        }
        for path in effects {
            let text = std::fs::read_to_string(path).map_err(|error| Diagnostic::unread(path, &error))?;
            set.effects.push((path.clone(), text));
        }
        set.check()?;
        Ok(set)
    }

    /// Whether the program's own shaders are all there is.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether something lies over the picture.
    #[must_use]
    pub const fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// The text to compile in the place of one of the program's shaders.
    #[must_use]
    pub fn source(&self, shader: &Shader) -> String {
        format!("{}\n{}", self.text(shader), self.shared(shader))
    }

    fn text(&self, shader: &Shader) -> &str {
        self.replaced.get(shader.name).map_or(shader.text, |(_, text)| text)
    }

    /// The texts of the files that a shader is compiled with.
    fn shared(&self, shader: &Shader) -> String {
        shader.with.iter().map(|shader| self.text(shader)).collect::<Vec<_>>().join("\n")
    }

    /// The texts to compile of the effects, with their files.
    pub fn effects(&self) -> impl Iterator<Item = (&Path, String)> {
        self.effects.iter().map(|(path, text)| (path.as_path(), format!("{text}\n{}", EFFECT.text)))
    }

    /// The file that a mistake in one of the program's shaders is told of: its own, or that of a shared one that it is built with.
    #[must_use]
    pub fn file_of(&self, shader: &Shader) -> PathBuf {
        let shared = || shader.with.iter().find_map(|shared| self.replaced.get(shared.name));
        let own = self.replaced.get(shader.name).or_else(shared);
        own.map_or_else(|| PathBuf::from(shader.name), |(path, _)| path.clone())
    }

    /// Checks every shader that a replaced one has a part in, in all of its variants, without a GPU.
    fn check(&self) -> Result<(), Diagnostic> {
        for (name, (path, text)) in &self.replaced {
            // Those that are built with it come before it, and its mistakes are in it.
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
        for (path, text) in &self.effects {
            shaders::check_effect(path, text)?;
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
    fn a_shows_shaders_are_read_and_mistakes_have_their_place() {
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
        let problem = read(std::slice::from_ref(&wave)).unwrap_err();
        assert_eq!(problem.location.as_ref().unwrap().line, 2, "{problem}");
        file("wave.wgsl", "fn other() {}\n");
        assert!(read(std::slice::from_ref(&wave)).unwrap_err().to_string().contains("fn effect"));

        file("tone.wgsl", &TONE.text.replace("fn curve_grey(", "fn curve_gray("));
        let problem = read(&[]).unwrap_err();
        assert!(problem.path.ends_with("tone.wgsl"), "{problem}");
        file("tone.wgsl", &format!("// Mine.\n{}", TONE.text));
        assert!(!read(&[]).unwrap().is_plain());
    }
}
