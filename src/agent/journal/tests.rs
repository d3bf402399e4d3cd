use std::collections::BTreeMap;

use super::*;
use crate::link::protocol::Progress;
use crate::plan::Plan;

pub(crate) fn now() -> Timestamp {
    "2026-11-22T02:00:00Z".parse().expect("a time")
}

fn grant(request: u8) -> Grant {
    Grant {
        plan: Plan {
            request: format!("{request:032x}").parse().expect("valid"),
            command: "enable-password-sync".parse().expect("valid"),
            script: Digest::of(b"script"),
            mode: Mode::Unattended,
            arguments: BTreeMap::new(),
            agent: "SYNC01".parse().expect("valid"),
            generation: 1,
            fingerprint: Digest::of(b"state"),
        },
        challenge: "00".repeat(16),
        requester: Snowflake(1),
        approvers: vec![Snowflake(2)],
        reason: "ticket".into(),
        audit_head: "#12 9be1-44d0".into(),
        signed_at: now(),
        not_before: now(),
        expires: now() + jiff::SignedDuration::from_hours(4),
        proofs: Vec::new(),
    }
}

fn succeeded() -> RunOutcome {
    RunOutcome::Succeeded { output: serde_json::json!({"ok": true}) }
}

fn journal() -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(folder.path().join("data")).expect("opens");
    (folder, journal)
}

fn progress(journal: &Journal, request: u8) -> Option<Progress> {
    let view = journal.view().expect("reads");
    view.execution(&grant(request).plan.request).map(|execution| execution.progress)
}

#[test]
fn of_all_runs_in_a_journal_only_those_without_an_end_are_looked_for() {
    let (folder, journal) = journal();
    for request in 1..=3 {
        let run = journal.lock().expect("locks").start(now(), &grant(request), None).expect("starts");
        if request < 3 {
            journal.finish(run, now(), succeeded()).expect("writes");
        }
    }
    let path = folder.path().join("data/journal.jsonl");
    let looked_for = std::cell::RefCell::new(Vec::new());
    let view = View::read(&path, &fs::read(&path).expect("reads"), |request| {
        looked_for.borrow_mut().push(request.clone());
        true
    });
    assert_eq!(looked_for.into_inner(), [grant(3).plan.request]);
    assert_eq!(view.expect("reads").running(), Some(&grant(3).plan.request));
}

#[test]
fn a_request_runs_once_ever() {
    let (_folder, journal) = journal();
    let run = journal.lock().expect("locks").start(now(), &grant(1), None).expect("starts");
    assert_eq!(progress(&journal, 1), Some(Progress::Running { since: now() }));
    let again = journal.lock().expect("locks").start(now(), &grant(1), None);
    assert_eq!(again.expect_err("refused").code(), "request-known");
    journal.finish(run, now(), succeeded()).expect("writes");
    let again = journal.lock().expect("locks").start(now(), &grant(1), None);
    assert_eq!(again.expect_err("refused").code(), "request-known");
    let staged = journal.lock().expect("locks").stage(now(), &grant(1), "token");
    assert_eq!(staged.expect_err("refused").code(), "request-known");
}

#[test]
fn a_run_whose_program_died_is_unknown_and_never_runs_again() {
    let (folder, journal) = journal();
    drop(journal.lock().expect("locks").start(now(), &grant(1), None).expect("starts"));
    let journal = Journal::open(folder.path().join("data")).expect("opens");
    assert_eq!(progress(&journal, 1), Some(Progress::Unknown { since: now() }));
    let again = journal.lock().expect("locks").start(now(), &grant(1), None);
    assert!(matches!(again, Err(JournalError::Known { state: "unknown", .. })));
}

#[test]
fn wherever_a_write_is_torn_a_request_whose_start_is_whole_never_runs_again() {
    let (_folder, journal) = journal();
    let mut locked = journal.lock().expect("locks");
    locked.stage(now(), &grant(1), "token").expect("stages");
    let run = locked.start(now(), &grant(1), Some("CONTOSO\\op".into())).expect("starts");
    drop(locked);
    journal.finish(run, now(), succeeded()).expect("writes");
    let whole = fs::read(journal.path()).expect("reads");
    let ends: Vec<usize> = (0..whole.len()).filter(|&at| whole[at] == b'\n').map(|at| at + 1).collect();
    let near_an_end = |length: &usize| ends.iter().any(|end| length.abs_diff(*end) <= 2);
    for length in (0..=whole.len()).filter(|length| near_an_end(length) || length % 23 == 0) {
        fs::write(journal.path(), &whole[..length]).expect("writes");
        let may_start = length < ends[1];
        let started = journal.lock().expect("a torn line is tolerated").start(now(), &grant(1), None);
        assert_eq!(started.is_ok(), may_start, "cut at {length}");
        // What was added after a torn line can be read.
        journal.view().expect("reads");
    }
}

#[test]
fn a_journal_changed_by_another_hand_lets_nothing_run() {
    let (_folder, journal) = journal();
    for request in 1..=3 {
        let run = journal.lock().expect("locks").start(now(), &grant(request), None).expect("starts");
        journal.finish(run, now(), succeeded()).expect("writes");
    }
    let whole = fs::read_to_string(journal.path()).expect("reads");
    let without_second: Vec<&str> =
        whole.lines().enumerate().filter(|(at, _)| *at != 2).map(|(_, l)| l).collect();
    let swapped = whole.replacen("\"n\":1,", "\"n\":2,", 1);
    let garbled = whole.replacen("started", "stXrted", 1);
    let twice = whole.replacen("finished", "cancelled", 1);
    for changed in [without_second.join("\n") + "\n", swapped, garbled, twice, format!("\n{whole}")] {
        fs::write(journal.path(), &changed).expect("writes");
        assert_eq!(journal.view().expect_err("refused").code(), "journal-corrupt", "{changed}");
        let error = journal.lock().expect_err("refused");
        assert!(error.to_string().contains("nothing runs on this server"), "{error}");
        assert_eq!(fs::read_to_string(journal.path()).expect("reads"), changed, "the evidence stays");
    }
}

#[test]
fn a_staged_grant_waits_on_disk_until_it_is_cancelled_or_its_time_is_over() {
    let (folder, journal) = journal();
    journal.lock().expect("locks").stage(now(), &grant(1), "token 1").expect("stages");
    journal.lock().expect("locks").stage(now(), &grant(2), "token 2").expect("stages");
    let journal = Journal::open(folder.path().join("data")).expect("opens");
    let request = grant(1).plan.request;
    assert_eq!(journal.staged_grant(&request).expect("reads"), "token 1");
    journal.lock().expect("locks").cancel(now(), &request, "withdrawn").expect("cancels");
    assert_eq!(progress(&journal, 1), Some(Progress::Cancelled { at: now() }));
    assert!(journal.staged_grant(&request).is_err());
    assert!(journal.lock().expect("locks").start(now(), &grant(1), None).is_err());
    let view = journal.view().expect("reads");
    assert_eq!(view.staged(now()).count(), 1);
    let late = grant(2).expires + jiff::SignedDuration::from_secs(1);
    assert_eq!(view.staged(late).count(), 0);
    // The clock alone cancels nothing: only what is written holds when it is set back.
    assert!(matches!(progress(&journal, 2), Some(Progress::Staged { .. })));
    assert_eq!(view.expired(late).collect::<Vec<_>>(), [&grant(2).plan.request]);
}

#[test]
fn a_request_cancelled_before_its_grant_came_never_starts_and_is_remembered() {
    let (folder, journal) = journal();
    let (request, plan) = (grant(1).plan.request, grant(1).plan.hash());
    journal.lock().expect("locks").bar(now(), &request, plan).expect("writes");
    let journal = Journal::open(folder.path().join("data")).expect("opens");
    let known = journal.view().expect("reads").execution(&request).expect("is known");
    assert_eq!((known.plan, known.progress), (plan, Progress::Cancelled { at: now() }));
    assert_eq!(journal.view().expect("reads").permitted(&request), None);
    let mut locked = journal.lock().expect("locks");
    assert_eq!(locked.start(now(), &grant(1), None).expect_err("refused").code(), "request-known");
    assert_eq!(locked.stage(now(), &grant(1), "token").expect_err("refused").code(), "request-known");
    assert_eq!(locked.bar(now(), &request, plan).expect_err("refused").code(), "request-known");
}

#[test]
fn runs_of_the_last_day_are_counted_and_a_clock_set_back_frees_none() {
    let (_folder, journal) = journal();
    for request in 1..=2 {
        let run = journal.lock().expect("locks").start(now(), &grant(request), None).expect("starts");
        journal.finish(run, now(), succeeded()).expect("writes");
    }
    let view = journal.view().expect("reads");
    let command = &grant(1).plan.command;
    let hours = |hours| now() + jiff::SignedDuration::from_hours(hours);
    assert_eq!(view.runs_in_a_day(command, hours(23)), 2);
    assert_eq!(view.runs_in_a_day(command, hours(24)), 0);
    assert_eq!(view.runs_in_a_day(command, hours(-100)), 2);
}

/// Many threads stand in for two processes: each opens its own files, as processes do.
#[test]
fn of_many_who_want_to_start_one_request_one_does() {
    let (folder, journal) = journal();
    journal.lock().expect("locks").stage(now(), &grant(1), "token").expect("stages");
    let path = folder.path().join("data");
    let started: Vec<bool> = std::thread::scope(|scope| {
        let start = || {
            let journal = Journal::open(&path).expect("opens");
            let started = journal.lock().expect("locks").start(now(), &grant(1), None);
            started.is_ok_and(|run| journal.finish(run, now(), succeeded()).is_ok())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().expect("ends")).collect()
    });
    assert_eq!(started.iter().filter(|&&started| started).count(), 1);
}

#[cfg(unix)]
#[test]
fn a_journal_that_leads_elsewhere_is_not_written() {
    for name in ["staged", "runs", "journal.jsonl"] {
        let (folder, journal) = journal();
        let (place, elsewhere) = (journal.folder.join(name), folder.path().join("elsewhere"));
        match place.is_dir() {
            true => std::fs::remove_dir(&place).expect("removes"),
            false => std::fs::remove_file(&place).expect("removes"),
        }
        std::os::unix::fs::symlink(&elsewhere, &place).expect("links");
        let Err(error) = journal.lock() else { panic!("it is refused") };
        assert!(error.to_string().contains("leads elsewhere"), "{error}");
        assert!(!elsewhere.exists());
    }
}
