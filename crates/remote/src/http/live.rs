//! The status, for all who are connected. See [`Live`].

use std::io;
use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::watch;

use crate::changes::INTERVAL;
use millions_control::{Control, Leaf, Status, leaves};

/// How often a page is told at most; a change is there within 100 ms.
const PAGE_INTERVAL: Duration = Duration::from_millis(50);
/// How often a page is told where nothing has changed but clocks and frames.
const CLOCK_INTERVAL: Duration = Duration::from_secs(1);
/// How long a status that is taken now may take.
const PATIENCE: Duration = Duration::from_millis(250);

/// Watches the status on a thread, while anybody is connected, and translates it once for all of them.
pub struct Live {
    snapshots: watch::Sender<Arc<Snapshot>>,
    thread: Thread,
    control: Control,
}

/// What all are told at an instant.
pub struct Snapshot {
    /// The status.
    pub status: Arc<Status>,
    /// Its addresses.
    pub leaves: Vec<Leaf>,
    /// What pages are told.
    pub page: Utf8Bytes,
    /// Counts what pages are told.
    pub turn: u64,
}

impl Live {
    /// Begins to watch, on a thread that ends with the process.
    ///
    /// # Errors
    /// When there is no thread.
    pub fn start(control: &Control) -> io::Result<Self> {
        let snapshots = watch::Sender::new(Arc::new(Snapshot::of(control.status(), 0)));
        let thread = {
            let (control, snapshots) = (control.clone(), snapshots.clone());
            thread::Builder::new().name("http status".into()).spawn(move || follow(&control, &snapshots))?
        };
        Ok(Self { snapshots, thread: thread.thread().clone(), control: control.clone() })
    }

    /// Returns what is told from now on; the first is there at once.
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        let receiver = self.snapshots.subscribe();
        self.thread.unpark();
        receiver
    }

    /// Returns a snapshot that is taken now, or the last where the wall is busy.
    pub async fn fresh(&self) -> Arc<Snapshot> {
        let mut snapshots = self.watch();
        match tokio::time::timeout(PATIENCE, snapshots.changed()).await {
            Ok(Ok(())) => snapshots.borrow().clone(),
            _ => Arc::new(Snapshot::of(self.control.status(), 0)),
        }
    }
}

impl Snapshot {
    fn of(status: Arc<Status>, turn: u64) -> Self {
        Self { leaves: leaves(&status), page: page(&status), status, turn }
    }
}

/// What a page is told of a status.
fn page(status: &Status) -> Utf8Bytes {
    serde_json::to_string(&serde_json::json!({ "status": status })).unwrap_or_default().into()
}

fn follow(control: &Control, snapshots: &watch::Sender<Arc<Snapshot>>) {
    let mut turn = 0;
    loop {
        if snapshots.receiver_count() == 0 {
            thread::park_timeout(CLOCK_INTERVAL);
            continue;
        }
        let mut watch = control.watch();
        // The last one may be a second old: the next is taken because somebody watches.
        let _ = watch.next(Duration::ZERO);
        let mut told: Option<(Instant, Arc<Status>)> = None;
        while snapshots.receiver_count() > 0 {
            let Some(status) = watch.next(INTERVAL) else { continue };
            let last = snapshots.borrow().clone();
            let is_due = told.as_ref().is_none_or(|(at, told)| {
                let interval = if status.is_same_state(told) { CLOCK_INTERVAL } else { PAGE_INTERVAL };
                at.elapsed() >= interval
            });
            let page = if is_due {
                told = Some((Instant::now(), status.clone()));
                turn += 1;
                page(&status)
            } else {
                last.page.clone()
            };
            snapshots.send_replace(Arc::new(Snapshot { leaves: leaves(&status), status, page, turn }));
        }
    }
}
