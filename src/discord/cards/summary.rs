//! The status summary: how every server stands, what was asked for and done, and the audit's head.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::status::{History, with_picture};
use super::{Frame, evidence, tone};
use crate::catalog;
use crate::diagnosis::{Diagnosis, Knowledge};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::Post;
use crate::discord::text;
use crate::gate::request::Request;

/// What a summary says: the body of an outbox row of kind `summary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// When it was put together.
    pub at: Timestamp,
    /// The due time it is for; none if somebody asked for it.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// It comes late, since Syncmedic was down when it was due.
    #[serde(default)]
    pub late: bool,
    /// Something is wrong; something wants a look.
    pub bad: bool,
    /// Something wants a look.
    pub warning: bool,
    /// A line for each server, ready to be shown.
    pub servers: Vec<String>,
    /// A line for each open request.
    pub open: Vec<String>,
    /// A line for each request that ended since the last summary.
    pub finished: Vec<String>,
    /// What else deserves attention: certificates, clocks, the tenant as a whole.
    pub warnings: Vec<String>,
    /// The audit's head (`#1042 9be1-44d0`).
    pub head: String,
    /// How many hours the picture shows; 0 for none.
    #[serde(default)]
    pub hours: u8,
}

impl Summary {
    /// Puts a summary together from what is known. `requests` are those that are open or ended since the last.
    pub fn of(
        diagnosis: &Diagnosis,
        knowledge: &Knowledge,
        requests: &[Request],
        warnings: &[String],
        head: impl ToString,
    ) -> Summary {
        let tones: Vec<Tone> = diagnosis.servers.iter().map(|server| tone(server, knowledge)).collect();
        let requests_where = |open: bool| {
            let chosen = requests.iter().filter(|request| request.state.is_open() == open);
            chosen.map(request_line).collect()
        };
        let findings = diagnosis.findings.iter().chain(diagnosis.servers.iter().flat_map(|s| &s.warnings));
        let findings = findings.map(|finding| finding.text.clone());
        let mut warnings: Vec<String> =
            findings.chain(warnings.iter().cloned()).map(|warning| text::line(&warning)).collect();
        let mut seen = std::collections::BTreeSet::new();
        warnings.retain(|warning| seen.insert(warning.clone()));
        Summary {
            at: diagnosis.at,
            due_at: None,
            late: false,
            bad: tones.contains(&Tone::Bad),
            warning: tones.contains(&Tone::Warning),
            servers: diagnosis.servers.iter().map(|server| evidence::one_line(server, knowledge)).collect(),
            open: requests_where(true),
            finished: requests_where(false),
            warnings,
            head: head.to_string(),
            hours: 24,
        }
    }
}

fn request_line(request: &Request) -> String {
    let title = catalog::command(request.plan.command.as_str())
        .map_or(request.plan.command.as_str(), |command| command.about.title.as_str());
    let at = request.steps.last().map_or(request.created_at, |step| step.at);
    format!(
        "{} on **{}**: **{}** {} · {} · asked by <@{}>",
        text::line(title),
        text::line(request.plan.agent.as_str()),
        request.state,
        text::relative(at),
        text::code(&request.plan.code().to_string()),
        request.requester
    )
}

/// The card. `history` is the picture of the last hours.
pub fn card(summary: &Summary, history: &History, mark: &str, frame: Frame) -> Post {
    let (tone, words) = match (summary.bad, summary.warning) {
        (true, _) => (Tone::Bad, "Status: password sync needs help"),
        (false, true) => (Tone::Warning, "Status: password sync needs a look"),
        (false, false) => (Tone::Good, "Status: password sync is well"),
    };
    let bullets = |lines: &[String]| lines.iter().map(|line| format!("• {line}")).collect::<Vec<_>>();
    let mut embed = Embed::new(tone, words).description(match summary.servers.is_empty() {
        true => "No sync server is enrolled.".to_owned(),
        false => text::lines(&summary.servers, 2500),
    });
    if let Some(due) = summary.due_at.filter(|_| summary.late) {
        let by = text::span(summary.at.duration_since(due).max(SignedDuration::ZERO));
        let late = format!("It was due {}, {by} ago: Syncmedic was not running then.", text::at(due));
        embed = embed.field("This summary is late", late);
    }
    embed = embed
        .lines("Open requests", &or_none(bullets(&summary.open)))
        .lines("Finished requests", &or_none(bullets(&summary.finished)))
        .lines("Worth a look", &bullets(&summary.warnings))
        .inline("Audit head", text::code(&summary.head))
        .inline("As of", text::at(summary.at));
    with_picture(embed, history, Some(mark), frame)
}

fn or_none(lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() { vec!["none".into()] } else { lines }
}
