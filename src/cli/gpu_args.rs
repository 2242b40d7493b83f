//! The arguments by which commands choose a graphics adapter, and what they take of it.

use clap::Args;

use super::values::Bytes;
use millions_gpu::{Gpu, GpuError, GpuOptions};

#[derive(Clone, Debug, Args)]
pub struct GpuArgs {
    /// The graphics adapter, by a part of its name in `millions doctor`.
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,
    /// The most graphics memory for tiles, such as 512M or 2G [default: what the outputs need]
    #[arg(long, value_name = "BYTES")]
    pub gpu_memory: Option<Bytes>,
    /// Samples of a face in each pixel, 1 or 4 [default: 4 on a graphics card, 1 where the processor draws]
    #[arg(long, value_name = "N", value_parser = ["1", "4"])]
    pub samples: Option<String>,
}

impl GpuArgs {
    /// Opens the adapter without a window.
    pub fn headless(&self) -> Result<Gpu, GpuError> {
        Ok(Gpu::headless(self.adapter.as_deref())?.with_options(self.options()))
    }

    /// What the device takes and how it draws.
    pub fn options(&self) -> GpuOptions {
        GpuOptions {
            memory_budget: self.gpu_memory.map(|Bytes(bytes)| bytes),
            supersamples: self.samples.as_ref().map(|samples| samples == "4"),
        }
    }
}
