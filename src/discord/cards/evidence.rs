//! The answer to "why can't users sign in?": the verdict in one plain sentence, how it is known, what was ruled
//! out, what to do and who can; and what the words of the question point to, where that is something else.

use super::lines::{
    bullets, channels, evidence, last_switched, one_line, place, ruled_out, silence, since, sources, steps,
    sureness, title,
};
use super::{Frame, pointer, tone};
use crate::answer::Meeting;
use crate::diagnosis::{Diagnosis, Knowledge, Remedy, ServerDiagnosis};
use crate::discord::embed::{Embed, Tone};
use crate::discord::message::{Button, Post, Style};
use crate::discord::text;
use crate::ids::{AgentId, Snowflake};
use crate::words;

/// What the answer is made of.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The verdicts.
    pub diagnosis: &'a Diagnosis,
    /// What people are told about causes.
    pub knowledge: &'a Knowledge,
    /// The server that was asked about; `None`: the one that answers "why can't users sign in?".
    pub focus: Option<&'a AgentId>,
    /// What the words say beside the servers; `None` where nothing was asked in words.
    pub meeting: Option<&'a Meeting>,
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

    /// The other servers, a line each.
    pub(super) fn others(&self, frame: Frame) -> Vec<String> {
        let lead = self.lead().map(|server| &server.agent);
        let others = self.diagnosis.servers.iter().filter(|server| Some(&server.agent) != lead);
        others.map(|server| one_line(server, self.knowledge, frame)).collect()
    }

    /// What else is worth knowing of the server and of the tenant.
    pub(super) fn warnings(&self, server: &ServerDiagnosis, frame: Frame) -> Vec<String> {
        let warnings = server.warnings.iter().chain(&self.diagnosis.findings);
        bullets(warnings.map(|finding| frame.line(&finding.text)))
    }

    /// What a remedy is for.
    pub(super) fn target(remedy: &Remedy, frame: Frame) -> String {
        match remedy.arguments.is_empty() {
            true => frame.say(words!("the-tenant")),
            false => text::line(&remedy.target),
        }
    }
}

/// The answer where everybody who reads it may know the servers.
pub fn card(answer: &Answer<'_>, buttons: &Buttons, frame: Frame) -> Post {
    let Some(server) = answer.lead() else { return Post::card(nobody(frame)) };
    if let Some(meeting) = answer.meeting.filter(|meeting| meeting.leads()) {
        return pointer::card(answer, server, meeting, buttons, frame);
    }
    let explanation = answer.knowledge.explain_in(server.cause, frame.language);
    let mut embed = Embed::new(tone(server, answer.knowledge), title(server.cause, explanation))
        .description(format!("**{}**", frame.line(&server.summary)))
        .inline(&frame.say(words!("where")), place(server, frame));
    // What is well has no beginning that anybody asks for.
    if server.since.is_some() || server.cause != crate::diagnosis::Cause::Healthy {
        embed = embed.inline(&frame.say(words!("since")), since(server, frame));
    }
    embed = embed.inline(&frame.say(words!("how-sure")), frame.say(sureness(server.confidence)));
    if let Some(silence) = silence(server, frame) {
        embed = embed.field(&frame.say(words!("no-answer-from-server")), silence);
    }
    embed = embed
        .lines(&frame.say(words!("how-we-know")), &bullets(evidence(&server.evidence, frame).into_iter()));
    let offered = server.remedy.as_ref().filter(|_| server.offer);
    let what_to_do = frame.say(words!("what-to-do"));
    embed = match offered {
        Some(remedy) => {
            embed.field(&what_to_do, offer(remedy, is_by_choice(server, answer.knowledge), frame))
        }
        None => embed.lines(&what_to_do, &steps(&explanation.steps)),
    };
    embed = embed.field(&frame.say(words!("who-can")), text::line(&explanation.who));
    if server.remedy.is_some() {
        embed = embed.field(&frame.say(words!("last-switched")), last_switched(server, frame));
    }
    if !server.offer && !server.why_not.is_empty() && !is_by_choice(server, answer.knowledge) {
        let codes: Vec<String> = server.why_not.iter().map(|why| text::code(&why.code)).collect();
        embed = embed.field(&frame.say(words!("no-button")), codes.join(" "));
    }
    if let Some(meeting) = answer.meeting {
        embed = pointer::beside(embed, meeting, frame);
    }
    embed = embed
        .field(&frame.say(words!("ruled-out")), ruled_out(server, frame))
        .lines(&frame.say(words!("also-worth-knowing")), &answer.warnings(server, frame))
        .lines(&frame.say(words!("other-servers")), &answer.others(frame))
        .field(&frame.say(words!("read-more")), sources(&explanation.sources));
    let mut post = Post::card(frame.finish(embed.footer(frame.say(words!("diagnosed-by"))), None));
    post.buttons = buttons_of(buttons, is_by_choice(server, answer.knowledge), frame);
    post
}

/// Beside a good verdict a remedy is for a forest that was left out, it seems on purpose.
pub(super) fn is_by_choice(server: &ServerDiagnosis, knowledge: &Knowledge) -> bool {
    server.remedy.is_some() && !knowledge.explain(server.cause).bad
}

/// What an offer is, in words.
pub(super) fn offer(remedy: &Remedy, by_choice: bool, frame: Frame) -> String {
    let target = Answer::target(remedy, frame);
    match by_choice {
        true => frame.say(words!("offer-by-choice", target = target)),
        false => frame.say(words!("offer", target = target)),
    }
}

/// The answer elsewhere: what is wrong and who can mend it, but no server, build or forest.
pub fn redacted(answer: &Answer<'_>, answer_channels: &[Snowflake], frame: Frame) -> Post {
    let Some(server) = answer.lead() else { return Post::card(nobody(frame)) };
    if let Some(meeting) = answer.meeting.filter(|meeting| meeting.leads()) {
        return pointer::redacted(meeting, answer_channels, frame);
    }
    let explanation = answer.knowledge.explain_in(server.cause, frame.language);
    let sentence = unnamed(&explanation.sentence, frame);
    let mut embed = Embed::new(tone(server, answer.knowledge), title(server.cause, explanation))
        .description(format!("**{}**", text::line(&sentence)))
        .inline(&frame.say(words!("how-sure")), frame.say(sureness(server.confidence)))
        .inline(&frame.say(words!("since")), since(server, frame))
        .field(&frame.say(words!("who-can-mend")), text::line(&explanation.who));
    if let Some(meeting) = answer.meeting {
        embed = pointer::beside(embed, meeting, frame);
    }
    let embed = embed
        .field(&frame.say(words!("details")), elsewhere(answer_channels, frame))
        .field(&frame.say(words!("read-more")), sources(&explanation.sources));
    Post::card(frame.finish(embed, None))
}

/// A cause's sentence without the names of servers, builds and forests.
pub(super) fn unnamed(sentence: &str, frame: Frame) -> String {
    let sentence = sentence.replace("{server}", &frame.say(words!("a-sync-server")));
    let sentence = sentence.replace("{forest}", &frame.say(words!("one-forest"))).replace(" ({build})", "");
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Where servers and evidence are shown.
pub(super) fn elsewhere(answer_channels: &[Snowflake], frame: Frame) -> String {
    frame.say(words!("shown-only-in", channels = channels(answer_channels, frame)))
}

/// Every condition that keeps the button away, for the one who asked.
pub fn why_not(server: &ServerDiagnosis, frame: Frame) -> Post {
    let lines = obstacles(server, frame);
    let embed = if lines.is_empty() {
        Embed::new(Tone::Plain, frame.say(words!("no-obstacle")))
            .description(frame.say(words!("no-obstacle-more")))
    } else {
        Embed::new(Tone::Plain, frame.say(words!("no-button")))
            .description(frame.say(words!("obstacles")))
            .lines(&frame.say(words!("what-is-missing")), &lines)
    };
    Post::card(frame.finish(embed, None))
}

/// What keeps an offer away: a code and a sentence each.
pub(super) fn obstacles(server: &ServerDiagnosis, frame: Frame) -> Vec<String> {
    let line =
        |why: &crate::diagnosis::WhyNot| format!("{} {}", text::code(&why.code), frame.line(&why.text));
    server.why_not.iter().map(line).collect()
}

/// There is no server to ask.
pub(super) fn nobody(frame: Frame) -> serde_json::Value {
    let embed = Embed::new(Tone::Warning, frame.say(words!("nobody")))
        .description(frame.say(words!("nobody-more")))
        .field(&frame.say(words!("what-to-do")), frame.say(words!("nobody-do")));
    frame.finish(embed, None)
}

/// The buttons under an answer.
pub(super) fn buttons_of(buttons: &Buttons, by_choice: bool, frame: Frame) -> Vec<Button> {
    let button = |label: words::Text, id: &Option<String>, style| {
        id.as_ref().map(|id| Button { label: frame.say(label), custom_id: id.clone(), style })
    };
    let style = if by_choice { Style::Secondary } else { Style::Primary };
    let request = button(words!("button-request"), &buttons.request, style);
    let why_not = button(words!("button-why-not"), &buttons.why_not, Style::Secondary);
    request.into_iter().chain(why_not).collect()
}
