//! Syncmedic: a first responder for Microsoft Entra password hash sync, living in a team's Discord.
//!
//! Two programs share this library: `syncmedic`, the bot, and `syncmedic-agent`, which runs on each sync server
//! and builds alone. Imports run one way, from the top of this list to its end:
//!
//! - the shared language: [`ids`], [`report`] (what an agent says of its server), [`plan`] (what exactly would run),
//!   [`grant`] (the signed permission for one run), [`catalog`] (what may run at all), [`redact`] (masks names and
//!   addresses), [`clock`], [`random`], [`secret`], [`terminal`] (what is safe to show there)
//! - [`words`]: what people are told, by key and language
//! - [`link`]: mutual TLS between bot and agents, certificates, the protocol
//! - [`agent`]: the program on a sync server
//! - [`question`], [`diagnosis`], [`gate`], [`schedule`]: pure: words, causes, who may do what, and when a summary is due;
//!   [`offline`]: event logs from files
//! - [`answer`]: pure: what somebody described, beside what the servers say
//! - [`store`]: the database and the audit chain
//! - [`fleet`]: polls the agents; [`config`] and [`tenant`]: what the bot stands on
//! - [`requests`]: drives a request from the click to the proof
//! - [`watch`]: sweeps, alerts, summaries, charts
//! - [`discord`]: commands, buttons, cards
//! - [`bot`]: all of the bot, put together
//! - [`demo`]: a local Discord with a page, and simulated sync servers

#[cfg(feature = "agent")]
pub mod agent;
#[cfg(feature = "bot")]
pub mod answer;
#[cfg(feature = "bot")]
pub mod bot;
pub mod catalog;
pub mod clock;
#[cfg(feature = "bot")]
pub mod config;
#[cfg(all(feature = "bot", feature = "agent"))]
pub mod demo;
#[cfg(feature = "bot")]
pub mod diagnosis;
#[cfg(feature = "bot")]
pub mod discord;
#[cfg(feature = "bot")]
pub mod fleet;
#[cfg(feature = "bot")]
pub mod gate;
pub mod grant;
pub mod ids;
pub mod link;
#[cfg(feature = "bot")]
pub mod offline;
pub mod plan;
#[cfg(feature = "bot")]
pub mod question;
pub mod random;
pub mod redact;
pub mod report;
#[cfg(feature = "bot")]
pub mod requests;
#[cfg(feature = "bot")]
pub mod schedule;
pub mod secret;
#[cfg(feature = "bot")]
pub mod store;
#[cfg(feature = "bot")]
pub mod tenant;
pub mod terminal;
#[cfg(feature = "bot")]
pub mod watch;
#[cfg(feature = "bot")]
pub mod words;
