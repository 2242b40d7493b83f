//! The arguments by which commands choose a graphics adapter, and what they take of it.

use clap::Args;

use super::values::Bytes;
use millions_gpu::{DriverChoice, Gpu, GpuError, GpuOptions};
use millions_watchdog::DriverMode;

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

    /// The same after recoveries: in a lower mode by another driver, and with one sample.
    pub fn options_in(&self, mode: DriverMode) -> GpuOptions {
        let driver = match mode {
            DriverMode::Usual => return self.options(),
            DriverMode::OtherDriver => DriverChoice::Other,
            DriverMode::Software => DriverChoice::Software,
        };
        GpuOptions { driver, supersamples: Some(false), ..self.options() }
    }

    /// What the device takes and how it draws.
    pub fn options(&self) -> GpuOptions {
        GpuOptions {
            memory_budget: self.gpu_memory.map(|Bytes(bytes)| bytes),
            supersamples: self.samples.as_ref().map(|samples| samples == "4"),
            driver: DriverChoice::Usual,
        }
    }
}
