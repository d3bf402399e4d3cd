//! The answer of Discord for a terminal: in English, no markup, times in UTC.

use super::lines::sureness;
use super::pointer::relation;
use crate::answer::{Pointers, Relation, meet};
use crate::diagnosis::{Diagnosis, Evidence, Knowledge};
use crate::discord::text;
use crate::question::Question;

/// The verdict that answers "why can't users sign in?", and what the words of the question point to.
pub fn plain(diagnosis: &Diagnosis, knowledge: &Knowledge, question: Option<&Question>) -> String {
    let Some(server) = diagnosis.leading() else {
        return "No sync server is enrolled yet: `syncmedic agents add` enrols one.\n".into();
    };
    let explanation = knowledge.explain(server.cause);
    let mut out = Plain::default();
    out.line(&format!("{}  [{}]", server.summary, server.cause));
    out.line(&format!(
        "  Where: {}{}",
        server.server,
        server.build.map(|build| format!(", build {build}")).unwrap_or_default()
    ));
    out.line(&format!(
        "  Since: {}",
        server.since.map_or_else(|| "not known".into(), |at| format!("{at:.0}"))
    ));
    out.line(&format!("  How sure: {}", sureness(server.confidence)));
    if let Some(silent) = &server.silent {
        let age = server
            .report_age
            .map_or_else(|| "there is none".into(), |age| format!("{} old", text::span(age)));
        out.line(&format!("  No answer: {} ({}); its last report: {age}", silent.why, silent.code));
    }
    out.list("How we know", server.evidence.iter().map(evidence));
    out.list("Ruled out", server.ruled_out.iter().map(|out| format!("{}: {}", out.cause, out.why)));
    out.list("What to do", explanation.steps.iter().cloned());
    out.list("Who can", [explanation.who.clone()].into_iter().filter(|who| !who.is_empty()));
    if let Some(meeting) = question.and_then(|question| meet(question, server)) {
        let pointer = Pointers::embedded().of(meeting.hypothesis);
        let says = relation(&meeting).to_string();
        let about = [says, format!("{}. {}", pointer.title, pointer.means)];
        let elsewhere = !matches!(meeting.relation, Relation::Agrees | Relation::Open);
        out.list("What the words say", about.into_iter().take(if elsewhere { 2 } else { 1 }));
        if elsewhere {
            out.list("Next check there", pointer.steps(meeting.scope).iter().cloned());
            out.list("Who can check", [pointer.who.clone()]);
        }
    }
    if let Some(remedy) = &server.remedy {
        let offered = if server.offer { "can be requested in Discord" } else { "is withheld" };
        out.list("Remedy", [format!("{} for {}: {offered}", remedy.command, remedy.target)]);
    }
    out.list("Why it is not offered", server.why_not.iter().map(|why| format!("{}: {}", why.code, why.text)));
    let warnings = server.warnings.iter().chain(&diagnosis.findings);
    out.list("Also worth knowing", warnings.map(|finding| finding.text.to_string()));
    let others = diagnosis.servers.iter().filter(|other| other.agent != server.agent);
    out.list("Other servers", others.map(|other| format!("{}: {}", other.server, other.summary)));
    out.list("Read more", explanation.sources.iter().cloned());
    out.0
}

fn evidence(evidence: &Evidence) -> String {
    let text = evidence.text.to_string();
    let Some(events) = &evidence.events else { return text };
    let said = text.strip_prefix(&format!("Event {}: ", events.id)).unwrap_or(&text);
    format!("event {} x{}, {:.0} to {:.0}: {said}", events.id, events.count, events.first, events.last)
}

/// Text for a terminal: no control characters from elsewhere.
#[derive(Default)]
pub(super) struct Plain(pub(super) String);

impl Plain {
    pub(super) fn line(&mut self, line: &str) {
        self.0.extend(line.chars().filter(|&c| !c.is_control()));
        self.0.push('\n');
    }

    pub(super) fn list(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_some() {
            self.0.push('\n');
            self.line(&format!("{title}:"));
            lines.for_each(|line| self.line(&format!("  - {line}")));
        }
    }
}
