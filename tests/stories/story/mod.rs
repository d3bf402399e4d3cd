//! The harness. [`tell`] starts a local Discord, two simulated sync servers with the real agent in front of
//! each, a fresh database and the bot; runs the story on each database there is; and ends by checking that
//! nothing was left unread.
//!
//! - [`Story`] (here): how it begins and ends, and what it rests on
//! - [`people`]: what people do and see
//! - [`program`]: the bot started, stopped, killed
//! - [`agents`]: the agents started, killed
//! - [`time`]: the story's own time: it flows as real time does, and [`Story::pass`] makes it jump, in small steps, so
//!   that everything that is due happens on the way. Waits are for states, never for times.

mod agents;
mod people;
mod program;
mod time;

use std::collections::BTreeMap;

use syncmedic::agent::config::Config as AgentConfig;
use syncmedic::clock::{Clock, Hand};
use syncmedic::demo::discord::people::{
    APPROVALS, APPROVER_ROLE, GUILD, HELPDESK, LEE, REQUESTER_ROLE, STATUS,
};
use syncmedic::demo::discord::{Config as DiscordConfig, LocalDiscord};
use syncmedic::demo::simulator::scenario::{Scenario, servers};
use syncmedic::demo::simulator::{Pace, SyncServer};
use syncmedic::demo::site::Site;
use syncmedic::gate::{Request, State};
use syncmedic::ids::RequestId;
use syncmedic::random::Random;
use syncmedic::store::Store;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::databases::on_each_database;
use crate::openapi;
use program::{Running, read};

/// When stories begin: a Sunday night.
pub(crate) const START: &str = "2026-11-22T02:00:00Z";

/// How a story begins.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) scenario: Scenario,
    /// Changes to the bot's variables.
    pub(crate) env: BTreeMap<&'static str, String>,
    /// What each server's administrators decided.
    pub(crate) agents: fn(&mut AgentConfig),
    /// When the story begins.
    pub(crate) start: &'static str,
}

impl Setup {
    /// The flag is off; one approver is enough.
    pub(crate) fn new() -> Setup {
        Setup { scenario: Scenario::Unattended, env: BTreeMap::new(), agents: |_| {}, start: START }
    }

    pub(crate) fn scenario(mut self, scenario: Scenario) -> Setup {
        self.scenario = scenario;
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Setup {
        self.env.insert(name, value.into());
        self
    }

    pub(crate) fn start(mut self, at: &'static str) -> Setup {
        self.start = at;
        self
    }
}

/// A story under way.
pub(crate) struct Story {
    pub(crate) discord: LocalDiscord,
    pub(crate) site: Site,
    /// Where the agents run.
    machines: Runtime,
    rules: fn(&mut AgentConfig),
    pub(crate) clock: Clock,
    hand: Hand,
    env: BTreeMap<&'static str, String>,
    bot: Option<Running>,
    /// Living servers, the flow of time.
    tasks: Vec<JoinHandle<()>>,
    database: String,
    folder: tempfile::TempDir,
    skimmed: bool,
}

/// Tells a story, on SQLite and, where one is, on PostgreSQL.
pub(crate) fn tell(setup: Setup, story: impl AsyncFn(&mut Story)) {
    runtime().block_on(on_each_database(async |database| {
        let mut s = Story::begin(&setup, &database.url).await;
        story(&mut s).await;
        s.end().await;
    }));
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

impl Story {
    async fn begin(setup: &Setup, database: &str) -> Story {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, hand) = Clock::manual(setup.start.parse().expect("a time"));
        let random = Random::system();
        let discord = LocalDiscord::start(DiscordConfig::new(clock.clone(), random.clone()));
        let discord = discord.await.expect("the local Discord starts");
        let data = folder.path().join("bot");
        let mut env: BTreeMap<&'static str, String> = BTreeMap::from([
            ("DISCORD_TOKEN", discord.token().to_owned()),
            ("DISCORD_API_URL", discord.url()),
            ("DISCORD_GUILD_ID", GUILD.to_string()),
            ("ANSWER_CHANNEL_IDS", HELPDESK.to_string()),
            ("APPROVALS_CHANNEL_ID", APPROVALS.to_string()),
            ("STATUS_CHANNEL_ID", STATUS.to_string()),
            ("REQUESTER_ROLE_ID", REQUESTER_ROLE.to_string()),
            ("APPROVER_ROLE_ID", APPROVER_ROLE.to_string()),
            ("APPROVER_USERS", LEE.to_string()),
            ("TENANT", "contoso".to_owned()),
            ("DATA_DIR", data.display().to_string()),
            ("DATABASE_URL", database.to_owned()),
            // Stories jump in time; a poll that is under way must survive the jumps of a loaded machine. Servers
            // that are silent here refuse the connection, and are known to be so at once.
            ("POLL_DEADLINE", "300s".to_owned()),
        ]);
        env.extend(setup.env.clone());

        let servers = servers(setup.scenario, &clock, &random);
        let homes = folder.path().join("servers");
        let machines = runtime();
        let site = agents::start(&machines, servers, read(&env).base, &clock, homes, setup.agents).await;

        let mut tasks = vec![tokio::spawn(time::flow(hand.clone()))];
        for post in site.posts() {
            let server = post.server.clone();
            tasks.push(tokio::spawn(async move { server.live(Pace::REAL, std::future::pending()).await }));
        }
        let database = database.to_owned();
        let mut story = Story {
            discord,
            site,
            machines,
            rules: setup.agents,
            clock,
            hand,
            env,
            bot: None,
            tasks,
            database,
            folder,
            skimmed: false,
        };
        story.start_bot().await;
        story
    }

    /// Another connection to the bot's database.
    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.database, self.clock.clone(), "contoso").await.expect("the database opens")
    }

    /// Does something to the bot's database behind its back.
    pub(crate) async fn sql(&self, statement: &'static str) {
        use sqlx::{Connection as _, Executor as _};
        let mut connection = sqlx::AnyConnection::connect(&self.database).await.expect("the database opens");
        connection.execute(statement).await.expect("the database does it");
        connection.close().await.expect("the connection closes");
    }

    /// A simulated server.
    pub(crate) fn server(&self, id: &str) -> &SyncServer {
        &self.site.post_of(id).expect("there is such a server").server
    }

    /// How often `SYNC01` has run the command that switches password sync on.
    pub(crate) fn runs(&self) -> usize {
        self.server("SYNC01").console().iter().filter(|line| line.contains("Set-ADSync")).count()
    }

    /// Waits until the sweep that the bot begins with has been kept.
    pub(crate) async fn swept(&self) {
        let store = self.store().await;
        self.until("the first sweep", async || {
            let verdicts = store.last_verdicts().await.expect("readable");
            (verdicts.len() == self.site.posts().len()).then_some(())
        })
        .await;
    }

    /// The only request there is.
    pub(crate) async fn request(&self) -> Request {
        let store = self.store().await;
        let mut all = store.recent_requests(10).await.expect("requests can be read");
        assert_eq!(all.len(), 1, "one request");
        all.remove(0)
    }

    /// Lets time pass until the request is in that state.
    pub(crate) async fn until_state(&self, id: &RequestId, state: State) -> Request {
        let store = self.store().await;
        self.until(&format!("the request is {state}"), async || {
            let request = store.request(id).await.expect("readable").expect("is there");
            (request.state == state).then_some(request)
        })
        .await
    }

    /// Does not look at what is left unread: for stories whose point lies elsewhere.
    pub(crate) fn skim(&mut self) {
        self.skimmed = true;
    }

    async fn end(mut self) {
        if self.bot.is_some() {
            self.stop_bot().await;
        }
        for task in &self.tasks {
            task.abort();
        }
        if !self.skimmed {
            let unread: Vec<String> = self.discord.unread().iter().map(ToString::to_string).collect();
            assert!(unread.is_empty(), "left unread: {unread:#?}");
        }
        let violations = openapi::violations(&self.discord.requests());
        assert!(violations.is_empty(), "Discord would not take: {violations:#?}");
        let verification = self.store().await.verify(None).await.expect("the audit can be checked");
        assert!(verification.is_ok(), "the audit is whole: {verification:?}");
        self.site.stop().await;
        self.machines.shutdown_background();
        drop(self.folder);
    }
}
