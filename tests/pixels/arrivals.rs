//! Tier 2: newcomers in front of the wall and on their way into it, as they are drawn.

use std::sync::Arc;

use crate::common::{Picture, demo_crowd, gpu, scene};
use millions_gpu::{CANVAS_FORMAT, Canvas, Renderer};
use millions_show::{ArrivalSettings, Player};
use millions_wall::tile::TileSource;

const SIZE: (u32, u32) = (480, 270);
const NOW: f64 = 1000.0;

/// The part of pixels that are coloured, within the middle half of the picture.
fn coloured(picture: &Picture) -> f64 {
    let middle = (SIZE.1 / 4..SIZE.1 * 3 / 4).flat_map(|y| (SIZE.0 * 2 / 5..SIZE.0 * 3 / 5).map(move |x| (x, y)));
    let pixels: Vec<_> = middle.map(|(x, y)| picture.at(x, y)).collect();
    let is_coloured = |[red, green, blue]: &[u8; 3]| red.max(green).max(blue) - red.min(green).min(blue) > 12;
    pixels.iter().filter(|pixel| is_coloured(pixel)).count() as f64 / pixels.len() as f64
}

#[test]
fn somebody_enters_in_colour_and_becomes_the_tile() {
    let (gpu, crowd) = (gpu(), demo_crowd(90));
    let crowd: Arc<dyn TileSource> = crowd;
    for text in [
        "rows = 4\nspeed = 0.3\ngap = 0.03\n[look]\nbase = \"silver\"\ncontrast = 0.3",
        "rows = 9\nspeed = 0.2\nflow = \"columns\"\n[look]\nbase = \"street\"",
        "rows = 6\nspeed = 0.1\n[look]\nexposure_matching = 0.25\nhalftone = 1\ndots = 24",
        "rows = 5\n[reveal]\ncontributed = 100\nturn = 8\ntogether = 30",
    ] {
        let mut player = Player::new((0..80).collect(), 0.8, 16.0 / 9.0, scene(text)).unwrap();
        player.set_arrivals(Some(ArrivalSettings { stay: 2.0, ..ArrivalSettings::default() }));
        let canvas = Canvas::new(&gpu, SIZE.0, SIZE.1).unwrap();
        let mut renderer = Renderer::new(&gpu, crowd.clone(), CANVAS_FORMAT, SIZE.0, SIZE.1);
        let mut draw = |player: &Player, secs: f64| {
            renderer.draw_complete(&gpu, &player.frame(secs), &canvas).unwrap();
            Picture { pixels: canvas.read(&gpu).unwrap(), width: SIZE.0 }
        };
        player.welcome_people(&[85], NOW, true);
        let is_revealed = text.contains("reveal");
        assert!(coloured(&draw(&player, NOW)) < 0.02 || is_revealed, "before: {text}");
        let large = draw(&player, NOW + 1.5 + 2.5);
        assert!(coloured(&large) > 0.25, "{} in colour: {text}", coloured(&large));
        // As photographed, whatever the look is: the same picture on a wall without any look.
        let mut plain = player.clone();
        plain.set_look(Some(millions_wall::tone::Look { exposure_matching: 0.0, ..Default::default() }));
        let of_plain = draw(&plain, NOW + 1.5 + 2.5);
        let centre = [(SIZE.0 / 2, SIZE.1 / 2), (SIZE.0 / 2 - 40, SIZE.1 / 2 - 40), (SIZE.0 / 2 + 40, SIZE.1 / 2 + 40)];
        for (x, y) in centre {
            assert!((0..3).all(|of| large.at(x, y)[of].abs_diff(of_plain.at(x, y)[of]) <= 2), "{text}");
        }
        // 1.5 + 1.4 + 2 + 2.4 · 0.7 + 3: it lands, and is the tile.
        let lands = NOW + 9.58;
        assert!(player.frame(lands - 0.01).people().contains(&85));
        let flies = |secs: f64| {
            let layers = player.frame(secs).scene.layers;
            layers.iter().any(|layer| matches!(layer, millions_frame::Layer::Sprites(of) if of.sprites.iter().any(|of| of.person == 85)))
        };
        assert!(flies(lands - 1e-4) && !flies(lands + 1e-4), "{text}");
        let [before, after] = [-1e-4, 1e-4].map(|off| draw(&player, lands + off));
        let far = |(one, other): (&[u8], &[u8])| one.iter().zip(other).any(|(one, other)| one.abs_diff(*other) > 6);
        let outliers = before.pixels.chunks(4).zip(after.pixels.chunks(4)).filter(|pair| far(*pair)).count();
        assert!(outliers <= 4, "{outliers} pixels differ: {text}");
        // Who is removed on the way is not drawn: the wall is what it is without them.
        let mut removed = player.clone();
        removed.remove_people(&[85], lands - 1.0);
        let mut without = Player::new((0..80).collect(), 0.8, 16.0 / 9.0, scene(text)).unwrap();
        without.set_arrivals(None);
        assert!(coloured(&draw(&removed, lands - 4.0)) < 0.02 || is_revealed, "{text}");
        player.set_blackout(true);
        assert!(draw(&player, NOW + 4.0).pixels.chunks(4).all(|pixel| pixel[..3] == [0; 3]));
    }
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

#[test]
fn a_live_wall_has_the_tile_of_a_newcomer_before_they_rise() {
    let (gpu, crowd) = (gpu(), demo_crowd(90));
    let mut player = Player::new((0..80).collect(), 0.8, 16.0 / 9.0, scene("rows = 9")).unwrap();
    player.set_arrivals(Some(ArrivalSettings::default()));
    let canvas = Canvas::new(&gpu, SIZE.0, SIZE.1).unwrap();
    let mut renderer = Renderer::new(&gpu, crowd, CANVAS_FORMAT, SIZE.0, SIZE.1);
    renderer.draw_complete(&gpu, &player.frame(NOW), &canvas).unwrap();
    player.welcome_people(&[85], NOW, true);
    let mut late = Vec::new();
    for frame in 0..120_u32 {
        let secs = NOW + f64::from(frame) / 20.0;
        let (plan, prefetch) = (player.frame(secs), player.prefetch(secs, 1.0, frame.into()));
        let report = renderer.draw_live(&gpu, &plan, &prefetch, &canvas).unwrap();
        if secs > NOW + 1.5 && report.tiles.below_wanted + report.tiles.missing > 0 {
            late.push(secs - NOW);
        }
        // Workers have the time that there is between two frames.
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(late.is_empty(), "{late:?}");
}
