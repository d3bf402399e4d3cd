//! What somebody wrote below an event, where nothing marks the end of its message.

use serde_json::Value;

use super::super::fields::Form;
use super::super::line::label_like;
use super::super::over::says_over;
use super::super::raw::{Raw, one_line};
use super::super::talk;
use super::super::wording::{behind_code_90, names_activation, says_code_90, sentences, without_forest};
use crate::report::{EVENT_IDS, is_listed};

/// What stands below a message.
pub(super) enum Below {
    /// What may be talk; empty where nothing is.
    Said(String),
    /// The message's own line goes on, and not as Microsoft's does.
    Wording,
}

/// What of an event's text is no part of its message.
pub(super) fn read(raw: &Raw, place: Standing) -> Below {
    let text = raw.text();
    let of_ours = |name: &String| is_listed(&one_line(name));
    let is_ours =
        raw.id.is_some_and(|id| EVENT_IDS.contains(&id)) || raw.provider.as_ref().is_some_and(of_ours);
    // Another program has errors with this number, too.
    if is_ours || raw.provider.is_none() || names_activation(&text) {
        if let Some(said) = behind_code_90(&text) {
            return if said.starts_with('\n') { Below::Said(said) } else { Below::Wording };
        }
        if says_code_90(&text) {
            return Below::Said(String::new());
        }
    }
    let message = raw.message.trim_start();
    if raw.id.is_some_and(|id| AUDITS.contains(&id))
        && let Some(around) = around_object(message)
    {
        return Below::Said(around);
    }
    if is_ours && talk::is_daily(message) {
        return Below::Said(String::new());
    }
    let above = raw.id.filter(|_| is_ours).and_then(|id| above(message, id));
    let first = without_forest(message)
        .lines()
        .next()
        .filter(|_| is_ours && above.is_none())
        .and_then(behind_identifier);
    let mut said: String = above.as_deref().into_iter().chain(first).flat_map(|line| [line, "\n"]).collect();
    // A message may have any lines but such as say that it is over; people write below a blank one, and last of all.
    let mut lines = message.lines().skip(1).peekable();
    let mut below = false;
    while lines.peek().is_some() {
        let mut paragraph = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.trim().is_empty()) {
            paragraph.push(line);
        }
        let is_form = |line: &&str| {
            talk::is_of_program(line) || line.starts_with(char::is_whitespace) || label_like(line).is_some()
        };
        let is_message = !(below && (place.last || is_ours))
            || paragraph.iter().all(|line| is_form(line) || is_object(line));
        let told = paragraph.into_iter().filter(|line| {
            let is_its_own = is_object(line) || place.listed && line.starts_with(char::is_whitespace);
            let is_beside = place.indents && !line.starts_with(char::is_whitespace);
            !is_its_own && (is_beside || !is_message || says_over(line))
        });
        said.extend(told.flat_map(|line| [line, "\n"]));
        below |= lines.next_if(|line| line.trim().is_empty()).is_some();
    }
    Below::Said(said)
}

/// What stands above the sentence of our event, where that begins further down.
fn above(message: &str, id: u32) -> Option<String> {
    let lines: Vec<&str> = message.lines().take(MOST_ABOVE).collect();
    let begins = |line: &&str| sentences(&line.to_lowercase()).contains(&id);
    let at = lines.iter().position(begins).filter(|at| *at > 0)?;
    Some(lines[..at].join("\n"))
}

/// The most lines that are looked at in search of an event's own sentence.
const MOST_ABOVE: usize = 32;

/// Where an event stands in its file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// No other follows.
    pub(super) last: bool,
    /// In a list or a table, as PowerShell prints it: the further lines of its message begin with spaces.
    pub(super) listed: bool,
    /// Its file's lists show so.
    pub(super) indents: bool,
}

/// Whether a line is the name of an object in the directory, or marked up.
fn is_object(line: &str) -> bool {
    let line = line.trim().trim_start_matches("DN").trim_start_matches([' ', '=', ':']);
    line.starts_with('<') || ["CN=", "OU=", "DC="].iter().any(|name| line.starts_with(name))
}

/// The ids of the product's own audit, whose messages are JSON.
const AUDITS: std::ops::RangeInclusive<u32> = 2500..=2699;

/// What stands around the object in a message.
fn around_object(message: &str) -> Option<String> {
    let (before, rest) = message.split_at(message.find('{')?);
    let mut objects = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Map<String, Value>>();
    // One that is cut or odd is taken to its last brace.
    let end = match objects.next()? {
        Ok(_) => objects.byte_offset(),
        Err(_) => rest.rfind('}')? + 1,
    };
    Some(format!("{before}{}", rest.get(end..)?))
}

/// What stands behind the last identifier in the line of one of our messages, but for the server that an error names there.
fn behind_identifier(line: &str) -> Option<&str> {
    let identifier = |at: usize| line.get(at..at + IDENTIFIER).filter(|word| Form::Guid.fits(word));
    let at = line.match_indices('-').rev().find_map(|(at, _)| {
        let from = at.checked_sub(FIRST_GROUP)?;
        identifier(from).map(|_| from + IDENTIFIER)
    })?;
    let rest = without_server(line.get(at..)?);
    Some(rest).filter(|rest| rest.contains(char::is_alphabetic) && !rest.trim_start().starts_with("--->"))
}

/// Without the server that an error of the cloud names: `Server Name: AM4GR2BBA011.`
fn without_server(rest: &str) -> &str {
    const LABEL: &str = "Server Name:";
    let label = rest.trim_start().get(..LABEL.len()).filter(|label| label.eq_ignore_ascii_case(LABEL));
    let Some(name) = label.and_then(|_| rest.trim_start().get(LABEL.len()..)) else { return rest };
    let name = name.trim_start();
    name.trim_start_matches(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
}

/// The length of a GUID's digits before the first hyphen.
const FIRST_GROUP: usize = 8;

/// The length of a GUID.
const IDENTIFIER: usize = 36;

#[cfg(test)]
#[path = "below_tests.rs"]
mod tests;
