//! What lets Syncmedic run, and be tested, without accounts and servers.
//!
//! - [`discord`]: a local server that speaks Discord's API and gateway
//! - `page/`: the page that shows it, as plain HTML, CSS and JavaScript
//! - [`simulator`]: simulated sync servers; [`site`]: the real agent in front of each
//! - [`consoles`]: those servers' consoles, on the page
//! - [`run`] (here): `syncmedic demo`, all of it together

pub mod consoles;
pub mod discord;
pub mod simulator;
pub mod site;

use std::collections::BTreeMap;
use std::fs::File;
use std::future::Future;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use serde_json::json;
use tokio::task::JoinSet;

use crate::bot;
use crate::clock::Clock;
use crate::config::Config;
use crate::discord::rest::Rest;
use crate::random::Random;
use crate::tenant::Tenant;
use consoles::SiteConsoles;
use discord::people::{APPROVALS, APPROVER_ROLE, GUILD, HELPDESK, LEE, REQUESTER_ROLE, STATUS};
use discord::{LocalDiscord, Recorded};
use simulator::Pace;
use simulator::scenario::{Scenario, servers};
use site::Site;

/// How the demo starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The situation it shows.
    pub scenario: Scenario,
    /// The page's port; 0 takes any free one.
    pub port: u16,
    /// Where its state is kept; a temporary folder if absent.
    pub data: Option<PathBuf>,
    /// Where every REST request of the bot's is written, as JSON lines.
    pub record: Option<PathBuf>,
}

/// Runs the demo until `shutdown` ends: a local Discord with its page, two simulated sync servers with the
/// real agent in front of each, and the bot. `ready` is told the page's address once the bot is online.
///
/// # Errors
/// Which part can't start, and why.
pub async fn run(
    options: Options,
    ready: impl FnOnce(&str),
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (clock, random) = (Clock::system(), Random::system());
    let temporary = match &options.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("syncmedic-demo-").tempdir()?),
    };
    let folder = match (&options.data, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(folder)) => folder.path().to_owned(),
        (None, None) => unreachable!("one of the two was made above"),
    };
    let local = discord::Config { port: options.port, ..discord::Config::new(clock.clone(), random.clone()) };
    let local = LocalDiscord::start(local).await?;
    if let Some(path) = &options.record {
        record(&local, path)?;
    }

    let config = config(&local, &folder)?;
    let tenant = Tenant::open(&config.base, &clock, &random).await?;
    let servers = servers(options.scenario, &clock, &random);
    let quick = |config: &mut crate::agent::config::Config| config.state_interval_seconds = 5;
    let site = Arc::new(Site::start(servers, &tenant, &folder.join("servers"), quick).await?);
    tenant.store.close().await;
    local.plug_consoles(SiteConsoles(site.clone()));
    let local = Arc::new(local);
    let mut living = JoinSet::new();
    for post in site.posts() {
        let server = post.server.clone();
        living.spawn(async move { server.live(Pace::DEMO, std::future::pending()).await });
        let (mut changes, page) = (post.server.subscribe(), local.clone());
        living.spawn(async move {
            while changes.changed().await.is_ok() {
                page.touch();
            }
        });
    }

    let rest = Rest::new(config.discord.token.clone(), config.discord.api.clone(), clock.clone())?;
    let address = local.url();
    let running = bot::run(config, rest, clock, random, shutdown);
    // Whoever reads the address may click at once: first the bot must be there to answer.
    let announce = async {
        if local.online(true).await.is_err() {
            tracing::warn!("the bot has not come online yet");
        }
        ready(&address);
    };
    tokio::pin!(running);
    tokio::select! {
        // If both are done, an end that was asked for early is not announced as a beginning.
        biased;
        ended = &mut running => return ended,
        () = announce => {}
    }
    running.await
}

/// The bot's configuration in the demo: what `.env` would hold.
fn config(local: &LocalDiscord, folder: &Path) -> anyhow::Result<Config> {
    let env: BTreeMap<&str, String> = BTreeMap::from([
        ("DISCORD_TOKEN", local.token().to_owned()),
        ("DISCORD_API_URL", local.url()),
        ("DISCORD_GUILD_ID", GUILD.to_string()),
        ("ANSWER_CHANNEL_IDS", HELPDESK.to_string()),
        ("APPROVALS_CHANNEL_ID", APPROVALS.to_string()),
        ("STATUS_CHANNEL_ID", STATUS.to_string()),
        ("REQUESTER_ROLE_ID", REQUESTER_ROLE.to_string()),
        ("APPROVER_ROLE_ID", APPROVER_ROLE.to_string()),
        ("APPROVER_USERS", LEE.to_string()),
        ("TENANT", "contoso (demo)".to_owned()),
        ("DATA_DIR", folder.join("bot").display().to_string()),
        // Nobody at a demo waits a minute.
        ("POLL_INTERVAL", "2s".to_owned()),
    ]);
    Ok(Config::read(&|name| env.get(name).cloned())?)
}

/// Writes each request as a JSON line. The local Discord's tokens open nothing elsewhere.
fn record(local: &LocalDiscord, path: &Path) -> anyhow::Result<()> {
    let file =
        File::create(path).with_context(|| format!("--record: {} can't be written", path.display()))?;
    let file = Mutex::new(file);
    local.on_request(move |request: &Recorded| {
        let path = match request.query.as_str() {
            "" => format!("/api/v10{}", request.path),
            query => format!("/api/v10{}?{query}", request.path),
        };
        let line =
            json!({ "method": request.method, "path": path, "body": request.body, "status": request.status });
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writeln!(file, "{line}") {
            tracing::error!(%error, "a request could not be recorded");
        }
    });
    Ok(())
}
