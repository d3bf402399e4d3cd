//! The health of each forest.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::answer::{ForestHealth, HeartbeatLevel};
use super::limits::{HEARTBEAT_FRESH, HEARTBEAT_LATE, HEARTBEAT_MISSING};
use super::timeline::Timeline;
use crate::ids::ConnectorId;
use crate::report::{ConnectorKind, Report};

/// The level of a heartbeat of some age.
pub(super) fn level(heartbeat: Timestamp, as_of: Timestamp) -> HeartbeatLevel {
    match as_of.duration_since(heartbeat) {
        age if age > HEARTBEAT_MISSING => HeartbeatLevel::Missing,
        age if age > HEARTBEAT_LATE => HeartbeatLevel::Late,
        age if age > HEARTBEAT_FRESH => HeartbeatLevel::Due,
        _ => HeartbeatLevel::Fresh,
    }
}

/// The health of each forest that the state names, or else that the events do.
pub(super) fn forests(report: &Report, timeline: &Timeline<'_>, as_of: Timestamp) -> Vec<ForestHealth> {
    let health = |connector: &ConnectorId| {
        let last_heartbeat = timeline.heartbeats_of(connector).last().map(|heartbeat| heartbeat.at);
        let level = match last_heartbeat {
            Some(at) => level(at, as_of),
            None if absence_tells(report, timeline, as_of) => HeartbeatLevel::Missing,
            None => HeartbeatLevel::Unknown,
        };
        ForestHealth {
            connector: connector.clone(),
            name: connector.to_string(),
            channel: None,
            last_heartbeat,
            last_success: None,
            level,
        }
    };
    let known = report.state.as_ref().filter(|state| state.connectors.is_some());
    match known {
        Some(state) => {
            let forests = state.connectors_of(ConnectorKind::Ad);
            let named = forests.map(|forest| ForestHealth {
                name: forest.name.clone(),
                channel: forest.channel,
                last_success: forest.last_success,
                ..health(&forest.id)
            });
            named.collect()
        }
        None => {
            let of_faults = timeline.faults.iter().filter_map(|fault| fault.connector.clone());
            let of_life = timeline.heartbeats.iter().filter_map(|heartbeat| heartbeat.connector.clone());
            let seen: BTreeSet<ConnectorId> = of_faults.chain(of_life).collect();
            seen.iter().map(health).collect()
        }
    }
}

/// Whether a heartbeat that is not there was not written: the log was read far enough back, and none came
/// without its forest's name.
fn absence_tells(report: &Report, timeline: &Timeline<'_>, as_of: Timestamp) -> bool {
    let far_enough = |at: Timestamp| as_of.duration_since(at) > HEARTBEAT_MISSING;
    let reaches_back = report.events.iter().any(|event| far_enough(event.at))
        || report.counts.iter().any(|count| far_enough(count.hour));
    let empty = report.events.is_empty() && report.cut.events == 0;
    report.events_at.is_some() && (reaches_back || empty) && !timeline.has_unattributed_heartbeats()
}
