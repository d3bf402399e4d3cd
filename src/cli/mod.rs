//! What can be typed: one file a family of commands. Exit codes follow `sysexits`: 64 for a wrong command
//! line, 65 for bad input, 75 for "try again later", 78 for a fault in the configuration.

mod agents;
mod ask;
mod audit;
mod diagnose;
mod doctor;
mod run;
mod triage;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use syncmedic::clock::Clock;
use syncmedic::config::{Base, ConfigError, Logging};
use syncmedic::diagnosis::KnowledgeError;
use syncmedic::discord::rest::RestError;
use syncmedic::link::identity::IdentityError;
use syncmedic::random::Random;
use syncmedic::schedule::ScheduleError;
use syncmedic::store::{DatabaseUrl, Store, StoreError};
use syncmedic::tenant::Tenant;
use tracing_subscriber::EnvFilter;

/// A first responder for Microsoft Entra password hash sync, living in a team's Discord.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the bot, configured by environment variables and .env.
    Run,
    /// Try everything with no accounts and no servers.
    Demo(run::DemoArgs),
    /// Check the configuration, Discord, the database, the agents, certificates and clocks.
    Doctor,
    /// Ask in the terminal what is wrong: the same answer as in Discord, without Discord.
    Ask(ask::Args),
    /// Diagnose event logs from files, without Discord, servers or configuration.
    Diagnose(diagnose::Args),
    /// Say what questions are about, one a line: intent, hypothesis, scope, codes, and the words that decided.
    Triage(triage::Args),
    /// Enrol, list and remove the agents on the sync servers; renew the bot's own certificate.
    #[command(subcommand)]
    Agents(agents::Command),
    /// Read, export and verify the audit.
    #[command(subcommand)]
    Audit(audit::Command),
}

/// A wrong command line.
const USAGE: u8 = 64;
/// Bad input.
const DATA: u8 = 65;
/// Try again later.
const LATER: u8 = 75;
/// A fault in the configuration.
const CONFIG: u8 = 78;

/// Something that ends the program with an exit code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Exit {
    code: u8,
    text: String,
}

fn exit(code: u8, text: impl Into<String>) -> anyhow::Error {
    Exit { code, text: text.into() }.into()
}

/// Reads the command line and runs what it says.
pub(crate) fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            // Nothing is left to be done if the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match start(args.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("syncmedic: {error:#}");
            ExitCode::from(code(&error))
        }
    }
}

fn start(command: Command) -> anyhow::Result<ExitCode> {
    // These read nothing but what they are given: no fault of a bot's configuration can end them.
    let bare = matches!(command, Command::Diagnose(_) | Command::Triage(_));
    // A missing .env is no fault: the environment may hold everything.
    match if bare { Ok(Default::default()) } else { dotenvy::dotenv() } {
        Err(error) if !error.not_found() => return Err(exit(CONFIG, env_file_fault(&error))),
        _ => {}
    }
    let mut logging = match Logging::read(&env) {
        _ if bare => Logging::default(),
        // These read everything, and tell every fault at once.
        Err(_) if matches!(command, Command::Run | Command::Doctor) => Logging::default(),
        read => read?,
    };
    if matches!(command, Command::Demo(_)) && env("LOG_FILTER").is_none() {
        // Whoever tries the demo reads what it prints, not what it logs.
        logging.filter = "warn".into();
    }
    init_logging(&logging)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Run => run::run().await,
            Command::Demo(args) => run::demo(args).await,
            Command::Doctor => doctor::run().await,
            Command::Ask(args) => ask::run(args).await,
            Command::Diagnose(args) => diagnose::run(&args),
            Command::Triage(args) => triage::run(&args),
            Command::Agents(command) => agents::run(command).await,
            Command::Audit(command) => audit::run(command).await,
        }
    })
}

/// What is wrong with `.env`, without repeating a line: it may hold the token.
fn env_file_fault(error: &dotenvy::Error) -> String {
    let dotenvy::Error::LineParse(text, _) = error else {
        return format!(".env can't be read: {error}");
    };
    let lines = std::fs::read_to_string(".env").unwrap_or_default();
    let number = lines.lines().position(|line| line.contains(text.as_str()));
    let place =
        number.map_or_else(|| "a line of .env".to_owned(), |number| format!(".env, line {},", number + 1));
    format!("{place} can't be read: put a value with a space, a quote, # or $ between 'single quotes'")
}

fn code(error: &anyhow::Error) -> u8 {
    if let Some(exit) = error.downcast_ref::<Exit>() {
        return exit.code;
    }
    if error.is::<ConfigError>() {
        return CONFIG;
    }
    if error.is::<ScheduleError>() || error.is::<KnowledgeError>() || error.is::<IdentityError>() {
        return CONFIG;
    }
    match error.downcast_ref() {
        Some(RestError::TokenRefused) => return CONFIG,
        Some(
            RestError::Unreachable { .. } | RestError::Unavailable { .. } | RestError::RateLimited { .. },
        ) => {
            return LATER;
        }
        _ => {}
    }
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::Held { .. }) => LATER,
        Some(StoreError::Url(_) | StoreError::OtherTenant { .. } | StoreError::Newer { .. }) => CONFIG,
        _ => 1,
    }
}

/// A variable of the environment; one that is not text counts as not set.
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn init_logging(logging: &Logging) -> anyhow::Result<()> {
    // serenity logs whole events, which hold interaction tokens, at every level below warn.
    // Its shard runner warns of each connection that ends as it should.
    // What is wrong with a log that somebody sends is told to them.
    let quiet = "serenity=warn,serenity::gateway::bridge::shard_runner=error,tungstenite=warn,sqlx=warn,hyper=warn,\
                 evtx=off";
    let filter = format!("{},{quiet}", logging.filter);
    let filter = EnvFilter::try_new(&filter)
        .map_err(|error| exit(CONFIG, format!("LOG_FILTER can't be used: {error}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match logging.json {
        true => builder.json().init(),
        false => builder.init(),
    }
    Ok(())
}

/// The database alone, for commands that only read the record.
async fn store() -> anyhow::Result<Store> {
    let base = Base::read(&env)?;
    let url: DatabaseUrl = base.database.expose().parse().map_err(StoreError::from)?;
    if let Some(file) = url.sqlite_file().filter(|file| !file.exists()) {
        return Err(exit(
            CONFIG,
            format!("there is no database at {} (DATABASE_URL, DATA_DIR)", file.display()),
        ));
    }
    Ok(Store::open(base.database.expose(), Clock::system(), &base.tenant).await?)
}

/// The tenant's ground, for commands that need no Discord.
async fn tenant() -> anyhow::Result<(Base, Tenant)> {
    let base = Base::read(&env)?;
    let tenant = Tenant::open(&base, &Clock::system(), &Random::system()).await?;
    Ok((base, tenant))
}
