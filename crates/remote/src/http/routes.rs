//! Requests and their answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Request, State};
use axum::http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Value as Json, json};
use tokio::time::timeout;

use super::access::{Role, is_own_origin, random_hex};
use super::message::{Action, arguments, carry_out};
use super::query;
use super::server::{Peer, Shared};
use super::sockets;
use millions_control::Command;

/// The bytes of a body.
pub const MOST_BYTES: usize = 64 << 10;
/// The bytes of a photograph.
const PORTRAIT_BYTES: usize = 25 << 20;
/// How long a request may take with its body, and one with a photograph from a slow network.
const PATIENCE: Duration = Duration::from_secs(10);
const PORTRAIT_PATIENCE: Duration = Duration::from_secs(60);

const PAGE: &str = include_str!("phone.html");
/// Where the page's nonce goes.
const NONCE: &str = "{nonce}";

type AppState = State<Arc<Shared>>;

/// The routes of a server.
pub fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(root).put(send_root).post(send_root))
        .route("/millions", get(node_root).put(send_root).post(send_root))
        .route("/millions/{*path}", get(node).put(send).post(send))
        .route("/status", get(status))
        .route("/command", post(command))
        .route("/ws", get(page_socket))
        .route("/preview.jpg", get(preview))
        .route("/portrait", post(portrait))
        .route("/waiting/{id}", get(waiting))
        .fallback(|| async { failed(StatusCode::NOT_FOUND, "there is nothing here") })
        .method_not_allowed_fallback(|| async { failed(StatusCode::METHOD_NOT_ALLOWED, "that cannot be done here") })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

/// Holds a request against rates, hosts and origins, and its answer against time.
async fn guard(State(shared): AppState, Extension(peer): Extension<Peer>, request: Request, next: Next) -> Response {
    let mut response = match check(&shared, &peer, request.headers()) {
        Ok(()) => {
            let patience = if request.uri().path() == "/portrait" { PORTRAIT_PATIENCE } else { PATIENCE };
            timeout(patience, next.run(request))
                .await
                .unwrap_or_else(|_| failed(StatusCode::REQUEST_TIMEOUT, "the request took too long"))
        }
        Err((status, reason)) => failed(status, reason),
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| drop(headers.insert(name, HeaderValue::from_static(value)));
    set(CACHE_CONTROL, "no-store");
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    set(X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    response
}

fn check(shared: &Shared, peer: &Peer, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
    if !shared.requests.allow(peer.address, Instant::now()) {
        return Err((StatusCode::TOO_MANY_REQUESTS, "too many requests: slower, please"));
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).filter(|_| hosts.next().is_none());
    let Some(host) = host else { return Err((StatusCode::BAD_REQUEST, "a request names its host, once")) };
    if !shared.hosts.has(host) {
        return Err((
            StatusCode::MISDIRECTED_REQUEST,
            "this wall is not called that: use its address, or name the host with --http-name",
        ));
    }
    let is_own = |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| is_own_origin(origin, host));
    if !headers.get_all(ORIGIN).iter().all(is_own) {
        return Err((StatusCode::FORBIDDEN, "a page from elsewhere may not ask"));
    }
    Ok(())
}

/// Returns what a request's token allows.
fn role(parts: &Parts, shared: &Shared) -> Option<Role> {
    let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    shared.tokens.role(header.strip_prefix("Bearer ")?.trim())
}

/// Whoever has a token, or asks from this machine without one.
pub struct Reader(pub Option<Role>);

/// Whoever has a token.
struct Viewer;

/// Whoever has the token for operating.
struct Operator;

impl FromRequestParts<Arc<Shared>> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        let role = role(parts, shared);
        let is_here = parts.extensions.get::<Peer>().is_some_and(|peer| peer.address.is_loopback());
        // A wrong token is a mistake, also on this machine.
        let is_allowed = role.is_some() || (is_here && !parts.headers.contains_key(AUTHORIZATION));
        if is_allowed { Ok(Self(role)) } else { Err(unknown()) }
    }
}

impl FromRequestParts<Arc<Shared>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        role(parts, shared).map(|_| Self).ok_or_else(unknown)
    }
}

impl FromRequestParts<Arc<Shared>> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        match role(parts, shared) {
            Some(Role::Operate) => Ok(Self),
            Some(Role::View) => Err(failed(StatusCode::FORBIDDEN, "this token is for looking, not for operating")),
            None => Err(unknown()),
        }
    }
}

fn unknown() -> Response {
    let mut response = failed(StatusCode::UNAUTHORIZED, "a token is needed: Authorization: Bearer TOKEN");
    response.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
    response
}

/// An answer that says what is wrong.
fn failed(status: StatusCode, reason: impl Into<String>) -> Response {
    answer(status, &json!({ "error": reason.into() }))
}

fn answer(status: StatusCode, json: &Json) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], json.to_string()).into_response()
}

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// The page, for a browser; the OSCQuery server, for a program.
async fn root(
    state: AppState,
    peer: Extension<Peer>,
    reader: Result<Reader, Response>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let is_browser =
        headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    if is_browser && upgrade.is_err() && uri.query().is_none() {
        return page(&headers);
    }
    let Reader(role) = match reader {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    match upgrade {
        Ok(upgrade) => sockets::query(upgrade, state.0, peer.0, role),
        Err(_) => describe(&state.0, &uri, "/").await,
    }
}

/// The page. Its script and style are its own alone, and it speaks to nobody but this server.
fn page(headers: &HeaderMap) -> Response {
    let Ok(nonce) = random_hex() else { return failed(StatusCode::INTERNAL_SERVER_ERROR, "no random numbers") };
    // Older browsers do not count a WebSocket of the same host as `'self'`.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self' ws://{host}; \
         img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let html = PAGE.replace(NONCE, &nonce);
    ([(CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (CONTENT_SECURITY_POLICY, policy)], html).into_response()
}

async fn node_root(State(shared): AppState, _: Reader, uri: Uri) -> Response {
    describe(&shared, &uri, "/millions").await
}

async fn node(State(shared): AppState, _: Reader, uri: Uri, Path(path): Path<String>) -> Response {
    describe(&shared, &uri, &format!("/millions/{path}")).await
}

/// Answers a query about a path.
async fn describe(shared: &Shared, uri: &Uri, path: &str) -> Response {
    let attribute = uri.query().filter(|query| !query.is_empty());
    if attribute == Some("HOST_INFO") {
        return answer(StatusCode::OK, &query::host_info(shared.osc));
    }
    let snapshot = shared.live.fresh().await;
    let Some(node) = query::node(&snapshot.leaves, path) else {
        return failed(StatusCode::NOT_FOUND, "there is no such address");
    };
    match attribute {
        None => answer(StatusCode::OK, &node),
        Some(attribute) if !query::ATTRIBUTES.contains(&attribute) => failed(
            StatusCode::BAD_REQUEST,
            "a query is HOST_INFO, VALUE, TYPE, RANGE, ACCESS, DESCRIPTION, CONTENTS or FULL_PATH",
        ),
        Some(attribute) => match node.get(attribute) {
            Some(value) => answer(StatusCode::OK, &json!({ attribute: value })),
            None => StatusCode::NO_CONTENT.into_response(),
        },
    }
}

async fn send_root(_: Operator) -> Response {
    failed(StatusCode::NOT_FOUND, "name an address, such as /millions/blackout")
}

async fn send(
    State(shared): AppState,
    _: Operator,
    Path(path): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let arguments = match body
        .map_err(|error| (error.status(), error.body_text()))
        .and_then(|body| arguments(&body).map_err(|error| (StatusCode::BAD_REQUEST, error)))
    {
        Ok(arguments) => arguments,
        Err((status, error)) => return failed(status, error),
    };
    done(Action::Send { address: format!("/millions/{path}"), arguments }, &shared).await
}

async fn command(State(shared): AppState, _: Operator, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) => return failed(error.status(), error.body_text()),
    };
    match serde_json::from_slice::<Command>(&body) {
        Ok(command) => done(Action::Command(command), &shared).await,
        Err(error) => failed(StatusCode::BAD_REQUEST, format!("that is no command: {error}")),
    }
}

async fn done(action: Action, shared: &Shared) -> Response {
    match carry_out(action, &shared.control).await {
        Ok(ok) => answer(StatusCode::OK, &json!({ "ok": ok })),
        Err((status, reason)) => failed(status, reason),
    }
}

async fn status(State(shared): AppState, _: Reader) -> Response {
    let snapshot = shared.live.fresh().await;
    match serde_json::to_value(&*snapshot.status) {
        Ok(status) => answer(StatusCode::OK, &status),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// The page's socket: a browser cannot send a token with it, so that is its first message.
async fn page_socket(state: AppState, peer: Extension<Peer>, parts: Parts, upgrade: Upgrade) -> Response {
    let role = role(&parts, &state.0);
    match upgrade {
        Ok(upgrade) => sockets::page(upgrade, state.0, peer.0, role),
        Err(_) => failed(StatusCode::UPGRADE_REQUIRED, "a WebSocket is expected here"),
    }
}

async fn preview(State(shared): AppState, _: Viewer) -> Response {
    match shared.previews.ask() {
        Some(jpeg) => picture(jpeg.to_vec()),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

fn picture(jpeg: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "image/jpeg")], jpeg).into_response()
}

async fn waiting(State(shared): AppState, _: Operator, Path(id): Path<String>) -> Response {
    let Some(portraits) = &shared.portraits else { return failed(StatusCode::NOT_FOUND, "no portraits are taken") };
    let waiting = portraits.waiting.clone();
    match tokio::task::spawn_blocking(move || waiting.read(&id)).await {
        Ok(Some(jpeg)) => picture(jpeg),
        _ => failed(StatusCode::NOT_FOUND, "that portrait does not wait"),
    }
}

/// Takes a photograph, prepares it, and lets it wait for the operator.
async fn portrait(
    State(shared): AppState,
    Extension(peer): Extension<Peer>,
    _: Viewer,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(portraits) = shared.portraits.clone() else {
        return failed(StatusCode::CONFLICT, "this wall takes no portraits: it plays a library, and watches no folder");
    };
    if !shared.uploads.allow(peer.address, Instant::now()) {
        return failed(StatusCode::TOO_MANY_REQUESTS, "too many portraits: wait a few seconds");
    }
    let too_large = || {
        failed(StatusCode::PAYLOAD_TOO_LARGE, format!("a photograph has at most {} megabytes", PORTRAIT_BYTES >> 20))
    };
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > PORTRAIT_BYTES) {
        return too_large();
    }
    // What is in memory is bounded; the others wait on their telephones.
    let Ok(_body) = shared.bodies.acquire().await else {
        return failed(StatusCode::SERVICE_UNAVAILABLE, "the program ends");
    };
    let Ok(bytes) = to_bytes(body, PORTRAIT_BYTES).await else { return too_large() };
    if bytes.is_empty() {
        return failed(StatusCode::BAD_REQUEST, "there is no photograph in it");
    }
    let Ok(turn) = shared.preparing.clone().acquire_owned().await else {
        return failed(StatusCode::SERVICE_UNAVAILABLE, "the program ends");
    };
    let prepared = tokio::task::spawn_blocking(move || {
        // Until it is done, also if nobody waits for it any more.
        let _turn = turn;
        let jpeg = (portraits.prepare)(bytes.into()).map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error))?;
        portraits.waiting.add(&jpeg).map_err(|error| (StatusCode::INSUFFICIENT_STORAGE, error))
    });
    match prepared.await {
        Ok(Ok(id)) => answer(StatusCode::ACCEPTED, &json!({ "ok": true, "waiting": id })),
        Ok(Err((status, reason))) => failed(status, reason),
        Err(_) => failed(StatusCode::UNPROCESSABLE_ENTITY, "it cannot be read: save it again as a JPEG"),
    }
}
