//! The control of a running show: one set of commands in, one status out.
//!
//! ```text
//! keys, gamepad ─┐                                   ┌─ OSC, MIDI feedback
//! MIDI, OSC ─────┤                                   ├─ desk
//! HTTP, phone ───┼─► Command ─► Operator ─► Status ──┼─ HTTP, phone
//! desk ──────────┤        └─► command log            ├─ millions ctl
//! millions ctl ──┘                                   └─ OSCQuery
//! ```
//!
//! * [`Command`] is data: absolute, complete and by id, so that it means the same whenever it arrives, and twice is as good as once.
//! * [`Status`] is data: everything that an operator has to know, as of one moment.
//! * [`COMMANDS`] is the table between commands and addresses (`/millions/cue/title`), from which OSC, OSCQuery, HTTP, MIDI and
//!   the manual are made. Nothing translates an address but [`parse`]; [`parse_line`] takes what people write.
//! * [`Control`] hands commands to the thread that owns the show, and the status back. It never waits for an instrument.
//! * [`CommandLog`] writes what was commanded, and [`Recording`] reads it for a replay.

mod argument;
mod command;
mod hub;
mod line;
mod log;
mod notices;
mod phrase;
mod status;
mod table;

pub use argument::Argument;
pub use command::{CalibrationParameter, Command, CueTransition, Source, TestMode};
pub use hub::{Awaited, Control, ControlInbox, Envelope, Refused, Reply, StatusWatch};
pub use line::{check_line, message, parse_line};
pub use log::{CommandLog, LoggedCommand, Recording, RecordingError, RecordingStart};
pub use notices::{Notice, NoticeLayer, NoticeLevel, Notices};
pub use phrase::phrase;
pub use status::{
    CueStatus, EntryStatus, FrameStatus, LookChoice, LookStatus, LookValue, MachineStatus, NextCue, ObeyedCommand,
    OutputStatus, PeopleStatus, PlaylistStatus, RecoveryStatus, SceneStatus, StageStatus, Status, SurfaceStatus,
    Temperature, TransitionStatus, WatchdogStatus,
};
pub use table::{COMMANDS, CommandRow, Leaf, ParseError, Target, Value, leaves, manual, parse, split_address};
