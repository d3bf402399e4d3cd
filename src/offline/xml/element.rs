//! The elements and attributes of an event, and the forms of what stands in them.

use std::collections::{HashMap, HashSet};

use super::super::fields::{self, Form, is_short_number};

/// The elements that matter; a name is compared once, when its element opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Element {
    Event,
    System,
    Provider,
    EventId,
    Level,
    TimeCreated,
    RecordId,
    Computer,
    RenderingInfo,
    Message,
    /// `EventData` and its like: what the program handed over.
    Data,
    Binary,
    /// Something known that does not matter here: numbers, a channel, a word, and what has attributes alone.
    Number,
    Channel,
    Word,
    Keywords,
    Bare,
    Other,
}

impl Element {
    pub(super) fn of(name: &str) -> Element {
        match name {
            "Event" => Element::Event,
            "System" => Element::System,
            "Provider" => Element::Provider,
            "EventID" => Element::EventId,
            "Level" => Element::Level,
            "TimeCreated" => Element::TimeCreated,
            "EventRecordID" => Element::RecordId,
            "Computer" => Element::Computer,
            "RenderingInfo" => Element::RenderingInfo,
            "Message" => Element::Message,
            "EventData" | "UserData" | "ProcessingErrorData" => Element::Data,
            "Binary" => Element::Binary,
            "Channel" => Element::Channel,
            "Version" => Element::Number,
            "Task" | "Opcode" | "Keyword" => Element::Word,
            "Keywords" => Element::Keywords,
            "Correlation" | "Execution" | "Security" => Element::Bare,
            _ => Element::Other,
        }
    }

    /// Whether something is read from it.
    pub(super) fn is_read(self) -> bool {
        use Element::{Bare, Channel, Keywords, Number, Other, Word};
        !matches!(self, Other | Number | Channel | Word | Keywords | Bare)
    }

    /// The forms that its text may have.
    pub(super) fn forms(self) -> &'static [Form] {
        match self {
            Element::Number => &[Form::Number],
            Element::Channel => &[Form::Channel],
            Element::Word => &[Form::Word],
            Element::Keywords => &[Form::Number, Form::Word],
            Element::Provider => &[Form::Provider],
            Element::Level => &[Form::Level],
            Element::EventId => &[Form::Id],
            Element::RecordId => &[Form::Number],
            Element::Computer => &[Form::Host],
            Element::Binary => &[Form::Bytes],
            _ => &[Form::Empty],
        }
    }
}

/// Values that were looked at before and have their form: a log repeats most of them.
#[derive(Default)]
pub(super) struct Seen {
    texts: HashMap<Element, HashSet<String>>,
    /// By the attributes' names.
    attributes: HashMap<String, HashSet<String>>,
}

impl Seen {
    /// The most values of an element or an attribute that are remembered, and the most names.
    const MOST: usize = 256;
    /// The longest value that is remembered, in bytes, and the longest name.
    const LONGEST: usize = 256;

    /// Whether an element's text has its form.
    pub(super) fn fits(&mut self, element: Element, value: &str) -> bool {
        let value = alike(value);
        if self.texts.get(&element).is_some_and(|values| values.contains(value)) {
            return true;
        }
        let fits = element.forms().iter().any(|form| form.fits(value));
        if fits {
            remember(self.texts.entry(element).or_default(), value);
        }
        fits
    }

    /// Whether Windows writes such an attribute.
    pub(super) fn is_attribute(&mut self, name: &str, value: &str) -> bool {
        let value = alike(value);
        if self.attributes.get(name).is_some_and(|values| values.contains(value)) {
            return true;
        }
        let known = is_known_attribute(name, value);
        // A time comes once.
        let is_kept =
            name != "SystemTime" && name.len() <= Self::LONGEST && self.attributes.len() < Self::MOST;
        if known && is_kept {
            remember(self.attributes.entry(name.to_owned()).or_default(), value);
        }
        known
    }
}

fn remember(values: &mut HashSet<String>, value: &str) {
    if values.len() < Seen::MOST && value.len() <= Seen::LONGEST {
        values.insert(value.to_owned());
    }
}

/// Any short number is as good as another.
fn alike(value: &str) -> &str {
    if is_short_number(value) { "0" } else { value }
}

/// Whether Windows writes such an attribute somewhere in an event.
fn is_known_attribute(name: &str, value: &str) -> bool {
    const SCHEMAS: &[&str] = &["http://schemas.microsoft.com/", "http://www.w3.org/"];
    if name == "xmlns" || name.starts_with("xmlns:") {
        return SCHEMAS.iter().any(|schema| value.starts_with(schema)) || Form::Token.fits(value);
    }
    let is_language =
        |value: &str| value.len() <= 12 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if name == "Culture" || name == "xml:lang" {
        return is_language(value);
    }
    fields::is_of_system(name) && (name == "Name" || name == "EventSourceName" || fields::fits(name, value))
}
