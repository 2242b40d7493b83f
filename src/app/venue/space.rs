//! The editor's view of surfaces and files. See [`EditorSpace`].

use std::io;
use std::path::Path;

use glam::DVec2;

use millions_base::Files;
use millions_stage::{EditHost, Stage, Surface, SurfaceMapping, Warp};

/// Warps for the editor, and the files that the stage names.
#[derive(Default)]
pub struct EditorSpace<'a> {
    /// Surfaces of the current stage that cannot be shown: they need not be mended before others.
    faulty: Vec<String>,
    /// None where nothing is changed.
    files: Option<&'a dyn Files>,
}

impl<'a> EditorSpace<'a> {
    /// The space in which a stage is changed.
    pub fn new(stage: &Stage, files: &'a dyn Files) -> Self {
        let faulty = stage.surfaces.iter().filter(|surface| Warp::new(surface).is_err());
        Self { faulty: faulty.map(|surface| surface.name.clone()).collect(), files: Some(files) }
    }
}

impl Files for EditorSpace<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.files.ok_or(io::ErrorKind::NotFound)?.read(path)
    }

    fn bytes(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.files.ok_or(io::ErrorKind::NotFound)?.bytes(path, most)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.files.is_some_and(|files| files.is_there(path))
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
