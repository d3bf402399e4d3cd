//! A whole site: the bot's folder with its `.env`, a database file, two sync servers with enrolled agents, a chat.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serenity::model::id::{MessageId, UserId};
use syncmedic::clock::Clock;
use syncmedic::demo::discord::people::{
    APPROVALS, APPROVER_ROLE, DANA, GUILD, HELPDESK, LEE, REQUESTER_ROLE, STATUS,
};
use syncmedic::demo::discord::{Config, LocalDiscord, Shown};
use syncmedic::gate::{Request, State};
use syncmedic::random::Random;
use syncmedic::store::Store;

use crate::programs::{BOT, Ended, Program};
use crate::server::Server;
use crate::waiting::{until, until_async};

/// The tenant of every site.
const TENANT: &str = "contoso";

/// A site whose flag is off.
pub(crate) struct Site {
    // First, so that programs are killed before their folders go.
    bot: Option<Program>,
    pub(crate) active: Server,
    pub(crate) staging: Server,
    pub(crate) discord: LocalDiscord,
    folder: tempfile::TempDir,
}

impl Site {
    /// Sets everything up as an administrator does, with the programs alone, and starts the agents. The active server has
    /// a build that needs nobody at the keyboard.
    pub(crate) async fn new() -> Site {
        Site::with("2.6.3.0", "2.6.91.0", &[]).await
    }

    /// The same with other builds and changed variables.
    pub(crate) async fn with(active: &str, staging: &str, env: &[(&str, &str)]) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let logs = folder.path().join("logs");
        for name in ["logs", "bot"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        std::fs::write(folder.path().join("cloud-flag"), "false").expect("writes");
        let config = Config {
            token: "MTQ0.secret-token.of-the-bot".into(),
            ..Config::new(Clock::system(), Random::system())
        };
        let discord = LocalDiscord::start(config).await.expect("the local Discord starts");
        let active = Server::new(folder.path(), &logs, "SYNC01", active, false);
        let staging = Server::new(folder.path(), &logs, "STAGE01", staging, true);
        active.log_a_fault();
        let mut site = Site { bot: None, active, staging, discord, folder };
        site.write_env(env);
        for server in [&site.active, &site.staging] {
            site.enrol(server);
        }
        site.active.start();
        site.staging.start();
        site
    }

    fn enrol(&self, server: &Server) {
        let url = format!("https://127.0.0.1:{}", server.port);
        let (csr, bundle) = (server.path("agent.csr"), server.path("enrolment.toml"));
        let added =
            self.syncmedic(&["agents", "add", server.id, "--url", &url, "--csr", &csr, "--out", &bundle]);
        assert_eq!(added.code, Some(0), "{added:?}");
        // The words that it ends with are what comes next, but for the files' names.
        let next = "syncmedic-agent install --bundle FILE";
        assert!(added.err.contains(next), "{added:?}");
        let config = server.path("agent.toml");
        let installed = server.agent_says(&["install", "--config", &config, "--bundle", &bundle]);
        assert_eq!(installed.code, Some(0), "{installed:?}");
    }

    /// The bot's folder, in which its commands are typed.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("bot")
    }

    fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// Writes `.env`: the example with every default spelt out, the blanks filled in, and `changes`.
    pub(crate) fn write_env(&self, changes: &[(&str, &str)]) {
        let mut values = BTreeMap::from([
            ("DISCORD_TOKEN", self.discord.token().to_owned()),
            ("DISCORD_API_URL", self.discord.url()),
            ("DISCORD_GUILD_ID", GUILD.to_string()),
            ("ANSWER_CHANNEL_IDS", HELPDESK.to_string()),
            ("APPROVALS_CHANNEL_ID", APPROVALS.to_string()),
            ("STATUS_CHANNEL_ID", STATUS.to_string()),
            ("REQUESTER_ROLE_ID", REQUESTER_ROLE.to_string()),
            ("APPROVER_ROLE_ID", APPROVER_ROLE.to_string()),
            ("APPROVER_USERS", LEE.to_string()),
            ("TENANT", TENANT.to_owned()),
            ("POLL_INTERVAL", "1s".to_owned()),
            // Many programs run at once here.
            ("POLL_DEADLINE", "10s".to_owned()),
            ("APPROVE_WITHIN", "90s".to_owned()),
            ("RUN_WITHIN", "90s".to_owned()),
            ("VERIFY_WITHIN", "90s".to_owned()),
            ("LOG_FILTER", "trace".to_owned()),
        ]);
        values.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let mut text = String::new();
        for line in include_str!("../../.env.example").lines() {
            let setting = line.strip_prefix('#').unwrap_or(line);
            let line = match setting
                .split_once('=')
                .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            {
                Some((name, default)) => match values.remove(name) {
                    Some(value) => format!("{name}={value}"),
                    None => format!("{name}={default}"),
                },
                None => line.to_owned(),
            };
            text.push_str(&line);
            text.push('\n');
        }
        assert!(values.is_empty(), "not in .env.example: {values:?}");
        let path = self.home().join(".env");
        std::fs::write(&path, text).expect("writes");
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("chmod");
    }

    /// Types a command in the bot's folder.
    pub(crate) fn syncmedic(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).ended()
    }

    /// Starts a command in the bot's folder.
    pub(crate) fn start(&self, arguments: &[&str]) -> Program {
        Program::start(BOT, arguments, &self.home(), &[("NO_COLOR", "1")], &self.logs())
    }

    /// Starts `syncmedic run` and waits until it is online.
    pub(crate) async fn start_bot(&mut self) {
        let mut bot = self.start(&["run"]);
        bot.says("connected to the gateway");
        self.discord.online(true).await.expect("the bot comes online");
        self.bot = Some(bot);
    }

    /// The bot's process, taken from the site.
    pub(crate) fn take_bot(&mut self) -> Program {
        self.bot.take().expect("the bot runs")
    }

    /// The process is the site's bot from now on.
    pub(crate) fn resume_with(&mut self, bot: Program) {
        self.bot = Some(bot);
    }

    /// `kill -9`, and a start at once, as systemd's `Restart=always` makes it.
    pub(crate) async fn kill_and_restart_bot(&mut self) {
        self.take_bot().kill();
        self.discord.online(false).await.expect("the bot goes offline");
        self.start_bot().await;
    }

    /// Another connection to the bot's database.
    pub(crate) async fn store(&self) -> Store {
        let url = format!("sqlite://{}", self.home().join("data/syncmedic.sqlite").display());
        Store::open(&url, Clock::system(), TENANT).await.expect("the database opens")
    }

    /// Waits until the one request there is has reached a state.
    pub(crate) async fn reaches(&self, state: State) -> Request {
        let store = self.store().await;
        let reached = until_async(&format!("the request is {state}"), async || {
            let mut all = store.recent_requests(10).await.expect("requests can be read");
            assert_eq!(all.len(), 1, "one request");
            all.pop().filter(|request| request.state == state)
        })
        .await;
        store.close().await;
        reached
    }

    /// Dana asks, presses "Request enablement" and gives a reason; the approval card.
    pub(crate) async fn request(&self) -> Shown {
        let options = serde_json::json!({ "problem": "users can't sign in" });
        let asked = self.discord.slash(DANA, HELPDESK, "signin", options).expect("can ask");
        let answer = self.discord.reply(asked).await.expect("the bot replies").message().expect("a message");
        let offered = |shown: &Shown| shown.button("Request enablement").is_some();
        // Once more when fresh state has come.
        let answer = self.discord.updated(answer.id, offered).await.expect("an offer stands");
        let pressed = self.discord.click(DANA, answer.id, "Request enablement").expect("the button is there");
        let form = self.discord.reply(pressed).await.expect("the bot replies").modal().expect("a form");
        let input = form.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        self.discord.submit(DANA, &[(&input, "users can't sign in since tonight")]).expect("can be sent");
        self.discord.next_message(APPROVALS, |_| true).await.expect("an approval card")
    }

    /// Presses a button of a card.
    pub(crate) async fn press(&self, who: UserId, card: MessageId, button: &str) {
        let pressed =
            self.discord.click(who, card, button).unwrap_or_else(|error| panic!("{button}: {error}"));
        self.discord.acknowledged(pressed).await.expect("the click is acknowledged");
    }

    /// Waits until a card says something.
    pub(crate) async fn says(&self, card: MessageId, words: &str) -> Shown {
        self.discord.updated(card, |shown| shown.text().contains(words)).await.expect(words)
    }

    /// Ends everything that runs, cleanly, and searches everything that was printed or sent for secrets.
    pub(crate) fn end(mut self) {
        let agents = [&mut self.active, &mut self.staging].map(Server::take_agent);
        let programs = self.bot.take().into_iter().chain(agents);
        for program in programs {
            let (ended, took) = program.terminate();
            assert_eq!(ended.code, Some(0), "it ends cleanly: {}", ended.err);
            assert!(took.as_secs() < 8, "it ends at once, not after {took:?}");
        }
        self.no_secret_was_printed();
    }

    fn no_secret_was_printed(&self) {
        let mut printed: Vec<(String, String)> = Vec::new();
        let mut logs: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(self.logs()).expect("a folder") {
            logs.push(entry.expect("an entry").path());
        }
        for path in logs {
            printed.push((path.display().to_string(), std::fs::read_to_string(&path).expect("text")));
        }
        let log = printed.iter().map(|(_, text)| text.len()).sum::<usize>();
        assert!(log > 1000, "there is something to search");
        let sent = self.discord.requests();
        printed.extend(sent.iter().map(|request| (request.path.clone(), format!("{:?}", request.body))));

        let mut secrets = BTreeSet::from([self.discord.token().to_owned()]);
        let keys = self.home().join("data/keys");
        let agent_key = |server: &Server| server.home.join("data/agent.key");
        let files = ["ca.key", "bot.key", "grant.key"].map(|name| keys.join(name));
        for file in files.into_iter().chain([agent_key(&self.active), agent_key(&self.staging)]) {
            let text = std::fs::read_to_string(&file).expect("a key");
            let lines = text.lines().filter(|line| line.len() > 20 && !line.starts_with("-----"));
            secrets.extend(lines.map(str::to_owned));
        }
        assert!(secrets.len() >= 6, "every key was found");
        // Who has an interaction's token can answer in the bot's place.
        let token = |path: &str| {
            let mut parts = path.split('/').skip_while(|part| !matches!(*part, "interactions" | "webhooks"));
            parts.nth(2).map(str::to_owned)
        };
        let tokens: BTreeSet<String> = sent.iter().filter_map(|request| token(&request.path)).collect();
        assert_eq!(tokens.is_empty(), !sent.iter().any(|request| request.path.ends_with("/callback")));
        secrets.extend(tokens);
        for (place, text) in &printed {
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "{secret} can be read in {place}");
            }
        }
        let private = printed.iter().find(|(_, text)| text.contains("PRIVATE KEY"));
        assert_eq!(private.map(|(place, _)| place), None);
    }
}

/// The tenant's flag, as the cloud has it.
pub(crate) fn flag_is_on(site: &Site) {
    let path = site.folder.path().join("cloud-flag");
    until("the flag is on", || (std::fs::read_to_string(&path).ok()? == "true").then_some(()));
}
