//! Threads that use the device: compiling takes a driver its time. See [`Background`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Threads that end before the device goes, and so before the process does: a driver whose libraries are torn down while
/// it still compiles on another thread crashes.
#[derive(Default)]
pub struct Background {
    stopped: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Background {
    /// Does something on a thread of its own. It is to look at the flag now and then, and return once it is set.
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
            // A panic of its own has been told by itself.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_drops_it_waits_for_its_threads_and_they_are_told() {
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
