//! The library of a kiosk: made when it is installed, and expected from then on.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::units::Place;
use millions_base::{printable, printable_path};
use millions_library::field_copy::is_field_copy;
use millions_library::{IngestOptions, Library, LibraryWriter};

/// Whether there is a library, or a field copy of one.
pub fn is_there(dir: &Path) -> bool {
    Library::is_at(dir) || is_field_copy(dir)
}

/// Fails where a library is not there: one made in its place would show whom it hides.
pub fn expect(dir: &Path) -> anyhow::Result<()> {
    if is_there(dir) {
        return Ok(());
    }
    let dir_text = printable_path(dir);
    let closed = fs::read_dir(dir).err().filter(|error| error.kind() == ErrorKind::PermissionDenied);
    if let Some(error) = closed {
        anyhow::bail!(
            "the library {dir_text} is closed to this account ({error}): `sudo chown -R ACCOUNT {dir_text}` gives it to it"
        );
    }
    anyhow::bail!(
        "the library {dir_text}, which was there when the kiosk was installed, is not: is its disk there? If it is to be made anew, \
         `millions kiosk remove`, and install again"
    )
}

/// Makes an empty library.
pub fn make(dir: &Path) -> anyhow::Result<()> {
    let IngestOptions { tile_side, aspect, .. } = IngestOptions::default();
    LibraryWriter::create_or_open(dir, tile_side, aspect)?;
    Ok(())
}

/// Makes an empty library that is the account's that plays.
pub fn make_as(place: &Place, program: &Path, dir: &Path) -> anyhow::Result<()> {
    let Place::Bare { account, .. } = place else { return make(dir) };
    let made = Command::new("runuser")
        .args(["-u", account, "--"])
        .arg(program)
        .args(["kiosk", "make-library"])
        .arg(dir)
        .output()
        .context("the library cannot be made as the account that plays: there is no runuser")?;
    let why = String::from_utf8_lossy(&made.stderr);
    anyhow::ensure!(made.status.success(), "the library cannot be made: {}", printable(why.trim()));
    Ok(())
}
