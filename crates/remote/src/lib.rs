//! Instruments that control a running show from elsewhere. Each translates to commands and shows the status, by the one table of
//! `millions_control`; none of them knows the show, and none is waited for.
//!
//! * [`ctl`]: a terminal or a script on this machine, over a local socket.

pub mod ctl;
