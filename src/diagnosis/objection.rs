//! What in a log, newer than the last code 90, keeps the remedy away without naming a fault: an answer of the cloud
//! that can't be read, a sync that was stopped, somebody else's word against it. Unknown withholds.

use jiff::SignedDuration;
use regex::Regex;
use serde::Deserialize;

use super::audit::may_have_switched_on;
use super::cause::Cause;
use super::signature::{Signatures, code_90, regex};
use crate::report::{EVENT_IDS, Event};
use crate::words::{Language, Text};

/// `[[objection]]` of `causes.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectionText {
    id: String,
    #[serde(default)]
    events: Vec<u32>,
    #[serde(default)]
    foreign: bool,
    #[serde(default)]
    bystander: bool,
    #[serde(default)]
    any: bool,
    text: Option<String>,
    without: Option<String>,
    unless: Option<String>,
    #[serde(default)]
    until: Vec<u32>,
    apart: Option<i64>,
    says: String,
}

/// How it shows, and its words.
#[derive(Debug, Clone)]
pub(super) struct Objection {
    /// Its code among the reasons.
    pub(super) id: String,
    pub(super) says: Text,
    events: Vec<u32>,
    /// Of providers that don't count: what ours would say against code 90.
    foreign: bool,
    /// Of programs that are not ours, with whatever id.
    bystander: bool,
    /// Of anybody, with whatever id.
    any: bool,
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
}

impl Objection {
    pub(super) fn compile(
        text: ObjectionText,
        translated: impl Fn(&str, Language) -> Option<String>,
    ) -> Result<Objection, String> {
        let ObjectionText { id, events, foreign, bystander, any, text, without, unless, until, apart, says } =
            text;
        let [text, without, unless] = [text, without, unless].map(|it| it.as_deref().map(regex).transpose());
        let says = Text::each(|language| translated(&id, language).unwrap_or_else(|| says.clone()));
        Ok(Objection {
            id,
            says,
            events,
            foreign,
            bystander,
            any,
            text: text?,
            without: without?,
            unless: unless?,
            until,
            apart: apart.map(SignedDuration::from_mins),
        })
    }

    /// Whether an event raises it.
    fn is_raised_by(&self, event: &Event, signatures: &Signatures) -> bool {
        if self.foreign {
            return !event.counts() && speaks_against(event, signatures);
        }
        let is_meant = match self.bystander {
            true => is_bystander(event),
            false => self.any || event.counts() && self.events.contains(&event.id),
        };
        is_meant
            && self.is_said_by(event)
            && !code_90(signatures, event)
            && !self.unless.as_ref().is_some_and(|unless| unless.is_match(&event.text))
    }

    /// Whether the event says what it must say.
    fn is_said_by(&self, event: &Event) -> bool {
        let Some(wanted) = &self.text else { return true };
        match &self.without {
            Some(without) => wanted.is_match(&without.replace_all(&event.text, " ")),
            None => wanted.is_match(&event.text),
        }
    }

    /// The event that raises it and that nothing later settles, among events in their order.
    pub(super) fn standing<'a>(&self, events: &[&'a Event], signatures: &Signatures) -> Option<&'a Event> {
        let settles = |event: &&Event| event.counts() && self.until.contains(&event.id);
        let from = events.iter().rposition(settles).map_or(0, |at| at + 1);
        let raised = |event: &&&Event| self.is_raised_by(event, signatures);
        let last = events[from..].iter().rfind(raised).copied()?;
        let Some(apart) = self.apart else { return Some(last) };
        let first = events[from..].iter().find(raised)?;
        (last.at.duration_since(first.at) >= apart).then_some(last)
    }
}

/// Whether an event is of a program that is not ours, and no event that ours could have written.
fn is_bystander(event: &Event) -> bool {
    match event.provider {
        Some(_) => !event.counts(),
        None => !EVENT_IDS.contains(&event.id),
    }
}

/// Whether an event speaks against code 90 where it is newer: as a sign of life or another fault, which `is_other` says, a step
/// that somebody or the product took, or an objection.
pub(super) fn against(event: &Event, is_other: bool, signatures: &Signatures) -> bool {
    let alone = |it: &&Objection| it.apart.is_none();
    let objected =
        || signatures.objections().iter().filter(alone).any(|it| it.is_raised_by(event, signatures));
    let step = || is_step(event.id) || may_have_switched_on(event);
    objected() || event.counts() && (is_other || step())
}

/// Whether an event would be another fault or a sign of life, if its provider were one of ours.
fn speaks_against(event: &Event, signatures: &Signatures) -> bool {
    let fault = signatures.inner_text(event).is_some_and(|it| it.cause != Cause::PhsNotActivated);
    let step = || {
        let acted = matches!(event.id, 2506 | 2513 | 2606 | 2613);
        (is_step(event.id) || acted) && event.may_be_ours()
    };
    fault || signatures.is_heartbeat(event) || step()
}

/// Whether password sync stops, begins or ends a full sync, or heals itself by the event. Source: facts, section 1.1.
fn is_step(id: u32) -> bool {
    matches!(id, 602 | 609 | 610 | 617..=619 | 622 | 623 | 660 | 661 | 2002)
}
