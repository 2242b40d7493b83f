//! What the passes are made of: buffers, textures, bindings and pipelines, with all that ours have in common.

use bytemuck::Pod;

use super::Gpu;

/// A buffer that can be written to.
pub fn buffer(device: &wgpu::Device, label: &str, bytes: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes as u64,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// Writes to a buffer, which is made anew, larger, where it is too small; whether it was.
pub fn write<T: Pod>(gpu: &Gpu, to: &mut wgpu::Buffer, label: &str, values: &[T], usage: wgpu::BufferUsages) -> bool {
    let bytes = size_of_val(values);
    let is_small = to.size() < bytes as u64;
    if is_small {
        *to = buffer(&gpu.device, label, bytes.next_power_of_two(), usage);
    }
    gpu.queue.write_buffer(to, 0, bytemuck::cast_slice(values));
    is_small
}

/// A texture of one level, of so many layers, that can be read.
pub fn texture(
    device: &wgpu::Device,
    label: &str,
    [width, height, layers]: [u32; 3],
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: layers },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: usage | wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    })
}

/// A picture of these bytes, row by row.
pub fn uploaded(
    gpu: &Gpu,
    label: &str,
    [width, height]: [u32; 2],
    format: wgpu::TextureFormat,
    bytes: &[u8],
) -> wgpu::TextureView {
    let picture = texture(&gpu.device, label, [width, height, 1], format, wgpu::TextureUsages::COPY_DST);
    let row_bytes = format.block_copy_size(None).map(|texel_bytes| texel_bytes * width);
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: row_bytes, rows_per_image: Some(height) };
    gpu.queue.write_texture(picture.as_image_copy(), bytes, layout, picture.size());
    view(&picture)
}

/// A picture of these bytes with all of its smaller levels, each half of the one before: the largest first.
pub fn uploaded_levels(
    gpu: &Gpu,
    label: &str,
    [width, height]: [u32; 2],
    format: wgpu::TextureFormat,
    levels: &[Vec<u8>],
) -> wgpu::TextureView {
    let picture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: levels.len() as u32,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let texel_bytes = format.block_copy_size(None).unwrap_or(4);
    for (level, bytes) in (0..).zip(levels) {
        let [width, height] = [width, height].map(|side| (side >> level).max(1));
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(texel_bytes * width),
            rows_per_image: Some(height),
        };
        let to = wgpu::TexelCopyTextureInfo { mip_level: level, ..picture.as_image_copy() };
        gpu.queue.write_texture(to, bytes, layout, wgpu::Extent3d { width, height, depth_or_array_layers: 1 });
    }
    view(&picture)
}

/// The view of a whole texture, with as many dimensions as it has.
pub fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// The view of all layers of a texture, also where it has one alone.
pub fn layers(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2Array),
        ..Default::default()
    })
}

/// A sampler that interpolates, and holds at the edges.
pub fn linear_sampler(device: &wgpu::Device, label: &str) -> wgpu::Sampler {
    device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some(label),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        ..Default::default()
    })
}

/// A sampler for pictures that are seen smaller than they are, and from the side.
pub fn fine_sampler(device: &wgpu::Device, label: &str) -> wgpu::Sampler {
    device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some(label),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        mipmap_filter: wgpu::MipmapFilterMode::Linear,
        anisotropy_clamp: 8,
        ..Default::default()
    })
}

/// A uniform buffer's binding.
pub const UNIFORM: wgpu::BindingType = buffer_binding(wgpu::BufferBindingType::Uniform);
/// A buffer's binding that is only read.
pub const STORAGE: wgpu::BindingType = buffer_binding(wgpu::BufferBindingType::Storage { read_only: true });
/// A sampler's binding that interpolates.
pub const SAMPLING: wgpu::BindingType = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
/// The binding of a picture that is interpolated,
pub const PICTURE: wgpu::BindingType = texture_binding(wgpu::TextureViewDimension::D2, true);
/// of one that is read texel by texel,
pub const TEXELS: wgpu::BindingType = texture_binding(wgpu::TextureViewDimension::D2, false);
/// and of pages that are interpolated.
pub const PAGES: wgpu::BindingType = texture_binding(wgpu::TextureViewDimension::D2Array, true);

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

/// A layout of bindings by their numbers. The vertex stage sees uniforms, the fragment stage all.
pub fn layout(device: &wgpu::Device, label: &str, bindings: &[(u32, wgpu::BindingType)]) -> wgpu::BindGroupLayout {
    let entry = |(binding, ty): &(u32, wgpu::BindingType)| wgpu::BindGroupLayoutEntry {
        binding: *binding,
        visibility: if *ty == UNIFORM { wgpu::ShaderStages::VERTEX_FRAGMENT } else { wgpu::ShaderStages::FRAGMENT },
        ty: *ty,
        count: None,
    };
    let entries: Vec<_> = bindings.iter().map(entry).collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries })
}

/// What is bound at each number of a layout.
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

/// A shader compiled.
pub fn module(device: &wgpu::Device, label: &str, source: &str) -> wgpu::ShaderModule {
    device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    })
}

/// 1 or 0, as a shader's constant.
pub fn on(is_on: bool) -> f64 {
    f64::from(u8::from(is_on))
}

/// A pipeline to be made.
pub struct Pipeline<'a> {
    pub label: &'a str,
    pub module: &'a wgpu::ShaderModule,
    /// The functions of the vertex and of the fragment stage.
    pub functions: [&'a str; 2],
    pub constants: &'a [(&'a str, f64)],
    pub layout: &'a wgpu::BindGroupLayout,
    /// None for a shader that makes its own corners.
    pub vertices: Option<wgpu::VertexBufferLayout<'a>>,
    pub topology: wgpu::PrimitiveTopology,
    pub target: wgpu::TextureFormat,
    pub blend: Option<wgpu::BlendState>,
}

impl Pipeline<'_> {
    pub fn make(self, device: &wgpu::Device) -> wgpu::RenderPipeline {
        let Self { label, module, functions, constants, layout, vertices, topology, target, blend } = self;
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
                entry_point: Some(functions[0]),
                compilation_options: options.clone(),
                buffers: &vertices,
            },
            primitive: wgpu::PrimitiveState { topology, ..Default::default() },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module,
                entry_point: Some(functions[1]),
                compilation_options: options,
                targets: &[Some(wgpu::ColorTargetState { format: target, blend, write_mask: wgpu::ColorWrites::ALL })],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}
