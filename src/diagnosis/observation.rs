//! What is known of one server at the moment of a diagnosis.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::ids::AgentId;
use crate::report::Report;

/// One server as last seen: its newest report, and whether it answered this time.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The server's agent.
    pub agent: AgentId,
    /// Its newest report; absent if it never sent one.
    pub report: Option<Report>,
    /// When that report arrived, by our clock.
    pub received_at: Option<Timestamp>,
    /// Why it did not answer the last time it was asked; absent if it did.
    pub silence: Option<Silence>,
    /// How far the server's clock is ahead of ours (negative: behind), as measured with the report.
    pub skew: Option<SignedDuration>,
}

/// Why a server did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Silence {
    /// A stable kebab-case code (`timeout`, `certificate`, …).
    pub code: String,
    /// The same for people.
    pub why: String,
}
