//! Calibration of an output to the building by eye, in the test picture. See [`CalibrationControl`].

use millions_base::Range;
use millions_control::CalibrationParameter;
use millions_wall::tone::{Calibration, WALL_COLOURS, calibration_ranges};

/// The calibration value that keys change in the test picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CalibrationControl {
    selected: usize,
}

/// Returns the values of a calibration in the order of [`CalibrationParameter::ALL`].
#[must_use]
pub fn values(calibration: &Calibration) -> [f32; 4] {
    let Calibration { gamma, black, white, .. } = *calibration;
    [gamma, black, white, wall_colour_place(calibration) as f32]
}

/// Returns the place of the wall's colour among the named ones; the first, if it is none of them.
fn wall_colour_place(calibration: &Calibration) -> usize {
    WALL_COLOURS.iter().position(|(_, named)| *named == calibration.wall_colour).unwrap_or(0)
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

    /// Returns the selected value.
    #[must_use]
    pub const fn parameter(self) -> CalibrationParameter {
        CalibrationParameter::ALL[self.selected].1
    }

    /// Returns the selected value of a calibration changed by steps, within its range; a wall colour by its place.
    #[must_use]
    pub fn step(self, calibration: &Calibration, by: i32) -> f32 {
        let Calibration { gamma, black, white, .. } = *calibration;
        let step =
            |value: f32, step: f32, range: Range| (value + step * by as f32).clamp(range.low as f32, range.high as f32);
        match self.parameter() {
            CalibrationParameter::Gamma => step(gamma, GAMMA_STEP, calibration_ranges::GAMMA),
            CalibrationParameter::Black => step(black, LEVEL_STEP, calibration_ranges::BLACK),
            CalibrationParameter::White => step(white, LEVEL_STEP, calibration_ranges::WHITE),
            CalibrationParameter::WallColour => {
                (wall_colour_place(calibration) as i32 + by).rem_euclid(WALL_COLOURS.len() as i32) as f32
            }
        }
    }

    /// Returns the default of the selected value: that of a white wall in the dark.
    #[must_use]
    pub fn default_value(self) -> f32 {
        values(&Calibration::default())[self.selected]
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
                let control = CalibrationControl::default().select(selected);
                let mut calibration = Calibration::default();
                for _ in 0..100 {
                    let value = control.step(&calibration, by);
                    match control.parameter() {
                        CalibrationParameter::Gamma => calibration.gamma = value,
                        CalibrationParameter::Black => calibration.black = value,
                        CalibrationParameter::White => calibration.white = value,
                        CalibrationParameter::WallColour => {
                            calibration.wall_colour = WALL_COLOURS[value as usize].1;
                        }
                    }
                    calibration.validate().unwrap();
                    assert_eq!(values(&calibration)[selected as usize], value);
                }
            }
        }
    }
}
