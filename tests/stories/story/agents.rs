//! The agents in a runtime of their own, so that they can be killed and started again.

use std::path::PathBuf;
use std::time::Duration;

use syncmedic::agent::config::Config;
use syncmedic::clock::Clock;
use syncmedic::config::Base;
use syncmedic::demo::simulator::SyncServer;
use syncmedic::demo::site::Site;
use syncmedic::random::Random;
use syncmedic::tenant::Tenant;
use tokio::runtime::Runtime;

use super::{Story, runtime};

/// How long the end of a killed agent may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts an agent before each server; those that were enrolled before keep keys, port and journal.
pub(super) async fn start(
    machines: &Runtime,
    servers: Vec<SyncServer>,
    base: Base,
    clock: &Clock,
    homes: PathBuf,
    rules: fn(&mut Config),
) -> Site {
    let clock = clock.clone();
    let starting = machines.spawn(async move {
        let tenant = Tenant::open(&base, &clock, &Random::system()).await.expect("the tenant opens");
        let site = Site::start(servers, &tenant, &homes, rules).await.expect("the agents start");
        tenant.store.close().await;
        site
    });
    starting.await.expect("the agents start")
}

impl Story {
    /// Kills all agents wherever they are, and what they run with them, and starts them again.
    pub(crate) async fn restart_killed_agents(&mut self) {
        let killed = std::mem::replace(&mut self.machines, runtime());
        // Returns when nothing of them is left: only then are their ports and files free.
        let end = tokio::task::spawn_blocking(move || killed.shutdown_timeout(PATIENCE));
        end.await.expect("they end");
        let store = self.store().await;
        let enrolled = store.agents().await.expect("readable");
        let servers = self.site.posts().iter().map(|post| post.server.clone()).collect();
        let homes = self.folder.path().join("servers");
        let base = self.config().base;
        self.site = start(&self.machines, servers, base, &self.clock, homes, self.rules).await;
        assert_eq!(store.agents().await.expect("readable"), enrolled, "they are the same agents");
    }
}
