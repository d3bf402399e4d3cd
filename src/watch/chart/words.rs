//! The chart in words, in the reader's language.

use jiff::Timestamp;

use super::svg::clean;
use super::{HistoryChart, Hour, ServerRow};
use crate::words;
use crate::words::{Language, Text};

/// What Discord allows for an attachment's description.
const MAX_CHARS: usize = 1024;

/// Tells what the chart shows, a line a server.
pub(super) fn describe(chart: &HistoryChart, language: Language) -> String {
    let (from, to) = chart.edges();
    let teller = Teller { chart, language };
    let zone = chart.time_zone.iana_name().unwrap_or("UTC");
    let (begin, end) = (teller.moment(from), teller.moment(to));
    let title = teller.say(title(from, to));
    let span = words!("chart-span", title = title, from = begin, to = end, zone = zone);
    let (rows, left_out) = chart.shown_rows();
    let mut lines = vec![teller.say(span)];
    lines.extend(rows.iter().map(|row| teller.server(row, from, to)));
    match (rows.len(), left_out) {
        (0, _) => lines.push(teller.say(words!("chart-empty"))),
        (_, 0) => {}
        (_, more) => lines.push(teller.say(words!("chart-more", count = more))),
    }
    shortened(&lines.join("\n"), MAX_CHARS)
}

/// What a chart from here to there shows.
pub(super) fn title(from: Timestamp, to: Timestamp) -> Text {
    let hours = (to.duration_since(from).as_secs() + 1800) / 3600;
    words!("chart-title", count = usize::try_from(hours).unwrap_or_default())
}

/// Tells of a chart in a language.
#[derive(Clone, Copy)]
struct Teller<'a> {
    chart: &'a HistoryChart,
    language: Language,
}

impl Teller<'_> {
    fn say(self, text: Text) -> String {
        text.tell(self.language)
    }

    fn server(self, row: &ServerRow, from: Timestamp, to: Timestamp) -> String {
        let hours = row.known_hours(from, to);
        let name = shortened(&clean(&row.name), 40);
        let note = if row.note.is_empty() {
            String::new()
        } else {
            format!(" ({})", shortened(&clean(&row.note), 30))
        };
        let mut said = Vec::new();
        if hours.is_empty() {
            said.push(self.say(words!("chart-unknown")));
        } else {
            said.push(self.heartbeats(&hours));
            said.push(self.errors(&hours));
            let unknown = row.unknown_hours(from, to);
            if unknown > 0 {
                said.push(self.say(words!("chart-hours-unknown", hours = unknown.to_string())));
            }
        }
        let mut marks: Vec<_> = row.marks.iter().filter(|mark| (from..=to).contains(&mark.at)).collect();
        marks.sort_by_key(|mark| (mark.at, mark.kind));
        said.extend(marks.iter().map(|mark| {
            let label = shortened(&clean(&mark.label), 40);
            let kind = mark.kind.name().to_lowercase();
            format!("{kind} {}: {label}", self.moment(mark.at))
        }));
        format!("{name}{note}: {}.", said.join("; "))
    }

    fn heartbeats(self, hours: &[Hour]) -> String {
        let alive: Vec<&Hour> = hours.iter().filter(|hour| hour.heartbeats > 0).collect();
        let all = hours.len().to_string();
        self.say(match alive.last() {
            None => words!("chart-silent", hours = all),
            Some(last) => {
                let (alive, last) = (alive.len().to_string(), self.moment(last.hour));
                words!("chart-alive", alive = alive, hours = all, last = last)
            }
        })
    }

    fn errors(self, hours: &[Hour]) -> String {
        let total: u64 = hours.iter().map(|hour| u64::from(hour.errors)).sum();
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        self.say(match hours.iter().max_by_key(|hour| hour.errors) {
            Some(peak) if total > 0 => {
                let (most, hour) = (peak.errors.to_string(), self.moment(peak.hour));
                words!("chart-errors", count = total, most = most, hour = hour)
            }
            _ => words!("chart-no-errors"),
        })
    }

    /// A moment as the language writes it; the zone is told once, above.
    fn moment(self, t: Timestamp) -> String {
        let form = match self.language {
            Language::English => "%a %-d %b %H:%M",
            Language::German => "%-d.%-m. %H:%M",
        };
        t.to_zoned(self.chart.time_zone.clone()).strftime(form).to_string()
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
