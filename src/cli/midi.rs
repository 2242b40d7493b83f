//! `millions midi`: which control of which device does what.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use millions_base::printable;
use millions_control::COMMANDS;
use millions_remote::midi::{Mapping, MidiMap, Mode, devices, next_move};

#[derive(Debug, Args)]
pub struct MidiArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists the devices that are there.
    List,
    /// Waits until a control is moved, and has it set an address from then on, also on a wall that plays.
    Learn {
        /// The address, such as dimmer, go or cue/title.
        address: String,
        /// The file.
        #[arg(long, value_name = "FILE", default_value = "midi.toml")]
        midi: PathBuf,
        /// How the control is understood: toggle, momentary, absolute, relative-offset, relative-signed, relative-twos.
        #[arg(long, value_parser = mode)]
        mode: Option<Mode>,
    },
}

fn mode(text: &str) -> Result<Mode, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

pub fn run(MidiArgs { what }: MidiArgs) -> anyhow::Result<()> {
    match what {
        What::List => {
            let found = devices()?;
            if found.is_empty() {
                println!("no MIDI device is there");
            }
            found.iter().for_each(|device| println!("{}", printable(device)));
        }
        What::Learn { address, midi, mode } => {
            let path = millions_control::split_address(&address).to_lowercase();
            if !COMMANDS.iter().any(|row| path == row.name || path.starts_with(&format!("{}/", row.name))) {
                anyhow::bail!("there is no address {}: `millions ctl list` shows them", printable(&address));
            }
            println!("Move the control, or press the pad, that is to set /millions/{path}.");
            let (device, moved) = next_move(Duration::from_secs(30))?;
            println!("{}: {}", printable(&device), moved.knob);
            MidiMap::learn(&midi, Mapping { device, control: moved.knob, address: format!("/millions/{path}"), mode })
                .map_err(anyhow::Error::msg)?;
        }
    }
    Ok(())
}
