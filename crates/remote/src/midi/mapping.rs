//! The file that says which control of which device does what. See [`MidiMap`].

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::message::Knob;
use millions_base::printable_path;

/// A file `midi.toml`: a table `[[map]]` for each control.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MidiMap {
    /// The controls.
    #[serde(default)]
    pub map: Vec<Mapping>,
}

/// What a control does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// A part of the device's name: never its number, for that changes when another is unplugged.
    pub device: String,
    /// The control.
    pub control: Knob,
    /// The address that it sets.
    pub address: String,
    /// How its messages are understood; by the control and the address, if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// How a control's messages are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Where it stands is the value.
    Absolute,
    /// A press is the other of on and off.
    Toggle,
    /// On while it is pressed.
    Momentary,
    /// Turns without an end; 64 is none, more is up.
    RelativeOffset,
    /// Turns without an end; 1 to 63 are up, 65 to 127 down, by their distance from 64.
    RelativeSigned,
    /// Turns without an end; 1 to 63 are up, 127 to 64 down from 1 on.
    RelativeTwos,
}

impl Mode {
    /// Returns the steps of a message of a control that turns without an end.
    pub fn steps(self, raw: u8) -> Option<i32> {
        let raw = i32::from(raw);
        match self {
            Self::RelativeOffset => Some(raw - 64),
            Self::RelativeSigned => Some(if raw >= 64 { 64 - raw } else { raw }),
            Self::RelativeTwos => Some(if raw >= 64 { raw - 128 } else { raw }),
            Self::Absolute | Self::Toggle | Self::Momentary => None,
        }
    }
}

impl MidiMap {
    /// Reads a file; one that is not there has no controls.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, String> {
        match fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).map_err(|error| format!("{}: {error}", printable_path(path))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{} cannot be read: {error}", printable_path(path))),
        }
    }

    /// Adds what was learned to a file, in place of what the same control did.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn learn(path: &Path, mapping: Mapping) -> Result<(), String> {
        let mut map = Self::read(path)?;
        map.map.retain(|known| known.control != mapping.control || known.device != mapping.device);
        map.map.push(mapping);
        let text = toml::to_string(&map).map_err(|error| error.to_string())?;
        millions_base::replace_file(path, text.as_bytes())
            .map_err(|error| format!("{} cannot be written: {error}", printable_path(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_learned_is_kept_and_mistakes_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("midi.toml");
        assert_eq!(MidiMap::read(&path).unwrap(), MidiMap::default());
        let mapping = |control: &str, address: &str| Mapping {
            device: "nanoKONTROL2".into(),
            control: control.parse().unwrap(),
            address: address.into(),
            mode: None,
        };
        MidiMap::learn(&path, mapping("cc 1 0", "/millions/dimmer")).unwrap();
        MidiMap::learn(&path, mapping("note 1 41", "/millions/go")).unwrap();
        MidiMap::learn(&path, mapping("cc 1 0", "/millions/speed")).unwrap();
        let expected = vec![mapping("note 1 41", "/millions/go"), mapping("cc 1 0", "/millions/speed")];
        assert_eq!(MidiMap::read(&path).unwrap().map, expected);
        for wrong in [
            "[[map]]\ndevice = \"a\"",
            "[[map]]\ndevice = \"a\"\ncontrol = \"cc 99 1\"\naddress = \"go\"",
            "[maps]",
            "=",
        ] {
            fs::write(&path, wrong).unwrap();
            let error = MidiMap::read(&path).unwrap_err();
            assert!(error.contains("midi.toml") && error.contains("line"), "{error}");
        }
    }

    #[test]
    fn turning_up_is_up_in_each_coding() {
        for (mode, up, down) in
            [(Mode::RelativeOffset, 65, 63), (Mode::RelativeSigned, 1, 65), (Mode::RelativeTwos, 1, 127)]
        {
            assert_eq!((mode.steps(up), mode.steps(down)), (Some(1), Some(-1)), "{mode:?}");
        }
    }
}
