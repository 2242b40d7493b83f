//! The operator's keys, without a window.

use super::super::keys::Action;
use super::*;
use glam::UVec2;
use millions_show::Transition;
use millions_stage::{NoMaskImages, Output, Stage};
use millions_wall::tone::{Calibration, Look};
use std::sync::Arc;

fn operator() -> Operator {
    let show = Show::embedded().unwrap();
    let player = Player::of_scenes((0..300).collect(), 0.8, 1.8, show.scenes.clone(), &show.start.scene).unwrap();
    let stage = Stage::side_by_side(vec![Output::new("wall", UVec2::new(1800, 1000))]);
    let venue = Venue::new(stage, Arc::new(NoMaskImages));
    Operator::new(player, Clock::new(0.0, 100.0), show, NamedLook::embedded().unwrap(), venue, 1.7e9)
}

/// Presses a key and obeys its command, unless it is refused; returns the window's part of it.
fn press(operator: &mut Operator, action: Action, real_secs: f64, is_fullscreen: bool) -> Option<WindowCommand> {
    let command = operator.press(action, real_secs, is_fullscreen)?;
    operator.obey(&command, real_secs).unwrap_or(None)
}

#[test]
fn looks_fade_and_come_round_to_the_scenes_own() {
    let mut operator = operator();
    let own = operator.wall(0.0).wall().unwrap().look;
    let mut at = 1.0;
    for _ in 0..NamedLook::embedded().unwrap().len() {
        press(&mut operator, Action::Look, at, false);
        // Pressed again half-way, a fade goes on from what is seen.
        let half = operator.wall(at + 0.6).wall().unwrap().look;
        press(&mut operator, Action::Color, at + 0.6, false);
        assert_eq!(operator.wall(at + 0.6).wall().unwrap().look, half);
        press(&mut operator, Action::Color, at + 0.7, false);
        assert!(operator.is_changing(at + 1.0) && !operator.is_changing(at + 3.0));
        assert_ne!(operator.wall(at + 9.0).wall().unwrap().look, own);
        at += 10.0;
    }
    press(&mut operator, Action::Look, at, false);
    assert_eq!(operator.wall(at + 9.0).wall().unwrap().look, own);
}

#[test]
fn a_look_of_an_embedded_ones_id_takes_its_place() {
    let mut operator = operator();
    let own = NamedLook { look: Look { grain: 0.9, ..Look::default() }, ..NamedLook::embedded().unwrap().remove(1) };
    operator.show_look(own.clone());
    assert_eq!(operator.player.base_look(), own.look);
    let mut step = |at: f64| {
        press(&mut operator, Action::Look, at, false);
        operator.looks.shown().map(|look| look.id.to_string())
    };
    let stepped = [10.0, 20.0, 30.0, 40.0, 50.0].map(&mut step);
    assert_eq!(
        stepped.each_ref().map(Option::as_deref),
        [Some("silver"), Some("street"), Some("stencil"), None, Some("newsprint")]
    );
}

#[test]
fn the_test_picture_calibrates_the_output_and_is_kept() {
    let mut operator = operator();
    let rows = operator.player.rows();
    press(&mut operator, Action::Playlist(1), 1.0, false);
    assert_eq!(operator.venue.calibration(), Calibration::default(), "outside the test picture nothing is set");
    press(&mut operator, Action::Test, 1.0, false);
    assert!(
        operator.frame(1.0, operator.venue.selected()).step_wedge
            && operator.caption(1.0, "a frame in 16.7 ms · GPU 4.2").is_some()
    );
    press(&mut operator, Action::Rows(-1), 1.0, false);
    press(&mut operator, Action::Playlist(1), 1.0, false);
    assert!(operator.venue.calibration().black > 0.0, "down from gamma is black");
    assert_eq!(operator.player.rows(), rows);
    assert!(operator.venue.take_changed(), "so it is saved");
    press(&mut operator, Action::Test, 2.0, false);
    assert!(!operator.frame(2.0, operator.venue.selected()).step_wedge && !operator.venue.take_changed());
}

#[test]
fn quitting_takes_two_presses_in_time() {
    let mut operator = operator();
    assert_eq!(press(&mut operator, Action::Quit, 1.0, true), None);
    assert!(operator.caption(2.0, "").unwrap()[0][0].contains("again"));
    assert_eq!(press(&mut operator, Action::Quit, 9.0, true), None, "too late to confirm");
    assert_eq!(press(&mut operator, Action::Help, 9.5, true), None);
    assert_eq!(press(&mut operator, Action::Quit, 10.0, true), None, "another key came between");
    assert_eq!(press(&mut operator, Action::Quit, 11.0, true), Some(WindowCommand::Quit));
}

/// A library that is no field copy is wiped by nobody, whoever asks.
#[test]
fn wiping_takes_two_presses_in_time_and_a_field_copy() {
    let mut operator = operator();
    for at in [1.0, 1.5, 2.0] {
        assert_eq!(press(&mut operator, Action::Wipe, at, true), None);
        assert_eq!(operator.caption(at, ""), None, "nothing is asked");
    }
    assert!(operator.obey(&Command::Wipe, 3.0).is_err());
    operator.set_field_copy(true);
    assert_eq!(press(&mut operator, Action::Wipe, 10.0, true), None);
    assert!(operator.caption(11.0, "").unwrap()[0][0].contains("wipe"));
    assert_eq!(press(&mut operator, Action::Wipe, 19.0, true), None, "too late to confirm");
    assert_eq!(press(&mut operator, Action::Quit, 19.5, true), None, "another key came between");
    assert_eq!(press(&mut operator, Action::Wipe, 20.0, true), None);
    assert_eq!(press(&mut operator, Action::Wipe, 21.0, true), Some(WindowCommand::Wipe));
}

#[test]
fn escape_leaves_full_screen_first() {
    let mut operator = operator();
    assert_eq!(press(&mut operator, Action::Leave, 1.0, true), Some(WindowCommand::Fullscreen(false)));
    assert_eq!(press(&mut operator, Action::Leave, 1.5, false), None);
    assert_eq!(press(&mut operator, Action::Leave, 2.0, false), Some(WindowCommand::Quit));
}

#[test]
fn keys_change_the_frame_and_reset_takes_it_back() {
    let mut operator = operator();
    let before = operator.player.frame(5.0);
    for action in [Action::Rows(1), Action::Color, Action::Contrast(1), Action::Exposure(-1)] {
        let was = operator.player.frame(5.0);
        press(&mut operator, action, 1.0, false);
        assert_ne!(operator.player.frame(5.0), was, "{action:?}");
    }
    press(&mut operator, Action::Speed(1), 1.0, false);
    press(&mut operator, Action::Reset, 1.0, false);
    assert_eq!(operator.player.frame(5.0), before);
    assert!((operator.clock.rate() - 1.0).abs() < 1e-9);
    operator.show.keys[8] = None;
    press(&mut operator, Action::Cue { key: 4, cut: true }, 1.0, false);
    assert_eq!(operator.player.scene().id, "multitude");
    press(&mut operator, Action::Cue { key: 8, cut: true }, 1.0, false);
    assert_eq!(operator.player.scene().id, "multitude", "a key without a scene does nothing");
    press(&mut operator, Action::Back, 2.0, false);
    assert_eq!(operator.player.scene().id, "slow");
}

#[test]
fn the_help_can_be_set_in_the_font_that_the_program_carries() {
    use cosmic_text::{Attrs, Buffer, FontSystem, Metrics, Shaping, fontdb};
    let mut operator = operator();
    press(&mut operator, Action::Help, 1.0, false);
    let text: Vec<_> = operator.caption(1.0, "a frame in 16.7 ms · GPU 4.2").unwrap().into_iter().flatten().collect();
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(millions_lettering::fonts::SANS.to_vec());
    let mut fonts = FontSystem::new_with_locale_and_db("en".to_owned(), fonts);
    let mut buffer = Buffer::new(&mut fonts, Metrics::new(10.0, 12.0));
    buffer.set_size(None, None);
    buffer.set_text(&text.join("\n"), &Attrs::new(), Shaping::Advanced, None);
    buffer.shape_until_scroll(&mut fonts, false);
    let mut glyphs = 0;
    for run in buffer.layout_runs() {
        for glyph in run.glyphs {
            glyphs += 1;
            assert_ne!(glyph.glyph_id, 0, "the font lacks {:?}", &run.text[glyph.start..glyph.end]);
        }
    }
    assert!(glyphs > 300);
}

#[test]
fn a_blackout_and_a_hold_come_back() {
    let mut operator = operator();
    press(&mut operator, Action::Blackout, 1.0, false);
    assert_eq!(operator.player.frame(5.0).intensity, 0.0);
    press(&mut operator, Action::Blackout, 1.0, false);
    press(&mut operator, Action::Hold, 2.0, false);
    assert!((operator.clock.show_secs(60.0) - 102.0).abs() < 1e-9);
    press(&mut operator, Action::Contrast(-1), 3.0, false);
    for _ in 0..100 {
        press(&mut operator, Action::Contrast(1), 3.0, false);
    }
    let full = operator.player.look().contrast;
    press(&mut operator, Action::Contrast(-1), 3.0, false);
    assert!(operator.player.look().contrast < full, "presses past the end are not saved up");
}

#[test]
fn a_delayed_output_shows_cuts_holds_and_blackouts_as_late_as_everything_else() {
    let mut operator = operator();
    let output = operator.venue.stage().outputs[0].id;
    let (frame_secs, delay_secs) = (1.0 / 60.0, 5.0 / 60.0);
    let mut shown = Vec::new();
    for frame in 0..60 {
        let now = 100.0 + f64::from(frame) * frame_secs;
        match frame {
            10 => operator
                .player
                .cue_scene(&operator.show.scenes[3].id.clone(), Transition::CUT, operator.at(now))
                .unwrap(),
            20 => operator.clock.set_rate(now, 4.0),
            30 => operator.clock.hold(now, true),
            40 => operator.player.set_blackout(true),
            _ => {}
        }
        operator.record(now, delay_secs);
        let [at_once, delayed] = [now, now - delay_secs].map(|at| operator.recorded(at, output));
        assert_eq!(at_once.plan, operator.frame(now, output));
        shown.push(at_once);
        if frame >= 5 {
            let then = &shown[frame as usize - 5];
            assert!(delayed.plan == then.plan && delayed.blackout == then.blackout, "frame {frame}");
        }
    }
    assert!(operator.recent.len() <= 7, "no more is kept than is shown");
}

#[test]
fn a_fade_to_black_ends_in_a_blackout_and_a_second_press_is_black_at_once() {
    let mut operator = operator();
    let mut fade = |on, secs, at| operator.obey(&Command::Blackout { on, secs }, at).unwrap();
    assert_eq!(fade(true, 2.0, 10.0), None);
    let intensities: Vec<_> = (0..=20).map(|tenth| operator.wall(10.0 + f64::from(tenth) * 0.1).intensity).collect();
    assert!(intensities.windows(2).all(|pair| pair[1] < pair[0]) && intensities[0] == 1.0 && intensities[20] == 0.0);
    assert!(operator.is_blacked_out() && !operator.player.is_blackout());
    operator.follow(12.5);
    assert!(operator.player.is_blackout() && operator.wall(12.5).intensity == 0.0);
    operator.obey(&Command::Blackout { on: false, secs: 1.0 }, 13.0).unwrap();
    assert!(!operator.is_blacked_out() && operator.wall(13.0).intensity == 0.0 && operator.wall(13.5).intensity == 0.5);
    // Fades of more are refused, and B is at once whatever fades.
    assert!(operator.obey(&Command::Blackout { on: true, secs: f64::NAN }, 13.6).is_err());
    press(&mut operator, Action::Blackout, 13.6, false);
    assert_eq!(operator.wall(13.6).intensity, 0.0);
}

#[test]
fn the_dimmer_dims_everything_and_blackout_comes_before_it() {
    let mut operator = operator();
    let mut dim = |level| operator.obey(&Command::Dimmer { level }, 10.0);
    dim(0.25).unwrap();
    assert!(dim(1.5).is_err() && dim(f32::NAN).is_err());
    assert_eq!((operator.wall(10.0).intensity, operator.status(10.0).dimmer), (0.25, 0.25));
    operator.obey(&Command::Blackout { on: true, secs: 0.0 }, 11.0).unwrap();
    assert_eq!(operator.wall(11.0).intensity, 0.0);
    operator.obey(&Command::Blackout { on: false, secs: 0.0 }, 12.0).unwrap();
    assert_eq!(operator.wall(12.0).intensity, 0.25, "as it was");
    operator.obey(&Command::Dimmer { level: 0.0 }, 13.0).unwrap();
    assert!(operator.is_dark(13.0));
}

#[test]
fn a_second_go_within_a_moment_is_none() {
    let mut operator = operator();
    operator.player.set_playlist(operator.show.playlist.clone(), 100.0, true);
    let mut entry = |at: f64| {
        operator.obey(&Command::Go, at).unwrap();
        operator.player.playlist_position(operator.clock.show_secs(at)).unwrap().entry
    };
    assert_eq!([10.0, 10.2, 10.29, 10.4, 11.0].map(&mut entry), [0, 0, 0, 1, 2].map(Some));
    operator.obey(&Command::Entry { entry: 1 }, 20.0).unwrap();
    let position = operator.player.playlist_position(operator.clock.show_secs(20.0)).unwrap();
    assert_eq!((position.entry, position.next.unwrap().0), (Some(1), 2));
    assert_eq!(operator.player.scene().id, operator.show.playlist.as_ref().unwrap().entries[1].cue.scene);
    assert!(operator.obey(&Command::Entry { entry: 99 }, 20.0).is_err());
}

#[test]
fn a_cue_at_a_time_is_taken_then_whenever_the_next_frame_comes() {
    let (mut operator, mut at_once) = (operator(), operator());
    let scene = operator.show.scenes[3].id.clone();
    let cue = |at| Command::Cue { scene: scene.clone(), transition: None, at };
    operator.obey(&cue(Some(1.7e9 + 8.0)), 1.0).unwrap();
    operator.follow(7.9);
    assert_ne!(operator.player.cue().scene, scene);
    operator.follow(8.013);
    at_once.obey(&cue(None), 8.0).unwrap();
    assert_eq!(operator.player.cue(), at_once.player.cue());
    assert!(operator.wall(8.5) == at_once.wall(8.5));
    operator.obey(&cue(Some(f64::NAN)), 9.0).unwrap();
    assert!(operator.obey(&Command::Cue { scene: "nobody".into(), transition: None, at: None }, 9.0).is_err());
}

#[test]
fn no_command_makes_a_look_that_cannot_be_shown() {
    let mut operator = operator();
    let adjust = |parameter: &str, value| Command::Adjust { parameter: parameter.into(), value, fade: false };
    operator.obey(&adjust("white", 0.5), 1.0).unwrap();
    assert!(operator.obey(&adjust("black", 0.6), 1.0).unwrap_err().0.contains("above `black`"));
    for (parameter, value) in [("mix_red", f32::NAN), ("gamma", 9.0), ("beauty", 1.0)] {
        assert!(operator.obey(&adjust(parameter, value), 1.0).is_err());
    }
    assert_eq!(operator.player.look().white, 0.5);
    let status = operator.status(1.0);
    assert!(status.look.values.iter().any(|value| value.parameter == "white" && value.value == 0.5 && value.adjusted));
    assert_eq!((status.cues[0].key, status.cues.len()), (Some(1), operator.show.scenes.len()));
}

/// An operator whose show is open from 10:00 to 22:00 UTC, with a fade of 20 s, and plays its playlist; real time 0 is a Unix time.
fn by_the_hours(unix_secs: f64) -> Operator {
    let mut show = Show::embedded().unwrap();
    let hours = "name = \"H\"\nstart = \"slow\"\n[schedule]\ntimezone = \"UTC\"\nfade = 20\n[[schedule.open]]\nfrom = \"10:00\"\nto = \"22:00\"\n";
    show.schedule = Show::parse(Path::new("hours.toml"), hours).unwrap().schedule;
    let player = Player::of_scenes((0..300).collect(), 0.8, 1.8, show.scenes.clone(), &show.start.scene).unwrap();
    let stage = Stage::side_by_side(vec![Output::new("wall", UVec2::new(1800, 1000))]);
    let venue = Venue::new(stage, Arc::new(NoMaskImages));
    let looks = NamedLook::embedded().unwrap();
    let mut operator = Operator::new(player, Clock::new(0.0, unix_secs), show, looks, venue, unix_secs);
    operator.restart(unix_secs, 0.0);
    operator
}

/// The intensities of frames from a real time on, four a second.
fn followed(operator: &mut Operator, from_secs: f64, secs: f64) -> Vec<f32> {
    let times = (0..=(secs * 4.0) as u32).map(|frame| from_secs + f64::from(frame) / 4.0);
    times
        .map(|at| {
            operator.follow(at);
            operator.wall(at).intensity
        })
        .collect()
}

#[test]
fn a_machine_that_boots_in_1970_opens_with_a_fade_once_it_knows_the_time() {
    // Midnight, so closed; then it is told that it is 15:00 of a day in 2027.
    let (mut operator, now) = (by_the_hours(12.0), 1_805_122_800.0);
    assert!(followed(&mut operator, 0.0, 60.0).iter().all(|intensity| *intensity == 0.0));
    operator.set_world_clock(now - 60.0);
    let lit = followed(&mut operator, 60.0, 30.0);
    assert!(lit[0] == 0.0 && lit.windows(2).all(|pair| pair[1] >= pair[0] && pair[1] - pair[0] < 0.05), "{lit:?}");
    assert_eq!(lit.last(), Some(&1.0));
    // From then on it shows what a wall shows that has known the time since the opening at 10:00.
    let mut other = by_the_hours(now - 5.0 * 3600.0 - 60.0);
    followed(&mut other, 0.0, 90.0);
    let later = 5.0 * 3600.0 + 60.0;
    other.follow(later + 30.0);
    operator.follow(90.0);
    assert_eq!(operator.clock.show_secs(90.0), other.clock.show_secs(later + 30.0));
    assert_eq!(operator.player.cue().scene, other.player.cue().scene);
    assert!(operator.wall(90.0) == other.wall(later + 30.0), "two machines show one wall");
}

#[test]
fn a_clock_that_is_set_closes_with_a_fade_and_leaves_an_open_wall_alone() {
    let noon = 1_805_112_000.0;
    let mut operator = by_the_hours(noon);
    assert!(followed(&mut operator, 0.0, 10.0).iter().all(|intensity| *intensity == 1.0));
    let show_secs = operator.clock.show_secs(10.0);
    // Back and forth within the hours: nothing is seen of it.
    for by_secs in [5400.0, -3600.0] {
        operator.set_world_clock(noon + by_secs);
        assert!(followed(&mut operator, 10.0, 5.0).iter().all(|intensity| *intensity == 1.0));
    }
    assert_eq!(operator.clock.show_secs(10.0), show_secs);
    // To the evening after the end; and back, before the fade is over.
    operator.set_world_clock(noon + 11.0 * 3600.0);
    let dark = followed(&mut operator, 20.0, 10.0);
    assert!(dark[0] == 1.0 && dark.windows(2).all(|pair| pair[1] <= pair[0] && pair[0] - pair[1] < 0.05), "{dark:?}");
    operator.set_world_clock(noon);
    let lit = followed(&mut operator, 30.0, 30.0);
    assert!((lit[0] - dark[dark.len() - 1]).abs() < 0.05 && lit.last() == Some(&1.0), "{lit:?}");
    // A machine that slept over its end.
    operator.set_world_clock(noon + 11.0 * 3600.0);
    assert_eq!(followed(&mut operator, 60.0, 25.0).last(), Some(&0.0));
}

#[test]
fn a_cue_that_a_set_clock_leaps_over_comes_with_its_transition() {
    let mut operator = operator();
    let scene = operator.show.scenes[3].id.clone();
    let cue = Command::Cue { scene: scene.clone(), transition: None, at: Some(1.7e9 + 600.0) };
    operator.obey(&cue, 1.0).unwrap();
    operator.follow(5.0);
    operator.set_world_clock(1.7e9 + 3600.0);
    operator.follow(6.0);
    assert_eq!(operator.player.cue().scene, scene);
    assert!(operator.player.transition_progress(6.0) == 0.0 && operator.player.transition_progress(60.0) == 1.0);
}
