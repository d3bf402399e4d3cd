//! Syncmedic: a first responder for Microsoft Entra password hash sync.

pub mod catalog;
pub mod clock;
#[cfg(all(feature = "bot", feature = "agent"))]
pub mod demo;
#[cfg(feature = "bot")]
pub mod diagnosis;
#[cfg(feature = "bot")]
pub mod fleet;
pub mod grant;
pub mod ids;
pub mod link;
pub mod plan;
pub mod random;
pub mod report;
