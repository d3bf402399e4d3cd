//! The engine that reads events by the signatures of `causes.toml`.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::Timestamp;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::cause::Cause;
use super::limits::TOGETHER;
use super::objection::{Objections, ObjectionsText};
use crate::ids::{Build, ConnectorId};
use crate::redact::without_names;
use crate::report::{ENTRA_CONNECTOR, Event};
use crate::words::{Language, Text};

/// The most memory one compiled pattern may take, in bytes.
const PATTERN_LIMIT: usize = 1 << 20;

/// The compiled signatures.
#[derive(Debug, Clone)]
pub(super) struct Signatures {
    heartbeats: Vec<Pattern>,
    signatures: Vec<Signature>,
    objections: Objections,
}

/// How a fault shows in the log.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub(super) id: String,
    pub(super) cause: Cause,
    /// Never leads to a command.
    pub(super) weak: bool,
    /// Counts only where no other matches.
    pub(super) fallback: bool,
    pub(super) says: Text,
    pattern: Pattern,
    /// Beside this text the signature does not count.
    weakened: Option<Regex>,
    beside: Option<Beside>,
}

/// What must lie near an event for a signature to count.
#[derive(Debug, Clone)]
struct Beside {
    pattern: Pattern,
    /// Only on older builds, and where the build is not known.
    before: Option<Build>,
}

/// When the events lie that signatures need beside others, by signature.
#[derive(Debug, Default)]
pub(super) struct Company(Vec<(String, Vec<Timestamp>)>);

impl Company {
    /// Whether one lies near a time.
    fn has(&self, signature: &str, at: Timestamp) -> bool {
        let times = self.0.iter().find(|(id, _)| id == signature).map(|(_, times)| times.as_slice());
        let times = times.unwrap_or_default();
        let next = times.partition_point(|time| at.duration_since(*time) > TOGETHER);
        times.get(next).is_some_and(|time| time.duration_since(at) <= TOGETHER)
    }
}

#[derive(Debug, Clone)]
struct Pattern {
    events: Vec<u32>,
    text: Option<Regex>,
    unless: Option<Regex>,
}

/// `[[heartbeat]]` of `causes.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeartbeatText {
    events: Vec<u32>,
    text: Option<String>,
}

/// `[[signature]]` of `causes.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureText {
    id: String,
    cause: Cause,
    events: Vec<u32>,
    text: Option<String>,
    unless: Option<String>,
    weakened: Option<String>,
    #[serde(default)]
    weak: bool,
    #[serde(default)]
    fallback: bool,
    says: String,
    beside: Option<BesideText>,
    before: Option<Build>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BesideText {
    events: Vec<u32>,
    text: Option<String>,
}

/// Compiles a pattern. Its word boundaries are those of ASCII: others make the search many times slower in any text that
/// holds a single other letter.
pub(super) fn regex(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(&text.replace(r"\b", r"(?-u:\b)"))
        .size_limit(PATTERN_LIMIT)
        .build()
        .map_err(|error| error.to_string())
}

impl Pattern {
    fn compile(events: Vec<u32>, text: Option<&str>, unless: Option<&str>) -> Result<Pattern, String> {
        Ok(Pattern { events, text: text.map(regex).transpose()?, unless: unless.map(regex).transpose()? })
    }

    fn matches(&self, id: u32, said: &str) -> bool {
        self.events.contains(&id)
            && self.text.as_ref().is_none_or(|text| text.is_match(said))
            && !self.unless.as_ref().is_some_and(|unless| unless.is_match(said))
    }
}

/// What a signature made of an event whose id it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Fired,
    OtherText,
    RuledOut,
    Outranked,
    Alone,
}

impl Reading {
    pub(super) fn why(self) -> &'static str {
        match self {
            Reading::Fired => "the event's id and text are its own",
            Reading::OtherText => "the text is another",
            Reading::RuledOut => "the text holds what rules it out",
            Reading::Outranked => "it would match, but a more telling one did",
            Reading::Alone => "the event that must lie beside it does not, or the build is a newer one",
        }
    }
}

impl Signatures {
    /// Every signature.
    #[cfg(test)]
    pub(super) fn all(&self) -> &[Signature] {
        &self.signatures
    }

    pub(super) fn compile(
        heartbeats: Vec<HeartbeatText>,
        signatures: Vec<SignatureText>,
        objections: ObjectionsText,
        translated: impl Fn(&str, Language) -> Option<String>,
    ) -> Result<Signatures, String> {
        let heartbeat = |it: HeartbeatText| Pattern::compile(it.events, it.text.as_deref(), None);
        let signature = |it: SignatureText| {
            let pattern = Pattern::compile(it.events, it.text.as_deref(), it.unless.as_deref())?;
            let SignatureText { id, cause, weak, fallback, says, before, .. } = it;
            let says = Text::each(|language| translated(&id, language).unwrap_or_else(|| says.clone()));
            let beside = |beside: BesideText| {
                let pattern = Pattern::compile(beside.events, beside.text.as_deref(), None)?;
                Ok::<_, String>(Beside { pattern, before })
            };
            let beside = it.beside.map(beside).transpose()?;
            let weakened = it.weakened.as_deref().map(regex).transpose()?;
            Ok::<_, String>(Signature { id, cause, weak, fallback, says, pattern, weakened, beside })
        };
        Ok(Signatures {
            heartbeats: heartbeats.into_iter().map(heartbeat).collect::<Result<_, _>>()?,
            signatures: signatures.into_iter().map(signature).collect::<Result<_, _>>()?,
            objections: objections.compile(&translated)?,
        })
    }

    /// Everything that may keep the remedy away.
    pub(super) fn objections(&self) -> &Objections {
        &self.objections
    }

    /// Whether the event is a sign of life of its connector. The provider is not looked at.
    pub(super) fn is_heartbeat(&self, event: &Event) -> bool {
        let mut of_id =
            self.heartbeats.iter().filter(|heartbeat| heartbeat.events.contains(&event.id)).peekable();
        // The names are taken out once, and only where that matters.
        of_id.peek().is_some() && {
            let said = said(event);
            of_id.any(|heartbeat| heartbeat.matches(event.id, &said))
        }
    }

    /// What faults the event shows among all that count, `beside` it, on that build. Where a signature that needs
    /// another event has it, it stands for what the text alone would say; code 90 is told all the same.
    pub(super) fn faults_among(
        &self,
        event: &Event,
        beside: &Company,
        build: Option<Build>,
    ) -> Vec<&Signature> {
        match self.signatures.iter().any(|it| it.pattern.events.contains(&event.id)) {
            true => self.faults_said(event, &said(event), beside, build),
            false => Vec::new(),
        }
    }

    fn faults_said(
        &self,
        event: &Event,
        said: &str,
        beside: &Company,
        build: Option<Build>,
    ) -> Vec<&Signature> {
        let mut found = self.faults_in(event, said);
        if let Some(better) = self.by_company(event, said, beside, build) {
            found.retain(|it| it.cause == Cause::PhsNotActivated);
            found.push(better);
        }
        found
    }

    /// The events among these that signatures need beside others.
    pub(super) fn company(&self, events: &[&Event]) -> Company {
        let needed = |it: &Signature| {
            let beside = it.beside.as_ref()?;
            let near = events.iter().filter(|event| beside.pattern.events.contains(&event.id));
            let near = near.filter(|event| beside.pattern.matches(event.id, &said(event)));
            let mut times: Vec<Timestamp> = near.map(|event| event.at).collect();
            times.sort_unstable();
            Some((it.id.clone(), times))
        };
        Company(self.signatures.iter().filter_map(needed).collect())
    }

    fn by_company(
        &self,
        event: &Event,
        said: &str,
        company: &Company,
        build: Option<Build>,
    ) -> Option<&Signature> {
        let mut needy = self.signatures.iter().filter_map(|it| Some((it, it.beside.as_ref()?)));
        let found = needy.find(|(it, beside)| {
            let old = beside.before.zip(build).is_none_or(|(before, build)| build < before);
            old && company.has(&it.id, event.at) && it.pattern.matches(event.id, said)
        });
        found.map(|(it, _)| it)
    }

    /// What faults the event shows by itself. The provider is not looked at.
    ///
    /// Code 90 is always looked for, and the first strong match of another family beside it: a text that holds
    /// both is evidence of both. What is weak or a fallback counts only where nothing else matched.
    pub(super) fn faults(&self, event: &Event) -> Vec<&Signature> {
        self.faults_in(event, &said(event))
    }

    /// The same, of what the event says without the names in it.
    fn faults_in(&self, event: &Event, said: &str) -> Vec<&Signature> {
        let of = |signature: &&Signature| {
            let weakened = || signature.weakened.as_ref().is_some_and(|text| text.is_match(said));
            signature.pattern.matches(event.id, said) && !weakened()
        };
        let alone = || self.signatures.iter().filter(|it| it.beside.is_none());
        let strong = || alone().filter(|it| !it.weak && !it.fallback);
        let activates = |it: &&Signature| it.cause == Cause::PhsNotActivated;
        let mut found: Vec<_> = strong().filter(activates).find(of).into_iter().collect();
        found.extend(strong().filter(|it| !activates(it)).find(of));
        for rest in [|it: &&Signature| it.weak, |it: &&Signature| it.fallback] {
            if found.is_empty() {
                found.extend(alone().filter(rest).find(of));
            }
        }
        found
    }

    /// Every signature that reads the event's id, with what it made of the event among all that count. The build is
    /// not known.
    pub(super) fn read(&self, event: &Event, beside: &Company) -> Vec<(&Signature, Reading)> {
        let said = said(event);
        let fired = self.faults_said(event, &said, beside, None);
        let reading = |it: &Signature| {
            let matched = |regex: &Option<Regex>| regex.as_ref().map(|regex| regex.is_match(&said));
            let ruled_out = matched(&it.weakened).or(matched(&it.pattern.unless));
            match (matched(&it.pattern.text), ruled_out) {
                _ if fired.iter().any(|fired| fired.id == it.id) => Reading::Fired,
                (Some(false), _) => Reading::OtherText,
                (_, Some(true)) => Reading::RuledOut,
                _ if it.beside.is_some() => Reading::Alone,
                _ => Reading::Outranked,
            }
        };
        let of_id = self.signatures.iter().filter(|it| it.pattern.events.contains(&event.id));
        of_id.map(|it| (it, reading(it))).collect()
    }

    /// The fault whose inner text the event carries, as against one told by its id alone.
    pub(super) fn inner_text(&self, event: &Event) -> Option<&Signature> {
        self.faults(event).into_iter().find(|it| it.pattern.text.is_some())
    }
}

/// What the sync product says in an event: its text without the names in it. A user may be called "Error Code: 90", and a
/// parameter of a method in a stack `timeout`.
pub(super) fn said(event: &Event) -> Cow<'_, str> {
    static PARAMETERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"([\w`]+(?:[.+][\w`\[\],]+)+)\s?\((?:[\w.`\[\]&,]+\s+\w+(?:,\s*)?)+\)").ok()
    });
    let text = match event.text.contains('=') {
        true => Cow::Owned(without_names(&event.text)),
        false => Cow::Borrowed(event.text.as_str()),
    };
    match PARAMETERS.as_ref().filter(|_| text.contains('(')).map(|it| it.replace_all(&text, "$1()")) {
        Some(Cow::Owned(rest)) => Cow::Owned(rest),
        _ => text,
    }
}

/// Whether an event's text holds code 90, whatever its id.
pub(super) fn code_90(signatures: &Signatures, event: &Event) -> bool {
    let said = said(event);
    let of_90 = |it: &&Signature| it.cause == Cause::PhsNotActivated;
    let texts = signatures.signatures.iter().filter(of_90).filter_map(|it| it.pattern.text.as_ref());
    texts.into_iter().any(|text| text.is_match(&said))
}

/// What a text says beside the code 90 that it quotes.
pub(super) fn without_code_90(text: &str) -> Cow<'_, str> {
    static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let description = r"password\s+synchronization\s+has\s+not\s+been\s+activated\s+for\s+this\s+company";
        let code =
            format!(r"error\s*code\s*:\s*90\b\.?(?:\s*error\s*description\s*:\s*(?:{description}|\.\.\.))?");
        let source = r"(?:\s*\.?\s*tracking\s*id\s*:\s*[\w-]+)?(?:\s*server\s*name\s*:\s*\w+)?";
        regex(&format!(r"(?i)(?:\ban\s+error\s+occurred\.?\s*)?(?:{code}|{description})\.?{source}")).ok()
    });
    match QUOTED.as_ref() {
        Some(quoted) if text.contains("90") || text.contains("activated") => quoted.replace_all(text, " "),
        _ => Cow::Borrowed(text),
    }
}

/// The AD connector that an event is about, from its field or from the XML tail of its text.
///
/// Source: Microsoft's own script finds it by the connector's identifier in the text.
pub(super) fn connector(event: &Event) -> Option<ConnectorId> {
    let from_text = || {
        let (_, tail) = event.text.split_once("<connector-id>")?;
        tail.split_once('<')?.0.trim().parse().ok()
    };
    let found: Option<ConnectorId> = event.connector.clone().or_else(from_text);
    found.filter(|id| id.as_str() != ENTRA_CONNECTOR)
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
