//! Lines that several answers share: places, moments, evidence, servers, sources.

use super::{Frame, awaited, heartbeat_word, tone};
use crate::diagnosis::{
    Cause, Confidence, EventEvidence, Evidence, Explanation, ForestHealth, Knowledge, ServerDiagnosis,
};
use crate::discord::text;
use crate::words;
use crate::words::Text;

/// Within this the time alone says which of two moments is meant, once the other's date is known.
const SAME_DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

/// A server's name and build.
pub(super) fn place(server: &ServerDiagnosis, frame: Frame) -> String {
    let build =
        |build: crate::ids::Build| format!("\n{}", frame.say(words!("build", build = build.to_string())));
    format!("**{}**{}", text::line(&server.server), server.build.map(build).unwrap_or_default())
}

/// Since when, or that it is not known.
pub(super) fn since(server: &ServerDiagnosis, frame: Frame) -> String {
    server.since.map_or_else(|| frame.say(words!("not-known")), moment)
}

/// A moment, and how long ago that is.
pub(super) fn moment(at: jiff::Timestamp) -> String {
    format!("{}\n{}", text::at(at), text::relative(at))
}

/// How sure a verdict is.
pub(super) fn sureness(confidence: Confidence) -> Text {
    match confidence {
        Confidence::Certain => words!("sure-certain"),
        Confidence::Probable => words!("sure-probable"),
        Confidence::Possible => words!("sure-possible"),
    }
}

/// Why a server did not answer, and how old what is known of it is.
pub(super) fn silence(server: &ServerDiagnosis, frame: Frame) -> Option<String> {
    let silent = server.silent.as_ref()?;
    let age = match server.report_age {
        Some(age) => frame.say(words!("silence-age", age = text::span(age))),
        None => frame.say(words!("silence-never")),
    };
    Some(format!("{} {} {age}", text::code(&silent.code), text::line(&silent.why)))
}

/// One line for each thing that is known; events that say the same stand together.
pub(super) fn evidence(evidence: &[Evidence], frame: Frame) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&EventEvidence>)> = Vec::new();
    for one in evidence {
        let said = said(one, frame);
        match (&one.events, groups.iter_mut().find(|(other, events)| *other == said && !events.is_empty())) {
            (Some(events), Some((_, group))) => group.push(events),
            (events, _) => groups.push((said, events.iter().collect())),
        }
    }
    groups.into_iter().map(|(said, events)| evidence_line(&said, &events, frame)).collect()
}

/// What evidence says without "Event 6900: ", since the id stands before it already.
fn said(evidence: &Evidence, frame: Frame) -> String {
    let text = evidence.text.show(frame.language);
    let event =
        |events: &EventEvidence| words!("event-colon", id = events.id.to_string()).tell(frame.language);
    let bare = evidence.events.as_ref().and_then(|events| text.strip_prefix(&event(events)));
    bare.map(|bare| bare.trim_start().to_owned()).unwrap_or(text)
}

fn evidence_line(said: &str, events: &[&EventEvidence], frame: Frame) -> String {
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
        (false, true) => frame.say(words!("from-to", from = text::at(first), to = text::clock(last))),
        (false, false) => frame.say(words!("from-to", from = text::at(first), to = text::at(last))),
    };
    let ids = counted.join(", ");
    frame.say(words!("event-line", count = counted.len(), ids = ids, when = when, what = line))
}

/// Who last switched password sync or the sign-in method, and when.
pub(super) fn last_switched(server: &ServerDiagnosis, frame: Frame) -> String {
    let Some(action) = &server.last_action else { return frame.say(words!("not-recorded")) };
    let unnamed = || frame.say(words!("name-not-recorded"));
    let who = action.who.as_deref().map_or_else(unnamed, text::line);
    format!("{}: {}, {who}", frame.line(&action.what), text::at(action.at))
}

/// What it is not, in the words that say why not.
pub(super) fn ruled_out(server: &ServerDiagnosis, frame: Frame) -> String {
    let whys: Vec<String> = server.ruled_out.iter().take(12).map(|out| frame.line(&out.why)).collect();
    text::cut(&whys.join(" "), 1000)
}

/// Steps, numbered if there are several.
pub(super) fn steps(steps: &[String]) -> Vec<String> {
    let step = |(n, step): (usize, &String)| format!("{}. {}", n + 1, text::line(step));
    match steps {
        [one] => vec![text::line(one)],
        many => many.iter().enumerate().map(step).collect(),
    }
}

/// One server on one line.
pub(super) fn one_line(server: &ServerDiagnosis, knowledge: &Knowledge, frame: Frame) -> String {
    let symbol = tone(server, knowledge).symbol();
    let name = title(server.cause, knowledge.explain_in(server.cause, frame.language));
    let mut line = format!("{symbol} **{}** {}", text::line(&server.server), text::line(name));
    // A staging server syncs no passwords, by design: it has no heartbeats to be missed.
    if !server.forests.is_empty() && server.cause != Cause::StagingMode {
        let forest = |forest: &ForestHealth| {
            let last = |at| format!(" {}", frame.say(words!("line-last", ago = text::relative(at))));
            let last = forest.last_heartbeat.map(last).unwrap_or_default();
            let word = match awaited(forest, server.cause) {
                true => heartbeat_word(forest.level),
                false => words!("heartbeat-none"),
            };
            format!("{} {}{last}", text::line(&forest.name), frame.say(word))
        };
        let forests: Vec<String> = server.forests.iter().take(6).map(forest).collect();
        line.push_str(&format!(" · {}", frame.say(words!("line-heartbeats", forests = forests.join(", ")))));
    }
    if server.silent.is_some() {
        let age = match server.report_age {
            Some(age) => words!("line-heard", age = text::span(age)),
            None => words!("line-never-heard"),
        };
        line.push_str(&format!(" · {}", frame.say(words!("line-no-answer", heard = age))));
    }
    text::cut(&line, 600)
}

/// A cause's title, or its id where an organisation left it empty.
pub(super) fn title(cause: Cause, explanation: &Explanation) -> &str {
    if explanation.title.is_empty() { cause.as_str() } else { &explanation.title }
}

/// Addresses as links that say what they are about.
pub(super) fn sources(addresses: &[String]) -> String {
    let link = |address: &String| {
        // An address that could break out of the link is shown as text.
        let fits = address.starts_with("https://") && !address.contains(['(', ')', '<', '>', ' ', '\n']);
        if fits { format!("[{}]({address})", text::line(&title_of(address))) } else { text::code(address) }
    };
    addresses.iter().take(5).map(link).collect::<Vec<_>>().join(" · ")
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

/// Lines with a dot before each.
pub(super) fn bullets(lines: impl Iterator<Item = String>) -> Vec<String> {
    lines.map(|line| format!("• {}", text::cut(&line, 500))).collect()
}

/// The channels in which servers are named, in words.
pub(super) fn channels(channels: &[crate::ids::Snowflake], frame: Frame) -> String {
    let mentions: Vec<String> = channels.iter().map(|channel| format!("<#{channel}>")).collect();
    match mentions.as_slice() {
        [] => frame.say(words!("the-configured-channels")),
        [one] => one.clone(),
        [first @ .., last] => frame.say(words!("list-or", first = first.join(", "), last = last)),
    }
}
