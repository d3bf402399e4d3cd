//! A record that is written by a thread of its own: a service that keeps the system's logs and hangs must hold up neither a run
//! nor the agent's end.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::Duration;

use super::{Entry, LogOnly, SystemRecord};

/// How many entries may wait for a record that does not take them. What does not fit is in the agent's own log all the same.
const ROOM: usize = 256;

/// Writes to the agent's own log at once, and to a system's record behind it.
pub struct Queued(Option<SyncSender<Job>>);

enum Job {
    Write(Entry),
    /// Answers once all before it is written.
    Settle(std::sync::mpsc::Sender<()>),
}

impl Queued {
    /// Gives a record its thread, which ends when this is dropped and all is written. Without one, which is said, the agent's own
    /// log is the only record.
    pub fn new(record: impl SystemRecord + 'static) -> Queued {
        let (sender, jobs) = sync_channel(ROOM);
        let write = move || write_all(&record, &jobs);
        match std::thread::Builder::new().name("record".into()).spawn(write) {
            Ok(_) => Queued(Some(sender)),
            Err(error) => {
                tracing::error!("nothing can be put on the system's record: {error}");
                Queued(None)
            }
        }
    }
}

fn write_all(record: &impl SystemRecord, jobs: &Receiver<Job>) {
    for job in jobs {
        match job {
            Job::Write(entry) => record.write(&entry),
            // Who asked may have given up.
            Job::Settle(done) => {
                let _ = done.send(());
            }
        }
    }
}

impl SystemRecord for Queued {
    fn write(&self, entry: &Entry) {
        LogOnly.write(entry);
        let Some(sender) = &self.0 else { return };
        if sender.try_send(Job::Write(entry.clone())).is_err() {
            tracing::warn!(id = entry.id, "the system's record does not take entries: this one is here only");
        }
    }

    fn settle(&self, within: Duration) {
        let (done, is_done) = channel();
        let asked = self.0.as_ref().is_some_and(|sender| sender.try_send(Job::Settle(done)).is_ok());
        if self.0.is_some() && !(asked && is_done.recv_timeout(within).is_ok()) {
            tracing::warn!(
                "the system's record has not taken everything in time: the rest is in this log only"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A record that takes an entry each time that it is let.
    struct Slow {
        go_on: Mutex<Receiver<()>>,
        taken: Mutex<std::sync::mpsc::Sender<u16>>,
    }

    impl SystemRecord for Slow {
        fn write(&self, entry: &Entry) {
            if self.go_on.lock().expect("unpoisoned").recv().is_ok() {
                let _ = self.taken.lock().expect("unpoisoned").send(entry.id);
            }
        }
    }

    #[test]
    fn a_record_that_hangs_holds_nobody_up_and_what_it_takes_is_in_order() {
        let ((let_go, go_on), (taken, takes)) = (channel(), channel());
        let record = Queued::new(Slow { go_on: Mutex::new(go_on), taken: Mutex::new(taken) });
        // More than there is room for: none of these waits.
        for _ in 0..2 * ROOM {
            record.write(&Entry::stopped("SYNC01"));
        }
        record.settle(Duration::from_millis(20));
        assert!(takes.try_recv().is_err(), "it hangs, and nobody has waited for it");
        for _ in 0..2 * ROOM {
            let_go.send(()).expect("it listens");
        }
        while takes.try_recv().is_err() {
            std::thread::yield_now();
        }
        drop(record);
        let rest = takes.iter().count();
        assert!((ROOM - 1..=ROOM).contains(&rest), "{rest}");
    }

    #[test]
    fn at_the_end_all_that_was_written_is_on_record() {
        let ((let_go, go_on), (taken, takes)) = (channel(), channel());
        let record = Queued::new(Slow { go_on: Mutex::new(go_on), taken: Mutex::new(taken) });
        record.write(&Entry::started("SYNC01", "0.0.0.0:6990", "nothing"));
        record.write(&Entry::stopped("SYNC01"));
        for _ in 0..2 {
            let_go.send(()).expect("it listens");
        }
        record.settle(Duration::from_secs(600));
        assert_eq!(takes.try_iter().collect::<Vec<_>>(), [1, 2]);
    }
}
