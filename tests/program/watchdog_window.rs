//! Tier 5: a wall that hangs, is killed, or only stands still, and whoever supervises it.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::desk::{Desk, Play, is_grey_wall};
use crate::program::{Picture, done, millions, run};
use millions_library::Library;

/// Whoever supervises the program: a socket that takes what a service manager is told.
struct Manager(UnixDatagram);

impl Manager {
    fn of(desk: &Desk) -> Self {
        let socket = UnixDatagram::bind(desk.home.path().join("manager")).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Self(socket)
    }

    /// Takes messages for a while, each with its time.
    fn hears(&self, time: Duration) -> Vec<(Instant, String)> {
        let (began, mut heard) = (Instant::now(), Vec::new());
        while began.elapsed() < time {
            let mut bytes = [0; 4096];
            if let Ok(length) = self.0.recv(&mut bytes) {
                heard.push((Instant::now(), String::from_utf8(bytes[..length].to_vec()).unwrap()));
            }
        }
        heard
    }

    fn signs_of_life(&self, time: Duration) -> usize {
        self.hears(time).iter().filter(|(_, message)| message.contains("WATCHDOG=1")).count()
    }
}

/// Starts a supervised wall, whose signs of life the manager wants every second.
fn supervised<'d>(desk: &'d Desk, arguments: &str) -> Play<'d> {
    desk.start_with(&format!("--library library --supervise {arguments}"), |command| {
        command.env("NOTIFY_SOCKET", desk.home.path().join("manager")).env("WATCHDOG_USEC", "2000000")
    })
}

/// The process that plays: the child of the one that supervises.
fn player(play: &Play<'_>) -> Option<u32> {
    let id = play.program.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

fn ends_at_a_signal(mut play: Play<'_>) {
    assert!(Command::new("kill").arg(play.program.id().to_string()).status().unwrap().success());
    assert_eq!(play.ends(), Some(0), "the wall was asked to end: {}", play.log());
}

#[test]
fn stillness_is_alive_and_a_killed_wall_is_back_at_its_time() {
    let desk = Desk::open();
    desk.invent_people();
    let manager = Manager::of(&desk);
    let play = supervised(&desk, "");
    // READY is told after the first frame, and no sign of life before it.
    let mut heard = Vec::new();
    play.until("it says that it plays", || {
        heard.extend(manager.hears(Duration::from_millis(100)));
        heard.iter().any(|(_, message)| message.contains("READY=1")).then_some(())
    });
    let place = |wanted: &str| heard.iter().position(|(_, message)| message.contains(wanted));
    assert!(place("WATCHDOG=1").is_none_or(|alive| alive > place("READY=1").unwrap()), "{heard:?}");
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    desk.key("space");
    play.stands_still("the wall is held");
    assert!(manager.signs_of_life(Duration::from_secs(3)) >= 2, "held, and alive: {}", play.log());
    desk.key("space");
    desk.key("b");
    play.sees("the wall is black", Picture::is_black);
    assert!(manager.signs_of_life(Duration::from_secs(3)) >= 2, "black, and alive: {}", play.log());
    desk.key("b");
    desk.key("2");
    play.moves("another scene");
    let before = done(desk.home.path(), "ctl status --json").out;

    let id = player(&play).expect("a child");
    assert!(Command::new("kill").args(["-9", &id.to_string()]).status().unwrap().success());
    let killed = Instant::now();
    play.until("another plays", || player(&play).filter(|new| *new != id));
    play.until("people are on the wall again", || is_grey_wall(&desk.window()).then_some(()));
    eprintln!("killed, and back after {:.1} s", killed.elapsed().as_secs_f64());
    let after = done(desk.home.path(), "ctl status --json").out;
    let field = |status: &str, path: &str| {
        serde_json::from_str::<serde_json::Value>(status).unwrap().pointer(path).cloned().unwrap_or_default()
    };
    for path in ["/scene/scene", "/scene/since_show_secs"] {
        assert_eq!(field(&after, path), field(&before, path), "{path}: as if it had played on");
    }
    assert_eq!(field(&after, "/watchdog/supervised"), true);
    assert_eq!(field(&after, "/watchdog/mode"), "usual", "once may be anything");
    let recoveries = field(&after, "/watchdog/recoveries").as_array().unwrap().clone();
    assert!(recoveries.len() == 1 && recoveries[0]["text"].as_str().unwrap().contains("signal 9"), "{recoveries:?}");
    ends_at_a_signal(play);
}

#[test]
fn a_drawing_thread_that_hangs_is_noticed_and_the_picture_is_back() {
    let desk = Desk::open();
    desk.invent_people();
    let manager = Manager::of(&desk);
    let play = supervised(&desk, "--rehearse-hang-after 3s");
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    play.until("it hangs", || play.log().contains("hangs, as a rehearsal").then_some(()));
    let hung = Instant::now();
    let id = player(&play).expect("a child");
    let heard = manager.hears(Duration::from_secs(4));
    let last = heard.iter().rfind(|(_, message)| message.contains("WATCHDOG=1")).map(|(at, _)| *at);
    assert!(last.is_none_or(|last| last < hung + Duration::from_secs(2)), "no timer tells that it is alive");
    play.until("it is noticed", || player(&play).filter(|new| *new != id));
    let noticed = hung.elapsed();
    play.until("people are on the wall again", || is_grey_wall(&desk.window()).then_some(()));
    let back = hung.elapsed();
    eprintln!("noticed after {:.1} s, back after {:.1} s", noticed.as_secs_f64(), back.as_secs_f64());
    assert!(noticed < Duration::from_secs(15), "{noticed:?}: {}", play.log());
    play.moves("the wall moves");
    let status = run(desk.home.path(), "kiosk status").out;
    assert!(status.contains("the drawing thread stood still"), "the journal is shown: {status}");
    ends_at_a_signal(play);
}

/// Defends a wall that nobody is near from a file that was saved with a mistake: it plays on, and so does its next start.
#[test]
fn a_show_with_a_mistake_is_played_as_it_was_before() {
    let desk = Desk::open();
    desk.invent_people();
    let show = desk.home.path().join("show.toml");
    let good = "name = \"Ours\"\n[keys]\n1 = \"slow\"\n2 = \"faces\"\n";
    fs::write(&show, good).unwrap();
    let play = supervised(&desk, "--show show.toml");
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    fs::write(&show, "name = 3\n").unwrap();
    play.until("the mistake is told", || play.log().contains("the wall keeps the show").then_some(()));
    let id = player(&play).expect("a child");
    assert!(Command::new("kill").args(["-9", &id.to_string()]).status().unwrap().success());
    play.until("another plays", || player(&play).filter(|new| *new != id));
    play.until("people are on the wall again", || is_grey_wall(&desk.window()).then_some(()));
    play.until("it is told", || play.log().contains("plays the show as it was before").then_some(()));
    // Mended, it is followed again.
    fs::write(&show, good.replace("faces", "black")).unwrap();
    play.until("the mended show is read", || play.log().contains("the show has changed").then_some(()));
    desk.key("2");
    play.sees("its scene without people", Picture::is_black);
    ends_at_a_signal(play);
    // Whoever starts it by hand is told, and mends it.
    fs::write(&show, "name = 3\n").unwrap();
    let by_hand = run(desk.home.path(), "play --library library --show show.toml");
    assert!(by_hand.code == Some(1) && by_hand.err.contains("show.toml"), "{by_hand:?}");
}

/// Defends what a person may have in its place: nothing of another is overwritten or removed, and what is removed is all that was written.
#[test]
fn a_kiosk_is_written_and_removed_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    done(home.path(), "demo --count 3 --library library --tile 64");
    let kiosk = |arguments: &str| {
        let mut command = millions(home.path());
        command.env_remove("SUDO_USER");
        command.current_dir(home.path()).env("XDG_CONFIG_HOME", home.path().join("config")).arg("kiosk");
        let output = command.args(arguments.split(' ')).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let unit = home.path().join("config/systemd/user/millions-kiosk.service");
    let autostart = home.path().join("config/autostart/millions-kiosk.desktop");
    let (code, text) = kiosk("install --dry-run --library library");
    assert!(code == Some(0) && text.contains("Type=notify") && !unit.exists(), "{text}");
    for (arguments, message) in [
        ("install --library nowhere", "nowhere is not there"),
        ("install --libary library", "does not take that: unexpected argument '--libary'"),
        ("install --system --dry-run --account root", "whose wall is it?"),
    ] {
        let (code, text) = kiosk(arguments);
        assert!(code != Some(0) && text.contains(message) && !unit.exists(), "{arguments}: {text}");
    }
    fs::write(home.path().join("wrong.toml"), "name = 3\n").unwrap();
    fs::create_dir(home.path().join("empty")).unwrap();
    for (arguments, message) in [
        ("install --library library --show wrong.toml", "wrong.toml"),
        ("install --library empty", "there is no library here"),
    ] {
        let (code, text) = kiosk(arguments);
        assert!(code == Some(1) && text.contains(message) && !unit.exists(), "{arguments}: {text}");
    }
    // One that is still to be made is made, and expected from then on: what is not there at a start is a disk that is missing.
    let (code, text) = kiosk("install empty --library later");
    let later = home.path().join("later");
    assert!(code == Some(0) && Library::is_at(&later), "{text}");
    assert!(fs::read_to_string(&unit).unwrap().contains("expect-library"), "{text}");
    let expects = || run(home.path(), "kiosk expect-library later");
    assert_eq!(expects().code, Some(0));
    fs::rename(&later, home.path().join("away")).unwrap();
    assert!(expects().err.contains("is its disk there?"));
    let (code, text) = kiosk("install --library library");
    assert!(code == Some(0) && unit.exists() && autostart.exists(), "{text}");
    assert!(kiosk("status").1.contains("there"));
    assert_eq!(kiosk("install --library library --desk").0, Some(0), "again, with other arguments");
    assert!(fs::read_to_string(&unit).unwrap().contains("--desk --fullscreen"));
    fs::write(&autostart, "[Desktop Entry]\n").unwrap();
    let (code, text) = kiosk("install --library library");
    assert!(code == Some(1) && text.contains("is not of this program"), "{text}");
    let (code, text) = kiosk("remove");
    assert!(code == Some(0) && !unit.exists() && autostart.exists(), "{text}");
}
