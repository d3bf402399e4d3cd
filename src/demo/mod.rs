//! What lets Syncmedic run, and be tested, without accounts and servers.
//!
//! - [`simulator`]: simulated sync servers, with the real agent in front of each

pub mod simulator;
