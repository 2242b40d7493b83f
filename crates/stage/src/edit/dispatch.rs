//! Carries out commands. See [`Editor::dispatch`].

use glam::DVec2;

use super::transform::{self, SimilarityTransform};
use super::undo::Gesture;
use super::view::{self, OutputView};
use super::{
    CommandResult, Drag, EditCommand, EditContext, EditHost, EditResult, Editor, Handle, OutputId, Reply, SurfaceId,
    check, curves, distribute, masks, mesh, surfaces,
};

/// The dead zone of a drag, in output pixels at 1080: a hand shakes as it clicks.
const DEAD_ZONE_PX: f64 = 3.0;

impl Editor {
    /// Carries out a command: every one is listed, so that a new one does not compile until it is, too.
    pub(super) fn dispatch(&mut self, command: EditCommand, host: &dyn EditHost) -> CommandResult {
        // A text begun for one property must not end up in another.
        if !command.is_pointer() && !command.is_text_input() {
            self.list.discard_text();
        }
        let pointer = self.pointer;
        match command {
            EditCommand::Toggle => self.toggle(),
            EditCommand::NextOutput(by) => self.next_output(by),
            EditCommand::SelectOutput(output) => self.select_output(output),
            EditCommand::SelectSurface(surface) => self.select_surface(surface),
            EditCommand::SelectNext(by) => self.select_next(by),
            EditCommand::SelectInto => self.select_into()?,
            EditCommand::SelectOut => self.select_out(),
            EditCommand::SelectAll => self.select_all(),
            EditCommand::SelectAt { p, add } => {
                self.select_at(p, add, host);
                self.selection_is_lost &= self.selection.is_empty();
            }
            EditCommand::Hover(p) => self.pointer = p.filter(|p| p.is_finite()),
            EditCommand::DragBegin(p) => self.begin_drag(p),
            EditCommand::DragTo(p) => return self.drag_to(p, host),
            EditCommand::DragEnd => self.end_drag(),
            EditCommand::EndGesture => {}
            EditCommand::KeepRectangle => return Ok(toggled("keep rectangle", &mut self.keep_rectangle)),
            EditCommand::Snap => return Ok(toggled("snap", &mut self.snap)),
            EditCommand::Move { x, y, step } => {
                self.step = step;
                return self.shift(Gesture::Move, DVec2::new(x, y), step.factor(), host);
            }
            EditCommand::Nudge { dx, dy } => return self.shift(Gesture::Nudge, DVec2::new(dx, dy), 1.0, host),
            EditCommand::Scale { larger, step } => {
                self.step = step;
                return self.transform(Gesture::Scale, host, |view, selection| {
                    transform::scaling(view, selection, larger, step.factor())
                });
            }
            EditCommand::Rotate { clockwise, step } => {
                self.step = step;
                return self.transform(Gesture::Rotate, host, |view, selection| {
                    transform::rotation(view, selection, clockwise, step.factor())
                });
            }
            EditCommand::SnapNow => return self.change(None, host, transform::snap_now),
            EditCommand::Straighten => return self.change(None, host, transform::straighten),
            EditCommand::Flip(axis) => return self.change(None, host, |edit| surfaces::flip(edit, axis)),
            EditCommand::RotateQuarter(by) => return self.change(None, host, |edit| surfaces::quarter(edit, by)),
            EditCommand::Copy => return self.copy(),
            EditCommand::Paste(part) => {
                let clipboard = self.clipboard.take();
                let reply = self.change(None, host, |edit| surfaces::paste(edit, part, clipboard.as_ref()));
                self.clipboard = clipboard;
                return reply;
            }
            EditCommand::Mesh => return self.change(None, host, mesh::toggle),
            EditCommand::Columns(by) => return self.change(None, host, |edit| mesh::resample(edit, by, 0)),
            EditCommand::Rows(by) => return self.change(None, host, |edit| mesh::resample(edit, 0, by)),
            EditCommand::Smooth => return self.change(None, host, mesh::smooth),
            EditCommand::Bend => return self.change(None, host, surfaces::bend),
            EditCommand::BendBy(by) => {
                return self.change(Some(Gesture::Bend), host, |edit| surfaces::bend_by(edit, by));
            }
            EditCommand::NewMask => return self.change(None, host, masks::new_mask),
            EditCommand::AddPoint(at) => return self.change(None, host, |edit| masks::add_point(edit, at)),
            EditCommand::Curve => return self.change(None, host, curves::curve),
            EditCommand::MaskKind => return self.change(None, host, masks::kind),
            EditCommand::Feather(by) => {
                return self.change(Some(Gesture::Feather), host, |edit| masks::feather(edit, by));
            }
            EditCommand::NewSurface => return self.change(None, host, |edit| surfaces::new_surface(edit, pointer)),
            EditCommand::Delete => return self.change(None, host, masks::delete),
            EditCommand::Reset => return self.change(None, host, surfaces::reset),
            EditCommand::DistributeWall => {
                return self.change(None, host, |edit| distribute::distribute_wall(edit.stage));
            }
            EditCommand::ToggleValues => self.list.toggle(),
            EditCommand::SelectValue(by) => self.select_value(by),
            EditCommand::StepValue { up, step } => return self.step_value(up, step, host),
            EditCommand::ResetValue => return self.reset_value(host),
            EditCommand::BeginText => self.begin_text(),
            EditCommand::TypeChar(c) => self.list.type_char(c),
            EditCommand::Erase { all } => self.list.erase(all),
            EditCommand::CommitText => return self.commit_text(host),
            EditCommand::CancelText => self.list.discard_text(),
            EditCommand::Undo | EditCommand::Redo => return self.undo_or_redo(command == EditCommand::Undo),
        }
        Ok(Reply::default())
    }

    fn toggle(&mut self) {
        self.end_drag();
        self.editing = !self.editing;
        // Arrows move the whole output at first: the tripod has been kicked.
        self.selection.clear();
        self.pointer = None;
        self.list.close();
    }

    fn next_output(&mut self, by: i32) {
        let outputs = &self.stage.outputs;
        let index = outputs.iter().position(|output| output.id == self.output).unwrap_or(0) as i64;
        let next = (index + i64::from(by)).rem_euclid(outputs.len().max(1) as i64) as usize;
        self.select_output(outputs.get(next).map_or(self.output, |output| output.id));
    }

    fn select_output(&mut self, output: OutputId) {
        self.end_drag();
        if self.stage.output(output).is_some() {
            (self.output, self.pointer) = (output, None);
            self.selection.clear();
        }
    }

    fn select_surface(&mut self, surface: SurfaceId) {
        let known = self.stage.surface(surface).and_then(|known| self.stage.output_named(&known.output));
        if let Some(output) = known.map(|output| output.id) {
            self.end_drag();
            (self.output, self.pointer) = (output, None);
            self.selection = vec![Handle::Surface(surface)];
        }
    }

    /// Applies an edit to a copy of the stage, and takes it over unless it cannot be shown. Edits of one gesture are one
    /// step of the undo history.
    pub(super) fn change(
        &mut self,
        gesture: Option<Gesture>,
        host: &dyn EditHost,
        edit: impl FnOnce(&mut EditContext<'_>) -> EditResult,
    ) -> CommandResult {
        self.end_drag_unless(gesture);
        if self.selection_is_lost {
            return Err("what was selected is gone: select something first (Tab)".to_owned());
        }
        let from = self.drag.as_ref().map_or(&self.stage, |drag| &drag.before);
        let (mut stage, mut selection) = (from.clone(), self.selection.clone());
        let (output, keep_rectangle) = (self.output, self.keep_rectangle);
        let message = edit(&mut EditContext {
            stage: &mut stage,
            ids: &mut self.ids,
            output,
            selection: &mut selection,
            keep_rectangle,
            host,
        })?;
        if stage == self.stage {
            return Ok(Reply { changed: false, message });
        }
        check::check(&self.stage, &stage)?;
        host.accepts(&stage)?;
        self.undo.record(&self.stage, self.output, &self.selection, gesture);
        (self.stage, self.selection) = (stage, selection);
        Ok(Reply { changed: true, message })
    }

    /// Transforms the selection.
    fn transform(
        &mut self,
        gesture: Gesture,
        host: &dyn EditHost,
        by: impl FnOnce(&OutputView, &[Handle]) -> Result<SimilarityTransform, String>,
    ) -> CommandResult {
        self.change(Some(gesture), host, |edit| {
            let by = by(&edit.view(), edit.selection)?;
            transform::transform(edit, &by).map(|()| None)
        })
    }

    fn shift(&mut self, gesture: Gesture, by: DVec2, factor: f64, host: &dyn EditHost) -> CommandResult {
        if !by.is_finite() {
            return Err("not a number".to_owned());
        }
        self.transform(gesture, host, |_, _| Ok(SimilarityTransform::shift(by * factor)))
    }

    fn begin_drag(&mut self, p: DVec2) {
        self.end_drag();
        self.pointer = Some(p).filter(|p| p.is_finite());
        // With nothing selected the whole output would move, at a slip on the empty wall.
        if let (false, Some(from)) = (self.selection.is_empty(), self.pointer) {
            self.drag = Some(Drag { from, before: self.stage.clone(), moves: false });
        }
    }

    fn drag_to(&mut self, p: DVec2, host: &dyn EditHost) -> CommandResult {
        self.pointer = Some(p).filter(|p| p.is_finite());
        let dead_zone = DEAD_ZONE_PX * view::scale(&self.stage, self.output);
        let (Some(drag), Some(p)) = (&mut self.drag, self.pointer) else { return Ok(Reply::default()) };
        drag.moves |= drag.from.distance(p) >= dead_zone;
        if !drag.moves {
            return Ok(Reply::default());
        }
        let (by, snap) = (p - drag.from, self.snap);
        self.transform(Gesture::Drag, host, |view, selection| {
            let snapped = if snap { transform::snap_offset(view, selection, by) } else { None };
            Ok(SimilarityTransform::shift(by + snapped.unwrap_or_default()))
        })
    }

    pub(super) fn end_drag(&mut self) {
        self.end_drag_unless(None);
    }

    fn end_drag_unless(&mut self, gesture: Option<Gesture>) {
        if gesture != Some(Gesture::Drag) && self.drag.take().is_some() {
            self.undo.end_gesture(&self.stage);
        }
    }

    fn undo_or_redo(&mut self, undo: bool) -> CommandResult {
        self.end_drag();
        let (stage, output, selection) = (&self.stage, self.output, &self.selection);
        let state =
            if undo { self.undo.undo(stage, output, selection) } else { self.undo.redo(stage, output, selection) };
        self.restore(state.ok_or(if undo { "nothing to undo" } else { "nothing to redo" })?);
        let (past, future) = self.undo.counts();
        let message = format!("{}: {past} before, {future} after", if undo { "undone" } else { "redone" });
        Ok(Reply { changed: true, message: Some(message) })
    }

    fn copy(&mut self) -> CommandResult {
        let surface = self.selection.last().and_then(|handle| self.stage.surface(handle.surface()?));
        let surface = surface.ok_or("select the surface to copy from")?;
        self.clipboard = Some(surface.clone());
        Ok(Reply { changed: false, message: Some(format!("{} is copied", surface.name)) })
    }
}

fn toggled(name: &str, is_on: &mut bool) -> Reply {
    *is_on = !*is_on;
    Reply { changed: false, message: Some(format!("{name} {}", if *is_on { "on" } else { "off" })) }
}
