//! The bot's chat side: what people ask, click and are told in Discord. It decides nothing: every way in ends in
//! [`Requests`](crate::requests::Requests), every way out comes from the store.
//!
//! - [`rest`] our REST client; [`gateway`] serenity's gateway client, and all of serenity there is
//! - [`event`] what Discord tells, in our own words; [`commands`] the commands people see
//! - [`message`], [`embed`], [`text`] messages within Discord's limits; [`cards`] what they say
//! - [`members`] who holds which role now
pub mod cards;
pub mod commands;
pub mod embed;
pub mod event;
pub mod gateway;
pub mod members;
pub mod message;
pub mod rest;
pub mod text;
