//! The clock of a show. See [`Clock`].

/// Show time as a function of real time, which the caller passes in: held, or running at a rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    real_secs: f64,
    show_secs: f64,
    rate: f64,
    held: bool,
}

impl Clock {
    /// Creates a running clock that reads `show_secs` when the real time is `real_secs`.
    #[must_use]
    pub const fn new(real_secs: f64, show_secs: f64) -> Self {
        Self { real_secs, show_secs, rate: 1.0, held: false }
    }

    /// Returns the show time at a real time. A real time before the last change counts as that of the change.
    #[must_use]
    pub fn show_secs(&self, real_secs: f64) -> f64 {
        if self.held { self.show_secs } else { self.show_secs + (real_secs - self.real_secs).max(0.0) * self.rate }
    }

    /// Returns whether the clock is held.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.held
    }

    /// Returns the rate of show time; 1 is real time.
    #[must_use]
    pub const fn rate(&self) -> f64 {
        self.rate
    }

    /// Holds the clock, or lets it continue from where it was held.
    pub fn hold(&mut self, real_secs: f64, held: bool) {
        self.anchor(real_secs);
        self.held = held;
    }

    /// Sets the rate from here on, without a jump.
    pub fn set_rate(&mut self, real_secs: f64, rate: f64) {
        self.anchor(real_secs);
        self.rate = rate;
    }

    /// Makes a real time the one that the clock is counted from.
    fn anchor(&mut self, real_secs: f64) {
        self.show_secs = self.show_secs(real_secs);
        self.real_secs = real_secs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_and_hurrying_never_jump() {
        let mut clock = Clock::new(10.0, 100.0);
        assert!((clock.show_secs(12.0) - 102.0).abs() < 1e-9);
        clock.hold(12.0, true);
        assert!((clock.show_secs(50.0) - 102.0).abs() < 1e-9);
        clock.hold(50.0, false);
        clock.set_rate(51.0, 2.0);
        assert!((clock.show_secs(51.0) - 103.0).abs() < 1e-9);
        assert!((clock.show_secs(52.0) - 105.0).abs() < 1e-9);
        assert!((clock.show_secs(40.0) - 103.0).abs() < 1e-9, "a clock set back holds the show");
    }
}
