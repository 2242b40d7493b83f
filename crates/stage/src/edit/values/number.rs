//! Numbers among the values: how they are written, moved and read. See [`Number`].

use super::super::Step;
use super::super::surfaces::over_the_gap;
use crate::rounded::{PARTS, PIXELS, round};
use millions_base::Range;

/// Written behind a number that is a part of a whole in the file.
const PERCENT: &str = " %";

/// What a number may be, and how people write it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    /// What it may be, as the file has it.
    range: Range,
    /// How far a key takes it, as the file has it.
    step: f64,
    /// The decimals that the file keeps; none of a whole number.
    decimals: i32,
    /// What stands behind it.
    unit: &'static str,
    /// It may be below 0 as well: the range is that of its amount.
    either_sign: bool,
    /// What it is called where there is none, and what a key begins with; nothing where there always is one.
    none: Option<(&'static str, f64)>,
}

impl Number {
    /// One that the file has to three decimals.
    pub const fn new(range: Range, step: f64, unit: &'static str) -> Self {
        Self { range, step, decimals: PIXELS, unit, either_sign: false, none: None }
    }

    /// A part of a whole, which the file has to six.
    pub const fn part(range: Range, step: f64, unit: &'static str) -> Self {
        Self { decimals: PARTS, ..Self::new(range, step, unit) }
    }

    /// A part of a whole that is written in per cent.
    pub const fn percent(range: Range, step: f64) -> Self {
        Self::part(range, step, PERCENT)
    }

    /// A whole number.
    pub const fn whole(range: Range, unit: &'static str) -> Self {
        Self { decimals: 0, ..Self::new(range, 1.0, unit) }
    }

    /// The same, above or below 0.
    pub const fn either_sign(self) -> Self {
        Self { either_sign: true, ..self }
    }

    /// The same, where there may be none.
    pub const fn or(self, none: &'static str, begins: f64) -> Self {
        Self { none: Some((none, begins)), ..self }
    }

    /// To the decimals of the file.
    pub fn neat(&self, value: f64) -> f64 {
        round(value, self.decimals)
    }

    /// As people read and write it.
    pub fn written(&self, value: Option<f64>) -> String {
        match (value, self.none) {
            (Some(value), _) => format!("{}{}", self.outward(value), self.unit),
            (None, Some((none, _))) => none.to_owned(),
            (None, None) => String::new(),
        }
    }

    /// A step more or less, within what it may be.
    pub fn moved(&self, from: Option<f64>, up: bool, step: Step) -> Option<f64> {
        let Some(from) = from else { return self.none.map(|(_, begins)| begins) };
        let by = self.step * step.px();
        // Of what is whole, less than one is nothing.
        let by = if self.decimals == 0 { by.max(1.0) } else { by };
        let by = if up { by } else { -by };
        let Range { low, high, .. } = self.range;
        let to = if self.either_sign { over_the_gap(from, by, self.range) } else { (from + by).max(low).min(high) };
        Some(self.neat(to))
    }

    /// What somebody typed: with its unit or without, with a comma or a point, or as a ratio, which is a part of a whole.
    pub fn read(&self, typed: &str) -> Result<Option<f64>, String> {
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
        let value = self.neat(value);
        if self.has(value) { Ok(Some(value)) } else { Err(self.allowed()) }
    }

    /// Whether it may be that.
    pub fn has(&self, value: f64) -> bool {
        self.range.has(if self.either_sign { value.abs() } else { value })
    }

    /// What it may be, in words.
    pub fn allowed(&self) -> String {
        let Self { range: Range { low, high, .. }, unit, .. } = self;
        let sign = if self.either_sign { ", above or below 0" } else { "" };
        let none = self.none.map(|(none, _)| format!(", or {none}")).unwrap_or_default();
        format!("take {} to {}{unit}{sign}{none}", self.outward(*low), self.outward(*high))
    }

    fn outward(&self, value: f64) -> f64 {
        if self.unit == PERCENT { round(value * 100.0, self.decimals - 2) } else { self.neat(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_numbers_in_their_own_ways() {
        let part = Number::percent(Range::new(0.0, 1.0, ""), 0.01);
        for typed in ["58.3", " 58,3 ", "58.3%", "58.3 %"] {
            assert_eq!(part.read(typed), Ok(Some(0.583)), "{typed}");
        }
        assert_eq!(part.read("14/24"), Ok(Some(0.583_333)), "metres of metres");
        assert_eq!(part.written(Some(0.583_333)), "58.3333 %");
        let aspect = Number::part(Range::new(0.05, 100.0, ""), 0.01, "");
        assert_eq!(aspect.read("24:9"), Ok(Some(2.666_667)));
        let width = Number::new(Range::new(0.01, 10_000.0, ""), 0.1, " m").or("unknown", 10.0);
        assert_eq!(width.read("14m"), Ok(Some(14.0)));
        assert_eq!((width.read(""), width.read("Unknown")), (Ok(None), Ok(None)));
        assert_eq!(width.moved(None, true, Step::One), Some(10.0));
        let bend = Number::new(Range::new(5.0, 175.0, ""), 1.0, "°").either_sign();
        assert_eq!(bend.read("−60°"), Ok(Some(-60.0)));
        assert_eq!(bend.written(Some(-60.0)), "-60°");
    }

    #[test]
    fn what_is_no_such_number_is_told() {
        let part = Number::percent(Range::new(0.0, 0.4, ""), 0.01);
        for typed in ["", "wide", "nan", "inf", "1e999", "1/0", "0/0", "5 px"] {
            assert_eq!(part.read(typed).unwrap_err(), "write a number: take 0 to 40 %", "{typed}");
        }
        assert_eq!(part.read("41").unwrap_err(), "take 0 to 40 %");
        let frames = Number::whole(Range::new(0.0, 30.0, ""), " frames");
        assert_eq!(frames.read("2.5").unwrap_err(), "write a whole number: take 0 to 30 frames");
        let bend = Number::new(Range::new(5.0, 175.0, ""), 1.0, "°").either_sign().or("none", 60.0);
        assert_eq!(bend.read("3").unwrap_err(), "take 5 to 175°, above or below 0, or none");
    }
}
