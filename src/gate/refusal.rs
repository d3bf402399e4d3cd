//! Why the gate says no. Each refusal has a stable kebab-case code, on the card and in the audit.

use std::fmt;

use jiff::Timestamp;

use super::request::State;
use crate::ids::{AgentId, RequestId};
use crate::words;
use crate::words::Text;

/// Why the gate says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The click came from another guild.
    WrongGuild,
    /// The click came from a direct message.
    DirectMessage,
    /// The click came from another channel.
    WrongChannel,
    /// A bot clicked.
    Bot,
    /// The member is timed out.
    TimedOut(Timestamp),
    /// The member has not passed membership screening.
    Pending,
    /// The requester role is missing.
    NotRequester,
    /// The approver role is missing.
    NotApprover,
    /// The approver role is there, but not the name on the list.
    NotListed,
    /// The requester tried to approve.
    SelfApproval,
    /// This person has approved already.
    AlreadyApproved,
    /// Neither the requester nor an approver.
    NotYours,
    /// The request is past the state in which this is possible.
    AlreadyDecided(State),
    /// The time to approve is over.
    Expired(Timestamp),
    /// No reason was given.
    ReasonMissing,
    /// The reason is too long.
    ReasonTooLong(usize),
    /// The reason names no ticket.
    TicketMissing(String),
    /// It was switched off deliberately, so more must be said.
    JustificationMissing,
    /// No offer stands; each condition that does not hold, with its code.
    NoOffer(Vec<(String, Text)>),
    /// The plan that came back is not the one that was asked for.
    WrongPlan(AgentId),
    /// Another request for the same command and scope is open.
    AlreadyOpen(RequestId),
    /// Too few people could approve it.
    NoQuorum {
        /// How many it needs.
        needed: u32,
        /// How many there could be.
        possible: u32,
    },
    /// There is no such request, or the button is old.
    Unknown,
    /// The event does not fit the request's state; a fault of ours, never of a person.
    OutOfOrder {
        /// What was to be recorded.
        what: &'static str,
        /// How the request stands.
        state: State,
    },
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl Refusal {
    /// The refusal as a sentence.
    pub fn text(&self) -> Text {
        let max = super::reason::MAX_CHARS;
        match self {
            Refusal::WrongGuild => words!("refuse-wrong-guild"),
            Refusal::DirectMessage => words!("refuse-direct-message"),
            Refusal::WrongChannel => words!("refuse-wrong-channel"),
            Refusal::Bot => words!("refuse-bot"),
            Refusal::TimedOut(until) => words!("refuse-timed-out", until = *until),
            Refusal::Pending => words!("refuse-pending"),
            Refusal::NotRequester => words!("refuse-not-requester"),
            Refusal::NotApprover => words!("refuse-not-approver"),
            Refusal::NotListed => words!("refuse-not-listed"),
            Refusal::SelfApproval => words!("refuse-self-approval"),
            Refusal::AlreadyApproved => words!("refuse-already-approved"),
            Refusal::NotYours => words!("refuse-not-yours"),
            Refusal::AlreadyDecided(state) => words!("refuse-already-decided", state = state.text()),
            Refusal::Expired(at) => words!("refuse-expired", at = *at),
            Refusal::ReasonMissing => words!("refuse-reason-missing", max = max.to_string()),
            Refusal::ReasonTooLong(length) => {
                words!("refuse-reason-too-long", length = length.to_string(), max = max.to_string())
            }
            Refusal::TicketMissing(pattern) => words!("refuse-ticket-missing", pattern = pattern),
            Refusal::JustificationMissing => {
                words!("refuse-justification-missing", min = super::reason::MIN_JUSTIFICATION.to_string())
            }
            Refusal::NoOffer(why) => {
                let all =
                    |language| why.iter().map(|(_, text)| text.tell(language)).collect::<Vec<_>>().join("; ");
                words!("refuse-no-offer", why = Text::each(all))
            }
            Refusal::WrongPlan(agent) => words!("refuse-wrong-plan", agent = agent.as_str()),
            Refusal::AlreadyOpen(request) => words!("refuse-already-open", request = request.as_str()),
            Refusal::NoQuorum { needed, possible } => {
                words!("refuse-no-quorum", needed = needed.to_string(), possible = possible.to_string())
            }
            Refusal::Unknown => words!("refuse-unknown"),
            Refusal::OutOfOrder { what, state } => {
                words!("refuse-out-of-order", what = *what, state = state.text())
            }
        }
    }

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
