//! A virtual display with a window manager, and the program in it.
//!
//! Each has an Xvfb of its own, and a window manager: full screen is asked of one. The desktop is white, so that whatever is not
//! drawn is seen.

#![allow(dead_code, reason = "each test uses its part")]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use x11rb::connection::Connection as _;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, PropMode};
use x11rb::rust_connection::RustConnection;

use crate::program::{Picture, done, millions};

pub const SCREEN: (u32, u32) = (1600, 900);
/// The default size of the window.
pub const WINDOW: (u32, u32) = (1280, 720);
/// The bound of every wait, which only a hang reaches: no test counts on an idle machine.
pub const HANG: Duration = Duration::from_secs(120);
const INSTALLS: &str = "scripts/test installs Xvfb, Xorg with its dummy driver, xrandr, xdotool and openbox";
/// The size of a monitor that can be pulled.
pub const MONITOR: (u32, u32) = (640, 480);
/// A display with virtual monitors.
const MONITORS: &str = r#"
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
EndSection
Section "Device"
  Identifier "pretended"
  Driver "dummy"
  VideoRam 64000
EndSection
Section "Monitor"
  Identifier "any"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
EndSection
Section "Screen"
  Identifier "one"
  Device "pretended"
  Monitor "any"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "640x480"
    Virtual 2560 480
  EndSubSection
EndSection
"#;

/// Everything in the upper left corner, without a frame, and no keys that are not ours.
const MANAGER: &str = r#"<openbox_config xmlns="http://openbox.org/3.4/rc"><theme><keepBorder>no</keepBorder></theme>
<applications><application class="*"><decor>no</decor><position force="yes"><x>0</x><y>0</y></position></application></applications></openbox_config>"#;

/// A virtual display with a window manager.
pub struct Desk {
    pub home: tempfile::TempDir,
    server: Child,
    manager: Option<Child>,
    pub display: String,
    seen: Seen,
}

/// The way of reading the display.
enum Seen {
    /// In the memory that the server draws to: where the picture begins there, and the bytes of a line.
    Memory { memory: File, start: u64, stride: u64 },
    /// By asking the server.
    Asked(Box<RustConnection>),
}

impl Desk {
    pub fn open() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (width, height) = SCREEN;
        // The display's number comes through a descriptor of its own: the server closes that one and uses it again, and
        // for a client's connection it must not be the standard output. It stays as it is when a client leaves.
        let mut server = Command::new("sh")
            .args(["-c", "exec Xvfb \"$@\" -displayfd 3 3>&1 >/dev/null 2>&1", "sh", "-noreset", "-wr"])
            .args(["-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24"), "-fbdir"])
            .arg(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect(INSTALLS);
        // It tells its number when it is ready.
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.is_empty(), "Xvfb does not start: {INSTALLS}");
        let memory = File::open(home.path().join("Xvfb_screen0")).expect("Xvfb tells its display and has a screen");
        // An XWD file: a header of big-endian words, the colours of a palette at 12 bytes each, the picture.
        let word = |index: u64| {
            let mut word = [0; 4];
            memory.read_exact_at(&mut word, index * 4).unwrap();
            u64::from(u32::from_be_bytes(word))
        };
        assert_eq!((word(4), word(5), word(7), word(11)), (width.into(), height.into(), 0, 32), "pixels of B, G, R, X");
        let (start, stride) = (word(0) + word(19) * 12, word(12));
        let display = format!(":{}", number.trim());
        Self { home, server, manager: None, display, seen: Seen::Memory { memory, start, stride } }.managed()
    }

    /// A display with monitors that can be plugged in and pulled, side by side, [`MONITOR`] large each.
    pub fn with_monitors(count: usize) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("xorg.conf"), MONITORS).unwrap();
        let mut server = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" -displayfd 3 3>&1 >/dev/null 2>&1"])
            .arg(
                ["/usr/lib/xorg/Xorg", "/usr/libexec/Xorg"]
                    .into_iter()
                    .find(|path| Path::new(path).exists())
                    .unwrap_or("Xorg"),
            )
            .args(["-noreset", "-wr", "-nolisten", "tcp", "-novtswitch", "-sharevts", "-config"])
            .arg(home.path().join("xorg.conf"))
            .arg("-logfile")
            .arg(home.path().join("xorg.log"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect(INSTALLS);
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let log = || fs::read_to_string(home.path().join("xorg.log")).unwrap_or_default();
        assert!(!number.is_empty(), "Xorg does not start: {INSTALLS}\n{}", log());
        let display = format!(":{}", number.trim());
        let (connection, _) = RustConnection::connect(Some(&display)).expect("a connection to Xorg");
        let seen = Seen::Asked(Box::new(connection));
        let desk = Self { home, server, manager: None, display, seen };
        for monitor in 0..count {
            desk.plug(monitor);
        }
        desk.managed()
    }

    fn xrandr(&self, arguments: &str) {
        let mut command = Command::new("xrandr");
        let output = self.on_display(command.args(arguments.split_whitespace())).output().expect(INSTALLS);
        assert!(output.status.success(), "xrandr {arguments}: {output:?}");
    }

    /// Connects a monitor.
    pub fn plug(&self, monitor: usize) {
        let (width, height) = MONITOR;
        // All of them know the modes of the first.
        self.xrandr(&format!("--addmode DUMMY{monitor} {width}x{height}"));
        let left = width as usize * monitor;
        self.xrandr(&format!("--output DUMMY{monitor} --mode {width}x{height} --pos {left}x0"));
    }

    /// Disconnects a monitor.
    pub fn pull(&self, monitor: usize) {
        self.xrandr(&format!("--output DUMMY{monitor} --off"));
    }

    /// What a monitor shows.
    pub fn monitor(&self, monitor: usize) -> Picture {
        let (width, height) = MONITOR;
        let all = self.shot((width * (monitor as u32 + 1), height));
        let lines = all.pixels.chunks_exact(all.width as usize);
        let pixels = lines.flat_map(|line| line[line.len() - width as usize..].iter().copied()).collect();
        Picture { width, height, pixels }
    }

    /// Gives a monitor an EDID with a name and a serial number, as the X server has it of a real one.
    pub fn name_monitor(&self, monitor: usize, name: &str, serial: &str) {
        let mut edid = vec![0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x16, 0x6c, 1, 0, 7, 0, 0, 0];
        edid.resize(128, 0);
        for (at, kind, text) in [(54, 0xfc, name), (72, 0xff, serial)] {
            edid[at..at + 5].copy_from_slice(&[0, 0, 0, kind, 0]);
            let text = format!("{text}\n            ");
            edid[at + 5..at + 18].copy_from_slice(&text.as_bytes()[..13]);
        }
        edid[127] = edid.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
        let (connection, screen) = RustConnection::connect(Some(&self.display)).unwrap();
        let root = connection.setup().roots[screen].root;
        let atom = connection.intern_atom(false, b"EDID").unwrap().reply().unwrap().atom;
        let resources = connection.randr_get_screen_resources(root).unwrap().reply().unwrap();
        let is_it = |output: &&u32| {
            let info = connection.randr_get_output_info(**output, resources.config_timestamp).unwrap().reply().unwrap();
            info.name == format!("DUMMY{monitor}").as_bytes()
        };
        let output = *resources.outputs.iter().find(is_it).unwrap();
        let (kind, bytes) = (AtomEnum::INTEGER.into(), PropMode::REPLACE);
        let length = edid.len() as u32;
        let change = connection.randr_change_output_property(output, atom, kind, 8, bytes, length, &edid);
        change.unwrap().check().unwrap();
    }

    fn managed(mut self) -> Self {
        let desk = &mut self;
        let config = desk.home.path().join("openbox.xml");
        fs::write(&config, MANAGER).unwrap();
        let mut manager = Command::new("openbox");
        desk.on_display(manager.arg("--sm-disable").arg("--config-file").arg(config));
        desk.manager = Some(manager.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect(INSTALLS));
        until("the window manager is there", || {
            let root = desk.xdotool("get_num_desktops");
            root.trim().parse::<u32>().ok()
        });
        desk.xdotool("mousemove 1595 895");
        self
    }

    pub fn on_display<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("DISPLAY", &self.display)
            .env("HOME", self.home.path())
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY")
            .stdin(Stdio::null())
    }

    pub fn xdotool(&self, arguments: &str) -> String {
        let mut command = Command::new("xdotool");
        let output = self.on_display(command.args(arguments.split_whitespace())).output().expect(INSTALLS);
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn key(&self, key: &str) {
        self.xdotool(&format!("key {key}"));
    }

    /// A part of a line of the display as it is in the server's memory, from its left: B, G, R, X.
    pub fn read_line(&self, y: u32, line: &mut [u8]) {
        match &self.seen {
            Seen::Memory { memory, start, stride } => {
                memory.read_exact_at(line, start + u64::from(y) * stride).unwrap();
            }
            Seen::Asked(_) => panic!("this display is asked for whole pictures"),
        }
    }

    /// What the display shows, from its upper left corner.
    pub fn shot(&self, (width, height): (u32, u32)) -> Picture {
        let (lines, stride) = match &self.seen {
            Seen::Memory { memory, start, stride } => {
                let mut lines = vec![0; (stride * u64::from(height)) as usize];
                memory.read_exact_at(&mut lines, *start).unwrap();
                (lines, *stride)
            }
            Seen::Asked(connection) => {
                let root = connection.setup().roots[0].root;
                let (wide, high) = (width as u16, height as u16);
                let asked = connection.get_image(ImageFormat::Z_PIXMAP, root, 0, 0, wide, high, !0).unwrap();
                (asked.reply().expect("a picture of the screen").data, u64::from(width) * 4)
            }
        };
        let pixels = lines
            .chunks_exact(stride as usize)
            .flat_map(|line| line.chunks_exact(4).take(width as usize).map(|pixel| [pixel[2], pixel[1], pixel[0]]))
            .collect();
        Picture { width, height, pixels }
    }

    /// All of the display.
    fn whole(&self) -> Picture {
        let size = match &self.seen {
            Seen::Memory { .. } => SCREEN,
            Seen::Asked(connection) => {
                let root = connection.setup().roots[0].root;
                let place = connection.get_geometry(root).unwrap().reply().expect("the size of the screen");
                (place.width.into(), place.height.into())
            }
        };
        self.shot(size)
    }

    pub fn window(&self) -> Picture {
        self.shot(WINDOW)
    }

    /// A strip to the right of the window and below it is desktop.
    pub fn desktop_is_seen_beside(&self, (width, height): (u32, u32)) -> bool {
        let screen = self.shot(SCREEN);
        let at = |x: u32, y: u32| screen.pixels[(y * SCREEN.0 + x) as usize];
        (0..SCREEN.1 - 10).all(|y| at(width + 2, y) == [255; 3])
            && (0..SCREEN.0 - 10).all(|x| at(x, height + 2) == [255; 3])
    }

    /// The commands of a log, without their times and where they came from, and their times.
    pub fn command_log(&self, name: &str) -> Vec<(Value, f64)> {
        let text = fs::read_to_string(self.home.path().join(name)).unwrap();
        let line = |line: &str| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            let fields = value.as_object_mut().unwrap();
            let secs = fields.remove("real_secs").unwrap().as_f64().unwrap();
            fields.remove("show_secs");
            fields.remove("source");
            (value, secs)
        };
        text.lines().skip(1).map(line).collect()
    }

    /// Makes a library of demo people.
    pub fn invent_people(&self) {
        done(self.home.path(), "demo --count 60 --library library --tile 128");
    }

    /// Starts the wall with a library of demo people and waits until people are seen.
    pub fn play(&self, arguments: &str) -> Play<'_> {
        self.invent_people();
        let play = self.start(&format!("--library library {arguments}"));
        play.until("people are on the wall", || (is_grey_wall(&self.window())).then_some(()));
        play
    }

    /// Starts `millions play` in this desk's home.
    pub fn start(&self, arguments: &str) -> Play<'_> {
        let log = File::create(self.home.path().join("log")).unwrap();
        self.start_logging_to(arguments, log.into())
    }

    /// As [`Self::start`], with what `change` makes of the command.
    pub fn start_with(&self, arguments: &str, change: impl FnOnce(&mut Command) -> &mut Command) -> Play<'_> {
        let log = self.home.path().join("log");
        let mut command = millions(self.home.path());
        self.on_display(&mut command).current_dir(self.home.path()).arg("play");
        command.args(arguments.split_whitespace()).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        Play { desk: self, program: change(&mut command).spawn().unwrap(), log }
    }

    /// As [`Self::start`], with another standard error than the file that [`Play::log`] reads.
    pub fn start_logging_to(&self, arguments: &str, log_to: Stdio) -> Play<'_> {
        let log = self.home.path().join("log");
        let mut command = millions(self.home.path());
        self.on_display(&mut command).current_dir(self.home.path()).arg("play");
        let command = command.args(arguments.split_whitespace()).stderr(log_to);
        Play { desk: self, program: command.stdout(Stdio::null()).spawn().unwrap(), log }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        for child in self.manager.iter_mut().chain([&mut self.server]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The running program.
pub struct Play<'d> {
    pub desk: &'d Desk,
    pub program: Child,
    log: PathBuf,
}

/// What a program holds.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub resident_mib: u64,
    /// Of which a software device has several.
    pub threads: usize,
    pub files: usize,
}

impl Play<'_> {
    pub fn holds(&self) -> Held {
        let process = PathBuf::from(format!("/proc/{}", self.program.id()));
        let count = |list: &str| fs::read_dir(process.join(list)).unwrap().count();
        let status = fs::read_to_string(process.join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        Held { resident_mib: kib >> 10, threads: count("task"), files: count("fd") }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The stills that it has saved: their files, and when they were of, in seconds of the show.
    pub fn stills(&self) -> Vec<(String, f64)> {
        let log = self.log();
        let line = |rest: &str| {
            let (path, rest) = rest.split_once(" (drawn")?;
            Some((path.to_owned(), rest.split_once("--at ")?.1.split_once("s ")?.0.parse().ok()?))
        };
        log.split("still saved: ").skip(1).filter_map(line).collect()
    }

    /// As [`until`]; the failure includes the program's output.
    pub fn until<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        until_or(what, look, || {
            let screen = self.desk.whole();
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window.png");
            let bytes: Vec<u8> = screen.pixels.iter().flatten().copied().collect();
            let saved = image::save_buffer(&file, &bytes, screen.width, screen.height, image::ColorType::Rgb8);
            format!("the screen is in {} ({saved:?}); the log:\n{}", file.display(), self.log())
        })
    }

    /// Waits for a picture in the window.
    pub fn sees(&self, what: &str, mut wanted: impl FnMut(&Picture) -> bool) -> Picture {
        self.until(what, || Some(self.desk.window()).filter(&mut wanted))
    }

    /// Waits until the picture has not changed for a second: on a busy machine single frames may be that far apart.
    pub fn stands_still(&self, what: &str) -> Picture {
        self.until(what, || {
            let before = self.desk.window();
            let is_still = (0..5).all(|_| {
                std::thread::sleep(Duration::from_millis(200));
                self.desk.window() == before
            });
            is_still.then_some(before)
        })
    }

    pub fn moves(&self, what: &str) {
        let before = self.desk.window();
        self.sees(what, |now| is_grey_wall(now) && now.difference(&before) > 0.5);
    }

    pub fn ends(&mut self) -> Option<i32> {
        let log = self.log.clone();
        until_or(
            "the program ends",
            || self.program.try_wait().unwrap(),
            || fs::read_to_string(&log).unwrap_or_default(),
        )
        .code()
    }

    /// Presses Q twice until the program ends: the second press confirms the first only if it comes soon enough, which a
    /// busy machine may prevent.
    pub fn quits(mut self) {
        let asked = Instant::now();
        while self.program.try_wait().unwrap().is_none() && asked.elapsed() < HANG {
            self.desk.key("q");
            self.desk.key("q");
            let pressed = Instant::now();
            while self.program.try_wait().unwrap().is_none() && pressed.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        assert_eq!(self.ends(), Some(0), "{}", self.log());
        assert!(!self.log().contains("panicked"), "{}", self.log());
    }
}

impl Drop for Play<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_or(what, look, String::new)
}

pub fn until_or<T>(what: &str, mut look: impl FnMut() -> Option<T>, otherwise: impl FnOnce() -> String) -> T {
    let asked = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(asked.elapsed() < HANG, "in vain: {what}\n{}", otherwise());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Greys of photographs, and neither the white desktop nor nothing.
pub fn is_grey_wall(picture: &Picture) -> bool {
    picture.coloured() == 0 && (15.0..200.0).contains(&picture.light())
}
