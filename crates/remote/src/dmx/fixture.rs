//! The wall as a fixture of four channels. See [`Fixture`].

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::packet::Levels;
use millions_control::{Command, Status};

/// The channels: dimmer, scene, speed, blackout.
const CHANNELS: usize = 4;
/// How many levels a scene has: a fader's hand is no finer.
const LEVELS_A_SCENE: u8 = 5;
/// The level of the speed channel that is real time, and the factor from there to the ends.
const REAL_TIME: f64 = 128.0;
const SPEED_OCTAVES: f64 = 5.0;
/// How long a sender that is silent keeps others out.
const SILENCE: Duration = Duration::from_millis(2500);

/// Follows four channels of a universe. What has changed is commanded; a signal that is lost changes nothing.
#[derive(Debug)]
pub struct Fixture {
    universe: u16,
    /// The first channel, from 1.
    channel: u16,
    last: Option<[u8; CHANNELS]>,
    /// Whose levels count, with their priority, and when they came.
    sender: Option<(SocketAddr, u8, Instant)>,
}

impl Fixture {
    pub const fn new(universe: u16, channel: u16) -> Self {
        Self { universe, channel, last: None, sender: None }
    }

    /// Returns the commands of a packet.
    pub fn follow(&mut self, packet: &Levels<'_>, from: SocketAddr, status: &Status, now: Instant) -> Vec<Command> {
        if packet.universe != self.universe {
            return Vec::new();
        }
        // One sender at a time: two consoles that both send would make the wall flicker.
        if let Some((sender, priority, at)) = self.sender
            && sender != from
            && packet.priority <= priority
            && now.duration_since(at) < SILENCE
        {
            return Vec::new();
        }
        if packet.ends {
            self.sender = None;
            return Vec::new();
        }
        self.sender = Some((from, packet.priority, now));
        let first = usize::from(self.channel) - 1;
        let Some(levels) = packet.levels.get(first..first + CHANNELS) else { return Vec::new() };
        let levels = [levels[0], levels[1], levels[2], levels[3]];
        let before = self.last.replace(levels);
        let changed = |channel: usize| before.is_none_or(|before| before[channel] != levels[channel]);
        let mut commands = Vec::new();
        if changed(0) {
            commands.push(Command::Dimmer { level: f32::from(levels[0]) / 255.0 });
        }
        let place = |level: u8| usize::from(level / LEVELS_A_SCENE);
        // Not the level but the scene has to differ: a fader that trembles cues nothing.
        let scene_before = before.map_or(0, |before| place(before[1]));
        if place(levels[1]) != scene_before
            && let Some(cue) = place(levels[1]).checked_sub(1).and_then(|place| status.cues.get(place))
        {
            commands.push(Command::Cue { scene: cue.scene.clone(), transition: None, at: None });
        }
        if changed(2) && levels[2] > 0 {
            let octaves = (f64::from(levels[2]) - REAL_TIME) / (REAL_TIME - 1.0) * SPEED_OCTAVES;
            commands.push(Command::Speed { rate: octaves.exp2() });
        }
        let is_black = |levels: [u8; CHANNELS]| levels[3] >= 128;
        if before.map_or(is_black(levels), |before| is_black(before) != is_black(levels)) {
            commands.push(Command::Blackout { on: is_black(levels), secs: 0.0 });
        }
        commands
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_wall;

    #[test]
    fn four_channels_dim_cue_pace_and_darken() {
        let (status, start) = (test_wall::status(), Instant::now());
        let from: SocketAddr = "10.0.0.1:6454".parse().unwrap();
        let mut fixture = Fixture::new(3, 10);
        let mut follow = |universe, four: [u8; 4]| {
            let levels = [&[99; 9][..], &four, &[99; 9]].concat();
            fixture.follow(&Levels { universe, levels: &levels, priority: 0, ends: false }, from, &status, start)
        };
        assert_eq!(follow(4, [0, 10, 1, 255]), []);
        assert_eq!(follow(3, [255, 0, 0, 0]), [Command::Dimmer { level: 1.0 }]);
        assert_eq!(follow(3, [255, 4, 0, 127]), []);
        let cue = |scene: &str| Command::Cue { scene: scene.into(), transition: None, at: None };
        assert_eq!(follow(3, [255, 5, 0, 0]), [cue("slow")]);
        assert_eq!(follow(3, [255, 9, 0, 0]), [], "the same scene");
        assert_eq!(
            follow(3, [255, 14, 128, 200]),
            [cue("title"), Command::Speed { rate: 1.0 }, Command::Blackout { on: true, secs: 0.0 }]
        );
        assert_eq!(follow(3, [255, 250, 255, 200]), [Command::Speed { rate: 32.0 }], "there is no scene 50");
        assert_eq!(
            follow(3, [0, 250, 1, 0])[1..],
            [Command::Speed { rate: 1.0 / 32.0 }, Command::Blackout { on: false, secs: 0.0 }]
        );
    }

    #[test]
    fn of_several_senders_one_counts() {
        let (status, start) = (test_wall::status(), Instant::now());
        let [one, other]: [SocketAddr; 2] = ["10.0.0.1:1", "10.0.0.2:1"].map(|address| address.parse().unwrap());
        let mut fixture = Fixture::new(1, 1);
        let mut follow = |from, dimmer: u8, priority, ms| {
            let packet = Levels { universe: 1, levels: &[dimmer, 0, 0, 0], priority, ends: false };
            fixture.follow(&packet, from, &status, start + Duration::from_millis(ms)).len()
        };
        assert_eq!(follow(one, 255, 100, 0), 1);
        assert_eq!(follow(other, 10, 100, 20), 0);
        assert_eq!(follow(other, 20, 150, 40), 1, "a higher priority takes it");
        assert_eq!(follow(one, 30, 100, 60), 0);
        assert_eq!(follow(one, 40, 100, 3000), 1, "the other is silent");
    }
}
