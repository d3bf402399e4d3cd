//! `syncmedic agents`: enrol, list, remove.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use syncmedic::clock::Clock;
use syncmedic::config::Base;
use syncmedic::fleet::Fleet;
use syncmedic::ids::AgentId;
use syncmedic::link::client::AgentUrl;
use syncmedic::link::identity::Identity;
use syncmedic::random::Random;
use syncmedic::store::Entry;
use syncmedic::tenant::{AddError, KEYS};

use super::{DATA, env, exit, store, tenant};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Enrol an agent: sign its certificate request and print what to carry back to its server.
    Add {
        /// The agent's id, such as SYNC01.
        id: AgentId,
        /// Where it listens: https://host:port
        #[arg(long)]
        url: AgentUrl,
        /// The certificate request that `syncmedic-agent init` made (data/agent.csr).
        #[arg(long, value_name = "FILE")]
        csr: PathBuf,
        /// Where to write the answer, instead of printing it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// List the enrolled agents, and whether they answer.
    List,
    /// Give the bot a new certificate. Agents need nothing; restart the bot to use it.
    Renew,
    /// Remove an agent and revoke its certificate.
    Remove {
        /// The agent's id.
        id: AgentId,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add { id, url, csr, out } => add(id, url, csr, out).await,
        Command::List => list().await,
        Command::Renew => renew().await,
        Command::Remove { id } => remove(id).await,
    }
}

async fn add(id: AgentId, url: AgentUrl, csr: PathBuf, out: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let request = std::fs::read_to_string(&csr)
        .map_err(|error| exit(DATA, format!("{} can't be read: {error}", csr.display())))?;
    let (_, tenant) = tenant().await?;
    let write = |text: &str| match &out {
        Some(path) => std::fs::write(path, text),
        None => std::io::stdout().write_all(text.as_bytes()),
    };
    let added = match tenant.add_agent(&id, &url, &request, write).await {
        Err(error @ AddError::Request(_)) => {
            return Err(exit(DATA, format!("{}: {error}", csr.display())));
        }
        other => other?,
    };
    eprintln!(
        "{id} is enrolled (generation {}, until {}). Carry the answer to its server and run there:\n  \
         syncmedic-agent install --bundle FILE\nNothing in it is secret.",
        added.generation,
        added.enrolment.not_after.strftime("%Y-%m-%d")
    );
    Ok(ExitCode::SUCCESS)
}

async fn list() -> anyhow::Result<ExitCode> {
    let (base, tenant) = tenant().await?;
    let agents = tenant.store.agents().await?;
    if agents.is_empty() {
        println!(
            "No agent is enrolled. On a sync server run `syncmedic-agent init`, then here `syncmedic agents add`."
        );
    }
    let fleet: &Fleet = &tenant.fleet;
    let seen = fleet.poll(base.poll_deadline).await;
    for agent in agents {
        let id = &agent.enrolment.id;
        let seen = seen.iter().find(|seen| seen.agent == *id);
        let answer = match seen.map(|seen| &seen.silence) {
            Some(None) => "answers".to_owned(),
            Some(Some(silence)) => format!("silent ({}): {}", silence.code, silence.why),
            None => "not asked".to_owned(),
        };
        println!(
            "{id}  generation {}  {}  certificate until {}  {answer}",
            agent.generation,
            agent.enrolment.url,
            agent.enrolment.not_after.strftime("%Y-%m-%d"),
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn remove(id: AgentId) -> anyhow::Result<ExitCode> {
    let (_, tenant) = tenant().await?;
    let mut write = tenant.store.write().await?;
    if !write.remove_agent(&id, None).await? {
        return Err(exit(DATA, format!("{id} is not enrolled: see `syncmedic agents list`")));
    }
    write.commit().await?;
    println!("{id} is removed and its certificate revoked. A running bot follows within one sweep.");
    Ok(ExitCode::SUCCESS)
}

async fn renew() -> anyhow::Result<ExitCode> {
    let base = Base::read(&env)?;
    let mut identity = Identity::open(&base.data_dir.join(KEYS))?;
    let store = store().await?;
    let mut write = store.write().await?;
    let body = serde_json::json!({ "before": identity.bot_info().serial.to_string() });
    write.audit(Entry { kind: "bot-certificate-renewed", request: None, actor: None, body }).await?;
    identity.renew_bot(Clock::system().now(), &Random::system())?;
    write.commit().await?;
    println!(
        "The bot has a new certificate, good until {}. Restart the bot to use it.",
        identity.bot_info().not_after.strftime("%Y-%m-%d")
    );
    Ok(ExitCode::SUCCESS)
}
