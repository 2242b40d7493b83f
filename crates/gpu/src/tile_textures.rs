//! The textures of the tile cache. See [`TileTextures`].

use super::slots::{LAYER_SIDE, MIPS, Slot};
use super::tile_texels::MipTexels;
use super::{Gpu, resources};

/// Two texture arrays with mips, tiles and their chroma, with the layers of [`Slots`](super::slots::Slots). They grow as
/// layers come into use.
pub struct TileTextures {
    tiles: wgpu::Texture,
    chroma: wgpu::Texture,
    layers: u32,
    views: TileViews,
    /// Tiles side by side that are still to be uploaded.
    run: Vec<RunTile>,
}

struct RunTile {
    slot: Slot,
    mips: Vec<MipTexels>,
}

/// Views of all layers and mips.
#[derive(Clone, Debug, PartialEq)]
pub struct TileViews {
    pub tiles: wgpu::TextureView,
    pub chroma: wgpu::TextureView,
}

impl TileTextures {
    /// Allocates a first layer.
    pub fn new(gpu: &Gpu) -> Self {
        let [tiles, chroma] = arrays(gpu, 1);
        let views = TileViews::of(&tiles, &chroma);
        Self { tiles, chroma, layers: 1, views, run: Vec::new() }
    }

    /// Makes room for that many layers: a half more than there were, so that a growing wall copies each texel a few times
    /// at the most.
    pub fn reserve(&mut self, gpu: &Gpu, layers: u32, max_layers: u32) {
        if layers <= self.layers {
            return;
        }
        self.flush(gpu);
        let grown = layers.max(self.layers + self.layers.div_ceil(2)).min(max_layers.max(layers));
        let [tiles, chroma] = arrays(gpu, grown);
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (from, to) in [(&self.tiles, &tiles), (&self.chroma, &chroma)] {
            for mip in 0..from.mip_level_count() {
                let at = |texture| wgpu::TexelCopyTextureInfo {
                    texture,
                    mip_level: mip,
                    origin: wgpu::Origin3d::ZERO,
                    aspect: wgpu::TextureAspect::All,
                };
                let side = from.width() >> mip;
                let size = wgpu::Extent3d { width: side, height: side, depth_or_array_layers: self.layers };
                encoder.copy_texture_to_texture(at(from), at(to), size);
            }
        }
        gpu.queue.submit([encoder.finish()]);
        *self = Self { views: TileViews::of(&tiles, &chroma), tiles, chroma, layers: grown, run: Vec::new() };
    }

    /// Uploads a tile's mips to its slot: at once with those beside it, or with [`Self::flush`].
    pub fn write(&mut self, gpu: &Gpu, slot: Slot, mips: Vec<MipTexels>) {
        let is_beside = |last: &RunTile| Slot { x: last.slot.x + last.slot.level.side(), ..last.slot } == slot;
        if !self.run.last().is_some_and(is_beside) {
            self.flush(gpu);
        }
        self.run.push(RunTile { slot, mips });
    }

    /// Uploads what is still to be: a run of tiles in one write for each mip, for a write takes as long and as much staging
    /// memory for 16 texels as for hundreds.
    pub fn flush(&mut self, gpu: &Gpu) {
        let Some(RunTile { slot, mips }) = self.run.first() else { return };
        for (mip, MipTexels { side, .. }) in (0..).zip(mips) {
            let tiles = MipTarget { texture: &self.tiles, slot: *slot, mip, halvings: mip };
            write_mip(gpu, tiles, &self.run, *side, 4, |tile| &tile.mips[mip as usize].tile);
            let chroma = MipTarget { texture: &self.chroma, slot: *slot, mip, halvings: mip + 1 };
            write_mip(gpu, chroma, &self.run, side / 2, 2, |tile| &tile.mips[mip as usize].chroma);
        }
        self.run.clear();
    }

    /// What the wall pass binds; others once the textures have grown.
    pub const fn views(&self) -> &TileViews {
        &self.views
    }
}

/// Writes one mip of a run of tiles of `side` texels of `bytes` bytes each.
fn write_mip(gpu: &Gpu, to: MipTarget, run: &[RunTile], side: u32, bytes: u32, texels: impl Fn(&RunTile) -> &[u8]) {
    if side == 0 {
        return;
    }
    let MipTarget { texture, slot, mip, halvings } = to;
    let row = (side * bytes) as usize;
    let rows = (0..side as usize).flat_map(|y| run.iter().map(move |tile| (y, tile)));
    let texels: Vec<u8> = rows.flat_map(|(y, tile)| texels(tile)[y * row..][..row].iter().copied()).collect();
    let origin = wgpu::Origin3d { x: slot.x >> halvings, y: slot.y >> halvings, z: slot.layer };
    let to = wgpu::TexelCopyTextureInfo { origin, mip_level: mip, ..texture.as_image_copy() };
    resources::write_texels(gpu, to, [side * run.len() as u32, side], &texels);
}

/// Where a run begins.
struct MipTarget<'a> {
    texture: &'a wgpu::Texture,
    slot: Slot,
    mip: u32,
    /// Of the slot's corner: one more than the mip for chroma.
    halvings: u32,
}

impl TileViews {
    fn of(tiles: &wgpu::Texture, chroma: &wgpu::Texture) -> Self {
        Self { tiles: resources::array_view(tiles), chroma: resources::array_view(chroma) }
    }
}

fn arrays(gpu: &Gpu, layers: u32) -> [wgpu::Texture; 2] {
    let formats = [wgpu::TextureFormat::Rgba8Unorm, wgpu::TextureFormat::Rg8Unorm];
    [("tiles", LAYER_SIDE, formats[0]), ("chroma", LAYER_SIDE / 2, formats[1])].map(|(label, side, format)| {
        let usage = wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::COPY_SRC;
        resources::mip_chain(&gpu.device, label, [side, side, layers], MIPS as usize, format, usage)
    })
}
