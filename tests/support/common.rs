//! What the GPU tests share: a device that must be there, and crowds whose pixels are known.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io;
use std::path::Path;
use std::sync::Arc;

use millions_frame::{Fit, FramePlan, Layer, ScenePlan, StillLayer, TransitionProgress};
use millions_gpu::{CANVAS_FORMAT, Canvas, Gpu, Plans, Renderer};
use millions_show::{GreyPicture, Pictures, Player, Scene};
use millions_stage::ResolvedOutput;
use millions_wall::tile::planes::{LinearTile, encode_tile};
use millions_wall::tile::{TileLayout, TileSource};
use millions_wall::tone::{Look, PortraitTone};

/// A device; the test fails where there is none, for `scripts/test` installs a driver.
pub fn gpu() -> Gpu {
    let gpu = Gpu::headless(None).expect("GPU tests need a Vulkan driver; scripts/test installs a software one");
    // The same pictures on a graphics card.
    gpu.with_supersampling(false)
}

/// Tiles in memory, painted by a function of person and texel.
pub struct Painted {
    layout: TileLayout,
    tiles: Vec<Vec<u8>>,
    tones: Vec<PortraitTone>,
}

impl Painted {
    pub fn new(people: u32, side: u32, paint: impl Fn(u32, u32, u32) -> [u8; 3]) -> Arc<Self> {
        let layout = TileLayout::new(side).unwrap();
        let tiles = (0..people)
            .map(|person| {
                let texels: Vec<u8> = (0..side * side).flat_map(|i| paint(person, i % side, i / side)).collect();
                encode_tile(&LinearTile::from_srgb(side, &texels), &layout).0
            })
            .collect();
        Arc::new(Self { layout, tiles, tones: Vec::new() })
    }

    /// The same people, each with an exposure of its own.
    pub fn with_tones(&self, tones: Vec<PortraitTone>) -> Arc<Self> {
        Arc::new(Self { layout: self.layout.clone(), tiles: self.tiles.clone(), tones })
    }

    /// One grey a person.
    pub fn greys(people: u32) -> Arc<Self> {
        Self::new(people, 32, |person, _, _| [grey(person); 3])
    }
}

/// A grey that neighbours in number do not share.
pub fn grey(person: u32) -> u8 {
    30 + (person * 37 % 200) as u8
}

impl TileSource for Painted {
    fn layout(&self) -> &TileLayout {
        &self.layout
    }

    fn read_tile(&self, number: u32, prefix: &mut [u8]) -> io::Result<()> {
        let tile = self.tiles.get(number as usize).ok_or(io::ErrorKind::NotFound)?;
        prefix.copy_from_slice(&tile[..prefix.len()]);
        Ok(())
    }

    fn tones(&self, numbers: &[u32]) -> Vec<PortraitTone> {
        numbers.iter().map(|number| self.tones.get(*number as usize).copied().unwrap_or_default()).collect()
    }
}

/// Invented people as the demo draws them.
pub struct Crowd(TileLayout, Vec<Vec<u8>>, Vec<PortraitTone>);

impl TileSource for Crowd {
    fn layout(&self) -> &TileLayout {
        &self.0
    }
    fn read_tile(&self, number: u32, prefix: &mut [u8]) -> io::Result<()> {
        let tile = self.1.get(number as usize).ok_or(io::ErrorKind::NotFound)?;
        prefix.copy_from_slice(&tile[..prefix.len()]);
        Ok(())
    }
    fn tones(&self, numbers: &[u32]) -> Vec<PortraitTone> {
        numbers.iter().map(|number| self.2.get(*number as usize).copied().unwrap_or_default()).collect()
    }
}

/// `people` demo portraits, always the same.
pub fn demo_crowd(people: u64) -> Arc<Crowd> {
    let layout = TileLayout::new(64).unwrap();
    let (mut tiles, mut tones) = (Vec::new(), Vec::new());
    millions_demo::tiles(people, 1, &layout, &mut |made| {
        tones.push(PortraitTone { light: made.tone.light, noise: made.tone.noise, stops: 0.0 });
        tiles.push(made.tile);
        Ok::<_, std::convert::Infallible>(())
    })
    .unwrap();
    Arc::new(Crowd(layout, tiles, tones))
}

/// For walls whose people form no pictures.
pub struct NoPictures;

impl Pictures for NoPictures {
    fn file(&self, _: &Path, _: f64) -> Option<GreyPicture> {
        None
    }

    fn text(&self, _: &str, _: f64) -> Option<GreyPicture> {
        None
    }
}

/// A scene from its text.
pub fn scene(text: &str) -> Scene {
    Scene::parse("test.toml".as_ref(), &format!("name = \"test\"\n{text}")).unwrap()
}

/// A player of `people` on a canvas of that size, with tiles four wide and five high.
pub fn player(people: u32, (width, height): (u32, u32), text: &str) -> Player {
    Player::new((0..people).collect(), 0.8, f64::from(width) / f64::from(height), scene(text)).unwrap()
}

/// Draws one complete picture with a renderer of its own, and asserts that the device has nothing to complain of.
pub fn picture(gpu: &Gpu, tiles: Arc<dyn TileSource>, plan: &FramePlan, size: (u32, u32)) -> Picture {
    picture_of(gpu, tiles, plan, &ResolvedOutput::plain(size.into()))
}

/// The same on an output of a stage.
pub fn picture_of(gpu: &Gpu, tiles: Arc<dyn TileSource>, plan: &FramePlan, resolved: &ResolvedOutput) -> Picture {
    let (width, height) = (resolved.size.x, resolved.size.y);
    let canvas = Canvas::new(gpu, width, height).unwrap();
    let mut renderer = Renderer::new(gpu, tiles, CANVAS_FORMAT, width, height);
    renderer.draw_output(gpu, Plans::of_wall(plan), resolved, &canvas).unwrap();
    let picture = Picture { pixels: canvas.read(gpu).unwrap(), width };
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
    picture
}

/// R, G, B, A by row.
#[derive(Clone, PartialEq)]
pub struct Picture {
    pub pixels: Vec<u8>,
    pub width: u32,
}

impl Picture {
    pub fn at(&self, x: u32, y: u32) -> [u8; 3] {
        let start = ((y * self.width + x) * 4) as usize;
        [self.pixels[start], self.pixels[start + 1], self.pixels[start + 2]]
    }
}

/// The plan of a still that fills the wall; its file is whatever the renderer is given.
pub fn still() -> FramePlan {
    let layer = StillLayer {
        file: Path::new("board").into(),
        elapsed_secs: 0.0,
        fps: 1.0,
        fit: Fit::Cover,
        look: Look::default(),
    };
    FramePlan {
        time_secs: 0.0,
        outgoing: None,
        scene: ScenePlan { layers: vec![Layer::Still(layer)], intensity: 1.0 },
        progress: TransitionProgress::Complete,
        step_wedge: false,
        intensity: 1.0,
    }
}
