//! Numeric properties: their display, steps and parsing. See [`Number`].

use super::super::StepSize;
use super::super::surfaces::step_across_zero;
use crate::rounded::{PARTS, PIXELS, round};
use millions_base::Range;

/// The unit of a number that is a part of a whole in the file.
const PERCENT: &str = " %";

/// The range, step and format of a numeric property.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    /// Its range, in the file's unit.
    range: Range,
    /// Its step, in the file's unit.
    step: f64,
    /// The decimals in the file; 0 for a whole number.
    decimals: i32,
    /// The unit that is shown behind it.
    unit: &'static str,
    /// Whether it may be negative, too: the range is that of its absolute value.
    either_sign: bool,
    /// The word for no number and the first value of a step from there; none where there always is one.
    none: Option<(&'static str, f64)>,
}

impl Number {
    /// A number with three decimals in the file.
    pub const fn new(range: Range, step: f64, unit: &'static str) -> Self {
        Self { range, step, decimals: PIXELS, unit, either_sign: false, none: None }
    }

    /// A part of a whole, with six decimals in the file.
    pub const fn part(range: Range, step: f64, unit: &'static str) -> Self {
        Self { decimals: PARTS, ..Self::new(range, step, unit) }
    }

    /// A part of a whole, shown in per cent.
    pub const fn percent(range: Range, step: f64) -> Self {
        Self::part(range, step, PERCENT)
    }

    /// A whole number.
    pub const fn whole(range: Range, unit: &'static str) -> Self {
        Self { decimals: 0, ..Self::new(range, 1.0, unit) }
    }

    /// The same, of either sign.
    pub const fn either_sign(self) -> Self {
        Self { either_sign: true, ..self }
    }

    /// The same, or none; `first` is the value of a step from none.
    pub const fn or(self, none: &'static str, first: f64) -> Self {
        Self { none: Some((none, first)), ..self }
    }

    /// Rounds to the decimals of the file.
    pub fn round(&self, value: f64) -> f64 {
        round(value, self.decimals)
    }

    /// Formats a value with its unit.
    pub fn display(&self, value: Option<f64>) -> String {
        match (value, self.none) {
            (Some(value), _) => format!("{}{}", self.shown(value), self.unit),
            (None, Some((none, _))) => none.to_owned(),
            (None, None) => String::new(),
        }
    }

    /// The value a step up or down, within its range.
    pub fn stepped(&self, from: Option<f64>, up: bool, step: StepSize) -> Option<f64> {
        let Some(from) = from else { return self.none.map(|(_, first)| first) };
        let by = self.step * step.factor();
        // A whole number has no tenth of a step.
        let by = if self.decimals == 0 { by.max(1.0) } else { by };
        let by = if up { by } else { -by };
        let Range { low, high, .. } = self.range;
        let to = if self.either_sign { step_across_zero(from, by, self.range) } else { (from + by).max(low).min(high) };
        Some(self.round(to))
    }

    /// Parses a number: with its unit or without, with a decimal comma or point, or as a ratio.
    pub fn parse(&self, typed: &str) -> Result<Option<f64>, String> {
        let typed = typed.trim().to_lowercase();
        if self.none.is_some_and(|(none, _)| typed.is_empty() || typed == none) {
            return Ok(None);
        }
        let bare = typed.strip_suffix(self.unit.trim()).unwrap_or(&typed);
        let number = |text: &str| text.trim().replace(',', ".").replace('\u{2212}', "-").parse::<f64>().ok();
        let value = match bare.split_once(['/', ':']) {
            Some((of, all)) => number(of).zip(number(all)).map(|(of, all)| of / all),
            None => number(bare).map(|value| if self.unit == PERCENT { value / 100.0 } else { value }),
        };
        let value = value.filter(|value| value.is_finite());
        let value = value.ok_or_else(|| format!("write a number: {}", self.allowed()))?;
        if self.decimals == 0 && value.fract() != 0.0 {
            return Err(format!("write a whole number: {}", self.allowed()));
        }
        let value = self.round(value);
        if self.has(value) { Ok(Some(value)) } else { Err(self.allowed()) }
    }

    /// Whether a value is in range.
    pub fn has(&self, value: f64) -> bool {
        self.range.has(if self.either_sign { value.abs() } else { value })
    }

    /// The range in words.
    pub fn allowed(&self) -> String {
        let Self { range: Range { low, high, .. }, unit, .. } = self;
        let sign = if self.either_sign { ", above or below 0" } else { "" };
        let none = self.none.map(|(none, _)| format!(", or {none}")).unwrap_or_default();
        format!("take {} to {}{unit}{sign}{none}", self.shown(*low), self.shown(*high))
    }

    /// A value as it is shown, in per cent where that is the unit.
    fn shown(&self, value: f64) -> f64 {
        if self.unit == PERCENT { round(value * 100.0, self.decimals - 2) } else { self.round(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parsed_with_units_commas_and_ratios() {
        let part = Number::percent(Range::new(0.0, 1.0, ""), 0.01);
        for typed in ["58.3", " 58,3 ", "58.3%", "58.3 %"] {
            assert_eq!(part.parse(typed), Ok(Some(0.583)), "{typed}");
        }
        assert_eq!(part.parse("14/24"), Ok(Some(0.583_333)), "metres of metres");
        assert_eq!(part.display(Some(0.583_333)), "58.3333 %");
        let aspect = Number::part(Range::new(0.05, 100.0, ""), 0.01, "");
        assert_eq!(aspect.parse("24:9"), Ok(Some(2.666_667)));
        let width = Number::new(Range::new(0.01, 10_000.0, ""), 0.1, " m").or("unknown", 10.0);
        assert_eq!(width.parse("14m"), Ok(Some(14.0)));
        assert_eq!((width.parse(""), width.parse("Unknown")), (Ok(None), Ok(None)));
        assert_eq!(width.stepped(None, true, StepSize::One), Some(10.0));
        let bend = Number::new(Range::new(5.0, 175.0, ""), 1.0, "°").either_sign();
        assert_eq!(bend.parse("−60°"), Ok(Some(-60.0)));
        assert_eq!(bend.display(Some(-60.0)), "-60°");
    }

    #[test]
    fn numbers_out_of_range_are_refused_with_the_range() {
        let part = Number::percent(Range::new(0.0, 0.4, ""), 0.01);
        for typed in ["", "wide", "nan", "inf", "1e999", "1/0", "0/0", "5 px"] {
            assert_eq!(part.parse(typed).unwrap_err(), "write a number: take 0 to 40 %", "{typed}");
        }
        assert_eq!(part.parse("41").unwrap_err(), "take 0 to 40 %");
        let frames = Number::whole(Range::new(0.0, 30.0, ""), " frames");
        assert_eq!(frames.parse("2.5").unwrap_err(), "write a whole number: take 0 to 30 frames");
        let bend = Number::new(Range::new(5.0, 175.0, ""), 1.0, "°").either_sign().or("none", 60.0);
        assert_eq!(bend.parse("3").unwrap_err(), "take 5 to 175°, above or below 0, or none");
    }
}
