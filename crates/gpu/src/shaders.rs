//! The shaders' texts, and their check without a GPU.

use std::path::Path;

use wgpu::naga::Module;

use millions_base::{Diagnostic, SourceLocation};

/// A shader file that the program carries.
#[derive(Clone, Copy, Debug)]
pub struct Shader {
    /// The file's name under `shaders/`.
    pub name: &'static str,
    /// Its own text.
    pub text: &'static str,
    /// Shared files that it is compiled with.
    pub with: &'static [Shader],
}

/// `shaders/tone.wgsl`: the look.
pub const TONE: Shader = Shader { name: "tone.wgsl", text: include_str!("../../../shaders/tone.wgsl"), with: &[] };
/// `shaders/stage.wgsl`: the light of a surface.
pub const STAGE: Shader = Shader { name: "stage.wgsl", text: include_str!("../../../shaders/stage.wgsl"), with: &[] };
/// `shaders/wall.wgsl`: the wall.
pub const WALL: Shader =
    Shader { name: "wall.wgsl", text: include_str!("../../../shaders/wall.wgsl"), with: &[TONE, STAGE] };
/// `shaders/blit.wgsl`: what a frame is measured against.
pub const BLIT: Shader = Shader { name: "blit.wgsl", text: include_str!("../../../shaders/blit.wgsl"), with: &[] };
/// `shaders/step_wedge.wgsl`: the test picture's grey wedge.
pub const STEP_WEDGE: Shader =
    Shader { name: "step_wedge.wgsl", text: include_str!("../../../shaders/step_wedge.wgsl"), with: &[TONE] };
/// `shaders/picture.wgsl`: stills, the picture of an instant, black.
pub const PICTURE: Shader =
    Shader { name: "picture.wgsl", text: include_str!("../../../shaders/picture.wgsl"), with: &[TONE, STAGE] };
/// `shaders/words.wgsl`: type.
pub const WORDS: Shader =
    Shader { name: "words.wgsl", text: include_str!("../../../shaders/words.wgsl"), with: &[STAGE] };
/// `shaders/effect.wgsl`: what is put after a show's own shader that lies over the picture.
pub const EFFECT: Shader =
    Shader { name: "effect.wgsl", text: include_str!("../../../shaders/effect.wgsl"), with: &[] };
/// `shaders/marks.wgsl`: lines and points for the operator.
pub const MARKS: Shader = Shader { name: "marks.wgsl", text: include_str!("../../../shaders/marks.wgsl"), with: &[] };
/// All shaders that the program carries.
pub const ALL: [Shader; 8] = [TONE, STAGE, WALL, PICTURE, WORDS, STEP_WEDGE, BLIT, MARKS];

impl Shader {
    /// The text to compile. The shared part comes last, so that lines in errors are those of the shader's own file.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{}\n{}", self.text, self.shared())
    }

    /// The texts of the files that it is compiled with.
    #[must_use]
    pub fn shared(&self) -> String {
        self.with.iter().map(|shader| shader.text).collect::<Vec<_>>().join("\n")
    }

    /// Checks that a shader in its place, parsed with all that it is compiled with, has the constants that the program fills.
    ///
    /// # Errors
    /// The first that it lacks: no pipeline can be made of it.
    pub fn has_constants(&self, path: &Path, module: &Module) -> Result<(), Diagnostic> {
        let Ok(own) = wgpu::naga::front::wgsl::parse_str(&self.source()) else { return Ok(()) };
        let has = |name: &String| module.overrides.iter().any(|(_, constant)| constant.name.as_ref() == Some(name));
        let names = own.overrides.iter().filter_map(|(_, constant)| constant.name.as_ref());
        let Some(name) = names.into_iter().find(|name| !has(name)) else { return Ok(()) };
        let help = format!("begin with the copy of {} that came with this version", self.name);
        let message = format!("lacks the constant `override {name}`, which the program fills");
        Err(Diagnostic { help: Some(help), ..Diagnostic::whole(path, message) })
    }
}

/// Parses and validates the text of a shader file, with the shared text that a file of its name is compiled with; a file of
/// another name that has a function `effect` as one that lies over the picture.
///
/// # Errors
/// The first mistake, with its place in the file.
pub fn check(path: &Path, text: &str) -> Result<Module, Diagnostic> {
    let known = ALL.iter().find(|shader| path.file_name().is_some_and(|name| name == shader.name));
    match known {
        Some(known) => {
            let module = check_parts(path, "", text, &known.shared())?;
            known.has_constants(path, &module).map(|()| module)
        }
        None if text.contains("fn effect") => check_effect(path, text),
        None => check_parts(path, "", text, ""),
    }
}

/// Checks a shader that lies over the picture.
///
/// # Errors
/// The first mistake, with its place in the file; and when it has no function `effect`.
pub fn check_effect(path: &Path, text: &str) -> Result<Module, Diagnostic> {
    // Alone first: what follows it would be blamed on its last line.
    let has_effect = wgpu::naga::front::wgsl::parse_str(text)
        .is_ok_and(|module| module.functions.iter().any(|(_, function)| function.name.as_deref() == Some("effect")));
    if !has_effect && !text.contains("fn effect") {
        let help = "write `fn effect(p: vec2f) -> vec3f { return picture(p); }` and go on from there";
        return Err(Diagnostic { help: Some(help.into()), ..Diagnostic::whole(path, "has no `fn effect`") });
    }
    check_parts(path, "", text, EFFECT.text)
}

/// Checks a text between others that it is compiled with.
///
/// # Errors
/// The first mistake, with its place in the text where it is in it.
pub fn check_parts(path: &Path, before: &str, text: &str, after: &str) -> Result<Module, Diagnostic> {
    use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};
    let source = format!("{before}\n{text}\n{after}");
    let start = before.len() + 1;
    let problem = |message: String, offset: Option<usize>| {
        let within = offset.and_then(|offset| offset.checked_sub(start)).filter(|offset| *offset <= text.len());
        Diagnostic {
            message,
            help: None,
            path: path.to_owned(),
            location: within.map(|offset| SourceLocation::at(text, offset)),
        }
    };
    let module = wgpu::naga::front::wgsl::parse_str(&source).map_err(|error| {
        problem(error.message().to_owned(), error.location(&source).map(|place| place.offset as usize))
    })?;
    match Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module) {
        Ok(_) => Ok(module),
        Err(error) => {
            let offset = error.location(&source).map(|place| place.offset as usize);
            // The outermost error names the function; the innermost says what is wrong with it.
            let mut message = error.as_inner().to_string();
            let mut cause = std::error::Error::source(error.as_inner());
            while let Some(inner) = cause {
                message = format!("{message}: {inner}");
                cause = inner.source();
            }
            Err(problem(message, offset))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shader_is_valid() {
        for shader in ALL {
            check(Path::new(shader.name), shader.text).unwrap_or_else(|problem| panic!("{problem}"));
        }
    }

    #[test]
    fn a_copy_of_another_version_is_told() {
        let old = WALL.text.replace("override EVENLY: bool = false;", "const EVENLY: bool = false;");
        let problem = check(Path::new("shaders/wall.wgsl"), &old).unwrap_err();
        assert!(problem.message.contains("`override EVENLY`"), "{problem}");
    }

    #[test]
    fn a_mistake_is_found_at_its_place() {
        let broken = WALL.text.replace("let page = cell >> 22u;", "let page = cell >> 22u");
        let problem = check(Path::new("shaders/wall.wgsl"), &broken).unwrap_err();
        let place = problem.location.unwrap();
        assert!(WALL.text.lines().nth(place.line - 2).unwrap().contains("let page"), "{place:?}");
        let wrong = "@fragment fn f() -> @location(0) vec4f { let a: i32 = 1; return vec4f(a); }";
        assert!(check(Path::new("own.wgsl"), wrong).is_err());
    }
}
