//! The program's shaders, and how shaders are validated without a GPU.

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
    /// The shared files that it is compiled with.
    pub with: &'static [Self],
}

macro_rules! shader {
    ($name:literal, $with:expr) => {
        Shader { name: $name, text: include_str!(concat!("../../../shaders/", $name)), with: $with }
    };
}

/// Shared: the look.
pub const TONE: Shader = shader!("tone.wgsl", &[]);
/// Shared: the output mask of a surface.
pub const STAGE: Shader = shader!("stage.wgsl", &[]);
/// Shared: encoding for the target.
pub const COLOUR: Shader = shader!("colour.wgsl", &[]);
/// Rows of tiles, and sprites.
pub const WALL: Shader = shader!("wall.wgsl", &[TONE, STAGE, COLOUR]);
/// Stills, snapshots, effects' results, overlays, black.
pub const PICTURE: Shader = shader!("picture.wgsl", &[TONE, STAGE, COLOUR]);
/// Words set in type.
pub const WORDS: Shader = shader!("words.wgsl", &[STAGE, COLOUR]);
/// The test picture's step wedge.
pub const STEP_WEDGE: Shader = shader!("step_wedge.wgsl", &[TONE, COLOUR]);
/// The baseline of `millions bench`.
pub const BLIT: Shader = shader!("blit.wgsl", &[]);
/// Pictures of outputs for the desk.
pub const PREVIEW: Shader = shader!("preview.wgsl", &[]);
/// Lines, rings and discs for the operator.
pub const MARKS: Shader = shader!("marks.wgsl", &[]);
/// The copy to a window's surface of another format.
pub const SURFACE: Shader = shader!("surface.wgsl", &[COLOUR]);
/// Put after the text of an effect.
pub const EFFECT: Shader = shader!("effect.wgsl", &[]);
/// All shaders that a show can replace.
pub const ALL: [Shader; 9] = [TONE, STAGE, COLOUR, WALL, PICTURE, WORDS, STEP_WEDGE, BLIT, MARKS];

impl Shader {
    /// The text to compile. Shared files come last, so that line numbers in errors are those of the shader's own file.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{}\n{}", self.text, self.shared())
    }

    /// The texts of the shared files, joined.
    #[must_use]
    pub fn shared(&self) -> String {
        self.with.iter().map(|shader| shader.text).collect::<Vec<_>>().join("\n")
    }

    /// Checks that a replacement of this shader, parsed with its shared files, has the `override` constants that the program
    /// sets.
    ///
    /// # Errors
    /// The first that it lacks: no pipeline could be created.
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

/// Validates a shader file, with the shared files of the program's shader of that name; a file of another name with a
/// function `effect` as an effect.
///
/// # Errors
/// The first error, with its place in the file.
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

/// Validates an effect.
///
/// # Errors
/// The first error, with its place in the file; and when it has no function `effect`.
pub fn check_effect(path: &Path, text: &str) -> Result<Module, Diagnostic> {
    // Parsed alone first: an error in it could otherwise be reported beyond its end.
    let has_effect = wgpu::naga::front::wgsl::parse_str(text)
        .is_ok_and(|module| module.functions.iter().any(|(_, function)| function.name.as_deref() == Some("effect")));
    if !has_effect && !text.contains("fn effect") {
        let help = "write `fn effect(p: vec2f) -> vec3f { return picture(p); }` and go on from there";
        return Err(Diagnostic { help: Some(help.into()), ..Diagnostic::whole(path, "has no `fn effect`") });
    }
    check_parts(path, "", text, EFFECT.text)
}

/// Validates a text between others that it is compiled with.
///
/// # Errors
/// The first error, with its place if that is in `text`.
pub fn check_parts(path: &Path, before: &str, text: &str, after: &str) -> Result<Module, Diagnostic> {
    use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};
    let source = format!("{before}\n{text}\n{after}");
    let start = before.len() + 1;
    let diagnostic = |message: String, offset: Option<usize>| {
        let within = offset.and_then(|offset| offset.checked_sub(start)).filter(|offset| *offset <= text.len());
        Diagnostic {
            message,
            help: None,
            path: path.to_owned(),
            location: within.map(|offset| SourceLocation::at(text, offset)),
        }
    };
    let module = wgpu::naga::front::wgsl::parse_str(&source).map_err(|error| {
        diagnostic(error.message().to_owned(), error.location(&source).map(|place| place.offset as usize))
    })?;
    match Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module) {
        Ok(_) => Ok(module),
        Err(error) => {
            let offset = error.location(&source).map(|place| place.offset as usize);
            // The outermost error names the function, the innermost the cause.
            let mut message = error.as_inner().to_string();
            let mut cause = std::error::Error::source(error.as_inner());
            while let Some(inner) = cause {
                message = format!("{message}: {inner}");
                cause = inner.source();
            }
            Err(diagnostic(message, offset))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shader_is_valid() {
        for shader in ALL {
            check(Path::new(shader.name), shader.text).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn a_copy_of_another_version_is_refused() {
        let old = WALL.text.replace("override OVER: bool = false;", "const OVER: bool = false;");
        let error = check(Path::new("shaders/wall.wgsl"), &old).unwrap_err();
        assert!(error.message.contains("`override OVER`"), "{error}");
    }

    #[test]
    fn an_error_has_its_place() {
        let broken =
            WALL.text.replace("let slot = slot_of(cell, wanted_log2);", "let slot = slot_of(cell, wanted_log2)");
        let error = check(Path::new("shaders/wall.wgsl"), &broken).unwrap_err();
        let place = error.location.unwrap();
        assert!(WALL.text.lines().nth(place.line - 2).unwrap().contains("let slot"), "{place:?}");
        let wrong = "@fragment fn f() -> @location(0) vec4f { let a: i32 = 1; return vec4f(a); }";
        assert!(check(Path::new("own.wgsl"), wrong).is_err());
    }
}
