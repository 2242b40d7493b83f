//! Outputs that show the whole wall without a warp.

use glam::{DVec2, UVec2};

use super::{Output, ResolvedOutput, ResolvedSurface, Scale, Stage, Surface, SurfaceId};
use millions_wall::strips::MeshQuad;

impl ResolvedOutput {
    /// An output that one surface fills with the whole of a wall of its own aspect.
    #[must_use]
    pub fn plain(size: UVec2) -> Self {
        let size = size.max(UVec2::ONE);
        let wall_aspect = f64::from(size.x) / f64::from(size.y);
        let surface = ResolvedSurface {
            id: SurfaceId::default(),
            name: "wall".to_owned(),
            scene: None,
            quads: vec![MeshQuad::whole(wall_aspect)],
            columns: 1,
            rows: 1,
            part_in_wall: [DVec2::ZERO, DVec2::new(wall_aspect, 1.0)],
            scale: Scale::Uniform(DVec2::splat(f64::from(size.y))),
            mask: None,
            uniform_regions: None,
            has_black_offset: false,
            overlaps_earlier: false,
        };
        let output = Output::new("wall", size);
        let origin = UVec2::ZERO;
        Self { id: output.id, output, wall_aspect, size, origin, surfaces: vec![surface], faults: Vec::new() }
    }

    /// A rectangle of [`Self::plain`] of `whole` pixels, in a target of its own: the same pixels as in the whole, to the
    /// precision of a card's interpolation. The dither is the same where `origin` is a multiple of 64.
    #[must_use]
    pub fn plain_part(whole: UVec2, origin: UVec2, size: UVec2) -> Self {
        let mut part = Self::plain(whole);
        let px_per_wall = f64::from(whole.y.max(1));
        let size = size.min(whole.saturating_sub(origin)).max(UVec2::ONE);
        let in_wall = [origin, origin + size].map(|corner| corner.as_dvec2() / px_per_wall);
        for surface in &mut part.surfaces {
            surface.part_in_wall = in_wall;
            for quad in &mut surface.quads {
                quad.p_in_wall = in_wall;
            }
        }
        Self { size, origin, ..part }
    }

    /// Whether one surface without a mask fills it with the whole wall, upright.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let whole = MeshQuad::whole(self.wall_aspect);
        matches!(&self.surfaces[..], [ResolvedSurface { mask: None, quads, .. }] if quads[..] == [whole])
    }

    /// The same output with the whole wall unwarped, at the resolution of the finest surface in its middle, at most `limit`
    /// pixels each way: effects over the wall are drawn on it before the warp.
    #[must_use]
    pub fn flat(&self, limit: u32) -> Self {
        if self.is_plain() {
            return self.clone();
        }
        let finest = |surface: &ResolvedSurface| {
            let middle = (surface.part_in_wall[0] + surface.part_in_wall[1]) / 2.0;
            surface.scale.at(middle).max_element()
        };
        let height = self.surfaces.iter().map(finest).fold(1.0, f64::max);
        let height = height.min(f64::from(limit)).min(f64::from(limit) / self.wall_aspect);
        let size = UVec2::new((height * self.wall_aspect).round() as u32, height.round() as u32);
        let plain = Self::plain(size);
        // Whole pixels may miss the aspect a little; the wall keeps it.
        let surfaces = plain.surfaces.into_iter().map(|surface| ResolvedSurface {
            quads: vec![MeshQuad::whole(self.wall_aspect)],
            part_in_wall: [DVec2::ZERO, DVec2::new(self.wall_aspect, 1.0)],
            ..surface
        });
        let surfaces = surfaces.collect();
        Self { id: self.id, output: self.output.clone(), wall_aspect: self.wall_aspect, surfaces, ..Self::plain(size) }
    }
}

impl Stage {
    /// Whether it is still the initial stage of a single output in a window, so that it may follow the window's size.
    #[must_use]
    pub fn is_unmapped(&self) -> bool {
        let ([output], [surface]) = (&self.outputs[..], &self.surfaces[..]) else { return false };
        let first = Surface::filling(output, output.name.clone(), [DVec2::ZERO, DVec2::ONE]);
        let is_as_wide = (f64::from(output.size.x) / f64::from(output.size.y) - self.aspect).abs() < 1e-3;
        let is_first = *surface == Surface { id: surface.id, ..first };
        output.monitor.is_none() && is_as_wide && is_first && output.masks.is_empty()
    }
}
