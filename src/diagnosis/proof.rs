//! Whether a run is proven to have worked: the rule "Verified".

use jiff::Timestamp;

use super::answer::Remedy;
use super::cause::Cause;
use super::knowledge::EMBEDDED;
use super::limits::IN_FLIGHT;
use super::timeline::{Fault, Timeline};
use crate::catalog;
use crate::ids::ConnectorId;
use crate::report::{Connector, ConnectorKind, Report};

/// What a report says about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It worked.
    Proven {
        /// When the last missing heartbeat came, by the server's clock.
        at: Timestamp,
        /// The forests that no heartbeat was asked of, because their own switch is off.
        closed: Vec<String>,
    },
    /// Not known yet.
    Waiting {
        /// What is still missing, for people.
        missing: Vec<String>,
    },
    /// It did not work.
    Contradicted {
        /// What says so.
        why: String,
    },
}

/// Judges a run by a later report of its server.
///
/// Proven is: the flag was read as on after the run, **and** each AD connector has a heartbeat (654, 651, or 657
/// with Success) that is newer than the run **and** than any code 90. A forest whose own switch was read as off can't
/// send one: it is named, and nothing is asked of it; but at least one forest must be open. For one forest's channel:
/// the channel was read as open too, and that forest's heartbeat counts alone. Times are by the server's clock.
pub fn proof(report: &Report, ran_at: Timestamp, remedy: &Remedy) -> Proof {
    let one: Option<ConnectorId> = match remedy.command.as_str() {
        catalog::ENABLE_PASSWORD_SYNC => None,
        catalog::ENABLE_FOREST_CHANNEL => {
            match remedy.arguments.get("connector").and_then(|connector| connector.parse().ok()) {
                Some(connector) => Some(connector),
                None => return waiting("a connector to judge by: the run names none"),
            }
        }
        _ => return waiting("a rule to judge by: there is none for this command"),
    };
    let mut missing = Vec::new();
    let state = report.state.as_ref().filter(|state| state.read_at > ran_at);
    match state.and_then(|state| state.cloud_flag) {
        Some(true) => {}
        Some(false) => return contradicted("The tenant's flag is off, read after the run."),
        None => missing.push("the tenant's flag, read after the run".to_owned()),
    }
    let forests: Vec<_> =
        state.into_iter().flat_map(|state| state.connectors_of(ConnectorKind::Ad)).collect();
    let judges = |forest: &&&Connector| match &one {
        Some(id) => id == &forest.id,
        None => forest.channel != Some(false),
    };
    let judged: Vec<_> = forests.iter().filter(judges).collect();
    let closed = forests.iter().filter(|forest| one.is_none() && forest.channel == Some(false));
    let closed: Vec<String> = closed.map(|forest| forest.name.clone()).collect();
    if judged.is_empty() {
        missing.push(match closed.is_empty() {
            true => "the forests, read after the run".to_owned(),
            false => "a forest whose own switch is on: there is none".to_owned(),
        });
    }
    let timeline = Timeline::read(report, &EMBEDDED.signatures, report.events_at.unwrap_or(report.clock));
    let code_90 =
        |fault: &&Fault<'_>| fault.signature.cause == Cause::PhsNotActivated && fault.event.at > ran_at;
    let last_90 = timeline.faults.iter().rfind(code_90).map(|fault| fault.event.at);
    let from = last_90.unwrap_or(ran_at);
    let mut proven_at = ran_at;
    for forest in judged {
        if one.is_some() && forest.channel == Some(false) {
            return contradicted(&format!(
                "Password sync is still off for {}, read after the run.",
                forest.name
            ));
        }
        if one.is_some() && forest.channel.is_none() {
            missing.push(format!("whether password sync is on for {}, read after the run", forest.name));
        }
        // The first heartbeat after both proves it; the time stays the same however often it is asked.
        match timeline.heartbeats_of(&forest.id).find(|heartbeat| heartbeat.at > from) {
            Some(heartbeat) => proven_at = proven_at.max(heartbeat.at),
            None => missing.push(format!("a heartbeat of {}", forest.name)),
        }
    }
    if missing.is_empty() {
        return Proof::Proven { at: proven_at, closed };
    }
    let alive_since = timeline.heartbeats.iter().any(|heartbeat| heartbeat.at > from);
    match last_90 {
        Some(at) if !alive_since && at.duration_since(ran_at) > IN_FLIGHT => {
            contradicted(&format!("Error Code 90 came again at {at:.0}, after the run."))
        }
        _ => {
            let unasked = |name: &String| format!("nothing of {name}, whose own switch is off");
            missing.extend(closed.iter().map(unasked));
            Proof::Waiting { missing }
        }
    }
}

fn waiting(for_what: &str) -> Proof {
    Proof::Waiting { missing: vec![for_what.to_owned()] }
}

fn contradicted(why: &str) -> Proof {
    Proof::Contradicted { why: why.to_owned() }
}
