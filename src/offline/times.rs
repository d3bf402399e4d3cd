//! The times that one record names: when it was written, when it was last seen, when it was collected.
//!
//! The surest counts. The others are kept by their names: a remedy stands only if by each name the same came last.

use super::fields;
use super::labels::{self, Label};
use super::raw::When;
use super::time;

/// The most times of a record that are looked at.
const MOST: usize = 8;

/// The times of one record, by the names of their fields.
#[derive(Debug, Clone, Default)]
pub(super) struct Times(Vec<(u8, String, When)>);

impl Times {
    /// Takes a field if it tells a time.
    pub(super) fn note(&mut self, name: &str, text: &str) {
        if let Some(rank) = rank(name) {
            self.push(rank, name, text, None);
        }
    }

    /// Takes a field that tells a time, as surely as `rank` says.
    pub(super) fn push(&mut self, rank: u8, name: &str, text: &str, day_first: Option<bool>) {
        if self.0.len() < MOST {
            self.0.push((rank, labels::fold(name), time::read(text, day_first)));
        }
    }

    /// The surest time, and those that other fields tell.
    pub(super) fn settle(mut self) -> (When, Vec<(String, When)>) {
        self.0.sort_by_key(|(rank, ..)| *rank);
        let surest = self.0.iter().position(|(rank, _, when)| *rank < UNSURE && *when != When::Unknown);
        let when = surest.map_or(When::Unknown, |at| self.0.remove(at).2);
        let others = self.0.into_iter().filter(|(.., when)| *when != When::Unknown);
        (when, others.map(|(_, name, when)| (name, when)).collect())
    }
}

/// How sure the label of a date is.
pub(super) const KNOWN: u8 = 2;

/// What tells a time by its name alone, and never by itself when an event was written.
const UNSURE: u8 = 9;

/// How sure a field tells when the event was written, the surest first; `None` if it tells no time.
pub(super) fn rank(name: &str) -> Option<u8> {
    let folded = labels::fold(name);
    let known = name == "@timestamp" || labels::exactly(name).is_some_and(|known| known.label == Label::Date);
    match folded.as_str() {
        "timecreated" | "eventtime" | "systemtime" => Some(0),
        "timegenerated" | "timegeneratedutc" | "timewritten" | "dateandtime" => Some(1),
        _ if known => Some(KNOWN),
        _ if fields::is_time(name) => Some(UNSURE),
        _ => None,
    }
}

/// Whether a field tells how many events its record stands for: an alert that was raised again and again.
pub(super) fn is_count(name: &str) -> bool {
    const COUNTS: &[&str] =
        &["count", "occurrences", "repeatcount", "hitcount", "hits", "eventcount", "anzahl"];
    COUNTS.contains(&labels::fold(name).as_str())
}

/// Whether such a field says several.
pub(super) fn says_several(text: &str) -> bool {
    text.trim().parse::<u64>().is_ok_and(|count| count > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_time_counts_and_the_others_are_kept_by_name() {
        let mut times = Times::default();
        times.note("@timestamp", "2026-11-22T12:00:00Z");
        times.note("EventTime", "2026-11-22T10:00:00Z");
        times.note("lastSeen", "2026-11-22T11:00:00Z");
        times.note("Closed time", "2026-11-22T12:00:00Z");
        let (when, others) = times.settle();
        assert_eq!(when, time::read("2026-11-22T10:00:00Z", None));
        let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["timestamp", "lastseen"]);
    }

    #[test]
    fn what_only_sounds_like_a_time_never_dates_an_event() {
        let mut times = Times::default();
        times.note("EventReceivedTime", "2026-11-22T12:00:00Z");
        assert_eq!(times.settle().0, When::Unknown);
        assert!(is_count("Count") && !is_count("Id") && says_several("96") && !says_several("1"));
    }
}
