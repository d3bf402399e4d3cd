//! What the watch tells people, as it lies in the outbox: whole, so that a restart changes no word of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::{AgentId, RequestId, Snowflake};

/// The outbox kind of an [`AlertNotice`]; its subject is the key of the incident's card.
pub const ALERT: &str = "alert";

/// The outbox kind of a [`SummaryNotice`]; its subject is `summary`.
pub const SUMMARY: &str = "summary";

/// One incident's card as it should look now. The first one posts the card, the others edit it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertNotice {
    /// The server's agent.
    pub agent: AgentId,
    /// How the incident stands.
    pub phase: AlertPhase,
    /// The cause's stable id, or `silent`.
    pub cause: String,
    /// A short title (`Password hash sync is switched off`).
    pub title: String,
    /// One plain sentence.
    pub summary: String,
    /// What to do, and who can.
    pub advice: String,
    /// Since when the cause holds, by the server's clock.
    pub since: Option<Timestamp>,
    /// When the incident began.
    pub started_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// When it ended.
    pub recovered_at: Option<Timestamp>,
    /// How it developed, oldest first: when, and into what.
    pub earlier: Vec<(Timestamp, String)>,
}

/// How an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertPhase {
    /// Something is wrong.
    Open,
    /// It is well again.
    Recovered,
}

/// A status summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryNotice {
    /// The due time it was claimed for; `None` if somebody asked for it.
    pub due_at: Option<Timestamp>,
    /// Who asked for it.
    pub asked_by: Option<Snowflake>,
    /// It comes after its time, since the bot was down.
    pub late: bool,
    /// How many due times passed without a summary before this one.
    pub missed: u32,
    /// What makes its post unique (at most 25 characters).
    pub nonce: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Each server.
    pub servers: Vec<SummaryServer>,
    /// Requests that are open.
    pub open: Vec<SummaryRequest>,
    /// Requests that ended in the last 24 hours.
    pub finished: Vec<SummaryRequest>,
    /// What else deserves attention.
    pub warnings: Vec<String>,
    /// The audit head (`#1042 9be1-44d0`).
    pub audit_head: String,
    /// The chart's picture, base64; absent if it could not be made.
    pub chart: Option<String>,
    /// The chart in words.
    pub chart_text: String,
}

/// One server in a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryServer {
    /// Its name.
    pub name: String,
    /// Its build.
    pub build: Option<String>,
    /// Whether something is wrong.
    pub bad: bool,
    /// Whether it is in staging mode, and so sends no heartbeats.
    #[serde(default)]
    pub staging: bool,
    /// The verdict in one sentence.
    pub summary: String,
    /// How old its report is; absent if it never answered.
    pub report_age: Option<SignedDuration>,
    /// Whether it was silent.
    pub silent: bool,
    /// Each forest with its newest heartbeat.
    pub forests: Vec<(String, Option<Timestamp>)>,
    /// Heartbeats in the last 24 hours.
    pub heartbeats: u32,
    /// Errors in the last 24 hours.
    pub errors: u32,
}

/// One request in a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryRequest {
    /// Its id.
    pub id: RequestId,
    /// Its command's title.
    pub title: String,
    /// Its plan code.
    pub code: String,
    /// Where.
    pub agent: AgentId,
    /// How it stands.
    pub state: String,
    /// Who asked.
    pub requester: Snowflake,
    /// When it last changed.
    pub changed_at: Timestamp,
}
