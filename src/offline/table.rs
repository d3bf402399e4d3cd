//! The tables that `Get-WinEvent` and `Get-EventLog` print by themselves: one line an event. The first stands under the
//! name of its provider, the second tells no year and cuts long names.

use std::sync::LazyLock;

use regex::Regex;

use super::raw::{When, event_id};
use super::{labels, levels, time};
use crate::report::{Level, PROVIDERS};

/// Whether a line is a table's head: `TimeCreated  Id LevelDisplayName Message` or `Index Time EntryType Source …`.
pub(super) fn is_head(line: &str) -> bool {
    ["timecreatedidleveldisplaynamemessage", "indextimeentrytypesourceinstanceidmessage"]
        .contains(&labels::fold(line).as_str())
}

/// A row of either table.
#[derive(Debug, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) when: When,
    pub(super) id: u32,
    /// The provider, where the row names it in full.
    pub(super) provider: Option<&'a str>,
    pub(super) level: Option<Level>,
    /// The message; in the first table with the level's word before it.
    pub(super) message: &'a str,
}

/// One row of either table.
pub(super) fn row(line: &str) -> Option<Row<'_>> {
    let under_provider =
        |(when, id, message)| Row { when, id, provider: None, level: levels::before(message), message };
    of_win_event(line).map(under_provider).or_else(|| of_event_log(line))
}

/// `324047520 Nov 02 04:30  Error       Directory Synchron...         655 Failed …`
fn of_event_log(line: &str) -> Option<Row<'_>> {
    static ROW: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\s*\d+\s+\S+ \d\d \d\d:\d\d\s+(\w+)\s+(\S.*?)\s+(\d+) (.*)$").ok());
    let found = ROW.as_ref()?.captures(line)?;
    let [level, provider, id, message] = [1, 2, 3, 4].map(|at| found.get(at).map_or("", |it| it.as_str()));
    Some(Row {
        when: When::Unknown,
        id: id.parse().ok().and_then(event_id)?,
        provider: uncut(provider),
        level: levels::level(level),
        message,
    })
}

/// A provider as a table's cell names it. One that was cut is the one of ours that begins so; where too little is left of it,
/// it is not told.
pub(super) fn uncut(provider: &str) -> Option<&str> {
    const ENOUGH: usize = 8;
    let Some(head) = provider.strip_suffix("...").or(provider.strip_suffix('…')) else {
        return Some(provider).filter(|name| !name.is_empty());
    };
    let ours = PROVIDERS.iter().copied().find(|name| name.starts_with(head));
    ours.map_or(Some(provider), |name| Some(name).filter(|_| head.len() >= ENOUGH))
}

fn of_win_event(line: &str) -> Option<(When, u32, &str)> {
    let mut from = 0;
    for word in line.split_whitespace().take(8) {
        let at = from + line.get(from..)?.find(word)?;
        from = at + word.len();
        let is_number = word.len() <= 5 && word.chars().all(|c| c.is_ascii_digit());
        if at > 0 && is_number {
            let when = time::read(line.get(..at)?, None);
            if when != When::Unknown {
                let id = word.parse().ok().and_then(event_id)?;
                return Some((when, id, line.get(from..)?.trim()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_told_from_a_line_of_a_message() {
        assert!(is_head("TimeCreated                     Id LevelDisplayName Message"));
        let told = row("11/22/2026 2:00:00 AM         6900 Error            The server …").expect("a row");
        assert_eq!((told.id, told.message), (6900, "Error            The server …"));
        assert!(row("22.11.2026 02:00:00            654 Informationen    Provision").is_some());
        assert!(is_head("   Index Time          EntryType   Source                 InstanceID Message"));
        let told = row("324047520 Nov 02 04:30  Error       Directory Synchron...         655 Failed ping")
            .expect("a row");
        assert_eq!(
            (told.id, told.provider, told.message),
            (655, Some("Directory Synchronization"), "Failed ping")
        );
        assert_eq!([uncut("AD..."), uncut("ADFS..."), uncut("")], [None, Some("ADFS..."), None]);
        let other = row("  1 Nov 02 04:30  Error       Contoso Backup and Re...         655 Failed ping")
            .expect("a row");
        assert_eq!(other.provider, Some("Contoso Backup and Re..."));
        assert_eq!(row("at 90 of 2026"), None);
        assert_eq!(row("-----------                     -- ---------------- -------"), None);
    }
}
