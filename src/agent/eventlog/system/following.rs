//! Following a log: taking what comes, each event once, and beginning anew where nothing comes.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::{Fault, MAX_READ, Reading, Source, note, rest, span};
use crate::agent::eventlog::place::{LossKind, Mark};
use crate::agent::eventlog::query;
use crate::report::Gap;

/// How long nothing may come before the log is followed anew: a subscription can die without a word, and this is the longest that
/// it goes unseen. It goes on from where the log ended the last time, so that it costs what was written since.
const RENEW_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// How long it may be unknown whether the log is followed before that is told.
const UNSURE_AFTER: SignedDuration = SignedDuration::from_mins(20);

/// What is known of the subscription.
#[derive(Debug)]
pub(super) struct Health {
    /// When it was begun, or last brought something: until then it lived.
    lived: Timestamp,
    /// Whether it has brought something since it was begun.
    heard: bool,
    /// While this lasts it is not begun anew.
    settled: std::ops::Range<Timestamp>,
    /// Why it could not be begun anew, since it lived.
    unrenewed: Option<Fault>,
}

impl Health {
    /// Of one that was begun now.
    pub(super) fn begun(now: Timestamp) -> Health {
        Health { lived: now, heard: false, settled: span(now, RENEW_AFTER), unrenewed: None }
    }

    fn brought_something(&mut self, now: Timestamp) {
        (self.lived, self.heard, self.unrenewed) = (now, true, None);
    }

    /// That it may be dead, and can't be begun anew.
    pub(super) fn gap(&self, log: &str, now: Timestamp) -> Option<Gap> {
        let fault = self.unrenewed.as_ref().filter(|_| !span(self.lived, UNSURE_AFTER).contains(&now))?;
        let since = self.lived.strftime("%Y-%m-%d %H:%M UTC");
        let why = format!(
            "whether the log {log} is still followed is not known since {since}: it can't be followed anew: {fault}"
        );
        Some(Gap { what: "events".into(), why })
    }
}

impl<S: Source> Reading<S> {
    /// Takes what following the log brings, and follows it anew if that has been nothing for some time.
    pub(super) fn go_on(
        &mut self,
        mut following: S::Following,
        now: Timestamp,
    ) -> Result<(S::Following, bool), Fault> {
        let (new, more) = self.drain(&mut following, now)?;
        if new > 0 {
            self.health.brought_something(now);
        }
        if new > 0 || self.health.settled.contains(&now) {
            return Ok((following, more));
        }
        let began = Instant::now();
        self.renew(now).or_else(|fault| {
            // The log is followed as before meanwhile.
            let settled = match fault {
                Fault::Slow => rest(now, began),
                _ => span(now, RENEW_AFTER),
            };
            (self.health.settled, self.health.unrenewed) = (settled, Some(fault));
            Ok((following, more))
        })
    }

    /// Follows the log anew from where it ended the last time, which brings what the subscription before did not.
    fn renew(&mut self, now: Timestamp) -> Result<(S::Following, bool), Fault> {
        let end = self.end()?;
        let all = query::all(&self.place.log);
        let mut following = match self.source.follow(&all, self.end.as_ref()) {
            Err(Fault::Gone) => {
                let following = self.source.follow(&all, None)?;
                // That record is gone, and others after it perhaps, which only a subscription that lived has brought.
                if !self.health.heard {
                    self.lost(LossKind::Skipped, now);
                    self.place.bookmark = self.seen;
                }
                following
            }
            followed => followed?,
        };
        let (_, more) = self.drain(&mut following, now)?;
        (self.health, self.end) = (Health::begun(now), end);
        Ok((following, more))
    }

    /// Where the log ends now.
    pub(super) fn end(&mut self) -> Result<Option<S::Bookmark>, Fault> {
        self.source.newest(&query::end(&self.place.log), 1, &mut |_| {})
    }

    /// Takes what has come; tells how many of it are new, and whether there is more.
    pub(super) fn drain(
        &mut self,
        following: &mut S::Following,
        now: Timestamp,
    ) -> Result<(usize, bool), Fault> {
        let mut new = 0;
        while new < MAX_READ {
            let (window, taken, seen, bad) = (&mut self.window, &mut self.taken, self.seen, &mut self.bad);
            let (most, mut count, mut newest) = (MAX_READ - new, 0, None);
            let read = self.source.next(following, most, &mut |event| {
                count += 1;
                match event {
                    // Followed anew it brings some again; without a bookmark all from the oldest on.
                    Ok(event) if seen.is_some_and(|seen| seen.covers(&event)) || taken.holds(&event) => {}
                    Ok(event) => {
                        new += 1;
                        let mark = Mark::of(&event);
                        mark.into_iter().for_each(|mark| taken.add(mark));
                        newest = mark.or(newest);
                        window.push(event, now);
                    }
                    Err(why) => {
                        new += 1;
                        note(bad, now, why);
                    }
                }
            });
            self.see(newest);
            read?;
            if count < most {
                return Ok((new, false));
            }
        }
        Ok((new, true))
    }
}
