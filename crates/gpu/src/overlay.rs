//! What lies over an output's picture for the operator: test pictures, marks, text, and an enlarged part. See
//! [`Overlay`].

use std::sync::Arc;

use glam::{DVec2, UVec2};

use super::marks_pass::MarksPass;
use super::picture_pass::{Draws, EVERYWHERE, PictureDraw, PicturePass, PictureUniform, PictureVertex};
use super::renderer::begin_black;
use super::text_pass::{OperatorText, TextPass};
use super::{Bitmap, Gpu, parts};
use millions_stage::{Mark, ResolvedOutput};

/// What lies over an output's picture. It is made upright, as the output is seen, and then turned as the projector hangs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// In place of the wall: a test picture of the output.
    pub picture: Option<Arc<Bitmap>>,
    /// In place of the wall: white on all surfaces.
    pub white: bool,
    /// Text.
    pub caption: Option<OperatorText>,
    /// Lines and points, in output pixels.
    pub marks: Vec<Mark>,
    /// The point about which a part is shown enlarged, in output pixels.
    pub magnified: Option<DVec2>,
}

/// How many times larger the enlarged part is.
const ZOOM: f64 = 6.0;
/// The side of the square that it takes, in heights of the output.
const INSET: f64 = 0.3;
/// How much of the picture is hidden behind text: white on faces is read by nobody.
const SHADE: f32 = 0.78;
/// Test pictures that are kept on the GPU.
const KEPT: usize = 8;

impl Overlay {
    /// Whether nothing is seen of the wall.
    #[must_use]
    pub const fn covers(&self) -> bool {
        self.picture.is_some()
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Draws overlays.
pub struct OverlayPass {
    text: TextPass,
    marks: MarksPass,
    /// Text and marks, and the size that they are drawn in.
    layer: Option<wgpu::Texture>,
    /// The picture without the overlay, where a part of it is enlarged.
    below: Option<wgpu::Texture>,
    pictures: Vec<(Arc<Bitmap>, wgpu::TextureView)>,
    format: wgpu::TextureFormat,
}

/// A picture of the overlay, in its place on the target.
struct Resolved {
    draws: Draws,
    /// None for black.
    texels: Option<wgpu::TextureView>,
    vertices: Vec<PictureVertex>,
    opacity: f32,
}

impl Resolved {
    fn new(draws: Draws, texels: &wgpu::TextureView, vertices: impl Into<Vec<PictureVertex>>) -> Self {
        Self { draws, texels: Some(texels.clone()), vertices: vertices.into(), opacity: 1.0 }
    }
}

/// What is laid over a frame.
#[derive(Default)]
pub struct Prepared {
    below: Option<wgpu::TextureView>,
    layers: Vec<Resolved>,
    layer: Option<wgpu::TextureView>,
    has_text: bool,
    has_marks: bool,
}

impl Prepared {
    /// What the frame itself is to be drawn to, where it is not the target.
    pub const fn first(&self) -> Option<&wgpu::TextureView> {
        self.below.as_ref()
    }

    /// Hands what is to be laid over to `prepare`.
    pub fn draws(&self, prepare: &mut impl FnMut(&[PictureDraw]) -> Vec<usize>) -> Vec<usize> {
        let draw = |Resolved { draws, texels, vertices, opacity }: &Resolved| {
            let uniform = &PictureUniform::plain(*opacity);
            let draw = PictureDraw { draws: *draws, texels: texels.as_ref(), map: None, uniform, vertices };
            prepare(&[draw])
        };
        self.layers.iter().flat_map(draw).collect()
    }
}

impl OverlayPass {
    pub fn new(gpu: &Gpu, target: wgpu::TextureFormat) -> Self {
        let format =
            if target.is_srgb() { wgpu::TextureFormat::Rgba8UnormSrgb } else { wgpu::TextureFormat::Rgba8Unorm };
        let (text, marks) = (TextPass::new(gpu, format), MarksPass::new(gpu, format));
        Self { text, marks, layer: None, below: None, pictures: Vec::new(), format }
    }

    /// Sends an overlay to the GPU.
    pub fn prepare(
        &mut self,
        gpu: &Gpu,
        overlay: &Overlay,
        resolved: &ResolvedOutput,
        target: wgpu::TextureFormat,
    ) -> Prepared {
        let mut prepared = Prepared::default();
        if overlay.is_empty() {
            return prepared;
        }
        let output = &resolved.output;
        // The target's corners, and where in the output they are.
        let turned = EVERYWHERE.map(|corner| {
            let at = DVec2::new(f64::from(corner.place[0]), f64::from(corner.place[1]));
            PictureVertex { place: output.output_from_target(at).as_vec2().to_array(), ..corner }
        });
        let seen = if output.target_size() == output.size {
            resolved.size
        } else {
            UVec2::new(resolved.size.y, resolved.size.x)
        };
        if overlay.magnified.is_some() {
            let usage = wgpu::TextureUsages::RENDER_ATTACHMENT;
            let below = kept(gpu, &mut self.below, "below", resolved.size, target, usage);
            prepared.layers.push(Resolved::new(Draws::AsItIs, &below, EVERYWHERE));
            prepared.below = Some(below);
        }
        if let Some(picture) = &overlay.picture {
            prepared.layers.push(Resolved::new(Draws::Stretched, &self.picture(gpu, picture), turned));
        }
        let mut marks = overlay.marks.clone();
        if let (Some(point), Some(below)) = (overlay.magnified, &prepared.below) {
            let inset = inset(resolved, point);
            marks.extend(inset.frame);
            let enlarged = Resolved::new(Draws::Stretched, below, inset.vertices);
            prepared.layers.push(enlarged);
        }
        prepared.has_marks = !marks.is_empty();
        if prepared.has_marks {
            self.marks.prepare(gpu, &marks, seen.to_array(), output.size.as_dvec2());
        }
        let caption = overlay.caption.as_ref();
        let text = caption.and_then(|caption| self.text.prepare(gpu, caption, seen.x, seen.y));
        prepared.has_text = text.is_some();
        if let Some(grounds) = text {
            let size = seen.as_dvec2();
            let on = |[left, top, right, bottom]: [f32; 4]| {
                let within = |low: f32, high: f32, at: f32| f64::from(low * (1.0 - at) + high * at);
                EVERYWHERE.map(|corner| {
                    let at = DVec2::new(within(left, right, corner.place[0]), within(top, bottom, corner.place[1]));
                    PictureVertex { position: in_clip(output.target_from_output(at / size)), ..corner }
                })
            };
            let vertices = grounds.into_iter().flat_map(on).collect();
            prepared.layers.push(Resolved { draws: Draws::Black, texels: None, vertices, opacity: SHADE });
        }
        if prepared.has_text || prepared.has_marks {
            let usage = wgpu::TextureUsages::RENDER_ATTACHMENT;
            let layer = kept(gpu, &mut self.layer, "overlay", seen, self.format, usage);
            prepared.layers.push(Resolved::new(Draws::Stretched, &layer, turned));
            prepared.layer = Some(layer);
        }
        prepared
    }

    /// Records the overlay over what has been drawn; `numbers` are those of its pictures.
    pub fn draw(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pictures: &PicturePass,
        prepared: &Prepared,
        numbers: &[usize],
        target: &wgpu::TextureView,
    ) {
        if let Some(layer) = &prepared.layer {
            let mut pass = begin(encoder, layer, wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT));
            if prepared.has_marks {
                self.marks.draw(&mut pass);
            }
            if prepared.has_text {
                self.text.draw(&mut pass);
            }
        }
        if numbers.is_empty() {
            return;
        }
        let mut pass = match prepared.below {
            Some(_) => begin_black(encoder, target),
            None => begin(encoder, target, wgpu::LoadOp::Load),
        };
        for number in numbers {
            pictures.draw(&mut pass, *number);
        }
    }

    fn picture(&mut self, gpu: &Gpu, picture: &Arc<Bitmap>) -> wgpu::TextureView {
        if let Some((_, view)) = self.pictures.iter().find(|(kept, _)| Arc::ptr_eq(kept, picture)) {
            return view.clone();
        }
        let view = parts::uploaded(gpu, "test", [picture.width, picture.height], self.format, &picture.rgba);
        if self.pictures.len() >= KEPT {
            self.pictures.remove(0);
        }
        self.pictures.push((picture.clone(), view.clone()));
        view
    }
}

/// A part of an output enlarged: where it is drawn, in target space, with its frame in output pixels.
struct Inset {
    vertices: [PictureVertex; 6],
    frame: [Mark; 6],
}

fn inset(resolved: &ResolvedOutput, point: DVec2) -> Inset {
    let output = &resolved.output;
    let size = output.size.as_dvec2();
    let side = DVec2::splat(size.y.min(size.x) * INSET);
    let margin = size.y * 0.03;
    // In the corner across from the point, so that it never lies over it.
    let left = if point.x > size.x / 2.0 { margin } else { size.x - margin - side.x };
    let top = if point.y > size.y / 2.0 { margin } else { size.y - margin - side.y };
    let origin = DVec2::new(left, top);
    let vertices = EVERYWHERE.map(|corner| {
        let at = DVec2::new(f64::from(corner.place[0]), f64::from(corner.place[1]));
        let lands = output.target_from_output((origin + at * side) / size);
        let shows = output.target_from_output((point + (at - 0.5) * side / ZOOM) / size);
        PictureVertex { position: in_clip(lands), place: shows.as_vec2().to_array() }
    });
    let line = |a: DVec2, b: DVec2, width: f64| {
        let (a, b) = (origin + a * side, origin + b * side);
        Mark { kind: millions_stage::MarkKind::Line, a, b, width_px: width * size.y / 1080.0, colour: [1.0; 4] }
    };
    let frame = [
        line(DVec2::ZERO, DVec2::X, 3.0),
        line(DVec2::X, DVec2::ONE, 3.0),
        line(DVec2::ONE, DVec2::Y, 3.0),
        line(DVec2::Y, DVec2::ZERO, 3.0),
        line(DVec2::new(0.5, 0.0), DVec2::new(0.5, 1.0), 1.0),
        line(DVec2::new(0.0, 0.5), DVec2::new(1.0, 0.5), 1.0),
    ];
    Inset { vertices, frame }
}

/// A place in what the projector is sent, 0 to 1 each way, in clip space.
fn in_clip(p: DVec2) -> [f32; 4] {
    [(p.x * 2.0 - 1.0) as f32, (1.0 - p.y * 2.0) as f32, 0.0, 1.0]
}

/// The view of a texture of that size, made anew where it has another.
fn kept(
    gpu: &Gpu,
    texture: &mut Option<wgpu::Texture>,
    label: &str,
    size: UVec2,
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::TextureView {
    let fits = |texture: &wgpu::Texture| (texture.width(), texture.height()) == (size.x, size.y);
    if !texture.as_ref().is_some_and(fits) {
        *texture = None;
    }
    parts::view(texture.get_or_insert_with(|| parts::texture(&gpu.device, label, [size.x, size.y, 1], format, usage)))
}

fn begin<'e>(
    encoder: &'e mut wgpu::CommandEncoder,
    target: &wgpu::TextureView,
    load: wgpu::LoadOp<wgpu::Color>,
) -> wgpu::RenderPass<'e> {
    encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("overlay"),
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
