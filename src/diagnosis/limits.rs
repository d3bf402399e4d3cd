//! Every number of the diagnosis, with its source.

use jiff::SignedDuration;

/// Reports' parts younger than this are fresh. Source: design, "Verdict, remedy, offer".
pub(super) const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// How far in the future a server's own time may lie and still count as now: clocks are read one after another.
pub(super) const AHEAD: SignedDuration = SignedDuration::from_secs(60);
/// Clocks further apart than this withhold. Source: design, "Grant".
pub(super) const SKEW_WITHHOLDS: SignedDuration = SignedDuration::from_mins(10);
/// Clocks further apart than this are shown. Source: design, "Time".
pub(super) const SKEW_SHOWN: SignedDuration = SignedDuration::from_mins(1);

/// An idle forest sends a heartbeat this often. Source: Microsoft, "Troubleshoot password hash synchronization".
pub(super) const PING: SignedDuration = SignedDuration::from_mins(30);
/// Password sync runs this often, and this can't be configured. Source: the same.
pub(super) const CYCLE: SignedDuration = SignedDuration::from_mins(2);
/// Up to this age a heartbeat is fresh. Source: facts, section 2.3.
pub(super) const HEARTBEAT_FRESH: SignedDuration = SignedDuration::from_mins(45);
/// Over this age it is late. Source: facts, section 2.3.
pub(super) const HEARTBEAT_LATE: SignedDuration = SignedDuration::from_mins(60);
/// Over this age it is missing. Source: Connect Health's alert "heartbeat was skipped in last 120 minutes".
pub(super) const HEARTBEAT_MISSING: SignedDuration = SignedDuration::from_mins(120);

/// A closed forest without a sign of life or success in this time is taken as meant so. The time that reports count
/// events for. Source: design, "What the agent says".
pub(super) const CLOSED_LATELY: SignedDuration = SignedDuration::from_hours(72);

/// A flag that is off shows at each ping, so code 90 older than two pings and some slack is no longer current.
pub(super) const CODE_90_CURRENT: SignedDuration = SignedDuration::from_mins(65);
/// Faults older than this say nothing of now.
pub(super) const FAULT_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Faults whose newest signs are no further apart are there together: one ping.
pub(super) const TOGETHER: SignedDuration = PING;
/// How long builds that heal themselves are left to do so. Source: design, "Self-healing".
pub(super) const SELF_HEALING: SignedDuration = SignedDuration::from_mins(30);
/// From this build on the flag no longer switches itself on again. Source: version history, 2.6.84.0.
pub(super) const NO_SELF_HEALING_FROM: crate::ids::Build = crate::ids::Build([2, 6, 84, 0]);
/// A password batch that was under way when a command ran may still fail this long after it.
pub(super) const IN_FLIGHT: SignedDuration = FRESH;
/// A build's end of support is announced this many days ahead.
pub(super) const SUPPORT_ENDS_SOON_DAYS: i64 = 30;
