//! Output to the terminal, a pipe or a file: the one place that writes to the standard streams.
//!
//! `println!` and `eprintln!` panic when their stream cannot be written, which clippy denies everywhere. What is written here ends no
//! program. A reader that goes, such as `head`, has read enough: a command goes on with its work and ends with its own result. A full
//! disk behind the standard output fails the command once its work is done, see [`out_error`]. Behind standard error, and for the log,
//! nothing can be done, and the wall plays on.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use tracing_subscriber::fmt::MakeWriter;

/// Prints a line on the standard output.
macro_rules! print_line {
    ($($text:tt)*) => { $crate::cli::terminal::out_line(format_args!($($text)*)) };
}

/// Prints a line on standard error.
macro_rules! report_line {
    ($($text:tt)*) => { $crate::cli::terminal::error_line(format_args!($($text)*)) };
}

pub(crate) use {print_line, report_line};

/// The pause before a stream is tried again that another program has made non-blocking.
const RETRY: Duration = Duration::from_millis(5);
/// The most lines of the log that wait for a terminal that takes none, such as one that Ctrl-S has stopped; later ones are counted.
const MOST_WAITING: usize = 4096;
/// How long a command's end, or a line of its own, waits for the log.
const LOG_PATIENCE: Duration = Duration::from_secs(1);

/// Whether nobody reads the standard output any more.
static OUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);
/// Why the standard output could not be written, if anybody reads it.
static OUT_ERROR: Mutex<Option<io::Error>> = Mutex::new(None);
static LOG: OnceLock<Log> = OnceLock::new();

/// The standard output as a writer that never fails, for what writes by itself.
pub struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !OUT_IS_CLOSED.load(Ordering::Relaxed)
            && let Err(error) = write_all(&mut io::stdout().lock(), bytes)
        {
            OUT_IS_CLOSED.store(true, Ordering::Relaxed);
            if error.kind() != ErrorKind::BrokenPipe {
                *OUT_ERROR.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Prints a line on the standard output; see `print_line!`.
pub fn out_line(text: Arguments<'_>) {
    // Cannot fail.
    let _ = Out.write(format!("{text}\n").as_bytes());
}

/// Prints a line on standard error, after what was logged before; see `report_line!`.
pub fn error_line(text: Arguments<'_>) {
    flush_log();
    write_error(format!("{text}\n").as_bytes());
}

/// Returns why the standard output could not be written, unless its reader left, and forgets it.
pub fn out_error() -> Option<io::Error> {
    OUT_ERROR.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
}

/// Whether standard error is a terminal.
pub fn error_is_terminal() -> bool {
    io::stderr().is_terminal()
}

fn write_error(bytes: &[u8]) {
    // A log that nobody can read is no reason to end the show.
    let _ = write_all(&mut io::stderr().lock(), bytes);
}

/// Writes and flushes everything, also where the stream is non-blocking.
fn write_all(stream: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    loop {
        let step = if bytes.is_empty() { stream.flush().map(|()| None) } else { stream.write(bytes).map(Some) };
        match step {
            Ok(None) => return Ok(()),
            Ok(Some(0)) => return Err(ErrorKind::WriteZero.into()),
            Ok(Some(written)) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(RETRY),
            Err(error) => return Err(error),
        }
    }
}

/// The lines of the log on their way to standard error. A thread writes them, for a terminal may take none for hours, and the thread
/// that draws the wall must not wait for it.
struct Log {
    lines: Sender<LogEntry>,
    /// How many lines there was no room for.
    lost: AtomicU64,
}

enum LogEntry {
    Line(Vec<u8>),
    /// Answered once everything before is written.
    Flush(Sender<()>),
}

impl Log {
    fn start() -> Self {
        let (lines, waiting) = bounded(MOST_WAITING);
        // Without a thread nothing takes the lines, and they are counted as lost.
        let _ = std::thread::Builder::new().name("log".into()).spawn(move || write_log(&waiting));
        Self { lines, lost: AtomicU64::new(0) }
    }
}

fn write_log(waiting: &Receiver<LogEntry>) {
    for entry in waiting {
        match entry {
            LogEntry::Line(line) => {
                write_error(&line);
                let lost = LOG.get().map_or(0, |log| log.lost.swap(0, Ordering::Relaxed));
                if lost > 0 {
                    write_error(format!("{lost} lines of the log are lost: nobody read it\n").as_bytes());
                }
            }
            // Nobody waits any more where this fails.
            LogEntry::Flush(done) => drop(done.send(())),
        }
    }
}

/// Waits until the log is written, for a moment at the most.
pub fn flush_log() {
    let Some(log) = LOG.get() else { return };
    let (done, written) = bounded(1);
    if log.lines.send_timeout(LogEntry::Flush(done), LOG_PATIENCE).is_ok() {
        // In vain where nobody reads.
        let _ = written.recv_timeout(LOG_PATIENCE);
    }
}

/// Makes the writers of the log.
pub struct LogWriter;

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine(Vec::new())
    }
}

/// An event of the log, which is written as a whole when it is complete.
pub struct LogLine(Vec<u8>);

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        let log = LOG.get_or_init(Log::start);
        if log.lines.try_send(LogEntry::Line(std::mem::take(&mut self.0))).is_err() {
            log.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that takes a few bytes at a time, after it was busy and interrupted.
    #[derive(Default)]
    struct Slow {
        calls: usize,
        taken: Vec<u8>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            match self.calls % 3 {
                0 => {
                    let few = &bytes[..bytes.len().min(2)];
                    self.taken.extend_from_slice(few);
                    Ok(few.len())
                }
                1 => Err(ErrorKind::WouldBlock.into()),
                _ => Err(ErrorKind::Interrupted.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            self.calls += 1;
            if self.calls.is_multiple_of(2) { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
        }
    }

    #[test]
    fn a_busy_stream_gets_everything() {
        let mut slow = Slow::default();
        write_all(&mut slow, b"a line\n").unwrap();
        assert_eq!(slow.taken, b"a line\n");
    }
}
