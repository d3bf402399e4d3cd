//! ADSync's state, read by the command `read-state`: in the background, and on demand. A reading takes seconds,
//! so those who ask while one is under way share it.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use jiff::Timestamp;

use crate::agent::powershell::Scripts;
use crate::agent::state::parse;
use crate::catalog;
use crate::clock::Clock;
use crate::plan::Mode;
use crate::redact::redact;
use crate::report::{Gap, State};

/// One reading of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The state; `None` if it could not be read.
    pub state: Option<State>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
    /// When it began.
    pub at: Timestamp,
}

type InFlight = Shared<BoxFuture<'static, Arc<Reading>>>;

/// Reads the state, and remembers the last one.
#[derive(Clone)]
pub struct StateReader(Arc<Inner>);

struct Inner {
    scripts: Arc<dyn Scripts>,
    clock: Clock,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    good: Option<Arc<Reading>>,
    last: Option<Arc<Reading>>,
    in_flight: Option<InFlight>,
}

impl StateReader {
    /// A reader that has read nothing yet.
    pub fn new(scripts: Arc<dyn Scripts>, clock: Clock) -> StateReader {
        StateReader(Arc::new(Inner { scripts, clock, memory: Mutex::default() }))
    }

    /// The last state that could be read, with the gaps of the last reading. A state says when it was read.
    pub fn last(&self) -> (Option<State>, Vec<Gap>) {
        self.memory(|memory| {
            let state = memory.good.as_ref().and_then(|reading| reading.state.clone());
            let not_yet = || vec![Gap { what: "state".into(), why: "it has not been read yet".into() }];
            (state, memory.last.as_ref().map_or_else(not_yet, |reading| reading.gaps.clone()))
        })
    }

    /// A reading that ends after this call: the one under way, or a new one.
    pub async fn fresh(&self) -> Arc<Reading> {
        self.join_or_start().await
    }

    /// A reading that begins after this call, as is due when something has just been changed.
    pub async fn anew(&self) -> Arc<Reading> {
        let under_way = self.memory(|memory| memory.in_flight.clone());
        if let Some(under_way) = under_way {
            under_way.await;
        }
        self.join_or_start().await
    }

    fn join_or_start(&self) -> InFlight {
        self.memory(|memory| {
            if let Some(under_way) = &memory.in_flight {
                return under_way.clone();
            }
            let reader = self.clone();
            // A task of its own: a caller that goes away does not end the reading of the others.
            let task = tokio::spawn(async move {
                let reading = Arc::new(reader.read().await);
                reader.memory(|memory| {
                    memory.in_flight = None;
                    memory.last = Some(reading.clone());
                    if reading.state.is_some() {
                        memory.good = Some(reading.clone());
                    }
                });
                reading
            });
            let reader = self.clone();
            let ended = async move {
                match task.await {
                    Ok(reading) => reading,
                    Err(error) => {
                        reader.memory(|memory| memory.in_flight = None);
                        Arc::new(failed(format!("the reading broke off: {error}"), reader.0.clock.now()))
                    }
                }
            };
            let under_way = ended.boxed().shared();
            memory.in_flight = Some(under_way.clone());
            under_way
        })
    }

    async fn read(&self) -> Reading {
        let Some(command) = catalog::command(catalog::READ_STATE) else {
            return failed("the catalogue has no read-state".into(), self.0.clock.now());
        };
        // The time of its beginning: what changes while it reads may not be in it.
        let at = self.0.clock.now();
        let printed = self.0.scripts.run(command, &[], Mode::Unattended).await;
        match printed {
            Ok(object) => {
                let (state, gaps) = parse(&object, at);
                Reading { state: Some(state), gaps, at }
            }
            Err(error) => failed(format!("{} ({})", redact(&error.to_string()), error.code()), at),
        }
    }

    fn memory<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.0.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn failed(why: String, at: Timestamp) -> Reading {
    Reading { state: None, gaps: vec![Gap { what: "state".into(), why }], at }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::{Map, Value};
    use tokio::sync::Semaphore;

    use super::*;
    use crate::agent::powershell::{Argument, ScriptError};
    use crate::catalog::Command;

    /// Answers when it is let, and counts.
    struct Slow {
        runs: AtomicUsize,
        lets: Semaphore,
        fails: std::sync::atomic::AtomicBool,
    }

    impl Scripts for Slow {
        fn run<'a>(
            &'a self,
            _: &'static Command,
            _: &'a [Argument],
            _: Mode,
        ) -> BoxFuture<'a, Result<Map<String, Value>, ScriptError>> {
            self.runs.fetch_add(1, Ordering::SeqCst);
            async {
                self.lets.acquire().await.expect("open").forget();
                if self.fails.load(Ordering::SeqCst) {
                    return Err(ScriptError::NotJson("boom on dc01.corp.contoso.com".into()));
                }
                Ok(serde_json::from_str(r#"{"ok":true,"cloud_flag":true}"#).expect("an object"))
            }
            .boxed()
        }
    }

    fn reader() -> (Arc<Slow>, StateReader) {
        let slow = Slow { runs: 0.into(), lets: Semaphore::new(0), fails: false.into() };
        let slow = Arc::new(slow);
        let (clock, _) = Clock::manual(Timestamp::UNIX_EPOCH);
        (slow.clone(), StateReader::new(slow, clock))
    }

    #[tokio::test]
    async fn those_who_ask_at_once_share_one_reading() {
        let (slow, reader) = reader();
        let (first, second) = (reader.fresh(), reader.fresh());
        slow.lets.add_permits(1);
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first, second);
        assert_eq!(slow.runs.load(Ordering::SeqCst), 1);
        assert_eq!(reader.last().0.and_then(|state| state.cloud_flag), Some(true));
    }

    #[tokio::test]
    async fn a_reading_asked_for_anew_begins_after_the_one_under_way() {
        let (slow, reader) = reader();
        let under_way = reader.join_or_start();
        slow.lets.add_permits(2);
        reader.anew().await;
        under_way.await;
        assert_eq!(slow.runs.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_reading_is_as_old_as_its_beginning() {
        let slow = Arc::new(Slow { runs: 0.into(), lets: Semaphore::new(0), fails: false.into() });
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let reader = StateReader::new(slow.clone(), clock);
        let under_way = reader.join_or_start();
        while slow.runs.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        hand.advance(std::time::Duration::from_secs(9));
        slow.lets.add_permits(1);
        let reading = under_way.await;
        assert_eq!(reading.at, Timestamp::UNIX_EPOCH);
        assert_eq!(reading.state.as_ref().map(|state| state.read_at), Some(Timestamp::UNIX_EPOCH));
    }

    #[tokio::test]
    async fn a_failed_reading_keeps_the_last_state_and_says_why_it_is_old() {
        let (slow, reader) = reader();
        assert_eq!(reader.last().1[0].why, "it has not been read yet");
        slow.lets.add_permits(2);
        reader.fresh().await;
        slow.fails.store(true, Ordering::SeqCst);
        assert_eq!(reader.fresh().await.state, None);
        let (state, gaps) = reader.last();
        assert!(state.is_some());
        assert!(gaps[0].why.contains("output-not-json") && gaps[0].why.contains("<host>"), "{gaps:?}");
    }
}
