//! How far the files reach in time, also by events that are not kept.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::reading::{Moment, Stamp};

/// The oldest and the newest of some moments, by the likelier reading of their dates and by the other.
type Ends = [Option<Moment>; 4];

/// The first and the last moments of what was read.
#[derive(Debug, Default)]
pub(super) struct Extent {
    /// Of all events: with a zone, and without.
    all: [Ends; 2],
    /// Of each file's events of the log that the sync product writes to.
    files: BTreeMap<u32, Ends>,
}

impl Extent {
    /// Takes an event's moment; `is_ours` if it is of the log that the sync product writes to.
    pub(super) fn note(&mut self, moment: Moment, is_ours: bool) {
        if moment.stamp == Stamp::Unknown {
            return;
        }
        note(&mut self.all[usize::from(moment.zoneless)], moment);
        if is_ours {
            note(self.files.entry(moment.source).or_default(), moment);
        }
    }

    /// Every moment that is kept here, to be read or set anew.
    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut Moment> {
        self.all.iter_mut().chain(self.files.values_mut()).flatten().flatten()
    }

    /// The moments of which one is the newest of all.
    pub(super) fn newest(&self) -> Vec<Moment> {
        self.all.iter().flatten().flatten().copied().collect()
    }

    /// The oldest and the newest of each file's events of the log that the sync product writes to, where its dates are sure.
    pub(super) fn spans(&self) -> BTreeMap<u32, (Timestamp, Timestamp)> {
        let span = |(source, ends): (&u32, &Ends)| {
            let known = ends.iter().flatten().filter(|it| it.stamp == Stamp::Known).map(|it| it.at);
            Some((*source, (known.clone().min()?, known.max()?)))
        };
        self.files.iter().filter_map(span).collect()
    }
}

fn note(ends: &mut Ends, moment: Moment) {
    for (place, slot) in ends.iter_mut().enumerate() {
        let (is_newest, other) = (place % 2 == 1, place >= 2);
        let replaces = |known: &Moment| match is_newest {
            true => known.read_as(other) < moment.read_as(other),
            false => moment.read_as(other) < known.read_as(other),
        };
        if slot.as_ref().is_none_or(replaces) {
            *slot = Some(moment);
        }
    }
}
