//! The harness. [`tell`] starts a local Discord, two simulated sync servers with the real agent in front of
//! each, a fresh database and the bot; runs the story on each database there is; and ends by checking that
//! nothing was left unread.
//!
//! Time is the story's own: it flows as real time does, and [`Story::pass`] makes it jump, in small steps, so
//! that everything that is due happens on the way. Waits are for states, never for times.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serenity::model::id::{ChannelId, InteractionId, MessageId, RoleId, UserId};
use syncmedic::bot;
use syncmedic::clock::{Clock, Hand};
use syncmedic::config::Config;
use syncmedic::demo::discord::people::{
    APPROVALS, APPROVER_ROLE, BOT, DANA, GUILD, HELPDESK, LEE, REQUESTER_ROLE, STATUS,
};
use syncmedic::demo::discord::{Config as DiscordConfig, LocalDiscord, Shown};
use syncmedic::demo::simulator::scenario::{Scenario, servers};
use syncmedic::demo::simulator::{Pace, SyncServer};
use syncmedic::demo::site::Site;
use syncmedic::discord::rest::Rest;
use syncmedic::gate::{Request, State};
use syncmedic::ids::RequestId;
use syncmedic::random::Random;
use syncmedic::store::Store;
use syncmedic::tenant::Tenant;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::openapi;

/// When stories begin: a Sunday night.
pub(crate) const START: &str = "2026-11-22T02:00:00Z";

/// How a story begins.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) scenario: Scenario,
    /// Changes to the bot's variables.
    pub(crate) env: BTreeMap<&'static str, String>,
    /// What each server's administrators decided.
    pub(crate) agents: fn(&mut syncmedic::agent::config::Config),
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

/// The bot, in a runtime of its own: a kill takes everything of it at once, as `kill -9` does.
struct Running {
    runtime: Runtime,
    task: JoinHandle<anyhow::Result<()>>,
    stop: oneshot::Sender<()>,
}

/// Tells a story, on SQLite and, where one is, on PostgreSQL.
pub(crate) fn tell(setup: Setup, story: impl AsyncFn(&mut Story)) {
    let runtime = runtime();
    runtime.block_on(async {
        for database in databases().await {
            let mut s = Story::begin(&setup, database).await;
            story(&mut s).await;
            s.end().await;
        }
    });
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A fresh database of each kind; `None` is an SQLite file in the story's folder.
async fn databases() -> Vec<Option<String>> {
    let mut all = vec![None];
    let required = std::env::var("SYNCMEDIC_REQUIRE").is_ok_and(|what| what.contains("postgres"));
    match std::env::var("SYNCMEDIC_TEST_POSTGRES") {
        Ok(url) => all.push(Some(fresh_postgres(&url).await)),
        Err(_) => {
            assert!(!required, "SYNCMEDIC_REQUIRE asks for postgres, SYNCMEDIC_TEST_POSTGRES is not set")
        }
    }
    all
}

async fn fresh_postgres(url: &str) -> String {
    use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
    let name = format!("story_{}", Random::system().id());
    let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL answers");
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a new database");
    let (server, _) = url.rsplit_once('/').expect("an address with a database");
    format!("{server}/{name}")
}

impl Story {
    async fn begin(setup: &Setup, database: Option<String>) -> Story {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, hand) = Clock::manual(setup.start.parse().expect("a time"));
        let random = Random::system();
        let discord = LocalDiscord::start(DiscordConfig::new(clock.clone(), random.clone()));
        let discord = discord.await.expect("the local Discord starts");
        let data = folder.path().join("bot");
        let sqlite = || format!("sqlite://{}", data.join("story.sqlite").display());
        let database = database.unwrap_or_else(sqlite);
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
            ("DATABASE_URL", database.clone()),
            // Stories jump in time; a poll that is under way must survive a jump.
            ("POLL_DEADLINE", "20s".to_owned()),
        ]);
        env.extend(setup.env.clone());

        let config = read(&env);
        let servers = servers(setup.scenario, &clock, &random);
        let tenant = Tenant::open(&config.base, &clock, &random).await.expect("the tenant opens");
        let homes = folder.path().join("servers");
        let site = Site::start(servers, &tenant, &homes, setup.agents);
        let site = site.await.expect("the agents start");
        tenant.store.close().await;

        let mut tasks = vec![tokio::spawn(flow(hand.clone()))];
        for post in site.posts() {
            let server = post.server.clone();
            tasks.push(tokio::spawn(async move { server.live(Pace::REAL, std::future::pending()).await }));
        }
        let mut story =
            Story { discord, site, clock, hand, env, bot: None, tasks, database, folder, skimmed: false };
        story.start_bot().await;
        story
    }

    /// Starts the bot and waits until it is online.
    pub(crate) async fn start_bot(&mut self) {
        self.launch_bot();
        self.discord.online(true).await.expect("the bot comes online");
    }

    /// Starts the bot, whatever becomes of it.
    pub(crate) fn launch_bot(&mut self) {
        let config = read(&self.env);
        let (clock, random) = (self.clock.clone(), Random::system());
        let rest = Rest::new(config.discord.token.clone(), config.discord.api.clone(), clock.clone());
        let rest = rest.expect("the REST client can be made");
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let runtime = runtime();
        let task = runtime.spawn(bot::run(config, rest, clock, random, shutdown));
        self.bot = Some(Running { runtime, task, stop });
    }

    /// Starts a second bot on the same database; returns why it did not start.
    pub(crate) async fn second_bot(&self) -> anyhow::Error {
        let config = read(&self.env);
        let rest = Rest::new(config.discord.token.clone(), config.discord.api.clone(), self.clock.clone());
        let rest = rest.expect("the REST client can be made");
        let second = bot::run(config, rest, self.clock.clone(), Random::system(), std::future::pending());
        second.await.expect_err("a second bot on one database is refused")
    }

    /// Changes one of the bot's variables for its next start.
    pub(crate) fn set_env(&mut self, name: &'static str, value: &str) {
        self.env.insert(name, value.to_owned());
    }

    /// Stops the bot as Ctrl-C does.
    pub(crate) async fn stop_bot(&mut self) {
        let Running { runtime, task, stop } = self.bot.take().expect("the bot runs");
        let _ = stop.send(());
        let ended = task.await.expect("the bot does not panic");
        runtime.shutdown_background();
        ended.expect("the bot stops cleanly");
    }

    /// Kills the bot wherever it is; its lease runs out by time.
    pub(crate) async fn kill_bot(&mut self) {
        self.bot.take().expect("the bot runs").runtime.shutdown_background();
        self.discord.online(false).await.expect("the bot goes offline");
    }

    /// How the bot ended by itself.
    pub(crate) async fn bot_ended(&mut self) -> anyhow::Result<()> {
        // A dropped `stop` would stop it.
        let Running { runtime, task, stop: _stop } = self.bot.take().expect("the bot runs");
        let ended = task.await.expect("the bot does not panic");
        runtime.shutdown_background();
        ended
    }

    /// Another connection to the bot's database.
    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.database, self.clock.clone(), "contoso").await.expect("the database opens")
    }

    /// A simulated server.
    pub(crate) fn server(&self, id: &str) -> &SyncServer {
        &self.site.post_of(id).expect("there is such a server").server
    }

    /// Lets time pass in small steps.
    pub(crate) async fn pass(&self, time: Duration) {
        const STEP: Duration = Duration::from_secs(5);
        let mut left = time;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.hand.advance(step);
            left -= step;
            self.breathe().await;
        }
    }

    /// Lets time pass until that moment.
    pub(crate) async fn pass_until(&self, at: &str) {
        let at: Timestamp = at.parse().expect("a time");
        self.pass(Duration::try_from(at.duration_since(self.now())).expect("it is still to come")).await;
    }

    /// Lets hours pass in which nobody does anything but the servers: for a bot that is down.
    pub(crate) async fn leap(&self, time: Duration) {
        const STEP: Duration = Duration::from_secs(600);
        let mut left = time;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.hand.advance(step);
            left -= step;
            self.breathe().await;
        }
    }

    /// What the bot says in a channel, oldest first.
    pub(crate) fn posts(&self, channel: ChannelId) -> Vec<Shown> {
        let all = self.discord.messages(channel, DANA);
        all.into_iter().filter(|message| message.author == BOT).collect()
    }

    /// Lets time pass until the bot's newest message in a channel says something.
    pub(crate) async fn post_says(&self, channel: ChannelId, words: &str) -> Shown {
        self.until(&format!("a message says {words:?}"), async || {
            self.posts(channel).pop().filter(|message| message.text().contains(words))
        })
        .await
    }

    /// Does something to the bot's database behind its back.
    pub(crate) async fn sql(&self, statement: &'static str) {
        use sqlx::{Connection as _, Executor as _};
        let mut connection = sqlx::AnyConnection::connect(&self.database).await.expect("the database opens");
        connection.execute(statement).await.expect("the database does it");
        connection.close().await.expect("the connection closes");
    }

    /// Lets time pass until something is so; gives up after three hours of the story's time.
    pub(crate) async fn until<T>(&self, what: &str, mut is: impl AsyncFnMut() -> Option<T>) -> T {
        for _ in 0..(3 * 3600 / 5) {
            if let Some(found) = is().await {
                return found;
            }
            self.pass(Duration::from_secs(5)).await;
        }
        panic!("in vain: {what}; unread: {:?}", self.discord.unread());
    }

    /// Gives everybody a moment of real time to do what is due.
    async fn breathe(&self) {
        tokio::time::sleep(Duration::from_millis(15)).await;
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

    /// Asks as somebody in #helpdesk, and returns the answer.
    pub(crate) async fn ask(&self, who: UserId, problem: &str) -> Shown {
        let options = serde_json::json!({ "problem": problem });
        let asked = self.discord.slash(who, HELPDESK, "signin", options).expect("can ask");
        self.answer(asked).await
    }

    /// The message that answers an interaction.
    pub(crate) async fn answer(&self, interaction: InteractionId) -> Shown {
        let reply = self.discord.reply(interaction).await.expect("the bot replies");
        reply.clone().message().unwrap_or_else(|| panic!("a message, not {reply:?}"))
    }

    /// Dana asks, sees the offer, and requests the enablement; returns the approval card.
    pub(crate) async fn request_enablement(&self) -> Shown {
        let answer = self.ask(DANA, "users can't sign in").await;
        self.press_request(answer.id, "users can't sign in since tonight").await;
        self.card().await
    }

    /// Presses "Request enablement" as Dana and gives a reason; reads the private confirmation.
    pub(crate) async fn press_request(&self, message: MessageId, reason: &str) -> Shown {
        let pressed = self.discord.click(DANA, message, "Request enablement").expect("the button is there");
        let modal = self.discord.reply(pressed).await.expect("the bot replies").modal();
        let modal = modal.expect("a form asks for the reason");
        let input = modal.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        let sent = self.discord.submit(DANA, &[(&input, reason)]).expect("the form can be sent");
        self.answer(sent).await
    }

    /// The approval card as it is when it appears.
    pub(crate) async fn card(&self) -> Shown {
        self.discord.next_message(APPROVALS, |_| true).await.expect("an approval card appears")
    }

    /// Lets time pass until the card says something.
    pub(crate) async fn card_says(&self, card: MessageId, words: &str) -> Shown {
        self.until(&format!("the card says {words:?}"), async || {
            let shown = self.discord.message(card)?;
            shown.text().contains(words).then_some(shown)
        })
        .await
    }

    /// Lee presses a button of the card.
    pub(crate) async fn press(&self, who: UserId, card: MessageId, button: &str) -> InteractionId {
        let pressed =
            self.discord.click(who, card, button).unwrap_or_else(|error| panic!("{button}: {error}"));
        // Time may jump only after this: Discord gives three seconds.
        self.discord.acknowledged(pressed).await.expect("the click is acknowledged");
        pressed
    }

    /// Lets time pass until an interaction is answered: for answers that wait for a silent server.
    pub(crate) async fn until_answer(&self, interaction: InteractionId) -> Shown {
        let reply = self.discord.reply(interaction);
        tokio::pin!(reply);
        loop {
            tokio::select! {
                reply = &mut reply => {
                    let reply = reply.expect("the bot replies");
                    return reply.clone().message().unwrap_or_else(|| panic!("a message, not {reply:?}"));
                }
                () = self.pass(Duration::from_secs(1)) => {}
            }
        }
    }

    /// Fills in the form that asks why a request is denied.
    pub(crate) async fn deny(&self, who: UserId, why: &str) {
        let form = self.discord.modal_of(who);
        let form = match form {
            Some(form) => form,
            None => panic!("a form asks why; unread: {:?}", self.discord.unread()),
        };
        let input = form.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        let sent = self.discord.submit(who, &[(&input, why)]).expect("the form can be sent");
        self.discord.acknowledged(sent).await.expect("the form is acknowledged");
    }

    /// Kills the bot and starts it anew once its lease has run out.
    pub(crate) async fn restart_after_kill(&mut self) {
        self.kill_bot().await;
        self.pass(Duration::from_secs(61)).await;
        self.start_bot().await;
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

    /// Waits until the requester is told how it ended.
    pub(crate) async fn told(&self, words: &str) -> Shown {
        let told = self.discord.next_message(HELPDESK, |m| m.text().contains(words)).await;
        let told = told.expect("the requester is told");
        assert_eq!(told.pings.users, [DANA].into(), "exactly the requester is pinged");
        told
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
        drop(self.folder);
    }

    /// The story's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Gives or takes a role.
    pub(crate) fn take_role(&self, who: UserId, role: RoleId) {
        self.discord.take_role(who, role);
    }
}

/// Time flows as in life, so that short waits end by themselves.
async fn flow(hand: Hand) {
    const BEAT: Duration = Duration::from_millis(10);
    loop {
        tokio::time::sleep(BEAT).await;
        hand.advance(BEAT);
    }
}

fn read(env: &BTreeMap<&'static str, String>) -> Config {
    Config::read(&|name| env.get(name).cloned()).expect("the story's configuration is whole")
}
