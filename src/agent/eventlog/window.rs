//! The newest relevant events and the counts per id and hour, bounded in time and number. Pure.
//!
//! Kept are the last 72 hours, at most [`MAX_EVENTS`] events. Beyond both bounds live the newest event of each
//! id and connector (a busy forest must not push out another's only heartbeat) and, without any age limit,
//! the newest administrators' action of each id, since the plan's fingerprint holds the last one.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::Backlog;
use super::clean::{Cleaned, Cleaner};
use crate::ids::ConnectorId;
use crate::report::{COUNTED_HOURS, EVENT_IDS, Event, Gap, HourCount};

/// The most events a window keeps.
pub const MAX_EVENTS: usize = 2000;

/// Administrators' actions on password sync and on the sign-in method, in both numberings.
pub(super) const ADMIN_ACTIONS: &[u32] = &[2506, 2513, 2606, 2613];

/// The relevant part of a log, as it is read.
#[derive(Debug)]
pub struct Window {
    cleaner: Cleaner,
    kept: Vec<Cleaned>,
    counts: BTreeMap<(Timestamp, u32), u32>,
}

impl Window {
    /// An empty window.
    pub fn new(cleaner: Cleaner) -> Window {
        Window { cleaner, kept: Vec::new(), counts: BTreeMap::new() }
    }

    /// Forgets everything, for a log that was cleared or replaced.
    pub fn clear(&mut self) {
        self.kept.clear();
        self.counts.clear();
    }

    /// Takes an event if it is relevant.
    pub fn push(&mut self, event: Event, now: Timestamp) {
        if !relevant(&event) || (event.at < begin(now) && !ADMIN_ACTIONS.contains(&event.id)) {
            return;
        }
        if event.counts() && event.at >= begin(now) {
            *self.counts.entry((hour(event.at), event.id)).or_default() += 1;
        }
        self.kept.push(self.cleaner.clean(event));
        // Memory stays bounded while a long log is read; trimming at twice the bound keeps it cheap.
        if self.kept.len() > 2 * MAX_EVENTS {
            self.trim(now);
        }
    }

    /// Takes in what another window holds, of events that are not in this one.
    pub fn absorb(&mut self, other: Window) {
        self.kept.extend(other.kept);
        for (place, count) in other.counts {
            *self.counts.entry(place).or_default() += count;
        }
    }

    /// The newest administrators' action of each id, cleaned: to be kept where the log may forget it.
    pub fn actions(&self) -> Vec<Event> {
        let mut newest: BTreeMap<u32, &Event> = BTreeMap::new();
        for event in
            self.kept.iter().map(|k| &k.event).filter(|e| ADMIN_ACTIONS.contains(&e.id) && e.counts())
        {
            let known = newest.entry(event.id).or_insert(event);
            if (event.at, event.record) > (known.at, known.record) {
                *known = event;
            }
        }
        newest.into_values().cloned().collect()
    }

    /// Takes back actions that were kept, unless the log still has them.
    pub fn remember(&mut self, actions: &[Event]) {
        for event in actions {
            let same =
                |k: &Cleaned| (k.event.id, k.event.at, k.event.record) == (event.id, event.at, event.record);
            if !self.kept.iter().any(same) {
                self.kept.push(Cleaned { event: event.clone(), shortened: false });
            }
        }
    }

    /// What the window holds as of `now`.
    pub fn backlog(&mut self, now: Timestamp, gaps: Vec<Gap>) -> Backlog {
        self.trim(now);
        let first = begin(now);
        let counted: u32 = self.counts.values().sum();
        let kept = self.kept.iter().filter(|k| k.event.counts() && k.event.at >= first).count();
        let shortened = self.kept.iter().filter(|k| k.shortened).count();
        Backlog {
            read_at: Some(now),
            events: self.kept.iter().map(|k| k.event.clone()).collect(),
            counts: self.counts.iter().map(|(&(hour, id), &count)| HourCount { hour, id, count }).collect(),
            gaps,
            left_out: counted.saturating_sub(u32::try_from(kept).unwrap_or(u32::MAX)),
            shortened: u32::try_from(shortened).unwrap_or(u32::MAX),
        }
    }

    fn trim(&mut self, now: Timestamp) {
        let first = begin(now);
        self.counts.retain(|(hour, _), _| *hour >= first);
        self.kept.sort_by_key(|k| (k.event.at, k.event.record));
        let newest = newest_of_each(self.kept.iter().map(|k| &k.event));
        let mut surplus = self.kept.len().saturating_sub(MAX_EVENTS);
        let mut at = 0;
        self.kept.retain(|k| {
            let is_newest = newest.contains(&at);
            at += 1;
            let in_time = k.event.at >= first || (is_newest && ADMIN_ACTIONS.contains(&k.event.id));
            let cut = surplus > 0 && !is_newest;
            if !in_time || cut {
                surplus = surplus.saturating_sub(1);
            }
            in_time && !cut
        });
    }
}

/// The positions of the newest event of each id and connector; the events are in order of time.
pub(crate) fn newest_of_each<'a>(
    events: impl DoubleEndedIterator<Item = &'a Event> + ExactSizeIterator,
) -> HashSet<usize> {
    let mut seen: HashSet<(u32, Option<&'a ConnectorId>, bool)> = HashSet::new();
    let last_first = events.enumerate().rev();
    last_first
        .filter(|(_, e)| seen.insert((e.id, e.connector.as_ref(), succeeded(e))))
        .map(|(at, _)| at)
        .collect()
}

/// Whether an event of one user tells that the password arrived: a sign of life among any number of failures.
fn succeeded(event: &Event) -> bool {
    event.id == 657 && event.text.to_ascii_lowercase().contains("success")
}

/// Whether an event matters: of a known id, from a listed or unnamed provider, or with our inner text.
///
/// The last is shown and not counted: somebody else's event that says what ours says must not be missed.
fn relevant(event: &Event) -> bool {
    EVENT_IDS.contains(&event.id) && (event.counts() || says_what_ours_says(&event.text))
}

fn says_what_ours_says(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.windows(3).any(|w| w == ["error", "code", "90"])
        || lower.contains("password synchronization has not been activated")
}

fn begin(now: Timestamp) -> Timestamp {
    hour(now.checked_sub(SignedDuration::from_hours(COUNTED_HOURS)).unwrap_or(Timestamp::MIN))
}

fn hour(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(3600)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T02:30:00Z".parse().expect("a time")
    }

    fn event(id: u32, minutes_ago: i64) -> Event {
        Event {
            id,
            provider: Some("Directory Synchronization".into()),
            level: None,
            record: None,
            at: now() - SignedDuration::from_mins(minutes_ago),
            connector: None,
            text: "text".into(),
        }
    }

    fn window() -> Window {
        Window::new(Cleaner { names_allowed: false })
    }

    #[test]
    fn the_newest_of_each_id_survives_any_number_of_others() {
        let mut window = window();
        window.push(event(654, 4000), now());
        for minute in 0..3 * MAX_EVENTS {
            window.push(event(656, i64::try_from(minute / 3).expect("small")), now());
        }
        let backlog = window.backlog(now(), Vec::new());
        assert!(backlog.events.len() <= MAX_EVENTS);
        assert_eq!(backlog.events.first().map(|e| e.id), Some(654));
        assert_eq!(backlog.events.last().map(|e| e.at), Some(now()));
        assert_eq!(backlog.left_out as usize, 3 * MAX_EVENTS + 1 - backlog.events.len());
        assert_eq!(backlog.counts.iter().map(|c| c.count).sum::<u32>() as usize, 3 * MAX_EVENTS + 1);
    }

    #[test]
    fn a_delivered_password_survives_any_number_of_failed_ones() {
        let mut window = window();
        let of_user = |result: &str, minutes_ago: i64| Event {
            text: format!("Password Change Result - Anchor: x, Dn: CN=x, Result: {result}."),
            ..event(657, minutes_ago)
        };
        window.push(of_user("Success", 4000), now());
        for minute in 0..3 * MAX_EVENTS {
            window.push(of_user("Failed", i64::try_from(minute / 3).expect("small")), now());
        }
        let backlog = window.backlog(now(), Vec::new());
        assert!(backlog.events.iter().any(|event| event.text.contains("Success")));
    }

    #[test]
    fn what_is_older_than_the_window_goes_and_the_last_administrators_action_stays() {
        let mut window = window();
        for id in [2506, 654] {
            window.push(event(id, 90 * 24 * 60), now());
            window.push(event(id, 80 * 24 * 60), now());
        }
        window.push(event(6900, 1), now());
        let backlog = window.backlog(now(), Vec::new());
        let left: Vec<u32> = backlog.events.iter().map(|e| e.id).collect();
        assert_eq!(left, [2506, 6900]);
        assert_eq!(backlog.events[0].at, event(0, 80 * 24 * 60).at);
        let later = now() + SignedDuration::from_hours(100);
        let left: Vec<u32> = window.backlog(later, Vec::new()).events.iter().map(|e| e.id).collect();
        assert_eq!(left, [2506]);
    }

    #[test]
    fn the_newest_administrators_action_of_each_id_can_be_kept_and_given_back() {
        let mut first = window();
        for (id, days_ago) in [(2506, 90), (2506, 80), (2513, 1), (654, 0)] {
            first.push(event(id, days_ago * 24 * 60), now());
        }
        let kept = first.actions();
        let told: Vec<_> = kept.iter().map(|e| (e.id, e.at)).collect();
        assert_eq!(told, [(2506, event(0, 80 * 24 * 60).at), (2513, event(0, 24 * 60).at)]);
        let mut second = window();
        second.push(event(2513, 24 * 60), now());
        second.remember(&kept);
        assert_eq!(second.backlog(now(), Vec::new()).events, kept);
    }

    #[test]
    fn a_foreign_event_counts_for_nothing_and_is_shown_only_if_it_says_what_ours_says() {
        let mut window = window();
        let mut foreign = event(0, 1);
        foreign.provider = Some("Contoso Backup".into());
        window.push(foreign.clone(), now());
        foreign.text = "Error Code: 900".into();
        window.push(foreign.clone(), now());
        foreign.text = "Error  Code : 90.".into();
        window.push(foreign, now());
        window.push(event(4624, 1), now());
        let backlog = window.backlog(now(), Vec::new());
        assert_eq!(backlog.events.len(), 1);
        assert!(backlog.counts.is_empty());
        assert_eq!(backlog.left_out, 0);
    }
}
