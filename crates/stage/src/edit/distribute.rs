//! Distributes the wall among the surfaces. See [`distribute_wall`].

use glam::DVec2;

use super::{EditResult, Stage};
use crate::Surface;
use crate::ranges as may;
use crate::rounded::{PARTS, round};

/// Gives all surfaces without a scene of their own parts of the wall side by side, output by output and on each from left to
/// right, each with the aspect of its corners. The wall's aspect follows.
pub(super) fn distribute_wall(stage: &mut Stage) -> EditResult {
    let output = |surface: &Surface| stage.outputs.iter().position(|output| output.name == surface.output);
    let middle = |surface: &Surface| surface.corners.iter().map(|corner| corner.x).sum::<f64>();
    let shared = stage.surfaces.iter().enumerate().filter(|(_, surface)| surface.scene.is_none());
    let mut shared: Vec<_> = shared.map(|(index, surface)| (output(surface), middle(surface), index)).collect();
    if shared.is_empty() {
        return Err("no surface shows the wall".to_owned());
    }
    shared.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let aspects: Vec<_> = shared.iter().map(|(.., index)| aspect(&stage.surfaces[*index])).collect();
    let all: f64 = aspects.iter().sum();
    let (mut left, mut sum) = (may::PART.low, 0.0);
    for (number, ((.., index), own)) in shared.iter().zip(&aspects).enumerate() {
        sum += own;
        let right = if number + 1 == shared.len() { may::PART.high } else { round(sum / all, PARTS) };
        let surface = &mut stage.surfaces[*index];
        if !own.is_finite() || right - left < may::LEAST_PART {
            return Err(format!("{}: too narrow for a part of its own", surface.name));
        }
        surface.part = [DVec2::new(left, may::PART.low), DVec2::new(right, may::PART.high)];
        left = right;
    }
    stage.aspect = round(all, PARTS).clamp(may::ASPECT.low, may::ASPECT.high);
    Ok(Some(format!("shared out among {}; the wall is {:.2} times as wide as high", shared.len(), stage.aspect)))
}

/// The width over the height of a surface as it lands, by the means of opposite sides; of a bend along its arc.
fn aspect(surface: &Surface) -> f64 {
    let [a, b, c, d] = surface.corners;
    let half = surface.bend.map_or(0.0, |bend| bend.degrees.abs().to_radians() / 2.0);
    let arc = if half > 0.0 { half / half.sin() } else { 1.0 };
    (a.distance(b) + d.distance(c)) * arc / (a.distance(d) + b.distance(c))
}
