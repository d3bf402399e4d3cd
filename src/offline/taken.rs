//! When a file says that it was taken: a mail's head, a ticket's, a transcript's, what a clock printed, an export's own date. What
//! has happened between its newest event and then is not in it.
//!
//! Dates of single records (when collected, when last seen) are no part of that: `times` keeps these.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::fields::{self, Form};
use super::labels;
use super::raw::When;
use super::reading::Moment;
use super::time;

/// A mail is written, and a log exported, in the morning of a fault at night; nothing follows from that.
const SOON: SignedDuration = SignedDuration::from_hours(24);

/// How far a time without a zone lies from the same one in UTC, at most.
const ZONE: SignedDuration = SignedDuration::from_hours(14);

/// The most dates that are kept, the latest. Earlier ones say nothing more.
const MOST: usize = 64;

/// The dates in the frame of what was read.
#[derive(Debug, Default)]
pub(super) struct Taken(BTreeSet<Date>);

/// A date in its two readings, the earlier first; the same twice where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Date {
    readings: [Timestamp; 2],
    zoneless: bool,
}

impl Date {
    fn of(when: When) -> Option<Date> {
        let likely = when.likely()?;
        let readings = match when {
            When::Either { day_first, month_first, .. } => {
                [day_first, month_first].map(|at| When::Local(at).likely().unwrap_or(likely))
            }
            _ => [likely; 2],
        };
        let [one, other] = readings;
        Some(Date { readings: [one.min(other), one.max(other)], zoneless: !matches!(when, When::At(_)) })
    }

    /// How much later it is than a moment in one of these readings: by those that lie nearest to each other.
    fn after(&self, moment: &[Timestamp]) -> Option<(SignedDuration, Timestamp, Timestamp)> {
        let pairs = self.readings.iter().flat_map(|taken| moment.iter().map(move |at| (*taken, *at)));
        let apart = pairs.map(|(taken, at)| (taken.duration_since(at), taken, at));
        apart.min_by_key(|(apart, ..)| apart.abs())
    }
}

impl Taken {
    /// Takes the dates of what stands beside events. Says whether nothing else does.
    pub(super) fn note(&mut self, said: &str) -> bool {
        let mut only = true;
        for line in said.lines().map(str::trim).filter(|line| !line.is_empty()) {
            only &= is_field(line);
            self.0.extend(date(line).and_then(Date::of));
            if self.0.len() > MOST {
                self.0.pop_first();
            }
        }
        only
    }

    /// The newest event and the latest time at which the files say that they were taken, where that is over a day later in whatever
    /// zone. `newest` are moments of which one is the newest of all.
    pub(super) fn after(&self, newest: &[Moment]) -> Option<(Timestamp, Timestamp)> {
        let kinds = [false, true].map(|zoneless| {
            let of_kind = || newest.iter().filter(move |moment| moment.zoneless == zoneless);
            let read = |other| of_kind().filter_map(|moment| moment.read_as(other)).max();
            (zoneless, [false, true].into_iter().filter_map(read).collect::<Vec<_>>())
        });
        let later = |date: &Date| {
            let each = kinds.iter().filter_map(|(zoneless, readings)| {
                let (apart, taken, at) = date.after(readings)?;
                let zone = if *zoneless == date.zoneless { SignedDuration::ZERO } else { ZONE };
                Some((apart > SOON + zone, at, taken))
            });
            let each: Vec<_> = each.collect();
            let newest = each.iter().map(|(_, at, taken)| (*at, *taken)).max();
            newest.filter(|_| each.iter().all(|(is_later, ..)| *is_later))
        };
        self.0.iter().filter_map(later).max_by_key(|(_, taken)| *taken)
    }
}

/// A line for a field of a file's frame, if it tells a time.
pub(super) fn field(name: &str, value: &str) -> Option<String> {
    let line = format!("{name}: {value}\n");
    is_field(line.trim()).then_some(line)
}

/// Whether a line is a field that tells a time, with one.
fn is_field(line: &str) -> bool {
    labels::split(line).is_some_and(|(name, value)| fields::is_time(name) && Form::Date.fits(value))
}

/// The date of a line that holds nothing else, but for what it is called and a zone's name.
fn date(line: &str) -> Option<When> {
    let (name, value) = match Form::Date.fits(line) {
        true => ("", line),
        false => labels::split(line)?,
    };
    // A zone's name behind it: `(W. Europe Standard Time)`, `CET`.
    let without_zone = match value.strip_suffix(')') {
        Some(value) => value.rsplit_once(" (").map(|(bare, _)| bare),
        None => value.rsplit_once(' ').filter(|(_, zone)| is_zone(zone)).map(|(bare, _)| bare),
    };
    [Some(value), without_zone].into_iter().flatten().filter(|value| Form::Date.fits(value)).find_map(
        |value| {
            if value.bytes().all(|byte| byte.is_ascii_digit()) {
                return by_digits(value, fields::is_time(name));
            }
            // A day by itself begins at midnight.
            let read = [time::read(value, None), time::read(&format!("{value} 00:00"), None)];
            read.into_iter().find(|when| *when != When::Unknown)
        },
    )
}

fn is_zone(word: &str) -> bool {
    (3..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A date in digits alone: `20261130101500`, as a transcript begins with, or the time since 1970.
fn by_digits(digits: &str, is_time: bool) -> Option<When> {
    let number = digits.parse::<i64>().ok()?;
    let when = match digits.len() {
        14 => When::Local(DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?),
        13 if is_time => When::At(Timestamp::from_millisecond(number).ok()?),
        10 if is_time => When::At(Timestamp::from_second(number).ok()?),
        _ => return None,
    };
    Some(when)
}

#[cfg(test)]
#[path = "taken_tests.rs"]
mod tests;
