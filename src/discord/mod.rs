//! The bot's chat side.

pub mod cards;
pub mod embed;
pub mod message;
pub mod rest;
pub mod text;
