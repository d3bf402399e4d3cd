//! An event whose lines were all read.

use std::sync::LazyLock;

use regex::Regex;

use super::super::fields;
use super::super::labels::Label;
use super::super::line::{label_like, labelled};
use super::super::raw::{MAX_DATA, Raw, named_by_windows, one_line, same_name};
use super::super::talk;
use super::super::wording::{known_by_words, says_code_90, sentences};
use super::super::wrapper::is_wrapper;
use super::super::xml;
use super::{Place, Reader, append, below};
use crate::report::EVENT_IDS;

impl Reader {
    /// A whole header in a language that is not known: at least three such lines at the beginning. Says whether it is one.
    fn take_unknown_header(&mut self) -> bool {
        if !self.header.is_empty() || self.raw.id.is_some() {
            return false;
        }
        let lines = self.before.lines().map(str::trim).filter(|line| !line.is_empty());
        let header: Vec<(Option<Label>, String)> =
            lines.map_while(label_like).map(|(_, value)| (None, value.to_owned())).collect();
        let is_header = header.len() >= 3;
        if is_header {
            self.header = header;
        }
        is_header
    }

    /// The message that stands above its labels. What stands above its own sentence, and a blank line, is talk.
    fn take_message_above(&mut self, id: Option<u32>, said: &mut String) -> String {
        let mut message = std::mem::take(&mut self.before);
        let is_own = |at: &usize| {
            let known = message.get(*at..).and_then(known_by_words);
            known.is_some_and(|known| known.by_sentence && Some(known.id) == id)
        };
        let from = self.paragraphs.iter().copied().take(MOST_PARAGRAPHS).find(is_own);
        if let Some(from) = from.filter(|_| known_by_words(&message).is_none_or(|known| !known.by_sentence)) {
            let own = message.split_off(from);
            said.push_str(&std::mem::replace(&mut message, own));
            said.push('\n');
        }
        message
    }

    /// The XML that Event Viewer copies behind the text: the same event, told exactly.
    pub(super) fn take_xml(&mut self, sink: &mut dyn FnMut(Raw)) {
        let text = std::mem::take(&mut self.xml);
        let mut found = Vec::new();
        let start = xml_at(&text).unwrap_or(0);
        let xml = text.get(start..).unwrap_or_default();
        let read = xml::read(xml.as_bytes(), &mut |raw| found.push(raw));
        if read.is_ok() && self.header.is_empty() && self.raw.id.is_none() {
            // Event XML under a line that somebody typed.
            sink(Raw::beside(std::mem::take(&mut self.before)));
            found.into_iter().for_each(sink);
            return;
        }
        // What Event Viewer writes above it.
        let last = self.body.trim_end().rfind('\n').map_or(0, |at| at + 1);
        if self.body.get(last..).is_some_and(|line| line.to_lowercase().contains("xml")) {
            let line = self.body.split_off(last);
            self.said.push_str(&line);
            self.said.push('\n');
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
                self.raw.log = exact.log;
                self.raw.when = exact.when;
                self.raw.data = exact.data;
                let computers = exact.computer.as_deref().zip(self.raw.computer.as_deref());
                let differ = computers.is_some_and(|(one, other)| !same_name(one, other));
                self.raw.broken |= exact.broken || differ;
                self.said.push_str(&exact.said);
            }
            // Somebody's message quotes an event.
            _ => append(&mut self.body, &text),
        }
    }

    /// Hands over the event that was read so far.
    pub(super) fn finish(&mut self, sink: &mut dyn FnMut(Raw)) {
        let xml = std::mem::take(&mut self.xml);
        if !xml.is_empty() && self.header.is_empty() && self.raw.id.is_none() {
            // It has no end.
            sink(Raw { broken: true, ..Raw::default() });
        }
        append(&mut self.body, &xml);
        if let Some(column) = self.column {
            self.body = self.console.joined(&self.body, column);
        }
        let unknown_header = self.take_unknown_header();
        let mut raw = std::mem::take(&mut self.raw);
        if raw.id.is_none() && !self.names_id {
            raw.id = self.guesses.first().copied();
            raw.broken |= self.guesses.iter().any(|guess| Some(*guess) != raw.id);
        }
        let id_at = self.header.iter().position(|(label, _)| *label == Some(Label::Id)).or_else(|| {
            // A label that is not known, with one of our ids.
            let ours =
                |(label, value): &(Option<Label>, String)| label.is_none() && fields::our_id(value).is_some();
            let at = self.header.iter().position(ours)?;
            raw.id = fields::our_id(&self.header.get(at)?.1);
            Some(at)
        });
        if raw.provider.is_none() {
            // In every language Event Viewer writes log, source, date, id.
            let source = id_at.and_then(|at| at.checked_sub(2)).and_then(|at| self.header.get(at));
            raw.provider = source.filter(|(label, _)| label.is_none()).map(|(_, value)| value.clone());
        }
        raw.provider = raw.provider.or(self.provider_id.take());
        let mut said = std::mem::take(&mut self.said);
        if !self.body.trim().is_empty() && raw.is_event() && known_by_words(&self.before).is_none() {
            said.push_str(&std::mem::take(&mut self.before));
        }
        // Labels in a language that is not known tell by their values what they are; others are talk.
        let translated = unknown_header || self.day_first.is_some();
        let unsure = if unknown_header { &self.before } else { &self.unsure };
        let mut unsure = unsure.lines().map_while(|line| Some((line, label_like(line.trim())?.1)));
        let is_harmless = |(line, value): (&str, &str)| {
            translated && (value.is_empty() || fields::is_plain(value))
                || says_code_90(line)
                || is_wrapper(line)
                || talk::is_harmless(line, &[])
        };
        if !unsure.clone().all(is_harmless) {
            unsure.by_ref().for_each(|(line, _)| said.extend([line, "\n"]));
        }
        raw.message = self.take_message_above(raw.id, &mut said);
        if !self.has_message_label && raw.message.trim().is_empty() {
            append(&mut raw.message, &self.unsure);
        }
        append(&mut raw.message, &self.body);
        // A list breaks its lines anywhere, and ends what is too long for it with points.
        let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let whole = if raw.data.is_empty() { String::new() } else { squeezed(&raw.message) };
        let mut compared = 0;
        raw.data.retain(|data| {
            compared += 1;
            if compared > MAX_DATA {
                return true;
            }
            let data = squeezed(data);
            let rest = data.strip_prefix(&whole);
            !whole.contains(data.trim_end_matches(['.', '…', '}', '{']))
                && !rest.is_some_and(talk::is_of_program)
        });
        if raw.id.is_none()
            && raw.provider.is_none()
            && let Some((id, provider)) = named_by_windows(&raw.message)
        {
            (raw.id, raw.provider) = (Some(id), Some(provider));
        }
        // Only a text without any label, or one whose own labels are all known and leave the id out, is known by its
        // words: else the id, or a foreign source, may stand there unread.
        let bare = self.start.is_none()
            && !self.numbered
            && !self.details
            && self.table.is_none()
            && self.columns.is_none();
        let known = !self.header.is_empty() && self.header.iter().all(|(label, _)| label.is_some());
        let names_id = self.header.iter().any(|(label, _)| *label == Some(Label::Id));
        if raw.id.is_none() && bare && self.header.is_empty() {
            let messages = bare_messages(&raw.message, &self.paragraphs);
            if messages.len() > 1 {
                messages
                    .into_iter()
                    .for_each(|message| sink(Raw { message, ..Raw::default() }.known_by_words()));
            } else {
                raw = raw.known_by_words();
            }
        } else if raw.id.is_none() && known && !names_id {
            raw = raw.known_by_words();
        }
        raw = raw.without_wrapper();
        if raw.is_event() {
            let in_rows = self.columns.is_some() || self.table.is_some();
            if !self.has_message_label && !in_rows {
                said.push_str(above_label(&self.body));
            }
            let listed = self.column.is_some() || in_rows;
            let place = below::Standing { last: self.ends, listed, indents: self.indents };
            match below::read(&raw, place) {
                below::Below::Said(below) => said.push_str(&below),
                below::Below::Wording => raw.broken = true,
            }
            raw.judged = true;
            // The sentence of another event, below one that says nothing; a code 90 that is quoted says nothing new.
            let is_other = raw.id.is_some_and(|id| !EVENT_IDS.contains(&id));
            let mut others = sentences(&raw.message.to_lowercase());
            if says_code_90(&raw.message) {
                others.retain(|id| !matches!(id, 652 | 655 | 6900));
            }
            raw.broken |= is_other && !others.is_empty();
        }
        raw.said = said;
        // A header that names no usable id was an event's all the same, and so was an entry of a list.
        let is_entry = self.column.is_some() && (self.header.len() > 1 || self.has_message_label);
        if raw.is_event() || names_id || is_entry {
            sink(raw);
        } else {
            let dates = self.header.iter().filter(|(label, _)| *label == Some(Label::Date));
            let dates: String = dates.map(|(_, date)| format!("Date: {date}\n")).collect();
            sink(Raw::beside(format!("{}\n{dates}{}", raw.said, raw.message)));
        }
        *self = Reader {
            start: self.start,
            numbered: self.numbered,
            pslog: self.pslog,
            day_first: self.day_first,
            column: self.column,
            console: self.console,
            indents: self.indents,
            first: self.first.take(),
            indent: self.indent,
            typed: self.typed,
            columns: self.columns.take(),
            table: self.table.take(),
            ..Reader::default()
        };
        if self.numbered {
            self.place = Place::Header;
        }
    }
}

/// The most paragraphs among which a message is looked for.
const MOST_PARAGRAPHS: usize = 16;

/// What stands above the label of a message within what was taken for the message.
fn above_label(body: &str) -> &str {
    let is_label = |line: &str| labelled(line.trim()).is_some_and(|(known, _)| known.label == Label::Message);
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        if is_label(line) {
            return &body[..at];
        }
        at += line.len();
    }
    ""
}

/// Where event XML begins in a text or a line, whatever the prefix of its names.
pub(super) fn xml_at(text: &str) -> Option<usize> {
    static EVENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<(?:\w+:)?Event(?:\s|>|$)").ok());
    EVENT.as_ref()?.find(text).map(|found| found.start())
}

/// Messages without any label, divided where one that is known by its words begins behind a blank line. What is known
/// by no words belongs to the message before it; a greeting, to the first.
fn bare_messages(text: &str, paragraphs: &[usize]) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut found = false;
    let starts = std::iter::once(0).chain(paragraphs.iter().copied());
    let ends = paragraphs.iter().copied().chain([text.len()]);
    for paragraph in starts.zip(ends).filter_map(|(from, to)| text.get(from..to)) {
        let is_message = known_by_words(paragraph).is_some_and(|known| known.by_sentence || !found);
        match messages.last_mut() {
            Some(last) if !(is_message && found) => last.push_str(paragraph),
            _ => messages.push(paragraph.trim_start().to_owned()),
        }
        found |= is_message;
    }
    messages
}
