//! `ConvertTo-Json` of both PowerShells: an array or a single object; also objects one after another.
//!
//! Each object is taken out of the stream by itself and parsed alone, so that memory is bounded by one event.

use std::io::BufRead;

use serde_json::Value;

use super::bounded::MAX_RECORD;
use super::fault::{Fault, behind_events};
use super::labels::{self, Known, Label};
use super::raw::{Raw, event_id, same_name};
use super::{time, unique};
use crate::words;
use crate::words::Text;

/// How deep an event's own structure is followed.
const MAX_DEPTH: usize = 6;
/// A wrapper's beginning is no longer than this.
const MAX_WRAPPER: usize = 64;

/// Reads every event.
pub(super) fn read(mut input: impl BufRead, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let mut state = Splitter::default();
    loop {
        let chunk = input.fill_buf().map_err(|error| Fault::io(state.place(), &error))?;
        if chunk.is_empty() {
            return match state.object.is_empty() && state.arrays == 0 {
                true => Ok(()),
                false => Err(Fault::new(state.place(), words!("fault-cut"))),
            };
        }
        let length = chunk.len();
        for byte in chunk {
            state.position += 1;
            state.take(*byte, sink)?;
        }
        input.consume(length);
    }
}

/// Finds the objects in a stream of arrays and objects.
#[derive(Default)]
struct Splitter {
    position: u64,
    events: u64,
    /// The object so far; empty between objects.
    object: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Open arrays around the objects.
    arrays: usize,
    /// Open objects around such arrays (`{"value": […], "Count": 2}`); inside of them anything may stand between.
    wrappers: usize,
}

impl Splitter {
    fn place(&self) -> Text {
        behind_events(self.position, self.events)
    }

    fn take(&mut self, byte: u8, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
        if self.object.is_empty() {
            return self.between(byte);
        }
        self.object.push(byte);
        if self.object.len() > MAX_RECORD {
            return Err(Fault::new(self.place(), words!("fault-too-long")));
        }
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Ok(());
        }
        match byte {
            b'"' => self.in_string = true,
            b'[' if self.depth == 1 && self.object.len() < MAX_WRAPPER && self.wraps() => {
                self.object.clear();
                self.depth = 0;
                self.wrappers += 1;
                self.arrays += 1;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    let object = std::mem::take(&mut self.object);
                    let (value, twice) = unique::read(&object).map_err(|error| {
                        Fault::new(self.place(), words!("fault-json", why = error.to_string()))
                    })?;
                    self.events += 1;
                    let mut raw = event(&value);
                    raw.broken |= twice;
                    sink(raw);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the object so far is only the beginning of one that wraps the events.
    fn wraps(&self) -> bool {
        let head: String =
            self.object.iter().map(|byte| char::from(*byte)).filter(|c| !c.is_whitespace()).collect();
        ["{\"value\":[", "{\"Events\":[", "{\"events\":[", "{\"Event\":[", "{\"records\":["]
            .contains(&head.as_str())
    }

    fn between(&mut self, byte: u8) -> Result<(), Fault> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Ok(());
        }
        match byte {
            b'{' => {
                self.object.push(byte);
                self.depth = 1;
            }
            b'[' if self.arrays + self.wrappers < MAX_DEPTH => self.arrays += 1,
            b']' if self.arrays > 0 => self.arrays -= 1,
            b'}' if self.wrappers > 0 => self.wrappers -= 1,
            b'"' if self.wrappers > 0 => self.in_string = true,
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            b'\xef' | b'\xbb' | b'\xbf' => {}
            _ if self.wrappers > 0 && (byte == b':' || byte.is_ascii_alphanumeric() || byte == b'-') => {}
            _ => return Err(Fault::new(self.place(), words!("fault-no-event-json"))),
        }
        Ok(())
    }
}

fn event(value: &Value) -> Raw {
    let mut raw = Raw::default();
    fill(&mut raw, value, 0);
    raw.provider = raw.provider.or_else(|| provider_id(value));
    // An id that can't be used is not the same as none; and a ticket's or a chat's text is no message of Windows, which
    // PowerShell names so.
    let is_message = value.get("Message").and_then(Value::as_str) == Some(raw.message.as_str());
    if names_an_id(value, 0) || !is_message { raw } else { raw.known_by_message() }
}

fn names_an_id(value: &Value, depth: usize) -> bool {
    value.as_object().is_some_and(|fields| {
        fields.iter().any(|(key, value)| {
            labels::known(key).is_some_and(|known| known.label == Label::Id)
                || (depth < MAX_DEPTH && names_an_id(value, depth + 1))
        })
    })
}

/// The GUID of a provider that has no name.
fn provider_id(value: &Value) -> Option<String> {
    let names_it = |key: &str| labels::exactly(key).is_some_and(|known| known.label == Label::ProviderId);
    let fields = value.as_object()?;
    fields.iter().filter(|(key, _)| names_it(key)).find_map(|(_, value)| scalar(value, 0))
}

/// Takes the fields of an object; then those of the parts that event XML has.
fn fill(raw: &mut Raw, value: &Value, depth: usize) {
    let Some(fields) = value.as_object() else { return };
    for (key, value) in fields {
        // Elastic's common name; as a label in a text it would be that of a sign-in error's.
        let known = match key.as_str() {
            "@timestamp" => Some(Known::of(Label::Date)),
            _ => labels::exactly(key),
        };
        let Some(Known { label, day_first: None, .. }) = known else { continue };
        let text = || scalar(value, 0);
        match label {
            Label::Id => {
                let id = text().and_then(|text| text.trim().parse().ok()).and_then(event_id);
                // Two fields that name different ids, or providers: which is the event's is not told.
                raw.broken |= raw.id.zip(id).is_some_and(|(one, other)| one != other);
                raw.id = raw.id.or(id);
            }
            Label::Provider => {
                let name = text().filter(|name| !name.trim().is_empty());
                let known = raw.provider.as_deref().zip(name.as_deref());
                raw.broken |= known.is_some_and(|(one, other)| !same_name(one, other));
                raw.provider = raw.provider.take().or(name);
            }
            Label::Date if raw.when == Default::default() => {
                raw.when = text().map_or_else(Default::default, |text| time::read(&text, None));
            }
            Label::Level => raw.level = text().and_then(|text| labels::level(&text)).or(raw.level),
            Label::Record if raw.record.is_none() => raw.record = text().and_then(|text| text.parse().ok()),
            Label::Computer if raw.computer.is_none() => raw.computer = text(),
            Label::Message if raw.message.is_empty() => raw.message = text().unwrap_or_default(),
            // A rule's description beside the event's message: both may tell.
            Label::Message => raw.data.extend(text()),
            _ => {}
        }
    }
    for (key, value) in fields {
        match key.as_str() {
            "Properties" | "ReplacementStrings" | "EventData" | "UserData" | "Data" => {
                texts(&mut raw.data, value, 0)
            }
            // The provider's name there is one for display.
            "RenderingInfo" if depth < MAX_DEPTH => {
                let mut rendered = Raw::default();
                fill(&mut rendered, value, depth + 1);
                if raw.message.is_empty() {
                    raw.message = rendered.message;
                }
            }
            "Event" | "System" | "winlog" if depth < MAX_DEPTH => fill(raw, value, depth + 1),
            _ => {}
        }
    }
}

/// A text or number, also where PowerShell wrapped it in an object.
fn scalar(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(fields) if depth < MAX_DEPTH => {
            let inner = [
                "value",
                "Value",
                "#text",
                "#attributes",
                "Name",
                "SystemTime",
                "@Name",
                "@SystemTime",
                "Guid",
                "@Guid",
            ];
            inner.into_iter().filter_map(|name| fields.get(name)).find_map(|inner| scalar(inner, depth + 1))
        }
        _ => None,
    }
}

/// Every text in a value.
fn texts(found: &mut Vec<String>, value: &Value, depth: usize) {
    match value {
        Value::String(text) if !text.starts_with("System.") => found.push(text.clone()),
        Value::Array(items) if depth < MAX_DEPTH => {
            items.iter().for_each(|item| texts(found, item, depth + 1))
        }
        Value::Object(fields) if depth < MAX_DEPTH => {
            fields.values().for_each(|item| texts(found, item, depth + 1))
        }
        _ => {}
    }
}
