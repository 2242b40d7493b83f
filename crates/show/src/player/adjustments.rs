//! The look on the wall, and what the operator has changed. See [`Adjustments`].

use super::super::{Easing, SceneId, Transition, TransitionKind};
use super::{ActiveCue, PendingCue, Player, TimePoint};
use millions_base::{Range, smoothstep};
use millions_wall::DealError;
use millions_wall::tone::{Look, LookParameter};

/// The operator's changes to the scene since it was cued.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Adjustments {
    /// Added to the scene's rows.
    pub rows: i32,
    /// Added to each value of the scene's look, in the order of [`LookParameter::ALL`].
    pub look: [f32; LookParameter::COUNT],
}

impl Adjustments {
    /// Returns these with what makes a value of a look `value`, where it is the look of before them otherwise.
    #[must_use]
    pub fn with(mut self, parameter: LookParameter, value: f32, base: &Look) -> Self {
        self.look[parameter as usize] = value - parameter.get(base);
        self
    }

    /// Returns whether a value of the look is the operator's.
    #[must_use]
    pub fn changes(&self, parameter: LookParameter) -> bool {
        self.look[parameter as usize] != 0.0
    }

    /// Returns a look with these changes, each value within its limits; values that do not fit together are the look's own.
    #[must_use]
    pub fn apply(&self, look: &Look) -> Look {
        let mut adjusted = *look;
        for (parameter, change) in LookParameter::ALL.into_iter().zip(self.look).filter(|(_, change)| *change != 0.0) {
            let Range { low, high, .. } = parameter.range();
            parameter.set(&mut adjusted, (parameter.get(look) + change).clamp(low as f32, high as f32));
        }
        if adjusted.validate().is_ok() {
            return adjusted;
        }
        Look { mix: look.mix, black: look.black, white: look.white, ..adjusted }
    }
}

/// Duration of the fade from one look to another, in seconds.
const LOOK_FADE_SECS: f64 = 1.2;
/// The transition to another number of rows.
const ROWS_FADE: Transition =
    Transition { kind: TransitionKind::Fade, secs: 0.5, easing: Easing::Smooth, ..Transition::CUT };

impl Player {
    /// Returns the look of a scene before the operator's adjustments: its own, or the one set in its place.
    pub(super) fn look_of(&self, scene: &SceneId) -> Look {
        self.look_override.unwrap_or_else(|| self.scenes[scene].scene.look)
    }

    /// Returns the active scene's look before the operator's adjustments: its own, or the one set in its place.
    #[must_use]
    pub fn base_look(&self) -> Look {
        self.look_of(&self.cue.scene)
    }

    /// Returns [`Self::base_look`] with the operator's adjustments.
    #[must_use]
    pub fn look(&self) -> Look {
        self.adjustments.apply(&self.base_look())
    }

    /// Returns [`Self::look`], or while a fade of the look is under way, the look between.
    #[must_use]
    pub fn seen_look(&self, real_secs: f64) -> Look {
        let look = self.look();
        let Some((from, since)) = self.look_fade else { return look };
        let t = ((real_secs - since) / LOOK_FADE_SECS).clamp(0.0, 1.0) as f32;
        from.toward(&look, smoothstep(t))
    }

    /// Returns whether a transition or fade is under way, by which frames differ even while the show is held.
    #[must_use]
    pub fn is_changing(&self, real_secs: f64) -> bool {
        self.transition_progress(real_secs) < 1.0
            || self.look_fade.is_some_and(|(_, since)| real_secs - since < LOOK_FADE_SECS)
    }

    /// Sets the look of all scenes, in place of their own.
    pub const fn set_look(&mut self, look: Option<Look>) {
        self.look_override = look;
    }

    /// Makes a change with a fade of the look, from what is seen now, however far an earlier fade is.
    pub fn fade_look(&mut self, real_secs: f64, change: impl FnOnce(&mut Self)) {
        let seen = self.seen_look(real_secs);
        change(self);
        self.look_fade = Some((seen, real_secs));
    }

    /// Returns the operator's adjustments, also those whose rows are still being dealt.
    #[must_use]
    pub fn adjustments(&self) -> &Adjustments {
        let pending = self.pending.as_ref().filter(|pending| pending.scene == self.cue.scene);
        pending.map_or(&self.adjustments, |pending| &pending.adjustments)
    }

    /// Sets the operator's adjustments; other rows fade in, once they are dealt.
    ///
    /// # Errors
    /// When the scene cannot be dealt to that many rows: nothing has changed then.
    pub fn set_adjustments(&mut self, adjustments: Adjustments, at: impl Into<TimePoint>) -> Result<(), DealError> {
        let ActiveCue { scene, show_secs, .. } = self.cue.clone();
        let pending = self.pending.as_mut().filter(|pending| pending.scene == scene);
        if let Some(pending) = pending {
            if pending.adjustments.rows == adjustments.rows {
                // All but the rows are seen at once.
                pending.adjustments = adjustments;
                self.adjustments = Adjustments { rows: self.adjustments.rows, ..adjustments };
                return Ok(());
            }
            self.pending = None;
        }
        if adjustments.rows == self.adjustments.rows {
            self.adjustments = adjustments;
            return Ok(());
        }
        let cue = PendingCue { scene, transition: ROWS_FADE, show_secs: Some(show_secs), adjustments };
        self.start_cue(cue, at.into())
    }
}
