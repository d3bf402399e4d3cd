//! Clocks that were set back, by the numbers of the records.
//!
//! Windows numbers the records of a log: each is one more than the last, and none is given twice until the log is cleared.
//! So numbers tell what came last, whatever the clock was set to since: where no time names a zone, in each autumn. Where numbers
//! go on and times go back, the events before that step are moved back in time, so that times tell the same order as numbers.
//!
//! Numbers that tell something else (rows of a table, two computers, a log before and after it was cleared) have other shapes,
//! and are not believed: then times decide, and `order` keeps the remedy away where numbers say otherwise.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::order::may_come_twice;
use super::raw::Raw;
use super::reading::{Kept, Moment, Stamp};
use super::rows::{MOST_SET, shares_our_log};
use crate::report::{EVENT_IDS, is_listed};

/// Times of events that are written at once may go back so far.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Numbers that lie so near are of one log, if they may be.
const NEAR: u64 = 16;
/// So many records tell how dates are to be read.
const SEVERAL: usize = 3;
/// So often a clock is set back in one log at most; numbers that do more are none of a log.
const MOST_STEPS: usize = 4;
/// The most logs whose numbers are told apart.
const MOST_SERIES: usize = 64;

/// What stands for the log where rows are numbered; no log has such a name.
const ROWS: &str = "/rows";

/// A number and its time.
type Point = (u64, Timestamp);

/// One log on one computer, of times of one zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    computer: Option<String>,
    /// The file, where the zone or the computer is not told.
    source: Option<u32>,
    zoneless: bool,
    log: String,
}

/// A record's number in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    series: usize,
    record: u64,
    is_row: bool,
}

impl Number {
    /// Its log.
    pub(super) fn series(self) -> usize {
        self.series
    }

    /// The number by itself.
    pub(super) fn record(self) -> u64 {
        self.record
    }

    /// Whether it is the place of a row and no record's.
    pub(super) fn is_row(self) -> bool {
        self.is_row
    }

    /// Whether two numbers tell which of two records came last.
    pub(super) fn are_of_one_log(one: Option<Number>, other: Option<Number>) -> bool {
        one.zip(other).is_some_and(|(one, other)| one.series == other.series && !one.is_row)
    }
}

/// The logs that were seen.
#[derive(Debug, Default)]
pub(super) struct Logs(BTreeMap<Series, usize>);

impl Logs {
    /// The number of an event in its log, where both are told.
    pub(super) fn number(
        &mut self,
        raw: &Raw,
        computer: Option<&String>,
        source: u32,
        zoneless: bool,
    ) -> Option<Number> {
        let (record, log) = (raw.record?, log_of(raw)?);
        let source = (zoneless || computer.is_none()).then_some(source);
        let series = Series { computer: computer.cloned(), source, zoneless, log };
        let count = self.0.len();
        let series = match self.0.get(&series) {
            Some(known) => *known,
            None if count < MOST_SERIES => *self.0.entry(series).or_insert(count),
            None => return None,
        };
        Some(Number { series, record, is_row: false })
    }

    /// Numbers the rows of a file that holds no record numbers, of one computer and in one order.
    pub(super) fn number_rows(&mut self, kept: &mut [Kept], source: u32, newest_first: bool) {
        let mut here: Vec<&mut Kept> = kept.iter_mut().filter(|kept| kept.moment.source == source).collect();
        let computers: BTreeSet<&String> = here.iter().filter_map(|kept| kept.computer.as_ref()).collect();
        let numbered = here.iter().any(|kept| kept.moment.number.is_some() || !kept.moment.zoneless);
        if numbered || computers.len() > 1 || self.0.len() >= MOST_SERIES {
            return;
        }
        let series = self.0.len();
        let rows = Series { computer: None, source: Some(source), zoneless: true, log: ROWS.into() };
        self.0.insert(rows, series);
        here.retain(|kept| shares_our_log(kept.event.provider.as_deref()));
        for kept in here {
            let row = kept.moment.row;
            let record = if newest_first { u64::MAX - row } else { row };
            kept.moment.number = Some(Number { series, record, is_row: true });
        }
    }
}

/// The log that an event was written to. The sync product writes to `Application` (facts, section 1); forwarded events are in
/// a log of others' numbers.
fn log_of(raw: &Raw) -> Option<String> {
    let is_ours = match raw.provider.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => is_listed(name),
        None => raw.id.is_some_and(|id| EVENT_IDS.contains(&id)),
    };
    let told = raw.log.as_deref().map(|log| log.trim().to_ascii_lowercase());
    let is_name = |log: &String| !log.is_empty() && log.len() <= 128 && !log.contains(['\\', '/', '.']);
    match told {
        Some(log) if log == "forwardedevents" => None,
        _ if is_ours => Some("application".to_owned()),
        told => told.filter(is_name),
    }
}

/// A clock that was set back between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// The first number after it.
    number: u64,
    /// The last time before it, and the first after it.
    before: Timestamp,
    after: Timestamp,
    /// How far what came before is to be moved back.
    by: SignedDuration,
    /// In a night in which clocks go back; at any other time two computers without names may look so, or a log that was cleared.
    sure: bool,
}

/// What the numbers of the logs say of their clocks.
#[derive(Debug, Default)]
pub(super) struct Clocks(Vec<(Series, usize, Vec<Step>)>);

impl Clocks {
    /// Reads the numbers of events, with their dates in one of their two readings. `rows` are the files whose numbers count their
    /// rows.
    pub(super) fn read(kept: &[Kept], logs: &Logs, rows: &BTreeSet<u32>, other_order: bool) -> Clocks {
        let clock = |(series, index): (&Series, &usize)| {
            let points = points(kept, *index, rows, |moment| moment.read_as(other_order));
            let steps = steps(&points, series).filter(|steps| !steps.is_empty())?;
            Some((series.clone(), *index, steps))
        };
        Clocks(logs.0.iter().filter_map(clock).collect())
    }

    /// Whether no clock was set back.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each step is one that a remedy may rest on.
    pub(super) fn are_sure(&self) -> bool {
        self.0.iter().flat_map(|(.., steps)| steps).all(|step| step.sure)
    }

    /// How far a moment is to be moved back; `None` if it may be before a step or after it.
    fn back(&self, moment: &Moment, computer: Option<&str>, at: Timestamp) -> Option<SignedDuration> {
        let own = moment.number.and_then(|number| {
            let (.., steps) = self.0.iter().find(|(_, index, _)| *index == number.series)?;
            Some(steps.iter().filter(|step| step.number > number.record).map(|step| step.by).sum())
        });
        if own.is_some() {
            return own;
        }
        let same_clock = |(series, ..): &&(Series, usize, Vec<Step>)| {
            let computers = series.computer.as_deref().zip(computer);
            series.zoneless == moment.zoneless
                && series.source.is_none_or(|source| source == moment.source)
                && computers.is_none_or(|(one, other)| one == other)
        };
        let Some((.., steps)) = self.0.iter().find(same_clock) else { return Some(SignedDuration::ZERO) };
        if steps.iter().any(|step| step.after < at && at <= step.before) {
            return None;
        }
        Some(steps.iter().filter(|step| at <= step.after).map(|step| step.by).sum())
    }

    /// Moves a moment back if a clock was set back after it. What may have been written before or after that stays where it is,
    /// as late as it can be.
    pub(super) fn set(likely: &Clocks, other: &Clocks, moment: &mut Moment, computer: Option<&str>) {
        if moment.stamp == Stamp::Unknown {
            return;
        }
        let written = moment.at;
        let back = likely.back(moment, computer, written);
        moment.unsure = back.is_none();
        moment.moved = back.unwrap_or_default();
        moment.at = written.checked_sub(moment.moved).unwrap_or(written);
        if let Stamp::Or { other: at, is_day_first } = moment.stamp {
            let back = other.back(moment, computer, at).unwrap_or_default();
            moment.stamp = Stamp::Or { other: at.checked_sub(back).unwrap_or(at), is_day_first };
        }
    }
}

/// In which order the dates of files are to be read that may be two: the one in which times rise with the numbers, where they
/// do in one only.
pub(super) fn orders(kept: &[Kept], logs: &Logs, rows: &BTreeSet<u32>) -> BTreeMap<u32, bool> {
    let is_open = |source: &u32| {
        let here = kept.iter().filter(|kept| kept.moment.source == *source);
        here.into_iter().any(|kept| matches!(kept.moment.stamp, Stamp::Or { .. }))
    };
    let rises = |index: usize, day_first: bool| {
        let points = points(kept, index, rows, |moment| moment.in_order(day_first));
        let falls = points.windows(2).any(|pair| pair[1].1.duration_since(pair[0].1) < -TOLERANCE);
        (points.len() >= SEVERAL, falls)
    };
    let mut told: BTreeMap<u32, BTreeSet<bool>> = BTreeMap::new();
    for (series, index) in &logs.0 {
        let Some(source) = series.source.filter(is_open) else { continue };
        let orders = match (rises(*index, true), rises(*index, false)) {
            ((true, false), (_, true)) => &[true][..],
            ((_, true), (true, false)) => &[false],
            // A log in which neither is right says that its numbers tell nothing.
            ((_, true), (_, true)) => &[true, false],
            _ => &[],
        };
        told.entry(source).or_default().extend(orders);
    }
    let one = |(source, orders): (u32, BTreeSet<bool>)| {
        orders.first().filter(|_| orders.len() == 1).map(|order| (source, *order))
    };
    told.into_iter().filter_map(one).collect()
}

/// The numbers of one log and their times, in the order of the numbers.
fn points(
    kept: &[Kept],
    series: usize,
    rows: &BTreeSet<u32>,
    read: impl Fn(&Moment) -> Option<Timestamp>,
) -> Vec<Point> {
    let numbered = kept.iter().map(|kept| &kept.moment).filter(|moment| !rows.contains(&moment.source));
    let of_series = numbered.filter_map(|moment| {
        let number = moment.number.filter(|number| number.series == series)?;
        Some((number.record, read(moment)?))
    });
    let mut points: Vec<Point> = of_series.collect();
    points.sort_unstable();
    points.dedup();
    points
}

/// Where the clock was set back, of numbers in their order. `None` if these are not the numbers of one log.
fn steps(points: &[Point], series: &Series) -> Option<Vec<Step>> {
    let twice = |pair: &[Point]| pair[0].0 == pair[1].0 && pair[1].1.duration_since(pair[0].1) > TOLERANCE;
    let runs = runs(points);
    if runs.len() > MOST_STEPS + 1 || points.windows(2).any(twice) {
        return None;
    }
    let rises = runs.iter().flat_map(|run| run.windows(2)).filter(|pair| pair[0].1 < pair[1].1).count();
    let go_on = rises >= 2 * runs.len().saturating_sub(1);
    (1..runs.len()).map(|at| step(runs.split_at(at), series, go_on)).collect()
}

/// The parts in which times rise with the numbers.
fn runs(points: &[Point]) -> Vec<&[Point]> {
    let (mut runs, mut begin, mut newest) = (Vec::new(), 0, Timestamp::MIN);
    for (index, (_, at)) in points.iter().enumerate() {
        if index > 0 && at.duration_since(newest) < -TOLERANCE {
            runs.push(&points[begin..index]);
            (begin, newest) = (index, *at);
        }
        newest = newest.max(*at);
    }
    runs.push(&points[begin..]);
    runs
}

/// The step between the runs before and after it, if a clock that was set back explains it best. `go_on` says that times rise
/// with the numbers but for a few steps.
fn step((before, after): (&[&[Point]], &[&[Point]]), series: &Series, go_on: bool) -> Option<Step> {
    let (last, next) = (before.last()?, after.first()?);
    let newest = |run: &[Point]| run.iter().map(|(_, at)| *at).max();
    let oldest = |run: &[Point]| run.iter().map(|(_, at)| *at).min();
    let (left, right) = (newest(last)?, oldest(next)?);
    let set = left.duration_since(right);
    // What a log held before it was cleared, and what other logs hold, lies at other numbers.
    let widest = |run: &[Point]| run.windows(2).map(|pair| pair[1].0 - pair[0].0).max();
    let usual = widest(last).into_iter().chain(widest(next)).min().unwrap_or_default();
    let (number, gap) = (next.first()?.0, next.first()?.0 - last.last()?.0);
    let near = gap <= NEAR;
    let follows = near || gap <= usual.saturating_mul(2);
    // Of a log that was cleared nothing with a high number is newer than anything with a low one.
    let first = before.iter().filter_map(|run| oldest(run)).min()?;
    let overlap = after.iter().filter_map(|run| newest(run)).max()?.duration_since(first) > TOLERANCE;
    let in_autumn = series.zoneless && set < HOUR && may_come_twice(left.to_zoned(TimeZone::UTC).datetime());
    // Rows tell less: a file may have been joined of two.
    let is_set = match in_autumn {
        true => overlap || near,
        false => overlap && go_on && set <= MOST_SET && series.log != ROWS,
    };
    // Zones lie whole hours apart, most of them; a clock with a zone is set by little.
    let by = set + SignedDuration::from_secs(1);
    let by = if series.zoneless { whole_hours(by) } else { by };
    (follows && is_set).then_some(Step { number, before: left, after: right, by, sure: in_autumn })
}

/// The next whole hours.
fn whole_hours(span: SignedDuration) -> SignedDuration {
    let hours = span.as_secs().div_euclid(3600) + i64::from(span.as_secs().rem_euclid(3600) > 0);
    SignedDuration::from_secs(hours.saturating_mul(3600))
}

#[cfg(test)]
#[path = "clocks_tests.rs"]
mod tests;
