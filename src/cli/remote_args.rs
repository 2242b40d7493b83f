//! Arguments of instruments from elsewhere. See [`RemoteArgs`].

use clap::Args;

use crate::app::RemoteOptions;
use millions_remote::ListenAddress;
use millions_remote::dmx::Patch;
use millions_remote::osc::OscOptions;

/// Instruments from elsewhere; none unless asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Control from elsewhere")]
pub struct RemoteArgs {
    /// Listens for OSC: a port of this machine alone, such as 7400, or 0.0.0.0:7400 for all networks.
    #[arg(long, value_name = "[ADDR:]PORT")]
    osc: Option<ListenAddress>,
    /// Tells a program or console by OSC what changes; may be given several times.
    #[arg(long, value_name = "HOST:PORT")]
    osc_to: Vec<String>,
    /// Follows four channels of a lighting console by Art-Net: dimmer, scene, speed, blackout.
    #[arg(long, value_name = "UNIVERSE[:CHANNEL]")]
    artnet: Option<Patch>,
    /// Follows four channels of a lighting console by sACN.
    #[arg(long, value_name = "UNIVERSE[:CHANNEL]")]
    sacn: Option<Patch>,
    /// Follows MIDI devices by a file, as `millions midi learn` makes it.
    #[cfg(feature = "midi")]
    #[arg(long, value_name = "FILE")]
    midi: Option<std::path::PathBuf>,
    /// Serves the telephone's page, OSCQuery and scripts: a port of this machine alone, or 0.0.0.0:PORT for all networks. Prints
    /// the address with its token, and a code to scan.
    #[cfg(feature = "http")]
    #[arg(long, value_name = "[ADDR:]PORT")]
    http: Option<ListenAddress>,
    /// Prints a second address, by which the wall can be operated, not only looked at.
    #[cfg(feature = "http")]
    #[arg(long, requires = "http")]
    http_operate: bool,
    /// Keeps the tokens in a file, so that they are the same after a restart; it is made if it is not there.
    #[cfg(feature = "http")]
    #[arg(long, value_name = "FILE", requires = "http")]
    http_token_file: Option<std::path::PathBuf>,
    /// Another name under which this machine is reached; may be given several times.
    #[cfg(feature = "http")]
    #[arg(long, value_name = "HOST", requires = "http")]
    http_name: Vec<String>,
}

impl RemoteArgs {
    /// The file of tokens, which is made where it is not there.
    #[cfg(target_os = "linux")]
    pub const fn token_file(&self) -> Option<&std::path::PathBuf> {
        self.http_token_file.as_ref()
    }

    /// Whether telephones may bring photographs.
    #[cfg(target_os = "linux")]
    pub const fn brings_photographs(&self) -> bool {
        #[cfg(feature = "http")]
        {
            self.http.is_some()
        }
        #[cfg(not(feature = "http"))]
        {
            false
        }
    }

    /// The options of the instruments.
    pub fn options(self) -> RemoteOptions {
        #[cfg(feature = "http")]
        let http = self.http.map(|listen| crate::app::HttpSettings {
            listen,
            operate: self.http_operate,
            token_file: self.http_token_file,
            names: self.http_name,
        });
        #[cfg(not(feature = "http"))]
        let http = None;
        RemoteOptions {
            osc: OscOptions { listen: self.osc, tell: self.osc_to },
            art_net: self.artnet,
            sacn: self.sacn,
            #[cfg(feature = "midi")]
            midi: self.midi,
            http,
            ..RemoteOptions::default()
        }
    }
}
