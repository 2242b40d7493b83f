//! What lies beside a picture or film: all that is needed to make it again, and nothing else. See [`Sidecar`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// How something was made. A film travels: no folder of this machine is in it.
#[derive(Clone, Debug, Serialize)]
pub struct Sidecar {
    /// The program and its version.
    pub program: &'static str,
    /// The format of the library on the disk.
    pub library_format: u32,
    /// The command, with folders left out.
    pub command: Vec<String>,
    /// The scene's name, or the show's.
    pub scene: String,
    /// What deals the people; none for a scene without rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How many people are in the library.
    pub people: usize,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Pixels an inch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f64>,
    /// Seconds of the show, of the first frame.
    pub at_secs: f64,
    /// Frames a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
    /// How the end meets the beginning.
    #[serde(rename = "loop", skip_serializing_if = "Option::is_none")]
    pub closes: Option<String>,
    /// How it is encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<&'static str>,
    /// What drew it.
    pub adapter: String,
    /// Samples of a face in each pixel.
    pub samples: u32,
    /// The day, in Greenwich.
    pub date: String,
    /// Changes with anything that changes the picture: what it was made of is the same where this is.
    pub recipe: String,
}

impl Sidecar {
    /// The path of what lies beside a file or a folder of frames, which has nothing but frames in it.
    #[must_use]
    pub fn path_of(path: &Path) -> PathBuf {
        let Some(name) = path.file_name() else { return path.join("render.json") };
        let mut name = name.to_owned();
        name.push(".json");
        path.with_file_name(name)
    }

    /// The recipe in a sidecar that is there; none without one.
    #[must_use]
    pub fn recipe_in(path: &Path) -> Option<String> {
        let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        Some(kept.get("recipe")?.as_str()?.to_owned())
    }

    /// Writes it, atomically.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        millions_base::replace_file(path, &text)
    }
}

/// A command as it may travel: of what is an absolute path, or one out of the current folder, only the last name.
#[must_use]
pub fn public_command(arguments: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut arguments = arguments.into_iter();
    let program = arguments.next().map(|_| "millions".to_owned());
    program.into_iter().chain(arguments.map(|argument| public(&argument.to_string_lossy()))).collect()
}

fn public(argument: &str) -> String {
    if let Some((flag, value)) = argument.split_once('=').filter(|(flag, _)| flag.starts_with("--")) {
        return format!("{flag}={}", public(value));
    }
    let is_drive = argument.as_bytes().get(1..3).is_some_and(|bytes| bytes == b":\\" || bytes == b":/");
    if !(argument.starts_with(['/', '~', '\\']) || argument.starts_with("..") || is_drive) {
        return argument.to_owned();
    }
    let trimmed = argument.trim_end_matches(['/', '\\']);
    trimmed.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_of_this_machine_travels_with_a_film() {
        let typed = [
            "/usr/local/bin/millions",
            "render",
            "/home/anna/photographs/",
            "--library=/media/anna/wall",
            "--scene",
            "scenes/slow.toml",
            "--out",
            "../anna/wall.mp4",
            "C:\\Users\\anna\\wall.toml",
            "--fps",
            "30",
        ];
        let public = public_command(typed.map(OsString::from));
        let wanted = [
            "millions",
            "render",
            "photographs",
            "--library=wall",
            "--scene",
            "scenes/slow.toml",
            "--out",
            "wall.mp4",
            "wall.toml",
            "--fps",
            "30",
        ];
        assert_eq!(public, wanted);
    }

    #[test]
    fn it_lies_beside_a_file_or_a_folder() {
        assert_eq!(Sidecar::path_of(Path::new("a/wall.mp4")), Path::new("a/wall.mp4.json"));
        assert_eq!(Sidecar::path_of(Path::new("a/frames/")), Path::new("a/frames.json"));
        assert_eq!(Sidecar::path_of(Path::new("../")), Path::new("../render.json"));
    }
}
