//! The operator's text over the picture.

use super::{CONFIRM_SECS, Operator};
use millions_stage::Legibility;

/// A line of two columns.
type Line = [String; 2];

fn line(left: impl Into<String>, right: impl Into<String>) -> Line {
    [left.into(), right.into()]
}

impl Operator {
    /// Returns the text over the picture at a real time; none in a normal show. `frames` says in a line how the frames went.
    #[must_use]
    pub fn caption(&self, real_secs: f64, frames: &str) -> Option<Vec<Line>> {
        if self.quit_pressed_secs.is_some_and(|pressed| real_secs - pressed < CONFIRM_SECS) {
            return Some(vec![line("press again to quit", "")]);
        }
        if self.wipe_pressed_secs.is_some_and(|pressed| real_secs - pressed < CONFIRM_SECS) {
            return Some(vec![line("press again to wipe", "")]);
        }
        if let (Some(control), false) = (self.calibrating, self.help) {
            return Some(control.caption(&self.venue.calibration()));
        }
        if self.venue.is_editing() && !self.player.is_blackout() {
            let mut lines = self.venue.edit_caption();
            lines.extend(self.legibility().map(|text| line(text, "")));
            return Some(lines);
        }
        if let Some(picker) = &self.picker {
            let biography = picker.chosen().and_then(|portrait| self.player.crowd().biography(portrait));
            return Some(picker.caption(biography.map_or("", |biography| &biography.name)));
        }
        self.help.then(|| self.help_lines(frames))
    }

    /// Returns the help: keys, cues, and the state of the player.
    fn help_lines(&self, frames: &str) -> Vec<Line> {
        let mut lines = self.keys.help();
        lines.push(line("", ""));
        for (index, cue) in self.show.keys.iter().enumerate() {
            let Some(cue) = cue else { continue };
            let marker = if cue.scene == self.player.cue().scene { " »" } else { "" };
            lines.push(line(format!("{}{marker}", (index + 1) % 10), &*cue.name));
        }
        let look = self.player.look();
        lines.push(line("", ""));
        let named = self.looks.shown().map_or("the scene's own", |look| &look.name);
        lines.push(line(format!("look: {named}"), ""));
        let rows = self.player.rows().map_or_else(String::new, |rows| format!(" · {rows} rows"));
        let state = format!(
            "{} people{rows} · speed ×{:.2} · contrast {:+.2} · light {:+.2} stops",
            self.player.crowd().len(),
            self.clock.rate(),
            look.contrast,
            look.exposure,
        );
        lines.push(line(state, ""));
        lines.push(line(frames, ""));
        lines
    }

    /// Returns the size of the faces on the building and the distance from which they are known; none where the stage
    /// has no width in metres.
    fn legibility(&self) -> Option<String> {
        let rows = self.player.rows()?;
        let sizes = self.venue.stage().legibility(1.0 / f64::from(rows), self.player.tile_aspect())?;
        let Legibility { tile_m: [wide, high], face_m, face_from_m, letter_m, sign_from_m } = sizes;
        Some(format!(
            "tiles {wide:.1} × {high:.1} m · a face is {face_m:.2} m, known from {face_from_m:.0} m · letters of signs {:.0} cm, \
             read from {sign_from_m:.0} m",
            letter_m * 100.0
        ))
    }
}
