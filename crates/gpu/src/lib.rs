//! The GPU: everything that knows `wgpu`, and nothing that knows photographs, scenes or windows.
//!
//! A [`FramePlan`](millions_frame::FramePlan) goes in; a picture in any target, and a [`FrameReport`] of its flaws, come
//! out. The renderer holds nothing that cannot be made again from the plan and the tiles, so a lost device costs a
//! moment and no state.
//!
//! * [`Gpu`]: adapter, device, queue; knows when the device is lost.
//! * [`Renderer`]: the passes and the pages of tiles, for one output size.
//! * [`WindowSurface`]: a window's surface. [`Canvas`]: a picture without a window, to be read back.

mod atlas;
mod atlas_textures;
mod background;
mod blit_pass;
mod canvas;
mod context;
mod effect_pass;
mod maps;
mod marks_pass;
mod overlay;
mod parts;
mod picture_pass;
mod prepare;
mod renderer;
mod shader_set;
pub mod shaders;
mod shared_window;
mod step_wedge_pass;
mod stills;
mod text_pass;
mod tiles;
mod tone_terms;
mod wall_pass;
mod window_surface;
mod words;
mod words_pass;

pub use blit_pass::BlitPass;
pub use canvas::Canvas;
pub use context::{AdapterReport, Gpu, GpuError, adapters};
pub use overlay::Overlay;
pub use renderer::{BuiltShaders, DrawMode, FrameReport, OutputFrame, Plans, Renderer, ShaderCandidate};
pub use shader_set::ShaderSet;
pub use stills::{Bitmap, NoStills, StillFiles};
pub use text_pass::OperatorText;
pub use window_surface::{Acquired, WindowSurface};

/// What is drawn to.
pub type Target = wgpu::TextureView;
/// The format of a target.
pub type TargetFormat = wgpu::TextureFormat;
/// The format of a picture without a window: plain bytes, for the wall encodes its own gamma.
pub const CANVAS_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
