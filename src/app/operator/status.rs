//! What the operator knows of the show, as a status.

use super::super::calibration;
use super::Operator;
use millions_control::{
    CueStatus, EntryStatus, LookChoice, LookStatus, LookValue, NextCue, OutputStatus, PlaylistStatus, SceneStatus,
    StageStatus, Status, SurfaceStatus, TransitionStatus,
};
use millions_show::{Cue, Playlist};
use millions_stage::{MonitorId, Stage, SurfaceId};
use millions_wall::tone::LookParameter;

impl Operator {
    /// Returns the status of show, look, stage and outputs at a real time; windows, frames and people are for the window to add.
    #[must_use]
    pub fn status(&self, real_secs: f64) -> Status {
        let (player, show_secs) = (&self.player, self.clock.show_secs(real_secs));
        let schedule = self.show.schedule.as_ref();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            secs: self.hours.unix_secs(real_secs),
            show_secs,
            show: self.show.name.clone(),
            scene: self.scene_status(real_secs),
            cues: self.cue_list(),
            playlist: self.playlist_status(show_secs),
            held: self.clock.is_held(),
            speed: self.clock.rate(),
            blackout: self.is_blacked_out(),
            dimmer: player.dimmer(),
            intensity: if player.is_blackout() { 0.0 } else { player.dimmer() * self.wall_intensity(real_secs) },
            open: schedule.and_then(|_| self.hours.is_open()),
            hours_turn: schedule.and_then(|_| self.hours.next_turn()),
            rows: player.rows(),
            look: self.look_status(),
            people: millions_control::PeopleStatus { count: player.crowd().len(), ..Default::default() },
            stage: self.stage_status(),
            outputs: self.output_statuses(),
            help: self.help || self.venue.shows_help(),
            ..Status::default()
        }
    }

    fn scene_status(&self, real_secs: f64) -> SceneStatus {
        let (player, cue) = (&self.player, self.player.cue());
        let progress = player.transition_progress(real_secs) as f32;
        SceneStatus {
            scene: cue.scene.clone(),
            name: self.name_of(player.scene().id.as_str()),
            since_show_secs: cue.show_secs,
            transition: (progress < 1.0).then_some(TransitionStatus { progress, secs: cue.transition.secs }),
            awaited: player.awaited_scene().cloned(),
        }
    }

    /// The name under which a scene is known to the operator: that of its cue.
    fn name_of(&self, scene: &str) -> String {
        let named = self.show.cue_of(&scene.into()).map(|cue| cue.name.clone());
        named.unwrap_or_else(|| self.player.scene().name.clone())
    }

    /// All scenes of the show: those on keys in their order, then the others.
    fn cue_list(&self) -> Vec<CueStatus> {
        let status = |cue: &Cue, key| CueStatus {
            scene: cue.scene.clone(),
            name: cue.name.clone(),
            key,
            transition_secs: cue.transition.secs,
        };
        let keys = self.show.keys.iter().zip(1_u8..);
        let mut cues: Vec<_> = keys.filter_map(|(cue, key)| cue.as_ref().map(|cue| status(cue, Some(key)))).collect();
        for scene in self.player.scenes() {
            if cues.iter().any(|cue| cue.scene == scene.id) {
                continue;
            }
            let own = || Cue { scene: scene.id.clone(), name: scene.name.clone(), transition: self.show.transition };
            cues.push(status(&self.show.cue_of(&scene.id).cloned().unwrap_or_else(own), None));
        }
        cues
    }

    fn playlist_status(&self, show_secs: f64) -> Option<PlaylistStatus> {
        let Playlist { entries, .. } = self.show.playlist.as_ref()?;
        let entry = |index: usize| entries.get(index).map(|entry| (entry.cue.scene.clone(), entry.cue.name.clone()));
        let position = self.player.playlist_position(show_secs);
        let next = position.as_ref().and_then(|position| {
            let (index, at) = position.next?;
            let (scene, name) = entry(index)?;
            // Seconds of the real clock: a show that is held does not come to it.
            let rate = if self.clock.is_held() { 0.0 } else { self.clock.rate() };
            let in_secs = at.filter(|_| rate > 0.0).map(|at| (at - show_secs) / rate);
            Some(NextCue { entry: index, scene, name, in_secs })
        });
        let status = |entry: &millions_show::PlaylistEntry| EntryStatus {
            scene: entry.cue.scene.clone(),
            name: entry.cue.name.clone(),
            dwell_secs: entry.dwell_secs,
        };
        Some(PlaylistStatus {
            playing: self.player.playlist_began_secs().is_some(),
            entries: entries.iter().map(status).collect(),
            entry: position.and_then(|position| position.entry),
            next,
        })
    }

    fn look_status(&self) -> LookStatus {
        let look = self.player.look();
        let value = |parameter: LookParameter| LookValue {
            parameter: parameter.name().to_owned(),
            value: parameter.get(&look),
            adjusted: self.player.adjustments().changes(parameter),
        };
        let choice = |look: &millions_show::NamedLook| LookChoice { look: look.id.clone(), name: look.name.clone() };
        LookStatus {
            shown: self.looks.shown().map(|look| look.id.clone()),
            looks: self.looks.all().iter().map(choice).collect(),
            values: LookParameter::ALL.map(value).into(),
        }
    }

    fn stage_status(&self) -> StageStatus {
        let venue = &self.venue;
        StageStatus {
            file: String::new(),
            editing: venue.is_editing(),
            selected: venue.selected(),
            caption: venue.edit_summary(),
            values: venue.values(),
            surfaces: surfaces(venue.stage(), &venue.selected_surfaces()),
            solo: venue.tests().solo(),
            identify: venue.tests().is_identifying(),
            test_picture: self.calibrating.is_some(),
            faces: self.picker.is_some(),
            presets: venue.stage().presets.iter().map(|preset| preset.key.clone()).collect(),
        }
    }

    fn output_statuses(&self) -> Vec<OutputStatus> {
        let status = |output: &millions_stage::Output| OutputStatus {
            output: output.id,
            name: output.name.clone(),
            monitor: output.monitor.as_ref().map(MonitorId::title),
            size: output.size.to_array(),
            test: self.venue.tests().mode(output.id),
            calibration: calibration::values(&output.colour.calibration),
            ..OutputStatus::default()
        };
        self.venue.stage().outputs.iter().map(status).collect()
    }
}

fn surfaces(stage: &Stage, selected: &[SurfaceId]) -> Vec<SurfaceStatus> {
    let status = |surface: &millions_stage::Surface| SurfaceStatus {
        surface: surface.id,
        name: surface.name.clone(),
        output: surface.output.clone(),
        selected: selected.contains(&surface.id),
    };
    stage.surfaces.iter().map(status).collect()
}
