//! The answer to "why can't users sign in?": the verdict in one plain sentence, how it is known, what was ruled
//! out, what to do and who can. The same content as plain text for a terminal.

use super::{Frame, awaited, heartbeat_word, tone};
use crate::diagnosis::{
    Cause, Confidence, Diagnosis, EventEvidence, Evidence, Explanation, Knowledge, ServerDiagnosis,
};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::{Button, Post, Style};
use crate::discord::text;
use crate::ids::AgentId;

/// Within this the time alone says which of two moments is meant, once the other's date is known.
const SAME_DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

/// What the answer is made of.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The verdicts.
    pub diagnosis: &'a Diagnosis,
    /// What people are told about causes.
    pub knowledge: &'a Knowledge,
    /// The server that was asked about; `None`: the one that answers "why can't users sign in?".
    pub focus: Option<&'a AgentId>,
}

/// The custom ids of the buttons under an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buttons {
    /// "Request enablement", where an offer stands.
    pub request: Option<String>,
    /// "Why not?", where there is a remedy and no offer.
    pub why_not: Option<String>,
}

impl<'a> Answer<'a> {
    /// The verdict that the answer is about.
    pub fn lead(&self) -> Option<&'a ServerDiagnosis> {
        match self.focus {
            Some(agent) => self.diagnosis.servers.iter().find(|server| server.agent == *agent),
            None => self.diagnosis.leading(),
        }
    }

    fn others(&self) -> impl Iterator<Item = &'a ServerDiagnosis> + use<'a> {
        let lead = self.lead().map(|server| server.agent.clone());
        self.diagnosis.servers.iter().filter(move |server| Some(&server.agent) != lead.as_ref())
    }
}

/// The answer where everybody who reads it may know the servers.
pub fn card(answer: &Answer<'_>, buttons: &Buttons, frame: Frame) -> Post {
    let Some(server) = answer.lead() else { return Post::card(nobody(frame)) };
    let explanation = answer.knowledge.explain(server.cause);
    let title = if explanation.title.is_empty() { server.cause.as_str() } else { &explanation.title };
    let mut embed = Embed::new(tone(server, answer.knowledge), title)
        .description(format!("**{}**", text::line(&server.summary)))
        .inline("Where", place(server));
    // What is well has no beginning that anybody asks for.
    if server.since.is_some() || server.cause != Cause::Healthy {
        embed = embed.inline("Since", server.since.map_or_else(|| "not known".into(), when));
    }
    embed = embed.inline("How sure", sureness(server.confidence));
    if let Some(silence) = silence(server) {
        embed = embed.field("No answer from this server", silence);
    }
    embed = embed.lines("How we know", &bullets(evidence_lines(&server.evidence).into_iter()));
    // Beside a good verdict a remedy is for a forest that was left out, it seems on purpose.
    let by_choice = server.remedy.is_some() && !explanation.bad;
    if let Some(remedy) = server.remedy.as_ref().filter(|_| server.offer && by_choice) {
        let what = format!(
            "Nothing is wrong. If {} should be synced after all: **Request enablement** asks why, and two people \
             must approve.",
            text::line(&remedy.target)
        );
        embed = embed.field("What to do", what);
    } else if let Some(remedy) = server.remedy.as_ref().filter(|_| server.offer) {
        let what = format!(
            "Press **Request enablement** (for {}). A second person must approve before anything runs.",
            text::line(&remedy.target)
        );
        embed = embed.field("What to do", what);
    } else {
        embed = embed.lines("What to do", &steps(explanation));
    }
    embed = embed.field("Who can", text::line(&explanation.who));
    if server.remedy.is_some() {
        embed = embed.field("Last switched", last_switched(server));
    }
    if !server.offer && !server.why_not.is_empty() && !by_choice {
        let codes: Vec<String> = server.why_not.iter().map(|why| text::code(&why.code)).collect();
        embed = embed.field("Why there is no button", codes.join(" "));
    }
    let warnings = server.warnings.iter().chain(&answer.diagnosis.findings);
    embed = embed
        .field("Ruled out", ruled_out(server))
        .lines("Also worth knowing", &bullets(warnings.map(|finding| text::line(&finding.text))))
        .lines("Other servers", &others(answer))
        .field("Read more", sources(explanation).join(" · "));
    let mut post = Post::card(frame.finish(embed.footer("Diagnosed by Syncmedic"), None));
    post.buttons = buttons_of(buttons);
    if by_choice {
        post.buttons.iter_mut().for_each(|button| button.style = Style::Secondary);
    }
    post
}

/// The answer elsewhere: what is wrong and who can mend it, but no server, build or forest.
pub fn redacted(answer: &Answer<'_>, channels: &[crate::ids::Snowflake], frame: Frame) -> Post {
    let Some(server) = answer.lead() else { return Post::card(nobody(frame)) };
    let explanation = answer.knowledge.explain(server.cause);
    let title = if explanation.title.is_empty() { server.cause.as_str() } else { &explanation.title };
    let sentence =
        explanation.sentence.replace("{server}", "A sync server").replace("{forest}", "one forest");
    let mentions: Vec<String> = channels.iter().map(|channel| format!("<#{channel}>")).collect();
    let embed = Embed::new(tone(server, answer.knowledge), title)
        .description(format!("**{}**", text::line(&sentence)))
        .inline("How sure", sureness(server.confidence))
        .inline("Since", server.since.map_or_else(|| "not known".into(), when))
        .field("Who can mend it", text::line(&explanation.who))
        .field("Details", format!("Servers and evidence are shown only in {}.", list(&mentions)))
        .field("Read more", sources(explanation).join(" · "));
    Post::card(frame.finish(embed, None))
}

/// Every condition that keeps the button away, for the one who asked.
pub fn why_not(server: &ServerDiagnosis, frame: Frame) -> Post {
    let lines: Vec<String> = server
        .why_not
        .iter()
        .map(|why| format!("{} {}", text::code(&why.code), text::line(&why.text)))
        .collect();
    let embed = if lines.is_empty() {
        Embed::new(Tone::Plain, "Nothing keeps the button away now")
            .description("The state has changed since that answer. Ask again with `/signin`.")
    } else {
        Embed::new(Tone::Plain, "Why there is no button")
            .description("The command is offered only when all of this is known to hold:")
            .lines("What is missing", &lines)
    };
    Post::card(frame.finish(embed, None))
}

/// The same answer for a terminal: no markup, times in UTC.
pub fn plain(diagnosis: &Diagnosis, knowledge: &Knowledge) -> String {
    let answer = Answer { diagnosis, knowledge, focus: None };
    let Some(server) = answer.lead() else {
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
    out.list("How we know", server.evidence.iter().map(plain_evidence));
    out.list("Ruled out", server.ruled_out.iter().map(|out| format!("{}: {}", out.cause, out.why)));
    out.list("What to do", explanation.steps.iter().cloned());
    out.list("Who can", [explanation.who.clone()].into_iter().filter(|who| !who.is_empty()));
    if let Some(remedy) = &server.remedy {
        let offered = if server.offer { "can be requested in Discord" } else { "is withheld" };
        out.list("Remedy", [format!("{} for {}: {offered}", remedy.command, remedy.target)]);
    }
    out.list("Why it is not offered", server.why_not.iter().map(|why| format!("{}: {}", why.code, why.text)));
    let warnings = server.warnings.iter().chain(&diagnosis.findings);
    out.list("Also worth knowing", warnings.map(|finding| finding.text.clone()));
    out.list("Other servers", answer.others().map(|other| format!("{}: {}", other.server, other.summary)));
    out.list("Read more", explanation.sources.iter().cloned());
    out.0
}

#[derive(Default)]
struct Plain(String);

impl Plain {
    fn line(&mut self, line: &str) {
        self.0.extend(line.chars().filter(|&c| !c.is_control()));
        self.0.push('\n');
    }

    fn list(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_some() {
            self.0.push('\n');
            self.line(&format!("{title}:"));
            lines.for_each(|line| self.line(&format!("  - {line}")));
        }
    }
}

fn nobody(frame: Frame) -> serde_json::Value {
    let embed = Embed::new(Tone::Warning, "No sync server to ask")
        .description("No sync server is enrolled, or not the one that was asked about.")
        .field("What to do", "Whoever runs Syncmedic enrols one with `syncmedic agents add`.");
    frame.finish(embed, None)
}

fn buttons_of(buttons: &Buttons) -> Vec<Button> {
    let button = |label: &str, id: &Option<String>, style| {
        id.as_ref().map(|id| Button { label: label.into(), custom_id: id.clone(), style })
    };
    let request = button("Request enablement", &buttons.request, Style::Primary);
    let why_not = button("Why not?", &buttons.why_not, Style::Secondary);
    request.into_iter().chain(why_not).collect()
}

fn place(server: &ServerDiagnosis) -> String {
    let build = server.build.map(|build| format!("\nbuild {build}")).unwrap_or_default();
    format!("**{}**{build}", text::line(&server.server))
}

pub(super) fn when(at: jiff::Timestamp) -> String {
    format!("{}\n{}", text::at(at), text::relative(at))
}

pub(super) fn sureness(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "Certain: log and state agree, both fresh",
        Confidence::Probable => "Probable: the log or the state says so, not both",
        Confidence::Possible => "Possible: the evidence is old or incomplete",
    }
}

/// Why a server did not answer, and how old what is known of it is.
pub(super) fn silence(server: &ServerDiagnosis) -> Option<String> {
    let silent = server.silent.as_ref()?;
    let age = match server.report_age {
        Some(age) => format!("What is shown is {} old.", text::span(age)),
        None => "It has never sent a report.".to_owned(),
    };
    Some(format!("{} {} {age}", text::code(&silent.code), text::line(&silent.why)))
}

/// One line for each thing that is known; events that say the same stand together.
pub(super) fn evidence_lines(evidence: &[Evidence]) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&EventEvidence>)> = Vec::new();
    for one in evidence {
        let said = said(one);
        match (&one.events, groups.iter_mut().find(|(other, events)| *other == said && !events.is_empty())) {
            (Some(events), Some((_, group))) => group.push(events),
            (events, _) => groups.push((said, events.iter().collect())),
        }
    }
    groups.into_iter().map(|(said, events)| evidence_line(said, &events)).collect()
}

/// What evidence says without "Event 6900: ", since the id stands before it already.
fn said(evidence: &Evidence) -> &str {
    let text = evidence.text.as_str();
    let event = evidence.events.as_ref().map(|events| format!("Event {}: ", events.id));
    event.and_then(|event| text.strip_prefix(&event)).unwrap_or(text)
}

fn evidence_line(said: &str, events: &[&EventEvidence]) -> String {
    let line = text::line(said);
    let (Some(first), Some(last)) =
        (events.iter().map(|e| e.first).min(), events.iter().map(|e| e.last).max())
    else {
        return line;
    };
    let counted = |events: &&EventEvidence| match events.count {
        1 => format!("**{}**", events.id),
        count => format!("**{}** ×{count}", events.id),
    };
    let counted: Vec<String> = events.iter().map(counted).collect();
    let when = match (first == last, last.duration_since(first) < SAME_DAY) {
        (true, _) => text::at(last),
        // The next time the clock shows it.
        (false, true) => format!("{} to {}", text::at(first), text::clock(last)),
        (false, false) => format!("{} to {}", text::at(first), text::at(last)),
    };
    let word = if counted.len() == 1 { "Event" } else { "Events" };
    format!("{word} {}, {when}: {line}", counted.join(", "))
}

fn plain_evidence(evidence: &Evidence) -> String {
    match &evidence.events {
        Some(events) => format!(
            "event {} x{}, {:.0} to {:.0}: {}",
            events.id,
            events.count,
            events.first,
            events.last,
            said(evidence)
        ),
        None => evidence.text.clone(),
    }
}

/// Who last switched password sync or the sign-in method, and when.
pub(super) fn last_switched(server: &ServerDiagnosis) -> String {
    match &server.last_action {
        None => "not recorded".into(),
        Some(action) => {
            let who = action.who.as_deref().unwrap_or("name not recorded");
            format!("{}: {}, {}", text::line(&action.what), text::at(action.at), text::line(who))
        }
    }
}

/// What it is not, in the words that say why not.
fn ruled_out(server: &ServerDiagnosis) -> String {
    let whys: Vec<String> = server.ruled_out.iter().take(12).map(|out| text::line(&out.why)).collect();
    text::cut(&whys.join(" "), 1000)
}

pub(super) fn steps(explanation: &Explanation) -> Vec<String> {
    let step = |(n, step): (usize, &String)| format!("{}. {}", n + 1, text::line(step));
    match explanation.steps.as_slice() {
        [one] => vec![text::line(one)],
        many => many.iter().enumerate().map(step).collect(),
    }
}

fn others(answer: &Answer<'_>) -> Vec<String> {
    answer.others().map(|server| one_line(server, answer.knowledge)).collect()
}

/// One server on one line.
pub(super) fn one_line(server: &ServerDiagnosis, knowledge: &Knowledge) -> String {
    let symbol = tone(server, knowledge).symbol();
    let title = &knowledge.explain(server.cause).title;
    let name = if title.is_empty() { server.cause.as_str() } else { title };
    let mut line = format!("{symbol} **{}** {}", text::line(&server.server), text::line(name));
    // A staging server syncs no passwords, by design: it has no heartbeats to be missed.
    if !server.forests.is_empty() && server.cause != Cause::StagingMode {
        let forest = |forest: &crate::diagnosis::ForestHealth| {
            let last =
                forest.last_heartbeat.map(|at| format!(" (last {})", text::relative(at))).unwrap_or_default();
            let word =
                if awaited(forest, server.cause) { heartbeat_word(forest.level) } else { "none expected" };
            format!("{} {word}{last}", text::line(&forest.name))
        };
        let forests: Vec<String> = server.forests.iter().take(6).map(forest).collect();
        line.push_str(&format!(" · heartbeats: {}", forests.join(", ")));
    }
    if server.silent.is_some() {
        let age = server
            .report_age
            .map_or_else(|| "never heard of".into(), |age| format!("last heard {} ago", text::span(age)));
        line.push_str(&format!(" · **no answer**, {age}"));
    }
    text::cut(&line, 600)
}

pub(super) fn sources(explanation: &Explanation) -> Vec<String> {
    let link = |address: &String| {
        // An address that could break out of the link is shown as text.
        let fits = address.starts_with("https://") && !address.contains(['(', ')', '<', '>', ' ', '\n']);
        if fits { format!("[{}]({address})", text::line(&title_of(address))) } else { text::code(address) }
    };
    explanation.sources.iter().take(5).map(link).collect()
}

/// A readable name for an address: its last piece in words.
fn title_of(address: &str) -> String {
    let shown = address.trim_start_matches("https://").trim_end_matches('/');
    let last = shown.rsplit('/').next().unwrap_or(shown);
    let host = shown.split('/').next().unwrap_or(shown);
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("{host} #{last}");
    }
    // How Microsoft's pages are named says what kind they are of, not what they are about.
    let about = ["how-to-connect-", "reference-connect-", "tshoot-connect-", "reference-"];
    let about = about.iter().find_map(|kind| last.strip_prefix(kind)).unwrap_or(last);
    let mut words = about.replace(['-', '_'], " ").replace("pwd", "password");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    match host.strip_suffix("learn.microsoft.com").is_some() {
        true => format!("Microsoft: {words}"),
        false => format!("{host}: {words}"),
    }
}

pub(super) fn bullets(lines: impl Iterator<Item = String>) -> Vec<String> {
    lines.map(|line| format!("• {}", text::cut(&line, 500))).collect()
}

/// A list in words.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => "the configured channels".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
