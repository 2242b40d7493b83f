//! Draws words set in type on the wall. See `shaders/words.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::{DVec2, UVec2};

use super::Gpu;
use super::mask_textures::MaskTextures;
use super::pool::Pool;
use super::resources::{self, PipelineDescriptor, SAMPLER, TEXELS, TEXTURE_ARRAY, UNIFORM, flag};
use super::typesetter::{Typesetter, WallQuad};
use millions_frame::{Fill, TextPlacement, WordsLayer};
use millions_lettering::{FIELD_PAGE_SIDE, FieldAtlas, Fonts, SPREAD};
use millions_stage::ColourCorrection;
use millions_wall::strips::{self, MeshQuad};

/// Layers of the distance-field atlas, a megabyte each: together some four hundred Chinese characters, or all letters of
/// any other script.
const LAYERS: u32 = 16;
/// Distance fields that a frame may generate ahead.
const AHEAD: usize = 2;

/// `struct Words` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct WordsUniform {
    area: [f32; 4],
    color: [f32; 3],
    opacity: f32,
    mask_origin: [i32; 2],
    range: f32,
    padding: f32,
}

/// A vertex of a letter's triangles.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct LetterVertex {
    position: [f32; 4],
    uv: [f32; 2],
    layer: u32,
    padding: u32,
}

/// The surface that words are drawn on, and how.
#[derive(Clone, Copy, Debug)]
pub struct WordsDraw<'a> {
    pub mesh: &'a [MeshQuad],
    /// The wall's width over its height.
    pub wall_aspect: f64,
    /// Of the target in pixels.
    pub size: UVec2,
    /// The surface's output mask, where it has one.
    pub mask: Option<&'a wgpu::TextureView>,
    /// Its upper left pixel.
    pub mask_origin: [i32; 2],
    /// The part of the target that the surface covers: left, upper, right, lower edge, 0 to 1.
    pub bounds: [f32; 4],
    /// 0 to 1.
    pub opacity: f32,
    /// 0 to 1.
    pub light: f32,
    /// The output's.
    pub correction: &'a ColourCorrection,
}

/// The pipelines of the coverage pass and of the two fills, each without and with an output mask.
pub struct WordsPipelines {
    letters: wgpu::RenderPipeline,
    solid: [wgpu::RenderPipeline; 2],
    cut_out: [wgpu::RenderPipeline; 2],
}

/// Sets and draws words.
pub struct WordsPass {
    typesetter: Typesetter,
    atlas: FieldAtlas,
    fields: wgpu::Texture,
    pipelines: WordsPipelines,
    letters_layout: wgpu::BindGroupLayout,
    area_layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    /// Kept from frame to frame, as outputs of several sizes take turns.
    batches: Pool<BatchKey, Batch>,
}

/// What the textures and bind groups of a batch depend on.
#[derive(PartialEq)]
struct BatchKey {
    /// Of the target in pixels.
    size: UVec2,
    /// The surface's output mask, where it has one.
    mask: Option<wgpu::TextureView>,
}

/// The GPU data of one draw.
struct Batch {
    uniform: wgpu::Buffer,
    vertices: wgpu::Buffer,
    count: u32,
    coverages: wgpu::TextureView,
    letters: wgpu::BindGroup,
    area: wgpu::BindGroup,
    is_masked: bool,
    fill: Fill,
}

/// What of a words pass takes longer than a frame: its pipelines, and its fonts.
pub struct WordsParts {
    letters_layout: wgpu::BindGroupLayout,
    area_layout: wgpu::BindGroupLayout,
    pipelines: WordsPipelines,
    fonts: Fonts,
}

impl WordsParts {
    /// Makes them, on any thread; without `fonts` those of the program and the system.
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat, source: &str, fonts: Option<Fonts>) -> Self {
        let letters_layout =
            resources::bind_group_layout(device, "letters", &[(0, UNIFORM), (1, TEXTURE_ARRAY), (2, SAMPLER)]);
        let area_layout = resources::bind_group_layout(device, "words", &[(0, UNIFORM), (3, TEXELS), (9, TEXELS)]);
        let pipelines = pipelines(device, source, [&letters_layout, &area_layout], target);
        Self { letters_layout, area_layout, pipelines, fonts: fonts.unwrap_or_default() }
    }

    /// The fonts alone.
    pub fn into_fonts(self) -> Fonts {
        self.fonts
    }
}

impl WordsPass {
    pub fn new(gpu: &Gpu, parts: WordsParts) -> Self {
        let WordsParts { letters_layout, area_layout, pipelines, fonts } = parts;
        let device = &gpu.device;
        let sampler = resources::linear_sampler(device, "fields");
        let (side, format) = (FIELD_PAGE_SIDE, wgpu::TextureFormat::R8Unorm);
        let fields =
            resources::texture_array(device, "fields", [side, side, LAYERS], format, wgpu::TextureUsages::COPY_DST);
        Self {
            typesetter: Typesetter::new(fonts),
            atlas: FieldAtlas::new(LAYERS),
            fields,
            pipelines,
            letters_layout,
            area_layout,
            sampler,
            batches: Pool::default(),
        }
    }

    /// Returns what compiles the pipelines of another source, on any thread.
    pub fn candidate(
        &self,
        gpu: &Gpu,
        target: wgpu::TextureFormat,
    ) -> impl FnOnce(&str) -> WordsPipelines + Send + use<> {
        let (device, layouts) = (gpu.device.clone(), [self.letters_layout.clone(), self.area_layout.clone()]);
        move |source| pipelines(&device, source, [&layouts[0], &layouts[1]], target)
    }

    /// Replaces the pipelines.
    pub fn adopt(&mut self, pipelines: WordsPipelines) {
        self.pipelines = pipelines;
    }

    /// Begins a frame: distance fields that it does not use may be evicted.
    pub fn begin_frame(&mut self) {
        self.atlas.begin();
    }

    /// Begins a submission: all batches can be used again. Those of masks that are no longer uploaded are freed.
    pub fn begin_submission(&mut self, masks: &MaskTextures) {
        self.batches.retain(|BatchKey { mask, .. }| mask.as_ref().is_none_or(|mask| masks.holds(mask)));
        self.batches.begin_submission();
    }

    /// Reads a font file that has changed again.
    pub fn forget_file(&mut self, path: &std::path::Path) {
        self.typesetter.forget_file(path);
    }

    /// Generates some of the distance fields that a layer needs, at most [`AHEAD`].
    pub fn prepare_ahead(&mut self, gpu: &Gpu, layer: &WordsLayer, wall_aspect: f64) {
        let mut generated = 0;
        for quad in self.typesetter.quads(layer, wall_aspect) {
            generated += usize::from(self.place(gpu, &quad).is_some_and(|(_, is_new)| is_new));
            if generated >= AHEAD {
                return;
            }
        }
    }

    /// Returns the region of a letter's distance field in the atlas, and whether it had to be generated and uploaded.
    fn place(&mut self, gpu: &Gpu, quad: &WallQuad) -> Option<(millions_lettering::AtlasRegion, bool)> {
        let Self { typesetter, atlas, fields, .. } = self;
        let key = quad.quad.key;
        let placed = match atlas.place(key, || typesetter.fonts().glyph_field(key)) {
            Ok(placed) => placed?,
            Err(error) => {
                tracing::warn!("{error}");
                return None;
            }
        };
        let is_new = placed.upload.is_some();
        if let Some(field) = placed.upload {
            let origin = wgpu::Origin3d { x: placed.region.x, y: placed.region.y, z: placed.region.layer };
            let to = wgpu::TexelCopyTextureInfo { origin, ..fields.as_image_copy() };
            resources::write_texels(gpu, to, [field.width, field.height], &field.texels);
        }
        Some((placed.region, is_new))
    }

    /// Uploads what a layer is drawn with. Returns its index for [`Self::draw`].
    pub fn prepare(&mut self, gpu: &Gpu, layer: &WordsLayer, shown: &WordsDraw) -> usize {
        let quads = self.typesetter.quads(layer, shown.wall_aspect);
        let mut vertices = Vec::with_capacity(quads.len() * 6);
        for quad in &quads {
            let Some((place, _)) = self.place(gpu, quad) else {
                if is_said(&layer.text) {
                    vertices.clear();
                    break;
                }
                continue;
            };
            let [left, top, right, bottom] = place.uv();
            let (low, size) = (quad.place[0], quad.place[1] - quad.place[0]);
            for (cell, [upper_left, lower_right]) in strips::parts(shown.mesh, quad.place) {
                let corner = |x: f64, y: f64| {
                    let p = DVec2::new(x, y);
                    let part = ((p - low) / size).as_vec2();
                    let uv = [left + (right - left) * part.x, top + (bottom - top) * part.y];
                    LetterVertex { position: cell.clip_from_wall(p).to_array(), uv, layer: place.layer, padding: 0 }
                };
                let ([x0, y0], [x1, y1]) = (upper_left.to_array(), lower_right.to_array());
                vertices.extend(strips::triangles([corner(x0, y0), corner(x1, y0), corner(x0, y1), corner(x1, y1)]));
            }
        }
        let area = match layer.fill {
            // Everything but the letters goes dark.
            Fill::Faces => shown.bounds,
            Fill::Solid => bounds(vertices.iter().map(|vertex| vertex.position)),
        };
        let tone = shown.correction.tone(&layer.look);
        let color = tone.shade_plain(layer.intensity * layer.look.exposure.exp2()).map(|value| value * shown.light);
        let uniform = WordsUniform {
            area,
            color,
            opacity: shown.opacity * layer.opacity,
            mask_origin: shown.mask_origin,
            range: 2.0 * SPREAD / FIELD_PAGE_SIDE as f32,
            padding: 0.0,
        };
        let Self { batches, fields, letters_layout, area_layout, sampler, .. } = self;
        let key = BatchKey { size: shown.size, mask: shown.mask.cloned() };
        let layouts = [&*letters_layout, &*area_layout];
        let index = batches.claim(key, || Batch::new(gpu, layouts, fields, sampler, shown));
        let batch = &mut batches[index];
        batch.fill = layer.fill;
        batch.count = vertices.len() as u32;
        gpu.queue.write_buffer(&batch.uniform, 0, bytemuck::bytes_of(&uniform));
        resources::write(gpu, &mut batch.vertices, "letters", &vertices, wgpu::BufferUsages::VERTEX);
        index
    }

    /// Records the coverage pass of words that were prepared; before the pass of [`Self::draw`].
    pub fn draw_letters(&self, encoder: &mut wgpu::CommandEncoder, index: usize) {
        let batch = &self.batches[index];
        let mut pass = resources::begin_black(encoder, "letters", &batch.coverages);
        pass.set_pipeline(&self.pipelines.letters);
        pass.set_bind_group(0, &batch.letters, &[]);
        pass.set_vertex_buffer(0, batch.vertices.slice(..));
        pass.draw(0..batch.count, 0..1);
    }

    /// Records words that were prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, index: usize) {
        let batch = &self.batches[index];
        if batch.count == 0 && batch.fill == Fill::Solid {
            return;
        }
        let pipelines = match batch.fill {
            Fill::Faces => &self.pipelines.cut_out,
            Fill::Solid => &self.pipelines.solid,
        };
        pass.set_pipeline(&pipelines[usize::from(batch.is_masked)]);
        pass.set_bind_group(0, &batch.area, &[]);
        pass.draw(0..4, 0..1);
    }
}

impl Batch {
    fn new(
        gpu: &Gpu,
        [letters_layout, area_layout]: [&wgpu::BindGroupLayout; 2],
        fields: &wgpu::Texture,
        sampler: &wgpu::Sampler,
        shown: &WordsDraw,
    ) -> Self {
        let device = &gpu.device;
        let format = wgpu::TextureFormat::R8Unorm;
        let coverages = resources::view(&resources::render_texture(device, "coverages", shown.size, format));
        let uniform = resources::buffer(device, "words", size_of::<WordsUniform>(), wgpu::BufferUsages::UNIFORM);
        let vertices = resources::buffer(device, "letters", 16 << 10, wgpu::BufferUsages::VERTEX);
        let fields = resources::array_view(fields);
        let view = wgpu::BindingResource::TextureView;
        let sampler = wgpu::BindingResource::Sampler(sampler);
        let letters = resources::bind_group(
            device,
            letters_layout,
            &[(0, uniform.as_entire_binding()), (1, view(&fields)), (2, sampler)],
        );
        // A binding that is not read needs a texture all the same.
        let mask_view = view(shown.mask.unwrap_or(&coverages));
        let of_area = [(0, uniform.as_entire_binding()), (3, view(&coverages)), (9, mask_view)];
        let area = resources::bind_group(device, area_layout, &of_area);
        let is_masked = shown.mask.is_some();
        Self { uniform, vertices, count: 0, coverages, letters, area, is_masked, fill: Fill::Solid }
    }
}

/// Whether these are people's own words, which are drawn whole or not at all: also where the atlas has no room for a letter.
fn is_said(text: &TextPlacement) -> bool {
    match text {
        TextPlacement::Stand { is_said, .. } => *is_said,
        TextPlacement::Crawl { texts, .. } => texts.iter().any(|text| text.is_said),
        TextPlacement::Caption { .. } => true,
    }
}

fn pipelines(
    device: &wgpu::Device,
    source: &str,
    [letters_layout, area_layout]: [&wgpu::BindGroupLayout; 2],
    target: wgpu::TextureFormat,
) -> WordsPipelines {
    let module = resources::module(device, "words", source);
    let pipeline = |entry_points, layout, vertices, target, blend, [is_cut_out, is_staged]: [bool; 2]| {
        let encodes = wgpu::TextureFormat::is_srgb(&target);
        let topology = match &vertices {
            Some(_) => wgpu::PrimitiveTopology::TriangleList,
            None => wgpu::PrimitiveTopology::TriangleStrip,
        };
        let constants = [("CUT_OUT", flag(is_cut_out)), ("STAGED", flag(is_staged)), ("TARGET_ENCODES", flag(encodes))];
        let (constants, blend) = (&constants, Some(blend));
        PipelineDescriptor {
            label: "words",
            module: &module,
            entry_points,
            constants,
            layout,
            vertices,
            topology,
            target,
            blend,
        }
        .create(device)
    };
    let larger = wgpu::BlendComponent {
        src_factor: wgpu::BlendFactor::One,
        dst_factor: wgpu::BlendFactor::One,
        operation: wgpu::BlendOperation::Max,
    };
    let max = wgpu::BlendState { color: larger, alpha: larger };
    let over = wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING;
    let corners = wgpu::VertexBufferLayout {
        array_stride: size_of::<LetterVertex>() as u64,
        step_mode: wgpu::VertexStepMode::Vertex,
        attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x2, 2 => Uint32],
    };
    let of_letters = ["letter_vertex", "letter_fragment"];
    let of_area = ["area_vertex", "area_fragment"];
    let coverage = wgpu::TextureFormat::R8Unorm;
    let of_area = |is_cut_out| {
        [false, true].map(|is_staged| pipeline(of_area, area_layout, None, target, over, [is_cut_out, is_staged]))
    };
    WordsPipelines {
        letters: pipeline(of_letters, letters_layout, Some(corners), coverage, max, [false; 2]),
        solid: of_area(false),
        cut_out: of_area(true),
    }
}

/// The bounding box in the target of corners in clip space: left, upper, right, lower edge, 0 to 1; empty without any.
pub fn bounds(corners: impl Iterator<Item = [f32; 4]>) -> [f32; 4] {
    let [left, top, right, bottom] = corners.fold([1.0_f32, 1.0, 0.0, 0.0], |bounds, [x, y, _, w]| {
        let [x, y] = [x / w * 0.5 + 0.5, 0.5 - y / w * 0.5];
        [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)]
    });
    let clip = |edge: f32| edge.clamp(0.0, 1.0);
    if left < right && top < bottom { [clip(left), clip(top), clip(right), clip(bottom)] } else { [0.0; 4] }
}
