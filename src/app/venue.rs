//! The stage as it plays: what each output shows, where, and what its operator sees over it. See [`Venue`].

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};
use glam::{DVec2, UVec2};

use crate::pattern::{self, TestMode};
use millions_frame::FramePlan;
use millions_gpu::{Bitmap, OperatorText, Overlay};
use millions_stage::{
    Command, EditHost, EditMode, Editor, MaskFiles, Output, Reply, ResolvedOutput, Stage, SurfaceMapping, Warp, legend,
    magnified, marks, value_rows,
};
use millions_wall::tone::Calibration;

/// A stage, edited and shown.
pub struct Venue {
    editor: Editor,
    pictures: Arc<dyn MaskFiles + Send + Sync>,
    /// By output.
    resolved: HashMap<usize, Resolved>,
    /// One that a thread makes.
    resolving: Option<Receiver<Resolved>>,
    /// Another for each stage.
    revision: u64,
    /// By output.
    tests: Vec<TestMode>,
    /// The only output that is lit.
    solo: Option<usize>,
    /// Whether every output says who it is.
    identify: bool,
    /// Test pictures that were drawn: of the output, its size, and whether it only says who it is.
    drawn: HashMap<(usize, UVec2, bool), Arc<Bitmap>>,
    /// A texel of it.
    white: Arc<Bitmap>,
    /// Whether the stage is another than was saved.
    changed: bool,
    /// Whether the keys of the edit mode are listed.
    help: bool,
}

/// An output as it is drawn.
struct Resolved {
    output: usize,
    target: UVec2,
    revision: u64,
    drawn: Arc<ResolvedOutput>,
}

impl Resolved {
    fn new(stage: &Stage, output: usize, target: UVec2, pictures: &dyn MaskFiles, revision: u64) -> Self {
        let name = stage.outputs.get(output).map_or("", |output| output.name.as_str());
        let resolved = match stage.resolve(name, target, pictures) {
            Ok(resolved) => {
                for fault in &resolved.faults {
                    tracing::error!("{fault}");
                }
                resolved
            }
            Err(fault) => {
                // Nothing of it can be shown: black, and everything else plays on.
                tracing::error!("{fault}");
                ResolvedOutput { index: output, surfaces: Vec::new(), ..ResolvedOutput::plain(target) }
            }
        };
        Self { output, target, revision, drawn: Arc::new(resolved) }
    }
}

/// Warps for the editor, and the files beside the stage's.
#[derive(Default)]
struct Warps<'a> {
    /// Surfaces of the stage as it is that cannot be shown: they need not be mended before others.
    faulty: Vec<String>,
    /// None where nothing is changed.
    files: Option<&'a dyn MaskFiles>,
}

impl<'a> Warps<'a> {
    fn of(stage: &Stage, files: &'a dyn MaskFiles) -> Self {
        let faulty = stage.surfaces.iter().filter(|surface| Warp::new(surface).is_err());
        Self { faulty: faulty.map(|surface| surface.name.clone()).collect(), files: Some(files) }
    }
}

struct OneWarp(Warp);

impl EditHost for Warps<'_> {
    fn warp<'a>(&'a self, stage: &'a Stage, surface: usize) -> Option<Box<dyn SurfaceMapping + 'a>> {
        let warp = Warp::new(stage.surfaces.get(surface)?).ok()?;
        Some(Box::new(OneWarp(warp)))
    }

    fn accepts(&self, stage: &Stage) -> Result<(), String> {
        let new = stage.surfaces.iter().filter(|surface| !self.faulty.contains(&surface.name));
        new.map(Warp::new).try_for_each(|warp| warp.map(drop)).map_err(|fault| fault.to_string())
    }

    fn is_there(&self, path: &Path) -> bool {
        self.files.is_some_and(|files| files.is_there(path))
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        let files = self.files.ok_or("cannot be read from here")?;
        files.drawing(path).map_err(|error| format!("cannot be read: {error}"))
    }
}

impl SurfaceMapping for OneWarp {
    fn output_from_surface(&self, p: DVec2) -> Option<DVec2> {
        let at = self.0.at(p);
        (at.z > 0.0).then(|| at.truncate() / at.z)
    }

    fn surface_from_output(&self, p: DVec2) -> Option<DVec2> {
        self.0.inverse(p)
    }
}

/// What an output shows at a moment.
pub struct OutputContent {
    /// The wall.
    pub plan: FramePlan,
    /// What lies over it.
    pub overlay: Overlay,
}

impl Venue {
    /// A stage whose picture masks are read from `pictures`.
    #[must_use]
    pub fn new(stage: Stage, pictures: Arc<dyn MaskFiles + Send + Sync>) -> Self {
        let tests = vec![TestMode::None; stage.outputs.len()];
        Self {
            editor: Editor::new(stage),
            pictures,
            resolved: HashMap::new(),
            resolving: None,
            revision: 0,
            tests,
            solo: None,
            identify: false,
            drawn: HashMap::new(),
            white: Arc::new(Bitmap { width: 1, height: 1, rgba: vec![255; 4] }),
            changed: false,
            help: false,
        }
    }

    /// The stage.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        self.editor.stage()
    }

    /// Whether the stage is edited, so that keys mean something else.
    #[must_use]
    pub const fn is_editing(&self) -> bool {
        self.editor.is_editing()
    }

    /// What keys are for, while the stage is edited.
    #[must_use]
    pub const fn mode(&self) -> EditMode {
        self.editor.mode()
    }

    /// The selected output.
    #[must_use]
    pub const fn selected(&self) -> usize {
        self.editor.output()
    }

    /// Begins to edit the stage, or ends it.
    pub fn toggle_edit(&mut self) {
        self.act(Command::Toggle);
        if !self.is_editing() {
            self.tests.fill(TestMode::None);
            (self.solo, self.identify, self.help) = (None, false, false);
        }
    }

    /// Does what the operator asks of the stage.
    pub fn act(&mut self, command: Command) -> Reply {
        let selected = self.selected();
        let warps = Warps::of(self.editor.stage(), &*self.pictures);
        let reply = self.editor.act(command, &warps);
        if self.selected() != selected && self.solo.is_some() {
            self.solo = Some(self.selected());
        }
        if reply.changed {
            self.changed = true;
            self.has_changed();
        }
        reply
    }

    /// Takes another stage: its file has changed, or another was chosen. It can be undone.
    pub fn replace(&mut self, stage: Stage) {
        self.editor.replace(stage);
        self.has_changed();
    }

    /// Whether the stage is another since this was asked last, and is to be saved.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    fn has_changed(&mut self) {
        self.revision += 1;
        // Of another output nothing may be shown, not for a moment.
        let outputs = &self.editor.stage().outputs;
        let is_it = |then: &Output, now: &Output| then.name == now.name && then.monitor == now.monitor;
        self.resolved
            .retain(|output, resolved| outputs.get(*output).is_some_and(|now| is_it(&resolved.drawn.output, now)));
        self.drawn.clear();
        self.tests.resize(self.stage().outputs.len(), TestMode::None);
    }

    /// Begins anew with a stage that was made for what is there; it is saved.
    pub fn begin_with(&mut self, stage: Stage) {
        self.editor = Editor::new(stage);
        self.has_changed();
        self.changed = true;
    }

    /// Switches to the stage of another file, with its own masks and nothing to undo: what was before belongs to another file.
    pub fn switch_to(&mut self, stage: Stage, pictures: Arc<dyn MaskFiles + Send + Sync>) {
        let editing = self.is_editing();
        (self.editor, self.pictures) = (Editor::new(stage), pictures);
        if editing {
            self.act(Command::Toggle);
        }
        self.has_changed();
        self.changed = false;
    }

    /// Follows a single output to another size, for as long as nothing has been mapped on it.
    pub fn follow_size(&mut self, size: UVec2) {
        let stage = self.stage();
        if !stage.is_unmapped() || stage.outputs.iter().all(|output| output.size == size) || size.min_element() == 0 {
            return;
        }
        let outputs = stage.outputs.iter().map(|output| Output { size, ..output.clone() });
        let (stage, changed) =
            (Stage { presets: stage.presets.clone(), ..Stage::side_by_side(outputs.collect()) }, self.changed);
        // Nothing to undo, for nobody did it.
        let editing = self.is_editing();
        self.editor = Editor::new(stage);
        if editing {
            self.act(Command::Toggle);
        }
        self.has_changed();
        self.changed = changed;
    }

    /// What the building needs of the selected output's picture.
    #[must_use]
    pub fn calibration(&self) -> Calibration {
        self.stage().outputs.get(self.selected()).map_or_else(Calibration::default, |output| output.colour.calibration)
    }

    /// Changes it.
    pub fn fit(&mut self, change: impl FnOnce(&Calibration) -> Calibration) {
        let (mut stage, selected) = (self.stage().clone(), self.selected());
        let Some(output) = stage.outputs.get_mut(selected) else { return };
        output.colour.calibration = change(&output.colour.calibration);
        self.replace(stage);
        self.changed = true;
    }

    /// An output as it is drawn to a target of that size. While the stage is edited it may be as it was a moment ago: masks and
    /// soft edges take longer than a frame, and the hand on the wall does not wait for them.
    pub fn resolve(&mut self, output: usize, target: UVec2) -> Arc<ResolvedOutput> {
        if let Some(resolving) = &self.resolving
            && let Ok(resolving) = resolving.try_recv()
        {
            self.resolving = None;
            if self.resolved.get(&resolving.output).is_none_or(|resolved| resolved.revision < resolving.revision) {
                self.resolved.insert(resolving.output, resolving);
            }
        }
        let before = self.resolved.get(&output).filter(|resolved| resolved.target == target);
        if let Some(resolved) = before {
            if resolved.revision == self.revision {
                return resolved.drawn.clone();
            }
            if self.is_editing() {
                let resolved = resolved.drawn.clone();
                if self.resolving.is_none() {
                    let (stage, pictures, revision) = (self.stage().clone(), self.pictures.clone(), self.revision);
                    let (done, resolving) = bounded(1);
                    std::thread::spawn(move || {
                        drop(done.send(Resolved::new(&stage, output, target, &*pictures, revision)))
                    });
                    self.resolving = Some(resolving);
                }
                return resolved;
            }
        }
        let resolved = Resolved::new(self.editor.stage(), output, target, &*self.pictures, self.revision);
        let drawn = resolved.drawn.clone();
        self.resolved.insert(output, resolved);
        drawn
    }

    /// What an output shows of a frame; `caption` is the operator's text, which stands on the selected output.
    /// In a blackout there are no marks: black is black.
    pub fn shown(
        &mut self,
        output: usize,
        plan: &FramePlan,
        caption: Option<Vec<[String; 2]>>,
        blackout: bool,
    ) -> OutputContent {
        let is_selected = output == self.selected().min(self.stage().outputs.len().saturating_sub(1));
        let mut overlay = Overlay::default();
        let mut plan = plan.clone();
        let test = self.tests.get(output).copied().unwrap_or_default();
        if blackout || self.solo.is_some_and(|solo| solo != output) {
            plan.light = 0.0;
        } else if self.identify {
            overlay.picture = self.drawn(output, true);
        } else {
            match test {
                TestMode::None | TestMode::Faces => {}
                TestMode::Muted => plan.light = 0.0,
                TestMode::White => overlay.picture = Some(self.white.clone()),
                TestMode::Masked => overlay.white = true,
                TestMode::Pattern => overlay.picture = self.drawn(output, false),
            }
        }
        if is_selected {
            overlay.caption = caption.map(|lines| OperatorText { lines });
            if self.is_editing() && !blackout {
                let warps = Warps::default();
                overlay.marks = marks(&self.editor, &warps);
                overlay.magnified = magnified(&self.editor, &warps);
            }
        }
        OutputContent { plan, overlay }
    }

    /// Whether an output shows the faces of the scene standing still.
    #[must_use]
    pub fn stands_still(&self, output: usize) -> bool {
        self.tests.get(output) == Some(&TestMode::Faces)
    }

    /// Gives the selected output, or all, another test picture.
    pub fn test(&mut self, mode: TestMode, all: bool) {
        let selected = self.selected();
        for (output, test) in self.tests.iter_mut().enumerate() {
            if all || output == selected {
                *test = mode;
            }
        }
    }

    /// Lights the selected output alone, or all again.
    pub fn toggle_solo(&mut self) {
        self.solo = if self.solo.is_some() { None } else { Some(self.selected()) };
    }

    /// Has every output say who it is, or stop.
    pub const fn toggle_identify(&mut self) {
        self.identify = !self.identify;
    }

    /// Lists the keys of the edit mode, or stops.
    pub const fn toggle_help(&mut self) {
        self.help = !self.help;
    }

    /// What is written over the selected output while the stage is edited.
    #[must_use]
    pub fn edit_caption(&self) -> Vec<[String; 2]> {
        let mut lines: Vec<_> =
            legend(&self.editor, &Warps::default()).into_iter().map(|line| [line, String::new()]).collect();
        let mode = self.mode();
        let space = || [String::new(), String::new()];
        if mode != EditMode::Stage {
            lines.push(space());
            lines.extend(value_rows(&self.editor));
            lines.push(space());
        }
        let more = match mode {
            EditMode::Stage => "H lists the keys, P the values, E ends",
            EditMode::Values => "H lists the keys, P closes the list, E ends",
            EditMode::Typing => "Enter takes it, Esc leaves it as it was",
        };
        if self.help {
            lines.push(space());
            lines.extend(super::edit_keys::help(mode));
        } else {
            lines.push([more.to_owned(), String::new()]);
        }
        lines
    }

    fn drawn(&mut self, output: usize, identifies: bool) -> Option<Arc<Bitmap>> {
        let Output { name, size, .. } = self.stage().outputs.get(output)?.clone();
        let key = (output, size, identifies);
        let draw = || {
            let rgba = if identifies {
                pattern::identify(size, output + 1, &name)
            } else {
                pattern::pattern(size, output + 1, &name)
            };
            Arc::new(Bitmap { width: size.x, height: size.y, rgba })
        };
        Some(self.drawn.entry(key).or_insert_with(draw).clone())
    }
}
