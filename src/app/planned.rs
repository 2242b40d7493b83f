//! The size of the renderer for all outputs of a stage. See [`planned_px`].

use glam::UVec2;

use millions_stage::{Output, OutputId};

/// A window as it is going to be, before the window manager has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedWindow {
    /// Width and height in pixels.
    pub size: UVec2,
    /// Its outputs.
    pub outputs: Vec<OutputId>,
}

/// The pixels of all outputs together: those of the windows, and of outputs that wait for their monitors, as large as the
/// stage says. A renderer that is made for them need not be made again when windows get their sizes, or monitors appear.
pub fn planned_px(windows: &[PlannedWindow], outputs: &[Output]) -> u64 {
    let px = |size: UVec2| u64::from(size.x) * u64::from(size.y);
    let is_waiting = |output: &&Output| !windows.iter().any(|window| window.outputs.contains(&output.id));
    let waiting = outputs.iter().filter(is_waiting).map(|output| px(output.target_size()));
    windows.iter().map(|window| px(window.size)).chain(waiting).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_stage::Stage;

    #[test]
    fn all_outputs_count_once_with_a_window_or_without() {
        let output = |name: &str| Output::new(name, UVec2::new(1920, 1080));
        let outputs = Stage::side_by_side(["left", "middle", "right"].map(output).to_vec()).outputs;
        let [left, middle, right] = [0, 1, 2].map(|place: usize| outputs[place].id);
        let window = |size: UVec2, outputs: &[OutputId]| PlannedWindow { size, outputs: outputs.to_vec() };
        let full_hd = 1920 * 1080;
        let three = [left, middle, right].map(|id| window(UVec2::new(1920, 1080), &[id]));
        assert_eq!(planned_px(&three, &outputs), 3 * full_hd);
        assert_eq!(planned_px(&three[..1], &outputs), 3 * full_hd, "two monitors are not there yet");
        assert_eq!(planned_px(&[], &outputs), 3 * full_hd);
        // Two in one window, and one on a monitor of 4K.
        let others = [window(UVec2::new(3840, 1080), &[left, middle]), window(UVec2::new(3840, 2160), &[right])];
        assert_eq!(planned_px(&others, &outputs), 6 * full_hd);
    }
}
