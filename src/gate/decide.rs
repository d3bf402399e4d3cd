//! ONE function through which every click, deadline and answer goes: [`decide`]. It returns the next request
//! and what must follow, or why not. [`open`] makes a request in the first place.

use jiff::Timestamp;

use super::machine::{Next, machine, tick};
use super::policy::{Action, Actor, Policy};
use super::reason;
use super::refusal::Refusal;
use super::request::{Approval, Request, State, Step};
use crate::ids::RequestId;
use crate::link::protocol::{Reason, RunOutcome};
use crate::plan::Plan;
use crate::words::Text;

/// What a person asks for, with what the servers say about it.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The request's id, random; the plan carries the same.
    pub id: RequestId,
    /// Who asks.
    pub actor: Actor,
    /// Why, as typed.
    pub reason: String,
    /// Why it may go on although it was switched off deliberately, as typed.
    pub justification: Option<String>,
    /// What would run, as the agent answered.
    pub plan: Plan,
    /// What the run is about, as a key.
    pub scope: String,
    /// The same in words.
    pub target: String,
    /// The state on which the plan was made, for the card.
    pub observed: Vec<(String, String)>,
    /// Every condition that does not hold, as code and sentence. Empty: the offer stands.
    pub why_not: Vec<(String, Text)>,
    /// An administrator switched it off.
    pub deliberate: bool,
}

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Input {
    /// A person acts.
    Person {
        /// Who.
        actor: Actor,
        /// What.
        action: Action,
    },
    /// Time passed.
    Tick,
    /// The server is not READY just now.
    Busy(Reason),
    /// An approver, re-read before the grant is signed, no longer is one.
    ApproverLost(Reason),
    /// The state changed under the request.
    Moved(Reason),
    /// The fault ended by itself.
    FaultEnded,
    /// A grant is about to be signed and delivered: from here on it may run.
    Granting,
    /// The agent took it, and refused.
    Refused(Reason),
    /// The agent staged it for its operator.
    Staged,
    /// The command began to run.
    Started {
        /// When, by the server's clock.
        at: Timestamp,
    },
    /// The command ended.
    Finished {
        /// When, by the server's clock.
        at: Timestamp,
        /// How.
        outcome: RunOutcome,
        /// Who ran it at the server.
        operator: Option<String>,
    },
    /// It is not known whether the command ran: the agent died between start and finish, or is not heard of.
    Lost {
        /// When the command began, by the server's clock; `None` if no journal ever showed that it did.
        since: Option<Timestamp>,
    },
    /// The agent vouches that the command never ran, and never will.
    NeverRan(Reason),
    /// The agent confirms that it will not run what was staged.
    Cancelled,
    /// What proof still lacks.
    Waiting(Vec<String>),
    /// Proof.
    Proven,
    /// The opposite of proof.
    Contradicted(Reason),
}

/// The next request, and what must follow once it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The request as it stands now; its version is one higher.
    pub request: Request,
    /// What must follow.
    pub effects: Vec<Effect>,
    /// The kind of the audit row.
    pub audit: &'static str,
}

/// What must follow a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Post the approval card.
    PostCard,
    /// Show the card anew.
    RefreshCard,
    /// Tell the requester how it ended.
    TellRequester,
    /// Tell the operators that a command is staged.
    TellOperators,
    /// Go on: plan, grant, run, or verify.
    Drive,
    /// Ask the agent not to run what it has staged.
    CancelAtAgent,
}

/// Makes a request, if this person may ask and the offer stands.
///
/// # Errors
/// Why not.
pub fn open(ask: Ask, policy: &Policy, now: Timestamp) -> Result<Decision, Refusal> {
    policy.check_requester(&ask.actor, now)?;
    if !ask.why_not.is_empty() {
        return Err(Refusal::NoOffer(ask.why_not));
    }
    if ask.plan.request != ask.id {
        return Err(Refusal::WrongPlan(ask.plan.agent));
    }
    let reason = reason::clean(&ask.reason, policy.ticket.as_ref())?;
    let justification = match ask.deliberate {
        true => Some(reason::clean_justification(ask.justification.as_deref())?),
        false => None,
    };
    let needed = policy.approvals_for(ask.deliberate);
    let possible = policy.possible_approvers(ask.actor.user);
    if possible.is_some_and(|possible| possible < needed) {
        return Err(Refusal::NoQuorum { needed, possible: possible.unwrap_or(0) });
    }
    let request = Request {
        id: ask.id,
        version: 1,
        state: State::Requested,
        plan: ask.plan,
        scope: ask.scope,
        target: ask.target,
        requester: ask.actor.user,
        reason,
        justification,
        needed,
        approvals: Vec::new(),
        observed: ask.observed,
        created_at: now,
        approve_by: now + policy.approve_within,
        run_by: None,
        granted_at: None,
        ran_at: None,
        ended: false,
        verify_by: None,
        withdrawn_by: None,
        outcome: None,
        missing: Vec::new(),
        operator: None,
        late: false,
        steps: vec![Step { at: now, state: State::Requested, by: Some(ask.actor.user), code: None }],
    };
    Ok(Decision { request, effects: vec![Effect::PostCard], audit: "requested" })
}

/// What becomes of a request.
///
/// # Errors
/// Why nothing does: a person who may not, a request decided already, or an event that does not fit.
pub fn decide(request: &Request, input: Input, policy: &Policy, now: Timestamp) -> Result<Decision, Refusal> {
    let next = Next { request: request.clone(), now };
    match input {
        Input::Person { actor, action } => person(next, &actor, action, policy),
        Input::Tick => Ok(tick(next)),
        other => machine(next, other, policy),
    }
}

fn person(next: Next, actor: &Actor, action: Action, policy: &Policy) -> Result<Decision, Refusal> {
    let (state, now) = (next.request.state, next.now);
    policy.check(actor, &action, &next.request, now)?;
    let by = Some(actor.user);
    if action == Action::Withdraw {
        return match state {
            // What is at the server is taken back there first; until then it may still run.
            State::Staged => {
                Ok(next.with(|r| r.withdrawn_by = by).stay("withdrawing", Effect::CancelAtAgent))
            }
            state if state.can_withdraw() => Ok(next.end(State::Withdrawn, by, None, "withdrawn")),
            state => Err(Refusal::AlreadyDecided(state)),
        };
    }
    if let Action::Deny { why } = action {
        // Denial beats an approval that has not led to a run.
        return match state {
            State::Requested | State::Approved => {
                let why = reason::clean(&why, None)?;
                let outcome = Some(Reason::new("denied", why));
                Ok(next.with(|r| r.outcome = outcome).end(State::Denied, by, None, "denied"))
            }
            state => Err(Refusal::AlreadyDecided(state)),
        };
    }
    if state != State::Requested {
        return Err(Refusal::AlreadyDecided(state));
    }
    if now >= next.request.approve_by {
        return Err(Refusal::Expired(next.request.approve_by));
    }
    if next.request.approvals.iter().any(|approval| approval.user == actor.user) {
        return Err(Refusal::AlreadyApproved);
    }
    let next = next.with(|r| r.approvals.push(Approval { user: actor.user, at: now }));
    if !next.request.has_quorum() {
        return Ok(next.stay("approval", Effect::RefreshCard));
    }
    let run_by = now + policy.run_within(next.request.plan.mode);
    Ok(next.with(|r| r.run_by = Some(run_by)).step(
        State::Approved,
        by,
        None,
        "approved",
        &[Effect::RefreshCard, Effect::Drive],
    ))
}
