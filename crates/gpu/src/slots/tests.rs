//! Properties of the allocator, and its hits against those of an optimal cache.

use super::*;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

fn verify_invariants(slots: &Slots) {
    let mut occupied = 0;
    for level in Level::all() {
        let pool = &slots.pools[level.index()];
        let (mut id, mut before, mut linked) = (pool.oldest, None, 0);
        while let Some(occupant) = slots.occupant(id) {
            assert!(before.is_none_or(|used| used <= occupant.last_used), "ordered by use");
            assert_eq!(slots.resident[&occupant.portrait][level.index()], id);
            assert_eq!(slots.layers[id.layer()].level, level);
            (id, before, linked) = (occupant.newer, Some(occupant.last_used), linked + 1);
        }
        let layers = slots.layers.iter().filter(|layer| layer.level == level);
        let (all, taken) = layers.fold((0, 0), |(all, taken), layer| {
            (all + layer.occupants.len(), taken + layer.occupants.iter().flatten().count())
        });
        assert_eq!((linked, linked + pool.free.len()), (taken, all), "{level:?}");
        occupied += taken;
    }
    let resident = slots.resident.values().flatten().filter(|id| **id != SlotId::NONE).count();
    assert_eq!(occupied, resident);
}

proptest! {
    #[test]
    fn no_slot_in_use_is_evicted_and_no_slots_overlap(
        layers in 1..4u32,
        drawn in prop::collection::vec(0..300u32, 0..4),
        frames in prop::collection::vec((prop::collection::vec(0..300u32, 0..60), 5..11u32), 1..30),
    ) {
        let mut slots = Slots::new(layers);
        for (portraits, log2) in frames {
            let level = Level::of_log2(log2);
            slots.begin_frame(1);
            let drawn: Vec<_> = drawn.iter().filter_map(|portrait| Some((*portrait, slots.finest(*portrait)?))).collect();
            drawn.iter().for_each(|(_, slot)| slots.mark_drawn(*slot));
            let mut placed: HashMap<u32, Slot> = HashMap::new();
            let wanted = portraits.iter().collect::<HashSet<_>>().len();
            for portrait in portraits {
                let found = if slots.contains(portrait, level) {
                    placed.get(&portrait).copied().or_else(|| slots.of_level(portrait, level))
                } else {
                    slots.allocate(portrait, level)
                };
                if let Some(slot) = found {
                    slots.mark_used(slot);
                    prop_assert_eq!(slot.level, level);
                    placed.insert(portrait, slot);
                }
                verify_invariants(&slots);
            }
            for (portrait, slot) in &placed {
                prop_assert_eq!(slots.of_level(*portrait, level), Some(*slot));
            }
            for (portrait, slot) in &drawn {
                prop_assert_eq!(slots.of_level(*portrait, slot.level), Some(*slot), "drawn, and so not evicted");
            }
            let places: HashSet<_> = placed.values().map(|slot| (slot.layer, slot.x, slot.y)).collect();
            prop_assert_eq!(places.len(), placed.len());
            prop_assert!(placed.values().all(|slot| slot.x + slot.level.side() <= LAYER_SIDE && slot.layer < layers));
            // What is drawn may keep a layer of another level each.
            let free = layers.saturating_sub(drawn.len() as u32);
            let fits = (level.slots_a_layer() * free) as usize;
            prop_assert!(placed.len() >= wanted.min(fits), "{} of {wanted}, {fits} fit", placed.len());
        }
    }
}

#[test]
fn a_portrait_is_drawn_from_its_finest_slot_until_that_is_evicted() {
    let mut slots = Slots::new(8);
    for log2 in [4, 6, 8] {
        slots.allocate(7, Level::of_log2(log2)).unwrap();
    }
    assert_eq!(slots.finest(7).unwrap().level.side(), 256);
    assert!(slots.finest(8).is_none() && slots.take_evicted().is_empty());
    let id = slots.resident[&7][Level::of_log2(8).index()];
    slots.free(id);
    assert_eq!((slots.finest(7).unwrap().level.side(), slots.take_evicted()), (64, vec![7]));
}

#[test]
fn what_is_examined_in_turn_is_in_use_for_a_turn_and_a_level_that_was_left_makes_room() {
    let [large, small] = [10, 9].map(Level::of_log2);
    let mut slots = Slots::new(3);
    assert!((0..4).all(|portrait| slots.allocate(portrait, large).is_some()));
    // A zoom has gone on to smaller tiles, of which half are used in each frame.
    let frame = |slots: &mut Slots, step: u32| {
        slots.begin_frame(2);
        let shown = (0..32).filter(|portrait| portrait % 2 == step % 2);
        shown.for_each(|portrait| {
            let slot = slots.of_level(portrait, small).or_else(|| slots.allocate(portrait, small));
            slots.mark_used(slot.unwrap());
        });
    };
    (0..STALE_FRAMES as u32 * 2).for_each(|step| frame(&mut slots, step));
    assert!(slots.take_evicted().is_empty(), "three layers hold both");
    // More take the layer that was left, and none of those that are in use.
    frame(&mut slots, 0);
    assert!((32..48).all(|portrait| slots.allocate(portrait, small).is_some()));
    assert_eq!(slots.take_evicted(), [0, 1, 2, 3]);
    frame(&mut slots, 1);
    assert!(slots.may_take(small) && slots.allocate(48, small).is_none() && !slots.may_take(small));
    (0..FULL_FRAMES).for_each(|_| slots.begin_frame(2));
    assert!(slots.may_take(small) && slots.allocate(48, small).is_some());
}

#[test]
fn what_was_left_makes_room_before_another_layer_comes_into_use() {
    let [large, small] = [10, 9].map(Level::of_log2);
    let mut slots = Slots::new(8);
    assert!((0..4).all(|portrait| slots.allocate(portrait, large).is_some()));
    slots.begin_frame(1);
    assert!(slots.needs_layer(large) && slots.allocate(4, large).is_some(), "those of the frame before may be back");
    assert_eq!(slots.layers(), 2);
    (0..=LEFT_FRAMES).for_each(|_| {
        slots.begin_frame(1);
        slots.mark_used(slots.of_level(4, large).unwrap());
    });
    assert!((5..12).all(|portrait| !slots.needs_layer(large) && slots.allocate(portrait, large).is_some()));
    assert_eq!((slots.layers(), slots.take_evicted()), (2, vec![0, 1, 2, 3]));
    // All of a layer, for a level that has none.
    (0..=LEFT_FRAMES).for_each(|_| {
        slots.begin_frame(1);
        slots.mark_used(slots.of_level(4, large).unwrap());
    });
    assert!(!slots.needs_layer(small) && slots.allocate(0, small).is_some());
    assert_eq!((slots.layers(), slots.take_evicted().len()), (2, 4));
    verify_invariants(&slots);
    // And what a turn takes is in use.
    slots.begin_frame(LEFT_FRAMES * 2);
    assert!((20..40).all(|portrait| slots.allocate(portrait, large).is_some()));
    assert!(slots.layers() > 2 && slots.finest(4).is_some());
}

#[test]
fn small_tiles_are_evicted_by_rows_and_the_next_lie_side_by_side() {
    let small = Level::of_log2(6);
    let mut slots = Slots::new(1);
    assert!((0..1024).all(|portrait| slots.allocate(portrait, small).is_some()));
    slots.begin_frame(1);
    // One of the first row is still shown, and so are all after that.
    for portrait in (5..6).chain(32..1024) {
        slots.mark_used(slots.of_level(portrait, small).unwrap());
    }
    let new: Vec<_> = (2000..2031).map(|portrait| slots.allocate(portrait, small).unwrap()).collect();
    assert!(new.iter().all(|slot| slot.y == 0) && new.is_sorted_by(|a, b| a.x < b.x));
    assert_eq!(slots.take_evicted().len(), 31);
    assert!(slots.finest(5).is_some() && slots.allocate(2031, small).is_none());
    verify_invariants(&slots);
}

#[test]
fn a_full_frame_is_refused_and_the_next_one_starts_afresh() {
    let mut slots = Slots::new(1);
    let large = Level::of_log2(10);
    assert!((0..4).all(|portrait| slots.allocate(portrait, large).is_some()));
    assert!(slots.allocate(4, large).is_none() && slots.take_floor_layer().is_none());
    slots.begin_frame(1);
    assert_eq!(slots.take_floor_layer(), Some(0));
    assert!(slots.finest(1).is_none(), "its layer has gone to the floor");
    slots.begin_frame(1);
    assert!(slots.allocate(5, large).is_none() && slots.take_floor_layer().is_none(), "and stays there");
}

/// The hits of an optimal cache of `size` entries, which knows the future (Bélády 1966).
fn optimal_hits(accesses: &[u32], size: usize) -> usize {
    let (mut cached, mut hits): (HashSet<u32>, usize) = (HashSet::new(), 0);
    for (now, portrait) in accesses.iter().enumerate() {
        if !cached.contains(portrait) {
            let next =
                |portrait: &u32| accesses[now..].iter().position(|other| other == portrait).unwrap_or(usize::MAX);
            if cached.len() == size {
                let farthest = cached.iter().copied().max_by_key(|portrait| (next(portrait), *portrait)).unwrap();
                cached.remove(&farthest);
            }
            cached.insert(*portrait);
        } else {
            hits += 1;
        }
    }
    hits
}

#[test]
fn on_a_wall_that_scrolls_least_recent_use_is_near_the_optimum() {
    // Rows of loops pass a window: each is a slot of 1024 texels, of which four layers hold sixteen.
    let large = Level::of_log2(10);
    for (rows, columns, length) in [(2, 5, 30), (3, 4, 12), (1, 12, 20)] {
        let mut slots = Slots::new(4);
        let (mut hits, mut accesses) = (0, Vec::new());
        for step in 0..length * 6 {
            slots.begin_frame(1);
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let portrait = row * 1000 + (step / 3 + column) % length;
                accesses.push(portrait);
                if let Some(slot) = slots.of_level(portrait, large) {
                    hits += 1;
                    slots.mark_used(slot);
                } else {
                    assert!(slots.allocate(portrait, large).is_some(), "a window fits");
                }
            }
        }
        let optimal = optimal_hits(&accesses, 16);
        assert!(hits as f64 >= optimal as f64 * 0.9, "{hits} of {optimal}");
    }
}
