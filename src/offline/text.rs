//! Text: `wevtutil qe /f:text`, `Format-List`, and what people copy from Event Viewer, in any language.
//!
//! A file's first label tells with which line its events begin; only that line begins another one, so that labels
//! quoted inside of a message change nothing. Where `wevtutil` numbers its events (`Event[0]`), only that counts.

use std::io::BufRead;

use super::Fault;
use super::bounded::{Lines, MAX_RECORD};
use super::labels::{self, Known, Label};
use super::line::{column, details, digits, is_number, label_like, labelled, next_label, title, typed};
use super::raw::{Raw, When, event_id, id_by_text, named_by_windows, one_line};
use super::{table, time, xml};
use crate::report::EVENT_IDS;

/// The most labels on one line that are followed.
const MAX_LABELS: usize = 32;

/// Reads every event.
pub(super) fn read(input: impl BufRead, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let mut lines = Lines::new(input);
    let mut reader = Reader::default();
    while let Some(line) = lines.next()? {
        reader.size += line.len() + 1;
        if reader.size > MAX_RECORD {
            return Err(Fault::new(lines.place(), "it is too long for an event"));
        }
        reader.line(&line, sink);
    }
    reader.finish(sink);
    Ok(())
}

#[derive(Default, PartialEq, Clone, Copy)]
enum Place {
    /// Text before any label: a bare message, or one whose labels follow it.
    #[default]
    Before,
    Header,
    Body,
}

#[derive(Default)]
struct Reader {
    place: Place,
    /// The label that every event of this file begins with.
    start: Option<Label>,
    /// Events begin with `Event[n]` and nothing else.
    numbered: bool,
    raw: Raw,
    /// The header's lines in their order: what is known of the label, and the value.
    header: Vec<(Option<Label>, String)>,
    /// A label whose value comes on the next line.
    pending: Option<Known>,
    before: String,
    /// Lines of the header that may belong to the message.
    unsure: String,
    body: String,
    has_message_label: bool,
    /// A blank line came since the last label.
    blank: bool,
    /// The tab "Details": the message follows `EventData` and nothing else.
    details: bool,
    /// The table that `Get-WinEvent` prints, and the provider named above it.
    table: Option<Option<String>>,
    day_first: Option<bool>,
    /// Where the colons of a list stand.
    column: Option<usize>,
    /// The label that the events of such a list begin with.
    first: Option<String>,
    /// Events are lines that somebody typed.
    typed: bool,
    /// The event's XML, where Event Viewer copied it along.
    xml: String,
    size: usize,
}

impl Reader {
    fn line(&mut self, line: &str, sink: &mut dyn FnMut(Raw)) {
        // A quotation in chat or mail.
        let line = line.trim_start().strip_prefix('>').unwrap_or(line);
        let trimmed = line
            .trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200e}' | '\u{200f}'));
        if is_number(trimmed) {
            self.finish(sink);
            (self.numbered, self.place) = (true, Place::Header);
            return;
        }
        if !self.xml.is_empty() || trimmed.starts_with("<Event ") || trimmed.starts_with("<Event>") {
            self.xml.push_str(line);
            self.xml.push('\n');
            if line.contains("</Event>") {
                self.take_xml(sink);
            }
            return;
        }
        if self.table.is_some() || table::is_head(trimmed) {
            self.table_line(line, trimmed, sink);
            return;
        }
        if !self.numbered && matches!(trimmed, "System" | "+ System" | "- System") {
            self.finish(sink);
            (self.details, self.place) = (true, Place::Header);
            self.start = self.start.or(Some(Label::Provider));
            return;
        }
        if (self.typed || self.is_untouched())
            && let Some((when, id, provider, message)) = typed(trimmed)
        {
            self.finish(sink);
            self.raw = Raw { when, id: Some(id), provider: Some(provider.into()), ..Raw::default() };
            (self.typed, self.place) = (true, Place::Body);
            append(&mut self.body, message);
            return;
        }
        match self.place {
            Place::Body if self.column.is_some() && column(line) == self.column => {
                if let Some((known, value)) = labelled(trimmed) {
                    if self.first.is_some()
                        && labels::split(trimmed).map(|it| labels::fold(it.0)) == self.first
                    {
                        self.finish(sink);
                    }
                    self.place = Place::Header;
                    self.field(known, value);
                }
            }
            Place::Body if self.details => append(&mut self.body, line),
            Place::Body if self.numbered => append(&mut self.body, line),
            Place::Body => match labelled(trimmed) {
                Some((known, value)) if self.begins(known.label) => {
                    self.finish(sink);
                    self.place = Place::Header;
                    self.field(known, value);
                }
                _ => append(&mut self.body, line),
            },
            Place::Before | Place::Header => self.header_line(line, trimmed, sink),
        }
    }

    fn table_line(&mut self, line: &str, trimmed: &str, sink: &mut dyn FnMut(Raw)) {
        if table::is_head(trimmed) {
            let provider = self.raw.provider.take().or_else(|| self.table.clone().flatten());
            self.header.clear();
            self.finish(sink);
            self.table = Some(provider);
        } else if let Some((known, value)) = labelled(trimmed)
            && known.label == Label::Provider
        {
            self.finish(sink);
            self.table = Some(Some(value.to_owned()));
        } else if let Some((when, id, message)) = table::row(trimmed) {
            self.finish(sink);
            self.raw = Raw { when, id: Some(id), provider: self.table.clone().flatten(), ..Raw::default() };
            append(&mut self.body, message);
        } else if self.raw.id.is_some() {
            append(&mut self.body, line);
        }
    }

    /// Whether nothing of an event was read yet.
    fn is_untouched(&self) -> bool {
        self.place == Place::Before && self.start.is_none() && self.before.trim().is_empty()
    }

    /// Whether a line has the label that events of a list begin with.
    fn is_first(&self, line: &str) -> bool {
        self.first.is_some() && labels::split(line).map(|(label, _)| labels::fold(label)) == self.first
    }

    /// Whether a label begins another event.
    fn begins(&self, label: Label) -> bool {
        !self.numbered && (label == Label::Log || Some(label) == self.start)
    }

    fn header_line(&mut self, line: &str, trimmed: &str, sink: &mut dyn FnMut(Raw)) {
        if trimmed.is_empty() {
            self.blank = true;
            if self.place == Place::Before {
                append(&mut self.before, line);
            }
            return;
        }
        if self.place == Place::Before
            && let Some((id, provider)) = title(trimmed)
        {
            self.finish(sink);
            self.place = Place::Header;
            self.field(Known { label: Label::Id, day_first: None }, id);
            self.field(Known { label: Label::Provider, day_first: None }, provider);
            return;
        }
        if let Some((known, value)) = labelled(trimmed).or_else(|| details(trimmed)) {
            let seen = || self.header.iter().any(|(label, _)| *label == Some(known.label));
            let again = match self.column.is_some() && column(line) == self.column {
                // Such a list may name two ids.
                true => self.is_first(trimmed) && !self.header.is_empty(),
                false => self.begins(known.label) && seen(),
            };
            if again {
                self.finish(sink);
            }
            if self.place == Place::Before && known.label == Label::Message && self.before.trim().is_empty() {
                self.place = Place::Body;
            } else {
                self.place = Place::Header;
            }
            if self.column.is_none() && self.header.is_empty() {
                self.column = column(line);
                self.first = labels::split(trimmed).map(|(label, _)| labels::fold(label));
            }
            self.field(known, value);
            return;
        }
        if self.place == Place::Before {
            append(&mut self.before, line);
            return;
        }
        if let Some(known) = self.pending.take() {
            self.field(known, trimmed);
            return;
        }
        if matches!(
            trimmed,
            "- EventData" | "EventData" | "+ EventData" | "- UserData" | "UserData" | "+ UserData"
        ) {
            (self.place, self.has_message_label) = (Place::Body, true);
            return;
        }
        if self.details {
            return;
        }
        let is_next = self.raw.id.is_some() && !self.before.trim().is_empty();
        if is_next && self.blank {
            // The labels came after their message: this is the next one's.
            self.finish(sink);
            append(&mut self.before, line);
            return;
        }
        if let Some((_, value)) = label_like(trimmed) {
            self.header.push((None, value.to_owned()));
            append(&mut self.unsure, line);
        } else if is_next {
            self.finish(sink);
            append(&mut self.before, line);
        } else {
            self.place = Place::Body;
            append(&mut self.body, line);
        }
    }

    /// Takes a label's value, and the labels that follow it where line breaks were lost.
    fn field(&mut self, known: Known, value: &str) {
        let mut next = Some((known, value));
        for _ in 0..MAX_LABELS {
            let Some((known, value)) = next else { return };
            next = self.one_field(known, value);
        }
    }

    /// Takes one label's value; gives the label that follows on the same line.
    fn one_field<'v>(&mut self, known: Known, value: &'v str) -> Option<(Known, &'v str)> {
        self.take_unknown_labels();
        self.start = self.start.or(Some(known.label));
        self.day_first = self.day_first.or(known.day_first);
        self.blank = false;
        if known.label == Label::Message {
            self.has_message_label = true;
            self.place = Place::Body;
            append(&mut self.body, value);
            return None;
        }
        if value.is_empty() {
            self.pending = Some(known);
            return None;
        }
        self.pending = None;
        let (value, rest) = next_label(value);
        self.header.push((Some(known.label), value.to_owned()));
        let number = || digits(value);
        match known.label {
            Label::Id if self.raw.id.is_none() => self.raw.id = number().and_then(event_id),
            Label::Provider if self.raw.provider.is_none() => {
                self.raw.provider = Some(value.trim_matches([',', ';', '"', ' ']).to_owned());
            }
            Label::Date if self.raw.when == When::Unknown => {
                self.raw.when = time::read(value, self.day_first)
            }
            Label::Level => self.raw.level = labels::level(value),
            Label::Record if self.raw.record.is_none() => self.raw.record = number(),
            Label::Computer if self.raw.computer.is_none() => self.raw.computer = Some(one_line(value)),
            _ => {}
        }
        rest
    }

    /// Lines before the first known label that look like labels too: a header in a language that is not known.
    fn take_unknown_labels(&mut self) {
        let lines = || self.before.lines().map(str::trim).filter(|line| !line.is_empty());
        if !self.header.is_empty() || !lines().all(|line| label_like(line).is_some()) {
            return;
        }
        self.header = lines().filter_map(label_like).map(|(_, value)| (None, value.to_owned())).collect();
        self.unsure = std::mem::take(&mut self.before);
    }

    /// A whole header in a language that is not known: at least three such lines at the beginning.
    fn take_unknown_header(&mut self) {
        if !self.header.is_empty() || self.raw.id.is_some() {
            return;
        }
        let lines = self.before.lines().map(str::trim).filter(|line| !line.is_empty());
        let header: Vec<(Option<Label>, String)> =
            lines.map_while(label_like).map(|(_, value)| (None, value.to_owned())).collect();
        if header.len() >= 3 {
            self.header = header;
        }
    }

    /// The XML that Event Viewer copies behind the text: the same event, told exactly.
    fn take_xml(&mut self, sink: &mut dyn FnMut(Raw)) {
        let text = std::mem::take(&mut self.xml);
        let mut found = Vec::new();
        let start = text.find("<Event").unwrap_or(0);
        let xml = text.get(start..).unwrap_or_default();
        let read = xml::read(xml.as_bytes(), &mut |raw| found.push(raw));
        if read.is_ok() && self.header.is_empty() && self.raw.id.is_none() {
            // Event XML under a line that somebody typed.
            self.before.clear();
            found.into_iter().for_each(sink);
            return;
        }
        let only = found.pop().filter(|_| found.is_empty() && read.is_ok());
        let same = |exact: &Raw| {
            let provider = self.raw.provider.as_deref().map(one_line);
            let other = exact.provider.as_deref().map(one_line);
            exact.id == self.raw.id && (provider.is_none() || provider == other)
        };
        match only {
            Some(exact) if same(&exact) => {
                self.raw.provider = exact.provider;
                self.raw.record = exact.record;
                self.raw.when = exact.when;
                self.raw.data = exact.data;
            }
            // Somebody's message quotes an event.
            _ => append(&mut self.body, &text),
        }
    }

    /// Hands over the event that was read so far.
    fn finish(&mut self, sink: &mut dyn FnMut(Raw)) {
        let xml = std::mem::take(&mut self.xml);
        append(&mut self.body, &xml);
        self.take_unknown_header();
        let mut raw = std::mem::take(&mut self.raw);
        let id_at = self.header.iter().position(|(label, _)| *label == Some(Label::Id)).or_else(|| {
            // A label that is not known, with one of our ids.
            let ours = |value: &str| value.parse().is_ok_and(|id| EVENT_IDS.contains(&id) && id > 0);
            let at = self.header.iter().position(|(label, value)| label.is_none() && ours(value))?;
            raw.id = self.header.get(at)?.1.parse().ok();
            Some(at)
        });
        if raw.provider.is_none() {
            // In every language Event Viewer writes log, source, date, id.
            let source = id_at.and_then(|at| at.checked_sub(2)).and_then(|at| self.header.get(at));
            raw.provider = source.filter(|(label, _)| label.is_none()).map(|(_, value)| value.clone());
        }
        raw.message = std::mem::take(&mut self.before);
        if !self.has_message_label {
            append(&mut raw.message, &self.unsure);
        }
        append(&mut raw.message, &self.body);
        if raw.id.is_none()
            && raw.provider.is_none()
            && let Some((id, provider)) = named_by_windows(&raw.message)
        {
            (raw.id, raw.provider) = (Some(id), Some(provider));
        }
        // Only a text without any label, or one whose own labels are all known and leave the id out, is known by its
        // words: else the id, or a foreign source, may stand there unread.
        let bare = self.start.is_none() && !self.numbered && !self.details && self.table.is_none();
        let known = !self.header.is_empty() && self.header.iter().all(|(label, _)| label.is_some());
        if raw.id.is_none() && (known || (bare && self.header.is_empty())) {
            raw.id = id_by_text(&raw.message);
        }
        // A header that names no usable id was an event's all the same.
        if raw.is_event() || self.header.iter().any(|(label, _)| *label == Some(Label::Id)) {
            sink(raw);
        }
        *self = Reader {
            start: self.start,
            numbered: self.numbered,
            day_first: self.day_first,
            column: self.column,
            first: self.first.take(),
            typed: self.typed,
            table: self.table.take(),
            ..Reader::default()
        };
        if self.numbered {
            self.place = Place::Header;
        }
    }
}

fn append(to: &mut String, line: &str) {
    if !to.is_empty() && !line.is_empty() {
        to.push('\n');
    }
    to.push_str(line);
}
