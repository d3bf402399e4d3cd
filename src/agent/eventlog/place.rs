//! How far a log has been read, kept in a file so that a restart notices what was lost meanwhile. Pure, but for the file.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::link::files;
use crate::report::{COUNTED_HOURS, Event, Gap};

/// The file in the data folder.
pub const FILE: &str = "events.json";
/// The most losses that are remembered.
const MAX_LOSSES: usize = 5;

/// How far a log reaches: its records are numbered without holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The oldest record that it holds.
    pub oldest: u64,
    /// How many it holds.
    pub records: u64,
}

/// A record of the log, told by its number and time: a log that was cleared may count anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// Its number.
    pub record: u64,
    /// When it was written.
    pub at: Timestamp,
}

/// How far a log has been read, and what is to outlive it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Which log.
    pub log: String,
    /// The newest record of the whole log that reading has passed; 0 if none.
    pub passed: u64,
    /// The bookmark: the newest relevant event that was read.
    pub bookmark: Option<Mark>,
    /// What was lost in the last 72 hours.
    pub losses: Vec<Loss>,
    /// The newest administrators' actions, cleaned: the plan's fingerprint holds the last one, and a busy log forgets.
    pub actions: Vec<Event>,
}

/// Records that were gone before they were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// When it was noticed.
    pub noticed: Timestamp,
    /// What it is.
    pub kind: LossKind,
}

/// How records were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// The log was emptied or replaced.
    Cleared,
    /// Newer records took the place of these.
    Overwritten {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// Windows itself said that records were gone.
    Skipped,
    /// Where reading had got to was not known any more.
    Unknown,
}

impl Mark {
    /// An event's mark.
    pub fn of(event: &Event) -> Option<Mark> {
        event.record.map(|record| Mark { record, at: event.at })
    }

    /// Whether an event is this one or came before it. One of a log that counts anew came later by its time.
    pub fn covers(self, event: &Event) -> bool {
        event.record.is_some_and(|record| record <= self.record) && event.at <= self.at
    }
}

impl Extent {
    /// The newest record, if there is one.
    pub fn newest(self) -> Option<u64> {
        (self.records > 0).then(|| self.oldest.saturating_add(self.records - 1))
    }
}

impl Place {
    /// The place kept in the data folder; a fresh one if there is none. One that can't be read is a loss, and overwritten.
    pub fn load(data: &Path, log: &str, now: Timestamp) -> Place {
        let fresh = Place { log: log.to_owned(), ..Place::default() };
        let text = match std::fs::read_to_string(data.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return fresh,
            Err(_) => String::new(),
        };
        match serde_json::from_str::<Place>(&text) {
            Ok(place) if place.log == log => place,
            // Another log is configured: nothing is known of it yet.
            Ok(_) => fresh,
            Err(_) => Place { losses: vec![Loss { noticed: now, kind: LossKind::Unknown }], ..fresh },
        }
    }

    /// Keeps the place in the data folder, in one step.
    ///
    /// # Errors
    /// Why it can't be written.
    pub fn save(&self, data: &Path) -> Result<(), String> {
        let text = serde_json::to_string(self).map_err(|error| error.to_string())?;
        files::replace(&data.join(FILE), &text).map_err(|error| error.to_string())
    }

    /// What of the log was lost before it was read, as far as numbers tell. Cleared is a suspicion: the number of records is
    /// not counted at the moment at which they come.
    pub fn lost_since(&self, extent: Extent) -> Option<LossKind> {
        let passed = Some(self.passed).filter(|passed| *passed > 0)?;
        match extent.newest() {
            None => Some(LossKind::Cleared),
            Some(newest) if newest < passed => Some(LossKind::Cleared),
            Some(_) if extent.oldest > passed + 1 => {
                Some(LossKind::Overwritten { first: passed + 1, last: extent.oldest - 1 })
            }
            // Everything that was known is gone at once, and nothing else.
            Some(_) if extent.oldest == passed + 1 => Some(LossKind::Cleared),
            Some(_) => None,
        }
    }

    /// Remembers a loss; the log is then to be read anew.
    pub fn lost(&mut self, kind: LossKind, now: Timestamp) {
        self.losses.push(Loss { noticed: now, kind });
        let surplus = self.losses.len().saturating_sub(MAX_LOSSES);
        self.losses.drain(..surplus);
        self.passed = 0;
        self.bookmark = None;
    }

    /// Reading has passed a record.
    pub fn pass(&mut self, record: Option<u64>) {
        self.passed = self.passed.max(record.unwrap_or(0));
    }

    /// The losses of the last 72 hours as gaps; older ones are forgotten, since no count reaches back to them.
    pub fn gaps(&mut self, now: Timestamp) -> Vec<Gap> {
        let reach = SignedDuration::from_hours(COUNTED_HOURS);
        self.losses.retain(|loss| now.duration_since(loss.noticed) < reach);
        self.losses.iter().map(|loss| loss.gap(&self.log)).collect()
    }
}

impl Loss {
    fn gap(&self, log: &str) -> Gap {
        let noticed = self.noticed.strftime("%Y-%m-%d %H:%M UTC");
        let enlarge = format!("enlarge the log (wevtutil sl \"{log}\" /ms:BYTES)");
        let why = match self.kind {
            LossKind::Cleared => format!("the log {log} was cleared or replaced (noticed {noticed})"),
            LossKind::Overwritten { first, last } => format!(
                "records {first} to {last} of the log {log} were overwritten or cleared before they were read (noticed \
                 {noticed}): {enlarge}"
            ),
            LossKind::Skipped => format!(
                "Windows says that records of the log {log} were gone before they were read (noticed {noticed}): \
                 {enlarge}"
            ),
            LossKind::Unknown => format!(
                "how far the log {log} had been read was lost with {FILE} (noticed {noticed}): what was overwritten \
                 meanwhile is not known"
            ),
        };
        Gap { what: "events".into(), why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T02:30:00Z".parse().expect("a time")
    }

    fn place(passed: u64) -> Place {
        Place { log: "Application".into(), passed, ..Place::default() }
    }

    #[test]
    fn what_was_overwritten_or_cleared_before_it_was_read_is_noticed_and_nothing_else_is() {
        let overwritten = |first, last| Some(LossKind::Overwritten { first, last });
        for (passed, oldest, records, expected) in [
            (0, 1, 0, None),
            (0, 501, 100, None),
            (100, 1, 100, None),
            (100, 1, 150, None),
            (100, 100, 1, None),
            (100, 90, 500, None),
            (100, 101, 500, Some(LossKind::Cleared)),
            (100, 102, 500, overwritten(101, 101)),
            (100, 301, 500, overwritten(101, 300)),
            (100, 1, 0, Some(LossKind::Cleared)),
            (100, 1, 20, Some(LossKind::Cleared)),
        ] {
            let lost = place(passed).lost_since(Extent { oldest, records });
            assert_eq!(lost, expected, "{passed} {oldest} {records}");
        }
    }

    #[test]
    fn a_loss_is_told_for_as_long_as_counts_reach_back_and_not_longer() {
        let mut place = place(100);
        place.lost(LossKind::Overwritten { first: 101, last: 300 }, now());
        let gaps = place.gaps(now() + SignedDuration::from_hours(71));
        assert_eq!(gaps.len(), 1);
        assert!(gaps[0].why.contains("records 101 to 300"), "{gaps:?}");
        assert!(gaps[0].why.contains("enlarge the log"), "{gaps:?}");
        assert_eq!(place.gaps(now() + SignedDuration::from_hours(73)), []);
        for _ in 0..100 {
            place.lost(LossKind::Cleared, now());
        }
        assert_eq!(place.losses.len(), MAX_LOSSES);
    }

    #[test]
    fn the_place_survives_in_its_file_and_a_spoilt_file_is_a_loss_that_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let load = |log: &str| Place::load(folder.path(), log, now());
        assert_eq!(load("Application"), place(0));
        let mut kept = place(4711);
        kept.losses.push(Loss { noticed: now(), kind: LossKind::Skipped });
        kept.bookmark = Some(Mark { record: 4700, at: now() });
        kept.save(folder.path()).expect("writes");
        assert_eq!(load("Application"), kept);
        assert_eq!(load("Other"), Place { log: "Other".into(), ..Place::default() });
        for spoilt in ["", "{", r#"{"log":"Application","passed":-1}"#] {
            std::fs::write(folder.path().join(FILE), spoilt).expect("writes");
            let kinds: Vec<_> = load("Application").losses.iter().map(|loss| loss.kind).collect();
            assert_eq!(kinds, [LossKind::Unknown], "{spoilt}");
        }
    }
}
