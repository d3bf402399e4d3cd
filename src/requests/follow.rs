//! What is done for a request whose grant was signed: its run is followed at the agent, and its proof looked for.

use jiff::{SignedDuration, Timestamp};

use super::step::newer_report;
use super::{Refused, Requests};
use crate::catalog;
use crate::diagnosis::{Proof, Remedy, proof};
use crate::gate::{Input, Request, State};
use crate::link::protocol::{Execution, ExecutionAnswer, Progress, Reason};
use crate::plan::Mode;

/// After this a challenge is certainly dead: what the agent has not taken by then it never will.
const CHALLENGE_DEAD: SignedDuration = SignedDuration::from_secs(150);

/// How long, beyond the command's own time, nothing may be heard of a run before it counts as unknown.
const SILENCE: SignedDuration = SignedDuration::from_mins(10);

/// How long a person at the server may take to sign in.
const ATTENDED: SignedDuration = SignedDuration::from_mins(10);

/// How long after its time a proof is still waited for if nothing was heard of the server.
const UNHEARD: SignedDuration = SignedDuration::from_mins(10);

impl Requests {
    /// A granted run, until it is staged or has ended.
    pub(super) async fn follow_run(&self, request: Request) -> Result<Request, Refused> {
        let waited = self.parts().clock.now().duration_since(since(&request));
        let Some(link) = self.parts().fleet.link(&request.plan.agent) else {
            return self.record(request, Input::Lost { since: None }, None).await;
        };
        let unheard = waited > patience(&request);
        match link.execution(&request.id).await {
            Err(_) if unheard => self.record(request, Input::Lost { since: None }, None).await,
            Ok(Some(execution)) if unheard && has_no_end(&execution.progress, &request) => {
                self.record(request, Input::Lost { since: None }, None).await
            }
            Ok(Some(execution)) => self.learn(request, execution).await,
            // It was seen to run: a journal that knows nothing of it was lost.
            Ok(None) if request.ran_at.is_some() => {
                self.record(request, Input::Lost { since: None }, None).await
            }
            Ok(None) if waited > CHALLENGE_DEAD => self.make_sure_it_never_runs(request).await,
            Ok(None) | Err(_) => Ok(request),
        }
    }

    /// The agent has not taken the grant. Before that counts, it notes that it never will.
    async fn make_sure_it_never_runs(&self, request: Request) -> Result<Request, Refused> {
        let Some(link) = self.parts().fleet.link(&request.plan.agent) else { return Ok(request) };
        match link.cancel(&request.id, request.plan.hash()).await {
            Ok(ExecutionAnswer::Accepted { execution }) => match execution.progress {
                Progress::Cancelled { .. } => {
                    let text = "The server never got the grant. Nothing ran; ask again.";
                    let never = Input::NeverRan(Reason::new("not-delivered", text));
                    self.record(request, never, None).await
                }
                _ => self.learn(request, execution).await,
            },
            _ => Ok(request),
        }
    }

    /// A staged command, until its operator runs it, or it is taken back.
    pub(super) async fn follow_staged(&self, mut request: Request) -> Result<Request, Refused> {
        let now = self.parts().clock.now();
        let Some(link) = self.parts().fleet.link(&request.plan.agent) else {
            return self.record(request, Input::Lost { since: None }, None).await;
        };
        // The flag is on: either the operator has just run it, which the journal tells, or the fault ended.
        let flag = newer_report(&self.parts().fleet.observe(), &request)
            .and_then(|report| report.state.as_ref()?.cloud_flag);
        let tenant = request.plan.command.as_str() == catalog::ENABLE_PASSWORD_SYNC;
        if tenant && flag == Some(true) && request.outcome.is_none() {
            request = match link.execution(&request.id).await {
                Ok(Some(execution)) if matches!(execution.progress, Progress::Staged { .. }) => {
                    self.record(request, Input::FaultEnded, None).await?
                }
                Ok(Some(execution)) => return self.learn(request, execution).await,
                _ => return Ok(request),
            };
        }
        let over = request.run_by.is_some_and(|by| now >= by);
        let answer = if over || request.withdrawn_by.is_some() || request.outcome.is_some() {
            match link.cancel(&request.id, request.plan.hash()).await {
                Ok(ExecutionAnswer::Accepted { execution }) => Ok(Some(execution)),
                Ok(_) => link.execution(&request.id).await,
                Err(error) => Err(error),
            }
        } else {
            link.execution(&request.id).await
        };
        let given_up = request.run_by.is_some_and(|by| now.duration_since(by) > patience(&request));
        match answer {
            Ok(Some(Execution { progress: Progress::Staged { .. }, .. })) | Err(_) if given_up => {
                self.record(request, Input::Lost { since: None }, None).await
            }
            Ok(Some(execution)) => self.learn(request, execution).await,
            // The agent's journal was lost: it can't say whether it ran.
            Ok(None) => self.record(request, Input::Lost { since: None }, None).await,
            Err(_) => Ok(request),
        }
    }

    /// What the agent's journal says of a run.
    pub(super) async fn learn(&self, request: Request, execution: Execution) -> Result<Request, Refused> {
        if execution.request != request.id || execution.plan != request.plan.hash() {
            let text = "the server's journal shows another plan under this request's id";
            tracing::error!(request = %request.id, code = "journal-differs", text);
            return match request.state {
                State::Unknown => Ok(request),
                _ => self.record(request, Input::Lost { since: None }, None).await,
            };
        }
        let input = match (execution.progress, request.state) {
            // What was seen to run can be neither waiting nor cancelled: an odd journal changes nothing.
            (Progress::Staged { .. } | Progress::Cancelled { .. }, State::Running | State::Unknown)
                if request.ran_at.is_some() =>
            {
                return Ok(request);
            }
            (Progress::Staged { .. }, State::Running) => Input::Staged,
            (Progress::Running { since }, _) if request.ran_at != Some(since) => Input::Started { at: since },
            (Progress::Finished { .. }, _) if request.ended => return Ok(request),
            (Progress::Finished { at, outcome, operator }, _) => Input::Finished { at, outcome, operator },
            (Progress::Unknown { since }, State::Unknown) if request.ran_at.is_none() => {
                Input::Started { at: since }
            }
            (Progress::Unknown { since }, State::Running | State::Staged) => {
                Input::Lost { since: Some(since) }
            }
            (Progress::Cancelled { .. }, State::Staged) => Input::Cancelled,
            (Progress::Cancelled { .. }, _) => {
                let text = "It was cancelled at the server before it ran. Nothing ran.";
                Input::NeverRan(Reason::new("cancelled-at-server", text))
            }
            _ => return Ok(request),
        };
        self.record(request, input, None).await
    }

    /// The rule "Verified", on the newest report.
    pub(super) async fn look_for_proof(&self, request: Request) -> Result<Request, Refused> {
        let request = match request.state {
            State::Unknown if !request.ended => self.ask_again(request).await?,
            _ => request,
        };
        let Some(ran_at) = request.ran_at.filter(|_| request.state.is_past_run()) else { return Ok(request) };
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

    /// What became of a run that was thought lost: the agent may have found its end, or vouch that it never was.
    async fn ask_again(&self, request: Request) -> Result<Request, Refused> {
        let Some(link) = self.parts().fleet.link(&request.plan.agent) else { return Ok(request) };
        match link.execution(&request.id).await {
            Ok(Some(execution)) if matches!(execution.progress, Progress::Staged { .. }) => {
                // Its time may not be over, but nobody follows it any more: it must not run unseen.
                self.make_sure_it_never_runs(request).await
            }
            Ok(Some(execution)) => self.learn(request, execution).await,
            Ok(None) if request.ran_at.is_none() => self.make_sure_it_never_runs(request).await,
            Ok(None) | Err(_) => Ok(request),
        }
    }

    /// Whether a missing proof can be told: the server was heard of since the bot began, or long enough was
    /// waited for it.
    pub(super) fn heard_of(&self, request: &Request) -> bool {
        let observations = self.parts().fleet.observe();
        let seen = observations.iter().find(|seen| seen.agent == request.plan.agent);
        let heard = seen.is_some_and(|seen| seen.received_at.is_some());
        let now = self.parts().clock.now();
        heard || request.verify_by.is_some_and(|by| now.duration_since(by) > UNHEARD)
    }
}

/// Whether a journal's answer leads nowhere: it runs for ever, or denies a run that was seen.
fn has_no_end(progress: &Progress, request: &Request) -> bool {
    match progress {
        Progress::Running { .. } => true,
        Progress::Staged { .. } | Progress::Cancelled { .. } => request.ran_at.is_some(),
        Progress::Finished { .. } | Progress::Unknown { .. } => false,
    }
}

/// Since when a request is in its state.
fn since(request: &Request) -> Timestamp {
    request.steps.last().map_or(request.created_at, |step| step.at)
}

/// How long nothing may be heard of a run.
fn patience(request: &Request) -> SignedDuration {
    let command = catalog::command(request.plan.command.as_str());
    let seconds = command.map_or(0, |command| command.about.timeout_seconds);
    let own = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX / 2));
    match request.plan.mode {
        Mode::Unattended => SILENCE + own,
        Mode::Attended => SILENCE + own.max(ATTENDED),
    }
}
