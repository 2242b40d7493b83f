//! The thread of the desk: it lays out and tessellates what the desk shows, and sends what its operator commands. See [`DeskThread`].
//!
//! The wall's thread hands it input and takes frames, and waits for neither: if the desk hangs or panics, the wall plays on, and the
//! desk alone stands still.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use egui::epaint::{ClippedPrimitive, textures::TexturesDelta};
use egui::{Context, PlatformOutput, RawInput};

use super::desk_people::LibraryDirectory;
use millions_control::{Control, Source};
use millions_desk::{Desk, PhoneAddress, Pictures, Side, Theme};
use millions_library::Library;

/// A frame to draw.
pub struct DeskInput {
    /// What the operator has done since the last.
    pub raw: RawInput,
    /// The pictures that there are.
    pub pictures: Pictures,
    /// Whether the device is a new one, so that all textures have to be made again.
    pub is_new_device: bool,
    /// Whether a screen reader wants to know its controls.
    pub is_read: bool,
}

/// A frame that was laid out.
pub struct DeskFrame {
    pub primitives: Vec<ClippedPrimitive>,
    pub textures: TextureChanges,
    pub pixels_per_point: f32,
    pub platform: PlatformOutput,
    /// The theme and the panel that its operator has chosen.
    pub chosen: (Theme, Side),
}

/// Changes of textures, which may be dropped: egui's own panic if they are.
#[derive(Default)]
pub struct TextureChanges(pub TexturesDelta);

impl Drop for TextureChanges {
    fn drop(&mut self) {
        self.0.clear();
    }
}

/// What the desk looks like at first, and rehearsals of its faults.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeskOptions {
    /// The theme.
    pub theme: Theme,
    /// The panel on the right.
    pub side: Side,
    /// Hangs for so many seconds in the tenth frame.
    pub hang: Option<Duration>,
    /// Panics in the tenth frame.
    pub panics: bool,
}

/// The frame in which a rehearsal fails.
const FAILING_FRAME: u64 = 10;

/// The other end of the thread. Dropping it ends the thread after the frame that it is at; nobody waits for that.
pub struct DeskThread {
    inputs: Sender<DeskInput>,
    frames: Receiver<Option<DeskFrame>>,
}

/// What has come from the thread.
pub enum Reply {
    /// Nothing yet.
    Nothing,
    Frame(Box<DeskFrame>),
    /// It has failed, and nothing comes any more.
    Failed,
}

impl DeskThread {
    /// Starts it; `wake` wakes the wall's thread, for a frame is there.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(
        control: Control,
        library: Arc<Library>,
        options: DeskOptions,
        phones: Vec<PhoneAddress>,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (inputs, received) = channel();
        let (send, frames) = channel();
        thread::Builder::new().name("desk".into()).spawn(move || {
            let run = || run(&control, library, options, phones, &received, &send, &wake);
            // A panic was printed when it happened; the wall is told, and goes on.
            if catch_unwind(AssertUnwindSafe(run)).is_err() {
                let _ = send.send(None);
                wake();
            }
        })?;
        Ok(Self { inputs, frames })
    }

    /// Asks for a frame.
    pub fn ask(&self, input: DeskInput) {
        // A thread that has failed has said so.
        let _ = self.inputs.send(input);
    }

    /// Returns what has come.
    pub fn reply(&self) -> Reply {
        use std::sync::mpsc::TryRecvError as Error;
        match self.frames.try_recv() {
            Ok(Some(frame)) => Reply::Frame(Box::new(frame)),
            Err(Error::Empty) => Reply::Nothing,
            Ok(None) | Err(Error::Disconnected) => Reply::Failed,
        }
    }
}

fn run(
    control: &Control,
    library: Arc<Library>,
    options: DeskOptions,
    phones: Vec<PhoneAddress>,
    inputs: &Receiver<DeskInput>,
    frames: &Sender<Option<DeskFrame>>,
    wake: &dyn Fn(),
) {
    // While somebody watches, the status is taken as often as the desk is drawn.
    let _watch = control.watch();
    let mut people = LibraryDirectory::start(library);
    let mut desk = Desk::new(options.theme);
    desk.show(options.side);
    desk.invite(phones);
    let mut ctx = Context::default();
    desk.prepare(&ctx);
    let mut drawn = 0;
    while let Ok(DeskInput { raw, pictures, is_new_device, is_read }) = inputs.recv() {
        if is_new_device {
            ctx = Context::default();
            desk.prepare(&ctx);
        }
        if is_read {
            ctx.enable_accesskit();
        }
        drawn += 1;
        if drawn == FAILING_FRAME {
            options.hang.into_iter().for_each(thread::sleep);
            assert!(!options.panics, "the desk panics, as it was asked to");
        }
        let status = control.status();
        let (mut output, commands) = desk.frame(&ctx, raw, &status, &pictures, &mut people);
        for command in commands {
            // What was refused is a notice, which the desk shows.
            if let Err(error) = control.send(command, Source::Desk) {
                tracing::warn!("the desk: {error}");
            }
        }
        let frame = DeskFrame {
            primitives: ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point),
            textures: TextureChanges(std::mem::take(&mut output.textures_delta)),
            pixels_per_point: output.pixels_per_point,
            platform: std::mem::take(&mut output.platform_output),
            chosen: desk.chosen(),
        };
        if frames.send(Some(frame)).is_err() {
            return;
        }
        wake();
    }
}
