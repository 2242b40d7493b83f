//! `millions kiosk`: a machine that plays the wall by itself, from power to picture.

mod display;
mod ending;
mod library;
mod units;

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use anyhow::Context as _;
use clap::{Args, Parser as _, Subcommand};
use jiff::Timestamp;

use super::play::PlayArgs;
use super::terminal::print_line;
use super::{Cli, Command, usage};
use crate::app::watch::{Journal, JournalEntry};
use millions_base::{folder_of, printable, printable_path, replace_file};
use units::{AUTOSTART, Kiosk, MARK, Place, UNIT, UnitFile};

/// The folder of system units that a person may write to.
const SYSTEM_UNITS: &str = "/etc/systemd/system";
/// The most entries of a journal that `status` shows.
const MOST_ENTRIES: usize = 10;
/// The most lines of the log that it shows of a wall that does not play.
const MOST_LINES: usize = 8;

#[derive(Debug, Args)]
pub struct KioskArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Writes the units, and enables them.
    Install(InstallArgs),
    /// Stops the wall, and takes the units away.
    Remove(WhereArgs),
    /// Says whether the wall plays, and what the watchdog has done.
    Status(WhereArgs),
    /// Waits until a display is connected, which the unit of a machine without a desktop does before it starts.
    #[command(hide = true)]
    WaitForDisplay,
    /// Fails where a library is not there that was when the kiosk was installed: its disk comes later, and one made in its place would show
    /// whom this one hides.
    #[command(hide = true)]
    ExpectLibrary { dir: PathBuf },
    /// Asks the wall that plays in a compositor to end, and waits until it has gone black and gone.
    #[command(hide = true)]
    EndWall {
        /// Its process; none where it has gone by itself.
        compositor: Option<u32>,
    },
    /// Makes an empty library where there is none, as the account that plays.
    #[command(hide = true)]
    MakeLibrary { dir: PathBuf },
}

#[derive(Clone, Copy, Debug, Args)]
struct WhereArgs {
    /// In the desktop of this account, when it logs in [default]
    #[arg(long, conflicts_with = "system")]
    user: bool,
    /// On a machine without a desktop, before anybody logs in: in the compositor cage.
    #[arg(long)]
    system: bool,
}

#[derive(Debug, Args)]
struct InstallArgs {
    #[command(flatten)]
    place: WhereArgs,
    /// The account that plays, of a machine without a desktop [default: that of whoever called sudo]
    #[arg(long, value_name = "NAME", requires = "system")]
    account: Option<String>,
    /// Prints what would be written, and changes nothing.
    #[arg(long, visible_alias = "print")]
    dry_run: bool,
    /// The arguments of `millions play`, after all others: photographs, --library, --show, --stage, --http ...
    #[arg(value_name = "PLAY ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
    play: Vec<OsString>,
}

pub fn run(KioskArgs { what }: KioskArgs) -> anyhow::Result<()> {
    match what {
        What::Install(args) => install(args),
        What::Remove(place) => remove(place),
        What::Status(place) => {
            status(place);
            Ok(())
        }
        What::WaitForDisplay => {
            display::wait();
            Ok(())
        }
        What::ExpectLibrary { dir } => library::expect(&dir),
        What::MakeLibrary { dir } => library::make(&dir),
        What::EndWall { compositor } => {
            compositor.into_iter().for_each(ending::end_wall);
            Ok(())
        }
    }
}

fn install(InstallArgs { place, account, dry_run, play }: InstallArgs) -> anyhow::Result<()> {
    if !dry_run {
        assert_account(place, "install")?;
    }
    let folder = env::current_dir().context("the present folder is not known")?;
    let (play, args) = play_arguments(play)?;
    // As they are, with no link and no "..": systemd wants that.
    let absolute = |path: &Path| fs::canonicalize(folder.join(path)).unwrap_or_else(|_| folder.join(path));
    // What is not there yet is made in the folder above it.
    let existing = |path: PathBuf| path.ancestors().find(|path| path.exists()).map(absolute);
    let kept: BTreeSet<_> = args.written().map(absolute).filter_map(existing).collect();
    let stills = existing(absolute(args.stills()));
    let written = kept.iter().cloned().chain(stills).filter(|path| *path != folder);
    let written: Vec<_> = written.collect::<BTreeSet<_>>().into_iter().collect();
    let read: Vec<_> = args.read().map(absolute).collect();
    let library = args.library().map(absolute);
    let kiosk = Kiosk {
        place: if place.system { bare(account, dry_run)? } else { Place::Desktop { config: config_folder()? } },
        program: env::current_exe().context("this program's own file is not known")?,
        folder,
        play,
        written,
        library,
    };
    if let (Place::Bare { account, .. }, false) = (&kiosk.place, dry_run) {
        let kept: Vec<_> = kept.into_iter().collect();
        assert_access(account, &kiosk.folder, &read, &kept, kiosk.library.as_deref())?;
    }
    let files = kiosk.files();
    if dry_run {
        for UnitFile { path, text } in files {
            print_line!("{}:\n{text}", printable_path(&path));
        }
        return Ok(());
    }
    // All of them, before the first is written.
    for UnitFile { path, .. } in &files {
        anyhow::ensure!(
            is_own(path)?.unwrap_or(true),
            "{} is not of this program, and is left as it is: move it away first",
            printable_path(path)
        );
    }
    // One that is expected already and not there is on a disk that is missing.
    if let Some(dir) = kiosk.library.as_deref() {
        let is_expected = |file: &UnitFile| {
            let line = kiosk.expectation();
            fs::read_to_string(&file.path).is_ok_and(|text| text.contains(&line))
        };
        if files.iter().any(is_expected) {
            library::expect(dir)?;
        }
    }
    for UnitFile { path, text } in &files {
        let could_not = || format!("{} cannot be written", printable_path(path));
        fs::create_dir_all(folder_of(path)).with_context(could_not)?;
        replace_file(path, text.as_bytes()).with_context(could_not)?;
        print_line!("written: {}", printable_path(path));
    }
    // Before anything starts: what is not there at a start is a disk that is missing.
    if let Some(dir) = kiosk.library.as_deref().filter(|dir| !library::is_there(dir)) {
        library::make_as(&kiosk.place, &kiosk.program, dir)?;
        print_line!("made, with nobody in it: the library {}", printable_path(dir));
    }
    systemctl(place, &["daemon-reload"]);
    if place.system {
        systemctl(place, &["enable", UNIT]);
        print_line!("the wall plays from the next start of the machine on; now: `sudo systemctl start {UNIT}`");
    } else {
        print_line!("the wall plays when this account logs in; now: `systemctl --user start {UNIT}`");
    }
    let system = if place.system { " --system" } else { "" };
    print_line!("how it is: `millions kiosk status{system}`; docs/kiosk.md has what else the machine needs");
    Ok(())
}

/// Checks that it is the right account that installs or removes.
fn assert_account(place: WhereArgs, what: &str) -> anyhow::Result<()> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    anyhow::ensure!(is_root || !place.system, "this needs root: `sudo millions kiosk {what} --system …`");
    let is_sudo = is_root && env::var_os("SUDO_USER").is_some();
    anyhow::ensure!(
        place.system || !is_sudo,
        "with sudo the wall would be root's: without, as the account whose desktop shows it, or with --system on a machine without one"
    );
    Ok(())
}

/// Checks that the account that plays may read and write what it has to, all that lies in the library included: a wall that cannot keep who was
/// hidden shows them again. `folder` is the one in which it is started.
fn assert_access(
    account: &str,
    folder: &Path,
    read: &[PathBuf],
    written: &[PathBuf],
    library: Option<&Path>,
) -> anyhow::Result<()> {
    let may = |flag: &str, path: &Path| {
        let tried = Process::new("runuser").args(["-u", account, "--", "test", flag]).arg(path).output();
        // 1: it may not. Whatever else is no answer.
        !tried.is_ok_and(|tried| tried.status.code() == Some(1))
    };
    let inside = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().map(|file| file.path()).collect();
    let in_library: Vec<PathBuf> = library.map(inside).unwrap_or_default();
    let all = [(folder, "-x", "enter")].into_iter();
    let all = all.chain(read.iter().map(|path| (&**path, "-r", "read")));
    let all = all.chain(written.iter().chain(&in_library).map(|path| (&**path, "-w", "write to")));
    for (path, flag, what) in all {
        if may(flag, path) {
            continue;
        }
        let closed = path.ancestors().skip(1).filter(|above| !may("-x", above)).last();
        if let Some(closed) = closed {
            let (path, closed) = (printable_path(path), printable_path(closed));
            anyhow::bail!(
                "the account {account} may not {what} {path}, for {closed} is closed to it: `sudo chmod o+x {closed}` opens the way, \
                 and nothing else of it; or choose another folder"
            );
        }
        // What belongs to the library is given at once, and not file by file.
        let given = library.filter(|library| path.starts_with(library)).unwrap_or(path);
        let (path, given) = (printable_path(path), printable_path(given));
        anyhow::bail!(
            "the account {account} may not {what} {path}: `sudo chown -R {account} {given}` gives it to that account; where it is \
             somebody else's, choose another folder"
        );
    }
    Ok(())
}

/// The arguments of `millions play` that were given, checked, and what a kiosk adds to them.
fn play_arguments(given: Vec<OsString>) -> anyhow::Result<(Vec<String>, PlayArgs)> {
    let text = |argument: OsString| {
        argument.into_string().map_err(|argument| {
            usage(format!("{} is not Unicode, which systemd cannot take: give it another name", argument.display()))
        })
    };
    let mut play = given.into_iter().map(text).collect::<anyhow::Result<Vec<_>>>()?;
    // What --supervise does comes from the unit.
    play.retain(|argument| argument != "--supervise" && argument != "--");
    let has = |name: &str| play.iter().any(|argument| argument == name);
    if !has("--fullscreen") && !has("--all-outputs") {
        play.push("--fullscreen".to_owned());
    }
    match Cli::try_parse_from(["millions", "play"].into_iter().map(str::to_owned).chain(play.iter().cloned())) {
        Ok(Cli { command: Command::Play(args), .. }) => {
            args.assert_files()?;
            Ok((play, args))
        }
        Ok(_) => Err(usage("these are not arguments of `millions play`")),
        Err(error) => {
            let first = error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Err(usage(format!("`millions play` does not take that: {first}")))
        }
    }
}

/// The place of a machine without a desktop.
fn bare(account: Option<String>, dry_run: bool) -> anyhow::Result<Place> {
    let account = account.or_else(|| env::var("SUDO_USER").ok()).filter(|name| !name.is_empty() && name != "root");
    let account = account.ok_or_else(|| {
        usage("whose wall is it? Name the account that plays with --account; it needs no rights, and root is too much")
    })?;
    anyhow::ensure!(
        account.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(sign)),
        "{} is no name of an account",
        printable(&account)
    );
    // Also of accounts that are not of this machine alone.
    let known =
        Process::new("getent").args(["passwd", &account]).output().ok().filter(|output| output.status.success());
    let home = known.and_then(|output| {
        let line = String::from_utf8(output.stdout).ok()?;
        line.split(':').nth(5).filter(|home| home.starts_with('/')).map(PathBuf::from)
    });
    if home.is_none() && !dry_run {
        anyhow::bail!("there is no account {account} with a home: `sudo adduser {account}` makes one");
    }
    let home = home.unwrap_or_else(|| Path::new("/home").join(&account));
    anyhow::ensure!(
        dry_run || home.is_dir(),
        "the home of {account}, {}, is not there, and what the wall keeps lies in it: `sudo mkhomedir_helper {account}` makes it, or take \
         another account",
        printable_path(&home)
    );
    let found = |name: &str| {
        let paths = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&paths).chain(["/usr/sbin".into()]).map(|folder| folder.join(name)).find(|path| path.exists())
    };
    // Debian's cage does not start without Xwayland, which its package does not bring.
    let (cage, seatd, xwayland) = (found("cage"), found("seatd"), found("Xwayland"));
    if !dry_run {
        anyhow::ensure!(
            cage.is_some() && seatd.is_some() && xwayland.is_some(),
            "the wall's display needs cage, seatd and Xwayland: `sudo apt install cage seatd xwayland`, then again"
        );
    }
    let cage = cage.unwrap_or_else(|| "/usr/bin/cage".into());
    let groups = groups(&fs::read_to_string("/etc/group").unwrap_or_default());
    Ok(Place::Bare { account, home, groups, cage, units: SYSTEM_UNITS.into() })
}

/// The groups of /etc/group that may use a display and a seat. A unit that names one which is not there does not start.
fn groups(file: &str) -> Vec<String> {
    let names = file.lines().filter_map(|line| line.split(':').next());
    names.filter(|name| ["video", "render", "input", "seat"].contains(name)).map(str::to_owned).collect()
}

fn config_folder() -> anyhow::Result<PathBuf> {
    let dirs = directories::BaseDirs::new().context("this account has no home folder")?;
    Ok(dirs.config_dir().to_owned())
}

/// The files of a kiosk that may be there.
fn paths(place: WhereArgs) -> anyhow::Result<Vec<PathBuf>> {
    if place.system {
        return Ok(vec![Path::new(SYSTEM_UNITS).join(UNIT)]);
    }
    let config = config_folder()?;
    Ok(vec![config.join("autostart").join(AUTOSTART), config.join("systemd/user").join(UNIT)])
}

/// Whether a file is one that this program wrote; none where there is none.
fn is_own(path: &Path) -> anyhow::Result<Option<bool>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text.starts_with(MARK.as_bytes()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", printable_path(path))),
    }
}

fn remove(place: WhereArgs) -> anyhow::Result<()> {
    assert_account(place, "remove")?;
    let mut own = Vec::new();
    for path in paths(place)? {
        match is_own(&path)? {
            Some(true) => own.push(path),
            Some(false) => print_line!("{} is not of this program, and stays", printable_path(&path)),
            None => {}
        }
    }
    if own.is_empty() {
        print_line!("there is no kiosk here{}", if place.system { "" } else { "; with --system: that of the machine" });
        return Ok(());
    }
    // At the end of the unit, so that nothing starts it again meanwhile.
    if place.system {
        systemctl(place, &["disable", "--now", UNIT]);
    } else {
        systemctl(place, &["stop", UNIT]);
    }
    // What has failed would stay listed without its unit.
    let _ = manager(place).args(["reset-failed", UNIT]).output();
    for path in own {
        fs::remove_file(&path).with_context(|| format!("{} cannot be removed", printable_path(&path)))?;
        print_line!("removed: {}", printable_path(&path));
    }
    systemctl(place, &["daemon-reload"]);
    Ok(())
}

fn status(place: WhereArgs) {
    for path in paths(place).unwrap_or_default() {
        let what = match is_own(&path) {
            Ok(Some(true)) => "there",
            Ok(Some(false)) => "there, and not of this program",
            Ok(None) => "not there",
            Err(_) => "cannot be read",
        };
        print_line!("{}: {what}", printable_path(&path));
    }
    let mut process = manager(place);
    process.args(["show", "--property=ActiveState,SubState,StatusText,NRestarts,ActiveEnterTimestamp", UNIT]);
    match process.output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            // The last words of a wall that does not play are of before.
            let is_active = text.lines().any(|line| line == "ActiveState=active");
            let is_told = |line: &&str| !line.ends_with('=') && (is_active || !line.starts_with("StatusText="));
            text.lines().filter(is_told).for_each(|line| print_line!("{}", printable(line)));
            if !is_active {
                last_words(place);
            }
        }
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            print_line!("systemd does not answer: {}", printable(why.lines().next().unwrap_or_default()));
        }
        Err(error) => print_line!("systemd does not answer: {error}"),
    }
    for journal in Journal::all() {
        let entries = journal.entries();
        if let Some(path) = journal.path() {
            print_line!("the watchdog, {} entries, in {}", entries.len(), printable_path(path));
        }
        let first = entries.len().saturating_sub(MOST_ENTRIES);
        for JournalEntry { unix_secs, mode, text, .. } in &entries[first..] {
            let at = Timestamp::from_second(*unix_secs as i64).map_or_else(|_| "?".to_owned(), |at| at.to_string());
            print_line!("  {at}  {}  (drawn: {})", printable(text), mode.name());
        }
    }
}

/// Shows what a wall that does not play said last.
fn last_words(place: WhereArgs) {
    let mut process = Process::new("journalctl");
    if !place.system {
        process.arg("--user");
    }
    let lines = MOST_LINES.to_string();
    process.args(["--no-pager", "--quiet", "--output=cat", "--lines", &lines, "--unit", UNIT]);
    let text = process.output().map(|output| output.stdout).unwrap_or_default();
    if text.is_empty() {
        let how = if place.system { "sudo journalctl" } else { "journalctl --user" };
        return print_line!("what it said: `{how} --unit {UNIT} -b -e`");
    }
    print_line!("what it said last:");
    String::from_utf8_lossy(&text).lines().for_each(|line| print_line!("  {}", printable(line)));
}

fn manager(place: WhereArgs) -> Process {
    let mut process = Process::new("systemctl");
    if !place.system {
        process.arg("--user");
    }
    process
}

/// Has systemd do something, and says so; where it does not answer, as in a container, says what to do instead.
fn systemctl(place: WhereArgs, arguments: &[&str]) {
    let mut process = manager(place);
    let command = format!("systemctl {}{}", if place.system { "" } else { "--user " }, arguments.join(" "));
    let done = process.args(arguments).output();
    match done {
        Ok(output) if output.status.success() => print_line!("done: {command}"),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            print_line!("NOT done, do it later: {command} ({})", printable(why.lines().next().unwrap_or_default()));
        }
        Err(error) => print_line!("NOT done, do it later: {command} ({error})"),
    }
}
