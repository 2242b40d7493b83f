//! How fast the demo crowd is drawn, photographed and dealt as tiles, one core each but for the tiles.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use millions_demo::InventedPerson;
use millions_wall::tile::TileLayout;

fn people(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one core, 320x400");
    group.throughput(Throughput::Elements(1)).sample_size(200);
    let mut index = 0;
    group.bench_function("draw", |bencher| {
        bencher.iter(|| {
            index += 1;
            black_box(InventedPerson::invent(1, index).draw(320, 400))
        });
    });
    let mut index = 0;
    group.bench_function("photograph, JPEG included", |bencher| {
        bencher.iter(|| {
            index += 1;
            black_box(millions_demo::photograph_sized(&InventedPerson::invent(1, index), 320, 400))
        });
    });
}

fn tiles(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("all cores, 20,000 tiles");
    const COUNT: u64 = 20_000;
    group.throughput(Throughput::Elements(COUNT)).sample_size(10);
    for side in [64, 128] {
        let layout = TileLayout::new(side).expect("a side that is possible");
        group.bench_function(side.to_string(), |bencher| {
            bencher.iter_custom(|rounds| {
                let start = Instant::now();
                for seed in 0..rounds {
                    let Ok(()) = millions_demo::tiles(COUNT, seed, &layout, &mut |tile| {
                        black_box(tile);
                        Ok::<(), Infallible>(())
                    });
                }
                start.elapsed()
            });
        });
    }
}

criterion_group!(benches, people, tiles);
criterion_main!(benches);
