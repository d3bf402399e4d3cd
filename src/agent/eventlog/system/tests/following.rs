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
    reading.read(now());
    for fault in [Fault::Slow, Fault::Stopped("1722".into()), Fault::Denied, Fault::Gone] {
        log.log(|log| log.unfollowed = Some(fault));
        let later = now() + SignedDuration::from_mins(11);
        assert_eq!(reading.read(later).gaps, []);
        log.write(654, 1);
        assert_eq!(reading.read(later).gaps, []);
    }
    let (events, searched) = (reading.read(now()).events.len(), log.log(|log| log.searched));
    assert_eq!((events, searched), (5, 1), "the first subscription has brought them all");
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
    let backlog = reading.read(at(30));
    assert_eq!((backlog.events.len(), backlog.gaps), (1, Vec::new()));
}
