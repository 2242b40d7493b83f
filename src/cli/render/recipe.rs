//! What a picture was made of, as one number: with it, what was cut short goes on only if nothing has changed. See [`Facts`].

use std::fmt::Write as _;
use std::path::Path;

use glam::UVec2;

use super::closing::FrameTimes;
use crate::app::FoundShow;
use millions_library::Library;
use millions_show::Player;

/// All that a picture depends on.
pub struct Facts<'a> {
    pub found: &'a FoundShow,
    pub library: &'a Library,
    pub stage: Option<&'a Path>,
    /// The log of an evening that is played again.
    pub replay: Option<&'a Path>,
    pub times: FrameTimes,
    pub size: UVec2,
}

impl Facts<'_> {
    /// Returns a number that is another with anything that may change a frame: the program, the people, the files that the show is
    /// made of, the times and the size, and what draws.
    pub fn recipe(&self, look: Option<&str>, player: &Player, (adapter, samples): (&str, u32)) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut text = String::new();
        let Self { found, library, stage, replay, times, size } = self;
        let _ = write!(text, "{} {adapter} {samples} {size} {times:?} {look:?}", env!("CARGO_PKG_VERSION"));
        let _ = write!(text, " {:?} {:?}", player.scene(), found.show.playlist);
        hasher.update(text.as_bytes());
        let looks = look.filter(|look| look.ends_with(".toml")).map(Path::new);
        let watched = found.watched();
        for path in watched.iter().map(AsRef::as_ref).chain(looks).chain(*stage).chain(*replay) {
            // A folder of pictures counts by its name alone.
            hasher.update(&std::fs::read(path).unwrap_or_default());
            hasher.update(&[0]);
        }
        for number in library.portraits() {
            hasher.update(&number.to_le_bytes());
            if let Some(person) = library.person(number) {
                let mut text = String::new();
                let _ = write!(text, "{} {} {} {}", person.name, person.place, person.quote, person.tone_stops);
                hasher.update(text.as_bytes());
            }
        }
        for (number, tone) in library.tones() {
            hasher.update(format!("{number}{tone:?}").as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}
