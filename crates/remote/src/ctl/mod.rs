//! The local socket, by which `millions ctl` controls the walls of the same account.
//!
//! A wall listens at `millions/PID.sock` in the folder for run-time files, which only this account can enter. A request is a line of
//! JSON, and so is each answer:
//!
//! ```text
//! {"send": {"address": "/millions/cue/title"}}            {"ok": true}
//! {"command": {"command": "hold", "on": true}}            {"error": "…"}
//! {"get": "status"}                                       {"status": {…}}
//! {"get": "addresses"}                                    {"addresses": […]}
//! {"get": "changes"}                                      {"status": {…}}, and again with each change
//! ```

mod client;
mod request;
mod server;

pub use client::{Client, ClientError};
pub use request::{AddressInfo, Answer, Request, Wanted};
pub use server::Server;

use std::path::PathBuf;

/// The folder of the sockets; none where the system tells no folder for run-time files.
fn folder() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "millions")?;
    // Without a folder for run-time files (as on a machine without logins), beside the local data.
    Some(dirs.runtime_dir().map_or_else(|| dirs.data_local_dir().join("run"), std::path::Path::to_owned))
}
