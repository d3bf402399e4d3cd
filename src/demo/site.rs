//! Simulated sync servers with the real agent in front of each, enrolled as an administrator would: key made
//! "on the server", certificate request signed by the bot's side, answer installed.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::simulator::SyncServer;
use crate::agent::config::Config;
use crate::agent::{Agent, Parts, enrol};
use crate::catalog;
use crate::clock::Clock;
use crate::ids::AgentId;
use crate::link::listener;
use crate::random::Random;
use crate::tenant::Tenant;

/// The servers of one tenant. Dropping it stops the agents.
pub struct Site {
    posts: Vec<Post>,
    running: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// One server with its agent.
pub struct Post {
    /// Stops this agent alone.
    stop: watch::Sender<bool>,
    /// The server.
    pub server: SyncServer,
    /// The agent in front of it.
    pub agent: Agent,
}

impl Site {
    /// Starts an agent before each server and enrols those that are new. Agents keep their files in
    /// `folder`; one that was enrolled before keeps its key and its port.
    ///
    /// # Errors
    /// Which agent can't be started, and why.
    pub async fn start(
        servers: Vec<SyncServer>,
        tenant: &Tenant,
        folder: &Path,
        change: impl Fn(&mut Config),
    ) -> anyhow::Result<Site> {
        let folder = std::path::absolute(folder)?;
        let (stop, stopped) = watch::channel(false);
        let mut site = Site { posts: Vec::new(), running: JoinSet::new(), stop };
        for server in servers {
            let id = server.id().clone();
            let home = folder.join(id.as_str());
            let post = site.post(server, tenant, &home, &change, stopped.clone());
            post.await.with_context(|| format!("the agent {id} can't be started"))?;
        }
        Ok(site)
    }

    async fn post(
        &mut self,
        server: SyncServer,
        tenant: &Tenant,
        home: &Path,
        change: &impl Fn(&mut Config),
        mut stopped: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let (stop, mut alone) = watch::channel(false);
        let (clock, random) = (&tenant.clock, &tenant.random);
        let request = enrol::init(server.id(), home)?;
        let mut config = config(server.id(), home)?;
        change(&mut config);
        let listener = enrolled_listener(&server, tenant, &config, &request).await?;
        let enrolled = enrol::load(&config, clock)?;
        let agent = agent(&config, enrolled.trust, &server, clock, random)?;

        let (router, tls, clock) = (agent.router(), enrolled.tls, clock.clone());
        let reading = agent.clone();
        self.running.spawn(async move {
            let ends = async move {
                // A sender's end is the end as well.
                tokio::select! {
                    _ = stopped.wait_for(|&stop| stop) => {}
                    _ = alone.wait_for(|&stop| stop) => {}
                }
            };
            tokio::select! {
                () = listener::serve(listener, tls, router, ends, clock) => {}
                () = reading.keep_reading() => {}
            }
        });
        self.posts.push(Post { stop, server, agent });
        Ok(())
    }

    /// Every server with its agent.
    pub fn posts(&self) -> &[Post] {
        &self.posts
    }

    /// The server of that name.
    pub fn post_of(&self, id: &str) -> Option<&Post> {
        self.posts.iter().find(|post| post.server.id().as_str() == id)
    }

    /// Stops one agent, as an administrator stops its service: it answers no more.
    pub fn silence(&self, id: &str) {
        if let Some(post) = self.post_of(id) {
            post.stop.send_replace(true);
        }
    }

    /// Stops the agents and waits until their running answers are given.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.running.join_next().await.is_some() {}
    }
}

/// The address an agent was enrolled at, if it still can be listened on; otherwise a free one, enrolled anew.
async fn enrolled_listener(
    server: &SyncServer,
    tenant: &Tenant,
    config: &Config,
    request: &str,
) -> anyhow::Result<TcpListener> {
    let id = server.id();
    let known = tenant.store.agents().await?.into_iter().find(|agent| agent.enrolment.id == *id);
    let port = known.as_ref().and_then(|agent| agent.enrolment.url.rsplit(':').next()?.parse::<u16>().ok());
    // What was enrolled, and not an answer that never came to be installed.
    let print = known.map(|agent| agent.enrolment.fingerprint);
    let installed = enrol::load(config, &tenant.clock).ok().map(|at| at.certificate.fingerprint.to_string());
    if let Some(port) = port.filter(|_| installed.is_some() && installed == print)
        && let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await
    {
        return Ok(listener);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no port is free")?;
    let url = format!("https://127.0.0.1:{}", listener.local_addr()?.port()).parse()?;
    let install = |text: &str| match enrol::install(config, text, &tenant.clock) {
        Ok(_) => Ok(()),
        Err(error) => Err(std::io::Error::other(error.to_string())),
    };
    tenant.add_agent(id, &url, request, install).await?;
    Ok(listener)
}

fn agent(
    config: &Config,
    trust: crate::agent::gatekeeper::Trust,
    server: &SyncServer,
    clock: &Clock,
    random: &Random,
) -> anyhow::Result<Agent> {
    let server = Arc::new(server.clone());
    let parts = Parts {
        clock: clock.clone(),
        random: random.clone(),
        events: server.clone(),
        scripts: server.clone(),
        probe: server,
        record: Arc::new(crate::agent::record::LogOnly),
    };
    Ok(Agent::new(config.clone(), trust, parts)?)
}

/// The rules of a simulated server's administrators: the two changing commands are allowed, with one approval.
fn config(id: &AgentId, home: &Path) -> anyhow::Result<Config> {
    let mut config = Config::load(&home.join("agent.toml"))?;
    config.id = id.clone();
    config.read_only = false;
    config.commands = [catalog::ENABLE_PASSWORD_SYNC, catalog::ENABLE_FOREST_CHANNEL]
        .iter()
        .map(|id| id.parse())
        .collect::<Result<_, _>>()?;
    Ok(config)
}
