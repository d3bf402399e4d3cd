//! The program on a sync server: says how the server is, and runs a vetted command when a signed grant permits it.
//!
//! - [`core`] and `executions`: the agent itself, [`Agent`]; [`server`]: its answers over HTTP.
//! - [`config`], [`enrol`]: the server's own rules; key, certificate and trust. [`guard`]: that nobody else gets at them
//!   ([`acl`]: what an access list means).
//! - [`eventlog`], [`probe`] (with [`detect`]), [`live`], [`observe`]: what a [report](crate::report) is made of; [`redact`](crate::redact) masks names in it.
//! - [`gatekeeper`]: the server's veto; [`challenge`] and [`journal`]: a grant is fresh, and a request runs once ever.
//! - [`powershell`], `run`, [`state`]: runs a command of the catalogue; what it printed. [`account`]: whose session it is;
//!   `sign_in`: what the operator is asked there.
//! - [`record`]: what it puts on record with the system; [`logfile`]: its log without a console; [`usage`]: what it costs itself;
//!   [`selftest`]: all that only reads, tried.
//!
//! Four traits are the edges to the machine, each with an implementation for what runs anywhere and a place
//! for Windows' own (in `windows`): [`eventlog::EventLog`], [`powershell::Scripts`], [`probe::Probe`] and
//! [`record::SystemRecord`].

pub mod account;
pub mod acl;
pub mod challenge;
pub mod config;
pub mod core;
pub mod detect;
pub mod enrol;
pub mod eventlog;
mod executions;
pub mod gatekeeper;
pub mod guard;
pub mod journal;
pub mod live;
pub mod logfile;
pub mod observe;
pub mod powershell;
pub mod probe;
pub mod record;
mod run;
pub mod selftest;
pub mod server;
mod sign_in;
pub mod state;
pub mod usage;
#[cfg(windows)]
pub mod windows;

pub use self::core::{Agent, Parts};
pub use self::executions::{Operator, Staged};
pub use self::sign_in::UserName;
