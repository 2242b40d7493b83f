//! Arrays that grow with a library, in memory or spilled to a file.
//!
//! A wall keeps its rows in memory. A merge of millions spills them to files without a name in the folder that it writes: the
//! system writes their pages out and takes them back when memory is short, as it can take a program's own memory only where it
//! has swap. So what a merge keeps for itself does not grow with the portraits.
#![allow(unsafe_code, reason = "a mapped file; each block has its argument")]

use std::fs::File;
use std::io::{self, Write as _};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::{mem, slice};

use memmap2::{MmapMut, MmapOptions};

/// Where arrays are kept.
#[derive(Clone, Debug, Default)]
pub enum Backing {
    /// In memory.
    #[default]
    Memory,
    /// In unnamed files of a folder.
    Files(Arc<Path>),
}

impl Backing {
    /// In unnamed files of a folder.
    pub fn files_in(folder: &Path) -> Self {
        Self::Files(folder.into())
    }
}

/// An array that grows at its end. Where its file cannot be made or grow (a full disk), it goes on in memory.
#[derive(Debug)]
pub struct SpillVec<T> {
    storage: Storage<T>,
    backing: Backing,
}

#[derive(Debug)]
enum Storage<T> {
    Memory(Vec<T>),
    Mapped(Mapped<T>),
}

impl<T> Default for SpillVec<T> {
    fn default() -> Self {
        Self { storage: Storage::Memory(Vec::new()), backing: Backing::Memory }
    }
}

impl<T: Copy + 'static> SpillVec<T> {
    /// An empty array with room for so many.
    pub fn with_capacity(capacity: usize, backing: &Backing) -> Self {
        let mapped = match backing {
            Backing::Memory => None,
            Backing::Files(folder) => Mapped::with_capacity(capacity, folder).ok(),
        };
        // Memory that is never written is never taken from the system.
        let storage = mapped.map_or_else(|| Storage::Memory(Vec::with_capacity(capacity)), Storage::Mapped);
        Self { storage, backing: backing.clone() }
    }

    /// An array of so many of one value.
    pub fn filled(len: usize, value: T, backing: &Backing) -> Self {
        let mut array = Self::with_capacity(len, backing);
        array.resize(len, value);
        array
    }

    /// Where it is kept.
    pub const fn backing(&self) -> &Backing {
        &self.backing
    }

    /// Cuts it, or appends copies of a value.
    pub fn resize(&mut self, len: usize, value: T) {
        match &mut self.storage {
            Storage::Memory(items) => items.resize(len, value),
            Storage::Mapped(mapped) => {
                if mapped.resize(len, value).is_err() {
                    let mut items = Vec::with_capacity(len);
                    items.extend_from_slice(mapped.items());
                    items.resize(len, value);
                    self.storage = Storage::Memory(items);
                }
            }
        }
    }

    /// Appends a value.
    pub fn push(&mut self, value: T) {
        self.resize(self.len() + 1, value);
    }
}

impl<T> Deref for SpillVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.storage {
            Storage::Memory(items) => items,
            Storage::Mapped(mapped) => mapped.items(),
        }
    }
}

impl<T> DerefMut for SpillVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.storage {
            Storage::Memory(items) => items,
            Storage::Mapped(mapped) => mapped.items_mut(),
        }
    }
}

/// A mapped file of which the first `len` items are written. Its items are plain values: `Copy`, and without references, as only
/// [`SpillVec`] makes one.
#[derive(Debug)]
struct Mapped<T> {
    file: File,
    map: MmapMut,
    len: usize,
    items: PhantomData<T>,
}

/// Bytes by which a file grows at least.
const LEAST_GROWTH: usize = 1 << 16;

impl<T> Mapped<T> {
    const ITEM: usize = {
        assert!(mem::size_of::<T>() > 0 && mem::align_of::<T>() <= 4096, "a page begins with an item");
        mem::size_of::<T>()
    };

    fn items(&self) -> &[T] {
        // SAFETY: the map begins at a page and has room for `len` items, each of which `resize` has written as a `T`. Nobody else
        // writes to the file: it has no name and never had one but for the moment in which it was made, and it is never cut.
        unsafe { slice::from_raw_parts(self.map.as_ptr().cast(), self.len) }
    }

    fn items_mut(&mut self) -> &mut [T] {
        // SAFETY: as above; the borrow of `self` is the only one.
        unsafe { slice::from_raw_parts_mut(self.map.as_mut_ptr().cast(), self.len) }
    }
}

impl<T: Copy + 'static> Mapped<T> {
    fn with_capacity(capacity: usize, folder: &Path) -> io::Result<Self> {
        let mut file = tempfile::tempfile_in(folder)?;
        let map = grown(&mut file, 0, bytes_of(capacity, Self::ITEM)?.max(LEAST_GROWTH))?;
        Ok(Self { file, map, len: 0, items: PhantomData })
    }

    fn resize(&mut self, len: usize, value: T) -> io::Result<()> {
        let (bytes, before) = (bytes_of(len, Self::ITEM)?, self.map.len());
        if bytes > before {
            self.map = grown(&mut self.file, before, bytes.max(before / 2 * 3))?;
        }
        for index in self.len..len {
            // SAFETY: within the map, and aligned, as `items` says.
            unsafe { self.map.as_mut_ptr().cast::<T>().add(index).write(value) }
        }
        self.len = len;
        Ok(())
    }
}

fn bytes_of(count: usize, item: usize) -> io::Result<usize> {
    count.checked_mul(item).ok_or_else(|| io::ErrorKind::FileTooLarge.into())
}

/// Maps a file after it has grown. What is new is written, and not only reserved: where there is no room on the disk, that is an error here,
/// and not a signal when a page is first touched. File systems that write a page to another place each time (btrfs, ZFS) may still be full then,
/// and the process is ended; a merge goes on from its last commit.
fn grown(file: &mut File, from: usize, to: usize) -> io::Result<MmapMut> {
    let zeros = vec![0; LEAST_GROWTH.min(to - from)];
    let mut at = from;
    // The file's position is its end: nothing else moves it.
    while at < to {
        let piece = zeros.len().min(to - at);
        file.write_all(&zeros[..piece])?;
        at += piece;
    }
    // SAFETY: see `Mapped::items`: nobody else has the file.
    unsafe { MmapOptions::new().len(to).map_mut(&*file) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// An array in a file holds what one in memory does, as it grows and is cut.
        #[test]
        fn a_spilled_array_is_as_one_in_memory(
            steps in prop::collection::vec((0..20_000_usize, any::<[u32; 5]>(), any::<prop::sample::Index>()), 1..12),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let backing = Backing::files_in(folder.path());
            let (mut memory, mut file) = (SpillVec::default(), SpillVec::with_capacity(3, &backing));
            prop_assert!(matches!(file.storage, Storage::Mapped(_)));
            for (len, value, at) in steps {
                memory.resize(len, value);
                file.resize(len, value);
                for array in [&mut memory, &mut file] {
                    array.push(value);
                    let at = at.index(array.len());
                    array[at] = [1, 2, 3, 4, 5];
                }
                prop_assert_eq!(&memory[..], &file[..]);
            }
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "its file has no name");
        }
    }

    #[test]
    fn where_no_file_can_be_made_it_is_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let array = SpillVec::filled(100, 7_u64, &Backing::files_in(&folder.path().join("none")));
        assert!(matches!(array.storage, Storage::Memory(_)) && array.iter().all(|value| *value == 7));
    }
}
