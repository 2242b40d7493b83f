//! A film, through ffmpeg.

use millions_base::AtomicFile;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A film that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// No ffmpeg.
    #[error(
        "films are made with ffmpeg, which is not installed: on Debian and Ubuntu `apt install ffmpeg`; or render frames \
         with `--out FOLDER/`"
    )]
    NoFfmpeg,
    /// It could not be run.
    #[error("ffmpeg could not be run: {0}")]
    Run(io::Error),
    /// It gave up.
    #[error("ffmpeg could not make the film ({reason}): {}", path.display())]
    Failed {
        /// The film.
        path: PathBuf,
        /// The last that ffmpeg said.
        reason: String,
    },
}

/// The version line of the ffmpeg that would be used, if there is one.
#[must_use]
pub fn find_ffmpeg() -> Option<String> {
    let output = Command::new("ffmpeg").arg("-version").stdin(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// A film under way: frames go in one after another.
pub struct Film {
    ffmpeg: Child,
    /// None once it is finished.
    file: Option<AtomicFile>,
    path: PathBuf,
}

impl Film {
    /// Begins a film of `width` × `height` pixels (an odd side gets a black line more) at `fps` frames a second, H.264
    /// in MP4, at a quality that a projector does not tell from the frames.
    ///
    /// # Errors
    /// When there is no ffmpeg.
    pub fn begin(path: &Path, width: u32, height: u32, fps: f64) -> Result<Self, FilmError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(FilmError::Run)?;
        }
        // The format is in the name.
        let file = AtomicFile::with_extension_kept(path);
        let ffmpeg = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-f", "rawvideo", "-pix_fmt", "rgba"])
            .args(["-s", &format!("{width}x{height}"), "-r", &format!("{fps}"), "-i", "-", "-an"])
            .args(["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv"])
            .args(["-c:v", "libx264", "-preset", "medium", "-crf", "16", "-pix_fmt", "yuv420p"])
            .args(["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"])
            .args(["-movflags", "+faststart"])
            .arg(file.temporary())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => FilmError::NoFfmpeg,
                _ => FilmError::Run(error),
            })?;
        Ok(Self { ffmpeg, file: Some(file), path: path.to_owned() })
    }

    /// Adds a frame: width × height × R, G, B, A.
    ///
    /// # Errors
    /// When ffmpeg gives up, with what it said.
    pub fn frame(&mut self, picture: &[u8]) -> Result<(), FilmError> {
        let written = match &mut self.ffmpeg.stdin {
            Some(pipe) => pipe.write_all(picture),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|_| self.failure())
    }

    /// Ends the film: the file is there whole after this, or not at all.
    ///
    /// # Errors
    /// When ffmpeg gives up, with what it said.
    pub fn finish(mut self) -> Result<(), FilmError> {
        drop(self.ffmpeg.stdin.take());
        if !self.ffmpeg.wait().map_err(FilmError::Run)?.success() {
            return Err(self.failure());
        }
        self.file.take().map_or(Ok(()), AtomicFile::commit).map_err(FilmError::Run)
    }

    fn failure(&mut self) -> FilmError {
        drop(self.ffmpeg.stdin.take());
        let mut said = String::new();
        if let Some(mut errors) = self.ffmpeg.stderr.take() {
            // Its complaint is a few lines; it ends with the process.
            let _ = errors.read_to_string(&mut said);
        }
        let reason = said.lines().last().unwrap_or("it said nothing").to_owned();
        FilmError::Failed { path: self.path.clone(), reason }
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        // What is half there goes with its name, once nobody writes to it any more.
        if self.file.is_some() {
            let _ = self.ffmpeg.kill();
            let _ = self.ffmpeg.wait();
        }
    }
}
