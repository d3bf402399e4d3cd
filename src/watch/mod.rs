//! Watching: what is told before anyone asks.
//!
//! - [`sweep`]: every server is polled, verdicts are kept, people alerted once; [`alerts`] decides.
//! - [`schedule`]: when a summary is due, by a cron expression and a time zone. Pure.
//! - [`summary`]: exactly one summary for each due time.
//! - [`chart`]: heartbeats and errors over time, as a picture and in words. Pure.
//! - [`notice`]: what people are told, as it lies in the outbox.

pub mod alerts;
pub mod chart;
pub mod notice;
pub mod schedule;
pub mod summary;
pub mod sweep;
