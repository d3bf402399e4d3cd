//! What is done for one request in one state. Everything that is learned goes through the gate; what the gate
//! does not accept changes nothing.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::members::{Standing, standing};
use super::open::{check_plan, why_not, with_report};
use super::{REFRESH, Refused, Requests};
use crate::catalog;
use crate::diagnosis::{Cause, Observation, Proof, Remedy, diagnose, proof};
use crate::gate::{Input, Request, State};
use crate::grant::Grant;
use crate::ids::RequestId;
use crate::link::protocol::{Execution, ExecutionAnswer, PlanAnswer, PlanRequest, Progress, Reason};
use crate::report::Report;

/// After this a challenge is certainly dead: what the agent has not taken by then it never will.
const CHALLENGE_DEAD: SignedDuration = SignedDuration::from_secs(150);

/// How long an agent that does not answer may keep a run open beyond the command's own time.
const SILENCE: SignedDuration = SignedDuration::from_mins(10);

/// How long a request waits before it asks again after an answer that named no time.
const RETRY: SignedDuration = SignedDuration::from_secs(5);

impl Requests {
    /// One look at one request.
    pub(super) async fn step(
        &self,
        request: Request,
        not_before: &mut HashMap<RequestId, Timestamp>,
    ) -> Result<Request, Refused> {
        let request = self.record(request, Input::Tick, None).await?;
        match request.state {
            State::Requested => self.look_for_change(request).await,
            State::Approved => self.plan_again(request, not_before).await,
            State::Running => self.follow_run(request).await,
            State::Staged => self.follow_staged(request).await,
            State::Succeeded | State::Unknown | State::Unproven => self.look_for_proof(request).await,
            _ => Ok(request),
        }
    }

    /// While people think: a fault that ended by itself, or a state that moved, closes the request.
    async fn look_for_change(&self, request: Request) -> Result<Request, Refused> {
        let observations = self.parts().fleet.observe();
        let newer = fresh_report(&observations, &request, request.created_at);
        let Some(report) = newer.cloned() else { return Ok(request) };
        match self.changed(&request, observations, &report) {
            Some(input) => self.record(request, input, None).await,
            None => Ok(request),
        }
    }

    /// What a newer report says about a request that has not run: that the fault ended, or the state moved.
    fn changed(&self, request: &Request, observations: Vec<Observation>, report: &Report) -> Option<Input> {
        let now = self.parts().clock.now();
        let diagnosis = diagnose(&observations, now, &self.parts().knowledge);
        let server = diagnosis.servers.iter().find(|server| server.agent == request.plan.agent)?;
        // A forest that was left out by choice keeps its remedy beside a good verdict.
        let still = server.remedy.as_ref().is_some_and(|remedy| {
            remedy.command == request.plan.command && remedy.arguments == request.plan.arguments
        });
        if matches!(server.cause, Cause::Healthy | Cause::Recovered) && !still {
            return Some(Input::FaultEnded);
        }
        match crate::plan::fingerprint(report) {
            Some(now) if now != request.plan.fingerprint => Some(Input::Moved(moved())),
            _ => None,
        }
    }

    /// Approved: the agent is asked again, and if all still holds a grant is signed and delivered.
    async fn plan_again(
        &self,
        request: Request,
        not_before: &mut HashMap<RequestId, Timestamp>,
    ) -> Result<Request, Refused> {
        let (parts, agent) = (self.parts(), request.plan.agent.clone());
        let now = parts.clock.now();
        if not_before.get(&request.id).is_some_and(|&at| now < at) {
            return Ok(request);
        }
        let mut wait = |why: Reason, seconds: SignedDuration| {
            not_before.insert(request.id.clone(), now + seconds);
            Input::Busy(why)
        };
        let asked = PlanRequest {
            request: request.id.clone(),
            command: request.plan.command.clone(),
            arguments: request.plan.arguments.clone(),
            mode: request.plan.mode,
            expected: Some(request.plan.fingerprint),
            challenge: true,
        };
        let Some(link) = parts.fleet.link(&agent) else {
            let why = Reason::new("agent-removed", format!("{agent} is no longer enrolled."));
            return self.record(request, Input::Refused(why), None).await;
        };
        let (plan, challenge, report) = match link.plan(&asked).await {
            Ok(PlanAnswer::Ready { plan, challenge: Some(challenge), report }) => (plan, challenge, *report),
            Ok(PlanAnswer::Ready { .. }) => {
                let why = Reason::new("no-challenge", format!("{agent} gave no challenge."));
                return self.record(request, Input::Refused(why), None).await;
            }
            Ok(PlanAnswer::Busy { why, retry_after }) => {
                let input =
                    wait(first(why, "busy"), SignedDuration::from_secs(i64::from(retry_after.max(1))));
                return self.wait(request, input).await;
            }
            Ok(PlanAnswer::Moved { why }) => {
                return self.record(request, Input::Moved(first(why, "moved")), None).await;
            }
            Ok(PlanAnswer::Refused { why }) => {
                return self.record(request, Input::Refused(first(why, "refused")), None).await;
            }
            Err(error) => {
                let input = wait(Reason::new(error.code(), error.to_string()), RETRY);
                return self.wait(request, input).await;
            }
        };
        if plan.hash() != request.plan.hash() || check_plan(&plan, &asked, &agent, &report).is_err() {
            return self.record(request, Input::Moved(moved()), None).await;
        }

        // The same conditions as at the offer, on the state that READY was said on.
        let observations = with_report(parts.fleet.refresh(REFRESH).await, &agent, &report, now);
        if let Some(input) = self.changed(&request, observations.clone(), &report) {
            return self.record(request, input, None).await;
        }
        let diagnosis = diagnose(&observations, parts.clock.now(), &parts.knowledge);
        let server = diagnosis.servers.iter().find(|server| server.agent == agent);
        let lacks = server.map(|server| why_not(server, &plan.command, &plan.arguments)).unwrap_or_default();
        if let Some((code, text)) = lacks.into_iter().next() {
            let input = wait(Reason::new(&code, text), RETRY);
            return self.wait(request, input).await;
        }
        for approval in &request.approvals {
            match standing(&*parts.members, self.policy(), approval.user, parts.clock.now()).await {
                Standing::Holds => {}
                Standing::Lost(why) => return self.record(request, Input::ApproverLost(why), None).await,
                Standing::Unconfirmed(why) => {
                    let input = wait(why, RETRY);
                    return self.wait(request, input).await;
                }
            }
        }
        self.grant(request, challenge).await
    }

    /// The last moment: from the stored `Granting` on, the command may run.
    async fn grant(&self, request: Request, challenge: String) -> Result<Request, Refused> {
        let parts = self.parts();
        let request = self.record(request, Input::Granting, None).await?;
        if request.state != State::Running {
            return Ok(request);
        }
        let now = parts.clock.now();
        let head = parts.store.head().await?;
        let grant = Grant {
            plan: request.plan.clone(),
            challenge,
            requester: request.requester,
            approvers: request.approvals.iter().map(|approval| approval.user).collect(),
            reason: request.reason.clone(),
            audit_head: head.to_string(),
            signed_at: now,
            not_before: now,
            expires: request.run_by.unwrap_or(now),
            proofs: Vec::new(),
        };
        let token = match parts.identity.grant_key().sign(&grant) {
            Ok(token) => token,
            Err(error) => {
                let why = Reason::new("not-signed", error.to_string());
                return self.record(request, Input::Refused(why), None).await;
            }
        };
        let Some(link) = parts.fleet.link(&request.plan.agent) else { return Ok(request) };
        match link.execute(&token).await {
            Ok(ExecutionAnswer::Accepted { execution }) => self.learn(request, execution).await,
            Ok(ExecutionAnswer::Refused { why }) => {
                self.record(request, Input::Refused(first(why, "refused")), None).await
            }
            Err(error) => {
                // It may have arrived: the next rounds ask.
                tracing::warn!(request = %request.id, %error, "the grant's delivery was not confirmed");
                Ok(request)
            }
        }
    }

    async fn follow_run(&self, request: Request) -> Result<Request, Refused> {
        let now = self.parts().clock.now();
        let granted = request.granted_at.unwrap_or(request.created_at);
        let Some(link) = self.parts().fleet.link(&request.plan.agent) else {
            return self.record(request, Input::Lost { since: granted }, None).await;
        };
        match link.execution(&request.id).await {
            Ok(Some(execution)) => self.learn(request, execution).await,
            Ok(None) if now.duration_since(granted) > CHALLENGE_DEAD => {
                self.record(request, Input::NotTaken, None).await
            }
            Ok(None) => Ok(request),
            Err(_) if now.duration_since(granted) > patience(&request) => {
                self.record(request, Input::Lost { since: granted }, None).await
            }
            Err(_) => Ok(request),
        }
    }

    async fn follow_staged(&self, request: Request) -> Result<Request, Refused> {
        let now = self.parts().clock.now();
        let mut request = request;
        if let Some(report) = fresh_report(&self.parts().fleet.observe(), &request, request.created_at) {
            let on = report.state.as_ref().and_then(|state| state.cloud_flag);
            let tenant = request.plan.command.as_str() == catalog::ENABLE_PASSWORD_SYNC;
            let told = request.outcome.is_some();
            if tenant && on == Some(true) && !told {
                request = self.after_run_or(request, Input::FaultEnded).await?;
            }
        }
        if request.state != State::Staged {
            return Ok(request);
        }
        let over = request.run_by.is_some_and(|by| now >= by);
        let granted = request.granted_at.unwrap_or(request.created_at);
        let Some(link) = self.parts().fleet.link(&request.plan.agent) else {
            return self.record(request, Input::Lost { since: granted }, None).await;
        };
        let cancel = over || request.withdrawn_by.is_some() || request.outcome.is_some();
        let answer = match cancel {
            true => match link.cancel(&request.id).await {
                Ok(ExecutionAnswer::Accepted { execution }) => Ok(Some(execution)),
                Ok(ExecutionAnswer::Refused { .. }) => link.execution(&request.id).await,
                Err(error) => Err(error),
            },
            false => link.execution(&request.id).await,
        };
        match answer {
            Ok(Some(execution)) => self.learn(request, execution).await,
            // The agent's journal was lost: it can't say whether it ran.
            Ok(None) => self.record(request, Input::Lost { since: granted }, None).await,
            Err(_) if request.run_by.is_some_and(|by| now.duration_since(by) > patience(&request)) => {
                self.record(request, Input::Lost { since: granted }, None).await
            }
            Err(_) => Ok(request),
        }
    }

    /// The flag is on while a command is staged: either the operator has just run it, or the fault ended.
    async fn after_run_or(&self, request: Request, otherwise: Input) -> Result<Request, Refused> {
        let Some(link) = self.parts().fleet.link(&request.plan.agent) else { return Ok(request) };
        match link.execution(&request.id).await {
            Ok(Some(execution)) if matches!(execution.progress, Progress::Staged { .. }) => {
                self.record(request, otherwise, None).await
            }
            Ok(Some(execution)) => self.learn(request, execution).await,
            _ => Ok(request),
        }
    }

    /// What the agent's journal says of a run.
    async fn learn(&self, request: Request, execution: Execution) -> Result<Request, Refused> {
        if execution.request != request.id || execution.plan != request.plan.hash() {
            let text = "The server's journal shows another plan under this request's id. Look at the server.";
            let why = Reason::new("journal-differs", text);
            let since = request.granted_at.unwrap_or(request.created_at);
            tracing::error!(request = %request.id, code = %why.code, text);
            return self.record(request, Input::Lost { since }, None).await;
        }
        let input = match (execution.progress, request.state) {
            (Progress::Staged { .. }, State::Staged) => return Ok(request),
            (Progress::Staged { .. }, _) => Input::Staged,
            (Progress::Running { since }, State::Running) if request.ran_at == Some(since) => {
                return Ok(request);
            }
            (Progress::Running { since }, _) => Input::Started { at: since },
            (Progress::Finished { at, outcome, operator }, _) => Input::Finished { at, outcome, operator },
            (Progress::Unknown { since }, _) => Input::Lost { since },
            (Progress::Cancelled { .. }, State::Staged) => Input::Cancelled,
            (Progress::Cancelled { .. }, _) => {
                let text = "It was cancelled at the server before it ran. Nothing ran.";
                Input::Refused(Reason::new("cancelled-at-server", text))
            }
        };
        self.record(request, input, None).await
    }

    /// The rule "Verified", on the newest report.
    async fn look_for_proof(&self, request: Request) -> Result<Request, Refused> {
        // The agent may have found the end of a run that was thought lost.
        if request.state == State::Unknown
            && let Some(link) = self.parts().fleet.link(&request.plan.agent)
            && let Ok(Some(execution)) = link.execution(&request.id).await
            && execution.plan == request.plan.hash()
            && matches!(execution.progress, Progress::Finished { .. })
        {
            return self.learn(request, execution).await;
        }
        let Some(ran_at) = request.ran_at else { return Ok(request) };
        let observations = self.parts().fleet.observe();
        let seen = observations.iter().find(|seen| seen.agent == request.plan.agent);
        let Some(report) = seen.and_then(|seen| seen.report.as_ref()) else { return Ok(request) };
        let remedy = Remedy {
            command: request.plan.command.clone(),
            arguments: request.plan.arguments.clone(),
            target: request.target.clone(),
        };
        let input = match proof(report, ran_at, &remedy) {
            Proof::Proven { .. } => Input::Proven,
            Proof::Waiting { missing } if missing == request.missing => return Ok(request),
            Proof::Waiting { missing } => Input::Waiting(missing),
            Proof::Contradicted { why } if request.state == State::Succeeded => {
                Input::Contradicted(Reason::new("contradicted", why))
            }
            Proof::Contradicted { .. } => return Ok(request),
        };
        self.record(request, input, None).await
    }

    /// Notes why a request waits, once for each reason.
    async fn wait(&self, request: Request, input: Input) -> Result<Request, Refused> {
        match &input {
            Input::Busy(why) if request.outcome.as_ref() == Some(why) => Ok(request),
            _ => self.record(request, input, None).await,
        }
    }
}

/// The newest report of a request's server, if it answered, and its state was read after `since`.
fn fresh_report<'a>(
    observations: &'a [Observation],
    request: &Request,
    since: Timestamp,
) -> Option<&'a Report> {
    let seen = observations.iter().find(|seen| seen.agent == request.plan.agent)?;
    let newer = seen.silence.is_none() && seen.received_at.is_some_and(|at| at > since);
    let report = seen.report.as_ref().filter(|_| newer)?;
    (report.generation == request.plan.generation && report.state.is_some()).then_some(report)
}

/// How long after its grant a run may stay unheard of.
fn patience(request: &Request) -> SignedDuration {
    let command = catalog::command(request.plan.command.as_str());
    let seconds = command.map_or(0, |command| command.about.timeout_seconds);
    SILENCE + SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX / 2))
}

fn first(why: Vec<Reason>, code: &str) -> Reason {
    why.into_iter().next().unwrap_or_else(|| Reason::new(code, "The server gave no reason."))
}

fn moved() -> Reason {
    let text = "The server's state is no longer the one that was approved. Ask again to see what it is now.";
    Reason::new("state-moved", text)
}
