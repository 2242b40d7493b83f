//! The renderer: all that uses `wgpu`. It knows neither photographs nor scenes nor event loops.
//!
//! Into [`Renderer::draw`] flow, for each output and frame, as an [`OutputFrame`]:
//!
//! * the [`FramePlan`](millions_frame::FramePlan)s: a stack of layers (rows of tiles, sprites, words, stills) in wall
//!   coordinates, with the tiles that they need;
//! * the [`ResolvedOutput`](millions_stage::ResolvedOutput): the meshes of the surfaces in the target's clip space, with
//!   their output masks and colour correction;
//! * the [`Overlay`] for the operator;
//!
//! and through a [`TileSource`](millions_wall::tile::TileSource), which the renderer is created with, the portraits'
//! encoded tiles. Out come the picture in a target and a [`FrameReport`] of the tiles that were missing.
//!
//! A frame is drawn in this order:
//!
//! 1. Missing tiles are requested from workers, which decode them; what is ready is uploaded to its slot in the tile cache, an
//!    array of textures with mips.
//! 2. If a transition interrupts another, the snapshot that it starts from is drawn once, in a submission of its own.
//! 3. Each layer is uploaded for each surface, as a batch of the wall, words or picture pass.
//! 4. With effects, the wall is first drawn flat, the effects are applied, and the result is put on the surfaces.
//! 5. Letters are drawn to coverage textures; then one pass paints all batches from the back to the front, with the output
//!    mask of their surface, and dithers. The step wedge comes last.
//! 6. The overlay is drawn over that: test picture, magnified inset, marks, text.
//!
//! All state on the GPU can be created again from the plans and the tiles, so a lost device costs a moment and nothing else.
//!
//! * [`Gpu`]: adapter, device and queue, and whether the device is lost.
//! * [`Renderer`]: the passes and the tile cache.
//! * [`WindowSurface`]: a window's surface, in the [`draw_format`] of all windows where it has that. [`Canvas`]: an offscreen target that can be read back.
//! * [`DeskSurface`]: the surface of the desk, and the pictures of the wall and its outputs that it shows.
//! * [`ShaderSet`]: a show's own shaders, in place of the program's or as effects.

mod adapter_choice;
mod background;
mod blit_pass;
mod canvas;
mod cell_table;
mod context;
mod desk_surface;
mod effect_pass;
mod floors;
mod gpu_timer;
mod loop_bound;
mod marks_pass;
mod mask_textures;
mod overlay;
mod picture_pass;
mod pool;
mod renderer;
mod resources;
mod shader_set;
mod shader_trial;
pub mod shaders;
mod shared_window;
mod slots;
mod step_wedge_pass;
mod stills;
mod surface_format;
mod text_pass;
mod tile_texels;
mod tile_textures;
mod tile_workers;
mod tiles;
mod tone_terms;
mod typesetter;
mod wall_pass;
mod wall_pipelines;
mod wanted_tiles;
mod window_surface;
mod words_pass;

pub use adapter_choice::DriverChoice;
pub use blit_pass::BlitPass;
pub use canvas::{Canvas, PendingRead};
pub use context::{AdapterReport, Gpu, GpuError, GpuOptions, adapters};
pub use desk_surface::{DeskPicture, DeskSurface, Painted};
pub use overlay::{Label, Overlay};
pub use renderer::{BuiltShaders, DrawMode, FrameReport, FrameTimes, OutputFrame, Plans, Renderer, ShaderCandidate};
pub use shader_set::{ShaderFile, ShaderSet};
pub use shader_trial::{ShaderTrial, ShaderTrialError, TRIAL_PX, try_shaders};
pub use stills::{Bitmap, NoStills, StillImages};
pub use surface_format::draw_format;
pub use text_pass::OperatorText;
pub use window_surface::{Acquired, NewSurface, WindowSurface};

/// A render target.
pub type Target = wgpu::TextureView;

/// The image of a window's next frame.
pub type WindowFrame = wgpu::SurfaceTexture;
/// The format of a render target.
pub type TargetFormat = wgpu::TextureFormat;
/// A format of 10 bits a channel.
pub const TEN_BITS: TargetFormat = wgpu::TextureFormat::Rgb10a2Unorm;
/// The format of an offscreen target. Not an sRGB format: the shaders encode themselves.
pub const CANVAS_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
