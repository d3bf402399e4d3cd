//! What deadlines, agents and proofs do to a request. People's part is in [`decide`](super::decide).

use jiff::Timestamp;

use super::decide::{Decision, Effect, Input};
use super::policy::Policy;
use super::refusal::Refusal;
use super::request::{Request, State, Step};
use crate::ids::Snowflake;
use crate::link::protocol::{Reason, RunOutcome};
use crate::plan::Mode;

/// How a run can end that leaves open whether the change was made: the flag is read back late, or not at all,
/// or the command was killed after it may have reached the cloud. The state afterwards decides.
const OPEN_ENDED: &[&str] = &[
    "flag-still-off",
    "channel-still-off",
    "not-read-back",
    "timed-out",
    "output-too-large",
    "output-not-json",
    "exit-code",
];

/// Deadlines. A request that nothing happens to comes back unchanged, with no effects.
///
/// What is staged past its time is not ended here: only the agent's word that it will not run does that.
pub(super) fn tick(next: Next) -> Decision {
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
        State::Succeeded if over(request.verify_by) => {
            let lacks = request.missing.join("; ");
            let why = Reason::new("not-proven-in-time", format!("Proof is missing: {lacks}"));
            next.with(|r| r.outcome = Some(why)).end(State::Unproven, None, None, "unproven")
        }
        _ => Decision { request: next.request, effects: Vec::new(), audit: "nothing" },
    }
}

/// Everything that is neither a person nor a deadline.
pub(super) fn machine(next: Next, input: Input, policy: &Policy) -> Result<Decision, Refusal> {
    use State::{Approved, Requested, Running, Staged, Succeeded, Unknown, Unproven};
    let (state, now) = (next.request.state, next.now);
    let out_of_order = |what| Err(Refusal::OutOfOrder { what, state });
    match (input, state) {
        (Input::Busy(why), Approved) => {
            Ok(next.with(|r| r.outcome = Some(why)).stay("busy", Effect::RefreshCard))
        }
        // The agent answered this very delivery: nothing of it is under way any more.
        (Input::Busy(why), Running) if next.request.ran_at.is_none() => {
            let next = next.with(|r| {
                r.outcome = Some(why);
                r.granted_at = None;
            });
            Ok(next.step(Approved, None, None, "busy", &[Effect::RefreshCard, Effect::Drive]))
        }
        (Input::Busy(_), _) => out_of_order("busy"),

        (Input::ApproverLost(why), Approved) => Ok(next.fail(why, "approver-lost")),
        (Input::ApproverLost(_), _) => out_of_order("a lost approver"),

        (Input::Moved(why), Requested | Approved) => Ok(next.moved(why, "moved")),
        (Input::Moved(why), Running) if next.request.ran_at.is_none() => Ok(next.moved(why, "moved")),
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
        (Input::Granting, Approved) => {
            let next = next.with(|r| {
                r.outcome = None;
                r.granted_at = Some(now);
            });
            Ok(next.step(Running, None, None, "granted", &[Effect::RefreshCard]))
        }
        (Input::Granting, _) => out_of_order("a grant"),

        (Input::Refused(why), Running | Approved) if next.request.ran_at.is_none() => {
            Ok(next.fail(why, "refused"))
        }
        (Input::Refused(_), _) => out_of_order("a refusal"),

        (Input::Staged, Running) if next.request.ran_at.is_none() => {
            let follow = [Effect::RefreshCard, Effect::TellOperators];
            Ok(next.step(Staged, None, None, "staged", &follow))
        }
        (Input::Staged, _) => out_of_order("staging"),

        (Input::Started { at }, Running | Staged) => {
            let next = next.with(|r| r.ran_at = Some(at));
            Ok(next.step(Running, None, None, "started", &[Effect::RefreshCard]))
        }
        (Input::Started { at }, Unknown) => {
            Ok(next.with(|r| r.ran_at = Some(at)).stay("started", Effect::RefreshCard))
        }
        (Input::Started { .. }, _) => out_of_order("a start"),

        (Input::Finished { at, outcome, operator }, Running | Staged | Unknown) if !next.request.ended => {
            let next = next.with(|r| {
                r.ended = true;
                r.ran_at = Some(at);
                r.operator = operator;
                r.withdrawn_by = None;
            });
            Ok(finished(next, outcome, policy))
        }
        (Input::Finished { .. }, _) => out_of_order("an end"),

        (Input::Lost { since }, Running | Staged) => {
            let text = "The agent stopped between start and end, or is not heard of. It is not known whether the \
                        command ran; it will not be run again. The state is being observed.";
            let next = next.with(|r| r.ran_at = since.or(r.ran_at));
            Ok(next.unknown(Reason::new("agent-lost", text)))
        }
        (Input::Lost { .. }, _) => out_of_order("a lost agent"),

        (Input::NeverRan(why), Running | Unknown) if next.request.ran_at.is_none() => {
            Ok(next.fail(why, "never-ran"))
        }
        (Input::NeverRan(_), _) => out_of_order("a run that never was"),

        (Input::Cancelled, Staged) => Ok(cancelled(next)),
        (Input::Cancelled, _) => out_of_order("a cancellation"),

        (Input::Waiting(missing), Succeeded | Unknown | Unproven) => {
            Ok(next.with(|r| r.missing = missing).stay("waiting", Effect::RefreshCard))
        }
        (Input::Waiting(_), _) => out_of_order("waiting for proof"),

        // What no journal ever showed to have begun can't be proven, however well the server is.
        (Input::Proven, Succeeded | Unknown | Unproven) if next.request.ran_at.is_none() => {
            out_of_order("proof of a run that nobody saw")
        }
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

/// The command ended, and said how.
fn finished(next: Next, outcome: RunOutcome, policy: &Policy) -> Decision {
    let known = next.request.state != State::Unknown;
    let verify_by = next.now + policy.verify_within;
    match outcome {
        RunOutcome::Failed { why } if OPEN_ENDED.contains(&why.code.as_str()) => next.unknown(why),
        RunOutcome::Failed { why } => next.fail(why, "failed"),
        RunOutcome::Succeeded { .. } if known => {
            let next = next.with(|r| {
                r.outcome = None;
                r.verify_by = Some(verify_by);
            });
            next.step(State::Succeeded, None, None, "succeeded", &[Effect::RefreshCard, Effect::Drive])
        }
        // Another request may be open by now; this one only waits for its proof.
        RunOutcome::Succeeded { .. } => {
            let text = "The command had reported success after all. Proof is awaited.";
            let why = Some(Reason::new("succeeded-unseen", text));
            next.with(|r| r.outcome = why).stay("succeeded", Effect::RefreshCard)
        }
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
pub(super) struct Next {
    pub(super) request: Request,
    pub(super) now: Timestamp,
}

impl Next {
    pub(super) fn with(mut self, change: impl FnOnce(&mut Request)) -> Next {
        change(&mut self.request);
        self
    }

    /// The state stays; something about the request changed.
    pub(super) fn stay(mut self, audit: &'static str, effect: Effect) -> Decision {
        self.request.version += 1;
        let mut effects = vec![effect];
        if effect != Effect::RefreshCard {
            effects.push(Effect::RefreshCard);
        }
        Decision { request: self.request, effects, audit }
    }

    pub(super) fn step(
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
    pub(super) fn end(
        self,
        state: State,
        by: Option<Snowflake>,
        code: Option<String>,
        audit: &'static str,
    ) -> Decision {
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

    fn unknown(self, why: Reason) -> Decision {
        let code = Some(why.code.clone());
        self.with(|r| r.outcome = Some(why)).end(State::Unknown, None, code, "unknown")
    }
}

impl Request {
    /// Whether a new, attended request can follow this one: the unattended run asked for a person.
    pub fn needs_a_person(&self) -> bool {
        let asked = self.outcome.as_ref().is_some_and(|why| why.code == "needs-a-person");
        self.state == State::Failed && self.plan.mode == Mode::Unattended && asked
    }
}
