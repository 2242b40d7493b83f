//! Words on the wall. See `shaders/words.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::DVec2;

use super::Gpu;
use super::parts::{self, PAGES as FIELD_PAGES, Pipeline, SAMPLING, TEXELS, UNIFORM, on};
use super::words::{Typesetter, WallQuad};
use millions_frame::{Fill, WordsLayer};
use millions_lettering::{FIELD_PAGE_SIDE, FieldAtlas, Fonts, SPREAD};
use millions_stage::ColourCorrection;
use millions_wall::strips::{self, MeshQuad};

/// Pages of distance fields, a megabyte each: some four hundred letters of Chinese, all of other scripts.
const PAGES: u32 = 16;
/// Letters whose fields a frame may make ahead of their time.
const AHEAD: usize = 2;

/// `struct Words` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct WordsUniform {
    area: [f32; 4],
    color: [f32; 3],
    opacity: f32,
    map_origin: [i32; 2],
    range: f32,
    padding: f32,
}

/// A corner of a letter's rectangle.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct LetterVertex {
    position: [f32; 4],
    uv: [f32; 2],
    page: u32,
    padding: u32,
}

/// Where and how words are shown.
#[derive(Clone, Copy, Debug)]
pub struct WordsDraw<'a> {
    pub mesh: &'a [MeshQuad],
    /// The wall's width over its height.
    pub wall_aspect: f64,
    /// The target's width and height in pixels.
    pub size: (u32, u32),
    /// The surface's light and its upper left pixel; none where it is neither warped nor dimmed.
    pub map: Option<&'a wgpu::TextureView>,
    pub map_origin: [i32; 2],
    /// The part of the target that the surface takes: left, upper, right, lower edge, 0 to 1.
    pub bounds: [f32; 4],
    /// 0 to 1.
    pub opacity: f32,
    /// 0 to 1.
    pub light: f32,
    /// What the projector makes of a look.
    pub output: &'a ColourCorrection,
}

/// For coverages; for letters of light; for letters that are windows.
pub struct WordsPipelines {
    letters: wgpu::RenderPipeline,
    /// Each without and with a light of the surface's own.
    solid: [wgpu::RenderPipeline; 2],
    window: [wgpu::RenderPipeline; 2],
}

/// Sets and draws words.
pub struct WordsPass {
    setter: Typesetter,
    atlas: FieldAtlas,
    fields: wgpu::Texture,
    pipelines: WordsPipelines,
    letters_layout: wgpu::BindGroupLayout,
    area_layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    batches: Vec<Batch>,
}

/// What one layer's words are drawn with.
struct Batch {
    uniform: wgpu::Buffer,
    vertices: wgpu::Buffer,
    count: u32,
    coverages: wgpu::TextureView,
    size: (u32, u32),
    letters: wgpu::BindGroup,
    area: wgpu::BindGroup,
    /// The surface's light, where it has one.
    map: Option<wgpu::TextureView>,
    fill: Fill,
}

impl WordsPass {
    pub fn new(gpu: &Gpu, target: wgpu::TextureFormat, source: &str, fonts: Fonts) -> Self {
        let device = &gpu.device;
        let letters_layout = parts::layout(device, "letters", &[(0, UNIFORM), (1, FIELD_PAGES), (2, SAMPLING)]);
        let area_layout = parts::layout(device, "words", &[(0, UNIFORM), (3, TEXELS), (9, TEXELS)]);
        let pipelines = pipelines(device, source, [&letters_layout, &area_layout], target);
        let sampler = parts::linear_sampler(device, "fields");
        let (side, format) = (FIELD_PAGE_SIDE, wgpu::TextureFormat::R8Unorm);
        let fields = parts::texture(device, "fields", [side, side, PAGES], format, wgpu::TextureUsages::COPY_DST);
        Self {
            setter: Typesetter::new(fonts),
            atlas: FieldAtlas::new(PAGES),
            fields,
            pipelines,
            letters_layout,
            area_layout,
            sampler,
            batches: Vec::new(),
        }
    }

    /// Pipelines of another source.
    pub fn candidate(
        &self,
        gpu: &Gpu,
        target: wgpu::TextureFormat,
    ) -> impl FnOnce(&str) -> WordsPipelines + Send + use<> {
        let (device, layouts) = (gpu.device.clone(), [self.letters_layout.clone(), self.area_layout.clone()]);
        move |source| pipelines(&device, source, [&layouts[0], &layouts[1]], target)
    }

    /// Draws with other pipelines from now on.
    pub fn adopt(&mut self, pipelines: WordsPipelines) {
        self.pipelines = pipelines;
    }

    /// A new frame begins: letters that it does not ask for may go.
    pub fn begin_frame(&mut self) {
        self.atlas.begin();
    }

    /// Reads a font anew, for its file has changed.
    pub fn forget_file(&mut self, path: &std::path::Path) {
        self.setter.forget_file(path);
    }

    /// Makes some of the letters that a layer will want.
    pub fn prepare_ahead(&mut self, gpu: &Gpu, layer: &WordsLayer, wall_aspect: f64) {
        let mut made = 0;
        for quad in self.setter.quads(layer, wall_aspect) {
            made += usize::from(self.place(gpu, &quad).is_some_and(|(_, is_new)| is_new));
            if made >= AHEAD {
                return;
            }
        }
    }

    /// The rectangle of a letter's field in the pages, made and uploaded if it is not there yet.
    fn place(&mut self, gpu: &Gpu, quad: &WallQuad) -> Option<(millions_lettering::AtlasRegion, bool)> {
        let Self { setter, atlas, fields, .. } = self;
        let key = quad.quad.key;
        let placed = match atlas.place(key, || setter.fonts().glyph_field(key)) {
            Ok(placed) => placed?,
            Err(error) => {
                tracing::warn!("{error}");
                return None;
            }
        };
        let is_new = placed.upload.is_some();
        if let Some(field) = placed.upload {
            gpu.queue.write_texture(
                wgpu::TexelCopyTextureInfo {
                    texture: fields,
                    mip_level: 0,
                    origin: wgpu::Origin3d { x: placed.place.x, y: placed.place.y, z: placed.place.page },
                    aspect: wgpu::TextureAspect::All,
                },
                &field.texels,
                wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(field.width),
                    rows_per_image: Some(field.height),
                },
                wgpu::Extent3d { width: field.width, height: field.height, depth_or_array_layers: 1 },
            );
        }
        Some((placed.place, is_new))
    }

    /// Writes what a layer needs to the GPU, as the frame's words of that number.
    pub fn prepare(&mut self, gpu: &Gpu, number: usize, layer: &WordsLayer, shown: &WordsDraw) {
        let quads = self.setter.quads(layer, shown.wall_aspect);
        let mut vertices = Vec::with_capacity(quads.len() * 6);
        for quad in &quads {
            let Some((place, _)) = self.place(gpu, quad) else { continue };
            let [left, top, right, bottom] = place.uv();
            let (low, size) = (quad.place[0], quad.place[1] - quad.place[0]);
            for (cell, [upper_left, lower_right]) in strips::parts(shown.mesh, quad.place) {
                let corner = |x: f64, y: f64| {
                    let p = DVec2::new(x, y);
                    let part = ((p - low) / size).as_vec2();
                    let uv = [left + (right - left) * part.x, top + (bottom - top) * part.y];
                    LetterVertex { position: cell.clip_from_wall(p).to_array(), uv, page: place.page, padding: 0 }
                };
                let ([x0, y0], [x1, y1]) = (upper_left.to_array(), lower_right.to_array());
                vertices.extend(strips::triangles([corner(x0, y0), corner(x1, y0), corner(x0, y1), corner(x1, y1)]));
            }
        }
        let area = match layer.fill {
            // What is no letter goes dark, everywhere.
            Fill::Faces => shown.bounds,
            Fill::Solid => bounds(vertices.iter().map(|vertex| vertex.position)),
        };
        let tone = shown.output.tone(&layer.look);
        let color = tone.shade_plain(layer.intensity * layer.look.exposure.exp2()).map(|value| value * shown.light);
        let uniform = WordsUniform {
            area,
            color,
            opacity: shown.opacity * layer.opacity,
            map_origin: shown.map_origin,
            range: 2.0 * SPREAD / FIELD_PAGE_SIDE as f32,
            padding: 0.0,
        };
        while self.batches.len() <= number {
            self.batches.push(Batch::new(gpu, self, shown));
        }
        let batch = &self.batches[number];
        if batch.size != shown.size || batch.map.as_ref() != shown.map {
            self.batches[number] = Batch::new(gpu, self, shown);
        }
        let batch = &mut self.batches[number];
        batch.fill = layer.fill;
        batch.count = vertices.len() as u32;
        gpu.queue.write_buffer(&batch.uniform, 0, bytemuck::bytes_of(&uniform));
        parts::write(gpu, &mut batch.vertices, "letters", &vertices, wgpu::BufferUsages::VERTEX);
    }

    /// Draws the coverages of the frame's words of a number; before the pass that shows them.
    pub fn draw_letters(&self, encoder: &mut wgpu::CommandEncoder, number: usize) {
        let Some(batch) = self.batches.get(number) else { return };
        let mut pass = super::renderer::begin_black(encoder, &batch.coverages);
        pass.set_pipeline(&self.pipelines.letters);
        pass.set_bind_group(0, &batch.letters, &[]);
        pass.set_vertex_buffer(0, batch.vertices.slice(..));
        pass.draw(0..batch.count, 0..1);
    }

    /// Records the words of a number.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, number: usize) {
        let Some(batch) = self.batches.get(number) else { return };
        if batch.count == 0 && batch.fill == Fill::Solid {
            return;
        }
        let pipelines = match batch.fill {
            Fill::Faces => &self.pipelines.window,
            Fill::Solid => &self.pipelines.solid,
        };
        pass.set_pipeline(&pipelines[usize::from(batch.map.is_some())]);
        pass.set_bind_group(0, &batch.area, &[]);
        pass.draw(0..4, 0..1);
    }
}

impl Batch {
    fn new(gpu: &Gpu, words: &WordsPass, shown: &WordsDraw) -> Self {
        let (size, map) = (shown.size, shown.map.cloned());
        let device = &gpu.device;
        let (format, usage) = (wgpu::TextureFormat::R8Unorm, wgpu::TextureUsages::RENDER_ATTACHMENT);
        let coverages = parts::view(&parts::texture(device, "coverages", [size.0, size.1, 1], format, usage));
        let uniform = parts::buffer(device, "words", size_of::<WordsUniform>(), wgpu::BufferUsages::UNIFORM);
        let vertices = parts::buffer(device, "letters", 16 << 10, wgpu::BufferUsages::VERTEX);
        let fields = parts::layers(&words.fields);
        let view = wgpu::BindingResource::TextureView;
        let sampler = wgpu::BindingResource::Sampler(&words.sampler);
        let letters = parts::bind_group(
            device,
            &words.letters_layout,
            &[(0, uniform.as_entire_binding()), (1, view(&fields)), (2, sampler)],
        );
        // What is not read has to be there all the same.
        let light = view(map.as_ref().unwrap_or(&coverages));
        let of_area = [(0, uniform.as_entire_binding()), (3, view(&coverages)), (9, light)];
        let area = parts::bind_group(device, &words.area_layout, &of_area);
        Self { uniform, vertices, count: 0, coverages, size, letters, area, map, fill: Fill::Solid }
    }
}

fn pipelines(
    device: &wgpu::Device,
    source: &str,
    [letters_layout, area_layout]: [&wgpu::BindGroupLayout; 2],
    target: wgpu::TextureFormat,
) -> WordsPipelines {
    let module = parts::module(device, "words", source);
    let pipeline = |functions, layout, vertices, target, blend, [is_window, is_staged]: [bool; 2]| {
        let encodes = wgpu::TextureFormat::is_srgb(&target);
        let topology = match &vertices {
            Some(_) => wgpu::PrimitiveTopology::TriangleList,
            None => wgpu::PrimitiveTopology::TriangleStrip,
        };
        let constants = [("WINDOW", on(is_window)), ("STAGED", on(is_staged)), ("TARGET_ENCODES", on(encodes))];
        let (constants, blend) = (&constants, Some(blend));
        Pipeline { label: "words", module: &module, functions, constants, layout, vertices, topology, target, blend }
            .make(device)
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
    let of_area = |is_window| {
        [false, true].map(|is_staged| pipeline(of_area, area_layout, None, target, over, [is_window, is_staged]))
    };
    WordsPipelines {
        letters: pipeline(of_letters, letters_layout, Some(corners), coverage, max, [false; 2]),
        solid: of_area(false),
        window: of_area(true),
    }
}

/// The part of the target that corners take: left, upper, right, lower edge, 0 to 1; nothing without any.
pub fn bounds(corners: impl Iterator<Item = [f32; 4]>) -> [f32; 4] {
    let [left, top, right, bottom] = corners.fold([1.0_f32, 1.0, 0.0, 0.0], |bounds, [x, y, _, w]| {
        let [x, y] = [x / w * 0.5 + 0.5, 0.5 - y / w * 0.5];
        [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)]
    });
    let clip = |edge: f32| edge.clamp(0.0, 1.0);
    if left < right && top < bottom { [clip(left), clip(top), clip(right), clip(bottom)] } else { [0.0; 4] }
}
