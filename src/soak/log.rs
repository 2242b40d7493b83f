//! The log of a soak, by which it happens again. See [`SoakLog`].

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SoakOptions;
use super::incident::Incident;
use millions_base::printable_path;
use millions_control::{Command, LoggedCommand};

/// Lines that are told with a failure.
const TOLD: usize = 50;

/// The first line: what has to be the same for the rest to happen again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoakStart {
    /// The program's version.
    pub version: String,
    /// See [`SoakOptions`].
    pub seed: u64,
    /// Simulated hours.
    pub hours: f64,
    /// People on the wall, about.
    pub people: usize,
    /// Pixels of an output.
    pub size: [u32; 2],
}

/// What happens at a time.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The operator commands.
    Command(Command),
    /// Something happens around the program.
    Incident(Incident),
}

/// An incident in the log.
#[derive(Serialize, Deserialize)]
struct LoggedIncident {
    real_secs: f64,
    #[serde(flatten)]
    incident: Incident,
}

/// Writes all that happens: commands as the program's own command log has them, incidents between them.
pub struct SoakLog {
    file: BufWriter<File>,
    last: VecDeque<String>,
}

impl SoakLog {
    /// Begins a log.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, options: &SoakOptions) -> io::Result<Self> {
        let &SoakOptions { seed, hours, people, size, .. } = options;
        let start = SoakStart { version: env!("CARGO_PKG_VERSION").to_owned(), seed, hours, people, size };
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(file, "{}", serde_json::to_string(&start)?)?;
        Ok(Self { file, last: VecDeque::new() })
    }

    /// Writes what happens, before it does.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, step: &Step, real_secs: f64, show_secs: f64) -> io::Result<()> {
        let text = match step {
            Step::Command(command) => {
                let source = millions_control::Source::Program;
                serde_json::to_string(&LoggedCommand { real_secs, show_secs, source, command: command.clone() })?
            }
            Step::Incident(incident) => {
                serde_json::to_string(&LoggedIncident { real_secs, incident: incident.clone() })?
            }
        };
        // At once: whatever happens next may end the program.
        writeln!(self.file, "{text}")?;
        self.file.flush()?;
        if self.last.len() == TOLD {
            self.last.pop_front();
        }
        self.last.push_back(text);
        Ok(())
    }

    /// Returns the last lines, oldest first.
    pub fn last(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }
}

/// Reads a log: its start, and what happens at which real times.
///
/// # Errors
/// With file and line, when it cannot be read or is none.
pub fn read(path: &Path) -> anyhow::Result<(SoakStart, VecDeque<(f64, Step)>)> {
    let name = printable_path(path);
    let file = File::open(path).map_err(|error| anyhow::anyhow!("{name} cannot be read: {error}"))?;
    let (mut start, mut steps) = (None, VecDeque::new());
    for (line, number) in BufReader::new(file).lines().zip(1..) {
        let line = line.map_err(|error| anyhow::anyhow!("{name}, line {number} cannot be read: {error}"))?;
        let invalid = |error: serde_json::Error| {
            anyhow::anyhow!("{name}, line {number}: {error}; a log is written by `millions soak`")
        };
        if start.is_none() {
            start = Some(serde_json::from_str::<SoakStart>(&line).map_err(invalid)?);
            continue;
        }
        let value: Value = serde_json::from_str(&line).map_err(invalid)?;
        steps.push_back(if value.get("incident").is_some() {
            let LoggedIncident { real_secs, incident } = serde_json::from_value(value).map_err(invalid)?;
            (real_secs, Step::Incident(incident))
        } else {
            let LoggedCommand { real_secs, command, .. } = serde_json::from_value(value).map_err(invalid)?;
            (real_secs, Step::Command(command))
        });
    }
    let start = start.ok_or_else(|| anyhow::anyhow!("{name} is empty: a log is written by `millions soak`"))?;
    Ok((start, steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_happens_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("soak.jsonl");
        let options = SoakOptions {
            seed: 7,
            hours: 6.5,
            people: 30,
            size: [96, 64],
            device_losses: None,
            folder: None,
            log: None,
            replay: None,
            adapter: None,
            gpu: millions_gpu::GpuOptions::default(),
        };
        let steps = [
            Step::Incident(Incident::ClockSet { by_secs: -3600.5 }),
            Step::Command(Command::Blackout { on: true, secs: 0.25 }),
            Step::Incident(Incident::Arrive { photographs: vec![3, 4] }),
            Step::Incident(Incident::FolderGone),
            Step::Command(Command::Hide { person: 12 }),
        ];
        let mut log = SoakLog::create(&path, &options).unwrap();
        for (step, at) in steps.iter().zip(1..) {
            log.write(step, f64::from(at) / 3.0, 100.0).unwrap();
        }
        assert_eq!(log.last().len(), steps.len());
        let (start, read) = super::read(&path).unwrap();
        assert_eq!((start.seed, start.hours, start.people, start.size), (7, 6.5, 30, [96, 64]));
        assert!(read.iter().map(|(_, step)| step).eq(&steps));
        assert!(read.iter().zip(1..).all(|((at, _), number)| *at == f64::from(number) / 3.0));
        std::fs::write(&path, "{}\n").unwrap();
        assert!(super::read(&path).unwrap_err().to_string().contains("line 1"));
    }
}
