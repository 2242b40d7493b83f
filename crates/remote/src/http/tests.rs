//! HTTP over real sockets, against a wall that is none.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::*;
use crate::osc::packet;
use crate::test_wall::{Random, TestWall, status};
use crate::{ListenAddress, Previews, WaitingPortraits};
use millions_control::{Command, Value, leaves};

/// A server of a wall that is none.
struct Site {
    address: SocketAddr,
    wall: TestWall,
    view: String,
    operate: String,
    previews: Previews,
    waiting: WaitingPortraits,
    _folder: tempfile::TempDir,
}

impl Site {
    fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (wall, previews, folder) = (TestWall::start(), Previews::default(), tempfile::tempdir().unwrap());
        let waiting = WaitingPortraits::open(folder.path());
        // A photograph is one that begins with "photo"; the rest of it is dropped.
        let prepare: Prepare = Arc::new(|bytes| match bytes.starts_with(b"photo") {
            true => Ok(b"jpeg".to_vec()),
            false if bytes.starts_with(b"panic") => panic!("a decoder's fault"),
            false => Err("that is no photograph".into()),
        });
        let options = HttpOptions {
            listen: ListenAddress(address),
            operate: true,
            token_file: None,
            names: Vec::new(),
            osc: Some(ListenAddress("127.0.0.1:7400".parse().unwrap())),
            previews: previews.clone(),
            portraits: Some(Portraits { waiting: waiting.clone(), prepare }),
        };
        let server = HttpServer::start(options, &wall.control).unwrap();
        let token = |role| {
            let invitation = server.invitations().iter().find(|invitation| invitation.role == role).unwrap();
            invitation.urls[0].split_once('#').unwrap().1.to_owned()
        };
        let site = Self {
            address,
            view: token(Role::View),
            operate: token(Role::Operate),
            wall,
            previews,
            waiting,
            _folder: folder,
        };
        let is_up = (0..200).any(|_| {
            thread::sleep(Duration::from_millis(10));
            TcpStream::connect(address).is_ok()
        });
        assert!(is_up);
        site
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    /// Sends the text of a request, and returns the whole answer.
    fn raw(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        // It may be refused before all is written.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Returns the status and the body of an answer.
    fn ask(&self, method: &str, path: &str, token: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let host = self.address;
        let token = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let host = if headers.contains("Host:") { String::new() } else { format!("Host: {host}\r\n") };
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{host}{token}{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        let answer = self.raw(&[head.as_bytes(), body].concat());
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
    }

    fn get(&self, path: &str, token: &str) -> (u16, Json) {
        let (status, body) = self.ask("GET", path, token, "", b"");
        (status, serde_json::from_str(&body).unwrap_or(Json::Null))
    }

    fn put(&self, path: &str, token: &str, body: &str) -> u16 {
        self.ask("PUT", path, token, "", body.as_bytes()).0
    }

    /// Opens a WebSocket.
    fn socket(&self, path: &str, headers: &str) -> Option<Socket> {
        let mut stream = self.connect();
        let host = self.address;
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            answer.push(byte[0]);
        }
        answer.starts_with(b"HTTP/1.1 101").then_some(Socket(stream))
    }
}

/// The other end of a WebSocket, by hand: so that it can also do what no library does.
struct Socket(TcpStream);

impl Socket {
    fn send(&mut self, kind: u8, bytes: &[u8]) {
        let length = match u16::try_from(bytes.len()).unwrap() {
            short @ 0..126 => vec![0x80 | short as u8],
            long => [&[0x80 | 126][..], &long.to_be_bytes()].concat(),
        };
        // Masked with zeros.
        let frame = [&[0x80 | kind][..], &length, &[0; 4], bytes].concat();
        let _ = self.0.write_all(&frame);
    }

    fn say(&mut self, json: &Json) {
        self.send(1, json.to_string().as_bytes());
    }

    fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).ok()?;
                u16::from_be_bytes(length).into()
            }
            127 => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).ok()?;
                usize::try_from(u64::from_be_bytes(length)).unwrap()
            }
            length => length.into(),
        };
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).ok()?;
        Some((head[0] & 15, bytes))
    }

    /// Returns the next text of which `is_meant` is true.
    fn hear(&mut self, is_meant: impl Fn(&Json) -> bool) -> Json {
        loop {
            let (kind, bytes) = self.receive().expect("a message");
            if kind == 1 {
                let json: Json = serde_json::from_slice(&bytes).unwrap();
                if is_meant(&json) {
                    return json;
                }
            }
        }
    }
}

#[test]
fn every_command_can_be_put_and_nothing_without_the_token_for_it() {
    let site = Site::start();
    for leaf in leaves(&status()).iter().filter(|leaf| leaf.commands) {
        // Of two that wait one is admitted, and the other refused.
        let decided = ["/millions/admit/fedcba9876543210", "/millions/refuse/0123456789abcdef"];
        if decided.contains(&leaf.address.as_str()) {
            continue;
        }
        let path = leaf.address.replace(' ', "%20");
        let body = match (leaf.value, leaf.range) {
            (Value::Trigger, _) => String::new(),
            (Value::Switch, _) => "true".into(),
            (Value::Choice(words), _) => format!("\"{}\"", words.last().unwrap()),
            (Value::Text, _) if leaf.address.ends_with("edit/command") => r#""\"undo\"""#.into(),
            (Value::Text, _) => r#"{"value": "{\"command\": \"go\"}"}"#.into(),
            (_, Some(range)) => range.high.to_string(),
            (_, None) => "1".into(),
        };
        for token in ["", "0123456789abcdef0123456789abcdef", &site.view] {
            assert!(matches!(site.put(&path, token, &body), 401 | 403), "{path}");
        }
        assert_eq!(site.wall.obeyed(), None);
        let expected = if leaf.address == "/millions/back" { 409 } else { 200 };
        thread::sleep(Duration::from_millis(60));
        assert_eq!(site.put(&path, &site.operate, &body), expected, "{path} {body}");
        site.wall.next();
    }
}

#[test]
fn commands_are_answered_with_what_became_of_them() {
    let site = Site::start();
    assert_eq!(site.put("/millions/cue/nobody", &site.operate, ""), 400);
    assert_eq!(site.put("/millions/nothing", &site.operate, ""), 404);
    assert_eq!(site.put("/millions/speed", &site.operate, "100"), 400);
    assert_eq!(site.put("/millions/speed", &site.operate, "{"), 400);
    assert_eq!(site.put("/millions/go", &site.operate, "0"), 200, "the release of a button");
    let post = |body: &str| site.ask("POST", "/command", &site.operate, "", body.as_bytes());
    assert_eq!(post(r#"{"command": "hold", "on": true}"#), (200, r#"{"ok":true}"#.into()));
    assert_eq!(site.wall.next(), Command::Hold { on: true });
    assert_eq!(post(r#"{"command": "back"}"#), (409, r#"{"error":"nothing before"}"#.into()));
    assert_eq!(post(r#"{"command": "explode"}"#).0, 400);
    assert_eq!(post(&" ".repeat(70_000)).0, 413);
    assert_eq!(site.get("/status", &site.view).1["people"]["count"], 1234);
    assert_eq!(site.ask("DELETE", "/status", &site.operate, "", b"").0, 405);
}

#[test]
fn a_page_is_told_and_commands_by_its_socket() {
    let site = Site::start();
    let mut socket = site.socket("/ws", "").unwrap();
    let connected = Instant::now();
    socket.say(&json!({ "token": site.operate }));
    assert_eq!(socket.hear(|json| json.get("role").is_some()), json!({ "role": "operate", "portraits": true }));
    assert!(!socket.hear(|json| json.get("status").is_some())["status"]["held"].as_bool().unwrap());
    assert!(connected.elapsed() < Duration::from_secs(1));
    socket.say(&json!({ "id": 7, "send": { "address": "hold", "arguments": [1] } }));
    let sent = Instant::now();
    // The status with the change may come before the answer, and the next one is a second away.
    let (mut answer, mut is_held) = (None, false);
    while answer.is_none() || !is_held {
        let json = socket.hear(|_| true);
        is_held |= json["status"]["held"] == true;
        answer = answer.or_else(|| json.get("id").is_some().then_some(json));
    }
    assert_eq!(answer, Some(json!({ "id": 7, "ok": true })));
    assert!(sent.elapsed() < Duration::from_millis(500), "{:?}", sent.elapsed());
    socket.say(&json!({ "id": 8, "command": { "command": "back" } }));
    assert_eq!(socket.hear(|json| json["id"] == 8)["error"], "nothing before");
    // Another instrument's change comes, too.
    site.wall.control.send(Command::Speed { rate: 4.0 }, millions_control::Source::Key).unwrap();
    socket.hear(|json| json["status"]["speed"] == 4.0);

    let mut looking = site.socket("/ws", "").unwrap();
    looking.say(&json!({ "token": site.view }));
    looking.hear(|json| json["role"] == "view");
    (0..3).for_each(|_| drop(site.wall.obeyed()));
    looking.say(&json!({ "id": 1, "command": { "command": "quit" } }));
    assert!(looking.hear(|json| json["id"] == 1)["error"].as_str().unwrap().contains("looking"));
    let mut strange = site.socket("/ws", "").unwrap();
    strange.say(&json!({ "token": "0123456789abcdef0123456789abcdef" }));
    strange.hear(|json| json.get("refused").is_some());
    assert!(strange.receive().is_none_or(|(kind, _)| kind == 8), "it is closed");
    assert_eq!(site.wall.obeyed(), None);
}

#[test]
fn oscquery_lists_answers_and_tells() {
    let site = Site::start();
    let info = site.get("/?HOST_INFO", "").1;
    assert_eq!(
        (&info["NAME"], &info["OSC_PORT"], &info["EXTENSIONS"]["LISTEN"]),
        (&json!("millions"), &json!(7400), &json!(true))
    );
    let tree = site.get("/", "").1;
    assert_eq!(tree["CONTENTS"]["millions"]["CONTENTS"]["hold"]["TYPE"], "F");
    assert_eq!(site.get("/millions/speed?VALUE", ""), (200, json!({ "VALUE": [1.0] })));
    assert_eq!(site.get("/millions/go?VALUE", "").0, 204);
    assert_eq!(site.get("/millions/speed?PRICE", "").0, 400);
    assert_eq!(site.get("/millions/nothing", "").0, 404);
    assert_eq!(site.get("/millions/test/left%20wall?TYPE", ""), (200, json!({ "TYPE": "s" })));
    let mut socket = site.socket("/", "").unwrap();
    socket.say(&json!({ "COMMAND": "LISTEN", "DATA": "/millions/hold" }));
    let value = |socket: &mut Socket| loop {
        let (kind, bytes) = socket.receive().expect("a message");
        if kind == 2 {
            break packet::decode(&bytes).unwrap().remove(0);
        }
    };
    assert_eq!(value(&mut socket).arguments, [0.into()]);
    site.wall.control.send(Command::Hold { on: true }, millions_control::Source::Key).unwrap();
    site.wall.next();
    let told = value(&mut socket);
    assert_eq!((told.address.as_str(), &told.arguments[..]), ("/millions/hold", &[1.into()][..]));
    // Without a token it is told, and commands nothing.
    let quit = packet::encode("/millions/quit", &1.into()).unwrap();
    socket.send(2, &quit);
    let mut operating = site.socket("/", &format!("Authorization: Bearer {}\r\n", site.operate)).unwrap();
    operating.send(2, &packet::encode("/millions/speed", &2.0.into()).unwrap());
    assert_eq!(site.wall.next(), Command::Speed { rate: 2.0 });
    // What comes and goes is told.
    site.wall
        .control
        .send(Command::Admit { arrival: "0123456789abcdef".into() }, millions_control::Source::Key)
        .unwrap();
    let removed = operating.hear(|json| json["COMMAND"] == "PATH_REMOVED");
    assert!(removed["DATA"].as_str().unwrap().ends_with("0123456789abcdef"));
}

#[test]
fn the_page_is_one_file_that_speaks_to_nobody_else() {
    let site = Site::start();
    let head = format!("GET / HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nConnection: close\r\n\r\n", site.address);
    let answers = [site.raw(head.as_bytes()), site.raw(head.as_bytes())];
    let nonce =
        |answer: &str| answer.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    assert_ne!(nonce(&answers[0]), nonce(&answers[1]));
    let (head, body) = answers[0].split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200")
            && head.to_lowercase().contains("content-security-policy: default-src 'none';")
    );
    assert!(body.contains(&format!("<script nonce=\"{}\">", nonce(&answers[0]))) && !body.contains("{nonce}"));
    for outside in [
        "http://",
        "https://",
        "src=\"",
        "@import",
        "url(",
        "innerHTML",
        "eval(",
        " onclick=\"",
        &site.view,
        &site.operate,
    ] {
        assert!(!body.contains(outside), "{outside}");
    }
}

#[test]
fn portraits_wait_for_the_operator() {
    let site = Site::start();
    let send = |token: &str, body: &[u8]| site.ask("POST", "/portrait", token, "", body);
    assert_eq!(send("", b"photo").0, 401);
    let (code, answer) = send(&site.view, b"photo of somebody");
    assert_eq!(code, 202, "{answer}");
    let ids = site.waiting.ids();
    assert_eq!(ids.len(), 1);
    assert_eq!(site.ask("GET", &format!("/waiting/{}", ids[0]), &site.operate, "", b""), (200, "jpeg".into()));
    assert_eq!(site.ask("GET", &format!("/waiting/{}", ids[0]), &site.view, "", b"").0, 403);
    for path in ["..%2f..%2fetc%2fpasswd", "../../etc/passwd", "%2e%2e", "0", "", "%00"] {
        assert!(matches!(site.ask("GET", &format!("/waiting/{path}"), &site.operate, "", b"").0, 400 | 404), "{path}");
    }
    assert_eq!(send(&site.view, b"<html>").0, 422);
    assert_eq!(send(&site.view, b"panic").0, 422);
    assert_eq!(send(&site.view, b"").0, 400);
    let large = format!(
        "POST /portrait HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 99999999999\r\n\r\n",
        site.address, site.view
    );
    assert!(site.raw(large.as_bytes()).starts_with("HTTP/1.1 413"));
    let many = (0..40).filter(|_| send(&site.view, b"photo").0 == 429).count();
    assert!(many > 10, "one telephone does not fill the list");
    assert_eq!(site.ask("GET", "/preview.jpg", &site.view, "", b"").0, 204);
    assert!(site.previews.begin());
    site.previews.leave(Some(b"picture".to_vec()));
    assert_eq!(site.ask("GET", "/preview.jpg", &site.view, "", b""), (200, "picture".into()));
    assert_eq!(site.ask("GET", "/preview.jpg", "", "", b"").0, 401, "also from this machine");
}

#[test]
fn pages_from_elsewhere_ask_in_vain() {
    let site = Site::start();
    let body = br#"{"command": "quit"}"#;
    let host = site.address;
    for headers in [
        "Origin: http://evil.example\r\n".to_owned(),
        "Origin: null\r\n".to_owned(),
        format!("Origin: http://{host}.evil.example\r\n"),
        "Host: evil.example\r\n".to_owned(),
        "Host: evil.example\r\nOrigin: http://evil.example\r\n".to_owned(),
        format!("Host: {host}\r\nHost: evil.example\r\n"),
    ] {
        let code = site.ask("POST", "/command", &site.operate, &headers, body).0;
        assert!(matches!(code, 400 | 403 | 421), "{headers} {code}");
        let code = site.ask("GET", "/status", "", &headers, b"").0;
        assert!(matches!(code, 400 | 403 | 421), "{headers} {code}");
    }
    assert!(site.socket("/ws", "Origin: http://evil.example\r\n").is_none());
    assert!(site.socket("/", "Origin: http://evil.example\r\n").is_none());
    assert!(site.socket("/ws", &format!("Origin: http://{host}\r\n")).is_some());
    assert_eq!(site.wall.obeyed(), None);
}

#[test]
fn slow_greedy_and_many_clients_are_dropped_and_others_served() {
    let site = Site::start();
    // A head that never ends, and one that is too long.
    let mut slow = site.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n").unwrap();
    assert!(site.raw(&[&b"GET / HTTP/1.1\r\nX: "[..], &[b'a'; 100_000]].concat()).starts_with("HTTP/1.1 431"));
    let headers = "A: b\r\n".repeat(500);
    assert!(
        site.raw(format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n").as_bytes()).starts_with("HTTP/1.1 431")
    );
    // More connections than one address has.
    let idle: Vec<_> = (0..100).map(|_| site.connect()).collect();
    drop(idle);
    let started = Instant::now();
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest);
    assert!(started.elapsed() < Duration::from_secs(9), "it was dropped after {:?}", started.elapsed());
    let is_served = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(50));
        site.get("/status", &site.view).0 == 200
    });
    assert!(is_served);
    // One that asks without end is slowed.
    let codes: Vec<_> = (0..400).map(|_| site.ask("GET", "/nothing", "", "", b"").0).collect();
    assert!(codes.contains(&429) && codes[0] == 404);
}

#[test]
fn ten_thousand_hostile_messages_command_nothing() {
    let site = Site::start();
    let mut random = Random(11);
    let mut bytes = |most: usize| (0..random.below(most)).map(|_| random.byte()).collect::<Vec<_>>();
    let (mut sockets, mut sent) = (0, 0);
    while sent < 9_000 {
        let (path, headers) = if sockets % 2 == 0 { ("/ws", "") } else { ("/", "") };
        let Some(mut socket) = site.socket(path, headers) else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        sockets += 1;
        // Its own limit is 120 at once: then it is dropped, and the next comes.
        for turn in 0..150 {
            let noise = bytes(90);
            match turn % 5 {
                0 => socket.send(1, &noise),
                1 => socket.send(2, &noise),
                2 => socket.send((turn % 16) as u8, &noise),
                3 => socket.say(&json!({ "COMMAND": "LISTEN", "DATA": format!("/millions/{turn}"), "token": turn })),
                _ => drop(socket.0.write_all(&noise)),
            }
            sent += 1;
        }
    }
    for _ in 0..1_000 {
        let noise = bytes(300);
        let mut stream = site.connect();
        let head: &[u8] =
            if noise.len() % 2 == 0 { b"" } else { b"PUT /millions/quit HTTP/1.1\r\nHost: 127.0.0.1\r\n" };
        let _ = stream.write_all(&[head, &noise[..]].concat());
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
    let is_served = (0..200).any(|_| {
        thread::sleep(Duration::from_millis(50));
        site.get("/status", &site.view).0 == 200
    });
    assert!(is_served);
    assert_eq!(site.wall.obeyed(), None);
}
