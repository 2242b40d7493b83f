//! Tier 1: a picture that is drawn in parts is the picture that is drawn whole.

use std::sync::Arc;

use glam::UVec2;

use crate::common::{demo_crowd, gpu};
use millions_gpu::{CANVAS_FORMAT, Canvas, Gpu, Plans, Renderer, ShaderSet};
use millions_lettering::Fonts;
use millions_show::{Biography, Player, find_look, find_scene};
use millions_stage::ResolvedOutput;
use millions_wall::tile::TileSource;

const PEOPLE: u32 = 60;
/// The most by which a channel may differ, and that is one in a thousand: interpolation rounds otherwise in a triangle that was
/// cut, and where a value is about to be rounded to another texel, that decides. Of a stencil every texel is black or white.
const LEVELS: u8 = 12;

struct Case<'a> {
    gpu: &'a Gpu,
    crowd: Arc<dyn TileSource>,
    size: UVec2,
}

impl Case<'_> {
    fn renderer(&self) -> Renderer {
        let UVec2 { x, y } = self.size;
        let renderer = Renderer::new(self.gpu, self.crowd.clone(), CANVAS_FORMAT, x, y).with_fonts(Fonts::bundled());
        renderer.with_shaders(self.gpu, &ShaderSet::default()).unwrap()
    }

    fn draw(&self, renderer: &mut Renderer, player: &Player, secs: f64, resolved: &ResolvedOutput) -> Vec<u8> {
        let canvas = Canvas::new(self.gpu, resolved.size.x, resolved.size.y).unwrap();
        renderer.forget_outputs();
        renderer.draw_output(self.gpu, Plans::of_wall(&player.frame(secs)), resolved, &canvas).unwrap();
        canvas.read(self.gpu).unwrap()
    }

    /// The same picture, put together of parts.
    fn in_parts(&self, player: &Player, secs: f64, part: UVec2) -> Vec<u8> {
        let mut renderer = self.renderer();
        let mut picture = vec![0; (self.size.x * self.size.y * 4) as usize];
        for top in (0..self.size.y).step_by(part.y as usize) {
            for left in (0..self.size.x).step_by(part.x as usize) {
                let resolved = ResolvedOutput::plain_part(self.size, UVec2::new(left, top), part);
                let pixels = self.draw(&mut renderer, player, secs, &resolved);
                for (row, line) in (top..).zip(pixels.chunks_exact(resolved.size.x as usize * 4)) {
                    let at = ((row * self.size.x + left) * 4) as usize;
                    picture[at..at + line.len()].copy_from_slice(line);
                }
            }
        }
        picture
    }
}

fn player(scene: &str, look: Option<&str>, size: UVec2) -> Player {
    let people: Vec<u32> = (0..PEOPLE).collect();
    let aspect = f64::from(size.x) / f64::from(size.y);
    let scene = find_scene(scene).unwrap();
    let player = Player::new(people.clone(), f64::from(millions_demo::ASPECT), aspect, scene).unwrap();
    let mut player = player.featuring([3, 30]).unwrap();
    player.set_biographies(
        people.into_iter().map(|person| {
            (person, Biography { name: "Anna".into(), place: "Oslo".into(), quote: "We are here.".into() })
        }),
    );
    player.set_look(look.map(|look| find_look(look).unwrap().look));
    player
}

#[test]
fn parts_of_a_picture_are_the_whole() {
    let (gpu, crowd) = (gpu(), demo_crowd(u64::from(PEOPLE)));
    // Rows, upright rows, rows of several heights, a view between two, words made of people, light words, faces outside the rows;
    // with vignette, grain, tint, a halftone screen and a stencil.
    for (scene, look) in [
        ("slow", None),
        ("slow", Some("street")),
        ("slow", Some("newsprint")),
        ("march", Some("stencil")),
        ("columns", Some("silver")),
        ("river", Some("street")),
        ("journey", None),
        ("title", None),
        ("hashtag", None),
        ("one", None),
        ("chain", None),
        ("reveal", None),
    ] {
        for (size, part) in [(UVec2::new(500, 330), UVec2::new(128, 64)), (UVec2::new(420, 700), UVec2::new(4096, 64))]
        {
            let case = Case { gpu: &gpu, crowd: crowd.clone(), size };
            let player = player(scene, look, size);
            let secs = 9.3;
            let whole = case.draw(&mut case.renderer(), &player, secs, &ResolvedOutput::plain(size));
            let parts = case.in_parts(&player, secs, part);
            let differences: Vec<u8> = whole.iter().zip(&parts).map(|(a, b)| a.abs_diff(*b)).collect();
            let what = format!("{scene}, {look:?}, {size}");
            let counted = |channels: &mut dyn Iterator<Item = u8>| {
                channels.fold((0, 0), |(count, all), difference| (count + usize::from(difference > 0), all + 1))
            };
            let (count, all) = counted(&mut differences.iter().copied());
            let most = differences.iter().max().unwrap();
            assert!(count * 1000 < all && *most <= LEVELS, "{what}: {count} of {all} channels, at most {most} levels");
            // Nor does it show where one part ends and the next begins.
            let (width, part) = (size.x as usize * 4, part.as_usizevec2());
            let is_seam = |at: usize, step: usize| at > 0 && (at.is_multiple_of(step) || at % step == step - 1);
            let at_seams = differences
                .iter()
                .enumerate()
                .filter(|(at, _)| is_seam(at / width, part.y) || is_seam(at % width / 4, part.x));
            let (count, all) = counted(&mut at_seams.map(|(_, difference)| *difference));
            assert!(all > 0 && count * 200 < all, "{what}: {count} of {all} channels at the seams");
            assert!(whole.iter().any(|value| *value > 100 && *value < 255), "{scene} shows somebody");
        }
    }
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}
