//! Films, encoded by ffmpeg. See [`Film`].

use millions_base::{AtomicFile, printable_path};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use glam::UVec2;

/// Why a film could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// ffmpeg is not installed.
    #[error(
        "films are made with ffmpeg, which is not installed: on Debian and Ubuntu `apt install ffmpeg`; or render frames \
         with `--out FOLDER/`"
    )]
    NoFfmpeg,
    /// The installed ffmpeg lacks an encoder.
    #[error("the installed ffmpeg cannot make {what}: it lacks the encoder {encoder}. {help}")]
    NoEncoder {
        /// What was asked for.
        what: &'static str,
        /// ffmpeg's name of the encoder.
        encoder: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// The size or rate is none that this kind of film has.
    #[error("{0}")]
    Form(String),
    /// ffmpeg could not be run.
    #[error("ffmpeg could not be run: {0}")]
    Run(io::Error),
    /// What was encoded could not be kept.
    #[error("cannot write the film ({error}): {}", printable_path(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
    /// ffmpeg failed.
    #[error("ffmpeg could not make the film ({reason}): {}", printable_path(path))]
    Failed {
        /// The film.
        path: PathBuf,
        /// The last line of its log.
        reason: String,
    },
}

/// How a film is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Codec {
    /// H.264, 4:2:0: plays everywhere
    H264,
    /// H.265 (HEVC), 4:2:0: half as large, for newer players
    H265,
    /// Apple ProRes 422 HQ, 10 bit: for editing
    #[value(name = "prores")]
    ProRes,
    /// Apple ProRes 4444
    #[value(name = "prores-4444")]
    ProRes4444,
    /// HAP Q, for media servers
    Hap,
    /// Plain HAP: half as large, and greys get a tint
    HapPlain,
    /// An animated GIF
    #[value(skip)]
    Gif,
    /// An animated WebP
    #[value(skip)]
    WebP,
}

/// The most bytes of pictures of a GIF, all of which ffmpeg keeps until it knows its 256 colours.
const MOST_GIF_BYTES: u64 = 1 << 30;

impl Codec {
    /// The codec of a file: the chosen one, or what its extension is for.
    ///
    /// # Errors
    /// With words, when the two do not go together or the extension is of no film.
    pub fn of(path: &Path, chosen: Option<Self>) -> Result<Option<Self>, String> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let (default, may): (_, &[Self]) = match extension.as_deref() {
            Some("mp4") => (Self::H264, &[Self::H264, Self::H265]),
            Some("mov") => {
                (Self::ProRes, &[Self::H264, Self::H265, Self::ProRes, Self::ProRes4444, Self::Hap, Self::HapPlain])
            }
            Some("gif") => (Self::Gif, &[]),
            Some("webp") => (Self::WebP, &[]),
            _ => return Ok(None),
        };
        match chosen {
            None => Ok(Some(default)),
            Some(chosen) if may.contains(&chosen) => Ok(Some(chosen)),
            Some(_) if may.is_empty() => Err("--codec is for .mp4 and .mov".to_owned()),
            Some(_) => Err("this codec lies in .mov: take --out FILE.mov".to_owned()),
        }
    }

    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::ProRes => "ProRes 422 HQ",
            Self::ProRes4444 => "ProRes 4444",
            Self::Hap => "HAP Q",
            Self::HapPlain => "HAP",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
        }
    }

    /// ffmpeg's encoder.
    const fn encoder(self) -> &'static str {
        match self {
            Self::H264 => "libx264",
            Self::H265 => "libx265",
            Self::ProRes | Self::ProRes4444 => "prores_ks",
            Self::Hap | Self::HapPlain => "hap",
            Self::Gif => "gif",
            Self::WebP => "libwebp_anim",
        }
    }

    /// Whether pieces of it, encoded one by one, can be put together as they are.
    #[must_use]
    pub const fn has_pieces(self) -> bool {
        !matches!(self, Self::Gif | Self::WebP)
    }

    /// The frames a second that a film gets where nobody says.
    #[must_use]
    pub const fn default_fps(self) -> f64 {
        match self {
            Self::Gif | Self::WebP => 25.0,
            _ => 60.0,
        }
    }
}

/// The form of a film.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilmSpec {
    /// How it is encoded.
    pub codec: Codec,
    /// Width and height in pixels, each padded to an even number where the codec wants that.
    pub size: UVec2,
    /// Frames a second.
    pub fps: f64,
    /// Whether it is to be shown where only so many bits a second are taken: social networks.
    pub is_social: bool,
}

/// Frames a second that are meant by a decimal number: 23.976, 29.97 and 59.94 are 24, 30 and 60 · 1000 / 1001.
#[must_use]
pub fn exact_fps(fps: f64) -> f64 {
    ntsc(fps).map_or(fps, |whole| f64::from(whole) * 1000.0 / 1001.0)
}

fn ntsc(fps: f64) -> Option<u32> {
    [24, 30, 48, 60, 120].into_iter().find(|whole| {
        let exact = f64::from(*whole) * 1000.0 / 1001.0;
        (fps - exact).abs() < 0.006 && (fps - f64::from(*whole)).abs() > 0.006
    })
}

fn fps_text(fps: f64) -> String {
    ntsc(fps).map_or_else(|| format!("{fps}"), |whole| format!("{}/1001", whole * 1000))
}

/// Returns the version line of the installed ffmpeg; none without one.
#[must_use]
pub fn find_ffmpeg() -> Option<String> {
    let output = Command::new("ffmpeg").arg("-version").stdin(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

impl FilmSpec {
    /// Checks, before anything is drawn, that the installed ffmpeg can make it.
    ///
    /// # Errors
    /// When there is no ffmpeg, when it lacks the encoder, or when a film of this kind cannot have that size or rate.
    pub fn check(&self, frames: u64) -> Result<(), FilmError> {
        let Self { codec, size, fps, .. } = *self;
        match codec {
            Codec::Hap | Codec::HapPlain if size.x % 4 != 0 || size.y % 4 != 0 => {
                let nearest = (size + 2) / 4 * 4;
                return Err(FilmError::Form(format!(
                    "HAP is made of blocks of 4 by 4 pixels, and {}x{} is not: take --size {}x{}",
                    size.x, size.y, nearest.x, nearest.y
                )));
            }
            Codec::Gif if (100.0 / fps - (100.0 / fps).round()).abs() > 1e-6 || fps > 50.0 => {
                return Err(FilmError::Form(format!(
                    "a GIF shows each frame for whole hundredths of a second, and {fps} frames a second are none: take --fps \
                     50, 25, 20, 12.5 or 10"
                )));
            }
            Codec::Gif if frames * u64::from(size.x) * u64::from(size.y) * 4 > MOST_GIF_BYTES => {
                return Err(FilmError::Form(format!(
                    "a GIF of {frames} frames of {}x{} is too large to send: take fewer or smaller frames, or --out FILE.webp \
                     or FILE.mp4",
                    size.x, size.y
                )));
            }
            Codec::WebP if size.max_element() > 16_383 => {
                return Err(FilmError::Form(
                    "a WebP has at most 16383 pixels a side: take a smaller --size".to_owned(),
                ));
            }
            _ => {}
        }
        let output = Command::new("ffmpeg")
            .args(["-hide_banner", "-encoders"])
            .stdin(Stdio::null())
            .output()
            .map_err(not_run)?;
        let (listed, encoder) = (String::from_utf8_lossy(&output.stdout), codec.encoder());
        if listed.lines().any(|line| line.split_whitespace().nth(1) == Some(encoder)) {
            return Ok(());
        }
        let help = match codec {
            Codec::Hap | Codec::HapPlain => {
                "It has to be built with snappy, as Debian's and Ubuntu's is; or take --codec prores, and convert"
            }
            _ => "Debian's and Ubuntu's has it: `apt install ffmpeg`; or render frames with `--out FOLDER/`",
        };
        Err(FilmError::NoEncoder { what: codec.name(), encoder, help })
    }

    /// The arguments of ffmpeg between the input and the file.
    fn arguments(&self) -> Vec<String> {
        // Encoded R, G, B to Y, Cb, Cr of BT.709, and said so.
        let yuv = "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv,\
                   setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709";
        let tags = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";
        // Players that take so much a second, and no more, get less detail where there is much of it.
        let rate = if self.is_social { "-crf 18 -maxrate 20M -bufsize 40M" } else { "-crf 16" };
        let (filter, rest) = match self.codec {
            Codec::H264 => (yuv, format!("-preset medium {rate} -pix_fmt yuv420p {tags} -movflags +faststart")),
            Codec::H265 => (
                yuv,
                format!(
                    "-preset medium {rate} -pix_fmt yuv420p -tag:v hvc1 -x265-params log-level=error {tags} -movflags \
                     +faststart"
                ),
            ),
            Codec::ProRes => {
                (yuv, format!("-profile:v 3 -vendor apl0 -pix_fmt yuv422p10le {tags} -movflags +write_colr"))
            }
            Codec::ProRes4444 => {
                (yuv, format!("-profile:v 4 -vendor apl0 -pix_fmt yuv444p10le {tags} -movflags +write_colr"))
            }
            // Four pieces of a frame, which as many cores of a player unpack.
            Codec::Hap => ("null", "-format hap_q -chunks 4 -pix_fmt rgba".to_owned()),
            Codec::HapPlain => ("null", "-format hap -chunks 4 -pix_fmt rgba".to_owned()),
            Codec::Gif => (
                "split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse=dither=none",
                "-loop 0".to_owned(),
            ),
            Codec::WebP => ("null", "-lossless 0 -q:v 82 -compression_level 4 -loop 0 -pix_fmt yuv420p".to_owned()),
        };
        let mut arguments =
            vec!["-vf".to_owned(), filter.to_owned(), "-c:v".to_owned(), self.codec.encoder().to_owned()];
        arguments.extend(rest.split_whitespace().map(str::to_owned));
        arguments
    }
}

fn not_run(error: io::Error) -> FilmError {
    match error.kind() {
        io::ErrorKind::NotFound => FilmError::NoFfmpeg,
        _ => FilmError::Run(error),
    }
}

/// ffmpeg, saying nothing but errors.
fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]);
    command
}

/// A film that is being encoded, frame by frame. Dropped before its end, it leaves no file.
pub struct Film {
    ffmpeg: Child,
    /// None once it is finished.
    file: Option<AtomicFile>,
    path: PathBuf,
}

impl Film {
    /// Begins a film.
    ///
    /// # Errors
    /// When there is no ffmpeg.
    pub fn begin(path: &Path, spec: &FilmSpec) -> Result<Self, FilmError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| FilmError::Io { path: folder.to_owned(), error })?;
        }
        // ffmpeg chooses the format by the extension.
        let file = AtomicFile::with_extension_kept(path);
        let UVec2 { x: width, y: height } = spec.size;
        let ffmpeg = ffmpeg()
            .args(["-f", "rawvideo", "-pix_fmt", "rgb0", "-s", &format!("{width}x{height}")])
            .args(["-r", &fps_text(spec.fps), "-i", "-", "-an"])
            .args(spec.arguments())
            .arg(file.temporary())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(not_run)?;
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
        let path = self.path.clone();
        self.file.take().map_or(Ok(()), AtomicFile::commit).map_err(|error| FilmError::Io { path, error })
    }

    fn failure(&mut self) -> FilmError {
        drop(self.ffmpeg.stdin.take());
        let mut log = String::new();
        if let Some(mut errors) = self.ffmpeg.stderr.take() {
            let _ = errors.read_to_string(&mut log);
        }
        FilmError::Failed { path: self.path.clone(), reason: last_line(&log) }
    }
}

fn last_line(log: &str) -> String {
    log.lines().last().unwrap_or("it said nothing").to_owned()
}

/// Puts pieces of a film, which a list names, together to a film, without encoding them again.
///
/// # Errors
/// When ffmpeg fails.
pub(super) fn join(list: &Path, path: &Path, codec: Codec) -> Result<(), FilmError> {
    let file = AtomicFile::with_extension_kept(path);
    let mut command = ffmpeg();
    command.args(["-f", "concat", "-safe", "0", "-i"]).arg(list).args(["-c", "copy", "-movflags", "+faststart"]);
    if codec == Codec::H265 {
        command.args(["-tag:v", "hvc1"]);
    }
    let output = command.arg(file.temporary()).stdin(Stdio::null()).output().map_err(not_run)?;
    if !output.status.success() {
        let reason = last_line(&String::from_utf8_lossy(&output.stderr));
        return Err(FilmError::Failed { path: path.to_owned(), reason });
    }
    file.commit().map_err(|error| FilmError::Io { path: path.to_owned(), error })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_and_a_codec_go_together_or_say_what_would() {
        let of = |path: &str, codec| Codec::of(Path::new(path), codec);
        assert_eq!(of("a.MP4", None), Ok(Some(Codec::H264)));
        assert_eq!(of("a.mov", None), Ok(Some(Codec::ProRes)));
        assert_eq!(of("a.mov", Some(Codec::Hap)), Ok(Some(Codec::Hap)));
        assert_eq!(of("a.gif", None), Ok(Some(Codec::Gif)));
        assert_eq!(of("a.png", None), Ok(None));
        assert!(of("a.mp4", Some(Codec::Hap)).is_err_and(|message| message.contains(".mov")));
        assert!(of("a.webp", Some(Codec::H264)).is_err());
    }

    #[test]
    fn rates_of_television_are_exact() {
        assert_eq!(fps_text(29.97), "30000/1001");
        assert_eq!(fps_text(23.976), "24000/1001");
        assert_eq!((fps_text(60.0).as_str(), fps_text(12.5).as_str()), ("60", "12.5"));
        assert!((exact_fps(59.94) - 60_000.0 / 1001.0).abs() < 1e-12);
    }

    #[test]
    fn what_a_kind_of_film_cannot_be_is_said_before_anything_is_drawn() {
        let spec = FilmSpec { codec: Codec::Hap, size: UVec2::new(1922, 1081), fps: 60.0, is_social: false };
        assert!(spec.check(1).unwrap_err().to_string().contains("--size 1924x1080"));
        let gif = FilmSpec { codec: Codec::Gif, fps: 30.0, ..spec };
        assert!(gif.check(1).unwrap_err().to_string().contains("--fps 50, 25"));
        let gif = FilmSpec { fps: 25.0, ..gif };
        assert!(gif.check(1000).unwrap_err().to_string().contains(".webp"));
    }
}
