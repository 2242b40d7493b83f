//! Constructors of the `wgpu` objects that the passes share: buffers, textures, samplers, bind groups, pipelines, passes.

use bytemuck::Pod;
use glam::UVec2;

use super::Gpu;

#[cfg(test)]
thread_local! {
    /// Textures that this thread has created, for tests that hold a frame to none.
    pub static CREATED_TEXTURES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Creates a buffer that the queue can write to.
pub fn buffer(device: &wgpu::Device, label: &str, bytes: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes as u64,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// Writes to a buffer, and replaces it by a larger one first where it is too small. Returns whether it was replaced: bind
/// groups with it have to be made again.
pub fn write<T: Pod>(gpu: &Gpu, to: &mut wgpu::Buffer, label: &str, values: &[T], usage: wgpu::BufferUsages) -> bool {
    let bytes = size_of_val(values);
    let is_small = to.size() < bytes as u64;
    if is_small {
        *to = buffer(&gpu.device, label, bytes.next_power_of_two(), usage);
    }
    gpu.queue.write_buffer(to, 0, bytemuck::cast_slice(values));
    is_small
}

/// Creates a texture array of one mip level that shaders can sample; `size` is width, height and layers.
pub fn texture_array(
    device: &wgpu::Device,
    label: &str,
    size: [u32; 3],
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    mip_chain(device, label, size, 1, format, usage)
}

/// Creates a render target that shaders can sample, too.
pub fn render_texture(device: &wgpu::Device, label: &str, size: UVec2, format: wgpu::TextureFormat) -> wgpu::Texture {
    texture_array(device, label, [size.x, size.y, 1], format, wgpu::TextureUsages::RENDER_ATTACHMENT)
}

/// Width and height in texels.
pub fn size_of_texture(texture: &wgpu::Texture) -> UVec2 {
    UVec2::new(texture.width(), texture.height())
}

/// Creates a texture array with mips that shaders can sample; `size` is width, height and layers.
pub fn mip_chain(
    device: &wgpu::Device,
    label: &str,
    [width, height, layers]: [u32; 3],
    levels: usize,
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    #[cfg(test)]
    CREATED_TEXTURES.set(CREATED_TEXTURES.get() + 1);
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: layers },
        mip_level_count: levels as u32,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: usage | wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    })
}

/// Uploads a texture. `levels` are the texels of its mip levels, row by row, the largest first.
pub fn upload(
    gpu: &Gpu,
    label: &str,
    [width, height]: [u32; 2],
    format: wgpu::TextureFormat,
    levels: &[impl AsRef<[u8]>],
) -> wgpu::TextureView {
    let usage = wgpu::TextureUsages::COPY_DST;
    let texture = mip_chain(&gpu.device, label, [width, height, 1], levels.len(), format, usage);
    for (level, texels) in (0..).zip(levels) {
        let size = [width, height].map(|side| (side >> level).max(1));
        let to = wgpu::TexelCopyTextureInfo { mip_level: level, ..texture.as_image_copy() };
        write_texels(gpu, to, size, texels.as_ref());
    }
    view(&texture)
}

/// Writes a rectangle of one layer, row by row, at [`TexelCopyTextureInfo::origin`](wgpu::TexelCopyTextureInfo).
pub fn write_texels(gpu: &Gpu, to: wgpu::TexelCopyTextureInfo, [width, height]: [u32; 2], texels: &[u8]) {
    let row_bytes = to.texture.format().block_copy_size(None).map(|texel_bytes| texel_bytes * width);
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: row_bytes, rows_per_image: Some(height) };
    gpu.queue.write_texture(to, texels, layout, wgpu::Extent3d { width, height, depth_or_array_layers: 1 });
}

/// The default view of a texture.
pub fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// The view of a texture as an array, also of one layer.
pub fn array_view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2Array),
        ..Default::default()
    })
}

/// Begins a render pass with one colour attachment.
pub fn begin_pass<'e>(
    encoder: &'e mut wgpu::CommandEncoder,
    label: &str,
    target: &wgpu::TextureView,
    load: wgpu::LoadOp<wgpu::Color>,
) -> wgpu::RenderPass<'e> {
    encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some(label),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: target,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load, store: wgpu::StoreOp::Store },
        })],
        depth_stencil_attachment: None,
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    })
}

/// Begins a render pass over a target that is cleared to black.
pub fn begin_black<'e>(
    encoder: &'e mut wgpu::CommandEncoder,
    label: &str,
    target: &wgpu::TextureView,
) -> wgpu::RenderPass<'e> {
    begin_pass(encoder, label, target, wgpu::LoadOp::Clear(wgpu::Color::BLACK))
}

/// A bilinear sampler that clamps to the edge.
pub fn linear_sampler(device: &wgpu::Device, label: &str) -> wgpu::Sampler {
    device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some(label),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        ..Default::default()
    })
}

/// A sampler of single texels that repeats, for maps without a seam.
pub fn repeating_sampler(device: &wgpu::Device, label: &str) -> wgpu::Sampler {
    device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some(label),
        address_mode_u: wgpu::AddressMode::Repeat,
        address_mode_v: wgpu::AddressMode::Repeat,
        ..Default::default()
    })
}

/// A trilinear sampler that clamps to the edge.
pub fn trilinear_sampler(device: &wgpu::Device, label: &str) -> wgpu::Sampler {
    device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some(label),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        mipmap_filter: wgpu::MipmapFilterMode::Linear,
        ..Default::default()
    })
}

/// A trilinear, anisotropic (8×) sampler, for mipmapped pictures on warped surfaces.
pub fn anisotropic_sampler(device: &wgpu::Device, label: &str) -> wgpu::Sampler {
    device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some(label),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        mipmap_filter: wgpu::MipmapFilterMode::Linear,
        anisotropy_clamp: 8,
        ..Default::default()
    })
}

/// Binds a uniform buffer.
pub const UNIFORM: wgpu::BindingType = buffer_binding(wgpu::BufferBindingType::Uniform);
/// Binds a read-only storage buffer.
pub const STORAGE: wgpu::BindingType = buffer_binding(wgpu::BufferBindingType::Storage { read_only: true });
/// Binds a filtering sampler.
pub const SAMPLER: wgpu::BindingType = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
/// Binds a filtered texture.
pub const TEXTURE: wgpu::BindingType = texture_binding(wgpu::TextureViewDimension::D2, true);
/// Binds a texture that is only loaded, texel by texel.
pub const TEXELS: wgpu::BindingType = texture_binding(wgpu::TextureViewDimension::D2, false);
/// Binds a filtered texture array.
pub const TEXTURE_ARRAY: wgpu::BindingType = texture_binding(wgpu::TextureViewDimension::D2Array, true);

const fn buffer_binding(ty: wgpu::BufferBindingType) -> wgpu::BindingType {
    wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None }
}

const fn texture_binding(view_dimension: wgpu::TextureViewDimension, filterable: bool) -> wgpu::BindingType {
    wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable },
        view_dimension,
        multisampled: false,
    }
}

/// Creates a bind group layout of binding numbers and types. The vertex stage sees uniforms only.
pub fn bind_group_layout(
    device: &wgpu::Device,
    label: &str,
    bindings: &[(u32, wgpu::BindingType)],
) -> wgpu::BindGroupLayout {
    let entry = |(binding, ty): &(u32, wgpu::BindingType)| wgpu::BindGroupLayoutEntry {
        binding: *binding,
        visibility: if *ty == UNIFORM { wgpu::ShaderStages::VERTEX_FRAGMENT } else { wgpu::ShaderStages::FRAGMENT },
        ty: *ty,
        count: None,
    };
    let entries: Vec<_> = bindings.iter().map(entry).collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries })
}

/// Creates a bind group of binding numbers and resources.
pub fn bind_group(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    resources: &[(u32, wgpu::BindingResource)],
) -> wgpu::BindGroup {
    let entries: Vec<_> = resources
        .iter()
        .map(|(binding, resource)| wgpu::BindGroupEntry { binding: *binding, resource: resource.clone() })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}

/// Compiles a WGSL module.
pub fn module(device: &wgpu::Device, label: &str, source: &str) -> wgpu::ShaderModule {
    device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    })
}

/// A boolean `override` constant.
pub fn flag(is_on: bool) -> f64 {
    f64::from(u8::from(is_on))
}

/// The parameters of a render pipeline with one target, one bind group and no depth.
pub struct PipelineDescriptor<'a> {
    pub label: &'a str,
    pub module: &'a wgpu::ShaderModule,
    /// Of the vertex and of the fragment stage.
    pub entry_points: [&'a str; 2],
    pub constants: &'a [(&'a str, f64)],
    pub layout: &'a wgpu::BindGroupLayout,
    /// None where the vertex stage derives all from the index.
    pub vertices: Option<wgpu::VertexBufferLayout<'a>>,
    pub topology: wgpu::PrimitiveTopology,
    pub target: wgpu::TextureFormat,
    pub blend: Option<wgpu::BlendState>,
}

impl PipelineDescriptor<'_> {
    pub fn create(self, device: &wgpu::Device) -> wgpu::RenderPipeline {
        let Self { label, module, entry_points, constants, layout, vertices, topology, target, blend } = self;
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(layout)],
            immediate_size: 0,
        });
        let options = wgpu::PipelineCompilationOptions { constants, ..Default::default() };
        let vertices: Vec<_> = vertices.into_iter().map(Some).collect();
        device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(label),
            layout: Some(&layout),
            vertex: wgpu::VertexState {
                module,
                entry_point: Some(entry_points[0]),
                compilation_options: options.clone(),
                buffers: &vertices,
            },
            primitive: wgpu::PrimitiveState { topology, ..Default::default() },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module,
                entry_point: Some(entry_points[1]),
                compilation_options: options,
                targets: &[Some(wgpu::ColorTargetState { format: target, blend, write_mask: wgpu::ColorWrites::ALL })],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}
