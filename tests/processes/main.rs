//! The main job with both programs as processes, as an administrator sets them up: real TLS, real files, a `.env`. Only
//! Discord (the local one, in the test's own process) and `powershell.exe` (a shell script) are stand-ins.
//!
//! - [`programs`]: running a program, its output kept, its end sure
//! - [`waiting`]: waiting until something is so
//! - [`server`]: a sync server: its events, its state, its agent
//! - [`site`]: the whole: the bot's folder, two servers enrolled, a chat
//! - the others: a chapter each
#![cfg(all(unix, feature = "bot", feature = "agent"))]

#[path = "../common/programs.rs"]
mod programs;
mod server;
mod site;
#[path = "../common/waiting.rs"]
mod waiting;

mod endings;
mod fix;
mod kills;
mod setup;
