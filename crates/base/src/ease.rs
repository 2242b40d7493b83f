//! Easing.

use std::ops::{Mul, Sub};

/// Smoothstep, t² (3 − 2t): from 0 to 1 with slope 0 at both ends. `t` is 0 to 1; what lies outside has to be clamped before.
#[must_use]
pub fn smoothstep<T: Copy + From<f32> + Mul<Output = T> + Sub<Output = T>>(t: T) -> T {
    t * t * (T::from(3.0) - T::from(2.0) * t)
}
