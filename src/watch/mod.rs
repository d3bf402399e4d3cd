//! Watching: what is told before anyone asks.
//!
//! - [`schedule`]: when a summary is due, by a cron expression and a time zone. Pure.
//! - [`chart`]: heartbeats and errors over time, as a picture and in words. Pure; its fonts are compiled in.

pub mod chart;
pub mod schedule;
