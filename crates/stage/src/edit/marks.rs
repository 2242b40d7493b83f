//! The marks that are drawn over an output in edit mode. See [`marks`].

use glam::DVec2;

use super::picking::point_at;
use super::selection::{Handle, MaskRef, PointPart, masks, path, surfaces_of, visible};
use super::transform::centre_and_radius;
use super::view::OutputView;
use super::{EditHost, Editor, SurfaceId};
use crate::geometry::polygon_edges;

/// A mark on the selected output, in its pixels; later ones lie over earlier ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Its shape.
    pub kind: MarkKind,
    /// A line's start; the centre of a ring or disc.
    pub a: DVec2,
    /// A line's end; of a ring or disc, (radius, 0).
    pub b: DVec2,
    /// The stroke width.
    pub width_px: f64,
    /// R, G, B in sRGB and alpha, 0 to 1 each.
    pub colour: [f32; 4],
}

/// The shapes of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// A straight line.
    Line,
    /// A circle.
    Ring,
    /// A filled circle.
    Disc,
}

/// The width of lines at 1080, in output pixels: on a building a line of one pixel is not seen.
const LINE_PX: f64 = 3.0;
/// The width of secondary lines.
const FINE_PX: f64 = 1.5;
/// The radius of points.
const POINT_PX: f64 = 12.0;
/// The radius of handles.
const HANDLE_PX: f64 = 8.0;
/// The least count of straight pieces of a mesh line.
const PIECES: u32 = 32;

/// Surfaces in the selection; a colour, which no black-and-white photograph has.
const ACTIVE: [f32; 4] = [1.0, 0.72, 0.1, 1.0];
/// Selected handles.
const SELECTED: [f32; 4] = [1.0, 1.0, 0.25, 1.0];
/// The point under the pointer.
const HOVER: [f32; 4] = [1.0, 1.0, 1.0, 1.0];
/// Everything else.
const OTHER: [f32; 4] = [0.55, 0.75, 1.0, 0.8];
/// Masks.
const MASK: [f32; 4] = [1.0, 0.25, 0.35, 1.0];
/// The crosshair.
const CROSS: [f32; 4] = [0.3, 1.0, 0.5, 0.8];

/// Collects marks; widths and radii are for an output 1080 pixels high.
struct Drawing {
    marks: Vec<Mark>,
    scale: f64,
}

impl Drawing {
    fn line(&mut self, a: DVec2, b: DVec2, width_px: f64, colour: [f32; 4]) {
        self.marks.push(Mark { kind: MarkKind::Line, a, b, width_px: width_px * self.scale, colour });
    }

    fn closed(&mut self, line: &[DVec2], width_px: f64, colour: [f32; 4]) {
        for (a, b) in polygon_edges(line) {
            self.line(a, b, width_px, colour);
        }
    }

    fn open(&mut self, line: &[DVec2], width_px: f64, colour: [f32; 4]) {
        for pair in line.windows(2) {
            self.line(pair[0], pair[1], width_px, colour);
        }
    }

    fn point(&mut self, at: DVec2, radius_px: f64, filled: bool, colour: [f32; 4]) {
        let kind = if filled { MarkKind::Disc } else { MarkKind::Ring };
        let b = DVec2::new(radius_px * self.scale, 0.0);
        self.marks.push(Mark { kind, a: at, b, width_px: LINE_PX * self.scale, colour });
    }
}

/// The marks of the selected output; none out of edit mode.
#[must_use]
pub fn marks(editor: &Editor, host: &dyn EditHost) -> Vec<Mark> {
    if !editor.editing {
        return Vec::new();
    }
    let view = OutputView::new(&editor.stage, editor.output, host);
    let mut drawing = Drawing { marks: Vec::new(), scale: view.scale() };
    let active: Vec<_> = editor.selection.iter().filter_map(|handle| handle.surface()).collect();
    let is_selected = |handle| editor.selection.contains(&handle);
    for surface in surfaces_of(view.stage, view.output) {
        let is_active = active.contains(&surface);
        let colour = match (is_selected(Handle::Surface(surface)), is_active) {
            (true, _) => SELECTED,
            (_, true) => ACTIVE,
            _ => OTHER,
        };
        if is_active {
            mesh_lines(&mut drawing, &view, surface);
        }
        drawing.closed(&view.border(surface), LINE_PX, colour);
        mask_lines(&mut drawing, &view, Some(surface), &editor.selection);
    }
    mask_lines(&mut drawing, &view, None, &editor.selection);
    points(&mut drawing, &view, editor);
    // The centre of scales and rotations; a single point needs none.
    let is_one_point = matches!(editor.selection[..], [handle] if handle.is_point());
    if let Some((middle, _)) = centre_and_radius(&view, &editor.selection).filter(|_| !is_one_point) {
        let arm = POINT_PX * drawing.scale;
        drawing.line(middle - DVec2::X * arm, middle + DVec2::X * arm, FINE_PX, SELECTED);
        drawing.line(middle - DVec2::Y * arm, middle + DVec2::Y * arm, FINE_PX, SELECTED);
    }
    if let (Some(p), Some(output)) = (editor.pointer, view.stage.output(view.output)) {
        let size = output.size.as_dvec2();
        drawing.line(p.with_x(0.0), p.with_x(size.x), FINE_PX, CROSS);
        drawing.line(p.with_y(0.0), p.with_y(size.y), FINE_PX, CROSS);
    }
    drawing.marks.retain(|mark| mark.a.is_finite() && mark.b.is_finite());
    drawing.marks
}

/// Draws the lines of a mesh inside its border.
fn mesh_lines(drawing: &mut Drawing, view: &OutputView, surface: SurfaceId) {
    let Some(mesh) = &view.stage[surface].mesh else { return };
    let mut lines = |lines: u32, cells: u32, position: fn(f64, f64) -> DVec2| {
        let pieces = PIECES.next_multiple_of(cells.max(1));
        for line in 1..lines {
            let across = f64::from(line) / f64::from(lines);
            let points = (0..=pieces).map(|piece| position(across, f64::from(piece) / f64::from(pieces)));
            let line: Option<Vec<_>> = points.map(|p| view.project(Some(surface), p)).collect();
            drawing.open(&line.unwrap_or_default(), FINE_PX, ACTIVE);
        }
    };
    lines(mesh.columns, mesh.rows, DVec2::new);
    lines(mesh.rows, mesh.columns, |across, along| DVec2::new(along, across));
}

/// Draws the paths of masks, and the handles of those in the selection.
fn mask_lines(drawing: &mut Drawing, view: &OutputView, surface: Option<SurfaceId>, selection: &[Handle]) {
    for mask in 0..masks(view.stage, view.output, surface).len() {
        let mask = MaskRef { surface, mask };
        let colour = if selection.contains(&Handle::Mask(mask)) { SELECTED } else { MASK };
        drawing.closed(&view.mask_polygon(mask), LINE_PX, colour);
        if !selection.iter().any(|handle| handle.mask() == Some(mask)) {
            continue;
        }
        for point in path(view.stage, view.output, mask).unwrap_or(&[]) {
            for handle in [point.before, point.after].into_iter().flatten() {
                if let Some((a, b)) = view.project(surface, point.at).zip(view.project(surface, handle)) {
                    drawing.line(a, b, FINE_PX, MASK);
                }
            }
        }
    }
}

/// Draws the points that can be clicked, the selected ones over the others.
fn points(drawing: &mut Drawing, view: &OutputView, editor: &Editor) {
    let hover = editor.pointer.and_then(|p| point_at(view, &editor.selection, p));
    let active: Vec<_> = editor.selection.iter().filter_map(|handle| handle.surface()).collect();
    let mut handles = visible(view.stage, view.output, &editor.selection);
    handles.sort_by_key(|handle| editor.selection.contains(handle));
    for handle in handles {
        let Some(at) = view.position(handle) else { continue };
        let selected = editor.selection.contains(&handle);
        let is_active = handle.surface().is_some_and(|surface| active.contains(&surface));
        let colour = match handle {
            _ if selected => SELECTED,
            _ if hover == Some(handle) => HOVER,
            Handle::MaskPoint { .. } => MASK,
            _ if is_active => ACTIVE,
            _ => OTHER,
        };
        let is_handle = matches!(handle, Handle::MaskPoint { part: PointPart::HandleIn | PointPart::HandleOut, .. });
        drawing.point(at, if is_handle { HANDLE_PX } else { POINT_PX }, selected, colour);
    }
}
