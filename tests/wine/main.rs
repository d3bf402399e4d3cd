//! The Windows agent itself, run under Wine: built for `x86_64-pc-windows-gnu`, its files in a Wine drive, its port the
//! host's. The bot's side is this crate's own, on Linux.
//!
//! - [`machine`]: the Windows machine: builds the agent and the stand-ins once, makes one Wine prefix a test run, runs programs
//! - [`server`]: a sync server on it: the agent's folder, enrolled with a bot whose client polls it
//! - [`log`]: its event log: events written, lost, cleared; what the agent asked of it
//! - [`bot`]: that bot
//! - [`waiting`]: waiting until something is so
//! - [`programs`]: what runs: its output kept, its end sure
//! - the others: a chapter each
//!
//! Real here: the program as it is shipped but for its profile, TLS, files, processes. Stand-ins, since Wine's own are
//! empty stubs: the folders of `tests/windows`.
//!
//! A test begins with `let Some(windows) = machine::windows() else { return };`. Where Wine, the target or its linker is
//! missing it is skipped and says so, unless `SYNCMEDIC_REQUIRE` lists `wine`.
#![cfg(all(unix, feature = "bot", feature = "agent"))]

#[path = "../common/bot.rs"]
mod bot;
mod log;
mod machine;
#[path = "../common/programs.rs"]
mod programs;
mod server;
#[path = "../common/waiting.rs"]
mod waiting;

mod console;
mod detection;
mod eventlog;
mod figures;
mod own;
mod package;
mod powershell;
mod service;
