//! The link between the bot and its agents: HTTP over TLS 1.3 with certificates on both sides.
//!
//! - [`protocol`]: what is said over it, besides the [report](crate::report).

pub mod protocol;
