//! The program on a sync server: says how the server is, and runs a vetted command when a signed grant permits it.
//!
//! - [`eventlog`], [`redact`]: what the server's log says, masked, as a [report](crate::report).

pub mod challenge;
pub mod config;
pub mod eventlog;
pub mod gatekeeper;
pub mod journal;
pub mod observe;
pub mod powershell;
pub mod probe;
pub mod redact;
pub mod state;
