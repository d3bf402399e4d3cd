//! What a log says, and the ways in which its times can be read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::clocks::Number;
use super::doubt::Doubt;
use crate::diagnosis::{Finding, Printed};
use crate::report::Event;

/// Windows names the time that an event was made and the time that it was written; they lie no farther apart.
const ONCE_MORE: SignedDuration = SignedDuration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) event: Event,
    pub(super) moment: Moment,
    /// The short name of the computer in capitals, where it is told.
    pub(super) computer: Option<String>,
    /// Other times that its record names, by the names of the fields.
    pub(super) also: Vec<(String, Timestamp)>,
    /// It stands for several events, of which it may tell the first.
    pub(super) several: bool,
}

impl Kept {
    /// The time by a field's name, else the event's own.
    pub(super) fn by(&self, name: &str) -> Timestamp {
        let also = self.also.iter().find(|(known, _)| known == name);
        // What names the event's own time once more is moved with it.
        let is_own = |at: &Timestamp| at.duration_since(self.moment.written()).abs() <= ONCE_MORE;
        also.map(|(_, at)| *at).filter(|at| !is_own(at)).unwrap_or(self.moment.at)
    }

    /// Whether it stands for several events and doesn't tell when the last was.
    pub(super) fn may_go_on(&self) -> bool {
        self.several && !self.also.iter().any(|(name, _)| name.contains("last"))
    }
}

/// Where an event was written, as far as the files tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The event with its other times.
    pub(super) kept: &'a Kept,
    /// In which file.
    pub(super) source: u32,
    /// The file whose zone, which it does not name, its time is of; in a file that was joined of several, the computer's.
    pub(super) zone: Option<(u32, Option<&'a str>)>,
    /// Whether its file's newest rows come first, where one step leaves that order.
    pub(super) newest_first: Option<bool>,
    /// Whether its file's hours may be those of a clock of twelve.
    pub(super) of_twelve: bool,
}

impl<'a> Place<'a> {
    /// On which computer.
    pub(super) fn computer(&self) -> Option<&'a str> {
        self.kept.computer.as_deref()
    }
}

/// When something was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// The likelier reading.
    pub(super) at: Timestamp,
    pub(super) stamp: Stamp,
    /// It names no zone.
    pub(super) zoneless: bool,
    pub(super) source: u32,
    /// How many events were read until it.
    pub(super) row: u64,
    /// Its number in its log.
    pub(super) number: Option<Number>,
    /// How far `at` was moved back, since the clock was set back after it.
    pub(super) moved: SignedDuration,
    /// It may be from before the clock was set back, or from after that.
    pub(super) unsure: bool,
}

impl Moment {
    /// The likelier reading as it was written, whatever was done to the clock.
    pub(super) fn written(&self) -> Timestamp {
        self.at.checked_add(self.moved).unwrap_or(self.at)
    }

    /// Read in one of the ways it can be; `None` if it is not known.
    pub(super) fn read_as(&self, other_order: bool) -> Option<Timestamp> {
        match self.stamp {
            Stamp::Unknown => None,
            Stamp::Or { other, .. } if other_order => Some(other),
            _ => Some(self.at),
        }
    }

    /// Read day first or month first.
    pub(super) fn in_order(&self, day_first: bool) -> Option<Timestamp> {
        let is_other = matches!(self.stamp, Stamp::Or { is_day_first, .. } if is_day_first != day_first);
        self.read_as(is_other)
    }

    /// Reads it as the dates of its source must be read.
    pub(super) fn resolve(&mut self, source: u32, order: bool) {
        if let Stamp::Or { other, is_day_first } = self.stamp
            && self.source == source
        {
            if is_day_first != order {
                self.at = other;
            }
            self.stamp = Stamp::Known;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    Known,
    /// The other reading.
    Or {
        other: Timestamp,
        is_day_first: bool,
    },
    Unknown,
}

/// What a log says, ready to be judged.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What commands printed beside the events.
    pub(super) printed: Printed,
    pub(super) kept: Vec<Kept>,
    pub(super) newest: Vec<Moment>,
    /// The oldest and the newest of each file's events of the log that the sync product writes to.
    pub(super) spans: BTreeMap<u32, (Timestamp, Timestamp)>,
    pub(super) ambiguous: bool,
    /// The files that hold several tables, one below the other.
    pub(super) joined: BTreeSet<u32>,
    /// Whether the newest rows come first, of the files where one step leaves that order.
    pub(super) newest_first: BTreeMap<u32, bool>,
    /// The files whose hours go from one to twelve: their clock may have no more, and name no half of the day.
    pub(super) of_twelve: BTreeSet<u32>,
    /// The time to judge at, where it was given.
    pub(super) now: Option<Timestamp>,
    pub(super) clock: Timestamp,
    /// The server's name, if every event that names one names the same.
    pub server: Option<String>,
    /// How many events the files held.
    pub events_read: u64,
    /// What the reader of the answer should know.
    pub notes: Vec<Finding>,
    /// What of the files was not understood: no remedy stands beside it.
    pub(super) doubts: BTreeSet<Doubt>,
    /// A piece of what stands beside the events and was not understood.
    pub(super) unknown: Option<String>,
}

impl Reading {
    /// The same log with every text in it masked, for places where the names in it must not be seen. The server's
    /// name stays.
    #[must_use]
    pub fn masked(mut self, mask: impl Fn(&str) -> String) -> Reading {
        for Kept { event, .. } in &mut self.kept {
            event.text = mask(&event.text);
            event.provider = event.provider.as_deref().map(&mask);
        }
        // What people wrote may name them in ways that nothing masks.
        self.unknown = None;
        self
    }

    /// The relevant events as they are most likely meant, and the time to judge them at.
    pub fn events(&self) -> (Vec<Event>, Timestamp) {
        self.read_as(false)
    }

    /// The place of each of the [events](Self::events).
    pub(super) fn places(&self) -> Vec<Place<'_>> {
        let place = |kept| {
            let Kept { moment, computer, .. }: &Kept = kept;
            let joined = self.joined.contains(&moment.source);
            let zone = (moment.source, computer.as_deref().filter(|_| joined));
            let newest_first = self.newest_first.get(&moment.source).copied();
            let of_twelve = self.of_twelve.contains(&moment.source);
            Place {
                kept,
                source: moment.source,
                zone: moment.zoneless.then_some(zone),
                newest_first,
                of_twelve,
            }
        };
        self.kept.iter().map(place).collect()
    }

    /// The events with those dates that may be two read the other way.
    pub fn other_order(&self) -> Option<(Vec<Event>, Timestamp)> {
        self.ambiguous.then(|| self.read_as(true))
    }

    /// The times as they were written, by those that stand for them since a clock was set back.
    pub(super) fn written(&self) -> BTreeMap<Timestamp, Timestamp> {
        let moments = || self.kept.iter().map(|kept| kept.moment);
        let mut written: BTreeMap<_, _> =
            moments().filter(|it| !it.moved.is_zero()).map(|it| (it.at, it.written())).collect();
        if !written.is_empty() {
            // A time that some event does have stands for itself.
            written.retain(|at, _| !moments().any(|it| it.moved.is_zero() && it.at == *at));
        }
        written
    }

    fn read_as(&self, other_order: bool) -> (Vec<Event>, Timestamp) {
        let at = |moment: &Moment| moment.read_as(other_order);
        let moments = self.newest.iter().chain(self.kept.iter().map(|kept| &kept.moment));
        let newest = moments.filter_map(at).max();
        let now = self.now.or(newest).unwrap_or(self.clock);
        let dated = |kept: &Kept| Event { at: at(&kept.moment).unwrap_or(now), ..kept.event.clone() };
        (self.kept.iter().map(dated).collect(), now)
    }
}
