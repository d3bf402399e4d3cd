//! A log that is read by one thread of its own: a search of a large log takes minutes, and a service that hangs does not come
//! back at all, while the bot waits seconds. Whoever asks waits a bounded time, and else gets what was read last, with a gap
//! that says since when the log has not answered.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Backlog, EventLog};
use crate::report::Gap;

/// How long the bot's polls wait for the log. The bot itself gives a report 15 s.
pub const FOR_THE_BOT: Duration = Duration::from_secs(8);
/// How long a person waits who looks at the log without a running agent.
pub const FOR_A_PERSON: Duration = Duration::from_secs(60);
/// How long the end of the agent waits until the log's handles are closed, if nothing is being read.
const TIDYING: Duration = Duration::from_millis(300);

/// A log with its thread. Ends it when dropped; a thread that hangs then ends with the process.
pub struct Aside {
    shared: Arc<Shared>,
    patience: Duration,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The newest time as of which somebody wants the log who waits for the next reading: a clock that was set back is followed.
    as_of: Timestamp,
    /// How often it was asked for, and the number of the last question that has its answer.
    asked: u64,
    answered: u64,
    /// The reading that goes on.
    reading: Option<Reading>,
    /// What was read last, and whether a reading has broken down since.
    last: Backlog,
    broke: bool,
    ended: bool,
    gone: bool,
}

#[derive(Clone, Copy)]
struct Reading {
    since: Timestamp,
    began: Instant,
}

impl Aside {
    /// Gives a log its thread. Nothing is read yet. `patience` is how long whoever asks waits.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn new(log: impl EventLog + 'static, patience: Duration) -> std::io::Result<Aside> {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        std::thread::Builder::new().name("event log".into()).spawn(move || theirs.keep_reading(log))?;
        Ok(Aside { shared, patience })
    }
}

impl EventLog for Aside {
    fn read(&self, now: Timestamp) -> Backlog {
        let (patience, began) = (self.patience, Instant::now());
        let mut state = self.shared.lock();
        state.asked += 1;
        state.as_of = state.as_of.max(now);
        let mine = state.asked;
        self.shared.changed.notify_all();
        // A reading that began before this question does not answer it. Nobody waits once more for one that is late already.
        loop {
            if state.answered >= mine {
                return state.known();
            }
            let since = state.reading.map_or(began, |reading| reading.began.min(began));
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                return state.without_an_answer(now);
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.ended = true;
        self.shared.changed.notify_all();
        let closing = |state: &mut State| !state.gone && state.reading.is_none();
        drop(self.shared.changed.wait_timeout_while(state, TIDYING, closing));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_reading(&self, log: impl EventLog) {
        loop {
            let idle = |state: &mut State| !state.ended && state.asked == state.answered;
            let mut state =
                self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
            if state.ended {
                break;
            }
            let (asked, now) = (state.asked, std::mem::take(&mut state.as_of));
            state.reading = Some(Reading { since: now, began: Instant::now() });
            drop(state);
            let read = catch_unwind(AssertUnwindSafe(|| log.read(now)));
            let mut state = self.lock();
            state.broke = read.is_err();
            if let Ok(read) = read {
                state.last = read;
            }
            state.reading = None;
            state.answered = asked;
            self.changed.notify_all();
        }
        drop(log);
        self.lock().gone = true;
        self.changed.notify_all();
    }
}

impl State {
    /// What was read last, and that it is not of now.
    fn without_an_answer(&self, now: Timestamp) -> Backlog {
        let since = self.reading.map_or(now, |reading| reading.since).strftime("%Y-%m-%d %H:%M:%S UTC");
        let why = format!(
            "the event log has not answered since {since}: either it is large and still being searched, then the next polls \
             bring it, or the service that keeps it hangs, then restart that (Restart-Service EventLog)"
        );
        with(self.known(), why)
    }

    /// What was read last, and that the reading since has broken down.
    fn known(&self) -> Backlog {
        let last = self.last.clone();
        match self.broke {
            true => {
                with(last, "reading the event log broke down, by a fault of this program: report it".into())
            }
            false => last,
        }
    }
}

fn with(mut backlog: Backlog, why: String) -> Backlog {
    backlog.gaps.push(Gap { what: "events".into(), why });
    backlog
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(20);

    /// A log that says when it is being read and answers when it is let.
    struct Slow {
        begun: Sender<Timestamp>,
        go_on: Mutex<Receiver<&'static str>>,
    }

    impl EventLog for Slow {
        fn read(&self, now: Timestamp) -> Backlog {
            self.begun.send(now).expect("the test listens");
            let let_go = self.go_on.lock().unwrap_or_else(PoisonError::into_inner).recv();
            assert_ne!(let_go, Ok("break"), "as ordered");
            Backlog { read_at: Some(now), ..Backlog::default() }
        }
    }

    fn log(patience: Duration) -> (Arc<Aside>, Receiver<Timestamp>, Sender<&'static str>) {
        let ((begun, begins), (let_go, go_on)) = (channel(), channel());
        let log = Slow { begun, go_on: Mutex::new(go_on) };
        (Arc::new(Aside::new(log, patience).expect("a thread")), begins, let_go)
    }

    fn at(minute: i64) -> Timestamp {
        let start: Timestamp = "2026-11-22T02:00:00Z".parse().expect("a time");
        start + jiff::SignedDuration::from_mins(minute)
    }

    #[test]
    fn a_log_that_does_not_answer_keeps_nobody_and_takes_one_thread_however_often_it_is_asked() {
        let (mut log, begins, let_go) = log(LONG);
        let_go.send("").expect("it listens");
        assert_eq!((log.read(at(0)).read_at, begins.recv()), (Some(at(0)), Ok(at(0))));
        Arc::get_mut(&mut log).expect("only this one").patience = SHORT;
        let late = |minute| {
            let backlog = log.read(at(minute));
            assert_eq!(backlog.read_at, Some(at(0)), "what was read before stays, with its time");
            let [gap] = backlog.gaps.as_slice() else { panic!("{:?}", backlog.gaps) };
            assert!(gap.what == "events" && gap.why.contains("2026-11-22 02:01:00 UTC"), "{gap:?}");
        };
        late(1);
        assert_eq!(begins.recv(), Ok(at(1)));
        (2..=100).for_each(late);
        assert!(begins.try_recv().is_err(), "one reading, since then");
        // Once it answers, all who asked meanwhile are answered by one more reading.
        let_go.send("").expect("it listens");
        assert_eq!(begins.recv(), Ok(at(100)));
        let_go.send("").expect("it listens");
        drop(log);
        assert!(begins.recv().is_err(), "its thread has ended");
    }

    #[test]
    fn whoever_asks_during_a_reading_gets_the_next_one() {
        let (log, begins, let_go) = log(LONG);
        let ask = |minute| {
            let log = log.clone();
            std::thread::spawn(move || log.read(at(minute)).read_at)
        };
        let first = ask(1);
        assert_eq!(begins.recv(), Ok(at(1)));
        let second = ask(2);
        let is_asked = || log.shared.lock().asked == 2;
        while !is_asked() {
            std::thread::yield_now();
        }
        let_go.send("").expect("it listens");
        let_go.send("").expect("it listens");
        assert!(first.join().expect("no panic").is_some());
        assert_eq!(second.join().expect("no panic"), Some(at(2)));
    }

    #[test]
    fn a_reading_that_breaks_down_is_told_and_the_next_one_is_tried() {
        let (log, _begins, let_go) = log(LONG);
        for _ in 0..2 {
            let_go.send("break").expect("it listens");
            let broken = log.read(at(1));
            let [gap] = broken.gaps.as_slice() else { panic!("told once: {:?}", broken.gaps) };
            assert!(gap.why.contains("broke down"), "{gap:?}");
        }
        let_go.send("").expect("it listens");
        let backlog = log.read(at(2));
        assert_eq!((backlog.read_at, backlog.gaps), (Some(at(2)), Vec::new()));
    }

    #[test]
    fn a_clock_that_was_set_back_is_followed() {
        let (log, _begins, let_go) = log(LONG);
        for minute in [10, 1] {
            let_go.send("").expect("it listens");
            assert_eq!(log.read(at(minute)).read_at, Some(at(minute)));
        }
    }
}
