//! The boot of the machine, and the time since it.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the id of this boot; empty where the system has none, and then all boots are one.
#[must_use]
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Returns the seconds since the boot, which no setting of the clock changes; where the system does not tell, those since 1970.
#[must_use]
pub fn uptime_secs() -> f64 {
    let told = fs::read_to_string("/proc/uptime").ok();
    let uptime = told.and_then(|text| text.split(' ').next()?.parse().ok());
    uptime.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()))
}
