//! What came last, where times can be read in more than one way: whether what speaks against the last code 90 may be newer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::clocks::Number;
use super::computers::SILENT;
use super::doubt::Doubt;
use super::reading::Place;
use super::rows::shares_our_log;
use crate::diagnosis::EventReading;

/// The hour that comes twice where clocks go back.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What of the times keeps a remedy away. `readings` are the events with their dates read in each way they can be, `places`
/// those of these events.
pub(super) fn doubts(readings: &[Vec<EventReading>], places: &[Place<'_>]) -> Vec<Doubt> {
    let Some(likely) = readings.first() else { return Vec::new() };
    let mut doubts = Vec::new();
    if records_contradict_times(likely, places)
        || rows_contradict_times(likely, places)
        || clocks_went_back(likely, places)
        || moved_apart(likely, places)
    {
        doubts.push(Doubt::ClockMoved);
    }
    if half_of_day_is_open(likely, places) {
        doubts.push(Doubt::HalfOfDay);
    }
    if zones_leave_open(readings, places) {
        doubts.push(Doubt::ZonesMixed);
    }
    if fields_contradict(likely, places) {
        doubts.push(Doubt::TimesDiffer);
    }
    doubts
}

type Given<'a, 'p> = (&'a EventReading, &'a Place<'p>);

fn against<'a, 'p>(
    events: &'a [EventReading],
    places: &'a [Place<'p>],
) -> impl Iterator<Item = Given<'a, 'p>> {
    events.iter().zip(places).filter(|(event, _)| event.against)
}

fn code_90<'a, 'p>(
    events: &'a [EventReading],
    places: &'a [Place<'p>],
) -> impl Iterator<Item = Given<'a, 'p>> {
    events.iter().zip(places).filter(|(event, _)| event.code_90())
}

/// Whether what speaks against the last code 90 was written after it, by its record, and yet has an earlier time: a
/// clock was set back, as it is in autumn where times name no zone. Records of two computers, or logs, are not compared.
fn records_contradict_times(events: &[EventReading], places: &[Place<'_>]) -> bool {
    let last = code_90(events, places).max_by_key(|(event, _)| (event.at, event.record));
    let Some((last, at)) = last else { return false };
    against(events, places).any(|(event, place)| {
        of_one_log((event, place), (last, at))
            && event.record.zip(last.record).is_some_and(|(record, last)| record > last)
            && event.at < last.at
    })
}

/// The same by the rows of a file, where there are no records.
fn rows_contradict_times(events: &[EventReading], places: &[Place<'_>]) -> bool {
    let Some(newest) = code_90(events, places).map(|(event, _)| event.at).max() else { return false };
    let lasts: Vec<Given<'_, '_>> = code_90(events, places).filter(|(event, _)| event.at == newest).collect();
    against(events, places).filter(|(event, _)| event.at < newest).any(|(event, place)| {
        let Some(newest_first) = place.newest_first else { return false };
        let stands_newer = |(last, at): &Given<'_, '_>| {
            let told = event.record.is_some() && last.record.is_some();
            let (row, last_row) = (place.kept.moment.row, at.kept.moment.row);
            !told
                && of_one_log((event, place), (last, at))
                && if newest_first { row < last_row } else { row > last_row }
        };
        let mut here = lasts.iter().filter(|(_, at)| at.source == place.source).peekable();
        here.peek().is_some() && here.all(stands_newer)
    })
}

/// Whether what came last rests on more than the records of the log with the last code 90, where a clock was set back: on the rows
/// of a file that its times don't bear out, on a code 90 without a number, or on the times of another computer.
fn moved_apart(events: &[EventReading], places: &[Place<'_>]) -> bool {
    let last = code_90(events, places).max_by_key(|(event, _)| (event.at, event.record));
    let Some((last, at)) = last else { return false };
    let mark = at.kept.moment;
    let by_rows = |number: Option<Number>| number.is_some_and(|number| number.is_row());
    mark.unsure
        || against(events, places).any(|(_, place)| {
            let moment = place.kept.moment;
            let elsewhere = place.computer() != at.computer() && moment.written() >= last.at;
            // What its times, too, tell to be older by more than the hour that comes twice is older either way.
            let is_near = moment.written() > mark.written() - HOUR;
            let rests_on_rows = (by_rows(moment.number) || by_rows(mark.number)) && is_near;
            moment.moved > mark.moved && (rests_on_rows || elsewhere)
        })
}

/// Whether two events may stand in one log of one computer.
fn of_one_log((event, place): Given<'_, '_>, (other, at): Given<'_, '_>) -> bool {
    let computers = place.computer().zip(at.computer());
    computers.is_none_or(|(one, other)| one.eq_ignore_ascii_case(other))
        && shares_our_log(event.provider.as_deref()) == shares_our_log(other.provider.as_deref())
}

/// Whether what speaks against code 90 lies in the hour before it, without records and in a night in which clocks may go back:
/// that hour comes twice.
fn clocks_went_back(events: &[EventReading], places: &[Place<'_>]) -> bool {
    let last = code_90(events, places).max_by_key(|(event, _)| event.at);
    let Some((last, at)) = last.filter(|(_, at)| at.zone.is_some()) else { return false };
    against(events, places).filter(|(_, place)| place.zone == at.zone).any(|(event, place)| {
        let told = Number::are_of_one_log(place.kept.moment.number, at.kept.moment.number);
        let apart = last.at.duration_since(event.at);
        !told
            && may_come_twice(event.at.to_zoned(TimeZone::UTC).datetime())
            && apart > SignedDuration::ZERO
            && apart < HOUR
    })
}

/// Half a day, by which a clock of twelve hours may be wrong.
const HALF_OF_DAY: SignedDuration = SignedDuration::from_hours(12);

/// Whether what speaks against code 90 may be of the afternoon after it, in a file whose hours go from one to twelve and that tells no
/// order by numbers: the product, which sends a ping every half an hour, was silent for longer if it was not.
fn half_of_day_is_open(events: &[EventReading], places: &[Place<'_>]) -> bool {
    let last = code_90(events, places).max_by_key(|(event, _)| event.at).filter(|(_, at)| at.of_twelve);
    let Some((last, at)) = last else { return false };
    let told = |place: &Place<'_>| Number::are_of_one_log(place.kept.moment.number, at.kept.moment.number);
    let would_be_newer = |(event, place): &Given<'_, '_>| {
        let age = last.at.duration_since(event.at);
        place.source == at.source && !age.is_negative() && age < HALF_OF_DAY
    };
    let here = events.iter().zip(places).filter(|(event, _)| event.counts).filter(would_be_newer);
    let mut times: Vec<Timestamp> = here.map(|(event, _)| event.at).collect();
    times.sort_unstable();
    let Some(first) = times.first() else { return false };
    let silent_then = HALF_OF_DAY - last.at.duration_since(*first);
    let gaps = times.windows(2).map(|pair| (pair[1].duration_since(pair[0]), pair[0]));
    let Some((silent_now, before)) = gaps.max_by_key(|(gap, _)| *gap) else { return false };
    let mut against = against(events, places).filter(would_be_newer);
    silent_now > SILENT
        && silent_then <= SILENT
        && against.any(|(event, place)| event.at <= before && !told(place))
}

/// When clocks go back: on a Sunday, in autumn: October and November, in the south March and April. Before midnight on the
/// Saturday before the last Sunday of October (Lebanon, Greenland), on the one before April's first (Chile), and on October's
/// last Thursday (Egypt); on a Saturday in Palestine. Source: the time zone database of IANA.
const NIGHTS: [Night; 6] = [
    Night { weekday: Weekday::Sunday, months: 3..=4, days: 1..=31, hours: 0..=3 },
    Night { weekday: Weekday::Sunday, months: 9..=11, days: 1..=31, hours: 0..=3 },
    Night { weekday: Weekday::Saturday, months: 10..=10, days: 24..=30, hours: 23..=23 },
    Night { weekday: Weekday::Saturday, months: 4..=4, days: 1..=7, hours: 23..=23 },
    Night { weekday: Weekday::Thursday, months: 10..=10, days: 25..=31, hours: 23..=23 },
    Night { weekday: Weekday::Saturday, months: 10..=10, days: 24..=30, hours: 0..=2 },
];

/// A part of the year's nights.
struct Night {
    weekday: Weekday,
    months: RangeInclusive<i8>,
    days: RangeInclusive<i8>,
    hours: RangeInclusive<i8>,
}

/// Whether an hour of a server's own time may come twice somewhere.
pub(super) fn may_come_twice(at: DateTime) -> bool {
    NIGHTS.iter().any(|night| {
        night.weekday == at.weekday()
            && night.months.contains(&at.month())
            && night.days.contains(&at.day())
            && night.hours.contains(&at.hour())
    })
}

/// How far zones lie from each other at most: UTC-12 and UTC+14.
const ZONES_APART: SignedDuration = SignedDuration::from_hours(26);

/// Whether what speaks against code 90 may be newer, if times without a zone are of another one than it seems, or if a file's
/// dates are to be read in another order than those of another. Times of one file, and times with a zone, are of one zone.
fn zones_leave_open(readings: &[Vec<EventReading>], places: &[Place<'_>]) -> bool {
    let lasts = |events: &Vec<EventReading>| {
        let mut last: BTreeMap<_, Timestamp> = BTreeMap::new();
        for (event, place) in code_90(events, places) {
            let at = last.entry((place.source, place.zone)).or_insert(event.at);
            *at = event.at.max(*at);
        }
        last
    };
    let lasts: Vec<_> = readings.iter().map(lasts).collect();
    let known: BTreeSet<_> = lasts.iter().flat_map(|last| last.keys().copied()).collect();
    // No earlier than the last code 90 of its own zone, nor possibly of any other.
    let may_be_newer = |event: &EventReading, of: &Place<'_>, own: usize| {
        known.iter().all(|place| {
            let (source, zone) = place;
            let in_order = |order: usize| lasts.get(order).and_then(|last| last.get(place)).copied();
            // How another file's dates are to be read, this one's don't tell.
            let last = match *source == of.source {
                true => in_order(own),
                false => (0..lasts.len()).filter_map(in_order).min(),
            };
            let apart = if *zone == of.zone { SignedDuration::ZERO } else { ZONES_APART };
            last.is_none_or(|last| event.at.duration_since(last) >= -apart)
        })
    };
    // Whatever the product says in another file and zone may lie so late that code 90 should have come again.
    let may_be_against = |event: &EventReading, place: &Place<'_>| {
        let differs = |(source, zone): &(u32, _)| *source != place.source && *zone != place.zone;
        let of_other_zone = || known.iter().all(differs);
        event.against || event.counts && !event.code_90() && of_other_zone()
    };
    // Where all are of one file and zone, what came last is known; whether it speaks against code 90, the verdict tells.
    let zones: BTreeSet<_> = places.iter().map(|place| (place.source, place.zone)).collect();
    zones.len() > 1
        && readings.iter().enumerate().any(|(order, events)| {
            let mut others = events.iter().zip(places).filter(|(event, place)| may_be_against(event, place));
            !known.is_empty() && others.any(|(event, place)| may_be_newer(event, place, order))
        })
}

/// Whether what speaks against code 90 is newer by the times of another field of the records, or stands for several events of
/// which the last may be.
fn fields_contradict(events: &[EventReading], places: &[Place<'_>]) -> bool {
    let names = places.iter().flat_map(|place| place.kept.also.iter().map(|(name, _)| name.as_str()));
    let names: BTreeSet<&str> = names.collect();
    let newer_by = |name: &str| {
        let last = code_90(events, places).map(|(_, place)| place.kept.by(name)).max();
        last.is_some_and(|last| against(events, places).any(|(_, place)| place.kept.by(name) > last))
    };
    code_90(events, places).next().is_some()
        && (against(events, places).any(|(_, place)| place.kept.may_go_on())
            || names.into_iter().any(newer_by))
}
