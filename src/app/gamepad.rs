//! A gamepad that moves points, for an operator across the street. See [`Gamepad`].

use std::time::Instant;

use gilrs::{Axis, Button, EventType, Gilrs};

use millions_stage::{EditCommand, StepSize};

/// Output pixels a second at a stick's full deflection; the response is cubic.
const SPEED: f64 = 400.0;
/// The dead zone, of a stick's full deflection.
const DEAD_ZONE: f64 = 0.15;

/// The gamepads that are plugged in, or none.
pub struct Gamepad {
    pads: Option<Gilrs>,
    polled_at: Instant,
}

impl Gamepad {
    /// Looks for gamepads; those plugged in later are found too.
    #[must_use]
    pub fn new() -> Self {
        let pads = Gilrs::new().inspect_err(|error| tracing::info!("no gamepads can be read here: {error}")).ok();
        Self { pads, polled_at: Instant::now() }
    }

    /// The commands of all gamepads since the last call.
    pub fn commands(&mut self) -> Vec<EditCommand> {
        let secs = self.polled_at.elapsed().as_secs_f64().min(0.1);
        self.polled_at = Instant::now();
        let Some(pads) = &mut self.pads else { return Vec::new() };
        let mut commands = Vec::new();
        while let Some(event) = pads.next_event() {
            if let EventType::ButtonPressed(button, _) = event.event {
                commands.extend(command(button));
            }
        }
        let mut velocity = [0.0; 2];
        for (_, pad) in pads.gamepads() {
            for (fine, [x, y]) in
                [(1.0, [Axis::LeftStickX, Axis::LeftStickY]), (0.1, [Axis::RightStickX, Axis::RightStickY])]
            {
                velocity[0] += speed(f64::from(pad.value(x))) * fine;
                velocity[1] -= speed(f64::from(pad.value(y))) * fine;
            }
        }
        let [dx, dy] = velocity.map(|velocity| velocity * SPEED * secs);
        if dx != 0.0 || dy != 0.0 {
            commands.push(EditCommand::Nudge { dx, dy });
        }
        commands
    }
}

/// The speed of a stick, −1 to 1, by its deflection.
fn speed(value: f64) -> f64 {
    let deflection = ((value.abs() - DEAD_ZONE) / (1.0 - DEAD_ZONE)).clamp(0.0, 1.0);
    deflection.powi(3).copysign(value)
}

fn command(button: Button) -> Option<EditCommand> {
    let moved = |x, y| Some(EditCommand::Move { x, y, step: StepSize::One });
    match button {
        Button::DPadLeft => moved(-1.0, 0.0),
        Button::DPadRight => moved(1.0, 0.0),
        Button::DPadUp => moved(0.0, -1.0),
        Button::DPadDown => moved(0.0, 1.0),
        Button::RightTrigger => Some(EditCommand::SelectNext(1)),
        Button::LeftTrigger => Some(EditCommand::SelectNext(-1)),
        Button::RightTrigger2 => Some(EditCommand::NextOutput(1)),
        Button::LeftTrigger2 => Some(EditCommand::NextOutput(-1)),
        Button::South => Some(EditCommand::SelectInto),
        Button::East => Some(EditCommand::SelectOut),
        Button::West => Some(EditCommand::Undo),
        Button::North => Some(EditCommand::Redo),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stick_has_a_dead_zone_and_a_cubic_response() {
        assert_eq!((speed(0.0), speed(0.14), speed(-0.14)), (0.0, 0.0, 0.0));
        assert!((speed(1.0) - 1.0).abs() < 1e-12 && (speed(-1.0) + 1.0).abs() < 1e-12);
        assert!(speed(0.5) < 0.1 && speed(-0.5) > -0.1 && speed(0.5) > 0.0);
    }
}
