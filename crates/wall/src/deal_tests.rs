//! What a deal promises, for any crowd on any wall.

use std::collections::HashMap;

use proptest::prelude::*;

use super::super::{CellPortrait, Deal, Direction, EMPTY_CELL, Flow, Motion, WallGrid};

fn walls() -> impl Strategy<Value = (WallGrid, Motion, u64)> {
    let flows = prop::sample::select(vec![Flow::Rows, Flow::Columns]);
    let shape = (1..30u32, 0.2..9.0f64, 0.5..1.5f64, 0.0..0.3f64);
    let depth = prop_oneof![Just(1.0), 1.0..6.0f64];
    let grid =
        (shape, flows, depth, any::<bool>()).prop_map(|((rows, aspect, tile_aspect, gap), flow, depth, drifts)| {
            WallGrid { rows, aspect, tile_aspect, gap, flow, depth: if drifts { 1.0 } else { depth }, drifts }
        });
    let directions = [Direction::Alternate, Direction::Left, Direction::Right, Direction::Mixed];
    let stagger = prop_oneof![Just(None), (0.0..1.0f64).prop_map(Some)];
    let motion = (0.01..3.0f64, 0.0..1.0f64, prop::sample::select(directions.to_vec()), -2.0..2.0f64, stagger);
    let motion = motion.prop_map(|(speed, variation, direction, drift, stagger)| Motion {
        speed,
        variation,
        direction,
        drift,
        stagger,
    });
    (grid, motion, any::<u64>())
}

proptest! {
    #[test]
    fn everybody_is_dealt_and_nobody_else((grid, motion, seed) in walls(), people in 1..2000u32) {
        let portraits: Vec<u32> = (0..people).map(|n| n * 3).collect();
        let deal = Deal::new(&portraits, grid, motion, seed).unwrap();
        let mut dealt: Vec<u32> = deal.rows.iter().flat_map(|row| row.cells.to_vec()).collect();
        dealt.sort_unstable();
        dealt.dedup();
        prop_assert_eq!(dealt, portraits);
    }

    #[test]
    fn nobody_appears_twice_while_there_are_enough(
        (grid, motion, seed) in walls(), spare in 0..500usize, time in -1e6..2e9f64,
    ) {
        let people = grid.dealt_rows() * grid.most_columns() + spare;
        let portraits: Vec<u32> = (0..people as u32).collect();
        let plan = Deal::new(&portraits, grid, motion, seed).unwrap().plan(time);
        prop_assert_eq!(plan.people().len(), plan.cells().count());
    }

    #[test]
    fn repeats_stand_as_far_apart_as_the_sets_allow(
        (grid, motion, seed) in walls(), share in 0.02..1.0f64, time in 0.0..1e6f64,
    ) {
        let enough = grid.dealt_rows() * grid.most_columns();
        let people = ((enough as f64 * share) as usize).max(1);
        let portraits: Vec<u32> = (0..people as u32).collect();
        let plan = Deal::new(&portraits, grid, motion, seed).unwrap().plan(time);
        let rows_apart = people / grid.most_columns();
        let mut places: HashMap<u32, Vec<(usize, usize)>> = HashMap::new();
        for (number, row) in plan.rows.iter().enumerate() {
            for column in 0..row.columns {
                places.entry(row.cell(column)).or_default().push((number, column));
            }
        }
        for places in places.values() {
            for (one, other) in places.iter().zip(&places[1..]) {
                if one.0 == other.0 {
                    prop_assert!(rows_apart == 0 && other.1 - one.1 >= people, "{one:?} {other:?} of {people}");
                } else {
                    prop_assert!(other.0 - one.0 >= rows_apart.max(1));
                }
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_wall_and_the_period_closes_it(
        (grid, motion, seed) in walls(), people in 1..600u32, time in 0.0..1e5f64,
    ) {
        let portraits: Vec<u32> = (0..people).collect();
        let mut shuffled = portraits.clone();
        shuffled.reverse();
        let deal = Deal::new(&portraits, grid, motion, seed).unwrap();
        prop_assert_eq!(&deal, &Deal::new(&shuffled, grid, motion, seed).unwrap());
        let (now, later) = (deal.plan(time), deal.plan(time + deal.period_secs().unwrap()));
        for (row, (a, b)) in now.rows.iter().zip(&later.rows).enumerate() {
            let apart = f64::from(a.hidden - b.hidden).abs();
            let moved = (a.top - b.top).abs();
            prop_assert!(moved < 1e-3 || moved > grid.row(0).1 * (grid.dealt_rows() as f64 - 1.001), "row {row}: {a:?} {b:?}");
            // Either the same place, or rounding put it on the other side of a cell's edge.
            prop_assert!(!(1e-3..=1.0 - 1e-3).contains(&apart), "row {row}: {a:?} {b:?}");
            if apart < 1e-3 {
                prop_assert!(a.window().eq(b.window()));
            }
        }
    }

    #[test]
    fn the_wall_is_covered_at_any_time((grid, motion, seed) in walls(), time in 0.0..1e6f64) {
        let plan = Deal::new(&[1, 2, 3], grid, motion, seed).unwrap().plan(time);
        let (along, across) = grid.extent();
        let mut rows = plan.rows.clone();
        rows.sort_by(|a, b| a.top.total_cmp(&b.top));
        prop_assert!(rows[0].top <= 1e-9 && rows.last().is_some_and(|row| row.top + row.height >= across - 1e-9));
        for pair in rows.windows(2) {
            prop_assert!((pair[0].top + pair[0].height - pair[1].top).abs() < 1e-9, "{pair:?}");
        }
        for row in &rows {
            let length = (row.columns as f64 - f64::from(row.hidden)) * grid.pitch() * row.height;
            prop_assert!(length >= along - 1e-6, "{row:?} is {length} long");
        }
    }

    #[test]
    fn a_cell_is_where_the_plan_has_it((grid, motion, seed) in walls(), time in 0.0..1e5f64, later in 0.0..3.0f64) {
        let people = grid.dealt_rows() as u32 * grid.most_columns() as u32 + 9;
        let deal = Deal::new(&(0..people).collect::<Vec<_>>(), grid, motion, seed).unwrap();
        let plan = deal.plan(time);
        let visible = deal.visible_at_both([time, time + later]);
        for CellPortrait { row, cell, portrait } in visible {
            let (place, column) = plan.find(portrait).unwrap();
            prop_assert_eq!((plan.rows[place].index, plan.rows[place].cell(column)), (row, portrait));
            let [upper_left, lower_right] = deal.tile_at(row, cell, time).unwrap();
            prop_assert!((upper_left + lower_right).distance(plan.middle(&plan.rows[place], column) * 2.0) < 1e-4);
            prop_assert!(upper_left.min_element() > -1e-6 && lower_right.x < grid.aspect + 1e-6 && lower_right.y < 1.0 + 1e-6);
        }
    }

    #[test]
    fn a_wall_that_is_dealt_anew_goes_on((grid, motion, seed) in walls(), time in 0.0..1e9f64, speed in 0.01..3.0f64) {
        let people: Vec<u32> = (0..grid.dealt_rows() as u32 * grid.most_columns() as u32 + 9).collect();
        let before = Deal::new(&people, grid, motion, seed).unwrap();
        let mut after = Deal::new(&people, grid, Motion { speed, ..motion }, seed).unwrap();
        after.continue_from(&before, time);
        for (one, other) in before.plan(time).rows.iter().zip(&after.plan(time).rows) {
            prop_assert!((one.hidden - other.hidden).abs() < 1e-3 || (one.hidden - other.hidden).abs() > 0.999);
        }
    }

    #[test]
    fn rows_move_smoothly((grid, motion, seed) in walls(), people in 1..600u32, time in 0.0..1e9f64) {
        let portraits: Vec<u32> = (0..people).collect();
        let deal = Deal::new(&portraits, grid, motion, seed).unwrap();
        for row in &deal.rows {
            let length = row.cells.len() as f64;
            let moved = (row.position(time) - row.position(time + 1.0 / 60.0)).rem_euclid(length);
            let want = (row.cells_per_sec / 60.0).rem_euclid(length);
            let off = (moved - want).abs();
            prop_assert!(off.min(length - off) < 1e-4, "{moved} {want}");
        }
    }
}

#[test]
fn the_deal_of_a_seed_never_changes() {
    // A show that ran last year shows the same wall this year: these are figures to keep, not to update.
    let grid = WallGrid { rows: 2, aspect: 1.6, tile_aspect: 0.8, gap: 0.0, ..WallGrid::default() };
    let motion = Motion { speed: 0.5, variation: 0.5, direction: Direction::Alternate, ..Motion::default() };
    let deal = Deal::new(&(0..12).collect::<Vec<_>>(), grid, motion, 7).unwrap();
    assert_eq!([&deal.rows[0].cells[..], &deal.rows[1].cells[..]], [[6, 5, 7, 11, 1, 8], [9, 10, 0, 3, 2, 4]]);
}

#[test]
fn an_empty_crowd_is_a_dark_wall_and_a_senseless_one_an_error() {
    let grid = WallGrid { rows: 3, aspect: 1.6, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
    let motion = Motion { speed: 0.5, variation: 0.5, direction: Direction::Left, ..Motion::default() };
    let plan = Deal::new(&[], grid, motion, 7).unwrap().plan(3.0);
    assert!(plan.cells().all(|cell| cell == EMPTY_CELL));
    for wrong in [
        WallGrid { rows: 0, ..grid },
        WallGrid { aspect: f64::NAN, ..grid },
        WallGrid { gap: 1.0, ..grid },
        WallGrid { rows: 100_000, ..grid },
    ] {
        assert!(Deal::new(&[1], wrong, motion, 7).is_err());
    }
}
