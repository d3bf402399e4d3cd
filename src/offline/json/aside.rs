//! What stands in JSON beside an event, or in one and is none of its own parts: each value must have its field's form.

use serde_json::Value;

use super::parts::{MAX_DEPTH, PARTS, is_data};
use crate::offline::fields::{self, Form};
use crate::offline::labels::{self, Label};
use crate::offline::{taken, talk, windows};
use crate::report::EVENT_IDS;

/// What a value says that is not known to be harmless, and the times that it tells.
pub(super) fn said(key: &str, value: &Value) -> String {
    let mut said = String::new();
    beside(&mut said, key, value, 0);
    said.push_str(&dates(key, value, 0));
    said
}

/// The fields that tell a time, of what is no event.
fn dates(path: &str, value: &Value, depth: usize) -> String {
    match value {
        Value::String(text) => taken::field(path, text).unwrap_or_default(),
        Value::Number(number) => taken::field(path, &number.to_string()).unwrap_or_default(),
        Value::Object(fields) if depth < MAX_DEPTH => {
            fields.iter().map(|(key, it)| dates(key, it, depth + 1)).collect()
        }
        _ => String::new(),
    }
}

/// The same of an event: what it is made of is judged by itself.
pub(super) fn of_event(id: Option<u32>, value: &Value) -> String {
    let mut said = String::new();
    of_part(&mut said, id, "", value, 0);
    said
}

fn of_part(said: &mut String, id: Option<u32>, path: &str, value: &Value, depth: usize) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let inner = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        let is_part = PARTS.contains(&key.as_str()) || key == "RenderingInfo";
        let label = labels::exactly(key).map(|known| known.label);
        if is_data(key) {
            // The names of our own events' data say nothing but in its values.
            if id.is_some_and(|id| EVENT_IDS.contains(&id)) {
                names(said, value, depth);
            }
        } else if is_part && value.is_object() && depth < MAX_DEPTH {
            of_part(said, id, &inner, value, depth + 1);
        } else if !matches!(label, Some(Label::Message | Label::Provider)) || value.is_object() {
            beside(said, &inner, value, depth);
        }
    }
}

/// Names that no data of Windows has.
fn names(said: &mut String, value: &Value, depth: usize) {
    const KNOWN: &[&str] = &["Data", "Name", "Value", "#text", "@Name", "#attributes", "Binary", "@xmlns"];
    let is_known = |key: &str| KNOWN.contains(&key) || key.to_ascii_lowercase().starts_with("param");
    match value {
        Value::Array(items) if depth < MAX_DEPTH => items.iter().for_each(|it| names(said, it, depth + 1)),
        Value::Object(fields) if depth < MAX_DEPTH => {
            for (key, value) in fields {
                if !is_known(key) {
                    said.extend(talk::of_field("", key));
                }
                names(said, value, depth + 1);
            }
        }
        _ => {}
    }
}

fn beside(said: &mut String, path: &str, value: &Value, depth: usize) {
    match value {
        Value::Null => {}
        _ if depth > MAX_DEPTH => said.push_str(path),
        Value::Array(items) => items.iter().for_each(|item| beside(said, path, item, depth + 1)),
        Value::Object(fields) => {
            fields.iter().for_each(|(key, item)| beside(said, &format!("{path}.{key}"), item, depth + 1));
        }
        Value::String(text) => leaf(said, path, text),
        value => leaf(said, path, &value.to_string()),
    }
}

fn leaf(said: &mut String, path: &str, text: &str) {
    if !fits(path, text) || windows::is_old_field(path, text) {
        said.extend(talk::of_field(path, text));
    }
}

/// What PowerShell and readers of XML put between a field's name and its value.
const BETWEEN: &[&str] = &["value", "Value", "#text", "#attributes"];

/// Whether a value has the form of its field: told by the whole path, or in a structure that Windows or PowerShell writes by the
/// field's own name.
fn fits(path: &str, text: &str) -> bool {
    let parts = || path.split('.').filter(|part| !BETWEEN.contains(part));
    let whole: Vec<&str> = parts().collect();
    let of_windows = whole.first().is_some_and(|first| ["Event", "System", "RenderingInfo"].contains(first));
    let (last, parent) = (whole.last().copied(), whole.len().checked_sub(2).and_then(|at| whole.get(at)));
    let known = |name: &&str| !fields::forms(name).is_empty();
    let own = last.filter(|_| of_windows || parent.is_some_and(known));
    let holder = parent.copied().filter(known);
    let attribute = own.map(|name| name.trim_start_matches('@'));
    // Its events' schema.
    let is_schema = last == Some("@xmlns") && text.starts_with("http://schemas.microsoft.com/");
    let as_object =
        holder.is_some_and(|name| fields::forms(name).contains(&Form::Object)) && Form::Object.fits(text);
    is_schema
        || as_object
        || fields::fits(&whole.join("."), text)
        || [attribute, holder].into_iter().flatten().any(|name| fields::fits(name, text))
}
