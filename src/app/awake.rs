//! Keeps the screens on and the machine awake while the wall plays. See [`keep_awake`].

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use millions_base::catch_panic;

/// The interval at which what was refused is requested again: a session's services may start after the wall.
const RETRY: Duration = Duration::from_secs(30);

/// Keeps the platform from blanking the screens and from sleeping until the returned guard is dropped.
///
/// Each request is made on its own, so that a desktop without one service has the others. Where the windows are those of an X server, its
/// own screen saver and power management are suspended too, for as long as a connection lasts: however the program ends, they are again
/// what they were. The requests go over a bus that may be slow or missing, so a thread makes them; where nothing holds blanking off, the
/// wall plays all the same, and the log says so.
#[must_use]
pub fn keep_awake(is_x: bool) -> impl Drop {
    let (done, wait) = bounded::<()>(0);
    std::thread::spawn(move || hold(is_x, &wait));
    Awake(Some(done))
}

/// What is asked of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// The X server's screen saver and DPMS.
    Server,
    /// The desktop's screen saver.
    Display,
    /// The machine's sleep for idleness.
    Idle,
    /// The machine's sleep at all.
    Sleep,
}

impl Request {
    const ALL: [Self; 4] = [Self::Server, Self::Display, Self::Idle, Self::Sleep];

    /// Whether it holds blanking off.
    const fn is_for_screens(self) -> bool {
        matches!(self, Self::Server | Self::Display)
    }

    /// Makes the request, which holds until the guard is dropped.
    fn make(self, is_x: bool) -> Result<Guard, String> {
        if self == Self::Server {
            return server(is_x);
        }
        let mut builder = keepawake::Builder::default();
        builder.reason("the wall is playing").app_name("millions").app_reverse_domain("org.millions.wall");
        match self {
            Self::Server | Self::Display => builder.display(true),
            Self::Idle => builder.idle(true),
            Self::Sleep => builder.sleep(true),
        };
        match catch_panic(|| builder.create()) {
            Ok(made) => made.map(|guard| Guard::Platform(Some(guard))).map_err(|error| error.to_string()),
            Err(panic) => Err(panic),
        }
    }
}

/// Holds a request that was granted.
enum Guard {
    Platform(Option<keepawake::KeepAwake>),
    #[cfg(target_os = "linux")]
    Server(#[expect(dead_code, reason = "kept open")] Box<x11rb::rust_connection::RustConnection>),
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The crate panics where the service is gone.
        if let Self::Platform(guard) = self {
            let _ = catch_panic(|| drop(guard.take()));
        }
    }
}

/// Suspends the X server's screen saver and DPMS, after waking the screens. The server ends the suspension with the connection.
#[cfg(target_os = "linux")]
fn server(is_x: bool) -> Result<Guard, String> {
    use x11rb::connection::Connection as _;
    use x11rb::errors::ReplyError;
    use x11rb::protocol::dpms::{ConnectionExt as _, DPMSMode};
    use x11rb::protocol::screensaver::ConnectionExt as _;
    use x11rb::protocol::xproto::{ConnectionExt as _, ScreenSaver};

    if !is_x {
        return Err("the windows are not those of an X server".into());
    }
    let (connection, _) = x11rb::connect(None).map_err(|error| error.to_string())?;
    let suspend = || -> Result<(), ReplyError> {
        // Version 1.1 has it.
        connection.screensaver_query_version(1, 1)?.reply()?;
        connection.screensaver_suspend(1)?.check()?;
        connection.force_screen_saver(ScreenSaver::RESET)?.check()?;
        Ok(())
    };
    suspend().map_err(|error| error.to_string())?;
    // Not every server has DPMS; the error says no more than that.
    let wake = || -> Result<(), ReplyError> {
        if connection.dpms_info()?.reply()?.state {
            connection.dpms_force_level(DPMSMode::ON)?.check()?;
        }
        Ok(())
    };
    if let Err(error) = wake() {
        tracing::debug!("the screens are not woken by DPMS: {error}");
    }
    connection.flush().map_err(|error| error.to_string())?;
    Ok(Guard::Server(Box::new(connection)))
}

#[cfg(not(target_os = "linux"))]
fn server(_: bool) -> Result<Guard, String> {
    Err("there is no X server".into())
}

/// Makes all requests, and those that are refused again now and then, until `wait` is disconnected.
fn hold(is_x: bool, wait: &Receiver<()>) {
    let mut held: Vec<(Request, Guard)> = Vec::new();
    let mut was_told = false;
    loop {
        let mut refused = Vec::new();
        for request in Request::ALL {
            if held.iter().any(|(granted, _)| *granted == request) {
                continue;
            }
            match request.make(is_x) {
                Ok(guard) => held.push((request, guard)),
                Err(error) => refused.push((request, error)),
            }
        }
        if !std::mem::replace(&mut was_told, true) {
            tell(&held.iter().map(|(granted, _)| *granted).collect::<Vec<_>>(), &refused);
        }
        // Answers when the guard's end of the channel is dropped.
        if wait.recv_timeout(RETRY) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

fn tell(held: &[Request], refused: &[(Request, String)]) {
    for (request, error) in refused {
        tracing::debug!("{request:?} is not held off: {error}");
    }
    // cage blanks nothing, and is no desktop with settings; the kiosk's unit says that it is there.
    let is_cage = std::env::var_os("XDG_CURRENT_DESKTOP").is_some_and(|desktop| desktop == "cage");
    if !is_cage && !held.iter().any(|request| request.is_for_screens()) {
        let reasons: Vec<_> =
            refused.iter().filter(|(request, _)| request.is_for_screens()).map(|(_, why)| &**why).collect();
        tracing::error!(
            "the screens may go dark: nothing here holds off their blanking ({}). Turn the screen saver and power saving off in the \
             settings of this desktop",
            reasons.join("; ")
        );
    }
    if !held.contains(&Request::Sleep) && !held.contains(&Request::Idle) {
        tracing::info!("the machine's sleep cannot be held off here: see that it is turned off in its settings");
    }
}

struct Awake(Option<Sender<()>>);

impl Drop for Awake {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}
