//! What a grant must be, and what must hold of it, before its command runs.

use super::{Facts, Trust, Verdict, Wish, planned};
use crate::agent::challenge::Challenges;
use crate::agent::config::Config;
use crate::agent::journal::view::View;
use crate::catalog;
use crate::grant::{CLOCK_TOLERANCE, Grant, GrantError, verify};
use crate::link::protocol::Reason;
use crate::plan::Mode;

/// The most characters of a reason.
const MAX_REASON: usize = 300;

/// A grant just delivered by the bot.
pub(super) fn delivered(token: &str, challenges: &Challenges, facts: Facts<'_>, view: &View) -> Verdict {
    let grant = match verify(token, &facts.trust.grant_keys) {
        Ok(grant) => grant,
        Err(error) => return refused(vec![reason(&error)]),
    };
    let request = &grant.plan.request;
    if let Some(state) = view.state(request) {
        return match view.permitted(request) {
            Some(plan) if plan == grant.plan.hash() => Verdict::Known(request.clone()),
            permitted => {
                let how = if permitted.is_some() { "with another plan" } else { "before its grant came" };
                let text = format!("request {request} is already {state}, {how}");
                refused(vec![Reason::new("request-known", text)])
            }
        };
    }
    // Used up whatever else is wrong. A bad one refuses nothing for ever: the bot may plan again.
    let stale = challenges.redeem(&grant.challenge, grant.plan.hash()).err();
    let why = grant.check_times(facts.now).err().map(|error| reason(&error));
    allowed(grant, why.into_iter().collect(), facts, view, |grant| match (stale, grant.plan.mode) {
        (Some(error), _) => Verdict::Busy(vec![Reason::new(error.code(), error.to_string())]),
        (None, Mode::Unattended) => Verdict::Run(grant),
        (None, Mode::Attended) => Verdict::Stage(grant),
    })
}

/// A staged grant, with an operator at the keyboard. Its challenge was used when it was staged.
pub(super) fn applied(token: &str, facts: Facts<'_>, view: &View) -> Verdict {
    let grant = match verify(token, &facts.trust.grant_keys) {
        Ok(grant) => grant,
        Err(error) => return refused(vec![reason(&error)]),
    };
    let request = &grant.plan.request;
    let mut why = Vec::new();
    match view.state(request) {
        Some("staged") if view.permitted(request) == Some(grant.plan.hash()) => {}
        state => {
            let text = format!(
                "request {request} is not staged with this plan but {}",
                state.unwrap_or("not known here")
            );
            why.push(Reason::new("not-staged", text));
        }
    }
    if facts.now > grant.expires {
        why.push(reason(&GrantError::Expired(grant.expires)));
    }
    if grant.signed_at.duration_since(facts.now) > CLOCK_TOLERANCE {
        why.push(reason(&GrantError::ClockSkew { bot: grant.signed_at, server: facts.now }));
    }
    if grant.plan.mode != Mode::Attended {
        why.push(Reason::new("not-staged", "the grant is for an unattended run"));
    }
    allowed(grant, why, facts, view, Verdict::Run)
}

fn allowed(
    grant: Grant,
    mut why: Vec<Reason>,
    facts: Facts<'_>,
    view: &View,
    verdict: impl FnOnce(Box<Grant>) -> Verdict,
) -> Verdict {
    why.extend(addressed(&grant, facts.config, facts.trust));
    why.extend(approved(&grant, facts.config));
    if !why.is_empty() {
        return refused(why);
    }
    let wish = Wish {
        request: &grant.plan.request,
        command: &grant.plan.command,
        arguments: &grant.plan.arguments,
        mode: grant.plan.mode,
        expected: Some(grant.plan.fingerprint),
    };
    match planned(wish, facts, view) {
        Err(verdict) => *verdict,
        // Everything was compared by itself; this holds even if a field is ever added and forgotten above.
        Ok(plan) if plan.hash() != grant.plan.hash() => refused(vec![Reason::new(
            "plan-mismatch",
            "the granted plan is not the one that this agent would run",
        )]),
        Ok(_) => verdict(Box::new(grant)),
    }
}

/// Whether the grant is for this agent, this enrolment and this script.
fn addressed(grant: &Grant, config: &Config, trust: &Trust) -> Vec<Reason> {
    let plan = &grant.plan;
    let mut why = Vec::new();
    if plan.agent != config.id {
        let text = format!("the grant is for {}, this agent is {}", plan.agent, config.id);
        why.push(Reason::new("agent-mismatch", text));
    }
    if plan.generation != trust.generation {
        let text = format!(
            "the grant is for generation {} of this agent, which is generation {}: has it been enrolled anew?",
            plan.generation, trust.generation
        );
        why.push(Reason::new("generation-mismatch", text));
    }
    if let Some(command) = catalog::command(plan.command.as_str())
        && command.digest != plan.script
    {
        let text =
            format!("the two programs carry different scripts for {}: update the older one", plan.command);
        why.push(Reason::new("script-mismatch", text));
    }
    why
}

/// Whether enough of the right people stand behind it.
fn approved(grant: &Grant, config: &Config) -> Vec<Reason> {
    let mut why = Vec::new();
    if grant.approvers.contains(&grant.requester) {
        why.push(Reason::new("approver-is-requester", "the requester is among the approvers"));
    }
    let mut approvers = grant.approvers.clone();
    approvers.sort_unstable();
    approvers.dedup();
    if approvers.len() != grant.approvers.len() {
        why.push(Reason::new("approver-repeated", "an approver is named twice"));
    }
    let needed = config.approvals.max(1) as usize;
    if approvers.len() < needed {
        let text = format!("this server insists on {needed} approvals, the grant has {}", approvers.len());
        why.push(Reason::new("approvals-too-few", text));
    }
    let text = grant.reason.trim();
    if text.is_empty() || text.chars().count() > MAX_REASON || text.chars().any(char::is_control) {
        let text = format!("the grant must give a reason: one line of at most {MAX_REASON} characters");
        why.push(Reason::new("reason-invalid", text));
    }
    why
}

fn refused(why: Vec<Reason>) -> Verdict {
    Verdict::Refused(why)
}

fn reason(error: &GrantError) -> Reason {
    Reason::new(error.code(), error.to_string())
}
