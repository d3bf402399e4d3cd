//! The verdict on a log from files, for programs and for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::reading::Reading;
use super::{computers, order};
use crate::diagnosis::{
    AdminAction, Cause, Confidence, EventReading, Evidence, Finding, Knowledge, RuledOut, ServerDiagnosis,
    WhyNot, diagnose_events, explain_events,
};
use crate::ids::InvalidId;
use crate::report::Event;
use crate::words;
use crate::words::Text;

/// What files say. The first seven fields are the stable part of the JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// What is wrong, or that nothing is.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// The command that would mend it, or none.
    pub remedy: Option<String>,
    /// How it is known.
    pub evidence: Vec<Evidence>,
    /// What it is not, and why.
    pub ruled_out: Vec<RuledOut>,
    /// Why nothing is offered.
    pub why_not: Vec<WhyNot>,
    /// Where it is documented.
    pub sources: Vec<String>,
    /// The verdict in one plain sentence.
    pub summary: Text,
    /// What it means, for an administrator.
    pub explanation: String,
    /// Who can mend it.
    pub who: String,
    /// How, step by step.
    pub steps: Vec<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The time it was judged at.
    pub now: Timestamp,
    /// How many events the files held.
    pub events_read: u64,
    /// How many of them matter here.
    pub events_relevant: usize,
    /// Who last switched password sync or the sign-in method, and when.
    pub last_action: Option<AdminAction>,
    /// What else deserves attention.
    pub warnings: Vec<Finding>,
    /// Which signature fired on which event, and which did not; only where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Vec<EventReading>>,
}

/// Judges a log. Where its times can be read in more than one way, a remedy stands only if it stands in each.
///
/// # Errors
/// See [`diagnose_events`].
pub fn answer(reading: &Reading, explain: bool, knowledge: &Knowledge) -> Result<Answer, InvalidId> {
    let server = reading.server.as_deref();
    let (events, now) = reading.events();
    let mut explained = explain.then(|| explain_events(&events, knowledge));
    for (event, kept) in explained.iter_mut().flatten().zip(&reading.kept) {
        event.at = if kept.moment.moved.is_zero() { event.at } else { kept.moment.written() };
    }
    let events_relevant = events.len();
    let mut verdict = diagnose_events(events, server, reading.printed, now, knowledge)?;
    if let Some((events, now)) = reading.other_order() {
        let other = diagnose_events(events, server, reading.printed, now, knowledge)?;
        if (other.cause, &other.remedy) != (verdict.cause, &verdict.remedy) {
            doubt(&mut verdict, &other, knowledge);
        }
    }
    if verdict.remedy.is_some() {
        let read_as = |(events, _): (Vec<Event>, _)| explain_events(&events, knowledge);
        let readings: Vec<Vec<EventReading>> =
            [Some(reading.events()), reading.other_order()].into_iter().flatten().map(read_as).collect();
        let places = reading.places();
        let mut doubts = order::doubts(&readings, &places);
        if let Some(likely) = readings.first() {
            doubts.extend(computers::doubts(reading, likely, &places, knowledge)?);
        }
        doubts.into_iter().for_each(|doubt| doubt.withhold(&mut verdict, None));
    }
    let unknown = reading.unknown.as_deref();
    reading.doubts.iter().for_each(|doubt| doubt.withhold(&mut verdict, unknown));
    as_written(&mut verdict, &reading.written());
    let told = knowledge.explain(verdict.cause);
    let mut warnings = verdict.warnings;
    warnings.extend(reading.notes.iter().cloned());
    Ok(Answer {
        cause: verdict.cause,
        confidence: verdict.confidence,
        remedy: verdict.remedy.map(|remedy| remedy.command.to_string()),
        evidence: verdict.evidence,
        ruled_out: verdict.ruled_out,
        why_not: verdict.why_not,
        sources: told.sources.clone(),
        summary: Text::each(|language| capital(&verdict.summary.tell(language))),
        explanation: told.explanation.clone(),
        who: told.who.clone(),
        steps: told.steps.clone(),
        since: verdict.since,
        now,
        events_read: reading.events_read,
        events_relevant,
        last_action: verdict.last_action,
        warnings,
        explain: explained,
    })
}

/// Shows times as they were written, where clocks were set back since.
fn as_written(verdict: &mut ServerDiagnosis, written: &BTreeMap<Timestamp, Timestamp>) {
    let events = verdict.evidence.iter_mut().filter_map(|it| it.events.as_mut());
    let times = events.flat_map(|events| [&mut events.first, &mut events.last]);
    let action = verdict.last_action.iter_mut().map(|action| &mut action.at);
    for at in times.chain(action).chain(&mut verdict.since) {
        *at = written.get(at).copied().unwrap_or(*at);
    }
}

/// The files' times leave open what came after what, and so what is wrong.
fn doubt(verdict: &mut ServerDiagnosis, other: &ServerDiagnosis, knowledge: &Knowledge) {
    let is_bad = |verdict: &ServerDiagnosis| knowledge.explain(verdict.cause).bad;
    // Which build is refused is a matter of the day, not of what came last.
    let of_day = |verdict: &ServerDiagnosis| verdict.cause == Cause::BuildRetired;
    let differ = verdict.cause != other.cause && !of_day(verdict) && !of_day(other);
    if differ && (is_bad(verdict) || is_bad(other)) {
        let title = |verdict: &ServerDiagnosis| {
            Text::each(|language| knowledge.explain_in(verdict.cause, language).title.clone())
        };
        verdict.summary = words!("sum-times-ambiguous", one = title(verdict), other = title(other));
        verdict.cause = Cause::Mixed;
        verdict.since = None;
    }
    verdict.confidence = Confidence::Possible;
    verdict.remedy = None;
    let text = words!("not-times-ambiguous", cause = other.cause.as_str());
    verdict.why_not.push(WhyNot { code: "times-ambiguous".into(), text });
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl Answer {
    /// The answer for a terminal.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        // Writing to a text can't fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{}", self.summary)?;
        writeln!(out, "Cause: {} ({})", self.cause, self.confidence)?;
        match &self.remedy {
            Some(remedy) => writeln!(out, "Remedy: {remedy} (to be requested on the live server)")?,
            None => writeln!(out, "Remedy: none")?,
        }
        if let Some(since) = self.since {
            writeln!(out, "Since: {since:.0}")?;
        }
        writeln!(out, "\n{}", self.explanation)?;
        list(
            out,
            "How it is known",
            self.evidence.iter().map(|it| match &it.events {
                Some(events) if events.count > 1 => {
                    format!("{} ({} times, {:.0} to {:.0})", it.text, events.count, events.first, events.last)
                }
                Some(events) => format!("{} ({:.0})", it.text, events.last),
                None => it.text.to_string(),
            }),
        )?;
        list(out, "What it is not", self.ruled_out.iter().map(|it| format!("{}: {}", it.cause, it.why)))?;
        list(
            out,
            "Why nothing is offered",
            self.why_not.iter().map(|it| format!("{}: {}", it.code, it.text)),
        )?;
        list(out, &format!("Who can mend it: {}", self.who), self.steps.iter().cloned())?;
        let switched = self.last_action.iter().map(|it| {
            let who = it.who.as_deref().unwrap_or("name not recorded");
            format!("{} ({:.0}, {who}; event {})", it.what, it.at, it.event)
        });
        list(out, "Last switched", switched)?;
        list(out, "Worth knowing", self.warnings.iter().map(|it| it.text.to_string()))?;
        list(out, "Sources", self.sources.iter().cloned())?;
        writeln!(
            out,
            "\n{} events read, {} of them matter here; judged as of {:.0}.",
            self.events_read, self.events_relevant, self.now
        )?;
        if let Some(explained) = &self.explain {
            writeln!(out, "\nEvent by event:")?;
            explained.iter().try_for_each(|event| explain(out, event))?;
        }
        Ok(())
    }
}

fn list(out: &mut String, title: &str, items: impl Iterator<Item = String>) -> std::fmt::Result {
    let mut items = items.peekable();
    if items.peek().is_some() {
        writeln!(out, "\n{title}:")?;
    }
    items.try_for_each(|item| writeln!(out, "  - {}", item.replace('\n', " ")))
}

fn explain(out: &mut String, event: &EventReading) -> std::fmt::Result {
    let provider = event.provider.as_deref().unwrap_or("provider not told");
    let not = if event.counts { "" } else { ", not counted" };
    writeln!(out, "  {:.0}  event {} ({provider}{not})", event.at, event.id)?;
    if event.heartbeat {
        writeln!(out, "      a sign of life")?;
    }
    for signature in &event.signatures {
        let mark = if signature.fired { "fired" } else { "     " };
        writeln!(out, "      {mark} {} -> {}: {}", signature.id, signature.cause, signature.why)?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
