use millions::demo::{self, Person};
use millions::tile::TileLayout;
fn main() {
    let what = std::env::args().nth(1).unwrap();
    let n: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let _ = Person::invent(1, 0).draw(320, 400);
    match what.as_str() {
        "draw" => (0..n).for_each(|i| drop(Person::invent(1, i).draw(320, 400))),
        "photo" => (0..n).for_each(|i| drop(demo::photograph_sized(&Person::invent(1, i), 320, 400))),
        side => demo::tiles(n, 1, &TileLayout::new(side.parse().unwrap()).unwrap(), &mut |_| Ok::<(), ()>(())).unwrap(),
    }
}
