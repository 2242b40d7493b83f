//! Waiting for a display, on a machine without a desktop. See [`wait`].

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Where the kernel lists what displays can be connected to.
const CONNECTORS: &str = "/sys/class/drm";
/// The interval of looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// Waits until a display is connected: a compositor that starts without one never finds one. Where the kernel lists no connectors, nothing can be
/// told, and it does not wait.
pub fn wait() {
    let mut is_told = false;
    while let Some(false) = is_connected(Path::new(CONNECTORS)) {
        if !std::mem::replace(&mut is_told, true) {
            tracing::warn!("no display is connected: the wall waits for one");
        }
        std::thread::sleep(INTERVAL);
    }
}

/// Whether a display is connected that has a mode; none where it cannot be told.
pub fn is_connected(connectors: &Path) -> Option<bool> {
    let folders = fs::read_dir(connectors).ok()?.flatten();
    let states = folders.filter_map(|folder| {
        let read = |file| fs::read_to_string(folder.path().join(file)).ok();
        // A display that is still waking is connected, and has no modes.
        Some(read("status")?.trim() == "connected" && !read("modes")?.trim().is_empty())
    });
    states.reduce(|a, b| a || b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Defends the start after a power cut, when the projector wakes later than the machine, and machines that tell nothing.
    #[test]
    fn a_display_counts_once_it_has_modes() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(is_connected(&folder.path().join("none")), None);
        assert_eq!(is_connected(folder.path()), None);
        let connector = |name: &str, status: &str, modes: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("status"), status).unwrap();
            fs::write(path.join("modes"), modes).unwrap();
        };
        fs::create_dir(folder.path().join("card0")).unwrap();
        assert_eq!(is_connected(folder.path()), None, "a card is no connector");
        connector("card0-DP-1", "disconnected\n", "");
        assert_eq!(is_connected(folder.path()), Some(false));
        connector("card0-HDMI-A-1", "connected\n", "");
        assert_eq!(is_connected(folder.path()), Some(false));
        connector("card0-HDMI-A-1", "connected\n", "1920x1080\n");
        assert_eq!(is_connected(folder.path()), Some(true));
    }
}
