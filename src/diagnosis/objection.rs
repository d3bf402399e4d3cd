//! What in a log, newer than the last code 90, keeps the remedy away without naming a fault: an answer of the cloud
//! that can't be read, a sync that was stopped, somebody else's word against it. Unknown withholds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use serde::Deserialize;

use super::audit::{is_action, is_action_id, is_change, may_have_switched_on, may_have_worked};
use super::cause::Cause;
use super::limits::{FAULT_WINDOW, IN_FLIGHT};
use super::plain::{PlainText, Plains};
use super::product::{is_of_service, service_runs, tells_product};
use super::signature::{Signatures, code_90, regex, without_code_90};
use crate::report::{EVENT_IDS, Event, Level};
use crate::words::{Language, Text};

/// `[[objection]]` of `objections.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectionText {
    id: String,
    #[serde(default)]
    of: Of,
    #[serde(default)]
    events: Vec<u32>,
    #[serde(default)]
    but: Vec<u32>,
    level: Option<OfLevel>,
    text: Option<String>,
    without: Option<String>,
    unless: Option<String>,
    #[serde(default)]
    until: Vec<u32>,
    apart: Option<i64>,
    after: Option<i64>,
    #[serde(default)]
    ever: bool,
    #[serde(default)]
    reading: bool,
    #[serde(default)]
    plain: bool,
    #[serde(default)]
    alike: bool,
    #[serde(default)]
    in_flight: bool,
    #[serde(default)]
    own: bool,
    settled: Option<String>,
}

/// `objections.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectionsText {
    says: BTreeMap<String, String>,
    /// Parts of patterns, by the names that stand for them in braces.
    parts: BTreeMap<String, String>,
    objection: Vec<ObjectionText>,
}

/// What may keep the remedy away, and the wordings that say nothing against it.
#[derive(Debug, Clone)]
pub(super) struct Objections {
    pub(super) all: Vec<Objection>,
    plains: Plains,
}

impl ObjectionsText {
    pub(super) fn compile(
        self,
        translated: impl Fn(&str, Language) -> Option<String>,
    ) -> Result<Objections, String> {
        let compile = |text: ObjectionText| {
            let told = self.says.get(&text.id).ok_or_else(|| format!("{} says nothing", text.id))?;
            let says = Text::each(|language| translated(&text.id, language).unwrap_or_else(|| told.clone()));
            Objection::compile(text, says, &self.parts)
        };
        let all = self.objection.into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Objections { all, plains: PlainText::embedded()? })
    }
}

/// Whose events may raise an objection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Of {
    /// The sync product's, with one of the ids that are named.
    #[default]
    Events,
    /// The sync product's, with whatever id.
    Ours,
    /// The sync product's, with an id that is not listed.
    Unlisted,
    /// An administrator's action in the sync product that did not fail, but for those whose direction is told.
    Action,
    /// Nobody's that is told, with an id that is not listed.
    Unnamed,
    /// Nobody's that is told, with the id of an administrator's action.
    UnnamedAction,
    /// The service manager's word on the sync service, unless it plainly runs.
    Service,
    /// Programs' that are not ours, with whatever id.
    Bystander,
    /// Providers' that don't count: what ours would say against code 90.
    Foreign,
    /// Anybody's, with whatever id.
    Anybody,
}

/// Events of which level may raise an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OfLevel {
    Error,
    Untold,
}

/// How it shows, and its words.
#[derive(Debug, Clone)]
pub(super) struct Objection {
    /// Its code among the reasons.
    pub(super) id: String,
    pub(super) says: Text,
    of: Of,
    /// The only ids that raise it; of the product's own, none raises none.
    events: Vec<u32>,
    /// Ids that never raise it.
    but: Vec<u32>,
    level: Option<OfLevel>,
    /// What the text must say.
    text: Option<Regex>,
    /// What is left out of the text before that is looked for.
    without: Option<Regex>,
    /// A pattern of the whole text, names included, that goes along with code 90.
    unless: Option<Regex>,
    /// An event with one of these ids, later, settles it.
    until: Vec<u32>,
    /// One alone says nothing: two must lie so far apart.
    apart: Option<SignedDuration>,
    /// It must be so much newer than the last code 90.
    after: SignedDuration,
    /// Older than the last code 90 it counts, too, where nothing tells which product it is.
    ever: bool,
    /// A live reading of the flag as off, later than the event, settles it.
    reading: bool,
    /// Not where the wording is a known plain one of its id.
    plain: bool,
    /// Only where the last code 90 names no provider either.
    alike: bool,
    /// Shortly before the last code 90 it counts, too: that one may have been under way.
    in_flight: bool,
    /// Its text must name the computer of the last code 90, where that is told.
    own: bool,
    /// It counts however long before the last code 90 of the recent window it was, until a text says this.
    settled: Option<Regex>,
}

impl Objection {
    fn compile(
        text: ObjectionText,
        says: Text,
        parts: &BTreeMap<String, String>,
    ) -> Result<Objection, String> {
        let whole = |pattern: &String| {
            let with = |pattern: String, (name, part): (&String, &String)| {
                pattern.replace(&format!("{{{name}}}"), part)
            };
            // A part may name another.
            regex(&parts.iter().chain(parts).fold(pattern.clone(), with))
        };
        let patterns = [&text.text, &text.without, &text.unless, &text.settled];
        let [wanted, without, unless, settled] = patterns.map(|it| it.as_ref().map(whole).transpose());
        Ok(Objection {
            id: text.id,
            says,
            of: text.of,
            events: text.events,
            but: text.but,
            level: text.level,
            text: wanted?,
            without: without?,
            unless: unless?,
            until: text.until,
            apart: text.apart.map(SignedDuration::from_mins),
            after: SignedDuration::from_mins(text.after.unwrap_or_default()),
            ever: text.ever,
            reading: text.reading,
            plain: text.plain,
            alike: text.alike,
            in_flight: text.in_flight,
            own: text.own,
            settled: settled?,
        })
    }

    /// Whether an event raises it.
    fn is_raised_by(&self, event: &Event, signatures: &Signatures) -> bool {
        let is_meant = match self.of {
            Of::Events => event.counts() && self.events.contains(&event.id),
            Of::Ours => is_ours(event) && !is_action(event),
            Of::Unlisted => is_ours(event) && !EVENT_IDS.contains(&event.id) && !is_action(event),
            Of::Action => is_change(event),
            Of::Unnamed => event.provider.is_none() && !EVENT_IDS.contains(&event.id),
            Of::UnnamedAction => event.provider.is_none() && is_action_id(event.id) && may_have_worked(event),
            Of::Service => is_of_service(event) && service_runs(event) != Some(true),
            Of::Bystander => !is_ours(event) && !is_of_service(event) && self.is_of(event.id),
            Of::Foreign => return !event.counts() && speaks_against(event, signatures),
            Of::Anybody => true,
        };
        let is_meant = is_meant
            && !self.but.contains(&event.id)
            && self.level.is_none_or(|level| match level {
                OfLevel::Error => event.level == Some(Level::Error),
                OfLevel::Untold => event.level.is_none(),
            })
            // Code 90 itself speaks for itself; who else quotes it may say more.
            && !(event.counts() && matches!(event.id, 652 | 655 | 6900) && code_90(signatures, event));
        if !is_meant {
            return false;
        }
        let said = without_code_90(&event.text);
        let only_quotes = || matches!(said, Cow::Owned(_)) && !said.contains(char::is_alphanumeric);
        let is_plain = || self.plain && signatures.objections().plains.know(event, &said);
        let is_excepted = || self.unless.as_ref().is_some_and(|unless| unless.is_match(&said));
        self.is_said_by(event, &said) && !(only_quotes() || is_plain() || is_excepted())
    }

    /// Whether events of this id may raise it.
    fn is_of(&self, id: u32) -> bool {
        self.events.is_empty() || self.events.contains(&id)
    }

    /// Whether the event says what it must say; a bystander's name is a part of that.
    fn is_said_by(&self, event: &Event, said: &str) -> bool {
        let Some(wanted) = &self.text else { return true };
        let said: Cow<'_, str> = match (&event.provider, self.of) {
            (Some(provider), Of::Bystander) => format!("{provider}\n{said}").into(),
            _ => said.into(),
        };
        let rest = || self.without.as_ref().is_none_or(|it| wanted.is_match(&it.replace_all(&said, " ")));
        wanted.is_match(&said) && rest()
    }

    /// The event that raises it and that nothing later settles, among events in their order.
    pub(super) fn standing<'a>(&self, events: &[&'a Event], signatures: &Signatures) -> Option<&'a Event> {
        let raised = |event: &&&Event| self.is_raised_by(event, signatures);
        let settles = |event: &&Event| {
            event.counts() && self.until.contains(&event.id)
                || self.is_settled_by(event) && !raised(&event)
                || self.of == Of::Service && service_runs(event) == Some(true)
        };
        let from = events.iter().rposition(settles).map_or(0, |at| at + 1);
        let last = events[from..].iter().rfind(raised).copied()?;
        let Some(apart) = self.apart else { return Some(last) };
        let first = events[from..].iter().find(raised)?;
        (last.at.duration_since(first.at) >= apart).then_some(last)
    }

    /// Whether an event says in words that it is over.
    fn is_settled_by(&self, event: &Event) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.is_match(&event.text))
    }

    /// Whether the event that raises it keeps the remedy of a code 90 away. `read_off` is when the flag was read as off on the
    /// live server; `product_told`, whether it is known which product that is; `server` the computer of the last code 90, where that
    /// is told.
    pub(super) fn withholds(
        &self,
        event: &Event,
        last_90: &Event,
        read_off: Option<Timestamp>,
        product_told: bool,
        server: Option<&str>,
    ) -> bool {
        let is_others = self.own && server.is_some_and(|server| !names(&event.text, server));
        if self.alike && last_90.provider.is_some() || is_others {
            return false;
        }
        let newer = (event.at, event.record.or(last_90.record)) >= (last_90.at, last_90.record)
            && event.at.duration_since(last_90.at) >= self.after;
        let read_since = read_off.is_some_and(|read| read > event.at);
        let age = last_90.at.duration_since(event.at);
        let lasts = self.in_flight && age <= IN_FLIGHT || self.settled.is_some() && age <= FAULT_WINDOW;
        newer && !(self.reading && read_since) || lasts && !read_since || self.ever && !product_told
    }

    /// Whether one event raises it by itself, by being newer.
    fn alone(&self) -> bool {
        self.apart.is_none() && self.after.is_zero() && !self.ever && !self.alike
    }
}

/// Whether a text names a computer, whose domain doesn't matter.
fn names(text: &str, computer: &str) -> bool {
    let short = computer.split('.').next().unwrap_or(computer);
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')));
    words.any(|word| word.eq_ignore_ascii_case(short))
}

/// Whether another program's events of an id matter whatever they name.
pub(super) fn hears(id: u32, signatures: &Signatures) -> bool {
    let mut all = signatures.objections().all.iter();
    all.any(|it| it.of == Of::Bystander && it.events.contains(&id))
}

/// Whether an event is the sync product's: where no provider is told, by its id.
fn is_ours(event: &Event) -> bool {
    match event.provider {
        Some(_) => event.counts(),
        None => EVENT_IDS.contains(&event.id),
    }
}

/// Whether an event that is not of a listed id says more than that the daily work goes on.
pub(super) fn tells_more(event: &Event, signatures: &Signatures) -> bool {
    let raised = |it: &Objection| it.alone() && it.is_raised_by(event, signatures) || it.is_settled_by(event);
    tells_product(event)
        || !signatures.faults(event).is_empty()
        || signatures.objections().all.iter().any(raised)
}

/// Whether an event speaks against code 90 where it is newer: as a sign of life or another fault, which `is_other` says, a step
/// that somebody or the product took, or an objection.
pub(super) fn against(event: &Event, is_other: bool, signatures: &Signatures) -> bool {
    let objected =
        || signatures.objections().all.iter().any(|it| it.alone() && it.is_raised_by(event, signatures));
    let step = || is_step(event.id) || may_have_switched_on(event);
    objected() || event.counts() && (is_other || step())
}

/// Whether an event would be another fault or a sign of life, if its provider were one of ours.
fn speaks_against(event: &Event, signatures: &Signatures) -> bool {
    let fault = signatures.inner_text(event).is_some_and(|it| it.cause != Cause::PhsNotActivated);
    let step = || (is_step(event.id) || is_action_id(event.id)) && event.may_be_ours();
    fault || signatures.is_heartbeat(event) || step()
}

/// Whether password sync stops, begins or ends a full sync, or heals itself by the event. Source: facts, section 1.1.
fn is_step(id: u32) -> bool {
    matches!(id, 602 | 609 | 610 | 617..=619 | 622 | 623 | 660 | 661 | 2002)
}
