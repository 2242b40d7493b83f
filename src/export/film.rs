//! Films, encoded by ffmpeg. See [`Film`].

use millions_base::{AtomicFile, printable_path};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Why a film could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// ffmpeg is not installed.
    #[error(
        "films are made with ffmpeg, which is not installed: on Debian and Ubuntu `apt install ffmpeg`; or render frames \
         with `--out FOLDER/`"
    )]
    NoFfmpeg,
    /// ffmpeg could not be run.
    #[error("ffmpeg could not be run: {0}")]
    Run(io::Error),
    /// ffmpeg failed.
    #[error("ffmpeg could not make the film ({reason}): {}", printable_path(path))]
    Failed {
        /// The film.
        path: PathBuf,
        /// The last line of its log.
        reason: String,
    },
}

/// Returns the version line of the installed ffmpeg; none without one.
#[must_use]
pub fn find_ffmpeg() -> Option<String> {
    let output = Command::new("ffmpeg").arg("-version").stdin(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// A film that is being encoded, frame by frame. Dropped before its end, it leaves no file.
pub struct Film {
    ffmpeg: Child,
    /// None once it is finished.
    file: Option<AtomicFile>,
    path: PathBuf,
}

impl Film {
    /// Begins a film of `width` × `height` pixels, each padded to an even number, at `fps` frames a second: H.264 in MP4, visually
    /// lossless.
    ///
    /// # Errors
    /// When there is no ffmpeg.
    pub fn begin(path: &Path, width: u32, height: u32, fps: f64) -> Result<Self, FilmError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(FilmError::Run)?;
        }
        // ffmpeg chooses the format by the extension.
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
    /// When ffmpeg fails, with the last line of its log.
    pub fn frame(&mut self, picture: &[u8]) -> Result<(), FilmError> {
        let written = match &mut self.ffmpeg.stdin {
            Some(pipe) => pipe.write_all(picture),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|_| self.failure())
    }

    /// Ends the film, and moves the complete file into place.
    ///
    /// # Errors
    /// When ffmpeg fails, with the last line of its log.
    pub fn finish(mut self) -> Result<(), FilmError> {
        drop(self.ffmpeg.stdin.take());
        if !self.ffmpeg.wait().map_err(FilmError::Run)?.success() {
            return Err(self.failure());
        }
        self.file.take().map_or(Ok(()), AtomicFile::commit).map_err(FilmError::Run)
    }

    fn failure(&mut self) -> FilmError {
        drop(self.ffmpeg.stdin.take());
        let mut log = String::new();
        if let Some(mut errors) = self.ffmpeg.stderr.take() {
            let _ = errors.read_to_string(&mut log);
        }
        let reason = log.lines().last().unwrap_or("it said nothing").to_owned();
        FilmError::Failed { path: self.path.clone(), reason }
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        // The temporary file is removed after its writer has ended.
        if self.file.is_some() {
            let _ = self.ffmpeg.kill();
            let _ = self.ffmpeg.wait();
        }
    }
}
