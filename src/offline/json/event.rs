//! What of a JSON value is an event: as PowerShell writes it, or wrapped as searches, alerts and SIEMs answer.

use serde_json::{Map, Value};

use super::aside;
use super::parts::{MAX_DEPTH, PARTS, is_data};
use crate::offline::fields::{Form, our_id};
use crate::offline::labels::{self, Known, Label};
use crate::offline::levels;
use crate::offline::raw::{Raw, event_id, provider_named, same_name};
use crate::offline::times::{self, Times, is_count, says_several};
use crate::offline::wording::sentences;
use crate::offline::xml;

/// The events in a value; what is none and says something is handed over as such.
pub(super) fn read(value: &Value) -> Vec<Raw> {
    let mut found = Vec::new();
    collect(value, 0, &mut found);
    if found.is_empty() {
        found.push(unknown(value));
    }
    found
}

/// The events in a value: an object that names an id, else those in what it holds, as a search's answer holds its hits.
fn collect(value: &Value, depth: usize, found: &mut Vec<Raw>) {
    match value {
        Value::Array(items) if depth < MAX_DEPTH => {
            let from = found.len();
            let mut said = String::new();
            for item in items {
                let before = found.len();
                collect(item, depth + 1, found);
                match found.len() == before {
                    true if item.is_object() => found.push(unknown(item)),
                    true => said.push_str(&aside::said("", item)),
                    false => {}
                }
            }
            // A list of something else.
            if !found[from..].iter().any(Raw::is_event) && !says_what_ours_say(value, 0) {
                found.truncate(from);
            } else if !said.is_empty() {
                found.push(Raw::beside(said));
            }
        }
        Value::Object(fields) => {
            if let Some((rows, said)) = rows(fields) {
                collect(&rows, depth, found);
                found.push(Raw::beside(said));
            } else if names_its_id(value, 0) {
                found.push(event(value));
            } else if let Some(xml) = fields.values().filter_map(Value::as_str).find(|text| is_xml(text)) {
                let others = fields.iter().filter(|(_, value)| value.as_str() != Some(xml));
                found.push(Raw::beside(
                    others.map(|(key, value)| aside::said(key, value)).collect::<String>(),
                ));
                let mut events = Vec::new();
                let read = xml::read(xml.as_bytes(), &mut |raw| events.push(raw));
                let broken = read.is_err() || events.is_empty();
                found.extend(events);
                found.extend(broken.then(|| Raw { broken, ..Raw::default() }));
            } else if depth < MAX_DEPTH {
                let raw = event(value);
                if raw.is_event() {
                    return found.push(raw);
                }
                let from = found.len();
                let mut said = String::new();
                for (key, inner) in fields {
                    let before = found.len();
                    collect(inner, depth + 1, found);
                    if found.len() == before {
                        said.push_str(&aside::said(key, inner));
                    }
                }
                if found.len() > from {
                    found.push(Raw::beside(said));
                }
            }
        }
        _ => {}
    }
}

/// What a wrapper holds beside its events: fields without the braces around them.
pub(super) fn beside(text: &str) -> Raw {
    let fields = text.trim_matches(|c: char| c.is_whitespace() || c == ',');
    match serde_json::from_str::<Value>(&format!("{{{fields}}}")) {
        Ok(Value::Object(fields)) => {
            Raw::beside(fields.iter().map(|(key, value)| aside::said(key, value)).collect::<String>())
        }
        _ => Raw { broken: true, ..Raw::default() },
    }
}

/// What is no event. If it says anything, it may have been one.
fn unknown(value: &Value) -> Raw {
    let raw = event(value);
    let broken = raw.broken || (!raw.is_event() && says_anything(value, 0));
    Raw { broken, ..raw }
}

/// Whether anything in a value is a sentence of our events, or one of their ids.
fn says_what_ours_say(value: &Value, depth: usize) -> bool {
    match value {
        _ if depth > MAX_DEPTH => true,
        Value::String(text) => !sentences(&text.to_lowercase()).is_empty() || our_id(text).is_some(),
        Value::Number(number) => our_id(&number.to_string()).is_some(),
        Value::Array(items) => items.iter().any(|item| says_what_ours_say(item, depth + 1)),
        Value::Object(fields) => fields.values().any(|item| says_what_ours_say(item, depth + 1)),
        _ => false,
    }
}

fn says_anything(value: &Value, depth: usize) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => depth < MAX_DEPTH && items.iter().any(|item| says_anything(item, depth + 1)),
        Value::Object(fields) => {
            depth < MAX_DEPTH && fields.values().any(|item| says_anything(item, depth + 1))
        }
        _ => false,
    }
}

fn is_xml(text: &str) -> bool {
    text.trim_start().starts_with("<Event ") || text.trim_start().starts_with("<Event>")
}

/// The rows of a table whose columns are named apart, as Log Analytics answers, as objects; and what stands beside them.
fn rows(fields: &Map<String, Value>) -> Option<(Value, String)> {
    let (columns, rows) = (fields.get("columns")?.as_array()?, fields.get("rows")?.as_array()?);
    let names: Vec<&str> =
        columns.iter().map(|it| it.get("name").and_then(Value::as_str).unwrap_or("")).collect();
    let object = |row: &Value| {
        let cells = row.as_array().into_iter().flatten().enumerate();
        // A cell beyond the columns has no name.
        let name = |at: usize| names.get(at).copied().unwrap_or("");
        cells.map(|(at, cell)| (name(at).to_owned(), cell.clone())).collect::<Map<_, _>>()
    };
    let of_columns = columns.iter().filter_map(Value::as_object).flatten();
    let of_columns = of_columns.filter(|(key, _)| !["name", "type"].contains(&key.as_str()));
    let of_table = fields.iter().filter(|(key, _)| !["columns", "rows"].contains(&key.as_str()));
    let said = of_columns.chain(of_table).map(|(key, value)| aside::said(key, value)).collect();
    Some((rows.iter().map(|row| Value::Object(object(row))).collect(), said))
}

/// Whether an object or one of its parts names an id.
fn names_its_id(value: &Value, depth: usize) -> bool {
    value.as_object().is_some_and(|fields| {
        fields.iter().any(|(key, value)| {
            labels::exactly(key).is_some_and(|known| known.label == Label::Id)
                || (depth < MAX_DEPTH && PARTS.contains(&key.as_str()) && names_its_id(value, depth + 1))
        })
    })
}

/// Whether an event holds another, as an alert holds those that belong to it.
fn holds_another(value: &Value, depth: usize) -> bool {
    let inner = |value: &Value| {
        let id = value
            .as_object()
            .into_iter()
            .flatten()
            .find(|(key, _)| labels::exactly(key).is_some_and(|known| known.label == Label::Id));
        id.and_then(|(_, value)| scalar(value, 0)).is_some_and(|id| our_id(&id).is_some())
            || holds_another(value, depth + 1)
    };
    match value {
        _ if depth > MAX_DEPTH => true,
        Value::Array(items) => items.iter().any(inner),
        Value::Object(fields) => {
            fields.iter().any(|(key, value)| !(depth == 0 && PARTS.contains(&key.as_str())) && inner(value))
        }
        Value::String(text) => is_xml(text),
        _ => false,
    }
}

fn event(value: &Value) -> Raw {
    let mut raw = Raw::default();
    let mut times = Times::default();
    fill(&mut raw, &mut times, value, 0);
    (raw.when, raw.also) = times.settle();
    raw.provider = raw.provider.or_else(|| provider_id(value));
    if let Some(fields) = value.as_object() {
        let count = fields.iter().filter(|(key, _)| is_count(key)).find_map(|(_, value)| scalar(value, 0));
        raw.several = count.is_some_and(|count| says_several(&count));
        raw.said = aside::of_event(raw.id, value);
        raw.broken |= raw.id.is_some() && holds_another(value, 0);
    }
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
fn fill(raw: &mut Raw, times: &mut Times, value: &Value, depth: usize) {
    let Some(fields) = value.as_object() else { return };
    // Names in other languages count where no English one tells the id: `Data` is a date in Portuguese.
    let is_english = |key: &String| {
        labels::exactly(key).is_some_and(|known| known.label == Label::Id && known.day_first.is_none())
    };
    let english = depth > 0 || fields.keys().any(is_english);
    for (key, value) in fields {
        let text = || scalar(value, 0);
        if depth == 0 || key != "type" {
            text().into_iter().for_each(|text| levels::note_field(&mut raw.level, key, &text));
        }
        let known = match key.as_str() {
            "code" if depth > 0 => Some(Known::of(Label::Id)),
            _ => labels::exactly(key),
        };
        let Some(Known { label, .. }) = known.filter(|known| known.day_first.is_none() || !english) else {
            text().into_iter().for_each(|text| times.note(key, &text));
            continue;
        };
        match label {
            Label::Id => {
                let id = text().and_then(|text| text.trim().parse().ok()).and_then(event_id);
                // Two fields that name different ids, or providers: which is the event's is not told.
                raw.broken |= raw.id.zip(id).is_some_and(|(one, other)| one != other);
                raw.id = raw.id.or(id);
            }
            Label::Provider => {
                let text = text();
                let name = text.as_deref().and_then(provider_named).map(str::to_owned);
                let known = raw.provider.as_deref().zip(name.as_deref());
                raw.broken |= known.is_some_and(|(one, other)| !same_name(one, other));
                raw.provider = raw.provider.take().or(name);
            }
            Label::Date => {
                let rank = times::rank(key).unwrap_or(times::KNOWN);
                text().into_iter().for_each(|text| times.push(rank, key, &text, None));
            }
            // Taken above, by its name.
            Label::Level => {}
            Label::Record if raw.record.is_none() => raw.record = text().and_then(|text| text.parse().ok()),
            Label::Log if raw.log.is_none() => raw.log = text(),
            Label::Computer if raw.computer.is_none() => raw.computer = text(),
            Label::Message if raw.message.is_empty() => raw.message = text().unwrap_or_default(),
            // A rule's description beside the event's message: both may tell.
            Label::Message => raw.data.extend(text()),
            _ => {}
        }
    }
    for (key, value) in fields {
        match key.as_str() {
            key if is_data(key) => texts(&mut raw.data, value, 0),
            // The provider's name there is one for display.
            "RenderingInfo" if depth < MAX_DEPTH => {
                let mut rendered = Raw::default();
                fill(&mut rendered, &mut Times::default(), value, depth + 1);
                match raw.message.is_empty() {
                    true => raw.message = rendered.message,
                    false => raw.data.push(rendered.message),
                }
            }
            part if PARTS.contains(&part) && depth < MAX_DEPTH => fill(raw, times, value, depth + 1),
            _ => {}
        }
    }
}

/// A text or number, also where PowerShell wrapped it in an object.
fn scalar(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // Elastic's fields are lists of one.
        Value::Array(items) if items.len() == 1 && depth < MAX_DEPTH => scalar(items.first()?, depth + 1),
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
        Value::String(text) if !Form::Data.fits(text) => found.push(text.clone()),
        Value::Array(items) if depth < MAX_DEPTH => {
            items.iter().for_each(|item| texts(found, item, depth + 1))
        }
        Value::Object(fields) if depth < MAX_DEPTH => {
            fields.values().for_each(|item| texts(found, item, depth + 1))
        }
        _ => {}
    }
}
