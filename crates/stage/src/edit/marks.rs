//! What is drawn over the picture while it is edited. See [`marks`].

use glam::DVec2;

use super::ground::Ground;
use super::moving::middle;
use super::picking::point_at;
use super::selection::{MaskPlace, Part, Place, masks, path, seen, surfaces};
use super::{Editor, Space};

/// Something drawn on the selected output, in its pixels, over everything before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// What.
    pub kind: MarkKind,
    /// The line's one end; a ring's or disc's middle.
    pub a: DVec2,
    /// The line's other end; for a ring or disc, (its radius, 0).
    pub b: DVec2,
    /// The line's width, and a ring's.
    pub width_px: f64,
    /// R, G, B in sRGB and how much it covers, 0 to 1 each.
    pub colour: [f32; 4],
}

/// What a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// A straight line.
    Line,
    /// A circle's line.
    Ring,
    /// A circle, filled.
    Disc,
}

/// The width of lines at 1080, in output pixels: on a building a line of one pixel is not seen.
const LINE_PX: f64 = 3.0;
/// The width of what is only for orientation.
const FINE_PX: f64 = 1.5;
/// The radius of points.
const POINT_PX: f64 = 12.0;
/// The radius of handles.
const HANDLE_PX: f64 = 8.0;
/// Straight pieces of a mesh's line at least.
const PIECES: u32 = 32;

/// What is worked on; of a colour that no photograph in black and white has.
const WORK: [f32; 4] = [1.0, 0.72, 0.1, 1.0];
/// What is selected.
const SELECTED: [f32; 4] = [1.0, 1.0, 0.25, 1.0];
/// What the pointer is over.
const HOVER: [f32; 4] = [1.0, 1.0, 1.0, 1.0];
/// What else there is.
const OTHER: [f32; 4] = [0.55, 0.75, 1.0, 0.8];
/// Masks.
const MASK: [f32; 4] = [1.0, 0.25, 0.35, 1.0];
/// The crosshair.
const CROSS: [f32; 4] = [0.3, 1.0, 0.5, 0.8];

struct Drawing {
    marks: Vec<Mark>,
    scale: f64,
}

impl Drawing {
    fn line(&mut self, a: DVec2, b: DVec2, width_px: f64, colour: [f32; 4]) {
        self.marks.push(Mark { kind: MarkKind::Line, a, b, width_px: width_px * self.scale, colour });
    }

    fn closed(&mut self, line: &[DVec2], width_px: f64, colour: [f32; 4]) {
        for (a, b) in line.iter().zip(line.iter().cycle().skip(1)) {
            self.line(*a, *b, width_px, colour);
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

/// What to draw over the selected output; nothing while it is not edited.
#[must_use]
pub fn marks(editor: &Editor, space: &dyn Space) -> Vec<Mark> {
    if !editor.editing {
        return Vec::new();
    }
    let ground = Ground::new(&editor.stage, editor.output, space);
    let mut drawing = Drawing { marks: Vec::new(), scale: ground.scale() };
    let at_work: Vec<_> = editor.selection.iter().filter_map(|place| place.surface()).collect();
    let whole = |place| editor.selection.contains(&place);
    for surface in surfaces(ground.stage, ground.output) {
        let works = at_work.contains(&surface);
        let colour = match (whole(Place::Surface(surface)), works) {
            (true, _) => SELECTED,
            (_, true) => WORK,
            _ => OTHER,
        };
        if works {
            mesh_lines(&mut drawing, &ground, surface);
        }
        drawing.closed(&ground.border(surface), LINE_PX, colour);
        mask_lines(&mut drawing, &ground, Some(surface), &editor.selection);
    }
    mask_lines(&mut drawing, &ground, None, &editor.selection);
    points(&mut drawing, &ground, editor);
    if let Some((middle, _)) =
        middle(&ground, &editor.selection).filter(|_| editor.selection.len() != 1 || !is_point(editor))
    {
        let arm = POINT_PX * drawing.scale;
        drawing.line(middle - DVec2::X * arm, middle + DVec2::X * arm, FINE_PX, SELECTED);
        drawing.line(middle - DVec2::Y * arm, middle + DVec2::Y * arm, FINE_PX, SELECTED);
    }
    if let (Some(p), Some(output)) = (editor.pointer, ground.stage.outputs.get(ground.output)) {
        let size = output.size.as_dvec2();
        drawing.line(p.with_x(0.0), p.with_x(size.x), FINE_PX, CROSS);
        drawing.line(p.with_y(0.0), p.with_y(size.y), FINE_PX, CROSS);
    }
    drawing.marks.retain(|mark| mark.a.is_finite() && mark.b.is_finite());
    drawing.marks
}

fn is_point(editor: &Editor) -> bool {
    editor.selection.iter().all(|place| place.is_point())
}

/// The lines of a mesh inside its border.
fn mesh_lines(drawing: &mut Drawing, ground: &Ground, surface: usize) {
    let Some(mesh) = &ground.stage.surfaces[surface].mesh else { return };
    let mut lines = |lines: u32, cells: u32, place: fn(f64, f64) -> DVec2| {
        let pieces = PIECES.next_multiple_of(cells.max(1));
        for line in 1..lines {
            let across = f64::from(line) / f64::from(lines);
            let spots = (0..=pieces).map(|piece| place(across, f64::from(piece) / f64::from(pieces)));
            let line: Option<Vec<_>> = spots.map(|p| ground.land(Some(surface), p)).collect();
            drawing.open(&line.unwrap_or_default(), FINE_PX, WORK);
        }
    };
    lines(mesh.columns, mesh.rows, DVec2::new);
    lines(mesh.rows, mesh.columns, |across, along| DVec2::new(along, across));
}

/// The outlines of masks, and of those that are worked on the handles' lines.
fn mask_lines(drawing: &mut Drawing, ground: &Ground, surface: Option<usize>, selection: &[Place]) {
    for mask in 0..masks(ground.stage, ground.output, surface).len() {
        let mask = MaskPlace { surface, mask };
        let colour = if selection.contains(&Place::Mask(mask)) { SELECTED } else { MASK };
        drawing.closed(&ground.around(mask), LINE_PX, colour);
        if !selection.iter().any(|place| place.mask() == Some(mask)) {
            continue;
        }
        for point in path(ground.stage, ground.output, mask).unwrap_or(&[]) {
            for handle in [point.before, point.after].into_iter().flatten() {
                if let Some((a, b)) = ground.land(surface, point.at).zip(ground.land(surface, handle)) {
                    drawing.line(a, b, FINE_PX, MASK);
                }
            }
        }
    }
}

/// The points that can be clicked, those that are selected over the others.
fn points(drawing: &mut Drawing, ground: &Ground, editor: &Editor) {
    let hover = editor.pointer.and_then(|p| point_at(ground, &editor.selection, p));
    let at_work: Vec<_> = editor.selection.iter().filter_map(|place| place.surface()).collect();
    let mut places = seen(ground.stage, ground.output, &editor.selection);
    places.sort_by_key(|place| editor.selection.contains(place));
    for place in places {
        let Some(at) = ground.at(place) else { continue };
        let selected = editor.selection.contains(&place);
        let works = place.surface().is_some_and(|surface| at_work.contains(&surface));
        let colour = match place {
            _ if selected => SELECTED,
            _ if hover == Some(place) => HOVER,
            Place::MaskPoint { .. } => MASK,
            _ if works => WORK,
            _ => OTHER,
        };
        let handle = matches!(place, Place::MaskPoint { part: Part::Before | Part::After, .. });
        drawing.point(at, if handle { HANDLE_PX } else { POINT_PX }, selected, colour);
    }
}
