//! What has to be true of every frame, and of every frame that has had time. See [`always`] and [`settled`].

use jiff::Timestamp;
use jiff::civil::Weekday;

use super::headless::{Frame, Headless, Picture};
use millions_frame::{DrawItem, FramePlan, Layer, Outgoing};

/// The least light of a picture of people, of 255: whoever is seen is brighter than that somewhere.
const LIT: u8 = 10;
/// The least intensity at which a picture has to be lit.
const LEAST_INTENSITY: f32 = 0.25;
/// Seconds around the edges of the hours in which nothing is said of them: they fade.
const EDGE_SECS: i32 = 60;

/// Holds a frame against what is true of every one of them.
///
/// # Errors
/// What is not.
pub fn always(frame: &Frame, wall: &Headless) -> Result<(), String> {
    if let Some(error) = wall.take_errors().first() {
        return Err(format!("the graphics device reports: {error}"));
    }
    if !(0.0..=1.0).contains(&frame.wall.intensity) {
        return Err(format!("the wall's intensity is {}", frame.wall.intensity));
    }
    // While a scene follows a change of the crowd on a thread, whoever is gone is dark and not out of the plan yet.
    let crowd = wall.crowd();
    let is_gone = |person: &u32| !wall.is_dealing() && !crowd.contains(person);
    if let Some(person) = everybody(&frame.wall).into_iter().find(is_gone) {
        return Err(format!("portrait {person} is seen, and is not on this wall any more"));
    }
    for picture in &frame.pictures {
        let is_dark = picture.is_first || (picture.blackout && !picture.is_covered);
        // Text for the operator is shown in a blackout, too.
        if is_dark && !picture.has_overlay && brightest(picture) > 0 {
            let what = if picture.is_first { "the first frame of a window" } else { "a blackout" };
            return Err(format!("{what} is not black on output {:?}", picture.shown.output));
        }
    }
    Ok(())
}

/// Holds a frame that has had time against what has to be true then.
///
/// # Errors
/// What is not, or not yet.
pub fn settled(frame: &Frame, wall: &Headless, monitors: usize) -> Result<(), String> {
    if frame.is_lost {
        return Err("the device is lost".to_owned());
    }
    if frame.pictures.len() != monitors {
        return Err(format!("{} outputs are drawn, with {monitors} monitors", frame.pictures.len()));
    }
    if frame.missing > 0 {
        return Err(format!("{} tiles are dark", frame.missing));
    }
    if let Some(fault) = frame.pictures.iter().find_map(fault) {
        return Err(fault);
    }
    let unix_secs = wall.unix_at_start + frame.real_secs;
    let (open, told) = (is_open(unix_secs), wall.operator.status(frame.real_secs).open);
    if open.is_some() && open != told {
        return Err(format!("the hours are {told:?} at Unix time {unix_secs}, and should be {open:?}"));
    }
    Ok(())
}

/// What is wrong with a picture that has had time.
fn fault(picture: &Picture) -> Option<String> {
    let output = picture.shown.output;
    if picture.is_first {
        return Some("an output has shown its first frame only".to_owned());
    }
    if shows_people(picture) && brightest(picture) < LIT {
        return Some(format!("output {output:?} is black, and should show people"));
    }
    let is_dark = picture.plan.intensity <= 0.0 && !picture.is_covered && !picture.has_overlay;
    (is_dark && brightest(picture) > 0).then(|| format!("output {output:?} is lit, and should be black"))
}

/// Whether a picture has to have light: rows of people that are not covered, faded or dimmed.
fn shows_people(picture: &Picture) -> bool {
    if picture.is_covered || picture.blackout || picture.plan.intensity < LEAST_INTENSITY {
        return false;
    }
    let list = picture.plan.draw_list();
    let people = |item: &DrawItem| match item {
        DrawItem::Layer { layer: Layer::Rows(rows), opacity, intensity, .. } => {
            opacity * intensity * rows.opacity * rows.intensity >= LEAST_INTENSITY
                && rows.presence.is_empty()
                && rows.look.exposure > -1.5
                && !rows.wall.people().is_empty()
        }
        _ => false,
    };
    // What lies over the rows may hide them, as letters that are cut out of the dark do.
    matches!(&list[..], [only] if people(only))
}

fn brightest(picture: &Picture) -> u8 {
    picture.pixels.as_chunks::<4>().0.iter().map(|[r, g, b, _]| *r.max(g).max(b)).max().unwrap_or(0)
}

/// All people of a plan, those of snapshots too.
fn everybody(plan: &FramePlan) -> std::collections::BTreeSet<u32> {
    let mut people = plan.people();
    if let Some(Outgoing::Snapshot(snapshot)) = &plan.outgoing {
        people.extend(everybody(snapshot));
    }
    people
}

/// Whether the show is open, said anew from what is written in its file: from 10:00 to 02:30, days that begin on Mondays left out. None
/// near the edges, and where a time comes twice.
pub fn is_open(unix_secs: f64) -> Option<bool> {
    let time = Timestamp::from_second(unix_secs.floor() as i64).ok()?.in_tz("Europe/Berlin").ok()?;
    let second = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    let (opens, closes) = (10 * 3600, 2 * 3600 + 1800);
    let is_edge = |edge: i32| (second - edge).abs() <= EDGE_SECS;
    // The hour that a night has twice, or not at all.
    let is_odd_night = time.start_of_day().ok()?.offset() != time.tomorrow().ok()?.start_of_day().ok()?.offset();
    if is_edge(opens) || is_edge(closes) || (is_odd_night && (3600..4 * 3600).contains(&second)) {
        return None;
    }
    let closed_on = |day: Weekday| day == Weekday::Monday;
    Some(match second {
        _ if second >= opens => !closed_on(time.weekday()),
        _ if second < closes => !closed_on(time.weekday().previous()),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::UVec2;
    use millions_show::{Player, Scene};
    use millions_stage::{OutputId, ShownOutput};

    #[test]
    fn a_picture_is_lit_where_people_are_and_black_where_nothing_is() {
        let player = Player::new((0..50).collect(), 0.8, 1.8, Scene::default()).unwrap();
        let picture = |grey: u8, intensity: f32| Picture {
            shown: ShownOutput { output: OutputId::default(), origin: UVec2::ZERO, size: UVec2::new(2, 1) },
            pixels: vec![0, 0, 0, 255, grey, grey, grey, 255],
            plan: FramePlan { intensity, ..player.frame(10.0) },
            is_covered: false,
            blackout: false,
            is_first: false,
            has_overlay: false,
        };
        assert_eq!((fault(&picture(90, 1.0)), fault(&picture(0, 0.0))), (None, None));
        assert!(fault(&picture(0, 1.0)).unwrap().contains("should show people"));
        assert!(fault(&picture(1, 0.0)).unwrap().contains("should be black"));
        assert_eq!(fault(&picture(0, 0.1)), None, "in a fade it may be dark");
        assert_eq!(fault(&Picture { is_covered: true, ..picture(0, 1.0) }), None);
        assert!(fault(&Picture { is_first: true, ..picture(0, 0.0) }).is_some());
        assert_eq!(everybody(&picture(0, 1.0).plan), player.frame(10.0).people());
    }

    #[test]
    fn the_hours_are_those_of_the_file() {
        let at = |text: &str| is_open(text.parse::<Timestamp>().unwrap().as_second() as f64);
        // A Friday in summer: two hours ahead of UTC.
        assert_eq!(at("2026-07-17T08:30:00Z"), Some(true));
        assert_eq!(at("2026-07-17T00:00:00Z"), Some(true), "two in the morning");
        assert_eq!(at("2026-07-17T00:29:40Z"), None);
        assert_eq!(at("2026-07-17T02:00:00Z"), Some(false));
        // Monday, and the night that begins on it.
        assert_eq!(at("2026-07-20T12:00:00Z"), Some(false));
        assert_eq!(at("2026-07-19T23:30:00Z"), Some(true), "Sunday's night");
        assert_eq!(at("2026-07-20T23:30:00Z"), Some(false), "Monday's");
        // The nights of the changed clocks.
        assert_eq!(at("2027-03-28T01:30:00Z"), None);
        assert_eq!(at("2027-10-31T01:10:00Z"), None);
    }
}
