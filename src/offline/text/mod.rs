//! Text: `wevtutil qe /f:text`, `Format-List`, and what people copy from Event Viewer, in any language.
//!
//! A file's first label tells with which line its events begin; only that line begins another one, so that labels
//! quoted inside of a message change nothing. Where `wevtutil` numbers its events (`Event[0]`), only that counts, and only
//! as far to the left as the first.
//!
//! - here: what kind of line each is
//! - `header`: labels with their values
//! - `tables`: the rows of a table
//! - `below`: what stands below an event's message
//! - `whole`: what an event's lines make together
//! - `wrapped`: lines of a list that a console's edge broke
//! - `paste`: what people put around events
//! - `pslog`: where an event of PsLogList's begins

mod below;
mod header;
mod paste;
mod pslog;
mod tables;
mod whole;
mod wrapped;

use std::cell::OnceCell;
use std::io::BufRead;

use super::bounded::{Lines, MAX_RECORD};
use super::columns::Layout;
use super::fault::Fault;
use super::labels::{self, Known, Label};
use super::line::{column, equals, labelled, looks_like_row, names_ours, numbered, typed};
use super::raw::{Raw, When};
use super::{syslog, table, talk, time};
use crate::words;

/// Reads every event.
pub(super) fn read(input: impl BufRead, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let (mut found, mut kept) = (false, String::new());
    let (mut commands, mut beside) = (Beside::default(), Beside::default());
    read_plain(
        input,
        &mut |line| {
            // Whatever event it stands beside, a command may have changed what the events tell.
            if talk::acts(line) {
                commands.take(line.to_owned());
            }
            if kept.len() <= paste::MOST {
                kept.push_str(line);
                kept.push('\n');
            }
        },
        &mut |mut raw| {
            found |= raw.is_event();
            // Where nothing is an event, all of it may be talk around one.
            beside.take(std::mem::take(&mut raw.said));
            sink(raw);
        },
    )?;
    if found {
        [beside, commands].into_iter().for_each(|it| it.hand_over(sink));
    }
    if !found && kept.len() <= paste::MOST {
        let plain = |text: &str| {
            let mut events = Vec::new();
            let read = read_plain(text.as_bytes(), &mut |_| {}, &mut |raw| events.push(raw));
            read.map_or_else(|_| Vec::new(), |()| events)
        };
        paste::read(&kept, plain).into_iter().for_each(sink);
    }
    Ok(())
}

/// What stands beside the events of a text, as far as it is looked at.
#[derive(Default)]
struct Beside {
    texts: Vec<String>,
    bytes: usize,
}

impl Beside {
    fn take(&mut self, said: String) {
        if !said.trim().is_empty() && self.bytes <= paste::MOST {
            self.bytes += said.len();
            self.texts.push(said);
        }
    }

    fn hand_over(self, sink: &mut dyn FnMut(Raw)) {
        // What was not looked at may say anything.
        let broken = self.bytes > paste::MOST;
        self.texts.into_iter().for_each(|said| sink(Raw::beside(said)));
        sink(Raw { broken, ..Raw::default() });
    }
}

/// Reads the events of a text that holds nothing else.
fn read_plain(
    input: impl BufRead,
    seen: &mut dyn FnMut(&str),
    sink: &mut dyn FnMut(Raw),
) -> Result<(), Fault> {
    let mut lines = Lines::new(input);
    let console = wrapped::Console::of(&lines.ahead()?);
    let mut reader = Reader { console, ..Reader::default() };
    while let Some(line) = lines.next()? {
        reader.size += line.len() + 1;
        if reader.size > MAX_RECORD {
            let what = match reader.start.is_some() || reader.numbered {
                true => words!("fault-too-long"),
                false => words!("fault-no-event-yet"),
            };
            return Err(Fault::new(lines.place(), what));
        }
        seen(&line);
        // An old mail program's line breaks.
        line.split('\r').for_each(|line| reader.line(line, sink));
    }
    reader.open_bracketed("", sink);
    reader.ends = true;
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
    /// Nothing follows.
    ends: bool,
    place: Place,
    /// The label that every event of this file begins with, and whether it is a guess.
    start: Option<(Label, bool)>,
    /// Events begin with `Event[n]` and nothing else.
    numbered: bool,
    /// Or with PsLogList's numbers.
    pslog: bool,
    /// A line that may begin another one so.
    bracketed: Option<String>,
    /// How far to the right the first event begins.
    indent: Option<usize>,
    raw: Raw,
    /// The header's lines in their order: what is known of the label, and the value.
    header: Vec<(Option<Label>, String)>,
    /// A label whose value comes on the next line.
    pending: Option<Known>,
    /// The ids of labels that may be another's, and whether a known label names one.
    guesses: Vec<u32>,
    names_id: bool,
    provider_id: Option<String>,
    before: String,
    /// Whether it leads to the event, or says nothing; it is looked at once.
    leads: OnceCell<bool>,
    /// Whether it was looked at for labels that are not known.
    looked: bool,
    /// Where in it something begins behind a blank line.
    paragraphs: Vec<usize>,
    /// Lines of the header that may belong to the message.
    unsure: String,
    body: String,
    has_message_label: bool,
    /// A list's label came that does not matter, and its value may go on.
    aside: bool,
    /// That label's value is what a program handed over, in words.
    hands_over: bool,
    /// A blank line came since the last label.
    blank: bool,
    /// The tab "Details": the message follows `EventData` and nothing else.
    details: bool,
    /// The time that stands on the last line by itself.
    dated: Option<When>,
    /// The names of a table's columns, where the dashes come next.
    names: Option<String>,
    /// Where the columns of such a table stand.
    columns: Option<Layout>,
    /// The table that `Get-WinEvent` prints, and the provider named above it.
    table: Option<Option<String>>,
    day_first: Option<bool>,
    /// Where the colons of a list stand.
    column: Option<usize>,
    /// How the console breaks such a list's lines.
    console: wrapped::Console,
    /// Whether the further lines of its values are indented.
    indents: bool,
    /// The label that the events of such a list begin with.
    first: Option<String>,
    /// Events are lines that somebody typed.
    typed: bool,
    /// The event's XML, where Event Viewer copied it along.
    xml: String,
    /// What stands beside the event and is no part of it.
    said: String,
    size: usize,
}

impl Reader {
    fn line(&mut self, line: &str, sink: &mut dyn FnMut(Raw)) {
        let dated = self.dated.take();
        let bare = line.trim();
        self.read_line(line, sink);
        // Splunk writes an event's time on a line of its own, above its fields.
        match equals(bare) {
            Some((known, _)) if known.label == Label::Log && self.raw.when == When::Unknown => {
                self.raw.when = dated.unwrap_or_default();
            }
            _ if bare.is_empty() => self.dated = dated,
            _ => self.dated = bare_date(bare),
        }
    }

    fn read_line(&mut self, line: &str, sink: &mut dyn FnMut(Raw)) {
        self.open_bracketed(line, sink);
        match self.may_begin_bracketed(line) {
            true => self.bracketed = Some(line.to_owned()),
            false => self.read_other_line(line, sink),
        }
    }

    fn read_other_line(&mut self, line: &str, sink: &mut dyn FnMut(Raw)) {
        // A quotation in chat or mail; within XML, and where a list goes on, the end of an element's name.
        let begins = line.len() - line.trim_start().len();
        let is_element = !self.xml.is_empty() || self.column.is_some_and(|column| begins > column);
        let unquoted = line.trim_start().strip_prefix('>').filter(|_| !is_element);
        let line = unquoted.unwrap_or(line);
        let trimmed = line
            .trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200e}' | '\u{200f}'));
        let indent = line.len() - line.trim_start().len();
        if let Some(column) = self.column {
            self.console.see(line);
            self.indents |= self.place == Place::Body && indent > column && !trimmed.is_empty();
        }
        if let Some(word) =
            numbered(trimmed).filter(|_| !self.pslog && self.indent.is_none_or(|first| indent <= first))
        {
            self.finish(sink);
            self.indent = self.indent.or(Some(indent));
            (self.numbered, self.place) = (true, Place::Header);
            self.note_word(word);
            return;
        }
        let xml = whole::xml_at(line).filter(|at| *at <= indent || self.place == Place::Before);
        if !self.xml.is_empty() || xml.is_some() {
            let (lead, xml) = line.split_at(xml.unwrap_or(0));
            if !lead.trim().is_empty() {
                append(&mut self.before, lead);
            }
            self.xml.push_str(xml);
            self.xml.push('\n');
            if line.contains("</Event>") || line.contains(":Event>") {
                self.take_xml(sink);
            }
            return;
        }
        if self.columns_line(line, trimmed, sink) {
            return;
        }
        if self.table.is_some() || table::is_head(trimmed) {
            self.table_line(line, trimmed, sink);
            return;
        }
        if !self.numbered && matches!(trimmed, "System" | "+ System" | "- System") {
            self.finish(sink);
            (self.details, self.place) = (true, Place::Header);
            self.start = self.start.or(Some((Label::Provider, false)));
            return;
        }
        if (self.typed || self.is_untouched())
            && let Some(typed) = typed(trimmed)
        {
            self.finish(sink);
            self.raw = Raw {
                when: typed.when,
                id: Some(typed.id),
                provider: Some(typed.provider.into()),
                ..Raw::default()
            };
            (self.typed, self.place) = (true, Place::Body);
            self.said.push_str(typed.lead);
            append(&mut self.body, typed.message);
            return;
        }
        if (self.typed || self.is_untouched())
            && let Some(raw) = syslog::read(trimmed)
        {
            self.finish(sink);
            self.body.clone_from(&raw.message);
            self.said.push_str(&raw.said);
            self.raw = Raw { message: String::new(), ..raw };
            (self.typed, self.place) = (true, Place::Body);
            return;
        }
        if syslog::may_be_one(trimmed) && names_ours(trimmed) {
            sink(Raw { broken: true, ..Raw::default() });
        }
        if self.typed && looks_like_row(trimmed) {
            sink(Raw { broken: true, ..Raw::default() });
        }
        match self.place {
            Place::Body if self.column.is_some() && column(line) == self.column => {
                // What a list names that does not matter goes on on the lines below it.
                self.aside = labelled(trimmed).is_none_or(|(known, _)| known.label == Label::Other);
                if let Some((name, value)) = labels::split(trimmed).filter(|_| labelled(trimmed).is_none()) {
                    self.said.extend(talk::of_field(name, value));
                }
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
            Place::Body if self.aside && indent > 0 && !trimmed.is_empty() => self.goes_on(trimmed),
            Place::Body if self.details => append(&mut self.body, line),
            Place::Body if self.numbered => append(&mut self.body, line),
            Place::Body => match labelled(trimmed) {
                // What lies deeper in a message is quoted there.
                Some((known, value))
                    if self.begins(known) && self.indent.is_none_or(|first| indent <= first) =>
                {
                    self.finish(sink);
                    self.place = Place::Header;
                    self.field(known, value);
                }
                _ => append(&mut self.body, line),
            },
            Place::Before | Place::Header => self.header_line(line, trimmed, sink),
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
    fn begins(&self, known: Known) -> bool {
        !self.numbered && (known.label == Label::Log || Some((known.label, known.guessed)) == self.start)
    }
}

/// A time and nothing else.
fn bare_date(line: &str) -> Option<When> {
    let may_be = (10..=40).contains(&line.len()) && line.starts_with(|c: char| c.is_ascii_digit());
    may_be.then(|| time::read(line, None)).filter(|when| *when != When::Unknown)
}

fn append(to: &mut String, line: &str) {
    if !to.is_empty() && !line.is_empty() {
        to.push('\n');
    }
    to.push_str(line);
}

#[cfg(test)]
mod general_tests;
