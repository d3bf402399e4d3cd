//! ONE function through which every click, deadline and answer goes: [`decide`]. It returns the next request
//! and what must follow, or why not. [`open`] makes a request in the first place.

use jiff::Timestamp;

use super::policy::{Action, Actor, Policy};
use super::reason;
use super::refusal::Refusal;
use super::request::{Approval, Request, State, Step};
use crate::ids::{RequestId, Snowflake};
use crate::link::protocol::{Reason, RunOutcome};
use crate::plan::{Mode, Plan};

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
    pub why_not: Vec<(String, String)>,
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
    /// The agent says that it has never taken this request's grant.
    NotTaken,
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
    /// The agent died between start and finish.
    Lost {
        /// When the command began, by the server's clock.
        since: Timestamp,
    },
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
        needed: policy.approvals_for(ask.deliberate),
        approvals: Vec::new(),
        observed: ask.observed,
        created_at: now,
        approve_by: now + policy.approve_within,
        run_by: None,
        granted_at: None,
        ran_at: None,
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

/// Deadlines. A request that nothing happens to comes back unchanged, with no effects.
fn tick(next: Next) -> Decision {
    let (request, now) = (&next.request, next.now);
    let over = |deadline: Option<Timestamp>| deadline.is_some_and(|at| now >= at);
    match request.state {
        State::Requested if now >= request.approve_by => {
            let by = request.approve_by;
            let why = Reason::new("not-approved-in-time", format!("Nobody approved it before {by:.0}."));
            next.with(|r| r.outcome = Some(why)).end(State::Expired, None, None, "expired")
        }
        State::Approved if over(request.run_by) => {
            // Why it waited says more than that it did.
            let waited = request.outcome.clone();
            let why = waited.unwrap_or_else(|| {
                Reason::new("not-run-in-time", "The server was not ready in time. Nothing ran.")
            });
            let code = why.code.clone();
            next.with(|r| r.outcome = Some(why)).end(State::Lapsed, None, Some(code), "lapsed")
        }
        State::Staged if over(request.run_by) => next.stay("staging-over", Effect::CancelAtAgent),
        State::Succeeded if over(request.verify_by) => {
            let lacks = request.missing.join("; ");
            let why = Reason::new("not-proven-in-time", format!("Proof is missing: {lacks}"));
            next.with(|r| r.outcome = Some(why)).end(State::Unproven, None, None, "unproven")
        }
        _ => Decision { request: next.request, effects: Vec::new(), audit: "nothing" },
    }
}

fn machine(next: Next, input: Input, policy: &Policy) -> Result<Decision, Refusal> {
    use State::{Approved, Requested, Running, Staged, Succeeded, Unknown, Unproven};
    let (state, now) = (next.request.state, next.now);
    let out_of_order = |what| Err(Refusal::OutOfOrder { what, state });
    match (input, state) {
        (Input::Busy(why), Approved) => {
            Ok(next.with(|r| r.outcome = Some(why)).stay("busy", Effect::RefreshCard))
        }
        (Input::Busy(_), _) => out_of_order("busy"),

        (Input::ApproverLost(why), Approved) => Ok(next.fail(why, "approver-lost")),
        (Input::ApproverLost(_), _) => out_of_order("a lost approver"),

        (Input::Moved(why), Requested | Approved) => Ok(next.moved(why, "moved")),
        (Input::Moved(_), _) => out_of_order("a moved state"),

        (Input::FaultEnded, Requested | Approved) => Ok(next.moved(fault_ended(), "fault-ended")),
        (Input::FaultEnded, Staged) => {
            let next = next.with(|r| r.outcome = Some(fault_ended()));
            Ok(next.stay("fault-ended", Effect::CancelAtAgent))
        }
        (Input::FaultEnded, _) => out_of_order("the end of the fault"),

        // The last look before anything can run: quorum, and time.
        (Input::Granting, Approved) if !next.request.has_quorum() => out_of_order("a grant without quorum"),
        (Input::Granting, Approved) if next.request.run_by.is_none_or(|by| now >= by) => {
            out_of_order("a grant after the deadline")
        }
        (Input::Granting, Approved) => Ok(next
            .with(|r| {
                r.outcome = None;
                r.granted_at = Some(now);
            })
            .step(Running, None, None, "granted", &[Effect::RefreshCard])),
        (Input::Granting, _) => out_of_order("a grant"),

        (Input::NotTaken, Running) => {
            let why = Reason::new("not-delivered", "The server never got the grant. Nothing ran.");
            let next = next.with(|r| {
                r.outcome = Some(why);
                r.granted_at = None;
            });
            Ok(next.step(Approved, None, None, "not-taken", &[Effect::RefreshCard, Effect::Drive]))
        }
        (Input::NotTaken, _) => out_of_order("an untaken grant"),

        (Input::Refused(why), Running | Approved) => Ok(next.fail(why, "refused")),
        (Input::Refused(_), _) => out_of_order("a refusal"),

        (Input::Staged, Running) => {
            let follow = [Effect::RefreshCard, Effect::TellOperators];
            Ok(next.step(Staged, None, None, "staged", &follow))
        }
        (Input::Staged, _) => out_of_order("staging"),

        (Input::Started { at }, Running | Staged) => Ok(next.with(|r| r.ran_at = Some(at)).step(
            Running,
            None,
            None,
            "started",
            &[Effect::RefreshCard],
        )),
        (Input::Started { .. }, _) => out_of_order("a start"),

        (Input::Finished { at, outcome, operator }, Running | Staged | Unknown) => {
            let next = next.with(|r| {
                r.ran_at = Some(at);
                r.operator = operator;
                r.withdrawn_by = None;
            });
            match outcome {
                RunOutcome::Failed { why } => Ok(next.fail(why, "failed")),
                RunOutcome::Succeeded { .. } => {
                    let verify_by = now + policy.verify_within;
                    let next = next.with(|r| {
                        r.outcome = None;
                        r.verify_by = Some(verify_by);
                    });
                    let follow = [Effect::RefreshCard, Effect::Drive];
                    Ok(next.step(Succeeded, None, None, "succeeded", &follow))
                }
            }
        }
        (Input::Finished { .. }, _) => out_of_order("an end"),

        (Input::Lost { since }, Running | Staged) => {
            let text = "The agent stopped between start and end. It is not known whether the command ran; it \
                        will not be run again. The state is being observed.";
            let why = Reason::new("agent-lost", text);
            let next = next.with(|r| {
                r.outcome = Some(why);
                r.ran_at = r.ran_at.or(Some(since));
            });
            Ok(next.end(Unknown, None, Some("agent-lost".into()), "unknown"))
        }
        (Input::Lost { .. }, _) => out_of_order("a lost agent"),

        (Input::Cancelled, Staged) => Ok(cancelled(next)),
        (Input::Cancelled, _) => out_of_order("a cancellation"),

        (Input::Waiting(missing), Succeeded | Unknown | Unproven) => {
            Ok(next.with(|r| r.missing = missing).stay("waiting", Effect::RefreshCard))
        }
        (Input::Waiting(_), _) => out_of_order("waiting for proof"),

        (Input::Proven, Succeeded | Unknown | Unproven) => {
            let late = state == Unproven;
            let next = next.with(|r| {
                r.late = late;
                r.missing.clear();
                r.outcome = None;
            });
            Ok(next.end(State::Verified, None, late.then(|| "late".into()), "verified"))
        }
        (Input::Proven, _) => out_of_order("proof"),

        (Input::Contradicted(why), Succeeded) => {
            let code = why.code.clone();
            Ok(next.with(|r| r.outcome = Some(why)).end(Unproven, None, Some(code), "unproven"))
        }
        (Input::Contradicted(_), _) => out_of_order("a contradiction"),

        (Input::Person { .. } | Input::Tick, _) => out_of_order("a person or a deadline"),
    }
}

/// Something staged will not run: because somebody took it back, the time was over, or the fault ended.
fn cancelled(next: Next) -> Decision {
    let over = next.request.run_by.is_none_or(|by| next.now >= by);
    match next.request.withdrawn_by {
        Some(by) => next.end(State::Withdrawn, Some(by), None, "withdrawn"),
        None if over => {
            let why = Reason::new("not-applied-in-time", "Nobody ran it at the server in time. Nothing ran.");
            let next = next.with(|r| r.outcome = Some(why));
            next.end(State::Lapsed, None, Some("not-applied-in-time".into()), "lapsed")
        }
        None => {
            let gone = || Reason::new("cancelled-at-server", "The server no longer holds it. Nothing ran.");
            let why = next.request.outcome.clone().unwrap_or_else(gone);
            next.moved(why, "moved")
        }
    }
}

fn fault_ended() -> Reason {
    Reason::new("fault-ended", "The fault ended by itself: there is nothing left to enable.")
}

/// The request that is being made.
struct Next {
    request: Request,
    now: Timestamp,
}

impl Next {
    fn with(mut self, change: impl FnOnce(&mut Request)) -> Next {
        change(&mut self.request);
        self
    }

    /// The state stays; something about the request changed.
    fn stay(mut self, audit: &'static str, effect: Effect) -> Decision {
        self.request.version += 1;
        let mut effects = vec![effect];
        if effect != Effect::RefreshCard {
            effects.push(Effect::RefreshCard);
        }
        Decision { request: self.request, effects, audit }
    }

    fn step(
        mut self,
        state: State,
        by: Option<Snowflake>,
        code: Option<String>,
        audit: &'static str,
        effects: &[Effect],
    ) -> Decision {
        self.request.version += 1;
        // The server's word that it has started adds nothing for people to "running".
        if self.request.state != state || by.is_some() || code.is_some() {
            self.request.steps.push(Step { at: self.now, state, by, code });
        }
        self.request.state = state;
        Decision { request: self.request, effects: effects.to_vec(), audit }
    }

    /// An end that the requester is told.
    fn end(self, state: State, by: Option<Snowflake>, code: Option<String>, audit: &'static str) -> Decision {
        self.step(state, by, code, audit, &[Effect::RefreshCard, Effect::TellRequester])
    }

    fn fail(self, why: Reason, audit: &'static str) -> Decision {
        let code = Some(why.code.clone());
        self.with(|r| r.outcome = Some(why)).end(State::Failed, None, code, audit)
    }

    fn moved(self, why: Reason, audit: &'static str) -> Decision {
        let code = Some(why.code.clone());
        self.with(|r| r.outcome = Some(why)).end(State::Moved, None, code, audit)
    }
}

impl Request {
    /// Whether a new, attended request can follow this one: the unattended run asked for a person.
    pub fn needs_a_person(&self) -> bool {
        let asked = self.outcome.as_ref().is_some_and(|why| why.code == "needs-a-person");
        self.state == State::Failed && self.plan.mode == Mode::Unattended && asked
    }
}
