//! `millions library`: the people in a library, who is taken down, and what is on the disk.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::passphrase::PassphraseArgs;
use super::terminal::{print_line, report_line};
use super::{progress, usage};
use millions_base::{printable, printable_path, replace_file};
use millions_library::field_copy::{self, SealOptions, SealSummary};
use millions_library::removals::{Decision, Kind, Removals, hex, now, timestamp};
use millions_library::{
    Library, LibraryError, LibraryWriter, MergeProgress, MergeStep, MergeSummary, PhotographHash, Portrait, default_dir,
};
use millions_wall::tile::TileLayout;

#[derive(Debug, Args)]
pub struct LibraryCommandArgs {
    #[command(subcommand)]
    command: LibraryCommand,
}

/// Which library.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The library's folder.
    #[arg(long, value_name = "DIR", required_unless_present = "photographs")]
    library: Option<PathBuf>,
    /// The folder of photographs whose library it is, where that has no folder of its own; may be given several times.
    #[arg(long, value_name = "FOLDER")]
    photographs: Vec<PathBuf>,
}

impl Place {
    pub(super) fn dir(&self) -> PathBuf {
        self.library.clone().unwrap_or_else(|| default_dir(&self.photographs))
    }
}

#[derive(Debug, Subcommand)]
enum LibraryCommand {
    /// Lists everybody: number, shown or hidden, name, file.
    List {
        /// Folders of photographs, whose library it is.
        folders: Vec<PathBuf>,
        /// The library's folder.
        #[arg(long, value_name = "DIR")]
        library: Option<PathBuf>,
    },
    /// Shows all that is kept of somebody.
    Show {
        /// A name, a photograph's file, or a number of the list.
        #[arg(required = true, value_name = "NAME|FILE|ID")]
        whom: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Removes people for good: from the wall, and pixels, words and file names from the disk. The photographs themselves are
    /// not touched; they are not shown again, whatever their names.
    Remove {
        /// Names, photographs' files, or numbers of the list.
        #[arg(required = true, value_name = "NAME|FILE|ID")]
        whom: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Shows people again who were hidden or removed. Who was removed comes back with the next ingest of the photograph.
    Restore {
        /// Names, photographs' files, numbers of the list, or the beginnings of hashes in removals.txt.
        #[arg(required = true, value_name = "NAME|FILE|ID|HASH")]
        whom: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// The list of who is not to be shown, by hashes: handed on from one machine to another.
    Removals {
        #[command(subcommand)]
        command: RemovalsCommand,
    },
    /// Reads every tile and holds it against its checksum.
    Verify {
        /// Takes the people whose tiles are damaged out of the library, so that the next ingest makes them again.
        #[arg(long)]
        repair: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Copies the people of several libraries into one, without the photographs: what `millions ingest --shard` made in parts.
    Merge {
        /// The libraries' folders.
        #[arg(required = true, value_name = "DIR")]
        from: Vec<PathBuf>,
        /// The library that gets them; made where there is none. Cut short, a merge goes on where it was.
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// Prints one JSON object on the standard output instead of a summary.
        #[arg(long)]
        json: bool,
    },
    /// Makes a field copy, for a machine that may be taken: encrypted with a passphrase, coarse tiles, black and white, without names. `millions play
    /// --library COPY` plays it.
    Seal {
        /// The library's folder.
        library: PathBuf,
        /// The folder of the copy, a new or empty one.
        #[arg(long, value_name = "COPY")]
        into: PathBuf,
        /// The most texels of a tile's side: a power of two from 32. What the wall needs of each face; 128 is sharp to twelve rows of a 1080p projector.
        #[arg(long, value_name = "N", default_value_t = 128)]
        tile: u32,
        /// Takes names, places and quotes along.
        #[arg(long)]
        names: bool,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Wipes a field copy, at once and without a question: its key first, which makes noise of all the rest.
    Wipe {
        /// The folder of the copy.
        copy: PathBuf,
    },
    /// Rewrites the index without what is not needed any more, and erases unused tiles.
    Compact {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Subcommand)]
enum RemovalsCommand {
    /// Writes the list to a file: hashes only, neither names nor pictures.
    Export {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Adds the list of another machine. Whoever is on it is removed here too, and only `restore` brings them back.
    Import {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
}

pub fn run(args: LibraryCommandArgs) -> anyhow::Result<()> {
    match args.command {
        LibraryCommand::List { folders, library } => {
            if folders.is_empty() && library.is_none() {
                return Err(usage("say which library: FOLDER or --library DIR"));
            }
            list(&library.unwrap_or_else(|| default_dir(&folders)))
        }
        LibraryCommand::Show { whom, place } => show(&place.dir(), &whom),
        LibraryCommand::Remove { whom, place } => remove(&place.dir(), &whom),
        LibraryCommand::Restore { whom, place } => restore(&place.dir(), &whom),
        LibraryCommand::Removals { command: RemovalsCommand::Export { file, place } } => export(&place.dir(), &file),
        LibraryCommand::Removals { command: RemovalsCommand::Import { file, place } } => import(&place.dir(), &file),
        LibraryCommand::Verify { repair, place } => verify(&place.dir(), repair),
        LibraryCommand::Merge { from, into, json } => merge(&from, &into, json),
        LibraryCommand::Seal { library, into, tile, names, passphrase } => {
            let options = SealOptions { tile_side: tile, with_names: names };
            make_field_copy(&library, &into, options, &passphrase)
        }
        LibraryCommand::Wipe { copy } => {
            field_copy::wipe(&copy)?;
            print_line!(
                "the field copy is wiped; what the disk keeps of old blocks is noise without its key: {}",
                printable_path(&copy)
            );
            Ok(())
        }
        LibraryCommand::Compact { place } => {
            LibraryWriter::open(&place.dir())?.compact()?;
            print_line!("the library is as small as it can be: {}", printable_path(place.dir()));
            Ok(())
        }
    }
}

/// Seals a field copy.
fn make_field_copy(
    library: &Path,
    into: &Path,
    options: SealOptions,
    passphrase: &PassphraseArgs,
) -> anyhow::Result<()> {
    // What is wrong is said before anybody types.
    let (side, _) = Library::shape(library)?;
    TileLayout::new(options.tile_side.min(side))?;
    let passphrase = passphrase.new_passphrase()?;
    let bar = progress::bar("people", 0);
    let summary = field_copy::seal(library, into, options, &passphrase, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let SealSummary { people, damaged, tile_side } = summary?;
    if damaged > 0 {
        report_line!("{damaged} people are not in it, for their tiles are damaged: ingest their photographs again");
    }
    let words = if options.with_names { "with their names" } else { "without names" };
    print_line!(
        "{people} people in the field copy, {words}, in tiles of {tile_side} texels, black and white: {}",
        printable_path(into)
    );
    Ok(())
}

fn line(portrait: &Portrait) -> String {
    let shown = match portrait {
        _ if portrait.person.hidden => "hidden",
        Portrait { copy_of: Some(_), .. } => "copy",
        _ if portrait.person.copy == Some(true) => "copy",
        _ => "shown",
    };
    let file = portrait.sources.first().map(printable_path).unwrap_or_default();
    printable(&format!("{:>6}  {shown:6}  {:24}  {file}", portrait.number, portrait.person.name)).into_owned()
}

fn list(dir: &Path) -> anyhow::Result<()> {
    let library = Library::open(dir)?;
    let mut people = 0;
    library.for_each_portrait(|portrait| {
        people += 1;
        print_line!("{}", line(&portrait));
    });
    let removals = Removals::load(dir)?;
    let removed = removals.decisions().filter(|(_, decision)| decision.kind.removes()).count();
    let (hidden, copies) = (library.hidden(), library.copies());
    print_line!(
        "{people} portraits, {hidden} of them hidden, {copies} copies of others; {removed} were removed for good"
    );
    Ok(())
}

/// Finds the people that a text may mean, by file, number or name, without keeping anybody else in memory.
fn find(library: &Library, whom: &str) -> Vec<Portrait> {
    let path = fs::canonicalize(whom).ok();
    let by_number = whom.trim_start_matches('#').parse().ok().and_then(|number: u32| library.portrait(number));
    if let (None, Some(portrait)) = (&path, &by_number) {
        return vec![portrait.clone()];
    }
    let lower = whom.to_lowercase();
    let (mut by_path, mut by_name, mut by_file) = (Vec::new(), Vec::new(), Vec::new());
    library.for_each_portrait(|portrait| {
        let names = portrait.sources.iter().filter_map(|path| path.file_name());
        if path.as_ref().is_some_and(|path| portrait.sources.contains(path)) {
            by_path.push(portrait);
        } else if portrait.person.name.to_lowercase() == lower {
            by_name.push(portrait);
        } else if names.into_iter().any(|name| name.to_string_lossy().to_lowercase() == lower)
            || portrait.sources.iter().any(|path| path.as_os_str() == whom)
        {
            by_file.push(portrait);
        }
    });
    let found = [by_path, by_number.into_iter().collect(), by_name, by_file];
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// Finds the one person that a text means, with all copies, the one that is shown first; none where there is nobody. Says why not
/// where it may be several.
fn find_one(library: &Library, whom: &str) -> anyhow::Result<Vec<Portrait>> {
    let found = find(library, whom);
    let shown = |portrait: &Portrait| portrait.copy_of.unwrap_or(portrait.number);
    match &found[..] {
        [] => Ok(Vec::new()),
        [one, more @ ..] if more.iter().all(|other| shown(other) == shown(one)) => {
            let of_one = library.portraits_of(shown(one));
            let mut all: Vec<_> = of_one.into_iter().filter_map(|number| library.portrait(number)).collect();
            all.sort_by_key(|portrait| portrait.copy_of.is_some());
            Ok(all)
        }
        several => {
            let lines: Vec<_> = several.iter().map(line).collect();
            Err(usage(format!(
                "`{}` may mean several people, give their number:\n{}",
                printable(whom),
                lines.join("\n")
            )))
        }
    }
}

/// The portrait of a text that is shown, or else the one whom it names.
pub(super) fn one(library: &Library, whom: &str) -> anyhow::Result<Portrait> {
    let found = find_one(library, whom)?;
    // A copy by its own file or number, whose photograph may be another crop.
    let own = find(library, whom).into_iter().next();
    own.or_else(|| found.into_iter().next()).ok_or_else(|| nobody(library, whom))
}

fn nobody(library: &Library, whom: &str) -> anyhow::Error {
    let (lower, mut meant) = (whom.to_lowercase(), None);
    library.for_each_portrait(|portrait| {
        let likeness = strsim::jaro_winkler(&portrait.person.name.to_lowercase(), &lower);
        let is_nearer = meant.as_ref().is_none_or(|(nearest, _)| likeness > *nearest);
        if !portrait.person.name.is_empty() && likeness > 0.85 && is_nearer {
            meant = Some((likeness, portrait.person.name));
        }
    });
    let meant = meant.map(|(_, name)| format!("; is it `{}`?", printable(&name))).unwrap_or_default();
    usage(format!("there is nobody and no photograph `{}` in this library{meant}", printable(whom)))
}

fn show(dir: &Path, whom: &[String]) -> anyhow::Result<()> {
    let library = Library::open(dir)?;
    let removals = Removals::load(dir)?;
    for whom in whom {
        let found = find(&library, whom);
        if found.is_empty() {
            return Err(nobody(&library, whom));
        }
        for portrait in found {
            print_line!("{}", line(&portrait));
            let person = &portrait.person;
            for (what, text) in [("name", &person.name), ("place", &person.place), ("quote", &person.quote)] {
                if !text.is_empty() {
                    print_line!("  {what}: {}", printable(text));
                }
            }
            for path in &portrait.sources {
                print_line!("  file: {}", printable_path(path));
            }
            print_line!("  hash: {}", hex(&portrait.hash));
            if let Some(shown) = portrait.copy_of {
                print_line!("  a copy of {shown}, which is shown in its place");
            }
            if let Some((hash, decision)) = removals.find(&portrait.hash, portrait.looks.as_ref()) {
                let how = if hash == portrait.hash { "" } else { ", as one that looks the same" };
                print_line!("  {} since {}{how}", decision.kind, timestamp(decision.when));
            }
        }
    }
    Ok(())
}

fn remove(dir: &Path, whom: &[String]) -> anyhow::Result<()> {
    let library = Library::open(dir)?;
    let mut decisions = Vec::new();
    // Where rows say `no` of people whom nobody ever hid, as a column of check boxes does, a `no` takes nothing back.
    let says_no = library.says_shown();
    for whom in whom {
        let found = find_one(&library, whom)?;
        let kind = if says_no || found.is_empty() { Kind::RemovedForGood } else { Kind::Removed };
        let mut hashes: Vec<_> = found.iter().map(|portrait| (portrait.hash, portrait.looks)).collect();
        if hashes.is_empty() {
            let file = PhotographHash::of(Path::new(whom)).map_err(|_| nobody(&library, whom))?;
            hashes.push((file.content, file.looks));
        }
        decisions.extend(hashes.into_iter().map(|(hash, looks)| (hash, Decision { kind, when: now(), looks })));
    }
    drop(library);
    // Written before anything is erased: a power cut in between leaves them removed.
    let removals = Removals::update(dir, |removals| {
        for (hash, decision) in &decisions {
            removals.decide(*hash, *decision);
        }
    })?;
    report(dir, &removals, "removed, from the wall and from the disk")
}

/// Brings the library up to date, or leaves it to the program that has it open.
fn report(dir: &Path, removals: &Removals, what: &str) -> anyhow::Result<()> {
    match LibraryWriter::open(dir) {
        Ok(mut writer) => {
            let removed = writer.apply_removals(removals)?;
            print_line!("{removed} portraits {what}");
        }
        Err(LibraryError::Busy { .. }) => {
            print_line!("recorded; the program that has this library open follows at once")
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn restore(dir: &Path, whom: &[String]) -> anyhow::Result<()> {
    let library = Library::open(dir)?;
    let known = Removals::load(dir)?;
    let mut restored = Vec::new();
    for whom in whom {
        let by_prefix = || {
            let is_meant = |hash: &&[u8; 32]| whom.len() >= 6 && hex(hash).starts_with(&whom.to_lowercase());
            known.decisions().find(|(hash, _)| is_meant(hash)).map(|(hash, decision)| (*hash, decision.looks))
        };
        let by_file = || PhotographHash::of(Path::new(whom)).ok().map(|file| (file.content, file.looks));
        let found: Vec<_> = find_one(&library, whom)?.iter().map(|portrait| (portrait.hash, portrait.looks)).collect();
        if found.is_empty() {
            restored.push(by_file().or_else(by_prefix).ok_or_else(|| nobody(&library, whom))?);
        }
        restored.extend(found);
    }
    drop(library);
    let mut count = 0;
    let removals = Removals::update(dir, |removals| {
        for (hash, looks) in &restored {
            // Also what was decided on a copy.
            while let Some((other, decision)) = removals.find(hash, looks.as_ref()).filter(|(_, d)| d.kind.hides()) {
                let when = now().max(decision.when + 1);
                removals.decide(other, Decision { kind: Kind::Shown, when, ..decision });
                count += 1;
            }
        }
    })?;
    print_line!("{count} decisions taken back; where a row of people.csv still hides them, they stay hidden");
    report(dir, &removals, "removed meanwhile")
}

fn export(dir: &Path, file: &Path) -> anyhow::Result<()> {
    let removals = Removals::load(dir)?;
    replace_file(file, removals.to_string().as_bytes())?;
    print_line!("{} decisions: {}", removals.decisions().count(), printable_path(file));
    Ok(())
}

fn import(dir: &Path, file: &Path) -> anyhow::Result<()> {
    let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
    let theirs = Removals::parse(&text);
    if theirs.is_empty() {
        return Err(usage(format!("there are no removals in this file: {}", printable_path(file))));
    }
    let mut stricter = Removals::default();
    for (hash, decision) in theirs.decisions() {
        // Whether a `hidden = no` of this machine's spreadsheet is older is not known.
        let kind = if decision.kind.hides() { Kind::RemovedForGood } else { decision.kind };
        stricter.decide(*hash, Decision { kind, ..*decision });
    }
    let mut added = 0;
    let removals = Removals::update(dir, |removals| added = removals.merge(&stricter))?;
    if theirs.unread() > 0 {
        report_line!("{} lines cannot be read: whom they remove is not known", theirs.unread());
    }
    print_line!("{added} decisions are new");
    match Library::open(dir) {
        // A library that is not there yet is made by the first ingest, which follows the list.
        Err(LibraryError::Missing { .. }) => Ok(()),
        _ => report(dir, &removals, "removed, from the wall and from the disk"),
    }
}

fn merge(from: &[PathBuf], into: &Path, json: bool) -> anyhow::Result<()> {
    let (copying, comparing) = (progress::bar("people", 0), progress::bar("comparisons for copies", 0));
    let summary = millions_library::merge(from, into, |MergeProgress { step, done, all }| {
        let bar = match step {
            MergeStep::Copying => &copying,
            MergeStep::Comparing => {
                copying.finish_and_clear();
                &comparing
            }
        };
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    [copying, comparing].iter().for_each(|bar| bar.finish_and_clear());
    if json {
        print_line!("{}", serde_json::to_string(&summary)?);
        return Ok(());
    }
    let MergeSummary { added, known, removed, damaged, portraits, hidden, copies, remarks } = summary;
    remarks.iter().for_each(|remark| report_line!("{}", printable(remark)));
    print_line!(
        "{portraits} people in the library {}, and {hidden} hidden; {copies} are copies of others, which are shown\n{added} copied, \
         {known} known, {removed} of people who were removed, {damaged} damaged",
        printable_path(into)
    );
    if damaged > 0 {
        print_line!("ingest the photographs of the damaged ones again, into either library");
    }
    Ok(())
}

fn verify(dir: &Path, repair: bool) -> anyhow::Result<()> {
    let library = Library::open(dir)?;
    let remarks = library.remarks();
    remarks.iter().for_each(|remark| print_line!("{remark}"));
    let damaged = library.verify()?;
    print_line!("{} tiles read", library.all_portraits().len());
    for portrait in damaged.iter().filter_map(|number| library.portrait(*number)) {
        print_line!("damaged: {}", line(&portrait));
    }
    drop(library);
    if repair && !(damaged.is_empty() && remarks.is_empty()) {
        LibraryWriter::open(dir)?.remove_damaged(&damaged)?;
        print_line!("{} tiles were taken out: ingest the photographs again", damaged.len());
        return Ok(());
    }
    anyhow::ensure!(
        damaged.is_empty(),
        "{} tiles are not what was written, and dark on the wall: verify with --repair, and ingest the photographs again",
        damaged.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_no_name() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), r"a\u{1b}[2Jb\nc");
    }
}
