//! The people of a show. See [`Crowd`].

use millions_base::smoothstep;
use millions_wall::tile::TileSource;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

/// A person's own words of themselves, from `people.csv`; fields are empty where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Biography {
    /// The name.
    pub name: Arc<str>,
    /// The place where they live.
    pub place: Arc<str>,
    /// The quote.
    pub quote: Arc<str>,
}

impl Biography {
    /// Returns whether all of it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_empty() && self.place.is_empty() && self.quote.is_empty()
    }
}

/// A picture in grey.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GreyPicture {
    /// Width and height in pixels.
    pub size: [usize; 2],
    /// A gamma-encoded value a pixel, row by row.
    pub greys: Vec<u8>,
    /// The part to show where the picture has to be cut, by its left, upper, right and lower edge in parts of the whole; none, and it is cut
    /// about its middle.
    pub crop: Option<[f64; 4]>,
}

/// A source of pictures that people form.
pub trait Pictures: Send + Sync {
    /// Reads a picture that is to be cut to an aspect (width / height); none where it cannot be read, which is told elsewhere.
    fn file(&self, file: &Path, aspect: f64) -> Option<GreyPicture>;

    /// Draws words, white on black, as large as they fit into a picture of an aspect.
    fn text(&self, text: &str, aspect: f64) -> Option<GreyPicture>;
}

/// A store of what takes long to find: who stands where in a picture. It may forget.
pub trait Arrangements: Send + Sync {
    /// Returns what is kept under a key.
    fn read(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// Keeps an arrangement under a key, in the place of another; returns at once.
    fn keep(&self, key: &[u8], arrangement: Vec<u8>);
}

/// What people look like, for scenes that arrange them by it, and the pictures that they form.
#[derive(Clone)]
pub struct Portraits {
    tiles: Arc<dyn TileSource>,
    pictures: Arc<dyn Pictures>,
    arrangements: Option<Arc<dyn Arrangements>>,
}

impl Portraits {
    /// Portraits by their numbers, and pictures.
    #[must_use]
    pub fn new(tiles: Arc<dyn TileSource>, pictures: Arc<dyn Pictures>) -> Self {
        Self { tiles, pictures, arrangements: None }
    }

    /// Keeps arrangements, and takes those that are kept.
    #[must_use]
    pub fn keeping(self, arrangements: Arc<dyn Arrangements>) -> Self {
        Self { arrangements: Some(arrangements), ..self }
    }

    /// Returns their tiles.
    pub(super) fn tiles(&self) -> &dyn TileSource {
        &*self.tiles
    }

    /// Returns where arrangements are kept.
    pub(super) fn arrangements(&self) -> Option<&dyn Arrangements> {
        self.arrangements.as_deref()
    }

    /// Returns the pictures.
    pub(super) fn pictures(&self) -> &dyn Pictures {
        &*self.pictures
    }
}

impl std::fmt::Debug for Portraits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Portraits")
    }
}

/// Only the same portraits are equal: what they look like is not read.
impl PartialEq for Portraits {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.tiles, &other.tiles)
    }
}

/// Duration of the fade-in of a new portrait, in seconds: long enough not to pop, short enough to seem immediate.
const FADE_IN_SECS: f64 = 0.6;

/// The portrait numbers of a show's people, and their biographies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crowd {
    /// Their portrait numbers.
    pub(super) people: BTreeSet<u32>,
    /// Dealt evenly among the others; may hold people who are not in `people`.
    pub(super) featured: BTreeSet<u32>,
    /// Biographies that are not empty; may hold people who are not in `people`.
    biographies: BTreeMap<u32, Biography>,
    /// What they look like, where it is known.
    pub(super) portraits: Option<Portraits>,
    /// Whether more people are expected, so that empty cells stay free for them.
    pub(super) awaiting: bool,
    /// Number of additions, removals and other changes.
    changes: u64,
    /// The show times at which people began to fade in; removed at the first fade after they are done.
    fading_in: HashMap<u32, f64>,
}

impl Crowd {
    pub(super) fn new(people: impl IntoIterator<Item = u32>) -> Self {
        Self { people: people.into_iter().collect(), ..Self::default() }
    }

    /// Begins the fade-in of people; without `gently` they are there at once.
    pub(super) fn fade_in(&mut self, people: &[u32], time_secs: f64, gently: bool) {
        self.fading_in.retain(|_, began| (time_secs - *began).abs() < FADE_IN_SECS);
        if gently {
            self.fading_in.extend(people.iter().map(|person| (*person, time_secs)));
        }
    }

    /// Returns the intensity of each of `cells` while some of them fade in; empty when none does.
    pub(super) fn presence<C: Iterator<Item = u32>>(&self, cells: impl FnOnce() -> C, time_secs: f64) -> Vec<f32> {
        if self.fading_in.values().all(|began| time_secs - began >= FADE_IN_SECS) {
            return Vec::new();
        }
        let of = |person: u32| {
            let Some(began) = self.fading_in.get(&person) else { return 1.0 };
            smoothstep(((time_secs - began) / FADE_IN_SECS).clamp(0.0, 1.0) as f32)
        };
        cells().map(of).collect()
    }

    /// Adds a person; returns whether they are new.
    pub(super) fn add(&mut self, person: u32) -> bool {
        self.changes += 1;
        self.people.insert(person)
    }

    /// Returns the number of changes so far: a version of the crowd.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Ends the wait for more people.
    pub(super) const fn complete(&mut self) {
        self.changes += 1;
        self.awaiting = false;
    }

    pub(super) fn remove(&mut self, person: u32) {
        self.changes += 1;
        self.people.remove(&person);
        self.featured.remove(&person);
        self.biographies.remove(&person);
    }

    pub(super) fn set_biography(&mut self, person: u32, biography: Biography) {
        self.changes += 1;
        if biography.is_empty() {
            self.biographies.remove(&person);
        } else {
            self.biographies.insert(person, biography);
        }
    }

    pub(super) fn set_featured(&mut self, person: u32, is_featured: bool) {
        self.changes += 1;
        if is_featured {
            self.featured.insert(person);
        } else {
            self.featured.remove(&person);
        }
    }

    /// Takes over all but who is just fading in.
    pub(super) fn follow(&mut self, other: &Self) {
        let fading_in = std::mem::take(&mut self.fading_in);
        *self = Self { fading_in, ..other.clone() };
    }

    /// Returns a person's biography, unless it is empty.
    #[must_use]
    pub fn biography(&self, person: u32) -> Option<&Biography> {
        self.biographies.get(&person)
    }

    /// Returns the people who have a quote, in the order of their numbers, with their biographies.
    pub(super) fn quoted(&self) -> impl Iterator<Item = (u32, &Biography)> {
        self.present_biographies().filter(|(_, biography)| !biography.quote.is_empty())
    }

    /// Returns whether somebody is one of them.
    pub(super) fn contains(&self, person: u32) -> bool {
        self.people.contains(&person)
    }

    /// Counts a change that is not one of the people: of where they stand.
    pub(super) const fn touch(&mut self) {
        self.changes += 1;
    }

    /// Returns their portrait numbers, ascending.
    pub fn people(&self) -> impl Iterator<Item = u32> {
        self.people.iter().copied()
    }

    /// Returns the number of people.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Returns whether there are no people.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Returns the number of different places in the biographies.
    #[must_use]
    pub fn places(&self) -> usize {
        let places = self.present_biographies().map(|(_, biography)| &biography.place);
        places.filter(|place| !place.is_empty()).collect::<BTreeSet<_>>().len()
    }

    fn present_biographies(&self) -> impl Iterator<Item = (u32, &Biography)> {
        let present = self.biographies.iter().filter(|(person, _)| self.people.contains(person));
        present.map(|(person, biography)| (*person, biography))
    }
}
