//! Films that go round: how the end meets the beginning. See [`FrameTimes`].

use millions_show::{SceneKind, Show, ViewMove, ViewThen};

/// Seconds in which the end of a film that goes round becomes its beginning, where its scene does not repeat in that time.
const DISSOLVE_SECS: f64 = 1.5;
/// A film below so many seconds is an excerpt of a journey, unless it is asked to close.
const SHORTEST_JOURNEY_SECS: f64 = 10.0;

/// How the end of a film meets its beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Closing {
    /// It does not: a part of the scene.
    Open,
    /// The scene repeats after just that time.
    Period,
    /// The view goes from somebody to everybody and back, so many moves in just that time; and so many seconds of the last rest
    /// become those before the first, in which the rows beside that person had other people.
    Journey { moves: u32, dissolve_secs: f64 },
    /// The last seconds become those before the first.
    Dissolve(f64),
}

impl Closing {
    /// How the film closes, in words.
    pub fn words(self, secs: f64) -> Option<String> {
        match self {
            Self::Open => None,
            Self::Period => Some(format!("the scene repeats after these {secs:.3} s")),
            Self::Journey { moves, .. } => {
                Some(format!("{moves} moves of {:.1} s, and back where it began", secs / f64::from(moves)))
            }
            Self::Dissolve(over) => {
                Some(format!("the last {over:.1} s dissolve into what comes before the first frame"))
            }
        }
    }

    const fn dissolve_secs(self) -> f64 {
        match self {
            Self::Open | Self::Period => 0.0,
            Self::Journey { dissolve_secs, .. } | Self::Dissolve(dissolve_secs) => dissolve_secs,
        }
    }
}

/// The kind of the scene that a show begins with.
fn start_kind(show: &mut Show) -> Option<&mut SceneKind> {
    let start = show.start.scene.clone();
    show.scenes.iter_mut().find(|scene| scene.id == start).map(|scene| &mut scene.kind)
}

/// The view's move of the scene that a show begins with, where it has one that goes on.
fn view_of(show: &mut Show) -> Option<&mut ViewMove> {
    match start_kind(show)? {
        SceneKind::Millions(millions) => millions.view.as_mut().filter(|view| view.then == ViewThen::On),
        _ => None,
    }
}

/// The seconds of the journey there and back of the scene that a show begins with, where it has one that goes on.
pub fn journey_secs(show: &mut Show) -> Option<f64> {
    let view = view_of(show)?;
    Some(2.0 * (view.rest + view.travel))
}

/// Fits the journey, or the round of a mosaic, of the scene that a show begins with into a film of `secs`, where it has one and
/// either it is wanted or the film is long enough for it.
pub fn fit_journey(show: &mut Show, secs: f64, wanted: Option<bool>) -> Option<Closing> {
    if wanted == Some(false) || (wanted.is_none() && secs < SHORTEST_JOURNEY_SECS) {
        return None;
    }
    if let Some(SceneKind::Mosaic(mosaic)) = start_kind(show) {
        *mosaic = mosaic.fitted(secs);
        return Some(Closing::Period);
    }
    let view = view_of(show)?;
    let (fitted, moves) = view.fitted(secs);
    *view = fitted;
    // It has to end before the view moves on.
    let dissolve_secs = DISSOLVE_SECS.min(fitted.rest).min(secs / 4.0);
    Some(Closing::Journey { moves, dissolve_secs })
}

/// How a film of `secs` closes that is asked to, whose scene repeats after `period_secs`.
pub fn closing(secs: f64, period_secs: Option<f64>) -> Closing {
    let rounds = period_secs.map_or(0.0, |period| secs / period);
    if rounds > 0.5 && (rounds - rounds.round()).abs() * secs / rounds.round() < 1e-6 {
        return Closing::Period;
    }
    Closing::Dissolve(DISSOLVE_SECS.min(secs / 4.0))
}

/// The times of a film's frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameTimes {
    pub at_secs: f64,
    pub fps: f64,
    pub frames: u64,
    pub closing: Closing,
}

impl FrameTimes {
    /// The times of the pictures of a frame: one, or two that are mixed.
    pub fn pictures(&self, frame: u64) -> impl Iterator<Item = f64> + use<> {
        let over = self.closing.dissolve_secs();
        // What the last seconds dissolve into has to come after the scene's beginning: so the film begins that much later.
        let main = self.at_secs + over + frame as f64 / self.fps;
        let before = self.weight(frame).map(|_| main - self.frames as f64 / self.fps);
        std::iter::once(main).chain(before)
    }

    /// How far a frame is what comes before the first one; none where it is not at all.
    pub fn weight(&self, frame: u64) -> Option<f32> {
        let (over, secs) = (self.closing.dissolve_secs(), self.frames as f64 / self.fps);
        let part = if over > 0.0 { (frame as f64 / self.fps - (secs - over)) / over } else { 0.0 };
        (part > 1e-9).then_some((part * part * (3.0 - 2.0 * part)) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_after_the_last_would_be_the_first() {
        let times = FrameTimes { at_secs: 3.0, fps: 30.0, frames: 300, closing: Closing::Dissolve(1.5) };
        // Frame 300 is all that comes before the first, of just the first one's time.
        assert_eq!(times.weight(300), Some(1.0));
        let (first, after) = (times.pictures(0).next().unwrap(), times.pictures(300).nth(1).unwrap());
        assert!((first - after).abs() < 1e-9, "{first} {after}");
        assert!((0..=255).all(|frame| times.weight(frame).is_none()) && times.weight(256).is_some());
        assert!((0..300).flat_map(|frame| times.pictures(frame)).all(|secs| secs >= 3.0));
        let weights: Vec<_> = (255..300).filter_map(|frame| times.weight(frame)).collect();
        assert!(weights.is_sorted() && weights[weights.len() - 1] < 1.0 && weights[weights.len() - 1] > 0.99);
    }

    #[test]
    fn a_whole_number_of_periods_closes_by_itself_and_anything_else_dissolves() {
        assert_eq!(closing(20.0, Some(10.0)), Closing::Period);
        assert_eq!(closing(20.0, Some(40.0)), Closing::Dissolve(1.5));
        assert_eq!(closing(20.0, Some(9.99)), Closing::Dissolve(1.5));
        assert_eq!(closing(2.0, None), Closing::Dissolve(0.5));
    }
}
