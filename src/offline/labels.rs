//! The labels of Event Viewer, wevtutil and PowerShell.

use serde::Deserialize;

use super::fields::{self, Form, Named};
pub(super) use super::levels::{is_level, level};

/// What a label introduces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Label {
    /// The log's name: the first line of an event copied from Event Viewer.
    Log,
    Provider,
    /// The provider's GUID: its name, where it has no other.
    ProviderId,
    Date,
    Id,
    Level,
    Record,
    Computer,
    Message,
    /// Something known that does not matter here.
    Other,
}

/// A known label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) label: Label,
    /// The forms that its values may have.
    pub(super) forms: &'static [Form],
    /// Whether its language writes the day before the month.
    pub(super) day_first: Option<bool>,
    /// It only says "ID" in words that are not known: beside a known label it is none.
    pub(super) guessed: bool,
}

impl Known {
    /// A label that no language changes.
    pub(super) fn of(label: Label) -> Known {
        Known { label, forms: fields::of_label(label), day_first: None, guessed: false }
    }

    /// Whether it stands in the head of an event, and seldom elsewhere.
    pub(super) fn begins_events(self) -> bool {
        !self.guessed && matches!(self.label, Label::Log | Label::Provider | Label::Date | Label::Id)
    }
}

/// What a label introduces, if it is known or at least says that it is an id.
pub(super) fn known(text: &str) -> Option<Known> {
    exactly(text).or_else(|| is_id(text).then_some(Known { guessed: true, ..Known::of(Label::Id) }))
}

/// What a label introduces, if it is known.
pub(super) fn exactly(text: &str) -> Option<Known> {
    // A search names its hits so, and no event.
    if text.len() > 120 || text.trim() == "_id" {
        return None;
    }
    // Elastic's names.
    let name = ["winlog.", "event.", "log."].iter().find_map(|prefix| text.trim().strip_prefix(prefix));
    let folded = match name {
        Some("code") => "eventcode".to_owned(),
        Some(name) => fold(name),
        None => fold(text),
    };
    if folded.is_empty() {
        return None;
    }
    let Named { label, is_english } = fields::label(&folded)?;
    let day_first = (!is_english).then_some(true);
    Some(Known { label, forms: fields::forms(&folded), day_first, guessed: false })
}

/// A label in a language that is not known, or garbled by a code page, that still says "ID".
fn is_id(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let not = [
        "process", "thread", "user", "task", "activity", "record", "tracking", "session", "logon", "provider",
    ];
    let folded = fold(text);
    text.chars().count() <= 30 && words.any(|word| word == "ID") && !not.iter().any(|it| folded.contains(it))
}

/// Lower case, without accents, spaces and marks.
pub(super) fn fold(text: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' => 's',
        'ť' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' => 'u',
        'ý' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ğ' => 'g',
        'ď' => 'd',
        c => c,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).filter(|c| c.is_alphanumeric()).collect()
}

/// Splits `label: value`, with the colon of any script. PowerShell pads its labels with spaces.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let at = line.find([':', '：'])?;
    let after = line.get(at..)?.chars().next()?.len_utf8();
    let (label, value) = (line.get(..at)?, line.get(at + after..)?);
    // People quote and embolden what they paste.
    let marks = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | '>' | '|');
    (label.chars().count() <= 40).then(|| (label.trim_matches(marks), value.trim_matches(marks)))
}
