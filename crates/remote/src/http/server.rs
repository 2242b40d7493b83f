//! Connections. See [`HttpServer`].

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::access::{Allowance, Hosts, Rates, Tokens, network};
use super::invitation::Invitation;
use super::live::Live;
use super::routes;
use crate::{ListenAddress, Previews, WaitingPortraits};
use millions_control::Control;

/// Connections at once, of all, and of one address.
const MOST_CONNECTIONS: usize = 64;
const MOST_OF_ADDRESS: usize = 16;
/// How long a request's head may take, and a connection may wait for the next.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection takes requests, and may then take to end the last. A WebSocket is none any more.
const LIFETIME: Duration = Duration::from_secs(60);
const LAST_REQUEST: Duration = Duration::from_secs(75);
/// The headers of a request, and their bytes.
const MOST_HEADERS: usize = 64;
const HEAD_BYTES: usize = 16 << 10;
/// How long until a port that could not be opened is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// Threads for commands and photographs.
const BLOCKING_THREADS: usize = 16;
/// What an address may ask for.
const REQUESTS: Allowance = Allowance { a_sec: 60.0, burst: 240.0 };
/// The portraits that an address may send.
const UPLOADS: Allowance = Allowance { a_sec: 0.5, burst: 20.0 };

/// What [`HttpServer::start`] serves.
pub struct HttpOptions {
    /// Where it listens.
    pub listen: ListenAddress,
    /// Whether there is a token for operating.
    pub operate: bool,
    /// Where the tokens are kept; otherwise they are new with each start.
    pub token_file: Option<PathBuf>,
    /// Names under which this machine is asked, besides its own.
    pub names: Vec<String>,
    /// Where OSC comes in, for OSCQuery to say.
    pub osc: Option<ListenAddress>,
    /// Where pictures of the wall come from.
    pub previews: Previews,
    /// What is done with portraits; none are taken without.
    pub portraits: Option<Portraits>,
}

/// Makes the JPEG that is kept of a photograph, without anything else that was in the file; or says what is wrong with it.
pub type Prepare = Arc<dyn Fn(Vec<u8>) -> Result<Vec<u8>, String> + Send + Sync>;

/// What is done with portraits that are sent.
#[derive(Clone)]
pub struct Portraits {
    /// Where they wait.
    pub waiting: WaitingPortraits,
    /// How they are prepared, on a thread.
    pub prepare: Prepare,
}

/// A server on a thread of its own, which ends with the process.
pub struct HttpServer {
    invitations: Vec<Invitation>,
}

/// What requests share.
pub struct Shared {
    pub control: Control,
    pub tokens: Tokens,
    pub hosts: Hosts,
    pub osc: Option<ListenAddress>,
    pub previews: Previews,
    pub portraits: Option<Portraits>,
    pub live: Live,
    pub requests: Rates,
    pub uploads: Rates,
    /// Bodies of portraits in memory.
    pub bodies: Semaphore,
    /// One photograph is prepared at a time, for the wall needs the processor.
    pub preparing: Arc<Semaphore>,
}

/// Whose request it is. The connection counts as long as there is one of these.
#[derive(Clone)]
pub struct Peer {
    pub address: IpAddr,
    _connection: Arc<Connection>,
}

struct Connection {
    address: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl HttpServer {
    /// Begins to serve. A port that cannot be opened is tried again.
    ///
    /// # Errors
    /// When the tokens cannot be read, or there is no thread.
    pub fn start(options: HttpOptions, control: &Control) -> io::Result<Self> {
        let HttpOptions { listen, operate, token_file, names, osc, previews, portraits } = options;
        let tokens = match &token_file {
            Some(path) => Tokens::kept(path, operate)?,
            None => Tokens::random(operate)?,
        };
        let invitations = Invitation::all(listen.0, &tokens);
        let shared = Arc::new(Shared {
            control: control.clone(),
            tokens,
            hosts: Hosts::new(&names),
            osc,
            previews,
            portraits,
            live: Live::start(control)?,
            requests: Rates::new(REQUESTS),
            uploads: Rates::new(UPLOADS),
            bodies: Semaphore::new(4),
            preparing: Arc::new(Semaphore::new(1)),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("http work")
            .build()?;
        let router = routes::router(shared);
        let serve = move || runtime.block_on(listen_for_ever(listen.0, &router));
        thread::Builder::new().name("http".into()).spawn(serve)?;
        Ok(Self { invitations })
    }

    /// The addresses of the page, with their tokens.
    #[must_use]
    pub fn invitations(&self) -> &[Invitation] {
        &self.invitations
    }
}

async fn listen_for_ever(address: SocketAddr, router: &Router) {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let counts = Arc::default();
    let mut has_failed = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                tracing::info!("HTTP is served at {address}");
                accept(&listener, &connections, &counts, router).await;
            }
            Err(error) if !has_failed => {
                tracing::error!("HTTP cannot be served at {address} ({error}); it is tried again every 5 seconds");
                has_failed = true;
            }
            Err(_) => {}
        }
        sleep(RETRY).await;
    }
}

/// Accepts connections until that fails for a while.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    counts: &Arc<Mutex<HashMap<IpAddr, usize>>>,
    router: &Router,
) {
    let mut failures = 0;
    while failures < 100 {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(_) => {
                // As with too many open files: not in a loop without a pause.
                failures += 1;
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        failures = 0;
        let address = network(from.ip());
        {
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(address).or_insert(0);
            if *count >= MOST_OF_ADDRESS {
                continue;
            }
            *count += 1;
        }
        let connection = Connection { address, counts: counts.clone(), _permit: permit };
        let peer = Peer { address: from.ip().to_canonical(), _connection: Arc::new(connection) };
        tokio::spawn(serve(stream, peer, router.clone()));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Serves a connection until it ends, or has lasted long enough.
async fn serve(stream: TcpStream, peer: Peer, router: Router) {
    // A command is small and does not wait for another.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router.layer(Extension(peer)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_headers(MOST_HEADERS)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    if timeout(LIFETIME, &mut connection).await.is_err() {
        connection.as_mut().graceful_shutdown();
        // Who does not read the last answer is not waited for.
        let _ = timeout(LAST_REQUEST, connection).await;
    }
}
