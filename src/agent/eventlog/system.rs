//! The system's own log, whatever system: the backlog once, newest first, then only what is new, from a bookmark on.
//!
//! A restart reads the backlog again (72 hours), and the place that was kept tells what was lost meanwhile. Whatever the
//! log can't tell is a gap: what was lost for 72 hours, what is wrong now for as long as it is. What was read before
//! stays in the report, with the time at which it was read.

mod following;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::clean::Cleaner;
use super::place::{Extent, LossKind, Mark, Place};
use super::taken::Taken;
use super::window::Window;
use super::{Backlog, EventLog, query};
use crate::report::{COUNTED_HOURS, Event, Gap};
use following::Health;

/// The most events that one read takes: a busy log of 72 hours, a minute's work at most.
pub const MAX_READ: usize = 20_000;

/// How long a log that took too long to search is left alone, once the search has ended.
const REST: SignedDuration = SignedDuration::from_mins(30);

/// Takes one event after another; one that can't be read is told why.
pub type Take<'a> = &'a mut dyn FnMut(Result<Event, String>);

/// The edge to a system's log. Queries are structured XPath.
pub trait Source: Send {
    /// A place in the log that the system itself finds again.
    type Bookmark: Send;
    /// What follows the log.
    type Following: Send;

    /// How far the log reaches now.
    ///
    /// # Errors
    /// [`Fault`].
    fn extent(&mut self) -> Result<Extent, Fault>;

    /// Up to `most` events that a query selects, newest first, and a bookmark of the newest.
    ///
    /// # Errors
    /// [`Fault`].
    fn newest(&mut self, query: &str, most: usize, take: Take<'_>) -> Result<Option<Self::Bookmark>, Fault>;

    /// Follows what a query selects, strictly after a bookmark; without one, from the oldest on.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Gone`] if what was marked is gone.
    fn follow(&mut self, query: &str, after: Option<&Self::Bookmark>) -> Result<Self::Following, Fault>;

    /// Up to `most` events that have come since, oldest first.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Gone`] if others have been lost between.
    fn next(&mut self, following: &mut Self::Following, most: usize, take: Take<'_>) -> Result<(), Fault>;
}

/// Why a log can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// This account may not.
    #[error(
        "access is denied: put the agent's account into the local group \"Event Log Readers\" and start the agent again"
    )]
    Denied,
    /// The service that keeps the logs does not answer.
    #[error("the Windows Event Log service does not answer ({0}): start it (Start-Service EventLog)")]
    Stopped(String),
    /// It takes longer to search than the agent waits.
    #[error(
        "searching it brought nothing for ten minutes; it is tried again half an hour later. It is too large for this server \
         (wevtutil gl LOG shows its size; archive it, or make it smaller)"
    )]
    Slow,
    /// There is no such log.
    #[error("there is no such log: mend [events] log in agent.toml")]
    Unknown,
    /// Records were gone before they were read.
    #[error("records were gone before they were read")]
    Gone,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// A system's log.
pub struct SystemLog<S: Source>(Mutex<Reading<S>>);

struct Reading<S: Source> {
    source: S,
    cleaner: Cleaner,
    window: Window,
    /// The newest event in the window that is of the log.
    seen: Option<Mark>,
    /// What was taken last, in the window or too old for it.
    taken: Taken,
    /// Where the log ended before it was last followed anew.
    end: Option<S::Bookmark>,
    health: Health,
    following: Option<S::Following>,
    /// While this lasts it is not searched; before it too it is, since a clock was set back.
    rests: Option<Range<Timestamp>>,
    place: Place,
    /// Where the place is kept; nowhere if another process keeps it.
    keeps: Option<PathBuf>,
    kept: Place,
    read_at: Option<Timestamp>,
    /// The log was read no further back than this.
    reaches: Option<(Timestamp, &'static str)>,
    /// Events that were no events: since when, how many, and why the first.
    bad: Option<(Timestamp, u32, String)>,
}

impl<S: Source> SystemLog<S> {
    /// A log of this name. `place` is how far it has been read; it is kept in the folder `keeps`, unless another process
    /// does that. Nothing is read yet.
    pub fn new(source: S, cleaner: Cleaner, place: Place, keeps: Option<PathBuf>) -> SystemLog<S> {
        SystemLog(Mutex::new(Reading {
            source,
            cleaner,
            window: Window::new(cleaner),
            seen: None,
            taken: Taken::default(),
            end: None,
            health: Health::begun(Timestamp::UNIX_EPOCH),
            following: None,
            rests: None,
            kept: place.clone(),
            place,
            keeps,
            read_at: None,
            reaches: None,
            bad: None,
        }))
    }
}

impl<S: Source> EventLog for SystemLog<S> {
    fn read(&self, now: Timestamp) -> Backlog {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(now)
    }
}

impl<S: Source> Reading<S> {
    fn read(&mut self, now: Timestamp) -> Backlog {
        let (mut gaps, began) = (Vec::new(), Instant::now());
        self.rests = self.rests.take().filter(|rest| rest.contains(&now));
        let taken = match self.rests {
            Some(_) => Err(Fault::Slow),
            None => self.take_new(now),
        };
        match taken {
            Ok(more) => {
                self.read_at = Some(now);
                if more {
                    let why = format!("more than {MAX_READ} new events: the others follow at the next poll");
                    gaps.push(Gap { what: "events".into(), why });
                }
                gaps.extend(self.health.gap(&self.place.log, now));
            }
            Err(fault) => {
                (self.following, self.end) = (None, None);
                match fault {
                    Fault::Gone => self.lost(LossKind::Skipped, now),
                    Fault::Slow if self.rests.is_none() => self.rests = Some(rest(now, began)),
                    _ => {}
                }
                let why = format!("the log {} can't be read: {fault}", self.place.log);
                gaps.push(Gap { what: "events".into(), why });
            }
        }
        gaps.extend(self.place.gaps(now));
        gaps.extend(self.other_gaps(now));
        let backlog = self.window.backlog(now, Vec::new());
        self.place.actions = self.window.actions();
        gaps.extend(self.keep());
        Backlog { read_at: self.read_at, gaps, ..backlog }
    }

    /// Takes what is new; tells whether there is more.
    fn take_new(&mut self, now: Timestamp) -> Result<bool, Fault> {
        let extent = self.source.extent()?;
        if let Some(kind) = self.place.lost_since(extent)
            && !(kind == LossKind::Cleared && self.bookmark_is_there()?)
        {
            self.lost(kind, now);
            self.following = None;
        }
        if let Some(following) = self.following.take() {
            match self.go_on(following, now) {
                Ok((following, more)) => {
                    self.following = Some(following);
                    return Ok(self.passed(extent, more));
                }
                Err(Fault::Gone) => {
                    self.lost(LossKind::Skipped, now);
                }
                // The service may have been started anew meanwhile: the next try tells.
                Err(_) => {}
            }
        }
        let mut following = self.begin(extent, now)?;
        // What was written while the backlog was read, or all there is of it.
        let (_, more) = self.drain(&mut following, now)?;
        self.following = Some(following);
        Ok(self.passed(extent, more))
    }

    /// Remembers a loss. A log that was cleared may count anew: nothing it holds was seen then.
    fn lost(&mut self, kind: LossKind, now: Timestamp) {
        self.place.lost(kind, now);
        if let (LossKind::Cleared, Some(seen)) = (kind, &mut self.seen) {
            seen.record = 0;
        }
    }

    /// With more to come only what was read has been passed.
    fn passed(&mut self, extent: Extent, more: bool) -> bool {
        self.place.pass(if more { None } else { extent.newest() });
        self.place.pass(self.place.bookmark.map(|mark| mark.record));
        more
    }

    /// Reads the backlog but for what this process has seen of it, and follows the log from its end on.
    fn begin(&mut self, extent: Extent, now: Timestamp) -> Result<S::Following, Fault> {
        self.check_bookmark(extent, now)?;
        let end = self.end()?;
        let log = self.place.log.clone();
        let (mut window, mut count, mut oldest) = (Window::new(self.cleaner), 0, now);
        let (seen, taken, mut marks, mut bad) = (self.seen, &self.taken, Vec::new(), None);
        let bookmark = self.source.newest(&query::backlog(&log), MAX_READ, &mut |event| {
            count += 1;
            match event {
                Ok(event) if seen.is_some_and(|seen| seen.covers(&event)) || taken.holds(&event) => {}
                Ok(event) => {
                    oldest = oldest.min(event.at);
                    marks.extend(Mark::of(&event));
                    window.push(event, now);
                }
                Err(why) => note(&mut bad, now, why),
            }
        })?;
        if count >= MAX_READ {
            self.reaches = Some((oldest, "there are too many to read them all at once"));
        } else if seen.is_none() && extent.oldest > 1 && extent.records > 0 {
            let first = self.find(extent.oldest)?;
            self.reaches = first.map(|at| (at, "the log holds no more: enlarge it to see further back"));
        }
        let following = self.source.follow(&query::all(&log), bookmark.as_ref().or(end.as_ref()))?;
        (self.health, self.end, self.bad) = (Health::begun(now), end, bad);
        self.window.absorb(window);
        self.window.remember(&self.place.actions);
        self.see(marks.first().copied());
        marks.into_iter().rev().for_each(|mark| self.taken.add(mark));
        Ok(following)
    }

    /// Goes on, and never back: what comes out of order, or once more, is behind.
    fn see(&mut self, newest: Option<Mark>) {
        let further = |known: Option<Mark>| known.into_iter().chain(newest).max_by_key(|mark| mark.record);
        (self.seen, self.place.bookmark) = (further(self.seen), further(self.place.bookmark));
    }

    /// A log that was cleared and filled again counts anew, perhaps beyond where reading had got to: what was read last
    /// must still be there.
    fn check_bookmark(&mut self, extent: Extent, now: Timestamp) -> Result<(), Fault> {
        let overwritten = self.place.bookmark.is_none_or(|mark| mark.record < extent.oldest);
        if !overwritten && !self.bookmark_is_there()? {
            self.lost(LossKind::Cleared, now);
        }
        Ok(())
    }

    fn bookmark_is_there(&mut self) -> Result<bool, Fault> {
        let Some(bookmark) = self.place.bookmark else { return Ok(false) };
        Ok(self.find(bookmark.record)? == Some(bookmark.at))
    }

    /// When a record was written, if it is there.
    fn find(&mut self, record: u64) -> Result<Option<Timestamp>, Fault> {
        let mut found = None;
        let query = query::record(&self.place.log, record);
        self.source.newest(&query, 1, &mut |event| found = event.ok().map(|event| event.at))?;
        Ok(found)
    }

    fn other_gaps(&mut self, now: Timestamp) -> Vec<Gap> {
        let reach = SignedDuration::from_hours(COUNTED_HOURS);
        self.reaches = self.reaches.filter(|(at, _)| now.duration_since(*at) < reach);
        self.bad = self.bad.take().filter(|(since, ..)| now.duration_since(*since) < reach);
        let older = self.reaches.map(|(at, why)| {
            let at = at.strftime("%Y-%m-%d %H:%M UTC");
            Gap { what: "older events".into(), why: format!("the log was read back to {at}: {why}") }
        });
        let bad = self.bad.as_ref().map(|(_, count, why)| Gap {
            what: "events".into(),
            why: format!("{count} of the log {} could not be understood: {why}", self.place.log),
        });
        older.into_iter().chain(bad).collect()
    }

    /// Keeps the place if it has changed.
    fn keep(&mut self) -> Option<Gap> {
        let folder = self.keeps.as_ref().filter(|_| self.place != self.kept)?;
        match self.place.save(folder) {
            Ok(()) => {
                self.kept = self.place.clone();
                None
            }
            // The report is whole all the same: what would be missed is a loss during a restart.
            Err(why) => {
                let why = format!("how far the log was read can't be kept: {why}");
                Some(Gap { what: "place in the log".into(), why })
            }
        }
    }
}

/// So long from a time on.
fn span(from: Timestamp, long: SignedDuration) -> Range<Timestamp> {
    from..from.saturating_add(long).unwrap_or(Timestamp::MAX)
}

/// From the beginning of a search that took too long until it may be tried again.
fn rest(now: Timestamp, began: Instant) -> Range<Timestamp> {
    now..now + began.elapsed() + REST
}

fn note(bad: &mut Option<(Timestamp, u32, String)>, now: Timestamp, why: String) {
    let (_, count, _) = bad.get_or_insert((now, 0, why));
    *count += 1;
}

#[cfg(test)]
mod tests;
