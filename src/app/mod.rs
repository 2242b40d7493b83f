//! The window: routes events between winit, the operator and the GPU, and decides nothing.

mod arrivals;
mod awake;
mod fitting;
pub mod keys;
mod monitors;
mod operator;
mod reload;
mod resume;
mod shows;
mod stills;
mod window;

pub use arrivals::told;
pub use monitors::displays;
pub use operator::{Operator, Task};
pub use resume::Resume;
pub use shows::{Found, find};
pub use stills::DiskPictures;
pub use window::{Ended, PlayOptions, play};
