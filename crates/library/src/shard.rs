//! A part of an ingest: which of the machines that share the work takes a photograph.
//!
//! A function of the photograph's first bytes and its length alone: all machines come to the same, nobody hands out work, and
//! duplicates of a photograph are one machine's whatever their names. The whole file is not read for it, for each machine looks at
//! every photograph. In object storage nothing is: there the entity tag, which is a hash of the bytes, stands for the first of them.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::str::FromStr;

use super::source::Source;
use super::storage::{Places, Stopped};

/// Bytes of a photograph that are read: in a camera's file its date, and mostly its number.
const READ_BYTES: u64 = 4096;

/// One of so many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    index: u32,
    count: u32,
}

impl Shard {
    /// Whether a photograph belongs to this part. One that cannot be read is told by one of them.
    pub(super) fn has(&self, source: &Source, places: &Places, stopped: Stopped<'_>) -> bool {
        let mut hasher = blake3::Hasher::new();
        if hash_start(source, places, stopped, &mut hasher).is_err() {
            hasher.reset();
            hasher.update(source.path.as_os_str().as_encoded_bytes());
        }
        let hash = hasher.finalize();
        let word = hash.as_bytes().first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        // By its share of all values, as `word % count` would be for counts of any size.
        ((u128::from(word) * u128::from(self.count)) >> 64) as u32 == self.index
    }
}

fn hash_start(source: &Source, places: &Places, stopped: Stopped<'_>, hasher: &mut blake3::Hasher) -> io::Result<()> {
    let mut bytes = Vec::new();
    match places.of(&source.path) {
        Some(place) => {
            // Where storage has hashed the bytes, none are read; a copy that has another tag all the same is found by the merge.
            bytes = match place.tag(&source.path) {
                Some(tag) => tag.into_bytes(),
                None => {
                    let start = place.read_start(&source.path, READ_BYTES, stopped);
                    start.map_err(|fault| io::Error::other(fault.reason()))?
                }
            };
        }
        None => {
            File::open(&source.path)?.take(READ_BYTES).read_to_end(&mut bytes)?;
        }
    }
    hasher.update(&source.stamp.size.to_le_bytes()).update(&bytes);
    Ok(())
}

impl FromStr for Shard {
    type Err = String;

    /// Parses `3/64`, from 0 to 63.
    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || "a part is K/N, such as 0/8: the first of eight; K is from 0 to N - 1".to_owned();
        let (index, count) = text.split_once('/').ok_or_else(fault)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| fault());
        let shard = Self { index: number(index)?, count: number(count)? };
        if shard.index < shard.count { Ok(shard) } else { Err(fault()) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Stamp;

    #[test]
    fn each_photograph_belongs_to_one_part_by_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let mut counts = [0; 8];
        for seed in 0..400_u32 {
            let owner = |name: &str| {
                let path = dir.path().join(name);
                std::fs::write(&path, seed.to_le_bytes().repeat(3000)).unwrap();
                let source = Source { stamp: Stamp::of(&path.metadata().unwrap()), path };
                let parts = (0..8)
                    .filter(|index| Shard { index: *index, count: 8 }.has(&source, &Places::default(), &|| false));
                let parts: Vec<u32> = parts.collect();
                assert_eq!(parts.len(), 1);
                parts[0]
            };
            let first = owner(&format!("{seed}.jpg"));
            assert_eq!(first, owner(&format!("copy of {seed}.jpg")), "whatever its name");
            counts[first as usize] += 1;
        }
        assert!(counts.iter().all(|count| (25..=80).contains(count)), "{counts:?}");
    }

    #[test]
    fn parts_are_counted_from_0() {
        assert_eq!("3/64".parse::<Shard>().unwrap().to_string(), "3/64");
        for wrong in ["", "3", "3/", "64/64", "-1/4", "0/0", "a/b", "1/2/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
