//! Calibration of an output to the building by eye, in the test picture. See [`CalibrationControl`].

use millions_wall::tone::{Calibration, WALL_COLOURS};

/// The calibration value that keys change in the test picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CalibrationControl {
    selected: usize,
}

const NAMES: [&str; 4] = ["gamma", "black", "white", "wall colour"];
const GAMMA_STEP: f32 = 0.05;
const LEVEL_STEP: f32 = 0.01;

impl CalibrationControl {
    /// Selects the next value (1) or the previous one (−1).
    #[must_use]
    pub fn select(self, by: i32) -> Self {
        let selected = self.selected as i32 + by;
        Self { selected: selected.clamp(0, NAMES.len() as i32 - 1) as usize }
    }

    /// Returns the calibration with the selected value changed by steps, within its range.
    #[must_use]
    pub fn step(self, calibration: &Calibration, by: i32) -> Calibration {
        let mut next = *calibration;
        let by_step = |step: f32| step * by as f32;
        match self.selected {
            0 => next.gamma = (next.gamma + by_step(GAMMA_STEP)).clamp(0.4, 3.0),
            1 => next.black = (next.black + by_step(LEVEL_STEP)).clamp(0.0, 0.4),
            2 => next.white = (next.white + by_step(LEVEL_STEP)).clamp(0.3, 1.0),
            _ => {
                let now = WALL_COLOURS.iter().position(|(_, wall_colour)| *wall_colour == next.wall_colour).unwrap_or(0)
                    as i32;
                next.wall_colour = WALL_COLOURS[(now + by).rem_euclid(WALL_COLOURS.len() as i32) as usize].1;
            }
        }
        if next.validate().is_ok() { next } else { *calibration }
    }

    /// Returns the calibration with the selected value at its default, that of a white wall in the dark.
    #[must_use]
    pub fn reset(self, calibration: &Calibration) -> Calibration {
        let plain = Calibration::default();
        match self.selected {
            0 => Calibration { gamma: plain.gamma, ..*calibration },
            1 => Calibration { black: plain.black, ..*calibration },
            2 => Calibration { white: plain.white, ..*calibration },
            _ => Calibration { wall_colour: plain.wall_colour, ..*calibration },
        }
    }

    /// The text over the test picture.
    #[must_use]
    pub fn caption(self, calibration: &Calibration) -> Vec<[String; 2]> {
        let Calibration { gamma, black, white, wall_colour } = calibration;
        let named = WALL_COLOURS.iter().find(|(_, known)| known == wall_colour).map_or("its own", |(name, _)| name);
        let values = [
            format!("{gamma:.2}   until the middle of the step wedge looks half as bright as white"),
            format!("{:.0} %   until the second dark step can be told from the first", black * 100.0),
            format!("{:.0} %   until faces do not blind", white * 100.0),
            format!("{named}   until white looks white"),
        ];
        let lines = NAMES.iter().zip(values).enumerate();
        lines
            .map(|(index, (name, value))| {
                let mark = if index == self.selected { "» " } else { "  " };
                [format!("{mark}{name}"), value]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_presses_leaves_the_range() {
        for selected in 0..NAMES.len() as i32 {
            for by in [-1, 1] {
                let calibrating = CalibrationControl::default().select(selected);
                let mut calibration = Calibration::default();
                for _ in 0..100 {
                    calibration = calibrating.step(&calibration, by);
                    calibration.validate().unwrap();
                }
                assert_eq!(calibrating.reset(&calibration), Calibration::default());
            }
        }
    }
}
