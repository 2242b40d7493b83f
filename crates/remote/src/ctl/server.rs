//! The wall's end of the socket. See [`Server`].

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::{Answer, Request, Wanted, folder};
use millions_control::{Control, Refused, Source, leaves, parse};

/// Clients at once.
const MOST_CLIENTS: usize = 16;
/// The length of a request, in bytes.
const MOST_BYTES: u64 = 64 << 10;
/// How long a command may take until it is answered: a frame or two, or a wall that is busy.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the show has to carry out a command: a still waits some seconds for its tiles, and a client ten for its answer.
const ANSWER_PATIENCE: Duration = Duration::from_secs(9);
/// How long a client may take to read an answer.
const WRITE_PATIENCE: Duration = Duration::from_secs(1);

/// Listens for `millions ctl` on threads of its own; the socket goes when this is dropped.
pub struct Server {
    path: PathBuf,
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// When there is no folder for the socket, or it cannot be made.
    pub fn start(control: Control) -> io::Result<Self> {
        let folder = folder().ok_or_else(|| io::Error::other("the system tells no folder for run-time files"))?;
        Self::listen(&folder.join(format!("{}.sock", std::process::id())), control)
    }

    /// Begins to listen at a path.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn listen(path: &Path, control: Control) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        // One that a process of the same number has left behind.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        thread::Builder::new().name("ctl".into()).spawn(move || accept(&listener, &control))?;
        Ok(Self { path: path.to_owned() })
    }

    /// The socket.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The thread ends with the process; without a name nobody finds it.
        let _ = fs::remove_file(&self.path);
    }
}

fn accept(listener: &UnixListener, control: &Control) {
    let clients = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // As with too many open files: not in a loop without a pause.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        if clients.fetch_add(1, Ordering::Relaxed) >= MOST_CLIENTS {
            clients.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (control, count) = (control.clone(), clients.clone());
        let serve = move || {
            // The other end has gone, or does not read.
            let _ = serve(&stream, &control);
            count.fetch_sub(1, Ordering::Relaxed);
        };
        if thread::Builder::new().name("ctl client".into()).spawn(serve).is_err() {
            clients.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Answers the requests of a client until it goes.
fn serve(stream: &UnixStream, control: &Control) -> io::Result<()> {
    stream.set_write_timeout(Some(WRITE_PATIENCE))?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        if reader.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == MOST_BYTES {
            return send(stream, &Answer::Error(format!("a request has {MOST_BYTES} bytes at the most")));
        }
        match serde_json::from_slice(&line) {
            Ok(Request::Get(Wanted::Changes)) => return tell_changes(stream, control),
            Ok(request) => send(stream, &answer(request, control))?,
            Err(error) => send(stream, &Answer::Error(format!("that is no request: {error}")))?,
        }
    }
}

fn answer(request: Request, control: &Control) -> Answer {
    let status = control.status();
    let command = match request {
        Request::Get(Wanted::Addresses) => {
            return Answer::Addresses(leaves(&status).into_iter().map(Into::into).collect());
        }
        Request::Get(_) => {
            // One that is taken now, rather than up to a second ago.
            let mut watch = control.watch();
            let first = watch.next(Duration::ZERO);
            let status = watch.next(PATIENCE).or(first).unwrap_or(status);
            return Answer::Status(Box::new((*status).clone()));
        }
        Request::Command(command) => command,
        Request::Send { address, arguments } => match parse(&address, &arguments, &status) {
            Ok(Some(command)) => command,
            Ok(None) => return Answer::Ok(false),
            Err(error) => return Answer::Error(error.to_string()),
        },
    };
    match control.ask(command, Source::Ctl, ANSWER_PATIENCE) {
        Ok(()) => Answer::Ok(true),
        Err(Refused(reason)) => Answer::Error(reason),
    }
}

/// Sends the status after each change, until the client goes.
fn tell_changes(stream: &UnixStream, control: &Control) -> io::Result<()> {
    let mut watch = control.watch();
    let mut told = None;
    loop {
        let Some(status) = watch.next(PATIENCE) else { continue };
        if told.as_ref().is_none_or(|told| !status.is_same_state(told)) {
            send(stream, &Answer::Status(Box::new((*status).clone())))?;
            told = Some((*status).clone());
        }
    }
}

fn send(mut stream: &UnixStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    stream.write_all(&line)
}

#[cfg(test)]
mod tests {
    use super::super::Client;
    use super::*;
    use millions_control::{Command, CueStatus, Status};

    /// A wall with one scene, which obeys everything but `back`.
    fn wall(folder: &Path) -> (Server, crossbeam_channel::Receiver<Command>) {
        let (control, inbox) = Control::new(|| {});
        let server = Server::listen(&folder.join("run/1.sock"), control).unwrap();
        let (sender, obeyed) = crossbeam_channel::unbounded();
        let cue = CueStatus { scene: "title".into(), name: "Title".into(), ..CueStatus::default() };
        let mut status = Status { cues: vec![cue], ..Status::default() };
        thread::spawn(move || {
            loop {
                if let Some(envelope) = inbox.next() {
                    let command = envelope.command.clone();
                    if let Command::Hold { on } = command {
                        status.held = on;
                    }
                    let refused = command == Command::Back;
                    envelope.reply.send(if refused { Err(Refused("nothing before".into())) } else { Ok(()) });
                    if sender.send(command).is_err() {
                        return;
                    }
                }
                inbox.publish(status.clone());
                thread::sleep(Duration::from_millis(5));
            }
        });
        (server, obeyed)
    }

    #[test]
    fn a_client_commands_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (server, obeyed) = wall(folder.path());
        let mut client = Client::open(server.path()).unwrap();
        assert!(matches!(client.ask(&Request::Get(Wanted::Status)).unwrap(), Answer::Status(_)));
        let sent = |address: &str| Request::Send { address: address.into(), arguments: Vec::new() };
        assert_eq!(client.ask(&sent("cue/title")).unwrap(), Answer::Ok(true));
        let cue = Command::Cue { scene: "title".into(), transition: None, at: None };
        assert_eq!(obeyed.recv_timeout(PATIENCE).unwrap(), cue);
        assert_eq!(client.ask(&sent("back")).unwrap(), Answer::Error("nothing before".into()));
        let Answer::Error(error) = client.ask(&sent("cue/nobody")).unwrap() else { panic!() };
        assert!(error.contains("no scene nobody"), "{error}");
        let mut watcher = Client::open(server.path()).unwrap();
        let mut held = watcher.watch().unwrap();
        assert!(!held.next().unwrap().unwrap().held);
        assert_eq!(client.ask(&Request::Command(Command::Hold { on: true })).unwrap(), Answer::Ok(true));
        assert!(held.next().unwrap().unwrap().held, "and nothing between");
    }

    #[test]
    fn hostile_clients_are_answered_or_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (server, _obeyed) = wall(folder.path());
        let mode = fs::metadata(server.path().parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        for bytes in [&b"\n"[..], b"{}\n", b"\xff\xfe\n", b"[[[[[[\n", &[b'['; 70_000], &[b'a'; 200_000]] {
            let mut stream = UnixStream::connect(server.path()).unwrap();
            // It may be gone before all is written.
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
        }
        let waiting: Vec<_> = (0..40).map(|_| UnixStream::connect(server.path()).unwrap()).collect();
        drop(waiting);
        let answered = (0..200).any(|_| {
            thread::sleep(Duration::from_millis(10));
            Client::open(server.path()).is_ok_and(|mut client| client.ask(&Request::Get(Wanted::Addresses)).is_ok())
        });
        assert!(answered, "who comes after them is answered");
        let path = server.path().to_owned();
        drop(server);
        assert!(!path.exists());
    }
}
