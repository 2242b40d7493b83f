//! Scenes that surfaces have for themselves, beside the show. See [`OwnScenes`].

use crate::show::{At, FramePlan, Player, Scene, find_scene};
use crate::stage::LaidOutput;

/// Players of scenes that surfaces have for themselves, made when they are first wanted. They play from the show's time 0 on
/// and know no cues.
#[derive(Default)]
pub struct OwnScenes {
    players: Vec<Own>,
}

struct Own {
    name: String,
    aspect: f64,
    /// How many people it was made for.
    people: usize,
    /// None where it cannot be shown, which was told.
    player: Option<Player>,
}

impl OwnScenes {
    /// What an output's surfaces show that have a scene of their own, by their place in the stage: as dark as the wall's plan.
    pub fn plans(&mut self, laid: &LaidOutput, wall: &FramePlan, at: At, all: &Player) -> Vec<(usize, FramePlan)> {
        let mut plans = Vec::new();
        for surface in &laid.surfaces {
            let Some(name) = &surface.scene else { continue };
            if let Some(player) = self.player(name, surface.wall_aspect(laid.wall_aspect), all) {
                plans.push((surface.index, FramePlan { light: wall.light, ..player.frame(at) }));
            }
        }
        plans
    }

    /// The player of a scene, as the show or the program knows it, on a wall of that aspect, with everybody whom `all` has.
    fn player(&mut self, name: &str, aspect: f64, all: &Player) -> Option<&Player> {
        let people = all.crowd().len();
        let place = self.players.iter().position(|own| own.name == name && (own.aspect - aspect).abs() < 1e-9);
        let place = match place {
            Some(place) if self.players[place].people == people => place,
            found => {
                if let Some(stale) = found {
                    self.players.swap_remove(stale);
                }
                let player = make(name, aspect, all)
                    .inspect_err(|error| tracing::error!("a surface's own scene {name} cannot be shown: {error:#}"))
                    .ok();
                self.players.push(Own { name: name.to_owned(), aspect, people, player });
                self.players.len() - 1
            }
        };
        self.players[place].player.as_ref()
    }
}

fn make(name: &str, aspect: f64, all: &Player) -> anyhow::Result<Player> {
    let known = all.scenes().iter().find(|scene| scene.id == name).cloned();
    let scene: Scene = known.map_or_else(|| find_scene(name), Ok)?;
    Ok(all.alone(scene, aspect)?)
}
