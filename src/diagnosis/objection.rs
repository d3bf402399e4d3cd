//! What in a log, newer than the last code 90, keeps the remedy away without naming a fault: an answer of the cloud
//! that can't be read, a sync that was stopped, somebody else's word against it. Unknown withholds.

use regex::Regex;
use serde::Deserialize;

use super::audit::may_have_switched_on;
use super::cause::Cause;
use super::signature::{Company, Signature, Signatures, code_90, regex};
use crate::report::Event;
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
    unless: Option<String>,
    #[serde(default)]
    until: Vec<u32>,
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
    /// A pattern of the whole text, names included, that goes along with code 90.
    unless: Option<Regex>,
    /// An event with one of these ids, later, settles it.
    until: Vec<u32>,
}

impl Objection {
    pub(super) fn compile(
        text: ObjectionText,
        translated: impl Fn(&str, Language) -> Option<String>,
    ) -> Result<Objection, String> {
        let ObjectionText { id, events, foreign, unless, until, says } = text;
        let unless = unless.as_deref().map(regex).transpose()?;
        let says = Text::each(|language| translated(&id, language).unwrap_or_else(|| says.clone()));
        Ok(Objection { id, says, events, foreign, unless, until })
    }

    /// Whether an event raises it.
    fn is_raised_by(&self, event: &Event, signatures: &Signatures) -> bool {
        if self.foreign {
            return !event.counts() && speaks_against(event, signatures);
        }
        event.counts()
            && self.events.contains(&event.id)
            && !code_90(signatures, event)
            && !self.unless.as_ref().is_some_and(|unless| unless.is_match(&event.text))
    }

    /// The event that raises it and that nothing later settles, among events in their order.
    pub(super) fn standing<'a>(&self, events: &[&'a Event], signatures: &Signatures) -> Option<&'a Event> {
        let settles = |event: &&Event| event.counts() && self.until.contains(&event.id);
        let from = events.iter().rposition(settles).map_or(0, |at| at + 1);
        events[from..].iter().rfind(|event| self.is_raised_by(event, signatures)).copied()
    }
}

/// Whether an event speaks against code 90 where it is newer: as a sign of life, another fault, a step that somebody or
/// the product took, or an objection.
pub(super) fn against(event: &Event, beside: &Company, signatures: &Signatures) -> bool {
    let objected = || signatures.objections().iter().any(|it| it.is_raised_by(event, signatures));
    let other = |it: &&Signature| it.cause != Cause::PhsNotActivated;
    let fault = || signatures.faults_among(event, beside, None).iter().any(other);
    let step = || is_step(event.id) || may_have_switched_on(event);
    objected() || event.counts() && (signatures.is_heartbeat(event) || fault() || step())
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
