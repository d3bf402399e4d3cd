//! The chart in words.

use jiff::Timestamp;

use super::draw::clean;
use super::{HistoryChart, Hour, ServerRow};

/// What Discord allows for an attachment's description.
const MAX_CHARS: usize = 1024;

/// Tells what the chart shows, a line a server.
pub(super) fn describe(chart: &HistoryChart) -> String {
    let (from, to) = chart.edges();
    let zone = chart.time_zone.iana_name().unwrap_or("UTC");
    let mut lines = vec![format!(
        "{}, {} to {} ({zone}).",
        shortened(&chart.title, 100),
        moment(chart, from),
        moment(chart, to)
    )];
    let (rows, left_out) = chart.shown_rows();
    lines.extend(rows.iter().map(|row| server(chart, row, from, to)));
    match (rows.len(), left_out) {
        (0, _) => lines.push("No sync server has reported yet.".to_owned()),
        (_, 0) => {}
        (_, more) => lines.push(format!("{more} more not shown.")),
    }
    shortened(&lines.join("\n"), MAX_CHARS)
}

fn server(chart: &HistoryChart, row: &ServerRow, from: Timestamp, to: Timestamp) -> String {
    let hours = row.known_hours(from, to);
    let name = shortened(&clean(&row.name), 40);
    let note =
        if row.note.is_empty() { String::new() } else { format!(" ({})", shortened(&clean(&row.note), 30)) };
    let mut said = Vec::new();
    if hours.is_empty() {
        said.push("nothing is known".to_owned());
    } else {
        said.push(heartbeats(chart, &hours));
        said.push(errors(chart, &hours));
        let unknown = row.unknown_hours(from, to);
        if unknown > 0 {
            said.push(format!("{unknown} h not known"));
        }
    }
    let mut marks: Vec<_> = row.marks.iter().filter(|mark| (from..=to).contains(&mark.at)).collect();
    marks.sort_by_key(|mark| (mark.at, mark.kind));
    said.extend(marks.iter().map(|mark| {
        let label = shortened(&clean(&mark.label), 40);
        let kind = mark.kind.name().to_lowercase();
        format!("{kind} {}: {label}", moment(chart, mark.at))
    }));
    format!("{name}{note}: {}.", said.join("; "))
}

fn heartbeats(chart: &HistoryChart, hours: &[Hour]) -> String {
    let alive: Vec<&Hour> = hours.iter().filter(|hour| hour.heartbeats > 0).collect();
    match alive.last() {
        None => format!("no heartbeat in {} h", hours.len()),
        Some(last) => format!(
            "heartbeats in {} of {} h, the last in the hour from {}",
            alive.len(),
            hours.len(),
            moment(chart, last.hour)
        ),
    }
}

fn errors(chart: &HistoryChart, hours: &[Hour]) -> String {
    let total: u64 = hours.iter().map(|hour| u64::from(hour.errors)).sum();
    match hours.iter().max_by_key(|hour| hour.errors) {
        Some(peak) if total > 0 => format!(
            "{total} error{}, most ({}) in the hour from {}",
            if total == 1 { "" } else { "s" },
            peak.errors,
            moment(chart, peak.hour)
        ),
        _ => "no errors".to_owned(),
    }
}

fn moment(chart: &HistoryChart, t: Timestamp) -> String {
    t.to_zoned(chart.time_zone.clone()).strftime("%a %-d %b %H:%M").to_string()
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
