//! The server's event log: what of it matters here, bounded, cleaned and masked.
//!
//! - [`EventLog`]: what the rest of the agent asks of a log, whatever it lies in.
//! - [`window`]: the newest relevant events and the counts per id and hour.
//! - [`clean`]: one event's text without wrapper, tail and names.
//! - [`files`]: a log in a folder of JSON lines, for tests, the demo and servers that forward their events.
//!
//! Windows' own log is another implementation of [`EventLog`] that fills the same window.

pub mod clean;
pub mod files;
pub mod window;

use jiff::Timestamp;

use crate::report::{Event, Gap, HourCount};

/// A log of events. Reading may block; callers do it where blocking is allowed.
pub trait EventLog: Send + Sync {
    /// The relevant backlog as of `now`. Never fails: what can't be read is a gap.
    fn read(&self, now: Timestamp) -> Backlog;
}

/// The relevant part of a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backlog {
    /// When it was read; `None` if nothing could be.
    pub read_at: Option<Timestamp>,
    /// The relevant events, newest last, their text cleaned and cut.
    pub events: Vec<Event>,
    /// How often each id was seen in each hour.
    pub counts: Vec<HourCount>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
    /// Events of the counted time that were left out.
    pub left_out: u32,
    /// Events whose text was shortened.
    pub shortened: u32,
}
