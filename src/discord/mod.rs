//! The bot's chat side.

pub mod embed;
pub mod message;
pub mod rest;
pub mod text;
