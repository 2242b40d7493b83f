//! The players of scenes that surfaces show in place of the wall. See [`OwnScenes`].

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use millions_base::Disk;
use millions_base::watch::FileStamp;
use millions_frame::FramePlan;
use millions_show::{Player, Scene, TimePoint, find_scene};
use millions_stage::{ResolvedOutput, SurfaceId};

/// The interval at which the files of scenes are checked.
const POLL: Duration = Duration::from_millis(500);

/// The time after which an unused player is dropped: dragging a surface makes one for each aspect.
const EXPIRY: Duration = Duration::from_secs(10);

/// Players of surfaces' own scenes, created when they are first shown, and again when their files have changed. They play from
/// time 0 of the show, without cues.
pub struct OwnScenes {
    /// The folder of the stage, to which the paths of scenes are relative.
    folder: PathBuf,
    players: Vec<OwnScene>,
    polled_at: Instant,
}

struct OwnScene {
    name: String,
    aspect: f64,
    /// The revision of its crowd, see [`Crowd::changes`](millions_show::Crowd::changes).
    crowd_revision: u64,
    used_at: Instant,
    /// The stamp of its file.
    stamp: Option<FileStamp>,
    /// None where it cannot be shown, which was logged.
    player: Option<Player>,
}

impl OwnScenes {
    /// Players for the stage of a file; scenes are named relative to its folder.
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
            if let Some(player) = self.player(name, surface.wall_aspect(resolved.wall_aspect), all, at.show_secs) {
                plans.push((surface.id, FramePlan { intensity: wall.intensity, ..player.frame(at) }));
            }
        }
        plans
    }

    /// The player of a scene of the show, the program or a file, on a wall of an aspect, with the crowd that `all` has at a
    /// show time.
    fn player(&mut self, name: &str, aspect: f64, all: &Player, show_secs: f64) -> Option<&Player> {
        let crowd_revision = all.crowd().changes();
        let place = self.players.iter().position(|own| own.name == name && (own.aspect - aspect).abs() < 1e-9);
        let place = match place {
            Some(place) => place,
            None => {
                let stamp = self.stamp(name);
                let player = self
                    .make(name, aspect, all)
                    .inspect_err(|error| tracing::error!("a surface's own scene {name} cannot be shown: {error:#}"))
                    .ok();
                self.players.push(OwnScene {
                    name: name.to_owned(),
                    aspect,
                    crowd_revision,
                    used_at: Instant::now(),
                    stamp,
                    player,
                });
                self.players.len() - 1
            }
        };
        let own = &mut self.players[place];
        own.used_at = Instant::now();
        if own.crowd_revision != crowd_revision {
            own.crowd_revision = crowd_revision;
            if let Some(player) = &mut own.player {
                player.follow_crowd(all, show_secs);
            }
        }
        own.player.as_ref()
    }

    /// The file of a scene, where it is named by its file.
    fn file(&self, name: &str) -> Option<PathBuf> {
        name.ends_with(".toml").then(|| self.folder.join(name))
    }

    fn stamp(&self, name: &str) -> Option<FileStamp> {
        FileStamp::of(&self.file(name)?)
    }

    /// Reloads the scenes whose files have changed, as far as they are valid, and drops unused players.
    fn reload(&mut self, all: &Player) {
        self.players.retain(|own| own.used_at.elapsed() < EXPIRY);
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
        let known = all.scenes().find(|scene| scene.id.as_str() == name).cloned();
        let scene: Scene = match (known, self.file(name)) {
            (Some(known), _) => known,
            (None, Some(file)) => Scene::read(&file, &Disk).result?,
            (None, None) => find_scene(name)?,
        };
        Ok(all.alone(scene, aspect)?)
    }
}
