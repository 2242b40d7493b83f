//! Scenes that surfaces have for themselves, beside the show. See [`OwnScenes`].

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use millions_base::Disk;
use millions_base::watch::FileStamp;
use millions_frame::FramePlan;
use millions_show::{Player, Scene, TimePoint, find_scene};
use millions_stage::{ResolvedOutput, SurfaceId};

/// How often the files of scenes are looked at.
const POLL: Duration = Duration::from_millis(500);

/// A player that no surface has shown for so long is dropped: while a surface is dragged there is one for each of its shapes.
const FORGET: Duration = Duration::from_secs(10);

/// Players of scenes that surfaces have for themselves, made when they are first shown, and again when their files were saved.
/// They play from the show's time 0 on, without cues.
pub struct OwnScenes {
    /// The folder of the stage, from which scenes' files are named.
    folder: PathBuf,
    players: Vec<OwnScene>,
    polled_at: Instant,
}

struct OwnScene {
    name: String,
    aspect: f64,
    /// The version of the crowd that it was made for, see [`Crowd::changes`](millions_show::Crowd::changes).
    crowd: u64,
    /// When it was shown last.
    wanted: Instant,
    /// The stamp of its file, where it has one.
    stamp: Option<FileStamp>,
    /// None where it cannot be shown, which was logged.
    player: Option<Player>,
}

impl OwnScenes {
    /// Those of a stage's surfaces, which name files from the folder of the stage's own on.
    #[must_use]
    pub fn beside(stage: &Path) -> Self {
        let folder = stage.parent().unwrap_or(Path::new("")).to_owned();
        Self { folder, players: Vec::new(), polled_at: Instant::now() }
    }

    /// Returns the plans of an output's surfaces with a scene of their own, at the intensity of the wall's plan.
    pub fn plans(
        &mut self,
        resolved: &ResolvedOutput,
        wall: &FramePlan,
        at: TimePoint,
        all: &Player,
    ) -> Vec<(SurfaceId, FramePlan)> {
        if self.polled_at.elapsed() > POLL {
            self.polled_at = Instant::now();
            self.reload(all);
        }
        let mut plans = Vec::new();
        for surface in &resolved.surfaces {
            let Some(name) = &surface.scene else { continue };
            if let Some(player) = self.player(name, surface.wall_aspect(resolved.wall_aspect), all) {
                plans.push((surface.id, FramePlan { intensity: wall.intensity, ..player.frame(at) }));
            }
        }
        plans
    }

    /// The player of a scene, as the show or the program knows it, on a wall of that aspect, with everybody whom `all` has.
    fn player(&mut self, name: &str, aspect: f64, all: &Player) -> Option<&Player> {
        let crowd = all.crowd().changes();
        let place = self.players.iter().position(|own| own.name == name && (own.aspect - aspect).abs() < 1e-9);
        let place = match place {
            Some(place) if self.players[place].crowd == crowd => place,
            found => {
                if let Some(stale) = found {
                    self.players.swap_remove(stale);
                }
                let stamp = self.stamp(name);
                let player = self
                    .make(name, aspect, all)
                    .inspect_err(|error| tracing::error!("a surface's own scene {name} cannot be shown: {error:#}"))
                    .ok();
                self.players.push(OwnScene {
                    name: name.to_owned(),
                    aspect,
                    crowd,
                    wanted: Instant::now(),
                    stamp,
                    player,
                });
                self.players.len() - 1
            }
        };
        self.players[place].wanted = Instant::now();
        self.players[place].player.as_ref()
    }

    /// The file of a scene that is named by one.
    fn file(&self, name: &str) -> Option<PathBuf> {
        name.ends_with(".toml").then(|| self.folder.join(name))
    }

    fn stamp(&self, name: &str) -> Option<FileStamp> {
        FileStamp::of(&self.file(name)?)
    }

    /// Takes over scenes that were saved, as far as they are valid, and drops those that are not shown any more.
    fn reload(&mut self, all: &Player) {
        self.players.retain(|own| own.wanted.elapsed() < FORGET);
        for place in 0..self.players.len() {
            let OwnScene { name, aspect, stamp, .. } = &self.players[place];
            let (name, now) = (name.clone(), self.stamp(name));
            if now == *stamp {
                continue;
            }
            match self.make(&name, *aspect, all) {
                Ok(player) => {
                    tracing::info!("a surface's own scene {name} has changed");
                    self.players[place].player = Some(player);
                }
                Err(error) => tracing::error!("{error:#}\n  the surface keeps the scene as it was"),
            }
            self.players[place].stamp = now;
        }
    }

    fn make(&self, name: &str, aspect: f64, all: &Player) -> anyhow::Result<Player> {
        let known = all.scenes().iter().find(|scene| scene.id == name).cloned();
        let scene: Scene = match (known, self.file(name)) {
            (Some(known), _) => known,
            (None, Some(file)) => Scene::read(&file, &Disk).result?,
            (None, None) => find_scene(name)?,
        };
        Ok(all.alone(scene, aspect)?)
    }
}
