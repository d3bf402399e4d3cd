//! The reading, on a log in memory that behaves as a system's: it wraps, is cleared, and fails when told.

mod following;

use std::sync::Arc;

use super::*;

#[derive(Default)]
struct Log {
    events: Vec<Event>,
    last: u64,
    fault: Option<Fault>,
    /// What following says once.
    broken: Option<Fault>,
    /// The subscriptions so far, of which those up to the second number bring nothing any more.
    follows: usize,
    deaf: usize,
    /// What a subscription was to come after is gone, as the system says where it was overwritten.
    forgets: bool,
    /// It can't be followed.
    unfollowed: Option<Fault>,
    /// The number of records lags behind what following brings.
    lags: bool,
    /// How many events were handed out.
    read: usize,
    /// How often it was searched.
    searched: usize,
}

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Log>>);

impl Memory {
    fn log<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        change(&mut self.0.lock().expect("no panic"))
    }

    /// Writes an event so many minutes ago.
    fn write(&self, id: u32, minutes_ago: i64) -> u64 {
        self.log(|log| {
            log.last += 1;
            log.events.push(Event {
                id,
                provider: Some("Directory Synchronization".into()),
                level: None,
                record: Some(log.last),
                at: now() - SignedDuration::from_mins(minutes_ago),
                connector: None,
                text: format!("event {}", log.last),
            });
            log.last
        })
    }

    fn write_many(&self, count: usize, id: u32, minutes_ago: i64) {
        for _ in 0..count {
            self.write(id, minutes_ago);
        }
    }

    /// Loses the oldest events but so many.
    fn wrap(&self, left: usize) {
        self.log(|log| log.events.drain(..log.events.len() - left).for_each(drop));
    }

    fn clear(&self, numbers_too: bool) {
        self.log(|log| {
            log.events.clear();
            log.last = if numbers_too { 0 } else { log.last };
        });
    }

    fn reading(&self, folder: &std::path::Path) -> SystemLog<Memory> {
        let place = Place::load(folder, "Application", now());
        SystemLog::new(self.clone(), Cleaner { names_allowed: false }, place, Some(folder.to_owned()))
    }
}

impl Source for Memory {
    type Bookmark = u64;
    /// Which subscription, and after which record.
    type Following = (usize, u64);

    fn extent(&mut self) -> Result<Extent, Fault> {
        self.log(|log| match &log.fault {
            Some(fault) => Err(fault.clone()),
            None => {
                let oldest = log.events.first().and_then(|event| event.record).unwrap_or(0);
                Ok(Extent { oldest, records: log.events.len() as u64 - u64::from(log.lags) })
            }
        })
    }

    fn newest(&mut self, query: &str, most: usize, take: Take<'_>) -> Result<Option<u64>, Fault> {
        self.log(|log| {
            let wanted = query.split_once("EventRecordID=").map(|(_, rest)| {
                rest.split(']').next().and_then(|number| number.parse::<u64>().ok()).expect("a number")
            });
            let first = now() - SignedDuration::from_hours(COUNTED_HOURS);
            let recent = |event: &Event| !query.contains("timediff") || event.at >= first;
            let fits = |event: &&Event| (wanted.is_none() || event.record == wanted) && recent(event);
            let found: Vec<Event> = log.events.iter().rev().filter(fits).take(most).cloned().collect();
            log.read += found.len();
            log.searched += usize::from(!query.contains("EventRecordID&gt;="));
            let newest = found.first().and_then(|event| event.record);
            found.into_iter().for_each(|event| take(Ok(event)));
            Ok(newest)
        })
    }

    fn follow(&mut self, _: &str, after: Option<&u64>) -> Result<(usize, u64), Fault> {
        self.log(|log| {
            if let Some(fault) = &log.unfollowed {
                return Err(fault.clone());
            }
            let first = log.events.first().and_then(|event| event.record);
            if log.forgets && after.is_some_and(|after| Some(*after) < first) {
                return Err(Fault::Gone);
            }
            log.follows += 1;
            Ok((log.follows, after.copied().unwrap_or(0)))
        })
    }

    fn next(
        &mut self,
        (number, following): &mut (usize, u64),
        most: usize,
        take: Take<'_>,
    ) -> Result<(), Fault> {
        self.log(|log| {
            if let Some(fault) = log.broken.take() {
                return Err(fault);
            }
            if *number <= log.deaf {
                return Ok(());
            }
            let after = *following;
            let new = log.events.iter().filter(|event| event.record > Some(after)).take(most);
            for event in new {
                log.read += 1;
                *following = event.record.unwrap_or(0);
                take(Ok(event.clone()));
            }
            Ok(())
        })
    }
}

fn now() -> Timestamp {
    "2026-11-22T02:30:00Z".parse().expect("a time")
}

fn site() -> (tempfile::TempDir, Memory) {
    (tempfile::tempdir().expect("a folder"), Memory::default())
}

fn records(backlog: &Backlog) -> Vec<u64> {
    backlog.events.iter().filter_map(|event| event.record).collect()
}

fn whys(backlog: &Backlog) -> String {
    backlog.gaps.iter().map(|gap| format!("{}: {}\n", gap.what, gap.why)).collect()
}

#[test]
fn the_backlog_is_read_once_and_then_only_what_is_new() {
    let (folder, log) = site();
    for minute in (1..=50).rev() {
        log.write(654, minute);
    }
    let reading = log.reading(folder.path());
    assert_eq!(reading.read(now()).events.len(), 50);
    let before = log.log(|log| log.read);
    assert_eq!(reading.read(now()).events.len(), 50);
    assert_eq!(log.log(|log| log.read), before, "nothing new costs nothing");
    let new = log.write(6900, 0);
    let backlog = reading.read(now());
    assert_eq!(log.log(|log| log.read), before + 1);
    assert_eq!(records(&backlog).last(), Some(&new));
    assert_eq!((backlog.read_at, backlog.gaps), (Some(now()), Vec::new()));
}

#[test]
fn what_was_overwritten_while_the_agent_was_away_is_told_after_its_restart() {
    let (folder, log) = site();
    log.write_many(10, 654, 9);
    assert_eq!(log.reading(folder.path()).read(now()).gaps, []);
    log.write_many(20, 654, 5);
    // Records 11 to 25 are gone: nobody has read them.
    log.wrap(5);
    let reading = log.reading(folder.path());
    let backlog = reading.read(now());
    assert_eq!(records(&backlog), [26, 27, 28, 29, 30]);
    assert!(whys(&backlog).contains("records 11 to 25"), "{}", whys(&backlog));
    // Told once, for 72 hours, over another restart too.
    let again = log.reading(folder.path()).read(now() + SignedDuration::from_hours(71));
    assert_eq!(whys(&again).matches("records 11 to 25").count(), 1, "{}", whys(&again));
}

#[test]
fn a_restart_after_which_nothing_is_lost_tells_of_nothing() {
    let (folder, log) = site();
    log.write_many(10, 654, 9);
    log.reading(folder.path()).read(now());
    log.write(654, 5);
    let backlog = log.reading(folder.path()).read(now());
    assert_eq!((backlog.events.len(), backlog.gaps), (11, Vec::new()));
}

#[test]
fn a_log_that_wraps_under_the_agent_is_noticed_and_what_was_read_stays() {
    let (folder, log) = site();
    log.write_many(10, 654, 9);
    let reading = log.reading(folder.path());
    reading.read(now());
    log.write_many(20, 654, 5);
    log.wrap(5);
    let backlog = reading.read(now());
    assert_eq!(backlog.events.len(), 15, "ten that were read, five that are left");
    assert!(whys(&backlog).contains("records 11 to 25"), "{}", whys(&backlog));
    assert_eq!(backlog.counts.iter().map(|count| count.count).sum::<u32>(), 15);
}

#[test]
fn a_cleared_log_is_noticed_whether_its_numbers_begin_anew_or_not() {
    for numbers_too in [true, false] {
        for refilled in [0, 3] {
            let (folder, log) = site();
            log.write_many(10, 654, 9);
            let reading = log.reading(folder.path());
            reading.read(now());
            log.clear(numbers_too);
            log.write_many(refilled, 6900, 1);
            let backlog = reading.read(now());
            assert!(
                whys(&backlog).contains("cleared or replaced"),
                "{numbers_too} {refilled}: {}",
                whys(&backlog)
            );
            assert_eq!(backlog.events.len(), 10 + refilled);
            // Followed on from there.
            log.write(6900, 0);
            let backlog = reading.read(now());
            assert_eq!(backlog.events.len(), 11 + refilled);
            assert_eq!(backlog.gaps.len(), 1, "{}", whys(&backlog));
        }
    }
}

#[test]
fn a_log_that_was_cleared_and_filled_again_beyond_the_bookmark_is_noticed() {
    let (folder, log) = site();
    log.write_many(10, 654, 9);
    log.reading(folder.path()).read(now());
    log.clear(true);
    log.write_many(50, 654, 5);
    let backlog = log.reading(folder.path()).read(now());
    assert!(whys(&backlog).contains("cleared or replaced"), "{}", whys(&backlog));
}

#[test]
fn an_administrators_action_outlives_the_log_and_a_restart() {
    let (folder, log) = site();
    log.write(2506, 60);
    log.write_many(10, 654, 9);
    let backlog = log.reading(folder.path()).read(now());
    assert_eq!(backlog.events[0].id, 2506);
    log.wrap(3);
    let backlog = log.reading(folder.path()).read(now());
    assert_eq!(backlog.events.iter().map(|event| event.id).collect::<Vec<_>>(), [2506, 654, 654, 654]);
}

#[test]
fn what_stands_in_the_way_is_told_with_its_mend_and_what_was_read_keeps_its_time() {
    let (folder, log) = site();
    log.write(654, 9);
    let reading = log.reading(folder.path());
    reading.read(now());
    let mut minute = 0;
    for (fault, mend) in [
        (Fault::Denied, "Event Log Readers"),
        (Fault::Stopped("Windows error 1722".into()), "Start-Service EventLog"),
        (Fault::Unknown, "agent.toml"),
        (Fault::Other("Windows error 15010".into()), "15010"),
    ] {
        let at = |minute| now() + SignedDuration::from_mins(minute);
        log.log(|log| log.fault = Some(fault));
        let backlog = reading.read(at(minute + 10));
        assert!(whys(&backlog).contains(mend), "{}", whys(&backlog));
        assert_eq!((backlog.read_at, backlog.events.len()), (Some(at(minute)), 1));
        log.log(|log| log.fault = None);
        minute += 11;
        let backlog = reading.read(at(minute));
        assert_eq!((backlog.read_at, backlog.gaps), (Some(at(minute)), Vec::new()));
    }
}

#[test]
fn a_subscription_that_broke_is_made_anew_at_once_and_told_of_if_records_were_skipped() {
    for (fault, gaps) in [(Fault::Stopped("1722".into()), 0), (Fault::Gone, 1)] {
        let (folder, log) = site();
        log.write(654, 9);
        let reading = log.reading(folder.path());
        reading.read(now());
        log.write(654, 1);
        log.log(|log| log.broken = Some(fault));
        let backlog = reading.read(now());
        assert_eq!((backlog.events.len(), backlog.gaps.len()), (2, gaps), "{}", whys(&backlog));
    }
}

#[test]
fn a_count_of_records_that_lags_behind_is_not_taken_for_a_cleared_log() {
    let (folder, log) = site();
    log.write_many(10, 654, 9);
    let reading = log.reading(folder.path());
    reading.read(now());
    log.write(654, 1);
    reading.read(now());
    log.log(|log| log.lags = true);
    assert_eq!(reading.read(now()).gaps, []);
    assert_eq!(log.reading(folder.path()).read(now()).gaps, []);
}

#[test]
fn a_log_that_does_not_reach_back_says_how_far_it_does_without_calling_the_events_unread() {
    let (folder, log) = site();
    log.write_many(10, 654, 90);
    log.wrap(5);
    let reading = log.reading(folder.path());
    let backlog = reading.read(now());
    assert_eq!(backlog.gaps.len(), 1);
    assert_eq!(backlog.gaps[0].what, "older events");
    assert!(backlog.gaps[0].why.contains("2026-11-22 01:00 UTC"), "{}", whys(&backlog));
    let later = reading.read(now() + SignedDuration::from_hours(72));
    assert_eq!(later.gaps, []);
}

#[test]
fn a_flood_is_read_in_bounded_pieces_and_nothing_of_it_is_lost() {
    let (folder, log) = site();
    log.write(654, 9);
    let reading = log.reading(folder.path());
    reading.read(now());
    log.write_many(MAX_READ + 10, 656, 1);
    let backlog = reading.read(now());
    assert!(whys(&backlog).contains("follow at the next poll"), "{}", whys(&backlog));
    let backlog = reading.read(now());
    assert_eq!(backlog.gaps, []);
    assert_eq!(backlog.counts.iter().map(|count| count.count).sum::<u32>() as usize, MAX_READ + 11);
}
