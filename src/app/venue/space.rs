//! The editor's view of surfaces and files.

use std::path::Path;

use glam::DVec2;

use millions_stage::{EditHost, MaskFiles, Stage, Surface, SurfaceMapping, Warp};

/// Warps for the editor, and the files beside the stage's.
#[derive(Default)]
pub struct EditorSpace<'a> {
    /// Surfaces of the stage as it is that cannot be shown: they need not be mended before others.
    faulty: Vec<String>,
    /// None where nothing is changed.
    files: Option<&'a dyn MaskFiles>,
}

impl<'a> EditorSpace<'a> {
    /// The space in which a stage is changed.
    pub fn new(stage: &Stage, files: &'a dyn MaskFiles) -> Self {
        let faulty = stage.surfaces.iter().filter(|surface| Warp::new(surface).is_err());
        Self { faulty: faulty.map(|surface| surface.name.clone()).collect(), files: Some(files) }
    }
}

impl EditHost for EditorSpace<'_> {
    fn warp<'a>(&'a self, surface: &'a Surface) -> Option<Box<dyn SurfaceMapping + 'a>> {
        Some(Box::new(SurfaceWarp(Warp::new(surface).ok()?)))
    }

    fn accepts(&self, stage: &Stage) -> Result<(), String> {
        let new = stage.surfaces.iter().filter(|surface| !self.faulty.contains(&surface.name));
        new.map(Warp::new).try_for_each(|warp| warp.map(drop)).map_err(|fault| fault.to_string())
    }

    fn is_there(&self, path: &Path) -> bool {
        self.files.is_some_and(|files| files.is_there(path))
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        let files = self.files.ok_or("cannot be read from here")?;
        files.drawing(path).map_err(|error| format!("cannot be read: {error}"))
    }
}

struct SurfaceWarp(Warp);

impl SurfaceMapping for SurfaceWarp {
    fn output_from_surface(&self, p: DVec2) -> Option<DVec2> {
        let at = self.0.at(p);
        (at.z > 0.0).then(|| at.truncate() / at.z)
    }

    fn surface_from_output(&self, p: DVec2) -> Option<DVec2> {
        self.0.inverse(p)
    }
}
