//! The operator's overlay on an output: test pictures, marks, text, and a magnified inset. See [`Overlay`].

use std::sync::Arc;

use glam::{DVec2, UVec2, Vec2Swizzles};

use super::marks_pass::MarksPass;
use super::picture_pass::{FULL_TARGET, PictureDraw, PictureMode, PicturePass, PictureUniform, PictureVertex};
use super::pool::Pool;
use super::text_pass::{OperatorText, TextPass};
use super::{Bitmap, Gpu, resources};
use millions_stage::{Mark, Output, ResolvedOutput};

/// What is drawn over an output's picture, upright; it is rotated and mirrored as the projector hangs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// In place of the wall: a test picture of the output.
    pub picture: Option<Arc<Bitmap>>,
    /// In place of the wall: white on all surfaces.
    pub white: bool,
    /// Text.
    pub caption: Option<OperatorText>,
    /// Short texts at places of the picture.
    pub labels: Vec<Label>,
    /// Lines and points, in output pixels.
    pub marks: Vec<Mark>,
    /// The point that the magnified inset shows, in output pixels.
    pub magnified: Option<DVec2>,
}

/// A short text, such as the number of a face.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The text.
    pub text: String,
    /// Its centre, in output pixels.
    pub at: DVec2,
}

/// Magnification of the inset.
const ZOOM: f64 = 6.0;
/// The side of the inset, in heights of the output.
const INSET: f64 = 0.3;
/// Opacity of the black behind text: white letters on faces are illegible.
const SHADE: f32 = 0.78;
/// Test pictures that are kept on the GPU.
const KEPT: usize = 8;

impl Overlay {
    /// Whether it hides the whole wall.
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
    /// Of text and marks, upright, by size.
    layers: Pool<UVec2, wgpu::TextureView>,
    /// Of outputs' pictures without the overlay, where the inset magnifies them, by size.
    bases: Pool<UVec2, wgpu::TextureView>,
    test_pictures: Vec<(Arc<Bitmap>, wgpu::TextureView)>,
    format: wgpu::TextureFormat,
}

/// An overlay that is uploaded.
#[derive(Default)]
pub struct PreparedOverlay {
    /// What the frame itself has to be drawn to, where it is not the target.
    pub base: Option<wgpu::TextureView>,
    /// Indices in the picture pass, the lowest first.
    pictures: Vec<usize>,
    layer: Option<wgpu::TextureView>,
    has_text: bool,
    has_marks: bool,
}

impl OverlayPass {
    pub fn new(gpu: &Gpu, target: wgpu::TextureFormat) -> Self {
        let format =
            if target.is_srgb() { wgpu::TextureFormat::Rgba8UnormSrgb } else { wgpu::TextureFormat::Rgba8Unorm };
        let (text, marks) = (TextPass::new(gpu, format), MarksPass::new(gpu, format));
        let (layers, bases) = (Pool::default(), Pool::default());
        Self { text, marks, layers, bases, test_pictures: Vec::new(), format }
    }

    /// Begins a submission: targets of sizes that are no longer drawn are freed.
    pub fn begin_submission(&mut self) {
        self.layers.begin_submission();
        self.bases.begin_submission();
    }

    /// Uploads an overlay, with its pictures in `pictures`.
    pub fn prepare(
        &mut self,
        gpu: &Gpu,
        overlay: &Overlay,
        resolved: &ResolvedOutput,
        target: wgpu::TextureFormat,
        pictures: &mut PicturePass,
    ) -> PreparedOverlay {
        let mut prepared = PreparedOverlay::default();
        if overlay.is_empty() {
            return prepared;
        }
        let mut add = |mode, texels: Option<&wgpu::TextureView>, vertices: &[PictureVertex], opacity| {
            let uniform = &PictureUniform::plain(opacity);
            pictures.prepare(gpu, &PictureDraw { mode, texels, mask: None, uniform, vertices })
        };
        let output = &resolved.output;
        // The target's corners, with their places in the upright output.
        let upright = FULL_TARGET.map(|corner| {
            let at = DVec2::new(f64::from(corner.uv[0]), f64::from(corner.uv[1]));
            PictureVertex { uv: output.output_from_target(at).as_vec2().to_array(), ..corner }
        });
        let size = if output.target_size() == output.size { resolved.size } else { resolved.size.yx() };
        let mut marks = overlay.marks.clone();
        if overlay.magnified.is_some() {
            let base = kept_target(gpu, &mut self.bases, "base", resolved.size, target);
            prepared.pictures.push(add(PictureMode::Copy, Some(&base), &FULL_TARGET, 1.0));
            prepared.base = Some(base);
        }
        if let Some(picture) = &overlay.picture {
            let texels = self.test_picture(gpu, picture);
            prepared.pictures.push(add(PictureMode::Stretched, Some(&texels), &upright, 1.0));
        }
        if let (Some(point), Some(base)) = (overlay.magnified, &prepared.base) {
            let inset = inset(output, point);
            marks.extend(inset.frame);
            prepared.pictures.push(add(PictureMode::Stretched, Some(base), &inset.vertices, 1.0));
        }
        prepared.has_marks = !marks.is_empty();
        if prepared.has_marks {
            self.marks.prepare(gpu, &marks, size, output.size.as_dvec2());
        }
        let scale = size.as_dvec2() / output.size.as_dvec2();
        let labels = overlay.labels.iter().map(|label| Label { at: label.at * scale, ..label.clone() });
        let labels: Vec<_> = labels.collect();
        let has_text = overlay.caption.is_some() || !labels.is_empty();
        let caption = overlay.caption.as_ref();
        if let Some(lines) = has_text.then(|| self.text.prepare(gpu, caption, &labels, size)).flatten() {
            prepared.has_text = true;
            let vertices: Vec<_> = lines.into_iter().flat_map(|line| rectangle(output, line, size)).collect();
            prepared.pictures.push(add(PictureMode::Black, None, &vertices, SHADE));
        }
        if prepared.has_text || prepared.has_marks {
            let layer = kept_target(gpu, &mut self.layers, "overlay", size, self.format);
            prepared.pictures.push(add(PictureMode::Stretched, Some(&layer), &upright, 1.0));
            prepared.layer = Some(layer);
        }
        prepared
    }

    /// Records a prepared overlay over what has been drawn.
    pub fn draw(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pictures: &PicturePass,
        prepared: &PreparedOverlay,
        target: &wgpu::TextureView,
    ) {
        if let Some(layer) = &prepared.layer {
            let clear = wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT);
            let mut pass = resources::begin_pass(encoder, "overlay layer", layer, clear);
            if prepared.has_marks {
                self.marks.draw(&mut pass);
            }
            if prepared.has_text {
                self.text.draw(&mut pass);
            }
        }
        if prepared.pictures.is_empty() {
            return;
        }
        let mut pass = match prepared.base {
            Some(_) => resources::begin_black(encoder, "overlay", target),
            None => resources::begin_pass(encoder, "overlay", target, wgpu::LoadOp::Load),
        };
        for index in &prepared.pictures {
            pictures.draw(&mut pass, *index);
        }
    }

    fn test_picture(&mut self, gpu: &Gpu, picture: &Arc<Bitmap>) -> wgpu::TextureView {
        if let Some((_, view)) = self.test_pictures.iter().find(|(kept, _)| Arc::ptr_eq(kept, picture)) {
            return view.clone();
        }
        let size = [picture.width, picture.height];
        let view = resources::upload(gpu, "test picture", size, self.format, &[&picture.rgba]);
        if self.test_pictures.len() >= KEPT {
            self.test_pictures.remove(0);
        }
        self.test_pictures.push((picture.clone(), view.clone()));
        view
    }
}

/// Returns a render target of a size, kept from frame to frame.
fn kept_target(
    gpu: &Gpu,
    kept: &mut Pool<UVec2, wgpu::TextureView>,
    label: &str,
    size: UVec2,
    format: wgpu::TextureFormat,
) -> wgpu::TextureView {
    let at = kept.share(size, || resources::view(&resources::render_texture(&gpu.device, label, size, format)));
    kept[at].clone()
}

/// Two triangles over a rectangle of pixels (left, top, right, bottom) of the upright output of `size`.
fn rectangle(output: &Output, [left, top, right, bottom]: [f32; 4], size: UVec2) -> [PictureVertex; 6] {
    let mix = |low: f32, high: f32, at: f32| f64::from(low * (1.0 - at) + high * at);
    FULL_TARGET.map(|corner| {
        let at = DVec2::new(mix(left, right, corner.uv[0]), mix(top, bottom, corner.uv[1]));
        PictureVertex { position: in_clip(output.target_from_output(at / size.as_dvec2())), ..corner }
    })
}

/// The magnified inset, in target space, and its frame with cross-hairs, in output pixels.
struct Inset {
    vertices: [PictureVertex; 6],
    frame: [Mark; 6],
}

fn inset(output: &Output, point: DVec2) -> Inset {
    let size = output.size.as_dvec2();
    let side = DVec2::splat(size.y.min(size.x) * INSET);
    let margin = size.y * 0.03;
    // In the corner opposite to the point, so that it never hides it.
    let left = if point.x > size.x / 2.0 { margin } else { size.x - margin - side.x };
    let top = if point.y > size.y / 2.0 { margin } else { size.y - margin - side.y };
    let origin = DVec2::new(left, top);
    let vertices = FULL_TARGET.map(|corner| {
        let at = DVec2::new(f64::from(corner.uv[0]), f64::from(corner.uv[1]));
        let to = output.target_from_output((origin + at * side) / size);
        let from = output.target_from_output((point + (at - 0.5) * side / ZOOM) / size);
        PictureVertex { position: in_clip(to), uv: from.as_vec2().to_array() }
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

/// Clip coordinates of a place in the target, 0 to 1 each way.
fn in_clip(p: DVec2) -> [f32; 4] {
    [(p.x * 2.0 - 1.0) as f32, (1.0 - p.y * 2.0) as f32, 0.0, 1.0]
}
