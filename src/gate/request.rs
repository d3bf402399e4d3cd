//! A request for one run, and its states.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{RequestId, Snowflake};
use crate::link::protocol::Reason;
use crate::plan::Plan;
use crate::words;
use crate::words::Text;

/// One request for one run of one plan, with all that became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id; the agent runs it at most once, ever.
    pub id: RequestId,
    /// Counts changes; a change is stored only on top of the version it was made from.
    pub version: i64,
    /// How it stands.
    pub state: State,
    /// What would run, where, on what state: what people approve.
    pub plan: Plan,
    /// What the run is about; at most one request for a command and scope is open.
    pub scope: String,
    /// The same in words (`the tenant`, or a forest's name).
    pub target: String,
    /// Who asked.
    pub requester: Snowflake,
    /// Why, one clean line.
    pub reason: String,
    /// Why it may go on again although an administrator switched it off.
    pub justification: Option<String>,
    /// How many distinct approvers it needs.
    pub needed: u32,
    /// Who approved, each once.
    pub approvals: Vec<Approval>,
    /// What the approval card shows of the state on which the plan was made, as label and value.
    pub observed: Vec<(String, String)>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be approved.
    pub approve_by: Timestamp,
    /// Until when it must have run; set when it is approved.
    pub run_by: Option<Timestamp>,
    /// When the last grant for it was signed.
    pub granted_at: Option<Timestamp>,
    /// When the command ended (or began, if its end is not known), by the *server's* clock: what proof must
    /// be newer than.
    pub ran_at: Option<Timestamp>,
    /// The agent's journal showed how the command ended: there is nothing more to learn from it.
    #[serde(default)]
    pub ended: bool,
    /// Until when proof is awaited; set when the command ended.
    pub verify_by: Option<Timestamp>,
    /// Somebody took it back while it was staged; the agent has not confirmed yet.
    pub withdrawn_by: Option<Snowflake>,
    /// Why it waits, or how it ended, with a stable code.
    pub outcome: Option<Reason>,
    /// What proof still lacks, in words.
    pub missing: Vec<String>,
    /// The Windows account that ran an attended command.
    pub operator: Option<String>,
    /// Proof came after the time for it was over.
    pub late: bool,
    /// Each change of state, oldest first.
    pub steps: Vec<Step>,
}

/// One person's approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub user: Snowflake,
    /// When.
    pub at: Timestamp,
}

/// One change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Into which state.
    pub state: State,
    /// By whom; `None` if nobody did it.
    pub by: Option<Snowflake>,
    /// A stable code, where the state alone does not say it all.
    pub code: Option<String>,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Waiting for approval.
    Requested,
    /// Approved, waiting for the server to be READY.
    Approved,
    /// Refused by an approver.
    Denied,
    /// Taken back.
    Withdrawn,
    /// Not approved in time.
    Expired,
    /// Approved, but not run in time.
    Lapsed,
    /// The state changed under it, or the fault ended by itself.
    Moved,
    /// At the server, waiting for its operator.
    Staged,
    /// A grant was signed; the command runs or is about to.
    Running,
    /// The script says it worked; proof is awaited.
    Succeeded,
    /// It did not work, or was refused at the server.
    Failed,
    /// The agent died between start and finish. Never tried again; the state is observed.
    Unknown,
    /// Proven.
    Verified,
    /// Not proven in time, or contradicted.
    Unproven,
}

impl State {
    /// Every state.
    pub const ALL: [State; 14] = [
        State::Requested,
        State::Approved,
        State::Denied,
        State::Withdrawn,
        State::Expired,
        State::Lapsed,
        State::Moved,
        State::Staged,
        State::Running,
        State::Succeeded,
        State::Failed,
        State::Unknown,
        State::Verified,
        State::Unproven,
    ];

    /// Whether it still stands in the way of another request for the same command and scope.
    pub fn is_open(self) -> bool {
        matches!(self, State::Requested | State::Approved | State::Staged | State::Running | State::Succeeded)
    }

    /// Whether anything can still become of it: an open one, or one that later proof can settle.
    pub fn is_watched(self) -> bool {
        self.is_open() || matches!(self, State::Unknown | State::Unproven)
    }

    /// Whether its run is behind it, and only proof is looked for.
    pub fn is_past_run(self) -> bool {
        matches!(self, State::Succeeded | State::Unknown | State::Unproven)
    }

    /// Whether people can still take it back.
    pub fn can_withdraw(self) -> bool {
        matches!(self, State::Requested | State::Approved | State::Staged)
    }

    /// The word for people.
    pub fn text(self) -> Text {
        match self {
            State::Requested => words!("state-requested"),
            State::Approved => words!("state-approved"),
            State::Denied => words!("state-denied"),
            State::Withdrawn => words!("state-withdrawn"),
            State::Expired => words!("state-expired"),
            State::Lapsed => words!("state-lapsed"),
            State::Moved => words!("state-moved"),
            State::Staged => words!("state-staged"),
            State::Running => words!("running"),
            State::Succeeded => words!("state-succeeded"),
            State::Failed => words!("state-failed"),
            State::Unknown => words!("unknown"),
            State::Verified => words!("state-verified"),
            State::Unproven => words!("state-unproven"),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl Request {
    /// Whether enough distinct people other than the requester have approved. The one place that counts.
    pub fn has_quorum(&self) -> bool {
        let mut users: Vec<Snowflake> = self.approvals.iter().map(|approval| approval.user).collect();
        users.retain(|&user| user != self.requester);
        users.sort_unstable();
        users.dedup();
        users.len() >= usize::try_from(self.needed.max(1)).unwrap_or(usize::MAX)
    }
}
