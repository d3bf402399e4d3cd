//! What is done for one request until its grant is delivered; `follow` is what comes after. Everything that is
//! learned goes through the gate; what the gate does not accept changes nothing.

use jiff::{SignedDuration, Timestamp};

use super::members::{Standing, standing};
use super::open::{check_plan, why_not, with_report};
use super::{REFRESH, Refused, Requests};
use crate::catalog;
use crate::diagnosis::{Observation, diagnose};
use crate::gate::{Input, Request, State};
use crate::grant::Grant;
use crate::link::protocol::{ExecutionAnswer, PlanAnswer, PlanRequest, Reason};
use crate::plan::{fingerprint, is_known};
use crate::report::Report;

/// How long a request waits before it asks again, where the answer named no time. Each try costs every server
/// a reading of its state.
const RETRY: SignedDuration = SignedDuration::from_secs(30);

/// A request after one look at it, and when the next try makes sense.
pub(super) struct Looked {
    pub(super) request: Request,
    pub(super) not_before: Option<Timestamp>,
}

impl From<Request> for Looked {
    fn from(request: Request) -> Looked {
        Looked { request, not_before: None }
    }
}

impl Requests {
    /// One look at one request.
    pub(super) async fn step(
        &self,
        request: Request,
        not_before: Option<Timestamp>,
    ) -> Result<Looked, Refused> {
        if request.state.is_past_run() {
            // Proof first: a bot that was down must not call late what came in time.
            let request = self.look_for_proof(request).await?;
            let heard = self.heard_of(&request);
            return match request.state {
                State::Succeeded if heard => Ok(self.record(request, Input::Tick, None).await?.into()),
                _ => Ok(request.into()),
            };
        }
        let request = self.record(request, Input::Tick, None).await?;
        match request.state {
            State::Requested => Ok(self.look_for_change(request).await?.into()),
            State::Approved => {
                let waits = not_before.filter(|&at| self.parts().clock.now() < at);
                match waits {
                    Some(_) => Ok(Looked { request, not_before: waits }),
                    None => self.plan_again(request).await,
                }
            }
            State::Running => Ok(self.follow_run(request).await?.into()),
            State::Staged => Ok(self.follow_staged(request).await?.into()),
            _ => Ok(request.into()),
        }
    }

    /// While people think: a fault that ended by itself, or a state that moved, closes the request.
    async fn look_for_change(&self, request: Request) -> Result<Request, Refused> {
        let observations = self.parts().fleet.observe();
        let changed = newer_report(&observations, &request).and_then(|report| changed(&request, report));
        match changed {
            Some(input) => self.record(request, input, None).await,
            None => Ok(request),
        }
    }

    /// Approved: the agent is asked again, and if all still holds a grant is signed and delivered.
    async fn plan_again(&self, request: Request) -> Result<Looked, Refused> {
        let (parts, agent) = (self.parts(), request.plan.agent.clone());
        let asked = PlanRequest {
            request: request.id.clone(),
            command: request.plan.command.clone(),
            arguments: request.plan.arguments.clone(),
            mode: request.plan.mode,
            expected: Some(request.plan.fingerprint),
            challenge: true,
        };
        let Some(link) = parts.fleet.link(&agent) else {
            return Ok(self.record(request, Input::Refused(removed(&agent)), None).await?.into());
        };
        let (plan, challenge, report) = match link.plan(&asked).await {
            Ok(PlanAnswer::Ready { plan, challenge: Some(challenge), report }) => (plan, challenge, *report),
            Ok(PlanAnswer::Ready { .. }) => {
                let why = Reason::new("no-challenge", format!("{agent} gave no challenge."));
                return Ok(self.record(request, Input::Refused(why), None).await?.into());
            }
            Ok(PlanAnswer::Busy { why, retry_after }) => {
                let pause = SignedDuration::from_secs(i64::from(retry_after.max(1)));
                return self.wait(request, first(why, "busy"), pause).await;
            }
            Ok(PlanAnswer::Moved { why }) => {
                return Ok(self.record(request, Input::Moved(first(why, "moved")), None).await?.into());
            }
            Ok(PlanAnswer::Refused { why }) => {
                return Ok(self.record(request, Input::Refused(first(why, "refused")), None).await?.into());
            }
            Err(error) => {
                return self.wait(request, Reason::new(error.code(), error.to_string()), RETRY).await;
            }
        };
        if plan.hash() != request.plan.hash() || check_plan(&plan, &asked, &agent, &report).is_err() {
            return Ok(self.record(request, Input::Moved(moved()), None).await?.into());
        }
        if let Some(input) = changed(&request, &report) {
            return Ok(self.record(request, input, None).await?.into());
        }

        // The same conditions as at the offer, on the state that READY was said on.
        let observations = parts.fleet.refresh(REFRESH).await;
        let now = parts.clock.now();
        let diagnosis = diagnose(&with_report(observations, &agent, &report, now), now, &parts.knowledge);
        let Some(server) = diagnosis.servers.iter().find(|server| server.agent == agent) else {
            return Ok(self.record(request, Input::Refused(removed(&agent)), None).await?.into());
        };
        if let Some((code, text)) = why_not(server, &plan.command, &plan.arguments).into_iter().next() {
            return self.wait(request, Reason::new(&code, text.to_string()), RETRY).await;
        }
        for approval in &request.approvals {
            match standing(&*parts.members, self.policy(), approval.user, &parts.clock).await {
                Standing::Holds => {}
                Standing::Lost(why) => {
                    return Ok(self.record(request, Input::ApproverLost(why), None).await?.into());
                }
                Standing::Unconfirmed(why) => return self.wait(request, why, RETRY).await,
            }
        }
        self.grant(request, challenge).await
    }

    /// The last moment: from the stored `Granting` on, the command may run.
    async fn grant(&self, request: Request, challenge: String) -> Result<Looked, Refused> {
        let parts = self.parts();
        let request = self.record(request, Input::Granting, None).await?;
        if request.state != State::Running {
            return Ok(request.into());
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
                return Ok(self.record(request, Input::Refused(why), None).await?.into());
            }
        };
        let Some(link) = parts.fleet.link(&request.plan.agent) else { return Ok(request.into()) };
        match link.execute(&token).await {
            Ok(ExecutionAnswer::Accepted { execution }) => Ok(self.learn(request, execution).await?.into()),
            Ok(ExecutionAnswer::Busy { why, retry_after }) => {
                let pause = SignedDuration::from_secs(i64::from(retry_after.max(1)));
                self.wait(request, first(why, "busy"), pause).await
            }
            Ok(ExecutionAnswer::Moved { why }) => {
                Ok(self.record(request, Input::Moved(first(why, "moved")), None).await?.into())
            }
            Ok(ExecutionAnswer::Refused { why }) => {
                Ok(self.record(request, Input::Refused(first(why, "refused")), None).await?.into())
            }
            Err(error) => {
                // It may have arrived: the next rounds ask.
                tracing::warn!(request = %request.id, %error, "the grant's delivery was not confirmed");
                Ok(request.into())
            }
        }
    }

    /// Notes why a request waits, once for each reason, and when to try again.
    async fn wait(&self, request: Request, why: Reason, pause: SignedDuration) -> Result<Looked, Refused> {
        let not_before = Some(self.parts().clock.now() + pause);
        let noted = request.state == State::Approved && request.outcome.as_ref() == Some(&why);
        let request = if noted { request } else { self.record(request, Input::Busy(why), None).await? };
        Ok(Looked { request, not_before })
    }
}

/// What a report that is newer than the plan says of a request that has not run: that the fault ended, or
/// that the state moved. What could not be read says nothing.
fn changed(request: &Request, report: &Report) -> Option<Input> {
    let state = report.state.as_ref()?;
    let mended = match request.plan.command.as_str() {
        catalog::ENABLE_PASSWORD_SYNC => state.cloud_flag == Some(true),
        _ => {
            let wanted = request.plan.arguments.get("connector")?;
            let forest = state.connectors.iter().flatten().find(|c| c.id.as_str() == wanted.as_str());
            forest.is_some_and(|forest| forest.channel == Some(true))
        }
    };
    if mended {
        return Some(Input::FaultEnded);
    }
    let moved_on = is_known(report) && fingerprint(report) != Some(request.plan.fingerprint);
    moved_on.then(|| Input::Moved(moved()))
}

/// The report of a request's server, if it answered and its state was read after the request was made.
pub(super) fn newer_report<'a>(observations: &'a [Observation], request: &Request) -> Option<&'a Report> {
    let seen = observations.iter().find(|seen| seen.agent == request.plan.agent)?;
    let report = seen.report.as_ref().filter(|_| seen.silence.is_none())?;
    let read_at = report.state.as_ref()?.read_at - seen.skew.unwrap_or_default();
    (report.generation == request.plan.generation && read_at > request.created_at).then_some(report)
}

pub(super) fn first(why: Vec<Reason>, code: &str) -> Reason {
    why.into_iter().next().unwrap_or_else(|| Reason::new(code, "The server gave no reason."))
}

fn moved() -> Reason {
    let text = "The server's state is no longer the one that was approved. Ask again to see what it is now.";
    Reason::new("state-moved", text)
}

fn removed(agent: &crate::ids::AgentId) -> Reason {
    Reason::new("agent-removed", format!("{agent} is no longer enrolled. Nothing ran."))
}
