//! Syncmedic: a first responder for Microsoft Entra password hash sync.

#[cfg(feature = "agent")]
pub mod agent;
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
pub mod plan;
#[cfg(feature = "bot")]
pub mod question;
pub mod random;
pub mod report;
#[cfg(feature = "bot")]
pub mod requests;
pub mod secret;
#[cfg(feature = "bot")]
pub mod store;
#[cfg(feature = "bot")]
pub mod tenant;
#[cfg(feature = "bot")]
pub mod watch;
