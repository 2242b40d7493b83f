//! What a scene would show at its cue: pictures, films' frames and fonts, opened as the wall opens them.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use glam::Vec2;

use super::Findings;
use crate::app::FolderFiles;
use millions_base::{Diagnostic, printable_path};
use millions_gpu::StillImages;
use millions_lettering::{Fonts, Justify, fill};
use millions_library::{Limits, Thumbnail};
use millions_show::{Mosaic, Scene, SceneKind, Still, Words};

/// How long frames of one film are decoded.
const FRAMES_TIME: Duration = Duration::from_secs(10);

/// The box that texts are laid out in, in any unit.
const BAND: Vec2 = Vec2::new(16.0, 9.0);

/// Opens what a scene and its overlay show; `path` is the file that names the scene.
pub(super) fn scene(path: &Path, scene: &Scene, findings: &mut Findings) {
    for scene in [Some(scene), scene.over.as_deref()].into_iter().flatten() {
        match &scene.kind {
            SceneKind::Still(still) => self::still(path, scene, still, findings),
            SceneKind::Words(words) => self::words(path, scene, words, findings),
            SceneKind::Mosaic(mosaic) => self::mosaic(path, scene, mosaic, findings),
            SceneKind::Millions(_) | SceneKind::One(_) | SceneKind::Chain(_) | SceneKind::Black => {}
        }
    }
}

/// Decodes the pictures that people form.
fn mosaic(path: &Path, scene: &Scene, mosaic: &Mosaic, findings: &mut Findings) {
    for file in &mosaic.pictures {
        if let Err(why) = Thumbnail::read(file, 256, Limits::default()) {
            let message = format!("scene `{}`: nobody forms {}: {why}", scene.name, printable_path(file));
            findings.wrong.push(Diagnostic::whole(path, message));
        }
    }
}

/// Decodes a picture, or the frames of a folder: the first, the last, and those between while there is time.
fn still(path: &Path, scene: &Scene, still: &Still, findings: &mut Findings) {
    let images = FolderFiles::default();
    let mut wrong = |error: &io::Error| {
        let message = format!("scene `{}` shows nothing: {error}", scene.name);
        let help =
            "a still is a picture, or a folder of a film's frames: `ffmpeg -i film.mp4 FOLDER/%05d.png` makes them";
        findings.wrong.push(Diagnostic { help: Some(help.to_owned()), ..Diagnostic::whole(path, message) });
    };
    let count = match images.frames(&still.file) {
        Ok(count) => count,
        Err(error) => return wrong(&error),
    };
    let began = Instant::now();
    let between = 1..count.saturating_sub(1);
    // The first and the last, and then those between.
    let frames = [0].into_iter().chain((count > 1).then(|| count - 1)).chain(between);
    for (decoded, frame) in frames.enumerate() {
        if decoded > 1 && began.elapsed() > FRAMES_TIME {
            findings.note(path, format!("scene `{}`: of its {count} frames only {decoded} were opened", scene.name));
            return;
        }
        if let Err(error) = images.frame(&still.file, frame) {
            return wrong(&error);
        }
    }
}

/// Lays out texts in their font.
fn words(path: &Path, scene: &Scene, words: &Words, findings: &mut Findings) {
    let mut fonts = Fonts::new();
    if let Some(font) = &words.font
        && let Some(why) = fonts.check(font)
    {
        findings.wrong.push(Diagnostic::whole(path, format!("scene `{}`: {why}", scene.name)));
    }
    // The font was checked, and is not asked for again.
    fonts.take_notes();
    for text in &words.texts {
        fill(&mut fonts, text, words.font.as_deref(), BAND, Justify::Centre);
    }
    for note in
        fonts.take_notes().into_iter().filter(|note| note.starts_with("no font has") || note.contains("is damaged"))
    {
        findings.wrong.push(Diagnostic::whole(path, format!("scene `{}`: {note}", scene.name)));
    }
    if !words.texts.is_empty() && words.texts.iter().all(|text| text.trim().is_empty()) {
        findings
            .wrong
            .push(Diagnostic::whole(path, format!("scene `{}` shows nothing: its texts are blank", scene.name)));
    }
}
