//! Watching: what is told before anyone asks.
//!
//! - [`schedule`]: when a summary is due, by a cron expression and a time zone. Pure.

pub mod schedule;
