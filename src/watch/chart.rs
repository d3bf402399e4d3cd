//! Heartbeats and errors over time: as a picture (PNG, SVG) and in words.
//!
//! Here is what a chart says; `draw` lays it out along `axis` as `svg`, `words` tells it as text for those who see no
//! picture, `png` stores the picture. Nothing of the machine is used: the fonts are compiled in, so that a chart is the same everywhere.

mod axis;
mod draw;
mod png;
mod svg;
mod words;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use resvg::{tiny_skia, usvg};

use crate::ids::AgentId;
use crate::report::{COUNTED_HOURS, Report};
use crate::words::Language;

/// The most servers one chart shows; it says how many it leaves out.
pub const MAX_ROWS: usize = 10;

/// The longest time one chart shows, in hours; what is older is left out.
pub const MAX_HOURS: i64 = COUNTED_HOURS;

/// Events that prove password hash sync alive: end of a batch, end of a ping, result of a user's change.
///
/// Counts tell no connector and no result, so that this is a picture of the server, not a verdict.
/// Source: Microsoft, "Troubleshoot password hash synchronization" (654 is its heartbeat).
const HEARTBEATS: &[u32] = &[651, 654, 657];

/// Events that are errors whatever their text: unexpected and task errors (603, 604), a domain that fails
/// (611), a worker that dies (615), a domain controller out of reach (616), a failed full sync (621), batch
/// (652) and ping (655) refused by the cloud, the health task (662), storing the state (665, 666), keys under
/// FIPS (667), a refused token (906), access denied (115), and the wrapper (6900).
///
/// By id, never by level: 611 and 115 are Information in some products. Failures of single users (605, 664)
/// don't count. Source: the same article.
const ERRORS: &[u32] = &[115, 603, 604, 611, 615, 616, 621, 652, 655, 662, 665, 666, 667, 906, 6900];

/// Pixels for each unit of the drawing, for sharp text on dense screens.
const SCALE: f32 = 2.0;

static REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular.otf");
static SEMI_BOLD: &[u8] = include_bytes!("fonts/Inter-SemiBold.otf");

/// What a chart shows.
#[derive(Debug, Clone)]
pub struct HistoryChart {
    /// One line above it.
    pub title: String,
    /// The left edge. What is more than [`MAX_HOURS`] before `to` is not shown.
    pub from: Timestamp,
    /// The right edge, which is "now".
    pub to: Timestamp,
    /// The time zone of every label.
    pub time_zone: TimeZone,
    /// A row a server; [`MAX_ROWS`] are shown.
    pub rows: Vec<ServerRow>,
}

/// One server's history.
#[derive(Debug, Clone, Default)]
pub struct ServerRow {
    /// Its name; cut where it is too long.
    pub name: String,
    /// A few words about it, such as `staging`; may be empty.
    pub note: String,
    /// Its hours. An hour that is not here is not known.
    pub hours: Vec<Hour>,
    /// What happened at a moment.
    pub marks: Vec<Mark>,
}

/// One hour of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// Its start.
    pub hour: Timestamp,
    /// Signs of life in it.
    pub heartbeats: u32,
    /// Errors in it.
    pub errors: u32,
    /// Whether the event log was read for it. What is unknown is never drawn as quiet.
    pub known: bool,
}

/// Something that happened at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// What, in a few words; cut or left out where there is no room.
    pub label: String,
    /// Which kind: its own shape and colour.
    pub kind: MarkKind,
}

/// The kinds of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A verdict turned bad.
    Incident,
    /// A command ran.
    Run,
    /// It was proven to have worked.
    Verified,
    /// The agent fell silent.
    Silent,
}

/// Why a picture could not be made. The chart in words ([`describe`]) still can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// The drawing was not accepted.
    #[error("the chart's drawing is not valid: {0}")]
    Drawing(String),
    /// The picture could not be stored as PNG, or there was no memory for it.
    #[error("the chart could not be made into a PNG: {0}")]
    Picture(String),
}

/// Heartbeats and errors that a server reported between two moments; whole hours count.
pub fn totals(report: &Report, from: Timestamp, to: Timestamp) -> (u32, u32) {
    let within = report.counts.iter().filter(|count| count.hour >= from && count.hour <= to);
    within.fold((0, 0), |(heartbeats, errors), count| match count.id {
        id if HEARTBEATS.contains(&id) => (count.count.saturating_add(heartbeats), errors),
        id if ERRORS.contains(&id) => (heartbeats, count.count.saturating_add(errors)),
        _ => (heartbeats, errors),
    })
}

impl HistoryChart {
    /// Charts what servers have reported; their names are their agents' ids. Marks are the caller's to add.
    ///
    /// An hour is known if the event log was read during or after it and [`COUNTED_HOURS`] reach back to it.
    pub fn from_reports(
        reports: &[(AgentId, &Report)],
        from: Timestamp,
        to: Timestamp,
        time_zone: TimeZone,
    ) -> HistoryChart {
        let (from, to) = shown(from, to);
        let rows = reports.iter().map(|(agent, report)| row_of(agent, report, from, to)).collect();
        let title = words::title(from, to).tell(Language::English);
        HistoryChart { title, from, to, time_zone, rows }
    }

    /// The edges as they are drawn.
    fn edges(&self) -> (Timestamp, Timestamp) {
        shown(self.from, self.to)
    }

    /// The rows that are drawn, and how many are not.
    fn shown_rows(&self) -> (&[ServerRow], usize) {
        let rows = &self.rows[..self.rows.len().min(MAX_ROWS)];
        (rows, self.rows.len() - rows.len())
    }
}

impl ServerRow {
    /// The hours that are known and at least partly between the edges, in order, each once.
    fn known_hours(&self, from: Timestamp, to: Timestamp) -> Vec<Hour> {
        let inside = |hour: &&Hour| hour.known && hour.hour < to && end_of(hour.hour) > from;
        let mut hours: Vec<Hour> = self.hours.iter().filter(inside).copied().collect();
        hours.sort_by_key(|hour| hour.hour);
        hours.dedup_by_key(|hour| hour.hour);
        hours
    }

    /// How many of the hours that the edges touch are not known.
    fn unknown_hours(&self, from: Timestamp, to: Timestamp) -> u64 {
        let seconds = to.duration_since(start_of_hour(from)).as_secs();
        let touched = u64::try_from(seconds).unwrap_or(0).div_ceil(3600);
        touched.saturating_sub(self.known_hours(from, to).len() as u64)
    }
}

/// Draws a chart as PNG, 2000 pixels wide.
///
/// # Errors
/// [`ChartError`]; no data and no text leads to it, only a lack of memory does.
pub fn history(chart: &HistoryChart) -> Result<Vec<u8>, ChartError> {
    let options = usvg::Options { fontdb: fonts(), font_family: "Inter".into(), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(&history_svg(chart), &options)
        .map_err(|error| ChartError::Drawing(error.to_string()))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(SCALE)
        .ok_or_else(|| ChartError::Picture("it has no size".to_owned()))?;
    let mut picture = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| ChartError::Picture("there is no memory for it".to_owned()))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut picture.as_mut());
    png::encode(&picture)
}

/// Draws a chart as SVG, 1000 units wide. Its texts want the font Inter.
pub fn history_svg(chart: &HistoryChart) -> String {
    draw::svg(chart)
}

/// The chart in words, for those who don't see the picture; at most 1024 characters, as Discord allows for
/// an attachment's description.
pub fn describe(chart: &HistoryChart, language: Language) -> String {
    words::describe(chart, language)
}

fn row_of(agent: &AgentId, report: &Report, from: Timestamp, to: Timestamp) -> ServerRow {
    let mut counted: HashMap<Timestamp, (u32, u32)> = HashMap::new();
    for count in &report.counts {
        let (heartbeats, errors) = counted.entry(start_of_hour(count.hour)).or_default();
        if HEARTBEATS.contains(&count.id) {
            *heartbeats = heartbeats.saturating_add(count.count);
        }
        if ERRORS.contains(&count.id) {
            *errors = errors.saturating_add(count.count);
        }
    }
    let reach = SignedDuration::from_hours(COUNTED_HOURS);
    let known = |hour: Timestamp| {
        report.events_at.is_some_and(|read| hour <= read && read.duration_since(hour) <= reach)
    };
    let hours = std::iter::successors(Some(start_of_hour(from)), |&hour| Some(end_of(hour)));
    let hours = hours.take_while(|&hour| hour < to).map(|hour| {
        let (heartbeats, errors) = counted.get(&hour).copied().unwrap_or_default();
        Hour { hour, heartbeats, errors, known: known(hour) }
    });
    let staging = report.state.as_ref().and_then(|state| state.staging) == Some(true);
    let note = if staging { "staging" } else { "" };
    ServerRow { name: agent.to_string(), note: note.to_owned(), hours: hours.collect(), marks: Vec::new() }
}

/// The edges within what a chart can show.
fn shown(from: Timestamp, to: Timestamp) -> (Timestamp, Timestamp) {
    let back = |hours| to.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let from = if from < to { from } else { back(1) };
    (from.max(back(MAX_HOURS)), to)
}

fn start_of_hour(t: Timestamp) -> Timestamp {
    let second = t.as_second();
    Timestamp::from_second(second - second.rem_euclid(3600)).unwrap_or(t)
}

fn end_of(hour: Timestamp) -> Timestamp {
    hour.checked_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX)
}

fn fonts() -> Arc<usvg::fontdb::Database> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut fonts = usvg::fontdb::Database::new();
        fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(REGULAR)));
        fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(SEMI_BOLD)));
        fonts.set_sans_serif_family("Inter");
        Arc::new(fonts)
    };
    FONTS.get_or_init(load).clone()
}

#[cfg(test)]
mod tests;
