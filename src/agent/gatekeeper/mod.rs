//! The server's own veto. [`decide`] is the one function through which every plan, every delivered grant and every
//! `apply` goes; it is pure but for using up a challenge, and trusts nothing that the bot says.
//!
//! Reasons come in four kinds, told apart by what may change them:
//! *refused* (this agent will not run it as asked), *moved* (the state is no longer the approved one), *busy* (not
//! just now, or not known just now), in that order where several hold.

mod grant;
mod server;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::agent::challenge::Challenges;
use crate::agent::config::Config;
use crate::agent::journal::JournalError;
use crate::agent::journal::view::View;
use crate::catalog::{self, ArgumentKind, Command};
use crate::grant::{Grant, VerifyingKey};
use crate::ids::{CommandId, ConnectorId, RequestId};
use crate::link::protocol::{PlanRequest, Reason};
use crate::plan::{Digest, Mode, Plan, fingerprint};
use crate::report::Report;

/// When to ask again after a busy answer, in seconds. A delta cycle takes from seconds to minutes.
pub const RETRY_AFTER: u32 = 30;

/// What this agent got at its enrolment.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Which enrolment of its id it is.
    pub generation: u32,
    /// The keys that may sign grants.
    pub grant_keys: Vec<VerifyingKey>,
}

/// Everything a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The server's clock.
    pub now: Timestamp,
    /// The server's own rules.
    pub config: &'a Config,
    /// What the agent got at its enrolment.
    pub trust: &'a Trust,
    /// The server as just read; its `state` is absent if it could not be read just now.
    pub report: &'a Report,
    /// What the journal says, or why it can't be used.
    pub journal: Result<&'a View, &'a JournalError>,
}

/// What is asked.
#[derive(Clone, Copy)]
pub enum Ask<'a> {
    /// Might it run now?
    Plan(&'a PlanRequest),
    /// May this grant, just delivered, run or be staged?
    Deliver {
        /// The signed grant.
        token: &'a str,
        /// The open challenges; the grant's is used up.
        challenges: &'a Challenges,
    },
    /// May this staged grant run now, with an operator at the keyboard?
    Apply {
        /// The signed grant, from the disk.
        token: &'a str,
    },
}

/// The decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It could run: this plan.
    Ready(Plan),
    /// It may run, now.
    Run(Box<Grant>),
    /// It may wait for an operator.
    Stage(Box<Grant>),
    /// A grant for this request and plan was taken before: the journal says how it stands.
    Known(RequestId),
    /// Not just now.
    Busy(Vec<Reason>),
    /// The state is no longer the approved one.
    Moved(Vec<Reason>),
    /// Not as asked.
    Refused(Vec<Reason>),
}

/// What would run, before the state is looked at.
#[derive(Debug, Clone, Copy)]
struct Wish<'a> {
    request: &'a RequestId,
    command: &'a CommandId,
    arguments: &'a BTreeMap<String, String>,
    mode: Mode,
    /// The fingerprint that people approved.
    expected: Option<Digest>,
}

/// Decides what is asked.
pub fn decide(ask: Ask<'_>, facts: Facts<'_>) -> Verdict {
    let view = match facts.journal {
        Ok(view) => view,
        Err(error) => return Verdict::Refused(vec![Reason::new(error.code(), error.to_string())]),
    };
    match ask {
        Ask::Plan(request) => {
            let wish = Wish {
                request: &request.request,
                command: &request.command,
                arguments: &request.arguments,
                mode: request.mode,
                expected: request.expected,
            };
            if let Some(state) = view.state(&request.request) {
                let text = format!("request {} is already {state} on this server", request.request);
                return Verdict::Refused(vec![Reason::new("request-known", text)]);
            }
            planned(wish, facts, view).map_or_else(|verdict| *verdict, Verdict::Ready)
        }
        Ask::Deliver { token, challenges } => grant::delivered(token, challenges, facts, view),
        Ask::Apply { token } => grant::applied(token, facts, view),
    }
}

/// The plan that a wish comes to on the server as it is, if it may run now.
fn planned(wish: Wish<'_>, facts: Facts<'_>, view: &View) -> Result<Plan, Box<Verdict>> {
    let Some(command) = catalog::command(wish.command.as_str()) else {
        let text =
            format!("this agent's catalogue has no command {}: update the older program", wish.command);
        return Err(Box::new(Verdict::Refused(vec![Reason::new("command-unknown", text)])));
    };
    verdict(rules(wish, command, facts, view), Verdict::Refused)?;
    let state = server::known_state(facts.report).map_err(|why| Box::new(Verdict::Busy(why)))?;
    let forest = wish.arguments.get("connector").and_then(|id| id.parse::<ConnectorId>().ok());
    let wrong = server::wrong_state(command, forest.as_ref(), state);
    let live = fingerprint(facts.report).unwrap_or(Digest([0; 32]));
    if wish.expected.is_some_and(|expected| expected != live) {
        let moved = "the server's state is no longer the one that was approved: look again and ask anew";
        return Err(Box::new(Verdict::Moved([vec![Reason::new("state-moved", moved)], wrong].concat())));
    }
    verdict(wrong, Verdict::Refused)?;
    verdict(server::busy(facts.report, state, view), Verdict::Busy)?;
    Ok(Plan {
        request: wish.request.clone(),
        command: wish.command.clone(),
        script: command.digest,
        mode: wish.mode,
        arguments: wish.arguments.clone(),
        agent: facts.config.id.clone(),
        generation: facts.trust.generation,
        fingerprint: live,
    })
}

fn verdict(why: Vec<Reason>, verdict: fn(Vec<Reason>) -> Verdict) -> Result<(), Box<Verdict>> {
    if why.is_empty() { Ok(()) } else { Err(Box::new(verdict(why))) }
}

/// What the server's rules and its product say against a wish, whatever the state.
fn rules(wish: Wish<'_>, command: &Command, facts: Facts<'_>, view: &View) -> Vec<Reason> {
    let mut why = Vec::new();
    let id = wish.command;
    if !command.about.changes {
        let text = format!("{id} changes nothing and needs no plan: the report holds what it reads");
        why.push(Reason::new("command-reads-only", text));
    }
    if facts.config.read_only {
        let text = "this server is read-only: its administrators may set read_only = false in agent.toml";
        why.push(Reason::new("agent-read-only", text));
    } else if !facts.config.commands.contains(id) {
        let text = format!(
            "this server does not allow {id}: its administrators may add it to commands in agent.toml"
        );
        why.push(Reason::new("command-not-allowed", text));
    }
    why.extend(arguments(wish, command));
    let most = facts.config.runs_per_day as usize;
    if view.runs_in_a_day(id, facts.now) >= most {
        let text = format!(
            "{id} has run here {most} times in 24 hours, and that is the most: if it is needed again, the cause lies elsewhere"
        );
        why.push(Reason::new("run-cap-reached", text));
    }
    why.extend(server::product(facts.report));
    // An unknown build is nothing final; `known_state` answers busy.
    let mode = facts.report.appliance.build.map(|build| command.mode(Some(build)));
    if wish.mode == Mode::Unattended && mode == Some(Mode::Attended) {
        let text = "on this build Microsoft's cmdlet asks a person to sign in: ask for an attended run, which an operator \
                    applies at the server";
        why.push(Reason::new("attended-mode-required", text));
    }
    why
}

fn arguments(wish: Wish<'_>, command: &Command) -> Option<Reason> {
    let invalid = |text: String| Some(Reason::new("arguments-invalid", text));
    let kinds = &command.about.arguments;
    if !wish.arguments.keys().eq(kinds.keys()) {
        let names: Vec<&str> = kinds.keys().map(String::as_str).collect();
        return invalid(format!("{} takes exactly these arguments: [{}]", wish.command, names.join(", ")));
    }
    wish.arguments.iter().zip(kinds.values()).find_map(|((name, value), kind)| match kind {
        // In the one spelling that the plan hash of both programs covers.
        ArgumentKind::Forest => match value.parse::<ConnectorId>() {
            Ok(id) if id.as_str() == value => None,
            _ => invalid(format!("{name} must be a connector id in lower case")),
        },
    })
}

#[cfg(test)]
mod tests;
