//! The lines of an event's head: labels with their values, in whatever order and language.

use super::super::fields::{self, Form};
use super::super::labels::{self, Known, Label};
use super::super::line::{
    column, dated_cell, details, digits, label_like, labelled, next_label, title, unknown_equals,
};
use super::super::raw::{Raw, When, event_id, one_line, same_name};
use super::super::{levels, talk, time};
use super::{Place, Reader, append};

/// The most labels on one line that are followed.
const MAX_LABELS: usize = 32;

impl Reader {
    pub(super) fn header_line(&mut self, line: &str, trimmed: &str, sink: &mut dyn FnMut(Raw)) {
        // Behind the message of a list, what it names that does not matter goes on on the lines below it.
        if self.has_message_label && self.column.is_some() {
            if column(line) == self.column {
                self.aside = labelled(trimmed).is_none_or(|(known, _)| known.label == Label::Other);
            } else if self.aside && line.starts_with(char::is_whitespace) && !trimmed.is_empty() {
                self.goes_on(trimmed);
                return;
            }
        }
        if trimmed.is_empty() {
            self.blank = true;
            // Nothing follows a label that does not matter but its message.
            self.pending = self.pending.take().filter(|known| known.label != Label::Other);
            if self.place == Place::Before {
                append(&mut self.before, line);
            }
            return;
        }
        if self.place == Place::Before
            && let Some((word, id, provider)) = title(trimmed)
        {
            self.finish(sink);
            self.place = Place::Header;
            self.note_word(word);
            self.field(Known::of(Label::Id), id);
            self.field(Known::of(Label::Provider), provider);
            return;
        }
        if let Some((known, value)) = labelled(trimmed).or_else(|| details(trimmed)) {
            let seen = || self.header.iter().any(|(label, _)| *label == Some(known.label));
            let again = match self.column.is_some() && column(line) == self.column {
                // Such a list may name two ids.
                true => self.is_first(trimmed) && !self.header.is_empty(),
                false => self.begins(known) && seen(),
            };
            if again {
                self.finish(sink);
            }
            if self.place == Place::Before && known.label == Label::Message && self.before.trim().is_empty() {
                self.place = Place::Body;
            } else {
                self.place = Place::Header;
            }
            if self.header.is_empty() {
                self.indent = self.indent.or(Some(line.len() - line.trim_start().len()));
            }
            if self.column.is_none() && self.header.is_empty() {
                self.column = column(line);
                self.first = labels::split(trimmed).map(|(label, _)| labels::fold(label));
            }
            self.field(known, value);
            if self.pslog && self.raw.id.is_some() {
                // The id is the last label there.
                self.place = Place::Body;
            }
            return;
        }
        if self.place == Place::Before {
            if self.blank && !self.before.is_empty() {
                self.paragraphs.push(self.before.len());
            }
            self.blank = false;
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
            self.details_line(trimmed);
            return;
        }
        // What ends with a colon leads to the event, and talk is no message before its labels.
        let is_next = self.raw.id.is_some()
            && !*self.leads.get_or_init(|| {
                let before = self.before.trim();
                before.is_empty() || before.ends_with([':', '：']) || talk::is_harmless(before, &[])
            });
        if is_next && self.blank {
            // The labels came after their message: this is the next one's.
            self.finish(sink);
            append(&mut self.before, line);
            return;
        }
        if let Some((name, value)) = unknown_equals(trimmed) {
            self.header.push((None, value.to_owned()));
            self.said.extend(talk::of_field(name, value));
        } else if let Some((_, value)) = label_like(trimmed) {
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
    pub(super) fn field(&mut self, known: Known, value: &str) {
        let mut next = Some((known, value));
        for _ in 0..MAX_LABELS {
            let Some((known, value)) = next else { return };
            next = self.one_field(known, value);
        }
    }

    /// Takes one label's value; gives the label that follows on the same line.
    fn one_field<'v>(&mut self, known: Known, value: &'v str) -> Option<(Known, &'v str)> {
        self.take_unknown_labels();
        self.start = self.start.or(Some((known.label, known.guessed)));
        self.day_first = self.day_first.or(known.day_first);
        self.blank = false;
        if known.label == Label::Message {
            if !self.has_message_label {
                // What stands among the labels is no message.
                self.said.push_str(&std::mem::take(&mut self.body));
            }
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
        // What a program handed over may hold anything, labels too.
        let is_data = known.forms.contains(&Form::Data);
        // The time stands beside the source, whatever its label is called in a language that is not known.
        let may_be_dated =
            known.label == Label::Provider && self.day_first.is_some() && self.raw.when == When::Unknown;
        let dated = if may_be_dated { dated_cell(value) } else { None };
        let (value, rest) = match dated {
            Some(cut) => cut,
            None if is_data => (value, None),
            None => next_label(value),
        };
        self.header.push((Some(known.label), value.to_owned()));
        self.hands_over = is_data && !Form::Data.fits(value);
        if is_data {
            let data = value.trim_matches(['{', '}']);
            self.raw.data.extend(self.hands_over.then(|| data.to_owned()));
        } else if known.label != Label::Provider {
            // A guess may be the label of something else.
            let forms = if known.guessed { &[Form::Id, Form::Guid] } else { known.forms };
            self.said.extend(talk::of_value(forms, value));
        }
        let number = || digits(value);
        match known.label {
            Label::Id => {
                let id = number().and_then(event_id);
                if known.guessed {
                    self.guesses.extend(id);
                    return rest;
                }
                self.names_id = true;
                // Two labels that name different ids, or providers: which is the event's is not told.
                self.raw.broken |= self.raw.id.zip(id).is_some_and(|(one, other)| one != other);
                self.raw.id = self.raw.id.or(id);
            }
            Label::Provider => {
                let name = value.trim_matches([',', ';', '"', ' ']);
                self.raw.broken |= self.raw.provider.as_deref().is_some_and(|known| !same_name(known, name));
                self.raw.provider.get_or_insert_with(|| name.to_owned());
            }
            Label::ProviderId => self.provider_id = Some(value.to_owned()),
            Label::Date if self.raw.when == When::Unknown => {
                self.raw.when = time::read(value, self.day_first)
            }
            Label::Level => levels::note(&mut self.raw.level, value),
            Label::Record if self.raw.record.is_none() => self.raw.record = number(),
            Label::Log if self.raw.log.is_none() => self.raw.log = Some(one_line(value)),
            Label::Computer if self.raw.computer.is_none() => self.raw.computer = Some(one_line(value)),
            _ => {}
        }
        rest
    }

    /// What a list's value goes on with, where it does not matter: what PowerShell wraps there has a form, or is an event's data.
    pub(super) fn goes_on(&mut self, line: &str) {
        if let Some(data) = self.raw.data.last_mut().filter(|_| self.hands_over) {
            append(data, line);
            return;
        }
        if Form::Object.fits(line) || Form::Bytes.fits(line) || fields::is_plain(line) {
            return;
        }
        match self.raw.data.last_mut() {
            Some(data) => append(data, line),
            None => append(&mut self.said, line),
        }
    }

    /// The word that stands for an event in a title or before a number, if it is none.
    pub(super) fn note_word(&mut self, word: &str) {
        if !fields::is_event(word) {
            append(&mut self.said, word);
        }
    }

    /// A line of the tab "Details" whose name does not matter.
    fn details_line(&mut self, line: &str) {
        let bare = line.trim_start_matches(['-', '+', ' ', '\t', '\u{a0}']);
        let (name, value) = match bare.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some(attribute) => attribute,
            None => bare.split_once(char::is_whitespace).unwrap_or((bare, "")),
        };
        if !fields::is_of_system(name) || !fields::fits(name, value) {
            append(&mut self.said, bare);
        }
    }

    /// Lines before the first known label that look like labels too: a header in a language that is not known. Behind a blank
    /// line, they are the message: `Starting: Export`.
    fn take_unknown_labels(&mut self) {
        if self.blank {
            return;
        }
        let lines = || self.before.lines().map(str::trim).filter(|line| !line.is_empty());
        let looked = std::mem::replace(&mut self.looked, true);
        if looked || !self.header.is_empty() || !lines().all(|line| label_like(line).is_some()) {
            return;
        }
        self.header = lines().filter_map(label_like).map(|(_, value)| (None, value.to_owned())).collect();
        self.unsure = std::mem::take(&mut self.before);
    }
}
