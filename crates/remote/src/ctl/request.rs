//! Requests and answers. See [`Request`] and [`Answer`].

use serde::{Deserialize, Serialize};

use millions_control::{Argument, Command, Leaf, Status};

/// A request of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Request {
    /// A message to an address of the table.
    Send {
        /// The address.
        address: String,
        /// Its arguments.
        #[serde(default)]
        arguments: Vec<Argument>,
    },
    /// A command.
    Command(Command),
    /// Something to be told.
    Get(Wanted),
}

/// What a client wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// The status, as of now.
    Status,
    /// The status, as of now and after each change.
    Changes,
    /// The addresses that exist now.
    Addresses,
}

/// An answer to a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// The command was carried out; false for the release of a button, which does nothing.
    Ok(bool),
    /// Why it was not.
    Error(String),
    /// The status.
    Status(Box<Status>),
    /// Addresses.
    Addresses(Vec<AddressInfo>),
}

/// An address and what it shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddressInfo {
    /// The address.
    pub address: String,
    /// What it does or shows.
    pub description: String,
    /// Whether it can be commanded.
    pub commands: bool,
    /// What it shows now.
    pub value: Option<Argument>,
}

impl From<Leaf> for AddressInfo {
    fn from(Leaf { address, description, commands, current, .. }: Leaf) -> Self {
        Self { address, description: description.to_owned(), commands, value: current }
    }
}
