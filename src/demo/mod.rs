//! What lets Syncmedic run, and be tested, without accounts and servers.
//!
//! - [`discord`]: a local server that speaks Discord's API and gateway
//! - `page/`: the page that shows it, as plain HTML, CSS and JavaScript
//! - [`simulator`]: simulated sync servers; [`site`]: the real agent in front of each

pub mod discord;
pub mod simulator;
pub mod site;
