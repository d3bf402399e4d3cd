//! A request on its way, from "approval needed" to its end: what exactly is allowed, on what state, by whom, and
//! what became of it.

use super::Frame;
use crate::catalog;
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::{Button, Post, Style};
use crate::discord::text;
use crate::gate::request::{Request, State, Step};
use crate::plan::Mode;

/// The custom ids of a request's buttons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buttons {
    /// "Approve".
    pub approve: String,
    /// "Deny".
    pub deny: String,
    /// "Withdraw".
    pub withdraw: String,
    /// "Request attended run", after an unattended run that asked for a person.
    pub attended: String,
}

/// The small print by which a request's card is found again.
pub fn mark(request: &Request) -> String {
    format!("request {}", &request.id.as_str()[..12])
}

/// The card. It has the buttons that make sense in the request's state, and none once it is decided.
pub fn card(request: &Request, buttons: &Buttons, frame: Frame) -> Post {
    let command = catalog::command(request.plan.command.as_str());
    let about = command.map(|command| &command.about);
    let (tone, words) = headline(request);
    let agent = text::line(request.plan.agent.as_str());
    let title = about.map_or(request.plan.command.as_str(), |about| about.title.as_str());
    let mut embed = Embed::new(tone, words).description(format!(
        "**{}** on **{agent}**\nasked by <@{}>",
        text::line(title),
        request.requester
    ));
    if let Some(now) = standing(request) {
        embed = embed.field("Now", now);
    }
    embed = embed.field("Reason", text::line(&request.reason));
    if let Some(justification) = &request.justification {
        embed = embed.field("Why, although it was switched off deliberately", text::line(justification));
    }
    if let Some(about) = about {
        let heading = if request.state.is_open() { "Exactly this will run" } else { "The command" };
        embed = embed.field(heading, command_text(request, &about.text));
        // What it would do matters as long as somebody can still decide.
        if matches!(request.state, State::Requested | State::Approved | State::Staged) {
            embed = embed
                .field("What it changes", text::line(&about.effect))
                .field("Undo", text::line(&about.undo));
        }
    }
    embed = embed
        .inline("Plan code", text::code(&request.plan.code().to_string()))
        .inline("Approvals", approvals(request))
        .inline("How it runs", mode(request.plan.mode));
    if request.state == State::Requested {
        let deadline =
            format!("{} ({})", text::relative(request.approve_by), text::clock(request.approve_by));
        embed = embed.inline("Approve until", deadline);
    }
    let observed: Vec<String> = request
        .observed
        .iter()
        .map(|(label, value)| format!("{}: **{}**", text::line(label), text::cut(&text::line(value), 300)))
        .collect();
    embed = embed.lines("State it was planned on", &observed).lines("So far", &steps(&request.steps));
    let mut post = Post::card(frame.finish(embed, Some(&mark(request))));
    post.buttons = offered(request, buttons);
    post
}

pub(super) fn headline(request: &Request) -> (Tone, &'static str) {
    let code = request.outcome.as_ref().map(|why| why.code.as_str());
    match request.state {
        State::Requested => (Tone::Busy, "Approval needed"),
        State::Approved if code.is_some() => (Tone::Busy, "Approved, waiting for the server"),
        State::Approved => (Tone::Busy, "Approved"),
        State::Denied => (Tone::Bad, "Denied"),
        State::Withdrawn => (Tone::Plain, "Withdrawn"),
        State::Expired => (Tone::Warning, "Expired: nobody approved in time"),
        State::Lapsed => (Tone::Warning, "Lapsed: approved, but not run in time"),
        State::Moved if code == Some("fault-ended") => (Tone::Good, "Closed: the fault ended by itself"),
        State::Moved => (Tone::Warning, "Closed: the state moved"),
        State::Staged => (Tone::Busy, "Staged: an operator is needed at the server"),
        State::Running => (Tone::Busy, "Running"),
        State::Succeeded => (Tone::Busy, "Done, awaiting proof"),
        State::Failed => (Tone::Bad, "Failed"),
        State::Unknown => (Tone::Warning, "Unknown: the agent stopped during the run"),
        State::Verified if request.late => (Tone::Good, "Verified, late"),
        State::Verified => (Tone::Good, "Verified"),
        State::Unproven => (Tone::Warning, "Unproven"),
    }
}

/// What it waits for, or how it ended, in a sentence or two.
fn standing(request: &Request) -> Option<String> {
    let why = request
        .outcome
        .as_ref()
        .map(|why| format!("{} {}", text::code(&why.code), text::sentence(&why.text)));
    let by = |deadline: Option<jiff::Timestamp>| match deadline {
        Some(at) => format!("{} ({})", text::clock(at), text::relative(at)),
        None => "soon".into(),
    };
    match request.state {
        State::Requested if request.approvals.is_empty() => None,
        State::Requested => Some(format!("Approved by {}. One more person must approve.", people(request))),
        State::Approved => {
            let until = format!("It runs when the server is ready, or lapses at {}.", by(request.run_by));
            Some(why.map_or_else(|| until.clone(), |why| format!("Waiting: {why}\n{until}")))
        }
        State::Staged => {
            let taking_back = match request.withdrawn_by {
                Some(user) => format!("<@{user}> takes it back; the server must confirm first.\n"),
                None => String::new(),
            };
            Some(format!(
                "{taking_back}Sign in to **{}** and run, before {}:\n{}",
                text::line(request.plan.agent.as_str()),
                by(request.run_by),
                apply_words(request)
            ))
        }
        State::Running => request.ran_at.map(|at| format!("Since {}.", text::relative(at))),
        State::Succeeded => {
            let lacks = missing(request, "Proof is still missing:");
            let until = format!("Proof is awaited until {}.", by(request.verify_by));
            Some(format!("The command reported success{}. {lacks}\n{until}", operator(request)))
        }
        State::Unknown | State::Unproven => {
            let lacks = missing(request, "Proof is missing:");
            let text = why.unwrap_or_default();
            Some(format!("{text}\n{lacks}\nIf proof comes later, this card says so.").trim().to_owned())
        }
        State::Verified => {
            let late = if request.late { " The proof came after the time for it was over." } else { "" };
            Some(format!(
                "The flag is on, and every forest whose channel is open has shown a sign of life since the run{}.{late}",
                operator(request)
            ))
        }
        State::Denied | State::Withdrawn | State::Expired | State::Lapsed | State::Moved | State::Failed => {
            why
        }
    }
}

/// The words for the operator at the server.
pub(super) fn apply_words(request: &Request) -> String {
    text::block("powershell", &format!("syncmedic-agent apply --request {}", request.id))
}

fn missing(request: &Request, intro: &str) -> String {
    match request.missing.as_slice() {
        [] => String::new(),
        missing => {
            let all: Vec<String> = missing.iter().take(8).map(|lack| text::line(lack)).collect();
            format!("{intro} {}.", text::cut(&all.join("; "), 500))
        }
    }
}

fn operator(request: &Request) -> String {
    let operator = request.operator.as_deref();
    operator.map(|name| format!(" (run at the server by {})", text::line(name))).unwrap_or_default()
}

fn command_text(request: &Request, typed: &str) -> String {
    let mut code = text::cut(typed, 700);
    for (name, value) in &request.plan.arguments {
        code.push_str(&format!("\n# {name}: {}", text::cut(value, 80)));
    }
    let target = match request.target.as_str() {
        "" => String::new(),
        target => format!("\nfor {}", text::line(target)),
    };
    format!("{}{target}", text::block("powershell", &code))
}

fn approvals(request: &Request) -> String {
    let count = format!("{} of {}", request.approvals.len(), request.needed);
    if request.approvals.is_empty() { count } else { format!("{count}\n{}", people(request)) }
}

fn people(request: &Request) -> String {
    let all: Vec<String> = request.approvals.iter().map(|approval| format!("<@{}>", approval.user)).collect();
    all.join(", ")
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Unattended => "By the agent, at once",
        Mode::Attended => "Attended: a person signs in at the server",
    }
}

fn steps(steps: &[Step]) -> Vec<String> {
    let line = |step: &Step| {
        let by = step.by.map(|user| format!(" by <@{user}>")).unwrap_or_default();
        let code = step.code.as_ref().map(|code| format!(" {}", text::code(code))).unwrap_or_default();
        let word =
            if step.state == State::Requested { "requested".to_owned() } else { step.state.to_string() };
        format!("{} {word}{by}{code}", text::clock(step.at))
    };
    // What was only handed over to be staged did not run, and what came twice need not be said twice.
    let same = |a: &Step, b: &Step| a.state == b.state && a.by == b.by && a.code == b.code;
    let told = |at: usize, step: &Step| match steps.get(at + 1) {
        Some(next) => !same(step, next) && (step.state, next.state) != (State::Running, State::Staged),
        None => true,
    };
    let told: Vec<&Step> =
        steps.iter().enumerate().filter(|&(at, step)| told(at, step)).map(|(_, step)| step).collect();
    // The beginning and the newest say the most.
    match told.as_slice() {
        [first, .., _] if told.len() > 12 => {
            let newest = &told[told.len() - 10..];
            let newest = newest.iter().map(|step| line(step));
            [line(first), "…".to_owned()].into_iter().chain(newest).collect()
        }
        told => told.iter().map(|step| line(step)).collect(),
    }
}

fn offered(request: &Request, ids: &Buttons) -> Vec<Button> {
    let button = |label: &str, id: &str, style| Button { label: label.into(), custom_id: id.into(), style };
    let approve = || button("Approve", &ids.approve, Style::Success);
    let deny = || button("Deny", &ids.deny, Style::Danger);
    let withdraw = || button("Withdraw", &ids.withdraw, Style::Secondary);
    match request.state {
        State::Requested => vec![approve(), deny(), withdraw()],
        State::Approved => vec![deny(), withdraw()],
        State::Staged if request.withdrawn_by.is_none() => vec![withdraw()],
        State::Failed if request.needs_a_person() => {
            vec![button("Request attended run", &ids.attended, Style::Primary)]
        }
        _ => Vec::new(),
    }
}
