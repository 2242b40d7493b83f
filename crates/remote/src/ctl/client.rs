//! The terminal's end of the socket. See [`Client`].

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Answer, Request, Wanted, folder};
use millions_control::Status;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a wall of this account.
pub struct Client {
    stream: BufReader<UnixStream>,
}

/// Why a wall cannot be controlled.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// None plays.
    #[error("no wall of this account plays on this machine: start one with `millions play`")]
    NoWall,
    /// Several do.
    #[error("several walls play ({}): name one with --wall", .0.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))]
    Several(Vec<u32>),
    /// The connection has failed.
    #[error("the wall does not answer: {0}")]
    Lost(#[from] io::Error),
    /// An answer is not understood.
    #[error("the wall's answer is not understood ({0}): it may be of another version")]
    Strange(#[from] serde_json::Error),
}

impl Client {
    /// Connects to the wall of a process, or to the only one.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn connect(wall: Option<u32>) -> Result<Self, ClientError> {
        let mut found: Vec<_> = folder().map(|folder| walls(&folder)).unwrap_or_default();
        found.retain(|(pid, _)| wall.is_none_or(|wall| wall == *pid));
        let mut open: Vec<_> =
            found.into_iter().filter_map(|(pid, path)| Some((pid, Self::open(&path).ok()?))).collect();
        match open.len() {
            0 => Err(ClientError::NoWall),
            1 => Ok(open.remove(0).1),
            _ => Err(ClientError::Several(open.into_iter().map(|(pid, _)| pid).collect())),
        }
    }

    /// Connects to a socket.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the wall is gone or does not answer.
    pub fn ask(&mut self, request: &Request) -> Result<Answer, ClientError> {
        self.write(request)?;
        self.read()
    }

    /// Returns the status, and again after each change; the iterator ends with the wall.
    ///
    /// # Errors
    /// When the wall is gone.
    pub fn watch(&mut self) -> Result<impl Iterator<Item = Result<Status, ClientError>> + '_, ClientError> {
        self.write(&Request::Get(Wanted::Changes))?;
        // Nothing may change for hours.
        self.stream.get_ref().set_read_timeout(None)?;
        Ok(std::iter::from_fn(|| match self.read() {
            Ok(Answer::Status(status)) => Some(Ok(*status)),
            Ok(_) => None,
            Err(ClientError::Lost(error)) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => Some(Err(error)),
        }))
    }

    fn write(&mut self, request: &Request) -> Result<(), ClientError> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        Ok(self.stream.get_mut().write_all(&line)?)
    }

    fn read(&mut self) -> Result<Answer, ClientError> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

/// The sockets in a folder, with the numbers of their processes.
fn walls(folder: &Path) -> Vec<(u32, PathBuf)> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let numbered = |path: PathBuf| {
        let pid = path.file_name()?.to_str()?.strip_suffix(".sock")?.parse().ok()?;
        Some((pid, path))
    };
    files.filter_map(numbered).collect()
}
