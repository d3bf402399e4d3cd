//! The demo's situations: two sync servers of one tenant, each with three days of history.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::{Fault, Forest, SelfHealing, State, SyncServer, Tenant, texts};
use crate::clock::Clock;
use crate::ids::{AgentId, Build, ConnectorId};
use crate::random::Random;
use crate::report::{ApplianceKind, ServiceState};

/// How far back the history goes, in hours.
const HISTORY_HOURS: i64 = 72;

/// How long ago, in minutes, the cloud flag was switched off.
const OFF_FOR: i64 = 47;

/// A situation of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// The flag is off on a build that needs nobody at the keyboard.
    Unattended,
    /// The flag is off, and the active server's build asks a person to sign in.
    Attended,
    /// The flag is off, and two servers believe to be the active one.
    TwoActive,
    /// Nothing is wrong.
    Healthy,
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "unattended" => Ok(Scenario::Unattended),
            "attended" => Ok(Scenario::Attended),
            "two-active" => Ok(Scenario::TwoActive),
            "healthy" => Ok(Scenario::Healthy),
            other => Err(format!("{other:?} is none of unattended, attended, two-active, healthy")),
        }
    }
}

/// The ids of the simulated forests' connectors.
const FORESTS: [(&str, &str); 2] = [
    ("corp.contoso.com", "6b1b1a3e-5a5f-4c1e-9a53-0d5b6e9f0001"),
    ("emea.contoso.com", "6b1b1a3e-5a5f-4c1e-9a53-0d5b6e9f0002"),
];

/// A server of this build, well and idle.
///
/// # Panics
/// Never: the ids above are GUIDs, which a test holds.
pub fn state(build: &str, staging: bool) -> State {
    let forest = |(name, id): (&str, &str)| Forest {
        connector: ConnectorId::from_str(id).expect("the ids of the simulated forests are GUIDs"),
        name: name.to_owned(),
        channel: true,
        waiting: 0,
        last_cycle: None,
        last_success: None,
        last_sign: None,
    };
    State {
        kind: ApplianceKind::Connect,
        build: Build::from_str(build).ok(),
        service: ServiceState::Running,
        staging,
        cycle_running: false,
        scheduler_suspended: false,
        wizard_open: false,
        sign_in_method: "PasswordHashSync".into(),
        forests: FORESTS.map(forest).to_vec(),
        other_connectors: 0,
        self_healing: SelfHealing::None,
        next_run: Fault::None,
        hold_runs: false,
    }
}

/// The two servers of a situation: SYNC01 and STAGE01.
pub fn servers(scenario: Scenario, clock: &Clock, random: &Random) -> Vec<SyncServer> {
    let (active, standby, flag) = match scenario {
        Scenario::Unattended => (state("2.6.3.0", false), state("2.6.91.0", true), false),
        Scenario::Attended => (state("2.6.91.0", false), state("2.6.3.0", true), false),
        Scenario::TwoActive => (state("2.6.3.0", false), state("2.6.91.0", false), false),
        Scenario::Healthy => (state("2.6.3.0", false), state("2.6.91.0", true), true),
    };
    let tenant = Tenant::new(flag);
    let names = [("SYNC01", active), ("STAGE01", standby)];
    let made = names.into_iter().filter_map(|(name, state)| {
        let id = AgentId::from_str(name).ok()?;
        let server = SyncServer::new(id, &tenant, state, clock.clone(), random.clone());
        server.write_history(random);
        Some(server)
    });
    made.collect()
}

impl SyncServer {
    /// Three days of pings, then, if the flag is off, what happens when it goes off.
    pub fn write_history(&self, random: &Random) {
        let now = self.0.clock.now();
        let minutes_ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
        let state = self.state();
        self.log_at(minutes_ago(HISTORY_HOURS * 60), 2001, "The service was started.");
        if state.staging {
            return;
        }
        let fault = !self.tenant().flag();
        let well_until = if fault { OFF_FOR + 3 } else { 4 };
        let mut at = HISTORY_HOURS * 60 - 10;
        while at >= well_until {
            for forest in &state.forests {
                let text = texts::provision("ping", "end", &forest.name, &forest.connector, random);
                self.log_at(minutes_ago(at), 654, text);
            }
            at -= 30;
        }
        let last_well = minutes_ago(at + 30);
        if fault {
            self.write_fault(&minutes_ago, random);
        }
        let last = if fault { minutes_ago(2) } else { last_well };
        self.change(|state| {
            for forest in &mut state.forests {
                forest.waiting = if fault { 3 } else { 0 };
                forest.last_cycle = Some(last);
                forest.last_success = Some(last_well);
                forest.last_sign = Some(last);
            }
        });
    }

    fn write_fault(&self, minutes_ago: &dyn Fn(i64) -> Timestamp, random: &Random) {
        let state = self.state();
        let build = Build::from_str("2.6.84.0").ok();
        // Builds before 2.6.84.0 try to heal themselves; here it does not help.
        let heals = state.build < build;
        for minutes in [OFF_FOR, 32, 16, 2] {
            for forest in &state.forests {
                let text = texts::not_activated("ping", &forest.name, &forest.connector, random);
                self.log_at(minutes_ago(minutes), 655, text);
            }
            self.log_at(minutes_ago(minutes), 6900, texts::wrapper(random));
            if minutes == OFF_FOR && heals {
                self.log_at(minutes_ago(minutes - 1), 660, texts::self_healing("start"));
                self.log_at(minutes_ago(minutes - 1), 661, texts::self_healing("end"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_situation_can_be_made() {
        let (clock, _hand) = Clock::manual("2026-11-22T02:00:00Z".parse().expect("a time"));
        for name in ["unattended", "attended", "two-active", "healthy"] {
            let scenario: Scenario = name.parse().expect("is one");
            assert_eq!(servers(scenario, &clock, &Random::seeded(1)).len(), 2);
        }
        assert!("panic".parse::<Scenario>().is_err());
    }
}
