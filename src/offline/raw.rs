//! An event as a file tells it, and the event that it becomes.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::bounded::MAX_RECORD;
use super::fields::Form;
use super::wording::{Known, PARTS, known_by_words};
pub(super) use super::wording::{id_by_text, sentences};
use super::wrapper::handed_over;
use crate::diagnosis::names_the_product;
use crate::ids::ConnectorId;
use crate::report::{Event, Level};

/// The most parts of an event's data that are looked at; our events have one or two.
pub(super) const MAX_DATA: usize = 64;

/// An event as it was written. What the file does not tell is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Raw {
    pub(super) id: Option<u32>,
    pub(super) provider: Option<String>,
    pub(super) level: Option<Level>,
    pub(super) record: Option<u64>,
    /// The log that its record counts in.
    pub(super) log: Option<String>,
    pub(super) when: When,
    /// Other times that its fields name, by these names.
    pub(super) also: Vec<(String, When)>,
    /// It stands for several, of which it may tell the first.
    pub(super) several: bool,
    /// Which of the tables it stands in that were joined in one file.
    pub(super) part: u32,
    pub(super) computer: Option<String>,
    /// The text that Windows made of it.
    pub(super) message: String,
    /// What the program handed to Windows: holds the inner text where the message is missing.
    pub(super) data: Vec<String>,
    /// What stands behind its message was judged as what somebody wrote there.
    pub(super) judged: bool,
    /// What stands beside it and is no part of it: talk, comments, what other commands printed.
    pub(super) said: String,
    /// Something about it was not understood.
    pub(super) broken: bool,
}

/// When an event was written, as far as the file tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum When {
    /// Not told.
    #[default]
    Unknown,
    /// A point in time.
    At(Timestamp),
    /// A time of the server's own zone, which the file does not name.
    Local(DateTime),
    /// The same, where `03/04` may be March or April.
    Either {
        /// As 3 April.
        day_first: DateTime,
        /// As 4 March.
        month_first: DateTime,
        /// Which of the two the surroundings suggest: day first.
        suggests_day_first: Option<bool>,
        /// Whether it names the half of the day.
        half: bool,
    },
    /// A time of a slashed date that can be only one; tells how the file's others are to be read.
    Ordered {
        /// The time.
        at: DateTime,
        /// Whether the day comes first.
        day_first: bool,
        /// Whether it names the half of the day.
        half: bool,
    },
}

impl When {
    /// The likelier reading as a time, where one without a zone is UTC.
    pub(super) fn likely(self) -> Option<Timestamp> {
        let utc = |at: DateTime| at.to_zoned(TimeZone::UTC).map(|at| at.timestamp()).ok();
        match self {
            When::Unknown => None,
            When::At(at) => Some(at),
            When::Local(at) | When::Ordered { at, .. } => utc(at),
            When::Either { day_first, month_first, suggests_day_first, .. } => {
                utc(if suggests_day_first.unwrap_or(false) { day_first } else { month_first })
            }
        }
    }
}

impl Raw {
    /// What stands beside events and is none.
    pub(super) fn beside(said: impl Into<String>) -> Raw {
        Raw { said: said.into(), ..Raw::default() }
    }

    /// Whether anything of an event is there.
    pub(super) fn is_event(&self) -> bool {
        self.id.is_some()
    }

    /// Whether anything in it may be of the sync product: an event of another program matters only then.
    pub(super) fn names_the_product(&self) -> bool {
        let parts = self.data.iter().take(MAX_DATA).chain([&self.message]).chain(&self.provider);
        parts.into_iter().any(|part| names_the_product(part))
    }

    /// The event that its message tells, if nothing else does: a text that somebody pasted.
    pub(super) fn known_by_words(self) -> Raw {
        self.known(|known| known.doubtful)
    }

    /// The same where the message has a place of its own (`select TimeCreated, Message`), with nothing before it.
    pub(super) fn known_by_message(self) -> Raw {
        self.known(|known| known.doubtful || known.introduced)
    }

    fn known(mut self, is_broken: impl Fn(&Known) -> bool) -> Raw {
        if self.id.is_none()
            && !self.message.is_empty()
            && let Some(known) = known_by_words(&self.text())
        {
            self.id = Some(known.id);
            self.broken |= is_broken(&known);
        }
        self
    }

    /// The event at a time. `None` without an id.
    pub(super) fn into_event(self, at: Timestamp) -> Option<Event> {
        let id = self.id?;
        let text = self.text();
        Some(Event {
            id,
            provider: self.provider.map(|name| one_line(&name)).filter(|name| !name.is_empty()),
            level: self.level,
            record: self.record,
            at,
            connector: connector(&text),
            text,
        })
    }

    /// Without what Windows says where it has no text of its own for the event.
    pub(super) fn without_wrapper(mut self) -> Raw {
        if let Some(handed) = self.id.and_then(|id| handed_over(&self.message, id)) {
            self.message = handed.to_owned();
        }
        self
    }

    /// The message, and what of the event's data it does not hold.
    pub(super) fn text(&self) -> String {
        let mut text = clean(&self.message);
        for data in self.data.iter().take(MAX_DATA) {
            let data = clean(data);
            if !data.is_empty() && !text.contains(&data) && text.len() + data.len() < 2 * MAX_RECORD {
                if !text.is_empty() {
                    // A sign that no pattern passes over: what one part ends with is not what the next begins with.
                    text.push_str(PARTS);
                }
                text.push_str(&data);
            }
        }
        text
    }
}

/// An event's id; one with a severity in its high bits (`InstanceId`) comes down to its low word. Others are none.
pub(super) fn event_id(number: u64) -> Option<u32> {
    const SEVERITIES: std::ops::RangeInclusive<u64> = 0x4000_0000..=0xffff_ffff;
    let is_id = number <= 0xffff || SEVERITIES.contains(&number);
    u32::try_from(number & 0xffff).ok().filter(|_| is_id)
}

/// A text without what copying leaves in it: marks of writing direction, soft hyphens, zero bytes.
pub(super) fn clean(text: &str) -> String {
    let invisible = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}');
    let kept = text.chars().filter(|c| !invisible(*c) && *c != '\r');
    let kept: String = kept.map(|c| if c == '\0' { ' ' } else { c }).collect();
    kept.trim().to_owned()
}

/// A short text on one line, with single spaces and without quotes around it.
pub(super) fn one_line(text: &str) -> String {
    let text = clean(text).replace(|c: char| c.is_control() && !c.is_whitespace(), "");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_matches(['"', '\'', '\u{201c}', '\u{201d}']).to_owned()
}

/// A provider as a field names it; Splunk's `source` names the log that an event was read from.
pub(super) fn provider_named(name: &str) -> Option<&str> {
    let log = ["WinEventLog:", "XmlWinEventLog:"].iter().find_map(|source| name.trim().strip_prefix(source));
    let is_log = log.is_some_and(|log| Form::Channel.fits(log));
    Some(name).filter(|name| !name.trim().is_empty() && !is_log)
}

/// Whether two names are the same, however they are written.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    one_line(one).to_lowercase() == one_line(other).to_lowercase()
}

/// The connector that a text names: `<connector-id>GUID</connector-id>`, also where the marks were lost.
fn connector(text: &str) -> Option<ConnectorId> {
    const LABEL: &str = "connector-id";
    let lower = text.to_ascii_lowercase();
    lower.match_indices(LABEL).find_map(|(at, _)| {
        let value = text.get(at + LABEL.len()..)?;
        let value = value.trim_start_matches(['>', '=', ':', ' ', '"', '\'', '{', '\n', '\t']);
        value.get(..36)?.parse().ok()
    })
}

/// Id and source that Windows names where it has no text of its own: "The description for Event ID 6900 from
/// source ADSync cannot be found", in Get-EventLog's words "Event ID '6900' in Source 'ADSync'".
pub(super) fn named_by_windows(text: &str) -> Option<(u32, String)> {
    let text = one_line(text);
    let lower = text.to_ascii_lowercase();
    let from = lower.find("description for event id")? + "description for event id".len();
    let (rest, lower) = (text.get(from..)?, lower.get(from..)?);
    let until = lower.find("cannot be found")?;
    let (mark, at) = ["from source", "in source"].iter().find_map(|mark| Some((*mark, lower.find(mark)?)))?;
    let bare = |text: &str| text.trim_matches([' ', '\'', '"', '(', ')', '.', ':']).to_owned();
    let id = bare(rest.get(..at)?).parse().ok().and_then(event_id)?;
    Some((id, bare(rest.get(at + mark.len()..until)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_id_comes_down_to_its_event_and_no_other_number_does() {
        assert_eq!([6900, 0xc000_1af4, 0x4000_028e].map(event_id), [Some(6900), Some(6900), Some(654)]);
        assert_eq!([0x1_1af4, 0x1_0000_1af4].map(event_id), [None, None]);
    }

    #[test]
    fn a_message_and_its_data_make_one_text_without_repetition() {
        let raw = |message: &str, data: &str| Raw {
            message: message.into(),
            data: vec![data.into()],
            ..Raw::default()
        };
        assert_eq!(raw("wrapped: inner", "inner").text(), "wrapped: inner");
        assert_eq!(raw("", "in\u{200b}ner\r\n").text(), "inner");
        assert_eq!(raw("no description", "inner").text(), "no description\n·\ninner");
    }

    #[test]
    fn the_source_that_windows_names_counts_where_there_is_no_header() {
        let text = "The description for Event ID 6900 from source Contoso Backup cannot be found.";
        assert_eq!(named_by_windows(text), Some((6900, "Contoso Backup".into())));
        let text =
            "The description for Event ID '655' in Source 'Directory Synchronization' cannot be found.";
        assert_eq!(named_by_windows(text), Some((655, "Directory Synchronization".into())));
    }
}
