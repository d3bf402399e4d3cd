//! What a log says, and the ways in which its times can be read.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::doubt::Doubt;
use crate::diagnosis::Finding;
use crate::report::Event;

#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) event: Event,
    pub(super) moment: Moment,
    /// The short name of the computer, where it is told.
    pub(super) computer: Option<String>,
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
    /// Read in one of the ways it can be, in a zone so far from that of the file at `home`; `None` if it is not known.
    pub(super) fn read_as(
        &self,
        other_order: bool,
        zone: SignedDuration,
        home: Option<u32>,
    ) -> Option<Timestamp> {
        let at = match self.stamp {
            Stamp::Unknown => return None,
            Stamp::Or { other, .. } if other_order => other,
            _ => self.at,
        };
        Some(if self.zoneless && home != Some(self.source) { at.checked_sub(zone).unwrap_or(at) } else { at })
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
    pub(super) kept: Vec<Kept>,
    pub(super) newest: Vec<Moment>,
    pub(super) ambiguous: bool,
    /// Times of several zones, or of several files that name none.
    pub(super) mixed_zones: bool,
    /// The file whose zone counts as known, where none is told: the others may lie in another.
    pub(super) home: Option<u32>,
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
}

/// How far zones lie from each other, in quarters of an hour: from UTC-12 to UTC+14, and back.
const ZONES: std::ops::RangeInclusive<i64> = -26 * 4..=26 * 4;

impl Reading {
    /// The same log with every text in it masked, for places where the names in it must not be seen. The server's
    /// name stays.
    #[must_use]
    pub fn masked(mut self, mask: impl Fn(&str) -> String) -> Reading {
        for Kept { event, .. } in &mut self.kept {
            event.text = mask(&event.text);
            event.provider = event.provider.as_deref().map(&mask);
        }
        self
    }

    /// The relevant events as they are most likely meant, and the time to judge them at.
    pub fn events(&self) -> (Vec<Event>, Timestamp) {
        self.read_as(false, SignedDuration::ZERO)
    }

    /// The computer of each of the [events](Self::events).
    pub(super) fn computers(&self) -> Vec<Option<&str>> {
        self.kept.iter().map(|kept| kept.computer.as_deref()).collect()
    }

    /// The events with those dates that may be two read the other way.
    pub fn other_order(&self) -> Option<(Vec<Event>, Timestamp)> {
        self.ambiguous.then(|| self.read_as(true, SignedDuration::ZERO))
    }

    /// The events in every zone that times without one may be of, where that changes their order.
    pub fn other_zones(&self) -> impl Iterator<Item = (Vec<Event>, Timestamp)> + '_ {
        let shifts = self.mixed_zones.then_some(ZONES).into_iter().flatten();
        let shifts =
            shifts.map(|quarters| SignedDuration::from_mins(15 * quarters)).filter(|it| !it.is_zero());
        let orders = [false, true].into_iter().filter(|other| !other || self.ambiguous);
        shifts.flat_map(move |shift| orders.clone().map(move |other| self.read_as(other, shift)))
    }

    fn read_as(&self, other_order: bool, zone: SignedDuration) -> (Vec<Event>, Timestamp) {
        let at = |moment: &Moment| moment.read_as(other_order, zone, self.home);
        let moments = self.newest.iter().chain(self.kept.iter().map(|kept| &kept.moment));
        let newest = moments.filter_map(at).max();
        let now = self.now.or(newest).unwrap_or(self.clock);
        let dated = |kept: &Kept| Event { at: at(&kept.moment).unwrap_or(now), ..kept.event.clone() };
        (self.kept.iter().map(dated).collect(), now)
    }
}
