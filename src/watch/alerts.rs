//! When people are alerted. Pure: what is known of an incident, what a sweep saw, and now what changes.
//!
//! One incident a server, one card an incident. A server that is well again and fails anew within
//! [`FLAP`] continues the same incident on the same card.

use jiff::{SignedDuration, Timestamp};

/// How soon after recovery a new fault is the same incident.
pub const FLAP: SignedDuration = SignedDuration::from_mins(10);

/// After so many silent sweeps a silent agent is an incident.
pub const SILENT_SWEEPS: u32 = 3;

/// The cause of an incident whose agent does not answer.
pub const SILENT: &str = "silent";

/// What a sweep saw of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The cause's stable id.
    pub cause: &'a str,
    /// Whether that cause is bad.
    pub bad: bool,
    /// How many sweeps in a row the agent has been silent, this one included.
    pub silent_sweeps: u32,
}

/// What is known of a server's newest incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident<'a> {
    /// Its cause.
    pub cause: &'a str,
    /// When it ended; `None` while it is open.
    pub recovered_at: Option<Timestamp>,
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// A new incident: a card is posted.
    Open(&'a str),
    /// The same incident has another cause.
    Cause(&'a str),
    /// It is over.
    Recover,
    /// It goes on, after a moment of peace.
    Reopen(&'a str),
}

/// What changes after a sweep, if anything.
pub fn change<'a>(newest: Option<Incident<'a>>, seen: Seen<'a>, now: Timestamp) -> Option<Change<'a>> {
    let silent = seen.silent_sweeps >= SILENT_SWEEPS;
    // An agent that misses one or two sweeps says nothing new: neither worse nor well again.
    if seen.silent_sweeps > 0 && !silent {
        return None;
    }
    let trouble = if silent {
        Some(SILENT)
    } else if seen.bad {
        Some(seen.cause)
    } else {
        None
    };
    match (newest, trouble) {
        (None, Some(cause)) => Some(Change::Open(cause)),
        (None, None) => None,
        (Some(Incident { recovered_at: None, cause: was }), Some(cause)) => {
            (was != cause).then_some(Change::Cause(cause))
        }
        (Some(Incident { recovered_at: None, .. }), None) => Some(Change::Recover),
        (Some(Incident { recovered_at: Some(at), .. }), Some(cause)) if now.duration_since(at) <= FLAP => {
            Some(Change::Reopen(cause))
        }
        (Some(_), Some(cause)) => Some(Change::Open(cause)),
        (Some(_), None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn seen(cause: &str, bad: bool) -> Seen<'_> {
        Seen { cause, bad, silent_sweeps: 0 }
    }

    const OPEN: Option<Incident<'static>> = Some(Incident { cause: "ad-permission", recovered_at: None });

    #[test]
    fn a_bad_verdict_opens_one_incident_and_its_end_closes_it() {
        assert_eq!(change(None, seen("healthy", false), at(0)), None);
        assert_eq!(change(None, seen("ad-permission", true), at(0)), Some(Change::Open("ad-permission")));
        assert_eq!(change(OPEN, seen("ad-permission", true), at(1)), None);
        assert_eq!(change(OPEN, seen("mixed", true), at(1)), Some(Change::Cause("mixed")));
        assert_eq!(change(OPEN, seen("recovered", false), at(1)), Some(Change::Recover));
    }

    #[test]
    fn a_flap_within_ten_minutes_adds_no_card() {
        let over = Some(Incident { cause: "mixed", recovered_at: Some(at(0)) });
        assert_eq!(change(over, seen("mixed", true), at(10)), Some(Change::Reopen("mixed")));
        assert_eq!(change(over, seen("mixed", true), at(11)), Some(Change::Open("mixed")));
        assert_eq!(change(over, seen("healthy", false), at(5)), None);
    }

    #[test]
    fn an_agent_is_an_incident_only_after_three_silent_sweeps() {
        let silent = |sweeps| Seen { cause: "healthy", bad: false, silent_sweeps: sweeps };
        assert_eq!(change(None, silent(1), at(0)), None);
        assert_eq!(change(None, silent(2), at(0)), None);
        assert_eq!(change(None, silent(3), at(0)), Some(Change::Open(SILENT)));
        // A missed sweep does not end an incident, nor does it turn it into silence.
        assert_eq!(change(OPEN, silent(1), at(0)), None);
        assert_eq!(change(OPEN, silent(4), at(0)), Some(Change::Cause(SILENT)));
    }
}
