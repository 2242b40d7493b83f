//! HTTP: the phone's page, scripts, and OSCQuery, on one port.
//!
//! | path | what it does | who may |
//! |---|---|---|
//! | `GET /` (a browser) | the page | everybody: it holds nothing without a token |
//! | `GET /`, `/millions/…`, `?HOST_INFO`, `?VALUE` … | OSCQuery | this machine, or a token |
//! | WebSocket at `/` | OSCQuery: `LISTEN`, `IGNORE`, values as OSC | this machine, or a token |
//! | `GET /status` | the status, as JSON | this machine, or a token |
//! | `WebSocket /ws` | the status after each change, and commands | a token |
//! | `GET /preview.jpg` | a small picture of the wall | a token |
//! | `POST /portrait` | a portrait for the operator to admit | a token |
//! | `PUT`, `POST /millions/…`, `POST /command` | commands | the token for operating |
//! | `GET /waiting/ID` | a portrait that waits | the token for operating |
//!
//! Whoever asks is bounded in everything (connections, headers, bodies, rates, time), and nothing waits for anybody: see `server` and
//! `access`. Nothing is ever read or written at a path that comes from outside.

mod access;
mod invitation;
mod live;
mod message;
mod query;
mod routes;
mod server;
mod sockets;
#[cfg(test)]
mod tests;

pub use access::Role;
pub use invitation::Invitation;
pub use server::{HttpOptions, HttpServer, Portraits, Prepare};
