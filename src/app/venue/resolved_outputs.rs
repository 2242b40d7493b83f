//! The stage's outputs, resolved for their windows. See [`ResolvedOutputs`].

use std::collections::HashMap;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};
use glam::UVec2;

use super::Masks;
use millions_stage::{MaskFiles, Output, ResolvedOutput, Stage};

/// A cache of resolved outputs, and the thread that makes them anew while the stage is edited.
#[derive(Default)]
pub struct ResolvedOutputs {
    /// By output.
    cache: HashMap<usize, Entry>,
    /// The one that a thread resolves.
    pending: Option<Receiver<Entry>>,
    /// The number of the stage, which grows with every change.
    revision: u64,
}

struct Entry {
    output: usize,
    target: UVec2,
    revision: u64,
    resolved: Arc<ResolvedOutput>,
}

impl Entry {
    /// Resolves an output; where that cannot be shown, it is black, and everything else plays on.
    fn new(stage: &Stage, masks: &dyn MaskFiles, (output, target): (usize, UVec2), revision: u64) -> Self {
        let name = stage.outputs.get(output).map_or("", |output| output.name.as_str());
        let resolved = match stage.resolve(name, target, masks) {
            Ok(resolved) => {
                for fault in &resolved.faults {
                    tracing::error!("{fault}");
                }
                resolved
            }
            Err(fault) => {
                tracing::error!("{fault}");
                ResolvedOutput { index: output, surfaces: Vec::new(), ..ResolvedOutput::plain(target) }
            }
        };
        Self { output, target, revision, resolved: Arc::new(resolved) }
    }
}

impl ResolvedOutputs {
    /// Returns an output resolved for a target of that size, in pixels. One of an earlier stage will do where `may_be_stale`: a
    /// thread resolves it meanwhile.
    pub fn get(
        &mut self,
        stage: &Stage,
        masks: &Masks,
        (output, target): (usize, UVec2),
        may_be_stale: bool,
    ) -> Arc<ResolvedOutput> {
        self.take_pending();
        let cached = self.cache.get(&output).filter(|entry| entry.target == target);
        if let Some(entry) = cached
            && (entry.revision == self.revision || may_be_stale)
        {
            let (is_stale, resolved) = (entry.revision != self.revision, entry.resolved.clone());
            if is_stale && self.pending.is_none() {
                let (stage, masks, revision) = (stage.clone(), masks.clone(), self.revision);
                let (done, pending) = bounded(1);
                std::thread::spawn(move || drop(done.send(Entry::new(&stage, &*masks, (output, target), revision))));
                self.pending = Some(pending);
            }
            return resolved;
        }
        let entry = Entry::new(stage, &**masks, (output, target), self.revision);
        let resolved = entry.resolved.clone();
        self.cache.insert(output, entry);
        resolved
    }

    /// Takes what the thread has resolved, where it is newer.
    fn take_pending(&mut self) {
        let Some(Ok(entry)) = self.pending.as_ref().map(Receiver::try_recv) else { return };
        self.pending = None;
        if self.cache.get(&entry.output).is_none_or(|cached| cached.revision < entry.revision) {
            self.cache.insert(entry.output, entry);
        }
    }

    /// Makes all of them stale, for the stage has changed. Those of outputs that are others now go at once: no frame of another
    /// output may be shown.
    pub fn invalidate(&mut self, outputs: &[Output]) {
        self.revision += 1;
        self.cache.retain(|output, entry| {
            let before = &entry.resolved.output;
            outputs.get(*output).is_some_and(|now| before.name == now.name && before.monitor == now.monitor)
        });
    }
}
