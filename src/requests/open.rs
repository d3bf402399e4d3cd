//! Making a request: the agent is asked what it would run, the servers are diagnosed on that very state, and
//! the gate decides.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{REFRESH, Refused, Requests};
use crate::catalog::{self, Scope};
use crate::diagnosis::{Observation, ServerDiagnosis, diagnose};
use crate::gate::{self, Actor, Ask, Refusal, Request};
use crate::ids::{AgentId, CommandId, RequestId};
use crate::link::protocol::{PlanAnswer, PlanRequest, Reason};
use crate::plan::{Mode, Plan, fingerprint};
use crate::report::Report;
use crate::store::StoreError;
use crate::words::Text;

/// What a person asks for.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Who asks.
    pub actor: Actor,
    /// On which server.
    pub agent: AgentId,
    /// Which command.
    pub command: CommandId,
    /// With which arguments.
    pub arguments: BTreeMap<String, String>,
    /// `Some(Attended)` where an unattended run asked for a person; otherwise the build decides.
    pub mode: Option<Mode>,
    /// Why, as typed.
    pub reason: String,
    /// Why it may go on although it was switched off deliberately, as typed.
    pub justification: Option<String>,
}

impl Requests {
    /// Makes a request. A refused attempt is audited as well.
    ///
    /// # Errors
    /// Why none was made.
    pub async fn open(&self, new: NewRequest) -> Result<Request, Refused> {
        let actor = new.actor.clone();
        match self.try_open(new).await {
            Err(refused @ (Refused::Gate(_) | Refused::Server(_))) => {
                self.audit_attempt(None, &actor, refused.code()).await?;
                Err(refused)
            }
            other => other,
        }
    }

    async fn try_open(&self, new: NewRequest) -> Result<Request, Refused> {
        let parts = self.parts();
        // Who may not ask learns nothing of the servers.
        self.policy().check_requester(&new.actor, parts.clock.now())?;
        let command = catalog::command(new.command.as_str()).filter(|command| command.about.changes);
        let command = command.ok_or(Refusal::Unknown)?;

        let observations = parts.fleet.refresh(REFRESH).await;
        let build = observations.iter().find(|seen| seen.agent == new.agent);
        let build = build.and_then(|seen| seen.report.as_ref()).and_then(|report| report.appliance.build);
        let id = new_id(&parts.random.id())?;
        let asked = PlanRequest {
            request: id.clone(),
            command: new.command.clone(),
            arguments: new.arguments.clone(),
            mode: new.mode.unwrap_or_else(|| command.mode(build)),
            expected: None,
            challenge: false,
        };
        let (plan, report) = self.first_plan(&new.agent, &asked).await?;
        check_plan(&plan, &asked, &new.agent, &report)?;

        let now = parts.clock.now();
        let diagnosis = diagnose(&with_report(observations, &new.agent, &report, now), now, &parts.knowledge);
        let server = diagnosis.servers.iter().find(|server| server.agent == new.agent);
        let server = server.ok_or(Refusal::Unknown)?;
        let ask = Ask {
            id,
            actor: new.actor.clone(),
            reason: new.reason,
            justification: new.justification,
            scope: scope(command.about.scope, &new.agent, &new.arguments),
            target: server.remedy.as_ref().map_or_else(String::new, |remedy| remedy.target.clone()),
            observed: observed(server, &report),
            why_not: why_not(server, &new.command, &new.arguments),
            deliberate: server.deliberate,
            plan,
        };
        let decision = gate::open(ask, self.policy(), now)?;
        match self.keep(&decision, Some(new.actor.user)).await {
            Err(StoreError::OpenRequest(other)) => Err(Refusal::AlreadyOpen(other).into()),
            Err(error) => Err(error.into()),
            Ok(()) => {
                self.wake();
                Ok(decision.request)
            }
        }
    }

    /// Asks the agent what it would run now.
    async fn first_plan(&self, agent: &AgentId, asked: &PlanRequest) -> Result<(Plan, Report), Refused> {
        let link = self.parts().fleet.link(agent).ok_or(Refusal::Unknown)?;
        match link.plan(asked).await {
            Ok(PlanAnswer::Ready { plan, report, .. }) => Ok((plan, *report)),
            Ok(PlanAnswer::Busy { why, retry_after }) => {
                let hint = Reason::new("busy", format!("Try again in {retry_after} seconds."));
                Err(Refused::Server(why.into_iter().chain([hint]).collect()))
            }
            Ok(PlanAnswer::Moved { why } | PlanAnswer::Refused { why }) => Err(Refused::Server(why)),
            Err(error) => Err(Refused::Server(vec![Reason::new(error.code(), error.to_string())])),
        }
    }
}

fn new_id(text: &str) -> Result<RequestId, Refused> {
    text.parse().map_err(|_| Refusal::Unknown.into())
}

/// Whether the plan is the one that was asked for, with our script, on the state that came with it.
pub(super) fn check_plan(
    plan: &Plan,
    asked: &PlanRequest,
    agent: &AgentId,
    report: &Report,
) -> Result<(), Refusal> {
    let command = catalog::command(asked.command.as_str());
    let same = plan.request == asked.request
        && plan.command == asked.command
        && plan.arguments == asked.arguments
        && plan.mode == asked.mode
        && plan.agent == *agent
        && report.agent == *agent
        && plan.generation == report.generation
        && command.is_some_and(|command| command.digest == plan.script)
        && fingerprint(report) == Some(plan.fingerprint);
    if same { Ok(()) } else { Err(Refusal::WrongPlan(agent.clone())) }
}

/// The observations with one server's report replaced by the one its plan was made on.
pub(super) fn with_report(
    mut observations: Vec<Observation>,
    agent: &AgentId,
    report: &Report,
    now: Timestamp,
) -> Vec<Observation> {
    for seen in observations.iter_mut().filter(|seen| seen.agent == *agent) {
        seen.report = Some(report.clone());
        seen.received_at = Some(now);
        seen.silence = None;
    }
    observations
}

/// Every condition that does not hold for this very command and arguments.
pub(super) fn why_not(
    server: &ServerDiagnosis,
    command: &CommandId,
    arguments: &BTreeMap<String, String>,
) -> Vec<(String, Text)> {
    let mut why: Vec<(String, Text)> =
        server.why_not.iter().map(|why| (why.code.clone(), why.text.clone())).collect();
    let remedy = server.remedy.as_ref();
    let same = remedy.is_some_and(|remedy| remedy.command == *command && remedy.arguments == *arguments);
    if why.is_empty() && !(server.offer && same) {
        why.push((server.cause.as_str().to_owned(), server.summary.clone()));
    }
    why
}

fn scope(scope: Scope, agent: &AgentId, arguments: &BTreeMap<String, String>) -> String {
    match scope {
        Scope::Tenant => "tenant".to_owned(),
        Scope::Server => agent.to_string(),
        Scope::Connector => {
            let connector = arguments.get("connector").map_or("", String::as_str);
            format!("{agent}/{connector}")
        }
    }
}

/// What the approval card shows of the state on which the plan was made.
fn observed(server: &ServerDiagnosis, report: &Report) -> Vec<(String, String)> {
    let state = report.state.as_ref();
    let flag = |value: Option<bool>| match value {
        Some(true) => "on",
        Some(false) => "off",
        None => "unknown",
    };
    let action = server.last_action.as_ref().map(|action| {
        let who = action.who.as_deref().unwrap_or("name not recorded");
        format!("{}: <t:{}:f>, {who}", action.what, action.at.as_second())
    });
    let closed: Vec<&str> = server
        .forests
        .iter()
        .filter(|forest| forest.channel != Some(true))
        .map(|f| f.name.as_str())
        .collect();
    let read = state.map(|state| format!("<t:{}:T>", state.read_at.as_second()));
    let row = |label: &str, value: String| (label.to_owned(), value);
    vec![
        row("Verdict", server.summary.to_string()),
        row("Build", report.appliance.build.map_or_else(|| "unknown".into(), |build| build.to_string())),
        row("Cloud flag", flag(state.and_then(|state| state.cloud_flag)).into()),
        row("Staging mode", flag(state.and_then(|state| state.staging)).into()),
        row("Last switched", action.unwrap_or_else(|| "not recorded".into())),
        row(
            "Sign-in method",
            state.and_then(|state| state.sign_in_method.clone()).unwrap_or_else(|| "unknown".into()),
        ),
        row(
            "Forests whose channel is off",
            if closed.is_empty() { "none".into() } else { closed.join(", ") },
        ),
        row("State read", read.unwrap_or_else(|| "never".into())),
    ]
}
