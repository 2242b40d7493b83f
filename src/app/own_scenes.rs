//! The players of scenes that surfaces show in place of the wall. See [`OwnScenes`].

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::dealer::DEAL_AT_ONCE;
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use millions_base::Disk;
use millions_base::watch::FileStamp;
use millions_frame::FramePlan;
use millions_show::{Player, Scene, SceneKind, TimePoint, find_scene};
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
    /// Whether files are read and players are made on a thread.
    in_background: bool,
    /// The result of the thread, while it runs.
    pending: Option<Receiver<Done>>,
}

/// Files, and how they were found.
type Stamps = Vec<(PathBuf, Option<FileStamp>)>;

/// What the thread has done.
enum Done {
    Made(OwnScene),
    /// A player that has followed the crowd.
    Followed(OwnScene),
    /// The names of scenes whose files are not as they were.
    Outdated(Vec<String>),
}

#[derive(Clone)]
struct OwnScene {
    name: String,
    aspect: f64,
    /// The revision of its crowd, see [`Crowd::changes`](millions_show::Crowd::changes).
    crowd_revision: u64,
    used_at: Instant,
    /// The stamps of its file, and of the pictures that it forms.
    stamps: Stamps,
    /// Whether the file has changed since.
    is_outdated: bool,
    /// None where it cannot be shown, which was logged.
    player: Option<Player>,
}

impl OwnScenes {
    /// Players for the stage of a file; scenes are named relative to its folder.
    #[must_use]
    pub fn beside(stage: &Path) -> Self {
        let folder = stage.parent().unwrap_or(Path::new("")).to_owned();
        Self { folder, players: Vec::new(), polled_at: Instant::now(), in_background: false, pending: None }
    }

    /// Has files read and players made on a thread. Until one is there, its surface shows the scene as it was for another aspect
    /// or in an earlier version, or stays dark.
    #[must_use]
    pub const fn in_background(mut self) -> Self {
        self.in_background = true;
        self
    }

    /// Continues for the stage of another file. Scenes that are known by name, and not by a file, play on.
    pub fn move_beside(&mut self, stage: &Path) {
        let Self { players, in_background, .. } = std::mem::replace(self, Self::beside(stage));
        self.in_background = in_background;
        self.players.extend(players.into_iter().filter(|own| file(&self.folder, &own.name).is_none()));
    }

    /// Returns the plans of an output's surfaces with a scene of their own, at the intensity of the wall's plan.
    pub fn plans(
        &mut self,
        resolved: &ResolvedOutput,
        wall: &FramePlan,
        at: TimePoint,
        all: &Player,
    ) -> Vec<(SurfaceId, FramePlan)> {
        self.adopt();
        self.poll(all);
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
        if self.place(name, aspect).is_none() {
            self.make(name, aspect, all);
        }
        let place = self.place(name, aspect).or_else(|| self.players.iter().rposition(|own| own.name == name))?;
        self.players[place].used_at = Instant::now();
        if self.players[place].crowd_revision != all.crowd().changes() {
            let own = &self.players[place];
            let is_long = all.crowd().len() > DEAL_AT_ONCE
                || own.player.as_ref().is_some_and(|player| player.deals_longer_than(DEAL_AT_ONCE));
            if !self.in_background || !is_long {
                self.players[place].follow(all, show_secs);
            } else if self.pending.is_none() {
                let (mut own, all) = (self.players[place].clone(), all.clone());
                self.run(move || {
                    own.follow(&all, show_secs);
                    Done::Followed(own)
                });
            }
        }
        self.players[place].player.as_ref()
    }

    fn place(&self, name: &str, aspect: f64) -> Option<usize> {
        self.players.iter().position(|own| own.name == name && (own.aspect - aspect).abs() < 1e-9)
    }

    /// Drops unused players, and looks for changed files and makes the players of those.
    fn poll(&mut self, all: &Player) {
        if self.polled_at.elapsed() < POLL || self.pending.is_some() {
            return;
        }
        self.polled_at = Instant::now();
        self.players.retain(|own| own.used_at.elapsed() < EXPIRY);
        let outdated = self.players.iter().find(|own| own.is_outdated).map(|own| (own.name.clone(), own.aspect));
        if let Some((name, aspect)) = outdated {
            self.make(&name, aspect, all);
            return;
        }
        let known = self.players.iter().filter(|own| !own.stamps.is_empty());
        let known: Vec<_> = known.map(|own| (own.name.clone(), own.stamps.clone())).collect();
        if !known.is_empty() {
            self.run(move || {
                let is_other = |(file, before): &(PathBuf, Option<FileStamp>)| FileStamp::of(file) != *before;
                let changed = known.into_iter().filter(|(_, stamps)| stamps.iter().any(is_other));
                Done::Outdated(changed.map(|(name, _)| name).collect())
            });
        }
    }

    fn make(&mut self, name: &str, aspect: f64, all: &Player) {
        if self.pending.is_none() {
            let (folder, name, all) = (self.folder.clone(), name.to_owned(), all.clone());
            self.run(move || Done::Made(OwnScene::new(&folder, name, aspect, &all)));
        }
    }

    fn run(&mut self, work: impl FnOnce() -> Done + Send + 'static) {
        let (done, pending) = bounded(1);
        self.pending = Some(pending);
        if self.in_background {
            // The receiver is gone only at the end.
            std::thread::spawn(move || drop(done.send(work())));
        } else {
            drop(done.send(work()));
            self.adopt();
        }
    }

    /// Takes over what the thread has done.
    fn adopt(&mut self) {
        let done = match self.pending.as_ref().map(Receiver::try_recv) {
            Some(Err(TryRecvError::Empty)) | None => return,
            Some(done) => done,
        };
        self.pending = None;
        match done {
            Ok(Done::Outdated(names)) => {
                for own in self.players.iter_mut().filter(|own| names.contains(&own.name)) {
                    own.is_outdated = true;
                }
            }
            Ok(Done::Followed(followed)) => {
                if let Some(place) = self.place(&followed.name, followed.aspect) {
                    let own = &mut self.players[place];
                    (own.player, own.crowd_revision) = (followed.player, followed.crowd_revision);
                }
            }
            Ok(Done::Made(made)) => {
                match self.place(&made.name, made.aspect).map(|place| &mut self.players[place]) {
                    None => self.players.push(made),
                    Some(own) if made.player.is_some() => {
                        tracing::info!("a surface's own scene {} has changed", own.name);
                        *own = made;
                    }
                    // It keeps the scene as it was.
                    Some(own) => (own.stamps, own.is_outdated) = (made.stamps, false),
                }
            }
            Err(_) => tracing::error!("a surface's own scene was not made, for its thread has ended"),
        }
    }
}

impl OwnScene {
    /// Has the player follow the crowd of `all`, at a show time.
    fn follow(&mut self, all: &Player, show_secs: f64) {
        self.crowd_revision = all.crowd().changes();
        if let Some(player) = &mut self.player {
            player.follow_crowd(all, show_secs);
        }
    }

    fn new(folder: &Path, name: String, aspect: f64, all: &Player) -> Self {
        // Before it is read: what changes meanwhile is read again.
        let stamped = |file: PathBuf| (FileStamp::of(&file), file);
        let mut stamps: Vec<_> = file(folder, &name).map(stamped).into_iter().collect();
        let known = all.scenes().find(|scene| scene.id.as_str() == name).cloned();
        let make = || -> anyhow::Result<Player> {
            let scene: Scene = match (known, file(folder, &name)) {
                (Some(known), _) => known,
                (None, Some(file)) => Scene::read(&file, &Disk).result?,
                (None, None) => find_scene(&name)?,
            };
            if let SceneKind::Mosaic(mosaic) = &scene.kind {
                stamps.extend(mosaic.pictures.iter().cloned().map(stamped));
            }
            Ok(all.alone(scene, aspect)?)
        };
        let player =
            make().inspect_err(|error| tracing::error!("a surface's own scene {name} cannot be shown: {error:#}")).ok();
        let (crowd_revision, used_at) = (all.crowd().changes(), Instant::now());
        let stamps = stamps.into_iter().map(|(stamp, file)| (file, stamp)).collect();
        Self { name, aspect, crowd_revision, used_at, stamps, is_outdated: false, player }
    }
}

/// The file of a scene, where it is named by its file.
fn file(folder: &Path, name: &str) -> Option<PathBuf> {
    name.ends_with(".toml").then(|| folder.join(name))
}
