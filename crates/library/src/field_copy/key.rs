//! The passphrase, the key that it seals, and the records that the key seals.

use std::io;
use std::iter;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{DecryptError, scrypt};
use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// The format of a copy.
const VERSION: u32 = 1;
/// Bytes that a record is longer by when it is sealed.
pub const SEAL_BYTES: usize = 16;
/// The fewest letters of a passphrase: a machine that is taken is tried at leisure.
const LEAST_LETTERS: usize = 12;
/// log₂ of the cost of trying a passphrase (scrypt's N; 256 MB of memory): a second on a fast machine, a few on a slow one.
const WORK: u8 = 18;

/// A passphrase, overwritten in memory when it is dropped.
pub struct Passphrase(SecretString);

impl Passphrase {
    /// From what was typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        Self(SecretString::from(typed))
    }

    /// Whether a new copy may be sealed with it.
    ///
    /// # Errors
    /// A text, the reason.
    pub fn check(&self) -> Result<(), String> {
        if self.0.expose_secret().chars().count() < LEAST_LETTERS {
            return Err(format!(
                "a passphrase of at least {LEAST_LETTERS} letters is needed, such as five words that you have never written down together"
            ));
        }
        Ok(())
    }

    /// Whether both are the same.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }

    /// Seals a text.
    fn seal(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut recipient = scrypt::Recipient::new(self.0.clone());
        recipient.set_work_factor(WORK);
        age::encrypt(&recipient, bytes).map_err(io::Error::other)
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// [`io::ErrorKind::PermissionDenied`] where it was sealed with another passphrase; [`io::ErrorKind::InvalidData`] where it has changed.
    fn open(&self, sealed: &[u8]) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut identity = scrypt::Identity::new(self.0.clone());
        identity.set_max_work_factor(WORK);
        let opened = age::decrypt(&identity, sealed).map_err(|error| match error {
            DecryptError::DecryptionFailed | DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed => {
                io::ErrorKind::PermissionDenied
            }
            _ => io::ErrorKind::InvalidData,
        })?;
        Ok(Zeroizing::new(opened))
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

/// What the passphrase seals: the key of a copy, and what there is under it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    version: u32,
    key: [u8; 32],
    pub tile_side: u32,
    pub aspect: f32,
    pub portraits: u32,
    pub index_bytes: u64,
}

impl Drop for Contents {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Contents {
    /// Those of a new copy, with a new key.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn new(tile_side: u32, aspect: f32) -> io::Result<Self> {
        let mut contents = Self { version: VERSION, key: [0; 32], tile_side, aspect, portraits: 0, index_bytes: 0 };
        getrandom::fill(&mut contents.key).map_err(io::Error::other)?;
        Ok(contents)
    }

    pub fn copy_key(&self) -> CopyKey {
        CopyKey(XChaCha20Poly1305::new((&self.key).into()))
    }

    /// Seals them.
    ///
    /// # Errors
    /// None that is known.
    pub fn seal(&self, passphrase: &Passphrase) -> io::Result<Vec<u8>> {
        let bytes = Zeroizing::new(postcard::to_stdvec(self).map_err(io::Error::other)?);
        passphrase.seal(&bytes)
    }

    /// Opens sealed ones.
    ///
    /// # Errors
    /// [`io::ErrorKind::PermissionDenied`] where the passphrase is another; [`io::ErrorKind::InvalidData`] for what is none of this version.
    pub fn open(sealed: &[u8], passphrase: &Passphrase) -> io::Result<Self> {
        let bytes = passphrase.open(sealed)?;
        let contents: Self = postcard::from_bytes(&bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        if contents.version == VERSION { Ok(contents) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

/// A file of the copy: records of different files never have the same nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Part {
    Tiles = 1,
    Floors = 2,
    Index = 3,
}

/// The key of a copy, overwritten in memory when it is dropped.
pub struct CopyKey(XChaCha20Poly1305);

impl std::fmt::Debug for CopyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CopyKey")
    }
}

fn nonce(part: Part, number: u64) -> XNonce {
    let number = number.to_le_bytes();
    let bytes: Vec<u8> = iter::once(part as u8).chain([0; 15]).chain(number).collect();
    *XNonce::from_slice(&bytes)
}

impl CopyKey {
    /// Seals a record, which becomes longer by [`SEAL_BYTES`]. Each is sealed once.
    ///
    /// # Errors
    /// For more than 256 GB.
    pub fn seal(&self, part: Part, number: u64, record: &mut Vec<u8>) -> io::Result<()> {
        let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
        self.0.encrypt_in_place(&nonce(part, number), &[], record).map_err(too_long)
    }

    /// Opens a record.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] where it has changed, or is another.
    pub fn open(&self, part: Part, number: u64, record: &mut Vec<u8>) -> io::Result<()> {
        let changed =
            |_| io::Error::new(io::ErrorKind::InvalidData, "a record of the field copy is not what was written");
        self.0.decrypt_in_place(&nonce(part, number), &[], record).map_err(changed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A record opens in its own place, whole and unchanged, and nowhere else.
        #[test]
        fn a_record_opens_in_its_own_place_alone(
            record in proptest::collection::vec(any::<u8>(), 0..200), number: u64, other: u64, bit: prop::sample::Index,
        ) {
            let contents = Contents::new(64, 0.8).unwrap();
            let key = contents.copy_key();
            let mut sealed = record.clone();
            key.seal(Part::Tiles, number, &mut sealed).unwrap();
            prop_assert_eq!(sealed.len(), record.len() + SEAL_BYTES);
            let opens = |key: &CopyKey, part, number, sealed: &[u8]| {
                let mut opened = sealed.to_vec();
                key.open(part, number, &mut opened).map(|()| opened).ok()
            };
            prop_assert_eq!(opens(&key, Part::Tiles, number, &sealed), Some(record));
            prop_assert_eq!(opens(&key, Part::Floors, number, &sealed), None);
            prop_assert!(other == number || opens(&key, Part::Tiles, other, &sealed).is_none());
            let stranger = Contents::new(64, 0.8).unwrap().copy_key();
            prop_assert_eq!(opens(&stranger, Part::Tiles, number, &sealed), None);
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(opens(&key, Part::Tiles, number, &sealed), None);
        }
    }
}
