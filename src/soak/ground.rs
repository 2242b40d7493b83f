//! The files that a soak plays with: photographs, show, stage; and who has to be on the wall for them. See [`Ground`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::SoakOptions;
use super::gauges::disk_bytes;
use millions_demo::InventedPerson;
use millions_library::Library;

/// Photographs at hand, for each on the wall: who leaves is followed by others.
const AT_HAND: f64 = 1.5;
/// The size of a photograph in pixels: what the decoders do is measured elsewhere.
const PHOTOGRAPH: [u32; 2] = [160, 200];
/// Disks with more room than this are not filled.
const MOST_FILLED_BYTES: u64 = 1 << 30;
/// The bytes that are written at a time to fill a disk.
const BALLAST_STEP: usize = 1 << 16;

/// Folders and files of a soak, and what is in them.
pub struct Ground {
    root: PathBuf,
    /// Removed at the end, unless the folder was named.
    _temporary: Option<tempfile::TempDir>,
    size: [u32; 2],
    /// Whether the disk is small enough to be filled.
    is_small: bool,
    /// All photographs, encoded.
    photographs: Vec<Vec<u8>>,
    /// The file names of those in the folder.
    present: BTreeMap<usize, String>,
    /// Whom a row or the operator has hidden, for good.
    hidden: BTreeSet<usize>,
    /// Rows of the spreadsheet that hide.
    hiding_rows: BTreeSet<usize>,
    is_gone: bool,
    is_full: bool,
    renamed: u32,
}

impl Ground {
    /// Makes all files, with the first people in the folder.
    pub fn make(options: &SoakOptions) -> anyhow::Result<Self> {
        let (root, temporary) = match &options.folder {
            Some(folder) => {
                fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
                if fs::read_dir(folder)?.next().is_some() {
                    anyhow::bail!("{} is not empty: a soak begins with an empty folder", folder.display());
                }
                (folder.clone(), None)
            }
            None => {
                let made = tempfile::tempdir().context("no folder for the soak can be made")?;
                (made.path().to_owned(), Some(made))
            }
        };
        let at_hand = (options.people as f64 * AT_HAND) as usize + 8;
        let invent = |number: usize| {
            let person = InventedPerson::invent(options.seed, number as u64);
            millions_demo::photograph_sized(&person, PHOTOGRAPH[0], PHOTOGRAPH[1]).map(|photograph| photograph.jpeg)
        };
        let mut ground = Self {
            _temporary: temporary,
            size: options.size,
            is_small: free_bytes(&root).is_some_and(|bytes| bytes < MOST_FILLED_BYTES),
            photographs: (0..at_hand).map(invent).collect::<Result<_, _>>()?,
            present: BTreeMap::new(),
            hidden: BTreeSet::new(),
            hiding_rows: BTreeSet::new(),
            is_gone: false,
            is_full: false,
            renamed: 0,
            root,
        };
        for folder in [ground.folder(), ground.stills(), ground.state(), ground.root.join("scenes")] {
            fs::create_dir_all(folder)?;
        }
        fs::write(ground.root.join("scenes/words.toml"), WORDS)?;
        fs::write(ground.root.join("scenes/picture.toml"), PICTURE)?;
        picture().save(ground.root.join("scenes/flag.png"))?;
        ground.save_show(600)?;
        ground.save_stage(1.0)?;
        ground.arrive(&(0..options.people.min(at_hand)).collect::<Vec<_>>())?;
        ground.save_sheet(None)?;
        Ok(ground)
    }

    /// The folder of photographs.
    pub fn folder(&self) -> PathBuf {
        self.root.join("photographs")
    }

    fn away(&self) -> PathBuf {
        self.root.join("photographs-away")
    }

    /// The library.
    pub fn library(&self) -> PathBuf {
        self.root.join("library")
    }

    /// The show's file.
    pub fn show(&self) -> PathBuf {
        self.root.join("show.toml")
    }

    /// The stage's file.
    pub fn stage(&self) -> PathBuf {
        self.root.join("stage.toml")
    }

    /// Where stills are saved.
    pub fn stills(&self) -> PathBuf {
        self.root.join("stills")
    }

    /// The folder of the state for a restart.
    pub fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// The program's command log.
    pub fn commands(&self) -> PathBuf {
        self.root.join("commands.jsonl")
    }

    /// Photographs that are in the folder.
    pub fn inside(&self) -> Vec<usize> {
        self.present.keys().copied().collect()
    }

    /// Photographs at hand that are not in the folder and that nobody has hidden.
    pub fn outside(&self) -> Vec<usize> {
        let is_out = |number: &usize| !self.present.contains_key(number) && !self.hidden.contains(number);
        (0..self.photographs.len()).filter(is_out).collect()
    }

    /// Whether the folder is gone.
    pub const fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Whether the disk is full.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether the disk is small enough to be filled.
    pub const fn may_fill(&self) -> bool {
        self.is_small
    }

    /// Writes photographs into the folder.
    pub fn arrive(&mut self, photographs: &[usize]) -> io::Result<()> {
        for number in photographs {
            let Some(jpeg) = self.photographs.get(*number) else { continue };
            let name = self.present.entry(*number).or_insert_with(|| name_of(*number)).clone();
            fs::write(self.folder().join(name), jpeg)?;
        }
        Ok(())
    }

    /// Deletes photographs from the folder.
    pub fn leave(&mut self, photographs: &[usize]) -> io::Result<()> {
        for number in photographs {
            if let Some(name) = self.present.remove(number) {
                fs::remove_file(self.folder().join(name))?;
            }
        }
        Ok(())
    }

    /// Gives a photograph another name.
    pub fn rename(&mut self, photograph: usize) -> io::Result<()> {
        self.renamed += 1;
        let (folder, renamed) = (self.folder(), self.renamed as usize);
        let Some(name) = self.present.get_mut(&photograph) else { return Ok(()) };
        let to = format!("{}{}.jpg", letters(photograph + 26 * 26), letters(renamed + 26));
        fs::rename(folder.join(&*name), folder.join(&to))?;
        *name = to;
        // Its row follows it, as somebody would write it.
        self.save_sheet(None)
    }

    /// Saves `people.csv`, first its upper half, as a slow program does; `hides` is hidden from now on.
    pub fn save_sheet(&mut self, hides: Option<usize>) -> io::Result<()> {
        self.hiding_rows.extend(hides);
        self.hidden.extend(hides);
        let mut text = "file,name,place,quote,featured,hidden\n".to_owned();
        for (number, name) in &self.present {
            let hidden = if self.hiding_rows.contains(number) { "yes" } else { "" };
            let quote = if number.is_multiple_of(3) { "We are here" } else { "" };
            let featured = if number.is_multiple_of(17) { "yes" } else { "" };
            text += &format!("{name},{},Somewhere,{quote},{featured},{hidden}\n", letters(*number).to_uppercase());
        }
        let path = self.folder().join("people.csv");
        let half = text.len() / 2;
        let mut file = fs::File::create(&path)?;
        file.write_all(&text.as_bytes()[..half])?;
        file.sync_data()?;
        file.write_all(&text.as_bytes()[half..])
    }

    /// Notes that the operator hides whom a portrait shows.
    pub fn hide(&mut self, library: &Library, portrait: u32) {
        let sources = library.portrait(portrait).map(|portrait| portrait.sources).unwrap_or_default();
        let is_of = |name: &str| sources.iter().any(|path| path.file_name().is_some_and(|own| own == name));
        let found = self.present.iter().filter(|(_, name)| is_of(name)).map(|(number, _)| *number);
        self.hidden.extend(found.collect::<Vec<_>>());
    }

    /// Takes the folder away, as a disk that is pulled.
    pub fn take_away(&mut self) -> io::Result<()> {
        if !self.is_gone {
            fs::rename(self.folder(), self.away())?;
            self.is_gone = true;
        }
        Ok(())
    }

    /// Brings the folder back.
    pub fn bring_back(&mut self) -> io::Result<()> {
        if self.is_gone {
            fs::rename(self.away(), self.folder())?;
            self.is_gone = false;
        }
        Ok(())
    }

    /// Fills the disk to the last byte.
    pub fn fill_disk(&mut self) -> io::Result<()> {
        if !self.may_fill() {
            return Ok(());
        }
        self.is_full = true;
        let mut ballast = fs::File::create(self.root.join("ballast"))?;
        let zeros = vec![0; BALLAST_STEP];
        let mut part = BALLAST_STEP;
        while part > 0 {
            if ballast.write_all(&zeros[..part]).is_err() {
                part /= 2;
            }
        }
        Ok(())
    }

    /// Gives the disk room again.
    pub fn free_disk(&mut self) -> io::Result<()> {
        match fs::remove_file(self.root.join("ballast")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.is_full = false,
        }
        Ok(())
    }

    /// Saves the show.
    pub fn save_show(&self, dwell: u32) -> io::Result<()> {
        fs::write(self.show(), SHOW.replace("{dwell}", &dwell.to_string()))
    }

    /// Saves the show with a mistake.
    pub fn damage_show(&self) -> io::Result<()> {
        fs::write(self.show(), SHOW.replace("{dwell}", "\"soon\""))
    }

    /// Saves the stage.
    pub fn save_stage(&self, brightness: f32) -> io::Result<()> {
        let [width, height] = self.size;
        let text = STAGE.replace("{width}", &width.to_string()).replace("{height}", &height.to_string());
        let text = text.replace("{aspect}", &format!("{:.3}", 1.8 * f64::from(width) / f64::from(height)));
        let corner = [[0.69, 0.02], [0.94, 0.06], [0.92, 0.33], [0.68, 0.29]];
        let corner = corner.map(|[x, y]| [x * f64::from(width), y * f64::from(height)]);
        let text = text.replace("{corner}", &format!("{corner:?}"));
        fs::write(self.stage(), text.replace("{brightness}", &format!("{brightness:.2}")))
    }

    /// Bytes of the library, and of all else that the program keeps.
    pub fn kept_bytes(&self) -> [u64; 2] {
        let before = self.commands().with_extension("jsonl.1");
        let files = [self.commands(), before, self.stage()].into_iter().filter_map(|file| fs::metadata(file).ok());
        let files: u64 = files.map(|found| found.len()).sum();
        let folders = disk_bytes(&self.state()) + disk_bytes(&self.stage().with_extension("history"));
        [disk_bytes(&self.library()), files + folders]
    }

    /// Deletes the stills, as somebody who has copied them; returns how many there were.
    pub fn take_stills(&self) -> usize {
        let entries = fs::read_dir(self.stills()).into_iter().flatten().flatten();
        entries.filter(|entry| fs::remove_file(entry.path()).is_ok()).count()
    }

    /// Who has to be on the wall, by their photographs.
    pub fn expected(&self) -> BTreeSet<usize> {
        self.present.keys().filter(|number| !self.hidden.contains(number)).copied().collect()
    }

    /// The photographs of whom a library shows, and the portraits of which it knows none.
    pub fn shown(&self, library: &Library) -> (BTreeSet<usize>, Vec<u32>) {
        let by_name: BTreeMap<&str, usize> =
            self.present.iter().map(|(number, name)| (name.as_str(), *number)).collect();
        let (mut shown, mut unknown) = (BTreeSet::new(), Vec::new());
        for number in library.portraits() {
            let sources = library.portrait(number).map(|portrait| portrait.sources).unwrap_or_default();
            let names = sources.iter().filter_map(|path| path.file_name()?.to_str());
            let found: Vec<_> = names.filter_map(|name| by_name.get(name).copied()).collect();
            if found.is_empty() {
                unknown.push(number);
            }
            shown.extend(found);
        }
        (shown, unknown)
    }
}

/// The file name of a photograph: letters, for numbers of different files may mean each other.
fn name_of(number: usize) -> String {
    format!("{}.jpg", letters(number + 26 * 26))
}

fn letters(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return text;
        }
    }
}

/// Free bytes of the disk of a folder, where the system tells.
#[cfg(target_os = "linux")]
fn free_bytes(folder: &Path) -> Option<u64> {
    // Asked of the system itself, for lists of disks leave out those in memory.
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Free bytes of the disk of a folder, where the system tells.
#[cfg(not(target_os = "linux"))]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
    let folder = fs::canonicalize(folder).ok()?;
    let of_folder = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let disk = of_folder.max_by_key(|disk| disk.mount_point().components().count());
    disk.map(sysinfo::Disk::available_space)
}

/// A picture that fills the wall.
fn picture() -> image::RgbImage {
    image::RgbImage::from_fn(320, 120, |x, y| image::Rgb([(x % 256) as u8, 128, if y < 60 { 220 } else { 60 }]))
}

const WORDS: &str = "name = \"Words\"\nkind = \"words\"\ntexts = [\"here to stay\"]\n";
const PICTURE: &str = "name = \"A picture\"\nkind = \"still\"\nfile = \"flag.png\"\n";

/// Open from ten in the morning to half past two in the night, which is a time that one night of the year leaves out and another has
/// twice; closed on Mondays.
const SHOW: &str = r#"name = "Soak"

[keys]
1 = "slow"
2 = "faces"
3 = "river"
4 = "one"
5 = "multitude"
6 = "reveal"
7 = "title"
8 = "journey"
9 = "scenes/words.toml"
0 = "scenes/picture.toml"

[transition]
kind = "tile"
secs = 1.5

[playlist]
dwell = {dwell}
shuffle = true
entries = [
    "slow", "faces", "river", "one", "multitude", "reveal", "chain", "columns", "quotes", "journey", "counter",
    "millions-are-one", "black", "scenes/words.toml", { scene = "scenes/picture.toml", dwell = 60 },
]

[arrivals]
stay = 4
wait = 30

[schedule]
timezone = "Europe/Berlin"
fade = 20

[[schedule.open]]
days = ["tue", "wed", "thu", "fri", "sat", "sun"]
from = "10:00"
to = "02:30"
"#;

/// Two projectors side by side with an edge blend; the second is late, and has a scene of its own in a corner.
const STAGE: &str = r#"aspect = {aspect}

[[outputs]]
name = "left"
monitor = { name = "SOAK PJ", serial = "1", port = "HDMI-1" }
size = [{width}, {height}]
black_level = { light = 0.002 }

[[outputs]]
name = "right"
monitor = { name = "SOAK PJ", serial = "2", port = "HDMI-2" }
size = [{width}, {height}]
delay = 2
brightness = {brightness}

[[surfaces]]
name = "left"
output = "left"
part = [0.0, 0.0, 0.556, 1.0]

[[surfaces]]
name = "right"
output = "right"
part = [0.444, 0.0, 1.0, 1.0]

[[surfaces]]
name = "corner"
output = "right"
scene = "faces"
corners = {corner}

[[surfaces.masks]]
points = [[0.1, 0.1], [0.3, 0.1], [0.2, 0.4]]
"#;
