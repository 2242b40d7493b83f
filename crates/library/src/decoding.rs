//! What is made of a photograph's bytes, as a task: a tile, a large tile, a thumbnail, a hash of its looks.
//!
//! A task's product depends on the bytes, the task and the limits alone, so it is the same in this process and in a worker process.
//! [`Decoder`] decides where: in worker processes where the program has said how to start them (see [`super::worker_process`]), else here.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use millions_base::catch_panic;
use millions_wall::tile::TileLayout;
use serde::{Deserialize, Serialize};

use super::budget::{Allowance, MemoryBudget};
use super::decode::{Limits, PhotoDecoder, Resolution};
use super::detections::Detections;
use super::edit::Edit;
use super::faces::MAX_ANALYSIS_SIDE;
use super::perceptual::PerceptualHash;
use super::prepare::{Prepared, Preparer};
use super::resample::Resampler;
use super::thumbnail::Thumbnail;
use super::worker_process::{Workers, workers};

/// What is to be made of a photograph.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Task {
    /// The tile of `side` texels and a portrait's aspect (width / height), with all that is measured.
    Tile { side: u32, aspect: f32, edit: Edit },
    /// A tile of the crop that was chosen before.
    LargeTile { side: u32, aspect: f32, edit: Edit, detections: Detections },
    /// The picture, its longer side at most so many pixels.
    Thumbnail { longest: u32 },
    /// The perceptual hash alone.
    Looks,
}

/// What was made.
#[derive(Clone, Debug)]
pub enum Product {
    Tile(Box<Prepared>),
    LargeTile(Vec<u8>),
    Thumbnail(Thumbnail),
    /// `None` where the picture is flat.
    Looks(Option<PerceptualHash>),
}

/// Why nothing was made, each with the reason in our words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The photograph cannot be used.
    Rejected(String),
    /// This says nothing about the photograph: it may be tried again.
    Passing(String),
}

impl Fault {
    pub fn into_reason(self) -> String {
        match self {
            Self::Rejected(reason) | Self::Passing(reason) => reason,
        }
    }
}

/// The reason for a photograph at which a decoder panics.
pub const DECODER_FAILED: &str = "the decoder failed on it: save it again as a JPEG";

/// The task runner of a process: one photograph after the other; keeps buffers and colour transforms.
#[derive(Default)]
pub struct TaskRunner {
    preparer: Option<Preparer>,
}

impl TaskRunner {
    /// Runs a task. Takes memory before it decodes.
    ///
    /// # Errors
    /// A text, when the photograph cannot be read, also where its decoder panics.
    pub fn run(
        &mut self,
        task: &Task,
        bytes: &[u8],
        limits: Limits,
        memory: &mut dyn Allowance,
    ) -> Result<Product, String> {
        catch_panic(|| self.make(task, bytes, limits, memory)).unwrap_or_else(|_| {
            // What was half changed.
            self.preparer = None;
            Err(DECODER_FAILED.into())
        })
    }

    fn make(
        &mut self,
        task: &Task,
        bytes: &[u8],
        limits: Limits,
        memory: &mut dyn Allowance,
    ) -> Result<Product, String> {
        match task {
            Task::Tile { side, aspect, edit } => {
                let prepared = self.preparer(*side, *aspect, limits)?.prepare(bytes, *edit, memory)?;
                Ok(Product::Tile(Box::new(prepared)))
            }
            Task::LargeTile { side, aspect, edit, detections } => {
                let preparer = self.preparer(*side, *aspect, limits)?;
                preparer.prepare_again(bytes, *edit, detections, memory).map(Product::LargeTile)
            }
            Task::Thumbnail { longest } => Thumbnail::decode(bytes, *longest, limits, memory).map(Product::Thumbnail),
            Task::Looks => looks_of(bytes, limits, memory).map(Product::Looks),
        }
    }

    fn preparer(&mut self, side: u32, aspect: f32, limits: Limits) -> Result<&mut Preparer, String> {
        if self.preparer.as_ref().is_none_or(|preparer| !preparer.is_for(side, aspect, limits)) {
            let layout = TileLayout::new(side).map_err(|error| error.to_string())?;
            self.preparer = Some(Preparer::new(layout, aspect, limits));
        }
        self.preparer.as_mut().ok_or_else(|| DECODER_FAILED.to_owned())
    }
}

/// The perceptual hash of a photograph, as an ingest computes it.
fn looks_of(bytes: &[u8], limits: Limits, memory: &mut dyn Allowance) -> Result<Option<PerceptualHash>, String> {
    let decoder = PhotoDecoder::new(bytes, Resolution::Tile { side: 256, aspect: 0.8 }, limits)?;
    memory.take(decoder.decode_bytes() + bytes.len() as u64);
    let decoded = decoder.decode(limits)?;
    let image = Resampler::default().analysis_image(&decoded.raster, decoded.orientation, None, MAX_ANALYSIS_SIDE);
    Ok(PerceptualHash::of(&image, 0))
}

/// Runs the tasks of a thread, here or in worker processes.
pub struct Decoder {
    place: Place,
    gives_way: bool,
    /// Ends what runs in a process, once it is true.
    stop: Arc<AtomicBool>,
}

enum Place {
    Here(Box<TaskRunner>),
    Processes(&'static Workers),
}

impl Decoder {
    /// A decoder whose worker processes give way to a wall that plays, if `gives_way`.
    pub fn new(gives_way: bool) -> Self {
        let place = workers().map_or_else(|| Place::Here(Box::default()), Place::Processes);
        Self { place, gives_way, stop: Arc::default() }
    }

    /// The same, whose processes end with what they are at once `stop` is true: so nobody waits for a photograph at which a decoder hangs.
    pub fn stopped_by(self, stop: &Arc<AtomicBool>) -> Self {
        Self { stop: Arc::clone(stop), ..self }
    }

    /// Runs a task of a photograph. Waits for its share of `budget` before it decodes.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn run(&mut self, task: &Task, bytes: &[u8], limits: Limits, budget: &MemoryBudget) -> Result<Product, Fault> {
        match &mut self.place {
            Place::Here(runner) => runner.run(task, bytes, limits, &mut budget.allowance()).map_err(Fault::Rejected),
            Place::Processes(workers) => workers.run(task, bytes, limits, self.gives_way, &self.stop, budget),
        }
    }

    /// Runs a task by itself, which shares its memory with no other.
    ///
    /// # Errors
    /// A text, the reason.
    pub fn run_alone(task: &Task, bytes: &[u8], limits: Limits) -> Result<Product, String> {
        let budget = MemoryBudget::new(limits.max_alloc_bytes);
        Self::new(false).run(task, bytes, limits, &budget).map_err(Fault::into_reason)
    }
}
