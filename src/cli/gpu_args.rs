//! The arguments by which commands choose a graphics adapter, and what they take of it.

use clap::Args;

use super::values::Bytes;
use millions_gpu::{Gpu, GpuError};

#[derive(Clone, Debug, Args)]
pub struct GpuArgs {
    /// The graphics adapter, by a part of its name in `millions doctor`.
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,
    /// The most graphics memory for tiles, such as 512M or 2G [default: what the outputs need]
    #[arg(long, value_name = "BYTES")]
    pub gpu_memory: Option<Bytes>,
}

impl GpuArgs {
    /// Opens the adapter without a window.
    pub fn headless(&self) -> Result<Gpu, GpuError> {
        let gpu = Gpu::headless(self.adapter.as_deref())?;
        Ok(gpu.with_memory_budget(self.gpu_memory.map(|Bytes(bytes)| bytes)))
    }
}
