//! Properties of mosaics.

use glam::DVec2;
use millions_base::SplitMix;
use proptest::prelude::*;

use super::*;
use crate::View;

fn greys(random: &mut SplitMix) -> [u8; 16] {
    // A mean, and some light and shade about it, as tiles have.
    let (mean, spread) = (random.below(200) as i32 + 28, random.below(60) as i32 + 1);
    std::array::from_fn(|_| (mean + random.below(spread as usize * 2) as i32 - spread).clamp(0, 255) as u8)
}

fn features(count: usize, seed: u64) -> Vec<Features> {
    let mut random = SplitMix::new(seed, 7);
    (0..count).map(|_| Features::new(&greys(&mut random))).collect()
}

fn cost(people: &[Features], cells: &[Features], of: &[u32]) -> u64 {
    cells.iter().zip(of).map(|(cell, person)| u64::from(cell.distance(&people[*person as usize]))).sum()
}

/// The cost of the best assignment of as many people as cells, each once (Kuhn 1955, with potentials).
fn best_cost(people: &[Features], cells: &[Features]) -> u64 {
    let count = cells.len();
    let cost = |cell: usize, person: usize| i64::from(cells[cell - 1].distance(&people[person - 1]));
    let (mut of_cell, mut of_person) = (vec![0_i64; count + 1], vec![0_i64; count + 1]);
    let mut cell_of = vec![0; count + 1];
    for cell in 1..=count {
        cell_of[0] = cell;
        let (mut least, mut way, mut is_used) = (vec![i64::MAX; count + 1], vec![0; count + 1], vec![false; count + 1]);
        let mut at = 0;
        while cell_of[at] != 0 {
            is_used[at] = true;
            let (own, mut delta, mut next) = (cell_of[at], i64::MAX, 0);
            for person in (1..=count).filter(|person| !is_used[*person]) {
                let reduced = cost(own, person) - of_cell[own] - of_person[person];
                if reduced < least[person] {
                    (least[person], way[person]) = (reduced, at);
                }
                if least[person] < delta {
                    (delta, next) = (least[person], person);
                }
            }
            for person in 0..=count {
                if is_used[person] {
                    of_cell[cell_of[person]] += delta;
                    of_person[person] -= delta;
                } else {
                    least[person] = least[person].saturating_sub(delta);
                }
            }
            at = next;
        }
        while at != 0 {
            cell_of[at] = cell_of[way[at]];
            at = way[at];
        }
    }
    (1..=count).map(|person| cost(cell_of[person], person) as u64).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn everybody_is_there_as_often_as_allowed_and_not_beside_themselves(
        people in 1..400usize, columns in 1..24usize, rows in 1..24usize, repeats in 0..6u32, spacing in 1..8u32, seed: u64,
    ) {
        let (faces, cells) = (features(people, seed), features(columns * rows, seed ^ 1));
        let options = MosaicOptions { columns, repeats: (repeats > 0).then_some(repeats), spacing, seed };
        let mosaic = assign(&faces, &cells, &options);
        prop_assert_eq!(mosaic.people.len(), cells.len());
        prop_assert_eq!(&mosaic, &assign(&faces, &cells, &options), "the same once more");
        let mut used = vec![0; people];
        mosaic.people.iter().for_each(|person| used[*person as usize] += 1);
        let most = (cells.len().div_ceil(people) as u32).max(repeats);
        prop_assert!(repeats == 0 || used.iter().all(|used| *used <= most), "{used:?}");
        prop_assert!(mosaic.spacing <= spacing);
        let at = |cell: usize| ((cell % columns) as i64, (cell / columns) as i64);
        for (cell, person) in mosaic.people.iter().enumerate() {
            for (other, _) in mosaic.people.iter().enumerate().skip(cell + 1).filter(|(_, other)| *other == person) {
                let ((x, y), (u, v)) = (at(cell), at(other));
                let apart = (x - u).pow(2) + (y - v).pow(2);
                prop_assert!(apart >= i64::from(mosaic.spacing).pow(2), "{apart}, {}", mosaic.spacing);
            }
        }
    }

    #[test]
    fn it_is_nearly_the_best_that_there_is(count in 10..70usize, seed: u64) {
        let (people, cells) = (features(count, seed), features(count, seed ^ 1));
        let options = MosaicOptions { columns: count, repeats: Some(1), spacing: 1, seed };
        let found = cost(&people, &cells, &assign(&people, &cells, &options).people);
        let best = best_cost(&people, &cells);
        prop_assert!(found >= best && found as f64 <= best as f64 * 1.12, "{found}, {best}");
    }

    #[test]
    fn distances_are_those_of_pictures(a: [u8; 16], b: [u8; 16], level in 0..=255u8, other in 0..=255u8) {
        let (one, two) = (Features::new(&a), Features::new(&b));
        prop_assert_eq!(one.distance(&two), two.distance(&one));
        // Between what the finest and the mean weigh of the sum of squares, and the rounding of each coefficient.
        let squares: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(b)).powi(2)).sum();
        let distance = f64::from(one.distance(&two)).sqrt();
        prop_assert!(distance <= squares.sqrt() * 3.0 + 6.0 && distance >= squares.sqrt() * 1.9 - 6.0, "{distance} {squares}");
        let even = |level: u8| Features::new(&[level; 16]);
        let levels = u32::from(level.abs_diff(other));
        prop_assert_eq!(even(level).distance(&even(other)), levels * levels * LEVEL);
        prop_assert!((even(level).grey() - f32::from(level)).abs() < 1e-3);
    }

    #[test]
    fn a_panel_is_where_its_cells_are(
        columns in 1..40usize, rows in 1..40usize, x in -1.0..2.0f64, y in -0.5..1.5f64, log in -4.0..2.0f64,
    ) {
        let cells: Vec<u32> = (0..(columns * rows) as u32).collect();
        let panel = MosaicPanel::new(&cells, &vec![0.5; cells.len()], columns, 0.8);
        let view = View { centre: DVec2::new(x, y), height: log.exp() };
        let plan = panel.plan(&view, 1.6);
        let mut seen = Vec::new();
        for row in &plan.rows {
            for column in 0..row.columns {
                let cell = row.cell(column);
                let [low, high] = panel.cell(cell as usize);
                let middle = view.seen((low + high) / 2.0, 1.6);
                prop_assert!(plan.middle(row, column).distance(middle) < 1e-4 * row.height.max(1.0), "{cell}");
                seen.push(cell);
            }
        }
        // All that are seen are there.
        for cell in cells.iter().filter(|cell| !seen.contains(cell)) {
            let [low, high] = panel.cell(*cell as usize).map(|corner| view.seen(corner, 1.6));
            prop_assert!(high.x <= 1e-9 || low.x >= 1.6 - 1e-9 || high.y <= 1e-9 || low.y >= 1.0 - 1e-9, "{cell}");
        }
        prop_assert_eq!(panel.stops(&plan, 0.5), vec![0.25; plan.cell_count()]);
    }
}

#[test]
fn a_picture_is_cut_into_cells_by_its_light() {
    let picture: Vec<u8> = (0..12 * 8).map(|index| if index % 12 < 6 { 0 } else { 255 }).collect();
    let target = MosaicPicture::new(&picture, [12, 8], [2, 1]).unwrap();
    assert_eq!((target.cell(0), target.cell(1)), ([0; 16], [255; 16]));
    let one = MosaicPicture::new(&picture, [12, 8], [1, 1]).unwrap().cell(0);
    assert_eq!(one[..4], [0, 0, 255, 255]);
    // Half of the light is 188 of 255.
    let mixed = MosaicPicture::new(&[0, 255], [2, 1], [1, 1]).unwrap();
    assert_eq!(mixed.cell(0)[0], 0);
    let halves = MosaicPicture::new(&[0, 255, 0, 255, 0, 255, 0, 255], [8, 1], [1, 1]).unwrap();
    assert_eq!(halves.cell(0), [188; 16]);
    assert!(MosaicPicture::new(&[], [0, 0], [1, 1]).is_err() && MosaicPicture::new(&[1], [2, 1], [1, 1]).is_err());
    assert!(
        assign(&[], &target.features(), &MosaicOptions { columns: 2, repeats: None, spacing: 1, seed: 0 })
            .people
            .is_empty()
    );
}
