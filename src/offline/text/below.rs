//! What somebody wrote below an event, where nothing marks the end of its message.

use std::sync::LazyLock;

use regex::Regex;

use super::super::line::label_like;
use super::super::raw::{Raw, one_line};
use super::super::wording::{behind_code_90, says_code_90};
use crate::report::{EVENT_IDS, PROVIDERS};

/// What stands below a message.
pub(super) enum Below {
    /// What may be talk; empty where nothing is.
    Said(String),
    /// The message's own line goes on, and not as Microsoft's does.
    Wording,
}

/// What of an event's text is no part of its message.
pub(super) fn read(raw: &Raw) -> Below {
    let message = &raw.message;
    if let Some(said) = behind_code_90(message) {
        return if said.starts_with('\n') { Below::Said(said) } else { Below::Wording };
    }
    if says_code_90(message) {
        return Below::Said(String::new());
    }
    let of_ours = |name: &String| PROVIDERS.iter().any(|ours| one_line(name).eq_ignore_ascii_case(ours));
    let is_ours =
        raw.id.is_some_and(|id| EVENT_IDS.contains(&id)) || raw.provider.as_ref().is_some_and(of_ours);
    let mut lines = message.trim_start().lines().skip(1).peekable();
    let mut said = String::new();
    if is_ours {
        said.extend(lines.filter(|line| !is_of_program(line)).flat_map(|line| [line, "\n"]));
        return Below::Said(said);
    }
    // Another program's message may have any lines; people write below a blank one.
    while lines.by_ref().any(|line| line.trim().is_empty()) {
        let mut paragraph = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.trim().is_empty()) {
            paragraph.push(line);
        }
        let is_form = |line: &&str| {
            is_of_program(line) || line.starts_with(char::is_whitespace) || label_like(line).is_some()
        };
        if !paragraph.iter().all(is_form) {
            said.extend(paragraph.into_iter().flat_map(|line| [line, "\n"]));
        }
    }
    Below::Said(said)
}

/// How far to the right PowerShell writes the second line of a value.
const INDENT: usize = 10;

/// Whether a line is what programs write below an error: a stack, an exception, an identifier.
fn is_of_program(line: &str) -> bool {
    static PROGRAM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"(?x) ^\s*(?: at | bei | à | en | em | in | w | v ) \s \w+ (?:\.\w+)+ | exception | ---> | ^\s*--- | ^\s*[<{}\[\]"“”„] | ["“”]\s*:\s*["“”{]
                | AADSTS\d | [0-9a-fA-F]{8}-[0-9a-fA-F]{4}- | \b(?: CN | OU | DC )= | ^\s*(?:timestamp|trace\ id|correlation\ id|anchor|dn|change\ date|result|extended\ error)\s*:"#,
        )
        .ok()
    });
    // PowerShell indents what a list or a table goes on with.
    let is_deep = line.len() - line.trim_start().len() >= INDENT;
    is_deep
        || line.trim().is_empty()
        || PROGRAM
            .as_ref()
            .is_some_and(|program| program.is_match(&line.to_lowercase()) || program.is_match(line))
}
