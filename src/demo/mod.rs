//! What lets Syncmedic run, and be tested, without accounts and servers.
//!
//! - `discord/`  a local server that speaks Discord's API and gateway
//! - `page/`     the page that shows it, as plain HTML, CSS and JavaScript

pub mod discord;
