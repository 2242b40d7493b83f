//! What a control's moves command, and what lights and motor faders show. See [`Surface`].

use std::time::{Duration, Instant};

use super::mapping::{Mapping, MidiMap, Mode};
use super::message::{Kind, Move};
use millions_control::{Argument, Command, Leaf, Status, Value, leaves, parse};

/// How near a fader has to come to the value before it takes it over.
const NEAR: f64 = 0.02;
/// How long after a move a motor fader is left to the hand that moves it.
const HAND: Duration = Duration::from_millis(300);
/// The part of a range that one step of an endless knob is.
const STEP: f64 = 0.01;
/// A range that spans as much is felt by factors, not by differences.
const BY_FACTORS: f64 = 100.0;

/// The controls of all devices, with where they stand.
#[derive(Debug, Default)]
pub struct Surface {
    knobs: Vec<KnobState>,
}

#[derive(Debug)]
struct KnobState {
    mapping: Mapping,
    /// The last position.
    position: Option<f64>,
    /// Whether it has the value in hand.
    has_taken: bool,
    /// The value that it has commanded last, as a position.
    commanded: Option<f64>,
    moved_at: Option<Instant>,
    /// What was told last, as a message.
    told: Option<[u8; 3]>,
}

impl Surface {
    pub fn new(map: MidiMap) -> Self {
        let state = |mapping| KnobState {
            mapping,
            position: None,
            has_taken: false,
            commanded: None,
            moved_at: None,
            told: None,
        };
        Self { knobs: map.map.into_iter().map(state).collect() }
    }

    /// Returns whether a device is named in the file.
    pub fn knows(&self, device: &str) -> bool {
        self.knobs.iter().any(|knob| is_of(&knob.mapping, device))
    }

    /// Returns the commands of a move, and what is wrong with it.
    pub fn moved(&mut self, device: &str, moved: Move, status: &Status, now: Instant) -> Vec<Result<Command, String>> {
        let leaves = leaves(status);
        let mut commands = Vec::new();
        for knob in &mut self.knobs {
            if knob.mapping.control != moved.knob || !is_of(&knob.mapping, device) {
                continue;
            }
            knob.moved_at = Some(now);
            let leaf = find(&leaves, &knob.mapping.address);
            let argument = knob.argument(moved, leaf);
            knob.position = Some(moved.position);
            let Some(argument) = argument else { continue };
            match parse(&knob.mapping.address, &[argument], status) {
                Ok(Some(command)) => commands.push(Ok(command)),
                Ok(None) => {}
                Err(error) => commands.push(Err(error.to_string())),
            }
        }
        commands
    }

    /// Returns the messages that show the present values on a device; all of them, if it has just come.
    pub fn show(&mut self, device: &str, status: &Status, has_come: bool, now: Instant) -> Vec<[u8; 3]> {
        let leaves = leaves(status);
        let mut messages = Vec::new();
        for knob in self.knobs.iter_mut().filter(|knob| is_of(&knob.mapping, device)) {
            if has_come {
                (knob.told, knob.position, knob.has_taken, knob.commanded) = (None, None, false, None);
            }
            let Some(leaf) = find(&leaves, &knob.mapping.address) else { continue };
            let Some(position) = position_of(leaf) else { continue };
            let is_fader = !matches!(leaf.value, Value::Trigger | Value::Switch);
            if is_fader && knob.moved_at.is_some_and(|moved| now.duration_since(moved) < HAND) {
                continue;
            }
            // Somebody else has set it: the fader takes it over again when it comes there.
            if knob.commanded.is_some_and(|commanded| (commanded - position).abs() > NEAR) {
                (knob.has_taken, knob.commanded) = (false, None);
            }
            let message = knob.mapping.control.message(position);
            if knob.told != Some(message) {
                knob.told = Some(message);
                messages.push(message);
            }
        }
        messages
    }
}

impl KnobState {
    /// Returns the argument of a move; none where it does nothing.
    fn argument(&mut self, moved: Move, leaf: Option<&Leaf>) -> Option<Argument> {
        let is_pressed = if moved.knob.kind == Kind::Note { moved.raw > 0 } else { moved.raw >= 64 };
        let was_pressed = moved.knob.kind != Kind::Note && self.position.is_some_and(|before| before * 127.0 >= 63.5);
        let is_press = is_pressed && !was_pressed;
        // An address without a leaf, as of a person, is a trigger.
        let value = leaf.map_or(Value::Trigger, |leaf| leaf.value);
        let current = leaf.and_then(|leaf| leaf.current.as_ref());
        match value {
            Value::Trigger => is_press.then_some(true.into()),
            Value::Switch => {
                let usual = if moved.knob.kind == Kind::Note { Mode::Toggle } else { Mode::Absolute };
                match self.mapping.mode.unwrap_or(usual) {
                    Mode::Toggle => is_press.then(|| (!current.and_then(Argument::switch).unwrap_or_default()).into()),
                    _ => (is_pressed != was_pressed || self.position.is_none() || moved.knob.kind == Kind::Note)
                        .then_some(is_pressed.into()),
                }
            }
            Value::Text => None,
            Value::Number(_) | Value::Whole(_) | Value::OfTarget | Value::Choice(_) => {
                let leaf = leaf?;
                let now = position_of(leaf);
                let position = match self.mapping.mode.and_then(|mode| mode.steps(moved.raw)) {
                    Some(steps) => (now? + f64::from(steps) * STEP).clamp(0.0, 1.0),
                    None => {
                        // A fader that stands elsewhere takes the value when it passes it: so nothing jumps.
                        if let (Some(now), false) = (now, self.has_taken) {
                            let is_there = (moved.position - now).abs() <= NEAR;
                            let passes =
                                self.position.is_some_and(|before| (before - now) * (moved.position - now) <= 0.0);
                            if !is_there && !passes {
                                return None;
                            }
                        }
                        self.has_taken = true;
                        moved.position
                    }
                };
                self.commanded = Some(position);
                value_at(leaf, position)
            }
        }
    }
}

fn is_of(mapping: &Mapping, device: &str) -> bool {
    device.to_lowercase().contains(&mapping.device.to_lowercase())
}

fn find<'l>(leaves: &'l [Leaf], address: &str) -> Option<&'l Leaf> {
    let path = format!("/millions/{}", millions_control::split_address(address));
    leaves.iter().find(|leaf| leaf.address.eq_ignore_ascii_case(&path))
}

/// Returns the limits of an address, and whether it is felt by factors.
fn limits(leaf: &Leaf) -> Option<(f64, f64, bool)> {
    if let Value::Choice(words) = leaf.value {
        return Some((0.0, words.len().saturating_sub(1) as f64, false));
    }
    let range = leaf.range?;
    Some((range.low, range.high, range.low > 0.0 && range.high / range.low >= BY_FACTORS))
}

/// Returns the value of an address at a position.
fn value_at(leaf: &Leaf, position: f64) -> Option<Argument> {
    let (low, high, by_factors) = limits(leaf)?;
    let value = if by_factors { low * (high / low).powf(position) } else { low + (high - low) * position };
    Some(match leaf.value {
        Value::Whole(_) | Value::Choice(_) => Argument::Whole(value.round() as i64),
        // What the powers leave over must not be out of the limits.
        _ => Argument::Number(value.clamp(low, high)),
    })
}

/// Returns where the value of an address stands, from 0 to 1.
fn position_of(leaf: &Leaf) -> Option<f64> {
    let current = leaf.current.as_ref()?;
    match leaf.value {
        Value::Trigger | Value::Switch => current.switch().map(|on| f64::from(u8::from(on))),
        Value::Choice(words) => {
            let place = words.iter().position(|word| *word == current.to_string())?;
            Some(place as f64 / words.len().saturating_sub(1).max(1) as f64)
        }
        _ => {
            let (low, high, by_factors) = limits(leaf)?;
            let value = current.number()?;
            let position =
                if by_factors { (value / low).ln() / (high / low).ln() } else { (value - low) / (high - low) };
            Some(position.clamp(0.0, 1.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_wall::{Random, status};

    const DEVICE: &str = "nanoKONTROL2 MIDI 1";

    fn surface(lines: &[(&str, &str, Option<Mode>)]) -> Surface {
        let mapping = |(control, address, mode): &(&str, &str, Option<Mode>)| Mapping {
            device: "nanokontrol2".into(),
            control: control.parse().unwrap(),
            address: (*address).into(),
            mode: *mode,
        };
        Surface::new(MidiMap { map: lines.iter().map(mapping).collect() })
    }

    fn send(surface: &mut Surface, bytes: [u8; 3], status: &Status) -> Vec<Command> {
        let moved = surface.moved(DEVICE, Move::read(&bytes).unwrap(), status, Instant::now());
        moved.into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn presses_fire_once_and_releases_never() {
        let mut surface = surface(&[("note 1 40", "/millions/go", None), ("cc 1 20", "/millions/cue/title", None)]);
        let status = status();
        assert_eq!(send(&mut surface, [0x90, 40, 100], &status), [Command::Go]);
        assert!(
            send(&mut surface, [0x80, 40, 64], &status).is_empty()
                && send(&mut surface, [0x90, 40, 0], &status).is_empty()
        );
        let fired: usize = [0, 30, 64, 90, 127, 64, 0, 127]
            .map(|value| send(&mut surface, [0xb0, 20, value], &status).len())
            .iter()
            .sum();
        assert_eq!(fired, 2, "on the rise through 64");
        assert!(surface.moved("other", Move::read(&[0x90, 40, 100]).unwrap(), &status, Instant::now()).is_empty());
    }

    #[test]
    fn a_pad_toggles_a_switch_and_its_light_follows() {
        let mut surface =
            surface(&[("note 1 41", "/millions/hold", None), ("note 1 42", "blackout", Some(Mode::Momentary))]);
        let mut status = status();
        assert_eq!(send(&mut surface, [0x90, 41, 127], &status), [Command::Hold { on: true }]);
        status.held = true;
        assert_eq!(surface.show(DEVICE, &status, true, Instant::now()), [[0x90, 41, 127], [0x90, 42, 0]]);
        assert!(surface.show(DEVICE, &status, false, Instant::now()).is_empty());
        assert_eq!(send(&mut surface, [0x90, 41, 127], &status), [Command::Hold { on: false }]);
        let black = |on| Command::Blackout { on, secs: 0.0 };
        assert_eq!(send(&mut surface, [0x90, 42, 1], &status), [black(true)]);
        assert_eq!(send(&mut surface, [0x80, 42, 1], &status), [black(false)]);
    }

    #[test]
    fn a_fader_takes_over_where_the_value_is() {
        let mut surface = surface(&[("cc 1 0", "/millions/dimmer", None)]);
        let mut status = Status { dimmer: 0.5, ..status() };
        assert!(send(&mut surface, [0xb0, 0, 0], &status).is_empty(), "it stands elsewhere");
        assert!(send(&mut surface, [0xb0, 0, 30], &status).is_empty());
        assert_eq!(send(&mut surface, [0xb0, 0, 70], &status).len(), 1, "it has passed it");
        assert_eq!(send(&mut surface, [0xb0, 0, 127], &status), [Command::Dimmer { level: 1.0 }]);
        // Somebody else sets it: it does not jump back.
        status.dimmer = 0.2;
        assert_eq!(surface.show(DEVICE, &status, false, Instant::now() + HAND), [[0xb0, 0, 25]]);
        assert!(send(&mut surface, [0xb0, 0, 126], &status).is_empty());
        assert_eq!(send(&mut surface, [0xb0, 0, 25], &status).len(), 1);
    }

    #[test]
    fn the_whole_way_of_a_fader_is_the_whole_range() {
        let lines = [
            ("bend 1", "/millions/speed", None),
            ("cc 1 1", "/millions/test", None),
            ("cc 1 2", "/millions/speed", Some(Mode::RelativeTwos)),
        ];
        let mut surface = surface(&lines);
        let status = status();
        let speed = |commands: Vec<Command>| match commands[..] {
            [Command::Speed { rate }] => rate,
            _ => panic!("{commands:?}"),
        };
        assert!((speed(send(&mut surface, [0xe0, 0, 64], &status)) - 1.0).abs() < 0.01, "real time is in the middle");
        assert_eq!(speed(send(&mut surface, [0xe0, 127, 127], &status)), 32.0);
        assert_eq!(speed(send(&mut surface, [0xe0, 0, 0], &status)), 1.0 / 32.0);
        assert!(speed(send(&mut surface, [0xb0, 2, 1], &status)) > 1.0);
        assert!(speed(send(&mut surface, [0xb0, 2, 127], &status)) < 1.0);
        let Command::Test { test, .. } = send(&mut surface, [0xb0, 1, 127], &status).remove(0) else { panic!() };
        assert_eq!(test.name(), "faces");
    }

    #[test]
    fn ten_thousand_messages_command_only_what_is_mapped() {
        let mut surface = surface(&[("cc 1 0", "/millions/dimmer", None), ("note 1 1", "/millions/nothing", None)]);
        let (status, mut random) = (status(), Random(5));
        for _ in 0..10_000 {
            let bytes: Vec<_> = (0..random.below(5)).map(|_| random.byte()).collect();
            let Some(moved) = Move::read(&bytes) else { continue };
            for command in surface.moved(DEVICE, moved, &status, Instant::now()).into_iter().flatten() {
                assert!(matches!(command, Command::Dimmer { level } if (0.0..=1.0).contains(&level)));
            }
        }
    }
}
