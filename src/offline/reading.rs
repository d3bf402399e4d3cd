//! What a log says, and the ways in which its times can be read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::doubt::Doubt;
use crate::diagnosis::{Finding, Printed};
use crate::report::Event;

#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) event: Event,
    pub(super) moment: Moment,
    /// How many events were read until it.
    pub(super) row: u64,
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
        also.map_or(self.moment.at, |(_, at)| *at)
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
}

impl Moment {
    /// Read in one of the ways it can be; `None` if it is not known.
    pub(super) fn read_as(&self, other_order: bool) -> Option<Timestamp> {
        match self.stamp {
            Stamp::Unknown => None,
            Stamp::Or { other, .. } if other_order => Some(other),
            _ => Some(self.at),
        }
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
            Place { kept, source: moment.source, zone: moment.zoneless.then_some(zone), newest_first }
        };
        self.kept.iter().map(place).collect()
    }

    /// The events with those dates that may be two read the other way.
    pub fn other_order(&self) -> Option<(Vec<Event>, Timestamp)> {
        self.ambiguous.then(|| self.read_as(true))
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
