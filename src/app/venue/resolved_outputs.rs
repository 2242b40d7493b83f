//! The stage's outputs, resolved for their windows. See [`ResolvedOutputs`].

use std::collections::HashMap;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};
use glam::UVec2;

use super::Masks;
use millions_stage::{MaskImages, Output, OutputId, ResolvedOutput, Stage};

/// A cache of resolved outputs, with a thread that resolves them again while the stage is edited.
#[derive(Default)]
pub struct ResolvedOutputs {
    cache: HashMap<OutputId, Entry>,
    /// The result of the thread, while it runs.
    pending: Option<Receiver<Entry>>,
    /// The number of the stage, which grows with every change.
    revision: u64,
}

struct Entry {
    target: UVec2,
    revision: u64,
    resolved: Arc<ResolvedOutput>,
}

impl Entry {
    /// Resolves an output; one that cannot be shown is black, and everything else plays on.
    fn new(stage: &Stage, masks: &dyn MaskImages, output: OutputId, target: UVec2, revision: u64) -> Self {
        let resolved = match stage.resolve(output, target, masks) {
            Ok(resolved) => {
                for fault in &resolved.faults {
                    tracing::error!("{fault}");
                }
                resolved
            }
            Err(fault) => {
                tracing::error!("{fault}");
                ResolvedOutput { id: output, surfaces: Vec::new(), ..ResolvedOutput::plain(target) }
            }
        };
        Self { target, revision, resolved: Arc::new(resolved) }
    }
}

impl ResolvedOutputs {
    /// Returns an output resolved for a target of a size in pixels. With `may_be_stale`, one of an earlier stage will do
    /// while a thread resolves it.
    pub fn get(
        &mut self,
        stage: &Stage,
        masks: &Masks,
        output: OutputId,
        target: UVec2,
        may_be_stale: bool,
    ) -> Arc<ResolvedOutput> {
        self.take_pending();
        let revision = self.revision;
        let cached = self.cache.get(&output).filter(|entry| entry.target == target);
        if let Some(entry) = cached
            && (entry.revision == revision || may_be_stale)
        {
            let resolved = entry.resolved.clone();
            if entry.revision != revision && self.pending.is_none() {
                let (stage, masks) = (stage.clone(), masks.clone());
                let (done, pending) = bounded(1);
                std::thread::spawn(move || drop(done.send(Entry::new(&stage, &*masks, output, target, revision))));
                self.pending = Some(pending);
            }
            return resolved;
        }
        let entry = Entry::new(stage, &**masks, output, target, revision);
        let resolved = entry.resolved.clone();
        self.cache.insert(output, entry);
        resolved
    }

    /// Takes over the result of the thread, where it is newer.
    fn take_pending(&mut self) {
        let Some(Ok(entry)) = self.pending.as_ref().map(Receiver::try_recv) else { return };
        self.pending = None;
        if self.cache.get(&entry.resolved.id).is_none_or(|cached| cached.revision < entry.revision) {
            self.cache.insert(entry.resolved.id, entry);
        }
    }

    /// Marks all of them as stale, for the stage has changed. Those of removed outputs go at once, and those that were given
    /// another monitor: it must not show a frame of the other's.
    pub fn invalidate(&mut self, outputs: &[Output]) {
        self.revision += 1;
        self.cache.retain(|output, entry| {
            Output::find(outputs, *output).is_some_and(|now| now.monitor == entry.resolved.output.monitor)
        });
    }
}
