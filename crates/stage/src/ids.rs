//! Stable ids of outputs and surfaces, which hold while others are added, removed, renamed or reordered.

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

use super::{Output, Stage, Surface};

/// The id of an output; unique in its stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutputId(pub u32);

/// The id of a surface; unique in its stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SurfaceId(pub u32);

/// The ids of the next new output and surface: above all that the stage and its undo history have had, so that undo never
/// brings back an id that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IdAllocator {
    output: OutputId,
    surface: SurfaceId,
}

impl IdAllocator {
    /// Allocates above the ids of a stage.
    pub fn above(stage: &Stage) -> Self {
        let output = stage.outputs.iter().map(|output| output.id.0 + 1).max().unwrap_or(0);
        let surface = stage.surfaces.iter().map(|surface| surface.id.0 + 1).max().unwrap_or(0);
        Self { output: OutputId(output), surface: SurfaceId(surface) }
    }

    pub const fn output(&mut self) -> OutputId {
        let id = self.output;
        self.output.0 += 1;
        id
    }

    pub const fn surface(&mut self) -> SurfaceId {
        let id = self.surface;
        self.surface.0 += 1;
        id
    }
}

impl Stage {
    /// A stage without presets, whose outputs and surfaces are numbered in their order from 0.
    #[must_use]
    pub fn new(aspect: f64, mut outputs: Vec<Output>, mut surfaces: Vec<Surface>) -> Self {
        (0..).zip(&mut outputs).for_each(|(id, output)| output.id = OutputId(id));
        (0..).zip(&mut surfaces).for_each(|(id, surface)| surface.id = SurfaceId(id));
        Self { aspect, outputs, surfaces, presets: Vec::new() }
    }

    /// Gives outputs and surfaces the ids that they have in the stage that this one replaces, by their names; one that was
    /// renamed in its place keeps its id, too, and the others get new ones. What refers to them by id outlives a reload,
    /// whatever the order of the file.
    pub(super) fn keep_ids_of(&mut self, replaced: &Self, ids: &mut IdAllocator) {
        let known: Vec<_> = replaced.outputs.iter().map(|output| (output.name.as_str(), output.id)).collect();
        let names: Vec<_> = self.outputs.iter().map(|output| output.name.as_str()).collect();
        let kept = kept_ids(&names, &known);
        for (output, kept) in self.outputs.iter_mut().zip(kept) {
            output.id = kept.unwrap_or_else(|| ids.output());
        }
        let known: Vec<_> = replaced.surfaces.iter().map(|surface| (surface.name.as_str(), surface.id)).collect();
        let names: Vec<_> = self.surfaces.iter().map(|surface| surface.name.as_str()).collect();
        let kept = kept_ids(&names, &known);
        for (surface, kept) in self.surfaces.iter_mut().zip(kept) {
            surface.id = kept.unwrap_or_else(|| ids.surface());
        }
    }

    /// The output of an id.
    #[must_use]
    pub fn output(&self, id: OutputId) -> Option<&Output> {
        Output::find(&self.outputs, id)
    }

    /// The same, mutable.
    pub fn output_mut(&mut self, id: OutputId) -> Option<&mut Output> {
        self.outputs.iter_mut().find(|output| output.id == id)
    }

    /// The output of a name.
    #[must_use]
    pub fn output_named(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.name == name)
    }

    /// The surface of an id.
    #[must_use]
    pub fn surface(&self, id: SurfaceId) -> Option<&Surface> {
        self.surfaces.iter().find(|surface| surface.id == id)
    }

    /// The same, mutable.
    pub fn surface_mut(&mut self, id: SurfaceId) -> Option<&mut Surface> {
        self.surfaces.iter_mut().find(|surface| surface.id == id)
    }
}

impl Output {
    /// The output of an id among those of a stage.
    #[must_use]
    pub fn find(outputs: &[Self], id: OutputId) -> Option<&Self> {
        outputs.iter().find(|output| output.id == id)
    }
}

/// The ids of names among known ones, each id once: by the name, or else by the place where the name there is gone.
fn kept_ids<Id: Copy + PartialEq>(names: &[&str], known: &[(&str, Id)]) -> Vec<Option<Id>> {
    let mut kept: Vec<Option<Id>> = Vec::with_capacity(names.len());
    for name in names {
        let found = known.iter().find(|(known, id)| known == name && !kept.contains(&Some(*id)));
        kept.push(found.map(|(_, id)| *id));
    }
    for index in 0..names.len() {
        let in_place = known.get(index).map(|(_, id)| *id).filter(|id| !kept.contains(&Some(*id)));
        kept[index] = kept[index].or(in_place);
    }
    kept
}

/// Indexing by an id panics where the stage has no such output or surface.
macro_rules! index_by_id {
    ($id:ty, $item:ty, $get:ident, $get_mut:ident) => {
        impl Index<$id> for Stage {
            type Output = $item;

            fn index(&self, id: $id) -> &$item {
                self.$get(id).unwrap_or_else(|| panic!("the stage has no {id:?}"))
            }
        }

        impl IndexMut<$id> for Stage {
            fn index_mut(&mut self, id: $id) -> &mut $item {
                self.$get_mut(id).unwrap_or_else(|| panic!("the stage has no {id:?}"))
            }
        }
    };
}

index_by_id!(OutputId, Output, output, output_mut);
index_by_id!(SurfaceId, Surface, surface, surface_mut);

#[cfg(test)]
mod tests {
    use super::super::samples::any_stage;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// A stage, and another with its outputs and surfaces shuffled and some of them renamed.
    fn reordered() -> impl Strategy<Value = (Stage, Stage)> {
        any_stage().prop_flat_map(|stage| {
            let (outputs, surfaces) = (stage.outputs.len(), stage.surfaces.len());
            let after = (
                Just(stage.outputs.clone()).prop_shuffle(),
                Just(stage.surfaces.clone()).prop_shuffle(),
                prop::collection::vec(prop::bool::weighted(0.3), outputs + surfaces),
            );
            (Just(stage), after).prop_map(|(stage, (mut outputs, mut surfaces, renamed))| {
                let names = outputs.iter_mut().map(|output| &mut output.name);
                let names = names.chain(surfaces.iter_mut().map(|surface| &mut surface.name));
                names.zip(renamed).filter(|(_, renamed)| *renamed).for_each(|(name, _)| name.push('!'));
                let after = Stage::new(stage.aspect, outputs, surfaces);
                (stage, after)
            })
        })
    }

    proptest! {
        #[test]
        fn ids_follow_names_and_are_unique((before, mut after) in reordered()) {
            let mut ids = IdAllocator::above(&before);
            after.keep_ids_of(&before, &mut ids);
            let names: Vec<_> = before.outputs.iter().map(|output| &output.name).collect();
            for (index, output) in after.outputs.iter().enumerate() {
                match before.output(output.id) {
                    Some(known) if names.contains(&&output.name) => prop_assert_eq!(&known.name, &output.name),
                    Some(known) => {
                        prop_assert_eq!(known, &before.outputs[index], "renamed in its place");
                        prop_assert!(after.output_named(&known.name).is_none());
                    }
                    None => prop_assert!(!names.contains(&&output.name)),
                }
            }
            let names: Vec<_> = before.surfaces.iter().map(|surface| &surface.name).collect();
            for (index, surface) in after.surfaces.iter().enumerate() {
                match before.surface(surface.id) {
                    Some(known) if names.contains(&&surface.name) => prop_assert_eq!(&known.name, &surface.name),
                    Some(known) => {
                        prop_assert_eq!(known, &before.surfaces[index], "renamed in its place");
                        prop_assert!(after.surfaces.iter().all(|other| other.name != known.name));
                    }
                    None => prop_assert!(!names.contains(&&surface.name)),
                }
            }
            let unique: BTreeSet<_> = after.outputs.iter().map(|output| output.id).collect();
            prop_assert_eq!(unique.len(), after.outputs.len());
            let unique: BTreeSet<_> = after.surfaces.iter().map(|surface| surface.id).collect();
            prop_assert_eq!(unique.len(), after.surfaces.len());
            prop_assert!(after.outputs.iter().all(|output| after[output.id].name == output.name && output.id < ids.output));
            prop_assert!(after.surfaces.iter().all(|surface| after[surface.id].name == surface.name && surface.id < ids.surface));
        }
    }
}
