//! How commands are carried out.

use glam::DVec2;

use super::ground::{self, Ground};
use super::moving::{self, SimilarityTransform};
use super::undo::Gesture;
use super::{Command, Drag, Edited, Editor, Place, Space, check, curves, masking, mesh, sharing, surfaces};
use crate::Stage;

/// How far the pointer goes before something is dragged, in output pixels at 1080: a hand shakes as it clicks.
const SHAKE_PX: f64 = 3.0;

/// Whether the stage is another, and words for the screen; or why not.
pub(super) type Obeyed = Result<(bool, Option<String>), String>;

impl Editor {
    pub(super) fn obey(&mut self, command: Command, space: &dyn Space) -> Obeyed {
        // What was begun for one thing is not typed into another.
        if !command.is_quiet() && !command.is_typed() {
            self.list.leave();
        }
        let small = |x: f64| x.is_finite().then_some(x).ok_or_else(|| "not a number".to_owned());
        match command {
            Command::Toggle => {
                self.end_drag();
                self.editing = !self.editing;
                // Arrows move the whole output at first: somebody has kicked the tripod.
                self.selection.clear();
                self.pointer = None;
                self.list.close();
            }
            Command::NextOutput(by) => {
                self.end_drag();
                let count = self.stage.outputs.len().max(1) as i64;
                self.output = (self.output as i64 + i64::from(by)).rem_euclid(count) as usize;
                self.selection.clear();
                self.pointer = None;
            }
            Command::Next(_) | Command::Into | Command::Out | Command::SelectAll | Command::SelectAt { .. } => {
                self.end_drag();
                return self.select(command, space).map(|()| (false, None));
            }
            Command::Hover(p) => self.pointer = p.filter(|p| p.is_finite()),
            Command::DragBegin(p) => {
                self.end_drag();
                self.pointer = Some(p).filter(|p| p.is_finite());
                // A slip on the empty wall must not move everything.
                if let (false, Some(from)) = (self.selection.is_empty(), self.pointer) {
                    self.drag = Some(Drag { from, before: self.stage.clone(), moves: false });
                }
            }
            Command::DragTo(p) => return self.drag_to(p, space),
            Command::DragEnd => self.end_drag(),
            Command::Settle => {}
            Command::Values
            | Command::Choose(_)
            | Command::Change { .. }
            | Command::Default
            | Command::TypeValue
            | Command::Type(_)
            | Command::Erase { .. }
            | Command::Done
            | Command::Cancel => return self.list(command, space),
            Command::KeepRectangle => {
                self.keep_rectangle = !self.keep_rectangle;
                return Ok((false, Some(format!("keep rectangle {}", on(self.keep_rectangle)))));
            }
            Command::Snap => {
                self.snap = !self.snap;
                return Ok((false, Some(format!("snap {}", on(self.snap)))));
            }
            Command::Copy => return self.copy().map(|said| (false, said)),
            Command::Undo | Command::Redo => return self.go_back(command == Command::Undo),
            Command::Move { x, y, step } => {
                self.step = step;
                let by = DVec2::new(small(x)?, small(y)?) * step.px();
                return self.transform(Gesture::Move, space, |_, _| Ok(SimilarityTransform::shift(by)));
            }
            Command::Nudge { dx, dy } => {
                let by = DVec2::new(small(dx)?, small(dy)?);
                return self.transform(Gesture::Nudge, space, |_, _| Ok(SimilarityTransform::shift(by)));
            }
            Command::Scale { larger, step } => {
                self.step = step;
                return self.transform(Gesture::Scale, space, |ground, selection| {
                    moving::scaling(ground, selection, larger, step.px())
                });
            }
            Command::Turn { clockwise, step } => {
                self.step = step;
                return self.transform(Gesture::Turn, space, |ground, selection| {
                    moving::turning(ground, selection, clockwise, step.px())
                });
            }
            _ => return self.edit(command, space),
        }
        Ok((false, None))
    }

    /// Commands that change what the stage is made of.
    fn edit(&mut self, command: Command, space: &dyn Space) -> Obeyed {
        let (output, pointer, keep_rectangle) = (self.output, self.pointer, self.keep_rectangle);
        let copied = self.copied.take();
        let gesture = match command {
            Command::BendBy(_) => Some(Gesture::Bend),
            Command::Feather(_) => Some(Gesture::Feather),
            _ => None,
        };
        let result = self.change(gesture, space, |stage, selection| match command {
            Command::SnapNow => moving::snap_now(stage, output, selection, keep_rectangle, space),
            Command::Straighten => moving::straighten(stage, output, selection, space),
            Command::Flip(mirror) => surfaces::flip(stage, selection, mirror),
            Command::Quarter(by) => surfaces::quarter(stage, selection, by),
            Command::Paste(what) => surfaces::paste(stage, selection, what, copied.as_ref()),
            Command::Mesh => mesh::toggle(stage, selection),
            Command::Columns(by) => mesh::resample(stage, output, selection, space, by, 0),
            Command::Rows(by) => mesh::resample(stage, output, selection, space, 0, by),
            Command::Smooth => mesh::smooth(stage, selection),
            Command::Bend => surfaces::bend(stage, output, selection, space),
            Command::BendBy(by) => surfaces::bend_by(stage, selection, by),
            Command::NewMask => masking::new_mask(stage, output, selection, space),
            Command::AddPoint(at) => masking::add_point(stage, output, selection, space, at),
            Command::Curve => curves::curve(stage, output, selection),
            Command::MaskKind => masking::kind(stage, output, selection),
            Command::Feather(by) => masking::feather(stage, output, selection, by),
            Command::NewSurface => surfaces::new_surface(stage, output, selection, pointer),
            Command::Delete => masking::delete(stage, output, selection),
            Command::Reset => surfaces::reset(stage, output, selection),
            Command::ShareOut => sharing::share_out(stage),
            _ => Ok(None),
        });
        self.copied = self.copied.take().or(copied);
        result
    }

    /// Makes the change, unless it makes something that cannot be shown.
    pub(super) fn change(
        &mut self,
        gesture: Option<Gesture>,
        space: &dyn Space,
        how: impl FnOnce(&mut Stage, &mut Vec<Place>) -> Edited,
    ) -> Obeyed {
        self.end_drag_unless(gesture);
        let from = self.drag.as_ref().map_or(&self.stage, |drag| &drag.before);
        let (mut stage, mut selection) = (from.clone(), self.selection.clone());
        let said = how(&mut stage, &mut selection)?;
        if stage == self.stage {
            return Ok((false, said));
        }
        check::check(&self.stage, &stage)?;
        space.accepts(&stage)?;
        self.undo.keep(&self.stage, self.output, &self.selection, gesture);
        (self.stage, self.selection) = (stage, selection);
        Ok((true, said))
    }

    /// Moves what is selected.
    fn transform(
        &mut self,
        gesture: Gesture,
        space: &dyn Space,
        by: impl FnOnce(&Ground, &[Place]) -> Result<SimilarityTransform, String>,
    ) -> Obeyed {
        let (output, keep_rectangle) = (self.output, self.keep_rectangle);
        self.change(Some(gesture), space, |stage, selection| {
            let by = by(&Ground::new(stage, output, space), selection)?;
            moving::transform(stage, output, selection, keep_rectangle, space, &by)?;
            Ok(None)
        })
    }

    fn drag_to(&mut self, p: DVec2, space: &dyn Space) -> Obeyed {
        self.pointer = Some(p).filter(|p| p.is_finite());
        let shake = SHAKE_PX * ground::scale(&self.stage, self.output);
        let (Some(drag), Some(p)) = (&mut self.drag, self.pointer) else { return Ok((false, None)) };
        drag.moves |= drag.from.distance(p) >= shake;
        if !drag.moves {
            return Ok((false, None));
        }
        let (by, snap) = (p - drag.from, self.snap);
        self.transform(Gesture::Drag, space, |ground, selection| {
            let caught = if snap { moving::catch(ground, selection, by) } else { None };
            Ok(SimilarityTransform::shift(by + caught.unwrap_or_default()))
        })
    }

    pub(super) fn end_drag(&mut self) {
        self.end_drag_unless(None);
    }

    fn end_drag_unless(&mut self, gesture: Option<Gesture>) {
        if gesture != Some(Gesture::Drag) && self.drag.take().is_some() {
            self.undo.settle(&self.stage);
        }
    }

    fn go_back(&mut self, undo: bool) -> Obeyed {
        self.end_drag();
        let (stage, output, selection) = (&self.stage, self.output, &self.selection);
        let restored =
            if undo { self.undo.undo(stage, output, selection) } else { self.undo.redo(stage, output, selection) };
        let Some(restored) = restored else {
            return Err(if undo { "nothing to undo" } else { "nothing to redo" }.to_owned());
        };
        self.stand(restored);
        let (past, future) = self.undo.counts();
        Ok((true, Some(format!("{}: {past} before, {future} after", if undo { "undone" } else { "redone" }))))
    }

    fn copy(&mut self) -> Edited {
        let surface = self.selection.last().and_then(|place| place.surface());
        let surface = surface.and_then(|surface| self.stage.surfaces.get(surface));
        let surface = surface.ok_or("select the surface to copy from")?;
        self.copied = Some(surface.clone());
        Ok(Some(format!("{} is remembered", surface.name)))
    }
}

impl Command {
    /// Whether what came before may go on with it as one step.
    pub(super) const fn goes_on(self) -> bool {
        matches!(
            self,
            Self::Hover(_)
                | Self::DragTo(_)
                | Self::Move { .. }
                | Self::Nudge { .. }
                | Self::Scale { .. }
                | Self::Turn { .. }
                | Self::BendBy(_)
                | Self::Feather(_)
                | Self::Change { .. }
        )
    }

    /// Whether it goes on with what is typed, or ends it.
    pub(super) const fn is_typed(self) -> bool {
        matches!(self, Self::TypeValue | Self::Type(_) | Self::Erase { .. } | Self::Done | Self::Cancel)
    }

    /// Whether it is the pointer's way, or a pause.
    pub(super) const fn is_quiet(self) -> bool {
        matches!(self, Self::Hover(_) | Self::DragTo(_) | Self::DragBegin(_) | Self::DragEnd | Self::Settle)
    }
}

const fn on(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
