//! Making a field copy of a library.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

use millions_base::{replace_file, sync_folder};
use millions_wall::tile::{FLOOR_SIDE, PortraitNumber, TileLayout, TileSource as _};
use millions_wall::tone::{LightMeasurement, ToneFigures};
use serde::Serialize;

use super::super::detections::Detections;
use super::super::edit::Edit;
use super::super::error::{LibraryError, io_error};
use super::super::index::log::LogHead;
use super::super::index::{Entry, Index, Record};
use super::super::library::Library;
use super::super::people::Person;
use super::key::{Contents, Part, Passphrase};
use super::{INDEX_PIECE, KEY_FILE, SEALED_FLOORS, SEALED_INDEX, SEALED_TILES};

/// What goes into a field copy.
#[derive(Clone, Copy, Debug)]
pub struct SealOptions {
    /// The most texels of a tile's side: a power of two from 32.
    pub tile_side: u32,
    /// Whether names, places and quotes go along.
    pub with_names: bool,
}

/// The result of sealing a field copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SealSummary {
    /// People in the copy.
    pub people: usize,
    /// People whose tiles are damaged, and who are not in it.
    pub damaged: usize,
    /// Texels of its tiles' sides.
    pub tile_side: u32,
}

/// A block of BC4 of which each texel is 128: no colour.
const NO_COLOUR: [u8; 8] = [128, 128, 0, 0, 0, 0, 0, 0];

/// Makes a field copy of the people who are shown in a library. `progress` gets how many are done, and of how many. The key is written last: a copy that was
/// cut short is noise.
///
/// # Errors
/// Those of [`Library::open`]; [`LibraryError::TileSide`]; [`LibraryError::NotEmpty`] where something is in the folder; [`LibraryError::Io`].
pub fn seal(
    library: &Path,
    into: &Path,
    options: SealOptions,
    passphrase: &Passphrase,
    mut progress: impl FnMut(usize, usize),
) -> Result<SealSummary, LibraryError> {
    let from = Library::open(library)?;
    let layout = TileLayout::new(options.tile_side.min(from.layout().side()))?;
    fs::create_dir_all(into).map_err(io_error("make the folder of the field copy", into))?;
    if fs::read_dir(into).map_err(io_error("read the folder of the field copy", into))?.next().is_some() {
        return Err(LibraryError::NotEmpty { dir: into.to_owned() });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Some disks have no permissions.
        let _ = fs::set_permissions(into, fs::Permissions::from_mode(0o700));
    }
    let mut copy = Copy {
        contents: Contents::new(layout.side(), from.aspect()).map_err(io_error("make a key", into))?,
        layout,
        pseudonyms: [0; 32],
        summary: SealSummary::default(),
        records: Vec::new(),
        with_names: options.with_names,
    };
    getrandom::fill(&mut copy.pseudonyms).map_err(io::Error::other).map_err(io_error("make a key", into))?;
    let numbers = from.portraits();
    let create = |name: &str| {
        let path = into.join(name);
        File::create(&path).map(BufWriter::new).map_err(io_error("make a file of the field copy", &path))
    };
    let (mut tiles, mut floors, mut index) = (create(SEALED_TILES)?, create(SEALED_FLOORS)?, create(SEALED_INDEX)?);
    let written = (|| {
        for (done, number) in numbers.iter().enumerate() {
            copy.add(&from, *number, &mut tiles, &mut floors)?;
            progress(done + 1, numbers.len());
        }
        copy.write_index(&mut index)?;
        for file in [tiles, floors, index] {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        replace_file(&into.join(KEY_FILE), &copy.contents.seal(passphrase)?)?;
        sync_folder(into)
    })();
    written.map_err(io_error("write the field copy", into))?;
    Ok(SealSummary { tile_side: copy.layout.side(), ..copy.summary })
}

/// A copy that is being made.
struct Copy {
    contents: Contents,
    layout: TileLayout,
    /// The key by which hashes of photographs become others, which nobody can hold against a photograph once it is dropped.
    pseudonyms: [u8; 32],
    summary: SealSummary,
    records: Vec<Record>,
    with_names: bool,
}

impl Copy {
    /// Adds a portrait, unless its pixels are not what was written.
    fn add(
        &mut self,
        from: &Library,
        number: PortraitNumber,
        tiles: &mut impl io::Write,
        floors: &mut impl io::Write,
    ) -> io::Result<()> {
        let mut tile = vec![0; from.layout().prefix_bytes(self.layout.side())];
        let entry = from.index().entry(number);
        let (Some(entry), Ok(())) = (entry, from.read_tile(number, &mut tile)) else {
            self.summary.damaged += 1;
            return Ok(());
        };
        // Coarser levels lie first, alike in tiles of all sizes.
        tile.truncate(self.layout.prefix_bytes(self.layout.side()));
        without_colour(&self.layout, &mut tile);
        let floor_layout = TileLayout::floor();
        let mut floor = vec![0; floor_layout.stride()];
        self.layout.copy_floor(&tile, &mut floor);
        floor.truncate(floor_layout.prefix_bytes(FLOOR_SIDE));
        let key = self.contents.copy_key();
        let here = self.contents.portraits;
        for (part, mut record, file) in
            [(Part::Tiles, tile, tiles as &mut dyn io::Write), (Part::Floors, floor, floors)]
        {
            key.seal(part, u64::from(here), &mut record)?;
            file.write_all(&record)?;
        }
        self.records.push(Record::Portrait { number: here, entry: self.without_traces(entry) });
        self.contents.portraits += 1;
        self.summary.people += 1;
        Ok(())
    }

    /// What the copy keeps of a portrait: tone, whether it is dealt evenly, and, where asked for, words. No file, no hash of the photograph, no
    /// perceptual hash, no crop.
    fn without_traces(&self, entry: Entry) -> Entry {
        let Entry { hash, tone, person, .. } = entry;
        let person = person.map(|person| {
            let Person { name, place, quote, featured, tone_stops, .. } = *person;
            let (name, place, quote) = if self.with_names { (name, place, quote) } else { Default::default() };
            Box::new(Person { name, place, quote, featured, tone_stops, ..Person::default() })
        });
        let grey = [tone.mid; 3];
        let tone = ToneFigures { mean_rgb: grey, light: LightMeasurement { cast: [0; 2], ..tone.light }, ..tone };
        Entry {
            hash: *blake3::keyed_hash(&self.pseudonyms, &hash).as_bytes(),
            edit: Edit::default(),
            tone,
            detections: Detections::default(),
            sources: Vec::new(),
            person: person.filter(|person| **person != Person::default()),
            looks: None,
            copy_of: None,
        }
    }

    /// Writes the index, sealed in pieces.
    fn write_index(&mut self, file: &mut impl io::Write) -> io::Result<()> {
        let frames = Index::default().frames(std::mem::take(&mut self.records))?.concat();
        let committed_bytes = (LogHead::BYTES + frames.len()) as u64;
        let Contents { tile_side, aspect, .. } = self.contents;
        let head = LogHead { tile_side, aspect, committed_bytes }.to_bytes();
        self.contents.index_bytes = committed_bytes;
        let key = self.contents.copy_key();
        for (number, piece) in [&head[..], &frames].concat().chunks(INDEX_PIECE).enumerate() {
            let mut piece = piece.to_vec();
            key.seal(Part::Index, number as u64, &mut piece)?;
            file.write_all(&piece)?;
        }
        Ok(())
    }
}

/// Makes a tile black and white: its chroma is none, everywhere.
fn without_colour(layout: &TileLayout, tile: &mut [u8]) {
    for plane in layout.levels().iter().filter_map(|level| level.chroma) {
        for row in tile[plane.offset..][..plane.bytes()].chunks_mut(plane.row_bytes) {
            row[..plane.used_row_bytes].as_chunks_mut().0.fill(NO_COLOUR);
        }
    }
}
