//! The commands of the editor. See [`EditCommand`].

use glam::DVec2;
use serde::{Deserialize, Serialize};

use super::{OutputId, SurfaceId};

/// A command of the operator to the editor. Positions and distances are in pixels of the selected output.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EditCommand {
    /// Turns edit mode on or off.
    Toggle,
    /// Selects another output: so many on, or back where negative.
    NextOutput(i32),
    /// Selects an output.
    SelectOutput(OutputId),
    /// Selects a surface, and with it the output that it is on.
    SelectSurface(SurfaceId),
    /// Selects the next handle on the same level: so many on, or back.
    SelectNext(i32),
    /// Goes down a level: from the output to its surfaces and masks, from a surface to its points and masks, from a mask to
    /// its points.
    SelectInto,
    /// Goes up a level.
    SelectOut,
    /// Selects everything on the level of the selection.
    SelectAll,
    /// Selects the handle at a position. `add` adds it to the selection, or removes it.
    SelectAt {
        /// The pointer.
        p: DVec2,
        /// Whether the rest of the selection stays.
        add: bool,
    },
    /// Moves the pointer; none: off the output.
    Hover(Option<DVec2>),
    /// Presses the button, after [`EditCommand::SelectAt`].
    DragBegin(DVec2),
    /// Moves the pointer with the button down.
    DragTo(DVec2),
    /// Releases the button.
    DragEnd,
    /// Moves the selection by a key.
    Move {
        /// Right, −1 to 1.
        x: f64,
        /// Down, −1 to 1.
        y: f64,
        /// How far.
        step: StepSize,
    },
    /// Moves the selection by a stick: pixels since the last.
    Nudge {
        /// Right.
        dx: f64,
        /// Down.
        dy: f64,
    },
    /// Scales about the middle: the farthest point goes by the step.
    Scale {
        /// Larger.
        larger: bool,
        /// How far.
        step: StepSize,
    },
    /// Rotates about the middle: the farthest point goes by the step.
    Rotate {
        /// Clockwise as seen.
        clockwise: bool,
        /// How far.
        step: StepSize,
    },
    /// Switches whether a surface whose corner is moved stays an axis-aligned rectangle.
    KeepRectangle,
    /// Switches whether drags snap to points of other surfaces.
    Snap,
    /// Snaps to the nearest point of another surface, now.
    SnapNow,
    /// Aligns two points horizontally or vertically, whichever is nearer; of a surface, all four sides.
    Straighten,
    /// Mirrors the picture of the selected surfaces; what they cover on the building stays.
    Flip(MirrorAxis),
    /// Rotates the picture of the selected surfaces clockwise by so many quarters; what they cover stays.
    RotateQuarter(i32),
    /// Copies the selected surface to the clipboard.
    Copy,
    /// Pastes a part of the copied surface to the selected surfaces.
    Paste(ClipboardPart),
    /// Adds a warp mesh to the selected surfaces, or removes it.
    Mesh,
    /// Changes the count of mesh columns.
    Columns(i32),
    /// Changes the count of mesh rows.
    Rows(i32),
    /// Switches the mesh between curves and straight lines.
    Smooth,
    /// Adds a bend, or removes it.
    Bend,
    /// Bends by so many degrees more towards the projector, or away from it.
    BendBy(f64),
    /// Adds a mask in the middle of the selection.
    NewMask,
    /// Adds a point to the mask or the outline: on the edge nearest to a position, or, without one, in the middle of the
    /// edge after the primary point.
    AddPoint(Option<DVec2>),
    /// Makes the selected points of masks smooth, or corners.
    Curve,
    /// Switches the selected masks between hiding and showing.
    MaskKind,
    /// Changes the feather of the selected masks, in pixels.
    Feather(f64),
    /// Adds a surface in the middle of the output.
    NewSurface,
    /// Deletes the selected points of masks, masks and surfaces.
    Delete,
    /// Lets the selected surfaces fill the output, without mesh and bend.
    Reset,
    /// Distributes the wall among the surfaces of all outputs, side by side.
    DistributeWall,
    /// Opens or closes the list of the selection's properties.
    ToggleValues,
    /// Selects another property: so many down, or up where negative.
    SelectValue(i32),
    /// Steps the selected property.
    StepValue {
        /// Up, or to the next word.
        up: bool,
        /// How far, in the property's own steps.
        step: StepSize,
    },
    /// Sets the selected property to its default.
    ResetValue,
    /// Begins to type the selected property's value.
    BeginText,
    /// Types a character.
    TypeChar(char),
    /// Erases the last character, or all.
    Erase {
        /// All of them.
        all: bool,
    },
    /// Sets the selected property to what was typed.
    CommitText,
    /// Discards what was typed.
    CancelText,
    /// Undoes the last step.
    Undo,
    /// Redoes the last undone step.
    Redo,
    /// Ends the gesture, after a pause: what follows is another step of [`EditCommand::Undo`].
    EndGesture,
}

/// What keys act on in edit mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EditMode {
    /// The stage.
    #[default]
    Stage,
    /// The list of properties.
    Values,
    /// The text of a property.
    Typing,
}

/// How far a key goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepSize {
    /// One step: the key alone.
    #[default]
    One,
    /// Ten: with Shift.
    Ten,
    /// A tenth: with Ctrl.
    Tenth,
}

/// Along which axis a picture is mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MirrorAxis {
    /// Exchanges left and right.
    Horizontal,
    /// Exchanges top and bottom.
    Vertical,
}

/// A part of the copied surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClipboardPart {
    /// Its corner pin and bend.
    Corners,
    /// Its mesh.
    Mesh,
    /// Its masks.
    Masks,
}

impl EditCommand {
    /// Whether it may belong to the gesture of the command before it, and be undone with it.
    pub(super) const fn continues_gesture(self) -> bool {
        matches!(
            self,
            Self::Hover(_)
                | Self::DragTo(_)
                | Self::Move { .. }
                | Self::Nudge { .. }
                | Self::Scale { .. }
                | Self::Rotate { .. }
                | Self::BendBy(_)
                | Self::Feather(_)
                | Self::StepValue { .. }
        )
    }

    /// Whether it selects something, and be it the whole output; but a click beside everything does not.
    pub(super) const fn selects(self) -> bool {
        matches!(
            self,
            Self::Toggle
                | Self::NextOutput(_)
                | Self::SelectOutput(_)
                | Self::SelectNext(_)
                | Self::SelectInto
                | Self::SelectOut
                | Self::SelectAll
                | Self::NewSurface
                | Self::Undo
                | Self::Redo
        )
    }

    /// Whether it edits or ends a text.
    pub(super) const fn is_text_input(self) -> bool {
        matches!(self, Self::BeginText | Self::TypeChar(_) | Self::Erase { .. } | Self::CommitText | Self::CancelText)
    }

    /// Whether it only tracks the pointer, or a pause.
    pub(super) const fn is_pointer(self) -> bool {
        matches!(self, Self::Hover(_) | Self::DragTo(_) | Self::DragBegin(_) | Self::DragEnd | Self::EndGesture)
    }
}

impl StepSize {
    /// The factor of a step; of a move, output pixels.
    #[must_use]
    pub const fn factor(self) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Ten => 10.0,
            Self::Tenth => 0.1,
        }
    }
}
