//! What the agent does with a grant: runs it, stages it, lets an operator apply it, cancels it.
//!
//! Deciding and writing the journal are one step, under the journal's lock; the command itself runs after it.

use jiff::SignedDuration;

use crate::agent::core::{Agent, blocking, joined};
use crate::agent::gatekeeper::{Ask, Verdict};
use crate::agent::journal::{JournalError, Locked, Permit, Run};
use crate::agent::powershell::{Argument, InvalidArgument};
use crate::agent::record::Entry;
use crate::agent::run::{arguments, execute};
use crate::agent::sign_in::{UserName, user_name};
use crate::grant::{Grant, verify};
use crate::ids::RequestId;
use crate::link::protocol::{Execution, ExecutionAnswer, Reason};
use crate::plan::Digest;
use crate::report::Report;

/// When the bot may plan again after a delivery that had to be put off, in seconds. Soon: planning again costs little, and
/// its own answer says how long to wait.
const PLAN_AGAIN: u32 = 5;

/// How many requests may wait for an operator. Each keeps a grant on the server's disk, and a server has few commands.
const MOST_STAGED: usize = 5;

/// How many requests that never came here may be cancelled in an hour. Each is a line in the journal for ever.
const MOST_BARRED: usize = 60;

/// Why a staged request whose time is over will not run.
const NOT_IN_TIME: &str = "not applied in time";

/// Who applies a staged request at the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The operator's account, as [`account`](crate::agent::account) tells it: marked where it is not confirmed.
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
        joined(tokio::spawn(async move { agent.take(token).await })).await
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
        match blocking(move || agent.take_locked(&token, &report)).await {
            Taken::Started { execution, run, grant, arguments } => {
                let agent = self.clone();
                tokio::spawn(async move { execute(&agent, run, &grant, &arguments).await });
                ExecutionAnswer::Accepted { execution }
            }
            Taken::Answered(answer) => {
                answered(self, grant.as_ref(), &answer);
                answer
            }
        }
    }

    /// Decides and writes the journal as one step.
    fn take_locked(&self, token: &str, report: &Report) -> Taken {
        let now = self.0.clock.now();
        let mut journal = match self.0.journal.lock() {
            Ok(journal) => journal,
            Err(error) => return refused(reasons(&error)).into(),
        };
        let ask = Ask::Deliver { token, challenges: &self.0.challenges };
        match self.decide(ask, report, Ok(journal.view())) {
            Verdict::Run(grant) => {
                let arguments = match arguments(&grant, report) {
                    Ok(arguments) => arguments,
                    Err(error) => return refused(argument_refused(&error)).into(),
                };
                let run = match journal.start(now, &grant, None) {
                    Ok(run) => run,
                    Err(error) => return refused(reasons(&error)).into(),
                };
                self.record(&Entry::running(&grant, None));
                match journal.view().execution(run.request()) {
                    Some(execution) => Taken::Started { execution, run, grant, arguments },
                    None => accepted(&journal, &grant.plan.request).into(),
                }
            }
            Verdict::Stage(_) if journal.view().staged(now).count() >= MOST_STAGED => {
                let text = format!("{MOST_STAGED} requests wait here for an operator already");
                refused(vec![Reason::new("too-many-staged", text)]).into()
            }
            Verdict::Stage(grant) => match journal.stage(now, &grant, token) {
                Ok(()) => {
                    self.record(&Entry::staged(&grant));
                    accepted(&journal, &grant.plan.request).into()
                }
                Err(error) => refused(reasons(&error)).into(),
            },
            Verdict::Known(request) => accepted(&journal, &request).into(),
            Verdict::Busy(why) => ExecutionAnswer::Busy { why, retry_after: PLAN_AGAIN }.into(),
            Verdict::Moved(why) => ExecutionAnswer::Moved { why }.into(),
            Verdict::Refused(why) => refused(why).into(),
            // Only a plan leads to this.
            Verdict::Ready(_) => refused(Vec::new()).into(),
        }
    }

    /// How a request stands; `None` if it is not known here. One whose time is over is cancelled by this, and only then
    /// said to be: were the clock set back after the answer, `apply` could run it otherwise.
    ///
    /// # Errors
    /// If the journal can't be used.
    pub fn execution(&self, request: &RequestId) -> Result<Option<Execution>, JournalError> {
        let now = self.0.clock.now();
        let view = self.0.journal.view()?;
        if view.expired(now).any(|expired| expired == request) {
            let mut journal = self.0.journal.lock()?;
            // An operator may have begun in between.
            if journal.view().expired(now).any(|expired| expired == request) {
                journal.cancel(now, request, NOT_IN_TIME)?;
            }
            return Ok(journal.view().execution(request));
        }
        Ok(view.execution(request))
    }

    /// Cancels a request that has not started. One that never came here is barred: its grant may still be on its way.
    ///
    /// # Errors
    /// If the journal can't be used; whether the request is cancelled is then not known.
    pub async fn cancel(&self, request: &RequestId, plan: Digest) -> Result<ExecutionAnswer, JournalError> {
        let (agent, request) = (self.clone(), request.clone());
        blocking(move || agent.cancel_locked(&request, plan)).await
    }

    fn cancel_locked(&self, request: &RequestId, plan: Digest) -> Result<ExecutionAnswer, JournalError> {
        let now = self.0.clock.now();
        let mut journal = self.0.journal.lock()?;
        match journal.view().state(request) {
            None if journal.view().barred_since(now - SignedDuration::from_hours(1)) >= MOST_BARRED => {
                let text =
                    format!("{MOST_BARRED} requests that never came here were cancelled within the hour");
                return Ok(refused(vec![Reason::new("too-many-cancelled", text)]));
            }
            None => {
                journal.bar(now, request, plan)?;
                tracing::info!(%request, plan = %plan.code(), "a request was cancelled before its grant came");
            }
            Some("staged") => {
                journal.cancel(now, request, "cancelled by the bot")?;
                tracing::info!(%request, "a staged request was cancelled");
            }
            Some("cancelled") => {}
            Some(state) => {
                let text = format!("request {request} is already {state}");
                return Ok(refused(vec![Reason::new("not-cancellable", text)]));
            }
        }
        Ok(accepted(&journal, request))
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
            let grant = self.0.journal.staged_grant(request).ok();
            let grant = grant.and_then(|token| verify(&token, &self.0.trust.grant_keys).ok());
            if grant.is_some() {
                self.record_refusal(&Entry::refused(grant.as_ref(), why));
            }
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
            Verdict::Busy(why) | Verdict::Moved(why) | Verdict::Refused(why) => return Err(why),
            // Only a plan or a delivery leads to these.
            Verdict::Ready(_) | Verdict::Stage(_) | Verdict::Known(_) => return Err(Vec::new()),
        };
        let asked = user_name(&grant.plan.command, report.appliance.build);
        if operator.aad_username.is_none() && asked == UserName::Needed {
            let text = "on this build Microsoft's cmdlet must be told who signs in: give --aad-username";
            return Err(vec![Reason::new("aad-username-needed", text)]);
        }
        let mut given = arguments(&grant, report).map_err(|error| argument_refused(&error))?;
        if let Some(name) = operator.aad_username {
            let name = Argument::user_name(name);
            given.push(name.map_err(|error| vec![Reason::new("arguments-invalid", error.to_string())])?);
        }
        let run = journal.start(self.0.clock.now(), &grant, Some(operator.account.clone()));
        let run = run.map_err(|error| reasons(&error))?;
        self.record(&Entry::running(&grant, Some(&operator.account)));
        Ok((run, grant, given))
    }

    /// Cancels the staged requests whose time is over, so that their grants leave the disk.
    pub(super) fn expire(&self) -> Result<(), JournalError> {
        let now = self.0.clock.now();
        if self.0.journal.view()?.expired(now).next().is_none() {
            return Ok(());
        }
        let mut journal = self.0.journal.lock()?;
        let expired: Vec<RequestId> = journal.view().expired(now).cloned().collect();
        expired.iter().try_for_each(|request| journal.cancel(now, request, NOT_IN_TIME))
    }
}

/// What became of a grant.
enum Taken {
    Started { execution: Execution, run: Run, grant: Box<Grant>, arguments: Vec<Argument> },
    Answered(ExecutionAnswer),
}

impl From<ExecutionAnswer> for Taken {
    fn from(answer: ExecutionAnswer) -> Taken {
        Taken::Answered(answer)
    }
}

/// How a request stands in the journal that is still locked: nothing can have come between.
fn accepted(journal: &Locked<'_>, request: &RequestId) -> ExecutionAnswer {
    match journal.view().execution(request) {
        Some(execution) => ExecutionAnswer::Accepted { execution },
        None => {
            let text = format!("request {request} is not known here");
            refused(vec![Reason::new("request-unknown", text)])
        }
    }
}

fn refused(why: Vec<Reason>) -> ExecutionAnswer {
    ExecutionAnswer::Refused { why }
}

fn reasons(error: &JournalError) -> Vec<Reason> {
    vec![Reason::new(error.code(), error.to_string())]
}

fn argument_refused(error: &InvalidArgument) -> Vec<Reason> {
    vec![Reason::new("arguments-invalid", error.to_string())]
}

/// Puts on record what was refused; what is only put off is in the log.
fn answered(agent: &Agent, grant: Option<&Grant>, answer: &ExecutionAnswer) {
    let (what, why) = match answer {
        ExecutionAnswer::Accepted { .. } => return,
        ExecutionAnswer::Refused { why } => return agent.record_refusal(&Entry::refused(grant, why)),
        ExecutionAnswer::Busy { why, .. } => ("put off", why),
        ExecutionAnswer::Moved { why } => ("not taken, for the state moved", why),
    };
    let codes: Vec<&str> = why.iter().map(|reason| reason.code.as_str()).collect();
    let (request, plan) =
        (grant.map(|it| it.plan.request.clone()), grant.map(|it| it.plan.code().to_string()));
    tracing::warn!(?request, ?plan, codes = codes.join(","), "a grant was {what}");
}
