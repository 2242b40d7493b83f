//! Keeps the screen on and the machine awake while the wall plays.

/// Keeps the platform from sleeping and from saving the screen until the returned guard is dropped.
///
/// The request goes over a bus that may be slow or missing, so a thread makes it; where the platform refuses, the wall plays
/// all the same and the log says so.
#[must_use]
pub fn keep_awake() -> impl Drop {
    let (done, wait) = crossbeam_channel::bounded::<()>(0);
    std::thread::spawn(move || {
        let awake = keepawake::Builder::default()
            .display(true)
            .idle(true)
            .sleep(true)
            .reason("the wall is playing")
            .app_name("millions")
            .app_reverse_domain("org.millions.wall")
            .create();
        match awake {
            Ok(guard) => {
                // Answers when the guard's end of the channel is dropped.
                let _ = wait.recv();
                drop(guard);
            }
            Err(error) => tracing::info!("the screensaver cannot be held off here: {error}"),
        }
    });
    Awake(Some(done))
}

struct Awake(Option<crossbeam_channel::Sender<()>>);

impl Drop for Awake {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}
