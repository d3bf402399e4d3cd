//! What the bot and an agent say to each other, as JSON bodies.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET /v1/report[?fresh=1]` | | [`Report`](crate::report::Report); `fresh` waits for a new reading of the state |
//! | `POST /v1/plans` | [`PlanRequest`] | [`PlanAnswer`] |
//! | `POST /v1/executions` | [`GrantDelivery`] | [`ExecutionAnswer`] |
//! | `GET /v1/executions/{request}` | | [`Execution`], or 404 |
//! | `DELETE /v1/executions/{request}?plan={hash}` | | [`ExecutionAnswer`]: cancels what has not started, also what never arrived: a later grant for it is refused |
//! | `GET /v1/catalog` | | [`CatalogEntry`] list |
//!
//! Every answer that is a decision has status 200; anything else is [`Problem`] with a 4xx or 5xx status.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, RequestId};
use crate::plan::{Digest, Mode, Plan};
use crate::report::Report;

/// "What would you run, and may it run now?"
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRequest {
    /// The request the plan belongs to.
    pub request: RequestId,
    /// The command.
    pub command: CommandId,
    /// Its arguments.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
    /// Who will be at the keyboard.
    pub mode: Mode,
    /// The fingerprint that people approved; `None` when planning for the first time.
    #[serde(default)]
    pub expected: Option<Digest>,
    /// Whether to issue a challenge, to be signed into a grant at once.
    #[serde(default)]
    pub challenge: bool,
}

/// The agent's answer to a [`PlanRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum PlanAnswer {
    /// It can run now, on this state.
    Ready {
        /// What would run.
        plan: Plan,
        /// A single-use challenge (32 hex digits), if one was asked for.
        #[serde(default)]
        challenge: Option<String>,
        /// The report that the plan was made on, its state freshly read.
        report: Box<Report>,
    },
    /// It can't run just now: a cycle runs, the wizard is open, the service is stopped …
    Busy {
        /// Why, each with its code.
        why: Vec<Reason>,
        /// When to ask again, in seconds.
        retry_after: u32,
    },
    /// The state is no longer the one that was approved.
    Moved {
        /// What changed, each with its code.
        why: Vec<Reason>,
    },
    /// This agent will never run it as asked.
    Refused {
        /// Why, each with its code.
        why: Vec<Reason>,
    },
}

/// A stable kebab-case code and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// The code (`cycle-running`).
    pub code: String,
    /// The sentence, with the mend.
    pub text: String,
}

impl Reason {
    /// A code with its sentence.
    pub fn new(code: &str, text: impl Into<String>) -> Reason {
        Reason { code: code.to_owned(), text: text.into() }
    }
}

/// Hands a signed grant to the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantDelivery {
    /// The PASETO v4.public token.
    pub grant: String,
}

/// The agent's answer to a grant, or to a cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum ExecutionAnswer {
    /// Taken: it is staged or runs. Also the answer to a grant for a request that was taken before.
    Accepted {
        /// How it stands.
        execution: Execution,
    },
    /// Not taken, nothing ran: it can't run just now, or its challenge is no longer good. Plan again.
    Busy {
        /// Why, each with its code.
        why: Vec<Reason>,
        /// When to plan again, in seconds.
        retry_after: u32,
    },
    /// Not taken, nothing ran: the state is no longer the one that was approved.
    Moved {
        /// What changed, each with its code.
        why: Vec<Reason>,
    },
    /// Not taken, and never will be; nothing ran.
    Refused {
        /// Why, each with its code.
        why: Vec<Reason>,
    },
}

/// How a run stands, from the agent's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// The request it belongs to.
    pub request: RequestId,
    /// The hash of the plan that was granted, or of the one that was cancelled before its grant came.
    pub plan: Digest,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "progress", rename_all = "kebab-case")]
pub enum Progress {
    /// Waiting on disk for an operator at the server.
    Staged {
        /// Until when.
        until: Timestamp,
    },
    /// The command runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// The command ended.
    Finished {
        /// When.
        at: Timestamp,
        /// How.
        outcome: RunOutcome,
        /// The account of the operator who ran it, marked `(unconfirmed)` where the system did not vouch for it;
        /// attended runs only.
        #[serde(default)]
        operator: Option<String>,
    },
    /// The agent died between start and finish: whether it ran is not known. Never run again.
    Unknown {
        /// When it had started.
        since: Timestamp,
    },
    /// Cancelled, or expired while staged; it never ran.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

/// How a command ended. Success here means only that the script said so: proof is the state afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum RunOutcome {
    /// The script reported success.
    Succeeded {
        /// The JSON object it printed, names and addresses masked.
        output: serde_json::Value,
    },
    /// It did not.
    Failed {
        /// Why (`needs-a-person`, `timed-out`, `output-not-json`, `state-moved`, `cmdlet-failed` …).
        why: Reason,
    },
}

/// One command as an agent carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogEntry {
    /// Its id.
    pub command: CommandId,
    /// The digest of its script.
    pub script: Digest,
    /// Whether this agent's configuration allows it.
    pub allowed: bool,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The code and the sentence.
    #[serde(flatten)]
    pub reason: Reason,
}
