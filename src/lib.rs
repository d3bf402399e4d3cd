//! Syncmedic: a first responder for Microsoft Entra password hash sync.

pub mod clock;
#[cfg(all(feature = "bot", feature = "agent"))]
pub mod demo;
pub mod random;
