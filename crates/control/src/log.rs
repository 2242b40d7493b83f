//! The log of commands, and its replay. See [`CommandLog`] and [`Recording`].

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Command, Source};
use millions_show::{Clock, SceneId};

/// The size of a log at which another begins, in bytes; the one before is kept beside it.
const MOST_BYTES: u64 = 8 << 20;

/// Writes what was commanded: a line of JSON for each command, after a line about the show.
#[derive(Debug)]
pub struct CommandLog {
    file: File,
    path: PathBuf,
    /// The bytes of whole lines.
    bytes: u64,
    /// Whether a command could not be written: what comes after it is of no use without it.
    is_broken: bool,
}

/// The first line of a log: what a replay has to begin with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordingStart {
    /// The program's version.
    pub version: String,
    /// When the log begins, in seconds since the start of the program: later for one that follows another.
    #[serde(default)]
    pub real_secs: f64,
    /// The show's time then, in seconds.
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
    /// Whether the show was held.
    #[serde(default)]
    pub held: bool,
    /// The show's rate.
    #[serde(default = "real_time")]
    pub rate: f64,
}

/// The dimmer of a log from before there was one.
const fn undimmed() -> f32 {
    1.0
}

/// The rate of a log from before it had one.
const fn real_time() -> f64 {
    1.0
}

impl RecordingStart {
    /// Returns the show's clock as it was.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let mut clock = Clock::new(self.real_secs, self.show_secs);
        clock.set_rate(self.real_secs, self.rate);
        clock.hold(self.real_secs, self.held);
        clock
    }
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
    pub fn create(path: &Path, start: &RecordingStart) -> io::Result<Self> {
        // Where there is no room for another, the one that is there stays.
        let new = Self::beside(path, ".new");
        let mut log = Self { file: File::create(&new)?, path: path.to_owned(), bytes: 0, is_broken: false };
        let written = serde_json::to_string(start).map_err(io::Error::from).and_then(|text| log.line(&text));
        if let Err(error) = written {
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        if path.exists() {
            fs::rename(path, Self::beside(path, ".1"))?;
        }
        fs::rename(new, path)?;
        Ok(log)
    }

    fn beside(path: &Path, suffix: &str) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    }

    /// Writes a command. Past 8 MiB another file begins, so that a log is bounded; so it does after a command that could not be written,
    /// as on a disk that was full. `before` is the show as it was before the command: what the file then begins with.
    ///
    /// # Errors
    /// When it cannot be written. The next command is tried all the same.
    pub fn write(&mut self, command: &LoggedCommand, before: impl FnOnce() -> RecordingStart) -> io::Result<()> {
        let written = self.try_write(command, before);
        self.is_broken = written.is_err();
        written
    }

    fn try_write(&mut self, command: &LoggedCommand, before: impl FnOnce() -> RecordingStart) -> io::Result<()> {
        if self.bytes > MOST_BYTES || self.is_broken {
            *self = Self::create(&self.path, &before())?;
        }
        self.line(&serde_json::to_string(command)?)
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        let line = format!("{text}\n");
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            // A part of a line is none.
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::Start(self.bytes))?;
            return Err(error);
        }
        self.bytes += line.len() as u64;
        Ok(())
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
    /// Reads a log; times in it are seconds since it began. A last line that was cut short, as by a power cut, is left out.
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
        let mut start: RecordingStart = serde_json::from_str(first).map_err(|error| invalid(1, error))?;
        let mut commands = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate().skip(1) {
            match serde_json::from_str(line) {
                Ok(command) => commands.push(command),
                Err(error) if error.is_eof() && index + 1 == lines.len() => break,
                Err(error) => return Err(invalid(index + 1, error)),
            }
        }
        // Times count from where the log begins.
        let began = std::mem::take(&mut start.real_secs);
        start.unix_secs += began;
        commands.iter_mut().for_each(|logged: &mut LoggedCommand| logged.real_secs -= began);
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
            real_secs: 0.0,
            show_secs: 100.0,
            unix_secs: 0.1 + 0.2,
            scene: "slow".into(),
            cued_secs: 99.5,
            playlist_began_secs: None,
            blackout: false,
            dimmer: 0.25,
            held: false,
            rate: 2.0,
        };
        let commands = vec![
            logged(1.5, Command::Cue { scene: "title".into(), transition: None, at: None }),
            logged(1.0 / 3.0 + 2.0, Command::Blackout { on: true, secs: 1.5 }),
        ];
        let mut log = CommandLog::create(&path, &start).unwrap();
        commands.iter().for_each(|command| log.write(command, || start.clone()).unwrap());
        assert_eq!(Recording::read(&path).unwrap(), Recording { start: start.clone(), commands: commands.clone() });
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 9]).unwrap();
        assert_eq!(Recording::read(&path).unwrap().commands, commands[..1]);
        fs::write(&path, text.replace("title\"", "title")).unwrap();
        assert!(Recording::read(&path).unwrap_err().to_string().contains("line 2"));
        CommandLog::create(&path, &start).unwrap();
        assert!(folder.path().join("evening.jsonl.1").exists());
    }

    #[test]
    fn a_log_that_could_not_be_written_begins_again_with_the_show_as_it_is_then() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evening.jsonl");
        let at = |real_secs: f64| RecordingStart {
            version: "0.1.0".into(),
            real_secs,
            show_secs: real_secs * 2.0,
            unix_secs: 1.7e9,
            scene: "slow".into(),
            cued_secs: 0.0,
            playlist_began_secs: None,
            blackout: false,
            dimmer: 1.0,
            held: real_secs > 0.0,
            rate: 2.0,
        };
        let mut log = CommandLog::create(&path, &at(0.0)).unwrap();
        log.write(&logged(1.0, Command::Go), || at(1.0)).unwrap();
        // A file that takes nothing, as a full disk.
        let whole = std::mem::replace(&mut log.file, File::open(&path).unwrap());
        assert!(log.write(&logged(50.0, Command::Go), || at(50.0)).is_err());
        drop(whole);
        log.write(&logged(90.0, Command::Back), || at(90.0)).unwrap();
        log.write(&logged(91.5, Command::Go), || at(91.5)).unwrap();
        let Recording { start, commands } = Recording::read(&path).unwrap();
        assert_eq!((start.real_secs, start.unix_secs), (0.0, 1.7e9 + 90.0));
        assert_eq!((start.clock().show_secs(7.0), start.clock().is_held()), (180.0, true));
        assert_eq!(commands.iter().map(|logged| logged.real_secs).collect::<Vec<_>>(), [0.0, 1.5]);
        let before = Recording::read(&folder.path().join("evening.jsonl.1")).unwrap();
        assert_eq!(before.commands, [logged(1.0, Command::Go)], "what was written before is whole");
    }
}
