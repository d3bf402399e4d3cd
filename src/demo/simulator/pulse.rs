//! What the product does by itself as time passes: a cycle for each forest, a batch where passwords changed, a
//! ping where none did.

use std::future::Future;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{SelfHealing, SyncServer, texts};
use crate::ids::ConnectorId;
use crate::report::ServiceState;

/// How fast a server lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two password cycles.
    pub cycle: Duration,
    /// Between two pings of an idle forest.
    pub ping: Duration,
}

impl Pace {
    /// As in life: a cycle every 2 minutes, a ping every 30 minutes when idle.
    ///
    /// Source: Microsoft, "Implement password hash synchronization".
    pub const REAL: Pace = Pace { cycle: Duration::from_secs(120), ping: Duration::from_secs(1800) };

    /// As in the demo, where nobody waits half an hour. The rules are the same.
    pub const DEMO: Pace = Pace { cycle: Duration::from_secs(2), ping: Duration::from_secs(20) };
}

/// One forest's turn in a cycle.
struct Turn {
    connector: ConnectorId,
    name: String,
    waiting: u32,
}

impl SyncServer {
    /// Lives at this pace until `shutdown` ends.
    pub async fn live(&self, pace: Pace, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                () = self.0.clock.sleep(pace.cycle) => self.cycle(pace.ping),
            }
        }
    }

    /// One password cycle, now.
    pub fn cycle(&self, ping: Duration) {
        let now = self.0.clock.now();
        let state = self.state();
        if state.staging || state.service != ServiceState::Running {
            return;
        }
        let ping = SignedDuration::try_from(ping).unwrap_or(SignedDuration::MAX);
        for forest in state.forests.iter().filter(|forest| forest.channel) {
            let due = forest.last_sign.is_none_or(|last| now.duration_since(last) >= ping);
            let turn = Turn {
                connector: forest.connector.clone(),
                name: forest.name.clone(),
                waiting: forest.waiting,
            };
            let sent = if turn.waiting > 0 {
                Some(self.batch(&turn, now))
            } else if due {
                Some(self.ping(&turn, now))
            } else {
                None
            };
            self.change(|state| {
                let mine = state.forests.iter_mut().find(|forest| forest.connector == turn.connector);
                let Some(mine) = mine else { return };
                mine.last_cycle = Some(now);
                if let Some(well) = sent {
                    mine.last_sign = Some(now);
                    if well {
                        mine.waiting = 0;
                    }
                }
                if sent != Some(false) && self.0.tenant.flag() {
                    mine.last_success = Some(now);
                }
            });
        }
    }

    fn batch(&self, turn: &Turn, now: Timestamp) -> bool {
        let text = |step| texts::provision("batch", step, &turn.name, &turn.connector, &self.0.random);
        self.log_at(now, 650, text("start"));
        if !self.accepted("batch", turn, now) {
            return false;
        }
        for _ in 0..turn.waiting.min(50) {
            self.log_at(now, 657, texts::result(&turn.name, &turn.connector));
        }
        self.log_at(now, 651, text("end"));
        true
    }

    fn ping(&self, turn: &Turn, now: Timestamp) -> bool {
        let text = |step| texts::provision("ping", step, &turn.name, &turn.connector, &self.0.random);
        self.log_at(now, 653, text("start"));
        if !self.accepted("ping", turn, now) {
            return false;
        }
        self.log_at(now, 654, text("end"));
        true
    }

    /// Whether the cloud takes it; if not, the events that follow.
    fn accepted(&self, what: &str, turn: &Turn, now: Timestamp) -> bool {
        if self.0.tenant.flag() {
            return true;
        }
        let random = &self.0.random;
        if what == "batch" {
            self.log_at(now, 6900, texts::wrapper(random));
        }
        let id = if what == "batch" { 652 } else { 655 };
        self.log_at(now, id, texts::not_activated(what, &turn.name, &turn.connector, random));
        if self.state().self_healing == SelfHealing::Works {
            self.log_at(now, 660, texts::self_healing("start"));
            self.0.tenant.set_flag(true);
            self.log_at(now, 661, texts::self_healing("end"));
            self.change(|state| state.self_healing = SelfHealing::None);
        }
        false
    }
}
