//! Event XML: siblings without a root as `wevtutil` writes them, or wrapped in any elements.
//!
//! No document type is accepted and no entity is expanded but XML's own five, so that an entity bomb is text.
//!
//! - here: the reader; `element`: what its elements and attributes may hold

mod element;

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::errors::SyntaxError;
use quick_xml::events::{BytesStart, Event as Token};
use quick_xml::reader::Reader;

use super::bounded::{Fuse, MAX_RECORD};
use super::fault::{Fault, behind_events, foreign};
use super::fields;
use super::labels;
use super::over::says_over;
use super::raw::{Raw, When, event_id};
use super::time;
use crate::report::EVENT_IDS;
use crate::words;
use crate::words::Text;
use element::{Element, Seen};

/// Deeper than any event goes.
const MAX_DEPTH: usize = 64;

/// Reads every event.
pub(super) fn read(input: impl BufRead, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let (fuse, budget) = Fuse::new(input);
    let mut reader = Reader::from_reader(fuse);
    let mut buffer = Vec::new();
    let mut state = State::default();
    loop {
        budget.set(MAX_RECORD);
        buffer.clear();
        let token = reader.read_event_into(&mut buffer);
        let place = |state: &State| behind_events(reader.buffer_position(), state.events);
        let fault = |state: &State, what: Text| Fault::new(place(state), what);
        match token {
            Err(quick_xml::Error::Io(error)) => return Err(Fault::io(place(&state), &error)),
            // Every other fault of syntax is something without its end.
            Err(quick_xml::Error::Syntax(error)) if error != SyntaxError::InvalidBangMarkup => {
                return Err(fault(&state, words!("fault-cut-event")));
            }
            Err(error) => {
                let why = foreign(&error.to_string());
                return Err(fault(&state, words!("fault-xml", why = why)));
            }
            Ok(Token::Eof) if state.path.is_empty() => return Ok(()),
            Ok(Token::Eof) => {
                return Err(fault(&state, words!("fault-cut-event")));
            }
            Ok(Token::DocType(_)) => {
                return Err(fault(&state, words!("fault-document-type")));
            }
            Ok(Token::Start(start)) => state.open(&start),
            Ok(Token::Empty(start)) => {
                state.open(&start);
                state.close(sink);
            }
            Ok(Token::End(_)) => state.close(sink),
            Ok(Token::Text(text)) => state.text(&text.into_inner()),
            Ok(Token::CData(text)) => state.text(&text.into_inner()),
            Ok(Token::GeneralRef(reference)) => state.text(&resolve(&reference.into_inner())),
            Ok(Token::Comment(comment)) if comment.to_ascii_lowercase().contains("<event") => {
                return Err(fault(&state, words!("fault-comment")));
            }
            Ok(Token::Comment(comment)) => sink(Raw::beside(comment.into_inner())),
            Ok(Token::PI(instruction)) => sink(Raw::beside(instruction.content())),
            Ok(Token::Decl(declaration)) => {
                let known = ["version", "encoding", "standalone"];
                let said =
                    declaration.split(['=', ' ', '"', '\'']).filter(|it| it.chars().all(char::is_alphabetic));
                let mut said =
                    said.filter(|word| !word.is_empty() && *word != "xml" && !known.contains(word));
                // An encoding may have a name of letters alone.
                if said.any(says_over) || declaration.len() > 80 {
                    sink(Raw::beside(declaration.to_string()));
                }
            }
        }
        if state.path.len() > MAX_DEPTH {
            return Err(fault(&state, words!("fault-deep")));
        }
        if state.size > MAX_RECORD {
            return Err(fault(&state, words!("fault-too-long")));
        }
        std::mem::take(&mut state.beside).into_iter().for_each(|said| sink(Raw::beside(said)));
        if state.stray {
            return Err(fault(&state, words!("fault-stray")));
        }
    }
}

/// The character that a reference stands for; an unknown one stays as it was written.
fn resolve(name: &str) -> String {
    let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let character = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name
            .strip_prefix("#x")
            .and_then(|hex| code(hex, 16))
            .or_else(|| name.strip_prefix('#').and_then(|decimal| code(decimal, 10))),
    };
    character.map_or_else(|| format!("&{name};"), String::from)
}

/// The most bytes of a reference between its marks, and the last mark.
const LONGEST_REFERENCE: usize = 11;

/// An attribute's value with its references resolved.
fn unescape(value: Cow<'_, str>) -> Cow<'_, str> {
    if !value.contains('&') {
        return value;
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value.as_ref();
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        match after.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';') {
            Some(end) => {
                out.push_str(&resolve(&after[..end]));
                rest = &after[end + 1..];
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[derive(Default)]
struct State {
    /// The open elements.
    path: Vec<Element>,
    /// How many elements were open when the event began.
    inside: Option<usize>,
    raw: Raw,
    /// The parts of `System` that were there.
    told: Vec<Element>,
    /// The text of the innermost element so far.
    value: String,
    /// It stands behind an element.
    mixed: bool,
    /// Bytes of text of this event so far.
    size: usize,
    events: u64,
    stray: bool,
    /// What attributes say that Windows does not write.
    beside: Vec<String>,
    /// The names of this event's data.
    names: Vec<String>,
    seen: Seen,
}

/// Whether a part of an event's data has the name that readers give to those without one.
fn is_of_param(name: &str) -> bool {
    name.is_empty() || name.strip_prefix("param").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether an element of an event's data is called as Windows calls it where the program gave no other name.
fn is_data(name: &str) -> bool {
    matches!(name, "Data" | "Binary")
}

/// The marks of a tree are no text.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\0' | '-' | '+')
}

impl State {
    fn open(&mut self, start: &BytesStart<'_>) {
        self.say_value();
        let name = Element::of(start.local_name().as_ref());
        if self.inside.is_none() && name == Element::Event {
            self.inside = Some(self.path.len());
            self.raw = Raw::default();
            self.told.clear();
            self.names.clear();
            self.size = 0;
        } else if self.inside.is_some() {
            // An event inside of another.
            self.raw.broken |= start.local_name().as_ref().eq_ignore_ascii_case("event");
        }
        self.path.push(name);
        let attributes: Vec<_> =
            start.attributes().flatten().map(|it| (it.key, unescape(it.value))).collect();
        let attribute = |wanted: &str| {
            let found = attributes.iter().find(|(key, _)| key.local_name().as_ref() == wanted);
            found.map(|(_, value)| value.as_ref())
        };
        let (within, depth) = (self.within(), self.depth());
        // What the program handed over may be of any shape.
        if within[0] != Element::Data {
            for (key, value) in &attributes {
                if !self.seen.is_attribute(key.as_ref(), value) {
                    self.beside.push(format!("{}: {value}", key.as_ref()));
                }
            }
            // What an element is called that Windows does not write says something, too.
            if name == Element::Other {
                let name = start.local_name();
                let known = match self.inside {
                    None => fields::is_around(name.as_ref()),
                    Some(_) => false,
                };
                self.beside.extend((!known).then(|| fields::apart(name.as_ref())));
            }
        } else {
            self.names.extend(attribute("Name").filter(|name| !is_of_param(name)).map(str::to_owned));
            // The data of our events are called so and no other way.
            let name = start.local_name();
            self.names.extend((depth > 1 && !is_data(name.as_ref())).then(|| name.as_ref().to_owned()));
        }
        let part = match within {
            [Element::System, part] if depth == 2 => part,
            [Element::System, _] if depth == 1 => Element::System,
            _ => return,
        };
        // Each is there once. Of two, which is the event's is not told.
        match self.told.contains(&part) {
            true => self.raw.broken = true,
            false if part.is_read() => self.told.push(part),
            false => {}
        }
        match part {
            Element::Provider => {
                let names = ["Name", "EventSourceName", "Guid"];
                let mut names = names.into_iter().filter_map(attribute);
                self.raw.provider = names.find(|name| !name.trim().is_empty()).map(str::to_owned);
            }
            Element::TimeCreated => {
                self.raw.when = attribute("SystemTime").map_or(When::Unknown, |text| time::read(text, None));
            }
            _ => {}
        }
    }

    /// The path inside of the event.
    fn within(&self) -> [Element; 2] {
        let inside = self.inside.and_then(|from| self.path.get(from + 1..)).unwrap_or_default();
        let at = |depth: usize| inside.get(depth).copied().unwrap_or(Element::Other);
        [at(0), at(1)]
    }

    fn depth(&self) -> usize {
        self.inside.map_or(0, |from| self.path.len().saturating_sub(from + 1))
    }

    fn text(&mut self, text: &str) {
        self.stray |= self.inside.is_none() && !text.chars().all(is_blank);
        if self.inside.is_some() {
            self.size += text.len();
            self.value.push_str(text);
        }
    }

    /// Windows writes no text before an element or behind one within the same: it is somebody's.
    fn say_value(&mut self) {
        let value = self.value.trim_matches(is_blank);
        if self.inside.is_some() && !value.is_empty() {
            self.raw.said.push_str(value);
            self.raw.said.push('\n');
        }
        self.value.clear();
        self.mixed = false;
    }

    fn close(&mut self, sink: &mut dyn FnMut(Raw)) {
        let last = self.path.last().copied().unwrap_or(Element::Other);
        let (within, depth) = (self.within(), self.depth());
        let is_read = within[0] == Element::Data && last != Element::Binary
            || within[1] == Element::Message && depth == 2;
        if self.mixed {
            self.say_value();
        } else if self.inside.is_some() && !is_read {
            let value = self.value.trim_matches(is_blank);
            if !value.is_empty() && !self.seen.fits(last, value) {
                self.raw.said.push_str(value);
                self.raw.said.push('\n');
            }
        }
        match (within, depth) {
            ([Element::System, Element::EventId], 2) => {
                self.raw.id = self.value.trim().parse().ok().and_then(event_id);
            }
            ([Element::System, Element::Level], 2) => self.raw.level = labels::level(&self.value),
            ([Element::System, Element::RecordId], 2) => self.raw.record = self.value.trim().parse().ok(),
            ([Element::System, Element::Channel], 2) => self.raw.log = Some(std::mem::take(&mut self.value)),
            ([Element::System, Element::Computer], 2) => {
                self.raw.computer = Some(std::mem::take(&mut self.value));
            }
            ([Element::RenderingInfo, Element::Message], 2) => {
                self.raw.message = std::mem::take(&mut self.value);
            }
            ([Element::Data, Element::Binary], 2) => {}
            ([Element::Data, _], _) if !self.value.trim().is_empty() => {
                self.raw.data.push(std::mem::take(&mut self.value));
            }
            _ => {}
        }
        self.value.clear();
        self.mixed = true;
        self.path.pop();
        if self.inside == Some(self.path.len()) {
            self.inside = None;
            self.events += 1;
            let names = std::mem::take(&mut self.names);
            if self.raw.id.is_some_and(|id| EVENT_IDS.contains(&id)) {
                // The data of our events have no names.
                names.iter().for_each(|name| self.raw.said.push_str(&format!("{}\n", fields::apart(name))));
            }
            sink(std::mem::take(&mut self.raw));
        }
    }
}
