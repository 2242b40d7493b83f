//! What a frame and a photograph cost on the CPU: blocks, planes, the deal, a plan, the strips.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use glam::DVec2;
use millions_wall::strips::{MeshQuad, StripCells, cut};
use millions_wall::tile::planes::{LinearTile, encode_tile};
use millions_wall::tile::{TileLayout, bc};
use millions_wall::{Deal, Direction, Motion, WallGrid};

fn tiles(criterion: &mut Criterion) {
    let texels: Vec<u8> =
        (0..256 * 256u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 26) as u8 + (i % 190) as u8).collect();
    let mut rows = vec![0; 64 * 512];
    let mut group = criterion.benchmark_group("blocks");
    group.throughput(Throughput::Elements(256 * 256));
    group.bench_function("encode BC4, 256 texels", |bencher| {
        bencher.iter(|| bc::encode_plane::<1>(black_box(&texels), 256, &mut rows, 512));
    });
    let mut plane = vec![0; 256 * 256];
    group.bench_function("decode BC4, 256 texels", |bencher| {
        bencher.iter(|| bc::decode_plane::<1>(black_box(&rows), 512, 256, &mut plane, 256));
    });
    let srgb: Vec<u8> = texels.iter().flat_map(|value| [*value, value / 2 + 40, 255 - value]).collect();
    let (picture, layout) = (LinearTile::from_srgb(256, &srgb), TileLayout::new(256).expect("a power of two"));
    group.bench_function("a whole tile with mips and floor", |bencher| {
        bencher.iter(|| encode_tile(black_box(&picture), &layout));
    });
}

fn wall(criterion: &mut Criterion) {
    let people: Vec<u32> = (0..100_000).collect();
    let grid = WallGrid { rows: 30, aspect: 16.0 / 9.0, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
    let motion = Motion { speed: 0.5, variation: 0.5, direction: Direction::Mixed, ..Motion::default() };
    criterion.bench_function("deal 100,000 people", |bencher| {
        bencher.iter(|| Deal::new(black_box(&people), grid, motion, 1));
    });
    let deal = Deal::new(&people, grid, motion, 1).expect("a wall");
    criterion.bench_function("plan 30 rows", |bencher| bencher.iter(|| deal.plan(black_box(1.7e9))));
    let (plan, mesh) = (deal.plan(1.0), [MeshQuad::whole(16.0 / 9.0)]);
    criterion.bench_function("cut 30 rows", |bencher| {
        let cells = vec![StripCells::default(); plan.rows.len()];
        bencher.iter(|| cut(&mesh, black_box(&plan), DVec2::splat(1080.0), &cells, |person| person))
    });
}

criterion_group!(benches, tiles, wall);
criterion_main!(benches);
