//! A worker process from the inside: it reads tasks from the standard input and writes products to the standard output.

use std::env;
use std::io::{self, BufReader, ErrorKind, IsTerminal as _, Read, Write};

use super::super::budget::Allowance;
use super::super::decoding::TaskRunner;
use super::super::heif::HeifSupport;
use super::REHEARSAL;
use super::protocol::{Answer, Made, Order, Ready, read, shortened, write};
use super::sandbox;

/// Runs a worker process until its standard input ends. Nothing else may read or write the standard streams meanwhile, and no thread
/// have been started.
///
/// # Errors
/// Where the standard input is no parent's, or says what it cannot have said.
pub fn serve() -> io::Result<()> {
    if io::stdin().is_terminal() {
        let help = "a worker is started by the program itself, to decode photographs: there is nothing to do by hand";
        return Err(io::Error::other(help));
    }
    let (mut orders, mut answers) = (BufReader::new(io::stdin().lock()), io::stdout().lock());
    let mut bytes = Vec::new();
    let setup = match read(&mut orders, &mut bytes, 0) {
        Ok(Order::Begin(setup)) => setup,
        Ok(_) => return Err(ErrorKind::InvalidData.into()),
        // Its parent has ended already.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
        Err(error) => return Err(error),
    };
    sandbox::prepare(setup);
    // Its files are opened before they cannot be.
    let heif = HeifSupport::of_this_process();
    let sandbox = sandbox::enter(setup);
    write(&mut answers, &Answer::Ready(Ready { sandbox, heif }), &[])?;

    let is_rehearsal = env::var_os(REHEARSAL).is_some();
    let mut runner = TaskRunner::default();
    let most = usize::try_from(setup.max_alloc_bytes).unwrap_or(usize::MAX);
    loop {
        let (task, limits) = match read(&mut orders, &mut bytes, most) {
            Ok(Order::Run { task, limits }) => (task, limits),
            Ok(Order::Begin(_) | Order::Granted) => return Err(ErrorKind::InvalidData.into()),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        let rehearsed = if is_rehearsal { rehearse(&bytes) } else { None };
        let mut memory = ParentAllowance { orders: &mut orders, answers: &mut answers };
        match rehearsed.map_or_else(|| runner.run(&task, &bytes, limits, &mut memory), Err) {
            Ok(product) => {
                let (made, pixels) = Made::of(product);
                write(&mut answers, &Answer::Made(made), &pixels)?;
            }
            Err(reason) => write(&mut answers, &Answer::Rejected(shortened(reason)), &[])?,
        }
        // The buffer of one large file is not kept.
        if bytes.capacity() > 32 << 20 {
            bytes = Vec::new();
        }
    }
}

/// Memory of the parent's budget.
struct ParentAllowance<'a, R, W> {
    orders: &'a mut R,
    answers: &'a mut W,
}

impl<R: Read, W: Write> Allowance for ParentAllowance<'_, R, W> {
    fn take(&mut self, bytes: u64) {
        let granted = write(self.answers, &Answer::Takes(bytes), &[])
            .and_then(|()| read::<Order>(self.orders, &mut Vec::new(), 0));
        if !matches!(granted, Ok(Order::Granted)) {
            // Nobody waits for the photograph any more.
            std::process::exit(0);
        }
    }
}

/// Does what stands at the end of a photograph's file, for the tests of what a fault costs; returns the answer, if it returns.
fn rehearse(bytes: &[u8]) -> Option<String> {
    let says = |what: &[u8]| bytes.ends_with(what);
    if says(b"rehearse abort") {
        std::process::abort();
    } else if says(b"rehearse hang") {
        loop {
            std::thread::park();
        }
    } else if says(b"rehearse allocate") {
        let mut all: Vec<Vec<u8>> = Vec::new();
        loop {
            all.push(std::hint::black_box(Vec::with_capacity(64 << 20)));
        }
    } else if says(b"rehearse escape") {
        return Some(format!("what it may: {}", escapes().join(", ")));
    }
    None
}

/// Tries what a worker must not be able to do; returns what it could.
fn escapes() -> Vec<&'static str> {
    let mut could = Vec::new();
    let mut attempt = |name, done: bool| could.extend(done.then_some(name));
    attempt("read a file", std::fs::File::open("/proc/self/maps").is_ok() || std::fs::read("/etc/passwd").is_ok());
    attempt("write a file", std::fs::write(env::temp_dir().join("millions-rehearsal"), "x").is_ok());
    attempt("list a folder", std::fs::read_dir("/").is_ok());
    attempt("open a socket", std::net::UdpSocket::bind("127.0.0.1:0").is_ok());
    attempt(
        "connect",
        std::net::TcpStream::connect("127.0.0.1:9").is_err_and(|error| error.kind() != ErrorKind::PermissionDenied),
    );
    attempt("start a program", std::process::Command::new("true").spawn().is_ok());
    // That works, as decoders need it.
    let thread = std::thread::Builder::new().spawn(|| 7);
    attempt("start a thread", thread.is_ok_and(|thread| thread.join().is_ok()));
    could
}
