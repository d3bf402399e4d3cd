//! Watching: what is told before anyone asks.
//!
//! - [`sweep`]: every server is polled, verdicts are kept, people alerted once; [`alerts`] decides.
//! - [`summary`]: exactly one summary for each time at which one is due by its [schedule](crate::schedule).
//! - [`chart`]: heartbeats and errors over time, as a picture and in words. Pure.
//! - [`notice`]: what people are told, as it lies in the outbox.

pub mod alerts;
pub mod chart;
pub mod notice;
pub mod summary;
pub mod sweep;
