//! Following a log: what is quiet, what has died, what takes too long.

use super::*;

/// What the subscriptions so far will never bring.
fn deafen(log: &Memory) {
    log.log(|log| log.deaf = log.follows);
}

#[test]
fn a_subscription_that_died_without_a_word_is_found_out_within_ten_minutes() {
    for first in [true, false] {
        let (folder, log) = site();
        if first {
            log.write(654, 9);
        }
        let reading = log.reading(folder.path());
        let mut later = now();
        reading.read(later);
        let mut known = usize::from(first);
        // However long it has been quiet before.
        for quiet in [1, 600] {
            for _ in 0..quiet {
                later += SignedDuration::from_mins(1);
                reading.read(later);
            }
            deafen(&log);
            log.write(6900, 1);
            assert_eq!(reading.read(later).events.len(), known, "nobody can know yet");
            later += SignedDuration::from_mins(10);
            let backlog = reading.read(later);
            known += 1;
            assert_eq!((backlog.events.len(), backlog.gaps), (known, Vec::new()));
            let counted = backlog.counts.iter().map(|count| count.count as usize).sum::<usize>();
            assert_eq!(counted, known, "nothing counts twice");
        }
    }
}

#[test]
fn a_log_in_which_nothing_happens_is_searched_once_a_start_and_never_again() {
    let (folder, log) = site();
    let reading = log.reading(folder.path());
    let mut later = now();
    // Each minute, as the agent looks by itself.
    for _ in 0..24 * 60 {
        reading.read(later);
        later += SignedDuration::from_mins(1);
    }
    log.log(|log| assert_eq!((log.searched, log.follows), (1, 144)));
}

#[test]
fn a_subscription_that_can_not_be_renewed_is_kept_and_brings_what_comes() {
    let (folder, log) = site();
    log.write(654, 9);
    let reading = log.reading(folder.path());
    let mut later = now();
    reading.read(later);
    for fault in [Fault::Stopped("1722".into()), Fault::Denied, Fault::Gone, Fault::Slow] {
        log.log(|log| log.unfollowed = Some(fault));
        later += SignedDuration::from_mins(11);
        assert_eq!(reading.read(later).gaps, []);
        log.write(654, 1);
        assert_eq!(reading.read(later).gaps, []);
    }
    let (events, searched) = (reading.read(later).events.len(), log.log(|log| log.searched));
    assert_eq!((events, searched), (5, 1), "the first subscription has brought them all");
}

#[test]
fn a_subscription_that_may_be_dead_and_can_not_be_renewed_is_told_until_it_can_be() {
    for (fault, next_try) in [(Fault::Stopped("1722".into()), 30), (Fault::Slow, 41)] {
        let (folder, log) = site();
        log.write(654, 9);
        let reading = log.reading(folder.path());
        let read = |minute| reading.read(now() + SignedDuration::from_mins(minute));
        read(0);
        deafen(&log);
        log.write(6900, 1);
        log.log(|log| log.unfollowed = Some(fault));
        for minute in 1..20 {
            assert_eq!(read(minute).gaps, [], "{minute}");
        }
        let told = read(20);
        assert!(
            whys(&told).contains("still followed is not known since 2026-11-22 02:30 UTC"),
            "{}",
            whys(&told)
        );
        assert_eq!((told.events.len(), told.gaps.len()), (1, 1));
        log.log(|log| log.unfollowed = None);
        for minute in 21..next_try {
            assert_eq!(read(minute).gaps.len(), 1, "it is not tried at every poll: {minute}");
        }
        let found = read(next_try);
        assert_eq!((found.events.len(), found.gaps), (2, Vec::new()));
    }
}

#[test]
fn a_log_followed_anew_brings_nothing_twice_in_whatever_order_it_was_written() {
    let (folder, log) = site();
    let reading = log.reading(folder.path());
    let read = |minute| reading.read(now() + SignedDuration::from_mins(minute));
    read(0);
    for (minute, ago) in [(0, 5), (0, 6), (10, 7), (20, 3), (20, 4)] {
        log.write(654, ago);
        read(minute);
    }
    deafen(&log);
    log.write(654, 8);
    let backlog = (30..=60).step_by(10).map(read).last().expect("read");
    assert_eq!((backlog.events.len(), backlog.gaps), (6, Vec::new()));
    assert_eq!(backlog.counts.iter().map(|count| count.count).sum::<u32>(), 6);
    // Nor does a search of the whole log.
    log.log(|log| log.broken = Some(Fault::Stopped("1722".into())));
    let backlog = read(60);
    assert_eq!(backlog.counts.iter().map(|count| count.count).sum::<u32>(), 6);
}

#[test]
fn a_log_that_has_lost_where_it_was_followed_from_is_told_unless_the_subscription_lived() {
    for lived in [true, false] {
        let (folder, log) = site();
        log.write(654, 9);
        let reading = log.reading(folder.path());
        let read = |minute| reading.read(now() + SignedDuration::from_mins(minute));
        read(0);
        if !lived {
            deafen(&log);
        }
        log.write_many(2, 6900, 1);
        read(1);
        log.wrap(1);
        log.log(|log| log.forgets = true);
        let backlog = read(11);
        let (events, gaps) = if lived { (3, 0) } else { (2, 1) };
        assert_eq!((backlog.events.len(), backlog.gaps.len()), (events, gaps), "{}", whys(&backlog));
        log.write(6900, 1);
        let backlog = read(12);
        assert_eq!(backlog.events.len(), events + 1);
        assert_eq!(backlog.gaps.len(), gaps, "told once, and followed on: {}", whys(&backlog));
    }
}

#[test]
fn a_start_does_not_have_a_quiet_log_searched_from_its_oldest_event_on() {
    let (folder, log) = site();
    log.write_many(5, 1, 100 * 60);
    let reading = log.reading(folder.path());
    reading.read(now());
    for looks in 1..=2 {
        assert_eq!(log.log(|log| log.read), looks, "where it ends, and no more");
        reading.read(now() + SignedDuration::from_mins(10));
    }
}

#[test]
fn a_clock_that_was_set_back_keeps_a_log_neither_at_rest_nor_from_being_followed_anew() {
    let at = |minute| now() + SignedDuration::from_mins(minute);
    let (folder, log) = site();
    let reading = log.reading(folder.path());
    log.log(|log| log.fault = Some(Fault::Slow));
    reading.read(at(600));
    log.log(|log| log.fault = None);
    assert_eq!(reading.read(at(300)).gaps, []);
    deafen(&log);
    log.write(654, 9);
    assert_eq!(reading.read(at(0)).events.len(), 1);
}

#[test]
fn a_log_too_large_to_search_is_told_and_left_alone_for_half_an_hour() {
    let (folder, log) = site();
    log.write(654, 9);
    let reading = log.reading(folder.path());
    log.log(|log| log.fault = Some(Fault::Slow));
    assert!(whys(&reading.read(now())).contains("too large for this server"));
    log.log(|log| log.fault = None);
    let at = |minute| now() + SignedDuration::from_mins(minute);
    let meanwhile = reading.read(at(29));
    assert!(whys(&meanwhile).contains("too large for this server") && meanwhile.read_at.is_none());
    assert_eq!(log.log(|log| log.searched), 0);
    // It rests from the end of the search on.
    let backlog = reading.read(at(31));
    assert_eq!((backlog.events.len(), backlog.gaps), (1, Vec::new()));
}
