//! What a diagnosis says: a verdict for each server, and what holds for the tenant.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::cause::{Cause, Confidence};
use super::observation::Silence;
use crate::ids::{AgentId, Build, CommandId, ConnectorId};
use crate::words::Text;

/// The answer for a tenant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// When it was made.
    pub at: Timestamp,
    /// One verdict for each observation, in their order.
    pub servers: Vec<ServerDiagnosis>,
    /// Index of the server whose verdict answers "why can't users sign in?"; `None` without servers.
    pub lead: Option<usize>,
    /// What concerns the tenant as a whole (`two-active`, `no-active`, …).
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// The verdict that answers "why can't users sign in?".
    pub fn leading(&self) -> Option<&ServerDiagnosis> {
        self.lead.and_then(|index| self.servers.get(index))
    }
}

/// The verdict for one server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerDiagnosis {
    /// The server's agent.
    pub agent: AgentId,
    /// The server's name, or the agent's id while none is known.
    pub server: String,
    /// The installed build, if known.
    pub build: Option<Build>,
    /// What is wrong, or that nothing is.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// The verdict in one plain sentence.
    pub summary: Text,
    /// Since when, by the server's clock.
    pub since: Option<Timestamp>,
    /// How it is known.
    pub evidence: Vec<Evidence>,
    /// What it is not, and why.
    pub ruled_out: Vec<RuledOut>,
    /// The command that would mend it; with a good verdict the one that opens a forest which was left out by choice.
    pub remedy: Option<Remedy>,
    /// Whether the remedy may be requested now: every condition is known to hold.
    pub offer: bool,
    /// Why no offer stands; empty if one does, or if the verdict is good and has no remedy.
    pub why_not: Vec<WhyNot>,
    /// What else deserves attention.
    pub warnings: Vec<Finding>,
    /// The health of each forest.
    pub forests: Vec<ForestHealth>,
    /// How old the report is; absent if there is none.
    pub report_age: Option<SignedDuration>,
    /// Why the server did not answer this time; absent if it did.
    pub silent: Option<Silence>,
    /// The last recorded switching of password sync or of the sign-in method.
    pub last_action: Option<AdminAction>,
    /// How the tenant's users sign in, as read on the server (`PasswordHashSync`, …); absent if unknown.
    pub sign_in_method: Option<String>,
    /// Whether somebody switched it off on purpose, or may have, or (a forest's own switch) nothing shows that it was
    /// on lately: asks for more, withholds nothing.
    pub deliberate: bool,
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// A plain sentence.
    pub text: Text,
    /// The events it rests on; absent if it rests on the state.
    pub events: Option<EventEvidence>,
}

/// The events that a reason rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventEvidence {
    /// Their id.
    pub id: u32,
    /// Who wrote them; absent if the source does not tell.
    pub provider: Option<String>,
    /// How many.
    pub count: u32,
    /// The oldest.
    pub first: Timestamp,
    /// The newest.
    pub last: Timestamp,
}

/// A cause that it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuledOut {
    /// The cause.
    pub cause: Cause,
    /// Why not.
    pub why: Text,
}

/// The command that would mend a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// The command of the catalogue.
    pub command: CommandId,
    /// Its arguments (`enable-forest-channel`: `connector`).
    pub arguments: BTreeMap<String, String>,
    /// What it is about, for people: "the tenant", or a forest's name.
    pub target: String,
}

/// A reason why no offer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyNot {
    /// A stable kebab-case code.
    pub code: String,
    /// The same for people.
    pub text: Text,
}

/// Something that deserves attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable kebab-case code.
    pub code: String,
    /// The same for people.
    pub text: Text,
}

/// The health of one forest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForestHealth {
    /// Its connector.
    pub connector: ConnectorId,
    /// Its name, or the connector's id while none is known.
    pub name: String,
    /// Whether its password channel is open; absent if unknown.
    pub channel: Option<bool>,
    /// Its newest heartbeat: event 654, 651 or 657 with Success.
    pub last_heartbeat: Option<Timestamp>,
    /// The end of its last successful password cycle.
    pub last_success: Option<Timestamp>,
    /// How old the heartbeat is, as a level.
    pub level: HeartbeatLevel,
}

/// How old a heartbeat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeartbeatLevel {
    /// At most 45 minutes.
    Fresh,
    /// Over 45 and at most 60 minutes: the next one is due, nothing is wrong yet.
    Due,
    /// Over 60 minutes: a warning.
    Late,
    /// Over 120 minutes: a fault.
    Missing,
    /// It can't be told: the log was not read far enough back.
    Unknown,
}

/// An administrator's action on password sync or on the sign-in method, from the audit events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminAction {
    /// The event's id: 2506 or 2606 (password sync), 2513 or 2613 (sign-in method).
    pub event: u32,
    /// The event's record number.
    pub record: Option<u64>,
    /// What was done, for people.
    pub what: Text,
    /// Whether password sync was switched on or off; absent if the text does not tell.
    pub switched_on: Option<bool>,
    /// Whether it succeeded; absent if the text does not tell.
    pub succeeded: Option<bool>,
    /// When.
    pub at: Timestamp,
    /// Who, as the report tells it: masked, or absent.
    pub who: Option<String>,
}
