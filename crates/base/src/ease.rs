//! The easing function.

use std::ops::{Mul, Sub};

/// Returns t² (3 − 2t) for `t` from 0 to 1: 0 to 1, with slope 0 at both ends. The caller clamps `t`.
#[must_use]
pub fn smoothstep<T: Copy + From<f32> + Mul<Output = T> + Sub<Output = T>>(t: T) -> T {
    t * t * (T::from(3.0) - T::from(2.0) * t)
}
