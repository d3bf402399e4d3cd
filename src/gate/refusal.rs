//! Why the gate says no. Each refusal has a stable kebab-case code, on the card and in the audit.

use jiff::Timestamp;

use super::request::State;
use crate::ids::{AgentId, RequestId};

/// Why the gate says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The click came from another guild.
    #[error("this works only in the server that Syncmedic is set up for")]
    WrongGuild,
    /// The click came from a direct message.
    #[error("this doesn't work in a direct message: use the configured channel")]
    DirectMessage,
    /// The click came from another channel.
    #[error("this works only in the configured channel")]
    WrongChannel,
    /// A bot clicked.
    #[error("a bot can neither request nor approve")]
    Bot,
    /// The member is timed out.
    #[error("you are timed out in this server until {0}")]
    TimedOut(Timestamp),
    /// The member has not passed membership screening.
    #[error("you have not yet accepted this server's rules")]
    Pending,
    /// The requester role is missing.
    #[error("asking for this needs the requester role")]
    NotRequester,
    /// The approver role is missing.
    #[error("approving needs the approver role")]
    NotApprover,
    /// The approver role is there, but not the name on the list.
    #[error("you hold the approver role, but you are not listed in APPROVER_USERS")]
    NotListed,
    /// The requester tried to approve.
    #[error("your own approval never counts: a second person must approve")]
    SelfApproval,
    /// This person has approved already.
    #[error("you have approved this already; it waits for another person")]
    AlreadyApproved,
    /// Neither the requester nor an approver.
    #[error("only the requester or an approver can withdraw it")]
    NotYours,
    /// The request is past the state in which this is possible.
    #[error("this has been decided already: it is {0}")]
    AlreadyDecided(State),
    /// The time to approve is over.
    #[error("the time to approve ran out at {0}")]
    Expired(Timestamp),
    /// No reason was given.
    #[error("a reason is required: one line, at most {max} characters", max = super::reason::MAX_CHARS)]
    ReasonMissing,
    /// The reason is too long.
    #[error(
        "the reason has {0} characters; at most {max} are possible",
        max = super::reason::MAX_CHARS
    )]
    ReasonTooLong(usize),
    /// The reason names no ticket.
    #[error("the reason must name a ticket (as in {0})")]
    TicketMissing(String),
    /// It was switched off deliberately, so more must be said.
    #[error(
        "password sync was switched off by an administrator: say in at least {min} characters why it may go \
         on again",
        min = super::reason::MIN_JUSTIFICATION
    )]
    JustificationMissing,
    /// No offer stands; each condition that does not hold, with its code.
    #[error("there is nothing to enable now: {}", sentences(.0))]
    NoOffer(Vec<(String, String)>),
    /// The plan that came back is not the one that was asked for.
    #[error("{0} answered with another plan than the one asked for")]
    WrongPlan(AgentId),
    /// Another request for the same command and scope is open.
    #[error("a request for this is open already ({0})")]
    AlreadyOpen(RequestId),
    /// Too few people could approve it.
    #[error(
        "it needs {needed} approvers besides you, and only {possible} are listed in APPROVER_USERS: whoever \
         runs Syncmedic must list more"
    )]
    NoQuorum {
        /// How many it needs.
        needed: u32,
        /// How many there could be.
        possible: u32,
    },
    /// There is no such request, or the button is old.
    #[error("this button is no longer in use")]
    Unknown,
    /// The event does not fit the request's state; a fault of ours, never of a person.
    #[error("{what} does not fit a request that is {state}")]
    OutOfOrder {
        /// What was to be recorded.
        what: &'static str,
        /// How the request stands.
        state: State,
    },
}

fn sentences(why: &[(String, String)]) -> String {
    let all: Vec<&str> = why.iter().map(|(_, text)| text.as_str()).collect();
    all.join("; ")
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::WrongGuild => "wrong-guild",
            Refusal::DirectMessage => "direct-message",
            Refusal::WrongChannel => "wrong-channel",
            Refusal::Bot => "bot",
            Refusal::TimedOut(_) => "timed-out-member",
            Refusal::Pending => "pending-member",
            Refusal::NotRequester => "not-requester",
            Refusal::NotApprover => "not-approver",
            Refusal::NotListed => "not-listed",
            Refusal::SelfApproval => "self-approval",
            Refusal::AlreadyApproved => "already-approved",
            Refusal::NotYours => "not-yours",
            Refusal::AlreadyDecided(_) => "already-decided",
            Refusal::Expired(_) => "expired",
            Refusal::ReasonMissing => "reason-missing",
            Refusal::ReasonTooLong(_) => "reason-too-long",
            Refusal::TicketMissing(_) => "ticket-missing",
            Refusal::JustificationMissing => "justification-missing",
            Refusal::NoOffer(_) => "no-offer",
            Refusal::WrongPlan(_) => "wrong-plan",
            Refusal::AlreadyOpen(_) => "already-open",
            Refusal::NoQuorum { .. } => "no-quorum",
            Refusal::Unknown => "unknown-button",
            Refusal::OutOfOrder { .. } => "out-of-order",
        }
    }
}
