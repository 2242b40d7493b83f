//! The files of a kiosk: units of systemd, as text. See [`Kiosk`].

use std::path::{Path, PathBuf};

/// The first line of every file that is written, by which it is known as this program's own.
pub const MARK: &str = "# Written by `millions kiosk install`; `millions kiosk remove` takes it away.";
/// The name of the unit.
pub const UNIT: &str = "millions-kiosk.service";
/// The name of the file that starts it with a desktop.
pub const AUTOSTART: &str = "millions-kiosk.desktop";
/// Seconds after which systemd itself ends what gives no sign of life: last, after the wall's own watchdog and the supervisor's.
const WATCHDOG_SECS: u32 = 120;

/// A file that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitFile {
    pub path: PathBuf,
    pub text: String,
}

/// Where the wall is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the desktop of whoever logs in: a user unit, and an entry in the desktop's autostart folder.
    Desktop {
        /// The account's folder for settings.
        config: PathBuf,
    },
    /// On a machine without a desktop, in a compositor for one program: a system unit.
    Bare {
        /// The account that plays.
        account: String,
        /// Its home, where the program keeps what it keeps.
        home: PathBuf,
        /// The groups that may use display, graphics card, input and seat, of those that the machine has.
        groups: Vec<String>,
        /// The compositor, cage.
        cage: PathBuf,
        /// The folder of system units.
        units: PathBuf,
    },
}

/// A machine that plays a wall by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kiosk {
    pub place: Place,
    /// This program.
    pub program: PathBuf,
    /// The folder against which the paths of arguments are.
    pub folder: PathBuf,
    /// The arguments of `millions play`.
    pub play: Vec<String>,
    /// The folders that it writes to, besides its own and the account's home.
    pub written: Vec<PathBuf>,
    /// The library that has to be there before the wall begins, where one was named.
    pub library: Option<PathBuf>,
}

impl Kiosk {
    /// Returns all files.
    #[must_use]
    pub fn files(&self) -> Vec<UnitFile> {
        match &self.place {
            Place::Desktop { config } => vec![
                UnitFile { path: config.join("systemd/user").join(UNIT), text: self.desktop_unit() },
                UnitFile { path: config.join("autostart").join(AUTOSTART), text: autostart() },
            ],
            Place::Bare { account, home, groups, cage, units } => {
                // The root of all would undo what keeps the rest from being written.
                let all = [home, &self.folder].into_iter().chain(&self.written);
                let writable =
                    all.filter(|path| path.parent().is_some()).map(|path| writable(path)).collect::<Vec<_>>().join(" ");
                vec![UnitFile { path: units.join(UNIT), text: self.bare_unit(account, groups, cage, &writable) }]
            }
        }
    }

    /// The command that plays the wall, as systemd takes it.
    fn play_command(&self) -> String {
        let own = [quoted(&self.program.to_string_lossy()), "play".into(), "--supervise".into()];
        own.into_iter().chain(self.play.iter().map(|argument| quoted(argument))).collect::<Vec<_>>().join(" ")
    }

    fn desktop_unit(&self) -> String {
        let (command, service, expected) = (self.play_command(), self.service(), self.expectation());
        format!(
            "{MARK}
[Unit]
Description=The wall of millions
# Never given up.
StartLimitIntervalSec=0

[Service]
{expected}ExecStart={command}
{service}
"
        )
    }

    /// What is done before the wall begins, where a library was named.
    pub fn expectation(&self) -> String {
        let Some(library) = &self.library else { return String::new() };
        let words =
            [&self.program.to_string_lossy(), "kiosk", "expect-library", &library.to_string_lossy()].map(quoted);
        format!(
            "# Its disk may come later, and a library made in its place would show whom this one hides: tried again until it is there.
ExecStartPre={}
",
            words.join(" ")
        )
    }

    fn bare_unit(&self, account: &str, groups: &[String], cage: &Path, writable: &str) -> String {
        let groups = groups.join(" ");
        let (command, service, expected) = (self.play_command(), self.service(), self.expectation());
        let (cage, program) = (quoted(&cage.to_string_lossy()), quoted(&self.program.to_string_lossy()));
        format!(
            "{MARK}
[Unit]
Description=The wall of millions, on a machine without a desktop
Requires=seatd.service
After=seatd.service systemd-user-sessions.service plymouth-quit-wait.service getty@tty1.service
Conflicts=getty@tty1.service
# Never given up.
StartLimitIntervalSec=0

[Service]
User={account}
SupplementaryGroups={groups}
# A compositor that starts without a display never finds one.
ExecStartPre={program} kiosk wait-for-display
{expected}ExecStart={cage} -d -- {command}
# Cage that is asked to end takes the display away at once: the wall goes black first.
ExecStop={program} kiosk end-wall $MAINPID
# The seat is seatd's, not a login's: so everything stays in this unit, and ends with it.
Environment=XDG_RUNTIME_DIR=/run/millions-kiosk LIBSEAT_BACKEND=seatd XDG_SESSION_TYPE=wayland
# No keyboard, no mouse: it starts all the same.
Environment=WLR_LIBINPUT_NO_DEVICES=1
# Nothing blanks a display here, and there is no desktop to be asked not to.
Environment=XDG_CURRENT_DESKTOP=cage
# So cage 0.1 ends when it is asked to.
SuccessExitStatus=SIGABRT
RuntimeDirectory=millions-kiosk
RuntimeDirectoryMode=0700
UMask=0077
{service}
ProtectSystem=strict
ReadWritePaths={writable}
PrivateTmp=yes
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictNamespaces=yes
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
"
        )
    }

    /// What both units have in common.
    fn service(&self) -> String {
        let folder = specifier_free(&self.folder.to_string_lossy());
        format!(
            "WorkingDirectory={folder}
# READY after the first frame, WATCHDOG after a presented one: from the thread that draws, through whatever is between.
Type=notify
NotifyAccess=all
WatchdogSec={WATCHDOG_SECS}
# A projector may come hours later.
TimeoutStartSec=infinity
TimeoutStopSec=20
# At once would race the release of the display.
Restart=always
RestartSec=4
RestartPreventExitStatus=2
# The first process is asked to end, the others are ended with it.
KillMode=mixed
# What compiles shaders writes code into memory, and a graphics card's devices have many names: neither is forbidden. So nothing that names devices,
# such as ProtectClock, which closes all others.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native"
        )
    }
}

/// A folder that the program writes to; one that is not there is no error (`-`).
fn writable(path: &Path) -> String {
    format!("\"-{}\"", specifier_free(&path.to_string_lossy()).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Starts the unit from the desktop, with what windows need to know of it. Not every desktop has a target of its own in systemd; each has this folder.
fn autostart() -> String {
    format!(
        "{MARK}
[Desktop Entry]
Type=Application
Name=The wall of millions
Exec=sh -c \"systemctl --user import-environment DISPLAY XAUTHORITY WAYLAND_DISPLAY XDG_SESSION_TYPE XDG_CURRENT_DESKTOP; exec systemctl --user restart --no-block {UNIT}\"
NoDisplay=true
X-GNOME-Autostart-enabled=true
"
    )
}

/// A word of a command as systemd takes it.
fn quoted(word: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./:=,+@".contains(sign);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut text = String::from("\"");
    for sign in word.chars() {
        match sign {
            '"' | '\\' => text.extend(['\\', sign]),
            '%' | '$' => text.extend([sign, sign]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            sign => text.push(sign),
        }
    }
    text + "\""
}

/// A path as a setting that is not a command takes it: specifiers begin with a percent sign.
fn specifier_free(path: &str) -> String {
    path.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn kiosk(place: Place) -> Kiosk {
        let play = ["--library", "/srv/the wall", "--show", "100%.toml", "--fullscreen"].map(str::to_owned).to_vec();
        Kiosk {
            place,
            program: "/usr/bin/true".into(),
            folder: "/srv".into(),
            play,
            written: vec!["/data/the wall".into(), "/".into()],
            library: Some("/srv/the wall".into()),
        }
    }

    fn places() -> [Place; 2] {
        let bare = Place::Bare {
            account: "root".into(),
            home: "/home/the wall".into(),
            groups: vec!["video".into(), "input".into()],
            cage: "/usr/bin/true".into(),
            units: "/etc/systemd/system".into(),
        };
        [Place::Desktop { config: "/home/a/.config".into() }, bare]
    }

    /// Defends that systemd itself understands what is written, where it is there to ask.
    #[test]
    fn systemd_accepts_the_units() {
        for (place, user) in places().into_iter().zip(["--user", "--system"]) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(UNIT);
            std::fs::write(&path, &kiosk(place).files()[0].text).unwrap();
            std::fs::write(folder.path().join("seatd.service"), "[Service]\nExecStart=/usr/bin/true\n").unwrap();
            let mut command = std::process::Command::new("systemd-analyze");
            command
                .args([user, "--man=no", "--recursive-errors=no", "verify"])
                .arg(&path)
                .env("XDG_RUNTIME_DIR", folder.path());
            let Ok(output) = command.output() else { return };
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && !said.contains(UNIT), "{user}: {said}");
        }
    }

    /// Defends what the contract names: without one of these a wall is given up, killed too early, or not noticed.
    #[test]
    fn both_units_are_supervised_and_never_given_up() {
        for place in places() {
            let text = kiosk(place.clone()).files()[0].text.clone();
            let wanted = [
                "Type=notify",
                "NotifyAccess=all",
                "WatchdogSec=120",
                "Restart=always",
                "StartLimitIntervalSec=0",
                "TimeoutStartSec=infinity",
            ];
            for line in wanted {
                assert!(text.lines().any(|one| one == line), "{line} in {text}");
            }
            let command =
                "/usr/bin/true play --supervise --library \"/srv/the wall\" --show \"100%%.toml\" --fullscreen\n";
            assert!(text.starts_with(MARK) && text.contains(command), "{text}");
            assert!(text.contains("ExecStartPre=/usr/bin/true kiosk expect-library \"/srv/the wall\"\n"), "{text}");
            if let Place::Bare { .. } = place {
                let closing =
                    ["DeviceAllow", "DevicePolicy", "PrivateDevices", "ProtectClock=", "MemoryDenyWriteExecute"];
                assert!(closing.iter().all(|part| !text.contains(part)), "the graphics card is shut out: {text}");
                let writable = "ReadWritePaths=\"-/home/the wall\" \"-/srv\" \"-/data/the wall\"\n";
                assert!(text.contains("ExecStop=/usr/bin/true kiosk end-wall $MAINPID\n"), "{text}");
                let own = ["WLR_LIBINPUT_NO_DEVICES=1", "kiosk wait-for-display", "LIBSEAT_BACKEND=seatd", writable];
                assert!(own.iter().all(|part| text.contains(part)), "{text}");
            }
        }
    }

    /// Reads a command line as systemd does.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut is_in, mut is_quoted) = (Vec::new(), String::new(), false, false);
        let mut signs = line.chars();
        while let Some(sign) = signs.next() {
            match sign {
                '"' => (is_in, is_quoted) = (true, !is_quoted),
                ' ' if !is_quoted => {
                    if std::mem::take(&mut is_in) {
                        words.push(std::mem::take(&mut word));
                    }
                }
                '\\' => match signs.next() {
                    Some('n') => word.push('\n'),
                    Some('t') => word.push('\t'),
                    next => word.extend(next),
                },
                '%' | '$' => {
                    assert_eq!(signs.next(), Some(sign), "a specifier or a variable in {line}");
                    word.push(sign);
                }
                sign => {
                    is_in = true;
                    word.push(sign);
                }
            }
        }
        words.extend(is_in.then_some(word));
        words
    }

    proptest! {
        /// Defends file names of all kinds: what is given is what the wall gets.
        #[test]
        fn arguments_come_through_systemd_unchanged(play in prop::collection::vec("[ -~\n\täß]{0,12}", 0..5)) {
            let kiosk = Kiosk { play: play.clone(), ..kiosk(places()[0].clone()) };
            let read = words(&kiosk.play_command());
            prop_assert_eq!(&read[3..], &play[..]);
        }
    }
}
