//! The passphrase of a field copy: asked for at the terminal, or read from an open file. It is kept nowhere.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::terminal::report_line;
use super::usage;
use millions_library::field_copy::{Passphrase, keep_memory_private};
use millions_library::{Library, LibraryError};

/// The most bytes that are read of a passphrase.
const MOST_BYTES: usize = 4096;
/// How often it may be typed wrong.
const TRIES: usize = 3;

#[derive(Clone, Debug, Default, Args)]
pub struct PassphraseArgs {
    /// Reads the passphrase of a field copy from this open file, its first line (0 is the standard input), in place of asking for it.
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
}

impl PassphraseArgs {
    /// Opens a field copy. From then on this process is kept out of core dumps.
    ///
    /// # Errors
    /// Those of [`Library::open_field_copy`], the last of a few tries; no terminal.
    pub fn open(&self, dir: &Path) -> anyhow::Result<Arc<Library>> {
        keep_memory_private();
        let tries = if self.passphrase_fd.is_some() { 1 } else { TRIES };
        for left in (0..tries).rev() {
            match Library::open_field_copy(dir, &self.passphrase("Passphrase of the field copy: ")?) {
                Err(error @ LibraryError::Passphrase { .. }) if left > 0 => report_line!("{error}"),
                opened => return Ok(opened?),
            }
        }
        Err(usage("no passphrase was given"))
    }

    /// The passphrase for a new copy: asked for twice.
    ///
    /// # Errors
    /// Where it is too short, or not the same twice.
    pub fn new_passphrase(&self) -> anyhow::Result<Passphrase> {
        keep_memory_private();
        let passphrase = self.passphrase("A passphrase for the field copy: ")?;
        passphrase.check().map_err(usage)?;
        if self.passphrase_fd.is_none() && !passphrase.is(&self.passphrase("Once more: ")?) {
            return Err(usage("these were two different passphrases: nothing was made"));
        }
        Ok(passphrase)
    }

    fn passphrase(&self, prompt: &str) -> anyhow::Result<Passphrase> {
        let Some(number) = self.passphrase_fd else {
            if !io::stdin().is_terminal() {
                return Err(usage(
                    "a field copy needs its passphrase: start in a terminal, or give it with --passphrase-fd N",
                ));
            }
            let typed = rpassword::prompt_password(prompt).context("the passphrase cannot be asked for")?;
            return Ok(Passphrase::new(typed));
        };
        let cannot = || format!("the passphrase cannot be read from the open file {number}");
        if number == 0 {
            return first_line(io::stdin().lock()).with_context(cannot);
        }
        if !cfg!(unix) {
            return Err(usage("only --passphrase-fd 0, the standard input, is possible on this system"));
        }
        first_line(File::open(format!("/dev/fd/{number}")).with_context(cannot)?).with_context(cannot)
    }
}

/// Reads the first line, which may be all there is.
fn first_line(mut from: impl Read) -> anyhow::Result<Passphrase> {
    // As long as it may become: nothing is copied to be forgotten elsewhere in memory.
    let mut text = Vec::with_capacity(MOST_BYTES);
    let mut byte = [0];
    while text.len() < MOST_BYTES && from.read(&mut byte)? > 0 && !b"\r\n".contains(&byte[0]) {
        text.push(byte[0]);
    }
    Ok(Passphrase::new(String::from_utf8(text).context("it is no UTF-8")?))
}
