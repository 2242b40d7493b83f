//! A show's own shaders tried in a process of their own, before the wall is drawn with them. See [`try_in_a_process`].

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use serde::{Deserialize, Serialize};

use millions_base::Diagnostic;
use millions_gpu::{Gpu, ShaderFile, ShaderSet, TRIAL_PX, try_shaders};

/// The hidden command that the process runs.
pub const COMMAND: &str = "try-shaders";
/// The time that a driver has to compile, …
const COMPILE: Duration = Duration::from_secs(30);
/// … and that the small frames have.
const FRAMES: Duration = Duration::from_secs(10);
/// The most by which shaders may lengthen a frame of the whole wall.
const MOST_LONGER: Duration = Duration::from_secs(1);
const COMPILED: &str = "compiled";
const STEP: Duration = Duration::from_millis(20);

/// What the process is told.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    adapter: Option<String>,
    /// The name of the shader that is replaced, if any; path; text.
    files: Vec<(Option<String>, PathBuf, String)>,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    plain_secs: f64,
    tried_secs: f64,
}

/// Draws small frames with shaders in a process of its own, which is ended where it does not end, and which a driver may crash. `px` are the
/// pixels of the whole wall, `adapter` is the graphics adapter's name, none for the usual one. Where no process can be had, or once `stopped` is
/// set, the shaders are taken as they are.
///
/// # Errors
/// The driver crashes on the shaders, a frame with them does not end, or it would take more than a second longer.
pub fn try_in_a_process(
    set: &ShaderSet,
    adapter: Option<&str>,
    px: u64,
    stopped: &AtomicBool,
) -> Result<(), Diagnostic> {
    if set.is_plain() {
        return Ok(());
    }
    let refused = |message: String, help: &str| {
        let path = set.files().next().map(|(_, file)| file.path.clone()).unwrap_or_default();
        Err(Diagnostic { help: Some(help.to_owned()), ..Diagnostic::whole(&path, message) })
    };
    match trial(set, adapter, stopped) {
        Ok(Trial::Done(Answer { plain_secs, tried_secs })) => {
            let scale = px as f64 / f64::from(TRIAL_PX[0] * TRIAL_PX[1]);
            let longer_secs = (tried_secs - plain_secs) * scale;
            if longer_secs <= MOST_LONGER.as_secs_f64() {
                return Ok(());
            }
            let message = format!("each frame of this wall would take {longer_secs:.0} seconds longer with it");
            refused(message, "fewer steps in its loops, or fewer functions that call each other")
        }
        Ok(Trial::Endless { is_compiled: true }) => refused(
            "a small frame with it does not end".to_owned(),
            "fewer steps in its loops, or fewer functions that call each other",
        ),
        Ok(Trial::Endless { is_compiled: false }) => {
            refused("the driver does not end to compile it".to_owned(), "fewer functions that call each other")
        }
        Ok(Trial::Crashed) => {
            refused("the graphics driver crashes on it".to_owned(), "another way to write it, or another driver")
        }
        Ok(Trial::Unknown) => Ok(()),
        Err(error) => {
            tracing::debug!("shaders are not tried before they are drawn with: {error:#}");
            Ok(())
        }
    }
}

enum Trial {
    Done(Answer),
    Endless {
        is_compiled: bool,
    },
    Crashed,
    /// It ended with words of its own: what the device refuses the wall's own device refuses, too, and says where.
    Unknown,
}

/// A process that is ended with this.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn trial(set: &ShaderSet, adapter: Option<&str>, stopped: &AtomicBool) -> anyhow::Result<Trial> {
    let files =
        set.files().map(|(name, ShaderFile { path, text })| (name.map(str::to_owned), path.clone(), text.clone()));
    let request = serde_json::to_vec(&Request { adapter: adapter.map(str::to_owned), files: files.collect() })?;
    let program = std::env::current_exe().context("where this program is is not known")?;
    let mut command = Command::new(program);
    command.arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process(command.spawn().context("no process can be started")?);
    let (Some(mut stdin), Some(stdout)) = (process.0.stdin.take(), process.0.stdout.take()) else {
        anyhow::bail!("a process without pipes");
    };
    // It reads all of that before it does anything else.
    stdin.write_all(&request).context("the process does not listen")?;
    drop(stdin);
    let lines = lines(stdout);
    match next_line(&lines, COMPILE, stopped) {
        NextLine::Late => return Ok(Trial::Endless { is_compiled: false }),
        NextLine::Said(line) if line == COMPILED => {}
        NextLine::Said(_) | NextLine::End => return Ok(ended(&mut process)),
        NextLine::Stopped => return Ok(Trial::Unknown),
    }
    match next_line(&lines, FRAMES, stopped) {
        NextLine::Late => Ok(Trial::Endless { is_compiled: true }),
        NextLine::Said(line) => Ok(Trial::Done(serde_json::from_str(&line)?)),
        NextLine::End => Ok(ended(&mut process)),
        NextLine::Stopped => Ok(Trial::Unknown),
    }
}

/// The lines of a pipe, read by a thread that ends with it; then none.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = bounded(2);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

enum NextLine {
    Said(String),
    /// There is no other.
    End,
    /// None has come in time.
    Late,
    Stopped,
}

/// Waits for the next line, for so long at the most.
fn next_line(lines: &Receiver<String>, most: Duration, stopped: &AtomicBool) -> NextLine {
    let began = Instant::now();
    while !stopped.load(Ordering::Relaxed) {
        match lines.recv_timeout(STEP) {
            Ok(line) => return NextLine::Said(line),
            Err(RecvTimeoutError::Disconnected) => return NextLine::End,
            Err(RecvTimeoutError::Timeout) if began.elapsed() > most => return NextLine::Late,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    NextLine::Stopped
}

/// How a process that says nothing more has ended.
fn ended(Process(child): &mut Process) -> Trial {
    let began = Instant::now();
    while began.elapsed() < FRAMES {
        match child.try_wait() {
            Ok(Some(status)) if is_crash(status) => return Trial::Crashed,
            Ok(None) => std::thread::sleep(STEP),
            Ok(Some(_)) | Err(_) => return Trial::Unknown,
        }
    }
    Trial::Unknown
}

/// Whether a process was ended by a signal, as by a driver's invalid access; a program that ends itself has a status.
fn is_crash(status: ExitStatus) -> bool {
    status.code().is_none()
}

/// Runs the process: the request on standard input, the answer on standard output.
///
/// # Errors
/// When there is no request, no adapter, or the shaders are refused.
pub fn serve() -> anyhow::Result<()> {
    // Where memory ends, this process ends and not the wall.
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let Request { adapter, files } = serde_json::from_str(&text)?;
    let files = files.into_iter().map(|(name, path, text)| (name, ShaderFile { path, text }));
    let set = ShaderSet::of_files(files)?;
    let gpu = Gpu::headless(adapter.as_deref())?;
    let say = |line: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush())
    };
    let times = try_shaders(&gpu, &set, || drop(say(COMPILED)))?;
    let answer = Answer { plain_secs: times.plain.as_secs_f64(), tried_secs: times.tried.as_secs_f64() };
    say(&serde_json::to_string(&answer)?)?;
    Ok(())
}
