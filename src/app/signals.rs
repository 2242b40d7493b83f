//! Signals that end the show. See [`EndSignals`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The time that the show has for its end after a signal; after that, or at a second signal, the program is ended as if it handled none.
#[cfg(unix)]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// SIGINT, SIGTERM and SIGHUP ask the show to fade to black and end. One that the program was started to ignore, such as SIGHUP by `nohup`,
/// stays ignored.
#[derive(Debug, Default)]
pub struct EndSignals(Arc<AtomicBool>);

impl EndSignals {
    /// Handles the signals from now on.
    pub fn handle() -> Self {
        let signals = Self::default();
        #[cfg(unix)]
        if let Err(error) = signals.listen() {
            tracing::warn!("signals end the show at once, without a fade: {error}");
        }
        signals
    }

    /// Whether the show is to end.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    #[cfg(unix)]
    fn listen(&self) -> std::io::Result<()> {
        use signal_hook::low_level::emulate_default_handler;

        let mut signals = end_signals()?;
        let asked = self.0.clone();
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in &mut signals {
                if asked.swap(true, Ordering::Relaxed) {
                    // The second: whoever sends it does not want to wait.
                    let _ = emulate_default_handler(signal);
                }
                // A thread that draws may hang in a driver, and must not keep the program.
                std::thread::spawn(move || {
                    std::thread::sleep(PATIENCE);
                    let _ = emulate_default_handler(signal);
                });
            }
        })?;
        Ok(())
    }
}

/// Returns the signals that ask for the end from now on, but for those that the program was started to ignore.
///
/// # Errors
/// When the system refuses to handle one.
#[cfg(unix)]
pub fn end_signals() -> std::io::Result<signal_hook::iterator::Signals> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let ignored = ignored();
    let handled = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
    signal_hook::iterator::Signals::new(handled)
}

/// The signals that the program was started to ignore, a bit each; none where the system does not tell.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Elsewhere SIGHUP might be ignored, and is left as it is.
    let unknown = 1 << (signal_hook::consts::SIGHUP - 1);
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(unknown)
}
