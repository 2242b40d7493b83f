//! Test patterns are exact to the pixel.

use glam::{IVec2, UVec2};

use super::charts::{BARS, NEAR_LEVELS, WEDGE_STEPS, grey_areas, line_areas, near_patch, step_level};
use super::layout::Layout;
use super::painter::Area;
use super::{accent, identify, pattern};

/// Sizes of projectors, also upright and odd ones.
const SIZES: [UVec2; 11] = [
    UVec2::new(320, 180),
    UVec2::new(640, 480),
    UVec2::new(801, 601),
    UVec2::new(1024, 768),
    UVec2::new(1280, 800),
    UVec2::new(1920, 1080),
    UVec2::new(1920, 1200),
    UVec2::new(1080, 1920),
    UVec2::new(1400, 1050),
    UVec2::new(1000, 1000),
    UVec2::new(4096, 2160),
];

struct Picture {
    size: UVec2,
    bytes: Vec<u8>,
}

impl Picture {
    fn of(size: UVec2) -> Self {
        let bytes = pattern(size, 1, "Town hall, left");
        assert_eq!(bytes.len() as u32, size.x * size.y * 4);
        Self { size, bytes }
    }

    fn at(&self, x: i32, y: i32) -> [u8; 3] {
        let index = (y as usize * self.size.x as usize + x as usize) * 4;
        assert_eq!(self.bytes[index + 3], 255, "{x}, {y} is not opaque");
        [self.bytes[index], self.bytes[index + 1], self.bytes[index + 2]]
    }

    fn layout(&self) -> Layout {
        Layout::new(self.size.as_ivec2())
    }

    fn is_all(&self, area: Area, colour: [u8; 3]) -> bool {
        assert!(area.size().min_element() > 0, "{area:?}");
        (area.top..area.bottom).all(|y| (area.left..area.right).all(|x| self.at(x, y) == colour))
    }
}

#[test]
fn the_border_is_the_outermost_pixels_and_one_wide() {
    for size in SIZES {
        let picture = Picture::of(size);
        let IVec2 { x: w, y: h } = size.as_ivec2();
        assert!((0..w).all(|x| picture.at(x, 0) == [255; 3] && picture.at(x, h - 1) == [255; 3]), "{size}");
        assert!((0..h).all(|y| picture.at(0, y) == [255; 3] && picture.at(w - 1, y) == [255; 3]), "{size}");
        // Between two ticks.
        let Layout { cell, line, .. } = picture.layout();
        let beside = cell / 10 + line;
        assert_ne!(picture.at(beside, 1), [255; 3], "{size}");
        assert_ne!(picture.at(1, beside), [255; 3], "{size}");
    }
}

#[test]
fn the_circles_are_round_and_where_they_should_be() {
    for size in SIZES {
        let picture = Picture::of(size);
        let layout = picture.layout();
        let (radius, centre) = (layout.radius as f32, layout.centre());
        let mut rays = 0;
        for turn in 0..720 {
            let way = glam::Vec2::from_angle((turn as f32 + 0.37) / 720.0 * std::f32::consts::TAU);
            // Off the cross, whose lines have the same colour.
            if way.abs().min_element() * radius < 6.0 * layout.line as f32 {
                continue;
            }
            // Where along a ray the ring's colour has its middle.
            let (mut weight, mut sum) = (0.0, 0.0);
            for step in -40..=40 {
                let far = radius + step as f32 / 40.0 * 2.5 * layout.line as f32;
                let at = (centre + way * far).floor().as_ivec2();
                let light = f32::from(picture.at(at.x, at.y)[1]) - 170.0;
                (weight, sum) = (weight + light.max(0.0), sum + light.max(0.0) * far);
            }
            let found = sum / weight;
            assert!((found - radius).abs() < 0.6, "{size}: at {turn}: {found}, not {radius}");
            rays += 1;
        }
        assert!(rays > 500);
    }
}

#[test]
fn the_cross_is_in_the_middle_to_the_pixel() {
    for size in SIZES {
        let picture = Picture::of(size);
        let IVec2 { x: w, y: h } = size.as_ivec2();
        let layout = picture.layout();
        let row = layout.in_disc(4.0, -3.65, -3.6).top;
        let near = layout.in_disc(1.0, 0.0, 0.0);
        let across: Vec<i32> = (near.left..near.right).filter(|x| picture.at(*x, row) == accent(1)).collect();
        assert!(!across.is_empty() && across.first().unwrap() + across.last().unwrap() == w - 1, "{size}: {across:?}");
        let y = h / 2;
        assert_eq!(picture.at(w / 2 + picture.layout().radius / 2, y), accent(1), "{size}");
        assert_eq!(picture.at(w / 2 - picture.layout().radius / 2, h - 1 - y), accent(1), "{size}");
    }
}

#[test]
fn the_grid_has_round_cells_with_lines_on_whole_pixels() {
    for size in SIZES {
        let picture = Picture::of(size);
        let Layout { cell, line, .. } = picture.layout();
        assert_eq!(cell % 10, 0);
        let cells = size.min_element() as i32 / cell;
        assert!((8..=20).contains(&cells), "{size}: {cells} cells");
        // Along a row and down a column in the first cells, off the numbers and the circles.
        let (x, y) = (cell * 3 / 4, cell * 3 / 4);
        for at in 0..line + 2 {
            let is_line = (0..line).contains(&at);
            let lit = |colour: [u8; 3]| colour == [0, 158, 158];
            assert_eq!(lit(picture.at(cell - line / 2 + at, y)), is_line, "{size}: {at}");
            assert_eq!(lit(picture.at(x, cell - line / 2 + at)), is_line, "{size}: {at}");
        }
    }
}

#[test]
fn the_wedge_has_eleven_exact_greys_and_the_patches_theirs() {
    assert_eq!([0, 1, 5, 9, 10].map(step_level), [0, 26, 128, 230, 255]);
    for size in SIZES {
        let picture = Picture::of(size);
        let layout = picture.layout();
        let [wedge, _] = grey_areas(&layout);
        for step in 0..WEDGE_STEPS {
            let level = (f64::from(step) * 25.5).round() as u8;
            assert!(picture.is_all(wedge.column(step, WEDGE_STEPS), [level; 3]), "{size}: step {step}");
        }
        for (index, level) in (0..).zip(NEAR_LEVELS) {
            assert!(picture.is_all(near_patch(&layout, 0, index), [level; 3]), "{size}: {level}");
            assert!(picture.is_all(near_patch(&layout, 1, 4 - index), [255 - level; 3]), "{size}: {level}");
        }
    }
}

#[test]
fn the_fine_lines_alternate_exactly() {
    for size in SIZES {
        let picture = Picture::of(size);
        let layout = picture.layout();
        for (width, [vertical, horizontal]) in (1..).zip(line_areas(&layout, layout.side_panels()[1])) {
            for y in vertical.top..vertical.bottom {
                for x in vertical.left..vertical.right {
                    let white = (x - vertical.left) / width % 2 == 0;
                    assert_eq!(picture.at(x, y), [if white { 255 } else { 0 }; 3], "{size}: {x}, {y}");
                }
            }
            for y in horizontal.top..horizontal.bottom {
                for x in horizontal.left..horizontal.right {
                    let white = (y - horizontal.top) / width % 2 == 0;
                    assert_eq!(picture.at(x, y), [if white { 255 } else { 0 }; 3], "{size}: {x}, {y}");
                }
            }
        }
    }
}

#[test]
fn the_bars_are_pure() {
    for size in SIZES {
        let picture = Picture::of(size);
        let area = picture.layout().side_panels()[0];
        for (index, colour) in (0..).zip(BARS) {
            let is_tall = area.size().y > area.size().x;
            let bar = if is_tall { area.row(index, 7) } else { area.column(index, 7) };
            assert!(picture.is_all(bar, colour), "{size}: {colour:?}");
        }
    }
}

#[test]
fn parts_do_not_overlap_on_any_projector() {
    for size in SIZES.into_iter().filter(|size| size.x != size.y) {
        let layout = Layout::new(size.as_ivec2());
        let whole = Area::of(0, 0, layout.size);
        for area in layout.side_panels().map(|area| area.inset(-2 * layout.line)) {
            assert!(area.left > whole.left && area.top > whole.top, "{size}: {area:?}");
            assert!(area.right < whole.right && area.bottom < whole.bottom, "{size}: {area:?}");
            let nearest = |centre: glam::Vec2| {
                let low = glam::Vec2::new(area.left as f32, area.top as f32);
                let high = glam::Vec2::new(area.right as f32, area.bottom as f32);
                centre.distance(centre.clamp(low, high))
            };
            assert!(nearest(layout.centre()) > layout.radius as f32, "{size}: {area:?} in the disc");
            for corner in layout.corners() {
                assert!(nearest(corner) > layout.cell as f32, "{size}: {area:?} in a corner's circle");
            }
        }
        for corner in layout.corners() {
            let apart = corner.distance(layout.centre());
            assert!(apart > (layout.radius + layout.cell) as f32, "{size}: circles overlap");
        }
    }
}

#[test]
fn the_number_is_large() {
    for size in SIZES {
        let picture = Picture::of(size);
        let area = picture.layout().in_disc(2.5, -2.95, -0.42);
        let rows = (area.top..area.bottom).filter(|y| (area.left..area.right).any(|x| picture.at(x, *y) == [255; 3]));
        assert!(rows.count() as u32 * 5 > size.min_element(), "{size}");
    }
}

#[test]
fn the_identification_fills_the_raster() {
    let size = UVec2::new(640, 360);
    for name in ["", "L", "Town hall, left"] {
        let bytes = identify(size, 12, name);
        assert_eq!(bytes.len(), 640 * 360 * 4);
        let lit = bytes.as_chunks::<4>().0.iter().filter(|pixel| pixel[0] > 128).count();
        assert!(lit > 640 * 360 / 12, "{name}: {lit}");
        assert!(bytes.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 255));
    }
}

#[test]
fn no_size_and_no_name_panics() {
    for (x, y) in [(1, 1), (2, 300), (37, 20), (100, 100), (160, 160), (161, 2000), (5000, 170)] {
        let size = UVec2::new(x, y);
        for name in ["", " ", "The long name of a projector that somebody put on the roof opposite", "投影機 ١"] {
            assert_eq!(pattern(size, 0, name).len() as u32, x * y * 4, "{size}");
            assert_eq!(identify(size, 1234, name).len() as u32, x * y * 4, "{size}");
        }
    }
    assert!(pattern(UVec2::new(0, 5), 1, "").is_empty());
    assert!(pattern(UVec2::new(40_000, 40_000), 1, "").is_empty());
}

#[test]
fn lines_of_two_outputs_make_white() {
    for pair in [[1, 2], [3, 4], [5, 6]] {
        let [a, b] = pair.map(accent);
        assert_eq!([0, 1, 2].map(|channel| a[channel] + b[channel]), [255; 3]);
    }
    assert_eq!(accent(0), accent(1));
    assert_eq!(accent(7), accent(1));
}
