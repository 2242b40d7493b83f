//! The stage's outputs, resolved for their windows. See [`ResolvedOutputs`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use glam::UVec2;

use super::Masks;
use millions_stage::{MaskImages, Output, OutputId, ResolvedOutput, Stage};

/// How long outputs wait for what their frames need on the graphics card. A driver that takes longer makes a frame late.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// A cache of resolved outputs. Their output masks take longer than a frame, so a thread resolves them when the stage has changed;
/// so do the pipelines that another calibration may need. Until both are there they are those of the stage before.
#[derive(Default)]
pub struct ResolvedOutputs {
    cache: HashMap<OutputId, Entry>,
    /// The results of the thread, while it runs.
    pending: Option<Receiver<Vec<Entry>>>,
    /// Results that wait to be taken over, and since when they do.
    resolved: Vec<Entry>,
    waiting_since: Option<Instant>,
    /// The number of the stage, which grows with every change.
    revision: u64,
    /// The first stage whose outputs are on the monitors of now: what was resolved for those before is not shown.
    oldest: u64,
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
                black(output, target)
            }
        };
        Self { target, revision, resolved: Arc::new(resolved) }
    }
}

impl ResolvedOutputs {
    /// Returns an output resolved for a target of a size in pixels: of an earlier stage, while a thread resolves it, and black
    /// before the first. All outputs change together, but while the stage is edited each as soon as it can.
    pub fn get(
        &mut self,
        stage: &Stage,
        masks: &Masks,
        output: OutputId,
        target: UVec2,
        is_editing: bool,
    ) -> Arc<ResolvedOutput> {
        let revision = self.revision;
        let cached = self.cache.get(&output).filter(|entry| entry.target == target);
        if let Some(entry) = cached.filter(|entry| entry.revision == revision) {
            return entry.resolved.clone();
        }
        let before = cached.map(|entry| entry.resolved.clone());
        if stage.is_unmapped() {
            // Without an output mask that takes no time; one that shows something already is resolved by `adopt`.
            return before.unwrap_or_else(|| {
                let entry = Entry::new(stage, &**masks, output, target, revision);
                let resolved = entry.resolved.clone();
                self.cache.insert(output, entry);
                resolved
            });
        }
        if self.pending.is_none() && self.resolved.is_empty() {
            let mut stale = vec![(output, target)];
            if !is_editing {
                let others = self.cache.iter().filter(|(id, entry)| **id != output && entry.revision != revision);
                stale.extend(others.map(|(id, entry)| (*id, entry.target)));
            }
            let (stage, masks) = (stage.clone(), masks.clone());
            let (done, pending) = bounded(1);
            std::thread::spawn(move || {
                let entry = |(output, target)| Entry::new(&stage, &*masks, output, target, revision);
                // The receiver is gone only at the end.
                let _ = done.send(stale.into_iter().map(entry).collect());
            });
            self.pending = Some(pending);
        }
        before.unwrap_or_else(|| Arc::new(black(output, target)))
    }

    /// Takes over what was resolved, before a frame of all outputs: once all of it `can_be_drawn` without a wait, or has waited for
    /// [`READY_WITHIN`]. An output that shows nothing yet waits for nothing.
    pub fn adopt(&mut self, stage: &Stage, masks: &Masks, can_be_drawn: impl FnMut(&ResolvedOutput) -> bool) {
        match self.pending.as_ref().map(Receiver::try_recv) {
            Some(Err(TryRecvError::Empty)) | None => {}
            Some(done) => {
                self.pending = None;
                self.resolved.extend(done.unwrap_or_default());
            }
        }
        if stage.is_unmapped() {
            let stale = self.cache.iter().filter(|(_, entry)| entry.revision != self.revision);
            let entry =
                |(id, entry): (&OutputId, &Entry)| Entry::new(stage, &**masks, *id, entry.target, self.revision);
            self.resolved = stale.map(entry).collect();
        }
        self.resolved.retain(|entry| entry.revision >= self.oldest);
        if self.resolved.is_empty() {
            self.waiting_since = None;
            return;
        }
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let has_shown =
            |entry: &&Entry| self.cache.get(&entry.resolved.id).is_some_and(|shown| shown.target == entry.target);
        // All are asked, so that all are made ready.
        let waiting = self.resolved.iter().filter(has_shown).map(|entry| &*entry.resolved);
        let waits = waiting.map(can_be_drawn).filter(|can| !can).count() > 0;
        if !waits || since.elapsed() > READY_WITHIN {
            self.cache.extend(self.resolved.drain(..).map(|entry| (entry.resolved.id, entry)));
            self.waiting_since = None;
        }
    }

    /// Marks all of them as stale, for the stage has changed. Those of removed outputs go at once, and those that were given
    /// another monitor: it must not show a frame of the other's.
    pub fn invalidate(&mut self, outputs: &[Output]) {
        self.revision += 1;
        let before = self.cache.len();
        self.cache.retain(|output, entry| {
            Output::find(outputs, *output).is_some_and(|now| now.monitor == entry.resolved.output.monitor)
        });
        if self.cache.len() < before {
            self.oldest = self.revision;
        }
    }
}

/// An output that shows nothing.
fn black(output: OutputId, target: UVec2) -> ResolvedOutput {
    ResolvedOutput { id: output, surfaces: Vec::new(), ..ResolvedOutput::plain(target) }
}

#[cfg(test)]
mod tests {
    use super::*;

    use millions_stage::{MonitorId, NoMaskImages};

    #[test]
    fn outputs_change_together_once_their_masks_are_there() {
        let size = UVec2::new(320, 200);
        let mut stage = Stage::side_by_side(["left", "right"].map(|name| Output::new(name, size)).to_vec());
        let ids: Vec<_> = stage.outputs.iter().map(|output| output.id).collect();
        let masks: Masks = Arc::new(NoMaskImages);
        let mut outputs = ResolvedOutputs::default();
        let gains = |outputs: &mut ResolvedOutputs, stage: &Stage| {
            outputs.adopt(stage, &masks, |_| true);
            ids.iter().map(|id| outputs.get(stage, &masks, *id, size, false)).collect::<Vec<_>>()
        };
        assert!(gains(&mut outputs, &stage).iter().all(|resolved| resolved.surfaces.is_empty()), "black at first");
        let until =
            |outputs: &mut ResolvedOutputs, stage: &Stage, is_there: &dyn Fn(&[Arc<ResolvedOutput>]) -> bool| {
                let began = Instant::now();
                loop {
                    let now = gains(outputs, stage);
                    if is_there(&now) {
                        return now;
                    }
                    assert!(began.elapsed() < Duration::from_secs(120), "in vain");
                    std::thread::sleep(Duration::from_millis(1));
                }
            };
        let first = until(&mut outputs, &stage, &|now| now.iter().all(|resolved| resolved.surfaces.len() == 1));
        for (output, gain) in stage.outputs.iter_mut().zip([0.5, 0.25]) {
            output.colour.gain = [gain; 3];
        }
        outputs.invalidate(&stage.outputs);
        assert!(gains(&mut outputs, &stage).iter().zip(&first).all(|(now, first)| Arc::ptr_eq(now, first)));
        until(&mut outputs, &stage, &|now| {
            let changed = now.iter().zip(&first).filter(|(now, first)| !Arc::ptr_eq(now, first)).count();
            assert_ne!(changed, 1, "one without the other");
            changed == 2
        });
        // Another monitor shows nothing of what was for the one before, also if a thread is just resolving it.
        outputs.invalidate(&stage.outputs);
        gains(&mut outputs, &stage);
        stage.outputs[0].monitor = Some(MonitorId { port: Some("HDMI-1".to_owned()), name: None, serial: None });
        outputs.invalidate(&stage.outputs);
        let was_resolving = outputs.pending.take().map(|pending| pending.recv().unwrap());
        let (done, pending) = bounded(1);
        done.send(was_resolving.unwrap()).unwrap();
        outputs.pending = Some(pending);
        let [left, right] = gains(&mut outputs, &stage).try_into().unwrap();
        assert!(left.surfaces.is_empty() && !right.surfaces.is_empty());
    }

    #[test]
    fn outputs_that_cannot_be_drawn_yet_wait_but_not_for_ever() {
        let size = UVec2::new(320, 200);
        // The first has no output masks, and is resolved at once.
        for names in [&["only"][..], &["left", "right"]] {
            let mut stage = Stage::side_by_side(names.iter().map(|name| Output::new(*name, size)).collect());
            assert_eq!(stage.is_unmapped(), names.len() == 1);
            let masks: Masks = Arc::new(NoMaskImages);
            let mut outputs = ResolvedOutputs::default();
            let ids: Vec<_> = stage.outputs.iter().map(|output| output.id).collect();
            let are =
                |outputs: &mut ResolvedOutputs, stage: &Stage, gain: f32, can: &dyn Fn(&ResolvedOutput) -> bool| {
                    outputs.adopt(stage, &masks, can);
                    let resolved: Vec<_> = ids.iter().map(|id| outputs.get(stage, &masks, *id, size, false)).collect();
                    let is_lit =
                        |now: &Arc<ResolvedOutput>| !now.surfaces.is_empty() && now.output.colour.gain[0] == gain;
                    resolved.iter().all(is_lit)
                };
            let until =
                |outputs: &mut ResolvedOutputs, stage: &Stage, gain: f32, can: &dyn Fn(&ResolvedOutput) -> bool| {
                    let began = Instant::now();
                    while !are(outputs, stage, gain, can) {
                        assert!(began.elapsed() < Duration::from_secs(120), "in vain");
                        std::thread::sleep(Duration::from_millis(1));
                    }
                };
            until(&mut outputs, &stage, 1.0, &|_| false);
            let change = |outputs: &mut ResolvedOutputs, stage: &mut Stage, gain: f32| {
                stage.outputs.iter_mut().for_each(|output| output.colour.gain = [gain; 3]);
                outputs.invalidate(&stage.outputs);
            };
            change(&mut outputs, &mut stage, 0.5);
            // One of two is enough to keep both waiting.
            let began = Instant::now();
            while began.elapsed() < READY_WITHIN / 4 {
                assert!(are(&mut outputs, &stage, 1.0, &|resolved| resolved.id != ids[0]), "as before");
            }
            until(&mut outputs, &stage, 0.5, &|_| true);
            change(&mut outputs, &mut stage, 0.25);
            until(&mut outputs, &stage, 0.25, &|_| false);
        }
    }
}
