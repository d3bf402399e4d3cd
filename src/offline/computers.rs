//! Whose log it is, and whether the sync product still speaks in it: files may hold those of several computers, or the whole log
//! of one.

use jiff::{SignedDuration, Timestamp};

use super::doubt::Doubt;
use super::reading::{Place, Reading};
use crate::diagnosis::{EventReading, Knowledge, diagnose_events};
use crate::ids::InvalidId;
use crate::report::{EVENT_IDS, Event};

/// A forest without changes sends a ping every half an hour; in this time four are missing. Source: Connect Health's alert
/// "heartbeat was skipped in last 120 minutes".
pub(super) const SILENT: SignedDuration = SignedDuration::from_mins(120);
/// Two pings and some slack: computers that both try within this time are active at once.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(65);

/// What of the computers keeps a remedy away. `events` are the reading's events as they were read, `places` theirs.
pub(super) fn doubts(
    reading: &Reading,
    events: &[EventReading],
    places: &[Place<'_>],
    knowledge: &Knowledge,
) -> Result<Vec<Doubt>, InvalidId> {
    let Some((last, at)) = last_code_90(events, places) else { return Ok(Vec::new()) };
    let mut doubts = Vec::new();
    if is_silent_since(reading, events, places, last.at, at.source) {
        doubts.push(Doubt::ProductSilent);
    }
    let Some(computer) = at.computer() else { return Ok(doubts) };
    let is_other = |place: &Place<'_>| place.computer().is_some_and(|other| other != computer);
    if !places.iter().any(is_other) {
        return Ok(doubts);
    }
    let tries = |event: &EventReading| event.counts && (event.heartbeat || event.code_90());
    // Whether the other's clock was set back too, nothing tells.
    let at_once = |event: &EventReading, place: &Place<'_>| {
        let near = |at: Timestamp| at.duration_since(last.at).abs() <= AT_ONCE;
        near(event.at) || near(place.kept.moment.written())
    };
    let mut others = events.iter().zip(places).filter(|(_, place)| is_other(place));
    if others.any(|(event, place)| tries(event) && at_once(event, place)) {
        doubts.push(Doubt::TwoActive);
    }
    let own = |(event, place): (Event, &Place<'_>)| (!is_other(place)).then_some(event);
    let (all, now) = reading.events();
    let own: Vec<Event> = all.into_iter().zip(places).filter_map(own).collect();
    if diagnose_events(own, Some(computer), reading.printed, now, knowledge)?.remedy.is_none() {
        doubts.push(Doubt::ComputersDiffer);
    }
    Ok(doubts)
}

fn last_code_90<'a, 'p>(
    events: &'a [EventReading],
    places: &'a [Place<'p>],
) -> Option<(&'a EventReading, &'a Place<'p>)> {
    let newest =
        |(event, _): &(&EventReading, &Place<'_>)| -> (Timestamp, Option<u64>) { (event.at, event.record) };
    events.iter().zip(places).filter(|(event, _)| event.code_90()).max_by_key(newest)
}

/// Whether a file goes on for long after a time, and longer than the sync product was ever silent in it before: a file that holds
/// little of it besides may have been filtered.
fn is_silent_since(
    reading: &Reading,
    events: &[EventReading],
    places: &[Place<'_>],
    last: Timestamp,
    source: u32,
) -> bool {
    let Some((oldest, newest)) = reading.spans.get(&source) else { return false };
    let here = events.iter().zip(places).filter(|(event, place)| event.counts && place.source == source);
    let mut spoke: Vec<Timestamp> =
        here.clone().map(|(event, _)| event.at).filter(|at| *at <= last).collect();
    spoke.push(*oldest);
    spoke.sort_unstable();
    // Of its daily work only the first and the last are kept: what lies between was no silence.
    let work = here.filter(|(event, _)| !EVENT_IDS.contains(&event.id)).map(|(event, _)| event.at);
    let (began, ended) = (work.clone().min(), work.max());
    let worked = |at: Timestamp| began.is_some_and(|it| it <= at) && ended.is_some_and(|it| at <= it);
    let silences = spoke.windows(2).filter(|pair| !(worked(pair[0]) && worked(pair[1])));
    let longest = silences.map(|pair| pair[1].duration_since(pair[0])).max().unwrap_or_default();
    newest.duration_since(last) > SILENT.max(longest)
}

#[cfg(test)]
#[path = "computers_tests.rs"]
mod tests;
