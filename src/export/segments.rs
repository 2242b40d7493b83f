//! Films that go on where they stopped: pieces of some seconds, each a file of its own, put together at the end. See
//! [`SegmentedFilm`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::film::{Film, FilmError, FilmSpec, join};
use millions_base::replace_file;

/// Seconds of a piece: what is lost at the most when a film is cut short.
const PIECE_SECS: f64 = 10.0;
/// Says which film the pieces are of.
const RECIPE: &str = "recipe.txt";

/// A film that is encoded in pieces, frame by frame.
pub struct SegmentedFilm {
    path: PathBuf,
    spec: FilmSpec,
    frames: u64,
    piece_frames: u64,
    /// The folder of the pieces; none for a film of one piece.
    folder: Option<PathBuf>,
    /// The next frame.
    next: u64,
    piece: Option<Film>,
}

impl SegmentedFilm {
    /// Begins a film of `frames` frames, or goes on with one of the same `recipe` that was cut short.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn begin(path: &Path, spec: FilmSpec, frames: u64, recipe: &str) -> Result<Self, FilmError> {
        let piece_frames = ((PIECE_SECS * spec.fps).round() as u64).max(1);
        let mut film = Self { path: path.to_owned(), spec, frames, piece_frames, folder: None, next: 0, piece: None };
        if frames <= piece_frames || !spec.codec.has_pieces() {
            film.piece_frames = frames;
            return Ok(film);
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".parts");
        let folder = path.with_file_name(name);
        let io = |error| FilmError::Io { path: folder.clone(), error };
        let is_same = fs::read_to_string(folder.join(RECIPE)).is_ok_and(|kept| kept == recipe);
        if !is_same {
            film.remove_pieces(&folder).map_err(io)?;
            fs::create_dir_all(&folder).map_err(io)?;
            replace_file(&folder.join(RECIPE), recipe.as_bytes()).map_err(io)?;
        }
        while film.next < frames && film.piece_path(&folder, film.next / piece_frames).exists() {
            film.next = (film.next + piece_frames).min(frames);
        }
        film.folder = Some(folder);
        Ok(film)
    }

    /// The first frame that is missing.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Adds the next frame: width × height × R, G, B, A.
    ///
    /// # Errors
    /// When ffmpeg fails.
    pub fn frame(&mut self, picture: &[u8]) -> Result<(), FilmError> {
        let mut piece = match self.piece.take() {
            Some(piece) => piece,
            None => {
                let path = match &self.folder {
                    Some(folder) => self.piece_path(folder, self.next / self.piece_frames),
                    None => self.path.clone(),
                };
                Film::begin(&path, &self.spec)?
            }
        };
        piece.frame(picture)?;
        self.next += 1;
        if self.next.is_multiple_of(self.piece_frames) || self.next == self.frames {
            piece.finish()?;
        } else {
            self.piece = Some(piece);
        }
        Ok(())
    }

    /// Puts the pieces together, and removes them.
    ///
    /// # Errors
    /// When frames are missing, or ffmpeg fails.
    pub fn finish(self) -> Result<(), FilmError> {
        if self.next < self.frames {
            let error = io::Error::other("it ended early");
            return Err(FilmError::Io { path: self.path.clone(), error });
        }
        let Some(folder) = &self.folder else { return Ok(()) };
        let io = |error| FilmError::Io { path: folder.clone(), error };
        let list = folder.join("list.txt");
        let pieces = (0..self.frames.div_ceil(self.piece_frames)).map(|piece| self.piece_path(Path::new(""), piece));
        let lines: String = pieces.map(|piece| format!("file '{}'\n", piece.display())).collect();
        replace_file(&list, lines.as_bytes()).map_err(io)?;
        join(&list, &self.path, self.spec.codec)?;
        self.remove_pieces(folder).map_err(io)
    }

    fn piece_path(&self, folder: &Path, piece: u64) -> PathBuf {
        let extension = self.path.extension().unwrap_or_default().to_string_lossy();
        folder.join(format!("{piece:06}.{extension}"))
    }

    /// Removes what this makes in the folder, and the folder where nothing else is in it.
    fn remove_pieces(&self, folder: &Path) -> io::Result<()> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
        for entry in entries {
            let name = entry?.file_name();
            let text = name.to_string_lossy();
            let is_piece = text.len() > 7 && text.as_bytes()[..6].iter().all(u8::is_ascii_digit);
            if is_piece || text == RECIPE || text == "list.txt" {
                fs::remove_file(folder.join(&name))?;
            }
        }
        // Something of somebody else's stays.
        let _ = fs::remove_dir(folder);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::film::{Codec, find_ffmpeg};
    use super::*;
    use glam::UVec2;

    #[test]
    fn a_film_that_was_cut_short_goes_on_after_its_last_whole_piece() {
        if find_ffmpeg().is_none() {
            eprintln!("skipped: there is no ffmpeg");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wall.mov");
        let spec = FilmSpec { codec: Codec::ProRes, size: UVec2::new(32, 18), fps: 1.0, is_social: false };
        let begin = |recipe: &str| SegmentedFilm::begin(&path, spec, 25, recipe).unwrap();
        let frame = |number: u64| vec![number as u8 * 9; 32 * 18 * 4];
        let mut film = begin("one");
        for number in 0..17 {
            film.frame(&frame(number)).unwrap();
        }
        drop(film);
        assert_eq!(begin("one").next(), 10, "seven frames of its second piece are lost");
        assert_eq!(begin("another").next(), 0, "pieces of another film are none of it");
        let mut film = begin("another");
        for number in film.next()..25 {
            film.frame(&frame(number)).unwrap();
        }
        assert!(!path.exists(), "there is no film before its end");
        film.finish().unwrap();
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["wall.mov"], "nothing else is left");
        let frames = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(&path)
            .args(["-f", "rawvideo", "-pix_fmt", "gray", "-"])
            .output()
            .unwrap();
        let levels: Vec<_> = frames.stdout.chunks_exact(32 * 18).map(|frame| frame[100]).collect();
        assert_eq!(levels.len(), 25);
        assert!(levels.iter().zip(0u8..).all(|(level, number)| level.abs_diff(number * 9) <= 2), "{levels:?}");
    }

    #[test]
    fn what_is_not_its_own_stays_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wall.mp4");
        let parts = folder.path().join("wall.mp4.parts");
        fs::create_dir_all(&parts).unwrap();
        fs::write(parts.join("notes.txt"), "mine").unwrap();
        fs::write(parts.join("000000.mp4"), "a piece of another film").unwrap();
        let spec = FilmSpec { codec: Codec::H264, size: UVec2::new(32, 18), fps: 1.0, is_social: false };
        assert_eq!(SegmentedFilm::begin(&path, spec, 25, "one").unwrap().next(), 0);
        assert!(parts.join("notes.txt").exists() && !parts.join("000000.mp4").exists());
    }
}
