//! The textures of the tile cache. See [`TileTextures`].

use super::floors::ChunkPlace;
use super::slots::{LAYER_SIDE, MIPS, Slot};
use super::tile_texels::MipTexels;
use super::{Gpu, resources};

/// Bytes of a layer: four of luma a texel and half a one of chroma, and a third for the mips.
pub const LAYER_BYTES: u64 = (LAYER_SIDE as u64).pow(2) * 9 / 2 * 4 / 3;

/// Layers by which the textures grow at the most: 25 MB each.
const MOST_MORE: u32 = 4;

/// Two texture arrays with mips, tiles and their chroma, with the layers of [`Slots`](super::slots::Slots). They grow as
/// layers come into use.
pub struct TileTextures {
    tiles: wgpu::Texture,
    chroma: wgpu::Texture,
    layers: u32,
    views: TileViews,
    /// Tiles side by side that are still to be uploaded.
    run: Vec<RunTile>,
    /// Counts the runs.
    runs: usize,
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
        Self { tiles, chroma, layers: 1, views, run: Vec::new(), runs: 0 }
    }

    /// Makes room for that many layers, at once for some more, so that a growing wall copies each texel a few times at the most, but
    /// for no more than `most`. Returns whether there is memory for them.
    #[must_use]
    pub fn reserve(&mut self, gpu: &Gpu, layers: u32, most: u32) -> bool {
        if layers <= self.layers {
            return true;
        }
        self.flush(gpu);
        let grown = layers.max(self.layers + self.layers.div_ceil(2).min(MOST_MORE));
        let grown = grown.min(most);
        if grown <= self.layers {
            return false;
        }
        let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let [tiles, chroma] = arrays(gpu, grown);
        if let Some(error) = pollster::block_on(scope.pop()) {
            tracing::warn!("the tile cache stays at {} MB: {error}", u64::from(self.layers) * LAYER_BYTES / 1_000_000);
            return false;
        }
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
        *self = Self {
            views: TileViews::of(&tiles, &chroma),
            tiles,
            chroma,
            layers: grown,
            run: Vec::new(),
            runs: self.runs,
        };
        grown >= layers
    }

    /// Uploads a tile's mips to its slot: at once with those beside it, or with [`Self::flush`].
    pub fn write(&mut self, gpu: &Gpu, slot: Slot, mips: Vec<MipTexels>) {
        let is_beside = |last: &RunTile| Slot { x: last.slot.x + last.slot.level.side(), ..last.slot } == slot;
        if !self.run.last().is_some_and(is_beside) {
            self.flush(gpu);
            self.runs += 1;
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

    /// Uploads the floors of a chunk, mip by mip.
    pub fn write_floors(&self, gpu: &Gpu, ChunkPlace { layer, y }: ChunkPlace, mips: &[MipTexels]) {
        for (mip, MipTexels { side, tile, chroma }) in (0..).zip(mips) {
            let target = |texture: &wgpu::Texture, halvings: u32, width: u32, height: u32, texels: &[u8]| {
                let origin = wgpu::Origin3d { x: 0, y: y >> halvings, z: layer };
                let to = wgpu::TexelCopyTextureInfo { origin, mip_level: mip, ..texture.as_image_copy() };
                resources::write_texels(gpu, to, [width, height], texels);
            };
            let width = LAYER_SIDE >> mip;
            target(&self.tiles, mip, width, *side, tile);
            if !chroma.is_empty() {
                target(&self.chroma, mip + 1, width / 2, side / 2, chroma);
            }
        }
    }

    /// The number of runs that were ever begun.
    pub const fn runs(&self) -> usize {
        self.runs
    }

    /// The number of layers.
    #[cfg(test)]
    pub const fn layers(&self) -> u32 {
        self.layers
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
