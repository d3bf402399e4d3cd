//! What the agent does with a grant: runs it, stages it, lets an operator apply it, cancels it.
//!
//! Deciding and writing the journal are one step, under the journal's lock; the command itself runs after it.

use crate::agent::core::{Agent, blocking};
use crate::agent::gatekeeper::{Ask, Verdict};
use crate::agent::journal::{JournalError, Permit, Run};
use crate::agent::powershell::Argument;
use crate::agent::run::{arguments, execute};
use crate::catalog;
use crate::grant::{Grant, verify};
use crate::ids::{Build, RequestId};
use crate::link::protocol::{Execution, ExecutionAnswer, Reason};
use crate::report::Report;

/// Who applies a staged request at the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The operator's Windows account.
    pub account: String,
    /// What Microsoft's cmdlet is given to sign in with, if the operator gave it.
    pub aad_username: Option<String>,
}

/// A request that waits for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// The request.
    pub request: RequestId,
    /// What was permitted, and by whom.
    pub permit: Permit,
    /// Until when it waits.
    pub until: jiff::Timestamp,
}

impl Agent {
    /// Takes a signed grant: runs it, or stages it. Whoever awaits this may go away; what has begun goes on.
    pub async fn deliver(&self, token: String) -> ExecutionAnswer {
        let agent = self.clone();
        let task = tokio::spawn(async move { agent.take(token).await });
        task.await.unwrap_or_else(|error| refused("agent-error", format!("the agent failed: {error}")))
    }

    async fn take(&self, token: String) -> ExecutionAnswer {
        let grant = verify(&token, &self.0.trust.grant_keys).ok();
        let is_new =
            |request: &RequestId| self.0.journal.view().is_ok_and(|view| view.state(request).is_none());
        // A wrong signature, or a grant that was taken before, needs no look at the server.
        let report = match &grant {
            Some(grant) if is_new(&grant.plan.request) => self.live_report().await,
            _ => self.report(false).await,
        };
        let agent = self.clone();
        let taken = blocking(move || agent.take_locked(&token, &report)).await;
        match taken {
            Ok(Taken::Started { run, grant, arguments }) => {
                let request = run.request().clone();
                let agent = self.clone();
                tokio::spawn(async move { execute(&agent, run, &grant, &arguments).await });
                self.answer(&request)
            }
            Ok(Taken::Known(request)) => self.answer(&request),
            Err(why) => {
                log_refusal("grant", grant.as_ref(), &why);
                ExecutionAnswer::Refused { why }
            }
        }
    }

    /// Decides and writes the journal as one step.
    fn take_locked(&self, token: &str, report: &Report) -> Result<Taken, Vec<Reason>> {
        let now = self.0.clock.now();
        let mut journal = self.0.journal.lock().map_err(|error| reasons(&error))?;
        let ask = Ask::Deliver { token, challenges: &self.0.challenges };
        match self.decide(ask, report, Ok(journal.view())) {
            Verdict::Run(grant) => {
                let arguments =
                    arguments(&grant, report).map_err(|error| argument_refused(&error.to_string()))?;
                let run = journal.start(now, &grant, None).map_err(|error| reasons(&error))?;
                log_grant("running", &grant, None);
                Ok(Taken::Started { run, grant, arguments })
            }
            Verdict::Stage(grant) => {
                journal.stage(now, &grant, token).map_err(|error| reasons(&error))?;
                log_grant("staged", &grant, None);
                Ok(Taken::Known(grant.plan.request.clone()))
            }
            Verdict::Known(request) => Ok(Taken::Known(request)),
            other => Err(why_not(other)),
        }
    }

    /// How a request stands; `None` if it is not known here.
    ///
    /// # Errors
    /// If the journal can't be used.
    pub fn execution(&self, request: &RequestId) -> Result<Option<Execution>, JournalError> {
        Ok(self.0.journal.view()?.execution(request, self.0.clock.now()))
    }

    /// Cancels a request that has not started.
    pub async fn cancel(&self, request: &RequestId) -> ExecutionAnswer {
        let (agent, request) = (self.clone(), request.clone());
        blocking(move || agent.cancel_locked(&request)).await
    }

    fn cancel_locked(&self, request: &RequestId) -> ExecutionAnswer {
        let cancelled = self
            .0
            .journal
            .lock()
            .and_then(|mut journal| journal.cancel(self.0.clock.now(), request, "cancelled by the bot"));
        match cancelled {
            Ok(()) => {
                tracing::info!(%request, "a staged request was cancelled");
                self.answer(request)
            }
            Err(JournalError::Known { state: "cancelled", .. }) => self.answer(request),
            Err(error @ JournalError::Known { .. }) => refused("not-cancellable", error.to_string()),
            Err(error) => ExecutionAnswer::Refused { why: reasons(&error) },
        }
    }

    /// The requests that wait for an operator.
    ///
    /// # Errors
    /// If the journal can't be used.
    pub fn staged(&self) -> Result<Vec<Staged>, JournalError> {
        let view = self.0.journal.view()?;
        let staged = view.staged(self.0.clock.now()).map(|(request, permit, until)| Staged {
            request: request.clone(),
            permit: permit.clone(),
            until,
        });
        Ok(staged.collect())
    }

    /// Runs a staged request in the operator's own session, after checking everything again on the live
    /// state.
    ///
    /// # Errors
    /// Why it may not run, each reason with its code.
    pub async fn apply(&self, request: &RequestId, operator: Operator) -> Result<Execution, Vec<Reason>> {
        let report = self.live_report().await;
        let (agent, asked) = (self.clone(), request.clone());
        let taken = blocking(move || agent.apply_locked(&asked, operator, &report)).await;
        let (run, grant, arguments) = taken.inspect_err(|why| {
            let codes: Vec<&str> = why.iter().map(|reason| reason.code.as_str()).collect();
            tracing::warn!(%request, codes = codes.join(","), "a staged request was not applied");
        })?;
        // A task of its own: giving up at the keyboard must not break off what has begun.
        let agent = self.clone();
        let task = tokio::spawn(async move { execute(&agent, run, &grant, &arguments).await });
        match task.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(reasons(&error)),
            Err(error) => return Err(vec![Reason::new("agent-error", error.to_string())]),
        }
        let execution = self.execution(request).map_err(|error| reasons(&error))?;
        execution.ok_or_else(|| vec![Reason::new("request-unknown", "the journal lost the request")])
    }

    fn apply_locked(
        &self,
        request: &RequestId,
        operator: Operator,
        report: &Report,
    ) -> Result<(Run, Box<Grant>, Vec<Argument>), Vec<Reason>> {
        let mut journal = self.0.journal.lock().map_err(|error| reasons(&error))?;
        if journal.view().state(request) != Some("staged") {
            let text = format!("request {request} does not wait for an operator");
            return Err(vec![Reason::new("not-staged", text)]);
        }
        let token = self.0.journal.staged_grant(request).map_err(|error| reasons(&error))?;
        let grant = match self.decide(Ask::Apply { token: &token }, report, Ok(journal.view())) {
            Verdict::Run(grant) if grant.plan.request == *request => grant,
            Verdict::Run(_) => {
                return Err(vec![Reason::new("plan-mismatch", "the stored grant is for another request")]);
            }
            other => return Err(why_not(other)),
        };
        if operator.aad_username.is_none() && needs_user_name(&grant, report) {
            let text = "on this build Microsoft's cmdlet must be told who signs in: give --aad-username";
            return Err(vec![Reason::new("aad-username-needed", text)]);
        }
        let mut given = arguments(&grant, report).map_err(|error| argument_refused(&error.to_string()))?;
        if let Some(name) = operator.aad_username {
            let name =
                Argument::new("AADUsername", name).map_err(|error| argument_refused(&error.to_string()))?;
            given.push(name);
        }
        let run = journal.start(self.0.clock.now(), &grant, Some(operator.account.clone()));
        let run = run.map_err(|error| reasons(&error))?;
        log_grant("applied", &grant, Some(&operator.account));
        Ok((run, grant, given))
    }

    fn answer(&self, request: &RequestId) -> ExecutionAnswer {
        match self.execution(request) {
            Ok(Some(execution)) => ExecutionAnswer::Accepted { execution },
            Ok(None) => refused("request-unknown", format!("request {request} is not known here")),
            Err(error) => ExecutionAnswer::Refused { why: reasons(&error) },
        }
    }

    /// Cancels the staged requests whose time is over, so that their grants leave the disk.
    pub(super) fn expire(&self) -> Result<(), JournalError> {
        let now = self.0.clock.now();
        if self.0.journal.view()?.expired(now).next().is_none() {
            return Ok(());
        }
        let mut journal = self.0.journal.lock()?;
        let expired: Vec<RequestId> = journal.view().expired(now).cloned().collect();
        expired.iter().try_for_each(|request| journal.cancel(now, request, "not applied in time"))
    }
}

/// From 2.6.84.0 the cmdlet's `-AADUsername` is mandatory, from 2.6.91.0 optional again. Asked before the run, since a
/// run that fails for want of it would use the request up.
///
/// Source: Microsoft Entra Connect version history.
fn needs_user_name(grant: &Grant, report: &Report) -> bool {
    let mandatory = Build([2, 6, 84, 0])..Build([2, 6, 91, 0]);
    grant.plan.command.as_str() == catalog::ENABLE_PASSWORD_SYNC
        && report.appliance.build.is_some_and(|build| mandatory.contains(&build))
}

/// What became of a grant.
enum Taken {
    Started { run: Run, grant: Box<Grant>, arguments: Vec<Argument> },
    Known(RequestId),
}

fn why_not(verdict: Verdict) -> Vec<Reason> {
    match verdict {
        Verdict::Busy(why) | Verdict::Moved(why) | Verdict::Refused(why) => why,
        Verdict::Ready(_) | Verdict::Run(_) | Verdict::Stage(_) | Verdict::Known(_) => Vec::new(),
    }
}

fn reasons(error: &JournalError) -> Vec<Reason> {
    vec![Reason::new(error.code(), error.to_string())]
}

fn argument_refused(text: &str) -> Vec<Reason> {
    vec![Reason::new("arguments-invalid", text)]
}

fn refused(code: &str, text: String) -> ExecutionAnswer {
    ExecutionAnswer::Refused { why: vec![Reason::new(code, text)] }
}

fn log_grant(what: &str, grant: &Grant, operator: Option<&str>) {
    let approvers: Vec<String> = grant.approvers.iter().map(ToString::to_string).collect();
    tracing::info!(
        request = %grant.plan.request, command = %grant.plan.command, plan = %grant.plan.code(),
        requester = %grant.requester, approvers = approvers.join(","), audit_head = grant.audit_head, operator,
        "a grant is {what}"
    );
}

fn log_refusal(what: &str, grant: Option<&Grant>, why: &[Reason]) {
    let codes: Vec<&str> = why.iter().map(|reason| reason.code.as_str()).collect();
    let codes = codes.join(",");
    match grant {
        Some(grant) => {
            let approvers: Vec<String> = grant.approvers.iter().map(ToString::to_string).collect();
            tracing::warn!(
                request = %grant.plan.request, command = %grant.plan.command, plan = %grant.plan.code(),
                requester = %grant.requester, approvers = approvers.join(","), audit_head = grant.audit_head, codes,
                "a {what} was refused"
            );
        }
        None => tracing::warn!(codes, "a {what} with a wrong signature was refused"),
    }
}
