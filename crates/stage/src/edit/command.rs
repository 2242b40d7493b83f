//! What the operator asks of the editor. See [`Command`].

use glam::DVec2;

/// What the operator asks for. All places and distances are in pixels of the selected output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Begins to edit, or ends it.
    Toggle,
    /// Another output: so many on, or back where negative.
    NextOutput(i32),
    /// What is selected next on the same level: so many on, or back.
    Next(i32),
    /// A level down: from the output to its surfaces and masks, from a surface to its points and masks, from a mask to
    /// its points.
    Into,
    /// A level up.
    Out,
    /// Everything on the level of what is selected.
    SelectAll,
    /// What lies under the pointer. `add` adds it to what is selected, or takes it away.
    SelectAt {
        /// The pointer.
        p: DVec2,
        /// Whether what is selected stays so.
        add: bool,
    },
    /// The pointer is there, or nowhere.
    Hover(Option<DVec2>),
    /// The button went down there, after [`Command::SelectAt`].
    DragBegin(DVec2),
    /// The pointer is there, and the button still down.
    DragTo(DVec2),
    /// The button went up.
    DragEnd,
    /// An arrow key.
    Move {
        /// Right, −1 to 1.
        x: f64,
        /// Down, −1 to 1.
        y: f64,
        /// How far.
        step: Step,
    },
    /// A stick: by how many pixels since the last.
    Nudge {
        /// To the right.
        dx: f64,
        /// Down.
        dy: f64,
    },
    /// Larger or smaller about the middle: what is farthest from it goes by the step.
    Scale {
        /// Larger.
        larger: bool,
        /// How far.
        step: Step,
    },
    /// Turned about the middle: what is farthest from it goes by the step.
    Turn {
        /// As a clock's hand.
        clockwise: bool,
        /// How far.
        step: Step,
    },
    /// Whether a surface whose corner is moved stays a rectangle, level and upright.
    KeepRectangle,
    /// Whether what is dragged is caught by points of other surfaces.
    Snap,
    /// To the nearest point of another surface, now.
    SnapNow,
    /// Two points level or upright, whichever is nearer; a surface, all four sides.
    Straighten,
    /// The selected surfaces' picture mirrored; what they cover on the building stays.
    Flip(Mirror),
    /// The selected surfaces' picture turned clockwise by so many quarters; what they cover stays.
    Quarter(i32),
    /// Remembers the selected surface for [`Command::Paste`].
    Copy,
    /// Gives the selected surfaces something of the one that was remembered.
    Paste(Copied),
    /// A mesh over the selected surfaces, or none.
    Mesh,
    /// So many columns more, or fewer.
    Columns(i32),
    /// So many rows more, or fewer.
    Rows(i32),
    /// A smooth mesh, or a straight one.
    Smooth,
    /// A bend, or none.
    Bend,
    /// So many degrees more towards the projector, or away from it.
    BendBy(f64),
    /// A new mask in the middle of what is selected.
    NewMask,
    /// Another point for the mask or the outline: on the nearest edge to a place, or, without one, in the middle of the edge
    /// after the point in hand.
    AddPoint(Option<DVec2>),
    /// The selected points of masks are curves, or corners.
    Curve,
    /// The selected masks hide, or show.
    MaskKind,
    /// The edge of the selected masks is so many pixels softer, or harder.
    Feather(f64),
    /// Another surface in the middle of the output.
    NewSurface,
    /// The selected points of masks, masks and surfaces are gone.
    Delete,
    /// The selected surfaces fill the output again, without mesh and bend.
    Reset,
    /// The surfaces of all outputs share the wall out among themselves, side by side.
    ShareOut,
    /// Opens the list of the values of what is in hand, or closes it.
    Values,
    /// Another value of the list: so many down, or up where negative.
    Choose(i32),
    /// The chosen value a step on, or back.
    Change {
        /// More, or the next.
        up: bool,
        /// How far, by the value's own measure.
        step: Step,
    },
    /// The chosen value as it is when nobody sets it.
    Default,
    /// Begins to type the chosen value.
    TypeValue,
    /// Types a character.
    Type(char),
    /// Takes the last character back, or all.
    Erase {
        /// All of them.
        all: bool,
    },
    /// The chosen value as it was typed.
    Done,
    /// Forgets what was typed.
    Cancel,
    /// As it was before.
    Undo,
    /// As it was before the last undo.
    Redo,
    /// The operator has paused: what follows is a step of its own for [`Command::Undo`].
    Settle,
}

/// What keys are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The stage.
    #[default]
    Stage,
    /// The list of values.
    Values,
    /// The text of a value.
    Typing,
}

/// How far a key goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// The key alone.
    #[default]
    One,
    /// With Shift.
    Ten,
    /// With Ctrl.
    Tenth,
}

/// Which way a picture is mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// Left and right exchanged.
    Across,
    /// Up and down exchanged.
    Down,
}

/// What of a remembered surface is given to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// Where it lands, with the ends of the bend.
    Corners,
    /// Its mesh.
    Mesh,
    /// Its masks, in place of their own.
    Masks,
}

impl Step {
    /// In output pixels.
    #[must_use]
    pub const fn px(self) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Ten => 10.0,
            Self::Tenth => 0.1,
        }
    }
}

impl Copied {
    /// What it is called on the screen.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Corners => "the corners",
            Self::Mesh => "the mesh",
            Self::Masks => "the masks",
        }
    }
}
