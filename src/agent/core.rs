//! The agent itself: its report, and what it would run.

use std::sync::Arc;
use std::time::Duration;

use crate::agent::account;
use crate::agent::challenge::Challenges;
use crate::agent::config::Config;
use crate::agent::eventlog::EventLog;
use crate::agent::gatekeeper::{Ask, Facts, RETRY_AFTER, Trust, Verdict, decide};
use crate::agent::journal::view::View;
use crate::agent::journal::{Journal, JournalError};
use crate::agent::live::StateReader;
use crate::agent::observe::{self, Sources};
use crate::agent::powershell::Scripts;
use crate::agent::probe::Probe;
use crate::agent::record::{Bounded, Entry, SystemRecord};
use crate::agent::usage::{INTERVAL, Running, Usage};
use crate::catalog;
use crate::clock::Clock;
use crate::link::protocol::{CatalogEntry, PlanAnswer, PlanRequest};
use crate::random::Random;
use crate::report::{Gap, Report};

/// What an agent works with.
#[derive(Clone)]
pub struct Parts {
    /// The clock.
    pub clock: Clock,
    /// The random source of challenges.
    pub random: Random,
    /// The server's event log.
    pub events: Arc<dyn EventLog>,
    /// What runs commands.
    pub scripts: Arc<dyn Scripts>,
    /// What looks at the server.
    pub probe: Arc<dyn Probe>,
    /// Where the system keeps records.
    pub record: Arc<dyn SystemRecord>,
}

/// The agent of one server. Cheap to clone.
#[derive(Clone)]
pub struct Agent(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) config: Config,
    pub(super) trust: Trust,
    pub(super) clock: Clock,
    pub(super) scripts: Arc<dyn Scripts>,
    pub(super) state: StateReader,
    pub(super) journal: Journal,
    events: Arc<dyn EventLog>,
    probe: Arc<dyn Probe>,
    pub(super) challenges: Challenges,
    record: Arc<dyn SystemRecord>,
    refusals: Bounded,
}

impl Agent {
    /// An agent with its journal in the configuration's data folder.
    ///
    /// # Errors
    /// If the journal can't be used.
    pub fn new(config: Config, trust: Trust, parts: Parts) -> Result<Agent, JournalError> {
        let Parts { clock, random, events, scripts, probe, record } = parts;
        let journal = Journal::open(&config.data)?;
        let challenges = Challenges::new(clock.clone(), random);
        let state = StateReader::new(scripts.clone(), clock.clone());
        let refusals = Bounded::new(clock.clone());
        Ok(Agent(Arc::new(Inner {
            config,
            trust,
            clock,
            scripts,
            state,
            journal,
            events,
            probe,
            challenges,
            record,
            refusals,
        })))
    }

    /// Puts an entry on the system's record.
    pub fn record(&self, entry: &Entry) {
        self.0.record.write(entry);
    }

    /// Waits until the system has taken what was put on its record, and no longer than that: the agent ends.
    pub fn settle_record(&self, within: Duration) {
        self.0.record.settle(within);
    }

    /// Puts a refusal on the system's record, within its bound.
    pub(super) fn record_refusal(&self, entry: &Entry) {
        self.0.refusals.refused(&*self.0.record, entry);
    }

    /// Reads the state at once and then at the configured interval, and lets staged requests expire. Never ends.
    pub async fn keep_reading(&self) {
        loop {
            self.0.state.fresh().await;
            if let Err(error) = self.expire() {
                tracing::error!(code = error.code(), "staged requests can't be looked through: {error}");
            }
            self.0.clock.sleep(self.0.config.state_interval()).await;
        }
    }

    /// Leaves a note of itself for the administrators of its server, at once and then every minute. Never ends.
    pub async fn keep_noting(&self, listens: &str) {
        let (clock, data) = (&self.0.clock, &self.0.config.data);
        let since = clock.now();
        let mut heavy = false;
        for round in 0_u64.. {
            // The first note comes at once, the second when the state has been read.
            let report = self.report(round == 1).await;
            let usage = Usage::now();
            if let (Some(gap), false) = (usage.gap(), heavy) {
                tracing::warn!("{}", gap.why);
            }
            heavy = usage.gap().is_some();
            let running = Running {
                pid: std::process::id(),
                version: env!("CARGO_PKG_VERSION").into(),
                account: account::of_this_session(),
                listens: listens.into(),
                since,
                at: clock.now(),
                usage,
                report,
            };
            if let Err(error) = running.write(data) {
                tracing::warn!("no note of itself can be left: {error}");
            }
            if round > 0 {
                clock.sleep(INTERVAL).await;
            }
        }
    }

    /// Whether the configuration wizard is open, if the system itself tells: also where the state can't be read.
    pub async fn wizard_open(&self) -> Option<bool> {
        let inner = self.0.clone();
        blocking(move || inner.probe.look().wizard_open).await
    }

    /// The server's report; `fresh` waits for a new reading of the state.
    pub async fn report(&self, fresh: bool) -> Report {
        if fresh {
            self.0.state.fresh().await;
        }
        let (state, gaps) = self.0.state.last();
        self.observe(state, gaps).await
    }

    /// The report to decide on: its state is of this moment or absent.
    pub(super) async fn live_report(&self) -> Report {
        let reading = self.0.state.anew().await;
        self.observe(reading.state.clone(), reading.gaps.clone()).await
    }

    async fn observe(&self, state: Option<crate::report::State>, state_gaps: Vec<Gap>) -> Report {
        let inner = self.0.clone();
        let looked = blocking(move || {
            let now = inner.clock.now();
            let journal = inner.journal.view();
            let last_end = journal.as_ref().ok().and_then(View::last_end);
            (inner.probe.look(), inner.events.read(now), journal.err(), last_end, now)
        });
        let (server, backlog, unusable, last_end, now) = looked.await;
        let older = |end| state.as_ref().is_none_or(|state| state.read_at <= end);
        if last_end.is_some_and(older) {
            // An operator has applied a request, in a process of their own: the next report shows what it did.
            let reader = self.0.state.clone();
            tokio::spawn(async move { reader.fresh().await });
        }
        let journal_gap = |error: JournalError| Gap { what: "journal".into(), why: error.to_string() };
        observe::report(Sources {
            agent: self.0.config.id.clone(),
            generation: self.0.trust.generation,
            permits: self.0.config.permits(),
            server,
            backlog,
            state,
            state_gaps,
            other_gaps: unusable.map(journal_gap).into_iter().chain(Usage::now().gap()).collect(),
            now,
        })
    }

    /// What would run, and whether it may run now.
    pub async fn plan(&self, request: &PlanRequest) -> PlanAnswer {
        let report = self.live_report().await;
        let agent = self.clone();
        let asked = request.clone();
        let (verdict, report) = blocking(move || {
            let view = agent.0.journal.view();
            (agent.decide(Ask::Plan(&asked), &report, view.as_ref()), report)
        })
        .await;
        match verdict {
            Verdict::Ready(plan) => {
                let challenge = request.challenge.then(|| self.0.challenges.issue(plan.hash()));
                PlanAnswer::Ready { plan, challenge, report: Box::new(report) }
            }
            Verdict::Busy(why) => PlanAnswer::Busy { why, retry_after: RETRY_AFTER },
            Verdict::Moved(why) => PlanAnswer::Moved { why },
            Verdict::Refused(why) => PlanAnswer::Refused { why },
            // Only a grant leads to these.
            Verdict::Run(_) | Verdict::Stage(_) | Verdict::Known(_) => {
                PlanAnswer::Refused { why: Vec::new() }
            }
        }
    }

    /// The commands that this agent carries.
    pub fn catalog(&self) -> Vec<CatalogEntry> {
        let permits = self.0.config.permits();
        let entry = |command: &catalog::Command| CatalogEntry {
            command: command.id.clone(),
            script: command.digest,
            allowed: !command.about.changes || permits.commands.contains(&command.id),
        };
        catalog::commands().iter().map(entry).collect()
    }

    pub(super) fn decide(
        &self,
        ask: Ask<'_>,
        report: &Report,
        journal: Result<&View, &JournalError>,
    ) -> Verdict {
        let (config, trust) = (&self.0.config, &self.0.trust);
        decide(ask, Facts { now: self.0.clock.now(), config, trust, report, journal })
    }
}

/// Runs what may block where that is allowed.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    joined(tokio::task::spawn_blocking(work)).await
}

/// What a task came to, as if the work had been done here: what it did before it panicked is not known.
pub(super) async fn joined<T>(task: tokio::task::JoinHandle<T>) -> T {
    match task.await {
        Ok(done) => done,
        // The work itself panicked, or the program is ending: go on as it would have.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => std::future::pending().await,
        },
    }
}
