//! What all servers share: the threads that speak to them, the limits of time, and trying again.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::runtime::{Builder, Runtime};

use super::{Fault, GONE, Stopped};

/// How long a connection may take to come about,
const MOST_CONNECT: Duration = Duration::from_secs(10);
/// and how long a server may say nothing.
const MOST_SILENCE: Duration = Duration::from_secs(10);
/// How often something is asked for, and the wait after the first time, which doubles.
const TRIES: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait, also where the server wants a longer one.
const MOST_WAIT: Duration = Duration::from_secs(20);
/// How often it is looked whether the ingest stops.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The runtime, and clients that follow redirections and that do not.
struct Shared {
    runtime: Runtime,
    following: Client,
    plain: Client,
}

fn shared() -> Result<&'static Shared, Fault> {
    static SHARED: OnceLock<Option<Shared>> = OnceLock::new();
    let new = || {
        // Fails where a provider is set already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |policy: Policy| {
            Client::builder()
                .user_agent(concat!("millions/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(MOST_CONNECT)
                .read_timeout(MOST_SILENCE)
                .redirect(policy)
                .build()
                .ok()
        };
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("network").enable_all().build().ok()?;
        Some(Shared { runtime, following: client(Policy::limited(10))?, plain: client(Policy::none())? })
    };
    let fault = || {
        Fault::Unreadable(
            "this machine gives no threads, or has no certificates for the network (ca-certificates)".into(),
        )
    };
    SHARED.get_or_init(new).as_ref().ok_or_else(fault)
}

/// The client for what may lie elsewhere.
pub fn following() -> Result<&'static Client, Fault> {
    shared().map(|shared| &shared.following)
}

/// The client for a service whose redirections are answers.
pub fn plain() -> Result<&'static Client, Fault> {
    shared().map(|shared| &shared.plain)
}

/// Waits for what speaks to a server, or until the ingest stops.
pub fn wait<T>(speaking: impl Future<Output = Result<T, Fault>>, stopped: Stopped<'_>) -> Result<T, Fault> {
    shared()?.runtime.block_on(async {
        let mut speaking = pin!(speaking);
        loop {
            match tokio::time::timeout(LOOK_EVERY, &mut speaking).await {
                Ok(result) => return result,
                Err(_) if stopped() => return Err(Fault::Stopped),
                Err(_) => {}
            }
        }
    })
}

/// Why an attempt was in vain.
pub enum Failed {
    /// Another may not be: why, and how long the server wants us to wait.
    Passing(String, Option<Duration>),
    Final(Fault),
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Final(fault)
    }
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        Self::Passing(in_words(&error).into(), None)
    }
}

fn in_words(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        SILENT
    } else if error.is_connect() {
        NO_CONNECTION
    } else if error.is_redirect() {
        "the server sends from one address to the next without end"
    } else {
        BROKEN_OFF
    }
}

/// Reasons.
pub const SILENT: &str = "the server does not answer in time: ingest again later";
pub const NO_CONNECTION: &str = "there is no connection to the server: are the address and the network right?";
pub const BROKEN_OFF: &str = "the connection breaks off: ingest again later";

/// What a status other than success means.
pub fn failed(status: StatusCode, retry_after: Option<&str>) -> Failed {
    let code = status.as_u16();
    match code {
        404 | 410 => Failed::Final(Fault::Unreadable(GONE.into())),
        401 | 403 | 407 => Failed::Final(Fault::Unreadable(refused(code))),
        412 => Failed::Final(Fault::Unreadable(super::CHANGED.into())),
        408 | 425 | 429 | 500..=599 => {
            let after = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
            Failed::Passing(troubled(code), after)
        }
        _ => Failed::Final(Fault::Unreadable(format!("the server answers with status {code}"))),
    }
}

pub fn refused(code: u16) -> String {
    format!("the server refuses it (status {code}): this user may not read it, or is not known")
}

pub fn troubled(code: u16) -> String {
    format!("the server has trouble (status {code}): ingest again later")
}

/// Tries until it succeeds, or a number of times with ever longer waits.
pub async fn repeated<T, F: Future<Output = Result<T, Failed>>>(mut attempt: impl FnMut() -> F) -> Result<T, Fault> {
    let mut wait = FIRST_WAIT;
    for left in (0..TRIES).rev() {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(Failed::Passing(_, after)) if left > 0 => {
                tokio::time::sleep(after.unwrap_or_default().max(spread(wait)).min(MOST_WAIT)).await;
                wait *= 2;
            }
            Err(Failed::Passing(reason, _)) => return Err(Fault::Unreadable(reason)),
            Err(Failed::Final(fault)) => return Err(fault),
        }
    }
    Err(Fault::Unreadable(BROKEN_OFF.into()))
}

/// Half a wait to all of it, so that not all come back at once.
fn spread(wait: Duration) -> Duration {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    wait / 2 + wait * (nanos / 1000 % 1000) / 2000
}
