//! The tables that `Get-WinEvent … | Format-Table` prints of columns that somebody chose: a line of names, a line of dashes, and
//! under them the cells, which `-Wrap` continues on further lines.
//!
//! Words stand at the left of their column, numbers at the right; the dashes are as long as the name.

use std::ops::Range;

use super::fields::Form;
use super::labels::{self, Label};
use super::raw::{When, event_id};
use super::{levels, table, time};
use crate::report::Level;

/// Where the columns of such a table stand, in characters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout(Vec<(Label, Range<usize>)>);

/// One line under the names.
#[derive(Debug, PartialEq)]
pub(super) enum Row<'a> {
    /// An event begins.
    Event { when: When, id: u32, provider: Option<&'a str>, level: Option<Level>, message: &'a str },
    /// The row above goes on: what its cells for the provider and the message hold.
    Continued { provider: &'a str, message: &'a str },
    /// Something that is not understood.
    Other,
}

/// Whether a line names at least three columns of events, and nothing else; `Message` is the last.
pub(super) fn is_head(line: &str) -> bool {
    let names: Vec<Option<Label>> = line.split_whitespace().map(english).collect();
    names.len() >= 3
        && names.last() == Some(&Some(Label::Message))
        && names.contains(&Some(Label::Id))
        && names.iter().all(Option::is_some)
}

fn english(name: &str) -> Option<Label> {
    labels::exactly(name).filter(|known| known.day_first.is_none()).map(|known| known.label)
}

impl Layout {
    /// The columns by their names and the dashes below these. `None` if these are no dashes.
    pub(super) fn read(names: &str, dashes: &str) -> Option<Layout> {
        let mut columns = Vec::new();
        let mut begun = None;
        for (at, c) in dashes.trim_end().chars().chain([' ']).enumerate() {
            match (c, begun) {
                ('-', None) => begun = Some(at),
                ('-', Some(_)) | (' ', None) => {}
                (' ', Some(from)) => {
                    columns.push(from..at);
                    begun = None;
                }
                _ => return None,
            }
        }
        let labels: Vec<Label> = names.split_whitespace().filter_map(english).collect();
        (labels.len() == columns.len()).then(|| Layout(labels.into_iter().zip(columns).collect()))
    }

    /// What a line under the names holds.
    pub(super) fn row<'a>(&self, line: &'a str) -> Row<'a> {
        let cells = self.cells(line);
        let of = |label: Label| cells.iter().find(|(known, _)| *known == label).map_or("", |(_, cell)| *cell);
        let (date, id) = (of(Label::Date), of(Label::Id));
        let (provider, message) = (of(Label::Provider), of(Label::Message));
        if date.is_empty() && id.is_empty() && !line.starts_with(|c: char| !c.is_whitespace()) {
            return Row::Continued { provider, message };
        }
        let when = time::read(date, None);
        // A sentence may have a number where the ids stand.
        let is_row = when != When::Unknown || Form::Date.fits(date) && !date.contains(char::is_alphabetic);
        match id.parse().ok().and_then(event_id).filter(|_| is_row) {
            Some(id) => {
                let mut level = None;
                let told = cells.iter().filter(|(known, _)| *known == Label::Level);
                told.for_each(|(_, cell)| levels::note(&mut level, cell));
                let provider = table::uncut(provider);
                Row::Event { when, id, provider, level, message }
            }
            None => Row::Other,
        }
    }

    fn cells<'a>(&self, line: &'a str) -> Vec<(Label, &'a str)> {
        let at = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let is_number = |label: Label| matches!(label, Label::Id | Label::Record);
        // A number begins where its digits do, however short its name is.
        let begin = |(label, column): &(Label, Range<usize>)| match is_number(*label) {
            true => {
                let head = line.get(..at(column.end)).unwrap_or_default();
                head.trim_end_matches(|c: char| c.is_ascii_digit()).len()
            }
            false => at(column.start),
        };
        let begins: Vec<usize> = self.0.iter().map(begin).collect();
        let ends = begins.iter().copied().skip(1).chain([line.len()]);
        let cells = begins.iter().zip(ends).zip(&self.0);
        cells
            .map(|((from, to), (label, _))| (*label, line.get(*from..to).unwrap_or_default().trim()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &str = "TimeCreated              Id ProviderName              Message";
    const DASHES: &str = "-----------              -- ------------              -------";

    #[test]
    fn cells_stand_under_their_names_and_numbers_end_there() {
        assert!(
            is_head(NAMES) && !is_head("TimeCreated Id Level Message of the day") && !is_head("Id Message")
        );
        let layout = Layout::read(NAMES, DASHES).expect("a table");
        let row = "11/22/2026 10:00:00 AM 6900 Directory Synchronization Failed";
        let row = row.replace("AM 6900", "AM  6900");
        assert_eq!(
            layout.row(&row),
            Row::Event {
                when: time::read("11/22/2026 10:00:00 AM", None),
                id: 6900,
                provider: Some("Directory Synchronization"),
                level: None,
                message: "Failed"
            }
        );
        let more = "                                                      ping.";
        assert_eq!(layout.row(more), Row::Continued { provider: "", message: "ping." });
        assert_eq!(layout.row("22 nov. 10:30 Self-healing"), Row::Other);
        assert_eq!(Layout::read(NAMES, "---- 22"), None);
    }
}
