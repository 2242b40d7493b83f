//! A wall that obeys and draws nothing, for tests of instruments.

use std::thread;
use std::time::Duration;

use crossbeam_channel::Receiver;
use millions_control::{Command, Control, CueStatus, OutputStatus, PlaylistStatus, Refused, Status};
use millions_stage::OutputId;

/// A wall that obeys everything but `back`.
pub struct TestWall {
    /// Its control.
    pub control: Control,
    obeyed: Receiver<Command>,
}

impl TestWall {
    /// Starts it.
    pub fn start() -> Self {
        let (control, inbox) = Control::new(|| {});
        let (sender, obeyed) = crossbeam_channel::unbounded();
        let mut status = status();
        inbox.publish(status.clone());
        thread::spawn(move || {
            loop {
                while let Some(envelope) = inbox.next() {
                    let command = envelope.command.clone();
                    match &command {
                        Command::Hold { on } => status.held = *on,
                        Command::Speed { rate } => status.speed = *rate,
                        Command::Blackout { on, .. } => status.blackout = *on,
                        Command::Cue { scene, .. } => status.scene.scene = scene.clone(),
                        Command::Admit { arrival } | Command::Refuse { arrival } => {
                            status.people.waiting.retain(|known| known != arrival);
                        }
                        _ => {}
                    }
                    let refused = command == Command::Back;
                    envelope.reply.send(if refused { Err(Refused("nothing before".into())) } else { Ok(()) });
                    if sender.send(command).is_err() {
                        return;
                    }
                }
                status.secs += 0.005;
                inbox.publish(status.clone());
                thread::sleep(Duration::from_millis(5));
            }
        });
        Self { control, obeyed }
    }

    /// Returns the next command that it has obeyed.
    pub fn next(&self) -> Command {
        self.obeyed.recv_timeout(Duration::from_secs(5)).expect("a command")
    }

    /// Returns a command that it has obeyed already.
    pub fn obeyed(&self) -> Option<Command> {
        self.obeyed.try_recv().ok()
    }
}

/// A status with something of everything.
pub fn status() -> Status {
    let cue = |id: &str, name: &str, key| CueStatus {
        scene: id.into(),
        name: name.into(),
        key: Some(key),
        ..CueStatus::default()
    };
    let mut status = Status {
        cues: vec![cue("slow", "Slow", 1), cue("title", "We are millions", 2)],
        playlist: Some(PlaylistStatus { entries: vec![Default::default(); 3], ..PlaylistStatus::default() }),
        outputs: vec![OutputStatus { output: OutputId(4), name: "left wall".into(), ..OutputStatus::default() }],
        speed: 1.0,
        rows: Some(9),
        ..Status::default()
    };
    status.people.count = 1234;
    status.people.waiting = vec!["0123456789abcdef".into(), "fedcba9876543210".into()];
    status.stage.presets = vec!["f1".into()];
    status
}

/// Numbers without a pattern, the same in each run.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below another.
    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).unwrap_or_default()
    }

    /// Returns a byte.
    pub fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}
