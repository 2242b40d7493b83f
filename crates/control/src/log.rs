//! The log of commands, and its replay. See [`CommandLog`] and [`Recording`].

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Command, Source};
use millions_show::SceneId;

/// The size of a log at which another begins, in bytes; the one before is kept beside it.
const MOST_BYTES: u64 = 8 << 20;

/// Writes what was commanded: a line of JSON for each command, after a line about the show.
#[derive(Debug)]
pub struct CommandLog {
    file: File,
    path: PathBuf,
    start: RecordingStart,
    bytes: u64,
}

/// The first line of a log: what a replay has to begin with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordingStart {
    /// The program's version.
    pub version: String,
    /// The show's time at real time 0, in seconds.
    pub show_secs: f64,
    /// Unix time at real time 0, in seconds.
    pub unix_secs: f64,
    /// The scene that was on.
    pub scene: SceneId,
    /// When it was cued, in seconds of the show.
    pub cued_secs: f64,
    /// When the playlist began, in seconds of the show; none where it waited.
    pub playlist_began_secs: Option<f64>,
    /// Whether the wall was black.
    pub blackout: bool,
    /// How far it was dimmed.
    #[serde(default = "undimmed")]
    pub dimmer: f32,
}

/// The dimmer of a log from before there was one.
const fn undimmed() -> f32 {
    1.0
}

/// A command in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoggedCommand {
    /// When it was obeyed, in seconds since the start of the program.
    pub real_secs: f64,
    /// The show's time then.
    pub show_secs: f64,
    /// Where it came from.
    pub source: Source,
    /// The command.
    #[serde(flatten)]
    pub command: Command,
}

impl CommandLog {
    /// Begins a log; one that is there is kept, as `FILE.1`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, start: RecordingStart) -> io::Result<Self> {
        if path.exists() {
            fs::rename(path, Self::before(path))?;
        }
        let mut log = Self { file: File::create(path)?, path: path.to_owned(), start, bytes: 0 };
        log.line(&serde_json::to_string(&log.start)?)?;
        Ok(log)
    }

    fn before(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(".1");
        name.into()
    }

    /// Writes a command. Past 8 MiB another file begins, so that a log is bounded; a replay is then of what came after.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, command: &LoggedCommand) -> io::Result<()> {
        if self.bytes > MOST_BYTES {
            *self = Self::create(&self.path, self.start.clone())?;
        }
        self.line(&serde_json::to_string(command)?)
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        self.bytes += text.len() as u64 + 1;
        self.file.write_all(format!("{text}\n").as_bytes())
    }
}

/// A log that was read for a replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// What it begins with.
    pub start: RecordingStart,
    /// Its commands, in their order.
    pub commands: Vec<LoggedCommand>,
}

/// Why a log cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A line is not of a log.
    #[error("{path}, line {line}: {reason}; a log is written by `millions play --command-log FILE`")]
    Invalid {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

impl Recording {
    /// Reads a log. A last line that was cut short, as by a power cut, is left out.
    ///
    /// # Errors
    /// When it cannot be read, or a line is not of a log.
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let name = || millions_base::printable_path(path).to_string();
        let unreadable = |error| RecordingError::Unreadable { path: name(), error };
        let lines = BufReader::new(File::open(path).map_err(unreadable)?).lines();
        let lines = lines.collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
        let invalid = |line, reason: serde_json::Error| RecordingError::Invalid {
            path: name(),
            line,
            reason: reason.to_string(),
        };
        let first = lines.first().map_or("", String::as_str);
        let start = serde_json::from_str(first).map_err(|error| invalid(1, error))?;
        let mut commands = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate().skip(1) {
            match serde_json::from_str(line) {
                Ok(command) => commands.push(command),
                Err(error) if error.is_eof() && index + 1 == lines.len() => break,
                Err(error) => return Err(invalid(index + 1, error)),
            }
        }
        Ok(Self { start, commands })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(real_secs: f64, command: Command) -> LoggedCommand {
        LoggedCommand { real_secs, show_secs: real_secs + 100.0, source: Source::Key, command }
    }

    #[test]
    fn what_is_written_is_read_also_after_a_power_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evening.jsonl");
        let start = RecordingStart {
            version: "0.1.0".into(),
            show_secs: 100.0,
            unix_secs: 0.1 + 0.2,
            scene: "slow".into(),
            cued_secs: 99.5,
            playlist_began_secs: None,
            blackout: false,
            dimmer: 0.25,
        };
        let commands = vec![
            logged(1.5, Command::Cue { scene: "title".into(), transition: None, at: None }),
            logged(1.0 / 3.0 + 2.0, Command::Blackout { on: true, secs: 1.5 }),
        ];
        let mut log = CommandLog::create(&path, start.clone()).unwrap();
        commands.iter().for_each(|command| log.write(command).unwrap());
        assert_eq!(Recording::read(&path).unwrap(), Recording { start: start.clone(), commands: commands.clone() });
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 9]).unwrap();
        assert_eq!(Recording::read(&path).unwrap().commands, commands[..1]);
        fs::write(&path, text.replace("title\"", "title")).unwrap();
        assert!(Recording::read(&path).unwrap_err().to_string().contains("line 2"));
        CommandLog::create(&path, start).unwrap();
        assert!(folder.path().join("evening.jsonl.1").exists());
    }
}
