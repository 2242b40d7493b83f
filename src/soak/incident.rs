//! What happens to a wall in weeks, besides its operator. See [`Incident`].

use serde::{Deserialize, Serialize};

/// Something that happens around the program. Photographs are numbers of the soak's own: what it has at hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "incident", rename_all = "kebab-case")]
pub enum Incident {
    /// Photographs come into the folder.
    Arrive {
        /// Which.
        photographs: Vec<usize>,
    },
    /// Photographs are deleted.
    Leave {
        /// Which.
        photographs: Vec<usize>,
    },
    /// A photograph is given another name.
    Rename {
        /// Which.
        photograph: usize,
    },
    /// `people.csv` is saved, first by half.
    SheetSaved {
        /// Whose row hides from now on.
        hides: Option<usize>,
    },
    /// The folder of the photographs is not there: a disk or a server is gone.
    FolderGone,
    /// It is back.
    FolderBack,
    /// The disk is full.
    DiskFull,
    /// It has room again.
    DiskFreed,
    /// The show is saved.
    ShowSaved {
        /// Seconds of the playlist's entries.
        dwell: u32,
    },
    /// The show is saved with a mistake.
    ShowDamaged,
    /// The stage is saved by another program.
    StageSaved {
        /// The brightness of its second output.
        brightness: f32,
    },
    /// Monitors are plugged and pulled.
    Monitors {
        /// Which of the two are there.
        connected: [bool; 2],
    },
    /// Windows are given another format: other monitors, another driver.
    Format {
        /// 10 bits a channel, or 8.
        ten_bits: bool,
    },
    /// The graphics device is lost.
    DeviceLost {
        /// After a frame was drawn and before it is seen; otherwise between two frames.
        before_present: bool,
    },
    /// The machine's clock is set.
    ClockSet {
        /// By so many seconds.
        by_secs: f64,
    },
    /// The machine is suspended, and resumes.
    Suspended {
        /// For so many seconds, which the clock counts and the program does not.
        secs: f64,
    },
}
