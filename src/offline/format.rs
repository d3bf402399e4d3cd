//! Which format a file is in, by its first few thousand characters.

use serde::de::IgnoredAny;

use super::fault::Fault;
use super::labels::{self, Label};
use super::syslog;
use super::{csv, talk};
use crate::words;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Windows' own log file.
    Evtx,
    /// `wevtutil qe /f:xml`, `/f:RenderedXml`, or Event Viewer's export.
    Xml,
    /// `ConvertTo-Json` of either PowerShell.
    Json,
    /// `Export-Csv`, or Event Viewer's export as CSV or text; with its delimiter.
    Csv(char),
    /// `wevtutil qe /f:text`, `Format-List`, or text copied from Event Viewer.
    Text,
}

const HEAD: usize = 8192;

/// Tells the format by the beginning of the decoded text.
pub(super) fn detect(head: &[u8]) -> Result<Format, Fault> {
    let head = String::from_utf8_lossy(&head[..head.len().min(HEAD)]);
    let text = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Err(Fault::new(words!("place-beginning"), words!("fault-empty")));
    }
    for (magic, what) in [("PK\u{3}\u{4}", "zip"), ("\u{1f}\u{2039}", "gzip"), ("<Objs", "Export-Clixml")] {
        if text.starts_with(magic) {
            return Err(Fault::new(words!("place-beginning"), words!("fault-packed", what = what)));
        }
    }
    if is_binary(text) {
        return Err(Fault::new(words!("place-beginning"), words!("fault-binary")));
    }
    let after_bracket = text.strip_prefix('[').map(str::trim_start);
    if text.starts_with('{') && leads_text(text) {
        return Ok(Format::Text);
    }
    if text.starts_with('{')
        || after_bracket.is_some_and(|rest| rest.is_empty() || rest.starts_with(['{', ']']))
    {
        return Ok(Format::Json);
    }
    if syslog::is_syslog(text) {
        return Ok(Format::Text);
    }
    // Copied from the tab "Details", its elements have the marks of a tree before them.
    if text.trim_start_matches(['-', '+', ' ', '\u{a0}']).starts_with('<') {
        return Ok(Format::Xml);
    }
    Ok(delimiter(text).map_or(Format::Text, Format::Csv))
}

/// Whether JSON at the beginning is the message of an event copied from Event Viewer, whose labels follow it: an audit's, with an
/// office program's quotation marks perhaps.
fn leads_text(text: &str) -> bool {
    let Some((object, rest)) = text.split_once('\n') else { return false };
    let is_one = serde_json::from_str::<IgnoredAny>(object.trim()).is_ok()
        || object.trim_start_matches(['{', ' ']).starts_with(['“', '”', '„']);
    let next = rest.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('{'));
    let label = next.and_then(labels::split);
    is_one && label.is_some_and(|(label, _)| labels::exactly(label).is_some())
}

fn is_binary(text: &str) -> bool {
    let control = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    let count = text.chars().filter(control).count();
    count * 20 > text.chars().count().max(20)
}

/// The delimiter of a table whose first line names an event's columns.
fn delimiter(text: &str) -> Option<char> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut first = lines.next()?;
    let is_for_excel = first.trim_start_matches('"').to_ascii_lowercase().starts_with("sep=");
    if is_for_excel || first.trim_start_matches('"').starts_with("#TYPE") {
        first = lines.next()?;
    }
    // A command that names columns is no head of a table.
    if talk::command(first).is_some() {
        return None;
    }
    let row = lines.next().unwrap_or_default();
    let is_saved = |delimiter: &char| {
        let cells = |line: &str| -> Vec<String> {
            line.split(*delimiter).map(|cell| cell.trim().trim_matches('"').to_owned()).collect()
        };
        csv::is_saved_by_event_viewer(&cells(first), &cells(row))
    };
    [',', ';', '\t', '|'].into_iter().find(|delimiter| {
        let cells = first.split(*delimiter).map(|cell| labels::known(cell.trim().trim_matches('"')));
        let known: Vec<Label> = cells.flatten().map(|known| known.label).collect();
        let has = |label| known.contains(&label);
        let of_events = has(Label::Message) && (has(Label::Date) || has(Label::Provider));
        // A table with bars and without dates and sources is somebody's list of events.
        let names_ids = has(Label::Id) && *delimiter != '|' && has(Label::Message);
        is_saved(delimiter)
            || of_events
            || names_ids
            || (has(Label::Id) && (has(Label::Provider) || has(Label::Date)))
    })
}
