//! `Export-Csv` of `Get-WinEvent` and `Get-EventLog`, and Event Viewer's own exports as CSV and text.
//!
//! Event Viewer names five columns and writes six: the last one, without a name, is the message. Excel gives it an empty one.

use std::io::BufRead;

use super::bounded::{Lines, MAX_RECORD};
use super::fault::Fault;
use super::fields::{self, Form};
use super::form::Forms;
use super::labels::{self, Label};
use super::levels;
use super::raw::{Raw, When, event_id, provider_named, same_name};
use super::talk;
use super::time;
use super::times::{self, Times, is_count, says_several};
use crate::words;

/// The most columns that are looked at.
const MAX_COLUMNS: usize = 200;

/// Reads every event.
pub(super) fn read(input: impl BufRead, delimiter: char, sink: &mut dyn FnMut(Raw)) -> Result<(), Fault> {
    let mut rows = Rows { lines: Lines::new(input), delimiter, malformed: false };
    let (mut columns, mut part): (Option<Columns>, u32) = (None, 0);
    let mut forms = Forms::default();
    while let Some(mut row) = rows.next()? {
        if let Some(first) = row.first_mut() {
            *first = first.trim_start_matches(['\u{feff}', '"']).trim_end_matches('"').to_owned();
        }
        if row.iter().all(|cell| cell.trim().is_empty()) || (columns.is_none() && is_delimiter_line(&row)) {
            continue;
        }
        if let Some(kind) = row.first().and_then(|cell| cell.strip_prefix("#TYPE")) {
            // The type that PowerShell exported, behind `#` the log, the source and the id.
            let (kind, of) = kind.split_once('#').unwrap_or((kind, ""));
            if !Form::Token.fits(kind) || !Form::Provider.fits(of) || row.len() > 1 {
                sink(Raw::beside(row.join(" ")));
            }
            continue;
        }
        match &columns {
            // Files that were joined repeat their header.
            Some(Columns { header, .. }) if names(&row) == names(header) => {
                (part, forms) = (part + 1, Forms::default());
            }
            Some(_) if is_header(&row) => {
                return Err(Fault::new(rows.lines.place(), words!("fault-other-table")));
            }
            Some(known) => {
                if !known.names_ids() && is_saved_by_event_viewer(&known.header, &row) {
                    columns = Some(Columns::of_event_viewer(&known.header));
                }
                let Some(known) = &columns else { continue };
                let mut raw = event(&row, known, &mut forms);
                raw.part = part;
                raw.broken |= rows.malformed || row.len() < known.header.len();
                sink(raw);
            }
            None => columns = Some(Columns::read(names(&row).to_vec())),
        }
    }
    Ok(())
}

/// `sep=;`, which tells Excel the delimiter.
fn is_delimiter_line(row: &[String]) -> bool {
    let line = row.first().map(|cell| cell.trim().to_ascii_lowercase()).unwrap_or_default();
    line.starts_with("sep=") && line.len() <= 5 && row.iter().skip(1).all(String::is_empty)
}

/// A header without the empty names at its end.
fn names(header: &[String]) -> &[String] {
    let named = header.iter().rposition(|name| !name.trim().is_empty()).map_or(0, |last| last + 1);
    &header[..named]
}

/// Whether a row names columns instead of holding an event.
fn is_header(row: &[String]) -> bool {
    // Events have numbers, names of columns have none.
    if row.iter().take(8).any(|cell| cell.bytes().any(|byte| byte.is_ascii_digit())) {
        return false;
    }
    let labels = row.iter().filter_map(|cell| labels::known(cell.trim()).map(|known| known.label));
    let labels: Vec<Label> = labels.collect();
    [Label::Id, Label::Message, Label::Date, Label::Provider].iter().filter(|it| labels.contains(it)).count()
        >= 2
}

/// Whether a table is Event Viewer's, in whatever language: it writes level, date, source, id and category, and behind
/// these, without a name, the message.
pub(super) fn is_saved_by_event_viewer(header: &[String], row: &[String]) -> bool {
    let id = row.get(3).map(|id| id.trim()).unwrap_or_default();
    let is_id = (1..=5).contains(&id.len()) && id.bytes().all(|digit| digit.is_ascii_digit());
    let has_time =
        row.get(1).is_some_and(|date| time::read(date, Some(true)) != When::Unknown || date.contains(':'));
    header.len() == 5 && row.len() >= 5 && is_id && has_time
}

struct Columns {
    header: Vec<String>,
    /// Which column holds what, the surest first.
    found: Vec<(Label, usize)>,
    day_first: Option<bool>,
    /// What columns hold beside that, and their names.
    roles: Vec<(Role, usize, String)>,
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Role {
    /// A time, as surely as this.
    Time(u8),
    /// How many events the row stands for.
    Count,
    /// What the program handed over.
    Data,
    /// Something that must have its field's form.
    Other,
}

impl Role {
    fn of(name: &str, label: Option<Label>) -> Option<Role> {
        match (times::rank(name), label) {
            (Some(rank), _) => Some(Role::Time(rank)),
            (None, Some(Label::Date)) => Some(Role::Time(times::KNOWN)),
            (None, Some(Label::Message | Label::Provider)) => None,
            _ if is_count(name) => Some(Role::Count),
            _ if fields::is_data(name) => Some(Role::Data),
            _ => Some(Role::Other),
        }
    }
}

impl Columns {
    fn read(header: Vec<String>) -> Columns {
        let known =
            header.iter().enumerate().filter_map(|(at, cell)| Some((labels::known(cell.trim())?, at)));
        let mut known: Vec<_> = known.collect();
        let names_ids = known.iter().any(|(known, _)| known.label == Label::Id && !known.guessed);
        known.retain(|(known, _)| !(known.guessed && names_ids));
        // An English name is surer: `Data` is a date in Portuguese and bytes in Get-EventLog.
        known.sort_by_key(|(known, at)| (known.day_first.is_some(), *at));
        let english = known.iter().filter(|(known, _)| known.day_first.is_none()).count();
        let day_first = (english * 2 < known.len()).then_some(true);
        let found: Vec<(Label, usize)> = known.into_iter().map(|(known, at)| (known.label, at)).collect();
        Columns::of(header, found, day_first)
    }

    fn of(header: Vec<String>, found: Vec<(Label, usize)>, day_first: Option<bool>) -> Columns {
        let label = |at: usize| found.iter().find(|(_, known)| *known == at).map(|(label, _)| *label);
        let roles = header
            .iter()
            .enumerate()
            .filter_map(|(at, name)| Some((Role::of(name, label(at))?, at, name.clone())));
        Columns { roles: roles.collect(), header, found, day_first }
    }

    /// Event Viewer's, whose names are in a language that is not known.
    fn of_event_viewer(header: &[String]) -> Columns {
        let found = [Label::Level, Label::Date, Label::Provider, Label::Id, Label::Other];
        let names = ["Level", "Date and Time", "Source", "Event ID", "Task Category"];
        let mut columns = Columns::of(header.to_vec(), found.into_iter().zip(0..).collect(), Some(true));
        for (_, at, name) in &mut columns.roles {
            names.get(*at).into_iter().for_each(|english| *name = (*english).to_owned());
        }
        columns
    }

    fn names_ids(&self) -> bool {
        self.found.iter().any(|(found, _)| *found == Label::Id)
    }

    /// Whether the words alone can tell the events: no column holds ids, and the message is Windows' own, as PowerShell
    /// names it, not somebody's ticket or chat.
    fn holds_messages_only(&self) -> bool {
        !self.names_ids() && self.header.iter().any(|name| name.trim() == "Message")
    }

    /// What a row's cells of this kind hold, the surest first.
    fn cells<'a>(&self, row: &'a [String], label: Label) -> impl Iterator<Item = &'a str> {
        let of = self.found.iter().filter(move |(found, _)| *found == label);
        let cells: Vec<&str> = of.filter_map(|(_, at)| row.get(*at)).map(|cell| cell.trim()).collect();
        cells.into_iter().filter(|cell| !cell.is_empty())
    }
}

fn event(row: &[String], columns: &Columns, forms: &mut Forms) -> Raw {
    let cell = |label| columns.cells(row, label).next();
    let beyond = row.get(columns.header.len()..).unwrap_or_default();
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let ids: Vec<u32> = columns.cells(row, Label::Id).filter_map(number).filter_map(event_id).collect();
    let mut providers = columns.cells(row, Label::Provider).filter_map(provider_named);
    let provider = providers.next();
    // Two columns that name different ids, or providers: which is the event's is not told.
    let broken = ids.iter().any(|id| Some(id) != ids.first())
        || providers.any(|other| provider.is_some_and(|provider| !same_name(provider, other)));
    let mut times = Times::default();
    let (mut several, mut is_odd, mut level) = (false, false, None);
    let (mut said, mut data) = (String::new(), Vec::new());
    for (role, at, name) in &columns.roles {
        let Some(cell) = row.get(*at).filter(|cell| !cell.trim().is_empty()) else { continue };
        match role {
            Role::Time(rank) => {
                is_odd |= !forms.fits(*at, cell);
                times.push(*rank, name, cell, columns.day_first);
            }
            Role::Count => several |= says_several(cell),
            Role::Data if !Form::Data.fits(cell) => data.push(cell.clone()),
            Role::Data | Role::Other => {}
        }
        let is_time = matches!(role, Role::Time(_)) && Form::Date.fits(cell);
        if !is_time && !matches!(role, Role::Data) {
            said.extend(talk::of_field(name, cell));
        }
    }
    // Behind the named columns stands the message, where none of them is, and nothing else.
    let others = beyond.get(usize::from(cell(Label::Message).is_none())..).unwrap_or_default();
    others.iter().filter(|cell| !cell.trim().is_empty()).for_each(|cell| said.extend([cell, "\n"]));
    let beyond = beyond.join(" ");
    // Where one program rewrote some of a column's dates, none of these is sure.
    let (when, also) = if is_odd { Default::default() } else { times.settle() };
    let cells = columns.header.iter().zip(row);
    cells.for_each(|(name, cell)| levels::note_field(&mut level, name, cell));
    columns.cells(row, Label::Level).for_each(|cell| level = level.or(levels::level(cell)));
    let raw = Raw {
        id: ids.first().copied(),
        provider: provider.or(cell(Label::ProviderId)).map(str::to_owned),
        level,
        record: cell(Label::Record).and_then(number),
        log: cell(Label::Log).map(str::to_owned),
        when,
        also,
        several,
        computer: cell(Label::Computer).map(str::to_owned),
        message: cell(Label::Message).map_or(beyond, str::to_owned),
        // A rule's description beside the event's message: both may tell.
        data: columns.cells(row, Label::Message).skip(1).map(str::to_owned).chain(data).collect(),
        said,
        broken,
        ..Raw::default()
    };
    if columns.holds_messages_only() { raw.known_by_message() } else { raw }
}

/// The rows of a table whose cells may be quoted and hold line breaks.
struct Rows<R> {
    lines: Lines<R>,
    delimiter: char,
    /// In the last row, something stood between a quoted text's end and the next delimiter.
    malformed: bool,
}

impl<R: BufRead> Rows<R> {
    fn next(&mut self) -> Result<Option<Vec<String>>, Fault> {
        let mut cells = Vec::new();
        let mut cell = String::new();
        let (mut quoted, mut closed, mut size) = (false, false, 0);
        self.malformed = false;
        let mut from = self.lines.place();
        loop {
            let Some(line) = self.lines.next_raw()? else {
                if quoted {
                    return Err(Fault::new(from, words!("fault-quote-open")));
                }
                return Ok(None);
            };
            if size == 0 {
                from = self.lines.place();
            }
            size += line.len();
            if size > MAX_RECORD {
                return Err(Fault::new(from, words!("fault-too-long")));
            }
            let body = line.trim_end_matches(['\n', '\r']);
            let mut characters = body.chars().peekable();
            while let Some(c) = characters.next() {
                match c {
                    '"' if quoted && characters.peek() == Some(&'"') => {
                        characters.next();
                        cell.push('"');
                    }
                    '"' if quoted => (quoted, closed) = (false, true),
                    '"' if cell.trim().is_empty() => {
                        cell.clear();
                        quoted = true;
                    }
                    c if c == self.delimiter && !quoted => {
                        closed = false;
                        cells.push(std::mem::take(&mut cell));
                    }
                    c => {
                        self.malformed |= closed && !c.is_whitespace();
                        cell.push(c);
                    }
                }
                if cells.len() > MAX_COLUMNS {
                    return Err(Fault::new(from, words!("fault-columns")));
                }
            }
            if !quoted {
                cells.push(cell);
                return Ok(Some(cells));
            }
            cell.push('\n');
        }
    }
}
