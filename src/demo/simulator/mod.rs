//! Simulated sync servers of one tenant: the outermost edge that can't run here. Each writes events, loses and
//! regains the cloud flag, and takes a command, as the sync product does; in front of each runs the real agent.
//!
//! - [`SyncServer`] (here): one server: its state, its log, and what can be done to it
//! - [`texts`]: the events as the product words them
//! - [`pulse`]: what the product does by itself as time passes
//! - [`edges`]: how the agent sees it: [`EventLog`], [`Scripts`], [`Probe`]
//! - [`scenario`]: the demo's situations, with three days of history
//!
//! [`EventLog`]: crate::agent::eventlog::EventLog
//! [`Scripts`]: crate::agent::powershell::Scripts
//! [`Probe`]: crate::agent::probe::Probe

mod edges;
mod pulse;
pub mod scenario;
pub mod texts;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::agent::eventlog::clean::Cleaner;
use crate::agent::eventlog::window::Window;
use crate::agent::powershell::ScriptError;
use crate::clock::Clock;
use crate::ids::{AgentId, Build, ConnectorId};
use crate::random::Random;
use crate::report::{ApplianceKind, Event, Level, ServiceState};

pub use pulse::Pace;

/// How many lines a console keeps.
const CONSOLE_LINES: usize = 200;

/// The tenant in the cloud: its password sync flag is one for all servers.
#[derive(Clone, Default)]
pub struct Tenant(Arc<Mutex<bool>>);

impl Tenant {
    /// A tenant whose flag is on or off.
    pub fn new(flag: bool) -> Tenant {
        Tenant(Arc::new(Mutex::new(flag)))
    }

    /// The flag.
    pub fn flag(&self) -> bool {
        *lock(&self.0)
    }

    /// Sets the flag, as somebody in the cloud would.
    pub fn set_flag(&self, on: bool) {
        *lock(&self.0) = on;
    }
}

/// One simulated sync server. Cheap to clone; clones are the same server.
#[derive(Clone)]
pub struct SyncServer(Arc<Inner>);

struct Inner {
    id: AgentId,
    tenant: Tenant,
    clock: Clock,
    random: Random,
    state: Mutex<State>,
    log: Mutex<Log>,
    /// Counts changes, for whoever shows the console.
    changed: watch::Sender<u64>,
}

/// How a server is. Stories change it at will.
#[derive(Debug, Clone)]
pub struct State {
    /// The product installed.
    pub kind: ApplianceKind,
    /// Its build.
    pub build: Option<Build>,
    /// The `ADSync` service.
    pub service: ServiceState,
    /// Staging mode.
    pub staging: bool,
    /// A sync cycle runs.
    pub cycle_running: bool,
    /// The scheduler is suspended.
    pub scheduler_suspended: bool,
    /// The wizard is open.
    pub wizard_open: bool,
    /// How users sign in.
    pub sign_in_method: String,
    /// The forests.
    pub forests: Vec<Forest>,
    /// Further ECMA2 connectors, which a careless script would take for the Entra connector.
    pub other_connectors: u32,
    /// What the product's self-healing does when it meets error 90 (builds before 2.6.84.0).
    pub self_healing: SelfHealing,
    /// What the next run of a changing command does instead of working.
    pub next_run: Fault,
    /// Whether a run waits until [`SyncServer::release`].
    pub hold_runs: bool,
}

/// A forest of a server.
#[derive(Debug, Clone)]
pub struct Forest {
    /// Its connector.
    pub connector: ConnectorId,
    /// Its name.
    pub name: String,
    /// Whether its password channel is open.
    pub channel: bool,
    /// Password changes that wait to be sent.
    pub waiting: u32,
    /// End of the last cycle.
    pub last_cycle: Option<Timestamp>,
    /// End of the last successful cycle.
    pub last_success: Option<Timestamp>,
    /// Its last ping or batch.
    pub last_sign: Option<Timestamp>,
}

/// What self-healing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfHealing {
    /// Nothing: the build has none, or it has tried already.
    None,
    /// It will switch the flag on.
    Works,
}

/// What a run does instead of working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It works.
    None,
    /// It says that it worked, and the flag stays as it is.
    Silent,
    /// It fails.
    Script(ScriptError),
}

struct Log {
    window: Window,
    next_record: u64,
    console: VecDeque<String>,
}

impl SyncServer {
    /// A server with an empty log.
    pub fn new(id: AgentId, tenant: &Tenant, state: State, clock: Clock, random: Random) -> SyncServer {
        let log = Log {
            window: Window::new(Cleaner { names_allowed: false }),
            next_record: 100_000,
            console: VecDeque::new(),
        };
        SyncServer(Arc::new(Inner {
            id,
            tenant: tenant.clone(),
            clock,
            random,
            state: Mutex::new(state),
            log: Mutex::new(log),
            changed: watch::Sender::new(0),
        }))
    }

    /// Its agent's id.
    pub fn id(&self) -> &AgentId {
        &self.0.id
    }

    /// Its tenant.
    pub fn tenant(&self) -> &Tenant {
        &self.0.tenant
    }

    /// How it is now.
    pub fn state(&self) -> State {
        lock(&self.0.state).clone()
    }

    /// Changes how it is.
    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.0.state));
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Lets a run that [`State::hold_runs`] holds go on.
    pub fn release(&self) {
        self.change(|state| state.hold_runs = false);
    }

    /// Tells each change of state, log or console.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Writes an event, now.
    pub fn log(&self, id: u32, text: impl Into<String>) {
        self.log_at(self.0.clock.now(), id, text);
    }

    /// Writes an event with the provider and level that the product gives this id.
    pub fn log_at(&self, at: Timestamp, id: u32, text: impl Into<String>) {
        self.log_event(Event {
            id,
            provider: Some(texts::provider(id).to_owned()),
            level: Some(texts::level(id)),
            record: None,
            at,
            connector: None,
            text: text.into(),
        });
    }

    /// Writes an event as it is, but for its record number.
    pub fn log_event(&self, mut event: Event) {
        let now = self.0.clock.now();
        let mut log = lock(&self.0.log);
        log.next_record += 1;
        event.record = Some(log.next_record);
        if event.level == Some(Level::Error) || !texts::is_routine(event.id) {
            let first = event.text.lines().next().unwrap_or_default();
            let line = match first.char_indices().nth(160) {
                Some((end, _)) => format!("{}…", &first[..end]),
                None => first.to_owned(),
            };
            push_line(&mut log, format!("{}  event {}  {line}", event.at.strftime("%H:%M:%S"), event.id));
        }
        log.window.push(event, now);
        drop(log);
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Writes a line to the console.
    pub fn say(&self, line: &str) {
        let at = self.0.clock.now().strftime("%H:%M:%S").to_string();
        push_line(&mut lock(&self.0.log), format!("{at}  {line}"));
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// The console's lines, oldest first.
    pub fn console(&self) -> Vec<String> {
        lock(&self.0.log).console.iter().cloned().collect()
    }
}

fn push_line(log: &mut Log, line: String) {
    if log.console.len() == CONSOLE_LINES {
        log.console.pop_front();
    }
    log.console.push_back(line);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
