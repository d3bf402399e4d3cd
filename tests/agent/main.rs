//! The agent as the bot and an operator meet it: real TLS, real child processes, real files.
//!
//! - [`site`]: a server: the agent's folder, its program, the agent served in this process
//! - [`bot`]: the bot that it is enrolled with
//! - [`waiting`]: waiting until something is so
//! - the others: a chapter each
#![cfg(all(unix, feature = "bot", feature = "agent"))]

#[path = "../common/bot.rs"]
mod bot;
mod site;
#[path = "../common/waiting.rs"]
mod waiting;

mod commands;
mod operators;
mod reports;
mod runs;
