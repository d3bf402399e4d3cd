//! The bot's chat side: what people ask, click and are told in Discord. It decides nothing: every way in ends in
//! [`Requests`](crate::requests::Requests), every way out comes from the store's outbox.
//!
//! - [`Chat`] the chat, put together; its answers are in `ask` (sign-in questions), `file` (event logs from files),
//!   `look` (servers, the record) and `click` (buttons and forms)
//! - [`outbox`] hands on what people must be told, once, until it is delivered
//! - `restore` posts anew what somebody deleted while it was needed
//! - [`rest`] our REST client; [`gateway`] serenity's gateway client, and all of serenity there is
//! - [`event`] what Discord tells, in our own words; [`commands`] the commands people see
//! - [`message`], [`embed`], [`text`] messages within Discord's limits; [`cards`] what they say
//! - [`members`] who holds which role now; [`doctor`] whether Discord is set up well

mod ask;
pub mod cards;
mod chat;
mod click;
pub mod commands;
pub mod doctor;
pub mod embed;
pub mod event;
mod file;
pub mod gateway;
mod look;
pub mod members;
pub mod message;
pub mod outbox;
pub mod rest;
mod restore;
pub mod text;

pub use chat::{Chat, Parts};
