//! What the entries of a journal say together.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::{Entry, JournalError, Permit, What};
use crate::ids::{CommandId, RequestId};
use crate::link::protocol::{Execution, Progress, RunOutcome};
use crate::plan::Digest;

/// How each request stands.
#[derive(Debug, Clone, Default)]
pub struct View {
    requests: BTreeMap<RequestId, Record>,
    entries: u64,
}

/// How one request stands.
#[derive(Debug, Clone)]
struct Record {
    plan: Digest,
    /// What was permitted; `None` if it was cancelled before any grant came.
    permit: Option<Permit>,
    operator: Option<String>,
    stage: Stage,
    started: Option<Timestamp>,
}

#[derive(Debug, Clone)]
enum Stage {
    Staged { until: Timestamp },
    Started { alive: bool },
    Finished { at: Timestamp, outcome: RunOutcome },
    Cancelled { at: Timestamp },
}

impl View {
    /// How many requests were cancelled since then whose grant never came.
    pub fn barred_since(&self, from: Timestamp) -> usize {
        let is_barred = |record: &&Record| {
            record.permit.is_none() && matches!(record.stage, Stage::Cancelled { at } if at >= from)
        };
        self.requests.values().filter(is_barred).count()
    }

    /// Reads a journal's bytes. `alive` says whether the program that runs a request still lives.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] at the first line that can't be.
    pub(super) fn read(
        path: &Path,
        bytes: &[u8],
        alive: impl Fn(&RequestId) -> bool,
    ) -> Result<View, JournalError> {
        let mut view = View::default();
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        for line in bytes[..whole].split_inclusive(|&byte| byte == b'\n') {
            let corrupt = |why: String| JournalError::Corrupt {
                path: path.display().to_string(),
                line: view.entries + 1,
                why,
            };
            let entry: Entry = serde_json::from_slice(line).map_err(|error| corrupt(error.to_string()))?;
            if entry.n != view.entries + 1 {
                return Err(corrupt(format!("entry {} stands where {} should", entry.n, view.entries + 1)));
            }
            if !view.fits(&entry) {
                return Err(corrupt(format!("request {} can't become that", entry.request)));
            }
            view.add(entry);
        }
        // Only what has not ended is looked for: a journal holds the runs of years.
        for (request, record) in &mut view.requests {
            if let Stage::Started { alive: lives } = &mut record.stage {
                *lives = alive(request);
            }
        }
        Ok(view)
    }

    fn fits(&self, entry: &Entry) -> bool {
        let stage = self.requests.get(&entry.request).map(|record| &record.stage);
        match &entry.what {
            What::Staged { .. } => stage.is_none(),
            What::Started { .. } => matches!(stage, None | Some(Stage::Staged { .. })),
            What::Finished { .. } => matches!(stage, Some(Stage::Started { .. })),
            What::Cancelled { .. } => matches!(stage, Some(Stage::Staged { .. })),
            What::Barred { .. } => stage.is_none(),
        }
    }

    /// Adds an entry. What has just been started is alive.
    pub(super) fn add(&mut self, entry: Entry) {
        self.entries = entry.n;
        let Entry { at, request, what, .. } = entry;
        match what {
            What::Staged { permit, until } => {
                let (plan, permit, stage) = (permit.plan, Some(permit), Stage::Staged { until });
                self.requests.insert(request, Record { plan, permit, operator: None, stage, started: None });
            }
            What::Started { permit, operator } => {
                let stage = Stage::Started { alive: true };
                let (plan, permit, started) = (permit.plan, Some(permit), Some(at));
                self.requests.insert(request, Record { plan, permit, operator, stage, started });
            }
            What::Barred { plan } => {
                let stage = Stage::Cancelled { at };
                let barred = Record { plan, permit: None, operator: None, stage, started: None };
                self.requests.insert(request, barred);
            }
            What::Finished { outcome } => self.set(&request, Stage::Finished { at, outcome }),
            What::Cancelled { .. } => self.set(&request, Stage::Cancelled { at }),
        }
    }

    fn set(&mut self, request: &RequestId, stage: Stage) {
        if let Some(record) = self.requests.get_mut(request) {
            record.stage = stage;
        }
    }

    pub(super) fn next_number(&self) -> u64 {
        self.entries + 1
    }

    /// How a request stands, in a word; `None` if it is not known here.
    pub fn state(&self, request: &RequestId) -> Option<&'static str> {
        self.requests.get(request).map(|record| match record.stage {
            Stage::Staged { .. } => "staged",
            Stage::Started { alive: true } => "running",
            Stage::Started { alive: false } => "unknown",
            Stage::Finished { .. } => "finished",
            Stage::Cancelled { .. } => "cancelled",
        })
    }

    /// The hash of the plan that a request was permitted for; `None` also if no grant for it was ever taken.
    pub fn permitted(&self, request: &RequestId) -> Option<Digest> {
        self.requests.get(request)?.permit.as_ref().map(|permit| permit.plan)
    }

    /// How a request stands, for the bot. It is cancelled only once that is written: whatever the clock says, a staged
    /// one could still run until then.
    pub fn execution(&self, request: &RequestId) -> Option<Execution> {
        let record = self.requests.get(request)?;
        let since = record.started.unwrap_or(Timestamp::UNIX_EPOCH);
        let progress = match record.stage.clone() {
            Stage::Staged { until } => Progress::Staged { until },
            Stage::Started { alive: true } => Progress::Running { since },
            Stage::Started { alive: false } => Progress::Unknown { since },
            Stage::Finished { at, outcome } => {
                Progress::Finished { at, outcome, operator: record.operator.clone() }
            }
            Stage::Cancelled { at } => Progress::Cancelled { at },
        };
        Some(Execution { request: request.clone(), plan: record.plan, progress })
    }

    /// The requests that wait for an operator, with what was permitted and until when.
    pub fn staged(&self, now: Timestamp) -> impl Iterator<Item = (&RequestId, &Permit, Timestamp)> {
        self.requests.iter().filter_map(move |(request, record)| match record.stage {
            Stage::Staged { until } if now <= until => Some((request, record.permit.as_ref()?, until)),
            _ => None,
        })
    }

    /// The staged requests whose time is over, and which are to be cancelled for that.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = &RequestId> {
        self.requests.iter().filter_map(move |(request, record)| match record.stage {
            Stage::Staged { until } if now > until => Some(request),
            _ => None,
        })
    }

    /// The request whose command runs now, if one does.
    pub fn running(&self) -> Option<&RequestId> {
        let running = |record: &Record| matches!(record.stage, Stage::Started { alive: true });
        self.requests.iter().find(|(_, record)| running(record)).map(|(request, _)| request)
    }

    /// When the newest run ended, whichever process ran it.
    pub fn last_end(&self) -> Option<Timestamp> {
        let end = |record: &Record| match record.stage {
            Stage::Finished { at, .. } => Some(at),
            _ => None,
        };
        self.requests.values().filter_map(end).max()
    }

    /// How often a command was started in the 24 hours before `now`. Starts after `now` count too: the clock
    /// may have been set back.
    pub fn runs_in_a_day(&self, command: &CommandId, now: Timestamp) -> usize {
        let since = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let counts = |record: &&Record| {
            let permitted = record.permit.as_ref().is_some_and(|permit| permit.command == *command);
            permitted && record.started.is_some_and(|at| at > since)
        };
        self.requests.values().filter(counts).count()
    }
}
