//! What the deal promises of the featured, for any crowd on any wall.

use proptest::prelude::*;

use super::super::{Deal, Direction, Motion, WallGrid};
use super::*;

const MOTION: Motion =
    Motion { speed: 0.4, variation: 0.5, direction: Direction::Alternate, drift: 0.0, stagger: None };

/// A wall, its people, and those of them who are featured: none, few, half, nearly all, all.
fn walls() -> impl Strategy<Value = (WallGrid, Vec<u32>, BTreeSet<u32>, u64)> {
    let grid = (1..20u32, 0.3..6.0f64).prop_map(|(rows, aspect)| WallGrid {
        rows,
        aspect,
        tile_aspect: 0.8,
        gap: 0.02,
        ..WallGrid::default()
    });
    let share = prop_oneof![Just(0.0), Just(0.003), 0.0..0.2f64, Just(0.5), 0.0..1.0f64, Just(0.99), Just(1.0)];
    (grid, 1..3000usize, share, any::<u64>()).prop_map(|(grid, people, share, seed)| {
        let people: Vec<u32> = (0..people as u32).collect();
        let mut some = people.clone();
        SplitMix::new(seed, 97).shuffle(&mut some);
        some.truncate((people.len() as f64 * share).ceil() as usize);
        (grid, people, some.into_iter().collect(), seed)
    })
}

fn dealt((grid, people, featured, seed): &(WallGrid, Vec<u32>, BTreeSet<u32>, u64)) -> Deal {
    Deal::featuring(people, featured, *grid, MOTION, *seed).unwrap()
}

/// The cells of a row's loop where the featured stand.
fn places(cells: &[u32], featured: &BTreeSet<u32>) -> Vec<usize> {
    (0..cells.len()).filter(|cell| featured.contains(&cells[*cell])).collect()
}

proptest! {
    #[test]
    fn everybody_is_still_dealt_and_nobody_twice_where_there_are_enough(wall in walls(), time in 0.0..1e6f64) {
        let deal = dealt(&wall);
        let (grid, people, ..) = &wall;
        let mut all: Vec<u32> = deal.rows.iter().flat_map(|row| row.cells.to_vec()).collect();
        let dealt = all.len();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(&all, people);
        if people.len() >= grid.rows as usize * grid.most_columns() {
            prop_assert_eq!(dealt, people.len());
            let plan = deal.plan(time);
            prop_assert_eq!(plan.people().len(), plan.cells().count());
        }
    }

    #[test]
    fn along_a_row_the_distances_differ_by_one_cell(wall in walls()) {
        for row in &dealt(&wall).rows {
            let places = places(&row.cells, &wall.2);
            let Some(first) = places.first() else { continue };
            let round = places.iter().copied().chain([first + row.cells.len()]).collect::<Vec<_>>();
            let mean = row.cells.len() as f64 / places.len() as f64;
            for pair in round.windows(2) {
                prop_assert!(((pair[1] - pair[0]) as f64 - mean).abs() < 1.0, "{pair:?} around {mean}");
            }
        }
    }

    #[test]
    fn any_part_of_a_row_has_its_share(wall in walls(), from: prop::sample::Index, cells: prop::sample::Index) {
        for row in &dealt(&wall).rows {
            let (from, cells) = (from.index(row.cells.len()), cells.index(row.cells.len()));
            let in_it = row.cells.iter().cycle().skip(from).take(cells).filter(|person| wall.2.contains(person)).count();
            let share = places(&row.cells, &wall.2).len() as f64 / row.cells.len() as f64;
            prop_assert!((in_it as f64 - cells as f64 * share).abs() < 1.0, "{in_it} of {cells}");
        }
    }

    #[test]
    fn any_rows_have_their_share(wall in walls(), from: prop::sample::Index, count: prop::sample::Index) {
        let (grid, people, featured, _) = &wall;
        // With fewer people, rows share their sets.
        prop_assume!(people.len() >= grid.rows as usize * grid.most_columns());
        let rows = dealt(&wall).rows;
        let counts: Vec<usize> = rows.iter().map(|row| places(&row.cells, featured).len()).collect();
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
        // Where there are fewer others than rows, the rows that are longer by one have the others.
        prop_assume!(featured.len() / rows.len() < people.len() / rows.len());
        let from = from.index(rows.len());
        let some = &counts[from..from + 1 + count.index(rows.len() - from)];
        let due = featured.len() as f64 / rows.len() as f64 * some.len() as f64;
        prop_assert!((some.iter().sum::<usize>() as f64 - due).abs() < 1.0 + 1e-9, "{some:?} where {due} are due");
    }

    #[test]
    fn any_window_of_the_wall_has_its_share_at_any_time(wall in walls(), time in 0.0..1e6f64) {
        let (grid, people, featured, _) = &wall;
        prop_assume!(people.len() >= grid.rows as usize * grid.most_columns());
        let plan = dealt(&wall).plan(time);
        let share = featured.len() as f64 / people.len() as f64;
        for (rows, columns) in [(grid.rows as usize, grid.columns(0)), (grid.rows.min(3) as usize, grid.columns(0).min(5))] {
            let seen = plan.rows.iter().take(rows).flat_map(|row| row.window().take(columns));
            let seen = seen.filter(|person| featured.contains(person)).count() as f64;
            // A row is within one of its own share, which is within a cell of everybody's.
            let due = (rows * columns) as f64 * share;
            prop_assert!((seen - due).abs() <= 2.0 * rows as f64, "{seen} where {due} are due");
        }
    }

    #[test]
    fn neighbouring_rows_do_not_line_them_up(rows in 2..20u32, featured in 1..8usize, seed: u64) {
        // All rows at one pace and of one length: what lines up at the beginning does so for ever.
        let grid = WallGrid { rows, aspect: 1.8, tile_aspect: 0.8, gap: 0.0, ..WallGrid::default() };
        let motion = Motion { variation: 0.0, direction: Direction::Left, ..MOTION };
        let each = 40.max(grid.most_columns());
        let people: Vec<u32> = (0..each as u32 * rows).collect();
        let featured: BTreeSet<u32> = (0..featured as u32 * rows).collect();
        let deal = Deal::featuring(&people, &featured, grid, motion, seed).unwrap();
        for time in [0.0, 1234.5] {
            let gap = each as f64 / (featured.len() / rows as usize) as f64;
            let at = |row: &super::super::deal::DealRow| {
                ((places(&row.cells, &featured)[0] as f64 - row.position(time)) / gap).rem_euclid(1.0)
            };
            for pair in deal.rows.windows(2) {
                let apart = (at(&pair[1]) - at(&pair[0])).rem_euclid(1.0);
                // The golden section, give or take the whole cells at both.
                prop_assert!((apart - GOLDEN).abs() <= 1.01 / gap + 1e-6, "{apart} of {gap} cells");
            }
        }
    }
}
