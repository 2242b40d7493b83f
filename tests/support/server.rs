//! A server that speaks enough of S3 and of a web server's lists of folders, and has troubles that tests give it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The bucket's name, and the folder of the web; the key that may read the bucket.
pub const BUCKET: &str = "photos";
pub const KEY_ID: &str = "KEY-OF-THE-TESTS";
/// Objects on one page of a listing.
const PAGE: usize = 3;

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Decoded, without the slash at its beginning.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub range: Option<(usize, usize)>,
    /// How often this was asked before, whatever the range.
    pub times: usize,
    authorization: String,
    conditions: BTreeMap<String, String>,
}

impl Request {
    pub fn is_list(&self) -> bool {
        self.query.contains_key("list-type")
    }

    pub fn is_photograph(&self) -> bool {
        self.method == "GET" && self.path.ends_with(".jpg")
    }
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Trouble {
    Status(u16),
    /// No answer, until the client has had enough.
    Silence,
    /// The connection is closed after half of the body.
    BreakOff,
    /// Another body, of HTML.
    Page(&'static str),
    /// The answer, with a text in it replaced.
    Replaced(&'static str, &'static str),
}

type Troubles = Box<dyn Fn(&Request) -> Option<Trouble> + Send>;

#[derive(Default)]
struct State {
    /// By bucket and key, or path.
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    asked: Mutex<Vec<Request>>,
    troubles: Mutex<Option<Troubles>>,
    has_tags: Mutex<bool>,
}

pub struct Server {
    pub port: u16,
    state: Arc<State>,
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { has_tags: Mutex::new(true), ..State::default() });
        let shared = Arc::clone(&state);
        // Ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || drop(serve(&state, stream)));
            }
        });
        Self { port, state }
    }

    pub fn put(&self, path: &str, bytes: Vec<u8>) {
        self.state.files.lock().unwrap().insert(path.to_owned(), bytes);
    }

    pub fn delete(&self, path: &str) {
        assert!(self.state.files.lock().unwrap().remove(path).is_some(), "{path}");
    }

    /// Has troubles from now on.
    pub fn troubles(&self, troubles: impl Fn(&Request) -> Option<Trouble> + Send + 'static) {
        *self.state.troubles.lock().unwrap() = Some(Box::new(troubles));
    }

    pub fn recover(&self) {
        *self.state.troubles.lock().unwrap() = None;
    }

    /// Gives neither tags nor times.
    pub fn without_tags(&self) {
        *self.state.has_tags.lock().unwrap() = false;
    }

    /// What was asked since this was called last.
    pub fn asked(&self) -> Vec<Request> {
        std::mem::take(&mut *self.state.asked.lock().unwrap())
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }
}

fn decoded(text: &str) -> String {
    let (bytes, mut plain, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
        plain.push(hex.unwrap_or(if bytes[at] == b'+' { b' ' } else { bytes[at] }));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8(plain).unwrap()
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut url, byte| {
        if byte.is_ascii_alphanumeric() || b"-_./".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
        url
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn serve(state: &State, mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query: BTreeMap<_, _> = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
    let range = headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let range = range.map(|(start, end)| (start.parse().unwrap(), end.parse().unwrap()));
    let path = decoded(&path[1..]);
    let times = {
        let asked = state.asked.lock().unwrap();
        asked.iter().filter(|known| known.path == path && known.method == method && known.query == query).count()
    };
    let authorization = headers.get("authorization").cloned().unwrap_or_default();
    let request = Request { method, path, query, range, times, authorization, conditions: headers };
    let trouble = state.troubles.lock().unwrap().as_ref().and_then(|troubles| troubles(&request));
    state.asked.lock().unwrap().push(request.clone());
    let mut answer = match trouble {
        Some(Trouble::Status(status)) => Answer { status, headers: Vec::new(), body: Vec::new() },
        Some(Trouble::Page(html)) => page(html.to_owned()),
        _ => answer(state, &request),
    };
    if let Some(Trouble::Replaced(from, to)) = trouble {
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.contains(from), "{body}");
        answer.body = body.replace(from, to).into_bytes();
    }
    if matches!(trouble, Some(Trouble::Silence)) {
        // Until the client closes, or for long.
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let _ = reader.read(&mut [0]);
        return Ok(());
    }
    let mut head =
        format!("HTTP/1.1 {} x\r\nContent-Length: {}\r\nConnection: close\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if request.method != "HEAD" {
        let half = matches!(trouble, Some(Trouble::BreakOff));
        let length = if half { answer.body.len() / 2 } else { answer.body.len() };
        stream.write_all(&answer.body[..length])?;
    }
    Ok(())
}

fn page(html: String) -> Answer {
    Answer { status: 200, headers: vec![("Content-Type", "text/html".to_owned())], body: html.into_bytes() }
}

fn answer(state: &State, request: &Request) -> Answer {
    let error = |status| Answer { status, headers: Vec::new(), body: Vec::new() };
    let (top, below) = request.path.split_once('/').unwrap_or((&request.path, ""));
    if top == BUCKET && !request.authorization.contains(&format!("Credential={KEY_ID}/")) {
        // As real ones, which repeat who asked.
        let body = format!(
            "<Error><Code>InvalidAccessKeyId</Code><AWSAccessKeyId>{}</AWSAccessKeyId></Error>",
            request.authorization
        );
        return Answer { status: 403, headers: Vec::new(), body: body.into_bytes() };
    }
    let files = state.files.lock().unwrap();
    if top == BUCKET && below.is_empty() {
        return list(&files, request);
    }
    if let Some(bytes) = files.get(&request.path) {
        let tag = format!("\"{}\"", blake3::hash(bytes).to_hex());
        if request.conditions.get("if-match").is_some_and(|wanted| *wanted != tag) {
            return error(412);
        }
        let mut headers = vec![
            ("Content-Type", "image/jpeg".to_owned()),
            ("Last-Modified", "Sat, 28 Nov 2026 00:00:00 GMT".to_owned()),
        ];
        headers.push(("ETag", tag));
        if !*state.has_tags.lock().unwrap() {
            headers.truncate(1);
        }
        return match request.range {
            None => Answer { status: 200, headers, body: bytes.clone() },
            Some((start, _)) if start >= bytes.len() => error(416),
            Some((start, end)) => {
                let end = end.min(bytes.len() - 1);
                headers.push(("Content-Range", format!("bytes {start}-{end}/{}", bytes.len())));
                Answer { status: 206, headers, body: bytes[start..=end].to_vec() }
            }
        };
    }
    let folder = if request.path.ends_with('/') { request.path.as_str() } else { return error(404) };
    let names: std::collections::BTreeSet<String> = files
        .keys()
        .filter_map(|path| path.strip_prefix(folder))
        .map(|rest| rest.split_once('/').map_or_else(|| rest.to_owned(), |(inner, _)| format!("{inner}/")))
        .collect();
    if names.is_empty() {
        return error(404);
    }
    let links = names.iter().fold(String::new(), |mut links, name| {
        let _ = writeln!(links, "<a href=\"{}\">{}</a>  28-Nov-2026 00:00  -", encoded(name), escaped(name));
        links
    });
    page(format!(
        "<html><head><title>Index of /{folder}</title></head><body><pre><a href=\"../\">../</a>\n{links}</pre></body></html>"
    ))
}

fn list(files: &BTreeMap<String, Vec<u8>>, request: &Request) -> Answer {
    let prefix = request.query.get("prefix").map_or("", String::as_str);
    let after = request.query.get("continuation-token").cloned().unwrap_or_default();
    let keys = files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(BUCKET)?.strip_prefix('/')?, bytes)));
    let keys: Vec<_> = keys.filter(|(key, _)| key.starts_with(prefix) && **key > *after).collect();
    let mut body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    let is_truncated = keys.len() > PAGE;
    let _ = write!(body, "<Name>{BUCKET}</Name><IsTruncated>{is_truncated}</IsTruncated>");
    if is_truncated {
        let _ = write!(body, "<NextContinuationToken>{}</NextContinuationToken>", escaped(keys[PAGE - 1].0));
    }
    for (key, bytes) in keys.iter().take(PAGE) {
        let (key, tag, size) = (escaped(key), blake3::hash(bytes).to_hex(), bytes.len());
        let _ = write!(
            body,
            "<Contents><Key>{key}</Key><LastModified>2026-11-28T00:00:00.000Z</LastModified><ETag>&quot;{tag}&quot;</ETag>\
             <Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        );
    }
    body.push_str("</ListBucketResult>");
    Answer { status: 200, headers: vec![("Content-Type", "application/xml".to_owned())], body: body.into_bytes() }
}
