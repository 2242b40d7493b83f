//! Threads that use the device, to compile pipelines. See [`Background`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Threads that are joined before the device is dropped, and so before the process ends: a driver crashes when its libraries
/// are unloaded while it still compiles on another thread.
#[derive(Default)]
pub struct Background {
    stopped: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Background {
    /// Runs `work` on a new thread. It has to check the flag now and then, and return once it is set.
    pub fn run(&self, work: impl FnOnce(&AtomicBool) + Send + 'static) {
        let stopped = self.stopped.clone();
        let thread = std::thread::spawn(move || work(&stopped));
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        for thread in self.threads.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // Its panic has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_stops_and_joins_the_threads() {
        let background = Background::default();
        let (done, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        background.run({
            let done = done.clone();
            move |_| done.store(true, Ordering::SeqCst)
        });
        background.run({
            let ended = ended.clone();
            move |stopped| {
                while !stopped.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                ended.store(true, Ordering::SeqCst);
            }
        });
        drop(background);
        assert!(done.load(Ordering::SeqCst) && ended.load(Ordering::SeqCst));
    }
}
