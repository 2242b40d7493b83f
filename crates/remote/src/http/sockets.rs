//! WebSockets: of pages and scripts, and of OSCQuery.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::access::{Allowance, Rates, Role};
use super::live::Snapshot;
use super::message::{Action, begin, end};
use super::routes::MOST_BYTES;
use super::server::{Peer, Shared};
use crate::changes::Changes;
use crate::osc::packet;
use millions_control::{Argument, Source, parse};

/// How long the first message, a token, may take.
const TOKEN_PATIENCE: Duration = Duration::from_secs(5);
/// How long a message may take to be sent: a telephone that sleeps comes back by itself.
const SEND_PATIENCE: Duration = Duration::from_secs(5);
/// The interval of pings, and how long nothing may be heard of the other end.
const PING: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(30);
/// Answers that may wait to be sent.
const ANSWERS: usize = 16;
/// Messages that one socket may send.
const MESSAGES: Allowance = Allowance { a_sec: 60.0, burst: 120.0 };
/// Addresses that one socket may listen to.
const MOST_LISTENED: usize = 512;
/// Addresses that came or went that are told one by one.
const MOST_TOLD: usize = 64;

fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade.max_message_size(MOST_BYTES).max_frame_size(MOST_BYTES).max_write_buffer_size(1 << 20)
}

/// Opens the socket of a page or a script.
pub fn page(upgrade: WebSocketUpgrade, shared: Arc<Shared>, peer: Peer, role: Option<Role>) -> Response {
    bounded(upgrade).on_upgrade(async move |socket| {
        let mut socket = Socket::new(socket, peer);
        // What is wrong with it is that it is gone.
        let _ = serve_page(&mut socket, &shared, role).await;
    })
}

/// Opens the socket of a program that knows OSCQuery.
pub fn query(upgrade: WebSocketUpgrade, shared: Arc<Shared>, peer: Peer, role: Option<Role>) -> Response {
    bounded(upgrade).on_upgrade(async move |socket| {
        let mut socket = Socket::new(socket, peer);
        let _ = serve_query(&mut socket, &shared, role == Some(Role::Operate)).await;
    })
}

/// The other end is gone, too slow, or too loud.
struct Gone;

/// A socket with its bounds.
struct Socket {
    socket: WebSocket,
    heard: Instant,
    rate: Rates,
    peer: Peer,
}

impl Socket {
    fn new(socket: WebSocket, peer: Peer) -> Self {
        Self { socket, heard: Instant::now(), rate: Rates::new(MESSAGES), peer }
    }

    async fn send(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(SEND_PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }

    async fn say(&mut self, json: &Json) -> Result<(), Gone> {
        self.send(Message::Text(json.to_string().into())).await
    }

    /// Returns the next message that says something.
    async fn next(&mut self) -> Result<Message, Gone> {
        loop {
            let message = self.socket.recv().await.and_then(Result::ok).ok_or(Gone)?;
            self.heard = Instant::now();
            if !self.rate.allow(self.peer.address, self.heard) {
                return Err(Gone);
            }
            match message {
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Close(_) => return Err(Gone),
                message => return Ok(message),
            }
        }
    }

    async fn ping(&mut self) -> Result<(), Gone> {
        if self.heard.elapsed() > SILENCE {
            return Err(Gone);
        }
        self.send(Message::Ping(Default::default())).await
    }
}

/// A message of a page.
#[derive(Deserialize)]
struct Numbered {
    /// Comes back with the answer.
    #[serde(default)]
    id: Json,
    #[serde(flatten)]
    action: Action,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

async fn serve_page(socket: &mut Socket, shared: &Shared, role: Option<Role>) -> Result<(), Gone> {
    let role = match role {
        Some(role) => role,
        None => {
            let first = timeout(TOKEN_PATIENCE, socket.next()).await.map_err(|_| Gone)??;
            let token = first.to_text().ok().and_then(|text| serde_json::from_str::<Token>(text).ok());
            match token.and_then(|Token { token }| shared.tokens.role(&token)) {
                Some(role) => role,
                None => {
                    socket
                        .say(&json!({ "refused": "the token is not that of this wall: scan its code again" }))
                        .await?;
                    return Err(Gone);
                }
            }
        }
    };
    socket.say(&json!({ "role": role.name(), "portraits": shared.portraits.is_some() })).await?;
    let mut snapshots = shared.live.watch();
    // What is there already is told at once.
    snapshots.mark_changed();
    let mut told = None;
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (answered, mut answers) = mpsc::channel(ANSWERS);
    loop {
        tokio::select! {
            changed = snapshots.changed() => {
                changed.map_err(|_| Gone)?;
                let (page, turn): (Utf8Bytes, u64) = {
                    let snapshot = snapshots.borrow_and_update();
                    (snapshot.page.clone(), snapshot.turn)
                };
                if told != Some(turn) {
                    told = Some(turn);
                    socket.send(Message::Text(page)).await?;
                }
            }
            message = socket.next() => {
                let message = message?;
                let answer = match (message.to_text().map(serde_json::from_str::<Numbered>), role) {
                    (Ok(Ok(Numbered { id, .. })), Role::View) => {
                        json!({ "id": id, "error": "this token is for looking, not for operating" })
                    }
                    (Ok(Ok(Numbered { id, action })), Role::Operate) => match begin(action, &shared.control) {
                        // In the order in which they came; a still takes seconds, and what follows does not wait for it.
                        Ok(begun) => {
                            let answered = answered.clone();
                            tokio::spawn(async move {
                                // The socket may have gone meanwhile.
                                drop(answered.send(answer(&id, end(begun).await)).await);
                            });
                            continue;
                        }
                        Err(error) => answer(&id, Err(error)),
                    },
                    (Ok(Err(error)), _) => json!({ "error": format!("that is no message: {error}") }),
                    (Err(_), _) => json!({ "error": "a message is text" }),
                };
                socket.say(&answer).await?;
            }
            Some(answer) = answers.recv() => socket.say(&answer).await?,
            _ = pings.tick() => socket.ping().await?,
        }
    }
}

/// What is said of a message that was carried out, or not.
fn answer(id: &Json, result: Result<bool, (StatusCode, String)>) -> Json {
    match result {
        Ok(ok) => json!({ "id": id, "ok": ok }),
        Err((_, error)) => json!({ "id": id, "error": error }),
    }
}

/// A message of a program that knows OSCQuery.
#[derive(Deserialize)]
struct OscQueryRequest {
    #[serde(rename = "COMMAND")]
    command: String,
    #[serde(rename = "DATA", default)]
    data: Json,
}

async fn serve_query(socket: &mut Socket, shared: &Shared, operates: bool) -> Result<(), Gone> {
    let mut snapshots = shared.live.watch();
    let mut listening = Listening::default();
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            changed = snapshots.changed() => {
                changed.map_err(|_| Gone)?;
                let snapshot = snapshots.borrow_and_update().clone();
                for message in listening.follow(&snapshot) {
                    socket.send(message).await?;
                }
            }
            message = socket.next() => match message? {
                Message::Text(text) => {
                    if let Ok(request) = serde_json::from_str::<OscQueryRequest>(&text) {
                        listening.obey(&request);
                        // The present value, at once.
                        snapshots.mark_changed();
                    }
                }
                Message::Binary(bytes) if operates => obey_osc(&bytes, shared),
                _ => {}
            },
            _ = pings.tick() => socket.ping().await?,
        }
    }
}

/// Obeys OSC that came by a socket: what is wrong with it nobody is told, as by UDP.
fn obey_osc(bytes: &[u8], shared: &Shared) {
    let messages = packet::decode(bytes).unwrap_or_default();
    for packet::Message { address, arguments } in messages {
        if let Ok(Some(command)) = parse(&address, &arguments, &shared.control.status()) {
            // As many as may wait do; the others are lost.
            let _ = shared.control.send(command, Source::Http);
        }
    }
}

/// What a socket listens to.
#[derive(Default)]
struct Listening {
    /// The addresses, and what was told last.
    told: HashMap<String, Option<Argument>>,
    changes: Changes,
    known: Option<HashSet<String>>,
}

impl Listening {
    fn obey(&mut self, OscQueryRequest { command, data }: &OscQueryRequest) {
        let Some(address) = data.as_str() else { return };
        match command.as_str() {
            "LISTEN" if self.told.len() < MOST_LISTENED => {
                self.told.insert(address.to_owned(), None);
            }
            "IGNORE" => {
                self.told.remove(address);
            }
            _ => {}
        }
    }

    /// Returns what a socket has to be told.
    fn follow(&mut self, snapshot: &Snapshot) -> Vec<Message> {
        let mut messages = self.paths(snapshot);
        let changed: HashSet<String> = self
            .changes
            .next(&snapshot.leaves, Instant::now())
            .into_iter()
            .map(|(address, _)| address.to_owned())
            .collect();
        for leaf in &snapshot.leaves {
            let (Some(told), Some(value)) = (self.told.get_mut(&leaf.address), &leaf.current) else { continue };
            if told.is_none() || (changed.contains(&leaf.address) && told.as_ref() != Some(value)) {
                *told = Some(value.clone());
                messages.extend(packet::encode(&leaf.address, value).map(|bytes| Message::Binary(bytes.into())));
            }
        }
        messages
    }

    /// Returns what came and went.
    fn paths(&mut self, snapshot: &Snapshot) -> Vec<Message> {
        let now: HashSet<String> = snapshot.leaves.iter().map(|leaf| leaf.address.clone()).collect();
        let mut messages = Vec::new();
        if let Some(before) = &self.known {
            let added = now.difference(before).map(|path| ("PATH_ADDED", path));
            let removed = before.difference(&now).map(|path| ("PATH_REMOVED", path));
            let told = added.chain(removed).map(|(what, path)| json!({ "COMMAND": what, "DATA": path }));
            messages.extend(told.take(MOST_TOLD).map(|json| Message::Text(json.to_string().into())));
        }
        self.known = Some(now);
        messages
    }
}
