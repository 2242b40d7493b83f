//! The textures of the tile cache. See [`TileTextures`].

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::floors::ChunkPlace;
use super::slots::{LAYER_SIDE, MIPS, Slot};
use super::tile_texels::MipTexels;
use super::{Gpu, resources};

/// Bytes of a layer: four a texel in one light and as shot, half a one of chroma, and a third for the mips.
pub const LAYER_BYTES: u64 = (LAYER_SIDE as u64).pow(2) * 9 / 2 * 4 / 3;

/// Layers by which the textures grow at the most: 25 MB each.
const MOST_MORE: u32 = 4;
/// Layers of a plane that a live frame copies to textures that have grown, 11 MB each: a whole cache of a million people at once takes a third
/// of a second of two cores, and by its bandwidth some 40 ms of a graphics card that shares the processor's memory.
const SLICES_A_FRAME: u32 = 8;
const SLICES_A_SOFTWARE_FRAME: u32 = 1;

/// The texture arrays with mips that the texels of [`MipTexels`] lie in, with the layers of [`Slots`](super::slots::Slots). A wall in
/// one light reads the first alone: a processor that draws is bound by the memory that it reads. They grow as layers come into use.
pub struct TileTextures {
    planes: [wgpu::Texture; PLANES.len()],
    layers: u32,
    views: TileViews,
    growth: Option<Growth>,
    /// Whether the GPU still copies to these from those before.
    is_copied_from: Arc<AtomicBool>,
    /// Tiles side by side that are still to be uploaded.
    run: Vec<RunTile>,
    /// Counts the runs.
    runs: usize,
}

/// What [`TileTextures::reserve`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The layers are there.
    Enough,
    /// They will be, once what grew before has been copied.
    Soon,
    /// There is no memory for them; perhaps for some ([`TileTextures::room`]).
    None,
}

/// Textures of more layers, to which those that are drawn from are copied.
struct Growth {
    planes: [wgpu::Texture; PLANES.len()],
    layers: u32,
    /// Layers of a plane that were copied, plane after plane of each layer.
    slices: u32,
}

struct RunTile {
    slot: Slot,
    mips: Vec<MipTexels>,
}

/// What a texture array holds of a tile, two bytes a texel each.
struct Plane {
    label: &'static str,
    /// Of the tile's side: 1 for half as many texels each way.
    halvings: u32,
    texels: fn(&MipTexels) -> &[u8],
}

const PLANES: [Plane; 3] = [
    Plane { label: "matched", halvings: 0, texels: |mip| &mip.matched },
    Plane { label: "shot", halvings: 0, texels: |mip| &mip.shot },
    Plane { label: "chroma", halvings: 1, texels: |mip| &mip.chroma },
];
const PLANE_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rg8Unorm;
const TEXEL_BYTES: u32 = 2;

/// Views of all layers and mips: in one light, as shot, chroma.
pub type TileViews = [wgpu::TextureView; PLANES.len()];

impl TileTextures {
    /// Allocates a first layer.
    pub fn new(gpu: &Gpu) -> Self {
        let planes = arrays(gpu, 1);
        let views = planes.each_ref().map(resources::array_view);
        Self { planes, layers: 1, views, growth: None, is_copied_from: Arc::default(), run: Vec::new(), runs: 0 }
    }

    /// Whether the textures are being copied to larger ones: until then nothing can be written to them.
    pub const fn is_growing(&self) -> bool {
        self.growth.is_some()
    }

    /// The number of layers that there are, or will be once they have grown.
    pub const fn room(&self) -> u32 {
        match &self.growth {
            Some(growth) => growth.layers,
            None => self.layers,
        }
    }

    /// Makes room for that many layers, at once for some more, so that a growing wall copies each texel a few times at the most, but
    /// for no more than `most`; where the driver refuses that many, for as many as it gives. The copy takes some frames
    /// ([`Self::grow`]), or is made here where it `waits`. One growth at a time: a second would have everything in memory three times.
    #[must_use]
    pub fn reserve(&mut self, gpu: &Gpu, layers: u32, most: u32, waits: bool) -> Room {
        if waits {
            self.finish_growing(gpu);
        }
        if layers <= self.layers {
            return Room::Enough;
        }
        let grown = layers.max(self.layers + self.layers.div_ceil(2).min(MOST_MORE));
        let mut grown = grown.min(most);
        if self.is_growing() {
            return Room::Soon;
        }
        if self.is_copied_from.load(Ordering::Acquire) {
            if !waits {
                return Room::Soon;
            }
            // A lost device is noticed by what draws.
            let _ = gpu.wait();
        }
        self.flush(gpu);
        let planes = loop {
            if grown <= self.layers {
                return Room::None;
            }
            match try_arrays(gpu, grown) {
                Ok(planes) => break planes,
                Err(error) => {
                    let megabytes = u64::from(grown) * LAYER_BYTES / 1_000_000;
                    tracing::warn!("the driver has no {megabytes} MB for tiles, fewer are kept: {error}");
                    grown = self.layers + (grown - self.layers) / 2;
                }
            }
        };
        self.growth = Some(Growth { planes, layers: grown, slices: 0 });
        if waits {
            self.finish_growing(gpu);
        }
        match (grown < layers, waits) {
            (true, _) => Room::None,
            (false, true) => Room::Enough,
            (false, false) => Room::Soon,
        }
    }

    /// Goes on growing, by as much as a live frame has time for.
    pub fn grow(&mut self, gpu: &Gpu) {
        self.copy_slices(gpu, if gpu.is_software() { SLICES_A_SOFTWARE_FRAME } else { SLICES_A_FRAME });
    }

    /// Goes on until it is done.
    pub fn finish_growing(&mut self, gpu: &Gpu) {
        self.copy_slices(gpu, u32::MAX);
    }

    /// Copies the next slices, and draws from the larger textures once all are there.
    fn copy_slices(&mut self, gpu: &Gpu, count: u32) {
        let Some(growth) = &mut self.growth else { return };
        let planes = PLANES.len() as u32;
        let next = growth.slices..(self.layers * planes).min(growth.slices.saturating_add(count));
        growth.slices = next.end;
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for slice in next {
            let (layer, plane) = (slice / planes, (slice % planes) as usize);
            let (from, to) = (&self.planes[plane], &growth.planes[plane]);
            for mip in 0..from.mip_level_count() {
                let at = |texture| wgpu::TexelCopyTextureInfo {
                    texture,
                    mip_level: mip,
                    origin: wgpu::Origin3d { x: 0, y: 0, z: layer },
                    aspect: wgpu::TextureAspect::All,
                };
                let side = from.width() >> mip;
                let size = wgpu::Extent3d { width: side, height: side, depth_or_array_layers: 1 };
                encoder.copy_texture_to_texture(at(from), at(to), size);
            }
        }
        gpu.queue.submit([encoder.finish()]);
        if growth.slices < self.layers * planes {
            return;
        }
        let Some(Growth { planes, layers, .. }) = self.growth.take() else { return };
        let is_copied_from = Arc::new(AtomicBool::new(true));
        self.is_copied_from = Arc::clone(&is_copied_from);
        gpu.queue.on_submitted_work_done(move || is_copied_from.store(false, Ordering::Release));
        self.views = planes.each_ref().map(resources::array_view);
        (self.planes, self.layers) = (planes, layers);
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
            for (texture, Plane { halvings, texels, .. }) in self.planes.iter().zip(&PLANES) {
                let to = MipTarget { texture, slot: *slot, mip, halvings: mip + halvings };
                write_mip(gpu, to, &self.run, side >> halvings, |tile| texels(&tile.mips[mip as usize]));
            }
        }
        self.run.clear();
    }

    /// Uploads the floors of a chunk, mip by mip.
    pub fn write_floors(&self, gpu: &Gpu, ChunkPlace { layer, y }: ChunkPlace, mips: &[MipTexels]) {
        for (mip, texels) in (0..).zip(mips) {
            for (texture, plane) in self.planes.iter().zip(&PLANES) {
                let bytes = (plane.texels)(texels);
                if bytes.is_empty() {
                    continue;
                }
                let halvings = mip + plane.halvings;
                let origin = wgpu::Origin3d { x: 0, y: y >> halvings, z: layer };
                let to = wgpu::TexelCopyTextureInfo { origin, mip_level: mip, ..texture.as_image_copy() };
                resources::write_texels(gpu, to, [LAYER_SIDE >> halvings, texels.side >> plane.halvings], bytes);
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

/// Writes one mip of a run of tiles of `side` texels.
fn write_mip(gpu: &Gpu, to: MipTarget, run: &[RunTile], side: u32, texels: impl Fn(&RunTile) -> &[u8]) {
    if side == 0 {
        return;
    }
    let MipTarget { texture, slot, mip, halvings } = to;
    let texels = match run {
        [tile] => Cow::Borrowed(texels(tile)),
        run => {
            let row = (side * TEXEL_BYTES) as usize;
            let mut lines = Vec::with_capacity(row * run.len() * side as usize);
            for y in 0..side as usize {
                run.iter().for_each(|tile| lines.extend_from_slice(&texels(tile)[y * row..][..row]));
            }
            Cow::Owned(lines)
        }
    };
    let origin = wgpu::Origin3d { x: slot.x >> halvings, y: slot.y >> halvings, z: slot.layer };
    let to = wgpu::TexelCopyTextureInfo { origin, mip_level: mip, ..texture.as_image_copy() };
    resources::write_texels(gpu, to, [side * run.len() as u32, side], &texels);
}

/// Where a run begins.
struct MipTarget<'a> {
    texture: &'a wgpu::Texture,
    slot: Slot,
    mip: u32,
    /// Of the slot's corner: one more than the mip for a plane of half as many texels.
    halvings: u32,
}

/// Allocates textures, or says why there is no memory for them.
fn try_arrays(gpu: &Gpu, layers: u32) -> Result<[wgpu::Texture; PLANES.len()], String> {
    #[cfg(test)]
    if layers > MOST_LAYERS.get() {
        return Err("refused for a test".to_owned());
    }
    let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let planes = arrays(gpu, layers);
    match pollster::block_on(scope.pop()) {
        None => Ok(planes),
        Some(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
thread_local! {
    /// The layers of which a test has a driver refuse more.
    pub static MOST_LAYERS: std::cell::Cell<u32> = const { std::cell::Cell::new(u32::MAX) };
}

fn arrays(gpu: &Gpu, layers: u32) -> [wgpu::Texture; PLANES.len()] {
    PLANES.map(|Plane { label, halvings, .. }| {
        let side = LAYER_SIDE >> halvings;
        let usage = wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::COPY_SRC;
        resources::mip_chain(&gpu.device, label, [side, side, layers], MIPS as usize, PLANE_FORMAT, usage)
    })
}
