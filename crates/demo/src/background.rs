//! The background of a picture.

use glam::Vec2;

use super::canvas::{Canvas, Rgb, Shading, closed_spline, diamond, hex, mix, polygon, scaled, tapered, v};
use super::person::{InventedPerson, Place};
use super::rng::Rng;

/// Colours of the backs of books in sRGB.
const SPINES: [u32; 7] = [0x963c32, 0x3c506e, 0xbeaa82, 0x465a42, 0x28282e, 0xcec8bc, 0x785a3c];

/// Draws the background. `min` and `max` are the picture's corners in the units of the head.
pub(super) fn background(canvas: &mut Canvas, person: &InventedPerson, min: Vec2, max: Vec2) {
    let mut rng = person.place_grain.clone();
    let colour = person.place_colour;
    let size = max - min;
    let sheet = rectangle(min, max);
    // The wall is lit from the other side than the face, so that the face stands out at both its edges.
    let side = if person.light[0] < 0.0 { -1.0 } else { 1.0 };
    let middle = (min + max) * 0.5;
    let wash = Shading::across(
        middle + v(side * size.x * 0.5, size.y * 0.2),
        middle - v(side * size.x * 0.5, size.y * 0.2),
        [0.45, 0.98],
    );
    let scene = Scene { min, max, size, colour, wash, side };
    match person.place {
        Place::Wall => {
            canvas.fill(&sheet, colour, &wash.hatched(0.45));
            for _ in 0..rng.below(4) {
                let at = v(rng.range(min.x, max.x), rng.range(min.y, max.y));
                let crack = [at, at + v(rng.around(0.6), 0.5), at + v(rng.around(0.8), 1.1)];
                canvas.darken(tapered(&crack, 0.05), 0.6);
            }
        }
        Place::Bricks => scene.bricks(canvas, &mut rng, &sheet),
        Place::Tiles => scene.tiles(canvas, &mut rng, &sheet),
        Place::Street => scene.street(canvas, &mut rng, &sheet),
        Place::Sky => scene.sky(canvas, &mut rng, &sheet),
        Place::Foliage => scene.foliage(canvas, &mut rng, &sheet),
        Place::Window => scene.window(canvas, &sheet),
        Place::Lamp => {
            let at = v(-side * size.x * 0.32, min.y + size.y * 0.18);
            canvas.fill(&sheet, mix(colour, [120, 84, 52], 0.5), &Shading::round(at, size.y * 0.75, [1.25, 0.10]));
            let shade = [v(-0.3, -0.35), v(0.3, -0.35), v(0.5, 0.3), v(-0.5, 0.3)];
            canvas.fill(polygon(&shade.map(|corner| at + corner)), [250, 226, 170], &Shading::flat(1.2));
            canvas.tint(rectangle(at + v(-0.04, 0.3), at + v(0.04, 6.0)), [30, 24, 20], 1.0);
        }
        Place::Curtain => scene.curtain(canvas, &mut rng, &sheet),
        Place::Hills => scene.hills(canvas, &mut rng, &sheet),
        Place::Books => scene.books(canvas, &mut rng, &sheet),
        Place::Gouges => scene.gouges(canvas, &mut rng, &sheet),
    }
}

fn rectangle(min: Vec2, max: Vec2) -> Option<tiny_skia::Path> {
    polygon(&[min, v(max.x, min.y), max, v(min.x, max.y)])
}

struct Scene {
    min: Vec2,
    max: Vec2,
    size: Vec2,
    colour: Rgb,
    wash: Shading,
    side: f32,
}

type Sheet<'a> = &'a Option<tiny_skia::Path>;

impl Scene {
    fn bricks(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        let colour = mix(self.colour, [150, 84, 62], 0.6);
        canvas.fill(sheet, mix(colour, [200; 3], 0.5), &self.wash.hatched(0.3));
        let (wide, high) = (0.78, 0.30);
        for row in 0..(self.size.y / high) as usize + 1 {
            let shift = if row % 2 == 0 { 0.0 } else { wide * 0.5 };
            for column in 0..(self.size.x / wide) as usize + 2 {
                let at = self.min + v(column as f32 * wide - shift, row as f32 * high);
                let brick = rectangle(at + v(0.03, 0.025), at + v(wide - 0.03, high - 0.025));
                canvas.tint(&brick, scaled(colour, rng.range(0.62, 1.08)), 1.0);
            }
        }
    }

    fn tiles(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        canvas.fill(sheet, self.colour, &self.wash.hatched(0.3));
        let side = rng.range(0.7, 1.1);
        for row in 0..(self.size.y / side) as usize + 1 {
            for column in 0..(self.size.x / side) as usize + 1 {
                let at = self.min + v((column as f32 + 0.5) * side, (row as f32 + 0.5) * side);
                canvas.tint(diamond(at, side * 0.5, side * 0.5), scaled(self.colour, 0.6), 1.0);
                canvas.tint(diamond(at, side * 0.27, side * 0.27), scaled(self.colour, 1.35), 1.0);
            }
        }
    }

    fn street(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        let sky = Shading::across(v(0.0, self.min.y), v(0.0, self.max.y), [1.1, 0.8]);
        canvas.fill(sheet, [204, 210, 214], &sky.hatched(0.3));
        let mut x = self.min.x - 0.4;
        while x < self.max.x {
            let wide = rng.range(0.9, 2.0);
            let top = self.min.y + self.size.y * rng.range(0.02, 0.34);
            let lit = if rng.chance(0.5) { 0.80 } else { 0.48 };
            let wall =
                scaled(mix(self.colour, rng.pick(&[[150, 130, 110], [110, 116, 126], [170, 150, 130]]), 0.5), 0.85);
            canvas.fill(rectangle(v(x, top), v(x + wide, self.max.y)), wall, &Shading::flat(lit).hatched(0.6));
            let columns = (wide / 0.42) as usize;
            for row in 0..9 {
                for column in 0..columns {
                    let at = v(x + 0.12 + column as f32 * 0.42, top + 0.2 + row as f32 * 0.58);
                    let glass = if rng.chance(0.2) { [240, 220, 160] } else { scaled(wall, 0.4) };
                    canvas.tint(rectangle(at, at + v(0.2, 0.33)), glass, 1.0);
                }
            }
            x += wide + if rng.chance(0.3) { rng.range(0.1, 0.7) } else { 0.0 };
        }
    }

    fn sky(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        let fall = Shading::across(v(0.0, self.min.y), v(0.0, self.min.y + self.size.y * 0.8), [0.66, 1.15]);
        canvas.fill(sheet, [142, 170, 200], &fall.hatched(0.6));
        for _ in 0..5 {
            let at = v(rng.range(self.min.x, self.max.x), rng.range(self.min.y, self.min.y + self.size.y * 0.55));
            let (wide, high) = (rng.range(0.7, 1.7), rng.range(0.14, 0.3));
            let puffs: Vec<Vec2> = (0..11)
                .map(|corner| {
                    let angle = corner as f32 / 11.0 * std::f32::consts::TAU;
                    // Flat below, heaped above.
                    let (reach, heap) =
                        if angle.sin() > 0.1 { (0.9, 0.4) } else { (rng.range(0.85, 1.1), rng.range(1.2, 2.2)) };
                    at + Vec2::from_angle(angle) * v(wide * reach, high * heap)
                })
                .collect();
            let lit = Shading::across(at + v(0.0, high), at - v(0.0, high), [0.66, 1.1]).hatched(0.6);
            canvas.fill(closed_spline(&puffs), [236, 238, 240], &lit);
        }
    }

    fn foliage(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        let colour = mix(self.colour, [92, 122, 78], 0.7);
        canvas.fill(sheet, scaled(colour, 0.8), &Shading::flat(0.5));
        for layer in 0..3 {
            let lit = [0.45, 0.75, 1.15][layer];
            for _ in 0..[46, 50, 34][layer] {
                let at = v(rng.range(self.min.x, self.max.x), rng.range(self.min.y, self.max.y));
                let along = Vec2::from_angle(rng.range(0.0, 6.3)) * rng.range(0.16, 0.42);
                let leaf = tapered(&[at - along, at + along.perp() * 0.12, at + along], along.length() * 0.75);
                canvas.fill(&leaf, scaled(colour, rng.range(0.8, 1.2)), &Shading::flat(lit * rng.range(0.75, 1.15)));
            }
        }
    }

    fn window(&self, canvas: &mut Canvas, sheet: Sheet) {
        let across = |part: f32| v(self.side * self.size.x * part, 0.0);
        canvas.fill(sheet, scaled(self.colour, 0.7), &Shading::across(across(0.4), across(-0.5), [0.7, 0.2]));
        // The window is where the light comes from.
        let at = v(self.side * self.size.x * 0.30, self.min.y + self.size.y * 0.06);
        let (from, to) = (at - v(0.95, 0.0), at + v(0.95, self.size.y * 0.58));
        canvas.fill(rectangle(from - v(0.14, 0.14), to + v(0.14, 0.14)), [190, 182, 168], &Shading::flat(0.6));
        canvas.fill(rectangle(from, to), [244, 246, 244], &Shading::flat(1.15));
        for part in [1.0, 2.0, 3.0] {
            let y = from.y + (to.y - from.y) * part / 4.0;
            canvas.tint(rectangle(v(from.x, y - 0.05), v(to.x, y + 0.05)), [120, 112, 100], 1.0);
        }
        canvas.tint(rectangle(v(at.x - 0.05, from.y), v(at.x + 0.05, to.y)), [120, 112, 100], 1.0);
    }

    fn curtain(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        canvas.fill(sheet, self.colour, &self.wash.hatched(0.4));
        let mut x = self.min.x;
        while x < self.max.x {
            let wide = rng.range(0.25, 0.6);
            let sway = rng.around(0.15);
            let fold = [v(x, self.min.y - 1.0), v(x + sway, self.min.y + self.size.y * 0.5), v(x, self.max.y + 1.0)];
            canvas.darken(tapered(&fold, wide * 0.75), 0.5);
            canvas.lighten(tapered(&fold.map(|at| at + v(wide * 0.5, 0.0)), wide * 0.3), 0.2);
            x += wide;
        }
    }

    fn hills(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        let fall = Shading::across(v(0.0, self.min.y), v(0.0, self.max.y), [0.75, 1.15]).hatched(0.5);
        canvas.fill(sheet, [214, 216, 212], &fall);
        for layer in 0..3 {
            let base = self.min.y + self.size.y * (0.26 + 0.12 * layer as f32);
            let mut points = vec![v(self.min.x - 2.0, self.max.y + 1.0)];
            let peaks = 6;
            for peak in 0..=peaks {
                let x = self.min.x - 0.5 + (self.size.x + 1.0) * peak as f32 / peaks as f32;
                points.push(v(x, base + rng.around(0.55)));
            }
            points.push(v(self.max.x + 2.0, self.max.y + 1.0));
            let colour = mix([170, 180, 188], mix(self.colour, [54, 70, 50], 0.6), layer as f32 / 2.0);
            let shape = if layer == 0 { polygon(&points) } else { closed_spline(&points) };
            canvas.fill(&shape, colour, &Shading::across(v(0.0, base), v(0.0, base + 2.0), [0.95, 0.5]));
        }
    }

    fn books(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        canvas.fill(sheet, [44, 34, 28], &self.wash.hatched(0.3));
        let shelf = 1.15;
        for row in 0..(self.size.y / shelf) as usize + 1 {
            let floor = self.min.y + (row + 1) as f32 * shelf;
            let mut x = self.min.x;
            while x < self.max.x {
                let (wide, high) = (rng.range(0.11, 0.26), rng.range(0.7, 0.98));
                let back = hex(rng.pick(&SPINES));
                canvas.tint(rectangle(v(x, floor - high), v(x + wide - 0.02, floor)), scaled(back, 0.85), 1.0);
                if wide > 0.16 {
                    let label = rectangle(v(x + 0.03, floor - high * 0.8), v(x + wide - 0.05, floor - high * 0.62));
                    canvas.tint(&label, scaled(back, 1.45), 0.9);
                }
                x += wide;
            }
            canvas.tint(rectangle(v(self.min.x, floor), v(self.max.x, floor + 0.09)), [110, 78, 50], 1.0);
        }
    }

    /// Short strokes in rings around the figure, as a gouge leaves them on the block of a linocut.
    fn gouges(&self, canvas: &mut Canvas, rng: &mut Rng, sheet: Sheet) {
        canvas.fill(sheet, self.colour, &Shading::flat(0.46).hatched(0.3));
        let reach = (self.size * 0.5).length() * 1.2;
        let mut radius = 1.55;
        while radius < reach {
            let step = 0.62 / radius;
            let mut angle = rng.range(0.0, step);
            while angle < std::f32::consts::TAU {
                let long = step * rng.range(0.55, 0.95);
                let out = radius + rng.around(0.08);
                let cut = [0.0, 0.5, 1.0].map(|part| Vec2::from_angle(angle + long * part) * v(out * 0.92, out));
                // What lies below the shoulders is covered.
                if cut[1].y < 2.6
                    && cut[1].x > self.min.x - 0.4
                    && cut[1].x < self.max.x + 0.4
                    && cut[1].y > self.min.y - 0.4
                {
                    let lit = scaled(self.colour, 1.3);
                    canvas.fill(tapered(&cut, rng.range(0.10, 0.2)), lit, &Shading::flat(1.02).hatched(0.2));
                }
                angle += step;
            }
            radius += 0.34;
        }
    }
}
