//! Syncmedic: a first responder for Microsoft Entra password hash sync.

pub mod catalog;
pub mod clock;
#[cfg(all(feature = "bot", feature = "agent"))]
pub mod demo;
pub mod grant;
pub mod ids;
pub mod link;
pub mod plan;
pub mod random;
pub mod report;
#[cfg(feature = "bot")]
pub mod store;
