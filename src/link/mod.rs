//! The link between the bot and its agents: HTTP over TLS 1.3 with certificates on both sides.
//!
//! - [`protocol`]: what is said over it, besides the [report](crate::report).
//! - [`certs`]: the kinds of certificates, reading them, an agent's own key; [`files`]: where secrets lie.
//! - `authority`, `identity` (the bot's): issuing certificates, and the folder that holds the keys.
//! - [`refusal`]: why a handshake fails, in one vocabulary for both sides; [`tls`]: the rustls settings.
//! - [`listener`]: the agent's accept loop.
//! - `enrolled`, `client`, `error` (the bot's): who must answer and where, one client an agent, and what can go
//!   wrong with it.

#[cfg(feature = "bot")]
pub mod authority;
pub mod certs;
#[cfg(feature = "bot")]
pub mod client;
#[cfg(feature = "bot")]
pub mod enrolled;
#[cfg(feature = "bot")]
pub mod error;
pub mod files;
#[cfg(feature = "bot")]
pub mod identity;
pub mod listener;
pub mod protocol;
pub mod refusal;
#[cfg(all(test, feature = "bot"))]
mod tests;
pub mod tls;
