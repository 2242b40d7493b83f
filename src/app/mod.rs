//! The running wall: windows on monitors and projectors, the operator and the keys, the editing of the stage, and the reloading of
//! files while it plays.

mod arrangement_folder;
pub(crate) mod arrivals;
mod awake;
mod calibration;
pub(crate) mod dealer;
mod decision_writer;
mod desk_people;
mod desk_thread;
pub(crate) mod desktop;
pub(crate) mod device;
mod edit_keys;
mod file_writer;
mod folder_files;
pub(crate) mod frame_stats;
mod gamepad;
mod kept_show;
pub mod keys;
pub(crate) mod live_reload;
pub(crate) mod machine;
mod monitors;
mod mosaic_pictures;
mod operator;
pub(crate) mod output_drawing;
mod output_window;
mod outputs;
mod own_scenes;
mod pace;
pub(crate) mod planned;
mod presentation;
#[cfg(target_os = "linux")]
mod randr;
pub(crate) mod reload;
mod remote;
mod replay;
mod resume;
mod saved_stage;
pub(crate) mod shader_trial;
mod shows;
mod signals;
pub(crate) mod stage_file;
pub(crate) mod stills;
mod venue;
pub mod watch;
mod window;
#[cfg(target_os = "linux")]
mod x_background;

pub use arrangement_folder::ArrangementFolder;
pub use arrivals::biography;
pub use desk_thread::DeskOptions;
pub use edit_keys::help as edit_help;
pub use file_writer::FileWriter;
pub use folder_files::FolderFiles;
pub use kept_show::KeptShow;
pub use monitors::displays;
pub use mosaic_pictures::MosaicPictures;
pub use operator::{Operator, ShowPosition, WindowCommand};
pub use own_scenes::OwnScenes;
pub use remote::{HttpSettings, RemoteOptions};
pub use replay::{Replay, begin_replay};
pub use resume::Resume;
pub use saved_stage::SavedStage;
pub use shows::{FoundShow, find};
#[cfg(unix)]
pub use signals::end_signals;
pub use venue::Venue;
pub use window::{ExitReason, PlayOptions, play};
